"""Medians and landmark rates held against each other.

A Kaplan-Meier curve never rises, the median is the first time at which it is at or below one half,
and progression-free survival ends at or before death.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from livingreview.audit.boxes import Box
from livingreview.audit.curves import Curve, beside, by_time, curves, in_months, rate_box
from livingreview.audit.finding import Finding, Verdict
from livingreview.studies import Printed, Study

HALF = 0.5
TIME_SLACK = 0.03  # a month may be 28 to 31 days
PROGRESSION, DEATH = "pfs", "os"
CENSORING_SLACK = 0.25  # two curves with different risk sets: share of a median,
CENSORING_ERRORS = 2.0  # and binomial standard errors of a rate
EPSILON = 1e-6


def rate_against_median(study: Study) -> Iterator[Finding]:
    """After the median no rate exceeds one half; before it none is below one half."""
    for curve in curves(study):
        for median in curve.medians[:1]:
            if median.number.exact is None:
                continue
            for at, rates in by_time(curve):
                for rate in rates:
                    yield _rate_against_median(curve, median, at, rate)


def _rate_against_median(curve: Curve, median: Printed, at: float, rate: Printed) -> Finding:
    time, share = in_months(median), rate_box(rate)
    after = at * (1 - TIME_SLACK) > time.upper
    before = at * (1 + TIME_SLACK) < time.lower
    said = f"{rate.value}% at {rate.quantity.timepoint} with a median of {median.value} months"
    if after and share.lower > HALF + EPSILON:
        said += "; after the median the rate cannot be above 50%"
        return _rate(curve, Verdict.IMPOSSIBLE, (rate, median), "at most 50%", said)
    if before and share.upper < HALF - EPSILON:
        said += "; before the median the rate cannot be below 50%"
        return _rate(curve, Verdict.IMPOSSIBLE, (rate, median), "at least 50%", said)
    side = "at most 50%" if after else "at least 50%" if before else "near 50%, or either side"
    return _rate(curve, Verdict.REPRODUCED, (rate, median), side, said)


def _rate(
    curve: Curve, verdict: Verdict, numbers: tuple[Printed, ...], recomputed: str, said: str
) -> Finding:
    return curve.find(verdict, numbers, recomputed, said)


def rates_fall(study: Study) -> Iterator[Finding]:
    """A later rate is not above an earlier one."""
    for curve in curves(study):
        ordered = list(by_time(curve))
        for (_, earlier), (_, later) in pairwise(ordered):
            for rate in later:
                first = beside(rate, earlier)
                said = (
                    f"{first.value}% at {first.quantity.timepoint} and "
                    f"{rate.value}% at {rate.quantity.timepoint}"
                )
                rises = rate_box(rate).lower > rate_box(first).upper + EPSILON
                verdict = Verdict.IMPOSSIBLE if rises else Verdict.REPRODUCED
                said += "; a survival curve never rises" if rises else ""
                most = f"at most {first.value}%"
                yield curve.find(verdict, (rate, first), most, said)


def progression_before_death(study: Study) -> Iterator[Finding]:
    """Progression-free survival ends at or before death: medians and rates, and more events.

    With censoring the two curves have different risk sets, and that of progression-free survival
    can come to lie a little above the other where few patients are left; a quarter of a median and
    two binomial standard errors of a rate are allowed.
    """
    known = {curve.group: curve for curve in curves(study)}
    for group, curve in known.items():
        overall = known.get(replace(group, outcome=DEATH))
        if group.outcome != PROGRESSION or overall is None:
            continue
        for number, limit in _pairs(curve, overall):
            yield _ordered(curve, number, limit)
        yield from _events_ordered(curve, overall)


def _pairs(curve: Curve, overall: Curve) -> Iterator[tuple[Printed, Printed]]:
    for median in curve.medians:
        if overall.medians and median.number.exact is not None:
            yield median, beside(median, list(overall.medians))
    for timepoint, rates in curve.rates.items():
        for rate in rates:
            if timepoint in overall.rates:
                yield rate, beside(rate, overall.rates[timepoint])


def _ordered(curve: Curve, number: Printed, limit: Printed) -> Finding:
    own, bound = Box.of(number.number), Box.of(limit.number)
    said = f"{number.value}, with overall survival {limit.value}"
    if own.lower <= bound.upper:
        verdict = Verdict.REPRODUCED
    elif own.lower <= bound.upper + _slack(curve, limit):
        verdict, said = Verdict.ROUNDING, f"{said}; different censoring may explain it"
    else:
        verdict, said = Verdict.IMPOSSIBLE, f"{said}; no one progresses or dies after death"
    return curve.find(verdict, (number, limit), f"at most {limit.value}", said)


def _slack(curve: Curve, limit: Printed) -> float:
    if limit.quantity.statistic == "median":
        return CENSORING_SLACK * limit.number.value
    share, size = rate_box(limit), curve.size
    if size is None or size.value == 0:
        return 0.0
    return 100 * CENSORING_ERRORS * math.sqrt(share.upper * (1 - share.lower) / size.value)


def _events_ordered(curve: Curve, overall: Curve) -> Iterator[Finding]:
    own, deaths = curve.events, overall.events
    if own is None or deaths is None:
        return
    fewer = own.value < deaths.value
    said = f"{own.value} progressed or died, and {deaths.value} died"
    said += "; every death is an event unless it was censored before" if fewer else ""
    verdict = Verdict.IMPLAUSIBLE if fewer else Verdict.REPRODUCED
    numbers = (*own.numbers, *deaths.numbers)
    yield curve.find(verdict, numbers, f"at least {deaths.value}", said)
