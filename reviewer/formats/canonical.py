"""The canonical record `evalset.case/1`: one example of an eval set as one line of JSON that any reader understands.

Every line has every key, sorted; everything past ASCII is escaped, so that no reader can mistake U+2028 or U+0085 for
the end of a line; a lone surrogate stays the escape it is in JSON and so survives exactly. A column has one type, null
means absent, times are epoch milliseconds, and JSON of free form is a string.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from reviewer.errors import InputError
from reviewer.formats.conversation import Document, Message

__all__ = [
    "FIELDS",
    "CANARY",
    "OBSERVED_MESSAGES",
    "SCHEMA",
    "UNHASHED",
    "content_hash",
    "decode",
    "encode",
    "input_hash",
    "input_of",
    "record",
    "marked",
    "set_hash",
    "steps",
]

SCHEMA = "evalset.case/1"

# What names a record rather than says what the case is. The content hash leaves it out, so that a case that is the
# same in two versions has the same hash in both, and results of either can be joined with the other.
UNHASHED = ("content_hash", "dataset", "dataset_version", "revision")

CANARY = "canary"
"""A key that a version adds to each of its records when it is frozen: a string that stands nowhere else."""

OBSERVED_MESSAGES = "observed_messages"
"""The entry of `metadata` that holds an observed output's steps, tool calls included, as JSON."""

_NUMBER = (int, float, type(None))
_TEXT = (str, type(None))
_ITEMS: dict[str, dict[str, Any]] = {
    "messages": {"content": str, "name": _TEXT, "role": str, "tool_call_id": _TEXT, "tool_calls": list},
    "context": {"id": str, "score": _NUMBER, "text": str},
    "expected_tool_calls": {"arguments": str, "name": str},
    "checks": {"metric": _TEXT, "type": str, "value": _TEXT, "weight": _NUMBER},
}
_CALL: dict[str, Any] = {"arguments": str, "id": str, "name": str}
_OBSERVED: dict[str, Any] = {"latency_ms": _NUMBER, "model": _TEXT, "output": _TEXT, "trace_id": _TEXT}
FIELDS: dict[str, Any] = {
    "checks": list,
    "choice_index": (int, type(None)),
    "choices": list,
    "content_hash": str,
    "context": list,
    "created_ms": int,
    "dataset": str,
    "dataset_version": str,
    "expected": _TEXT,
    "expected_alternatives": list,
    "expected_json": _TEXT,
    "expected_tool_calls": list,
    "id": str,
    "messages": list,
    "metadata": dict,
    "observed": dict,
    "prompt": str,
    "rejected": _TEXT,
    "revision": int,
    "schema": str,
    "slices": list,
    "split": str,
    "tags": list,
    "tools_json": str,
}


def _dumps(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def record(
    *,
    id: str,  # the field's own name
    dataset: str,
    dataset_version: str,
    revision: int,
    created_ms: int,
    slices: Sequence[str],
    tags: Sequence[str],
    messages: Sequence[Message],
    tools: Sequence[Mapping[str, Any]],
    documents: Sequence[Document],
    expected: str | None,
    observed: str | None,
    observed_model: str | None,
    latency_ms: float | None,
    trace_id: str | None,
    metadata: Mapping[str, str],
) -> dict[str, Any]:
    """The record of one example, with its content hash.

    `prompt` is the last user text; `expected_json` the reference again where it is a JSON object or list. Raises
    InputError when a number is not finite.
    """
    prompt = next((message.content for message in reversed(messages) if message.role == "user"), "")
    found: dict[str, Any] = {
        "checks": [],
        "choice_index": None,
        "choices": [],
        "content_hash": "",
        "context": [
            {"id": item.id, "score": None if item.score is None else float(item.score), "text": item.text}
            for item in documents
        ],
        "created_ms": created_ms,
        "dataset": dataset,
        "dataset_version": dataset_version,
        "expected": expected,
        "expected_alternatives": [],
        "expected_json": _structured(expected),
        "expected_tool_calls": [],
        "id": id,
        "messages": [message.to_json() for message in messages],
        "metadata": dict(metadata),
        "observed": {
            "latency_ms": None if latency_ms is None else float(latency_ms),
            "model": observed_model,
            "output": observed,
            "trace_id": trace_id,
        },
        "prompt": prompt,
        "rejected": None,
        "revision": revision,
        "schema": SCHEMA,
        "slices": list(slices),
        "split": "test",
        "tags": list(tags),
        "tools_json": "[]",
    }
    try:
        found["tools_json"] = _dumps(list(tools))
        found["content_hash"] = content_hash(found)
    except ValueError as error:
        problem = "a number that JSON cannot carry (NaN or infinity)"
        raise InputError(f"Example {id} holds {problem}; correct it or exclude the example.") from error
    return found


def _structured(text: str | None) -> str | None:
    """The text as canonical JSON if it is an object or a list, else None."""
    if text is None or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = json.loads(text)
        return _dumps(value) if isinstance(value, dict | list) else None
    except (ValueError, RecursionError):
        return None


def content_hash(found: Mapping[str, Any]) -> str:
    """`sha256:` and the hex digest of the record's canonical JSON without the fields in UNHASHED and the canary."""
    kept = {name: value for name, value in found.items() if name not in UNHASHED and name != CANARY}
    return "sha256:" + sha256(_dumps(kept).encode("ascii")).hexdigest()


def input_hash(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], documents: Sequence[Document]) -> str:
    """sha256 hex over all that a variant is given of a case: conversation, tool definitions and documents.

    Raises ValueError for a number that is not finite.
    """
    context = [
        {"id": item.id, "score": None if item.score is None else float(item.score), "text": item.text}
        for item in documents
    ]
    whole = {"context": context, "messages": [message.to_json() for message in messages], "tools": list(tools)}
    return sha256(_dumps(whole).encode("ascii")).hexdigest()


