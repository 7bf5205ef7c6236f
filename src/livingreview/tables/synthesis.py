"""Answers of planned syntheses as rows to draw and tables to show, on the scale readers know."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from livingreview import prose
from livingreview.analysis import Answer
from livingreview.effects import Effect
from livingreview.estimates import ArmCount
from livingreview.measures import measure as find_measure
from livingreview.studies import Printed
from livingreview.synthesis import BayesianSynthesis, Synthesis
from livingreview.tables.html import Table
from livingreview.tables.study import WHERE

STUDY, POOLED = "study", "pooled"  # how figures tell their marks apart
FLAG = " †"
PERCENT_MEASURES = frozenset({"logit_proportion", "proportion", "rd"})
NAMES = {
    "common": "Common effect",
    "random": "Random effects (REML)",
    "bayes": "Bayesian random effects",
}
EXACT = "exact"
EXACT_NAMES = {True: "Mantel-Haenszel (no correction)", False: "Binomial-normal random effects"}


def forest_rows(answer: Answer, *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of a forest plot on the display scale: studies first, pooled results after them.

    Columns: label, mark (``STUDY`` or ``POOLED``), estimate, lower, upper, weight (percent), text,
    counts, where.  Proportions and risk differences are in percent.  ``marked`` names printed
    numbers that carry a finding; the label of a row that rests on one ends with ``FLAG``.
    """
    noted = frozenset(marked)
    rows = [
        _study_row(answer, position, effect, noted)
        for position, effect in enumerate(answer.effects)
    ]
    columns = ["label", "mark", "estimate", "lower", "upper", "weight", "text", "counts", "where"]
    return pd.DataFrame([*rows, *_pooled_rows(answer)], columns=columns)


def forest_table(answer: Answer, *, marked: Iterable[Printed] = ()) -> Table:
    """The forest plot's rows as a table of text, each number with the places it comes from."""
    rows = forest_rows(answer, marked=marked)
    known = find_measure(answer.measure)
    shown = pd.DataFrame(
        {
            "Study or model": rows["label"],
            "Patients with event / all": rows["counts"],
            f"{known.label} (95% interval)": rows["text"],
            "Weight": ["" if math.isnan(w) else f"{prose.number(w, 1)}%" for w in rows["weight"]],
            WHERE: rows["where"],
        }
    )
    if not answer.counts:
        shown = shown.drop(columns="Patients with event / all")
    return Table(shown, caption=caption(answer), empty="No study gives a usable number.")


