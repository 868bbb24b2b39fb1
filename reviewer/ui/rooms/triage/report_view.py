"""The triage report over the room: the finding, the shares, the three rules, and the examples behind a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.errors import ReviewerError
from reviewer.triage.figures import RULES, Report, RuleState, percent
from reviewer.ui import messages, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, plain_tip
from reviewer.ui.rooms.triage.live_figures import TONES
from reviewer.ui.rooms.triage.share_bar import ShareBar, in_words
from reviewer.ui.rooms.triage.share_chart import ShareChart

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["ReportView"]

PAGE = 200
WORKFLOW_CHARS = 18
"""So much of a workflow's name stands in the table; its tip has the whole of it."""
SUBJECTS = {"retrieval": "Missing or stale facts", "workflow": "Policy violations", "structure": "Formatting"}


class ReportView(QFrame):
    """One page; Escape goes back to the example, Enter on a bar lists its examples, Enter there opens one."""

    def __init__(self, room: TriageRoom) -> None:
        super().__init__()
        self._room = room
        self._report: Report | None = None
        self._code: str | None = None
        self.setProperty("role", "surface")
        self.setAccessibleName("Triage report")
        self.finding = plain_label("", "title", wrap=True)
        self.finding.setAccessibleName("Finding")
        self.basis = plain_label("", "muted", wrap=True)
        self.basis.setAccessibleName("What it rests on")
        self.chart = ShareChart()
        self.chart_title = plain_label("", "caps")
        self.chart.chosen.connect(self.list_examples)
        self.close_button = QPushButton(icon("close"), "Close  Esc")
        theme.dress(self.close_button, "quiet")
        self.close_button.setAccessibleName("Close the report, key Escape")
        self.close_button.clicked.connect(lambda: room.close_report())
        self.examples_title = plain_label("", "caps")
        self.examples = QListWidget()
        self.examples.setAccessibleName("Examples behind the bar")
        self.examples.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.examples.setWordWrap(False)
        self.examples.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.examples.itemActivated.connect(self._open)
        self.examples.itemClicked.connect(self._open)
        self.workflows = QTableWidget(0, 4)
        self._build()

    # -- building

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self.finding, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        rules = QGridLayout()
        rules.setHorizontalSpacing(12)
        rules.setVerticalSpacing(2)
        rules.setColumnStretch(1, 1)
        self._rules: dict[str, tuple[ShareBar, QWidget, QWidget]] = {}
        for number, rule in enumerate(RULES):
            bar = ShareBar(f"Interval of {rule.subject}")
            figures, state = plain_label(""), plain_label("", "muted")
            figures.setAccessibleName(f"Share of {rule.subject}")
            state.setAccessibleName(f"State of the {rule.name} rule")
            name = plain_label(f"{SUBJECTS[rule.name]} over {percent(rule.threshold)}")
            for column, widget in enumerate((name, bar, figures)):
                rules.addWidget(widget, 3 * number, column)
            meaning = QHBoxLayout()
            meaning.setSpacing(12)
            meaning.addWidget(state)
            meaning.addWidget(plain_label(rule.meaning, "smallmuted", wrap=True), 1)
            rules.addLayout(meaning, 3 * number + 1, 0, 1, 3)
            rules.setRowMinimumHeight(3 * number + 2, 8)
            self._rules[rule.name] = (bar, figures, state)
        table = self.workflows
        table.setAccessibleName("Failures by workflow")
        table.setHorizontalHeaderLabels(["Workflow", "Labelled", "Fail", "Most frequent"])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        table.setShowGrid(False)
        sections = table.horizontalHeader()
        sections.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        # A long name gives way to the words beside it, and both are whole in their tips.
        sections.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        sections.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        sections.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self.chart_title)
        left.addWidget(self.chart)
        left.addSpacing(16)
        left.addWidget(plain_label("What it would mean", "caps"))
        left.addLayout(rules)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.examples_title)
        right.addWidget(self.examples, 3)
        right.addSpacing(12)
        right.addWidget(plain_label("By workflow", "caps"))
        right.addWidget(table, 2)
        columns = QHBoxLayout()
        columns.setSpacing(32)
        columns.addLayout(left, 6)
        columns.addLayout(right, 5)
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(24, 16, 24, 16)
        inner.setSpacing(8)
        inner.addLayout(head)
        inner.addWidget(self.basis)
        inner.addSpacing(8)
        inner.addLayout(columns, 1)
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page.setAutoFillBackground(False)
        scroll.viewport().setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    # -- showing

    def begin(self) -> None:
        """Show the page from its beginning, the first bar's examples listed."""
        self._code = None
        if self._report is not None:
            self.show_report(self._report)
        self.chart.setFocus()
        code = self.chart.present_code
        if code is not None:
            self.list_examples(code, go=False)

    def show_report(self, report: Report) -> None:
        """Show the figures as they are now."""
        self._report = report
        if not self.isVisible():
            return
        self.finding.setText(report.finding)
        parts = [f"{report.labelled:,} labelled: {report.passes:,} pass, {report.failures:,} fail"]
        uncoded = report.failures - report.coded
        for count, words in (
            (uncoded, "failure without a category" if uncoded == 1 else "failures without a category"),
            (report.cannot_judge, "can't be judged"),
            (report.skipped, "skipped"),
            (report.disputed, "on which annotators are even: there the last label counts"),
        ):
            if count:
                parts.append(f"{count:,} {words}")
        if report.since_new is not None:
            failures = "failure" if report.since_new == 1 else "failures"
            parts.append(f"{report.since_new:,} {failures} since the last new kind ({report.newest})")
        parts += report.left_out
        if report.variant is not None:
            parts.append(f"outputs of {report.variant.name}")
        self.basis.setText("; ".join(parts) + ".")
        self.chart_title.setText(f"Shares of {report.coded:,} coded failures, with 95 % intervals")
        self.chart.show_categories(report.categories)
        for rule in report.rules:
            self._show_rule(rule)
        self._show_workflows(report)

    def _show_rule(self, item: RuleState) -> None:
        bar, figures, state = self._rules[item.rule.name]
        bar.show_share(item.share, item.rule.threshold)
        figures.setText(in_words(item.share))  # type: ignore[attr-defined]
        state.setText(item.words if item.firm else f"{item.state} ({item.words})")  # type: ignore[attr-defined]
        theme.dress(state, TONES[item.state])

    def _show_workflows(self, report: Report) -> None:
        names = {item.category_id: item.title for item in report.categories}
        table = self.workflows
        table.setRowCount(len(report.workflows))
        for number, item in enumerate(report.workflows):
            first = max(item.shares.items(), key=lambda pair: pair[1].count, default=None)
            most = f"{names.get(first[0], '')}, {percent(first[1].share or 0)}" if first else "–"
            cells = (item.workflow or "(none)", f"{item.labelled:,}", in_words(item.failure_rate), most)
            for column, text in enumerate(cells):
                cell = QTableWidgetItem(" ".join(text.split()))
                cell.setToolTip(plain_tip(text))
                table.setItem(number, column, cell)
        widest = table.fontMetrics().averageCharWidth() * WORKFLOW_CHARS
        heading = table.horizontalHeader().sectionSizeHint(0)
        table.setColumnWidth(0, max(heading, min(table.sizeHintForColumn(0) + 8, widest)))

    # -- the list behind a bar

    def list_examples(self, code: str, *, go: bool = True) -> None:
        """List the examples of a category, and go there."""
        self._code = code
        self.examples.clear()
        self._more(0)
        names = {item.code: item.title for item in self._report.categories} if self._report is not None else {}
        self.examples_title.setText(f"Examples of {names.get(code, code)}; Enter opens one".replace("&", "&&"))
        if go and self.examples.count():
            self.examples.setCurrentRow(0)
            self.examples.setFocus()

    def _more(self, after: int) -> None:
        project, queue = self._room.session.project, self._room.queue
        if project is None or self._code is None:
            return
        variant = queue.variant.name if queue is not None and queue.variant is not None else None
        try:
            found = project.triage.examples(self._code, variant=variant, after=after, limit=PAGE)
        except ReviewerError as error:
            messages.show_error(self, error)
            return
        for failure in found:
            words = " ".join((failure.note or failure.snippet).split())
            entry = QListWidgetItem("  ·  ".join(part for part in (failure.key, failure.workflow, words) if part))
            entry.setData(Qt.ItemDataRole.UserRole, failure.example_id)
            self.examples.addItem(entry)
        if len(found) == PAGE:
            entry = QListWidgetItem("More…")
            entry.setData(Qt.ItemDataRole.UserRole, -found[-1].example_id)
            self.examples.addItem(entry)

    def _open(self, entry: QListWidgetItem) -> None:
        number = int(entry.data(Qt.ItemDataRole.UserRole))
        if number < 0:
            row = self.examples.row(entry)
            self.examples.takeItem(row)
            self._more(-number)
            self.examples.setCurrentRow(row)
        else:
            self._room.open_from_report(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back: from the list to the bars, from the bars to the example."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.examples.hasFocus() or self.workflows.hasFocus():
            self.chart.setFocus()
        else:
            self._room.close_report()
