"""One row of ``reported.csv`` to a printed number, with every fault of the row noted."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from livingreview.problems import Problem
from livingreview.reported import WORDS, Reported
from livingreview.studies import (
    ALL_ARMS,
    COUNT_STATISTICS,
    DESIGN_STATISTICS,
    INTERVAL_STATISTICS,
    PERCENT_STATISTICS,
    STATISTICS,
    Locator,
    Outcome,
    Printed,
    Quantity,
    Study,
)

LOCATOR_COLUMNS = tuple(field.name for field in fields(Locator))
QUANTITY_COLUMNS = tuple(field.name for field in fields(Quantity))
COLUMNS = (*LOCATOR_COLUMNS, *QUANTITY_COLUMNS, "unit", "value", "note")

ADJUSTMENTS = ("", "unadjusted", "adjusted")
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
AS_PRINTED = "as printed"


class _Row:
    """A row under examination: where it is and the problems found in it."""

    def __init__(self, where: str, problems: list[Problem]) -> None:
        self._where = where
        self._problems = problems

    def need(self, column: str, needed: str, found: str, do: str = "declare or correct it") -> None:
        self._problems.append(Problem(f"{self._where} column {column}", needed, repr(found), do))

    def need_id(self, column: str, found: str, known: Iterable[str]) -> None:
        known = [id_ for id_ in known if id_] if found else list(known)
        if found not in known:
            self.need(column, f"one of {', '.join(known) or '(none declared)'}", found)


def printed_number(
    path: Path, line: int, cells: Mapping[str, str], study: Study, problems: list[Problem]
) -> Printed:
    """The row as a printed number of ``study``; faults are appended to ``problems``."""
    row = _Row(f"{path} row {line}", problems)
    number = Printed(
        study_id=study.id,
        line=line,
        locator=Locator(*(cells[name].strip() for name in LOCATOR_COLUMNS)),
        quantity=Quantity(*(cells[name].strip() for name in QUANTITY_COLUMNS)),
        unit=cells["unit"].strip(),
        value=cells["value"].strip(),
        note=cells["note"].strip(),
    )
    _check_locator(row, number.locator, study)
    _check_quantity(row, number.quantity, study)
    _check_value(row, number)
    return number


def _check_locator(row: _Row, locator: Locator, study: Study) -> None:
    row.need_id("report_id", locator.report_id, tuple(report.id for report in study.reports))
    if not locator.section:
        row.need("section", "the place where the number is printed", "", "name section or table")
    for column in ("row", "column") if locator.table else ():
        if not getattr(locator, column):
            row.need(column, f"the {column} of {locator.table}", "", "name it as printed")


def _check_quantity(row: _Row, quantity: Quantity, study: Study) -> None:
    if quantity.arm_id or quantity.comparison not in study.comparisons:
        row.need_id("arm_id", quantity.arm_id, (*study.arms, ALL_ARMS))
    row.need_id("population", quantity.population, study.populations)
    row.need_id("statistic", quantity.statistic, tuple(sorted(STATISTICS)))
    row.need_id("adjustment", quantity.adjustment, ADJUSTMENTS)
    row.need_id("method", quantity.method, METHODS)
    vocabulary = {**study.outcomes, **study.variables}
    row.need_id("outcome", quantity.outcome, vocabulary)
    outcome = vocabulary.get(quantity.outcome)
    if quantity.category and outcome is not None and outcome.kind != "design":
        row.need_id("category", quantity.category, outcome.levels)
    for part in quantity.subgroup.split("&") if quantity.subgroup else ():
        variable, _, level = part.partition("=")
        _check_level(row, "subgroup", variable, (level,), vocabulary)
    if quantity.comparison and quantity.comparison not in study.comparisons:
        variable, _, levels = quantity.comparison.partition(":")
        contrast = tuple(levels.split("/")) if levels else ()
        _check_level(row, "comparison", variable, contrast, vocabulary)


def _check_level(
    row: _Row,
    column: str,
    variable: str,
    levels: tuple[str, ...],
    vocabulary: Mapping[str, Outcome],
) -> None:
    row.need_id(column, variable, vocabulary)
    for level in levels if variable in vocabulary else ():
        row.need_id(column, level, vocabulary[variable].levels)


def _check_value(row: _Row, number: Printed) -> None:
    statistic = number.quantity.statistic
    if not number.value:
        row.need("value", "the number as printed", "", "type it, or remove the row")
        return
    if statistic in DESIGN_STATISTICS:
        words = number.value.lower().replace("-", " ").split()
        if not any(character.isdigit() for character in number.value) and not WORDS.keys() & words:
            row.need("value", "a number or date as printed", number.value, "correct it")
        return
    try:
        parts = _parts(number)
    except ValueError as error:
        row.need("value", str(error).partition(";")[0].removeprefix("need "), number.value)
        return
    if AS_PRINTED not in number.note:
        _check_plausible(row, number, parts)


def _parts(number: Printed) -> tuple[Reported, ...]:
    if number.quantity.statistic in INTERVAL_STATISTICS:
        return number.interval.lower, number.interval.upper
    return (number.number,)


def _check_plausible(row: _Row, number: Printed, parts: tuple[Reported, ...]) -> None:
    do = f"correct it, or write '{AS_PRINTED}' in the note if the source has it so"
    statistic, value = number.quantity.statistic, number.value
    if any(part.has_decimal_comma for part in parts):
        row.need("value", "a decimal point", value, do)
    if len(parts) == 2 and parts[0].value > parts[1].value:
        row.need("value", "the smaller bound first", value, do)
    percent = number.unit == "%" or statistic in PERCENT_STATISTICS
    if percent and any(abs(part.value) > 100 for part in parts):
        row.need("value", "a percentage of at most 100", value, do)
    if statistic == "p" and not 0 <= parts[0].value <= 1:
        row.need("value", "a probability from 0 to 1", value, do)
    if statistic in COUNT_STATISTICS and (parts[0].decimals or parts[0].value < 0):
        row.need("value", "a whole number of at least 0", value, do)
