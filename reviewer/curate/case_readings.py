"""The inputs of examples, read for a comparison: which messages make the case, and whether two cases are the same."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from reviewer.curate.alike import Reading, Usage, compare, fillers, read, swaps
from reviewer.curate.shingles import normal_form
from reviewer.store.database import Database, load

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Case", "Readings", "Slots", "Texts", "alike", "case_of", "normal_of", "readings_of", "text_of"]

SYSTEM = ("system", "developer")
_KEPT = 4096
_SLOT_LOOK = 48
_SLOT_WORDS = 4
_SLOT_MOST = 0.7
"""Four words or more in one place, none of which has seven tenths of it, make the place one that decides."""

Case = list[tuple[str, str]]
"""The messages of an input: role and text."""


_TAGS = re.compile(
    r"</?(?:a|b|i|u|p|em|br|hr|li|ol|ul|td|th|tr|div|pre|code|span|body|html|small|strong|table|tbody|thead|h[1-6]"
    r"|blockquote|font|center)\b(?:\s[^<>]{0,300})?/?>",
    re.IGNORECASE,
)


def case_of(messages: str) -> Case:
    """The input stored as `messages`."""
    found = []
    for item in load(messages):
        calls = "\n".join(f"{call['name']}({call['arguments']})" for call in item.get("tool_calls") or ())
        found.append((item["role"], _undressed("\n".join(part for part in (item["content"], calls) if part))))
    return found


def _undressed(text: str) -> str:
    """The text without the tags that only dress it: the same words in a page's markup are the same case."""
    return _TAGS.sub(" ", text) if "<" in text else text


def text_of(case: Case) -> str:
    """What makes the case: without the instructions that many share, unless there is nothing else."""
    return "\n".join(text for role, text in case if role not in SYSTEM) or "\n".join(text for _, text in case)


def normal_of(case: Case) -> bytes:
    """A hash that inputs share which differ in case, punctuation and space alone."""
    said = [f"{role}:{normal_form(text)}" for role, text in case if role not in SYSTEM] or [
        f"{role}:{normal_form(text)}" for role, text in case
    ]
    return blake2b("\n".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()


Readings = list[tuple[str, Reading]]


def alike(one: Readings, other: Readings, usage: Usage) -> float | None:
    """How alike two inputs are, 0 to 1: as the least alike of their messages; None when they are different cases.

    What was said must be of the same roles in the same order; instructions count only where both have them.
    """
    least = 1.0
    for system in (False, True):
        a = [reading for role, reading in one if (role in SYSTEM) == system]
        b = [reading for role, reading in other if (role in SYSTEM) == system]
        if system and not (a and b):
            continue
        if len(a) != len(b):
            return None
        if not system and [r for r, _ in one if r not in SYSTEM] != [r for r, _ in other if r not in SYSTEM]:
            return None
        for left, right in zip(a, b, strict=True):
            likeness = compare(left, right, usage)
            if likeness is None:
                return None
            least = min(least, likeness)
    return least


def readings_of(case: Case, usage: Usage) -> Readings:
    """The messages that make the case, read."""
    said = [(role, read(text, usage)) for role, text in case if role not in SYSTEM]
    return said or [(role, read(text, usage)) for role, text in case]


class Texts:
    """The inputs of examples, read for a comparison; the last few thousand are kept."""

    def __init__(self, database: Database, usage: Usage) -> None:
        self._database = database
        self._usage = usage
        self._kept: OrderedDict[int, Readings] = OrderedDict()

    def of(self, example_id: int) -> Readings:
        found = self._kept.get(example_id)
        if found is not None:
            self._kept.move_to_end(example_id)
            return found
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT messages FROM example_payloads WHERE example_id = ?", (example_id,)
            ).fetchone()
        found = [(role, read(text, self._usage)) for role, text in case_of(row["messages"])]
        self._kept[example_id] = found
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


class Slots:
    """Places of templates: where other examples that read alike have other words, a word decides.

    The bill in euros and the bill in dollars is the same question only where nobody else asks it of any currency.
    """

    def __init__(self, keys: NDArray[Any], ids: Sequence[int], texts: Texts) -> None:
        self._keys = keys
        self._ids = ids
        self._texts = texts
        self._known: dict[tuple[str, str], bool] = {}

    def differ(self, one: Readings, other: Readings, row: int, other_row: int) -> bool:
        """Whether the two differ in such a place."""
        found = [
            swap for (_, left), (_, right) in zip(_said(one), _said(other), strict=True) for swap in swaps(left, right)
        ]
        return any(self._is_slot(before, after, row, other_row) for before, _, _, after in found)

    def _is_slot(self, before: str, after: str, row: int, other_row: int) -> bool:
        known = self._known.get((before, after))
        if known is None:
            words = Counter[str]()
            for place in self._around(row, other_row):
                for _, reading in self._texts.of(self._ids[place]):
                    words.update(set(fillers(reading, before, after)))
            total = words.total()
            known = len(words) >= _SLOT_WORDS and max(words.values()) <= _SLOT_MOST * total
            self._known[before, after] = known
        return known

    def _around(self, row: int, other_row: int) -> list[int]:
        """The rows that fall into most of the same buckets as either."""
        import numpy

        met = (self._keys == self._keys[row]).sum(axis=1) + (self._keys == self._keys[other_row]).sum(axis=1)
        met[[row, other_row]] = 0
        closest = numpy.argsort(met, kind="stable")[::-1][:_SLOT_LOOK]
        return [int(place) for place in closest if met[place]]


def _said(readings: Readings) -> Readings:
    """The messages without the instructions."""
    return [item for item in readings if item[0] not in SYSTEM] or readings
