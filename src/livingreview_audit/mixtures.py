"""Groups against their parts: rates and medians of all patients lie among those of the levels.

Without censoring the rate of the whole is the average of the levels' rates, weighted by their
sizes, and its median lies between the least and the greatest of theirs.  Censoring blurs both.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

from livingreview_audit.curves import Curve, beside, curves, in_months, share
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import Count, complete, count, total
from livingreview_record import ALL_ARMS, Printed, Quantity, Study

# In units of sqrt(S (1 - S) / n).  Set by validation/audit_limits.py; beyond each lies at most one
# honest trial in a thousand.
OUTSIDE, AWAY = 2.0, 3.0
MEDIAN_SLACK = 0.20
COINCIDENCE = 0.001


@dataclass(frozen=True)
class _Mixture:
    """A whole group's curve and those of all its parts, with their sizes."""

    whole: Curve
    parts: tuple[Curve, ...]
    sizes: tuple[Count, ...]
    of: str

    @property
    def size(self) -> int:
        return sum(size.value for size in self.sizes)


@check("Each rate and median of a group against those of its parts: all levels, or all arms.")
def whole_between_parts(study: Study) -> Iterator[Finding]:
    """Without censoring a rate is the weighted average of its parts'.  Implausible is one more than
    two binomial standard errors outside them or three from their average, and a median more than
    a fifth outside.  Where another split agrees with the whole, the finding is on the parts.
    """
    rates: dict[Printed, list[Finding]] = {}
    for mixture in _mixtures(study):
        for finding in _rates(mixture):
            rates.setdefault(finding.numbers[0], []).append(finding)
        yield from _medians(mixture)
    for findings in rates.values():
        borne_out = any(not finding.verdict.is_contradiction for finding in findings)
        for finding in findings:
            aside = borne_out and finding.verdict.is_contradiction
            yield _on_part(finding) if aside else finding


def _on_part(finding: Finding) -> Finding:
    """The same finding, on the first part instead of the whole."""
    whole, part, *others = finding.numbers
    return replace(
        finding.but(finding.verdict, "; another split of these patients agrees with the whole"),
        numbers=(part, whole, *others),
        reported=f"{part.value}%",
        recomputed=f"lower or higher, for {whole.value}% in all",
    )


def _mixtures(study: Study) -> Iterator[_Mixture]:
    known = {curve.group: curve for curve in curves(study)}
    splits = dict.fromkeys(split for group in known for split in _splits(study, group))
    for of, whole, parts in splits:
        if known.keys() >= {whole, *parts}:
            found = tuple(known[part] for part in parts)
            sizes = complete(part.size or _level_size(part) for part in found)
            everyone, together = known[whole].size, total(sizes)
            fits = everyone and together and everyone.value == together.value
            if fits and all(size.value for size in sizes):
                yield _Mixture(known[whole], found, sizes, of)


def _splits(study: Study, group: Quantity) -> Iterator[tuple[str, Quantity, tuple[Quantity, ...]]]:
    """What this group is a part of: a name, the whole, and all parts."""
    by = study.vocabulary(group.stratum.variable) if group.stratum else None
    if by is not None and by.exhaustive:
        parts = tuple(replace(group, subgroup=f"{by.id}={level}") for level in by.levels)
        yield by.label, replace(group, subgroup=""), parts
    if group.arm_id in study.arms and len(study.arms) > 1:
        parts = tuple(replace(group, arm_id=arm) for arm in study.arms)
        yield "arm", replace(group, arm_id=ALL_ARMS), parts


def _level_size(part: Curve) -> Count | None:
    level = part.group.stratum
    return count(part.study, replace(part.group, subgroup="").of_level(level)) if level else None


def _rates(mixture: _Mixture) -> Iterator[Finding]:
    for timepoint, places in mixture.whole.rates.items():
        if all(timepoint in part.rates for part in mixture.parts):
            parts = [beside(places[0], part.rates[timepoint]) for part in mixture.parts]
            for place in places:
                yield _rate(mixture, place, parts)


def _rate(mixture: _Mixture, whole: Printed, parts: list[Printed]) -> Finding:
    own, boxes = share(whole.number), [share(part.number) for part in parts]
    weights = [size.value / mixture.size for size in mixture.sizes]
    average = Box(
        sum(weight * box.lower for weight, box in zip(weights, boxes, strict=True)),
        sum(weight * box.upper for weight, box in zip(weights, boxes, strict=True)),
    )
    among = reduce(Box.hull, boxes)
    unit = math.sqrt(max(own.upper * (1 - own.lower), 1e-6) / mixture.size)
    outside, away = own.gap(among) / unit, own.gap(average) / unit
    middle = 50 * (average.lower + average.upper)
    sums = " + ".join(
        f"{size.value} x {part.value}%" for size, part in zip(mixture.sizes, parts, strict=True)
    )
    said = (
        f"{whole.value}% at {whole.quantity.timepoint}, and by {mixture.of} "
        f"({sums}) / {mixture.size} = {middle:.1f}%"
    )
    verdict = Verdict.REPRODUCED
    if outside > OUTSIDE or away > AWAY:
        verdict = Verdict.IMPLAUSIBLE
        said += "; only heavy censoring that differs between the parts could do this"
    elif away > 0:
        verdict, said = Verdict.ROUNDING, f"{said}; censoring may explain the difference"
    numbers = (whole, *parts, *(number for size in mixture.sizes for number in size.numbers))
    return mixture.whole.find(verdict, numbers, f"{middle:.1f}%", said)


