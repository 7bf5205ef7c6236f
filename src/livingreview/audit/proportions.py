"""Confidence intervals of proportions, by every usual method, and which one a paper used.

References: Brown, Cai & DasGupta 2001, *Statistical Science* 16:101; Newcombe 1998, *Statistics in
Medicine* 17:857.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from scipy import special

from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import (
    Count,
    counts,
    group_words,
    known_count,
    quantity_words,
    sizes,
)
from livingreview.reported import Reported
from livingreview.studies import Printed, Study

PROPORTION_KINDS = frozenset({"binary", "categorical", "adverse-event"})
LEVEL = 0.95
Z = float(special.ndtri(1 - (1 - LEVEL) / 2))
Interval = tuple[float, float]


def clopper_pearson(x: int, n: int) -> Interval:
    """Exact binomial interval.

    >>> [round(100 * bound, 1) for bound in clopper_pearson(22, 68)]
    [21.5, 44.8]
    """
    tail = (1 - LEVEL) / 2
    lower = 0.0 if x == 0 else float(special.betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(special.betaincinv(x + 1, n - x, 1 - tail))
    return lower, upper


def jeffreys(x: int, n: int) -> Interval:
    """Bayesian interval with Jeffreys's prior; 0 and 1 where no or all patients have it."""
    tail = (1 - LEVEL) / 2
    lower = 0.0 if x == 0 else float(special.betaincinv(x + 0.5, n - x + 0.5, tail))
    upper = 1.0 if x == n else float(special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail))
    return lower, upper


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


def interval_of_proportion(study: Study) -> Iterator[Finding]:
    """Every 95% interval of a share of patients against the usual methods."""
    for number in study.numbers:
        quantity = number.quantity
        if quantity.statistic != "ci95" or quantity.comparison or quantity.timepoint:
            continue
        if study.vocabulary(quantity.outcome).kind not in PROPORTION_KINDS:
            continue
        share = replace(quantity, statistic="percent", method="")
        part, wholes = known_count(study, share), sizes(study, share)
        if part is None or not wholes:
            missing = "neither the count nor the size of its group is printed"
            yield _find(study, number, (number,), "", Verdict.NOT_CHECKABLE, missing)
        else:
            options = counts(study, share) or [part]
            yield _judge(study, number, options, wholes)


def _judge(study: Study, number: Printed, parts: list[Count], wholes: list[Count]) -> Finding:
    for size in wholes:
        for part in parts:
            for name, method in METHODS.items():
                if part.value <= size.value and _prints(number, method(part.value, size.value)):
                    said = f"{part.value} of {size.value} gives it by {name}"
                    numbers = (number, *part.numbers, *size.numbers)
                    return _find(study, number, numbers, name, Verdict.REPRODUCED, said)
    part, size = parts[0], wholes[0]
    numbers = (number, *part.numbers, *size.numbers)
    if part.value > size.value:
        said = f"{part.value} is more than {size.value}"
        return _find(study, number, numbers, "", Verdict.NOT_CHECKABLE, said)
    usual = [name for name in METHODS if " with " not in name and name != "logit"]
    shown = ", ".join(f"{_text(METHODS[name](part.value, size.value))} ({name})" for name in usual)
    near = [n for n, m in METHODS.items() if _prints(number, m(part.value, size.value), units=1)]
    if near:
        said = f"{part.value} of {size.value}; {near[0]}, but for one unit in the last decimal"
        recomputed = _text(METHODS[near[0]](part.value, size.value))
        return _find(study, number, numbers, recomputed, Verdict.ROUNDING, said)
    said = f"{part.value} of {size.value} gives {shown}; {number.value} is printed"
    recomputed = _text(clopper_pearson(part.value, size.value))
    return _find(study, number, numbers, recomputed, Verdict.DISCREPANT, said)


def _prints(number: Printed, interval: Interval, *, units: int = 0) -> bool:
    bounds = (number.interval.lower, number.interval.upper)
    scale = 100.0 if number.unit == "%" else 1.0
    return all(
        _admits(bound, scale * value, units) or _admits(bound, scale * min(max(value, 0), 1), units)
        for bound, value in zip(bounds, interval, strict=True)
    )


def _admits(bound: Reported, value: float, units: int) -> bool:
    if math.isnan(value):
        return False
    return bound.admits(value, slack=1e-9 + units * 10.0**-bound.decimals)


def _text(interval: Interval) -> str:
    lower, upper = (min(max(value, 0.0), 1.0) for value in interval)
    return f"{100 * lower:.1f} to {100 * upper:.1f}%"


def _find(
    study: Study, number: Printed, numbers: tuple[Printed, ...], *told: str | Verdict
) -> Finding:
    recomputed, verdict, said = told
    label = f"{quantity_words(study, number.quantity)} ({group_words(study, number.quantity)})"
    return Finding(numbers, number.value, str(recomputed), Verdict(verdict), f"{label}: {said}.")
