"""Any order of assignments, edits, undos, freezes: versions never change, slices share nothing, no group is split."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reviewer.curate.slices import SLICES
from reviewer.errors import ConflictError
from reviewer.intake.examples import content_hash
from reviewer.project import Project
from reviewer.store.database import dump, load
from tests.conftest import fill

COUNT = 6
SOME = st.sets(st.integers(0, COUNT - 1), min_size=1)


class Life(RuleBasedStateMachine):
    """A project in which one person works."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.project = Project.create(Path(self.folder.name) / "life.reviewer")
        self.ids = fill(self.project, COUNT, ("prod",))
        self._repeat(self.ids[0], self.ids[1])
        self.ana = self.project.annotators.get_or_add("Ana")
        self.bytes: dict[str, dict[str, bytes]] = {}

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

    @rule(some=SOME, slice=st.sampled_from(SLICES))
    def assign(self, some: set[int], slice: str) -> None:
        self.project.slices.assign(self._ids(some), slice, annotator_id=self.ana)

    @rule(some=SOME)
    def clear(self, some: set[int]) -> None:
        self.project.slices.clear(self._ids(some), annotator_id=self.ana)

    @rule(place=st.integers(0, COUNT - 1), text=st.sampled_from(['"a"', '"b"']))
    def edit_reference(self, place: int, text: str) -> None:
        with self.project.database.action("edit", self.ana) as action:
            action.update("example_references", self.ids[place], body=text)

    @rule(place=st.integers(0, COUNT - 1), excluded=st.integers(0, 1))
    def exclude(self, place: int, excluded: int) -> None:
        with self.project.database.action("exclude", self.ana) as action:
            action.update("examples", self.ids[place], excluded=excluded)

    @rule(number=st.integers(1, 3), seed=st.integers(0, 3))
    def sample(self, number: int, seed: int) -> None:
        try:
            done = self.project.slices.sample(number, slice="core", annotator_id=self.ana, seed=seed)
        except ConflictError:
            return
        assert len(done.added) == number
        assert not done.excluded

    @rule(back=st.booleans())
    def replay(self, back: bool) -> None:
        try:
            (self.project.undo if back else self.project.redo)(self.ana)
        except ConflictError:
            return

    @rule(name=st.sampled_from(["a", "b"]))
    def freeze(self, name: str) -> None:
        before = len(self.project.versions.list())
        try:
            version = self.project.versions.freeze(name, waive="why not", annotator_id=self.ana)
        except ConflictError:
            assert len(self.project.versions.list()) == before
            return
        self.bytes[version.label] = self._export(version.label)

    def _export(self, label: str) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory() as folder:
            version = self.project.versions.get(label)
            done = self.project.versions.export(version, "reviewer", Path(folder) / "out")
            return {item.name: item.read_bytes() for item in done.folder.iterdir()}

    @invariant()
    def old_versions_never_change(self) -> None:
        for label, files in getattr(self, "bytes", {}).items():
            assert self._export(label) == files

    @invariant()
    def slices_share_no_example(self) -> None:
        if not hasattr(self, "project"):
            return
        counts = {item.name: item.count for item in self.project.slices.list()}
        rows = self.project.slices.listing.open().page()
        assert len(rows) == COUNT
        for name, count in counts.items():
            assert count == sum(row.slice == name and not row.excluded for row in rows)

    @invariant()
    def no_group_is_split(self) -> None:
        if hasattr(self, "ana"):
            (group,) = self.project.duplicates.groups() or (None,)
            assert group is None or not group.split

    def teardown(self) -> None:
        if hasattr(self, "project"):
            self.project.close()
            self.folder.cleanup()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
