"""How far re-enacted patients are from every number that a study prints.

The distance of a number is counted in what its rounding allows: up to 1 it would print the same; at
3 it is three times as far away as the printed digits can hide.  A number without a distance says
why; none is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from livingreview_cohort.reenact import Reenactment
from livingreview_record import (
    DESIGN_STATISTICS,
    INTERVAL_STATISTICS,
    Printed,
    Reported,
    Study,
    mention,
)

SAME = 1.0 + 1e-6  # a distance up to this prints the same


@dataclass(frozen=True)
class Distance:
    """A printed number, its value in the re-enactment (both ends of an interval), and how far off.

    `distance` is None, and `values` empty, where nothing was computed; `reason` then says why.
    """

    printed: Printed
    values: tuple[float, ...]
    distance: float | None
    reason: str


def distances(study: Study, reenactment: Reenactment) -> tuple[Distance, ...]:
    """The distance of every printed number of a study, in the order of its file."""
    rows = {row.quantity: row for row in reenactment.rows if row.tables}
    found = []
    for printed in study.numbers:
        row = rows.get(printed.quantity)
        if row is None:
            found.append(Distance(printed, (), None, _reason(study, printed)))
        else:
            found.append(Distance(printed, row.values, _distance(printed, row.values), ""))
    return tuple(found)


def _distance(printed: Printed, values: tuple[float, ...]) -> float:
    if printed.quantity.statistic in INTERVAL_STATISTICS:
        ends = printed.interval.lower, printed.interval.upper
        return max(_of_part(one, value) for one, value in zip(ends, values, strict=True))
    return _of_part(printed.number, values[0])


def _of_part(number: Reported, value: float) -> float:
    """The distance of a value from a printed number, in half units of its last digit.

    >>> _of_part(Reported("0.70"), 0.71), _of_part(Reported("<0.001"), 0.0002)
    (2.0, 0.0)
    """
    if number.exact is None:
        return 0.0 if not np.isfinite(value) else np.inf
    if not np.isfinite(value):
        return np.inf
    lower, upper = number.rounding_interval
    if number.relation != "=":
        beyond = max(lower - value, value - upper, 0.0)
        half = 0.5 * 10.0**-number.decimals
        return round(beyond / half, 6) + (1.0 if beyond else 0.0)
    return round(abs(value - number.value) / ((upper - lower) / 2), 6)


def _reason(study: Study, printed: Printed) -> str:
    """Why nothing was computed for a printed number."""
    quantity = printed.quantity
    outcome = study.vocabulary(quantity.outcome)
    if outcome.kind == "design" or quantity.statistic in DESIGN_STATISTICS:
        return "describes the design, not patients"
    if quantity.statistic in ("hr", "ci95", "p") and quantity.comparison:
        return "needs a comparison or model that the synthetic patients or the pipeline cannot give"
    if outcome.kind == "continuous" and mention(study, quantity) is not None:
        return f"{outcome.label} is not drawn, as nothing else is printed of it"
    return f"the synthetic patients have no {outcome.label}"


@dataclass(frozen=True)
class Agreement:
    """How the numbers of one kind agree: how many, how many print the same, the middle distance."""

    statistic: str
    numbers: int
    computed: int
    same: int
    middle: float


def agreement(found: Iterable[Distance]) -> tuple[Agreement, ...]:
    """The distances by statistic."""
    groups: dict[str, list[Distance]] = {}
    for one in found:
        groups.setdefault(one.printed.quantity.statistic, []).append(one)
    return tuple(
        Agreement(
            statistic,
            len(ones),
            len(known),
            sum(distance <= SAME for distance in known),
            float(np.median(known)) if known else float("nan"),
        )
        for statistic, ones in sorted(groups.items())
        for known in [[one.distance for one in ones if one.distance is not None]]
    )
