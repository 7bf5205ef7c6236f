"""A study re-enacted: its pipeline on one table of patients or on many draws, beside the print."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from livingreview_cohort.choices import Pipeline
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


@dataclass(frozen=True)
class Reenacted:
    """One result over all tables of patients, beside the number that the study prints of it.

    `values` has the median over the tables, or of each bound of an interval; `low` and `high` the
    range of 95 % of them (with one table, its value again).  Unreached times count as endless.
    `tables` is how many gave a value; `inside` whether the printed number, anywhere in its
    rounding, lies in the range; None where nothing is printed or nothing computed.
    """

    quantity: Quantity
    printed: Printed | None
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    tables: int
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


def summarise(study: Study, source: Source, runs: Sequence[Iterable[Result]]) -> Reenactment:
    """All runs of a pipeline, result by result; in the order in which the study prints them."""
    found: dict[Quantity, list[tuple[float, ...]]] = {}
    for results in runs:
        for result in results:
            found.setdefault(result.quantity, []).append(result.values)
    order = {quantity: number for number, quantity in enumerate(study.by_quantity)}
    quantities = sorted(found, key=lambda one: order.get(one, len(order)))
    rows = tuple(_row(study, quantity, found[quantity]) for quantity in quantities)
    return Reenactment(study.id, source, len(runs), rows)


def _row(study: Study, quantity: Quantity, values: list[tuple[float, ...]]) -> Reenacted:
    printed = mention(study, quantity)
    table = np.array(values, dtype=float)
    table = table[~np.isnan(table).any(axis=1)]
    if not len(table):
        nothing = (np.nan,) * len(values[0])
        return Reenacted(quantity, printed, nothing, nothing, nothing, 0, None)
    middle, low, high = (_quantile(table, share) for share in (0.5, LOW, HIGH))
    inside = None if printed is None else _inside(printed, low, high)
    return Reenacted(quantity, printed, middle, low, high, len(table), inside)


def _quantile(table: np.ndarray, share: float) -> tuple[float, ...]:
    """Return a quantile of each column that is one of its values: endless ones have no mean."""
    at = round(share * (len(table) - 1))
    return tuple(float(value) for value in np.sort(table, axis=0)[at])


def _inside(printed: Printed, low: Sequence[float], high: Sequence[float]) -> bool:
    """Return whether each printed part, somewhere in its rounding, lies in the range."""
    return all(
        _meets(part, lower, upper)
        for part, lower, upper in zip(_parts(printed), low, high, strict=True)
    )


def _meets(part: Reported, lower: float, upper: float) -> bool:
    if part.exact is None:  # printed as not reached
        return upper == np.inf
    least, most = part.rounding_interval
    return least <= upper + SLACK and most >= lower - SLACK


def _parts(printed: Printed) -> tuple[Reported, ...]:
    if printed.quantity.statistic in INTERVAL_STATISTICS:
        return printed.interval.lower, printed.interval.upper
    return (printed.number,)
