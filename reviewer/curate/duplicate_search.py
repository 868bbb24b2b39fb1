"""The search for near-duplicates: what each example is remembered by, and which of them are the same case.

After the first time only examples that are new or have another input are read; the others are known by what was stored
of them, and are read again one by one where they fall into the same bucket.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from reviewer.curate.alike import SHARED_SENTENCE, Usage, sentence_key, sentences
from reviewer.curate.case_readings import Case, Slots, Texts, alike, case_of, normal_of, readings_of, text_of
from reviewer.curate.fingerprints import BANDS, METHOD, bands_of, pairs_in
from reviewer.store.database import Database, now_ms

__all__ = ["search", "stale", "usage_of"]

Report = Callable[..., None]
_BATCH = 512
_KEPT_WORDS = 5_000


def stale(connection: sqlite3.Connection, *, members_only: bool = False) -> list[int]:
    """The examples that are new or have another input since they were compared; excluded ones left out."""
    begin = "slice_members m CROSS JOIN examples e ON e.id = m.example_id" if members_only else "examples e"
    rows = connection.execute(
        f"SELECT e.id FROM {begin} LEFT JOIN duplicate_prints p ON p.example_id = e.id"
        " WHERE e.excluded = 0 AND (p.content_hash IS NULL OR p.content_hash <> e.content_hash) ORDER BY e.id"
    )
    return [int(row["id"]) for row in rows]


def _count(connection: sqlite3.Connection) -> int:
    """The examples that are not excluded, counted by indexes alone."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM examples)"
        " - (SELECT count(*) FROM examples INDEXED BY examples_excluded WHERE excluded = 1)"
    ).fetchone()
    return int(row[0])


def _torn(connection: sqlite3.Connection, fresh: Sequence[int]) -> list[int]:
    """The members of groups that an example held together which has changed or is gone."""
    rows = connection.execute(
        "SELECT d.example_id FROM duplicate_members d CROSS JOIN examples e ON e.id = d.example_id AND e.excluded = 0"
        " WHERE d.group_id IN (SELECT group_id FROM duplicate_members WHERE example_id IN"
        " (SELECT value FROM json_each(?)) OR like_id NOT IN (SELECT id FROM examples))",
        (json.dumps(list(fresh)),),
    )
    return [int(row["example_id"]) for row in rows]


def _fact(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest())


def search(database: Database, report: Report, *, members_only: bool = False) -> int:
    """Find what is the same case among the examples that are new or changed, and store it; returns how many they were.

    One transaction at the end; raises Cancelled out of `report` before it.
    """
    with database.read() as connection:
        fresh = stale(connection, members_only=members_only)
        if not fresh:
            return 0
        fresh = sorted({*fresh, *_torn(connection, fresh)})
        usage = _stored_usage(connection)
        anew = usage is None or (not members_only and usage.examples * 2 < _count(connection))
        if anew:
            usage = Usage()
            if not members_only:
                fresh = [
                    int(row["id"])
                    for row in connection.execute("SELECT id FROM examples WHERE excluded = 0 ORDER BY id")
                ]
    assert usage is not None
    steps = 3 * len(fresh)
    _learn(database, usage, fresh, lambda done: report(done, steps, f"{done:,} examples read"))
    prints = _prints(database, usage, fresh, lambda done: report(len(fresh) + done, steps, f"{done:,} examples marked"))
    links = _links(database, usage, fresh, prints, anew, lambda part: report(
        int((2 + part) * len(fresh)), steps, "comparing what looks alike"
    ))  # fmt: skip
    _store(database, usage, fresh, prints, links, anew)
    return len(fresh)


def _read(database: Database, ids: Sequence[int]) -> Iterator[list[tuple[int, str, Case]]]:
    """Id, content hash and input of these examples, in portions."""
    for start in range(0, len(ids), _BATCH):
        with database.read() as connection:
            rows = connection.execute(
                "SELECT e.id, e.content_hash, p.messages FROM examples e JOIN example_payloads p ON p.example_id = e.id"
                " WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY e.id",
                (json.dumps(ids[start : start + _BATCH]),),
            ).fetchall()
        yield [(row["id"], row["content_hash"], case_of(row["messages"])) for row in rows]


def _learn(database: Database, usage: Usage, ids: Sequence[int], report: Callable[[int], None]) -> None:
    """Take these examples into the usage."""
    import numpy

    keys = array("Q")
    done = 0
    for portion in _read(database, ids):
        for _, _, case in portion:
            text = text_of(case)
            usage.add(text)
            keys.extend({sentence_key(words) for words, _ in sentences(text)})
        done += len(portion)
        report(done)
    found, counts = numpy.unique(numpy.frombuffer(keys, dtype=numpy.uint64), return_counts=True)
    usage.shared |= frozenset(found[counts >= SHARED_SENTENCE].tolist())


Print = tuple[int, str, bytes, bytes, bytes]


def _prints(database: Database, usage: Usage, ids: Sequence[int], report: Callable[[int], None]) -> list[Print]:
    """Id, content hash, normal form, bands and facts of each of these examples."""
    import numpy

    found: list[Print] = []
    for portion in _read(database, ids):
        keys = bands_of([text_of(case) for _, _, case in portion])
        for place, (example_id, content_hash, case) in enumerate(portion):
            facts = {fact for _, reading in readings_of(case, usage) for fact in reading.facts}
            packed = numpy.array(sorted({_fact(fact) for fact in facts}), dtype="<u4").tobytes()
            bands = keys[place].astype("<u4").tobytes()
            found.append((example_id, content_hash, normal_of(case), bands, packed))
        report(len(found))
    return found


Link = tuple[int, int, str, float]


