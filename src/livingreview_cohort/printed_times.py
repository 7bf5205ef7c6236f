"""What a study prints about times: points of each curve, numbers of events, length of follow-up."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise

from livingreview_cohort.curves import Z95
from livingreview_cohort.event_times import Curve, Point
from livingreview_record import (
    ALL_ARMS,
    DAYS_A_MONTH,
    Printed,
    Quantity,
    Study,
    mention,
    months,
    months_in,
)

DATE_FORMS = ("%B %d, %Y", "%d %B %Y", "%B %Y", "%Y-%m-%d")
STARTS, ENDS, STOPS = ("enrolment-start",), ("enrolment-end",), ("follow-up-end", "data-cutoff")
NO_DATES = (1.0, 60.0)  # months of follow-up where neither dates nor a range are printed


@dataclass(frozen=True)
class FollowUp:
    """Least and greatest months of follow-up of an arm, and its printed median where there is one.

    `observed` says that the median is of the times that patients were seen, death included; else
    it is of the times to the end of follow-up (reverse Kaplan-Meier).
    """

    shortest: float
    longest: float
    median: float | None
    observed: bool


@dataclass(frozen=True, eq=False)
class PrintedCurve:
    """The printed points of an arm's curve, and a curve through them and its printed interval."""

    points: tuple[Point, ...]
    curve: Curve
    printed: tuple[Printed, ...]


def group(study: Study, arm: str, outcome: str) -> Quantity:
    """All patients of an arm for whom the outcome is printed, the whole where it is for them."""
    populations = {q.population for q in study.by_quantity if q.outcome == outcome}
    population = "whole" if "whole" in populations else min(populations, default="whole")
    return Quantity(arm_id=arm, population=population, outcome=outcome)


def printed_curve(study: Study, arm: str, outcome: str) -> PrintedCurve | None:
    """The curve of an arm, or of all patients where the arm has none; None where neither has one.

    Raises `ValueError`, with both places, for rates that rise with time.
    """
    for name in (arm, ALL_ARMS):
        points = _points(study, group(study, name, outcome))
        if points:
            break
    else:
        return None
    hard = sorted(points, key=lambda one: one[0])
    for (one, first), (other, second) in pairwise(hard):
        if other.share > one.share or (other.time == one.time and other.share != one.share):
            msg = (
                f"{first.where} and {second.where}: need a curve that does not rise, found "
                f"{one.share:.1%} at {one.time:g} and {other.share:.1%} at {other.time:g} months"
            )
            raise ValueError(msg)
    kept = tuple(dict.fromkeys(point for point, _ in hard))
    soft = list(_soft(study, group(study, name, outcome), kept))
    curve = Curve.through([*kept, *soft])
    return PrintedCurve(kept, curve, tuple(printed for _, printed in hard))


def _points(study: Study, whole: Quantity) -> list[tuple[Point, Printed]]:
    found = []
    for quantity in study.by_quantity:
        alone = replace(quantity, statistic="", timepoint="", method="") == whole
        if not alone or quantity.statistic not in ("median", "rate"):
            continue
        place = mention(study, quantity)
        if place is None or place.number.relation != "=" or place.number.exact is None:
            continue
        if quantity.statistic == "median":
            point = Point(place.number.value * months_in(place.unit), 0.5)
        else:
            point = Point(months(quantity.timepoint), place.number.value / 100)
        if 0 < point.share < 1:
            found.append((point, place))
    return found


def _soft(study: Study, whole: Quantity, kept: tuple[Point, ...]) -> Iterator[Point]:
    """Points that a median's interval implies: there, the rate's interval reaches one half."""
    interval = mention(study, replace(whole, statistic="ci95"))
    size = mention(study, replace(whole, outcome="participants", statistic="n"))
    if interval is None or size is None or interval.unit == "%":
        return
    half = Z95 * 0.5 / math.sqrt(size.number.value)
    ends = (interval.interval.lower, 0.5 + half), (interval.interval.upper, 0.5 - half)
    for end, share in ends:
        time = end.value * months_in(interval.unit)
        fits = math.isfinite(time) and time > 0 and 0.02 < share < 0.98
        apart = all(
            (time - one.time) * (one.share - share) > 0 and abs(time - one.time) > 0.05 * one.time
            for one in kept
        )
        if fits and apart:
            yield Point(time, share)


