"""What a data set offers the solver of tau2: sums of its projection, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, the sums are
y'Py, y'PPy, y'PPPy and the traces of P, PP, W and WW; nothing builds a k-by-k matrix.
Rows are data sets, so that one fit is a batch of one.  Models are in units in which the
smallest variance is 1 (`scaled`), so no tolerance depends on the units.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_Moments: TypeAlias = Any  # three numbers, or three arrays of one shape


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
    around_mean: Floats = field(init=False, repr=False)  # sum of squares, one per data set

    def __post_init__(self) -> None:
        w = 1.0 / self.v
        centre = np.vecdot(w, self.y) / np.add.reduce(w, -1)
        y = self.y - centre[:, None]
        powers = np.empty((*y.shape, 3))
        powers[..., 0] = 1.0
        powers[..., 1] = y
        np.multiply(y, y, out=powers[..., 2])
        k, total, squares = _split(np.add.reduce(powers, 1))
        object.__setattr__(self, "powers", powers)
        object.__setattr__(self, "around_mean", np.maximum(squares - total * total / k, 0.0))

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
        return _mean_sums(*(part.dot(powers).tolist() for part in (w, ww, ww * w)))

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
        w1, wy, wyy = w.dot(powers).tolist()
        w2, wwy, wwyy = (w * w).dot(powers).tolist()
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
        return self.around_mean

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
        at = self.sums(tau2)
        return at.yppy - (at.trace_p if restricted else at.trace_w)

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


def sums_at_ends(model: Model, tau2: Floats) -> tuple[Floats, ...]:
    """Return y'Py and tr P at zero, y'Py and y'PPy at the tau2 of each data set."""
    if tau2.size > 1:
        start = model.sums(np.zeros((tau2.size, 1)))
        ends = (start.ypy, start.trace_p, *model.q(tau2[:, None]))
        return tuple(part[:, 0] for part in ends)
    first = model.sums_of_first(0.0)
    numbers = (first.ypy, first.trace_p, *model.q_of_first(tau2.item()))
    return tuple(np.array([numbers]).T)


def scaled(yi: Floats, vi: Floats) -> tuple[Floats, Floats, Floats]:
    """Shift and scale each data set to a smallest variance of 1; the scale is returned last."""
    scale = np.minimum.reduce(vi, axis=1, keepdims=True)
    return (yi - yi[:, :1]) / np.sqrt(scale), vi / scale, scale[:, 0]
