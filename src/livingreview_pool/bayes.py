"""Bayesian random effects by quadrature over tau: no sampling, the same digits every time.

Given tau, the pooled mean and the study effects are normal; only tau needs an integral.
Every posterior here is therefore a mixture of normals over a grid of tau with the
quadrature weights of p(tau | data).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import ndtr

from livingreview_pool.checks import LARGEST, Floats, check_choice, check_positive, normal_quantile
from livingreview_pool.inputs import Estimates, Inputs, read_inputs
from livingreview_pool.measures import MEASURES

PRIORS = ("half-normal", "half-cauchy")
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(12)
PANELS = 64
SQRT_2PI = float(np.sqrt(2 * np.pi))
NEGLIGIBLE = 42.0  # drop of the log posterior below its peak that ends the grid: e^-42
TRIAL = 4001  # values of tau that show where the posterior is not negligible,
FAR = 1e20  # from 0 to so many times the largest length of the data and the prior


@dataclass(frozen=True, slots=True)
class ShrinkageEstimate:
    """Posterior of the true effect of one study: median and central interval."""

    study: str
    median: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BayesianSynthesis:
    """Posterior of the mean and of tau, on the analysis scale of `measure`.

    `median`, `ci_lower` and `ci_upper` are of the mean (central interval); the names with
    `shortest` give the shortest interval; `pi_lower` and `pi_upper` are of the effect in a
    new study, `shrinkage_estimates` of the true effects of the studies.
    `probability_benefit` is of a mean on the side named by `benefit`, and
    `probability_benefit_new_study` of the effect in a new study; both are NaN for a measure
    of single arms, which has no value of no effect.
    """

    model: str
    measure: str
    studies: tuple[str, ...]
    k: int
    level: float
    prior: str
    median: float
    ci_lower: float
    ci_upper: float
    shortest_lower: float
    shortest_upper: float
    tau_median: float
    tau_lower: float
    tau_upper: float
    tau_shortest_lower: float
    tau_shortest_upper: float
    pi_lower: float
    pi_upper: float
    benefit: str
    probability_benefit: float
    probability_benefit_new_study: float
    shrinkage_estimates: tuple[ShrinkageEstimate, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NormalMixture:
    """A mixture of normal distributions with given probabilities, means and deviations."""

    probabilities: Floats
    means: Floats
    sds: Floats

    def cdf(self, x: float) -> float:
        """Probability of a value of at most x."""
        return float(self.probabilities @ ndtr((x - self.means) / self.sds))

    def density(self, x: float) -> float:
        """Density at x."""
        z = (x - self.means) / self.sds
        return float(self.probabilities @ (np.exp(-0.5 * z * z) / self.sds)) / SQRT_2PI

    def quantile(self, probability: float) -> float:
        """Solve cdf(x) = probability for x."""
        z = abs(normal_quantile(abs(2 * probability - 1) or 0.5)) + 1
        lower, upper = (self.means - z * self.sds).min(), (self.means + z * self.sds).max()
        return _root(lambda x: self.cdf(x) - probability, float(lower), float(upper))


@dataclass(frozen=True, slots=True)
class TauPosterior:
    """Density of tau on panels between `edges`, with quadrature nodes in each panel."""

    log_density: Callable[[Floats], Floats]
    edges: Floats
    tau: Floats
    probabilities: Floats
    log_constant: float

    def density(self, tau: float) -> float:
        """Posterior density at tau."""
        return float(np.exp(self.log_density(np.array([tau]))[0] - self.log_constant))

    def cdf(self, tau: float) -> float:
        """Posterior probability of a between-study deviation of at most tau."""
        panel = min(int(np.searchsorted(self.edges, tau, side="right")) - 1, PANELS - 1)
        below = self.probabilities[: panel * NODES.size].sum()
        nodes, weights = _panel_nodes(np.array([self.edges[panel], tau]))
        return float(below + weights @ np.exp(self.log_density(nodes) - self.log_constant))

    def quantile(self, probability: float) -> float:
        """Solve cdf(tau) = probability for tau."""
        return _root(lambda tau: self.cdf(tau) - probability, 0.0, float(self.edges[-1]))


def bayes_random_effects(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    prior: str = "half-normal",
    scale: float = 0.5,
    benefit: str = "below",
    level: float = 0.95,
) -> BayesianSynthesis:
    """Bayesian random effects with a flat prior on the mean and a weak prior on tau.

    `prior` is "half-normal" or "half-cauchy" with `scale` on the analysis scale.
    `benefit` says on which side of no effect ("below" or "above") benefit lies.  ValueError
    for data whose range is so large, beside the prior, that the density underflows.

    References: Roever 2020, *Journal of Statistical Software* 93(6); Friede et al. 2017,
    *Research Synthesis Methods* 8:79, for the prior with two studies.

    >>> round(bayes_random_effects([0.0, 1.0], [0.1, 0.1]).median, 10)
    0.5
    """
    inputs = read_inputs(yi, vi)
    check_choice("prior", prior, PRIORS)
    check_choice("benefit", benefit, ("below", "above"))
    _check_scale(inputs, scale)
    normal_quantile(level)
    posterior = _tau_posterior(inputs, prior, scale)
    tails = (0.5 - 0.5 * level, 0.5 + 0.5 * level)
    mean, spread = _conditional_mean(inputs, posterior.tau)
    average = NormalMixture(posterior.probabilities, mean, spread)
    new = NormalMixture(posterior.probabilities, mean, np.hypot(spread, posterior.tau))
    null = MEASURES[inputs.measure].null if inputs.measure else 0.0
    sign = 1.0 if benefit == "below" else -1.0
    shortest = shortest_interval(average, level, float("-inf"))
    tau_shortest = shortest_interval(posterior, level, 0.0)
    return BayesianSynthesis(
        model="Bayesian random effects",
        measure=inputs.measure,
        studies=inputs.studies,
        k=inputs.k,
        level=level,
        prior=f"flat on the mean, {prior} of scale {scale:g} on tau",
        median=average.quantile(0.5),
        ci_lower=average.quantile(tails[0]),
        ci_upper=average.quantile(tails[1]),
        shortest_lower=shortest[0],
        shortest_upper=shortest[1],
        tau_median=posterior.quantile(0.5),
        tau_lower=posterior.quantile(tails[0]),
        tau_upper=posterior.quantile(tails[1]),
        tau_shortest_lower=tau_shortest[0],
        tau_shortest_upper=tau_shortest[1],
        pi_lower=new.quantile(tails[0]),
        pi_upper=new.quantile(tails[1]),
        benefit=benefit,
        probability_benefit=_below(average, null, sign),
        probability_benefit_new_study=_below(new, null, sign),
        shrinkage_estimates=_shrinkage_estimates(inputs, posterior, tails),
        notes=(*inputs.notes, *_notes(inputs.k, null)),
    )


def shortest_interval(
    distribution: NormalMixture | TauPosterior, level: float, bound: float
) -> tuple[float, float]:
    """Shortest interval of a distribution with one mode: equal densities, or from its bound."""

    def upper(tail: float) -> float:
        return distribution.quantile(min(tail + level, 1 - 1e-15))

    def imbalance(tail: float) -> float:
        return distribution.density(distribution.quantile(tail)) - distribution.density(upper(tail))

    least = 1e-6 * (1 - level)
    most = (1 - level) * (1 - 1e-6)
    if np.isfinite(bound) and distribution.density(bound) >= distribution.density(
        distribution.quantile(level)
    ):
        return bound, distribution.quantile(level)
    tail = _root(imbalance, least, most)
    return distribution.quantile(tail), upper(tail)


def _root(function: Callable[[float], float], lower: float, upper: float) -> float:
    return float(
        brentq(function, lower, upper, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=5000)
    )


def _below(mixture: NormalMixture, null: float | None, sign: float) -> float:
    if null is None:
        return float("nan")
    return float(mixture.probabilities @ ndtr(sign * (null - mixture.means) / mixture.sds))


def _conditional_mean(inputs: Inputs, tau: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of the pooled mean given each value of tau."""
    w = 1 / (inputs.vi + tau[:, None] ** 2)
    total = w.sum(axis=1)
    origin = inputs.yi[0]
    return origin + (w @ (inputs.yi - origin)) / total, total**-0.5


