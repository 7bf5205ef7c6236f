"""Answers of planned syntheses as rows to draw and tables to show, on the scale readers know."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from livingreview import wording
from livingreview.analysis import PlannedResult
from livingreview.estimates import ArmCount, PrintedEstimate, form_of
from livingreview.tables.table import WHERE, Table
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
from livingreview_record import KINDS, Printed

STUDY, POOLED = "study", "pooled"  # how figures tell their marks apart
PREDICTION = "prediction interval"
FLAG = " †"
PERCENT_MEASURES = frozenset({"logit_proportion", "proportion", "rd"})
COMMON, RANDOM = "Common effect", "Random effects (REML)"
PRIOR_NAMES = dict(zip(PRIOR_SCALES, ("bayes-narrow", "bayes", "bayes-wide"), strict=True))
ARMS_COLUMN = defaultdict(  # of a kind of synthesis: what its column of the arms is called
    lambda: "Patients with event / all",
    {"means": "Mean (SD), patients", "rates": "Events / person-time"},
)
EXACT = "exact"
EXACT_NAMES = {True: "Mantel-Haenszel (no correction)", False: "Binomial-normal random effects"}


def forest_rows(answer: PlannedResult, *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of a forest plot on the display scale: studies first, pooled results after them.

    Columns: label, mark (``STUDY``, ``POOLED`` or ``PREDICTION``), estimate, lower, upper, weight
    (percent), text, counts, where.  Proportions and risk differences are in percent.  ``marked``
    names printed numbers that a finding touches; the label of a row that rests on one ends with
    ``FLAG``.
    """
    noted = frozenset(marked)
    rows = [
        _study_row(answer, position, effect, noted)
        for position, effect in enumerate(answer.effects)
    ]
    columns = ["label", "mark", "estimate", "lower", "upper", "weight", "text", "counts", "where"]
    return pd.DataFrame([*rows, *_pooled_rows(answer)], columns=columns)


def forest_table(answer: PlannedResult, *, marked: Iterable[Printed] = ()) -> Table:
    """The forest plot's rows as a table of text, each number with the places it comes from."""
    rows = forest_rows(answer, marked=marked)
    known, kind = find_measure(answer.measure), answer.plan["kind"]
    shown = pd.DataFrame(
        {
            "Study or model": rows["label"],
            ARMS_COLUMN[kind]: rows["counts"],
            f"{known.label} (95% interval)": rows["text"],
            "Weight": ["" if math.isnan(w) else f"{wording.number(w, 1)}%" for w in rows["weight"]],
            WHERE: rows["where"],
        }
    )
    unused = [name for name in (ARMS_COLUMN[kind], "Weight") if not any(shown[name])]
    words = f"{caption(answer)}. Certainty of the evidence: {certainty(answer)}"
    return Table(shown.drop(columns=unused), words, empty="No study gives a usable number.")


def certainty(answer: PlannedResult) -> str:
    """The level judged in the review's data, in words."""
    return answer.certainty or "not judged"


