"""What the checks of hazard ratios, survival and design find in the studies of this review.

The contradictions are facts of the papers: they are listed here by place, so that a change of a
check that adds or loses one is seen.
"""

from collections import Counter
from pathlib import Path

import pytest

from livingreview_audit import Kind, Verdict, audit
from livingreview_record.load import load_review
from livingreview_results.audited import touched
from the_review import the_review

ROOT = Path(__file__).parents[1]
FAMILIES = {
    *("interval-symmetry", "p-of-ratio", "interval-width", "adjusted-against-unadjusted"),
    *("p-against-medians", "rate-against-median", "rates-fall", "progression-before-death"),
    *("rate-interval", "median-interval", "events-against-rates", "whole-between-parts"),
    *(
        "same-curve-twice",
        "followup-against-survival",
        "followup-described-twice",
        "within-followup",
        "followup-ranges",
    ),
    *("response-time-of-responders", "matched-sizes", "balance", "events-per-covariate"),
    *("survival-exclusion", "eligible-range", "possible-value", "measured-after-start"),
    "early-progression",
    *("effect-of-subgroups", "precision-of-subgroups", "p-of-subgroups", "other-patients"),
    *("median-interval-width", "medians-against-p", "events-implied", "spread-on-scale"),
    *("spread-of-extremes", "baseline-differences", "baseline-identical"),
}
NARROW = ("ECOG performance status", "Reason for prior immunotherapy failure")
PLATINUM, TYPE = "Response to platinum-based treatment", "Type of prior immunotherapy"
DOSE, REMISSION = "Anlotinib dosage (mg)", "Results: 3.7 Subgroup analysis, paragraph 3"
EXPECTED = {
    "chen-2025": {
        *(("interval-symmetry", row) for row in (*NARROW, PLATINUM, TYPE)),
        *(("interval-width", row) for row in (*NARROW, PLATINUM, TYPE)),
        *(("p-of-ratio", row) for row in (PLATINUM, TYPE, DOSE)),
        ("followup-described-twice", "Abstract"),
    },
    "gu-2026": {
        ("adjusted-against-unadjusted", "Second-line treatment > Serplulimab"),
        ("adjusted-against-unadjusted", "Abstract"),
        (
            "adjusted-against-unadjusted",
            "Results: Subgroup analysis and risk factor of PFS and OS, paragraph 3",
        ),
        ("interval-width", "Second-line treatment with chemotherapy > Yes"),
        ("early-progression", "PD"),
        ("median-interval-width", "Results: Effectiveness, paragraph 1"),
    },
    "nct04363255": set(),
    "tian-2026": {
        ("p-against-medians", "Abstract"),
        ("p-against-medians", "Results, paragraph 1"),
    },
    "zhang-2025": {
        ("rate-against-median", REMISSION),
        ("whole-between-parts", REMISSION),
        ("followup-against-survival", "Results: 3.3 Efficacy, paragraph 1"),
    },
}


REMARKS = {
    "chen-2025": {"events-per-covariate": 1},
    "gu-2026": {
        "survival-exclusion": 1,
        "measured-after-start": 2,
        "covariate-over-outcomes": 1,
        "covariate-over-models": 1,
        "shortest-followup": 1,
    },
    "nct04363255": {},
    "tian-2026": {},
    "zhang-2025": {"balance": 2},
}


@pytest.mark.slow
def test_how_a_study_was_done_is_remarked_on_and_is_no_contradiction() -> None:
    for study in load_review(ROOT, only=list(EXPECTED)).studies.values():
        found = [finding for finding in audit(study) if finding.verdict is Verdict.REMARK]
        assert Counter(finding.check for finding in found) == REMARKS[study.id], study.id
        assert {finding.kind for finding in found} <= {Kind.DESIGN}
        of_design = {finding.verdict for finding in audit(study) if finding.kind is Kind.DESIGN}
        assert not any(verdict.is_contradiction for verdict in of_design)


@pytest.mark.slow
def test_every_time_to_an_event_of_patients_selected_by_survival_is_touched() -> None:
    review = the_review()
    marked = touched(review)
    study = review.studies["gu-2026"]
    where = {"comparison": "serplulimab-vs-chemotherapy", "statistic": "hr"}
    for outcome in ("os", "pfs"):
        ratios = study.find(outcome=outcome, adjustment="unadjusted", **where)
        assert ratios
        assert marked.issuperset(ratios)
    assert not marked.intersection(study.find(outcome="participants"))
    other = review.studies["zhang-2025"].find(comparison="ici-vs-non-ici", statistic="hr")
    assert other
    assert not marked.intersection(other)


@pytest.mark.slow
def test_exactly_these_contradictions_are_found() -> None:
    for study in load_review(ROOT, only=list(EXPECTED)).studies.values():
        found = {
            (finding.check, finding.numbers[0].locator.row or finding.numbers[0].locator.section)
            for finding in audit(study)
            if finding.check in FAMILIES and finding.verdict.is_contradiction
        }
        assert found == EXPECTED[study.id], study.id
