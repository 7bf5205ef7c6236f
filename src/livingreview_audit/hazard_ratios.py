"""Hazard ratios, their intervals and p-values, against each other and against the patients.

Software prints Wald intervals, exp(b - 1.96 se) to exp(b + 1.96 se): symmetrical about the ratio on
the log scale, and they give the standard error and with it a p-value.  How small a standard error
can be follows from the number of events.  Parmar, Torri & Stewart 1998, *Statistics in Medicine*
17:2815; Tierney et al. 2007, *Trials* 8:16.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from scipy.special import ndtr

from livingreview_audit.finding import ALPHA, Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.ratios import Groups, Ratio, groups_of, ratios
from livingreview_record import Printed, Study

P_METHODS = ("cox", "log-rank", "")
TEST_FLOOR, TEST_SHARE = 0.10, 0.20  # how far z of another test may be from Wald's
TELLING = 1.0  # a range of z wider than this says nothing of a p within it
HIGHER_TERMS = 1.1  # beyond the third order, in the asymmetry of a likelihood interval
SHIFT, SHIFT_ERRORS = 1.0, 4.0  # a factor of e, and this many standard errors


@check("Each interval must lie about its ratio as a Wald interval does: ratio² = lower x upper.")
def interval_symmetry(study: Study) -> Iterator[Finding]:
    """A profile-likelihood interval need not.  For a contrast of two groups the third derivative of
    the log partial likelihood is at most the information, so its arms differ by at most
    (half width)² / 3.  This excuses an interval whose width the number of events allows.
    """
    for ratio in ratios(study):
        if ratio.is_own:
            yield _symmetry(ratio)


def _symmetry(ratio: Ratio) -> Finding:
    low, up = ratio.log_lower, ratio.log_upper
    centre = [math.exp((a + b) / 2) for a, b in ((low.lower, up.lower), (low.upper, up.upper))]
    ends = ratio.interval.interval
    root = f"{math.sqrt(ends.lower.value * ends.upper.value):.3g}"
    said = f"the root of {ends.lower.text} x {ends.upper.text} is {root}"
    if ratio.log_estimate.upper < low.lower or ratio.log_estimate.lower > up.upper:
        verdict = Verdict.IMPOSSIBLE
        said = f"{ratio.estimate.value} lies outside its interval {ratio.interval.value}"
    elif ratio.asymmetry.contains(0):
        verdict = Verdict.REPRODUCED
    else:
        said += f", so the interval is not symmetrical about {ratio.estimate.value} (log scale)"
        said += ", as one from a Cox model's standard error is"
        excused = _may_be_likelihood_interval(ratio)
        verdict = Verdict.ROUNDING if excused else Verdict.DISCREPANT
        said += "; a profile-likelihood interval may be so" if excused else ", rounding included"
    return ratio.find(verdict, f"{centre[0]:.3g} to {centre[1]:.3g}", said)


def _may_be_likelihood_interval(ratio: Ratio) -> bool:
    half = (ratio.log_upper.upper - ratio.log_lower.lower) / 2
    least = min(abs(ratio.asymmetry.lower), abs(ratio.asymmetry.upper))
    groups = groups_of(ratio.study, ratio.quantity)
    too_narrow = groups is not None and ratio.standard_error.upper < groups.least_standard_error
    return least <= HIGHER_TERMS * half**2 / 3 and not too_narrow


@check("Each p-value printed with a ratio, by Wald's test from the interval.")
def p_of_ratio(study: Study) -> Iterator[Finding]:
    """The printed p may come from a score, log-rank or likelihood-ratio test.  In 2,374 comparisons
    sampled from real patients (40 to 240 patients, hazard ratios 0.2 to 5, with and without
    further censoring) their z differed from Wald's by at most 0.10 + 0.20 z |log HR|; only a p
    farther off is discrepant.  Where the interval is not symmetrical, or rounding leaves z open by
    more than one, a p within all that the numbers may stand for is not checked by them.
    """
    for ratio in ratios(study):
        for p in _p_values(ratio):
            yield _p(ratio, p)


def _p_values(ratio: Ratio) -> Iterator[Printed]:
    for method in P_METHODS:
        wanted = replace(ratio.quantity, statistic="p", method=method)
        places = ratio.study.by_quantity.get(wanted, ())
        beside = [p for p in places if p.locator.section == ratio.estimate.locator.section]
        yield from (beside or places)


def _p(ratio: Ratio, p: Printed) -> Finding:
    z = z_of(ratio)
    allowance = TEST_FLOOR + TEST_SHARE * z.upper * max(
        abs(ratio.log_estimate.lower), abs(ratio.log_estimate.upper)
    )
    printed = Box.of(p.number).within(0, 1)
    wald, symmetrical = p_box(z), ratio.asymmetry.contains(0)
    said = f"{ratio.shown} gives p = {_range(wald)} by Wald's test; printed is {p.value}"
    if not symmetrical:
        said = (
            f"{ratio.shown} is not symmetrical (log scale), so that Wald's test does not follow; "
        )
        said += f"its two sides and its width give p from {_range(wald)}; printed is {p.value}"
    if printed.overlaps(wald):
        checked = symmetrical and z.upper - z.lower <= TELLING
        verdict = Verdict.REPRODUCED if checked else Verdict.NOT_CHECKABLE
    elif printed.overlaps(p_box(Box(max(0.0, z.lower - allowance), z.upper + allowance))):
        verdict = Verdict.ROUNDING
        said += ", which a log-rank or likelihood-ratio test may give"
    else:
        verdict = Verdict.DISCREPANT
        said += f"; the two are on {_sides(printed, wald)} of 0.05"
    numbers = (p, ratio.estimate, ratio.interval)
    return ratio.find(verdict, _range(wald), said, numbers=numbers, reported=p.value)


def z_of(ratio: Ratio) -> Box:
    """Wald's z, in absolute value, over everything the printed numbers may stand for."""
    estimate, error = ratio.log_estimate, ratio.standard_error
    sizes = (abs(estimate.lower), abs(estimate.upper))
    least = 0.0 if estimate.contains(0) else min(sizes)
    return Box(least / error.upper, max(sizes) / max(error.lower, 1e-9))


