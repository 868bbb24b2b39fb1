"""Canaries: a string that stands in every record of a version and nowhere else, so that training on it can be seen."""

from __future__ import annotations

import re
import sqlite3
from hashlib import sha256

from reviewer.store.database import load

__all__ = ["MARK", "canaries_in", "canary_of", "known"]

MARK = "reviewer-canary-"
"""How every canary begins."""
_CANARY = re.compile(re.escape(MARK) + r"[0-9a-f]{32}")


def canary_of(name: str, number: int, content_hash: str) -> str:
    """The canary of a version: the same for the same set, number and content, on any machine."""
    return MARK + sha256(f"{name}@{number}\n{content_hash}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def canaries_in(text: str | bytes) -> list[str]:
    """The canaries that stand in a text."""
    if isinstance(text, bytes):
        if MARK.encode() not in text:
            return []
        text = text.decode("utf-8", "replace")
    return list(dict.fromkeys(_CANARY.findall(text))) if MARK in text else []


def known(connection: sqlite3.Connection) -> dict[str, str]:
    """The canary of each version of the project, with the version's label."""
    found = {}
    for row in connection.execute(
        "SELECT s.name, v.number, v.content_hash, v.manifest FROM versions v JOIN eval_sets s ON s.id = v.eval_set_id"
    ):
        canary = load(row["manifest"]).get("canary") or canary_of(row["name"], row["number"], row["content_hash"])
        found[str(canary)] = f"{row['name']}@{row['number']}"
    return found
