"""Log-rank p-values against medians and numbers of patients.

A p-value and the number of events fix the log hazard ratio, |log HR| = z sqrt(1/d1 + 1/d2)
(Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815; Tierney et al. 2007, *Trials*
8:16), and under exponential survival this is the log ratio of the medians.  Other shapes and chance
in the medians allow much, so only extremes are called implausible.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scipy.special import ndtri

from livingreview_audit.curves import Curve, beside, curve_of, curves, in_months
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import compared
from livingreview_audit.ratios import Groups, comparison_words, groups_of
from livingreview_record.studies import Printed, Quantity, Study

# Survival and progression-free survival of 5,923 pairs of groups sampled from real patients: one
# outcome alone was never farther than 3.7 standard errors, both together beyond 2.5 once.
ALONE, TOGETHER = 4.0, 2.5


@dataclass(frozen=True)
class _Contrast:
    """A p-value with the medians of the two groups it compares, and what it needs at least."""

    p: Printed
    medians: tuple[Printed, Printed]
    groups: Groups
    excess: float  # needed log hazard ratio beyond the medians' log ratio, in standard errors
    needed: float  # the hazard ratio farthest from 1 that is still near enough, below 1


@check(
    "p-against-medians",
    asks="Whether a log-rank p-value is far smaller than the medians and patients suggest.",
)
def p_against_medians(study: Study) -> Iterator[Finding]:
    """The events are taken as favourable as the patients allow.  Implausible beyond four standard
    errors, or beyond two and a half in every one of several outcomes of the same comparison.
    """
    known = {curve.group: curve for curve in curves(study)}
    families: dict[Quantity, list[_Contrast]] = {}
    for quantity, places in study.by_quantity.items():
        unadjusted = (quantity.statistic, quantity.adjustment) == ("p", "unadjusted")
        for p in places if unadjusted else ():
            contrast = _contrast(study, known, p)
            if contrast is not None:
                family = replace(quantity, outcome="", method="")
                families.setdefault(family, []).append(contrast)
    for contrasts in families.values():
        several = len({contrast.p.quantity.outcome for contrast in contrasts}) > 1
        together = several and min(one.excess for one in contrasts) > TOGETHER
        limit = TOGETHER if together else ALONE
        yield from (_judge(study, contrast, limit) for contrast in contrasts)


def _contrast(study: Study, known: Mapping[Quantity, Curve], p: Printed) -> _Contrast | None:
    groups = groups_of(study, p.quantity)
    sides = [known.get(curve_of(side)) for side in compared(study, p.quantity)]
    pair = [beside(p, curve.medians) for curve in sides if curve and curve.medians]
    if groups is None or len(pair) != 2 or len(sides) != 2:
        return None
    first, second = pair
    one, other = in_months(first), in_months(second)
    if any(time.lower <= 0 or math.isinf(time.upper) for time in (one, other)):
        return None
    z = -float(ndtri(Box.of(p.number).within(1e-300, 1).upper / 2))
    apart = max(abs(math.log(one.upper / other.lower)), abs(math.log(one.lower / other.upper)))
    error = groups.least_standard_error
    excess, needed = (z * error - apart) / error, math.exp(-z * error)
    return _Contrast(p, (first, second), groups, excess, needed)


def _test(p: Printed) -> str:
    if p.quantity.method == "log-rank":
        return "a log-rank test"
    return "a log-rank test (no test is named for it)" if not p.quantity.method else "its test"


def _judge(study: Study, contrast: _Contrast, limit: float) -> Finding:
    first, second = contrast.medians
    patients = contrast.groups.events.value
    what = "events" if contrast.groups.events_printed else "patients"
    low, high = sorted((first.number.value, second.number.value))
    p = contrast.p
    printed = f"= {p.value}" if p.number.relation == "=" else p.value
    said = (
        f"p {printed} with at most {patients} {what} needs a hazard ratio of {contrast.needed:.2f} "
        f"or farther from 1 by {_test(p)}; the medians' ratio is {low}/{high} = {low / high:.2f}"
    )
    verdict = Verdict.REPRODUCED
    if contrast.excess > limit:
        verdict = Verdict.IMPLAUSIBLE
        said += "; only curves that part after their medians, or times that vary very little, "
        said += "allow this"
    label = study.vocabulary(p.quantity.outcome).label
    numbers, needed = (p, first, second, *contrast.groups.numbers), f"{contrast.needed:.2f}"
    text = f"{label}, {comparison_words(study, p.quantity)}: {said}."
    return Finding(numbers, p.value, f"hazard ratio to {needed}", verdict, text)
