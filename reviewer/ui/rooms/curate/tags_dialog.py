"""The tags of a version, as one line of names."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from reviewer.curate.versions import Version
from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.session import Session

__all__ = ["TagsDialog"]


class TagsDialog(Form):
    """What stands in the line is what the version has afterwards; the version itself never changes."""

    def __init__(self, parent: QWidget, session: Session, project: Project, version: Version) -> None:
        super().__init__(
            parent,
            f"Tags of {version.label}…",
            "Tag",
            "Names for this version, with commas between them. What is frozen stays as it is.",
        )
        self._session = session
        self._project = project
        self._version = version
        self.tags = QLineEdit(", ".join(version.tags))
        self.tags.setPlaceholderText("such as baseline, release 4")
        self.tags.selectAll()
        self.add("Tags", self.tags)
        self.outcome.hide()
        self.tags.setFocus()

    def accept(self) -> None:
        """Put the tags on, as one action; what cannot be a tag is said and stays in the line."""
        tags = [part.strip() for part in self.tags.text().split(",") if part.strip()]
        try:
            done = self._project.versions.retag(self._version, tags, annotator_id=self._session.annotator_id)
        except ReviewerError as error:
            self.outcome.setText(str(error))
            self.outcome.show()
            self.adjustSize()
            return
        super().accept()
        self._session.tell_changes(done)
        messages.tell(self._session.window, f"{done.label} has the tags: {', '.join(done.tags) or 'none'}")
