"""What a study is: reports, arms, comparisons, vocabulary, and its printed numbers.

All values are immutable.  ``load`` builds them from files; everything else only reads them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from livingreview_record.reported import Reported, ReportedInterval

INTERVAL_STATISTICS = frozenset({"ci95", "range", "iqr"})
DESIGN_STATISTICS = frozenset({"date", "dose", "threshold", "duration"})  # free text with digits
COUNT_STATISTICS = frozenset({"n"})
PERCENT_STATISTICS = frozenset({"percent", "rate"})
NUMBER_STATISTICS = frozenset(
    {"mean", "sd", "median", "minimum", "maximum", "hr", "p", "difference", "level"}
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


@dataclass(frozen=True, order=True)
class Quantity:
    """Which quantity a printed number is; two places with an equal one print the same thing.

    ``arm_id`` is an arm, ``all``, or empty where ``comparison`` names two arms.  ``subgroup`` is
    ``variable=level`` (joined by ``&``).  ``comparison`` is a comparison of arms, a variable, or
    ``variable:level/reference``.
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


@dataclass(frozen=True)
class Printed:
    """One printed number of a study, with its place and its identity; a row of ``reported.csv``."""

    study_id: str
    line: int
    locator: Locator
    quantity: Quantity
    unit: str
    value: str
    note: str = ""

    @cached_property
    def number(self) -> Reported:
        """The value as a printed number; ``ValueError`` for intervals and dates."""
        return Reported(self.value)

    @cached_property
    def interval(self) -> ReportedInterval:
        """The value as a printed interval; ``ValueError`` for single numbers."""
        return ReportedInterval(self.value)

    @property
    def where(self) -> str:
        """Study and place in words, for messages and links."""
        return f"{self.study_id}: {self.locator}"


def table_first(places: Iterable[Printed]) -> list[Printed]:
    """Places in the order in which they count: table cells before mentions in the text."""
    return sorted(places, key=lambda place: (not place.locator.table, place.line))


@dataclass(frozen=True)
class Report:
    """One publication on a study: a paper, a preprint, a registry record."""

    id: str
    kind: str
    title: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class SharedPatients:
    """A statement that patients are, or may be, the same as elsewhere."""

    other: str
    certainty: str
    why: str
    source: str = ""


@dataclass(frozen=True)
class Arm:
    """Patients of a study who were treated alike."""

    id: str
    label: str
    treatment_class: str
    details: Mapping[str, Any]


@dataclass(frozen=True)
class Comparison:
    """Two arms of a study, held against each other."""

    id: str
    label: str
    experimental: str
    control: str


@dataclass(frozen=True)
class Population:
    """A set of patients of a study: everyone, a matched sample, those evaluable."""

    id: str
    label: str
    within: str = ""


@dataclass(frozen=True)
class Outcome:
    """Something counted or measured: a baseline characteristic, a response, a time to an event.

    ``levels`` are its categories; ``exhaustive`` says that every patient is in exactly one of them.
    ``within`` names the patients among whom it is classified, ``denominator`` (``arm`` or
    ``within``) what its printed percentages are of.  ``sum_of`` defines it by levels of another.
    """

    id: str
    label: str
    kind: str
    levels: Mapping[str, str]
    exhaustive: bool = False
    within: str = ""
    denominator: str = "arm"
    sum_of: Mapping[str, tuple[str, ...]] | None = None
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Roles:
    """Which outcomes of the studies are what, as `review.yaml` declares; empty where none is.

    `progressed` is `variable=level`: patients whose best response is progression.
    """

    overall_survival: str = ""
    progression_free_survival: str = ""
    responders: str = ""
    progressed: str = ""
    duration_of_response: str = ""
    followup: str = ""


@dataclass(frozen=True)
class Study:
    """One trial or cohort, with everything its reports print about its own patients."""

    id: str
    label: str
    status: str
    status_reason: str
    population: str
    reports: tuple[Report, ...]
    shares_patients: tuple[SharedPatients, ...]
    design: Mapping[str, Any]
    arms: Mapping[str, Arm]
    comparisons: Mapping[str, Comparison]
    populations: Mapping[str, Population]
    outcomes: Mapping[str, Outcome]
    variables: Mapping[str, Outcome]
    statements: tuple[Mapping[str, str], ...]
    numbers: tuple[Printed, ...]
    details: Mapping[str, Any]
    roles: Roles = Roles()

    def find(self, **identity: str) -> tuple[Printed, ...]:
        """Every printed number whose identity has these values; unnamed columns may be anything.

        Raises ``ValueError`` for a name that is not a column of the identity.
        """
        unknown = set(identity) - {field.name for field in fields(Quantity)}
        if unknown:
            msg = f"need columns of a quantity (see Quantity), found {sorted(unknown)}"
            raise ValueError(msg)
        return tuple(
            number
            for number in self.numbers
            if all(getattr(number.quantity, name) == value for name, value in identity.items())
        )

    @cached_property
    def by_quantity(self) -> Mapping[Quantity, tuple[Printed, ...]]:
        """Printed numbers grouped by what they are: several entries, several places."""
        groups: dict[Quantity, list[Printed]] = {}
        for number in self.numbers:
            groups.setdefault(number.quantity, []).append(number)
        return {quantity: tuple(found) for quantity, found in groups.items()}

    @property
    def cohorts(self) -> frozenset[str]:
        """Names of the patients this study rests on; two studies that share one share patients."""
        shared = (s.other for s in self.shares_patients if s.certainty in ("established", "likely"))
        return frozenset({self.id, *shared})

    def vocabulary(self, outcome: str) -> Outcome:
        """The outcome or variable with this id; ``KeyError`` when the study declares neither."""
        return self.outcomes[outcome] if outcome in self.outcomes else self.variables[outcome]


def mention(study: Study, quantity: Quantity) -> Printed | None:
    """The first place that prints the quantity, a table cell before a mention in the text."""
    places = study.by_quantity.get(quantity, ())
    return table_first(places)[0] if places else None


@dataclass(frozen=True)
class Review:
    """The question, its planned syntheses, and the studies found so far."""

    protocol: Mapping[str, Any]
    studies: Mapping[str, Study]

    def numbers(self, study_ids: Iterable[str] | None = None) -> tuple[Printed, ...]:
        """Every printed number, of all studies or of those named, in file order."""
        wanted = self.studies if study_ids is None else study_ids
        return tuple(number for study_id in wanted for number in self.studies[study_id].numbers)
