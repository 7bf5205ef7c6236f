"""Synthetic patients who agree with what a study prints.

Counts are met exactly (`counts`); medians, rates and hazard ratios as nearly as can be
(`drawn_times`).  Nobody is real: a draw is one of many sets of patients that the printed numbers
allow.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.continuous import by_group, numeric_levels, values
from livingreview_cohort.drawn_times import DIGITS, duration, has_curves, progression, survival
from livingreview_cohort.event_times import Times
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.margins import ARM, MEMBER, UNKNOWN, YES
from livingreview_cohort.patients import Patients, Texts, TimeToEvent
from livingreview_record import ALL_ARMS, Study

Floats = NDArray[np.float64]
Rows = NDArray[np.int_]


def draw_cohort(study: Study, seed: int) -> Patients:
    """One set of synthetic patients of a study; `draw` of `fit_study` is quicker for many.

    Raises `ValueError` where the printed numbers allow none, with their places.
    """
    return draw(fit_study(study), seed)


def draw(fitted: FittedStudy, seed: int) -> Patients:
    """The set of patients that a seed gives, the same on every machine and Python."""
    rng = np.random.Generator(np.random.PCG64(seed))
    patients = _patients(fitted, _columns(fitted, rng), rng)
    roles, times = fitted.study.roles, dict[str, Times]()
    if has_curves(fitted, roles.overall_survival):
        times[roles.overall_survival] = survival(fitted, patients, rng)
        if has_curves(fitted, roles.progression_free_survival):
            found = progression(fitted, patients, times[roles.overall_survival], rng)
            times[roles.progression_free_survival] = found
            if roles.duration_of_response in fitted.study.outcomes:
                times[roles.duration_of_response] = duration(fitted, patients, found, rng)
    shown = {
        name: TimeToEvent(np.round(found.time, DIGITS), found.event)
        for name, found in times.items()
    }
    return Patients(
        patients.study_id,
        "synthetic",
        patients.arm,
        patients.variables,
        patients.outcomes,
        shown,
        patients.populations,
    )


def _columns(fitted: FittedStudy, rng: np.random.Generator) -> dict[str, Texts]:
    """A value of each factor for each patient: within each cell of a table, dealt out by chance."""
    counts = fitted.counts
    n = int(counts.table(ARM)[1].sum())
    codes: dict[str, Rows] = {}
    found: dict[str, Texts] = {}
    for table in counts.cells.tables:
        own = counts.count[table.start : table.start + table.size].reshape(-1, table.shape[-1])
        place = np.zeros(n, dtype=np.int_)
        for name, length in zip(table.names[:-1], table.shape[:-1], strict=True):
            place = place * length + codes[name]
        order = np.lexsort((rng.random(n), place)) if table.names[:-1] else np.arange(n)
        dealt = np.repeat(np.tile(np.arange(own.shape[1]), own.shape[0]), own.ravel())
        name = table.names[-1]
        codes[name] = np.empty(n, dtype=np.int_)
        codes[name][order] = dealt
        found[name] = np.array(table.values[-1], dtype=np.str_)[codes[name]]
    return found


def _patients(
    fitted: FittedStudy, columns: Mapping[str, Texts], rng: np.random.Generator
) -> Patients:
    """Arm, variables and outcomes; no times yet."""
    study, arm = fitted.study, columns[ARM]
    variables: dict[str, Texts | Floats] = {
        name: columns.get(name, np.full(arm.size, UNKNOWN, dtype=np.str_))
        for name in study.variables
    }
    for name, variable in study.variables.items():
        if variable.kind == "continuous":
            variables[name] = _numbers(fitted, name, columns, rng)
    for name, cut in fitted.cuts.items():
        if name not in columns:
            variables[name] = _grouped(fitted, name, variables[cut.of])
    outcomes = {name: columns[name] for name in study.outcomes if name in columns}
    for name, outcome in study.outcomes.items():
        ((of, levels),) = outcome.sum_of.items() if len(outcome.sum_of) == 1 else (("", ()),)
        if of in columns:
            outcomes[name] = np.where(np.isin(columns[of], list(levels)), "yes", "no")
    members = {
        name.removeprefix(MEMBER): column == YES
        for name, column in columns.items()
        if name.startswith(MEMBER)
    }
    return Patients(study.id, "synthetic", arm, variables, outcomes, {}, members)


def _numbers(
    fitted: FittedStudy, name: str, columns: Mapping[str, Texts], rng: np.random.Generator
) -> Floats:
    """A continuous variable, arm by arm where it is printed so, in agreement with its groups."""
    arm, found = columns[ARM], np.full(columns[ARM].size, np.nan)
    group = next((g for g, cut in fitted.cuts.items() if cut.of == name and g in columns), "")
    described = [one for variable, one in fitted.numbers if variable == name]
    apart = [one for one in described if one != ALL_ARMS]
    for one in apart or described:
        rows = np.flatnonzero((arm == one) | (one == ALL_ARMS))
        normal, order = np.sort(rng.standard_normal(rows.size)), rng.permutation(rows.size)
        said, cut = fitted.numbers[name, one], fitted.cuts.get(group)
        if cut is None:
            found[rows] = values(said, None, None, normal)[order]
            continue
        is_below = columns[group][rows] == cut.below
        dealt = values(said, int(is_below.sum()), cut, normal)
        found[rows] = by_group(dealt, is_below, order)
    return np.round(found, DIGITS)


def _grouped(fitted: FittedStudy, name: str, whole: Texts | Floats) -> Texts:
    """A variable without printed counts, which is another one in groups."""
    cut = fitted.cuts[name]
    named = numeric_levels(fitted.study.variables[cut.of])
    numbers = np.array([named.get(str(v), np.nan) if named else v for v in whole], dtype=float)
    found = np.where(cut.is_below(numbers), cut.below, cut.above)
    return np.where(np.isnan(numbers), UNKNOWN, found).astype(np.str_)
