"""Matching, balance, events per covariate, exclusions, eligibility: what fires, what is silent."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import CHECKS, Finding, Kind, Verdict
from livingreview_audit.design import standardised_difference

ECOG = {"kind": "categorical", "levels": ["ge2", "lt2"], "exhaustive": True}
OS = {"kind": "time-to-event", "levels": ["event"]}
MATCHING = {"section": "Methods", "kind": "matching", "ratio": "1:1"}


def paper(*statements: Mapping[str, object]) -> Paper:
    made = Paper(
        {
            "ecog": ECOG,
            "os": OS,
            "age": {"kind": "continuous"},
            "design": {"kind": "design"},
        },
        statements,
    )
    made.sizes(200, 296)
    return made


def ask(made: Paper, check: str) -> list[Finding]:
    study = made.study
    variables = {id_: study.outcomes[id_] for id_ in ("ecog", "age")}
    return list(CHECKS[check](replace(study, variables=variables)))


def only(made: Paper, check: str) -> Finding:
    (finding,) = ask(made, check)
    return finding


def matched(sizes: tuple[int, int], high: tuple[int, int]) -> Paper:
    made = paper(MATCHING)
    for arm, size, part in zip(("new", "old"), sizes, high, strict=True):
        made.count(size, "participants", arm=arm, population="matched")
        made.count(part, "ecog", arm=arm, population="matched", category="ge2")
        made.count(size - part, "ecog", arm=arm, population="matched", category="lt2")
    return made


@pytest.mark.parametrize(
    ("sizes", "verdict"), [((162, 162), Verdict.REPRODUCED), ((162, 160), Verdict.DISCREPANT)]
)
def test_one_to_one_matching_gives_equal_arms(sizes: tuple[int, int], verdict: Verdict) -> None:
    assert only(matched(sizes, (30, 30)), "matched-sizes").verdict is verdict


def test_balance_after_matching_is_judged_by_size() -> None:
    finding = only(matched((162, 162), (30, 42)), "balance")
    assert (finding.verdict, finding.kind) == (Verdict.REMARK, Kind.DESIGN)
    assert not finding.verdict.is_contradiction
    assert "0.179" in finding.explanation  # 18.5% against 25.9%
    assert "chance alone gives up to 0.22" in finding.explanation
    assert finding.touched == ()
    assert only(matched((162, 162), (30, 33)), "balance").verdict is Verdict.REPRODUCED


def test_balance_without_matching_is_given_what_chance_gives() -> None:
    balanced = {"section": "Results", "kind": "balance", "population": "whole"}
    made = Paper({"ecog": ECOG, "age": {"kind": "continuous"}}, (balanced,))
    made.sizes(24, 24)
    for arm, part in (("new", 8), ("old", 4)):
        made.count(part, "ecog", arm=arm, category="ge2")
        made.count(24 - part, "ecog", arm=arm, category="lt2")
    finding = only(made, "balance")  # 0.40, and chance gives 0.57
    assert finding.verdict is Verdict.REPRODUCED
    assert "0.57" in finding.explanation


def test_balance_of_a_mean_is_compared_over_the_rounding_box() -> None:
    made = paper(MATCHING)
    for arm, mean in (("new", "61.0"), ("old", "59.0")):
        made.count(100, "participants", arm=arm, population="matched")
        where = {"arm_id": arm, "outcome": "age", "population": "matched"}
        made.add(mean, statistic="mean", **where)
        made.add("10.0", statistic="sd", **where)
    assert only(made, "balance").verdict is Verdict.REMARK  # 0.19


def test_the_standardised_difference_of_two_levels_is_the_usual_one() -> None:
    first, second = 0.185, 0.259
    usual = abs(first - second) / np.sqrt((first * (1 - first) + second * (1 - second)) / 2)
    both = (np.array([p, 1 - p]) for p in (first, second))
    assert standardised_difference(*both) == pytest.approx(usual)


def test_three_levels_have_one_difference_whatever_their_order() -> None:
    first, second = np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])
    turned = standardised_difference(first[::-1], second[::-1])
    assert standardised_difference(first, second) == pytest.approx(turned)


def model(covariates: int, events: int) -> Paper:
    made = paper()
    made.count(events, "os", arm="all", category="event")
    for position in range(covariates):
        where = {"outcome": "os", "comparison": f"x{position}", "adjustment": "adjusted"}
        made.add("1.2", arm_id="all", statistic="hr", method="cox", **where)
    return made


@pytest.mark.parametrize(
    ("covariates", "events", "verdict"),
    [(5, 44, Verdict.REMARK), (4, 44, Verdict.REPRODUCED)],
)
def test_ten_events_for_each_coefficient(covariates: int, events: int, verdict: Verdict) -> None:
    assert only(model(covariates, events), "events-per-covariate").verdict is verdict


def test_without_a_number_of_events_only_their_limit_is_known() -> None:
    made = paper()
    made.numbers = [*made.numbers, *model(5, 1).numbers[3:]]
    assert only(made, "events-per-covariate").verdict is Verdict.NOT_CHECKABLE


def test_an_exclusion_by_survival_touches_every_result_on_time_and_no_other() -> None:
    excluded = {"section": "Methods", "kind": "survival-exclusion", "months": "2"}
    for statements, expected in (((excluded,), [Verdict.REMARK]), ((), [])):
        made = paper(*statements)
        made.add("15.56", arm_id="new", outcome="os", statistic="median", unit="months")
        made.add("0.70", outcome="os", statistic="hr", comparison=COMPARISON, method="cox")
        made.add("61.0", arm_id="new", outcome="age", statistic="median")
        found = ask(made, "survival-exclusion")
        assert [finding.verdict for finding in found] == expected
        values = [number.value for finding in found for number in finding.touched]
        assert values == (["15.56", "0.70"] if statements else [])


@pytest.mark.parametrize(
    ("limit", "span", "verdict"),
    [
        ("18–75", "46-75", Verdict.REPRODUCED),
        ("18–75", "46-77", Verdict.IMPOSSIBLE),
        ("≥ 18", "19–87", Verdict.REPRODUCED),
        ("≥ 18", "17–87", Verdict.IMPOSSIBLE),
        ("≤75", "17–75", Verdict.REPRODUCED),
    ],
)
def test_no_patient_is_outside_the_limits_of_eligibility(
    limit: str, span: str, verdict: Verdict
) -> None:
    made = paper()
    where = {"arm_id": "all", "outcome": "design", "category": "eligibility-age"}
    made.add(limit, statistic="threshold", **where)
    made.add(span, arm_id="new", outcome="age", statistic="range")
    assert only(made, "eligible-range").verdict is verdict
