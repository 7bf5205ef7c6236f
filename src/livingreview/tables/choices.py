"""What conclusions rest on: every reasonable way to pool, and what effects mean in people."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from livingreview import prose
from livingreview.analysis import Answer, answer
from livingreview.estimates import TwoArmCount
from livingreview.studies import Printed, Review
from livingreview.synthesis import (
    PRIOR_SCALES,
    AbsoluteEffect,
    PolicySynthesis,
    absolute_effect,
    multiverse,
    prior_meaning,
)
from livingreview.tables.html import Table
from livingreview.tables.study import WHERE
from livingreview.tables.synthesis import shown


def multiverse_table(review: Review) -> Table:
    """Range of the pooled results over all reasonable choices, one row a question."""
    rows = []
    for entry in review.protocol.get("multiverses", []):
        answers = [answer(review, id_)[0] for id_ in entry["syntheses"]]
        answers = [result for result in answers if result.effects]
        if not answers:
            continue
        found = multiverse({str(a.plan["title"]): a.effects for a in answers})
        first = answers[0]
        lowest, highest, low, high = (
            prose.number(shown(first, value))
            for value in (
                *(found.lowest_mean, found.highest_mean),
                *(found.lowest_limit, found.highest_limit),
            )
        )
        count = len(found.universes)
        rows.append(
            {
                "Question": entry["title"],
                "Ways to pool": str(count),
                "Pooled results": f"{lowest} to {highest}",
                "Intervals reach": f"{low} to {high}",
                "Intervals wholly below no difference": f"{found.below_null} of {count}",
                "Intervals wholly above": f"{found.above_null} of {count}",
            }
        )
    return Table(
        pd.DataFrame(rows),
        caption="Every reasonable way to pool, with each study left out in turn",
        empty="No question has more than one way to pool.",
    )


def priors_table() -> Table:
    """What each prior supposes: tau, and the factor around their centre for 95% of true ratios."""
    rows = [
        {
            "Scale": f"{scale:g}",
            "Half of the prior: tau up to": prose.number(meaning.median_tau),
            "Half of the prior: factor up to": prose.number(meaning.median_factor, 1),
            "95% of the prior: tau up to": prose.number(meaning.high_tau),
            "95% of the prior: factor up to": prose.number(meaning.high_factor, 1),
        }
        for scale, meaning in ((scale, prior_meaning(scale)) for scale in PRIOR_SCALES)
    ]
    caption = (
        "Half-normal priors for the heterogeneity of ratios, and the factor from their centre "
        "within which 95% of the true ratios of studies then lie"
    )
    return Table(pd.DataFrame(rows), caption=caption)


def absolute_table(review: Review) -> Table:
    """Events among 1,000 patients with and without the treatment, at printed baselines."""
    rows = [
        _absolute_row(entry, baseline, effect)
        for entry in review.protocol.get("absolute", [])
        for baseline, effect in _absolute_effects(review, entry)
    ]
    return Table(
        pd.DataFrame(rows),
        caption="Events among 1,000 patients",
        empty="No control arm prints a baseline.",
    )


def _absolute_effects(
    review: Review, entry: Mapping[str, Any]
) -> Iterator[tuple[Printed, AbsoluteEffect]]:
    result = answer(review, entry["synthesis"])[0]
    if result.pooled is None:
        return
    for baseline, risk in _baselines(review, result, entry.get("timepoint", "")):
        centre, limits = _widest(result.pooled)
        time = entry.get("timepoint", "")
        yield (
            baseline,
            absolute_effect(result.measure, centre, limits, baseline_risk=risk, time=time),
        )


def _widest(pooled: PolicySynthesis) -> tuple[float, tuple[float, float]]:
    """The Bayesian result where two studies have one, else the policy's main result."""
    if pooled.bayes is not None:
        return pooled.bayes.median, (pooled.bayes.ci_lower, pooled.bayes.ci_upper)
    return pooled.main.mean, (pooled.main.ci_lower, pooled.main.ci_upper)


def _baselines(review: Review, result: Answer, timepoint: str) -> Iterator[tuple[Printed, float]]:
    """Printed risks of control arms: a survival rate at the timepoint, or a count of events."""
    for count in result.counts:
        if isinstance(count, TwoArmCount):
            yield count.control.sources[0], count.control.events / count.control.total
    for effect in result.effects if not result.counts else ():
        study = review.studies[effect.study]
        comparison = study.comparisons[effect.sources[0].quantity.comparison]  # type: ignore[attr-defined]
        for rate in study.find(
            arm_id=comparison.control,
            outcome=result.plan["outcome"],
            population=effect.population,
            subgroup="",
            statistic="rate",
            timepoint=timepoint,
        )[:1]:
            yield rate, 1 - rate.number.value / 100


def _absolute_row(
    entry: Mapping[str, Any], baseline: Printed, effect: AbsoluteEffect
) -> dict[str, str]:
    difference, low, high = (
        prose.number(value, 0)
        for value in (effect.difference, effect.difference_lower, effect.difference_upper)
    )
    needed = effect.number_needed
    people = f"{prose.number(needed.value, 0)} for one {needed.direction}"
    return {
        "Event": str(entry["event"]),
        "Without, of 1,000": f"{prose.number(effect.control, 0)} ({baseline.study_id})",
        "With, of 1,000": prose.number(effect.experimental, 0),
        "Difference (95% interval)": f"{difference} ({low} to {high})",
        "Number needed to treat": f"{people}; the interval includes no difference"
        if effect.crosses_no_effect
        else people,
        WHERE: str(baseline.locator),
    }
