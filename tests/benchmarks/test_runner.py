"""The benchmarks run from end to end, at a size at which their figures mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.errors import ReviewerError
from tests.benchmarks import __main__ as runner
from tests.benchmarks import projects, rows
from tests.benchmarks.figures import Figure, Spread, at_most, of_limit

SIZE = 200


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows and the project, made once."""
    folder = tmp_path_factory.mktemp("bench")
    projects.kept_project(folder, SIZE)
    return folder


@pytest.mark.parametrize("name", runner.modules())
def test_every_benchmark_measures_something_and_leaves_its_figures_in_a_file(
    name: str, cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runner.main(["--size", str(SIZE), "--only", name, "--cache", str(cache), "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "bench-200.json").read_text())
    figures = [Figure(**row) for row in result["modules"][name]["figures"]]
    assert figures
    assert all(figure.work and figure.unit and figure.value >= 0 for figure in figures)
    assert len({figure.work for figure in figures}) == len(figures)
    assert result["size"] == SIZE
    assert result["versions"]["Python"]
    assert figures[0].work in capsys.readouterr().out
    assert not list(cache.glob("run-*"))


def test_the_same_count_gives_the_same_rows_and_another_seed_others() -> None:
    first, again, other = list(rows.rows(50)), list(rows.rows(50)), list(rows.rows(50, seed=3))
    assert first == again != other
    assert len({row["metadata"]["order"] for row in first}) == 50


def test_kept_rows_of_an_older_generator_are_made_again(tmp_path: Path) -> None:
    path = projects.kept_rows(tmp_path, 20)
    before = path.read_bytes()
    path.write_bytes(b"")
    assert projects.kept_rows(tmp_path, 20).read_bytes() == b""
    path.with_name(f"{path.name}.made.json").write_text("[0, 0]")
    assert projects.kept_rows(tmp_path, 20).read_bytes() == before


def test_a_disk_without_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ReviewerError, match=r"need about .* GB .* smaller --size"):
        runner.main(["--size", str(10**9), "--cache", str(tmp_path)])
    assert not list(tmp_path.iterdir())


def test_an_unknown_benchmark_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ReviewerError, match=r"no benchmark nonsense; there are .*reading"):
        runner.main(["--only", "nonsense", "--cache", str(tmp_path)])


def test_targets_are_held_in_the_direction_that_is_better() -> None:
    rate = of_limit("import", 60.0, "rows/s", 100.0, "bare", floor=0.5, goal=0.85)
    assert (rate.ratio, rate.met, rate.goal_met) == (0.6, True, False)
    late = at_most("paint", 20.0, "ms", floor=16, goal=8)
    assert (late.met, late.goal_met, late.floor) == (False, False, "≤ 16 ms")
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 3.0, 3.0, 3)
