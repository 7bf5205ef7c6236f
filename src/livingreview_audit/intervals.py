"""Interval arithmetic on printed numbers: each stands for every value that prints like it.

A derived quantity is compared over the whole box of its inputs, so that rounding alone can never
raise a finding.  Ends are closed, because half-up and half-even are both allowed.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product, repeat

from livingreview_record import Reported

ALPHA = 0.05  # the limit of significance of every claim and p-value that is judged
UNLIKELY = 0.001  # a chance below it makes implausible what nothing else does
EPSILON = 1e-6  # of a share: absorbs the rounding of sums of shares
SLACK = 1e-9  # relative; absorbs floating-point noise, far below any printed decimal


@dataclass(frozen=True)
class Box:
    """A closed interval of values; infinite ends are allowed.

    >>> Box.of(Reported("0.70")).overlaps(Box(0.7049, 0.9))
    True
    """

    lower: float
    upper: float

    @classmethod
    def of(cls, number: Reported) -> "Box":
        """Every value that may print as `number`."""
        return cls(*number.rounding_interval)

    @classmethod
    def at(cls, value: float) -> "Box":
        """One exact value."""
        return cls(value, value)

    def overlaps(self, other: "Box") -> bool:
        """Whether some value lies in both."""
        ends = (0.0, self.lower, self.upper, other.lower, other.upper)
        slack = SLACK * max(1.0, *(abs(end) for end in ends if math.isfinite(end)))
        return self.lower <= other.upper + slack and other.lower <= self.upper + slack

    def contains(self, value: float) -> bool:
        """Whether `value` lies in the box."""
        return self.overlaps(Box.at(value))

    def within(self, lower: float, upper: float) -> "Box":
        """The box cut to what is possible, such as 0 to 1 for a probability."""
        return Box(min(max(self.lower, lower), upper), max(min(self.upper, upper), lower))

    def hull(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        return Box(min(self.lower, other.lower), max(self.upper, other.upper))

    def minus(self, other: "Box") -> "Box":
        """Every difference of a value of this box and one of the other."""
        return Box(self.lower - other.upper, self.upper - other.lower)

    def absolute(self) -> "Box":
        """Every absolute value of a value of this box."""
        least, most = sorted((abs(self.lower), abs(self.upper)))
        return Box(0.0 if self.lower <= 0 <= self.upper else least, most)

    def over(self, divisor: float) -> "Box":
        """Every value divided by a number above 0."""
        return Box(self.lower / divisor, self.upper / divisor)

    def gap(self, other: "Box") -> float:
        """Return the distance between the nearest ends, 0 where the boxes overlap."""
        return max(0.0, self.lower - other.upper, other.lower - self.upper)


def added(boxes: Iterable[Box], weights: Iterable[float] = repeat(1.0)) -> Box:
    """The sum of values from each box, times the weights where there are any."""
    pairs = list(zip(boxes, weights, strict=False))
    return Box(sum(w * box.lower for box, w in pairs), sum(w * box.upper for box, w in pairs))


def on_different_sides(p: Box, other: Box) -> bool:
    """Whether one p-value is below 0.05 and the other is not, whatever they stand for."""
    return p.upper < ALPHA <= other.lower or other.upper < ALPHA <= p.lower


def image(function: Callable[..., float], *boxes: Box) -> Box:
    """All values of a function over boxes of its arguments, from the corners.

    Right where the function is monotone in each argument (increasing or decreasing).

    >>> image(lambda a, b: a / b, Box(1, 2), Box(4, 5))
    Box(lower=0.2, upper=0.5)
    """
    corners = product(*((box.lower, box.upper) for box in boxes))
    values = [function(*corner) for corner in corners]
    return Box(min(values), max(values))


def asymmetry(low: Box, middle: Box, up: Box) -> Box:
    """How much farther the upper end is from the middle than the lower end."""
    return image(lambda a, b, c: a + c - 2 * b, low, middle, up)


def printed_as(value: Fraction, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """The value rounded to `decimals`, exactly (no binary fraction in between).

    >>> printed_as(Fraction(1, 8), 2), printed_as(Fraction(1, 8), 2, ROUND_HALF_EVEN)
    (Decimal('0.13'), Decimal('0.12'))
    """
    scaled = value * 10**decimals
    whole = scaled.numerator // scaled.denominator
    rest = scaled - whole
    if rounding == ROUND_DOWN:
        up = value < 0 and rest > 0
    elif rest == Fraction(1, 2):
        up = rounding == ROUND_HALF_UP or whole % 2 == 1
    else:
        up = rest > Fraction(1, 2)
    return Decimal(whole + up).scaleb(-decimals)


def roundings(value: Fraction, decimals: int) -> dict[str, Decimal]:
    """The value printed by each way of rounding: half up, half to even, cut off."""
    return {
        "half up": printed_as(value, decimals),
        "half to even": printed_as(value, decimals, ROUND_HALF_EVEN),
        "cut off": printed_as(value, decimals, ROUND_DOWN),
    }


def counts_that_print(percent: Reported, size: int) -> tuple[int, ...]:
    """The counts of `size` whose percentage may print like `percent` (GRIM).

    References: Brown & Heathers 2017, *Social Psychological and Personality Science* 8:363.

    >>> counts_that_print(Reported("67.1"), 67), counts_that_print(Reported("67.2"), 67)
    ((), (45,))
    """
    lower, upper = (end * size / 100 for end in percent.rounding_box)
    first = 0 if lower <= 0 else math.ceil(lower)
    last = size if upper >= size else math.floor(upper)
    return tuple(range(first, last + 1))
