"""What a study is: reports, arms, comparisons, vocabulary, and its printed numbers.

All values are immutable.  `load` builds them from files; everything else only reads them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property

from livingreview_record.certainty import Grade
from livingreview_record.dictionary import Dictionary
from livingreview_record.protocol import Protocol, Roles
from livingreview_record.quantities import ALL_ARMS, Printed, Quantity, table_first
from livingreview_record.terms import Terms
from livingreview_record.typed import Described, Plain, Texts


@dataclass(frozen=True, kw_only=True)
class Report:
    """One publication on a study: a paper, a preprint, a registry record.

    `level` says how much of it was read (full-text, abstract, registry-record, or secondary: only
    what others write about it), `read` when.  `also_in` names the other studies that one paper
    reports, each with the reason.  `described` holds keys of the review's own, each of which its
    dictionary describes.
    """

    id: str
    kind: str
    level: str
    read: str = ""
    authors: str = ""
    title: str
    journal: str = ""
    year: int | None = None
    submitted: str = ""
    accepted: str = ""
    published: str = ""
    doi: str = ""
    volume: str = ""
    issn: str = ""
    identifiers: tuple[str, ...] = ()
    identifier_source: str = ""
    sources: tuple[Texts, ...] = ()
    text: str = ""
    not_confirmed: tuple[str, ...] = ()
    also_in: tuple[Texts, ...] = ()
    described: Described = field(default_factory=dict)

    @property
    def other_studies(self) -> tuple[str, ...]:
        """Ids of the other studies that this paper is declared to report too."""
        return tuple(one["study"] for one in self.also_in)


@dataclass(frozen=True)
class SharedPatients:
    """A statement that patients are, or may be, the same as elsewhere."""

    other: str = field(metadata={"key": "with"})
    certainty: str
    why: str
    source: str = ""


@dataclass(frozen=True)
class Arm:
    """Patients of a study who were treated alike.

    `described` holds keys of the review's own, such as the flags by which its syntheses choose
    arms.
    """

    id: str
    label: str
    treatment_class: str
    regimen: str = ""
    described: Described = field(default_factory=dict)

    def value(self, name: str) -> Plain | list[str]:
        """What `study.yaml` says of the arm under this key; None where it says nothing."""
        own = {
            "label": self.label,
            "treatment_class": self.treatment_class,
            "regimen": self.regimen or None,
        }
        return own[name] if name in own else self.described.get(name)


@dataclass(frozen=True)
class Comparison:
    """Two arms of a study that are compared."""

    id: str
    label: str
    experimental: str
    control: str


@dataclass(frozen=True)
class Population:
    """A set of patients of a study: everyone, a matched sample, those evaluable.

    `members` are the outcomes, or `outcome=level`, whose patients make it up.
    """

    id: str
    label: str
    within: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """Something counted or measured: a baseline characteristic, a response, a time to an event.

    `levels` are its categories; `exhaustive` says that every patient is in exactly one of them.
    `within` names the patients among whom it is classified, `denominator` (`arm`, which an
    empty one means too, or `within`) what its printed percentages are of, and
    `denominator_declared` what the report says, in the section `declared_in`, that they are of.
    `sum_of` defines it by levels of another, `level_sum_of` a level by levels of others.
    `subset_of` names, for a level (or `""` for the whole), a wider `variable=level`.
    `same_as` is the review's outcome that it measures, `clock` from when time is counted.
    """

    id: str
    label: str
    kind: str
    levels: Mapping[str, str] = field(default_factory=dict)
    exhaustive: bool = False
    within: str = ""
    denominator: str = ""
    denominator_declared: str = ""
    declared_in: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    origin: str = ""
    clock: str = ""
    event: str = ""
    censoring: str = ""
    definition: str = ""
    criteria: str = ""
    note: str = ""
    ends_at: tuple[str, ...] = ()
    same_as: str = ""
    includes: tuple[str, ...] = ()
    form_of: str = ""
    measured: str = ""
    only_arm: str = ""
    sum_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    level_sum_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subset_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """What a section of a report says in words, and the identity of the numbers it is about.

    An identity column that is None may be anything in these numbers.  `what` is a remark in our
    words, for readers of the data.
    """

    section: str
    kind: str
    claim: str = ""
    what: str = ""
    quote: str = ""
    qualifier: str = ""
    qualified_in: str = ""
    arm_id: str | None = None
    population: str | None = None
    subgroup: str = ""
    outcome: str = ""
    category: str | None = None
    comparison: str | None = None
    adjustment: str | None = None
    timepoint: str | None = None
    statistic: str = ""
    method: str | None = None
    outcomes: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    except_: tuple[str, ...] = ()
    complete: bool = True
    ends_at: tuple[str, ...] = ()
    table: str = ""
    tables: tuple[str, ...] = ()
    p_below: str = ""
    ratio: str = ""
    caliper: str = ""
    months: str = ""


def _everyone() -> Mapping[str, Population]:
    return {"whole": Population("whole", "Everyone")}


@dataclass(frozen=True)
class Study:
    """One trial or cohort, with everything its reports print about its own patients.

    What pages show only is kept as the file has it: `design`, `registration`, `eligibility`
    and the two lists of candidate reports may hold keys of the review's own.
    """

    id: str
    label: str
    status: str
    population: str
    reports: tuple[Report, ...]
    design: Described
    arms: Mapping[str, Arm] = field(default_factory=dict)
    comparisons: Mapping[str, Comparison] = field(default_factory=dict)
    populations: Mapping[str, Population] = field(default_factory=_everyone)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    variables: Mapping[str, Outcome] = field(default_factory=dict)
    status_reason: str = ""
    statements: tuple[Statement, ...] = ()
    numbers: tuple[Printed, ...] = ()
    shares_patients: tuple[SharedPatients, ...] = ()
    reports_compared: tuple[Texts, ...] = ()
    registration: Described = field(default_factory=dict)
    eligibility: Described = field(default_factory=dict)
    not_available: tuple[Texts, ...] = ()
    authors_conclude: str = ""
    limits: tuple[str, ...] = ()
    asks: str = ""
    could_change: str = ""
    possible_reports: tuple[Described, ...] = ()
    rejected_candidates: tuple[Described, ...] = ()
    roles: Roles = field(default_factory=Roles)
    terms: Terms = field(default_factory=Terms)

    def find(self, **identity: str) -> tuple[Printed, ...]:
        """Every printed number whose identity has these values; unnamed columns may be anything.

        Raises `ValueError` for a name that is not a column of the identity.
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
        """The outcome or variable with this id; `KeyError` when the study declares neither."""
        return self.outcomes[outcome] if outcome in self.outcomes else self.variables[outcome]


