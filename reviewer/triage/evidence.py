"""What a label points at: a span of one step's text, checked against that text, never a copy of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.errors import ConflictError, InputError
from reviewer.formats.conversation import Message, text_hash
from reviewer.store.database import load

__all__ = ["Evidence", "StepTexts"]

PLACES = ("output", "message")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span in code points of one step's text; `place` is output or message (the example's input)."""

    place: str
    step: int
    start: int
    end: int
    hash: str = ""

    def to_json(self) -> dict[str, Any]:
        """The span as labels store it."""
        return {"place": self.place, "step": self.step, "start": self.start, "end": self.end, "hash": self.hash}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evidence:
        """The span from what `to_json` wrote."""
        start, end = int(data["start"]), int(data["end"])
        return cls(str(data["place"]), int(data["step"]), start, end, str(data.get("hash", "")))


class StepTexts:
    """The texts of an output's steps and of its example's input, in which evidence counts."""

    def __init__(self, output: Sequence[str], message: Sequence[str]) -> None:
        self._texts = {"output": tuple(output), "message": tuple(message)}

    @classmethod
    def read(cls, connection: sqlite3.Connection, output_id: int) -> StepTexts:
        """The step texts of one output that is not sealed."""
        row = connection.execute(
            "SELECT p.text, p.messages AS steps, e.messages AS input FROM outputs o"
            " JOIN output_payloads p ON p.output_id = o.id JOIN example_payloads e ON e.example_id = o.example_id"
            " WHERE o.id = ?",
            (output_id,),
        ).fetchone()
        if row is None:
            return cls((), ())
        steps = [message.text for message in Message.list_from_json(load(row["steps"]))]
        inputs = [message.text for message in Message.list_from_json(load(row["input"]))]
        return cls(steps or [load(row["text"])], inputs)

    def text(self, place: str, step: int) -> str:
        """The text of one step; raises InputError when there is no such step."""
        if place not in PLACES:
            raise InputError(f"Evidence lies in the output or in a message of the input, not in “{place}”.")
        texts = self._texts[place]
        if not 0 <= step < len(texts):
            raise InputError(f"There is no step {step} in the {place}: it has {len(texts)}, counted from 0.")
        return texts[step]

    def check(self, evidence: Evidence) -> Evidence:
        """The same span with the hash of its step's text.

        Raises InputError for a span outside the text, ConflictError when the text is no longer the one it was made on.
        """
        text = self.text(evidence.place, evidence.step)
        if not 0 <= evidence.start <= evidence.end <= len(text):
            raise InputError(
                f"The span {evidence.start} to {evidence.end} does not lie in step {evidence.step} of the "
                f"{evidence.place}, which has {len(text)} characters."
            )
        own = text_hash(text)
        if evidence.hash and evidence.hash != own:
            raise ConflictError(
                f"The text of step {evidence.step} is not the one this evidence was marked on. Mark it again."
            )
        return Evidence(evidence.place, evidence.step, evidence.start, evidence.end, own)

    def find(self, quote: str, place: str = "output", step: int | None = None) -> Evidence:
        """The first place where a quote stands, in the given step or in any; raises InputError when it is nowhere."""
        if not quote:
            raise InputError("The quote is empty.")
        if place not in PLACES:
            raise InputError(f"Evidence lies in the output or in a message of the input, not in “{place}”.")
        steps = range(len(self._texts[place])) if step is None else (step,)
        for number in steps:
            text = self.text(place, number)
            start = text.find(quote)
            if start >= 0:
                return Evidence(place, number, start, start + len(quote), text_hash(text))
        where = f"step {step} of the {place}" if step is not None else f"any step of the {place}"
        raise InputError(f"The quote “{quote[:60]}” does not stand in {where}.")

    def quote(self, evidence: Evidence) -> str | None:
        """The quoted text, or None when the text has changed since it was marked."""
        texts = self._texts.get(evidence.place, ())
        if not 0 <= evidence.step < len(texts):
            return None
        text = texts[evidence.step]
        return text[evidence.start : evidence.end] if text_hash(text) == evidence.hash else None
