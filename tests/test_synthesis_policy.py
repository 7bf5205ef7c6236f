"""The rules for few studies apply unless a function is called by name."""

from dataclasses import asdict

import numpy as np
import pytest
from scipy.stats import halfnorm, norm

from livingreview_pool import (
    bayes_random_effects,
    common_effect,
    few_studies,
    random_effects,
    synthesise,
)
from livingreview_pool.effects import Effect
from livingreview_pool.policy import PRIOR_SCALE, PRIOR_SCALES, prior_meaning, refuse_below


def effects(k, measure="log_hr"):
    return [Effect(f"S{i}", 0.1 * i - 0.4, 0.04 + 0.01 * i, measure) for i in range(k)]


def assert_same(found, expected):
    np.testing.assert_equal(asdict(found), asdict(expected))  # NaN equals NaN here


def test_one_study_is_its_own_synthesis():
    result = synthesise(effects(1))
    assert (result.main.mean, result.random, result.bayes) == (-0.4, None, None)
    assert result.main is result.common
    assert sum("result is that study" in note for note in result.notes) == 1  # said once


def test_two_studies_stand_beside_common_reml_and_bayes():
    two = effects(2)
    result = synthesise(two)
    assert result.effects == tuple(two)
    assert_same(result.common, common_effect(two))
    assert_same(result.random, random_effects(two, tau2_estimator="reml", interval="z"))
    assert result.bayes == bayes_random_effects(two, prior="half-normal", scale=PRIOR_SCALE)
    assert PRIOR_SCALE == 0.5
    assert np.isnan(result.random.pi_lower)
    assert any("half-normal priors of scale 0.25, 0.5, 1 on tau" in note for note in result.notes)


@pytest.mark.parametrize("measure", ["rd", "logit_proportion", "md"])
def test_the_default_prior_is_for_log_ratios_alone(measure):
    result = synthesise(effects(2, measure))
    assert result.bayes is None
    assert any("no Bayesian result" in note for note in result.notes)


def test_from_three_studies_on_modified_knapp_hartung_and_prediction_are_the_rule():
    for k in (3, 9, 10):
        result = synthesise(effects(k))
        assert result.main is result.random
        expected = random_effects(
            effects(k), tau2_estimator="reml", interval="adhoc", prediction="k-1"
        )
        assert_same(result.random, expected)
        assert np.isfinite(result.main.pi_lower)
        assert ("no test for asymmetry" in result.policy) == (k < 10)


def test_bayes_stays_when_a_third_study_enters():
    for k in (2, 3, 4):
        result = synthesise(effects(k))
        assert tuple(result.by_prior) == PRIOR_SCALES == (0.25, 0.5, 1.0)
        assert result.bayes == bayes_random_effects(effects(k), scale=PRIOR_SCALE)
        for scale, found in result.by_prior.items():
            assert found == bayes_random_effects(effects(k), scale=scale)


def test_a_wider_prior_gives_a_wider_credible_interval():
    widths = [r.ci_upper - r.ci_lower for r in synthesise(effects(2)).by_prior.values()]
    assert widths == sorted(widths)


def test_the_main_interval_is_never_narrower_than_that_of_the_common_effect():
    """The example of three studies that agree by chance, and 300 random sets of three to six."""
    agreeing = [
        Effect(name, np.log(ratio), variance, "log_hr")
        for name, ratio, variance in (("A", 0.62, 0.0097), ("B", 0.60, 0.031), ("C", 0.61, 0.02))
    ]
    rng = np.random.default_rng(20261124)
    sets = [agreeing]
    for _ in range(300):
        variances = np.exp(rng.uniform(-6, -1, rng.integers(3, 7)))
        values = rng.normal(0, np.sqrt(variances))
        pairs = zip(values, variances, strict=True)
        sets.append([Effect(f"S{n}", y, v, "log_hr") for n, (y, v) in enumerate(pairs)])
    narrower = 0
    for one in sets:
        main, common = random_effects(one, interval="adhoc"), common_effect(one)
        assert main.ci_upper - main.ci_lower >= common.ci_upper - common.ci_lower
        plain = random_effects(one, interval="knha")
        narrower += plain.ci_upper - plain.ci_lower < common.ci_upper - common.ci_lower
    assert narrower > 10  # the plain interval would be narrower here
    assert_same(synthesise(agreeing).main, random_effects(agreeing, interval="adhoc"))


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0])
def test_the_meaning_of_a_prior_is_that_of_a_half_normal_distribution(scale):
    found = prior_meaning(scale)
    assert halfnorm(scale=scale).cdf([found.median_tau, found.high_tau]) == pytest.approx(
        [0.5, 0.95]
    )
    for tau, factor in (
        (found.median_tau, found.median_factor),
        (found.high_tau, found.high_factor),
    ):
        within = norm(scale=tau).cdf(np.log(factor)) - norm(scale=tau).cdf(-np.log(factor))
        assert within == pytest.approx(0.95)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), "wide"])
def test_a_prior_without_width_has_no_meaning(scale):
    with pytest.raises(ValueError, match="scale: need a number above 0"):
        prior_meaning(scale)


def test_estimates_that_share_patients_are_refused():
    shared = [Effect("A", 0.1, 0.1, "log_hr"), Effect("A", 0.2, 0.1, "log_hr")]
    with pytest.raises(ValueError, match=r"share patients \(A\)"):
        synthesise(shared)


def test_no_study_has_no_policy():
    with pytest.raises(ValueError, match="k: need at least one study, found 0"):
        few_studies(0)
    with pytest.raises(ValueError, match="found k = 0"):
        synthesise([])


def test_methods_for_many_studies_say_why_they_refuse():
    refuse_below(10, "egger_test")
    with pytest.raises(ValueError, match="egger_test: need at least 10 studies, found 9; with few"):
        refuse_below(9, "egger_test")
