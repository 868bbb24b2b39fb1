"""Who is working: one of the project's annotators, or a new one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget

from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session

__all__ = ["AnnotatorDialog"]


class AnnotatorDialog(QDialog):
    """A field for a name, and the names the project knows."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Switch annotator")
        self.setAccessibleName("Switch annotator")
        self.setMinimumWidth(380)
        self._session = session
        self.name = QLineEdit(session.annotator_name)
        self.name.setAccessibleName("Annotator's name")
        self.name.setMaxLength(120)
        self.name.selectAll()
        self.known = QListWidget()
        self.known.setAccessibleName("Annotators of this project")
        if session.project is not None:
            for annotator in session.project.annotators.list():
                if annotator.kind == "person":
                    self.known.addItem(annotator.name)
        self.known.setFixedHeight(max(60, min(6, self.known.count()) * 28 + 8))
        self.known.currentTextChanged.connect(self.name.setText)
        self.known.itemActivated.connect(lambda _item: self.accept())
        cancel = QPushButton("Cancel")
        cancel.setAccessibleName("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        use = QPushButton("Go on under this name")
        use.setAccessibleName("Go on under this name")
        use.setProperty("role", "primary")
        use.setDefault(True)
        use.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(use)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(8)
        words = "Labels and judgments are kept for each annotator; Undo is too."
        layout.addWidget(plain_label(words, "muted", wrap=True))
        layout.addWidget(self.name)
        layout.addWidget(plain_label("Known in this project", "caps"))
        layout.addWidget(self.known)
        layout.addSpacing(8)
        layout.addLayout(foot)
        self.name.setFocus()
        self.accepted.connect(lambda: session.set_annotator(self.name.text()))
