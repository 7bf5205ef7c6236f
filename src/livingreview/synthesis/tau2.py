"""The between-study variance: one solver for every estimator, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, every estimator is
an equation in a few sums, which a model (`models`) supplies at given tau2:

    REML  y'PPy = tr P        ML  y'PPy = tr W        PM, EB, Q-profile  y'Py = target

Here one data set is solved in plain numbers; `batch` does the same to many at once.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from livingreview.synthesis.models import Model, Sums

Floats = NDArray[np.float64]

ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
GRID_STEP = 0.25  # in log(1 + tau2), where each weight changes over a range of about 1
FIRST_STEP = 0.01  # shows whether the score rises at zero
GRID = np.insert(np.expm1(GRID_STEP * np.arange(2839)), 1, FIRST_STEP)  # to the largest number
FINE = 65  # values between the neighbours of a turning point
STEP_TOLERANCE = 1e-6  # of the last step; convergence is quadratic, so the error is far below
MAX_STEPS = 200
NO_ROOT = f"tau2: no solution of y'Py = target within {MAX_STEPS} steps; check yi and vi"
NOT_SETTLED = f"tau2: the likelihood did not settle within {MAX_STEPS} steps; check yi and vi"


def estimate_tau2(model: Model, estimator: str) -> float:
    """Between-study variance in the units of the model; never negative.

    References: DerSimonian & Laird 1986 (DL), Paule & Mandel 1982 (PM, and EB of Morris
    1983, which solves the same equation), Hedges & Olkin 1985 (HE), Sidik & Jonkman 2005
    (SJ); Viechtbauer 2005, *J Educ Behav Stat* 30:261 for ML and REML.

    >>> from livingreview.synthesis.models import MeanModel
    >>> round(estimate_tau2(MeanModel(np.array([0.0, 2.0, 4.0]), np.ones(3)), "reml"), 12)
    3.0
    """
    if estimator in {"reml", "ml"}:
        return likeliest(model, restricted=estimator == "reml")
    if estimator in {"pm", "eb"}:
        return q_roots(model, [float(model.df)], 0.0)[0]
    if estimator in CLOSED:
        return max(float(CLOSED[estimator](model, 0.0)), 0.0)
    msg = f"tau2_estimator: need one of {', '.join(ESTIMATORS)}, found {estimator!r}"
    raise ValueError(msg)


def _dersimonian_laird(model: Model, zero: Any) -> Any:
    at = model.sums(zero)
    return (at.ypy - model.df) / at.trace_p


def _hedges(model: Model, _: Any) -> Any:
    return (model.residual_sum() - model.v @ (1 - model.leverage())) / model.df


def _sidik_jonkman(model: Model, _: Any) -> Any:
    crude = model.y.var(axis=-1)
    return crude * model.q(crude)[0] / model.df


# estimators in closed form: of a model and a tau2 of zero, numbers or arrays for a batch
CLOSED: Mapping[str, Callable[[Model, Any], Any]] = {
    "dl": _dersimonian_laird,
    "he": _hedges,
    "sj": _sidik_jonkman,
}


def q_roots(model: Model, targets: Sequence[float], start: float) -> list[float]:
    """Solve y'Py = target for tau2, for each target; 0 where y'Py is below it.

    By Cauchy-Schwarz 1/(y'Py) is increasing and concave in tau2, so a step of Newton's
    method from anywhere ends at or below the root, and the next ones climb to it, whatever
    the data.
    """
    known = model.q(start)
    return [_climb(model, target, start, *known) for target in targets]


def _climb(model: Model, target: float, tau2: float, ypy: float, yppy: float) -> float:
    for _ in range(MAX_STEPS):
        following = max(tangent(target, tau2, ypy, yppy), 0.0) if yppy > 0 else 0.0
        step, tau2 = abs(following - tau2), following
        if step <= STEP_TOLERANCE * (1 + tau2):
            return tau2
        ypy, yppy = model.q(tau2)
    raise ArithmeticError(NO_ROOT)


def tangent(target: Any, tau2: Any, ypy: Any, yppy: Any) -> Any:
    """Newton's step on 1/(y'Py): where its tangent at tau2 takes the value 1/target."""
    return tau2 + (ypy / target - 1) * ypy / yppy


def q_profile(model: Model, level: float, start: float) -> tuple[float, float]:
    """Limits of tau2 where y'Py is at the quantiles of chi-squared; NaN without df.

    References: Viechtbauer 2007, *Statistics in Medicine* 26:37; `start` as for `q_roots`.
    """
    if not model.df:
        return np.nan, np.nan
    lower, upper = q_roots(model, chi_square_limits(model.df, level), start)
    return lower, upper


def chi_square_limits(df: int, level: float) -> tuple[float, float]:
    """Values of y'Py at the lower and the upper limit of tau2: the higher quantile first."""
    return float(chdtri(df, 0.5 - 0.5 * level)), float(chdtri(df, 0.5 + 0.5 * level))


