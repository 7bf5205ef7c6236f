"""What results mean in months and in people: printed medians, mean survival, events among 1,000."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livingreview.tables.synthesis import Model, certainty, estimate_text
from livingreview_display import WHERE, Table, Words, bullets, cell, number, places
from livingreview_plan import (
    PlannedResult,
    PrintedSurvival,
    TwoArmCount,
    carry_out,
    printed_survival,
)
from livingreview_pool import (
    AbsoluteEffect,
    BayesianSynthesis,
    Effect,
    RestrictedMean,
    absolute_effect,
    restricted_mean,
    restricted_mean_difference,
)
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Quantity, Review, Study, mention, months_in

NO_CURVES = "No study prints survival for two compared arms."
NOT_GIVEN = "not given: {}the interval includes no difference"


def control_table(review: Review, result: PlannedResult) -> Table:
    """Printed medians of the control arms of the studies that a result compares."""
    rows = [
        {
            "Study": study.label,
            "Control arm": study.arms[control.quantity.arm_id].label,
            f"Median, {control.unit} (95% interval)": cell(
                [control, *study.find(**{**vars(control.quantity), "statistic": "ci95"})]
            ),
            WHERE: places([control]),
        }
        for study, _, _, control in _medians(review, result)
    ]
    empty = "No control arm prints a median."
    return Table(pd.DataFrame(rows), caption="Median in the control arms", empty=empty)


def control_words(review: Review, result: PlannedResult) -> Words | None:
    """How far the medians of the control arms lie apart; nothing below two of them."""
    medians = [(study.label, control) for study, _, _, control in _medians(review, result)]
    found = sorted((c.number.value * months_in(c.unit), c.value, c.unit, s) for s, c in medians)
    if len(found) < 2:
        return None
    (low, shortest, unit, lowest), (high, longest, other, highest) = found[0], found[-1]
    other, who = "" if other == unit else f" {other}", review.terms.participants
    return Words(
        f"The medians of the control arms run from {shortest} {unit} ({lowest}) to "
        f"{longest}{other} ({highest}), a factor of {number(high / low)}: the {who} of these "
        "studies may not be alike, or their time may not be counted alike."
    )


def proportional_words(review: Review, results: Sequence[PlannedResult]) -> Words:
    """Ratio of printed medians, and the one that the hazard ratio gives with constant hazards."""
    lines = []
    for result in results:
        for study, effect, treated, control in _medians(review, result):
            ratio = float(find_measure(result.measure).to_display(effect.yi))
            lines.append(
                f"{study.label}, {study.outcomes[control.quantity.outcome].label.lower()}, "
                f"{study.populations[effect.population].label.lower()}: the printed medians are "
                f"{treated.value} and {control.value} {control.unit}, a ratio of "
                f"{number(treated.number.value / control.number.value)}; with constant hazards a "
                f"hazard ratio of {number(ratio)} gives a ratio of {number(1 / ratio)}"
            )
    return Words(bullets(dict.fromkeys(lines), empty="No study prints both medians."))


def _medians(
    review: Review, result: PlannedResult
) -> Iterator[tuple[Study, Effect, Printed, Printed]]:
    """Studies with the printed medians of both arms, for the very patients of their estimate."""
    for effect in result.effects:
        study, quantity = review.studies[effect.study], quantity_of(effect)
        comparison = study.comparisons[quantity.comparison]
        wanted = Quantity(
            outcome=quantity.outcome,
            population=quantity.population,
            subgroup=quantity.subgroup,
            statistic="median",
        )
        treated, control = (
            mention(study, replace(wanted, arm_id=arm))
            for arm in (comparison.experimental, comparison.control)
        )
        if treated is not None and control is not None and control.number.value > 0:
            yield study, effect, treated, control


def quantity_of(effect: Effect) -> Quantity:
    """The identity of the printed number that the effect comes from."""
    return next(source.quantity for source in effect.sources if isinstance(source, Printed))


def restricted_mean_table(review: Review) -> Table:
    """Mean survival time up to a horizon in each compared arm, and the difference.

    Every value is of a reconstruction: the drawn curve, and in brackets what every curve that
    prints like the source can give.  Studies whose printed numbers contradict each other are named.
    """
    rows = []
    for entry in review.protocol.get("restricted_means", []):
        outcome, horizon = entry["outcome"], float(entry["horizon"])
        label = review.protocol["outcomes"].get(outcome, {}).get("label", outcome)
        studies = [one for one in review.studies.values() if one.status in entry["status"]]
        for study, comparison in ((s, c) for s in studies for c in s.comparisons.values()):
            treated = printed_survival(study, comparison.experimental, outcome)
            control = printed_survival(study, comparison.control, outcome)
            if treated is None or control is None:
                continue
            status = f" ({study.status.replace('-', ' ')})" if study.status != "included" else ""
            texts = _mean_texts(treated, control, horizon)
            rows.append(
                {
                    "Outcome": f"{label}, {number(horizon, 0)} months",
                    "Study": f"{study.label}{status}",
                    "Experimental arm (bounds)": texts[0],
                    "Control arm (bounds)": texts[1],
                    "Difference (bounds)": texts[2],
                    WHERE: places((*treated.sources, *control.sources)),
                }
            )
    caption = "Reconstructed mean survival time in months up to a horizon"
    return Table(pd.DataFrame(rows), caption=caption, empty=NO_CURVES, fold=True)


def _mean_texts(
    treated: PrintedSurvival, control: PrintedSurvival, horizon: float
) -> tuple[str, str, str]:
    """The mean of each arm and their difference, or why there is no curve."""

    def text(mean: RestrictedMean) -> str:
        value, lower, upper = (number(v, 1) for v in (mean.value, mean.lower, mean.upper))
        return f"{value} ({lower} to {upper})"

    none, why = "no curve", "; ".join((*treated.contradictions, *control.contradictions))
    if why:
        return none, none, f"the printed numbers contradict each other: {why}"
    if not all(arm.landmarks or arm.median for arm in (treated, control)):
        why = "no rate, and no median that was reached, is printed for one of the arms"
        return none, none, why
    curves = treated.reconstructed(), control.reconstructed()
    means = [text(restricted_mean(curve, horizon)) for curve in curves]
    return means[0], means[1], text(restricted_mean_difference(*curves, horizon))


def absolute_table(review: Review) -> Table:
    """Events among 1,000 patients with and without the treatment, at printed baselines.

    A number needed to treat is given only where the interval excludes no difference, and so does
    that of every other measure of the same counts.  Beside the result stands
    the difference that the two arms of the baseline's study print themselves.
    """
    rows = [
        row
        for entry in review.protocol.get("absolute", [])
        for row in absolute_rows(review, entry, carry_out(review, entry["synthesis"]))
    ]
    caption = (
        f"Events among 1,000 {review.terms.participants}, at the risk that a control arm prints"
    )
    return Table(pd.DataFrame(rows), caption=caption, empty="No control arm prints a baseline.")


def absolute_rows(
    review: Review, entry: Mapping[str, Any], results: Sequence[PlannedResult]
) -> list[dict[str, str]]:
    """Events among 1,000 patients at each baseline that a control arm prints, as texts."""
    divided = any(map(_reaches_no_difference, results[1:]))
    return [
        _absolute_row(entry, result, model, baseline, divided)
        for result in results[:1]
        if (model := _model(result)) is not None
        for baseline in _baselines(review, result, entry.get("timepoint", ""))
    ]


@dataclass(frozen=True)
class _Baseline:
    """Risks that the arms of a comparison print; the experimental one is None if it prints none."""

    label: str
    risk: float
    experimental: float | None
    sources: tuple[Printed, ...]


def _baselines(review: Review, result: PlannedResult, timepoint: str) -> Iterator[_Baseline]:
    """Printed risks of control arms: a survival rate at the timepoint, or a count of events."""
    for count in result.counts:
        if isinstance(count, TwoArmCount):
            control, treated = (
                arm.events / arm.total for arm in (count.control, count.experimental)
            )
            quantity = count.control.sources[0].quantity
            label = _control_label(review, count.study_id, count.control.arm_id, quantity)
            yield _Baseline(label, control, treated, count.sources)
    for effect in result.effects if not result.counts else ():
        study, quantity = review.studies[effect.study], quantity_of(effect)
        comparison = study.comparisons[quantity.comparison]
        wanted = Quantity(
            outcome=result.plan["outcome"],
            population=effect.population,
            statistic="rate",
            timepoint=timepoint,
        )
        rates = [
            mention(study, replace(wanted, arm_id=arm))
            for arm in (comparison.control, comparison.experimental)
        ]
        risks = [None if rate is None else 1 - rate.number.value / 100 for rate in rates]
        if risks[0] is not None:
            label = _control_label(review, study.id, comparison.control, quantity)
            sources = tuple(rate for rate in rates if rate is not None)
            yield _Baseline(label, risks[0], risks[1], sources)


def _control_label(review: Review, study_id: str, arm_id: str, quantity: Quantity) -> str:
    """The arm that gives the baseline, with its patients where they are not simply all."""
    study = review.studies[study_id]
    label = f"{study.label}: {study.arms[arm_id].label}"
    if quantity.population != "whole":
        label += f", {study.populations[quantity.population].label.lower()}"
    return f"{label}, all {study.terms.participants} of the arm" if quantity.subgroup else label


def _model(result: PlannedResult) -> Model | None:
    """The Bayesian result where studies are put together, else the main one."""
    return None if result.pooled is None else result.pooled.bayes or result.pooled.main


def _reaches_no_difference(result: PlannedResult) -> bool:
    model = _model(result)
    return model is not None and model.ci_lower <= 0 <= model.ci_upper


def _absolute_row(
    entry: Mapping[str, Any],
    result: PlannedResult,
    model: Model,
    baseline: _Baseline,
    divided: bool,
) -> dict[str, str]:
    effect = absolute_effect(
        result.measure,
        model.median if isinstance(model, BayesianSynthesis) else model.mean,
        (model.ci_lower, model.ci_upper),
        baseline_risk=baseline.risk,
        time=entry.get("timepoint", ""),
    )
    ends = (effect.difference, effect.difference_lower, effect.difference_upper)
    difference, low, high = (number(value, 0) for value in ends)
    observed = "not printed"
    if baseline.experimental is not None:
        observed = number(1000 * (baseline.experimental - baseline.risk), 0)
    return {
        "Event": str(entry["event"]),
        "Effect": f"{result.plan['title']}: {estimate_text(result, model)}",
        "Certainty": certainty(result),
        "Without, of 1,000": f"{number(effect.control, 0)} ({baseline.label})",
        "With, of 1,000": number(effect.experimental, 0),
        "Difference (95% interval)": f"{difference} ({low} to {high})",
        "Number needed to treat": _number_needed(effect, divided),
        "Difference between these arms as printed": observed,
        WHERE: places(baseline.sources),
    }


def _number_needed(effect: AbsoluteEffect, divided: bool) -> str:
    if effect.crosses_no_effect or divided:
        by = "" if effect.crosses_no_effect else "by another measure of the same counts "
        return NOT_GIVEN.format(by)
    ends = sorted(limit.value for limit in effect.number_needed_limits)
    value, low, high = (number(math.ceil(end), 0) for end in (effect.number_needed.value, *ends))
    return f"{value} ({low} to {high}) for one {effect.number_needed.direction}"
