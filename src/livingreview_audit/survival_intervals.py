"""Intervals of survival rates and medians: which kind they are, and whether data can give them.

Greenwood's variance of a Kaplan-Meier rate has a least value for given patients and events, and
every usual interval is symmetrical on a scale of its own.  With exponential times and n patients
the logarithm of a Kaplan-Meier median has about the standard error 1 / (log 2 sqrt(n)); with
Weibull times of shape k it is k times smaller.  `audit_limits` holds how far intervals of honest
trials are from it.
"""

import math
from collections.abc import Callable, Iterator, Mapping

from livingreview_audit.audited import Audited, every
from livingreview_audit.curves import Estimated, curve_of, curves
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import EPSILON, Box, asymmetry, image
from livingreview_audit.ratios import Z95, p_box, p_words, z_box
from livingreview_record import Printed, Quantity

FEWEST_SYMMETRICAL = 5  # intervals of medians that show how a paper computes them
SHARE_SYMMETRICAL = 0.9
# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
NARROW = 0.285  # every arm, as a share of the width that exponential times give
Z_APART = 7.0  # z of the medians and that of the p-value
FEWEST, FEWEST_FOR_WIDTH = 20, 50  # patients: a median of few rests on one or two steps


def _inside(share: float) -> float:
    return min(max(share, EPSILON), 1 - EPSILON)


def _loglog(share: float) -> float:
    return math.log(-math.log(_inside(share)))


# Scale on which each interval is symmetrical: Kalbfleisch & Prentice 2002, section 1.4.
SCALES: Mapping[str, Callable[[float], float]] = {
    "plain": float,
    "log-log": _loglog,
    "log": lambda share: math.log(max(share, EPSILON)),
    "logit": lambda share: math.log(_inside(share) / (1 - _inside(share))),
    "arcsine": lambda share: math.asin(math.sqrt(min(max(share, 0.0), 1.0))),
}


@check("Which of the usual intervals a rate's interval is, and whether it is wide enough.")
def rate_interval(study: Audited) -> Iterator[Finding]:
    """Each is symmetrical on its own scale.  Greenwood's variance of S is at least S (1 - S) / n
    for n patients, and with d events the variance of log S is at least d (1 - q)² / q with q =
    S^(1/d): both follow from the convexity of its terms, and censoring only adds.
    """
    for curve in curves(study).values():
        patients = curve.size.value if curve.size else 0
        for rate in curve.rates_with_intervals:
            low, alive, up = rate.shares
            kinds = [name for name in SCALES if _fits(name, alive, low, up)]
            outside = alive.upper < low.lower or alive.lower > up.upper
            narrow = f"; {patients} {{participants}} cannot give an interval that narrow"
            unusual = f" is none of the usual intervals ({', '.join(SCALES)})"
            verdict, why = first_true(
                (outside, Verdict.IMPOSSIBLE, "; the rate lies outside its interval"),
                (_is_too_narrow(patients, alive, low, up), Verdict.IMPOSSIBLE, narrow),
                (kinds, Verdict.REPRODUCED, f" is symmetrical on the {''.join(kinds[:1])} scale"),
                (True, Verdict.DISCREPANT, unusual),
            )
            number = rate.estimate
            wider = "wider" if verdict is Verdict.IMPOSSIBLE else "".join(kinds[:1])
            said = f"{number.value}% ({rate.interval.value}) at {number.quantity.timepoint}{why}"
            yield curve.find(rate.numbers, said, verdict, number.value if outside else wider)


def _fits(name: str, alive: Box, low: Box, up: Box) -> bool:
    scale = SCALES[name]
    if name in ("plain", "log") and (low.lower <= 0 or up.upper >= 1):  # cut off at 0% or 100%
        reach = image(lambda a, b: 2 * scale(b) - scale(a), low, alive)
        return low.lower <= 0 or (up.upper >= 1 and reach.upper >= scale(1.0) - EPSILON)
    return image(lambda a, b, c: scale(a) + scale(c) - 2 * scale(b), low, alive, up).contains(0)


def _is_too_narrow(n: int, alive: Box, low: Box, up: Box) -> bool:
    """Whether the interval is narrower than any Greenwood interval of so many patients."""
    if not (n and 0 < alive.lower <= alive.upper < 1 and low.lower > 0 and up.upper < 1):
        return False
    shares = (alive.lower, alive.upper)
    least = min(math.sqrt(s * (1 - s) / n) for s in shares)
    least_log = min(math.sqrt((1 - s) / (s * n)) / abs(math.log(s)) for s in shares)
    widest = _loglog(low.lower) - _loglog(up.upper)
    return up.upper - low.lower < 2 * Z95 * least and widest < 2 * Z95 * least_log


