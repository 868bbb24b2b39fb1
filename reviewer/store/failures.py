"""What to say when a project cannot be opened, read or written: the cause as the system knows it, and the way out."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

from reviewer.errors import DamagedError, ProjectError

__all__ = ["damaged", "explained", "is_damage", "unopened"]


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an error says that the file's content is broken."""
    return "malformed" in str(error) or "not a database" in str(error)


def damaged(path: Path, error: sqlite3.Error) -> ProjectError:
    """What to say of a project whose content cannot be read."""
    from reviewer.store.backup import backups

    found = backups(path)
    offer = f" The newest of {len(found)} backups is {found[0]}." if found else ""
    return DamagedError(f"{path.name} is damaged: {error}. Nothing was changed.{offer}", path)


def unopened(path: Path, error: sqlite3.OperationalError, *, write: bool) -> ProjectError:
    """What to say of a project that cannot be opened, for reading alone or to `write`."""
    log = path.with_name(f"{path.name}-wal")
    if not write and log.exists() and not os.access(path.parent, os.W_OK):
        return ProjectError(
            f"{path} cannot be opened here: what was done last stands in {log.name}, which is read only where its"
            " folder can be written. Copy both files to a folder of yours and open the copy."
        )
    if _is_full(path, error):
        return _full(path)
    return ProjectError(
        f"{path} cannot be opened: {error}. Check that the file and its folder can be read and written."
    )


def explained(path: Path, error: sqlite3.OperationalError) -> Exception:
    """What to say of a failure to write the project at `path`; the error itself when it tells nothing of the disk."""
    text = str(error)
    if "locked" in text:
        return ProjectError(
            f"{path.name} is being written by another program. Close that program and try again; nothing was changed."
        )
    if _is_full(path, error):
        return _full(path)
    if "disk I/O" in text or "unable to open" in text:
        return ProjectError(
            f"The disk that holds {path} does not take what is written ({text}): it may have been removed, or "
            "a limit on the length of files is reached. Nothing was changed; see to the disk and try again."
        )
    if "readonly" in text or "read-only" in text:
        return ProjectError(f"{path} cannot be written: the file or its folder is read-only.")
    return error


def _is_full(path: Path, error: sqlite3.OperationalError) -> bool:
    """Whether the disk is full; without a byte left not even the log's index fits, which SQLite calls an I/O error."""
    if "full" in str(error):
        return True
    try:
        return "disk I/O" in str(error) and not shutil.disk_usage(path.parent).free
    except OSError:
        return False


def _full(path: Path) -> ProjectError:
    return ProjectError(f"The disk that holds {path} is full. Nothing was changed; free some room and try again.")