def mention(study: Study, quantity: Quantity) -> Printed | None:
    """The first place that prints the quantity, a table cell before a mention in the text."""
    places = study.by_quantity.get(quantity, ())
    return table_first(places)[0] if places else None


def patients(
    study: Study, outcome: str = "participants", category: str = "", *, population: str = "whole"
) -> int:
    """How many patients of a population are counted under an outcome or characteristic.

    As printed for all arms together, else the sum of the arms.
    """
    printed = {
        number.quantity.arm_id: int(number.number.value)
        for number in study.find(
            outcome=outcome, population=population, subgroup="", category=category, statistic="n"
        )
    }
    return printed.get(ALL_ARMS, sum(size for arm, size in printed.items() if arm in study.arms))


@dataclass(frozen=True)
class Review:
    """The question, its planned syntheses, and the studies found so far.

    `extraction` has the rows of `data/extraction.csv`: how far separate extractions agreed.
    `leads` has those of `data/leads.csv`: numbers seen only where others write about a study.
    `certainty` has the judgements of `data/appraisal/grade.csv`, by synthesis.
    `indirect` has those of `data/indirect.csv`: trials in other patients, never pooled.
    """

    protocol: Protocol
    studies: Mapping[str, Study]
    dictionary: Dictionary = field(default_factory=Dictionary)
    extraction: tuple[Mapping[str, str], ...] = ()
    leads: tuple[Mapping[str, str], ...] = ()
    certainty: Mapping[str, Grade] = field(default_factory=dict)
    indirect: tuple[Mapping[str, str], ...] = ()

    @property
    def terms(self) -> Terms:
        """What pages call those who take part, and the unit of their times."""
        return self.protocol.words

    def numbers(self, study_ids: Iterable[str] | None = None) -> tuple[Printed, ...]:
        """Every printed number, of all studies or of those named, in file order."""
        wanted = self.studies if study_ids is None else study_ids
        return tuple(number for study_id in wanted for number in self.studies[study_id].numbers)
