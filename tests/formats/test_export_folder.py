"""The export folder: whole or not there, and nobody else's files touched."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import ConflictError, InputError, ProjectError
from reviewer.formats import folder_swap
from reviewer.formats.export_folder import refuse_folder, write_folder, write_whole

FACTS = {"set": "refunds", "version": 1}


def _contents(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir())}


def test_files_and_their_hashes(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "new" / "out", [("a.jsonl", [b"one\n", b"two\n"]), ("b", [])], FACTS)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["files"]["a.jsonl"] == {"bytes": 8, "sha256": sha256(b"one\ntwo\n").hexdigest()}
    assert (folder / "b").read_bytes() == b""
    assert [item.name for item in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("other", [{"version": 2}, {"content_hash": "sha256:0"}])
def test_an_export_of_another_version_is_never_replaced(tmp_path: Path, other: dict[str, Any]) -> None:
    out = tmp_path / "out"
    write_folder(out, [("v1.jsonl", [b"1\n"])], FACTS)
    before = _contents(out)
    with pytest.raises(ConflictError, match="holds refunds@1"):
        write_folder(out, [("v2.jsonl", [b"2\n"])], {**FACTS, **other})
    assert _contents(out) == before


def test_a_file_in_the_way_is_named_and_no_room_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConflictError, match="file is a file") as caught:
        write_folder(tmp_path / "file" / "a" / "b", [], FACTS)
    assert "room" not in str(caught.value)


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_folder_is_no_file_to_write(path: str) -> None:
    with pytest.raises(InputError, match="is a folder; name the file"):
        refuse_folder(Path(path))


def test_an_earlier_export_of_the_version_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_folder(out, [("v1.jsonl", [b"1\n"])], FACTS)
    write_folder(out, [("v2.jsonl", [b"2\n"])], FACTS)
    assert sorted(_contents(out)) == ["manifest.json", "v2.jsonl"]
    assert [item.name for item in tmp_path.iterdir() if "out" in item.name] == ["out"]


def test_what_it_did_not_write_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, [("v1.jsonl", [b"1\n"])], FACTS)
    with pytest.raises(ConflictError, match="refunds"):
        write_folder(out, [("v1.jsonl", [b"1\n"])], {**FACTS, "set": "visits"})
    (out / "notes.txt").write_text("mine")
    before = _contents(out)
    with pytest.raises(ConflictError, match=r"notes\.txt"):
        write_folder(out, [("v1.jsonl", [b"2\n"])], FACTS)
    assert _contents(out) == before
    with pytest.raises(ConflictError, match="is a file"):
        write_folder(out / "notes.txt", [], FACTS)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "manifest.json").write_text("[1]")
    with pytest.raises(ConflictError, match="manifest"):
        write_folder(tmp_path / "pictures", [], FACTS)


@pytest.mark.parametrize("step", ["data", "fsync", "swap"])
def test_a_full_disk_leaves_the_old_export_untouched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    out = tmp_path / "out"
    write_folder(out, [("v1.jsonl", [b"1\n"])], FACTS)
    before = _contents(out)
    full = OSError(errno.ENOSPC, "No space left on device")

    def pieces() -> Iterator[bytes]:
        yield b"2\n"
        if step == "data":
            raise full

    if step == "fsync":

        def fsync(_descriptor: int) -> None:
            raise full

        monkeypatch.setattr(os, "fsync", fsync)
    if step == "swap":
        real = Path.rename

        def rename(self: Path, target: Any) -> Path:
            if ".part-" in self.name:
                raise full
            return real(self, target)

        monkeypatch.setattr(folder_swap, "_exchange", lambda *_: False)
        monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(ProjectError, match="No space left"):
        write_folder(out, [("v1.jsonl", pieces())], FACTS)
    monkeypatch.undo()
    assert _contents(out) == before
    assert [item.name for item in tmp_path.iterdir() if "out" in item.name] == ["out"]


DEAD = 2**22 + 1
"""More than any process's number."""


def test_what_a_killed_export_left_is_tidied_and_what_it_put_aside_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_folder(out, [("v1.jsonl", [b"1\n"])], FACTS)
    before = _contents(out)
    out.rename(tmp_path / f".out.replaced-{DEAD}")
    (tmp_path / f".out.part-{DEAD}").mkdir()
    (tmp_path / f".out.part-{os.getpid()}x").mkdir()
    with pytest.raises(ConflictError, match="refunds"):
        write_folder(out, [], {**FACTS, "set": "visits"})
    assert _contents(out) == before
    assert sorted(item.name for item in tmp_path.iterdir() if "out" in item.name) == [
        f".out.part-{os.getpid()}x",
        "out",
    ]
    (tmp_path / f".lines.jsonl.part-{DEAD}").write_bytes(b"half")
    write_whole(tmp_path / "lines.jsonl", [b"1\n"])
    assert not list(tmp_path.glob(".lines*"))


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(folder_swap, "_exchange", lambda *_: False)
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    folder_swap.put_in_place(tmp_path / "new", tmp_path / "old")
    assert [item.name for item in tmp_path.rglob("*") if "home" not in item.parts] == ["old", "new"]
