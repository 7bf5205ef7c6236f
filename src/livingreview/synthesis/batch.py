"""The between-study variance of many data sets at once: `tau2` in arrays."""

import numpy as np
from numpy.typing import NDArray

from livingreview.synthesis.models import MeanBatch, MeanModel
from livingreview.synthesis.tau2 import (
    CLOSED,
    GRID,
    MAX_STEPS,
    NO_ROOT,
    NOT_SETTLED,
    STEP_TOLERANCE,
    chi_square_limits,
    grid_size,
    likeliest,
    newton,
    score_bound,
    secant,
    tangent,
    turns_before_zero,
)

Floats = NDArray[np.float64]


def estimate_tau2_batch(batch: MeanBatch, estimator: str) -> Floats:
    """Between-study variance of each data set, as `tau2.estimate_tau2` gives it.

    >>> batch = MeanBatch(np.array([[0.0, 2.0, 4.0]] * 2), np.ones((2, 3)))
    >>> estimate_tau2_batch(batch, "reml").round(12).tolist()
    [3.0, 3.0]
    """
    if estimator in {"reml", "ml"}:
        return _likeliest(batch, restricted=estimator == "reml")
    zeros = np.zeros(len(batch.y))
    if estimator in {"pm", "eb"}:
        return q_root_batch(batch, float(batch.df), zeros)
    tau2: Floats = np.maximum(CLOSED[estimator](batch, zeros), 0.0)
    return tau2


def q_profile_batch(batch: MeanBatch, level: float, start: Floats) -> tuple[Floats, Floats]:
    """Limits of tau2 of each data set, as `tau2.q_profile` gives them."""
    if not batch.df:
        return np.full(len(start), np.nan), np.full(len(start), np.nan)
    lower, upper = chi_square_limits(batch.df, level)
    return q_root_batch(batch, lower, start), q_root_batch(batch, upper, start)


def q_root_batch(batch: MeanBatch, target: float, tau2: Floats) -> Floats:
    """Solve y'Py = target for the tau2 of each data set, as `tau2.q_roots` does."""
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(MAX_STEPS):
            following = np.fmax(tangent(target, tau2, *batch.q(tau2)), 0.0)  # NaN: no spread
            step, tau2 = np.abs(following - tau2), following
            if (step <= STEP_TOLERANCE * (1 + tau2)).all():
                return tau2
    raise ArithmeticError(NO_ROOT)


def _likeliest(batch: MeanBatch, *, restricted: bool) -> Floats:
    grid = GRID[: grid_size(score_bound(batch).max())]
    scores = batch.scores(grid, restricted=restricted)
    row, cell = np.nonzero((scores[:, :-1] > 0) & (scores[:, 1:] <= 0))
    lower, upper = grid[cell], grid[cell + 1]
    start = secant(lower, upper, scores[row, cell], scores[row, cell + 1])
    peaks = _refine(
        MeanBatch(batch.y[row], batch.v[row]), lower, upper, start, restricted=restricted
    )
    tau2 = np.zeros(len(scores))
    tau2[row] = peaks
    modes = np.bincount(row, minlength=len(scores)) + (scores[:, 0] <= 0)
    for several in np.flatnonzero((modes > 1) | turns_before_zero(scores).any(axis=1)):
        model = MeanModel(batch.y[several], batch.v[several])
        tau2[several] = likeliest(model, restricted=restricted)
    return tau2


def _refine(
    batch: MeanBatch, lower: Floats, upper: Floats, tau2: Floats, *, restricted: bool
) -> Floats:
    for _ in range(MAX_STEPS):
        value, slope = newton(batch.sums(tau2), restricted=restricted)
        rising = value > 0
        lower, upper = np.where(rising, tau2, lower), np.where(rising, upper, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            following = tau2 - value / slope
        inside = (following >= lower) & (following <= upper)
        following = np.where(inside, following, 0.5 * (lower + upper))
        step, tau2 = np.abs(following - tau2), following
        if (step <= STEP_TOLERANCE * (1 + tau2)).all():
            return tau2
    raise ArithmeticError(NOT_SETTLED)
