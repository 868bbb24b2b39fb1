"""How a study ends in the window: whether it may stop, closing it, giving it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.compare.studies import Study
from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.ui.rooms.compare.room import CompareRoom

__all__ = ["StudyEnds"]


class StudyEnds:
    """Ends the chosen study of a Compare room, after asking."""

    def __init__(self, room: CompareRoom) -> None:
        self._room = room

    def ask_stopping(self) -> None:
        """Say whether the chosen study may stop, where the rule is asked after a word of what asking does."""
        study = self._room.current()
        if study is None:
            return
        if study.plan.get("stopping") != "sequential":
            self._tell_stopping()
            return
        messages.confirm(
            self._room,
            f"Ask whether {study.name} may stop?",
            "The answer says yes or no, and never which way it goes. Asking is counted: from then on the rule alone "
            "decides on correctness, and the report marks ordinary intervals as claiming too much.",
            "Ask",
            self._tell_stopping,
        )

    def _tell_stopping(self) -> None:
        """Say whether the chosen study may stop; which way it goes nobody learns before it is closed."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return
        found = self._room.session.perform(lambda: project.studies.stopping(study.name))
        if found is None:
            return
        if found.complete:
            said = "All is judged. The study can be closed."
        elif found.met:
            said = (
                "The rule for stopping early is met. The study may be closed now; which way it goes, the report says."
            )
        elif found.planned:
            said = "The rule for stopping early is not met. Go on judging; that says nothing of how it stands."
        else:
            said = "Its plan has no rule for stopping early: it ends when all is judged."
        if found.waiting:
            said += f" Something is left for {', '.join(found.waiting)}."
        messages.tell(self._room, said)

    def close(self) -> None:
        """Ask, and close the chosen study for good."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return
        annotator = self._room.session.annotator_id
        left = self._left_open(study)

        def close() -> None:
            self._closed(self._room.session.perform(lambda: project.studies.close(study.name, annotator_id=annotator)))

        messages.confirm(
            self._room,
            f"Close {study.name} for good?",
            f"So far {study.correctness} single answers and {study.preferences} pairs are judged.{left} Closing "
            "unseals the study and makes its report. Nobody can judge in it any more, and it cannot be opened again.",
            "Close and report",
            close,
            final=True,
        )

    def _left_open(self, study: Study) -> str:
        """Who has something left, where saying so is no look at the stopping rule."""
        project = self._room.session.project
        if project is None or study.origin != "here" or study.plan.get("stopping") == "sequential":
            return ""
        waiting = project.studies.stopping(study.name).waiting
        return (
            f" Something is left for {', '.join(waiting)}; the report will say that it was closed early."
            if waiting
            else ""
        )

    def _closed(self, study: Study | None) -> None:
        if study is None:
            return
        self._room.judging = ""
        self._room.pages.setCurrentWidget(self._room.studies)
        self._room.list_studies(study.name)
        if study.superseded_labels:
            messages.tell(
                self._room, f"{study.superseded_labels} sealed labels stay out: newer ones stand in their place."
            )
        self._room.files.show_report()

    def abandon(self) -> None:
        """Ask, and give the chosen study up."""
        study, project = self._room.current(), self._room.session.project
        if study is None or project is None:
            return
        annotator = self._room.session.annotator_id
        messages.confirm(
            self._room,
            f"Give {study.name} up?",
            "Its outputs and labels come back, and it is never reported. It stays in the list as given up, so that "
            "nobody wonders where it went. This cannot be undone.",
            "Give it up",
            lambda: self._given_up(
                self._room.session.perform(lambda: project.studies.abandon(study.name, annotator_id=annotator))
            ),
            final=True,
        )

    def _given_up(self, study: Study | None) -> None:
        if study is not None:
            self._room.judging = ""
            self._room.pages.setCurrentWidget(self._room.studies)
            self._room.list_studies(study.name)
