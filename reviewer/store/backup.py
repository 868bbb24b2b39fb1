"""Whole copies of a project file, checked before they count, kept beside it and thinned with age.

A backup's name begins with its number: the order in which backups were made is theirs and not the clock's, which may
have been set back between two of them.
"""

from __future__ import annotations

import glob
import os
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reviewer.errors import ProjectError

__all__ = [
    "REASONS",
    "Backup",
    "backup",
    "backups",
    "copy_checked",
    "discard",
    "folder",
    "held",
    "listed",
    "thinned",
    "tidy",
]

REASONS = {
    "day": "after a day's work",
    "import": "before an import",
    "schema": "before an upgrade",
    "restore": "before a restore",
    "repair": "before a repair",
    "hand": "by hand",
}
"""Why backups are made: the word in the name of the file, and what a person reads."""

KEEP_LAST = 3
KEEP_DAYS = 7
KEEP_WEEKS = 5
COUNTED = ("examples", "outputs", "labels", "versions", "studies")
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"(\d{6,})-(\d{8}T\d{6}Z)-([a-z]+)\.reviewer")
_TEMPORARY = re.compile(r"\.[0-9a-f]{8}\.part(\.part)?(-journal|-wal|-shm)?")
_PAGES = 2048

Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup: its number in the order of backups, when it was made, why, and its length in bytes."""

    path: Path
    number: int
    made: datetime
    reason: str
    size: int

    @property
    def why(self) -> str:
        """The reason in a person's words."""
        return REASONS.get(self.reason, self.reason)


def folder(path: Path) -> Path:
    """The folder beside a project that holds its backups; of a link to it, that of the project itself."""
    path = path.resolve()
    return path.with_name(path.name + "-backups")


def listed(path: Path) -> list[Backup]:
    """The backups of a project, the last made first."""
    found = []
    home = folder(path)
    with suppress(OSError):
        for entry in home.iterdir() if home.is_dir() else ():
            name = _NAME.fullmatch(entry.name)
            with suppress(OSError, ValueError):
                if name is not None:
                    made = datetime.strptime(name[2], _STAMP).replace(tzinfo=UTC)
                    found.append(Backup(entry, int(name[1]), made, name[3], entry.stat().st_size))
    return sorted(found, key=lambda one: one.number, reverse=True)


def backups(path: Path) -> list[Path]:
    """The files of a project's backups, the last made first."""
    return [one.path for one in listed(path)]


def held(path: Path) -> dict[str, int]:
    """How many rows of each kind of work a backup holds; the file is only read.

    Raises ProjectError when it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return {name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in COUNTED}
    except sqlite3.Error as error:
        raise ProjectError(f"{path} cannot be read: {error}.") from error


def thinned(made: Sequence[Backup]) -> list[Backup]:
    """Those of a project's backups that are no longer kept.

    Kept are the last three, the last three of each reason, the last one of each of the seven latest days, of each of
    the five latest weeks, and of every month. Days are those that have a backup, in the order of the backups' numbers:
    a clock that was set back or stood still does no harm, and no period loses its only one.
    """
    order = sorted(made, key=lambda one: one.number, reverse=True)
    kept = {one.number for one in order[:KEEP_LAST]}
    for reason in {one.reason for one in order}:
        kept |= {one.number for one in [other for other in order if other.reason == reason][:KEEP_LAST]}
    periods: tuple[tuple[Callable[[Backup], object], int | None], ...] = (
        (lambda one: one.made.date(), KEEP_DAYS),
        (lambda one: one.made.isocalendar()[:2], KEEP_WEEKS),
        (lambda one: (one.made.year, one.made.month), None),
    )
    for period, most in periods:
        last: dict[object, int] = {}
        for one in order:
            last.setdefault(period(one), one.number)
        kept |= set(list(last.values())[:most])
    return [one for one in order if one.number not in kept]


def copy_checked(path: Path, target: Path, report: Report | None = None) -> None:
    """Copy a project with what its WAL holds to `target`, check it, and only then give it that name.

    Raises ProjectError when the copy fails its check or the disk refuses it, Cancelled from `report`.
    """
    with closing(_source(path)) as source:
        copy_from(source, path, target, report)


def _source(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def copy_from(source: sqlite3.Connection, path: Path, target: Path, report: Report | None = None) -> None:
    """Copy what a connection sees of the project at `path` to `target`, as `copy_checked` does."""
    part = target.with_name(target.name + ".part")
    discard(part)
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            # The copy counts only once it is whole and on the disk; a journal of its own would double the writing.
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")

            def step(_status: int, left: int, total: int) -> None:
                if report is not None:
                    report(total - left, total, "copying")

            source.backup(copy, pages=_PAGES if report is not None else -1, progress=step)
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict == "ok" and copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                copy.execute("DELETE FROM meta WHERE key = 'open_since'")  # nobody has the copy open
        if verdict != "ok":
            raise ProjectError(f"{path.name} is damaged ({verdict}); no copy was made. Open a backup instead.")
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise ProjectError(f"A copy of {path.name} could not be written to {target.parent}: {error}.") from error
    finally:
        discard(part)


def backup(path: Path, reason: str, *, source: sqlite3.Connection | None = None, report: Report | None = None) -> Path:
    """Back a project up beside itself and thin out older backups; returns the new file.

    With `source` what that connection sees is saved. Raises ProjectError when it cannot be, Cancelled from `report`.
    """
    home = folder(path)
    try:
        home.mkdir(exist_ok=True)
    except OSError as error:
        raise ProjectError(f"A backup of {path.name} could not be written to {home}: {error.strerror}.") from error
    number = max((one.number for one in listed(path)), default=0) + 1
    target = home / f"{number:06d}-{time.strftime(_STAMP, time.gmtime())}-{reason}.reviewer"
    if source is not None:
        copy_from(source, path, target, report)
    else:
        copy_checked(path, target, report)
    for old in thinned(listed(path)):
        with suppress(OSError):  # one that is in use elsewhere goes the next time
            old.path.unlink(missing_ok=True)
    return target


def discard(part: Path) -> None:
    """Remove an unfinished file and what lies beside it, where the folder lets itself be written at all."""
    for leftover in (part, Path(f"{part}-journal"), Path(f"{part}-wal"), Path(f"{part}-shm")):
        with suppress(OSError):
            leftover.unlink(missing_ok=True)


def tidy(path: Path) -> None:
    """Remove what a killed upgrade, backup or restore left unfinished; only while the project's lock is held."""
    head = f".{path.name}"
    for entry in path.parent.glob(f"{glob.escape(head)}.*.part*"):
        if _TEMPORARY.fullmatch(entry.name[len(head) :]):
            with suppress(OSError):
                entry.unlink(missing_ok=True)
    for entry in folder(path).glob("*.reviewer.part*"):
        with suppress(OSError):
            entry.unlink(missing_ok=True)


def sync_file(path: Path) -> None:
    """Have the operating system put a file's bytes on the disk."""
    with path.open("rb+") as handle:
        os.fsync(handle.fileno())


def sync_folder(path: Path) -> None:
    """Have the operating system put a folder's names on the disk, where it can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
