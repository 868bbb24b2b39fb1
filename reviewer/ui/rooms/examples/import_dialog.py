"""The import: map, take in, see what came of it; one file after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.errors import Cancelled
from reviewer.intake.import_run import ImportResult
from reviewer.ui import messages, theme
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.examples.mapping_page import MappingPage
from reviewer.ui.rooms.examples.result_page import ResultPage
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report, TaskHandle

__all__ = ["ImportDialog", "open_import"]


def open_import(session: Session, paths: Sequence[Path], parent: QWidget | None = None) -> ImportDialog | None:
    """Lead through the import of these files; None without any."""
    if not paths or session.project is None:
        return None
    dialog = ImportDialog(parent or session.window, session, paths)
    dialog.open()
    return dialog


class ImportDialog(QDialog):
    """Three pages a file: the mapping, the work, the result."""

    def __init__(self, parent: QWidget | None, session: Session, paths: Sequence[Path]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Import")
        self.session = session
        self._waiting = list(paths)
        self._path = self._waiting.pop(0)
        self._work: TaskHandle | None = None
        self._build()
        self._watch = QTimer(self, interval=100)
        self._watch.timeout.connect(self._show_progress)
        session.closed.connect(self.close)
        self._show_file()

    def _build(self) -> None:
        self.mapping = MappingPage(self.session)
        self.working = QWidget()
        self.work_head = plain_label("", "title", wrap=True)
        self.work_words = plain_label("", "muted", wrap=True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the import")
        self.bar.setTextVisible(False)
        column = QVBoxLayout(self.working)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(self.work_head)
        column.addWidget(self.bar)
        column.addWidget(self.work_words)
        column.addStretch(3)
        self.outcome = ResultPage()
        self.pages = QStackedWidget()
        for page in (self.mapping, self.working, self.outcome):
            self.pages.addWidget(page)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAccessibleName("Cancel")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self._cancel)
        self.go = QPushButton("Import")
        self.go.setAccessibleName("Import")
        self.go.setDefault(True)
        theme.dress(self.go, "primary")
        self.go.clicked.connect(self._next)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.go.click)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.pages, 1)
        layout.addLayout(foot)
        self.mapping.ready_changed.connect(self._ready)
        parent = self.parentWidget()
        room = parent.window().size() if parent is not None else self.size()
        self.resize(min(1180, max(860, int(room.width() * 0.88))), min(860, max(600, int(room.height() * 0.9))))

    def _show_file(self) -> None:
        left = f"  ({len(self._waiting)} more to come)" if self._waiting else ""
        self.setWindowTitle(f"Import {self._path.name}{left}")
        self.pages.setCurrentWidget(self.mapping)
        self.cancel.setText("Cancel")
        self.cancel.show()
        self.go.setText("Import")
        self.go.setEnabled(False)
        self.mapping.show_file(self._path)
        self.mapping.targets.setFocus()

    def _ready(self, ready: bool) -> None:
        if self.pages.currentWidget() is self.mapping:
            self.go.setEnabled(ready)

    def _next(self) -> None:
        page = self.pages.currentWidget()
        if page is self.mapping:
            self._start()
        elif page is self.outcome:
            if self._waiting:
                self._path = self._waiting.pop(0)
                self._show_file()
            else:
                self.accept()

    def _start(self) -> None:
        project, page = self.session.project, self.mapping
        if project is None or page.inspection is None:
            return
        page.stop()
        path, mapping, where, how = self._path, page.mapping(), page.condition(), page.inspection.how.format
        several = bool(mapping.variants())
        variant = None if several else page.variant.text().strip() or None
        role = None if several else page.role.currentData()
        roles, annotator = page.roles(), self.session.annotator_id
        self.pages.setCurrentWidget(self.working)
        self.go.setEnabled(False)
        self.cancel.setText("Cancel the import")
        self.cancel.setFocus()
        self.work_head.setText(f"Importing {path.name}")
        self.work_words.setText("")
        self.bar.setRange(0, 0)

        def work(report: Report) -> ImportResult:
            return project.sources.import_file(
                path,
                mapping,
                variant=variant,
                role=role,
                roles=roles,
                where=where,
                format=how,
                report=report,
                annotator_id=annotator,
                exact=True,
            )

        self._work = self.session.tasks.run(f"Importing {path.name}", work, self._finished, self._failed, in_bytes=True)
        self._watch.start()

    def _show_progress(self) -> None:
        handle = self._work
        if handle is None:
            return
        if handle.total:
            self.bar.setRange(0, 1000)
            self.bar.setValue(int(1000 * handle.done / handle.total))
        words = [handle.note] if handle.note else []
        if handle.total:
            words.append(f"{handle.done / 1e6:,.1f} of {handle.total / 1e6:,.1f} MB")
            words.append(f"{handle.rate() / 1e6:,.1f} MB a second")
        left = handle.seconds_left()
        if left is not None:
            words.append(f"{left:,.0f} s left")
        self.work_words.setText("  ·  ".join(words) if not handle.cancelled else "Taking out what had gone in…")

    def _finished(self, result: ImportResult) -> None:
        self.session.tell_changes(result)
        if not isValid(self):
            return
        self._end_work()
        self.outcome.show_result(result)
        self.pages.setCurrentWidget(self.outcome)
        self.cancel.hide()
        self.go.setText("Next file" if self._waiting else "Done")
        self.go.setEnabled(True)
        self.go.setFocus()

    def _failed(self, error: Exception) -> None:
        if not isValid(self):
            return
        self._end_work()
        self.pages.setCurrentWidget(self.mapping)
        self.cancel.setText("Cancel")
        self.go.setEnabled(True)
        if isinstance(error, Cancelled):
            messages.tell(self.session.window, "The import was cancelled; nothing of it was kept.")
            self.mapping.counts.setText("Cancelled; nothing was imported.")
        else:
            messages.show_error(self, error)

    def _end_work(self) -> None:
        self._watch.stop()
        self._work = None

    def _cancel(self) -> None:
        if self._work is not None:
            self._work.cancel()
            self.cancel.setEnabled(False)
            QTimer.singleShot(0, lambda: self.cancel.setEnabled(True))
        else:
            self.reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in one of the mapping's fields ends what is typed there; it starts no import."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.pages.currentWidget() is self.mapping and not self.go.hasFocus():
            event.accept()
            return
        super().keyPressEvent(event)

    def reject(self) -> None:
        """Esc and Cancel: stop the work first when there is some; it ends on the mapping page."""
        if self._work is not None:
            self._work.cancel()
            return
        self.mapping.stop()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing during the work cancels it."""
        if self._work is not None:
            self._work.cancel()
        self.mapping.stop()
        super().closeEvent(event)
