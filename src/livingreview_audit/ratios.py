"""Printed hazard ratios with their intervals, p-values, patients and events, gathered once.

A ratio of two arms, or of two levels of a variable, is about a first and a second group of
patients.  Their sizes and events come from the printed counts and the vocabulary.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from livingreview_audit.finding import Finding, Verdict
from livingreview_audit.intervals import Box, image
from livingreview_audit.lookup import (
    Count,
    compared,
    count,
    group_size,
    level_of_others,
    quantity_words,
    subgroup_words,
    total,
)
from livingreview_record import Printed, Quantity, Study

Z95 = 1.959963984540054
TINY = 1e-6  # stands for the lower end of a ratio printed as 0.00


@dataclass(frozen=True)
class Ratio:
    """A printed hazard ratio and the interval printed with it."""

    study: Study
    estimate: Printed
    interval: Printed
    is_own: bool = True  # the interval printed with it, not that of another mention

    @property
    def quantity(self) -> Quantity:
        """What the ratio is of."""
        return self.estimate.quantity

    @cached_property
    def log_estimate(self) -> Box:
        """Logarithm of the ratio."""
        return log_box(Box.of(self.estimate.number))

    @cached_property
    def log_lower(self) -> Box:
        """Logarithm of the interval's lower end."""
        return log_box(Box.of(self.interval.interval.lower))

    @cached_property
    def log_upper(self) -> Box:
        """Logarithm of the interval's upper end."""
        return log_box(Box.of(self.interval.interval.upper))

    @cached_property
    def asymmetry(self) -> Box:
        """Upper arm of the interval less its lower arm, on the log scale."""
        return image(
            lambda low, middle, up: low + up - 2 * middle,
            self.log_lower,
            self.log_estimate,
            self.log_upper,
        )

    @cached_property
    def standard_error(self) -> Box:
        """Standard error of the log ratio that the interval implies.

        Half its width by 1.96; where it is not symmetrical, each arm by itself as well.
        """
        half = image(lambda low, up: (up - low) / (2 * Z95), self.log_lower, self.log_upper)
        if self.asymmetry.contains(0):
            return half
        below = image(lambda low, middle: (middle - low) / Z95, self.log_lower, self.log_estimate)
        above = image(lambda middle, up: (up - middle) / Z95, self.log_estimate, self.log_upper)
        both = half.hull(below).hull(above)
        return Box(max(both.lower, TINY), max(both.upper, TINY))

    @property
    def words(self) -> str:
        """Outcome, what is compared, and whether adjusted."""
        kind = f"{self.quantity.adjustment} " if self.quantity.adjustment else ""
        return (
            f"{quantity_words(self.study, self.quantity)}, "
            f"{kind}hazard ratio, {comparison_words(self.study, self.quantity)}"
        )

    @property
    def shown(self) -> str:
        """Estimate and interval as printed."""
        return f"{self.estimate.value} ({self.interval.value})"

    def find(
        self,
        verdict: Verdict,
        recomputed: str,
        said: str,
        *,
        numbers: tuple[Printed, ...] = (),
        reported: str = "",
    ) -> Finding:
        """A finding, on the interval unless other numbers are named."""
        judged = numbers or (self.interval, self.estimate)
        text = f"{self.words}: {said}."
        return Finding(judged, reported or self.shown, recomputed, verdict, text)


def log_box(box: Box) -> Box:
    """Logarithm of a box of positive numbers."""
    return image(math.log, Box(max(box.lower, TINY), max(box.upper, TINY)))


def ratios(study: Study) -> Iterator[Ratio]:
    """Every printed hazard ratio with the interval at its place, or printed elsewhere."""
    for quantity, places in study.by_quantity.items():
        if quantity.statistic != "hr":
            continue
        intervals = study.by_quantity.get(replace(quantity, statistic="ci95"), ())
        cells = {interval.locator for interval in intervals}
        together = any(estimate.locator in cells for estimate in places)
        for estimate in places:
            beside = [one for one in intervals if one.locator == estimate.locator]
            own = bool(beside) if together else estimate is places[0]
            for interval in (*beside, *intervals)[:1]:
                if _is_usable(estimate, interval):
                    yield Ratio(study, estimate, interval, is_own=own)


