"""The import dialog, driven by keys over real files."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from reviewer.intake import import_run, portions
from reviewer.project import Project
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.examples import ExamplesRoom
from reviewer.ui.rooms.examples.import_dialog import ImportDialog
from tests.ui.test_accessible import guessing_labels, nameless, unreachable_buttons


@pytest.fixture
def room(window: MainWindow) -> ExamplesRoom:
    room = window.go_to_room("examples")
    assert isinstance(room, ExamplesRoom)
    return room


def write(path: Path, *rows: Any) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def opened(qtbot: QtBot, room: ExamplesRoom, *paths: Path) -> ImportDialog:
    room.import_files(paths)
    dialog = room.dialog
    assert isinstance(dialog, ImportDialog)
    ready(qtbot, dialog)
    return dialog


def ready(qtbot: QtBot, dialog: ImportDialog) -> None:
    """Wait until the mapping page shows what the import would do."""
    page = dialog.mapping
    qtbot.waitUntil(lambda: not page._pause.isActive() and page._looking is None and page._counting is None)
    qtbot.waitUntil(lambda: page.inspection is not None)
    qtbot.waitUntil(lambda: page._looking is None and page._counting is None)


def row_of(dialog: ImportDialog, name: str) -> int:
    table = dialog.mapping.targets
    return next(row for row in range(table.rowCount()) if table.name_at(row) == name)


ROWS = [{"who": f"w{number}", "said": f"hello {number}", "got": "hi", "kind": "a"} for number in range(5)]


def test_a_file_is_mapped_by_pointing_and_taken_in(
    room: ExamplesRoom, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = opened(qtbot, room, write(tmp_path / "odd.jsonl", *ROWS, '{"who": NaN}'))
    page = dialog.mapping
    assert not dialog.go.isEnabled()
    assert "conversation" in page.problem.text()
    for name, field in (("id", 0), ("prompt", 1), ("output", 2)):
        page.targets.setCurrentCell(row_of(dialog, name), 1)
        page.fields.setFocus()
        page.fields.setCurrentItem(page.fields.topLevelItem(field))
        qtbot.keyClick(page.fields, Qt.Key.Key_Return)
    ready(qtbot, dialog)
    assert page.mapping().fields["prompt"] == "said"
    assert dialog.go.isEnabled()
    assert page.counts.text().startswith("The file's 6 rows: 5 new, 0 already there, 1 rejected. The first: line 6")
    said = page.preview.item(0, 2)
    assert said is not None
    assert said.text() == "hello 0"
    refused = page.preview.item(5, 1)
    assert refused is not None
    assert "NaN" in refused.text()
    page.variant.setText("bot")
    page.variant.setFocus()
    qtbot.keyClick(page.variant, Qt.Key.Key_Return)
    assert dialog.pages.currentWidget() is page
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome)
    assert dialog.outcome.head.text() == "5 added from odd.jsonl"
    assert dialog.outcome.table.rowCount() == 1
    assert dialog.outcome.file == tmp_path / "odd.rejects.jsonl"
    assert [output.variant for output in project.examples.by_key("w0").outputs] == ["bot"]
    room.field.setFocus()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: room.table.rows.rowCount() == 17)
    assert room.window().focusWidget() is room.table


def test_an_expression_is_checked_while_it_is_written(room: ExamplesRoom, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(qtbot, room, write(tmp_path / "a.jsonl", {"id": "1", "prompt": "x", "output": "y"}))
    page = dialog.mapping
    assert dialog.go.isEnabled()
    row = row_of(dialog, "prompt")
    page.targets.setFocus()
    page.targets.setCurrentCell(row, 1)
    qtbot.keyClick(page.targets, Qt.Key.Key_Return)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QLineEdit)
    editor.setText("join('', [prompt, output")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.go.isEnabled())
    ready(qtbot, dialog)
    assert "join('', [prompt, output" in page.problem.text()
    assert not dialog.go.isEnabled()
    page.targets.assign("join('', [prompt, output])", row)
    ready(qtbot, dialog)
    gives = page.targets.item(row, 2)
    assert gives is not None
    assert gives.text() == "xy"
    assert dialog.go.isEnabled()
    dialog.reject()


def test_several_outputs_of_a_row_and_their_roles(
    room: ExamplesRoom, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = opened(qtbot, room, write(tmp_path / "two.jsonl", {"id": "p", "prompt": "x", "one": "1", "two": "2"}))
    page = dialog.mapping
    page.targets.add_field("output:base", "one")
    page.targets.add_field("output:new", "two")
    page.role.setCurrentIndex(page.role.findData("tuned"))
    page._choose_role()
    ready(qtbot, dialog)
    assert page.roles() == {"base": "base", "new": "tuned"}
    assert not page.variant.isEnabled()
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome)
    outputs = project.examples.by_key("p").outputs
    assert {output.variant: output.role for output in outputs} == {"base": "base", "new": "tuned"}
    dialog.accept()


def test_a_running_import_is_cancelled_and_leaves_nothing(
    room: ExamplesRoom, project: Project, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "ROWS", 10)
    rows = [{"id": f"n{number}", "prompt": "x", "output": "y"} for number in range(50)]
    dialog = opened(qtbot, room, write(tmp_path / "many.jsonl", *rows))
    reached, go_on = threading.Event(), threading.Event()
    original = import_run.ImportRun._stream

    def held(self: Any, mapper: Any, writer: Any, total: int, report: Any) -> Any:
        def slow(*arguments: Any) -> None:
            reached.set()
            go_on.wait(10)
            report(*arguments)

        return original(self, mapper, writer, total, slow)

    monkeypatch.setattr(import_run.ImportRun, "_stream", held)
    dialog.go.click()
    assert reached.wait(10)
    dialog.cancel.click()
    go_on.set()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.mapping)
    assert "Cancelled" in dialog.mapping.counts.text()
    assert project.examples.count() == 12
    assert project.sources.list() == []
    dialog.reject()


def test_files_come_one_after_the_other(room: ExamplesRoom, project: Project, tmp_path: Path, qtbot: QtBot) -> None:
    paths = [write(tmp_path / f"{name}.jsonl", {"id": name, "prompt": "x", "output": "y"}) for name in ("one", "two")]
    dialog = opened(qtbot, room, *paths)
    assert "1 more" in dialog.windowTitle()
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome)
    assert dialog.go.text() == "Next file"
    dialog.go.click()
    ready(qtbot, dialog)
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome)
    assert {source.name for source in project.sources.list()} == {"one.jsonl", "two.jsonl"}
    dialog.accept()


def test_a_file_that_is_none_is_said(room: ExamplesRoom, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"")
    room.import_files([path])
    dialog = room.dialog
    assert isinstance(dialog, ImportDialog)
    qtbot.waitUntil(lambda: "empty" in dialog.mapping.problem.text())
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_every_control_has_a_name(room: ExamplesRoom, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = opened(qtbot, room, write(tmp_path / "a.jsonl", {"id": "1", "prompt": "x", "output": "y"}, "oops"))
    assert nameless(dialog) == guessing_labels(dialog) == unreachable_buttons(dialog) == []
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.pages.currentWidget() is dialog.outcome)
    assert nameless(dialog) == guessing_labels(dialog) == unreachable_buttons(dialog) == []
    dialog.accept()
