"""The review of this repository, loaded and audited once for all tests of a process.

Nobody changes it: a test that needs another one makes it with `dataclasses.replace`.
"""

from functools import cache
from pathlib import Path

from livingreview.tables.audit import AuditPage
from livingreview_audit import Finding
from livingreview_plan import PlannedResult, carry_out
from livingreview_record import Review, load_review
from livingreview_results.audited import findings

ROOT = Path(__file__).parents[2]


@cache
def the_review() -> Review:
    """Every study of the repository, validated."""
    return load_review(ROOT)


@cache
def carried_out(synthesis_id: str) -> list[PlannedResult]:
    """A planned synthesis of the repository, by each of its measures."""
    return carry_out(the_review(), synthesis_id)


@cache
def its_findings() -> tuple[Finding, ...]:
    """What the audit finds in every study."""
    return findings(the_review())


@cache
def audit_page() -> AuditPage:
    """The chapter of the audit."""
    return AuditPage(ROOT, the_review())
