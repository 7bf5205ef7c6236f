"""Printed counts as constraints on how many patients are of which kind.

A factor is what a patient has one value of: the arm, membership in a population that is printed
beside the whole (a matched sample), a categorical variable, best response, an adverse event.  A
printed count or percentage is a `Margin`: bounds on the number of patients with given values of
some factors.  What the vocabulary declares of its outcomes (every patient has one level, a level
lies within another) is a `Rule`: a combination of values that no patient has.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from livingreview_record import ALL_ARMS, Level, Outcome, Printed, Study, level_of

ARM, PARTICIPANTS, WHOLE = "arm", "participants", "whole"
NO, YES, UNKNOWN = "no", "yes", ""
MEMBER = "in population "
COUNTED_KINDS = frozenset({"categorical", "binary", "adverse-event"})
COUNTS = ("n", "percent")
GRADE = re.compile(r"grade(\d)(?:to(\d)|(plus))?")


@dataclass(frozen=True, order=True)
class Literal:
    """A factor with some of its values: the patients who have one of them."""

    factor: str
    values: tuple[str, ...]


Kind = tuple[Literal, ...]  # patients of whom all of these hold


@dataclass(frozen=True)
class Factor:
    """A name, and the values of which each patient has one; the empty one is not known."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Margin:
    """A printed number of patients of a kind, or what percentage they are of `whole`.

    `lower` and `upper` bound the count, or the share of `whole` where there is one.
    """

    printed: Printed
    kind: Kind
    whole: Kind | None
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True)
class Rule:
    """A combination of values that no patient has, with the reason in words.

    `declared` says whether it follows from the words for two outcomes only (`subset_of`), not from
    a definition.
    """

    forbidden: Kind
    words: str
    declared: bool = False


@dataclass(frozen=True)
class Counted:
    """Every factor, margin and rule of a study, and the printed counts that are none."""

    factors: Mapping[str, Factor]
    strata: tuple[str, ...]  # factors that divide all the others: the arm, the populations
    margins: tuple[Margin, ...]
    rules: tuple[Rule, ...]
    not_modelled: Mapping[Printed, str]


def counted(study: Study, *, slack: int = 0) -> Counted:
    """Read the constraints of a study.

    `slack` widens each percentage by so many units of its last printed digit, for a paper that
    rounds in an unusual way.
    """
    margins, without = list[Margin](), dict[Printed, str]()
    for printed in study.numbers:
        quantity = printed.quantity
        if quantity.statistic not in COUNTS or quantity.comparison or quantity.timepoint:
            continue
        found = _margin(study, printed, slack)
        if isinstance(found, Margin):
            margins.append(found)
        else:
            without[printed] = found
    used = _used(study, margins)
    factors = {name: one for name, one in _factors(study).items() if name in used}
    rules = tuple(
        rule
        for rule in _rules(study)
        if all(literal.factor in factors for literal in rule.forbidden)
    )
    strata = tuple(name for name in factors if name == ARM or name.startswith(MEMBER))
    return Counted(factors, strata, tuple(margins), rules, without)


def _used(study: Study, margins: Iterable[Margin]) -> set[str]:
    """Factors that are printed, and those that printed ones make up or lie within."""
    used = {ARM} | {literal.factor for margin in margins for literal in margin.kind}
    for name, outcome in (*study.variables.items(), *study.outcomes.items()):
        parts = {level_of(part).variable for all_ in outcome.level_sum_of.values() for part in all_}
        if parts and parts <= used:
            used.add(name)
        if name in used and outcome.within:
            used.add(level_of(outcome.within).variable)
    return used


def bounds(printed: Printed, slack: int = 0) -> tuple[Fraction, Fraction]:
    """The values that print like this, ties both ways, wider by `slack` units of the last digit."""
    lower, upper = printed.number.rounding_box
    more = slack * Decimal(1).scaleb(-printed.number.decimals)
    return Fraction(lower - more), Fraction(upper + more)


def kind_of(study: Study, printed: Printed) -> Kind | str:
    """The patients that a count is about, or why they are none of the model."""
    quantity = printed.quantity
    around = group_of(study, quantity.arm_id, quantity.population, quantity.strata)
    if isinstance(around, str) or quantity.outcome == PARTICIPANTS:
        return around
    own = literal_of(study, Level(quantity.outcome, quantity.category))
    return own if isinstance(own, str) else _together(around, [own])


def group_of(study: Study, arm: str, population: str, strata: Iterable[Level]) -> Kind | str:
    """The patients of an arm, population and subgroup, or why they are none of the model."""
    literals = [] if arm in (ALL_ARMS, "") else [Literal(ARM, (arm,))]
    around = _populations_around(study, population)
    if around is None:
        return "its population is not within all patients of the study"
    for name in around:
        members = study.populations[name].members
        if not members and not _is_described(study, name):
            return "nothing that is printed tells who is in its population"
        found = _members(study, members) if members else Literal(MEMBER + name, (YES,))
        if isinstance(found, str):
            return found
        literals.append(found)
    for level in strata:
        own = literal_of(study, level)
        if isinstance(own, str):
            return own
        literals.append(own)
    return _together((), literals)


