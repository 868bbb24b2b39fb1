"""Inputs of examples, corrected after they were imported: a new revision each, and which outputs answered an older one.

`reviewer.intake.revisions` tells outputs that answered an older input from the others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats import canonical
from reviewer.formats.conversation import Document, Message
from reviewer.formats.detect import read
from reviewer.formats.rows import Row, RowError
from reviewer.intake.examples import content_hash, id_of, snippet
from reviewer.intake.mapping import Case, Mapper
from reviewer.intake.mapping import Mapping as FieldMapping
from reviewer.intake.portions import case_of
from reviewer.intake.revisions import REVISED, STALE, note_revision, revisions_of
from reviewer.intake.sources import Sources
from reviewer.store.database import Database, dump, load
from reviewer.store.history import Action, Changes

__all__ = ["Foreseen", "Inputs", "Revised", "RevisedFile", "StaleExample", "StaleOutput"]

_PARTS = ("messages", "documents", "tools", "metadata")
Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Revised:
    """One example after a correction of its input."""

    key: str
    revision: int
    fields: tuple[str, ...]
    """What is another now: messages, documents, tools or metadata."""
    stale: int
    """Its outputs that answered an older input."""
    changes: Changes = field(default=Changes(""), compare=False)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a correction would do, told before it is made."""

    key: str
    revision: int
    """The example's revision afterwards."""
    fields: tuple[str, ...]
    """What would be another: messages, documents, tools or metadata; empty where nothing is."""
    input: bool
    """Whether that makes another input, and so a new revision; metadata alone does not."""
    stale: tuple[str, ...]
    """The variants whose outputs would no longer answer the present input."""
    again: tuple[str, ...]
    """The variants whose outputs would answer it again."""
    labels: int
    """The labels on the outputs that would become stale."""
    versions: tuple[str, ...]
    """The frozen versions that hold the example and keep the input that they were frozen with."""
    refused: str
    """Why it cannot be made, as a sentence; else empty."""


@dataclass(frozen=True, slots=True)
class StaleOutput:
    """An output that answered an earlier input."""

    variant: str
    revision: int | None
    """Of the input that it answered; None where nobody wrote it down."""
    labels: int


@dataclass(frozen=True, slots=True)
class StaleExample:
    """An example some of whose outputs, or whose reference, belong to an earlier input."""

    key: str
    revision: int
    outputs: tuple[StaleOutput, ...]
    reference: bool
    """Whether the reference was last written or confirmed before the input became what it is."""


@dataclass(frozen=True, slots=True)
class RevisedFile:
    """What a file of corrected inputs came to; one action, so that one undo takes all of it back."""

    revised: tuple[Revised, ...]
    unchanged: int
    unknown: tuple[str, ...]
    """Ids of the file that the project does not have."""
    rejected: tuple[tuple[int, str], ...]
    """Line and reason of each row that could not be read."""
    changes: Changes = field(default=Changes(""), compare=False)


