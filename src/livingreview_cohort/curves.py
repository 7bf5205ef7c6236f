"""Kaplan-Meier curves with the intervals that packages offer, and tests between curves.

References: Kaplan & Meier 1958, *JASA* 53:457; Greenwood 1926; Brookmeyer & Crowley 1982,
*Biometrics* 38:29 (interval of a median); Gehan 1965, *Biometrika* 52:203; Klein & Moeschberger
2003, *Survival Analysis*, ch. 4 and 7.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Labels = NDArray[Any]  # of groups or strata, one a patient
IntervalStyle = Literal["plain", "log", "log-log", "arcsine"]
MedianStyle = Literal["plain", "log", "log-log", "arcsine", "symmetric"]
AtOneHalf = Literal["midpoint", "first"]
Weight = Literal["log-rank", "gehan-wilcoxon"]

Z95 = float(special.ndtri(0.975))
EQUAL = 1e-9  # a product of fractions that is one half in exact arithmetic is this close to it
NOT_REACHED = float("nan")


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """The curve of patients with a time and whether their event was seen (else censored then).

    Where the curve lies exactly at one half for a while, packages differ in its median: the first
    time of that stretch (SPSS, Stata), or its midpoint (R, SAS).  `at_one_half` says which.

    >>> time, event = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True])
    >>> KaplanMeier(time, event).median, KaplanMeier(time, event, "midpoint").median
    (2.0, 3.0)
    """

    time: Floats
    event: Flags
    at_one_half: AtOneHalf = "first"

    @cached_property
    def steps(self) -> tuple[Floats, Floats, Floats]:
        """Event times, the curve after each, and Greenwood's sum: the variance of its logarithm."""
        times, count = np.unique(self.time[self.event], return_counts=True)
        at_risk, dead = self.at_risk(times), count.astype(np.float64)
        with np.errstate(divide="ignore"):
            greenwood = np.cumsum(dead / (at_risk * (at_risk - dead)))
        curve = np.cumprod(1 - dead / at_risk, dtype=np.float64)
        return times, curve, greenwood

    def at_risk(self, at: Floats) -> Floats:
        """How many patients have a time at or beyond each of these, as under a printed curve."""
        return self.time.size - np.searchsorted(np.sort(self.time), at, side="left").astype(float)

    def rate(self, at: float) -> float:
        """The share without the event at a time, which may lie beyond the last one."""
        index = self._step(at)
        return 1.0 if index < 0 else float(self.steps[1][index])

    def rates(self, at: Floats) -> Floats:
        """The share without the event at each of these times."""
        times, curve, _ = self.steps
        return np.concatenate([[1.0], curve])[np.searchsorted(times, at, side="right")]

    def variance_of_log(self, at: float) -> float:
        """Greenwood's variance of the rate's logarithm."""
        index = self._step(at)
        return 0.0 if index < 0 else float(self.steps[2][index])

    def _step(self, at: float) -> int:
        return int(np.searchsorted(self.steps[0], at, side="right")) - 1

    def interval(self, at: float, style: IntervalStyle) -> tuple[float, float]:
        """95% interval of the rate at a time; not-a-number where the curve is at 0 or 1."""
        rate, variance = np.array([self.rate(at)]), np.array([self.variance_of_log(at)])
        lower, upper = _interval(rate, variance, style)
        return float(lower[0]), float(upper[0])

    @property
    def median(self) -> float:
        """The time at which the curve comes down to one half; not-a-number where it does not."""
        return _crossing(self.steps[0], self.steps[1], self.at_one_half)

    def median_interval(self, style: MedianStyle) -> tuple[float, float]:
        """95% interval of the median: where the rate's interval crosses one half.

        `symmetric` is the median and 1.96 standard errors, as SPSS prints it (the density taken
        between 0.55 and 0.45).  A bound that is not reached is not a number.
        """
        if style == "symmetric":
            half = Z95 * self._median_standard_error
            return max(0.0, self.median - half), self.median + half
        times, curve, variance = (part[self.steps[1] > 0] for part in self.steps)
        lower, upper = _interval(curve, variance, style)
        at = self.at_one_half
        return _crossing(times, lower, at), _crossing(times, upper, at)

    @property
    def _median_standard_error(self) -> float:
        times, curve, greenwood = self.steps
        above, below = np.flatnonzero(curve >= 0.55 - EQUAL), np.flatnonzero(curve <= 0.45 + EQUAL)
        at = np.flatnonzero(curve <= 0.5 + EQUAL)
        if not (above.size and below.size) or curve[at[0]] <= 0:
            return NOT_REACHED
        first, last = above[-1], below[0]
        density = (curve[first] - curve[last]) / (times[last] - times[first])
        return float(curve[at[0]] * greenwood[at[0]] ** 0.5 / density)


