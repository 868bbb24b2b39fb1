"""The scan: a training file, read once line by line, against what the examples ask, expect and got as answers."""

from __future__ import annotations

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from reviewer.curate.alike import Reading, Usage, compare, read
from reviewer.curate.leak_index import OVERLAP, LeakIndex, Proposal, Said, Unit
from reviewer.curate.training_files import TrainingFile, TrainingLine
from reviewer.store.database import Database, load

__all__ = ["Hit", "Outcome", "scan", "texts_at"]

Report = Callable[..., None]
_PORTION = 400_000
"""Characters that are looked up at once."""
_LINES = 20_000
_ENTRIES = 8_000_000
"""Hashes kept at once; more examples than that are held against the file in several goes."""
_EACH = 1_000
_ALL = 200_000
_EXCERPT = 3_000
_KEPT_TEXTS = 4_096
_REASONS = 20
_LEAST_NEAR = 5
_CLOSENESS = {"exact": 3, "overlap": 2, "near": 1}


class Hit(NamedTuple):
    """A line that overlaps with an example."""

    example_id: int
    line: int
    kind: str
    place: str
    words: int
    similarity: float
    excerpt: str


@dataclass(slots=True)
class Outcome:
    """What a scan found."""

    lines: int = 0
    rejected: int = 0
    texts: int = 0
    """Texts that were read; none means that a mapping reads nothing."""
    reasons: list[str] = field(default_factory=list)
    examples: int = 0
    outputs: int = 0
    sealed: int = 0
    touched: int = 0
    hits: list[Hit] = field(default_factory=list)
    found: int = 0
    canaries: list[tuple[str, int]] = field(default_factory=list)


def scan(database: Database, file: TrainingFile, usage: Usage, report: Report) -> Outcome:
    """Hold every line of the file against every example that is not excluded. `report` counts bytes.

    Outputs that an open study seals are not read; how many they are is told.
    """
    outcome = Outcome()
    with database.read() as connection:
        outcome.touched = int(connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0])
        outcome.examples = int(connection.execute("SELECT count(*) FROM examples WHERE excluded = 0").fetchone()[0])
        outcome.sealed = int(
            connection.execute("SELECT count(*) FROM outputs WHERE sealed_by IS NOT NULL").fetchone()[0]
        )
        rows = connection.execute("SELECT example_id FROM slice_members")
        members = frozenset(int(row["example_id"]) for row in rows)
        last = int(connection.execute("SELECT coalesce(max(id), 0) FROM examples").fetchone()[0])
    done = 0
    round_number = 0
    while done < last or not round_number:
        index, done, outputs = _index(database, members, done, last)
        outcome.outputs += outputs
        _Round(database, file, usage, index, outcome, first=not round_number).run(report)
        round_number += 1
        if not index.units and done >= last:
            break
    return outcome


def _index(database: Database, members: frozenset[int], after: int, last: int) -> tuple[LeakIndex, int, int]:
    """As many examples as fit, the id of the last of them, and how many of their outputs are in it."""
    index = LeakIndex(members)
    units: list[Unit] = []
    texts: list[str] = []
    outputs = size = 0
    while after < last and index.entries < _ENTRIES:
        with database.read() as connection:
            upto = _upto(connection, after)
            for unit, text in _units(connection, after, upto):
                outputs += unit.place == "output"
                units.append(unit)
                texts.append(text)
                size += len(text)
                if size > _PORTION:
                    index.add(units, texts)
                    units, texts, size = [], [], 0
        after = upto
    if units:
        index.add(units, texts)
    index.close()
    return index, after, outputs


def _upto(connection: sqlite3.Connection, after: int) -> int:
    row = connection.execute(
        "SELECT max(id) FROM (SELECT id FROM examples WHERE id > ? ORDER BY id LIMIT 1000)", (after,)
    ).fetchone()
    return int(row[0])


