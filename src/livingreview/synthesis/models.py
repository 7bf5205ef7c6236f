"""What a data set offers the solver of tau2: sums of its projection, in time linear in k.

With weights w = 1/(v + tau2), W = diag(w) and P = W - WX(X'WX)^-1 X'W, the sums are
y'Py, y'PPy, y'PPPy and the traces of P, PP, W and WW; nothing builds a k-by-k matrix.
Models are in units in which the smallest variance is 1 (`scaled`), so no tolerance depends
on the units.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Sums(NamedTuple):
    """Sums of the projection P at given tau2: numbers, or arrays for a batch."""

    ypy: Any
    yppy: Any
    ypppy: Any
    trace_p: Any
    trace_pp: Any
    trace_w: Any
    trace_ww: Any


@dataclass(frozen=True, slots=True)
class Model(ABC):
    """Estimates y and variances v, both of shape (k,), with what explains them.

    The sums are plain numbers: with few studies arrays of results are mostly overhead.
    """

    y: Floats
    v: Floats

    @property
    @abstractmethod
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""

    @abstractmethod
    def sums(self, tau2: Any) -> Sums:
        """Return the sums at tau2."""

    @abstractmethod
    def q(self, tau2: Any) -> tuple[Any, Any]:
        """Return y'Py and y'PPy alone."""

    @abstractmethod
    def scores(self, tau2: Floats, *, restricted: bool) -> Any:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""

    @abstractmethod
    def log_likelihood(self, tau2: Any, *, restricted: bool) -> Any:
        """Profile log-likelihood up to a constant."""

    @abstractmethod
    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""

    @abstractmethod
    def residual_sum(self) -> Any:
        """Residual sum of squares of the unweighted fit."""

    def weights(self, tau2: Any) -> Floats:
        """Inverse variances."""
        w: Floats = np.reciprocal(self.v + tau2)
        return w


@dataclass(frozen=True, slots=True)
class MeanModel(Model):
    """Estimates with one common mean.

    All sums are combinations of sum(w^a y^b), which one small product for each a gives.
    """

    centre: Any = field(init=False)  # mean at tau2 of zero, from which y is measured in:
    powers: Floats = field(init=False, repr=False)  # 1, y, y^2 of shape (3, k)

    def __post_init__(self) -> None:
        w = np.reciprocal(self.v)
        centre = np.vecdot(w, self.y) / np.add.reduce(w, -1)
        powers = np.empty((*self.y.shape[:-1], 3, self.y.shape[-1]))
        powers[..., 0, :] = 1.0
        y = np.subtract(self.y, centre[..., None], out=powers[..., 1, :])
        np.multiply(y, y, out=powers[..., 2, :])
        object.__setattr__(self, "centre", centre)
        object.__setattr__(self, "powers", powers)

    @property
    def df(self) -> int:
        """Number of estimates minus one."""
        return int(self.v.shape[-1]) - 1

    def moments(self, w: Floats) -> Any:
        """Sums of w y^b for b = 0, 1, 2, as plain numbers."""
        return self.powers.dot(w).tolist()

    def sums(self, tau2: Any) -> Sums:
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

    def q(self, tau2: Any) -> tuple[Any, Any]:
        """Return y'Py and y'PPy alone."""
        w = self.weights(tau2)
        (w1, wy, wyy), (w2, wwy, wwyy) = self.moments(w), self.moments(w * w)
        mean = wy / w1
        ypy = wyy - mean * wy
        return ypy * (ypy > 0), wwyy - mean * (2 * wwy - mean * w2)

    def scores(self, tau2: Floats, *, restricted: bool) -> Any:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        w = self.weights(tau2[:, None])
        first, second = w.dot(self.powers.T).tolist(), (w * w).dot(self.powers.T).tolist()
        return [_score(*sums, restricted=restricted) for sums in zip(first, second, strict=True)]

    def pooled(self, tau2: Any) -> tuple[Any, Any, Any]:
        """Return the weighted mean, the total of the weights, and y'Py."""
        total, wy, wyy = self.moments(self.weights(tau2))
        shift = wy / total
        ypy = wyy - shift * wy
        return self.centre + shift, total, ypy * (ypy > 0)

    def log_likelihood(self, tau2: Any, *, restricted: bool) -> Any:
        """Profile log-likelihood up to a constant."""
        _, total, ypy = self.pooled(tau2)
        value = np.log(self.weights(tau2)).sum(-1) - ypy
        return 0.5 * (value - np.log(total)) if restricted else 0.5 * value

    def leverage(self) -> Floats:
        """Diagonal of the hat matrix with equal weights."""
        return np.full(self.df + 1, 1 / (self.df + 1))

    def residual_sum(self) -> Any:
        """Residual sum of squares of the unweighted fit."""
        k, total, squares = np.add.reduce(self.powers, -1).tolist()
        return max(squares - total * total / k, 0.0)


@dataclass(frozen=True, slots=True)
class MeanBatch(MeanModel):
    """Many data sets, each with its own mean: y and v of shape (data sets, k).

    `tau2` is one value per data set, and so is all that is returned; but `scores` takes
    values common to all, and returns shape (data sets, values).
    """

    def moments(self, w: Floats) -> Any:
        """Sums of w y^b for b = 0, 1, 2, each of shape (data sets,)."""
        return np.vecdot(self.powers, w[:, None]).T

    def weights(self, tau2: Floats) -> Floats:
        """Inverse variances, of shape (data sets, k)."""
        return np.reciprocal(self.v + tau2[:, None])

    def scores(self, tau2: Floats, *, restricted: bool) -> Floats:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        w = np.reciprocal(self.v[:, None, :] + tau2[:, None])
        powers = self.powers.swapaxes(1, 2)
        moments = ((part @ powers).transpose(2, 0, 1) for part in (w, w * w))
        scores: Floats = _score(*moments, restricted=restricted)
        return scores

    def residual_sum(self) -> Floats:
        """Residual sum of squares of the unweighted fit."""
        k, total, squares = np.add.reduce(self.powers, -1).T
        residual: Floats = np.maximum(squares - total * total / k, 0.0)
        return residual


def _score(first: Any, second: Any, *, restricted: bool) -> Any:
    """Score around one mean, over (tr W)^2, from sum(w y^b) and sum(w^2 y^b)."""
    (w1, wy, _), (w2, wwy, wwyy) = first, second
    mean = wy / w1
    trace = w1 - w2 / w1 if restricted else w1
    return (wwyy - mean * (2 * wwy - mean * w2) - trace) / (w1 * w1)


@dataclass(frozen=True, slots=True)
class DesignModel(Model):
    """Estimates on a design x of shape (k, p) with orthonormal columns."""

    x: Floats

    @property
    def df(self) -> int:
        """Number of estimates minus number of coefficients."""
        return int(self.x.shape[0] - self.x.shape[1])

    def sums(self, tau2: float) -> Sums:
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

    def scores(self, tau2: Floats, *, restricted: bool) -> list[float]:
        """Score at many tau2 over (tr W)^2, a straight line in tau2 when all v are equal."""
        return [
            float(at.yppy - (at.trace_p if restricted else at.trace_w)) / at.trace_w**2
            for at in map(self.sums, tau2.tolist())
        ]

    def log_likelihood(self, tau2: Any, *, restricted: bool) -> Any:
        """Profile log-likelihood up to a constant."""
        w = self.weights(tau2)
        value = float(np.log(w).sum() - self.q(tau2)[0])
        return 0.5 * (value - np.linalg.slogdet(self.cross(w))[1]) if restricted else 0.5 * value

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
