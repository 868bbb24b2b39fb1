"""Labels in and out as JSONL: one object a label, bad lines named with their field and reason."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats.export_folder import write_whole
from reviewer.intake.examples import id_of
from reviewer.intake.revisions import STALE
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Action, Changes
from reviewer.triage.evidence import Evidence, StepTexts
from reviewer.triage.labels import SEVERITIES, VERDICTS, whole
from reviewer.triage.variants import triaged_variant

__all__ = ["LabelImport", "Reject", "export_labels", "import_labels"]

KEYS = ("example", "variant", "annotator", "verdict", "category", "further", "severity", "note", "evidence")
Report = Callable[[float, float | None], None]


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that was not taken in, and why."""

    line: int
    field: str
    reason: str


@dataclass(slots=True)
class LabelImport:
    """What became of a file of labels: new ones, changed ones, those that were there already, and bad lines."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    """Of all of these, how many are on answers to an earlier input, where they count nowhere."""
    rejects: list[Reject] = field(default_factory=list)
    changes: Changes | None = None

    def to_json(self) -> dict[str, Any]:
        """The counts as the command line prints them."""
        return {
            "read": self.read,
            "added": self.added,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "stale": self.stale,
            "rejected": len(self.rejects),
            "rejects": [{"line": item.line, "field": item.field, "reason": item.reason} for item in self.rejects],
        }


class _BadFieldError(Exception):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.reason = reason


def import_labels(
    database: Database, path: Path, *, annotator: str, by: int | None = None, report: Report = lambda *_: None
) -> LabelImport:
    """Take in a JSONL file of labels as one action of `by` that can be undone; its bad lines are left out and listed.

    A line without an annotator is `annotator`'s, one without a variant is about the one that is triaged. A label
    that the annotator has already on that output is replaced. Raises InputError when the file cannot be read.
    """
    result = LabelImport()
    try:
        size = path.stat().st_size
        with path.open("rb") as handle, database.action(f"Import labels from {path.name}", by, room="triage") as action:
            reader = _Reader(action, annotator)
            done = 0
            for number, line in enumerate(handle, 1):
                done += len(line)
                if number % 500 == 0:
                    report(done, size)
                if number == 1 and line.startswith(b"\xef\xbb\xbf"):
                    line = line[3:]
                if not line.strip():
                    continue
                result.read += 1
                try:
                    outcome, stale = reader.take(line)
                except _BadFieldError as error:
                    result.rejects.append(Reject(number, error.name, error.reason))
                else:
                    setattr(result, outcome, getattr(result, outcome) + 1)
                    result.stale += stale
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    result.changes = action.changes
    return result


class _Reader:
    """Turns lines into rows inside one action."""

    def __init__(self, action: Action, annotator: str) -> None:
        self._action = action
        self._connection = action.connection
        self._default_annotator = annotator
        self._annotators: dict[str, int] = {}
        self._variants: dict[str | None, int] = {}
        self._categories: dict[str, int] = {}
        for row in self._connection.execute("SELECT id, code, name FROM categories WHERE state = 'active'"):
            self._categories[row["name"].casefold()] = row["id"]
        for row in self._connection.execute("SELECT id, code, name FROM categories WHERE state = 'active'"):
            self._categories[row["code"].casefold()] = row["id"]

    def take(self, line: bytes) -> tuple[str, bool]:
        """Store the label of one line; returns which count it adds to, and whether its output's input is outdated."""
        data = _read(line)
        if not isinstance(data, dict):
            raise _BadFieldError("", "a line is one JSON object with a field “example” and a field “verdict”")
        for key in data:
            if key not in KEYS:
                raise _BadFieldError(str(key), f"no such field; the fields are {', '.join(KEYS)}")
        output = self._output(data)
        verdict = self._text(data, "verdict")
        if verdict not in VERDICTS:
            raise _BadFieldError("verdict", f"it is one of {', '.join(VERDICTS)}, not {_show(data.get('verdict'))}")
        category = self._category(data.get("category"), "category")
        further = self._further(data.get("further"), category)
        severity = self._text(data, "severity")
        if severity and severity not in SEVERITIES:
            raise _BadFieldError("severity", f"it is one of {', '.join(SEVERITIES)}, not “{severity}”")
        if verdict != "fail":
            for name, value in (("category", category), ("further", further), ("severity", severity)):
                if value:
                    raise _BadFieldError(name, f"only a fail has it, and the verdict is {verdict}")
        evidence = self._evidence(data.get("evidence"), output)
        annotator = self._annotator(self._text(data, "annotator") or self._default_annotator)
        values = {
            "verdict": verdict,
            "stage": "open" if category is None else "coded",
            "category_id": category,
            "severity": severity,
            "note": self._text(data, "note"),
            "evidence": dump([item.to_json() for item in evidence]),
        }
        return self._store(output, annotator, values, further), bool(output["stale"])

    def _store(self, output: sqlite3.Row, annotator_id: int, values: dict[str, Any], further: list[int]) -> str:
        connection = self._connection
        row = connection.execute(
            "SELECT * FROM labels WHERE output_id = ? AND annotator_id = ?", (output["id"], annotator_id)
        ).fetchone()
        now = now_ms()
        self._action.touches(output["example_id"])
        if row is None:
            label_id = self._action.insert(
                "labels", output_id=output["id"], annotator_id=annotator_id, **values, created_ms=now, updated_ms=now
            )
            outcome = "added"
        else:
            label_id = row["id"]
            own = {
                item["category_id"]: item["id"]
                for item in connection.execute(
                    "SELECT id, category_id FROM label_categories WHERE label_id = ?", (label_id,)
                )
            }
            if all(row[name] == value for name, value in values.items()) and set(own) == set(further):
                return "unchanged"
            for number in own.values():
                self._action.delete("label_categories", number)
            self._action.update("labels", label_id, **values, updated_ms=now)
            queued = connection.execute("SELECT id FROM rechecks WHERE label_id = ?", (label_id,)).fetchone()
            if queued:
                self._action.delete("rechecks", queued["id"])
            outcome = "changed"
        for number in further:
            self._action.insert("label_categories", label_id=label_id, category_id=number)
        return outcome

    def _output(self, data: Mapping[str, Any]) -> sqlite3.Row:
        key = self._text(data, "example")
        if not key:
            raise _BadFieldError("example", "the example's id is missing")
        name = self._text(data, "variant") or None
        if name not in self._variants:
            try:
                variant = triaged_variant(self._connection, name)
            except NotFoundError as error:
                raise _BadFieldError("variant", str(error)) from error
            if variant is None:
                raise _BadFieldError("variant", "the project has no outputs that could be labelled")
            self._variants[name] = variant.id
        row: sqlite3.Row | None = self._connection.execute(
            f"SELECT o.id, e.id AS example_id, o.sealed_by, {STALE} AS stale FROM examples e"
            " LEFT JOIN outputs o ON o.example_id = e.id AND o.variant_id = ? WHERE e.id = ?",
            (self._variants[name], id_of(self._connection, key)),
        ).fetchone()
        if row is None:
            raise _BadFieldError("example", f"the project has no example “{key}”")
        if row["id"] is None:
            raise _BadFieldError("variant", f"the example “{key}” has no output of that variant")
        if row["sealed_by"] is not None:
            raise _BadFieldError("example", f"the output of “{key}” is sealed in an open study; close the study first")
        return row

    def _annotator(self, name: str) -> int:
        name = " ".join(name.split())
        if name not in self._annotators:
            row = self._connection.execute("SELECT id FROM annotators WHERE name = ?", (name,)).fetchone()
            self._annotators[name] = (
                int(row["id"])
                if row
                else self._action.insert("annotators", name=name, kind="person", created_ms=now_ms())
            )
        return self._annotators[name]

    def _category(self, value: object, name: str) -> int | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise _BadFieldError(name, f"it is a category's code or name, not {_show(value)}")
        found = self._categories.get(" ".join(value.split()).casefold())
        if found is None:
            codes = [
                row["code"]
                for row in self._connection.execute(
                    "SELECT code FROM categories WHERE state = 'active' ORDER BY position"
                )
            ]
            raise _BadFieldError(name, f"the codebook has no “{value}”; it has {', '.join(codes)}")
        return found

    def _further(self, value: object, primary: int | None) -> list[int]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise _BadFieldError("further", f"it is a list of categories, not {_show(value)}")
        found: list[int] = []
        for item in value:
            number = self._category(item, "further")
            if number is not None and number != primary and number not in found:
                found.append(number)
        return found

    def _evidence(self, value: object, output: sqlite3.Row) -> list[Evidence]:
        if value is None or value == []:
            return []
        if not isinstance(value, list):
            raise _BadFieldError("evidence", f"it is a list, not {_show(value)}")
        texts = StepTexts.read(self._connection, output["id"])
        found: list[Evidence] = []
        for number, item in enumerate(value):
            name = f"evidence[{number}]"
            if not isinstance(item, dict):
                raise _BadFieldError(name, f"it is an object with a step and a quote, not {_show(item)}")
            step, place, quote = item.get("step"), item.get("place", "output"), item.get("quote")
            if (step is not None and type(step) is not int) or not isinstance(place, str):
                raise _BadFieldError(name, "“step” is a whole number from 0 on, “place” is output or message")
            try:
                start, end = item.get("start"), item.get("end")
                if isinstance(quote, str) and (start is None or end is None):
                    found.append(texts.find(quote, place, step))
                else:
                    if step is None or type(start) is not int or type(end) is not int:
                        raise _BadFieldError(name, "it needs a “quote”, or “step”, “start” and “end” as whole numbers")
                    found.append(texts.check(Evidence(place, step, start, end, str(item.get("hash") or ""))))
            except (InputError, ConflictError) as error:
                raise _BadFieldError(name, str(error)) from error
        return found

    @staticmethod
    def _text(data: Mapping[str, Any], name: str) -> str:
        value = data.get(name)
        if value is None:
            return ""
        if name == "example" and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise _BadFieldError(name, f"it is text, not {_show(value)}")
        if whole(value) != value:
            raise _BadFieldError(name, "it holds half a surrogate pair, which no text can keep")
        if "\x00" in value and name != "note":
            raise _BadFieldError(name, "it holds a NUL character")
        return value


