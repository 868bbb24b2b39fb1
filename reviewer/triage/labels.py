"""Labels: what an annotator says of an output, one action a key, each of which can be undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.intake.revisions import ANSWERS
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Action, Changes
from reviewer.triage.evidence import Evidence, StepTexts
from reviewer.triage.truths import write_reference

if TYPE_CHECKING:
    from reviewer.triage.label_files import LabelImport

__all__ = ["SEVERITIES", "VERDICTS", "Label", "Labels", "whole"]

VERDICTS = {"pass": "Pass", "fail": "Fail", "cannot_judge": "Can't judge", "skipped": "Skip"}
SEVERITIES = ("low", "medium", "high")
ROOM = "triage"


@dataclass(frozen=True, slots=True)
class Label:
    """An annotator's verdict on an output; `further` are the categories beside the primary one."""

    id: int
    output_id: int
    annotator_id: int
    annotator: str
    verdict: str
    stage: str
    category_id: int | None
    further: tuple[int, ...]
    severity: str
    note: str
    evidence: tuple[Evidence, ...]
    created_ms: int
    updated_ms: int
    recheck: str | None


class Labels:
    """The labels of a project. Whatever a person does here is one action; a sealed output refuses all of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, output_id: int, annotator_id: int) -> Label | None:
        """This annotator's label on an output, if there is one."""
        with self._database.read() as connection:
            found = _labels(connection, "l.output_id = ? AND l.annotator_id = ?", (output_id, annotator_id))
        return found[0] if found else None

    def of_output(self, output_id: int) -> list[Label]:
        """Everybody's labels on an output, the oldest first."""
        with self._database.read() as connection:
            return _labels(connection, "l.output_id = ?", (output_id,))

    def set_verdict(
        self, output_id: int, annotator_id: int, verdict: str, *, note: str | None = None, title: str | None = None
    ) -> Changes:
        """Say pass, fail, cannot_judge or skipped of an output; whatever does not fit the verdict any more goes.

        A verdict other than fail has no category and no severity. Raises ConflictError for a sealed output.
        """
        if verdict not in VERDICTS:
            raise InputError(f"A verdict is one of {', '.join(VERDICTS)}; “{verdict}” is none of them.")
        values: dict[str, Any] = {"verdict": verdict}
        if note is not None:
            values["note"] = whole(note)
        with self._labelling(output_id, annotator_id, title or f"Label as {VERDICTS[verdict]}") as work:
            if verdict != "fail":
                work.clear_failure(values)
            work.write(values)
        return work.action.changes

    def set_category(
        self, output_id: int, annotator_id: int, category_id: int | None, *, note: str | None = None
    ) -> Changes:
        """Name the first failure's category, which makes the label a coded fail; None takes the category away."""
        name = None if category_id is None else self._category_name(category_id)
        with self._labelling(output_id, annotator_id, f"Label as {name}" if name else "Take the category away") as work:
            values: dict[str, Any] = {"category_id": category_id, "stage": "open" if category_id is None else "coded"}
            if category_id is not None:
                values["verdict"] = "fail"
                work.drop_further(category_id)
            elif work.row is None:
                raise ConflictError("This example has no label yet, so there is no category to take away.")
            if note is not None:
                values["note"] = whole(note)
            work.write(values)
        return work.action.changes

    def toggle_further(self, output_id: int, annotator_id: int, category_id: int) -> Changes:
        """Add a category beside the primary one, or take it away; raises ConflictError when it is the primary one."""
        name = self._category_name(category_id)
        with self._labelling(output_id, annotator_id, f"Further category {name}") as work:
            row = work.require("a further category")
            if row["verdict"] != "fail":
                raise ConflictError("Only a failure has categories. Say Fail first.")
            if row["category_id"] == category_id:
                raise ConflictError(f"{name} is the first failure's category already.")
            if not work.drop_further(category_id):
                work.action.insert("label_categories", label_id=row["id"], category_id=category_id)
            work.write({})
        return work.action.changes

    def set_severity(self, output_id: int, annotator_id: int, severity: str) -> Changes:
        """Say how bad a failure is: low, medium, high, or the empty string for not said."""
        if severity and severity not in SEVERITIES:
            raise InputError(f"Severity is one of {', '.join(SEVERITIES)}; “{severity}” is none of them.")
        with self._labelling(output_id, annotator_id, f"Severity {severity or 'not said'}") as work:
            if work.require("a severity")["verdict"] != "fail":
                raise ConflictError("Only a failure has a severity. Say Fail first.")
            work.write({"severity": severity})
        return work.action.changes

    def set_note(self, output_id: int, annotator_id: int, note: str) -> Changes:
        """Write a label's note; on an output without a label it makes a skipped one, so that nothing is lost."""
        with self._labelling(output_id, annotator_id, "the note") as work:
            values = {"note": whole(note)}
            work.write(values if work.row is not None else {**values, "verdict": "skipped"})
        return work.action.changes

    def set_evidence(self, output_id: int, annotator_id: int, evidence: Sequence[Evidence]) -> Changes:
        """Pin a label to these spans, in this order; each is checked against the text as it stands.

        Evidence on an output without a label makes it a fail. Raises InputError for a span outside its text,
        ConflictError for one whose text has changed.
        """
        with self._labelling(output_id, annotator_id, "Pin evidence" if evidence else "Clear evidence") as work:
            texts = StepTexts.read(work.action.connection, output_id)
            checked: list[Evidence] = []
            for item in evidence:
                found = texts.check(item)
                if found not in checked:
                    checked.append(found)
            values = {"evidence": dump([item.to_json() for item in checked])}
            if work.row is not None:
                work.write(values)
            elif checked:
                work.write({**values, "verdict": "fail"})
        return work.action.changes

    def clear(self, output_id: int, annotator_id: int) -> Changes:
        """Take a label away with all that hangs on it."""
        with self._labelling(output_id, annotator_id, "Clear the label") as work:
            row = work.row
            if row is not None:
                work.drop_further()
                work.resolve()
                work.action.delete("labels", row["id"])
        return work.action.changes

    def set_flag(self, example_id: int, annotator_id: int, flagged: bool, *, room: str = ROOM) -> Changes:
        """Flag an example for a second look, or take the flag away; `room` is where Undo leads back to."""
        with self._on_example(example_id, annotator_id, "Flag" if flagged else "Take the flag away", room) as action:
            action.update("examples", example_id, flagged=int(flagged))
        return action.changes

    def exclude(self, example_id: int, annotator_id: int, reason: str, *, room: str = ROOM) -> Changes:
        """Take an example out of queues and reports, with a reason; raises InputError without one."""
        reason = whole(reason).strip()
        if not reason:
            raise InputError("Say why the example is excluded: a test case, a duplicate, out of scope…")
        with self._on_example(example_id, annotator_id, "Exclude the example", room) as action:
            action.update("examples", example_id, excluded=1, exclude_reason=reason)
        return action.changes

    def include(self, example_id: int, annotator_id: int, *, room: str = ROOM) -> Changes:
        """Take an excluded example back in."""
        with self._on_example(example_id, annotator_id, "Include the example again", room) as action:
            action.update("examples", example_id, excluded=0, exclude_reason="")
        return action.changes

    def set_reference(
        self,
        example_id: int,
        annotator_id: int,
        text: str,
        *,
        origin: str | None = None,
        as_of_ms: int | None = None,
        shelf_days: int | None = None,
        was: str | None = None,
    ) -> Changes:
        """Write or correct the expected answer; what is not given stays, and an empty text takes the reference away.

        A new reference, or a corrected one without `as_of_ms`, is as of now; the one before is kept with its dates, and
        so is `was`, what held before where the project had none.
        """
        with self._on_example(example_id, annotator_id, "Correct the reference") as action:
            write_reference(
                action,
                example_id,
                whole(text),
                origin=origin,
                as_of_ms=as_of_ms,
                shelf_days=shelf_days,
                was=was,
                why="stale_facts" if self._says_stale(example_id, annotator_id) else "corrected",
                first_origin="written in triage",
            )
        return action.changes

    def _says_stale(self, example_id: int, annotator_id: int) -> bool:
        """Whether this annotator labelled an output of the example as resting on facts that changed."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM labels l JOIN outputs o ON o.id = l.output_id JOIN categories c ON c.id = l.category_id"
                " WHERE o.example_id = ? AND l.annotator_id = ? AND c.code = 'stale_facts'",
                (example_id, annotator_id),
            ).fetchone()
        return row is not None

    def rechecks(self, annotator_id: int) -> int:
        """How many of this annotator's labels wait to be looked at again; not those on answers to an earlier input."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT count(*) AS n FROM rechecks r JOIN labels l ON l.id = r.label_id"
                f" JOIN outputs o ON o.id = l.output_id WHERE l.annotator_id = ? AND {ANSWERS}",
                (annotator_id,),
            ).fetchone()
        return int(row["n"])

    def keep(self, output_id: int, annotator_id: int) -> Changes:
        """Say that a label which waits to be looked at again stands as it is."""
        with self._labelling(output_id, annotator_id, "Keep the label") as work:
            work.require("a second look")
            work.resolve()
        return work.action.changes

    def import_file(
        self, path: Path, annotator: str, *, by: int | None = None, report: Callable[..., None] = lambda *_: None
    ) -> LabelImport:
        """Take labels in from a JSONL file, as one action of `by`; lines without an annotator are `annotator`'s.

        Bad lines are left out and listed in the result. Raises InputError when the file cannot be read.
        """
        from reviewer.triage.label_files import import_labels

        return import_labels(self._database, path, annotator=annotator, by=by, report=report)

    def export_file(
        self, path: Path, *, variant: str | None = None, report: Callable[..., None] = lambda *_: None
    ) -> int:
        """Write the labels (of one variant, or all) as JSONL; returns how many. Raises ProjectError when it fails."""
        from reviewer.triage.label_files import export_labels

        return export_labels(self._database, path, variant=variant, report=report)

    def _category_name(self, category_id: int) -> str:
        with self._database.read() as connection:
            row = connection.execute("SELECT name, state FROM categories WHERE id = ?", (category_id,)).fetchone()
        if row is None:
            raise NotFoundError("That category is not in this project's codebook.")
        if row["state"] != "active":
            raise ConflictError(f"{row['name']} is {row['state']} and can no longer be given. Choose another category.")
        return str(row["name"])

    def _labelling(self, output_id: int, annotator_id: int, title: str) -> Labelling:
        return Labelling(self._database, output_id, annotator_id, title)

    def _on_example(
        self, example_id: int, annotator_id: int, title: str, room: str = ROOM
    ) -> AbstractContextManager[Action]:
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM examples WHERE id = ?", (example_id,)).fetchone() is None:
                raise NotFoundError("That example is no longer in the project.")
        return self._database.action(title, annotator_id, room=room, focus=example_id)


