"""Touches: what counts, once for each, and when a held-out set is worn out; tags, which undo takes back."""

from __future__ import annotations

import sqlite3

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.curate.touches import Touches
from reviewer.curate.versions import Version
from reviewer.errors import InputError, NotFoundError
from reviewer.project import Project
from tests.conftest import fill


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def version(project: Project, ana: int) -> Version:
    ids = fill(project, 6)
    project.slices.assign(ids[:4], "core", annotator_id=ana)
    return project.versions.freeze("refunds", waive="few", annotator_id=ana)


def test_reading_counts_once_a_person_and_sitting(project: Project, version: Version, ana: int) -> None:
    ben = project.annotators.get_or_add("Ben")
    changes = project.versions.viewed(version, ana)
    assert changes is not None
    assert changes.tables == {"version_touches"}
    assert project.versions.viewed(version, ana) is None
    assert project.versions.viewed(version, ben) is not None
    path = project.path
    project.close()
    with Project.open(path) as again:  # another sitting
        assert again.versions.viewed(version, ana) is not None
        (found,) = again.versions.list()
    assert found.touches.viewed == found.touches.total == 3
    assert found == version, "a touch does not change a version"


def test_a_study_over_a_version_counts_when_made_and_when_its_results_are_known(
    project: Project, version: Version
) -> None:
    project.studies.create("spring", "base", "tuned", version="refunds@1", protocol=Protocol.bare())
    (found,) = project.versions.list()
    assert (found.touches.viewed, found.touches.run, found.touches.reported) == (0, 1, 0)
    project.studies.abandon("spring")
    (found,) = project.versions.list()
    assert found.touches.reported == 0, "nobody learned anything"


def test_a_worn_set_says_so_and_what_to_do() -> None:
    assert "Never touched" in Touches().sentence(20)
    fresh = Touches(viewed=3, run=1)
    assert not fresh.worn(5)
    assert fresh.sentence(5) == "Touched 4 times since it was frozen (viewed 3, run 1)."
    worn = Touches(viewed=3, run=1, reported=1)
    assert worn.worn(5)
    assert "worn out" in worn.sentence(5)
    assert "freeze a new set" in worn.sentence(5)
    assert not worn.worn(0), "0 is for never"


def test_tags_come_and_go_and_are_undone(project: Project, version: Version, ana: int) -> None:
    tagged = project.versions.tag(version, " before  tuning ", annotator_id=ana)
    assert tagged.tags == ("before tuning",)
    assert project.undo_title(ana) == "tag refunds@1 before tuning"
    assert project.versions.tag(tagged, "before tuning", annotator_id=ana).tags == ("before tuning",)
    assert project.versions.tag(tagged, "agreed", annotator_id=ana).tags == ("agreed", "before tuning")
    assert project.versions.untag(tagged, "before tuning", annotator_id=ana).tags == ("agreed",)
    project.undo(ana)
    project.undo(ana)
    assert project.versions.get("refunds").tags == ("before tuning",)
    project.undo(ana)
    assert project.versions.get("refunds").tags == ()
    assert project.versions.get("refunds") == version
    with pytest.raises(NotFoundError, match="has no tag"):
        project.versions.untag(version, "agreed", annotator_id=ana)
    for odd in ("", "a" * 41, "a/b", "-x", "a\nb\x00"):
        with pytest.raises(InputError, match="cannot be a tag"):
            project.versions.tag(version, odd, annotator_id=ana)


def test_the_manifest_says_which_runs_there_were(project: Project, version: Version, ana: int) -> None:
    runs = version.precedence
    assert runs.variants is not None
    assert [(item["name"], item["outputs"], item["outputs_on_the_set"]) for item in runs.variants] == [
        ("base", 6, 4), ("prod", 6, 4), ("tuned", 6, 4),
    ]  # fmt: skip
    assert runs.before("tuned") is False
    assert runs.before("tuned-2") is True
    assert "had answered 4 of its examples already" in runs.sentence(version.label, "tuned")
    assert "before the project held any output of tuned-2" in runs.sentence(version.label, "tuned-2")
    with project.database.transaction() as connection, pytest.raises(sqlite3.IntegrityError, match="never rewritten"):
        connection.execute("UPDATE versions SET manifest = '{}'")
