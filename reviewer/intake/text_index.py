"""The file of the text index: its tables, what it remembers, and the text that goes into it."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from reviewer import paths
from reviewer.intake.examples import shown_surrogates
from reviewer.store.database import load

__all__ = [
    "LAYOUT",
    "clean",
    "facts_of",
    "index_path",
    "input_text",
    "is_damage",
    "known_examples",
    "make_tables",
    "open_index",
    "open_shard",
    "output_text",
    "set_fact",
    "shard_path",
    "texts_of",
]

LAYOUT = 4
"""The tables that the index has; a file of another layout is made anew."""
SHARD_CACHE_KB = 128
"""A large project has some twenty shards, each open once a thread that searches."""
PATIENCE_S = 10.0
"""How long is waited for another connection."""
_IN_THE_WAY = frozenset(
    (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
     sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT)
)  # fmt: skip


_SYSTEM = frozenset({"system", "developer"})


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
    connection = sqlite3.connect(
        path.absolute().as_uri(), uri=True, isolation_level=None, check_same_thread=False, timeout=PATIENCE_S
    )
    try:
        connection.row_factory = sqlite3.Row
        if new:
            connection.execute("PRAGMA page_size=16384")
        _keep_a_log(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA cache_size=-8000")
        if _layout(connection) != LAYOUT:
            connection.execute("BEGIN IMMEDIATE")
            if _layout(connection) != LAYOUT:  # unless another process has made them while this one waited
                _lay_out(connection)
            connection.execute("COMMIT")
            if os.name != "nt":
                path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _layout(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _lay_out(connection: sqlite3.Connection) -> None:
    for table in ("facts", "docs", "texts", "shards"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute("CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
    connection.execute(
        "CREATE TABLE shards (name TEXT PRIMARY KEY, first INTEGER, last INTEGER, base INTEGER, size INTEGER,"
        " count INTEGER, least_id INTEGER, most_id INTEGER)"
    )
    make_tables(connection)
    connection.execute(f"PRAGMA user_version={LAYOUT}")


def _keep_a_log(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; SQLite's own timeout does not wait for another connection that does the same."""
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.005)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an index that does not open is damaged, and not only held, full or out of reach."""
    return error.sqlite_errorcode & 0xFF not in _IN_THE_WAY


def known_examples(project: Path) -> int | None:
    """How many examples the index beside a project knows, read as it lies; None without one."""
    path = index_path(project)
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as index:
            return int(
                index.execute(
                    "SELECT (SELECT count(*) FROM docs) + (SELECT coalesce(sum(count), 0) FROM shards)"
                ).fetchone()[0]
            )
    except sqlite3.Error:
        return None


def shard_path(path: Path, name: str) -> Path:
    """The file of a shard: beside the index, and named after it, so that both can be renamed together."""
    return path.with_name(f"{path.name}-{name}")


def open_shard(path: Path) -> sqlite3.Connection:
    """A connection to a shard that has been built; raises sqlite3.Error when it is gone or damaged."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False, timeout=10
    )
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA cache_size=-{SHARD_CACHE_KB}")
    connection.execute("PRAGMA secure_delete=ON")
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """What the index itself and each of its shards have: which example a text is of, and where its words stand."""
    connection.execute("CREATE TABLE docs (doc INTEGER PRIMARY KEY, example_id INTEGER UNIQUE, touched INTEGER)")
    connection.execute(
        "CREATE VIRTUAL TABLE texts USING fts5(input, output, reference, content='',"
        " tokenize='unicode61 remove_diacritics 2')"
    )
    connection.execute("INSERT INTO texts(texts, rank) VALUES ('hashsize', 33554432)")
    connection.execute("INSERT INTO texts(texts, rank) VALUES ('automerge', 8)")


def facts_of(index: sqlite3.Connection) -> dict[str, str]:
    """What the index remembers of itself: its stamp, and how far it came."""
    return dict(index.execute("SELECT key, value FROM facts").fetchall())


def set_fact(index: sqlite3.Connection, key: str, value: str) -> None:
    """Have the index remember something."""
    index.execute("INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)", (key, value))


def texts_of(connection: sqlite3.Connection, rows: Sequence[tuple[int, int]]) -> list[tuple[int, int, str, str, str]]:
    """Of examples, each an id and a place in the order of changes: both, and the text of each column of the index."""
    if not rows:
        return []
    marks = ", ".join("?" * len(rows))
    ids = [example_id for example_id, _ in rows]
    inputs = {
        row[0]: row
        for row in connection.execute(
            "SELECT p.example_id, p.messages, r.body FROM example_payloads p LEFT JOIN example_references r"
            f" ON r.example_id = p.example_id WHERE p.example_id IN ({marks})",
            ids,
        )
    }
    outputs: dict[int, list[str]] = {}
    for row in connection.execute(
        "SELECT o.example_id, p.text, p.messages FROM outputs o JOIN output_payloads p ON p.output_id = o.id"
        f" WHERE +o.sealed_by IS NULL AND o.example_id IN ({marks})",
        ids,
    ):
        outputs.setdefault(row[0], []).append(output_text(row[1], row[2]))
    return [
        (
            example_id,
            touched,
            input_text(inputs[example_id][1]),
            # In an order of their own: the index must not say which variant wrote what.
            "\n".join(sorted(outputs.get(example_id, ()))),
            "" if inputs[example_id][2] is None else clean(load(inputs[example_id][2])),
        )
        for example_id, touched in rows
        if example_id in inputs
    ]


def clean(text: str) -> str:
    """Text without lone surrogates, which the index cannot hold."""
    if text.isascii():
        return text
    try:
        text.encode()  # much sooner done than to look for them
    except UnicodeEncodeError:
        return shown_surrogates(text)
    return text


def input_text(stored: str) -> str:
    """The text of an example's input: what was said, without the system's own words."""
    return clean("\n".join(_said([item for item in load(stored) if item["role"] not in _SYSTEM])))


def output_text(stored: str, trajectory: str) -> str:
    """The text of an output: its answer, or every step of its trajectory with the calls."""
    if trajectory == "[]":
        return clean(str(load(stored)))
    return clean("\n".join(_said(load(trajectory))))


def _said(steps: Iterable[dict[str, Any]]) -> list[str]:
    """What each step says, and the calls it makes."""
    said = []
    for step in steps:
        said.append(step["content"])
        for call in step.get("tool_calls") or ():
            said.append(f"{call['name']} {call['arguments']}")
    return said