def _check_scale(inputs: Inputs, scale: float) -> None:
    """Raise ValueError for a prior or a range of effects whose density would under- or overflow."""
    check_positive("scale", scale, f"a positive number, at most {LARGEST:g}")
    reach, precise = float(np.ptp(inputs.yi)), float(np.sqrt(inputs.vi.min()))
    if reach > 1e4 * max(scale, precise) or reach > 1e15 * precise:
        msg = (
            f"yi: need a range of at most 1e4 times the scale of the prior, {scale:g}, or the "
            f"smallest standard error, {precise:g}, and 1e15 times the latter; "
            f"found {reach:g}; check the units"
        )
        raise ValueError(msg)


def _log_posterior(inputs: Inputs, prior: str, scale: float) -> Callable[[Floats], Floats]:
    """Log density of tau up to a constant, the mean integrated out."""
    centred = inputs.yi - inputs.yi[0]

    def log_density(tau: Floats) -> Floats:
        w = 1 / (inputs.vi + tau[:, None] ** 2)
        total = w.sum(axis=1)
        residual = centred - (w @ centred / total)[:, None]
        q = np.vecdot(w * residual, residual)
        value: Floats = 0.5 * (np.log(w).sum(axis=1) - np.log(total) - q)
        ratio = (tau / scale) ** 2
        return value - (0.5 * ratio if prior == "half-normal" else np.log1p(ratio))

    return log_density


