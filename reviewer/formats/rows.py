"""One row of a source file as a reader hands it on, and the strict parsing of a row's JSON."""

from __future__ import annotations

import codecs
import json
from typing import Any, NamedTuple

import orjson

__all__ = [
    "LONGEST_ROW",
    "REJECTED",
    "WRONG_BYTES",
    "Row",
    "RowError",
    "is_exact",
    "kind_of",
    "one_line_json",
    "parse_object",
]

REJECTED = "_rejected"
"""The key that a rejects file adds to a row, with line, field and reason; importing ignores it."""

LONGEST_ROW = 64 * 1024 * 1024
"""Bytes of one row past which it is taken for damage."""

WRONG_BYTES = "reviewer-wrong-bytes"
"""How decoders are told to hand on what an encoding does not know: each byte as a lone surrogate, U+DC00 and the byte.

`surrogateescape` does so for bytes past ASCII alone, and of the two or four of a broken UTF-16 or UTF-32 character any
may be below that.
"""

_DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
_LONG_NUMBER = b"0" * 19


def _keep_wrong(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(WRONG_BYTES, _keep_wrong)


class RowError(ValueError):
    """Why a row cannot be taken: the field (empty when it is the whole row) and a sentence with the remedy."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class Row(NamedTuple):
    """One row: where it begins (lines from 1), its value, why it cannot be taken, its text, the bytes read so far.

    A row with an error may still have the part of its value that could be read. `record` counts from 1 where a line
    may hold many, and is 0 where the line says it all.
    """

    line: int
    value: dict[str, Any] | None
    error: RowError | None
    raw: str | bytes
    offset: int
    record: int = 0
    taken: object = None
    """What was made of the text without parsing all of it, where a reader was given something that does."""


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in `raw`, exactly; raises RowError.

    Refused: NaN and Infinity, a key that appears twice, integers of more than 4,300 digits, nesting deeper than about
    a thousand. Lone surrogates that are written as escapes are kept.
    """
    try:
        value = orjson.loads(raw)
        if not is_exact(raw, value):
            value = _parse_exactly(raw)
    except orjson.JSONDecodeError:
        value = _parse_exactly(raw)
    except TypeError:  # nested past what orjson writes
        value = _parse_exactly(raw)
    if not isinstance(value, dict):
        raise RowError(f'is {kind_of(value)}, not an object. Write it as {{"…": …}}.')
    value.pop(REJECTED, None)
    return value


def is_exact(raw: bytes, value: object) -> bool:
    """Whether `value` is for certain all that `raw` says, of which orjson read it.

    It keeps the last of two equal keys and rounds integers past 64 bits. A lost key shows as a lost colon, a rounded
    number as a long run of digits; where either may be, the exact reader has to decide. Raises TypeError for a value
    nested past what orjson writes.
    """
    again = orjson.dumps(value)
    return again == raw or not (
        again.count(b":") != raw.count(b":") or b"\\u003" in raw or _LONG_NUMBER in raw.translate(_DIGITS)
    )


def _parse_exactly(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowError(
            f"is not valid UTF-8 at its byte {error.start + 1} (0x{raw[error.start]:02x}). Save the file as UTF-8."
        ) from None
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise RowError(f"is not valid JSON: {_lower(error.msg)} at its character {error.pos + 1}.") from None
    except RecursionError:
        raise RowError("is nested too deeply to be read (more than about 1,000 levels).") from None
    except RowError:
        raise
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise RowError("has an integer of more than 4,300 digits. Write it as a string.") from None
        raise RowError(f"is not valid JSON: {error}.") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise RowError(f"has the key “{key}” twice in one object. Keep one of them.", key)
            seen.add(key)
    return found


def _refuse_constant(name: str) -> Any:
    raise RowError(f"has {name}, which JSON does not know. Write null or a number.")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def one_line_json(value: object) -> str:
    """A value as JSON on one line."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):  # a lone surrogate, or an integer past 64 bits
        return json.dumps(value, ensure_ascii=False)


def kind_of(value: object) -> str:
    """What kind of JSON value this is, in words."""
    if value is None:
        return "null"
    for kind, name in ((bool, "true or false"), (str, "text"), (list, "a list"), (dict, "an object")):
        if isinstance(value, kind):
            return name
    return "a number"
