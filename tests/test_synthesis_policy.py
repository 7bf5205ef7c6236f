"""The rules for few studies apply unless a function is called by name."""

from dataclasses import asdict

import numpy as np
import pytest

from livingreview.effects import Effect
from livingreview.synthesis import (
    bayes_random_effects,
    common_effect,
    few_studies,
    random_effects,
    synthesise,
)
from livingreview.synthesis.policy import PRIOR_SCALE, refuse_below


def effects(k, measure="log_hr"):
    return [Effect(f"S{i}", 0.1 * i - 0.4, 0.04 + 0.01 * i, measure) for i in range(k)]


def assert_same(found, expected):
    np.testing.assert_equal(asdict(found), asdict(expected))  # NaN equals NaN here


def test_one_study_is_its_own_synthesis():
    result = synthesise(effects(1))
    assert (result.main.mean, result.random, result.bayes) == (-0.4, None, None)
    assert result.main is result.common
    assert any("result is that study" in note for note in result.notes)


def test_two_studies_stand_beside_common_reml_and_bayes():
    two = effects(2)
    result = synthesise(two)
    assert result.effects == tuple(two)
    assert_same(result.common, common_effect(two))
    assert_same(result.random, random_effects(two, tau2_estimator="reml", interval="z"))
    assert result.bayes == bayes_random_effects(two, prior="half-normal", scale=PRIOR_SCALE)
    assert PRIOR_SCALE == 0.5
    assert np.isnan(result.random.pi_lower)
    assert any("half-normal of scale 0.5" in note for note in result.notes)


@pytest.mark.parametrize("measure", ["rd", "logit_proportion", "md"])
def test_the_default_prior_is_for_log_ratios_alone(measure):
    result = synthesise(effects(2, measure))
    assert result.bayes is None
    assert any("no Bayesian result" in note for note in result.notes)


def test_from_three_studies_on_knapp_hartung_and_prediction_are_the_rule():
    for k in (3, 9, 10):
        result = synthesise(effects(k))
        assert result.main is result.random
        expected = random_effects(
            effects(k), tau2_estimator="reml", interval="knha", prediction="k-1"
        )
        assert_same(result.random, expected)
        assert result.bayes is None
        assert np.isfinite(result.main.pi_lower)
        assert ("no test for asymmetry" in result.policy) == (k < 10)


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