def _panel_nodes(edges: Floats) -> tuple[Floats, Floats]:
    half = 0.5 * np.diff(edges)[:, None]
    middle = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (middle + half * NODES).ravel(), (half * NODE_WEIGHTS).ravel()


def _tau_posterior(inputs: Inputs, prior: str, scale: float) -> TauPosterior:
    """Put quadrature panels where the posterior of tau is not negligible.

    With tau = u sinh(x), steps in x are like steps in tau near zero and like steps in log tau
    far away.  u is the smaller of the smallest standard error and the scale of the prior, so
    that both are resolved.  The posterior mass per step of x is p(tau) dtau/dx, and
    dtau/dx = sqrt(u^2 + tau^2): where that is above e^-NEGLIGIBLE of its peak on a trial grid,
    panels of one width in x are placed; one more panel reaches from the grid to 0, or beyond
    its end.
    """
    log_density = _log_posterior(inputs, prior, scale)
    smallest, largest = np.sqrt(inputs.vi.min()), np.sqrt(inputs.vi.max())
    unit = min(float(smallest), scale)
    length = max(float(np.ptp(inputs.yi)), float(largest), scale)
    trial = unit * np.sinh(np.linspace(0, np.arcsinh(FAR * length / unit), TRIAL))
    log_mass = log_density(trial) + 0.5 * np.log(unit**2 + trial**2)
    matters = np.flatnonzero(log_mass > log_mass.max() - NEGLIGIBLE)
    first, last = trial[max(matters[0] - 1, 0)], trial[min(matters[-1] + 1, TRIAL - 1)]
    edges = unit * np.sinh(np.linspace(np.arcsinh(first / unit), np.arcsinh(last / unit), PANELS))
    edges = np.append(0.0, edges) if first > 0 else np.append(edges, 2 * last)
    tau, weights = _panel_nodes(edges)
    log_value = log_density(tau)
    peak = log_value.max()
    unnormalised = weights * np.exp(log_value - peak)
    total = unnormalised.sum()
    return TauPosterior(log_density, edges, tau, unnormalised / total, float(peak + np.log(total)))


def _shrinkage_estimates(
    inputs: Inputs, posterior: TauPosterior, tails: tuple[float, float]
) -> tuple[ShrinkageEstimate, ...]:
    """Posterior of each true effect; given tau, the mean has the weight v / (v + tau^2)."""
    mean, spread = _conditional_mean(inputs, posterior.tau)
    results = []
    for study, y, v in zip(inputs.studies, inputs.yi, inputs.vi, strict=True):
        pull = v / (v + posterior.tau**2)
        centre = pull * mean + (1 - pull) * y
        sd = np.sqrt((1 - pull) * v + (pull * spread) ** 2)
        own = NormalMixture(posterior.probabilities, centre, sd)
        quantiles = (own.quantile(p) for p in (0.5, *tails))
        results.append(ShrinkageEstimate(study, *quantiles))
    return tuple(results)


def _notes(k: int, null: float | None) -> list[str]:
    notes = []
    if k == 1:
        notes.append("one study: tau is known from its prior alone")
    elif k < 5:
        notes.append("few studies: the prior on tau matters; vary its scale")
    if null is None:
        notes.append("no probability of benefit: the measure has no value of no effect")
    return notes
