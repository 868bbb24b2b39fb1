"""Made-up rows like those that support teams log: about 3.6 kB each, the same for the same count and seed.

    python -m tests.benchmarks.rows COUNT FILE.jsonl [--seed N]
    python -m tests.benchmarks.rows COUNT LABELS.jsonl --labels

A row holds messages with the workflow's system prompt, a reference, the answers of two models (`base`, `tuned`),
metadata, a workflow out of twelve, and a time within eighteen months. Words follow Zipf's law over some 50,000; two
rows in a hundred are long, up to about 20 kB; a few repeat another's question, to the letter or nearly. Every row names
an order that no other row names.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import orjson

__all__ = ["MAPPING", "MOST_LABELS", "ROLES", "VERSION", "WORKFLOWS", "labels", "rows", "write", "write_labels"]

VERSION = 1
"""Raised when the same count and seed give other rows, so that kept files are made again."""
SEED = 20_26
MAPPING = {"output:base": "base", "output:tuned": "tuned"}
"""What an import has to be told beside what it sees by itself."""
ROLES = {"base": "base", "tuned": "tuned"}
MOST_LABELS = 100_000
WORKFLOWS = (
    "refunds", "billing", "claims", "visits", "moves", "meter readings", "cancellations", "bookings", "deliveries",
    "complaints", "contracts", "password resets",
)  # fmt: skip
CATEGORIES = (
    "missing_facts", "stale_facts", "prompt_misunderstanding", "tool_use_failure", "reasoning_failure",
    "policy_violation", "formatting_failure",
)  # fmt: skip
_SHARES = (16, 14, 12, 10, 9, 8, 8, 7, 6, 5, 3, 2)
_FIRST = datetime(2025, 5, 1, tzinfo=UTC)
_SPAN = timedelta(days=548)
_VOCABULARY = 50_000
_COMMON = (
    "the", "to", "and", "of", "a", "in", "is", "for", "your", "you", "we", "that", "on", "it", "this", "with", "be",
    "not", "will", "have", "as", "are", "if", "or", "from", "can", "at", "by", "has", "was", "order", "account",
    "please", "date", "our", "within", "days", "after", "before", "which", "when", "amount", "request", "payment",
    "invoice", "policy", "customer", "may", "been", "any", "an", "but", "so", "then", "refund", "contract", "claim",
    "need", "change", "number", "new", "confirm", "email", "address", "does", "do", "no", "yes", "only", "once", "fee",
    "euro", "month", "year", "first", "next", "because", "already", "still", "there", "their", "they", "its", "more",
    "delivery", "booking", "insurance", "letter", "offer", "receipt", "record", "notice", "period", "rate", "reason",
)  # fmt: skip
_STARTS = (*"bcdfghklmnprstv", "br", "ch", "gr", "pr", "st", "tr")
_VOWELS = (*"aaeeiioouu", "ai", "ea", "ou", "é", "ü")
_ENDS = ("", "", "n", "r", "s", "l", "t", "nd", "ck", "m")
_CHANNELS = ("chat", "mail", "phone", "form")
_REGIONS = ("north", "south", "east", "west", "online")
_TIERS = ("basic", "plus", "business")


class Language:
    """A made-up language: a vocabulary used as Zipf's law has it, in sentences that texts are put together from."""

    def __init__(self, draw: Random, sentences: int) -> None:
        words = [*_COMMON, *self._words(draw, _VOCABULARY - len(_COMMON))]
        weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
        self.sentences: list[str] = []
        lengths = draw.choices(range(5, 22), k=sentences)
        stream = draw.choices(words, cum_weights=weights, k=sum(lengths))
        at = 0
        for number, length in enumerate(lengths):
            said = " ".join(stream[at : at + length])
            at += length
            if number % 19 == 0:
                said = f"{said} {draw.randint(2, 990)}.{draw.randint(10, 99)} €"
            self.sentences.append(f"{said[0].upper()}{said[1:]}.")

    @staticmethod
    def _words(draw: Random, count: int) -> list[str]:
        found: dict[str, None] = {}
        while len(found) < count:
            syllables = draw.choice((1, 2) if len(found) < 1_000 else (2, 2, 3) if len(found) < 10_000 else (2, 3, 3))
            word = "".join(draw.choice(_STARTS) + draw.choice(_VOWELS) for _ in range(syllables)) + draw.choice(_ENDS)
            found[word] = None
        return list(found)


