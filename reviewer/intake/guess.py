"""The mapping that a file's first rows suggest, and the shape by which it is remembered."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from reviewer.formats.json_records import ENTRY_KEY
from reviewer.intake.mapping import Mapping

__all__ = ["guess", "path_of", "shape_of"]

_IDS = (
    "id",
    "case_id",
    "example_id",
    "sample_id",
    "task_id",
    "trace_id",
    "run_id",
    "uid",
    "uuid",
    "qid",
    "question_id",
    "idx",
    "index",
    ENTRY_KEY,
)
_TRIALS = ("trial", "epoch", "repetition", "attempt")
_MESSAGES = (
    "messages",
    "conversation",
    "conversations",
    "traj",
    "trajectory",
    "dialogue",
    "dialog",
    "turns",
    "chat",
    "transcript",
    "history",
)
_PROMPTS = ("prompt", "question", "query", "user_input", "input", "instruction", "user", "request", "problem", "text")
_OUTPUTS = (
    "output",
    "completion",
    "response",
    "answer",
    "generation",
    "prediction",
    "model_output",
    "actual_output",
    "actualOutput",
    "reply",
)
_REFERENCES = (
    "reference",
    "expected",
    "expected_output",
    "ideal",
    "target",
    "gold",
    "ground_truth",
    "reference_output",
    "reference_answer",
    "correct_answer",
    "label_text",
    "solution",
)
_DOCUMENTS = (
    "documents",
    "docs",
    "context",
    "contexts",
    "retrieved_contexts",
    "retrieval_context",
    "retrieved_documents",
    "passages",
    "sources",
)
_FIELDS = {
    "reference": _REFERENCES,
    "documents": _DOCUMENTS,
    "workflow": ("workflow", "intent", "use_case", "topic", "domain", "task_type", "category", "motivation_app"),
    "time": ("time", "timestamp", "created_at", "created", "date", "created_ms", "start_time", "occurred_at"),
    "latency": ("latency_ms", "latencyMs", "duration_ms", "response_time_ms", "elapsed_ms"),
    "latency_s": ("latency_s", "latency_seconds", "duration_s", "total_time", "elapsed_s", "execution_time"),
    "cost": ("cost", "cost_usd", "total_cost", "price"),
    "score": ("score", "reward", "rating"),
    "pass": ("pass", "passed", "success", "is_correct", "correct"),
    "escalated": ("escalated", "handed_over", "escalation"),
    "tools": ("tools", "functions"),
    "system": ("system", "system_prompt", "system_message"),
    "variant": ("variant", "model", "model_name", "engine"),
    "error": ("error", "error_message"),
    "metadata": ("metadata", "meta"),
}
_MOST_FACTS = 30
_ESSENTIAL = frozenset({"id", "messages", "prompt", "output"})


def shape_of(rows: Sequence[dict[str, Any]]) -> str:
    """The signature of rows: their keys with the kinds of their values, whatever the order."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.items():
            if value is not None:
                kinds.setdefault(key, set()).add(_kind(value))
    signature = json.dumps(sorted((key, sorted(found)) for key, found in kinds.items()))
    return hashlib.sha256(signature.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def path_of(*keys: str) -> str:
    """The JMESPath expression for a path of keys."""
    parts = []
    for key in keys:
        plain = key.isascii() and key.isidentifier()
        parts.append(key if plain else json.dumps(key))
    return ".".join(parts)


def guess(rows: Sequence[dict[str, Any]]) -> Mapping:
    """The mapping that these first rows suggest; empty when nothing in them looks like a conversation or a prompt."""
    if not rows:
        return Mapping()
    first = _usual(rows)
    if first.get("schema") == "evalset.case/1":
        return Mapping(_CANONICAL)
    fields: dict[str, str] = {}

    def take(field: str, names: Sequence[str], fits: Callable[[object], bool]) -> bool:
        for name in names:
            values = [row[name] for row in rows if row.get(name) is not None]
            if not values or path_of(name) in fields.values():
                continue
            good = sum(fits(value) for value in values)
            # Some odd rows do not hide what the others agree on; they are then rejected by name. A figure that does not
            # fit everywhere is another thing than it seems, and would cost rows for nothing.
            if good == len(values) or (field in _ESSENTIAL and good * 2 > len(values)):
                fields[field] = path_of(name)
                return True
        return False

    _take_content(rows, first, fields, take)
    take("id", _IDS, _is_id)
    if "id" in fields:
        trial = next((name for name in _TRIALS if all(_is_id(row.get(name)) for row in rows)), None)
        if trial is not None:
            fields["id"] = f"join('-', [to_string({fields['id']}), to_string({trial})])"
        elif not _distinct(rows, fields["id"]) and not _has_variants(rows):
            del fields["id"]
    for field, names in _FIELDS.items():
        take(field, names, _FITS.get(field, _is_scalar))
    if "system" in fields and "messages" in fields:
        del fields["system"]
    if "variant" in fields and not _has_output(fields):
        del fields["variant"]
    taken = set(fields.values())
    facts = [
        key
        for key in first
        if path_of(key) not in taken and not key.startswith("_") and all(_is_short(row.get(key)) for row in rows)
    ]
    for key in facts[:_MOST_FACTS]:
        fields[f"metadata.{key}"] = path_of(key)
    return Mapping(fields)


_CANONICAL = {
    "id": "id",
    "messages": "messages",
    "output": "observed.output",
    "variant": "observed.model",
    "latency": "observed.latency_ms",
    "reference": "expected",
    "documents": "context",
    "tools": "tools_json",
    "time": "created_ms",
    "workflow": "metadata.workflow",
    "metadata": "metadata",
}


def _take_content(
    rows: Sequence[dict[str, Any]],
    first: dict[str, Any],
    fields: dict[str, str],
    take: Callable[[str, Sequence[str], Callable[[object], bool]], bool],
) -> None:
    """Where the conversation or the prompt is, and the answer."""
    if take("messages", _MESSAGES, _is_messages):
        if not take("output", ("output", "response", "completion"), _is_answer):
            _take_only_text(rows, fields)
        return
    inner = first.get("input")
    if isinstance(inner, dict) and _is_messages(inner.get("messages")):
        fields["messages"] = "input.messages"
        take("output", ("preferred_output", *_OUTPUTS), _is_answer)
        return
    inner = first.get("inputs")
    if isinstance(inner, dict):
        _take_inside("inputs", inner, fields)
        outputs = first.get("outputs")
        if isinstance(outputs, dict) and outputs:
            key = next((name for name in _OUTPUTS if name in outputs), next(iter(outputs)))
            fields["output"] = path_of("outputs", key)
        return
    if take("messages", ("input", "prompt"), _is_messages):
        take("output", _OUTPUTS, _is_answer)
        return
    if isinstance(first.get("instruction"), str):
        # Instruction files: a task, and often its text beside it.
        if isinstance(first.get("input"), str):
            fields["prompt"] = "join(`\"\\n\\n\"`, [instruction, input][?@ && @ != ''])"
        else:
            fields["prompt"] = "instruction"
    elif not take("prompt", _PROMPTS, _is_text):
        for key, value in first.items():
            if _is_messages(value):
                fields["messages"] = path_of(key)
                return
        # No input at all: answers for examples that the project has, joined by their id.
        take("output", _OUTPUTS, _is_answer)
        return
    take("output", _OUTPUTS, _is_answer)
    if "output" not in fields:
        answers = [key for key in first if key.lower().startswith(("response", "output", "answer", "completion"))]
        for key in answers:
            if isinstance(first[key], str) and path_of(key) not in fields.values():
                fields[f"output:{key}"] = path_of(key)


def _take_only_text(rows: Sequence[dict[str, Any]], fields: dict[str, str]) -> None:
    """Messages without a model's step in them are the input; an answer beside them is the output."""
    key = fields["messages"].strip('"')
    lists = [row[key] for row in rows if isinstance(row.get(key), list)]
    steps = [message for messages in lists for message in messages if isinstance(message, dict)]
    if any(step.get("role", step.get("from")) in ("assistant", "gpt", "tool") for step in steps):
        return
    for name in _OUTPUTS:
        if any(isinstance(row.get(name), str) for row in rows):
            fields["output"] = path_of(name)
            return


def _take_inside(key: str, inner: dict[str, Any], fields: dict[str, str]) -> None:
    for name in _MESSAGES:
        if _is_messages(inner.get(name)):
            fields["messages"] = path_of(key, name)
            return
    for name in _PROMPTS:
        if isinstance(inner.get(name), str):
            fields["prompt"] = path_of(key, name)
            return
    texts = [name for name, value in inner.items() if isinstance(value, str)]
    if texts:
        fields["prompt"] = path_of(key, texts[0])


def _usual(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The first of the rows that have the keys that most have."""
    keys = Counter(frozenset(row) for row in rows)
    usual = keys.most_common(1)[0][0]
    return next(row for row in rows if row.keys() == usual)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int | float):
        return "number"
    for kind, name in ((str, "text"), (list, "list"), (dict, "object")):
        if isinstance(value, kind):
            return name
    return "null"


def _is_messages(value: object) -> bool:
    if isinstance(value, str) and value.lstrip()[:1] == "[":
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return False
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and (("role" in item) or ("from" in item and "value" in item)) for item in value)
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_answer(value: object) -> bool:
    return isinstance(value, str | list | dict)


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        try:
            float(value or "0")
        except ValueError:
            return False
        return True
    return isinstance(value, int | float)


def _is_truth(value: object) -> bool:
    from reviewer.formats.rows import RowError
    from reviewer.intake.values import truth_of

    try:
        truth_of(value, "")
    except RowError:
        return False
    return True


def _is_moment(value: object) -> bool:
    from reviewer.formats.rows import RowError
    from reviewer.intake.values import moment_of

    try:
        moment_of(value)
    except RowError:
        return False
    return True


def _is_documents(value: object) -> bool:
    from reviewer.formats.rows import RowError
    from reviewer.intake.values import documents_of

    try:
        documents_of(value, "")
    except RowError:
        return False
    return True


def _is_tools(value: object) -> bool:
    from reviewer.formats.rows import RowError
    from reviewer.intake.values import tools_of

    try:
        tools_of(value)
    except RowError:
        return False
    return True


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_short(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 200)


_FITS: dict[str, Callable[[object], bool]] = {
    "reference": _is_answer,
    "documents": _is_documents,
    "time": _is_moment,
    "latency": _is_number,
    "latency_s": _is_number,
    "cost": _is_number,
    "score": _is_number,
    "pass": _is_truth,
    "escalated": _is_truth,
    "tools": _is_tools,
    "system": _is_text,
    "variant": _is_text,
    "workflow": lambda value: isinstance(value, str) and len(value) <= 80,
    "error": _is_text,
    "metadata": _is_object,
}


def _distinct(rows: Sequence[dict[str, Any]], path: str) -> bool:
    key = json.loads(path) if path.startswith('"') else path
    # A row that is there twice is not another row of the same id.
    once = {repr(row): row for row in rows}.values()
    values = [str(row[key]) for row in once if _is_id(row.get(key))]
    return len(set(values)) * 10 >= len(values) * 9


def _has_variants(rows: Sequence[dict[str, Any]]) -> bool:
    return any(len({str(row.get(name)) for row in rows}) > 1 for name in _FIELDS["variant"])


def _has_output(fields: dict[str, str]) -> bool:
    return any(name == "output" or name == "messages" for name in fields)
