"""Figures as SVG: text and lines alone, no script and nothing fetched, readable on a light ground and on a dark one."""

from __future__ import annotations

from collections.abc import Iterable
from math import log10
from pathlib import Path
from xml.sax.saxutils import escape

from reviewer.compare.figures import Counts, Course, Figure, Intervals, Row
from reviewer.errors import ProjectError
from reviewer.formats.export_folder import write_whole

__all__ = ["svg", "write_figures"]

WIDTH = 900
MARGIN = 20
LABELS = 280
WORDS = 180
TOP = 74
ROW = 30
FOOT = 44
WRAP = 84
"""Letters in a line of a title."""

_LOOK = {
    "words": 'fill="#1F2328"',
    "title": 'fill="#1F2328" font-size="16" font-weight="600"',
    "small": 'fill="#5F6670" font-size="12"',
    "ground": 'fill="#FFFFFF"',
    "grid": 'stroke="#E3E2DE"',
    "rule": 'stroke="#5F6670" stroke-width="1.5"',
    "main": 'stroke="#2457C5" stroke-width="2" fill="none"',
    "dot": 'fill="#2457C5"',
    "thin": 'stroke="#5F6670" stroke-dasharray="4 3"',
    "good": 'fill="#197846"',
    "bad": 'fill="#B3261E"',
}
"""What each part looks like where a style sheet is not read; one that is makes it dark on a dark ground."""

_DARK = (
    "text{font-variant-numeric:tabular-nums}@media (prefers-color-scheme:dark){.words,.title{fill:#E6E8EB}"
    ".small{fill:#9AA3AE}.ground{fill:#1E2126}.grid{stroke:#2E3238}.rule,.thin{stroke:#9AA3AE}.main{stroke:#7EA6FF}"
    ".dot{fill:#7EA6FF}.good{fill:#5CC98B}.bad{fill:#FF8A80}}"
)


def _look(name: str) -> str:
    return f'class="{name}" {_LOOK[name]}'


