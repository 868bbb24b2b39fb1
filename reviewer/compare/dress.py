"""Plain dress: how both sides of a blind pair are shown, Markdown reduced to plain structure and no word lost."""

from __future__ import annotations

from typing import NamedTuple

from reviewer.formats.markdown import URL, read_lines, stretches

__all__ = ["Part", "dressed", "plain_dress"]


class Part(NamedTuple):
    """A piece of plain dress; `start` is its offset in the source in code points, or None where the dress put it in."""

    text: str
    start: int | None


def dressed(text: str) -> list[Part]:
    """The plain dress of a text piece by piece, so that a passage marked in it can be found again in the source."""
    parts: list[Part] = []
    blank = True
    for line in read_lines(text):
        begun = len(parts)
        if line.kind == "item" and line.marker is not None:
            parts.append(Part("   " * (line.depth - 1), None))
            mark = text[slice(*line.marker)]
            if mark[0].isdigit():
                parts.append(Part(mark[:-1], line.marker[0]))
                parts.append(Part(". ", None))
            else:
                parts.append(Part("- ", None))
        elif line.kind == "text" and line.depth:
            parts.append(Part("   " * line.depth, None))
        if line.kind == "table":
            for number, (start, end) in enumerate(line.cells):
                if number:
                    parts.append(Part(" | ", None))
                _inline(parts, text, start, end)
        elif line.kind in ("code", "fence", "matter"):
            parts.append(Part(text[line.start : line.end], line.start))
        elif line.kind not in ("rule", "blank"):
            _inline(parts, text, line.start, line.end)
        parts[begun:] = [part for part in parts[begun:] if part.text]
        if not any(part.text.strip() for part in parts[begun:]):
            del parts[begun:]
            # A rule and a blank line come out as one empty line: how much air a model leaves is dress.
            if not blank and line.kind != "fence":
                parts.append(Part("\n", None))
                blank = True
            continue
        parts.append(Part("\n", None))
        blank = False
    while parts and not parts[-1].text.strip():
        parts.pop()
    return parts


def plain_dress(text: str) -> str:
    """The text without headings, emphasis, rules and code marks; lists and tables as plain lines, every word kept."""
    return "".join(part.text for part in dressed(text))


def _inline(parts: list[Part], text: str, start: int, end: int) -> None:
    for stretch in stretches(text, start, end):
        if stretch.style & URL and text[stretch.start] == "(":
            parts.append(Part(" ", None))
        parts.append(Part(text[stretch.start : stretch.end], stretch.start))
