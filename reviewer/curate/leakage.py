"""Leakage: what of the examples stands in files that models are trained on, and what a person waived of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from reviewer.curate.canaries import known
from reviewer.curate.contracts import SLICES
from reviewer.curate.leak_records import ASIDE, Leak, Scan, all_scans, leaks_in, scan_by_id, scans_in
from reviewer.errors import InputError, NotFoundError
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Changes
from reviewer.triage.intervals import wilson
from reviewer.wording import amount

__all__ = ["Leakage", "Rate", "Scanned"]

Report = Callable[..., None]


def _no_report(done: int, total: int, note: str = "") -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of a slice's examples that overlap with a training file, with Wilson's 95 % interval."""

    slice: str
    examples: int
    overlapping: int
    waived: int
    unscanned: int
    """Added or changed since the oldest scan."""
    low: float | None
    high: float | None

    @property
    def rate(self) -> float | None:
        """0 to 1; None for an empty slice."""
        return self.overlapping / self.examples if self.examples else None


@dataclass(frozen=True, slots=True)
class Scanned:
    """A scan that has just ended."""

    scan: Scan
    reasons: tuple[str, ...]
    """Why the first lines that could not be read could not."""
    changes: Changes = field(compare=False, repr=False)


class Leakage:
    """The scans of training files of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scan(
        self,
        path: Path,
        *,
        format: str | None = None,
        mapping: Mapping[str, str] | None = None,
        annotator_id: int | None = None,
        report: Report = _no_report,
    ) -> Scanned:
        """Hold a training file against every example and keep what overlaps; a former scan of the same file goes, be it
        by its content or by its place.

        `report` counts bytes, twice: once for the file's hash. Raises InputError for a file that cannot be read, and
        whatever `report` raises; then nothing is changed.
        """
        from reviewer.curate.duplicate_search import usage_of
        from reviewer.curate.leak_scan import scan
        from reviewer.curate.training_files import TrainingFile

        start = time.perf_counter()
        file = TrainingFile(path.expanduser(), format, mapping)
        digest = file.sha256(lambda done: report(done, file.size, "reading the file's hash"))
        outcome = scan(self._database, file, usage_of(self._database), report)
        if outcome.lines and outcome.rejected == outcome.lines:
            raise InputError(
                f"Not one of the {outcome.lines:,} lines of {path.name} could be read as {file.format}; the first:"
                f" {outcome.reasons[0]}. Name another format (--as) or map its fields (--map)."
            )
        if outcome.lines and not outcome.texts:
            fields = f" by {', '.join(file.mapping)}" if file.mapping else ""
            raise InputError(
                f"No text is read{fields} from the {amount(outcome.lines, 'line')} of {path.name}: nothing was scanned;"
                " name the fields that hold its texts (--map)."
            )
        if not outcome.lines:
            raise InputError(f"{path.name} has no line with a text in it; nothing was scanned.")
        with self._database.transaction() as connection:
            labels = known(connection)
            place = sha256(str(file.path.absolute()).encode("utf-8", "surrogatepass")).hexdigest()
            connection.execute("DELETE FROM leak_scans WHERE sha256 = ? OR place = ?", (digest, place))
            cursor = connection.execute(
                "INSERT INTO leak_scans (name, sha256, place, size, format, mapping, lines, rejected, examples,"
                " outputs, sealed, touched, found, canaries, active, seconds, scanned_ms, annotator_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
                (
                    path.name,
                    digest,
                    place,
                    file.size,
                    file.format,
                    dump(dict(mapping or {})),
                    outcome.lines,
                    outcome.rejected,
                    outcome.examples,
                    outcome.outputs,
                    outcome.sealed,
                    outcome.touched,
                    outcome.found,
                    dump([[canary, labels.get(canary, ""), line] for canary, line in outcome.canaries]),
                    time.perf_counter() - start,
                    now_ms(),
                    annotator_id,
                ),
            )
            scan_id = int(cursor.lastrowid or 0)
            connection.executemany(
                "INSERT INTO leak_hits (scan_id, example_id, line, kind, place, words, similarity, excerpt)"
                " SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM examples WHERE id = ?2)",
                (
                    (
                        scan_id, hit.example_id, hit.line, hit.kind, hit.place, hit.words, hit.similarity,
                        dump(hit.excerpt),
                    )
                    for hit in outcome.hits
                ),
            )  # fmt: skip
        changes = Changes(f"scan {path.name}", frozenset({"leak_scans", "leak_hits"}), room="curate")
        return Scanned(self.get(scan_id), tuple(outcome.reasons), changes)

    # -- reading

    def scans(self) -> tuple[Scan, ...]:
        """Every scan, the newest first; those that were set aside as well."""
        with self._database.read() as connection:
            return all_scans(connection)

    def get(self, scan_id: int) -> Scan:
        """One scan; raises NotFoundError."""
        with self._database.read() as connection:
            found = scan_by_id(connection, scan_id)
        if found is None:
            raise NotFoundError("This scan is gone; the same file was scanned again.")
        return found

    def leaks(self, *, members_only: bool = False, open_only: bool = False) -> tuple[Leak, ...]:
        """What overlaps, from the scans that count: by example, exact ones first; with `open_only` not waived."""
        with self._database.read() as connection:
            return leaks_in(connection, members_only=members_only, open_only=open_only)

    def rates(self) -> tuple[Rate, ...]:
        """For each slice the share of its examples that overlap with a training file; empty before any scan."""
        with self._database.read() as connection:
            scans = scans_in(connection)
            if not scans:
                return ()
            leaks = leaks_in(connection, members_only=True)
            since = min(scan.touched for scan in scans)
            rows = connection.execute(
                "SELECT m.slice, count(*) AS n, sum(e.touched > ?) AS fresh FROM slice_members m"
                " CROSS JOIN examples e ON e.id = m.example_id WHERE e.excluded = 0 GROUP BY m.slice",
                (since,),
            )
            counts = {row["slice"]: (row["n"], row["fresh"]) for row in rows}
        found = []
        for name in SLICES:
            total, fresh = counts.get(name, (0, 0))
            mine = {leak.example_id for leak in leaks if leak.slice == name}
            open_ones = {leak.example_id for leak in leaks if leak.slice == name and not leak.waiver}
            bounds = wilson(len(mine), total)
            low, high = (None, None) if bounds is None else bounds
            found.append(Rate(name, total, len(mine), len(mine - open_ones), fresh, low, high))
        return tuple(found)

    def line_of(self, leak: Leak) -> str:
        """The text of the training file's line around what is shared; empty when a study has sealed it meanwhile."""
        with self._database.read() as connection:
            row = connection.execute("SELECT excerpt FROM leak_hits WHERE id = ?", (leak.id,)).fetchone()
        return "" if row is None else str(load(row["excerpt"]))

    def text_of(self, leak: Leak) -> str:
        """The text of the example that the line overlaps with, as it is now; empty while a study seals it.

        Of several answers it is the one with most words in common.
        """
        from reviewer.curate.leak_index import Said, words_in
        from reviewer.curate.leak_scan import texts_at

        with self._database.read() as connection:
            texts = texts_at(connection, leak.example_id, leak.place)
        theirs = words_in(self.line_of(leak))
        return max(texts, key=lambda text: Said(text).longest_run(theirs)[0], default="")

    # -- deciding

    def waive(
        self, reason: str, *, keys: Collection[str] | None = None, annotator_id: int | None, members_only: bool = False
    ) -> Changes:
        """Keep examples although they overlap, for a reason: those named, or all that overlap. One action."""
        reason = " ".join(reason.split())
        if not reason:
            raise InputError("A waiver needs a reason; it stands in the version's manifest.")
        wanted = self._named(keys, self.leaks(members_only=members_only, open_only=True))
        if not wanted:
            raise NotFoundError("No overlap is open, so there is nothing to waive.")
        examples = {leak.key for leak in wanted.values()}
        title = f"waive the overlap of {_examples(examples)}"
        focus = next(iter(wanted.values())).example_id
        with self._database.action(title, annotator_id, room="curate", focus=focus) as action:
            for example_id, sha256 in wanted:
                action.insert(
                    "leak_waivers",
                    example_id=example_id,
                    sha256=sha256,
                    reason=reason,
                    annotator_id=annotator_id,
                    decided_ms=now_ms(),
                )
        return action.changes

    def unwaive(self, *, keys: Collection[str] | None = None, annotator_id: int | None) -> Changes:
        """Take waivers back: of the examples named, or all. One action."""
        wanted = self._named(keys, tuple(leak for leak in self.leaks() if leak.waiver))
        if not wanted:
            raise NotFoundError("Nothing is waived, so there is nothing to take back.")
        examples = {leak.key for leak in wanted.values()}
        focus = next(iter(wanted.values())).example_id
        title = f"take back the waiver of {_examples(examples)}"
        with self._database.action(title, annotator_id, room="curate", focus=focus) as action:
            for example_id, sha256 in wanted:
                row = action.connection.execute(
                    "SELECT id FROM leak_waivers WHERE example_id = ? AND sha256 = ?", (example_id, sha256)
                ).fetchone()
                if row is not None:
                    action.delete("leak_waivers", row["id"])
        return action.changes

    def set_aside(self, scan: Scan, active: bool, *, reason: str = "", annotator_id: int | None) -> Changes:
        """Let a scan count no longer, as when its file is not trained on, or let it count again.

        What is set aside needs a reason, which versions frozen after it repeat; raises InputError without one.
        """
        reason = " ".join(reason.split())
        if not active and not reason:
            raise InputError(f"Setting the scan of {scan.name} aside needs a reason; it will stand in each version.")
        verb = "count again" if active else "set aside"
        with self._database.action(f"{verb} the scan of {scan.name}", annotator_id, room="curate") as action:
            if not action.update("leak_scans", scan.id, active=int(active)):
                raise NotFoundError(f"The scan of {scan.name} is so already.")
            if not active:
                action.connection.execute(
                    "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (f"{ASIDE}{scan.id}", dump(reason))
                )
        return action.changes

    @staticmethod
    def _named(keys: Collection[str] | None, leaks: Sequence[Leak]) -> dict[tuple[int, str], Leak]:
        there = {leak.key for leak in leaks}
        odd = sorted(set(keys or ()) - there)
        if odd:
            raise NotFoundError(
                f"{', '.join(odd)} {'is' if len(odd) == 1 else 'are'} not among the overlaps that this is about"
                " (reviewer leaks list PROJECT names them)."
            )
        return {(leak.example_id, leak.sha256): leak for leak in reversed(leaks) if keys is None or leak.key in keys}


def _examples(keys: Collection[str]) -> str:
    return next(iter(keys)) if len(keys) == 1 else f"{len(keys):,} examples"
