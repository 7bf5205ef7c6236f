"""Length of follow-up against survival, dates and response, under the paper's own definition.

`ends_at` in the outcome `followup` of study.yaml lists what ends follow-up as the paper says;
where a paper describes it more than once, statements of the kind `follow-up` each have their own.
Follow-up that ends at the event of a survival curve is that curve's observed time, and its median
cannot exceed the curve's: the share of patients still observed is at most the Kaplan-Meier rate.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import NamedTuple

from livingreview_audit.audited import Audited, Numbers, total
from livingreview_audit.curves import Curve, beside, curves, in_months
from livingreview_audit.finding import Finding, Verdict, check, design, first_true, unless, words
from livingreview_audit.intervals import Box
from livingreview_audit.vocabulary import says
from livingreview_record import (
    ALL_ARMS,
    Printed,
    Quantity,
    Statement,
    is_time,
    months,
    months_in,
    table_first,
)

START, STOPS = "enrolment-start", ("follow-up-end", "data-cutoff")
DAY = itemgetter(0)
DATE_FORMS = ("%B %d, %Y", "%d %B %Y", "%B %Y", "%Y-%m-%d", "%Y")
TIME_SLACK = 1.03  # a month may be 28 to 31 days
MIDDLE_SLACK = 1.25  # a median may be the middle of the two middle times, a curve's is the first
EXPECTED = 7.0  # deaths; none of so many has a chance below one in a thousand
LATE = 2.0  # shape of Weibull times: deaths that come late


@words("Median follow-up against the median of the curve that, by its definition, ends it.")
def followup_against_survival(study: Audited) -> Iterator[Finding]:
    """Assumes the paper's own definition (`ends_at`), and of several what all of them say.  Usually
    follow-up is estimated by the reverse Kaplan-Meier method, to which no curve is a limit: a
    longer one is implausible only (Schemper & Smith 1996, *Controlled Clinical Trials* 17:343).
    """
    described, by_group = [one.ends_at for one in _describing(study)], curves(study)
    curve_of_end = {  # whose observed times end there
        "progression": study.roles.progression_free_survival,
        "death": study.roles.overall_survival,
    }
    for quantity, places in _followup(study, "median"):
        first, *others = described or [study.vocabulary(study.roles.followup).ends_at]
        ends = [end for end in first if all(end in one for one in others)]
        if not ends:
            about = f"Follow-up ({study.group_words(quantity)})"
            said, shown = "how it was measured is not said", f"{places[0].value} {places[0].unit}"
            unsaid = Verdict.NOT_CHECKABLE
            yield Finding.on(places[:1], about, said, unsaid, "", reported=shown)
        ended_by = [
            replace(quantity, outcome=outcome, statistic="")
            for end, outcome in curve_of_end.items()
            if end in ends
        ]
        known = [one for group in ended_by if (one := by_group.get(group)) and one.medians]
        yield from (_ended(curve, place, ends) for place in places for curve in known)


def _describing(study: Audited) -> list[Statement]:
    return [one for one in study.stated("follow-up") if one.ends_at]


def _followup(study: Audited, statistic: str) -> Iterator[tuple[Quantity, Numbers]]:
    """Each median or range of follow-up that is printed as a time."""
    for quantity, places in study.by_quantity.items():
        wanted = (quantity.outcome, quantity.statistic) == (study.roles.followup, statistic)
        if wanted and is_time(places[0].unit or "months"):
            yield quantity, places


def _ended(curve: Curve, place: Printed, ends: list[str]) -> Finding:
    limit = beside(place, curve.medians)
    own, most = in_months(place).lower, in_months(limit).upper
    quotes = [one for one in curve.study.stated("follow-up") if one.quote]
    said = says(quotes, "") or f"follow-up ends at {', '.join(ends)} by the paper's definition"
    reverse = (
        "; a time that ends so cannot have the longer median; the reverse Kaplan-Meier method, the "
        "usual estimate of follow-up, can"
    )
    verdict, why = first_true(
        (own > most * MIDDLE_SLACK, Verdict.IMPLAUSIBLE, reverse),
        (own > most, Verdict.ROUNDING, "; between two {participants} both may be medians"),
    )
    said += f"; its median is {place.value}, and the median of the curve is {limit.value}{why}"
    return curve.find((place, limit), said, verdict, f"at most {limit.value}")


@words("Descriptions of follow-up against each other: what ends it.")
def followup_described_twice(study: Audited) -> Iterator[Finding]:
    """Assumes nothing; where they differ the numbers may follow either."""
    statements = _describing(study)
    for _, places in _followup(study, "median") if len(statements) > 1 else ():
        told = [f"{says([one], 'so')} (to {' or '.join(one.ends_at)})" for one in statements]
        differ = len({frozenset(one.ends_at) for one in statements}) > 1
        endpoints = "; both hold if they describe different endpoints"
        verdict, why = first_true((differ, Verdict.IMPLAUSIBLE, endpoints))
        printed, said = f"{places[0].value} {places[0].unit}", "; ".join(told) + why
        about, aim = f"Follow-up, median {printed}", "one description"
        yield Finding.on(places, about, said, verdict, aim, reported=printed, touches=places[1:])


@check("No median or rate of a curve lies beyond the longest follow-up of its group.")
def within_followup(study: Audited) -> Iterator[Finding]:
    """Assumes that a curve ends with the last patient observed, and that months have 28 to 31
    days.
    """
    for curve in curves(study).values():
        followup = study.roles.followup
        wanted = replace(curve.group, outcome=followup, subgroup="", statistic="range")
        ranges = study.by_quantity.get(wanted, ())
        last = ranges[0].interval.upper if ranges and curve.group.outcome != followup else None
        if last is None or last.exact is None:
            continue
        longest = Box.of(last).upper * months_in(ranges[0].unit or "months")
        times = [(median, in_months(median).lower) for median in curve.exact_medians]
        times += [(rate, months(at)) for at, rates in curve.rates.items() for rate in rates]
        for number, at in times:
            beyond = at > longest * TIME_SLACK
            where = f"{'beyond' if beyond else 'within'} the longest follow-up of {last.text}"
            verdict = unless(not beyond, Verdict.IMPOSSIBLE)
            said = f"{at:g} months lie {where} months"
            yield curve.find((number, ranges[0]), said, verdict, f"to {longest:g}")


@check("Median and range of follow-up: ordered, inside the dates, whole and arms in agreement.")
def followup_ranges(study: Audited) -> Iterator[Finding]:
    """Assumes that no one is observed before the first enrolment or after the end of follow-up."""
    starts, stops = _dates(study, START), _dates(study, *STOPS)
    window, dates = 0.0, Numbers()
    if starts and stops:
        (first, began), (last, ended) = min(starts, key=DAY), max(stops, key=DAY)
        window, dates = (last - first).days * months_in("days") + 1, (began, ended)
    for quantity, ranges in _followup(study, "range"):
        for printed in ranges:
            yield _range(study, printed, window, dates)
        yield from _arms_range(study, quantity, ranges[0])


def _dates(study: Audited, *categories: str) -> list[tuple[date, Printed]]:
    return [
        (day, place)
        for category in categories
        for place in study.find(statistic="date", category=category)
        if (day := as_date(place.value)) is not None
    ]


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


def _range(study: Audited, printed: Printed, window: float, dates: Numbers) -> Finding:
    """`window` are the months between the two dates, 0 where they are not printed."""
    low, up = Box.of(printed.interval.lower), Box.of(printed.interval.upper)
    median = study.by_quantity.get(replace(printed.quantity, statistic="median"), ())[:1]
    middle = [Box.of(one.number) for one in median]
    outside = any(one.upper < low.lower or one.lower > up.upper for one in middle)
    beyond = dates and up.lower > window
    said = f"a range of {printed.value}"
    said += "".join(f" with a median of {one.value}" for one in median)
    said += ", which lies outside it" if outside else ""
    if dates:
        said += f"; from first enrolment to the end of follow-up are {window:.0f} months"
        said += ", which is less" if beyond else ""
    verdict = unless(not outside and not beyond, Verdict.IMPOSSIBLE)
    limit = f"at most {window:.0f}" if dates else printed.value
    about = f"Follow-up ({study.group_words(printed.quantity)})"
    return Finding.on((printed, *median, *dates), about, said, verdict, limit)


def _arms_range(study: Audited, quantity: Quantity, whole: Printed) -> Iterator[Finding]:
    arms = study.by_arm(quantity)
    parts = [study.by_quantity[arm][0] for arm in arms if arm in study.by_quantity]
    if quantity.arm_id in study.arms or not parts or len(parts) < len(arms):
        return
    low = min((part.interval.lower for part in parts), key=lambda end: end.value)
    up = max((part.interval.upper for part in parts), key=lambda end: end.value)
    ends = ((whole.interval.lower, low), (whole.interval.upper, up))
    same = all(Box.of(own).overlaps(Box.of(end)) for own, end in ends)
    hull = f"{low.text} to {up.text}"
    said = f"a range of {whole.value} in all {{participants}}, and {hull} over the arms"
    verdict = unless(same, Verdict.IMPOSSIBLE)
    yield Finding.on((whole, *parts), "Follow-up", said, verdict, hull)


@check("The {participants} whose duration of response is given are those with a response.")
def response_time_of_responders(study: Audited) -> Iterator[Finding]:
    """Assumes that duration of response is of all patients who responded (RECIST 1.1)."""
    for curve in curves(study).values() if study.roles.responders in study.outcomes else ():
        population, size = study.populations.get(curve.group.population), curve.size
        ours = curve.group.outcome == study.roles.duration_of_response
        if not ours or population is None or size is None:
            continue
        around = population.within or population.id
        wanted = replace(curve.group, outcome=study.roles.responders, population=around)
        responders = study.count(wanted)
        for of, levels in study.vocabulary(wanted.outcome).sum_of.items():
            parts = (replace(wanted, outcome=of, category=level) for level in levels)
            responders = responders or total(study.count(part) for part in parts)
        if responders is not None:
            verdict = unless(size.value == responders.value, Verdict.DISCREPANT)
            given = f"duration of response is given for {size.value} {{participants}}"
            said = f"{given}, and {responders.value} responded"
            for place in table_first(study.by_quantity[size.numbers[0].quantity]):
                numbers = (place, *responders.numbers)
                yield curve.find(numbers, said, verdict, str(responders.value))


class _Start(NamedTuple):
    """The shortest follow-up of a group, and the deaths to be expected before it."""

    curve: Curve
    median: Printed
    range: Printed
    words: str
    constant: float
    late: float


@design(
    "The shortest follow-up against the deaths that median survival leads one to expect before it."
)
def shortest_followup(study: Audited) -> Iterator[Finding]:
    """Only a question, where follow-up may end at death: no one died before its shortest value
    then.  Asked with seven deaths or more expected even when deaths come late (Weibull times of
    shape 2), beyond the months that patients had to live to be included.
    """
    if study.roles.followup not in study.outcomes:
        return
    ends = study.vocabulary(study.roles.followup).ends_at
    groups: dict[str, list[_Start]] = {}
    for group, curve in curves(study).items() if not ends or "death" in ends else ():
        start = _start(curve) if group.outcome == study.roles.overall_survival else None
        if start is not None:
            groups.setdefault(group.population, []).append(start)
    for starts in groups.values():
        odd = [start for start in starts if start.late >= EXPECTED]
        arms = [start for start in odd if start.curve.group.arm_id != ALL_ARMS]
        told = arms or odd or starts
        said = " and ".join(start.words for start in told)
        if odd:
            deaths = " and ".join(f"{start.constant:.0f}" for start in told)
            late = " and ".join(f"{start.late:.0f}" for start in told)
            said += (
                f"; if it ends at death{', as the report says,' if ends else ''} no one died in "
                f"that time, where about {deaths} deaths are expected at a constant rate and "
                f"{late} if deaths come late. How was follow-up measured? To the data cut-off "
                "whatever happened, in those alive only, without {participants} followed for a "
                "short time, or from an earlier day than survival: each would explain it"
                f"{'' if ends else '; the report does not say how it was measured'}"
            )
        verdict = Verdict.REMARK if odd else Verdict.REPRODUCED
        numbers = tuple(n for start in told for n in (start.range, start.median))
        yield Finding.on(numbers, "Follow-up", said, verdict, "how it was measured")


def _start(curve: Curve) -> _Start | None:
    """None where range, size or median is not printed, or for a subgroup."""
    wanted = replace(curve.group, outcome=curve.study.roles.followup, statistic="range")
    ranges, size, exact = curve.study.by_quantity.get(wanted, ()), curve.size, curve.exact_medians
    if not ranges or not exact or size is None or ranges[0].interval.lower.exact is None:
        return None
    survived = sum(float(s.months) for s in curve.study.stated("survival-exclusion"))
    least = max(Box.of(ranges[0].interval.lower).lower, survived)
    middle = in_months(exact[0]).upper
    constant, late = (
        size.value * (1 - 2.0 ** -((least**k - survived**k) / middle**k)) for k in (1.0, LATE)
    )
    words = (
        f"from {ranges[0].interval.lower.text} months in {size.value} {{participants}} whose "
        f"median survival is {exact[0].value} ({curve.study.group_words(curve.group)})"
    )
    return _Start(curve, exact[0], ranges[0], words, constant, late)
