"""What if the caliper of a matching is read in another way: pairs, and how alike they are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.answer import DRAWS, HIGH, LOW, WhatIf, pair_of, series_of
from livingreview_cohort.choices import Matching, Pipeline, Question
from livingreview_cohort.draw import draw
from livingreview_cohort.fit import FittedStudy
from livingreview_cohort.matching import Scale, Unit, standardised_difference
from livingreview_cohort.patients import Patients, Texts
from livingreview_cohort.selected import Selected
from livingreview_record import Quantity, Study, mention

READINGS: tuple[tuple[Unit, Scale], ...] = (
    ("raw", "probability"),
    ("sd", "probability"),
    ("sd", "logit"),
)


def caliper_readings(fitted: FittedStudy, pipeline: Pipeline, question: Question) -> WhatIf:
    """How many pairs, and how well balanced, each reading of the printed caliper gives."""
    study, matching = fitted.study, pipeline.matching
    if matching is None:
        msg = f"{study.id}: what_if caliper-readings needs matching in pipeline.yaml"
        raise ValueError(msg)
    first, second = pair_of(study)
    pairs, worse = (np.full((DRAWS, len(READINGS)), np.nan) for _ in range(2))
    for seed in range(DRAWS):
        patients = draw(fitted, seed)
        selected = Selected(patients, pipeline, study)
        for place, (unit, scale) in enumerate(READINGS):
            found = selected.matched(replace(matching, unit=unit, scale=scale))
            pairs[seed, place] = len(found.treated)
            rows = np.concatenate(found)
            worse[seed, place] = _less_alike(patients, rows, first, matching.covariates)
    printed = mention(
        study, Quantity(first, matching.population, outcome="participants", statistic="n")
    )
    less = np.quantile(worse[:, 0], (LOW, HIGH))
    shown_less = _printed_less_alike(study, first, second, matching)
    of_print = "" if shown_less is None else f", of the printed table {shown_less}"
    ranges = [f"{a:.0f} to {b:.0f}" for a, b in np.quantile(pairs, (LOW, HIGH), axis=0).T]
    shown = f"; the paper prints {printed.value}" if printed else ""
    return WhatIf(
        kind="caliper-readings",
        title="What the caliper is measured in",
        sentence=(
            f"With the caliper of {matching.caliper:g} read as a difference of probabilities, the "
            f"draws give {ranges[0]} pairs, in standard deviations of the probability {ranges[1]}, "
            f"in standard deviations of its logit {ranges[2]}{shown}. Matching on the score, by "
            f"the first reading, made {less[0]:.0f} to {less[1]:.0f} of {len(matching.covariates)} "
            f"characteristics less alike in the draws{of_print}."
        ),
        assumed=(
            "the score holds the characteristics of the table, which the paper does not say",
            "characteristics have no links with each other beyond those that are printed",
        ),
        x_label="",
        y_label="Matched pairs",
        series=(series_of("drawn patients", range(len(READINGS)), pairs),),
        printed=printed.number.value if printed else None,
        printed_label="printed",
        digits=0,
        ticks=("probability", "standard deviations of the probability", "of its logit"),
    )


def _printed_less_alike(study: Study, first: str, second: str, matching: Matching) -> int | None:
    """How many differ more after matching, by the printed counts; None where one has none."""
    worse = 0
    for name in matching.covariates:
        sizes = []
        for population in ("whole", matching.population):
            columns = [_printed_column(study, arm, population, name) for arm in (first, second)]
            own = np.repeat([True, False], [column.size for column in columns])
            if not min(column.size for column in columns):
                return None
            sizes.append(abs(standardised_difference(np.concatenate(columns), own)))
        worse += sizes[1] > sizes[0] + 1e-9
    return worse


def _printed_column(study: Study, arm: str, population: str, name: str) -> Texts:
    """A level for each patient, by the printed counts; empty where one is not printed."""
    found: list[str] = []
    for level in study.variables[name].levels:
        place = mention(study, Quantity(arm, population, "", name, level, statistic="n"))
        if place is None:
            return np.array([], dtype=np.str_)
        found += [level] * int(place.number.value)
    return np.array(found, dtype=np.str_)


def _less_alike(
    patients: Patients, rows: NDArray[np.int_], first: str, covariates: Sequence[str]
) -> int:
    """How many characteristics differ more between the arms after matching than before."""
    own = patients.arm == first
    worse = 0
    for name in covariates:
        column = patients.column(name)
        before, after = (
            abs(standardised_difference(column[chosen], own[chosen]))
            for chosen in (np.arange(patients.n), rows)
        )
        worse += after > before + 1e-9
    return worse
