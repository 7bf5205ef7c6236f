"""One study as tables: what its reports print, every number with its place.

Each table shows the printed texts of one section (see ``sections``).  No number is recomputed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livingreview.tables.sections import (
    ADJUSTMENT_WORDS,
    arm_label,
    comparison_label,
    level_label,
    numbers_in,
    slug_words,
    subgroup_label,
)
from livingreview.wording import as_printed, cell, listed, places, sentence
from livingreview_record import Printed, Study, months

WHERE = "Where printed"
LEVEL = "Level"
_PLAIN_UNITS = frozenset({"", "patients", "%", "ratio", "probability", "date"})
_METHOD_WORDS: Mapping[str, str] = {
    "chi2": "chi-squared test",
    "chi2-or-fisher": "chi-squared or Fisher's exact test",
    "cox": "Cox model",
    "fisher": "Fisher's exact test",
    "log-rank": "log-rank test",
    "t-or-mann-whitney": "t test or Mann-Whitney U test",
    "t-test": "t test",
    "wilcoxon": "Wilcoxon rank sum test",
}


@dataclass(frozen=True)
class _Layout:
    """How printed numbers become a table: names of the row headings, the row and the column."""

    headings: tuple[str, ...]
    row: Callable[[Printed], tuple[str, ...]]
    column: Callable[[Printed], str]


def _pivot(numbers: Sequence[Printed], columns: Sequence[str], layout: _Layout) -> pd.DataFrame:
    """One line a row, one cell for the printed numbers of a row and a column, and their places."""
    rows: dict[tuple[str, ...], dict[str, list[Printed]]] = {}
    for number in numbers:
        row = rows.setdefault(layout.row(number), {})
        row.setdefault(layout.column(number), []).append(number)
    used = [name for name in dict.fromkeys(columns) if any(name in row for row in rows.values())]
    lines = []
    for headings, row in rows.items():
        texts = {name: _cell(row.get(name, [])) for name in used}
        where = places(number for name in used for number in row.get(name, []))
        lines.append([*headings, *texts.values(), where])
    frame = pd.DataFrame(lines, columns=[*layout.headings, *used, WHERE])
    unused = [name for name in layout.headings if not frame[name].any()]
    return frame.drop(columns=unused)


def _cell(numbers: Sequence[Printed]) -> str:
    """The numbers of one cell; tests by different methods are told apart."""
    if not numbers or any(number.quantity.statistic != "p" for number in numbers):
        return cell(numbers)
    by_method: dict[str, list[Printed]] = {}
    for number in numbers:
        by_method.setdefault(number.quantity.method, []).append(number)
    texts = {method: as_printed(found) for method, found in by_method.items()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    words = {method: _METHOD_WORDS.get(method, "test not named") for method in texts}
    return "; ".join(f"{text} ({words[method]})" for method, text in texts.items())


def _unit(numbers: Sequence[Printed]) -> str:
    """The unit the numbers share, with a comma before it; empty for patients, percent and such."""
    units = {number.unit for number in numbers} - _PLAIN_UNITS
    return f", {units.pop()}" if len(units) == 1 else ""


def _outcome_label(study: Study, number: Printed) -> str:
    same = [other for other in study.numbers if other.quantity.outcome == number.quantity.outcome]
    return study.vocabulary(number.quantity.outcome).label + _unit(same)


def side_by_side(study: Study, name: str) -> pd.DataFrame:
    """A section with its outcomes and levels as rows, and every arm of every population beside.

    ``name`` is ``characteristics``, ``response``, ``safety``, ``other`` or ``flow``.
    """
    numbers = numbers_in(study, name)
    ordered = sorted(numbers, key=lambda number: column_order(study, number))
    layout = _Layout(
        ("Item", LEVEL),
        row=lambda n: (_outcome_label(study, n), _level(study, n)),
        column=lambda n: _column(study, n),
    )
    return _pivot(numbers, [layout.column(number) for number in ordered], layout)


def _level(study: Study, number: Printed) -> str:
    quantity = number.quantity
    parts = (
        level_label(study, quantity),
        subgroup_label(study, quantity.subgroup),
        quantity.timepoint,
    )
    return "; ".join(part for part in parts if part)


def column_order(study: Study, number: Printed) -> tuple[object, ...]:
    """Where the number's column stands: by population, arms before comparisons, as declared."""
    quantity = number.quantity
    arms = ["all", *study.arms, ""]
    comparisons = ["", *study.comparisons]
    return (
        [*study.populations].index(quantity.population),
        bool(quantity.comparison),
        arms.index(quantity.arm_id),
        comparisons.index(quantity.comparison),
    )


