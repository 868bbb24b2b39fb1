"""Near-duplicates: the groups, the members of one, two of them side by side with their differences marked."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSignalBlocker

from reviewer.curate.duplicates import Group, Like
from reviewer.errors import NotFoundError
from reviewer.project import Project
from reviewer.ui.rooms.curate.overlap_page import OverlapPage
from reviewer.ui.rooms.curate.record_model import TableModel
from reviewer.ui.rooms.curate.rows_table import rows_table
from reviewer.ui.session import Session

__all__ = ["DuplicatesPage"]

KINDS = {"exact": "the same letters", "normal": "the same words", "near": "other words"}
BUTTONS = (
    ("curate.keep_group", "Keep all"),
    ("curate.merge_group", "Keep the chosen one only"),
    ("curate.exclude_member", "Exclude the chosen one"),
)


class DuplicatesPage(OverlapPage):
    """Groups that wait for a decision come first; what is kept stands below them."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            session,
            "Near-duplicates",
            ("Examples", "Alike", "How", "In slices", "Decision"),
            (200, 56, 130, 120),
            ("The first example", "The chosen example"),
            BUTTONS,
            ("curate.find_duplicates", "Look for near-duplicates", "search"),
        )
        self.members = TableModel(("Member", "Slice", "Alike"))
        self.member_table = rows_table(self.members, "Members of the group", (130, 96))
        self.member_table.selectionModel().currentRowChanged.connect(self._member_chosen)
        self.lists.addWidget(self.member_table, 2)

    @property
    def group(self) -> Group | None:
        """The chosen group."""
        found = self.model.key(self.place)
        return found if isinstance(found, Group) else None

    @property
    def member(self) -> Like | None:
        """The chosen member of it."""
        found = self.members.key(self.member_table.currentIndex().row())
        return found if isinstance(found, Like) else None

    def refresh(self) -> None:
        """Read the groups again and keep the place."""
        project = self.session.project
        if project is None:
            self.show_rows([], 0, "")
            return
        groups = project.duplicates.groups()
        pending = project.duplicates.pending()
        ordered = sorted(groups, key=lambda group: (bool(group.decision) and not group.split, group.id))
        self.finding.setText(_finding(groups))
        self.about.setText(_about(groups, pending))
        self.about.setVisible(bool(self.about.text()))
        self.show_rows([_row(group) for group in ordered], self.place, _empty(pending))

    def show_group_with(self, example_id: int) -> bool:
        """Choose the group that an example is in; False when it is in none."""
        for place, (group, *_) in enumerate(self.model.rows):
            if any(member.example_id == example_id for member in group.members):
                self.go_to(place)
                return True
        return False

    def show_entry(self, entry: object) -> None:
        """Show a group's members, the second beside the first."""
        rows = []
        if isinstance(entry, Group):
            rows = [(member, member.key, member.slice, f"{member.similarity:.0%}") for member in entry.members]
        with QSignalBlocker(self.member_table.selectionModel()):
            self.members.show(rows)
            if rows:
                self.member_table.selectRow(1)
        self.member_table.viewport().update()
        self._compare()

    def _member_chosen(self, _current: QModelIndex, _previous: QModelIndex) -> None:
        self._compare()
        self.chosen.emit()

    def _compare(self) -> None:
        project, group, member = self.session.project, self.group, self.member
        if project is None or group is None or member is None:
            self.side.clear()
            return
        first = group.members[0] if member is not group.members[0] else group.members[1]
        self.side.show_texts(_shown(project, first), _shown(project, member))


def _row(group: Group) -> tuple[object, ...]:
    state = "in several slices: put it into one" if group.split else group.reason if group.decision else "open"
    if group.split and group.decision:
        state = f"kept, but {state}"
    return (
        group,
        ", ".join(group.keys),
        f"{group.similarity:.0%}",
        KINDS[group.kind],
        ", ".join(group.slices) or "none",
        f"kept: {state}" if group.decision and not group.split else state,
    )


def _finding(groups: tuple[Group, ...]) -> str:
    waiting = sum(1 for group in groups if not group.decision)
    split = sum(1 for group in groups if group.split)
    text = "1 group waits for a decision" if waiting == 1 else f"{waiting:,} groups wait for a decision"
    if split:
        text += f", {split:,} {'lies' if split == 1 else 'lie'} in several slices"
    return text


def _about(groups: tuple[Group, ...], pending: int) -> str:
    kept = sum(1 for group in groups if group.decision)
    parts = [f"{kept:,} kept."] if kept else []
    if pending:
        parts.append(
            f"{pending:,} {'example is' if pending == 1 else 'examples are'} new or changed since the last look."
        )
    return " ".join(parts)


def _empty(pending: int) -> str:
    if pending:
        several = "1 example is" if pending == 1 else f"{pending:,} examples are"
        return f"{several} not compared yet. Look for near-duplicates with the button above, or by its key."
    return "No two examples are the same case. What is imported next is compared when you look again."


def _shown(project: Project, member: Like) -> tuple[str, str]:
    """The member's name, and what it asks and expects as one text."""
    try:
        example = project.examples.get(member.example_id)
    except NotFoundError:  # taken out together with its import
        return member.key, ""
    said = [message for message in example.messages if message.role not in ("system", "developer")] or example.messages
    parts = [message.text if len(said) == 1 else f"{message.role.upper()}\n{message.text}" for message in said]
    if example.reference is not None:
        parts.append(f"REFERENCE\n{example.reference.text}")
    where = f"  ·  {member.slice}" if member.slice else ""
    return f"{member.key}{where}", "\n\n".join(parts)