def literal_of(study: Study, level: Level) -> Literal | str:
    """The factor and its values that a level of an outcome stands for, or why there is none."""
    outcome = study.vocabulary(level.variable)
    if outcome.sum_of and not level.level:
        (of, levels), *more = outcome.sum_of.items()
        return "it is a sum over several outcomes" if more else Literal(of, tuple(sorted(levels)))
    if outcome.kind not in COUNTED_KINDS:
        return f"it counts patients by {outcome.label}, which is not divided into levels here"
    if outcome.kind == "adverse-event":
        return _grade_of(outcome, level.level)
    if outcome.kind == "binary" and not level.level:
        return Literal(outcome.id, (YES,))
    if level.level not in outcome.levels:
        return f"{level.level or 'no level'} is not a level of {outcome.label} in study.yaml"
    return Literal(outcome.id, (level.level,))


def _grade_of(outcome: Outcome, level: str) -> Literal | str:
    """An adverse event of any grade, or of the grades within a printed one."""
    if not level:
        return Literal(outcome.id, tuple(sorted({YES, *outcome.levels})))
    if level not in outcome.levels:
        return f"{level} is not a level of {outcome.label} in study.yaml"
    inner = [one for one in outcome.levels if one == level or _within(one, level)]
    return Literal(outcome.id, tuple(sorted(inner)))


def _within(inner: str, outer: str) -> bool:
    """Whether every grade of `inner` is one of `outer`."""
    found = [GRADE.fullmatch(level) for level in (inner, outer)]
    if not (found[0] and found[1]):
        return False
    (low, high), (least, most) = (
        (int(one[1]), 5 if one[3] else int(one[2] or one[1])) for one in found if one
    )
    return least <= low and high <= most


def _populations_around(study: Study, population: str) -> list[str] | None:
    """The population and those around it within the whole; None for one that is not within it."""
    found: list[str] = []
    while population and population != WHOLE:
        found.append(population)
        population = study.populations[population].within
    return found if population == WHOLE else None


def _is_described(study: Study, population: str) -> bool:
    """Whether a characteristic of its patients is counted, as in the table of a matched sample."""
    return any(
        number.quantity.population == population and number.quantity.outcome in study.variables
        for number in study.numbers
        if number.quantity.statistic in COUNTS
    )


def _members(study: Study, members: Iterable[str]) -> Literal | str:
    """A population that levels of one outcome make up."""
    literals = [literal_of(study, level_of(member)) for member in members]
    known = [one for one in literals if isinstance(one, Literal)]
    if len(known) < len(literals) or len({one.factor for one in known}) != 1:
        return "its population is not made up of levels of one outcome"
    return Literal(known[0].factor, tuple(sorted({v for one in known for v in one.values})))


def _together(kind: Kind, literals: Iterable[Literal]) -> Kind:
    """All of them at once, one literal for each factor."""
    found: dict[str, set[str]] = {}
    for literal in (*kind, *literals):
        values = set(literal.values)
        found[literal.factor] = found.get(literal.factor, values) & values
    return tuple(Literal(name, tuple(sorted(values))) for name, values in sorted(found.items()))


def _margin(study: Study, printed: Printed, slack: int) -> Margin | str:
    kind = kind_of(study, printed)
    if isinstance(kind, str):
        return kind
    if printed.quantity.statistic == "n":
        count = Fraction(printed.number.exact or 0)
        return Margin(printed, kind, None, count, count)
    whole = _whole_of(study, printed)
    if isinstance(whole, str):
        return whole
    lower, upper = bounds(printed, slack)
    return Margin(
        printed, kind, whole, max(lower, Fraction(0)) / 100, min(upper / 100, Fraction(1))
    )


def _whole_of(study: Study, printed: Printed) -> Kind | str:
    """The patients that a percentage is of."""
    quantity = printed.quantity
    if quantity.outcome == PARTICIPANTS:
        return "the paper does not say of whom the participants are a percentage"
    outcome = study.vocabulary(quantity.outcome)
    if outcome.denominator_declared:
        return "the paper says of its denominator something else than its numbers do"
    around = group_of(study, quantity.arm_id, quantity.population, quantity.strata)
    if isinstance(around, str) or outcome.denominator != "within":
        return around
    parent = literal_of(study, level_of(outcome.within))
    return parent if isinstance(parent, str) else _together(around, [parent])


