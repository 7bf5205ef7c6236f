"""The audit: printed numbers of a study against each other, and words against numbers.

`audit` asks every check of one study; `audit_review` asks them of every study and says what each
contradiction and remark touches.  A `Finding` is the verdict on one printed number; `facts` puts
findings about the same number together.  `CHECKS` holds the checks by name; a check is a function
under `@check(...)` in one of the modules of `FAMILIES`.
"""

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module

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
from livingreview_audit.lookup import PARTICIPANTS, full_words
from livingreview_record import Printed, Review, Study

__all__ = [
    "CHECKS",
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

_IN_ORDER = """
    percents totals p_values means proportions repeats hazard_ratios survival survival_intervals
    mixtures followup design subgroups median_intervals events_implied scales baseline declared
    consistency words covariates followup_start
"""
FAMILIES = _IN_ORDER.split()
"""The modules that hold checks, in the order in which the audit chapter lists them."""


def _published_place(check: Check) -> tuple[int, int]:
    return list(Kind).index(check.kind), FAMILIES.index(check.find.__module__.split(".")[-1])


for family in FAMILIES:
    import_module(f"{__name__}.{family}")
CHECKS: Mapping[str, Check] = {
    check.name: check for check in sorted(REGISTERED.values(), key=_published_place)
}
"""Every check by its name: by kind, then by family, then as defined."""


def audit(study: Study) -> tuple[Finding, ...]:
    """Every finding on one study, check by check, without severities."""
    return tuple(finding for check in CHECKS.values() for finding in check(study))


def audit_review(review: Review, used: frozenset[Printed] = frozenset()) -> tuple[Finding, ...]:
    """Every finding on every study, each contradiction and remark with what it touches.

    `used` are the printed numbers that enter a planned synthesis.  A finding touches a
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
