"""Preference for the tuned variant with style taken off: a fractional logit with the style of both answers in it.

E[y] = 1/(1 + e^−η), η = β₀ + Σ βₖ·tanh(2·dₖ/RMSₖ) + γ·side + αₐ; y is the tuned side's share of a judgment, dₖ the
tuned answer's style less the base answer's, side +1 where the tuned answer stood on the left and −1 where on the right,
αₐ the annotators' effects, which sum to zero. expit(β₀) is the preference between answers of the same style. The dₖ are
not centred: centring would absorb the very effect that is asked for. Style the features do not see leaves a few points
in β₀, and style that goes with true quality is taken off with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, sqrt, tanh
from typing import TYPE_CHECKING

from reviewer.compare.statistics.fractional_logit import Fit, fit_line, fit_logit, sandwich, t_quantile
from reviewer.compare.statistics.rates import Rate, mean_share, mirrored_share

if TYPE_CHECKING:
    from reviewer.compare.statistics.fractional_logit import Floats, Ints

__all__ = ["Adjusted", "Coefficient", "Votes", "adjust"]

LEAST_ITEMS = 20
MANY_ITEMS = 100
"""From so many items on every style feature has a coefficient of its own."""
MANY_ANNOTATORS = 10
"""From so many annotators on they are clusters, as items are."""
ONE_IN = 10
"""On at least one in so many items each variant's answer is the longer one, or its style is its quality."""
RIDGE = 0.1
INTERCEPT_RIDGE = 0.04
LARGE = 5.0
"""A coefficient beyond this says that the column separates the votes."""
MANY_MISSING = 0.05
SIDE = "side"
OTHERS = "other style"


@dataclass(frozen=True, slots=True)
class Votes:
    """N judgments of pairs; raises ValueError for lengths that differ or values that cannot be.

    `style` maps a feature's name to N differences, tuned less base, in any unit; the first is length.
    """

    shares: Sequence[float | None]
    """The tuned side's share: 1, 0, ½ for a tie, or between; None where the judgment is missing."""
    items: Sequence[int]
    """The example that was judged."""
    annotators: Sequence[int]
    sides: Sequence[int]
    """+1 where the tuned answer stood on the left, −1 where on the right, 0 where that is not known."""
    style: Mapping[str, Sequence[float]]
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Features that are left out from the start, with the reason."""

    def __post_init__(self) -> None:
        n = len(self.shares)
        lengths = [len(self.items), len(self.annotators), len(self.sides), *map(len, self.style.values())]
        if any(length != n for length in lengths):
            raise ValueError(f"{n} shares do not fit columns of {lengths} values")
        if any(share is not None and not 0 <= share <= 1 for share in self.shares):
            raise ValueError("shares lie from 0 to 1")
        if any(side not in (-1, 0, 1) for side in self.sides):
            raise ValueError("a side is 1, −1 or 0")
        if not self.style or not all(isfinite(value) for column in self.style.values() for value in column):
            raise ValueError("style needs one feature or more, all finite numbers")

    def swapped(self) -> Votes:
        """The same judgments with base and tuned exchanged."""
        return Votes(
            [None if share is None else 1 - share for share in self.shares],
            self.items,
            self.annotators,
            [-side for side in self.sides],
            {name: [-value for value in column] for name, column in self.style.items()},
            self.unseen,
        )


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient in log odds with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def separates(self) -> bool:
        """Whether it is so large that the column all but decides the votes; the ridge alone keeps it finite."""
        return abs(self.value) > LARGE


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The preference for the tuned variant, raw and with style taken off."""

    raw: Rate | None
    """Mean over items of their mean share, Wilson's interval over items; None without judgments."""
    adjusted: Rate | None
    """The preference between answers of the same style; None where it cannot be estimated."""
    reason: str
    """Why there is no adjusted rate; empty where there is one."""
    ols: Rate | None
    """The same from ordinary least squares, without a ridge."""
    range: tuple[float, float] | None
    """The lowest and highest of the rates in `specifications`."""
    specifications: Mapping[str, float]
    """The adjusted rate with tanh z, tanh 2z, and length alone."""
    overlap_ok: bool | None
    """Whether the tuned answer is the longer one on 10 to 90 % of items; None without items."""
    longer: Rate | None
    """Share of items whose tuned answer is longer, equal length counting one half."""
    coefficients: Mapping[str, Coefficient]
    dropped: Mapping[str, str]
    """Features that are not in the fit, with the reason."""
    items: int
    judgments: int
    missing: int
    """Judgments without a share, dropped."""
    wins: int
    """Items whose mean share lies above one half."""
    losses: int
    warnings: tuple[str, ...] = ()
    df: int | None = None
    """Degrees of freedom of the t quantile."""

    @property
    def separated(self) -> tuple[str, ...]:
        """Columns with a coefficient beyond 5 in log odds."""
        return tuple(name for name, found in self.coefficients.items() if found.separates)


