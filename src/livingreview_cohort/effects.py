"""What a study prints about who has the event sooner, as targets for the drawn times.

Each effect is a log hazard ratio of one column (a level of a variable against the others, or a
number a unit).  Where a paper prints no ratio, one is implied by the log-rank p of two levels, or
by the medians of the levels; where it names no reference level, the medians say which level does
worse, and without these the first level is held against the others.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import special

from livingreview_cohort.cox import Cox
from livingreview_cohort.event_times import Times
from livingreview_cohort.patients import Patients
from livingreview_record import ALL_ARMS, Printed, Quantity, Study, mention

Floats = NDArray[np.float64]
WHOLE = "whole"
MOST = 2.5  # log hazard ratio; none that is larger is aimed at


@dataclass(frozen=True, order=True)
class Column:
    """A number a patient: 1 at the level of a variable, or its value where `level` is empty.

    `arm` limits it to an arm (0 in the others).  The variable `arm` has the arms as its levels.
    """

    variable: str
    level: str = ""
    arm: str = ""

    def of(self, patients: Patients) -> Floats:
        """The column of some patients; a value that is not known counts as the mean."""
        if self.variable == "arm":
            found = (patients.arm == self.level).astype(float)
        elif self.variable in patients.populations:
            found = patients.populations[self.variable].astype(float)
        elif self.level:
            found = (patients.column(self.variable) == self.level).astype(float)
        else:
            values = np.asarray(patients.column(self.variable), dtype=float)
            found = np.where(np.isnan(values), np.nanmean(values), values)
        return np.where(patients.arm == self.arm, found, 0.0) if self.arm else found


@dataclass(frozen=True)
class Effect:
    """A log hazard ratio to aim at, in a part of the patients.

    `moved` is the column whose coefficient is changed to reach it; `adjusted` says that it is of a
    model with the other adjusted effects of its outcome.
    """

    outcome: str
    column: Column
    moved: Column
    target: float
    arm: str
    subgroup: Column | None
    adjusted: bool
    printed: Printed | None

    def rows(self, patients: Patients) -> NDArray[np.bool_]:
        """The patients whom it is about."""
        chosen = np.ones(patients.n, bool)
        if self.arm:
            chosen &= patients.arm == self.arm
        if self.subgroup:
            chosen &= self.subgroup.of(patients) > 0
        return chosen


def effects_of(study: Study, outcome: str, shape: float) -> list[Effect]:
    """Every effect on an outcome, one for each moved column; adjusted before unadjusted.

    `shape` turns ratios of medians into hazard ratios, as in a Weibull distribution.
    """
    found: dict[tuple[Column, str], Effect] = {}
    every = (
        _of_ratios(study, outcome),
        _of_tests(study, outcome, shape),
        _of_samples(study, outcome),
    )
    for effect in chain(*every):
        key = (effect.moved, effect.arm)
        known = found.get(key)
        if known is None or (effect.adjusted and not known.adjusted):
            found[key] = effect
    return list(found.values())


def _of_ratios(study: Study, outcome: str) -> Iterator[Effect]:
    for quantity, places in study.by_quantity.items():
        is_ratio = quantity.outcome == outcome and quantity.statistic == "hr"
        if not is_ratio or quantity.population != "whole":
            continue
        place = mention(study, quantity) or places[0]
        if quantity.comparison in study.comparisons:
            effect = _interaction(study, quantity, place)
        else:
            effect = _of_variable(study, quantity, place)
        if effect is not None:
            yield effect


def _interaction(study: Study, quantity: Quantity, place: Printed) -> Effect | None:
    """The arms' ratio in a subgroup, reached by the level's effect in the control arm."""
    level = quantity.stratum
    if level is None or quantity.adjustment == "adjusted" or not _has(study, level.variable):
        return None
    comparison = study.comparisons[quantity.comparison]
    own = Column(level.variable, level.level)
    moved = replace(own, arm=comparison.control)
    target = _log(place.number.value)
    arm = Column("arm", comparison.experimental)
    return Effect(quantity.outcome, arm, moved, target, "", own, False, place)


def _has(study: Study, variable: str) -> bool:
    """Whether the cohort has the variable: some count or statistic of it is printed."""
    return any(n.quantity.outcome == variable and not n.quantity.comparison for n in study.numbers)


def _of_variable(study: Study, quantity: Quantity, place: Printed) -> Effect | None:
    variable, levels = quantity.contrast
    if quantity.subgroup or variable not in study.variables or not _has(study, variable):
        return None
    declared = study.variables[variable]
    target, column = _log(place.number.value), Column(variable)
    if declared.kind != "continuous":
        if not levels and len(declared.levels) != 2:
            return None  # one ratio for several levels, of which nobody knows the coding
        level = levels[0] if levels else next(iter(declared.levels))
        if not levels:
            target = _by_medians(study, quantity, target)
        column = Column(variable, level)
    arm = _arm(quantity)
    adjusted = quantity.adjustment == "adjusted"
    return Effect(quantity.outcome, column, column, target, arm, None, adjusted, place)


def _arm(quantity: Quantity) -> str:
    return "" if quantity.arm_id == ALL_ARMS else quantity.arm_id


def _log(ratio: float) -> float:
    return float(np.clip(math.log(max(ratio, 1e-3)), -MOST, MOST))


def _by_medians(study: Study, quantity: Quantity, target: float) -> float:
    """The sign that makes the first level do better where its median is longer."""
    medians = _medians(study, quantity)
    if len(medians) != 2 or medians[0] == medians[1]:
        return target
    return -abs(target) if medians[0] > medians[1] else abs(target)


def _medians(study: Study, quantity: Quantity) -> list[float]:
    """The printed median of each level, where every level has one."""
    variable, _ = quantity.contrast
    found = []
    for level in study.variables[variable].levels:
        of_level = Quantity(
            quantity.arm_id, quantity.population, f"{variable}={level}", quantity.outcome
        )
        place = mention(study, replace(of_level, statistic="median"))
        if place is not None and place.number.relation == "=":
            found.append(place.number.value)
    return found if len(found) == len(study.variables[variable].levels) else []


def _of_tests(study: Study, outcome: str, shape: float) -> Iterator[Effect]:
    """Effects that a log-rank p of two levels, or the medians of several, imply."""
    for quantity in study.by_quantity:
        variable, levels = quantity.contrast
        is_test = quantity.outcome == outcome and quantity.statistic == "p" and not levels
        alone = is_test and not quantity.subgroup and quantity.population == "whole"
        if not alone or variable not in study.variables or not _has(study, variable):
            continue
        medians = _medians(study, quantity)
        if study.variables[variable].kind == "continuous" or not medians:
            continue
        mean = float(np.mean(np.log(medians)))
        levels_but_last = list(study.variables[variable].levels)[:-1]
        for level, median in zip(levels_but_last, medians, strict=False):
            target = -shape * (math.log(median) - mean)
            if len(medians) == 2:
                target = _of_p(study, quantity, 2 * target)
            column = Column(variable, level)
            bounded = float(np.clip(target, -MOST, MOST))
            yield Effect(outcome, column, column, bounded, _arm(quantity), None, False, None)


def _of_samples(study: Study, outcome: str) -> Iterator[Effect]:
    """How the patients of a sample, such as a matched one, differ from the rest of their arm.

    From the rates that are printed of both the sample and the whole arm: the rest has what is left.
    """
    for quantity in study.by_quantity:
        population = study.populations[quantity.population]
        is_rate = quantity.outcome == outcome and quantity.statistic == "rate"
        if not is_rate or quantity.subgroup or population.within != WHOLE or population.members:
            continue
        found = [_rate(study, replace(quantity, population=one)) for one in (population.id, WHOLE)]
        sizes = [
            mention(study, Quantity(quantity.arm_id, one, outcome="participants", statistic="n"))
            for one in (population.id, WHOLE)
        ]
        part, whole = (place.number.value if place else 0.0 for place in sizes)
        if found[0] is None or found[1] is None or not 0 < part < whole:
            continue
        rest = (whole * found[1] - part * found[0]) / (whole - part)
        if 0 < rest < 1 and quantity.arm_id in study.arms:
            target = math.log(math.log(found[0]) / math.log(rest))
            column = Column(population.id, "", quantity.arm_id)
            bounded = float(np.clip(target, -1.0, 1.0))
            yield Effect(outcome, column, column, bounded, quantity.arm_id, None, False, None)


def _rate(study: Study, quantity: Quantity) -> float | None:
    """A printed rate, where it is neither 0 nor 1."""
    place = mention(study, quantity)
    share = place.number.value / 100 if place else 0.0
    return share if 0 < share < 1 else None


def _of_p(study: Study, quantity: Quantity, target: float) -> float:
    """The log hazard ratio of two levels whose p is printed, with the sign of `target`."""
    place = mention(study, quantity)
    events = _events(study, quantity)
    if place is None or place.number.relation != "=" or not 0 < place.number.value < 1:
        return target
    variable, _ = quantity.contrast
    sizes = []
    for level in study.variables[variable].levels:
        own = Quantity(quantity.arm_id, quantity.population, "", variable, level, statistic="n")
        count = mention(study, own)
        sizes.append(count.number.value if count else 1.0)
    share = sizes[0] / sum(sizes)
    size = -float(special.ndtri(place.number.value / 2)) / math.sqrt(events * share * (1 - share))
    return math.copysign(size, target)


def _events(study: Study, quantity: Quantity) -> float:
    """Printed events of the patients, else three of four patients."""
    own = Quantity(quantity.arm_id, quantity.population, "", quantity.outcome, "event")
    place = mention(study, replace(own, statistic="n"))
    if place is not None:
        return place.number.value
    size = mention(study, replace(own, outcome="participants", category="", statistic="n"))
    return 0.75 * size.number.value if size else 50.0


def estimates(patients: Patients, times: Times, effects: Sequence[Effect]) -> Floats:
    """The log hazard ratio of each effect in some patients."""
    found = np.full(len(effects), np.nan)
    alone: dict[tuple[str, Column | None], list[int]] = {}
    together: dict[str, list[int]] = {}
    for place, effect in enumerate(effects):
        if effect.adjusted:
            together.setdefault(effect.arm, []).append(place)
        else:
            alone.setdefault((effect.arm, effect.subgroup), []).append(place)
    for places in alone.values():
        rows = effects[places[0]].rows(patients)
        x = np.column_stack([effects[i].column.of(patients)[rows] for i in places])
        found[places] = univariable(times.time[rows], times.event[rows], x)
    for arm, places in together.items():
        rows = effects[places[0]].rows(patients)
        names = [effects[i].column for i in places]
        arms = [Column("arm", one) for one in list(dict.fromkeys(patients.arm.tolist()))[1:]]
        x = np.column_stack([c.of(patients)[rows] for c in (*names, *(() if arm else arms))])
        found[places] = Cox(times.time[rows], times.event[rows], x).beta[: len(places)]
    return np.round(found, 6)


def univariable(time: Floats, event: NDArray[np.bool_], x: Floats, steps: int = 5) -> Floats:
    """The log hazard ratio of each column alone (Breslow's ties), all columns at once."""
    order = np.argsort(-time, kind="stable")
    x, is_event = x[order] - x.mean(axis=0), event[order]
    last = time.size - np.searchsorted(np.sort(time), time[order][is_event], side="left") - 1
    beta = np.zeros(x.shape[1])
    for _ in range(steps):
        weight = np.exp(x * beta)
        total = np.cumsum(weight, axis=0)[last]
        mean = np.cumsum(weight * x, axis=0)[last] / total
        spread = np.cumsum(weight * x * x, axis=0)[last] / total - mean**2
        information = spread.sum(axis=0)
        score = (x[is_event] - mean).sum(axis=0)
        step = np.divide(score, information, out=np.zeros_like(score), where=information > 1e-9)
        beta = np.clip(beta + np.clip(step, -1, 1), -4, 4)
    return beta
