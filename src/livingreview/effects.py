"""An estimate with its sampling variance, and one small function per route to it.

A route is how a number came out of a report: from counts, from a ratio and its interval,
from a p-value.  Each route states its assumption on the effect it returns.  What else is
known (the patients, the adjustment) is added with `dataclasses.replace`.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from scipy.special import ndtri

from livingreview.arguments import LARGEST, is_number, normal_quantile
from livingreview.counts import effect_sizes as effect_sizes
from livingreview.measures import measure as find_measure


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
        if not (is_number(self.yi) and math.isfinite(self.yi)):
            msg = f"yi: need a finite estimate for {self.study}, found {self.yi!r}"
            raise ValueError(msg)
        if not (is_number(self.vi) and 0 < self.vi < math.inf):
            msg = f"vi: need a positive finite variance for {self.study}, found {self.vi!r}"
            raise ValueError(msg)
        check_cohorts("cohorts", self.cohorts)
        object.__setattr__(self, "cohorts", frozenset(self.cohorts) or frozenset({self.study}))

    @property
    def standard_error(self) -> float:
        """Root of the sampling variance."""
        return math.sqrt(self.vi)

    @property
    def name(self) -> str:
        """The label, or the study when there is none."""
        return self.label or self.study

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence limits of the estimate on the analysis scale, by the normal distribution."""
        half = normal_quantile(level) * self.standard_error
        return self.yi - half, self.yi + half


def check_poolable(effects: Iterable[Effect]) -> None:
    """Refuse effects of different measures, and effects that share patients."""
    listed = list(effects)
    for place, effect in enumerate(listed):
        if not isinstance(effect, Effect):
            msg = f"effects[{place}]: need an Effect, found {effect!r}"
            raise ValueError(msg)
    for first, second in combinations(listed, 2):
        if first.measure != second.measure:
            msg = (
                f"effects: need one measure, found {first.measure} ({first.name}) "
                f"and {second.measure} ({second.name})"
            )
            raise ValueError(msg)
    check_disjoint([(_described(effect), effect.cohorts) for effect in listed])


def check_cohorts(name: str, cohorts: object) -> None:
    """Refuse what is no collection of names of groups of patients; text alone is one name."""
    if not isinstance(cohorts, Collection) or not all(isinstance(item, str) for item in cohorts):
        msg = f"{name}: need a set of names, found {cohorts!r}"
        raise ValueError(msg)
    if isinstance(cohorts, str):
        msg = f"{name}: need a set of names, found the text {cohorts!r}; write {{{cohorts!r}}}"
        raise ValueError(msg)


def check_disjoint(patients: Sequence[tuple[str, frozenset[str]]]) -> None:
    """Refuse estimates, given as (name, cohorts), that rest on the same patients."""
    for (first, ours), (second, theirs) in combinations(patients, 2):
        shared = sorted(ours & theirs)
        if shared:
            msg = (
                f"effects: {first} and {second} share patients ({', '.join(shared)}); "
                "pool one of them, or state disjoint cohorts"
            )
            raise ValueError(msg)


def _described(effect: Effect) -> str:
    parts = [effect.study, effect.label, effect.population, effect.adjustment]
    return " / ".join(dict.fromkeys(part for part in parts if part))


def log_hazard_ratio_from_ci(
    study: str, hazard_ratio: float, ci_lower: float, ci_upper: float, *, level: float = 0.95
) -> Effect:
    """Log hazard ratio, with the variance implied by its confidence interval.

    Assumes a Wald interval on the log scale, of any `level`.

    References: Parmar, Torri & Stewart 1998, *Statistics in Medicine* 17:2815.

    >>> round(log_hazard_ratio_from_ci("S1", 0.70, 0.55, 0.89).yi, 3)
    -0.357
    """
    return log_ratio_from_ci(study, hazard_ratio, (ci_lower, ci_upper), "log_hr", level=level)


def log_ratio_from_ci(
    study: str, ratio: float, ci: tuple[float, float], measure: str, *, level: float = 0.95
) -> Effect:
    """Log of any printed ratio, with the variance implied by its confidence interval.

    >>> round(log_ratio_from_ci("S1", 2.0, (1.0, 4.0), "log_or").standard_error, 4)
    0.3537
    """
    if find_measure(measure).scale != "log":
        msg = f"measure: need a ratio, found {measure!r}"
        raise ValueError(msg)
    lower, upper = _pair("ci", study, ci)
    if not (is_number(ratio) and 0 < lower < ratio < upper < math.inf):
        msg = f"ci ({study}): need 0 < ci_lower < ratio < ci_upper, found {lower}, {ratio}, {upper}"
        raise ValueError(msg)
    standard_error = math.log(upper / lower) / (2 * normal_quantile(level))
    return Effect(
        study,
        math.log(ratio),
        standard_error**2,
        measure,
        route="ratio and confidence interval",
        assumption=f"Wald interval on the log scale, level {level:g}",
    )


