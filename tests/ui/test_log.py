"""The log says what failed and where, and quotes nobody."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from reviewer.errors import InputError
from reviewer.ui import log

SECRET = "the customer's name is Zoltan and the key is sk-1234"


@pytest.fixture
def started() -> Iterator[None]:
    logger = logging.getLogger("reviewer")
    for handler in list(logger.handlers):  # of a test before this one, with a folder of its own
        handler.close()
        logger.removeHandler(handler)
    log.start()
    qInstallMessageHandler(None)
    yield
    for handler in list(logger.handlers):
        handler.close()
        logger.removeHandler(handler)
    logger.propagate = True


def test_neither_errors_nor_bugs_nor_qt_are_quoted(started: None) -> None:
    try:
        raise InputError(SECRET)
    except InputError as error:
        log.note_error(error)
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        log.note_bug(error)
    log._hear_qt(QtMsgType.QtWarningMsg, QMessageLogContext(), f'Cannot open "{SECRET}" or /home/zoltan/x.png')
    text = log.log_file().read_text()
    assert "Zoltan" not in text
    assert "zoltan" not in text
    assert "sk-1234" not in text
    assert "InputError at test_log.py" in text
    assert "bug: KeyError" in text
    assert "Qt: Cannot open" in text


def test_it_rotates(started: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4000):
        log.note("x" * 200)
    files = sorted(path.name for path in log.log_file().parent.iterdir())
    assert files[0] == "reviewer.log"
    assert len(files) == 2
