"""Comparisons from what is measured: means of two arms, and events with their person-time."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from livingreview_plan.estimates import ArmMean, ArmRate, TwoArms
from livingreview_plan.kinds.counts import size_of
from livingreview_plan.nearly import NearMiss, other_way_round
from livingreview_record import (
    PlannedSynthesis,
    Printed,
    Quantity,
    Study,
    comparisons_of,
    mention,
    outcomes_for,
)

Place = Mapping[str, str]
Found = ArmMean | ArmRate | NearMiss | None  # None: nothing of the arm is printed
NO_SIZE = "the number of {participants} of the arm is not (a row of outcome participants)"
AT_START = "number of {participants} of the arm: that of this time is not printed"
FROM_SE = "standard deviation not printed: the standard error times the root of the {participants}"


def means(study: Study, rules: PlannedSynthesis, place: Place) -> Iterator[TwoArms]:
    """Yield the means of the arms of each wanted comparison."""
    return _pairs(study, rules, place, _arm_mean)


def near_means(
    study: Study, rules: PlannedSynthesis, place: Place, used: list[TwoArms]
) -> Iterator[NearMiss]:
    """Yield the means that the rule nearly takes."""
    return _near(study, rules, place, used, _arm_mean, "mean")


def rates(study: Study, rules: PlannedSynthesis, place: Place) -> Iterator[TwoArms]:
    """Yield events and person-time of the arms of each wanted comparison."""
    return _pairs(study, rules, place, _arm_rate)


def near_rates(
    study: Study, rules: PlannedSynthesis, place: Place, used: list[TwoArms]
) -> Iterator[NearMiss]:
    """Yield the counts of events that the rule nearly takes."""
    return _near(study, rules, place, used, _arm_rate, "n")


def _wanted(
    study: Study, rules: PlannedSynthesis, place: Place
) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield what is wanted of both arms of each comparison, without the statistic."""
    for comparison in comparisons_of(study, rules):
        for outcome in outcomes_for(study, rules):
            wanted = Quantity(
                outcome=outcome.id,
                category=rules.category,
                timepoint=rules.timepoint,
                **place,
            )
            yield (
                replace(wanted, arm_id=comparison.experimental),
                replace(wanted, arm_id=comparison.control),
            )


def _pairs(
    study: Study, rules: PlannedSynthesis, place: Place, find: Callable[[Study, Quantity], Found]
) -> Iterator[TwoArms]:
    for wanted in _wanted(study, rules, place):
        treated, control = (find(study, arm) for arm in wanted)
        if isinstance(treated, ArmMean | ArmRate) and isinstance(control, ArmMean | ArmRate):
            if _unlike(treated, control):
                continue
            yield TwoArms(study.id, study.label, treated, control)


def _unlike(treated: ArmMean | ArmRate, control: ArmMean | ArmRate) -> str:
    """Why two arms cannot be compared; empty where they can."""
    units = [arm.sources[-1].unit for arm in (treated, control)]
    if isinstance(treated, ArmRate) and len(set(units)) > 1:
        return f"the person-time of the arms is in {units[0]} and in {units[1]}"
    return ""


def _near(
    study: Study,
    rules: PlannedSynthesis,
    place: Place,
    used: list[TwoArms],
    find: Callable[[Study, Quantity], Found],
    statistic: str,
) -> Iterator[NearMiss]:
    if used:
        return
    for wanted in _wanted(study, rules, place):
        found = [find(study, arm) for arm in wanted]
        yield from (one for one in found if isinstance(one, NearMiss))
        for own, other, arm in zip(found, reversed(found), wanted, strict=True):
            if own is None and isinstance(other, ArmMean | ArmRate):
                why = f"no number is usable for {study.arms[arm.arm_id].label}"
                yield NearMiss(other.sources[0], "arm_id", why)
            if own is None:
                yield from _at_another_time(study, replace(arm, statistic=statistic))
        both = [one for one in found if isinstance(one, ArmMean | ArmRate)]
        if len(both) > 1:
            yield NearMiss(both[0].sources[-1], "unit", _unlike(*both))
    turned = list(comparisons_of(study, rules, reverse=True))
    outcomes = [outcome.id for outcome in outcomes_for(study, rules)]
    yield from other_way_round(study, turned, outcomes, Quantity(**place), (statistic,))


def _at_another_time(study: Study, wanted: Quantity) -> Iterator[NearMiss]:
    for number in study.numbers:
        if replace(number.quantity, timepoint=wanted.timepoint) == wanted:
            time = number.quantity.timepoint
            why = f"it is of {f'one time ({time})' if time else 'no named time'}"
            yield NearMiss(number, "timepoint", why)


def _arm_mean(study: Study, wanted: Quantity) -> Found:
    mean, sd, se = (
        mention(study, replace(wanted, statistic=name)) for name in ("mean", "sd", "se")
    )
    own = size_of(study, wanted)
    size = own or size_of(study, replace(wanted, timepoint=""))
    if mean is None:
        return None
    if size is None:
        return NearMiss(mean, "outcome", study.terms.fill(NO_SIZE))
    n, spread = int(size.number.value), sd or se
    if spread is None:
        return NearMiss(mean, "statistic", "no standard deviation or error is printed for it")
    value = spread.number.value
    if value <= 0:
        return NearMiss(spread, "value", "no variance can be taken from it")
    notes = () if own else (AT_START,)
    if spread is se:
        value, notes = value * math.sqrt(n), (*notes, FROM_SE)
    sources = (mean, spread, size)
    told = tuple(map(study.terms.fill, notes))
    return ArmMean(mean.number.value, value, n, cohorts=study.cohorts, sources=sources, notes=told)


def _arm_rate(study: Study, wanted: Quantity) -> Found:
    events = mention(study, replace(wanted, statistic="n"))
    if events is None:
        return None
    time = _person_time(study, wanted)
    if time is None:
        return NearMiss(events, "statistic", "no person-time is printed for its arm")
    if time.number.value <= 0:
        return NearMiss(time, "value", "no rate can be taken from it")
    count, value = int(events.number.value), time.number.value
    return ArmRate(count, value, time.unit, cohorts=study.cohorts, sources=(events, time))


def _person_time(study: Study, wanted: Quantity) -> Printed | None:
    """The time at risk for the outcome itself, or that of all patients of the arm."""
    own = replace(wanted, category="", statistic="person-time")
    of_all = replace(own, outcome="participants", timepoint="")
    return mention(study, own) or mention(study, of_all)
