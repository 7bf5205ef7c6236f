"""What a synthesis returns: named, typed, complete when constructed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAN = float("nan")

I2_FROM_TAU2 = "100 tau2 / (tau2 + typical sampling variance), Higgins and Thompson 2002"
I2_FROM_Q = "100 (Q - df) / Q, at least 0, Higgins and Thompson 2002"
NOT_DEFINED = "not defined for this model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """One pooled result on the analysis scale of `measure`; NaN where not defined.

    `i2` and its limits are in percent; `weights` are percentages in the order of `studies`;
    `df` belongs to the confidence interval (infinite for the normal distribution).
    """

    model: str
    measure: str
    studies: tuple[str, ...]
    k: int
    mean: float
    se: float
    statistic: float
    pval: float
    ci_lower: float
    ci_upper: float
    level: float
    interval: str
    df: float = float("inf")
    pi_lower: float = NAN
    pi_upper: float = NAN
    prediction_convention: str = NOT_DEFINED
    tau2: float = 0.0
    tau2_lower: float = NAN
    tau2_upper: float = NAN
    tau2_estimator: str = ""
    i2: float = NAN
    i2_lower: float = NAN
    i2_upper: float = NAN
    i2_convention: str = NOT_DEFINED
    h2: float = NAN
    q: float = NAN
    q_df: int = 0
    q_pval: float = NAN
    weights: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def tau(self) -> float:
        """Between-study standard deviation."""
        return float(np.sqrt(self.tau2))


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisBatch:
    """Pooled results of many data sets of k estimates each: one array per quantity."""

    model: str
    k: int
    mean: Floats
    se: Floats
    statistic: Floats
    pval: Floats
    ci_lower: Floats
    ci_upper: Floats
    level: float
    interval: str
    df: float
    pi_lower: Floats
    pi_upper: Floats
    prediction_convention: str
    tau2: Floats
    tau2_lower: Floats
    tau2_upper: Floats
    tau2_estimator: str
    i2: Floats
    i2_lower: Floats
    i2_upper: Floats
    i2_convention: str
    h2: Floats
    q: Floats
    q_df: int
    q_pval: Floats
    weights: Floats
