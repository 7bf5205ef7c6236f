"""An estimate with its sampling variance, and one small function per route to it.

| printed                                        | function                               |
| ---------------------------------------------- | -------------------------------------- |
| events and patients, events and time, or means | `two_arm_effect`, `one_arm_effect`     |
| a ratio with its confidence interval           | `log_ratio_from_ci`                    |
| a hazard ratio otherwise                       | `log_hazard_ratio_from_...`            |
| any estimate with its standard error           | `generic_effect`                       |
| any estimate with its confidence interval      | `effect_from_ci`                       |

Each route states its assumption on the effect it returns.  What else is known (the patients,
the adjustment) is added with `dataclasses.replace`.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Any

from scipy.special import ndtri

from livingreview_pool.checks import (
    check_number,
    check_positive,
    check_share,
    check_tuple,
    is_number,
    normal_quantile,
)
from livingreview_pool.effect_sizes import COUNTS, MEANS, effect_sizes, find_recipe
from livingreview_pool.measures import measure as find_measure


@dataclass(frozen=True, slots=True)
class Effect:
    """One estimate on its analysis scale: `yi`, with sampling variance `vi`.

    `cohorts` names the groups of patients the estimate rests on; left empty, they are
    taken to be all patients of `study`, so that two estimates of one study are never
    pooled by oversight.  `sources` are the printed numbers it comes from.

    >>> Effect("S1", -0.3, 0.04, "log_hr").standard_error
    0.2
    """

    study: str
    yi: float
    vi: float
    measure: str
    label: str = ""
    cohorts: frozenset[str] = frozenset()
    adjustment: str = ""
    population: str = ""
    route: str = ""
    assumption: str = ""
    sources: tuple[object, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        find_measure(self.measure)
        if not isinstance(self.study, str):
            msg = f"study: need a name, found {self.study!r}"
            raise ValueError(msg)
        check_number("yi", self.yi, f"a finite estimate for {self.study}", math.isfinite)
        needed = f"a positive finite variance for {self.study}"
        check_number("vi", self.vi, needed, lambda x: 0 < x < math.inf)
        check_cohorts("cohorts", self.cohorts)
        object.__setattr__(self, "cohorts", frozenset(self.cohorts) or frozenset({self.study}))

    @property
    def standard_error(self) -> float:
        """Root of the sampling variance."""
        return math.sqrt(self.vi)

    @property
    def name(self) -> str:
        """Return the label, or the id of the study where the label is empty."""
        return self.label or self.study

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence limits of the estimate on the analysis scale, by the normal distribution."""
        half = normal_quantile(level) * self.standard_error
        return self.yi - half, self.yi + half


def check_poolable(effects: Sequence[object]) -> tuple[Effect, ...]:
    """Return the effects, of one measure and on patients of their own; else raise ValueError."""
    for place, effect in enumerate(effects):
        if not isinstance(effect, Effect):
            msg = f"effects[{place}]: need an Effect (or give vi too), found {effect!r}"
            raise ValueError(msg)
    known = tuple(effect for effect in effects if isinstance(effect, Effect))
    for first, second in combinations(known, 2):
        if first.measure != second.measure:
            msg = (
                f"effects: need one measure, found {first.measure} ({first.name}) "
                f"and {second.measure} ({second.name})"
            )
            raise ValueError(msg)
    named = [(one.study, one.label, one.population, one.adjustment) for one in known]
    names = [" / ".join(dict.fromkeys(filter(None, parts))) for parts in named]
    check_disjoint([(name, one.cohorts) for name, one in zip(names, known, strict=True)])
    return known


def check_cohorts(name: str, cohorts: object) -> None:
    """Raise ValueError unless `cohorts` is a set of names of groups of patients, not one text."""
    if isinstance(cohorts, str):
        msg = f"{name}: need a set of names, found the text {cohorts!r}; write {{{cohorts!r}}}"
        raise ValueError(msg)
    if not isinstance(cohorts, Collection) or not all(isinstance(item, str) for item in cohorts):
        msg = f"{name}: need a set of names, found {cohorts!r}"
        raise ValueError(msg)


def check_disjoint(patients: Sequence[tuple[str, frozenset[str]]]) -> None:
    """Raise ValueError for estimates, given as (name, cohorts), that rest on the same patients."""
    for (first, ours), (second, theirs) in combinations(patients, 2):
        shared = sorted(ours & theirs)
        if shared:
            msg = (
                f"effects: {first} and {second} share patients ({', '.join(shared)}); "
                "pool one of them, or state disjoint cohorts"
            )
            raise ValueError(msg)


def log_hazard_ratio_from_ci(
    study: str, hazard_ratio: float, ci_lower: float, ci_upper: float, *, level: float = 0.95
) -> Effect:
    """Log hazard ratio, with the variance implied by its confidence interval.

    Assumes a Wald interval on the log scale, of any `level`.  Raise ValueError unless
    0 < ci_lower < hazard_ratio < ci_upper.

    References: Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815.

    >>> round(log_hazard_ratio_from_ci("S1", 0.70, 0.55, 0.89).yi, 3)
    -0.357
    """
    return log_ratio_from_ci(study, hazard_ratio, (ci_lower, ci_upper), "log_hr", level=level)


