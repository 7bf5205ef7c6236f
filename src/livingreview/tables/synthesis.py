"""Results of planned syntheses as rows to draw, tables and texts, on the scale readers know."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from livingreview_display import (
    POOLED,
    PREDICTION,
    STUDY,
    WHERE,
    Places,
    Table,
    Words,
    address_of,
    bullets,
    number,
    p_value,
    percent,
)
from livingreview_plan import USUAL_LEVEL, ArmCount, PlannedResult, PrintedEstimate, form_of
from livingreview_pool import (
    PRIOR_SCALES,
    BayesianSynthesis,
    Effect,
    Synthesis,
    clopper_pearson,
    few_studies,
    few_studies_notes,
)
from livingreview_pool import measure as find_measure
from livingreview_record import KINDS, Printed, Review

FLAG = " †"
COLUMNS = ["label", "mark", "estimate", "lower", "upper", "weight", "text", "counts", "where"]
COMMON, RANDOM = "Common effect", "Random effects (REML)"
PRIOR_NAMES = dict(zip(PRIOR_SCALES, ("bayes-narrow", "bayes", "bayes-wide"), strict=True))
EXACT = "exact"
EXACT_NAMES = {True: "Mantel-Haenszel (no correction)", False: "Binomial-normal random effects"}
COUNTED = "{Participants} with event / all"
ARMS_COLUMN = {  # of a kind of synthesis: what its column of the arms is called
    "means": "Mean (SD), {participants}",
    "rates": "Events / person-time",
}
NOTHING = "No study gives a usable number."

Model = Synthesis | BayesianSynthesis


def shown(result: PlannedResult, value: float) -> float:
    """A value of the analysis scale as readers know it; proportions and differences in percent."""
    known = find_measure(result.measure)
    return (100 if known.is_in_percent else 1) * float(known.to_display(value))


def arms_column(result: PlannedResult) -> str:
    """Return what the column is called that shows what is known of the arms."""
    return result.terms.fill(ARMS_COLUMN.get(result.plan["kind"], COUNTED))


def unit_of(result: PlannedResult) -> str:
    """The unit of a difference: percentage points, or what its outcome is measured in."""
    if find_measure(result.measure).is_in_percent:
        return "percentage points"
    if result.measure == "smd":
        return "standard deviations"
    units = {one.sources[0].unit for one in result.estimates} if result.measure == "md" else set()
    return units.pop() if len(units) == 1 else ""


def estimate_text(result: PlannedResult, model: Model) -> str:
    """A pooled estimate with its interval, as text on the display scale."""
    return _text(result, *_values(result, model))


def caption(result: PlannedResult) -> str:
    """The synthesis in words, with its group of treatments or its effect measure."""
    words = [str(result.plan["title"]), result.group_label]
    if KINDS[result.plan["kind"]].measures[1:] and not result.group:
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


def _text(result: PlannedResult, *values: float) -> str:
    """An estimate with its limits, or limits alone, from values of the display scale."""
    decimals, sign = (1, "%") if find_measure(result.measure).is_in_percent else (2, "")
    *first, low, high = (number(value, decimals) for value in values)
    return f"{first[0]}{sign} ({low} to {high})" if first else f"{low}{sign} to {high}{sign}"


def _prediction(result: PlannedResult) -> tuple[float, float] | None:
    """Where the effect of a further study lies, on the display scale: from three studies on."""
    model = main_model(result)
    if model is None or model.k <= 2 or not math.isfinite(model.pi_lower):
        return None
    return shown(result, model.pi_lower), shown(result, model.pi_upper)


def _models(result: PlannedResult) -> Iterator[tuple[str, str, Model]]:
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
    for _, label, model in _models(result):
        values = _values(result, model)
        rows.append(_row(label, POOLED, values, _text(result, *values)))
        ends = _prediction(result) if model is main_model(result) else None
        if ends is not None:
            predicted = (values[0], *ends)
            rows.append(_row("Prediction interval", PREDICTION, predicted, _text(result, *ends)))
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
        _text(result, *values),
        weight=weights[position] if len(weights) > 1 else math.nan,
        counts=result.estimates[position].words,
        where=Places((str(source.locator), address_of(source)) for source in sources),
    )


def _study_interval(
    result: PlannedResult, position: int, effect: Effect
) -> tuple[float, float, float]:
    """As printed for a ratio with a 95% interval, exact for one arm, else normal limits."""
    one = result.estimates[position]
    usual = isinstance(one, PrintedEstimate) and one.level == USUAL_LEVEL
    if isinstance(one, PrintedEstimate) and usual and form_of(one.estimate, result.measure).ratio:
        bounds = one.spread.interval
        return one.estimate.number.value, bounds.lower.value, bounds.upper.value
    if isinstance(one, ArmCount):
        lower, upper = clopper_pearson(one.events, one.total)
        return 100 * one.events / one.total, 100 * lower, 100 * upper
    lower, upper = effect.interval()
    return shown(result, effect.yi), shown(result, lower), shown(result, upper)


def forest_table(result: PlannedResult, *, marked: Iterable[Printed] = ()) -> Table:
    """The forest plot's rows as a table of text, each number with the places it comes from."""
    rows = forest_rows(result, marked=marked)
    known = find_measure(result.measure)
    weights = ["" if math.isnan(weight) else f"{number(weight, 1)}%" for weight in rows["weight"]]
    columns = {
        "Study or model": rows["label"],
        arms_column(result): rows["counts"] if any(rows["counts"]) else None,
        f"{known.label} (95% interval)": rows["text"],
        "Weight": weights if any(weights) else None,
        WHERE: rows["where"],
    }
    frame = pd.DataFrame({name: cells for name, cells in columns.items() if cells is not None})
    words = f"{caption(result)}. Certainty of the evidence: {certainty(result)}"
    return Table(frame, words, empty=NOTHING)


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


