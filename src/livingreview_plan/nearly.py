"""Printed numbers that a planned synthesis nearly takes, and what keeps each of them out.

A number is near when it is of the outcome, the arms and the patients that a rule wants, and differs
in what a row may leave unsaid or say otherwise: method, adjustment, time, level, interval, the
order of the arms, the size of the group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from livingreview_record import (
    FORM_OF,
    FORMS,
    INTERVAL_LEVELS,
    Comparison,
    PlannedSynthesis,
    Printed,
    Quantity,
    Study,
    mention,
    table_first,
)

USABLE_METHODS = ("cox", "")  # empty: the report names none
COUNTED = ("n", "percent")


@dataclass(frozen=True)
class NearMiss:
    """A printed number that a rule nearly takes, `why` it does not, and the column to look at."""

    number: Printed
    column: str
    why: str

    def __str__(self) -> str:
        statistic, value = self.number.quantity.statistic, self.number.value
        what = f"{value}%" if statistic == "percent" else value
        if statistic in FORM_OF:
            words = FORM_OF[statistic].words
            what = f"{'an' if words.startswith('o') else 'a'} {words} of {value}"
        return f"{what} is printed ({self.number.locator}), but {self.why}"


def keeps_out(study: Study, number: Printed, adjustment: str) -> NearMiss | None:
    """What keeps a hazard ratio out that compares the wanted arms and patients; None if nothing."""
    quantity = number.quantity
    interval = interval_of(study, quantity)
    faults = (
        ("adjustment", quantity.adjustment != adjustment, "it is not said whether it is adjusted"),
        ("category", bool(quantity.category), "it is of one level only"),
        ("timepoint", bool(quantity.timepoint), f"it is of one time ({quantity.timepoint})"),
        (
            "method",
            quantity.method not in USABLE_METHODS,
            f"its method is {quantity.method}, and only ratios of a Cox model are taken",
        ),
        ("value", number.number.relation != "=", "it is printed as a limit"),
        ("statistic", interval is None, "no confidence interval is printed for it"),
        (
            "value",
            interval is not None and not _holds(interval, number),
            "it does not lie between two printed bounds above 0, its interval being "
            f"{'' if interval is None else interval.value}",
        ),
    )
    return next((NearMiss(number, column, why) for column, fault, why in faults if fault), None)


def interval_of(study: Study, quantity: Quantity) -> Printed | None:
    """The printed interval of a ratio, of 95% first; one of both may leave the method unnamed."""
    methods = dict.fromkeys((quantity.method, *(USABLE_METHODS if not quantity.method else ("",))))
    found = (
        mention(study, replace(quantity, statistic=level, method=method))
        for level, method in product(INTERVAL_LEVELS, methods)
    )
    return next((interval for interval in found if interval is not None), None)


def _holds(interval: Printed, number: Printed) -> bool:
    """Whether the interval has two bounds above 0, and the number between them."""
    lower, upper = interval.interval.lower, interval.interval.upper
    exact = lower.relation == upper.relation == "="
    return exact and 0 < lower.value < number.number.value < upper.value


def spread_of(study: Study, number: Printed, measure: str) -> Printed | None:
    """The 95% interval of an estimate, or the standard error of one on the analysis scale."""
    form = next(f for f in FORMS[measure] if f.statistic == number.quantity.statistic)
    for statistic in ("ci95",) if form.ratio else ("ci95", "se"):
        found = mention(study, replace(number.quantity, statistic=statistic))
        if found is not None and found.unit == number.unit:
            return found
    return None


def keeps_estimate_out(study: Study, number: Printed, rules: PlannedSynthesis) -> NearMiss | None:
    """What keeps out an estimate of the wanted measure, arms and patients; None if nothing.

    A rule that names no adjustment takes what is unadjusted, or not said to be adjusted.
    """
    quantity, measure = number.quantity, rules.measures[0]
    spread = spread_of(study, number, measure)
    allowed = ("", "unadjusted") if rules.adjustment is None else (rules.adjustment,)
    adjusted = quantity.adjustment or "not said to be adjusted or unadjusted"
    ratio = any(f.ratio for f in FORMS[measure] if f.statistic == quantity.statistic)
    needed = "no 95% confidence interval" + ("" if ratio else " or standard error")
    time = quantity.timepoint or "no named time"
    faults = (
        ("adjustment", quantity.adjustment not in allowed, f"it is {adjusted}"),
        ("category", quantity.category != rules.category, "it is of another level"),
        ("timepoint", quantity.timepoint != rules.timepoint, f"it is of {time}"),
        ("value", number.number.relation != "=", "it is printed as a limit"),
        ("statistic", spread is None, f"{needed} in its unit is printed for it"),
        (
            "value",
            spread is not None and not _fits(spread, number, ratio=ratio),
            f"no variance can be taken from its {'' if spread is None else spread.value}",
        ),
    )
    return next((NearMiss(number, column, why) for column, fault, why in faults if fault), None)


def _fits(spread: Printed, number: Printed, *, ratio: bool) -> bool:
    """Whether the standard error is above 0, or the estimate between two bounds."""
    if spread.quantity.statistic == "se":
        return spread.number.relation == "=" and spread.number.value > 0
    if ratio:
        return _holds(spread, number)
    lower, upper = spread.interval.lower, spread.interval.upper
    exact = lower.relation == upper.relation == "="
    return exact and lower.value < number.number.value < upper.value


def near_counts(study: Study, wanted: Quantity, size: Printed | None) -> Iterator[NearMiss]:
    """Counts and percentages of an arm of which no usable count comes, and why."""
    parts = [
        (mention(study, replace(wanted, outcome=of, category=level, statistic="n")), of, level)
        for of, levels in (study.vocabulary(wanted.outcome).sum_of or {}).items()
        for level in levels
    ]
    printed = [number for number, _, _ in parts if number is not None]
    for number, of, level in parts:
        if number is None and printed:
            label = study.vocabulary(of).levels[level]
            yield NearMiss(printed[0], "category", f"the number with {label} is not printed")
    for number in study.numbers:
        quantity = number.quantity
        alike = replace(quantity, category="", timepoint="", adjustment="", statistic="")
        if alike == replace(wanted, category="") and quantity.statistic in COUNTED:
            yield from _near_count(study, number, wanted, size)


def _near_count(
    study: Study, number: Printed, wanted: Quantity, size: Printed | None
) -> Iterator[NearMiss]:
    quantity, who = number.quantity, study.terms.participants
    level = study.vocabulary(wanted.outcome).levels.get(wanted.category, "the whole outcome")
    if quantity.category not in ("", wanted.category):
        return
    if quantity.category != wanted.category:
        yield NearMiss(number, "category", f"it is of no level, and {level} is wanted")
    elif quantity.timepoint:
        yield NearMiss(number, "timepoint", f"it is of one time ({quantity.timepoint})")
    elif quantity.adjustment:
        yield NearMiss(number, "adjustment", f"it is marked as {quantity.adjustment}")
    elif size is None:
        why = f"the number of {who} of the arm is not (a row of outcome participants)"
        yield NearMiss(number, "outcome", why)
    elif quantity.statistic == "n":
        yield NearMiss(number, "value", f"it is more than the arm's {size.value} {who}")
    else:
        yield NearMiss(number, "value", f"it fits no count of {size.value} {who}")


def other_way_round(
    study: Study,
    comparisons: Sequence[Comparison],
    outcomes: Sequence[str],
    wanted: Quantity,
    statistics: Sequence[str] = COUNTED,
) -> Iterator[NearMiss]:
    """Numbers of comparisons whose experimental arm is the one that a rule wants as control."""
    for comparison in comparisons:
        arms = (comparison.experimental, comparison.control)
        found = [
            number
            for number in study.numbers
            if (q := number.quantity).outcome in outcomes
            and (q.population, q.subgroup) == (wanted.population, wanted.subgroup)
            and (q.comparison == comparison.id if wanted.comparison else q.arm_id in arms)
            and q.statistic in statistics
        ]
        for number in table_first(found)[:1]:
            why = f"the arms of '{comparison.label}' stand the other way round"
            yield NearMiss(number, "comparison", why)
