"""Design: matched samples, balance by size, events per covariate, exclusions, groups by the future.

All but the sizes of matched arms and the limits of eligibility end in a remark: no printed number
is in conflict with another.

Balance is judged by the standardised difference, which does not depend on the number of patients:
Austin 2009, *Statistics in Medicine* 28:3083; for several levels Yang & Dalton 2012, *SAS Global
Forum* 335.  Groups formed by what happened after the start have immortal time: Suissa 2008,
*American Journal of Epidemiology* 167:492.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from livingreview_audit.finding import Finding, Kind, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import (
    PARTICIPANTS,
    Count,
    compared,
    complete,
    count,
    group_size,
    level_counts,
    mention,
)
from livingreview_audit.p_values import p_of_counts
from livingreview_audit.vocabulary import says, stated
from livingreview_record import Comparison, Outcome, Printed, Quantity, Reported, Statement, Study

MATCHED = "matched"
BALANCED = 0.1  # the usual limit of a standardised difference
BY_CHANCE = 1.96
EVENTS_PER_COVARIATE = 10  # Peduzzi et al. 1995, Journal of Clinical Epidemiology 48:1503
ELIGIBILITY = "eligibility-"
EVENT = "event"
AFTER_START = "after-start"
RESULTS = ("hr", "p", "median", "rate")


@check("Sizes of matched arms against the stated ratio of matching.")
def matched_sizes(study: Study) -> Iterator[Finding]:
    """Assumes that every matched patient has as many partners as the ratio says."""
    for statement in stated(study, "matching"):
        stated_ratio = statement.ratio
        for comparison in study.comparisons.values() if stated_ratio else ():
            sizes = _arm_sizes(study, comparison, statement.population or MATCHED)
            if sizes:
                first, second = sizes
                parts = [int(part) for part in stated_ratio.split(":")]
                fits = first.value * parts[1] == second.value * parts[0]
                shown = f"{first.value} and {second.value}"
                verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
                said = f"Matching {stated_ratio} ({statement.section}): {shown} patients."
                numbers = (*first.numbers, *second.numbers)
                yield Finding(numbers, shown, stated_ratio, verdict, said)


def _arm_sizes(study: Study, comparison: Comparison, population: str) -> tuple[Count, ...]:
    """Sizes of both arms, or nothing."""
    wanted = Quantity(population=population, comparison=comparison.id, outcome=PARTICIPANTS)
    return complete(count(study, arm) for arm in compared(study, wanted))


@dataclass(frozen=True)
class _Balance:
    """Standardised difference of a characteristic between two arms, in one population."""

    box: Box
    value: float
    numbers: tuple[Printed, ...]
    sizes: tuple[int, ...]


@check(
    "Every characteristic that is called balanced, by its standardised difference.",
    kind=Kind.DESIGN,
)
def balance(study: Study) -> Iterator[Finding]:
    """A remark beyond 0.1 after matching.  Without matching, chance alone gives up to
    1.96 sqrt(1/n1 + 1/n2), and only more than both is remarked on.
    """
    for comparison in study.comparisons.values():
        for population, variables in _claimed(study, comparison).items():
            for variable in variables:
                wanted = Quantity(
                    population=population, outcome=variable.id, comparison=comparison.id
                )
                found = _balance(study, wanted)
                if found is not None:
                    yield _judge_balance(study, wanted, found)


def _claimed(study: Study, comparison: Comparison) -> dict[str, list[Outcome]]:
    """Characteristics called balanced, by population: those of a table, or all."""
    claimed: dict[str, list[Outcome]] = {}
    for statement in stated(study, "matching", "balance"):
        usual = MATCHED if statement.kind == "matching" else "whole"
        population = statement.population or usual
        known = claimed.setdefault(population, [])
        for variable in study.variables.values():
            wanted = Quantity(population=population, outcome=variable.id, comparison=comparison.id)
            places = (place for p in _tests(study, wanted) for place in study.by_quantity[p])
            if variable not in known and (
                not statement.table
                or any(place.locator.table == statement.table for place in places)
            ):
                known.append(variable)
    return claimed


def _tests(study: Study, wanted: Quantity) -> list[Quantity]:
    """The p-values, by whatever test, of a characteristic compared in a population."""
    return [
        quantity
        for quantity in study.by_quantity
        if (quantity.statistic, quantity.comparison, quantity.outcome)
        == ("p", wanted.comparison, wanted.outcome)
        and (quantity.population, quantity.category) == (wanted.population, "")
    ]


def _balance(study: Study, wanted: Quantity) -> _Balance | None:
    variable = study.vocabulary(wanted.outcome)
    arms = compared(study, wanted)
    sizes = complete(count(study, replace(arm, outcome=PARTICIPANTS)) for arm in arms)
    if not sizes:
        return None
    both = tuple(size.value for size in sizes)
    if variable.kind == "continuous":
        return _continuous(study, arms, both)
    counts = [complete(level_counts(study, arm, variable)) for arm in arms]
    shares = [np.array([part.value for part in levels], dtype=float) for levels in counts]
    if not variable.exhaustive or any(part.sum() == 0 for part in shares):
        return None
    value = standardised_difference(*(part / part.sum() for part in shares))
    numbers = tuple(n for levels in counts for part in levels for n in part.numbers)
    return _Balance(Box.at(value), value, numbers, both)


def standardised_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Standardised difference of two vectors of shares over the same levels.

    >>> round(standardised_difference(np.array([0.185, 0.815]), np.array([0.259, 0.741])), 3)
    0.179
    """
    apart = (first - second)[1:]
    spread = sum(np.diag(p[1:]) - np.outer(p[1:], p[1:]) for p in (first, second)) / 2
    return float(math.sqrt(max(0.0, apart @ np.linalg.pinv(spread) @ apart)))


