"""Confidence intervals of proportions, by every usual method, and which one a paper used.

References: Brown, Cai & DasGupta 2001, *Statistical Science* 16:101; Newcombe 1998, *Statistics in
Medicine* 17:857.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, product

from scipy import special

from livingreview_audit.audited import SHARES, Audited, Count, numbers_of
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_record import Printed, Reported

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2
Z = float(special.ndtri(1 - TAIL))
Interval = tuple[float, float]
Judged = tuple[str, Verdict, str]  # what is said, the verdict, and what the counts give
MISSING = "neither the count nor the size of its group is printed"


def clopper_pearson(x: int, n: int) -> Interval:
    """Exact binomial interval.

    >>> [round(100 * bound, 1) for bound in clopper_pearson(22, 68)]
    [21.5, 44.8]
    """
    return _of_beta(x, n, (x, n - x + 1), (x + 1, n - x))


def jeffreys(x: int, n: int) -> Interval:
    """Bayesian interval with Jeffreys's prior; 0 and 1 where no or all patients have it."""
    posterior = (x + 0.5, n - x + 0.5)
    return _of_beta(x, n, posterior, posterior)


def _of_beta(x: int, n: int, lower: Interval, upper: Interval) -> Interval:
    """The tails of beta distributions; 0 and 1 where no or all patients have it."""
    low = 0.0 if x == 0 else float(special.betaincinv(*lower, TAIL))
    return low, 1.0 if x == n else float(special.betaincinv(*upper, 1 - TAIL))


def wilson(x: int, n: int) -> Interval:
    """Score interval."""
    share = x / n
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return centre - half, centre + half


def wilson_corrected(x: int, n: int) -> Interval:
    """Score interval with continuity correction."""
    share, below = x / n, 2 * (n + Z**2)
    root = Z**2 - 1 / n + 4 * n * share * (1 - share)
    low = 2 * n * share + Z**2 - Z * math.sqrt(max(root + 4 * share - 2, 0.0)) - 1
    high = 2 * n * share + Z**2 + Z * math.sqrt(max(root - 4 * share + 2, 0.0)) + 1
    return (0.0 if x == 0 else low / below), (1.0 if x == n else high / below)


def wald(x: int, n: int) -> Interval:
    """Normal interval."""
    share = x / n
    half = Z * math.sqrt(share * (1 - share) / n)
    return share - half, share + half


def wald_corrected(x: int, n: int) -> Interval:
    """Normal interval with continuity correction."""
    lower, upper = wald(x, n)
    return lower - 1 / (2 * n), upper + 1 / (2 * n)


def agresti_coull(x: int, n: int) -> Interval:
    """Normal interval around Wilson's centre."""
    size = n + Z**2
    centre = (x + Z**2 / 2) / size
    half = Z * math.sqrt(centre * (1 - centre) / size)
    return centre - half, centre + half


def logit(x: int, n: int) -> Interval:
    """Normal interval on the logit scale; not defined where no or all patients have it."""
    if x in (0, n):
        return math.nan, math.nan
    centre, half = math.log(x / (n - x)), Z * math.sqrt(1 / x + 1 / (n - x))
    return float(special.expit(centre - half)), float(special.expit(centre + half))


METHODS: Mapping[str, Callable[[int, int], Interval]] = {
    "Clopper-Pearson": clopper_pearson,
    "Wilson": wilson,
    "Wald": wald,
    "Agresti-Coull": agresti_coull,
    "Jeffreys": jeffreys,
    "Wilson with continuity correction": wilson_corrected,
    "Wald with continuity correction": wald_corrected,
    "logit": logit,
}


@check("Every 95% interval of a share of {participants} against the usual methods.")
def interval_of_proportion(study: Audited) -> Iterator[Finding]:
    """Assumes the group's size as denominator and any of eight methods; see the module's docstring
    for their sources.
    """
    for number in study.find(statistic="ci95", comparison="", timepoint=""):
        quantity = number.quantity
        if study.vocabulary(quantity.outcome).kind not in SHARES:
            continue
        share = replace(quantity, statistic="percent", method="")
        implied, wholes = study.count_or_implied(share), study.sizes(share)
        parts = study.counts(share) or ([implied] if implied else [])
        pairs = [(part, size) for size, part in product(wholes, parts)]
        fits = [pair for pair in pairs if _methods_giving(number, *pair)]
        used, judged = (fits or pairs)[:1], (MISSING, Verdict.NOT_CHECKABLE, "")
        for part, size in used:
            judged = _judge(number, part, size)
        about, numbers = study.full_words(quantity), (number, *chain(*map(numbers_of, used)))
        yield Finding.on(numbers, about, *judged)


def _judge(number: Printed, part: Count, size: Count) -> Judged:
    by = _methods_giving(number, part, size)
    if by:
        return f"{part.of(size)} gives it by {by[0]}", Verdict.REPRODUCED, by[0]
    if part.value > size.value:
        return f"{part.value} is more than {size.value}", Verdict.NOT_CHECKABLE, ""
    given = {name: _text(method(part.value, size.value)) for name, method in METHODS.items()}
    near = _methods_giving(number, part, size, units=1)
    if near:
        said = f"{part.of(size)}; {near[0]}, but for one unit in the last decimal"
        return said, Verdict.ROUNDING, given[near[0]]
    usual = [name for name in METHODS if " with " not in name and name != "logit"]
    shown = ", ".join(f"{given[name]} ({name})" for name in usual)
    said = f"{part.of(size)} gives {shown}; {number.value} is printed"
    return said, Verdict.DISCREPANT, given["Clopper-Pearson"]


def _methods_giving(number: Printed, part: Count, size: Count, *, units: int = 0) -> list[str]:
    """Methods whose interval prints like this, or so many units in the last decimal off."""
    if part.value > size.value:
        return []
    x, n = part.value, size.value
    return [name for name, method in METHODS.items() if _prints(number, method(x, n), units)]


def _prints(number: Printed, interval: Interval, units: int) -> bool:
    bounds = (number.interval.lower, number.interval.upper)
    scale = 100.0 if number.unit == "%" else 1.0
    return all(
        _admits(bound, scale * value, units) or _admits(bound, scale * min(max(value, 0), 1), units)
        for bound, value in zip(bounds, interval, strict=True)
    )


def _admits(bound: Reported, value: float, units: int) -> bool:
    slack = 1e-9 + units * 10.0**-bound.decimals
    return not math.isnan(value) and bound.admits(value, slack=slack)


def _text(interval: Interval) -> str:
    lower, upper = (min(max(value, 0.0), 1.0) for value in interval)
    return f"{100 * lower:.1f} to {100 * upper:.1f}%"
