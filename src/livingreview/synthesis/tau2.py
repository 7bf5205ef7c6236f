"""The between-study variance: one solver for every estimator, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, every estimator is
an equation in a few sums:

    REML  y'PPy = tr P        ML  y'PPy = tr W        PM, EB, Q-profile  y'Py = target

A model (`MeanModel`, `DesignModel`) supplies the sums at given tau2; nothing here builds a
k-by-k matrix.  Rows are data sets, so that one fit is a batch of one.  Models are in units
in which the smallest variance is 1 (`scaled`), so no tolerance depends on the units.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Moments: TypeAlias = Any  # three numbers, or three arrays of one shape

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
    def sums_of_first(self, tau2: float) -> Sums:
        """Return the sums of the first data set at one tau2, as plain numbers."""

    @abstractmethod
    def score(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Twice the slope of the log-likelihood alone, at tau2 of shape (data sets, values)."""

    @abstractmethod
    def q(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return y'Py and y'PPy alone, at tau2 of shape (data sets, values)."""

    @abstractmethod
    def q_of_first(self, tau2: float) -> tuple[float, float]:
        """Return y'Py and y'PPy of the first data set at one tau2, as plain numbers."""

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
    """Estimates with one common mean, moved so that their weighted mean is zero.

    All sums are then combinations of sum(w^a y^b), which three small products give.
    """

    powers: Floats = field(init=False, repr=False)  # 1, y, y^2 of shape (data sets, k, 3)

    def __post_init__(self) -> None:
        w = 1.0 / self.v
        centre = np.vecdot(w, self.y) / np.add.reduce(w, -1)
        y = self.y - centre[:, None]
        powers = np.empty((*y.shape, 3))
        powers[..., 0] = 1.0
        powers[..., 1] = y
        np.multiply(y, y, out=powers[..., 2])
        object.__setattr__(self, "powers", powers)

    @property
    def df(self) -> int:
        """Number of estimates minus one."""
        return int(self.y.shape[1]) - 1

    def sums(self, tau2: Floats) -> Sums:
        """Return the sums at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        ww = w * w
        return _mean_sums(*(_split(part @ self.powers) for part in (w, ww, ww * w)))

    def sums_of_first(self, tau2: float) -> Sums:
        """Return the sums of the first data set at one tau2, as plain numbers."""
        powers, w = self.powers[0], 1.0 / (self.v[0] + tau2)
        ww = w * w
        return _mean_sums(
            (w @ powers).tolist(), (ww @ powers).tolist(), ((ww * w) @ powers).tolist()
        )

    def score(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Twice the slope of the log-likelihood alone, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        w1, wy, _ = _split(w @ self.powers)
        w2, wwy, wwyy = _split((w * w) @ self.powers)
        mean = wy / w1
        trace: Floats = w1 - w2 / w1 if restricted else w1
        score: Floats = wwyy - mean * (2 * wwy - mean * w2) - trace
        return score

    def q(self, tau2: Floats) -> tuple[Floats, Floats]:
        """Return y'Py and y'PPy alone, at tau2 of shape (data sets, values)."""
        w = self.weights(tau2)
        w1, wy, wyy = _split(w @ self.powers)
        w2, wwy, wwyy = _split((w * w) @ self.powers)
        mean = wy / w1
        return np.maximum(wyy - mean * wy, 0.0), wwyy - mean * (2 * wwy - mean * w2)

    def q_of_first(self, tau2: float) -> tuple[float, float]:
        """Return y'Py and y'PPy of the first data set at one tau2, as plain numbers."""
        powers, w = self.powers[0], 1.0 / (self.v[0] + tau2)
        w1, wy, wyy = (w @ powers).tolist()
        w2, wwy, wwyy = ((w * w) @ powers).tolist()
        mean = wy / w1
        return max(wyy - mean * wy, 0.0), wwyy - mean * (2 * wwy - mean * w2)

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
        k, y, yy = _split(np.add.reduce(self.powers, 1))
        return np.maximum(yy - y * y / k, 0.0)

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

    def sums_of_first(self, tau2: float) -> Sums:
        """Return the sums of the first data set at one tau2."""
        return Sums(*(part[0, 0] for part in self.sums(np.array([[tau2]]))))

    def q_of_first(self, tau2: float) -> tuple[float, float]:
        """Return y'Py and y'PPy of the first data set at one tau2."""
        ypy, yppy = self.q(np.array([[tau2]]))
        return float(ypy[0, 0]), float(yppy[0, 0])

    def score(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Twice the slope of the log-likelihood alone, at tau2 of shape (data sets, values)."""
        return _score(self.sums(tau2), restricted=restricted)[0]

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


def _mean_sums(m1: _Moments, m2: _Moments, m3: _Moments) -> Sums:
    """Sums of the projection on one mean from sum(w^a y^b), a = 1, 2, 3, b = 0, 1, 2."""
    (w1, wy, wyy), (w2, wwy, wwyy), (w3, wwwy, wwwyy) = m1, m2, m3
    mean, ratio = wy / w1, w2 / w1
    pulled = wwy - mean * w2
    return Sums(
        ypy=wyy - mean * wy,
        yppy=wwyy - mean * (2 * wwy - mean * w2),
        ypppy=wwwyy - mean * (2 * wwwy - mean * w3) - pulled * pulled / w1,
        trace_p=w1 - ratio,
        trace_pp=w2 - 2 * w3 / w1 + ratio * ratio,
        trace_w=w1,
        trace_ww=w2,
    )


def _split(moments: Floats) -> tuple[Floats, Floats, Floats]:
    return moments[..., 0], moments[..., 1], moments[..., 2]


def _dot(a: Floats, b: Floats) -> Floats:
    product: Floats = np.vecdot(a, b)
    return product


def sums_at_ends(model: Model, tau2: Floats) -> Sums:
    """Return the sums at zero and at the tau2 of each data set, of shape (data sets, 2)."""
    if tau2.size > 1:
        return model.sums(tau2[:, None] * np.array([0.0, 1.0]))
    ends = np.array([model.sums_of_first(0.0), model.sums_of_first(tau2.item())])
    return Sums(*ends.T[:, None, :])


def scaled(yi: Floats, vi: Floats) -> tuple[Floats, Floats, Floats]:
    """Shift and scale each data set to a smallest variance of 1; the scale is returned last."""
    scale = np.minimum.reduce(vi, axis=1, keepdims=True)
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
    furthest = np.maximum.reduce(model.v, axis=1, keepdims=True)
    tau2: Floats = np.maximum(model.residual_sum()[:, None] / target - furthest, 0.0)
    if tau2.shape[0] == 1:
        return np.array([[_climb(model, *pair) for pair in zip(target[0], tau2[0], strict=True)]])
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(MAX_STEPS):
            ypy, yppy = model.q(tau2)
            step = np.fmax((ypy / target - 1) * ypy / yppy, 0.0)  # NaN: no spread at all
            tau2 = tau2 + step
            if (step <= STEP_TOLERANCE * (1 + tau2)).all():
                return tau2
    raise ArithmeticError(NO_ROOT)


def _climb(model: Model, target: float, tau2: float) -> float:
    """Do the same for one target of one data set in plain numbers."""
    target, tau2 = float(target), float(tau2)
    for _ in range(MAX_STEPS):
        ypy, yppy = model.q_of_first(tau2)
        step = (ypy / target - 1) * ypy / yppy if ypy > target else 0.0
        tau2 += step
        if step <= STEP_TOLERANCE * (1 + tau2):
            return tau2
    raise ArithmeticError(NO_ROOT)


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
    spread = model.residual_sum()[:, None] / model.df
    upper = spread + np.sqrt(spread * np.maximum.reduce(model.v, axis=1, keepdims=True))
    span = np.log1p(upper)
    points = min(MAX_GRID, 3 + int(span.max() / GRID_STEP))
    grid: Floats = np.expm1(span * (np.arange(points) / (points - 1)))
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
