"""Meta-regression and subgroups against pinned results and plain linear algebra."""

from fractions import Fraction
from itertools import product
from operator import mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview_pool import common_effect, meta_regression, random_effects, subgroups
from livingreview_pool.effects import Effect
from reference_cases import CLOSED, SOLVED, assert_close, cases, data_sets, numbers

ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
INTERVALS = ("z", "knha", "adhoc")
DESIGNS = (("bcg", "~ ablat"), ("bcg", "~ ablat + year"), ("debruin", "~ scq"))
DATA = data_sets()
PINNED = {
    (case["set"], case["formula"], case["estimator"], case["interval"]): case
    for case in cases("regression")
}
NAMES = {"tau2": "tau2", "i2": "i2", "h2": "h2", "qe": "q", "qe_pval": "q_pval"}
NAMES |= {"qm": "qm", "qm_pval": "qm_pval", "r2": "r2"}
ROWS = {"coefficients": "estimate", "se": "se", "statistic": "statistic", "pval": "pval"}
ROWS |= {"ci_lower": "ci_lower", "ci_upper": "ci_upper"}
STEEPEST = ("bcg", "~ ablat + year", "dl", "z")
EXACT = 1e-11  # of a standard error: double precision at the condition of the design
STEEP = 2e-7  # the year (about 1950) is hardly centred: the reference itself loses digits there


def test_the_pinned_grid_is_the_full_grid():
    grid = {(*design, *rest) for design, *rest in product(DESIGNS, ESTIMATORS, INTERVALS)}
    assert set(PINNED) == grid


@pytest.mark.parametrize("key", sorted(PINNED), ids=" ".join)
def test_a_regression_gives_the_pinned_result(key):
    name, _, estimator, interval = key
    case = PINNED[key]
    moderators = {column: numbers(values) for column, values in case["moderators"].items()}
    fit = meta_regression(
        *DATA[name], moderators=moderators, tau2_estimator=estimator, interval=interval
    )
    expected = case["expected"]
    assert set(expected) == set(NAMES) | set(ROWS)
    closed = estimator in {"dl", "he", "sj"} and "year" not in moderators
    tolerance = CLOSED * 10 if closed else STEEP if "year" in moderators else SOLVED
    for theirs, ours in NAMES.items():
        assert_close(getattr(fit, ours), expected[theirs], tolerance, f"{key} {ours}")
    for theirs, ours in ROWS.items():
        found = [getattr(coefficient, ours) for coefficient in fit.coefficients]
        assert_close(found, expected[theirs], tolerance, f"{key} {ours}")
    assert [c.name for c in fit.coefficients] == ["intercept", *moderators]


def weighted_least_squares(yi, vi, tau2, design):
    """Solve the textbook equations with full matrices."""
    weights = np.diag(1 / (vi + tau2))
    covariance = np.linalg.inv(design.T @ weights @ design)
    return covariance @ design.T @ weights @ yi, covariance


def exact_least_squares(yi, vi, columns):
    """Solve the normal equations in rational numbers: no rounding at all."""
    y, w = [Fraction(value) for value in yi], [1 / Fraction(value) for value in vi]
    x = [[Fraction(1)] * len(y), *([Fraction(value) for value in column] for column in columns)]
    rows = [
        [sum(map(mul, map(mul, w, one), other)) for other in (*x, y)]
        + [Fraction(int(one is other)) for other in x]
        for one in x
    ]
    for place, pivot in enumerate(rows):
        pivot[:] = [value / pivot[place] for value in pivot]
        for row in rows:
            if row is not pivot:
                row[:] = [value - row[place] * own for value, own in zip(row, pivot, strict=True)]
    p = len(x)
    beta = [row[p] for row in rows]
    return beta, [float(row[p + 1 + place]) ** 0.5 for place, row in enumerate(rows)]


