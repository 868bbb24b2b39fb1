"""The examples behind a study's report: flips, what was preferred though wrong, what was left out, what is disputed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from reviewer.compare.report import Flip, StudyReport
from reviewer.ui.messages import plain_label

__all__ = ["ExampleList", "excluded_list", "flip_lists", "side_by_side", "wrong_lists"]


class ExampleList(QWidget):
    """A name with a count, and the examples under it; Enter or a double click opens one."""

    def __init__(self, title: str, rows: Sequence[tuple[str, int]], opened: Callable[[int], None]) -> None:
        super().__init__()
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        for words, number in rows:
            item = QListWidgetItem(words)
            item.setData(Qt.ItemDataRole.UserRole, number)
            self.list.addItem(item)
        self.list.itemActivated.connect(lambda item: opened(item.data(Qt.ItemDataRole.UserRole)))
        self.list.setFixedHeight(min(220, 14 + 28 * max(1, len(rows))))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(plain_label(f"{title}: {len(rows)}", "caps"))
        column.addWidget(self.list)
        column.addStretch(1)


def side_by_side(lists: Sequence[QWidget]) -> QWidget:
    """Lists beside each other, as high as the highest."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(24)
    for found in lists:
        row.addWidget(found, 1)
    # A column of wrapped text asks for less height than it needs, and what is left over is taken from the lists.
    box.setFixedHeight(box.sizeHint().height())
    return box


def flip_lists(report: StudyReport, opened: Callable[[int], None]) -> list[ExampleList]:
    """Examples that one variant alone got right, for either variant."""
    return [
        ExampleList(
            f"Only {name} was right",
            [(_flip(flip, side), flip.example_id) for flip in report.flips if flip.passed == side],
            opened,
        )
        for side, name in (("tuned", report.tuned), ("base", report.base))
    ]


def _flip(flip: Flip, side: str) -> str:
    preferred = ""
    if flip.preferred is not None and flip.preferred != 0.5:
        preferred = "and preferred" if (flip.preferred > 0.5) == (side == "tuned") else "yet the other was preferred"
    return "   ".join(part for part in (flip.key, flip.slice, preferred) if part)


def wrong_lists(report: StudyReport, opened: Callable[[int], None]) -> list[ExampleList]:
    """Examples where an answer was preferred that is wrong while the other one is right, for either variant."""
    return [
        ExampleList(
            f"{name} was preferred although wrong",
            [
                ("   ".join(part for part in (flip.key, flip.slice) if part), flip.example_id)
                for flip in report.preferred_but_wrong[side]
            ],
            opened,
        )
        for side, name in (("tuned", report.tuned), ("base", report.base))
    ]


def excluded_list(report: StudyReport, opened: Callable[[int], None]) -> ExampleList:
    """Examples that correctness could not count, each with the reason."""
    rows = []
    for item in report.excluded.examples:
        told = [f"{name}: {why}" for name, why in ((report.tuned, item.tuned), (report.base, item.base)) if why]
        rows.append((f"{item.key}   {', '.join(told)}", item.example_id))
    return ExampleList("Not counted for correctness", rows, opened)
