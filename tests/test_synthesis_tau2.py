"""The one solver: no mode is missed, both forms of the model agree, failure is loud."""

import numpy as np
import pytest

from livingreview_pool import asymmetry, binomial_normal, glmm, tau2, trim_and_fill
from livingreview_pool.models import DesignModel, MeanBatch, MeanModel, scaled
from livingreview_pool.tau2 import ESTIMATORS, estimate_tau2, estimate_tau2_batch, q_root
from reference_cases import data_sets

FLAT = 1e-9  # two modes of the same height within this are equally good


def hostile_data(generator, count, k):
    """Variances over fifteen powers of e and effects to match: many have two modes."""
    vi = np.exp(generator.uniform(-8, 8, (count, k)))
    spread = np.exp(generator.uniform(-5, 5, (count, k)))
    return generator.normal(0, 1, (count, k)) * spread, vi


def hostile_batch(seed, count, k):
    y, v, _ = scaled(*hostile_data(np.random.default_rng(seed), count, k))
    return MeanBatch(y, v), [MeanModel(*row) for row in zip(y, v, strict=True)]


def log_likelihoods(tau2, y, v, *, restricted):
    """Directly, for tau2 of shape (data sets, values)."""
    w = 1 / (v[:, None, :] + tau2[:, :, None])
    mean = (w @ y[:, :, None]) / w.sum(-1, keepdims=True)
    value = np.log(w).sum(-1) - (w * (y[:, None, :] - mean) ** 2).sum(-1)
    return 0.5 * (value - np.log(w.sum(-1))) if restricted else 0.5 * value


@pytest.mark.parametrize("k", [2, 3, 5, 8])
@pytest.mark.parametrize("estimator", ["reml", "ml"])
def test_no_mode_is_missed_in_hostile_data(k, estimator):
    restricted = estimator == "reml"
    together, alone = hostile_batch(k, 600, k)
    y, v = together.y, together.v
    top = 10 * np.ptp(y, axis=1, keepdims=True) ** 2
    fine = np.expm1(np.log1p(top) * np.linspace(0, 1, 601))
    everywhere = log_likelihoods(fine, y, v, restricted=restricted)
    single = np.array([estimate_tau2(model, estimator) for model in alone])
    for found in (estimate_tau2_batch(together, estimator), single):
        height = log_likelihoods(found[:, None], y, v, restricted=restricted)[:, 0]
        assert np.all(everywhere.max(axis=1) <= height + FLAT)
    rising = np.diff(everywhere, axis=1) > 0
    starts_as_peak = (~rising[:, 0]).astype(int)
    peaks = (rising[:, :-1] & ~rising[:, 1:]).sum(axis=1) + starts_as_peak
    if k > 2:
        assert np.count_nonzero(peaks > 1) >= 5


@pytest.mark.parametrize(
    ("estimator", "yi", "vi"),
    [  # the score crosses zero twice, close to each other, after it was negative at zero
        ("reml", [-2.7, 1.9, 2.2, -2.9], [1.5, 7.6, 9.2, 1.5]),
        (
            "reml",
            [-2.651778, 1.926215, 2.225991, -2.878798],
            [1.519105, 7.555137, 9.168728, 1.521157],
        ),
        (
            "ml",
            [-0.591887, 0.058216, 0.686505, -0.048319, -0.092913],
            [0.677038, 0.00101, 0.501226, 0.007865, 0.006425],
        ),
    ],
)
def test_two_modes_close_to_each_other_are_told_apart(estimator, yi, vi):
    y, v, _ = scaled(np.array(yi), np.array(vi))
    fine = np.expm1(np.linspace(0, 5, 200_001))[None]
    everywhere = log_likelihoods(fine, y[None], v[None], restricted=estimator == "reml")
    best = fine[0, np.argmax(everywhere[0])]
    assert best > 0
    assert estimate_tau2(MeanModel(y, v), estimator) == pytest.approx(best, rel=1e-3)
    together = MeanBatch(y[None], v[None])
    assert estimate_tau2_batch(together, estimator) == pytest.approx([best], rel=1e-3)
    design = DesignModel(y, v, np.ones((y.size, 1)) * y.size**-0.5)
    assert estimate_tau2(design, estimator) == pytest.approx(best, rel=1e-3)


@pytest.mark.parametrize("name", sorted(data_sets()))
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_design_of_ones_is_the_model_of_a_mean(name, estimator):
    yi, vi = data_sets()[name]
    y, v, _ = scaled(yi, vi)
    ones = np.full((yi.size, 1), yi.size**-0.5)
    mean, design = MeanModel(y, v), DesignModel(y, v, ones)
    expected = estimate_tau2(mean, estimator)
    assert estimate_tau2(design, estimator) == pytest.approx(expected, rel=1e-10)
    for restricted in (True, False):
        heights = [
            model.log_likelihood(1.7, restricted=restricted)
            - model.log_likelihood(0.3, restricted=restricted)
            for model in (mean, design)
        ]
        assert heights[0] == pytest.approx(heights[1], rel=1e-10)


