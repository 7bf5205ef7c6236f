"""How the printed numbers of each section of a study's page become a table.

Every section (see `sections`) has one layout.  No number is recomputed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from livingreview.tables.sections import (
    ADJUSTMENT_WORDS,
    METHOD_WORDS,
    STATISTIC_NAMES,
    arm_label,
    comparison_label,
    form_words,
    level_label,
    numbers_in,
    slug_words,
    subgroup_label,
)
from livingreview_display import LEVEL, WHERE, Numbered, anchor, as_printed, cell, listed, places
from livingreview_record import ALL_ARMS, FORM_OF, INTERVAL_LEVELS, Printed, Study, is_time, months

PLAIN_UNITS = frozenset({"", "patients", "participants", "%", "ratio", "probability", "date"})


def _cell(numbers: Sequence[Printed]) -> str:
    """The numbers of one cell; tests by different methods are told apart."""
    if not numbers or any(number.quantity.statistic != "p" for number in numbers):
        return cell(numbers)
    by_method: dict[str, list[Printed]] = {}
    for number in numbers:
        by_method.setdefault(number.quantity.method, []).append(number)
    if len(by_method) == 1:
        return as_printed(numbers)
    return "; ".join(
        f"{as_printed(found)} ({METHOD_WORDS.get(method, 'test not named')})"
        for method, found in by_method.items()
    )


def _cell_with_units(numbers: Sequence[Printed]) -> str:
    """The numbers of one cell, each unit said."""
    by_unit = groupby(sorted(numbers, key=lambda n: n.unit), key=lambda n: n.unit)
    texts = ((cell(list(found)), "" if unit == "date" else unit) for unit, found in by_unit)
    return listed(f"{text} {unit}".strip() for text, unit in texts)


@dataclass(frozen=True)
class Layout:
    """How the printed numbers of a section become a table.

    `row` and `column` say where a number stands, `columns` in which order columns do.
    """

    headings: tuple[str, ...]
    row: Callable[[Study, Printed], tuple[str, ...]]
    column: Callable[[Study, Printed], str]
    columns: Callable[[Study, Sequence[Printed]], Sequence[str]]
    cell: Callable[[Sequence[Printed]], str] = _cell


def numbers_table(study: Study, name: str) -> pd.DataFrame:
    """Every printed number of a section by its layout, each row with its places."""
    numbers, layout = numbers_in(study, name), LAYOUTS.get(name, SIDE_BY_SIDE)
    rows: dict[tuple[str, ...], dict[str, list[Printed]]] = {}
    for number in numbers:
        row = rows.setdefault(layout.row(study, number), {})
        row.setdefault(layout.column(study, number), []).append(number)
    columns = dict.fromkeys(layout.columns(study, numbers))
    used = [name for name in columns if any(name in row for row in rows.values())]
    lines: list[list[str]] = []
    given: set[str] = set()  # an id names one cell
    for told, row in rows.items():
        cells = [row.get(name, []) for name in used]
        where = places((number for found in cells for number in found), in_paper(study))
        texts = []
        for found in cells:
            named = dict.fromkeys(anchor(number.quantity) for number in found)
            texts.append(Numbered(layout.cell(found), [id_ for id_ in named if id_ not in given]))
            given.update(named)
        lines.append([*told, *texts, where])
    headings = [study.terms.fill(name) for name in layout.headings]
    frame = pd.DataFrame(lines, columns=[*headings, *used, WHERE])
    return frame.drop(columns=[name for name in headings if not frame[name].any()])


def in_paper(study: Study) -> Callable[[Printed], str]:
    """Return what gives the address of the report that prints a number; nothing without a DOI."""
    dois = {report.id: report.doi for report in study.reports if report.doi}

    def address(number: Printed) -> str:
        doi = dois.get(number.locator.report_id, "")
        return f"https://doi.org/{doi}" if doi else ""

    return address


def column_order(study: Study, number: Printed) -> tuple[object, ...]:
    """Where the number's column stands: by population, arms before comparisons, as declared."""
    quantity = number.quantity
    return (
        [*study.populations].index(quantity.population),
        bool(quantity.comparison),
        [ALL_ARMS, *study.arms, ""].index(quantity.arm_id),
        ["", *study.comparisons].index(quantity.comparison),
    )


def _item(study: Study, number: Printed) -> tuple[str, ...]:
    """The outcome with the unit its numbers share, and the level, subgroup and time."""
    quantity = number.quantity
    units = {n.unit for n in study.numbers if n.quantity.outcome == quantity.outcome} - PLAIN_UNITS
    unit = f", {units.pop()}" if len(units) == 1 else ""
    level = level_label(study, quantity)
    parts = (level, subgroup_label(study, quantity.subgroup), quantity.timepoint)
    return study.vocabulary(quantity.outcome).label + unit, "; ".join(filter(None, parts))


def _patients_column(study: Study, number: Printed) -> str:
    """The patients with their number, or the comparison that a test is of."""
    parts, quantity = _population_and_arm(study, number), number.quantity
    if quantity.comparison:
        label = comparison_label(study, quantity.comparison)
        parts.append("P value" + (f" ({label})" if len(study.comparisons) > 1 else ""))
        return ": ".join(parts)
    fresh = {"category": "", "timepoint": "", "adjustment": "", "method": ""}
    size = replace(quantity, **fresh, outcome="participants", statistic="n")
    found = study.by_quantity.get(size, ())
    return ": ".join(parts) + (f" (n = {as_printed(found)})" if found else "")