def _continuous(study: Study, arms: list[Quantity], sizes: tuple[int, ...]) -> _Balance | None:
    wanted = [replace(arm, statistic=statistic) for statistic in ("mean", "sd") for arm in arms]
    printed = complete(mention(study, quantity) for quantity in wanted)
    if not printed:
        return None
    first, second, sd_first, sd_second = (Box.of(place.number) for place in printed)
    spread = math.sqrt((sd_first.lower**2 + sd_second.lower**2) / 2)
    wide = math.sqrt((sd_first.upper**2 + sd_second.upper**2) / 2)
    least = max(0.0, first.lower - second.upper, second.lower - first.upper)
    most = max(abs(first.upper - second.lower), abs(second.upper - first.lower))
    if spread <= 0:
        return None
    middle = abs(printed[0].number.value - printed[1].number.value) / ((spread + wide) / 2)
    return _Balance(Box(least / wide, most / spread), middle, printed, sizes)


def _judge_balance(study: Study, wanted: Quantity, found: _Balance) -> Finding:
    population = study.populations[wanted.population]
    by_chance = BY_CHANCE * math.sqrt(sum(1 / size for size in found.sizes))
    limit = BALANCED if population.within else max(BALANCED, by_chance)
    said = f"standardised difference {found.value:.3f}"
    if population.within:
        before = _balance(study, replace(wanted, population=population.within))
        said += f" after matching ({before.value:.3f} before)" if before else " after matching"
    chance = f"chance alone gives up to {by_chance:.2f} with so few patients"
    tests = complete(mention(study, p) for p in _tests(study, wanted))
    printed = f"p {tests[0].value}" if tests else "balanced"
    over = found.box.lower > limit
    if over:
        said += f"; the groups are called balanced and {printed} is printed{_given(study, wanted)}"
        said += f"; {BALANCED} is a usual limit, 0.2 and 0.25 are others, and {chance}"
    elif found.value > BALANCED:
        said += f"; {chance}"
    verdict = Verdict.REMARK if over else Verdict.REPRODUCED
    text = f"{study.vocabulary(wanted.outcome).label} ({population.label}): {said}."
    return Finding((*tests, *found.numbers), printed, f"{found.value:.3f}", verdict, text)


