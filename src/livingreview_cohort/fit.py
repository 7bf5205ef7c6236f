"""What the draws of a study share: fitted counts, curves, targets, follow-up."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from livingreview_cohort.continuous import Cut, Described, cut_of, described
from livingreview_cohort.counts import FittedCounts, fit_counts
from livingreview_cohort.curves import AtOneHalf, KaplanMeier, reverse
from livingreview_cohort.effects import Effect, effects_of
from livingreview_cohort.event_times import SLOPES, followed
from livingreview_cohort.patients import response_outcome
from livingreview_cohort.printed_times import (
    FollowUp,
    PrintedCurve,
    events_implied,
    events_of,
    follow_up,
    printed_curve,
)
from livingreview_record import ALL_ARMS, Quantity, Study, level_of, mention

SHAPE = 1.1  # of a curve with one point: hazards that hardly change; assumed
RESPONSE_EFFECTS = {  # log hazard ratios of death and of progression against others; assumed
    "responders": (-0.4, -0.8),
    "progressed": (0.6, 2.0),
}
POWERS = tuple(float(power) for power in np.round(np.geomspace(0.2, 5.0, 17), 3))
GRID, GOLDEN = 400, 0.6180339887498949  # an even grid, and one that is even in any part
Level = tuple[str, str]  # an outcome and one of its levels


@dataclass(frozen=True)
class ArmEffect:
    """What is printed of the first arm of a comparison against the second.

    `log_ratio` is of the hazard ratio; where only the p of the curves is printed, `z` is its normal
    deviate, with the sign of the medians.
    """

    experimental: str
    control: str
    log_ratio: float | None
    z: float | None

    def target(self, events: int, share: float) -> float:
        """The log hazard ratio, by the number of events where p implies it."""
        if self.log_ratio is not None:
            return self.log_ratio
        return (self.z or 0.0) / math.sqrt(max(events, 1) * share * (1 - share))


@dataclass(frozen=True)
class FittedStudy:
    """Everything of a study that the draws share."""

    study: Study
    counts: FittedCounts
    numbers: Mapping[tuple[str, str], Described]  # by variable and arm, or all patients
    cuts: Mapping[str, Cut]
    curves: Mapping[tuple[str, str], PrintedCurve]  # by outcome and arm
    arms: Mapping[str, ArmEffect]  # by outcome
    effects: Mapping[str, Sequence[Effect]]
    events: Mapping[str, Mapping[str, int]]
    implied: Mapping[str, tuple[float, float]]  # least and greatest number of events
    follow_up: Mapping[str, FollowUp]
    powers: Mapping[str, float]  # of a uniform number: how follow-up is spread, by arm
    assumed: Mapping[str, Mapping[Level, float]]  # by outcome
    earliest: float  # months before which nobody dies, as who did was left out
    at_one_half: AtOneHalf  # how the medians are read where a curve lies at one half


def fit_study(
    study: Study,
    *,
    at_one_half: AtOneHalf = "first",
    observed: bool | None = None,
    earliest: float = 0.0,
) -> FittedStudy:
    """Fit everything that the draws of a study share.

    `at_one_half` is the convention of the study's software for a curve that lies at one half.
    `observed` says whether the median of follow-up is of the times that patients were seen, death
    included, and not of the times to the end of follow-up; by itself it is taken so where it is no
    longer than the median of survival.  `earliest` is a time in months before which patients died
    whom the study left out.

    Raises `ValueError` where the printed numbers allow no patients, with their places.
    """
    if not study.arms:
        msg = f"{study.id}: need printed results to draw patients from, found a study without arms"
        raise ValueError(msg)
    roles = study.roles
    named = (
        roles.overall_survival,
        roles.progression_free_survival,
        roles.duration_of_response,
    )
    outcomes = [one for one in named if one in study.outcomes]
    curves = {
        (outcome, arm): found
        for outcome in outcomes
        for arm in study.arms
        if (found := printed_curve(study, arm, outcome))
    }
    arms = {one: effect for one in outcomes if (effect := _arm_effect(study, one))}
    curves = {key: _shaped(study, found, arms.get(key[0]), curves) for key, found in curves.items()}
    windows = {arm: follow_up(study, arm, observed) for arm in study.arms}
    _check_reach(study, curves, windows)
    survival = roles.overall_survival
    return FittedStudy(
        study=study,
        counts=fit_counts(study),
        numbers=dict(_numbers(study)),
        cuts={name: cut for name in study.variables if (cut := cut_of(study, name))},
        curves=curves,
        arms=arms,
        effects={one: effects_of(study, one, SHAPE) for one in named[:2] if one in outcomes},
        events={one: events_of(study, one) for one in outcomes},
        implied={one: ends for one in outcomes if (ends := events_implied(study, one))},
        follow_up=windows,
        powers={
            arm: _power(study, arm, window, curves.get((survival, arm)))
            for arm, window in windows.items()
        },
        assumed=_assumed(study),
        earliest=earliest,
        at_one_half=at_one_half,
    )


def _numbers(study: Study) -> Iterator[tuple[tuple[str, str], Described]]:
    for name, variable in study.variables.items():
        for arm in (*study.arms, ALL_ARMS) if variable.kind == "continuous" else ():
            said = described(study, name, arm)
            if said is not None and (arm != ALL_ARMS or len(study.arms) != 1):
                yield (name, arm), said


def _arm_effect(study: Study, outcome: str) -> ArmEffect | None:
    """The unadjusted hazard ratio of the comparison of two arms, or the p of their curves."""
    for comparison in study.comparisons.values():
        own = Quantity(outcome=outcome, comparison=comparison.id, adjustment="unadjusted")
        found = {
            quantity.statistic: mention(study, quantity)
            for quantity in study.by_quantity
            if replace(quantity, statistic="", method="") == own
        }
        both = comparison.experimental, comparison.control
        ratio, p = found.get("hr"), found.get("p")
        if ratio is not None and ratio.number.value > 0:
            return ArmEffect(*both, math.log(ratio.number.value), None)
        medians = [
            mention(study, Quantity(arm_id=arm, outcome=outcome, statistic="median"))
            for arm in both
        ]
        if p is not None and all(medians) and 0 < p.number.value < 1 and p.number.relation != ">":
            lengths = [place.number.value for place in medians if place]
            z = float(special.ndtri(p.number.value / 2))
            return ArmEffect(*both, None, z if lengths[0] > lengths[1] else -z)
    return None


def _shaped(
    study: Study,
    printed: PrintedCurve,
    effect: ArmEffect | None,
    curves: Mapping[tuple[str, str], PrintedCurve],
) -> PrintedCurve:
    """The curve with slopes at its ends: of its printed points, or as proportional hazards need."""
    points = printed.points
    shape = SHAPE
    if len(points) > 1:
        hazard = [math.log(-math.log(point.share)) for point in (points[0], points[-1])]
        shape = (hazard[1] - hazard[0]) / (math.log(points[-1].time) - math.log(points[0].time))
    elif effect and len(printed.curve.log_time) == 1:
        shape = _proportional(study, printed, effect, curves)
    slope = float(np.clip(shape, 0.7, 5.0))
    return replace(printed, curve=replace(printed.curve, before=slope, after=slope))


def _proportional(
    study: Study,
    printed: PrintedCurve,
    effect: ArmEffect,
    curves: Mapping[tuple[str, str], PrintedCurve],
) -> float:
    """The shape at which two Weibull curves with these medians have the printed hazard ratio."""
    outcome = next(key[0] for key, found in curves.items() if found is printed)
    both = [curves.get((outcome, arm)) for arm in (effect.experimental, effect.control)]
    known = [one for one in both if one is not None and len(one.points) == 1]
    if len(known) < 2 or known[0].points[0].time == known[1].points[0].time:
        return SHAPE
    sizes = [
        place.number.value if place else 1.0
        for arm in (effect.experimental, effect.control)
        for place in [mention(study, Quantity(arm, outcome="participants", statistic="n"))]
    ]
    share = sizes[0] / sum(sizes)
    target = effect.target(round(0.8 * sum(sizes)), share)
    ratio = math.log(known[1].points[0].time / known[0].points[0].time)
    return target / ratio if target / ratio > SLOPES[0] else SHAPE


def _check_reach(
    study: Study,
    curves: Mapping[tuple[str, str], PrintedCurve],
    windows: Mapping[str, FollowUp],
) -> None:
    """Raise `ValueError` for a median or rate at a time that no patient was followed to."""
    for (_, arm), found in curves.items():
        for point, printed in zip(found.points, found.printed, strict=False):
            if point.time > windows[arm].longest:
                msg = (
                    f"{printed.where}: need a time within follow-up, which is at most "
                    f"{windows[arm].longest:.1f} months, found {point.time:g}"
                )
                raise ValueError(msg)


def _power(study: Study, arm: str, window: FollowUp, survival: PrintedCurve | None) -> float:
    """How follow-up is spread between its ends: near its median, and letting rates be reached.

    With the number of deaths given, the curve comes down to a late rate only where enough patients
    were censored before it.
    """
    if survival is None:
        return 1.0
    size = mention(study, Quantity(arm, outcome="participants", statistic="n"))
    events = events_of(study, study.roles.overall_survival).get(arm)
    wanted = round(GRID * events / size.number.value) if events and size else None
    even = (np.arange(GRID) + 0.5) / GRID
    mixed = np.mod(np.arange(GRID) * GOLDEN + 0.5, 1.0).astype(np.float64)
    death = survival.curve.times(mixed)
    shortest, longest = np.full(GRID, window.shortest), np.full(GRID, window.longest)

    def distance(power: float) -> float:
        end = window.shortest + (window.longest - window.shortest) * even**power
        seen = followed(death, end, shortest, wanted, longest)
        curve = KaplanMeier(*seen)
        gaps = [abs(curve.rate(point.time) - point.share) for point in survival.points]
        far = sum(
            gap for gap, point in zip(gaps, survival.points, strict=True) if point.share < 0.5
        )
        if window.median is None:
            return far
        middle = float(np.median(seen.time)) if window.observed else reverse(curve).median
        return far + (abs(middle / window.median - 1) if np.isfinite(middle) else 1.0)

    return min(POWERS, key=lambda power: (round(distance(power), 9), abs(math.log(power))))


def _assumed(study: Study) -> dict[str, dict[Level, float]]:
    """Log hazard ratios that link response to survival, which no paper here prints."""
    name, roles = response_outcome(study), study.roles
    responders = study.outcomes.get(roles.responders)
    levels = {
        "progressed": (level_of(roles.progressed).level,),
        "responders": tuple(responders.sum_of.get(name, ())) if responders else (),
    }
    outcomes = roles.overall_survival, roles.progression_free_survival
    return {
        outcome: {
            (name, level): RESPONSE_EFFECTS[kind][place]
            for kind, found in levels.items()
            for level in found
        }
        for place, outcome in enumerate(outcomes if name else ())
    }
