"""How many patients a printed number is about, from the printed sizes and the vocabulary.

A quantity is split by arm (`by_arm`), by the levels of an outcome (`by_level`) or of a variable
that makes subgroups (`by_subgroup`), or into what a comparison holds against each other
(`compared`).  `counts` and `mention` look a quantity up, `every` and `total` need all of several.
Every lookup goes through `Study.by_quantity`, so the work grows with the numbers, not with their
square.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from livingreview_audit.intervals import counts_that_print
from livingreview_record import (
    ALL_ARMS,
    Level,
    Outcome,
    Printed,
    Quantity,
    Reported,
    Study,
    level_of,
    mention,
    table_first,
)

PARTICIPANTS, EVENT = "participants", "event"
T = TypeVar("T")


@dataclass(frozen=True)
class Count:
    """A number of patients and the printed numbers it comes from."""

    value: int
    numbers: tuple[Printed, ...]
    words: str

    def percent_of(self, whole: "Count") -> Fraction:
        """The exact percentage that this count is of another."""
        return Fraction(100 * self.value, whole.value)

    def of(self, whole: "Count") -> str:
        """Both values in words."""
        return f"{self.value} of {whole.value}"


def every(found: Iterable[T | None]) -> tuple[T, ...]:
    """All of them; nothing where one is missing.

    >>> every([1, 2]), every([1, None])
    ((1, 2), ())
    """
    some = tuple(found)
    known = tuple(one for one in some if one is not None)
    return known if len(known) == len(some) else ()


def total(parts: Iterable[Count | None]) -> Count | None:
    """Return the sum of counts; None where one is missing, or without any."""
    known = every(parts)
    if not known:
        return None
    words = " + ".join(part.words for part in known)
    return Count(sum(part.value for part in known), numbers_of(known), words)


def numbers_of(counts: Iterable[Count]) -> tuple[Printed, ...]:
    """The printed numbers that counts come from."""
    return tuple(number for count in counts for number in count.numbers)


def by_arm(study: Study, quantity: Quantity) -> list[Quantity]:
    """Return the quantity in each arm of the study."""
    return [replace(quantity, arm_id=arm) for arm in study.arms]


def by_level(quantity: Quantity, outcome: Outcome) -> list[Quantity]:
    """The quantity's group in each level of an outcome."""
    return [replace(quantity, outcome=outcome.id, category=level) for level in outcome.levels]


def by_subgroup(quantity: Quantity, variable: Outcome) -> list[Quantity]:
    """Return the quantity in each subgroup that a variable makes."""
    return [replace(quantity, subgroup=f"{variable.id}={level}") for level in variable.levels]


def compared(study: Study, quantity: Quantity) -> list[Quantity]:
    """The groups that a comparison holds against each other: two arms, or levels of a variable."""
    if not quantity.comparison:
        return []
    alone = replace(quantity, comparison="", adjustment="", method="")
    if quantity.comparison in study.comparisons:
        comparison = study.comparisons[quantity.comparison]
        arms = (comparison.experimental, comparison.control)
        return [replace(alone, arm_id=arm) for arm in arms]
    variable, levels = quantity.contrast
    within = f"{quantity.subgroup}&" if quantity.subgroup else ""
    return [
        replace(alone, subgroup=f"{within}{variable}={level}")
        for level in levels or study.vocabulary(variable).levels
    ]


def mentions(study: Study, quantities: Iterable[Quantity]) -> tuple[Printed, ...]:
    """The first place of each of these quantities; nothing where one is not printed."""
    return every(mention(study, quantity) for quantity in quantities)


def statistics(study: Study, quantity: Quantity, *names: str) -> tuple[Printed, ...]:
    """The first place of each of these statistics of a group; nothing where one is missing."""
    alone = replace(quantity, comparison="", method="")
    return mentions(study, (replace(alone, statistic=name) for name in names))


def counts(study: Study, quantity: Quantity) -> list[Count]:
    """The distinct printed counts of this quantity (any statistic named is replaced by `n`)."""
    found: dict[int, Count] = {}
    wanted = replace(quantity, statistic="n", method="")
    for place in table_first(study.by_quantity.get(wanted, ())):
        value = _whole_number(place.value)
        if value is not None and value not in found:
            found[value] = Count(value, (place,), place.value)
    return list(found.values())


def count(study: Study, quantity: Quantity) -> Count | None:
    """The printed count of this quantity, a table cell before a mention in the text."""
    return next(iter(counts(study, quantity)), None)


def counted(study: Study, quantities: Iterable[Quantity]) -> list[Count | None]:
    """The printed count of each of these quantities."""
    return [count(study, quantity) for quantity in quantities]


