"""The table of examples paints what its model tells, row by row, and asks nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.ui import theme
from reviewer.ui.rooms.examples.example_table import COLUMNS, ExampleModel, ExampleTable
from reviewer.ui.rooms.examples.row_painter import Cell, RowPainter


@pytest.fixture
def table(project: Project, make_examples: Callable[[int], list[int]], qtbot: QtBot) -> ExampleTable:
    """A wide table over 150 examples, two of them flagged or excluded."""
    ids = make_examples(150)
    ana = project.annotators.get_or_add("Ana")
    project.labels.set_flag(ids[2], ana, True)
    project.labels.exclude(ids[4], ana, "a test")
    view = ExampleTable()
    qtbot.addWidget(view)
    view.resize(1200, 500)
    view.rows.show(project.examples, project.examples.outline(Filter()))
    view.show()
    QApplication.processEvents()
    return view


def band(table: ExampleTable, place: int) -> QImage:
    """How a row is painted."""
    box = QRect(0, table.rowViewportPosition(place), table.viewport().width(), table.rowHeight(place))
    return table.viewport().grab(box).toImage()


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_every_row_is_asked_once_and_no_cell_role_by_role(table: ExampleTable, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    row = ExampleModel.row
    monkeypatch.setattr(ExampleModel, "row", lambda model, place: (asked.append(place), row(model, place))[1])
    monkeypatch.setattr(ExampleModel, "data", lambda *_: pytest.fail("a cell was asked for a role"))
    table.viewport().repaint()
    last = table.rowAt(table.viewport().height() - 1)
    assert asked == list(range(last + 1))
    asked.clear()
    table.viewport().repaint(0, table.rowViewportPosition(5), 50, table.rowHeight(5))
    assert asked == [5]


def test_what_is_painted_is_what_the_model_tells(table: ExampleTable) -> None:
    columns = [(column, 100 * column, 100) for column in range(len(COLUMNS))]
    for place in (0, 2, 4):
        cells = table.rows.cells(place, columns)
        told = {column: table.rows.index(place, column).data() for column, _, _ in columns}
        assert [cell.text for cell in cells if cell.text] == [text for text in told.values() if text]
        assert [cell.x for cell in cells[:7]] == [100 * column for column in range(7)]
    assert [cell.icon is not None for cell in table.rows.cells(2, columns)] == [False] * 7 + [True]
    table.rows.narrow = True
    (sign,) = [cell for cell in table.rows.cells(4, columns) if cell.icon is not None]
    assert sign.text == ""
    assert all(cell.muted for cell in table.rows.cells(4, columns))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_selected_row_stands_out_and_quiet_columns_are_quiet(table: ExampleTable, mode: str) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme.apply(app, mode)
    table.select(6)
    QApplication.processEvents()
    look = theme.tokens()
    ground, other = QColor(look.accent_ground).name(), QColor(look.surface).name()
    chosen, plain, excluded = (colours(band(table, place)) for place in (6, 7, 4))
    assert ground in chosen
    assert other not in chosen
    assert other in plain
    assert {QColor(look.text).name(), QColor(look.muted).name()} <= plain
    assert QColor(look.text).name() in chosen
    assert QColor(look.muted).name() not in chosen
    assert QColor(look.text).name() in colours(band(table, 2))
    assert QColor(look.muted).name() in excluded
    theme.apply(app, "light")


def test_a_row_that_is_gone_says_so(table: ExampleTable, project: Project) -> None:
    with project.database.transaction() as connection:
        connection.execute("DELETE FROM examples WHERE id > 100 AND id NOT IN (SELECT example_id FROM slice_members)")
    last = table.rows.rowCount() - 1
    assert [cell.text for cell in table.rows.cells(last, [(0, 0, 90), (2, 90, 300)])] == ["removed"]
    table.select(last)
    table.viewport().repaint()


def test_an_empty_table_and_the_space_below_the_rows_paint_nothing(project: Project, qtbot: QtBot) -> None:
    view = ExampleTable()
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    view.viewport().repaint()
    image = view.viewport().grab().toImage()
    assert len(colours(image)) == 1


def test_long_and_strange_texts_stay_in_their_column(tmp_path: Path, qtbot: QtBot) -> None:
    painter_of = RowPainter()
    for text in ("w" * 500, "\u05d0" * 300, "a\u0301" * 300, "\U0001f600" * 99, "x" * 100_000):
        image = QImage(400, 26, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)
        box = QRect(QPoint(0, 0), image.size())
        painter_of.paint(painter, palette, [(box, [Cell(text, 100, 120)], False)])
        painter.end()
        outside = [image.pixelColor(x, y).lightness() for x in [*range(100), *range(222, 400)] for y in range(26)]
        assert min(outside) == 255, text[:1]
