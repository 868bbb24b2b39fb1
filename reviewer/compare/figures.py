"""A closed study's report as figures: what is drawn, with titles that state the finding. Who draws them is told apart.

`reviewer.compare.drawing` writes them as SVG; the window paints the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reviewer.compare.correctness import Paired
from reviewer.compare.statistics.paired import newcombe, tango
from reviewer.compare.statistics.rates import Rate
from reviewer.compare.statistics.sequential import STOP_AT

if TYPE_CHECKING:
    from reviewer.compare.report import StudyReport

__all__ = ["Count", "Counts", "Course", "Figure", "Intervals", "Row", "figures"]

MOST_PAIRS = 6
"""Pairs of annotators whose agreement is drawn; the report has them all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a figure: an estimate with one interval or two, and its figures in words."""

    label: str
    estimate: float | None
    """None for a range without an estimate of its own."""
    low: float
    high: float
    words: str
    thin: tuple[float, float] | None = None
    """A second interval by another method, drawn below the first."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals drawn to one scale, one a row."""

    name: str
    title: str
    rows: tuple[Row, ...]
    span: tuple[float, float]
    rule: float | None
    """Where there is no difference; None where no value means that."""
    unit: str
    ticks: tuple[float, ...]
    note: str
    """What is drawn, in words."""


