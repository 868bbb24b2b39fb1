"""What every test may ask for: a new project, and one with a few examples in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from reviewer.formats.conversation import Document, Message, ToolCall
from reviewer.project import Project
from tests.rows import add_example, add_output, add_variant, set_reference


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and logs of a test inside its own folder."""
    monkeypatch.setenv("REVIEWER_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def empty_project_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project file, made once; tests work on copies of it."""
    path = tmp_path_factory.mktemp("empty") / "empty.reviewer"
    Project.create(path).close()
    return path


@pytest.fixture
def project(tmp_path: Path, empty_project_file: Path) -> Iterator[Project]:
    """An open, empty project."""
    path = tmp_path / "test.reviewer"
    path.write_bytes(empty_project_file.read_bytes())
    opened = Project.open(path)
    yield opened
    opened.close()


def fill(project: Project, count: int = 12, variants: tuple[str, ...] = ("prod", "base", "tuned")) -> list[int]:
    """Add `count` examples with tool calls, documents and references, and one output for each variant."""
    roles = {"prod": "production", "base": "base", "tuned": "tuned"}
    ids = []
    with project.database.transaction() as connection:
        variant_ids = {name: add_variant(connection, name, roles.get(name, "other")) for name in variants}
        for number in range(count):
            workflow = ("refunds", "billing", "visits")[number % 3]
            example_id = add_example(
                connection,
                key=f"case-{number:04d}",
                messages=[
                    Message("system", "You help customers of a utility."),
                    Message("user", f"Question {number} about {workflow}: what happens to order {1000 + number}?"),
                ],
                documents=[Document(f"kb-{number}", f"Orders in {workflow} are settled in {number + 3} days.", 0.5)],
                metadata={"channel": "chat" if number % 2 else "mail"},
                workflow=workflow,
                occurred_ms=1_760_000_000_000 + number * 3_600_000,
            )
            ids.append(example_id)
            set_reference(connection, example_id, f"It is settled in {number + 3} days.", origin="kb")
            for name, variant_id in variant_ids.items():
                call = ToolCall(f"call_{number}", "get_order", f'{{"order": {1000 + number}}}')
                answer = f"{name.title()} answer {number}: it takes {number + 3} days."
                add_output(
                    connection,
                    example_id=example_id,
                    variant_id=variant_id,
                    text=answer,
                    messages=[
                        Message("assistant", "", tool_calls=(call,)),
                        Message("tool", '{"state": "open"}', name="get_order", tool_call_id=call.id),
                        Message("assistant", answer),
                    ]
                    if name == "prod"
                    else [],
                    latency_ms=100.0 + number,
                )
    return ids


@pytest.fixture
def filled(project: Project) -> Project:
    """An open project with twelve examples and three variants (prod, base, tuned)."""
    fill(project)
    return project


@pytest.fixture
def make_examples(project: Project) -> Callable[[int], list[int]]:
    """Add so many examples to the open project."""
    return lambda count: fill(project, count)
