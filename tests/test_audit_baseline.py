"""Baseline tables as a whole: Carlisle's sum, Bolland's count, and when neither may be asked."""

from dataclasses import replace

import numpy as np
import pytest

from audit_study import Paper
from livingreview_audit import CHECKS, Finding, Verdict
from livingreview_audit.baseline import at_least

SIDES = {"kind": "categorical", "levels": ["yes", "no"], "exhaustive": True}
TOGETHER, ALIKE = "baseline-differences", "baseline-identical"
MATCHING = {"section": "Methods", "kind": "matching", "ratio": "1:1", "population": "whole"}


def found(
    check: str,
    pairs: list[tuple[int, int]],
    *,
    how: str = "simple",
    size: int = 60,
    statements: tuple[dict[str, object], ...] = (),
) -> Finding:
    """The finding on arms with so many patients of each characteristic."""
    variables = {f"v{number}": SIDES for number in range(len(pairs))}
    made = Paper({}, statements, variables=variables)
    made.sizes(size, 60)
    for name, pair in zip(variables, pairs, strict=True):
        for arm, count in zip(("new", "old"), pair, strict=True):
            made.count(count, name, arm=arm, category="yes")
            of_arm = size if arm == "new" else 60
            made.count(of_arm - count, name, arm=arm, category="no")
    study = replace(made.study, design={"randomisation": how} if how else {})
    (finding,) = CHECKS[check](study)
    return finding


USUAL = [(30, 26), (20, 24), (15, 14), (40, 43), (33, 28), (10, 14)]
APART = [(50, 20), (10, 40), (15, 44), (40, 13), (33, 8), (10, 34)]
SAME = [(n, n) for n in (30, 26, 20, 24, 15, 14, 40, 43, 33, 28)]


@pytest.mark.parametrize(
    ("pairs", "how", "verdict"),
    [
        (USUAL, "simple", Verdict.REPRODUCED),
        (APART, "simple", Verdict.IMPLAUSIBLE),
        (SAME, "simple", Verdict.IMPLAUSIBLE),
        (SAME, "stratified", Verdict.REPRODUCED),  # the allocation makes them alike
        (APART, "stratified", Verdict.IMPLAUSIBLE),
        (APART, "", Verdict.NOT_CHECKABLE),
        (APART[:4], "simple", Verdict.NOT_CHECKABLE),
    ],
)
def test_all_characteristics_together(
    pairs: list[tuple[int, int]], how: str, verdict: Verdict
) -> None:
    finding = found(TOGETHER, pairs, how=how)
    assert finding.verdict is verdict
    assert ("plausible only where" in finding.explanation) is verdict.is_contradiction


def test_matched_arms_may_be_alike_but_not_more_different_than_random_ones() -> None:
    matched = {"how": "", "statements": (MATCHING,)}
    assert found(TOGETHER, SAME, **matched).verdict is Verdict.REPRODUCED
    assert found(TOGETHER, APART, **matched).verdict is Verdict.IMPLAUSIBLE
    assert "which makes them alike" in found(ALIKE, SAME, **matched).explanation


@pytest.mark.parametrize(
    ("pairs", "how", "size", "verdict", "said"),
    [
        (USUAL, "simple", 60, Verdict.REPRODUCED, "0 of 6"),
        (SAME, "simple", 60, Verdict.IMPLAUSIBLE, "10 of 10"),
        (SAME, "stratified", 60, Verdict.NOT_CHECKABLE, "stratified"),
        (SAME, "", 60, Verdict.NOT_CHECKABLE, "no allocation at random"),
        (SAME, "simple", 61, Verdict.NOT_CHECKABLE, "differ in size"),
    ],
)
def test_characteristics_that_are_counted_alike(
    pairs: list[tuple[int, int]], how: str, size: int, verdict: Verdict, said: str
) -> None:
    finding = found(ALIKE, pairs, how=how, size=size)
    assert finding.verdict is verdict
    assert said in finding.explanation


def test_the_chance_of_so_many_independent_events_is_the_sum_over_their_subsets() -> None:
    rng = np.random.default_rng(4)
    chances = [0.1, 0.3, 0.2, 0.5]
    drawn = (rng.random((200_000, 4)) < chances).sum(axis=1)
    assert at_least(2, chances) == pytest.approx((drawn >= 2).mean(), abs=0.004)
    assert at_least(4, chances) == pytest.approx(0.1 * 0.3 * 0.2 * 0.5)