def input_of(found: Mapping[str, Any]) -> str:
    """The `input_hash` of the case that a record holds."""
    return input_hash(
        Message.list_from_json(found["messages"]),
        json.loads(found["tools_json"]),
        [Document.from_json(item) for item in found["context"]],
    )


def steps(messages: Sequence[Message]) -> str:
    """An observed output's messages as JSON in canonical form, for the entry OBSERVED_MESSAGES of `metadata`."""
    return _dumps([message.to_json() for message in messages])


def set_hash(hashes: Sequence[str]) -> str:
    """The content hash of a whole version: over its records' hashes in row order, one to a line."""
    return "sha256:" + sha256("".join(f"{item}\n" for item in hashes).encode("ascii")).hexdigest()


def encode(found: Mapping[str, Any]) -> bytes:
    """The record as the bytes of its line, without the line end."""
    return _dumps(found).encode("ascii")


def marked(line: bytes, canary: str) -> bytes:
    """An encoded record with the canary of its version in it, as the first of its sorted keys."""
    return b'{"' + CANARY.encode() + b'":' + json.dumps(canary).encode("ascii") + b"," + line[1:]


def decode(line: bytes | str) -> dict[str, Any]:
    """The record on a line; raises InputError that names the field when it is not a whole canonical record."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"The line is no JSON: {error}.") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise InputError(f"The line is no record of the schema {SCHEMA}.")
    # Records that were frozen before there were canaries have none.
    _fits(found, {**FIELDS, CANARY: str} if CANARY in found else FIELDS, "the record")
    for name, fields in _ITEMS.items():
        for number, item in enumerate(found[name]):
            _fits(item, fields, f"{name}[{number}]")
    for number, message in enumerate(found["messages"]):
        for call in message["tool_calls"]:
            _fits(call, _CALL, f"messages[{number}].tool_calls")
    _fits(found["observed"], _OBSERVED, "observed")
    for name in ("choices", "expected_alternatives", "slices", "tags"):
        if not all(isinstance(item, str) for item in found[name]):
            raise InputError(f"{name} must be a list of strings.")
    if not all(isinstance(value, str) for value in found["metadata"].values()):
        raise InputError("metadata must map strings to strings.")
    if found["content_hash"] != content_hash(found):
        raise InputError(f"The record {found['id']} does not fit its content_hash: it was changed after writing.")
    return found


def _fits(item: object, fields: Mapping[str, Any], place: str) -> None:
    if not isinstance(item, dict):
        raise InputError(f"{place} must be an object.")
    if item.keys() != fields.keys():
        odd = sorted(item.keys() ^ fields.keys())
        raise InputError(f"{place} must have just the keys of {SCHEMA}; missing or foreign: {', '.join(odd)}.")
    for name, kind in fields.items():
        if not isinstance(item[name], kind) or isinstance(item[name], bool):
            raise InputError(f"{place}: {name} has the wrong type ({type(item[name]).__name__}).")
