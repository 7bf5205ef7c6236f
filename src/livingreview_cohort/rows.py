"""Printed results beside those re-enacted, as lines of texts: an estimate with its interval."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from livingreview_audit import full_words
from livingreview_cohort.reenact import Reenacted, Reenactment
from livingreview_record import INTERVAL_STATISTICS, Quantity, Reported, Study

INTERVAL = "ci95"
STATISTIC_WORDS = {
    "median": "median",
    "rate": "alive or free of the event",
    "hr": "hazard ratio",
    "p": "p-value",
    "difference": "difference",
    "n": "patients",
    "percent": "percent of patients",
    "mean": "mean",
    "sd": "standard deviation",
    "range": "range",
    "iqr": "interquartile range",
    "minimum": "minimum",
    "maximum": "maximum",
    INTERVAL: "95% interval",
}
OUTSIDE, BOUNDS = "outside", "interval outside"
WITH_INTERVALS = ("median", "rate", "hr", "percent", "mean")


@dataclass(frozen=True)
class Line:
    """One result, with the interval that belongs to it; texts, and the rows that they are of."""

    what: str
    kind: str
    printed: str
    again: str
    spread: str
    lies: str
    estimate: Reenacted
    interval: Reenacted | None = None

    @property
    def is_outside(self) -> bool:
        """Whether the print, or its interval, lies outside the range over the draws."""
        return self.lies in (OUTSIDE, BOUNDS)


def lines(study: Study, reenactment: Reenactment, rows: Iterable[Reenacted]) -> list[Line]:
    """Return a line for each result; an interval stands with its estimate where there is one."""
    by_quantity = {row.quantity: row for row in reenactment.rows}
    return list(_lines(study, by_quantity, rows))


def _lines(
    study: Study, known: dict[Quantity, Reenacted], rows: Iterable[Reenacted]
) -> Iterator[Line]:
    for row in rows:
        quantity = row.quantity
        if quantity.statistic == INTERVAL and _estimate_of(quantity, known) is not None:
            continue
        interval = None
        if quantity.statistic in WITH_INTERVALS:
            interval = known.get(replace(quantity, statistic=INTERVAL))
        yield _line(study, row, interval)


def _estimate_of(interval: Quantity, known: dict[Quantity, Reenacted]) -> Quantity | None:
    for statistic in WITH_INTERVALS:
        estimate = replace(interval, statistic=statistic)
        if estimate in known:
            return estimate
    return None


def _line(study: Study, row: Reenacted, interval: Reenacted | None) -> Line:
    decimals = _decimals(row)
    again = text(row.values, decimals)
    printed = "" if row.printed is None else row.printed.value
    if interval is not None:
        bounds = text(interval.values, _decimals(interval))
        again = f"{again} ({bounds})" if bounds else again
        printed += f" ({interval.printed.value})" if interval.printed is not None else ""
    lies: str = row.agreement or ""
    if lies != OUTSIDE and interval is not None and interval.agreement == OUTSIDE:
        lies = BOUNDS
    spread = _to(row.low, row.high, decimals)
    words, kind = result_words(study, row.quantity), STATISTIC_WORDS.get(row.quantity.statistic, "")
    return Line(words, kind, printed, again, spread, lies, row, interval)


def _to(low: Sequence[float], high: Sequence[float], decimals: int) -> str:
    """The range of each part, or one number where all tables give the same."""
    ends = [(text((a,), decimals), text((b,), decimals)) for a, b in zip(low, high, strict=True)]
    return "; ".join(a if a == b else f"{a} to {b}" for a, b in ends)


def _decimals(row: Reenacted) -> int:
    """As many as are printed; three for a p-value, and two for what is not printed."""
    least = 3 if row.quantity.statistic == "p" else 0
    if row.printed is None:
        return 3 if least else 0 if row.quantity.statistic == "n" else 2
    if row.quantity.statistic in INTERVAL_STATISTICS:
        return max(row.printed.interval.lower.decimals, row.printed.interval.upper.decimals)
    return max(least, Reported(row.printed.value).decimals)


def text(values: Sequence[float], decimals: int) -> str:
    """Return a number, or the bounds of an interval; empty where none could be estimated.

    >>> text((0.61234,), 2), text((12.5, math.inf), 1), text((0.00001,), 3)
    ('0.61', '12.5–not reached', '<0.001')
    """
    if any(map(math.isnan, values)):
        return ""
    return "–".join(_number(value, decimals) for value in values)


def _number(value: float, decimals: int) -> str:
    if math.isinf(value):
        return "not reached"
    smallest = 10.0**-decimals
    if 0 < value < smallest / 2 and decimals >= 2:
        return f"<{smallest:.{decimals}f}"
    return f"{value:.{decimals}f}"


def result_words(study: Study, quantity: Quantity) -> str:
    """Return which result it is: outcome, patients, what is compared, at which time."""
    parts = [full_words(study, quantity)]
    if quantity.comparison:
        parts.append(comparison_words(study, quantity.comparison))
    if quantity.adjustment:
        parts.append(quantity.adjustment)
    if quantity.timepoint:
        parts.append(f"at {quantity.timepoint}")
    return ", ".join(parts)


def comparison_words(study: Study, comparison: str) -> str:
    """Return a comparison of arms, or a variable with the levels that are compared, in words."""
    name, levels = Quantity(comparison=comparison).contrast
    if name in study.comparisons:
        return study.comparisons[name].label
    variable = study.vocabulary(name)
    named = " against ".join(variable.levels.get(level, level) for level in levels)
    return f"{variable.label}: {named}" if named else variable.label