def log_ratio_from_ci(
    study: str, ratio: float, ci: tuple[float, float], measure: str, *, level: float = 0.95
) -> Effect:
    """Log of any printed ratio, with the variance implied by its confidence interval.

    `measure` names the ratio, such as "log_or"; `ratio` and `ci` (lower, upper) are as printed,
    not logarithms.  Assumes a Wald interval on the log scale, of any `level`.

    >>> round(log_ratio_from_ci("S1", 2.0, (1.0, 4.0), "log_or").standard_error, 4)
    0.3537
    """
    if find_measure(measure).scale != "log":
        msg = f"measure: need a ratio, found {measure!r}"
        raise ValueError(msg)
    lower, upper = check_tuple(f"ci ({study})", ci, 2)
    if not (is_number(ratio) and 0 < lower < ratio < upper < math.inf):
        msg = f"ci ({study}): need 0 < ci_lower < ratio < ci_upper, found {lower}, {ratio}, {upper}"
        raise ValueError(msg)
    vi = (math.log(upper / lower) / (2 * normal_quantile(level))) ** 2
    route, assumption = "ratio and confidence interval", "Wald interval on the log scale"
    return _routed(study, math.log(ratio), vi, measure, route, f"{assumption}, level {level:g}")


def effect_from_ci(
    study: str, estimate: float, ci: tuple[float, float], measure: str, *, level: float = 0.95
) -> Effect:
    """Effect whose estimate and confidence interval are given on the analysis scale of `measure`.

    Assumes a Wald interval of any `level`: for a mean difference with an interval by the
    t distribution of few patients the variance is a little too large.

    >>> round(effect_from_ci("S1", -2.0, (-3.96, -0.04), "md").standard_error, 4)
    1.0
    """
    lower, upper = check_tuple(f"ci ({study})", ci, 2)
    if not (is_number(estimate) and -math.inf < lower < estimate < upper < math.inf):
        msg = f"ci ({study}): need ci_lower < estimate < ci_upper, "
        msg += f"found {lower}, {estimate}, {upper}"
        raise ValueError(msg)
    vi = ((upper - lower) / (2 * normal_quantile(level))) ** 2
    route, assumption = "estimate and confidence interval", "Wald interval on the analysis scale"
    return _routed(study, estimate, vi, measure, route, f"{assumption}, level {level:g}")


def log_hazard_ratio_from_p(study: str, hazard_ratio: float, p_value: float) -> Effect:
    """Log hazard ratio, with the variance implied by a two-sided Wald p-value.

    References: Tierney et al. 2007, *Trials* 8:16.

    >>> round(log_hazard_ratio_from_p("S1", 0.70, 0.05).standard_error, 4)
    0.182
    """
    check_positive(f"hazard_ratio ({study})", hazard_ratio)
    if hazard_ratio == 1:
        msg = f"hazard_ratio ({study}): a ratio of 1 has no standard error from a p-value"
        raise ValueError(msg)
    check_share(f"p_value ({study})", p_value)
    standard_error = abs(math.log(hazard_ratio)) / float(-ndtri(p_value / 2))
    route, assumption = "hazard ratio and p-value", "two-sided Wald p-value"
    yi, vi = math.log(hazard_ratio), standard_error**2
    return _routed(study, yi, vi, "log_hr", route, assumption)


def log_hazard_ratio_from_p_and_events(
    study: str, p_value: float, events: int, *, favours: str, share: float = 0.5
) -> Effect:
    """Log hazard ratio from a log-rank p-value and the number of events in both arms.

    Assumes proportional hazards and events shared as the patients are: `share` is the
    part of all patients in the experimental arm.  A p-value has no direction, so
    `favours` ("experimental" or "control") must say which arm had fewer events.

    References: Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815.

    >>> effect = log_hazard_ratio_from_p_and_events("S1", 0.05, 100, favours="experimental")
    >>> round(effect.yi, 4), round(effect.vi, 4)
    (-0.392, 0.04)
    """
    if favours not in ("experimental", "control"):
        msg = f"favours ({study}): need 'experimental' or 'control', found {favours!r}"
        raise ValueError(msg)
    check_share(f"p_value ({study})", p_value)
    vi = _variance_from_events(study, events, share)
    size = float(-ndtri(p_value / 2)) * math.sqrt(vi)
    yi = -size if favours == "experimental" else size
    assumption = "two-sided log-rank p-value, proportional hazards, events shared as patients"
    return _routed(study, yi, vi, "log_hr", "p-value and events", assumption)


