"""How far the triage is and what it would already mean, always in sight."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from reviewer.triage.figures import FLOOR, RULES, Report, percent
from reviewer.ui import theme
from reviewer.ui.messages import plain_label, plain_tip
from reviewer.ui.rooms.triage.share_bar import ShareBar, in_words
from reviewer.ui.widgets.sign import Sign

__all__ = ["LiveFigures"]

NAMES = {"retrieval": "facts", "workflow": "policy", "structure": "format"}
TONES = {"crossed": "bad", "likely": "warn", "not reached": "muted", "too few": "muted"}
STOP_AFTER = 20


class LiveFigures(QWidget):
    """Labelled of 200, saved or not, the three rules with their intervals, and how long no new kind turned up."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Figures so far")
        self.labelled = plain_label("", "head")
        self.labelled.setAccessibleName("Labelled so far")
        self._sign = Sign("pass", 14, "good")
        self.saved = plain_label("", "smallmuted")
        self.saved.setAccessibleName("Saved state")
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.labelled)
        top.addStretch(1)
        top.addWidget(self._sign)
        top.addWidget(self.saved)
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(2, 1)
        self._rows = {}
        for number, rule in enumerate(RULES):
            name = plain_label(NAMES[rule.name], "small")
            figures = plain_label("–", "small")
            figures.setAccessibleName(f"Share of {rule.subject}")
            bar = ShareBar(f"Interval of {rule.subject}")
            state = plain_label("", "smallmuted")
            state.setAccessibleName(f"State of the {rule.name} rule")
            tip = plain_tip(f"More than {percent(rule.threshold)} {rule.subject}: {rule.meaning}")
            for column, widget in enumerate((name, figures, bar, state)):
                widget.setToolTip(tip)
                grid.addWidget(widget, number, column)
            self._rows[rule.name] = (figures, bar, state)
        self.news = plain_label("", "smallmuted", wrap=True)
        self.news.setAccessibleName("New kinds of failure")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(grid)
        layout.addWidget(self.news)
        self._refused = False
        self.show_saved(True)

    def show_saved(self, saved: bool) -> None:
        """Say whether everything on the screen is on the disk."""
        self._all_saved = saved
        self.saved.setText("Not saved" if self._refused else "Saved" if saved else "Note not saved")
        self._sign.setVisible(saved and not self._refused)

    def show_refused(self, refused: bool) -> None:
        """Say that what was done last is not on the disk, until something else is."""
        self._refused = refused
        self.show_saved(self._all_saved)

    def show_report(self, report: Report) -> None:
        """Show the figures as they are now."""
        of = f" of {FLOOR}" if not report.enough else f", {FLOOR} reached"
        self.labelled.setText(f"{report.labelled:,}{of} labelled")
        whose = ""
        if report.own is not None:
            whose = (
                f"{report.labelled:,} labelled by anyone, {report.own:,} by you. The rules count everybody's labels."
            )
        self.labelled.setToolTip(plain_tip(whose))
        self.labelled.setAccessibleDescription(whose)
        for item in report.rules:
            figures, bar, state = self._rows[item.rule.name]
            figures.setText(in_words(item.share))
            bar.show_share(item.share, item.rule.threshold)
            state.setText(item.words)
            tone = TONES[item.state]
            theme.dress(state, "smallmuted" if tone == "muted" else tone)
        if report.since_new is None:
            one = report.failures == 1
            found = (
                f"{report.failures} failure{'' if one else 's'}, {'it' if one else 'none'} has {'no' if one else 'a'}"
            )
            self.news.setText(f"{found} category yet" if report.failures else "No failure yet")
        else:
            enough = "; new kinds have stopped turning up" if report.since_new >= STOP_AFTER else ""
            self.news.setText(
                f"{report.since_new} failure{'' if report.since_new == 1 else 's'} since the last new kind{enough}"
            )
            self.news.setToolTip(plain_tip(f"The newest kind is {report.newest}."))
