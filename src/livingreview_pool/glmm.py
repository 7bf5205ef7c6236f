"""Proportions without a normal approximation: the exact binomial-normal model.

Events in arm i are binomial with logit p_i = mu + tau z_i, z_i standard normal.  Each
integral over z_i is taken over the whole range that matters, found for each arm: an arm
with all patients responding has a one-sided integrand that rules centred on its mode miss.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logsumexp, xlogy

from livingreview_pool.checks import Floats
from livingreview_pool.effect_sizes import COUNTS, ONE_ARM, read_columns
from livingreview_pool.inputs import named_studies
from livingreview_pool.result import Synthesis, few_studies_notes, q_pval, wald
from livingreview_pool.univariate import prediction_reach

NODES = 320
SMOOTH = 8.0  # the largest tau for which NODES resolve an arm without events, a cliff of 1/tau
NEGLIGIBLE = 45.0  # drop of the log integrand below its peak that ends the range: e^-45
# on the logit scale: a tau below the first value is zero, 40 separates none from all
TAU_GRID = np.append(1e-4, np.geomspace(0.02, 40.0, 32))
HALVINGS = 50
MAX_STEPS = 100
TOLERANCE = 1e-10  # of the last step of mu, where rounding lets it; convergence is quadratic
LOOSEST = 1e-6  # where rounding needs more, the standard error would lose its digits too


class Likelihood(NamedTuple):
    """Log-likelihood with its derivatives in (mu, tau), for several (mu, tau) at once."""

    value: Floats
    gradient: Floats
    hessian: Floats


def binomial_normal(
    events: ArrayLike,
    n: ArrayLike,
    *,
    studies: Sequence[str] = (),
    cohorts: Sequence[frozenset[str]] = (),
    prediction: str | None = None,
    level: float = 0.95,
) -> Synthesis:
    """Maximum-likelihood mean logit of proportions of single arms, with its tau2.

    `events` and `n` (patients) are one value per arm.  `q` is the likelihood-ratio statistic
    of equal proportions.  Raise ValueError if no arm, or every patient, has the event (the
    mean is infinite), and if arms are so far apart that tau2 is.

    References: Hamza, van Houwelingen & Stijnen 2008, *J Clin Epidemiol* 61:41; Stijnen,
    Hamza & Ozdemir 2010, *Statistics in Medicine* 29:3046.

    >>> result = binomial_normal([5, 10, 12], [10, 20, 24])
    >>> abs(round(result.mean, 9)), result.tau2
    (0.0, 0.0)
    """
    ((x, size),) = read_columns(COUNTS, ONE_ARM, [events, n])
    names = named_studies(x.size, studies, cohorts)
    if x.sum() in {0, size.sum()}:
        msg = f"events: need both events and non-events among all arms, found {x.sum():g} in all"
        raise ValueError(msg)
    mean, tau, se = _fit(x, size)
    k = x.size
    statistic, pval, ci_lower, ci_upper = wald(mean, se, level)
    q = 2 * float(_saturated(x, size) - _saturated(x.sum(), size.sum()))
    convention, reach = prediction_reach(prediction, k, level)
    spread = reach * float(np.hypot(tau, se))
    notes = few_studies_notes(k)
    if k > 1 and tau == 0:
        notes.append("tau2 is at its lower limit, zero; that is no proof of homogeneity")
    return Synthesis(
        model="binomial-normal",
        measure="logit_proportion",
        studies=names,
        k=k,
        mean=mean,
        se=se,
        statistic=statistic,
        pval=pval,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        level=level,
        interval="z",
        pi_lower=mean - spread,
        pi_upper=mean + spread,
        prediction_convention=convention,
        tau2=tau**2,
        tau2_estimator="ml",
        q=q,
        q_df=k - 1,
        q_pval=q_pval(q, k - 1),
        notes=tuple(notes),
    )


def _saturated(x: Floats, n: Floats) -> Floats:
    total: Floats = (xlogy(x, x / n) + xlogy(n - x, 1 - x / n)).sum()
    return total


def _fit(x: Floats, n: Floats) -> tuple[float, float, float]:
    """Best of the modes found along tau, and of tau = 0, with the standard error of mu."""
    share = x.sum() / n.sum()
    pooled = float(np.log(share / (1 - share)))
    best = (pooled, 0.0, float((n.sum() * share * (1 - share)) ** -0.5))
    highest = float(_saturated(x.sum(), n.sum()))
    if x.size == 1:
        return best
    mu = _profile(x, n, np.full(TAU_GRID.size, pooled), TAU_GRID)
    on_grid = likelihood(x, n, mu, TAU_GRID)
    slope = on_grid.gradient[:, 1]
    if slope[-1] > 0 and on_grid.value[-1] > highest:
        msg = f"events: no finite tau2, the arms are too far apart; found {x} of {n}"
        raise ValueError(msg)
    for start in np.flatnonzero((slope[:-1] > 0) & (slope[1:] <= 0)):
        mode = _mode(x, n, mu[start], (TAU_GRID[start], TAU_GRID[start + 1]))
        at = likelihood(x, n, *mode)
        if at.value[0] > highest:
            variance = np.linalg.inv(-at.hessian[0])[0, 0]
            best, highest = (mode[0].item(), mode[1].item(), float(variance**0.5)), at.value[0]
    return best


def _mode(x: Floats, n: Floats, mu: float, bracket: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return the likeliest (mu, tau) with tau in a bracket where its score changes sign."""
    start = np.array([mu])

    def score(tau: float) -> float:
        there = np.array([tau])
        return float(likelihood(x, n, _profile(x, n, start, there), there).gradient[0, 1])

    tau = np.array([brentq(score, *bracket, xtol=1e-13, rtol=1e-13)])
    return _profile(x, n, start, tau), tau


