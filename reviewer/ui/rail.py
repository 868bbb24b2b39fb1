"""The rail: the rooms in the order in which data flows, and at its foot who is working."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, plain_tip
from reviewer.ui.session import Session

__all__ = ["Rail"]

WIDTH = 176


class Rail(QFrame):
    """A button for each room; the one that is shown is marked."""

    def __init__(self, session: Session, room_ids: Iterable[str], go: Callable[[str], object]) -> None:
        super().__init__()
        self.session = session
        self.setProperty("role", "rail")
        self.buttons: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 12, 8, 8)
        layout.setSpacing(2)
        self.project_name = plain_label("", "caps")
        self.project_name.setContentsMargins(10, 0, 4, 8)
        layout.addWidget(self.project_name)
        for room_id in room_ids:
            spec = actions.by_id(f"view.{room_id}")
            button = QPushButton(icon(room_id), "  " + actions.plain_title(spec))
            button.setProperty("role", "rail")
            button.setCheckable(True)
            button.setIconSize(QSize(16, 16))
            button.setAccessibleName(f"{actions.plain_title(spec)} room")
            button.setToolTip(f"{actions.plain_title(spec)}  {actions.key_text(spec.id, session.settings)}")
            button.clicked.connect(lambda _checked=False, room_id=room_id: self._go(room_id, go))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[room_id] = button
        layout.addStretch(1)
        self.annotator = QPushButton(icon("person"), "")
        self.annotator.setProperty("role", "rail")
        self.annotator.setIconSize(QSize(16, 16))
        self.annotator.setAccessibleName("Annotator")
        self.settings = QToolButton()
        self.settings.setIcon(icon("settings"))
        self.settings.setIconSize(QSize(16, 16))
        self.settings.setAccessibleName("Settings")
        self.settings.setToolTip("Settings")
        self.settings.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        foot = QHBoxLayout()
        foot.setSpacing(2)
        foot.addWidget(self.annotator, 1)
        foot.addWidget(self.settings)
        layout.addLayout(foot)
        session.annotator_changed.connect(self.show_annotator)
        theme.changed.connect(self._fit_to_text)
        self._fit_to_text()

    def _go(self, room_id: str, go: Callable[[str], object]) -> None:
        go(room_id)

    def _fit_to_text(self) -> None:
        self.setFixedWidth(WIDTH * theme.zoom() // 100)
        self.show_annotator()

    def mark(self, room_id: str) -> None:
        """Mark the room that is shown."""
        self.buttons[room_id].setChecked(True)

    def set_open(self, opened: bool) -> None:
        """Open or close the doors with the project."""
        for widget in (*self.buttons.values(), self.annotator):
            widget.setEnabled(opened)
        project = self.session.project
        self.project_name.setText(self._fit(self.project_name, project.name if project is not None else ""))
        self.project_name.setToolTip(plain_tip(str(project.path)) if project is not None else "")
        self.show_annotator()

    def show_annotator(self) -> None:
        """Show under whose name the work goes on."""
        name = self.session.annotator_name if self.session.project is not None else ""
        self.annotator.setVisible(bool(name))
        # A name comes out of a file as well: & would become a mnemonic.
        self.annotator.setText("  " + self._fit(self.annotator, name, 101).replace("&", "&&"))
        self.annotator.setToolTip("Switch annotator")
        self.annotator.setAccessibleName(f"Annotator {name}" if name else "Annotator")

    def _fit(self, widget: QWidget, text: str, less: int = 34) -> str:
        return widget.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, self.width() - less)
