"""Counts against counts: parts that must add up, and groups that lie inside others.

Levels of a variable against the group, arms against all patients, subgroups against the group,
grades against any grade, response categories against the outcomes they define.  A sum above its
whole is impossible; a sum below it means patients who are in no printed part, which is discrepant
where the vocabulary says that every patient is in one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import comb

from livingreview_audit.audited import (
    PARTICIPANTS,
    Audited,
    Count,
    by_subgroup,
    every,
    numbers_of,
    total,
)
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import UNLIKELY, Box, added
from livingreview_audit.vocabulary import partition_of, supersets
from livingreview_record import ALL_ARMS, Quantity, level_of


@check("The levels of an exhaustive variable against the {participants} who are classified.")
def levels_add_up(study: Audited) -> Iterator[Finding]:
    """Assumes what `exhaustive: true` declares: every patient is in exactly one level.  Fewer are
    implausible only, as some may not have been classified.
    """
    for group in _exhaustive(study, "n"):
        within = study.vocabulary(group.outcome).within
        wholes = study.classified_within(group) if within else study.group_sizes(group)
        levels = study.counted(study.by_level(group))
        about = study.full_words(group)
        for found in _add_up(about, levels, wholes, "{participants}", or_within=True):
            if found.verdict is Verdict.DISCREPANT:
                clause = "; possible only if these were not classified"
                found = found.but(Verdict.IMPLAUSIBLE, clause)
            yield found


@check("The percentages of an exhaustive variable's levels against 100, where counts are missing.")
def percentages_add_up(study: Audited) -> Iterator[Finding]:
    """Assumes that every patient is in one level, and allows what rounding each of them gives."""
    for group in _exhaustive(study, "percent"):
        levels = study.by_level(group)
        shown = study.mentions(replace(level, statistic="percent") for level in levels)
        if shown and not every(study.counted(levels)):
            fits = added(Box.of(place.number) for place in shown).contains(100.0)
            verdict = unless(fits, Verdict.DISCREPANT)
            parts = " + ".join(place.value for place in shown)
            said = f"{parts} = {sum(place.number.value for place in shown):.10g}%, of 100%"
            about = study.full_words(group)
            yield Finding.on(shown, about, said, verdict, "100", reported=parts)


@check("A count of all {participants} against the sum of the arms' counts.")
def arms_add_up(study: Audited) -> Iterator[Finding]:
    """Assumes that every patient of the study is in exactly one arm."""
    for quantity in _counted(study) if len(study.arms) > 1 else ():
        if quantity.arm_id == ALL_ARMS:
            about, whole = study.full_words(quantity), study.count(quantity)
            arms = study.counted(study.by_arm(quantity))
            yield from _add_up(about, arms, [whole], "all arms together")


@check("A count in every subgroup of an exhaustive variable against the count in the whole group.")
def subgroups_add_up(study: Audited) -> Iterator[Finding]:
    """Assumes that every patient of the group is in exactly one level of the variable."""
    split = dict.fromkeys(
        (replace(q, subgroup=""), q.stratum.variable) for q in _counted(study) if q.stratum
    )
    for group, variable in split:
        by = study.vocabulary(variable)
        if by.exhaustive:
            parts = study.counted(by_subgroup(group, by))
            about = f"{study.quantity_words(group)} by {by.label}"
            yield from _add_up(about, parts, [study.count(group)], "the whole group")


@check(
    "Low and high grades of an adverse event against any grade, each {participant} at the worst."
)
def grades_add_up(study: Audited) -> Iterator[Finding]:
    """Assumes that a patient counts once, at the worst grade (CTCAE as trials report it); a sum
    above any grade is implausible only, for some papers count a patient in each.
    """
    for quantity in _counted(study):
        grades, _ = partition_of(study, quantity)
        if grades == study.roles.any_grade and quantity.category in grades[:1]:
            parts = study.counted(replace(quantity, category=grade) for grade in grades)
            any_grade = replace(quantity, category="")
            whole, about = study.count(any_grade), study.full_words(any_grade)
            twice = "{participants} with events of both grades are counted in each"
            yield from _add_up(about, parts, [whole], "any grade", twice=twice)


@check("An outcome that is defined by levels of another (a response rate) against their sum.")
def outcome_of_levels(study: Audited) -> Iterator[Finding]:
    """Assumes the definition in the vocabulary (RECIST 1.1: response is complete or partial)."""
    for outcome in (one for one in study.outcomes.values() if one.sum_of):
        printed = (q for q in _counted(study, "n", "percent") if q.outcome == outcome.id)
        groups = dict.fromkeys(replace(q, statistic="n") for q in printed)
        for of, levels in outcome.sum_of.items():
            for quantity in groups:
                parts = [replace(quantity, outcome=of, category=level) for level in levels]
                yield from _add_up(
                    study.full_words(quantity),
                    [study.count_or_implied(part) for part in parts],
                    [study.count_or_implied(quantity)],
                    "{participants} with the outcome",
                    or_within=True,
                )


@check("A count against the size of its group.")
def inside_its_group(study: Audited) -> Iterator[Finding]:
    """Assumes that patients are counted, not events."""
    for quantity, part in _parts(study):
        around = study.group_sizes(quantity)
        if quantity.outcome != PARTICIPANTS and around:
            yield _at_most(study.full_words(quantity), part, around)


@check("A count against every other count that it must lie inside.")
def inside_a_wider_count(study: Audited) -> Iterator[Finding]:
    """Assumes the vocabulary: grades, `within`, populations; where a subset rests on the usual
    meaning of the words (`subset_of`), a count above it is implausible only.
    """
    for quantity, part in _parts(study):
        for wider, by_definition in supersets(study, quantity):
            whole = study.count_or_sum(wider)
            if whole is None:
                continue
            found = _at_most(study.full_words(quantity), part, [whole])
            if not by_definition and found.verdict is not Verdict.REPRODUCED:
                of = study.quantity_words(wider)
                clause = f" of {of}; possible only if some of the first are not among the second"
                found = found.but(Verdict.IMPLAUSIBLE, clause)
            yield found


@check("The size of a population that is defined by outcomes against those {participants}' counts.")
def members_add_up(study: Audited) -> Iterator[Finding]:
    """`members` of a population lists outcomes, or `outcome=level`, of the population around it."""
    for quantity in _counted(study):
        population = study.populations.get(quantity.population)
        if population is not None and population.members and quantity.outcome == PARTICIPANTS:
            around = replace(quantity, population=population.within or "whole")
            groups = [around.of_level(level_of(member)) for member in population.members]
            about = f"{population.label} ({study.group_words(around)})"
            parts = [study.count_or_implied(group) for group in groups]
            yield from _add_up(about, parts, [study.count(quantity)], "{participants}")


@check("The {participants} with any included condition against those with each of them.")
def union_of_parts(study: Audited) -> Iterator[Finding]:
    """Where the vocabulary says that an outcome `includes` others (different conditions, each of
    which counts as the outcome), its patients are their union: at least as many as the most
    frequent one.  When it is no more than that one, every patient with another condition also has
    it.  Implausible where chance would seldom do this, if conditions fell on patients
    independently (hypergeometric); the arms and all patients are told together.
    """
    unmet: dict[Quantity, list[Finding]] = {}
    for quantity in _counted(study):
        included = study.vocabulary(quantity.outcome).includes
        parts = [
            (part, study.vocabulary(outcome).label)
            for outcome in included
            if (part := study.count(replace(quantity, outcome=outcome))) and part.value
        ]
        whole, size = study.count(quantity), study.group_size(quantity) if included else None
        if whole is None or size is None or len(parts) < 2:
            continue
        largest, name = max(parts, key=lambda part: part[0].value)
        rest = [part for part in parts if part[0] is not largest]
        no_more = whole.value == largest.value <= size.value and any(
            chance_inside(part.value, whole.value, size.value) < UNLIKELY for part, _ in rest
        )
        unlikely = whole.value < largest.value or no_more
        said = f"{whole.of(size)}, {largest.value} with {name}"
        said += "".join(f", {part.value} with {other}" for part, other in rest)
        numbers = numbers_of((whole, largest, *(part for part, _ in rest)))
        text, least = f"{study.group_words(quantity)} {said}.", f"at least {largest.value}"
        verdict = unless(not unlikely, Verdict.IMPLAUSIBLE)
        found = Finding(numbers, whole.words, least, verdict, text)
        if unlikely:
            unmet.setdefault(replace(quantity, arm_id=""), []).append(found)
        else:
            yield found
    for row, findings in unmet.items():
        told = "; ".join(finding.explanation.removesuffix(".") for finding in findings)
        yield replace(
            findings[0],
            numbers=tuple(dict.fromkeys(n for finding in findings for n in finding.numbers)),
            explanation=f"{study.quantity_words(row)}: {told}; possible only if all who have "
            "another also have the most frequent one, or if not all of them are counted here.",
            touches=tuple(finding.numbers[0] for finding in findings[1:]),
        )


def chance_inside(part: int, whole: int, size: int) -> float:
    """Chance that `part` patients, drawn from `size`, are all among `whole` of them.

    >>> chance_inside(1, 5, 10)
    0.5
    """
    return comb(whole, part) / comb(size, part)


def _add_up(
    about: str,
    parts: Sequence[Count | None],
    wholes: Sequence[Count | None],
    of: str,
    *,
    twice: str = "",
    or_within: bool = False,
) -> Iterator[Finding]:
    """The sum of the parts against its whole (one of several, the first the usual one).

    `twice` says how a patient may be in two parts, if one may.  Where a part is not printed
    nothing is said, or, `or_within`, the others may not exceed the whole.
    """
    known, together = every(wholes), total(parts)
    printed = total(part for part in parts if part is not None)
    if known and together is not None:
        fits = [one for one in known if one.value == together.value]
        whole = (fits or known)[0]
        over = together.value - whole.value
        above = not fits and together.value > max(one.value for one in known)
        verdict, why = first_true(
            (fits, Verdict.REPRODUCED, ""),
            (above and twice, Verdict.IMPLAUSIBLE, f"; possible only if {twice}"),
            (above, Verdict.IMPOSSIBLE, f"; {over} too many"),
            (True, Verdict.DISCREPANT, f"; {-over} in no printed part"),
        )
        words, size = together.words, str(whole.value)
        said = f"{words} = {together.value}, of {size} {of}{why}"
        numbers = (*together.numbers, *whole.numbers)
        yield Finding.on(numbers, about, said, verdict, size, reported=words)
    elif known and or_within and printed is not None:
        yield _at_most(about, printed, known)


def _at_most(about: str, part: Count, wholes: Iterable[Count]) -> Finding:
    """The part may not exceed the largest printed size of its whole."""
    whole = max(wholes, key=lambda one: one.value)
    fits = part.value <= whole.value
    said = f"{part.words} {'is within' if fits else 'is more than'} {whole.words}"
    numbers, most = (*part.numbers, *whole.numbers), f"at most {whole.value}"
    verdict = unless(fits, Verdict.IMPOSSIBLE)
    return Finding.on(numbers, about, said, verdict, most, reported=part.words)


def _parts(study: Audited) -> Iterator[tuple[Quantity, Count]]:
    """Every count of patients, with its quantity."""
    for quantity in _counted(study):
        part = study.count(quantity)
        if part is not None and study.vocabulary(quantity.outcome).kind != "design":
            yield quantity, part


def _counted(study: Audited, *statistics: str) -> Iterator[Quantity]:
    """Every quantity of these statistics (else every count of patients), once."""
    for quantity in study.by_quantity:
        if quantity.statistic in (statistics or ("n",)) and not quantity.comparison:
            yield quantity


def _exhaustive(study: Audited, statistic: str) -> Iterable[Quantity]:
    """Groups in which a level of an exhaustive outcome is printed, without the level."""
    return dict.fromkeys(
        replace(quantity, category="", statistic="n")
        for quantity in _counted(study, statistic)
        if quantity.category and study.vocabulary(quantity.outcome).exhaustive
    )
