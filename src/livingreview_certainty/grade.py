"""Certainty by domain beside what a rule computes, and the summary of findings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livingreview_appraisal import (
    Appraisals,
    MissingEvidence,
    imprecision,
    inconsistency,
    share_at_risk,
)
from livingreview_display import Html, Shown, element, joined, listed, number, sentence
from livingreview_plan import PlannedResult
from livingreview_pool import measure as find_measure
from livingreview_record import DOWN, UP, Grade, Printed
from livingreview_results import address_of, read_first

TO_RESULT = "To the result, its studies and where their numbers are printed"
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
    pooled, absent = result.pooled, missing.get(result.plan.id)
    steps = {} if absent is None else {"publication-bias": -1 if absent.judgement == "high" else 0}
    if pooled is None or not find_measure(result.measure).compares:
        return Computed(steps, math.nan)
    first, main = read_first(result), pooled.main
    steps["inconsistency"] = inconsistency([one.interval() for one in result.effects], main.i2)
    if first is not None and find_measure(result.measure).scale == "log":
        steps["imprecision"] = imprecision(first.lower, first.upper, main.se)
    sources = [
        next((one for one in effect.sources if isinstance(one, Printed)), None)
        for effect in result.effects
    ]
    risky = [one is not None and appraisals.risk_of(one) in HIGH_RISK for one in sources]
    weights = list(main.weights) if len(main.weights) == len(risky) else [1.0] * len(risky)
    return Computed(steps, share_at_risk(weights, risky))


def anchor_of(synthesis: str) -> str:
    """Return the id of the reasons for the certainty of a synthesis on their page."""
    return f"certainty-{synthesis}"


def address_of_reasons(synthesis: str) -> str:
    """Return where the reasons for a certainty stand, seen from another chapter of the book."""
    return f"findings.html#{anchor_of(synthesis)}"


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
            lines.append(f"{result.plan.title}: {grade.level}")
            lines += [f"  {line}" for line in _lines(grade, given)]
        return "\n".join([*lines, *self._not_rated_up()])

    def _not_rated_up(self) -> list[str]:
        """What is not rated up and why, once for all results of one reason."""
        titles: dict[str, list[str]] = {}
        for result, grade, _ in self.judged:
            if not any(grade.steps[name].steps for name in UP):
                reason = grade.steps[next(iter(UP))].reason
                titles.setdefault(reason, []).append(result.plan.title)
        return [
            f"{'No result is' if len(named) == len(self.judged) else f'{listed(named)}: not'} "
            f"rated up: {reason}."
            for reason, named in titles.items()
        ]

    def html(self) -> Html:
        """A line for each synthesis, which opens to the reasons for its level."""
        parts = [
            element(
                "details",
                element("summary", f"{result.plan.title}: ", element("strong", grade.level)),
                element(
                    "ul",
                    element("li", element("a", TO_RESULT, href=address_of(result.plan))),
                    *(element("li", line) for line in _lines(grade, given)),
                ),
                class_="records",
                id=anchor_of(grade.synthesis),
            )
            for result, grade, given in self.judged
        ]
        parts += [element("p", line) for line in self._not_rated_up()]
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
    return lines
