"""Moderators: meta-regression, and subgroups as its simplest case."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from livingreview_pool.checks import Floats, check_choice, listed, normal_quantile, numbers, refuse
from livingreview_pool.effects import Effect
from livingreview_pool.inputs import Estimates, Inputs, checked_arrays, read_inputs
from livingreview_pool.models import DesignModel, MeanModel, scaled
from livingreview_pool.result import NAN, Synthesis, wald
from livingreview_pool.tau2 import ESTIMATORS, estimate_tau2
from livingreview_pool.univariate import COMMON, INTERVALS, common_effect, random_effects

ROUNDING = 1e-24  # of sums of squares: effects that agree to the last digits lie on one line


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
    """Explain effects by study characteristics: an intercept, a slope for each, residual tau2.

    `moderators` maps names to one number per study; `tau2_estimator` may also be "common"
    for no residual heterogeneity.  A note says so where there are fewer than ten
    studies per moderator.  ValueError for a moderator that is constant or repeats
    others, and for fewer than two studies more than moderators.

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
    design = _design(inputs.k, moderators)
    m, residual_df = len(moderators), inputs.k - len(moderators) - 1
    tau2_without, tau2 = _residual_tau2(inputs, design, tau2_estimator)
    common, fit = _least_squares(design, inputs, 0.0), _least_squares(design, inputs, tau2)
    residual_variance = fit.residual_sum / residual_df
    factors = {"z": 1.0, "knha": residual_variance, "adhoc": max(1.0, residual_variance)}
    factor, df = factors[interval], np.inf if interval == "z" else float(residual_df)
    with np.errstate(divide="ignore", invalid="ignore"):
        qm = float(np.float64(fit.explained_sum) / factor)
    if tau2_estimator == COMMON:  # the residual variance measures what is left, as tau2 is none
        h2 = common.residual_sum / residual_df
    else:
        h2 = tau2 * common.trace_p / residual_df + 1
    return Regression(
        model="meta-regression",
        measure=inputs.measure,
        studies=inputs.studies,
        k=inputs.k,
        coefficients=_coefficients(moderators, fit, factor, df=df, level=level),
        tau2=tau2,
        tau2_estimator=tau2_estimator,
        interval=interval,
        level=level,
        df=df,
        q=common.residual_sum,
        q_df=residual_df,
        q_pval=float(chdtrc(residual_df, common.residual_sum)),
        qm=qm if np.isinf(df) else qm / m,
        qm_df=m,
        qm_pval=float(chdtrc(m, qm) if np.isinf(df) else fdtrc(m, df, qm / m)),
        i2=100 * max(0.0, 1 - 1 / h2) if h2 > 0 else 0.0,
        h2=h2,
        r2=max(0.0, 100 * (tau2_without - tau2) / tau2_without) if tau2_without > 0 else NAN,
        notes=(*inputs.notes, *_notes(inputs.k, m, untested=factor == 0)),
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
    places: dict[str, list[int]] = {}
    for place, name in enumerate(listed("by", by, inputs.k)):
        if not isinstance(name, str):
            msg = f"by[{place}]: need the name of a subgroup, found {name!r}"
            raise ValueError(msg)
        places.setdefault(name, []).append(place)
    if len(places) < 2:
        msg = f"by: need at least two subgroups, found {list(places)}"
        raise ValueError(msg)
    members = {name: inputs.take(own) for name, own in places.items()}
    pool = partial(random_effects, tau2_estimator=tau2_estimator, level=level)
    plain = [pool(own, interval="z") for own in members.values()]
    between = common_effect([own.mean for own in plain], [own.se**2 for own in plain])
    notes = ["subgroups compare studies, not patients within studies"]
    small = [name for name, own in members.items() if own.k < 3]
    if small:
        notes.append(f"fewer than three studies in {', '.join(small)}: tau2 hardly estimable there")
    return SubgroupTest(
        groups={name: pool(own, interval=interval) for name, own in members.items()},
        q_between=between.q,
        q_df=between.q_df,
        q_pval=between.q_pval,
        notes=(*inputs.notes, *notes),
    )


def _design(k: int, moderators: Mapping[str, ArrayLike]) -> Floats:
    """Columns of the regression: one for the intercept, one for each moderator."""
    if not isinstance(moderators, Mapping) or not moderators:
        msg = f"moderators: need names with their values, found {moderators!r}; see random_effects"
        raise ValueError(msg)
    columns = [np.ones(k)]
    for name, values in moderators.items():
        column = numbers(f"moderators[{name!r}]", values)
        if column.shape != (k,):
            msg = f"moderators[{name!r}]: need {k} values, found shape {column.shape}"
            raise ValueError(msg)
        refuse(f"moderators[{name!r}]", column, np.isfinite(column), "a finite number")
        columns.append(column)
    design = np.column_stack(columns)
    if k <= design.shape[1]:
        msg = f"moderators: need more studies than coefficients, found {k} and {design.shape[1]}"
        raise ValueError(msg)
    if np.linalg.matrix_rank(design / np.abs(design).max(axis=0).clip(1e-300)) < design.shape[1]:
        msg = f"moderators: {', '.join(moderators)}: one is constant or repeats others; drop it"
        raise ValueError(msg)
    return design


def _residual_tau2(inputs: Inputs, design: Floats, estimator: str) -> tuple[float, float]:
    """Return tau2 without and with the moderators; NaN and 0 for the common regression."""
    if estimator == COMMON:
        return NAN, 0.0
    y, v, scale = scaled(inputs.yi, inputs.vi)
    models = MeanModel(y, v), DesignModel(y, v, np.linalg.qr(design).Q)
    before, after = (float(estimate_tau2(model, estimator) * scale) for model in models)
    return before, after


class _Fit(NamedTuple):
    """Weighted least squares: `root` times its transpose is the inverse of X'WX."""

    beta: Floats
    root: Floats
    explained_sum: float  # of squares, by all columns but the first
    residual_sum: float  # y'Py
    trace_p: float


def residual_tau2(yi: ArrayLike, vi: ArrayLike, design: ArrayLike, estimator: str) -> float:
    """Return the variance that is left beside vi, given any columns, with or without an intercept.

    `design` has the shape (k, p) and full rank; 0 where no degree of freedom is left.

    >>> round(residual_tau2([0.0, 2.0, 4.0], [1.0] * 3, np.ones((3, 1)), "dl"), 12)
    3.0
    """
    y, v = checked_arrays(yi, vi, ndim=1)
    model = DesignModel(y / v.min() ** 0.5, v / v.min(), np.linalg.qr(numbers("design", design)).Q)
    check_choice("tau2_estimator", estimator, ESTIMATORS)
    return float(estimate_tau2(model, estimator) * v.min()) if model.df else 0.0


def _least_squares(design: Floats, inputs: Inputs, tau2: float) -> _Fit:
    """Solve by orthogonal columns; y is measured from the first estimate, to lose no digits."""
    weight = 1 / (inputs.vi + tau2)
    y = np.sqrt(weight) * (inputs.yi - inputs.yi[0])
    basis, triangle = np.linalg.qr(np.sqrt(weight)[:, None] * design)
    root, projected = np.linalg.inv(triangle), basis.T @ y
    beta = root @ projected
    beta[0] += inputs.yi[0]
    residual_sum = float(np.sum((y - basis @ projected) ** 2))
    return _Fit(
        beta=beta,
        root=root,
        explained_sum=float(projected[1:] @ projected[1:]),
        residual_sum=0.0 if residual_sum <= ROUNDING * float(y @ y) else residual_sum,
        trace_p=float(weight @ (1 - np.vecdot(basis, basis))),
    )


def _coefficients(
    names: Iterable[str], fit: _Fit, factor: float, *, df: float, level: float
) -> tuple[Coefficient, ...]:
    """Test each coefficient; `factor` multiplies its variance (Knapp and Hartung)."""
    se = np.hypot.reduce(fit.root, axis=1) * np.sqrt(factor)  # its square might overflow
    rows = np.column_stack([fit.beta, se, *wald(fit.beta, se, level, df)]).tolist()
    return tuple(
        Coefficient(name, *row) for name, row in zip(("intercept", *names), rows, strict=True)
    )


def _notes(k: int, moderators: int, *, untested: bool) -> Iterator[str]:
    if k < 10 * moderators:
        yield f"{k} studies for {moderators} moderator(s): fewer than ten each, read as a hint"
    if untested:
        yield "the effects lie on one line: standard errors from their scatter are zero"
