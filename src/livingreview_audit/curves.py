"""What a study prints about one survival curve: median, rates, their intervals, patients, events.

A curve is one time-to-event outcome (or another time with a Kaplan-Meier median) in one group.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from livingreview_audit.audited import EVENT, Audited, Count, Numbers
from livingreview_audit.finding import Finding, Verdict
from livingreview_audit.intervals import Box
from livingreview_record import Printed, Quantity, Reported, is_time, months, months_in, table_first

TIMES = frozenset({"time-to-event", "continuous", "duration"})


class Estimated(NamedTuple):
    """A printed median or rate, with its interval."""

    curve: "Curve"
    estimate: Printed
    interval: Printed

    @property
    def numbers(self) -> tuple[Printed, Printed]:
        """The interval, which is judged, and the estimate."""
        return self.interval, self.estimate

    @property
    def ends(self) -> tuple[Reported, Reported, Reported]:
        """The lower end, the estimate and the upper end."""
        return self.interval.interval.lower, self.estimate.number, self.interval.interval.upper

    @property
    def boxes(self) -> tuple[Box, Box, Box]:
        """What the lower end, the estimate and the upper end may stand for."""
        low, middle, up = map(Box.of, self.ends)
        return low, middle, up

    @property
    def shares(self) -> tuple[Box, Box, Box]:
        """The same of a rate, as probabilities."""
        low, middle, up = map(share, self.ends)
        return low, middle, up

    @property
    def is_outside(self) -> bool:
        """Whether the estimate lies outside its interval."""
        low, middle, up = self.boxes
        return middle.upper < low.lower or middle.lower > up.upper

    @property
    def is_closed(self) -> bool:
        """Whether both ends of the interval are printed."""
        return None not in (self.ends[0].exact, self.ends[2].exact)

    @property
    def shown(self) -> str:
        """Estimate and interval as printed."""
        return f"{self.estimate.value} ({self.interval.value})"


class Curve(NamedTuple):
    """One curve's printed numbers, each with every place that prints it.

    `places` has them by statistic (`median`, `rate`, `ci95`) and timepoint.
    """

    study: Audited
    group: Quantity  # arm, population, subgroup and outcome; nothing else
    places: Mapping[tuple[str, str], Numbers]

    @property
    def medians(self) -> Numbers:
        """Every place of the median."""
        return self.places.get(("median", ""), ())

    @property
    def exact_medians(self) -> list[Printed]:
        """Every place of the median that prints a value, not a bound."""
        return [median for median in self.medians if median.number.exact is not None]

    @property
    def rates(self) -> dict[str, Numbers]:
        """Every place of each rate, by timepoint."""
        return {at: found for (kind, at), found in self.places.items() if kind == "rate"}

    @property
    def medians_with_intervals(self) -> list[Estimated]:
        """Each interval of the median, with the median printed nearest to it."""
        intervals = self.places.get(("ci95", ""), ()) if self.medians else ()
        return [Estimated(self, beside(one, self.medians), one) for one in intervals]

    @property
    def rates_with_intervals(self) -> list[Estimated]:
        """Each interval of a rate, with the rate printed nearest to it."""
        rates = self.rates
        return [
            Estimated(self, beside(interval, rates[at]), interval)
            for (kind, at), intervals in self.places.items()
            for interval in (intervals if kind == "ci95" and at and at in rates else ())
        ]

    @property
    def size(self) -> Count | None:
        """Patients of the group."""
        return self.study.group_size(self.group)

    @property
    def events(self) -> Count | None:
        """Patients of the group with the event."""
        return self.study.count(replace(self.group, category=EVENT))

    @property
    def words(self) -> str:
        """Outcome and group."""
        return self.study.full_words(self.group)

    @property
    def is_time_to_event(self) -> bool:
        """Whether it is of times to an event, or has a Kaplan-Meier median and interval."""
        if self.study.vocabulary(self.group.outcome).kind == "time-to-event":
            return True
        both = self.medians and ("ci95", "") in self.places
        return bool(both) and all(is_time(one.unit or "months") for one in self.medians)

    def find(self, numbers: Numbers, said: str, verdict: Verdict, recomputed: str) -> Finding:
        """A finding on the first of `numbers`."""
        reported = f"{numbers[0].value}{'%' if numbers[0].unit == '%' else ''}"
        return Finding.on(numbers, self.words, said, verdict, recomputed, reported=reported)


def curves(study: Audited) -> dict[Quantity, Curve]:
    """Every curve of the study of which a median or a rate is printed, by its group."""
    places: dict[Quantity, dict[tuple[str, str], Numbers]] = {}
    for quantity, found in study.by_quantity.items():
        wanted = quantity.statistic in ("median", "ci95", "rate") and not quantity.comparison
        if wanted and study.vocabulary(quantity.outcome).kind in TIMES:
            at = "" if quantity.statistic == "median" else quantity.timepoint
            of_curve = places.setdefault(curve_of(quantity), {})
            of_curve[quantity.statistic, at] = tuple(table_first(found))
    known = {group: Curve(study, group, of_curve) for group, of_curve in places.items()}
    return {group: curve for group, curve in known.items() if curve.is_time_to_event}


def curve_of(quantity: Quantity) -> Quantity:
    """Arm, population, subgroup and outcome alone."""
    return Quantity(quantity.arm_id, quantity.population, quantity.subgroup, quantity.outcome)


def share(percent: Reported) -> Box:
    """A printed percentage as a probability."""
    return Box.of(percent).within(0, 100).over(100)


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
    for at, same in groupby(sorted(timed, key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        yield at, [place for _, places in same for place in places]
