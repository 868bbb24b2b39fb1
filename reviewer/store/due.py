"""When a backup is due: after a day on which something changed, and before an import when there is work to lose."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from reviewer.store import backup
from reviewer.store.database import Database

__all__ = ["after_a_day", "before_import"]

_WORK = ("history", "versions", "studies", "correctness_judgments", "preference_judgments")
"""Where what people did stands; each counts its rows up."""

Report = Callable[..., None]


def after_a_day(database: Database) -> bool:
    """Whether the last sitting that changed anything was on another day and no backup holds what it did.

    Days are only compared for being different: a clock that was set back makes no backup too few.
    """
    sitting, day = database.meta("sitting"), database.meta("sitting_day")
    if not sitting or day == time.strftime("%Y-%m-%d"):
        return False
    last = _newest(database.path)
    return last is None or _sitting_of(last) != sitting


def before_import(database: Database, report: Report | None = None) -> Path | None:
    """Back a project up in which people have worked since its last backup; answers the backup, None when none was due.

    What an import brought can be imported again, so an empty project and one that holds nothing but imports need none.
    Raises ProjectError when the backup cannot be written, Cancelled from `report`.
    """
    with database.read() as connection:
        work = _work(connection)
    if not any(work):
        return None
    last = _newest(database.path)
    if last is not None and _work_of(last) == work:
        return None
    with database.snapshot() as source:
        return backup.backup(database.path, "import", source=source, report=report)


def _newest(path: Path) -> Path | None:
    return next(iter(backup.backups(path)), None)


def _work(connection: sqlite3.Connection) -> tuple[int, ...]:
    return tuple(int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]) for table in _WORK)


def _work_of(path: Path) -> tuple[int, ...] | None:
    try:
        with closing(_reading(path)) as connection:
            return _work(connection)
    except sqlite3.Error:
        return None


def _sitting_of(path: Path) -> str | None:
    try:
        with closing(_reading(path)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'sitting'").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else str(row[0])


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
