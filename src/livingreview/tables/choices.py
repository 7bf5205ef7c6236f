"""What conclusions rest on: the ways to pool, their priors, and what effects mean in people."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livingreview import wording
from livingreview.analysis import PlannedResult, carry_out
from livingreview.estimates import TwoArmCount
from livingreview.tables.synthesis import COMMON, certainty, estimate_text, forest_rows, shown
from livingreview.tables.table import WHERE, Table
from livingreview_pool import (
    PRIOR_SCALES,
    AbsoluteEffect,
    BayesianSynthesis,
    PolicySynthesis,
    Universe,
    absolute_effect,
    multiverse,
    prior_meaning,
)
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Quantity, Review, mention


def multiverse_table(review: Review) -> Table:
    """How far results and intervals reach over the ways to pool, one row a question and way.

    Estimates that the plan sets aside have a row of their own, with the reason, and enter no range.
    """
    rows = []
    for entry in review.protocol.get("multiverses", []):
        answers = [
            one
            for id_ in entry["syntheses"]
            for one in carry_out(review, id_)
            if one.measure == entry["measure"] and one.effects
        ]
        if not answers:
            continue
        question = f"{entry['title']}: {find_measure(entry['measure']).label.lower()}"
        found = multiverse({str(a.plan["title"]): a.effects for a in answers})
        by_way: dict[str, list[Universe]] = defaultdict(list)
        for universe in found.universes:
            by_way[_way(universe)].append(universe)
        rows += [_way_row(answers[0], question, way, ways) for way, ways in by_way.items()]
        rows += _set_aside(review, entry, question)
    return Table(
        pd.DataFrame(rows),
        caption="Results over the ways to pool, each study also left out in turn",
        empty="No question has more than one way to pool.",
    )


def _way(universe: Universe) -> str:
    """The way to pool in words; the estimators of tau² and their intervals are one way."""
    if universe.tau2_estimator == "bayes":
        return f"Bayesian, prior {universe.interval.removeprefix('half-normal ')}"
    if universe.synthesis.k == 1:
        return "One estimate alone"
    return COMMON if universe.tau2_estimator == "common" else "Random effects, every estimator"


def _way_row(
    first: PlannedResult, question: str, way: str, universes: list[Universe]
) -> dict[str, str]:
    means = [universe.mean for universe in universes]
    lower = [universe.synthesis.ci_lower for universe in universes]
    upper = [universe.synthesis.ci_upper for universe in universes]
    low, high, lowest, highest = (
        wording.number(shown(first, value))
        for value in (min(means), max(means), min(lower), max(upper))
    )
    excludes = [a > 0 or b < 0 for a, b in zip(lower, upper, strict=True)]
    return {
        "Question": question,
        "Way to pool": way,
        "Results": low if low == high else f"{low} to {high}",
        "Intervals reach": f"{lowest} to {highest}",
        "Intervals that exclude no difference": "all"
        if all(excludes)
        else ("some" if any(excludes) else "none"),
    }


def _set_aside(review: Review, entry: Mapping[str, Any], question: str) -> Iterator[dict[str, str]]:
    for item in entry.get("set_aside", []):
        for one in carry_out(review, item["synthesis"]):
            rows = forest_rows(one) if one.measure == entry["measure"] else pd.DataFrame()
            for row in rows.to_dict("records"):
                yield {
                    "Question": question,
                    "Way to pool": f"Set aside: {row['label']}, {one.plan['title']}",
                    "Results": f"{row['text']}, not counted",
                    "Intervals reach": "",
                    "Intervals that exclude no difference": str(item["reason"]),
                }


def priors_table() -> Table:
    """What each prior supposes: tau, and the factor around their centre for 95% of true ratios."""
    rows = [
        {
            "Scale": f"{scale:g}",
            "Half of the prior: tau up to": wording.number(meaning.median_tau),
            "Half of the prior: factor up to": wording.number(meaning.median_factor, 1),
            "95% of the prior: tau up to": wording.number(meaning.high_tau),
            "95% of the prior: factor up to": wording.number(meaning.high_factor, 1),
        }
        for scale, meaning in ((scale, prior_meaning(scale)) for scale in PRIOR_SCALES)
    ]
    caption = (
        "Half-normal priors for the heterogeneity of ratios, and the factor from their centre "
        "within which 95% of the true ratios of studies then lie"
    )
    return Table(pd.DataFrame(rows), caption=caption)


def absolute_table(review: Review) -> Table:
    """Events among 1,000 patients with and without the treatment, at printed baselines.

    A number needed to treat is given only where the interval excludes no difference, and so does
    that of every other measure of the same counts.  Beside the result stands
    the difference that the two arms of the baseline's study print themselves.
    """
    rows = [
        row
        for entry in review.protocol.get("absolute", [])
        for answers in [carry_out(review, entry["synthesis"])]
        for divided in [any(map(_reaches_no_difference, answers[1:]))]
        for result in answers[:1]
        if result.pooled is not None
        for baseline in _baselines(review, result, entry.get("timepoint", ""))
        for row in [_absolute_row(entry, result, result.pooled, baseline, divided)]
    ]
    caption = "Events among 1,000 patients, at the risk that a control arm prints"
    return Table(pd.DataFrame(rows), caption=caption, empty="No control arm prints a baseline.")


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
        study = review.studies[effect.study]
        quantity = effect.sources[0].quantity  # type: ignore[attr-defined]
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
    return f"{label}, all patients of the arm" if quantity.subgroup else label


def _absolute_row(
    entry: Mapping[str, Any],
    result: PlannedResult,
    pooled: PolicySynthesis,
    baseline: _Baseline,
    divided: bool,
) -> dict[str, str]:
    model = pooled.bayes or pooled.main  # the Bayesian result where studies are put together
    centre = model.median if isinstance(model, BayesianSynthesis) else model.mean
    effect = absolute_effect(
        result.measure,
        centre,
        (model.ci_lower, model.ci_upper),
        baseline_risk=baseline.risk,
        time=entry.get("timepoint", ""),
    )
    difference, low, high = (
        wording.number(value, 0)
        for value in (effect.difference, effect.difference_lower, effect.difference_upper)
    )
    observed = (
        "not printed"
        if baseline.experimental is None
        else wording.number(1000 * (baseline.experimental - baseline.risk), 0)
    )
    return {
        "Event": str(entry["event"]),
        "Effect": f"{result.plan['title']}: {estimate_text(result, model)}",
        "Certainty": certainty(result),
        "Without, of 1,000": f"{wording.number(effect.control, 0)} ({baseline.label})",
        "With, of 1,000": wording.number(effect.experimental, 0),
        "Difference (95% interval)": f"{difference} ({low} to {high})",
        "Number needed to treat": _number_needed(effect, divided),
        "Difference between these arms as printed": observed,
        WHERE: wording.places(baseline.sources),
    }


def _reaches_no_difference(result: PlannedResult) -> bool:
    if result.pooled is None:
        return False
    model = result.pooled.bayes or result.pooled.main
    return model.ci_lower <= 0 <= model.ci_upper


def _number_needed(effect: AbsoluteEffect, divided: bool) -> str:
    if effect.crosses_no_effect:
        return "not given: the interval includes no difference"
    if divided:
        return (
            "not given: by another measure of the same counts the interval includes no difference"
        )
    ends = sorted(limit.value for limit in effect.number_needed_limits)
    value, low, high = (
        wording.number(math.ceil(end), 0) for end in (effect.number_needed.value, *ends)
    )
    return f"{value} ({low} to {high}) for one {effect.number_needed.direction}"
