"""A case made ready to be stored: its columns, its payloads as JSON text, its key and its hashes, worked out once.

What is prepared is made of plain tuples and texts, since a process beside the import may prepare the rows of a large
file and hand them over as bytes.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import orjson

from reviewer.intake.examples import content_hash, key_of, snippet, stored_text
from reviewer.intake.mapping import Case, CaseOutput
from reviewer.store.database import dump

__all__ = ["Prepared", "PreparedOutput", "prepare"]

_sha256 = hashlib.sha256
_dumps = orjson.dumps
_SORTED = orjson.OPT_SORT_KEYS


PreparedOutput: TypeAlias = tuple[str, str, tuple[Any, ...], tuple[bytes, bytes, bytes]]
"""One output: its variant (empty for the import's own), its content hash, its columns (latency_ms, cost, score, passed,
escalated, error, content_hash), its payloads (text, messages, documents)."""

Prepared: TypeAlias = tuple[
    str,
    str | None,
    str,
    str,
    tuple[Any, ...],
    tuple[bytes, bytes, bytes, bytes],
    bytes | None,
    tuple[PreparedOutput, ...],
]
"""One case: its key, the id its row gave, its content hash (empty without messages: then it only brings outputs for the
example of its key), the field of the input that is there and empty, its columns (key, original_id, workflow,
occurred_ms, content_hash, snippet), its payloads (messages, documents, tools, metadata), reference, outputs.

Payloads are JSON in UTF-8, which the statement that stores them declares to be text.
"""


def prepare(case: Case) -> Prepared:
    """The case as it will be stored."""
    messages = case.messages
    identity = case.id
    shown = digest = ""
    packed = b"[]"
    if messages:
        try:
            # The keys of a message are written in sorted order, so this is also what `content_hash` reads.
            packed = _dumps(messages, option=_SORTED)
        except (TypeError, ValueError):
            packed, digest = _packed(messages), content_hash(messages)
        else:
            digest = _sha256(packed).hexdigest()
        last = messages[-1]
        if not (last["role"] == "user" and last["content"]):
            last = next((item for item in reversed(messages) if item["role"] == "user" and item["content"]), last)
        shown = snippet(last["content"])
    key = f"r-{digest[:16]}" if identity is None else key_of(identity)
    original = None if identity is None or identity == key else stored_text(identity)
    return (
        key,
        identity,
        digest,
        case.empty,
        (key, original, stored_text(case.workflow), case.occurred_ms, digest, shown),
        (
            packed,
            _packed(case.documents) if case.documents else b"[]",
            _packed(case.tools) if case.tools else b"[]",
            _packed(case.metadata) if case.metadata else b"{}",
        ),
        None if case.reference is None else _packed(case.reference),
        tuple([_output(output) for output in case.outputs]),
    )


def _packed(value: object) -> bytes:
    try:
        return _dumps(value)
    except (TypeError, ValueError):  # a lone surrogate, or an integer past 64 bits
        return dump(value).encode()


def _output(output: CaseOutput) -> PreparedOutput:
    steps = output.messages
    try:
        text = _dumps(output.text)
        trajectory = _dumps(steps, option=_SORTED) if steps else b"[]"
    except (TypeError, ValueError):
        text, trajectory = _packed(output.text), _packed(steps) if steps else b"[]"
        digest = content_hash([output.text, steps])
    else:
        # The same bytes as those of the canonical JSON of [text, messages], which `content_hash` reads.
        digest = _sha256(b"[%b,%b]" % (text, trajectory)).hexdigest()
    passed, escalated, error = output.passed, output.escalated, output.error
    return (
        output.variant,
        digest,
        (
            output.latency_ms,
            output.cost,
            output.score,
            None if passed is None else int(passed),
            None if escalated is None else int(escalated),
            None if error is None else stored_text(error),
            digest,
        ),
        (text, trajectory, _packed(output.documents) if output.documents else b"[]"),
    )
