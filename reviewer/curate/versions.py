"""Frozen versions of eval sets: made once, never rewritten, exported to the same bytes ever after."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer import __version__
from reviewer.curate import version_tags
from reviewer.curate.canaries import canary_of
from reviewer.curate.diffs import Diff, TextChange, diff_of, text_changes
from reviewer.curate.duplicates import Duplicates, groups_in
from reviewer.curate.frozen import Version, read_versions
from reviewer.curate.leak_records import facts_in
from reviewer.curate.precedence import runs_in
from reviewer.curate.readiness import Check, readiness
from reviewer.curate.records import members
from reviewer.curate.slices import SLICES, Slices
from reviewer.curate.touches import touch_once
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats import canonical
from reviewer.formats.export_folder import write_folder
from reviewer.store.database import Database, dump, now_ms
from reviewer.store.history import Changes

__all__ = ["FORMATS", "Diff", "Export", "RecordHead", "TextChange", "Version", "Versions"]

FORMATS = {"reviewer": "canonical JSONL with index and manifest"}
"""The formats a version can be exported to."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CHUNK = 256
_PIECE = 32


def _no_report(done: int, total: int, note: str = "") -> None:
    """Progress that nobody asked for."""


Report = Callable[[int, int], None]
_Texts = list[str]  # inside the class `list` is the method


