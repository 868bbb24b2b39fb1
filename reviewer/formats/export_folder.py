"""A folder of exported files that is either whole or not there, and never takes away what it did not write."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from reviewer.errors import ConflictError, InputError, ProjectError
from reviewer.formats.folder_swap import part_name, put_in_place, tidy
from reviewer.store.backup import sync_file, sync_folder

__all__ = ["MANIFEST", "write_folder", "write_whole"]

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = "evalset.manifest/1"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def refuse_folder(path: Path) -> None:
    """Raise InputError when a file is to be written to what is a folder, or to a path without a file's name."""
    if path.is_dir() or not path.name:
        raise InputError(f"{path} is a folder; name the file to write in it, such as {path / 'FILE.jsonl'}.")


def write_whole(path: Path, lines: Iterable[bytes]) -> int:
    """Write a file of lines that takes its name only when all of it is on the disk; returns how many lines.

    Raises InputError for a folder, ProjectError when the disk refuses; then what stood there before is untouched.
    """
    refuse_folder(path)
    tidy(path)
    part = part_name(path)
    count = 0
    try:
        with part.open("wb") as handle:
            for line in lines:
                handle.write(line)
                count += 1
        sync_file(part)
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be written: {error.strerror}. What stood there before is untouched."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def write_folder(folder: Path, files: Iterable[tuple[str, Iterable[bytes]]], facts: Mapping[str, Any]) -> Path:
    """Write `files` (name, pieces of bytes) and a manifest of `facts` and their hashes as the folder; returns its path.

    Everything is written and synced beside it first and takes the name at the end, so a full disk leaves what was
    there. A folder that holds an earlier export of the same version is replaced. Raises ConflictError when it holds
    anything else, ProjectError when the disk refuses.
    """
    folder = folder.expanduser().resolve()
    tidy(folder)
    _refuse_foreign(folder, facts)
    part = part_name(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        written = {}
        for name, pieces in files:
            written[name] = _write(part / name, pieces)
        manifest = {"schema": MANIFEST_SCHEMA, **facts, "files": written}
        text = json.dumps(manifest, sort_keys=True, ensure_ascii=True, indent=2, allow_nan=False) + "\n"
        _write(part / MANIFEST, [text.encode("ascii")])
        sync_folder(part)
        put_in_place(part, folder)
    except OSError as error:
        remedy = "free some room or choose another folder" if error.errno in _FULL else "choose another folder"
        raise ProjectError(
            f"The export to {folder} failed: {error.strerror or error}. What was there before is untouched; "
            f"{remedy}, and export again."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _write(path: Path, pieces: Iterable[bytes]) -> dict[str, Any]:
    digest, size = sha256(), 0
    with path.open("xb", buffering=1 << 18) as handle:
        for piece in pieces:
            handle.write(piece)
            digest.update(piece)
            size += len(piece)
        handle.flush()
        os.fsync(handle.fileno())
    return {"bytes": size, "sha256": digest.hexdigest()}


def _refuse_foreign(folder: Path, facts: Mapping[str, Any]) -> None:
    """Raise ConflictError unless the folder is absent, empty, or holds just an earlier export of the same version."""
    name = str(facts["set"])
    if not folder.exists():
        above = next((parent for parent in folder.parents if parent.exists()), None)
        if above is not None and not above.is_dir():
            raise ConflictError(f"{above} is a file, so no folder can be made in it; name another folder.")
        return
    if not folder.is_dir():
        raise ConflictError(f"{folder} is a file; name a folder that is new or empty.")
    there = {item.name for item in folder.iterdir()}
    if not there:
        return
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["schema"] != MANIFEST_SCHEMA:
            raise InputError("another manifest")
        ours, set_name = set(manifest["files"]) | {MANIFEST}, manifest["set"]
        same = all(manifest.get(fact) == facts.get(fact) for fact in ("version", "content_hash"))
    except (OSError, ValueError, KeyError, TypeError, InputError):
        ours, set_name, same = set(), name, True
    if set_name != name:
        raise ConflictError(
            f"{folder} holds an export of another eval set ({set_name}); name a folder that is new or empty."
        )
    foreign = sorted(there - ours)
    if foreign:
        raise ConflictError(
            f"{folder} holds {foreign[0]!r}, which no export of {name} wrote, so the folder is left as it is. "
            "Name a folder that is new or empty."
        )
    if not same:
        raise ConflictError(
            f"{folder} holds {name}@{manifest['version']}, which is another version or has other content; an export "
            "does not replace it. Name a folder that is new or empty."
        )
