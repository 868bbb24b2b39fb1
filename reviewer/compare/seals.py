"""Seals: what an open study takes out of the tables, and how it all comes back.

While a study is open, everything that could tell which answer is whose lies in one compressed block: the two variants'
outputs with their figures, every further output of the project that has one of their texts, the labels on all of these
and those labels' history, and which side is which. So no query of any room has anything to find. The order in which
sides are shown comes from a secret inside the block as well: who knows the seed and this source cannot work it out.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.compare.controls import Known
from reviewer.compare.leaks import MASK, Leak, Mask, mask
from reviewer.compare.protocol import Protocol, count_of
from reviewer.compare.sealed_labels import restore_labels, rows_of, take_labels
from reviewer.compare.sealed_records import restore_metadata, restore_records, take_metadata, take_records
from reviewer.errors import ConflictError
from reviewer.store.database import dump, load

__all__ = ["Chosen", "Control", "Made", "Masking", "Repeat", "Restored", "Seal", "read", "seal", "unseal"]

_FIGURES = ("latency_ms", "cost", "score", "passed", "escalated", "error", "content_hash")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One example of a study before it is sealed, with the ids of its two outputs and their texts and documents."""

    example_id: int
    key: str
    slice: str
    base_id: int
    tuned_id: int
    base_body: str
    tuned_body: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A pair that is another one once more; both are shown with opposite sides."""

    pair: int
    tuned: int
    base: int
    of: int


@dataclass(frozen=True, slots=True)
class Control:
    """A pair whose outcome is known: `first` is the right answer, or with `same` one of two equal ones."""

    pair: int
    first: int
    second: int
    same: bool


@dataclass(frozen=True, slots=True)
class Masking:
    """One place of an answer that was masked: the side, where it stood in the original, the text, the finding, and what
    was put there."""

    side: int
    start: int
    end: int
    text: str
    leak: str
    put: str = MASK


@dataclass(frozen=True, slots=True)
class Seal:
    """Which side is which; read only when a study closes, is reported, or is shown in its sealed order."""

    secret: str
    seed: int
    sides: tuple[tuple[int, int, int], ...]
    """One (pair id, tuned side's id, base side's id) for each pair that counts."""
    repeats: tuple[Repeat, ...] = ()
    controls: tuple[Control, ...] = ()
    masks: tuple[Masking, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A new seal: hashes of its contents and of its seed, and how much it holds of each kind."""

    commitment: str
    seed_commitment: str
    labels: int
    repeats: int = 0
    same: int = 0
    known: int = 0
    masked: int = 0
    """Answers in which something was masked."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: outputs, labels, and labels that stayed out because a newer one has taken their place."""

    outputs: int
    labels: int
    superseded: int


