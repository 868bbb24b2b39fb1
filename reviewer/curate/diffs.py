"""What differs between two versions, example by example and word by word."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from reviewer.curate.frozen import Version
from reviewer.formats import canonical
from reviewer.formats.word_differences import Span, aligned, inline

__all__ = ["KINDS", "Diff", "TextChange", "diff_of", "text_changes"]

_LINE = 120
KINDS = {
    "messages": "input",
    "tools_json": "input",
    "context": "documents",
    "expected": "reference",
    "expected_alternatives": "reference",
    "expected_json": "reference",
    "expected_tool_calls": "reference",
    "rejected": "reference",
    "metadata": "metadata",
    "observed": "observed output",
    "tags": "tags",
    "prompt": "input",
    "created_ms": "date",
}
"""What a field of a record is about, in words."""


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two versions, by public id."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[tuple[str, str, str], ...]
    """Id, slice in the first, slice in the second."""
    changed: tuple[tuple[str, tuple[str, ...]], ...]
    """Id and the fields of the record that differ."""
    waived: tuple[str, ...] = ()
    """Waivers that the second version has and the first has not."""
    no_longer_waived: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether no example differs."""
        return not (self.added or self.removed or self.moved or self.changed)

    def kinds(self, key: str) -> tuple[str, ...]:
        """What of a changed example is another: input, documents, reference, metadata and so on."""
        fields = next((found for name, found in self.changed if name == key), ())
        return tuple(dict.fromkeys(KINDS.get(name, name) for name in fields))


@dataclass(frozen=True, slots=True)
class TextChange:
    """One text of an example that differs, with the places in code points; None for a side that does not have it."""

    field: str
    """The field of the record: messages, context, expected, metadata and so on."""
    place: str
    """Which text of it, in words."""
    before: str | None
    after: str | None
    places: tuple[tuple[Span, Span], ...] | None
    """None when the texts differ over too many words to be compared, or one of them is absent."""

    @property
    def inline(self) -> str:
        """The change on one line, with `[-words-]` that went and `{+words+}` that came."""
        if self.before is None:
            return f"{{+{_cut(self.after or '')}+}}"
        return f"[-{_cut(self.before)}-]" if self.after is None else inline(self.before, self.after)

    def to_json(self) -> dict[str, Any]:
        """The change as `reviewer diff --json` prints it."""
        words = None
        if self.places is not None and self.before is not None and self.after is not None:
            words = [
                {"before": self.before[left[0] : left[1]], "after": self.after[right[0] : right[1]]}
                for left, right in self.places
            ]
        return {"field": self.field, "place": self.place, "before": self.before, "after": self.after, "words": words}


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


def diff_of(connection: sqlite3.Connection, first: Version, second: Version) -> Diff:
    """What changed from the first version to the second."""
    before, after = _index(connection, first), _index(connection, second)
    moved, changed = [], []
    for key in sorted(before.keys() & after.keys()):
        (old_row, old_slice, old_hash), (new_row, new_slice, new_hash) = before[key], after[key]
        if old_slice != new_slice:
            moved.append((key, old_slice, new_slice))
        if old_hash != new_hash:
            old, new = read_record(connection, first, old_row), read_record(connection, second, new_row)
            fields = _fields(old, new)
            if fields:
                changed.append((key, fields))
    return Diff(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(moved),
        tuple(changed),
        tuple(item for item in second.waivers if item not in first.waivers),
        tuple(item for item in first.waivers if item not in second.waivers),
    )


def _index(connection: sqlite3.Connection, version: Version) -> dict[str, tuple[int, str, str]]:
    rows = connection.execute(
        "SELECT key, row, slice, content_hash FROM version_records WHERE version_id = ?", (version.id,)
    )
    return {row["key"]: (row["row"], row["slice"], row["content_hash"]) for row in rows}


