"""A study's pipeline run on patients: every result under the identity by which it is printed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from livingreview_audit import PROPORTION_INTERVALS, count_p
from livingreview_cohort.choices import Pipeline
from livingreview_cohort.curves import KaplanMeier, reverse
from livingreview_cohort.matching import standardised_difference
from livingreview_cohort.models import UNADJUSTED, Models
from livingreview_cohort.patients import Patients
from livingreview_cohort.selected import NotComputableError, Selected
from livingreview_record import INTERVAL_STATISTICS, Level, Quantity, Study, level_of, months

COX, INTERACTION, SELECTED = "cox", "interaction", "selected"
STANDARDISED, PROPORTIONAL = "standardised", "proportional-hazards"
COUNT_TESTS = {
    "pearson": "Pearson's chi-squared",
    "yates": "chi-squared with Yates's correction",
    "fisher": "Fisher's exact",
}
SHARE_INTERVALS = {
    "wald": PROPORTION_INTERVALS["Wald"],
    "wilson": PROPORTION_INTERVALS["Wilson"],
    "clopper-pearson": PROPORTION_INTERVALS["Clopper-Pearson"],
}
FEW = 5.0  # an expected count below this calls for Fisher's test, where the pipeline says so


@dataclass(frozen=True)
class Result:
    """One result: which quantity it is, and its value, or both bounds of an interval.

    On the scale and in the unit in which papers print it (percent, months, ratio); endless for a
    time that is not reached, not-a-number without a finite estimate.  `patients` is how many it is
    about.
    """

    quantity: Quantity
    values: tuple[float, ...]
    patients: int = 0


def run(patients: Patients, pipeline: Pipeline, study: Study, *, seed: int = 0) -> list[Result]:
    """Every result of the pipeline on these patients that the study prints, then those it implies.

    Each has the identity by which `reported.csv` knows the printed one.  Beyond what is printed:
    every level of the subgroups with a test of interaction, the rule's choice of covariates, the
    balance of covariates, and tests of proportional hazards.  What the table cannot give is left
    out.
    """
    analyses = Analyses(Selected(patients, pipeline, study, seed))
    printed = [q for q in study.by_quantity if q.statistic in STATISTICS]
    further = [q for q in analyses.further() if q not in study.by_quantity]
    found = []
    for quantity in dict.fromkeys([*printed, *further]):
        try:
            values = analyses.values(quantity)
            count = int(analyses.selected.rows(quantity).sum())
        except NotComputableError:
            continue
        found.append(Result(quantity, values, count))
    return found


class Analyses:
    """Every analysis that a quantity can ask for, on one table of patients."""

    def __init__(self, selected: Selected) -> None:
        self.selected, self.study = selected, selected.study
        self.pipeline, self.models = selected.pipeline, Models(selected)
        self._screened: dict[tuple[str, str], Mapping[str, float]] = {}

    def values(self, quantity: Quantity) -> tuple[float, ...]:
        """The value of a quantity, or both bounds; `NotComputableError` says what is missing."""
        if quantity.method in SPECIAL:
            return (SPECIAL[quantity.method](self, quantity),)
        if quantity.method == COX:
            return self.models.values(quantity)
        if quantity.comparison:
            return (self._compared(quantity),)
        outcome = self.study.vocabulary(quantity.outcome)
        if outcome.kind == "time-to-event" and quantity.statistic not in ("n", "percent"):
            return self._curve(quantity)
        if outcome.kind == "duration":
            return self._followup(quantity)
        if outcome.kind == "continuous":
            return self._numbers(quantity)
        return self._counts(quantity)

    # counts

    def _counts(self, quantity: Quantity) -> tuple[float, ...]:
        selected = self.selected
        chosen = selected.rows(quantity)
        outcome = self.study.vocabulary(quantity.outcome)
        have = int((chosen & selected.has(Level(quantity.outcome, quantity.category))).sum())
        if quantity.statistic == "n":
            return (float(have),)
        if outcome.within and outcome.denominator == "within":
            chosen = chosen & selected.has(level_of(outcome.within))
        of = int(chosen.sum())
        if not of:
            msg = "need at least one patient, found none"
            raise NotComputableError(msg)
        if quantity.statistic == "ci95":
            return self._share_interval(have, of)
        return (100 * have / of,)

    def _share_interval(self, have: int, of: int) -> tuple[float, ...]:
        lower, upper = SHARE_INTERVALS[self.pipeline.share_interval](have, of)
        return 100 * max(0.0, lower), 100 * min(1.0, upper)

    # times and numbers

    def _kaplan_meier(self, quantity: Quantity) -> KaplanMeier:
        chosen = self.selected.rows(quantity)
        time, event = self.selected.time_and_event(quantity.outcome, chosen)
        return KaplanMeier(time, event, self.pipeline.median_at_one_half)

    def _curve(self, quantity: Quantity) -> tuple[float, ...]:
        curve = self._kaplan_meier(quantity)
        if quantity.timepoint:
            at = months(quantity.timepoint)
            if quantity.statistic == "rate":
                return (100 * curve.rate(at),)
            lower, upper = curve.interval(at, self.pipeline.rate_interval)
            return 100 * lower, 100 * upper
        if quantity.statistic == "median":
            return (_reached(curve.median),)
        if quantity.statistic == "ci95":
            lower, upper = curve.median_interval(self.pipeline.median_interval)
            return _reached(lower), _reached(upper)
        return _summary(quantity.statistic, curve.time)

    def _followup(self, quantity: Quantity) -> tuple[float, ...]:
        whole = replace(quantity, outcome=self.study.roles.overall_survival)
        curve = self._kaplan_meier(whole)
        if quantity.statistic == "median" and self.pipeline.followup == "reverse-kaplan-meier":
            return (_reached(reverse(curve).median),)
        return _summary(quantity.statistic, curve.time)

    def _numbers(self, quantity: Quantity) -> tuple[float, ...]:
        if quantity.statistic == "ci95":
            lower, upper = self._kaplan_meier(quantity).median_interval(
                self.pipeline.median_interval
            )
            return _reached(lower), _reached(upper)
        values = self.selected.numbers(quantity.outcome, self.selected.rows(quantity))
        return _summary(quantity.statistic, values)

    # comparisons

    def _compared(self, quantity: Quantity) -> float:
        kind = self.study.vocabulary(quantity.outcome).kind
        if quantity.statistic == "difference":
            return self._difference(quantity)
        if quantity.statistic != "p":
            msg = f"need a p-value or difference, found {quantity.statistic}"
            raise NotComputableError(msg)
        if kind == "time-to-event" or quantity.method == "log-rank":
            return self.models.curve_p(quantity)
        return self._number_p(quantity) if kind == "continuous" else self._count_p(quantity)

    def _difference(self, quantity: Quantity) -> float:
        """The median, or the percentage, of the experimental arm less that of the control."""
        comparison = self.study.comparisons[quantity.comparison]
        timed = self.study.vocabulary(quantity.outcome).kind == "time-to-event"
        one = replace(quantity, comparison="", statistic="median" if timed else "percent")
        first, second = (
            self.values(replace(one, arm_id=arm))[0]
            for arm in (comparison.experimental, comparison.control)
        )
        return first - second

    def _groups(self, quantity: Quantity) -> Iterator[np.ndarray]:
        """The patients of each group that is compared."""
        groups, chosen = self.selected.groups(quantity.comparison), self.selected.rows(quantity)
        for name in np.unique(groups[chosen & (groups != "")]):
            yield chosen & (groups == name)

    def _number_p(self, quantity: Quantity) -> float:
        groups = [self.selected.numbers(quantity.outcome, one) for one in self._groups(quantity)]
        if len(groups) != 2 or min(map(len, groups)) < 2:
            msg = "need two groups of at least two patients with a value"
            raise NotComputableError(msg)
        if self.pipeline.number_test == "t-test":
            return float(stats.ttest_ind(*groups).pvalue)
        return float(stats.mannwhitneyu(groups[0], groups[1], method="asymptotic").pvalue)

    def _count_p(self, quantity: Quantity) -> float:
        outcome = self.study.vocabulary(quantity.outcome)
        if outcome.kind == "categorical" and not quantity.category:
            flags = [self.selected.has(Level(outcome.id, level)) for level in outcome.levels]
        else:
            flags = [self.selected.has(Level(outcome.id, quantity.category))]
            flags.append(~flags[0])
        table = [tuple(int((group & f).sum()) for f in flags) for group in self._groups(quantity)]
        if len(table) != 2:
            msg = f"need two groups, found {len(table)}"
            raise NotComputableError(msg)
        p = count_p(self._count_test(np.array(table)), (table[0], table[1]))
        return 1.0 if p is None else p

    def _count_test(self, table: np.ndarray) -> str:
        first, _, or_fisher = self.pipeline.count_test.partition("-or-")
        expected = table.sum(1, keepdims=True) * table.sum(0) / max(1, table.sum())
        return COUNT_TESTS[or_fisher if or_fisher and expected.min() < FEW else first]

    # what papers seldom print

    def further(self) -> Iterator[Quantity]:
        """The quantities beyond those printed that the pipeline gives."""
        yield from self._intervals()
        yield from self._subgroups()
        for model in self.pipeline.models:
            for outcome in model.outcomes:
                for name in model.candidates:
                    yield Quantity(
                        arm_id=model.arm, outcome=outcome, comparison=name, method=SELECTED
                    )
        matching = self.pipeline.matching
        for comparison in self.study.comparisons if matching else ():
            for population in ("whole", matching.population if matching else ""):
                for name in matching.covariates if matching else ():
                    yield Quantity(
                        population=population,
                        outcome=name,
                        comparison=comparison,
                        statistic="difference",
                        method=STANDARDISED,
                    )
        for comparison in self.study.comparisons:
            for outcome in self.selected.times:
                yield Quantity(
                    outcome=outcome, comparison=comparison, statistic="p", method=PROPORTIONAL
                )

    def _intervals(self) -> Iterator[Quantity]:
        """The interval of every printed median, rate and ratio."""
        for quantity in self.study.by_quantity:
            if quantity.statistic in ("median", "rate", "hr") and (
                self.study.vocabulary(quantity.outcome).kind == "time-to-event"
            ):
                yield replace(quantity, statistic="ci95")

    def _subgroups(self) -> Iterator[Quantity]:
        """Every level of a variable of which one is printed as a subgroup, and the interaction."""
        seen = {
            (q.population, q.outcome, q.comparison, q.stratum.variable)
            for q in self.study.by_quantity
            if q.method == COX and q.comparison in self.study.comparisons and q.stratum
        }
        for population, outcome, comparison, variable in sorted(seen):
            whole = Quantity(
                population=population,
                outcome=outcome,
                comparison=comparison,
                adjustment=UNADJUSTED,
                method=COX,
            )
            for level in self.models.levels(variable):
                for statistic in ("hr", "ci95", "p"):
                    yield replace(whole, subgroup=str(level), statistic=statistic)
            yield replace(whole, category=variable, statistic="p", method=INTERACTION)

    def interaction(self, quantity: Quantity) -> float:
        """The p-value of the test of interaction."""
        return self.models.interaction_p(quantity, quantity.category)

    def selected_by_rule(self, quantity: Quantity) -> float:
        """1 where the rule lets the variable into the model, else 0."""
        (model,) = (
            one
            for one in self.pipeline.models
            if one.arm == quantity.arm_id and quantity.outcome in one.outcomes
        )
        key = (model.arm, quantity.outcome)
        if key not in self._screened:
            self._screened[key] = self.models.screened(model, quantity.outcome)
        if quantity.comparison not in self._screened[key]:
            msg = f"need {quantity.comparison} of each patient, found none"
            raise NotComputableError(msg)
        p = self._screened[key][quantity.comparison]
        return float(quantity.comparison in model.forced or p < model.p_below)

    def standardised(self, quantity: Quantity) -> float:
        """The standardised difference of a covariate between the arms."""
        chosen = self.selected.population(quantity.population)
        comparison = self.study.comparisons[quantity.comparison]
        first = self.selected.patients.arm[chosen] == comparison.experimental
        return standardised_difference(
            self.selected.patients.column(quantity.outcome)[chosen], first
        )

    def proportional(self, quantity: Quantity) -> float:
        """The p-value of the test that the hazards of the arms are proportional."""
        _, model = self.models.fit(quantity)
        if not model.converged:
            return float("nan")
        return float(model.proportional_hazards().p[-1])


STATISTICS = frozenset({"n", "percent", "median", "mean", "sd", "minimum", "maximum"}) | frozenset(
    {"hr", "p", "rate", "difference", *INTERVAL_STATISTICS}
)
SPECIAL: Mapping[str, Callable[[Analyses, Quantity], float]] = {
    INTERACTION: Analyses.interaction,
    SELECTED: Analyses.selected_by_rule,
    STANDARDISED: Analyses.standardised,
    PROPORTIONAL: Analyses.proportional,
}


def _reached(time: float) -> float:
    """Endless instead of not-a-number."""
    return np.inf if np.isnan(time) else time


def _summary(statistic: str, values: np.ndarray) -> tuple[float, ...]:
    """A mean, median, spread or range of numbers."""
    if not values.size:
        msg = "need at least one patient with a value, found none"
        raise NotComputableError(msg)
    if statistic == "range":
        return float(values.min()), float(values.max())
    if statistic == "iqr":
        return float(np.quantile(values, 0.25)), float(np.quantile(values, 0.75))
    kinds: Mapping[str, Callable[[], float]] = {
        "mean": values.mean,
        "median": lambda: float(np.median(values)),
        "minimum": values.min,
        "maximum": values.max,
        "sd": lambda: float(values.std(ddof=1)) if values.size > 1 else float("nan"),
    }
    if statistic not in kinds:
        msg = f"need a summary of numbers, found {statistic}"
        raise NotComputableError(msg)
    return (float(kinds[statistic]()),)
