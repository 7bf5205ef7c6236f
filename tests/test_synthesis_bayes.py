"""Bayesian random effects: every printed quantity against adaptive quadrature."""

from functools import cache
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from livingreview_pool import bayes_random_effects, common_effect
from livingreview_pool.effects import Effect
from livingreview_pool.measures import MEASURES
from reference_cases import data_sets

ADAPTIVE = 1e-7  # what adaptive quadrature of the oracle gives; issue bound 1e-6
PRIORS = ("half-normal", "half-cauchy")
DATA = {
    "one study": ([0.1], [0.04]),
    "two studies": ([-0.357, -0.1], [0.015, 0.04]),
    "two studies far apart": ([-2.0, 3.0], [0.01, 0.04]),
    "precise studies": ([0.0, 10.0, 5.0], [1e-6, 1e-5, 2e-2]),
    "bcg": tuple(map(list, data_sets()["bcg"])),
}


class Oracle:
    """The posterior written directly from Bayes' theorem, integrated adaptively over tau."""

    def __init__(self, yi, vi, prior, scale, around):
        self.yi, self.vi, self.prior, self.scale = np.array(yi), np.array(vi), prior, scale
        self.edges = [0, *np.array(around) / 30, *around, *np.array(around) * 30]
        self.edges = sorted({*self.edges, *(max(around) * 10.0 ** np.arange(1, 8))})
        self.joint = cache(self._joint)  # the integrals share most of their nodes
        self.top = max(self.joint(tau) for tau in self.edges)
        self.total = self.over_tau(lambda tau: 1.0)

    def _joint(self, tau):
        """Prior of tau times the density of yi with the mean integrated out."""
        covariance = np.diag(self.vi + tau**2)
        precision = np.linalg.inv(covariance)
        ones = np.ones(len(self.yi))
        information = ones @ precision @ ones
        mean = ones @ precision @ self.yi / information
        residual = self.yi - mean
        likelihood = np.exp(-0.5 * residual @ precision @ residual) / np.sqrt(
            np.linalg.det(covariance) * information
        )
        ratio = (tau / self.scale) ** 2
        prior = np.exp(-0.5 * ratio) if self.prior == "half-normal" else 1 / (1 + ratio)
        return float(likelihood * prior)

    def over_tau(self, function, upper=np.inf):
        edges = [edge for edge in self.edges if edge < upper] + [upper]
        return sum(
            quad(
                lambda tau: function(tau) * self.joint(tau) / self.top,
                low,
                high,
                epsabs=1e-13,
                epsrel=1e-11,
                limit=300,
            )[0]
            for low, high in pairwise(edges)
        )

    def mean_given(self, tau):
        w = 1 / (self.vi + tau**2)
        return (w @ self.yi) / w.sum(), w.sum() ** -0.5

    def cdf(self, x, extra=0.0):
        """Probability of a mean (extra = 0) or of a new effect (extra = 1) below x."""

        def below(tau):
            mean, sd = self.mean_given(tau)
            return NormalDist(mean, np.hypot(sd, extra * tau)).cdf(x)

        return self.over_tau(below) / self.total

    def study_cdf(self, x, place):
        def below(tau):
            mean, sd = self.mean_given(tau)
            share = self.vi[place] / (self.vi[place] + tau**2)
            centre = share * mean + (1 - share) * self.yi[place]
            variance = (1 - share) * self.vi[place] + (share * sd) ** 2
            return NormalDist(centre, variance**0.5).cdf(x)

        return self.over_tau(below) / self.total

    def tau_cdf(self, tau):
        return self.over_tau(lambda _: 1.0, upper=tau) / self.total


@pytest.mark.slow
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", DATA)
def test_every_quantile_and_probability_agrees_with_adaptive_quadrature(name, prior):
    result = bayes_random_effects(*DATA[name], prior=prior, scale=0.5)
    oracle = Oracle(
        *DATA[name], prior, 0.5, [result.tau_lower, result.tau_median, result.tau_upper]
    )
    near = {"abs": ADAPTIVE}
    assert oracle.cdf(result.median) == pytest.approx(0.5, **near)
    assert oracle.cdf(result.ci_lower) == pytest.approx(0.025, **near)
    assert oracle.cdf(result.ci_upper) == pytest.approx(0.975, **near)
    assert oracle.cdf(result.pi_lower, extra=1) == pytest.approx(0.025, **near)
    assert oracle.cdf(result.pi_upper, extra=1) == pytest.approx(0.975, **near)
    assert oracle.tau_cdf(result.tau_lower) == pytest.approx(0.025, **near)
    assert oracle.tau_cdf(result.tau_median) == pytest.approx(0.5, **near)
    assert oracle.tau_cdf(result.tau_upper) == pytest.approx(0.975, **near)
    assert result.probability_benefit == pytest.approx(oracle.cdf(0), **near)
    assert result.probability_benefit_new_study == pytest.approx(oracle.cdf(0, extra=1), **near)
    first = result.shrinkage_estimates[0]
    for value, probability in ((first.median, 0.5), (first.ci_lower, 0.025)):
        assert oracle.study_cdf(value, 0) == pytest.approx(probability, **near)


