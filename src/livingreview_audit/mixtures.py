"""Groups against their parts: rates and medians of all patients lie among those of the levels.

Without censoring the rate of the whole is the average of the levels' rates, weighted by their
sizes, and its median lies between the least and the greatest of theirs.  Censoring blurs both.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import reduce
from typing import NamedTuple

from livingreview_audit.audited import Audited, Count, by_subgroup, every, numbers_of, total
from livingreview_audit.curves import Curve, Estimated, beside, curves, in_months, share
from livingreview_audit.finding import Finding, Verdict, check, first_true
from livingreview_audit.intervals import UNLIKELY, Box, added
from livingreview_record import ALL_ARMS, Printed, Quantity

# In units of sqrt(S (1 - S) / n).  Set by validation/audit_limits.py; beyond each lies at most one
# honest trial in a thousand.
OUTSIDE, AWAY = 2.0, 3.0
MEDIAN_SLACK = 0.20


class _Mixture(NamedTuple):
    """A whole group's curve and those of all its parts, with their sizes."""

    whole: Curve
    parts: tuple[Curve, ...]
    sizes: tuple[Count, ...]
    of: str


@check("Each rate and median of a group against those of its parts: all levels, or all arms.")
def whole_between_parts(study: Audited) -> Iterator[Finding]:
    """Without censoring a rate is the weighted average of its parts'.  Implausible is one more than
    two binomial standard errors outside them or three from their average, and a median more than
    a fifth outside.  Where another split agrees with the whole, the finding is on the parts.
    """
    rates: dict[Printed, list[Finding]] = {}
    for mixture in _mixtures(study):
        for at, places in mixture.whole.rates.items():
            if all(at in part.rates for part in mixture.parts):
                parts = [beside(places[0], part.rates[at]) for part in mixture.parts]
                for place in places:
                    rates.setdefault(place, []).append(_rate(mixture, place, parts))
        if all(part.medians and part.medians[0].number.exact is not None for part in mixture.parts):
            for whole in mixture.whole.exact_medians:
                medians = [beside(whole, part.medians) for part in mixture.parts]
                yield _median(mixture, whole, medians)
    for findings in rates.values():
        borne_out = any(not finding.verdict.is_contradiction for finding in findings)
        for finding in findings:
            aside = borne_out and finding.verdict.is_contradiction
            yield _on_part(finding) if aside else finding


def _on_part(finding: Finding) -> Finding:
    """Return the finding on the first part instead of on the whole."""
    whole, part, *others = finding.numbers
    agrees = "; another split of these {participants} agrees with the whole"
    return replace(
        finding.but(finding.verdict, agrees),
        numbers=(part, whole, *others),
        reported=f"{part.value}%",
        recomputed=f"lower or higher, for {whole.value}% in all",
    )


def _mixtures(study: Audited) -> Iterator[_Mixture]:
    known = curves(study)
    splits = dict.fromkeys(split for group in known for split in _splits(study, group))
    for of, whole, parts in splits:
        if known.keys() >= {whole, *parts}:
            found = tuple(known[part] for part in parts)
            sizes = every(part.size for part in found)
            everyone, together = known[whole].size, total(sizes)
            fits = everyone and together and everyone.value == together.value
            if fits and all(size.value for size in sizes):
                yield _Mixture(known[whole], found, sizes, of)


def _splits(
    study: Audited, group: Quantity
) -> Iterator[tuple[str, Quantity, tuple[Quantity, ...]]]:
    """What this group is a part of: a name, the whole, and all parts."""
    by = study.vocabulary(group.stratum.variable) if group.stratum else None
    if by is not None and by.exhaustive:
        yield by.label, replace(group, subgroup=""), tuple(by_subgroup(group, by))
    if group.arm_id in study.arms and len(study.arms) > 1:
        yield "arm", replace(group, arm_id=ALL_ARMS), tuple(study.by_arm(group))


