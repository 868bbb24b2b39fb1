"""The coverage map with what it is of, and what its finding is."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QScrollArea, QVBoxLayout, QWidget

from reviewer.curate.contracts import SLICES
from reviewer.intake.filters import Filter
from reviewer.store.history import Changes
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.coverage_map import CoverageMap
from reviewer.ui.rooms.curate.side_page import SidePage
from reviewer.ui.session import Session

__all__ = ["CoveragePage"]


class CoveragePage(SidePage):
    """Which failures of which workflows the slices hold; a cell lists its examples."""

    list_requested = Signal(object)
    """A Filter whose examples are to be listed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Coverage")
        self.scope = QComboBox()
        self.scope.setAccessibleName("Held by")
        self.scope.addItem("All slices", SLICES)
        for name in SLICES:
            self.scope.addItem(name.capitalize(), (name,))
        self.scope.activated.connect(lambda _place: self.read())
        caption = plain_label("Held by", "muted")
        caption.setBuddy(self.scope)
        self.head.addStretch(1)
        self.head.addWidget(caption)
        self.head.addWidget(self.scope)
        self.map = CoverageMap()
        self.map.chosen.connect(self._chosen)
        self.words = plain_label("", "muted", wrap=True)
        self.map.moved.connect(lambda: self.words.setText(self.map.words()))
        self.legend = plain_label(
            "Each cell: examples in the slices, of those that failed this way in triage. The darker, the more are held;"
            " “gap” in a dashed frame: triage saw some, and the slices hold none.",
            "smallmuted",
            wrap=True,
        )
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(16, 8, 16, 16)
        body.setSpacing(12)
        body.addWidget(self.finding)
        body.addWidget(self.map)
        body.addWidget(self.words)
        body.addWidget(self.legend)
        body.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setAccessibleName("Coverage map")
        area.setFocusPolicy(area.focusPolicy().NoFocus)
        self.column.addWidget(area, 1)

    def first_focus(self) -> QWidget:
        """The map."""
        return self.map

    def show_page(self) -> None:
        """Count again what has changed."""
        if self.stale:
            self.read()

    def on_changed(self, changes: Changes) -> None:
        """Count again after labels and assignments."""
        self.read()

    def read(self) -> None:
        """Count, off the window's thread."""
        project, slices = self.session.project, self.scope.currentData()
        if project is None:
            return
        self.stale = False

        def counted(found: object) -> None:
            if project is self.session.project and slices == self.scope.currentData():
                self.finding.setText(found.sentence)  # type: ignore[attr-defined]
                self.map.show_coverage(found)  # type: ignore[arg-type]

        self.session.tasks.run("Count failures", lambda _report: project.slices.coverage(slices), counted, quiet=True)

    def _chosen(self, workflow: str, code: str, missing: bool) -> None:
        wanted = Filter().toggled("workflow", workflow).toggled("label", code)
        self.list_requested.emit(wanted.toggled("slice", "none") if missing else wanted)
