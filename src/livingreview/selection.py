"""Printed numbers that a planned synthesis may use, chosen by the review's rules alone.

A synthesis in `data/review.yaml` says which studies, populations, arms and adjustment it takes.
`select` applies that rule to every study and says, for each one left out, why.  A kind of synthesis
is an entry of `KINDS`: how its estimates are found, and which numbers nearly are some.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from livingreview.nearly import NearMiss, interval_of, keeps_out, near_counts, other_way_round
from livingreview_pool import Effect, log_hazard_ratio_from_ci, one_arm_effect, two_arm_effect
from livingreview_record import (
    Arm,
    Comparison,
    Printed,
    Quantity,
    Review,
    Study,
    comparisons_of,
    fits,
    mention,
    nothing_printed,
    outcomes_of,
    place_of,
    plan,
    table_first,
)

NO_METHOD = "the report names no model for this hazard ratio"
MOST_SHOWN = 3


@dataclass(frozen=True)
class ArmCount:
    """Patients with an event among all patients of one arm."""

    study_id: str
    label: str
    arm_id: str
    group: str
    events: int
    total: int
    cohorts: frozenset[str]
    sources: tuple[Printed, ...]
    notes: tuple[str, ...] = ()

    def effect(self, measure: str) -> Effect:
        """Return the effect by a measure of one arm."""
        return _described(one_arm_effect(self.study_id, self.events, self.total, measure), self)


@dataclass(frozen=True)
class TwoArmCount:
    """The counts of two compared arms of one study."""

    study_id: str
    label: str
    experimental: ArmCount
    control: ArmCount

    @property
    def cohorts(self) -> frozenset[str]:
        """Names of the patients both arms rest on."""
        return self.experimental.cohorts | self.control.cohorts

    @property
    def sources(self) -> tuple[Printed, ...]:
        """The printed numbers it rests on."""
        return self.experimental.sources + self.control.sources

    @property
    def notes(self) -> tuple[str, ...]:
        """How the counts of both arms were found."""
        return self.experimental.notes + self.control.notes

    def effect(self, measure: str) -> Effect:
        """Return the effect by a measure of two arms."""
        treated, control = ((arm.events, arm.total) for arm in (self.experimental, self.control))
        return _described(two_arm_effect(self.study_id, treated, control, measure), self)


@dataclass(frozen=True)
class PrintedRatio:
    """A printed hazard ratio with its interval, experimental against control."""

    study_id: str
    label: str
    estimate: Printed
    interval: Printed
    cohorts: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[Printed, ...]:
        """The printed numbers it rests on."""
        return self.estimate, self.interval

    def effect(self, measure: str) -> Effect:
        """Return the log hazard ratio, the only measure of a printed one."""
        ratio, bounds = self.estimate.number.value, self.interval.interval
        limits = bounds.lower.value, bounds.upper.value
        return _described(log_hazard_ratio_from_ci(self.study_id, ratio, *limits), self)


Estimate = ArmCount | TwoArmCount | PrintedRatio  # each gives its effect by a measure


def is_uninformative(estimate: Estimate, measure: str) -> bool:
    """Return whether both arms have no event, or only events, and the measure is a ratio."""
    if not isinstance(estimate, TwoArmCount) or measure == "rd":
        return False
    events = estimate.experimental.events + estimate.control.events
    return events in (0, estimate.experimental.total + estimate.control.total)


def _described(effect: Effect, estimate: Estimate) -> Effect:
    """Return the effect with the patients and the places it comes from."""
    quantity = estimate.sources[0].quantity
    return replace(
        effect,
        label=estimate.label,
        cohorts=estimate.cohorts,
        adjustment=quantity.adjustment,
        population=quantity.population,
        sources=estimate.sources,
        notes=(*effect.notes, *estimate.notes),
    )


@dataclass(frozen=True)
class LeftOut:
    """A study, or part of one, that a synthesis does not use; `reason` is a plain sentence.

    `nearly` are its printed numbers that one column keeps out.
    """

    study_id: str
    label: str
    reason: str
    nearly: tuple[NearMiss, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What one planned synthesis uses, and what it leaves out with the reason."""

    plan: Mapping[str, Any]
    used: tuple[Estimate, ...]
    left_out: tuple[LeftOut, ...]


