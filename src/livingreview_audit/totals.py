"""Counts against counts: parts that must add up, and groups that lie inside others.

Levels of a variable against the group, arms against all patients, subgroups against the group,
grades against any grade, response categories against the outcomes they define.  A sum above its
whole is impossible; a sum below it means patients who are in no printed part, which is discrepant
where the vocabulary says that every patient is in one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import comb

from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import (
    PARTICIPANTS,
    Count,
    arm_counts,
    classified_within,
    complete,
    count,
    full_words,
    group_size,
    group_sizes,
    group_words,
    known_count,
    level_counts,
    mention,
    quantity_words,
    total,
)
from livingreview_audit.vocabulary import HIGH_GRADES, LOW_GRADES, partition_of, supersets
from livingreview_record import ALL_ARMS, Quantity, Study, level_of

UNLIKELY = 0.001


@check("The levels of an exhaustive variable against the patients who are classified.")
def levels_add_up(study: Study) -> Iterator[Finding]:
    """Assumes what `exhaustive: true` declares: every patient is in exactly one level.  Fewer are
    implausible only, as some may not have been classified.
    """
    for group in _exhaustive(study, "n"):
        outcome = study.vocabulary(group.outcome)
        inside = classified_within(study, group, outcome) if outcome.within else []
        wholes = inside if outcome.within else group_sizes(study, group)
        levels = level_counts(study, group, outcome)
        about = full_words(study, group)
        for found in _add_up(about, levels, wholes, "patients", or_within=True):
            if found.verdict is Verdict.DISCREPANT:
                clause = "; possible only if these were not classified"
                found = found.but(Verdict.IMPLAUSIBLE, clause)
            yield found


@check("The percentages of an exhaustive variable's levels against 100, where counts are missing.")
def percentages_add_up(study: Study) -> Iterator[Finding]:
    """Assumes that every patient is in one level, and allows what rounding each of them gives."""
    for group in _exhaustive(study, "percent"):
        outcome = study.vocabulary(group.outcome)
        percent = replace(group, statistic="percent")
        levels = (replace(percent, category=level) for level in outcome.levels)
        shown = complete(mention(study, level) for level in levels)
        if not shown or complete(level_counts(study, group, outcome)):
            continue
        boxes = [Box.of(place.number) for place in shown]
        box = Box(sum(box.lower for box in boxes), sum(box.upper for box in boxes))
        parts = " + ".join(place.value for place in shown)
        summed = f"{sum(place.number.value for place in shown):.10g}"
        verdict = Verdict.REPRODUCED if box.contains(100.0) else Verdict.DISCREPANT
        said = f"{full_words(study, group)}: {parts} = {summed}%, of 100%."
        yield Finding(shown, parts, "100", verdict, said)


@check("A count of all patients against the sum of the arms' counts.")
def arms_add_up(study: Study) -> Iterator[Finding]:
    """Assumes that every patient of the study is in exactly one arm."""
    for quantity in _counted(study) if len(study.arms) > 1 else ():
        if quantity.arm_id == ALL_ARMS:
            about, whole = full_words(study, quantity), count(study, quantity)
            yield from _add_up(about, arm_counts(study, quantity), [whole], "all arms together")


@check("A count in every subgroup of an exhaustive variable against the count in the whole group.")
def subgroups_add_up(study: Study) -> Iterator[Finding]:
    """Assumes that every patient of the group is in exactly one level of the variable."""
    split = dict.fromkeys(
        (replace(q, subgroup=""), q.stratum.variable) for q in _counted(study) if q.stratum
    )
    for group, variable in split:
        by = study.vocabulary(variable)
        if by.exhaustive:
            levels = [replace(group, subgroup=f"{variable}={level}") for level in by.levels]
            parts = [count(study, level) for level in levels]
            about = f"{quantity_words(study, group)} by {by.label}"
            yield from _add_up(about, parts, [count(study, group)], "the whole group")


@check("Low and high grades of an adverse event against any grade, each patient at the worst.")
def grades_add_up(study: Study) -> Iterator[Finding]:
    """Assumes that a patient counts once, at the worst grade (CTCAE as trials report it); a sum
    above any grade is implausible only, for some papers count a patient in each.
    """
    for quantity in _counted(study):
        categories, _ = partition_of(study.vocabulary(quantity.outcome), quantity.category)
        if quantity.category == LOW_GRADES and categories == (LOW_GRADES, HIGH_GRADES):
            parts = [count(study, replace(quantity, category=grade)) for grade in categories]
            any_grade = replace(quantity, category="")
            whole, about = count(study, any_grade), full_words(study, any_grade)
            twice = "patients with events of both grades are counted in each"
            yield from _add_up(about, parts, [whole], "any grade", twice=twice)


@check("An outcome that is defined by levels of another (a response rate) against their sum.")
def outcome_of_levels(study: Study) -> Iterator[Finding]:
    """Assumes the definition in the vocabulary (RECIST 1.1: response is complete or partial)."""
    for outcome in study.outcomes.values():
        for of, levels in (outcome.sum_of or {}).items():
            for quantity in _about(study, outcome.id):
                parts = [replace(quantity, outcome=of, category=level) for level in levels]
                yield from _add_up(
                    full_words(study, quantity),
                    [known_count(study, part) for part in parts],
                    [known_count(study, quantity)],
                    "patients with the outcome",
                    or_within=True,
                )


@check("A count against the size of its group.")
def inside_its_group(study: Study) -> Iterator[Finding]:
    """Assumes that patients are counted, not events."""
    for quantity, part in _parts(study):
        around = group_sizes(study, quantity)
        if quantity.outcome != PARTICIPANTS and around:
            yield _at_most(full_words(study, quantity), part, around)


@check("A count against every other count that it must lie inside.")
def inside_a_wider_count(study: Study) -> Iterator[Finding]:
    """Assumes the vocabulary: grades, `within`, populations; where a subset rests on the usual
    meaning of the words (`subset_of`), a count above it is implausible only.
    """
    for quantity, part in _parts(study):
        for wider, by_definition in supersets(study, quantity):
            whole = count(study, wider)
            if whole is not None:
                found = _at_most(full_words(study, quantity), part, [whole])
                yield found if by_definition else _by_meaning(study, found, wider)


@check("The size of a population that is defined by outcomes against those patients' counts.")
def members_add_up(study: Study) -> Iterator[Finding]:
    """`members` of a population lists outcomes, or `outcome=level`, of the population around it."""
    for quantity in _counted(study):
        population = study.populations.get(quantity.population)
        if population is None or not population.members or quantity.outcome != PARTICIPANTS:
            continue
        around = replace(quantity, population=population.within or "whole")
        groups = [around.of_level(level_of(member)) for member in population.members]
        about = f"{population.label} ({group_words(study, around)})"
        parts = [known_count(study, group) for group in groups]
        yield from _add_up(about, parts, [count(study, quantity)], "patients")


@check("The patients with any included condition against those with each of them.")
def union_of_parts(study: Study) -> Iterator[Finding]:
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
            (study.vocabulary(outcome).label, part)
            for outcome in included
            if (part := count(study, replace(quantity, outcome=outcome))) and part.value
        ]
        whole, size = count(study, quantity), group_size(study, quantity) if included else None
        if whole is not None and size is not None and len(parts) > 1:
            found = _union(study, quantity, whole, size, parts)
            if found.verdict is Verdict.REPRODUCED:
                yield found
            else:
                unmet.setdefault(replace(quantity, arm_id=""), []).append(found)
    for row, findings in unmet.items():
        yield _unions(study, row, findings)


def chance_inside(part: int, whole: int, size: int) -> float:
    """Chance that `part` patients, drawn from `size`, are all among `whole` of them.

    >>> chance_inside(1, 5, 10)
    0.5
    """
    return comb(whole, part) / comb(size, part)


def _union(
    study: Study, quantity: Quantity, whole: Count, size: Count, parts: list[tuple[str, Count]]
) -> Finding:
    name, largest = max(parts, key=lambda part: part[1].value)
    rest = [(other, part) for other, part in parts if part is not largest]
    named = ", ".join(f"{part.value} with {other}" for other, part in rest)
    said = f"{whole.value} of {size.value}, {largest.value} with {name}, {named}"
    verdict = Verdict.REPRODUCED
    if whole.value < largest.value:
        verdict = Verdict.IMPLAUSIBLE
    elif whole.value == largest.value <= size.value:
        chance = min(chance_inside(part.value, whole.value, size.value) for _, part in rest)
        verdict = Verdict.IMPLAUSIBLE if chance < UNLIKELY else verdict
    used = (whole, largest, *(part for _, part in rest))
    numbers = tuple(number for part in used for number in part.numbers)
    text = f"{group_words(study, quantity)} {said}"
    return Finding(numbers, whole.words, f"at least {largest.value}", verdict, f"{text}.")


def _unions(study: Study, row: Quantity, findings: list[Finding]) -> Finding:
    first = findings[0]
    told = "; ".join(finding.explanation.removesuffix(".") for finding in findings)
    said = (
        f"{quantity_words(study, row)}: {told}; possible only if all who have another also have "
        "the most frequent one, or if not all of them are counted here."
    )
    numbers = dict.fromkeys(number for finding in findings for number in finding.numbers)
    touches = tuple(finding.numbers[0] for finding in findings[1:])
    return replace(first, numbers=tuple(numbers), explanation=said, touches=touches)


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
    known, together = complete(wholes), total(parts)
    if known and together is not None:
        yield _sum(about, together, known, of, twice)
    elif known and or_within:
        printed = total(part for part in parts if part is not None)
        if printed is not None:
            yield _at_most(about, printed, known)


def _sum(about: str, parts: Count, wholes: Sequence[Count], of: str, twice: str) -> Finding:
    fits = [one for one in wholes if one.value == parts.value]
    whole = (fits or wholes)[0]
    said = f"{about}: {parts.words} = {parts.value}, of {whole.value} {of}"
    verdict = Verdict.REPRODUCED
    if not fits and parts.value > max(one.value for one in wholes):
        verdict = Verdict.IMPLAUSIBLE if twice else Verdict.IMPOSSIBLE
        over = parts.value - whole.value
        said += f"; possible only if {twice}" if twice else f"; {over} too many"
    elif not fits:
        verdict = Verdict.DISCREPANT
        said += f"; {whole.value - parts.value} in no printed part"
    numbers = (*parts.numbers, *whole.numbers)
    return Finding(numbers, parts.words, str(whole.value), verdict, f"{said}.")


def _at_most(about: str, part: Count, wholes: Iterable[Count]) -> Finding:
    """The part may not exceed the largest printed size of its whole."""
    whole = max(wholes, key=lambda one: one.value)
    fits = part.value <= whole.value
    verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
    said = f"{about}: {part.words} {'is within' if fits else 'is more than'} {whole.words}."
    numbers = (*part.numbers, *whole.numbers)
    return Finding(numbers, part.words, f"at most {whole.value}", verdict, said)


def _by_meaning(study: Study, found: Finding, wider: Quantity) -> Finding:
    """A subset by the meaning of the words: the paper may use them otherwise."""
    if found.verdict is Verdict.REPRODUCED:
        return found
    clause = f" of {quantity_words(study, wider)}; possible only if it is not counted among these"
    return found.but(Verdict.IMPLAUSIBLE, clause)


def _parts(study: Study) -> Iterator[tuple[Quantity, Count]]:
    """Every count of patients, with its quantity."""
    for quantity in _counted(study):
        part = count(study, quantity)
        if part is not None and study.vocabulary(quantity.outcome).kind != "design":
            yield quantity, part


def _counted(study: Study, *statistics: str) -> Iterator[Quantity]:
    """Every quantity of these statistics (else every count of patients), once."""
    for quantity in study.by_quantity:
        if quantity.statistic in (statistics or ("n",)) and not quantity.comparison:
            yield quantity


def _about(study: Study, outcome: str) -> Iterable[Quantity]:
    """Groups for which a count or a percentage of the outcome is printed."""
    printed = _counted(study, "n", "percent")
    return dict.fromkeys(replace(q, statistic="n") for q in printed if q.outcome == outcome)


def _exhaustive(study: Study, statistic: str) -> Iterable[Quantity]:
    """Groups in which a level of an exhaustive outcome is printed, without the level."""
    return dict.fromkeys(
        replace(quantity, category="", statistic="n")
        for quantity in _counted(study, statistic)
        if quantity.category and study.vocabulary(quantity.outcome).exhaustive
    )
