"""Declared denominators: what fires, what stays silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_study import Paper, above_rounding, share
from livingreview_audit import Verdict

CHECK = "declared-denominator"
NOTE = "Table 1 note"


def paper(parts: tuple[int, int], treated: tuple[int, int], **timing: str) -> Paper:
    """Arms of 67 and 93; among those treated, some early."""
    treatment = {"kind": "categorical", "levels": ["no", "yes"], "exhaustive": True}
    entry = {"kind": "categorical", "levels": ["early"], "within": "treatment=yes"}
    made = Paper(
        variables={"treatment": treatment, "timing": {**entry, "denominator": "arm", **timing}}
    )
    made.sizes(67, 93)
    for arm, part, size in zip(made.arms, parts, treated, strict=True):
        made.count(size, "treatment", arm=arm, category="yes")
        made.count(part, "timing", arm=arm, category="early")
    made.count(sum(treated), "treatment", arm="all", category="yes", place=NOTE)
    return made


DECLARED = {"denominator_declared": "within", "declared_in": NOTE}


def test_shares_of_whole_arms_and_a_declared_denominator_hold_only_as_different_things() -> None:
    made = paper((10, 6), (26, 60), **DECLARED)
    made.percent("14.9", "timing", category="early")
    made.percent("6.5", "timing", category="early", arm="old")
    made.p("0.078", "timing", method="chi2", category="early")
    (finding,) = made.findings(CHECK)
    assert (finding.verdict, finding.reported, finding.recomputed) == (
        Verdict.IMPLAUSIBLE,
        "14.9%",
        "38.5%",
    )
    assert "Table 1 note declares n=86" in finding.explanation
    assert "10 of 26 is 38.5% (printed 14.9%)" in finding.explanation
    assert "10 of 67 against 6 of 93 gives it by Pearson" in finding.explanation
    assert "both hold if the declaration names these patients" in finding.explanation
    assert {number.value for number in finding.touched} == {"14.9", "6.5", "0.078"}
    assert finding.numbers[-1].value == "86"


def test_shares_of_the_declared_patients_are_reproduced() -> None:
    made = paper((10, 6), (26, 60), **DECLARED)
    made.percent("38.5", "timing", category="early")
    made.percent("10.0", "timing", category="early", arm="old")
    assert made.verdicts(CHECK) == [Verdict.REPRODUCED] * 2


def test_shares_of_no_group_contradict_a_declared_denominator() -> None:
    made = paper((10, 6), (26, 60), **DECLARED)
    made.percent("14.9", "timing", category="early")
    made.percent("8.1", "timing", category="early", arm="old")
    assert made.verdicts(CHECK) == [Verdict.DISCREPANT]


def test_nothing_is_said_where_no_denominator_is_declared() -> None:
    made = paper((10, 6), (26, 60))
    made.percent("14.9", "timing", category="early")
    made.p("0.078", "timing", method="chi2", category="early")
    assert made.verdicts(CHECK) == []


@pytest.mark.parametrize(
    ("p", "verdict"), [("0.078", Verdict.IMPLAUSIBLE), ("0.002", Verdict.REPRODUCED)]
)
def test_a_p_value_must_be_of_the_declared_patients(p: str, verdict: Verdict) -> None:
    made = paper((10, 6), (26, 60), **DECLARED)
    made.p(p, "timing", method="chi2", category="early")
    (finding,) = made.findings(CHECK)
    assert finding.verdict is verdict
    crosses = "different sides of 0.05" in finding.explanation
    assert crosses is (verdict is Verdict.IMPLAUSIBLE)


def test_a_part_above_the_whole_arm_is_no_table() -> None:
    made = paper((70, 6), (80, 60), **DECLARED)  # 70 of an arm of 67
    made.p("0.078", "timing", method="fisher", category="early")
    (finding,) = made.findings(CHECK)
    assert finding.verdict is Verdict.DISCREPANT
    assert "gives it by" not in finding.explanation


@given(st.integers(1, 60), st.integers(1, 90), st.data())
def test_declared_shares_that_are_only_rounded_are_never_accused(
    first: int, second: int, data
) -> None:
    parts = data.draw(st.integers(0, first)), data.draw(st.integers(0, second))
    made = paper(parts, (first, second), **DECLARED)
    for arm, part, size in zip(made.arms, parts, (first, second), strict=True):
        made.percent(share(part, size), "timing", category="early", arm=arm)
    assert not above_rounding(made.findings(CHECK))
