"""A study re-enacted: its pipeline on one table of patients or on many draws, beside the print."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from livingreview_cohort.agreement import HIGH, LOW, Agreement, agreement, quantiles
from livingreview_cohort.choices import Pipeline
from livingreview_cohort.curves import Floats, KaplanMeier
from livingreview_cohort.draw import draw
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.patients import Patients, Source
from livingreview_cohort.pipeline import Result, run
from livingreview_record import Printed, Quantity, Study, mention

INTERVAL = "ci95"
DRAWS, SEED = 100, 1
ON_PAGES = 50  # sets of patients on a page; `livingreview reenact` draws as many as are asked for
GRID = np.arange(0.0, 60.5, 0.5)  # months at which curves are kept
Curves = dict[tuple[str, str], tuple[Floats, Floats]]  # rates and numbers at risk, on the grid


@dataclass(frozen=True)
class Reenacted:
    """One result over all tables of patients, beside the number that the study prints of it.

    `values` has the median over the tables, or of each bound of an interval; `low` and `high` the
    range of 95 % of them (with one table, its value again).  Unreached times count as endless.
    `mean` is over the tables too: of a choice that is made (1) or not (0), how often it is made.
    `tables` is how many gave a value, `patients` how many it is about (the median over tables).
    `agreement` says how the printed number, anywhere in its rounding, lies to the range; None where
    nothing is printed or nothing computed.
    """

    quantity: Quantity
    printed: Printed | None
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    mean: float
    tables: int
    patients: int
    agreement: Agreement | None


@dataclass(frozen=True, eq=False)
class Band:
    """The curves of one arm and outcome over all tables, at the months of `GRID`.

    `middle` is the median of the curves at each time, `low` and `high` the range of 95 % of them,
    `at_risk` the median number at risk.
    """

    outcome: str
    arm_id: str
    middle: Floats
    low: Floats
    high: Floats
    at_risk: Floats


@dataclass(frozen=True)
class Reenactment:
    """A study re-enacted on a number of tables of patients, real or synthetic."""

    study_id: str
    source: Source
    tables: int
    rows: tuple[Reenacted, ...]
    bands: tuple[Band, ...] = ()

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
    return summarise(study, patients.source, found, [_curves(patients)])


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
    one = partial(_run_draw, fit_for(study, pipeline), pipeline)
    seeds = range(seed, seed + draws)
    runs = list(map(one, seeds) if executor is None else executor.map(one, seeds))
    results, curves = zip(*runs, strict=True)
    return summarise(study, "synthetic", results, curves)


def curves_again(
    study: Study, pipeline: Pipeline, *, draws: int = DRAWS, seed: int = SEED
) -> tuple[Band, ...]:
    """Return the curves of `reenact` with these draws and this seed, without its analyses.

    Raises `ValueError` where the printed numbers allow no cohort.
    """
    fitted = fit_for(study, pipeline)
    return _bands([_curves(draw(fitted, one)) for one in range(seed, seed + draws)])


def fit_for(study: Study, pipeline: Pipeline) -> FittedStudy:
    """The study fitted for draws, with medians and follow-up read as its pipeline reads them."""
    survival = study.roles.overall_survival
    left_out = [one.before_months for one in pipeline.exclusions if one.outcome == survival]
    return fit_study(
        study,
        earliest=max(left_out, default=0.0),
        at_one_half=pipeline.median_at_one_half,
        observed=pipeline.followup == "observed-times",
    )


def _run_draw(fitted: FittedStudy, pipeline: Pipeline, seed: int) -> tuple[list[Result], Curves]:
    patients = draw(fitted, seed)
    return run(patients, pipeline, fitted.study, seed=seed), _curves(patients)


def _curves(patients: Patients) -> Curves:
    """The curve and numbers at risk of each arm and outcome, on the grid."""
    found: Curves = {}
    for outcome, times in patients.times.items():
        for arm in dict.fromkeys(patients.arm.tolist()):
            chosen = (patients.arm == arm) & ~np.isnan(times.time)
            curve = KaplanMeier(times.time[chosen], times.event[chosen])
            found[outcome, arm] = curve.rates(GRID), curve.at_risk(GRID)
    return found


def summarise(
    study: Study,
    source: Source,
    runs: Sequence[Iterable[Result]],
    curves: Sequence[Curves] = (),
) -> Reenactment:
    """All runs of a pipeline, result by result; in the order in which the study prints them."""
    found: dict[Quantity, list[Result]] = {}
    for results in runs:
        for result in results:
            found.setdefault(result.quantity, []).append(result)
    order = {quantity: number for number, quantity in enumerate(study.by_quantity)}
    quantities = sorted(found, key=lambda one: order.get(one, len(order)))
    rows = tuple(_row(study, quantity, found) for quantity in quantities)
    return Reenactment(study.id, source, len(runs), rows, _bands(curves))


def _bands(curves: Sequence[Curves]) -> tuple[Band, ...]:
    keys = curves[0] if curves else ()
    return tuple(_band(key, [one[key] for one in curves]) for key in keys)


def _band(key: tuple[str, str], curves: Sequence[tuple[Floats, Floats]]) -> Band:
    rates = np.array([rate for rate, _ in curves])
    low, middle, high = np.array([quantiles(one, (LOW, 0.5, HIGH)) for one in rates.T]).T
    return Band(*key, middle, low, high, np.median([count for _, count in curves], axis=0))


def _row(study: Study, quantity: Quantity, found: dict[Quantity, list[Result]]) -> Reenacted:
    printed, results = mention(study, quantity), found[quantity]
    table, patients = _values(results), int(np.median([result.patients for result in results]))
    if not len(table):
        nothing = (np.nan,) * len(results[0].values)
        return Reenacted(quantity, printed, nothing, nothing, nothing, np.nan, 0, patients, None)
    low, middle, high = zip(*(quantiles(one, (LOW, 0.5, HIGH)) for one in table.T), strict=True)
    beside = found.get(replace(quantity, statistic=INTERVAL))
    intervals = None if beside is None or quantity.statistic == INTERVAL else _values(beside)
    fits = None if printed is None else agreement(printed, table, intervals, patients)
    mean = float(table[:, 0].mean())
    return Reenacted(quantity, printed, middle, low, high, mean, len(table), patients, fits)


def _values(results: list[Result]) -> Floats:
    """One row a table; those without a finite estimate left out."""
    table = np.array([result.values for result in results], dtype=float)
    known: Floats = table[~np.isnan(table).any(axis=1)]
    return known
