"""Confidence intervals of one proportion."""

import math

from scipy.special import betaincinv

from livingreview_pool.checks import check_share, check_whole, check_within, normal_quantile

WHOLE = "a whole number of patients, at least 1"


def clopper_pearson(events: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact binomial interval of a proportion, from events among n patients.

    References: Clopper & Pearson 1934, *Biometrika* 26:404.

    >>> [round(limit, 4) for limit in clopper_pearson(5, 20)]
    [0.0866, 0.491]
    """
    check_whole("n", n, WHOLE)
    check_within("events", events, 0, n)
    check_share("level", level)
    tail = 0.5 - 0.5 * level
    lower = betaincinv(events, n - events + 1, tail) if events > 0 else 0.0
    upper = betaincinv(events + 1, n - events, 1 - tail) if events < n else 1.0
    return float(lower), float(upper)


def wilson_interval(proportion: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a proportion (0 to 1) of n patients.

    References: Wilson 1927, *J Am Stat Assoc* 22:209.

    >>> [round(limit, 4) for limit in wilson_interval(0.5, 100)]
    [0.4038, 0.5962]
    """
    check_within("proportion", proportion, 0, 1)
    check_whole("n", n, WHOLE)
    z2 = normal_quantile(level) ** 2
    centre = (proportion + z2 / (2 * n)) / (1 + z2 / n)
    spread = proportion * (1 - proportion) / n + z2 / (4 * n * n)
    half = math.sqrt(z2 * max(spread, 0.0)) / (1 + z2 / n)
    lower, upper = max(0.0, centre - half), min(1.0, centre + half)
    return min(lower, proportion), max(upper, proportion)  # equal at 0 and 1, but for rounding
