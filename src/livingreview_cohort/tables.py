"""Tables and the rows of figures of a study re-enacted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from livingreview_audit import Finding
from livingreview_cohort.choices import Choice, SingleArm, load_pipeline
from livingreview_cohort.figures import Curve
from livingreview_cohort.lean import is_in_printed_model
from livingreview_cohort.pipeline import COX, INTERACTION, SELECTED, STANDARDISED
from livingreview_cohort.reenact import GRID, ON_PAGES, Band, Reenactment, curves_again
from livingreview_cohort.rows import Line, comparison_words, text
from livingreview_cohort.single_arm import SimulatedArm
from livingreview_display import LEVEL, Html, Table, element, listed
from livingreview_record import Dictionary, Printed, Quantity, Study, load_review, months

PRINTED, AGAIN = "Printed", "Re-enacted"
BEFORE, AFTER = "Before matching", "After matching"
LIES = {"within": "in the range", "near": "near it", "": ""}


@dataclass(frozen=True, repr=False)
class Folded(Table):
    """A table below one line to unfold; as plain text it is the line, with what it counts."""

    summary: str = ""
    in_short = True

    def __repr__(self) -> str:
        """The line to unfold."""
        return f"{self.caption}: {self.summary}"

    def html(self) -> Html:
        """The line, and the table that unfolds below it."""
        return element(
            "details", element("summary", f"{self.caption}: {self.summary}"), super().html()
        )


def folded(found: Sequence[Line], caption: str) -> Folded | None:
    """Return results below one line that counts how their prints lie; None where there are none."""
    if not found:
        return None
    counts = Counter(line.lies for line in found if line.lies)
    told = [f"{count} {LIES.get(lies, lies)}" for lies, count in counts.items()]
    summary = f"{len(found)} results" + (f", the print {', '.join(told)}" if told else "")
    return Folded(results(found), caption, summary=summary)


def results(found: Iterable[Line]) -> pd.DataFrame:
    """Return a line for each result: printed, re-enacted, the range, and how the print lies."""
    return pd.DataFrame(
        [
            {
                "Result": line.what,
                "Number": line.kind,
                PRINTED: line.printed,
                AGAIN: line.again,
                "Range over the sets": line.spread,
                "The print lies": LIES.get(line.lies, line.lies),
            }
            for line in found
        ]
    )


def by_outcome(study: Study, found: Iterable[Line]) -> pd.DataFrame:
    """Return the lines of `results` under their outcomes, so that none repeats its name."""
    places = list(study.outcomes)
    ordered = sorted(found, key=lambda line: places.index(line.estimate.quantity.outcome))
    frame = results(ordered)
    labels = [study.outcomes[line.estimate.quantity.outcome].label for line in ordered]
    rest = [
        line.what.removeprefix(f"{label} (").replace(")", "", 1)
        for line, label in zip(ordered, labels, strict=True)
    ]
    frame["Result"] = labels
    frame.insert(1, LEVEL, [words[:1].upper() + words[1:] for words in rest])
    return frame


def outside(found: Iterable[Line], audited: Iterable[Finding]) -> pd.DataFrame:
    """Return the prints outside the range, beside what the audit says of the same numbers."""
    said: dict[Quantity, list[str]] = {}
    for finding in audited:
        if finding.counts_against:
            said.setdefault(finding.numbers[0].quantity, []).append(finding.explanation)
    return pd.DataFrame(
        [
            {
                "Result": f"{line.what} ({line.kind})",
                PRINTED: line.printed,
                AGAIN: line.again,
                "Range over the sets": line.spread,
                "What lies outside": "the interval's width" if "interval" in line.lies else "",
                "The audit of the same number": _said(line, said),
            }
            for line in found
            if line.is_outside
        ]
    )


def _said(line: Line, said: Mapping[Quantity, list[str]]) -> str:
    rows = [line.estimate, *([line.interval] if line.interval is not None else [])]
    told = dict.fromkeys(words for row in rows for words in said.get(row.quantity, ()))
    return " ".join(told) or "no finding"


def choices(found: Iterable[Choice], dictionary: Dictionary) -> pd.DataFrame:
    """Return every choice with its value, and the place that prints it or why we assume it."""
    return pd.DataFrame(
        [
            {
                "Choice": dictionary.meaning("pipeline", choice.key),
                "Value": _value(choice.value),
                "Printed": choice.printed or "no",
                "Assumed by us, because": choice.assumed,
            }
            for choice in found
        ]
    )


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {one}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def curves(study: Study, reenactment: Reenactment, outcome: str) -> tuple[Curve, ...]:
    """Return the curve of each arm, with the printed medians and rates of the arm as points."""
    return tuple(
        Curve(
            study.arms[band.arm_id].label,
            GRID,
            band.middle,
            band.low,
            band.high,
            band.at_risk,
            tuple(_points(study, band)),
        )
        for band in reenactment.bands
        if band.outcome == outcome
    )


def reenacted_curves(*study_ids: str, root: Path | str = "..") -> pd.DataFrame:
    """Return the curves of these studies, re-enacted on as many sets as on their own pages.

    A row is a point of a curve: study_id, arm_id, outcome, `at` (months), `height`, `low` and
    `high` (percent without the event: the middle of the sets, and their range) and `at_risk`; a
    curve ends where nobody is at risk.  `root` is the folder that holds `data/`.
    """
    review = load_review(root, only=study_ids)
    rows = [
        {
            **{"study_id": study.id, "arm_id": band.arm_id, "outcome": band.outcome, "at": at},
            **dict(zip(("height", "low", "high"), (100 * share for share in shares), strict=True)),
            "at_risk": at_risk,
        }
        for study in review.studies.values()
        for band in curves_again(
            study, load_pipeline(study, review.dictionary, root), draws=ON_PAGES
        )
        for at, at_risk, *shares in zip(
            GRID, band.at_risk, band.middle, band.low, band.high, strict=True
        )
        if at_risk >= 1
    ]
    return pd.DataFrame(rows)


def _points(study: Study, band: Band) -> Iterator[tuple[float, float]]:
    whole = {"arm_id": band.arm_id, "population": "whole", "subgroup": "", "outcome": band.outcome}
    for number in study.find(**whole, statistic="median"):
        if number.number.exact is not None:
            yield number.number.value, 50.0
    for number in study.find(**whole, statistic="rate"):
        yield months(number.quantity.timepoint), number.number.value


def ratios(study: Study, found: Iterable[Line], outcome: str) -> pd.DataFrame:
    """Return rows of a forest: each ratio as printed and as re-enacted, with its interval."""
    rows = []
    for line in found:
        quantity = line.estimate.quantity
        if quantity.statistic != "hr" or quantity.outcome != outcome:
            continue
        label = _ratio_words(study, quantity)
        if line.estimate.printed is not None:
            rows.append(_printed_mark(line, label))
        rows.append(_again_mark(line, label))
    return pd.DataFrame(rows)


def _ratio_words(study: Study, quantity: Quantity) -> str:
    words = [comparison_words(study, quantity.comparison)]
    words += [f"in {study.arms[quantity.arm_id].label}"] if quantity.arm_id in study.arms else []
    if quantity.population != "whole":
        words.append(study.populations[quantity.population].label)
    return ", ".join([*words, quantity.adjustment])


def _printed_mark(line: Line, label: str) -> dict[str, object]:
    printed, interval = line.estimate.printed, line.interval
    bounds = (float("nan"), float("nan"))
    if interval is not None and interval.printed is not None:
        bounds = interval.printed.interval.lower.value, interval.printed.interval.upper.value
    return _mark(label, PRINTED, _value_of(printed), bounds, line.printed)


def _again_mark(line: Line, label: str) -> dict[str, object]:
    bounds = (float("nan"), float("nan")) if line.interval is None else line.interval.values
    return _mark(label, AGAIN, line.estimate.values[0], bounds, line.again)


def _value_of(printed: Printed | None) -> float:
    return float("nan") if printed is None else printed.number.value


def _mark(
    label: str, mark: str, estimate: float, bounds: Sequence[float], words: str
) -> dict[str, object]:
    lower, upper = bounds
    found = {"group": "", "label": label, "mark": mark, "estimate": estimate}
    return {**found, "lower": lower, "upper": upper, "text": words}


def subgroups(study: Study, reenactment: Reenactment, found: Iterable[Line]) -> pd.DataFrame:
    """Return rows of a forest of subgroups, under the p-value of each test of interaction."""
    rows = []
    for line in found:
        quantity = line.estimate.quantity
        stratum = quantity.stratum
        if quantity.statistic != "hr" or stratum is None or quantity.method != COX:
            continue
        variable = study.vocabulary(stratum.variable)
        outcome = study.vocabulary(quantity.outcome).label
        p = _interaction(reenactment, quantity, stratum.variable)
        group = f"{outcome}, {variable.label}: p for interaction {p or 'not estimable'}"
        label = variable.levels.get(stratum.level, stratum.level)
        marks = [_again_mark(line, label)]
        if line.estimate.printed is not None:
            marks.insert(0, _printed_mark(line, label))
        rows += [{**mark, "group": group} for mark in marks]
    return pd.DataFrame(rows).sort_values("group", kind="stable") if rows else pd.DataFrame(rows)


def _interaction(reenactment: Reenactment, quantity: Quantity, variable: str) -> str:
    for row in reenactment.rows:
        one = row.quantity
        same = (one.outcome, one.population, one.comparison, one.category) == (
            quantity.outcome,
            quantity.population,
            quantity.comparison,
            variable,
        )
        if one.method == INTERACTION and same:
            ends = (text(part, 2) for part in (row.values, row.low, row.high))
            middle, low, high = ends
            return f"{middle} ({low} to {high} over the sets)"
    return ""


def balance(study: Study, reenactment: Reenactment) -> pd.DataFrame:
    """Return rows of a love plot: standardised differences before and after matching."""
    rows = []
    for row in reenactment.rows:
        if row.quantity.method != STANDARDISED:
            continue
        mark = BEFORE if row.quantity.population == "whole" else AFTER
        label = study.vocabulary(row.quantity.outcome).label
        words = f"{text(row.values, 2)} ({text(row.low, 2)} to {text(row.high, 2)})"
        bounds = (row.low[0], row.high[0])
        rows.append(_mark(label, mark, row.values[0], bounds, words))
    frame = pd.DataFrame(rows)
    return frame if frame.empty else frame.sort_values("label", kind="stable")


def selection(study: Study, reenactment: Reenactment) -> pd.DataFrame:
    """Return how often the rule lets each variable into its model, and whether the print has it."""
    rows = []
    for row in reenactment.rows:
        quantity = row.quantity
        if quantity.method != SELECTED:
            continue
        name = study.vocabulary(quantity.outcome).label
        rows.append(
            {
                "Outcome": name,
                "Variable": comparison_words(study, quantity.comparison),
                "The rule lets it in": f"in {row.mean:.0%} of the sets",
                "In the printed model": "yes" if is_in_printed_model(study, quantity) else "no",
            }
        )
    return pd.DataFrame(rows)


def single_arms(found: Iterable[SimulatedArm], assumed: SingleArm) -> pd.DataFrame:
    """Return a line for each true median and size: events, interval, and how often it claims."""
    claim = f"Trials that would claim more than {assumed.historical_median:g} months"
    return pd.DataFrame(
        [
            {
                "True median (months)": f"{one.true_median:g}",
                "Patients": str(one.size),
                "Events": f"{one.events:.0f}",
                "Middle of the median and its 95% interval": _interval(one),
                claim: f"{one.claims:.1%}",
            }
            for one in found
        ]
    )


def _interval(one: SimulatedArm) -> str:
    return f"{text((one.median,), 1)} ({text((one.lower, one.upper), 1)})"


def single_arm_rows(found: Iterable[SimulatedArm]) -> pd.DataFrame:
    """Return rows of a forest: the middle interval of each size, under each true median."""
    rows = []
    for one in found:
        bounds = (one.lower, one.upper)
        mark = _mark(f"{one.size} patients", "", one.median, bounds, _interval(one))
        rows.append({**mark, "group": f"True median {one.true_median:g} months"})
    return pd.DataFrame(rows)


def width_words(found: Iterable[SimulatedArm], true_median: float) -> str:
    """Return in words between which months the interval of each size lies, in the middle."""
    spans = [
        f"from {text((one.lower,), 1)} to {text((one.upper,), 1)} months with {one.size} patients"
        for one in found
        if one.true_median == true_median
    ]
    return f"Where the true median is {true_median:g} months, the interval runs {listed(spans)}"


def claim_words(found: Iterable[SimulatedArm], assumed: SingleArm, true_median: float) -> str:
    """Return in words how often trials of each size claim more than the historical median."""
    shares = [
        f"{one.claims:.0%} of the trials with {one.size} patients"
        for one in found
        if one.true_median == true_median
    ]
    return (
        f"Where patients of the trial have a median of {true_median:g} months, with or without the "
        f"drugs, {listed(shares)} would claim more than {assumed.historical_median:g} months"
    )
