"""The page without a project: what Reviewer is, how to begin, and what was open last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from reviewer.ui import actions, theme
from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session
from reviewer.ui.widgets.sign import Sign

__all__ = ["FirstRun"]

WIDTH = 560
WAYS = (
    ("file.new", "new", "New project", "One file for your examples, labels and eval sets"),
    ("file.open", "open", "Open a project", "A .reviewer file; you can also drop it on this window"),
    ("help.demo", "demo", "Try the demo", "A utility's support log, ready to label, freeze and compare"),
)


class FirstRun(QWidget):
    """Three ways in, each with its key, and the recent projects."""

    def __init__(self, session: Session, run_action: Callable[[str], None]) -> None:
        super().__init__()
        self.session = session
        self.setAccessibleName("Start")
        column = QWidget()
        column.setFixedWidth(WIDTH * theme.zoom() // 100)
        theme.changed.connect(self._fit_to_text)
        self._column = column
        inside = QVBoxLayout(column)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(plain_label("Reviewer", "figure"))
        inside.addWidget(
            plain_label(
                "Find out why a model fails, and build the eval set that proves it.\n"
                "Then compare two models blind, correctness first. Everything stays on this machine.",
                "muted",
                wrap=True,
            )
        )
        inside.addSpacing(12)
        self.ways: list[QPushButton] = []
        for action_id, sign, title, hint in WAYS:
            button = _Way(sign, title, hint, actions.key_text(action_id, session.settings))
            button.clicked.connect(lambda _checked=False, action_id=action_id: run_action(action_id))
            inside.addWidget(button)
            self.ways.append(button)
        inside.addSpacing(16)
        self.recent_head = plain_label("Recent projects", "caps")
        inside.addWidget(self.recent_head)
        self.recent = QListWidget()
        self.recent.setAccessibleName("Recent projects")
        self.recent.setProperty("role", "plain")
        self.recent.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.recent.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.recent.itemActivated.connect(self._open)
        self.recent.itemClicked.connect(self._open)
        inside.addWidget(self.recent)
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(column)
        across.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(across)
        layout.addStretch(3)
        self.refresh()

    def _fit_to_text(self) -> None:
        self._column.setFixedWidth(WIDTH * theme.zoom() // 100)
        self.refresh()

    def refresh(self) -> None:
        """List the recent projects as they are now; one whose file is missing stands greyed."""
        self.recent.clear()
        names = self.session.settings.get("recent")
        for name in names:
            path = Path(name)
            item = QListWidgetItem(f"{path.stem}   {path.parent}")
            item.setData(Qt.ItemDataRole.UserRole, name)
            if not path.is_file():
                item.setText(item.text() + "   (missing)")
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.recent.addItem(item)
        row = max(26, self.recent.sizeHintForRow(0)) if names else 0
        self.recent.setFixedHeight(min(len(names), 6) * row + 4)
        self.recent.setVisible(bool(names))
        self.recent_head.setVisible(bool(names))

    def _open(self, item: QListWidgetItem) -> None:
        self.session.open(Path(item.data(Qt.ItemDataRole.UserRole)))


class _Way(QPushButton):
    """A wide button: what it does in two lines, and its key."""

    def __init__(self, sign: str, title: str, hint: str, key: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.setAccessibleDescription(hint)
        self.setProperty("role", "way")
        mark = Sign(sign, 20)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(plain_label(title, "head"))
        words.addWidget(plain_label(hint, "smallmuted"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 14, 6)
        row.setSpacing(14)
        row.addWidget(mark)
        row.addLayout(words, 1)
        row.addWidget(plain_label(key, "key"), 0, Qt.AlignmentFlag.AlignVCenter)
        for child in (mark, *self.findChildren(QLabel)):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
