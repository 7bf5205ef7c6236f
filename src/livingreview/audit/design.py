"""Design: matched samples, balance by size, events per covariate, exclusions by survival.

Balance is judged by the standardised difference, which does not depend on the number of patients:
Austin 2009, *Statistics in Medicine* 28:3083; for several levels Yang & Dalton 2012, *SAS Global
Forum* 335.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import (
    PARTICIPANTS,
    Count,
    complete,
    count,
    group_sizes,
    level_counts,
    table_first,
)
from livingreview.reported import Reported
from livingreview.studies import Comparison, Outcome, Printed, Quantity, Study

MATCHED = "matched"
BALANCED = 0.1  # the usual limit of a standardised difference
BY_CHANCE = 1.96
EVENTS_PER_COVARIATE = 10  # Peduzzi et al. 1995, Journal of Clinical Epidemiology 48:1503
ELIGIBILITY = "eligibility-"
EVENT = "event"


def matched_sizes(study: Study) -> Iterator[Finding]:
    """Sizes of matched arms against the stated ratio of matching."""
    for statement in study.statements:
        if statement["kind"] != "matching" or "ratio" not in statement:
            continue
        population = str(statement.get("population", MATCHED))
        ratio = [int(part) for part in str(statement["ratio"]).split(":")]
        for comparison in study.comparisons.values():
            sizes = _arm_sizes(study, comparison, population)
            if sizes is not None:
                yield _matched(study, statement, sizes, ratio)


def _arm_sizes(study: Study, comparison: Comparison, population: str) -> tuple[Count, Count] | None:
    wanted = Quantity(population=population, outcome=PARTICIPANTS, statistic="n")
    first = count(study, replace(wanted, arm_id=comparison.experimental))
    second = count(study, replace(wanted, arm_id=comparison.control))
    return (first, second) if first is not None and second is not None else None


def _matched(
    study: Study, statement: Mapping[str, str], sizes: tuple[Count, Count], ratio: Sequence[int]
) -> Finding:
    fits = sizes[0].value * ratio[1] == sizes[1].value * ratio[0]
    said = (
        f"Matching {statement['ratio']} ({statement['section']}): "
        f"{sizes[0].value} and {sizes[1].value} patients."
    )
    return Finding(
        (*sizes[0].numbers, *sizes[1].numbers),
        f"{sizes[0].value} and {sizes[1].value}",
        str(statement["ratio"]),
        Verdict.REPRODUCED if fits else Verdict.DISCREPANT,
        said,
    )


@dataclass(frozen=True)
class _Balance:
    """Standardised difference of a characteristic between two arms, in one population."""

    variable: Outcome
    box: Box
    value: float
    numbers: tuple[Printed, ...]
    sizes: tuple[int, int]


def balance(study: Study) -> Iterator[Finding]:
    """Every characteristic that is called balanced, by its standardised difference.

    After matching the limit is 0.1.  Without matching, chance alone gives up to
    1.96 sqrt(1/n1 + 1/n2), and only more than both is discrepant with a claim of balance.
    """
    for comparison in study.comparisons.values():
        for population, variables in _claimed(study, comparison).items():
            for variable in variables:
                found = _balance(study, comparison, population, variable)
                if found is not None:
                    yield _judge_balance(study, comparison, population, found)


def _claimed(study: Study, comparison: Comparison) -> dict[str, list[Outcome]]:
    """Characteristics called balanced, by population: those of a table, or all."""
    claimed: dict[str, list[Outcome]] = {}
    for statement in study.statements:
        matching = statement["kind"] == "matching"
        if not matching and statement["kind"] != "balance":
            continue
        population = str(statement.get("population", MATCHED if matching else "whole"))
        for variable in study.variables.values():
            known = claimed.setdefault(population, [])
            if variable not in known and _is_in(study, comparison, statement, variable):
                known.append(variable)
    return claimed


def _is_in(
    study: Study, comparison: Comparison, statement: Mapping[str, str], variable: Outcome
) -> bool:
    if "table" not in statement:
        return True
    tests = [
        place
        for quantity in _p_quantities(study, comparison, str(statement["population"]), variable)
        for place in study.by_quantity[quantity]
    ]
    return any(place.locator.table == statement["table"] for place in tests)


def _p_quantities(
    study: Study, comparison: Comparison, population: str, variable: Outcome
) -> Iterator[Quantity]:
    for quantity in study.by_quantity:
        if (quantity.statistic, quantity.comparison) == ("p", comparison.id) and (
            (quantity.outcome, quantity.population, quantity.category)
            == (variable.id, population, "")
        ):
            yield quantity


def _balance(
    study: Study, comparison: Comparison, population: str, variable: Outcome
) -> _Balance | None:
    sizes = _arm_sizes(study, comparison, population)
    if sizes is None:
        return None
    if variable.kind == "continuous":
        return _continuous(study, comparison, population, variable, (sizes[0], sizes[1]))
    group = Quantity(population=population, outcome=variable.id, statistic="n")
    arms = [replace(group, arm_id=arm) for arm in (comparison.experimental, comparison.control)]
    counts = [complete(level_counts(study, arm, variable)) for arm in arms]
    if not variable.exhaustive or not all(counts):
        return None
    shares = [np.array([part.value for part in levels], dtype=float) for levels in counts]
    if any(part.sum() == 0 for part in shares):
        return None
    value = standardised_difference(*(part / part.sum() for part in shares))
    numbers = tuple(n for levels in counts for part in levels for n in part.numbers)
    both = sizes[0].value, sizes[1].value
    return _Balance(variable, Box.at(value), value, numbers, both)


def standardised_difference(first: np.ndarray, second: np.ndarray) -> float:
    """Standardised difference of two vectors of shares over the same levels.

    >>> round(standardised_difference(np.array([0.185, 0.815]), np.array([0.259, 0.741])), 3)
    0.179
    """
    apart = (first - second)[1:]
    spread = sum(np.diag(p[1:]) - np.outer(p[1:], p[1:]) for p in (first, second)) / 2
    return float(math.sqrt(max(0.0, apart @ np.linalg.pinv(spread) @ apart)))


def _continuous(
    study: Study,
    comparison: Comparison,
    population: str,
    variable: Outcome,
    sizes: tuple[Count, Count],
) -> _Balance | None:
    arms = (comparison.experimental, comparison.control)
    found = [
        study.by_quantity.get(
            Quantity(arm_id=arm, population=population, outcome=variable.id, statistic=statistic)
        )
        for statistic in ("mean", "sd")
        for arm in arms
    ]
    if not all(found):
        return None
    printed = [table_first(places)[0] for places in found if places]
    first, second, sd_first, sd_second = (Box.of(place.number) for place in printed)
    spread = math.sqrt((sd_first.lower**2 + sd_second.lower**2) / 2)
    wide = math.sqrt((sd_first.upper**2 + sd_second.upper**2) / 2)
    least = max(0.0, first.lower - second.upper, second.lower - first.upper)
    most = max(abs(first.upper - second.lower), abs(second.upper - first.lower))
    if spread <= 0:
        return None
    box = Box(least / wide, most / spread)
    middle = abs(printed[0].number.value - printed[1].number.value) / ((spread + wide) / 2)
    return _Balance(variable, box, middle, tuple(printed), (sizes[0].value, sizes[1].value))


def _judge_balance(
    study: Study, comparison: Comparison, population: str, found: _Balance
) -> Finding:
    matched = bool(study.populations[population].within)
    by_chance = BY_CHANCE * math.sqrt(sum(1 / size for size in found.sizes))
    limit = BALANCED if matched else max(BALANCED, by_chance)
    said = f"standardised difference {found.value:.3f}"
    if matched:
        before = _balance(study, comparison, study.populations[population].within, found.variable)
        said += f" after matching ({before.value:.3f} before)" if before else " after matching"
    over = found.box.lower > limit
    if over:
        said += f", above {limit:.2g}, where it is said to be balanced"
    elif found.value > BALANCED:
        said += f"; chance gives up to {by_chance:.2f} with so few patients"
    tests = [
        place
        for quantity in _p_quantities(study, comparison, population, found.variable)
        for place in table_first(study.by_quantity[quantity])[:1]
    ]
    return Finding(
        (*tests, *found.numbers),
        f"p {tests[0].value}" if tests else "balanced",
        f"{found.value:.3f}",
        Verdict.DISCREPANT if over else Verdict.REPRODUCED,
        f"{found.variable.label} ({study.populations[population].label}): {said}.",
    )


def events_per_covariate(study: Study) -> Iterator[Finding]:
    """Events for each coefficient of a multivariable model, against the customary ten.

    Peduzzi et al. 1995.  Implausible stands for estimates that few events make unreliable; where
    no number of events is printed, the number of patients is its upper limit.
    """
    models: dict[tuple[Quantity, str], dict[str, Printed]] = {}
    for number in study.numbers:
        quantity = number.quantity
        if (quantity.statistic, quantity.adjustment) == ("hr", "adjusted") and number.locator.table:
            model = replace(
                quantity, arm_id="", comparison="", adjustment="", statistic="", method=""
            )
            covariates = models.setdefault((model, number.locator.table), {})
            covariates.setdefault(quantity.comparison, number)
    for (model, table), covariates in models.items():
        yield from _events_each(study, model, table, tuple(covariates.values()))


def _events_each(
    study: Study, model: Quantity, table: str, covariates: tuple[Printed, ...]
) -> Iterator[Finding]:
    arm = next((one.quantity.arm_id for one in covariates if one.quantity.arm_id), "all")
    group = replace(model, arm_id=arm, statistic="n")
    events = count(study, replace(group, category=EVENT))
    size = events or next(iter(group_sizes(study, group)), None)
    if size is None:
        return
    each = size.value / len(covariates)
    label = f"{study.vocabulary(model.outcome).label}, multivariable model of {table}"
    shown = f"{size.value} / {len(covariates)} = {each:.1f}"
    what = "events" if events is not None else "patients, and so at most as many events,"
    said = f"{label}: {size.value} {what} for {len(covariates)} coefficients, {shown} for each"
    verdict = Verdict.REPRODUCED
    if each < EVENTS_PER_COVARIATE:
        verdict = Verdict.IMPLAUSIBLE
        said += ", below the customary ten; reliable estimates would need more events"
    elif events is None:
        verdict = Verdict.NOT_CHECKABLE
        said += "; the number of events is not printed"
    yield Finding(
        (*size.numbers, covariates[0]),
        f"{size.value} for {len(covariates)}",
        f"{each:.1f} each",
        verdict,
        f"{said}.",
    )


def survival_exclusion(study: Study) -> Iterator[Finding]:
    """Medians of survival where patients who died early were left out.

    In the months before the limit no one could die, so the median is that of patients who lived so
    long, not of all who began (immortal time: Suissa 2008, *American Journal of Epidemiology*
    167:492).
    """
    for statement in study.statements:
        if statement["kind"] != "survival-exclusion":
            continue
        for quantity, places in study.by_quantity.items():
            plain = (quantity.outcome, quantity.statistic, quantity.subgroup) == (
                "os",
                "median",
                "",
            )
            if plain:
                yield _excluded(study, statement, table_first(places)[0])


def _excluded(study: Study, statement: Mapping[str, str], median: Printed) -> Finding:
    limit = float(statement["months"])
    label = study.vocabulary(median.quantity.outcome).label
    arm = study.arms.get(median.quantity.arm_id)
    said = (
        f"{label} ({'all patients' if arm is None else arm.label}): patients who died within "
        f"{limit:g} months were left out ({statement['section']}), so the median of {median.value} "
        f"months is of those who lived {limit:g} months, not of all who began the treatment."
    )
    return Finding(
        (median,),
        f"{median.value} {median.unit}",
        "lower among all who began",
        Verdict.IMPLAUSIBLE,
        said,
    )


def eligible_range(study: Study) -> Iterator[Finding]:
    """The range of a characteristic against the printed limits of eligibility."""
    for quantity, limits in study.by_quantity.items():
        variable = quantity.category.removeprefix(ELIGIBILITY)
        if not quantity.category.startswith(ELIGIBILITY) or variable not in study.variables:
            continue
        for ranges in _ranges(study, variable):
            for printed in ranges:
                yield _eligible(study, limits[0], printed)


def _ranges(study: Study, variable: str) -> Iterator[tuple[Printed, ...]]:
    for quantity, places in study.by_quantity.items():
        if (quantity.outcome, quantity.statistic) == (variable, "range"):
            yield places


def _eligible(study: Study, limit: Printed, printed: Printed) -> Finding:
    low, up = _limits(limit.value)
    ends = printed.interval
    inside = Box.of(ends.lower).upper >= low and Box.of(ends.upper).lower <= up
    label = study.vocabulary(printed.quantity.outcome).label
    said = f"{label}: {printed.value}, and eligible were {limit.value}."
    return Finding(
        (printed, limit),
        printed.value,
        limit.value,
        Verdict.REPRODUCED if inside else Verdict.IMPOSSIBLE,
        said,
    )


def _limits(text: str) -> tuple[float, float]:
    """Least and greatest eligible value; a number alone is a least value."""
    for dash in "–-—":
        low, found, up = text.partition(dash)
        if found and low.strip():
            return Reported(low.strip()).value, Reported(up.strip()).value
    number = Reported(text)
    if number.relation in ("<", "<="):
        return -math.inf, number.value
    return number.value, math.inf
