"""A closed study's report: the verdict, the intervals behind it, the flips, and what was not shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
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

from reviewer.compare.correctness import Paired
from reviewer.compare.report import StudyReport
from reviewer.compare.statistics.paired import newcombe, tango
from reviewer.compare.summary import headline
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.compare.interval_chart import Bar, IntervalChart
from reviewer.ui.rooms.compare.report_facts import facts, interval, points, preference_facts, share
from reviewer.ui.session import Session

__all__ = ["ReportPage"]

READING_WIDTH = 760
WIDEST = 1180
COLUMNS = (
    "",
    "n",
    "Both right",
    "Tuned alone",
    "Base alone",
    "Both wrong",
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

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.report: StudyReport | None = None
        self.back = self._button("compare.studies", "All studies", "previous")
        self.copy = self._button("compare.copy_summary", "Copy the summary", "copy")
        self.save = self._button("compare.save_report", "Save as JSON…", "export")
        bar = QHBoxLayout()
        bar.setContentsMargins(12, 8, 16, 8)
        bar.setSpacing(8)
        self.title = plain_label("", "head")
        bar.addWidget(self.back)
        bar.addWidget(self.title)
        bar.addStretch(1)
        bar.addWidget(self.copy)
        bar.addWidget(self.save)
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
        for chart in _charts(report):
            column.addWidget(chart)
            column.addSpacing(8)
        column.addWidget(_caps("Correctness, intervals in points (drawn: Tango as a line, Newcombe dashed)"))
        column.addWidget(_table(report))
        self._flips(column, report)
        column.addWidget(_caps("Preference and style"))
        for words in preference_facts(report):
            column.addWidget(plain_label(words, wrap=True))
        column.addSpacing(8)
        column.addWidget(_caps("Agreement and what was left out"))
        for words in facts(report):
            column.addWidget(plain_label(words, wrap=True))
        column.addSpacing(8)
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

    def _flips(self, column: QVBoxLayout, report: StudyReport) -> None:
        lists = QWidget()
        row = QHBoxLayout(lists)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(24)
        for side, words in (("tuned", f"Only {report.tuned} was right"), ("base", f"Only {report.base} was right")):
            flips = [flip for flip in report.flips if flip.passed == side]
            box = QVBoxLayout()
            box.setSpacing(6)
            box.addWidget(_caps(f"{words}: {len(flips)}"))
            found = QListWidget()
            found.setAccessibleName(words)
            for flip in flips:
                preferred = ""
                if flip.preferred is not None and flip.preferred != 0.5:
                    won = (flip.preferred > 0.5) == (side == "tuned")
                    preferred = "and preferred" if won else "yet the other was preferred"
                item = QListWidgetItem("   ".join(part for part in (flip.key, flip.slice, preferred) if part))
                item.setData(Qt.ItemDataRole.UserRole, flip.example_id)
                found.addItem(item)
            found.itemActivated.connect(lambda item: self.example_asked.emit(item.data(Qt.ItemDataRole.UserRole)))
            found.setFixedHeight(min(220, 14 + 28 * max(1, len(flips))))
            box.addWidget(found)
            self.lists.append(found)
            box.addStretch(1)
            row.addLayout(box, 1)
        column.addSpacing(8)
        # A column of wrapped text asks for less height than it needs, and what is left over is taken from the lists.
        lists.setFixedHeight(lists.sizeHint().height())
        column.addWidget(lists)
        column.addSpacing(8)


def _without(text: str, start: str) -> str:
    return text.removeprefix(start).strip()


def _caps(words: str) -> QWidget:
    return plain_label(words, "caps")


def _charts(report: StudyReport) -> list[IntervalChart]:
    charts = []
    bars = [
        bar
        for name, paired in (("All examples", report.overall), *report.slices.items())
        if (bar := _bar(name, paired)) is not None
    ]
    if bars:
        reach = max(10.0, *(abs(value) for bar in bars for value in (bar.low, bar.high)))
        edge = min(100.0, 10 * -(-reach // 10))
        step = 10 if edge <= 30 else 20 if edge <= 80 else 50
        ticks = [tick for tick in range(-100, 101, step) if abs(tick) <= edge]
        title = _finding(report)
        charts.append(IntervalChart(title, bars, (-edge, edge), 0, "", ticks))
    bars = _preference_bars(report)
    if bars:
        charts.append(IntervalChart(_preference_finding(report), bars, (0, 100), 50, " %", [0, 25, 50, 75, 100]))
    return charts


def _preference_bars(report: StudyReport) -> list[Bar]:
    estimate = report.preference.estimate
    rows = (
        ("As it was said", estimate.raw),
        ("Style taken off", estimate.adjusted),
        ("Same, least squares", estimate.ols),
    )
    return [
        Bar(name, 100 * rate.rate, 100 * rate.low, 100 * rate.high, share(rate))
        for name, rate in rows
        if rate is not None
    ]


def _preference_finding(report: StudyReport) -> str:
    estimate = report.preference.estimate
    raw = 0.0 if estimate.raw is None else estimate.raw.rate
    if estimate.adjusted is None:
        return f"{report.tuned} is preferred in {100 * raw:.0f} %, style not taken off"
    rate = estimate.adjusted.rate
    return f"{report.tuned} is preferred in {100 * raw:.0f} %, with style taken off in {100 * rate:.0f} %"


def _finding(report: StudyReport) -> str:
    difference = report.overall.table.difference
    if not difference:
        return f"{report.tuned} and {report.base} are right equally often, in points"
    more = "more" if difference > 0 else "less"
    return f"{report.tuned} is right {abs(100 * difference):.0f} points {more} often than {report.base}"


def _bar(name: str, paired: Paired) -> Bar | None:
    bounds, thin, difference = tango(paired.table), newcombe(paired.table), paired.table.difference
    if bounds is None or thin is None or difference is None:
        return None
    words = f"{points(difference)} ({points(bounds[0])} to {points(bounds[1])})"
    low, high = bounds
    return Bar(name, 100 * difference, 100 * low, 100 * high, words, (100 * thin[0], 100 * thin[1]))


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
