"""Reading what a damaged project still holds into a new one, and counting what it does not.

The damaged file is only read. Rows are asked for by ranges of their numbers; a range that meets a damaged page is
halved until single rows are left. Some rows vanish without any error, because a page that should lead to them leads
elsewhere; an index of the table tells that they were there.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import ProjectError
from reviewer.store import backup, migrate

__all__ = ["Salvage", "TableSalvage", "salvage"]

Report = Callable[..., None]

_RANGE = 512
_MOST_QUERIES = 200_000
"""Queries on one table after which what is left of it is given up, so that a salvage ends."""
_FURTHEST = 1 << 40
_PARENT = {"example_payloads": "examples", "example_references": "examples", "output_payloads": "outputs"}
"""Tables without an index of their own, whose rows have the numbers of other rows."""
_ALWAYS = {"example_payloads": "", "output_payloads": "SELECT id FROM outputs WHERE sealed_by IS NOT NULL"}
"""Tables in which every row of the parent has one, but for those that the query names."""


@dataclass(frozen=True, slots=True)
class TableSalvage:
    """One table: rows read, rows lost (None when it cannot be told), and rows left out because their parent is lost."""

    table: str
    read: int
    lost: int | None
    orphaned: int = 0


@dataclass(frozen=True, slots=True)
class Salvage:
    """What was read of a damaged project, and what was not."""

    out: Path
    tables: tuple[TableSalvage, ...]
    notes: tuple[str, ...] = ()

    @property
    def read(self) -> int:
        """Rows in the new project that come from the damaged one."""
        return sum(one.read - one.orphaned for one in self.tables)

    @property
    def lost(self) -> int:
        """Rows that are known to have been there and are not in the new project."""
        return sum((one.lost or 0) + one.orphaned for one in self.tables)

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, as far as can be told."""
        return self.lost == 0 and all(one.lost is not None for one in self.tables)


def salvage(path: Path, out: Path, report: Report | None = None) -> Salvage:
    """Read what a damaged project still holds into the new project `out`.

    `report(done, total, note)` counts tables and may raise Cancelled; then nothing is left behind. Raises ProjectError
    when the file is no project any more, when the name is taken, or when not even its list of tables can be read.
    """
    schema = migrate.inspect(path)
    if out.exists():
        raise ProjectError(f"{out} exists already; nothing was changed. Choose another name.")
    backup.tidy(out)
    part = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        migrate.lay_out(part, schema)
        with closing(_damaged(path)) as source, closing(sqlite3.connect(part, isolation_level=None)) as target:
            tables, notes = _read_all(source, target, report)
            target.execute("DELETE FROM meta WHERE key = 'open_since'")
            target.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('restored', ?)", (uuid.uuid4().hex,))
            _give_uuid(target)
            verdict = target.execute("PRAGMA integrity_check(1)").fetchone()[0]
            target.execute("PRAGMA journal_mode=WAL")
        if verdict != "ok":
            raise ProjectError(f"What was read of {path.name} does not make a sound project ({verdict}).")
        backup.sync_file(part)
        part.rename(out)
        backup.sync_folder(out.parent)
    except (sqlite3.Error, OSError) as error:
        raise ProjectError(f"What {path.name} still holds could not be written to {out}: {error}.") from error
    finally:
        backup.discard(part)
    return Salvage(out, tuple(tables), tuple(notes))


def _damaged(path: Path) -> sqlite3.Connection:
    """A connection that only reads; where no log waits, nothing is put beside the file either."""
    waits = Path(f"{path}-wal").exists()
    mode = "ro" if waits else "ro&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # damage may have hit the text itself
    return connection