class Labelling:
    """One action on one annotator's label of one output: a context that commits when it ends."""

    def __init__(self, database: Database, output_id: int, annotator_id: int, title: str) -> None:
        with database.read() as connection:
            output = connection.execute(
                "SELECT o.example_id, s.name AS study FROM outputs o LEFT JOIN studies s ON s.id = o.sealed_by"
                " WHERE o.id = ?",
                (output_id,),
            ).fetchone()
        if output is None:
            raise NotFoundError("That output is no longer in the project.")
        if output["study"] is not None:
            raise ConflictError(
                f"This output is sealed in the study “{output['study']}”. It can be labelled when the study is closed."
            )
        self._output_id = output_id
        self._annotator_id = annotator_id
        self._context = database.action(title, annotator_id, room=ROOM, focus=output["example_id"])
        self.action: Action
        self.row: sqlite3.Row | None

    def __enter__(self) -> Labelling:
        self.action = self._context.__enter__()
        self.row = self.action.connection.execute(
            "SELECT * FROM labels WHERE output_id = ? AND annotator_id = ?", (self._output_id, self._annotator_id)
        ).fetchone()
        return self

    def __exit__(self, *details: Any) -> bool | None:
        return self._context.__exit__(*details)

    def require(self, what: str) -> sqlite3.Row:
        """The label's row; raises ConflictError when there is no label yet that could have `what`."""
        if self.row is None:
            raise ConflictError(f"Say Pass or Fail first: without a label there is nothing that could have {what}.")
        return self.row

    def write(self, values: dict[str, Any]) -> int:
        """Store columns of the label, made when there is none, and settle its second look; returns its id."""
        now = now_ms()
        if self.row is None:
            return self.action.insert(
                "labels",
                output_id=self._output_id,
                annotator_id=self._annotator_id,
                **values,
                created_ms=now,
                updated_ms=now,
            )
        number = int(self.row["id"])
        if any(self.row[name] != value for name, value in values.items()):
            self.action.update("labels", number, **values, updated_ms=now)
        if {"verdict", "category_id"} & values.keys():
            self.resolve()
        return number

    def clear_failure(self, values: dict[str, Any]) -> None:
        """Have the label lose what only a failure has."""
        values.update(category_id=None, severity="", stage="open")
        self.drop_further()

    def drop_further(self, category_id: int | None = None) -> bool:
        """Take one further category away, or all; returns whether there was one."""
        if self.row is None:
            return False
        rows = self.action.connection.execute(
            "SELECT id FROM label_categories WHERE label_id = ? AND (? IS NULL OR category_id = ?)",
            (self.row["id"], category_id, category_id),
        ).fetchall()
        for row in rows:
            self.action.delete("label_categories", row["id"])
        return bool(rows)

    def resolve(self) -> None:
        """The label has been looked at again."""
        if self.row is not None:
            found = self.action.connection.execute(
                "SELECT id FROM rechecks WHERE label_id = ?", (self.row["id"],)
            ).fetchone()
            if found:
                self.action.delete("rechecks", found["id"])


def whole(text: str) -> str:
    """The text with half surrogate pairs, which no file can hold, shown as replacement characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _labels(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[Label]:
    rows = connection.execute(
        "SELECT l.*, a.name AS annotator, r.reason AS recheck FROM labels l JOIN annotators a ON a.id = l.annotator_id"
        f" LEFT JOIN rechecks r ON r.label_id = l.id WHERE {where} ORDER BY l.id",
        values,
    ).fetchall()
    found = []
    for row in rows:
        further = connection.execute(
            "SELECT f.category_id AS number FROM label_categories f JOIN categories c ON c.id = f.category_id"
            " WHERE f.label_id = ? ORDER BY c.position, c.id",
            (row["id"],),
        ).fetchall()
        found.append(
            Label(
                row["id"],
                row["output_id"],
                row["annotator_id"],
                row["annotator"],
                row["verdict"],
                row["stage"],
                row["category_id"],
                tuple(item["number"] for item in further),
                row["severity"],
                row["note"],
                tuple(Evidence.from_json(item) for item in load(row["evidence"])),
                row["created_ms"],
                row["updated_ms"],
                row["recheck"],
            )
        )
    return found
