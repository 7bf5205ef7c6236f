"""Intervals of proportions: published values, properties, and the check."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit_study import ROUNDINGS, Paper, above_rounding
from livingreview_audit import Verdict
from livingreview_audit.intervals import printed_as
from livingreview_audit.proportions import METHODS

CHECK = "interval-of-proportion"
PUBLISHED_TOLERANCE = 5.1e-5  # four printed decimals
TOLERANCE = 1e-9  # the same formulas in double precision

# Newcombe 1998, Statistics in Medicine 17:857, Table I.
NEWCOMBE = [
    ("Wald", 81, 263, 0.2522, 0.3638),
    ("Wald with continuity correction", 81, 263, 0.2503, 0.3657),
    ("Wilson", 81, 263, 0.2553, 0.3662),
    ("Wilson with continuity correction", 81, 263, 0.2535, 0.3682),
    ("Clopper-Pearson", 81, 263, 0.2527, 0.3676),
    ("Wald", 15, 148, 0.0527, 0.1500),
    ("Wilson", 15, 148, 0.0624, 0.1605),
    ("Wilson with continuity correction", 15, 148, 0.0598, 0.1644),
    ("Clopper-Pearson", 15, 148, 0.0578, 0.1617),
    ("Wilson", 0, 20, 0.0, 0.1611),
    ("Wilson with continuity correction", 0, 20, 0.0, 0.2005),
    ("Clopper-Pearson", 0, 20, 0.0, 0.1684),
    ("Wilson", 1, 29, 0.0061, 0.1718),
    ("Wilson with continuity correction", 1, 29, 0.0018, 0.1963),
    ("Clopper-Pearson", 1, 29, 0.0009, 0.1776),
]


@pytest.mark.parametrize(("name", "x", "n", "lower", "upper"), NEWCOMBE)
def test_methods_give_the_published_intervals(
    name: str, x: int, n: int, lower: float, upper: float
) -> None:
    assert METHODS[name](x, n) == pytest.approx((lower, upper), abs=PUBLISHED_TOLERANCE)


@pytest.mark.slow
@given(st.integers(1, 300), st.data())
def test_three_methods_agree_with_scipy(n: int, data) -> None:
    x = data.draw(st.integers(0, n))
    for name, method in (
        ("Clopper-Pearson", "exact"),
        ("Wilson", "wilson"),
        ("Wilson with continuity correction", "wilsoncc"),
    ):
        interval = stats.binomtest(x, n).proportion_ci(method=method)
        assert METHODS[name](x, n) == pytest.approx(tuple(interval), abs=1e-8)


@given(st.integers(1, 200), st.data())
def test_counting_the_others_mirrors_every_interval(n: int, data) -> None:
    x = data.draw(st.integers(1, n)) - (n == 1)
    for method in METHODS.values():
        lower, upper = method(x, n)
        mirrored = method(n - x, n)
        if lower == lower:
            assert (1 - upper, 1 - lower) == pytest.approx(mirrored, abs=TOLERANCE)


def paper_with(x: int, n: int, interval: str) -> Paper:
    paper = Paper()
    paper.sizes(n, n)
    paper.count(x, "event")
    paper.add(interval, arm_id="new", outcome="event", statistic="ci95", unit="%")
    return paper


@pytest.mark.parametrize(
    ("interval", "name"),
    [("21.5–44.8", "Clopper-Pearson"), ("22.4-44.2", "Wilson"), ("21.2-43.5", "Wald")],
)
def test_the_method_that_a_paper_used_is_named(interval: str, name: str) -> None:
    (finding,) = paper_with(22, 68, interval).findings(CHECK)
    assert (finding.verdict, finding.recomputed) == (Verdict.REPRODUCED, name)


def test_an_interval_that_no_method_gives_is_discrepant() -> None:
    (finding,) = paper_with(22, 68, "25.0-40.0").findings(CHECK)
    assert finding.verdict is Verdict.DISCREPANT
    assert "21.5 to 44.8% (Clopper-Pearson)" in finding.explanation


def test_an_interval_one_unit_off_is_rounding() -> None:
    assert paper_with(22, 68, "21.4-44.8").verdicts(CHECK) == [Verdict.ROUNDING]


def test_an_interval_without_count_or_size_is_not_checkable() -> None:
    paper = Paper()
    paper.add("21.5-44.8", arm_id="new", outcome="event", statistic="ci95", unit="%")
    assert paper.verdicts(CHECK) == [Verdict.NOT_CHECKABLE]


@given(
    st.integers(1, 400),
    st.data(),
    st.sampled_from(sorted(METHODS)),
    st.integers(0, 2),
    st.sampled_from(ROUNDINGS),
)
def test_a_rounded_interval_is_never_accused(
    n: int, data, name: str, decimals: int, rounding: str
) -> None:
    x = data.draw(st.integers(0, n))
    bounds = METHODS[name](x, n)
    if bounds[0] != bounds[0]:
        return
    cut = [Fraction(100 * min(max(bound, 0.0), 1.0)) for bound in bounds]
    interval = " to ".join(f"{printed_as(bound, decimals, rounding):f}" for bound in cut)
    assert not above_rounding(paper_with(x, n, interval).findings())
