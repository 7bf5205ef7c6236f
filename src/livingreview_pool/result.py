"""What a synthesis returns: named, typed, complete when constructed."""

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias

import numpy as np
from scipy.special import chdtrc, ndtr, stdtr

from livingreview_pool.checks import Floats, t_quantile

if TYPE_CHECKING:  # the default of a type variable is of Python 3.13; checkers know it before
    from typing_extensions import TypeVar

    Values = TypeVar("Values", float, Floats, default=float)
else:
    Values = typing.TypeVar("Values", float, Floats)

NAN: Any = float("nan")  # a number, or the same for every data set
I2_FROM_TAU2 = "100 tau2 / (tau2 + typical sampling variance), Higgins and Thompson 2002"
I2_FROM_Q = "100 (Q - df) / Q, at least 0, Higgins and Thompson 2002"
NOT_DEFINED = "not defined for this model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis(Generic[Values]):
    """One pooled result on the analysis scale of `measure`; NaN where not defined.

    `i2` and its limits are in percent; `weights` are percentages in the order of `studies`;
    `df` belongs to the confidence interval (infinite for the normal distribution).  In a
    `SynthesisBatch`, the result of many data sets of `k` estimates each, every number is an
    array with one value per data set, and there are no names and no notes.
    """

    model: str
    measure: str = ""
    studies: tuple[str, ...] = ()
    k: int
    mean: Values
    se: Values
    statistic: Values
    pval: Values
    ci_lower: Values
    ci_upper: Values
    level: float
    interval: str
    df: float = float("inf")
    pi_lower: Values = NAN
    pi_upper: Values = NAN
    prediction_convention: str = NOT_DEFINED
    tau2: Values
    tau2_lower: Values = NAN
    tau2_upper: Values = NAN
    tau2_estimator: str = ""
    i2: Values = NAN
    i2_lower: Values = NAN
    i2_upper: Values = NAN
    i2_convention: str = NOT_DEFINED
    h2: Values = NAN
    q: Values
    q_df: int
    q_pval: Values
    weights: tuple[Values, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tau(self) -> Values:
        """Between-study standard deviation."""
        root: Values = self.tau2**0.5
        return root


SynthesisBatch: TypeAlias = Synthesis[Floats]


class Wald(NamedTuple, Generic[Values]):
    """A statistic (estimate over standard error), its two-sided p-value, and an interval."""

    statistic: Values
    pval: Values
    ci_lower: Values
    ci_upper: Values


def wald(mean: Values, se: Values, level: float, df: float = np.inf) -> Wald[Values]:
    """Test an estimate against 0 and give its interval, by t, or by the normal for infinite df.

    A standard error of 0 gives an infinite statistic, and NaN for an estimate of 0.

    >>> round(wald(1.0, 0.5, 0.95).pval, 4)
    0.0455
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic: Any = np.divide(mean, se)
    tail, half = -abs(statistic), t_quantile(df, level) * se
    pval: Any = 2 * (ndtr(tail) if df == np.inf else stdtr(df, tail))
    if not isinstance(mean, np.ndarray):
        statistic, pval = float(statistic), float(pval)
    return Wald(statistic, pval, mean - half, mean + half)


def normal_synthesis(
    model: str,
    measure: str,
    studies: tuple[str, ...],
    pooled: tuple[float, float],
    heterogeneity: tuple[float, int],
    weights: Floats,
    *,
    level: float,
    notes: Sequence[str] = (),
) -> Synthesis:
    """Complete a synthesis without tau2 from (mean, standard error) and (Q, its df)."""
    mean, se = pooled
    q, df = heterogeneity
    statistic, pval, ci_lower, ci_upper = wald(mean, se, level)
    return Synthesis(
        model=model,
        measure=measure,
        studies=studies,
        k=len(studies),
        mean=mean,
        se=se,
        statistic=statistic,
        pval=pval,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        level=level,
        interval="z",
        tau2=0.0,
        q=q,
        q_df=df,
        q_pval=q_pval(q, df),
        i2=100 * max(0.0, (q - df) / q) if df and q > 0 else 0.0,
        i2_convention=I2_FROM_Q,
        h2=q / df if df else 1.0,
        weights=tuple((100 * weights / weights.sum()).tolist()),
        notes=(*notes, *few_studies_notes(len(studies))),
    )


def q_pval(q: float, df: int) -> float:
    """Return the p-value of Q by chi-squared with df degrees of freedom; 1 for df of 0."""
    return float(chdtrc(df, q)) if df else 1.0


def few_studies_notes(k: int) -> list[str]:
    """Say what one or two studies cannot tell."""
    if k == 1:
        return ["one study: the result is that study; heterogeneity cannot be estimated"]
    if k == 2:
        return ["two studies: heterogeneity can hardly be estimated; read both studies"]
    return []
