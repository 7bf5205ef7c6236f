"""The between-study variance: one solver for every estimator, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, every estimator is
an equation in a few sums, which a model (`models`) supplies at given tau2:

    REML  y'PPy = tr P        ML  y'PPy = tr W        PM, EB, Q-profile  y'Py = target

The same code solves one data set in plain numbers and a batch of data sets in arrays.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from livingreview_pool.checks import Floats
from livingreview_pool.models import MeanBatch, MeanModel, Model, Sums
from livingreview_pool.result import Values

ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
GRID_STEP = 0.25  # in log(1 + tau2), where each weight changes over a range of about 1
FIRST_STEP = 0.01  # shows whether the score rises at zero
GRID = np.insert(np.expm1(GRID_STEP * np.arange(2839)), 1, FIRST_STEP)  # to the largest number
FINE = 65  # values between the neighbours of a turning point
STEP_TOLERANCE = 1e-6  # of the last step; convergence is quadratic, so the error is far below
MAX_STEPS = 200
SMALLEST_SLOPE = 1e-200  # stands for a slope of zero: the step leaves the bracket and is halved


def estimate_tau2(model: Model[float], estimator: str) -> float:
    """Between-study variance in the units of the model; never negative.

    References: DerSimonian & Laird 1986 (DL), Paule & Mandel 1982 (PM, and EB of Morris
    1983, which solves the same equation), Hedges & Olkin 1985 (HE), Sidik & Jonkman 2005
    (SJ); Viechtbauer 2005, *J Educ Behav Stat* 30:261 for ML and REML.

    >>> from livingreview_pool.models import MeanModel
    >>> round(estimate_tau2(MeanModel(np.array([0.0, 2.0, 4.0]), np.ones(3)), "reml"), 12)
    3.0
    """
    if estimator in {"reml", "ml"}:
        return _likeliest(model, restricted=estimator == "reml")
    return _by_moments(model, estimator, 0.0)


def estimate_tau2_batch(batch: MeanBatch, estimator: str) -> Floats:
    """Between-study variance of each data set, as `estimate_tau2` gives it.

    >>> batch = MeanBatch(np.array([[0.0, 2.0, 4.0]] * 2), np.ones((2, 3)))
    >>> estimate_tau2_batch(batch, "reml").round(12).tolist()
    [3.0, 3.0]
    """
    if estimator in {"reml", "ml"}:
        return _likeliest_of_each(batch, restricted=estimator == "reml")
    return _by_moments(batch, estimator, np.zeros(len(batch.y)))


def _by_moments(model: Model[Values], estimator: str, zero: Values) -> Values:
    """Return an estimate that maximises no likelihood: Q at its expectation, or in closed form."""
    if estimator in {"pm", "eb"}:
        return q_root(model, float(model.df), zero)
    found: Any
    if estimator == "dl":
        at = model.sums(zero)
        found = (at.ypy - model.df) / at.trace_p
    elif estimator == "he":
        found = (model.residual_sum() - model.v @ (1 - model.leverage())) / model.df
    elif estimator == "sj":
        crude: Values = model.plain(model.y.var(axis=-1))
        found = crude * model.q(crude)[0] / model.df
    else:
        msg = f"tau2_estimator: need one of {', '.join(ESTIMATORS)}, found {estimator!r}"
        raise ValueError(msg)
    return model.plain(np.maximum(found, 0.0))


def q_root(model: Model[Values], target: float, tau2: Values) -> Values:
    """Solve y'Py = target for tau2, from any start; 0 where y'Py is below it everywhere.

    By Cauchy-Schwarz 1/(y'Py) is increasing and concave in tau2, so a step of Newton's
    method on it from anywhere ends at or below the root, and the next ones climb to it,
    whatever the data.
    """
    for _ in range(MAX_STEPS):
        ypy, yppy = model.q(tau2)
        spread = yppy > 0
        following = tau2 + (ypy / target - 1) * ypy / model.choose(spread, yppy, 1.0)
        following = model.choose(spread & (following > 0), following, 0.0)
        step, tau2 = abs(following - tau2), following
        if model.every(step <= STEP_TOLERANCE * (1 + tau2)):
            return tau2
    msg = f"tau2: no solution of y'Py = target within {MAX_STEPS} steps; check yi and vi"
    raise ArithmeticError(msg)


def q_profile(model: Model[Values], level: float, start: Values) -> tuple[Values, Values]:
    """Limits of tau2 where y'Py is at the quantiles of chi-squared; NaN without df.

    References: Viechtbauer 2007, *Statistics in Medicine* 26:37; `start` as for `q_root`.
    """
    if not model.df:
        return start * np.nan, start * np.nan
    higher, lower = (float(chdtri(model.df, 0.5 + tail * level)) for tail in (-0.5, 0.5))
    return q_root(model, higher, start), q_root(model, lower, start)


def _likeliest(model: Model[float], *, restricted: bool) -> float:
    """Refine every mode of the likelihood found on a grid, and return the highest.

    Where the score turns before it reaches zero, it may cross zero twice between two values
    of the grid, so the grid is made finer there.
    """
    grid = GRID[: _grid_size(_score_bound(model))]
    scores = model.scores(grid, restricted=restricted)
    turns = np.flatnonzero(_turns_before_zero(scores)) + 1
    if turns.size:
        finer = [np.linspace(grid[turn - 1], grid[turn + 1], FINE) for turn in turns]
        grid = np.union1d(grid, finer)
        scores = model.scores(grid, restricted=restricted)
    modes = [0.0] if scores[0] <= 0 else []
    for cell in np.flatnonzero(_falls_through_zero(scores)):
        lower, upper = grid[cell : cell + 2].tolist()
        bracket = lower, upper, *scores[cell : cell + 2].tolist()
        modes.append(_refine(model, *bracket, restricted=restricted))
    if len(modes) == 1:
        return modes[0]
    return max(modes, key=lambda tau2: model.log_likelihood(tau2, restricted=restricted))


def _likeliest_of_each(batch: MeanBatch, *, restricted: bool) -> Floats:
    """Refine together the data sets that have one mode, and alone those that may have more."""
    grid = GRID[: _grid_size(float(_score_bound(batch).max()))]
    scores = batch.scores(grid, restricted=restricted)
    falls = _falls_through_zero(scores)
    modes = falls.sum(axis=1) + (scores[:, 0] <= 0)
    alone = (modes > 1) | _turns_before_zero(scores).any(axis=1)
    row, cell = np.nonzero(falls & ~alone[:, None])
    bracket = grid[cell], grid[cell + 1], scores[row, cell], scores[row, cell + 1]
    tau2 = np.zeros(len(scores))
    one_mode = MeanBatch(batch.y[row], batch.v[row])
    tau2[row] = _refine(one_mode, *bracket, restricted=restricted)
    for place in np.flatnonzero(alone):
        model = MeanModel(batch.y[place], batch.v[place])
        tau2[place] = _likeliest(model, restricted=restricted)
    return tau2


def _falls_through_zero(scores: Floats) -> NDArray[np.bool_]:
    """Where a positive score is followed by one that is not, along the last axis."""
    falls: NDArray[np.bool_] = (scores[..., :-1] > 0) & (scores[..., 1:] <= 0)
    return falls


def _turns_before_zero(scores: Floats) -> NDArray[np.bool_]:
    """Where scores have a maximum that is not positive, or a minimum that is.

    Of shape (..., values - 2): the first and the last value have one neighbour only.
    """
    left, here, right = scores[..., :-2], scores[..., 1:-1], scores[..., 2:]
    peak = (here <= 0) & (here >= left) & (here >= right)
    dip = (here > 0) & (here <= left) & (here <= right)
    turns: NDArray[np.bool_] = peak | dip
    return turns


def _score_bound(model: Model[Values]) -> Values:
    """Value of tau2 beyond which every score is negative.

    With s the residual variance of the unweighted fit, w_max = 1/(1 + t) and
    w_min = 1/(v_max + t): y'PPy <= w_max^2 s df and tr W >= tr P >= w_min df, so the
    bound is s + sqrt(s v_max).
    """
    spread = model.residual_sum() / model.df
    bound: Values = spread + (spread * np.maximum.reduce(model.v, -1)) ** 0.5
    return bound


def _grid_size(bound: float) -> int:
    """Return how many values of the grid it takes to pass the bound."""
    return 3 + int(math.log1p(bound) / GRID_STEP)


def _refine(
    model: Model[Values],
    lower: Values,
    upper: Values,
    score_lower: Values,
    score_upper: Values,
    *,
    restricted: bool,
) -> Values:
    """Newton's method on the score, halving the bracket where a step would leave it.

    It starts where a straight line between the scores at both ends is zero.
    """
    tau2 = lower + (upper - lower) * score_lower / (score_lower - score_upper)
    for _ in range(MAX_STEPS):
        value, slope = _score_and_slope(model.sums(tau2), restricted=restricted)
        rising = value > 0
        lower, upper = model.choose(rising, tau2, lower), model.choose(rising, upper, tau2)
        following = tau2 - value / model.choose(slope != 0, slope, SMALLEST_SLOPE)
        inside = (lower <= following) & (following <= upper)
        following = model.choose(inside, following, 0.5 * (lower + upper))
        step, tau2 = abs(following - tau2), following
        if model.every(step <= STEP_TOLERANCE * (1 + tau2)):
            return tau2
    msg = f"tau2: the likelihood did not settle within {MAX_STEPS} steps; check yi and vi"
    raise ArithmeticError(msg)


def _score_and_slope(at: Sums[Values], *, restricted: bool) -> tuple[Values, Values]:
    """Return the score, and (tr W)^2 times the derivative of the score over (tr W)^2."""
    if restricted:
        value, slope = at.yppy - at.trace_p, at.trace_pp - 2 * at.ypppy
    else:
        value, slope = at.yppy - at.trace_w, at.trace_ww - 2 * at.ypppy
    return value, slope + 2 * value * at.trace_ww / at.trace_w
