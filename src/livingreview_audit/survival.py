"""Medians and landmark rates held against each other, and against response.

A Kaplan-Meier curve never rises, the median is the first time at which it is at or below one half,
and progression-free survival ends at or before death.

A p-value and the number of events fix the log hazard ratio, |log HR| = z sqrt(1/d1 + 1/d2)
(Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815; Tierney et al. 2007, *Trials*
8:16), and under exponential survival this is the log ratio of the medians.  Other shapes and
chance in the medians allow much, so only extremes are called implausible.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from scipy.special import ndtri

from livingreview_audit.curves import Curve, beside, by_time, curve_of, curves, in_months, share
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import Count, compared, count
from livingreview_audit.ratios import Groups, comparison_words, groups_of
from livingreview_audit.vocabulary import says, stated
from livingreview_record import Printed, Quantity, Study

HALF = 0.5
TIME_SLACK = 0.03  # a month may be 28 to 31 days
CENSORING_SLACK = 0.25  # two curves with different risk sets: share of a median,
CENSORING_ERRORS = 2.0  # and binomial standard errors of a rate
EPSILON = 1e-6
FIRST_ASSESSMENT = 6 * 7 / 30.4375  # months
SHARE_EXPECTED = 0.5
UNLIKELY = 0.001
# Survival and progression-free survival of 5,923 pairs of groups sampled from real patients: one
# outcome alone was never farther than 3.7 standard errors, both together beyond 2.5 once.
ALONE, TOGETHER = 4.0, 2.5


@dataclass(frozen=True)
class _Contrast:
    """A p-value with the medians of the two groups it compares, and what it needs at least."""

    p: Printed
    medians: tuple[Printed, Printed]
    groups: Groups
    excess: float  # needed log hazard ratio beyond the medians' log ratio, in standard errors
    needed: float  # the hazard ratio farthest from 1 that is still near enough, below 1


@check("Whether a log-rank p-value is far smaller than the medians and patients suggest.")
def p_against_medians(study: Study) -> Iterator[Finding]:
    """The events are taken as favourable as the patients allow.  Implausible beyond four standard
    errors, or beyond two and a half in every one of several outcomes of the same comparison.
    """
    known = {curve.group: curve for curve in curves(study)}
    families: dict[Quantity, list[_Contrast]] = {}
    for quantity, places in study.by_quantity.items():
        unadjusted = (quantity.statistic, quantity.adjustment) == ("p", "unadjusted")
        for p in places if unadjusted else ():
            contrast = _contrast(study, known, p)
            if contrast is not None:
                family = replace(quantity, outcome="", method="")
                families.setdefault(family, []).append(contrast)
    for contrasts in families.values():
        several = len({contrast.p.quantity.outcome for contrast in contrasts}) > 1
        together = several and min(one.excess for one in contrasts) > TOGETHER
        limit = TOGETHER if together else ALONE
        yield from (_judge_log_rank(study, contrast, limit) for contrast in contrasts)


def _contrast(study: Study, known: Mapping[Quantity, Curve], p: Printed) -> _Contrast | None:
    groups = groups_of(study, p.quantity)
    sides = [known.get(curve_of(side)) for side in compared(study, p.quantity)]
    pair = [beside(p, curve.medians) for curve in sides if curve and curve.medians]
    if groups is None or len(pair) != 2 or len(sides) != 2:
        return None
    first, second = pair
    one, other = in_months(first), in_months(second)
    if any(time.lower <= 0 or math.isinf(time.upper) for time in (one, other)):
        return None
    z = -float(ndtri(Box.of(p.number).within(1e-300, 1).upper / 2))
    apart = max(abs(math.log(one.upper / other.lower)), abs(math.log(one.lower / other.upper)))
    error = groups.least_standard_error
    excess, needed = (z * error - apart) / error, math.exp(-z * error)
    return _Contrast(p, (first, second), groups, excess, needed)


def _test(p: Printed) -> str:
    if p.quantity.method == "log-rank":
        return "a log-rank test"
    return "a log-rank test (no test is named for it)" if not p.quantity.method else "its test"


def _judge_log_rank(study: Study, contrast: _Contrast, limit: float) -> Finding:
    first, second = contrast.medians
    patients = contrast.groups.events.value
    what = "events" if contrast.groups.events_printed else "patients"
    low, high = sorted((first.number.value, second.number.value))
    p = contrast.p
    printed = f"= {p.value}" if p.number.relation == "=" else p.value
    said = (
        f"p {printed} with at most {patients} {what} needs a hazard ratio of {contrast.needed:.2f} "
        f"or farther from 1 by {_test(p)}; the medians' ratio is {low}/{high} = {low / high:.2f}"
    )
    verdict = Verdict.REPRODUCED
    if contrast.excess > limit:
        verdict = Verdict.IMPLAUSIBLE
        said += "; only curves that part after their medians, or times that vary very little, "
        said += "allow this"
    label = study.vocabulary(p.quantity.outcome).label
    numbers, needed = (p, first, second, *contrast.groups.numbers), f"{contrast.needed:.2f}"
    text = f"{label}, {comparison_words(study, p.quantity)}: {said}."
    return Finding(numbers, p.value, f"hazard ratio to {needed}", verdict, text)


@check("After the median no rate exceeds one half; before it none is below one half.")
def rate_against_median(study: Study) -> Iterator[Finding]:
    """Assumes the usual median, the first time at which the curve is at or below one half, and
    that months have 28 to 31 days.
    """
    for curve in curves(study):
        for median in curve.medians[:1]:
            for at, rates in by_time(curve) if median.number.exact is not None else ():
                yield from (_rate_against_median(curve, median, at, rate) for rate in rates)


def _rate_against_median(curve: Curve, median: Printed, at: float, rate: Printed) -> Finding:
    time, alive = in_months(median), share(rate.number)
    after = at * (1 - TIME_SLACK) > time.upper
    before = at * (1 + TIME_SLACK) < time.lower
    said = f"{rate.value}% at {rate.quantity.timepoint} with a median of {median.value} months"
    side = "at most 50%" if after else "at least 50%" if before else "near 50%, or either side"
    verdict = Verdict.IMPOSSIBLE
    if after and alive.lower > HALF + EPSILON:
        said += "; after its own median no survival curve is above 50%"
    elif before and alive.upper < HALF - EPSILON:
        said += "; before its own median no survival curve is below 50%"
    else:
        verdict = Verdict.REPRODUCED
    return curve.find(verdict, (rate, median), side, said)


@check("A later rate is not above an earlier one.")
def rates_fall(study: Study) -> Iterator[Finding]:
    """Assumes nothing but a Kaplan-Meier curve, which never rises."""
    for curve in curves(study):
        for (_, earlier), (_, later) in pairwise(by_time(curve)):
            for rate in later:
                first = beside(rate, earlier)
                rises = share(rate.number).lower > share(first.number).upper + EPSILON
                verdict = Verdict.IMPOSSIBLE if rises else Verdict.REPRODUCED
                shown = (f"{one.value}% at {one.quantity.timepoint}" for one in (first, rate))
                said = f"{' and '.join(shown)}{'; a survival curve never rises' if rises else ''}"
                yield curve.find(verdict, (rate, first), f"at most {first.value}%", said)


@check("Progression-free survival ends at or before death: medians and rates, and more events.")
def progression_before_death(study: Study) -> Iterator[Finding]:
    """With censoring the two curves have different risk sets, and that of progression-free survival
    can come to lie a little above the other where few patients are left; a quarter of a median and
    two binomial standard errors of a rate are allowed.
    """
    known = {curve.group: curve for curve in curves(study)}
    for group, curve in known.items():
        overall = known.get(replace(group, outcome=study.roles.overall_survival))
        if group.outcome != study.roles.progression_free_survival or overall is None:
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
    alive, size = share(limit.number), curve.size
    if size is None or size.value == 0:
        return 0.0
    return 100 * CENSORING_ERRORS * math.sqrt(alive.upper * (1 - alive.lower) / size.value)


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


@check("Groups in which no patient progressed at best, and a median of the time to progression.")
def early_progression(study: Study) -> Iterator[Finding]:
    """Who progresses before the first assessment of response has progression as best response.
    Under exponential times the median gives the share who do by six weeks, when response is usually
    assessed first (every six to eight weeks: Eisenhauer et al. 2009, RECIST 1.1).  Times may vary
    less than exponential ones and early deaths may not be evaluable, so only half of that share is
    expected.
    """
    response, _, progressed = study.roles.progressed.partition("=")
    for curve in curves(study):
        if curve.group.outcome != study.roles.progression_free_survival or not curve.medians:
            continue
        wanted = replace(curve.group, outcome=response, category=progressed)
        none, size = count(study, wanted), curve.size
        if none is None or none.value or size is None or curve.medians[0].number.exact is None:
            continue
        yield _progressed_early(curve, none, size)


def chance_of_none(median: float, patients: int) -> float:
    """Chance that none of `patients` progresses by the first assessment, cautiously.

    >>> round(chance_of_none(5.25, 93), 4), round(chance_of_none(5.25, 10), 2)
    (0.0003, 0.42)
    """
    share = 1 - 2.0 ** (-FIRST_ASSESSMENT / median)
    return float((1 - SHARE_EXPECTED * share) ** patients)


def _progressed_early(curve: Curve, none: Count, size: Count) -> Finding:
    median = curve.medians[0]
    longest = in_months(median).upper
    chance = chance_of_none(longest, size.value)
    share = 100 * (1 - 2.0 ** (-FIRST_ASSESSMENT / longest))
    said = (
        f"{none.value} of {size.value} progressed as best response; with a median of "
        f"{median.value} months about {share:.0f}% progress or die by six weeks (exponential times)"
    )
    verdict = Verdict.REPRODUCED
    if chance < UNLIKELY:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; plausible only if hardly anyone progressed early, or those who did are not among "
            "these patients"
        )
        excluded = stated(curve.study, "survival-exclusion")
        left_out = says(excluded, "that early deaths were left out")
        said += f" ({left_out})" if left_out else ""
    numbers = (*none.numbers, median, *size.numbers)
    return curve.find(verdict, numbers, "some", said)
