"""From counts of events, or means, to estimates and sampling variances, study by study.

One formula per measure (`RECIPES`); checks and the correction for zero cells are shared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from livingreview_pool.checks import (
    LARGEST,
    MOST,
    Floats,
    check_choice,
    check_number,
    numbers,
    refuse,
)
from livingreview_pool.measures import double_arcsine, measure

Pair: TypeAlias = tuple[Floats, Floats]

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")


class Column(NamedTuple):
    """One quantity of an arm: its name and the values it can have."""

    name: str
    needed: str
    allows: Callable[[Floats], NDArray[np.bool_]]
    most: float = LARGEST


EVENTS = Column(
    "events", "a whole number of at least 0", lambda x: (x >= 0) & (x == np.round(x)), MOST
)
PATIENTS = Column(
    "n", "a whole number of at least 1", lambda x: (x >= 1) & (x == np.round(x)), MOST
)
TIME = Column("time", "a positive number", lambda x: x > 0)
MEAN = Column("mean", "a finite number", np.isfinite)
SD = Column("sd", "a positive number", lambda x: x > 0)


class ArmData(NamedTuple):
    """What is known of one arm; the first `counted` of its cells are counts of events."""

    columns: tuple[Column, ...]
    counted: int
    sampling: str


COUNTS = ArmData((EVENTS, PATIENTS), 2, "binomial sampling")  # cells: events, non-events
TIMES = ArmData((EVENTS, TIME), 1, "Poisson sampling")
MEANS = ArmData((MEAN, SD, PATIENTS), 0, "normal sampling, variances from standard deviations")
ONE_ARM = ("",)
TWO_ARMS = ("_experimental", "_control")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a measure is computed: from what arms, by which formula of their cells.

    `add` is what every count gets by default where one is zero.
    """

    arms: tuple[str, ...]
    data: ArmData
    formula: Callable[..., Pair]
    add: float = 0.5

    def names(self) -> tuple[str, ...]:
        """Names of the arguments, in the order of the arms."""
        return tuple(column.name + arm for arm in self.arms for column in self.data.columns)