def own_ratios(study: Study) -> dict[Quantity, Ratio]:
    """Return the first place of each ratio that has an interval printed with it."""
    return {one.quantity: one for one in reversed(list(ratios(study))) if one.is_own}


def _is_usable(estimate: Printed, interval: Printed) -> bool:
    bounds = interval.interval
    known = all(bound.exact is not None for bound in (bounds.lower, bounds.upper))
    exact = all(bound.relation == "=" for bound in (estimate.number, bounds.lower, bounds.upper))
    return known and exact and estimate.number.value > 0 and bounds.upper.value > 0


def comparison_words(study: Study, quantity: Quantity) -> str:
    """What is compared, in whom."""
    if quantity.comparison in study.comparisons:
        words = study.comparisons[quantity.comparison].label
    else:
        variable, levels = quantity.contrast
        declared = study.vocabulary(variable)
        named = [declared.levels.get(level, level) for level in levels]
        words = f"{declared.label} ({' against '.join(named)})" if named else declared.label
    for stratum in quantity.strata:
        words += f", in {subgroup_words(study, stratum)}"
    if quantity.population != "whole" and quantity.population in study.populations:
        words += f", {study.populations[quantity.population].label}"
    return words


@dataclass(frozen=True)
class Groups:
    """Patients of the two compared groups, and events of both together.

    `events` is the number of patients where no number of events is printed.
    """

    first: Count | None
    second: Count | None
    everyone: Count
    events: Count
    events_printed: bool

    @property
    def numbers(self) -> tuple[Printed, ...]:
        """The printed numbers this rests on."""
        parts = [part for part in (self.events, self.first, self.second) if part is not None]
        return tuple(dict.fromkeys(number for part in parts for number in part.numbers))

    @property
    def least_standard_error(self) -> float:
        """The smallest standard error that a Cox model can give for this contrast.

        With d1 and d2 events in the groups it is sqrt(1/d1 + 1/d2): at the estimate, the fitted
        probabilities that an event falls in the first group add up to d1, and the information
        sum(p (1 - p)) is then at most d1 d2 / d; other covariates can only take from it.  Here
        for the split of the events that is most favourable, no group having more events than
        patients.
        """
        events = float(self.events.value)
        sizes = [float(part.value) if part else math.inf for part in (self.first, self.second)]
        first = min(max(events / 2, events - sizes[1]), sizes[0])
        if first <= 0 or events - first <= 0:
            return math.inf
        return math.sqrt(1 / first + 1 / (events - first))


def groups_of(study: Study, quantity: Quantity) -> Groups | None:
    """The groups that a ratio, or a p-value of a survival comparison, is about.

    None for a continuous covariate, a test over more than two levels, or where no size is printed.
    """
    if quantity.comparison in study.comparisons:
        return _arms(study, quantity)
    return _levels(study, quantity)


def _arms(study: Study, quantity: Quantity) -> Groups | None:
    sides = compared(study, quantity)
    first, second = (group_size(study, side) for side in sides)
    everyone, events = total((first, second)), total(_events(study, side) for side in sides)
    if everyone is None:
        return None
    return Groups(first, second, everyone, events or everyone, events is not None)


def _levels(study: Study, quantity: Quantity) -> Groups | None:
    variable, named = quantity.contrast
    declared = study.vocabulary(variable)
    levels = named or tuple(declared.levels)
    size = group_size(study, quantity)
    if len(levels) != 2 or size is None:
        return None
    wanted = replace(quantity, comparison="", adjustment="", method="", outcome=variable)
    first, second = (_level(study, replace(wanted, category=level)) for level in levels)
    if len(declared.levels) > 2:
        second = None
    events = _events(study, quantity)
    return Groups(first, second, size, events or size, events is not None)


def _level(study: Study, quantity: Quantity) -> Count | None:
    return count(study, quantity) or level_of_others(study, quantity)


def _events(study: Study, quantity: Quantity) -> Count | None:
    wanted = replace(quantity, category="event", comparison="", adjustment="", timepoint="")
    return count(study, wanted)
