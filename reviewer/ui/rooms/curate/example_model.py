"""The list of examples with their slices: rows come page by page, in order of import."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from reviewer.curate.listing import Listing, Query, Row
from reviewer.curate.slices import CAPABILITIES
from reviewer.ui import theme
from reviewer.ui.icons import icon

__all__ = ["COLUMNS", "ExampleModel"]

COLUMNS = ("Id", "Slice", "Workflow", "Last user text")
PAGE = 200
Index = QModelIndex | QPersistentModelIndex


class ExampleModel(QAbstractTableModel):
    """Rows of one query; more of them are read as the view asks."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._places: dict[int, int] = {}
        self._query: Query | None = None
        self._complete = True
        self._stale = icon("history", "warn")

    def show(self, query: Query | None) -> None:
        """List what the query finds, from the beginning."""
        self.beginResetModel()
        self._query = query
        self.rows = []
        self._places = {}
        self._complete = query is None
        self._take()
        self.endResetModel()

    def _take(self) -> None:
        if self._query is None or self._complete:
            return
        page = self._query.page(self.rows[-1].id if self.rows else 0, PAGE)
        self._complete = len(page) < PAGE
        for row in page:
            self._places[row.id] = len(self.rows)
            self.rows.append(row)

    def canFetchMore(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008
        """Whether there are rows that were not read yet."""
        return not parent.isValid() and not self._complete

    def fetchMore(self, parent: Index = QModelIndex()) -> None:  # noqa: B008
        """Read the next page."""
        if self._query is None or self._complete:
            return
        first = len(self.rows)
        page = self._query.page(self.rows[-1].id if self.rows else 0, PAGE)
        self._complete = len(page) < PAGE
        if not page:
            return
        self.beginInsertRows(QModelIndex(), first, first + len(page) - 1)
        for row in page:
            self._places[row.id] = len(self.rows)
            self.rows.append(row)
        self.endInsertRows()

    def renew(self, listing: Listing, example_ids: Collection[int]) -> None:
        """Read these examples again, where they are listed; they keep their places whether they still match or not."""
        listed = [example_id for example_id in example_ids if example_id in self._places]
        for example_id, row in listing.rows(listed).items():
            place = self._places[example_id]
            self.rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(COLUMNS) - 1))

    def place(self, example_id: int) -> int | None:
        """The row number of an example among those read; None when it is not there."""
        return self._places.get(example_id)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The rows read so far."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's name."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows; imported text as one plain line."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (row.key, slice_words(row), row.workflow, row.snippet)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and (row.excluded or (index.column() == 1 and not row.slice)):
            return QColor(theme.tokens().muted)
        if row.stale and index.column() == len(COLUMNS) - 1:
            if role == Qt.ItemDataRole.DecorationRole:
                return self._stale
            if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
                return f"An answer was made for an earlier input: {row.snippet}"
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 1 and not row.has_reference:
            return "It has no reference yet."
        return None


def slice_words(row: Row) -> str:
    """The slice of an example with its capability, or why it can be in none."""
    if row.excluded:
        return f"{row.slice}, excluded" if row.slice else "excluded"
    if row.capability:
        return f"{row.slice}: {CAPABILITIES.get(row.capability, row.capability)}"
    return row.slice or "–"