def _peto(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2, n = a + b, c + d, a + b + c + d
    information = (a + c) * (b + d) * (n1 / n) * (n2 / n) / (n - 1)
    return (a - (a + c) * n1 / n) / information, 1 / information


def _log_rr(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _rd(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _smd(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    """Return Hedges' g and its large-sample variance.

    References: Hedges 1981, *Journal of Educational Statistics* 6:107 (the exact correction for
    small samples); Hedges 1982, *Psychological Bulletin* 92:490 (the variance).
    """
    df = n1 + n2 - 2
    pooled_sd = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    correction = np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    g = correction * (m1 - m2) / pooled_sd
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


# of cells a, b, c, d: events and non-events of the experimental and of the control arm;
# x, m: events and non-events of one arm; x, t: events and time; m, s, n: mean, SD, patients
RECIPES: Mapping[str, Recipe] = {
    "log_or": Recipe(
        TWO_ARMS,
        COUNTS,
        lambda a, b, c, d: (np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d),
    ),
    "log_rr": Recipe(TWO_ARMS, COUNTS, _log_rr),
    "rd": Recipe(TWO_ARMS, COUNTS, _rd),
    "peto": Recipe(TWO_ARMS, COUNTS, _peto),
    "log_rate_ratio": Recipe(
        TWO_ARMS, TIMES, lambda x1, t1, x2, t2: (np.log(x1 / t1) - np.log(x2 / t2), 1 / x1 + 1 / x2)
    ),
    "md": Recipe(
        TWO_ARMS, MEANS, lambda m1, s1, n1, m2, s2, n2: (m1 - m2, s1**2 / n1 + s2**2 / n2), add=0.0
    ),
    "smd": Recipe(TWO_ARMS, MEANS, _smd, add=0.0),
    "proportion": Recipe(ONE_ARM, COUNTS, lambda x, m: (x / (x + m), x * m / (x + m) ** 3)),
    "log_proportion": Recipe(
        ONE_ARM, COUNTS, lambda x, m: (np.log(x / (x + m)), 1 / x - 1 / (x + m))
    ),
    "logit_proportion": Recipe(ONE_ARM, COUNTS, lambda x, m: (np.log(x / m), 1 / x + 1 / m)),
    "arcsine_proportion": Recipe(
        ONE_ARM, COUNTS, lambda x, m: (np.arcsin(np.sqrt(x / (x + m))), 1 / (4 * (x + m))), add=0.0
    ),
    "double_arcsine_proportion": Recipe(
        ONE_ARM, COUNTS, lambda x, m: (double_arcsine(x, x + m), 1 / (4 * (x + m) + 2)), add=0.0
    ),
    "rate": Recipe(ONE_ARM, TIMES, lambda x, t: (x / t, x / t**2)),
    "log_rate": Recipe(ONE_ARM, TIMES, lambda x, t: (np.log(x / t), 1 / x)),
    "sqrt_rate": Recipe(ONE_ARM, TIMES, lambda x, t: (np.sqrt(x / t), 1 / (4 * t)), add=0.0),
}


def effect_sizes(
    key: str,
    *,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    **counts: ArrayLike,
) -> Pair:
    """Return estimates `yi` and sampling variances `vi` of one measure for many studies at once.

    `counts` are one array for each quantity of each arm: `events` and `n` (log_or, log_rr,
    rd, peto and proportions), `events` and `time` (rates), or `mean`, `sd` and `n` (md, smd);
    with two arms their names end in `_experimental` and `_control`.

    `to` says which studies get `add` in their cells when a cell is zero: "only0" those
    studies, "if0all" every study as soon as one has a zero, "all" every study always,
    "none" no study.  `add` is 0.5, and 0 for the measures that need no correction
    (arcsines, square roots).  `drop00` leaves out comparisons without, or with nothing
    but, events in both arms.  What cannot be estimated is NaN in both arrays, so that
    rows stay in step with the studies; pooling refuses NaN by name.

    References: Viechtbauer 2010, *Journal of Statistical Software* 36(3), `escalc`.

    >>> yi, vi = effect_sizes("logit_proportion", events=[5, 0], n=[10, 10])
    >>> yi.round(3).tolist(), vi.round(3).tolist()
    ([0.0, -3.045], [0.4, 2.095])
    """
    recipe = find_recipe(key)
    check_choice("to", to, ZERO_CELL_RULES)
    names = recipe.names()
    if set(counts) != set(names):
        found = ", ".join(counts) or "nothing"
        msg = f"effect_sizes: {key} needs {', '.join(names)}; found {found}"
        raise ValueError(msg)
    arms = read_columns(recipe.data, recipe.arms, [counts[name] for name in names])
    added = recipe.add if add is None else add
    check_number("add", added, "a number of at least 0", lambda x: 0 <= x <= MOST)
    if not isinstance(drop00, bool):
        msg = f"drop00: need True or False, found {drop00!r}"
        raise ValueError(msg)
    if recipe.data is COUNTS:
        arms = [[events, n - events] for events, n in arms]
    increment = _increment(recipe.data, arms, added, to, drop00=drop00)
    counted = [place < recipe.data.counted for place in range(len(recipe.data.columns))]
    cells = [
        cell + increment if is_count else cell
        for arm in arms
        for cell, is_count in zip(arm, counted, strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = recipe.formula(*cells)
    unusable = ~(np.isfinite(yi) & np.isfinite(vi))
    return np.where(unusable, np.nan, yi), np.where(unusable, np.nan, vi)


def find_recipe(key: str) -> Recipe:
    """Return the recipe of a measure; raise ValueError if it has none (a hazard ratio)."""
    known = measure(key)
    if known.key not in RECIPES:
        msg = f"measure: {key!r} has no formula from counts; need one of {', '.join(RECIPES)}"
        raise ValueError(msg)
    return RECIPES[known.key]


def read_columns(
    data: ArmData, arms: Sequence[str], values: Sequence[ArrayLike]
) -> list[list[Floats]]:
    """Check the columns of each arm, and return them arm by arm.

    Raise ValueError, with name and place, for columns of different lengths, for a value
    that its column does not allow, and for more events than patients.

    >>> [[column.tolist() for column in arm] for arm in read_columns(COUNTS, [""], [[1], [5]])]
    [[[1.0], [5.0]]]
    """
    named = [(column, column.name + arm) for arm in arms for column in data.columns]
    read = [np.atleast_1d(numbers(name, of)) for (_, name), of in zip(named, values, strict=True)]
    first, size = named[0][1], read[0].size
    if not size:
        msg = f"{first}: need at least one study, found k = 0"
        raise ValueError(msg)
    for (column, name), found in zip(named, read, strict=True):
        if found.shape != (size,):
            msg = f"{name}: need {size} values like {first}, found {found.size}"
            raise ValueError(msg)
        refuse(name, found, np.isfinite(found) & column.allows(found), column.needed)
        refuse(name, found, np.abs(found) <= column.most, f"at most {column.most:g}")
    width = len(data.columns)
    by_arm = [read[start : start + width] for start in range(0, len(read), width)]
    if data is COUNTS:
        for arm, (events, n) in zip(arms, by_arm, strict=True):
            for place in np.flatnonzero(events > n)[:1]:
                msg = f"events{arm}[{place}]: need at most n = {n[place]:g}, "
                msg += f"found {events[place]:g}"
                raise ValueError(msg)
    return by_arm


def _increment(
    data: ArmData, arms: Sequence[Sequence[Floats]], added: float, to: str, *, drop00: bool
) -> Floats:
    """What the counts of each study get; NaN for a study that is left out."""
    zeros = [[cell == 0 for cell in arm[: data.counted]] for arm in arms]
    dropped = np.zeros(arms[0][0].shape, dtype=bool)
    if drop00 and len(arms) > 1:
        for in_each_arm in zip(*zeros, strict=True):
            dropped |= np.logical_and.reduce(in_each_arm)
    zero = np.logical_or.reduce([cell for arm in zeros for cell in arm]) & ~dropped
    gets = {"only0": zero, "if0all": zero.any(), "all": True, "none": False}[to]
    return np.where(dropped, np.nan, np.where(gets, added, 0.0))
