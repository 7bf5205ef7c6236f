"""Event times that give back printed medians, landmark rates and numbers of events.

A curve runs through the printed points as straight lines of log cumulative hazard against log time
(between two points a Weibull distribution), and its times are moved until the Kaplan-Meier estimate
of the drawn patients passes through these points itself.
"""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.curves import AtOneHalf, KaplanMeier

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HALF = 0.5
FLAT = 1e-6  # least rise of log cumulative hazard between two points
SLOPES = (0.4, 8.0)  # of a curve outside its points
PASSES = 5  # of moving times; censoring makes more than one necessary
CLOSE = 1e-9
FIRST = 0.03  # months; nobody has the event sooner


class Point(NamedTuple):
    """A time in months, and the share still without the event."""

    time: float
    share: float


@dataclass(frozen=True)
class Curve:
    """A curve through points, with the slope of log cumulative hazard before and after them.

    >>> curve = Curve.through([Point(4.0, 0.5), Point(12.0, 0.25)])
    >>> [round(float(t), 2) for t in curve.times(np.array([0.5, 0.25]))]
    [4.0, 12.0]
    """

    log_time: Floats
    log_hazard: Floats
    before: float
    after: float

    @classmethod
    def through(cls, points: Sequence[Point], shape: float = 1.2) -> "Curve":
        """The curve of these points; `shape` is its slope before and after them.

        Raises `ValueError` for shares that rise with time or are not between 0 and 1.
        """
        ordered = sorted(points)
        if not ordered or any(not 0 < point.share < 1 or point.time <= 0 for point in ordered):
            msg = f"need times above 0 with shares between 0 and 1, found {points}"
            raise ValueError(msg)
        log_time = np.log([point.time for point in ordered])
        log_hazard = np.log([-np.log(point.share) for point in ordered])
        if (np.diff(log_hazard) < -FLAT).any():
            msg = f"need shares that do not rise with time, found {ordered}"
            raise ValueError(msg)
        log_hazard = np.maximum.accumulate(log_hazard + FLAT * np.arange(log_hazard.size))
        return cls(log_time, log_hazard, shape, shape)

    def shaped(self, before: float, after: float) -> "Curve":
        """The same through the points, with its slopes at the ends times the exponentials."""
        ends = (self.before * np.exp(before), self.after * np.exp(after))
        return Curve(self.log_time, self.log_hazard, *(float(np.clip(s, *SLOPES)) for s in ends))

    def bent(self, by: float) -> "Curve":
        """The same through the points; with a positive `by`, more events both before and after."""
        return self.shaped(-by, by)

    def times(self, share: Floats) -> Floats:
        """When each share of patients is still without the event."""
        y = np.log(-np.log(np.clip(share, 1e-9, 1 - 1e-9)))
        inside = np.interp(y, self.log_hazard, self.log_time)
        early = self.log_time[0] + (y - self.log_hazard[0]) / self.before
        late = self.log_time[-1] + (y - self.log_hazard[-1]) / self.after
        log_time = np.where(y < self.log_hazard[0], early, inside)
        time: Floats = np.exp(np.where(y > self.log_hazard[-1], late, log_time))
        return np.maximum(time, FIRST)

    def share(self, time: Floats) -> Floats:
        """What share of patients is without the event at each time."""
        x = np.log(np.maximum(time, 1e-9))
        inside = np.interp(x, self.log_time, self.log_hazard)
        early = self.log_hazard[0] + (x - self.log_time[0]) * self.before
        late = self.log_hazard[-1] + (x - self.log_time[-1]) * self.after
        y = np.where(x < self.log_time[0], early, inside)
        hazard: Floats = np.exp(np.clip(np.where(x > self.log_time[-1], late, y), -50, 50))
        return np.exp(-hazard)


class Times(NamedTuple):
    """A time a patient and whether it is an event; else the patient is censored then."""

    time: Floats
    event: Flags


def followed(
    death: Floats, longest: Floats, shortest: Floats, events: int | None, cap: Floats
) -> Times:
    """Cut times of death by follow-up, made longer or shorter until so many deaths are seen.

    `longest` is each patient's time to the end of follow-up, from `shortest` on; all are stretched
    alike to give the number of `events` exactly, but to no more than `cap`.
    """
    if events is None:
        seen = death <= longest
        return Times(np.where(seen, death, longest), seen)
    stretch = np.where(
        death > cap, np.inf, (death - shortest) / np.maximum(longest - shortest, 0.1)
    )
    order = np.argsort(np.round(stretch, 12), kind="stable")
    seen = np.zeros(death.size, bool)
    seen[order[:events]] = True
    last = stretch[order[min(events, death.size) - 1]] if events else 0.0
    factor = float(last) if np.isfinite(last) else 1.0
    end = np.minimum(shortest + np.maximum(longest - shortest, 0.1) * factor, cap)
    return Times(
        np.where(seen, np.minimum(death, cap), np.minimum(end, np.maximum(death, FIRST))), seen
    )


