"""Near-duplicates and leaks in the room: their two pages, and the commands that decide about what is chosen there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from reviewer.curate.duplicates import SOON
from reviewer.curate.leakage import Scanned
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.rooms.curate.duplicates_page import DuplicatesPage
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.rooms.curate.leaks_page import LeaksPage
from reviewer.ui.rooms.curate.overlap_page import OverlapPage
from reviewer.ui.session import Session

if TYPE_CHECKING:
    from reviewer.curate.duplicates import Found

__all__ = ["WATCHED", "Overlaps", "ScanDialog"]

WATCHED = frozenset({"duplicate_members", "duplicate_decisions", "leak_scans", "leak_hits", "leak_waivers"})
"""The tables that the two pages show, beside those of the room."""
AT_ONCE = 300
"""So few examples are compared before a person would wait."""
TRAINING_FILES = "Training files (*.jsonl *.ndjson *.json *.csv *.tsv *.txt *.md);;All files (*)"


class Overlaps:
    """The two pages; each decision is one action with its reason, told in the status line and undone as one."""

    def __init__(self, parent: QWidget, session: Session, run: Callable[[str], None]) -> None:
        self.parent = parent
        self.session = session
        self.duplicates = DuplicatesPage(session)
        self.leaks = LeaksPage(session)
        self.dialog: QDialog | None = None
        """The dialog that was opened last."""
        for page in self.pages:
            page.asked.connect(run)

    @property
    def pages(self) -> tuple[OverlapPage, ...]:
        """Both pages."""
        return (self.duplicates, self.leaks)

    @property
    def page(self) -> OverlapPage | None:
        """The page that is up, None when it is neither."""
        return next((page for page in self.pages if not page.isHidden() and page.parent() is not None), None)

    def commands(self) -> dict[str, Callable[[], None]]:
        """The handlers of the table's actions."""
        return {
            "curate.find_duplicates": self.find,
            "curate.keep_group": self.keep,
            "curate.merge_group": self.merge,
            "curate.exclude_member": self.exclude,
            "curate.scan": self.ask_file,
            "curate.waive": self.waive,
            "curate.waive_all": self.waive_all,
            "curate.set_scan_aside": self.set_aside,
        }

    def enabled(self, action_id: str) -> bool | None:
        """Whether one of these commands can be done now; None for the room's others."""
        page = self.page
        if action_id in ("curate.keep_group", "curate.merge_group", "curate.exclude_member"):
            return page is self.duplicates and self.duplicates.member is not None
        if action_id in ("curate.waive", "curate.waive_all"):
            return page is self.leaks and self.leaks.leak is not None
        if action_id == "curate.set_scan_aside":
            return page is self.leaks and self.leaks.scan is not None
        if action_id in ("curate.next_place", "curate.previous_place"):
            return page is not None and bool(page.model.rows)
        if page is not None and action_id in ("go.next", "go.previous", "go.first"):
            return bool(page.model.rows)
        if page is not None and action_id in ("curate.to_core", "curate.to_edge", "curate.to_preservation"):
            return self.current_id() is not None
        if page is not None and action_id == "curate.take_out":
            return self.current_id() is not None
        return None

    def title(self, action_id: str) -> str:
        """The words of an entry that change with what is chosen."""
        if action_id == "curate.waive" and self.leaks.leak is not None and self.leaks.leak.waiver:
            return "Take the &waiver back"
        if action_id == "curate.set_scan_aside" and self.leaks.scan is not None and not self.leaks.scan.active:
            return "Let the scan &count again"
        return ""

    def current_id(self) -> int | None:
        """The example that is chosen on the page that is up."""
        if self.page is self.duplicates:
            member = self.duplicates.member
            return None if member is None else member.example_id
        leak = self.leaks.leak if self.page is self.leaks else None
        return None if leak is None else leak.example_id

    def show_example(self, example_id: int) -> bool:
        """Choose what is listed about an example on the page that is up; False when neither is."""
        if self.page is self.duplicates:
            self.duplicates.show_group_with(example_id)
        elif self.page is self.leaks:
            self.leaks.show_leak_of(example_id)
        else:
            return False
        return True

    def opened(self) -> None:
        """Compare a few new examples without being asked, now that their page is up."""
        project = self.session.project
        if project is not None and 0 < project.duplicates.pending() <= SOON:
            self.find()

    def go_to_place(self, step: int) -> None:
        """Bring the next marked place of the page that is up into sight, or with −1 the one before."""
        page = self.page
        if page is not None:
            page.side.go_to_place(step)

    # -- near-duplicates

    def find(self) -> None:
        """Compare what is new or changed with everything, beside the window."""
        project, session = self.session.project, self.session
        if project is None or any(task.title == "Look for near-duplicates" for task in session.tasks.running):
            return

        def ended(found: Found) -> None:
            session.tell_changes(found)
            number = "1 group waits" if found.groups == 1 else f"{found.groups:,} groups wait"
            messages.tell(session.window, f"Compared {found.compared:,} examples; {number} for a decision.")

        session.tasks.run("Look for near-duplicates", lambda report: project.duplicates.find(report), ended)

    def before_freeze(self, project: Project, then: Callable[[], None]) -> None:
        """Compare the members of slices that are new, then go on; beside the window where they are many."""
        pending = project.duplicates.pending(members_only=True)
        session = self.session
        if pending <= AT_ONCE:
            if pending:
                session.perform(lambda: project.duplicates.find(members_only=True))
            then()
            return

        def ended(found: Found) -> None:
            session.tell_changes(found)
            then()

        session.tasks.run(
            "Look for near-duplicates", lambda report: project.duplicates.find(report, members_only=True), ended
        )

    def keep(self) -> None:
        """Keep the group as it is, for a reason."""
        project, group, annotator = self.session.project, self.duplicates.group, self.session.annotator_id
        if project is None or group is None:
            return
        self._ask(
            f"Keep all {len(group.members):,}",
            "Why do they all stay? They count as several, in one slice.",
            lambda reason: project.duplicates.keep(group, reason, annotator_id=annotator),
        )

    def merge(self) -> None:
        """Keep the chosen member alone, for a reason."""
        project, group, annotator = self.session.project, self.duplicates.group, self.session.annotator_id
        member = self.duplicates.member
        if project is None or group is None or member is None:
            return
        others = [key for key in group.keys if key != member.key]
        there = [f"{other.key} ({other.slice})" for other in group.members if other.slice and other.key != member.key]
        taken = f" {member.key} takes the place of {', '.join(there[:3])}." if there and not member.slice else ""
        self._ask(
            f"Keep {member.key} only",
            f"Why? {', '.join(others[:5])}{' …' if len(others) > 5 else ''} will be excluded as the same case.{taken}",
            lambda reason: project.duplicates.merge(group, member.key, reason, annotator_id=annotator),
            "the same case",
        )

    def exclude(self) -> None:
        """Exclude the chosen member, for a reason."""
        project, group, annotator = self.session.project, self.duplicates.group, self.session.annotator_id
        member = self.duplicates.member
        if project is None or group is None or member is None:
            return
        self._ask(
            f"Exclude {member.key}",
            "Why is it excluded? It leaves its slice.",
            lambda reason: project.duplicates.exclude(group, [member.key], reason, annotator_id=annotator),
            "near-duplicate",
        )

    def _ask(self, title: str, prompt: str, act: Callable[[str], object], text: str = "") -> None:
        def given(reason: str) -> None:
            self.session.perform(lambda: act(reason))

        self.dialog = messages.ask_text(self.parent, title, prompt, given, text, yes=title.split(" ")[0])

    # -- leaks

    def ask_file(self) -> None:
        """Ask for a training file, then how to read it."""
        project = self.session.project
        if project is not None:
            messages.choose_open(
                self.parent,
                "Scan a training file",
                TRAINING_FILES,
                lambda found: self.ask_format(found[0]),
                folder=project.path.parent,
            )

    def ask_format(self, path: Path) -> None:
        """Ask how to read a training file, and scan it beside the window."""
        self.dialog = ScanDialog(self.parent, path, partial(self.scan, path))
        self.dialog.open()

    def scan(self, path: Path, format: str | None, mapping: dict[str, str]) -> None:
        """Scan a training file beside the window."""
        project, session, annotator = self.session.project, self.session, self.session.annotator_id
        if project is None:
            return

        def ended(done: Scanned) -> None:
            session.tell_changes(done)
            messages.tell(session.window, f"Scanned {done.scan.sentence}")

        session.tasks.run(
            f"Scan {path.name}",
            lambda report: project.leakage.scan(
                path, format=format, mapping=mapping, annotator_id=annotator, report=report
            ),
            ended,
            in_bytes=True,
        )

    def waive(self) -> None:
        """Waive the chosen example's overlap for a reason, or take its waiver back."""
        project, leak, annotator = self.session.project, self.leaks.leak, self.session.annotator_id
        if project is None or leak is None:
            return
        if leak.waiver:
            self.session.perform(lambda: project.leakage.unwaive(keys=[leak.key], annotator_id=annotator))
            return
        self._ask(
            f"Waive {leak.key}",
            "Why may it be frozen although it stands in a training file? The version's manifest says so.",
            lambda reason: project.leakage.waive(reason, keys=[leak.key], annotator_id=annotator),
        )

    def waive_all(self) -> None:
        """Waive every overlap in the slices for one reason."""
        project, annotator = self.session.project, self.session.annotator_id
        if project is None:
            return
        self._ask(
            "Waive all that overlap in the slices",
            "Why may they be frozen although they stand in a training file? The version's manifest says so.",
            lambda reason: project.leakage.waive(reason, annotator_id=annotator, members_only=True),
        )

    def set_aside(self) -> None:
        """Let the scan of the chosen overlap count no longer, or again."""
        project, scan, annotator = self.session.project, self.leaks.scan, self.session.annotator_id
        if project is None or scan is None:
            return
        if not scan.active:
            self.session.perform(lambda: project.leakage.set_aside(scan, True, annotator_id=annotator))
            return
        self._ask(
            f"Set {scan.name} aside",
            "Why does its scan not count? Each version frozen from now on says so.",
            lambda reason: project.leakage.set_aside(scan, False, reason=reason, annotator_id=annotator),
        )


class ScanDialog(Form):
    """How a training file is to be read; mostly it is seen."""

    def __init__(self, parent: QWidget, path: Path, done: Callable[[str | None, dict[str, str]], None]) -> None:
        from reviewer.curate.training_files import FORMATS

        super().__init__(
            parent,
            f"Scan {path.name}…",
            "Scan",
            "Every line is held against what the examples ask, expect and got as answers: the same text, 13 words in a"
            " row, or nearly the same.",
        )
        self._done = done
        self.format = QComboBox()
        self.format.addItem("As it looks", None)
        for name, words in FORMATS.items():
            self.format.addItem(f"{name}: {words}", name)
        self.field = QLineEdit()
        self.field.setPlaceholderText("all texts of a row; or a JMESPath expression, such as conversation[].value")
        self.add("Format", self.format)
        self.add("Read only", self.field)
        for field in (self.format, self.field):
            field.setMinimumHeight(field.sizeHint().height())  # the words above would take it from them
        self.outcome.setText(
            "Instructions (system messages) are passed over: many lines share them, and they are no case."
        )
        self.accepted.connect(self._scan)

    def _scan(self) -> None:
        expression = self.field.text().strip()
        self._done(self.format.currentData(), {"text": expression} if expression else {})
