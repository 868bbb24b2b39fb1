"""Labels as a file, in and out, behind the work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from reviewer.errors import InputError
from reviewer.intake.revisions import labels_left_out
from reviewer.triage.label_files import LabelImport
from reviewer.ui import messages
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report

__all__ = ["LabelExchange"]

FILES = "Labels (*.jsonl)"
SHOWN = 6


class LabelExchange:
    """Asks for a file and reads or writes it off the UI thread."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        self._parent = parent
        self._session = session

    def ask_import(self) -> None:
        """Ask for a file of labels and take it in."""
        messages.choose_open(self._parent, "Import labels", FILES, lambda paths: self.take(paths[0]))

    def ask_export(self) -> None:
        """Ask for a place and write every label there."""
        messages.choose_save(self._parent, "Export labels", "labels.jsonl", FILES, self.write, suffix="jsonl")

    def take(self, path: Path) -> None:
        """Take a file of labels in as one action that can be undone."""
        project = self._session.project
        if project is None:
            return
        name, by = self._session.annotator_name, self._session.annotator_id

        def work(report: Report) -> LabelImport:
            return project.labels.import_file(
                path, name, by=by, report=lambda done, total: report(int(done), int(total or 0))
            )

        self._session.tasks.run(f"Importing labels from {path.name}", work, self._taken)

    def _taken(self, result: LabelImport) -> None:
        self._session.tell_changes(result)
        words = f"{result.added:,} labels added, {result.changed:,} changed, {result.unchanged:,} as they were"
        if result.stale:
            words += f"; {result.stale:,} of them on answers to an earlier input, which count nowhere"
        if not result.rejects:
            messages.tell(self._parent, words + ".")
            return
        count = len(result.rejects)
        lines = [
            f"Line {item.line}{f', {item.field}' if item.field else ''}: {item.reason}"
            for item in result.rejects[:SHOWN]
        ]
        if count > SHOWN:
            lines.append(f"… and {count - SHOWN:,} more; `reviewer labels import` with --json lists them all.")
        what = "One line was" if count == 1 else f"{count:,} lines were"
        messages.show_error(
            self._parent, InputError(f"{what} not taken in. The rest is: {words}.\n\n" + "\n".join(lines))
        )

    def write(self, path: Path) -> None:
        """Write every label to a file."""
        project = self._session.project
        if project is None:
            return

        def work(report: Report) -> int:
            return project.labels.export_file(path, report=lambda done, total: report(int(done), int(total or 0)))

        def done(count: int) -> None:
            stale = project.triage.stale()
            clauses = [item.clause for item in project.triage.sealed()] + ([labels_left_out(stale)] if stale else [])
            sealed = "".join(f" {clause[0].upper()}{clause[1:]}." for clause in clauses)
            messages.tell(self._parent, f"{count:,} labels written to {path.name}.{sealed}")

        self._session.tasks.run(f"Exporting labels to {path.name}", work, done)
