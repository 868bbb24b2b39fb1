"""The list of studies, and what can be done with the chosen one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.compare.judgments import Progress
from reviewer.compare.studies import Study
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session

__all__ = ["StudyPage"]

COLUMNS = ("Study", "Compares", "Over", "Pairs", "State")
_STATES = {"open": "open, sealed", "closed": "closed", "abandoned": "given up"}
WHAT_FOR = (
    "A study shows two variants' answers to the same examples without saying whose they are: first whether each one is "
    "right, then which of the two is better. When it is closed, it says whether the tuned variant is really better or "
    "only sounds better."
)


def over(study: Study) -> str:
    """What a study is over, in words."""
    parts = [part for part in (study.version, study.slice) if part]
    return ", ".join(parts) if parts else "all examples"


class StudyPage(QWidget):
    """The studies of the project."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""
    chosen = Signal()
    """Another study is current."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.studies: list[Study] = []
        self.list = QTreeWidget()
        self.list.setAccessibleName("Studies")
        theme.dress(self.list, "plain")
        self.list.setHeaderLabels(list(COLUMNS))
        self.list.header().setAccessibleName("Columns of studies")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.currentItemChanged.connect(lambda *_: self._follow())
        self.list.itemActivated.connect(lambda *_: self._activate())
        self.new = self._button("compare.new", "New study…", "new", primary=True)
        self.first = self._button("compare.new", "New study…", "new", primary=True)
        self.name = plain_label("", "title", wrap=True)
        self.facts = plain_label("", "muted", wrap=True)
        self.progress = plain_label("", wrap=True)
        self.note = plain_label("", "smallmuted", wrap=True)
        self.judge = self._button("compare.judge", "Judge", primary=True)
        self.report = self._button("compare.report", "Report", "report", primary=True)
        self.stopping = self._button("compare.stopping", "May it stop?")
        self.close_study = self._button("compare.close", "Close the study…", "lock")
        self.abandon = self._button("compare.abandon", "Give it up…")
        self.take_in = self._button("compare.import", "Import judgments…", "import")
        self.give_out = self._button("compare.export", "Export judgments…", "export")
        self.pages = QStackedWidget()
        self.pages.addWidget(self._full())
        self.pages.addWidget(self._empty())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def _button(self, action_id: str, words: str, picture: str = "", *, primary: bool = False) -> QPushButton:
        key = actions.key_text(action_id, self._session.settings)
        button = QPushButton(words)
        if picture:
            button.setIcon(icon(picture, "on_accent" if primary else ""))
        if primary:
            button.setProperty("role", "primary")
        button.setAccessibleName(f"{words}, key {key}")
        button.setToolTip(key)
        button.clicked.connect(lambda: self.asked.emit(action_id))
        return button

    def _full(self) -> QWidget:
        head = QHBoxLayout()
        head.addWidget(plain_label("Studies", "title"), 1)
        head.addWidget(self.new)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        right = QFrame()
        right.setProperty("role", "surface")
        detail = QVBoxLayout(right)
        detail.setContentsMargins(24, 20, 24, 20)
        detail.setSpacing(12)
        for label in (self.name, self.facts, self.progress):
            detail.addWidget(label)
        detail.addSpacing(4)
        for button in (
            self.judge,
            self.report,
            self.stopping,
            self.close_study,
            self.take_in,
            self.give_out,
            self.abandon,
        ):
            row = QHBoxLayout()
            row.addWidget(button)
            row.addStretch(1)
            button.setMinimumWidth(190)
            detail.addLayout(row)
        detail.addStretch(1)
        detail.addWidget(self.note)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([700, 380])
        self.splitters = (split,)
        return split

    def _empty(self) -> QWidget:
        page = QWidget()
        words = plain_label(WHAT_FOR, "muted", wrap=True)
        words.setFixedWidth(520)
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addStretch(1)
        column.addWidget(plain_label("No studies yet", "title"))
        column.addWidget(words)
        row = QHBoxLayout()
        row.addWidget(self.first)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(2)
        outer = QHBoxLayout(page)
        outer.addStretch(1)
        outer.addLayout(column)
        outer.addStretch(1)
        return page

    # -- showing

    @property
    def current(self) -> Study | None:
        """The chosen study."""
        item = self.list.currentItem()
        number = self.list.indexOfTopLevelItem(item) if item is not None else -1
        return self.studies[number] if 0 <= number < len(self.studies) else None

    def show_studies(self, studies: Sequence[Study], wanted: str = "") -> None:
        """List the studies, with the wanted one or the one chosen before as the current one."""
        before = self.current
        wanted = wanted or (before.name if before is not None else "")
        self.studies = list(studies)
        self.list.blockSignals(True)
        self.list.clear()
        for study in self.studies:
            item = QTreeWidgetItem(
                [
                    study.name,
                    f"{study.tuned} with {study.base}",
                    over(study),
                    str(study.pairs),
                    _STATES.get(study.state, study.state),
                ]
            )
            item.setTextAlignment(3, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(item)
        number = next((n for n, study in enumerate(self.studies) if study.name == wanted), 0)
        wanted_item = self.list.topLevelItem(number)
        if wanted_item is not None:
            self.list.setCurrentItem(wanted_item)
        self.list.blockSignals(False)
        self.pages.setCurrentIndex(0 if self.studies else 1)
        self._follow()

    def show_progress(self, study: Study, progress: Progress | None) -> None:
        """Say how far this annotator is in the chosen study."""
        if progress is None or study.state != "open":
            self.progress.setText("")
            return
        if study.origin == "elsewhere":
            self.progress.setText("Judged elsewhere: its judgments are imported.")
        elif progress.finished:
            self.progress.setText("You have judged everything in this study.")
        elif not progress.done:
            self.progress.setText(
                f"You have not begun: {progress.answers_total} single answers, then {progress.pairs_total} pairs"
                + (f", then {progress.guesses_total} guesses." if progress.guesses_total else ".")
            )
        else:
            self.progress.setText(
                f"You have judged {progress.answers} of {progress.answers_total} answers and {progress.pairs} of "
                f"{progress.pairs_total} pairs"
                + (
                    f", and made {progress.guesses} of {progress.guesses_total} guesses."
                    if progress.guesses_total
                    else "."
                )
            )
        self.judge.setText("Judge" if not progress.done else "Go on judging")
        self.judge.setVisible(not progress.finished and study.origin != "elsewhere")

    def _follow(self) -> None:
        study = self.current
        if study is not None:
            opened, closed = study.state == "open", study.state == "closed"
            self.name.setText(study.name)
            said = [f"{study.tuned} compared with {study.base}, over {over(study)}: {study.pairs} pairs."]
            if study.origin == "elsewhere" and not opened:
                said.append("Judged elsewhere.")
            if study.state == "abandoned":
                said.append("Given up; it is never reported.")
            self.facts.setText(" ".join(said))
            self.judge.setVisible(opened)
            self.report.setVisible(closed)
            self.stopping.setVisible(opened and study.origin == "here")
            self.close_study.setVisible(opened)
            self.close_study.setEnabled(study.judged)
            self.abandon.setVisible(opened)
            self.take_in.setVisible(opened and study.origin != "here")
            self.give_out.setVisible(closed)
            self.note.setText(
                f"Plan fixed under {study.plan_hash[:16]}…"
                + (" Both variants' outputs and their labels are sealed until it is closed." if opened else "")
            )
        self.chosen.emit()

    def _activate(self) -> None:
        study = self.current
        if study is not None and study.state != "abandoned":
            self.asked.emit("compare.judge" if study.state == "open" else "compare.report")