@pytest.mark.slow
@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", ["two studies", "bcg"])
def test_the_shortest_interval_has_its_level_and_no_shift_makes_it_shorter(name, prior):
    result = bayes_random_effects(*DATA[name], prior=prior)
    oracle = Oracle(
        *DATA[name], prior, 0.5, [result.tau_lower, result.tau_median, result.tau_upper]
    )
    lower, upper = result.shortest_lower, result.shortest_upper
    assert oracle.cdf(upper) - oracle.cdf(lower) == pytest.approx(0.95, abs=ADAPTIVE)
    step = 1e-4 * (upper - lower)
    densities = [(oracle.cdf(x + step) - oracle.cdf(x - step)) / (2 * step) for x in (lower, upper)]
    assert densities[0] == pytest.approx(densities[1], rel=1e-4)
    assert upper - lower <= result.ci_upper - result.ci_lower
    low, high = result.tau_shortest_lower, result.tau_shortest_upper
    assert oracle.tau_cdf(high) - (oracle.tau_cdf(low) if low else 0) == pytest.approx(
        0.95, abs=ADAPTIVE
    )
    assert high - low <= result.tau_upper - result.tau_lower
    if low:
        assert oracle.joint(low) == pytest.approx(oracle.joint(high), rel=1e-6)
    else:
        assert oracle.joint(0) >= oracle.joint(high)


def test_a_prior_close_to_zero_gives_the_common_effect():
    yi, vi = DATA["bcg"]
    bayes, common = bayes_random_effects(yi, vi, scale=1e-7), common_effect(yi, vi)
    assert bayes.median == pytest.approx(common.mean, abs=1e-9)
    assert bayes.ci_upper == pytest.approx(common.ci_upper, abs=1e-9)


def test_one_study_learns_nothing_about_tau():
    result = bayes_random_effects([0.1], [0.04], scale=0.5)
    assert result.tau_median == pytest.approx(0.5 * norm.ppf(0.75), rel=1e-9)
    assert any("prior alone" in note for note in result.notes)


def test_benefit_is_on_the_side_that_the_caller_names():
    effects = [Effect("A", -0.3, 0.02, "log_hr"), Effect("B", -0.1, 0.05, "log_hr")]
    below = bayes_random_effects(effects, benefit="below")
    above = bayes_random_effects(effects, benefit="above")
    assert below.probability_benefit > 0.5
    assert below.probability_benefit + above.probability_benefit == pytest.approx(1, abs=1e-12)
    assert (below.benefit, above.benefit) == ("below", "above")


@pytest.mark.parametrize("measure", [key for key in MEASURES if not MEASURES[key].compares])
def test_single_arms_have_no_probability_of_benefit(measure):
    arms = [Effect("A", 0.3, 0.02, measure), Effect("B", 0.4, 0.05, measure)]
    result = bayes_random_effects(arms)
    assert np.isnan([result.probability_benefit, result.probability_benefit_new_study]).all()
    assert "no probability of benefit: the measure has no value of no effect" in result.notes


@pytest.mark.parametrize("measure", [key for key in MEASURES if MEASURES[key].compares])
def test_benefit_of_a_comparison_is_measured_from_no_effect(measure):
    for estimates in (([Effect("A", 0.0, 0.02, measure)],), ([0.0], [0.02])):
        result = bayes_random_effects(*estimates)
        assert result.probability_benefit == pytest.approx(0.5, abs=1e-12)
        assert result.probability_benefit_new_study == pytest.approx(0.5, abs=1e-12)
        assert not any("benefit" in note for note in result.notes)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=2, max_size=6),
    st.sampled_from(PRIORS),
)
def test_studies_are_drawn_towards_the_mean_and_intervals_are_in_order(rows, prior):
    yi, vi = (list(column) for column in zip(*rows, strict=True))
    result = bayes_random_effects(yi, vi, prior=prior)
    assert result.ci_lower < result.median < result.ci_upper
    assert result.pi_lower < result.ci_lower
    assert result.pi_upper > result.ci_upper
    assert 0 < result.tau_lower < result.tau_median < result.tau_upper
    assert result.shortest_upper - result.shortest_lower <= (result.ci_upper - result.ci_lower) * (
        1 + 1e-9
    )
    medians = [study.median for study in result.shrinkage_estimates]
    assert np.ptp(medians) <= np.ptp(yi) + 1e-9


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(st.integers(-20, 20))
def test_results_are_equivariant_under_a_change_of_units(power):
    yi, vi = np.array([-0.4, 0.1, 0.3]), np.array([0.02, 0.05, 0.03])
    unit = 2.0**power
    plain = bayes_random_effects(yi, vi, scale=0.5)
    scaled = bayes_random_effects(yi * unit, vi * unit**2, scale=0.5 * unit)
    for field in ("median", "ci_lower", "shortest_upper", "tau_median", "pi_upper"):
        assert getattr(scaled, field) == pytest.approx(unit * getattr(plain, field), rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prior": "flat"}, "prior: need one of half-normal, half-cauchy, found 'flat'"),
        ({"scale": 0}, "scale: need a positive number, .* found 0"),
        ({"scale": "a"}, "scale: need a positive number, .* found 'a'"),
        ({"scale": np.inf}, "scale: need a positive number, .* found inf"),
        ({"benefit": "left"}, "benefit: need one of below, above, found 'left'"),
        ({"level": 1}, "level: need a number between 0 and 1, found 1"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        bayes_random_effects([0.1, 0.2], [1, 1], **options)


@pytest.mark.parametrize(
    ("yi", "vi", "scale"),
    [
        ([1e12, -1e12, 3], [1, 1, 1], 0.5),
        ([1, 2, 3], [1e-40, 1e-40, 1e-40], 0.5),
        ([0, 1e8], [20586, 20586], 0.0013),  # its median of tau came out below its interval
    ],
)
def test_effects_beyond_all_reach_of_the_prior_are_refused(yi, vi, scale):
    with pytest.raises(ValueError, match="yi: need a range of at most 1e4 times the scale"):
        bayes_random_effects(yi, vi, scale=scale)


def test_bad_estimates_are_refused_by_place():
    with pytest.raises(ValueError, match=r"vi\[0\]: need a positive finite variance, found 0"):
        bayes_random_effects([0.1, 0.2], [0, 1])
