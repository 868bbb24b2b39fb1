"""The keys of every action, to look at and to change; a key that is taken is refused and its holder named."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.settings import Settings
from reviewer.ui import actions, theme
from reviewer.ui.messages import plain_label

__all__ = ["KeysPage"]


class _KeyField(QKeySequenceEdit):
    """Takes any key but the three that lead out of it: Tab, Shift+Tab and Escape."""

    left = Signal()
    """Escape was pressed."""

    def event(self, event: QEvent) -> bool:
        """Move on with Tab and go with Escape, as in every other field."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
            if plain and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape):
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    if event.key() == Qt.Key.Key_Escape:
                        self.left.emit()
                    else:
                        self.focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
                return True
        return super().event(event)


class KeysPage(QWidget):
    """A list to choose from, and below it a field that takes the new key."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find an action")
        self.filter.setAccessibleName("Find an action")
        self.filter.textChanged.connect(self._narrow)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Actions and their keys")
        self.list.setHeaderLabels(["Action", "Where", "Keys"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.list.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        for spec in actions.ACTIONS:
            item = QTreeWidgetItem([actions.plain_title(spec), spec.menu.replace("/", " › "), ""])
            item.setData(0, Qt.ItemDataRole.UserRole, spec.id)
            self.list.addTopLevelItem(item)
            self._items[spec.id] = item
        self.edit = _KeyField()
        self.edit.setAccessibleName("New key")
        self.edit.setMaximumSequenceLength(1)
        self.edit.setClearButtonEnabled(True)
        self.edit.left.connect(self.list.setFocus)
        inner = self.edit.findChild(QLineEdit)
        if inner is not None:
            inner.setAccessibleName("New key")
        self.use = self._button("Use this key", self._use)
        self.default = self._button("Default", self._default)
        self.all_default = self._button("All to default", self._all_default)
        self.says = plain_label("", "smallmuted", wrap=True)
        self.says.setMinimumHeight(self.says.fontMetrics().height() * 2)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.edit, 1)
        for button in (self.use, self.default, self.all_default):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 12, 20, 0)
        layout.setSpacing(8)
        layout.addWidget(self.filter)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addWidget(self.says)
        self.list.currentItemChanged.connect(lambda *_: self._show_current())
        self._show_keys()
        self.choose(actions.ACTIONS[0].id)

    def _button(self, words: str, act: object) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def choose(self, action_id: str) -> None:
        """Select an action, listed again where the filter hid it."""
        if self._items[action_id].isHidden():
            self.filter.clear()
        self.list.setCurrentItem(self._items[action_id])

    def _current(self) -> actions.ActionSpec | None:
        item = self.list.currentItem()
        return actions.by_id(item.data(0, Qt.ItemDataRole.UserRole)) if item is not None else None

    def _show_current(self) -> None:
        spec = self._current()
        self.edit.clear()
        self._say("")
        for control in (self.edit, self.use, self.default):
            control.setEnabled(spec is not None)
        if spec is not None:
            keys = actions.keys_of(spec, self._settings)
            self.edit.setKeySequence(QKeySequence(keys[0]) if keys else QKeySequence())

    def _show_keys(self) -> None:
        own = self._settings.get("keys")
        for action_id, item in self._items.items():
            keys = actions.keys_of(actions.by_id(action_id), self._settings)
            native = (QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
            item.setText(2, "   ".join(native) + ("  (changed)" if action_id in own else ""))

    def _narrow(self, text: str) -> None:
        wanted = text.casefold().strip()
        for item in self._items.values():
            words = " ".join(item.text(column) for column in range(3)).casefold()
            item.setHidden(wanted not in words)
        # What is changed is always a line that can be seen.
        current = self.list.currentItem()
        if current is None or current.isHidden():
            visible = next((item for item in self._items.values() if not item.isHidden()), None)
            if visible is not None:
                self.list.setCurrentItem(visible)
            else:
                self.list.setCurrentIndex(QModelIndex())

    def _use(self) -> None:
        spec = self._current()
        if spec is None:
            return
        key = self.edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        taken = actions.clashes(spec, key, self._settings) if key else []
        if taken:
            shown = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
            holder = actions.plain_title(taken[0])
            self._say(f"{shown} already means “{holder}”. Choose another, or free it there first.", True)
            return
        self._keep({**self._settings.get("keys"), spec.id: key})
        self._say("Changed." if key else "It has no key now; the menu and the palette still reach it.")

    def _default(self) -> None:
        spec = self._current()
        if spec is None:
            return
        own = self._settings.get("keys")
        own.pop(spec.id, None)
        taken = [other for key in spec.keys for other in actions.clashes(spec, key, self._settings)]
        if taken:
            self._say(f"Its default key now means “{actions.plain_title(taken[0])}”. Free it there first.", True)
            return
        self._keep(own)
        self._show_current()

    def _all_default(self) -> None:
        self._keep({})
        self._show_current()

    def _keep(self, keys: dict[str, str]) -> None:
        self._settings.set("keys", keys)
        self._show_keys()

    def _say(self, text: str, bad: bool = False) -> None:
        self.says.setText(text)
        theme.dress(self.says, "bad" if bad else "smallmuted")
