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

from reviewer.compare.sealed_labels import restore_labels, rows_of, take_labels
from reviewer.compare.sealed_records import restore_metadata, restore_records, take_metadata, take_records
from reviewer.errors import ConflictError
from reviewer.store.database import load

__all__ = ["Chosen", "Made", "Restored", "Seal", "read", "seal", "unseal"]

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
class Seal:
    """Which side is which; read only when a study closes, is reported, or is shown in its sealed order."""

    secret: str
    seed: int
    sides: tuple[tuple[int, int, int], ...]
    """One (pair id, tuned side's id, base side's id) for each pair."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new seal: hashes of its contents and of its seed, and the number of labels it took in."""

    commitment: str
    seed_commitment: str
    labels: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: outputs, labels, and labels that stayed out because a newer one has taken their place."""

    outputs: int
    labels: int
    superseded: int


def _dump(contents: dict[str, Any]) -> bytes:
    return json.dumps(contents, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()


def seal(connection: sqlite3.Connection, study_id: int, chosen: Sequence[Chosen], seed: int) -> Made:
    """Take the outputs of these examples into a new seal, inside the caller's transaction.

    Adds the study's pairs, in an order drawn from the seed, and their sides in an order drawn from the secret.
    The hashes it returns commit to the contents and the seed; the secret in both keeps anyone from trying texts or
    seeds against them.
    """
    # Deleted rows are overwritten in the file and not merely unlinked.
    connection.execute("PRAGMA secure_delete=ON")
    secret = secrets.token_hex(32)
    order = list(chosen)
    random.Random(f"order:{seed}").shuffle(order)
    pairs = {
        item.example_id: int(
            connection.execute(
                "INSERT INTO pairs (study_id, example_id, slice, position) VALUES (?, ?, ?, ?)",
                (study_id, item.example_id, item.slice, position),
            ).lastrowid
            or 0
        )
        for position, item in enumerate(order)
    }
    sides = _add_sides(connection, order, pairs, random.Random(f"sides:{secret}"))
    outputs = {output_id for item in chosen for output_id in (item.base_id, item.tuned_id)}
    texts = {item.example_id: {load(body)["text"] for body in (item.base_body, item.tuned_body)} for item in chosen}
    for output_id, (example_id, text) in _twins(connection, outputs).items():
        outputs.add(output_id)
        texts.setdefault(example_id, set()).add(text)
    labels = take_labels(connection, outputs)
    contents: dict[str, Any] = {
        "secret": secret,
        "seed": seed,
        "sides": sides,
        "outputs": _take_outputs(connection, study_id, outputs),
        "metadata": take_metadata(connection, texts),
        "records": take_records(connection, texts),
        **labels,
    }
    data = _dump(contents)
    connection.execute("INSERT INTO seals (study_id, sealed) VALUES (?, ?)", (study_id, zlib.compress(data, 6)))
    _touch(connection, sorted(texts))
    connection.execute("PRAGMA secure_delete=OFF")
    seed_commitment = hashlib.sha256(f"{secret}:{seed}".encode()).hexdigest()
    return Made(hashlib.sha256(data).hexdigest(), seed_commitment, len(labels["labels"]))


def _add_sides(
    connection: sqlite3.Connection, order: Sequence[Chosen], pairs: dict[int, int], rng: random.Random
) -> list[list[int]]:
    rows = []
    for item in order:
        slots = [0, 1]
        rng.shuffle(slots)
        rows.append((pairs[item.example_id], slots[0], item.tuned_body, True))
        rows.append((pairs[item.example_id], slots[1], item.base_body, False))
    # Ids follow the order of insertion; a random one makes them say nothing.
    rng.shuffle(rows)
    found: dict[int, list[int]] = {pair_id: [pair_id, 0, 0] for pair_id in pairs.values()}
    for pair_id, slot, body, tuned in rows:
        cursor = connection.execute(
            "INSERT INTO pair_sides (pair_id, slot, body) VALUES (?, ?, ?)", (pair_id, slot, body)
        )
        found[pair_id][1 if tuned else 2] = int(cursor.lastrowid or 0)
    return list(found.values())


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
    return Seal(contents["secret"], contents["seed"], tuple((p, t, b) for p, t, b in contents["sides"]))


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
