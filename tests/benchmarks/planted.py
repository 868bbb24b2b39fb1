"""Demo-like questions with planted near-duplicates and planted twins that ask for another answer, the same for a seed.

A question is one of the demo's with its numbers, ids and names drawn anew, and a second sentence from another one of
the same workflow. A near-duplicate of it has words swapped, other punctuation, other case, its sentences in another
order, or boilerplate around it; a twin has the same words with another number or another name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

__all__ = ["KINDS", "Planted", "planted"]

_DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo" / "production.jsonl"
KINDS = ("words", "punctuation", "case", "sentences", "boilerplate")
_NAMES_TEXT = (
    "Aldous Berger Castellano Dvorak Eriksen Fontaine Grabowski Hollis Ibrahim Jankovic Kaya Lindqvist Moreau"
    " Nowak Okafor Petrov Quintero Rossi Schuster Takahashi Ueda Varga Whitfield Yilmaz Zeller Anselm Brodie"
    " Carver Dunmore Ellery Farrow Gresham Hadley Ingram Jessop Kendrick Larkin Merton Norwood Oakes Paxton"
    " Radley Selwyn Thorne"
)
_NAMES = tuple(_NAMES_TEXT.split())
_PLACES_TEXT = (
    "Ashford Birchwood Coldstream Dunmere Easthaven Fernhill Glenrock Harbury Inverloch Juniper Kelmore"
    " Larkspur Millbrook Northcote Oakridge Pinewood Queensbury Redcliff Stonebridge Thornbury Underwood"
    " Valemont Westfield"
)
_PLACES = tuple(_PLACES_TEXT.split())
_OPENINGS = (
    "Hello there, I hope you are well.", "Good morning, thank you for taking the time.", "Dear support team,",
    "Hi, sorry to bother you with this.", "To whom it may concern.", "Hope this finds you well!",
)  # fmt: skip
_CLOSINGS = (
    "Thank you very much in advance for your help.", "Looking forward to hearing from you soon.",
    "Kind regards and have a nice day.", "Sent from my phone, please excuse typos.", "Many thanks.",
    "This message was sent through the contact form.", "I would be grateful for a quick reply.",
)  # fmt: skip
_SYNONYMS = {
    "please": "kindly", "help": "assist", "get": "receive", "need": "require", "want": "wish", "big": "large",
    "start": "begin", "show": "display", "buy": "purchase", "ask": "inquire", "tell": "inform", "fix": "repair",
    "says": "states", "got": "received", "quickly": "fast", "still": "yet", "could": "might", "can": "could",
    "think": "believe", "letter": "note", "wrong": "incorrect", "about": "regarding",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """One question; `of` is the id of the one it repeats or is the twin of, `kind` says which way."""

    id: str
    workflow: str
    system: str
    text: str
    of: str = ""
    kind: str = ""


def _questions() -> list[tuple[str, str, str]]:
    found = []
    for line in _DEMO.read_text("utf-8").splitlines():
        row = json.loads(line)
        text = next(message["content"] for message in row["messages"] if message["role"] == "user")
        system = next((message["content"] for message in row["messages"] if message["role"] == "system"), "")
        if 5 <= len(text.split()) <= 60 and "\n" not in text:
            found.append((row["workflow"], system, text))
    return found


def _fresh(text: str, draw: Random) -> str:
    """The text with each number drawn anew."""
    return re.sub(r"\d+", lambda found: str(draw.randint(10 ** (len(found[0]) - 1), 10 ** len(found[0]) - 1)), text)


def _sentences(text: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=[.!?])\s+", text) if piece]


def _swapped(text: str, draw: Random) -> str:
    """Two or so neighbouring words change places, or a word becomes one that means the same."""
    words = text.split(" ")
    for _ in range(max(1, len(words) // 15)):
        known = [place for place, word in enumerate(words) if word.lower() in _SYNONYMS]
        if known and draw.random() < 0.5:
            place = draw.choice(known)
            words[place] = _SYNONYMS[words[place].lower()]
            continue
        place = draw.randrange(len(words) - 1)
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def _repeated(text: str, kind: str, draw: Random) -> str:
    if kind == "words":
        return _swapped(text, draw)
    if kind == "punctuation":
        how = draw.randrange(3)
        if how == 0:
            return re.sub(r"[.!?](?=\s|$)|,(?=\s)", "", text)
        if how == 1:
            return re.sub(r"[.](?=\s|$)", "!!", text).replace(", ", " - ")
        return "  ".join(text.split(" ")).replace("'", "’") + " ..."
    if kind == "case":
        return draw.choice((text.lower(), text.upper(), text.title()))
    if kind == "sentences":
        pieces = _sentences(text)
        return " ".join(pieces[1:] + pieces[:1])
    opening = draw.choice(_OPENINGS) if draw.random() < 0.7 else ""
    closing = draw.choice(_CLOSINGS) if not opening or draw.random() < 0.6 else ""
    return f"{opening} {text} {closing}".strip()


def _twin(text: str, draw: Random) -> str:
    """The same template with one to three other facts in it."""
    places = [found.span() for found in re.finditer(r"\d+", text)]
    names = [found.span() for found in re.finditer("|".join((*_NAMES, *_PLACES)), text)]
    spots = draw.sample(places + names, min(len(places + names), draw.randint(1, 3)))
    for start, end in sorted(spots, reverse=True):
        old = text[start:end]
        new = old
        while new == old:
            if old.isdigit():
                new = str(draw.randint(10 ** (len(old) - 1), 10 ** len(old) - 1))
            else:
                new = draw.choice(_NAMES if old in _NAMES else _PLACES)
        text = text[:start] + new + text[end:]
    return text


def planted(count: int = 20_000, repeats: int = 1_000, twins: int = 500, seed: int = 5) -> Iterator[Planted]:
    """So many questions in all, among them the repeats and the twins, in an order that says nothing."""
    draw = Random(seed)
    questions = _questions()
    by_workflow: dict[str, list[str]] = {}
    for workflow, _, text in questions:
        by_workflow.setdefault(workflow, []).append(text)
    made: list[Planted] = []
    known: set[tuple[str, str]] = set()
    while len(made) < count - repeats - twins:
        workflow, system, text = draw.choice(questions)
        second = draw.choice(_sentences(draw.choice(by_workflow[workflow])))
        if second in text or text in second:
            continue
        who = draw.choice((
            f"I am {draw.choice(_NAMES)} from {draw.choice(_PLACES)}.",
            f"My name is {draw.choice(_NAMES)}, customer F-{draw.randint(100000, 999999)}.",
            f"It is about the flat in {draw.choice(_PLACES)}, contract {draw.randint(1000, 99999)}.",
        ))  # fmt: skip
        text = text if text[-1] in ".!?" else f"{text}."
        whole = f"{_fresh(text, draw)} {who} {_fresh(second, draw)}"
        if whole[-1] not in ".!?":
            whole += "."
        if (text, whole) in known:
            continue
        known.add((text, whole))
        made.append(Planted(f"q-{len(made):06d}", workflow, system, whole))
    chosen = draw.sample(made, repeats + twins)
    rows = list(made)
    for number, item in enumerate(chosen[:repeats]):
        kind = KINDS[number % len(KINDS)]
        rows.append(
            Planted(f"d-{number:06d}", item.workflow, item.system, _repeated(item.text, kind, draw), item.id, kind)
        )
    for number, item in enumerate(chosen[repeats:]):
        rows.append(Planted(f"t-{number:06d}", item.workflow, item.system, _twin(item.text, draw), item.id, "twin"))
    draw.shuffle(rows)
    yield from rows
