"""What is printed of the time to an event in single arms, side by side on one axis of months."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from livingreview_display import (
    COLOURS,
    INK,
    LANE_COLUMNS,
    MONTHS,
    Lanes,
    Look,
    Table,
    as_printed,
    cell,
    intervals_of,
    places,
)
from livingreview_plan import LEVEL_WORDS
from livingreview_record import (
    NOT_STATED,
    Arm,
    Outcome,
    PlannedSynthesis,
    Printed,
    Quantity,
    Reported,
    Review,
    Study,
    comparisons_of,
    levels_of,
    months,
    months_in,
    outcomes_of,
    places_of,
    plan,
    share_of,
    table_first,
)

HEADINGS = {"label": "Study and arm", "counts": "{Participants}", "text": "Printed"}
EXPERIMENTAL = "median of the arm with the treatment in question"
CONTROL = "median of the arm that it is compared with"
SEVERAL = "median of one of several arms of a study"
SINGLE = "median of the only arm of a study"
RATE = "printed share without the event"
CURVE = "re-enacted on synthetic {participants}, not printed: middle and range of the sets"
LOOKS = {
    EXPERIMENTAL: Look(COLOURS[0], "s"),
    CONTROL: Look(COLOURS[1], "o"),
    SEVERAL: Look(COLOURS[3], "v"),
    SINGLE: Look(COLOURS[2], "^"),
    RATE: Look(INK, "d"),
    CURVE: Look(COLOURS[5], kind="curve"),
}
UNCLEAR = "empty: from when time is counted is not stated, or doubtful"
AGAIN = (
    "Dotted curves were not printed: they are re-enacted on synthetic {participants}, drawn to "
    "agree with the printed numbers, so that agreement with these confirms nothing"
)
NOTE = (
    "Nothing is pooled or compared here. Studies differ in their {participants} and in the day "
    "from which time is counted, so that a longer time in one study than in another does not show "
    "that its treatment is better. Lines are 95% intervals, unless the words beside them say "
    "otherwise; an arrow means that a time was not reached, or that an interval has no end"
)
EMPTY = "No arm of these treatments prints a median or a rate."


@dataclass(frozen=True)
class ArmTimes:
    """The printed median and rates of one arm, in some patients of a study.

    `wanted` says whose they are; `role` is one of the looks of medians.
    """

    study: Study
    arm: Arm
    outcome: Outcome
    wanted: Quantity
    role: str

    @property
    def median(self) -> tuple[Printed, ...]:
        """The places that print the median."""
        return self.study.by_quantity.get(replace(self.wanted, statistic="median"), ())

    @property
    def rates(self) -> list[tuple[Printed, ...]]:
        """The places that print each rate, by time."""
        found = [
            places
            for quantity, places in self.study.by_quantity.items()
            if replace(quantity, timepoint="") == replace(self.wanted, statistic="rate")
        ]
        return sorted(found, key=lambda places: months(places[0].quantity.timepoint))

    @property
    def numbers(self) -> list[Printed]:
        """Every printed number, with its interval."""
        each = [*([self.median] if self.median else []), *self.rates]
        return [one for own in each for one in (*own, *intervals_of(self.study, own[0].quantity))]

    @property
    def named(self) -> str:
        """The study, and how it was read where that was not in full."""
        marks = {LEVEL_WORDS[one.level] for one in self.numbers if one.level in LEVEL_WORDS}
        return " ".join([self.study.label, *(f"({mark})" for mark in sorted(marks))])

    @property
    def who(self) -> str:
        """The arm, and the patients where they are not all."""
        parts = [self.arm.label]
        if self.wanted.population != "whole":
            parts.append(self.study.populations[self.wanted.population].label)
        parts += [
            f"{own.label}: {own.levels.get(level.level, level.level)}"
            for level in levels_of(self.wanted.subgroup)
            if (own := self.study.vocabulary(level.variable))
        ]
        return ", ".join(parts)

    @property
    def size(self) -> str:
        """How many patients these are, as printed; empty where that is not printed."""
        size = replace(self.wanted, outcome="participants", statistic="n")
        held = self.study.by_quantity.get(size)
        return as_printed(held) if held else ""

    @property
    def text(self) -> str:
        """The median and the rates in words, with their intervals."""
        told = []
        for own in (self.median, *self.rates):
            if own:
                numbers = [*own, *intervals_of(self.study, own[0].quantity)]
                time = own[0].quantity.timepoint
                told.append(
                    f"{cell(numbers)} at {time}" if time else f"{cell(numbers)} {own[0].unit}"
                )
        return "; ".join(told)


def arms_of_classes(review: Review, outcome: str, classes: Sequence[str]) -> list[ArmTimes]:
    """Return what is printed of the arms of these classes of treatment, in whole studies."""
    found = [
        _times(study, arm, own, ("whole", ""), SINGLE if len(study.arms) == 1 else SEVERAL)
        for study in review.studies.values()
        if study.status == "included"
        for own in outcomes_of(study, outcome)
        for arm in study.arms.values()
        if arm.treatment_class in classes
    ]
    return [one for one in found if one.numbers]


def arms_compared(review: Review, outcome: str, syntheses: Iterable[str]) -> list[ArmTimes]:
    """Return what is printed of the arms that these planned syntheses compare, from any origin.

    Of each study they are the first patients that the rules of a synthesis name and of whom a
    number is printed.
    """
    found: dict[tuple[str, Quantity], ArmTimes] = {}
    for rules in (plan(review, one) for one in syntheses):
        anyhow = replace(rules, clocks=())
        for study in review.studies.values():
            _, own = places_of(review, study, anyhow)
            whose = [(one.patients["population"], one.patients["subgroup"]) for one in own]
            each = ([*_both_arms(study, outcome, rules, one)] for one in dict.fromkeys(whose))
            for one in next((arms for arms in each if arms), ()):
                found.setdefault((study.id, one.wanted), one)
    return list(found.values())


def _both_arms(
    study: Study, outcome: str, rules: PlannedSynthesis, who: tuple[str, str]
) -> Iterator[ArmTimes]:
    """The arms of which a number is printed: those with the treatment first."""
    pairs = list(comparisons_of(study, rules))
    sides = {
        **{pair.control: CONTROL for pair in pairs},
        **{pair.experimental: EXPERIMENTAL for pair in pairs},
    }
    for own in outcomes_of(study, outcome):
        for arm, role in sorted(sides.items(), key=lambda side: side[1] == CONTROL):
            one = _times(study, study.arms[arm], own, who, role)
            if one.numbers:
                yield one


def _times(study: Study, arm: Arm, own: Outcome, who: tuple[str, str], role: str) -> ArmTimes:
    wanted = Quantity(arm.id, *who, outcome=own.id)
    return ArmTimes(study, arm, own, wanted, role)


def medians_table(review: Review, outcome: str, arms: Sequence[ArmTimes]) -> Table:
    """Printed medians and rates of arms, beside them their origin of time and their share."""
    main = review.protocol.main_population
    said = main.label if main else "are of the main population"
    rows = []
    for one in arms:
        share = share_of(review, one.study)
        rows.append(
            {
                "Study": one.named,
                "Arm": one.who,
                review.terms.fill("{Participants}"): one.size or "not printed",
                "Median, and rates": one.text,
                "Counted from": _origin(review, one),
                f"Share who {said}": "not known" if share is None else f"{share:g}%",
                "Where printed": places(one.numbers),
            }
        )
    label = review.protocol.outcomes[outcome].label
    caption = f"{label}: printed medians and rates, arm by arm"
    return Table(pd.DataFrame(rows), caption, empty=EMPTY, fold=True)


def _origin(review: Review, one: ArmTimes) -> str:
    return review.protocol.clocks.get(one.outcome.clock, "not stated")


def medians_plot(
    review: Review,
    outcome: str,
    arms: Sequence[ArmTimes],
    curves: pd.DataFrame | None = None,
) -> Lanes:
    """Draw printed medians and rates of arms on one axis of months, grouped by the origin of time.

    `curves` has re-enacted curves of whole studies: study_id, arm_id, outcome, and `at`,
    `height`, `low`, `high` and `at_risk` of each of their points.
    """
    takes = [one for one in review.protocol.syntheses if one.outcome == outcome]
    taken = {clock for one in takes for clock in one.clocks}
    rows = []
    for one in sorted(arms, key=partial(_clock_order, review)):
        clock = one.outcome.clock
        hollow = clock == NOT_STATED or bool(taken and clock not in taken)
        words = {
            "group": f"Time counted from: {_origin(review, one)}",
            "label": f"{one.named}: {one.who}",
            **{"counts": one.size, "text": one.text, "where": places(one.numbers)},
        }
        marks = (*_median(one, hollow), *_rates(one, hollow), *_curve(review, one, curves))
        rows += [{**words, **mark} for mark in marks]
    frame, fill = pd.DataFrame(rows, columns=LANE_COLUMNS), review.terms.fill
    label, studies = review.protocol.outcomes[outcome].label, {one.study.id for one in arms}
    what = f"what {_count(arms, 'arm')} of {_count(studies, 'study')} print"
    again = [AGAIN] if fill(CURVE) in set(frame["mark"]) else []
    return Lanes(
        rows=frame,
        looks={fill(name): look for name, look in LOOKS.items()},
        axis=MONTHS,
        title=f"{label}: {what}, on one axis of months",
        hollow=UNCLEAR,
        headings={name: fill(words) for name, words in HEADINGS.items()},
        note=fill(". ".join([NOTE, *again])) + ".",
    )


def _count(found: Collection[object], word: str) -> str:
    several = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{len(found)} {word if len(found) == 1 else several}"


def _clock_order(review: Review, one: ArmTimes) -> int:
    clocks = list(review.protocol.clocks)
    return clocks.index(one.outcome.clock) if one.outcome.clock in clocks else len(clocks)


def _mark(mark: str, **values: object) -> dict[str, object]:
    bare = dict.fromkeys(("at", "lower", "upper", "height", "low", "high", "at_risk"), math.nan)
    return {"mark": mark, "hollow": False, **bare, **values}


def _bounds(study: Study, quantity: Quantity) -> tuple[float, float]:
    """The ends of the printed interval, not reached ones endless; not numbers without one."""
    found = intervals_of(study, quantity)
    if not found:
        return math.nan, math.nan
    lower, upper = found[0].interval.lower, found[0].interval.upper
    return -_value(lower) if lower.exact is None else _value(lower), _value(upper)


def _value(number: Reported) -> float:
    """The printed value; endless where it was not reached, or is only said to be greater."""
    return number.value if number.exact is not None and number.relation == "=" else math.inf


def _median(one: ArmTimes, hollow: bool) -> Iterator[dict[str, object]]:
    if one.median:
        printed = table_first(one.median)[0]
        unit = months_in(printed.unit)
        lower, upper = (unit * bound for bound in _bounds(one.study, printed.quantity))
        at = unit * _value(printed.number)
        upper = math.inf if math.isinf(at) else upper
        yield _mark(one.role, at=at, lower=lower, upper=upper, hollow=hollow)


def _rates(one: ArmTimes, hollow: bool) -> Iterator[dict[str, object]]:
    for own in one.rates:
        printed = table_first(own)[0]
        low, high = _bounds(one.study, printed.quantity)
        at, height = months(printed.quantity.timepoint), printed.number.value
        yield _mark(RATE, at=at, height=height, low=low, high=high, hollow=hollow)


def _curve(
    review: Review, one: ArmTimes, curves: pd.DataFrame | None
) -> Iterator[dict[str, object]]:
    whole = one.wanted.population == "whole" and not one.wanted.subgroup
    if curves is None or curves.empty or not whole:
        return
    key = {"study_id": one.study.id, "arm_id": one.arm.id, "outcome": one.outcome.id}
    own = curves[(curves[list(key)] == pd.Series(key)).all(axis=1)]
    for point in own.to_dict("records"):
        values = {name: point[name] for name in ("at", "height", "low", "high", "at_risk")}
        yield _mark(review.terms.fill(CURVE), **values)
