"""Cox's model: coefficients, three tests, strata, both usual treatments of ties, and its test.

References: Cox 1972, *JRSS B* 34:187; Breslow 1974, *Biometrics* 30:89; Efron 1977, *JASA* 72:557;
Grambsch & Therneau 1994, *Biometrika* 81:515 (proportional hazards).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from livingreview_cohort.curves import Z95, Flags, Floats, KaplanMeier, Labels

Ties = Literal["efron", "breslow"]
STEPS = 40  # of Newton's method; it needs about five
SMALL = 1e-9  # a step below this has converged
FAR = 12.0  # a log hazard ratio of one standard deviation beyond this is on its way to infinity


class _Derivatives(NamedTuple):
    likelihood: float
    score: Floats
    information: Floats


class _Layout(NamedTuple):
    """A stratum from the longest time on; per event time the last at risk, deaths, its slot."""

    rows: NDArray[np.int_]
    event: Flags
    times: Floats
    last: NDArray[np.int_]
    dead: NDArray[np.int_]
    slot: NDArray[np.int_]


class ProportionalHazards(NamedTuple):
    """The test that hazards are proportional: chi-squared and p a covariate, then of all."""

    statistic: Floats
    p: Floats


@dataclass(frozen=True, eq=False)
class Cox:
    """A Cox model of a time to an event on covariates (one column each), by Newton's method.

    `converged` is false where a coefficient has no finite estimate, as when no event is seen at one
    level; nothing of it is then to be shown.

    >>> time, x = np.array([1.0, 2.0, 3.0, 4.0]), np.array([[1.0], [0.0], [1.0], [0.0]])
    >>> round(float(Cox(time, np.ones(4, dtype=bool), x).beta[0]), 4)
    0.9406
    """

    time: Floats
    event: Flags
    covariates: Floats
    ties: Ties = "efron"
    strata: Labels | None = None

    def __post_init__(self) -> None:
        if self.ties not in ("efron", "breslow"):
            msg = f"need ties efron or breslow, found {self.ties!r}"
            raise ValueError(msg)

    @cached_property
    def _fit(self) -> tuple[Floats, _Derivatives, bool]:
        beta = np.zeros(self.covariates.shape[1])
        at = self._at(beta)
        for _ in range(STEPS):
            if not _has_full_rank(at.information):
                return beta, at, False
            step = np.clip(np.linalg.solve(at.information, at.score), -2, 2)
            new = self._at(beta + step)
            while new.likelihood < at.likelihood - SMALL and np.abs(step).max() > SMALL:
                step = step / 2
                new = self._at(beta + step)
            beta, at = beta + step, new
            if np.abs(step).max() < SMALL:
                return beta, at, True
            if np.abs(beta * self._scale).max() > FAR:
                break
        return beta, at, False

    @cached_property
    def _scale(self) -> Floats:
        """The standard deviation of each covariate, so that its unit does not matter."""
        return np.asarray(self.covariates.std(axis=0)) if self.time.size else np.ones(0)

    @property
    def converged(self) -> bool:
        """Whether every coefficient has a finite estimate."""
        return self._fit[2]

    @property
    def beta(self) -> Floats:
        """The log hazard ratios of one unit of each covariate."""
        return self._fit[0]

    @cached_property
    def covariance(self) -> Floats:
        """Of the coefficients, from the information."""
        if not self.converged:
            return np.full((self.beta.size, self.beta.size), np.nan)
        return np.asarray(np.linalg.inv(self._fit[1].information))

    @property
    def standard_error(self) -> Floats:
        """Of each coefficient."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """95% Wald interval of each log hazard ratio."""
        return self.beta - Z95 * self.standard_error, self.beta + Z95 * self.standard_error

    @property
    def wald_p(self) -> Floats:
        """Two-sided p of each coefficient."""
        return np.asarray(2 * special.ndtr(-np.abs(self.beta / self.standard_error)))

    @property
    def likelihood_ratio_p(self) -> float:
        """The p-value of the whole model against none."""
        gain = self._fit[1].likelihood - self._nothing.likelihood
        return float(special.chdtrc(self.beta.size, max(0.0, 2 * gain)))

    @property
    def score_p(self) -> float:
        """The p-value of the whole model by the score test; of two groups nearly log-rank."""
        _, score, information = self._nothing
        return float(special.chdtrc(score.size, score @ np.linalg.solve(information, score)))

    @cached_property
    def _nothing(self) -> _Derivatives:
        return self._at(np.zeros(self.covariates.shape[1]))

    def _at(self, beta: Floats) -> _Derivatives:
        likelihood, score = 0.0, np.zeros(beta.size)
        information = np.zeros((beta.size, beta.size))
        for layout in self._layouts:
            for part in self._contributions(layout, beta):
                likelihood += float(part[0].sum())
                score += part[1].sum(axis=0)
                information += part[2].sum(axis=0)
        return _Derivatives(likelihood, score, information)

    def _contributions(
        self, layout: _Layout, beta: Floats
    ) -> Iterator[tuple[Floats, Floats, Floats]]:
        """Of each event time to the likelihood, the score and the information, in parts."""
        p, x = beta.size, self.covariates[layout.rows]
        linear = x @ beta
        parts = np.column_stack(
            [np.ones(len(x)), x, (x[:, :, None] * x[:, None, :]).reshape(len(x), p * p)]
        )
        parts = parts * np.exp(linear)[:, None]
        risk = np.cumsum(parts, axis=0)[layout.last]
        died = np.zeros((layout.times.size, parts.shape[1]))
        np.add.at(died, layout.slot[layout.event], parts[layout.event])
        own = np.zeros((layout.times.size, 1 + p))
        np.add.at(own, layout.slot[layout.event], np.column_stack([linear, x])[layout.event])
        yield own[:, 0], own[:, 1:], np.zeros((own.shape[0], p, p))
        for tie in range(int(layout.dead.max(initial=0)) if self.ties == "efron" else 1):
            taken = np.where(layout.dead > tie, tie / layout.dead, 0)
            factor: Floats = layout.dead.astype(float) if self.ties == "breslow" else np.ones(1)
            weight = np.where(layout.dead > tie, factor, 0.0)
            total = risk - taken[:, None] * died
            mean = total[:, 1 : p + 1] / total[:, :1]
            second = (total[:, p + 1 :] / total[:, :1]).reshape(-1, p, p)
            spread = second - mean[:, :, None] * mean[:, None, :]
            logs: Floats = np.log(total[:, 0])
            yield -weight * logs, -weight[:, None] * mean, weight[:, None, None] * spread

    @cached_property
    def _layouts(self) -> list[_Layout]:
        everyone = np.zeros(self.time.size, dtype=int)
        strata = everyone if self.strata is None else self.strata
        return [self._layout(np.flatnonzero(strata == one)) for one in np.unique(strata)]

    def _layout(self, rows: NDArray[np.int_]) -> _Layout:
        rows = rows[np.argsort(-self.time[rows], kind="stable")]
        time, event = self.time[rows], self.event[rows]
        times, dead = np.unique(time[event], return_counts=True)
        last = time.size - np.searchsorted(time[::-1], times, side="left") - 1
        return _Layout(rows, event, times, last, dead, np.searchsorted(times, time))

    def proportional_hazards(self) -> ProportionalHazards:
        """Whether each log hazard ratio, and all of them, stay the same over time.

        The score test for a slope against the Kaplan-Meier estimate just before each event, as
        `cox.zph` of R's survival does since version 3; one stratum.
        """
        (layout,) = self._layouts
        before = np.concatenate([[1.0], KaplanMeier(self.time, self.event).steps[1][:-1]])
        parts = list(self._contributions(layout, self.beta))
        score = np.sum([part[1] for part in parts], axis=0)
        spread = np.sum([part[2] for part in parts], axis=0)
        g = -before
        slope = g @ score
        mixed, square = np.tensordot(g, spread, 1), np.tensordot(g**2, spread, 1)
        left = square - mixed @ np.linalg.solve(spread.sum(axis=0), mixed)
        whole = slope @ np.linalg.solve(left, slope)
        single = slope**2 / np.diag(left)
        degrees = np.append(np.ones(slope.size), slope.size)
        statistic = np.append(single, whole)
        return ProportionalHazards(statistic, np.asarray(special.chdtrc(degrees, statistic)))


def _has_full_rank(information: Floats) -> bool:
    """Whether no covariate follows from the others, by the pivots of Cholesky's decomposition."""
    try:
        pivots = np.diag(np.linalg.cholesky(information)) ** 2
    except np.linalg.LinAlgError:
        return False
    return bool((pivots > 1e-10 * np.diag(information)).all())
