"""A number as a source prints it: its text, its decimals and the values it may stand for.

A printed number is not a float.  `0.70` says more than `0.7`; `<0.001` is a bound; `0.70`
stands for every value that rounds to it.  Everything that recomputes a printed number starts here.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        (
            *(
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
            ),
            *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
            *("eighteen", "nineteen", "twenty"),
        )
    )
} | {
    "no": 0,
    "none": 0,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "single": 1,
    "once": 1,
    "twice": 2,
}
NOT_REACHED = frozenset({"NA", "NR", "NE", "not reached"})

_RELATIONS = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "<=": "<=", ">=": ">="}
_NUMBER = re.compile(
    r"(?P<relation><=|>=|[<>≤≥])?\s*(?P<sign>[-–−+])?"
    r"(?P<digits>[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]+)?)"
)
_BOUND = r"(?:[<>≤≥]\s*)?[-–−]?[0-9][0-9.,]*|NA|NR|NE|not reached"
_INTERVAL = re.compile(rf"(?P<lower>{_BOUND})\s*(?:[-–—−~]|,\s|;|\bto\b)\s*(?P<upper>{_BOUND})")


@dataclass(frozen=True)
class Reported:
    """One printed number.

    Raises `ValueError` when the text is not a number: digits with a decimal point or a decimal
    comma, thousands separators, a sign, one of `< > ≤ ≥` before it, a number in words, or a
    mark for "not reached" (`NA`, `NR`, `NE`).

    >>> Reported("0.70").value, Reported("0.70").decimals
    (0.7, 2)
    >>> Reported("0.70").rounding_interval
    (0.695, 0.705)
    >>> Reported("<0.001").rounding_interval
    (-inf, 0.001)
    >>> Reported("Twenty-two").value
    22.0
    """

    text: str

    def __post_init__(self) -> None:
        if self.exact is None and self.text not in NOT_REACHED:
            msg = f"need a printed number such as 0.70, <0.001, 32,8 or nine; found {self.text!r}"
            raise ValueError(msg)

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Relation, sign and digits, each empty where missing; kept, as no match can be pickled."""
        match = _NUMBER.fullmatch(self.text.strip())
        return match.groupdict("") if match else {}

    @cached_property
    def exact(self) -> Decimal | None:
        """The printed digits as a decimal, or None where the value was not reached."""
        if not self._parts:
            return _from_words(self.text)
        digits = self._parts["digits"]
        if re.fullmatch(r"\d+(?:,\d{3})+(?:\.\d+)?", digits):
            digits = digits.replace(",", "")
        value = Decimal(digits.replace(",", "."))
        return -value if self._parts["sign"] in {"-", "–", "−"} else value

    @property
    def value(self) -> float:
        """The printed digits as a float; not a number where the value was not reached."""
        return math.nan if self.exact is None else float(self.exact)

    @property
    def decimals(self) -> int:
        """How many decimals are printed: 2 for `0.70`."""
        return 0 if self.exact is None else max(0, -int(self.exact.as_tuple().exponent))

    @property
    def relation(self) -> str:
        """One of `=`, `<`, `>`, `<=`, `>=`."""
        return _RELATIONS.get(self._parts.get("relation", ""), "=")

    @property
    def has_decimal_comma(self) -> bool:
        """Whether a comma stands where a decimal point is expected (`32,8`)."""
        return bool(self._parts) and "," in self.text and self.decimals > 0 and "." not in self.text

    @cached_property
    def rounding_box(self) -> tuple[Decimal, Decimal]:
        """The exact closed interval of values that print like this, half-up and half-even alike."""
        if self.exact is None:
            return Decimal("-Infinity"), Decimal("Infinity")
        if self.relation in ("<", "<="):
            return Decimal("-Infinity"), self.exact
        if self.relation in (">", ">="):
            return self.exact, Decimal("Infinity")
        half = Decimal(1).scaleb(-self.decimals) / 2
        return self.exact - half, self.exact + half

    @property
    def rounding_interval(self) -> tuple[float, float]:
        """`rounding_box` as floats, on the printed scale."""
        lower, upper = self.rounding_box
        return float(lower), float(upper)

    def admits(self, value: float, *, slack: float = 1e-9) -> bool:
        """Whether `value` may print like this; `slack` absorbs floating-point noise only.

        >>> Reported("0.70").admits(0.705), Reported("0.70").admits(0.7051)
        (True, False)
        """
        lower, upper = self.rounding_interval
        return lower - slack <= value <= upper + slack


@dataclass(frozen=True)
class ReportedInterval:
    """A printed interval or range: two printed numbers in one text.

    >>> ReportedInterval("7.2-NA").lower.text, ReportedInterval("7.2-NA").upper.text
    ('7.2', 'NA')
    >>> ReportedInterval("0.478-0.966").upper.value
    0.966
    """

    text: str

    def __post_init__(self) -> None:
        if not self._bounds:
            msg = f"need a printed interval such as 0.48-0.97 or 7.2-NA; found {self.text!r}"
            raise ValueError(msg)

    @cached_property
    def _bounds(self) -> tuple[Reported, ...]:
        match = _INTERVAL.fullmatch(self.text.strip())
        return tuple(Reported(bound.strip()) for bound in match.groups()) if match else ()

    @property
    def lower(self) -> Reported:
        """The first printed number."""
        return self._bounds[0]

    @property
    def upper(self) -> Reported:
        """The second printed number."""
        return self._bounds[1]


def _from_words(text: str) -> Decimal | None:
    parts = text.strip().lower().split("-")
    if not all(part in NUMBER_WORDS for part in parts):
        return None
    return Decimal(sum(NUMBER_WORDS[part] for part in parts))