def _medians(mixture: _Mixture) -> Iterator[Finding]:
    known = [part.medians for part in mixture.parts]
    if not all(places and places[0].number.exact is not None for places in known):
        return
    for whole in mixture.whole.medians:
        if whole.number.exact is not None:
            yield _median(mixture, whole, [beside(whole, places) for places in known])


def _median(mixture: _Mixture, whole: Printed, parts: list[Printed]) -> Finding:
    own, boxes = in_months(whole), [in_months(part) for part in parts]
    among = reduce(Box.hull, boxes)
    shown = " and ".join(part.value for part in parts)
    said = f"a median of {whole.value}, and by {mixture.of} {shown}"
    if own.overlaps(among):
        verdict = Verdict.REPRODUCED
    elif own.overlaps(Box(among.lower * (1 - MEDIAN_SLACK), among.upper * (1 + MEDIAN_SLACK))):
        verdict, said = Verdict.ROUNDING, f"{said}; censoring may move it a little outside"
    else:
        verdict = Verdict.IMPLAUSIBLE
        said += "; the median of the whole lies among those of its parts, but for heavy censoring"
    numbers = (whole, *parts)
    return mixture.whole.find(verdict, numbers, shown, said)


@check("Two different groups with the same median and the same interval.")
def same_curve_twice(study: Study) -> Iterator[Finding]:
    """Looked at where intervals are symmetrical: these rest on an estimate of the density.
    Inverted intervals end at event times, which groups that overlap may share.  How many such pairs
    chance gives: with k groups of one median, whose half widths h are spread over a range, k (k -
    1) / 2 times the printed unit of h over that range.  Implausible below one in a thousand.
    """
    found: dict[tuple[str, str, str, str], list[_Spread]] = {}
    for curve in curves(study):
        for median, interval in zip(curve.medians[:1], curve.median_intervals[:1], strict=False):
            if _is_fine(median, interval):
                key = (curve.group.outcome, curve.group.population, curve.group.arm_id)
                spread = _Spread(curve, median, interval)
                found.setdefault((*key, median.value), []).append(spread)
    for same in found.values():
        yield from _twice(same)


@dataclass(frozen=True)
class _Spread:
    """A curve's median with its symmetrical interval."""

    curve: Curve
    median: Printed
    interval: Printed

    @property
    def half(self) -> float:
        ends = self.interval.interval
        return (ends.upper.value - ends.lower.value) / 2

    @property
    def unit(self) -> float:
        return float(10.0**-self.interval.interval.lower.decimals)


def _is_fine(median: Printed, interval: Printed) -> bool:
    ends = interval.interval
    if median.number.exact is None or ends.lower.exact is None or ends.upper.exact is None:
        return False
    centre = (ends.lower.value + ends.upper.value) / 2
    fine = ends.lower.decimals >= 2 and ends.upper.value > ends.lower.value > 0
    return fine and median.number.admits(centre, slack=10.0**-ends.lower.decimals)


def _twice(same: list[_Spread]) -> Iterator[Finding]:
    halves = [one.half for one in same]
    pairs = len(same) * (len(same) - 1) / 2
    seen: dict[str, _Spread] = {}
    for one in same:
        first = seen.setdefault(one.interval.value, one)
        over = max(halves) - min(halves) if len(same) > 2 else one.half
        if first is not one:
            yield _same_spread(first, one, pairs * one.unit / max(over, one.unit))


def _same_spread(first: _Spread, second: _Spread, expected: float) -> Finding:
    sizes = [one.curve.size for one in (first, second)]
    shown = " and ".join(str(size.value) for size in sizes if size is not None)
    said = (
        f"{second.median.value} ({second.interval.value}) is also printed for {first.curve.words}"
        + (f" ({shown} patients)" if shown else "")
        + f"; chance gives {expected:.2g} such pairs among the groups with this median"
    )
    verdict = Verdict.IMPLAUSIBLE if expected < COINCIDENCE else Verdict.ROUNDING
    numbers = (second.interval, second.median, first.interval)
    return second.curve.find(verdict, numbers, "", said)
