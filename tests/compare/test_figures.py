"""The figures of a report: what is drawn, titles that state the finding, and SVG that is whole and says it in words."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from reviewer.compare.drawing import svg, write_figures
from reviewer.compare.figures import Counts, Course, Figure, Intervals, Row, figures
from reviewer.compare.protocol import Protocol
from reviewer.compare.report import StudyReport
from reviewer.compare.statistics.sequential import monitor
from reviewer.errors import ProjectError
from reviewer.project import Project
from tests.compare.conftest import judge
from tests.compare.test_mirrored_report import judged, made_up, report

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def found(project: Project, ana: int, ben: int) -> StudyReport:
    """A study judged here by two people, with all its arms."""
    made_up(project, 60)
    project.studies.create("s", "base", "tuned", protocol=Protocol(stopping="sequential", annotators=("Ana", "Ben")))
    for who in (ana, ben):
        judge(
            project,
            "s",
            who,
            lambda task: "pass" if len(task.side.text) % 3 else "fail",
            lambda pair: "left" if len(pair.left.text) > len(pair.right.text) else "right",
        )
    project.studies.close("s")
    return project.studies.report("s")


def by_name(report: StudyReport) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures(report)}


def test_a_full_study_has_every_figure(found: StudyReport) -> None:
    drawn = by_name(found)
    assert list(drawn) == [
        "correctness",
        "flips",
        "preference",
        "dress",
        "style",
        "blinding",
        "steadiness",
        "agreement",
        "sequential",
    ]
    rows = drawn["correctness"]
    assert isinstance(rows, Intervals)
    assert [row.label for row in rows.rows] == [
        "All examples",
        "core",
        "edge",
        "preservation",
        "Missing as wrong",
    ]
    assert rows.rows[0].estimate == 100 * (found.overall.table.difference or 0)
    flips = drawn["flips"]
    assert isinstance(flips, Counts)
    assert (flips.rows[0].left, flips.rows[0].right) == (
        found.overall.table.base_only,
        found.overall.table.tuned_only,
    )
    course = drawn["sequential"]
    assert isinstance(course, Course)
    assert len(course.values) == found.overall.table.tuned_only + found.overall.table.base_only


def test_every_drawing_is_whole_and_says_its_figures_in_words(found: StudyReport) -> None:
    for figure in figures(found):
        text = svg(figure)
        root = ET.fromstring(text)
        assert root.find(f"{SVG}title").text == figure.title  # type: ignore[union-attr]
        said = root.find(f"{SVG}desc").text  # type: ignore[union-attr]
        assert said
        if isinstance(figure, Intervals):
            assert all(row.words in said for row in figure.rows)
            for row in figure.rows:
                assert row.low < row.high or row.estimate is None, "no interval has zero width"
        assert "prefers-color-scheme:dark" in text
        assert "<script" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
        assert "nan" not in text
        assert "inf" not in text


def test_titles_claim_no_more_than_the_intervals_do(project: Project, tmp_path: Path) -> None:
    lines = judged(made_up(project, 110), 2)
    plain = report(project, tmp_path, "plain", "base", "tuned", lines)
    assert "is not shown" in by_name(plain)["correctness"].title
    assert "sequential" not in by_name(plain)
    assert "dress" not in by_name(plain), "judged elsewhere: in which dress is not known"
    looked = dataclasses.replace(plain, looks=1, monitoring=monitor([True] * 12))
    drawn = by_name(looked)["correctness"]
    assert drawn.title == "tuned is right more often than base"
    assert "claim too much" in drawn.note


def test_hostile_names_stay_text() -> None:
    name = '</text><script>alert(1)</script>&"\x00\ud800'
    figure = Intervals("x", f"{name} is better", (Row(name, 1.0, 0.0, 2.0, name),), (-2.0, 2.0), 0.0, "", (0.0,), name)
    root = ET.fromstring(svg(figure))
    assert not list(root.iter(f"{SVG}script"))
    svg(Counts("y", name, (), ("a", "b"), "note"))
    ET.fromstring(svg(Course("z", name, (0.5,), 20.0, name)))


def test_figures_are_written_into_a_folder_that_is_made(found: StudyReport, tmp_path: Path) -> None:
    written = write_figures(figures(found), tmp_path / "new" / "folder")
    assert [path.name for path in written][:2] == ["correctness.svg", "flips.svg"]
    assert all(path.stat().st_size > 500 for path in written)
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="cannot be made"):
        write_figures(figures(found), tmp_path / "file")
