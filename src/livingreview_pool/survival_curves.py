"""Survival curves from printed numbers: landmarks, a median and their intervals.

A survival of 38% at 12 months says that survival was at least 38% before and at most 38%
after; a median of 8 months, that it was at least 50% before and at most 50% from then on.
Each printed point is therefore a floor up to a time and a ceiling from a time on, and so are
the limits of its interval.  As survival never rises, two envelopes follow, both step functions:

* the envelope (`lower`, `upper`): every curve that prints like the source's numbers lies in
  it; its width is what is not printed and what is rounded, not chance;
* the confidence envelope (`ci_lower`, `ci_upper`): the same from the limits of the printed
  intervals.  Limits are pointwise, so it is not a simultaneous band.

Within the envelope one curve is drawn for the eye: constant hazard between the printed
points.  It ends at the last of them; nothing is extrapolated.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import permutations
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from livingreview_pool.checks import (
    Floats,
    check_number,
    check_whole,
    listed,
    normal_quantile,
    numbers,
)
from livingreview_pool.proportions import wilson_interval

RECONSTRUCTED = "reconstructed from printed numbers, not from patients or from a drawn curve"
NO_CURVE = (
    "between the printed points the curve is drawn with constant hazard; only the envelope is known"
)


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
    for first, second in permutations(_read_points(landmarks, median), 2):
        (since, least), (until, most) = _bounds(second)[0], _bounds(first)[1]
        if until <= since and most < least:
            found.append(
                f"{first} and {second}: survival is at most {100 * most:g}% from {until:g} "
                f"on, and at least {100 * least:g}% up to {since:g}"
            )
    return tuple(found)


def _read_points(landmarks: Iterable[Landmark], median: Median | None) -> list[Point]:
    """Return the landmarks in the order of their times, then the median; check their types."""
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


def _complete(point: Point, value: float, *, most: float) -> None:
    """Fill in a rounding interval that is not given; raise ValueError for a wrong order."""
    name = type(point).__name__.lower()
    for field in astuple(point):
        check_number(name, field, "numbers", lambda _: True)
    check_number(name, point.time, "a positive finite time", lambda x: 0 < x < math.inf)
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


def _just_before(time: float) -> float:
    """Return the largest float below a time: survival is >= 0.5 only strictly before the median."""
    return math.nextafter(time, 0.0)


def _bounds(point: Point) -> tuple[Corner, Corner]:
    """Return (time, survival) of the floor up to that time and of the ceiling from it on."""
    return _corners(point, point.lower, point.upper)


def _limits(point: Point) -> tuple[Corner, Corner]:
    """Return floor and ceiling of the confidence interval, as `_bounds` does for the value."""
    return _corners(point, min(point.ci_lower, point.lower), max(point.ci_upper, point.upper))


def _corners(point: Point, lower: float, upper: float) -> tuple[Corner, Corner]:
    if isinstance(point, Median):
        return (_just_before(lower), 0.5), (upper, 0.5)
    return (point.time, lower), (point.time, upper)


def _with_limits(points: Iterable[Point], n: int | None, level: float) -> list[Point]:
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


@dataclass(frozen=True, slots=True)
class Bound:
    """A step function that never rises: `values` hold up to, or from, the `times`.

    With `up_to`, the value at t is the highest of those whose time is at or after t (a
    floor, 0 beyond the last); otherwise the lowest of those at or before t (a ceiling, 1
    before the first).
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    up_to: bool

    def at(self, times: ArrayLike) -> Floats:
        """Value at each time."""
        wanted, knots = numbers("times", times), np.array(self.times)
        if self.up_to:
            found = np.append(self.values, 0.0)[np.searchsorted(knots, wanted, side="left")]
        else:
            found = np.append(1.0, self.values)[np.searchsorted(knots, wanted, side="right")]
        return np.where(np.isnan(wanted), np.nan, found)

    def area(self, horizon: float) -> float:
        """Area under the step function from 0 to the horizon."""
        knots = np.minimum(np.concatenate([[0.0], self.times, [horizon]]), horizon)
        values = (*self.values, 0.0) if self.up_to else (1.0, *self.values)
        return float(np.diff(knots) @ np.asarray(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructedCurve:
    """What printed numbers allow to be said of one arm's survival; a reconstruction.

    `times` and `survival` are the knots of the drawn curve, with constant hazard between
    them, up to `last`, the last printed point.  The four bounds are explained in the module.
    """

    label: str
    landmarks: tuple[Landmark, ...]
    median: Median | None
    n: int | None
    level: float
    times: tuple[float, ...]
    survival: tuple[float, ...]
    last: float
    lower: Bound
    upper: Bound
    ci_lower: Bound
    ci_upper: Bound
    notes: tuple[str, ...]

    def at(self, times: ArrayLike) -> Floats:
        """Survival of the drawn curve at each time; NaN beyond the last printed point."""
        wanted = numbers("times", times)
        knots, values = np.array(self.times), np.array(self.survival)
        drawn = _constant_hazard(knots, values, np.atleast_1d(wanted)).reshape(wanted.shape)
        return np.where(wanted <= self.last, drawn, np.nan)


def reconstruct_curve(
    landmarks: Sequence[Landmark] = (),
    median: Median | None = None,
    *,
    n: int | None = None,
    label: str = "",
    level: float = 0.95,
) -> ReconstructedCurve:
    """The curve that landmarks and a median allow, between its envelopes.

    `n` patients at the start give a landmark that is printed without interval one by
    Wilson's method, as if nobody had been censored before: where some were, it is too
    narrow, and a note says so.  Numbers that contradict each other leave no curve: a
    `ValueError` names them (`contradictions` lists them without raising).

    References: for the bounds, that survival never rises; Wilson 1927, *J Am Stat Assoc*
    22:209.

    >>> curve = reconstruct_curve([Landmark(12, 0.25)], Median(6.0))
    >>> curve.at([0, 6, 12]).round(6).tolist()
    [1.0, 0.5, 0.25]
    >>> float(curve.upper.at(9)), float(curve.lower.at(9))
    (0.5, 0.25)
    """
    normal_quantile(level)
    if n is not None:
        check_whole("n", n, "a whole number of patients, at least 1")
    points = _read_points(landmarks, median)
    if not points:
        msg = f"curve ({label}): need at least one landmark or a median, found none"
        raise ValueError(msg)
    clash = contradictions(landmarks, median)
    if clash:
        msg = f"curve ({label}): no falling curve has these numbers: {'; '.join(clash)}"
        raise ValueError(msg)
    lower, upper = _envelope([_bounds(point) for point in points])
    limited = [point for point in _with_limits(points, n, level) if not math.isnan(point.ci_lower)]
    ci_lower, ci_upper = _envelope([_limits(point) for point in limited])
    last = max(point.time for point in points)
    times, survival = _drawn(points, lower, upper, last)
    return ReconstructedCurve(
        label=label,
        landmarks=tuple(point for point in points if isinstance(point, Landmark)),
        median=median,
        n=n,
        level=level,
        times=times,
        survival=survival,
        last=last,
        lower=lower,
        upper=upper,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        notes=tuple(_notes(points, n, len(limited))),
    )


def _envelope(corners: Sequence[tuple[Corner, Corner]]) -> tuple[Bound, Bound]:
    """The tightest falling step functions of all floors and ceilings."""
    floors, ceilings = [floor for floor, _ in corners], [ceiling for _, ceiling in corners]
    return _bound(floors, up_to=True), _bound(ceilings, up_to=False)


def _bound(corners: Iterable[Corner], *, up_to: bool) -> Bound:
    """Return the tightest falling step function of all corners; infinite times are left out."""
    ordered = sorted((time, value) for time, value in corners if 0 < time < math.inf)
    times, values = np.reshape(ordered, (-1, 2)).T
    values = np.maximum.accumulate(values[::-1])[::-1] if up_to else np.minimum.accumulate(values)
    return Bound(tuple(times.tolist()), tuple(values.tolist()), up_to)


def _drawn(
    points: Iterable[Point], lower: Bound, upper: Bound, last: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Knots of a falling curve through the printed points, moved within rounding if needed.

    The corners of the envelope are knots too: where the curve keeps to its envelope at
    them, it does so everywhere.
    """
    printed = sorted(
        (_just_before(point.time), 0.5)
        if isinstance(point, Median)
        else (point.time, point.survival)
        for point in points
    )
    times = np.array([0.0, *(time for time, _ in printed)])
    survival = np.array([1.0, *(value for _, value in printed)])
    survival = np.minimum.accumulate(np.clip(survival, lower.at(times), upper.at(times)))
    corners = np.array([time for time in (*lower.times, *upper.times) if time < last])
    knots = np.unique(np.concatenate([times, corners]))
    drawn = _constant_hazard(times, survival, knots)
    drawn = np.minimum.accumulate(np.clip(drawn, lower.at(knots), upper.at(knots)))
    if knots[-1] < last:
        knots, drawn = np.append(knots, last), np.append(drawn, drawn[-1])
    return tuple(knots.tolist()), tuple(drawn.tolist())


def _constant_hazard(times: Floats, survival: Floats, wanted: Floats) -> Floats:
    """Survival at the wanted times, log-linear between knots (linear down to zero)."""
    segment = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, times.size - 2)
    width = times[segment + 1] - times[segment]
    share = np.clip((wanted - times[segment]) / np.where(width > 0, width, 1.0), 0.0, 1.0)
    start, end = survival[segment], survival[segment + 1]
    safe = np.where(end > 0, end, 1.0) / np.where(end > 0, start, 1.0)
    result: Floats = np.where(end > 0, start * safe**share, start * (1 - share))
    return result


def _notes(points: Sequence[Point], n: int | None, limited: int) -> Iterator[str]:
    yield RECONSTRUCTED
    yield NO_CURVE
    bare = [point for point in points if math.isnan(point.ci_lower)]
    by_n = [str(point) for point in bare if n is not None and isinstance(point, Landmark)]
    if by_n:
        yield (
            f"printed without interval: {', '.join(by_n)}; the interval is that of {n} "
            "patients none of whom was censored; with censoring it would be wider"
        )
    unlimited = [str(point) for point in bare if n is None or isinstance(point, Median)]
    if unlimited:
        names = ", ".join(unlimited)
        yield f"printed without interval, so without confidence limits: {names}"
    if not limited:
        yield "nothing is printed of chance: the confidence envelope is 0 to 1 throughout"
