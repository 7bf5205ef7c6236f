"""The one solver: no mode is missed, both forms of the model agree, failure is loud."""

import numpy as np
import pytest

from livingreview.synthesis import asymmetry, binomial_normal, glmm, tau2, trim_and_fill
from livingreview.synthesis.models import DesignModel, MeanModel, scaled
from livingreview.synthesis.tau2 import ESTIMATORS, estimate_tau2, q_root
from reference_cases import data_sets

FLAT = 1e-9  # two modes of the same height within this are equally good


def hostile_data(generator, count, k):
    """Variances over fifteen powers of e and effects to match: many have two modes."""
    vi = np.exp(generator.uniform(-8, 8, (count, k)))
    spread = np.exp(generator.uniform(-5, 5, (count, k)))
    return generator.normal(0, 1, (count, k)) * spread, vi


@pytest.mark.parametrize("k", [2, 3, 5, 8])
@pytest.mark.parametrize("estimator", ["reml", "ml"])
def test_no_mode_is_missed_in_hostile_data(k, estimator):
    restricted = estimator == "reml"
    generator = np.random.default_rng(k)
    model = MeanModel(*scaled(*hostile_data(generator, 600, k))[:2])
    found = estimate_tau2(model, estimator)[:, None]
    height = model.log_likelihood(found, restricted=restricted)[:, 0]
    top = 10 * np.ptp(model.y, axis=1, keepdims=True) ** 2
    fine = np.expm1(np.log1p(top) * np.linspace(0, 1, 601))
    everywhere = model.log_likelihood(fine, restricted=restricted)
    assert np.all(everywhere.max(axis=1) <= height + FLAT)
    rising = np.diff(everywhere, axis=1) > 0
    starts_as_peak = (~rising[:, 0]).astype(int)
    peaks = (rising[:, :-1] & ~rising[:, 1:]).sum(axis=1) + starts_as_peak
    if k > 2:
        assert np.count_nonzero(peaks > 1) >= 5


@pytest.mark.parametrize("name", sorted(data_sets()))
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_design_of_ones_is_the_model_of_a_mean(name, estimator):
    yi, vi = data_sets()[name]
    y, v, _ = scaled(yi[None], vi[None])
    ones = np.full((yi.size, 1), yi.size**-0.5)
    mean = estimate_tau2(MeanModel(y, v), estimator)
    design = estimate_tau2(DesignModel(y, v, ones), estimator)
    np.testing.assert_allclose(design, mean, rtol=1e-10)


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
    for model in (MeanModel(yi[None], vi[None]), DesignModel(yi[None], vi[None], basis)):
        for at in (model.sums(np.array([[value]])), model.sums_of_first(value)):
            for name, expected in direct.items():
                assert np.ravel(getattr(at, name))[0] == pytest.approx(expected, rel=1e-11), name


def test_many_data_sets_at_once_give_what_each_gives_alone():
    generator = np.random.default_rng(11)
    yi, vi = hostile_data(generator, 200, 6)
    y, v, _ = scaled(yi, vi)
    for estimator in ESTIMATORS:
        together = estimate_tau2(MeanModel(y, v), estimator)
        alone = [
            estimate_tau2(MeanModel(y[row : row + 1], v[row : row + 1]), estimator)[0]
            for row in range(200)
        ]
        np.testing.assert_allclose(together, alone, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("tau2_known", [0.0, 0.7, 1e4])
def test_a_known_tangent_moves_no_root_of_q_wherever_it_is_taken(tau2_known):
    yi, vi = hostile_data(np.random.default_rng(12), 200, 6)
    model = MeanModel(*scaled(yi, vi)[:2])
    targets = [12.8, 5.0, 0.83]
    known = np.full(200, tau2_known)
    near = (known, *(part[:, 0] for part in model.q(known[:, None])))
    unaided = q_root(model, targets)
    np.testing.assert_allclose(q_root(model, targets, near), unaided, rtol=1e-8, atol=1e-10)
    for row in range(200):
        alone = q_root(model.rows(np.array([row])), targets, [part[[row]] for part in near])
        np.testing.assert_allclose(alone[0], unaided[row], rtol=1e-8, atol=1e-10)
    reached = model.q(unaided)[0]
    np.testing.assert_allclose(
        reached[unaided > 0], np.broadcast_to(targets, reached.shape)[unaided > 0], rtol=1e-8
    )
    assert np.all(reached[unaided == 0] <= np.broadcast_to(targets, reached.shape)[unaided == 0])


def test_the_solver_never_builds_a_matrix_of_studies_by_studies():
    k = 200_000  # a k-by-k matrix would need 320 gigabytes
    generator = np.random.default_rng(3)
    vi = generator.uniform(0.05, 1, (1, k))
    yi = generator.normal(0, np.sqrt(vi + 0.3))
    y, v, scale = scaled(yi, vi)
    found = estimate_tau2(MeanModel(y, v), "reml") * scale
    assert found == pytest.approx(0.3, abs=0.01)


def test_a_solver_that_does_not_settle_raises_instead_of_guessing(monkeypatch):
    monkeypatch.setattr(tau2, "MAX_STEPS", 1)
    yi, vi = data_sets()["bcg"]
    y, v, _ = scaled(np.array([yi, yi * 1.1]), np.array([vi, vi]))
    for rows in (slice(0, 1), slice(0, 2)):
        with pytest.raises(ArithmeticError, match="the likelihood did not settle"):
            estimate_tau2(MeanModel(y[rows], v[rows]), "reml")
    with pytest.raises(ArithmeticError, match="no solution of y'Py = target"):
        estimate_tau2(MeanModel(y, v), "pm")
    monkeypatch.setattr(glmm, "MAX_STEPS", 1)
    with pytest.raises(ArithmeticError, match="binomial_normal: no mean settled"):
        binomial_normal([1, 9, 4], [10, 10, 10])
    monkeypatch.setattr(tau2, "MAX_STEPS", 200)
    monkeypatch.setattr(asymmetry, "MAX_ROUNDS", 1)
    with pytest.raises(ArithmeticError, match="number of missing studies did not settle"):
        trim_and_fill(yi, vi, side="left")


def test_an_unknown_estimator_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"tau2_estimator: need one of reml, .*found 'bayes'"):
        estimate_tau2(MeanModel(np.zeros((1, 2)), np.ones((1, 2))), "bayes")
