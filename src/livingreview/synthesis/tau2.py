"""The between-study variance: one solver for every estimator, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, every estimator is
an equation in a few sums:

    REML  y'PPy = tr P        ML  y'PPy = tr W        PM, EB, Q-profile  y'Py = target

A model (`MeanModel`, `DesignModel`) supplies the sums at given tau2; nothing here builds a
k-by-k matrix.  Rows are data sets, so that one fit is a batch of one.  Models are in units
in which the smallest variance is 1 (`scaled`), so no tolerance depends on the units.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ESTIMATORS = ("reml", "ml", "pm", "dl", "he", "eb", "sj")
GRID_STEP = 0.25  # in log(vmin + tau2), where each weight changes over a range of about 1
MAX_GRID = 257
STEP_TOLERANCE = 1e-10  # of the last step; convergence is quadratic, so the error is far below
MAX_STEPS = 200


class Sums(NamedTuple):
    """Sums of the projection P at given tau2, each of shape (data sets, values of tau2)."""

    ypy: Floats
    yppy: Floats
    ypppy: Floats
    trace_p: Floats
    trace_pp: Floats
    trace_w: Floats
    trace_ww: Floats


@dataclass(frozen=True, slots=True)
class Model(ABC):
    """Estimates y and variances v, both of shape (data sets, k), with what explains them."""

    y: Floats
    v: Floats

    @property
    @abstractmethod
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""

    @abstractmethod
    def sums(self, tau2: Floats) -> Sums:
        """Return the sums at tau2 of shape (data sets, values)."""

    @abstractmethod
    def q(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return y'Py and y'PPy alone, at tau2 of shape (data sets, values)."""

    @abstractmethod
    def log_likelihood(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Profile log-likelihood up to a constant, at tau2 of shape (data sets, values)."""

    @abstractmethod
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""

    @abstractmethod
    def residual_sum(self) -> Floats:
        """Residual sum of squares of the unweighted fit, one per data set."""

    def rows(self, index: NDArray[np.intp]) -> Self:
        """Take the data sets at `index`, as a model of their own."""
        return replace(self, y=self.y[index], v=self.v[index])

    def weights(self, tau2: Floats) -> Floats:
        """Inverse variances, of shape (data sets, values, k)."""
        return 1.0 / (self.v[:, None, :] + tau2[:, :, None])


@dataclass(frozen=True, slots=True)
class MeanModel(Model):
    """Estimates with one common mean."""

    @property
    def df(self) -> int:
        """Number of estimates minus one."""
        return int(self.y.shape[1]) - 1

    def sums(self, tau2: Floats) -> Sums:
        """Return the sums at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        ww = w * w
        w1, w2, w3 = w.sum(-1), ww.sum(-1), np.vecdot(ww, w)
        residual = self._residual(w, w1)
        py = w * residual
        wpy = w * py
        ratio = w2 / w1
        return Sums(
            ypy=_dot(py, residual),
            yppy=_dot(py, py),
            ypppy=np.vecdot(wpy, py) - wpy.sum(-1) ** 2 / w1,
            trace_p=w1 - ratio,
            trace_pp=w2 - 2 * w3 / w1 + ratio * ratio,
            trace_w=w1,
            trace_ww=w2,
        )

    def q(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return y'Py and y'PPy alone, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        residual = self._residual(w, w.sum(-1))
        py = w * residual
        return _dot(py, residual), _dot(py, py)

    def log_likelihood(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Profile log-likelihood up to a constant, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        w1 = w.sum(-1)
        residual = self._residual(w, w1)
        value: Floats = np.log(w).sum(-1) - np.vecdot(w * residual, residual)
        return 0.5 * (value - np.log(w1)) if restricted else 0.5 * value

    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""
        return np.full(self.y.shape[1], 1 / self.y.shape[1])

    def residual_sum(self) -> Floats:
        """Residual sum of squares of the unweighted fit, one per data set."""
        residual = self.y - self.y.mean(axis=1, keepdims=True)
        return _dot(residual, residual)

    def _residual(self, w: Floats, w1: Floats) -> Floats:
        mean: Floats = _dot(w, self.y[:, None, :]) / w1
        return self.y[:, None, :] - mean[..., None]


@dataclass(frozen=True, slots=True)
class DesignModel(Model):
    """Estimates on a design x of shape (k, p) with orthonormal columns."""

    x: Floats

    @property
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])

    def sums(self, tau2: Floats) -> Sums:
        """Return the sums at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        y = np.broadcast_to(self.y[:, None, :], w.shape)
        py = self._project(w, y)
        ppy = self._project(w, py)
        hat2 = np.linalg.solve(self.cross(w), self.cross(w * w))
        hat3 = np.linalg.solve(self.cross(w), self.cross(w**3))
        trace2, trace3, trace22 = (
            np.trace(m, axis1=-2, axis2=-1) for m in (hat2, hat3, hat2 @ hat2)
        )
        w1, w2 = w.sum(-1), _dot(w, w)
        return Sums(
            ypy=_dot(y, py),
            yppy=_dot(py, py),
            ypppy=_dot(py, ppy),
            trace_p=w1 - trace2,
            trace_pp=w2 - 2 * trace3 + trace22,
            trace_w=w1,
            trace_ww=w2,
        )

    def q(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return y'Py and y'PPy alone, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        y = np.broadcast_to(self.y[:, None, :], w.shape)
        py = self._project(w, y)
        return _dot(y, py), _dot(py, py)

    def log_likelihood(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Profile log-likelihood up to a constant, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        value: Floats = np.log(w).sum(-1) - self.q(tau2)[0]
        return 0.5 * (value - np.linalg.slogdet(self.cross(w))[1]) if restricted else 0.5 * value

    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""
        return _dot(self.x, self.x)

    def residual_sum(self) -> Floats:
        """Residual sum of squares of the unweighted fit, one per data set."""
        residual = self.y - (self.y @ self.x) @ self.x.T
        return _dot(residual, residual)

    def cross(self, w: Floats) -> Floats:
        """X' diag(w) X for weights of shape (data sets, values, k)."""
        p = self.x.shape[1]
        products = (self.x[:, :, None] * self.x[:, None, :]).reshape(-1, p * p)
        crossed: Floats = (w @ products).reshape(*w.shape[:-1], p, p)
        return crossed

    def _project(self, w: Floats, z: Floats) -> Floats:
        b = np.linalg.solve(self.cross(w), ((w * z) @ self.x)[..., None])[..., 0]
        projected: Floats = w * (z - b @ self.x.T)
        return projected


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.vecdot(a, b)
    return product


def scaled(yi: Floats, vi: Floats) -> tuple[Floats, Floats, Floats]:
    """Shift and scale each data set to a smallest variance of 1; the scale is returned last."""
    scale = vi.min(axis=1, keepdims=True)
    return (yi - yi[:, :1]) / np.sqrt(scale), vi / scale, scale[:, 0]


def estimate_tau2(model: Model, estimator: str) -> Floats:
    """Between-study variance of each data set, in the units of the model; never negative.

    References: DerSimonian & Laird 1986 (DL), Paule & Mandel 1982 (PM, and EB of Morris
    1983, which solves the same equation), Hedges & Olkin 1985 (HE), Sidik & Jonkman 2005
    (SJ); Viechtbauer 2005, *J Educ Behav Stat* 30:261 for ML and REML.

    >>> model = MeanModel(np.array([[0.0, 2.0, 4.0]]), np.ones((1, 3)))
    >>> estimate_tau2(model, "reml").round(12).tolist()
    [3.0]
    """
    if estimator in {"reml", "ml"}:
        return _likeliest(model, restricted=estimator == "reml")
    if estimator in {"pm", "eb"}:
        return q_root(model, np.full((model.y.shape[0], 1), float(model.df)))[:, 0]
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


def q_root(model: Model, target: Floats) -> Floats:
    """Solve y'Py = target for tau2, for targets of shape (data sets, values); 0 if below it.

    By Cauchy-Schwarz 1/(y'Py) is increasing and concave in tau2, so Newton's method climbs
    to the root without overshooting from any start below it, whatever the data.  A start
    is known: y'Py is at least the unweighted residual sum over v_max + tau2.
    """
    furthest = model.v.max(axis=1, keepdims=True)
    tau2: Floats = np.maximum(model.residual_sum()[:, None] / target - furthest, 0.0)
    for _ in range(MAX_STEPS):
        ypy, yppy = model.q(tau2)
        rise = np.maximum(ypy / target - 1, 0.0)
        step = np.divide(rise * ypy, yppy, out=np.zeros_like(rise), where=rise > 0)
        tau2 = tau2 + step
        if np.all(step <= STEP_TOLERANCE * (1 + tau2)):
            return tau2
    msg = f"tau2: no solution of y'Py = target within {MAX_STEPS} steps; check yi and vi"
    raise ArithmeticError(msg)


def _likeliest(model: Model, *, restricted: bool) -> Floats:
    """Refine every mode of the likelihood found on a grid, and take the highest."""
    grid = _grid(model)
    score, _ = _score(model, grid, restricted=restricted)
    data_set, cell = np.nonzero((score[:, :-1] > 0) & (score[:, 1:] <= 0))
    bracket = grid[data_set, cell], grid[data_set, cell + 1]
    start = score[data_set, cell], score[data_set, cell + 1]
    peaks = _refine(model.rows(data_set), bracket, start, restricted=restricted)
    tau2 = np.zeros(model.y.shape[0])
    candidates = np.bincount(data_set, minlength=tau2.size) + (score[:, 0] <= 0)
    single = candidates[data_set] == 1
    tau2[data_set[single]] = peaks[single]
    for row in np.flatnonzero(candidates > 1):
        options = np.append(peaks[data_set == row], 0.0)
        value = model.rows(np.array([row])).log_likelihood(options[None], restricted=restricted)
        tau2[row] = options[np.argmax(value[0])]
    return tau2


def _grid(model: Model) -> Floats:
    """Values of tau2 from 0 to a bound above every root, even in log(1 + tau2).

    With s the residual variance of the unweighted fit, w_max = 1/(1 + t) and
    w_min = 1/(v_max + t): y'PPy <= w_max^2 s df and tr W >= tr P >= w_min df, so the
    scores are negative beyond s + sqrt(s v_max).
    """
    spread = model.residual_sum()[:, None] / model.df
    upper = spread + np.sqrt(spread * model.v.max(axis=1, keepdims=True))
    span = np.log1p(upper)
    points = min(MAX_GRID, 5 + int(np.ceil(span.max() / GRID_STEP)))
    grid: Floats = np.expm1(span * np.linspace(0.0, 1.0, points))
    return grid


def _score(model: Model, tau2: Floats, *, restricted: bool) -> tuple[Floats, Floats]:
    """Twice the derivative of the log-likelihood in tau2, and its own derivative."""
    at = model.sums(tau2)
    if restricted:
        return at.yppy - at.trace_p, at.trace_pp - 2 * at.ypppy
    return at.yppy - at.trace_w, at.trace_ww - 2 * at.ypppy


def _refine(
    model: Model, bracket: tuple[Floats, Floats], start: tuple[Floats, Floats], *, restricted: bool
) -> Floats:
    """Newton's method on the score, halving the bracket where a step would leave it."""
    lower, upper = bracket
    tau2 = lower + (upper - lower) * start[0] / (start[0] - start[1])
    if not tau2.size:
        return tau2
    for _ in range(MAX_STEPS):
        value, slope = (part[:, 0] for part in _score(model, tau2[:, None], restricted=restricted))
        rising = value > 0
        lower, upper = np.where(rising, tau2, lower), np.where(rising, upper, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            following = tau2 - value / slope
        inside = (following >= lower) & (following <= upper)
        following = np.where(inside, following, 0.5 * (lower + upper))
        converged = np.abs(following - tau2) <= STEP_TOLERANCE * (1 + tau2)
        tau2 = following
        if converged.all():
            return tau2
    msg = f"tau2: the likelihood did not settle within {MAX_STEPS} steps; check yi and vi"
    raise ArithmeticError(msg)
