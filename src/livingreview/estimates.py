"""Printed numbers that a planned synthesis may use, chosen by the review's rules alone.

A synthesis in ``data/review.yaml`` says which studies, populations, arms and adjustment it takes.
The functions here apply that rule to every study and say, for each one left out, why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Generic, TypeVar

from livingreview.studies import Arm, Comparison, Outcome, Printed, Quantity, Review, Study, mention


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


@dataclass(frozen=True)
class PrintedRatio:
    """A printed hazard ratio with its interval, experimental against control."""

    study_id: str
    label: str
    estimate: Printed
    interval: Printed
    cohorts: frozenset[str]

    @property
    def sources(self) -> tuple[Printed, ...]:
        """The printed numbers it rests on."""
        return self.estimate, self.interval


Estimate = TypeVar("Estimate", ArmCount, TwoArmCount, PrintedRatio)


@dataclass(frozen=True)
class LeftOut:
    """A study that a synthesis does not use, and the rule that says so."""

    study_id: str
    reason: str


@dataclass(frozen=True)
class Selection(Generic[Estimate]):
    """What one planned synthesis uses, and what it leaves out with the reason."""

    plan: Mapping[str, Any]
    used: tuple[Estimate, ...]
    left_out: tuple[LeftOut, ...]


def plan(review: Review, synthesis_id: str) -> Mapping[str, Any]:
    """The planned synthesis with this id; ``ValueError`` names those that exist."""
    plans = {entry["id"]: entry for entry in review.protocol["syntheses"]}
    if synthesis_id not in plans:
        msg = f"need a synthesis of data/review.yaml ({', '.join(plans)}), found {synthesis_id!r}"
        raise ValueError(msg)
    entry: Mapping[str, Any] = plans[synthesis_id]
    return entry


def select_arms(review: Review, synthesis_id: str) -> Selection[ArmCount]:
    """Arms of every study with the planned outcome, for a synthesis of proportions."""
    return _select(review, plan(review, synthesis_id), _arm_counts)


def select_comparisons(review: Review, synthesis_id: str) -> Selection[TwoArmCount]:
    """Pairs of compared arms with the planned outcome, for ratios of counts."""
    return _select(review, plan(review, synthesis_id), _two_arm_counts)


def select_ratios(review: Review, synthesis_id: str) -> Selection[PrintedRatio]:
    """Printed hazard ratios of the planned outcome, with their intervals."""
    return _select(review, plan(review, synthesis_id), _ratios)


def _select(review: Review, rules: Mapping[str, Any], collect: Any) -> Selection[Any]:
    used: list[Any] = []
    left_out: list[LeftOut] = []
    for study in review.studies.values():
        reason, place = _place(study, rules["include"])
        found = [] if reason else list(collect(study, rules, place))
        used.extend(found)
        if not found:
            left_out.append(LeftOut(study.id, reason or _nothing_printed(rules)))
    return Selection(rules, tuple(used), tuple(left_out))


def _place(study: Study, include: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """Why a study is left out (empty when it is not), and the patients of it that enter."""
    if study.status not in include["status"]:
        return f"its status is {study.status!r}", {}
    for rule in include["patients"]:
        wanted = rule.get("design", {})
        if all(study.design.get(key) == value for key, value in wanted.items()):
            return "", {"population": rule["population"], "subgroup": rule.get("subgroup", "")}
    return "its design fits no rule for the patients that enter", {}


def _nothing_printed(rules: Mapping[str, Any]) -> str:
    return f"it prints no usable number for {rules['outcome']!r} under this rule"


def _outcomes(study: Study, outcome_id: str) -> Iterator[Outcome]:
    """The study's outcome of this name, or those it declares to measure the same."""
    for outcome in study.outcomes.values():
        if outcome_id in (outcome.id, (outcome.details or {}).get("same_as")):
            yield outcome


def _fits(arm: Arm, rule: Mapping[str, Any]) -> bool:
    return all(arm.details.get(key) == value for key, value in rule.items())


def _arm_counts(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[ArmCount]:
    for outcome, arm in product(_outcomes(study, rules["outcome"]), study.arms.values()):
        if _fits(arm, rules.get("arms", {})):
            wanted = Quantity(
                arm_id=arm.id, outcome=outcome.id, category=rules.get("category", ""), **place
            )
            count = _arm_count(study, arm, wanted, rules.get("group_by", "treatment_class"))
            if count is not None:
                yield count


def _arm_count(study: Study, arm: Arm, wanted: Quantity, group_by: str) -> ArmCount | None:
    total = mention(study, replace(wanted, outcome="participants", category="", statistic="n"))
    found = None if total is None else _events(study, wanted, int(total.number.value))
    if total is None or found is None:
        return None
    events, sources, notes = found
    return ArmCount(
        study_id=study.id,
        label=f"{study.label}: {arm.label}",
        arm_id=arm.id,
        group=str(arm.details.get(group_by, "")),
        events=events,
        total=int(total.number.value),
        cohorts=study.cohorts,
        sources=(*sources, total),
        notes=notes,
    )


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
    fits = [count for count in range(size + 1) if percent.number.admits(100 * count / size)]
    return fits[0] if len(fits) == 1 else None


def _comparisons(study: Study, rules: Mapping[str, Any]) -> Iterator[Comparison]:
    """Comparisons whose arms are what the rules want on either side."""
    for comparison in study.comparisons.values():
        sides = (("experimental", comparison.experimental), ("control", comparison.control))
        if all(_fits(study.arms[arm], rules.get(role, {})) for role, arm in sides):
            yield comparison


def _two_arm_counts(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[TwoArmCount]:
    for comparison in _comparisons(study, rules):
        for outcome in _outcomes(study, rules["outcome"]):
            wanted = Quantity(outcome=outcome.id, category=rules.get("category", ""), **place)
            counts = [
                _arm_count(study, study.arms[arm], replace(wanted, arm_id=arm), "treatment_class")
                for arm in (comparison.experimental, comparison.control)
            ]
            if counts[0] is not None and counts[1] is not None:
                yield TwoArmCount(study.id, study.label, counts[0], counts[1])


def _ratios(
    study: Study, rules: Mapping[str, Any], place: Mapping[str, str]
) -> Iterator[PrintedRatio]:
    for comparison in _comparisons(study, rules):
        wanted = Quantity(
            outcome=rules["outcome"],
            comparison=comparison.id,
            adjustment=rules["adjustment"],
            method="cox",
            **place,
        )
        estimate = mention(study, replace(wanted, statistic="hr"))
        interval = mention(study, replace(wanted, statistic="ci95"))
        if estimate is not None and interval is not None:
            yield PrintedRatio(study.id, study.label, estimate, interval, study.cohorts)