def _rate(mixture: _Mixture, whole: Printed, parts: list[Printed]) -> Finding:
    own, boxes = share(whole.number), [share(part.number) for part in parts]
    size = sum(part.value for part in mixture.sizes)
    average = added(boxes, [part.value / size for part in mixture.sizes])
    among = reduce(Box.hull, boxes)
    unit = math.sqrt(max(own.upper * (1 - own.lower), 1e-6) / size)
    far = own.gap(among) / unit > OUTSIDE or own.gap(average) / unit > AWAY
    middle = f"{50 * (average.lower + average.upper):.1f}%"
    pairs = zip(mixture.sizes, parts, strict=True)
    censoring = "; only heavy censoring that differs between the parts could do this"
    verdict, why = first_true(
        (far, Verdict.IMPLAUSIBLE, censoring),
        (own.gap(average) > 0, Verdict.ROUNDING, "; censoring may explain the difference"),
    )
    said = (
        f"{whole.value}% at {whole.quantity.timepoint}, and by {mixture.of} "
        f"({' + '.join(f'{n.value} x {part.value}%' for n, part in pairs)}) / {size} = "
        f"{middle}{why}"
    )
    return mixture.whole.find((whole, *parts, *numbers_of(mixture.sizes)), said, verdict, middle)


def _median(mixture: _Mixture, whole: Printed, parts: list[Printed]) -> Finding:
    own, among = in_months(whole), reduce(Box.hull, map(in_months, parts))
    near = Box(among.lower * (1 - MEDIAN_SLACK), among.upper * (1 + MEDIAN_SLACK))
    shown = " and ".join(part.value for part in parts)
    lies = "; the median of the whole lies among those of its parts, but for heavy censoring"
    verdict, why = first_true(
        (own.overlaps(among), Verdict.REPRODUCED, ""),
        (own.overlaps(near), Verdict.ROUNDING, "; censoring may move it a little outside"),
        (True, Verdict.IMPLAUSIBLE, lies),
    )
    said = f"a median of {whole.value}, and by {mixture.of} {shown}{why}"
    return mixture.whole.find((whole, *parts), said, verdict, shown)


@check("Two different groups with the same median and the same interval.")
def same_curve_twice(study: Audited) -> Iterator[Finding]:
    """Looked at where intervals are symmetrical: these rest on an estimate of the density.
    Inverted intervals end at event times, which groups that overlap may share.  How many such pairs
    chance gives: with k groups of one median, whose half widths h are spread over a range, k (k -
    1) / 2 times the printed unit of h over that range.  Implausible below one in a thousand.
    """
    alike: dict[tuple[str, ...], list[Estimated]] = {}
    for group, curve in curves(study).items():
        for nearest in curve.medians_with_intervals[:1]:
            one = nearest._replace(estimate=curve.medians[0])
            if _is_symmetrical(one):
                key = (group.outcome, group.population, group.arm_id, one.estimate.value)
                alike.setdefault(key, []).append(one)
    for same in alike.values():
        halves = [(one.ends[2].value - one.ends[0].value) / 2 for one in same]
        seen: dict[str, Estimated] = {}
        for one, half in zip(same, halves, strict=True):
            first = seen.setdefault(one.interval.value, one)
            over = max(halves) - min(halves) if len(same) > 2 else half
            pairs = len(same) * (len(same) - 1) / 2
            if first is not one:
                yield _twice(first, one, pairs * _unit(one) / max(over, _unit(one)))


def _unit(median: Estimated) -> float:
    return float(10.0 ** -median.ends[0].decimals)


def _is_symmetrical(median: Estimated) -> bool:
    """Whether an interval of two decimals or more has the median in its middle."""
    low, middle, up = median.ends
    fine = median.is_closed and low.decimals >= 2 and up.value > low.value > 0
    centre = (low.value + up.value) / 2
    return fine and middle.exact is not None and middle.admits(centre, slack=_unit(median))


def _twice(first: Estimated, second: Estimated, expected: float) -> Finding:
    sizes = [one.curve.size for one in (first, second)]
    shown = " and ".join(str(size.value) for size in sizes if size is not None)
    counted = f" ({shown} {{participants}})" if shown else ""
    said = (
        f"{second.shown} is also printed for {first.curve.words}{counted}; chance gives "
        f"{expected:.2g} such pairs among the groups with this median"
    )
    verdict = Verdict.IMPLAUSIBLE if expected < UNLIKELY else Verdict.ROUNDING
    return second.curve.find((*second.numbers, first.interval), said, verdict, "")