@dataclass(frozen=True, slots=True, eq=False)
class _Data:
    """Judgments as arrays: shares (N,), items and annotators numbered from 0 (N,), sides (N,), style (N, K)."""

    shares: Floats
    items: Ints
    annotators: Ints
    sides: Floats
    style: Floats
    names: tuple[str, ...]

    def item_means(self, values: Floats) -> Floats:
        """The mean over each item's judgments of `values` (N,), shape (G,)."""
        import numpy

        return numpy.bincount(self.items, values) / numpy.bincount(self.items)

    def rms(self, values: Floats) -> float:
        """The root of the mean square of `values` (N,), each item weighing the same."""
        return sqrt(float(self.item_means(values * values).mean()))


def adjust(votes: Votes) -> Adjusted:
    """The preference for the tuned variant, raw and adjusted for style, or the reason why it cannot be adjusted.

    Fractional logit (Papke, Wooldridge 1996, Journal of Applied Econometrics 11:619–632) with a ridge ½·λ·β², λ = .1
    for style, side and annotators and .04 for the intercept; CR3 by items, t with G − p degrees of freedom, G items and
    p columns. Under 100 items two style columns (length, and the signed mean of the others), else one a feature. From
    ten annotators on these have no effects of their own but are clusters beside the items, with the variance of
    Cameron, Gelbach, Miller (2011, Journal of Business & Economic Statistics 29:238–249), at least that of either
    clustering alone, and at most A − 1 degrees of freedom. Exchanging the variants gives exactly one minus each rate.
    """
    data, missing = _arrays(votes)
    dropped = dict(votes.unseen)
    if data is None:
        nobody = "nobody judged a pair"
        return Adjusted(None, None, nobody, None, None, {}, None, None, {}, dropped, 0, 0, missing, 0, 0)
    means = data.item_means(data.shares - 0.5)
    length = data.item_means(data.style[:, 0])
    signs = [0.5 if value > 0 else -0.5 if value < 0 else 0.0 for value in length]
    longer = mean_share(signs)
    columns, gone = _style_columns(data)
    dropped |= gone
    found = Adjusted(
        raw=mean_share(means),
        adjusted=None,
        reason="",
        ols=None,
        range=None,
        specifications={},
        overlap_ok=ONE_IN * (len(signs) - 2 * abs(sum(signs))) >= 2 * len(signs),
        longer=longer,
        coefficients={},
        dropped=dropped,
        items=len(means),
        judgments=len(data.shares),
        missing=missing,
        wins=int((means > 0).sum()),
        losses=int((means < 0).sum()),
        warnings=_warnings(missing, len(votes.shares)),
    )
    reason = _refusal(found, len(columns))
    if reason:
        return replace(found, reason=reason)
    side, gone = _side_column(data)
    dropped |= gone
    twice = {name: _tanh(data, values, 2) for name, values in columns.items()} | side
    once = {name: _tanh(data, values, 1) for name, values in columns.items()} | side
    alone = {name: _tanh(data, data.style[:, place], 2) for place, name in enumerate(data.names[:1])} | side
    main = _logit(data, twice)
    df, intervals = _intervals(data, main)
    rate = _rate(*intervals[0])
    specifications = {
        "tanh z": _share_of(float(_logit(data, once).coefficients[0])),
        "tanh 2z": rate.rate,
        "length only": _share_of(float(_logit(data, alone).coefficients[0])),
    }
    line = fit_line(_design(data, twice), data.shares)
    middle, low, high = _intervals(data, line)[1][0]
    ols = Rate(*(mirrored_share(min(max(value, -0.5), 0.5)) for value in (middle, low, high)))
    coefficients = {name: Coefficient(*intervals[place]) for place, name in enumerate(twice, 1)}
    return replace(
        found,
        adjusted=_never_narrow(rate, found),
        ols=_never_narrow(ols, found),
        range=(min(specifications.values()), max(specifications.values())),
        specifications=specifications,
        coefficients=coefficients,
        df=df,
    )


def _arrays(votes: Votes) -> tuple[_Data | None, int]:
    """The judgments that have a share, as arrays, and the number of those that have none."""
    import numpy

    kept = [place for place, share in enumerate(votes.shares) if share is not None]
    missing = len(votes.shares) - len(kept)
    if not kept:
        return None, missing

    def column(values: Sequence[float | None]) -> Floats:
        return numpy.array([values[place] for place in kept], dtype=float)

    def numbered(values: Sequence[int]) -> Ints:
        return numpy.unique([values[place] for place in kept], return_inverse=True)[1].astype(numpy.intp)

    return (
        _Data(
            column(votes.shares),
            numbered(votes.items),
            numbered(votes.annotators),
            column(votes.sides),
            numpy.column_stack([column(values) for values in votes.style.values()]),
            tuple(votes.style),
        ),
        missing,
    )