def count_or_implied(study: Study, quantity: Quantity) -> Count | None:
    """The printed count, or the only count of the group that its printed percentage allows."""
    printed = count(study, quantity)
    if printed is not None:
        return printed
    percent = replace(quantity, statistic="percent", method="")
    places = table_first(study.by_quantity.get(percent, ()))
    wholes = sizes(study, quantity) if places else []
    for place in places:
        fits = counts_that_print(place.number, wholes[0].value) if wholes else ()
        if len(fits) == 1:
            words = f"{fits[0]} ({place.value}% of {wholes[0].value})"
            return Count(fits[0], (place, *wholes[0].numbers), words)
    return None


def sum_of_arms(study: Study, quantity: Quantity) -> Count | None:
    """The arms' counts together, where the quantity is of all patients and every arm has one."""
    if quantity.arm_id != ALL_ARMS or len(study.arms) < 2:
        return None
    return total(counted(study, by_arm(study, quantity)))


def group_sizes(study: Study, quantity: Quantity) -> list[Count]:
    """Sizes of the group (arm, population, subgroup) that the quantity is about."""
    arms = [quantity.arm_id]
    if len(study.arms) == 1:  # the only arm of a study is all of its patients
        arms = list(dict.fromkeys((quantity.arm_id, *study.arms, ALL_ARMS)))
    found = dict[int, Count]()
    for arm in arms:
        for size in _sizes_of(study, arm, quantity):
            found.setdefault(size.value, size)
    return list(found.values())


def group_size(study: Study, quantity: Quantity) -> Count | None:
    """The first of the group's sizes."""
    return next(iter(group_sizes(study, quantity)), None)


def sizes(study: Study, quantity: Quantity) -> list[Count]:
    """Sizes that the percentages of this quantity are of, as the vocabulary declares them.

    The group's size; for an outcome classified `within` others with `denominator: within`,
    the size of those; for the number of participants, the population around theirs.
    """
    if quantity.outcome == PARTICIPANTS:
        return list(_around(study, quantity))
    outcome = study.vocabulary(quantity.outcome)
    if outcome.within and outcome.denominator == "within":
        return classified_within(study, quantity, outcome)
    return group_sizes(study, quantity)


def classified_within(study: Study, quantity: Quantity, outcome: Outcome) -> list[Count]:
    """Sizes of the patients that `outcome.within` names, in the quantity's group."""
    group = Quantity(quantity.arm_id, quantity.population, quantity.subgroup)
    around = group.of_level(level_of(outcome.within))
    implied = count_or_implied(study, around)
    return counts(study, around) or ([implied] if implied else [])


def group_words(study: Study, quantity: Quantity) -> str:
    """The group in words: arm, population, subgroup."""
    arm = study.arms.get(quantity.arm_id)
    words = [study.terms.fill("all {participants}") if arm is None else arm.label]
    if quantity.population in study.populations and quantity.population != "whole":
        words.append(study.populations[quantity.population].label)
    words += [subgroup_words(study, level) for level in quantity.strata]
    return ", ".join(words)


def subgroup_words(study: Study, stratum: Level) -> str:
    """Return the level of a variable in words."""
    declared = study.vocabulary(stratum.variable)
    return f"{declared.label}: {declared.levels.get(stratum.level, stratum.level)}"


def quantity_words(study: Study, quantity: Quantity) -> str:
    """The outcome and its category in words."""
    if quantity.category:
        return subgroup_words(study, Level(quantity.outcome, quantity.category))
    return study.vocabulary(quantity.outcome).label


def full_words(study: Study, quantity: Quantity) -> str:
    """The outcome, its category and the group in words."""
    return f"{quantity_words(study, quantity)} ({group_words(study, quantity)})"


def number_words(study: Study, number: Printed) -> str:
    """The outcome, its category and the statistic in words."""
    return f"{quantity_words(study, number.quantity)}, {number.quantity.statistic}"


@lru_cache(maxsize=4096)
def _whole_number(text: str) -> int | None:
    """Return the printed number as a count; None for a bound and for any other number."""
    number = Reported(text)
    is_count = number.relation == "=" and number.exact is not None and number.exact >= 0
    return int(number.value) if is_count and number.value == int(number.value) else None


def _sizes_of(study: Study, arm_id: str, quantity: Quantity) -> Iterator[Count]:
    group = Quantity(arm_id, quantity.population, quantity.subgroup, PARTICIPANTS)
    yield from counts(study, group)
    if quantity.stratum:
        yield from counts(study, replace(group, subgroup="").of_level(quantity.stratum))
    elif together := sum_of_arms(study, group):
        yield together


def _around(study: Study, quantity: Quantity) -> Iterator[Count]:
    """Sizes of the group around a group of participants: no subgroup, the population around."""
    if quantity.subgroup:
        yield from group_sizes(study, replace(quantity, subgroup=""))
    population = study.populations.get(quantity.population)
    if population is not None and population.within:
        yield from group_sizes(study, replace(quantity, population=population.within))
    if quantity.arm_id != ALL_ARMS:
        yield from group_sizes(study, replace(quantity, arm_id=ALL_ARMS))