def _read(line: bytes) -> object:
    try:
        return load(line.decode())
    except RecursionError as error:
        raise _BadFieldError("", "this line is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise _BadFieldError("", f"this line is not UTF-8 text; byte {error.start + 1} of it cannot be read") from error
    except json.JSONDecodeError as error:
        raise _BadFieldError("", f"this line is not JSON: {error.msg} (column {error.colno})") from error
    except ValueError as error:  # the only one left: more digits than a number is read with
        raise _BadFieldError("", "a number in this line has too many digits") from error


def _show(value: object) -> str:
    if value is None:
        return "missing"
    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def export_labels(
    database: Database, path: Path, *, variant: str | None = None, report: Report = lambda *_: None
) -> int:
    """Write every label (of one variant, or of all) as JSONL that `import_labels` reads; returns how many.

    Those on outputs that answered an earlier input stay out: read elsewhere, they would be said of the present one.

    The file takes its name only when all of it is on the disk, so an older one is never left half overwritten.
    Raises InputError for a folder, ProjectError when it cannot be written.
    """
    with database.read() as connection:
        total = connection.execute("SELECT count(*) AS n FROM labels").fetchone()["n"]
        return write_whole(path, _told(_lines(connection, variant), total, report))


def _told(lines: Iterator[bytes], total: int, report: Report) -> Iterator[bytes]:
    """The lines, with the progress told every five hundred."""
    for count, line in enumerate(lines, 1):
        yield line
        if count % 500 == 0:
            report(count, total)


def _lines(connection: sqlite3.Connection, variant: str | None) -> Iterator[bytes]:
    found = None if variant is None else triaged_variant(connection, variant)
    codes = {row["id"]: row["code"] for row in connection.execute("SELECT id, code FROM categories")}
    rows = connection.execute(
        "SELECT l.*, e.key, v.name AS variant, a.name AS annotator, f.category_id AS also FROM labels l"
        " JOIN outputs o ON o.id = l.output_id JOIN examples e ON e.id = o.example_id"
        " JOIN variants v ON v.id = o.variant_id JOIN annotators a ON a.id = l.annotator_id"
        " LEFT JOIN label_categories f ON f.label_id = l.id"
        " WHERE (? IS NULL OR o.variant_id = ?) AND o.sealed_by IS NULL"
        f" AND NOT ({STALE}) ORDER BY l.id, f.id",
        (None if found is None else found.id, None if found is None else found.id),
    )
    for _, group in groupby(rows, key=lambda row: row["id"]):
        lines = list(group)
        row = lines[0]
        data = {
            "example": row["key"],
            "variant": row["variant"],
            "annotator": row["annotator"],
            "verdict": row["verdict"],
            "category": codes.get(row["category_id"]),
            "further": [codes[line["also"]] for line in lines if line["also"] is not None],
            "severity": row["severity"],
            "note": row["note"],
            "evidence": _quoted(connection, row),
        }
        yield dump(data).encode() + b"\n"


def _quoted(connection: sqlite3.Connection, row: sqlite3.Row) -> list[dict[str, Any]]:
    stored = load(row["evidence"])
    if not stored:
        return []
    texts = StepTexts.read(connection, row["output_id"])
    found = []
    for item in stored:
        span = Evidence.from_json(item)
        quote = texts.quote(span)
        # Without its offsets, a quote that stands twice in its step would come back at the first place.
        found.append({**span.to_json()} if quote is None else {**span.to_json(), "quote": quote})
    return found
