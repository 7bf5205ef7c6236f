"""Findings as tables: one line a sentence, the worst first, every place named."""

import pytest

from livingreview.analysis import findings
from livingreview.audit import CHECKS, Finding, Severity, Verdict
from livingreview.load import load_review
from livingreview.studies import Review
from livingreview.tables import audit as tables
from regenerate_mistyped import ROOT

pytestmark = pytest.mark.slow  # the whole review is audited, twice


@pytest.fixture(scope="module")
def review() -> Review:
    return load_review(ROOT)


@pytest.fixture(scope="module")
def found(review: Review) -> tuple[Finding, ...]:
    return findings(review)


def test_a_panel_has_each_finding_of_its_study_once_and_the_worst_first(
    review: Review, found: tuple[Finding, ...]
) -> None:
    for study in review.studies.values():
        own = [f for f in found if f.study_id == study.id and f.counts_against]
        frame = tables.panel(review, study).frame
        if not own:
            assert frame.empty
            continue
        said = list(frame["What the numbers say"])
        assert sorted(said) == sorted({finding.explanation for finding in own})
        order = [words for words in tables.VERDICT_WORDS.values() if words in set(frame["Verdict"])]
        assert list(dict.fromkeys(frame["Verdict"])) == order


def test_a_study_without_numbers_says_so(review: Review) -> None:
    silent = [study for study in review.studies.values() if not study.numbers]
    for study in silent:
        panel = tables.panel(review, study)
        assert "nothing to check" in panel.caption
        assert panel.empty in repr(panel)


def test_counts_by_verdict_are_those_of_the_findings(
    review: Review, found: tuple[Finding, ...]
) -> None:
    frame = tables.verdicts(review).frame
    for verdict, words in tables.VERDICT_WORDS.items():
        expected = sum(finding.verdict is verdict for finding in found)
        assert frame[words].astype(int).sum() == expected


def test_every_contradiction_and_remark_is_in_one_of_the_three_tables(
    review: Review, found: tuple[Finding, ...]
) -> None:
    shown = sum(len(tables.contradictions(review, severity).frame) for severity in Severity)
    said = {(f.study_id, f.explanation) for f in found if f.counts_against}
    assert shown == len(said)


def test_every_check_says_what_it_asks(review: Review, found: tuple[Finding, ...]) -> None:
    frame = tables.checks(review).frame
    assert frame["Examined"].astype(int).sum() == len(found)
    assert all(len(asked) > 20 for asked in frame["What is asked"])
    assert all(check.__doc__ for check in CHECKS.values())


def test_an_unknown_severity_is_refused(review: Review) -> None:
    with pytest.raises(ValueError, match="not a valid Severity"):
        tables.contradictions(review, "everything")


def test_published_numbers_add_up(review: Review) -> None:
    shown = tables.published(review, ROOT)
    assert int(shown["audit.findings"]) == sum(int(shown[f"audit.{v}"]) for v in Verdict)
