"""Whether a printed number can be one of the re-enacted ones: within their range, near, outside.

The range over draws is no interval of confidence: draws are made to agree with the printed medians,
rates and ratios, so that it can be narrow.  A printed number that misses it by less than half of
what chance alone moves such a result (its standard error) is near, and nothing is made of it.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy import special

from livingreview_cohort.curves import Z95, Floats
from livingreview_record import INTERVAL_STATISTICS, Printed, Reported

Agreement = Literal["within", "near", "outside"]
LOW, HIGH = 0.025, 0.975
NEAR = 0.5  # standard errors
SLACK = 1e-9
NARROWER, WIDER = 0.9, 1.5  # of an interval; covariates that go together widen it, nothing narrows
SHARE = 0.05  # of a mean, median or spread of numbers
SMALLEST_P = 1e-12


def agreement(
    printed: Printed, table: Floats, intervals: Floats | None, patients: int
) -> Agreement:
    """Return how the printed number lies to the results of all tables, one row a table.

    `intervals` are those of the same estimate, where the pipeline gives them.
    """
    quantity = printed.quantity
    if quantity.statistic in INTERVAL_STATISTICS:
        return _of_interval(printed, table)
    ends = (float(value) for value in quantiles(table[:, 0], (LOW, HIGH)))
    low, high = (_scaled(quantity.statistic, end) for end in ends)
    least, most = (
        _scaled(quantity.statistic, end) for end in _ends(printed.number, quantity.statistic)
    )
    if quantity.statistic in ("rate", "percent"):
        low, high = low - 100 / max(1, patients), high + 100 / max(1, patients)
    gap = max(0.0, least - high, low - most)
    if np.isnan(gap) or gap <= SLACK:
        return "within"
    return "near" if gap <= _tolerance(quantity.statistic, table, intervals) else "outside"


def _ends(number: Reported, statistic: str) -> tuple[float, float]:
    """The values that print like this; endless where the time was not reached."""
    if number.exact is None:
        return np.inf, np.inf
    least, most = number.rounding_interval
    return (max(least, 0.0), min(most, 1.0)) if statistic == "p" else (least, most)


def _scaled(statistic: str, value: float) -> float:
    """The value on the scale on which chance moves it alike: log for a ratio, z for a p-value."""
    if statistic == "hr":
        return float(np.log(max(value, SMALLEST_P)))
    if statistic == "p":
        return float(special.ndtri(np.clip(value, SMALLEST_P, 1.0) / 2))
    return value


def _tolerance(statistic: str, table: Floats, intervals: Floats | None) -> float:
    middle = float(np.median(table[:, 0]))
    if statistic == "p":
        return NEAR
    if statistic in ("hr", "median", "rate") and intervals is not None and len(intervals):
        widths = _widths(intervals, is_ratio=statistic == "hr")
        known = widths[np.isfinite(widths)]
        return NEAR * float(np.median(known)) / (2 * Z95) if known.size else np.inf
    if statistic == "n":
        return NEAR * float(np.sqrt(max(middle, 0.0))) if np.ptp(table[:, 0]) else 0.0
    return SHARE * abs(middle) if statistic not in ("percent", "rate") else 0.0


def _of_interval(printed: Printed, table: Floats) -> Agreement:
    """By its width alone: its place is that of its estimate."""
    is_ratio, bounds = printed.unit == "ratio", printed.interval
    if printed.quantity.statistic != "ci95":
        return _of_bounds(bounds.lower, bounds.upper, table)
    parts = (_ends(bounds.lower, ""), _ends(bounds.upper, ""))
    narrowest = np.array([[parts[0][1], parts[1][0]]])
    widest = np.array([[parts[0][0], parts[1][1]]])
    low, high = quantiles(_widths(table, is_ratio=is_ratio), (LOW, HIGH))
    fits = _widths(widest, is_ratio=is_ratio)[0] >= NARROWER * low - SLACK
    fits = fits and _widths(narrowest, is_ratio=is_ratio)[0] <= WIDER * high + SLACK
    return "within" if fits else "outside"


def _of_bounds(lower: Reported, upper: Reported, table: Floats) -> Agreement:
    """Of a range of numbers: each of its ends by its own range over the tables."""
    for column, number in enumerate((lower, upper)):
        low, high = quantiles(table[:, column], (LOW, HIGH))
        least, most = _ends(number, "")
        if least > high + SLACK or most < low - SLACK:
            return "outside"
    return "within"


def _widths(intervals: Floats, *, is_ratio: bool) -> Floats:
    """Widths, of ratios on the logarithmic scale; endless where a bound is not reached."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = np.log(intervals) if is_ratio else intervals
        widths: Floats = bounds[:, 1] - bounds[:, 0]
    return np.where(np.isnan(widths), np.inf, widths)


def quantiles(values: Floats, shares: Sequence[float]) -> tuple[float, ...]:
    """Return quantiles that are among the values, as endless ones have no mean."""
    ordered = np.sort(values)
    return tuple(float(ordered[round(share * (ordered.size - 1))]) for share in shares)
