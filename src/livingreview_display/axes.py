"""The horizontal axis of a figure: its words, its scale, its ends and its ticks."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from livingreview_record import Terms

LOG_STEPS = (  # of one power of ten, the coarsest first
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5),
)
FEWEST_TICKS = 4  # a reader needs these to read the ends of an interval
FARTHEST = 4.0  # median lengths of an interval's arm, from the outermost estimate to the axis' end


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


def log_ticks(low: float, high: float, *, most: int = 12) -> list[float]:
    """Return the ticks of a logarithmic axis: the roundest numbers that are enough to read it by.

    Of more than `most`, the first, the last and the roundest between them stay apart from each
    other.

    >>> log_ticks(0.2, 6), log_ticks(0.62, 1.3)
    ([0.2, 0.5, 1.0, 2.0, 5.0], [0.7, 0.8, 0.9, 1.0, 1.2])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    least = math.log(high / low) / most  # distance of two numbers that stand beside each other
    ticks: list[float] = []
    for steps in LOG_STEPS:
        every = (round(step * 10.0**power, 9) for power in powers for step in steps)
        for tick in every:
            apart = all(abs(math.log(tick / other)) >= least for other in ticks)
            if low <= tick <= high and apart:
                ticks.append(tick)
        if len(ticks) >= FEWEST_TICKS:
            break
    return sorted(ticks)


def ends(axis: Axis, drawn: Iterable[tuple[float, float, float]]) -> tuple[float, float]:
    """Return the ends of the axis: those asked for, or a little beyond what is drawn.

    `drawn` are estimates with their limits.  An interval that reaches much farther than others do
    is cut, so that it does not press all others together; every estimate stays inside.  What was
    not reached, or has no place on the scale, is left out.
    """
    rows, log = tuple(drawn), axis.scale == "log"
    change, back = (math.log, math.exp) if log else (float, float)

    def has_place(value: float) -> bool:
        return math.isfinite(value) and (value > 0 or not log)

    known = [change(row[0]) for row in rows if has_place(row[0])]
    limits = [change(limit) for _, *both in rows for limit in both if has_place(limit)]
    lengths = [
        abs(change(limit) - change(estimate))
        for estimate, *both in rows
        for limit in both
        if has_place(estimate) and has_place(limit)
    ]
    if known and lengths:
        reach = FARTHEST * median(lengths)
        low, high = min(known) - reach, max(known) + reach
        limits = [min(max(limit, low), high) for limit in limits]
    inside = [*known, *limits, *(() if axis.reference is None else (change(axis.reference),))]
    low, high = min(inside, default=0.0), max(inside, default=0.0)
    pad = math.log(1.15) if log else 0.05 * (high - low or 1.0)
    found = back(low - pad), back(high + pad)
    if log:
        found = min(found[0], 0.9), max(found[1], 1.1)
    chosen = (
        f if math.isnan(asked) else asked for f, asked in zip(found, axis.limits, strict=True)
    )
    return tuple(chosen)  # type: ignore[return-value]


def fraction(axis: Axis, limits: tuple[float, float], value: float) -> float:
    """Return where a value stands between the ends of the axis, from 0 to 1.

    >>> fraction(HAZARD_RATIO, (0.25, 4.0), 1.0)
    0.5
    """
    change = math.log if axis.scale == "log" else float
    low, high = map(change, limits)
    return (change(value) - low) / (high - low)