def _read_all(
    source: sqlite3.Connection, target: sqlite3.Connection, report: Report | None
) -> tuple[list[TableSalvage], list[str]]:
    target.execute("PRAGMA foreign_keys=OFF")
    target.execute("BEGIN")
    # What is frozen is not rewritten; here what belongs to a version that is lost has to go.
    triggers = target.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        target.execute(f'DROP TRIGGER "{name}"')
    names = [
        row[0]
        for row in target.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name <> 'alembic_version'"
        )
    ]
    notes: list[str] = []
    try:
        present = {row[0] for row in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise ProjectError(
            f"Not even the list of its tables can be read ({error}), so nothing can be salvaged. Use a backup."
        ) from error
    found: dict[str, tuple[int, int | None]] = {}
    numbers: dict[str, set[int]] = {}
    for place, name in enumerate(sorted(names, key=lambda name: name in _PARENT)):
        if report is not None:
            report(place, len(names), name)
        laid = target.execute(f'SELECT * FROM "{name}"').fetchall()  # what every new project begins with
        target.execute(f'DELETE FROM "{name}"')
        if name in present:
            table = _Table(source, target, name, notes, numbers.get(_PARENT.get(name, "")))
            found[name] = table.run()
            numbers[name] = table.numbers
        else:
            found[name] = (0, None)
            notes.append(f"The table {name} is not in the list of tables any more.")
        if laid and found[name][1] != 0:
            target.executemany(f'INSERT OR IGNORE INTO "{name}" VALUES ({_marks(laid[0])})', laid)
    orphaned = _leave_out_orphans(target)
    for _, sql in triggers:
        target.execute(sql)
    target.execute("COMMIT")
    return [
        TableSalvage(name, read, lost, orphaned.get(name, 0)) for name, (read, lost) in sorted(found.items())
    ], notes


class _Table:
    """One table read by ranges."""

    def __init__(
        self,
        source: sqlite3.Connection,
        target: sqlite3.Connection,
        name: str,
        notes: list[str],
        guide: set[int] | None,
    ) -> None:
        self._source = source
        self._target = target
        self._name = name
        self._notes = notes
        there = [row[1] for row in source.execute(f'PRAGMA table_info("{name}")')]
        self._columns = [row[1] for row in target.execute(f'PRAGMA table_info("{name}")') if row[1] in there]
        listed = ", ".join(f'"{column}"' for column in self._columns)
        self._query = f'SELECT rowid, {listed} FROM "{name}" NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid'
        marks = ", ".join("?" * len(self._columns))
        self._insert = f'INSERT OR IGNORE INTO "{name}" ({listed}) VALUES ({marks})'
        self._guide = guide
        self._known_or_guide: set[int] = set()
        self.numbers: set[int] = set()
        """The numbers of its rows, read or only known of."""
        self._read: set[int] = set()
        self._taken = 0
        self._queries = 0
        self._failed = False

    def run(self) -> tuple[int, int | None]:
        """How many rows were read, and how many are known to be lost; None when that cannot be told."""
        known = self._known()
        guide = self._known_or_guide = known or self._guide or set()
        if guide:
            # The index knows each row by its number: only what was there is asked for.
            for low, high in _ranges(sorted(guide)):
                self._take(low, high)
            # And whatever the index itself has lost.
            self._take_rest(max(guide))
        else:
            self._take_rest(0)
        self.numbers = self._read | (known or set())
        given_up = self._queries >= _MOST_QUERIES
        if given_up:
            self._notes.append(f"{self._name}: so much of it is damaged that the rest was given up.")
        if known is None and self._name in _ALWAYS and self._guide is not None:
            query = _ALWAYS[self._name]
            without = {row[0] for row in self._target.execute(query)} if query else set()
            return self._taken, len((self._guide - without) | self._read) - self._taken
        if known is None:
            return self._taken, None if self._failed or given_up else 0
        return self._taken, len(known | self._read) - self._taken

    def _known(self) -> set[int] | None:
        """The numbers of the rows that the table's indexes know of; None when no index can be read."""
        known: set[int] | None = None
        for row in self._source.execute(f'PRAGMA index_list("{self._name}")').fetchall():
            if row[4]:  # an index of some rows only
                continue
            columns = [info[2] for info in self._source.execute(f'PRAGMA index_info("{row[1]}")')]
            if None in columns or not columns:
                continue
            try:
                # Columns of the index alone, so that the table itself is not read.
                numbers = {
                    one[0]
                    for one in self._source.execute(
                        f'SELECT rowid, "{columns[0]}" FROM "{self._name}" INDEXED BY "{row[1]}"'
                    )
                    if isinstance(one[0], int)
                }
            except sqlite3.DatabaseError:
                continue
            known = numbers if known is None else known | numbers
        return known

    def _take_rest(self, after: int) -> None:
        """Read what follows a row number, in ranges that grow while nothing comes, to the table's end."""
        low, width, last = after + 1, _RANGE, self._last()
        while low <= last and self._queries < _MOST_QUERIES:
            high = min(low + width - 1, last)
            before = self._taken
            self._take(low, high)
            width = _RANGE if self._taken > before else width * 2
            low = high + 1

    def _last(self) -> int:
        """The highest row number; where that cannot be read, what the guide ends with, or further than any."""
        try:
            row = self._source.execute(f'SELECT max(rowid) FROM "{self._name}"').fetchone()
            return int(row[0] or 0)
        except (sqlite3.DatabaseError, TypeError, ValueError):
            self._failed = True
            return max(self._known_or_guide, default=_FURTHEST)

    def _take(self, low: int, high: int) -> None:
        """Read a range of rows; where it fails, its halves."""
        waiting = [(low, high)]
        while waiting and self._queries < _MOST_QUERIES:
            low, high = waiting.pop()
            self._queries += 1
            try:
                rows = self._source.execute(self._query, (low, high)).fetchall()
            except (sqlite3.DatabaseError, UnicodeDecodeError):
                self._failed = True
                if low < high:
                    middle = (low + high) // 2
                    waiting += [(middle + 1, high), (low, middle)]
                continue
            for row in rows:
                if row[0] in self._read:
                    continue
                self._read.add(row[0])
                try:
                    self._taken += self._target.execute(self._insert, row[1:]).rowcount
                except (sqlite3.IntegrityError, sqlite3.InterfaceError, OverflowError):
                    continue  # what stands in it is no row of this table


def _marks(row: Sequence[object]) -> str:
    return ", ".join("?" * len(row))


def _ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Row numbers as ranges of at most so many rows, without long gaps inside."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or place - start == _RANGE or numbers[place] - numbers[place - 1] > _RANGE:
            yield numbers[start], numbers[place - 1]
            start = place


def _leave_out_orphans(target: sqlite3.Connection) -> dict[str, int]:
    """Take out rows whose parent was lost, until none is left; an optional parent is only forgotten."""
    gone: dict[str, int] = {}
    while True:
        rows = target.execute("PRAGMA foreign_key_check").fetchall()
        if not rows:
            return gone
        for table, row_id, _parent, number in rows:
            column = next(key[3] for key in target.execute(f'PRAGMA foreign_key_list("{table}")') if key[0] == number)
            required = next(
                info[3] or info[5] for info in target.execute(f'PRAGMA table_info("{table}")') if info[1] == column
            )
            if not required:
                target.execute(f'UPDATE "{table}" SET "{column}" = NULL WHERE rowid = ?', (row_id,))
            elif target.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row_id,)).rowcount:
                gone[table] = gone.get(table, 0) + 1


def _give_uuid(target: sqlite3.Connection) -> None:
    """A project has an id of its own, also where the row that held it is lost."""
    target.execute("INSERT OR IGNORE INTO meta (key, value) VALUES ('uuid', ?)", (str(uuid.uuid4()),))
