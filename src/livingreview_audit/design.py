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
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from livingreview_audit.audited import EVENT, PARTICIPANTS, Audited, Count, every, numbers_of
from livingreview_audit.finding import Finding, Verdict, check, design, first_true, unless
from livingreview_audit.intervals import Box
from livingreview_audit.p_values import p_of_counts
from livingreview_audit.vocabulary import says
from livingreview_record import Comparison, Outcome, Printed, Quantity, Reported

MATCHED = "matched"
BALANCED = 0.1  # the usual limit of a standardised difference
BY_CHANCE = 1.96
EVENTS_PER_COVARIATE = 10  # Peduzzi et al. 1995, Journal of Clinical Epidemiology 48:1503
ELIGIBILITY = "eligibility-"
AFTER_START = "after-start"
RESULTS = ("hr", "p", "median", "rate")


@check("Sizes of matched arms against the stated ratio of matching.")
def matched_sizes(study: Audited) -> Iterator[Finding]:
    """Assumes that every matched patient has as many partners as the ratio says."""
    for statement in study.stated("matching"):
        for comparison in study.comparisons.values() if statement.ratio else ():
            wanted = Quantity(population=statement.population or MATCHED, comparison=comparison.id)
            sizes = _arm_sizes(study, wanted)
            if sizes:
                first, second = sizes
                parts = [int(part) for part in statement.ratio.split(":")]
                fits = first.value * parts[1] == second.value * parts[0]
                shown = f"{first.value} and {second.value}"
                verdict = unless(fits, Verdict.DISCREPANT)
                about = f"Matching {statement.ratio} ({statement.section})"
                said, numbers = f"{shown} {{participants}}", numbers_of(sizes)
                yield Finding.on(numbers, about, said, verdict, statement.ratio, reported=shown)


def _arm_sizes(study: Audited, wanted: Quantity) -> tuple[Count, ...]:
    """Sizes of both arms in a population, or nothing."""
    return every(study.counted(study.compared(replace(wanted, outcome=PARTICIPANTS))))


class _Balance(NamedTuple):
    """Standardised difference of a characteristic between two arms, in one population."""

    box: Box
    value: float
    numbers: tuple[Printed, ...]
    sizes: tuple[Count, ...]


@design("Every characteristic that is called balanced, by its standardised difference.")
def balance(study: Audited) -> Iterator[Finding]:
    """A remark beyond 0.1 after matching.  Without matching, chance alone gives up to
    1.96 sqrt(1/n1 + 1/n2), and only more than both is remarked on.
    """
    for comparison in study.comparisons.values():
        for wanted in _claimed(study, comparison):
            found = _balance(study, wanted)
            if found is not None:
                yield _judge_balance(study, wanted, found)


def _claimed(study: Audited, comparison: Comparison) -> Iterator[Quantity]:
    """Characteristics called balanced, by population: those of a table, or all."""
    claimed: dict[str, dict[Quantity, None]] = {}
    for statement in study.stated("matching", "balance"):
        usual = MATCHED if statement.kind == "matching" else "whole"
        population = statement.population or usual
        for variable in study.variables.values():
            wanted = Quantity(population=population, outcome=variable.id, comparison=comparison.id)
            places = (place for p in _tests(study, wanted) for place in study.by_quantity[p])
            known = claimed.setdefault(population, {})
            if not statement.table or any(p.locator.table == statement.table for p in places):
                known.setdefault(wanted)
    for quantities in claimed.values():
        yield from quantities


def _tests(study: Audited, wanted: Quantity) -> list[Quantity]:
    """The p-values, by whatever test, of a characteristic compared in a population."""
    of = ("p", wanted.comparison, wanted.outcome, wanted.population, "")
    return [
        q
        for q in study.by_quantity
        if (q.statistic, q.comparison, q.outcome, q.population, q.category) == of
    ]


def characteristic(
    study: Audited, arms: list[Quantity], variable: Outcome
) -> tuple[list[tuple[Count, ...]], tuple[Printed, ...]]:
    """The counts of all levels in each arm, or the means and then the SDs of the arms.

    Nothing where one of them is missing, or where not every patient is in a level.
    """
    if variable.kind == "continuous":
        wanted = (replace(arm, statistic=statistic) for statistic in ("mean", "sd") for arm in arms)
        return [], study.mentions(wanted)
    counts = [every(study.counted(study.by_level(arm))) for arm in arms]
    return counts if variable.exhaustive and all(counts) else [], ()