def _clean(text: str) -> str:
    """Text as an SVG may hold it: no control characters, no half of a surrogate pair, markup escaped."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return escape(kept)


def _text(x: float, y: float, words: str, *, style: str = "words", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {_look(style)} text-anchor="{anchor}">{_clean(words)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {_look(style)}/>'


def _fitted(words: str, letters: int) -> str:
    return words if len(words) <= letters else f"{words[: letters - 1]}…"


def _wrapped(words: str, letters: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [_fitted(line, letters + 8) for line in lines[:3]]


def svg(figure: Figure) -> str:
    """A figure as one SVG document; its colours follow the light or dark scheme of whoever shows it."""
    title = _wrapped(figure.title, WRAP)
    top = TOP + 22 * (len(title) - 1)
    if isinstance(figure, Intervals):
        body, height, said = _intervals(figure, top)
    elif isinstance(figure, Counts):
        body, height, said = _counts(figure, top)
    else:
        body, height, said = _course(figure, top)
    head = [_text(MARGIN, 30 + 22 * number, line, style="title") for number, line in enumerate(title)]
    head.append(_text(MARGIN, 30 + 22 * len(title), _fitted(figure.note, 140), style="small"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" aria-labelledby="title desc" font-size="13" '
        'font-family="system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif">'
        f'<title id="title">{_clean(figure.title)}</title><desc id="desc">{_clean(said)}</desc>'
        f'<style>{_DARK}</style><rect {_look("ground")} width="{WIDTH}" height="{height:.0f}"/>'
        + "".join([*head, *body])
        + "</svg>\n"
    )


def _intervals(figure: Intervals, top: float) -> tuple[list[str], float, str]:
    low, high = figure.span
    begin, end = MARGIN + LABELS, WIDTH - MARGIN - WORDS

    def place(value: float) -> float:
        return begin + (min(max(value, low), high) - low) / (high - low) * (end - begin)

    bottom = top + ROW * len(figure.rows)
    body = []
    for tick in figure.ticks:
        body.append(_line(place(tick), top, place(tick), bottom, "grid"))
        words = f"{tick:+g}" if figure.rule == 0 and tick else f"{tick:g}"
        body.append(
            _text(place(tick), bottom + 20, words.replace("-", "−") + figure.unit, style="small", anchor="middle")
        )
    if figure.rule is not None:
        body.append(_line(place(figure.rule), top - 4, place(figure.rule), bottom + 4, "rule"))
    for number, row in enumerate(figure.rows):
        y = top + ROW * number + ROW / 2
        body.append(_text(MARGIN, y + 4, _fitted(row.label, 42)))
        body.append(_text(WIDTH - MARGIN, y + 4, row.words, anchor="end"))
        body += _interval(row, place(row.low), place(row.high), y - (4 if row.thin else 0))
        if row.estimate is not None:
            body.append(
                f'<circle cx="{place(row.estimate):.1f}" cy="{y - (4 if row.thin else 0):.1f}" r="4.5" {_look("dot")}/>'
            )
        if row.thin is not None:
            body.append(_line(place(row.thin[0]), y + 6, place(row.thin[1]), y + 6, "thin"))
    return body, bottom + FOOT, "; ".join(f"{row.label}: {row.words}" for row in figure.rows)


def _interval(row: Row, low: float, high: float, y: float) -> Iterable[str]:
    yield _line(low, y, high, y, "main")
    for end in (low, high):
        yield _line(end, y - 4, end, y + 4, "main")


def _counts(figure: Counts, top: float) -> tuple[list[str], float, str]:
    begin, end = MARGIN + LABELS, WIDTH - MARGIN - 40
    middle = (begin + end) / 2
    most = max([1, *(max(row.left, row.right) for row in figure.rows)])
    reach = (end - begin) / 2 - 40
    bottom = top + ROW * len(figure.rows)
    body = []
    for number, row in enumerate(figure.rows):
        y = top + ROW * number + 6
        left, right = row.left / most * reach, row.right / most * reach
        body.append(_text(MARGIN, y + 13, _fitted(row.label, 42)))
        body.append(f'<rect x="{middle - left:.1f}" y="{y:.1f}" width="{left:.1f}" height="18" {_look("bad")}/>')
        body.append(f'<rect x="{middle:.1f}" y="{y:.1f}" width="{right:.1f}" height="18" {_look("good")}/>')
        body.append(_text(middle - left - 6, y + 13, str(row.left), anchor="end"))
        body.append(_text(middle + right + 6, y + 13, str(row.right)))
    body.append(_line(middle, top - 4, middle, bottom + 4, "rule"))
    body.append(_text(middle - 10, bottom + 22, _fitted(f"← {figure.sides[0]}", 44), style="small", anchor="end"))
    body.append(_text(middle + 10, bottom + 22, _fitted(f"{figure.sides[1]} →", 44), style="small"))
    said = "; ".join(f"{row.label}: {row.left} {figure.sides[0]}, {row.right} {figure.sides[1]}" for row in figure.rows)
    return body, bottom + FOOT, said


def _course(figure: Course, top: float) -> tuple[list[str], float, str]:
    begin, end, deep = MARGIN + 60.0, WIDTH - MARGIN - 40.0, 220.0
    levels = [log10(max(value, 1e-12)) for value in (1.0, *figure.values)]
    low, high = min(-1.0, *levels), max(log10(figure.limit) + 0.5, *levels)

    def across(number: int) -> float:
        return begin + number / max(1, len(levels) - 1) * (end - begin)

    def up(level: float) -> float:
        return top + deep - (level - low) / (high - low) * deep

    body = []
    step = max(1, round((high - low) / 6))
    for power in range(-(-int(low * 1000) // 1000), int(high) + 1, step):
        body.append(_line(begin, up(power), end, up(power), "grid"))
        words = f"{10**power:,}" if 0 <= power < 6 else f"{10.0**power:g}"
        body.append(_text(begin - 8, up(power) + 4, words, style="small", anchor="end"))
    body.append(_line(begin, up(log10(figure.limit)), end, up(log10(figure.limit)), "thin"))
    body.append(_text(end, up(log10(figure.limit)) - 6, f"stop at {figure.limit:g}", style="small", anchor="end"))
    points = " ".join(f"{across(number):.1f},{up(level):.1f}" for number, level in enumerate(levels))
    body.append(f'<polyline points="{points}" {_look("main")}/>')
    body.append(f'<circle cx="{across(len(levels) - 1):.1f}" cy="{up(levels[-1]):.1f}" r="4.5" {_look("dot")}/>')
    body.append(_text(begin, top + deep + 24, "0", style="small", anchor="middle"))
    body.append(_text(end, top + deep + 24, f"{len(figure.values)} examples", style="small", anchor="end"))
    return body, top + deep + FOOT, f"At the end {figure.values[-1]:.3g}, at most {max(figure.values):.3g}."


def write_figures(figures: Iterable[Figure], folder: Path) -> list[Path]:
    """Write each figure into a folder, made where it is missing, as NAME.svg; returns the files.

    Raises ProjectError when the disk refuses. A file of that name is replaced whole or not at all.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(f"The folder {folder} cannot be made: {error.strerror}. Name another one.") from error
    written = []
    for figure in figures:
        path = folder / f"{figure.name}.svg"
        write_whole(path, [svg(figure).encode()])
        written.append(path)
    return written
