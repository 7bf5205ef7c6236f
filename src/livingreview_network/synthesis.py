"""A network of treatments estimated by weighted least squares; its consistency; both evidences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, ndtri

from livingreview_network.contrasts import (
    Contrasts,
    Floats,
    NotConnectedError,
    Pair,
    connected_parts,
    read_contrasts,
)
from livingreview_pool import residual_tau2

SAME = 1e-9  # relative: the network adds nothing to the direct estimate of this variance
WITHIN, BETWEEN = "within designs", "between designs"


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimate of `first` minus `second`, with a normal interval."""

    first: str
    second: str
    mean: float
    se: float
    ci_lower: float
    ci_upper: float
    pval: float


@dataclass(frozen=True, slots=True)
class QPart:
    """A part of Cochran's Q with its degrees of freedom and p-value; `tau2` is in its weights."""

    label: str
    q: float
    df: int
    pval: float
    tau2: float = 0.0


@dataclass(frozen=True, slots=True)
class Split:
    """Direct and indirect evidence on one pair, both with the network's tau2.

    `share` is the part of the network estimate, from 0 to 1, that is direct; `indirect` is what
    of it is uncorrelated with the direct estimate (back-calculation), None where it adds nothing.
    `direct` is None without a study; `difference` is direct minus indirect.
    """

    network: Contrast
    studies: tuple[str, ...]
    share: float
    direct: Contrast | None = None
    indirect: Contrast | None = None
    difference: Contrast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSynthesis:
    """A connected network: every pair, what is direct in it, and whether the evidence agrees.

    `common` and `random` hold each pair of `treatments` once, in their order; `splits` are of the
    random-effects model.  `total` is Cochran's Q, `within` its part from studies of the same
    treatments, each set by itself in `by_design`, and `between` the rest: inconsistency.
    `between_random` has a tau2 from within designs in its weights (the full design-by-treatment
    interaction).
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    designs: tuple[tuple[str, ...], ...]
    tau2: float
    tau2_estimator: str
    level: float
    common: Mapping[Pair, Contrast]
    random: Mapping[Pair, Contrast]
    splits: tuple[Split, ...]
    total: QPart
    within: QPart
    between: QPart
    between_random: QPart
    by_design: tuple[QPart, ...]
    notes: tuple[str, ...] = ()

    def contrast(self, first: str, second: str) -> Contrast:
        """Return `first` minus `second` by the random-effects model; KeyError for others."""
        if (first, second) in self.random:
            return self.random[first, second]
        found = self.random[second, first]
        limits = (-found.mean, found.se, -found.ci_upper, -found.ci_lower, found.pval)
        return Contrast(first, second, *limits)


def network_synthesis(
    study: Iterable[str],
    treatment1: Iterable[str],
    treatment2: Iterable[str],
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_estimator: str = "dl",
    level: float = 0.95,
) -> NetworkSynthesis:
    """Estimate every pair of treatments of a connected network, assuming consistency.

    Each row is one contrast, `treatment1` minus `treatment2`, with its sampling variance; a study
    of several arms gives each pair once.  One tau2 is common to all contrasts: "dl" is the
    generalised method of moments, as of R's netmeta, "reml" and the others are those of
    `livingreview_pool.random_effects`.  Raise `NotConnectedError` with the parts where no path of
    studies joins all treatments, and ValueError for contrasts that no study can have.

    References: Rücker 2012, *Research Synthesis Methods* 3:312; Jackson, White & Riley 2012,
    *Statistics in Medicine* 31:3805 (tau2); König, Krahn & Binder 2013, *Statistics in Medicine*
    32:5414 (share); Krahn, Binder & König 2013, *BMC Med Res Methodol* 13:35 (Q).

    >>> path = network_synthesis("12", "AB", "BC", [1.0, 2.0], [0.5, 0.5])
    >>> round(path.contrast("A", "C").mean, 12), round(path.contrast("A", "C").se, 12)
    (3.0, 1.0)
    """
    rows = read_contrasts(study, treatment1, treatment2, yi, vi)
    if len(parts := connected_parts(rows.pairs)) > 1:
        raise NotConnectedError(parts)
    y, d, x = rows.y, rows.d, rows.x[:, 1:]
    each = _of_each_design(rows)
    apart = np.hstack([columns for _, columns in each.values()])
    tau2, within2 = (residual_tau2(y, d, on, tau2_estimator) for on in (x, apart))
    total, within = q_part(y, d, x, "total"), q_part(y, d, apart, WITHIN)
    random = estimates(rows, tau2, level)
    return NetworkSynthesis(
        treatments=rows.treatments,
        studies=rows.studies,
        designs=rows.designs,
        tau2=tau2,
        tau2_estimator=tau2_estimator,
        level=level,
        common=estimates(rows, 0.0, level),
        random=random,
        splits=tuple(_split(rows, tau2, found, level) for found in random.values()),
        total=total,
        within=within,
        between=_minus(total, within),
        between_random=_minus(
            q_part(y, d, x, "total", within2), q_part(y, d, apart, WITHIN, within2)
        ),
        by_design=tuple(
            q_part(y[own], d[own], columns[own], ":".join(design))
            for design, (own, columns) in each.items()
        ),
        notes=tuple(_notes(total, within)),
    )


def estimates(rows: Contrasts, tau2: float, level: float) -> dict[Pair, Contrast]:
    """Return every pair of treatments, by weighted least squares at this tau2."""
    beta, covariance = least_squares(rows.y, rows.d + tau2, rows.x[:, 1:])
    mean = np.concatenate([[0.0], beta])
    spread = np.pad(covariance, ((1, 0), (1, 0)))
    found = {}
    for i, j in combinations(range(len(mean)), 2):
        pair = rows.treatments[i], rows.treatments[j]
        variance = spread[i, i] + spread[j, j] - 2 * spread[i, j]
        found[pair] = contrast(pair, mean[i] - mean[j], variance, level)
    return found


def contrast(pair: Pair, mean: float, variance: float, level: float) -> Contrast:
    """Return an estimate with its normal interval and p-value."""
    se, half = float(variance) ** 0.5, float(ndtri(0.5 + level / 2))
    pval = float(2 * ndtr(-abs(mean) / se))
    return Contrast(*pair, float(mean), se, float(mean - half * se), float(mean + half * se), pval)


def least_squares(y: Floats, variances: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the coefficients and their covariance; x may have columns that others repeat."""
    root = variances**-0.5
    inverse = np.linalg.pinv(root[:, None] * x)
    return inverse @ (root * y), inverse @ inverse.T


