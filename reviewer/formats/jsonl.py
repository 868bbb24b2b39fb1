"""JSON Lines: one object a line; only a line feed ends a line."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from reviewer.formats.rows import LONGEST_ROW, WRONG_BYTES, Row, RowError, parse_object

__all__ = ["read", "read_part"]

_UTF8 = ("utf-8", "utf-8-sig", "ascii")


def read(path: Path, encoding: str = "utf-8", take: Callable[[bytes], object] | None = None) -> Iterator[Row]:
    """The rows of the file, in order; a line that cannot be read is a row with its error. Raises OSError.

    `take` is shown each line of UTF-8 first: what it makes of it is handed on, and only where that is None is the line
    parsed.
    """
    return _read_utf8(path, take or _take_nothing) if encoding in _UTF8 else _read_decoded(path, encoding)


def _take_nothing(_: bytes) -> None:
    return None


def read_part(
    path: Path, start: int, end: int | None, take: Callable[[bytes], object] | None = None
) -> Generator[Row, None, int]:
    """The rows of the lines of UTF-8 that begin in a part of the file, bytes from `start` to before `end`.

    Their lines are counted from the part's beginning, their offsets from the file's; answers how many lines there were.
    """
    return _read_utf8(path, take or _take_nothing, start, end)


def _read_utf8(
    path: Path, take: Callable[[bytes], object], start: int = 0, end: int | None = None
) -> Generator[Row, None, int]:
    offset = start
    number = 0
    with path.open("rb", buffering=1 << 18 if start or end else 1 << 20) as file:
        readline = file.readline
        if start:  # a line that began before belongs to the part before
            offset = file.seek(start - 1)
            while rest := readline(1 << 20):
                offset += len(rest)
                if rest.endswith(b"\n"):
                    break
        while end is None or offset < end:
            raw = readline(LONGEST_ROW)
            if not raw:
                break
            number += 1
            offset += len(raw)
            if len(raw) == LONGEST_ROW and not raw.endswith(b"\n"):
                while (rest := readline(1 << 20)) and not rest.endswith(b"\n"):
                    offset += len(rest)
                offset += len(rest)
                yield Row(number, None, _too_long(), raw[:2000], offset)
                continue
            if offset == len(raw) and raw.startswith(b"\xef\xbb\xbf"):
                raw = raw[3:]
            raw = raw.strip(b" \t\r\n")
            if not raw:
                continue
            if (taken := take(raw)) is not None:
                yield Row(number, None, None, raw, offset, 0, taken)
                continue
            try:
                row = Row(number, parse_object(raw), None, raw, offset)
            except RowError as error:
                row = Row(number, None, error, raw, offset)
            yield row
    return number


def _read_decoded(path: Path, encoding: str) -> Iterator[Row]:
    number = 0
    # Bytes that the encoding does not know come back as lone surrogates, so that only their own row is refused.
    with path.open("rb") as binary:
        import io

        text = io.TextIOWrapper(binary, encoding=encoding, errors=WRONG_BYTES, newline="\n")
        try:
            for line in _lines(text):
                number += 1
                offset = binary.tell()
                if number == 1:
                    line = line.removeprefix("\ufeff")
                stripped = line.strip(" \t\r\n")
                if not stripped:
                    continue
                if len(stripped) >= LONGEST_ROW // 4:
                    yield Row(number, None, _too_long(), stripped[:2000], offset)
                    continue
                try:
                    raw = stripped.encode("utf-8")
                    yield Row(number, parse_object(raw), None, stripped, offset)
                except UnicodeEncodeError as error:
                    wrong = ord(stripped[error.start]) & 0xFF
                    reason = f"has the byte 0x{wrong:02x}, which {encoding} does not know. Save the file as UTF-8."
                    yield Row(number, None, RowError(reason), stripped, offset)
                except RowError as error:
                    yield Row(number, None, error, stripped, offset)
        finally:
            text.detach()


def _lines(text: object) -> Iterator[str]:
    readline = text.readline  # type: ignore[attr-defined]
    while True:
        line = readline(LONGEST_ROW // 4)
        if not line:
            return
        if len(line) == LONGEST_ROW // 4 and not line.endswith("\n"):
            while (rest := readline(1 << 20)) and not rest.endswith("\n"):
                pass
        yield line


def _too_long() -> RowError:
    return RowError(f"is longer than {LONGEST_ROW // 1024 // 1024} MB, which is taken for damage. Split the row.")
