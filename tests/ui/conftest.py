"""The real window over a real project, driven by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.settings import Settings
from reviewer.ui import theme
from reviewer.ui.main_window import MainWindow
from reviewer.ui.session import Session


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of its own, with a name so that nobody is asked for one."""
    settings = Settings(tmp_path / "settings.json")
    settings.set("annotator", "Ana")
    return settings


@pytest.fixture
def session(qapp: QApplication, settings: Settings) -> Iterator[Session]:
    """A session without a project."""
    theme.start(qapp, "light", 100)
    session = Session(settings)
    yield session
    session.close()


@pytest.fixture
def first_window(qtbot: QtBot, session: Session) -> Iterator[MainWindow]:
    """The window as it is without a project."""
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    for dialog in QApplication.topLevelWidgets():
        if dialog is not window and dialog.isVisible():
            dialog.close()


@pytest.fixture
def window(first_window: MainWindow, filled: Project) -> MainWindow:
    """The window over a project with twelve examples, Ana at work."""
    first_window.session.adopt(filled)
    first_window.activateWindow()
    return first_window
