"""P-values of counts: against scipy, published examples, and printed the way papers print."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from audit_study import ROUNDINGS, Paper, above_rounding
from livingreview_audit import Verdict, contingency
from livingreview_audit.contingency import Table, has_variation, p_value
from livingreview_audit.intervals import printed_as

SEX = {"sex": {"kind": "categorical", "levels": ["f", "m"], "exhaustive": True}}
CHECK = "p-of-counts"
TOLERANCE = 1e-9  # both sides sum the same terms in double precision
EXHAUSTIVE_TOLERANCE = 1e-7  # log-gamma terms against scipy's hypergeometric ones

cells = st.integers(0, 60)
two_by_two = st.tuples(st.tuples(cells, cells), st.tuples(cells, cells)).filter(has_variation)
two_by_four = st.tuples(*(st.tuples(*(st.integers(0, 12) for _ in range(4))) for _ in "ab")).filter(
    has_variation
)


@pytest.mark.slow
@given(two_by_two)
def test_chi_squared_and_fisher_agree_with_scipy(table: Table) -> None:
    plain = stats.chi2_contingency(table, correction=False).pvalue
    yates = stats.chi2_contingency(table, correction=True).pvalue
    assert contingency.pearson(table) == pytest.approx(plain, abs=TOLERANCE)
    assert contingency.yates(table) == pytest.approx(yates, abs=TOLERANCE)
    assert contingency.fisher(table) == pytest.approx(stats.fisher_exact(table).pvalue, abs=1e-6)


@given(two_by_four)
def test_tests_of_more_columns_agree_with_scipy(table: Table) -> None:
    kept = contingency.compact(table)
    plain = stats.chi2_contingency(kept, correction=False)
    likelihood = stats.chi2_contingency(kept, correction=False, lambda_="log-likelihood")
    assert contingency.pearson(table) == pytest.approx(plain.pvalue, abs=TOLERANCE)
    assert contingency.likelihood_ratio(table) == pytest.approx(likelihood.pvalue, abs=TOLERANCE)


@pytest.mark.slow
@given(st.tuples(*(st.tuples(*(st.integers(0, 5) for _ in range(3))) for _ in "ab")))
def test_freeman_and_halton_sum_every_table_with_these_margins(table: Table) -> None:
    if not has_variation(table):
        return
    columns = [a + b for a, b in zip(*table, strict=True)]
    row = sum(table[0])
    weights = stats.multivariate_hypergeom(columns, row) if row else None
    every = [
        (x, y, row - x - y)
        for x in range(columns[0] + 1)
        for y in range(columns[1] + 1)
        if 0 <= row - x - y <= columns[2]
    ]
    chances = np.array([weights.pmf(one) for one in every])
    seen = weights.pmf(table[0])
    expected = chances[chances <= seen * (1 + 1e-7)].sum()
    assert contingency.fisher(table) == pytest.approx(expected, abs=EXHAUSTIVE_TOLERANCE)


def test_fishers_tea_tasting_gives_17_in_35() -> None:
    # Fisher 1935, The Design of Experiments, ch. 2: three of four cups; 34/70 two-sided.
    table = ((3, 1), (1, 3))
    assert contingency.fisher(table) == pytest.approx(34 / 70)
    assert contingency.fisher_one_sided(table) == pytest.approx(17 / 70)
    assert contingency.fisher_doubled(table) == pytest.approx(34 / 70)
    assert contingency.fisher_mid_p(table) == pytest.approx((2 * 1 + 16) / 70)


@pytest.mark.parametrize("table", [((900, 600), (850, 650)), ((2900, 100), (2950, 50))])
def test_fishers_test_of_a_large_trial_agrees_with_scipy(table: Table) -> None:
    exact = stats.fisher_exact(table).pvalue
    assert contingency.fisher(table) == pytest.approx(exact, rel=1e-6)  # scipy's rounding
    assert contingency.fisher_mid_p(table) < exact < contingency.fisher_doubled(table) * 1.1


def test_the_trend_test_of_two_columns_is_the_n_minus_1_test() -> None:
    table = ((9, 15), (2, 22))
    assert contingency.trend(table) == pytest.approx(contingency.n_minus_1(table))


def test_a_table_with_too_many_possible_tables_is_left_to_other_tests() -> None:
    row = tuple([40] * 8)
    assert contingency.fisher((row, row)) is None


@given(two_by_two)
def test_swapping_the_groups_changes_no_two_sided_test(table: Table) -> None:
    for name in contingency.TESTS:
        there, back = p_value(name, table), p_value(name, table[::-1])
        assert there == pytest.approx(back, abs=1e-9)


def paper_with(table: Table, p: str, method: str = "fisher", **identity: str) -> Paper:
    paper = Paper()
    paper.sizes(sum(table[0]), sum(table[1]))
    paper.count(table[0][0], "event")
    paper.count(table[1][0], "event", arm="old")
    paper.p(p, "event", method, **identity)
    return paper


def test_a_p_value_by_the_named_test_is_reproduced() -> None:
    (finding,) = paper_with(((9, 15), (2, 22)), "0.0363").findings(CHECK)
    assert finding.verdict is Verdict.REPRODUCED
    assert "9 of 24 against 2 of 24 gives 0.0363 by Fisher's exact" in finding.explanation


def test_a_p_value_by_another_usual_test_is_rounding_and_the_test_is_named() -> None:
    (finding,) = paper_with(((9, 15), (2, 22)), "0.0162").findings(CHECK)
    assert finding.verdict is Verdict.ROUNDING
    assert "Pearson" in finding.explanation
    assert "one side of 0.05" in finding.explanation


def test_a_choice_of_test_that_crosses_0_05_is_said() -> None:
    table = ((6, 18), (1, 23))
    (finding,) = paper_with(table, "0.041").findings(CHECK)
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "different sides of 0.05" in finding.explanation


def test_chi_squared_with_or_without_correction_or_fisher_all_pass_where_all_are_named() -> None:
    table = ((9, 15), (2, 22))
    for p in ("0.016", "0.039", "0.036"):
        assert paper_with(table, p, "chi2-or-fisher").verdicts(CHECK) == [Verdict.REPRODUCED]


def test_a_p_value_that_no_test_gives_is_discrepant() -> None:
    (finding,) = paper_with(((20, 47), (32, 61)), "0.760", "chi2-or-fisher").findings(CHECK)
    assert finding.verdict is Verdict.DISCREPANT
    assert "no usual test gives the printed value" in finding.explanation


def test_one_unit_in_the_third_decimal_is_rounding() -> None:
    (finding,) = paper_with(((3, 21), (1, 23)), "0.610").findings(CHECK)
    assert finding.verdict is Verdict.ROUNDING


def test_one_unit_in_the_second_decimal_is_not() -> None:
    assert paper_with(((9, 15), (2, 22)), "0.05").verdicts(CHECK) == [Verdict.DISCREPANT]


def test_a_variant_is_a_convention_only_where_the_report_keeps_to_it() -> None:
    paper = paper_with(((9, 15), (2, 22)), "0.020")  # mid-p
    assert paper.verdicts(CHECK) == [Verdict.ROUNDING]
    paper.count(5, "event", population="matched")
    paper.count(0, "event", arm="old", population="matched")
    for arm in paper.arms:
        paper.count(24, "participants", arm=arm, population="matched")
    paper.p("0.0496", "event", population="matched")
    assert paper.verdicts(CHECK) == [Verdict.IMPLAUSIBLE, Verdict.REPRODUCED]


def test_a_p_value_without_counts_is_not_checkable() -> None:
    paper = Paper()
    paper.p("0.03", "event")
    assert paper.verdicts(CHECK) == [Verdict.NOT_CHECKABLE]


def test_no_variation_is_printed_as_1() -> None:
    for p, verdict in (("1.000", Verdict.REPRODUCED), ("0.52", Verdict.DISCREPANT)):
        assert paper_with(((24, 0), (30, 0)), p).verdicts(CHECK) == [verdict]


def test_one_printed_level_of_a_variable_that_may_have_others_is_not_checkable() -> None:
    for exhaustive, verdict in ((False, Verdict.NOT_CHECKABLE), (True, Verdict.REPRODUCED)):
        kind = {"kind": "categorical", "levels": ["yes", "no"], "exhaustive": exhaustive}
        paper = Paper({"metastases": kind})
        paper.count(9, "metastases", category="yes")
        paper.count(2, "metastases", arm="old", category="yes")
        for arm in paper.arms:
            paper.count(24, "participants", arm=arm)
        paper.p("0.036", "metastases")
        assert paper.verdicts(CHECK) == [verdict]


def test_a_p_value_over_all_levels_uses_every_level() -> None:
    smoking = {"kind": "categorical", "levels": ["never", "now", "former"], "exhaustive": True}
    for p, verdict in (("0.835", Verdict.REPRODUCED), ("0.815", Verdict.ROUNDING)):
        paper = Paper({"smoking": smoking})
        for arm, counts in (("new", (6, 2, 16)), ("old", (7, 3, 14))):
            for level, count in zip(("never", "now", "former"), counts, strict=True):
                paper.count(count, "smoking", arm=arm, category=level)
        paper.p(p, "smoking")
        assert paper.verdicts(CHECK) == [verdict]


def test_a_p_value_between_levels_uses_the_counts_of_each_subgroup() -> None:
    paper = Paper(SEX)
    paper.count(24, "sex", category="f")
    paper.count(24, "sex", category="m")
    paper.count(9, "event", subgroup="sex=f")
    paper.count(2, "event", subgroup="sex=m")
    paper.p("0.036", "event", comparison="sex", arm_id="new")
    assert paper.verdicts(CHECK) == [Verdict.REPRODUCED]


def test_counts_may_come_from_percentages() -> None:
    paper = Paper()
    paper.sizes(24, 24)
    paper.percent("37.5", "event")
    paper.percent("8.3", "event", arm="old")
    paper.p("0.0363", "event")
    assert paper.verdicts(CHECK) == [Verdict.REPRODUCED]


def test_equal_counts_have_equal_p_values() -> None:
    kinds = {"rash": {"kind": "binary"}, "fever": {"kind": "binary"}}
    for p, verdict in (
        ("0.650", Verdict.DISCREPANT),
        ("0.610", Verdict.ROUNDING),
        ("0.609", Verdict.REPRODUCED),
    ):
        paper = Paper(kinds)
        paper.sizes(24, 24)
        for event in kinds:
            paper.count(3, event)
            paper.count(1, event, arm="old")
        paper.p("0.609", "rash")
        paper.p(p, "fever")
        (finding,) = paper.findings("same-counts-same-p")
        assert (finding.verdict, finding.reported) == (verdict, f"p {p}")


NAMES = {
    "fisher": ("Fisher's exact",),
    "chi2": ("Pearson's chi-squared", "chi-squared with Yates's correction"),
    "chi2-or-fisher": ("Pearson's chi-squared", "Fisher's exact"),
    "": ("Pearson's chi-squared", "Fisher's exact", "Fisher's exact, mid-p"),
}


@given(
    two_by_two,
    st.sampled_from(sorted(NAMES)),
    st.integers(2, 4),
    st.sampled_from(ROUNDINGS),
    st.data(),
)
def test_a_rounded_p_value_is_never_accused(
    table: Table, method: str, decimals: int, rounding: str, data
) -> None:
    name = data.draw(st.sampled_from(NAMES[method]))
    p = p_value(name, table)
    text = f"{printed_as(Fraction(p), decimals, rounding):f}"
    small = f"<{10.0**-decimals:.{decimals}f}"
    printed = small if float(text) == 0 else text
    assert not above_rounding(paper_with(table, printed, method).findings())


@pytest.mark.slow
@given(two_by_four, st.sampled_from(ROUNDINGS))
def test_a_rounded_p_value_over_four_levels_is_never_accused(table: Table, rounding: str) -> None:
    levels = ["a", "b", "c", "d"]
    paper = Paper({"group": {"kind": "categorical", "levels": levels, "exhaustive": True}})
    for arm, row in zip(paper.arms, table, strict=True):
        paper.count(sum(row), "participants", arm=arm)
        for level, count in zip(levels, row, strict=True):
            paper.count(count, "group", arm=arm, category=level)
    p = contingency.fisher(table)
    paper.p(f"{printed_as(Fraction(p), 3, rounding):f}", "group")
    assert not above_rounding(paper.findings())
