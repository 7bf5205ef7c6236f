"""Means, standard deviations, medians and ranges: each other, group sizes, ends of their scale.

A scale is bounded by the vocabulary (`minimum`, `maximum`), by the limits of eligibility, or,
for a change in per cent of something that cannot be negative, by -100.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from operator import attrgetter
from typing import NamedTuple

import numpy as np
from scipy.stats import ttest_ind_from_stats

from livingreview_audit.audited import Audited, Count, Numbers, every
from livingreview_audit.design import ELIGIBILITY, limits_of_eligibility
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import Box, added, image
from livingreview_audit.moments import has_whole_squares, pooled_sd, whole_sums
from livingreview_record import ALL_ARMS, Outcome, Printed, Quantity, Reported, table_first

T_TESTS = {"Student's t-test": True, "Welch's t-test": False}  # whether of equal variances
MEAN_TESTS = frozenset({"t-test", "t-or-mann-whitney"})
DIFFERING = ("median", "mean", "percent", "rate")
VALUE = attrgetter("value")
CHANGE, LEAST_CHANGE = "% change", -100.0


class _Group(NamedTuple):
    """Mean, standard deviation and size of one group."""

    mean: Printed
    sd: Printed
    patients: Count

    @property
    def size(self) -> int:
        return self.patients.value

    @property
    def numbers(self) -> Numbers:
        return (self.mean, self.sd, *self.patients.numbers)

    @property
    def words(self) -> str:
        return f"{self.mean.value} ± {self.sd.value} of {self.size}"

    @property
    def means(self) -> Box:
        """What the mean may stand for."""
        return Box.of(self.mean.number)

    @property
    def spreads(self) -> Box:
        """What the standard deviation may stand for."""
        return Box.of(self.sd.number).within(0.0, math.inf)


def _group(study: Audited, quantity: Quantity) -> _Group | None:
    printed, size = study.statistics(quantity, "mean", "sd"), study.group_size(quantity)
    return _Group(printed[0], printed[1], size) if printed and size else None


@check("P-values of t-tests from means, standard deviations and sizes.")
def p_of_means(study: Audited) -> Iterator[Finding]:
    """Student's and Welch's test are both taken, over everything the rounded values may have been;
    where the paper may have used a rank test, a mismatch is not checkable.
    """
    for p in study.find(statistic="p"):
        of_arms = p.quantity.comparison in study.comparisons
        if of_arms and p.quantity.method in MEAN_TESTS and _is_of_values(study, p.quantity):
            arms = every(_group(study, arm) for arm in study.compared(p.quantity))
            if arms:
                yield _judge_p(study, p, *arms)


def _judge_p(study: Audited, p: Printed, one: _Group, other: _Group) -> Finding:
    apart = one.means.minus(other.means)
    ends = [apart.lower, apart.upper, *([0.0] if apart.contains(0.0) else [])]
    spreads = ((arm.spreads.lower, arm.spreads.upper) for arm in (one, other))
    differences, s, r = np.array(list(product(ends, *spreads))).T
    found = {}
    for name, equal_var in T_TESTS.items():
        test = ttest_ind_from_stats(
            differences, s, one.size, 0.0, r, other.size, equal_var=equal_var
        )
        values = np.nan_to_num(test.pvalue, nan=1.0)  # neither a difference nor a spread
        found[name] = Box(float(values.min()), float(values.max()))
    fits = [name for name, box in found.items() if box.overlaps(Box.of(p.number))]
    usual = found["Student's t-test"]
    shown = f"{usual.lower:.3f} to {usual.upper:.3f}"
    gives = f"p {shown} by Student's t-test"
    verdict, gives = first_true(
        (fits, Verdict.REPRODUCED, f"it by {''.join(fits[:1])}"),
        (p.quantity.method == "t-test", Verdict.DISCREPANT, gives),
        (True, Verdict.NOT_CHECKABLE, f"{gives}; a rank test needs the {{participants}}' values"),
    )
    said = f"{one.words} against {other.words} gives {gives}"
    numbers, printed = (p, *one.numbers, *other.numbers), f"p {p.value}"
    return Finding.on(numbers, study.number_words(p), said, verdict, shown, reported=printed)


@check("Mean and standard deviation of all {participants} against those of the arms.")
def pooled_means(study: Audited) -> Iterator[Finding]:
    """Assumes that the arms are all patients: the pooled mean is weighted by their sizes, and the
    squares within and between arms add up.  SDs of samples and of populations are both taken.
    """
    for whole in _of_all(study, "mean"):
        arms = every(_group(study, arm) for arm in study.by_arm(whole.quantity))
        if not arms:
            continue
        sizes, means = [arm.size for arm in arms], [arm.means for arm in arms]
        boxes = [(whole, added(means, sizes).over(sum(sizes)))]
        for spread in study.statistics(whole.quantity, "sd"):
            spreads = [arm.spreads for arm in arms]
            sample, population = (
                image(partial(pooled_sd, sizes, less), *means, *spreads) for less in (1, 0)
            )
            boxes.append((spread, sample.hull(population)))
        words = " and ".join(arm.words for arm in arms)
        for printed, box in boxes:
            decimals = printed.number.decimals + 1
            recomputed = f"{box.lower:.{decimals}f} to {box.upper:.{decimals}f}"
            said = f"{words} give {recomputed} together; {printed.value} printed"
            numbers = (printed, *(number for arm in arms for number in arm.numbers))
            verdict = unless(box.overlaps(Box.of(printed.number)), Verdict.DISCREPANT)
            yield Finding.on(numbers, study.number_words(printed), said, verdict, recomputed)


@check(
    "A mean or median of all {participants} must lie between those of the arms; ranges must nest."
)
def middle_of_all(study: Audited) -> Iterator[Finding]:
    """Assumes that the arms are all patients."""
    for whole in _of_all(study, "mean", "median", "range"):
        arms = study.mentions(study.by_arm(whole.quantity))
        if arms and _is_of_values(study, whole.quantity):
            shown = " and ".join(arm.value for arm in arms)
            if whole.quantity.statistic == "range":
                low = min((arm.interval.lower for arm in arms), key=VALUE)
                high = max((arm.interval.upper for arm in arms), key=VALUE)
                ends = ((whole.interval.lower, low), (whole.interval.upper, high))
                fits = all(_at_most(one, end) and _at_most(end, one) for one, end in ends)
                told = f"the arms' {shown} together"
            else:
                low, *_, high = sorted((arm.number for arm in arms), key=VALUE)
                fits = _at_most(low, whole.number) and _at_most(whole.number, high)
                told = f"between {shown}"
            about = f"{study.number_words(whole)} ({study.group_words(whole.quantity)})"
            said = f"{whole.value} {'is' if fits else 'is not'} {told}"
            yield Finding.on((whole, *arms), about, said, unless(fits, Verdict.IMPOSSIBLE), told)


def _at_most(one: Reported, other: Reported) -> bool:
    """Whether the first may be at most the second; rounding to equal decimals keeps the order."""
    if one.decimals == other.decimals and one.relation == other.relation == "=":
        return one.value <= other.value
    return Box.of(one).lower <= Box.of(other).upper


@check("A standard deviation against the largest that the range allows.")
def spread_in_range(study: Audited) -> Iterator[Finding]:
    """With values from a to b, it is at most `sqrt((mean - a) (b - mean) n / (n - 1))` (Bhatia &
    Davis 2000, *American Mathematical Monthly* 107:353).
    """
    for limits, group in _ranges(study):
        ends, mean, n = limits.interval, group.mean.number.value, group.size
        low, high = Box.of(ends.lower).lower, Box.of(ends.upper).upper
        largest = math.sqrt(max(0.0, (mean - low) * (high - mean)) * n / (n - 1))
        verdict = unless(Box.of(group.sd.number).lower <= largest, Verdict.IMPOSSIBLE)
        most = f"at most {largest:.2f}"
        said = f"with values from {limits.value}, the SD is {most}; {group.sd.value} is printed"
        numbers, about = (group.sd, limits, group.mean), study.number_words(group.sd)
        yield Finding.on(numbers, about, said, verdict, most)


@check("Means of whole numbers: some whole sum, divided by the size, must print like the mean.")
def grim(study: Audited) -> Iterator[Finding]:
    """Only for variables declared `integer: true`.

    References: Brown & Heathers 2017, *Social Psychological and Personality Science* 8:363.
    """
    for mean in study.find(statistic="mean"):
        sizes = study.group_sizes(mean.quantity)
        for size in sizes[:1] if study.vocabulary(mean.quantity.outcome).integer else ():
            fits = any(whole_sums(mean.number, size.value) for size in sizes)
            told = f"{'a' if fits else 'no'} sum of {size.value} whole numbers"
            about, said = study.number_words(mean), f"{told} gives the mean {mean.value}"
            yield Finding.on(
                (mean, *size.numbers), about, said, unless(fits, Verdict.IMPOSSIBLE), told
            )


@check("Standard deviations of whole numbers: some whole sum of squares must give mean and SD.")
def grimmer(study: Audited) -> Iterator[Finding]:
    """Only for variables declared `integer: true`, where the mean passes GRIM.

    References: Anaya 2016, *PeerJ Preprints* 4:e2400v1; Allard 2018 (A-GRIMMER).
    """
    for sd in study.find(statistic="sd"):
        whole = study.vocabulary(sd.quantity.outcome).integer
        group = _group(study, sd.quantity) if whole else None
        if group and group.size > 1 and whole_sums(group.mean.number, group.size):
            fits = has_whole_squares(group.mean.number, sd.number, group.size)
            told = f"{'a' if fits else 'no'} sum of squares of {group.size} whole numbers"
            about, said = study.number_words(sd), f"{told} gives {group.words}"
            yield Finding.on(
                (sd, *group.numbers), about, said, unless(fits, Verdict.IMPOSSIBLE), told
            )


@check("A difference of medians, means or percentages, in either direction.")
def difference_of_arms(study: Audited) -> Iterator[Finding]:
    """The difference may have been taken before rounding, so the whole box of both arms counts."""
    for number in study.find(statistic="difference"):
        quantity = number.quantity
        arms = study.compared(quantity) if quantity.comparison in study.comparisons else []
        pairs = [
            study.mentions(replace(arm, statistic=statistic) for arm in arms)
            for statistic in DIFFERING
        ]
        known = [pair for pair in pairs if pair]
        size = Box.of(number.number).absolute()
        fits = [
            (one, other)
            for one, other in known
            if Box.of(one.number).minus(Box.of(other.number)).absolute().overlaps(size)
        ]
        for one, other in (fits or known)[:1]:
            decimals = max(one.number.decimals, other.number.decimals)
            text = f"{abs(one.number.value - other.number.value):.{decimals}f}"
            differ = f"{one.value} and {other.value} differ by {text}"
            about, said = study.quantity_words(quantity), f"{differ}; {number.value} is printed"
            verdict = unless(fits, Verdict.DISCREPANT)
            yield Finding.on((number, one, other), about, said, verdict, text)


@check("A mean and its standard deviation against the ends of the scale that they are on.")
def spread_on_scale(study: Audited) -> Iterator[Finding]:
    """The mean lies within them.  With n values from a upwards the standard deviation is at most
    (mean - a) sqrt(n), and with values up to b at most sqrt((mean - a) (b - mean) n / (n - 1))
    (Bhatia & Davis 2000, *American Mathematical Monthly* 107:353).
    """
    eligible = {
        quantity.category.removeprefix(ELIGIBILITY): places[0]
        for quantity, places in study.by_quantity.items()
        if quantity.category.startswith(ELIGIBILITY)
    }
    for mean in _first_places(study, "mean"):
        variable = study.vocabulary(mean.quantity.outcome)
        if not mean.quantity.comparison and _is_of_values(study, mean.quantity):
            low, high, why, limits = _ends(variable, eligible.get(variable.id))
            if math.isfinite(low):
                yield _on_scale(study, mean, (low, high), why, limits)


def _ends(variable: Outcome, eligible: Printed | None) -> tuple[float, float, str, Numbers]:
    """Least and greatest value, why, and the printed limits where there are any."""
    low = -math.inf if variable.minimum is None else variable.minimum
    high = math.inf if variable.maximum is None else variable.maximum
    if math.isfinite(low) or math.isfinite(high):
        return low, high, f"the scale of {variable.label}", ()
    if variable.unit == CHANGE:
        return LEAST_CHANGE, math.inf, "a change in per cent", ()
    if eligible is not None:
        return *limits_of_eligibility(eligible.value), "the limits of eligibility", (eligible,)
    return -math.inf, math.inf, "", ()


def _on_scale(
    study: Audited, mean: Printed, ends: tuple[float, float], why: str, limits: Numbers
) -> Finding:
    low, high = ends
    box, size = Box.of(mean.number), study.group_size(mean.quantity)
    shown = f"from {low:g}" + (f" to {high:g}" if math.isfinite(high) else "")
    said = f"a mean of {mean.value}, {shown} by {why}"
    numbers, verdict, most = (mean, *limits), Verdict.REPRODUCED, ""
    spreads = study.statistics(mean.quantity, "sd") if size and size.value > 1 else ()
    if box.upper < low or box.lower > high:
        verdict, said = Verdict.IMPOSSIBLE, f"{said}; no mean of such values lies outside"
    elif size and spreads:
        (sd,), n, above = spreads, size.value, max(box.upper - low, 0.0)
        below = min(max(high - box.lower, 0.0), n * above)
        largest = math.sqrt(max(above * below, 0.0) * n / (n - 1))
        largest = min(largest, above * math.sqrt(n))
        most, numbers = f"at most {largest:.2f}", (sd, mean, *limits, *size.numbers)
        said += f"; the SD of {n} such values is {most}, and {sd.value} is printed"
        if Box.of(sd.number).lower > largest:
            verdict = Verdict.IMPOSSIBLE
            said += "; values outside these limits, or another statistic, would explain it"
    return Finding.on(numbers, study.full_words(mean.quantity), said, verdict, most or shown)


@check("A standard deviation against the least that its range demands.")
def spread_of_extremes(study: Audited) -> Iterator[Finding]:
    """With the least value a and the greatest b of n, and all others alike, the sum of squares
    about the mean is (a - mean)² + (b - mean)² + (a + b - 2 mean)² / (n - 2).
    """
    for limits, group in _ranges(study):
        if group.size < 3:
            continue
        ends, means, n = limits.interval, group.means, group.size
        low, high = Box.of(ends.lower).upper, Box.of(ends.upper).lower
        middle = min(max((low + high) / 2, means.lower), means.upper)
        others = (low + high - 2 * middle) ** 2 / (n - 2)
        least = math.sqrt(((low - middle) ** 2 + (high - middle) ** 2 + others) / n)
        said = (
            f"a range of {limits.value} in {n} {{participants}} needs a SD of {least:.2f} or more; "
            f"{group.sd.value} is printed"
        )
        verdict = unless(Box.of(group.sd.number).upper >= least, Verdict.IMPOSSIBLE)
        numbers, about = (group.sd, limits, group.mean), study.full_words(group.sd.quantity)
        yield Finding.on(numbers, about, said, verdict, f"from {least:.2f}")


def _of_all(study: Audited, *statistics: str) -> Iterator[Printed]:
    """The first place of each of these statistics of all patients, where there are arms."""
    for number in _first_places(study, *statistics) if len(study.arms) > 1 else ():
        if number.quantity.arm_id == ALL_ARMS and not number.quantity.comparison:
            yield number


def _first_places(study: Audited, *statistics: str) -> Iterator[Printed]:
    for quantity, places in study.by_quantity.items():
        if quantity.statistic in statistics:
            yield table_first(places)[0]


def _ranges(study: Audited) -> Iterator[tuple[Printed, _Group]]:
    """Each range with the mean and standard deviation of the same group, of two or more."""
    for limits in _first_places(study, "range"):
        group = _group(study, limits.quantity)
        if _is_of_values(study, limits.quantity) and group is not None and group.size > 1:
            yield limits, group


def _is_of_values(study: Audited, quantity: Quantity) -> bool:
    """Whether the outcome is measured in every patient, without censoring."""
    return study.vocabulary(quantity.outcome).kind == "continuous"
