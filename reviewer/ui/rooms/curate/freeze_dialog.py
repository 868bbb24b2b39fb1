"""Freeze: the set's name, a note, what is not met, and the reason to go on all the same."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from reviewer.curate.readiness import Check
from reviewer.curate.versions import Version
from reviewer.project import Project
from reviewer.settings import Settings
from reviewer.ui import actions, messages
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.session import Session
from reviewer.ui.widgets.sign import Sign
from reviewer.wording import amount

__all__ = ["FreezeDialog", "nothing_to_freeze"]


class FreezeDialog(Form):
    """Says what is missing before it asks; freezing runs beside the window."""

    def __init__(
        self, parent: QWidget, session: Session, project: Project, check: Check, done: Callable[[Version], None]
    ) -> None:
        counts = ", ".join(f"{item.name} {item.count:,}" for item in check.slices)
        super().__init__(
            parent,
            "Freeze the next version…",
            "Freeze",
            f"{amount(check.count)} ({counts}), as they are now, for good.",
        )
        self._session = session
        self._project = project
        self._check = check
        self._done = done
        versions = sorted(project.versions.list(), key=lambda version: version.frozen_ms, reverse=True)
        self._latest: dict[str, int] = {}
        for version in versions:  # the set frozen last comes first
            self._latest[version.name] = max(version.number, self._latest.get(version.name, 0))
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setMinimumWidth(240)
        field = self.name.lineEdit()
        if field is not None:
            field.setAccessibleName("Eval set")
        self.name.addItems(list(self._latest) or [_suggested(project.name)])
        if len(self._latest) > 1:
            # A version is for good: which set it joins is chosen, not overlooked.
            self.name.setCurrentIndex(-1)
            self.name.setEditText("")
            if field is not None:
                field.setPlaceholderText("choose, or name a new set")
        self.note = QLineEdit()
        self.note.setPlaceholderText("what this version is for")
        self.add("Eval set", self.name)
        self.add("Note", self.note)
        self.reason = QLineEdit()
        if check.unmet:
            self._show_unmet(check)
        self.name.currentTextChanged.connect(self._tell)
        self.reason.textChanged.connect(self._tell)
        self._tell()
        (self.note if len(self._latest) == 1 else self.name).setFocus()
        self.accepted.connect(self._freeze)

    def _show_unmet(self, check: Check) -> None:
        count = len(check.unmet)
        head = "One thing is not met:" if count == 1 else f"{count} things are not met:"
        box = QWidget()
        rows = QVBoxLayout(box)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.setSpacing(6)
        for item in check.unmet:
            row = QHBoxLayout()
            row.setSpacing(8)
            sign = Sign("warning", 14, "warn")
            row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(plain_label(item.told, wrap=True), 1)
            rows.addLayout(row)
        rows.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(box)
        area.setAccessibleName(f"{head} " + " ".join(item.sentence for item in check.unmet))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setMinimumHeight(min(200, 34 * count))
        self.reason.setPlaceholderText("stands in the version for everyone to read")
        place = self.body.indexOf(self.outcome)
        self.body.insertWidget(place, plain_label(head, "head"))
        self.body.insertWidget(place + 1, area, 1)
        column = QVBoxLayout()
        column.setSpacing(4)
        caption = plain_label("Reason to freeze all the same")
        caption.setBuddy(self.reason)
        self.reason.setAccessibleName("Reason to freeze all the same")
        column.addWidget(caption)
        column.addWidget(self.reason)
        self.body.insertLayout(place + 2, column)

    def _tell(self) -> None:
        name = self.name.currentText().strip()
        reason = bool(self.reason.text().strip()) or not self._check.unmet
        self.yes.setEnabled(bool(name) and reason)
        label = f"{name}@{self._latest.get(name, 0) + 1}"
        self.yes.setText(f"Freeze as {label}" if name and len(label) <= 40 else "Freeze")
        if not name:
            several = len(self._latest) > 1
            self.outcome.setText("Choose the eval set that this becomes." if several else "An eval set needs a name.")
        elif not reason:
            self.outcome.setText("Meet what is missing, or give the reason to freeze without it.")
        else:
            self.outcome.setText(f"This becomes {label}. It can never be changed.")

    def _freeze(self) -> None:
        name, note, waive = self.name.currentText(), self.note.text(), self.reason.text()
        versions, annotator, session = self._project.versions, self._session.annotator_id, self._session

        def ended(version: Version) -> None:
            session.tell_changes(version)
            messages.tell(session.window, f"Froze {version.label}: {version.count:,} examples.")
            self._done(version)

        session.tasks.run(
            f"Freeze {name}",
            lambda report: versions.freeze(name, note=note, waive=waive, annotator_id=annotator, report=report),
            ended,
        )


def nothing_to_freeze(check: Check, settings: Settings) -> str:
    """Why there is no member to freeze, and the way out."""
    expired = sum(len(item.keys) for item in check.unmet if item.kind == "expired")
    if not expired:
        return "No example is in a slice yet, so there is nothing to freeze."
    what = "The one example in the slices has" if expired == 1 else f"All {expired:,} examples in the slices have"
    key = actions.key_text("curate.references", settings)
    return f"{what} a reference past its shelf life: confirm it first, {key}."


def _suggested(project_name: str) -> str:
    """A set's name made of the project's."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in project_name).strip("-")
    return kept[:64].lower() or "evals"
