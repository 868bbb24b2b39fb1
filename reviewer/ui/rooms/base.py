"""What a room is: a page of the house that brings its own commands and knows no other room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from reviewer.store.history import Changes
from reviewer.ui.session import Session

if TYPE_CHECKING:
    from reviewer.ui.widgets.reading_view import ReadingView

__all__ = ["Room"]


class Room(QWidget):
    """A page of the house. It is made when first shown, and told of changes whether it is shown or not."""

    room_id = ""
    title = ""

    status_changed = Signal()
    """What `status_text` or `unsaved` says has changed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setObjectName(self.room_id)
        self.setAccessibleName(f"{self.title} room")
        self._kept_views: list[ReadingView] = []
        session.changed.connect(self._hear)
        session.closing.connect(self._leave)
        session.setting_changed.connect(self._follow_setting)

    def commands(self) -> dict[str, Callable[[], None]]:
        """The room's handler for each action id of `ui/actions.py` that it carries out."""
        return {}

    def enabled(self, action_id: str) -> bool:
        """Whether the action can be done now; asked before a menu opens and before a key acts."""
        return self.session.project is not None

    def may_undo(self) -> bool:
        """Whether Undo and Redo make sense on what is shown; where a person's acts are final, they do not."""
        return True

    def checked(self, action_id: str) -> bool:
        """Whether a checkable action is on."""
        return False

    def action_title(self, action_id: str) -> str:
        """The menu's words for an action where they change with the state; empty for the table's own."""
        return ""

    def refresh(self) -> None:
        """Show the project as it is now; called when the room is shown and when a project was opened or closed."""

    def on_changed(self, changes: Changes) -> None:
        """Follow what an action touched."""

    def show_example(self, example_id: int) -> None:
        """Bring this example on screen: after Undo, and when another room points here."""

    def import_files(self, paths: Sequence[Path]) -> None:
        """Take in files that were dropped on the window; the Examples room does."""

    def unsaved(self) -> bool:
        """Whether something typed is not on the disk yet."""
        return False

    def leave(self) -> None:
        """Save what was typed: the project is about to be closed."""

    def status_text(self) -> str:
        """The room's words in the status line."""
        return ""

    def keep_splitter(self, splitter: QSplitter, name: str, sizes: list[int]) -> None:
        """Give a splitter its sizes of last time, or these, and remember what the person makes of it."""
        key = f"{self.room_id}.{name}"
        splitter.setObjectName(key)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes(sizes)
        saved = self.session.settings.get("layout").get(key, "")
        if saved:
            splitter.restoreState(QByteArray.fromBase64(QByteArray(saved.encode("ascii", "ignore"))))

        def remember() -> None:
            state = bytes(splitter.saveState().toBase64().data()).decode("ascii")
            self.session.settings.set("layout", {**self.session.settings.get("layout"), key: state})

        # A drag moves it many times; its end is written once.
        settled = QTimer(splitter, singleShot=True, interval=300)
        settled.timeout.connect(remember)
        splitter.splitterMoved.connect(lambda *_: settled.start())

    def keep_reading(self, view: ReadingView) -> None:
        """Have a view show text rendered or as source, and invisibles or not, as was chosen last in any room."""
        settings = self.session.settings
        self._kept_views.append(view)
        self._follow_setting("text_view")
        self._follow_setting("show_invisibles")
        view.mode_changed.connect(lambda mode: settings.set("text_view", mode))
        view.reveal_changed.connect(lambda shown: settings.set("show_invisibles", shown))

    def _follow_setting(self, key: str) -> None:
        for view in self._kept_views:
            if key == "text_view":
                view.set_mode(self.session.settings.get(key))
            elif key == "show_invisibles":
                view.set_reveal(self.session.settings.get(key))

    def _leave(self) -> None:
        self.leave()

    def _hear(self, changes: object) -> None:
        if isinstance(changes, Changes):
            self.on_changed(changes)
