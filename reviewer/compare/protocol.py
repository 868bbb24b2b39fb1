"""What a study does beside showing pairs: repeats, controls, the original-dress arm, guess probes, stopping, people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.compare.style import DOMAIN_WORDS, FEATURES, LONG_WORDS, is_word
from reviewer.errors import InputError

__all__ = ["STOPPING", "Protocol", "count_of", "words_of"]

STOPPING = ("none", "sequential")
SLICES = ("core", "edge", "preservation")
_SHARES = {
    "repeats": "hidden repeats",
    "controls": "controls",
    "original_dress": "pairs in original dress",
    "probes": "guess probes",
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """The parts of a plan that keep style and habit from winning; every share is of the study's pairs, from 0 to 1."""

    repeats: float = 0.1
    """Pairs that come a second time with their sides swapped."""
    controls: float = 0.05
    """Pairs with a known outcome: half of them one answer against itself, half a right one against a wrong one."""
    right: str | None = None
    """The variant whose answers are known to be right, for controls; with `wrong`, instead of what labels tell."""
    wrong: str | None = None
    original_dress: float = 0.2
    """Pairs that are shown in the dress the model gave them, so that the effect of style is measured."""
    probes: float = 0.2
    """Pairs on which is asked, after all judging, which answer is the tuned one."""
    stopping: str = "none"
    """none, or sequential: the rule on discordant pairs may end the study early."""
    annotators: tuple[str, ...] = ()
    """Who is to judge all of it; needed for the sequential rule."""
    masks: tuple[str, ...] | None = None
    """Keys of the findings of the leak scan to mask; None masks what the scan proposes."""
    primary: str = ""
    """The slice whose correctness decides; empty for all pairs."""
    style: tuple[str, ...] = FEATURES
    """The features that count as style and are taken off the preference; length is always one."""
    lexicon: tuple[str, ...] = ()
    """The domain's own words, counted instead of long ones; empty where there are none."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the style features in the order of their coefficients, as the plan fixes them."""
        kept = [name for name in FEATURES if name in self.style]
        return tuple(DOMAIN_WORDS if name == LONG_WORDS and self.lexicon else name for name in kept)

    @classmethod
    def bare(cls) -> Protocol:
        """Nothing beside the pairs, and nothing masked."""
        return cls(repeats=0, controls=0, original_dress=0, probes=0, masks=())

    def check(self) -> None:
        """Raise InputError for a protocol that cannot be."""
        for name, words in _SHARES.items():
            share = getattr(self, name)
            if not 0 <= share <= 0.5:
                raise InputError(f"The share of {words} lies between 0 and 0.5 of the pairs; {share} does not.")
        if self.stopping not in STOPPING:
            raise InputError(f"A stopping rule is {' or '.join(STOPPING)}; {self.stopping!r} is none.")
        if self.stopping == "sequential" and not self.annotators:
            raise InputError(
                "The sequential rule counts an example when everybody has judged it, so it must know who judges: name "
                "the annotators."
            )
        if (self.right is None) != (self.wrong is None):
            raise InputError("Controls from two variants need both: the one that is right and the one that is wrong.")
        if self.right is not None and self.right == self.wrong:
            raise InputError(f"{self.right} cannot be both the right and the wrong answer of a control.")
        if len(set(self.annotators)) < len(self.annotators):
            raise InputError("An annotator is named twice.")
        if self.primary not in ("", *SLICES):
            raise InputError(
                f"Correctness is decided over all pairs or over {', '.join(SLICES)}; not {self.primary!r}."
            )
        self._check_style()

    def _check_style(self) -> None:
        unknown = [name for name in self.style if name not in FEATURES]
        if unknown:
            raise InputError(f"{unknown[0]!r} is no feature of style; there are {', '.join(FEATURES)}.")
        if FEATURES[0] not in self.style:
            raise InputError("Length always counts as style: of all features it moves preference most.")
        if self.lexicon and LONG_WORDS not in self.style:
            raise InputError(f"The domain's words take the place of {LONG_WORDS}, which does not count as style here.")
        wrong = [word for word in self.lexicon if not is_word(word)]
        if wrong:
            raise InputError(f"{wrong[0]!r} in the domain's words is not one word of letters.")

    def to_json(self) -> dict[str, Any]:
        """The protocol as the plan holds it: style stands beside it in the plan, and what is masked in the seal."""
        return {
            "repeats": self.repeats,
            "controls": self.controls,
            "control_variants": None if self.right is None else [self.right, self.wrong],
            "original_dress": self.original_dress,
            "probes": self.probes,
            "stopping": self.stopping,
            "annotators": list(self.annotators),
            "primary": self.primary,
        }

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any]) -> Protocol:
        """The protocol of a study's plan; one from before there were protocols had none of this."""
        data = plan.get("protocol")
        if data is None:
            return cls.bare()
        right, wrong = data["control_variants"] or (None, None)
        return cls(
            data["repeats"],
            data["controls"],
            right,
            wrong,
            data["original_dress"],
            data["probes"],
            data["stopping"],
            tuple(data["annotators"]),
            (),
            data.get("primary", ""),
        )


def words_of(text: str) -> tuple[str, ...]:
    """The words of a lexicon as somebody wrote it, by lines, blanks, commas or semicolons, each once and folded."""
    return tuple(dict.fromkeys(word.casefold() for word in re.split(r"[\s,;]+", text) if word))


def count_of(share: float, pairs: int) -> int:
    """How many of so many pairs a share comes to: the nearest whole number, halves up."""
    return int(share * pairs + 0.5)