def _dump(contents: dict[str, Any]) -> bytes:
    return json.dumps(contents, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def seal(
    connection: sqlite3.Connection,
    study_id: int,
    chosen: Sequence[Chosen],
    seed: int,
    protocol: Protocol,
    known: Sequence[Known] = (),
    leaks: Sequence[Leak] = (),
) -> Made:
    """Take the outputs of these examples into a new seal, inside the caller's transaction.

    Adds the study's pairs, in an order drawn from the seed, and their sides in an order drawn from the secret; among
    them hidden repeats and controls, and which pairs these are stands in the seal alone. Answers are shown with the
    `leaks` masked. The hashes it returns commit to the contents and the seed; the secret in both keeps anyone from
    trying texts or seeds against them.
    """
    # Deleted rows are overwritten in the file and not merely unlinked.
    connection.execute("PRAGMA secure_delete=ON")
    secret = secrets.token_hex(32)
    order = list(chosen)
    random.Random(f"order:{seed}").shuffle(order)
    sides = _Sides(connection, study_id, leaks, random.Random(f"sides:{secret}"))
    sides.add(order, protocol, known)
    outputs = {output_id for item in chosen for output_id in (item.base_id, item.tuned_id)}
    texts = {item.example_id: {load(body)["text"] for body in (item.base_body, item.tuned_body)} for item in chosen}
    for output_id, (example_id, text) in _twins(connection, outputs).items():
        outputs.add(output_id)
        texts.setdefault(example_id, set()).add(text)
    # What a training file shares with an answer would lie open in the excerpt beside it.
    connection.execute(
        "DELETE FROM leak_hits WHERE place = 'output' AND example_id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(texts)),),
    )
    labels = take_labels(connection, outputs, {*texts, *(entry.example_id for entry in known)})
    contents: dict[str, Any] = {
        "secret": secret,
        "seed": seed,
        "sides": sides.pairs,
        "repeats": sides.repeats,
        "controls": sides.controls,
        "masks": sides.masks,
        "outputs": _take_outputs(connection, study_id, outputs),
        "metadata": take_metadata(connection, texts),
        "records": take_records(connection, texts),
        **labels,
    }
    data = _dump(contents)
    connection.execute("INSERT INTO seals (study_id, sealed) VALUES (?, ?)", (study_id, zlib.compress(data, 6)))
    _touch(connection, sorted(texts))
    connection.execute("PRAGMA secure_delete=OFF")
    same = sum(control[3] for control in sides.controls)
    return Made(
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(f"{secret}:{seed}".encode()).hexdigest(),
        len(labels["labels"]),
        len(sides.repeats),
        same,
        len(sides.controls) - same,
        len({entry[0] for entry in sides.masks}),
    )


class _Sides:
    """The pairs of a study and their sides, as they are written under ids that say nothing."""

    def __init__(
        self, connection: sqlite3.Connection, study_id: int, leaks: Sequence[Leak], rng: random.Random
    ) -> None:
        self._connection = connection
        self._study_id = study_id
        self._leaks = leaks
        self._rng = rng
        self.pairs: list[list[int]] = []
        self.repeats: list[list[int]] = []
        self.controls: list[list[Any]] = []
        self.masks: list[list[Any]] = []

    def add(self, order: Sequence[Chosen], protocol: Protocol, known: Sequence[Known]) -> None:
        """Write the pairs in this order with repeats and controls among them, then every side in a random order."""
        rng = self._rng
        # (example, slice, bodies, what to call it): the bodies are tuned and base, or right and wrong.
        wanted: list[tuple[int, str, tuple[str, str], str]] = [
            (item.example_id, item.slice, (item.tuned_body, item.base_body), "pair") for item in order
        ]
        extra: list[tuple[int, str, tuple[str, str], str]] = []
        for item in rng.sample(order, count_of(protocol.repeats, len(order))):
            extra.append((item.example_id, item.slice, (item.tuned_body, item.base_body), "repeat"))
        controls = count_of(protocol.controls, len(order))
        for item in rng.sample(order, controls - min(len(known), controls // 2)):
            body = rng.choice((item.tuned_body, item.base_body))
            extra.append((item.example_id, item.slice, (body, body), "same"))
        for entry in known[: controls // 2]:
            extra.append((entry.example_id, entry.slice, (entry.right, entry.wrong), "known"))
        # Which pair is an extra one must not show in the order of ids.
        for more in extra:
            wanted.insert(rng.randrange(len(wanted) + 1), more)
        rows: list[tuple[int, int, str, int]] = []
        kinds: dict[int, tuple[str, int]] = {}
        for position, (example_id, slice_name, bodies, kind) in enumerate(wanted):
            cursor = self._connection.execute(
                "INSERT INTO pairs (study_id, example_id, slice, position) VALUES (?, ?, ?, ?)",
                (self._study_id, example_id, slice_name, position),
            )
            pair_id = int(cursor.lastrowid or 0)
            kinds[pair_id] = (kind, example_id)
            bodies = _alike(bodies)
            slots = [0, 1]
            rng.shuffle(slots)
            rows += [(pair_id, slots[place], bodies[place], place) for place in (0, 1)]
        # Ids follow the order of insertion; a random one makes them say nothing.
        rng.shuffle(rows)
        sides: dict[int, list[int]] = {pair_id: [0, 0] for pair_id in kinds}
        for pair_id, slot, body, place in rows:
            sides[pair_id][place] = self._add_side(pair_id, slot, body)
        own = {example_id: pair_id for pair_id, (kind, example_id) in kinds.items() if kind == "pair"}
        for pair_id, (kind, example_id) in kinds.items():
            if kind == "pair":
                self.pairs.append([pair_id, *sides[pair_id]])
            elif kind == "repeat":
                self.repeats.append([pair_id, *sides[pair_id], own[example_id]])
            else:
                self.controls.append([pair_id, *sides[pair_id], kind == "same"])

    def _add_side(self, pair_id: int, slot: int, body: str) -> int:
        log: list[Mask] = []
        if self._leaks:
            content = load(body)
            content["text"], log = mask(content["text"], self._leaks)
            body = dump(content)
        cursor = self._connection.execute(
            "INSERT INTO pair_sides (pair_id, slot, body) VALUES (?, ?, ?)", (pair_id, slot, body)
        )
        side_id = int(cursor.lastrowid or 0)
        self.masks += [[side_id, entry.start, entry.end, entry.text, entry.leak, entry.put] for entry in log]
        return side_id


def _alike(bodies: tuple[str, str]) -> tuple[str, str]:
    """Two bodies with the documents of both on either side, without scores.

    What was retrieved, and by which retriever's scale, would tell one side from the other.
    """
    contents = [load(body) for body in bodies]
    documents = {
        (str(item["id"]), str(item["text"])): {"id": item["id"], "score": None, "text": item["text"]}
        for content in contents
        for item in content["documents"]
    }
    shared = [documents[key] for key in sorted(documents)]
    first, second = (dump({**content, "documents": shared}) for content in contents)
    return first, second


def _twins(connection: sqlite3.Connection, outputs: set[int]) -> dict[int, tuple[int, str]]:
    """Further outputs, on any example, whose text is that of a sealed one: left in sight, they would name it.

    Output id to its example's id and its text, found in one pass over the texts of the project.
    """
    rows = connection.execute(
        "SELECT o.id, o.example_id, p.text FROM output_payloads p JOIN outputs o ON o.id = p.output_id"
        " WHERE p.text IN (SELECT text FROM output_payloads WHERE output_id IN (SELECT value FROM json_each(?)))",
        (json.dumps(sorted(outputs)),),
    )
    return {row["id"]: (row["example_id"], load(row["text"])) for row in rows if row["id"] not in outputs}


def _take_outputs(connection: sqlite3.Connection, study_id: int, outputs: set[int]) -> list[dict[str, Any]]:
    taken = rows_of(
        connection,
        f"SELECT o.id, {', '.join('o.' + name for name in _FIGURES)}, p.text, p.messages, p.documents FROM outputs o"
        " JOIN output_payloads p ON p.output_id = o.id WHERE o.id IN (SELECT value FROM json_each(?)) ORDER BY o.id",
        outputs,
    )
    ids = [(study_id, row["id"]) for row in taken]
    nothing = ", ".join(f"{name} = NULL" for name in _FIGURES)
    connection.executemany(f"UPDATE outputs SET {nothing}, sealed_by = ? WHERE id = ?", ids)
    connection.executemany("DELETE FROM output_payloads WHERE output_id = ?", [(row["id"],) for row in taken])
    return taken


def _touch(connection: sqlite3.Connection, examples: Sequence[int]) -> None:
    """Have the text index read these examples again."""
    last = connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0]
    connection.executemany(
        "UPDATE examples SET touched = ? WHERE id = ?",
        [(last + number, example_id) for number, example_id in enumerate(examples, 1)],
    )


def _contents(connection: sqlite3.Connection, study_id: int) -> tuple[dict[str, Any], str]:
    row = connection.execute("SELECT sealed FROM seals WHERE study_id = ?", (study_id,)).fetchone()
    try:
        data = zlib.decompress(row["sealed"])
        return json.loads(data), hashlib.sha256(data).hexdigest()
    except (TypeError, zlib.error, ValueError) as error:
        raise ConflictError(
            "The seal of this study is damaged or missing, so its sides cannot be told. Open a backup of the project."
        ) from error


def read(connection: sqlite3.Connection, study_id: int) -> Seal:
    """Which side is which; raises ConflictError for a damaged seal."""
    contents, _ = _contents(connection, study_id)
    return Seal(
        contents["secret"],
        contents["seed"],
        tuple((p, t, b) for p, t, b in contents["sides"]),
        # Seals from before there were protocols hold none of these.
        tuple(Repeat(*entry) for entry in contents.get("repeats", ())),
        tuple(Control(*entry) for entry in contents.get("controls", ())),
        tuple(Masking(*entry) for entry in contents.get("masks", ())),
    )


def unseal(connection: sqlite3.Connection, study_id: int, commitment: str) -> Restored:
    """Put everything back as it was, inside the caller's transaction.

    Raises ConflictError, and changes nothing, when the contents are no longer those the plan committed to.
    """
    contents, found = _contents(connection, study_id)
    if found != commitment:
        raise ConflictError(
            "The seal of this study is not the one its plan was fixed with: the file was changed by another program. "
            "Open a backup of the project."
        )
    figures = ", ".join(f"{name} = :{name}" for name in _FIGURES)
    present = []
    for row in contents["outputs"]:
        cursor = connection.execute(
            f"UPDATE outputs SET {figures}, sealed_by = NULL WHERE id = :id AND sealed_by = :study_id",
            {**row, "study_id": study_id},
        )
        if cursor.rowcount:
            present.append(row)
    connection.executemany(
        "INSERT OR REPLACE INTO output_payloads (output_id, text, messages, documents)"
        " VALUES (:id, :text, :messages, :documents)",
        present,
    )
    restore_metadata(connection, contents["metadata"])
    restore_records(connection, contents["records"])
    labels, superseded = restore_labels(connection, contents)
    examples = connection.execute(
        "SELECT example_id FROM pairs WHERE study_id = ?1"
        " UNION SELECT example_id FROM outputs WHERE id IN (SELECT value FROM json_each(?2))",
        (study_id, json.dumps([row["id"] for row in present])),
    ).fetchall()
    _touch(connection, [row["example_id"] for row in examples])
    return Restored(len(present), labels, superseded)
