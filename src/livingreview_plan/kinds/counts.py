"""Proportions and comparisons from counts: patients with an event among all of an arm."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from livingreview_plan.estimates import ArmCount, TwoArmCount
from livingreview_plan.nearly import NearMiss, near_counts, other_way_round
from livingreview_record import (
    Arm,
    PlannedSynthesis,
    Printed,
    Quantity,
    Study,
    comparisons_of,
    fits,
    mention,
    outcomes_for,
)


def arm_counts(
    study: Study, rules: PlannedSynthesis, place: Mapping[str, str]
) -> Iterator[ArmCount]:
    """Yield each wanted arm of which events and patients are printed."""
    for outcome, arm in product(outcomes_for(study, rules), study.arms.values()):
        if fits(arm, rules.arms):
            wanted = Quantity(arm_id=arm.id, outcome=outcome.id, category=rules.category, **place)
            count = _arm_count(study, arm, wanted, rules.group_by or "treatment_class")
            if count is not None:
                yield count


def _arm_count(study: Study, arm: Arm, wanted: Quantity, group_by: str) -> ArmCount | None:
    total = size_of(study, wanted)
    found = None if total is None else events_of(study, wanted, int(total.number.value))
    if total is None or found is None:
        return None
    events, sources, notes = found
    if events > int(total.number.value):
        return None
    return ArmCount(
        study_id=study.id,
        label=f"{study.label}: {arm.label}",
        arm_id=arm.id,
        group=str(arm.value(group_by) or ""),
        events=events,
        total=int(total.number.value),
        cohorts=study.cohorts,
        sources=(*sources, total),
        notes=notes,
    )


def size_of(study: Study, wanted: Quantity) -> Printed | None:
    """The printed number of patients of an arm in the wanted population."""
    return mention(study, replace(wanted, outcome="participants", category="", statistic="n"))


def events_of(
    study: Study, wanted: Quantity, size: int
) -> tuple[int, tuple[Printed, ...], tuple[str, ...]] | None:
    """The count as printed, as the sum of its categories, or as a printed percentage gives it."""
    printed = mention(study, replace(wanted, statistic="n"))
    if printed is not None:
        return int(printed.number.value), (printed,), ()
    parts = _categories(study, wanted)
    if parts:
        count = sum(int(part.number.value) for part in parts)
        words = " + ".join(part.value for part in parts)
        return count, parts, (f"count not printed as such: {words} in its categories",)
    percent = mention(study, replace(wanted, statistic="percent"))
    implied = [] if percent is None else _implied_counts(percent, size)
    if percent is None or not implied:
        return None
    exact = percent.number.value * size / 100
    nearest = min(implied, key=lambda count: abs(count - exact))
    words = f"{nearest} is the only count of {size} printed as {percent.value} %"
    if len(implied) > 1:
        words = (
            f"each count from {implied[0]} to {implied[-1]} of {size} is printed as "
            f"{percent.value} %, and {nearest} is taken, the nearest to it"
        )
    return nearest, (percent,), (f"count not printed: {words}",)


def _categories(study: Study, wanted: Quantity) -> tuple[Printed, ...]:
    """Counts of the categories that make up the outcome; none unless every one is printed."""
    sum_of = study.outcomes[wanted.outcome].sum_of or {}
    parts = [
        mention(study, replace(wanted, outcome=outcome, category=level, statistic="n"))
        for outcome, levels in sum_of.items()
        for level in levels
    ]
    return tuple(part for part in parts if part is not None) if None not in parts else ()


def _implied_counts(percent: Printed, size: int) -> list[int]:
    """The counts out of `size` that print as this percentage."""
    lower, upper = (bound * size / 100 for bound in percent.number.rounding_interval)
    first, last = (int(min(max(bound, 0), size)) for bound in (lower - 1, upper + 1))
    near = range(first, last + 1)
    return [count for count in near if percent.number.admits(100 * count / size)]


def near_arms(
    study: Study, rules: PlannedSynthesis, place: Mapping[str, str], used: list[ArmCount]
) -> Iterator[NearMiss]:
    """Yield the counts and percentages of wanted arms that give no usable count."""
    filled = {count.arm_id for count in used}
    for outcome, arm in product(outcomes_for(study, rules), study.arms.values()):
        if arm.id not in filled and fits(arm, rules.arms):
            wanted = Quantity(arm_id=arm.id, outcome=outcome.id, category=rules.category, **place)
            yield from near_counts(study, wanted, size_of(study, wanted))


def two_arm_counts(
    study: Study, rules: PlannedSynthesis, place: Mapping[str, str]
) -> Iterator[TwoArmCount]:
    """Yield the counts of both arms of each wanted comparison."""
    for comparison in comparisons_of(study, rules):
        for outcome in outcomes_for(study, rules):
            wanted = Quantity(outcome=outcome.id, category=rules.category, **place)
            counts = [
                _arm_count(study, study.arms[arm], replace(wanted, arm_id=arm), "treatment_class")
                for arm in (comparison.experimental, comparison.control)
            ]
            if counts[0] is not None and counts[1] is not None:
                yield TwoArmCount(study.id, study.label, counts[0], counts[1])


def near_pairs(
    study: Study, rules: PlannedSynthesis, place: Mapping[str, str], used: list[TwoArmCount]
) -> Iterator[NearMiss]:
    """Yield the counts that the rule nearly takes."""
    if used:
        return
    outcomes = [outcome.id for outcome in outcomes_for(study, rules)]
    category = rules.category
    for comparison, outcome in product(comparisons_of(study, rules), outcomes):
        arms = (comparison.experimental, comparison.control)
        wanted = [Quantity(arm, outcome=outcome, category=category, **place) for arm in arms]
        counts = [_arm_count(study, study.arms[one.arm_id], one, "") for one in wanted]
        for own, count, other in zip(wanted, counts, reversed(counts), strict=True):
            misses = [] if count else list(near_counts(study, own, size_of(study, own)))
            yield from misses
            if other is not None and not count and not misses:
                why = f"no number is usable for {study.arms[own.arm_id].label}"
                yield NearMiss(other.sources[0], "arm_id", why)
    turned = list(comparisons_of(study, rules, reverse=True))
    yield from other_way_round(study, turned, outcomes, Quantity(**place))
