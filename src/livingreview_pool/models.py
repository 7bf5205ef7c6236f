"""Sums that a data set offers the solver of tau2, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, the sums are
y'Py, y'PPy, y'PPPy and the traces of P, PP, W and WW; nothing builds a k-by-k matrix.
Models are in units in which the smallest variance is 1 (`scaled`), so no tolerance depends
on the units.

A model of one data set takes and returns plain numbers: with few studies, arrays of one
value would cost more time than the sums.  A `MeanBatch` takes and returns arrays with one
value per data set.  `choose`, `every` and `plain` are what differs between the two, so that
the solver (`tau2`) is written once.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from livingreview_pool.checks import Floats
from livingreview_pool.result import Values

Truth: TypeAlias = "bool | NDArray[np.bool_]"


class Sums(NamedTuple, Generic[Values]):
    """Sums of the projection P at given tau2."""

    ypy: Values
    yppy: Values
    ypppy: Values
    trace_p: Values
    trace_pp: Values
    trace_w: Values
    trace_ww: Values


@dataclass(frozen=True, slots=True)
class Model(ABC, Generic[Values]):
    """Estimates y and variances v of shape (k,), with the design that explains them."""

    y: Floats
    v: Floats

    @property
    @abstractmethod
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""

    @abstractmethod
    def sums(self, tau2: Values) -> Sums[Values]:
        """Return the sums at tau2."""

    @abstractmethod
    def q(self, tau2: Values) -> tuple[Values, Values]:
        """Return y'Py and y'PPy alone."""

    @abstractmethod
    def scores(self, grid: Floats, *, restricted: bool) -> Floats:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""

    @abstractmethod
    def log_likelihood(self, tau2: Values, *, restricted: bool) -> Values:
        """Profile log-likelihood up to a constant."""

    @abstractmethod
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""

    @abstractmethod
    def residual_sum(self) -> Values:
        """Residual sum of squares of the unweighted fit."""

    def weights(self, tau2: Values) -> Floats:
        """Inverse variances."""
        w: Floats = np.reciprocal(self.v + tau2)
        return w

    @staticmethod
    def choose(condition: Truth, yes: Values, no: Any) -> Values:
        """Return `yes` where the condition holds and `no` elsewhere."""
        chosen: Values = yes if condition else no
        return chosen

    @staticmethod
    def every(condition: Truth) -> bool:
        """Whether the condition holds for every data set."""
        return bool(condition)

    @staticmethod
    def plain(value: Any) -> Values:
        """Return Python numbers; a batch keeps its arrays."""
        number: Values = np.asarray(value).tolist()
        return number


@dataclass(frozen=True, slots=True)
class Mean(Model[Values]):
    """Estimates with one common mean.

    All sums are combinations of sum(w^a y^b), which one small product for each a gives.
    """

    centre: Values = field(init=False)  # mean at tau2 of zero, from which y is measured in:
    powers: Floats = field(init=False, repr=False)  # 1, y, y^2 of shape (3, k)

    def __post_init__(self) -> None:
        w = np.reciprocal(self.v)
        centre = np.vecdot(w, self.y) / np.add.reduce(w, -1)
        powers = np.empty((*self.y.shape[:-1], 3, self.y.shape[-1]))
        powers[..., 0, :] = 1.0
        y = np.subtract(self.y, centre[..., None], out=powers[..., 1, :])
        np.multiply(y, y, out=powers[..., 2, :])
        object.__setattr__(self, "centre", self.plain(centre))
        object.__setattr__(self, "powers", powers)

    @abstractmethod
    def moments(self, w: Floats) -> Iterable[Values]:
        """Sums of w y^b for b = 0, 1, 2."""

    @property
    def df(self) -> int:
        """Number of estimates minus one."""
        return int(self.v.shape[-1]) - 1

    def sums(self, tau2: Values) -> Sums[Values]:
        """Return the sums at tau2."""
        w = self.weights(tau2)
        ww = w * w
        (w1, wy, wyy), (w2, wwy, wwyy) = self.moments(w), self.moments(ww)
        w3, wwwy, wwwyy = self.moments(ww * w)
        mean, ratio = wy / w1, w2 / w1
        pulled = wwy - mean * w2
        return Sums(
            wyy - mean * wy,
            wwyy - mean * (wwy + pulled),
            wwwyy - mean * (2 * wwwy - mean * w3) - pulled * pulled / w1,
            w1 - ratio,
            w2 - 2 * w3 / w1 + ratio * ratio,
            w1,
            w2,
        )

    def q(self, tau2: Values) -> tuple[Values, Values]:
        """Return y'Py and y'PPy alone."""
        w = self.weights(tau2)
        (w1, wy, wyy), (w2, wwy, wwyy) = self.moments(w), self.moments(w * w)
        mean = wy / w1
        ypy = wyy - mean * wy
        return self.choose(ypy > 0, ypy, 0.0), wwyy - mean * (2 * wwy - mean * w2)

    def pooled(self, tau2: Values) -> tuple[Values, Values, Values]:
        """Return the weighted mean, the total of the weights, and y'Py."""
        total, wy, wyy = self.moments(self.weights(tau2))
        shift = wy / total
        ypy = wyy - shift * wy
        return self.centre + shift, total, self.choose(ypy > 0, ypy, 0.0)

    def log_likelihood(self, tau2: Values, *, restricted: bool) -> Values:
        """Profile log-likelihood up to a constant."""
        _, total, ypy = self.pooled(tau2)
        value = np.log(self.weights(tau2)).sum(-1) - ypy
        return self.plain(0.5 * (value - np.log(total)) if restricted else 0.5 * value)

    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""
        return np.full(self.df + 1, 1 / (self.df + 1))

    def residual_sum(self) -> Values:
        """Residual sum of squares of the unweighted fit."""
        k, total, squares = np.add.reduce(self.powers, -1).T
        return self.plain(np.maximum(squares - total * total / k, 0.0))


