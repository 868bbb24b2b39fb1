"""Examples and their outputs, read whole; `cases` writes them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from reviewer.errors import NotFoundError
from reviewer.intake.revisions import ANSWERS, REVISED, STALE, Revision, revisions_of, stale_labels
from reviewer.store.database import Database, load

if TYPE_CHECKING:
    from reviewer.formats.conversation import Document, Message
    from reviewer.intake.facets import Facet
    from reviewer.intake.filters import Filter
    from reviewer.intake.heads import Head
    from reviewer.intake.pages import ExampleRow, Outline
    from reviewer.intake.search import Hits, Search
    from reviewer.intake.tallies import Tallies

__all__ = ["Example", "Examples", "Output", "Past", "Reference", "add_variant", "content_hash", "next_id", "snippet"]

# What a list must not obey: terminal controls, marks that turn the direction of text, characters without a shape.
_UNSEEN = re.compile("[\x01-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")

_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Reference(NamedTuple):
    """The expected answer of an example."""

    text: str
    origin: str = ""
    as_of_ms: int | None = None
    shelf_days: int | None = None
    earlier: bool = False
    """Whether it was last written or confirmed before the input was corrected to what it is now."""


class Past(NamedTuple):
    """An expected answer that held before, from `as_of_ms` (None: nobody wrote it down) until `until_ms`."""

    text: str
    as_of_ms: int | None
    until_ms: int
    why: str
    """stale_facts, corrected, removed or empty."""


class Output(NamedTuple):
    """What one variant produced for one example; a sealed one has no text until its study closes."""

    id: int
    example_id: int
    variant_id: int
    variant: str
    role: str
    text: str
    messages: tuple[Message, ...] = ()
    documents: tuple[Document, ...] = ()
    latency_ms: float | None = None
    cost: float | None = None
    score: float | None = None
    passed: bool | None = None
    escalated: bool | None = None
    error: str | None = None
    sealed: bool = False
    stale: bool = False
    """Whether it answered another input than the example has now."""
    revision: int | None = None
    """Of a stale one, the revision of the example that it answered; None where nobody wrote it down."""


class Example(NamedTuple):
    """One production-like case with everything a person reads of it."""

    id: int
    key: str
    original_id: str | None
    workflow: str
    occurred_ms: int | None
    revision: int
    content_hash: str
    flagged: bool
    excluded: bool
    exclude_reason: str
    source: str
    messages: tuple[Message, ...]
    documents: tuple[Document, ...]
    tools: tuple[Mapping[str, Any], ...]
    metadata: Mapping[str, str]
    reference: Reference | None
    outputs: tuple[Output, ...]
    slice: str = ""
    capability: str = ""
    past: tuple[Past, ...] = ()
    """The references before the present one, the latest first."""

    def output_of(self, variant: str) -> Output | None:
        """This example's output of the variant by that name, if it has one."""
        return next((output for output in self.outputs if output.variant == variant), None)


