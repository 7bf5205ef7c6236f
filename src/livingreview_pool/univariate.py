"""Common and random effects: the inverse-variance models of one pooled mean."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from livingreview_pool.checks import check_choice, normal_quantile, t_quantile
from livingreview_pool.inputs import Estimates, Inputs, checked_arrays, read_inputs
from livingreview_pool.models import Mean, MeanBatch, MeanModel, scaled
from livingreview_pool.result import (
    I2_FROM_TAU2,
    NAN,
    Synthesis,
    SynthesisBatch,
    Values,
    few_studies_notes,
    normal_synthesis,
    wald,
)
from livingreview_pool.tau2 import ESTIMATORS, estimate_tau2, estimate_tau2_batch, q_profile

COMMON = "common"  # in place of an estimator of tau2
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
    w = 1 / inputs.vi
    total = float(w.sum())
    mean = float(w @ (inputs.yi - inputs.yi[0]) / total + inputs.yi[0])
    q = float(w @ (inputs.yi - mean) ** 2)
    return normal_synthesis(
        "common effect",
        inputs.measure,
        inputs.studies,
        (mean, total**-0.5),
        (q, inputs.k - 1),
        w,
        level=level,
        notes=inputs.notes,
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
    return _synthesis(model, tau2, (inputs.yi[0].item(), scale.item()), options, inputs)


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

    Every number of the result is an array with one value per data set.  Other arguments as
    for `random_effects`.

    >>> random_effects_batch([[0.0, 2.0, 4.0]] * 2, [[1.0] * 3] * 2).tau2.round(9).tolist()
    [3.0, 3.0]
    """
    y, v = checked_arrays(yi, vi, ndim=2)
    options = _options(y.shape[1], tau2_estimator, interval, prediction, level)
    scaled_y, scaled_v, scale = scaled(y, v)
    batch = MeanBatch(scaled_y, scaled_v)
    tau2 = estimate_tau2_batch(batch, tau2_estimator) if batch.df else np.zeros(len(y))
    return _synthesis(batch, tau2, (y[:, 0], scale), options)


def pooled(
    inputs: Inputs, tau2_estimator: str, interval: str | None = None, *, level: float = 0.95
) -> Synthesis:
    """Common effect for the estimator `COMMON`, else random effects."""
    if tau2_estimator == COMMON:
        return common_effect(inputs, level=level)
    return random_effects(inputs, tau2_estimator=tau2_estimator, interval=interval, level=level)


class _Options(NamedTuple):
    """How to pool, as chosen by name or by the number of studies."""

    tau2_estimator: str
    interval: str
    df: float
    prediction: str
    prediction_reach: float
    level: float


def _options(
    k: int, tau2_estimator: str, interval: str | None, prediction: str | None, level: float
) -> _Options:
    normal_quantile(level)
    check_choice("tau2_estimator", tau2_estimator, ESTIMATORS)
    if interval is None:
        interval = "knha" if k > 2 else "z"
    check_choice("interval", interval, INTERVALS)
    interval = interval if k > 1 else "z"
    df = np.inf if interval == "z" else float(k - 1)
    return _Options(tau2_estimator, interval, df, *prediction_reach(prediction, k, level), level)


def _synthesis(
    model: Mean[Values],
    tau2: Values,
    units: tuple[Values, Values],
    options: _Options,
    inputs: Inputs | None = None,
) -> Synthesis[Values]:
    """Complete the result from tau2, for one data set or a batch.

    `units` are the estimate that is zero, and the variance that is one, in the model.
    """
    origin, scale = units
    shift, total, residual = model.pooled(tau2)
    mean = shift * scale**0.5 + origin
    residual_variance = residual / max(model.df, 1)  # of Knapp and Hartung
    factor: Any = 1.0 if options.interval == "z" else residual_variance
    if options.interval == "adhoc":
        factor = np.maximum(1.0, residual_variance)
    se = model.plain((factor / total * scale) ** 0.5)
    statistic, pval, ci_lower, ci_upper = wald(mean, se, options.level, options.df)
    spread = options.prediction_reach * (tau2 * scale + se * se) ** 0.5
    lower, upper = q_profile(model, options.level, tau2)
    at_zero, df = model.sums(tau2 * 0), model.df
    typical = df / at_zero.trace_p if df else 1.0  # sampling variance
    weights: Any = model.plain(100 * model.weights(tau2).T / total)
    return Synthesis(
        model="random effects",
        measure=inputs.measure if inputs else "",
        studies=inputs.studies if inputs else (),
        k=df + 1,
        mean=mean,
        se=se,
        statistic=statistic,
        pval=pval,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        level=options.level,
        interval=options.interval,
        df=options.df,
        pi_lower=mean - spread,
        pi_upper=mean + spread,
        prediction_convention=options.prediction,
        tau2=tau2 * scale,
        tau2_lower=lower * scale,
        tau2_upper=upper * scale,
        tau2_estimator=options.tau2_estimator,
        i2=100 * tau2 / (tau2 + typical),
        i2_lower=100 * lower / (lower + typical),
        i2_upper=100 * upper / (upper + typical),
        i2_convention=I2_FROM_TAU2,
        h2=tau2 / typical + 1,
        q=at_zero.ypy,
        q_df=df,
        q_pval=model.plain(chdtrc(df, at_zero.ypy) if df else at_zero.ypy * 0 + 1),
        weights=tuple(weights),
        notes=tuple(_notes(inputs, options, tau2, upper, residual_variance)) if inputs else (),
    )


def prediction_reach(named: str | None, k: int, level: float) -> tuple[str, float]:
    """Choose the convention, in words, and the quantile that goes with it."""
    if named is not None:
        check_choice("prediction", named, tuple(PREDICTIONS))
    if k < (2 if named in {"k-1", "z"} else 3):
        return NO_PREDICTION, NAN
    df = {"k-1": k - 1, "k-2": k - 2, "z": np.inf}[named or "k-1"]
    return PREDICTIONS[named or "k-1"], t_quantile(df, level)


def _notes(
    inputs: Inputs, options: _Options, tau2: Any, upper: Any, residual_variance: Any
) -> Iterator[str]:
    yield from inputs.notes
    yield from few_studies_notes(inputs.k)
    if inputs.k == 1:
        return
    if inputs.k == 2 and options.interval != "z":
        yield f"{options.interval} with two studies rests on one degree of freedom"
    if tau2 == 0:
        yield "tau2 is at its lower limit, zero; that is no proof of homogeneity"
    if upper == 0:
        yield "both Q-profile limits of tau2 are zero: effects agree better than by chance"
    if options.interval == "knha" and residual_variance < 1 - ROUNDING:
        yield "the Knapp-Hartung interval rests on a standard error below the normal one"
