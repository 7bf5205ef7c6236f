"""Patients from a drawn curve: event and censoring times that give a digitised Kaplan-Meier curve.

Between two times of the table of numbers at risk, the unknowns are how many patients were
censored.  Spread evenly over the interval, a number of them fixes, point by point, how many
events the curve's fall needs, and so how many are at risk at the interval's end; the number
of censored is the one for which that is the printed number at risk.  In the last interval,
without a number at its end, the censoring rate so far is used, or the total number of
events where that is printed.

The patients are made up: they have the curve's times, in whole patients, and no covariates.

References: Guyot, Ades, Ouwens & Welton 2012, *BMC Medical Research Methodology* 12:9.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingreview_pool.checks import Floats, check_number, numbers, refuse
from livingreview_pool.survival_curves import Bound

Counts = NDArray[np.int64]

MADE_UP = "patients reconstructed from a drawn curve; no patient of the study has these data"
TIME = "a finite time from 0 on"
MOST_PATIENTS = 100_000  # each is written out; no arm of a trial has more
STRAY = 0.02  # a click this part of an axis outside it is moved onto it
FAR_OFF = 0.02  # a reconstructed curve that leaves the digitised one by more is noted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconstructedPatients:
    """Times of reconstructed patients, with how well they give back what was read off.

    `event` is False where a patient is censored.  `at_risk` are the numbers at risk of the
    reconstruction at `risk_times`, to be held against the printed `printed_at_risk`;
    `largest_gap` is the largest distance between the curve of these patients and the
    digitised points.
    """

    label: str
    time: tuple[float, ...]
    event: tuple[bool, ...]
    n: int
    events: int
    risk_times: tuple[float, ...]
    at_risk: tuple[int, ...]
    printed_at_risk: tuple[int, ...]
    printed_events: int | None
    largest_gap: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KaplanMeier:
    """Product-limit curve: survival from each of the `times` of events on, and who was at risk."""

    times: tuple[float, ...]
    survival: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]

    def at(self, times: ArrayLike) -> Floats:
        """Survival at each time (after the events of that time)."""
        return Bound(self.times, self.survival, up_to=False).at(times)


class Curve(NamedTuple):
    """Checked coordinates of a curve that starts at (0, 1) and never rises, or a part of it."""

    times: Floats
    survival: Floats


class Interval(NamedTuple):
    """What is reconstructed between two times of the risk table, point by point."""

    events: list[int]
    censored: list[int]
    at_risk: int  # at its end
    survival: float  # at its end


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    """Kaplan-Meier curve of patients; censoring at the time of an event comes after it.

    `time` is one value per patient, from 0 on, in any unit; `event` is False where censored.

    >>> kaplan_meier([1, 2, 2, 3], [True, True, False, False]).survival
    (0.75, 0.5)
    """
    t, died = _columns(time=time, event=event)
    refuse("time", t, (t >= 0) & (t < np.inf), TIME)
    refuse("event", died, (died == 0) | (died == 1), "True or False")
    times, events = np.unique(t[died == 1], return_counts=True)
    at_risk = t.size - np.searchsorted(np.sort(t), times, side="left")
    return KaplanMeier(
        times=tuple(times.tolist()),
        survival=tuple(np.cumprod(1 - events / at_risk).tolist()),
        at_risk=tuple(at_risk.tolist()),
        events=tuple(events.tolist()),
    )


def reconstruct_patients(
    times: ArrayLike,
    survival: ArrayLike,
    risk_times: ArrayLike,
    at_risk: ArrayLike,
    *,
    events: int | None = None,
    label: str = "",
) -> ReconstructedPatients:
    """Patients whose Kaplan-Meier curve is the digitised one, with the printed numbers at risk.

    `times` and `survival` (0 to 1) are the digitised coordinates in any order; small rises, as
    a hand makes them, are levelled, and clicks up to 2 % outside an axis are moved onto it.
    `at_risk` are the printed numbers at `risk_times`, the first of them at time 0.  `events`
    is the printed total, where there is one.

    >>> found = reconstruct_patients([1, 2, 3], [0.75, 0.5, 0.5], [0], [4], events=2)
    >>> found.time, found.event
    ((1.0, 2.0, 3.0, 3.0), (True, True, False, False))
    """
    curve = _read_curve(times, survival)
    risk_at, risk_n = _read_risk(risk_times, at_risk)
    if events is not None:
        needed = f"0 to {risk_n[0]} (the patients at risk at 0)"
        check_number("events", events, needed, lambda x: x in range(risk_n[0] + 1))
    used = risk_at <= curve.times[-1]
    curve = _with_points_at(curve, risk_at[used])
    time, event = _patients(curve, _intervals(curve, risk_at[used], risk_n[used], events))
    found = ReconstructedPatients(
        label=label,
        time=tuple(time.tolist()),
        event=tuple(event.tolist()),
        n=time.size,
        events=int(event.sum()),
        risk_times=tuple(risk_at.tolist()),
        at_risk=tuple(int((time >= start).sum()) for start in risk_at),
        printed_at_risk=tuple(risk_n.tolist()),
        printed_events=events,
        largest_gap=float(np.abs(kaplan_meier(time, event).at(curve.times) - curve.survival).max()),
        notes=(),
    )
    return replace(found, notes=tuple(_notes(found)))


def _with_points_at(curve: Curve, times: Floats) -> Curve:
    """Add a point at each of the times, at the height of the point before."""
    merged = np.union1d(curve.times, times)
    place = np.searchsorted(curve.times, merged, side="right") - 1
    return Curve(merged, curve.survival[place])


def _intervals(
    curve: Curve, risk_times: Floats, at_risk: Counts, events: int | None
) -> list[Interval]:
    """Reconstruct every interval in turn, each from where the one before ends."""
    edges = [*np.searchsorted(curve.times, risk_times), curve.times.size]
    parts = [
        (Curve(curve.times[a:b], curve.survival[a:b]), float(curve.times[min(b, edges[-1] - 1)]))
        for a, b in pairwise(edges)
    ]
    state = Interval([], [], int(at_risk[0]), 1.0)
    done: list[Interval] = []
    for (part, end), following in zip(parts[:-1], at_risk[1:].tolist(), strict=True):
        state = _to_number_at_risk(part, end, state, following)
        done.append(state)
    last, end = parts[-1]
    censored = _by_rate(last, end, done, state.at_risk)
    if events is None:
        return [*done, _interval(last, end, state, censored)]
    missing = events - sum(sum(interval.events) for interval in done)
    return [*done, _to_events(last, end, state, missing, censored)]


def _interval(part: Curve, end: float, start: Interval, censored: int) -> Interval:
    """Find the events that the curve's fall needs with so many censored evenly up to `end`.

    At each point as many events are taken as bring the survival nearest to the curve's.
    """
    first, width = part.times[0], end - part.times[0]
    places = first + width * np.arange(1, censored + 1) / (censored + 1)
    slot = np.searchsorted(part.times, places, side="right") - 1
    leaving = np.bincount(slot, minlength=part.times.size)
    left, survival = start.at_risk, start.survival
    events, gone = [], []
    for wanted, leave in zip(part.survival.tolist(), leaving.tolist(), strict=True):
        needed = math.floor(left * (1 - wanted / survival) + 0.5) if survival > 0 else 0
        events.append(min(max(needed, 0), left))
        survival *= 1 - events[-1] / max(left, 1)
        left -= events[-1]
        gone.append(min(leave, left))
        left -= gone[-1]
    return Interval(events, gone, left, survival)


def _to_number_at_risk(part: Curve, end: float, start: Interval, following: int) -> Interval:
    """Choose the number of censored so that nearest to `following` are at risk at the end.

    More censored leave fewer at risk, so the search halves; the counts on both sides of the
    crossing are compared.
    """

    def is_enough(censored: int) -> bool:
        return _interval(part, end, start, censored).at_risk <= following

    enough = bisect_left(range(start.at_risk), True, key=is_enough)
    near = [_interval(part, end, start, count) for count in range(max(enough - 1, 0), enough + 1)]
    return min(near, key=lambda found: abs(found.at_risk - following))


def _to_events(part: Curve, end: float, start: Interval, events: int, guess: int) -> Interval:
    """Choose the number of censored for as many events as are missing; nearest to the guess."""
    counts = sorted(range(start.at_risk + 1), key=lambda count: abs(count - guess))
    tried = (_interval(part, end, start, count) for count in counts)
    return min(tried, key=lambda found: abs(sum(found.events) - events))


def _by_rate(last: Curve, end: float, before: Sequence[Interval], at_risk: int) -> int:
    """Censored in the last interval, at the rate per time of the intervals before."""
    gone = sum(sum(interval.censored) for interval in before)
    past, ahead = float(last.times[0]), end - float(last.times[0])
    return min(math.floor(gone * ahead / past + 0.5), at_risk) if past > 0 else 0


def _patients(curve: Curve, intervals: list[Interval]) -> tuple[Floats, NDArray[np.bool_]]:
    """Events at the points; censored halfway to the next point; who is left, at the end."""
    events = [count for interval in intervals for count in interval.events]
    censored = [count for interval in intervals for count in interval.censored]
    times, last = curve.times, curve.times[-1]
    halfway = 0.5 * (times + np.append(times[1:], last))
    left = np.full(intervals[-1].at_risk, last)
    time = np.concatenate([np.repeat(times, events), np.repeat(halfway, censored), left])
    event = np.arange(time.size) < sum(events)
    order = np.lexsort((~event, time))
    return time[order], event[order]


def _read_curve(times: ArrayLike, survival: ArrayLike) -> Curve:
    t, s = _columns(times=times, survival=survival)
    t = np.where((t < 0) & (t >= -STRAY * t.max()), 0.0, t)
    s = np.where((s < -STRAY) | (s > 1 + STRAY), s, np.clip(s, 0.0, 1.0))
    refuse("times", t, (t >= 0) & (t < np.inf), TIME)
    refuse("survival", s, (s >= 0) & (s <= 1), "a survival from 0 to 1")
    order = np.lexsort((-s, t))
    t, s = np.append(0.0, t[order]), np.append(1.0, s[order])
    last_of_time = np.append(t[1:] > t[:-1], True)
    s = np.minimum.accumulate(s)
    return Curve(t[last_of_time], s[last_of_time])


def _read_risk(risk_times: ArrayLike, at_risk: ArrayLike) -> tuple[Floats, Counts]:
    t, n = _columns(risk_times=risk_times, at_risk=at_risk)
    refuse("risk_times", t, (t >= 0) & (t < np.inf), TIME)
    if t[0] != 0 or (np.diff(t) <= 0).any():
        msg = f"risk_times: need rising times from 0 on, found {t.tolist()}"
        raise ValueError(msg)
    whole = (n >= 0) & (n <= MOST_PATIENTS) & (n == np.rint(n))
    refuse("at_risk", n, whole, f"a whole number from 0 to {MOST_PATIENTS}")
    if n[0] < 1 or (np.diff(n) > 0).any():
        msg = f"at_risk: need numbers that never rise, from at least 1 on, found {n.tolist()}"
        raise ValueError(msg)
    return t, n.astype(np.int64)


def _columns(**columns: ArrayLike) -> tuple[Floats, Floats]:
    """Two columns of one length, with at least one row."""
    first, second = (numbers(name, values, truth=True) for name, values in columns.items())
    if first.ndim != 1 or first.shape != second.shape or not first.size:
        found = f"{first.shape} and {second.shape}"
        msg = f"{' and '.join(columns)}: need two arrays of equal length, found {found}"
        raise ValueError(msg)
    return first, second


def _notes(found: ReconstructedPatients) -> Iterator[str]:
    yield MADE_UP
    counts = zip(found.risk_times, found.at_risk, found.printed_at_risk, strict=True)
    for start, here, printed in counts:
        if here != printed:
            yield f"at risk at {start:g}: {here} reconstructed, {printed} printed"
    if found.printed_events is None:
        yield "no total of events: censoring after the last number at risk is a guess"
    elif found.events != found.printed_events:
        yield f"events: {found.events} reconstructed, {found.printed_events} printed"
    if found.largest_gap > FAR_OFF:
        yield f"the reconstructed curve leaves the digitised one by {found.largest_gap:.3f}"
