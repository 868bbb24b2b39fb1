"""The tables of the room: dense rows over a model of words, read and chosen but not edited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView
from shiboken6 import isValid

from reviewer.ui import theme
from reviewer.ui.rooms.curate.example_list import row_height
from reviewer.ui.rooms.curate.record_model import TableModel

__all__ = ["rows_table", "select_near", "selected_rows"]


def rows_table(model: TableModel, name: str, widths: Sequence[int], *, several: bool = False) -> QTableView:
    """A dense read-only table over a model of rows."""
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    mode = QAbstractItemView.SelectionMode
    table.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setMinimumHeight(92)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(row_height(table))
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    table.horizontalHeader().setStretchLastSection(True)
    for column, width in enumerate(widths):
        table.setColumnWidth(column, width)
    theme.changed.connect(partial(_fit_rows, table))
    return table


def _fit_rows(table: QTableView) -> None:
    if isValid(table):
        table.verticalHeader().setDefaultSectionSize(row_height(table))


def selected_rows(table: QTableView) -> list[int]:
    """The numbers of the selected rows, from top to bottom."""
    return sorted(index.row() for index in table.selectionModel().selectedRows())


def select_near(table: QTableView, row: int) -> None:
    """Select the row of that number, or the last there is."""
    last = table.model().rowCount() - 1
    if last < 0:
        return
    index = table.model().index(max(0, min(row, last)), 0)
    flags = QItemSelectionModel.SelectionFlag
    table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
    table.scrollTo(index)
