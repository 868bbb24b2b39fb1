"""Whole copies of a project file, checked before they count."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from reviewer.errors import ProjectError

__all__ = ["backup", "backups", "copy_checked", "folder"]

KEEP = 3


def folder(path: Path) -> Path:
    """The folder beside a project that holds its backups."""
    return path.with_name(path.name + "-backups")


def backups(path: Path) -> list[Path]:
    """The backups of a project, the newest first."""
    return sorted(folder(path).glob("*.reviewer"), reverse=True) if folder(path).is_dir() else []


def copy_checked(path: Path, target: Path) -> None:
    """Copy a project with what its WAL holds to `target`, check it, and only then give it that name.

    Raises ProjectError when the copy fails its check or the disk refuses it.
    """
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            verdict = copy.execute("PRAGMA quick_check").fetchone()[0]
        if verdict != "ok":
            raise ProjectError(f"{path.name} is damaged ({verdict}); no copy was made. Open a backup instead.")
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise ProjectError(f"A copy of {path.name} could not be written to {target.parent}: {error}.") from error
    finally:
        part.unlink(missing_ok=True)


def backup(path: Path, reason: str) -> Path:
    """Back a project up beside itself and thin out older backups for the same reason; returns the new file."""
    home = folder(path)
    home.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    target = home / f"{stamp}-{reason}.reviewer"
    number = 1
    while target.exists():
        number += 1
        target = home / f"{stamp}.{number}-{reason}.reviewer"
    copy_checked(path, target)
    for old in sorted(home.glob(f"*-{reason}.reviewer"), reverse=True)[KEEP:]:
        old.unlink(missing_ok=True)
    return target


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