def events_of(study: Study, outcome: str) -> Mapping[str, int]:
    """The printed numbers of events by arm, or of all patients."""
    found = {}
    for arm in (*study.arms, ALL_ARMS):
        own = replace(group(study, arm, outcome), category="event", statistic="n")
        place = mention(study, own)
        if place is not None:
            found[arm] = int(place.number.value)
    return found


def events_implied(study: Study, outcome: str) -> tuple[float, float] | None:
    """Least and greatest number of events for the interval of a hazard ratio between two arms.

    The variance of an unadjusted log hazard ratio is about 1 / (d q (1 - q)) for d events and a
    share q of the patients in one arm (Schoenfeld 1981, *Biometrika* 68:316).
    """
    for quantity in study.by_quantity:
        alone = replace(quantity, comparison="", method="", adjustment="")
        fits = alone == Quantity(outcome=outcome, statistic="ci95")
        if not fits or quantity.comparison not in study.comparisons:
            continue
        place = mention(study, quantity)
        if place is None or quantity.adjustment == "adjusted":
            continue
        comparison = study.comparisons[quantity.comparison]
        sizes = [_size(study, arm) for arm in (comparison.experimental, comparison.control)]
        share = sizes[0] / sum(sizes)
        lower, upper = place.interval.lower, place.interval.upper
        (l0, l1), (u0, u1) = lower.rounding_interval, upper.rounding_interval
        if l0 <= 0 or not math.isfinite(u1):
            return None
        errors = [math.log(top / low) / (2 * Z95) for top, low in ((u1, l0), (u0, l1))]
        least, most = (1 / (error**2 * share * (1 - share)) for error in errors)
        return min(least, sum(sizes)), min(most, sum(sizes))
    return None


def _size(study: Study, arm: str) -> float:
    place = mention(study, Quantity(arm_id=arm, outcome="participants", statistic="n"))
    return place.number.value if place else math.nan


def follow_up(study: Study, arm: str, observed: bool | None = None) -> FollowUp:
    """How long the patients of an arm were followed, by its printed range, else by the dates."""
    role = study.roles.followup
    least, most = _from_dates(study)
    median = span = None
    for name in (arm, ALL_ARMS):
        whole = group(study, name, role)
        median = median or mention(study, replace(whole, statistic="median"))
        span = span or mention(study, replace(whole, statistic="range"))
    if span is not None:
        low, high = span.interval.lower.value, span.interval.upper.value
        least, most = low * months_in(span.unit), high * months_in(span.unit)
    value = median.number.value * months_in(median.unit) if median else None
    curve = printed_curve(study, arm, study.roles.overall_survival)
    middle = next((point.time for point in curve.points if point.share == 0.5), 0) if curve else 0
    if observed is None:
        observed = bool(value and value <= middle * 1.05)
    return FollowUp(least, most, value, observed)


def _from_dates(study: Study) -> tuple[float, float]:
    """Months from the last and the first possible start to the end of follow-up."""
    start, end, stop = (_date(study, which) for which in (STARTS, ENDS, STOPS))
    if stop is None or start is None:
        return NO_DATES
    longest = (stop - start).days / DAYS_A_MONTH
    shortest = (stop - end).days / DAYS_A_MONTH if end else 0.0
    return max(shortest, 0.5), max(longest, 1.0)


def _date(study: Study, names: tuple[str, ...]) -> date | None:
    for number in study.find(outcome="design", statistic="date"):
        if number.quantity.category in names:
            for form in DATE_FORMS:
                try:
                    return datetime.strptime(number.value, form).date()
                except ValueError:
                    continue
    return None
