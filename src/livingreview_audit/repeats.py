"""One quantity printed in several places, and the form of single printed numbers."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import mention, number_words, quantity_words, table_first
from livingreview_audit.p_values import p_of_counts
from livingreview_record import (
    DESIGN_STATISTICS,
    INTERVAL_STATISTICS,
    NUMBER_WORDS,
    Printed,
    Reported,
    Study,
)

ESTIMATES = ("median", "mean", "percent", "rate", "hr", "difference")
INTERVALS_OF = {"ci95": ESTIMATES, "range": ("median", "mean"), "iqr": ("median",)}
DAYS = {"days": 1, "weeks": 7}  # units that are exact multiples of each other
MOST = {"p": 1.0, "percent": 100.0, "rate": 100.0}
NOT_NEGATIVE = frozenset({"n", "sd", "hr", "p", "rate"})
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@check("Every further mention of a quantity against the first, table cells before text.")
def printed_twice(study: Study) -> Iterator[Finding]:
    """Two mentions agree when they may be one value printed with different precision.  Two p-values
    that both follow from the counts, each by a usual test, are implausible only.
    """
    usual = (Verdict.REPRODUCED, Verdict.ROUNDING)
    given = {found.numbers[0] for found in p_of_counts(study) if found.verdict in usual}
    for places in study.by_quantity.values():
        first, *others = table_first(places)
        for other in others:
            if other.unit == first.unit:
                found = _compare(study, other, first)
                if found.verdict is Verdict.DISCREPANT and given.issuperset((other, first)):
                    clause = "; the counts give both, by two usual tests"
                    found = found.but(Verdict.IMPLAUSIBLE, clause)
                yield found
            elif other.unit in DAYS and first.unit in DAYS:
                yield _in_days(study, other, first)


@check("An interval or range against the one estimate of the same quantity, and its own order.")
def estimate_in_interval(study: Study) -> Iterator[Finding]:
    """Assumes that an interval, as printed for an estimate, was computed to hold it."""
    for number in study.numbers:
        wanted = INTERVALS_OF.get(number.quantity.statistic, ())
        places = [_estimate(study, number, statistic) for statistic in wanted]
        found = [one for one in places if one is not None and one.number.exact is not None]
        if wanted:
            yield from _order(study, number, found[0] if len(found) == 1 else None)


@check("A comma where the other numbers of the report have a decimal point.")
def decimal_comma(study: Study) -> Iterator[Finding]:
    """Read as a decimal point: no contradiction, and said so that a reader finds the number."""
    for number in study.numbers:
        free_text = number.quantity.statistic in DESIGN_STATISTICS
        if not free_text and any(part.has_decimal_comma for part in parts(number)):
            point = number.value.replace(",", ".")
            said = f"{quantity_words(study, number.quantity)}: {number.value} is read as {point}."
            yield Finding((number,), number.value, point, Verdict.ROUNDING, said)


def parts(number: Printed) -> tuple[Reported, ...]:
    """The printed number, or the two bounds of a printed interval."""
    if number.quantity.statistic in INTERVAL_STATISTICS:
        return number.interval.lower, number.interval.upper
    return (number.number,)


def _compare(study: Study, other: Printed, first: Printed) -> Finding:
    if other.quantity.statistic in DESIGN_STATISTICS:
        verdict = Verdict.REPRODUCED if _words(other) == _words(first) else Verdict.DISCREPANT
    else:
        agree = [_agree(*pair) for pair in zip(parts(other), parts(first), strict=True)]
        verdict = max(agree, key=list(Verdict).index)
    apart = {Verdict.REPRODUCED: "as", Verdict.ROUNDING: "to another precision than"}
    how = apart.get(verdict, "against")
    said = f"{number_words(study, other)}: {other.value} {how} {first.value} in {first.locator}."
    return Finding((other, first), other.value, first.value, verdict, said)


def _in_days(study: Study, other: Printed, first: Printed) -> Finding:
    """Two durations in different units, where both are single numbers."""
    found = _compare(study, other, first)
    days = [_days(number) for number in (other, first)]
    if None in days:
        clause = f"; the units differ ({other.unit}, {first.unit})"
        return found.but(Verdict.NOT_CHECKABLE, clause)
    verdict = Verdict.REPRODUCED if days[0] == days[1] else Verdict.DISCREPANT
    return found.but(verdict, f": {days[0]} and {days[1]} days")


def _days(number: Printed) -> Decimal | None:
    try:
        exact = Reported(number.value).exact
    except ValueError:
        return None
    return None if exact is None else exact * DAYS[number.unit]


def _agree(one: Reported, other: Reported) -> Verdict:
    if one.exact == other.exact and one.relation == other.relation:
        return Verdict.REPRODUCED
    if one.relation == other.relation == "=" and one.decimals == other.decimals:
        return Verdict.DISCREPANT
    if not Box.of(one).overlaps(Box.of(other)):
        return Verdict.DISCREPANT
    bound = one.relation != "=" or other.relation != "="
    return Verdict.REPRODUCED if bound else Verdict.ROUNDING


def _words(number: Printed) -> list[str]:
    """Numbers and months of a free text, in any order and spelling."""
    tokens = _TOKEN.findall(number.value.lower().replace("-", " "))
    spelled = [str(NUMBER_WORDS[token]) if token in NUMBER_WORDS else token for token in tokens]
    kept = [token[:3] if token[0].isalpha() else token.strip("0") for token in spelled]
    return sorted(token for token in kept if not token[:1].isalpha() or token in _MONTHS)


def _estimate(study: Study, interval: Printed, statistic: str) -> Printed | None:
    """The estimate in the interval's own cell, else where it is printed first."""
    wanted = replace(interval.quantity, statistic=statistic)
    found = study.by_quantity.get(wanted, ())
    near = (place for place in found if place.locator == interval.locator)
    return next(near, None) or mention(study, wanted)