def _links(
    database: Database, usage: Usage, fresh: Sequence[int], prints: list[Print], anew: bool,
    report: Callable[[float], None],
) -> list[Link]:  # fmt: skip
    """Pairs that are the same case: the earlier example, the later one, kind, likeness; enough to join each group."""
    import numpy

    rows = list(prints)
    if not anew:
        own = set(fresh)
        with database.read() as connection:
            rows += [
                (row["example_id"], row["content_hash"], row["normal"], row["bands"], row["facts"])
                for row in connection.execute(
                    "SELECT p.* FROM duplicate_prints p CROSS JOIN examples e ON e.id = p.example_id AND e.excluded = 0"
                )
                if row["example_id"] not in own
            ]
    rows.sort()
    ids = [row[0] for row in rows]
    fresh_ids = set(fresh)
    marks = numpy.array([example_id in fresh_ids for example_id in ids])
    groups = _Joined(len(rows))
    texts = Texts(database, usage)
    links: list[Link] = []

    def link(one: int, other: int) -> None:
        if groups.same(one, other):
            return
        mine, its = texts.of(ids[one]), texts.of(ids[other])
        likeness = alike(mine, its, usage)
        if likeness is not None and not (likeness < 1 and slots.differ(mine, its, one, other)):
            groups.join(one, other)
            equal = rows[one][1] == rows[other][1]
            normal = rows[one][2] == rows[other][2]
            links.append((ids[one], ids[other], "exact" if equal else "normal" if normal else "near", likeness))

    keys = numpy.frombuffer(b"".join(row[3] for row in rows), dtype="<u4").reshape(len(rows), BANDS)
    slots = Slots(keys, ids, texts)
    first: dict[bytes, int] = {}
    for place, row in enumerate(rows):
        head = first.setdefault(row[2], place)
        if head != place and (marks[head] or marks[place]):
            link(head, place)
    facts = [frozenset(numpy.frombuffer(row[4], dtype="<u4").tolist()) for row in rows]
    for one, other in pairs_in(keys, facts, None if marks.all() else marks, report):
        link(one, other)
    return links


class _Joined:
    """Which rows are in one group already."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, row: int) -> int:
        parents = self._parents
        while parents[row] != row:
            parents[row] = parents[parents[row]]
            row = parents[row]
        return row

    def same(self, one: int, other: int) -> bool:
        return self.root(one) == self.root(other)

    def join(self, one: int, other: int) -> None:
        self._parents[self.root(other)] = self.root(one)


def _store(
    database: Database, usage: Usage, fresh: Sequence[int], prints: list[Print], links: list[Link], anew: bool
) -> None:
    with database.transaction() as connection:
        if anew:
            connection.execute("DELETE FROM duplicate_prints")
            connection.execute("DELETE FROM duplicate_members")
        else:
            _forget(connection, fresh)
        connection.executemany(
            "INSERT OR REPLACE INTO duplicate_prints (example_id, content_hash, normal, bands, facts)"
            " SELECT ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM examples WHERE id = ?1)",
            prints,
        )
        for one, other, kind, likeness in links:
            _join(connection, one, other, kind, likeness)
        connection.execute(
            "INSERT OR REPLACE INTO duplicate_usage (id, method, examples, usage, updated_ms) VALUES (1, ?, ?, ?, ?)",
            (METHOD, usage.examples, _packed(usage), now_ms()),
        )


def _forget(connection: sqlite3.Connection, fresh: Sequence[int]) -> None:
    """Take changed examples out of their groups; a group that one of them held together is left as it is."""
    connection.execute(
        "DELETE FROM duplicate_members WHERE example_id IN (SELECT value FROM json_each(?))", (json.dumps(list(fresh)),)
    )


def _join(connection: sqlite3.Connection, one: int, other: int, kind: str, likeness: float) -> None:
    rows = {
        row["example_id"]: row["group_id"]
        for row in connection.execute(
            "SELECT example_id, group_id FROM duplicate_members WHERE example_id IN (?, ?)", (one, other)
        )
    }
    group = min([one, *rows.values()])
    for old in set(rows.values()) - {group}:
        connection.execute("UPDATE duplicate_members SET group_id = ? WHERE group_id = ?", (group, old))
    for example_id, like, how in ((one, other, "exact"), (other, one, kind)):
        if example_id not in rows:
            # The first of a group is like itself; it is the others that differ from it.
            alike_by = 1.0 if how == "exact" else likeness
            connection.execute(
                "INSERT OR IGNORE INTO duplicate_members (example_id, group_id, like_id, kind, similarity)"
                " SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM examples WHERE id = ?1)",
                (example_id, group, like, how, alike_by),
            )


def _packed(usage: Usage) -> bytes:
    words = usage.spread
    if usage.examples > _KEPT_WORDS:
        words = Counter({word: count for word, count in words.items() if count > 1})
    facts: dict[str, Any] = {
        "examples": usage.examples,
        "spread": words,
        "capital": usage.capital,
        "small": {word: count for word, count in usage.small.items() if word in words},
        "shared": sorted(usage.shared),
    }
    return zlib.compress(json.dumps(facts, ensure_ascii=True).encode("ascii"), 1)


def usage_of(database: Database) -> Usage:
    """How words are used in the project, as the last search knew it; nothing is known before the first."""
    with database.read() as connection:
        return _stored_usage(connection) or Usage()


def _stored_usage(connection: sqlite3.Connection) -> Usage | None:
    row = connection.execute("SELECT method, usage FROM duplicate_usage WHERE id = 1").fetchone()
    if row is None or row["method"] != METHOD:
        return None
    facts = json.loads(zlib.decompress(row["usage"]))
    return Usage(
        facts["examples"],
        Counter(facts["spread"]),
        Counter(facts["capital"]),
        Counter(facts["small"]),
        frozenset(facts["shared"]),
    )
