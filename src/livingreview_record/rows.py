"""One row of `reported.csv` to a printed number, with every fault of the row noted."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

from livingreview_record.kinds import FORM_OF
from livingreview_record.problems import Collector, Problem
from livingreview_record.quantities import (
    ALL_ARMS,
    ESTIMATES,
    INTERVAL_LEVELS,
    PERCENT_STATISTICS,
    STATISTICS,
    Locator,
    Printed,
    Quantity,
)
from livingreview_record.studies import Outcome, Study
from livingreview_record.values import AS_PRINTED, declared, faults, looks_like_a_date, unit_needed

LOCATOR_COLUMNS = tuple(field.name for field in fields(Locator))
QUANTITY_COLUMNS = tuple(field.name for field in fields(Quantity))
COLUMNS = (*LOCATOR_COLUMNS, *QUANTITY_COLUMNS, "unit", "value", "note")

ADJUSTMENTS = ("", "unadjusted", "adjusted", "stratified")
METHODS = (
    "",
    "chi2",
    "chi2-or-fisher",
    "cox",
    "fisher",
    "log-rank",
    "t-or-mann-whitney",
    "t-test",
    "wilcoxon",
)
WITH_METHOD = ("p", *INTERVAL_LEVELS, "se", *sorted(ESTIMATES))
TIMEPOINT = re.compile(
    r"1 (day|week|month|year)"
    r"|(?!1 )([1-9][0-9]*(\.[0-9]+)?|0\.[0-9]*[1-9]) (days|weeks|months|years)"
)
DETAIL = re.compile(r"[a-z0-9][a-z0-9_.-]*")  # as schema/study.yaml names ids
MANY_TIMES = 10
ADD = "correct it, or add it under {} in study.yaml"


def printed_number(
    path: Path, line: int, cells: Mapping[str, str], study: Study, problems: list[Problem]
) -> Printed:
    """The row as a printed number of `study`; faults are appended to `problems`."""
    row = Collector(f"{path} row {line}", problems)
    levels = {report.id: report.level for report in study.reports}
    number = Printed(
        study_id=study.id,
        line=line,
        locator=Locator(*(cells[name].strip() for name in LOCATOR_COLUMNS)),
        quantity=Quantity(*(cells[name].strip() for name in QUANTITY_COLUMNS)),
        unit=cells["unit"].strip(),
        value=cells["value"].strip(),
        note=cells["note"].strip(),
        level=levels.get(cells["report_id"].strip(), ""),
    )
    _check_locator(row, number.locator, study)
    _check_quantity(row, number.quantity, study)
    _check_value(row, number, study)
    return number


def _check_locator(row: Collector, locator: Locator, study: Study) -> None:
    reports = tuple(report.id for report in study.reports)
    row.one_of("column report_id", locator.report_id, reports, ADD.format("reports"))
    if not locator.section:
        row.cell("section", "the place where the number is printed", "", "name section or table")
    for column in ("row", "column") if locator.table else ():
        if not getattr(locator, column):
            row.cell(column, f"the {column} of {locator.table}", "", "name it as printed")


def _check_quantity(row: Collector, quantity: Quantity, study: Study) -> None:
    row.one_of(
        "column population", quantity.population, study.populations, ADD.format("populations")
    )
    row.one_of("column statistic", quantity.statistic, tuple(sorted(STATISTICS)), "correct it")
    row.one_of("column adjustment", quantity.adjustment, ADJUSTMENTS, "correct it")
    row.one_of("column method", quantity.method, METHODS, "correct it")
    vocabulary = {**study.outcomes, **study.variables}
    row.one_of("column outcome", quantity.outcome, vocabulary, ADD.format("outcomes or variables"))
    outcome = vocabulary.get(quantity.outcome)
    if outcome is not None and outcome.kind == "design":
        if not DETAIL.fullmatch(quantity.category):
            do = "name it as in other rows: lower-case words joined by - or _"
            row.cell("category", "a short name of the detail", quantity.category, do)
    elif quantity.category and outcome is not None:
        row.one_of(
            "column category",
            quantity.category,
            outcome.levels,
            ADD.format(f"the levels of {outcome.id}"),
        )
    if quantity.method in METHODS[1:] and quantity.statistic in STATISTICS.difference(WITH_METHOD):
        do = "clear the cell, or correct the statistic"
        needed = f"no method for {quantity.statistic}: it belongs to {', '.join(WITH_METHOD)}"
        row.cell("method", needed, quantity.method, do)
    _check_time(row, quantity)
    _check_patients(row, quantity, study, vocabulary)


def _check_time(row: Collector, quantity: Quantity) -> None:
    if quantity.timepoint and not TIMEPOINT.fullmatch(quantity.timepoint):
        needed = "a time such as 12 months, 1 year, 6 weeks or 30 days, with one ordinary space"
        row.cell("timepoint", needed, quantity.timepoint, "correct it")
    if quantity.statistic == "rate" and not quantity.timepoint:
        row.cell("timepoint", "the time at which the rate is read", "", "such as 12 months")


def _check_patients(
    row: Collector, quantity: Quantity, study: Study, vocabulary: Mapping[str, Outcome]
) -> None:
    """Whose number it is: one arm or two that are compared, or levels of a variable."""
    arms, comparison = (*study.arms, ALL_ARMS), quantity.comparison
    if comparison not in study.comparisons:
        row.one_of("column arm_id", quantity.arm_id, arms, ADD.format("arms"))
    elif quantity.arm_id:
        do = "clear the cell: the comparison names both arms"
        row.cell("arm_id", f"nothing beside {comparison}", quantity.arm_id, do)
    if quantity.statistic in ESTIMATES - {"difference"} and not comparison:
        do = "name a comparison of study.yaml, or variable:level/reference"
        what = FORM_OF[quantity.statistic].words
        row.cell("comparison", f"what the {what} compares", "", do)
    for variable, level in quantity.strata:
        _check_level(row, "column subgroup", variable, (level,), vocabulary)
    if len({variable for variable, _ in quantity.strata}) < len(quantity.strata):
        row.cell("subgroup", "each variable once", quantity.subgroup, "correct it")
    if not comparison or comparison in study.comparisons:
        return
    variable, levels = quantity.contrast
    _check_level(row, "column comparison", variable, levels, vocabulary)
    if levels and (len(levels) != 2 or levels[0] == levels[1]):
        needed = "variable:level/reference, two levels"
        row.cell("comparison", needed, comparison, "correct it")


def _check_level(
    row: Collector,
    column: str,
    variable: str,
    levels: tuple[str, ...],
    vocabulary: Mapping[str, Outcome],
) -> None:
    row.one_of(column, variable, vocabulary, ADD.format("outcomes or variables"))
    do = ADD.format(f"the levels of {variable}")
    for level in levels if variable in vocabulary else ():
        row.one_of(column, level, vocabulary[variable].levels, do)


def _check_value(row: Collector, number: Printed, study: Study) -> None:
    quantity = number.quantity
    outcome = {**study.outcomes, **study.variables}.get(quantity.outcome)
    if not number.value:
        row.cell("value", "the number as printed", "", "type it, or remove the row")
    if not number.value or outcome is None or quantity.statistic not in STATISTICS:
        return
    if needed := unit_needed(number, outcome):
        row.cell("unit", needed, number.unit, "correct the unit or the statistic")
    for needed, do in faults(number, outcome):
        row.cell("value", needed, number.value, do)


def check_together(path: Path, numbers: Iterable[Printed], problems: list[Problem]) -> None:
    """Add a problem for rows that are one another's repetition."""
    first: dict[object, int] = {}
    collector = Collector(str(path), problems)
    for number in numbers:
        place = (_plain(part) for part in asdict(number.locator).values())
        earlier = first.setdefault((*place, number.quantity), number.line)
        if earlier != number.line:
            found = f"the place and quantity of row {earlier}"
            do = "remove one, or tell the places apart in the columns section, table, row or column"
            collector.need(f"row {number.line}", "a new number", found, do)


