"""What a study is over and is fixed to before its first judgment."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewer.compare.protocol import Protocol
from reviewer.compare.seals import Chosen, Made
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats import canonical
from reviewer.store.database import dump, load

__all__ = ["Population", "Survey", "choose", "fix", "margins_of", "nothing_to_compare", "plan_hash", "survey"]

SLICES = ("core", "edge", "preservation")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a study would come to, counted without reading a text."""

    pairs: int
    slices: Mapping[str, int]
    left_out: Mapping[str, int]
    sealed: int
    """Examples with an output that an open study seals already."""


@dataclass(frozen=True, slots=True)
class Population:
    """The examples a study would be over, and why others of its version or slice are left out."""

    base: str
    tuned: str
    version: str | None
    slice: str | None
    version_id: int | None
    base_id: int
    tuned_id: int
    chosen: tuple[Chosen, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many examples for which reason."""
    sealed_by: str | None = None
    """The open study that seals some of these outputs already, if any."""
    seen_before: tuple[str, ...] = ()
    """Studies that have ended and showed one of these variants on one of these examples."""

    @property
    def slices(self) -> dict[str, int]:
        """The number of pairs in each slice; the empty name is for examples in none."""
        return dict(Counter(item.slice for item in self.chosen))


def choose(
    connection: sqlite3.Connection, base: str, tuned: str, *, version: str | None = None, slice_name: str | None = None
) -> Population:
    """The examples of a version or a slice, or all, that have outputs of both variants.

    Raises NotFoundError for a variant, version or slice the project does not have, InputError for one variant twice.
    """
    base_id, tuned_id, version_id, label = _named(connection, base, tuned, version, slice_name)
    since = _revised_since(connection, version_id)
    rows = connection.execute(
        "SELECT e.id, e.key, e.excluded, e.input_hash, s.slice, p.messages, b.id AS base_id, t.id AS tuned_id,"
        " b.input_hash AS base_input, t.input_hash AS tuned_input,"
        " b.sealed_by AS base_seal, t.sealed_by AS tuned_seal, bp.text AS base_text, bp.documents AS base_documents,"
        f" tp.text AS tuned_text, tp.documents AS tuned_documents FROM {_members(version_id, slice_name)} s"
        " JOIN examples e ON e.id = s.example_id JOIN example_payloads p ON p.example_id = e.id"
        " LEFT JOIN outputs b ON b.example_id = e.id AND b.variant_id = :base"
        " LEFT JOIN outputs t ON t.example_id = e.id AND t.variant_id = :tuned"
        " LEFT JOIN output_payloads bp ON bp.output_id = b.id LEFT JOIN output_payloads tp ON tp.output_id = t.id"
        " ORDER BY e.key",
        {"base": base_id, "tuned": tuned_id, "version": version_id, "slice": slice_name},
    )
    chosen: list[Chosen] = []
    left_out: Counter[str] = Counter()
    sealed: int | None = None
    for row in rows:
        reason = _unfit(row, base, tuned, frozen=version_id is not None)
        if row["id"] in since:
            reason = f"its input was corrected after {label} was frozen"
        if row["base_seal"] is not None or row["tuned_seal"] is not None:
            sealed = row["base_seal"] if row["base_seal"] is not None else row["tuned_seal"]
        elif reason:
            left_out[reason] += 1
        else:
            chosen.append(
                Chosen(
                    row["id"],
                    row["key"],
                    row["slice"] or "",
                    row["base_id"],
                    row["tuned_id"],
                    _body(row["base_text"], row["base_documents"]),
                    _body(row["tuned_text"], row["tuned_documents"]),
                )
            )
    name = connection.execute("SELECT name FROM studies WHERE id = ?", (sealed,)).fetchone()
    return Population(
        base,
        tuned,
        label,
        slice_name,
        version_id,
        base_id,
        tuned_id,
        tuple(chosen),
        dict(left_out),
        None if name is None else name["name"],
        _seen_before(connection, (base_id, tuned_id), [item.example_id for item in chosen]),
    )


def survey(
    connection: sqlite3.Connection, base: str, tuned: str, *, version: str | None = None, slice_name: str | None = None
) -> Survey:
    """How many pairs a study over these would have; raises like `choose`.

    The few pairs that `choose` leaves out for what their texts say are still counted here.
    """
    base_id, tuned_id, version_id, label = _named(connection, base, tuned, version, slice_name)
    since = json.dumps(sorted(_revised_since(connection, version_id)))
    slices: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    sealed = 0
    for row in connection.execute(
        "SELECT slice, reason, count(*) AS n FROM (SELECT s.slice, CASE"
        " WHEN b.sealed_by IS NOT NULL OR t.sealed_by IS NOT NULL THEN 'sealed'"
        " WHEN e.id IN (SELECT value FROM json_each(:since)) THEN 'since'"
        " WHEN e.excluded AND :version IS NULL THEN 'excluded' WHEN b.id IS NULL THEN 'base'"
        " WHEN t.id IS NULL THEN 'tuned' WHEN b.input_hash IS NOT e.input_hash THEN 'stale_base'"
        " WHEN t.input_hash IS NOT e.input_hash THEN 'stale_tuned' ELSE '' END AS reason"
        f" FROM {_members(version_id, slice_name)} s"
        " JOIN examples e ON e.id = s.example_id"
        " LEFT JOIN outputs b ON b.example_id = e.id AND b.variant_id = :base"
        " LEFT JOIN outputs t ON t.example_id = e.id AND t.variant_id = :tuned) GROUP BY slice, reason",
        {"base": base_id, "tuned": tuned_id, "version": version_id, "slice": slice_name, "since": since},
    ):
        if row["reason"] == "sealed":
            sealed += row["n"]
        elif row["reason"]:
            words = {
                "excluded": "excluded",
                "base": f"no output of {base}",
                "tuned": f"no output of {tuned}",
                "stale_base": _stale(base),
                "stale_tuned": _stale(tuned),
                "since": f"its input was corrected after {label} was frozen",
            }
            left_out[words[row["reason"]]] += row["n"]
        else:
            slices[row["slice"] or ""] += row["n"]
    return Survey(slices.total(), dict(slices), dict(left_out), sealed)


def _named(
    connection: sqlite3.Connection, base: str, tuned: str, version: str | None, slice_name: str | None
) -> tuple[int, int, int | None, str | None]:
    """The ids of both variants and of the version, and the version's label."""
    base_id, tuned_id = _variant(connection, base), _variant(connection, tuned)
    if base_id == tuned_id:
        raise InputError(f"A study compares two variants; {base} was named as both base and tuned.")
    if slice_name is not None and slice_name not in SLICES:
        raise NotFoundError(f"There is no slice {slice_name!r}. The slices are {', '.join(SLICES)}.")
    return base_id, tuned_id, *_version(connection, version)


def _seen_before(connection: sqlite3.Connection, variants: tuple[int, int], examples: Sequence[int]) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT name FROM studies s WHERE state <> 'open' AND (base_variant_id IN (?1, ?2) OR tuned_variant_id IN"
        " (?1, ?2)) AND EXISTS (SELECT 1 FROM pairs WHERE study_id = s.id AND example_id IN"
        " (SELECT value FROM json_each(?3))) ORDER BY id",
        (*variants, json.dumps(examples)),
    )
    return tuple(row["name"] for row in rows)


def _unfit(row: sqlite3.Row, base: str, tuned: str, *, frozen: bool) -> str:
    """Why an example cannot be judged, or nothing. What a version holds stays in it, also when excluded since."""
    if row["excluded"] and not frozen:
        return "excluded"
    if row["base_id"] is None:
        return f"no output of {base}"
    if row["tuned_id"] is None:
        return f"no output of {tuned}"
    if row["base_input"] != row["input_hash"]:
        return _stale(base)
    if row["tuned_input"] != row["input_hash"]:
        return _stale(tuned)
    if row["base_text"] is None or row["tuned_text"] is None:
        return "an output without text"
    answers = {text for text in (load(row["base_text"]), load(row["tuned_text"])) if text.strip()}
    if any(message["role"] == "assistant" and message["content"] in answers for message in load(row["messages"])):
        return "an answer stands in the question already"
    return ""


def _stale(variant: str) -> str:
    return f"the output of {variant} answers an older input"


def _revised_since(connection: sqlite3.Connection, version_id: int | None) -> set[int]:
    """The examples of a version whose input is another one now than it was when it was frozen."""
    if version_id is None:
        return set()
    rows = connection.execute(
        "SELECT r.example_id, r.record, e.input_hash FROM version_records r JOIN examples e ON e.id = r.example_id"
        " WHERE r.version_id = ? AND e.input_hash IS NOT NULL",  # never revised: it is what was frozen
        (version_id,),
    )
    return {row["example_id"] for row in rows if canonical.input_of(json.loads(row["record"])) != row["input_hash"]}


def _body(text: str, documents: str) -> str:
    return dump({"text": load(text), "documents": load(documents)})


def _variant(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM variants WHERE name = ?", (name,)).fetchone()
    if row is None:
        there = [found["name"] for found in connection.execute("SELECT name FROM variants ORDER BY id")]
        raise NotFoundError(
            f"The project has no variant {name!r}. "
            + (f"It has {', '.join(there)}." if there else "Import outputs first; each import names their variant.")
        )
    return int(row["id"])


def _version(connection: sqlite3.Connection, label: str | None) -> tuple[int | None, str | None]:
    if label is None:
        return None, None
    name, at, number = label.rpartition("@")
    if not at:
        name, number = label, ""
    row = connection.execute(
        "SELECT v.id, v.number FROM versions v JOIN eval_sets s ON s.id = v.eval_set_id WHERE s.name = ?"
        " AND (? = '' OR v.number = CAST(? AS INTEGER)) ORDER BY v.number DESC LIMIT 1",
        (name, number, number),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"There is no version {label!r}. `reviewer versions` lists those there are.")
    return row["id"], f"{name}@{row['number']}"


def _members(version_id: int | None, slice_name: str | None) -> str:
    """The examples in question with their slices, as SQL."""
    wanted = " AND slice = :slice" if slice_name is not None else ""
    if version_id is not None:
        return f"(SELECT example_id, slice FROM version_records WHERE version_id = :version{wanted})"
    if slice_name is not None:
        return "(SELECT example_id, slice FROM slice_members WHERE slice = :slice)"
    return "(SELECT x.id AS example_id, m.slice FROM examples x LEFT JOIN slice_members m ON m.example_id = x.id)"


def margins_of(
    connection: sqlite3.Connection, names: Sequence[str], overall: float | None, given: Mapping[str, float] | None
) -> dict[str, float]:
    """The drop that counts in each slice of a study, from 0 to 1, and `overall` where one was given.

    A slice without its own takes its contract's. Raises InputError for a margin that is not between 0 and 1, or
    that is of no slice.
    """
    stored = {row["name"]: row["margin"] for row in connection.execute("SELECT name, margin FROM slices")}
    unknown = sorted((given or {}).keys() - stored.keys())
    if unknown:
        raise InputError(f"A margin was given for “{unknown[0]}”, which is no slice: there are {', '.join(stored)}.")
    found = {name: float((given or {}).get(name, stored.get(name, 0.05))) for name in names if name}
    if overall is not None:
        found["overall"] = float(overall)
    for name, margin in found.items():
        if not 0 < margin < 1:
            raise InputError(
                f"A margin is a share between 0 and 1, such as 0.05 for five points; for {name} it is {margin}."
            )
    return found


def plan_hash(plan: Mapping[str, Any]) -> str:
    """sha256 hex over the plan's canonical JSON: sorted keys, ASCII."""
    text = json.dumps(plan, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def nothing_to_compare(population: Population) -> ConflictError:
    """Why there is no study over such a population."""
    reasons = "; ".join(f"{count}: {reason}" for reason, count in population.left_out.items())
    if any("input" in reason for reason in population.left_out):
        return ConflictError(
            f"No example can be compared there ({reasons}). Have both variants answer the inputs as they are now and"
            " import those outputs as variants of their own; where a version is compared, freeze it anew first."
        )
    return ConflictError(
        f"No example has outputs of both {population.base} and {population.tuned} there"
        + (f" ({reasons})." if reasons else ".")
        + " Import both variants' outputs under the same ids, or choose another version or slice."
    )


def fix(
    name: str, population: Population, margins: Mapping[str, float], protocol: Protocol, made: Made
) -> dict[str, Any]:
    """The plan of a study: what may no longer change once the first judgment is in."""
    return {
        "plan": "reviewer.study/1",
        "study": name,
        "base": population.base,
        "tuned": population.tuned,
        "version": population.version,
        "slice": population.slice,
        "items": [{"example": item.key, "slice": item.slice} for item in population.chosen],
        "left_out": dict(population.left_out),
        "seen_before": list(population.seen_before),
        "primary": f"paired correctness over {protocol.primary or 'all items'}",
        "secondary": "preference adjusted for style",
        "style_features": list(protocol.features),
        "lexicon": sorted({word.casefold() for word in protocol.lexicon}),
        "confidence": 0.95,
        "margins": dict(margins),
        "stopping": protocol.stopping,
        "protocol": protocol.to_json(),
        "documents": "those of both answers beside either, without scores",
        "drawn": {
            "repeats": made.repeats,
            "controls_same": made.same,
            "controls_known": made.known,
            "masked_answers": made.masked,
        },
        "not_planned": _not_planned(protocol, made),
        # Both are hashes of what lies in the seal, a long secret included, so that nothing can be tried against them.
        "seed_commitment": made.seed_commitment,
        "seal_commitment": made.commitment,
        "sealed_labels": made.labels,
    }


def _not_planned(protocol: Protocol, made: Made) -> list[str]:
    """The parts of the protocol that this study does without, in words."""
    absent = {
        "hidden repeats": not made.repeats,
        "controls of one answer against itself": not made.same,
        "controls with a known answer": not made.known,
        "original-dress arm": not protocol.original_dress,
        "guess probes": not protocol.probes,
    }
    return [words for words, missing in absent.items() if missing]