def select(review: Review, synthesis_id: str) -> Selection:
    """Return what a planned synthesis uses and what it leaves out; its kind is one of `KINDS`."""
    rules = plan(review, synthesis_id)
    collect, near = KINDS[rules["kind"]]
    used: list[Estimate] = []
    left_out: list[LeftOut] = []
    for study in review.studies.values():
        reason, place = place_of(study, rules["include"])
        found = [] if reason else list(collect(study, rules, place))
        misses = () if reason else tuple(dict.fromkeys(near(study, rules, place, found)))
        used.extend(found)
        if misses or not found:
            reason = reason or _nearly(misses) or nothing_printed(review, study, rules, place)
            left_out.append(LeftOut(study.id, study.label, reason, misses))
    return Selection(rules, tuple(used), tuple(left_out))


def _nearly(misses: tuple[NearMiss, ...]) -> str:
    """The near misses in one sentence; empty without any."""
    shown = "; ".join(map(str, misses[:MOST_SHOWN]))
    more = f"; and {len(misses) - MOST_SHOWN} more" if len(misses) > MOST_SHOWN else ""
    return f"Nearly: {shown}{more}." if misses else ""


def _arm_counts(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[ArmCount]:
    for outcome, arm in product(outcomes_of(study, rules["outcome"]), study.arms.values()):
        if fits(arm, rules.get("arms", {})):
            wanted = Quantity(
                arm_id=arm.id, outcome=outcome.id, category=rules.get("category", ""), **place
            )
            count = _arm_count(study, arm, wanted, rules.get("group_by", "treatment_class"))
            if count is not None:
                yield count


def _arm_count(study: Study, arm: Arm, wanted: Quantity, group_by: str) -> ArmCount | None:
    total = _size(study, wanted)
    found = None if total is None else _events(study, wanted, int(total.number.value))
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


def _size(study: Study, wanted: Quantity) -> Printed | None:
    """The printed number of patients of an arm in the wanted population."""
    return mention(study, replace(wanted, outcome="participants", category="", statistic="n"))


def _events(
    study: Study, wanted: Quantity, size: int
) -> tuple[int, tuple[Printed, ...], tuple[str, ...]] | None:
    """The count as printed, as the sum of its categories, or as the only one a percent allows."""
    printed = mention(study, replace(wanted, statistic="n"))
    if printed is not None:
        return int(printed.number.value), (printed,), ()
    parts = _categories(study, wanted)
    if parts:
        count = sum(int(part.number.value) for part in parts)
        words = " + ".join(part.value for part in parts)
        return count, parts, (f"count not printed as such: {words} in its categories",)
    percent = mention(study, replace(wanted, statistic="percent"))
    implied = None if percent is None else _implied_count(percent, size)
    if percent is None or implied is None:
        return None
    note = f"count not printed: {implied} is the only count of {size} printed as {percent.value} %"
    return implied, (percent,), (note,)


def _categories(study: Study, wanted: Quantity) -> tuple[Printed, ...]:
    """Counts of the categories that make up the outcome; none unless every one is printed."""
    sum_of = study.outcomes[wanted.outcome].sum_of or {}
    parts = [
        mention(study, replace(wanted, outcome=outcome, category=level, statistic="n"))
        for outcome, levels in sum_of.items()
        for level in levels
    ]
    return tuple(part for part in parts if part is not None) if None not in parts else ()


def _implied_count(percent: Printed, size: int) -> int | None:
    """The only count out of ``size`` that prints as this percentage, if there is just one."""
    lower, upper = (bound * size / 100 for bound in percent.number.rounding_interval)
    first, last = (int(min(max(bound, 0), size)) for bound in (lower - 1, upper + 1))
    near = range(first, last + 1)
    fits = [count for count in near if percent.number.admits(100 * count / size)]
    return fits[0] if len(fits) == 1 else None


def _near_arms(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str], used: list[ArmCount]
) -> Iterator[NearMiss]:
    filled = {count.arm_id for count in used}
    for outcome, arm in product(outcomes_of(study, rules["outcome"]), study.arms.values()):
        if arm.id not in filled and fits(arm, rules.get("arms", {})):
            wanted = Quantity(
                arm_id=arm.id, outcome=outcome.id, category=rules.get("category", ""), **place
            )
            yield from near_counts(study, wanted, _size(study, wanted))


