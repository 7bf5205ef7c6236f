"""What `review.yaml` says: the questions, the rules by which studies enter, what is planned."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from livingreview_record.kinds import KINDS, Kind
from livingreview_record.terms import Terms
from livingreview_record.typed import Described, Rule, Texts


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of the review, and when it is closed."""

    id: str
    label: str
    population: str
    intervention: str
    comparison: str
    outcomes: str
    closing: str


@dataclass(frozen=True, kw_only=True)
class MainPopulation:
    """Whose results are the main ones, and from which share on a whole study counts as theirs.

    `design` is the key of a design that says `all` or `none` of its patients are; `level` is the
    `variable=level` of which the share is printed else, in percent, as `at_least` is.
    """

    label: str
    design: str
    all: str
    none: str
    level: str
    at_least: float


@dataclass(frozen=True, kw_only=True)
class NotYetHeld:
    """A trial that fits and is not in the review yet."""

    name: str
    compares: str
    patients: str
    report: str = ""
    registration: str = ""
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ProtocolDecision:
    """What was decided on the protocol, when and why."""

    date: str
    what: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ReviewOutcome:
    """An outcome of the review; `critical` is None where its importance is not said.

    `better` says in words what benefit is.  `printed_as` are the outcomes, or `outcome=level`, as
    which studies print it where it is shown study by study; None where it is not.
    """

    id: str
    label: str
    definition: str
    origin: str = ""
    critical: bool | None = None
    better: str = ""
    printed_as: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """A printed estimate that stands behind others of the same study where there are any."""

    study: str
    outcome: str
    adjustment: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StudyRule:
    """Which studies are meant: those of a status, with a design."""

    status: tuple[str, ...]
    design: Rule = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What a report says of a characteristic in words only; `about` patients, effect or outcome."""

    study: str
    section: str
    about: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Characteristic:
    """A characteristic that may change the effect of a treatment, by the variables that hold it."""

    label: str
    variables: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EffectModifiers:
    """The characteristics that are looked for, in the studies that are asked for them."""

    include: StudyRule
    characteristics: tuple[Characteristic, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MapPopulation:
    """A row of the evidence map: the studies of a design."""

    label: str
    design: Rule


@dataclass(frozen=True, kw_only=True)
class MapDesign:
    """A shape on the evidence map: the studies whose design holds the words `says`."""

    label: str
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class MapTrial:
    """A trial of which no number is held: its record of the search, its place on the map."""

    trial: str
    design: Rule
    type: str
    treatment: str
    record: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceMap:
    """What the evidence map shows: populations and classes of treatment by outcome."""

    populations: tuple[MapPopulation, ...]
    designs: tuple[MapDesign, ...]
    outcomes: tuple[str, ...]
    without_numbers: tuple[MapTrial, ...] = ()


@dataclass(frozen=True)
class Roles:
    """Which outcomes of the studies are what, as `review.yaml` declares; empty where none is.

    `progressed` is `variable=level`: patients whose best response is progression.  `grades` are
    levels of adverse events, each with the wider levels that its patients are among, and
    `any_grade` those of which every patient with the event has one, from low to high.
    """

    overall_survival: str = ""
    progression_free_survival: str = ""
    responders: str = ""
    progressed: str = ""
    duration_of_response: str = ""
    followup: str = ""
    grades: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    any_grade: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """A synthesis that is named beside a multiverse and stays out of it, with the reason."""

    synthesis: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlannedMultiverse:
    """Syntheses of one outcome and measure that are laid side by side, in every usual way."""

    title: str
    measure: str
    syntheses: tuple[str, ...]
    set_aside: tuple[SetAside, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Transitivity:
    """Whether comparisons can be joined; only then are estimates of a network shown."""

    plausible: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NetworkCertainty:
    """The certainty of the estimates of a network."""

    level: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedNetwork:
    """Syntheses whose treatments are seen together."""

    id: str
    title: str
    syntheses: tuple[str, ...]
    transitivity: Transitivity
    certainty: NetworkCertainty | None = None


@dataclass(frozen=True, kw_only=True)
class Networks:
    """The networks; `compare` has the keys of designs that may differ, each with its heading.

    `design` is that of studies whose other comparisons are drawn without an estimate;
    `components` says of which parts the treatments of a class all consist.
    """

    compare: Texts
    of: tuple[PlannedNetwork, ...]
    design: Rule = field(default_factory=dict)
    components: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PlannedRestrictedMean:
    """Mean survival time up to `horizon` months, of studies of a status."""

    outcome: str
    horizon: float
    status: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedAbsolute:
    """A result turned into events; of a time to an event, at `timepoint` such as `12 months`."""

    synthesis: str
    event: str
    timepoint: str = ""


@dataclass(frozen=True, kw_only=True)
class PatientsRule:
    """Whose numbers of a study enter; `share` (`enough` or `less`) is of the main population.

    An `adjustment` of None leaves it to the synthesis.
    """

    population: str
    subgroup: str = ""
    share: str = ""
    adjustment: str | None = None
    design: Rule = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Include:
    """Which studies enter a synthesis, and whose numbers of them, the first rule that fits."""

    status: tuple[str, ...]
    patients: tuple[PatientsRule, ...]


@dataclass(frozen=True, kw_only=True)
class PlannedSynthesis:
    """One planned synthesis: what it takes of which studies, and how it is shown.

    `kind` is one of `KINDS`; `arms`, `experimental` and `control` say what an arm must be.  An
    `adjustment` of None asks for none, an empty one for an estimate that does not name its own.
    `benefit` is the side of no effect on which benefit lies, `favours` are the words for the left
    and the right of it, `moderators` keys of designs that may explain why results differ.
    """

    id: str
    title: str
    kind: str
    outcome: str
    include: Include
    question: str = ""
    clocks: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    category: str = ""
    group_by: str = ""
    arms: Rule = field(default_factory=dict)
    adjustment: str | None = None
    timepoint: str = ""
    moderators: tuple[str, ...] = ()
    experimental: Rule = field(default_factory=dict)
    control: Rule = field(default_factory=dict)
    benefit: str = "below"
    favours: tuple[str, ...] = ()
    pool: bool = True
    chapter: str = ""
    note: str = ""

    @property
    def kind_rules(self) -> Kind:
        """What holds of every synthesis of its kind."""
        return KINDS[self.kind]

    @property
    def effect_measures(self) -> tuple[str, ...]:
        """The effect measures that it gives, the primary one first."""
        return self.measures or self.kind_rules.measures[:1]

    @property
    def sides(self) -> tuple[Rule, Rule]:
        """What the experimental arm and the control arm must be."""
        return self.experimental, self.control


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Everything that `review.yaml` says.

    `documents_read_until` and `searched` are days, the latter `never` before a search;
    `secondary_sources` lets numbers enter that others printed about a study.  `eligibility`,
    `analysis` and `living` may hold keys of the review's own, which its dictionary describes.
    """

    title: str
    short_title: str = ""
    authors: tuple[str, ...] = ()
    documents_read_until: str
    searched: str
    secondary_sources: bool = False
    question: Texts
    questions: tuple[Question, ...] = ()
    main_population: MainPopulation | None = None
    clocks: Texts = field(default_factory=dict)
    eligibility: Described
    not_yet_held: tuple[NotYetHeld, ...] = ()
    decisions: tuple[ProtocolDecision, ...] = ()
    outcomes: Mapping[str, ReviewOutcome]
    words: Terms = field(default_factory=Terms)
    not_relied_upon: tuple[Doubted, ...] = ()
    effect_modifiers: EffectModifiers | None = None
    evidence_map: EvidenceMap | None = None
    roles: Roles = field(default_factory=Roles)
    populations: Texts = field(default_factory=dict)
    treatment_classes: Texts
    analysis: Described = field(default_factory=dict)
    living: Described = field(default_factory=dict)
    multiverses: tuple[PlannedMultiverse, ...] = ()
    networks: Networks | None = None
    restricted_means: tuple[PlannedRestrictedMean, ...] = ()
    absolute: tuple[PlannedAbsolute, ...] = ()
    syntheses: tuple[PlannedSynthesis, ...]

    def outcome_label(self, outcome: str) -> str:
        """The label of an outcome; empty where the review does not declare it."""
        return self.outcomes[outcome].label if outcome in self.outcomes else ""
