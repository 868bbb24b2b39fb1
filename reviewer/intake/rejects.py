"""The rejects file: the rows that an import could not take, each with its reason inside, ready to be corrected.

One row a line, as JSON. The key `_rejected` comes first and names line, field and reason; importing ignores it, so that
whoever corrects a line imports the file again with the same mapping.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reviewer.errors import ProjectError
from reviewer.formats.rows import REJECTED, Row, RowError
from reviewer.store.backup import sync_file, sync_folder

__all__ = ["PART", "Reject", "Rejects"]

PART = ".rejects.part"
"""How the name of a rejects file ends while it is being written."""

_KEPT = 1000
_SUFFIX = re.compile(r"\.rejects(-\d+)?$")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken: where it stands, the field (empty for the whole row), the reason, its beginning."""

    line: int
    field: str
    reason: str
    text: str
    record: int = 0
    """The record's number where a line may hold many, else 0."""

    def __str__(self) -> str:
        where = f"line {self.line}, record {self.record}" if self.record else f"line {self.line}"
        return " ".join(f"{where}, {self.field or 'the row'} {self.reason}".split())


class Rejects:
    """The rejects of one import, written as they come; the file has its name only after `finish`."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._folder = folder
        self._stem = _SUFFIX.sub("", source.stem)
        self._file: IO[bytes] | None = None
        self._part = folder / f".{self._stem}.{id(self):x}{PART}"
        self.count = 0
        self.first: list[Reject] = []

    def add(self, row: Row, error: RowError) -> None:
        """Write a rejected row down; raises ProjectError when the folder cannot be written."""
        self.count += 1
        raw = row.raw.decode("utf-8", "backslashreplace") if isinstance(row.raw, bytes) else row.raw
        if len(self.first) < _KEPT:
            self.first.append(Reject(row.line, error.field, error.reason, raw[:300], row.record))
        facts: dict[str, object] = {"line": row.line, "field": error.field, "reason": error.reason}
        if row.record:
            facts["record"] = row.record
        flat = re.sub(r"[\r\n]+\s*", " ", raw)
        if flat.startswith("{"):
            # The row as it stood, with the reason set in front: exact, and a broken row can be mended in place.
            rest = flat[1:].lstrip()
            line = "{" + f'"{REJECTED}": {json.dumps(facts)}' + ("" if rest.startswith("}") else ", ") + rest
        else:
            facts["text"] = raw
            line = json.dumps({REJECTED: facts, **(row.value or {})})
        try:
            if self._file is None:
                self._file = self._part.open("wb")
            self._file.write(line.encode("utf-8", "backslashreplace") + b"\n")
        except OSError as failure:
            raise ProjectError(
                f"The rejected rows cannot be written to {self._folder}: {failure.strerror}. Nothing was imported."
            ) from failure

    def finish(self) -> Path | None:
        """Give the file its name beside the project; None when nothing was rejected."""
        if self._file is None:
            return None
        try:
            self._file.close()
            sync_file(self._part)
            number = 1
            while True:
                name = f"{self._stem}.rejects{'' if number == 1 else f'-{number}'}.jsonl"
                target = self._folder / name
                # An older rejects file may be half corrected: it is never written over, unless it is the same.
                if not target.exists() or target.read_bytes() == self._part.read_bytes():
                    self._part.replace(target)
                    sync_folder(self._folder)
                    return target
                number += 1
        except OSError as failure:
            raise ProjectError(
                f"The rejected rows cannot be written to {self._folder}: {failure.strerror}. Nothing was imported."
            ) from failure

    def discard(self) -> None:
        """Leave nothing behind of an import that failed or was cancelled."""
        if self._file is not None:
            with suppress(OSError):  # closing writes what is still held back, and the disk may be full
                self._file.close()
            self._file = None
            with suppress(OSError):
                self._part.unlink(missing_ok=True)
