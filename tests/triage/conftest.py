"""What the triage tests share."""

from __future__ import annotations

import pytest

from reviewer.project import Project
from reviewer.triage.queues import Queue


@pytest.fixture
def ana(project: Project) -> int:
    """The id of an annotator."""
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def ben(project: Project) -> int:
    """The id of another one."""
    return project.annotators.get_or_add("Ben")


def output_ids(project: Project, variant: str = "prod") -> list[int]:
    """The outputs of a variant by example id."""
    with project.database.read() as connection:
        rows = connection.execute(
            "SELECT o.id FROM outputs o JOIN variants v ON v.id = o.variant_id WHERE v.name = ? ORDER BY o.example_id",
            (variant,),
        ).fetchall()
    return [row["id"] for row in rows]


def category(project: Project, code: str) -> int:
    """The id of a category by its code."""
    return project.categories.by_name(code).id


def walk(queue: Queue) -> list[int]:
    """Every example from the present one on, nothing answered on the way."""
    found = []
    stop = queue.current()
    while stop is not None and stop.example_id not in found:
        found.append(stop.example_id)
        stop = queue.forward()
    return found


def seal(project: Project, output_id: int) -> None:
    """Make an output one of an open study's, as the study's creation does."""
    with project.database.transaction() as connection:
        ids = [row["id"] for row in connection.execute("SELECT id FROM variants ORDER BY id LIMIT 2")]
        cursor = connection.execute(
            "INSERT INTO studies (name, base_variant_id, tuned_variant_id, plan, plan_hash, created_ms)"
            " VALUES ('June', ?, ?, '{}', '', 0)",
            ids,
        )
        connection.execute("DELETE FROM output_payloads WHERE output_id = ?", (output_id,))
        connection.execute(
            "UPDATE outputs SET sealed_by = ?, content_hash = NULL WHERE id = ?", (cursor.lastrowid, output_id)
        )