def _units(connection: sqlite3.Connection, after: int, upto: int) -> Iterator[tuple[Unit, str]]:
    """Every text of these examples: what is said in the input, the reference, and the answers that no study seals."""
    span = (after, upto)
    for row in connection.execute(
        "SELECT e.id, p.messages FROM examples e JOIN example_payloads p ON p.example_id = e.id"
        " WHERE e.id > ? AND e.id <= ? AND e.excluded = 0 ORDER BY e.id",
        span,
    ):
        yield from _input_units(row["id"], row["messages"])
    for row in connection.execute(
        "SELECT e.id, r.body FROM examples e JOIN example_references r ON r.example_id = e.id"
        " WHERE e.id > ? AND e.id <= ? AND e.excluded = 0 ORDER BY e.id",
        span,
    ):
        yield Unit(row["id"], "reference", False), str(load(row["body"]))
    for row in connection.execute(
        "SELECT e.id, q.text FROM examples e JOIN outputs o ON o.example_id = e.id AND o.sealed_by IS NULL"
        " JOIN output_payloads q ON q.output_id = o.id WHERE e.id > ? AND e.id <= ? AND e.excluded = 0"
        " ORDER BY e.id, o.id",
        span,
    ):
        yield Unit(row["id"], "output", False), str(load(row["text"]))


def texts_at(connection: sqlite3.Connection, example_id: int, place: str) -> list[str]:
    """The texts of an example at one place: input, reference or output; an answer that is sealed is none."""
    return [text for unit, text in _units(connection, example_id - 1, example_id) if unit.place == place]


def _input_units(example_id: int, messages: str) -> Iterator[tuple[Unit, str]]:
    said = [item for item in load(messages) if item["role"] not in ("system", "developer")]
    last = max((place for place, item in enumerate(said) if item["role"] == "user"), default=-1)
    for place, item in enumerate(said):
        if item["content"]:
            yield Unit(example_id, "input", place == last), item["content"]