def log_hazard_ratio_from_p(study: str, hazard_ratio: float, p_value: float) -> Effect:
    """Log hazard ratio, with the variance implied by a two-sided Wald p-value.

    References: Tierney et al. 2007, *Trials* 8:16.

    >>> round(log_hazard_ratio_from_p("S1", 0.70, 0.05).standard_error, 4)
    0.182
    """
    _positive("hazard_ratio", study, hazard_ratio)
    if hazard_ratio == 1:
        msg = f"hazard_ratio ({study}): a ratio of 1 has no standard error from a p-value"
        raise ValueError(msg)
    standard_error = abs(math.log(hazard_ratio)) / _z_from_p(study, p_value)
    return Effect(
        study,
        math.log(hazard_ratio),
        standard_error**2,
        "log_hr",
        route="hazard ratio and p-value",
        assumption="two-sided Wald p-value",
    )


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
    vi = _variance_from_events(study, events, share)
    size = _z_from_p(study, p_value) * math.sqrt(vi)
    return Effect(
        study,
        -size if favours == "experimental" else size,
        vi,
        "log_hr",
        route="p-value and events",
        assumption="two-sided log-rank p-value, proportional hazards, events shared as patients",
    )


def log_hazard_ratio_from_events(
    study: str, hazard_ratio: float, events: int, *, share: float = 0.5
) -> Effect:
    """Log hazard ratio, with the variance that the number of events allows at best.

    >>> round(log_hazard_ratio_from_events("S1", 0.8, 50).vi, 3)
    0.08
    """
    _positive("hazard_ratio", study, hazard_ratio)
    return Effect(
        study,
        math.log(hazard_ratio),
        _variance_from_events(study, events, share),
        "log_hr",
        route="hazard ratio and events",
        assumption="log-rank information; adjustment and ties would widen it",
    )


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
        for value in _pair(name, study, pair):
            _positive(name, study, value)
    return Effect(
        study,
        math.log(medians[1] / medians[0]),
        1 / events[0] + 1 / events[1],
        "log_hr",
        route="medians",
        assumption="exponential survival in both arms",
        notes=("approximate: from medians, under exponential survival",),
    )


def two_arm_effect(
    study: str, experimental: tuple[int, int], control: tuple[int, int], measure: str
) -> Effect:
    """Log odds ratio, log risk ratio, risk difference or Peto, from (events, n) per arm.

    A study with a zero cell gets 0.5 in each cell, and a note that says so; one without
    events (or with nothing but events) in both arms says nothing about a ratio, and is
    refused for one.

    >>> round(two_arm_effect("S1", (10, 20), (5, 20), "log_or").yi, 4)
    1.0986
    """
    for name, arm in (("experimental", experimental), ("control", control)):
        _pair(name, study, arm)
    yi, vi = effect_sizes(
        measure,
        drop00=measure != "rd",
        events_experimental=experimental[0],
        n_experimental=experimental[1],
        events_control=control[0],
        n_control=control[1],
    )
    return _from_counts(study, yi.item(), vi.item(), measure, (experimental, control))


def one_arm_effect(study: str, events: int, n: int, measure: str = "logit_proportion") -> Effect:
    """Proportion of one arm on the scale of `measure`.

    >>> round(one_arm_effect("S1", 3, 12).yi, 4)
    -1.0986
    """
    _pair("events, n", study, (events, n))
    yi, vi = effect_sizes(measure, events=events, n=n)
    return _from_counts(study, yi.item(), vi.item(), measure, ((events, n),))


def incidence_rate(study: str, events: int, time: float, measure: str = "log_rate") -> Effect:
    """Events per unit of person-time on the scale of `measure`.

    >>> round(incidence_rate("S1", 10, 200.0).yi, 4)
    -2.9957
    """
    _pair("events, time", study, (events, time))
    yi, vi = effect_sizes(measure, events=events, time=time)
    return _from_counts(study, yi.item(), vi.item(), measure, ((events, math.inf),))


def _from_counts(
    study: str, yi: float, vi: float, measure: str, arms: tuple[tuple[float, float], ...]
) -> Effect:
    if math.isnan(yi):
        msg = f"events ({study}): these counts give no {measure}, found {arms}"
        raise ValueError(msg)
    corrected = any(events in {0, n} for events, n in arms) and "arcsine" not in measure
    return Effect(
        study,
        yi,
        vi,
        measure,
        route="counts",
        assumption="binomial sampling" if math.isfinite(arms[0][1]) else "Poisson sampling",
        notes=("0.5 added to every cell because one is zero",) if corrected else (),
    )


def _z_from_p(study: str, p_value: float) -> float:
    if not (is_number(p_value) and 0 < p_value < 1):
        msg = f"p_value ({study}): need a number between 0 and 1, found {p_value!r}"
        raise ValueError(msg)
    return float(-ndtri(p_value / 2))


def _variance_from_events(study: str, events: int, share: float) -> float:
    _positive("events", study, events)
    if not (is_number(share) and 0 < share < 1):
        msg = f"share ({study}): need a number between 0 and 1, found {share!r}"
        raise ValueError(msg)
    return 1 / (events * share * (1 - share))


def _pair(name: str, study: str, values: tuple[float, float]) -> tuple[float, float]:
    pair = tuple(values) if isinstance(values, Iterable) else ()
    if len(pair) != 2 or not all(map(is_number, pair)):
        msg = f"{name} ({study}): need two numbers, found {values!r}"
        raise ValueError(msg)
    return pair


def _positive(name: str, study: str, value: float) -> None:
    if not (is_number(value) and 0 < value <= LARGEST):
        msg = f"{name} ({study}): need a positive number, found {value!r}"
        raise ValueError(msg)
