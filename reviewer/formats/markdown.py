"""Markdown as the lines that are shown: what each line is and which stretches of the source stay visible.

Nothing of a text is dropped but the marks themselves (`**`, `#`, the backticks of code): HTML, entities, footnotes,
front matter, surplus table cells and fence words all stay. Every visible stretch keeps its place in the source, so that
a selection in the rendered text can be said in offsets of the source. One pass, linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

__all__ = ["BOLD", "CODE", "IMAGE", "ITALIC", "LINK", "STRIKE", "URL", "Line", "Stretch", "read_lines", "stretches"]

BOLD, ITALIC, CODE, STRIKE, LINK, URL, IMAGE = 1, 2, 4, 8, 16, 32, 64

Kind = Literal["text", "heading", "item", "code", "fence", "rule", "table", "matter", "blank"]


class Stretch(NamedTuple):
    """A visible piece of the source, `start` to `end` in code points, with its style bits and its link."""

    start: int
    end: int
    style: int = 0
    href: str = ""


@dataclass(slots=True)
class Line:
    """One line as it is shown; `start` to `end` is its content in code points of the source, markers left out."""

    kind: Kind
    start: int
    end: int
    quotes: int = 0
    depth: int = 0
    level: int = 0
    marker: tuple[int, int] | None = None
    cells: list[tuple[int, int]] = field(default_factory=list)
    header: bool = False


_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"([ \t]*)([-*+]|[0-9]{1,9}[.)])(?=[ \t]+\S)[ \t]+")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(?=\S)")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_DELIMITER = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_KEY = re.compile(r"[A-Za-z_][\w .-]{0,60}:(?: |$)")
_DEEPEST_QUOTE = 6
_MATTER_LINES = 60


def _indent(text: str, start: int, end: int) -> int:
    width = 0
    while start < end and text[start] in " \t":
        width += 4 - width % 4 if text[start] == "\t" else 1
        start += 1
    return width


def _is_rule(content: str) -> bool:
    marks = content.replace(" ", "").replace("\t", "")
    return len(marks) >= 3 and marks[0] in "-*_" and marks == marks[0] * len(marks)


def _is_delimiter(content: str) -> bool:
    content = content.strip()
    return "|" in content and "-" in content and not content.strip("|-: \t") and bool(_DELIMITER.fullmatch(content))


def _cells(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The cells of a table row, blanks around each left out; a bar after a backslash does not part cells."""
    while start < end and text[start] in " \t":
        start += 1
    while end > start and text[end - 1] in " \t\r":
        end -= 1
    if start < end and text[start] == "|":
        start += 1
    if end > start and text[end - 1] == "|" and text[end - 2 : end - 1] != "\\":
        end -= 1
    cells, at = [], start
    while True:
        bar = text.find("|", at, end)
        while bar > 0 and text[bar - 1] == "\\":
            bar = text.find("|", bar + 1, end)
        stop = end if bar < 0 else bar
        first, last = at, stop
        while first < last and text[first] in " \t":
            first += 1
        while last > first and text[last - 1] in " \t":
            last -= 1
        cells.append((first, last))
        if bar < 0:
            return cells
        at = bar + 1


def _front_matter(text: str, bounds: list[tuple[int, int]]) -> int:
    """How many lines the YAML front matter at the top takes, 0 without one."""
    if not bounds or text[slice(*bounds[0])].rstrip() != "---":
        return 0
    for number, (start, end) in enumerate(bounds[1:_MATTER_LINES], 1):
        content = text[start:end].rstrip()
        if content == "---":
            return number + 1 if number > 1 else 0
        if number == 1 and not _KEY.match(content):
            return 0
    return 0


