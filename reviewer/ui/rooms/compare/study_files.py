"""What goes in and out of studies in the window: the report, judgments made elsewhere, those of a closed study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from reviewer.compare.drawing import write_figures
from reviewer.compare.elsewhere import Imported
from reviewer.compare.figures import figures
from reviewer.compare.report import StudyReport
from reviewer.errors import InputError
from reviewer.formats.export_folder import write_whole
from reviewer.ui import messages
from reviewer.ui.rooms.compare.dispute_dialog import DisputeDialog

if TYPE_CHECKING:
    from reviewer.ui.rooms.compare.room import CompareRoom

__all__ = ["StudyFiles"]

JSONL = "JSON Lines (*.jsonl);;All files (*)"


class StudyFiles:
    """Reports the chosen study of a Compare room, and takes its judgments in and out."""

    def __init__(self, room: CompareRoom) -> None:
        self._room = room

    def show_report(self) -> None:
        """Work the chosen study's report out, off the UI thread, and show it."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return
        name = study.name
        self._room.session.tasks.run(
            f"Reporting {name}", lambda report: project.studies.report(name), self._show_report, quiet=True
        )

    def _show_report(self, report: StudyReport) -> None:
        self._room.pages.setCurrentWidget(self._room.report)
        self._room.report.show_report(report)
        self._room.status_changed.emit()

    def copy_summary(self) -> None:
        """Put the summary on the clipboard."""
        if self._room.report.report is not None:
            QGuiApplication.clipboard().setText(self._room.report.report.summary)
            messages.tell(self._room, "Copied the summary.")

    def save_report(self) -> None:
        """Ask for a file and write the report to it as JSON."""
        report = self._room.report.report
        if report is None:
            return
        name = f"{report.study}.json".replace("/", "-")
        messages.choose_save(
            self._room, "Save the report", name, "JSON (*.json)", lambda path: self._save(report, path), suffix="json"
        )

    def _save(self, report: StudyReport, path: Path) -> None:
        def write() -> None:
            text = json.dumps(report.to_json(), indent=2, allow_nan=False) + "\n"
            write_whole(path, [text.encode()])
            messages.tell(self._room, f"Saved {path.name}.")

        self._room.session.perform(write)

    def save_figures(self) -> None:
        """Ask for a folder and write the report's figures into it as SVG."""
        report = self._room.report.report
        if report is not None:
            messages.choose_folder(
                self._room, "Save the figures into a folder", lambda folder: self._write_figures(report, folder)
            )

    def _write_figures(self, report: StudyReport, folder: Path) -> None:
        written = self._room.session.perform(lambda: write_figures(figures(report), folder))
        if written is not None:
            messages.tell(self._room, f"Saved {len(written)} figures into {folder.name}.")

    def show_disputes(self, first: int = 0) -> None:
        """Show what annotators said differently, without their names."""
        report, project = self._room.report.report, self._room.session.project
        if report is None or project is None:
            return
        if not report.disagreements:
            messages.tell(self._room, "No two annotators contradicted each other.")
            return
        DisputeDialog(self._room, report.disagreements, project.judgments.question, first).open()

    # -- judgments made elsewhere

    def import_judgments(self) -> None:
        """Ask for a file of judgments and take it in."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return

        def take(paths: list[Path]) -> None:
            path = paths[0]
            self._room.session.tasks.run(
                "Importing judgments", lambda report: project.judgments.import_file(study.name, path), self._imported
            )

        messages.choose_open(self._room, "Import judgments", JSONL, take)

    def _imported(self, found: Imported) -> None:
        self._room.session.tell_changes(found)
        self._room.list_studies()
        said = f"{found.added} added, {found.present} present already, {len(found.rejected)} rejected."
        if found.rejected:
            first = found.rejected[0]
            where = f"line {first.line}" + (f", {first.field}" if first.field else "")
            messages.show_error(self._room, InputError(f"{said} The first is {where}: {first.reason}"))
        else:
            messages.tell(self._room, said)

    def export_judgments(self) -> None:
        """Ask for a file and write the closed study's judgments to it."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return

        def write(path: Path) -> None:
            lines = self._room.session.perform(lambda: project.judgments.export_file(study.name, path))
            if lines is not None:
                messages.tell(self._room, f"Wrote {lines} lines to {path.name}.")

        messages.choose_save(
            self._room,
            "Export judgments",
            f"{study.name}-judgments.jsonl".replace("/", "-"),
            JSONL,
            write,
            suffix="jsonl",
        )
