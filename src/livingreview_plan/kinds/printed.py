"""Printed estimates of one arm against another: hazard ratios, and estimates of any measure."""

from collections.abc import Iterator, Mapping

from livingreview_plan.estimates import USUAL_LEVEL, PrintedEstimate
from livingreview_plan.nearly import (
    NearMiss,
    interval_of,
    keeps_estimate_out,
    keeps_out,
    other_way_round,
    spread_of,
)
from livingreview_record import (
    FORMS,
    INTERVAL_LEVELS,
    MEASURED,
    TIMED,
    Comparison,
    PlannedSynthesis,
    Printed,
    Quantity,
    Study,
    comparisons_of,
    outcomes_for,
    table_first,
)

NO_METHOD = "the report names no model for this hazard ratio"
Place = Mapping[str, str]


def hazard_ratios(study: Study, rules: PlannedSynthesis, place: Place) -> Iterator[PrintedEstimate]:
    """Yield the hazard ratio of each wanted comparison, of a Cox model or of no named one."""
    for comparison in comparisons_of(study, rules):
        fit = [
            number
            for number in _printed_ratios(study, rules, place, comparison)
            if keeps_out(study, number, rules.adjustment or "") is None
        ]
        for estimate in fit[:1]:
            interval = interval_of(study, estimate.quantity)
            if interval is not None:
                notes = _notes(estimate, interval)
                yield PrintedEstimate(
                    study.id, study.label, estimate, interval, study.cohorts, notes
                )


def _notes(estimate: Printed, interval: Printed) -> tuple[str, ...]:
    """What a reader must know about a printed ratio and its interval."""
    level = INTERVAL_LEVELS[interval.quantity.statistic]
    of_level = (
        f"the report prints an interval of {level:.0%} ({interval.value}); the one shown here is "
        "of 95%, with the standard error that the printed one implies"
    )
    unnamed = "" if estimate.quantity.method else NO_METHOD
    return tuple(filter(None, (unnamed, "" if level == USUAL_LEVEL else of_level)))


def _printed_ratios(
    study: Study, rules: PlannedSynthesis, place: Place, comparison: Comparison
) -> list[Printed]:
    """Hazard ratios of the wanted outcome, arms and patients, those of a named model first.

    One of the other adjustment is another estimate, and is not among them.
    """
    found = [
        number
        for number in _of_comparison(study, rules, place, comparison)
        if number.quantity.statistic == "hr"
        and number.quantity.adjustment in ("", rules.adjustment)
    ]
    return sorted(table_first(found), key=lambda number: not number.quantity.method)


def _of_comparison(
    study: Study, rules: PlannedSynthesis, place: Place, comparison: Comparison
) -> list[Printed]:
    outcomes = {outcome.id for outcome in outcomes_for(study, rules)}
    wanted = (comparison.id, place["population"], place["subgroup"])
    return [
        number
        for number in study.numbers
        if (q := number.quantity).outcome in outcomes
        and (q.comparison, q.population, q.subgroup) == wanted
    ]


def near_hazard_ratios(
    study: Study, rules: PlannedSynthesis, place: Place, used: list[PrintedEstimate]
) -> Iterator[NearMiss]:
    """Yield the hazard ratios that the rule nearly takes."""
    if used:
        return
    for comparison in comparisons_of(study, rules):
        for number in _printed_ratios(study, rules, place, comparison):
            miss = keeps_out(study, number, rules.adjustment or "")
            if miss is not None:
                yield miss
    yield from _turned(study, rules, place, ("hr",))


def _turned(
    study: Study, rules: PlannedSynthesis, place: Place, statistics: tuple[str, ...]
) -> Iterator[NearMiss]:
    turned = list(comparisons_of(study, rules, reverse=True))
    outcomes = [outcome.id for outcome in outcomes_for(study, rules)]
    wanted = Quantity(comparison="any", **place)
    yield from other_way_round(study, turned, outcomes, wanted, statistics)


def estimates(study: Study, rules: PlannedSynthesis, place: Place) -> Iterator[PrintedEstimate]:
    """Yield the printed estimate of the rule's measure for each wanted comparison.

    As a ratio before its logarithm, and with an interval before a standard error.
    """
    for comparison in comparisons_of(study, rules):
        for number in _printed_estimates(study, rules, place, comparison):
            spread = spread_of(study, number, _measure(rules))
            if spread is not None and keeps_estimate_out(study, number, rules) is None:
                yield PrintedEstimate(study.id, study.label, number, spread, study.cohorts)
                break


def _measure(rules: PlannedSynthesis) -> str:
    return rules.measures[0]


def _printed_estimates(
    study: Study, rules: PlannedSynthesis, place: Place, comparison: Comparison
) -> list[Printed]:
    """Return estimates of the wanted measure, outcome, arms and patients, the best form first."""
    order = [form.statistic for form in FORMS[_measure(rules)]]
    found = [
        number
        for number in _of_comparison(study, rules, place, comparison)
        if number.quantity.statistic in order and _is_of(study, number, _measure(rules))
    ]
    return sorted(table_first(found), key=lambda number: order.index(number.quantity.statistic))


def _is_of(study: Study, number: Printed, measure: str) -> bool:
    """Whether a difference is one of means or one of risks, as wanted; other forms say it."""
    if number.quantity.statistic != "difference":
        return True
    measured = study.vocabulary(number.quantity.outcome).kind in (*MEASURED, TIMED)
    return measured == (measure == "md")


def near_estimates(
    study: Study, rules: PlannedSynthesis, place: Place, used: list[PrintedEstimate]
) -> Iterator[NearMiss]:
    """Yield the estimates that the rule nearly takes."""
    if used:
        return
    for comparison in comparisons_of(study, rules):
        for number in _printed_estimates(study, rules, place, comparison):
            miss = keeps_estimate_out(study, number, rules)
            if miss is not None:
                yield miss
    yield from _turned(
        study, rules, place, tuple(form.statistic for form in FORMS[_measure(rules)])
    )
