"""Findings as tables: one line a sentence, the worst first, every place named."""

from collections import Counter

import pytest

from audit_study import COMPARISON, Paper
from livingreview.tables import audit as tables
from livingreview_audit import CHECKS, Finding, Kind, Severity, facts
from livingreview_record.studies import Review
from the_review import audit_page, its_findings, the_review

pytestmark = pytest.mark.slow  # the whole review is audited, twice


@pytest.fixture(scope="module")
def review() -> Review:
    return the_review()


@pytest.fixture(scope="module")
def found(review: Review) -> tuple[Finding, ...]:
    return its_findings()


def test_a_panel_has_each_fact_of_its_study_once_by_kind_and_the_worst_first(
    review: Review, found: tuple[Finding, ...]
) -> None:
    for study in review.studies.values():
        own = [f for f in found if f.study_id == study.id]
        against = [fact for fact in facts(own) if fact.first.counts_against]
        frame = audit_page().panel(study).frame
        assert len(frame) == len(against)
        if not against:
            continue
        said = " ".join(frame["What is printed"])
        assert all(f.explanation in said for f in own if f.counts_against)
        kinds = [kind for kind, words in tables.KIND_WORDS.items() if words in set(frame["Kind"])]
        for kind in kinds:
            of_kind = frame[frame["Kind"] == tables.KIND_WORDS[kind]]
            order = list(tables.VERDICT_WORDS[kind].values())
            shown = [order.index(words) for words in of_kind.get("Verdict", ()) if words]
            assert shown == sorted(shown)
            assert (len(shown) == 0) is (kind is Kind.DESIGN), "a remark has no verdict"


def test_a_study_without_numbers_says_so(review: Review) -> None:
    silent = [study for study in review.studies.values() if not study.numbers]
    for study in silent:
        panel = audit_page().panel(study)
        assert "nothing to check" in panel.caption
        assert panel.empty in repr(panel)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_counted_by_itself_and_every_fact_once(
    review: Review, found: tuple[Finding, ...], kind: Kind
) -> None:
    frame = audit_page().verdicts(kind).frame
    counts = Counter(fact.first.verdict for fact in facts(f for f in found if f.kind is kind))
    for verdict, words in tables.VERDICT_WORDS[kind].items():
        shown = frame[words].astype(int).sum() if words in frame else 0
        assert shown == counts[verdict]
    assert sum(counts.values()) == sum(counts[v] for v in tables.VERDICT_WORDS[kind])
    against = sum(fact.first.counts_against for fact in facts(found) if fact.first.kind is kind)
    assert len(audit_page().entries(kind).frame) == against
    assert sum(len(audit_page().entries(kind, one).frame) for one in Severity) == against


def test_one_number_that_two_checks_notice_is_one_fact(found: tuple[Finding, ...]) -> None:
    twice = [f for f in found if f.study_id == "chen-2025" and f.reported.startswith("65.7")]
    assert {f.check for f in twice} == {"percent-of-count", "printed-twice"}
    assert len({fact for fact in facts(found) if set(fact.findings) & set(twice)}) == 1


def test_a_sentence_in_three_places_is_one_fact_with_three_places() -> None:
    paper = Paper({"os": {"kind": "time-to-event"}})
    for place in ("Abstract", "Table 1", "Discussion"):
        for value, statistic, adjustment in (
            ("0.68", "hr", "unadjusted"),
            ("0.48-0.96", "ci95", "unadjusted"),
            ("0.16", "hr", "adjusted"),
            ("0.10-0.26", "ci95", "adjusted"),
        ):
            where = {"outcome": "os", "comparison": COMPARISON, "adjustment": adjustment}
            paper.add(value, statistic=statistic, method="cox", place=place, **where)
    (fact,) = facts(paper.findings("adjusted-against-unadjusted"))
    assert len(fact.sentences) == 1
    assert [number.locator.section for number in fact.places] == [
        "Abstract",
        "Table 1",
        "Discussion",
    ]


def test_a_tally_says_how_many_of_those_asked_carry_a_finding(review: Review) -> None:
    assert audit_page().tally("chen-2025", "interval-symmetry") == ("4", "5")


def test_every_check_says_what_it_asks(review: Review, found: tuple[Finding, ...]) -> None:
    frame = audit_page().checks().frame
    assert frame["Examined"].astype(int).sum() == len(found)
    assert all(len(asked) > 20 for asked in frame["What is asked"])
    assert all(len(check.asks) > 20 for check in CHECKS.values())


def test_an_unknown_severity_or_kind_is_refused(review: Review) -> None:
    with pytest.raises(ValueError, match="not a valid Severity"):
        audit_page().entries("numbers", "everything")
    with pytest.raises(ValueError, match="not a valid Kind"):
        audit_page().entries("sums")


def test_published_numbers_are_of_one_kind_each_and_add_up_within_it(review: Review) -> None:
    shown = audit_page().published()
    for kind in Kind:
        counts = [int(shown[f"audit.{kind}.{verdict}"]) for verdict in tables.VERDICT_WORDS[kind]]
        assert int(shown[f"audit.{kind}.judged"]) == sum(counts)
    assert "audit.contradictions" not in shown, "the kinds are never added up"
    assert "audit.design.contradictions" not in shown
