"""Intervals of survival rates and medians: which kind they are, and whether data can give them.

Greenwood's variance of a Kaplan-Meier rate has a least value for given patients and events, and
every usual interval is symmetrical on a scale of its own.  With exponential times and n patients
the logarithm of a Kaplan-Meier median has about the standard error 1 / (log 2 sqrt(n)); with
Weibull times of shape k it is k times smaller.  `audit_limits` holds how far intervals of honest
trials are from it.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from livingreview_audit.audited import Audited, every
from livingreview_audit.curves import Curve, curve_of, curves, share
from livingreview_audit.finding import Finding, Verdict, check, first_true
from livingreview_audit.intervals import Box, image
from livingreview_audit.ratios import Z95, compared_words, p_box, p_words, z_box
from livingreview_record import Printed, Quantity

FEWEST_SYMMETRICAL = 5  # intervals of medians that show how a paper computes them
SHARE_SYMMETRICAL = 0.9
EPSILON = 1e-6
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
        for rate, interval in curve.rates_with_intervals:
            patients = curve.size.value if curve.size else 0
            low, alive, up = _shares(rate, interval)
            kinds = [name for name in SCALES if _fits(name, alive, low, up)]
            outside = alive.upper < low.lower or alive.lower > up.upper
            narrow = f"; {patients} {{participants}} cannot give an interval that narrow"
            verdict, why = first_true(
                (outside, Verdict.IMPOSSIBLE, "; the rate lies outside its interval"),
                (_is_too_narrow(patients, alive, low, up), Verdict.IMPOSSIBLE, narrow),
                (kinds, Verdict.REPRODUCED, f" is symmetrical on the {''.join(kinds[:1])} scale"),
                (
                    True,
                    Verdict.DISCREPANT,
                    f" is none of the usual intervals ({', '.join(SCALES)})",
                ),
            )
            recomputed = "wider" if verdict is Verdict.IMPOSSIBLE else "".join(kinds[:1])
            recomputed = rate.value if outside else recomputed
            said = f"{rate.value}% ({interval.value}) at {rate.quantity.timepoint}{why}"
            yield curve.find(verdict, (interval, rate), recomputed, said)


def _shares(rate: Printed, interval: Printed) -> tuple[Box, Box, Box]:
    ends = interval.interval
    return share(ends.lower), share(rate.number), share(ends.upper)


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
    pairs = [
        (curve, median, interval)
        for curve in curves(study).values()
        for median, interval in curve.medians_with_intervals
        if curve.medians[0].number.exact is not None
    ]
    known = [(median, one) for _, median, one in pairs if _has_ends(one)]
    quantities = {one.quantity: is_symmetrical(median, one) for median, one in known}
    symmetrical = sum(quantities.values())
    usual = symmetrical >= max(FEWEST_SYMMETRICAL, SHARE_SYMMETRICAL * len(quantities))
    for curve, median, interval in pairs:
        ends, middle = interval.interval, Box.of(median.number)
        outside = middle.upper < Box.of(ends.lower).lower or middle.lower > Box.of(ends.upper).upper
        centre = f"{(ends.lower.value + ends.upper.value) / 2:.2f}"
        even = _has_ends(interval) and is_symmetrical(median, interval)
        open_end = "; the interval is open at one end and holds the median"
        off_centre = f" is centred at {centre}; the paper's other intervals are symmetrical"
        inverted = " holds the median and is not symmetrical, as an inverted interval may be"
        verdict, why = first_true(
            (outside, Verdict.IMPOSSIBLE, "; the median lies outside its interval"),
            (not _has_ends(interval), Verdict.REPRODUCED, open_end),
            (even, Verdict.REPRODUCED, " is symmetrical about the median"),
            (usual, Verdict.DISCREPANT, off_centre),
            (True, Verdict.REPRODUCED, inverted),
        )
        recomputed = median.value if outside or even else "holds the median"
        recomputed = centre if verdict is Verdict.DISCREPANT else recomputed
        said = f"{median.value} ({interval.value}){why}"
        yield curve.find(verdict, (interval, median), recomputed, said)


def _has_ends(interval: Printed) -> bool:
    ends = interval.interval
    return ends.lower.exact is not None and ends.upper.exact is not None


def is_symmetrical(median: Printed, interval: Printed) -> bool:
    """Whether a median may be in the middle of its interval, or of one cut off at 0."""
    ends = interval.interval
    low, middle, up = (Box.of(end) for end in (ends.lower, median.number, ends.upper))
    if ends.lower.value == 0:
        return middle.upper * 2 <= up.upper + EPSILON or 2 * middle.lower - up.upper <= EPSILON
    return image(lambda a, b, c: a + c - 2 * b, low, middle, up).contains(0)


@check("At least as many events as the curve needs to fall to its lowest printed rate.")
def events_against_rates(study: Audited) -> Iterator[Finding]:
    """A curve at S needs n (1 - S) events without censoring and fewer with it, but the interval of
    a rate shows how few: with d events the standard error of log(-log S) is at least 2 sinh(h / 2)
    sqrt(d) / (d h) with h = -log(S) / d.
    """
    for curve in curves(study).values():
        events = curve.events
        for rate, interval in curve.rates_with_intervals if events and events.value > 0 else ():
            low, alive, up = _shares(rate, interval)
            usable = 0 < low.lower < alive.lower <= alive.upper < up.upper < 1
            if events is None or not usable:
                continue
            error = (_loglog(low.lower) - _loglog(up.upper)) / (2 * Z95)
            least = min(
                2 * math.sinh(h / 2) / (h * math.sqrt(events.value))
                for h in (-math.log(s) / events.value for s in (alive.lower, alive.upper))
            )
            said = (
                f"{rate.value}% ({interval.value}) at {rate.quantity.timepoint} means a standard "
                f"error of {error:.3f} on the log-log scale; {events.value} events give at least "
                f"{least:.3f}"
            )
            verdict = Verdict.IMPOSSIBLE if error < least else Verdict.REPRODUCED
            numbers = (interval, rate, *events.numbers)
            yield curve.find(verdict, numbers, f"standard error from {least:.3f}", said)


@dataclass(frozen=True)
class _Median:
    """Median survival with its interval, both ends printed."""

    curve: Curve
    median: Printed
    interval: Printed

    @property
    def errors(self) -> Box:
        """Standard error of the median's logarithm, by the interval's ratio and by its width."""
        ends = self.interval.interval
        low, middle, up = (Box.of(end) for end in (ends.lower, self.median.number, ends.upper))
        slim = math.log(up.lower / low.upper), (up.lower - low.upper) / middle.upper
        wide = math.log(up.upper / max(low.lower, 1e-9)), (up.upper - low.lower) / middle.lower
        return Box(max(min(slim), 1e-9) / (2 * Z95), max(wide) / (2 * Z95))

    @property
    def size(self) -> int:
        return self.curve.size.value if self.curve.size else 0

    @property
    def share(self) -> float:
        """The interval's width as a share of what exponential times give."""
        return self.errors.upper * math.log(2) * math.sqrt(self.size)

    @property
    def shown(self) -> str:
        return f"{self.median.value} ({self.interval.value})"

    @property
    def shown_with_share(self) -> str:
        arm = self.curve.study.arms.get(self.curve.group.arm_id)
        patients = f"{self.size} {{participants}}{f' ({arm.label})' if arm else ''}"
        return f"{self.shown} in {patients} is {self.share:.2f}"


