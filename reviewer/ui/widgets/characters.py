"""Characters that do not show: which ones, how many, and the visible symbol that stands for each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["BREAK", "count_invisible", "has_hidden", "shown_parts", "symbol"]

BREAK = "\u200b"
LONGEST_RUN = 500

# Always a symbol: what Qt or the store would swallow, take for a line or frame of its own, or cannot encode.
_ALWAYS = "\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\u2028\u2029\ufffc\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + "".join(
    f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)
)
# A symbol when revealed: bidirectional controls, zero-width and tag characters, fillers, variation selectors.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800"

_always = re.compile(f"[{_ALWAYS}]")
_invisible = re.compile(f"[{_INVISIBLE}]")
_revealed = re.compile(f"[{_ALWAYS}{_INVISIBLE}{_SPACES}]")
_long_run = re.compile(f"[^ \\t]{{{LONGEST_RUN + 1},}}|[ \\t]{{{LONGEST_RUN + 1},}}")

_VISIBLE_ASCII = bytes([9, 10, 13, *range(32, 127)])

_NAMES = {
    0x00A0: "NBSP", 0x00AD: "SHY", 0x061C: "ALM", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM",
    0x200F: "RLM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip


def symbol(char: str) -> str:
    """What stands for a character that does not show: ␀ for NUL, ⟨RLO⟩, ⟨tag a⟩, ⟨D800⟩."""
    point = ord(char)
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "\u2421"
    if point in _NAMES:
        return f"⟨{_NAMES[point]}⟩"
    if 0xE0020 < point < 0xE007F:
        return f"⟨tag {chr(point - 0xE0000)}⟩"
    return f"⟨{point:04X}⟩"


def _is_ordinary(text: str, at: int) -> bool:
    """Whether an invisible character does its everyday work: within an emoji, or joining Arabic or Indic letters."""
    point = ord(text[at])
    if at == 0:
        return False
    before = text[at - 1]
    if 0xFE00 <= point <= 0xFE0F:
        return unicodedata.category(before) in ("So", "Sm", "Sk", "Po", "Nd")
    if point in (0x200C, 0x200D) and at + 1 < len(text):
        after = text[at + 1]
        if unicodedata.category(after) == "So" and (before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk")):
            return True
        return 0x0600 <= ord(before) <= 0x109F and 0x0600 <= ord(after) <= 0x109F
    return False


def count_invisible(text: str) -> int:
    """How many characters of a text hide: invisible ones beside their everyday work, and controls shown as symbols."""
    if text.isascii():
        return len(text.encode("ascii").translate(None, _VISIBLE_ASCII))
    return sum(1 for found in _always.finditer(text) if found[0] not in "\n\r") + sum(
        1 for found in _invisible.finditer(text) if not _is_ordinary(text, found.start())
    )


def has_hidden(text: str) -> bool:
    """Whether a text holds a character that the reveal mode would show as a symbol."""
    return bool(_revealed.search(text.replace("\n", "").replace("\r", "")))


def shown_parts(
    text: str, start: int, end: int, *, reveal: bool, breaks: bool = True
) -> Iterator[tuple[str, int, int]]:
    """How a stretch of a text shows, as (shown, start, length in the source): as it is, a symbol, or a break.

    A break is a zero-width space of length 0, put into runs of more than 500 characters that a line could not break in.
    """
    pattern = _revealed if reveal else _always
    marks: list[tuple[int, str]] = [(found.start(), symbol(found[0])) for found in pattern.finditer(text, start, end)]
    if breaks and end - start > LONGEST_RUN:
        for run in _long_run.finditer(text, start, end):
            marks += [(place, "") for place in range(run.start() + LONGEST_RUN, run.end(), LONGEST_RUN)]
        marks.sort()
    at = start
    for place, sign in marks:
        if place > at:
            yield text[at:place], at, place - at
        at = place
        if sign:
            yield sign, place, 1
            at = place + 1
        else:
            yield BREAK, place, 0
    if end > at:
        yield text[at:end], at, end - at
