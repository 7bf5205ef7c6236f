"""Printed points of a survival curve: landmarks and a median, and what each says of the curve.

A survival of 38% at 12 months says that survival was at least 38% before and at most 38%
after; a median of 8 months, that it was at least 50% before and at most 50% from then on.
Each point is therefore a floor up to a time and a ceiling from a time on; so are the limits
of its interval.
"""

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from itertools import permutations
from typing import TypeAlias

from livingreview_pool.checks import check_within, is_number, listed, normal_quantile


@dataclass(frozen=True, slots=True)
class Landmark:
    """Survival (0 to 1) printed at a time, and the values that print like it.

    `lower` and `upper` are the rounding interval (not named: the value itself);
    `ci_lower` and `ci_upper` the printed confidence interval, NaN where there is none.

    >>> Landmark(12, 0.38, 0.375, 0.385).upper
    0.385
    """

    time: float
    survival: float
    lower: float = math.nan
    upper: float = math.nan
    ci_lower: float = math.nan
    ci_upper: float = math.nan

    def __post_init__(self) -> None:
        _check(self)
        _complete(self, self.survival, most=1.0)

    def __str__(self) -> str:
        return f"{100 * self.survival:g}% at {self.time:g}"


@dataclass(frozen=True, slots=True)
class Median:
    """Printed median survival time, and the values that print like it.

    `lower`, `upper`, `ci_lower` and `ci_upper` as for `Landmark`, in units of time; a limit
    that was not reached is infinite.

    >>> Median(8.0, 7.95, 8.05, 6.1, float("inf")).ci_lower
    6.1
    """

    time: float
    lower: float = math.nan
    upper: float = math.nan
    ci_lower: float = math.nan
    ci_upper: float = math.nan

    def __post_init__(self) -> None:
        _check(self)
        _complete(self, self.time, most=math.inf)

    def __str__(self) -> str:
        return f"median {self.time:g}"


Point: TypeAlias = Landmark | Median
Corner: TypeAlias = tuple[float, float]  # a time, and a survival up to it or from it on


def contradictions(landmarks: Iterable[Landmark], median: Median | None = None) -> tuple[str, ...]:
    """Pairs of printed numbers that no falling curve can have, one sentence each.

    Rounding is allowed for: only numbers that contradict each other whatever was rounded
    away are named.

    >>> contradictions([Landmark(12, 0.6)], Median(8.0))
    ('median 8 and 60% at 12: survival is at most 50% from 8 on, and at least 60% up to 12',)
    """
    found = []
    for first, second in permutations(printed_points(landmarks, median), 2):
        (since, least), (until, most) = bounds(second)[0], bounds(first)[1]
        if until <= since and most < least:
            found.append(
                f"{first} and {second}: survival is at most {100 * most:g}% from {until:g} "
                f"on, and at least {100 * least:g}% up to {since:g}"
            )
    return tuple(found)


def printed_points(landmarks: Iterable[Landmark], median: Median | None) -> list[Point]:
    """Landmarks in the order of their times, then the median; ValueError names what is neither."""
    given = listed("landmarks", landmarks)
    for place, point in enumerate(given):
        if not isinstance(point, Landmark):
            msg = f"landmarks[{place}]: need a Landmark, found {point!r}"
            raise ValueError(msg)
    if not isinstance(median, Median | None):
        msg = f"median: need a Median or None, found {median!r}"
        raise ValueError(msg)
    ordered = sorted(given, key=lambda point: (point.time, -point.survival))
    return [*ordered, median] if median else [*ordered]


def wilson_interval(proportion: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion of n patients.

    References: Wilson 1927, *J Am Stat Assoc* 22:209.

    >>> [round(limit, 4) for limit in wilson_interval(0.5, 100)]
    [0.4038, 0.5962]
    """
    check_within("proportion", proportion, 0, 1)
    check_patients(n)
    z2 = normal_quantile(level) ** 2
    centre = (proportion + z2 / (2 * n)) / (1 + z2 / n)
    spread = proportion * (1 - proportion) / n + z2 / (4 * n * n)
    half = math.sqrt(z2 * max(spread, 0.0)) / (1 + z2 / n)
    lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    return min(lower, proportion), max(upper, proportion)  # equal at 0 and 1, but for rounding


def check_patients(n: float) -> None:
    """Refuse what is no number of patients."""
    if not (is_number(n) and n >= 1 and float(n).is_integer()):
        msg = f"n: need a whole number of patients, at least 1, found {n!r}"
        raise ValueError(msg)


def _check(point: Point) -> None:
    name = type(point).__name__.lower()
    for value in astuple(point):
        if not is_number(value):
            msg = f"{name}: need numbers, found {value!r}"
            raise ValueError(msg)
    if not 0 < point.time < math.inf:
        msg = f"{name}: need a positive finite time, found {point.time!r}"
        raise ValueError(msg)


def _complete(point: Point, value: float, *, most: float) -> None:
    """Fill in a rounding interval that is not named; refuse bounds in the wrong order."""
    lower, upper = (value if math.isnan(x) else x for x in (point.lower, point.upper))
    lower, upper = max(lower, 0.0), min(upper, most)
    if not (0 <= lower <= value <= upper <= most):
        msg = (
            f"{point}: need lower <= value <= upper within 0 and {most:g}, "
            f"found {lower:g}, {value:g}, {upper:g}"
        )
        raise ValueError(msg)
    ci = (point.ci_lower, point.ci_upper)
    if not (all(map(math.isnan, ci)) or 0 <= ci[0] <= value <= ci[1] <= most):
        msg = f"{point}: need ci_lower <= value <= ci_upper, found {ci[0]:g}, {value:g}, {ci[1]:g}"
        raise ValueError(msg)
    object.__setattr__(point, "lower", lower)
    object.__setattr__(point, "upper", upper)


def just_before(time: float) -> float:
    """The last number below a time: a median is a floor up to there, not at the time itself."""
    return math.nextafter(time, 0.0)


def bounds(point: Point) -> tuple[Corner, Corner]:
    """Floor and ceiling: up to which time survival is at least what, from when at most what."""
    return _corners(point, point.lower, point.upper)


def limits(point: Point) -> tuple[Corner, Corner]:
    """Floor and ceiling that the confidence interval gives, as `bounds` does for the value."""
    return _corners(point, min(point.ci_lower, point.lower), max(point.ci_upper, point.upper))


def _corners(point: Point, lower: float, upper: float) -> tuple[Corner, Corner]:
    if isinstance(point, Median):
        return (just_before(lower), 0.5), (upper, 0.5)
    return (point.time, lower), (point.time, upper)


def with_limits(points: Iterable[Point], n: int | None, level: float) -> list[Point]:
    """The points; where n is known, landmarks without interval get that of n patients."""
    return [
        replace(
            point,
            ci_lower=wilson_interval(point.lower, n, level)[0],
            ci_upper=wilson_interval(point.upper, n, level)[1],
        )
        if isinstance(point, Landmark) and math.isnan(point.ci_lower) and n is not None
        else point
        for point in points
    ]
