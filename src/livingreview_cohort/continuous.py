"""Numbers a patient, such as age, with the printed mean, standard deviation, median and range."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.curves import Z95
from livingreview_record import ALL_ARMS, Outcome, Quantity, Study, mention

Floats = NDArray[np.float64]
LESS = re.compile(r"\b(up to|or younger|or less|under|below|fewer|less than|at most)\b|[<≤]", re.I)
STRICT = re.compile(r"\b(under|below|fewer|less than)\b|<", re.I)
FIGURE = re.compile(r"\d+(?:\.\d+)?")
MEDIAN_ERROR = math.sqrt(math.pi / 2)  # of a median, against a mean's, under normality


@dataclass(frozen=True)
class Cut:
    """Where a variable in two groups parts the numbers that it is a form of."""

    of: str
    at: float
    below: str  # the level of the smaller numbers
    above: str
    inclusive: bool  # whether the number itself counts as below

    def is_below(self, values: Floats) -> NDArray[np.bool_]:
        """Which values lie in the lower group."""
        found: NDArray[np.bool_] = values <= self.at if self.inclusive else values < self.at
        return found


def cut_of(study: Study, variable: str) -> Cut | None:
    """The cut of a variable that `form_of` says to be another in two groups, by its labels.

    >>> study = Study("s", "", "", "", (), {}, {}, {}, {}, {}, {"g": Outcome("g", "", "categorical",
    ...     {"old": "65 years or older", "young": "Under 65 years"}, form_of="age")})
    >>> cut_of(study, "g")
    Cut(of='age', at=65.0, below='young', above='old', inclusive=False)
    """
    outcome = study.variables[variable]
    if not outcome.form_of or len(outcome.levels) != 2:
        return None
    labels = [str(label) for label in outcome.levels.values()]
    figures = [FIGURE.findall(label) for label in labels]
    less = [bool(LESS.search(label)) for label in labels]
    if figures[0] != figures[1] or len(figures[0]) != 1 or sum(less) != 1:
        return None
    levels = list(outcome.levels)
    below, above = levels if less[0] else levels[::-1]
    strict = STRICT.search(labels[less.index(True)])
    return Cut(outcome.form_of, float(figures[0][0]), below, above, not strict)


@dataclass(frozen=True)
class Described:
    """What is printed of a continuous variable in a group of patients."""

    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    range: tuple[float, float] | None = None
    log_sd: float | None = None  # of the logarithm, where an interval of the median implies it
    whole: bool = False  # whether all values are whole numbers


def described(study: Study, variable: str, arm: str) -> Described | None:
    """What is printed of a variable for an arm, or for all patients where the arm has nothing."""
    for name in (arm, ALL_ARMS):
        own = Quantity(arm_id=name, outcome=variable)
        found = {s: mention(study, replace(own, statistic=s)) for s in ("mean", "sd", "median")}
        span = mention(study, replace(own, statistic="range"))
        numbers = {key: place.number.value for key, place in found.items() if place}
        if not numbers:
            continue
        ends = (span.interval.lower.value, span.interval.upper.value) if span else None
        whole = bool(span and not span.interval.lower.decimals and not span.interval.upper.decimals)
        return Described(**numbers, range=ends, log_sd=_log_sd(study, own), whole=whole)
    return None


def _log_sd(study: Study, own: Quantity) -> float | None:
    interval = mention(study, replace(own, statistic="ci95"))
    size = mention(study, replace(own, outcome="participants", statistic="n"))
    if interval is None or size is None:
        return None
    low, high = interval.interval.lower.value, interval.interval.upper.value
    if not (0 < low < high):
        return None
    error = math.log(high / low) / (2 * Z95)
    return error * math.sqrt(size.number.value) / MEDIAN_ERROR


def values(said: Described, below: int | None, cut: Cut | None, normal: Floats) -> Floats:
    """Sorted numbers with what is printed of them, from sorted standard normal ones.

    `below` of them lie in the lower group of the cut.  Mean and standard deviation are met
    exactly, or else median, range and cut.
    """
    n = normal.size
    if said.mean is not None and said.sd is not None and n > 1:
        scaled: Floats = said.mean + said.sd * (normal - normal.mean()) / normal.std(ddof=1)
        return scaled
    middle = said.median if said.median is not None else said.mean or 0.0
    if said.log_sd is not None:
        start = middle * np.exp(said.log_sd * normal)
    else:
        low, high = said.range or (middle - 2, middle + 2)
        start = middle + (high - low) / 5 * normal
    knots = _knots(said, below, cut, n)
    found = np.array(start)
    if knots:
        places = sorted(knots)
        source = np.maximum.accumulate(start[places] + 1e-9 * np.arange(len(places)))
        target = np.maximum.accumulate(np.array([knots[place] for place in places]))
        found = np.interp(start, source, target)
        outside = (start < source[0]) | (start > source[-1])
        found[outside] = start[outside] + np.where(
            start[outside] < source[0], target[0] - source[0], target[-1] - source[-1]
        )
    shown: Floats = np.round(found) if said.whole else found
    return shown


def _knots(said: Described, below: int | None, cut: Cut | None, n: int) -> dict[int, float]:
    """The values that some places in the order must have."""
    knots: dict[int, float] = {}
    if said.median is not None:
        first, second = (n - 1) // 2, n // 2
        step = 0.5 if said.whole and first != second and said.median % 1 else 0.0
        knots |= {first: said.median - step, second: said.median + step}
    if cut is not None and below is not None:
        unit = 1.0 if said.whole else 1e-3
        top = cut.at if cut.inclusive else cut.at - unit
        if below:
            knots[below - 1] = min(top, knots.get(below - 1, top))
        if below < n:
            knots[below] = max(top + unit, knots.get(below, top + unit))
    if said.range is not None:
        knots |= {0: said.range[0], n - 1: said.range[1]}
    return knots


def by_group(sorted_values: Floats, is_below: NDArray[np.bool_], order: NDArray[np.int_]) -> Floats:
    """Give the smallest values to the patients of the lower group, in a drawn order within each."""
    found = np.empty(sorted_values.size)
    below = [row for row in order.tolist() if is_below[row]]
    above = [row for row in order.tolist() if not is_below[row]]
    found[[*below, *above]] = sorted_values
    return found


def numeric_levels(outcome: Outcome) -> Mapping[str, float]:
    """The numbers that the levels of a variable are named by; empty where they are not numbers."""
    labels: Sequence[tuple[str, str]] = [(k, str(v)) for k, v in outcome.levels.items()]
    named = {key: float(label) for key, label in labels if FIGURE.fullmatch(label)}
    return named if len(named) == len(labels) else {}
