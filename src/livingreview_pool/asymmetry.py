"""Small-study effects: Egger's test and trim-and-fill, refused below ten studies.

Asymmetry has more causes than unpublished studies: heterogeneity, chance, the measure
itself.  The filled studies are a what-if, never data.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from livingreview_pool.checks import Floats, check_choice
from livingreview_pool.inputs import Estimates, Inputs, read_inputs
from livingreview_pool.policy import refuse_below
from livingreview_pool.regression import Regression, meta_regression
from livingreview_pool.result import Synthesis
from livingreview_pool.univariate import COMMON, pooled

MAX_ROUNDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EggerTest:
    """Slope of effects on standard errors: its test, and the mean at a standard error of 0."""

    model: str
    k: int
    slope: float
    se: float
    statistic: float
    df: float
    pval: float
    limit: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimAndFill:
    """A synthesis with studies filled in to make the funnel symmetric, and which they are."""

    side: str
    estimator: str
    filled: int
    filled_yi: tuple[float, ...]
    filled_vi: tuple[float, ...]
    observed: Synthesis
    adjusted: Synthesis
    notes: tuple[str, ...]


def egger_test(yi: Estimates, vi: ArrayLike | None = None, *, model: str = "weighted") -> EggerTest:
    """Test whether small studies show larger effects; refused below ten studies.

    `model` "weighted" is Egger's weighted regression with multiplicative variance (t with
    k - 2 degrees of freedom), "mixed" a meta-regression by REML with a normal test.

    References: Egger et al. 1997, *BMJ* 315:629; Sterne et al. 2011, *BMJ* 343:d4002.

    >>> vi = [0.1 * (1 + i) for i in range(10)]
    >>> round(egger_test([2 * v**0.5 for v in vi], vi).slope, 9)
    2.0
    """
    check_choice("model", model, ("weighted", "mixed"))
    inputs = read_inputs(yi, vi)
    refuse_below(inputs.k, "egger_test")
    method = (COMMON, "knha") if model == "weighted" else ("reml", "z")
    fit = _on_standard_error("egger_test", inputs, *method)
    intercept, slope = fit.coefficients
    return EggerTest(
        model=model,
        k=inputs.k,
        slope=slope.estimate,
        se=slope.se,
        statistic=slope.statistic,
        df=fit.df,
        pval=slope.pval,
        limit=intercept.estimate,
        notes=("asymmetry has more causes than unpublished studies", *fit.notes),
    )


def trim_and_fill(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    side: str | None = None,
    estimator: str = "l0",
    model: str = "random",
) -> TrimAndFill:
    """Fill in the studies that a symmetric funnel would have; refused below ten studies.

    `side` is where studies are missing, "left" or "right"; not named, it is opposite to
    the asymmetry that a meta-regression on the standard error finds, with the same
    `model`: "common" or "random" (REML, normal interval).  `estimator` is "l0" or "r0".

    References: Duval & Tweedie 2000, *Biometrics* 56:455 and *JASA* 95:89.

    >>> yi = [-0.3, -0.2, -0.1, 0.05, 0.12, 0.21, 0.33, 1.0, 1.4, 2.1]
    >>> trim_and_fill(yi, [0.05] * 7 + [0.3, 0.4, 0.9], side="left").filled
    3
    """
    check_choice("estimator", estimator, ("l0", "r0"))
    check_choice("model", model, ("common", "random"))
    inputs = read_inputs(yi, vi)
    refuse_below(inputs.k, "trim_and_fill")
    tau2_estimator = COMMON if model == "common" else "reml"
    if side is None:
        fit = _on_standard_error("trim_and_fill", inputs, tau2_estimator, "z")
        side = "right" if fit.coefficients[1].estimate < 0 else "left"
    check_choice("side", side, ("left", "right"))
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * inputs.yi, kind="stable")
    y, v = sign * inputs.yi[order], inputs.vi[order]
    missing, centre = _missing(y, v, estimator, tau2_estimator)
    extreme = slice(inputs.k - missing, inputs.k)
    filled_y, filled_v = sign * (2 * centre - y[extreme]), v[extreme]
    filled = replace(
        inputs,
        yi=np.append(inputs.yi, filled_y),
        vi=np.append(inputs.vi, filled_v),
        studies=(*inputs.studies, *(f"filled {place}" for place in range(1, missing + 1))),
    )
    return TrimAndFill(
        side=side,
        estimator=estimator,
        filled=missing,
        filled_yi=tuple(filled_y.tolist()),
        filled_vi=tuple(filled_v.tolist()),
        observed=pooled(inputs, tau2_estimator, "z"),
        adjusted=pooled(filled, tau2_estimator, "z"),
        notes=("filled studies are a what-if, not data; read beside the observed result",),
    )


def _on_standard_error(what: str, inputs: Inputs, tau2_estimator: str, interval: str) -> Regression:
    if np.ptp(inputs.vi) == 0:
        msg = f"vi: {what} needs variances that differ, found {inputs.vi[0]:g} for every study"
        raise ValueError(msg)
    return meta_regression(
        inputs,
        moderators={"standard error": np.sqrt(inputs.vi)},
        tau2_estimator=tau2_estimator,
        interval=interval,
    )


def _missing(y: Floats, v: Floats, estimator: str, tau2_estimator: str) -> tuple[int, float]:
    """Number of studies missing on the left of sorted effects, and the trimmed mean."""
    missing, previous = 0, -1
    for _ in range(MAX_ROUNDS):
        kept = Inputs(y[: y.size - missing], v[: y.size - missing], ())
        centre = pooled(kept, tau2_estimator, "z").mean
        if missing == previous:
            return missing, centre
        previous, missing = missing, _count(y - centre, estimator)
    msg = f"trim_and_fill: the number of missing studies did not settle in {MAX_ROUNDS} rounds"
    raise ArithmeticError(msg)


def _count(centred: Floats, estimator: str) -> int:
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    if estimator == "r0":
        below = ranks[centred < 0]
        return max(0, k - int(below.max()) - 1) if below.size else 0
    above = float(ranks[centred > 0].sum())
    return max(0, round((4 * above - k * (k + 1)) / (2 * k - 1)))
