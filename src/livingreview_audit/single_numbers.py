"""One quantity printed in several places, and the form of single printed numbers."""

import re
from collections.abc import Iterator
from dataclasses import replace

from livingreview_audit.audited import Audited
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import Box
from livingreview_audit.p_values import p_of_counts
from livingreview_record import (
    DESIGN_STATISTICS,
    INTERVAL_STATISTICS,
    NUMBER_WORDS,
    Printed,
    Reported,
    table_first,
)

ESTIMATES = ("median", "mean", "percent", "rate", "hr", "difference")
INTERVALS_OF = {"ci95": ESTIMATES, "range": ("median", "mean"), "iqr": ("median",)}
DAYS = {"days": 1, "weeks": 7}  # units that are exact multiples of each other
MOST = {"p": 1.0, "percent": 100.0, "rate": 100.0}
NOT_NEGATIVE = frozenset({"n", "sd", "hr", "p", "rate"})
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@check("Every further mention of a quantity against the first, table cells before text.")
def printed_twice(study: Audited) -> Iterator[Finding]:
    """Two mentions agree when they may be one value printed with different precision.  Two p-values
    that both follow from the counts, each by a usual test, are implausible only.
    """
    usual = (Verdict.REPRODUCED, Verdict.ROUNDING)
    given = {found.numbers[0] for found in p_of_counts(study) if found.verdict in usual}
    for places in study.by_quantity.values():
        first, *others = table_first(places)
        for other in others:
            if other.unit != first.unit and not DAYS.keys() >= {other.unit, first.unit}:
                continue
            found = _compare(study, other, first)
            if other.unit != first.unit:
                found = _in_days(found, other, first)
            elif found.verdict is Verdict.DISCREPANT and given.issuperset((other, first)):
                clause = "; the counts give both, by two usual tests"
                found = found.but(Verdict.IMPLAUSIBLE, clause)
            yield found


def _compare(study: Audited, other: Printed, first: Printed) -> Finding:
    if other.quantity.statistic in DESIGN_STATISTICS:
        verdict = unless(_words(other) == _words(first), Verdict.DISCREPANT)
    else:
        agree = [_agree(*pair) for pair in zip(_parts(other), _parts(first), strict=True)]
        verdict = max(agree, key=list(Verdict).index)
    apart = {Verdict.REPRODUCED: "as", Verdict.ROUNDING: "to another precision than"}
    said = f"{other.value} {apart.get(verdict, 'against')} {first.value} in {first.locator}"
    return Finding.on((other, first), study.number_words(other), said, verdict, first.value)


def _in_days(found: Finding, other: Printed, first: Printed) -> Finding:
    """Two durations in different units, where both are single numbers."""
    try:
        exact = [(n, Reported(n.value).exact) for n in (other, first)]
    except ValueError:
        exact = [(other, None)]
    days = [value * DAYS[n.unit] for n, value in exact if value is not None]
    if len(days) < 2:
        clause = f"; the units differ ({other.unit}, {first.unit})"
        return found.but(Verdict.NOT_CHECKABLE, clause)
    verdict = unless(days[0] == days[1], Verdict.DISCREPANT)
    return found.but(verdict, f": {days[0]} and {days[1]} days")


def _agree(one: Reported, other: Reported) -> Verdict:
    exact = one.relation == other.relation == "="
    verdict, _ = first_true(
        (one.exact == other.exact and one.relation == other.relation, Verdict.REPRODUCED, ""),
        (exact and one.decimals == other.decimals, Verdict.DISCREPANT, ""),
        (not Box.of(one).overlaps(Box.of(other)), Verdict.DISCREPANT, ""),
        (exact, Verdict.ROUNDING, ""),
    )
    return verdict


def _words(number: Printed) -> list[str]:
    """Numbers and months of a free text, in any order and spelling."""
    tokens = _TOKEN.findall(number.value.lower().replace("-", " "))
    spelled = [str(NUMBER_WORDS.get(token, token)) for token in tokens]
    kept = [token[:3] if token[0].isalpha() else token.strip("0") for token in spelled]
    return sorted(token for token in kept if not token[:1].isalpha() or token in _MONTHS)


def _parts(number: Printed) -> tuple[Reported, ...]:
    """The printed number, or the two bounds of a printed interval."""
    if number.quantity.statistic in INTERVAL_STATISTICS:
        return number.interval.lower, number.interval.upper
    return (number.number,)


@check("An interval or range against the one estimate of the same quantity, and its own order.")
def estimate_in_interval(study: Audited) -> Iterator[Finding]:
    """Assumes that an interval, as printed for an estimate, was computed to hold it."""
    for number in study.numbers:
        wanted = INTERVALS_OF.get(number.quantity.statistic, ())
        places = [_estimate(study, number, statistic) for statistic in wanted]
        exact = [one for one in places if one is not None and one.number.exact is not None]
        if not wanted:
            continue
        lower, upper = map(Box.of, _parts(number))
        estimates = exact if len(exact) == 1 else []
        middle = Box.of(estimates[0].number) if estimates else lower.hull(upper)
        fits = lower.lower <= min(middle.upper, upper.upper) and middle.lower <= upper.upper
        if fits and not estimates:
            continue
        value = estimates[0].value if estimates else "an interval"
        verdict = unless(fits, Verdict.IMPOSSIBLE)
        said = f"{value} {'lies' if fits else 'does not lie'} within {number.value}"
        about = study.quantity_words(number.quantity)
        yield Finding.on((number, *estimates), about, said, verdict, value)


def _estimate(study: Audited, interval: Printed, statistic: str) -> Printed | None:
    """The estimate in the interval's own cell, else where it is printed first."""
    wanted = replace(interval.quantity, statistic=statistic)
    found = study.by_quantity.get(wanted, ())
    near = (place for place in found if place.locator == interval.locator)
    return next(near, None) or study.mention(wanted)


@check("A comma where the other numbers of the report have a decimal point.")
def decimal_comma(study: Audited) -> Iterator[Finding]:
    """Read as a decimal point: no contradiction, and said so that a reader finds the number."""
    for number in study.numbers:
        free_text = number.quantity.statistic in DESIGN_STATISTICS
        if not free_text and any(part.has_decimal_comma for part in _parts(number)):
            point, about = number.value.replace(",", "."), study.quantity_words(number.quantity)
            said = f"{number.value} is read as {point}"
            yield Finding.on((number,), about, said, Verdict.ROUNDING, point)


@check("Only what is impossible: p above 1, a share above 100%, an interval with its ends swapped.")
def possible_value(study: Audited) -> Iterator[Finding]:
    """Assumes nothing: the limits are those of the definition."""
    for number in study.numbers:
        why = _why_not(number)
        if why:
            about, said = study.quantity_words(number.quantity), f"{number.value}, {why}"
            yield Finding.on((number,), about, said, Verdict.IMPOSSIBLE, "")


def _why_not(number: Printed) -> str:
    statistic = number.quantity.statistic
    if statistic in INTERVAL_STATISTICS:
        low, up = _parts(number)
        if low.exact is not None and up.exact is not None and low.value > up.value:
            return "an interval that ends before it begins"
        most = 100.0 if number.unit == "%" and number.quantity.timepoint else None
        return f"above {most:g}" if most is not None and up.value > most else ""
    if statistic in NOT_NEGATIVE and number.number.value < 0:
        return "below zero"
    above = statistic in MOST and number.number.value > MOST[statistic]
    return f"above {MOST[statistic]:g}" if above else ""