def arms_rows(answers: Sequence[Answer], *, marked: Iterable[Printed] = ()) -> pd.DataFrame:
    """Rows of single arms under their groups of treatments, pooled results within each group."""
    noted = frozenset(marked)
    parts = [
        forest_rows(answer, marked=noted).assign(group=answer.group_label) for answer in answers
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def arms_table(answers: Sequence[Answer], *, marked: Iterable[Printed] = ()) -> Table:
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


def notes(answer: Answer) -> prose.Words:
    """What a reader must know about the answer: the policy, the assumptions, the corrections."""
    if answer.pooled is None:
        return prose.Words(prose.bullets(["no study gives a usable number"]))
    of_effects = (f"{effect.name}: {note}" for effect in answer.effects for note in effect.notes)
    return prose.Words(prose.bullets(dict.fromkeys((*answer.pooled.notes, *of_effects))))


def published(answers: Mapping[str, Sequence[Answer]]) -> dict[str, str]:
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


def _published(answer: Answer) -> Iterator[tuple[str, str]]:
    rows = forest_rows(answer)
    for position, effect in enumerate(answer.effects):
        count = answer.counts[position] if answer.counts else None
        name = f"{effect.study}.{count.arm_id}" if isinstance(count, ArmCount) else effect.study
        yield name, str(rows["text"][position])
    if answer.pooled is None:
        return
    yield "studies", str(answer.pooled.k)
    for name, _, model in _models(answer):
        yield name, estimate_text(answer, model)
    random = main_model(answer)
    if random is None or random.k == 1:
        return
    yield "i2", prose.percent(random.i2)
    yield "tau2", prose.number(random.tau2, 3)
    if answer.pooled.bayes is not None:
        benefit = answer.pooled.bayes.probability_benefit
        yield "probability-of-benefit", prose.percent(100 * benefit)


def main_model(answer: Answer) -> Synthesis | None:
    """The result to show first: exact for single arms, else the policy's."""
    if answer.pooled is None:
        return None
    single_arms = not find_measure(answer.measure).compares
    return answer.exact if single_arms and answer.exact is not None else answer.pooled.main


def shown(answer: Answer, value: float) -> float:
    """A value of the analysis scale as readers know it; proportions and differences in percent."""
    factor = 100 if answer.measure in PERCENT_MEASURES else 1
    return factor * float(find_measure(answer.measure).to_display(value))


def estimate_text(answer: Answer, model: Synthesis | BayesianSynthesis) -> str:
    """A pooled estimate with its interval, as text on the display scale."""
    centre = model.mean if isinstance(model, Synthesis) else model.median
    return _text(answer, *(shown(answer, v) for v in (centre, model.ci_lower, model.ci_upper)))


def _study_row(
    answer: Answer, position: int, effect: Effect, marked: frozenset[Printed]
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
        "counts": _counts(answer, position),
        "where": "; ".join(dict.fromkeys(str(place.locator) for place in places)),
    }


def _study_interval(answer: Answer, position: int, effect: Effect) -> tuple[float, float, float]:
    """As printed for a printed ratio, exact binomial for one arm, normal limits for two arms."""
    if not answer.counts:
        estimate, interval = (s for s in effect.sources if isinstance(s, Printed))
        bounds = interval.interval
        return estimate.number.value, bounds.lower.value, bounds.upper.value
    count = answer.counts[position]
    if isinstance(count, ArmCount):
        exact = binomtest(count.events, count.total).proportion_ci(method="exact")
        return 100 * count.events / count.total, 100 * exact.low, 100 * exact.high
    lower, upper = effect.interval()
    return shown(answer, effect.yi), shown(answer, lower), shown(answer, upper)


def _pooled_rows(answer: Answer) -> list[dict[str, Any]]:
    rows = []
    for _, label, model in _models(answer):
        centre = model.median if isinstance(model, BayesianSynthesis) else model.mean
        estimate, lower, upper = (
            shown(answer, value) for value in (centre, model.ci_lower, model.ci_upper)
        )
        text = _text(answer, estimate, lower, upper)
        blank = {"weight": math.nan, "counts": "", "where": ""}
        place = {"label": label, "mark": POOLED, "text": text}
        rows.append({**blank, **place, "estimate": estimate, "lower": lower, "upper": upper})
    return rows


def _models(answer: Answer) -> Iterator[tuple[str, str, Synthesis | BayesianSynthesis]]:
    """Name, label and result of every way of pooling that is shown.

    Proportions of single arms are pooled by the binomial-normal model alone: normal approximations
    need a correction where every patient has the event.
    """
    if answer.pooled is None or answer.pooled.k == 1:
        return
    compares = find_measure(answer.measure).compares
    for name, label in NAMES.items() if compares else ():
        model = getattr(answer.pooled, name)
        if model is not None:
            yield name, label, model
    if answer.exact is not None:
        yield EXACT, EXACT_NAMES[compares], answer.exact


def _counts(answer: Answer, position: int) -> str:
    if not answer.counts:
        return ""
    count = answer.counts[position]
    arms = [count] if isinstance(count, ArmCount) else [count.experimental, count.control]
    return " v ".join(f"{arm.events}/{arm.total}" for arm in arms)


def _text(answer: Answer, estimate: float, lower: float, upper: float) -> str:
    percent = answer.measure in PERCENT_MEASURES
    decimals, sign = (1, "%") if percent else (2, "")
    first, low, high = (prose.number(value, decimals) for value in (estimate, lower, upper))
    return f"{first}{sign} ({low} to {high})"


def caption(answer: Answer) -> str:
    """The synthesis in words, with its group of treatments or its effect measure."""
    words = [str(answer.plan["title"]), answer.group_label]
    if answer.counts and not answer.group:
        words.append(find_measure(answer.measure).label.lower())
    return ": ".join(word for word in words if word)