def _column(study: Study, number: Printed) -> str:
    parts = _population_and_arm(study, number)
    if number.quantity.comparison:
        several = len(study.comparisons) > 1
        parts.append("P value" + (f" ({comparison(study, number)})" if several else ""))
        return ": ".join(parts)
    size = _same_patients(study, number, outcome="participants", statistic="n")
    return ": ".join(parts) + (f" (n = {as_printed(size)})" if size else "")


def comparison(study: Study, number: Printed) -> str:
    """What the number compares, in words."""
    return comparison_label(study, number.quantity.comparison)


def _same_patients(study: Study, number: Printed, **changes: str) -> tuple[Printed, ...]:
    """The places that print another quantity of the number's patients."""
    fresh = {"category": "", "timepoint": "", "adjustment": "", "method": ""}
    wanted = replace(number.quantity, **(fresh | changes))
    return study.by_quantity.get(wanted, ())


def patients(study: Study, number: Printed) -> str:
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


def survival(study: Study) -> pd.DataFrame:
    """Times to an event by arm: events, medians and rates at fixed times, as printed."""
    return _long(study, "survival", ("Outcome", "Patients"), lambda n: (patients(study, n),))


def contrasts(study: Study) -> pd.DataFrame:
    """Comparisons of arms for times to an event: hazard ratios and p-values, as printed."""
    return _long(
        study,
        "contrasts",
        ("Outcome", "Patients", "Comparison", "Analysis"),
        lambda n: (
            patients(study, n) or "All patients",
            comparison(study, n),
            ADJUSTMENT_WORDS.get(n.quantity.adjustment, ""),
        ),
    )


def subgroups(study: Study) -> pd.DataFrame:
    """Every printed result of a part of the patients: medians, rates, ratios and p-values."""
    return _long(
        study,
        "subgroups",
        ("Outcome", "Subgroup", "Patients", "Analysis"),
        lambda n: (
            subgroup_label(study, n.quantity.subgroup),
            ": ".join(part for part in (patients(study, n), _arms_compared(study, n)) if part),
            ADJUSTMENT_WORDS.get(n.quantity.adjustment, ""),
        ),
    )


def _arms_compared(study: Study, number: Printed) -> str:
    return comparison(study, number) if number.quantity.comparison else ""


def prognosis(study: Study) -> pd.DataFrame:
    """Factors held against an outcome: hazard ratios and p-values, unadjusted and adjusted."""
    numbers = numbers_in(study, "prognosis")
    columns = [
        f"{words}: {what}"
        for words in ("Unadjusted", "Adjusted", "Not stated")
        for what in ("result", "P value")
    ]
    layout = _Layout(
        ("Outcome", "Patients", "Factor", "Contrast"),
        row=lambda n: (
            study.vocabulary(n.quantity.outcome).label,
            "; ".join(
                part
                for part in (patients(study, n), subgroup_label(study, n.quantity.subgroup))
                if part
            ),
            study.vocabulary(n.quantity.contrast[0]).label,
            comparison(study, n),
        ),
        column=lambda n: (
            f"{ADJUSTMENT_WORDS.get(n.quantity.adjustment, 'Not stated')}: "
            f"{'P value' if n.quantity.statistic == 'p' else 'result'}"
        ),
    )
    frame = _pivot(numbers, columns, layout)
    names = {name: name.replace("result", "hazard ratio") for name in frame.columns}
    return frame.rename(columns=names)


