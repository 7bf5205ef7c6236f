"""The horizontal axis of a figure: its words, its scale, its ends and its ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from livingreview_record import Terms

LOG_STEPS = (  # of one power of ten, the coarsest first
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5),
)
FEWEST_TICKS = 4  # a reader needs these to read the ends of an interval


@dataclass(frozen=True)
class Axis:
    """What the horizontal axis shows: its words, its scale, the line of no difference.

    `favours` are the words left and right of the reference line; a limit that is not a number
    is chosen from what is drawn.
    """

    label: str
    scale: str = "linear"
    reference: float | None = None
    favours: tuple[str, str] | None = None
    limits: tuple[float, float] = (math.nan, math.nan)

    def in_terms(self, terms: Terms) -> "Axis":
        """Return the axis with its label in the words of the review."""
        return replace(self, label=terms.fill(self.label))


HAZARD_RATIO = Axis("Hazard ratio (log scale)", scale="log", reference=1.0)
MONTHS = Axis("Months", limits=(0.0, math.nan))
PERCENT = Axis("Percent of {participants}", limits=(0.0, 100.0))


def log_ticks(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis: the roundest numbers that are enough to read it by.

    >>> log_ticks(0.2, 6), log_ticks(0.62, 1.3)
    ([0.2, 0.5, 1.0, 2.0, 5.0], [0.7, 0.8, 0.9, 1.0, 1.2])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in LOG_STEPS:
        every = (round(step * 10.0**power, 9) for power in powers for step in steps)
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    return ticks


def ends(axis: Axis, drawn: Iterable[float]) -> tuple[float, float]:
    """Return the ends of the axis: those asked for, or a little beyond what is drawn."""
    reference = () if axis.reference is None else (axis.reference,)
    finite = [value for value in (*drawn, *reference) if math.isfinite(value)]
    low, high = min(finite), max(finite)
    if axis.scale == "log":
        low, high = min(low / 1.15, 0.9), max(high * 1.15, 1.1)
    else:
        pad = 0.05 * (high - low or 1.0)
        low, high = low - pad, high + pad
    asked_low, asked_high = axis.limits
    return (
        low if math.isnan(asked_low) else asked_low,
        high if math.isnan(asked_high) else asked_high,
    )
