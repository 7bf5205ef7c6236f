"""The audit: printed numbers of a study against each other, and words against numbers.

`audit` asks every check of one study; `audit_review` asks them of every study and says what each
contradiction and remark touches.  A `Finding` is the verdict on one printed number; `facts` puts
findings about the same number together.  `CHECKS` holds the checks by name; a check is a function
under `@check(...)` in one of the modules of this package.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

from livingreview_audit.audited import PARTICIPANTS, Audited
from livingreview_audit.contingency import p_value as count_p
from livingreview_audit.finding import (
    REGISTERED,
    Check,
    Fact,
    Finding,
    Kind,
    Severity,
    Verdict,
    facts,
)
from livingreview_audit.proportions import METHODS as PROPORTION_INTERVALS
from livingreview_record import Printed, Quantity, Review, Study

__all__ = [
    "CHECKS",
    "PROPORTION_INTERVALS",
    "Check",
    "Fact",
    "Finding",
    "Kind",
    "Severity",
    "Verdict",
    "audit",
    "audit_review",
    "count_p",
    "facts",
    "full_words",
]

# The order in which the audit chapter lists them, within each kind; any other check comes last.
_IN_ORDER = """
    percent-of-count percent-without-count levels-add-up percentages-add-up arms-add-up
    subgroups-add-up grades-add-up outcome-of-levels inside-its-group inside-a-wider-count
    members-add-up union-of-parts p-of-counts same-counts-same-p p-of-means pooled-means
    middle-of-all spread-in-range grim grimmer difference-of-arms interval-of-proportion
    printed-twice estimate-in-interval decimal-comma possible-value interval-symmetry p-of-ratio
    interval-width adjusted-against-unadjusted p-against-medians rate-against-median rates-fall
    progression-before-death early-progression rate-interval median-interval
    events-against-rates whole-between-parts same-curve-twice within-followup followup-ranges
    response-time-of-responders matched-sizes eligible-range effect-of-subgroups
    precision-of-subgroups p-of-subgroups other-patients median-interval-width medians-against-p
    events-implied spread-on-scale spread-of-extremes baseline-differences baseline-identical
    followup-against-survival followup-described-twice declared-denominator claims
    selection-rules named-covariates listed-events analyses-not-done benefit-in-every-level
    patients-shown balance events-per-covariate survival-exclusion measured-after-start
    covariate-over-outcomes covariate-over-models shortest-followup
"""


def _published_place(check: Check) -> tuple[int, int]:
    in_order = [*_IN_ORDER.split(), check.name]
    return list(Kind).index(check.kind), in_order.index(check.name)


for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
CHECKS: Mapping[str, Check] = {
    check.name: check for check in sorted(REGISTERED.values(), key=_published_place)
}
"""Every check by its name."""


def audit(study: Study) -> tuple[Finding, ...]:
    """Every finding on one study, check by check, without severities."""
    audited = Audited.of(study)
    return tuple(finding for check in CHECKS.values() for finding in check(audited))


def full_words(study: Study, quantity: Quantity) -> str:
    """The outcome, its category and the group of a quantity in words."""
    return Audited.of(study).full_words(quantity)


def audit_review(review: Review, used: frozenset[Printed] = frozenset()) -> tuple[Finding, ...]:
    """Every finding on every study, each contradiction and remark with what it touches.

    `used` are the printed numbers that enter a planned synthesis.  A finding touches a
    conclusion when one of its numbers is a result of one arm, or of a comparison of arms, in an
    outcome that the review's protocol names; a count counts only where counts are judged.  Else
    it touches the synthesis when one of its numbers, other than a group's size, is used there.
    """
    outcomes = frozenset(review.protocol.outcomes)
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