def _long(
    study: Study,
    name: str,
    headings: tuple[str, ...],
    row: Callable[[Printed], tuple[str, ...]],
) -> pd.DataFrame:
    """A section with one line a result; statistics are columns."""
    numbers = numbers_in(study, name)
    layout = _Layout(
        headings,
        row=lambda n: (_line_label(study, n), *row(n)),
        column=_statistic_column,
    )
    times = sorted({n.quantity.timepoint for n in numbers if n.quantity.timepoint}, key=months)
    columns = ["Patients counted", "Events", "Median, months", "Median", "Mean", "Percent"]
    differences = sorted({f"Difference, {n.unit}" for n in numbers})
    columns += [*times, "Hazard ratio", *differences, "Result", "P value"]
    return _pivot(numbers, columns, layout)


def _line_label(study: Study, number: Printed) -> str:
    """The outcome, with its level unless that level is the event itself."""
    level = number.quantity.category
    words = level_label(study, number.quantity)
    return study.vocabulary(number.quantity.outcome).label + (
        f": {words}" if words and level != "event" else ""
    )


def _statistic_column(number: Printed) -> str:
    quantity = number.quantity
    if quantity.timepoint:
        return quantity.timepoint
    if quantity.category == "event":
        return "Events"
    if quantity.statistic == "p":
        return "P value"
    if quantity.method == "cox" or quantity.statistic == "hr":
        return "Hazard ratio"
    if number.unit == "months" and quantity.statistic in ("median", "ci95"):
        return "Median, months"
    if quantity.statistic == "difference":
        return f"Difference, {number.unit}"
    names = {"n": "Patients counted", "percent": "Percent", "mean": "Mean", "median": "Median"}
    return names.get(quantity.statistic, "Result")


def design_numbers(study: Study) -> pd.DataFrame:
    """Numbers that describe the design: dates, doses, thresholds, durations, as printed."""
    layout = _Layout(
        ("Item", "Patients"),
        row=lambda n: (
            slug_words(n.quantity.category),
            patients(study, n) if n.quantity.population != "whole" else _arm(study, n),
        ),
        column=lambda n: f"As printed ({n.unit})",
    )
    numbers = numbers_in(study, "design")
    columns = list(dict.fromkeys(layout.column(number) for number in numbers))
    frame = _pivot(numbers, columns, layout)
    texts = [
        listed(
            f"{text} {_printed_unit(name)}".strip()
            for name, text in zip(columns, row, strict=True)
            if text
        )
        for row in frame[columns].itertuples(index=False)
    ]
    frame = frame.drop(columns=columns)
    frame.insert(len(frame.columns) - 1, "As printed", texts)
    return frame


def _printed_unit(column: str) -> str:
    unit = column.removeprefix("As printed (").removesuffix(")")
    return "" if unit == "date" else unit


def _arm(study: Study, number: Printed) -> str:
    return arm_label(study, number.quantity.arm_id)


def arms(study: Study, protocol: Mapping[str, Any]) -> pd.DataFrame:
    """The arms of a study: label, size in each population, class of treatment, regimen."""
    classes = protocol.get("treatment_classes", {})
    lines = []
    for arm in study.arms.values():
        sizes = {
            population.label: as_printed(found)
            for population in study.populations.values()
            if (
                found := study.find(
                    arm_id=arm.id,
                    population=population.id,
                    subgroup="",
                    outcome="participants",
                    statistic="n",
                )
            )
        }
        patients = "; ".join(f"{label}: {size}" for label, size in sizes.items())
        treatment = classes.get(arm.treatment_class, arm.treatment_class)
        lines.append([arm.label, patients, treatment, sentence(arm.regimen)])
    return pd.DataFrame(lines, columns=["Arm", "Participants", "Class of treatment", "Regimen"])


def notes(study: Study) -> pd.DataFrame:
    """What the extraction notes on single numbers: doubtful prints, tests that are not named."""
    lines = [
        [
            f"{study.vocabulary(number.quantity.outcome).label}: {number.value}",
            number.note,
            str(number.locator),
        ]
        for number in study.numbers
        if number.note
    ]
    return pd.DataFrame(lines, columns=["Number", "Note", WHERE])