def _two_arm_counts(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[TwoArmCount]:
    for comparison in comparisons_of(study, rules):
        for outcome in outcomes_of(study, rules["outcome"]):
            wanted = Quantity(outcome=outcome.id, category=rules.get("category", ""), **place)
            counts = [
                _arm_count(study, study.arms[arm], replace(wanted, arm_id=arm), "treatment_class")
                for arm in (comparison.experimental, comparison.control)
            ]
            if counts[0] is not None and counts[1] is not None:
                yield TwoArmCount(study.id, study.label, counts[0], counts[1])


def _near_pairs(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str], used: list[TwoArmCount]
) -> Iterator[NearMiss]:
    if used:
        return
    outcomes = [outcome.id for outcome in outcomes_of(study, rules["outcome"])]
    category = rules.get("category", "")
    for comparison, outcome in product(comparisons_of(study, rules), outcomes):
        arms = (comparison.experimental, comparison.control)
        wanted = [Quantity(arm, outcome=outcome, category=category, **place) for arm in arms]
        counts = [_arm_count(study, study.arms[one.arm_id], one, "") for one in wanted]
        for own, count, other in zip(wanted, counts, reversed(counts), strict=True):
            misses = [] if count else list(near_counts(study, own, _size(study, own)))
            yield from misses
            if other is not None and not count and not misses:
                why = f"no number is usable for {study.arms[own.arm_id].label}"
                yield NearMiss(other.sources[0], "arm_id", why)
    turned = list(comparisons_of(study, rules, reverse=True))
    yield from other_way_round(study, turned, outcomes, Quantity(**place))


def _ratios(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[PrintedRatio]:
    for comparison in comparisons_of(study, rules):
        fit = [
            number
            for number in _printed_ratios(study, rules, place, comparison)
            if keeps_out(study, number, rules["adjustment"]) is None
        ]
        for estimate in fit[:1]:
            interval = interval_of(study, estimate.quantity)
            notes = () if estimate.quantity.method else (NO_METHOD,)
            if interval is not None:
                yield PrintedRatio(study.id, study.label, estimate, interval, study.cohorts, notes)


def _printed_ratios(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str], comparison: Comparison
) -> list[Printed]:
    """Hazard ratios of the wanted outcome, arms and patients, those of a named model first.

    One of the other adjustment is another estimate, and is not among them.
    """
    outcomes = {outcome.id for outcome in outcomes_of(study, rules["outcome"])}
    wanted = ("hr", comparison.id, place["population"], place["subgroup"])
    found = [
        number
        for number in study.numbers
        if (q := number.quantity).outcome in outcomes
        and (q.statistic, q.comparison, q.population, q.subgroup) == wanted
        and q.adjustment in ("", rules["adjustment"])
    ]
    return sorted(table_first(found), key=lambda number: not number.quantity.method)


def _near_ratios(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str], used: list[PrintedRatio]
) -> Iterator[NearMiss]:
    if used:
        return
    for comparison in comparisons_of(study, rules):
        for number in _printed_ratios(study, rules, place, comparison):
            miss = keeps_out(study, number, rules["adjustment"])
            if miss is not None:
                yield miss
    turned = list(comparisons_of(study, rules, reverse=True))
    outcomes = [outcome.id for outcome in outcomes_of(study, rules["outcome"])]
    wanted = Quantity(comparison="any", **place)
    yield from other_way_round(study, turned, outcomes, wanted)


KINDS: Mapping[str, tuple[Any, Any]] = {
    "proportion": (_arm_counts, _near_arms),
    "two-arm": (_two_arm_counts, _near_pairs),
    "hazard-ratio": (_ratios, _near_ratios),
}
