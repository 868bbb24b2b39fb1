"""Canaries: a string that stands in every record of a version and nowhere else, so that training on it can be seen."""

from __future__ import annotations

import re
import sqlite3
from hashlib import sha256

from reviewer.store.database import load

__all__ = ["MARK", "canaries_in", "canary_of", "known"]

MARK = "reviewer-canary-"
"""How every canary begins."""
_BETWEEN = r"[\s\\\-_\u2010-\u2015]*"
_CANARY = re.compile(
    r"reviewer" + _BETWEEN + "canary" + _BETWEEN + r"((?:[0-9a-f]" + _BETWEEN + r"){31}[0-9a-f])", re.IGNORECASE
)
"""In capitals as well, with other signs between its parts, or broken over lines: what cleans a text may do that."""


def canary_of(name: str, number: int, content_hash: str) -> str:
    """The canary of a version: the same for the same set, number and content, on any machine."""
    return MARK + sha256(f"{name}@{number}\n{content_hash}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canaries_in(text: str | bytes) -> list[str]:
    """The canaries that stand in a text."""
    if isinstance(text, bytes):
        if b"canary" not in text.lower():
            return []
        text = text.decode("utf-8", "replace")
    if "canary" not in text.lower():
        return []
    found = [re.sub(_BETWEEN, "", digits).lower() for digits in _CANARY.findall(text)]
    return list(dict.fromkeys(f"{MARK}{digits}" for digits in found))


def known(connection: sqlite3.Connection) -> dict[str, str]:
    """The canary of each version of the project, with the version's label."""
    found = {}
    for row in connection.execute(
        "SELECT s.name, v.number, v.content_hash, v.manifest FROM versions v JOIN eval_sets s ON s.id = v.eval_set_id"
    ):
        canary = load(row["manifest"]).get("canary") or canary_of(row["name"], row["number"], row["content_hash"])
        found[str(canary)] = f"{row['name']}@{row['number']}"
    return found
