"""Common and random effects: the inverse-variance models of one pooled mean."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, stdtr

from livingreview.synthesis.inputs import (
    Estimates,
    Inputs,
    check_choice,
    checked_arrays,
    normal_quantile,
    read_inputs,
    t_quantile,
)
from livingreview.synthesis.models import MeanModel, scaled, sums_at_ends
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
    is "k-1", and there is none below three studies.  Limits of tau2 are Q-profile.

    References: Knapp & Hartung 2003, *Statistics in Medicine* 22:2693; Viechtbauer 2007,
    *Statistics in Medicine* 26:37; Higgins et al. 2009, *J R Stat Soc A* 172:137.

    >>> result = random_effects([0.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    >>> round(result.mean, 12), round(result.tau2, 12)
    (2.0, 3.0)
    """
    inputs = read_inputs(yi, vi)
    pooled = _pool(inputs.yi, inputs.vi, _Options(tau2_estimator, interval, prediction, level))
    plain = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in pooled.items()
    }
    plain |= {"weights": tuple(plain["weights"]), "notes": (*inputs.notes, *_notes(inputs, plain))}
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
    pooled = _pool(y, v, _Options(tau2_estimator, interval, prediction, level))
    return SynthesisBatch(**pooled)


class _Options(NamedTuple):
    tau2_estimator: str
    interval: str | None
    prediction: str | None
    level: float


class _Solved(NamedTuple):
    """What the solver found, one value per data set; in units of the model but for `origin`."""

    origin: Any  # of the model, in the units of yi
    scale: Any  # smallest variance, in the units of vi
    mean: Any
    total: Any  # weight
    residual: Any  # y'Py at tau2
    tau2: Any
    tau2_lower: Any
    tau2_upper: Any
    typical: Any  # sampling variance
    q: Any
    q_pval: Any
    weights: Any  # in percent, of shape (data sets, k)


def _pool(y: Floats, v: Floats, options: _Options) -> dict[str, Any]:
    """Fields of the result: numbers for y of shape (k,), arrays for shape (data sets, k)."""
    tau2_estimator, interval, prediction, level = options
    normal_quantile(level)
    check_choice("tau2_estimator", tau2_estimator, ESTIMATORS)
    k = y.shape[-1]
    interval = _interval(interval, k)
    single = y.ndim == 1
    found = _solve(y[None] if single else y, v[None] if single else v, tau2_estimator, level)
    if single:  # in plain numbers from here on, where arrays are mostly overhead
        found = _Solved(*(part.tolist()[0] for part in found))
    return {
        "model": "random effects",
        "k": k,
        "level": level,
        "tau2_estimator": tau2_estimator,
        "weights": found.weights,
        **_mean_fields(found, k, interval=interval, prediction=prediction, level=level),
        **_heterogeneity_fields(found, k),
    }


def _solve(y: Floats, v: Floats, tau2_estimator: str, level: float) -> _Solved:
    scaled_y, scaled_v, scale = scaled(y, v)
    model = MeanModel(scaled_y, scaled_v)
    tau2 = estimate_tau2(model, tau2_estimator) if model.df else np.zeros(len(y))
    q, trace_p, *near = sums_at_ends(model, tau2)
    lower, upper = q_profile(model, level, (tau2, *near))
    w = 1 / (scaled_v + tau2[:, None])
    total = np.add.reduce(w, 1)
    return _Solved(
        origin=y[:, 0],
        scale=scale,
        mean=np.vecdot(w, scaled_y) / total,
        total=total,
        residual=near[0],
        tau2=tau2,
        tau2_lower=lower,
        tau2_upper=upper,
        typical=model.df / trace_p if model.df else np.ones_like(q),
        q=q,
        q_pval=chdtrc(model.df, q) if model.df else np.ones_like(q),
        weights=100 * w / total[:, None],
    )


def _mean_fields(
    found: _Solved, k: int, *, interval: str, prediction: str | None, level: float
) -> dict[str, Any]:
    root = np.sqrt(found.scale)
    mean = found.mean * root + found.origin
    se = np.sqrt(_widening(interval, found.residual, k) / found.total) * root
    df = np.inf if interval == "z" else float(k - 1)
    half = t_quantile(df, level) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = mean / se
    prediction, reach = prediction_reach(prediction, k, level)
    spread = reach * np.sqrt(found.tau2 * found.scale + se * se)
    return {
        "mean": mean,
        "se": se,
        "statistic": statistic,
        "pval": 2 * (ndtr(-abs(statistic)) if interval == "z" else stdtr(df, -abs(statistic))),
        "ci_lower": mean - half,
        "ci_upper": mean + half,
        "interval": interval,
        "df": df,
        "pi_lower": mean - spread,
        "pi_upper": mean + spread,
        "prediction_convention": prediction,
    }


def _heterogeneity_fields(found: _Solved, k: int) -> dict[str, Any]:
    tau2, lower, upper, typical = found.tau2, found.tau2_lower, found.tau2_upper, found.typical
    return {
        "tau2": tau2 * found.scale,
        "tau2_lower": lower * found.scale,
        "tau2_upper": upper * found.scale,
        "i2": 100 * tau2 / (tau2 + typical),
        "i2_lower": 100 * lower / (lower + typical),
        "i2_upper": 100 * upper / (upper + typical),
        "i2_convention": I2_FROM_TAU2,
        "h2": tau2 / typical + 1,
        "q": found.q,
        "q_df": k - 1,
        "q_pval": found.q_pval,
    }


def _interval(named: str | None, k: int) -> str:
    if named is None:
        return "knha" if k > 2 else "z"
    check_choice("interval", named, INTERVALS)
    return named if k > 1 else "z"


def _widening(interval: str, q: Floats, k: int) -> Floats | float:
    """Factor of the variance of the mean: 1, or the Knapp-Hartung residual variance."""
    if interval == "z":
        return 1.0
    return q / (k - 1) if interval == "knha" else np.maximum(1.0, q / (k - 1))


def prediction_reach(named: str | None, k: int, level: float) -> tuple[str, float]:
    """Choose the convention, in words, and the quantile that goes with it."""
    if named is not None:
        check_choice("prediction", named, tuple(PREDICTIONS))
    df = {"k-1": k - 1, "k-2": k - 2, "z": np.inf}[named or "k-1"]
    if df < 1 or (named is None and k < 3):
        return NO_PREDICTION, NAN
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
        notes.append(
            "the Knapp-Hartung standard error is below the normal one; see interval='adhoc'"
        )
    return notes
