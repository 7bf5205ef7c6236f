"""The evidence as a map: populations and classes of treatment by outcome, a bubble a study."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from livingreview_display import BubbleMap
from livingreview_plan import PlannedResult
from livingreview_record import (
    Arm,
    MapDesign,
    MapPopulation,
    Printed,
    Review,
    Study,
    table_first,
)

NOT_JUDGED = "certainty not judged"
LEVELS = ("very low", "low", "moderate", "high")
SHOWN = ("included", "awaiting-classification", "ongoing")
WITHOUT_NUMBERS = "Trials without a number here"
TITLE = "What was studied in whom, and which outcomes are reported"


def evidence_map(review: Review, results: Mapping[str, Sequence[PlannedResult]]) -> BubbleMap:
    """Return the map that the review's data ask for under `evidence_map`.

    A study is in the first population whose rule its design fits.  Each of its arms that is not
    only compared with others is a treatment; a bubble says that an outcome of it is printed, or
    for an ongoing study planned.  The certainty is that of the first planned synthesis of the
    outcome in which this treatment's estimate of the study is used.  Trials that are known of, and
    of which no number is held, have a column of their own.
    """
    if (asked := review.protocol.evidence_map) is None:
        msg = "data/review.yaml: need the key 'evidence_map' for a map, found nothing; add it"
        raise ValueError(msg)
    outcomes = {one: review.protocol.outcomes[one].label for one in asked.outcomes}
    classes = review.protocol.treatment_classes
    certain = _certainties(review, results)
    lines = [
        {
            "group": group,
            "row": classes[arm.treatment_class],
            "column": label,
            "study": study.label,
            "size": _patients(study, arm),
            "shade": certain.get((study.id, arm.id, outcome), NOT_JUDGED),
            "shape": _design(str(study.design.get("type", "")), asked.designs),
        }
        for study in review.studies.values()
        if study.status in SHOWN and (group := _population(study.design, asked.populations))
        for arm in _treatments(study)
        for outcome, label in outcomes.items()
        if _reports(study, arm, outcome)
    ]
    lines += [
        {
            "group": _population(trial.design, asked.populations),
            "row": classes.get(trial.treatment, trial.treatment),
            "column": WITHOUT_NUMBERS,
            "study": trial.trial,
            "size": math.nan,
            "shade": NOT_JUDGED,
            "shape": _design(trial.type, asked.designs),
        }
        for trial in asked.without_numbers
    ]
    groups = [one.label for one in asked.populations]
    rows = dict.fromkeys([*classes.values(), *(str(line["row"]) for line in lines)])
    found = {(line["group"], line["row"]) for line in lines}
    grid = [(g, row) for g in groups for row in rows if (g, row) in found]
    names = ["group", "row", "column", "study", "size", "shade", "shape"]
    return BubbleMap(
        rows=pd.DataFrame(lines, columns=names),
        grid=grid,
        columns=(*outcomes.values(), *((WITHOUT_NUMBERS,) if asked.without_numbers else ())),
        pending=WITHOUT_NUMBERS if asked.without_numbers else "",
        shades=(NOT_JUDGED, *(f"{level} certainty" for level in LEVELS)),
        shapes=tuple(one.label for one in asked.designs),
        title=TITLE,
        sized_by=review.terms.participants,
    )


def _population(design: Mapping[str, Any], populations: Sequence[MapPopulation]) -> str:
    for one in populations:
        if all(design.get(key) == value for key, value in one.design.items()):
            return one.label
    return ""


def _design(said: str, designs: Sequence[MapDesign]) -> str:
    """The first design whose words these have; the last has none."""
    return next(one.label for one in designs if one.says in said)


def _treatments(study: Study) -> Iterator[Arm]:
    """Arms with a class of treatment, without those that only stand on the other side."""
    controls = {one.control for one in study.comparisons.values()}
    controls -= {one.experimental for one in study.comparisons.values()}
    for arm in study.arms.values():
        if arm.treatment_class and arm.id not in controls:
            yield arm


def _reports(study: Study, arm: Arm, outcome: str) -> bool:
    for kind in ("primary", "secondary"):
        named = study.design.get(f"{kind}_outcomes")
        if study.status == "ongoing" and isinstance(named, list) and outcome in named:
            return True
    arms = {arm.id, *(one.id for one in study.comparisons.values() if one.experimental == arm.id)}
    return any(
        number.quantity.outcome == outcome
        and {number.quantity.arm_id, number.quantity.comparison} & arms
        for number in study.numbers
    )


def _patients(study: Study, arm: Arm) -> float:
    printed = study.find(
        arm_id=arm.id, outcome="participants", population="whole", subgroup="", statistic="n"
    )
    return table_first(printed)[0].number.value if printed else math.nan


def _certainties(
    review: Review,
    results: Mapping[str, Sequence[PlannedResult]],
) -> dict[tuple[str, str, str], str]:
    """The certainty by study, arm and outcome, of the first planned synthesis that uses it."""
    found: dict[tuple[str, str, str], str] = {}
    for result in (one for group in results.values() for one in group if one.certainty):
        for effect in result.effects:
            for number in effect.sources:
                if isinstance(number, Printed):
                    about, comparisons = number.quantity, review.studies[effect.study].comparisons
                    pair = comparisons.get(about.comparison)
                    key = effect.study, pair.experimental if pair else about.arm_id, about.outcome
                    found.setdefault(key, f"{result.certainty} certainty")
    return found
