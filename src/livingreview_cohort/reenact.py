"""A study re-enacted: its pipeline on one table of patients or on many draws, beside the print."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from livingreview_cohort.choices import Pipeline
from livingreview_cohort.draw import draw
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.patients import Patients, Source
from livingreview_cohort.pipeline import Result, run
from livingreview_record import (
    INTERVAL_STATISTICS,
    Printed,
    Quantity,
    Reported,
    Study,
    mention,
)

LOW, HIGH = 0.025, 0.975
SLACK = 1e-9
DRAWS, SEED = 100, 1


@dataclass(frozen=True)
class Reenacted:
    """One result over all tables of patients, beside the number that the study prints of it.

    `values` has the median over the tables, or of each bound of an interval; `low` and `high` the
    range of 95 % of them (with one table, its value again).  Unreached times count as endless.
    `tables` is how many gave a value, `patients` how many it is about (the median over tables).
    `inside` says whether the printed number, anywhere in its rounding, lies in the range, for a
    percentage to within one patient; None where nothing is printed or nothing computed.
    """

    quantity: Quantity
    printed: Printed | None
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    tables: int
    patients: int
    inside: bool | None


@dataclass(frozen=True)
class Reenactment:
    """A study re-enacted on a number of tables of patients, real or synthetic."""

    study_id: str
    source: Source
    tables: int
    rows: tuple[Reenacted, ...]

    @property
    def is_synthetic(self) -> bool:
        """Whether it rests on synthetic patients, and has to say so wherever it is shown."""
        return self.source == "synthetic"

    def find(self, quantity: Quantity) -> Reenacted | None:
        """The row of a quantity, where there is one."""
        return next((row for row in self.rows if row.quantity == quantity), None)


def reenact_patients(
    patients: Patients, pipeline: Pipeline, study: Study, *, seed: int = 0
) -> Reenactment:
    """The pipeline on one table of patients; `seed` is that of a random order of matching."""
    found = [run(patients, pipeline, study, seed=seed)]
    return summarise(study, patients.source, found)


def reenact(
    study: Study,
    pipeline: Pipeline,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    executor: Executor | None = None,
) -> Reenactment:
    """The pipeline on `draws` synthetic cohorts, with the seeds from `seed` on; the same each time.

    `executor` is any `concurrent.futures` executor; this process computes where none is given.
    Raises `ValueError` where the printed numbers allow no cohort, or `draws` is below 1.
    """
    if draws < 1:
        msg = f"need at least one draw, found {draws}"
        raise ValueError(msg)
    one = partial(_run_draw, fit_study(study), pipeline)
    seeds = range(seed, seed + draws)
    runs = list(map(one, seeds) if executor is None else executor.map(one, seeds))
    return summarise(study, "synthetic", runs)


def _run_draw(fitted: FittedStudy, pipeline: Pipeline, seed: int) -> list[Result]:
    return run(draw(fitted, seed), pipeline, fitted.study, seed=seed)


def summarise(study: Study, source: Source, runs: Sequence[Iterable[Result]]) -> Reenactment:
    """All runs of a pipeline, result by result; in the order in which the study prints them."""
    found: dict[Quantity, list[Result]] = {}
    for results in runs:
        for result in results:
            found.setdefault(result.quantity, []).append(result)
    order = {quantity: number for number, quantity in enumerate(study.by_quantity)}
    quantities = sorted(found, key=lambda one: order.get(one, len(order)))
    rows = tuple(_row(study, quantity, found[quantity]) for quantity in quantities)
    return Reenactment(study.id, source, len(runs), rows)


def _row(study: Study, quantity: Quantity, results: list[Result]) -> Reenacted:
    printed = mention(study, quantity)
    table = np.array([result.values for result in results], dtype=float)
    patients = int(np.median([result.patients for result in results]))
    table = table[~np.isnan(table).any(axis=1)]
    if not len(table):
        nothing = (np.nan,) * len(results[0].values)
        return Reenacted(quantity, printed, nothing, nothing, nothing, 0, patients, None)
    middle, low, high = (_quantile(table, share) for share in (0.5, LOW, HIGH))
    one_patient = 100 / max(1, patients) if quantity.statistic in ("rate", "percent") else 0.0
    inside = None if printed is None else _inside(printed, low, high, one_patient + SLACK)
    return Reenacted(quantity, printed, middle, low, high, len(table), patients, inside)


def _quantile(table: np.ndarray, share: float) -> tuple[float, ...]:
    """Return a quantile of each column that is one of its values: endless ones have no mean."""
    at = round(share * (len(table) - 1))
    return tuple(float(value) for value in np.sort(table, axis=0)[at])


def _inside(printed: Printed, low: Sequence[float], high: Sequence[float], slack: float) -> bool:
    """Return whether each printed part, somewhere in its rounding, lies in the range."""
    return all(
        _meets(part, lower - slack, upper + slack)
        for part, lower, upper in zip(_parts(printed), low, high, strict=True)
    )


def _meets(part: Reported, lower: float, upper: float) -> bool:
    if part.exact is None:  # printed as not reached
        return upper == np.inf
    least, most = part.rounding_interval
    return least <= upper and most >= lower


def _parts(printed: Printed) -> tuple[Reported, ...]:
    if printed.quantity.statistic in INTERVAL_STATISTICS:
        return printed.interval.lower, printed.interval.upper
    return (printed.number,)
