"""Which quantity a printed number is, and where it is printed: one row of `reported.csv`.

Here are the names of the statistics, and the algebra of `variable=level` and `a/b`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from livingreview_record.kinds import FORM_OF
from livingreview_record.reported import Reported, ReportedInterval

INTERVAL_LEVELS: Mapping[str, float] = {"ci95": 0.95, "ci90": 0.90, "ci80": 0.80}
INTERVAL_STATISTICS = frozenset({*INTERVAL_LEVELS, "range", "iqr"})
DESIGN_STATISTICS = frozenset({"date", "dose", "threshold", "duration"})  # free text with digits
COUNT_STATISTICS = frozenset({"n"})
PERCENT_STATISTICS = frozenset({"percent", "rate"})
ESTIMATES = frozenset(FORM_OF)  # of one arm against another: ratios, their logarithms, differences
NUMBER_STATISTICS = frozenset(
    {"mean", "sd", "se", "median", "minimum", "maximum", "p", "level", "person-time"}
    | ESTIMATES
    | COUNT_STATISTICS
    | PERCENT_STATISTICS
)
STATISTICS = NUMBER_STATISTICS | INTERVAL_STATISTICS | DESIGN_STATISTICS

ALL_ARMS = "all"


@dataclass(frozen=True, order=True)
class Locator:
    """Where a number is printed: the report, the section, and the cell of a table."""

    report_id: str
    section: str
    table: str = ""
    row: str = ""
    column: str = ""

    def __str__(self) -> str:
        parts = (self.table or self.section, self.row, self.column)
        return "; ".join(part for part in parts if part)


class Level(NamedTuple):
    """A level of a variable or outcome; the whole of it where `level` is empty."""

    variable: str
    level: str

    def __str__(self) -> str:
        return f"{self.variable}={self.level}" if self.level else self.variable


def level_of(text: str) -> Level:
    """Read `variable=level`, or `variable` alone.

    >>> level_of("sex=male")
    Level(variable='sex', level='male')
    """
    variable, _, level = text.partition("=")
    return Level(variable, level)


def levels_of(subgroup: str) -> tuple[Level, ...]:
    """Read `variable=level` joined by `&`, as a subgroup is written.

    >>> [str(level) for level in levels_of("sex=male&age=old")], levels_of("")
    (['sex=male', 'age=old'], ())
    """
    return tuple(map(level_of, subgroup.split("&"))) if subgroup else ()


def contrast_of(comparison: str) -> tuple[str, tuple[str, ...]]:
    """Read `variable:level/reference`, or a comparison alone: its name, and the levels named.

    >>> contrast_of("sex:male/female"), contrast_of("new-vs-old")
    (('sex', ('male', 'female')), ('new-vs-old', ()))
    """
    name, colon, levels = comparison.partition(":")
    return name, tuple(levels.split("/")) if colon else ()


@dataclass(frozen=True, order=True)
class Quantity:
    """Which quantity a printed number is; two places with an equal one print the same thing.

    `arm_id` is an arm, `all`, or empty where `comparison` names two arms.  `subgroup` is
    `variable=level` (joined by `&`).  `comparison` is a comparison of arms, a variable, or
    `variable:level/reference`.
    """

    arm_id: str = ""
    population: str = "whole"
    subgroup: str = ""
    outcome: str = ""
    category: str = ""
    comparison: str = ""
    adjustment: str = ""
    timepoint: str = ""
    statistic: str = ""
    method: str = ""

    @property
    def strata(self) -> tuple[Level, ...]:
        """The levels that select its patients, read from `subgroup`."""
        return levels_of(self.subgroup)

    @property
    def stratum(self) -> Level | None:
        """The level that selects its patients where it is one alone."""
        strata = self.strata
        return strata[0] if len(strata) == 1 else None

    @property
    def contrast(self) -> tuple[str, tuple[str, ...]]:
        """What `comparison` compares: a comparison or variable, and the levels named of it."""
        return contrast_of(self.comparison)

    def of_level(self, level: Level) -> "Quantity":
        """Return the quantity for this outcome and category, or for this outcome as a whole."""
        return replace(self, outcome=level.variable, category=level.level)


@dataclass(frozen=True)
class Printed:
    """One printed number of a study, with its place and its identity; a row of `reported.csv`.

    `level` says how much of its report was read: full-text, abstract, registry-record, secondary.
    """

    study_id: str
    line: int
    locator: Locator
    quantity: Quantity
    unit: str
    value: str
    note: str = ""
    level: str = ""

    @cached_property
    def number(self) -> Reported:
        """The value as a printed number; `ValueError` for intervals and dates."""
        return Reported(self.value)

    @cached_property
    def interval(self) -> ReportedInterval:
        """The value as a printed interval; `ValueError` for single numbers."""
        return ReportedInterval(self.value)

    @property
    def row(self) -> dict[str, str]:
        """One flat row: the study, the columns of `reported.csv` in their order, and the level."""
        return {
            "study_id": self.study_id,
            **vars(self.locator),
            **vars(self.quantity),
            "unit": self.unit,
            "value": self.value,
            "note": self.note,
            "level": self.level,
        }

    @property
    def where(self) -> str:
        """Study and place in words, for messages and links."""
        return f"{self.study_id}: {self.locator}"


def table_first(places: Iterable[Printed]) -> list[Printed]:
    """Places in the order in which they count: table cells before mentions in the text."""
    return sorted(places, key=lambda place: (not place.locator.table, place.line))
