"""The interval of a median against the number of patients, and against the comparison's p-value.

With exponential times and n patients the logarithm of a Kaplan-Meier median has about the standard
error 1 / (log 2 sqrt(n)); with Weibull times of shape k it is k times smaller.  `audit_limits`
holds how far intervals of honest trials are from it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from scipy.special import ndtri

from livingreview_audit.curves import Curve, beside, curve_of, curves
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.hazard_ratios import p_box
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import compared, complete
from livingreview_audit.ratios import Z95, comparison_words
from livingreview_record import Printed, Quantity, Study

# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
NARROW = 0.285  # every arm, as a share of the width that exponential times give
Z_APART = 7.0  # z of the medians and that of the p-value
FEWEST, FEWEST_FOR_WIDTH = 20, 50  # patients: a median of few rests on one or two steps


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
    def patients(self) -> str:
        arm = self.curve.study.arms.get(self.curve.group.arm_id)
        return f"{self.size} patients{f' ({arm.label})' if arm else ''}"

    @property
    def share(self) -> float:
        """The interval's width as a share of what exponential times give."""
        return self.errors.upper * math.log(2) * math.sqrt(self.size)

    @property
    def shown(self) -> str:
        return f"{self.median.value} ({self.interval.value})"


def _medians(study: Study) -> dict[Quantity, _Median]:
    found = {}
    for curve in curves(study):
        known = curve.medians and curve.group.outcome == study.roles.overall_survival
        for interval in curve.median_intervals[:1] if known else ():
            ends, median = interval.interval, beside(interval, curve.medians)
            exact = [n.exact is not None for n in (ends.lower, median.number, ends.upper)]
            if all(exact) and 0 < ends.lower.value < ends.upper.value and median.number.value > 0:
                found[curve.group] = _Median(curve, median, interval)
    return found


@check("The width of a median's interval against that which as many patients give.")
def median_interval_width(study: Study) -> Iterator[Finding]:
    """Of survival only: events seen at visits fall on few days, which gives intervals of any width.
    A single interval may be narrow by chance; implausible where those of all arms are narrower
    than in honest trials with Weibull times up to shape 2.
    """
    known = _medians(study)
    for group in known if len(study.arms) > 1 else ():
        if group.arm_id == next(iter(study.arms)):
            arms = complete(known.get(replace(group, arm_id=arm)) for arm in study.arms)
            if arms and min(one.size for one in arms) >= FEWEST_FOR_WIDTH:
                yield _width(study, arms)


def _width(study: Study, arms: tuple[_Median, ...]) -> Finding:
    group = arms[0].curve.group
    where = "" if group.population == "whole" else f" ({study.populations[group.population].label})"
    shown = " and ".join(f"{one.shown} in {one.patients} is {one.share:.2f}" for one in arms)
    label = f"{study.vocabulary(group.outcome).label}{where}"
    said = f"{label}: {shown} of the width that exponential times give"
    verdict = Verdict.REPRODUCED
    if max(one.share for one in arms) < NARROW:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; plausible only where the times of most patients differ little, or where these are "
            "not 95% intervals of the medians"
        )
    narrowest = sorted(arms, key=lambda one: one.share)
    numbers = tuple(n for one in narrowest for n in (one.interval, one.median))
    least = f"{narrowest[0].share:.2f} of the width"
    return Finding(numbers, numbers[0].value, least, verdict, f"{said}.")


@check("The p-value of a comparison against the medians of both groups with their intervals.")
def medians_against_p(study: Study) -> Iterator[Finding]:
    """The medians' log ratio and the standard errors that their intervals imply give a z of their
    own.  Of survival only: medians of events seen at visits may fall on the same visit.
    Implausible where the two z are farther apart than in honest trials whose hazards are
    proportional or part late.
    """
    known = _medians(study)
    for quantity, places in study.by_quantity.items():
        if quantity.statistic == "p" and quantity.adjustment == "unadjusted":
            pair = complete(known.get(curve_of(side)) for side in compared(study, quantity))
            enough = len(pair) == 2 and min(one.size for one in pair) >= FEWEST
            for p in places if enough else ():
                yield _against(study, p, pair)


def _against(study: Study, p: Printed, pair: tuple[_Median, ...]) -> Finding:
    first, second = pair
    boxes = [Box.of(one.median.number) for one in pair]
    apart = Box(
        max(0.0, *(math.log(a.lower / b.upper) for a, b in (boxes, boxes[::-1]))),
        max(math.log(a.upper / b.lower) for a, b in (boxes, boxes[::-1])),
    )
    z = Box(
        apart.lower / math.hypot(*(one.errors.upper for one in pair)),
        apart.upper / math.hypot(*(one.errors.lower for one in pair)),
    )
    box = Box.of(p.number).within(1e-300, 1.0)
    own = Box(*(-float(ndtri(end / 2)) for end in (box.upper, box.lower)))
    distance = own.gap(z)
    allowed = p_box(z)
    shown = f"{allowed.lower:.2g} to {allowed.upper:.2g}"
    printed = f"= {p.value}" if p.number.relation == "=" else p.value
    said = (
        f"{first.shown} against {second.shown}: the medians differ by {z.lower:.1f} to "
        f"{z.upper:.1f} standard errors; p {printed} is printed for the curves"
    )
    verdict = Verdict.REPRODUCED
    if distance > Z_APART:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            f", which means {own.lower:.1f}; plausible only where the curves differ near their "
            "medians as nowhere else, or where the intervals are not 95% intervals"
        )
    label = study.vocabulary(p.quantity.outcome).label
    text = f"{label}, {comparison_words(study, p.quantity)}: {said}."
    numbers = (p, *(n for one in pair for n in (one.median, one.interval)))
    return Finding(numbers, f"p {p.value}", f"p {shown} by the medians", verdict, text)
