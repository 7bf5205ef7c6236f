"""Means and standard deviations against the ends of their scale, and extremes against the spread.

A scale is bounded by the vocabulary (`minimum`, `maximum`), by the limits of eligibility, or,
for a change in per cent of something that cannot be negative, by -100.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

from livingreview_audit.design import ELIGIBILITY, limits_of_eligibility
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import full_words, group_size, mention, table_first
from livingreview_record import Outcome, Printed, Study

CHANGE = "% change"
LEAST_CHANGE = -100.0


@check("A mean and its standard deviation against the ends of the scale that they are on.")
def spread_on_scale(study: Study) -> Iterator[Finding]:
    """The mean lies within them.  With n values from a upwards the standard deviation is at most
    (mean - a) sqrt(n), and with values up to b at most sqrt((mean - a) (b - mean) n / (n - 1))
    (Bhatia & Davis 2000, *American Mathematical Monthly* 107:353).
    """
    eligible = {
        quantity.category.removeprefix(ELIGIBILITY): places[0]
        for quantity, places in study.by_quantity.items()
        if quantity.category.startswith(ELIGIBILITY)
    }
    for quantity, places in study.by_quantity.items():
        continuous = study.vocabulary(quantity.outcome).kind == "continuous"
        if quantity.statistic != "mean" or quantity.comparison or not continuous:
            continue
        variable = study.vocabulary(quantity.outcome)
        low, high, why, numbers = _ends(variable, eligible.get(quantity.outcome))
        if math.isfinite(low):
            yield _on_scale(study, table_first(places)[0], (low, high), why, numbers)


def _ends(
    variable: Outcome, eligible: Printed | None
) -> tuple[float, float, str, tuple[Printed, ...]]:
    """Least and greatest value, why, and the printed limits where there are any."""
    low = -math.inf if variable.minimum is None else variable.minimum
    high = math.inf if variable.maximum is None else variable.maximum
    if math.isfinite(low) or math.isfinite(high):
        return low, high, f"the scale of {variable.label}", ()
    if variable.unit == CHANGE:
        return LEAST_CHANGE, math.inf, "a change in per cent", ()
    if eligible is not None:
        low, high = limits_of_eligibility(eligible.value)
        return low, high, "the limits of eligibility", (eligible,)
    return -math.inf, math.inf, "", ()


def _on_scale(
    study: Study, mean: Printed, ends: tuple[float, float], why: str, limits: tuple[Printed, ...]
) -> Finding:
    low, high = ends
    box, size = Box.of(mean.number), group_size(study, mean.quantity)
    sd = mention(study, replace(mean.quantity, statistic="sd"))
    shown = f"from {low:g}" + (f" to {high:g}" if math.isfinite(high) else "")
    said = f"{full_words(study, mean.quantity)}: a mean of {mean.value}, {shown} by {why}"
    numbers, verdict, most = (mean, *limits), Verdict.REPRODUCED, ""
    if box.upper < low or box.lower > high:
        verdict, said = Verdict.IMPOSSIBLE, f"{said}; no mean of such values lies outside"
    elif sd is not None and size is not None and size.value > 1:
        n, above = size.value, max(box.upper - low, 0.0)
        below = min(max(high - box.lower, 0.0), n * above)
        largest = math.sqrt(max(above * below, 0.0) * n / (n - 1))
        largest = min(largest, above * math.sqrt(n))
        most, numbers = f"at most {largest:.2f}", (sd, mean, *limits, *size.numbers)
        said += f"; the SD of {n} such values is {most}, and {sd.value} is printed"
        if Box.of(sd.number).lower > largest:
            verdict = Verdict.IMPOSSIBLE
            said += "; values outside these limits, or another statistic, would explain it"
    return Finding(numbers, numbers[0].value, most or shown, verdict, f"{said}.")


@check("A standard deviation against the least that its range demands.")
def spread_of_extremes(study: Study) -> Iterator[Finding]:
    """With the least value a and the greatest b of n, and all others alike, the sum of squares
    about the mean is (a - mean)² + (b - mean)² + (a + b - 2 mean)² / (n - 2).
    """
    for quantity, places in study.by_quantity.items():
        if quantity.statistic != "range" or study.vocabulary(quantity.outcome).kind != "continuous":
            continue
        mean, sd = (mention(study, replace(quantity, statistic=s)) for s in ("mean", "sd"))
        size = group_size(study, quantity)
        if mean is None or sd is None or size is None or size.value < 3:
            continue
        yield _extremes(study, table_first(places)[0], mean, sd, size.value)


def _extremes(study: Study, limits: Printed, mean: Printed, sd: Printed, size: int) -> Finding:
    low, high = Box.of(limits.interval.lower).upper, Box.of(limits.interval.upper).lower
    means = Box.of(mean.number)
    middle = min(max((low + high) / 2, means.lower), means.upper)
    squares = (
        (low - middle) ** 2 + (high - middle) ** 2 + (low + high - 2 * middle) ** 2 / (size - 2)
    )
    least = math.sqrt(squares / size)
    said = (
        f"{full_words(study, sd.quantity)}: a range of {limits.value} in {size} patients needs a "
        f"SD of {least:.2f} or more; {sd.value} is printed"
    )
    fits = Box.of(sd.number).upper >= least
    verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
    return Finding((sd, limits, mean), sd.value, f"from {least:.2f}", verdict, f"{said}.")