@pytest.mark.parametrize("offset", [0.0, 1024.0])
def test_coefficients_are_exact_although_a_year_is_far_from_zero(offset):
    columns = [numbers(values) for values in PINNED[STEEPEST]["moderators"].values()]
    yi, vi = DATA["bcg"]
    yi = np.round(yi * 2**20) / 2**20 + offset
    fit = meta_regression(
        yi,
        vi,
        moderators=dict(zip("xy", columns, strict=True)),
        tau2_estimator="common",
        interval="z",
    )
    beta, errors = exact_least_squares(yi, vi, columns)
    for found, exact, se in zip(fit.coefficients, beta, errors, strict=True):
        assert float(Fraction(found.estimate) - exact) == pytest.approx(0, abs=se * EXACT)
        assert found.se == pytest.approx(se, rel=EXACT)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(-5, 5), st.floats(0.05, 4), st.integers(-10, 10)),
        min_size=4,
        max_size=12,
    ).filter(lambda rows: len({row[2] for row in rows}) > 2),
    st.sampled_from(ESTIMATORS),
)
def test_given_tau2_the_coefficients_are_weighted_least_squares(rows, estimator):
    yi, vi, x = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    fit = meta_regression(yi, vi, moderators={"x": x}, tau2_estimator=estimator, interval="z")
    design = np.column_stack([np.ones_like(x), x])
    beta, covariance = weighted_least_squares(yi, vi, fit.tau2, design)
    np.testing.assert_allclose([c.estimate for c in fit.coefficients], beta, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(
        [c.se for c in fit.coefficients], np.sqrt(np.diag(covariance)), rtol=1e-9
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.05, 4)), min_size=5, max_size=10),
    st.sampled_from(ESTIMATORS),
    st.floats(-100, 100),
    st.floats(0.01, 100),
)
def test_the_units_of_a_moderator_are_irrelevant(rows, estimator, shift, unit):
    yi, vi = (np.array(column) for column in zip(*rows, strict=True))
    x = np.arange(len(yi)) ** 1.5
    options = {"tau2_estimator": estimator, "interval": "z"}
    plain = meta_regression(yi, vi, moderators={"x": x}, **options)
    moved = meta_regression(yi, vi, moderators={"x": shift + unit * x}, **options)
    assert moved.tau2 == pytest.approx(plain.tau2, rel=1e-6, abs=1e-8)
    assert moved.qm == pytest.approx(plain.qm, rel=1e-5, abs=1e-7)
    assert moved.coefficients[1].estimate * unit == pytest.approx(
        plain.coefficients[1].estimate, rel=1e-5, abs=1e-7
    )


def test_without_residual_heterogeneity_the_common_regression_uses_plain_weights():
    yi, vi = DATA["bcg"]
    x = np.arange(13.0)
    fit = meta_regression(yi, vi, moderators={"x": x}, tau2_estimator="common", interval="z")
    beta, _ = weighted_least_squares(yi, vi, 0.0, np.column_stack([np.ones(13), x]))
    assert_close([c.estimate for c in fit.coefficients], beta, CLOSED, "common")
    assert fit.tau2 == 0
    assert np.isnan(fit.r2)


def test_effects_without_any_spread_leave_the_knapp_hartung_test_undefined():
    fit = meta_regression([0.0] * 5, [1.0] * 5, moderators={"x": [1, 2, 3, 4, 6]})
    assert fit.tau2 == 0
    assert np.isnan(fit.qm)
    assert [c.estimate for c in fit.coefficients] == [0, 0]
    assert any("the effects lie on one line" in note for note in fit.notes)


