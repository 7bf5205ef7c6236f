"""Intervals of survival rates and medians: which kind they are, and whether data can give them.

Greenwood's variance of a Kaplan-Meier rate has a least value for given patients and events, and
every usual interval is symmetrical on a scale of its own.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from livingreview_audit.curves import Curve, beside, curves, share
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box, image
from livingreview_audit.lookup import Count
from livingreview_audit.ratios import Z95
from livingreview_record import Printed, Study

FEWEST_SYMMETRICAL = 5  # intervals of medians that show how a paper computes them
SHARE_SYMMETRICAL = 0.9
EPSILON = 1e-6


def _loglog(share: float) -> float:
    return math.log(-math.log(min(max(share, EPSILON), 1 - EPSILON)))


def _logit(share: float) -> float:
    inside = min(max(share, EPSILON), 1 - EPSILON)
    return math.log(inside / (1 - inside))


def _log(share: float) -> float:
    return math.log(max(share, EPSILON))


def _arcsine(share: float) -> float:
    return math.asin(math.sqrt(min(max(share, 0.0), 1.0)))


# Scale on which each interval is symmetrical: Kalbfleisch & Prentice 2002, section 1.4.
SCALES: Mapping[str, Callable[[float], float]] = {
    "plain": float,
    "log-log": _loglog,
    "log": _log,
    "logit": _logit,
    "arcsine": _arcsine,
}


@check("Which of the usual intervals a rate's interval is, and whether it is wide enough.")
def rate_interval(study: Study) -> Iterator[Finding]:
    """Each is symmetrical on its own scale.  Greenwood's variance of S is at least S (1 - S) / n
    for n patients, and with d events the variance of log S is at least d (1 - q)² / q with q =
    S^(1/d): both follow from the convexity of its terms, and censoring only adds.
    """
    for curve in curves(study):
        for rate, interval in curve.rates_with_intervals:
            yield _rate_interval(curve, rate, interval)


def _rate_interval(curve: Curve, rate: Printed, interval: Printed) -> Finding:
    ends = interval.interval
    low, alive, up = (share(one) for one in (ends.lower, rate.number, ends.upper))
    said = f"{rate.value}% ({interval.value}) at {rate.quantity.timepoint}"
    kinds = [name for name in SCALES if _fits(name, alive, low, up)]
    if alive.upper < low.lower or alive.lower > up.upper:
        verdict, recomputed = Verdict.IMPOSSIBLE, rate.value
        said += "; the rate lies outside its interval"
    elif _is_too_narrow(curve.size, alive, low, up):
        verdict, recomputed = Verdict.IMPOSSIBLE, "wider"
        patients = curve.size.value if curve.size else ""
        said += f"; {patients} patients cannot give an interval that narrow"
    elif kinds:
        verdict, recomputed = Verdict.REPRODUCED, kinds[0]
        said += f" is symmetrical on the {kinds[0]} scale"
    else:
        verdict, recomputed = Verdict.DISCREPANT, ""
        said += f" is none of the usual intervals ({', '.join(SCALES)})"
    return curve.find(verdict, (interval, rate), recomputed, said)


def _fits(name: str, alive: Box, low: Box, up: Box) -> bool:
    scale = SCALES[name]
    if name in ("plain", "log") and (low.lower <= 0 or up.upper >= 1):  # cut off at 0% or 100%
        return low.lower <= 0 or _reaches_one(scale, alive, low, up)
    return image(lambda a, b, c: scale(a) + scale(c) - 2 * scale(b), low, alive, up).contains(0)


def _reaches_one(scale: Callable[[float], float], alive: Box, low: Box, up: Box) -> bool:
    """Whether an upper end cut off at 100% would have been at or above it."""
    reach = image(lambda a, b: 2 * scale(b) - scale(a), low, alive)
    return up.upper >= 1 and reach.upper >= scale(1.0) - EPSILON


def _is_too_narrow(size: Count | None, alive: Box, low: Box, up: Box) -> bool:
    """Whether the interval is narrower than any Greenwood interval of so many patients."""
    if size is None or not 0 < alive.lower <= alive.upper < 1:
        return False
    if low.lower <= 0 or up.upper >= 1:
        return False
    n, shares = size.value, (alive.lower, alive.upper)
    least = min(math.sqrt(s * (1 - s) / n) for s in shares)
    least_log = min(math.sqrt((1 - s) / (s * n)) / abs(math.log(s)) for s in shares)
    widest = _loglog(low.lower) - _loglog(up.upper)
    return up.upper - low.lower < 2 * Z95 * least and widest < 2 * Z95 * least_log


@check("The interval of a median holds it, and lies about it as the paper's other intervals do.")
def median_interval(study: Study) -> Iterator[Finding]:
    """Some software gives the median plus or minus 1.96 standard errors, cut off at 0; other
    inverts the interval of the rate, which gives ends that are not symmetrical.  Where at least
    five of a paper's intervals, and nine in ten, are symmetrical within rounding, one that is not
    is discrepant.
    """
    pairs = [
        (curve, beside(interval, list(curve.medians)), interval)
        for curve in curves(study)
        for interval in curve.median_intervals
        if curve.medians and curve.medians[0].number.exact is not None
    ]
    known = [(median, one) for _, median, one in pairs if _has_ends(one)]
    quantities = {one.quantity: _is_symmetrical(median, one) for median, one in known}
    symmetrical = sum(quantities.values())
    usual = symmetrical >= max(FEWEST_SYMMETRICAL, SHARE_SYMMETRICAL * len(quantities))
    for curve, median, interval in pairs:
        yield _median_interval(curve, median, interval, usual=usual)


def _has_ends(interval: Printed) -> bool:
    ends = interval.interval
    return ends.lower.exact is not None and ends.upper.exact is not None


def _is_symmetrical(median: Printed, interval: Printed) -> bool:
    ends = interval.interval
    low, middle, up = (Box.of(end) for end in (ends.lower, median.number, ends.upper))
    if ends.lower.value == 0:
        return middle.upper * 2 <= up.upper + EPSILON or 2 * middle.lower - up.upper <= EPSILON
    return image(lambda a, b, c: a + c - 2 * b, low, middle, up).contains(0)


def _median_interval(curve: Curve, median: Printed, interval: Printed, *, usual: bool) -> Finding:
    ends, middle = interval.interval, Box.of(median.number)
    centre = f"{(ends.lower.value + ends.upper.value) / 2:.2f}"
    verdict, recomputed = Verdict.REPRODUCED, "holds the median"
    said = f"{median.value} ({interval.value})"
    if middle.upper < Box.of(ends.lower).lower or middle.lower > Box.of(ends.upper).upper:
        verdict, recomputed = Verdict.IMPOSSIBLE, median.value
        said += "; the median lies outside its interval"
    elif not _has_ends(interval):
        said += "; the interval is open at one end and holds the median"
    elif _is_symmetrical(median, interval):
        recomputed, said = median.value, f"{said} is symmetrical about the median"
    elif usual:
        verdict, recomputed = Verdict.DISCREPANT, centre
        said += f" is centred at {centre}; the paper's other intervals are symmetrical"
    else:
        said += " holds the median and is not symmetrical, as an inverted interval may be"
    return curve.find(verdict, (interval, median), recomputed, said)


@check("At least as many events as the curve needs to fall to its lowest printed rate.")
def events_against_rates(study: Study) -> Iterator[Finding]:
    """A curve at S needs n (1 - S) events without censoring and fewer with it, but the interval of
    a rate shows how few: with d events the standard error of log(-log S) is at least 2 sinh(h / 2)
    sqrt(d) / (d h) with h = -log(S) / d.
    """
    for curve in curves(study):
        events = curve.events
        if events is not None and events.value > 0:
            for rate, interval in curve.rates_with_intervals:
                yield from _events_against(curve, events, rate, interval)


def _events_against(
    curve: Curve, events: Count, rate: Printed, interval: Printed
) -> Iterator[Finding]:
    ends = interval.interval
    low, alive, up = (share(one) for one in (ends.lower, rate.number, ends.upper))
    if not 0 < low.lower < alive.lower <= alive.upper < up.upper < 1:
        return
    error = (_loglog(low.lower) - _loglog(up.upper)) / (2 * Z95)
    least = min(
        2 * math.sinh(h / 2) / (h * math.sqrt(events.value))
        for h in (-math.log(s) / events.value for s in (alive.lower, alive.upper))
    )
    said = (
        f"{rate.value}% ({interval.value}) at {rate.quantity.timepoint} means a standard error of "
        f"{error:.3f} on the log-log scale; {events.value} events give at least {least:.3f}"
    )
    verdict = Verdict.IMPOSSIBLE if error < least else Verdict.REPRODUCED
    numbers = (interval, rate, *events.numbers)
    yield curve.find(verdict, numbers, f"standard error from {least:.3f}", said)