def arms_table(results: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> Table:
    """Single arms by group of treatments as a table of text, each with its places."""
    rows = arms_rows(results, marked=marked)
    if rows.empty:
        return Table(rows, caption="", empty=NOTHING)
    shown = pd.DataFrame(
        {
            "Treatment": rows["group"],
            "Study or model": rows["label"],
            arms_column(results[0]): rows["counts"],
            "Proportion (95% interval)": rows["text"],
            WHERE: rows["where"],
        }
    )
    return Table(shown, caption=str(results[0].plan["title"]))


def notes(result: PlannedResult) -> Words | None:
    """What holds for this result alone: its note, why nothing is pooled, how counts were found."""
    said = [str(result.plan.get("note", "")), result.not_pooled]
    if result.no_exact:
        said.append(f"No result without a correction for zero cells: {result.no_exact}")
    if result.pooled is not None:
        general = few_studies_notes(result.pooled.k)
        said += [note for note in result.pooled.common.notes if note not in general]
    said += [f"{effect.name}: {note}" for effect in result.effects for note in effect.notes]
    found = list(filter(None, dict.fromkeys(said)))
    return Words(bullets(found)) if found else None


def arms_notes(results: Iterable[PlannedResult]) -> Words | None:
    """Why arms of one group of treatments are not pooled, each reason with its groups."""
    groups: dict[str, list[str]] = {}
    for one in results:
        if one.not_pooled:
            groups.setdefault(one.not_pooled, []).append(one.group_label)
    lines = [f"{'; '.join(labels)}: {reason}" for reason, labels in groups.items()]
    return Words(bullets(lines)) if lines else None


def policy_notes(results: Iterable[PlannedResult]) -> Words:
    """The rule for each number of studies that occurs, said once."""
    counts = sorted({one.pooled.k for one in results if one.pooled is not None})
    return Words(bullets(map(few_studies, counts)))


def scale_words(results: Sequence[PlannedResult]) -> Words:
    """The same counts by each of their ratios, and whether its interval includes no difference.

    The first measure of the plan is the primary one.
    """
    lines = []
    for position, one in enumerate(results):
        model = None if one.pooled is None else one.pooled.bayes
        if model is not None:
            includes = "includes" if model.ci_lower <= 0 <= model.ci_upper else "excludes"
            label = find_measure(one.measure).label + ("" if position else " (primary measure)")
            text = estimate_text(one, model)
            lines.append(f"{label}: {text}, an interval that {includes} no difference")
    return Words(bullets(lines, empty="Too few studies to pool."))


def headline_table(results: Iterable[PlannedResult]) -> Table:
    """One row a question: its certainty, each study's result, and each way of pooling them."""
    rows = []
    for result in results:
        drawn = forest_rows(result)
        texts = list(zip(drawn["mark"], drawn["label"], drawn["text"], strict=True))
        row = {
            "Question": caption(result),
            "Certainty": certainty(result),
            "Study by study": "; ".join(f"{a}: {b}" for mark, a, b in texts if mark == STUDY),
        }
        pooled = {label: text for mark, label, text in texts if mark != STUDY}
        rows.append(row | (pooled or {"Not pooled": result.not_pooled or "one study"}))
    frame = pd.DataFrame(rows).fillna("")
    return Table(frame, caption="Hazard ratios (95% interval)", empty="No result yet.")


def certainty_table(review: Review) -> Table:
    """The certainty of each synthesis as judged in the review's data, with the reasons."""
    titles = {planned["id"]: planned["title"] for planned in review.protocol["syntheses"]}
    rows = [
        {
            "Synthesis": titles[entry["synthesis"]],
            "Certainty": entry["level"],
            "Why": "; ".join(entry["reasons"]),
        }
        for entry in review.protocol.get("certainty", [])
    ]
    empty = "The certainty has not been judged yet."
    return Table(pd.DataFrame(rows), caption="Certainty of the evidence (GRADE)", empty=empty)


def heterogeneity_table(results: Sequence[PlannedResult]) -> Table:
    """How far studies differ: one row a pooled result.

    Limits of tau² are given from three studies on; with two they say nothing.
    """
    rows = []
    for result in results:
        model = main_model(result)
        if model is None or model.k == 1:
            continue
        tau2, *limits = (number(v, 3) for v in (model.tau2, model.tau2_lower, model.tau2_upper))
        if model.k > 2 and math.isfinite(model.tau2_lower + model.tau2_upper):
            tau2 += f" (95% interval {' to '.join(limits)})"
        rows.append(
            {
                "Synthesis": caption(result),
                "Studies": str(model.k),
                "Q (degrees of freedom), p": f"{number(model.q)} ({model.q_df}), "
                f"{p_value(model.q_pval)}",
                "I²": percent(model.i2),
                "tau²": tau2,
            }
        )
    empty = "No planned synthesis pools two studies."
    return Table(pd.DataFrame(rows), caption="Heterogeneity between studies", empty=empty)


class Texts(dict[str, str]):
    """Numbers as texts by their keys; a key that is not there raises `ValueError`."""

    def __missing__(self, key: str) -> str:
        near = [known for known in self if known.partition(".")[0] == key.partition(".")[0]]
        msg = (
            f"need a number that the syntheses give, found {key!r}; those of its synthesis are "
            f"{', '.join(near) or 'none, as no study enters it'} (see `livingreview check`)"
        )
        raise ValueError(msg)


def published(results: Mapping[str, Sequence[PlannedResult]]) -> Texts:
    """Every number of the results as text with a stable key.

    Keys are `synthesis.measure[.group].study-or-model`; studies are named by their ids, an arm by
    the study's and its own.
    """
    return Texts(
        (f"{key}.{name}", text)
        for group in results.values()
        for result in group
        for key in [".".join(filter(None, (result.plan["id"], result.measure, result.group)))]
        for name, text in _published(result)
    )


def _published(result: PlannedResult) -> Iterator[tuple[str, str]]:
    texts = forest_rows(result)["text"]
    for position, effect in enumerate(result.effects):
        count = result.estimates[position]
        name = f"{effect.study}.{count.arm_id}" if isinstance(count, ArmCount) else effect.study
        yield name, str(texts[position])
    if result.effects:
        yield "studies", str(len(result.effects))
    for name, _, model in _models(result):
        yield name, estimate_text(result, model)
    random = main_model(result)
    if random is None or random.k == 1:
        return
    if (ends := _prediction(result)) is not None:
        yield "prediction", _text(result, *ends)
    yield "i2", percent(random.i2)
    yield "tau2", number(random.tau2, 3)
    if result.pooled is not None and result.pooled.bayes is not None:
        yield "probability-of-benefit", percent(100 * result.pooled.bayes.probability_benefit)
