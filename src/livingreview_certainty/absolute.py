"""What results mean in people: events among 1,000 at the risk that a control arm prints."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from livingreview_display import WHERE, Table, number, places
from livingreview_plan import PlannedResult, TwoArmCount, carry_out, quantity_of
from livingreview_pool import AbsoluteEffect, absolute_effect
from livingreview_record import (
    LEVELS,
    PlannedAbsolute,
    Printed,
    Quantity,
    Review,
    mention,
    months,
    months_in,
)
from livingreview_results import Model, Reading, certainty, read_first

NOT_GIVEN = "not given: {}the interval includes no difference"
TOO_UNSURE = f"not given: the certainty is {LEVELS[0]}"


def absolute_table(review: Review) -> Table:
    """Events among 1,000 patients with and without the treatment, at printed baselines.

    A number needed to treat is given only where the certainty is more than the lowest and the
    interval excludes no difference, and so does that of every other measure of the same counts,
    model and prior.  Beside the result stands the difference that the two arms of the baseline's
    study print themselves.
    """
    rows = [
        row
        for entry in review.protocol.absolute
        for row in absolute_rows(review, entry, carry_out(review, entry.synthesis))
    ]
    caption = (
        f"Events among 1,000 {review.terms.participants}, at the risk that a control arm prints"
    )
    return Table(pd.DataFrame(rows), caption=caption, empty="No control arm prints a baseline.")


def absolute_rows(
    review: Review, entry: PlannedAbsolute, results: Sequence[PlannedResult]
) -> list[dict[str, str]]:
    """Events among 1,000 patients at each baseline that a control arm prints, as texts."""
    against = _against(results)
    return [
        _absolute_row(entry, result, first, baseline, against)
        for result in results[:1]
        if (first := read_first(result)) is not None
        for baseline in baselines(review, result, entry.timepoint)
    ]


@dataclass(frozen=True)
class Baseline:
    """Risks that the arms of a comparison print; the experimental one is None if it prints none.

    `median` is the time in months from which the risk is computed, as if it stayed the same over
    time; None where the risk itself is printed.
    """

    study: str
    study_label: str
    label: str
    risk: float
    experimental: float | None
    sources: tuple[Printed, ...]
    median: float | None = None


def baselines(review: Review, result: PlannedResult, timepoint: str) -> Iterator[Baseline]:
    """Printed risks of control arms: a survival rate at the timepoint, or a count of events."""
    for count in result.counts:
        if isinstance(count, TwoArmCount):
            control, treated = (
                arm.events / arm.total for arm in (count.control, count.experimental)
            )
            quantity = count.control.sources[0].quantity
            label = _control_label(review, count.study_id, count.control.arm_id, quantity)
            study = review.studies[count.study_id]
            yield Baseline(study.id, study.label, label, control, treated, count.sources)
    for effect in result.effects if not result.counts else ():
        study, quantity = review.studies[effect.study], quantity_of(effect)
        comparison, outcome = study.comparisons[quantity.comparison], result.plan.outcome
        control_rate, treated_rate = (
            mention(study, replace(_rate(arm, outcome, timepoint), population=effect.population))
            for arm in (comparison.control, comparison.experimental)
        )
        if control_rate is not None:
            label = _control_label(review, study.id, comparison.control, quantity)
            other = None if treated_rate is None else _died(treated_rate)
            sources = tuple(one for one in (control_rate, treated_rate) if one is not None)
            yield Baseline(study.id, study.label, label, _died(control_rate), other, sources)


def from_medians(review: Review, result: PlannedResult, timepoint: str) -> Iterator[Baseline]:
    """The risks of control arms that print no rate at the timepoint, from their medians."""
    printed = {one.study for one in baselines(review, result, timepoint)}
    for effect in result.effects if not result.counts else ():
        comparison = review.studies[effect.study].comparisons[quantity_of(effect).comparison]
        outcome = result.plan.outcome
        found = arm_baseline(review, effect.study, comparison.control, outcome, timepoint)
        if found is not None and effect.study not in printed:
            yield found


def arm_baseline(
    review: Review, study_id: str, arm_id: str, outcome: str, timepoint: str
) -> Baseline | None:
    """The risk of an arm up to a time: as a printed rate, else from its printed median.

    From a median the risk is `1 - 2**(-time / median)`, as if it stayed the same over time, which
    the label says.  None where the arm prints neither.
    """
    study = review.studies[study_id]
    label = f"{study.label}: {study.arms[arm_id].label}"
    wanted = _rate(arm_id, outcome, timepoint)
    rate = mention(study, wanted)
    if rate is not None:
        return Baseline(study.id, study.label, label, _died(rate), None, (rate,))
    median = mention(study, replace(wanted, statistic="median", timepoint=""))
    if median is None or median.number.relation != "=":
        return None
    half = median.number.value * months_in(median.unit)
    label += f", from its median of {median.value} {median.unit} as if the risk stayed the same"
    risk = 1 - 2 ** (-months(timepoint) / half)
    return Baseline(study.id, study.label, label, risk, None, (median,), half)


def _rate(arm_id: str, outcome: str, timepoint: str) -> Quantity:
    return Quantity(arm_id, outcome=outcome, statistic="rate", timepoint=timepoint)


def _died(rate: Printed) -> float:
    """The risk that a printed rate without the event leaves."""
    return 1 - rate.number.value / 100


def _control_label(review: Review, study_id: str, arm_id: str, quantity: Quantity) -> str:
    """The arm that gives the baseline, with its patients where they are not simply all."""
    study = review.studies[study_id]
    label = f"{study.label}: {study.arms[arm_id].label}"
    if quantity.population != "whole":
        label += f", {study.populations[quantity.population].label.lower()}"
    return f"{label}, all {study.terms.participants} of the arm" if quantity.subgroup else label


def _against(results: Sequence[PlannedResult]) -> str:
    """By what else than the first interval there may be no difference; empty for nothing."""
    if any(one.includes_no_difference for one in map(read_first, results[1:]) if one is not None):
        return "by another measure of the same counts "
    pooled = results[0].pooled if results else None
    models: tuple[Model, ...] = () if pooled is None else (pooled.main, *pooled.by_prior.values())
    return "by another model or prior " if any(map(_reaches_no_difference, models)) else ""


def _reaches_no_difference(model: Model) -> bool:
    return model.ci_lower <= 0 <= model.ci_upper


def _absolute_row(
    entry: PlannedAbsolute,
    result: PlannedResult,
    first: Reading,
    baseline: Baseline,
    against: str,
) -> dict[str, str]:
    effect = absolute_effect(
        result.measure,
        first.centre,
        (first.lower, first.upper),
        baseline_risk=baseline.risk,
        time=entry.timepoint,
    )
    ends = (effect.difference, effect.difference_lower, effect.difference_upper)
    difference, low, high = (number(value, 0) for value in ends)
    observed = "not printed"
    if baseline.experimental is not None:
        observed = number(1000 * (baseline.experimental - baseline.risk), 0)
    return {
        "Event": entry.event,
        "Effect": f"{result.plan.title}: {first.text(result)}",
        "Certainty": certainty(result),
        "Without, of 1,000": f"{number(effect.control, 0)} ({baseline.label})",
        "With, of 1,000": number(effect.experimental, 0),
        "Difference (95% interval)": f"{difference} ({low} to {high})",
        "Number needed to treat": TOO_UNSURE
        if result.certainty == LEVELS[0]
        else _number_needed(effect, against),
        "Difference between these arms as printed": observed,
        WHERE: places(baseline.sources),
    }


def _number_needed(effect: AbsoluteEffect, against: str) -> str:
    if effect.crosses_no_effect or against:
        return NOT_GIVEN.format("" if effect.crosses_no_effect else against)
    ends = sorted(limit.value for limit in effect.number_needed_limits)
    value, low, high = (number(math.ceil(end), 0) for end in (effect.number_needed.value, *ends))
    return f"{value} ({low} to {high}) for one {effect.number_needed.direction}"
