"""The file of patients: one row a patient, read with every fault noted, written as one step.

Columns: `study_id`, `source` (`synthetic` or `patient-level`), `arm`; one for each variable of
`study.yaml`, by its id; best response, by the id of its outcome; and for overall and
progression-free survival the months (`<outcome>_time`) and whether the event was seen
(`<outcome>_event`, 1 or 0).  Any other categorical, binary or adverse-event outcome, and any other
time to an event, may have its column or pair of columns.  An empty cell of a variable or outcome is
not known, or does not apply.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import numpy as np

from livingreview_cohort.patients import (
    Floats,
    Patients,
    Source,
    Texts,
    TimeToEvent,
    response_outcome,
    survival_outcomes,
)
from livingreview_record import (
    Collector,
    DataProblemsError,
    Outcome,
    Problem,
    Study,
    csv_text,
    read_rows,
    read_text,
    write_whole,
)

FIRST = ("study_id", "source", "arm")
TIME, EVENT = "_time", "_event"
Rows = list[tuple[int, dict[str, str]]]


def read_patients(path: Path | str, study: Study) -> Patients:
    """The patients of a file in this layout, for the study as it is declared.

    Raises `DataProblemsError`, which lists every problem of the file with its row: a missing
    column, an unknown arm or level, a time that is negative or no number, an event that is not 0 or
    1, progression after death.
    """
    path, problems = Path(path), list[Problem]()
    rows = read_rows(path, _columns_of(path, study), problems)
    for line, cells in rows:
        _check(Collector(f"{path} row {line}", problems), cells, study)
    if problems:
        raise DataProblemsError(problems)
    return _patients(study, [cells for _, cells in rows])


def write_patients(patients: Patients, path: Path | str) -> None:
    """Write the table in the layout that `read_patients` reads; numbers keep all their digits.

    Raises `OSError`, with the file's name, where it cannot be written.
    """
    write_whole(Path(path), patients_as_csv(patients))


def patients_as_csv(patients: Patients) -> str:
    """The text of the file: `source` stands in each row, so that no copy of a row loses it."""
    columns: dict[str, Iterable[str]] = {
        "study_id": [patients.study_id] * patients.n,
        "source": [patients.source] * patients.n,
        "arm": patients.arm,
    }
    for name, column in {**patients.variables, **patients.outcomes}.items():
        columns[name] = map(_cell, column.tolist())
    for name, times in patients.times.items():
        columns[name + TIME] = map(_cell, times.time.tolist())
        applies = ~np.isnan(times.time)
        columns[name + EVENT] = np.where(applies, times.event.astype(int).astype(str), "")
    return csv_text(columns, zip(*columns.values(), strict=True))


def _cell(value: str | float) -> str:
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def required_columns(study: Study) -> tuple[str, ...]:
    """The columns that a file of this study's patients must have, in the order of the layout."""
    response = response_outcome(study)
    times = (one + end for one in survival_outcomes(study) for end in (TIME, EVENT))
    return (*FIRST, *study.variables, *([response] if response else ()), *times)


def _columns_of(path: Path, study: Study) -> tuple[str, ...]:
    """The required columns, and those that this file has of the others that it may have."""
    header = next(csv.reader(io.StringIO(read_text(path, []), newline="")), [])
    pairs = {one: (one + TIME, one + EVENT) for one in _of_kind(study, "time-to-event")}
    single = _of_kind(study, "categorical", "binary", "adverse-event")
    may_be = [(name,) for name in single] + [pair for pair in pairs.values()]
    found = [name for names in may_be if set(names) & set(header) for name in names]
    return tuple(dict.fromkeys((*required_columns(study), *found)))


def _of_kind(study: Study, *kinds: str) -> list[str]:
    return [id_ for id_, outcome in study.outcomes.items() if outcome.kind in kinds]


def allowed_levels(outcome: Outcome) -> tuple[str, ...]:
    """What a cell of a variable or outcome may say, apart from nothing."""
    if outcome.kind == "adverse-event":
        return ("no", "yes", *outcome.levels)
    if outcome.kind == "binary" and not outcome.levels:
        return ("no", "yes")
    return tuple(outcome.levels)


def _check(row: Collector, cells: Mapping[str, str], study: Study) -> None:
    """Add a problem for every cell of a row that cannot be so."""
    row.one_of("column study_id", cells["study_id"], [study.id], "correct it, or name its study")
    row.one_of("column source", cells["source"], get_args(Source), "correct it")
    row.one_of("column arm", cells["arm"], study.arms, "correct it, or declare it in study.yaml")
    for name, cell in cells.items():
        if name in study.variables or name in study.outcomes:
            _check_level(row, name, cell, study)
    survival = survival_outcomes(study)
    for outcome in study.outcomes:
        if outcome + TIME in cells:
            _check_time(row, outcome, cells, must_be=outcome in survival)
    _check_order(row, cells, survival)


def _check_level(row: Collector, name: str, cell: str, study: Study) -> None:
    """Add a problem for what cannot be a level or a number; nothing is not known."""
    outcome = study.vocabulary(name)
    if not cell:
        return
    if outcome.kind == "continuous":
        if not math.isfinite(_number(cell)):
            row.cell(name, f"a number ({outcome.unit or 'no unit'})", cell, "correct it")
    else:
        row.one_of(f"column {name}", cell, allowed_levels(outcome), "correct it")


def _check_time(row: Collector, outcome: str, cells: Mapping[str, str], *, must_be: bool) -> None:
    time, event = cells[outcome + TIME], cells[outcome + EVENT]
    if not (time or event or must_be):
        return
    months = _number(time)
    if not (math.isfinite(months) and months >= 0):
        row.cell(outcome + TIME, "a number of months of at least 0", time, "correct it")
    if event not in ("0", "1"):
        row.cell(outcome + EVENT, "1 (seen) or 0 (censored)", event, "correct it")


def _check_order(row: Collector, cells: Mapping[str, str], survival: tuple[str, ...]) -> None:
    """Progression-free survival cannot last longer than survival."""
    if len(survival) != 2:
        return
    death, progression = (name + TIME for name in survival)
    if _number(cells[progression]) > _number(cells[death]):
        needed = f"at most {cells[death]}, the {death} of this patient"
        row.cell(progression, needed, cells[progression], "correct the one that is wrong")


def _number(cell: str) -> float:
    """The number, or not-a-number for a text that is none."""
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _patients(study: Study, rows: list[dict[str, str]]) -> Patients:
    def texts(name: str) -> Texts:
        return np.array([row[name] for row in rows], dtype=np.str_)

    def floats(name: str) -> Floats:
        return np.array([_number(row[name]) for row in rows], dtype=np.float64)

    def is_continuous(name: str) -> bool:
        return study.vocabulary(name).kind == "continuous"

    timed = [name for name in study.outcomes if name + TIME in rows[0]]
    is_real = all(row["source"] == "patient-level" for row in rows)
    source: Source = "patient-level" if is_real else "synthetic"
    return Patients(
        study.id,
        source,
        texts("arm"),
        {name: floats(name) if is_continuous(name) else texts(name) for name in study.variables},
        {name: texts(name) for name in study.outcomes if name in rows[0]},
        {name: TimeToEvent(floats(name + TIME), texts(name + EVENT) == "1") for name in timed},
    )
