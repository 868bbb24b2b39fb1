"""Finding and counting off the UI thread: the newest question is answered, older ones are given up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from reviewer.errors import Cancelled, ReviewerError
from reviewer.intake.filters import Filter
from reviewer.intake.heads import Head
from reviewer.intake.pages import Outline
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.after_paint import AfterPaint
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report, TaskHandle

if TYPE_CHECKING:
    from reviewer.intake.facets import Facet

__all__ = ["Finder", "matching"]

PAUSE_MS = 120
"""After so long without another letter, the whole list is looked for and counted."""
AT_ONCE_S = 0.004
"""How long the first examples of a filter without words are looked for before the next key is heard."""
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
    """Answers a filter with its first examples at once, then with its outline, and then with its facets."""

    headed = Signal(object)
    """The Head of the newest filter."""
    listed = Signal(object)
    """Its Outline."""
    counted = Signal(object)
    """Its facets."""
    failed = Signal(str)
    """Why the filter cannot be answered."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._wanted = Filter()
        self._typing = False
        self._held = False
        self._heading: TaskHandle | None = None
        self._listing: TaskHandle | None = None
        self._counting: TaskHandle | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._list)
        self._after_paint = AfterPaint(self._list, self)

    @property
    def listing(self) -> bool:
        """Whether an outline is still to come."""
        waits = self._held or self._pause.isActive() or self._after_paint.isActive()
        return waits or self._heading is not None or self._listing is not None

    @property
    def busy(self) -> bool:
        """Whether an outline or its facets are still to come."""
        return self.listing or self._counting is not None

    def find(self, wanted: Filter, current: int | None = None, *, typing: bool = False, first: bool = False) -> None:
        """Find the first examples, then outline, then count; with `typing` the last word may go on.

        The head says whether `current` is among all that the filter means. With `first` it is found here and now, for a
        page that is about to be painted, and the rest waits for `go_on`.
        """
        project = self._session.project
        if project is None:
            return
        for handle in (self._heading, self._listing, self._counting):
            if handle is not None:
                handle.cancel()
        if self.busy:
            project.search.interrupt()
        self._pause.stop()
        self._after_paint.stop()
        self._held = False
        self._listing = self._counting = None
        self._wanted, self._typing = wanted, typing

        asked = _settled(wanted) if typing else wanted

        def look(_report: Report) -> Head | None:
            return None if _is_an_id(asked) else project.examples.head(asked, current, typing=typing)

        def found(head: Head | None) -> None:
            if wanted is not self._wanted or self._session.project is not project:
                return
            self._heading = None
            if head is not None:
                self.headed.emit(head)
            if first:
                self._held = True
            elif typing:
                self._pause.start()  # no letter has the whole list looked for that the next one makes useless
            else:
                self._after_paint.start()

        if not asked.text:
            # Quicker read than handed to another thread and back; what is not, goes there after all.
            head = project.examples.head(asked, current, patience_s=None if first else AT_ONCE_S)
            if first or head is not None:
                found(head)
                return
        self._heading = self._session.tasks.run("First examples", look, found, self._fail, urgent=True)

    def go_on(self) -> None:
        """List and count what was put off until the first paint."""
        if self._held:
            self._list()

    def _list(self) -> None:
        """Outline what was asked for last, and count."""
        self._held = False
        project, wanted, typing = self._session.project, self._wanted, self._typing
        if project is None:
            return

        asked = _settled(wanted) if typing else wanted
        if not asked.text:  # what is counted then does not depend on which examples the words are found in
            self.count(wanted, typing=typing)

        def look(report: Report) -> tuple[Outline, list[int] | None]:
            matches = matching(project, asked, typing=typing)
            report(0, 0)
            return project.examples.outline(asked, matches, lambda: report(0, 0)), matches

        def found(answer: tuple[Outline, list[int] | None]) -> None:
            if wanted is self._wanted and self._session.project is project:
                self._listing = None
                self.listed.emit(answer[0])
                if asked.text:
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

        asked = _settled(wanted) if typing else wanted

        def look(report: Report) -> Sequence[Facet]:
            found = matches
            if found is None:
                found = matching(project, asked, typing=typing)
            return project.examples.facets(asked, found, lambda: report(0, 0))

        def counted(facets: Sequence[Facet]) -> None:
            if wanted is self._wanted and self._session.project is project:
                self._counting = None
                self.counted.emit(facets)

        self._counting = self._session.tasks.run("Count facets", look, counted, self._fail, quiet=True)

    def _fail(self, error: Exception) -> None:
        """Given up for a newer question: nothing to say. Anything else is said."""
        if isinstance(error, Cancelled):
            return
        self._heading = self._listing = self._counting = None
        if isinstance(error, ReviewerError):
            self.failed.emit(str(error))
        else:
            messages.show_error(self._session.window, error)


def _is_an_id(wanted: Filter) -> bool:
    """Whether the words may be one example's id, which then comes first."""
    return bool(wanted.text) and any(letter.isdigit() for letter in wanted.text) and bool(_AN_ID.fullmatch(wanted.text))


def _settled(wanted: Filter) -> Filter:
    """What is typed so far without a last word of one letter: it says too little, and nearly everything matches it, or,
    with a minus before it, nothing is left.
    """
    words = wanted.text.split(" ")
    last = words[-1].removeprefix("-")
    alone = len(last) <= 1 and last.isascii() and (last.isalpha() or not last) and '"' not in wanted.text
    return wanted.with_text(" ".join(words[:-1])) if alone else wanted
