"""The planned syntheses, carried out: selected numbers, their effects, and the pooled result."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from livingreview_plan.estimates import ArmCount, Estimate, TwoArmCount, is_uninformative
from livingreview_plan.selection import LeftOut, select
from livingreview_pool import (
    Effect,
    PolicySynthesis,
    Synthesis,
    binomial_normal,
    mantel_haenszel,
    synthesise,
)
from livingreview_record import PlannedSynthesis, Printed, Review, Terms

Computed = TypeVar("Computed")

ADVERSE_EVENT = "adverse-event"
PROPORTION = "logit_proportion"
LEVEL_WORDS = {
    "abstract": "abstract only",
    "registry-record": "registry record only",
    "secondary": "secondary source only",
}
MORE_THAN_ONE = 2
SMALLEST_FOR_ARMS = 3
APART = "the plan keeps these studies apart"
FEW_ARMS = f"single arms are not pooled below {SMALLEST_FOR_ARMS} studies"
COMPLETE_ARM = (
    "in one of the arms every {participant} had the event, so that pooling would describe nothing"
)
UNINFORMATIVE = (
    "No {participant}, or every {participant}, of both arms had the event: no ratio can be formed."
)


@dataclass(frozen=True)
class PlannedResult:
    """One planned synthesis for one effect measure and, for single arms, one group of treatments.

    `estimates` hold what each effect comes from.  `pooled` is None when
    no study gives a usable number, and where several are not pooled or cannot be: `not_pooled`
    then says why.  `exact` pools counts without a correction for zero cells (binomial-normal for
    arms, Mantel-Haenszel for pairs of arms); it is None below two studies, and where the counts
    give no finite result, with `no_exact` saying so.  `left_out` says why each unused study is
    not used.  `certainty` is the level judged in the review's data, or empty; `terms` are the
    review's words.
    """

    plan: PlannedSynthesis
    measure: str
    group: str
    group_label: str
    effects: tuple[Effect, ...]
    estimates: tuple[Estimate, ...]
    pooled: PolicySynthesis | None
    exact: Synthesis | None
    left_out: tuple[LeftOut, ...]
    not_pooled: str = ""
    no_exact: str = ""
    certainty: str = ""
    terms: Terms = field(default_factory=Terms)

    @property
    def counts(self) -> tuple[ArmCount | TwoArmCount, ...]:
        """The counted patients of the arms, one for each effect; empty where they are not used."""
        return tuple(one for one in self.estimates if isinstance(one, ArmCount | TwoArmCount))


def carry_out(
    review: Review, synthesis_id: str, *, without: Iterable[Printed] = ()
) -> list[PlannedResult]:
    """Carry out one planned synthesis: one result for each measure, or group of single arms.

    `without` names printed numbers that must not be used; estimates that rest on one are left
    out, for a sensitivity analysis.
    """
    selection, excluded = select(review, synthesis_id), frozenset(without)
    planned, labels = selection.plan, review.protocol.treatment_classes
    grade = review.certainty.get(synthesis_id)
    level = "" if grade is None else grade.level
    results, silence = [], review.terms.fill(UNINFORMATIVE)
    for measure in planned.effect_measures:
        silent = [one for one in selection.used if is_uninformative(one, measure)]
        left_out = (LeftOut(one.study_id, one.label, silence) for one in silent)
        used = [one for one in selection.used if one not in silent]
        groups: dict[str, list[Any]] = {} if measure == PROPORTION else {"": []}
        for one in used:
            if excluded.isdisjoint(one.sources):
                groups.setdefault(getattr(one, "group", ""), []).append(_told(review, one))
        every = (*selection.left_out, *left_out)
        for group, estimates in groups.items():
            about = (group, labels.get(group, group), every, level, review.terms)
            results.append(_pooled(planned, measure, estimates, about))
    return results


def used_numbers(review: Review) -> frozenset[Printed]:
    """Return every printed number that a planned synthesis rests on, by any of its measures."""
    return frozenset(
        source
        for planned in review.protocol.syntheses
        for one in select(review, planned.id).used
        if not all(is_uninformative(one, measure) for measure in planned.effect_measures)
        for source in one.sources
    )


def _told(review: Review, estimate: Estimate) -> Estimate:
    """Return the estimate with a label that names what its reader must know first.

    That is the events that an adverse event is counted among, and a report not read in full.
    """
    outcomes = review.studies[estimate.study_id].outcomes
    outcome = outcomes[estimate.sources[0].quantity.outcome]
    levels = {source.level for source in estimate.sources}
    words = [said for level, said in LEVEL_WORDS.items() if level in levels]
    if outcome.kind == ADVERSE_EVENT and outcome.within in outcomes:
        among = outcomes[outcome.within].label
        words.append(f"counted among: {among[:1].lower()}{among[1:]}")
    told = "".join(f" ({one})" for one in words)
    return replace(estimate, label=f"{estimate.label}{told}") if told else estimate


def _why_not_pooled(planned: PlannedSynthesis, estimates: Sequence[object], terms: Terms) -> str:
    """Why several studies are shown side by side and not pooled; empty where they are pooled."""
    if len(estimates) < MORE_THAN_ONE:
        return ""
    if not planned.pool:
        return planned.note or APART
    arms = [one for one in estimates if isinstance(one, ArmCount)]
    if arms and len(arms) < SMALLEST_FOR_ARMS:
        return FEW_ARMS
    return terms.fill(COMPLETE_ARM) if any(arm.events == arm.total for arm in arms) else ""


def _pooled(
    planned: PlannedSynthesis,
    measure: str,
    estimates: Sequence[Any],
    about: tuple[str, str, tuple[LeftOut, ...], str, Terms],
) -> PlannedResult:
    """Return the result that these estimates give; what cannot be computed is stated in it.

    `about` is its group, the group's label, what is left out, the certainty, and the review's
    words.
    """
    effects = tuple(one.effect(measure) for one in estimates)
    pooled = exact = None
    no_exact = ""
    group, label, left_out, certainty, terms = about
    why = _why_not_pooled(planned, estimates, terms)
    if effects and not why:
        pooled, why = _tried(lambda: synthesise(effects, benefit=planned.benefit))
        exact, no_exact = _tried(lambda: _exact(planned.kind, estimates, measure))
    if measure == PROPORTION and no_exact:  # arms are pooled by the exact model alone
        pooled, why = None, no_exact
    return PlannedResult(
        planned,
        measure,
        group,
        label,
        effects,
        tuple(estimates),
        pooled,
        exact,
        left_out,
        why,
        no_exact,
        certainty,
        terms,
    )


def _tried(compute: Callable[[], Computed]) -> tuple[Computed | None, str]:
    """Return the result, or None and why these data have none."""
    try:
        return compute(), ""
    except (ValueError, ArithmeticError) as error:
        return None, f"it cannot be computed from these numbers ({error})"


def _exact(kind: str, counts: Sequence[Any], measure: str) -> Synthesis | None:
    if kind == "proportion":
        return _exact_proportion(counts)
    return _exact_comparison(counts, measure) if kind == "two-arm" else None


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
