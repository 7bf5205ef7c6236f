"""Hazard ratios, their intervals and p-values, against each other and against the patients.

Software prints Wald intervals, exp(b - 1.96 se) to exp(b + 1.96 se): symmetrical about the ratio on
the log scale, and they give the standard error and with it a p-value.  How small a standard error
can be follows from the number of events.  Parmar, Torri & Stewart 1998, *Statistics in Medicine*
17:2815; Tierney et al. 2007, *Trials* 8:16.

One covariate in several models: a ratio may change its side of 1, or much of its size, from one
model to another when covariates are confounded with each other, or when the outcomes differ; that
is remarked on.  Limits that are not of mathematics are those of the house; `audit_limits` says how
often honest trials reach them.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from statistics import median
from typing import NamedTuple

from livingreview_audit.audited import Audited
from livingreview_audit.finding import Finding, Verdict, check, design, first_true
from livingreview_audit.intervals import ALPHA, Box, on_different_sides
from livingreview_audit.ratios import P_METHODS, Groups, Ratio, groups_of, own_ratios, p_box, ratios
from livingreview_record import Printed, Quantity

TEST_FLOOR, TEST_SHARE = 0.10, 0.20  # how far z of another test may be from Wald's
TELLING = 1.0  # a range of z wider than this says nothing of a p within it
HIGHER_TERMS = 1.1  # beyond the third order, in the asymmetry of a likelihood interval
SHIFT, SHIFT_ERRORS = 1.0, 4.0  # a factor of e, and this many standard errors
FACTOR = 5.0
FACTOR_ERRORS, SIDE_ERRORS = 2.0, 4.0  # of the larger of the two; both rest on the same patients
# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
MORE, FEWER, AMONG_ROWS = 1.25, 2.25, 2.0  # factors of the number of events
ONE_ONLY = ", which may arise from few events or from a covariate that acts on one outcome only"
FEWEST_ROWS, FEWEST_IN_LEVEL = 3, 10


@check("Each interval must lie about its ratio as a Wald interval does: ratio² = lower x upper.")
def interval_symmetry(study: Audited) -> Iterator[Finding]:
    """A profile-likelihood interval need not.  For a contrast of two groups the third derivative of
    the log partial likelihood is at most the information, so its arms differ by at most
    (half width)² / 3.  This excuses an interval whose width the number of events allows.
    """
    for ratio in ratios(study):
        if not ratio.is_own:
            continue
        (low, _, up), ends = ratio.logs, ratio.interval.interval
        centre = [math.exp((a + b) / 2) for a, b in ((low.lower, up.lower), (low.upper, up.upper))]
        root = f"{math.sqrt(ends.lower.value * ends.upper.value):.3g}"
        said = f"the root of {ends.lower.text} x {ends.upper.text} is {root}"
        skewed = (
            f", so the interval is not symmetrical about {ratio.estimate.value} (log scale), as "
            "one from a Cox model's standard error is"
        )
        likelihood = f"{skewed}; a profile-likelihood interval may be so"
        outside = ratio.log_estimate.upper < low.lower or ratio.log_estimate.lower > up.upper
        symmetrical = ratio.asymmetry.contains(0)
        excused = not symmetrical and _may_be_likelihood_interval(ratio)
        verdict, why = first_true(
            (outside, Verdict.IMPOSSIBLE, ""),
            (symmetrical, Verdict.REPRODUCED, ""),
            (excused, Verdict.ROUNDING, likelihood),
            (True, Verdict.DISCREPANT, f"{skewed}, rounding included"),
        )
        if outside:
            said = f"{ratio.estimate.value} lies outside its interval {ratio.interval.value}"
        recomputed = f"{centre[0]:.3g} to {centre[1]:.3g}"
        yield ratio.find(ratio.numbers, said + why, verdict, recomputed)


def _may_be_likelihood_interval(ratio: Ratio) -> bool:
    half = (ratio.logs[2].upper - ratio.logs[0].lower) / 2
    groups = groups_of(ratio.study, ratio.quantity)
    too_narrow = groups is not None and ratio.standard_error.upper < groups.least_standard_error
    return ratio.asymmetry.absolute().lower <= HIGHER_TERMS * half**2 / 3 and not too_narrow


@check("Each p-value printed with a ratio, by Wald's test from the interval.")
def p_of_ratio(study: Audited) -> Iterator[Finding]:
    """The printed p may come from a score, log-rank or likelihood-ratio test.  In 2,374 comparisons
    sampled from real patients (40 to 240 patients, hazard ratios 0.2 to 5, with and without
    further censoring) their z differed from Wald's by at most 0.10 + 0.20 z |log HR|; only a p
    farther off is discrepant.  Where the interval is not symmetrical, or rounding leaves z open by
    more than one, a p within all that the numbers may stand for is not checked by them.
    """
    for ratio in ratios(study):
        size, error = ratio.log_estimate.absolute(), ratio.standard_error
        z = Box(size.lower / error.upper, size.upper / max(error.lower, 1e-9))
        wald, symmetrical = p_box(z), ratio.asymmetry.contains(0)
        checked = symmetrical and z.upper - z.lower <= TELLING
        allowance = TEST_FLOOR + TEST_SHARE * z.upper * size.upper
        any_test = p_box(Box(max(0.0, z.lower - allowance), z.upper + allowance))
        gives = f"gives p = {_range(wald)} by Wald's test"
        if not symmetrical:
            gives = (
                "is not symmetrical (log scale), so that Wald's test does not follow; its two "
                f"sides and its width give p from {_range(wald)}"
            )
        for p in _p_values(ratio):
            printed = Box.of(p.number).within(0, 1)
            sides = "different sides" if on_different_sides(printed, wald) else "the same side"
            other_test = ", which a log-rank or likelihood-ratio test may give"
            verdict, why = first_true(
                (printed.overlaps(wald) and checked, Verdict.REPRODUCED, ""),
                (printed.overlaps(wald), Verdict.NOT_CHECKABLE, ""),
                (printed.overlaps(any_test), Verdict.ROUNDING, other_test),
                (True, Verdict.DISCREPANT, f"; the two are on {sides} of {ALPHA}"),
            )
            said = f"{ratio.shown} {gives}; printed is {p.value}{why}"
            numbers = (p, ratio.estimate, ratio.interval)
            yield ratio.find(numbers, said, verdict, _range(wald), p.value)


def _p_values(ratio: Ratio) -> Iterator[Printed]:
    for method in P_METHODS:
        wanted = replace(ratio.quantity, statistic="p", method=method)
        places = ratio.study.by_quantity.get(wanted, ())
        beside = [p for p in places if p.locator.section == ratio.estimate.locator.section]
        yield from (beside or places)


def _range(p: Box) -> str:
    low, up = (f"{end:.2g}" if end < ALPHA / 10 else f"{end:.3f}" for end in (p.lower, p.upper))
    return low if low == up else f"{low} to {up}"


@check("No interval may be narrower than the number of events allows.")
def interval_width(study: Audited) -> Iterator[Finding]:
    """With d1 and d2 events in two groups the model-based standard error of an unpenalised Cox
    model is at least sqrt(1/d1 + 1/d2) (see `ratios.Groups`), hence at least 2 / sqrt(d).  Where no
    number of events is printed, no more events than patients are taken.  Where the report does not
    print which levels a ratio compares, the covariate may have been coded in more steps than it is
    tabulated: implausible then, impossible only between two arms or two printed levels.
    """
    for ratio in ratios(study):
        groups = groups_of(study, ratio.quantity) if ratio.is_own else None
        if groups is None:
            continue
        least, widest = groups.least_standard_error, ratio.standard_error.upper
        of = f"{groups.everyone.value} {{participants}}, were all to have the event"
        if groups.events_printed:
            of = f"{groups.events.value} events among {groups.everyone.value} {{participants}}"
        if groups.sizes:
            which = "the groups" if len(groups.sizes) > 1 else "one of the groups"
            of += f" ({' and '.join(str(n.value) for n in groups.sizes)} in {which} compared)"
        as_tabulated = ratio.quantity.contrast[1] or ratio.quantity.comparison in study.comparisons
        steps = max(3, math.ceil(2 / (widest * math.sqrt(max(groups.events.value, 1)))) + 1)
        coded = (
            f" for the two groups of the table; how it was coded is not printed, and a coding in "
            f"{steps} or more steps could give it"
        )
        narrow = widest < least
        verdict, condition = first_true(
            (narrow and as_tabulated, Verdict.IMPOSSIBLE, " for two groups as tabulated"),
            (narrow, Verdict.IMPLAUSIBLE, coded),
        )
        said = (
            f"{ratio.shown} means a standard error of the log ratio of {widest:.3f} at most; with "
            f"{of}, an unpenalised Cox model gives a model-based one of at least {least:.3f}"
            f"{condition}"
        )
        numbers = (ratio.interval, ratio.estimate, *groups.numbers)
        from_least, reported = f"standard error from {least:.3f}", f"standard error {widest:.3f}"
        yield ratio.find(numbers, said, verdict, from_least, reported)


@check("How far adjustment moved each ratio.")
def adjusted_against_unadjusted(study: Audited) -> Iterator[Finding]:
    """Implausible beyond a factor of e and four standard errors: only covariates that nearly
    determine the outcome, or are distributed very differently, do this.
    """
    for ratio in ratios(study):
        unadjusted = replace(ratio.quantity, adjustment="unadjusted")
        estimates = study.by_quantity.get(unadjusted, ())
        intervals = study.by_quantity.get(replace(unadjusted, statistic="ci95"), ())
        if ratio.quantity.adjustment != "adjusted" or not estimates or not intervals:
            continue
        raw = Ratio(study, estimates[0], intervals[0])
        shift = ratio.log_estimate.gap(raw.log_estimate)
        far = abs(math.log(ratio.value / raw.value))
        errors, factor = _largest_error(ratio, raw), math.exp(far)
        only = (
            "only covariates that nearly determine the outcome, or differ strongly between the "
            "groups, move a ratio that far"
        )
        too_far = shift > SHIFT and shift > SHIFT_ERRORS * errors
        too_large = "its standard errors are too large to judge it"
        verdict, why = first_true(
            (too_far, Verdict.IMPLAUSIBLE, f"{factor:.1f}; {only}"),
            (far > SHIFT, Verdict.NOT_CHECKABLE, f"{factor:.1f}; {too_large}"),
            (True, Verdict.REPRODUCED, f"{factor:.2f}, as covariates may"),
        )
        was, now = raw.estimate.value, ratio.estimate.value
        said = f"adjustment moved it from {was} to {now}, a factor of {why}"
        yield _two(ratio, raw, verdict, said)


def _largest_error(one: Ratio, other: Ratio) -> float:
    return max(one.standard_error.upper, other.standard_error.upper)


@design("One covariate's hazard ratios for two outcomes of the same {participants}.")
def covariate_over_outcomes(study: Audited) -> Iterator[Finding]:
    """A remark where both intervals exclude 1 on opposite sides, or where two groups differ by a
    factor of five and the intervals have nothing in common.
    """
    families: dict[Quantity, dict[str, Ratio]] = {}
    for quantity, ratio in own_ratios(study).items():
        family = replace(quantity, outcome="", timepoint="")
        families.setdefault(family, {}).setdefault(quantity.outcome, ratio)
    for outcomes in families.values():
        for first, second in combinations(outcomes.values(), 2):
            (low, _, up), (other_low, _, other_up) = first.logs, second.logs
            ends = (up.upper, other_low.lower), (other_up.upper, low.lower)
            opposite = any(upper < 0 < lower for upper, lower in ends)
            factor, apart = _factor(first, second), any(upper < lower for upper, lower in ends)
            large = factor >= FACTOR and apart and groups_of(study, first.quantity)
            verdict, why = first_true(
                (opposite, Verdict.REMARK, f"; on opposite sides of 1{ONE_ONLY}"),
                (large, Verdict.REMARK, f"; a factor of {factor:.1f}{ONE_ONLY}"),
            )
            label = study.vocabulary(second.quantity.outcome).label
            said = f"{first.shown}, and for {label} {second.shown}{why}"
            yield _two(first, second, verdict, said)


@design("One covariate's hazard ratio alone and in the multivariable model.")
def covariate_over_models(study: Audited) -> Iterator[Finding]:
    """A remark where it moves by a factor of five and two standard errors, or to the other side of
    1 by four; where it moves beyond what `adjusted-against-unadjusted` allows, that check has it.
    """
    known = own_ratios(study)
    for quantity, adjusted in known.items():
        raw = known.get(replace(quantity, adjustment="unadjusted"))
        if quantity.adjustment != "adjusted" or raw is None:
            continue
        factor, errors = _factor(adjusted, raw), _largest_error(adjusted, raw)
        shift = math.log(factor)
        sides = (adjusted.value - 1) * (raw.value - 1) < 0
        large = factor >= FACTOR and shift > FACTOR_ERRORS * errors
        elsewhere = shift > SHIFT and shift > SHIFT_ERRORS * errors
        remarkable = (large or (sides and shift > SIDE_ERRORS * errors)) and not elsewhere
        other_side = ", to the other side of 1" if sides else ""
        moved = (
            f"; a factor of {factor:.1f}{other_side}, which may arise from confounding between "
            "covariates or few events"
        )
        verdict, why = first_true((remarkable, Verdict.REMARK, moved))
        said = f"{raw.shown} alone, and {adjusted.shown} in the multivariable model{why}"
        yield _two(adjusted, raw, verdict, said)


def _factor(first: Ratio, second: Ratio) -> float:
    return max(first.value, second.value) / min(first.value, second.value)


def _two(judged: Ratio, other: Ratio, verdict: Verdict, said: str) -> Finding:
    numbers = (judged.estimate, judged.interval, other.estimate, other.interval)
    shown, expected = judged.estimate.value, other.estimate.value
    return judged.find(numbers, said, verdict, expected, shown)


class _Row(NamedTuple):
    """A ratio, the sizes of the groups that it compares, and the events that it implies."""

    ratio: Ratio
    groups: Groups
    events: Box


@check(
    "The number of events that each univariable hazard ratio implies: {participants}, other rows."
)
def events_implied(study: Audited) -> Iterator[Finding]:
    """A model of one covariate with two levels has the standard error sqrt(1 / (d q (1 - q))), with
    d events, a share q of them in the first level; q lies between the level's share of the
    patients and that share weighted by the ratio.  All rows of a table about the same patients
    have the same d.  Implausible where it exceeds the patients, or the printed events, or differs
    from the middle of the table's rows, by more than in honest trials.
    """
    tables: dict[Quantity, list[_Row]] = {}
    for quantity, ratio in {one.quantity: one for one in ratios(study) if one.is_own}.items():
        groups = groups_of(study, quantity) if quantity.adjustment == "unadjusted" else None
        sizes = [part.value for part in groups.sizes] if groups else []
        if groups is None or len(sizes) < 2 or min(sizes) < FEWEST_IN_LEVEL:
            continue
        if sum(sizes) == groups.everyone.value:
            arm = quantity.arm_id or "all"
            family = replace(quantity, comparison="", statistic="", method="", arm_id=arm)
            events = events_from((sizes[0], sizes[1]), ratio.value, ratio.standard_error)
            tables.setdefault(family, []).append(_Row(ratio, groups, events))
    for rows in tables.values():
        middle = median(math.sqrt(row.events.lower * row.events.upper) for row in rows)
        yield from (_events(row, middle if len(rows) >= FEWEST_ROWS else None) for row in rows)


def events_from(sizes: tuple[int, int], hazard: float, error: Box) -> Box:
    """The events that a standard error means, for two groups and their hazard ratio.

    >>> box = events_from((100, 100), 1.0, Box.at(0.2))
    >>> round(box.lower), round(box.upper)
    (100, 100)
    """
    share = sizes[0] / sum(sizes)
    shares = (share, share * hazard / (share * hazard + 1 - share))
    spreads = [q * (1 - q) for q in shares]
    if min(shares) <= 0.5 <= max(shares):
        spreads.append(0.25)
    return Box(1 / (error.upper**2 * max(spreads)), 1 / (error.lower**2 * min(spreads)))


def away(events: Box, middle: float) -> float:
    """By what factor the implied events miss the middle of the rows; 1 where they hold it."""
    return max(1.0, events.lower / middle, middle / events.upper)


def _events(row: _Row, middle: float | None) -> Finding:
    ratio, groups, events = row.ratio, row.groups, row.events
    most, printed = groups.events.value, groups.events_printed
    other = middle is not None and away(events, middle) > AMONG_ROWS
    plausible = (
        "; plausible only where the model's standard error is not the usual one, the groups are "
        "coded otherwise than in the table, or some {participants} are left out"
    )
    verdict, why = first_true(
        (events.lower > most * MORE, Verdict.IMPLAUSIBLE, "more than there are"),
        (printed and events.upper * FEWER < most, Verdict.IMPLAUSIBLE, "fewer than are printed"),
        (other, Verdict.IMPLAUSIBLE, "not the events of the other rows"),
    )
    shown = f"{events.lower:.0f} to {events.upper:.0f}"
    among = "events are printed" if printed else "{participants}"
    said = (
        f"{ratio.shown} with {' and '.join(str(n.value) for n in groups.sizes)} {{participants}} "
        f"implies some {shown} events of {most} {among}"
    )
    said += "" if middle is None else f"; the middle of the table's rows is {middle:.0f}"
    said += f", so {why}{plausible}" if why else ""
    numbers = (ratio.interval, ratio.estimate, *groups.numbers)
    return ratio.find(numbers, said, verdict, shown)
