"""Training lines of which some repeat examples of a project, and which do is known; the same for a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

__all__ = ["KINDS", "Line", "lines"]

KINDS = ("exact", "overlap", "near")
_SYNONYMS = {
    "the": "that", "order": "purchase", "please": "kindly", "payment": "transfer", "after": "following",
    "within": "inside", "customer": "client", "because": "since", "change": "alter", "still": "yet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One training line; `of` is the example that it repeats, `kind` in which way."""

    row: dict[str, Any]
    of: str = ""
    kind: str = ""


def _loud(text: str, draw: Random) -> str:
    """The same text but for case, punctuation and space."""
    how = draw.randrange(3)
    return text if how == 0 else text.upper() if how == 1 else text.replace(".", " !").replace(",", " ;")


def _part(text: str, clean: str, draw: Random) -> str:
    """Thirteen to twenty words of it inside something else."""
    words = text.split()
    length = draw.randint(13, min(20, len(words)))
    start = draw.randint(0, len(words) - length)
    before = clean.split()[: draw.randint(0, 12)]
    return " ".join([*before, *words[start : start + length], *clean.split()[-draw.randint(1, 9) :]])


def _reworded(text: str, draw: Random) -> str:
    """Every so-many-th word another one, so that no thirteen in a row are left."""
    words = text.split()
    place = draw.randint(2, 6)
    while place < len(words):
        if any(sign.isdigit() or sign.isupper() for sign in words[place]):
            place += 1
            continue
        words[place] = _SYNONYMS.get(words[place], draw.choice(("indeed", "really", "also", "just")))
        place += draw.randint(6, 9)
    return " ".join(words)


def lines(
    examples: Sequence[tuple[str, str, str]], clean: Iterator[tuple[str, str]], count: int = 5_000, leaks: int = 300,
    seed: int = 9,
) -> Iterator[Line]:  # fmt: skip
    """So many lines of chat fine-tuning; `examples` are (id, input, reference), `clean` other inputs and answers."""
    draw = Random(seed)
    places = {place: KINDS[number % 3] for number, place in enumerate(draw.sample(range(count), leaks))}
    long = [item for item in examples if len(item[1].split()) >= 24]
    for place in range(count):
        asked, answer = next(clean)
        kind = places.get(place, "")
        of = ""
        if kind:
            of, own, reference = draw.choice(long)
            if draw.random() < 0.3 and len(reference.split()) >= 24:
                answer = _leak(kind, reference, answer, draw)
            else:
                asked = _leak(kind, own, asked, draw)
        row = {
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": asked},
                {"role": "assistant", "content": answer},
            ]
        }
        yield Line(row, of, kind)


def _leak(kind: str, text: str, clean: str, draw: Random) -> str:
    if kind == "exact":
        return _loud(text, draw)
    return _part(text, clean, draw) if kind == "overlap" else _reworded(text, draw)