def read_lines(text: str) -> list[Line]:
    """The lines of a Markdown text in the order of the source, without closing fences and tables' rulers."""
    bounds: list[tuple[int, int]] = []
    at = 0
    while True:
        stop = text.find("\n", at)
        bounds.append((at, len(text) if stop < 0 else stop))
        if stop < 0:
            break
        at = stop + 1
    lines: list[Line] = []
    matter = _front_matter(text, bounds)
    lines.extend(Line("matter", start, end) for start, end in bounds[:matter])
    fence = ""
    fence_indent = fence_quotes = 0
    indents: list[int] = []
    was_blank = True
    table = False
    number = matter
    while number < len(bounds):
        start, end = bounds[number]
        number += 1
        if end > start and text[end - 1] == "\r":
            end -= 1
        quotes = 0
        limit = fence_quotes if fence else _DEEPEST_QUOTE
        while quotes < limit and (mark := _QUOTE.match(text, start, end)):
            start, quotes = mark.end(), quotes + 1
        if fence:
            mark = _FENCE.match(text, start, end)
            if mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not text[mark.end() : end].strip():
                fence = ""
                continue
            dropped = 0
            while dropped < fence_indent and start < end and text[start] == " ":
                start, dropped = start + 1, dropped + 1
            lines.append(Line("code", start, end, fence_quotes, len(indents)))
            continue
        content = text[start:end]
        if not content.strip():
            lines.append(Line("blank", start, end, quotes))
            was_blank, table = True, False
            continue
        indent = _indent(text, start, end)
        if (mark := _FENCE.match(text, start, end)) and "`" not in text[mark.end() : end]:
            fence, fence_indent, fence_quotes = mark[1], indent, quotes
            while indents and indent <= indents[-1]:
                indents.pop()
            first = mark.end()
            while first < end and text[first] in " \t":
                first += 1
            lines.append(Line("fence", first, end, quotes, len(indents)))
            was_blank, table = False, False
            continue
        if table and "|" in content:
            lines.append(Line("table", start, end, quotes, cells=_cells(text, start, end)))
            continue
        table = False
        if "|" in content and number < len(bounds) and quotes == 0 and _is_delimiter(text[slice(*bounds[number])]):
            lines.append(Line("table", start, end, quotes, cells=_cells(text, start, end), header=True))
            number += 1
            table, was_blank = True, False
            indents = []
            continue
        if mark := _HEADING.match(text, start, end):
            indents = []
            lines.append(Line("heading", mark.end(), end, quotes, level=len(mark[1]), marker=mark.span(1)))
        elif _is_rule(content):
            indents = []
            first = start + len(content) - len(content.lstrip())
            lines.append(Line("rule", first, first + len(content.strip()), quotes))
        elif (mark := _ITEM.match(text, start, end)) and (indents or indent < 4):
            while indents and indent <= indents[-1]:
                indents.pop()
            indents.append(indent)
            lines.append(Line("item", mark.end(), end, quotes, len(indents), marker=mark.span(2)))
        else:
            if indents and was_blank and indent <= indents[0]:
                indents = []
            while len(indents) > 1 and indent <= indents[-1]:
                indents.pop()
            if indents:
                first = start + len(content) - len(content.lstrip())
                lines.append(Line("text", first, end, quotes, len(indents)))
            elif indent >= 4 and (was_blank or (lines and lines[-1].kind == "code")):
                lines.append(Line("code", start, end, quotes))
                continue
            else:
                lines.append(Line("text", start, end, quotes))
        was_blank = False
    return lines


_SPECIAL = re.compile(r"[*_`~\[\\]|https?:")
_TOKEN = re.compile(
    r"\\(?=[*_`#~|])"
    r"|(?P<ticks>`+)"
    r"|(?P<stars>\*+|_+|~~)"
    r"|(?P<link>!?\[(?P<label>[^\[\]\n]{0,1000})\]\("
    r"(?P<url><[^<>\n]*>|[^()\s<>]*(?:\([^()\s]*\)[^()\s]*)*)(?:[ \t]+\"[^\"\n]*\")?\))"
    r"|(?P<bare>https?://[^\s<>\"`]+)"
)
_TICKS = re.compile("`+")
_LONGEST_STYLED = 20_000
_Hidden = tuple[int, int]
_Styled = tuple[int, int, int, str]


def _flanks(text: str, start: int, stop: int, first: int, last: int) -> tuple[bool, bool]:
    """Whether a run of marks can open and can close emphasis, by what stands around it."""
    before = text[start - 1] if start > first else " "
    after = text[stop] if stop < last else " "
    if before.isalnum() and after.isalnum():
        # Inside a word or a product (2*3*4, snake_case) a mark is more likely meant as itself.
        return False, False
    left = not after.isspace() and (after.isalnum() or not before.isalnum())
    right = not before.isspace() and (before.isalnum() or not after.isalnum())
    return left, right