class Examples:
    """The examples of a project."""

    def __init__(self, database: Database, search: Callable[[], Search] | None = None) -> None:
        self._database = database
        self._find_search = search
        self._tallies: Tallies | None = None

    @property
    def _search(self) -> Search | None:
        """The text index, which nobody needs before a word is searched for."""
        return None if self._find_search is None else self._find_search()

    def get(self, example_id: int) -> Example:
        """The whole example; raises NotFoundError."""
        with self._database.read() as connection:
            return _read(connection, "e.id = ?", example_id)

    def by_key(self, key: str) -> Example:
        """The whole example by its public id, or by the id its file gave it; raises NotFoundError."""
        with self._database.read() as connection:
            found = id_of(connection, key)
            if found is not None:
                return _read(connection, "e.id = ?", found)
            return _read(connection, "e.key = ?", stored_text(key))

    def outline(
        self, wanted: Filter, matches: Sequence[int] | None = None, check: Callable[[], None] | None = None
    ) -> Outline:
        """How many examples a filter means, and where each page of them begins.

        `matches` are the ids that the filter's text matches, where the caller has searched already; `check` is called
        meanwhile and may raise.
        """
        from reviewer.intake.heads import as_of_now, heard
        from reviewer.intake.pages import outline

        if wanted.text and matches is None and self._search is not None:
            matches = self._search.ids(wanted.text)
        condition, values = wanted.where_sql(matches)
        with self._database.read() as connection, heard(connection, check), as_of_now(connection):
            if not wanted.text:
                return outline(connection, condition, values, check=check, in_order=wanted.where_sql(in_order=True)[0])
            if wanted.terms:
                found = connection.execute(f"SELECT e.id FROM examples e WHERE {condition} ORDER BY e.id", values)
                return outline(connection, condition, values, (row["id"] for row in found))
            # The index may still know examples that have just been removed; their rows are then simply not there.
            return outline(connection, condition, values, matches)

    def head(
        self, wanted: Filter, current: int | None = None, *, typing: bool = False, patience_s: float | None = None
    ) -> Head | None:
        """The first page of what a filter means, and whether it means `current`; None where that takes too long.

        With `typing` the last word of its text may go on. `patience_s` is how long is too long; a moment by default.
        """
        from reviewer.intake.heads import PATIENCE_S, read_head

        search = self._search if wanted.text else None
        patience = PATIENCE_S if patience_s is None else patience_s
        return read_head(self._database, search, wanted, current, typing=typing, patience_s=patience)

    def page(self, plan: Outline, number: int) -> Sequence[ExampleRow]:
        """One page of an outline, from 0."""
        from reviewer.intake.pages import read_page

        with self._database.read() as connection:
            return read_page(connection, plan, number)

    def place(self, plan: Outline, example_id: int) -> int | None:
        """The place of an example in an outline, from 0; None when it is not in it."""
        from reviewer.intake.pages import place_of

        with self._database.read() as connection:
            return place_of(connection, plan, example_id)

    def count(self, wanted: Filter | None = None, matches: Sequence[int] | None = None) -> int:
        """How many examples a filter means."""
        from reviewer.intake.filters import Filter

        wanted = wanted or Filter()
        if wanted.text and matches is None and self._search is not None:
            matches = self._search.ids(wanted.text)
        condition, values = wanted.where_sql(matches)
        with self._database.read() as connection:
            row = connection.execute(f"SELECT count(*) FROM examples e WHERE {condition}", values).fetchone()
            return int(row[0])

    def facets(
        self, wanted: Filter, matches: Sequence[int] | None = None, check: Callable[[], None] | None = None
    ) -> tuple[Facet, ...]:
        """Every facet with its counts under a filter; `check` is called meanwhile and may raise."""
        from reviewer.intake.tallies import Tallies

        if wanted.text and matches is None and self._search is not None:
            matches = self._search.ids(wanted.text)
        self._tallies = self._tallies or Tallies(self._database)
        found = self._tallies.facets(wanted, matches, check)
        if found is None:
            from reviewer.intake.facets import facets
            from reviewer.intake.heads import heard

            with self._database.read() as connection, heard(connection, check):
                found = facets(connection, wanted, matches, check)
        return found

    def find(self, query: str, limit: int = 20, *, wait: bool = True) -> Hits:
        """The examples that a query of words and fields means, with the words around the first match.

        Without `wait` the answer comes from what the text index has by now.
        """
        from reviewer.intake.filters import Filter, check_names
        from reviewer.intake.search import Hits, hit_of
        from reviewer.intake.search_words import words_of

        wanted = Filter.parse(query)
        with self._database.read() as connection:
            check_names(connection, wanted)
        if self._search is None:
            return Hits(0, (), False)
        if wanted.text and not wanted.terms:
            return self._search.query(wanted.text, limit)
        matches = self._search.ids(wanted.text, wait=wait) if wanted.text else None
        condition, values = wanted.where_sql(matches)
        words = words_of(wanted.text)
        with self._database.read() as connection:
            total = connection.execute(f"SELECT count(*) FROM examples e WHERE {condition}", values).fetchone()[0]
            rows = connection.execute(
                f"SELECT e.id FROM examples e WHERE {condition} ORDER BY e.id DESC LIMIT ?", [*values, limit]
            ).fetchall()
            hits = [hit for row in rows if (hit := hit_of(connection, row["id"], words)) is not None]
        return Hits(total, tuple(hits), not wanted.text or wait or self._search.up_to_date())

    def status(self) -> dict[str, Any]:
        """What the project holds, in numbers."""
        counts = {
            "examples": "SELECT count(*) FROM examples",
            "flagged": "SELECT count(*) FROM examples WHERE flagged = 1",
            "excluded": "SELECT count(*) FROM examples WHERE excluded = 1",
            "references": "SELECT count(*) FROM example_references",
            "labels": "SELECT count(*) FROM labels",
            "labelled": "SELECT count(DISTINCT o.example_id) FROM labels l JOIN outputs o ON o.id = l.output_id"
            f" WHERE {ANSWERS}",
            "annotators": "SELECT count(*) FROM annotators",
            "versions": "SELECT count(*) FROM versions",
            "studies": "SELECT count(*) FROM studies",
            "open_studies": "SELECT count(*) FROM studies WHERE state = 'open'",
        }
        with self._database.read() as connection:
            found: dict[str, Any] = {name: connection.execute(query).fetchone()[0] for name, query in counts.items()}
            found["stale_labels"] = stale_labels(connection)
            found["stale_outputs"] = connection.execute(
                f"SELECT count(*) FROM {REVISED} r CROSS JOIN examples e ON e.id = r.id"
                f" CROSS JOIN outputs o ON o.example_id = e.id AND {STALE}"
            ).fetchone()[0]
            found["variants"] = [
                {"name": row["name"], "role": row["role"], "outputs": row["n"]}
                for row in connection.execute(
                    "SELECT v.name, v.role, count(o.id) AS n FROM variants v LEFT JOIN outputs o ON o.variant_id = v.id"
                    " GROUP BY v.id ORDER BY v.id"
                )
            ]
            found["slices"] = {
                row["name"]: row["n"]
                for row in connection.execute(
                    "SELECT s.name, count(m.example_id) AS n FROM slices s"
                    " LEFT JOIN slice_members m ON m.slice = s.name GROUP BY s.name ORDER BY s.name"
                )
            }
        return found


