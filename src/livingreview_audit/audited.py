"""A study as its checks look at it: which count, size or mention a printed number belongs to.

Every lookup goes through `by_quantity`, so the work grows with the numbers, not with their square.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from livingreview_audit.intervals import counts_that_print
from livingreview_record import (
    ALL_ARMS,
    Level,
    Outcome,
    Printed,
    Quantity,
    Reported,
    Statement,
    Study,
    level_of,
    mention,
    table_first,
)

PARTICIPANTS, EVENT = "participants", "event"
SHARES = frozenset({"categorical", "binary", "adverse-event"})  # kinds with shares of patients
T = TypeVar("T")
Numbers: TypeAlias = tuple[Printed, ...]


class Count(NamedTuple):
    """A number of patients and the printed numbers it comes from."""

    value: int
    numbers: Numbers
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
    known: list[T] = []
    for one in found:
        if one is None:
            return ()
        known.append(one)
    return tuple(known)


def total(parts: Iterable[Count | None]) -> Count | None:
    """Return the sum of counts; None where one is missing, or without any."""
    known = every(parts)
    if not known:
        return None
    words = " + ".join(part.words for part in known)
    return Count(sum(part.value for part in known), numbers_of(known), words)


def numbers_of(counts: Iterable[Count]) -> Numbers:
    """The printed numbers that counts come from."""
    return tuple(number for count in counts for number in count.numbers)


def by_subgroup(quantity: Quantity, variable: Outcome) -> Iterator[Quantity]:
    """Return the quantity in each subgroup that a variable makes."""
    return (replace(quantity, subgroup=f"{variable.id}={level}") for level in variable.levels)


@lru_cache(maxsize=4096)
def _whole_number(text: str) -> int | None:
    """Return the printed number as a count; None for a bound and for any other number."""
    number = Reported(text)
    is_count = number.relation == "=" and number.exact is not None and number.exact >= 0
    return int(number.value) if is_count and number.value == int(number.value) else None


class Audited(Study):
    """A study with the lookups that its checks share.

    A quantity is split by arm (`by_arm`), by level (`by_level`), or into what a comparison holds
    against each other (`compared`).  `count`, `mentions` and `statistics` look a quantity up,
    `group_sizes` and `sizes` say of how many patients it is, and `..._words` put it in words.
    """

    @classmethod
    def of(cls, study: Study) -> "Audited":
        """Return the study with these lookups."""
        if isinstance(study, cls):
            return study
        return cls(**{field.name: getattr(study, field.name) for field in fields(study)})

    def by_arm(self, quantity: Quantity) -> list[Quantity]:
        """Return the quantity in each arm of the study."""
        return [replace(quantity, arm_id=arm) for arm in self.arms]

    def by_level(self, quantity: Quantity) -> list[Quantity]:
        """Return the quantity in each level of its outcome."""
        levels = self.vocabulary(quantity.outcome).levels
        return [replace(quantity, category=level) for level in levels]

    def compared(self, quantity: Quantity) -> list[Quantity]:
        """What a comparison sets against each other: two arms, or levels of a variable."""
        if not quantity.comparison:
            return []
        alone = replace(quantity, comparison="", adjustment="", method="")
        if quantity.comparison in self.comparisons:
            comparison = self.comparisons[quantity.comparison]
            arms = (comparison.experimental, comparison.control)
            return [replace(alone, arm_id=arm) for arm in arms]
        variable, levels = quantity.contrast
        within = f"{quantity.subgroup}&" if quantity.subgroup else ""
        return [
            replace(alone, subgroup=f"{within}{variable}={level}")
            for level in levels or self.vocabulary(variable).levels
        ]

    def mention(self, quantity: Quantity) -> Printed | None:
        """The first place of this quantity, a table cell before the text."""
        return mention(self, quantity)

    def mentions(self, quantities: Iterable[Quantity]) -> Numbers:
        """The first place of each of these quantities; nothing where one is not printed."""
        return every(mention(self, quantity) for quantity in quantities)

    def statistics(self, quantity: Quantity, *names: str) -> Numbers:
        """The first place of each of these statistics of a group; nothing where one is missing."""
        alone = replace(quantity, comparison="", method="")
        return self.mentions(replace(alone, statistic=name) for name in names)

    def counts(self, quantity: Quantity) -> list[Count]:
        """The distinct printed counts of this quantity (any statistic named is replaced by `n`)."""
        found: dict[int, Count] = {}
        wanted = replace(quantity, statistic="n", method="")
        for place in table_first(self.by_quantity.get(wanted, ())):
            value = _whole_number(place.value)
            if value is not None and value not in found:
                found[value] = Count(value, (place,), place.value)
        return list(found.values())

    def count(self, quantity: Quantity) -> Count | None:
        """The printed count of this quantity, a table cell before a mention in the text."""
        return next(iter(self.counts(quantity)), None)

    def counted(self, quantities: Iterable[Quantity]) -> list[Count | None]:
        """The printed count of each of these quantities."""
        return list(map(self.count, quantities))

    def count_or_implied(self, quantity: Quantity) -> Count | None:
        """The printed count, or the only count of the group that its printed percentage allows."""
        printed = self.count(quantity)
        if printed is not None:
            return printed
        percent = replace(quantity, statistic="percent", method="")
        places = table_first(self.by_quantity.get(percent, ()))
        wholes = self.sizes(quantity) if places else []
        for place in places:
            fits = counts_that_print(place.number, wholes[0].value) if wholes else ()
            if len(fits) == 1:
                words = f"{fits[0]} ({place.value}% of {wholes[0].value})"
                return Count(fits[0], (place, *wholes[0].numbers), words)
        return None

    def count_or_sum(self, quantity: Quantity) -> Count | None:
        """The count of a level, or of the levels of other variables that are added up to it.

        `level_sum_of` of the variable names them.  Another variable that classifies `only_arm` has
        its counts there; a count of all patients then rests on that arm.
        """
        links = self.vocabulary(quantity.outcome).level_sum_of.get(quantity.category, ())
        groups = [quantity.of_level(level_of(link)) for link in links]
        if quantity.arm_id == ALL_ARMS:
            only = (self.vocabulary(group.outcome).only_arm or ALL_ARMS for group in groups)
            groups = [replace(group, arm_id=arm) for group, arm in zip(groups, only, strict=True)]
        return self.count(quantity) or total(self.counted(groups))

    def sum_of_arms(self, quantity: Quantity) -> Count | None:
        """The arms' counts together, for a quantity of all patients of which every arm has one."""
        if quantity.arm_id != ALL_ARMS or len(self.arms) < 2:
            return None
        return total(self.counted(self.by_arm(quantity)))

    def group_sizes(self, quantity: Quantity) -> list[Count]:
        """Sizes of the group (arm, population, subgroup) that the quantity is about."""
        arms = [quantity.arm_id]
        if len(self.arms) == 1:  # the only arm of a study is all of its patients
            arms = list(dict.fromkeys((quantity.arm_id, *self.arms, ALL_ARMS)))
        found = dict[int, Count]()
        for arm in arms:
            group = Quantity(arm, quantity.population, quantity.subgroup, PARTICIPANTS)
            sizes = self.counts(group)
            if quantity.stratum:
                sizes += self.counts(replace(group, subgroup="").of_level(quantity.stratum))
            elif together := self.sum_of_arms(group):
                sizes.append(together)
            for size in sizes:
                found.setdefault(size.value, size)
        return list(found.values())

    def group_size(self, quantity: Quantity) -> Count | None:
        """The first of the group's sizes."""
        return next(iter(self.group_sizes(quantity)), None)

    def sizes(self, quantity: Quantity) -> list[Count]:
        """Sizes that the percentages of this quantity are of, as the vocabulary declares them.

        The group's size; for an outcome classified `within` others with `denominator: within`,
        the size of those; for the number of participants, the population around theirs.
        """
        if quantity.outcome == PARTICIPANTS:
            return list(self._around(quantity))
        outcome = self.vocabulary(quantity.outcome)
        if outcome.within and outcome.denominator == "within":
            return self.classified_within(quantity)
        return self.group_sizes(quantity)

    def _around(self, quantity: Quantity) -> Iterator[Count]:
        """Sizes of the group around one of participants: no subgroup, the population around."""
        if quantity.subgroup:
            yield from self.group_sizes(replace(quantity, subgroup=""))
        population = self.populations.get(quantity.population)
        if population is not None and population.within:
            yield from self.group_sizes(replace(quantity, population=population.within))
        if quantity.arm_id != ALL_ARMS:
            yield from self.group_sizes(replace(quantity, arm_id=ALL_ARMS))

    def classified_within(self, quantity: Quantity) -> list[Count]:
        """Sizes of the patients that `within` of the outcome names, in the quantity's group."""
        group = Quantity(quantity.arm_id, quantity.population, quantity.subgroup)
        around = group.of_level(level_of(self.vocabulary(quantity.outcome).within))
        implied = self.count_or_implied(around)
        return self.counts(around) or ([implied] if implied else [])

    def is_adverse_event(self, quantity: Quantity) -> bool:
        """Whether the quantity is of an adverse event, with or without a grade."""
        return self.vocabulary(quantity.outcome).kind == "adverse-event"

    def stated(self, *kinds: str) -> Iterator[Statement]:
        """What the text says, as far as `study.yaml` records it, of these kinds."""
        return (statement for statement in self.statements if statement.kind in kinds)

    def group_words(self, quantity: Quantity) -> str:
        """The group in words: arm, population, subgroup."""
        arm = self.arms.get(quantity.arm_id)
        words = [self.terms.fill("all {participants}") if arm is None else arm.label]
        if quantity.population in self.populations and quantity.population != "whole":
            words.append(self.populations[quantity.population].label)
        words += [self.subgroup_words(level) for level in quantity.strata]
        return ", ".join(words)

    def subgroup_words(self, stratum: Level) -> str:
        """Return the level of a variable in words."""
        declared = self.vocabulary(stratum.variable)
        return f"{declared.label}: {declared.levels.get(stratum.level, stratum.level)}"

    def quantity_words(self, quantity: Quantity) -> str:
        """The outcome and its category in words."""
        if quantity.category:
            return self.subgroup_words(Level(quantity.outcome, quantity.category))
        return self.vocabulary(quantity.outcome).label

    def full_words(self, quantity: Quantity) -> str:
        """The outcome, its category and the group in words."""
        return f"{self.quantity_words(quantity)} ({self.group_words(quantity)})"

    def number_words(self, number: Printed) -> str:
        """The outcome, its category and the statistic in words."""
        return f"{self.quantity_words(number.quantity)}, {number.quantity.statistic}"

    def comparison_words(self, quantity: Quantity) -> str:
        """What is compared, in whom."""
        if quantity.comparison in self.comparisons:
            words = self.comparisons[quantity.comparison].label
        else:
            variable, levels = quantity.contrast
            declared = self.vocabulary(variable)
            named = [declared.levels.get(level, level) for level in levels]
            words = f"{declared.label} ({' against '.join(named)})" if named else declared.label
        for stratum in quantity.strata:
            words += f", in {self.subgroup_words(stratum)}"
        if quantity.population != "whole" and quantity.population in self.populations:
            words += f", {self.populations[quantity.population].label}"
        return words

    def compared_words(self, quantity: Quantity) -> str:
        """The outcome, and what is compared in whom."""
        return f"{self.vocabulary(quantity.outcome).label}, {self.comparison_words(quantity)}"