def check_sizes(path: Path, numbers: Iterable[Printed], problems: list[Problem]) -> None:
    """Add a problem for each value that the study's number of patients shows to be mistyped.

    A percentage below that of one patient among all of them reads as a fraction; a count far above
    them, in the range of a spreadsheet's dates, as a date.  Whether counts fit each other is left
    to the audit, because there a source may be wrong.
    """
    counts = [number for number in numbers if number.quantity.statistic == "n"]
    sizes = [n.number.value for n in counts if n.quantity.outcome == "participants"]
    most = max(sizes, default=math.inf)
    for number in numbers:
        if (needed := _needed_among(number, most)) and not declared(number):
            do = AS_PRINTED.format(value=number.value)
            row = Collector(f"{path} row {number.line}", problems)
            row.cell("value", needed, number.value, do)


def _needed_among(number: Printed, most: float) -> str:
    """What the value had to be in a study of `most` patients; empty where it can be."""
    statistic = number.quantity.statistic
    if statistic == "n" and looks_like_a_date(number.value):
        beyond = number.number.value > MANY_TIMES * most
        return f"a count near the study's size ({most:.0f}), not a date" if beyond else ""
    if statistic not in PERCENT_STATISTICS or number.number.relation != "=":
        return ""
    if number.number.value > 0 and number.number.rounding_interval[1] < 100 / most:
        share = f"one of the study's {most:.0f} is {100 / most:.2g}%"
        return f"a percentage (53, not 0.53): {share}"
    return ""


def _plain(text: str) -> str:
    """The text as a reader sees it: without regard to capitals and the kind of its spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
