"""What must hold of a whole project, looked at from one end to the other, and mended where nothing has to be guessed.

Mended are: the text index (built anew), rows whose parent is gone and that mean nothing without it, what an import that
never ended left behind, and counters. What a person made is never thrown away: it is reported.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from reviewer.errors import DamagedError, ProjectError, ReviewerError
from reviewer.formats import canonical
from reviewer.intake.search import Search
from reviewer.store.database import Database
from reviewer.store.history import RECORDED

__all__ = ["Checkup", "Finding", "examine"]

Report = Callable[..., None]

_FOLLOWED = ("labels", "label_categories", "slice_members")
"""Tables that actions alone write, so that each row is as its last action left it."""
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: how often, how many of them were mended, and a sentence about it."""

    kind: str
    count: int
    repaired: int = 0
    text: str = ""

    @property
    def open(self) -> int:
        """How many are left."""
        return self.count - self.repaired


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a check of a project found, and how much of it was looked at."""

    findings: tuple[Finding, ...] = ()
    looked_at: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What could not be checked now, and why."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong any more."""
        return not any(finding.open for finding in self.findings)


class _Examination:
    def __init__(self, database: Database, search: Search, repair: bool, report: Report | None) -> None:
        self.database = database
        self.search = search
        self.repair = repair
        self._report = report
        self.findings: list[Finding] = []
        self.looked_at: dict[str, int] = {}
        self.notes: list[str] = []

    def say(self, done: int, total: int, note: str) -> None:
        if self._report is not None:
            self._report(done, total, note)

    def found(self, kind: str, count: int, text: str, repaired: int = 0) -> None:
        if count:
            self.findings.append(Finding(kind, count, repaired, text))


def examine(database: Database, search: Search, *, repair: bool = False, report: Report | None = None) -> Checkup:
    """Look at everything a project holds; with `repair` mend what can be mended without guessing.

    `report(done, total, note)` is told of each step and may raise Cancelled; what was mended until then stays mended.
    Raises ProjectError when the project cannot be written and `repair` is wanted.
    """
    work = _Examination(database, search, repair, report)
    steps: tuple[tuple[str, Callable[[_Examination], None]], ...] = (
        ("the file", _integrity),
        ("imports", _half_imports),
        ("rows and their parents", _orphans),
        ("texts", _texts),
        ("the versions' hashes", _versions),
        ("the history", _history),
        ("seals", _seals),
        ("counters", _counters),
        ("the text index", _index),
    )
    for place, (name, step) in enumerate(steps):
        work.say(place, len(steps), name)
        step(work)
        if work.findings and work.findings[-1].kind == "damaged":
            work.notes.append("The file is damaged, so what it holds was not looked at any further.")
            break
    work.say(len(steps), len(steps), "")
    return Checkup(tuple(work.findings), work.looked_at, tuple(work.notes))


def _integrity(work: _Examination) -> None:
    try:
        with work.database.read() as connection:
            lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1000)")]
            work.looked_at["pages"] = int(connection.execute("PRAGMA page_count").fetchone()[0])
    except (sqlite3.DatabaseError, DamagedError) as error:
        lines = [str(error)]
    if lines == ["ok"]:
        return
    index_only = all(
        line.startswith(("row ", "wrong # of entries in index", "non-unique entry in index")) for line in lines
    )
    if index_only and work.repair:
        # The rows are whole and only an index over them is not: SQLite makes it again from the rows.
        with work.database.transaction() as connection:
            connection.execute("REINDEX")
            again = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(10)")]
        if again == ["ok"]:
            work.found("index_damaged", len(lines), "Indexes did not fit their rows.", repaired=len(lines))
            return
    kind = "index_damaged" if index_only else "damaged"
    work.found(kind, len(lines), f"SQLite finds the file damaged: {lines[0]}. A backup, or a salvage, may help.")


def _half_imports(work: _Examination) -> None:
    with work.database.read() as connection:
        count = connection.execute("SELECT count(*) FROM sources WHERE state = 'importing'").fetchone()[0]
        work.looked_at["sources"] = connection.execute("SELECT count(*) FROM sources").fetchone()[0]
    repaired = 0
    if count and work.repair:
        from reviewer.intake.removal import clear_unfinished

        clear_unfinished(work.database)
        with work.database.read() as connection:
            left = connection.execute("SELECT count(*) FROM sources WHERE state = 'importing'").fetchone()[0]
        repaired = count - left
    work.found("half_import", count, "Imports that never ended left rows behind.", repaired)


