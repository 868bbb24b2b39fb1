"""Finding and counting off the UI thread: the newest question is answered, older ones are given up."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from reviewer.errors import Cancelled, ReviewerError
from reviewer.intake.facets import Facet
from reviewer.intake.filters import Filter
from reviewer.intake.pages import Outline
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report, TaskHandle

__all__ = ["Finder", "matching"]

_AN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def matching(project: Project, wanted: Filter, *, typing: bool) -> list[int] | None:
    """The ids that a filter's words match, the example of that very id first; None for a filter without words."""
    if not wanted.text:
        return None
    found = project.search.ids(wanted.text, typing=typing, wait=False)
    if _AN_ID.fullmatch(wanted.text):
        exact = list(project.examples.outline(Filter.parse(f"id:{wanted.text}")).anchors[:1])
        return exact + [number for number in found if number not in exact] if exact else found
    return found


class Finder(QObject):
    """Answers a filter with its outline, and then with its facets."""

    listed = Signal(object)
    """The Outline of the newest filter."""
    counted = Signal(object)
    """Its facets."""
    failed = Signal(str)
    """Why the filter cannot be answered."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._wanted = Filter()
        self._listing: TaskHandle | None = None
        self._counting: TaskHandle | None = None

    @property
    def listing(self) -> bool:
        """Whether an outline is still to come."""
        return self._listing is not None

    @property
    def busy(self) -> bool:
        """Whether an outline or its facets are still to come."""
        return self._listing is not None or self._counting is not None

    def find(self, wanted: Filter, *, typing: bool = False) -> None:
        """Search and outline, then count; with `typing` the last word may go on."""
        project = self._session.project
        if project is None:
            return
        for handle in (self._listing, self._counting):
            if handle is not None:
                handle.cancel()
        if self.busy:
            project.search.interrupt()
        self._wanted = wanted

        def look(report: Report) -> tuple[Outline, list[int] | None]:
            matches = matching(project, wanted, typing=typing)
            report(0, 0)
            return project.examples.outline(wanted, matches), matches

        def found(answer: tuple[Outline, list[int] | None]) -> None:
            if wanted is self._wanted and self._session.project is project:
                self._listing = None
                self.listed.emit(answer[0])
                self.count(wanted, answer[1], typing=typing)

        self._listing = self._session.tasks.run("Find examples", look, found, self._fail, quiet=True)

    def count(self, wanted: Filter, matches: list[int] | None = None, *, typing: bool = False) -> None:
        """Count the facets; `matches` are the ids that the text matches, where they are known."""
        project = self._session.project
        if project is None:
            return
        if self._counting is not None:
            self._counting.cancel()
        self._wanted = wanted

        def look(report: Report) -> Sequence[Facet]:
            found = matches
            if found is None:
                found = matching(project, wanted, typing=typing)
            return project.examples.facets(wanted, found, lambda: report(0, 0))

        def counted(facets: Sequence[Facet]) -> None:
            if wanted is self._wanted and self._session.project is project:
                self._counting = None
                self.counted.emit(facets)

        self._counting = self._session.tasks.run("Count facets", look, counted, self._fail, quiet=True)

    def _fail(self, error: Exception) -> None:
        """Given up for a newer question: nothing to say. Anything else is said."""
        if isinstance(error, Cancelled):
            return
        self._listing = self._counting = None
        if isinstance(error, ReviewerError):
            self.failed.emit(str(error))
        else:
            messages.show_error(self._session.window, error)