def reverse(curve: KaplanMeier) -> KaplanMeier:
    """The curve of follow-up: censoring is the event, and the event ends it (reverse Kaplan-Meier).

    References: Schemper & Smith 1996, *Controlled Clinical Trials* 17:343.
    """
    return KaplanMeier(curve.time, ~curve.event, curve.at_one_half)


def _interval(rate: Floats, variance: Floats, style: IntervalStyle) -> tuple[Floats, Floats]:
    """95% interval of each rate, whose logarithm has this variance."""
    spread = Z95 * np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        if style == "plain":
            return np.maximum(0, rate - rate * spread), np.minimum(1, rate + rate * spread)
        if style == "log":
            return rate * np.exp(-spread), np.minimum(1, rate * np.exp(spread))
        if style == "log-log":
            factor = np.exp(spread / -np.log(rate))
            return rate**factor, rate ** (1 / factor)
        if style == "arcsine":
            angle, half = np.arcsin(np.sqrt(rate)), spread * np.sqrt(rate / (1 - rate)) / 2
            return np.sin(np.maximum(0, angle - half)) ** 2, np.sin(
                np.minimum(np.pi / 2, angle + half)
            ) ** 2
    msg = f"need an interval style (plain, log, log-log, arcsine), found {style!r}"
    raise ValueError(msg)


def _crossing(times: Floats, curve: Floats, at_one_half: AtOneHalf) -> float:
    """The first time at which a falling curve is at or below one half."""
    below = np.flatnonzero(curve <= 0.5 + EQUAL)
    if not below.size:
        return NOT_REACHED
    first = below[0]
    further = np.flatnonzero(curve < curve[first] - EQUAL)
    if at_one_half == "midpoint" and curve[first] >= 0.5 - EQUAL and further.size:
        return float(times[first] + times[further[0]]) / 2
    return float(times[first])


@dataclass(frozen=True)
class CurveTest:
    """A test whether groups have one curve: chi-squared, degrees of freedom, p.

    Not-a-number where no event tells the groups apart.
    """

    statistic: float
    degrees: int

    @property
    def p(self) -> float:
        """The probability of a statistic at least as large where the curves are the same."""
        return float(special.chdtrc(self.degrees, self.statistic)) if self.degrees else NOT_REACHED


def curve_test(
    time: Floats,
    event: Flags,
    group: Labels,
    *,
    strata: Labels | None = None,
    weight: Weight = "log-rank",
) -> CurveTest:
    """The log-rank test, or Gehan's Wilcoxon test, of all groups; within strata where given.

    >>> time, group = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    >>> round(curve_test(time, np.ones(4, dtype=bool), group).p, 4)
    0.0896
    """
    labels: Labels = np.unique(group)
    if labels.size < 2:
        return CurveTest(NOT_REACHED, 0)
    score, variance = np.zeros(labels.size), np.zeros((labels.size, labels.size))
    rows = [np.ones(time.size, dtype=bool)]
    if strata is not None:
        rows = [strata == one for one in np.unique(strata)]
    for row in rows:
        _add_stratum(time[row], event[row], group[row], labels, weight, score, variance)
    kept = np.flatnonzero(np.diag(variance) > EQUAL)[1:]  # the last one follows from the others
    if not kept.size:
        return CurveTest(NOT_REACHED, 0)
    part = variance[np.ix_(kept, kept)]
    return CurveTest(float(score[kept] @ np.linalg.solve(part, score[kept])), int(kept.size))


def _add_stratum(
    time: Floats,
    event: Flags,
    group: Labels,
    labels: Labels,
    weight: Weight,
    score: Floats,
    variance: Floats,
) -> None:
    """Add a stratum's events beyond the expected, and their variance, to those of the groups."""
    times, dead = np.unique(time[event], return_counts=True)
    at_risk = KaplanMeier(time, event).at_risk(times)
    w = at_risk if weight == "gehan-wilcoxon" else np.ones(times.size)
    share = np.array(
        [KaplanMeier(time[group == g], event[group == g]).at_risk(times) for g in labels]
    )
    share = share / at_risk
    slot = np.searchsorted(times, time[event])
    seen = np.array([np.sum(w[slot[group[event] == g]]) for g in labels])
    score += seen - share @ (w * dead)
    factor = w**2 * dead * (at_risk - dead) / np.maximum(at_risk - 1, 1)
    variance += np.diag(share @ factor) - (share * factor) @ share.T