@dataclass(frozen=True, slots=True)
class Count:
    """One line of counts on either side of a rule."""

    label: str
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of two outcomes, one on either side of a rule, a line a slice."""

    name: str
    title: str
    rows: tuple[Count, ...]
    sides: tuple[str, str]
    """What is counted on the left and on the right."""
    note: str


@dataclass(frozen=True, slots=True)
class Course:
    """The evidence over the examples in the order in which they were judged, on a scale of powers of ten."""

    name: str
    title: str
    values: tuple[float, ...]
    limit: float
    note: str


Figure = Intervals | Counts | Course


def figures(report: StudyReport) -> tuple[Figure, ...]:
    """The figures that a report has something to draw for, in the order in which they are read."""
    found = (
        _correctness(report),
        _flips(report),
        _preference(report),
        _dress(report),
        _style(report),
        _blinding(report),
        _steadiness(report),
        _agreement(report),
        _course(report),
    )
    return tuple(figure for figure in found if figure is not None)


def _signed(value: float, digits: int = 1) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def _difference(label: str, value: float, bounds: tuple[float, float], thin: tuple[float, float] | None = None) -> Row:
    """A row of a difference of shares, in points."""
    words = f"{_signed(100 * value)} ({_signed(100 * bounds[0])} to {_signed(100 * bounds[1])})"
    other = None if thin is None else (100 * thin[0], 100 * thin[1])
    return Row(label, 100 * value, 100 * bounds[0], 100 * bounds[1], words, other)


def _share(label: str, rate: Rate) -> Row:
    """A row of a share, in per cent."""
    words = f"{100 * rate.rate:.0f} % ({100 * rate.low:.0f}–{100 * rate.high:.0f})"
    return Row(label, 100 * rate.rate, 100 * rate.low, 100 * rate.high, words)


def _in_points(name: str, title: str, rows: Sequence[Row], note: str) -> Intervals:
    """A figure of differences around none, as wide as its intervals ask for."""
    ends = [abs(end) for row in rows for end in (row.low, row.high, *(row.thin or ()))]
    edge = min(100.0, 10 * -(-max(10.0, *ends) // 10))
    step = 10 if edge <= 30 else 20 if edge <= 80 else 50
    ticks = tuple(float(tick) for tick in range(-100, 101, step) if abs(tick) <= edge)
    return Intervals(name, title, tuple(rows), (-edge, edge), 0.0, "", ticks, note)


_PERCENT = (0.0, 25.0, 50.0, 75.0, 100.0)


def _in_percent(name: str, title: str, rows: Sequence[Row], rule: float | None, note: str) -> Intervals:
    return Intervals(name, title, tuple(rows), (0.0, 100.0), rule, " %", _PERCENT, note)


def _correctness(report: StudyReport) -> Intervals | None:
    rows = [
        row
        for name, paired in (
            ("All examples", report.overall),
            *report.slices.items(),
            ("Missing as wrong", report.sensitivity),
        )
        if (row := _paired(name, paired)) is not None
    ]
    if report.overall.table.n == 0:
        return None
    note = "Difference in points with 95 % intervals: Tango's as a line, Newcombe's dashed."
    if not report.intervals_valid:
        note = (
            "Somebody looked before the end: these 95 % intervals claim too much. Tango's as a line, Newcombe's dashed."
        )
    return _in_points("correctness", _correctness_title(report), rows, note)


def _paired(name: str, paired: Paired) -> Row | None:
    bounds, thin, difference = tango(paired.table), newcombe(paired.table), paired.table.difference
    if bounds is None or difference is None:
        return None
    return _difference(name, difference, bounds, thin)


def _correctness_title(report: StudyReport) -> str:
    difference, bounds = report.decisive.table.difference or 0.0, tango(report.decisive.table)
    where = f" on {report.primary}" if report.primary else ""
    gap = f", by {abs(round(100 * difference))} points"
    better, worse = bounds is not None and bounds[0] > 0, bounds is not None and bounds[1] < 0
    if not report.intervals_valid and report.monitoring is not None:
        # After a look, the rule for looking alone says what is shown; not by how much.
        better, worse, gap = report.monitoring.favoured == "tuned", report.monitoring.favoured == "base", ""
    if better:
        return f"{report.tuned} is right more often than {report.base}{where}{gap}"
    if worse:
        return f"{report.tuned} is right less often than {report.base}{where}{gap}"
    return f"That {report.tuned} and {report.base} differ in how often they are right{where} is not shown"


def _flips(report: StudyReport) -> Counts | None:
    tables = {"All examples": report.overall.table, **{name: found.table for name, found in report.slices.items()}}
    rows = tuple(Count(name, table.base_only, table.tuned_only) for name, table in tables.items() if table.n)
    if not rows:
        return None
    gained, lost = report.overall.table.tuned_only, report.overall.table.base_only
    title = f"{report.tuned} gains {gained} of {report.overall.table.n} examples and loses {lost}"
    sides = (f"only {report.base} right", f"only {report.tuned} right")
    return Counts("flips", title, rows, sides, "Examples that one variant alone got right.")


def _preference(report: StudyReport) -> Intervals | None:
    found = report.preference.estimate
    if found.raw is None:
        return None
    rows = [_share("As it was said", found.raw)]
    if found.adjusted is not None:
        rows.append(_share("Style taken off", found.adjusted))
    if found.ols is not None:
        rows.append(_share("Same, least squares", found.ols))
    if found.range is not None:
        low, high = found.range
        rows.append(Row("Other ways, range", None, 100 * low, 100 * high, f"{100 * low:.0f}–{100 * high:.0f} %"))
    title = f"{report.tuned} is preferred in {100 * found.raw.rate:.0f} %"
    if report.reliability.blinding is not None and report.reliability.blinding.broke:
        title += ", by people who could tell the sides: it is not counted"
    elif found.adjusted is None:
        title += "; what part of it is style cannot be told"
    elif found.adjusted.low > 0.5 or found.adjusted.high < 0.5:
        title += f", and in {100 * found.adjusted.rate:.0f} % where both are written alike"
    else:
        title += "; where both are written alike, a preference for either is not shown"
    return _in_percent(
        "preference", title, rows, 50.0, "Share for the tuned variant with 95 % intervals; ties are half."
    )


def _dress(report: StudyReport) -> Intervals | None:
    found = report.preference.dress
    if found is None:
        return None
    title = {
        "raises": f"The dress that the models gave their answers raises the preference for {report.tuned}",
        "lowers": f"The dress that the models gave their answers lowers the preference for {report.tuned}",
        "not shown": "That the models' own dress moves the preference is not shown",
    }[found.finding]
    row = _difference("Original less plain dress", found.value, (found.low, found.high))
    note = f"Difference in points, measured between {found.n[0]} judgments in original and {found.n[1]} in plain dress."
    return _in_points("dress", title, [row], note)


def _style(report: StudyReport) -> Intervals | None:
    found = report.preference.estimate.coefficients
    if not found:
        return None
    rows = [
        Row(
            name.capitalize(),
            item.value,
            item.low,
            item.high,
            f"{_signed(item.value, 2)} ({_signed(item.low, 2)} to {_signed(item.high, 2)})",
        )
        for name, item in found.items()
    ]
    moving = [name for name, item in found.items() if item.low > 0 or item.high < 0]
    if moving:
        several = "moves" if len(moving) == 1 else "move"
        title = f"{' and '.join(moving).capitalize()} {several} the votes"
    else:
        title = "No kind of style is shown to move the votes"
    edge = max(2.0, -(-max(abs(end) for row in rows for end in (row.low, row.high)) // 1))
    edge = min(edge, 8.0)
    step = 1 if edge <= 4 else 2
    ticks = tuple(float(tick) for tick in range(-8, 9, step) if abs(tick) <= edge)
    note = "What more of it in the tuned answer does to the votes, in log odds, with 95 % intervals."
    return Intervals("style", title, tuple(rows), (-edge, edge), 0.0, "", ticks, note)


def _blinding(report: StudyReport) -> Intervals | None:
    seen, left = report.reliability.blinding, report.preference.left
    rows = []
    if seen is not None:
        rows.append(_share(f"Right guesses, of {seen.guesses}", seen.right))
    if left is not None:
        rows.append(_share("Left answer chosen", left))
    if not rows:
        return None
    if seen is None:
        moved = left is not None and (left.low > 0.5 or left.high < 0.5)
        title = "The place of an answer moves the choice" if moved else "That place moves the choice is not shown"
        title += "; whether it stayed blind was not measured"
    elif seen.broke:
        title = "The blinding broke: people can tell which answer is the tuned variant's"
    else:
        title = "That people could tell the sides is not shown"
    return _in_percent("blinding", title, rows, 50.0, "Shares with 95 % intervals; one half is a coin.")


def _steadiness(report: StudyReport) -> Intervals | None:
    found = report.reliability
    rows = (
        [] if found.repeats is None else [_share(f"Repeats, other choice, of {found.repeats.n}", found.repeats.flips)]
    )
    for words, rate in (
        ("Same answer twice, called equal", found.same),
        ("Known answer, right one chosen", found.known),
        ("Known answers, called so", found.known_answers),
    ):
        if rate is not None:
            rows.append(_share(words, rate))
    if not rows:
        return None
    if found.repeats is None:
        title = "How the controls came out"
    else:
        title = f"Shown the same pair again, people choose otherwise in {100 * found.repeats.flips.rate:.0f} %"
    return _in_percent("steadiness", title, rows, None, "Shares with 95 % intervals.")


def _agreement(report: StudyReport) -> Intervals | None:
    rows = []
    for key, words in (("correctness", "right"), ("preference", "better")):
        told = report.reliability.agreement[key]
        if told["krippendorff"] is not None:
            low, high = told["krippendorff_interval"]
            rows.append(_kappa(f"α, {words}", told["krippendorff"], low, high))
        rows += [
            _kappa(f"κ, {words}: {' · '.join(pair['annotators'])}", pair["kappa"], *pair["interval"])
            for pair in told["cohen"][:MOST_PAIRS]
            if pair["kappa"] is not None
        ]
    if not rows:
        return None
    told = report.reliability.agreement["correctness"]
    if told["percent"] is not None:
        title = f"Annotators agree in {100 * told['percent']:.0f} % on whether an answer is right"
    else:
        title = "How far annotators agree on their preferences"
    note = "Agreement beyond chance on what is right and what is better, with 95 % intervals: 0 is chance, 1 full."
    return Intervals("agreement", title, tuple(rows), (-1.0, 1.0), 0.0, "", (-1.0, -0.5, 0.0, 0.5, 1.0), note)


def _kappa(label: str, value: float, low: float, high: float) -> Row:
    words = f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")
    return Row(label, value, low, high, words)


def _course(report: StudyReport) -> Course | None:
    found = report.monitoring
    if found is None or not found.values:
        return None
    if found.stopped_at is None:
        title = "The rule for stopping early was never met"
    else:
        title = (
            f"The rule for stopping early was met after {found.stopped_at} examples that one variant alone got right"
        )
    note = "Evidence (e-value) after each example that one variant alone got right, in the order of judging."
    return Course("sequential", title, found.values, STOP_AT, note)
