"""What a person should know of where a project lies and of how it was left: things that bode ill and are not errors."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reviewer.store import backup
from reviewer.store.lock import writable

__all__ = ["Notice", "lost_log", "of_network", "of_reading", "of_sync"]

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "smb2", "afpfs", "afs", "9p", "webdav", "davfs", "fuse.davfs2"}
_NETWORK |= {"fuse.sshfs", "fuse.rclone", "fuse.gvfsd-fuse", "fuse.s3fs", "fuse.glusterfs", "ceph", "lustre", "ncpfs"}
_SYNCED = {
    "dropbox": "Dropbox",
    "onedrive": "OneDrive",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "mobile documents": "iCloud Drive",
    "icloud drive": "iCloud Drive",
    "icloudrive": "iCloud Drive",
    "cloudstorage": "a cloud",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
    "syncthing": "Syncthing",
}
_MARKS = {
    ".dropbox": "Dropbox",
    ".stfolder": "Syncthing",
    ".sync_journal.db": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
}
_REMOTE_DRIVE = 4


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to know: `kind` is network, synced, log_missing or read_only; `text` says what follows from it."""

    kind: str
    text: str


def of_reading(path: Path) -> Notice | None:
    """That a project can only be read where it lies."""
    if writable(path):
        return None
    return Notice(
        "read_only",
        f"{path.name} is open for reading only: the file or its folder cannot be written. Everything can be looked at"
        " and exported; nothing can be changed. To work on it, copy it to a folder of yours and open the copy.",
    )


def of_network(path: Path) -> Notice | None:
    """A warning when the project lies on a drive of another machine, as far as the system tells."""
    kind = _file_system(path.absolute())
    if kind is None:
        return None
    return Notice(
        "network",
        f"{path.name} lies on a network drive ({kind}). Locks and logs are not safe there: when the connection fails,"
        " work can be lost, and two people at once can damage the file. Keep it in a folder of this machine.",
    )


def of_sync(path: Path) -> Notice | None:
    """A warning when the project lies in a folder that a program copies to other machines as it changes."""
    whole = path.absolute()
    found = next(
        (name for part in whole.parent.parts for word, name in _SYNCED.items() if part.lower().startswith(word)), None
    )
    if found is None:
        folders = [whole.parent, *whole.parent.parents]
        found = next((name for each in folders for mark, name in _MARKS.items() if (each / mark).exists()), None)
    if found is None:
        return None
    return Notice(
        "synced",
        f"{path.name} lies in a folder that {found} copies to other machines. It can copy the file in the middle of"
        " work, without its log, or put an older one in its place. Keep the project in another folder, and put"
        " backups or exports there.",
    )


def _file_system(path: Path) -> str | None:
    """The kind of the network file system a path lies on; None for a local one or where that cannot be told."""
    if sys.platform == "win32":
        import ctypes

        if path.drive.startswith("\\\\"):
            return "a network share"
        return "a network share" if ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == _REMOTE_DRIVE else None
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    best, kind = "", ""
    where = str(path.resolve())
    for line in mounts.splitlines():
        words = line.split()
        if len(words) > 2:
            point = words[1].replace("\\040", " ")
            if len(point) >= len(best) and (where == point or where.startswith(point.rstrip("/") + "/")):
                best, kind = point, words[2]
    return kind if kind in _NETWORK else None


def lost_log(path: Path, indexed: int | None = None) -> Notice | None:
    """A warning when a project says of itself that it was being worked in, and the log of that work is not beside it.

    So it is after a copy of the file alone while it was open, and after the log was deleted. `indexed` is how many
    examples the text index beside it knows.
    """
    if os.path.lexists(f"{path}-wal"):
        return None
    try:
        # Read as it lies, so that looking makes no log.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM meta WHERE key = 'open_since'").fetchone() is None:
                return None
            counts = _counts(connection)
            last = connection.execute("SELECT at_ms FROM history ORDER BY id DESC LIMIT 1").fetchone()
    except sqlite3.Error:
        return None  # what is wrong with it shows when it is opened
    words = [
        f"{path.name} was not closed in order, and its log ({path.name}-wal) is missing: what was done last may have"
        f" been in that log and be lost. This file holds {counts['examples']:,} examples and {counts['labels']:,}"
        " labels"
    ]
    if last is not None:
        words[0] += f"; its last recorded action is of {datetime.fromtimestamp(last[0] / 1000):%Y-%m-%d %H:%M}"
    words[0] += "."
    words += _knows_more(path, counts, indexed)
    words.append(
        "If it is a copy made while Reviewer had the project open, close it there and copy it again. Otherwise compare"
        " it with its backups."
    )
    return Notice("log_missing", " ".join(words))


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    return {name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in backup.COUNTED}


def _knows_more(path: Path, counts: dict[str, int], indexed: int | None) -> Sequence[str]:
    """What lies beside the file and has seen more of its work."""
    found = []
    if indexed is not None and indexed > counts["examples"]:
        found.append(f"The text index beside it knows {indexed:,} examples.")
    for one in backup.listed(path)[:1]:
        try:
            held = backup.held(one.path)
        except Exception:  # a backup that cannot be read tells nothing here
            continue
        more = [f"{held[name]:,} {name}" for name in backup.COUNTED if held[name] > counts[name]]
        if more:
            found.append(f"The backup made last ({one.made.astimezone():%Y-%m-%d %H:%M}) holds {', '.join(more)}.")
    return found
