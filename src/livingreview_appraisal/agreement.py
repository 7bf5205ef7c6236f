"""How far two assessors agree."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """Of how many judgements, how many are the same, and kappa; `nan` where it has no meaning."""

    judgements: int
    same: int
    kappa: float


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's kappa of two lists of judgements; `nan` for none, or where chance agrees always.

    References: Cohen J 1960, *Educational and Psychological Measurement* 20:37.

    >>> round(kappa(["y"] * 25 + ["n"] * 25, ["y"] * 20 + ["n"] * 5 + ["y"] * 10 + ["n"] * 15), 3)
    0.4
    """
    if len(first) != len(second):
        msg = f"need two lists of one length, found {len(first)} and {len(second)}"
        raise ValueError(msg)
    n = len(first)
    if not n:
        return math.nan
    same = sum(a == b for a, b in zip(first, second, strict=True)) / n
    counts, others = Counter(first), Counter(second)
    chance = sum(counts[word] * others[word] for word in counts) / n**2
    return math.nan if chance == 1 else (same - chance) / (1 - chance)


def agreement(
    first: Mapping[tuple[str, str], str], second: Mapping[tuple[str, str], str]
) -> Agreement:
    """The agreement of two assessors on the judgements that both made, each by its key."""
    both = sorted(first.keys() & second.keys())
    ones, others = [first[key] for key in both], [second[key] for key in both]
    same = sum(a == b for a, b in zip(ones, others, strict=True))
    return Agreement(len(both), same, kappa(ones, others))
