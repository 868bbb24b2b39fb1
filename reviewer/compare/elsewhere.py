"""Judgments as a file: those made elsewhere come in, those of a closed study go out, in one form.

One JSON object an annotator and example: `{"example": id, "annotator": name, "passed": {variant: true|false|null},
"preference": variant|"tie"|"both_bad"|null, "left": variant|null}`; a preference may also be a number from 0 to 1, the
tuned side's share. In `passed`, null says "cannot judge", and a variant that is not there was not judged. What goes out
also has `details` (severity, missing caveat, note, wrong passages, dress, the answer to a hidden repeat, the guess) for
those who read it; they are not read back. Controls are no judgments of the study's examples and stay out.

Such a file names the variants, so what it says of a single answer tells that answer's side to whoever reads the tables.
That is why a study takes judgments either from here or from elsewhere: the first line that goes in ends its blindness.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.compare import seals
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats.export_folder import write_whole
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Changes

__all__ = ["Imported", "Rejected", "judgment_lines", "read_file", "write_file"]

_VERDICTS = {True: "pass", False: "fail", None: "cannot_judge"}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken in."""

    line: int
    field: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The rejection as reports carry it."""
        return {"line": self.line, "field": self.field, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of judgments, counted in lines."""

    read: int
    added: int
    present: int
    """Lines that said nothing new."""
    rejected: tuple[Rejected, ...]
    changes: Changes = field(default=Changes(""), compare=False)


class _UnfitError(Exception):
    """A line that cannot be taken in; caught where the line number is known."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


@dataclass(frozen=True, slots=True)
class _Study:
    id: int
    base: str
    tuned: str
    sides: dict[str, tuple[int, int, int, int]]
    """Example key to (pair id, tuned side's id, base side's id, example id)."""


def _open(connection: sqlite3.Connection, name: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT s.*, b.name AS base, t.name AS tuned FROM studies s JOIN variants b ON b.id = s.base_variant_id"
        " JOIN variants t ON t.id = s.tuned_variant_id WHERE s.name = ?",
        (name,),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"The project has no study {name!r}.")
    return row


def _sides(connection: sqlite3.Connection, row: sqlite3.Row) -> _Study:
    keys = {
        found["id"]: (found["key"], found["example_id"])
        for found in connection.execute(
            "SELECT p.id, e.key, p.example_id FROM pairs p JOIN examples e ON e.id = p.example_id WHERE p.study_id = ?",
            (row["id"],),
        )
    }
    sides = {
        keys[pair][0]: (pair, tuned, base, keys[pair][1])
        for pair, tuned, base in seals.read(connection, row["id"]).sides
        if pair in keys
    }
    return _Study(row["id"], row["base"], row["tuned"], sides)


def read_file(database: Database, name: str, path: Path) -> Imported:
    """Take judgments made elsewhere into an open study, in one transaction.

    A line that cannot be taken in is listed with its number, field and reason; the others go in. Reading the same file
    again adds nothing. From the first line on, the study is judged elsewhere: its blindness is not vouched for. Raises
    ConflictError for a study that is not open or is judged here, InputError for a file that cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    read = added = present = 0
    rejected: list[Rejected] = []
    examples: set[int] = set()
    with database.transaction() as connection:
        row = _open(connection, name)
        if row["state"] != "open":
            raise ConflictError(f"{name} is {row['state']}; no more judgments are taken in.")
        if row["origin"] == "here":
            raise ConflictError(
                f"{name} is being judged here, blind; judgments from elsewhere would spoil that. Make another study "
                "for them."
            )
        study = _sides(connection, row)
        # Lines end at LF alone: U+2028 and U+0085 are text.
        for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            if not line.strip():
                continue
            read += 1
            try:
                judgment = _parse(line, study)
                new = _store(connection, study, judgment)
            except _UnfitError as unfit:
                rejected.append(Rejected(number, unfit.field, str(unfit)))
                continue
            examples.add(study.sides[judgment["example"]][3])
            added += new
            present += not new
        if added:
            connection.execute("UPDATE studies SET origin = 'elsewhere' WHERE id = ?", (study.id,))
    tables = frozenset({"studies", "correctness_judgments", "preference_judgments", "annotators"})
    changes = Changes(f"Import judgments into {name}", tables if added else frozenset(), frozenset(examples), "compare")
    return Imported(read, added, present, tuple(rejected), changes)


class _NoNumberError(ValueError):
    """NaN or an infinity, which Python reads and JSON does not have."""


def _no_constant(word: str) -> None:
    raise _NoNumberError(f"{word} is no number there")


def _json(line: bytes) -> object:
    try:
        return json.loads(line.decode(), parse_constant=_no_constant)
    except RecursionError as error:
        raise _UnfitError("", "The line is nested too deeply.") from error
    except UnicodeDecodeError as error:
        raise _UnfitError("", f"The line is not UTF-8 text; byte {error.start + 1} of it cannot be read.") from error
    except json.JSONDecodeError as error:
        raise _UnfitError("", f"The line is not one JSON object: {error.msg} (column {error.colno}).") from error
    except _NoNumberError as error:
        raise _UnfitError("", f"The line is not one JSON object: {error}.") from error
    except ValueError as error:  # the only one left: more digits than a number is read with
        raise _UnfitError("", "A number in the line has too many digits.") from error


