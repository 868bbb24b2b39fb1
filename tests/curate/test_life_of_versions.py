"""Any order of edits, undos, freezes and exports: what was frozen never changes, nothing is shared or split.

CI runs short lives; `REVIEWER_LIFE_STEPS=1000` runs some of so many steps and prints how many acts of each kind there
were:

    REVIEWER_LIFE_STEPS=1000 python -m pytest -s tests/curate/test_life_of_versions.py
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reviewer.curate.slices import SLICES
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.intake.examples import content_hash
from reviewer.project import Project
from reviewer.store.database import dump, load
from reviewer.triage.truths import write_reference
from tests.conftest import fill

COUNT = 6
STEPS = int(os.environ.get("REVIEWER_LIFE_STEPS", "0"))
SOME = st.sets(st.integers(0, COUNT - 1), min_size=1)
PLACE = st.integers(0, COUNT - 1)

# All that a person's actions can change, without the counters that only grow and what is worked out of the rest.
KEPT = {
    "examples": "id, key, workflow, content_hash, snippet, flagged, excluded, exclude_reason",
    "example_payloads": "*",
    "example_references": "*",
    "past_references": "*",
    "slice_members": "*",
    "slices": "*",
    "duplicate_decisions": "*",
    "version_tags": "*",
}


class Life(RuleBasedStateMachine):
    """A project in which one person works."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.project = Project.create(Path(self.folder.name) / "life.reviewer")
        self.ids = fill(self.project, COUNT, ("prod",))
        self._repeat(self.ids[0], self.ids[1])
        self.ana = self.project.annotators.get_or_add("Ana")
        self.files: dict[str, dict[str, bytes]] = {}
        self.frozen: dict[int, str] = {}
        self.revisions: dict[int, int] = {}
        # What everything was like before each action that can be undone, and after each that can be done again.
        self.before: list[list[Any]] = []
        self.after: list[list[Any]] = []
        self.counts: Counter[str] = Counter()

    def _repeat(self, first: int, second: int) -> None:
        """Have the second example ask the same as the first, in capitals."""
        with self.project.database.transaction() as connection:
            row = connection.execute("SELECT messages FROM example_payloads WHERE example_id = ?", (first,)).fetchone()
            said = [{**item, "content": item["content"].upper()} for item in load(row["messages"])]
            connection.execute("UPDATE example_payloads SET messages = ? WHERE example_id = ?", (dump(said), second))
            connection.execute("UPDATE examples SET content_hash = ? WHERE id = ?", (content_hash(said), second))
        assert self.project.duplicates.find().groups == 1

    def _ids(self, some: set[int]) -> list[int]:
        return [self.ids[place] for place in sorted(some)]

    def _state(self) -> list[Any]:
        with self.project.database.read() as connection:
            return [
                [tuple(row) for row in connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1")]
                for table, columns in KEPT.items()
            ]

    def _act(self, kind: str, do: Callable[[], object]) -> None:
        """Do something, and note what was before when it went into the history."""
        before, last = self._state(), self._last()
        try:
            do()
        except (ConflictError, InputError, NotFoundError):
            assert self._state() == before, "what is refused changes nothing"
            self.counts[f"{kind}, refused"] += 1
            return
        self.counts[kind] += 1
        if self._last() != last:
            self.before.append(before)
            self.after.clear()

    def _last(self) -> int:
        with self.project.database.read() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM history").fetchone()[0])

    # -- what a person does

    @rule(some=SOME, slice=st.sampled_from(SLICES))
    def assign(self, some: set[int], slice: str) -> None:
        self._act("assign", lambda: self.project.slices.assign(self._ids(some), slice, annotator_id=self.ana))

    @rule(some=SOME)
    def clear(self, some: set[int]) -> None:
        self._act("clear", lambda: self.project.slices.clear(self._ids(some), annotator_id=self.ana))

    @rule(place=PLACE, text=st.sampled_from(["a", "b", ""]))
    def edit_reference(self, place: int, text: str) -> None:
        def edit() -> None:
            with self.project.database.action("edit", self.ana) as action:
                write_reference(action, self.ids[place], text)

        self._act("edit a reference", edit)

    @rule(place=PLACE, number=st.integers(0, 2))
    def correct_input(self, place: int, number: int) -> None:
        example = self.project.examples.get(self.ids[place])
        text = f"What does tariff {place}{number} cost in district {place + 40}, and since when?"
        said = (*example.messages[:-1], replace(example.messages[-1], content=text))
        other = text != example.messages[-1].content
        revise = self.project.inputs.revise
        self._act("correct an input", lambda: revise(example.id, messages=said, annotator_id=self.ana))
        assert self.project.examples.get(example.id).revision == example.revision + other

    @rule(place=PLACE, channel=st.sampled_from(["mail", "phone"]))
    def correct_metadata(self, place: int, channel: str) -> None:
        metadata = {"channel": channel}
        revise = self.project.inputs.revise
        self._act("correct metadata", lambda: revise(self.ids[place], metadata=metadata, annotator_id=self.ana))

    @rule(place=PLACE, excluded=st.integers(0, 1))
    def exclude(self, place: int, excluded: int) -> None:
        def set_excluded() -> None:
            with self.project.database.action("exclude", self.ana) as action:
                action.update("examples", self.ids[place], excluded=excluded)

        self._act("exclude or include", set_excluded)

    @rule(number=st.integers(1, 3), seed=st.integers(0, 3))
    def sample(self, number: int, seed: int) -> None:
        def draw() -> None:
            done = self.project.slices.sample(number, slice="core", annotator_id=self.ana, seed=seed)
            assert len(done.added) == number
            assert not done.excluded

        self._act("sample", draw)

    @precondition(lambda self: self.project.duplicates.groups())
    @rule()
    def keep_group(self) -> None:
        group = self.project.duplicates.groups()[0]
        self._act("keep a group", lambda: self.project.duplicates.keep(group, "on purpose", annotator_id=self.ana))

    @rule(tag=st.sampled_from(["agreed", "old"]), off=st.booleans(), place=st.integers(0, 9))
    def tag(self, tag: str, off: bool, place: int) -> None:
        found = self.project.versions.list()
        if found:
            change = self.project.versions.untag if off else self.project.versions.tag
            self._act("tag", lambda: change(found[place % len(found)], tag, annotator_id=self.ana))

    @rule(back=st.integers(1, 4), forth=st.integers(0, 4))
    def go_back_and_forth(self, back: int, forth: int) -> None:
        for number in range(back + forth):
            self._replay(number < back)

    def _replay(self, back: bool) -> None:
        present = self._state()
        stack, other = (self.before, self.after) if back else (self.after, self.before)
        try:
            (self.project.undo if back else self.project.redo)(self.ana)
        except ConflictError:
            assert not stack, "one person's actions can all be taken back and done again"
            return
        self.counts["undo" if back else "redo"] += 1
        assert self._state() == stack.pop(), "undo and redo are exact"
        other.append(present)

    @rule(name=st.sampled_from(["a", "b"]))
    def freeze(self, name: str) -> None:
        before = len(self.project.versions.list())
        try:
            version = self.project.versions.freeze(name, waive="why not", annotator_id=self.ana)
        except ConflictError:
            assert len(self.project.versions.list()) == before
            self.counts["freeze, refused"] += 1
            return
        self.counts["freeze"] += 1
        self.files[version.label] = self._export(version.label)
        with self.project.database.read() as connection:
            self.frozen[version.id] = self._digest(connection, version.id)

    @rule(place=st.integers(0, 99))
    def export(self, place: int) -> None:
        if self.files:
            label = sorted(self.files)[place % len(self.files)]
            assert self._export(label) == self.files[label]
            self.counts["export"] += 1

    @rule(one=st.integers(0, 99), other=st.integers(0, 99))
    def compare(self, one: int, other: int) -> None:
        found = self.project.versions.list()
        if found:
            first, second = found[one % len(found)], found[other % len(found)]
            there, back = (self.project.versions.diff(*pair) for pair in ((first, second), (second, first)))
            assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
            assert there.same == (first.content_hash == second.content_hash)
            self.counts["compare"] += 1

    def _export(self, label: str) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory() as folder:
            version = self.project.versions.get(label)
            done = self.project.versions.export(version, "reviewer", Path(folder) / "out")
            return {item.name: item.read_bytes() for item in done.folder.iterdir()}

    @staticmethod
    def _digest(connection: Any, version_id: int) -> str:
        rows = connection.execute("SELECT * FROM versions WHERE id = ?", (version_id,)).fetchall()
        rows += connection.execute("SELECT * FROM version_records WHERE version_id = ? ORDER BY row", (version_id,))
        return sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()

    # -- what always holds

    @invariant()
    def old_versions_never_change(self) -> None:
        if hasattr(self, "counts"):
            with self.project.database.read() as connection:
                for version_id, digest in self.frozen.items():
                    assert self._digest(connection, version_id) == digest

    @invariant()
    def slices_share_no_example(self) -> None:
        if not hasattr(self, "counts"):
            return
        counts = {item.name: item.count for item in self.project.slices.list()}
        rows = self.project.slices.listing.open().page()
        assert len(rows) == COUNT
        for name, count in counts.items():
            assert count == sum(row.slice == name and not row.excluded for row in rows)

    @invariant()
    def no_version_holds_an_example_twice(self) -> None:
        if hasattr(self, "counts"):
            with self.project.database.read() as connection:
                twice = connection.execute("SELECT 1 FROM version_records GROUP BY version_id, key HAVING count(*) > 1")
                assert twice.fetchone() is None

    @invariant()
    def no_group_is_split(self) -> None:
        if hasattr(self, "counts"):
            (group,) = self.project.duplicates.groups() or (None,)
            assert group is None or not group.split

    @invariant()
    def revisions_only_grow(self) -> None:
        if not hasattr(self, "counts"):
            return
        with self.project.database.read() as connection:
            for row in connection.execute("SELECT id, revision FROM examples"):
                assert row["revision"] >= self.revisions.get(row["id"], 1)
                self.revisions[row["id"]] = row["revision"]

    def teardown(self) -> None:
        if hasattr(self, "counts"):
            for label, files in self.files.items():
                assert self._export(label) == files
            if STEPS:
                told = ", ".join(f"{count} × {kind}" for kind, count in sorted(self.counts.items()))
                print(f"\n{sum(self.counts.values())} acts: {told}; {len(self.files)} versions exported alike again")
            self.project.close()
            self.folder.cleanup()


TestLife = Life.TestCase
if STEPS:
    TestLife.settings = settings(
        max_examples=25,  # the first are the simplest: one rule over and over, or none
        stateful_step_count=STEPS,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
else:
    TestLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