@dataclass(frozen=True, slots=True)
class Export:
    """Where an export lies."""

    version: Version
    folder: Path
    data: Path
    records: int


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What a list shows of one record of a version."""

    key: str
    slice: str
    revision: int
    prompt: str
    """The start of the last user text, on one line."""


class Versions:
    """The versions of a project."""

    def __init__(self, database: Database, slices: Slices) -> None:
        self._database = database
        self._slices = slices
        self._sitting = secrets.token_hex(8)

    # -- freezing

    def readiness(self, at_ms: int | None = None, *, wait: bool = True) -> Check:
        """What a freeze would hold now, and what it would not meet; without `wait` as `Slices.list` says."""
        return readiness(self._database, self._slices.list(at_ms, wait=wait), at_ms)

    def freeze(
        self,
        name: str,
        *,
        note: str = "",
        waive: str = "",
        annotator_id: int | None = None,
        report: Report = _no_report,
    ) -> Version:
        """Freeze what the slices hold as the next version of the set `name`.

        Raises ConflictError with everything that is not met unless `waive` gives a reason, and when nothing has
        changed since the set's latest version. What is frozen cannot be undone or rewritten.
        """
        name, note, waive = name.strip(), note.strip(), " ".join(waive.split())
        if not _NAME.fullmatch(name):
            raise InputError(
                f"“{name}” cannot name an eval set: use up to 64 letters, digits, dots, hyphens and underscores,"
                " beginning with a letter or digit."
            )
        Duplicates(self._database).find(report, members_only=True)
        with self._database.transaction() as connection:
            at_ms = now_ms()
            check = self.readiness()
            if not check.count:
                raise ConflictError("No example is in a slice yet, so there is nothing to freeze. Assign some first.")
            unmet = [item.sentence for item in check.unmet]
            if unmet and not waive:
                points = "".join(f"\n  - {item.told}" for item in check.unmet)
                raise ConflictError(
                    f"{name} was not frozen, because {_points(len(unmet))} not met:{points}\n"
                    "Meet what can be met, or give a reason to freeze all the same (--waive REASON); it will stand in"
                    " the version."
                )
            latest = connection.execute(
                "SELECT v.number, v.content_hash FROM versions v JOIN eval_sets s ON s.id = v.eval_set_id"
                " WHERE s.name = ? ORDER BY v.number DESC LIMIT 1",
                (name,),
            ).fetchone()
            number = 1 if latest is None else latest["number"] + 1
            frozen = []
            for member in members(connection, name, number):
                frozen.append(member)
                if len(frozen) % _CHUNK == 0:
                    report(len(frozen), check.count)
            content_hash = canonical.set_hash([member.content_hash for member in frozen])
            if latest is not None and latest["content_hash"] == content_hash:
                raise ConflictError(
                    f"Nothing has changed since {name}@{latest['number']}: another freeze would have the same content"
                    f" ({content_hash[:19]}…). Use {name}@{latest['number']}, or change the slices first."
                )
            canary = canary_of(name, number, content_hash)
            counts = {item: sum(1 for member in frozen if member.slice == item) for item in SLICES}
            facts = {
                "annotator": _annotator(connection, annotator_id),
                "canary": canary,
                "leakage": facts_in(connection),
                "model_runs": runs_in(connection),
                "near_duplicates_kept": [
                    {"ids": list(group.keys), "reason": group.reason}
                    for group in groups_in(connection, members_only=True)
                    if group.decision == "keep"
                ],
                "observed_models": sorted({member.observed for member in frozen if member.observed is not None}),
                "record_schema": canonical.SCHEMA,
                "tool": "reviewer",
                "tool_version": __version__,
            }
            connection.execute("INSERT OR IGNORE INTO eval_sets (name) VALUES (?)", (name,))
            set_id = connection.execute("SELECT id FROM eval_sets WHERE name = ?", (name,)).fetchone()["id"]
            cursor = connection.execute(
                "INSERT INTO versions (eval_set_id, number, content_hash, frozen_ms, annotator_id, note, waiver, unmet,"
                " manifest, core, edge, preservation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    set_id,
                    number,
                    content_hash,
                    at_ms,
                    annotator_id,
                    note,
                    waive if unmet else "",
                    dump(unmet),
                    dump(facts),
                    *(counts[item] for item in SLICES),
                ),
            )
            version_id = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT INTO version_records (version_id, row, example_id, key, slice, content_hash, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        version_id,
                        row,
                        member.example_id,
                        member.key,
                        member.slice,
                        member.content_hash,
                        canonical.marked(member.record, canary),
                    )
                    for row, member in enumerate(frozen, 1)
                ),
            )
            changes = Changes(f"freeze {name}@{number}", frozenset({"versions", "eval_sets"}), room="curate")
            return read_versions(connection, version_id, changes)[0]

    # -- reading

    def list(self) -> tuple[Version, ...]:
        """Every version: by set, in the order of their numbers."""
        with self._database.read() as connection:
            return read_versions(connection)

    def get(self, label: str) -> Version:
        """The version that NAME@N names, or the latest of NAME; raises NotFoundError."""
        name, at, number = label.strip().rpartition("@")
        if not at:
            name, number = number, ""
        if at and not (number.isascii() and number.isdigit()):
            raise InputError(f"“{label}” names no version; write NAME@N, such as refunds@2, or NAME for the latest.")
        found = [version for version in self.list() if version.name == name]
        if number:
            found = [version for version in found if version.number == int(number)]
        if not found:
            there = ", ".join(version.label for version in self.list())
            raise NotFoundError(
                f"There is no version “{label}”. " + (f"There are {there}." if there else "Nothing is frozen yet.")
            )
        return found[-1]

    def records(self, version: Version) -> Iterator[dict[str, Any]]:
        """The records as they were frozen, in row order; raises ConflictError while a study seals what they show."""
        self.refuse_sealed(version)
        return (canonical.decode(line) for _, line in self._lines(version))

    def refuse_sealed(self, version: Version) -> None:
        """Raise ConflictError while an open study holds answers that the version's records show."""
        with self._database.read() as connection:
            row = connection.execute(
                # An answer may be sealed on an example that is gone or in no study; then any open one is named.
                "SELECT coalesce(s.name, (SELECT name FROM studies WHERE state = 'open' ORDER BY id LIMIT 1)) AS name"
                " FROM version_records r LEFT JOIN outputs o ON o.example_id = r.example_id"
                " LEFT JOIN studies s ON s.id = o.sealed_by AND s.state = 'open'"
                " WHERE r.version_id = ? AND r.content_hash = '' ORDER BY s.name IS NULL LIMIT 1",
                (version.id,),
            ).fetchone()
        if row is not None:
            raise ConflictError(
                f"{version.label} shows outputs that the open study “{row['name']}” seals. Close the study first"
                f" (reviewer study close PROJECT {row['name']}); the version stays as it is."
            )

    def diff(self, first: Version, second: Version) -> Diff:
        """What changed from the first version to the second; raises ConflictError while a study seals either."""
        self.refuse_sealed(first)
        self.refuse_sealed(second)
        with self._database.read() as connection:
            return diff_of(connection, first, second)

    def text_changes(self, first: Version, second: Version, key: str) -> tuple[TextChange, ...]:
        """What differs of one example between two versions that both have it, text by text and word by word.

        Raises NotFoundError where one of them does not have it, ConflictError while a study seals either.
        """
        return text_changes(self.record(first, key), self.record(second, key))

    def record(self, version: Version, key: str) -> dict[str, Any]:
        """One record as it was frozen, by its public id; raises NotFoundError, and ConflictError like `records`."""
        self.refuse_sealed(version)
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT record FROM version_records WHERE version_id = ? AND key = ?", (version.id, key)
            ).fetchone()
        if row is None:
            raise NotFoundError(f"{version.label} has no example {key}.")
        return canonical.decode(row["record"])

    def heads(self, version: Version) -> tuple[RecordHead, ...]:
        """What a list shows of each record, in row order; raises ConflictError like `records`."""
        self.refuse_sealed(version)
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT key, slice, row, json_extract(CAST(record AS TEXT), '$.revision') AS revision,"
                " substr(json_extract(CAST(record AS TEXT), '$.prompt'), 1, 400) AS prompt FROM version_records"
                " WHERE version_id = ? ORDER BY row",
                (version.id,),
            )
            return tuple(
                RecordHead(row["key"], row["slice"], row["revision"], " ".join(row["prompt"].split())) for row in rows
            )

    # -- tags and touches

    def tag(self, version: Version, tag: str, *, annotator_id: int | None) -> Version:
        """Put a tag on a version; the version itself stays as it is. Raises InputError for what cannot be a tag."""
        return version_tags.retag(self._database, version, add=(tag,), annotator_id=annotator_id)

    def untag(self, version: Version, tag: str, *, annotator_id: int | None) -> Version:
        """Take a tag off a version; raises NotFoundError when it has none of that name."""
        return version_tags.retag(self._database, version, remove=(tag,), annotator_id=annotator_id)

    def retag(self, version: Version, tags: Sequence[str], *, annotator_id: int | None) -> Version:
        """Give a version these tags and no others, as one action; raises InputError for what cannot be a tag."""
        wanted = version_tags.checked(tags)
        add = [tag for tag in wanted if tag not in version.tags]
        remove = [tag for tag in version.tags if tag not in wanted]
        return version_tags.retag(self._database, version, add=add, remove=remove, annotator_id=annotator_id)

    def viewed(self, version: Version, annotator_id: int | None) -> Changes | None:
        """Count that a person reads examples of the version; once a sitting, then None."""
        with self._database.transaction() as connection:
            counted = touch_once(connection, version.id, "viewed", self._sitting, annotator_id)
        return Changes(f"read {version.label}", frozenset({"version_touches"}), room="curate") if counted else None

    # -- export

    def export(self, version: Version, to: str, out: Path, report: Report = _no_report) -> Export:
        """Write the version to the folder `out`: data, `index.jsonl` and `manifest.json`, whole or not at all.

        Raises InputError for an unknown format, ConflictError when a study seals the outputs that it shows or the
        folder holds something else, ProjectError when the disk refuses.
        """
        if to not in FORMATS:
            raise InputError(f"“{to}” is no format to export to; there is {', '.join(FORMATS)}.")
        self.refuse_sealed(version)
        name = f"{version.file_stem}.jsonl"
        index: _Texts = []  # filled while the data is written, so that both files take one sweep
        folder = write_folder(
            out,
            [
                (name, self._data(version, index.append, report)),
                ("index.jsonl", (line.encode("ascii") for line in index)),
            ],
            {
                "content_hash": version.content_hash,
                "content_hash_leaves_out": [*canonical.UNHASHED, *[canonical.CANARY] * ("canary" in version.facts)],
                "counts": version.counts,
                "data_file": name,
                "examples": version.count,
                "format": to,
                "frozen_at": version.frozen_at,
                "frozen_ms": version.frozen_ms,
                "note": version.note,
                "set": version.name,
                "unmet": list(version.unmet),
                "version": version.number,
                "waiver": version.waiver,
                **version.facts,
            },
        )
        return Export(version, folder, folder / name, version.count)

    def _data(self, version: Version, index: Callable[[str], None], report: Report) -> Iterator[bytes]:
        """The lines of the data file in pieces; each record's line of the index goes to `index` as it passes."""
        done = 0
        with self._database.read() as connection:
            cursor = connection.execute(
                "SELECT key, row, content_hash, record FROM version_records WHERE version_id = ? ORDER BY row",
                (version.id,),
            )
            while rows := cursor.fetchmany(_PIECE):
                lines = []
                for key, row, content_hash, record in rows:
                    lines.append(record)
                    # Ids and hashes need no escapes; an encoder here would be half the work of an export.
                    index(f'{{"content_hash":"{content_hash}","id":"{key}","row":{row}}}\n')
                yield b"\n".join(lines) + b"\n"
                done += len(rows)
                report(done, version.count)

    def _lines(self, version: Version) -> Iterator[tuple[int, bytes]]:
        with self._database.read() as connection:
            for row in connection.execute(
                "SELECT row, record FROM version_records WHERE version_id = ? ORDER BY row", (version.id,)
            ):
                yield row["row"], row["record"]


def _annotator(connection: sqlite3.Connection, annotator_id: int | None) -> str:
    row = connection.execute("SELECT name FROM annotators WHERE id = ?", (annotator_id,)).fetchone()
    return "" if row is None else str(row["name"])


def _points(number: int) -> str:
    return "one thing is" if number == 1 else f"{number} things are"