def _style_columns(data: _Data) -> tuple[dict[str, Floats], dict[str, str]]:
    """The differences in style that go into the fit, shape (N,) each, and the features that do not, with the reason."""
    import numpy

    columns = {name: data.style[:, place] for place, name in enumerate(data.names)}
    flat = {name for name, values in columns.items() if values.max() == values.min()}
    dropped = dict.fromkeys(sorted(flat), "the same for every pair")
    varied = {name: values for name, values in columns.items() if name not in flat}
    others = {name: values for name, values in varied.items() if name != data.names[0]}
    if data.items.max() + 1 >= MANY_ITEMS or len(others) < 2:
        return varied, dropped
    mean = numpy.mean([values / data.rms(values) for values in others.values()], axis=0)
    kept = {name: values for name, values in varied.items() if name not in others}
    return (kept | {OTHERS: mean} if data.rms(mean) > 0 else kept), dropped


def _side_column(data: _Data) -> tuple[dict[str, Floats], dict[str, str]]:
    if data.sides.max() == data.sides.min():
        known = "not known" if data.sides[0] == 0 else "the same for every pair"
        return {}, {SIDE: f"which side was on the left is {known}"}
    return {SIDE: data.sides}, {}


def _tanh(data: _Data, values: Floats, factor: int) -> Floats:
    """tanh(factor·d/RMS): a few very different pairs do not carry the fit. Zeros where there is no difference."""
    import numpy

    spread = data.rms(values)
    return numpy.tanh(factor * values / spread) if spread > 0 else numpy.zeros(len(values))


def _warnings(missing: int, judgments: int) -> tuple[str, ...]:
    if missing <= MANY_MISSING * judgments:
        return ()
    return (f"{missing} of {judgments} judgments of pairs are missing, which is more than one in twenty",)


def _refusal(found: Adjusted, k: int) -> str:
    """Why the preference cannot be adjusted, or nothing; `k` is the number of style columns."""
    fewer, least = min(found.wins, found.losses), 2 * (k + 2)
    if found.items < LEAST_ITEMS:
        return f"not estimable: {found.items} pairs were judged, and fewer than {LEAST_ITEMS} cannot be adjusted"
    if not found.overlap_ok and found.longer is not None:
        word = "longer" if found.longer.rate > 0.5 else "shorter"
        return (
            f"not estimable: the tuned answer is the {word} one nearly always, so style and quality cannot be separated"
        )
    if fewer < least:
        return (
            f"not estimable: one variant was preferred on {fewer} pairs only, and {least} are needed to take off "
            f"{k} kinds of style"
        )
    return ""


def _annotator_effects(data: _Data) -> Floats:
    """One column for each annotator but the last, shape (N, A − 1), the effects of all summing to zero."""
    import numpy

    count = int(data.annotators.max()) + 1
    if count >= MANY_ANNOTATORS:
        return numpy.zeros((len(data.shares), 0))
    rows = numpy.vstack([numpy.eye(count - 1), -numpy.ones((1, count - 1))])
    found: Floats = rows[data.annotators]
    return found


def _design(data: _Data, columns: Mapping[str, Floats]) -> Floats:
    """Intercept, style and side, annotators."""
    import numpy

    return numpy.column_stack([numpy.ones(len(data.shares)), *columns.values(), _annotator_effects(data)])


def _logit(data: _Data, columns: Mapping[str, Floats]) -> Fit:
    import numpy

    design = _design(data, columns)
    penalty = numpy.diag([INTERCEPT_RIDGE] + [RIDGE] * (design.shape[1] - 1))
    # The last annotator's effect is minus the sum of the others', and shrinks like theirs.
    first = 1 + len(columns)
    penalty[first:, first:] += RIDGE
    return fit_logit(design, data.shares, penalty)


def _intervals(data: _Data, fit: Fit) -> tuple[int, list[tuple[float, float, float]]]:
    """Degrees of freedom, and each coefficient with its 95 % interval."""
    import numpy

    items, people, p = int(data.items.max()) + 1, int(data.annotators.max()) + 1, fit.columns.shape[1]
    variances = numpy.diag(sandwich(fit, data.items))
    df = max(items - p, 1)
    if people >= MANY_ANNOTATORS:
        by_person = numpy.diag(sandwich(fit, data.annotators))
        each = numpy.diag(sandwich(fit, numpy.unique(data.items * people + data.annotators, return_inverse=True)[1]))
        # The difference may come out too small, even negative: it is never taken below either clustering alone.
        variances = numpy.maximum(numpy.maximum(variances, by_person), variances + by_person - each)
        df = min(df, people - 1)
    reach = t_quantile(df) * numpy.sqrt(variances)
    return df, [
        (float(value), float(value - far), float(value + far))
        for value, far in zip(fit.coefficients, reach, strict=True)
    ]


def _share_of(log_odds: float) -> float:
    """The share with these log odds, mirrored exactly for opposite ones."""
    return mirrored_share(tanh(log_odds / 2) / 2)


def _rate(middle: float, low: float, high: float) -> Rate:
    return Rate(_share_of(middle), _share_of(low), _share_of(high))


def _never_narrow(rate: Rate, found: Adjusted) -> Rate:
    """The rate, its interval joined with the raw one's where the votes leave it no width to speak of."""
    assert found.raw is not None
    return rate.joined(found.raw) if rate.high - rate.low < 1e-3 else rate
