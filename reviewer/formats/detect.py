"""What kind of file this is: format, encoding, delimiter, from samples and not from its name alone."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import InputError
from reviewer.formats import csv_table, json_records, jsonl
from reviewer.formats.rows import Row, RowError, parse_object

__all__ = ["FORMATS", "Detected", "detect", "read"]

FORMATS = {"jsonl": "JSON Lines", "json": "JSON", "csv": "CSV", "tsv": "tab-separated"}
"""The formats of source files, with the words for them."""

_SAMPLE = 1 << 20
_PAST_ASCII = re.compile(rb"[\x80-\xff]+")
_WHOLE = 32 << 20
_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32-le": "UTF-32 LE",
    "utf-32-be": "UTF-32 BE",
    "cp1252": "Windows-1252",
}
_LEGACY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "iso8859_15",
    "koi8_r",
    "shift_jis",
    "euc_jp",
    "gb18030",
    "big5",
    "euc_kr",
]


@dataclass(frozen=True, slots=True)
class Detected:
    """How a source file is to be read."""

    format: str
    encoding: str
    delimiter: str = ","

    def __str__(self) -> str:
        return f"{FORMATS[self.format]}, {_NAMES.get(self.encoding, self.encoding)}"


def detect(path: Path, format: str | None = None) -> Detected:
    """How the file is to be read; `format` overrules what is seen. Raises InputError for what cannot be read."""
    if format is not None and format not in FORMATS:
        raise InputError(f"“{format}” is not a format of source files; there are {', '.join(FORMATS)}.")
    try:
        with path.open("rb") as file:
            head = file.read(_SAMPLE)
            size = os.fstat(file.fileno()).st_size
            encoding = _encoding(path, head, size)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder; choose a file.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).removeprefix("\ufeff")
    if not text.strip():
        raise InputError(f"{path.name} is empty; there is nothing to import.")
    kind = format or _format(path, text, len(head) < size)
    delimiter = ","
    if kind in ("csv", "tsv"):
        delimiter = csv_table.guess_delimiter(text[:65536]) or ("\t" if kind == "tsv" else ",")
    return Detected(kind, encoding, delimiter)


def read(path: Path, how: Detected, take: Callable[[bytes], object] | None = None) -> Iterator[Row]:
    """The rows of the file. Raises InputError when it cannot be opened.

    Of JSON Lines `take` may make what it can without all of a line being parsed.
    """
    try:
        if how.format == "jsonl":
            yield from jsonl.read(path, how.encoding, take)
        elif how.format == "json":
            yield from json_records.read(path, how.encoding)
        else:
            yield from csv_table.read(path, how.encoding, how.delimiter)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _encoding(path: Path, head: bytes, size: int) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    if head[:2000].count(0) > len(head[:2000]) // 8:
        # Latin text in UTF-16 has a zero in every other byte, in UTF-32 in three of four.
        zeros = [head[place:2000:4].count(0) for place in range(4)]
        most = max(zeros) // 2
        pattern = "".join("0" if count > most else "x" for count in zeros)
        found = {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(pattern)
        if found is None:
            raise InputError(
                f"{path.name} is not a text file. Import takes JSON Lines, JSON, CSV and tab-separated text."
            )
        return found
    bad = next((piece for piece in _pieces(path, head, size) if not _is_utf8(piece)), None)
    if bad is None:
        return "utf-8"
    good_runs = bad_runs = 0
    for piece in _pieces(path, head, size):
        good, wrong = _runs(piece)
        good_runs += good
        bad_runs += wrong
    # Text in another encoding is next to never valid UTF-8 by chance: a few wrong bytes are damage of their own rows.
    return "utf-8" if good_runs and good_runs >= bad_runs else _legacy(bad)


def _pieces(path: Path, head: bytes, size: int) -> Iterator[bytes]:
    """The whole of a small file, samples from all over a large one."""
    yield head
    if size <= len(head):
        return
    step = _SAMPLE if size <= _WHOLE else max(_SAMPLE, size // 32)
    with path.open("rb") as file:
        for place in range(len(head), size, step):
            file.seek(place)
            yield file.read(_SAMPLE if size <= _WHOLE else 65536)


def _is_utf8(piece: bytes) -> bool:
    # A piece may begin and end inside a character.
    begin = 0
    while begin < min(3, len(piece)) and piece[begin] & 0xC0 == 0x80:
        begin += 1
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece[begin:], final=False)
    except UnicodeDecodeError:
        return False
    return True


def _runs(piece: bytes) -> tuple[int, int]:
    """How many runs of bytes past ASCII are valid UTF-8, and how many are not."""
    good = bad = 0
    for found in _PAST_ASCII.finditer(piece):
        if _decodes(found[0], "utf-8"):
            good += 1
        elif found.start() and found.end() < len(piece):  # one at the edge may be cut through a character
            bad += 1
    return good, bad


def _legacy(piece: bytes) -> str:
    from charset_normalizer import from_bytes

    # Only the lines with bytes past ASCII tell anything.
    lines = [line for line in piece.split(b"\n") if not line.isascii()][:200]
    found = from_bytes(b"\n".join(lines)[:200_000], cp_isolation=_LEGACY).best()
    if found is None or found.encoding in ("cp1250", "cp1254", "iso8859_15"):
        return "cp1252" if _decodes(piece, "cp1252") else (found.encoding if found else "cp1252")
    return found.encoding


def _decodes(piece: bytes, encoding: str) -> bool:
    try:
        piece.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _format(path: Path, text: str, cut: bool) -> str:
    lead = text.lstrip()[:1]
    lines = text.split("\n")
    if cut and len(lines) > 1:
        lines.pop()
    lines = [line for line in lines[:50] if line.strip()]
    if lead == "[":
        return "json"
    if lead == "{" or (path.suffix.lower() in (".jsonl", ".ndjson")):
        whole = sum(1 for line in lines if _is_object(line))
        if len(lines) > 1 and whole * 2 >= len(lines):
            return "jsonl"
        if lead == "{":
            if len(lines) == 1 and path.suffix.lower() in (".jsonl", ".ndjson"):
                return "jsonl"
            return "json" if len(lines) > 1 or path.suffix.lower() == ".json" or not whole else _one_line(lines[0])
        return "jsonl"
    delimiter = csv_table.guess_delimiter(text[:65536])
    if delimiter is not None or path.suffix.lower() in (".csv", ".tsv", ".txt"):
        return "tsv" if delimiter == "\t" else "csv"
    raise InputError(
        f"{path.name} is in no format that import knows: it begins with {text.lstrip()[:20]!r}. It takes JSON Lines, "
        "JSON, CSV and tab-separated text; --as FORMAT says which."
    )


def _is_object(line: str) -> bool:
    try:
        parse_object(line.strip().encode("utf-8", "replace"))
    except RowError:
        return False
    return True


def _one_line(line: str) -> str:
    """A single line may be one record, or an object that holds the records."""
    value = parse_object(line.strip().encode("utf-8", "replace"))
    return "json" if any(isinstance(item, list | dict) for item in value.values()) else "jsonl"