@dataclass(frozen=True, slots=True)
class MeanModel(Mean[float]):
    """One data set with one common mean."""

    def moments(self, w: Floats) -> list[float]:
        """Sums of w y^b for b = 0, 1, 2."""
        moments: list[float] = self.powers.dot(w).tolist()
        return moments

    def scores(self, grid: Floats, *, restricted: bool) -> Floats:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        w = np.reciprocal(self.v + grid[:, None])
        moments = w.dot(self.powers.T).T, (w * w).dot(self.powers.T).T
        return _scores(*moments, restricted=restricted)


@dataclass(frozen=True, slots=True)
class MeanBatch(Mean[Floats]):
    """Many data sets, each with its own mean: y and v of shape (data sets, k).

    `tau2` is one value per data set, and so is all that is returned; but `scores` takes a
    grid common to all, and returns shape (data sets, values).
    """

    def moments(self, w: Floats) -> Floats:
        """Sums of w y^b for b = 0, 1, 2, each of shape (data sets,)."""
        moments: Floats = np.vecdot(self.powers, w[:, None]).T
        return moments

    def weights(self, tau2: Floats) -> Floats:
        """Inverse variances, of shape (data sets, k)."""
        return np.reciprocal(self.v + tau2[:, None])

    def scores(self, grid: Floats, *, restricted: bool) -> Floats:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        w = np.reciprocal(self.v[:, None, :] + grid[:, None])
        powers = self.powers.swapaxes(1, 2)
        moments = ((part @ powers).transpose(2, 0, 1) for part in (w, w * w))
        return _scores(*moments, restricted=restricted)

    @staticmethod
    def choose(condition: Truth, yes: Floats, no: Any) -> Floats:
        """Return `yes` where the condition holds and `no` elsewhere."""
        return np.where(condition, yes, no)

    @staticmethod
    def every(condition: Truth) -> bool:
        """Whether the condition holds for every data set."""
        return bool(np.all(condition))

    @staticmethod
    def plain(value: Any) -> Floats:
        """Return Python numbers; a batch keeps its arrays."""
        values: Floats = value
        return values


def _scores(first: Floats, second: Floats, *, restricted: bool) -> Floats:
    """Score over (tr W)^2 from the sums of w y^b and of w^2 y^b, b along the first axis."""
    (w1, wy, _), (w2, wwy, wwyy) = first, second
    mean = wy / w1
    trace = w1 - w2 / w1 if restricted else w1
    scores: Floats = (wwyy - mean * (2 * wwy - mean * w2) - trace) / (w1 * w1)
    return scores


@dataclass(frozen=True, slots=True)
class DesignModel(Model[float]):
    """Estimates on a design x of shape (k, p) with orthonormal columns."""

    x: Floats

    @property
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])

    def sums(self, tau2: float) -> Sums[float]:
        """Return the sums at tau2."""
        w = self.weights(tau2)
        ww = w * w
        py = self._project(w, self.y)
        ppy = self._project(w, py)
        hat2, hat3 = (np.linalg.solve(self.cross(w), self.cross(part)) for part in (ww, ww * w))
        w1, w2 = w.sum(), ww.sum()
        return Sums(
            ypy=self.y @ py,
            yppy=py @ py,
            ypppy=py @ ppy,
            trace_p=w1 - np.trace(hat2),
            trace_pp=w2 - 2 * np.trace(hat3) + np.trace(hat2 @ hat2),
            trace_w=w1,
            trace_ww=w2,
        )

    def q(self, tau2: float) -> tuple[float, float]:
        """Return y'Py and y'PPy alone."""
        py = self._project(self.weights(tau2), self.y)
        return float(self.y @ py), float(py @ py)

    def scores(self, grid: Floats, *, restricted: bool) -> Floats:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        at = [self.sums(tau2) for tau2 in grid.tolist()]
        traces = [one.trace_p if restricted else one.trace_w for one in at]
        return np.array(
            [(one.yppy - trace) / one.trace_w**2 for one, trace in zip(at, traces, strict=True)]
        )

    def log_likelihood(self, tau2: float, *, restricted: bool) -> float:
        """Profile log-likelihood up to a constant."""
        w = self.weights(tau2)
        value = float(np.log(w).sum() - self.q(tau2)[0])
        return 0.5 * (value - float(np.linalg.slogdet(self.cross(w))[1]) if restricted else value)

    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""
        leverage: Floats = np.vecdot(self.x, self.x)
        return leverage

    def residual_sum(self) -> float:
        """Residual sum of squares of the unweighted fit."""
        residual = self.y - self.x @ (self.y @ self.x)
        return float(residual @ residual)

    def cross(self, w: Floats) -> Floats:
        """X' diag(w) X."""
        crossed: Floats = self.x.T @ (w[:, None] * self.x)
        return crossed

    def _project(self, w: Floats, z: Floats) -> Floats:
        b = np.linalg.solve(self.cross(w), (w * z) @ self.x)
        projected: Floats = w * (z - self.x @ b)
        return projected


def scaled(yi: Floats, vi: Floats) -> tuple[Floats, Floats, Any]:
    """Shift and scale each data set to a smallest variance of 1; the scale is returned last."""
    scale = np.minimum.reduce(vi, -1)
    unit = scale[..., None]
    return (yi - yi[..., :1]) / unit**0.5, vi / unit, scale
