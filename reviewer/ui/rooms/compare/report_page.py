"""A closed study's report: the verdict, the intervals behind it, the flips, and what was not shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.compare.figures import figures
from reviewer.compare.report import StudyReport
from reviewer.compare.statistics.paired import newcombe, tango
from reviewer.compare.summary import headline
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.compare.charts import chart_of
from reviewer.ui.rooms.compare.report_facts import dispute_words, facts, interval, points, preference_facts
from reviewer.ui.rooms.compare.report_lists import ExampleList, excluded_list, flip_lists, side_by_side, wrong_lists
from reviewer.ui.session import Session

__all__ = ["ReportPage"]

READING_WIDTH = 760
WIDEST = 1180
COLUMNS = (
    "",
    "n",
    "Both",
    "Tuned",
    "Base",
    "Neither",
    "Difference",
    "Tango 95 %",
    "Newcombe 95 %",
    "Mid-p",
    "Holm",
    "Margin",
)
_KEPT = {"noninferior": "kept", "inconclusive": "open", "dropped": "dropped"}


class ReportPage(QWidget):
    """The findings, from the verdict down to the single example."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""
    example_asked = Signal(int)
    """The id of an example to show."""
    dispute_asked = Signal(int)
    """Which of the report's disagreements to show."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.report: StudyReport | None = None
        self.back = self._button("compare.studies", "All studies", "previous")
        self.copy = self._button("compare.copy_summary", "Copy the summary", "copy")
        self.save = self._button("compare.save_report", "Save as JSON…", "export")
        self.save_figures = self._button("compare.save_figures", "Save the figures…", "export")
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 16, 8)
        bar.setSpacing(8)
        self.title = plain_label("", "head")
        bar.addWidget(self.back)
        bar.addWidget(self.title)
        bar.addStretch(1)
        bar.addWidget(self.copy)
        bar.addWidget(self.save)
        bar.addWidget(self.save_figures)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("Report")
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lists: list[QListWidget] = []
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(line)
        layout.addWidget(self.area, 1)

    def _button(self, action_id: str, words: str, picture: str) -> QPushButton:
        button = QPushButton(icon(picture), words)
        button.setProperty("role", "quiet")
        key = actions.key_text(action_id, self._session.settings)
        button.setAccessibleName(f"{words}, key {key}")
        button.setToolTip(key)
        button.clicked.connect(lambda: self.asked.emit(action_id))
        return button

    def show_report(self, report: StudyReport) -> None:
        """Show a study's report from its beginning."""
        self.report = report
        self.title.setText(report.study)
        self.lists = []
        page = QFrame()
        page.setProperty("role", "surface")
        sheet = QWidget()
        sheet.setMaximumWidth(WIDEST)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(32, 24, 32, 32)
        outer.addWidget(sheet, 1)
        outer.addStretch(0)
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        said = plain_label(headline(report), "figure", wrap=True)
        said.setMaximumWidth(READING_WIDTH + 160)
        column.addWidget(said)
        deciding = plain_label(report.ruling.deciding, "muted", wrap=True)
        column.addWidget(deciding)
        summary = plain_label(_without(report.summary, headline(report)), wrap=True)
        summary.setFont(theme.font("reading"))
        summary.setMaximumWidth(READING_WIDTH)
        summary.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        summary.setAccessibleName("Summary")
        column.addWidget(summary)
        column.addSpacing(12)
        drawn = {figure.name: figure for figure in figures(report)}

        def charts(*names: str) -> None:
            for name in names:
                if name in drawn:
                    column.addWidget(chart_of(drawn[name]))
                    column.addSpacing(8)

        charts("correctness", "preference")
        caption = "How many answers were right with both, one alone, or neither; differences in points"
        if not report.intervals_valid:
            caption += " — somebody looked before the end, so intervals and p values claim too much"
        column.addWidget(_caps(caption))
        column.addWidget(_table(report))
        column.addSpacing(8)
        charts("flips")
        self._lists(column, flip_lists(report, self.example_asked.emit))
        if report.preference.raw is not None and report.overall.table.n:
            self._lists(column, wrong_lists(report, self.example_asked.emit))
        charts("sequential")
        column.addWidget(_caps("Preference and style"))
        for words in preference_facts(report):
            column.addWidget(plain_label(words, wrap=True))
        column.addSpacing(8)
        charts("dress", "style")
        column.addWidget(_caps("How far the judgments can be relied on"))
        for words in facts(report):
            column.addWidget(plain_label(words, wrap=True))
        column.addSpacing(8)
        charts("blinding", "steadiness", "agreement")
        lists = [excluded_list(report, self.example_asked.emit)] if report.excluded.items else []
        if report.disagreements:
            rows = [(dispute_words(item), number) for number, item in enumerate(report.disagreements)]
            lists.append(ExampleList("Disagreements to settle, names hidden", rows, self.dispute_asked.emit))
        if lists:
            self._lists(column, lists)
        column.addWidget(_caps("What these figures do not say"))
        for words in report.limits:
            label = plain_label(f"–  {words}", "muted", wrap=True)
            label.setMaximumWidth(READING_WIDTH + 160)
            column.addWidget(label)
        column.addStretch(1)
        old = self.area.takeWidget()
        if old is not None:
            old.deleteLater()
        self.area.setWidget(page)
        self.area.verticalScrollBar().setValue(0)
        self.area.setFocus()

    def _lists(self, column: QVBoxLayout, lists: Sequence[ExampleList]) -> None:
        self.lists += [found.list for found in lists]
        column.addWidget(side_by_side(lists))
        column.addSpacing(8)


def _without(text: str, start: str) -> str:
    return text.removeprefix(start).strip()


def _caps(words: str) -> QWidget:
    return plain_label(words, "caps", wrap=True)


def _table(report: StudyReport) -> QTableWidget:
    rows = [("All examples", report.overall), *report.slices.items(), ("Missing as wrong", report.sensitivity)]
    table = QTableWidget(len(rows), len(COLUMNS))
    table.setAccessibleName("Correctness")
    table.setHorizontalHeaderLabels(list(COLUMNS))
    table.verticalHeader().hide()
    table.verticalHeader().setAccessibleName("Rows of figures")
    table.horizontalHeader().setAccessibleName("Columns of figures")
    table.setShowGrid(False)
    theme.dress(table, "plain")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setTabKeyNavigation(False)
    for number, (name, paired) in enumerate(rows):
        figures = paired.to_json()
        midp = figures["midp"]
        margin = ""
        if paired.margin is not None:
            margin = f"{100 * paired.margin:.0f} pt: {_KEPT.get(paired.preservation or '', '—')}"
        cells = [
            name,
            *(str(figures[key]) for key in ("n", "both", "tuned_only", "base_only", "neither")),
            "—" if paired.table.difference is None else points(paired.table.difference),
            interval(tango(paired.table)),
            interval(newcombe(paired.table)),
            "—" if midp is None else f"{midp:.4f}",
            "" if paired.holm is None else f"{paired.holm:.4f}",
            margin,
        ]
        for place, words in enumerate(cells):
            item = QTableWidgetItem(words)
            side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(number, place, item)
    for place in range(1, len(COLUMNS)):
        head = table.horizontalHeaderItem(place)
        if head is not None:
            head.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    height = table.horizontalHeader().sizeHint().height() + sum(table.rowHeight(row) for row in range(len(rows)))
    table.setFixedHeight(height + 16)
    return table