def through_points(
    drawn: Times,
    points: Sequence[Point],
    last: float,
    at_one_half: AtOneHalf = "first",
    earliest: float = 0.0,
) -> Times:
    """Move the times of events, in their order, until the curve passes through the points.

    Times beyond the last point are stretched towards `last`; none is before `earliest`.  A point at
    one half is met as the median, by the convention of `at_one_half`.
    """
    time = drawn.time.copy()
    for _ in range(PASSES if points else 0):
        now = _where_crossed(Times(time, drawn.event), points, at_one_half)
        wanted = [point.time for point in sorted(points)]
        if max(abs(a - b) for a, b in zip(now, wanted, strict=True)) < CLOSE:
            break
        top = max(last, wanted[-1] * 1.02, float(time.max()))
        edge = max(top, now[-1] * 1.02)
        source, target = np.array([earliest, *now, edge]), np.array([earliest, *wanted, top])
        rising = np.concatenate([[True], np.diff(np.maximum.accumulate(source)) > 1e-9])
        moved = np.interp(time, source[rising], target[rising])
        time = np.where(drawn.event, np.maximum(moved, earliest + FIRST), time)
    return Times(time, drawn.event)


def _where_crossed(drawn: Times, points: Sequence[Point], at_one_half: AtOneHalf) -> list[float]:
    """When the curve of the patients comes to each share; its last event where it never does."""
    whole = KaplanMeier(*drawn, at_one_half)
    times, curve, _ = whole.steps
    found, least = [], 0.0
    for point in sorted(points):
        at = _crossing(times, curve, point)
        if point.share == HALF:
            median = whole.median
            at = float(times[-1]) if np.isnan(median) and times.size else median
        found.append(max(at if np.isfinite(at) else point.time, least))
        least = found[-1] + 1e-6
    return found


def _crossing(times: Floats, curve: Floats, point: Point) -> float:
    if not times.size:
        return point.time
    # a rate is read between two events: at the step whose share is nearest
    shares = np.concatenate([[1.0], curve])
    step = int(np.argmin(np.round(np.abs(shares - point.share), 9)))
    start = times[step - 1] if step else 0.0
    end = times[step] if step < times.size else start * 1.05
    return float(start + end) / 2


def ordered_by_hazard(slots: Times, key: Floats, pick: Floats) -> Times:
    """Give each patient a time: of those still followed, the smallest key has the next event.

    With keys that are exponential times, divided by each patient's relative hazard, this is the
    distribution of Cox's model for these times; the next censored is who has the smallest `pick`,
    a number drawn without regard to anything else.
    """
    order = np.argsort(np.round(slots.time, 9) - 1e-12 * slots.event, kind="stable")
    queues = [np.argsort(np.round(by, 12), kind="stable").tolist() for by in (pick, key)]
    following, gone = [0, 0], [False] * key.size
    time, event = np.empty(key.size), np.zeros(key.size, bool)
    for place, is_event in zip(order.tolist(), slots.event[order].tolist(), strict=True):
        queue = queues[is_event]
        while gone[queue[following[is_event]]]:
            following[is_event] += 1
        patient = queue[following[is_event]]
        gone[patient] = True
        time[patient], event[patient] = slots.time[place], is_event
    return Times(time, event)


def within_survival(events: Floats, survival: Floats, key: Floats) -> Floats:
    """Give each patient a time to progression of at most his or her survival.

    The longest is given first, to the patient with the largest key of those who lived so long.
    Times that nobody lived to see are cut to the longest survival that is left.
    """
    alive = np.sort(survival)
    slots = np.minimum(np.sort(events), alive)
    by_survival = np.argsort(-survival, kind="stable")
    time = np.empty(survival.size)
    eligible: list[tuple[float, int]] = []
    following = 0
    for slot in slots[::-1].tolist():
        while following < survival.size and survival[by_survival[following]] >= slot - 1e-12:
            patient = int(by_survival[following])
            insort(eligible, (round(float(key[patient]), 12), patient))
            following += 1
        _, patient = eligible.pop()
        time[patient] = min(slot, float(survival[patient]))
    return time
