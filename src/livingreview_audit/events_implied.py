"""How many events the intervals of a Cox table imply, row by row.

A model of one covariate with two levels has the standard error sqrt(1 / (d q (1 - q))), with d
events, a share q of them in the first level; q lies between the level's share of the patients and
that share weighted by the ratio.  All rows of a table about the same patients have the same d.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median

from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.ratios import Groups, Ratio, groups_of, ratios
from livingreview_record import Quantity, Study

# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
MORE, FEWER, AMONG_ROWS = 1.25, 2.25, 2.0  # factors
FEWEST_ROWS, FEWEST_IN_LEVEL = 3, 10


@dataclass(frozen=True)
class _Row:
    """A ratio, the groups that it compares, and the events that its interval implies."""

    ratio: Ratio
    groups: Groups
    events: Box


@check("The number of events that each univariable hazard ratio implies: patients, other rows.")
def events_implied(study: Study) -> Iterator[Finding]:
    """From the standard error and the share of patients in each level.  Implausible where it
    exceeds the patients, or the printed events, or differs from the middle of the table's rows, by
    more than in honest trials.
    """
    tables: dict[Quantity, list[_Row]] = {}
    for quantity, ratio in {one.quantity: one for one in ratios(study) if one.is_own}.items():
        row = _row(study, ratio) if quantity.adjustment == "unadjusted" else None
        if row is not None:
            arm = quantity.arm_id or "all"
            family = replace(quantity, comparison="", statistic="", method="", arm_id=arm)
            tables.setdefault(family, []).append(row)
    for rows in tables.values():
        middle = median(math.sqrt(row.events.lower * row.events.upper) for row in rows)
        for row in rows:
            yield _judge(row, middle if len(rows) >= FEWEST_ROWS else None)


def _row(study: Study, ratio: Ratio) -> _Row | None:
    groups = groups_of(study, ratio.quantity)
    if groups is None or groups.first is None or groups.second is None:
        return None
    sizes = (groups.first.value, groups.second.value)
    if min(sizes) < FEWEST_IN_LEVEL or sum(sizes) != groups.everyone.value:
        return None
    events = events_from(sizes, ratio.estimate.number.value, ratio.standard_error)
    return _Row(ratio, groups, events)


def events_from(sizes: tuple[int, int], hazard: float, error: Box) -> Box:
    """The events that a standard error means, for two groups and their hazard ratio.

    >>> box = events_from((100, 100), 1.0, Box.at(0.2))
    >>> round(box.lower), round(box.upper)
    (100, 100)
    """
    share = sizes[0] / sum(sizes)
    shares = (share, share * hazard / (share * hazard + 1 - share))
    spreads = [q * (1 - q) for q in shares]
    if min(shares) <= 0.5 <= max(shares):
        spreads.append(0.25)
    return Box(1 / (error.upper**2 * max(spreads)), 1 / (error.lower**2 * min(spreads)))


def _judge(row: _Row, middle: float | None) -> Finding:
    events, groups = row.events, row.groups
    most = groups.events.value
    what = "events are printed" if groups.events_printed else "patients"
    said = (
        f"{row.ratio.shown} with {groups.first.value} and {groups.second.value} patients implies "
        f"some {events.lower:.0f} to {events.upper:.0f} events of {most} {what}"
        if groups.first and groups.second
        else ""
    )
    verdict, why = Verdict.REPRODUCED, ""
    if middle is not None:
        said += f"; the middle of the table's rows is {middle:.0f}"
    if events.lower > most * MORE:
        why = "more than there are"
    elif groups.events_printed and events.upper * FEWER < most:
        why = "fewer than are printed"
    elif middle is not None and away(events, middle) > AMONG_ROWS:
        why = "not the events of the other rows"
    if why:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            f", so {why}; plausible only where the model's standard error is not the usual one, "
            "the groups are coded otherwise than in the table, or some patients are left out"
        )
    numbers = (row.ratio.interval, row.ratio.estimate, *groups.numbers)
    return row.ratio.find(
        verdict, f"{events.lower:.0f} to {events.upper:.0f}", said, numbers=numbers
    )


def away(events: Box, middle: float) -> float:
    """By what factor the implied events miss the middle of the rows; 1 where they hold it."""
    return max(1.0, events.lower / middle, middle / events.upper)