@check("The interval of a median holds it, and lies about it as the paper's other intervals do.")
def median_interval(study: Audited) -> Iterator[Finding]:
    """Some software gives the median plus or minus 1.96 standard errors, cut off at 0; other
    inverts the interval of the rate, which gives ends that are not symmetrical.  Where at least
    five of a paper's intervals, and nine in ten, are symmetrical within rounding, one that is not
    is discrepant.
    """
    known = [
        median
        for curve in curves(study).values()
        for median in curve.medians_with_intervals
        if curve.medians[0].number.exact is not None
    ]
    closed = {one.interval: one for one in known if one.is_closed}
    even = {interval for interval, one in closed.items() if is_symmetrical(one)}
    quantities = {interval.quantity: interval in even for interval in closed}
    most = max(FEWEST_SYMMETRICAL, SHARE_SYMMETRICAL * len(quantities))
    usual = sum(quantities.values()) >= most
    for one in known:
        centre = f"{(one.ends[0].value + one.ends[2].value) / 2:.2f}"
        open_end = "; the interval is open at one end and holds the median"
        off_centre = f" is centred at {centre}; the paper's other intervals are symmetrical"
        inverted = " holds the median and is not symmetrical, as an inverted interval may be"
        verdict, why = first_true(
            (one.is_outside, Verdict.IMPOSSIBLE, "; the median lies outside its interval"),
            (not one.is_closed, Verdict.REPRODUCED, open_end),
            (one.interval in even, Verdict.REPRODUCED, " is symmetrical about the median"),
            (usual, Verdict.DISCREPANT, off_centre),
            (True, Verdict.REPRODUCED, inverted),
        )
        fixed = one.is_outside or one.interval in even
        recomputed = one.estimate.value if fixed else "holds the median"
        recomputed = centre if verdict is Verdict.DISCREPANT else recomputed
        yield one.curve.find(one.numbers, one.shown + why, verdict, recomputed)


def is_symmetrical(one: Estimated) -> bool:
    """Whether a median may be in the middle of its interval, or of one cut off at 0."""
    low, middle, up = one.boxes
    if one.ends[0].value == 0:
        return middle.upper * 2 <= up.upper + EPSILON or 2 * middle.lower - up.upper <= EPSILON
    return asymmetry(low, middle, up).contains(0)


@check("At least as many events as the curve needs to fall to its lowest printed rate.")
def events_against_rates(study: Audited) -> Iterator[Finding]:
    """A curve at S needs n (1 - S) events without censoring and fewer with it, but the interval of
    a rate shows how few: with d events the standard error of log(-log S) is at least 2 sinh(h / 2)
    sqrt(d) / (d h) with h = -log(S) / d.
    """
    for curve in curves(study).values():
        events = curve.events
        if events is None or events.value < 1:
            continue
        for rate in curve.rates_with_intervals:
            low, alive, up = rate.shares
            if not 0 < low.lower < alive.lower <= alive.upper < up.upper < 1:
                continue
            error = (_loglog(low.lower) - _loglog(up.upper)) / (2 * Z95)
            least = min(
                2 * math.sinh(h / 2) / (h * math.sqrt(events.value))
                for h in (-math.log(s) / events.value for s in (alive.lower, alive.upper))
            )
            said = (
                f"{rate.estimate.value}% ({rate.interval.value}) at "
                f"{rate.estimate.quantity.timepoint} means a standard error of {error:.3f} on the "
                f"log-log scale; {events.value} events give at least {least:.3f}"
            )
            verdict = unless(error >= least, Verdict.IMPOSSIBLE)
            numbers = (*rate.numbers, *events.numbers)
            yield curve.find(numbers, said, verdict, f"standard error from {least:.3f}")


def _medians(study: Audited) -> dict[Quantity, Estimated]:
    """The median survival of each group, where both ends of its interval are printed."""
    return {
        group: median
        for group, curve in curves(study).items()
        if group.outcome == study.roles.overall_survival
        for median in curve.medians_with_intervals[:1]
        if median.is_closed and median.estimate.number.exact is not None
        if 0 < median.ends[0].value < median.ends[2].value
        if median.ends[1].value > 0
    }


def _size(median: Estimated) -> int:
    return median.curve.size.value if median.curve.size else 0


