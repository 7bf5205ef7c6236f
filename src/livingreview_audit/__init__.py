"""The audit: every printed number that others imply is recomputed, and the verdict said plainly.

``CHECKS`` names every check, by the kind of its findings; which of them apply to a number follows
from the study's own vocabulary.  ``audit`` asks them all of one study, ``audit_review`` of every
study and adds what each contradiction and remark touches.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import wraps

from livingreview_audit import (
    baseline,
    consistency,
    covariates,
    declared,
    design,
    events_implied,
    followup,
    followup_start,
    hazard_ratios,
    means,
    median_intervals,
    medians,
    mixtures,
    p_values,
    percents,
    proportions,
    repeats,
    scales,
    subgroups,
    survival,
    survival_intervals,
    totals,
    words,
)
from livingreview_audit.finding import Check, Fact, Finding, Kind, Severity, Verdict, facts
from livingreview_audit.lookup import PARTICIPANTS
from livingreview_record.studies import Printed, Review, Study

__all__ = [
    "CHECKS",
    "KINDS",
    "Check",
    "Fact",
    "Finding",
    "Kind",
    "Severity",
    "Verdict",
    "audit",
    "audit_review",
    "facts",
]

_QUESTIONS: Mapping[Kind, Mapping[str, Check]] = {
    Kind.NUMBERS: {
        "percent-of-count": percents.percent_of_count,
        "percent-without-count": percents.percent_without_count,
        "levels-add-up": totals.levels_add_up,
        "percentages-add-up": totals.percentages_add_up,
        "arms-add-up": totals.arms_add_up,
        "subgroups-add-up": totals.subgroups_add_up,
        "grades-add-up": totals.grades_add_up,
        "outcome-of-levels": totals.outcome_of_levels,
        "inside-its-group": totals.inside_its_group,
        "inside-a-wider-count": totals.inside_a_wider_count,
        "members-add-up": totals.members_add_up,
        "union-of-parts": totals.union_of_parts,
        "p-of-counts": p_values.p_of_counts,
        "same-counts-same-p": p_values.same_counts_same_p,
        "p-of-means": means.p_of_means,
        "pooled-means": means.pooled_means,
        "middle-of-all": means.middle_of_all,
        "spread-in-range": means.spread_in_range,
        "grim": means.grim,
        "grimmer": means.grimmer,
        "difference-of-arms": means.difference_of_arms,
        "interval-of-proportion": proportions.interval_of_proportion,
        "printed-twice": repeats.printed_twice,
        "estimate-in-interval": repeats.estimate_in_interval,
        "decimal-comma": repeats.decimal_comma,
        "possible-value": repeats.possible_value,
        "interval-symmetry": hazard_ratios.interval_symmetry,
        "p-of-ratio": hazard_ratios.p_of_ratio,
        "interval-width": hazard_ratios.interval_width,
        "adjusted-against-unadjusted": hazard_ratios.adjusted_against_unadjusted,
        "p-against-medians": medians.p_against_medians,
        "rate-against-median": survival.rate_against_median,
        "rates-fall": survival.rates_fall,
        "progression-before-death": survival.progression_before_death,
        "early-progression": survival.early_progression,
        "rate-interval": survival_intervals.rate_interval,
        "median-interval": survival_intervals.median_interval,
        "events-against-rates": survival_intervals.events_against_rates,
        "whole-between-parts": mixtures.whole_between_parts,
        "same-curve-twice": mixtures.same_curve_twice,
        "within-followup": followup.within_followup,
        "followup-ranges": followup.followup_ranges,
        "response-time-of-responders": followup.response_time_of_responders,
        "matched-sizes": design.matched_sizes,
        "eligible-range": design.eligible_range,
        "effect-of-subgroups": subgroups.effect_of_subgroups,
        "precision-of-subgroups": subgroups.precision_of_subgroups,
        "p-of-subgroups": subgroups.p_of_subgroups,
        "other-patients": subgroups.other_patients,
        "median-interval-width": median_intervals.median_interval_width,
        "medians-against-p": median_intervals.medians_against_p,
        "events-implied": events_implied.events_implied,
        "spread-on-scale": scales.spread_on_scale,
        "spread-of-extremes": scales.spread_of_extremes,
        "baseline-differences": baseline.baseline_differences,
        "baseline-identical": baseline.baseline_identical,
    },
    Kind.WORDS: {
        "followup-against-survival": followup.followup_against_survival,
        "followup-described-twice": followup.followup_described_twice,
        "declared-denominator": declared.declared_denominator,
        "claims": consistency.claims,
        "selection-rules": consistency.selection_rules,
        "named-covariates": consistency.named_covariates,
        "listed-events": consistency.listed_events,
        "analyses-not-done": words.analyses_not_done,
        "benefit-in-every-level": words.benefit_in_every_level,
        "patients-shown": words.patients_shown,
    },
    Kind.DESIGN: {
        "balance": design.balance,
        "events-per-covariate": design.events_per_covariate,
        "survival-exclusion": design.survival_exclusion,
        "measured-after-start": design.measured_after_start,
        "covariate-over-outcomes": covariates.covariate_over_outcomes,
        "covariate-over-models": covariates.covariate_over_models,
        "shortest-followup": followup_start.shortest_followup,
    },
}


def _named(name: str, kind: Kind, question: Check) -> Check:
    """The question, its findings under its name and kind in the registry."""

    @wraps(question)
    def check(study: Study) -> Iterator[Finding]:
        for finding in question(study):
            yield replace(finding, check=name, kind=kind)

    return check


CHECKS: Mapping[str, Check] = {
    name: _named(name, kind, asked)
    for kind, questions in _QUESTIONS.items()
    for name, asked in questions.items()
}


KINDS: Mapping[str, Kind] = {name: kind for kind, asked in _QUESTIONS.items() for name in asked}


def audit(study: Study) -> tuple[Finding, ...]:
    """Every finding on one study, check by check, without severities."""
    return tuple(finding for check in CHECKS.values() for finding in check(study))


def audit_review(review: Review, used: frozenset[Printed] = frozenset()) -> tuple[Finding, ...]:
    """Every finding on every study, each contradiction and remark with what it touches.

    ``used`` are the printed numbers that enter a planned synthesis.  A finding touches a
    conclusion when one of its numbers is a result of one arm, or of a comparison of arms, in an
    outcome that the review's protocol names; a count counts only where counts are judged.  Else
    it touches the synthesis when one of its numbers, other than a group's size, is used there.
    """
    outcomes = frozenset(review.protocol.get("outcomes", {}))
    return tuple(
        replace(finding, severity=_severity(study, finding, outcomes, used))
        for study in review.studies.values()
        for finding in audit(study)
    )


def _severity(
    study: Study, finding: Finding, outcomes: frozenset[str], used: frozenset[Printed]
) -> Severity:
    if not finding.counts_against:
        return Severity.NEITHER
    judged, *others = finding.numbers
    counts = judged.quantity.statistic == "n"
    results = {judged, *(n for n in others if counts or n.quantity.statistic != "n")}
    touched = {judged, *(n for n in others if n.quantity.outcome != PARTICIPANTS)}
    if finding.verdict is Verdict.REMARK:
        results, touched = set(), set()
    if any(_is_result(study, number, outcomes) for number in results.union(finding.touches)):
        return Severity.CONCLUSION
    return Severity.SYNTHESIS if used & touched.union(finding.touches) else Severity.NEITHER


def _is_result(study: Study, number: Printed, outcomes: frozenset[str]) -> bool:
    quantity = number.quantity
    of_arm = quantity.arm_id in study.arms and not quantity.comparison
    of_arms = of_arm or quantity.comparison in study.comparisons
    return of_arms and not quantity.subgroup and quantity.outcome in outcomes
