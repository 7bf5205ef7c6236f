"""A study's printed numbers on their printed scale, as rows for ``figures``."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from livingreview.tables.sections import (
    ADJUSTMENT_WORDS,
    ANY_GRADE,
    level_label,
    numbers_in,
    section,
    subgroup_label,
)
from livingreview.tables.study import column_order, comparison, patients
from livingreview.wording import cell, places
from livingreview_record import ALL_ARMS, Printed, Study, months, table_first

_DRAWN_BY_ARM = frozenset({"response", "safety", "survival"})  # all arms together: table only


def rows_to_draw(study: Study, name: str, statistic: str, **identity: str) -> pd.DataFrame:
    """Printed estimates of a section with their printed intervals, as rows for ``figures``.

    One row a quantity, on the printed scale; a bound that is not printed or not reached is not a
    number.  ``identity`` narrows the choice by columns of the quantity (``outcome="os"``).
    """
    columns = ["group", "label", "mark", "estimate", "lower", "upper", "text", "where"]
    allowed = {number.quantity for number in study.find(statistic=statistic, **identity)}
    ordered = sorted(
        numbers_in(study, name), key=lambda number: _drawing_order(study, name, number)
    )
    chosen = {number.quantity: number for number in ordered if number.quantity in allowed}
    lines = []
    for quantity, number in chosen.items():
        if name in _DRAWN_BY_ARM and quantity.arm_id == ALL_ARMS and len(study.arms) > 1:
            continue
        found = study.by_quantity[quantity]
        intervals = study.by_quantity.get(replace(quantity, statistic="ci95"), ())
        best = table_first(found)[0]
        group, label, mark = _drawn_labels(study, number)
        bounds = _bounds(intervals)
        text = cell([*found, *intervals])
        estimate = best.number.value
        lines.append([group, label, mark, estimate, *bounds, text, places([*found, *intervals])])
    return pd.DataFrame(lines, columns=columns)


def _drawing_order(study: Study, name: str, number: Printed) -> tuple[object, ...]:
    quantity = number.quantity
    outcomes = [*study.variables, *study.outcomes]
    levels = ["", *study.vocabulary(quantity.outcome).levels]
    time = months(quantity.timepoint) if quantity.timepoint else 0.0
    level = levels.index(quantity.category)
    if name in ("subgroups", "prognosis"):  # as the vocabulary or the source lists the parts
        return outcomes.index(quantity.outcome), time, level
    return outcomes.index(quantity.outcome), time, level, *column_order(study, number)


def _bounds(intervals: Sequence[Printed]) -> tuple[float, float]:
    if not intervals:
        return math.nan, math.nan
    best = table_first(intervals)[0]
    return best.interval.lower.value, best.interval.upper.value


def _drawn_labels(study: Study, number: Printed) -> tuple[str, str, str]:
    """Heading, label and series of a drawn row."""
    quantity = number.quantity
    outcome = study.vocabulary(quantity.outcome).label
    adjustment = ADJUSTMENT_WORDS.get(quantity.adjustment, "")
    subgroup = subgroup_label(study, quantity.subgroup)
    name = section(study, number)
    if name == "prognosis":
        factor = study.vocabulary(quantity.contrast[0]).label
        return outcome, f"{factor}: {comparison(study, number)}", adjustment
    if quantity.comparison:
        population = study.populations[quantity.population].label
        return outcome, subgroup or f"{population}, {adjustment.lower()}", adjustment
    if name in ("survival", "subgroups"):
        time = f" at {quantity.timepoint}" if quantity.timepoint else ""
        return outcome + time, subgroup or patients(study, number), patients(study, number)
    level = level_label(study, quantity)
    label = outcome if level in ("", ANY_GRADE) else f"{outcome}: {level}"
    return "", label, patients(study, number)