def _read(connection: sqlite3.Connection, where: str, value: int | str) -> Example:
    from reviewer.formats.conversation import Message

    row = connection.execute(
        "SELECT e.*, p.messages, p.documents, p.tools, p.metadata, r.body, r.origin, r.as_of_ms, r.shelf_days,"
        " r.updated_ms, s.name AS source_name, m.slice AS slice, m.capability AS capability FROM examples e"
        " JOIN example_payloads p ON p.example_id = e.id LEFT JOIN example_references r ON r.example_id = e.id"
        " LEFT JOIN sources s ON s.id = e.source_id LEFT JOIN slice_members m ON m.example_id = e.id"
        f" WHERE {where}",
        (value,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"The project has no example {value!r}. `reviewer search` lists the ids it has.")
    outputs = connection.execute(
        "SELECT o.*, v.name AS variant, v.role AS role, p.text, p.messages, p.documents,"
        f" {STALE} AS stale FROM outputs o JOIN examples e ON e.id = o.example_id"
        " JOIN variants v ON v.id = o.variant_id LEFT JOIN output_payloads p ON p.output_id = o.id"
        " WHERE o.example_id = ? ORDER BY v.id",
        (row["id"],),
    ).fetchall()
    # Never corrected, as nearly all are: nothing to look up.
    inputs = {} if row["input_hash"] is None else revisions_of(connection, row["id"])
    present = inputs.get(row["input_hash"])
    return Example(
        id=row["id"],
        key=row["key"],
        original_id=row["original_id"],
        workflow=row["workflow"],
        occurred_ms=row["occurred_ms"],
        revision=row["revision"],
        content_hash=row["content_hash"],
        flagged=bool(row["flagged"]),
        excluded=bool(row["excluded"]),
        exclude_reason=row["exclude_reason"],
        source=row["source_name"] or "",
        messages=Message.list_from_json(load(row["messages"])),
        documents=_documents(row["documents"]),
        tools=tuple(load(row["tools"])),
        metadata=load(row["metadata"]),
        reference=None
        if row["body"] is None
        else Reference(
            load(row["body"]),
            row["origin"],
            row["as_of_ms"],
            row["shelf_days"],
            present is not None and row["updated_ms"] < present.since_ms,
        ),
        outputs=tuple(_output(output, inputs) for output in outputs),
        slice=row["slice"] or "",
        capability=row["capability"] or "",
        past=tuple(
            Past(load(item["body"]), item["as_of_ms"], item["until_ms"], item["why"])
            for item in connection.execute(
                "SELECT body, as_of_ms, until_ms, why FROM past_references WHERE example_id = ?"
                " ORDER BY until_ms DESC, id DESC",
                (row["id"],),
            )
        ),
    )


def _documents(text: str | None) -> tuple[Document, ...]:
    from reviewer.formats.conversation import Document

    return tuple(Document.from_json(item) for item in load(text)) if text else ()


def _output(row: sqlite3.Row, inputs: Mapping[str, Revision]) -> Output:
    from reviewer.formats.conversation import Message

    answered = inputs.get(row["input_hash"]) if row["stale"] else None
    return Output(
        id=row["id"],
        example_id=row["example_id"],
        variant_id=row["variant_id"],
        variant=row["variant"],
        role=row["role"],
        text="" if row["text"] is None else load(row["text"]),
        messages=() if row["messages"] is None else Message.list_from_json(load(row["messages"])),
        documents=_documents(row["documents"]),
        latency_ms=row["latency_ms"],
        cost=row["cost"],
        score=row["score"],
        passed=None if row["passed"] is None else bool(row["passed"]),
        escalated=None if row["escalated"] is None else bool(row["escalated"]),
        error=row["error"],
        sealed=row["sealed_by"] is not None,
        stale=bool(row["stale"]),
        revision=None if answered is None else answered.number,
    )


def id_of(connection: sqlite3.Connection, key: str) -> int | None:
    """The internal id of the example by its public id, or by the id its file gave it; None when there is none."""
    # A public id is its own; one made of a file's id is the same wherever it is made, so at most one example has it.
    row = connection.execute("SELECT id FROM examples WHERE key = ?", (key_of(key.strip()),)).fetchone()
    return None if row is None else int(row["id"])


def key_of(identity: str) -> str:
    """The public id for an id of a file: itself where it is of [A-Za-z0-9_-], else made so, with a hash."""
    if _KEY.match(identity):
        return identity
    import hashlib

    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{_UNFIT.sub('-', identity).strip('-')[:80] or 'id'}-{digest}"


def content_hash(value: object) -> str:
    """sha256 hex over the canonical JSON of `value` (sorted keys)."""
    from hashlib import sha256

    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError):  # a lone surrogate, or an integer past 64 bits
        import json

        text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    return sha256(text).hexdigest()


