"""Indexes that much writing goes without are there again afterwards, whatever came between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewer.project import Project
from reviewer.store import upkeep
from reviewer.store.database import Database

NAMES = ("ix_examples_content_hash", "ix_examples_touched")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A new project."""
    with Project.create(tmp_path / "p.reviewer") as project:
        yield project


def indexes(database: Database) -> dict[str, str]:
    """The indexes of a project and how they are made."""
    with database.read() as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return {row["name"]: row["sql"] for row in rows}


def test_indexes_are_made_again_as_they_were(project: Project) -> None:
    before = indexes(project.database)
    upkeep.take_off(project.database, NAMES[:1])
    upkeep.take_off(project.database, NAMES)
    assert upkeep.is_off(project.database)
    assert before.keys() - indexes(project.database).keys() == set(NAMES)
    upkeep.put_back(project.database)
    assert indexes(project.database) == before
    assert not upkeep.is_off(project.database)
    upkeep.put_back(project.database)
    assert indexes(project.database) == before


def test_what_was_never_put_back_is_at_the_next_opening(tmp_path: Path) -> None:
    path = tmp_path / "p.reviewer"
    with Project.create(path) as project:
        before = indexes(project.database)
        upkeep.take_off(project.database, NAMES)
    with Project.open(path, read_only=True) as project:
        assert indexes(project.database) == before
    with Project.open(path) as project:
        assert indexes(project.database) == before
        assert not upkeep.is_off(project.database)