def whose_number(study: Study, number: Printed) -> str:
    """Whose number it is: population and, where named, arm."""
    return ": ".join(_population_and_arm(study, number))


def _population_and_arm(study: Study, number: Printed) -> list[str]:
    """The population where there are several, and the arm unless it is the only one."""
    quantity = number.quantity
    several = len(study.populations) > 1
    parts = [study.populations[quantity.population].label] if several else []
    if quantity.arm_id and not (several and len(study.arms) == 1):
        parts.append(arm_label(study, quantity.arm_id))
    return parts


def _line(study: Study, number: Printed) -> str:
    """The outcome, with its level unless that level is the event itself."""
    words = level_label(study, number.quantity)
    told = f": {words}" if words and number.quantity.category != "event" else ""
    return study.vocabulary(number.quantity.outcome).label + told


def adjustment_words(number: Printed, unsaid: str = "") -> str:
    """Whether the number is adjusted, in words."""
    return ADJUSTMENT_WORDS.get(number.quantity.adjustment, unsaid)


def _contrast_row(study: Study, number: Printed) -> tuple[str, ...]:
    whose = whose_number(study, number) or study.terms.fill("All {participants}")
    compared = comparison_label(study, number.quantity.comparison)
    return _line(study, number), whose, compared, adjustment_words(number)


def _subgroup_row(study: Study, number: Printed) -> tuple[str, ...]:
    comparison = number.quantity.comparison
    compared = comparison_label(study, comparison) if comparison else ""
    whose = ": ".join(filter(None, (whose_number(study, number), compared)))
    subgroup = subgroup_label(study, number.quantity.subgroup)
    return _line(study, number), subgroup, whose, adjustment_words(number)


def _factor_row(study: Study, number: Printed) -> tuple[str, ...]:
    quantity = number.quantity
    whose = (whose_number(study, number), subgroup_label(study, quantity.subgroup))
    return (
        study.vocabulary(quantity.outcome).label,
        "; ".join(filter(None, whose)),
        study.vocabulary(quantity.contrast[0]).label,
        comparison_label(study, quantity.comparison),
    )


def _factor_column(_: Study, number: Printed) -> str:
    what = "P value" if number.quantity.statistic == "p" else "hazard ratio"
    return f"{adjustment_words(number, 'Not stated')}: {what}"


def _factor_columns(_: Study, __: Sequence[Printed]) -> list[str]:
    told, what = ("Unadjusted", "Adjusted", "Not stated"), ("hazard ratio", "P value")
    return [f"{one}: {two}" for one in told for two in what]


def _detail_row(study: Study, number: Printed) -> tuple[str, ...]:
    quantity = number.quantity
    if quantity.population == "whole":
        return slug_words(quantity.category), arm_label(study, quantity.arm_id)
    return slug_words(quantity.category), whose_number(study, number)


def _statistic(study: Study, number: Printed) -> str:
    quantity = number.quantity
    if quantity.comparison and quantity.statistic in (*INTERVAL_LEVELS, "se"):  # beside it
        own = (name for name in FORM_OF if replace(quantity, statistic=name) in study.by_quantity)
        quantity = replace(quantity, statistic=next(own, quantity.statistic))
    if quantity.timepoint and not quantity.comparison:
        return quantity.timepoint
    if quantity.category == "event":
        return "Events"
    if quantity.statistic == "p":
        return "P value"
    if quantity.method == "cox" or quantity.statistic == "hr":
        return "Hazard ratio"
    if is_time(number.unit) and quantity.statistic in ("median", *INTERVAL_LEVELS):
        return f"Median, {number.unit}"
    if quantity.statistic == "difference":
        return f"Difference, {number.unit}"
    if quantity.statistic in FORM_OF:
        return form_words(quantity.statistic)
    return study.terms.fill(STATISTIC_NAMES.get(quantity.statistic, "Result"))


def _statistics(study: Study, numbers: Sequence[Printed]) -> list[str]:
    times = sorted({n.quantity.timepoint for n in numbers if n.quantity.timepoint}, key=months)
    differences = sorted({f"Difference, {n.unit}" for n in numbers})
    medians = sorted({f"Median, {n.unit}" for n in numbers})
    first = [
        study.terms.fill(STATISTIC_NAMES["n"]),
        "Events",
        *medians,
        "Median",
        "Mean",
        "Percent",
    ]
    return [*first, *times, *map(form_words, FORM_OF), *differences, "Result", "P value"]


SIDE_BY_SIDE = Layout(
    ("Item", LEVEL),
    _item,
    _patients_column,
    lambda study, numbers: [
        _patients_column(study, number)
        for number in sorted(numbers, key=lambda number: column_order(study, number))
    ],
)
LAYOUTS: Mapping[str, Layout] = {
    "design": Layout(
        ("Item", "{Participants}"),
        _detail_row,
        lambda _, __: "As printed",
        lambda _, __: ["As printed"],
        _cell_with_units,
    ),
    "survival": Layout(
        ("Outcome", "{Participants}"),
        lambda study, number: (_line(study, number), whose_number(study, number)),
        _statistic,
        _statistics,
    ),
    "contrasts": Layout(
        ("Outcome", "{Participants}", "Comparison", "Analysis"),
        _contrast_row,
        _statistic,
        _statistics,
    ),
    "subgroups": Layout(
        ("Outcome", "Subgroup", "{Participants}", "Analysis"),
        _subgroup_row,
        _statistic,
        _statistics,
    ),
    "prognosis": Layout(
        ("Outcome", "{Participants}", "Factor", "Contrast"),
        _factor_row,
        _factor_column,
        _factor_columns,
    ),
}