def stored_text(text: str) -> str:
    """Text for a column that lists read: NUL and lone surrogates, which SQLite cannot search or refuses, replaced."""
    if text.isprintable():  # neither of them is
        return text
    return shown_surrogates(text.replace("\x00", "␀"))


def shown_surrogates(text: str) -> str:
    """The text with each lone surrogate as its number in ⟨…⟩, so that different ones stay different."""
    return _SURROGATE.sub(lambda found: f"⟨{ord(found[0]):04X}⟩", text)


def next_id(connection: sqlite3.Connection, table: str) -> int:
    """The first id of `table` that no row, not even one removed with its source, has ever had."""
    row = connection.execute(
        f"SELECT max(coalesce((SELECT max(id) FROM {table}), 0),"
        " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?), 0))",
        (f"last_{table}_id",),
    ).fetchone()
    return int(row[0]) + 1


def snippet(text: str, limit: int = 200) -> str:
    """The start of a text on one line."""
    start = text[: limit + 40]
    if start.isprintable() and start[:1] != " " and start[-1:] != " " and "  " not in start:
        return start[:limit]  # it is one line as it stands
    line = " ".join(text[: limit + 40].split())
    if len(line) < limit < len(text):  # mostly white space
        line = " ".join(text[: limit * 40].split())
    if line.isprintable():  # nothing of what is taken out is
        return line[:limit]
    return stored_text(_UNSEEN.sub("", line)[:limit])


def add_variant(connection: sqlite3.Connection, name: str, role: str = "other") -> int:
    """The id of the variant by that name, added with `role` when the project does not have it."""
    row = connection.execute("SELECT id FROM variants WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row["id"])
    return int(connection.execute("INSERT INTO variants (name, role) VALUES (?, ?)", (name, role)).lastrowid or 0)