def _shown(value: object) -> str:
    """A value of a line as messages quote it, cut to what can be read at a glance."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _parse(line: bytes, study: _Study) -> dict[str, Any]:
    found = _json(line)
    if not isinstance(found, dict):
        raise _UnfitError("", "The line is not a JSON object.")
    example, annotator = found.get("example"), found.get("annotator")
    if example is None:
        raise _UnfitError("example", "The field example is missing; it names the example by its id.")
    if not isinstance(example, str) or example not in study.sides:
        raise _UnfitError("example", f"The study has no example {_shown(example)}.")
    if annotator is None:
        raise _UnfitError("annotator", "The field annotator is missing; every judgment names its annotator.")
    if not isinstance(annotator, str) or not annotator.strip():
        raise _UnfitError("annotator", "Every judgment names its annotator, as a text.")
    if "\x00" in annotator or any("\ud800" <= letter <= "\udfff" for letter in annotator):
        raise _UnfitError("annotator", f"{_shown(annotator)} is no name: it holds a NUL or half a surrogate pair.")
    variants = (study.tuned, study.base)
    passed = found.get("passed")
    passed = {} if passed is None else passed
    if not isinstance(passed, dict):
        raise _UnfitError("passed", "Give an object from variant to true, false or null.")
    for variant, value in passed.items():
        if variant not in variants:
            raise _UnfitError(
                "passed", f"{_shown(variant)} is neither {study.base} nor {study.tuned}, the study's variants."
            )
        if value is not None and not isinstance(value, bool):
            raise _UnfitError("passed", f"For {variant} give true, false or null, not {_shown(value)}.")
    preference, left = found.get("preference"), found.get("left")
    if isinstance(preference, bool) or not isinstance(preference, str | int | float | None):
        raise _UnfitError("preference", "Give a variant, tie, both_bad, null, or the tuned side's share from 0 to 1.")
    if isinstance(preference, str) and preference not in (*variants, "tie", "both_bad"):
        raise _UnfitError(
            "preference", f"{_shown(preference)} is neither tie nor both_bad nor one of the study's variants."
        )
    if isinstance(preference, int | float) and not 0 <= preference <= 1:
        raise _UnfitError("preference", f"A share lies from 0 to 1; {_shown(preference)} does not.")
    if left is not None and left not in variants:
        raise _UnfitError("left", f"{_shown(left)} is neither of the study's variants, {study.base} and {study.tuned}.")
    if not passed and preference is None:
        raise _UnfitError("passed", "The line holds neither a verdict nor a preference.")
    return {
        "example": example,
        "annotator": " ".join(annotator.split()),
        "passed": passed,
        "preference": preference,
        "left": left,
    }


def _store(connection: sqlite3.Connection, study: _Study, judgment: dict[str, Any]) -> bool:
    """Whether the line added anything; raises _UnfitError where it contradicts what is there."""
    pair_id, tuned_side, base_side, _ = study.sides[judgment["example"]]
    annotator_id = _annotator(connection, judgment["annotator"])
    verdicts = []
    for variant, value in judgment["passed"].items():
        side_id = tuned_side if variant == study.tuned else base_side
        there = connection.execute(
            "SELECT verdict FROM correctness_judgments WHERE side_id = ? AND annotator_id = ?", (side_id, annotator_id)
        ).fetchone()
        if there is None:
            verdicts.append((study.id, side_id, annotator_id, _VERDICTS[value], now_ms()))
        elif there["verdict"] != _VERDICTS[value]:
            raise _UnfitError("passed", f"{judgment['annotator']} judged this answer otherwise before; that stands.")
    preference = _preference(study, judgment, tuned_side, base_side)
    there = connection.execute(
        "SELECT left_side_id, choice, left_share FROM preference_judgments WHERE pair_id = ? AND annotator_id = ?",
        (pair_id, annotator_id),
    ).fetchone()
    if preference is not None and there is not None:
        if tuple(there) != preference:
            raise _UnfitError("preference", f"{judgment['annotator']} judged this pair otherwise before; that stands.")
        preference = None
    connection.executemany(
        "INSERT INTO correctness_judgments (study_id, side_id, annotator_id, verdict, locked_ms)"
        " VALUES (?, ?, ?, ?, ?)",
        verdicts,
    )
    if preference is not None:
        connection.execute(
            "INSERT INTO preference_judgments (study_id, pair_id, annotator_id, left_side_id, choice, left_share,"
            " decided_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (study.id, pair_id, annotator_id, *preference, now_ms()),
        )
    return bool(verdicts) or preference is not None


def _preference(
    study: _Study, judgment: dict[str, Any], tuned_side: int, base_side: int
) -> tuple[int | None, str, float | None] | None:
    """Left side's id, choice and left share as they are stored.

    Without a left side named, nothing is known of places: a choice between variants is then kept as a share of the
    left side with the tuned one there, and `left_side_id` stays empty.
    """
    value, left = judgment["preference"], judgment["left"]
    if value is None:
        return None
    left_side = None if left is None else (tuned_side if left == study.tuned else base_side)
    if value in ("tie", "both_bad"):
        return left_side, value, None
    if isinstance(value, str):
        if left is not None:
            return left_side, "left" if value == left else "right", None
        return None, "share", 1.0 if value == study.tuned else 0.0
    tuned_is_left = left is None or left == study.tuned
    return left_side, "share", float(value) if tuned_is_left else 1 - float(value)


def _annotator(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM annotators WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return int(row["id"])
    cursor = connection.execute("INSERT INTO annotators (name, created_ms) VALUES (?, ?)", (name, now_ms()))
    return int(cursor.lastrowid or 0)


def judgment_lines(connection: sqlite3.Connection, name: str) -> Iterator[dict[str, Any]]:
    """A closed study's judgments, by example and annotator; raises ConflictError for any other."""
    row = _open(connection, name)
    if row["state"] != "closed":
        raise ConflictError(
            f"{name} is {row['state']}; its judgments name the variants, so they go out once it is closed."
        )
    study = _sides(connection, row)
    names = {found["id"]: found["name"] for found in connection.execute("SELECT id, name FROM annotators")}
    variant_of = {side: study.tuned for _, side, _, _ in study.sides.values()}
    variant_of |= {side: study.base for _, _, side, _ in study.sides.values()}
    key_of = {side: key for key, (_, tuned, base, _) in study.sides.items() for side in (tuned, base)}
    key_of_pair = {pair: key for key, (pair, _, _, _) in study.sides.items()}
    repeats = {repeat.pair: repeat for repeat in seals.read(connection, study.id).repeats}
    for repeat in repeats.values():
        variant_of |= {repeat.tuned: study.tuned, repeat.base: study.base}
    lines: dict[tuple[str, str], dict[str, Any]] = {}

    def line(key: str, annotator_id: int) -> dict[str, Any]:
        start = {"example": key, "annotator": names[annotator_id], "passed": {}, "preference": None, "left": None}
        return lines.setdefault((key, names[annotator_id]), start)

    for found in connection.execute("SELECT * FROM correctness_judgments WHERE study_id = ?", (study.id,)):
        if found["side_id"] not in key_of:
            continue
        target = line(key_of[found["side_id"]], found["annotator_id"])
        variant = variant_of[found["side_id"]]
        target["passed"][variant] = {"pass": True, "fail": False}.get(found["verdict"])
        more = {
            "severity": found["severity"],
            "missing_caveat": bool(found["missing_caveat"]),
            "note": found["note"],
            "evidence": load(found["evidence"]),
        }
        if any(more.values()):
            target.setdefault("details", {})[variant] = more
    for found in connection.execute("SELECT * FROM preference_judgments WHERE study_id = ?", (study.id,)):
        repeat_of = repeats.get(found["pair_id"])
        pair_id = found["pair_id"] if repeat_of is None else repeat_of.of
        if pair_id not in key_of_pair:
            continue
        target = line(key_of_pair[pair_id], found["annotator_id"])
        left = None if found["left_side_id"] is None else variant_of[found["left_side_id"]]
        if repeat_of is not None:
            target.setdefault("details", {})["repeat"] = {"left": left, "preference": _said(found, left, study)}
            continue
        target["left"] = left
        target["preference"] = _said(found, left, study)
        if found["dress"] != "plain":
            target.setdefault("details", {})["dress"] = found["dress"]
    for found in connection.execute("SELECT * FROM guesses WHERE study_id = ?", (study.id,)):
        target = line(key_of_pair[found["pair_id"]], found["annotator_id"])
        target.setdefault("details", {})["guessed_tuned"] = variant_of[found["side_id"]]
    for _, target in sorted(lines.items()):
        target["passed"] = dict(sorted(target["passed"].items()))
        yield target


def _said(row: sqlite3.Row, left: str | None, study: _Study) -> str | float:
    """A stored preference as a file says it."""
    choice: str = row["choice"]
    if choice in ("tie", "both_bad"):
        return choice
    if choice == "share":
        share = float(row["left_share"])
        tuned = share if left is None or left == study.tuned else round(1 - share, 12)
        if left is None and tuned in (0.0, 1.0):
            return study.tuned if tuned else study.base
        return tuned
    preferred_left = choice == "left"
    return study.tuned if (left == study.tuned) == preferred_left else study.base


def write_file(database: Database, name: str, path: Path) -> int:
    """Write a closed study's judgments as JSONL, whole or not at all; returns the number of lines.

    Raises ConflictError for a study that is not closed, InputError for a folder, ProjectError when the disk refuses.
    """
    with database.read() as connection:
        return write_whole(path, (dump(line).encode() + b"\n" for line in judgment_lines(connection, name)))
