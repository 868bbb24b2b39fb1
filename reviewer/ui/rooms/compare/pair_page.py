"""Steps two and three: two answers side by side, alike to the pixel; which is better, and which is the tuned one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from reviewer.compare.judgments import GuessTask, PairTask
from reviewer.formats.word_differences import Span, aligned
from reviewer.ui import actions, theme
from reviewer.ui.messages import plain_label, tell
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
STEP_PAIR = "Step 2: which answer is better?"
STEP_GUESS = "Step 3: which answer is the tuned variant's?"
WHY_GUESS = (
    "All pairs are judged. A guess is enough, and it changes none of them: it shows whether the study stayed blind."
)
GUESSES = {"compare.left": "A is the tuned one", "compare.right": "B is the tuned one"}


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
        self.bar = JudgingBar(STEP_PAIR)
        self.why = plain_label(WHY_GUESS, "muted", wrap=True)
        self.why.setContentsMargins(16, 10, 16, 10)
        self.why.hide()
        self._places: list[tuple[Span, Span]] = []
        self._place = -1
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
        self._keys: dict[str, str] = {}
        foot.addStretch(1)
        for action_id, _ in CHOICES:
            key = actions.key_text(action_id, session.settings)
            self._keys[action_id] = key
            button = QPushButton()
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumWidth(130)
            button.clicked.connect(lambda _=False, action_id=action_id: self.asked.emit(action_id))
            self.buttons[action_id] = button
            foot.addWidget(button)
        self._name_buttons(dict(CHOICES))
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
        layout.addWidget(self.why)
        layout.addWidget(body, 1)
        layout.addWidget(line)
        layout.addLayout(foot)
        for one, other in ((self.panes.left, self.panes.right), (self.panes.right, self.panes.left)):
            one.view.pane.verticalScrollBar().valueChanged.connect(
                lambda _value, one=one, other=other: self._scroll(one, other)
            )

    def _name_buttons(self, words: dict[str, str]) -> None:
        """Have the buttons say these words; those without any are not shown."""
        for action_id, key in self._keys.items():
            button = self.buttons[action_id]
            if button.parent() is not None:  # alone, it would be shown as a window
                button.setVisible(action_id in words)
            if action_id in words:
                button.setText(f"{words[action_id]}    {_ARROWS.get(key, key)}")
                button.setAccessibleName(f"{words[action_id]}, key {key}")

    @property
    def guessing(self) -> bool:
        """Whether the pair is shown to guess which answer is the tuned variant's."""
        return isinstance(self.task, GuessTask)

    def show_task(self, task: PairTask, rest: str) -> None:
        """Show the next pair, both answers from their beginning and in the same dress."""
        self.task = task
        self.bar.step.setText(STEP_GUESS if self.guessing else STEP_PAIR)
        self.why.setVisible(self.guessing)
        self._name_buttons(GUESSES if self.guessing else dict(CHOICES))
        self.bar.show_place("Guess" if self.guessing else "Pair", task.number, task.total, task.number - 1, rest)
        self.question.show_question(task.question)
        self.sources.show_sources(task.question.reference, documents_of(task.question, task.left, task.right))
        self._following = True
        for pane, side in ((self.panes.left, task.left), (self.panes.right, task.right)):
            pane.view.original = task.original
            pane.view.set_text(side.text)
        self._following = False
        self._places, self._place = [], -1
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
        places = aligned(self.task.left.text, self.task.right.text) if self.shows_differences else []
        if places is None:
            tell(self, "These answers are too long to mark their differences.")
        self._places = places or []
        for pane, number in ((self.panes.left, 0), (self.panes.right, 1)):
            pane.view.mark_spans([place[number] for place in self._places if place[number][1] > place[number][0]])

    def go_to_difference(self, step: int) -> None:
        """Bring the next place where the answers differ into sight in both panes, or with −1 the one before."""
        if not self.shows_differences:
            self.shows_differences = True
            self._mark()
        if not self._places:
            if self.task is not None and self.task.left.text == self.task.right.text:
                tell(self, "The answers have the same words.")
            return
        self._place = (self._place + step) % len(self._places) if self._place >= 0 else (0 if step > 0 else -1)
        self._place %= len(self._places)
        together, self.scrolls_together = self.scrolls_together, False
        for pane, (start, end) in zip((self.panes.left, self.panes.right), self._places[self._place], strict=True):
            # Where one answer has nothing, the word before shows the place.
            pane.view.select_span(start if end > start else max(0, start - 1), max(end, start, 1))
        self.scrolls_together = together
        tell(self, f"Difference {self._place + 1} of {len(self._places)}")

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
