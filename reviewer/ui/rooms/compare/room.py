"""The Compare room: from the list of studies to judging, and from judging to the report."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from reviewer.compare.judgments import AnswerTask, GuessTask, PairTask
from reviewer.compare.studies import Study
from reviewer.errors import ProjectError
from reviewer.store.history import Changes
from reviewer.ui import messages
from reviewer.ui.rooms.base import Room
from reviewer.ui.rooms.compare.answer_page import AnswerPage
from reviewer.ui.rooms.compare.new_study_dialog import NewStudyDialog
from reviewer.ui.rooms.compare.pace import Pace
from reviewer.ui.rooms.compare.pair_page import PairPage
from reviewer.ui.rooms.compare.report_page import ReportPage
from reviewer.ui.rooms.compare.study_ends import StudyEnds
from reviewer.ui.rooms.compare.study_files import StudyFiles
from reviewer.ui.rooms.compare.study_page import StudyPage
from reviewer.ui.session import Session

__all__ = ["CompareRoom"]

_ANSWER = {
    "compare.pass",
    "compare.fail",
    "compare.cannot_judge",
    "compare.evidence",
    "compare.caveat",
    "compare.note",
    "compare.lock",
    "compare.severity_low",
    "compare.severity_medium",
    "compare.severity_high",
}
_PAIR = {
    "compare.left": "left",
    "compare.right": "right",
    "compare.tie": "tie",
    "compare.both_bad": "both_bad",
}
_REPORT = {"compare.save_report", "compare.save_figures", "compare.copy_summary", "compare.disputes"}
_PAIR_VIEW = {
    "compare.differences",
    "compare.scroll_together",
    "compare.next_difference",
    "compare.previous_difference",
}


class CompareRoom(Room):
    """One page at a time: the studies, an answer, a pair, or a report."""

    room_id = "compare"
    title = "Compare"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.judging = ""
        """The name of the study that is being judged."""
        self.pace = Pace()
        self.studies = StudyPage(session)
        self.answer = AnswerPage(session)
        self.pair = PairPage(session)
        self.report = ReportPage(session)
        self.ends = StudyEnds(self)
        self.files = StudyFiles(self)
        self.pages = QStackedWidget()
        for page in (self.studies, self.answer, self.pair, self.report):
            self.pages.addWidget(page)
            page.asked.connect(self._run)
        self.studies.chosen.connect(self._study_chosen)
        self.report.example_asked.connect(lambda example_id: session.goto("examples", example_id))
        self.report.dispute_asked.connect(self.files.show_disputes)
        for page in (self.answer, self.pair):
            page.bar.back.connect(self.show_studies)
        self.keep_splitter(self.studies.splitters[0], "studies", [760, 400])
        self.keep_splitter(self.answer.splitters[0], "answer", [760, 420])
        self.keep_splitter(self.answer.splitters[1], "question", [210, 430])
        self.keep_splitter(self.pair.splitters[0], "pair", [190, 470])
        self.keep_splitter(self.pair.splitters[1], "pair_sources", [640, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        self._handlers: dict[str, Callable[[], None]] = {
            "compare.new": self.new_study,
            "compare.judge": self.judge,
            "compare.studies": self.go_back,
            "compare.pass": lambda: self.answer.say("pass"),
            "compare.fail": lambda: self.answer.say("fail"),
            "compare.cannot_judge": lambda: self.answer.say("cannot_judge"),
            "compare.evidence": self.answer.mark,
            "compare.severity_low": lambda: self.answer.grade("low"),
            "compare.severity_medium": lambda: self.answer.grade("medium"),
            "compare.severity_high": lambda: self.answer.grade("high"),
            "compare.caveat": self.answer.toggle_caveat,
            "compare.note": lambda: self.answer.note.setFocus(),
            "compare.lock": self.lock,
            "compare.differences": self.pair.toggle_differences,
            "compare.scroll_together": self.pair.toggle_scroll,
            "compare.next_difference": lambda: self.pair.go_to_difference(1),
            "compare.previous_difference": lambda: self.pair.go_to_difference(-1),
            "compare.stopping": self.ends.ask_stopping,
            "compare.close": self.ends.close,
            "compare.abandon": self.ends.abandon,
            "compare.report": self.files.show_report,
            "compare.save_report": self.files.save_report,
            "compare.save_figures": self.files.save_figures,
            "compare.disputes": self.files.show_disputes,
            "compare.copy_summary": self.files.copy_summary,
            "compare.import": self.files.import_judgments,
            "compare.export": self.files.export_judgments,
            "edit.find": self.answer.answer.open_find,
            "edit.find_next": self.answer.answer.find_next,
            "edit.find_previous": self.answer.answer.find_previous,
        }
        for action_id, choice in _PAIR.items():
            self._handlers[action_id] = lambda choice=choice: self.prefer(choice)  # type: ignore[misc]
        session.annotator_changed.connect(self._annotator_changed)

    # -- what the window asks

    def commands(self) -> dict[str, Callable[[], None]]:
        """The room's handlers."""
        return self._handlers

    def enabled(self, action_id: str) -> bool:
        """Whether an action can be done on the page that is shown."""
        if self.session.project is None:
            return False
        page = self.pages.currentWidget()
        if action_id in _ANSWER:
            if action_id.startswith("compare.severity"):
                return page is self.answer and self.answer.verdict == "fail"
            return page is self.answer and (action_id != "compare.lock" or bool(self.answer.verdict))
        if action_id in _PAIR:
            return page is self.pair and (not self.pair.guessing or _PAIR[action_id] in ("left", "right"))
        if action_id in _PAIR_VIEW:
            return page is self.pair
        if action_id.startswith("edit.find"):
            # A find bar over one pane of a pair would tell it from the other.
            return page is self.answer
        if action_id == "compare.studies":
            return page is not self.studies and not self.answer.answer.find_bar.isVisible()
        if action_id in _REPORT:
            return page is self.report
        study = self.current()
        if action_id == "compare.judge":
            return page is self.studies and study is not None and study.state == "open" and study.origin != "elsewhere"
        if action_id == "compare.close":
            return study is not None and study.state == "open" and study.judged
        if action_id == "compare.stopping":
            return study is not None and study.state == "open" and study.origin == "here"
        if action_id == "compare.abandon":
            return study is not None and study.state == "open"
        if action_id == "compare.import":
            return study is not None and study.state == "open" and study.origin != "here"
        if action_id in ("compare.report", "compare.export"):
            return study is not None and study.state == "closed"
        return True

    def may_undo(self) -> bool:
        """A locked verdict is final, and Undo must not reach past it into another room's work."""
        page, project = self.pages.currentWidget(), self.session.project
        if page is self.answer or project is None:
            return False
        if page is not self.pair:
            return True
        titles = (project.undo_title(self.session.annotator_id), project.redo_title(self.session.annotator_id))
        return any(title is not None and title.startswith(("pair ", "guess ")) for title in titles)

    def checked(self, action_id: str) -> bool:
        """Whether a toggle is on."""
        return {
            "compare.differences": self.pair.shows_differences,
            "compare.scroll_together": self.pair.scrolls_together,
            "compare.caveat": self.answer.missing_caveat,
        }.get(action_id, False)

    def status_text(self) -> str:
        """How far this annotator is, and nothing of anybody's judgments."""
        page = self.pages.currentWidget()
        if page in (self.answer, self.pair) and self.session.project is not None:
            progress = self.session.project.judgments.progress(self.judging, self.session.annotator_id)
            return f"{progress.done} of {progress.total} judged"
        if page is self.studies and self.studies.studies:
            number = len(self.studies.studies)
            return f"{number} {'study' if number == 1 else 'studies'}"
        return ""

    def refresh(self) -> None:
        """Show what the project holds now, on the page that was left."""
        if self.session.project is None:
            return
        if self.pages.currentWidget() in (self.answer, self.pair):
            self.pace.start()
            self._show_next()
        elif self.pages.currentWidget() is self.studies:
            self.list_studies()

    def on_changed(self, changes: Changes) -> None:
        """Follow studies and judgments, also when they are undone."""
        if self.session.project is None or not self.isVisible():
            return
        judged = changes.tables & {"correctness_judgments", "preference_judgments", "guesses"}
        if self.pages.currentWidget() in (self.answer, self.pair) and (judged or "studies" in changes.tables):
            self._show_next()
        elif self.pages.currentWidget() is self.studies and (judged or "studies" in changes.tables):
            self.list_studies()

    def show_example(self, example_id: int) -> None:
        """After Undo: the pair it was about is the next one to judge, so that is shown."""
        if self.pages.currentWidget() is self.studies and self._resumable():
            self.judge()

    def _resumable(self) -> bool:
        study = self.current()
        return study is not None and study.state == "open" and study.origin == "here"

    def _annotator_changed(self) -> None:
        if self.session.project is not None and self.pages.currentWidget() in (self.answer, self.pair):
            self.show_studies()
        # What one person staged is not the next one's.
        self.answer.forget()

    def _run(self, action_id: str) -> None:
        if self.enabled(action_id):
            self._handlers[action_id]()

    # -- the list

    def current(self) -> Study | None:
        """The chosen study."""
        return self.studies.current

    def show_studies(self) -> None:
        """Go back to the list."""
        self.pages.setCurrentWidget(self.studies)
        self.list_studies()
        self.studies.list.setFocus()

    def go_back(self) -> None:
        """Leave the note, where it is being written; otherwise go back to the list."""
        if self.answer.note.hasFocus():
            self.answer.answer.setFocus()
        else:
            self.show_studies()

    def list_studies(self, wanted: str = "") -> None:
        """List the studies as they are now, with the wanted one chosen."""
        project = self.session.project
        if project is None:
            return
        self.studies.show_studies(project.studies.list(), wanted or self.judging)
        self.setFocusProxy(self.studies.list if self.studies.studies else self.studies.first)
        self.status_changed.emit()

    def _study_chosen(self) -> None:
        study, project = self.current(), self.session.project
        if study is None or project is None:
            return
        progress = None
        if study.state == "open":
            progress = project.judgments.progress(study.name, self.session.annotator_id)
        self.studies.show_progress(study, progress)

    def new_study(self) -> None:
        """Ask for a plan and make a study of it."""
        project = self.session.project
        if project is None:
            return
        if len(project.studies.variants()) < 2:
            messages.show_error(
                self,
                ProjectError(
                    "A study compares two variants, and the project has outputs of fewer. Import both variants' "
                    "outputs first: File ▸ Import."
                ),
            )
            return
        NewStudyDialog(self, self.session, project, self._made).open()

    def _made(self, study: Study) -> None:
        self.pages.setCurrentWidget(self.studies)
        self.list_studies(study.name)
        self.studies.judge.setFocus()
        if study.sealed_labels:
            messages.tell(self, f"Sealed, with {study.sealed_labels} labels that come back when it is closed.")

    # -- judging

    def judge(self) -> None:
        """Begin to judge the chosen study, or go on."""
        study = self.current()
        if study is None:
            return
        self.judging = study.name
        self.pace.start()
        self._show_next()

    def _show_next(self) -> None:
        project = self.session.project
        if project is None:
            return
        name, annotator = self.judging, self.session.annotator_id
        study = next((found for found in project.studies.list() if found.name == name), None)
        if study is None or study.state != "open":
            self.show_studies()
            return
        task = project.judgments.next(name, annotator)
        left = project.judgments.progress(name, annotator)
        rest = self.pace.rest(left.total - left.done)
        if isinstance(task, AnswerTask):
            self.pages.setCurrentWidget(self.answer)
            self.answer.show_task(task, rest)
        elif isinstance(task, PairTask):
            if self.pages.currentWidget() is self.answer:
                messages.tell(self, "Every answer is locked. Now the pairs: which one is better?")
            elif isinstance(task, GuessTask) and not self.pair.guessing:
                messages.tell(self, "Every pair is judged. Last, some guesses.")
            self.pages.setCurrentWidget(self.pair)
            self.pair.show_task(task, rest)
        else:
            self.show_studies()
            messages.tell(self, "You have judged everything in this study. It can be closed when all others have, too.")
        minutes = int(self.session.settings.get("break_minutes"))
        if task is not None and self.pace.break_due(minutes):
            messages.tell(self, f"You have judged for {minutes} minutes. A short break keeps verdicts even.")
        self.status_changed.emit()

    def lock(self) -> None:
        """Lock the verdict on this answer and show the next."""
        project, page = self.session.project, self.answer
        task = page.task
        if project is None or task is None or not page.verdict:
            return
        annotator = self.session.annotator_id
        self.pace.judged()
        self.session.perform(
            lambda: project.judgments.lock(
                task.study,
                task.side.id,
                annotator,
                page.verdict,
                evidence=page.spans,
                severity=page.severity,
                missing_caveat=page.missing_caveat,
                note=page.note.text(),
            )
        )

    def prefer(self, choice: str) -> None:
        """Say which answer of the pair is better and show the next."""
        project, task = self.session.project, self.pair.task
        if project is None or task is None:
            return
        annotator = self.session.annotator_id
        self.pace.judged()
        if isinstance(task, GuessTask):
            self.session.perform(lambda: project.judgments.guess(task.study, task.pair_id, annotator, choice))
        else:
            self.session.perform(lambda: project.judgments.prefer(task.study, task.pair_id, annotator, choice))
