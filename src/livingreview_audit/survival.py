"""Medians and landmark rates compared with each other, and with response.

A Kaplan-Meier curve never rises, the median is the first time at which it is at or below one half,
and progression-free survival ends at or before death.

A p-value and the number of events fix the log hazard ratio, |log HR| = z sqrt(1/d1 + 1/d2)
(Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815; Tierney et al. 2007, *Trials*
8:16), and under exponential survival this is the log ratio of the medians.  Other shapes and
chance in the medians allow much, so only extremes are called implausible.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from livingreview_audit.audited import Audited, Numbers
from livingreview_audit.curves import Curve, beside, by_time, curve_of, curves, in_months, share
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import EPSILON, UNLIKELY, Box
from livingreview_audit.ratios import Groups, groups_of, p_words, z_box
from livingreview_audit.vocabulary import says
from livingreview_record import Printed, Quantity, level_of, months

HALF = 0.5
TIME_SLACK = 0.03  # a month may be 28 to 31 days
CENSORING_SLACK = 0.25  # two curves with different risk sets: share of a median,
CENSORING_ERRORS = 2.0  # and binomial standard errors of a rate
FIRST_ASSESSMENT = months("6 weeks")
SHARE_EXPECTED = 0.5
# Survival and progression-free survival of 5,923 pairs of groups sampled from real patients: one
# outcome alone was never farther than 3.7 standard errors, both together beyond 2.5 once.
ALONE, TOGETHER = 4.0, 2.5


class _Contrast(NamedTuple):
    """A p-value with the medians of the two groups it compares, and what it needs at least."""

    p: Printed
    medians: Numbers
    groups: Groups
    excess: float  # needed log hazard ratio beyond the medians' log ratio, in standard errors
    needed: float  # the hazard ratio farthest from 1 that is still near enough, below 1


@check("Whether a log-rank p-value is far smaller than the medians and {participants} suggest.")
def p_against_medians(study: Audited) -> Iterator[Finding]:
    """The events are taken as favourable as the patients allow.  Implausible beyond four standard
    errors, or beyond two and a half in every one of several outcomes of the same comparison.
    """
    known = curves(study)
    families: dict[Quantity, list[_Contrast]] = {}
    for quantity, places in study.by_quantity.items():
        unadjusted = (quantity.statistic, quantity.adjustment) == ("p", "unadjusted")
        for p in places if unadjusted else ():
            contrast = _contrast(study, known, p)
            if contrast is not None:
                family = replace(quantity, outcome="", method="")
                families.setdefault(family, []).append(contrast)
    for contrasts in families.values():
        several = len({one.p.quantity.outcome for one in contrasts}) > 1
        together = several and min(one.excess for one in contrasts) > TOGETHER
        limit = TOGETHER if together else ALONE
        yield from (_judge(study, one, limit) for one in contrasts)


def _contrast(study: Audited, known: Mapping[Quantity, Curve], p: Printed) -> _Contrast | None:
    groups = groups_of(study, p.quantity)
    sides = [known.get(curve_of(side)) for side in study.compared(p.quantity)]
    pair = tuple(beside(p, curve.medians) for curve in sides if curve and curve.medians)
    if groups is None or len(pair) != 2 or len(sides) != 2:
        return None
    one, other = map(in_months, pair)
    if any(time.lower <= 0 or math.isinf(time.upper) for time in (one, other)):
        return None
    z, error = z_box(Box.of(p.number)).lower, groups.least_standard_error
    apart = max(abs(math.log(one.upper / other.lower)), abs(math.log(one.lower / other.upper)))
    return _Contrast(p, pair, groups, (z * error - apart) / error, math.exp(-z * error))


def _judge(study: Audited, contrast: _Contrast, limit: float) -> Finding:
    p, needed = contrast.p, f"{contrast.needed:.2f}"
    low, high = sorted(median.number.value for median in contrast.medians)
    test = "its test" if p.quantity.method else "a log-rank test (no test is named for it)"
    test = "a log-rank test" if p.quantity.method == "log-rank" else test
    counted = "events" if contrast.groups.events_printed else "{participants}"
    only = (
        "; only curves that part after their medians, times that vary very little, or losses from "
        "follow-up that differ strongly between the groups allow this"
    )
    verdict, why = first_true((contrast.excess > limit, Verdict.IMPLAUSIBLE, only))
    said = (
        f"{p_words(p)} with at most {contrast.groups.events.value} "
        f"{counted} needs a hazard ratio of {needed} or farther from 1 by {test}; the medians' "
        f"ratio is {low}/{high} = {low / high:.2f}{why}"
    )
    numbers = (p, *contrast.medians, *contrast.groups.numbers)
    about = study.compared_words(p.quantity)
    return Finding.on(numbers, about, said, verdict, f"hazard ratio to {needed}")


@check("After the median no rate exceeds one half; before it none is below one half.")
def rate_against_median(study: Audited) -> Iterator[Finding]:
    """Assumes the usual median, the first time at which the curve is at or below one half, and
    that months have 28 to 31 days.
    """
    for curve in curves(study).values():
        for median in curve.medians[:1]:
            rates = by_time(curve) if median.number.exact is not None else ()
            for at, rate in ((at, rate) for at, places in rates for rate in places):
                time, alive = in_months(median), share(rate.number)
                after = at * (1 - TIME_SLACK) > time.upper
                before = at * (1 + TIME_SLACK) < time.lower
                above = "; after its own median no survival curve is above 50%"
                below = "; before its own median no survival curve is below 50%"
                verdict, why = first_true(
                    (after and alive.lower > HALF + EPSILON, Verdict.IMPOSSIBLE, above),
                    (before and alive.upper < HALF - EPSILON, Verdict.IMPOSSIBLE, below),
                )
                near = "at least 50%" if before else "near 50%, or either side"
                when = rate.quantity.timepoint
                said = f"{rate.value}% at {when} with a median of {median.value} months{why}"
                yield curve.find((rate, median), said, verdict, "at most 50%" if after else near)


@check("A later rate is not above an earlier one.")
def rates_fall(study: Audited) -> Iterator[Finding]:
    """Assumes nothing but a Kaplan-Meier curve, which never rises."""
    for curve in curves(study).values():
        for (_, earlier), (_, later) in pairwise(by_time(curve)):
            for rate in later:
                first = beside(rate, earlier)
                rises = share(rate.number).lower > share(first.number).upper + EPSILON
                verdict = unless(not rises, Verdict.IMPOSSIBLE)
                shown = (f"{one.value}% at {one.quantity.timepoint}" for one in (first, rate))
                said = f"{' and '.join(shown)}{'; a survival curve never rises' if rises else ''}"
                yield curve.find((rate, first), said, verdict, f"at most {first.value}%")


@check("Progression-free survival ends at or before death: medians and rates, and more events.")
def progression_before_death(study: Audited) -> Iterator[Finding]:
    """With censoring the two curves have different risk sets, and that of progression-free survival
    can come to lie a little above the other where few patients are left; a quarter of a median and
    two binomial standard errors of a rate are allowed.
    """
    known = curves(study)
    for group, curve in known.items():
        overall = known.get(replace(group, outcome=study.roles.overall_survival))
        if group.outcome == study.roles.progression_free_survival and overall is not None:
            yield from (_ordered(curve, *pair) for pair in _pairs(curve, overall))
            yield from _events_ordered(curve, overall)


def _pairs(curve: Curve, overall: Curve) -> Iterator[tuple[Printed, Printed]]:
    for median in curve.exact_medians if overall.medians else ():
        yield median, beside(median, overall.medians)
    for at, rates in curve.rates.items():
        for rate in rates if at in overall.rates else ():
            yield rate, beside(rate, overall.rates[at])


def _ordered(curve: Curve, number: Printed, limit: Printed) -> Finding:
    least, most = Box.of(number.number).lower, Box.of(limit.number).upper
    slack, size = CENSORING_SLACK * limit.number.value, curve.size
    if limit.quantity.statistic != "median":
        alive = share(limit.number)
        spread = alive.upper * (1 - alive.lower)
        errors = math.sqrt(spread / size.value) if size and size.value else 0.0
        slack = 100 * CENSORING_ERRORS * errors
    verdict, why = first_true(
        (least <= most, Verdict.REPRODUCED, ""),
        (least <= most + slack, Verdict.ROUNDING, "; different censoring may explain it"),
        (True, Verdict.IMPOSSIBLE, "; no one progresses or dies after death"),
    )
    said = f"{number.value}, with overall survival {limit.value}{why}"
    return curve.find((number, limit), said, verdict, f"at most {limit.value}")


def _events_ordered(curve: Curve, overall: Curve) -> Iterator[Finding]:
    own, deaths = curve.events, overall.events
    if own is not None and deaths is not None:
        censored = "; every death is an event unless it was censored before"
        fewer = (own.value < deaths.value, Verdict.IMPLAUSIBLE, censored)
        verdict, why = first_true(fewer)
        said = f"{own.value} progressed or died, and {deaths.value} died{why}"
        numbers = (*own.numbers, *deaths.numbers)
        yield curve.find(numbers, said, verdict, f"at least {deaths.value}")


@check(
    "Groups in which no {participant} progressed at best, and a median of the time to progression."
)
def early_progression(study: Audited) -> Iterator[Finding]:
    """Who progresses before the first assessment of response has progression as best response.
    Under exponential times the median gives the share who do by six weeks, when response is usually
    assessed first (every six to eight weeks: Eisenhauer et al. 2009, RECIST 1.1).  Times may vary
    less than exponential ones and early deaths may not be evaluable, so only half of that share is
    expected.
    """
    for group, curve in curves(study).items():
        median = next(iter(curve.medians), None)
        ours = group.outcome == study.roles.progression_free_survival
        size = curve.size if ours else None
        if median is None or size is None or median.number.exact is None:
            continue
        none = study.count(group.of_level(level_of(study.roles.progressed)))
        if none is None or none.value:
            continue
        longest = in_months(median).upper
        early = 100 * (1 - 2.0 ** (-FIRST_ASSESSMENT / longest))
        rare = (
            "; plausible only if hardly anyone progressed early, or those who did are not among "
            "these {participants}"
        )
        excluded = says(study.stated("survival-exclusion"), "that early deaths were left out")
        rare += f" ({excluded})" if excluded else ""
        unlikely = chance_of_none(longest, size.value) < UNLIKELY
        verdict, why = first_true((unlikely, Verdict.IMPLAUSIBLE, rare))
        said = (
            f"{none.of(size)} progressed as best response; with a median of {median.value} months "
            f"about {early:.0f}% progress or die by six weeks (exponential times){why}"
        )
        yield curve.find((*none.numbers, median, *size.numbers), said, verdict, "some")


def chance_of_none(median: float, patients: int) -> float:
    """Chance that none of `patients` progresses by the first assessment, cautiously.

    >>> round(chance_of_none(5.25, 93), 4), round(chance_of_none(5.25, 10), 2)
    (0.0003, 0.42)
    """
    share = 1 - 2.0 ** (-FIRST_ASSESSMENT / median)
    return float((1 - SHARE_EXPECTED * share) ** patients)
