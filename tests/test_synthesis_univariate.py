"""Common and random effects against pinned results, direct formulas and algebra."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, norm
from scipy.stats import t as student

from livingreview_pool import binomial_normal, common_effect, random_effects, random_effects_batch
from livingreview_pool.effects import Effect
from livingreview_pool.univariate import NO_PREDICTION, PREDICTIONS
from reference_cases import CLOSED, SOLVED, assert_close, cases, data_sets

SETS = ("bcg", "hackshaw", "nielweise", "pritz", "debruin", "yusuf")
ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
INTERVALS = ("z", "knha", "adhoc")
DATA = data_sets()
PINNED = {(case["set"], case["estimator"], case["interval"]): case for case in cases("univariate")}
FROM_THE_SOLVER = {"reml", "ml", "pm", "eb"}


def test_the_pinned_grid_is_the_full_grid():
    random = set(product(SETS, ESTIMATORS, INTERVALS))
    assert set(PINNED) == random | {(name, "common", "z") for name in SETS}
    assert set(DATA) == set(SETS)


@pytest.mark.parametrize("name", SETS)
def test_common_effect_gives_the_pinned_result(name):
    expected = PINNED[name, "common", "z"]["expected"]
    result = common_effect(*DATA[name])
    assert result.k == expected.pop("k")
    assert len(expected) == 10
    for field, value in expected.items():
        assert_close(getattr(result, field), value, CLOSED, f"{name} {field}")


@pytest.mark.parametrize(
    ("name", "estimator", "interval"), list(product(SETS, ESTIMATORS, INTERVALS))
)
def test_random_effects_give_the_pinned_result(name, estimator, interval):
    expected = dict(PINNED[name, estimator, interval]["expected"])
    prediction = "z" if interval == "z" else "k-1"
    result = random_effects(
        *DATA[name], tau2_estimator=estimator, interval=interval, prediction=prediction
    )
    assert result.k == expected.pop("k")
    assert len(expected) == 17
    for field, value in expected.items():
        closed = estimator not in FROM_THE_SOLVER and field not in PROFILE
        tolerance = CLOSED if closed else SOLVED
        assert_close(getattr(result, field), value, tolerance, f"{name} {field}")


PROFILE = {"tau2_lower", "tau2_upper", "i2_lower", "i2_upper"}


def restricted_likelihood(tau2, yi, vi):
    information = np.sum(1 / (vi + np.expand_dims(tau2, -1)), axis=-1)
    return full_likelihood(tau2, yi, vi) - 0.5 * np.log(information)


def full_likelihood(tau2, yi, vi):
    w = 1 / (vi + np.expand_dims(tau2, -1))
    mean = np.sum(w * yi, axis=-1, keepdims=True) / np.sum(w, axis=-1, keepdims=True)
    return 0.5 * np.sum(np.log(w) - w * (yi - mean) ** 2, axis=-1)


def generalised_q(tau2, yi, vi):
    w = 1 / (vi + tau2)
    return np.sum(w * (yi - np.sum(w * yi) / w.sum()) ** 2)


TWO_MODES = (  # one precise study far from two groups: the likelihood rises twice
    np.array([0.0, 0.05, 6.0, -6.0, 5.5, -5.0]),
    np.array([1e-6, 1e-6, 9.0, 9.0, 9.0, 9.0]),
)
HARD = {
    "two modes": TWO_MODES,
    "huge units": (np.array([1e8, 3e8, 2e8, 5e8]), np.array([1e14, 4e15, 2e15, 1e15])),
    "tiny units": (np.array([1e-8, 3e-8, 2e-8, 5e-8]), np.array([1e-18, 4e-17, 2e-17, 1e-17])),
    "far from zero": (1e6 + np.array([0.1, 0.9, -0.4, 0.3]), np.array([0.01, 0.02, 0.05, 0.01])),
    "enormous heterogeneity": (np.array([-1e5, 0, 2e5, 7e4]), np.array([1e-3, 1e-2, 1.0, 1e-4])),
    "two studies": (np.array([-1.0, 1.0]), np.array([0.1, 0.2])),
    "three studies": (np.array([-1.0, 1.0, 0.3]), np.array([0.1, 0.2, 0.01])),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("estimator", ["reml", "ml"])
def test_no_other_tau2_is_likelier_in_hard_cases(name, estimator):
    yi, vi = HARD[name]
    yi = yi - yi[0]
    likelihood = restricted_likelihood if estimator == "reml" else full_likelihood
    found = random_effects(*HARD[name], tau2_estimator=estimator).tau2
    grid = np.append(0, np.geomspace(vi.min() * 1e-6, np.ptp(yi) ** 2 * 10, 20001))
    values = likelihood(grid, yi, vi)
    best = int(np.argmax(values))
    if best == 0:
        assert found == 0
        return
    polished = minimize_scalar(
        lambda tau2: -likelihood(tau2, yi, vi),
        bounds=(grid[best - 1], grid[best + 1]),
        method="bounded",
        options={"xatol": 1e-10 * grid[best]},
    ).x
    assert found == pytest.approx(polished, rel=1e-5)  # a minimiser sees half of the digits
    step = 1e-4 * found

    def slope(tau2):
        return likelihood(tau2 + step, yi, vi) - likelihood(tau2 - step, yi, vi)

    assert slope(found * (1 - 1e-3)) > 0 > slope(found * (1 + 1e-3))
    assert likelihood(found, yi, vi) >= values.max() - 1e-12


def test_a_likelihood_with_two_modes_is_met_by_the_hard_case():
    yi, vi = TWO_MODES
    grid = np.geomspace(1e-8, 100, 4000)
    values = restricted_likelihood(grid, yi, vi)
    rises = np.sign(np.diff(values))
    assert np.count_nonzero((rises[:-1] > 0) & (rises[1:] < 0)) == 2


@pytest.mark.parametrize("name", [*HARD, *SETS])
def test_paule_mandel_and_the_q_profile_solve_their_equations(name):
    yi, vi = HARD.get(name) or DATA[name]
    result = random_effects(yi, vi, tau2_estimator="pm")
    centred, df = yi - yi[0], len(yi) - 1
    targets = {"tau2": df, "tau2_lower": chi2.ppf(0.975, df), "tau2_upper": chi2.ppf(0.025, df)}
    top = np.ptp(yi) ** 2 * len(yi) / min(targets.values())
    for field, target in targets.items():
        if generalised_q(0, centred, vi) <= target:
            assert getattr(result, field) == 0
            continue
        root = brentq(
            lambda tau2, goal=target: generalised_q(tau2, centred, vi) - goal,
            0,
            top,
            xtol=1e-300,
            rtol=1e-14,
            maxiter=2000,
        )
        assert getattr(result, field) == pytest.approx(root, rel=1e-9), field


def test_one_study_is_returned_with_its_normal_interval_and_a_note():
    for result in (common_effect([0.3], [0.04]), random_effects([0.3], [0.04])):
        assert (result.mean, result.tau2, result.q, result.q_df) == (0.3, 0.0, 0.0, 0)
        assert result.se == pytest.approx(0.2, rel=1e-15)
        assert result.ci_upper == pytest.approx(0.3 + 0.2 * norm.ppf(0.975), rel=1e-14)
        assert np.isnan(result.pi_lower)
        assert any(note.startswith("one study") for note in result.notes)


def test_two_studies_get_a_normal_interval_unless_knapp_hartung_is_named():
    yi, vi = [0.1, 0.9], [0.04, 0.09]
    assert random_effects(yi, vi).interval == "z"
    assert np.isnan(random_effects(yi, vi).pi_lower)
    named = random_effects(yi, vi, interval="knha")
    assert named.interval == "knha"
    assert named.df == 1
    assert any("one degree of freedom" in note for note in named.notes)


def test_three_studies_get_knapp_hartung_and_a_prediction_interval():
    result = random_effects([0.1, 0.9, 0.2], [0.04, 0.09, 0.05])
    assert result.interval == "knha"
    reach = student.ppf(0.975, 2) * np.sqrt(result.tau2 + result.se**2)
    assert result.pi_upper == pytest.approx(result.mean + reach, rel=1e-13)
    assert "k - 1" in result.prediction_convention


def test_the_prediction_interval_follows_the_named_convention():
    yi, vi = DATA["bcg"]
    for convention, quantile in {
        "k-1": student.ppf(0.975, 12),
        "k-2": student.ppf(0.975, 11),
        "z": norm.ppf(0.975),
    }.items():
        result = random_effects(yi, vi, prediction=convention)
        reach = quantile * np.sqrt(result.tau2 + result.se**2)
        assert result.pi_lower == pytest.approx(result.mean - reach, rel=1e-12)
    assert np.isnan(random_effects(yi[:2], vi[:2], prediction="k-2").pi_lower)
    assert np.isfinite(random_effects(yi[:2], vi[:2], prediction="z").pi_lower)


@pytest.mark.parametrize("prediction", [None, *PREDICTIONS])
def test_one_study_has_no_prediction_interval_whatever_is_named(prediction):
    for result in (
        random_effects([0.3], [0.04], prediction=prediction),
        random_effects_batch([[0.3]], [[0.04]], prediction=prediction),
        binomial_normal([7], [9], prediction=prediction),
    ):
        assert np.isnan([result.pi_lower, result.pi_upper]).all()
        assert result.prediction_convention == NO_PREDICTION


def test_identical_effects_give_no_heterogeneity_and_say_so():
    for estimator in set(ESTIMATORS):
        result = random_effects([0.2] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], tau2_estimator=estimator)
        assert (result.q, result.tau2, result.i2) == (0, 0, 0)
        assert result.mean == 0.2
        assert any("below the normal one" in note for note in result.notes)
        assert any("no proof of homogeneity" in note for note in result.notes)


def test_weights_are_percentages_and_fall_with_the_variance():
    for result in (common_effect(*DATA["bcg"]), random_effects(*DATA["bcg"])):
        assert sum(result.weights) == pytest.approx(100)
        order = np.argsort(DATA["bcg"][1])
        assert np.all(np.diff(np.array(result.weights)[order]) < 0)


@pytest.mark.slow
def test_a_batch_gives_the_same_as_single_fits():
    generator = np.random.default_rng(20240501)
    vi = generator.uniform(0.01, 1, (40, 6))
    yi = generator.normal(0, np.sqrt(vi + generator.choice([0, 0.5, 20], (40, 1))))
    for estimator, interval in product(ESTIMATORS, INTERVALS):
        batch = random_effects_batch(yi, vi, tau2_estimator=estimator, interval=interval)
        for row in range(40):
            single = random_effects(yi[row], vi[row], tau2_estimator=estimator, interval=interval)
            weights = [of_study[row] for of_study in batch.weights]
            assert_close(weights, single.weights, 1e-11, f"{estimator} weights")
            for field in ("mean", "se", "tau2", "tau2_upper", "i2", "q_pval", "pi_lower", "pval"):
                assert_close(
                    getattr(batch, field)[row],
                    getattr(single, field),
                    1e-11,
                    f"{estimator} {field}",
                )


def test_effects_and_arrays_give_the_same_result():
    yi, vi = DATA["bcg"]
    effects = [Effect(f"S{i}", y, v, "log_rr") for i, (y, v) in enumerate(zip(yi, vi, strict=True))]
    from_effects, from_arrays = random_effects(effects), random_effects(yi, vi)
    assert from_effects.mean == from_arrays.mean
    assert from_effects.measure == "log_rr"
    assert from_effects.studies[0] == "S0"


@pytest.mark.parametrize(
    "container",
    [
        lambda values: np.array(values, dtype=object),
        lambda values: pd.Series(values, index=range(5, 5 + len(values))),
        lambda values: np.ma.array(values, mask=False),
        tuple,
    ],
)
def test_numbers_may_come_in_any_container(container):
    yi, vi = [0.1, 0.9, -0.4], [0.04, 0.02, 0.05]
    assert random_effects(container(yi), container(vi)) == random_effects(yi, vi)
    effects = [Effect("A", 0.1, 0.04, "md"), Effect("B", 0.9, 0.02, "md")]
    if not np.ma.isMaskedArray(container(yi)):
        assert random_effects(container(effects)).mean == random_effects(effects).mean


def test_a_masked_row_of_a_batch_is_refused():
    rows = [np.ma.array([0.1, 0.2], mask=[0, 1]), [0.3, 0.4]]
    with pytest.raises(ValueError, match="yi: need numbers, found masked values"):
        random_effects_batch(rows, np.ones((2, 2)))


def result_or_reason(yi, vi, estimator):
    try:
        return random_effects(yi, vi, tau2_estimator=estimator), ""
    except ValueError as error:
        return None, str(error)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data(), k=st.integers(1, 6), estimator=st.sampled_from(ESTIMATORS))
def test_whatever_numbers_come_in_a_finite_result_or_a_reason_comes_out(data, k, estimator):
    number = st.floats(allow_nan=True, allow_infinity=True)
    yi = data.draw(st.lists(number, min_size=k, max_size=k))
    vi = data.draw(st.lists(number.map(abs), min_size=k, max_size=k))
    result, reason = result_or_reason(yi, vi, estimator)
    if result is None:
        assert re.match(r"[yv]i\[\d\]: need .* found", reason)
    else:
        assert np.isfinite([result.mean, result.se, result.tau2, result.q, result.i2]).all()


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data(), k=st.integers(2, 6), estimator=st.sampled_from(ESTIMATORS))
def test_every_accepted_size_of_numbers_gives_a_finite_result(data, k, estimator):
    unit = data.draw(st.floats(-50, 40))
    exponents = data.draw(st.lists(st.floats(0, 10), min_size=k, max_size=k))
    sizes = data.draw(st.lists(st.floats(-25, 25), min_size=k, max_size=k))
    vi = 10 ** (unit + np.array(exponents))
    yi = 10 ** np.array(sizes) * np.tile([1, -1], k)[:k]
    assume((vi <= 1e10 * vi.min()).all() and vi.min() >= 1e-50 and vi.max() <= 1e50)
    result = random_effects(yi, vi, tau2_estimator=estimator)
    numbers = [result.mean, result.se, result.tau2, result.tau2_upper, result.q, result.i2]
    assert np.isfinite(numbers).all()
    assert result.tau2 >= 0


def test_adjusted_and_unadjusted_estimates_are_never_mixed_unmarked():
    effects = [
        Effect("A", 0.1, 0.04, "log_hr", adjustment="multivariable"),
        Effect("B", 0.3, 0.04, "log_hr"),
    ]
    expected = "estimates of different adjustment are pooled: multivariable, not stated"
    assert expected in common_effect(effects).notes
    assert expected in random_effects(effects).notes


@pytest.mark.parametrize("pool", [common_effect, random_effects])
@pytest.mark.parametrize(
    ("yi", "vi", "message"),
    [
        ([0.1, np.nan], [1, 1], r"yi\[1\]: need a finite estimate, found nan"),
        ([np.inf, 0.1], [1, 1], r"yi\[0\]: need a finite estimate, found inf"),
        ([0.1, 0.2], [1, -2], r"vi\[1\]: need a positive finite variance, found -2"),
        ([0.1, 0.2], [0, 1], r"vi\[0\]: need a positive finite variance, found 0"),
        ([0.1, 0.2], [1, np.inf], r"vi\[1\]: need a positive finite variance, found inf"),
        ([0.1, 0.2], [1], r"found shapes \(2,\) and \(1,\)"),
        ([], [], "need at least one estimate, found k = 0"),
        ([], None, "found k = 0"),
        ([0.1], None, r"effects\[0\]: need an Effect \(or give vi too\), found 0.1"),
        (["a"], [1], r"yi\[0\]: need a number, found 'a'"),
        ([1, "b"], [1, 1], r"yi\[1\]: need a number, found 'b'"),
        ("ab", [1, 1], "yi: need a number, found 'ab'"),
        ([Effect("A", 0.1, 1.0, "md")], [1], "found effects; pass effects without vi"),
        ([0.1, 1e200], [1, 1], r"yi\[1\]: need an estimate within 1e\+25; .* found 1e\+200"),
        ([1e200, -1e200], [1, 1], r"yi\[0\]: need an estimate within 1e\+25"),
        ([0.1, 0.2], [1, 5e-324], r"vi\[1\]: need a variance from 1e-50 .* found 4.9\d+e-324"),
        ([0.1, 0.2], [1e300, 1], r"vi\[0\]: need a variance from 1e-50 to 1e\+50"),
        ([0.1, 0.2], [1, 1e11], r"vi\[1\]: need at most 1e\+10 times the smallest .* 1e\+11"),
        (["1", "2"], [1, 1], r"yi\[0\]: need a number, found '1'"),
        ([0.1, None], [1, 1], r"yi\[1\]: need a number, found None"),
        ([0.1, 10**400], [1, 1], r"yi: need a number, found \[0.1, 1000"),
        ([[1], [2, 3]], [1, 1], r"yi\[0\]: need a number, found \[1\]"),
        ([0.1, 0.2], np.array([True, True]), r"vi\[0\]: need a number, found np.True_"),
        (np.array(["2020", "2021"], "datetime64[Y]"), [1, 1], r"yi\[0\]: need a number, found"),
        (np.array([1, 2], "timedelta64[D]"), [1, 1], r"yi\[0\]: need a number, found"),
        (np.array([1j, 2]), [1, 1], r"yi\[0\]: need a number, found np.complex128"),
        (np.ma.array([1, 2], mask=[0, 1]), [1, 1], "yi: need numbers, found masked values in"),
        ([0.1, 0.2], [1, np.ma.masked], "vi: need numbers, found masked values in"),
        (3, None, "found k = 0"),
    ],
)
def test_bad_input_is_refused_by_argument_place_and_value(pool, yi, vi, message):
    with pytest.raises(ValueError, match=message):
        pool(yi, vi)


def test_a_bad_batch_is_refused_by_row_and_column():
    with pytest.raises(ValueError, match=r"vi\[1, 0\]: need a positive finite variance, found -1"):
        random_effects_batch([[0, 1], [1, 2]], [[1, 1], [-1, 1]])
    with pytest.raises(ValueError, match=r"shape \(data sets, k\)"):
        random_effects_batch([0, 1], [1, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tau2_estimator": "REML"}, "tau2_estimator: need one of reml, .*found 'REML'"),
        ({"interval": "hk"}, "interval: need one of z, knha, adhoc, found 'hk'"),
        ({"prediction": "t"}, "prediction: need one of k-1, k-2, z, found 't'"),
        ({"level": 95}, "level: need a number between 0 and 1, found 95"),
        ({"level": "0.95"}, "level: need a number between 0 and 1, found '0.95'"),
    ],
)
def test_unknown_options_are_refused_with_the_known_ones(options, message):
    with pytest.raises(ValueError, match=message):
        random_effects([0.1, 0.2, 0.4], [1, 1, 1], **options)


@st.composite
def estimates(draw, smallest=2):
    k = draw(st.integers(smallest, 12))
    yi = draw(arrays(float, k, elements=st.floats(-20, 20, allow_subnormal=False)))
    vi = draw(arrays(float, k, elements=st.floats(1e-4, 50)))
    return yi, vi


@settings(deadline=None)
@given(estimates(), st.sampled_from(ESTIMATORS), st.randoms(use_true_random=False))
def test_the_order_of_studies_is_irrelevant(data, estimator, random):
    yi, vi = data
    order = list(range(len(yi)))
    random.shuffle(order)
    first = random_effects(yi, vi, tau2_estimator=estimator)
    second = random_effects(yi[order], vi[order], tau2_estimator=estimator)
    scale = np.ptp(yi) + np.sqrt(vi.max())
    assert second.mean == pytest.approx(first.mean, abs=1e-9 * scale)
    assert second.tau2 == pytest.approx(first.tau2, rel=1e-7, abs=1e-10 * scale**2)


@settings(deadline=None)
@given(estimates(), st.sampled_from(ESTIMATORS))
def test_tau2_is_never_negative_and_the_mean_lies_within_the_effects(data, estimator):
    yi, vi = data
    result = random_effects(yi, vi, tau2_estimator=estimator)
    assert result.tau2 >= 0
    assert 0 <= result.tau2_lower <= result.tau2_upper
    assert 0 <= result.i2 < 100 + 1e-9
    slack = 1e-9 * (1 + np.abs(yi).max())
    assert yi.min() - slack <= result.mean <= yi.max() + slack


@settings(deadline=None)
@given(estimates(), st.sampled_from(ESTIMATORS))
def test_results_are_equivariant_under_a_change_of_units(data, estimator):
    yi, vi = data
    unit = 1024.0  # a power of two: scaling adds no rounding
    plain = random_effects(yi, vi, tau2_estimator=estimator)
    scaled = random_effects(yi * unit, vi * unit**2, tau2_estimator=estimator)
    size = np.ptp(yi) + np.sqrt(vi.max())
    assert scaled.mean == pytest.approx(plain.mean * unit, abs=1e-9 * size * unit)
    assert scaled.tau2 == pytest.approx(
        plain.tau2 * unit**2, rel=1e-7, abs=1e-10 * size**2 * unit**2
    )


@settings(deadline=None)
@given(estimates(), st.sampled_from(ESTIMATORS))
def test_turning_all_effects_round_flips_the_mean_and_keeps_the_rest(data, estimator):
    yi, vi = data
    plain = random_effects(yi, vi, tau2_estimator=estimator)
    turned = random_effects(-yi, vi, tau2_estimator=estimator)
    assert (turned.mean, turned.se, turned.tau2) == (-plain.mean, plain.se, plain.tau2)


@given(st.floats(-50, 50, allow_subnormal=False), st.integers(2, 9))
def test_equal_effects_give_q_of_zero(value, k):
    assert random_effects(np.full(k, value), np.linspace(0.1, 2, k)).q == 0


def test_rounding_alone_does_not_make_a_standard_error_narrow():
    generator = np.random.default_rng(4)  # Paule-Mandel sets the residual variance to 1
    for yi, vi in zip(
        generator.normal(0, 2, (50, 9)), generator.uniform(0.1, 1, (50, 9)), strict=True
    ):
        result = random_effects(yi, vi, tau2_estimator="pm", interval="knha")
        assert result.tau2 > 0
        assert result.notes == ()
