"""Photograph every room of the demo project, light and dark, at 1280×800 and 1920×1080.

    python3 packaging/dev.py screenshots [--out DIR] [--only NAME]

Everything goes to DIR (build/screenshots unless told otherwise); those that the README shows are also put, at the
smaller size, into packaging/screenshots. It needs no screen.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IN_README = {"triage-light", "triage-report-light", "curate-light", "compare-pair-dark", "compare-report-light"}
SIZES = ((1280, 800), (1920, 1080))
SETTLE_ROUNDS = 12
DIALOG_MS = 700


class Photographer:
    """The running app, led from view to view and grabbed."""

    def __init__(self, out: Path, project: Path, only: str) -> None:
        from reviewer.ui.app import build

        self.out = out
        self.only = only
        self.app, self.window = build(["reviewer"], project)
        self.window.session.set_annotator("Ana Ruiz")

    def settle(self) -> None:
        """Let the app finish what it has begun."""
        from PySide6.QtCore import QEventLoop
        from PySide6.QtTest import QTest

        for _ in range(SETTLE_ROUNDS):
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            QTest.qWait(15)

    def grab(self, name: str, widget: Any = None) -> None:
        """Save what a widget, by default the window, shows."""
        if self.only and self.only not in name:
            return
        self.settle()
        path = self.out / f"{name}.png"
        (widget or self.window).grab().save(str(path))
        print(path)

    def dialog(self, name: str, opener: Callable[[], None]) -> None:
        """Open a modal dialog, photograph it, and leave it."""
        from PySide6.QtCore import QTimer

        seen: list[Any] = []

        def photograph() -> None:
            found = self.app.activeModalWidget()
            if found is None:
                return
            seen.append(found)
            self.grab(name, found)
            found.close()

        QTimer.singleShot(DIALOG_MS, photograph)
        opener()
        # One that does not block returns at once; the photographer still comes.
        for _ in range(SETTLE_ROUNDS):
            if seen:
                break
            self.settle()

    def views(self, theme: str, size: str, project: Path) -> None:
        """Every view, once, in the theme and size in force."""
        from reviewer.ui.dialogs.palette import Palette

        window, end = self.window, f"{theme}-{size}"
        run = window.run_action
        window.go_to_room("examples")
        self.grab(f"examples-{end}")
        triage: Any = window.go_to_room("triage")
        self.grab(f"triage-{end}")
        run("triage.report")
        self.grab(f"triage-report-{end}")
        triage.close_report()
        self.dialog(f"triage-codebook-{end}", lambda: run("triage.codebook"))
        curate: Any = window.go_to_room("curate")
        curate.show_slices()
        self.grab(f"curate-{end}")
        self.dialog(f"curate-freeze-{end}", lambda: run("curate.freeze"))
        self.dialog(f"curate-sample-{end}", lambda: run("curate.sample"))
        run("curate.versions")
        self.grab(f"curate-versions-{end}")
        curate.show_slices()
        self.curate_pages(curate, end)
        self.compare(end)
        run("help.palette")
        self.grab(f"palette-{end}")
        for palette in window.findChildren(Palette):
            palette.close()
        self.settle()
        self.dialog(f"shortcuts-{end}", lambda: run("help.shortcuts"))
        self.dialog(f"settings-{end}", lambda: run("file.settings"))
        self.dialog(f"about-{end}", lambda: run("help.about"))
        self.dialog(f"import-{end}", lambda: self._import(project))

    def curate_pages(self, curate: Any, end: str) -> None:
        """The pages beside the slices, and the two dialogs that belong to them."""
        run = self.window.run_action
        self.dialog(f"curate-contract-{end}", lambda: curate.freezing.edit_contract("core"))
        self.dialog(f"curate-truth-{end}", lambda: run("curate.reference"))
        run("curate.similar")
        self.grab(f"curate-similar-{end}")
        run("curate.coverage")
        self.grab(f"curate-coverage-{end}")
        for action, name in (("curate.references", "due"), ("curate.suspects", "suspects")):
            run(action)
            self.grab(f"curate-references-{name}-{end}")
        curate.show_slices()

    def _import(self, project: Path) -> None:
        from reviewer.ui.rooms.examples.import_dialog import open_import

        sample = project.parent / "new-log.jsonl"
        if not sample.exists():
            lines = (ROOT / "resources" / "demo" / "production.jsonl").read_text(encoding="utf-8").splitlines()
            body = [line.replace('"id":"', '"id":"next-', 1) for line in lines[:40]]
            sample.write_text("\n".join([*body[:12], '{"id": "broken", "messages": [', *body[12:]]), encoding="utf-8")
        open_import(self.window.session, [sample])

    def choose(self, room: Any, study: str) -> None:
        """Select a study in the list."""
        project = self.window.session.project
        assert project is not None
        room.studies.show_studies(project.studies.list(), study)
        self.settle()

    def compare(self, end: str) -> None:
        """The list of studies, an answer, a pair and a report."""
        room: Any = self.window.go_to_room("compare")
        room.show_studies()
        self.grab(f"compare-studies-{end}")
        self.plan(end)
        for study, name in (("Second round", "answer"), ("Third round", "pair"), ("Fourth round", "guess")):
            self.choose(room, study)
            room.judge()
            self.grab(f"compare-{name}-{end}")
            room.show_studies()
        self.choose(room, "Pilot")
        room.files.show_report()
        # It is worked out beside the window; the first one loads what the statistics need.
        for _ in range(60):
            if room.pages.currentWidget() is room.report:
                break
            self.settle()
        self.grab(f"compare-report-{end}")
        room.show_studies()

    def plan(self, end: str) -> None:
        """Every step of a new study."""
        from reviewer.ui.rooms.compare.new_study_dialog import STEPS, NewStudyDialog

        self.window.run_action("compare.new")
        (dialog,) = self.window.findChildren(NewStudyDialog)
        dialog.what.name.setText("Autumn tune")
        for number in range(len(STEPS)):
            dialog.go_to(number)
            self.settle()
            self.grab(f"compare-new-{number + 1}-{end}", dialog)
        dialog.reject()
        self.settle()


def answer_everything(path: Path) -> None:
    """Add two small studies to the demo: one whose single answers are all judged, one whose pairs are as well."""
    from reviewer.compare.judgments import AnswerTask, GuessTask, PairTask
    from reviewer.project import Project

    with Project.open(path) as project:
        ana = project.annotators.get_or_add("Ana Ruiz")
        core = project.slices.matching("slice:core")
        project.slices.clear(project.slices.matching(""), annotator_id=ana)
        judged = {example for study in project.studies.list() for example in _examples(project, study.name)}
        free = [item for item in core if item not in judged]
        for name, members in (("third", free[:8]), ("fourth", free[8:14])):
            project.slices.assign(members, "core", annotator_id=ana)
            project.versions.freeze(name, note="For the pictures.", waive="A small set.", annotator_id=ana)
            project.undo(ana)
        project.undo(ana)
        for name, version, seed in (("Third round", "third@1", 3), ("Fourth round", "fourth@1", 4)):
            project.studies.create(name, "base", "tuned", version=version, seed=seed, annotator_id=ana)
            while True:
                task = project.judgments.next(name, ana)
                if isinstance(task, AnswerTask):
                    project.judgments.lock(name, task.side.id, ana, "pass")
                elif name == "Fourth round" and isinstance(task, PairTask) and not isinstance(task, GuessTask):
                    project.judgments.prefer(name, task.pair_id, ana, "left")
                else:
                    break


def _examples(project: Any, study: str) -> set[int]:
    with project.database.read() as connection:
        return {
            row["example_id"]
            for row in connection.execute(
                "SELECT p.example_id FROM pairs p JOIN studies s ON s.id = p.study_id WHERE s.name = ?", (study,)
            )
        }


def main() -> int:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="", help="only pictures whose name holds this")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["REVIEWER_HOME"] = home
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.setdefault("QT_LOGGING_RULES", "qt.qpa.*=false")
        from reviewer import demo
        from reviewer.ui import theme

        project = demo.write(Path(home))
        answer_everything(project)
        photographer = Photographer(options.out, project, options.only)
        photographer.window.show()
        for width, height in SIZES:
            photographer.window.resize(width, height)
            for name in ("light", "dark"):
                theme.apply(photographer.app, name)
                photographer.views(name, f"{width}x{height}", project)
        photographer.window.session.close()
        photographer.window.resize(*SIZES[0])
        for name in ("light", "dark"):
            theme.apply(photographer.app, name)
            photographer.grab(f"first-run-{name}-{SIZES[0][0]}x{SIZES[0][1]}")
        photographer.window.close()
    shown = ROOT / "packaging" / "screenshots"
    shown.mkdir(exist_ok=True)
    for name in sorted(IN_README):
        made = options.out / f"{name}-{SIZES[0][0]}x{SIZES[0][1]}.png"
        if made.is_file() and not options.only:
            shutil.copy(made, shown / f"{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
