"""The audit runs on studies that were read as abstracts; what it finds there, and says of it."""

import pytest
from scipy.stats import fisher_exact

from livingreview_audit import Verdict, audit
from livingreview_plan import select
from livingreview_record import Reported
from the_review import the_review

REVIEW = the_review()
DALIAN = REVIEW.studies["dalian-2026"]
ABSTRACTS = [
    study
    for study in REVIEW.studies.values()
    if study.numbers and {report.level for report in study.reports} == {"abstract"}
]


def printed(outcome: str, arm: str) -> Reported:
    (number,) = DALIAN.find(outcome=outcome, arm_id=arm, statistic="percent")
    return number.number


def counts_that_print(percent: Reported, size: int) -> list[int]:
    return [count for count in range(size + 1) if percent.admits(100 * count / size)]


@pytest.mark.parametrize("study", ABSTRACTS, ids=lambda study: study.id)
def test_every_number_of_an_abstract_is_audited(study):
    assert audit(study)


def test_only_the_abstract_with_unlike_denominators_has_a_contradiction():
    found = {
        study.id
        for study in ABSTRACTS
        for finding in audit(study)
        if finding.verdict.is_contradiction
    }
    assert found == {"dalian-2026"}


@pytest.mark.parametrize(("outcome", "counts"), [("orr", (15, 7)), ("dcr", (37, 25))])
def test_percentages_fit_no_count_of_the_printed_groups_and_one_of_others(outcome, counts):
    arms = ("continued", "stopped")
    sizes = [int(DALIAN.find(outcome="participants", arm_id=arm)[0].value) for arm in arms]
    assert sizes == [55, 41]
    percents = [printed(outcome, arm) for arm in arms]
    assert [counts_that_print(p, n) for p, n in zip(percents, sizes, strict=True)] == [[], []]
    assert counts_that_print(percents[0], 53) == [counts[0]]
    assert counts_that_print(percents[1], 43) == [counts[1]]
    (p,) = DALIAN.find(outcome=outcome, statistic="p")
    table = [[counts[0], 53 - counts[0]], [counts[1], 43 - counts[1]]]
    assert p.number.admits(fisher_exact(table).pvalue)
    assert f"{counts[0]} of 53 and {counts[1]} of 43" in DALIAN.outcomes[outcome].note


def test_a_p_value_is_not_held_against_counts_that_no_percentage_stands_for():
    found = [f for f in audit(DALIAN) if f.check == "p-of-counts"]
    assert len(found) == 2
    assert {finding.verdict for finding in found} == {Verdict.NOT_CHECKABLE}


def test_no_count_is_taken_where_percentages_fit_no_count():

    for synthesis in ("orr-ici-after-ici", "dcr-ici-after-ici"):
        assert "dalian-2026" not in {one.study_id for one in select(REVIEW, synthesis).used}
