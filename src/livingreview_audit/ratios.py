"""Printed hazard ratios with their intervals, p-values, patients and events, gathered once.

A ratio of two arms, or of two levels of a variable, is about a first and a second group of
patients.  Their sizes and events come from the printed counts and the vocabulary.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from scipy.special import ndtr, ndtri

from livingreview_audit.audited import EVENT, Audited, Count, Numbers, numbers_of, total
from livingreview_audit.finding import Finding, Verdict
from livingreview_audit.intervals import Box, asymmetry, image
from livingreview_record import Level, Printed, Quantity, Reported

Z95 = 1.959963984540054
P_METHODS = ("cox", "log-rank", "")  # of p-values that may belong to a ratio
TINY = 1e-6  # stands for the lower end of a ratio printed as 0.00


@dataclass(frozen=True)
class Ratio:
    """A printed hazard ratio and the interval printed with it."""

    study: Audited
    estimate: Printed
    interval: Printed
    is_own: bool = True  # the interval printed with it, not that of another mention

    @property
    def quantity(self) -> Quantity:
        """What the ratio is of."""
        return self.estimate.quantity

    @property
    def value(self) -> float:
        """The ratio as a number."""
        return self.estimate.number.value

    @cached_property
    def logs(self) -> tuple[Box, Box, Box]:
        """Logarithms of the interval's lower end, the ratio and the interval's upper end."""
        ends = self.interval.interval
        return log_box(ends.lower), log_box(self.estimate.number), log_box(ends.upper)

    @property
    def log_estimate(self) -> Box:
        """Logarithm of the ratio."""
        return self.logs[1]

    @cached_property
    def asymmetry(self) -> Box:
        """Upper arm of the interval less its lower arm, on the log scale."""
        return asymmetry(*self.logs)

    @cached_property
    def standard_error(self) -> Box:
        """Standard error of the log ratio that the interval implies.

        Half its width by 1.96; where it is not symmetrical, each arm by itself as well.
        """
        low, middle, up = self.logs
        half = up.minus(low).over(2 * Z95)
        if self.asymmetry.contains(0):
            return half
        both = half.hull(middle.minus(low).over(Z95)).hull(up.minus(middle).over(Z95))
        return Box(max(both.lower, TINY), max(both.upper, TINY))

    @property
    def numbers(self) -> Numbers:
        """The interval, which is judged, and the estimate."""
        return self.interval, self.estimate

    @property
    def shown(self) -> str:
        """Estimate and interval as printed."""
        return f"{self.estimate.value} ({self.interval.value})"

    def find(
        self, numbers: Numbers, said: str, verdict: Verdict, recomputed: str, reported: str = ""
    ) -> Finding:
        """A finding on the first of `numbers`, beside the ratio where nothing is `reported`."""
        kind = f"{self.quantity.adjustment} " if self.quantity.adjustment else ""
        compares = self.study.comparison_words(self.quantity)
        about = f"{self.study.quantity_words(self.quantity)}, {kind}hazard ratio, {compares}"
        shown = reported or self.shown
        return Finding.on(numbers, about, said, verdict, recomputed, reported=shown)


def log_box(number: Reported) -> Box:
    """Logarithm of everything that a printed number above 0 may stand for."""
    box = Box.of(number)
    return image(math.log, Box(max(box.lower, TINY), max(box.upper, TINY)))


def p_box(z: Box) -> Box:
    """Two-sided p-values of a box of absolute z.

    >>> p_box(Box(1.96, 1.96)).lower.__round__(4)
    0.05
    """
    return Box(2 * float(ndtr(-z.upper)), 2 * float(ndtr(-z.lower)))


def z_box(p: Box) -> Box:
    """Absolute z of a box of two-sided p-values.

    >>> z_box(Box(0.05, 0.05)).lower.__round__(2)
    1.96
    """
    inside = p.within(1e-300, 1.0)
    return Box(-float(ndtri(inside.upper / 2)), -float(ndtri(inside.lower / 2)))


def p_words(p: Printed) -> str:
    """A p-value as printed, in words."""
    return f"p = {p.value}" if p.number.relation == "=" else f"p {p.value}"


def ratios(study: Audited) -> Iterator[Ratio]:
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
                ends = interval.interval.lower, interval.interval.upper, estimate.number
                exact = all(end.exact is not None and end.relation == "=" for end in ends)
                if exact and estimate.number.value > 0 and interval.interval.upper.value > 0:
                    yield Ratio(study, estimate, interval, is_own=own)


def own_ratios(study: Audited) -> dict[Quantity, Ratio]:
    """Return the first place of each ratio that has an interval printed with it."""
    return {one.quantity: one for one in reversed(list(ratios(study))) if one.is_own}


class Groups(NamedTuple):
    """Patients of the two compared groups, and events of both together.

    `events` is the number of patients where no number of events is printed.
    """

    first: Count | None
    second: Count | None
    everyone: Count
    events: Count
    events_printed: bool

    @property
    def sizes(self) -> list[Count]:
        """The groups whose size is printed."""
        return [part for part in (self.first, self.second) if part is not None]

    @property
    def numbers(self) -> Numbers:
        """The printed numbers this rests on."""
        return tuple(dict.fromkeys(numbers_of((self.events, *self.sizes))))

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


def groups_of(study: Audited, quantity: Quantity) -> Groups | None:
    """The groups that a ratio, or a p-value of a survival comparison, is about.

    None for a continuous covariate, a test over more than two levels, or where no size is printed.
    """
    sides = [quantity]
    if quantity.comparison in study.comparisons:
        sides = study.compared(quantity)
        first, second = map(study.group_size, sides)
        everyone = total((first, second))
    else:
        variable, named = quantity.contrast
        known = study.vocabulary(variable).levels
        if len(named or known) != 2:
            return None
        levels = [Level(variable, level) for level in named or known]
        group = replace(quantity, comparison="", adjustment="", method="")
        first, second = (study.count_or_sum(group.of_level(level)) for level in levels)
        second = second if len(known) <= 2 else None
        everyone = study.group_size(quantity)
    alone = {"category": EVENT, "comparison": "", "adjustment": "", "timepoint": ""}
    events = total(study.count(replace(side, **alone)) for side in sides)
    if everyone is None:
        return None
    return Groups(first, second, everyone, events or everyone, events is not None)
