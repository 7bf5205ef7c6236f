"""Arithmetic of means and standard deviations: pooling, and sums of whole numbers."""

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from livingreview_record import Reported


def pooled_sd(sizes: Sequence[int], less: int, *values: float) -> float:
    """Standard deviation of groups together, from their means and then their SDs.

    `less` is 1 for SDs of samples, 0 for those of populations.

    >>> round(pooled_sd([2, 2], 0, 1.0, 3.0, 1.0, 1.0), 3)  # 0, 2, 2, 4
    1.414
    """
    means, spreads = values[: len(sizes)], values[len(sizes) :]
    centre = sum(n * m for n, m in zip(sizes, means, strict=True)) / sum(sizes)
    squares = sum(
        (n - less) * s**2 + n * (m - centre) ** 2
        for n, m, s in zip(sizes, means, spreads, strict=True)
    )
    return math.sqrt(squares / (sum(sizes) - less))


def whole_sums(mean: Reported, size: int) -> range:
    """The whole sums of `size` values whose mean may print like this.

    >>> list(whole_sums(Reported("5.19"), 28)), list(whole_sums(Reported("5.18"), 28))
    ([], [145])
    """
    lower, upper = (Fraction(end) * size for end in mean.rounding_box)
    return range(math.ceil(lower), math.floor(upper) + 1)


def has_whole_squares(mean: Reported, sd: Reported, size: int) -> bool:
    """Whether whole values with this mean may have this standard deviation.

    The sum of squares must be whole and, with the sum, both even or both odd.
    """
    low, high = (max(Fraction(end), Fraction(0)) for end in sd.rounding_box)
    for total, divisor in product(whole_sums(mean, size), (size - 1, size)):
        least = math.ceil(low**2 * divisor + Fraction(total**2, size))
        most = math.floor(high**2 * divisor + Fraction(total**2, size))
        if any(squares % 2 == total % 2 for squares in range(least, min(most, least + 1) + 1)):
            return True
    return False
