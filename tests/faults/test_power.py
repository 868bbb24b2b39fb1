"""A few power cuts in the middle of each operation; the program beside this file does hundreds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.faults.disk_log import Call, Disk

PROGRAM = Path(__file__).with_name("power.py")


def _may_trace() -> bool:
    if not shutil.which("strace") or not sys.platform.startswith("linux"):
        return False
    return not subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode


@pytest.mark.skipif(not _may_trace(), reason="the system calls are read with strace")
def test_what_was_acknowledged_outlives_the_power(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--times", "60", "--size", "40", "--seed", "3"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "together" in done.stdout


def _hex(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(text))


def _call(name: str, *arguments: str, result: int = 0, path: str = "") -> Call:
    return Call(name, arguments, result, path)


def test_only_what_was_synced_is_certain_to_be_found(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "old").write_bytes(b"before")
    disk = Disk(folder)
    old, new = str(folder / "old"), str(folder / "new")
    at_old, at_new = f"3<{_hex(old)}>", f"4<{_hex(new)}>"
    disk.take(_call("pwrite64", at_old, f'"{_hex("after!")}"', "6", "0", result=6))
    disk.take(_call("openat", "AT_FDCWD", f'"{_hex(new)}"', "O_RDWR|O_CREAT", result=4, path=new))
    disk.take(_call("write", at_new, f'"{_hex("made")}"', "4", result=4))
    disk.take(_call("fsync", at_new))
    draw = Random(1)
    seen = set()
    for _ in range(40):
        disk.lay(draw)
        seen.add(((folder / "old").read_bytes(), (folder / "new").exists()))
    assert seen == {(text, there) for text in (b"before", b"after!") for there in (True, False)}
    disk.take(_call("fdatasync", at_old))
    disk.take(_call("fsync", f"5<{_hex(str(folder))}>"))
    for _ in range(10):
        disk.lay(draw)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"old": b"after!", "new": b"made"}


def test_a_folder_takes_its_files_along_when_it_is_renamed(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    (folder / "part").mkdir(parents=True)
    (folder / "part" / "file").write_bytes(b"whole")
    disk = Disk(folder)
    disk.take(_call("rename", f'"{_hex(str(folder / "part"))}"', f'"{_hex(str(folder / "whole"))}"'))
    draw, seen = Random(2), set()
    for _ in range(20):
        disk.lay(draw)
        seen.add(tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))))
    assert seen == {("part", "part/file"), ("whole", "whole/file")}