def _factors(study: Study) -> dict[str, Factor]:
    factors = {ARM: Factor(ARM, tuple(study.arms))}
    for name, population in study.populations.items():
        is_within = _populations_around(study, name) and not population.members
        if is_within and _is_described(study, name):
            factors[MEMBER + name] = Factor(MEMBER + name, (NO, YES))
    for name, outcome in (*study.variables.items(), *study.outcomes.items()):
        if outcome.kind in COUNTED_KINDS and not outcome.sum_of:
            factors[name] = Factor(name, _values(outcome))
    return factors


def _values(outcome: Outcome) -> tuple[str, ...]:
    if outcome.kind == "adverse-event":
        return (NO, YES, *outcome.levels, UNKNOWN)
    levels = tuple(outcome.levels) or (NO, YES)
    return (*levels, UNKNOWN)


def _rules(study: Study) -> Iterator[Rule]:
    for name, outcome in (*study.variables.items(), *study.outcomes.items()):
        if outcome.kind not in COUNTED_KINDS or outcome.sum_of:
            continue
        yield from _exhaustive(study, name, outcome)
        yield from _of_others(study, name, outcome)
    for name, population in study.populations.items():
        outer = study.populations.get(population.within)
        if outer and outer.id != WHOLE and not (population.members or outer.members):
            forbidden = (Literal(MEMBER + name, (YES,)), Literal(MEMBER + outer.id, (NO,)))
            yield Rule(forbidden, f"{population.label} are among {outer.label}")


def _exhaustive(study: Study, name: str, outcome: Outcome) -> Iterator[Rule]:
    """Who has a level, and who has none."""
    have = tuple(value for value in _values(outcome) if value not in (UNKNOWN, NO))
    if outcome.kind != "adverse-event":
        have = tuple(value for value in _values(outcome) if value != UNKNOWN)
    asked: list[Literal] = []
    if outcome.only_arm:
        others = tuple(arm for arm in study.arms if arm != outcome.only_arm)
        words = f"{outcome.label} is of {study.arms[outcome.only_arm].label} only"
        if others:
            yield Rule((Literal(ARM, others), Literal(name, have)), words)
        asked.append(Literal(ARM, (outcome.only_arm,)))
    if outcome.within:
        parent = literal_of(study, level_of(outcome.within))
        if isinstance(parent, Literal):
            outside = _complement(study, parent)
            words = f"{outcome.label} lies within {study.vocabulary(parent.factor).label}"
            yield Rule((outside, Literal(name, have)), words)
            asked.append(parent)
    if outcome.exhaustive:
        words = f"every patient{' there' if asked else ''} has one level of {outcome.label}"
        yield Rule((*asked, Literal(name, (UNKNOWN,))), words)


def _of_others(study: Study, name: str, outcome: Outcome) -> Iterator[Rule]:
    """A level that lies within a wider one, holds narrower ones, or is made up of others."""
    for level, wider in outcome.subset_of.items():
        inner, outer = literal_of(study, Level(name, level)), literal_of(study, level_of(wider))
        if isinstance(inner, Literal) and isinstance(outer, Literal):
            label = study.vocabulary(outer.factor).label
            words = f"{outcome.label} is taken to lie within {label}, by the words"
            yield Rule((inner, _complement(study, outer)), words, declared=True)
    for included in outcome.includes:
        inner, outer = (literal_of(study, Level(one, "")) for one in (included, name))
        if isinstance(inner, Literal) and isinstance(outer, Literal):
            label = study.vocabulary(included).label
            words = f"{outcome.label} is taken to hold {label}, by the names"
            yield Rule((inner, _complement(study, outer)), words, declared=True)
    for level, parts in outcome.level_sum_of.items():
        own, label = Literal(name, (level,)), outcome.levels.get(level, level)
        yield from _made_up_of(study, own, parts, f"{outcome.label}: {label} is made up of others")


def _made_up_of(study: Study, own: Literal, parts: Iterable[str], words: str) -> Iterator[Rule]:
    """In each arm, the level holds exactly where one of its parts does."""
    by_factor: dict[str, set[str]] = {}
    for part in map(level_of, parts):
        by_factor.setdefault(part.variable, set()).add(part.level)
    others = _complement(study, own)
    arms = set(study.arms)
    for factor, levels in by_factor.items():
        inside = Literal(factor, tuple(sorted(levels)))
        yield Rule((inside, others), words)
        only = study.vocabulary(factor).only_arm
        if only:
            arms.discard(only)
            yield Rule((Literal(ARM, (only,)), own, _complement(study, inside)), words)
    if arms != set(study.arms) and arms:
        yield Rule((Literal(ARM, tuple(sorted(arms))), own), words)


def _complement(study: Study, literal: Literal) -> Literal:
    values = _values(study.vocabulary(literal.factor))
    return Literal(literal.factor, tuple(v for v in values if v not in literal.values))