def _given(study: Study, wanted: Quantity) -> str:
    """In words, that the counts give the printed p-value; or nothing."""
    judged = [
        found for found in p_of_counts(study) if found.numbers[0].quantity in _tests(study, wanted)
    ]
    fits = judged and all(found.verdict is Verdict.REPRODUCED for found in judged)
    return ", which the counts give" if fits else ""


@check(
    "Events for each coefficient of a multivariable model, against the customary ten.",
    kind=Kind.DESIGN,
)
def events_per_covariate(study: Study) -> Iterator[Finding]:
    """Peduzzi et al. 1995, a rule of thumb: fewer are remarked on.  Where no number of events is
    printed, the number of patients is its upper limit.
    """
    models: dict[tuple[Quantity, str], dict[str, Printed]] = {}
    for number in study.numbers:
        quantity, table = number.quantity, number.locator.table
        if (quantity.statistic, quantity.adjustment) == ("hr", "adjusted") and table:
            bare = {"arm_id": "", "comparison": "", "adjustment": "", "statistic": "", "method": ""}
            covariates = models.setdefault((replace(quantity, **bare), table), {})
            covariates.setdefault(quantity.comparison, number)
    for (model, table), covariates in models.items():
        yield from _events_each(study, model, table, tuple(covariates.values()))


def _events_each(
    study: Study, model: Quantity, table: str, covariates: tuple[Printed, ...]
) -> Iterator[Finding]:
    arm = next((one.quantity.arm_id for one in covariates if one.quantity.arm_id), "all")
    group = replace(model, arm_id=arm)
    events = count(study, replace(group, category=EVENT))
    size = events or group_size(study, group)
    if size is None:
        return
    each = size.value / len(covariates)
    label = f"{study.vocabulary(model.outcome).label}, multivariable model of {table}"
    shown = f"{size.value} / {len(covariates)} = {each:.1f}"
    what = "events" if events is not None else "patients, and so at most as many events,"
    said = f"{label}: {size.value} {what} for {len(covariates)} coefficients, {shown} for each"
    verdict = Verdict.REPRODUCED
    if each < EVENTS_PER_COVARIATE:
        verdict = Verdict.REMARK
        said += "; the customary ten is a rule of thumb, and estimates from fewer are less stable"
    elif events is None:
        verdict = Verdict.NOT_CHECKABLE
        said += "; the number of events is not printed"
    numbers, reported = (*size.numbers, covariates[0]), f"{size.value} for {len(covariates)}"
    touches = tuple(covariates) if verdict is Verdict.REMARK else ()
    yield Finding(numbers, reported, f"{each:.1f} each", verdict, f"{said}.", touches)


@check(
    "Times to an event in groups from which patients who died early were left out.",
    kind=Kind.DESIGN,
)
def survival_exclusion(study: Study) -> Iterator[Finding]:
    """In the months before the limit no one could die, so every such result is of patients who
    lived so long, not of all who began.  One remark for a statement; it touches all of these
    results.
    """
    for statement in stated(study, "survival-exclusion"):
        chosen = statement.population or ""
        results = [
            number
            for number in study.numbers
            if number.quantity.statistic in (*RESULTS, "ci95")
            and study.vocabulary(number.quantity.outcome).kind == "time-to-event"
            and chosen in ("", number.quantity.population)
        ]
        medians = [
            number
            for number in results
            if number.quantity.outcome == study.roles.overall_survival
            and (number.quantity.statistic, number.quantity.subgroup) == ("median", "")
        ]
        if medians:
            yield _excluded(study, statement, medians, results)


def _excluded(
    study: Study, statement: Statement, medians: list[Printed], results: list[Printed]
) -> Finding:
    limit = float(statement.months)
    told = ", ".join(dict.fromkeys(f"{m.value} ({_arm(study, m.quantity)})" for m in medians))
    outcomes = dict.fromkeys(study.vocabulary(n.quantity.outcome).label for n in results)
    early = f"that patients who died within {limit:g} months were left out"
    said = (
        f"{says([statement], early)}; median survival of {told} is of those who lived {limit:g} "
        f"months, not of all who began the treatment, and so are all results on "
        f"{' and '.join(map(str.lower, outcomes))}; the groups may differ in how many these were."
    )
    touches = tuple(results)
    shown, aim = f"{medians[0].value} {medians[0].unit}", "of all who began"
    return Finding((*medians,), shown, aim, Verdict.REMARK, said, touches)


