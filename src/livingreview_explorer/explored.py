"""The results of every subset of studies, by every way to pool them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from livingreview_plan import PlannedResult, TwoArmCount, carry_out
from livingreview_pool import (
    PRIOR_SCALES,
    AbsoluteEffect,
    absolute_effect,
    bayes_random_effects,
    common_effect,
    measure,
    random_effects_batch,
)
from livingreview_record import Printed, Quantity, Review, mention

LARGEST = 10  # studies of which every subset is computed; of more, all and each left out
ESTIMATORS = ("reml", "pm", "dl", "ml", "he", "sj")
INTERVALS = ("z", "adhoc", "knha")
ALONE, COMMON = "alone", "common"


class Pooled(NamedTuple):
    """A pooled estimate with its interval, on the analysis scale."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Baseline:
    """A risk without the treatment that the control arm of one study prints."""

    label: str
    event: str
    risk: float
    time: str = ""


@dataclass(frozen=True)
class Question:
    """One planned comparison by one measure: its result, and what each choice gives.

    `ways` holds, for each subset (the places of its studies) and each way to pool, the result;
    one study alone has the one way `alone`, and two have no Knapp-Hartung interval, which would
    rest on one degree of freedom.  It is empty where the plan does not pool these studies.
    """

    result: PlannedResult
    baselines: tuple[Baseline, ...]
    ways: Mapping[tuple[int, ...], Mapping[str, Pooled]]

    def absolute(self, baseline: Baseline, pooled: Pooled) -> AbsoluteEffect:
        """Return the events among 1,000 people at this risk."""
        return absolute_effect(
            self.result.measure,
            pooled.mean,
            (pooled.lower, pooled.upper),
            baseline_risk=baseline.risk,
            time=baseline.time,
        )


def explored(review: Review) -> Iterator[Question]:
    """Yield every planned comparison that has a result, by each of its measures."""
    for plan in review.protocol.syntheses:
        if not plan.kind_rules.compares:
            continue
        for result in carry_out(review, plan.id):
            if result.effects:
                ways = {} if result.pooled is None else _ways(result)
                yield Question(result, tuple(_baselines(review, result)), ways)


def planned_ways(k: int) -> tuple[str, ...]:
    """Return the ways to pool k studies that the rules for few studies show side by side.

    >>> planned_ways(1), planned_ways(2)[:2]
    (('alone',), ('common', 'reml-z'))
    """
    if k == 1:
        return (ALONE,)
    priors = tuple(f"bayes-{scale:g}" for scale in PRIOR_SCALES)
    return (COMMON, "reml-z" if k == 2 else "reml-adhoc", *priors)


def subsets(k: int) -> Iterator[tuple[int, ...]]:
    """Yield the places of the studies of each subset, the larger ones first.

    >>> list(subsets(2))
    [(0, 1), (0,), (1,)]
    """
    smallest = 1 if k <= LARGEST else k - 1
    for size in range(k, smallest - 1, -1):
        yield from combinations(range(k), size)
    if k > LARGEST:
        yield from ((place,) for place in range(k))


def _ways(result: PlannedResult) -> dict[tuple[int, ...], dict[str, Pooled]]:
    by_size: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for chosen in subsets(len(result.effects)):
        by_size[len(chosen)].append(chosen)
    found: dict[tuple[int, ...], dict[str, Pooled]] = {}
    for size, several in by_size.items():
        of_size = _alone(result, several) if size == 1 else _of_one_size(result, several)
        found |= of_size
    return found


def _alone(
    result: PlannedResult, several: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], dict[str, Pooled]]:
    effects = [result.effects[place] for (place,) in several]
    return {
        chosen: {ALONE: Pooled(effect.yi, *effect.interval())}
        for chosen, effect in zip(several, effects, strict=True)
    }


def _of_one_size(
    result: PlannedResult, several: Sequence[tuple[int, ...]]
) -> dict[tuple[int, ...], dict[str, Pooled]]:
    """Pool every subset of one size: random effects at once, the other models one by one."""
    yi = np.array([[result.effects[place].yi for place in chosen] for chosen in several])
    vi = np.array([[result.effects[place].vi for place in chosen] for chosen in several])
    found: dict[tuple[int, ...], dict[str, Pooled]] = {chosen: {} for chosen in several}
    for estimator in ESTIMATORS:
        for interval in INTERVALS if yi.shape[1] > 2 else INTERVALS[:1]:
            batch = random_effects_batch(yi, vi, tau2_estimator=estimator, interval=interval)
            rows = np.column_stack([batch.mean, batch.ci_lower, batch.ci_upper]).tolist()
            for chosen, row in zip(several, rows, strict=True):
                found[chosen][f"{estimator}-{interval}"] = Pooled(*row)
    for chosen in several:
        effects = [result.effects[place] for place in chosen]
        one = common_effect(effects)
        found[chosen][COMMON] = Pooled(one.mean, one.ci_lower, one.ci_upper)
        for scale in PRIOR_SCALES if measure(result.measure).is_log_ratio else ():
            posterior = bayes_random_effects(effects, scale=scale)
            values = posterior.median, posterior.ci_lower, posterior.ci_upper
            found[chosen][f"bayes-{scale:g}"] = Pooled(*values)
    return found


def _baselines(review: Review, result: PlannedResult) -> Iterator[Baseline]:
    """Yield the risks of control arms: a share of those counted, or a printed survival rate."""
    if result.measure not in ("log_or", "log_rr", "rd", "log_hr"):
        return
    entries = [one for one in review.protocol.absolute if one.synthesis == result.plan.id]
    counted = next((entry.event for entry in entries), _outcome_words(review, result))
    for count in result.counts:
        if isinstance(count, TwoArmCount) and 0 < count.control.events < count.control.total:
            arm = review.studies[count.study_id].arms[count.control.arm_id]
            risk = count.control.events / count.control.total
            yield Baseline(f"{count.label}, {arm.label}", counted, risk)
    for entry in entries if result.measure == "log_hr" else ():
        yield from _printed_rates(review, result, entry.timepoint, entry.event)


def _printed_rates(
    review: Review, result: PlannedResult, time: str, event: str
) -> Iterator[Baseline]:
    for effect in result.effects:
        study = review.studies[effect.study]
        source = next(one for one in effect.sources if isinstance(one, Printed))
        arm = study.arms[study.comparisons[source.quantity.comparison].control]
        wanted = Quantity(
            arm_id=arm.id,
            outcome=result.plan.outcome,
            population=effect.population,
            timepoint=time,
            statistic="rate",
        )
        rate = mention(study, wanted)
        if rate is not None and 0 < rate.number.value < 100:
            label = f"{study.label}, {arm.label}, {time}"
            yield Baseline(label, event, 1 - rate.number.value / 100, time)


def _outcome_words(review: Review, result: PlannedResult) -> str:
    return (review.protocol.outcome_label(result.plan.outcome) or result.plan.title).lower()
