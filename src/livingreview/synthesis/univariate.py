"""Common and random effects: the inverse-variance models of one pooled mean."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, stdtr

from livingreview.arguments import normal_quantile
from livingreview.synthesis.batch import estimate_tau2_batch, q_profile_batch
from livingreview.synthesis.inputs import (
    Estimates,
    Inputs,
    check_choice,
    checked_arrays,
    read_inputs,
    t_quantile,
)
from livingreview.synthesis.models import MeanBatch, MeanModel, scaled
from livingreview.synthesis.result import (
    I2_FROM_Q,
    I2_FROM_TAU2,
    NAN,
    Synthesis,
    SynthesisBatch,
)
from livingreview.synthesis.tau2 import ESTIMATORS, estimate_tau2, q_profile

Floats = NDArray[np.float64]

INTERVALS = ("z", "knha", "adhoc")
PREDICTIONS = {
    "k-1": "t with k - 1 degrees of freedom, root of tau2 + se^2",
    "k-2": "t with k - 2 degrees of freedom, root of tau2 + se^2",
    "z": "normal, root of tau2 + se^2",
}
ROUNDING = 1e-9  # the residual variance is exactly 1 where tau2 solves y'Py = k - 1
NO_PREDICTION = "none: a prediction interval needs at least three studies"


def common_effect(yi: Estimates, vi: ArrayLike | None = None, *, level: float = 0.95) -> Synthesis:
    """Inverse-variance mean, as if one effect were common to all studies.

    `yi` is a sequence of `Effect`, or an array with `vi` beside it.  The interval is
    normal; `i2` is the share of Q beyond its degrees of freedom.

    >>> common_effect([0.0, 2.0], [1.0, 1.0]).mean
    1.0
    """
    inputs = read_inputs(yi, vi)
    z = normal_quantile(level)
    w = 1 / inputs.vi
    total = float(w.sum())
    mean = float(w @ (inputs.yi - inputs.yi[0]) / total + inputs.yi[0])
    se = total**-0.5
    q, df = float(w @ (inputs.yi - mean) ** 2), inputs.k - 1
    return Synthesis(
        model="common effect",
        measure=inputs.measure,
        studies=inputs.studies,
        k=inputs.k,
        mean=mean,
        se=se,
        statistic=mean / se,
        pval=2 * float(ndtr(-abs(mean / se))),
        ci_lower=mean - z * se,
        ci_upper=mean + z * se,
        level=level,
        interval="z",
        q=q,
        q_df=df,
        q_pval=float(chdtrc(df, q)) if df else 1.0,
        i2=100 * max(0.0, (q - df) / q) if q > 0 else 0.0,
        i2_convention=I2_FROM_Q,
        h2=q / df if df else 1.0,
        weights=tuple((100 * w / total).tolist()),
        notes=(*inputs.notes, *few_studies_notes(inputs.k)),
    )


def random_effects(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
    prediction: str | None = None,
    level: float = 0.95,
) -> Synthesis:
    """Mean of a normal distribution of true effects, with its between-study variance tau2.

    `tau2_estimator` is "reml", "ml", "pm", "dl", "he", "eb" or "sj"; `interval` is "knha"
    (Knapp-Hartung, t with k - 1 degrees of freedom), "adhoc" (the same, never narrower
    than normal with that t) or "z".  Not named, it is "knha", but "z" below three studies.
    `prediction` is "k-1", "k-2" (Higgins, Thompson & Spiegelhalter) or "z"; not named, it
    is "k-1", and there is none below three studies; one study never has one.  Limits of
    tau2 are Q-profile.

    References: Knapp & Hartung 2003, *Statistics in Medicine* 22:2693; Viechtbauer 2007,
    *Statistics in Medicine* 26:37; Higgins et al. 2009, *J R Stat Soc A* 172:137.

    >>> result = random_effects([0.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    >>> round(result.mean, 12), round(result.tau2, 12)
    (2.0, 3.0)
    """
    inputs = read_inputs(yi, vi)
    options = _options(inputs.k, tau2_estimator, interval, prediction, level)
    y, v, scale = scaled(inputs.yi, inputs.vi)
    model = MeanModel(y, v)
    tau2 = estimate_tau2(model, tau2_estimator) if model.df else 0.0
    limits = q_profile(model, level, tau2)
    pooled = _pool(model, (tau2, *limits), (inputs.yi[0].item(), scale.item()), options)
    plain: dict[str, Any] = {
        name: float(value) if type(value) is np.float64 else value for name, value in pooled.items()
    }
    plain |= {
        "weights": tuple(pooled["weights"].tolist()),
        "notes": (*inputs.notes, *_notes(inputs, plain)),
    }
    return Synthesis(**plain, measure=inputs.measure, studies=inputs.studies)


def random_effects_batch(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
    prediction: str | None = None,
    level: float = 0.95,
) -> SynthesisBatch:
    """`random_effects` of many data sets at once; yi and vi of shape (data sets, k).

    >>> random_effects_batch([[0.0, 2.0, 4.0]] * 2, [[1.0] * 3] * 2).tau2.round(9).tolist()
    [3.0, 3.0]
    """
    y, v = checked_arrays(yi, vi, ndim=2)
    options = _options(y.shape[1], tau2_estimator, interval, prediction, level)
    scaled_y, scaled_v, scale = scaled(y, v)
    batch = MeanBatch(scaled_y, scaled_v)
    tau2 = estimate_tau2_batch(batch, tau2_estimator) if batch.df else np.zeros(len(y))
    limits = q_profile_batch(batch, level, tau2)
    return SynthesisBatch(**_pool(batch, (tau2, *limits), (y[:, 0], scale), options))


class _Options(NamedTuple):
    """How to pool, as chosen by name or by the number of studies."""

    tau2_estimator: str
    interval: str
    df: float
    reach: float  # half-width of the confidence interval in standard errors
    prediction: str
    prediction_reach: float
    level: float


def _options(
    k: int, tau2_estimator: str, interval: str | None, prediction: str | None, level: float
) -> _Options:
    normal_quantile(level)
    check_choice("tau2_estimator", tau2_estimator, ESTIMATORS)
    chosen = _interval(interval, k)
    df = np.inf if chosen == "z" else float(k - 1)
    reach = t_quantile(df, level)
    return _Options(
        tau2_estimator, chosen, df, reach, *prediction_reach(prediction, k, level), level
    )


def _pool(
    model: MeanModel,
    tau2_with_limits: tuple[Any, Any, Any],
    units: tuple[Any, Any],
    options: _Options,
) -> dict[str, Any]:
    """Fields of the result: numbers, or arrays for a batch.

    `units` are the estimate that is zero and the variance that is one in the model.
    """
    tau2 = tau2_with_limits[0]
    origin, scale = units
    shift, total, residual = model.pooled(tau2)
    mean = shift * scale**0.5 + origin
    widening = _widening(options.interval, residual, model.df + 1)
    se = (widening / total * scale) ** 0.5
    half = options.reach * se
    spread = options.prediction_reach * (tau2 * scale + se * se) ** 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.divide(mean, se)
    df, tail = options.df, -abs(statistic)
    return {
        "model": "random effects",
        "k": model.df + 1,
        "mean": mean,
        "se": se,
        "statistic": statistic,
        "pval": 2 * (ndtr(tail) if options.interval == "z" else stdtr(df, tail)),
        "ci_lower": mean - half,
        "ci_upper": mean + half,
        "level": options.level,
        "interval": options.interval,
        "df": df,
        "pi_lower": mean - spread,
        "pi_upper": mean + spread,
        "prediction_convention": options.prediction,
        "tau2_estimator": options.tau2_estimator,
        "weights": (100 * model.weights(tau2).T / total).T,
        **_heterogeneity(model, tau2_with_limits, scale),
    }


def _heterogeneity(
    model: MeanModel, tau2_with_limits: tuple[Any, Any, Any], scale: Any
) -> dict[str, Any]:
    tau2, lower, upper = tau2_with_limits
    at_zero, df = model.sums(tau2 * 0), model.df
    typical = df / at_zero.trace_p if df else 1.0
    return {
        "tau2": tau2 * scale,
        "tau2_lower": lower * scale,
        "tau2_upper": upper * scale,
        "i2": 100 * tau2 / (tau2 + typical),
        "i2_lower": 100 * lower / (lower + typical),
        "i2_upper": 100 * upper / (upper + typical),
        "i2_convention": I2_FROM_TAU2,
        "h2": tau2 / typical + 1,
        "q": at_zero.ypy,
        "q_df": df,
        "q_pval": chdtrc(df, at_zero.ypy) if df else at_zero.ypy * 0 + 1,
    }


def _interval(named: str | None, k: int) -> str:
    if named is None:
        return "knha" if k > 2 else "z"
    check_choice("interval", named, INTERVALS)
    return named if k > 1 else "z"


def _widening(interval: str, q: Any, k: int) -> Any:
    """Factor of the variance of the mean: 1, or the Knapp-Hartung residual variance."""
    if interval == "z":
        return 1.0
    return q / (k - 1) if interval == "knha" else np.maximum(1.0, q / (k - 1))


def prediction_reach(named: str | None, k: int, level: float) -> tuple[str, float]:
    """Choose the convention, in words, and the quantile that goes with it."""
    if named is not None:
        check_choice("prediction", named, tuple(PREDICTIONS))
    if k < (2 if named in {"k-1", "z"} else 3):
        return NO_PREDICTION, NAN
    df = {"k-1": k - 1, "k-2": k - 2, "z": np.inf}[named or "k-1"]
    return PREDICTIONS[named or "k-1"], t_quantile(df, level)


def few_studies_notes(k: int) -> list[str]:
    """Say what one or two studies cannot tell."""
    if k == 1:
        return ["one study: the result is that study; heterogeneity cannot be estimated"]
    if k == 2:
        return ["two studies: heterogeneity can hardly be estimated; read both studies"]
    return []


def _notes(inputs: Inputs, pooled: Mapping[str, Any]) -> list[str]:
    k = inputs.k
    notes = few_studies_notes(k)
    if k == 1:
        return notes
    if k == 2 and pooled["interval"] != "z":
        notes.append(f"{pooled['interval']} with two studies rests on one degree of freedom")
    if pooled["tau2"] == 0:
        notes.append("tau2 is at its lower limit, zero; that is no proof of homogeneity")
    if pooled["tau2_upper"] == 0:
        notes.append("both Q-profile limits of tau2 are zero: effects agree better than by chance")
    total = 100 / (pooled["weights"][0] * (inputs.vi[0] + pooled["tau2"]))
    if pooled["interval"] == "knha" and pooled["se"] ** 2 * total < 1 - ROUNDING:
        notes.append("the Knapp-Hartung interval rests on a standard error below the normal one")
    return notes