def rows(count: int, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """So many rows, one after the other; memory does not grow with the count."""
    draw = Random(seed)
    sentences = Language(draw, min(100_000, 2_000 + 20 * count)).sentences
    pool = len(sentences)
    systems = {
        name: f"You answer customers of a utility about {name}. " + " ".join(draw.sample(sentences, 9))
        for name in WORKFLOWS
    }
    workflows = draw.choices(WORKFLOWS, weights=_SHARES, k=4096)
    random = draw.random

    def text(least: int, most: int) -> str:
        return " ".join([sentences[int(random() * pool)] for _ in range(least + int(random() * (most - least + 1)))])

    step = _SPAN / max(count, 1)
    question = ""
    for number in range(count):
        workflow = workflows[int(random() * 4096)]
        chance = random()
        scale = 1 if chance > 0.02 else 2 + int(chance * 400)
        order = f"{seed % 90 + 10}{number:08d}"
        if not 0.9 < chance < 0.904:
            question = text(2, 9)
        asked = f"{question} It is about order {order}."
        if chance > 0.998:
            asked = question
        messages: list[dict[str, Any]] = [{"role": "system", "content": systems[workflow]}]
        if chance > 0.7:
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": text(2, 5)}]
            asked = text(1, 4)
        messages.append({"role": "user", "content": asked})
        reference = text(3, 8)
        base = text(5 * scale, 10 * scale)
        tuned = text(5 * scale, 10 * scale)
        if chance < 0.2:
            tuned = f"**{text(1, 1)}**\n\n- {text(1, 1)}\n- {text(1, 1)}\n- {text(1, 1)}\n\n{tuned}"
        yield {
            "id": f"conv-{number:07d}",
            "messages": messages,
            "reference": reference,
            "base": base,
            "tuned": tuned,
            "workflow": workflow,
            "time": (_FIRST + step * (number + random())).isoformat(timespec="seconds"),
            "metadata": {
                "channel": _CHANNELS[int(random() * 4)],
                "region": _REGIONS[int(random() * 5)],
                "tier": _TIERS[int(random() * 3)],
                "agent_version": f"2025.{1 + number * 18 // count}",
                "order": order,
                "minutes": round(random() * 90, 1),
            },
        }


def labels(count: int, most: int = MOST_LABELS, seed: int = SEED) -> Iterator[dict[str, Any]]:
    """Labels for such rows: as many as there are rows, but at most so many, of the base answers, and a tenth of tuned.

    Ana labels six of ten, Ben two thirds of hers, and they mostly agree; a third of the labels have a note.
    """
    draw = Random(seed + 1)
    for number in sorted(draw.sample(range(count), min(most, count) * 6 // 10)):
        fails = draw.random() < 0.38
        category = draw.choices(CATEGORIES, weights=(24, 21, 12, 8, 10, 15, 10))[0]
        both = draw.random() < 2 / 3
        for annotator, variant in (("Ana", "base"), ("Ben", "base"), ("Ana", "tuned")):
            if (annotator == "Ben" and not both) or (variant == "tuned" and draw.random() > 1 / 6):
                continue
            said = fails if draw.random() < 0.9 else not fails
            label: dict[str, Any] = {
                "example": f"conv-{number:07d}",
                "variant": variant,
                "annotator": annotator,
                "verdict": "fail" if said else "pass",
            }
            if said:
                label["category"] = category if draw.random() < 0.85 else draw.choice(CATEGORIES)
                label["severity"] = draw.choice(("low", "medium", "high"))
            if draw.random() < 0.33:
                label["note"] = f"first wrong at {draw.randint(1, 90)}, seen before"
            yield label


def _write(path: Path, objects: Iterator[dict[str, Any]]) -> int:
    """One object a line, under its name only when it is whole; returns the bytes."""
    part = path.with_name(path.name + ".part")
    with part.open("wb", buffering=1 << 20) as file:
        for item in objects:
            file.write(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE))
        size = file.tell()
    part.replace(path)
    return size


def write(path: Path, count: int, seed: int = SEED) -> int:
    """Write so many rows as JSONL; returns the bytes."""
    return _write(path, rows(count, seed))


def write_labels(path: Path, count: int, seed: int = SEED) -> int:
    """Write the labels for the rows of that count and seed as JSONL; returns the bytes."""
    return _write(path, labels(count, seed=seed))


def main() -> None:
    """Write a file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--labels", action="store_true", help="write labels for such rows instead")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.labels:
        size = write_labels(options.file, options.count, options.seed)
    else:
        size = write(options.file, options.count, options.seed)
    taken = time.perf_counter() - start
    print(f"{options.file}: {size / 1e6:,.1f} MB in {taken:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
