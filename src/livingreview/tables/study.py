"""One study as tables, rows to draw and texts by key: what its reports print, with its place."""

import math
from collections.abc import Mapping

import pandas as pd

from livingreview.tables.layouts import adjustment_words, column_order, whose_number
from livingreview.tables.sections import (
    ANY_GRADE,
    comparison_label,
    level_label,
    numbers_in,
    subgroup_label,
)
from livingreview_display import (
    WHERE,
    Places,
    address_of,
    as_printed,
    cell,
    intervals_of,
    places,
    sentence,
)
from livingreview_record import (
    ALL_ARMS,
    ESTIMATES,
    Printed,
    Study,
    is_time,
    months,
    months_in,
    table_first,
)

PUBLISHED: Mapping[str, frozenset[str]] = {  # the statistics of each section that have a key
    "flow": frozenset({"n"}),
    "response": frozenset({"n", "percent", "p"}),
    "survival": frozenset({"n", "percent", "median", "rate"}),
    "contrasts": ESTIMATES | {"p"},
    "subgroups": frozenset({"hr", "median"}),
    "safety": frozenset({"n", "percent", "p"}),
    "other": frozenset({"n", "percent", "median", "mean", "person-time", "p"}),
}
DRAWN_BY_ARM = frozenset({"response", "safety", "survival"})  # all arms together: table only


def rows_to_draw(study: Study, name: str, statistic: str) -> pd.DataFrame:
    """Return printed estimates of a section with their intervals, as rows for `figures`.

    One row a quantity, on the printed scale; a bound that is not printed or not reached is not a
    number.  A characteristic, such as an age, is no result and is not drawn.
    """
    columns = ["group", "label", "mark", "estimate", "lower", "upper", "text", "where"]
    ordered = sorted(numbers_in(study, name), key=lambda n: _drawing_order(study, name, n))
    chosen = {n.quantity: n for n in ordered if n.quantity.statistic == statistic}
    lines = []
    for quantity, number in chosen.items():
        if name in DRAWN_BY_ARM and quantity.arm_id == ALL_ARMS and len(study.arms) > 1:
            continue
        if quantity.outcome in study.variables:
            continue
        found, intervals = study.by_quantity[quantity], intervals_of(study, quantity)
        usual = [one.interval for one in table_first(intervals) if one.quantity.statistic == "ci95"]
        bounds = [usual[0].lower.value, usual[0].upper.value] if usual else [math.nan, math.nan]
        estimate, both = table_first(found)[0].number.value, [*found, *intervals]
        scale = _to_unit_of_time(study, number)
        estimate, *bounds = (scale * value for value in (estimate, *bounds))
        labels = _drawn_labels(study, name, number)
        lines.append([*labels, estimate, *bounds, cell(both), places(both)])
    return pd.DataFrame(lines, columns=columns)


def _to_unit_of_time(study: Study, number: Printed) -> float:
    """By how much a printed time is multiplied to be drawn in the review's unit; else 1."""
    unit = study.terms.time_unit
    if number.unit == unit or not is_time(number.unit):
        return 1.0
    return months_in(number.unit) / months_in(unit)


def _drawing_order(study: Study, name: str, number: Printed) -> tuple[object, ...]:
    quantity = number.quantity
    order = (
        [*study.variables, *study.outcomes].index(quantity.outcome),
        months(quantity.timepoint) if quantity.timepoint else 0.0,
        ["", *study.vocabulary(quantity.outcome).levels].index(quantity.category),
    )
    if name in ("subgroups", "prognosis"):  # as the vocabulary or the source lists the parts
        return order
    return *order, *column_order(study, number)


def _drawn_labels(study: Study, name: str, number: Printed) -> tuple[str, str, str]:
    """Heading, label and series of a drawn row."""
    quantity, whose = number.quantity, whose_number(study, number)
    outcome, level = study.vocabulary(quantity.outcome).label, level_label(study, quantity)
    adjustment, subgroup = adjustment_words(number), subgroup_label(study, quantity.subgroup)
    if name == "prognosis":
        factor = study.vocabulary(quantity.contrast[0]).label
        return outcome, f"{factor}: {comparison_label(study, quantity.comparison)}", adjustment
    if quantity.comparison:
        whole = study.populations[quantity.population].label
        whole = f"{whole}, {adjustment.lower()}" if adjustment else whole
        return outcome, subgroup or whole, adjustment
    if name in ("survival", "subgroups"):
        time = f" at {quantity.timepoint}" if quantity.timepoint else ""
        return outcome + time, subgroup or whose, whose
    return "", outcome if level in ("", ANY_GRADE) else f"{outcome}: {level}", whose


def published(study: Study) -> dict[str, str]:
    """The study's main printed results by key; estimates carry their printed interval.

    Keys are `study.outcome.statistic` and then what tells the quantity apart: arm or comparison,
    population unless `whole`, subgroup, adjustment, test, level, time.
    """
    return {
        _key(study, number): cell(found if statistic in ("n", "p") else [*found, *intervals])
        for name, statistics in PUBLISHED.items()
        for number in numbers_in(study, name)
        if (statistic := number.quantity.statistic) in statistics
        for found in [study.by_quantity[number.quantity]]
        for intervals in [intervals_of(study, number.quantity)]
    }


def _key(study: Study, number: Printed) -> str:
    quantity = number.quantity
    parts = (
        study.id,
        quantity.outcome,
        quantity.statistic,
        quantity.arm_id,
        quantity.comparison,
        "" if quantity.population == "whole" else quantity.population,
        quantity.subgroup.replace("=", "-").replace("&", "-"),
        quantity.adjustment,
        quantity.method if quantity.statistic == "p" else "",
        quantity.category,
        quantity.timepoint.replace(" ", "-"),
    )
    return ".".join(filter(None, parts))


def arms(study: Study, classes: Mapping[str, str]) -> pd.DataFrame:
    """The arms of a study: label, size in each population, class of treatment, regimen.

    `classes` are the labels of the classes of treatment.
    """
    lines = []
    for arm in study.arms.values():
        sizes = {
            population.label: study.find(
                arm_id=arm.id,
                population=population.id,
                subgroup="",
                outcome="participants",
                statistic="n",
            )
            for population in study.populations.values()
        }
        told = "; ".join(f"{label}: {as_printed(n)}" for label, n in sizes.items() if n)
        treatment = classes.get(arm.treatment_class, arm.treatment_class)
        lines.append([arm.label, told, treatment, sentence(arm.regimen) if arm.regimen else ""])
    return pd.DataFrame(lines, columns=["Arm", "Participants", "Class of treatment", "Regimen"])


def notes(study: Study) -> pd.DataFrame:
    """What the extraction notes on single numbers: doubtful prints, tests that are not named."""
    lines = [
        [
            f"{study.vocabulary(n.quantity.outcome).label}: {n.value}",
            n.note,
            Places([(str(n.locator), address_of(n))]),
        ]
        for n in study.numbers
        if n.note
    ]
    return pd.DataFrame(lines, columns=["Number", "Note", WHERE])