def stretches(text: str, start: int, end: int) -> list[Stretch]:
    """The visible stretches of one line's content, emphasis, code and links resolved; unpaired marks stay."""
    if end <= start:
        return []
    if end - start > _LONGEST_STYLED or not _SPECIAL.search(text, start, end):
        return [Stretch(start, end)]
    hidden: list[_Hidden] = []
    styled: list[_Styled] = []
    _mark(text, start, end, hidden, styled)
    return _swept(start, end, hidden, styled)


def _mark(text: str, start: int, end: int, hidden: list[_Hidden], styled: list[_Styled]) -> None:
    """Collect the marks to hide and the stretches to style between two offsets."""
    openers: list[list[int]] = []  # [position of the first unused mark, marks left, code point]
    ticks: dict[int, list[int]] | None = None
    at = start
    while found := _TOKEN.search(text, at, end):
        first, at = found.span()
        group = found.lastgroup
        if group == "ticks":
            if ticks is None:
                ticks = {}
                for run in _TICKS.finditer(text, start, end):
                    ticks.setdefault(len(run[0]), []).append(run.start())
            same = ticks.get(at - first, [])
            place = bisect_left(same, at)
            if place < len(same):
                close = same[place]
                hidden += [(first, at), (close, close + at - first)]
                styled.append((at, close, CODE, ""))
                at = close + at - first
        elif group == "stars":
            opens, closes = _flanks(text, first, at, start, end)
            _pair(first, at, ord(text[first]), opens, closes, openers, hidden, styled)
        elif group == "link":
            label, last = found.span("label")
            href = found["url"].strip("<>")
            image = text[first] == "!"
            styled.append((label, last, IMAGE if image else LINK, "" if image else href))
            _mark(text, label, last, hidden, styled)
            hidden.append((first, label))
            if text[label:last] == href and text.endswith(f"({href})", 0, at):
                hidden.append((last, at))
            else:
                # The address stays visible beside its words: a made-up link is a failure that must not hide.
                hidden.append((last, last + 1))
                styled.append((last + 1, at, IMAGE | URL if image else URL, "" if image else href))
        elif group == "bare":
            at = max(first + 1, first + len(found[0].rstrip(".,;:!?)]}'*_~")))
            styled.append((first, at, LINK, text[first:at]))
        else:
            hidden.append((first, at))
            at += 1


def _pair(
    start: int,
    stop: int,
    mark: int,
    opens: bool,
    closes: bool,
    openers: list[list[int]],
    hidden: list[_Hidden],
    styled: list[_Styled],
) -> None:
    """Close what a run of marks closes, and keep the rest of it as an opener; unpaired marks stay visible."""
    left = stop - start
    if left > 3 and mark != ord("~"):
        return
    while closes and left:
        for place in range(len(openers) - 1, max(-1, len(openers) - 20), -1):
            if openers[place][2] == mark:
                break
        else:
            break
        opener = openers[place]
        del openers[place + 1 :]
        used = 2 if mark == ord("~") or (opener[1] >= 2 and left >= 2) else 1
        inner = opener[0] + opener[1]
        hidden += [(inner - used, inner), (start, start + used)]
        style = STRIKE if mark == ord("~") else BOLD if used == 2 else ITALIC
        styled.append((inner, start, style, ""))
        opener[1] -= used
        start, left = start + used, left - used
        if not opener[1]:
            openers.pop()
    if opens and left:
        openers.append([start, left, mark])


def _swept(start: int, end: int, hidden: list[_Hidden], styled: list[_Styled]) -> list[Stretch]:
    """The line cut at every change of style, hidden marks left out."""
    changes: dict[int, list[tuple[bool, int, str]]] = {}
    for first, last, style, href in styled:
        if first < last:
            changes.setdefault(first, []).append((True, style, href))
            changes.setdefault(last, []).append((False, style, href))
    skip: dict[int, int] = {}
    for first, last in hidden:
        if last > first:
            skip[first] = max(last, skip.get(first, 0))
    found: list[Stretch] = []
    counts: dict[int, int] = {}
    style, href, at, hidden_to = 0, "", start, start
    for place in sorted({*changes, *skip, *skip.values(), end}):
        if place > at and at >= hidden_to:
            found.append(Stretch(at, place, style, href))
        at = max(at, place)
        for begins, bit, target in changes.get(place, ()):
            counts[bit] = counts.get(bit, 0) + (1 if begins else -1)
            if target:
                href = target if begins else ""
        style = 0
        for bit, count in counts.items():
            if count > 0:
                style |= bit
        hidden_to = max(hidden_to, skip.get(place, 0))
    return found
