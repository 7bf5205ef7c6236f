"""Patients with any of several conditions against those with each.

Where the vocabulary says that an outcome ``includes`` others (different conditions, each of which
counts as the outcome), its patients are their union: at least as many as the most frequent one.
When it is no more than that one, every patient with another condition also has it.  How probable
this is, if conditions fall on patients independently, is hypergeometric.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import comb

from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import Count, count, group_sizes, group_words, quantity_words
from livingreview.studies import Quantity, Study

UNLIKELY = 0.001


def union_of_parts(study: Study) -> Iterator[Finding]:
    """The patients with any included condition against those with each of them."""
    for outcome in study.outcomes.values():
        included = [str(part) for part in (outcome.details or {}).get("includes", ())]
        for quantity in list(study.by_quantity) if included else ():
            if quantity.outcome == outcome.id and quantity.statistic == "n":
                yield from _judge(study, quantity, included)


def chance_inside(part: int, whole: int, size: int) -> float:
    """Chance that ``part`` patients, drawn from ``size``, are all among ``whole`` of them.

    >>> chance_inside(1, 5, 10)
    0.5
    """
    return comb(whole, part) / comb(size, part)


def _judge(study: Study, quantity: Quantity, included: list[str]) -> Iterator[Finding]:
    whole, size = count(study, quantity), next(iter(group_sizes(study, quantity)), None)
    parts = [count(study, replace(quantity, outcome=part)) for part in included]
    known = {
        part: one
        for part, one in zip(included, parts, strict=True)
        if one is not None and one.value
    }
    if whole is None or size is None or len(known) < 2:
        return
    largest = max(known, key=lambda part: known[part].value)
    others = {part: one for part, one in known.items() if part != largest}
    yield _finding(study, quantity, (whole, size), (largest, known[largest]), others)


def _finding(
    study: Study,
    quantity: Quantity,
    whole_and_size: tuple[Count, Count],
    most: tuple[str, Count],
    others: dict[str, Count],
) -> Finding:
    (whole, size), (largest, largest_count) = whole_and_size, most
    label = f"{quantity_words(study, quantity)} ({group_words(study, quantity)})"
    named = ", ".join(f"{one.value} with {_name(study, part)}" for part, one in others.items())
    told = f"{label}: {whole.value} of {size.value}, {largest_count.value} with"
    said = f"{told} {_name(study, largest)}, {named}"
    verdict, reason = Verdict.REPRODUCED, ""
    if whole.value < largest_count.value:
        verdict = Verdict.IMPLAUSIBLE
        reason = "; possible only if not all of these are counted among the former"
    elif whole.value == largest_count.value <= size.value:
        chance = min(chance_inside(one.value, whole.value, size.value) for one in others.values())
        if chance < UNLIKELY:
            verdict = Verdict.IMPLAUSIBLE
            reason = (
                f"; possible only if every one of the latter also has {_name(study, largest)} "
                f"(chance {chance:.1g} for independent conditions) or is not counted"
            )
    numbers = (*whole.numbers, *largest_count.numbers)
    numbers += tuple(number for one in others.values() for number in one.numbers)
    recomputed = f"at least {largest_count.value}"
    return Finding(numbers, whole.words, recomputed, verdict, f"{said}{reason}.")


def _name(study: Study, outcome: str) -> str:
    return study.vocabulary(outcome).label
