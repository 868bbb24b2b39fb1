"""The file of the text index: its tables, what it remembers, and the text that goes into it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from reviewer import paths
from reviewer.intake.examples import shown_surrogates
from reviewer.store.database import load

__all__ = ["clean", "facts_of", "index_path", "input_text", "known_examples", "open_index", "output_text", "set_fact"]


def index_path(project: Path) -> Path:
    """The text index beside a project; among this user's data where the project's folder cannot be written."""
    beside = project.with_name(project.stem + ".reviewer-index")
    if os.access(project.parent, os.W_OK):
        return beside
    folder = paths.data_folder() / "indexes"
    folder.mkdir(exist_ok=True)
    return folder / f"{hashlib.sha256(str(project).encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.reviewer-index"


def open_index(path: Path) -> sqlite3.Connection:
    """A connection to the index, which is made when it is not there; raises sqlite3.DatabaseError for a damaged one."""
    new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.row_factory = sqlite3.Row
        if new:
            connection.execute("PRAGMA page_size=16384")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA cache_size=-16000")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'texts'").fetchone() is None:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS docs (doc INTEGER PRIMARY KEY, example_id INTEGER UNIQUE, touched INTEGER)"
            )
            connection.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(input, output, reference, content='',"
                " tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
            )
            connection.execute("INSERT INTO texts(texts, rank) VALUES ('hashsize', 33554432)")
            connection.execute("COMMIT")
            if os.name != "nt":
                path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def known_examples(project: Path) -> int | None:
    """How many examples the index beside a project knows, read as it lies; None without one."""
    path = index_path(project)
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as index:
            return int(index.execute("SELECT count(*) FROM docs").fetchone()[0])
    except sqlite3.Error:
        return None


def facts_of(index: sqlite3.Connection) -> dict[str, str]:
    """What the index remembers of itself: its stamp, and how far it came."""
    return dict(index.execute("SELECT key, value FROM facts").fetchall())


def set_fact(index: sqlite3.Connection, key: str, value: str) -> None:
    """Have the index remember something."""
    index.execute("INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)", (key, value))


def clean(text: str) -> str:
    """Text without lone surrogates, which the index cannot hold."""
    return text if text.isascii() else shown_surrogates(text)


def input_text(stored: str) -> str:
    """The text of an example's input: what was said, without the system's own words."""
    return clean("\n".join(_said(item for item in load(stored) if item["role"] not in ("system", "developer"))))


def output_text(stored: str, trajectory: str) -> str:
    """The text of an output: its answer, or every step of its trajectory with the calls."""
    steps: list[dict[str, Any]] = load(trajectory)
    if not steps:
        return clean(str(load(stored)))
    return clean("\n".join(_said(steps)))


def _said(steps: Iterable[dict[str, Any]]) -> Iterator[str]:
    """What each step says, and the calls it makes."""
    for step in steps:
        yield step["content"]
        for call in step.get("tool_calls") or ():
            yield f"{call['name']} {call['arguments']}"
