"""The rules of a planned synthesis, applied to one study: its patients, arms and comparisons."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from livingreview_record.protocol import PatientsRule, PlannedSynthesis
from livingreview_record.quantities import ALL_ARMS, Quantity, level_of
from livingreview_record.studies import Arm, Comparison, Outcome, Review, Study, mention
from livingreview_record.typed import Rule

NOT_STATED = "not-stated"
NOT_COMPARED = "It does not compare these treatments."
NO_RULE = "Its {participants} are not those that this synthesis is about."
STATUS_REASONS = {
    "included": "It is included in the review, but this synthesis takes other studies.",
    "awaiting-classification": "It awaits classification.",
    "ongoing": "It reports no results yet.",
    "excluded": "It is excluded from the review.",
}


def plan(review: Review, synthesis_id: str) -> PlannedSynthesis:
    """The planned synthesis with this id; `ValueError` names those that exist."""
    plans = {entry.id: entry for entry in review.protocol.syntheses}
    if synthesis_id not in plans:
        msg = f"need a synthesis of data/review.yaml ({', '.join(plans)}), found {synthesis_id!r}"
        raise ValueError(msg)
    return plans[synthesis_id]


class Place(NamedTuple):
    """Patients of a study that a synthesis may take.

    `patients` are the columns of a printed number that say whose it is; `rules` are those of the
    synthesis, with the adjustment that this place asks for.
    """

    patients: Mapping[str, str]
    rules: PlannedSynthesis


def places_of(
    review: Review, study: Study, plan: PlannedSynthesis
) -> tuple[str, tuple[Place, ...]]:
    """Why a study is left out (empty when it is not), and the patients of it that may enter.

    The order is that of the rules of the synthesis: the first place of which the study prints a
    usable number enters, and the others are other estimates of the same study.
    """
    if study.status not in plan.include.status:
        return STATUS_REASONS[study.status], ()
    found = tuple(
        _place(rule, plan)
        for rule in plan.include.patients
        if has_design(study, rule.design) and rule.share in ("", share_class(review, study))
    )
    if not found:
        return study.terms.fill(NO_RULE), found
    clocks = {one.clock for one in outcomes_of(study, plan.outcome)}
    if clocks and not any(outcomes_for(study, plan)):
        if not compares(study, plan):
            return NOT_COMPARED, ()
        words = " or ".join(review.protocol.clocks[clock] for clock in sorted(clocks))
        return f"Its time is counted from another origin: {words}.", ()
    return "", found


def share_of(review: Review, study: Study) -> float | None:
    """Return the percentage of the study's patients who are of the main population.

    By its design where that says all or none, else as printed for all its patients; None where
    neither is known, or where the review names no main population.
    """
    rule = review.protocol.main_population
    if rule is None:
        return None
    said = study.design.get(rule.design)
    if said in (rule.all, rule.none):
        return 100.0 if said == rule.all else 0.0
    level = level_of(rule.level)
    own = Quantity(ALL_ARMS, outcome=level.variable, category=level.level, statistic="percent")
    found = mention(study, own)
    return None if found is None else found.number.value


def share_class(review: Review, study: Study) -> str:
    """Return whether so many patients are of the main population that the whole study counts.

    `enough`, or `less`, which an unknown share is too.
    """
    share, rule = share_of(review, study), review.protocol.main_population
    is_enough = share is not None and rule is not None and share >= rule.at_least
    return "enough" if is_enough else "less"


def has_design(study: Study, rule: Rule) -> bool:
    """Whether the design of the study has every property that the rule names."""
    return all(study.design.get(key) == value for key, value in rule.items())


def _place(rule: PatientsRule, plan: PlannedSynthesis) -> Place:
    asked = plan.adjustment if rule.adjustment is None else rule.adjustment
    patients = {"population": rule.population, "subgroup": rule.subgroup}
    return Place(patients, replace(plan, adjustment="" if asked == NOT_STATED else asked))


def outcomes_of(study: Study, outcome_id: str) -> Iterator[Outcome]:
    """The study's outcome of this name, or those it declares to measure the same."""
    for outcome in study.outcomes.values():
        if outcome_id in (outcome.id, outcome.same_as):
            yield outcome


def outcomes_for(study: Study, rules: PlannedSynthesis) -> Iterator[Outcome]:
    """The study's outcomes that a synthesis takes; with `clocks`, those counted from one."""
    for outcome in outcomes_of(study, rules.outcome):
        if not rules.clocks or outcome.clock in rules.clocks:
            yield outcome


def fits(arm: Arm, rule: Rule) -> bool:
    """Whether the arm has every property that the rule names."""
    return all(arm.value(key) == value for key, value in rule.items())


def compares(study: Study, rules: PlannedSynthesis) -> bool:
    """Whether the study has an arm for each side that the rules ask for."""
    sides = [side for side in rules.sides if side]
    return all(any(fits(arm, side) for arm in study.arms.values()) for side in sides)


def comparisons_of(
    study: Study, rules: PlannedSynthesis, *, reverse: bool = False
) -> Iterator[Comparison]:
    """Comparisons whose arms are what the rules want on either side, or the other way round."""
    for comparison in study.comparisons.values():
        arms = (comparison.experimental, comparison.control)
        sides = zip(rules.sides, arms[::-1] if reverse else arms, strict=True)
        if all(fits(study.arms[arm], side) for side, arm in sides):
            yield comparison


def nothing_printed(
    review: Review, study: Study, place: Mapping[str, str], rules: PlannedSynthesis
) -> str:
    """Return why a study that prints no such number is not used, in words and labels."""
    if not compares(study, rules):
        return NOT_COMPARED
    if any(rules.sides) and not any(
        any(comparisons_of(study, rules, reverse=way)) for way in (False, True)
    ):
        return "No comparison of its arms is declared that fits this synthesis."
    if place["population"] not in study.populations:
        who = review.terms.participants
        return f"It reports no results of the {who} that this synthesis takes."
    kind = review.terms.fill(rules.kind_rules.takes).replace("{adjustment}", rules.adjustment or "")
    who = review.terms.participants
    return f"It prints no {kind} for {_outcome_words(review, rules)} in these arms and {who}."


def _outcome_words(review: Review, rules: PlannedSynthesis) -> str:
    """The outcome, and its level, by the labels of the review or of any study that has it."""
    found = [one for s in review.studies.values() for one in outcomes_of(s, rules.outcome)]
    own = review.protocol.outcome_label(rules.outcome)
    label = own or next((outcome.label for outcome in found), "this outcome")
    levels = (outcome.levels.get(rules.category) for outcome in found)
    level = next((f" ({level})" for level in levels if level), "")
    return f"{label[:1].lower()}{label[1:]}{level}"
