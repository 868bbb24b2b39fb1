"""Work off the UI thread: it reports, can be cancelled, and ends on the UI thread."""

from __future__ import annotations

import threading

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.errors import Cancelled, InputError
from reviewer.ui.main_window import MainWindow
from reviewer.ui.tasks import Report, TaskHandle, Tasks
from reviewer.ui.widgets.task_strip import describe


def _on_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def test_the_result_arrives_on_the_ui_thread(qtbot: QtBot, qapp: QApplication) -> None:
    tasks = Tasks()
    seen: list[tuple[int, bool]] = []
    away: list[bool] = []

    def work(report: Report) -> int:
        away.append(not _on_main())
        return 42

    with qtbot.waitSignal(tasks.ended):
        tasks.run("Count", work, lambda result: seen.append((result, _on_main())))
    assert away == [True]
    qtbot.waitUntil(lambda: seen == [(42, True)])


def test_cancel_stops_at_the_next_report(qtbot: QtBot, qapp: QApplication) -> None:
    tasks = Tasks()
    begun, go = threading.Event(), threading.Event()
    errors: list[Exception] = []

    def work(report: Report) -> None:
        begun.set()
        go.wait(5)
        report(1, 2)

    handle = tasks.run("Import", work, failed=errors.append)
    assert begun.wait(5)
    handle.cancel()
    with qtbot.waitSignal(tasks.ended):
        go.set()
    qtbot.waitUntil(lambda: len(errors) == 1)
    assert isinstance(errors[0], Cancelled)


def test_an_error_without_a_taker_is_shown(qtbot: QtBot, first_window: MainWindow) -> None:
    def work(report: Report) -> None:
        raise InputError("Line 3 has no id. Give it one.")

    first_window.session.tasks.run("Import", work)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert dialog.accessibleName() == "Line 3 has no id."
    dialog.close()


def test_quiet_work_is_not_held_up_by_long_work(qtbot: QtBot, qapp: QApplication) -> None:
    tasks = Tasks()
    go = threading.Event()
    for number in range(4):
        tasks.run(f"Long {number}", lambda report: go.wait(5))
    found: list[str] = []
    tasks.run("Look up", lambda report: "here", found.append, quiet=True)
    qtbot.waitUntil(lambda: found == ["here"])
    go.set()
    tasks.stop()
    assert tasks.running == []


def test_stop_waits_for_work_that_is_cancelled(qtbot: QtBot, qapp: QApplication) -> None:
    tasks = Tasks()
    ended: list[str] = []

    def work(report: Report) -> None:
        try:
            while True:
                report(0, 0)
        finally:
            ended.append("cleared up")

    handle = tasks.run("Endless", work)
    qtbot.waitUntil(lambda: handle.started_at is not None)
    tasks.stop()
    assert ended == ["cleared up"]


def test_the_strip_shows_itself_after_half_a_second_and_cancels(qtbot: QtBot, first_window: MainWindow) -> None:
    go = threading.Event()

    def work(report: Report) -> None:
        report(500, 2000)
        go.wait(5)
        report(501, 2000)

    handle = first_window.session.tasks.run("Importing", work)
    strip = first_window.status.strip
    assert not strip.isVisible()
    qtbot.waitUntil(lambda: handle.done == 500)
    assert handle.started_at is not None
    handle.started_at -= 1
    qtbot.waitUntil(strip.isVisible)
    assert "500 of 2,000" in strip.words.text()
    assert "left" in strip.words.text()
    strip.cancel.click()
    assert handle.cancelled
    assert "stopping" in strip.words.text()
    go.set()
    qtbot.waitUntil(lambda: not strip.isVisible())


def test_words_for_progress() -> None:
    handle = TaskHandle("Importing", False)
    handle.report(10, 0)
    assert describe(handle).startswith("Importing   10")


def test_bytes_are_told_in_megabytes() -> None:
    handle = TaskHandle("Importing", False, in_bytes=True)
    handle.report(48_898_670, 150_001_592)
    assert describe(handle) == "Importing   48.9 of 150.0 MB"