def _balance(study: Audited, wanted: Quantity) -> _Balance | None:
    arms, sizes = study.compared(wanted), _arm_sizes(study, wanted)
    counts, printed = characteristic(study, arms, study.vocabulary(wanted.outcome))
    if not sizes or not (counts or printed):
        return None
    if printed:
        first, second, sd_first, sd_second = (Box.of(place.number) for place in printed)
        slim = math.sqrt((sd_first.lower**2 + sd_second.lower**2) / 2)
        wide = math.sqrt((sd_first.upper**2 + sd_second.upper**2) / 2)
        if slim <= 0:
            return None
        most = max(abs(first.upper - second.lower), abs(second.upper - first.lower))
        middle = abs(printed[0].number.value - printed[1].number.value) / ((slim + wide) / 2)
        return _Balance(Box(first.gap(second) / wide, most / slim), middle, printed, sizes)
    shares = [np.array([part.value for part in levels], dtype=float) for levels in counts]
    if any(part.sum() == 0 for part in shares):
        return None
    value = standardised_difference(*(part / part.sum() for part in shares))
    numbers = numbers_of(part for levels in counts for part in levels)
    return _Balance(Box.at(value), value, numbers, sizes)


def standardised_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Standardised difference of two vectors of shares over the same levels.

    >>> round(standardised_difference(np.array([0.185, 0.815]), np.array([0.259, 0.741])), 3)
    0.179
    """
    apart = (first - second)[1:]
    spread = sum(np.diag(p[1:]) - np.outer(p[1:], p[1:]) for p in (first, second)) / 2
    return float(math.sqrt(max(0.0, apart @ np.linalg.pinv(spread) @ apart)))


def _judge_balance(study: Audited, wanted: Quantity, found: _Balance) -> Finding:
    population, tests = study.populations[wanted.population], _tests(study, wanted)
    by_chance = BY_CHANCE * math.sqrt(sum(1 / size.value for size in found.sizes))
    limit = BALANCED if population.within else max(BALANCED, by_chance)
    said = f"standardised difference {found.value:.3f}"
    if population.within:
        before = _balance(study, replace(wanted, population=population.within))
        said += f" after matching ({before.value:.3f} before)" if before else " after matching"
    chance = f"chance alone gives up to {by_chance:.2f} with so few {{participants}}"
    printed = study.mentions(tests)
    shown = f"p {printed[0].value}" if printed else "balanced"
    over = found.box.lower > limit
    if over:
        judged = [one for one in p_of_counts(study) if one.numbers[0].quantity in tests]
        fits = judged and all(one.verdict is Verdict.REPRODUCED for one in judged)
        said += f"; the groups are called balanced and {shown} is printed"
        said += ", which the counts give" if fits else ""
        said += f"; {BALANCED} is a usual limit, 0.2 and 0.25 are others, and {chance}"
    elif found.value > BALANCED:
        said += f"; {chance}"
    verdict = Verdict.REMARK if over else Verdict.REPRODUCED
    about = f"{study.vocabulary(wanted.outcome).label} ({population.label})"
    numbers, value = (*printed, *found.numbers), f"{found.value:.3f}"
    return Finding.on(numbers, about, said, verdict, value, reported=shown)


@design("Events for each coefficient of a multivariable model, against the customary ten.")
def events_per_covariate(study: Audited) -> Iterator[Finding]:
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
    for (model, table), by_comparison in models.items():
        estimates, n = tuple(by_comparison.values()), len(by_comparison)
        arm = next((one.quantity.arm_id for one in estimates if one.quantity.arm_id), "all")
        group = replace(model, arm_id=arm)
        events = study.count(replace(group, category=EVENT))
        size = events or study.group_size(group)
        if size is None:
            continue
        each = f"{size.value / n:.1f}"
        what = "events" if events is not None else "{participants}, and so at most as many events,"
        said = f"{size.value} {what} for {n} coefficients, {size.value} / {n} = {each} for each"
        rule = "; the customary ten is a rule of thumb, and estimates from fewer are less stable"
        verdict, why = first_true(
            (size.value / n < EVENTS_PER_COVARIATE, Verdict.REMARK, rule),
            (events is None, Verdict.NOT_CHECKABLE, "; the number of events is not printed"),
        )
        touches = estimates if verdict is Verdict.REMARK else ()
        about = f"{study.vocabulary(model.outcome).label}, multivariable model of {table}"
        numbers, shown = (*size.numbers, estimates[0]), f"{size.value} for {n}"
        yield Finding.on(
            numbers, about, said + why, verdict, f"{each} each", reported=shown, touches=touches
        )


@design("Times to an event in groups from which {participants} who died early were left out.")
def survival_exclusion(study: Audited) -> Iterator[Finding]:
    """In the months before the limit no one could die, so every such result is of patients who
    lived so long, not of all who began.  One remark for a statement; it touches all of these
    results.
    """
    for statement in study.stated("survival-exclusion"):
        results = tuple(
            number
            for number in study.numbers
            if number.quantity.statistic in (*RESULTS, "ci95")
            and study.vocabulary(number.quantity.outcome).kind == "time-to-event"
            and (statement.population or "") in ("", number.quantity.population)
        )
        medians = tuple(
            number
            for number in results
            if number.quantity.outcome == study.roles.overall_survival
            and (number.quantity.statistic, number.quantity.subgroup) == ("median", "")
        )
        if not medians:
            continue
        limit = f"{float(statement.months):g} months"
        arms = {arm.id: arm.label for arm in study.arms.values()}
        shown = [(m.value, arms.get(m.quantity.arm_id, "all {participants}")) for m in medians]
        told = dict.fromkeys(f"{value} ({arm})" for value, arm in shown)
        labels = dict.fromkeys(study.vocabulary(n.quantity.outcome).label.lower() for n in results)
        left_out = f"that {{participants}} who died within {limit} were left out"
        said = (
            f"{says([statement], left_out)}; median survival of {', '.join(told)} is of those who "
            f"lived {limit}, not of all who began the treatment, and so are all results on "
            f"{' and '.join(labels)}; the groups may differ in how many these were."
        )
        printed, aim = f"{medians[0].value} {medians[0].unit}", "of all who began"
        yield Finding(medians, printed, aim, Verdict.REMARK, said, results)


@design("Each time to an event that is analysed by factors seen only after time had begun.")
def measured_after_start(study: Audited) -> Iterator[Finding]:
    """A patient has such a factor only if it was seen before follow-up or life ended (immortal
    time). One finding for an outcome, whatever the number of factors, covariates and subgroups.
    """
    late = {one.id: one.label for one in study.variables.values() if one.measured == AFTER_START}
    for outcome in study.outcomes.values() if late else ():
        used = [
            number
            for number in study.numbers
            if number.quantity.outcome == outcome.id
            and number.quantity.statistic in RESULTS
            and late.keys() & _factors(number.quantity)
        ]
        if not used or outcome.kind != "time-to-event":
            continue
        used.sort(key=lambda number: RESULTS.index(number.quantity.statistic))
        named = dict.fromkeys(late[v] for n in used for v in late if v in _factors(n.quantity))
        places = dict.fromkeys(n.locator.table or n.locator.section for n in used)
        said = (
            f"{', '.join(places)} {'give' if len(places) > 1 else 'gives'} results by "
            f"{' and '.join(named)}, by the words seen after time begins "
            f"({outcome.origin or 'the start'}); then {{participants}} had to live, and be "
            "followed, long enough for it to be seen, and the groups depend on later survival"
        )
        text, shown = f"{outcome.label}: {said}.", f"{used[0].quantity.statistic} {used[0].value}"
        known, touches = "groups known at the start", tuple(used)
        yield Finding(touches, shown, known, Verdict.REMARK, text, touches)


def _factors(quantity: Quantity) -> set[str]:
    """Variables by which the quantity compares or selects patients."""
    return {quantity.contrast[0], *(variable for variable, _ in quantity.strata)}


@check("The range of a characteristic against the printed limits of eligibility.")
def eligible_range(study: Audited) -> Iterator[Finding]:
    """Assumes that no one was enrolled against the criteria."""
    for quantity, (limit, *_) in study.by_quantity.items():
        variable = study.variables.get(quantity.category.removeprefix(ELIGIBILITY))
        if variable is None or not quantity.category.startswith(ELIGIBILITY):
            continue
        low, up = limits_of_eligibility(limit.value)
        for printed in study.find(outcome=variable.id, statistic="range"):
            ends = printed.interval
            inside = Box.of(ends.lower).upper >= low and Box.of(ends.upper).lower <= up
            said = f"{printed.value}, and eligible were {limit.value}"
            verdict = unless(inside, Verdict.IMPOSSIBLE)
            yield Finding.on((printed, limit), variable.label, said, verdict, limit.value)


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