def p_box(z: Box) -> Box:
    """Two-sided p-values of a box of absolute z.

    >>> p_box(Box(1.96, 1.96)).lower.__round__(4)
    0.05
    """
    return Box(2 * float(ndtr(-z.upper)), 2 * float(ndtr(-z.lower)))


def _range(p: Box) -> str:
    low, up = (f"{end:.2g}" if end < ALPHA / 10 else f"{end:.3f}" for end in (p.lower, p.upper))
    return low if low == up else f"{low} to {up}"


def _sides(printed: Box, recomputed: Box) -> str:
    apart = printed.upper < ALPHA <= recomputed.lower or recomputed.upper < ALPHA <= printed.lower
    return "different sides" if apart else "the same side"


@check("No interval may be narrower than the number of events allows.")
def interval_width(study: Study) -> Iterator[Finding]:
    """With d1 and d2 events in two groups the model-based standard error of an unpenalised Cox
    model is at least sqrt(1/d1 + 1/d2) (see `ratios.Groups`), hence at least 2 / sqrt(d).  Where no
    number of events is printed, no more events than patients are taken.  Where the report does not
    print which levels a ratio compares, the covariate may have been coded in more steps than it is
    tabulated: implausible then, impossible only between two arms or two printed levels.
    """
    for ratio in ratios(study):
        groups = groups_of(study, ratio.quantity) if ratio.is_own else None
        if groups is not None:
            yield _width(ratio, groups)


def _width(ratio: Ratio, groups: Groups) -> Finding:
    least, widest = groups.least_standard_error, ratio.standard_error.upper
    if groups.events_printed:
        of = f"{groups.events.value} events among {groups.everyone.value} patients"
    else:
        of = f"{groups.everyone.value} patients, were all to have the event"
    split = [str(part.value) for part in (groups.first, groups.second) if part is not None]
    which = "the groups" if len(split) > 1 else "one of the groups"
    of += f" ({' and '.join(split)} in {which} compared)" if split else ""
    said = (
        f"{ratio.shown} means a standard error of the log ratio of {widest:.3f} at most; with "
        f"{of}, an unpenalised Cox model gives a model-based one of at least {least:.3f}"
    )
    verdict = Verdict.REPRODUCED
    if widest < least:
        verdict, condition = _too_narrow(ratio, groups, widest)
        said += condition
    numbers = (ratio.interval, ratio.estimate, *groups.numbers)
    from_least, reported = f"standard error from {least:.3f}", f"standard error {widest:.3f}"
    return ratio.find(verdict, from_least, said, numbers=numbers, reported=reported)


def _too_narrow(ratio: Ratio, groups: Groups, widest: float) -> tuple[Verdict, str]:
    """The verdict, and the condition under which it holds."""
    quantity = ratio.quantity
    if ":" in quantity.comparison or quantity.comparison in ratio.study.comparisons:
        return Verdict.IMPOSSIBLE, " for two groups as tabulated"
    steps = max(3, math.ceil(2 / (widest * math.sqrt(groups.events.value))) + 1)
    return Verdict.IMPLAUSIBLE, (
        f" for the two groups of the table; how it was coded is not printed, and a coding in "
        f"{steps} or more steps could give it"
    )


@check("How far adjustment moved each ratio.")
def adjusted_against_unadjusted(study: Study) -> Iterator[Finding]:
    """Implausible beyond a factor of e and four standard errors: only covariates that nearly
    determine the outcome, or are distributed very differently, do this.
    """
    for ratio in ratios(study):
        raw = replace(ratio.quantity, adjustment="unadjusted")
        estimates = study.by_quantity.get(raw, ())
        intervals = study.by_quantity.get(replace(raw, statistic="ci95"), ())
        if ratio.quantity.adjustment == "adjusted" and estimates and intervals:
            yield _shift(ratio, Ratio(study, estimates[0], intervals[0]))


def _shift(ratio: Ratio, raw: Ratio) -> Finding:
    shift = ratio.log_estimate.gap(raw.log_estimate)
    errors = max(ratio.standard_error.upper, raw.standard_error.upper)
    factor = math.exp(abs(math.log(ratio.estimate.number.value / raw.estimate.number.value)))
    said = f"adjustment moved it from {raw.estimate.value} to {ratio.estimate.value}"
    if shift > SHIFT and shift > SHIFT_ERRORS * errors:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            f", a factor of {factor:.1f}; only covariates that nearly determine the outcome, or "
            "differ strongly between the groups, move a ratio that far"
        )
    elif abs(math.log(factor)) > SHIFT:
        verdict = Verdict.NOT_CHECKABLE
        said += f", a factor of {factor:.1f}; its standard errors are too large to judge it"
    else:
        verdict = Verdict.REPRODUCED
        said += f", a factor of {factor:.2f}, as covariates may"
    numbers, was = (ratio.estimate, ratio.interval, raw.estimate, raw.interval), raw.estimate.value
    return ratio.find(verdict, was, said, numbers=numbers, reported=ratio.estimate.value)
