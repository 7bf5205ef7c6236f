"""Cox models of a study: one covariate, those of a printed model, and those a rule selects."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from livingreview_cohort.choices import Model
from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import Flags, curve_test
from livingreview_cohort.selected import NotComputableError, Selected
from livingreview_record import ALL_ARMS, Level, Quantity, contrast_of

UNADJUSTED, ADJUSTED = "unadjusted", "adjusted"


class Models:
    """Cox models of a table of patients, each fitted once."""

    def __init__(self, selected: Selected) -> None:
        self.selected = selected
        self._fitted: dict[tuple[Quantity, tuple[str, ...]], tuple[list[str], Cox]] = {}

    def values(self, quantity: Quantity) -> tuple[float, ...]:
        """The ratio, its interval or its p, as printed; not-a-number without a finite estimate.

        Raises `NotComputableError` where the table lacks a covariate.
        """
        names, model = self.fit(quantity)
        if quantity.comparison not in names:
            msg = f"need a coefficient of {quantity.comparison}, found those of {', '.join(names)}"
            raise NotComputableError(msg)
        at = names.index(quantity.comparison)
        if not model.converged:
            return (np.nan,) * (2 if quantity.statistic == "ci95" else 1)
        if quantity.statistic == "ci95":
            lower, upper = model.interval
            return float(np.exp(lower[at])), float(np.exp(upper[at]))
        if quantity.statistic == "hr":
            return (float(np.exp(model.beta[at])),)
        return (self._p(model, at),)

    def _p(self, model: Cox, at: int) -> float:
        kind = self.selected.pipeline.cox_p
        if model.beta.size > 1 or kind == "wald":
            return float(model.wald_p[at])
        return model.likelihood_ratio_p if kind == "likelihood-ratio" else model.score_p

    def fit(self, quantity: Quantity) -> tuple[list[str], Cox]:
        """The model behind a printed ratio: its one covariate, or all that are printed with it."""
        covariates: tuple[str, ...] = (quantity.comparison,)
        if quantity.adjustment == ADJUSTED:
            covariates = self._printed_with(quantity)
        return self.of(quantity, covariates)

    def of(self, quantity: Quantity, covariates: Sequence[str]) -> tuple[list[str], Cox]:
        """The model of the quantity's outcome and patients on these variables or comparisons."""
        variables = tuple(dict.fromkeys(contrast_of(one)[0] for one in covariates))
        key = (_patients_of(quantity), variables)
        if key not in self._fitted:
            self._fitted[key] = self._fit(quantity, variables)
        return self._fitted[key]

    def _fit(self, quantity: Quantity, variables: Sequence[str]) -> tuple[list[str], Cox]:
        selected = self.selected
        found = [selected.covariate(name) for name in variables]
        x = np.column_stack([columns for _, columns in found])
        chosen = selected.rows(quantity) & ~np.isnan(x).any(axis=1)
        chosen = chosen & _is_timed(selected, quantity.outcome)
        time, event = selected.time_and_event(quantity.outcome, chosen)
        names = [name for group, _ in found for name in group]
        return names, Cox(time, event, x[chosen], selected.pipeline.ties)

    def _printed_with(self, quantity: Quantity) -> tuple[str, ...]:
        same = _patients_of(quantity)
        return tuple(
            other.comparison
            for other in self.selected.study.by_quantity
            if other.statistic == "hr"
            and other.adjustment == ADJUSTED
            and _patients_of(other) == same
        )

    def screened(self, model: Model, outcome: str) -> dict[str, float]:
        """The p-value of each candidate of a model alone, by which the rule lets it in."""
        found: dict[str, float] = {}
        for name in model.candidates:
            quantity = Quantity(arm_id=model.arm, outcome=outcome, comparison=name)
            try:
                found[name] = self._screen(quantity)
            except NotComputableError:
                continue
        return found

    def _screen(self, quantity: Quantity) -> float:
        """The smallest p of the covariate's coefficients, or the log-rank p over its groups."""
        if self.selected.pipeline.screening_p == "log-rank":
            return self.curve_p(quantity)
        _, model = self.of(quantity, [quantity.comparison])
        if not model.covariates.shape[1] or not model.converged:
            return float("nan")
        return min(self._p(model, at) for at in range(model.beta.size))

    def curve_p(self, quantity: Quantity) -> float:
        """The p-value of the test between the curves of the groups that are compared."""
        selected = self.selected
        groups = selected.groups(quantity.comparison)
        chosen = selected.rows(quantity) & (groups != "")
        chosen = chosen & _is_timed(selected, quantity.outcome)
        time, event = selected.time_and_event(quantity.outcome, chosen)
        return curve_test(time, event, groups[chosen], weight=selected.pipeline.curve_test).p

    def interaction_p(self, quantity: Quantity, variable: str) -> float:
        """Whether the ratio of a comparison of arms differs between levels: Wald, all terms."""
        selected = self.selected
        _, arm = selected.covariate(quantity.comparison)
        names, levels = selected.covariate(variable)
        x = np.column_stack([arm, levels, arm * levels])
        chosen = selected.rows(quantity) & ~np.isnan(x).any(axis=1)
        time, event = selected.time_and_event(quantity.outcome, chosen)
        model = Cox(time, event, x[chosen], selected.pipeline.ties)
        if not model.converged:
            return float("nan")
        terms, part = model.beta[-len(names) :], model.covariance[-len(names) :, -len(names) :]
        return float(special.chdtrc(len(names), terms @ np.linalg.solve(part, terms)))

    def levels(self, variable: str) -> Iterator[Level]:
        """The levels of a variable, as subgroups."""
        for level in self.selected.study.variables[variable].levels:
            yield Level(variable, level)


def _is_timed(selected: Selected, outcome: str) -> Flags:
    if outcome in selected.patients.times:
        return ~np.isnan(selected.patients.times[outcome].time)
    return np.asarray(~np.isnan(selected.column(outcome, f"times of {outcome} of each patient")))


def _patients_of(quantity: Quantity) -> Quantity:
    """The outcome and the patients of a quantity, and nothing else of its identity."""
    arm = "" if quantity.arm_id == ALL_ARMS else quantity.arm_id
    return Quantity(arm, quantity.population, quantity.subgroup, quantity.outcome)
