"""The codebook: rename, redefine, merge, split, add, reorder. Every change is saved at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPainter, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.triage.taxonomies import Category
from reviewer.ui import messages, theme
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.triage.category_row import paint_mark
from reviewer.ui.session import Session

__all__ = ["CodebookDialog"]


class CodebookDialog(QDialog):
    """The categories at the left, the chosen one's words and what can be done with it at the right."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Codebook")
        self.setAccessibleName("Codebook")
        self.resize(760, 480)
        self._session = session
        self._categories: list[Category] = []
        self.list = QListWidget()
        self.list.setAccessibleName("Categories")
        self.list.setMinimumWidth(280)
        self.list.currentRowChanged.connect(self._show_chosen)
        self.name = QLineEdit()
        self.name.setAccessibleName("Name")
        self.name.setMaxLength(80)
        self.name.editingFinished.connect(self.rename)
        self.definition = QPlainTextEdit()
        self.definition.setAccessibleName("Definition")
        self.definition.setTabChangesFocus(True)
        self.definition.setPlaceholderText("One sentence that says what belongs here")
        self.count = plain_label("", "smallmuted")
        self.count.setAccessibleName("Labels of this category")
        self.buttons = {
            name: self._button(words, keys, act)
            for name, words, keys, act in (
                ("add", "&Add…", "Ctrl+N", self.ask_add),
                ("up", "Move &up", "Alt+Up", lambda: self.move_category(-1)),
                ("down", "Move &down", "Alt+Down", lambda: self.move_category(1)),
                ("merge", "&Merge into…", "Ctrl+M", self.ask_merge),
                ("split", "&Split…", "Ctrl+L", self.ask_split),
                ("retire", "&Retire", "Ctrl+Backspace", self.retire),
            )
        }
        self._build()
        QShortcut(QKeySequence("Ctrl+Z"), self.list, lambda: self._replay("undo"))
        QShortcut(QKeySequence("Ctrl+Shift+Z"), self.list, lambda: self._replay("redo"))
        session.changed.connect(self._changed)
        self.read()
        self.list.setFocus()

    def _build(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("&Name", self.name)
        form.addRow("De&finition", self.definition)
        form.addRow("", self.count)
        deeds = QHBoxLayout()
        deeds.setSpacing(8)
        for name in ("merge", "split", "retire"):
            deeds.addWidget(self.buttons[name])
        deeds.addStretch(1)
        order = QHBoxLayout()
        order.setSpacing(8)
        for name in ("add", "up", "down"):
            order.addWidget(self.buttons[name])
        order.addStretch(1)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addLayout(order)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addLayout(deeds)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(left, 2)
        columns.addLayout(right, 3)
        close = QPushButton("Close")
        close.setAccessibleName("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(plain_label("The order is that of the number keys. Ctrl+Z in the list undoes.", "smallmuted"))
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addLayout(columns, 1)
        layout.addLayout(foot)

    def _button(self, words: str, keys: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(words)
        button.setAutoDefault(False)
        QShortcut(QKeySequence(keys), self, act)  # a button's own shortcut would act only after its animation
        button.setToolTip(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
        button.setAccessibleName(words.replace("&", "").removesuffix("…"))
        button.clicked.connect(act)
        return button

    # -- showing

    def _changed(self, changes: object) -> None:
        if isinstance(changes, Changes) and changes.tables & {"categories", "labels"}:
            self.read()

    def read(self) -> None:
        """Read the codebook again, keeping the chosen category."""
        project = self._session.project
        if project is None:
            self.reject()
            return
        chosen = self.chosen
        self._categories = project.categories.list()
        self._counts = project.categories.label_counts()
        self.list.blockSignals(True)
        self.list.clear()
        for number, category in enumerate(self._categories, 1):
            key = str(number) if number < 10 else " "
            self.list.addItem(QListWidgetItem(_mark(category.color), f"{key}  {category.name}"))
        ids = [category.id for category in self._categories]
        row = ids.index(chosen.id) if chosen is not None and chosen.id in ids else 0
        self.list.blockSignals(False)
        self.list.setCurrentRow(row)
        self._show_chosen(row)

    @property
    def chosen(self) -> Category | None:
        """The category that is shown at the right."""
        row = self.list.currentRow()
        return self._categories[row] if 0 <= row < len(self._categories) else None

    def choose(self, category_id: int) -> None:
        """Show one category at the right."""
        for row, category in enumerate(self._categories):
            if category.id == category_id:
                self.list.setCurrentRow(row)

    def _show_chosen(self, _row: int) -> None:
        self._keep_definition()
        category = self.chosen
        self._shown = category
        if category is not None:
            self.name.setText(category.name)
            self.definition.setPlainText(category.definition)
            count = self._counts.get(category.id, 0)
            self.count.setText(f"{count:,} label{'' if count == 1 else 's'}   ·   in files: {category.code}")

    _shown: Category | None = None

    def _keep_definition(self) -> None:
        shown, project = self._shown, self._session.project
        text = self.definition.toPlainText().strip()
        if shown is not None and project is not None and text != shown.definition:
            self._shown = None
            self._perform(lambda project, who: project.categories.redefine(shown.id, text, who))

    def done(self, result: int) -> None:
        """Keep what is written before closing."""
        self.rename()
        self._keep_definition()
        super().done(result)

    # -- changing

    def _perform(self, act: Callable[[Project, int], Changes]) -> bool:
        project = self._session.project
        if project is None:
            return False
        who = self._session.annotator_id
        return self._session.perform(lambda: act(project, who)) is not None

    def _replay(self, verb: str) -> None:
        self._shown = None
        getattr(self._session, verb)()
        self.read()

    def rename(self) -> None:
        """Give the chosen category the name that is written."""
        category, name = self._shown, " ".join(self.name.text().split())
        if category is None or name == category.name or not name:
            return
        if not self._perform(lambda project, who: project.categories.rename(category.id, name, who)):
            self.name.setText(category.name)

    def ask_add(self) -> None:
        """Ask for a name and add a category at the end."""

        def add(name: str) -> None:
            if self._perform(lambda project, who: project.categories.add(name, "", who)):
                self.choose(self._categories[-1].id)
                self.definition.setFocus()

        messages.ask_text(self, "Add a category", "Its name", add, yes="Add")

    def move_category(self, by: int) -> None:
        """Move the chosen category up or down."""
        row = self.list.currentRow()
        if not (0 <= row < len(self._categories) and 0 <= row + by < len(self._categories)):
            return
        ids = [category.id for category in self._categories]
        ids[row], ids[row + by] = ids[row + by], ids[row]
        self._perform(lambda project, who: project.categories.reorder(ids, who))

    def retire(self) -> None:
        """Take the chosen category out of the codebook; its labels keep it."""
        category = self.chosen
        if category is not None:
            self._perform(lambda project, who: project.categories.retire(category.id, who))

    def ask_merge(self) -> None:
        """Ask into which category the chosen one goes."""
        category = self.chosen
        if category is None or len(self._categories) < 2:
            return
        others = [item for item in self._categories if item.id != category.id]
        dialog = _Ask(self, f"Merge {category.name} into", "Its labels move there; undo brings them back.", "Merge")
        target = QComboBox()
        target.setAccessibleName("Merge into")
        for item in others:
            target.addItem(_mark(item.color), item.name)
        dialog.add(target)

        def merge() -> None:
            into = others[target.currentIndex()].id
            if self._perform(lambda project, who: project.categories.merge(category.id, into, who)):
                self.choose(into)

        dialog.accepted.connect(merge)
        dialog.open()

    def ask_split(self) -> None:
        """Ask for the names of the new categories, a line each."""
        category, project = self.chosen, self._session.project
        if category is None or project is None:
            return
        mine, others = project.categories.split_counts(category.id, self._session.annotator_id)
        again = _again(mine, others, "will wait")
        dialog = _Ask(
            self, f"Split {category.name} into", f"One new category a line: name: definition. {again}", "Split"
        )
        field = QPlainTextEdit()
        field.setAccessibleName("New categories, one a line")
        field.setTabChangesFocus(True)
        field.setMinimumHeight(96)
        dialog.add(field)

        def split() -> None:
            parts = []
            for line in field.toPlainText().splitlines():
                name, _, definition = line.partition(":")
                if name.strip():
                    parts.append((name.strip(), definition.strip()))
            self._shown = None
            if self._perform(lambda project, who: project.categories.split(category.id, parts, who)):
                messages.tell(self.parentWidget(), _again(mine, others, "wait"))
            self.read()

        dialog.accepted.connect(split)
        dialog.open()


class _Ask(QDialog):
    """One question with one field."""

    def __init__(self, parent: QWidget, what: str, rest: str, yes: str) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(what)
        self.setAccessibleName(what)
        self.setMinimumWidth(420)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(20, 20, 20, 16)
        self._layout.setSpacing(12)
        self._layout.addWidget(plain_label(what, "head", wrap=True))
        self._layout.addWidget(plain_label(rest, "muted", wrap=True))
        go = QPushButton(yes)
        go.setAccessibleName(yes)
        theme.dress(go, "primary")
        go.setDefault(True)
        go.clicked.connect(self.accept)
        cancel = QPushButton("Cancel")
        cancel.setAccessibleName("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self._foot = QHBoxLayout()
        self._foot.addStretch(1)
        self._foot.addWidget(cancel)
        self._foot.addWidget(go)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.accept)

    def add(self, field: QWidget) -> None:
        """Put the field between the words and the buttons."""
        self._layout.addWidget(field)
        self._layout.addLayout(self._foot)
        field.setFocus()


def _again(mine: int, others: int, wait: str) -> str:
    """Whose labels get a second look after a split: everybody sees only their own in that queue."""
    if not mine + others:
        return "It has no label that would need a second look."
    own = f"{mine:,} of your labels" if mine else "None of your labels"
    said = f"{own} {wait} in “To look at again”"
    return f"{said}; {others:,} of others’ labels {wait} in theirs." if others else f"{said}."


def _mark(color: str) -> QIcon:
    pixmap = QPixmap(QSize(14, 14))
    pixmap.fill(QColor(0, 0, 0, 0))
    painter = QPainter(pixmap)
    paint_mark(painter, 1, 1, color, 11)
    painter.end()
    return QIcon(pixmap)
