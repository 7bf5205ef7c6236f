"""Length of follow-up against survival, dates and response, under the paper's own definition.

``ends_at`` in the outcome ``followup`` of study.yaml lists what ends follow-up as the paper says.
Follow-up that ends at the event of a survival curve is that curve's observed time, and its median
cannot exceed the curve's: the share of patients still observed is at most the Kaplan-Meier rate.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from livingreview.audit.boxes import Box
from livingreview.audit.curves import Curve, beside, curves, in_months, months
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import (
    Count,
    count,
    group_words,
    table_first,
    total,
)
from livingreview.studies import Printed, Quantity, Study

FOLLOWUP, RESPONSE_TIME, RESPONDERS = "followup", "dor", "orr"
ENDS = {"progression": "pfs", "death": "os"}  # the curve whose observed times end there
START, STOPS = "enrolment-start", ("follow-up-end", "data-cutoff")
DATE_FORMS = ("%B %d, %Y", "%d %B %Y", "%B %Y", "%Y-%m-%d", "%Y")
DAYS_A_MONTH = 30.4375
TIME_SLACK = 1.03  # a month may be 28 to 31 days
MIDDLE_SLACK = 1.25  # a median may be the middle of the two middle times, a curve's is the first


def followup_against_survival(study: Study) -> Iterator[Finding]:
    """Median follow-up against the median of the curve that, by its definition, ends it."""
    known = {curve.group: curve for curve in curves(study)}
    for quantity, places in study.by_quantity.items():
        if quantity.outcome != FOLLOWUP or quantity.statistic != "median":
            continue
        details = study.vocabulary(FOLLOWUP).details or {}
        ends = details.get("ends_at")
        if not ends:
            yield _unsaid(study, places[0])
        for place in places if ends else ():
            for curve in _ended_by(known, quantity, ends or ()):
                yield _followup(study, place, curve)


def _ended_by(
    known: dict[Quantity, Curve], quantity: Quantity, ends: tuple[str, ...] | list[str]
) -> Iterator[Curve]:
    for end, outcome in ENDS.items():
        group = replace(quantity, outcome=outcome, statistic="")
        if end in ends and group in known and known[group].medians:
            yield known[group]


def _unsaid(study: Study, place: Printed) -> Finding:
    said = f"Follow-up ({group_words(study, place.quantity)}): how it was measured is not said."
    return Finding((place,), f"{place.value} {place.unit}", "", Verdict.NOT_CHECKABLE, said)


def _followup(study: Study, place: Printed, curve: Curve) -> Finding:
    limit = beside(place, curve.medians)
    own, most = in_months(place).lower, in_months(limit).upper
    longer = own > most * MIDDLE_SLACK
    ends = ", ".join((study.vocabulary(FOLLOWUP).details or {})["ends_at"])
    said = (
        f"follow-up ends at {ends} by the paper's definition and has a median of {place.value}; "
        f"the median of the curve is {limit.value}"
    )
    said += ", and the time observed cannot exceed it" if longer else ""
    verdict = Verdict.IMPOSSIBLE if longer else Verdict.REPRODUCED
    if own > most and not longer:
        verdict, said = Verdict.ROUNDING, f"{said}; between two patients both may be medians"
    bound = f"at most {limit.value}"
    return curve.find(verdict, (place, limit), bound, said)


def within_followup(study: Study) -> Iterator[Finding]:
    """No median or rate of a curve lies beyond the longest follow-up of its group."""
    for curve in curves(study):
        wanted = replace(curve.group, outcome=FOLLOWUP, subgroup="", statistic="range")
        ranges = study.by_quantity.get(wanted, ())
        if curve.group.outcome == FOLLOWUP or not ranges:
            continue
        if ranges[0].interval.upper.exact is None:
            continue
        for number, at in _times(curve):
            longest = Box.of(ranges[0].interval.upper).upper
            beyond = at > longest * TIME_SLACK
            said = f"{at:g} months lie {'beyond' if beyond else 'within'} the longest follow-up of "
            said += f"{ranges[0].interval.upper.text} months"
            verdict = Verdict.IMPOSSIBLE if beyond else Verdict.REPRODUCED
            numbers = (number, ranges[0])
            yield curve.find(verdict, numbers, f"to {longest:g}", said)


def _times(curve: Curve) -> Iterator[tuple[Printed, float]]:
    for median in curve.medians:
        if median.number.exact is not None:
            yield median, in_months(median).lower
    for timepoint, rates in curve.rates.items():
        yield from ((rate, months(timepoint)) for rate in rates)


def followup_ranges(study: Study) -> Iterator[Finding]:
    """Median and range of follow-up: ordered, inside the dates, whole and arms in agreement."""
    window = _window(study)
    for quantity, ranges in study.by_quantity.items():
        if quantity.outcome != FOLLOWUP or quantity.statistic != "range":
            continue
        for printed in ranges:
            yield _range(study, printed, window)
        yield from _arms_range(study, quantity, ranges[0])


def _window(study: Study) -> tuple[float, tuple[Printed, ...]] | None:
    """Months from the first enrolment to the end of follow-up, and the dates that say so."""
    starts = _dates(study, (START,))
    stops = _dates(study, STOPS)
    if not starts or not stops:
        return None
    first = min(starts, key=lambda pair: pair[0])
    last = max(stops, key=lambda pair: pair[0])
    return (last[0] - first[0]).days / DAYS_A_MONTH + 1, (first[1], last[1])


def _dates(study: Study, categories: tuple[str, ...]) -> list[tuple[date, Printed]]:
    found = []
    for quantity, places in study.by_quantity.items():
        if quantity.statistic == "date" and quantity.category in categories:
            days = [(as_date(place.value), place) for place in places]
            found += [(day, place) for day, place in days if day is not None]
    return found


def as_date(text: str) -> date | None:
    """A printed date, a month's first day where no day is printed; None for other texts.

    >>> as_date("September 2018"), as_date("soon")
    (datetime.date(2018, 9, 1), None)
    """
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _range(
    study: Study, printed: Printed, window: tuple[float, tuple[Printed, ...]] | None
) -> Finding:
    ends = printed.interval
    lowest, longest = Box.of(ends.lower).lower, Box.of(ends.upper).lower
    medians = study.by_quantity.get(replace(printed.quantity, statistic="median"), ())
    numbers = [printed, *medians[:1], *(window[1] if window else ())]
    label = f"Follow-up ({group_words(study, printed.quantity)})"
    said, verdict = f"{label}: a range of {printed.value}", Verdict.REPRODUCED
    if medians:
        said += f" with a median of {medians[0].value}"
        middle = Box.of(medians[0].number)
        if middle.upper < lowest or middle.lower > Box.of(ends.upper).upper:
            verdict, said = Verdict.IMPOSSIBLE, f"{said}, which lies outside it"
    if window:
        said += f"; from first enrolment to the end of follow-up are {window[0]:.0f} months"
        if longest > window[0]:
            verdict, said = Verdict.IMPOSSIBLE, f"{said}, which is less"
    limit = f"at most {window[0]:.0f}" if window else printed.value
    return Finding(tuple(numbers), printed.value, limit, verdict, f"{said}.")


def _arms_range(study: Study, quantity: Quantity, whole: Printed) -> Iterator[Finding]:
    if quantity.arm_id in study.arms or not study.arms:
        return
    parts = [study.by_quantity.get(replace(quantity, arm_id=arm), ()) for arm in study.arms]
    if not all(parts):
        return
    lows = [places[0].interval.lower for places in parts]
    ups = [places[0].interval.upper for places in parts]
    low, up = min(lows, key=lambda end: end.value), max(ups, key=lambda end: end.value)
    own = whole.interval
    same = Box.of(own.lower).overlaps(Box.of(low)) and Box.of(own.upper).overlaps(Box.of(up))
    hull = f"{low.text} to {up.text}"
    said = f"Follow-up: a range of {whole.value} in all patients, and {hull} over the arms"
    verdict = Verdict.REPRODUCED if same else Verdict.IMPOSSIBLE
    numbers = (whole, *(places[0] for places in parts))
    yield Finding(numbers, whole.value, hull, verdict, f"{said}.")


def response_time_of_responders(study: Study) -> Iterator[Finding]:
    """The patients whose duration of response is given are those with a response."""
    for curve in curves(study):
        population = study.populations.get(curve.group.population)
        size = curve.size
        if curve.group.outcome != RESPONSE_TIME or population is None or size is None:
            continue
        if RESPONDERS not in study.outcomes:
            continue
        wanted = replace(curve.group, outcome=RESPONDERS, statistic="n")
        if population.within:
            wanted = replace(wanted, population=population.within)
        responders = count(study, wanted) or _of_levels(study, wanted)
        if responders is not None:
            yield from _responders(study, curve, size, responders)


def _of_levels(study: Study, wanted: Quantity) -> Count | None:
    """Responders as the sum of the levels that define them, where only these are printed."""
    definition = study.vocabulary(wanted.outcome).sum_of or {}
    for of, levels in definition.items():
        parts = [replace(wanted, outcome=of, category=level) for level in levels]
        if together := total(count(study, part) for part in parts):
            return together
    return None


def _responders(study: Study, curve: Curve, size: Count, responders: Count) -> Iterator[Finding]:
    same = size.value == responders.value
    said = (
        f"duration of response is given for {size.value} patients, and {responders.value} responded"
    )
    verdict = Verdict.REPRODUCED if same else Verdict.DISCREPANT
    quantity = size.numbers[0].quantity
    for place in table_first(study.by_quantity[quantity]):
        numbers = (place, *responders.numbers)
        yield curve.find(verdict, numbers, str(responders.value), said)
