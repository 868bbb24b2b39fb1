"""What the adjusted preference does over many made-up studies, and the rule for stopping over many without effect.

    python tests/benchmarks/simulations.py [--runs 500] [--scenario WORDS] [--pandalm FILE]

Each row is a scenario at a number of examples and annotators. Votes are drawn from a latent scale that the fit does not
know: style pulls along a curve of another shape, examples differ in quality, annotators in how much style moves them
and in what counts as a tie. Bias is in points of the preference between answers of the same style; coverage, wins and
estimable are shares of runs in per cent. A win is a 95 % interval above one half. After ± stands the Monte Carlo error.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy

from reviewer.compare.statistics.preference import Votes, adjust
from reviewer.compare.statistics.sequential import STOP_AT, e_value
from reviewer.compare.style import FEATURES, differences, style_of

SIZES = (50, 100, 300)
ANNOTATORS = (1, 2, 3)
SPREAD = 0.5
"""Standard deviation, over examples, of how much better one answer is: log odds."""
SEEDS = 200
LEFT = 0.15
"""How much the left side gains: log odds."""


@dataclass(frozen=True)
class Scenario:
    """How votes come about; log odds."""

    name: str
    quality: float
    """What the tuned answer gains at the same style."""
    longer: float
    """Mean log ratio of lengths."""
    pull: float = 1.6
    """What a much longer, richer answer gains."""
    tie: float = 0.25
    """How close two answers must feel to be a tie."""

    @property
    def truth(self) -> float:
        """The preference between answers of the same style, over all examples."""
        nodes, weights = numpy.polynomial.hermite_e.hermegauss(60)
        latent = self.quality + SPREAD * nodes
        shares = (_logistic(latent - self.tie) + _logistic(latent + self.tie)) / 2
        return float(shares @ weights / weights.sum())


SCENARIOS = (
    Scenario("null with style bias", 0.0, 0.4),
    Scenario("worse with style", -0.4, 0.4),
    Scenario("better with style", 0.9, 0.4),
    Scenario("better without style", 0.9, 0.0),
    Scenario("mostly ties", 0.0, 0.4, tie=2.4),
    Scenario("poor overlap", 0.0, 0.85),
)


NULL, WORSE = SCENARIOS[0], SCENARIOS[1]


@dataclass(frozen=True)
class Cell:
    """What came of the runs of one scenario at one size; shares from 0 to 1."""

    scenario: Scenario
    items: int
    annotators: int
    runs: int
    estimable: float
    bias: float
    bias_error: float
    coverage: float
    wins: float
    """Share of estimable runs whose adjusted interval lies above one half."""
    raw_wins: float

    def error(self, share: float, *, of_estimable: bool = False) -> float:
        """The Monte Carlo error of a share of the runs."""
        runs = self.runs * self.estimable if of_estimable else self.runs
        return sqrt(share * (1 - share) / runs) if runs else 0.0


def _logistic(values: numpy.ndarray) -> numpy.ndarray:
    return 1 / (1 + numpy.exp(-values))


def draw(rng: numpy.random.Generator, scenario: Scenario, items: int, annotators: int) -> Votes:
    """One made-up study in which everybody judged every pair."""
    length = rng.normal(scenario.longer, 0.55, items)
    layout = numpy.round(1.2 * length + rng.normal(0.1, 0.8, items), 1)
    terms = rng.normal(0.01, 0.05, items)
    hedging = rng.normal(-0.004, 0.02, items)
    pull = scenario.pull * (
        0.75 * length / numpy.sqrt(length**2 + 0.3**2)
        + 0.15 * layout / numpy.sqrt(layout**2 + 0.6**2)
        + 0.10 * numpy.clip(terms / 0.05, -1.5, 1.5)
    )
    side = rng.permuted(numpy.tile(numpy.arange(items) % 2 * 2 - 1, (annotators, 1)), axis=1)
    taste = rng.uniform(0.7, 1.3, (annotators, 1))
    taste /= taste.mean()
    latent = scenario.quality + taste * pull + rng.normal(0, SPREAD, items) + LEFT * side
    felt = latent + rng.logistic(size=(annotators, items))
    shares = numpy.where(felt > scenario.tie, 1.0, numpy.where(felt < -scenario.tie, 0.0, 0.5))
    features = {"length": length, "markup": layout, "long words": terms, "hedges": hedging}
    return Votes(
        shares.ravel().tolist(),
        numpy.tile(numpy.arange(items), annotators).tolist(),
        numpy.repeat(numpy.arange(annotators), items).tolist(),
        side.ravel().tolist(),
        {name: numpy.tile(values, annotators).tolist() for name, values in features.items()},
    )


def simulate(scenario: Scenario, items: int, annotators: int, runs: int, seed: int = 1) -> Cell:
    """The outcome of so many studies."""
    rng = numpy.random.default_rng([seed, SCENARIOS.index(scenario), items, annotators])
    truth = scenario.truth
    rates: list[float] = []
    covered = wins = raw_wins = 0
    for _ in range(runs):
        found = adjust(draw(rng, scenario, items, annotators))
        assert found.raw is not None
        raw_wins += found.raw.low > 0.5
        if found.adjusted is not None:
            rates.append(found.adjusted.rate)
            covered += found.adjusted.low <= truth <= found.adjusted.high
            wins += found.adjusted.low > 0.5
    n = len(rates)
    return Cell(
        scenario,
        items,
        annotators,
        runs,
        n / runs,
        float(numpy.mean(rates)) - truth if n else 0.0,
        float(numpy.std(rates)) / sqrt(n) if n else 0.0,
        covered / n if n else 0.0,
        wins / n if n else 0.0,
        raw_wins / runs,
    )


def peeking(runs: int, pairs: int = 1000, seed: int = 1) -> float:
    """The share of studies without any difference that the sequential rule stops, looked at after each of the pairs."""
    rng = numpy.random.default_rng([seed, 99])
    limits = [
        next((b for b in range((n + 1) // 2, n + 1) if e_value(b, n - b) >= STOP_AT), n + 1)
        for n in range(1, pairs + 1)
    ]
    stopped = 0
    for _ in range(runs):
        wins = rng.integers(0, 2, pairs).cumsum()
        numbers = numpy.arange(1, pairs + 1)
        stopped += bool((numpy.maximum(wins, numbers - wins) >= numpy.array(limits)).any())
    return stopped / runs


@dataclass(frozen=True)
class Pair:
    """Two published answers: three people's shares for the second, whether it is longer (½ where alike), its style."""

    shares: tuple[float, ...]
    longer: float
    style: dict[str, float]
    """Of the second answer, less that of the first."""