def _medians(study: Audited) -> dict[Quantity, _Median]:
    found = {}
    for group, curve in curves(study).items():
        ours = group.outcome == study.roles.overall_survival
        for median, interval in list(curve.medians_with_intervals)[:1] if ours else ():
            ends = interval.interval
            exact = _has_ends(interval) and median.number.exact is not None
            if exact and 0 < ends.lower.value < ends.upper.value and median.number.value > 0:
                found[group] = _Median(curve, median, interval)
    return found


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
        if not first or not arms or min(one.size for one in arms) < FEWEST_FOR_WIDTH:
            continue
        whole = group.population == "whole"
        where = "" if whole else f" ({study.populations[group.population].label})"
        shown = " and ".join(one.shown_with_share for one in arms)
        said = f"{shown} of the width that exponential times give"
        verdict = Verdict.REPRODUCED
        if max(one.share for one in arms) < NARROW:
            verdict = Verdict.IMPLAUSIBLE
            said += (
                "; plausible only where the times of most {participants} differ little, or where "
                "these are not 95% intervals of the medians"
            )
        narrowest = sorted(arms, key=lambda one: one.share)
        numbers = tuple(n for one in narrowest for n in (one.interval, one.median))
        about = f"{study.vocabulary(group.outcome).label}{where}"
        least = f"{narrowest[0].share:.2f} of the width"
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
            enough = len(pair) == 2 and min(one.size for one in pair) >= FEWEST
            yield from (_against(study, p, pair) for p in (places if enough else ()))


def _against(study: Audited, p: Printed, pair: tuple[_Median, ...]) -> Finding:
    boxes = [Box.of(one.median.number) for one in pair]
    apart = Box(
        max(0.0, *(math.log(a.lower / b.upper) for a, b in (boxes, boxes[::-1]))),
        max(math.log(a.upper / b.lower) for a, b in (boxes, boxes[::-1])),
    )
    z = Box(
        apart.lower / math.hypot(*(one.errors.upper for one in pair)),
        apart.upper / math.hypot(*(one.errors.lower for one in pair)),
    )
    own, by_medians = z_box(Box.of(p.number)), p_box(z)
    said = (
        f"{' against '.join(one.shown for one in pair)}: the medians differ by {z.lower:.1f} to "
        f"{z.upper:.1f} standard errors; {p_words(p)} is printed for the curves"
    )
    verdict = Verdict.REPRODUCED
    if own.gap(z) > Z_APART:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            f", which means {own.lower:.1f}; plausible only where the curves differ near their "
            "medians as nowhere else, or where the intervals are not 95% intervals"
        )
    numbers = (p, *(n for one in pair for n in (one.median, one.interval)))
    recomputed = f"p {by_medians.lower:.2g} to {by_medians.upper:.2g} by the medians"
    about, shown = compared_words(study, p.quantity), f"p {p.value}"
    return Finding.on(numbers, about, said, verdict, recomputed, reported=shown)
