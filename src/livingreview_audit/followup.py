"""Length of follow-up against survival, dates and response, under the paper's own definition.

`ends_at` in the outcome `followup` of study.yaml lists what ends follow-up as the paper says;
where a paper describes it more than once, statements of the kind `follow-up` each have their own.
Follow-up that ends at the event of a survival curve is that curve's observed time, and its median
cannot exceed the curve's: the share of patients still observed is at most the Kaplan-Meier rate.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from livingreview_audit.curves import Curve, beside, curves, in_months
from livingreview_audit.finding import Finding, Kind, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import Count, count, group_words, table_first, total
from livingreview_audit.vocabulary import says, stated
from livingreview_record import Printed, Quantity, Statement, Study, is_time, months, months_in

START, STOPS = "enrolment-start", ("follow-up-end", "data-cutoff")
DATE_FORMS = ("%B %d, %Y", "%d %B %Y", "%B %Y", "%Y-%m-%d", "%Y")
DAYS_A_MONTH = 30.4375
TIME_SLACK = 1.03  # a month may be 28 to 31 days
MIDDLE_SLACK = 1.25  # a median may be the middle of the two middle times, a curve's is the first


@check(
    "Median follow-up against the median of the curve that, by its definition, ends it.",
    kind=Kind.WORDS,
)
def followup_against_survival(study: Study) -> Iterator[Finding]:
    """Assumes the paper's own definition (`ends_at`), and of several what all of them say.  Usually
    follow-up is estimated by the reverse Kaplan-Meier method, to which no curve is a limit: a
    longer one is implausible only (Schemper & Smith 1996, *Controlled Clinical Trials* 17:343).
    """
    known = {curve.group: curve for curve in curves(study) if curve.medians}
    for quantity, places in _followup(study, "median"):
        described = _descriptions(study)
        ends = [end for end in described[0] if all(end in one for one in described)]
        curve_of_end = {  # whose observed times end there
            "progression": study.roles.progression_free_survival,
            "death": study.roles.overall_survival,
        }
        ended_by = [
            replace(quantity, outcome=outcome, statistic="")
            for end, outcome in curve_of_end.items()
            if end in ends
        ]
        if not ends:
            words = f"Follow-up ({group_words(study, quantity)}): how it was measured is not said."
            printed = f"{places[0].value} {places[0].unit}"
            yield Finding(places[:1], printed, "", Verdict.NOT_CHECKABLE, words)
        for place in places:
            for curve in (known[group] for group in ended_by if group in known):
                yield _ended(curve, place, ends)


def _descriptions(study: Study) -> list[tuple[str, ...]]:
    """What ends follow-up, by each description that says so; at least one, if empty."""
    stated_ends = [one.ends_at for one in _describing(study)]
    return stated_ends or [study.vocabulary(study.roles.followup).ends_at]


def _describing(study: Study) -> list[Statement]:
    return [one for one in stated(study, "follow-up") if one.ends_at]


@check("Descriptions of follow-up against each other: what ends it.", kind=Kind.WORDS)
def followup_described_twice(study: Study) -> Iterator[Finding]:
    """Assumes nothing; where they differ the numbers may follow either."""
    statements = _describing(study)
    for _, places in _followup(study, "median") if len(statements) > 1 else ():
        ends = {frozenset(one.ends_at) for one in statements}
        told = [f"{says([one], 'so')} (to {' or '.join(one.ends_at)})" for one in statements]
        said = f"Follow-up, median {places[0].value} {places[0].unit}: {'; '.join(told)}"
        verdict = Verdict.REPRODUCED
        if len(ends) > 1:
            verdict = Verdict.IMPLAUSIBLE
            said += "; both hold if they describe different endpoints"
        printed, words = f"{places[0].value} {places[0].unit}", "one description"
        yield Finding(places, printed, words, verdict, f"{said}.", places[1:])


def _followup(study: Study, statistic: str) -> Iterator[tuple[Quantity, tuple[Printed, ...]]]:
    """Each median or range of follow-up that is printed as a time."""
    for quantity, places in study.by_quantity.items():
        wanted = (quantity.outcome, quantity.statistic) == (study.roles.followup, statistic)
        if wanted and is_time(places[0].unit or "months"):
            yield quantity, places


def _ended(curve: Curve, place: Printed, ends: list[str]) -> Finding:
    limit = beside(place, curve.medians)
    own, most = in_months(place).lower, in_months(limit).upper
    quotes = [one for one in stated(curve.study, "follow-up") if one.quote]
    said = says(quotes, "") or f"follow-up ends at {', '.join(ends)} by the paper's definition"
    said += f"; its median is {place.value}, and the median of the curve is {limit.value}"
    verdict = Verdict.REPRODUCED
    if own > most * MIDDLE_SLACK:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; a time that ends so cannot have the longer median; the reverse Kaplan-Meier method, "
            "the usual estimate of follow-up, can"
        )
    elif own > most:
        verdict, said = Verdict.ROUNDING, f"{said}; between two patients both may be medians"
    return curve.find(verdict, (place, limit), f"at most {limit.value}", said)


@check("No median or rate of a curve lies beyond the longest follow-up of its group.")
def within_followup(study: Study) -> Iterator[Finding]:
    """Assumes that a curve ends with the last patient observed, and that months have 28 to 31
    days.
    """
    for curve in curves(study):
        followup = study.roles.followup
        wanted = replace(curve.group, outcome=followup, subgroup="", statistic="range")
        ranges = study.by_quantity.get(wanted, ())
        if curve.group.outcome == followup or not ranges:
            continue
        last = ranges[0].interval.upper
        longest = Box.of(last).upper * months_in(ranges[0].unit or "months")
        for number, at in _times(curve) if last.exact is not None else ():
            beyond = at > longest * TIME_SLACK
            where = f"{'beyond' if beyond else 'within'} the longest follow-up of {last.text}"
            verdict = Verdict.IMPOSSIBLE if beyond else Verdict.REPRODUCED
            said = f"{at:g} months lie {where} months"
            yield curve.find(verdict, (number, ranges[0]), f"to {longest:g}", said)


def _times(curve: Curve) -> Iterator[tuple[Printed, float]]:
    for median in curve.medians:
        if median.number.exact is not None:
            yield median, in_months(median).lower
    for timepoint, rates in curve.rates.items():
        yield from ((rate, months(timepoint)) for rate in rates)


@check("Median and range of follow-up: ordered, inside the dates, whole and arms in agreement.")
def followup_ranges(study: Study) -> Iterator[Finding]:
    """Assumes that no one is observed before the first enrolment or after the end of follow-up."""
    window = _window(study)
    for quantity, ranges in _followup(study, "range"):
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
    of_arms = [replace(quantity, arm_id=arm) for arm in study.arms]
    parts = [study.by_quantity[arm][0] for arm in of_arms if arm in study.by_quantity]
    if quantity.arm_id in study.arms or not parts or len(parts) < len(of_arms):
        return
    low = min((part.interval.lower for part in parts), key=lambda end: end.value)
    up = max((part.interval.upper for part in parts), key=lambda end: end.value)
    ends = ((whole.interval.lower, low), (whole.interval.upper, up))
    same = all(Box.of(own).overlaps(Box.of(end)) for own, end in ends)
    hull = f"{low.text} to {up.text}"
    said = f"Follow-up: a range of {whole.value} in all patients, and {hull} over the arms."
    verdict = Verdict.REPRODUCED if same else Verdict.IMPOSSIBLE
    yield Finding((whole, *parts), whole.value, hull, verdict, said)


@check("The patients whose duration of response is given are those with a response.")
def response_time_of_responders(study: Study) -> Iterator[Finding]:
    """Assumes that duration of response is of all patients who responded (RECIST 1.1)."""
    for curve in curves(study) if study.roles.responders in study.outcomes else ():
        population, size = study.populations.get(curve.group.population), curve.size
        if (
            curve.group.outcome != study.roles.duration_of_response
            or population is None
            or size is None
        ):
            continue
        around = population.within or population.id
        wanted = replace(curve.group, outcome=study.roles.responders, population=around)
        responders = count(study, wanted) or _of_levels(study, wanted)
        if responders is not None:
            yield from _responders(curve, size, responders)


def _of_levels(study: Study, wanted: Quantity) -> Count | None:
    """Responders as the sum of the levels that define them, where only these are printed."""
    definition = study.vocabulary(wanted.outcome).sum_of or {}
    for of, levels in definition.items():
        parts = (replace(wanted, outcome=of, category=level) for level in levels)
        if together := total(count(study, part) for part in parts):
            return together
    return None


def _responders(curve: Curve, size: Count, responders: Count) -> Iterator[Finding]:
    verdict = Verdict.REPRODUCED if size.value == responders.value else Verdict.DISCREPANT
    given = f"duration of response is given for {size.value} patients"
    said = f"{given}, and {responders.value} responded"
    for place in table_first(curve.study.by_quantity[size.numbers[0].quantity]):
        yield curve.find(verdict, (place, *responders.numbers), str(responders.value), said)
