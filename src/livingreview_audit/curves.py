"""What a study prints about one survival curve: median, rates, their intervals, patients, events.

A curve is one time-to-event outcome (or another time with a Kaplan-Meier median) in one group.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from livingreview_audit.finding import Finding, Verdict
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import Count, count, full_words, group_of, group_size, table_first
from livingreview_record import Printed, Quantity, Reported, Study, is_time, months, months_in

TIMES = frozenset({"time-to-event", "continuous", "duration"})
EVENT = "event"


@dataclass(frozen=True)
class Curve:
    """One curve's printed numbers, each with every place that prints it."""

    study: Study
    group: Quantity  # arm, population, subgroup and outcome; nothing else
    medians: tuple[Printed, ...] = ()
    median_intervals: tuple[Printed, ...] = ()
    rates: dict[str, list[Printed]] = field(default_factory=dict)
    rate_intervals: dict[str, list[Printed]] = field(default_factory=dict)

    @property
    def size(self) -> Count | None:
        """Patients of the group."""
        return group_size(self.study, self.group)

    @property
    def events(self) -> Count | None:
        """Patients of the group with the event."""
        return count(self.study, replace(self.group, category=EVENT))

    @property
    def words(self) -> str:
        """Outcome and group."""
        return full_words(self.study, self.group)

    @property
    def rates_with_intervals(self) -> Iterator[tuple[Printed, Printed]]:
        """Each interval of a rate, after the rate printed nearest to it."""
        for timepoint, intervals in self.rate_intervals.items():
            for interval in intervals if timepoint in self.rates else ():
                yield beside(interval, self.rates[timepoint]), interval

    def find(
        self, verdict: Verdict, numbers: tuple[Printed, ...], recomputed: str, said: str
    ) -> Finding:
        """A finding on the first of `numbers`."""
        reported = f"{numbers[0].value}{'%' if numbers[0].unit == '%' else ''}"
        return Finding(numbers, reported, recomputed, verdict, f"{self.words}: {said}.")


def curves(study: Study) -> list[Curve]:
    """Every curve of the study of which a median or a rate is printed."""
    found: dict[Quantity, Curve] = {}
    for quantity, places in study.by_quantity.items():
        if quantity.statistic not in ("median", "ci95", "rate") or quantity.comparison:
            continue
        if study.vocabulary(quantity.outcome).kind not in TIMES:
            continue
        bare = curve_of(quantity)
        found[bare] = _with(found.get(bare, Curve(study, bare)), quantity, places)
    return [curve for curve in found.values() if _is_curve(curve)]


def _is_curve(curve: Curve) -> bool:
    """A time to an event; of other times only those with a Kaplan-Meier median and interval."""
    kind = curve.study.vocabulary(curve.group.outcome).kind
    if kind == "time-to-event":
        return True
    both = curve.medians and curve.median_intervals
    return bool(both) and all(is_time(one.unit or "months") for one in curve.medians)


def curve_of(quantity: Quantity) -> Quantity:
    """Arm, population, subgroup and outcome alone."""
    return replace(group_of(quantity), outcome=quantity.outcome)


def _with(curve: Curve, quantity: Quantity, places: tuple[Printed, ...]) -> Curve:
    ordered = tuple(table_first(places))
    if quantity.statistic == "median":
        return replace(curve, medians=ordered)
    if quantity.statistic == "rate":
        curve.rates[quantity.timepoint] = list(ordered)
    elif quantity.timepoint:
        curve.rate_intervals[quantity.timepoint] = list(ordered)
    else:
        return replace(curve, median_intervals=ordered)
    return curve


def share(percent: Reported) -> Box:
    """A printed percentage as a probability."""
    box = Box.of(percent).within(0, 100)
    return Box(box.lower / 100, box.upper / 100)


def in_months(number: Printed) -> Box:
    """A printed time in months, over everything it may stand for; `ValueError` for no time."""
    box = Box.of(number.number)
    factor = months_in(number.unit or "months")
    return Box(max(0.0, box.lower * factor), box.upper * factor)


def beside(number: Printed, others: Sequence[Printed]) -> Printed:
    """The place of `others` nearest to `number`: the same section if there is one."""
    same = [one for one in others if one.locator.section == number.locator.section]
    return (same or others)[0]


def by_time(curve: Curve) -> Iterator[tuple[float, list[Printed]]]:
    """Rates in order of their timepoints."""
    timed = ((months(at), places) for at, places in curve.rates.items())
    pairs = sorted(timed, key=lambda pair: pair[0])
    for at, same in groupby(pairs, key=lambda pair: pair[0]):
        yield at, [place for _, places in same for place in places]
