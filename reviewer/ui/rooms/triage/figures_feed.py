"""The report's figures, brought up to date behind the work and never before the next example is painted."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from reviewer.errors import ReviewerError
from reviewer.triage.figures import Report as TriageReport
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report

__all__ = ["FiguresFeed"]

PAUSE_MS = 60
QUICK_S = 0.004


class FiguresFeed(QObject):
    """Counts anew after a pause: at once when that is quick, else on another thread."""

    def __init__(self, session: Session, show: Callable[[TriageReport], None]) -> None:
        super().__init__()
        self._session = session
        self._show = show
        self._variant: str | None = None
        self._cost = 0.0
        self._running = False
        self._again = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._count)

    def ask(self, variant: str | None) -> None:
        """Count soon."""
        self._variant = variant
        if not self._pause.isActive():
            self._pause.start()

    def now(self, variant: str | None) -> None:
        """Count before going on, for a report that is about to be read."""
        self._variant = variant
        self._pause.stop()
        if self._cost <= 0.1:
            self._count_here()
        else:
            self._count()

    def stop(self) -> None:
        """Count no more."""
        self._pause.stop()
        self._again = False

    def _count(self) -> None:
        if self._session.project is None:
            return
        if self._running:
            self._again = True
        elif self._cost <= QUICK_S:
            self._count_here()
        else:
            self._count_apart()

    def _count_here(self) -> None:
        project = self._session.project
        if project is None:
            return
        start = time.perf_counter()
        try:
            report = project.triage.report(self._variant, self._session.annotator_id)
        except ReviewerError:  # the variant went with its import; the next one is asked for soon
            return
        self._cost = time.perf_counter() - start
        self._show(report)

    def _count_apart(self) -> None:
        project = self._session.project
        assert project is not None
        variant, annotator = self._variant, self._session.annotator_id
        self._running = True

        def work(_report: Report) -> tuple[TriageReport, float]:
            start = time.perf_counter()
            return project.triage.report(variant, annotator), time.perf_counter() - start

        def done(result: tuple[TriageReport, float]) -> None:
            report, self._cost = result
            self._running = False
            if self._session.project is project:
                self._show(report)
                if self._again:
                    self._again = False
                    self._pause.start()

        def failed(_error: Exception) -> None:
            self._running = False

        self._session.tasks.run("Counting", work, done, failed, quiet=True)
