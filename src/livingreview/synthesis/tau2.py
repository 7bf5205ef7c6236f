"""The between-study variance: one solver for every estimator, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, every estimator is
an equation in a few sums:

    REML  y'PPy = tr P        ML  y'PPy = tr W        PM, EB, Q-profile  y'Py = target

A model (`models`) supplies the sums at given tau2, for one data set or many.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from livingreview.synthesis.models import Model, Sums

Floats = NDArray[np.float64]

ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
GRID_STEP = 0.5  # in log(vmin + tau2), where each weight changes over a range of about 1
MAX_GRID = 257
STEP_TOLERANCE = 1e-6  # of the last step; convergence is quadratic, so the error is far below
MAX_STEPS = 200
NO_ROOT = f"tau2: no solution of y'Py = target within {MAX_STEPS} steps; check yi and vi"
NOT_SETTLED = f"tau2: the likelihood did not settle within {MAX_STEPS} steps; check yi and vi"


class Bracket(NamedTuple):
    """Values of tau2 on both sides of modes, with the score there: positive, then not."""

    lower: Any  # numbers, or arrays with one value per mode
    upper: Any
    score_lower: Any
    score_upper: Any

    def secant(self) -> Any:
        """Where a straight line between the two scores times (1 + tau2)^2 is zero."""
        left = self.score_lower * (1 + self.lower) ** 2
        right = self.score_upper * (1 + self.upper) ** 2
        share = left / (left - right)
        return self.lower + (self.upper - self.lower) * share


def estimate_tau2(model: Model, estimator: str) -> Floats:
    """Between-study variance of each data set, in the units of the model; never negative.

    References: DerSimonian & Laird 1986 (DL), Paule & Mandel 1982 (PM, and EB of Morris
    1983, which solves the same equation), Hedges & Olkin 1985 (HE), Sidik & Jonkman 2005
    (SJ); Viechtbauer 2005, *J Educ Behav Stat* 30:261 for ML and REML.

    >>> from livingreview.synthesis.models import MeanModel
    >>> model = MeanModel(np.array([[0.0, 2.0, 4.0]]), np.ones((1, 3)))
    >>> estimate_tau2(model, "reml").round(12).tolist()
    [3.0]
    """
    if estimator in {"reml", "ml"}:
        return _likeliest(model, restricted=estimator == "reml")
    if estimator in {"pm", "eb"}:
        return q_root(model, [float(model.df)])[:, 0]
    if estimator in CLOSED:
        return np.maximum(CLOSED[estimator](model), 0.0)
    msg = f"tau2_estimator: need one of {', '.join(ESTIMATORS)}, found {estimator!r}"
    raise ValueError(msg)


def _zeros(model: Model) -> Floats:
    return np.zeros((model.y.shape[0], 1))


def _dersimonian_laird(model: Model) -> Floats:
    at_zero = model.sums(_zeros(model))
    excess: Floats = (at_zero.ypy - model.df) / at_zero.trace_p
    return excess[:, 0]


def _hedges(model: Model) -> Floats:
    excess: Floats = model.residual_sum() - model.v @ (1 - model.leverage())
    return excess / model.df


def _sidik_jonkman(model: Model) -> Floats:
    crude = model.y.var(axis=1, keepdims=True)
    excess: Floats = crude * model.q(crude)[0]
    return excess[:, 0] / model.df


CLOSED: Mapping[str, Callable[[Model], Floats]] = {
    "dl": _dersimonian_laird,
    "he": _hedges,
    "sj": _sidik_jonkman,
}


def _tangent(target: Any, tau2: Any, ypy: Any, yppy: Any) -> Any:
    """Newton's step on 1/(y'Py): where its tangent at tau2 takes the value 1/target."""
    return tau2 + (ypy / target - 1) * ypy / yppy


def q_root(model: Model, targets: Sequence[float], near: Sequence[Floats] = ()) -> Floats:
    """Solve y'Py = target for tau2, of shape (data sets, targets); 0 where y'Py is below it.

    By Cauchy-Schwarz 1/(y'Py) is increasing and concave in tau2, so a step of Newton's
    method from anywhere ends at or below the root, and the next ones climb to it, whatever
    the data.  The highest of the known lower bounds is the start: y'Py is at least the
    unweighted residual sum over v_max + tau2; `near`, a tau2 per data set with its y'Py and
    y'PPy, adds a tangent.
    """
    unweighted, furthest = model.residual_sum(), np.maximum.reduce(model.v, axis=1)
    if unweighted.size == 1:
        bounds = [max(unweighted.item() / target - furthest.item(), 0.0) for target in targets]
        known = [part.item() for part in near]
        if known and known[-1] > 0:
            bounds = list(map(max, bounds, (_tangent(target, *known) for target in targets)))
        return np.array([list(map(partial(_climb, model), targets, bounds))])
    target = np.array(targets)
    tau2: Floats = np.maximum(unweighted[:, None] / target - furthest[:, None], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if near:
            tau2 = np.fmax(tau2, _tangent(target, *(part[:, None] for part in near)))
        for _ in range(MAX_STEPS):
            following = np.fmax(_tangent(target, tau2, *model.q(tau2)), 0.0)  # NaN: no spread
            step, tau2 = np.abs(following - tau2), following
            if (step <= STEP_TOLERANCE * (1 + tau2)).all():
                return tau2
    raise ArithmeticError(NO_ROOT)


def _climb(model: Model, target: float, tau2: float) -> float:
    """Do the same for one target of one data set in plain numbers."""
    for _ in range(MAX_STEPS):
        ypy, yppy = model.q_of_first(tau2)
        following = max(_tangent(target, tau2, ypy, yppy), 0.0) if yppy > 0 else 0.0
        step, tau2 = abs(following - tau2), following
        if step <= STEP_TOLERANCE * (1 + tau2):
            return tau2
    raise ArithmeticError(NO_ROOT)


def q_profile(model: Model, level: float, near: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Limits of tau2 where y'Py is at the quantiles of chi-squared; NaN without df.

    References: Viechtbauer 2007, *Statistics in Medicine* 26:37; `near` as for `q_root`.
    """
    if not model.df:
        return np.full(len(model.y), np.nan), np.full(len(model.y), np.nan)
    targets = [float(chdtri(model.df, 0.5 + sign * 0.5 * level)) for sign in (-1, 1)]
    limits = q_root(model, targets, near)
    return limits[:, 0], limits[:, 1]


def _likeliest(model: Model, *, restricted: bool) -> Floats:
    """Refine every mode of the likelihood found on a grid, and take the highest."""
    grid = _grid(model)
    score = model.score(grid, restricted=restricted)
    if score.shape[0] == 1:
        return _likeliest_one(model, grid[0].tolist(), score[0].tolist(), restricted=restricted)
    data_set, cell = np.nonzero((score[:, :-1] > 0) & (score[:, 1:] <= 0))
    bracket = Bracket(
        *(grid[data_set, cell], grid[data_set, cell + 1]),
        *(score[data_set, cell], score[data_set, cell + 1]),
    )
    peaks = _refine(model.rows(data_set), bracket, restricted=restricted)
    candidates = np.bincount(data_set, minlength=score.shape[0]) + (score[:, 0] <= 0)
    tau2 = np.zeros(score.shape[0])
    single = candidates[data_set] == 1
    tau2[data_set[single]] = peaks[single]
    for row in np.flatnonzero(candidates > 1):
        one = model.rows(np.array([row]))
        tau2[row] = _highest(one, [0.0, *peaks[data_set == row]], restricted=restricted)
    return tau2


def _likeliest_one(
    model: Model, grid: list[float], score: list[float], *, restricted: bool
) -> Floats:
    """Do the same for one data set in plain numbers, where arrays are mostly overhead."""
    modes = [0.0] if score[0] <= 0 else []
    for cell, (left, right) in enumerate(pairwise(score)):
        if left > 0 >= right:
            bracket = Bracket(grid[cell], grid[cell + 1], left, right)
            modes.append(_refine_one(model, bracket, restricted=restricted))
    return np.array(
        [modes[0] if len(modes) == 1 else _highest(model, modes, restricted=restricted)]
    )


def _highest(model: Model, modes: Sequence[float], *, restricted: bool) -> float:
    value = model.log_likelihood(np.array([modes]), restricted=restricted)
    return float(modes[int(np.argmax(value[0]))])


def _grid(model: Model) -> Floats:
    """Values of tau2 from 0 to a bound above every root, even in log(1 + tau2).

    With s the residual variance of the unweighted fit, w_max = 1/(1 + t) and
    w_min = 1/(v_max + t): y'PPy <= w_max^2 s df and tr W >= tr P >= w_min df, so the
    scores are negative beyond s + sqrt(s v_max).
    """
    spread = model.residual_sum() / model.df
    span = np.log1p(spread + np.sqrt(spread * np.maximum.reduce(model.v, axis=1)))
    points = min(MAX_GRID, 3 + int(np.maximum.reduce(span) / GRID_STEP))
    grid: Floats = np.expm1(span[:, None] * (np.arange(points) / (points - 1)))
    return grid


def _score(at: Sums, *, restricted: bool) -> tuple[Floats, Floats]:
    """Twice the derivative of the log-likelihood in tau2, and its own derivative."""
    if restricted:
        return at.yppy - at.trace_p, at.trace_pp - 2 * at.ypppy
    return at.yppy - at.trace_w, at.trace_ww - 2 * at.ypppy


def _step(at: Sums, k: int, *, restricted: bool) -> tuple[Floats, Floats]:
    """Return the score, and Newton's denominator for the score times (v + tau2)^2.

    That product is a straight line in tau2 when all variances are v; here v + tau2 is
    taken as k / tr W.  Near the root the extra term vanishes, and the step is Newton's.
    """
    value, slope = _score(at, restricted=restricted)
    return value, slope + value * (2 / k) * at.trace_w


def _refine(model: Model, bracket: Bracket, *, restricted: bool) -> Floats:
    """Newton's method on the score, halving the bracket where a step would leave it."""
    lower, upper = bracket.lower, bracket.upper
    tau2: Floats = bracket.secant()
    k = model.y.shape[1]
    for _ in range(MAX_STEPS):
        value, slope = _step(model.sums(tau2[:, None]), k, restricted=restricted)
        rising = value[:, 0] > 0
        lower, upper = np.where(rising, tau2, lower), np.where(rising, upper, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            following = tau2 - (value / slope)[:, 0]
        inside = (following >= lower) & (following <= upper)
        following = np.where(inside, following, 0.5 * (lower + upper))
        converged = np.abs(following - tau2) <= STEP_TOLERANCE * (1 + tau2)
        tau2 = following
        if converged.all():
            return tau2
    raise ArithmeticError(NOT_SETTLED)


def _refine_one(model: Model, bracket: Bracket, *, restricted: bool) -> float:
    """Do the same for one mode of one data set in plain numbers."""
    lower, upper, k = bracket.lower, bracket.upper, model.y.shape[1]
    tau2 = float(bracket.secant())
    for _ in range(MAX_STEPS):
        value, slope = _step(model.sums_of_first(tau2), k, restricted=restricted)
        lower, upper = (tau2, upper) if value > 0 else (lower, tau2)
        following = tau2 - value / slope if slope else lower - 1
        if not lower <= following <= upper:
            following = 0.5 * (lower + upper)
        converged = abs(following - tau2) <= STEP_TOLERANCE * (1 + tau2)
        tau2 = float(following)
        if converged:
            return tau2
    raise ArithmeticError(NOT_SETTLED)
