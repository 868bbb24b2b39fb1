"""The column at the right that never scrolls away: verdict, first failure, evidence, severity, note, figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from reviewer.triage.evidence import Evidence
from reviewer.triage.labels import SEVERITIES, Label
from reviewer.triage.taxonomies import Category
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.triage.category_row import CategoryRow
from reviewer.ui.rooms.triage.evidence_list import EvidenceList
from reviewer.ui.rooms.triage.live_figures import LiveFigures
from reviewer.ui.rooms.triage.note_field import NoteField
from reviewer.ui.session import Session

__all__ = ["VerdictColumn"]

WIDTH = 308
_NO_LIMIT = 16_777_215
HIDDEN = "The codebook is hidden in the open pass. Say in the note what went wrong first."


class VerdictColumn(QFrame):
    """Shows one annotator's label of the present output, and asks for its parts."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""
    further_asked = Signal(int)
    """A category's id was pressed with Shift held."""

    def __init__(self, session: Session, go: Callable[[Evidence], None], remove: Callable[[Evidence], None]) -> None:
        super().__init__()
        self._session = session
        self.setProperty("role", "surface")
        self.setAccessibleName("Verdict")
        self.passed = self._verdict("triage.pass", "Pass", "pass", "good")
        self.failed = self._verdict("triage.fail", "Fail", "fail", "bad")
        self.other = plain_label("", "smallmuted", wrap=True)
        self.other.setAccessibleName("Other verdict")
        self.rows: list[CategoryRow] = []
        self._categories: list[Category] = []
        self._coding = True
        self.severities = {name: self._small(f"triage.severity_{name}", name.capitalize()) for name in SEVERITIES}
        self.evidence = EvidenceList(go, remove)
        self.note = NoteField()
        self.figures = LiveFigures()
        self._build()
        # Fonts follow the theme only when its change has gone through.
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._fit)
        theme.changed.connect(self._refit.start)
        self._fit()

    # -- building

    def _build(self) -> None:
        verdicts = QHBoxLayout()
        verdicts.setSpacing(8)
        verdicts.addWidget(self.passed)
        verdicts.addWidget(self.failed)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.setAlignment(Qt.AlignmentFlag.AlignTop)
        inner = QWidget()
        inner.setLayout(self._list)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        self._scroll.setAccessibleName("Categories")
        self._hidden = plain_label(HIDDEN, "muted", wrap=True)
        severity = QHBoxLayout()
        severity.setSpacing(4)
        for button in self.severities.values():
            severity.addWidget(button, 1)
        self._severity = _section("Severity", severity)
        self._failure = _section("First failure", self._scroll, self._hidden)
        self._evidence = _section("Evidence", self.evidence)
        self.note.setMinimumHeight(44)
        self.figures.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        line = QFrame()
        line.setProperty("role", "line")
        middle = QWidget()
        parts = QVBoxLayout(middle)
        parts.setContentsMargins(16, 0, 16, 0)
        parts.setSpacing(8)
        parts.addWidget(self._failure, 40)  # the list takes the room it needs before the note does
        parts.addWidget(self._evidence)
        parts.addWidget(self._severity)
        parts.addWidget(_section("Note", self.note), 2)
        parts.addStretch(1)
        # Where the window is low or the text large, these parts scroll; the verdict and the figures stay.
        self._parts = QScrollArea()
        self._parts.setWidget(middle)
        self._parts.setWidgetResizable(True)
        self._parts.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._parts.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._parts.setMinimumHeight(60)
        middle.setAutoFillBackground(False)
        self._parts.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 12, 0, 12)
        layout.setSpacing(10)
        for above in (verdicts, self._inset(self.other)):
            above.setContentsMargins(16, 0, 16, 0)
            layout.addLayout(above)
        layout.addWidget(self._parts, 1)
        for below in (line, self.figures):
            layout.addLayout(self._inset(below))

    @staticmethod
    def _inset(widget: QWidget) -> QVBoxLayout:
        layout = QVBoxLayout()
        layout.setContentsMargins(16, 0, 16, 0)
        layout.addWidget(widget)
        return layout

    def show_note(self) -> None:
        """Bring the note into sight, where the column has to scroll."""
        self._parts.ensureWidgetVisible(self.note)

    def _verdict(self, action_id: str, word: str, picture: str, tone: str) -> QPushButton:
        key = actions.key_text(action_id, self._session.settings)
        button = QPushButton(icon(picture, tone), f"  {word}    {key}")
        theme.dress(button, "verdict")
        self._bind(button, action_id, f"{word}, key {key}")
        return button

    def _small(self, action_id: str, word: str) -> QPushButton:
        key = actions.key_text(action_id, self._session.settings)
        button = QPushButton(f"{word}  {key}")
        theme.dress(button, "quiet")
        self._bind(button, action_id, f"Severity {word.lower()}, key {key}")
        return button

    def _bind(self, button: QPushButton, action_id: str, name: str) -> None:
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(name)
        button.clicked.connect(lambda: self.asked.emit(action_id))

    # -- showing

    def show_categories(self, categories: Sequence[Category]) -> None:
        """Show the codebook's active categories, the first nine with their number keys."""
        if self._categories == list(categories):
            return
        self._categories = list(categories)
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for number, category in enumerate(categories, 1):
            row = CategoryRow(category, str(number) if number < 10 else "")
            row.clicked.connect(lambda _=False, number=number, row=row: self._pressed(number, row))
            self._list.addWidget(row)
            self.rows.append(row)
        self._fit()

    def _fit(self) -> None:
        """Follow the text size: the column's width, and the height up to which the categories need no scrolling."""
        self.setFixedWidth(round(WIDTH * max(1.0, theme.zoom() / 100)))
        for item in (*self.rows, *self.severities.values(), self.passed, self.failed):
            # The sheet's least height knows nothing of the text size, and layouts would squeeze a line down to it.
            item.ensurePolished()
            item.setMinimumHeight(item.sizeHint().height())
        row = self.rows[0].sizeHint().height() if self.rows else 0
        self._scroll.setMaximumHeight(row * len(self.rows))
        # Its title, and the hundredth that the section's own stretch takes.
        rest = 2 * self._hidden.fontMetrics().height()
        self._failure.setMaximumHeight(rest + row * len(self.rows) if self._coding and self.rows else _NO_LIMIT)
        self._scroll.setMinimumHeight(min(3, len(self.rows)) * row)
        self._scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def _pressed(self, number: int, row: CategoryRow) -> None:
        from PySide6.QtWidgets import QApplication

        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.further_asked.emit(row.category.id)
        elif number > 9:
            self.asked.emit(f"category:{row.category.id}")
        else:
            self.asked.emit(f"triage.category_{number}")

    def show_label(
        self, label: Label | None, *, coding: bool, quotes: Sequence[tuple[Evidence, str | None]], able: bool
    ) -> None:
        """Show a label, or that there is none; `coding` shows the codebook, `able` says whether there is an output."""
        verdict = label.verdict if label is not None else ""
        self.passed.setChecked(verdict == "pass")
        self.failed.setChecked(verdict == "fail")
        words = {"cannot_judge": "Can't judge", "skipped": "Skipped"}.get(verdict, "")
        if label is not None and label.recheck:
            words = f"{label.recheck}. Look again: choose anew, or K keeps it."
        self.other.setText(words)
        self.other.setVisible(bool(words))
        for button in (self.passed, self.failed, self.note, *self.severities.values()):
            button.setEnabled(able)
        self._scroll.setVisible(coding)
        self._hidden.setVisible(not coding)
        if coding != self._coding:
            self._coding = coding
            self._fit()
        # Without the codebook its room goes to the note.
        upright = QSizePolicy.Policy.Preferred if coding else QSizePolicy.Policy.Maximum
        self._failure.setSizePolicy(QSizePolicy.Policy.Preferred, upright)
        self._severity.setVisible(coding)
        fails = verdict == "fail"
        for row in self.rows:
            row.setEnabled(able)
            row.set_state(
                chosen=fails and label is not None and row.category.id == label.category_id,
                further=fails and label is not None and row.category.id in label.further,
            )
        for name, button in self.severities.items():
            button.setChecked(label is not None and label.severity == name)
            button.setEnabled(able and fails)
        self.evidence.show_evidence(quotes)


def _section(title: str, *contents: object) -> QWidget:
    """A named part of the column."""
    section = QWidget()
    layout = QVBoxLayout(section)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(3)
    layout.addWidget(plain_label(title, "caps"))
    for content in contents:
        if isinstance(content, QHBoxLayout):
            layout.addLayout(content)
        elif isinstance(content, QWidget):
            layout.addWidget(content, 100)
    layout.addStretch(1)
    return section
