"""Mapping: which JMESPath expression over a source's row fills which field, and the case that a row becomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from typing import Any

from reviewer.errors import InputError
from reviewer.formats.openai_chat import answer_parts, as_text, last_answer, messages_of, split_trajectory
from reviewer.formats.rows import RowError, kind_of, one_line_json
from reviewer.intake.values import documents_of, moment_of, number_of, tools_of, truth_of

__all__ = ["FIELDS", "OUTPUT_FIELDS", "Case", "CaseOutput", "Mapper", "Mapping"]

FIELDS = {
    "id": "the id that the same example has in every file",
    "messages": "a conversation: a list of {role, content, …}",
    "system": "the system prompt, before the prompt",
    "prompt": "the user's text, where there is no conversation",
    "output": "what the model answered: text, a message or a trajectory",
    "reference": "the expected answer",
    "documents": "retrieved documents: texts, or objects with id, text and score",
    "workflow": "the kind of work, for facets and stratified samples",
    "time": "when it happened: ISO, or epoch seconds or milliseconds",
    "latency": "milliseconds to the answer",
    "latency_s": "seconds to the answer",
    "cost": "what the answer cost",
    "score": "the file's own score",
    "pass": "whether the file says it passed",
    "escalated": "whether it was handed to a person",
    "error": "the error instead of an answer",
    "tools": "the tools that the model could call",
    "variant": "the name of the system that answered, where rows differ",
    "metadata": "an object of further facts",
}
"""Every field that a row can fill, with what it takes. `metadata.NAME` takes one fact."""

OUTPUT_FIELDS = (
    "output",
    "documents",
    "latency",
    "latency_s",
    "cost",
    "score",
    "pass",
    "escalated",
    "error",
)
"""The fields that `FIELD:VARIANT` gives to one of several outputs in a row."""

_INPUT = frozenset({"messages", "prompt", "system"})
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
_KEYWORD_PATHS = frozenset({"true", "false", "null"})


@dataclass(frozen=True, slots=True)
class Mapping:
    """Field (or `metadata.NAME`, or `FIELD:VARIANT`) to JMESPath expression."""

    fields: Map[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, items: list[str]) -> Mapping:
        """The mapping in `FIELD=EXPR` items; raises InputError for one without `=` or with an unknown field."""
        fields: dict[str, str] = {}
        for item in items:
            name, equals, expression = item.partition("=")
            name = name.strip()
            if not equals:
                raise InputError(f"“{item}” is not FIELD=EXPR, as in --map messages=traj.")
            check_field(name)
            if name in fields:
                raise InputError(f"--map {name} is given twice ({fields[name]}, {expression.strip()}). Give it once.")
            fields[name] = expression.strip()
        return cls(fields)

    def over(self, guessed: Mapping) -> Mapping:
        """This mapping, and from `guessed` what it does not speak of; an empty expression unmaps a field.

        Who maps messages says the whole of it: no guess about prompt or outputs is added then. Who maps a prompt or
        outputs speaks for these alone.
        """
        fields = dict(self.fields)
        given = {name.partition(":")[0] for name in fields}
        several = any(":" in name for name in fields)
        dropped: set[str] = set()
        if given & _INPUT:
            dropped |= _INPUT
        if given & {"messages", "output"}:
            dropped |= {"output", "variant"}
        for name, expression in guessed.fields.items():
            base = name.partition(":")[0]
            if name in fields or base in dropped:
                continue
            if several and base in OUTPUT_FIELDS and base != "documents":
                continue
            if base.startswith("metadata.") and expression in self.fields.values():
                continue
            fields[name] = expression
        return Mapping({name: expression for name, expression in fields.items() if expression})

    def to_json(self) -> dict[str, str]:
        """The mapping as it is remembered."""
        return dict(self.fields)

    def variants(self) -> list[str]:
        """The variants that `output:VARIANT` names, in order."""
        return [name.partition(":")[2] for name in self.fields if name.startswith("output:")]


def check_field(name: str) -> None:
    """Raise InputError unless a row can fill the field by that name."""
    base, _, variant = name.partition(":")
    if base.startswith("metadata.") and len(base) > len("metadata."):
        return
    if base not in FIELDS:
        raise InputError(
            f"“{name}” is not a field; there are {', '.join(FIELDS)}, metadata.NAME, and output:VARIANT for each of "
            "several outputs in a row."
        )
    if variant and base not in OUTPUT_FIELDS:
        raise InputError(f"“{base}” belongs to the example, not to an output; write it without “:{variant}”.")


@dataclass(slots=True)
class CaseOutput:
    """One output of a case; `variant` is empty for the one that the import itself names."""

    variant: str
    text: str
    messages: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    latency_ms: float | None = None
    cost: float | None = None
    score: float | None = None
    passed: bool | None = None
    escalated: bool | None = None
    error: str | None = None


@dataclass(slots=True)
class Case:
    """What one row becomes: an example as it will be stored, and its outputs.

    Without messages it only brings outputs for the example of its id.
    """

    id: str | None
    messages: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    tools: list[Any]
    metadata: dict[str, str]
    workflow: str
    occurred_ms: int | None
    reference: str | None
    outputs: list[CaseOutput]
    empty: str = ""
    """The field of the input that the row has and leaves empty."""


_Get = Callable[[dict[str, Any]], Any]


class Mapper:
    """A mapping made ready for many rows. Raises InputError that names the expression that is wrong."""

    def __init__(self, mapping: Mapping, where: str | None = None) -> None:
        outputs = any(name.partition(":")[0] == "output" for name in mapping.fields)
        if not _INPUT & mapping.fields.keys() and not (outputs and "id" in mapping.fields):
            raise InputError(
                "Nothing says where the conversation is. Map messages (a list of messages) or prompt (a text), as in "
                "--map messages=EXPR with a JMESPath expression over the row; outputs alone need an id to join by."
            )
        self._get = {name: compile_expression(expression, name) for name, expression in mapping.fields.items()}
        # A key alone, which most expressions are, needs no call.
        self._keys = {name: text for name, text in mapping.fields.items() if text.isidentifier() and is_key(text)}
        self._messages_alone = not {"system", "prompt"} & mapping.fields.keys()
        self._inputs = [name for name in ("messages", "prompt") if name in mapping.fields]
        self.where = where
        self._where = compile_expression(where, "--where") if where else None
        self._metadata = [
            (name.removeprefix("metadata."), get) for name, get in self._get.items() if name.startswith("metadata.")
        ]
        self._has_facts = bool(self._metadata) or "metadata" in self._get
        named = mapping.variants()
        self._named = [(variant, f"output:{variant}") for variant in named] or [("", "output")]
        self._has_output = outputs
        if named:
            loose = [name for name in (*OUTPUT_FIELDS[2:], "output", "variant") if name in self._get]
            if loose:
                raise InputError(
                    f"The row carries several outputs, so “{loose[0]}” must say whose it is: {loose[0]}:{named[0]}=…"
                )
        self._own_documents = {name.partition(":")[2] for name in self._get if name.startswith("documents:")}
        # What is mapped of each variant's figures: mostly nothing, and then nothing is asked row by row.
        self._figures: dict[str, dict[str, _Get]] = {"": {}}
        for name in self._get:
            base, _, variant = name.partition(":")
            if variant and variant not in named:
                raise InputError(f"“{name}” is about an output that is not mapped; add output:{variant}=… as well.")
            self._figures.setdefault(variant, {})
            if base in OUTPUT_FIELDS[2:]:
                self._figures[variant][base] = self._get[name]

    def wanted(self, row: dict[str, Any]) -> bool:
        """Whether the row passes the `where` expression; raises RowError when that fails on it."""
        if self._where is None:
            return True
        value = _evaluate(self._where, row, "--where")
        return not (value is None or value is False or value == "" or value == [] or value == {})

    def case(self, row: dict[str, Any]) -> Case:
        """What the row becomes; raises RowError that names the field."""
        messages = self._input(row)
        mapped = self._has_output
        outputs: list[CaseOutput] = []
        if not mapped:
            messages, trajectory = split_trajectory(messages)
            outputs = [self._output(row, "", last_answer(trajectory), trajectory)] if trajectory else []
            if not outputs and self._error(row, ""):
                outputs = [self._output(row, "", "", [])]
        else:
            for variant, name in self._named:
                value = self._value(row, name)
                trajectory = []
                if type(value) is str:
                    text = value
                elif value is not None:
                    text, trajectory = answer_parts(value, name)
                elif self._error(row, variant):
                    text = ""
                else:
                    continue
                outputs.append(self._output(row, variant, text, trajectory))
        identity = self._identity(row)
        if not messages and (identity is None or not mapped or not outputs):
            empty = next((name for name in self._inputs if self._value(row, name) in ("", [])), "")
            raise RowError(
                f"is {'empty' if empty else 'absent or empty'}. Every row needs what the model was given, or an id to"
                " join by and an output.",
                empty or next((name for name in ("messages", "prompt", "system") if name in self._get), "messages"),
            )
        has = self._get
        workflow = self._value(row, "workflow")
        reference = self._value(row, "reference")
        return Case(
            identity,
            messages,
            documents_of(self._value(row, "documents"), "documents") if "documents" in has else [],
            tools_of(self._value(row, "tools")) if "tools" in has else [],
            self._facts(row) if self._has_facts else {},
            "" if workflow is None else " ".join(as_text(workflow).split())[:200],
            moment_of(self._value(row, "time")) if "time" in has else None,
            None if reference is None or reference == "" else _answer(reference),
            outputs,
            "" if messages else next((name for name in self._inputs if self._value(row, name) in ("", [])), ""),
        )

    def _value(self, row: dict[str, Any], name: str) -> Any:
        key = self._keys.get(name)
        if key is not None:
            return row.get(key)
        get = self._get.get(name)
        return None if get is None else _evaluate(get, row, name)

    def _documents_of(self, row: dict[str, Any], variant: str) -> list[dict[str, Any]]:
        name = f"documents:{variant}"
        return documents_of(self._value(row, name), name)

    def _error(self, row: dict[str, Any], variant: str) -> str | None:
        get = self._figures[variant].get("error")
        value = None if get is None else _evaluate(get, row, "error")
        return None if value in (None, "") else as_text(value)

    def _input(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        value = self._value(row, "messages")
        if self._messages_alone and type(value) is list:
            return messages_of(value)
        messages: list[dict[str, Any]] = []
        system = self._value(row, "system")
        if system not in (None, ""):
            messages += _with_role(as_text(system), "system")
        prompt = self._value(row, "prompt")
        if value is not None and value != "":
            messages += messages_of(value)
        if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
            messages += messages_of(prompt, "prompt")
        elif prompt not in (None, ""):
            messages += _with_role(as_text(prompt), "user")
        elif value is None:
            return []  # a system prompt alone is no case
        return messages

    def _identity(self, row: dict[str, Any]) -> str | None:
        value = self._value(row, "id")
        if value is None:
            if "id" in self._get:
                raise RowError("is absent. Every row needs one; or leave id unmapped to go by content.", "id")
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise RowError(f"is {kind_of(value)}; an id is a text or a number.", "id")
        text = str(value).strip()
        if not text:
            raise RowError("is empty. Every row needs one; or leave id unmapped to go by content.", "id")
        return text

    def _facts(self, row: dict[str, Any]) -> dict[str, str]:
        facts: dict[str, str] = {}
        whole = self._value(row, "metadata")
        if isinstance(whole, dict):
            facts = {
                name: value if type(value) is str else _fact(value)
                for name, value in whole.items()
                if value is not None
            }
        elif whole not in (None, ""):
            raise RowError(f"is {kind_of(whole)}, not an object. Map one fact as metadata.NAME.", "metadata")
        for name, get in self._metadata:
            value = _evaluate(get, row, f"metadata.{name}")
            if value is not None and value != "":
                facts[name] = _fact(value)
        return facts

    def _output(self, row: dict[str, Any], variant: str, text: str, trajectory: list[dict[str, Any]]) -> CaseOutput:
        named = self._value(row, "variant") if not variant and "variant" in self._get else None
        output = CaseOutput(
            variant if named in (None, "") else " ".join(as_text(named).split())[:200],
            text,
            trajectory,
            self._documents_of(row, variant) if variant in self._own_documents else [],
        )
        if not self._figures[variant]:
            return output
        for name, get in self._figures[variant].items():
            value = _evaluate(get, row, name)
            if name == "latency":
                output.latency_ms = number_of(value, name)
            elif name == "latency_s":
                seconds = number_of(value, name)
                output.latency_ms = output.latency_ms if seconds is None else seconds * 1000
            elif name == "cost":
                output.cost = number_of(value, name)
            elif name == "score":
                output.score = number_of(value, name)
            elif name == "pass":
                output.passed = truth_of(value, name)
            elif name == "escalated":
                output.escalated = truth_of(value, name)
        output.error = self._error(row, variant)
        return output


def compile_expression(expression: str, name: str) -> _Get:
    """A JMESPath expression as a function over a row; raises InputError that names the expression and the place."""
    if is_key(expression):
        keys = expression.split(".")
        if len(keys) == 1:
            key = keys[0]
            return lambda row: row.get(key)
        return lambda row: _follow(row, keys)
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
    except (JMESPathError, RecursionError, ValueError) as error:
        what = _plain(error)
        raise InputError(
            f"The expression “{expression}” for {name} is not valid JMESPath: {what}. A key with other characters than "
            'letters, digits and _ goes in double quotation marks, as in "my key".'
        ) from None
    if compiled.parsed.get("type") == "expref":
        raise InputError(
            f"The expression “{expression}” for {name} begins with &, which only an argument may. Drop it."
        )
    unknown = _unknown_function(compiled.parsed)
    if unknown:
        raise InputError(f"The expression “{expression}” for {name} calls “{unknown}()”, which JMESPath does not have.")
    return compiled.search


def is_key(expression: str) -> bool:
    """Whether the expression is nothing but keys with dots between them."""
    return _PATH.match(expression) is not None and expression not in _KEYWORD_PATHS


def _unknown_function(node: Any) -> str | None:
    from jmespath.functions import Functions

    if isinstance(node, dict):
        if node.get("type") == "function_expression" and node.get("value") not in Functions.FUNCTION_TABLE:
            return str(node.get("value"))
        return next((name for child in node.get("children", ()) if (name := _unknown_function(child))), None)
    return None


def _follow(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _evaluate(get: _Get, row: dict[str, Any], name: str) -> Any:
    try:
        return get(row)
    except RecursionError:
        raise RowError("is nested too deeply to be read.", name) from None
    except Exception as error:
        # jmespath lets TypeError and ValueError of its functions through beside its own errors.
        raise RowError(f"cannot be worked out by its expression: {_plain(error)}", name) from None


_LONGEST_REASON = 300
"""Characters of a parser's own words, which may repeat the whole expression."""


def _plain(error: Exception) -> str:
    """What went wrong with an expression, without the inside of the language it runs in."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "integer string conversion" in str(error):
        return "it has a number with too many digits (more than 4,300)"
    what = " ".join(str(error).split()).rstrip(": ") or "it is nested too deeply"
    return what if len(what) <= _LONGEST_REASON else what[:_LONGEST_REASON] + "…"


def _with_role(text: str, role: str) -> list[dict[str, Any]]:
    return [{"content": text, "name": None, "role": role, "tool_call_id": None, "tool_calls": []}]


def _answer(value: object) -> str:
    """A reference as text: of a list of accepted answers, each on a line of its own."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    return answer_parts(value, "reference")[0]


def _fact(value: object) -> str:
    return value if isinstance(value, str) else one_line_json(value)
