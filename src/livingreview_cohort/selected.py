"""Which patients a printed number is about, and the columns that its analysis needs of them."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.choices import TREND, Matching, Pipeline
from livingreview_cohort.curves import Flags, Floats
from livingreview_cohort.matching import Pairs, caliper_width, match, propensity_score
from livingreview_cohort.patients import Patients
from livingreview_record import Level, Outcome, Quantity, Study, contrast_of, level_of

PARTICIPANTS, EVENT, YES_NO = "participants", "event", ("yes", "no")


class NotComputableError(ValueError):
    """The table of patients does not hold what a result needs; the message says what."""


class Selected:
    """A table of patients as a pipeline sees it: populations, groups, levels, covariates.

    `seed` is that of a random order of matching.
    """

    def __init__(self, patients: Patients, pipeline: Pipeline, study: Study, seed: int = 0) -> None:
        self.study, self.pipeline, self.seed = study, pipeline, seed
        self.patients = patients.of(_kept(patients, pipeline))
        self._rows: dict[tuple[str, str, str], Flags] = {}
        self._has: dict[Level, Flags] = {}

    @cached_property
    def everyone(self) -> Flags:
        """All patients of the table, but those left out."""
        return np.ones(self.patients.n, dtype=bool)

    def rows(self, quantity: Quantity) -> Flags:
        """The patients that a printed number is about."""
        key = (quantity.population, quantity.arm_id, quantity.subgroup)
        if key not in self._rows:
            chosen = self.population(quantity.population)
            if quantity.arm_id in self.study.arms:
                chosen = chosen & (self.patients.arm == quantity.arm_id)
            for level in quantity.strata:
                chosen = chosen & self.has(level)
            self._rows[key] = chosen
        return self._rows[key]

    def population(self, name: str) -> Flags:
        """The patients of a population of `study.yaml`.

        Raises `NotComputableError` for one within another that neither its members nor the
        pipeline's matching tells: who is in it is not known.
        """
        matching = self.pipeline.matching
        if matching is not None and name == matching.population:
            chosen = np.zeros(self.patients.n, dtype=bool)
            chosen[np.concatenate(self.pairs)] = True
            return chosen
        population = self.study.populations[name]
        if population.members:
            return self._any(map(level_of, population.members))
        if name in self.patients.populations:
            return self.patients.populations[name]
        if population.within:
            msg = f"need to know who is in the population {name}, found nothing that tells"
            raise NotComputableError(msg)
        return self.everyone

    @cached_property
    def pairs(self) -> Pairs:
        """The matched pairs, by the pipeline's own choices."""
        if self.pipeline.matching is None:
            msg = "need a matching in pipeline.yaml, found none"
            raise NotComputableError(msg)
        return self.matched(self.pipeline.matching)

    def matched(self, matching: Matching) -> Pairs:
        """The pairs by these choices; the experimental arm of the first comparison is treated."""
        comparison = next(iter(self.study.comparisons.values()))
        treated = self.patients.arm == comparison.experimental
        covariates = [self.covariate(name)[1] for name in matching.covariates]
        try:
            score = propensity_score(np.column_stack(covariates), treated, matching.scale)
        except ValueError as error:
            raise NotComputableError(str(error)) from error
        width = caliper_width(score, matching.caliper, matching.unit)
        return match(score, treated, width=width, order=matching.order, seed=self.seed)

    def has(self, level: Level) -> Flags:
        """Which patients have this level of a variable or outcome; any of it where none is named.

        Raises `NotComputableError` where the table does not hold it.
        """
        if level not in self._has:
            self._has[level] = self._find(level)
        return self._has[level]

    def _find(self, level: Level) -> Flags:
        outcome = self.study.vocabulary(level.variable)
        if outcome.kind == "time-to-event" and level.level == EVENT and outcome.id in self.times:
            return self.patients.times[outcome.id].event
        if outcome.id in self.patients.variables or outcome.id in self.patients.outcomes:
            return self._in_column(outcome, level.level)
        if level.level in outcome.level_sum_of:
            return self._any(map(level_of, outcome.level_sum_of[level.level]))
        if outcome.sum_of and not level.level:
            return self._any(
                Level(name, part) for name, parts in outcome.sum_of.items() for part in parts
            )
        if outcome.id == PARTICIPANTS:
            return self.everyone
        msg = f"need {level} of each patient, found no such column in the table"
        raise NotComputableError(msg)

    def _in_column(self, outcome: Outcome, level: str) -> Flags:
        column = self.patients.column(outcome.id)
        if level:
            return np.asarray(column == level)
        if outcome.kind in ("binary", "adverse-event"):
            return np.asarray((column != "no") & (column != ""))
        return np.asarray(column != "")

    def _any(self, levels: Iterable[Level]) -> Flags:
        found = [self.has(level) for level in levels]
        return np.asarray(np.logical_or.reduce(found))

    @property
    def times(self) -> Iterable[str]:
        """The outcomes of which the table has times."""
        return self.patients.times

    def time_and_event(self, outcome: str, chosen: Flags) -> tuple[Floats, Flags]:
        """Times in months with their events; of a continuous time, as if every event were seen."""
        if outcome in self.patients.times:
            times = self.patients.times[outcome]
            known = chosen & ~np.isnan(times.time)
            return times.time[known], times.event[known]
        values = self.numbers(outcome, chosen)
        return values, np.ones(values.size, dtype=bool)

    def numbers(self, outcome: str, chosen: Flags) -> Floats:
        """The known values of a continuous variable."""
        values = self.column(outcome, f"{outcome} of each patient as a number")[chosen]
        return values[~np.isnan(values)]

    def column(self, name: str, needed: str) -> Floats:
        """The numbers of every patient under a name; `NotComputableError` says what is needed."""
        column = self.patients.variables.get(name)
        if column is None or column.dtype.kind != "f":
            msg = f"need {needed}, found no such column in the table"
            raise NotComputableError(msg)
        values: Floats = column.astype(np.float64)
        return values

    def groups(self, comparison: str) -> NDArray[np.str_]:
        """The group of each patient that a comparison tells apart; empty for those of none."""
        name, _ = contrast_of(comparison)
        if name in self.study.comparisons:
            arms = self.study.comparisons[name]
            inside = np.isin(self.patients.arm, (arms.experimental, arms.control))
            return np.where(inside, self.patients.arm, "")
        outcome = self.study.vocabulary(name)
        found = np.full(self.patients.n, "", dtype=object)
        for level in outcome.levels or YES_NO:
            found[self.has(Level(name, level))] = level
        return found.astype(np.str_)

    def covariate(self, comparison: str) -> tuple[list[str], Floats]:
        """The columns of a Cox or logistic model for a variable or comparison, with their names.

        A column is named as `reported.csv` names its ratio; not-a-number is not known.
        """
        name, _ = contrast_of(comparison)
        if name in self.study.comparisons:
            groups, arms = self.groups(name), self.study.comparisons[name]
            flags = np.where(groups == "", np.nan, (groups == arms.experimental).astype(float))
            return [name], flags[:, None]
        if self.study.variables[name].kind == "continuous":
            if name not in self.patients.variables:
                msg = f"need {name} of each patient, found no such column"
                raise NotComputableError(msg)
            return [name], self.patients.variables[name].astype(float)[:, None]
        return self._levels(name)

    def _levels(self, name: str) -> tuple[list[str], Floats]:
        groups, levels = self.groups(name), list(self.study.variables[name].levels or YES_NO)
        reference = self.reference(name)
        unknown = groups == ""
        if reference == TREND:
            steps = np.array([levels.index(one) if one else -1 for one in groups.tolist()])
            return [name], np.where(unknown, np.nan, steps.astype(float))[:, None]
        others = [level for level in levels if level != reference and (groups == level).any()]
        columns = [np.where(unknown, np.nan, (groups == level).astype(float)) for level in others]
        if len(levels) == 2 and not self._names_levels(name):
            return [name], columns[0][:, None] if columns else np.zeros((self.patients.n, 0))
        names = [f"{name}:{level}/{reference}" for level in others]
        return names, np.array(columns).T.reshape(self.patients.n, len(others))

    def _names_levels(self, name: str) -> bool:
        return name in self._printed_references

    def reference(self, name: str) -> str:
        """The level that ratios of a variable are held against: printed, assumed, or the last."""
        printed = self._printed_references.get(name)
        levels = list(self.study.variables[name].levels or YES_NO)
        return printed or self.pipeline.references.get(name, levels[-1])

    @cached_property
    def _printed_references(self) -> dict[str, str]:
        contrasts = (quantity.contrast for quantity in self.study.by_quantity)
        return {name: levels[1] for name, levels in contrasts if len(levels) == 2}


def _kept(patients: Patients, pipeline: Pipeline) -> Flags:
    """Patients that no exclusion of the pipeline leaves out."""
    kept = np.ones(patients.n, dtype=bool)
    for exclusion in pipeline.exclusions:
        times = patients.times.get(exclusion.outcome)
        if times is not None:
            kept &= ~(times.event & (times.time < exclusion.before_months))
    return kept