def _order(study: Study, number: Printed, estimate: Printed | None) -> Iterator[Finding]:
    lower, upper = (Box.of(part) for part in parts(number))
    middle = Box.of(estimate.number) if estimate else lower.hull(upper)
    fits = lower.lower <= middle.upper and middle.lower <= upper.upper
    fits = fits and lower.lower <= upper.upper
    verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
    label = quantity_words(study, number.quantity)
    if estimate is None and fits:
        return
    value = estimate.value if estimate else "an interval"
    said = f"{label}: {value} {'lies' if fits else 'does not lie'} within {number.value}."
    numbers = (number, estimate) if estimate else (number,)
    yield Finding(numbers, number.value, value, verdict, said)


@check("Only what is impossible: p above 1, a share above 100%, an interval with its ends swapped.")
def possible_value(study: Study) -> Iterator[Finding]:
    """Assumes nothing: the limits are those of the definition."""
    for number in study.numbers:
        why = _why_not(number)
        if why:
            said = f"{quantity_words(study, number.quantity)}: {number.value}, {why}."
            yield Finding((number,), number.value, "", Verdict.IMPOSSIBLE, said)


def _why_not(number: Printed) -> str:
    statistic = number.quantity.statistic
    if statistic in INTERVAL_STATISTICS:
        low, up = number.interval.lower, number.interval.upper
        if low.exact is not None and up.exact is not None and low.value > up.value:
            return "an interval that ends before it begins"
        return _beyond(up, 100.0) if number.unit == "%" and number.quantity.timepoint else ""
    if statistic not in MOST and statistic not in NOT_NEGATIVE:
        return ""
    if statistic in NOT_NEGATIVE and number.number.value < 0:
        return "below zero"
    return _beyond(number.number, MOST[statistic]) if statistic in MOST else ""


def _beyond(printed: Reported, most: float) -> str:
    return f"above {most:g}" if printed.value > most else ""