def _orphans(work: _Examination) -> None:
    with work.database.read() as connection:
        rows = connection.execute("PRAGMA foreign_key_check").fetchall()
        keys = {table: _foreign_keys(connection, table) for table in {row[0] for row in rows}}
    removed: dict[str, list[int]] = {}
    loosened: list[tuple[str, str, int]] = []
    kept = 0
    for table, row_id, _parent, number in rows:
        column, cascades, nullable = keys[table][number]
        if row_id is not None and cascades:
            removed.setdefault(table, []).append(row_id)
        elif row_id is not None and nullable:
            loosened.append((table, column, row_id))
        else:
            kept += 1
    count, repaired = len(rows), 0
    if rows and work.repair and (removed or loosened):
        with work.database.transaction() as connection:
            for table, ids in removed.items():
                connection.executemany(f'DELETE FROM "{table}" WHERE rowid = ?', [(row_id,) for row_id in set(ids)])
            for table, column, row_id in loosened:
                connection.execute(f'UPDATE "{table}" SET "{column}" = NULL WHERE rowid = ?', (row_id,))
            repaired = count - len(connection.execute("PRAGMA foreign_key_check").fetchall())
    work.found("orphan", count, "Rows refer to others that are gone.", max(0, repaired))


def _foreign_keys(connection: sqlite3.Connection, table: str) -> dict[int, tuple[str, bool, bool]]:
    """Of each foreign key of a table, by its number: the column, whether the row goes with its parent, may be empty."""
    required = {
        row["name"]: bool(row["notnull"] or row["pk"]) for row in connection.execute(f'PRAGMA table_info("{table}")')
    }
    return {
        row["id"]: (row["from"], row["on_delete"] == "CASCADE", not required[row["from"]])
        for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')
    }


def _texts(work: _Examination) -> None:
    with work.database.read() as connection:
        work.looked_at["examples"] = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
        work.looked_at["outputs"] = connection.execute("SELECT count(*) FROM outputs").fetchone()[0]
        examples = connection.execute(
            "SELECT count(*) FROM examples WHERE id NOT IN (SELECT example_id FROM example_payloads)"
        ).fetchone()[0]
        outputs = connection.execute(
            "SELECT count(*) FROM outputs WHERE sealed_by IS NULL AND id NOT IN (SELECT output_id FROM output_payloads)"
        ).fetchone()[0]
    work.found("text_missing", examples + outputs, f"{examples} examples and {outputs} outputs have lost their text.")


def _versions(work: _Examination) -> None:
    """Every version's hash from its records, and every record's from its bytes."""
    wrong = sealed = records = 0
    with work.database.read() as connection:
        versions = connection.execute("SELECT * FROM versions ORDER BY id").fetchall()
        for place, version in enumerate(versions):
            work.say(place, len(versions), "the versions' hashes")
            hashes = []
            whole = True
            for row in connection.execute(
                "SELECT content_hash, record FROM version_records WHERE version_id = ? ORDER BY row", (version["id"],)
            ):
                hashes.append(row["content_hash"])
                # Of what a study seals the hash is sealed with it.
                whole = whole and (not row["content_hash"] or _hash_of(row["record"]) == row["content_hash"])
            blanked = hashes.count("")
            told = version["core"] + version["edge"] + version["preservation"]
            if not whole or len(hashes) != told:
                wrong += 1
            elif not blanked:
                wrong += canonical.set_hash(hashes) != version["content_hash"]
            records += len(hashes)
            sealed += blanked
    work.looked_at["versions"] = len(versions)
    work.looked_at["version records"] = records
    if sealed:
        work.notes.append(
            f"{sealed:,} records of versions are sealed by an open study; their hashes are checked once it is closed."
        )
    work.found("version_hash", wrong, "Versions whose records are not those that were frozen.")


def _hash_of(record: bytes) -> str:
    """The content hash of a record as its bytes say it; empty for bytes that are no record."""
    try:
        return canonical.content_hash(canonical.decode(record))
    except ReviewerError:
        return ""


def _history(work: _Examination) -> None:
    with work.database.read() as connection:
        work.looked_at["actions"] = connection.execute("SELECT count(*) FROM history WHERE id = action").fetchone()[0]
        lost = connection.execute(
            "SELECT count(*) FROM history WHERE action NOT IN (SELECT id FROM history h WHERE h.id = h.action)"
        ).fetchone()[0]
        strangers = connection.execute(
            "SELECT count(*) FROM history WHERE state IN ('done', 'undone')"
            f" AND table_name NOT IN ({_marks(RECORDED)})",
            tuple(RECORDED),
        ).fetchone()[0]
        order = connection.execute(
            "SELECT count(*) FROM (SELECT max(CASE WHEN state = 'done' THEN action END) AS done,"
            " min(CASE WHEN state = 'undone' THEN action END) AS undone FROM history"
            " WHERE state IN ('done', 'undone') GROUP BY annotator_id) WHERE undone < done"
        ).fetchone()[0]
        half = sum(_unlike_history(connection, table) for table in _FOLLOWED)
    work.found("history_chain", lost + strangers + order, "Rows of the history that belong to no action or no order.")
    work.found("half_action", half, "Rows that are not as the last action that stands left them.")


