"""A disk that may lose its power: what each system call left for certain, and what was still under way.

The calls come from a trace of the program. Of a file only what was synced is certain; of the rest any block may have
come to the disk or not, in any order. Of a folder's names only what was there when the folder itself was synced is
certain; of later changes the first few may have come to the disk, as on a file system that keeps a log of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

__all__ = ["CALLS", "Call", "Disk", "calls"]

CALLS = (
    *("openat", "open", "write", "pwrite64", "lseek", "ftruncate", "fsync", "fdatasync", "rename", "renameat"),
    *("renameat2", "unlink", "unlinkat", "link", "linkat", "mkdir", "mkdirat", "rmdir", "sendfile"),
    *("copy_file_range", "writev", "pwritev", "truncate", "fallocate"),
)
BLOCK = 512
_LINE = re.compile(r"^(?:(\d+) +)?(.*)$", re.DOTALL)
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$", re.DOTALL)
_WHOLE = re.compile(r"^(\w+)\((.*)\) += +(-?\d+)(.*)$", re.DOTALL)
_NOT_FOLLOWED = {"writev", "pwritev", "truncate", "fallocate", "link", "linkat"}


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded: its name, its arguments as they are written, and its result."""

    name: str
    arguments: tuple[str, ...]
    result: int
    path: str
    """Of the file or folder that the result stands for, when the call opened one."""


def _bytes(text: str) -> bytes:
    """What a quoted argument holds; the trace writes every byte as \\x and two digits."""
    return bytes.fromhex(text.strip().removesuffix("...").strip('"').replace("\\x", ""))


def _of_descriptor(text: str) -> str:
    """The path that a descriptor stands for; empty for a pipe, a socket or a file that has no name any more."""
    found = re.match(r"^-?\w+<((?:\\x[0-9a-f]{2})+)>(\(deleted\))?", text.strip())
    if found is None or found[2]:
        return ""
    path = bytes.fromhex(found[1].replace("\\x", "")).decode("utf-8", "surrogateescape")
    return "" if path.endswith(" (deleted)") or not path.startswith("/") else path


def calls(log: Path) -> Iterator[Call]:
    """The calls of a trace that succeeded, in the order in which they ended."""
    begun: dict[str, str] = {}
    with log.open(encoding="ascii", errors="replace") as handle:
        for line in handle:
            found = _LINE.match(line.rstrip("\n"))
            assert found is not None
            thread, text = found[1] or "", found[2]
            if text.endswith(_UNFINISHED):
                begun[thread] = text.removesuffix(_UNFINISHED)
                continue
            resumed = _RESUMED.match(text)
            if resumed is not None:
                text = begun.pop(thread, "") + resumed[1]
            whole = _WHOLE.match(text)
            if whole is None or int(whole[3]) < 0:
                continue
            arguments = tuple(whole[2].split(", "))
            yield Call(whole[1], arguments, int(whole[3]), _of_descriptor(f"{whole[3]}{whole[4]}"))


@dataclass(slots=True)
class _File:
    """One file's certain bytes, its bytes as the programs see them, and the writes since the last sync."""

    certain: bytearray = field(default_factory=bytearray)
    now: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def write(self, offset: int, data: bytes) -> None:
        _put(self.now, offset, data)
        self.pending.append((offset, data))

    def cut(self, size: int) -> None:
        _cut(self.now, size)
        self.pending.append((size, None))

    def sync(self) -> None:
        self.certain = bytearray(self.now)
        self.pending.clear()

    def after_a_cut(self, draw: Random, mood: str) -> bytes:
        """What is found when the power comes back: `none` or `all` of the pending writes, or `some` of their blocks."""
        if mood == "all":
            return bytes(self.now)
        found = bytearray(self.certain)
        for offset, data in self.pending if mood == "some" else ():
            if data is None:
                if draw.random() < 0.5:
                    _cut(found, offset)
                continue
            for start in range(0, len(data), BLOCK):
                if draw.random() < 0.5:
                    _put(found, offset + start, data[start : start + BLOCK])
        return bytes(found)