def likeliest(model: Model, *, restricted: bool) -> float:
    """Refine every mode of the likelihood found on a grid, and take the highest.

    Where the score turns before it reaches zero, it may cross zero twice between two values.
    """
    grid = GRID[: grid_size(score_bound(model))]
    scores = model.scores(grid, restricted=restricted)
    turns = np.flatnonzero(turns_before_zero(np.array(scores))) + 1
    if turns.size:
        finer = [np.linspace(grid[turn - 1], grid[turn + 1], FINE) for turn in turns]
        grid = np.union1d(grid, finer)
        scores = model.scores(grid, restricted=restricted)
    modes = [0.0] if scores[0] <= 0 else []
    for cell, (left, right) in enumerate(pairwise(scores)):
        if left > 0 >= right:
            lower, upper = grid[cell : cell + 2].tolist()
            start = secant(lower, upper, left, right)
            modes.append(_refine(model, lower, upper, start, restricted=restricted))
    return modes[0] if len(modes) == 1 else highest(model, modes, restricted=restricted)


def turns_before_zero(scores: Floats) -> NDArray[np.bool_]:
    """Where scores have a maximum that is not positive, or a minimum that is.

    Of shape (..., values - 2): the first and the last value have one neighbour only.
    """
    left, here, right = scores[..., :-2], scores[..., 1:-1], scores[..., 2:]
    peak = (here <= 0) & (here >= left) & (here >= right)
    dip = (here > 0) & (here <= left) & (here <= right)
    turns: NDArray[np.bool_] = peak | dip
    return turns


def highest(model: Model, modes: Sequence[float], *, restricted: bool) -> float:
    """Return the mode at which the likelihood is highest."""
    return max(modes, key=lambda tau2: model.log_likelihood(tau2, restricted=restricted))


def score_bound(model: Model) -> Any:
    """Value of tau2 beyond which every score is negative.

    With s the residual variance of the unweighted fit, w_max = 1/(1 + t) and
    w_min = 1/(v_max + t): y'PPy <= w_max^2 s df and tr W >= tr P >= w_min df, so the
    bound is s + sqrt(s v_max).
    """
    spread = model.residual_sum() / model.df
    return spread + (spread * np.maximum.reduce(model.v, -1)) ** 0.5


def grid_size(bound: float) -> int:
    """Return how many values of the grid it takes to pass the bound."""
    return 3 + int(math.log1p(bound) / GRID_STEP)


def secant(lower: Any, upper: Any, score_lower: Any, score_upper: Any) -> Any:
    """Where a straight line between two scores, positive and not, is zero."""
    return lower + (upper - lower) * score_lower / (score_lower - score_upper)


def newton(at: Sums, *, restricted: bool) -> tuple[Any, Any]:
    """Return the score, and (tr W)^2 times the derivative of the score over (tr W)^2."""
    if restricted:
        value, slope = at.yppy - at.trace_p, at.trace_pp - 2 * at.ypppy
    else:
        value, slope = at.yppy - at.trace_w, at.trace_ww - 2 * at.ypppy
    return value, slope + 2 * value * at.trace_ww / at.trace_w


def _refine(model: Model, lower: float, upper: float, tau2: float, *, restricted: bool) -> float:
    """Newton's method on the score, halving the bracket where a step would leave it."""
    for _ in range(MAX_STEPS):
        value, slope = newton(model.sums(tau2), restricted=restricted)
        lower, upper = (tau2, upper) if value > 0 else (lower, tau2)
        following = tau2 - value / slope if slope else lower - 1
        if not lower <= following <= upper:
            following = 0.5 * (lower + upper)
        step, tau2 = abs(following - tau2), following
        if step <= STEP_TOLERANCE * (1 + tau2):
            return float(tau2)
    raise ArithmeticError(NOT_SETTLED)
