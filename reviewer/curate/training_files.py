"""Training files of any shape, read line by line into the texts that a model would learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from reviewer.curate.canaries import canaries_in
from reviewer.errors import InputError
from reviewer.formats.detect import Detected, detect, read
from reviewer.formats.rows import Row

__all__ = ["FORMATS", "TrainingFile", "TrainingLine"]

FORMATS = {
    "sft": "chat fine-tuning: {messages}",
    "dpo": "preferences: {prompt, chosen, rejected} or {input, preferred_output, non_preferred_output}",
    "text": "plain text, lines and what runs over their ends",
    "jsonl": "JSON Lines",
    "json": "JSON",
    "csv": "CSV",
    "tsv": "tab-separated",
}
"""The formats of training files, with the words for them."""

_PLAIN_NAMES = (".txt", ".text", ".md", ".log")
_SYSTEM = ("system", "developer")
_NEEDED = {
    "sft": (("messages",), ("conversations",)),
    "dpo": (("prompt", "chosen", "rejected"), ("chosen", "rejected"),
            ("input", "preferred_output", "non_preferred_output")),
}  # fmt: skip
_ASIDE = frozenset({"tools", "functions", "metadata", "documents"})
"""What stands beside a conversation in a row, and is no text that a model learns to write."""
_DEEPEST = 40
_BEGIN = 4096
_PACKED = {
    b"\x1f\x8b": "packed with gzip",
    b"PK\x03\x04": "a ZIP archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with Zstandard",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "an SQLite file",
}
_CHUNK = 1 << 22
_LONGEST_NAME = 3
"""So many words a column's name has at most; more are a text of a file without names."""
_SEAM = 12
"""Words on either side of a line's end in which thirteen in a row can hide from both lines."""


class TrainingLine(NamedTuple):
    """One line of the file: its number from 1, its texts, canaries in it, why it cannot be read, bytes read so far."""

    line: int
    texts: list[str]
    canaries: list[str]
    error: str
    offset: int


class TrainingFile:
    """One training file; raises InputError for one that cannot be read, an unknown format or a wrong expression."""

    def __init__(self, path: Path, format: str | None = None, mapping: Mapping[str, str] | None = None) -> None:
        if format is not None and format not in FORMATS:
            raise InputError(f"“{format}” is no format of training files; there are {', '.join(FORMATS)}.")
        self.path = path
        _refuse_packed(path)
        self.mapping = dict(mapping or {})
        self._get = {name: _compiled(name, text) for name, text in self.mapping.items()}
        if format is None and path.suffix.lower() in _PLAIN_NAMES:
            format = "text"
        if format == "text":
            self._how = detect(path, "jsonl")
        elif format in ("sft", "dpo"):
            self._how = detect(path)
            if self._how.format not in ("jsonl", "json"):
                self._how = detect(path, "jsonl")
        else:
            try:
                self._how = detect(path, format)
            except InputError:
                if format is not None or not path.is_file() or not path.stat().st_size:
                    raise
                format, self._how = "text", detect(path, "jsonl")
        if format == "text" and self._get:
            raise InputError("Plain text has no fields to map; leave --map out, or name the format with --as.")
        self.format = format or self._how.format
        self.size = path.stat().st_size

    def sha256(self, report: Callable[[int], None]) -> str:
        """The hash of the file's bytes; `report` is told how many were read."""
        digest = sha256()
        done = 0
        try:
            with self.path.open("rb") as file:
                while piece := file.read(_CHUNK):
                    digest.update(piece)
                    done += len(piece)
                    report(done)
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}.") from error
        return digest.hexdigest()

    def lines(self) -> Iterator[TrainingLine]:
        """Every line that is not empty, in order; one that cannot be read comes with its error and no texts."""
        return self._plain() if self.format == "text" else self._rows(self._how)

    def _plain(self) -> Iterator[TrainingLine]:
        offset = 0
        tail: list[str] = []
        try:
            with self.path.open(encoding=self._how.encoding, errors="replace", newline="\n") as file:
                for number, line in enumerate(file, 1):
                    offset += len(line)
                    words = line.split()
                    if words:
                        texts = [line.strip()]
                        if tail:
                            # What runs over the end of a line belongs to the line that it ends in.
                            texts.append(" ".join([*tail, *words[:_SEAM]]))
                        yield TrainingLine(number, texts, canaries_in(line), "", min(offset, self.size))
                    tail = [*tail, *words][-_SEAM:] if words else []
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}.") from error

    def _rows(self, how: Detected) -> Iterator[TrainingLine]:
        first = how.format in ("csv", "tsv")
        for row in read(self.path, how):
            if first and row.value is not None:
                first = False
                names = [name for name in row.value if len(name.split()) > _LONGEST_NAME or canaries_in(name)]
                if names:  # a first row of texts, which was taken for the columns' names
                    yield TrainingLine(1, names, canaries_in("\n".join(names)), "", 0)
            yield self._line(row)

    def _line(self, row: Row) -> TrainingLine:
        raw = row.raw
        found = canaries_in(raw) if raw else []
        if row.value is None:
            reason = row.error.reason if row.error is not None else "cannot be read"
            return TrainingLine(row.line, [], found, reason, row.offset)
        value: Any = row.value
        if self._get:
            value = []
            for name, get in self._get.items():
                try:
                    value.append(get(row.value))
                except Exception as error:  # whatever a function of the expression makes of a value
                    return TrainingLine(row.line, [], found, f"{name}: {error}", row.offset)
        elif self.format in _NEEDED:
            fields = next((names for names in _NEEDED[self.format] if all(name in row.value for name in names)), None)
            if fields is None:
                wanted = " or ".join("{" + ", ".join(names) + "}" for names in _NEEDED[self.format])
                return TrainingLine(row.line, [], found, f"has no {wanted}, which {self.format} needs", row.offset)
            value = [row.value[name] for name in fields]
        elif "messages" in row.value:
            value = {name: item for name, item in row.value.items() if name not in _ASIDE}
        texts: list[str] = []
        _gather(value, texts, 0)
        if not found:
            found = canaries_in("\n".join(texts))
        return TrainingLine(row.line, texts, found, "", row.offset)


def _gather(value: object, texts: list[str], depth: int) -> None:
    """The texts in a value, in order; instructions that many lines share are passed over, as they are no case."""
    if type(value) is str:
        if value and not value.isspace():
            texts.append(value)
    elif type(value) is list:
        if depth < _DEEPEST:
            for item in value:
                _gather(item, texts, depth + 1)
    elif type(value) is dict and depth < _DEEPEST:
        role = value.get("role", value.get("from"))
        if role in _SYSTEM:
            return
        for name, item in value.items():
            if name not in ("role", "from", "id", "type", "tool_call_id"):
                _gather(item, texts, depth + 1)


def _refuse_packed(path: Path) -> None:
    """Raise InputError for a file whose bytes are packed or no text: nobody would have read what passed for clean."""
    try:
        with path.open("rb") as file:
            begin = file.read(_BEGIN)
    except OSError:
        return  # whoever reads it says so
    kind = next((name for mark, name in _PACKED.items() if begin.startswith(mark)), "")
    if kind:
        raise InputError(f"{path.name} is {kind}; unpack it, or write it out as JSON Lines, and scan that.")
    if begin.count(0) and not begin.startswith((b"\xff\xfe", b"\xfe\xff")) and begin.count(0) * 4 < len(begin):
        raise InputError(f"{path.name} holds bytes that are no text; nothing was scanned.")


def _compiled(name: str, text: str) -> Callable[[dict[str, Any]], Any]:
    from reviewer.intake.mapping import compile_expression

    return compile_expression(text, name)
