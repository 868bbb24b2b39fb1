"""The statistics of blind comparison, usable alone: typed functions that know no project, no file and no window.

- Paired correctness: `Table`, `tango`, `newcombe`, `mcnemar_midp`, `mcnemar_exact`, `noninferiority`, `holm`.
- Preference with style taken off: `Votes`, `adjust`.
- Looking before the end: `e_value`, `monitor`, `anytime_interval`.
- Agreement: `krippendorff`, `cohen`, `fleiss`, `agreement_interval`.
- Reliability: `repeats`, `blinding`, `arms_difference`, and shares by `wilson`.
- What a size can show: `superiority_power`, `preservation_power`, `preference_power` and what is detectable.

Nothing heavy is imported before a function that needs it is called: numpy and scipy by the fits alone. The fits
themselves are in `fractional_logit`.
"""

from reviewer.compare.statistics.agreement import (
    Agreement,
    agreement_interval,
    cohen,
    cohen_by_category,
    fleiss,
    krippendorff,
)
from reviewer.compare.statistics.paired import (
    Table,
    holm,
    mcnemar_exact,
    mcnemar_midp,
    newcombe,
    noninferiority,
    tango,
    tango_lower,
)
from reviewer.compare.statistics.power import (
    detectable_difference,
    detectable_margin,
    detectable_preference,
    preference_power,
    preservation_power,
    superiority_power,
)
from reviewer.compare.statistics.preference import Adjusted, Votes, adjust
from reviewer.compare.statistics.rates import Rate, wilson
from reviewer.compare.statistics.reliability import Blinding, Repeats, arms_difference, blinding, repeats
from reviewer.compare.statistics.sequential import Monitoring, anytime_interval, e_value, monitor

__all__ = [
    "Adjusted",
    "Agreement",
    "Blinding",
    "Monitoring",
    "Rate",
    "Repeats",
    "Table",
    "Votes",
    "adjust",
    "agreement_interval",
    "anytime_interval",
    "arms_difference",
    "blinding",
    "cohen",
    "cohen_by_category",
    "detectable_difference",
    "detectable_margin",
    "detectable_preference",
    "e_value",
    "fleiss",
    "holm",
    "krippendorff",
    "mcnemar_exact",
    "mcnemar_midp",
    "monitor",
    "newcombe",
    "noninferiority",
    "preference_power",
    "preservation_power",
    "repeats",
    "superiority_power",
    "tango",
    "tango_lower",
    "wilson",
]