@pytest.mark.parametrize("interval", INTERVALS)
def test_effects_on_one_line_are_noted_where_their_scatter_is_the_yardstick(interval):
    x = np.array([1.0, 2.0, 3.0, 4.0, 7.0])
    fit = meta_regression(0.3 + 0.7 * x, x, moderators={"x": x}, interval=interval)
    on_line = any("the effects lie on one line" in note for note in fit.notes)
    assert on_line == (interval == "knha")
    assert (fit.coefficients[1].se == 0) == (interval == "knha")
    assert fit.coefficients[1].estimate == pytest.approx(0.7, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_a_moderator_in_extreme_units_keeps_its_test(unit):
    yi, vi = DATA["bcg"]
    x = np.arange(13.0)
    plain = meta_regression(yi, vi, moderators={"x": x}).coefficients[1]
    scaled = meta_regression(yi, vi, moderators={"x": x * unit}).coefficients[1]
    assert scaled.se * unit == pytest.approx(plain.se, rel=1e-12)
    assert scaled.pval == pytest.approx(plain.pval, rel=1e-12)


def test_few_studies_per_moderator_are_noted():
    yi, vi = DATA["bcg"]
    one = meta_regression(yi, vi, moderators={"x": np.arange(13)})
    two = meta_regression(yi, vi, moderators={"x": np.arange(13), "y": np.arange(13) ** 2})
    assert not one.notes
    assert any("13 studies for 2 moderator(s)" in note for note in two.notes)


@pytest.mark.parametrize(
    ("moderators", "message"),
    [
        ({}, "moderators: need names with their values, found {}"),
        ([1, 2, 3, 5], r"moderators: need names with their values, found \[1, 2, 3, 5\]"),
        ({"x": ["low", 2, 3, 4]}, r"moderators\['x'\]\[0\]: need a number, found 'low'"),
        ({"x": [1, 2]}, r"moderators\['x'\]: need 4 values, found shape \(2,\)"),
        ({"x": [1, 2, np.nan, 4]}, r"moderators\['x'\]\[2\]: need a finite number, found nan"),
        ({"x": [5, 5, 5, 5]}, "moderators: x: one is constant or repeats others"),
        ({"x": [1, 2, 3, 4], "y": [3, 5, 7, 9]}, "x, y: one is constant or repeats others"),
        (
            {"x": [1, 2, 3, 5], "y": [3, 5, 7, 1], "z": [0, 0, 1, 0]},
            "need more studies than coefficients, found 4 and 4",
        ),
    ],
)
def test_bad_moderators_are_refused_by_name_place_and_value(moderators, message):
    with pytest.raises(ValueError, match=message):
        meta_regression([0.1, 0.2, 0.4, 0.5], [1.0] * 4, moderators=moderators)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tau2_estimator": "none"}, "tau2_estimator: need one of .*common, found 'none'"),
        ({"interval": "t"}, "interval: need one of z, knha, adhoc, found 't'"),
        ({"level": 0}, "level: need a number between 0 and 1, found 0"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        meta_regression([0.1, 0.2, 0.4], [1.0] * 3, moderators={"x": [1, 2, 4]}, **options)


def effects():
    yi, vi = DATA["bcg"]
    return [Effect(f"S{i}", y, v, "log_rr") for i, (y, v) in enumerate(zip(yi, vi, strict=True))]


def test_each_subgroup_is_pooled_alone_and_the_difference_tested():
    groups = ["a"] * 5 + ["b"] * 4 + ["c"] * 4
    result = subgroups(effects(), groups)
    assert list(result.groups) == ["a", "b", "c"]
    assert result.groups["a"].mean == random_effects(effects()[:5]).mean
    assert result.groups["a"].interval == "knha"
    means = [random_effects(effects()[s]).mean for s in (slice(5), slice(5, 9), slice(9, 13))]
    errors = [
        random_effects(effects()[s], interval="z").se for s in (slice(5), slice(5, 9), slice(9, 13))
    ]
    between = common_effect(means, np.square(errors))
    assert result.q_between == pytest.approx(between.q, rel=1e-12)
    assert (result.q_df, result.q_pval) == (2, pytest.approx(between.q_pval, rel=1e-10))


def test_a_subgroup_of_two_studies_is_noted_and_gets_no_knapp_hartung():
    result = subgroups(effects(), ["a"] * 11 + ["b"] * 2)
    assert result.groups["b"].interval == "z"
    assert any("fewer than three studies in b" in note for note in result.notes)


def test_subgroups_need_one_name_per_effect_and_two_groups():
    with pytest.raises(ValueError, match="by: need 13, one per study, found 2"):
        subgroups(effects(), ["a", "b"])
    with pytest.raises(ValueError, match=r"by: need at least two subgroups, found \['a'\]"):
        subgroups(effects(), ["a"] * 13)
    with pytest.raises(ValueError, match=r"by\[2\]: need the name of a subgroup, found nan"):
        subgroups(effects(), ["a", "b", float("nan")] + ["a"] * 10)
    with pytest.raises(ValueError, match="by: need a list, found 'abbbbbbbbbbbb'"):
        subgroups(effects(), "abbbbbbbbbbbb")


def test_without_residual_tau2_the_heterogeneity_is_measured_by_q():
    fit = meta_regression(
        [1.0, 5.0, 2.0, 9.0],
        [0.1] * 4,
        moderators={"x": [0, 1, 2, 3]},
        tau2_estimator="common",
        interval="z",
    )
    assert (fit.q, fit.q_df) == (pytest.approx(167.0), 2)
    assert fit.h2 == pytest.approx(83.5)  # metafor 3.8.1, rma(method = "FE")
    assert fit.i2 == pytest.approx(100 * 165 / 167)