def test_a_batch_has_the_likelihoods_of_its_data_sets():
    together, alone = hostile_batch(13, 5, 4)
    for restricted in (True, False):
        expected = [model.log_likelihood(0.4, restricted=restricted) for model in alone]
        found = together.log_likelihood(np.full(5, 0.4), restricted=restricted)
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_sums_agree_with_the_projection_written_as_a_matrix():
    yi, vi = data_sets()["bcg"]
    value = 0.31
    w = np.diag(1 / (vi + value))
    ones = np.ones((yi.size, 1))
    p = w - w @ ones @ np.linalg.inv(ones.T @ w @ ones) @ ones.T @ w
    direct = {
        "ypy": yi @ p @ yi,
        "yppy": yi @ p @ p @ yi,
        "ypppy": yi @ p @ p @ p @ yi,
        "trace_p": np.trace(p),
        "trace_pp": np.trace(p @ p),
        "trace_w": np.trace(w),
        "trace_ww": np.trace(w @ w),
    }
    basis = ones / yi.size**0.5
    single = MeanModel(yi, vi), DesignModel(yi, vi, basis)
    several = MeanBatch(np.array([yi, yi]), np.array([vi, vi]))
    for at in (*(model.sums(value) for model in single), several.sums(np.full(2, value))):
        for name, expected in direct.items():
            assert np.ravel(getattr(at, name))[-1] == pytest.approx(expected, rel=1e-11), name


def test_many_data_sets_at_once_give_what_each_gives_alone():
    together, alone = hostile_batch(11, 200, 6)
    for estimator in ESTIMATORS:
        found = estimate_tau2_batch(together, estimator)
        expected = [estimate_tau2(model, estimator) for model in alone]
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("start", [0.7, 1e4, 1e12])
def test_the_start_moves_no_root_of_q(start):
    together, alone = hostile_batch(12, 200, 6)
    for target in (12.8, 5.0, 0.83):
        roots = q_root(together, target, np.zeros(200))
        from_start = q_root(together, target, np.full(200, start))
        np.testing.assert_allclose(from_start, roots, rtol=1e-8, atol=1e-10)
        single = [q_root(model, target, start) for model in alone]
        np.testing.assert_allclose(single, roots, rtol=1e-8, atol=1e-10)
        reached = together.q(roots)[0]
        np.testing.assert_allclose(reached[roots > 0], target, rtol=1e-8)
        assert np.all(reached[roots == 0] <= target)


def test_the_solver_never_builds_a_matrix_of_studies_by_studies():
    k = 200_000  # a k-by-k matrix would need 320 gigabytes
    generator = np.random.default_rng(3)
    vi = generator.uniform(0.05, 1, k)
    yi = generator.normal(0, np.sqrt(vi + 0.3))
    y, v, scale = scaled(yi, vi)
    found = estimate_tau2(MeanModel(y, v), "reml") * scale
    assert found == pytest.approx(0.3, abs=0.01)


def test_a_solver_that_does_not_settle_raises_instead_of_guessing(monkeypatch):
    monkeypatch.setattr(tau2, "MAX_STEPS", 1)
    yi, vi = data_sets()["bcg"]
    y, v, _ = scaled(np.array([yi, yi * 1.1]), np.array([vi, vi]))
    for estimate, model in (
        (estimate_tau2, MeanModel(y[0], v[0])),
        (estimate_tau2_batch, MeanBatch(y, v)),
    ):
        with pytest.raises(ArithmeticError, match="the likelihood did not settle"):
            estimate(model, "reml")
        with pytest.raises(ArithmeticError, match="no solution of y'Py = target"):
            estimate(model, "pm")
    monkeypatch.setattr(glmm, "MAX_STEPS", 1)
    with pytest.raises(ArithmeticError, match="binomial_normal: no mean settled"):
        binomial_normal([1, 9, 4], [10, 10, 10])
    monkeypatch.setattr(tau2, "MAX_STEPS", 200)
    monkeypatch.setattr(asymmetry, "MAX_ROUNDS", 1)
    with pytest.raises(ArithmeticError, match="number of missing studies did not settle"):
        trim_and_fill(yi, vi, side="left")


def test_an_unknown_estimator_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"tau2_estimator: need one of reml, .*found 'bayes'"):
        estimate_tau2(MeanModel(np.zeros(2), np.ones(2)), "bayes")