def _profile(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Floats:
    """Likeliest mu for each tau; the likelihood is log-concave in mu, steps are limited.

    Each log integrand is rounded in proportion to the patients, and the score, a mean of
    deviations of the order of their root, cannot be known better than their product.
    """
    tolerance = np.clip(np.finfo(float).eps * n.sum() ** 1.5, TOLERANCE, LOOSEST)
    for _ in range(MAX_STEPS):
        at = likelihood(x, n, mu, tau)
        step = np.clip(-at.gradient[:, 0] / at.hessian[:, 0, 0], -1 - tau, 1 + tau)
        mu = mu + step
        if np.all(np.abs(step) <= tolerance * (1 + np.abs(mu) + tau)):
            return mu
    msg = (
        f"binomial_normal: no mean settled within {MAX_STEPS} steps; check events and n, "
        f"found {n.sum():g} patients: many millions are beyond the precision of the model"
    )
    raise ArithmeticError(msg)


def likelihood(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Likelihood:
    """Log-likelihood without binomial coefficients, at mu and tau of one shape (values,).

    With l = x (mu + tau z) - n log(1 + exp(mu + tau z)) and b = (1, z), derivatives are
    posterior expectations over z: E[l' b], and E[l'' bb'] + Var[l' b].

    The trapezoid rule needs steps of z in proportion to 1 / tau, so the number of nodes is
    doubled as often as tau exceeds SMOOTH.
    """
    nodes = NODES * 2 ** np.ceil(np.log2(np.maximum(tau / SMOOTH, 1))).astype(np.int64)
    value, gradient = np.empty(mu.size), np.empty((mu.size, 2))
    hessian = np.empty((mu.size, 2, 2))
    for count in np.unique(nodes):
        chosen = nodes == count
        value[chosen], gradient[chosen], hessian[chosen] = _integrated(
            x, n, mu[chosen], tau[chosen], int(count)
        )
    return Likelihood(value, gradient, hessian)


def _integrated(x: Floats, n: Floats, mu: Floats, tau: Floats, nodes: int) -> Likelihood:
    """Return `likelihood` with this number of nodes for each integral."""
    mu, tau = mu[:, None], tau[:, None]
    lower, upper = _range(x, n, mu, tau)
    z = lower[..., None] + (upper - lower)[..., None] * np.linspace(0, 1, nodes)
    step = (upper - lower) / (nodes - 1)
    eta = mu[..., None] + tau[..., None] * z
    log_integrand = x[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - 0.5 * z * z
    log_mass = logsumexp(log_integrand, axis=-1)
    value = (log_mass + np.log(step) - 0.5 * np.log(2 * np.pi)).sum(axis=-1)
    density = np.exp(log_integrand - log_mass[..., None])
    p = expit(eta)
    first = x[:, None] - n[:, None] * p
    second = -n[:, None] * p * (1 - p)
    basis = np.stack([np.ones_like(z), z])
    score = np.einsum("gkz,gkz,igkz->igk", density, first, basis)
    inner = np.einsum("gkz,igkz,jgkz->gkij", density * (second + first**2), basis, basis)
    hessian = inner.sum(axis=1) - np.einsum("igk,jgk->gij", score, score)
    return Likelihood(value, score.sum(axis=-1).T, hessian)


def _range(x: Floats, n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Limits of z beyond which the integrand is negligible, by halving; it is log-concave."""

    def height(z: Floats) -> Floats:
        eta = mu + tau * z
        logarithm: Floats = x * eta - n * np.logaddexp(0, eta) - 0.5 * z * z
        return logarithm

    reach = tau * n + 1.0
    right = np.broadcast_to(reach, (mu.size, x.size))
    left = -right
    for _ in range(HALVINGS):
        z = 0.5 * (left + right)
        rising = tau * (x - n * expit(mu + tau * z)) > z
        left, right = np.where(rising, z, left), np.where(rising, right, z)
    mode = 0.5 * (left + right)
    floor = height(mode) - NEGLIGIBLE
    ends = []
    for side in (-1.0, 1.0):
        inside, outside = mode, mode + side * np.sqrt(2 * NEGLIGIBLE)
        for _ in range(HALVINGS):
            z = 0.5 * (inside + outside)
            above = height(z) > floor
            inside, outside = np.where(above, z, inside), np.where(above, outside, z)
        ends.append(outside)
    return ends[0], ends[1]