def _arm(study: Study, quantity: Quantity) -> str:
    arm = study.arms.get(quantity.arm_id)
    return "all patients" if arm is None else arm.label


@check(
    "Each time to an event that is analysed by factors seen only after time had begun.",
    kind=Kind.DESIGN,
)
def measured_after_start(study: Study) -> Iterator[Finding]:
    """A patient has such a factor only if it was seen before follow-up or life ended (immortal
    time). One finding for an outcome, whatever the number of factors, covariates and subgroups.
    """
    late = {
        variable.id: variable.label
        for variable in study.variables.values()
        if variable.measured == AFTER_START
    }
    for outcome in study.outcomes.values() if late else ():
        used = [
            number
            for number in study.numbers
            if number.quantity.outcome == outcome.id
            and number.quantity.statistic in RESULTS
            and late.keys() & _factors(number.quantity)
        ]
        if used and outcome.kind == "time-to-event":
            yield _by_the_future(outcome, late, used)


def _factors(quantity: Quantity) -> set[str]:
    """Variables by which the quantity compares or selects patients."""
    return {quantity.contrast[0], *(variable for variable, _ in quantity.strata)}


def _by_the_future(outcome: Outcome, late: dict[str, str], used: list[Printed]) -> Finding:
    ordered = sorted(used, key=lambda number: RESULTS.index(number.quantity.statistic))
    named = dict.fromkeys(v for n in ordered for v in late if v in _factors(n.quantity))
    places = dict.fromkeys(n.locator.table or n.locator.section for n in ordered)
    origin = outcome.origin or "the start"
    said = (
        f"{outcome.label}: {', '.join(places)} {'give' if len(places) > 1 else 'gives'} results by "
        f"{' and '.join(late[v] for v in named)}, seen after time begins ({origin}); patients had "
        "to live, and be followed, long enough for it to be seen, so the groups depend on later "
        "survival."
    )
    reported = f"{ordered[0].quantity.statistic} {ordered[0].value}"
    known = "groups known at the start"
    touches = tuple(ordered)
    return Finding(touches, reported, known, Verdict.REMARK, said, touches)


@check("The range of a characteristic against the printed limits of eligibility.")
def eligible_range(study: Study) -> Iterator[Finding]:
    """Assumes that no one was enrolled against the criteria."""
    for quantity, limits in study.by_quantity.items():
        variable = quantity.category.removeprefix(ELIGIBILITY)
        if quantity.category.startswith(ELIGIBILITY) and variable in study.variables:
            for other, ranges in study.by_quantity.items():
                if (other.outcome, other.statistic) == (variable, "range"):
                    yield from (_eligible(study, limits[0], printed) for printed in ranges)


def _eligible(study: Study, limit: Printed, printed: Printed) -> Finding:
    low, up = limits_of_eligibility(limit.value)
    ends = printed.interval
    inside = Box.of(ends.lower).upper >= low and Box.of(ends.upper).lower <= up
    label = study.vocabulary(printed.quantity.outcome).label
    said = f"{label}: {printed.value}, and eligible were {limit.value}."
    verdict = Verdict.REPRODUCED if inside else Verdict.IMPOSSIBLE
    return Finding((printed, limit), printed.value, limit.value, verdict, said)


def limits_of_eligibility(text: str) -> tuple[float, float]:
    """Least and greatest eligible value; a number alone is a least value."""
    for dash in "–-—":
        low, found, up = text.partition(dash)
        if found and low.strip():
            return Reported(low.strip()).value, Reported(up.strip()).value
    number = Reported(text)
    if number.relation in ("<", "<="):
        return -math.inf, number.value
    return number.value, math.inf
