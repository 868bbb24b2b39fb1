"""Step two: the two answers beside each other, alike to the pixel, and which one is better."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from reviewer.compare.judgments import PairTask
from reviewer.ui import actions, theme
from reviewer.ui.messages import plain_label, tell
from reviewer.ui.rooms.compare.differences import differences
from reviewer.ui.rooms.compare.judging_bar import JudgingBar
from reviewer.ui.rooms.compare.question_pane import QuestionPane, SourcesPane, documents_of
from reviewer.ui.session import Session
from reviewer.ui.widgets.safe_text import PlainDressView

__all__ = ["PairPage", "TwinPanes"]

CHOICES = (
    ("compare.left", "A better"),
    ("compare.tie", "Tie"),
    ("compare.both_bad", "Both bad"),
    ("compare.right", "B better"),
)
TOGGLES = (("compare.differences", "Differences"), ("compare.scroll_together", "Scroll together"))


class _Pane(QFrame):
    """One answer under its letter."""

    def __init__(self, letter: str) -> None:
        super().__init__()
        theme.dress(self, "surface")
        head = plain_label(letter, "caps")
        head.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        head.setContentsMargins(0, 8, 0, 4)
        self.view = PlainDressView()
        self.view.pane.setAccessibleName(f"Answer {letter}")
        theme.dress(self.view.pane, "reading")
        # Where the focus stands would tell one pane from the other; keys scroll both.
        self.view.pane.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(head)
        layout.addWidget(self.view, 1)


class TwinPanes(QWidget):
    """Two panes of exactly the same size, whatever the width."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = _Pane("A"), _Pane("B")
        self.line = QFrame(self)
        self.line.setProperty("role", "vline")
        for pane in (self.left, self.right):
            pane.setParent(self)
        self.frame = QFrame(self)
        """Stands around both answers while the keys are theirs: around one it would tell them apart."""
        self.frame.setProperty("role", "focus")
        self.frame.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.frame.hide()
        self.setMinimumHeight(160)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give both the same width; an odd pixel goes to the line between."""
        width = (self.width() - 1) // 2
        self.left.setGeometry(0, 0, width, self.height())
        self.line.setGeometry(width, 0, 1, self.height())
        self.right.setGeometry(self.width() - width, 0, width, self.height())
        self.frame.setGeometry(self.rect())
        self.frame.raise_()


class PairPage(QWidget):
    """A pair, the question above it, and the four things to say of it."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.task: PairTask | None = None
        self.shows_differences = False
        self.scrolls_together = True
        self._following = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Pair")
        self.bar = JudgingBar("Step 2 of 2: which answer is better?")
        self.question = QuestionPane()
        self.sources = SourcesPane()
        self.panes = TwinPanes()
        above = QSplitter(Qt.Orientation.Horizontal)
        above.addWidget(self.question)
        above.addWidget(self.sources)
        above.setChildrenCollapsible(False)
        above.setSizes([640, 560])
        body = QSplitter(Qt.Orientation.Vertical)
        body.addWidget(above)
        body.addWidget(self.panes)
        body.setStretchFactor(1, 1)
        body.setChildrenCollapsible(False)
        body.setSizes([190, 470])
        self.splitters = (body, above)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 10, 16, 10)
        foot.setSpacing(8)
        self.buttons: dict[str, QPushButton] = {}
        foot.addStretch(1)
        for action_id, words in CHOICES:
            key = actions.key_text(action_id, session.settings)
            button = QPushButton(f"{words}    {_ARROWS.get(key, key)}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(f"{words}, key {key}")
            button.setMinimumWidth(130)
            button.clicked.connect(lambda _=False, action_id=action_id: self.asked.emit(action_id))
            self.buttons[action_id] = button
            foot.addWidget(button)
        foot.addStretch(1)
        for action_id, words in TOGGLES:
            key = actions.key_text(action_id, session.settings)
            button = QPushButton(f"{words}    {key}")
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAccessibleName(f"{words}, key {key}")
            button.clicked.connect(lambda _=False, action_id=action_id: self.asked.emit(action_id))
            self.buttons[action_id] = button
            foot.addWidget(button)
        line = QFrame()
        line.setProperty("role", "line")
        split = QFrame()
        split.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(body, 1)
        layout.addWidget(line)
        layout.addLayout(foot)
        for one, other in ((self.panes.left, self.panes.right), (self.panes.right, self.panes.left)):
            one.view.pane.verticalScrollBar().valueChanged.connect(
                lambda _value, one=one, other=other: self._scroll(one, other)
            )

    def show_task(self, task: PairTask, rest: str) -> None:
        """Show the next pair, both answers from their beginning."""
        self.task = task
        self.bar.show_place("Pair", task.number, task.total, task.number - 1, rest)
        self.question.show_question(task.question)
        self.sources.show_sources(task.question.reference, documents_of(task.question, task.left, task.right))
        self._following = True
        self.panes.left.view.set_text(task.left.text)
        self.panes.right.view.set_text(task.right.text)
        self._following = False
        self._mark()
        self.setFocus()

    # -- toggles

    def toggle_differences(self) -> None:
        """Mark the words in which the answers differ, or stop."""
        self.shows_differences = not self.shows_differences
        self._mark()

    def toggle_scroll(self) -> None:
        """Scroll both panes together, or each alone."""
        self.scrolls_together = not self.scrolls_together
        self._mark()

    def _mark(self) -> None:
        self.buttons["compare.differences"].setChecked(self.shows_differences)
        self.buttons["compare.scroll_together"].setChecked(self.scrolls_together)
        if self.task is None:
            return
        found = differences(self.task.left.text, self.task.right.text) if self.shows_differences else ([], [])
        if found is None:
            tell(self, "These answers are too long to mark their differences.")
            found = ([], [])
        self.panes.left.view.mark_spans(found[0])
        self.panes.right.view.mark_spans(found[1])

    # -- scrolling

    def _scroll(self, one: _Pane, other: _Pane) -> None:
        """Bring the other pane to the same share of its text."""
        if self._following or not self.scrolls_together:
            return
        mine, its = one.view.pane.verticalScrollBar(), other.view.pane.verticalScrollBar()
        self._following = True
        its.setValue(round(its.maximum() * mine.value() / mine.maximum()) if mine.maximum() else 0)
        self._following = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keys act on the pair."""
        super().focusInEvent(event)
        self.panes.frame.show()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they do not."""
        super().focusOutEvent(event)
        self.panes.frame.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page keys and Space scroll both answers."""
        bars = [pane.view.pane.verticalScrollBar() for pane in (self.panes.left, self.panes.right)]
        key = event.key()
        back = key == Qt.Key.Key_PageUp or (
            key == Qt.Key.Key_Space and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        )
        if key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp, Qt.Key.Key_Space):
            step = max(bar.pageStep() for bar in bars)
            longest = max(bars, key=lambda bar: bar.maximum())
            longest.setValue(longest.value() + (-step if back else step))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            for bar in bars:
                bar.setValue(bar.maximum() if key == Qt.Key.Key_End else 0)
        else:
            super().keyPressEvent(event)


_ARROWS = {"Left": "←", "Right": "→", "Up": "↑", "Down": "↓"}
