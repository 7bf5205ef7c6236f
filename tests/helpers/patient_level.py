"""Survival analysis of real patients, as statistical packages do it: the papers' other side.

Kaplan-Meier, Greenwood intervals, medians, log-rank and Cox models written directly from their
definitions, for the papers that `paper_simulation` makes; `test_patient_level` holds them against
R's survival package.
"""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Z95 = float(stats.norm.ppf(0.975))
REFERENCE = Path(__file__).parents[1] / "reference"


def patients(name: str) -> dict[str, NDArray[np.str_]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


@dataclass(frozen=True)
class KaplanMeier:
    time: Floats
    event: NDArray[np.bool_]

    @cached_property
    def _steps(self) -> tuple[Floats, Floats, Floats]:
        """Event times, the curve after each, and Greenwood's sum."""
        times, dead = np.unique(self.time[self.event], return_counts=True)
        at_risk = self.time.size - np.searchsorted(np.sort(self.time), times, side="left")
        with np.errstate(divide="ignore"):
            greenwood = np.cumsum(dead / (at_risk * (at_risk - dead)))
        return times, np.cumprod(1 - dead / at_risk), greenwood

    def rate(self, at: float) -> float:
        times, curve, _ = self._steps
        index = np.searchsorted(times, at, side="right") - 1
        return 1.0 if index < 0 else float(curve[index])

    def variance_of_log(self, at: float) -> float:
        times, _, greenwood = self._steps
        index = np.searchsorted(times, at, side="right") - 1
        return 0.0 if index < 0 else float(greenwood[index])

    def interval(self, at: float, method: str) -> tuple[float, float]:
        """95% interval of the rate: plain, log or log-log, as packages offer."""
        rate, se = self.rate(at), self.variance_of_log(at) ** 0.5
        if method == "plain":
            return max(0.0, rate - Z95 * rate * se), min(1.0, rate + Z95 * rate * se)
        if method == "log":
            return rate * np.exp(-Z95 * se), min(1.0, rate * np.exp(Z95 * se))
        spread = Z95 * se / np.log(rate)
        return rate ** np.exp(-spread), rate ** np.exp(spread)

    @property
    def median(self) -> float:
        return self._quantile(0.5)

    def _quantile(self, level: float) -> float:
        times, curve, _ = self._steps
        below = np.flatnonzero(curve <= level + 1e-12)
        return float(times[below[0]]) if below.size else float("nan")

    def median_interval(self, method: str) -> tuple[float, float]:
        """95% interval of the median: symmetrical as SPSS gives it, or by inverting the rate's."""
        if method == "symmetric":
            half = Z95 * self._median_standard_error
            return max(0.0, self.median - half), self.median + half
        times, curve, _ = self._steps
        inside = [t for t, s in zip(times, curve, strict=True) if s < 1 and s > 0]
        bounds = [self.interval(t, method) for t in inside]
        lower = next((t for t, (low, _) in zip(inside, bounds, strict=True) if low <= 0.5), np.nan)
        upper = next((t for t, (_, up) in zip(inside, bounds, strict=True) if up <= 0.5), np.nan)
        return float(lower), float(upper)

    @property
    def _median_standard_error(self) -> float:
        times, curve, greenwood = self._steps
        above, below = np.flatnonzero(curve >= 0.55), np.flatnonzero(curve <= 0.45)
        if not (above.size and below.size):
            return float("nan")
        first, last = above[-1], below[0]
        density = (curve[first] - curve[last]) / (times[last] - times[first])
        at = np.flatnonzero(curve <= 0.5)[0]
        return float(curve[at] * greenwood[at] ** 0.5 / density)


def _at_least(time: Floats, limits: Floats) -> Floats:
    """How many times are at or beyond each limit."""
    return time.size - np.searchsorted(np.sort(time), limits, side="left").astype(float)


def log_rank(time: Floats, event: NDArray[np.bool_], group: NDArray[np.int_]) -> float:
    """p of the log-rank test over all groups."""
    labels = np.unique(group)[1:]
    times, dead = np.unique(time[event], return_counts=True)
    n = _at_least(time, times)
    share = np.array([_at_least(time[group == label], times) for label in labels]) / n
    observed = np.array([(event & (group == label)).sum() for label in labels])
    score = observed - share @ dead
    factor = dead * (n - dead) / np.maximum(n - 1, 1)
    variance = np.diag(share @ factor) - (share * factor) @ share.T
    statistic = float(score @ np.linalg.solve(variance, score))
    return float(stats.chi2.sf(statistic, labels.size))


@dataclass(frozen=True)
class Cox:
    """A Cox model (Efron's ties), by Newton's method."""

    time: Floats
    event: NDArray[np.bool_]
    covariates: Floats

    @cached_property
    def _fit(self) -> tuple[Floats, Floats]:
        beta = np.zeros(self.covariates.shape[1])
        for _ in range(30):
            _, score, information = self._derivatives(beta)
            step = np.linalg.solve(information, score)
            beta = beta + np.clip(step, -2, 2)
            if np.abs(step).max() < 1e-9:
                break
        return beta, np.linalg.inv(self._derivatives(beta)[2])

    def _derivatives(self, beta: Floats) -> tuple[float, Floats, Floats]:
        order, last, dead, slot = self._layout
        x = self.covariates[order]
        weight = np.exp(x @ beta)
        parts = np.column_stack([np.ones(len(x)), x, _squares(x)]) * weight[:, None]
        risk = np.cumsum(parts, axis=0)[last]
        died = np.zeros_like(risk)
        is_event = self.event[order]
        np.add.at(died, slot[is_event], parts[is_event])
        likelihood, score = float((x[is_event] @ beta).sum()), x[is_event].sum(axis=0)
        information = np.zeros((beta.size, beta.size))
        for tie in range(int(dead.max())):
            still = dead > tie
            total = risk[still] - (tie / dead[still])[:, None] * died[still]
            mean = total[:, 1 : beta.size + 1] / total[:, :1]
            likelihood -= float(np.log(total[:, 0]).sum())
            score = score - mean.sum(axis=0)
            second = (total[:, beta.size + 1 :] / total[:, :1]).sum(axis=0)
            information += second.reshape(beta.size, beta.size) - mean.T @ mean
        return likelihood, score, information

    @cached_property
    def _layout(self) -> tuple[NDArray[np.int_], ...]:
        """Patients from the longest time, and per event time: last at risk, deaths, its slot."""
        order = np.argsort(-self.time, kind="stable")
        times, dead = np.unique(self.time[self.event], return_counts=True)
        last = (self.time.size - np.searchsorted(np.sort(self.time), times, side="left")) - 1
        slot = np.searchsorted(times, self.time[order])
        return order, last, dead, slot

    @property
    def beta(self) -> Floats:
        return self._fit[0]

    @property
    def standard_error(self) -> Floats:
        return np.sqrt(np.diag(self._fit[1]))

    @property
    def wald_p(self) -> Floats:
        return 2 * stats.norm.sf(np.abs(self.beta / self.standard_error))

    @property
    def likelihood_ratio_p(self) -> float:
        """p of the whole model against none."""
        nothing = np.zeros(self.beta.size)
        gain = self._derivatives(self.beta)[0] - self._derivatives(nothing)[0]
        return float(stats.chi2.sf(2 * gain, self.beta.size))


def _squares(x: Floats) -> Floats:
    return (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