def _put(target: bytearray, offset: int, data: bytes) -> None:
    if len(target) < offset:
        target.extend(bytes(offset - len(target)))
    target[offset : offset + len(data)] = data


def _cut(target: bytearray, size: int) -> None:
    if size < len(target):
        del target[size:]
    else:
        target.extend(bytes(size - len(target)))


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of a name: the file or folder (None) that it now stands for, what it was called before, or its end."""

    path: str
    file: _File | None = None
    old: str = ""
    ends: bool = False
    swaps: bool = False
    """Whether what had the new name before has the old one now."""

    def settle(self, names: dict[str, _File | None]) -> None:
        if self.ends:
            names.pop(self.path, None)
        elif self.old:
            # What a folder holds goes with it: a rename is one change, of the folder's own name.
            there = _taken(names, self.path)
            here = _taken(names, self.old)
            names.update({self.path + rest: file for rest, file in here.items()})
            if self.swaps:
                names.update({self.old + rest: file for rest, file in there.items()})
        else:
            names[self.path] = self.file

    def follows(self, rename: _Change) -> _Change:
        """This change, still to come, after the folder that it is in has another name for certain."""
        inside = f"{rename.old}{os.sep}"
        if not rename.old or not self.path.startswith(inside):
            return self
        old = rename.path + self.old[len(rename.old) :] if self.old.startswith(inside) else self.old
        return replace(self, path=rename.path + self.path[len(rename.old) :], old=old)


def _taken(names: dict[str, _File | None], path: str) -> dict[str, _File | None]:
    """What stands under a name and inside it, taken out of the names, by the rest of each path."""
    found = [name for name in names if name == path or name.startswith(f"{path}{os.sep}")]
    return {name[len(path) :]: names.pop(name) for name in found}


class Disk:
    """The files under one folder, as the calls leave them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hex = "".join(f"\\x{byte:02x}" for byte in os.fsencode(folder))
        self._now: dict[str, _File | None] = {}
        """The names as the programs see them; None is a folder."""
        self._names: list[_Change] = []
        """Changes of names that no sync of their folder has made certain."""
        self._places: dict[tuple[str, str], int] = {}
        for path in sorted(folder.rglob("*")):
            self._now[str(path)] = None if path.is_dir() else self._read(path)
        self._certain = dict(self._now)

    @staticmethod
    def _read(path: Path) -> _File:
        data = path.read_bytes()
        return _File(bytearray(data), bytearray(data))

    def take(self, call: Call) -> None:
        """One more call; those on other folders change nothing."""
        if call.name in _NOT_FOLLOWED and self._hex in "".join(call.arguments):
            raise AssertionError(f"{call.name} is not followed")
        act = getattr(self, f"_{call.name}", None)
        if act is not None:
            act(call)

    def _is_ours(self, path: str) -> bool:
        return path.startswith(f"{self.folder}{os.sep}")

    def _change(self, change: _Change) -> None:
        self._names.append(change)
        change.settle(self._now)

    def _path(self, folder: str, name: str) -> str:
        """A path argument; `folder` is the descriptor that a relative one starts from."""
        text = _bytes(name).decode("utf-8", "surrogateescape")
        return os.path.normpath(Path(_of_descriptor(folder) if folder else "/") / text)

    def _file(self, descriptor: str) -> _File | None:
        return self._now.get(_of_descriptor(descriptor))

    def _openat(self, call: Call) -> None:
        path, flags = call.path, call.arguments[2]
        if not self._is_ours(path):
            return
        if path not in self._now and "O_CREAT" in flags:
            self._change(_Change(path, _File()))
        file = self._now.get(path)
        if file is not None and "O_TRUNC" in flags:
            file.cut(0)
        at_end = len(file.now) if file is not None and "O_APPEND" in flags else 0
        self._places[path, str(call.result)] = at_end

    def _key(self, descriptor: str) -> tuple[str, str]:
        return _of_descriptor(descriptor), descriptor.partition("<")[0].strip()

    def _write(self, call: Call) -> None:
        file = self._file(call.arguments[0])
        if file is not None:
            key = self._key(call.arguments[0])
            place = self._places.get(key, 0)
            file.write(place, _bytes(call.arguments[1])[: call.result])
            self._places[key] = place + call.result

    def _lseek(self, call: Call) -> None:
        self._places[self._key(call.arguments[0])] = call.result

    def _pwrite64(self, call: Call) -> None:
        file = self._file(call.arguments[0])
        if file is not None:
            file.write(int(call.arguments[3]), _bytes(call.arguments[1])[: call.result])

    def _sendfile(self, call: Call) -> None:
        target, source = self._file(call.arguments[0]), self._file(call.arguments[1])
        if target is None:
            return
        assert source is not None, "a file from elsewhere is not followed"
        offset = int(re.sub(r"\D.*", "", call.arguments[2].lstrip("[")) or 0)
        key = self._key(call.arguments[0])
        place = self._places.get(key, 0)
        target.write(place, bytes(source.now[offset : offset + call.result]))
        self._places[key] = place + call.result

    def _ftruncate(self, call: Call) -> None:
        file = self._file(call.arguments[0])
        if file is not None:
            file.cut(int(call.arguments[1]))

    def _fsync(self, call: Call) -> None:
        path = _of_descriptor(call.arguments[0])
        file = self._now.get(path)
        if file is not None:
            file.sync()
        else:
            self._sync_folder(path)

    _fdatasync = _fsync

    def _sync_folder(self, folder: str) -> None:
        left: list[_Change] = []
        for change in self._names:
            if str(Path(change.path).parent) == folder:
                change.settle(self._certain)
                left = [other.follows(change) for other in left]
            else:
                left.append(change)
        self._names = left

    def _move(self, old: str, new: str, *, swaps: bool = False) -> None:
        if not self._is_ours(old) and not self._is_ours(new):
            return
        self._change(_Change(new, old=old, swaps=swaps))

    def _rename(self, call: Call) -> None:
        self._move(self._path("", call.arguments[0]), self._path("", call.arguments[1]))

    def _renameat(self, call: Call) -> None:
        one, two = call.arguments[:2], call.arguments[2:4]
        self._move(self._path(*one), self._path(*two), swaps="RENAME_EXCHANGE" in call.arguments[4:])

    _renameat2 = _renameat

    def _unlink(self, call: Call) -> None:
        path = self._path("", call.arguments[0])
        if self._is_ours(path):
            self._change(_Change(path, ends=True))

    _rmdir = _unlink

    def _unlinkat(self, call: Call) -> None:
        path = self._path(call.arguments[0], call.arguments[1])
        if self._is_ours(path):
            self._change(_Change(path, ends=True))

    def _mkdir(self, call: Call) -> None:
        path = self._path("", call.arguments[0])
        if self._is_ours(path):
            self._change(_Change(path))

    def lay(self, draw: Random) -> str:
        """Lay the folder out as it may be found after a cut now; the answer says how much of what was pending came."""
        mood = draw.choice(("none", "some", "some", "all"))
        names = dict(self._certain)
        kept = draw.randint(0, len(self._names))
        for change in self._names[:kept]:
            change.settle(names)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        for name, file in sorted(names.items()):
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if file is None:
                path.mkdir(exist_ok=True)
            # Shared memory is no file's content: the first who opens the project makes it anew from the log.
            elif not name.endswith("-shm"):
                path.write_bytes(file.after_a_cut(draw, mood))
        return f"{mood} of the unsynced bytes, {kept} of {len(self._names)} unsynced names"
