"""What runs here: versions, licences and where the data lies, to be copied."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from reviewer import __version__, paths
from reviewer.store.database import SQLITE_VERSION
from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session

__all__ = ["AboutDialog"]

PARTS = (
    ("PySide6-Essentials", "LGPL-3.0"),
    ("SQLAlchemy", "MIT"),
    ("sqlmodel", "MIT"),
    ("alembic", "MIT"),
    ("orjson", "Apache-2.0 or MIT"),
    ("jmespath", "MIT"),
    ("charset-normalizer", "MIT"),
    ("platformdirs", "MIT"),
    ("typer", "MIT"),
)


class AboutDialog(QDialog):
    """A text that can be selected, and a button that copies it."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Reviewer")
        self.setAccessibleName("About Reviewer")
        self.text = about_text(session)
        view = QPlainTextEdit(self.text)
        view.setReadOnly(True)
        view.setAccessibleName("Versions, licences and folders")
        view.setProperty("role", "code")
        view.setMinimumSize(560, 340)
        copy = QPushButton("Copy")
        copy.setAccessibleName("Copy")
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text))
        close = QPushButton("Close")
        close.setAccessibleName("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(copy)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(plain_label(f"Reviewer {__version__}", "title"))
        layout.addWidget(
            plain_label("Works offline, sends nothing anywhere, and keeps everything in one file.", "muted", wrap=True)
        )
        layout.addWidget(view, 1)
        layout.addLayout(foot)


def about_text(session: Session) -> str:
    """Versions, licences and paths, a line each."""
    lines = [
        f"Reviewer {__version__} (MIT)",
        f"Python {sys.version.split()[0]} (PSF-2.0)",
        f"SQLite {SQLITE_VERSION} (public domain)",
    ]
    for name, licence in PARTS:
        try:
            lines.append(f"{name} {metadata.version(name)} ({licence})")
        except metadata.PackageNotFoundError:
            continue
    lines += [
        platform.platform(),
        "",
        f"Project: {session.project.path if session.project is not None else 'none open'}",
        f"Settings: {session.settings.path}",
        f"Logs: {paths.log_folder()}",
        f"Demo: {paths.data_folder()}",
    ]
    return "\n".join(lines)
