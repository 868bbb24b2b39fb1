"""Examples, outputs and references put straight into a project's tables, as an import of them would leave them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from reviewer.formats.conversation import Document, Message
from reviewer.intake.examples import add_variant, content_hash, next_id, snippet
from reviewer.store.database import dump, now_ms

__all__ = ["add_example", "add_output", "add_variant", "set_reference"]


def snippet_of(messages: Sequence[Message], limit: int = 200) -> str:
    """One line of at most `limit` characters for lists: the start of the last user text of the input."""
    text = next((message.content for message in reversed(messages) if message.role == "user"), "")
    if not text and messages:
        text = messages[-1].content
    return snippet(text, limit)


def add_example(
    connection: sqlite3.Connection,
    *,
    key: str,
    messages: Sequence[Message],
    documents: Sequence[Document] = (),
    tools: Sequence[Mapping[str, Any]] = (),
    metadata: Mapping[str, str] | None = None,
    original_id: str | None = None,
    source_id: int | None = None,
    workflow: str = "",
    occurred_ms: int | None = None,
) -> int:
    """Add an example inside the caller's transaction; returns its id. Raises sqlite3.IntegrityError for a taken key."""
    stored = [message.to_json() for message in messages]
    example_id = next_id(connection, "examples")
    connection.execute(
        "INSERT INTO examples (id, key, original_id, source_id, workflow, occurred_ms, content_hash, snippet, touched,"
        " created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(touched), 0) + 1 FROM examples), ?)",
        (
            example_id,
            key,
            original_id,
            source_id,
            workflow,
            occurred_ms,
            content_hash(stored),
            snippet_of(messages),
            now_ms(),
        ),
    )
    connection.execute(
        "INSERT INTO example_payloads (example_id, messages, documents, tools, metadata) VALUES (?, ?, ?, ?, ?)",
        (
            example_id,
            dump(stored),
            dump([document.to_json() for document in documents]),
            dump(list(tools)),
            dump(dict(metadata or {})),
        ),
    )
    return example_id


def add_output(
    connection: sqlite3.Connection,
    *,
    example_id: int,
    variant_id: int,
    text: str,
    messages: Sequence[Message] = (),
    documents: Sequence[Document] = (),
    source_id: int | None = None,
    latency_ms: float | None = None,
    cost: float | None = None,
    score: float | None = None,
    passed: bool | None = None,
    escalated: bool | None = None,
    error: str | None = None,
) -> int:
    """Add an output inside the caller's transaction; returns its id."""
    trajectory = [message.to_json() for message in messages]
    output_id = next_id(connection, "outputs")
    connection.execute(
        "INSERT INTO outputs (id, example_id, variant_id, source_id, latency_ms, cost, score, passed, escalated, error,"
        " content_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            output_id,
            example_id,
            variant_id,
            source_id,
            latency_ms,
            cost,
            score,
            None if passed is None else int(passed),
            None if escalated is None else int(escalated),
            error,
            content_hash([text, trajectory]),
        ),
    )
    connection.execute(
        "INSERT INTO output_payloads (output_id, text, messages, documents) VALUES (?, ?, ?, ?)",
        (output_id, dump(text), dump(trajectory), dump([document.to_json() for document in documents])),
    )
    return output_id


def set_reference(
    connection: sqlite3.Connection,
    example_id: int,
    text: str,
    *,
    origin: str = "",
    as_of_ms: int | None = None,
    shelf_days: int | None = None,
) -> None:
    """Store an imported reference inside the caller's transaction; a person's edit goes through an action instead."""
    connection.execute(
        "INSERT OR REPLACE INTO example_references (example_id, body, origin, as_of_ms, shelf_days, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (example_id, dump(text), origin, as_of_ms, shelf_days, now_ms()),
    )