def published(path: Path) -> list[Pair]:
    """The pairs of the pandalm test set with three people's votes."""
    pairs = []
    for row in json.loads(path.read_text("utf-8")):
        first, second = (style_of(str(row[name])) for name in ("response1", "response2"))
        shares = tuple({0: 0.5, 1: 0.0, 2: 1.0}[row[f"annotator{person}"]] for person in (1, 2, 3))
        longer = 0.5 if first.words == second.words else float(second.words > first.words)
        pairs.append(Pair(shares, longer, differences(second, first)))
    return pairs


def relabelled(pairs: Sequence[Pair], chance: float, seed: int) -> Votes:
    """Real votes with the longer answer called tuned by this chance: what "tuned" is has nothing to do with quality."""
    rng = random.Random(seed)
    shares: list[float | None] = []
    style: dict[str, list[float]] = {name: [] for name in FEATURES}
    for pair in pairs:
        longer = rng.random() < 0.5 if pair.longer == 0.5 else pair.longer == 1
        tuned_second = longer == (rng.random() < chance)
        for share in pair.shares:
            shares.append(share if tuned_second else 1 - share)
            for name, value in pair.style.items():
                style[name].append(value if tuned_second else -value)
    n = len(pairs)
    return Votes(shares, [k // 3 for k in range(3 * n)], [k % 3 for k in range(3 * n)], [0] * (3 * n), style)


def cover(pairs: Sequence[Pair], seeds: int, chance: float = 0.8) -> tuple[float, float, float]:
    """How often the adjusted and the raw interval cover one half over so many relabellings, and the adjusted bias."""
    covered = raw = 0
    rates = []
    for seed in range(seeds):
        found = adjust(relabelled(pairs, chance, seed))
        assert found.adjusted is not None
        assert found.raw is not None
        covered += found.adjusted.low <= 0.5 <= found.adjusted.high
        raw += found.raw.low <= 0.5 <= found.raw.high
        rates.append(found.adjusted.rate)
    return covered / seeds, raw / seeds, float(numpy.mean(rates)) - 0.5


def outside(cell: Cell) -> list[str]:
    """What of a cell lies outside the bands that the method promises; nothing where it promises none."""
    found = []
    if (cell.items, cell.annotators) == (100, 2):
        if cell.scenario is NULL:
            found += [] if abs(cell.bias) <= 0.015 else [f"bias {100 * cell.bias:.2f} points"]
            found += [] if 0.925 <= cell.coverage <= 0.985 else [f"coverage {100 * cell.coverage:.1f} %"]
            found += [] if cell.wins <= 0.05 else [f"false wins {100 * cell.wins:.1f} %"]
            found += [] if cell.raw_wins >= 0.8 else [f"raw false wins only {100 * cell.raw_wins:.1f} %"]
        if cell.scenario is WORSE and cell.wins > 0.01:
            found.append(f"wins of the worse {100 * cell.wins:.1f} %")
    return [f"{cell.scenario.name}, n = {cell.items}, {cell.annotators} annotators: {words}" for words in found]


def lines(runs: int, seed: int, wanted: str, missed: list[str]) -> Iterator[str]:
    """The table, line by line, of the scenarios whose name holds `wanted`; what lies outside the bands goes there."""
    yield f"{'scenario':22}{'n':>5}{'a':>3}{'estimable':>12}{'bias':>14}{'coverage':>13}{'wins':>13}{'raw wins':>13}"
    for scenario in (found for found in SCENARIOS if wanted in found.name):
        for items in SIZES:
            for annotators in ANNOTATORS:
                cell = simulate(scenario, items, annotators, runs, seed)
                missed += outside(cell)
                text = f"{scenario.name:22}{items:>5}{annotators:>3}{100 * cell.estimable:>10.1f} %"
                if cell.estimable:
                    text += f"{100 * cell.bias:>+8.2f} ±{100 * cell.bias_error:4.2f}"
                    for share in (cell.coverage, cell.wins):
                        text += f"{100 * share:>8.1f} ±{100 * cell.error(share, of_estimable=True):3.1f}"
                else:
                    text += f"{'—':>14}{'—':>13}{'—':>13}"
                yield text + f"{100 * cell.raw_wins:>8.1f} ±{100 * cell.error(cell.raw_wins):3.1f}"


def main() -> int:
    """Print the table; 1 when something lies outside the bands."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", default="", help="only those whose name holds this")
    parser.add_argument("--pandalm", type=Path, help="the published test set, to relabel its votes by length")
    arguments = parser.parse_args()
    begun = time.process_time()
    missed: list[str] = []
    for line in lines(arguments.runs, arguments.seed, arguments.scenario, missed):
        print(line, flush=True)
    share = peeking(10 * arguments.runs, seed=arguments.seed)
    print(
        f"Sequential rule, no difference, a look after each of 1000 discordant pairs: stops in {100 * share:.2f} % of "
        f"{10 * arguments.runs} runs"
    )
    missed += [f"the sequential rule stops in {100 * share:.2f} %"] if share > 0.05 else []
    if arguments.pandalm is not None:
        pairs = published(arguments.pandalm)
        covered, raw, bias = cover(pairs, SEEDS)
        print(
            f"pandalm, the longer answer called tuned with a chance of .8, {SEEDS} seeds: adjusted covers one half in "
            f"{100 * covered:.1f} %, bias {100 * bias:+.2f} points; raw covers it in {100 * raw:.1f} %"
        )
        print(f"pandalm, the longer answer always called tuned: {adjust(relabelled(pairs, 1.0, 0)).reason}")
        missed += [f"pandalm: covered in {100 * covered:.1f} %"] if covered < 0.93 else []
    print(f"{time.process_time() - begun:.0f} s of processor time")
    print("Inside the bands." if not missed else "Outside the bands: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
