"""One process opens a project: a lock of the operating system on a file beside it, gone with the process."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

from reviewer.errors import ProjectError

__all__ = ["LockedError", "ProjectLock", "ReadOnlyError", "lock_path", "writable"]


class LockedError(ProjectError):
    """Another process has the project open."""


class ReadOnlyError(ProjectError):
    """The project lies where nothing can be written: it can only be read."""


def writable(path: Path) -> bool:
    """Whether a project can be worked in where it lies: the file, and its folder, in which the log must be put."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def lock_path(path: Path) -> Path:
    """The lock file of a project."""
    return path.with_name(path.name + "-lock")


class ProjectLock:
    """Held from `acquire` to `release` or to the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = lock_path(path)
        self._project = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raises LockedError when another process holds it, ReadOnlyError where none can be put."""
        if self._project.exists() and not writable(self._project):
            raise ReadOnlyError(
                f"{self._project} cannot be opened for work: the file or its folder cannot be written. Copy the project"
                " to a folder of yours and open it there."
            )
        try:
            # Not a with block: the lock lives as long as the handle.
            handle = self._path.open("a+", encoding="utf-8")
        except OSError as error:
            raise ProjectError(
                f"{self._project} cannot be opened for work: its folder cannot be written ({error.strerror}). "
                "Copy the project to a folder of yours and open it there."
            ) from error
        if not _lock(handle, shared=False):
            handle.close()
            raise LockedError(
                f"{self._project.name} is open in another Reviewer window or command. Close it there and try again."
            )
        if sys.platform != "win32":
            # The number is for whoever looks; the lock holds without it, also on a full disk.
            with contextlib.suppress(OSError):
                os.ftruncate(handle.fileno(), 0)
                os.write(handle.fileno(), str(os.getpid()).encode())
        self._file = handle

    def keep_still(self) -> bool:
        """Keep others from writing while this process reads; false when somebody has the project open for work."""
        try:
            handle = self._path.open("r", encoding="utf-8")
        except FileNotFoundError:
            return True  # never opened for work in this place
        except OSError:
            return not os.access(self._path.parent, os.W_OK)
        if not _lock(handle, shared=True):
            handle.close()
            return False
        self._file = handle
        return True

    def release(self) -> None:
        """Give the lock back; the file stays, since removing it would race with the next holder."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(handle: IO[str], *, shared: bool) -> bool:
    """Lock an open file for this process alone, or with other readers; false when another has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
