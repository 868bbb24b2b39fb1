"""The page of a new study that lists what gives sides away, and masks it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from reviewer.compare.leaks import Leak
from reviewer.ui import theme
from reviewer.ui.messages import plain_label, plain_tip

__all__ = ["LeaksPage"]

RULES = {
    "name": "a model's name",
    "token": "a chat token",
    "metadata": "metadata of a model call",
    "phrase": "an assistant's phrase",
    "opening": "an opening of one side",
    "closing": "a closing of one side",
}
WORDS = (
    "What is ticked is masked while the study is judged, on both sides alike; the answers are kept and come back when "
    "it closes. A name leaves [masked] in its place, all else leaves nothing. Tick no sentence that belongs to the "
    "answer: a caveat can be what makes it right. The counts are of one side and of the other, and do not say which is "
    "which. What either side retrieved stands beside both answers."
)


class LeaksPage(QWidget):
    """Findings of the leak scan, each with a tick."""

    def __init__(self) -> None:
        super().__init__()
        self._leaks: Sequence[Leak] | None = None
        self.state = plain_label("", wrap=True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("What gives sides away")
        theme.dress(self.list, "plain")
        self.list.setHeaderLabels(["Mask", "Kind", "Answers", "Such as"])
        self.list.header().setAccessibleName("Columns of findings")
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2, 3):
            self.list.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(12)
        column_layout.addWidget(plain_label(WORDS, "muted", wrap=True))
        column_layout.addWidget(self.state)
        column_layout.addWidget(self.list, 1)

    @property
    def masks(self) -> tuple[str, ...] | None:
        """The keys of the findings that are ticked; None while the scan is not done, so that it decides itself."""
        if self._leaks is None:
            return None
        ticked = Qt.CheckState.Checked
        return tuple(
            leak.key
            for number, leak in enumerate(self._leaks)
            if (item := self.list.topLevelItem(number)) is not None and item.checkState(0) == ticked
        )

    def wait(self) -> None:
        """Say that the answers are being read."""
        self._leaks = None
        self.list.clear()
        self.list.hide()
        self.state.setText("Reading the answers…")

    def show_leaks(self, leaks: Sequence[Leak]) -> None:
        """List the findings, those ticked that the scan proposes to mask."""
        self._leaks = leaks
        self.list.clear()
        self.list.setVisible(bool(leaks))
        self.state.setText("" if leaks else "Nothing was found that gives a side away.")
        self.state.setVisible(not leaks)
        for leak in leaks:
            counts = f"{leak.more} and {leak.less}" + ("  one-sided" if leak.telling else "")
            item = QTreeWidgetItem([leak.shown, RULES[leak.rule], counts, leak.examples[0]])
            item.setToolTip(0, plain_tip(leak.shown))
            item.setToolTip(3, plain_tip(", ".join(leak.examples)))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(0, Qt.CheckState.Checked if leak.proposed else Qt.CheckState.Unchecked)
            self.list.addTopLevelItem(item)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

    def show_problem(self, words: str) -> None:
        """Say why there is nothing to list."""
        self._leaks = None
        self.list.hide()
        self.state.show()
        self.state.setText(words)
