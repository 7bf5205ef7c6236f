"""The audit as a whole: registry, severities, the command, the review's own data, speed."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import livingreview_audit
from audit_study import Paper
from example_review import ROWS, write_review
from livingreview.cli import main
from livingreview_audit import CHECKS, Finding, Severity, Verdict, audit, audit_review
from livingreview_audit.finding import check as define_check
from livingreview_record.studies import Review, Study
from planning import protocol
from the_review import the_review

COUNTED = (
    *("percent-of-count", "percent-without-count", "levels-add-up", "percentages-add-up"),
    "declared-denominator",
    *("arms-add-up", "subgroups-add-up", "grades-add-up", "outcome-of-levels"),
    *("inside-its-group", "inside-a-wider-count", "union-of-parts", "p-of-counts"),
    *("same-counts-same-p", "p-of-means", "pooled-means", "middle-of-all", "spread-in-range"),
    *("interval-of-proportion", "printed-twice", "estimate-in-interval", "claims"),
    *("selection-rules", "named-covariates", "listed-events", "analyses-not-done"),
    *("benefit-in-every-level", "patients-shown"),
)

# Verified by hand against the papers; one line per contradiction: check, place, printed text.
KNOWN = {
    "tian-2026": {
        ("levels-add-up", "Table 1; Previous PCI > No; ANNAB", "4 + 18"),
        ("inside-a-wider-count", "Table 1; Previous PCI > Yes; ANNAB", "18"),
        ("inside-a-wider-count", "Table 1; Brain radiotherapy > Yes; ANNAB", "19"),
        ("inside-a-wider-count", "Table 1; Brain radiotherapy > Yes; NAP", "21"),
        ("p-of-counts", "Table 1; Previous radiotherapy > No; P value", "p 0.759"),
        ("p-of-counts", "Table 1; Brain radiotherapy > No; P value", "p 0.461"),
        ("printed-twice", "Results, paragraph 2", "0.02"),
        ("claims", "Table 2; Neutropenia; P value", "p 0.048"),
    },
    "chen-2025": {
        ("percent-of-count", "Discussion, paragraph 3", "65.7%"),
        ("printed-twice", "Discussion, paragraph 3", "65.7"),
        (
            "selection-rules",
            "Table 2; Response to platinum-based treatment; P (univariate)",
            "p 0.183, p 0.736, p 0.497",
        ),
        ("patients-shown", "Figure 2 caption", "68"),
    },
    "zhang-2025": {
        ("claims", "Results: 3.3 Efficacy, paragraph 1", "p 0.055, p 0.292"),
        ("analyses-not-done", "Results: 3.7 Subgroup analysis, paragraph 1", "p 0.019"),
        ("claims", "Table 3; Hypothyroidism; P", "p <0.001, p <0.001, p 0.026"),
    },
    "gu-2026": {
        ("percent-without-count", "Results: Effectiveness, paragraph 2", "67.1% and 73.2%"),
        ("p-of-counts", "Abstract", "p 0.760"),
        (
            "declared-denominator",
            "Table I; Timing of radiotherapy, n (%) > Before systemic treatment; Total",
            "10.0%",
        ),
        (
            "benefit-in-every-level",
            "Results: Subgroup analysis and risk factor of PFS and OS, paragraph 1",
            "a benefit in every group",
        ),
        ("union-of-parts", "Table V; Any irAE; Total", "28"),
        ("inside-a-wider-count", "Table I; ECOG PS, n (%) > 0; Total", "109"),
        ("inside-a-wider-count", "Table I; ECOG PS, n (%) > 0; Serplulimab", "49"),
        ("inside-a-wider-count", "Table I; ECOG PS, n (%) > 0; Chemotherapy", "60"),
        (
            "named-covariates",
            "Table III; Smoking history > Smoking; Univariable analysis > P-value",
            "adjusted for",
        ),
    },
}

# What an explanation must say so that no sentence accuses more than the paper allows.
FAIR = {
    ("chen-2025", "followup-described-twice"): (
        '"followed until disease progression, death or the data cutoff date, whichever occurred '
        'first"',
        "follow-up was conducted once a month",
        "both hold if",
    ),
    ("chen-2025", "selection-rules"): (
        '"based on clinical relevance and prior literature, as well as their availability in our '
        'dataset"',
    ),
    ("zhang-2025", "followup-against-survival"): ("reverse Kaplan-Meier",),
    ("zhang-2025", "claims"): ("comparable", "excluding irAEs"),
    ("zhang-2025", "analyses-not-done"): (
        '"we did not perform stratified analyses based on 1L therapy"',
    ),
    ("gu-2026", "inside-a-wider-count"): ("possible only if some",),
    ("gu-2026", "percent-without-count"): ("would print like this",),
    ("gu-2026", "interval-width"): ("model-based", "unpenalised", "two groups as tabulated"),
    ("tian-2026", "p-against-medians"): (
        "log-rank test (no test is named for it)",
        "losses from follow-up",
    ),
    ("tian-2026", "claims"): ("except for peripheral neuropathy and neutropenia",),
}


@pytest.mark.parametrize(("study_id", "check"), sorted(FAIR))
def test_a_finding_says_what_speaks_for_the_paper(
    review: Review, study_id: str, check: str
) -> None:
    found = CHECKS[check](review.studies[study_id])
    said = [finding.explanation for finding in found if finding.verdict.is_contradiction]
    assert said
    for words in FAIR[study_id, check]:
        assert any(words in one for one in said), words


def test_no_finding_has_a_chance_or_hints_at_missing_patients(review: Review) -> None:
    for study_id in KNOWN:
        for finding in audit(review.studies[study_id]):
            if finding.verdict.is_contradiction:
                assert "e-" not in finding.explanation.split(";")[-1]
                assert "chance of none" not in finding.explanation
                assert "next smaller group" not in finding.explanation


def test_only_what_no_data_can_give_is_impossible(review: Review) -> None:
    found = {
        (finding.study_id, finding.check)
        for study_id in KNOWN
        for finding in audit(review.studies[study_id])
        if finding.verdict is Verdict.IMPOSSIBLE
    }
    assert found == {("gu-2026", "interval-width"), ("zhang-2025", "rate-against-median")}


@pytest.fixture(scope="module")
def review() -> Review:
    return the_review()


@pytest.mark.parametrize("study_id", sorted(KNOWN))
def test_the_papers_contradictions_are_found_and_nothing_else_is_accused(
    review: Review, study_id: str
) -> None:
    found = {
        (finding.check, finding.locator, finding.reported)
        for finding in audit(review.studies[study_id])
        if finding.verdict.is_contradiction and finding.check in COUNTED
    }
    assert found == KNOWN[study_id]


@pytest.mark.slow
def test_hundreds_of_numbers_of_each_paper_check_out(review: Review) -> None:
    for study_id in KNOWN:
        verdicts = Counter(finding.verdict for finding in audit(review.studies[study_id]))
        assert verdicts[Verdict.REPRODUCED] > 100
        assert verdicts[Verdict.NOT_CHECKABLE] < 25


@pytest.mark.slow
def test_every_finding_names_its_study_a_place_and_one_sentence(review: Review) -> None:
    for finding in audit_review(review):
        assert finding.numbers[0].study_id == finding.study_id
        assert finding.where.startswith(f"{finding.study_id}: ")
        assert finding.explanation.endswith(".")
        assert finding.reported
        assert finding.check in CHECKS


def test_a_study_that_only_prints_sizes_raises_nothing() -> None:
    paper = Paper()
    paper.sizes(10, 12)
    assert audit(paper.study) == ()


def contradicted(used: bool, outcome: str) -> Finding:
    """A wrong percentage of an outcome, audited in a review that names the outcome ``orr``."""
    paper = Paper({"orr": {"kind": "binary"}})
    paper.sizes(60, 60)
    part = paper.count(40, outcome)
    paper.percent("6.7", outcome)
    review = Review(
        protocol(outcomes={"orr": {"label": "R", "definition": "d"}}), {"made-up": paper.study}
    )
    numbers = frozenset({part}) if used else frozenset()
    (finding,) = [f for f in audit_review(review, numbers) if f.check == "percent-of-count"]
    return finding


@pytest.mark.parametrize(
    ("used", "outcome", "severity"),
    [
        (True, "orr", Severity.CONCLUSION),
        (False, "orr", Severity.CONCLUSION),
        (True, "event", Severity.SYNTHESIS),
        (False, "event", Severity.NEITHER),
    ],
)
def test_severity_says_what_a_contradiction_touches(
    used: bool, outcome: str, severity: Severity
) -> None:
    finding = contradicted(used, outcome)
    assert (finding.verdict, finding.severity) == (Verdict.DISCREPANT, severity)


def test_a_group_size_that_a_synthesis_uses_does_not_spread_its_severity() -> None:
    paper = Paper()
    size = paper.count(60, "participants")
    paper.count(40, "event")
    paper.percent("6.7", "event")
    review = Review(protocol(), {"made-up": paper.study})
    findings = audit_review(review, frozenset({size}))
    assert {finding.severity for finding in findings} == {Severity.NEITHER}


WRONG = {
    "table": "Table 2",
    "row": "ORR percent",
    "column": "New",
    "arm_id": "new",
    "outcome": "orr",
    "statistic": "percent",
    "unit": "%",
    "value": "5.0",
}


def test_the_command_lists_every_check_and_succeeds(tmp_path, capsys) -> None:
    write_review(tmp_path, rows=(*ROWS, WRONG))
    assert main(["--root", str(tmp_path), "audit", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    columns = ["study", "locator", "check", "reported", "recomputed", "kind"]
    assert all(list(row) == [*columns, "verdict", "severity", "explanation"] for row in rows)
    assert {row["kind"] for row in rows} <= {"numbers", "words", "design"}
    (wrong,) = [row for row in rows if row["verdict"] == "discrepant"]
    assert wrong["locator"] == "Table 2; ORR percent; New"
    assert (wrong["reported"], wrong["recomputed"]) == ("5.0%", "50.0%")
    assert wrong["severity"] == "conclusion"


def test_the_command_can_be_held_to_one_study_and_prints_csv(tmp_path, capsys) -> None:
    write_review(tmp_path, rows=(*ROWS, WRONG))
    call = ["--root", str(tmp_path), "audit", "--study", "example-2020", "--format", "csv"]
    assert main(call) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["study"] for row in rows} == {"example-2020"}


def test_the_command_names_the_known_studies_for_an_unknown_one(tmp_path, capsys) -> None:
    write_review(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["--root", str(tmp_path), "audit", "--study", "nobody-1900"])
    assert stopped.value.code == 2
    assert "example-2020" in capsys.readouterr().err


PUBLISHED = """
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


def test_checks_are_published_in_this_order_with_what_they_ask() -> None:
    assert list(CHECKS) == PUBLISHED.split()
    assert all(len(check.asks) > 20 for check in CHECKS.values())


def test_every_check_that_is_defined_is_asked() -> None:
    """Also one in a module that nobody thought of adding to the families."""
    written = {
        name.replace("_", "-")
        for path in Path(livingreview_audit.__file__).parent.glob("*.py")
        for name in re.findall(
            r"^@(?:check|words|design)\((?:.|\n)*?^def (\w+)", path.read_text("utf-8"), re.MULTILINE
        )
    }
    assert written == CHECKS.keys()


def test_two_checks_cannot_have_one_name() -> None:
    def grim(study: Study) -> Iterator[Finding]:
        yield from CHECKS["grim"](study)

    with pytest.raises(ValueError, match=r"need a new name for a check, found 'grim' again"):
        define_check("Asked twice?")(grim)
