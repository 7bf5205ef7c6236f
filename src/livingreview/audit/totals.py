"""Counts against counts: parts that must add up, and groups that lie inside others.

Levels of a variable against the group, arms against all patients, subgroups against the group,
grades against any grade, response categories against the outcomes they define.  A sum above its
whole is impossible; a sum below it means patients who are in no printed part, which is discrepant
where the vocabulary says that every patient is in one.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import (
    PARTICIPANTS,
    Count,
    classified_within,
    count,
    group_sizes,
    group_words,
    known_count,
    level_counts,
    quantity_words,
    table_first,
    total,
)
from livingreview.audit.vocabulary import (
    HIGH_GRADES,
    LOW_GRADES,
    partition_of,
    supersets,
)
from livingreview.studies import ALL_ARMS, Outcome, Printed, Quantity, Study


@dataclass(frozen=True)
class _Sum:
    """Counts that must add up to one of the wholes (the first is the usual one)."""

    about: str
    parts: tuple[Count, ...]
    wholes: tuple[Count, ...]
    of: str
    twice: str = ""  # how a patient may be in two parts, if one may


def levels_add_up(study: Study) -> Iterator[Finding]:
    """The levels of an exhaustive variable against the patients who are classified."""
    for group in _groups(study, lambda outcome: outcome.exhaustive):
        outcome = study.vocabulary(group.outcome)
        levels = level_counts(study, group, outcome)
        wholes = _classified(study, group, outcome)
        if not wholes:
            continue
        about = f"{outcome.label} ({group_words(study, group)})"
        if levels.keys() == set(outcome.levels):
            of = "patients"
            check = _Sum(about, tuple(levels.values()), tuple(wholes), of)
            yield _judge(check)
        else:
            yield _at_most(about, total(levels.values()), wholes)


def percentages_add_up(study: Study) -> Iterator[Finding]:
    """The percentages of an exhaustive variable's levels against 100, where counts are missing."""
    for group in _groups(study, lambda outcome: outcome.exhaustive, statistic="percent"):
        outcome = study.vocabulary(group.outcome)
        shown = [
            places[0]
            for level in outcome.levels
            if (places := _places(study, replace(group, category=level, statistic="percent")))
        ]
        if len(level_counts(study, group, outcome)) == len(outcome.levels) or len(shown) < len(
            outcome.levels
        ):
            continue
        box = _sum_box(Box.of(place.number) for place in shown)
        parts = " + ".join(place.value for place in shown)
        summed = f"{sum(place.number.value for place in shown):.10g}"
        verdict = Verdict.REPRODUCED if box.contains(100.0) else Verdict.DISCREPANT
        said = f"{outcome.label} ({group_words(study, group)}): {parts} = {summed}%, of 100%."
        yield Finding(tuple(shown), parts, "100", verdict, said)


def arms_add_up(study: Study) -> Iterator[Finding]:
    """A count of all patients against the sum of the arms' counts."""
    if len(study.arms) < 2:
        return
    for quantity in _counted(study):
        if quantity.arm_id != ALL_ARMS:
            continue
        whole = count(study, quantity)
        arms = [count(study, replace(quantity, arm_id=arm)) for arm in study.arms]
        parts = tuple(arm for arm in arms if arm is not None)
        if whole is not None and len(parts) == len(arms):
            about = f"{quantity_words(study, quantity)} ({group_words(study, quantity)})"
            yield _judge(_Sum(about, parts, (whole,), "all arms together"))


def subgroups_add_up(study: Study) -> Iterator[Finding]:
    """A count in every subgroup of an exhaustive variable against the count in the whole group."""
    seen: set[tuple[Quantity, str]] = set()
    for quantity in _counted(study):
        variable = quantity.subgroup.partition("=")[0]
        group = replace(quantity, subgroup="")
        if not quantity.subgroup or "&" in quantity.subgroup or (group, variable) in seen:
            continue
        seen.add((group, variable))
        outcome = study.vocabulary(variable)
        parts = [
            count(study, replace(group, subgroup=f"{variable}={level}")) for level in outcome.levels
        ]
        known = tuple(part for part in parts if part is not None)
        whole = count(study, group)
        if outcome.exhaustive and whole is not None and len(known) == len(parts):
            about = f"{quantity_words(study, group)} by {outcome.label}"
            yield _judge(_Sum(about, known, (whole,), "the whole group"))


def grades_add_up(study: Study) -> Iterator[Finding]:
    """Low and high grades of an adverse event against any grade, each patient at the worst."""
    for quantity in _counted(study):
        outcome = study.vocabulary(quantity.outcome)
        if partition_of(outcome, quantity.category) != ((LOW_GRADES, HIGH_GRADES), ""):
            continue
        low, high, whole = (
            count(study, replace(quantity, category=c)) for c in (LOW_GRADES, HIGH_GRADES, "")
        )
        if quantity.category == LOW_GRADES and low and high and whole:
            about = f"{outcome.label} ({group_words(study, quantity)})"
            twice = "patients with events of both grades are counted in each"
            yield _judge(_Sum(about, (low, high), (whole,), "any grade", twice=twice))


