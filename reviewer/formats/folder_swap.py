"""A finished folder takes the place of an older one in one step; what a killed process left is tidied away."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from reviewer.store.backup import sync_folder

__all__ = ["aside_name", "part_name", "put_in_place", "tidy"]


def part_name(folder: Path) -> Path:
    """Where a folder or file is written before it takes its name; the number is this process's."""
    return folder.with_name(f".{folder.name}.part-{os.getpid()}")


def aside_name(folder: Path) -> Path:
    """Where the older folder waits, on systems that cannot exchange two folders in one step."""
    return folder.with_name(f".{folder.name}.replaced-{os.getpid()}")


def put_in_place(part: Path, folder: Path) -> None:
    """Give the finished folder `part` the name `folder`; an older one there goes, and is never missing meanwhile.

    Where the system cannot exchange two names, the older one is put aside for a moment; `tidy` brings it back when
    the process ends just then. Raises OSError; then the older folder stands as before.
    """
    if not folder.is_dir():
        part.rename(folder)
        sync_folder(folder.parent)
        return
    if _exchange(part, folder):
        sync_folder(folder.parent)
        shutil.rmtree(part, ignore_errors=True)
        return
    aside = aside_name(folder)
    folder.rename(aside)
    try:
        part.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def tidy(target: Path) -> None:
    """Remove what processes that were killed left of a folder or file to be written; one put aside comes back."""
    with suppress(OSError):
        for left in sorted(target.parent.iterdir(), reverse=True):  # what was put aside comes first
            start, _, number = left.name.rpartition("-")
            if start not in (f".{target.name}.part", f".{target.name}.replaced") or not number.isdecimal():
                continue
            if _runs(int(number)):
                continue
            if start.endswith("replaced") and not target.exists():
                left.rename(target)
            elif left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; false where the system or the file system cannot."""
    first, second = os.fsencode(one), os.fsencode(other)
    system: str = sys.platform
    try:
        library = ctypes.CDLL(None)
        if system == "linux":
            here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
            return bool(library.renameat2(here, first, here, second, exchange) == 0)
        if system == "darwin":
            swap = 2  # RENAME_SWAP
            return bool(library.renamex_np(first, second, swap) == 0)
    except (AttributeError, OSError, TypeError):  # no such call, or a system without such a library
        return False
    return False


def _runs(process: int) -> bool:
    """Whether a process is running; one that cannot be asked counts as running."""
    if os.name == "nt":
        kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - other systems' ctypes has no such name
        handle = kernel.OpenProcess(0x1000, False, process)  # the right to ask about it, and no more
        if handle:
            kernel.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
