"""Printed differences between arms against what is printed of each arm."""

from collections.abc import Iterator
from dataclasses import replace

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import quantity_words, table_first
from livingreview.studies import Printed, Study

DIFFERING = ("median", "mean", "percent", "rate")


def difference_of_arms(study: Study) -> Iterator[Finding]:
    """A difference of medians, means or percentages, in either direction.

    The difference may have been taken before rounding, so the whole box of both arms counts.
    """
    for number in study.numbers:
        quantity = number.quantity
        if quantity.statistic != "difference" or quantity.comparison not in study.comparisons:
            continue
        comparison = study.comparisons[quantity.comparison]
        pairs = []
        for statistic in DIFFERING:
            wanted = replace(quantity, comparison="", statistic=statistic, method="", adjustment="")
            arms = [
                table_first(study.by_quantity.get(replace(wanted, arm_id=arm), ()))
                for arm in (comparison.experimental, comparison.control)
            ]
            if all(arms):
                pairs.append((arms[0][0], arms[1][0]))
        if pairs:
            yield _judge(study, number, pairs)


def _judge(study: Study, number: Printed, pairs: list[tuple[Printed, Printed]]) -> Finding:
    fits = [pair for pair in pairs if _apart(*pair).overlaps(_size(number))]
    one, other = (fits or pairs)[0]
    apart = abs(one.number.value - other.number.value)
    text = f"{apart:.{max(one.number.decimals, other.number.decimals)}f}"
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    said = f"{quantity_words(study, number.quantity)}: {one.value} and {other.value} differ by"
    printed = f"{said} {text}; {number.value} is printed."
    numbers = (number, one, other)
    return Finding(numbers, number.value, text, verdict, printed)


def _apart(one: Printed, other: Printed) -> Box:
    """The absolute difference of two printed numbers."""
    first, second = Box.of(one.number), Box.of(other.number)
    low, high = first.lower - second.upper, first.upper - second.lower
    least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return Box(least, max(abs(low), abs(high)))


def _size(number: Printed) -> Box:
    box = Box.of(number.number)
    return Box(-box.upper, -box.lower) if number.number.value < 0 else box
