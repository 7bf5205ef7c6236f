"""Certainty by domain beside what a rule computes, and the summary of findings."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from livingreview_appraisal import (
    Appraisals,
    Asked,
    MissingEvidence,
    Outcome,
    imprecision,
    inconsistency,
    share_at_risk,
    statement,
)
from livingreview_certainty.absolute import absolute_rows
from livingreview_display import Html, Shown, Table, element, joined, number, sentence
from livingreview_plan import PlannedResult, quantity_of
from livingreview_pool import Effect
from livingreview_pool import measure as find_measure
from livingreview_record import DOWN, UP, Grade, Printed, Review, patients
from livingreview_results import estimate_text, forest_rows

HIGH_RISK = frozenset({"serious", "critical", "high"})
SIGNS = {
    0: "0",
    -1: "\N{MINUS SIGN}1",
    -2: "\N{MINUS SIGN}2",
    -3: "\N{MINUS SIGN}3",
    1: "+1",
    2: "+2",
}


@dataclass(frozen=True)
class Computed:
    """What rules give for a result: steps by domain, and the share of weight at high risk."""

    steps: Mapping[str, int]
    at_high_risk: float


def computed(
    result: PlannedResult, appraisals: Appraisals, missing: Mapping[str, MissingEvidence]
) -> Computed:
    """What can be computed of a result that was carried out.

    Missing evidence at high risk of bias is a step down; the rest needs a result that is pooled.
    """
    pooled, absent = result.pooled, missing.get(result.plan["id"])
    steps = {} if absent is None else {"publication-bias": -1 if absent.judgement == "high" else 0}
    if pooled is None or not find_measure(result.measure).compares:
        return Computed(steps, math.nan)
    model, main = pooled.bayes or pooled.main, pooled.main
    steps["inconsistency"] = inconsistency([one.interval() for one in result.effects], main.i2)
    if find_measure(result.measure).scale == "log":
        steps["imprecision"] = imprecision(model.ci_lower, model.ci_upper, main.se)
    sources = [
        next((one for one in effect.sources if isinstance(one, Printed)), None)
        for effect in result.effects
    ]
    risky = [one is not None and appraisals.risk_of(one) in HIGH_RISK for one in sources]
    weights = list(main.weights) if len(main.weights) == len(risky) else [1.0] * len(risky)
    return Computed(steps, share_at_risk(weights, risky))


class Certainty(Shown):
    """The certainty of each synthesis as a line that opens to its domains."""

    def __init__(
        self,
        results: Mapping[str, Sequence[PlannedResult]],
        grades: Mapping[str, Grade],
        appraisals: Appraisals,
        missing: Mapping[str, MissingEvidence],
    ) -> None:
        self.judged = [
            (found[0], grades[id_], computed(found[0], appraisals, missing))
            for id_, found in results.items()
            if id_ in grades and found
        ]

    def __repr__(self) -> str:
        """The level of each synthesis, its start, and each domain with what is computed."""
        lines = []
        for result, grade, given in self.judged:
            lines.append(f"{result.plan['title']}: {grade.level}")
            lines += [f"  {line}" for line in _lines(grade, given)]
        return "\n".join(lines)

    def html(self) -> Html:
        """A line for each synthesis, which opens to the reasons for its level."""
        parts = [
            element(
                "details",
                element("summary", f"{result.plan['title']}: ", element("strong", grade.level)),
                element("ul", *(element("li", line) for line in _lines(grade, given))),
                class_="records",
            )
            for result, grade, given in self.judged
        ]
        return joined(*parts, between="\n")


def _lines(grade: Grade, given: Computed) -> list[str]:
    lines = [f"Starts {grade.start}: {sentence(grade.why_start)}"]
    for name, label in {**DOWN, **UP}.items():
        step = grade.steps[name]
        if name in UP and not step.steps:
            continue
        line = f"{label} {SIGNS[step.steps]}: {sentence(step.reason)}"
        if name in given.steps:
            line += f" Computed: {SIGNS[given.steps[name]]}."
        if name == "risk-of-bias" and not math.isnan(given.at_high_risk):
            line += f" Share of the weight at high risk: {number(given.at_high_risk, 0)}%."
        if step.differs:
            line += f" Not as computed: {sentence(step.differs)}"
        lines.append(line)
    if not any(grade.steps[name].steps for name in UP):
        lines.append(f"Not rated up: {sentence(grade.steps[next(iter(UP))].reason)}")
    return lines


def unexplained(
    results: Mapping[str, Sequence[PlannedResult]],
    grades: Mapping[str, Grade],
    appraisals: Appraisals,
    missing: Mapping[str, MissingEvidence],
) -> list[str]:
    """Each synthesis and domain whose step differs from the computed one without a reason."""
    return [
        f"{id_}: {name} is {grades[id_].steps[name].steps}, computed {steps}"
        for id_, found in results.items()
        if id_ in grades and found
        for name, steps in computed(found[0], appraisals, missing).steps.items()
        if grades[id_].steps[name].steps != steps and not grades[id_].steps[name].differs
    ]


def without_judgement(
    results: Mapping[str, Sequence[PlannedResult]], grades: Iterable[str]
) -> list[str]:
    """Each synthesis that compares treatments or pools several studies and has no judgement."""
    return [
        id_
        for id_, found in results.items()
        if id_ not in set(grades)
        and any(
            one.effects
            and (
                find_measure(one.measure).compares or (one.pooled is not None and one.pooled.k > 1)
            )
            for one in found
        )
    ]


def says(asked: Asked, outcome: Outcome, result: PlannedResult, grade: Grade) -> str:
    """The statement on one outcome of a question, made from its result and certainty."""
    interval = _interval(outcome, result)
    return statement(
        grade.level,
        interval,
        subject=asked.subject,
        outcome=outcome.outcome,
        words=(outcome.below, outcome.above),
    )


def summary(
    review: Review,
    asked: Asked,
    results: Mapping[str, Sequence[PlannedResult]],
    grades: Mapping[str, Grade],
) -> Table:
    """The summary of findings of one question."""
    rows = []
    for outcome in asked.outcomes:
        found = results[outcome.synthesis]
        if not found:
            continue
        result, grade = found[0], grades[outcome.synthesis]
        taken = _taken(outcome, result)
        size = f"{_size(review, taken)} ({len(taken)})"
        rows.append(
            {
                "Outcome": f"{outcome.outcome[:1].upper()}{outcome.outcome[1:]}",
                f"{review.terms.participants.capitalize()} (studies)": size,
                "Relative effect (95% interval)": f"{find_measure(result.measure).label}: "
                f"{_relative(outcome, result)}",
                "Among 1,000 people": _among(review, outcome, found),
                "Certainty": grade.level,
                "In words": says(asked, outcome, result, grade),
            }
        )
    return Table(pd.DataFrame(rows), caption=asked.title, empty="No result yet.")


def _taken(outcome: Outcome, result: PlannedResult) -> list[Effect]:
    """The estimates that answer: of the named study, else of all."""
    return [one for one in result.effects if outcome.study in ("", one.study)]


def _interval(outcome: Outcome, result: PlannedResult) -> tuple[float, float]:
    """The interval that a statement rests on; where nothing is pooled, what all estimates hold."""
    pooled = result.pooled
    if pooled is not None and not outcome.study:
        model = pooled.bayes or pooled.main
        return model.ci_lower, model.ci_upper
    ends = [one.interval() for one in _taken(outcome, result)]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _relative(outcome: Outcome, result: PlannedResult) -> str:
    """The pooled estimate, else each study's as it is printed."""
    pooled, taken = result.pooled, _taken(outcome, result)
    if pooled is not None and pooled.k > 1 and not outcome.study:
        return estimate_text(result, pooled.bayes or pooled.main)
    texts = forest_rows(result)["text"]
    return "; ".join(str(texts[result.effects.index(one)]) for one in taken)


def _size(review: Review, effects: Sequence[Effect]) -> str:
    """How many patients the estimates rest on; where one does not say, that it does not."""
    total = 0
    for effect in effects:
        quantity = quantity_of(effect)
        variable, _, level = quantity.subgroup.partition("=")
        study = review.studies[effect.study]
        found = patients(study, variable or "participants", level, population=effect.population)
        if not found:
            return "not printed"
        total += found
    return number(total, 0)


def _among(review: Review, outcome: Outcome, results: Sequence[PlannedResult]) -> str:
    if not outcome.event:
        return ""
    entry = {"event": outcome.event, "timepoint": outcome.timepoint}
    if results[0].pooled is None:
        return f"{outcome.event}: not computed, as nothing is pooled"
    rows = absolute_rows(review, entry, results)
    texts = [
        f"{row['Without, of 1,000']} without, {row['With, of 1,000']} with; difference "
        f"{row['Difference (95% interval)']}"
        for row in rows
    ]
    if not texts:
        return f"{outcome.event}: no control arm prints a baseline"
    return f"{outcome.event}: {'; '.join(texts)}"
