"""What a plan can show, before anything is judged: figures and the sentences that say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.compare.statistics.power import (
    detectable_difference,
    detectable_margin,
    detectable_preference,
    preservation_power,
    superiority_power,
)

__all__ = ["BROKEN", "DISCORDANCE", "Outlook", "outlook"]

BROKEN = 0.05
"""The share of examples that a fine-tune is taken to break, where nobody says otherwise."""
DISCORDANCE = 0.1
"""The share of what must be kept that one variant alone gets right, where nobody says otherwise."""
MOST_COUNTED = 1500
"""Examples past which power is worked out as for so many: it is near one, and the sum grows with the square."""
_KEPT = "preservation"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a study of a size can find; chances and shares from 0 to 1, None where no size of effect would do."""

    pairs: int
    broken: float
    gain: float | None
    """The least gain in correctness that shows in 80 of 100 studies."""
    gain_power: Mapping[float, float]
    """The chance to show a gain of 5, 10 and 15 points."""
    kept_pairs: int
    margin: float
    kept_power: float | None
    """The chance to show that no more than the margin was lost where nothing was; None without such examples."""
    kept_margin: float | None
    """The least drop that shows to be ruled out in 80 of 100 studies."""
    decisive: int
    """Pairs whose correctness decides: all, or those of one slice."""
    preference: float | None
    """The least preference, adjusted for style, that shows to be above one half in 80 of 100 studies."""

    def sentences(self) -> tuple[str, ...]:
        """The figures in words: correctness, preservation, preference."""
        if not self.pairs:
            return ("There is nothing to compare.",)
        said = []
        over = "" if self.decisive == self.pairs else f" over the {self.decisive} pairs that decide"
        if self.gain is None:
            said.append(f"Correctness: {self.decisive} pairs are too few to show any gain with a fair chance.")
        else:
            powers = ", ".join(f"{points(gain)} points in {percent(power)}" for gain, power in self.gain_power.items())
            said.append(
                f"Correctness{over}: a gain of {points(self.gain)} points or more shows in at least 80 of 100 such "
                f"studies, if the tuned variant breaks {percent(self.broken)} of the examples. A gain of {powers}."
            )
        if self.kept_power is None:
            said.append(
                "Preservation: no example of that slice is in the study, so nothing can be said of what must be kept."
            )
        else:
            least = (
                "" if self.kept_margin is None else f" 80 in 100 needs a margin of {points(self.kept_margin)} points."
            )
            said.append(
                f"Preservation: that no more than {points(self.margin)} points are lost shows in "
                f"{percent(self.kept_power)} of studies over these {self.kept_pairs} examples, if nothing is lost."
                + (least if self.kept_power < 0.8 else "")
            )
        if self.preference is None:
            said.append("Preference: too few pairs to take style off.")
        else:
            said.append(
                f"Preference: a lead of {percent(self.preference)} against {percent(1 - self.preference)} with style "
                "taken off shows in 80 of 100 studies."
            )
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """The figures as `reviewer study new --dry-run --json` prints them."""
        return {
            "pairs": self.pairs,
            "decisive": self.decisive,
            "broken": self.broken,
            "gain": self.gain,
            **({} if self.gain is not None else {"gain_reason": "no gain shows with a chance of 80 %"}),
            "gain_power": {str(gain): power for gain, power in self.gain_power.items()},
            "preservation": {
                "pairs": self.kept_pairs,
                "margin": self.margin,
                "power": self.kept_power,
                **({} if self.kept_power is not None else {"power_reason": "no preservation example is in the study"}),
                "detectable_margin": self.kept_margin,
                **({} if self.kept_margin is not None else {"detectable_margin_reason": "no margin would do"}),
            },
            "preference": self.preference,
            **({} if self.preference is not None else {"preference_reason": "fewer than 20 pairs: not estimable"}),
        }


def outlook(
    slices: Mapping[str, int], *, broken: float = BROKEN, margin: float = 0.1, annotators: int = 1, primary: str = ""
) -> Outlook:
    """What a study with so many pairs in each slice can find, judged by so many people.

    `primary` names the slice whose correctness decides; all pairs do where it is empty.
    Correctness and preservation are exact sums over the outcomes (`statistics.power`), preference is approximate.
    Raises ValueError for shares that cannot be.
    """
    pairs = sum(slices.values())
    kept = slices.get(_KEPT, 0)
    decisive = slices.get(primary, 0) if primary else pairs
    n = min(decisive, MOST_COUNTED)
    return Outlook(
        pairs=pairs,
        broken=broken,
        gain=detectable_difference(n, broken) if n else None,
        gain_power={
            gain: superiority_power(n, gain + 2 * broken, gain)
            for gain in (0.05, 0.1, 0.15)
            if n and gain + 2 * broken < 1
        },
        kept_pairs=kept,
        margin=margin,
        kept_power=preservation_power(min(kept, MOST_COUNTED), margin, DISCORDANCE) if kept else None,
        kept_margin=detectable_margin(min(kept, MOST_COUNTED), DISCORDANCE) if kept else None,
        decisive=decisive,
        preference=detectable_preference(pairs, annotators=max(annotators, 1)) if pairs >= 20 else None,
    )


def points(share: float) -> str:
    """A difference of shares in points: 0.05 is 5."""
    return f"{100 * share:.1f}".removesuffix(".0")


def percent(share: float) -> str:
    """A share in whole per cent."""
    return f"{100 * share:.0f} %"