def q_part(y: Floats, variances: Floats, x: Floats, label: str, tau2: float = 0.0) -> QPart:
    """Return the weighted residual sum of squares of a design, with its degrees of freedom."""
    beta, _ = least_squares(y, variances + tau2, x)
    q = float(np.sum((y - x @ beta) ** 2 / (variances + tau2)))
    return _q(label, q, y.size - int(np.linalg.matrix_rank(x)), tau2)


def _q(label: str, q: float, df: int, tau2: float) -> QPart:
    q = max(q, 0.0) if df else 0.0
    return QPart(label, q, df, float(chdtrc(df, q)) if df else 1.0, tau2)


def _minus(total: QPart, within: QPart) -> QPart:
    return _q(BETWEEN, total.q - within.q, total.df - within.df, total.tau2)


def _of_each_design(rows: Contrasts) -> dict[tuple[str, ...], tuple[NDArray[np.bool_], Floats]]:
    """Return, for each set of compared treatments, its rows and the columns of its own effects."""
    found = {}
    for design in dict.fromkeys(rows.designs):
        own = np.array([rows.designs[place] == design for place in rows.study.tolist()])
        members = [rows.treatments.index(one) for one in design[1:]]
        found[design] = own, np.where(own[:, None], rows.x[:, members], 0.0)
    return found


def _split(rows: Contrasts, tau2: float, network: Contrast, level: float) -> Split:
    """Part a network estimate into the direct one and what is uncorrelated with it."""
    pair = network.first, network.second
    studies = rows.pairs.get(pair, {})
    if not studies:
        return Split(network, (), 0.0, indirect=network)
    y, v = np.array(list(studies.values())).T
    w = 1 / (v + tau2)
    total = float(w.sum())
    direct = contrast(pair, float(w @ y) / total, 1 / total, level)
    share = min(network.se**2 * total, 1.0)
    if 1 - share <= SAME:
        return Split(network, tuple(studies), 1.0, direct)
    variance = network.se**2 / (1 - share)
    mean = (network.mean - share * direct.mean) / (1 - share)
    return Split(
        network,
        tuple(studies),
        share,
        direct,
        contrast(pair, mean, variance, level),
        contrast(pair, direct.mean - mean, direct.se**2 + variance, level),
    )


def _notes(total: QPart, within: QPart) -> Sequence[str]:
    if not total.df:
        return ["nothing is left over: neither heterogeneity nor consistency can be seen"]
    return [] if total.df > within.df else ["no loop: consistency cannot be examined"]
