"""JSON as rows: laid out one value a line, each token spelled as the source spells it.

The text is never turned into numbers and objects: five thousand digits, duplicate keys and NaN come through as written.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from reviewer.ui.widgets.rows import KEY, MONO, MUTED, NUMBER, STRING, WORD, Place, Row

__all__ = ["call_words", "json_rows", "json_styles", "looks_like_json"]

DEEPEST = 60
LONGEST = 100_000
ONE_LINE = 72

_TOKEN = re.compile(
    r'(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<number>-?[0-9][0-9.eE+-]*)'
    r"|(?P<word>true|false|null|NaN|-?Infinity)|(?P<mark>[{}\[\],:])",
    re.DOTALL,
)
_BLANK = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|.)", re.DOTALL)
_STYLES = {"string": STRING, "number": NUMBER, "word": WORD, "mark": 0}
_CLOSERS = {"{": "}", "[": "]"}


class _Token(NamedTuple):
    kind: str
    start: int
    end: int


def looks_like_json(text: str) -> bool:
    """Whether a text is meant as a JSON object or array, by its first and last character."""
    return text[:200].lstrip()[:1] in ("{", "[") and text[-200:].rstrip()[-1:] in ("}", "]")


def _tokens(text: str) -> list[_Token] | None:
    """The tokens of a JSON text, None when it is none: unknown characters, wrong order, unbalanced or too deep."""
    tokens: list[_Token] = []
    opened: list[str] = []
    wants = "value"
    at = _BLANK.match(text).end()  # type: ignore[union-attr]
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or wants == "end":
            return None
        kind = found.lastgroup or ""
        first = found[0] if kind == "mark" else ""
        empty = bool(tokens) and text[tokens[-1].start] in "{[" and tokens[-1].kind == "mark"
        if first in ("{", "["):
            if wants != "value" or len(opened) == DEEPEST:
                return None
            opened.append(first)
            wants = "key" if first == "{" else "value"
        elif first in ("}", "]"):
            if not opened or _CLOSERS[opened.pop()] != first or not (wants == "comma" or empty):
                return None
            wants = "comma" if opened else "end"
        elif first == ":":
            if wants != "colon":
                return None
            wants = "value"
        elif first == ",":
            if wants != "comma":
                return None
            wants = "key" if opened[-1] == "{" else "value"
        elif wants == "key" and kind == "string":
            kind, wants = "key", "colon"
        elif wants == "value":
            wants = "comma" if opened else "end"
        else:
            return None
        tokens.append(_Token(kind, at, found.end()))
        at = _BLANK.match(text, found.end()).end()  # type: ignore[union-attr]
    return tokens if wants == "end" else None


def _inline_ends(text: str, tokens: list[_Token]) -> dict[int, int]:
    """Which brackets fit on one line with what they hold, by the number of their closing bracket."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    widths: list[int] = []
    width = 0
    for number, token in enumerate(tokens):
        width += token.end - token.start + 1
        sign = text[token.start] if token.kind == "mark" else ""
        if sign in ("{", "["):
            opened.append(number)
            widths.append(width)
        elif sign in ("}", "]"):
            begun = opened.pop()
            if width - widths.pop() <= ONE_LINE:
                ends[begun] = number
    return ends


def json_rows(text: str, place: Place, *, base: int, reveal: bool) -> list[Row] | None:
    """A JSON text as rows, or None when it is no JSON, deeper than 60 levels or longer than 100,000 characters."""
    if len(text) > LONGEST:
        return None
    tokens = _tokens(text)
    if not tokens:
        return None
    inline = _inline_ends(text, tokens)
    rows: list[Row] = []
    row = Row("code", place)
    depth, until = 0, -1
    for number, token in enumerate(tokens):
        sign = text[token.start] if token.kind == "mark" else ""
        if sign in ("}", "]") and number > until:
            depth -= 1
            if row.length:
                rows.append(row)
            row = Row("code", place)
        if not row.length:
            row.insert("  " * depth, MONO)
        _put(row, text, token, base, reveal)
        if sign == ":":
            row.insert(" ", MONO)
        elif sign in ("{", "[") and number > until:
            if number in inline:
                until = inline[number]
            else:
                depth += 1
                rows.append(row)
                row = Row("code", place)
        elif sign == ",":
            if number < until:
                row.insert(" ", MONO)
            else:
                rows.append(row)
                row = Row("code", place)
    if row.length:
        rows.append(row)
    return rows


def _put(row: Row, text: str, token: _Token, base: int, reveal: bool) -> None:
    """Add one token; a `\\u` escape of a printable character shows as the character."""
    style = MONO | (KEY if token.kind == "key" else _STYLES.get(token.kind, 0))
    if token.kind == "mark":
        style |= MUTED
    if "\\u" not in text[token.start : token.end]:
        row.put(text, token.start, token.end, style, base=base, reveal=reveal)
        return
    at = token.start
    for found in _ESCAPE.finditer(text, token.start, token.end):
        if not found[1]:
            continue
        high = int(found[1], 16)
        if found[2] and 0xD800 <= high < 0xDC00:
            char, end = chr(0x10000 + ((high - 0xD800) << 10) + int(found[2], 16) - 0xDC00), found.end()
        else:
            char, end = chr(high), found.start() + 6
        if not char.isprintable() or char in '"\\':
            continue
        if found.start() >= at:
            row.put(text, at, found.start(), style, base=base, reveal=reveal)
            row.stand_for(char, base + found.start(), end - found.start(), style)
            at = end
    row.put(text, at, token.end, style, base=base, reveal=reveal)


def json_styles(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """One line of JSON in a code block cut where its colours change, as (start, end, style)."""
    found: list[tuple[int, int, int]] = []
    at = start
    for token in _TOKEN.finditer(text, start, end):
        if token.start() > at:
            found.append((at, token.start(), MONO))
        style = _STYLES[token.lastgroup or "mark"]
        if token.lastgroup == "string" and text[token.end() : token.end() + 3].lstrip()[:1] == ":":
            style = KEY
        found.append((token.start(), token.end(), MONO | style))
        at = token.end()
    if at < end:
        found.append((at, end, MONO))
    return found


def call_words(arguments: str) -> str:
    """The values of a call's arguments in a few words: `EHGLP3, economy, […]`; other text as it is."""
    if len(arguments) > LONGEST:
        return arguments[:400]
    tokens = _tokens(arguments)
    if not tokens or arguments[tokens[0].start] != "{":
        return arguments
    words: list[str] = []
    depth = 0
    for token in tokens:
        sign = arguments[token.start] if token.kind == "mark" else ""
        if sign in ("{", "["):
            depth += 1
            if depth == 2:
                words.append(f"{sign}…{_CLOSERS[sign]}")
        elif sign in ("}", "]"):
            depth -= 1
        elif depth == 1 and not sign and token.kind != "key":
            words.append(arguments[token.start : token.end].strip('"')[:200])
    return ", ".join(words)
