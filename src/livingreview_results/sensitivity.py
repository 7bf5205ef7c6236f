"""What results depend on: single numbers and studies, the ways to pool, and their priors."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from livingreview_display import Table, cell, number
from livingreview_plan import Estimate, PlannedResult, carry_out, select
from livingreview_pool import PRIOR_SCALE, PRIOR_SCALES, Universe, multiverse, prior_meaning
from livingreview_pool import measure as find_measure
from livingreview_record import PlannedMultiverse, Printed, Review
from livingreview_results.rows import (
    COMMON,
    FLAG,
    RANDOM,
    bayes_name,
    caption,
    estimate_text,
    forest_rows,
    shown,
)

WAYS = ("Question", "Way to pool", "Results", "Intervals reach")
EXCLUDING = "Intervals that exclude no difference"
LEFT_OUT_EARLY = "survival-exclusion"  # the kind of statement of a study that did so
EARLY_WORDS = " (early deaths excluded)"


def sensitivity_table(
    review: Review, results: Mapping[str, Sequence[PlannedResult]], marked: frozenset[Printed]
) -> Table:
    """Comparisons, by their ids, with and without numbers that a finding touches, and each study.

    Single arms are not repeated: without one of them the others stay as they are.
    """
    rows = [
        {"Synthesis": caption(full), "Left out": words, "Result": _result_text(result)}
        for synthesis_id, group in results.items()
        for full in group
        if find_measure(full.measure).compares and full.effects and not full.not_pooled
        for words, result in _reduced(review, synthesis_id, full, marked)
    ]
    caption_ = "Results with and without numbers in question, and with each study left out"
    empty = "No comparison has a number in question or a second study."
    return Table(pd.DataFrame(rows), caption=caption_, empty=empty)


def _reduced(
    review: Review, synthesis_id: str, full: PlannedResult, marked: frozenset[Printed]
) -> Iterator[tuple[str, PlannedResult | None]]:
    """The full result and each reduced one; nothing where nothing can be left out."""

    def without(numbers: Iterable[object]) -> PlannedResult | None:
        left_out = [number for number in numbers if isinstance(number, Printed)]
        again = carry_out(review, synthesis_id, without=left_out)
        return next((one for one in again if one.measure == full.measure), None)

    touched = [bool(marked.intersection(effect.sources)) for effect in full.effects]
    if len(full.effects) == 1 and not any(touched):
        return
    yield "nothing", full
    if sum(touched) > 1:
        yield "every number that a finding touches", without(marked)
    for effect, flagged in zip(full.effects, touched, strict=True):
        early = any(s.kind == LEFT_OUT_EARLY for s in review.studies[effect.study].statements)
        yield effect.name + FLAG * flagged + EARLY_WORDS * early, without(effect.sources)


def _result_text(result: PlannedResult | None) -> str:
    if result is None or not result.effects:
        return "no study is left"
    if len(result.effects) == 1:
        row = forest_rows(result).iloc[0]
        return f"{row['label']} alone: {row['text']}"
    if result.pooled is None:
        return result.not_pooled
    models = {RANDOM: result.pooled.main, bayes_name(PRIOR_SCALE): result.pooled.bayes}
    return "; ".join(
        f"{label}: {estimate_text(result, model)}"
        for label, model in models.items()
        if model is not None
    )


def multiverse_table(review: Review) -> Table:
    """How far results and intervals reach over the ways to pool, one row a question and way.

    Estimates that the plan sets aside have a row of their own, with the reason, and enter no range.
    """
    rows = []
    for entry in review.protocol.multiverses:
        results = [
            one
            for id_ in entry.syntheses
            for one in carry_out(review, id_)
            if one.measure == entry.measure and one.effects
        ]
        if results:
            question = f"{entry.title}: {find_measure(entry.measure).label.lower()}"
            rows += [(question, *cells) for cells in _ways(results)]
            rows += [(question, *cells) for cells in _set_aside(review, entry)]
    return Table(
        pd.DataFrame(rows, columns=[*WAYS, EXCLUDING]),
        caption="Results over the ways to pool, each study also left out in turn",
        empty="No question has more than one way to pool.",
    )


def _ways(results: Sequence[PlannedResult]) -> Iterator[tuple[str, ...]]:
    """Each way to pool, what its results and intervals reach, and which exclude no difference."""
    by_way: dict[str, list[Universe]] = defaultdict(list)
    for universe in multiverse({one.plan.title: one.effects for one in results}).universes:
        by_way[_way(universe)].append(universe)
    for way, found in by_way.items():
        means = [universe.mean for universe in found]
        limits = [(one.synthesis.ci_lower, one.synthesis.ci_upper) for one in found]
        ends = (min(means), max(means), min(a for a, _ in limits), max(b for _, b in limits))
        low, high, lowest, highest = (number(shown(results[0], end)) for end in ends)
        excludes = [lower > 0 or upper < 0 for lower, upper in limits]
        told = "all" if all(excludes) else "some" if any(excludes) else "none"
        yield way, low if low == high else f"{low} to {high}", f"{lowest} to {highest}", told


def _way(universe: Universe) -> str:
    """The way to pool in words; the estimators of tau² and their intervals are one way."""
    if universe.tau2_estimator == "bayes":
        return f"Bayesian, prior {universe.interval.removeprefix('half-normal ')}"
    if universe.synthesis.k == 1:
        return "One estimate alone"
    return COMMON if universe.tau2_estimator == "common" else "Random effects, every estimator"


def _set_aside(review: Review, entry: PlannedMultiverse) -> Iterator[tuple[str, ...]]:
    for item in entry.set_aside:
        for one in carry_out(review, item.synthesis):
            rows = forest_rows(one) if one.measure == entry.measure else pd.DataFrame()
            for row in rows.to_dict("records"):
                what = f"Set aside: {row['label']}, {one.plan.title}"
                yield what, f"{row['text']}, not counted", "", item.reason


def priors_table() -> Table:
    """What each prior supposes: tau, and the factor around their centre for 95% of true ratios."""
    rows = [
        {
            "Scale": f"{scale:g}",
            "Half of the prior: tau up to": number(meaning.median_tau),
            "Half of the prior: factor up to": number(meaning.median_factor, 1),
            "95% of the prior: tau up to": number(meaning.high_tau),
            "95% of the prior: factor up to": number(meaning.high_factor, 1),
        }
        for scale, meaning in ((scale, prior_meaning(scale)) for scale in PRIOR_SCALES)
    ]
    caption = (
        "Half-normal priors for the heterogeneity of ratios, and the factor from their centre "
        "within which 95% of the true ratios of studies then lie"
    )
    return Table(pd.DataFrame(rows), caption=caption)


def choice_table(review: Review, question: str) -> Table:
    """Which estimate of each study enters the syntheses of a question, and which stand behind it.

    Only studies with more than one are shown.
    """
    rows = []
    for planned in review.protocol.syntheses:
        if planned.question != question:
            continue
        found = select(review, planned.id)
        for one in found.used:
            others = (other for other in found.others if other.study_id == one.study_id)
            behind = [_chosen(review, other) for other in others]
            if behind:
                rows.append([planned.title, one.label, _chosen(review, one), "; ".join(behind)])
    columns = ["Synthesis", "Study", "Enters", "Stands behind it"]
    empty = "No study prints more than one estimate of the same patients."
    return Table(pd.DataFrame(rows, columns=columns), "Which estimate enters", empty=empty)


def _chosen(review: Review, estimate: Estimate) -> str:
    """An estimate as printed, with its adjustment and its patients."""
    study, numbers = review.studies[estimate.study_id], estimate.sources
    quantity = numbers[0].quantity
    words = quantity.adjustment or "not said whether adjusted"
    return f"{cell(numbers)} ({words}; {study.populations[quantity.population].label})"