def log_hazard_ratio_from_events(
    study: str, hazard_ratio: float, events: int, *, share: float = 0.5
) -> Effect:
    """Log hazard ratio, with the variance that the number of events in both arms allows at best.

    `share` is the part of all patients in the experimental arm.

    >>> round(log_hazard_ratio_from_events("S1", 0.8, 50).vi, 3)
    0.08
    """
    check_positive(f"hazard_ratio ({study})", hazard_ratio)
    vi = _variance_from_events(study, events, share)
    assumption = "log-rank information; adjustment and ties would widen it"
    yi, route = math.log(hazard_ratio), "hazard ratio and events"
    return _routed(study, yi, vi, "log_hr", route, assumption)


def log_hazard_ratio_from_medians(
    study: str, medians: tuple[float, float], events: tuple[int, int]
) -> Effect:
    """Approximate log hazard ratio from two median survival times.

    Both pairs are (experimental, control).  Assumes exponential survival in both arms,
    which is rarely true; use it only where nothing better is printed.

    References: Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815.

    >>> round(log_hazard_ratio_from_medians("S1", (12.0, 9.0), (40, 45)).yi, 3)
    -0.288
    """
    for name, pair in (("medians", medians), ("events", events)):
        for value in check_tuple(f"{name} ({study})", pair, 2):
            check_positive(f"{name} ({study})", value)
    yi, vi = math.log(medians[1] / medians[0]), 1 / events[0] + 1 / events[1]
    assumption = "exponential survival in both arms"
    effect = _routed(study, yi, vi, "log_hr", "medians", assumption)
    return replace(effect, notes=("approximate: from medians, under exponential survival",))


def _routed(study: str, yi: float, vi: float, measure: str, route: str, assumption: str) -> Effect:
    return Effect(study, yi, vi, measure, route=route, assumption=assumption)


def _variance_from_events(study: str, events: int, share: float) -> float:
    check_positive(f"events ({study})", events)
    check_share(f"share ({study})", share)
    return 1 / (events * share * (1 - share))


def two_arm_effect(
    study: str, experimental: tuple[float, ...], control: tuple[float, ...], measure: str
) -> Effect:
    """Effect of one arm against another, from what is known of each.

    Each arm is (events, n) for "log_or", "log_rr", "rd" and "peto", (events, time) for
    "log_rate_ratio", and (mean, standard deviation, n) for "md" and "smd".  A study with a
    zero cell gets 0.5 in each cell, and a note that says so; one without events (or with nothing
    but events) in both arms says nothing about a ratio, and raises ValueError for one.

    >>> round(two_arm_effect("S1", (10, 20), (5, 20), "log_or").yi, 4)
    1.0986
    >>> two_arm_effect("S1", (5.0, 2.0, 20), (4.0, 2.0, 20), "md").yi
    1.0
    """
    return _from_arms(study, {"_experimental": experimental, "_control": control}, measure)


def one_arm_effect(
    study: str, events: float, size: float, measure: str = "logit_proportion"
) -> Effect:
    """Proportion or incidence rate of one arm on the scale of `measure`.

    `size` is the number of patients for a proportion, the person-time for a rate ("rate",
    "log_rate", "sqrt_rate").

    >>> round(one_arm_effect("S1", 3, 12).yi, 4)
    -1.0986
    >>> round(one_arm_effect("S1", 10, 200.0, "log_rate").yi, 4)
    -2.9957
    """
    return _from_arms(study, {"": (events, size)}, measure)


def generic_effect(study: str, estimate: float, standard_error: float, measure: str) -> Effect:
    """Effect whose estimate and standard error are given on the analysis scale of `measure`.

    >>> round(generic_effect("S1", -0.3, 0.2, "log_rate_ratio").vi, 12)
    0.04
    """
    check_positive(f"standard_error ({study})", standard_error)
    route, assumption = "estimate and standard error", "normal sampling on the analysis scale"
    return _routed(study, estimate, standard_error**2, measure, route, assumption)


def _from_arms(study: str, arms: Mapping[str, tuple[float, ...]], measure: str) -> Effect:
    recipe = find_recipe(measure)
    data = recipe.data
    if tuple(arms) != recipe.arms:
        msg = f"measure ({study}): need one for {len(arms)} arm(s), found {measure!r}"
        raise ValueError(msg)
    columns = ", ".join(column.name for column in data.columns)
    known = [
        check_tuple(f"{arm.strip('_') or columns} ({study})", values, len(data.columns))
        for arm, values in arms.items()
    ]
    values: dict[str, Any] = dict(zip(recipe.names(), chain.from_iterable(known), strict=True))
    drop00 = find_measure(measure).is_log_ratio  # no ratio without an event, but a difference
    yi, vi = (part.item() for part in effect_sizes(measure, drop00=drop00, **values))
    if math.isnan(yi):
        msg = f"{data.columns[0].name} ({study}): these counts give no {measure}, found {known}"
        raise ValueError(msg)
    zero = any(arm[0] == 0 or (data is COUNTS and arm[0] == arm[1]) for arm in known)
    return Effect(
        study,
        yi,
        vi,
        measure,
        route="means" if data is MEANS else "counts",
        assumption=data.sampling,
        notes=("0.5 added to every cell because one is zero",) if zero and recipe.add else (),
    )