def _log_errors(median: Estimated) -> Box:
    """Standard error of the median's logarithm, by the interval's ratio and by its width."""
    low, middle, up = median.boxes
    slim = math.log(up.lower / low.upper), (up.lower - low.upper) / middle.upper
    wide = math.log(up.upper / max(low.lower, 1e-9)), (up.upper - low.lower) / middle.lower
    return Box(max(min(slim), 1e-9) / (2 * Z95), max(wide) / (2 * Z95))


def _share_of_width(median: Estimated) -> float:
    """Return the interval's width as a share of what exponential times give."""
    return _log_errors(median).upper * math.log(2) * math.sqrt(_size(median))


@check("The width of a median's interval against that which as many {participants} give.")
def median_interval_width(study: Audited) -> Iterator[Finding]:
    """Of survival only: events seen at visits fall on few days, which gives intervals of any width.
    A single interval may be narrow by chance; implausible where those of all arms are narrower
    than in honest trials with Weibull times up to shape 2.
    """
    known = _medians(study)
    for group in known if len(study.arms) > 1 else ():
        arms = every(known.get(arm) for arm in study.by_arm(group))
        first = group.arm_id == next(iter(study.arms))
        if not first or not arms or min(map(_size, arms)) < FEWEST_FOR_WIDTH:
            continue
        narrowest = sorted(arms, key=_share_of_width)
        shown = " and ".join(
            f"{one.shown} in {_size(one)} {{participants}} "
            f"({study.arms[one.curve.group.arm_id].label}) is {_share_of_width(one):.2f}"
            for one in arms
        )
        differ = (
            "; plausible only where the times of most {participants} differ little, or where "
            "these are not 95% intervals of the medians"
        )
        narrow = _share_of_width(narrowest[-1]) < NARROW
        verdict, why = first_true((narrow, Verdict.IMPLAUSIBLE, differ))
        said = f"{shown} of the width that exponential times give{why}"
        numbers = tuple(n for one in narrowest for n in one.numbers)
        whole = group.population == "whole"
        where = "" if whole else f" ({study.populations[group.population].label})"
        about = f"{study.vocabulary(group.outcome).label}{where}"
        least = f"{_share_of_width(narrowest[0]):.2f} of the width"
        yield Finding.on(numbers, about, said, verdict, least)


@check("The p-value of a comparison against the medians of both groups with their intervals.")
def medians_against_p(study: Audited) -> Iterator[Finding]:
    """The medians' log ratio and the standard errors that their intervals imply give a z of their
    own.  Of survival only: medians of events seen at visits may fall on the same visit.
    Implausible where the two z are farther apart than in honest trials whose hazards are
    proportional or part late.
    """
    known = _medians(study)
    for quantity, places in study.by_quantity.items():
        if quantity.statistic == "p" and quantity.adjustment == "unadjusted":
            pair = every(known.get(curve_of(side)) for side in study.compared(quantity))
            enough = len(pair) == 2 and min(map(_size, pair)) >= FEWEST
            yield from (_against(study, p, pair) for p in (places if enough else ()))


def _against(study: Audited, p: Printed, pair: tuple[Estimated, ...]) -> Finding:
    one, other = (median.boxes[1] for median in pair)
    errors = [_log_errors(median) for median in pair]
    z = Box(
        max(0.0, math.log(one.lower / other.upper), math.log(other.lower / one.upper))
        / math.hypot(*(error.upper for error in errors)),
        max(math.log(one.upper / other.lower), math.log(other.upper / one.lower))
        / math.hypot(*(error.lower for error in errors)),
    )
    own, by_medians = z_box(Box.of(p.number)), p_box(z)
    apart = (
        f", which means {own.lower:.1f}; plausible only where the curves differ near their "
        "medians as nowhere else, or where the intervals are not 95% intervals"
    )
    verdict, why = first_true((own.gap(z) > Z_APART, Verdict.IMPLAUSIBLE, apart))
    said = (
        f"{' against '.join(median.shown for median in pair)}: the medians differ by {z.lower:.1f} "
        f"to {z.upper:.1f} standard errors; {p_words(p)} is printed for the curves{why}"
    )
    numbers = (p, *(n for median in pair for n in (median.estimate, median.interval)))
    recomputed = f"p {by_medians.lower:.2g} to {by_medians.upper:.2g} by the medians"
    about, shown = study.compared_words(p.quantity), f"p {p.value}"
    return Finding.on(numbers, about, said, verdict, recomputed, reported=shown)
