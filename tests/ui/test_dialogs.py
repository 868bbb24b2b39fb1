"""The window's own dialogs: palette, settings, keys, cheat sheet, about, log, errors."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
)
from pytestqt.qtbot import QtBot

from reviewer.errors import InputError
from reviewer.settings import SETTINGS
from reviewer.ui import actions, messages
from reviewer.ui.dialogs.about import AboutDialog
from reviewer.ui.dialogs.cheat_sheet import CheatSheet
from reviewer.ui.dialogs.log_viewer import LogViewer
from reviewer.ui.dialogs.palette import Palette, score
from reviewer.ui.dialogs.settings_dialog import SettingsDialog
from reviewer.ui.main_window import MainWindow

CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(kind: type[QDialog]) -> QDialog:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, kind)
    return dialog


def test_the_palette_finds_and_runs_a_command(first_window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(first_window, Qt.Key.Key_K, CONTROL)
    palette = first_window.findChild(Palette)
    assert palette is not None
    qtbot.keyClicks(palette.field, "keysh")
    assert palette.list.currentIndex().data() == "Keyboard shortcuts"
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert isinstance(opened(CheatSheet), CheatSheet)


def test_the_palette_greys_what_cannot_be_done(first_window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(first_window, Qt.Key.Key_K, CONTROL)
    palette = first_window.findChild(Palette)
    assert palette is not None
    qtbot.keyClicks(palette.field, "close project")
    index = palette.list.currentIndex()
    assert index.data() == "Close project"
    assert "not available now" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    with qtbot.waitSignal(palette.destroyed):
        qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    # Keys act again where they did before.
    assert first_window.first_run.ways[0].hasFocus()


def test_words_starts_count_for_more_in_the_palette() -> None:
    ranked = sorted(
        ["Take out of its slice", "Triage report", "Import…", "Put in core"],
        key=lambda text: -(score("tr", text) or -1000),
    )
    assert ranked[0] == "Triage report"
    assert score("xyz", "Triage report") is None


def test_every_declared_setting_has_its_line(first_window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(first_window, Qt.Key.Key_Comma, CONTROL)
    dialog = opened(SettingsDialog)
    assert isinstance(dialog, SettingsDialog)
    assert set(dialog.fields) == {setting.key for setting in SETTINGS if setting.label}
    settings = first_window.session.settings
    box = dialog.fields["show_invisibles"]
    assert isinstance(box, QCheckBox)
    box.click()
    assert settings.get("show_invisibles")
    zoom = dialog.fields["zoom"]
    assert isinstance(zoom, QSpinBox)
    zoom.setValue(130)
    assert settings.get("zoom") == 130
    theme_box = dialog.fields["theme"]
    assert isinstance(theme_box, QComboBox)
    theme_box.setCurrentIndex(theme_box.findData("dark"))
    assert settings.get("theme") == "dark"
    settings.reset("theme")
    settings.reset("zoom")


def test_a_key_is_changed_and_a_taken_one_refused(first_window: MainWindow, qtbot: QtBot) -> None:
    dialog = SettingsDialog(first_window, first_window.session.settings)
    qtbot.addWidget(dialog)
    dialog.keys.choose("file.new")
    dialog.keys.edit.setKeySequence(QKeySequence("Ctrl+O"))
    dialog.keys.use.click()
    assert "Open project" in dialog.keys.says.text()
    assert first_window.session.settings.get("keys") == {}
    dialog.keys.edit.setKeySequence(QKeySequence("Ctrl+Alt+F9"))
    dialog.keys.use.click()
    assert first_window.session.settings.get("keys") == {"file.new": "Ctrl+Alt+F9"}
    shortcuts = first_window.actions_by_id["file.new"].shortcuts()
    assert [key.toString() for key in shortcuts] == ["Ctrl+Alt+F9"]
    dialog.keys.choose("file.open")
    dialog.keys.edit.setKeySequence(QKeySequence("Ctrl+N"))
    dialog.keys.use.click()
    dialog.keys.choose("file.new")
    dialog.keys.default.click()
    assert "Free it there first" in dialog.keys.says.text()
    dialog.keys.all_default.click()
    assert first_window.session.settings.get("keys") == {}


def test_a_narrowed_list_of_keys_changes_a_line_that_is_seen(first_window: MainWindow, qtbot: QtBot) -> None:
    dialog = SettingsDialog(first_window, first_window.session.settings)
    qtbot.addWidget(dialog)
    dialog.findChildren(QTabWidget)[0].setCurrentIndex(1)
    dialog.show()
    keys = dialog.keys
    keys.filter.setText("skip")
    current = keys.list.currentItem()
    assert current is not None
    assert not current.isHidden()
    assert "skip" in current.text(0).casefold()
    keys.edit.setKeySequence(QKeySequence("Ctrl+Alt+F8"))
    keys.use.click()
    assert set(first_window.session.settings.get("keys")) == {current.data(0, Qt.ItemDataRole.UserRole)}
    keys.filter.setText("no action has such words")
    assert keys.list.currentItem() is None
    assert not keys.use.isEnabled()
    keys.filter.clear()
    assert keys.use.isEnabled()


def test_the_key_field_is_left_by_tab_and_escape(first_window: MainWindow, qtbot: QtBot) -> None:
    dialog = SettingsDialog(first_window, first_window.session.settings)
    qtbot.addWidget(dialog)
    dialog.findChildren(QTabWidget)[0].setCurrentIndex(1)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    keys = dialog.keys
    before = keys.edit.keySequence()
    for key, then in ((Qt.Key.Key_Tab, keys.use), (Qt.Key.Key_Escape, keys.list)):
        keys.edit.setFocus()
        assert QApplication.focusWidget() is keys.edit
        qtbot.keyClick(keys.edit, key)
        assert QApplication.focusWidget() is then
        assert keys.edit.keySequence() == before
    assert dialog.isVisible()


def test_keys_of_hostile_settings_do_no_harm(first_window: MainWindow) -> None:
    first_window.session.settings.set("keys", {"no.such": "Ctrl+O", "file.new": "<b>§§§</b>", "file.open": "\n\n"})
    assert first_window.actions_by_id["file.open"].shortcuts() == []


def test_the_cheat_sheet_holds_every_key(first_window: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(first_window, Qt.Key.Key_F1)
    sheet = opened(CheatSheet)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    for spec in actions.ACTIONS:
        key = actions.key_text(spec.id, first_window.session.settings)
        # A run of number keys is shown by its first and last.
        first, last = (f"{key[:-1]}{digit}" for digit in "19")
        assert key in words or {first, "…", last} <= words, spec.id
    assert {"Pass", "First failure", "Command palette"} <= words


def test_about_can_be_copied(first_window: MainWindow, qtbot: QtBot) -> None:
    first_window.run_action("help.about")
    about = opened(AboutDialog)
    next(button for button in about.findChildren(QPushButton) if button.text() == "Copy").click()
    text = QGuiApplication.clipboard().text()
    assert "PySide6-Essentials" in text
    assert "Settings: " in text


def test_the_log_can_be_read_without_one(first_window: MainWindow, qtbot: QtBot) -> None:
    first_window.run_action("help.logs")
    viewer = opened(LogViewer)
    assert isinstance(viewer, LogViewer)
    assert viewer.view.toPlainText()


def test_an_error_says_what_and_then_what_to_do(first_window: MainWindow) -> None:
    messages.show_error(first_window, InputError("Line 3 of a.jsonl has no id. Map a field to id and try again."))
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert words == ["Line 3 of a.jsonl has no id.", "Map a field to id and try again."]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in dialog.findChildren(QLabel))
    next(button for button in dialog.findChildren(QPushButton) if "Copy" in button.text()).click()
    assert "InputError: Line 3" in QGuiApplication.clipboard().text()
    dialog.close()


def test_a_bug_opens_a_report(first_window: MainWindow) -> None:
    try:
        raise ZeroDivisionError("half of nothing")
    except ZeroDivisionError as error:
        messages.show_error(first_window, error)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    report = dialog.findChild(QPlainTextEdit)
    assert report is not None
    assert "ZeroDivisionError: half of nothing" in report.toPlainText()
    # The same again, as from a paint event, adds no second one.
    assert messages.show_bug(first_window, KeyError("again")) is dialog
    dialog.close()


@pytest.mark.parametrize("multiline", [False, True])
def test_a_text_is_asked_for(first_window: MainWindow, qtbot: QtBot, multiline: bool) -> None:
    given: list[str] = []
    dialog = messages.ask_text(first_window, "Rename", "The new name", given.append, "old", multiline=multiline)
    field = dialog.focusWidget()
    assert field is not None
    qtbot.waitUntil(dialog.isActiveWindow)
    qtbot.keyClick(field, Qt.Key.Key_A, CONTROL)
    qtbot.keyClicks(field, "new")
    qtbot.keyClick(field, Qt.Key.Key_Return, CONTROL)
    assert given == ["new"]


def test_an_entry_that_only_its_menu_matches_comes_last(first_window: MainWindow, qtbot: QtBot) -> None:
    entries = [
        ("one", "Policy violation", "Triage/Further categories", "", True),
        ("two", "Further: category 2", "Triage/Further categories", "", False),
    ]
    palette = Palette(first_window, entries, lambda _action: None)
    palette.open()
    qtbot.keyClicks(palette.field, "further")
    assert palette.list.currentIndex().data() == "Further: category 2"
    palette.close()
