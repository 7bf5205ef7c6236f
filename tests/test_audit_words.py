"""Words about what was done or holds, against numbers: what fires, what stays silent."""

import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import Verdict

NOT_DONE, EVERY, SHOWN = "analyses-not-done", "benefit-in-every-level", "patients-shown"
OS = {"kind": "time-to-event"}
SEX = {"kind": "categorical", "levels": {"f": "Women", "m": "Men"}, "exhaustive": True}
OF_ARMS = {"outcome": "os", "comparison": COMPARISON, "adjustment": "unadjusted", "method": "cox"}
BENEFIT = {
    "kind": "consistency-claim",
    "section": "Discussion",
    "comparison": COMPARISON,
    "population": "whole",
    "outcome": "os",
    "variables": ["sex"],
}
NOT_STRATIFIED = {
    "kind": "no-stratified-analysis",
    "section": "Discussion",
    "variables": ["sex"],
}


def paper(*statements: dict[str, object]) -> Paper:
    change = {"change": {"kind": "continuous"}}
    return Paper({"os": OS, **change}, variables={"sex": SEX}, statements=statements)


def test_a_result_of_a_stratum_contradicts_that_none_was_analysed() -> None:
    made = paper(NOT_STRATIFIED)
    made.add("0.70", statistic="hr", subgroup="sex=f", **OF_ARMS)
    made.add("0.019", statistic="p", subgroup="sex=f", **OF_ARMS)
    (finding,) = made.findings(NOT_DONE)
    assert (finding.verdict, finding.reported) == (Verdict.DISCREPANT, "p 0.019")
    assert "hazard ratio 0.70, p 0.019" in finding.explanation


def test_results_of_the_whole_or_between_strata_are_no_stratified_analysis() -> None:
    made = paper(NOT_STRATIFIED)
    made.add("0.019", statistic="p", **OF_ARMS)
    made.add("0.019", statistic="p", **{**OF_ARMS, "comparison": "sex:f/m"})
    assert made.verdicts(NOT_DONE) == []


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        ("0.040", Verdict.REPRODUCED),
        ("0.210", Verdict.IMPLAUSIBLE),
        (">0.05", Verdict.IMPLAUSIBLE),
        (None, Verdict.IMPLAUSIBLE),
    ],
)
def test_a_benefit_in_every_level_needs_one_in_each(second: str | None, verdict: Verdict) -> None:
    made = paper(BENEFIT)
    made.add("0.001", statistic="p", subgroup="sex=f", **OF_ARMS)
    if second:
        made.add(second, statistic="p", subgroup="sex=m", **OF_ARMS)
    (finding,) = made.findings(EVERY)
    assert finding.verdict is verdict
    assert ("a benefit without significance" in finding.explanation) is (
        verdict is Verdict.IMPLAUSIBLE
    )


def test_a_benefit_in_every_level_without_any_p_value_is_left_alone() -> None:
    assert paper(BENEFIT).findings(EVERY) == []


@pytest.mark.parametrize(("caption", "verdict"), [(64, "reproduced"), (68, "implausible")])
def test_a_figure_shows_the_patients_whose_values_are_known(caption: int, verdict: str) -> None:
    made = paper({"kind": "shown-patients", "section": "Figure 1 caption", "outcome": "change"})
    made.sizes(68, 70)
    made.count(64, "participants", population="matched")
    made.add("-11.97", arm_id="new", outcome="change", statistic="mean", population="matched")
    assert made.findings(SHOWN) == []
    made.count(caption, "participants", place="Figure 1 caption")
    assert made.verdicts(SHOWN) == [verdict]


@pytest.mark.parametrize(
    ("p", "verdict"), [("0.020", Verdict.REPRODUCED), ("0.055", Verdict.IMPLAUSIBLE)]
)
def test_a_benefit_in_words_is_held_against_its_p_value(p: str, verdict: Verdict) -> None:
    said = {"kind": "significance", "claim": "benefit", "section": "Conclusion"}
    made = paper({**said, "comparison": COMPARISON, "outcome": "os"})
    made.add(p, statistic="p", **OF_ARMS)
    assert made.verdicts("claims") == [verdict]
