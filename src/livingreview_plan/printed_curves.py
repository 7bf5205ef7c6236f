"""Printed survival of an arm: landmark rates, the median and their intervals, ready for a curve.

Times are months.  A printed number stands for every value that rounds to it, limits of
intervals are taken outwards to the same end, and what was not reached has no limit.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from livingreview_pool import (
    Landmark,
    Median,
    ReconstructedCurve,
    contradictions,
    reconstruct_curve,
)
from livingreview_record import Printed, Quantity, Study, months, months_in, table_first


@dataclass(frozen=True)
class PrintedSurvival:
    """What a study prints of the survival of one arm, in one population and subgroup.

    `n` is the number of patients, where it is printed.  `notes` say what the numbers do not:
    other values printed elsewhere, what was not reached, our remarks on the rows.
    """

    study_id: str
    arm_id: str
    label: str
    outcome: str
    population: str
    subgroup: str
    landmarks: tuple[Landmark, ...]
    median: Median | None
    n: int | None
    sources: tuple[Printed, ...]
    notes: tuple[str, ...]

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Pairs of these numbers that no curve can have, one sentence each; empty where none."""
        return contradictions(self.landmarks, self.median)

    def reconstructed(self, *, level: float = 0.95) -> ReconstructedCurve:
        """The curve these numbers allow; `ValueError` where they have `contradictions`."""
        curve = reconstruct_curve(
            self.landmarks, self.median, n=self.n, label=self.label, level=level
        )
        return replace(curve, notes=(*curve.notes, *self.notes))


def printed_survival(
    study: Study, arm_id: str, outcome: str, *, population: str = "whole", subgroup: str = ""
) -> PrintedSurvival | None:
    """Landmark rates, median and intervals that a study prints for an arm; None without any.

    Where two places print different values, the table is used and the other is noted; an
    interval that does not contain its value is not used, and noted.
    Raises `ValueError` for an arm the study does not have.
    """
    if arm_id not in study.arms:
        msg = f"{study.id}: need an arm ({', '.join(study.arms)}), found {arm_id!r}"
        raise ValueError(msg)
    wanted = Quantity(arm_id=arm_id, outcome=outcome, population=population, subgroup=subgroup)
    rates = [_landmark(study, rate) for rate in _rates(study, wanted)]
    median = _median(study, replace(wanted, statistic="median"))
    if not rates and median is None:
        return None
    size = _shown(study, replace(wanted, outcome="participants", statistic="n"))
    found = [*rates, *([] if median is None else [median]), *([] if size is None else [size])]
    return PrintedSurvival(
        study_id=study.id,
        arm_id=arm_id,
        label=_label(study, wanted),
        outcome=outcome,
        population=population,
        subgroup=subgroup,
        landmarks=tuple(point.value for point in rates if isinstance(point.value, Landmark)),
        median=median.value if median and isinstance(median.value, Median) else None,
        n=None if size is None else int(size.sources[0].number.value),
        sources=tuple(source for point in found for source in point.sources),
        notes=tuple(dict.fromkeys(note for point in found for note in point.notes)),
    )


@dataclass(frozen=True)
class _Point:
    """A value with the printed numbers it comes from."""

    value: Landmark | Median | None
    sources: tuple[Printed, ...]
    notes: tuple[str, ...]


def _label(study: Study, wanted: Quantity) -> str:
    population = study.populations.get(wanted.population)
    parts = [study.arms[wanted.arm_id].label]
    if wanted.population != "whole" and population is not None:
        parts.append(population.label)
    if wanted.subgroup:
        parts.append(wanted.subgroup)
    return f"{study.label}: {', '.join(parts)}"


def _shown(study: Study, quantity: Quantity) -> _Point | None:
    places = study.by_quantity.get(quantity, ())
    return _used(places) if places else None


def _used(places: Iterable[Printed]) -> _Point:
    """The place to use (a table before the text), and what other places print instead."""
    first, *others = table_first(places)
    notes = [
        f"{place.locator} prints {place.value} where {first.locator} prints {first.value}"
        for place in others
        if place.value != first.value
    ]
    remarks = (place.note for place in (first, *others) if place.note)
    return _Point(None, (first,), (*notes, *remarks))


def _rates(study: Study, wanted: Quantity) -> list[Quantity]:
    """Landmarks printed for these patients, by time."""
    found = {
        number.quantity
        for number in study.numbers
        if number.quantity.statistic == "rate"
        and replace(number.quantity, timepoint="", statistic="") == wanted
    }
    return sorted(found, key=lambda quantity: months(quantity.timepoint))


def _landmark(study: Study, quantity: Quantity) -> _Point:
    rate = _used(study.by_quantity[quantity])
    bounds, limits = _bounds(study, quantity, rate, most=100.0)
    value = Landmark(
        months(quantity.timepoint),
        rate.sources[0].number.value / 100,
        *(bound / 100 for bound in bounds),
    )
    return _Point(value, (*rate.sources, *limits.sources), (*rate.notes, *limits.notes))


def _median(study: Study, quantity: Quantity) -> _Point | None:
    median = _shown(study, quantity)
    if median is None:
        return None
    printed = median.sources[0]
    if printed.number.exact is None or printed.number.relation != "=":
        note = f"median printed as {printed.value}: it bounds the curve only up to an unknown time"
        return replace(median, notes=(*median.notes, note))
    if printed.number.value == 0:
        note = "median printed as 0 is not used: no curve begins at one half"
        return replace(median, notes=(*median.notes, note))
    unit = months_in(printed.unit)
    bounds, limits = _bounds(study, quantity, median, most=math.inf)
    value = Median(printed.number.value * unit, *(bound * unit for bound in bounds))
    return _Point(value, (*median.sources, *limits.sources), (*median.notes, *limits.notes))


def _bounds(
    study: Study, quantity: Quantity, shown: _Point, *, most: float
) -> tuple[list[float], _Point]:
    """The ends of what rounds to the printed value and to its interval, and that interval."""
    limits = _interval(study, quantity, shown)
    ends = (*shown.sources[0].number.rounding_interval, *_outward(limits.sources))
    return [min(max(end, 0.0), most) for end in ends], limits


def _interval(study: Study, quantity: Quantity, shown: _Point) -> _Point:
    """The printed interval of a quantity, if it contains its value, and notes on it."""
    limits = _shown(study, replace(quantity, statistic="ci95"))
    if limits is None:
        return _Point(None, (), ())
    least, most = _outward(limits.sources)
    printed = shown.sources[0]
    if not least <= printed.number.value <= most:
        note = f"{limits.sources[0].value} is not used: it does not contain {printed.value}"
        return _Point(None, (), (*limits.notes, note))
    return limits


def _outward(limits: tuple[Printed, ...]) -> tuple[float, float]:
    """Printed limits, each to the outer end of what rounds to it; NaN without an interval."""
    if not limits:
        return math.nan, math.nan
    interval = limits[0].interval
    lower, upper = interval.lower.rounding_interval[0], interval.upper.rounding_interval[1]
    return (0.0 if math.isinf(lower) else lower), upper