class Inputs:
    """The inputs of a project's examples, where they are corrected."""

    def __init__(self, database: Database, sources: Callable[[], Sources]) -> None:
        self._database = database
        self._sources = sources

    def revise(
        self,
        example_id: int,
        *,
        annotator_id: int | None,
        messages: Sequence[Message] | None = None,
        documents: Sequence[Document] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        metadata: Mapping[str, str] | None = None,
        room: str = "examples",
    ) -> Revised:
        """Correct an example's input; what is not given stays.

        Another input is a new revision, and outputs that answered the one before compare no longer; other metadata
        alone is none. `room` is where Undo leads back to. Raises NotFoundError, InputError for no messages,
        ConflictError while an open study judges the example.
        """
        with self._database.transaction() as connection:
            row = connection.execute("SELECT key FROM examples WHERE id = ?", (example_id,)).fetchone()
            if row is None:
                raise NotFoundError(f"The project has no example {example_id!r}.")
            stored = _stored(messages, documents, tools, metadata)
            with self._database.action(
                f"correct the input of {row['key']}", annotator_id, room=room, focus=example_id
            ) as action:
                found = _revise(action, example_id, row["key"], stored)
        return Revised(found.key, found.revision, found.fields, found.stale, action.changes)

    def foresee(
        self,
        example_id: int,
        *,
        messages: Sequence[Message] | None = None,
        documents: Sequence[Document] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Foreseen:
        """What `revise` would do with the same, without doing it; raises NotFoundError."""
        with self._database.read() as connection:
            return _foreseen(connection, example_id, _stored(messages, documents, tools, metadata))

    def stale(self) -> tuple[StaleExample, ...]:
        """What belongs to an earlier input, by public id; excluded examples are left out."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT e.id, e.key, e.revision, e.input_hash, r.updated_ms FROM examples e"
                " LEFT JOIN example_references r ON r.example_id = e.id"
                f" WHERE e.id IN {REVISED} AND e.excluded = 0 ORDER BY e.key"
            ).fetchall()
            return tuple(item for row in rows if (item := _stale_example(connection, row)) is not None)

    def revise_from(
        self,
        path: Path,
        mapping: FieldMapping | Mapping[str, str] | None = None,
        *,
        annotator_id: int | None,
        where: str | None = None,
        format: str | None = None,
        report: Report | None = None,
    ) -> RevisedFile:
        """Correct the inputs of all examples whose ids a file names, by what the file says of them.

        A row's outputs are passed over, and so is its metadata where it has none. Raises InputError for a file that
        cannot be used, ConflictError while an open study judges one of the examples; then nothing is changed.
        """
        inspection = self._sources().inspect(path.absolute(), format)
        given = mapping if isinstance(mapping, FieldMapping) else FieldMapping(dict(mapping or {}))
        chosen = given.over(inspection.mapping)
        if "id" not in chosen.fields:
            raise InputError(f"{path.name} names no ids, so nothing tells which example a row corrects; map id=EXPR.")
        mapper = Mapper(chosen, where)
        revised: list[Revised] = []
        unknown: list[str] = []
        rejected: list[tuple[int, str]] = []
        unchanged = 0
        total = path.stat().st_size
        with self._database.action(f"correct inputs from {path.name}", annotator_id, room="examples") as action:
            for row in read(path, inspection.how):
                case, error = case_of(mapper, row)
                if error is not None:
                    rejected.append((row.line, _told(error)))
                elif case is not None:
                    found = self._take(action, row, case, unknown, rejected)
                    if found is not None and found.fields:
                        revised.append(found)
                    elif found is not None:
                        unchanged += 1
                if report is not None:
                    report(min(row.offset, total), total, f"{len(revised):,} corrected")
        return RevisedFile(tuple(revised), unchanged, tuple(unknown), tuple(rejected), action.changes)

    @staticmethod
    def _take(
        action: Action, row: Row, case: Case, unknown: list[str], rejected: list[tuple[int, str]]
    ) -> Revised | None:
        """Correct the example of one row; None when there is none, or the row says nothing of its input."""
        if case.id is None:
            rejected.append((row.line, "has no id."))
            return None
        example_id = id_of(action.connection, case.id)
        if example_id is None:
            unknown.append(case.id)
            return None
        if not case.messages:
            rejected.append((row.line, "has no messages or prompt."))
            return None
        stored = {
            "messages": case.messages,
            **({"documents": case.documents} if case.documents else {}),
            **({"tools": case.tools} if case.tools else {}),
            **({"metadata": case.metadata} if case.metadata else {}),
        }
        key = action.connection.execute("SELECT key FROM examples WHERE id = ?", (example_id,)).fetchone()["key"]
        return _revise(action, example_id, key, stored)


def _told(error: RowError) -> str:
    return f"{error.field} {error.reason}".strip()


def _stored(
    messages: Sequence[Message] | None,
    documents: Sequence[Document] | None,
    tools: Sequence[Mapping[str, Any]] | None,
    metadata: Mapping[str, str] | None,
) -> dict[str, Any]:
    """What was given, as it is stored."""
    found: dict[str, Any] = {}
    if messages is not None:
        found["messages"] = [message.to_json() for message in messages]
    if documents is not None:
        found["documents"] = [document.to_json() for document in documents]
    if tools is not None:
        found["tools"] = [dict(tool) for tool in tools]
    if metadata is not None:
        found["metadata"] = dict(metadata)
    return found


def _revise(action: Action, example_id: int, key: str, given: Mapping[str, Any]) -> Revised:
    connection = action.connection
    row = connection.execute(
        "SELECT e.revision, e.input_hash, p.messages, p.documents, p.tools, p.metadata FROM examples e"
        " JOIN example_payloads p ON p.example_id = e.id WHERE e.id = ?",
        (example_id,),
    ).fetchone()
    present = {name: load(row[name]) for name in _PARTS}
    wanted = {name: value for name, value in given.items() if value != present[name]}
    if not wanted:
        return Revised(key, row["revision"], (), _stale(connection, example_id))
    if _empty({**present, **wanted}):
        raise InputError(f"The input of {key} would be empty; exclude the example instead.")
    refused = _judged(connection, example_id, key)
    if refused:
        raise ConflictError(f"{refused} Nothing was changed.")
    before, after = _hash(present), _hash({**present, **wanted})
    if before != after:
        if row["input_hash"] is None:
            # The same as the absent hashes say, now in words that another input can be told from; so it is no change.
            connection.execute("UPDATE examples SET input_hash = ? WHERE id = ?", (before, example_id))
            connection.execute(
                "UPDATE outputs SET input_hash = ? WHERE example_id = ? AND input_hash IS NULL", (before, example_id)
            )
        action.update("examples", example_id, input_hash=after, **_listed(wanted))
    action.update("example_payloads", example_id, **{name: dump(value) for name, value in wanted.items()})
    revision = connection.execute("SELECT revision FROM examples WHERE id = ?", (example_id,)).fetchone()["revision"]
    if before != after:
        note_revision(connection, example_id, (before, row["revision"]), (after, revision))
    return Revised(key, revision, tuple(wanted), _stale(connection, example_id))


def _foreseen(connection: sqlite3.Connection, example_id: int, given: Mapping[str, Any]) -> Foreseen:
    row = connection.execute(
        "SELECT e.key, e.revision, e.input_hash, p.messages, p.documents, p.tools, p.metadata FROM examples e"
        " JOIN example_payloads p ON p.example_id = e.id WHERE e.id = ?",
        (example_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"The project has no example {example_id!r}.")
    present = {name: load(row[name]) for name in _PARTS}
    wanted = {name: value for name, value in given.items() if value != present[name]}
    before, after = _hash(present), _hash({**present, **wanted})
    stale, again, labels = [], [], 0
    for output in connection.execute(
        "SELECT v.name, coalesce(o.input_hash, :before) AS answered,"
        " (SELECT count(*) FROM labels l WHERE l.output_id = o.id) AS labels"
        " FROM outputs o JOIN variants v ON v.id = o.variant_id WHERE o.example_id = :example ORDER BY v.id",
        {"before": before, "example": example_id},
    ):
        if before != after and output["answered"] == before:
            stale.append(output["name"])
            labels += output["labels"]
        elif before != after and output["answered"] == after:
            again.append(output["name"])
    versions = connection.execute(
        "SELECT s.name || '@' || v.number FROM version_records r JOIN versions v ON v.id = r.version_id"
        " JOIN eval_sets s ON s.id = v.eval_set_id WHERE r.example_id = ? ORDER BY v.id",
        (example_id,),
    )
    refused = _judged(connection, example_id, row["key"])
    if not refused and _empty({**present, **wanted}):
        refused = f"The input of {row['key']} would be empty; exclude the example instead."
    return Foreseen(
        row["key"],
        row["revision"] + (before != after),
        tuple(wanted),
        before != after,
        tuple(stale),
        tuple(again),
        labels,
        tuple(item[0] for item in versions),
        refused,
    )


def _stale_example(connection: sqlite3.Connection, row: sqlite3.Row) -> StaleExample | None:
    inputs = revisions_of(connection, row["id"])
    outputs = []
    for output in connection.execute(
        "SELECT v.name, o.input_hash, (SELECT count(*) FROM labels l WHERE l.output_id = o.id) AS labels"
        f" FROM examples e JOIN outputs o ON o.example_id = e.id AND {STALE} JOIN variants v ON v.id = o.variant_id"
        " WHERE e.id = ? ORDER BY v.id",
        (row["id"],),
    ):
        answered = inputs.get(output["input_hash"])
        outputs.append(StaleOutput(output["name"], None if answered is None else answered.number, output["labels"]))
    present = inputs.get(row["input_hash"])
    older = present is not None and row["updated_ms"] is not None and row["updated_ms"] < present.since_ms
    return StaleExample(row["key"], row["revision"], tuple(outputs), older) if outputs or older else None


def _listed(wanted: Mapping[str, Any]) -> dict[str, str]:
    """What lists and the look-up of imports keep of another conversation."""
    messages = wanted.get("messages")
    if messages is None:
        return {}
    last = next((item for item in reversed(messages) if item["role"] == "user" and item["content"]), messages[-1])
    return {"content_hash": content_hash(messages), "snippet": snippet(last["content"])}


def _hash(stored: Mapping[str, Any]) -> str:
    """The hash of a stored input, the same that a frozen record of it has."""
    return canonical.input_hash(
        Message.list_from_json(stored["messages"]),
        stored["tools"],
        [Document.from_json(item) for item in stored["documents"]],
    )


def _stale(connection: sqlite3.Connection, example_id: int) -> int:
    row = connection.execute(
        f"SELECT count(*) AS n FROM outputs o JOIN examples e ON e.id = o.example_id WHERE e.id = ? AND {STALE}",
        (example_id,),
    ).fetchone()
    return int(row["n"])


def _empty(stored: Mapping[str, Any]) -> bool:
    return not any(message.get("content") or message.get("tool_calls") for message in stored["messages"])


def _judged(connection: sqlite3.Connection, example_id: int, key: str) -> str:
    """Why the input must stay while an open study shows the example or seals what it was answered; else empty."""
    row = connection.execute(
        "SELECT name FROM studies WHERE state = 'open' AND (id IN (SELECT study_id FROM pairs WHERE example_id = ?1)"
        " OR id IN (SELECT sealed_by FROM outputs WHERE example_id = ?1)) ORDER BY id LIMIT 1",
        (example_id,),
    ).fetchone()
    if row is None:
        return ""
    return (
        f"The open study {row['name']} judges {key}, and its input must stay what annotators see. Close the study"
        " first, or give it up."
    )
