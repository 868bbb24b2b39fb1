"""Seals: what an open study takes out of the tables, and how it all comes back.

While a study is open, everything that could tell which answer is whose lies in one compressed block: the two variants'
outputs with their figures, the labels on them and those labels' history, and which side is which. So no query of any
room has anything to find. The order in which sides are shown comes from a secret inside the block as well: who knows
the seed and this source cannot work it out.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reviewer.compare.sealed_labels import restore_labels, rows_of, take_labels
from reviewer.errors import ConflictError
from reviewer.formats import canonical
from reviewer.store.database import load

__all__ = ["Chosen", "Made", "Restored", "Seal", "read", "seal", "unseal"]

_FIGURES = ("latency_ms", "cost", "score", "passed", "escalated", "error", "content_hash")
_REDACTED = "(sealed by an open study)"
_LEAST_TELLING = 12
"""Metadata that repeats at least so many characters of an answer is sealed with it."""


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
    outputs |= _twins(connection, outputs)
    texts = {item.example_id: {load(body)["text"] for body in (item.base_body, item.tuned_body)} for item in chosen}
    labels = take_labels(connection, outputs)
    contents: dict[str, Any] = {
        "secret": secret,
        "seed": seed,
        "sides": sides,
        "outputs": _take_outputs(connection, study_id, outputs),
        "metadata": _take_metadata(connection, texts),
        "records": _take_records(connection, texts),
        **labels,
    }
    data = _dump(contents)
    connection.execute("INSERT INTO seals (study_id, sealed) VALUES (?, ?)", (study_id, zlib.compress(data, 6)))
    _touch(connection, [item.example_id for item in chosen])
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


def _twins(connection: sqlite3.Connection, outputs: set[int]) -> set[int]:
    """Outputs of further variants whose text is that of a sealed one: left in sight, they would name it."""
    rows = connection.execute(
        "SELECT DISTINCT o2.id FROM outputs o1 JOIN output_payloads p1 ON p1.output_id = o1.id"
        " JOIN outputs o2 ON o2.example_id = o1.example_id AND o2.id <> o1.id AND o2.sealed_by IS NULL"
        " JOIN output_payloads p2 ON p2.output_id = o2.id AND p2.text = p1.text"
        " WHERE o1.id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(outputs)),),
    )
    return {int(row["id"]) for row in rows} - outputs


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


def _take_metadata(connection: sqlite3.Connection, texts: Mapping[int, set[str]]) -> list[dict[str, Any]]:
    """Blank metadata that repeats an answer, and return what it was."""
    taken = []
    for row in rows_of(
        connection,
        "SELECT example_id, metadata FROM example_payloads WHERE example_id IN (SELECT value FROM json_each(?))",
        texts,
    ):
        metadata = load(row["metadata"])
        if _REDACTED in metadata.values():
            raise _overlapping()
        kept = _redacted(metadata, texts[row["example_id"]])
        if kept != metadata:
            redacted = json.dumps(kept)
            taken.append({"example_id": row["example_id"], "before": row["metadata"], "after": redacted})
            connection.execute(
                "UPDATE example_payloads SET metadata = ? WHERE example_id = ?", (redacted, row["example_id"])
            )
    return taken


def _redacted(metadata: Mapping[str, Any], texts: set[str]) -> dict[str, Any]:
    """The metadata without the values that repeat one of the texts."""
    telling = [text.strip() for text in texts if len(text.strip()) >= _LEAST_TELLING]
    return {
        name: _REDACTED if any(text in str(value) for text in telling) else value for name, value in metadata.items()
    }


def _take_records(connection: sqlite3.Connection, texts: Mapping[int, set[str]]) -> list[dict[str, Any]]:
    """Blank the answers that frozen versions show, and their hashes, which could be tried against a text.

    The records are exact again when the study closes; until then their versions refuse to be read.
    """
    taken, blanked = [], []
    for row in connection.execute(
        "SELECT version_id, row, example_id, content_hash, record FROM version_records"
        " WHERE example_id IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(texts)),),
    ).fetchall():
        record = canonical.decode(row["record"])
        known = texts[row["example_id"]]
        metadata = _redacted(record["metadata"], known)
        shown = record["observed"]["output"] in known
        if not shown and metadata == record["metadata"]:
            continue
        if not row["content_hash"]:
            raise _overlapping()
        taken.append(
            {
                "version_id": row["version_id"],
                "row": row["row"],
                "content_hash": row["content_hash"],
                "record": row["record"].decode(),
            }
        )
        record["metadata"] = metadata
        if shown:
            record["observed"] = dict.fromkeys(record["observed"])
        record["content_hash"] = ""
        blanked.append((canonical.encode(record), row["version_id"], row["row"]))
    with _thawed(connection, blanked):
        connection.executemany(
            "UPDATE version_records SET record = ?, content_hash = '' WHERE version_id = ? AND row = ?", blanked
        )
    return taken


def _overlapping() -> ConflictError:
    """Two seals on one value could not be put back in any order."""
    return ConflictError(
        "An open study seals metadata or frozen records of some of these examples already. Close it first, or choose "
        "other examples."
    )


@contextmanager
def _thawed(connection: sqlite3.Connection, rows: Sequence[object]) -> Iterator[None]:
    """Lift the guard that keeps frozen records from being rewritten, where there are rows to blank or to put back."""
    guards = []
    if rows:
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'version_records'"
        ).fetchall()
    for guard in guards:
        connection.execute(f"DROP TRIGGER {guard['name']}")
    yield
    for guard in guards:
        connection.execute(guard["sql"])


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
    connection.executemany(
        "UPDATE example_payloads SET metadata = :before WHERE example_id = :example_id AND metadata = :after",
        contents["metadata"],
    )
    with _thawed(connection, contents["records"]):
        connection.executemany(
            "UPDATE version_records SET record = cast(:record AS BLOB), content_hash = :content_hash"
            " WHERE version_id = :version_id AND row = :row",
            contents["records"],
        )
    labels, superseded = restore_labels(connection, contents)
    examples = connection.execute("SELECT example_id FROM pairs WHERE study_id = ?", (study_id,)).fetchall()
    _touch(connection, [row["example_id"] for row in examples])
    return Restored(len(present), labels, superseded)
