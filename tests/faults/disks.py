"""Small disks that can be filled to the last byte and emptied again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

__all__ = ["Disk", "LimitedFiles", "SmallDisk", "any_disk"]


class Disk:
    """A folder in which room can run out."""

    kind = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def squeeze(self, free: int, within: Path, *, new_files: bool) -> None:
        """Leave room for so many bytes; called in the process that is to notice.

        `within` holds the files of the trial; with `new_files` it is files not yet there that are to find no room.
        """
        raise NotImplementedError

    def relax(self) -> None:
        """Give all the room back."""
        raise NotImplementedError

    def close(self) -> None:
        """Take the disk away."""


class SmallDisk(Disk):
    """A file system of its own, in memory."""

    kind = "a file system of its own"

    def __init__(self, folder: Path, size: int = 96_000_000) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        self._ballast = folder / "ballast"

    def squeeze(self, free: int, within: Path, *, new_files: bool) -> None:
        self.relax()
        state = os.statvfs(self.folder)
        size = state.f_bavail * state.f_frsize - free
        if size > 0:
            with self._ballast.open("wb") as handle:
                os.posix_fallocate(handle.fileno(), 0, size)

    def relax(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=False, capture_output=True)


class LimitedFiles(Disk):
    """A limit of the process on how long a file may become: the nearest to a full disk without any right."""

    kind = "a limit on the length of files"

    def squeeze(self, free: int, within: Path, *, new_files: bool) -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        # What is written to a project goes into its log first.
        sizes = [] if new_files else [entry.stat().st_size for entry in within.glob("*.reviewer-wal")]
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes, default=0) + free, hard))

    def relax(self) -> None:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    def close(self) -> None:
        with suppress(OSError):
            shutil.rmtree(self.folder)


def any_disk(folder: Path) -> Disk:
    """A file system of its own where one can be mounted, else the limit on files."""
    with suppress(OSError, subprocess.CalledProcessError):
        return SmallDisk(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return LimitedFiles(folder)
