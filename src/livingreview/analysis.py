"""The planned syntheses, carried out: selected numbers, their effects, and the pooled result."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from livingreview.selection import (
    ArmCount,
    LeftOut,
    PrintedRatio,
    TwoArmCount,
    select,
    select_arms,
    select_comparisons,
    select_ratios,
)
from livingreview_audit import Finding, audit_review
from livingreview_pool import (
    Effect,
    PolicySynthesis,
    Synthesis,
    binomial_normal,
    log_hazard_ratio_from_ci,
    mantel_haenszel,
    one_arm_effect,
    synthesise,
    two_arm_effect,
)
from livingreview_record.rules import plan
from livingreview_record.studies import Printed, Review

Counted = TypeVar("Counted", ArmCount, TwoArmCount)
Computed = TypeVar("Computed")

ADVERSE_EVENT = "adverse-event"
PROPORTION = "logit_proportion"
MORE_THAN_ONE = 2
SMALLEST_FOR_ARMS = 3
TWO_ARM_DEFAULT = ("log_or",)
APART = "the plan keeps these studies apart"
FEW_ARMS = f"single arms are not pooled below {SMALLEST_FOR_ARMS} studies"
COMPLETE_ARM = (
    "in one of the arms every patient had the event, so that pooling would describe nothing"
)
UNINFORMATIVE = "No patient, or every patient, of both arms had the event: no ratio can be formed."


@dataclass(frozen=True)
class Answer:
    """One planned synthesis for one effect measure and, for single arms, one group of treatments.

    ``counts`` holds the arms' counts where the effects come from counts.  ``pooled`` is None when
    no study gives a usable number, and where several are not pooled or cannot be: ``not_pooled``
    then says why.  ``exact`` pools counts without a correction for zero cells (binomial-normal for
    arms, Mantel-Haenszel for pairs of arms); it is None below two studies, and where the counts
    give no finite result, with ``no_exact`` saying so.  ``left_out`` says why each unused study is
    not used.  ``certainty`` is the level judged in the review's data, or empty.
    """

    plan: Mapping[str, Any]
    measure: str
    group: str
    group_label: str
    effects: tuple[Effect, ...]
    counts: tuple[ArmCount | TwoArmCount, ...]
    pooled: PolicySynthesis | None
    exact: Synthesis | None
    left_out: tuple[LeftOut, ...]
    not_pooled: str = ""
    no_exact: str = ""
    certainty: str = ""


def answer(review: Review, synthesis_id: str, *, without: Iterable[Printed] = ()) -> list[Answer]:
    """Carry out one planned synthesis: an answer a measure, or a group for single arms.

    ``without`` names printed numbers that must not be used; estimates that rest on one are left
    out, for a sensitivity analysis.
    """
    planned = plan(review, synthesis_id)
    excluded = frozenset(without)
    if planned["kind"] == "proportion":
        answers = _by_group(review, planned, excluded)
    elif planned["kind"] == "hazard-ratio":
        answers = [_of_ratios(review, planned, excluded)]
    else:
        measures = planned.get("measures", TWO_ARM_DEFAULT)
        answers = [_of_two_arms(review, planned, measure, excluded) for measure in measures]
    judged = {entry["synthesis"]: entry["level"] for entry in review.protocol.get("certainty", [])}
    return [replace(one, certainty=judged.get(synthesis_id, "")) for one in answers]


def used_numbers(review: Review) -> frozenset[Printed]:
    """Every printed number that a planned synthesis rests on."""
    return frozenset(
        source
        for planned in review.protocol["syntheses"]
        for estimate in _estimates(review, planned)
        for source in estimate.sources
        if isinstance(source, Printed)
    )


def _estimates(
    review: Review, planned: Mapping[str, Any]
) -> Iterable[ArmCount | TwoArmCount | PrintedRatio]:
    """What the synthesis would pool, by any of its measures, without pooling it."""
    found = select(review, planned["id"]).used
    if planned["kind"] != "two-arm":
        return found
    measures = planned.get("measures", TWO_ARM_DEFAULT)
    return [p for p in found if not all(_is_uninformative(p, measure) for measure in measures)]


def findings(review: Review) -> tuple[Finding, ...]:
    """The audit of every study, each contradiction and remark with what it touches."""
    return audit_review(review, used_numbers(review))


def touched(review: Review) -> frozenset[Printed]:
    """Printed numbers that a contradiction or a remark of the audit touches.

    The numbers judged to be in conflict with others, and the results on which a finding bears,
    such as the survival of patients who were selected by their survival.
    """
    return frozenset(number for finding in findings(review) for number in finding.touched)


def _by_group(
    review: Review, planned: Mapping[str, Any], excluded: frozenset[Printed]
) -> list[Answer]:
    selection = select_arms(review, planned["id"])
    groups: dict[str, list[ArmCount]] = defaultdict(list)
    for arm in selection.used:
        if excluded.isdisjoint(arm.sources):
            groups[arm.group].append(_said_of_what(review, arm))
    labels = review.protocol.get("treatment_classes", {})
    return [
        replace(
            _pooled(planned, PROPORTION, arms, tuple(_arm_effect(arm) for arm in arms)),
            group=group,
            group_label=labels.get(group, group),
            left_out=selection.left_out,
        )
        for group, arms in groups.items()
    ]


def _said_of_what(review: Review, estimate: Counted) -> Counted:
    """The estimate, its label with the events that an adverse event is counted among."""
    outcomes = review.studies[estimate.study_id].outcomes
    outcome = outcomes[estimate.sources[0].quantity.outcome]
    if outcome.kind != ADVERSE_EVENT or outcome.within not in outcomes:
        return estimate
    among = outcomes[outcome.within].label
    return replace(
        estimate, label=f"{estimate.label} (counted among: {among[:1].lower()}{among[1:]})"
    )


def _why_not_pooled(planned: Mapping[str, Any], estimates: Sequence[object]) -> str:
    """Why several studies are shown side by side and not pooled; empty where they are pooled."""
    if len(estimates) < MORE_THAN_ONE:
        return ""
    if not planned.get("pool", True):
        return str(planned.get("note", APART))
    arms = [one for one in estimates if isinstance(one, ArmCount)]
    if arms and len(arms) < SMALLEST_FOR_ARMS:
        return FEW_ARMS
    return COMPLETE_ARM if any(arm.events == arm.total for arm in arms) else ""


def _of_two_arms(
    review: Review, planned: Mapping[str, Any], measure: str, excluded: frozenset[Printed]
) -> Answer:
    selection = select_comparisons(review, planned["id"])
    left_out = list(selection.left_out)
    pairs = []
    for pair in selection.used:
        if _is_uninformative(pair, measure):
            left_out.append(LeftOut(pair.study_id, pair.label, UNINFORMATIVE))
        elif excluded.isdisjoint(pair.sources):
            pairs.append(_said_of_what(review, pair))
    effects = tuple(_two_arm_effect(pair, measure) for pair in pairs)
    return replace(_pooled(planned, measure, pairs, effects), left_out=tuple(left_out))


def _is_uninformative(pair: TwoArmCount, measure: str) -> bool:
    """Whether both arms have no event, or only events, and the measure is a ratio."""
    events = pair.experimental.events + pair.control.events
    total = pair.experimental.total + pair.control.total
    return measure != "rd" and events in (0, total)


def _of_ratios(review: Review, planned: Mapping[str, Any], excluded: frozenset[Printed]) -> Answer:
    selection = select_ratios(review, planned["id"])
    ratios = [ratio for ratio in selection.used if excluded.isdisjoint(ratio.sources)]
    effects = tuple(_ratio_effect(ratio) for ratio in ratios)
    return replace(_pooled(planned, "log_hr", ratios, effects), left_out=selection.left_out)


def _pooled(
    planned: Mapping[str, Any],
    measure: str,
    estimates: Sequence[ArmCount | TwoArmCount | PrintedRatio],
    effects: tuple[Effect, ...],
) -> Answer:
    """Return the answer that these estimates give; what cannot be computed is stated in it."""
    counts = tuple(one for one in estimates if not isinstance(one, PrintedRatio))
    pooled = exact = None
    no_exact = ""
    why = _why_not_pooled(planned, estimates)
    if effects and not why:
        benefit = planned.get("benefit", "below")
        pooled, why = _tried(lambda: synthesise(effects, benefit=benefit))
        exact, no_exact = _tried(lambda: _exact(counts, measure))
    if measure == PROPORTION and no_exact:  # arms are pooled by the exact model alone
        pooled, why = None, no_exact
    return Answer(planned, measure, "", "", effects, counts, pooled, exact, (), why, no_exact)


def _tried(compute: Callable[[], Computed]) -> tuple[Computed | None, str]:
    """Return the result, or None and why these data have none."""
    try:
        return compute(), ""
    except (ValueError, ArithmeticError) as error:
        return None, f"it cannot be computed from these numbers ({error})"


def _exact(counts: Sequence[ArmCount | TwoArmCount], measure: str) -> Synthesis | None:
    arms = [one for one in counts if isinstance(one, ArmCount)]
    pairs = [one for one in counts if isinstance(one, TwoArmCount)]
    return _exact_proportion(arms) if arms else _exact_comparison(pairs, measure)


def _exact_proportion(arms: Sequence[ArmCount]) -> Synthesis | None:
    events, totals = [arm.events for arm in arms], [arm.total for arm in arms]
    if len(arms) < MORE_THAN_ONE or sum(events) in (0, sum(totals)):
        return None
    names, cohorts = [arm.label for arm in arms], [arm.cohorts for arm in arms]
    return binomial_normal(events, totals, studies=names, cohorts=cohorts)


def _exact_comparison(pairs: Sequence[TwoArmCount], measure: str) -> Synthesis | None:
    experimental, control = (
        ([arm.events for arm in arms], [arm.total for arm in arms])
        for arms in ([p.experimental for p in pairs], [p.control for p in pairs])
    )
    if len(pairs) < MORE_THAN_ONE or not (sum(experimental[0]) and sum(control[0])):
        return None
    names, cohorts = [pair.label for pair in pairs], [pair.cohorts for pair in pairs]
    return mantel_haenszel(experimental, control, measure=measure, studies=names, cohorts=cohorts)


def _arm_effect(arm: ArmCount) -> Effect:
    effect = one_arm_effect(arm.study_id, arm.events, arm.total, PROPORTION)
    return _described(effect, arm)


def _two_arm_effect(pair: TwoArmCount, measure: str) -> Effect:
    experimental, control = pair.experimental, pair.control
    effect = two_arm_effect(
        pair.study_id,
        (experimental.events, experimental.total),
        (control.events, control.total),
        measure,
    )
    effect = replace(effect, notes=(*effect.notes, *experimental.notes, *control.notes))
    return _described(effect, pair)


def _ratio_effect(ratio: PrintedRatio) -> Effect:
    interval = ratio.interval.interval
    effect = log_hazard_ratio_from_ci(
        ratio.study_id,
        ratio.estimate.number.value,
        interval.lower.value,
        interval.upper.value,
    )
    return _described(effect, ratio)


def _described(effect: Effect, estimate: ArmCount | TwoArmCount | PrintedRatio) -> Effect:
    """The effect with what is known about the patients and the places it comes from."""
    quantity = estimate.sources[0].quantity
    return replace(
        effect,
        label=estimate.label,
        cohorts=estimate.cohorts,
        adjustment=quantity.adjustment,
        population=quantity.population,
        sources=estimate.sources,
        notes=(*effect.notes, *getattr(estimate, "notes", ())),
    )
