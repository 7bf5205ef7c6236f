"""Means, standard deviations, ranges, GRIM and GRIMMER."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit_study import COMPARISON, ROUNDINGS, Paper, above_rounding
from livingreview_audit import Verdict
from livingreview_audit.intervals import printed_as
from livingreview_audit.moments import has_whole_squares, whole_sums
from livingreview_record.reported import Reported

AGE = {"age": {"kind": "continuous", "integer": True}}
TOLERANCE = 1e-10  # the same formulas in double precision

values = st.lists(st.integers(18, 90), min_size=3, max_size=60).filter(lambda v: len(set(v)) > 1)


def printed(value: float, decimals: int, rounding: str = "ROUND_HALF_UP") -> str:
    return f"{printed_as(Fraction(value), decimals, rounding):f}"


def describe(
    paper: Paper,
    people: list[int],
    arm: str,
    decimals: int = 2,
    rounding: str = "ROUND_HALF_UP",
) -> None:
    """Print size, mean, SD, median and range of these values."""
    paper.count(len(people), "participants", arm=arm)
    mean = printed_as(Fraction(sum(people), len(people)), decimals, rounding)
    for statistic, value in (
        ("mean", f"{mean:f}"),
        ("sd", printed(float(np.std(people, ddof=1)), decimals, rounding)),
        ("median", printed(float(np.median(people)), 1, rounding)),
        ("range", f"{min(people)}-{max(people)}"),
    ):
        paper.add(value, arm_id=arm, outcome="age", statistic=statistic)


@given(values, values, st.booleans(), st.integers(1, 2), st.sampled_from(ROUNDINGS))
def test_rounded_descriptions_of_real_values_are_never_accused(
    new: list[int], old: list[int], welch: bool, decimals: int, rounding: str
) -> None:
    paper = Paper(AGE)
    for arm, people in (("new", new), ("old", old), ("all", new + old)):
        describe(paper, people, arm, decimals, rounding)
    p = stats.ttest_ind(new, old, equal_var=not welch).pvalue
    paper.p(printed(float(p), 3, rounding), "age", "t-test")
    assert not above_rounding(paper.findings())


def two_arms(p: str, method: str = "t-test") -> Paper:
    """Mean ages and sizes of two arms whose t-test gives 0.273."""
    paper = Paper({"age": {"kind": "continuous"}})
    for arm, size, mean, sd in (("new", 67, "60.10", "8.65"), ("old", 93, "61.61", "8.49")):
        paper.count(size, "participants", arm=arm)
        paper.add(mean, arm_id=arm, outcome="age", statistic="mean")
        paper.add(sd, arm_id=arm, outcome="age", statistic="sd")
    paper.p(p, "age", method)
    return paper


def test_a_p_value_of_means_is_recomputed() -> None:
    assert two_arms("0.273").verdicts("p-of-means") == [Verdict.REPRODUCED]
    assert two_arms("0.173").verdicts("p-of-means") == [Verdict.DISCREPANT]


def test_a_rank_test_cannot_be_recomputed_from_means() -> None:
    verdicts = two_arms("0.173", "t-or-mann-whitney").verdicts("p-of-means")
    assert verdicts == [Verdict.NOT_CHECKABLE]


def test_all_patients_have_the_weighted_mean_and_spread_of_the_arms() -> None:
    for mean, sd, verdicts in (
        ("60.98", "8.56", [Verdict.REPRODUCED] * 2),
        ("60.89", "8.56", [Verdict.DISCREPANT, Verdict.REPRODUCED]),
        ("60.98", "8.65", [Verdict.REPRODUCED, Verdict.DISCREPANT]),
    ):
        paper = two_arms("0.273")
        paper.add(mean, arm_id="all", outcome="age", statistic="mean")
        paper.add(sd, arm_id="all", outcome="age", statistic="sd")
        assert paper.verdicts("pooled-means") == verdicts


def test_a_median_of_all_lies_between_the_arms_and_ranges_nest() -> None:
    for median, limits, verdicts in (
        ("61", "45-75", [Verdict.REPRODUCED] * 2),
        ("64", "45-76", [Verdict.IMPOSSIBLE] * 2),
    ):
        paper = Paper(AGE)
        for arm, value, span in (("new", "59.5", "46-75"), ("old", "62.5", "45-75")):
            paper.add(value, arm_id=arm, outcome="age", statistic="median")
            paper.add(span, arm_id=arm, outcome="age", statistic="range")
        paper.add(median, arm_id="all", outcome="age", statistic="median")
        paper.add(limits, arm_id="all", outcome="age", statistic="range")
        assert paper.verdicts("middle-of-all") == verdicts


def test_a_standard_deviation_has_a_ceiling_in_the_range() -> None:
    for sd, verdict in (("10.2", Verdict.REPRODUCED), ("30.2", Verdict.IMPOSSIBLE)):
        paper = Paper({"age": {"kind": "continuous"}})
        paper.count(24, "participants")
        for statistic, value in (("mean", "60.0"), ("sd", sd), ("range", "46-75")):
            paper.add(value, arm_id="new", outcome="age", statistic=statistic)
        assert paper.verdicts("spread-in-range") == [verdict]


def test_grim_finds_the_published_example_and_passes_its_neighbour() -> None:
    # Brown & Heathers 2017: no 28 whole numbers have the mean 5.19; 145/28 is 5.18.
    for mean, verdict in (("5.19", Verdict.IMPOSSIBLE), ("5.18", Verdict.REPRODUCED)):
        paper = Paper({"score": {"kind": "continuous", "integer": True}})
        paper.count(28, "participants")
        paper.add(mean, arm_id="new", outcome="score", statistic="mean")
        assert paper.verdicts("grim") == [verdict]


def test_grim_is_silent_where_values_need_not_be_whole() -> None:
    paper = Paper({"score": {"kind": "continuous"}})
    paper.count(28, "participants")
    paper.add("5.19", arm_id="new", outcome="score", statistic="mean")
    assert paper.verdicts("grim", "grimmer") == []


def test_grimmer_finds_a_spread_that_whole_numbers_cannot_have() -> None:
    # 18 whole numbers with mean 3.44 (sum 62) have SDs near 2.47 in steps of parity only.
    reachable = [
        text
        for text in (f"{2 + step / 100:.2f}" for step in range(100))
        if has_whole_squares(Reported("3.44"), Reported(text), 18)
    ]
    assert 0 < len(reachable) < 100
    for text in ("2.47", next(t for t in ("2.48", "2.49", "2.46") if t not in reachable)):
        paper = Paper({"score": {"kind": "continuous", "integer": True}})
        paper.count(18, "participants")
        paper.add("3.44", arm_id="new", outcome="score", statistic="mean")
        paper.add(text, arm_id="new", outcome="score", statistic="sd")
        expected = Verdict.REPRODUCED if text in reachable else Verdict.IMPOSSIBLE
        assert paper.verdicts("grimmer") == [expected]


@given(values, st.integers(0, 3), st.sampled_from(ROUNDINGS))
def test_grim_and_grimmer_pass_all_whole_numbers(
    people: list[int], decimals: int, rounding: str
) -> None:
    size = len(people)
    mean = Reported(f"{printed_as(Fraction(sum(people), size), decimals, rounding):f}")
    for ddof in (0, 1):
        sd = Reported(printed(float(np.std(people, ddof=ddof)), decimals, rounding))
        assert sum(people) in whole_sums(mean, size)
        assert has_whole_squares(mean, sd, size)


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [("1.3", Verdict.REPRODUCED), ("-1.30", Verdict.REPRODUCED), ("1.5", Verdict.DISCREPANT)],
)
def test_a_difference_of_arms_is_held_against_both(difference: str, verdict: Verdict) -> None:
    paper = Paper({"pfs": {"kind": "time-to-event"}})
    paper.add("4.14", arm_id="new", outcome="pfs", statistic="median")
    paper.add("2.84", arm_id="old", outcome="pfs", statistic="median")
    paper.add(difference, comparison=COMPARISON, outcome="pfs", statistic="difference")
    assert paper.verdicts("difference-of-arms") == [verdict]


@given(
    st.fractions(0, 100, max_denominator=10**6),
    st.fractions(0, 100, max_denominator=10**6),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(ROUNDINGS),
)
def test_a_difference_taken_before_rounding_is_never_accused(
    new: Fraction, old: Fraction, decimals: int, fewer: int, rounding: str
) -> None:
    paper = Paper({"pfs": {"kind": "time-to-event"}})
    for arm, value in (("new", new), ("old", old)):
        text = f"{printed_as(value, decimals, rounding):f}"
        paper.add(text, arm_id=arm, outcome="pfs", statistic="median")
    text = f"{printed_as(abs(new - old), fewer, rounding):f}"
    paper.add(text, comparison=COMPARISON, outcome="pfs", statistic="difference")
    assert not above_rounding(paper.findings("difference-of-arms"))
