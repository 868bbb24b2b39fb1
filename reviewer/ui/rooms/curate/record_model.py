"""What a version holds, and what changed between two: small tables, read whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from reviewer.curate.versions import RecordHead, Version
from reviewer.ui.rooms.curate.record_changes import ExampleChange

__all__ = ["TableModel", "change_rows", "record_rows", "version_rows"]

Index = QModelIndex | QPersistentModelIndex
VERSION_COLUMNS = ("Version", "Frozen (UTC)", "Core", "Edge", "Preservation", "Touched", "Tags", "Content hash", "Note")
RECORD_COLUMNS = ("Id", "Slice", "Last user text")
DIFF_COLUMNS = ("Change", "Id", "What")


class TableModel(QAbstractTableModel):
    """Rows of plain words under named columns; each row stands for one key."""

    def __init__(self, columns: Sequence[str], numbers: Sequence[int] = ()) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._numbers = frozenset(numbers)
        self.rows: list[tuple[Any, ...]] = []

    def show(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Show these rows: a key, then a word for each column."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def key(self, row: int) -> Any:
        """What a row stands for; None past the end."""
        return self.rows[row][0] if 0 <= row < len(self.rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's name, set as its figures are."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's words; figures stand on the right."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows[index.row()][index.column() + 1]
        return self._alignment(index.column()) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if column in self._numbers else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


def version_rows(versions: Sequence[Version], worn_after: int) -> list[tuple[Any, ...]]:
    """Versions as rows, the latest first; `worn_after` touches a held-out set is worn out."""
    ordered = sorted(versions, key=lambda version: version.id, reverse=True)
    return [
        (
            version,
            version.label,
            version.frozen_at[:16].replace("T", " "),
            *(f"{number:,}" for number in version.counts.values()),
            f"{version.touches.total:,}{' worn' if version.touches.worn(worn_after) else ''}",
            ", ".join(version.tags),
            version.content_hash[7:19],
            version.note or ("waived: " + version.waiver if version.waiver else ""),
        )
        for version in ordered
    ]


def record_rows(records: Sequence[RecordHead]) -> list[tuple[Any, ...]]:
    """Frozen records as rows."""
    return [(record.key, record.key, record.slice, record.prompt) for record in records]


def change_rows(changes: Sequence[ExampleChange]) -> list[tuple[Any, ...]]:
    """What changed as rows, each with its example's id."""
    return [(change.key, change.change, change.key, change.words) for change in changes]
