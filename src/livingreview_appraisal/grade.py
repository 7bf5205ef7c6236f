"""Certainty of the evidence by GRADE: what a rule can compute.

References: Guyatt G and others 2011, *J Clin Epidemiol* 64:383-394 and 1283-1293 (imprecision);
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

APPRECIABLE = 0.75  # a ratio this far from 1, or its inverse, matters
POWER, ALPHA = 0.8, 0.05  # of the optimal information size, two-sided
MUCH = 50.0  # percent: of heterogeneity, or of the weight at high risk of bias


def imprecision(lower: float, upper: float, standard_error: float) -> int:
    """Steps that the interval of a log ratio and its standard error suggest.

    Two where it holds an appreciable benefit and an appreciable harm; one where it includes no
    difference, or where the estimate rests on less than the optimal information size: on fewer
    events than a trial needs to find a ratio of `APPRECIABLE` (power `POWER`, two-sided `ALPHA`),
    told by the standard error.

    >>> imprecision(math.log(0.5), math.log(1.6), 0.3), imprecision(math.log(0.6), -0.1, 0.09)
    (-2, 0)
    """
    appreciable = -math.log(APPRECIABLE)
    if lower < -appreciable and upper > appreciable:
        return -2
    return -1 if lower <= 0 <= upper or standard_error > largest_error() else 0


def largest_error() -> float:
    """The largest standard error of a log ratio at the optimal information size.

    >>> round(largest_error(), 4)
    0.1027
    """
    quantile = NormalDist().inv_cdf
    return -math.log(APPRECIABLE) / (quantile(1 - ALPHA / 2) + quantile(POWER))


def inconsistency(intervals: Sequence[tuple[float, float]], i2: float) -> int:
    """Steps that the spread of several studies suggests: one for much of it, or for no overlap.

    `i2` is in percent.  One study gives none.

    >>> inconsistency([(0.1, 0.4), (0.5, 0.9)], 20.0), inconsistency([(0.1, 0.4)], 0.0)
    (-1, 0)
    """
    if len(intervals) < 2:
        return 0
    apart = max(low for low, _ in intervals) > min(high for _, high in intervals)
    return -1 if apart or i2 >= MUCH else 0


def share_at_risk(weights: Sequence[float], at_high_risk: Sequence[bool]) -> float:
    """The share of the weight, in percent, that studies at high risk of bias have.

    >>> share_at_risk([30.0, 70.0], [True, False])
    30.0
    """
    total = math.fsum(weights)
    risky = math.fsum(w for w, high in zip(weights, at_high_risk, strict=True) if high)
    return 100 * risky / total
