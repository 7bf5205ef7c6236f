"""Moderators: meta-regression, and subgroups as its simplest case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc, ndtr, stdtr, stdtrit

from livingreview.effects import Effect
from livingreview.synthesis.inputs import (
    Estimates,
    Inputs,
    check_choice,
    normal_quantile,
    read_inputs,
)
from livingreview.synthesis.models import DesignModel, MeanModel, scaled
from livingreview.synthesis.result import NAN, Synthesis
from livingreview.synthesis.tau2 import ESTIMATORS, estimate_tau2
from livingreview.synthesis.univariate import INTERVALS, random_effects

Floats = NDArray[np.float64]
COMMON = "common"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a meta-regression, on the analysis scale per unit of `name`."""

    name: str
    estimate: float
    se: float
    statistic: float
    pval: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A meta-regression: coefficients, what they explain, and what they leave.

    `qm` tests all moderators together (chi-square with `qm_df`, or F with `qm_df` and
    `df`), `q` tests what is left; `r2` is the percentage of tau2 they explain.
    """

    model: str
    measure: str
    studies: tuple[str, ...]
    k: int
    coefficients: tuple[Coefficient, ...]
    tau2: float
    tau2_estimator: str
    interval: str
    level: float
    df: float
    q: float
    q_df: int
    q_pval: float
    qm: float
    qm_df: int
    qm_pval: float
    i2: float
    h2: float
    r2: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupTest:
    """Each subgroup pooled with its own tau2, and the test of a difference between them."""

    groups: Mapping[str, Synthesis]
    q_between: float
    q_df: int
    q_pval: float
    notes: tuple[str, ...]


def meta_regression(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    moderators: Mapping[str, ArrayLike],
    tau2_estimator: str = "reml",
    interval: str = "knha",
    level: float = 0.95,
) -> Regression:
    """Explain effects by study characteristics, with an intercept and normal residual tau2.

    `moderators` maps names to one number per study; `tau2_estimator` may also be "common"
    for no residual heterogeneity.  With few studies per moderator expect nothing: below
    ten each the result says so.

    References: Thompson & Higgins 2002, *Statistics in Medicine* 21:1559; Knapp & Hartung
    2003, *Statistics in Medicine* 22:2693.

    >>> fit = meta_regression([1.0, 2, 4, 4], [1.0] * 4, moderators={"dose": [0, 1, 2, 3]})
    >>> [round(coefficient.estimate, 9) for coefficient in fit.coefficients]
    [1.1, 1.1]
    """
    inputs = read_inputs(yi, vi)
    check_choice("tau2_estimator", tau2_estimator, (*ESTIMATORS, COMMON))
    check_choice("interval", interval, INTERVALS)
    normal_quantile(level)
    if not moderators:
        msg = "moderators: need at least one, found none; use random_effects"
        raise ValueError(msg)
    names = ("intercept", *moderators)
    design = _design(inputs.k, moderators)
    y, v, scale = scaled(inputs.yi[None], inputs.vi[None])
    basis, triangle = np.linalg.qr(design)
    model = DesignModel(y, v, basis)
    tau2 = 0.0 if tau2_estimator == COMMON else estimate_tau2(model, tau2_estimator).item()
    at = model.sums(np.array([[0.0, tau2]]))
    q, left = at.ypy[0]
    widening = {"z": 1.0, "knha": left / model.df, "adhoc": max(1.0, left / model.df)}[interval]
    solution = np.linalg.inv(triangle)
    information = model.cross(1 / (v + tau2)[:, None, :])[0, 0]
    covariance = solution @ np.linalg.inv(information) @ solution.T * scale[0]
    beta = solution @ np.linalg.solve(information, basis.T @ (y / (v + tau2))[0]) * scale[0] ** 0.5
    beta[0] += inputs.yi[0]
    df = np.inf if interval == "z" else float(model.df)
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = beta[1:] @ np.linalg.solve(covariance[1:, 1:], beta[1:]) / np.float64(widening)
    h2 = float(tau2 * at.trace_p[0, 0] / model.df + 1)
    if tau2_estimator == COMMON:  # no tau2 to measure it by: Q against its degrees of freedom
        h2 = float(q) / model.df
    return Regression(
        model="meta-regression",
        measure=inputs.measure,
        studies=inputs.studies,
        k=inputs.k,
        coefficients=_coefficients(names, beta, covariance * widening, df=df, level=level),
        tau2=tau2 * scale.item(),
        tau2_estimator=tau2_estimator,
        interval=interval,
        level=level,
        df=df,
        q=float(q),
        q_df=model.df,
        q_pval=float(chdtrc(model.df, q)),
        qm=float(moved) if np.isinf(df) else float(moved) / len(moderators),
        qm_df=len(moderators),
        qm_pval=_joint_pval(float(moved), len(moderators), df),
        i2=100 * max(0.0, 1 - 1 / h2) if h2 > 0 else 0.0,
        h2=h2,
        r2=_explained(inputs, tau2 * scale.item(), tau2_estimator),
        notes=(*inputs.notes, *_notes(inputs.k, len(moderators))),
    )


def subgroups(
    effects: Sequence[Effect],
    by: Sequence[str],
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
) -> SubgroupTest:
    """Pool each subgroup with its own tau2, and test whether the subgroup means differ.

    `by` names the subgroup of each effect.  The test weighs the subgroup means by their
    normal variances.  It compares studies, not patients: differences may have other causes.

    References: Borenstein & Higgins 2013, *Prevention Science* 14:134.

    >>> two = [Effect("A", 0.0, 0.5, "md"), Effect("B", 2.0, 0.5, "md")]
    >>> round(subgroups(two, ["early", "late"]).q_between, 12)
    4.0
    """
    inputs = read_inputs(effects)
    if len(by) != inputs.k:
        msg = f"by: need {inputs.k} names, one per effect, found {len(by)}"
        raise ValueError(msg)
    levels = list(dict.fromkeys(by))
    if len(levels) < 2:
        msg = f"by: need at least two subgroups, found {levels}"
        raise ValueError(msg)
    members = {
        level_name: [e for e, group in zip(effects, by, strict=True) if group == level_name]
        for level_name in levels
    }

    def pool(own: Sequence[Effect], named: str | None) -> Synthesis:
        return random_effects(own, tau2_estimator=tau2_estimator, interval=named, level=level)

    groups = {name: pool(own, interval) for name, own in members.items()}
    plain = [pool(own, "z") for own in members.values()]
    means, w = np.array([g.mean for g in plain]), np.array([g.se**-2 for g in plain])
    q = float(w @ (means - w @ means / w.sum()) ** 2)
    small = [name for name, own in members.items() if len(own) < 3]
    notes = ["subgroups compare studies, not patients within studies"]
    if small:
        notes.append(f"fewer than three studies in {', '.join(small)}: tau2 hardly estimable there")
    return SubgroupTest(
        groups=groups,
        q_between=q,
        q_df=len(levels) - 1,
        q_pval=float(chdtrc(len(levels) - 1, q)),
        notes=(*inputs.notes, *notes),
    )


def _design(k: int, moderators: Mapping[str, ArrayLike]) -> Floats:
    columns = [np.ones(k)]
    for name, values in moderators.items():
        column = np.asarray(values, dtype=float)
        if column.shape != (k,):
            msg = f"moderators[{name!r}]: need {k} values, found shape {column.shape}"
            raise ValueError(msg)
        for place in np.flatnonzero(~np.isfinite(column)):
            msg = f"moderators[{name!r}][{place}]: need a finite number, found {column[place]:g}"
            raise ValueError(msg)
        columns.append(column)
    design = np.column_stack(columns)
    if k <= design.shape[1]:
        msg = f"moderators: need more studies than coefficients, found {k} and {design.shape[1]}"
        raise ValueError(msg)
    if np.linalg.matrix_rank(design / np.abs(design).max(axis=0).clip(1e-300)) < design.shape[1]:
        msg = f"moderators: {', '.join(moderators)}: one is constant or repeats others; drop it"
        raise ValueError(msg)
    return design


def _coefficients(
    names: Sequence[str], beta: Floats, covariance: Floats, *, df: float, level: float
) -> tuple[Coefficient, ...]:
    tail = 0.5 + 0.5 * level
    reach = normal_quantile(level) if np.isinf(df) else float(stdtrit(df, tail))
    rows = []
    for name, estimate, se in zip(names, beta, np.sqrt(np.diag(covariance)), strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.float64(estimate) / se
        pval = 2 * (ndtr(-abs(statistic)) if np.isinf(df) else stdtr(df, -abs(statistic)))
        limits = (estimate - reach * se, estimate + reach * se)
        numbers = (float(x) for x in (estimate, se, statistic, pval, *limits))
        rows.append(Coefficient(name, *numbers))
    return tuple(rows)


def _joint_pval(moved: float, moderators: int, df: float) -> float:
    if np.isinf(df):
        return float(chdtrc(moderators, moved))
    return float(fdtrc(moderators, df, moved / moderators))


def _explained(inputs: Inputs, tau2: float, estimator: str) -> float:
    """Percentage of tau2 without moderators that they explain; NaN where there is none."""
    if estimator == COMMON:
        return NAN
    y, v, scale = scaled(inputs.yi[None], inputs.vi[None])
    before = (estimate_tau2(MeanModel(y, v), estimator) * scale).item()
    return max(0.0, 100 * (before - tau2) / before) if before > 0 else NAN


def _notes(k: int, moderators: int) -> list[str]:
    if moderators and k < 10 * moderators:
        return [f"{k} studies for {moderators} moderator(s): fewer than ten each, read as a hint"]
    return []
