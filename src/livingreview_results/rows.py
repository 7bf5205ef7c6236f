"""Results of planned syntheses as rows to draw and texts, on the scale readers know."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from livingreview_display import POOLED, PREDICTION, STUDY, Places, address_of, number
from livingreview_plan import USUAL_LEVEL, ArmCount, PlannedResult, PrintedEstimate, form_of
from livingreview_pool import (
    PRIOR_SCALE,
    PRIOR_SCALES,
    BayesianSynthesis,
    Effect,
    Synthesis,
    clopper_pearson,
)
from livingreview_pool import measure as find_measure
from livingreview_record import Printed

FLAG = " †"
COLUMNS = ["label", "mark", "estimate", "lower", "upper", "weight", "text", "counts", "where"]
COMMON, RANDOM = "Common effect", "Random effects (REML)"
PRIOR_NAMES = dict(zip(PRIOR_SCALES, ("bayes-narrow", "bayes", "bayes-wide"), strict=True))
INTERVAL_NAMES = {"adhoc": "modified Knapp-Hartung interval", "z": "normal interval"}
EXACT = "exact"
EXACT_NAMES = {True: "Mantel-Haenszel (no correction)", False: "Binomial-normal random effects"}

Model = Synthesis | BayesianSynthesis


def shown(result: PlannedResult, value: float) -> float:
    """Return a value of the analysis scale on the display scale; proportions in percent."""
    known = find_measure(result.measure)
    return (100 if known.is_in_percent else 1) * float(known.to_display(value))


def unit_of(result: PlannedResult) -> str:
    """The unit of a difference: percentage points, or what its outcome is measured in."""
    if find_measure(result.measure).is_in_percent:
        return "percentage points"
    if result.measure == "smd":
        return "standard deviations"
    units = {one.sources[0].unit for one in result.estimates} if result.measure == "md" else set()
    return units.pop() if len(units) == 1 else ""


@dataclass(frozen=True)
class Reading:
    """The result that is read first: its value and limits on the analysis scale.

    `model` names how studies were put together; empty for a single one.
    """

    centre: float
    lower: float
    upper: float
    model: str = ""

    @property
    def includes_no_difference(self) -> bool:
        """Whether the interval includes no difference."""
        return self.lower <= 0 <= self.upper

    def text(self, result: PlannedResult) -> str:
        """The value with its limits on the display scale, and the model where there is one."""
        values = (shown(result, value) for value in (self.centre, self.lower, self.upper))
        return "; ".join(filter(None, (interval_text(result, *values), self.model)))


def read_first(result: PlannedResult) -> Reading | None:
    """What is read first of a pooled result, by the protocol; None where nothing is pooled.

    Of one study it is the study, of two the Bayesian result with the middle prior where the
    measure has one, from three on the random effects with modified Knapp-Hartung interval.
    """
    if result.pooled is None:
        return None
    if result.pooled.k == 1:
        (effect,) = result.effects
        return Reading(effect.yi, *study_limits(result, effect))
    model = result.pooled.first
    if isinstance(model, BayesianSynthesis):
        name = bayes_name(PRIOR_SCALE)
        return Reading(model.median, model.ci_lower, model.ci_upper, name)
    name = f"{RANDOM}, {INTERVAL_NAMES[model.interval]}"
    return Reading(model.mean, model.ci_lower, model.ci_upper, name)


def study_limits(result: PlannedResult, effect: Effect) -> tuple[float, float]:
    """Limits of a study on the analysis scale: as printed for a ratio, else normal."""
    printed = _as_printed(result, result.effects.index(effect))
    return effect.interval() if printed is None else (math.log(printed[1]), math.log(printed[2]))


def estimate_text(result: PlannedResult, model: Model) -> str:
    """A pooled estimate with its interval, as text on the display scale."""
    return interval_text(result, *_values(result, model))


def caption(result: PlannedResult) -> str:
    """The synthesis in words, with its group of treatments or its effect measure."""
    words = [result.plan.title, result.group_label]
    if result.plan.kind_rules.measures[1:] and not result.group:
        words.append(find_measure(result.measure).label.lower())
    return ": ".join(filter(None, words))


def certainty(result: PlannedResult) -> str:
    """The level judged in the review's data, in words."""
    return result.certainty or "not judged"


def bayes_name(scale: float) -> str:
    """How the Bayesian result under one prior is called on a page."""
    return f"Bayesian, prior {scale:g} (credible interval)"


def main_model(result: PlannedResult) -> Synthesis | None:
    """The result to show first: exact for single arms, else the policy's."""
    if result.pooled is None:
        return None
    single_arms = not find_measure(result.measure).compares
    return result.exact if single_arms and result.exact is not None else result.pooled.main


def _values(result: PlannedResult, model: Model) -> tuple[float, float, float]:
    """The estimate and its limits on the display scale."""
    centre = model.median if isinstance(model, BayesianSynthesis) else model.mean
    lower, upper = shown(result, model.ci_lower), shown(result, model.ci_upper)
    return shown(result, centre), lower, upper


