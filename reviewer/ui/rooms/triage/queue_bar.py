"""The bar over the conversation: where in the queue, which pass, which example, and why this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from reviewer.intake.examples import Example
from reviewer.triage.queues import KINDS, PASSES, Queue, Stop
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, plain_tip
from reviewer.ui.session import Session
from reviewer.ui.widgets.sign import Sign

__all__ = ["QueueBar"]


class QueueBar(QFrame):
    """Two thin lines; every button is also an action of the table."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setProperty("role", "bar")
        self.setAccessibleName("Queue")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.previous = self._tool("go.previous", "previous", "Previous example")
        self.place = plain_label("")
        self.place.setAccessibleName("Place in the queue")
        self.next = self._tool("go.next", "next", "Next example")
        self.pass_kind = self._menu_button("triage.pass_kind", "Pass")
        self.kind = self._menu_button("triage.queue", "Queue")
        self.variant = self._menu_button("triage.variant", "Variant")
        self.source = self._tool("view.source", "source", "Show the source instead of rendered text")
        self.source.setCheckable(True)
        self.find_button = self._tool("edit.find", "search", "Find in text")
        self.report = self._menu_button("triage.report", "Report")
        self.report.setIcon(icon("report"))
        self.report.setText("Report")
        self.example = plain_label("", "smallmuted")
        self.example.setAccessibleName("Example")
        self._flag = Sign("flag", 14, "warn")
        self.mark = plain_label("", "warn")
        self.mark.setAccessibleName("Flagged or excluded")
        self.why = plain_label("", "smallmuted")
        self.why.setAccessibleName("Why this example")
        self._build()

    def _build(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(2)
        first.addWidget(self.previous)
        first.addWidget(self.place)
        first.addWidget(self.next)
        first.addSpacing(12)
        for button in (self.pass_kind, self.kind, self.variant):
            first.addWidget(button)
        first.addStretch(1)
        first.addWidget(self.source)
        first.addWidget(self.find_button)
        first.addWidget(self.report)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self.example)
        second.addWidget(self._flag)
        second.addWidget(self.mark)
        second.addStretch(1)
        second.addWidget(self.why)
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        inner = QVBoxLayout()
        inner.setContentsMargins(12, 6, 12, 6)
        inner.setSpacing(2)
        inner.addLayout(first)
        inner.addLayout(second)
        second.setContentsMargins(8, 0, 4, 0)
        layout.addLayout(inner)
        layout.addWidget(line)

    def _tool(self, action_id: str, picture: str, name: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(picture))
        self._bind(button, action_id, name)
        return button

    def _menu_button(self, action_id: str, name: str) -> QPushButton:
        button = QPushButton()
        theme.dress(button, "quiet")
        self._bind(button, action_id, name)
        return button

    def _bind(self, button: QToolButton | QPushButton, action_id: str, name: str) -> None:
        key = actions.key_text(action_id, self._session.settings)
        button.setAccessibleName(name)
        button.setToolTip(f"{name}  {key}" if key else name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.asked.emit(action_id))

    def show_stop(self, queue: Queue | None, stop: Stop | None, example: Example | None) -> None:
        """Show where the annotator stands and which example it is."""
        if queue is not None:
            self.pass_kind.setText(f"{PASSES[queue.pass_]}  ▾")
            self.kind.setText(f"{KINDS[queue.kind]}  ▾")
            variant = queue.variant
            name = variant.name if variant is not None else "no outputs"
            self.variant.setText(f"{_short(name, 28)}  ▾".replace("&", "&&"))
            self.variant.setAccessibleName(f"Variant {name}")
            self.pass_kind.setAccessibleName(f"Pass: {PASSES[queue.pass_]}")
            self.kind.setAccessibleName(f"Queue: {KINDS[queue.kind]}")
        if queue is None or stop is None or example is None:
            self.place.setText("")
            self.example.setText("")
            self.why.setText("")
            self.mark.setText("")
            self._flag.setVisible(False)
            return
        self.place.setText("aside" if stop.aside else f"{queue.position:,} of {queue.total:,}")
        parts = [example.workflow, example.key]
        if example.occurred_ms is not None:
            parts.append(datetime.fromtimestamp(example.occurred_ms / 1000, UTC).strftime("%-d %b %Y"))
        self.example.setText(_short("  ·  ".join(part for part in parts if part), 90))
        self.why.setText(f"Why this one: {_short(stop.why, 80)}")
        self.why.setToolTip(plain_tip(stop.why))
        words = ["flagged"] if example.flagged else []
        if example.excluded:
            words.append(f"excluded: {_short(example.exclude_reason, 40)}")
        self.mark.setText(", ".join(words))
        self._flag.setVisible(bool(words))

    def choose(self, button: QWidget, entries: list[tuple[str, str, bool]], done: Callable[[str], None]) -> QMenu:
        """Open a menu under a button: id, words and whether it is the present one."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for number, (value, words, present) in enumerate(entries, 1):
            mnemonic = f"&{number}  " if number < 10 else ""
            entry = QAction(mnemonic + words.replace("&", "&&"), menu)
            entry.setCheckable(True)
            entry.setChecked(present)
            entry.triggered.connect(lambda _=False, value=value: done(value))
            menu.addAction(entry)
            if present:
                menu.setActiveAction(entry)
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))
        return menu


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
