"""The table of examples: as long as the filter's result, a page of it in memory where it is looked at."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from reviewer.intake.examples import Examples
from reviewer.intake.heads import Head
from reviewer.intake.pages import PAGE, ExampleRow, Outline
from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.rooms.examples.row_painter import Cell, RowPainter

__all__ = ["ExampleModel", "ExampleTable"]

ROW_HEIGHT = 26
_KEPT_PAGES = 60
Index = QModelIndex | QPersistentModelIndex

COLUMNS = (
    # title, width, shown from this width of the table on
    ("Id", 94, 0),
    ("Workflow", 104, 460),
    ("Text", 0, 0),
    ("Label", 124, 560),
    ("Slice", 96, 740),
    ("Variants", 170, 860),
    ("When", 96, 1000),
    ("State", 0, 0),
)
_TEXT = 2
_STATE = len(COLUMNS) - 1
_STATE_ICON, _STATE_WORDS = 40, 104
_ROOMY = 640
_USUAL_LINE = 17
"""The height of a line, in pixels, at which the widths above hold; larger text widens the columns."""


class ExampleModel(QAbstractTableModel):
    """The rows of one outline, read a page at a time when the view asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self._examples: Examples | None = None
        self._outline: Outline | None = None
        self._pages: OrderedDict[int, list[ExampleRow]] = OrderedDict()
        self._icons = {"exclude": icon("exclude"), "flag": icon("flag", "warn"), "stale": icon("history", "warn")}
        self._muted_color = QColor(theme.tokens().muted)
        self.narrow = False
        """Whether the state shows as its icon alone, its words in the tooltip."""

    def show_head(self, examples: Examples, head: Head) -> None:
        """List the first page, until `show` brings the rest."""
        self.beginResetModel()
        ids = array("q", (row.id for row in head.rows))
        self._examples, self._outline = examples, Outline(len(ids), ids, True, "1", ())
        self._pages.clear()
        self._pages[0] = list(head.rows)
        self.endResetModel()

    def show(self, examples: Examples | None, outline: Outline | None) -> None:
        """List an outline from its beginning; where its first page is listed already, the rest is put below that."""
        if outline is not None and examples is self._examples and self._begins(outline):
            more = outline.total - self.rowCount()
            if more:
                self.beginInsertRows(QModelIndex(), self.rowCount(), outline.total - 1)
            self._outline = outline
            if more:
                self.endInsertRows()
            return
        self.beginResetModel()
        self._examples, self._outline = examples, outline
        self._pages.clear()
        self.endResetModel()

    def _begins(self, outline: Outline) -> bool:
        """Whether an outline begins with the page that `show_head` listed."""
        head = self._outline
        if head is None or not head.explicit or 0 not in self._pages or not 0 < head.total <= PAGE:
            return False
        if [row.id for row in self._pages[0]] != list(head.anchors) or outline.total < head.total:
            return False
        if outline.explicit:
            return list(outline.anchors[: head.total]) == list(head.anchors)
        whole = outline.total == head.total if len(outline.anchors) == 1 else outline.anchors[1] > head.anchors[-1]
        return outline.anchors[0] == head.anchors[0] and whole and (head.total == PAGE or outline.total == head.total)

    def row(self, place: int) -> ExampleRow | None:
        """The example at a place; None when it is gone since."""
        if self._examples is None or self._outline is None or not 0 <= place < self._outline.total:
            return None
        number, offset = divmod(place, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = list(self._examples.page(self._outline, number))
            if len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page[offset] if offset < len(page) else None

    def place(self, example_id: int) -> int | None:
        """Where an example stands; None when it is not listed."""
        if self._examples is None or self._outline is None:
            return None
        return self._examples.place(self._outline, example_id)

    def renew(self, example_ids: Iterable[int]) -> None:
        """Read the pages of these examples again."""
        for example_id in example_ids:
            place = self.place(example_id)
            if place is not None:
                self._pages.pop(place // PAGE, None)
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many examples the filter means."""
        return 0 if parent.isValid() or self._outline is None else self._outline.total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's name."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return "" if section == _STATE and self.narrow else COLUMNS[section][0]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows; imported text as one plain line."""
        if role not in _ROLES:
            return None
        row = self.row(index.row())
        column = index.column()
        if row is None:
            return "removed" if role == _DISPLAY and column == _TEXT else None
        if role == _DISPLAY:
            return "" if column == _STATE and self.narrow else _text(row, column)
        if role == _FOREGROUND:
            return self._muted() if row.excluded or column in _MUTED else None
        if column != _STATE:
            return None
        if role == _DECORATION:
            return self._icons.get(_sign(row))
        return _states(row)

    def cells(self, place: int, columns: Sequence[tuple[int, int, int]]) -> list[Cell]:
        """What a row shows in columns, of which each comes with its place and its width in pixels."""
        row = self.row(place)
        if row is None:
            return [Cell("removed", x, width) for column, x, width in columns if column == _TEXT]
        excluded = row.excluded
        found = []
        for column, x, width in columns:
            if column != _STATE:
                found.append(Cell(_text(row, column), x, width, excluded or column in _MUTED))
            elif excluded or row.flagged or row.stale:
                sign = self._icons[_sign(row)]
                found.append(Cell("" if self.narrow else _text(row, column), x, width, excluded, sign))
        return found

    def _muted(self) -> QColor:
        name = theme.tokens().muted
        if self._muted_color.name() != name.lower():
            self._muted_color = QColor(name)
        return self._muted_color


# Plain numbers: a repaint asks for a role a thousand times, and members of an enumeration compare slowly.
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_ROLES = frozenset(
    {_DISPLAY, _DECORATION, _FOREGROUND, int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole)}
)
_MUTED = frozenset({0, 4, 5, 6})


def _text(row: ExampleRow, column: int) -> str:
    if column == 0:
        return row.key
    if column == 1:
        return row.workflow
    if column == _TEXT:
        return row.snippet
    if column == 3:
        return row.label
    if column == 4:
        return row.slice
    if column == 5:
        return ", ".join(row.variants)
    if column == 6:
        return day(row.occurred_ms)
    return _states(row).partition(",")[0]


def _sign(row: ExampleRow) -> str:
    return "exclude" if row.excluded else "flag" if row.flagged else "stale" if row.stale else ""


def _states(row: ExampleRow) -> str:
    """What is to be known of an example, the weightiest first."""
    states = (("Excluded", row.excluded), ("Flagged", row.flagged), ("Earlier input", row.stale))
    return ", ".join(word for word, holds in states if holds)


def day(moment_ms: int | None) -> str:
    """A time as a day; empty when there is none."""
    if moment_ms is None:
        return ""
    try:
        return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return ""


class ExampleTable(QTableView):
    """The view over the model; where it is narrow, the columns that matter less are left out."""

    current_changed = Signal(object)
    """The id of the current example, or None."""
    activated_row = Signal()
    """Enter, or a double click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ExampleModel()
        self._painter = RowPainter()
        self.setModel(self.rows)
        self.setAccessibleName("Examples")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMinimumSectionSize(_STATE_ICON)
        header.setSectionResizeMode(_TEXT, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(lambda *_: self.current_changed.emit(self.current_id()))
        self.doubleClicked.connect(lambda _index: self.activated_row.emit())
        theme.changed.connect(self._fit_rows)
        self._fit_rows()

    def _fit_rows(self) -> None:
        height = self.fontMetrics().height()
        self.verticalHeader().setDefaultSectionSize(max(ROW_HEIGHT, height + 8))
        for column, (_, width, _) in enumerate(COLUMNS):
            if width:
                self.setColumnWidth(column, max(width, round(width * height / _USUAL_LINE)))

    def current_id(self) -> int | None:
        """The example whose row is current."""
        row = self.rows.row(self.currentIndex().row())
        return None if row is None else row.id

    def current_row(self) -> ExampleRow | None:
        """The current row."""
        return self.rows.row(self.currentIndex().row())

    def go(self, by: int) -> None:
        """Select the row so many below the current one."""
        self.select(self.currentIndex().row() + by)

    def select(self, place: int) -> None:
        """Select the row at a place, or the nearest there is."""
        total = self.rows.rowCount()
        if total:
            place = max(0, min(place, total - 1))
            self.setCurrentIndex(self.rows.index(place, 0))
            self.scrollTo(self.rows.index(place, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the row; letters are the room's actions and never a search in the column."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated_row.emit()
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """A letter would read a million rows to find one that starts with it; the field above searches."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that need it; a view that asks its model cell by cell and role by role takes far longer."""
        area = event.rect()
        top, bottom = self.rowAt(area.top()), self.rowAt(area.bottom())
        if top < 0:
            return
        if bottom < 0:
            bottom = self.rows.rowCount() - 1
        columns = [
            (column, self.columnViewportPosition(column), self.columnWidth(column))
            for column in range(len(COLUMNS))
            if not self.isColumnHidden(column)
        ]
        width = self.viewport().width()
        y, height = self.rowViewportPosition(top), self.verticalHeader().defaultSectionSize()
        chosen, root = self.selectionModel(), self.rootIndex()

        def rows() -> Iterator[tuple[QRect, list[Cell], bool]]:
            for place in range(top, bottom + 1):
                box = QRect(0, y + (place - top) * height, width, height)
                yield box, self.rows.cells(place, columns), chosen.isRowSelected(place, root)

        painter = QPainter(self.viewport())
        self._painter.paint(painter, self.palette(), rows())
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what the width has no place for."""
        super().resizeEvent(event)
        width = event.size().width()
        self.rows.narrow = width < _ROOMY
        self.setColumnWidth(_STATE, _STATE_ICON if self.rows.narrow else _STATE_WORDS)
        for column, (_, _, shown_from) in enumerate(COLUMNS):
            self.setColumnHidden(column, width < shown_from)