def _unlike_history(connection: sqlite3.Connection, table: str) -> int:
    """How many rows of a table are not as the last action that stands left them."""
    key = RECORDED[table]
    last: dict[str, str | None] = {}
    for row in connection.execute(
        "SELECT row_id, before, after, state FROM history WHERE table_name = ? AND state <> 'sealed' ORDER BY id",
        (table,),
    ):
        if row["state"] in ("done", "final"):
            last[row["row_id"]] = row["after"]
        else:
            last.setdefault(row["row_id"], row["before"])
    wrong = 0
    for batch in _batches(last):
        marks = _marks(batch)
        ids = [json.loads(row_id) for row_id in batch]
        present = {
            row[key]: dict(row) for row in connection.execute(f"SELECT * FROM {table} WHERE {key} IN ({marks})", ids)
        }
        for row_id, one in zip(batch, ids, strict=True):
            text = last[row_id]
            expected: dict[str, Any] | None = None if text is None else json.loads(text)
            found = present.get(one)
            # A column that came with a later schema is in no older row of the history.
            if (found is None) != (expected is None) or (
                found is not None
                and expected is not None
                and any(found.get(name) != expected[name] for name in expected)
            ):
                wrong += 1
    return wrong


def _marks(values: Any) -> str:
    return ", ".join("?" * len(values))


def _batches(values: Any) -> Iterator[list[str]]:
    listed = list(values)
    for place in range(0, len(listed), _BATCH):
        yield listed[place : place + _BATCH]


def _seals(work: _Examination) -> None:
    """What is sealed belongs to an open study, and an open study has its seal."""
    with work.database.read() as connection:
        strays = connection.execute(
            "SELECT count(*) FROM outputs o LEFT JOIN studies s ON s.id = o.sealed_by"
            " WHERE o.sealed_by IS NOT NULL AND s.state IS NOT 'open'"
        ).fetchone()[0]
        bare = connection.execute(
            "SELECT count(*) FROM outputs o JOIN output_payloads p ON p.output_id = o.id WHERE o.sealed_by IS NOT NULL"
        ).fetchone()[0]
        work.looked_at["studies"] = connection.execute("SELECT count(*) FROM studies").fetchone()[0]
        unsealed = connection.execute(
            "SELECT count(*) FROM studies WHERE state = 'open' AND id NOT IN (SELECT study_id FROM seals)"
        ).fetchone()[0]
    work.found("seal", strays + bare + unsealed, "Sealed outputs and open studies do not belong together.")


def _counters(work: _Examination) -> None:
    """The counters that are kept and not counted: the last ids given, and the places in the order of text changes."""
    count = repaired = 0
    with work.database.read() as connection:
        behind = []
        for table in ("examples", "outputs"):
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"last_{table}_id",)).fetchone()
            if row is not None and not str(row["value"]).isdecimal():
                behind.append(table)
        twice = [
            row["id"]
            for row in connection.execute(
                "SELECT id FROM examples WHERE touched IN (SELECT touched FROM examples GROUP BY touched"
                " HAVING count(*) > 1) OR touched < 1 ORDER BY touched, id"
            )
        ]
    count = len(behind) + len(twice)
    if count and work.repair:
        with work.database.transaction() as connection:
            for table in behind:
                connection.execute(
                    f"UPDATE meta SET value = (SELECT coalesce(max(id), 0) FROM {table}) WHERE key = ?",
                    (f"last_{table}_id",),
                )
            last = connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0]
            connection.executemany(
                "UPDATE examples SET touched = ? WHERE id = ?",
                [(last + place, example_id) for place, example_id in enumerate(twice, 1)],
            )
        repaired = count
    work.found("counter", count, "Counters that are not what they count.", repaired)


def _index(work: _Examination) -> None:
    """The text index against the rows; one that is only behind is no finding, it is being built."""
    search = work.search
    if work.repair:
        with suppress(ProjectError):  # what it cannot be built from shows in the comparison
            search.complete(lambda done, total: work.say(done, total, "building the text index"))
    wrong = search.differences()
    if wrong is None:
        work.notes.append("The text index is being built from the start; it was not compared.")
        return
    if not search.up_to_date():
        work.notes.append("The text index is not built to its end; what is built of it was compared.")
    repaired = 0
    if wrong and work.repair:
        search.rebuild(lambda done, total: work.say(done, total, "building the text index anew"))
        repaired = wrong if not search.differences() else 0
    work.found("text_index", wrong, "Entries of the text index that are not what the rows say.", repaired)