class _Round:
    """One go through the file with one index."""

    def __init__(
        self, database: Database, file: TrainingFile, usage: Usage, index: LeakIndex, outcome: Outcome, *,
        first: bool,
    ) -> None:  # fmt: skip
        self._database = database
        self._file = file
        self._usage = usage
        self._index = index
        self._outcome = outcome
        self._first = first
        self._each: Counter[int] = Counter()
        self._kept: OrderedDict[int, _Text] = OrderedDict()

    def run(self, report: Report) -> None:
        lines: list[TrainingLine] = []
        size = 0
        for number, line in enumerate(self._file.lines(), 1):
            if self._first:
                self._note(line)
            lines.append(line)
            size += sum(map(len, line.texts)) + 16
            if size > _PORTION or len(lines) >= _LINES:
                self._look(lines)
                report(line.offset, self._file.size, f"{number:,} lines, {self._outcome.found:,} overlaps")
                lines, size = [], 0
        self._look(lines)

    def _note(self, line: TrainingLine) -> None:
        outcome = self._outcome
        outcome.lines += 1
        outcome.texts += len(line.texts)
        if line.error:
            outcome.rejected += 1
            if len(outcome.reasons) < _REASONS:
                outcome.reasons.append(f"line {line.line}: {line.error}")
        outcome.canaries += [(canary, line.line) for canary in line.canaries][:_EACH]

    def _look(self, lines: list[TrainingLine]) -> None:
        texts = [text for line in lines for text in line.texts]
        owners = [place for place, line in enumerate(lines) for _ in line.texts]
        if not texts or not self._index.units:
            return
        units = self._index.units
        found: dict[tuple[int, int], Hit] = {}
        heard: dict[int, _Text] = {}
        for proposal in self._index.proposals(texts):
            line = lines[owners[proposal.text]].line
            key = (line, units[proposal.unit].example_id)
            present = found.get(key)
            both = present is not None and present.kind == proposal.kind == "overlap"
            if present is not None and not both and _CLOSENESS[present.kind] >= _CLOSENESS[proposal.kind]:
                continue  # what is closer is known; of several overlaps the longest counts
            if proposal.text not in heard:
                heard[proposal.text] = _Text(texts[proposal.text], self._usage)
            hit = self._hit(line, proposal, heard[proposal.text])
            if hit is not None and (present is None or (_CLOSENESS[hit.kind], hit.words) > (
                _CLOSENESS[present.kind], present.words
            )):  # fmt: skip
                found[key] = hit
        for hit in found.values():
            self._outcome.found += 1
            self._each[hit.example_id] += 1
            if self._each[hit.example_id] <= _EACH and len(self._outcome.hits) < _ALL:
                self._outcome.hits.append(hit)

    def _hit(self, line: int, proposal: Proposal, theirs: _Text) -> Hit | None:
        unit = self._index.units[proposal.unit]
        own = self._text_of(proposal.unit)
        size = len(own.said.words)
        if proposal.kind == "exact":
            if own.said.words != theirs.said.words:
                return None
            return Hit(unit.example_id, line, "exact", unit.place, size, 1.0, theirs.said.text[:_EXCERPT])
        if proposal.kind == "near" and (size < _LEAST_NEAR or not self._near(own, theirs)):
            return None
        run, where = own.said.longest_run(theirs.said.words)
        if proposal.kind == "overlap" and run < min(OVERLAP, size):
            return None
        share = sum((own.counts & theirs.counts).values()) / max(1, size)
        excerpt = _excerpt(theirs.said.text, where)
        return Hit(unit.example_id, line, proposal.kind, unit.place, run, share, excerpt)

    def _near(self, own: _Text, theirs: _Text) -> bool:
        """Whether the line says the same, or has most of it inside something longer, with every fact of it."""
        one, other = own.reading, theirs.reading
        if compare(one, other, self._usage) is not None:
            return True
        if len(own.said.words) < OVERLAP or not one.facts <= other.facts:
            return False
        return len(own.triples & theirs.triples) * 2 >= len(own.triples)

    def _text_of(self, number: int) -> _Text:
        """The text of a unit, read again: texts are not kept beside their hashes."""
        found = self._kept.get(number)
        if found is None:
            unit = self._index.units[number]
            first = number
            while first and self._index.units[first - 1][:2] == unit[:2]:
                first -= 1
            with self._database.read() as connection:
                texts = texts_at(connection, unit.example_id, unit.place)
            found = _Text(texts[number - first] if number - first < len(texts) else "", self._usage)
            self._kept[number] = found
            if len(self._kept) > _KEPT_TEXTS:
                self._kept.popitem(last=False)
        return found


class _Text:
    """A text that is held against others, read as far as it was needed."""

    def __init__(self, text: str, usage: Usage) -> None:
        self._usage = usage
        self.said = Said(text)

    @cached_property
    def reading(self) -> Reading:
        """As the comparison of near-duplicates reads it."""
        return read(self.said.text, self._usage)

    @cached_property
    def counts(self) -> Counter[int]:
        """Its words, counted."""
        return Counter(self.said.words)

    @cached_property
    def triples(self) -> set[tuple[int, ...]]:
        """Every three words in a row."""
        words = self.said.words
        return {tuple(words[place : place + 3]) for place in range(len(words) - 2)}


def _excerpt(text: str, word: int) -> str:
    """The text, or what stands around its so-many-th word."""
    if len(text) <= _EXCERPT:
        return text
    from reviewer.curate.shingles import fold, words_of

    starts = words_of([fold(text)]).start
    # Folding may change the length a little; the middle of the window stays near the run.
    place = int(starts[min(word, len(starts) - 1)]) if len(starts) else 0
    begin = max(0, min(place - _EXCERPT // 4, len(text) - _EXCERPT))
    return f"{'…' if begin else ''}{text[begin : begin + _EXCERPT]}{'…' if begin + _EXCERPT < len(text) else ''}"