def outcome_of_levels(study: Study) -> Iterator[Finding]:
    """An outcome that is defined by levels of another (a response rate) against their sum."""
    for outcome in study.outcomes.values():
        for of, levels in (outcome.sum_of or {}).items():
            for quantity in _about(study, outcome.id):
                known = known_count(study, quantity)
                parts = [
                    known_count(study, replace(quantity, outcome=of, category=level))
                    for level in levels
                ]
                printed = tuple(part for part in parts if part is not None)
                about = f"{outcome.label} ({group_words(study, quantity)})"
                if known is None or not printed:
                    continue
                if len(printed) == len(parts):
                    of_words = "patients with the outcome"
                    check = _Sum(about, printed, (known,), of_words)
                    yield _judge(check)
                else:
                    yield _at_most(about, total(printed), [known])


def inside_its_group(study: Study) -> Iterator[Finding]:
    """A count against the size of its group."""
    for quantity, part in _parts(study):
        around = group_sizes(study, quantity)
        if quantity.outcome != PARTICIPANTS and around:
            about = f"{quantity_words(study, quantity)} ({group_words(study, quantity)})"
            yield _at_most(about, part, around)


def inside_a_wider_count(study: Study) -> Iterator[Finding]:
    """A count against every other count that it must lie inside."""
    for quantity, part in _parts(study):
        about = f"{quantity_words(study, quantity)} ({group_words(study, quantity)})"
        for wider, by_definition in supersets(study, quantity):
            whole = count(study, wider)
            if whole is not None:
                found = _at_most(about, part, [whole])
                yield found if by_definition else _by_meaning(study, found, wider)


def members_add_up(study: Study) -> Iterator[Finding]:
    """The size of a population that is defined by outcomes against those patients' counts.

    ``members`` of a population lists outcomes, or ``outcome=level``, of the population around it.
    """
    declared = study.details.get("populations", {})
    for quantity in _counted(study):
        population = study.populations.get(quantity.population)
        members = declared.get(quantity.population, {}).get("members", ())
        if not members or population is None or quantity.outcome != PARTICIPANTS:
            continue
        around = replace(quantity, population=population.within or "whole")
        named = [member.partition("=") for member in members]
        parts = [
            known_count(study, replace(around, outcome=outcome, category=level))
            for outcome, _, level in named
        ]
        known, whole = tuple(part for part in parts if part), count(study, quantity)
        if len(known) == len(parts) and whole is not None:
            about = f"{population.label} ({group_words(study, around)})"
            yield _judge(_Sum(about, known, (whole,), "patients"))


def _parts(study: Study) -> Iterator[tuple[Quantity, Count]]:
    """Every count of patients, with its quantity."""
    for quantity in _counted(study):
        part = count(study, quantity)
        if part is not None and study.vocabulary(quantity.outcome).kind != "design":
            yield quantity, part


def _judge(check: _Sum) -> Finding:
    parts, whole = total(check.parts), check.wholes[0]
    fits = [one for one in check.wholes if one.value == parts.value]
    numbers = (*parts.numbers, *(fits or [whole])[0].numbers)
    arithmetic = f"{parts.words} = {parts.value}, of {(fits or [whole])[0].value} {check.of}"
    verdict, reason = Verdict.REPRODUCED, ""
    if not fits and parts.value > max(one.value for one in check.wholes):
        verdict = Verdict.IMPLAUSIBLE if check.twice else Verdict.IMPOSSIBLE
        over = parts.value - whole.value
        reason = f"; possible only if {check.twice}" if check.twice else f"; {over} too many"
    elif not fits:
        verdict = Verdict.DISCREPANT
        reason = f"; {whole.value - parts.value} in no printed part"
    said = f"{check.about}: {arithmetic}{reason}."
    return Finding(numbers, parts.words, str(whole.value), verdict, said)


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
    words = quantity_words(study, wider)
    said = f"{found.explanation[:-1]} of {words}; possible only if it is not counted among these."
    return replace(found, verdict=Verdict.IMPLAUSIBLE, explanation=said)


def _classified(study: Study, group: Quantity, outcome: Outcome) -> list[Count]:
    return classified_within(study, group, outcome) if outcome.within else group_sizes(study, group)


def _places(study: Study, quantity: Quantity) -> list[Printed]:
    return table_first(study.by_quantity.get(quantity, ()))


def _sum_box(boxes: Iterable[Box]) -> Box:
    ends = list(boxes)
    return Box(sum(box.lower for box in ends), sum(box.upper for box in ends))


def _counted(study: Study) -> Iterator[Quantity]:
    """Every quantity that is a number of patients, once."""
    for quantity in study.by_quantity:
        if quantity.statistic == "n" and not quantity.comparison:
            yield quantity


def _about(study: Study, outcome: str) -> list[Quantity]:
    """Groups for which a count or a percentage of the outcome is printed."""
    return list(
        dict.fromkeys(
            replace(quantity, statistic="n")
            for quantity in study.by_quantity
            if quantity.outcome == outcome
            and quantity.statistic in ("n", "percent")
            and not quantity.comparison
        )
    )


def _groups(
    study: Study, wanted: Callable[[Outcome], bool], statistic: str = "n"
) -> list[Quantity]:
    """Groups in which a level of a wanted outcome is counted, without the level."""
    return list(
        dict.fromkeys(
            replace(quantity, category="", statistic="n")
            for quantity in study.by_quantity
            if quantity.statistic == statistic
            and quantity.category
            and not quantity.comparison
            and wanted(study.vocabulary(quantity.outcome))
        )
    )