def interval_text(result: PlannedResult, *values: float) -> str:
    """An estimate with its limits, or limits alone, from values of the display scale."""
    decimals, sign = (1, "%") if find_measure(result.measure).is_in_percent else (2, "")
    *first, low, high = (number(value, decimals) for value in values)
    return f"{first[0]}{sign} ({low} to {high})" if first else f"{low}{sign} to {high}{sign}"


def prediction(result: PlannedResult) -> tuple[float, float] | None:
    """Where the effect of a further study lies, on the display scale: from three studies on."""
    model = main_model(result)
    if model is None or model.k <= 2 or not math.isfinite(model.pi_lower):
        return None
    return shown(result, model.pi_lower), shown(result, model.pi_upper)


def models_shown(result: PlannedResult) -> Iterator[tuple[str, str, Model]]:
    """Name, label and result of every way of pooling that is shown.

    Proportions of single arms are pooled by the binomial-normal model alone: normal approximations
    need a correction where every patient has the event.
    """
    pooled = result.pooled
    if pooled is None or pooled.k == 1:
        return
    compares = find_measure(result.measure).compares
    if compares:
        yield "common", COMMON, pooled.common
        if pooled.random is not None:
            yield "random", RANDOM, pooled.random
        for scale, model in pooled.by_prior.items():
            yield PRIOR_NAMES[scale], bayes_name(scale), model
    if result.exact is not None:
        yield EXACT, EXACT_NAMES[compares], result.exact


def forest_rows(result: PlannedResult, *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of a forest plot on the display scale: studies first, pooled results after them.

    Columns: label, mark (`STUDY`, `POOLED` or `PREDICTION`), estimate, lower, upper, weight
    (percent), text, counts, where.  Proportions and risk differences are in percent.  `marked`
    names printed numbers that a finding touches; the label of a row that rests on one ends with
    `FLAG`.
    """
    noted = frozenset(marked)
    rows = [_study_row(result, place, effect, noted) for place, effect in enumerate(result.effects)]
    for _, label, model in models_shown(result):
        values = _values(result, model)
        rows.append(_row(label, POOLED, values, interval_text(result, *values)))
        ends = prediction(result) if model is main_model(result) else None
        if ends is not None:
            predicted = (values[0], *ends)
            rows.append(
                _row("Prediction interval", PREDICTION, predicted, interval_text(result, *ends))
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(
    label: str,
    mark: str,
    values: Sequence[float],
    text: str,
    *,
    weight: float = math.nan,
    counts: str = "",
    where: str = "",
) -> tuple[object, ...]:
    return label, mark, *values, weight, text, counts, where


def _study_row(
    result: PlannedResult, position: int, effect: Effect, marked: frozenset[Printed]
) -> tuple[object, ...]:
    sources = [source for source in effect.sources if isinstance(source, Printed)]
    values = _study_interval(result, position, effect)
    weights = result.pooled.main.weights if result.pooled is not None else ()
    return _row(
        effect.name + (FLAG if marked.intersection(sources) else ""),
        STUDY,
        values,
        interval_text(result, *values),
        weight=weights[position] if len(weights) > 1 else math.nan,
        counts=result.estimates[position].words,
        where=Places((str(source.locator), address_of(source)) for source in sources),
    )


def _study_interval(
    result: PlannedResult, position: int, effect: Effect
) -> tuple[float, float, float]:
    """As printed for a ratio with a 95% interval, exact for one arm, else normal limits."""
    one = result.estimates[position]
    printed = _as_printed(result, position)
    if printed is not None:
        return printed
    if isinstance(one, ArmCount):
        lower, upper = clopper_pearson(one.events, one.total)
        return 100 * one.events / one.total, 100 * lower, 100 * upper
    lower, upper = effect.interval()
    return shown(result, effect.yi), shown(result, lower), shown(result, upper)


def _as_printed(result: PlannedResult, position: int) -> tuple[float, float, float] | None:
    """A ratio that is printed with a 95% interval, and its limits; None for any other estimate."""
    one = result.estimates[position]
    usual = isinstance(one, PrintedEstimate) and one.level == USUAL_LEVEL
    if isinstance(one, PrintedEstimate) and usual and form_of(one.estimate, result.measure).ratio:
        bounds = one.spread.interval
        return one.estimate.number.value, bounds.lower.value, bounds.upper.value
    return None


def study_rows(results: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """The rows of studies alone, without weights, each result's below its caption."""
    noted = frozenset(marked)
    rows = pd.concat(forest_rows(one, marked=noted).assign(group=caption(one)) for one in results)
    return rows.loc[rows["mark"] == STUDY].drop(columns="weight")


def arms_rows(results: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of single arms under their groups of treatments, pooled results within each group."""
    noted = frozenset(marked)
    parts = [forest_rows(one, marked=noted).assign(group=one.group_label) for one in results]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
