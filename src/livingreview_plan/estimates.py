"""Estimates that a synthesis can take: what is printed of arms or of a comparison, as effects."""

from dataclasses import dataclass, replace

from livingreview_pool import (
    Effect,
    effect_from_ci,
    generic_effect,
    log_ratio_from_ci,
    one_arm_effect,
    two_arm_effect,
)
from livingreview_pool import (
    measure as find_measure,
)
from livingreview_record import FORMS, INTERVAL_LEVELS, Printed, PrintedForm, Quantity

USUAL_LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class _Arm:
    """Where the numbers of one arm come from: its patients, their places, how they were found."""

    cohorts: frozenset[str]
    sources: tuple[Printed, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArmCount(_Arm):
    """Patients with an event among all patients of one arm."""

    study_id: str
    label: str
    arm_id: str
    group: str
    events: int
    total: int

    @property
    def values(self) -> tuple[float, ...]:
        """What the engine takes of the arm: events and patients."""
        return self.events, self.total

    @property
    def words(self) -> str:
        """What is known of the arm, as a table shows it."""
        return f"{self.events}/{self.total}"

    def effect(self, measure: str) -> Effect:
        """Return the effect by a measure of one arm."""
        return _described(one_arm_effect(self.study_id, self.events, self.total, measure), self)


@dataclass(frozen=True)
class ArmMean(_Arm):
    """Mean and standard deviation of one arm, with its number of patients."""

    mean: float
    sd: float
    total: int

    @property
    def values(self) -> tuple[float, ...]:
        """What the engine takes of the arm: mean, standard deviation and patients."""
        return self.mean, self.sd, self.total

    @property
    def words(self) -> str:
        """What is known of the arm, as a table shows it."""
        return f"{self.mean:g} ({self.sd:.4g}), {self.total}"


@dataclass(frozen=True)
class ArmRate(_Arm):
    """Events of one arm and the time at risk of its patients, in `unit`."""

    events: int
    time: float
    unit: str

    @property
    def values(self) -> tuple[float, ...]:
        """What the engine takes of the arm: events and time."""
        return self.events, self.time

    @property
    def words(self) -> str:
        """What is known of the arm, as a table shows it."""
        return f"{self.events}/{self.time:g} {self.unit}"


@dataclass(frozen=True)
class TwoArms:
    """What is known of the two compared arms of one study."""

    study_id: str
    label: str
    experimental: ArmCount | ArmMean | ArmRate
    control: ArmCount | ArmMean | ArmRate

    @property
    def cohorts(self) -> frozenset[str]:
        """Names of the patients both arms rest on."""
        return self.experimental.cohorts | self.control.cohorts

    @property
    def sources(self) -> tuple[Printed, ...]:
        """The printed numbers it rests on."""
        return self.experimental.sources + self.control.sources

    @property
    def notes(self) -> tuple[str, ...]:
        """How the numbers of both arms were found."""
        return self.experimental.notes + self.control.notes

    @property
    def words(self) -> str:
        """What is known of the arms, as a table shows it."""
        return f"{self.experimental.words} v {self.control.words}"

    def effect(self, measure: str) -> Effect:
        """Return the effect by a measure of two arms."""
        treated, control = self.experimental.values, self.control.values
        return _described(two_arm_effect(self.study_id, treated, control, measure), self)


@dataclass(frozen=True)
class TwoArmCount(TwoArms):
    """The counts of two compared arms of one study."""

    experimental: ArmCount
    control: ArmCount


@dataclass(frozen=True)
class PrintedEstimate:
    """A printed estimate, experimental against control, with its interval or standard error."""

    study_id: str
    label: str
    estimate: Printed
    spread: Printed
    cohorts: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[Printed, ...]:
        """The printed numbers it rests on."""
        return self.estimate, self.spread

    @property
    def words(self) -> str:
        """Nothing: its value is what the table shows beside it."""
        return ""

    @property
    def is_interval(self) -> bool:
        """Whether an interval is printed with it, not a standard error."""
        return self.spread.quantity.statistic in INTERVAL_LEVELS

    @property
    def level(self) -> float:
        """The level of the printed interval; that of the intervals shown where none is printed."""
        return INTERVAL_LEVELS.get(self.spread.quantity.statistic, USUAL_LEVEL)

    def effect(self, measure: str) -> Effect:
        """Return the effect by the measure that is printed."""
        form, value = form_of(self.estimate, measure), self.estimate.number.value
        if self.is_interval:
            bounds = self.spread.interval
            limits = bounds.lower.value, bounds.upper.value
            if form.ratio:
                found = log_ratio_from_ci(self.study_id, value, limits, measure, level=self.level)
            else:
                low, high = (limit / form.per for limit in limits)
                found = effect_from_ci(
                    self.study_id, value / form.per, (low, high), measure, level=self.level
                )
        else:
            error = self.spread.number.value / form.per
            found = generic_effect(self.study_id, value / form.per, error, measure)
        return _described(found, self)


Estimate = ArmCount | TwoArms | PrintedEstimate  # each gives its effect by a measure


def quantity_of(effect: Effect) -> Quantity:
    """Return the identity of the printed number that the effect comes from."""
    return next(source.quantity for source in effect.sources if isinstance(source, Printed))


def form_of(estimate: Printed, measure: str) -> PrintedForm:
    """Return the form in which the number is an estimate of the measure."""
    return next(f for f in FORMS[measure] if f.statistic == estimate.quantity.statistic)


def is_uninformative(estimate: Estimate, measure: str) -> bool:
    """Return whether no ratio can be formed: no event in both arms, or only events."""
    if not isinstance(estimate, TwoArms) or not find_measure(measure).is_log_ratio:
        return False
    arms = estimate.experimental, estimate.control
    if isinstance(estimate, TwoArmCount):
        events = estimate.experimental.events + estimate.control.events
        return events in (0, estimate.experimental.total + estimate.control.total)
    return all(isinstance(arm, ArmRate) and not arm.events for arm in arms)


def _described(effect: Effect, estimate: Estimate) -> Effect:
    """Return the effect with the patients and the places it comes from."""
    quantity = estimate.sources[0].quantity
    return replace(
        effect,
        label=estimate.label,
        cohorts=estimate.cohorts,
        adjustment=quantity.adjustment,
        population=quantity.population,
        sources=estimate.sources,
        notes=(*effect.notes, *estimate.notes),
    )
