"""Bringing a project back to one of its backups, so that this too can be taken back."""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import NotFoundError, ProjectError
from reviewer.store import backup, migrate
from reviewer.store.backup import Backup
from reviewer.store.lock import ProjectLock

__all__ = ["Restored", "choose", "restore"]

Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: the backup that is the project now, and where the state before it was saved.

    `before` is None when there was no project file; when it could not be read, it is a folder with the file as it lay.
    """

    backup: Backup
    before: Path | None
    damaged: bool = False


def choose(path: Path, name: str | None = None) -> Backup:
    """The backup of a project that a number, a file's name or a path means, the last made without one.

    Raises NotFoundError when there is none.
    """
    found = backup.listed(path)
    if not found:
        raise NotFoundError(f"{path.name} has no backups. They would lie in {backup.folder(path)}.")
    if name is None:
        return found[0]
    for one in found:
        if name == one.path.name or (name.isascii() and name.isdigit() and int(name) == one.number):
            return one
        if Path(name).absolute() == one.path.absolute():
            return one
    raise NotFoundError(
        f"{path.name} has no backup “{name}”. The last made has the number {found[0].number}; to list all:"
        f" reviewer backup {path} --list"
    )


def restore(path: Path, chosen: Backup, report: Report | None = None) -> Restored:
    """Put a backup in the project's place; the state before is saved as a backup first.

    The project must be closed. The backup is copied and checked beside the project and swapped in at once; whatever
    fails leaves the project as it was. Raises LockedError when another process has it open, ProjectError when the
    backup cannot be read or the disk refuses, Cancelled from `report`.
    """
    migrate.inspect(chosen.path)
    path = path.resolve()
    lock = ProjectLock(path)
    lock.acquire()
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        backup.tidy(path)
        backup.copy_checked(chosen.path, part, report)
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            # Another state of the project: the text index must not take it for the one it knows.
            connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('restored', ?)", (uuid.uuid4().hex,))
            connection.execute("PRAGMA journal_mode=WAL")
        backup.sync_file(part)
        before, whole = _save_present(path, report)
        # The present log must not be replayed over the backup: it is folded into the present file, or saved with it.
        if whole and path.exists():
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for stale in (Path(f"{path}-wal"), Path(f"{path}-shm")):
            stale.unlink(missing_ok=True)
        part.replace(path)
        backup.sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise ProjectError(
            f"{path.name} could not be brought back to the backup {chosen.path.name}: {error}. The project is as it"
            " was."
        ) from error
    finally:
        backup.discard(part)
        lock.release()
    return Restored(chosen, before, damaged=not whole)


def _save_present(path: Path, report: Report | None) -> tuple[Path | None, bool]:
    """Save what is there now; answers where, and whether it is a backup like any other."""
    if not path.exists():
        return None, True
    try:
        migrate.inspect(path)
        return backup.backup(path, "restore", report=report), True
    except ProjectError as error:
        if not _unreadable(path):
            raise ProjectError(f"The present state could not be saved, so nothing was restored. {error}") from error
    # It cannot be read, so it is kept as it lies, with its log: a salvage may still get something out of it.
    home = backup.folder(path) / f"damaged-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{uuid.uuid4().hex[:4]}"
    home.mkdir(parents=True)
    try:
        for each in (path, Path(f"{path}-wal")):
            if each.exists():
                shutil.copy2(each, home / each.name)
                backup.sync_file(home / each.name)
    except OSError:
        with suppress(OSError):
            shutil.rmtree(home)
        raise
    return home, False


def _unreadable(path: Path) -> bool:
    """Whether the file is no project, or a damaged one: then no backup of it can be made, whatever room there is."""
    try:
        migrate.inspect(path)
        with closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except (ProjectError, sqlite3.DatabaseError):
        return True