def arms_rows(answers: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of single arms under their groups of treatments, pooled results within each group."""
    noted = frozenset(marked)
    parts = [
        forest_rows(answer, marked=noted).assign(group=answer.group_label) for answer in answers
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def arms_table(answers: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> Table:
    """Single arms by group of treatments as a table of text, each with its places."""
    rows = arms_rows(answers, marked=marked)
    if rows.empty:
        return Table(rows, caption="", empty="No study gives a usable number.")
    shown = pd.DataFrame(
        {
            "Treatment": rows["group"],
            "Study or model": rows["label"],
            "Patients with event / all": rows["counts"],
            "Proportion (95% interval)": rows["text"],
            WHERE: rows["where"],
        }
    )
    return Table(shown, caption=str(answers[0].plan["title"]))


def notes(answer: PlannedResult) -> wording.Words | None:
    """What holds for this answer alone: its note, why nothing is pooled, how counts were found."""
    no_exact = (
        answer.no_exact and f"No result without a correction for zero cells: {answer.no_exact}"
    )
    said = [answer.plan.get("note", ""), answer.not_pooled, no_exact, *_own_notes(answer)]
    found = [note for note in dict.fromkeys(said) if note]
    return wording.Words(wording.bullets(found)) if found else None


def arms_notes(answers: Iterable[PlannedResult]) -> wording.Words | None:
    """Why arms of one group of treatments are not pooled, each reason with its groups."""
    groups: dict[str, list[str]] = {}
    for one in answers:
        if one.not_pooled:
            groups.setdefault(one.not_pooled, []).append(one.group_label)
    lines = [f"{'; '.join(labels)}: {reason}" for reason, labels in groups.items()]
    return wording.Words(wording.bullets(lines)) if lines else None


def policy_notes(answers: Iterable[PlannedResult]) -> wording.Words:
    """The rule for each number of studies that occurs, said once."""
    counts = sorted({one.pooled.k for one in answers if one.pooled is not None})
    return wording.Words(wording.bullets(few_studies(k) for k in counts))


def _own_notes(answer: PlannedResult) -> list[str]:
    """Notes on single estimates, and on estimates that differ in kind."""
    of_effects = [f"{effect.name}: {note}" for effect in answer.effects for note in effect.notes]
    if answer.pooled is None:
        return of_effects
    general = few_studies_notes(answer.pooled.k)
    return [*(note for note in answer.pooled.common.notes if note not in general), *of_effects]


def scale_words(answers: Sequence[PlannedResult]) -> wording.Words:
    """The same counts by each of their ratios, and whether its interval includes no difference.

    The first measure of the plan is the primary one.
    """
    lines = []
    for position, one in enumerate(answers):
        model = None if one.pooled is None else one.pooled.bayes
        if model is not None:
            includes = model.ci_lower <= 0 <= model.ci_upper
            lines.append(
                f"{find_measure(one.measure).label}{'' if position else ' (primary measure)'}: "
                f"{estimate_text(one, model)}, an interval that "
                f"{'includes' if includes else 'excludes'} no difference"
            )
    return wording.Words(wording.bullets(lines, empty="Too few studies to pool."))


def published(answers: Mapping[str, Sequence[PlannedResult]]) -> dict[str, str]:
    """Every number of the answers as text with a stable key.

    Keys are ``synthesis.measure[.group].study-or-model``; studies are named by their ids, an arm by
    the study's and its own.
    """
    return {
        f"{key}.{name}": text
        for group in answers.values()
        for answer in group
        for key in [".".join(filter(None, (answer.plan["id"], answer.measure, answer.group)))]
        for name, text in _published(answer)
    }


def _published(answer: PlannedResult) -> Iterator[tuple[str, str]]:
    rows = forest_rows(answer)
    for position, effect in enumerate(answer.effects):
        count = answer.estimates[position]
        name = f"{effect.study}.{count.arm_id}" if isinstance(count, ArmCount) else effect.study
        yield name, str(rows["text"][position])
    if answer.effects:
        yield "studies", str(len(answer.effects))
    for name, _, model in _models(answer):
        yield name, estimate_text(answer, model)
    random = main_model(answer)
    if random is None or random.k == 1:
        return
    if _predicts(random):
        yield "prediction", _interval_text(answer, random.pi_lower, random.pi_upper)
    yield "i2", wording.percent(random.i2)
    yield "tau2", wording.number(random.tau2, 3)
    if answer.pooled is not None and answer.pooled.bayes is not None:
        benefit = answer.pooled.bayes.probability_benefit
        yield "probability-of-benefit", wording.percent(100 * benefit)


def main_model(answer: PlannedResult) -> Synthesis | None:
    """The result to show first: exact for single arms, else the policy's."""
    if answer.pooled is None:
        return None
    single_arms = not find_measure(answer.measure).compares
    return answer.exact if single_arms and answer.exact is not None else answer.pooled.main


def shown(answer: PlannedResult, value: float) -> float:
    """A value of the analysis scale as readers know it; proportions and differences in percent."""
    factor = 100 if answer.measure in PERCENT_MEASURES else 1
    return factor * float(find_measure(answer.measure).to_display(value))


def unit_of(answer: PlannedResult) -> str:
    """The unit of a difference: percentage points, or what its outcome is measured in."""
    if answer.measure in PERCENT_MEASURES:
        return "percentage points"
    if answer.measure == "smd":
        return "standard deviations"
    units = {one.sources[0].unit for one in answer.estimates} if answer.measure == "md" else set()
    return units.pop() if len(units) == 1 else ""


def estimate_text(answer: PlannedResult, model: Synthesis | BayesianSynthesis) -> str:
    """A pooled estimate with its interval, as text on the display scale."""
    centre = model.mean if isinstance(model, Synthesis) else model.median
    return _text(answer, *(shown(answer, v) for v in (centre, model.ci_lower, model.ci_upper)))


def _study_row(
    answer: PlannedResult, position: int, effect: Effect, marked: frozenset[Printed]
) -> dict[str, Any]:
    places = [source for source in effect.sources if isinstance(source, Printed)]
    estimate, lower, upper = _study_interval(answer, position, effect)
    weights = answer.pooled.main.weights if answer.pooled is not None else ()
    return {
        "label": effect.name + (FLAG if marked.intersection(places) else ""),
        "mark": STUDY,
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "weight": weights[position] if len(weights) > 1 else math.nan,
        "text": _text(answer, estimate, lower, upper),
        "counts": answer.estimates[position].words,
        "where": "; ".join(dict.fromkeys(str(place.locator) for place in places)),
    }


def _study_interval(
    answer: PlannedResult, position: int, effect: Effect
) -> tuple[float, float, float]:
    """As printed for a printed ratio, exact binomial for one arm, else normal limits."""
    one = answer.estimates[position]
    if isinstance(one, PrintedEstimate) and form_of(one.estimate, answer.measure).ratio:
        bounds = one.spread.interval
        return one.estimate.number.value, bounds.lower.value, bounds.upper.value
    if isinstance(one, ArmCount):
        lower, upper = clopper_pearson(one.events, one.total)
        return 100 * one.events / one.total, 100 * lower, 100 * upper
    lower, upper = effect.interval()
    return shown(answer, effect.yi), shown(answer, lower), shown(answer, upper)


def _pooled_rows(answer: PlannedResult) -> list[dict[str, Any]]:
    main = main_model(answer)
    rows = []
    for _, label, model in _models(answer):
        centre = model.median if isinstance(model, BayesianSynthesis) else model.mean
        values = [shown(answer, value) for value in (centre, model.ci_lower, model.ci_upper)]
        rows.append(_row(label, POOLED, values, _text(answer, *values)))
        if model is main and _predicts(main):
            ends = [shown(answer, value) for value in (main.pi_lower, main.pi_upper)]
            text = _interval_text(answer, main.pi_lower, main.pi_upper)
            rows.append(_row("Prediction interval", PREDICTION, [values[0], *ends], text))
    return rows


def _row(label: str, mark: str, values: Sequence[float], text: str) -> dict[str, Any]:
    numbers = dict(zip(("estimate", "lower", "upper"), values, strict=True))
    blank = {"weight": math.nan, "counts": "", "where": ""}
    return {"label": label, "mark": mark, "text": text, **blank, **numbers}


def _predicts(model: Synthesis) -> bool:
    """Whether the result says where the effect of a further study lies: from three studies on."""
    return model.k > 2 and math.isfinite(model.pi_lower)


def _interval_text(answer: PlannedResult, lower: float, upper: float) -> str:
    decimals, sign = (1, "%") if answer.measure in PERCENT_MEASURES else (2, "")
    low, high = (wording.number(shown(answer, value), decimals) for value in (lower, upper))
    return f"{low}{sign} to {high}{sign}"


def _models(answer: PlannedResult) -> Iterator[tuple[str, str, Synthesis | BayesianSynthesis]]:
    """Name, label and result of every way of pooling that is shown.

    Proportions of single arms are pooled by the binomial-normal model alone: normal approximations
    need a correction where every patient has the event.
    """
    pooled = answer.pooled
    if pooled is None or pooled.k == 1:
        return
    compares = find_measure(answer.measure).compares
    if compares:
        yield "common", COMMON, pooled.common
        if pooled.random is not None:
            yield "random", RANDOM, pooled.random
        for scale, model in pooled.by_prior.items():
            yield PRIOR_NAMES[scale], bayes_name(scale), model
    if answer.exact is not None:
        yield EXACT, EXACT_NAMES[compares], answer.exact


def bayes_name(scale: float) -> str:
    """How the Bayesian result under one prior is called on a page."""
    return f"Bayesian, prior {scale:g} (credible interval)"


def _text(answer: PlannedResult, estimate: float, lower: float, upper: float) -> str:
    percent = answer.measure in PERCENT_MEASURES
    decimals, sign = (1, "%") if percent else (2, "")
    first, low, high = (wording.number(value, decimals) for value in (estimate, lower, upper))
    return f"{first}{sign} ({low} to {high})"


def caption(answer: PlannedResult) -> str:
    """The synthesis in words, with its group of treatments or its effect measure."""
    words = [str(answer.plan["title"]), answer.group_label]
    if KINDS[answer.plan["kind"]].measures[1:] and not answer.group:
        words.append(find_measure(answer.measure).label.lower())
    return ": ".join(word for word in words if word)
