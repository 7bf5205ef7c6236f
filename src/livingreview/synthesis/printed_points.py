"""Printed points of a survival curve: landmarks and a median, and what each says of the curve.

A survival of 38% at 12 months says that survival was at least 38% before and at most 38%
after; a median of 8 months, that it was at least 50% before and at most 50% from then on.
Each point is therefore a floor up to a time and a ceiling from a time on; so are the limits
of its interval.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from livingreview.synthesis.inputs import normal_quantile

NAN = float("nan")


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
    lower: float = NAN
    upper: float = NAN
    ci_lower: float = NAN
    ci_upper: float = NAN

    def __post_init__(self) -> None:
        if not 0 < self.time < math.inf:
            msg = f"landmark: need a positive time, found {self.time!r}"
            raise ValueError(msg)
        _widen(self, self.survival, 0.0, 1.0)

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
    lower: float = NAN
    upper: float = NAN
    ci_lower: float = NAN
    ci_upper: float = NAN

    def __post_init__(self) -> None:
        if not 0 < self.time < math.inf:
            msg = f"median: need a positive finite time, found {self.time!r}"
            raise ValueError(msg)
        _widen(self, self.time, 0.0, math.inf)

    def __str__(self) -> str:
        return f"median {self.time:g}"


Point: TypeAlias = Landmark | Median


def contradictions(landmarks: Iterable[Landmark], median: Median | None = None) -> tuple[str, ...]:
    """Pairs of printed numbers that no falling curve can have, one sentence each.

    Rounding is allowed for: only numbers that contradict each other whatever was rounded
    away are named.

    >>> contradictions([Landmark(12, 0.6)], Median(8.0))
    ('median 8 and 60% at 12: survival is at most 50% from 8 on, and at least 60% up to 12',)
    """
    points: list[Point] = [*landmarks, *([] if median is None else [median])]
    found = []
    for first in points:
        for second in points:
            until, most = ceiling(first)
            since, least = floor(second)
            if first is not second and until <= since and most < least:
                found.append(
                    f"{first} and {second}: survival is at most {100 * most:g}% from {until:g} "
                    f"on, and at least {100 * least:g}% up to {since:g}"
                )
    return tuple(found)


def wilson_interval(proportion: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion of n patients.

    References: Wilson 1927, *J Am Stat Assoc* 22:209.

    >>> [round(limit, 4) for limit in wilson_interval(0.5, 100)]
    [0.4038, 0.5962]
    """
    if n < 1:
        msg = f"n: need at least one patient, found {n!r}"
        raise ValueError(msg)
    z2 = normal_quantile(level) ** 2
    centre = (proportion + z2 / (2 * n)) / (1 + z2 / n)
    spread = proportion * (1 - proportion) / n + z2 / (4 * n * n)
    half = math.sqrt(z2 * max(spread, 0.0)) / (1 + z2 / n)
    lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    return min(lower, proportion), max(upper, proportion)  # equal at 0 and 1, but for rounding


def _widen(point: Point, value: float, least: float, most: float) -> None:
    """Fill in a rounding interval that is not named; refuse bounds in the wrong order."""
    rounding = [value if math.isnan(limit) else limit for limit in (point.lower, point.upper)]
    rounding = [max(rounding[0], least), min(rounding[1], most)]
    unlimited = math.isnan(point.ci_lower) and math.isnan(point.ci_upper)
    ci = rounding if unlimited else [point.ci_lower, point.ci_upper]
    if not (least <= rounding[0] <= value <= rounding[1] <= most):
        msg = (
            f"{point}: need lower <= value <= upper within {least:g} and {most:g}, found {rounding}"
        )
        raise ValueError(msg)
    if not (least <= ci[0] <= value <= ci[1] <= most):
        msg = f"{point}: need ci_lower <= value <= ci_upper, found {ci[0]:g}, {value:g}, {ci[1]:g}"
        raise ValueError(msg)
    object.__setattr__(point, "lower", rounding[0])
    object.__setattr__(point, "upper", rounding[1])


def just_before(time: float) -> float:
    """The last number below a time: a median is a floor up to there, not at the time itself."""
    return math.nextafter(time, 0.0)


def floor(point: Point) -> tuple[float, float]:
    """Up to which time survival is at least which value."""
    if isinstance(point, Median):
        return just_before(point.lower), 0.5
    return point.time, point.lower


def ceiling(point: Point) -> tuple[float, float]:
    """From which time on survival is at most which value."""
    if isinstance(point, Median):
        return point.upper, 0.5
    return point.time, point.upper


def lower_limit(point: Point) -> tuple[float, float]:
    """The floor that the confidence interval gives, as `floor` does for the value."""
    if isinstance(point, Median):
        return just_before(min(point.ci_lower, point.lower)), 0.5
    return point.time, min(point.ci_lower, point.lower)


def upper_limit(point: Point) -> tuple[float, float]:
    """The ceiling that the confidence interval gives, as `ceiling` does for the value."""
    if isinstance(point, Median):
        return max(point.ci_upper, point.upper), 0.5
    return point.time, max(point.ci_upper, point.upper)


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
