"""A small form: labelled fields, a line that says what they come to, and the buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from reviewer.ui.messages import plain_label

__all__ = ["Form"]


class Form(QDialog):
    """A window of one question; it opens on its parent and blocks nothing else."""

    def __init__(self, parent: QWidget | None, title: str, yes: str, words: str = "") -> None:
        super().__init__(parent.window() if parent is not None else None)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setMinimumWidth(480)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        self.body.addWidget(plain_label(title.removesuffix("…"), "head"))
        if words:
            self.body.addWidget(plain_label(words, "muted", wrap=True))
        self.fields = QFormLayout()
        self.fields.setHorizontalSpacing(16)
        self.fields.setVerticalSpacing(8)
        self.fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.fields.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.body.addLayout(self.fields)
        self.outcome = plain_label("", "muted", wrap=True)
        self.body.addWidget(self.outcome)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAccessibleName("Cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.yes = QPushButton(yes)
        self.yes.setAccessibleName(yes)
        self.yes.setProperty("role", "primary")
        self.yes.setDefault(True)
        self.yes.clicked.connect(self.accept)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.yes.click)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(16)
        layout.addLayout(self.body, 1)
        layout.addLayout(foot)

    def add(self, label: str, field: QWidget, note: str = "") -> QLabel:
        """Add a field under its label, with a note on its right."""
        field.setAccessibleName(label)
        caption = plain_label(label)
        caption.setBuddy(field)
        if note:
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(field)
            row.addWidget(plain_label(note, "smallmuted"), 1)
            self.fields.addRow(caption, row)
        else:
            self.fields.addRow(caption, field)
        return caption