def read_record(connection: sqlite3.Connection, version: Version, row: int) -> dict[str, Any]:
    """One record as it was frozen."""
    found = connection.execute(
        "SELECT record FROM version_records WHERE version_id = ? AND row = ?", (version.id, row)
    ).fetchone()
    return canonical.decode(found["record"])


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields in which two records differ; a move to another slice is told apart and is none of them."""
    passed_over = (*canonical.UNHASHED, "slices")
    return tuple(name for name in sorted(canonical.FIELDS) if name not in passed_over and old[name] != new[name])


def text_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[TextChange, ...]:
    """Every text of an example that differs between two of its records, in the order in which they are read."""
    found: list[TextChange] = []
    for name, left, right in _texts(old, new):
        for place, before, after in _paired(left, right):
            if before == after:
                continue
            places = None if before is None or after is None else aligned(before, after, exact=True)
            found.append(TextChange(name, place, before, after, None if places is None else tuple(places)))
    return tuple(found)


_Texts = list[tuple[str, str]]
"""What each text is called, and the text."""


def _texts(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, _Texts, _Texts]]:
    """Field by field, the texts that either record has of it."""
    yield "messages", _spoken(old), _spoken(new)
    yield "tools_json", _one("tools", _pretty(old["tools_json"])), _one("tools", _pretty(new["tools_json"]))
    yield "context", _documents(old), _documents(new)
    yield "expected", _one("reference", old["expected"]), _one("reference", new["expected"])
    for name in ("expected_alternatives", "expected_tool_calls", "choices", "checks", "rejected", "choice_index"):
        if old[name] != new[name]:
            yield name, _one(name, _plain(old[name])), _one(name, _plain(new[name]))
    yield "metadata", sorted(old["metadata"].items()), sorted(new["metadata"].items())
    yield "tags", _one("tags", ", ".join(old["tags"])), _one("tags", ", ".join(new["tags"]))
    yield "observed", _observed(old), _observed(new)
    if old["created_ms"] != new["created_ms"]:
        yield "created_ms", _one("date", str(old["created_ms"])), _one("date", str(new["created_ms"]))


def _one(place: str, text: str | None) -> _Texts:
    return [] if text is None or text == "" else [(place, text)]


def _spoken(record: Mapping[str, Any]) -> _Texts:
    found = []
    for message in record["messages"]:
        calls = [f"{call['name']}({call['arguments']})" for call in message["tool_calls"]]
        found.append((message["role"], "\n".join([*([message["content"]] if message["content"] else []), *calls])))
    return found


def _documents(record: Mapping[str, Any]) -> _Texts:
    return [(f"document {item['id']}", item["text"]) for item in record["context"]]


def _observed(record: Mapping[str, Any]) -> _Texts:
    observed = record["observed"]
    return [
        (f"observed {name}", text)
        for name in ("model", "output", "latency_ms", "trace_id")
        if (text := _plain(observed[name])) is not None
    ]


def _plain(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _pretty(text: str) -> str:
    return "" if text == "[]" else json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True)


def _paired(left: _Texts, right: _Texts) -> Iterator[tuple[str, str | None, str | None]]:
    """Texts side by side: those of one name with each other, also where one was put in or taken out before them."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    counted = _Numbered(left, right)
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind == "equal":
            continue
        names = SequenceMatcher(
            None, [name for name, _ in left[a_from:a_to]], [name for name, _ in right[b_from:b_to]], autojunk=False
        )
        for way, one, one_end, other, other_end in names.get_opcodes():
            for step in range(max(one_end - one, other_end - other)):
                before = a_from + one + step if one + step < one_end else None
                after = b_from + other + step if other + step < other_end else None
                if way == "equal" or before is None or after is None or left[before][0] == right[after][0]:
                    yield counted.name(before, after), _at(left, before), _at(right, after)
                else:
                    yield counted.name(before, None), _at(left, before), None
                    yield counted.name(None, after), None, _at(right, after)


def _at(texts: Sequence[tuple[str, str]], place: int | None) -> str | None:
    return None if place is None else texts[place][1]


class _Numbered:
    """Names of texts, with their number where several have the same."""

    def __init__(self, left: _Texts, right: _Texts) -> None:
        self._sides = (left, right)

    def name(self, before: int | None, after: int | None) -> str:
        side, place = (1, after) if after is not None else (0, before if before is not None else 0)
        texts = self._sides[side]
        name = texts[place][0]
        same = [number for number, (other, _) in enumerate(texts) if other == name]
        return name if len(same) == 1 else f"{name} {same.index(place) + 1}"
