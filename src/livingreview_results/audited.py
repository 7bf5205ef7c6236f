"""The audit of all studies, each finding with what it touches among the planned syntheses."""

from livingreview_audit import Finding, audit_review
from livingreview_plan import used_numbers
from livingreview_record import Printed, Review


def findings(review: Review) -> tuple[Finding, ...]:
    """The audit of every study, each contradiction and remark with what it touches."""
    return audit_review(review, used_numbers(review))


def touched(review: Review) -> frozenset[Printed]:
    """Printed numbers that a contradiction or a remark of the audit touches.

    The numbers judged to be in conflict with others, and the results on which a finding bears,
    such as the survival of patients who were selected by their survival.
    """
    return frozenset(number for finding in findings(review) for number in finding.touched)
