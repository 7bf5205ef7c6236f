"""Times of death, progression and response of synthetic patients.

Times are made for each arm first, so that its curve passes through the printed points; these
curves are bent between the points until the hazard ratio of the arms is the printed one.  Then each
patient gets one of the times of his or her arm, by a hazard that follows the printed effects.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.curves import AtOneHalf, KaplanMeier
from livingreview_cohort.effects import estimates, univariable
from livingreview_cohort.event_times import (
    Curve,
    Point,
    Times,
    followed,
    ordered_by_hazard,
    through_points,
    within_survival,
)
from livingreview_cohort.fit import FittedStudy
from livingreview_cohort.patients import Patients
from livingreview_record import ALL_ARMS

Floats = NDArray[np.float64]
Rows = NDArray[np.int_]
ROUNDS = 5  # of moving coefficients towards the printed hazard ratios
BENDS = 5  # of bending the curves of the arms
PROPOSALS = 4  # of times, where a printed rate was not reached
SHAPES = (0.35, 0.3)  # spread of log slopes where nothing is printed: all arms, and each; assumed
FIRST_SEEN, LATER = 1.4, 1.4  # months: a response is first seen after 6 to 12 weeks; assumed
DIGITS = 9  # of every drawn number, so that all machines give the same


def has_curves(fitted: FittedStudy, outcome: str) -> bool:
    """Whether each arm has a curve of the outcome."""
    return all((outcome, arm) in fitted.curves for arm in fitted.study.arms)


def _by_arm(patients: Patients) -> Iterator[tuple[str, Rows]]:
    """Each arm with its rows; drawn patients stand arm by arm."""
    start = 0
    for arm, rows in groupby(patients.arm.tolist()):
        size = len(list(rows))
        yield arm, np.arange(start, start + size)
        start += size


def survival(fitted: FittedStudy, patients: Patients, rng: np.random.Generator) -> Times:
    """Time to death or to the end of follow-up."""
    name, n = fitted.study.roles.overall_survival, patients.n
    chosen = _nearest(fitted, patients, name, lambda: _survival_slots(fitted, patients, rng))
    pick = rng.random(n)

    def assign(key: Floats) -> Times:
        found = Times(np.empty(n), np.zeros(n, bool))
        for _, rows in _by_arm(patients):
            own = Times(chosen.time[rows], chosen.event[rows])
            found.time[rows], found.event[rows] = ordered_by_hazard(own, key[rows], pick[rows])
        return found

    return _near_effects(fitted, name, patients, assign, rng)


def _survival_slots(
    fitted: FittedStudy, patients: Patients, rng: np.random.Generator
) -> Callable[[float], Times]:
    """Times of each arm, not yet of its patients, by how far the arms' curves are bent apart."""
    name, n = fitted.study.roles.overall_survival, patients.n
    curves = _shaped_curves(fitted, name, rng)
    share, end = rng.random(n), rng.random(n)
    shortest, longest = np.empty(n), np.empty(n)
    for arm, rows in _by_arm(patients):
        window = fitted.follow_up[arm]
        shortest[rows], longest[rows] = window.shortest, window.longest
        reach = end[rows] ** fitted.powers[arm]
        end[rows] = window.shortest + (window.longest - window.shortest) * reach

    def slots(bend: float) -> Times:
        death, found = np.empty(n), Times(np.empty(n), np.zeros(n, bool))
        for arm, rows in _by_arm(patients):
            curve = curves[arm].bent(_sign(fitted, name, arm) * bend)
            alive = curve.share(np.full(1, fitted.earliest)) if fitted.earliest else 1.0
            death[rows] = curve.times(share[rows] * alive)
        for rows, events in _wanted(fitted, patients, name, death <= end):
            own = followed(death[rows], end[rows], shortest[rows], events, longest[rows])
            found.time[rows], found.event[rows] = own
        for arm, rows in _by_arm(patients):
            own = Times(found.time[rows], found.event[rows])
            points, last = fitted.curves[name, arm].points, fitted.follow_up[arm].longest
            moved = through_points(own, points, last, fitted.at_one_half, fitted.earliest)
            found.time[rows] = moved.time
        return found

    return slots


def _shaped_curves(fitted: FittedStudy, outcome: str, rng: np.random.Generator) -> dict[str, Curve]:
    """The curve of each arm, before its first point and after its last as chance has it.

    Nothing is printed of the curves there, and arms may differ.
    """
    common = SHAPES[0] * rng.standard_normal()
    own = SHAPES[1] * rng.standard_normal((len(fitted.study.arms), 2))
    return {
        arm: fitted.curves[outcome, arm].curve.shaped(common + ends[0], common + ends[1])
        for arm, ends in zip(fitted.study.arms, own, strict=True)
    }


def _nearest(
    fitted: FittedStudy,
    patients: Patients,
    outcome: str,
    propose: Callable[[], Callable[[float], Times]],
) -> Times:
    """The first of a few proposals that reaches every printed rate, else the nearest."""
    tried = []
    for _ in range(PROPOSALS):
        times = _bent(fitted, patients, outcome, propose())
        gaps = [
            abs(KaplanMeier(times.time[rows], times.event[rows]).rate(point.time) - point.share)
            - (1.5 / rows.size)
            for arm, rows in _by_arm(patients)
            for point in fitted.curves[outcome, arm].points
            if point.share != 0.5
        ]
        tried.append((round(max(gaps, default=0.0), 6), times))
        if tried[-1][0] <= 0:
            break
    return min(tried, key=lambda one: one[0])[1]


def _sign(fitted: FittedStudy, outcome: str, arm: str) -> int:
    """Which way an arm's curve is bent to raise the hazard ratio of the arms."""
    effect = fitted.arms.get(outcome)
    return 0 if effect is None else (arm == effect.experimental) - (arm == effect.control)


def _bent(
    fitted: FittedStudy, patients: Patients, outcome: str, slots: Callable[[float], Times]
) -> Times:
    """Times whose hazard ratio of the arms is nearest to the printed one, by the secant method."""
    effect = fitted.arms.get(outcome)
    if effect is None:
        return slots(0.0)
    is_own = patients.arm == effect.experimental
    pair = is_own | (patients.arm == effect.control)
    share, column = float(is_own[pair].mean()), is_own[pair].astype(float)[:, None]
    tried: list[tuple[float, float, Times]] = []  # distance from the target, bend, times
    bend = 0.0
    for _ in range(BENDS):
        times = slots(bend)
        found = univariable(times.time[pair], times.event[pair], column)[0]
        wanted = effect.target(int(times.event[pair].sum()), share)
        tried.append((round(float(found) - wanted, 6), bend, times))
        (last, at, _), (before, was, _) = tried[-1], tried[-2] if len(tried) > 1 else (0, 0, times)
        if abs(last) < 0.005:
            break
        rise = (last - before) / (at - was) if len(tried) > 1 and at != was else 0.5
        step = float(np.clip(-last / (rise if rise > 0.05 else 0.5), -1.0, 1.0))
        bend = round(float(np.clip(at + step, -2.5, 2.5)), 6)
    return min(tried, key=lambda one: abs(one[0]))[2]


def _wanted(
    fitted: FittedStudy, patients: Patients, outcome: str, expected: NDArray[np.bool_]
) -> Iterator[tuple[Rows, int | None]]:
    """How many events are seen, by arm where that is printed, else in all patients.

    A number that the interval of a hazard ratio implies bounds what follow-up gives; None where
    nothing is printed.
    """
    printed = fitted.events.get(outcome, {})
    if set(patients.arm.tolist()) <= printed.keys():
        yield from ((rows, printed[arm]) for arm, rows in _by_arm(patients))
        return
    everyone, count = np.arange(patients.n), int(expected.sum())
    if ALL_ARMS in printed:
        yield everyone, printed[ALL_ARMS]
    elif outcome in fitted.implied:
        least, most = (round(end) for end in fitted.implied[outcome])
        yield everyone, min(max(count, least), most, patients.n)
    else:
        yield everyone, None


def progression(
    fitted: FittedStudy, patients: Patients, survival: Times, rng: np.random.Generator
) -> Times:
    """Time to progression or death; follow-up ends it for who is alive and free of progression."""
    name = fitted.study.roles.progression_free_survival
    slots = _nearest(
        fitted, patients, name, lambda: _progression_proposal(fitted, patients, survival, rng)
    )

    def assign(key: Floats) -> Times:
        time = survival.time.copy()
        for _, rows in _by_arm(patients):
            seen = rows[slots.event[rows]]
            time[seen] = within_survival(slots.time[seen], survival.time[seen], key[seen])
        return Times(time, slots.event)

    return _near_effects(fitted, name, patients, assign, rng)


def _progression_proposal(
    fitted: FittedStudy, patients: Patients, survival: Times, rng: np.random.Generator
) -> Callable[[float], Times]:
    """Times of each arm by how far the arms' curves are bent apart; who is free of progression."""
    name, n = fitted.study.roles.progression_free_survival, patients.n
    curves = _shaped_curves(fitted, name, rng)
    free = _free_of_progression(fitted, patients, survival, rng)
    share, pick = rng.random(n), rng.random(n)

    def slots(bend: float) -> Times:
        found = np.empty(n)
        for arm, rows in _by_arm(patients):
            printed = fitted.curves[name, arm]
            curve = curves[arm].bent(_sign(fitted, name, arm) * bend)
            latent = np.sort(curve.times(share[rows]))
            found[rows] = _progression_slots(
                latent,
                Times(survival.time[rows], ~free[rows]),
                printed.points,
                pick[rows],
                fitted.at_one_half,
            )
        return Times(found, ~free)

    return slots


def _free_of_progression(
    fitted: FittedStudy, patients: Patients, survival: Times, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Who is not seen to progress or die: of those alive, by the two curves at the end."""
    roles, n = fitted.study.roles, patients.n
    chance = np.zeros(n)
    for arm, rows in _by_arm(patients):
        pfs, death = (
            fitted.curves[one, arm].curve.share(survival.time[rows])
            for one in (roles.progression_free_survival, roles.overall_survival)
        )
        chance[rows] = np.clip(pfs / np.maximum(death, 1e-6), 1e-6, 1.0)
    alive, tie = ~survival.event, rng.random(n)
    drawn = alive & (rng.random(n) < chance)
    free = np.zeros(n, bool)
    for rows, events in _wanted(fitted, patients, roles.progression_free_survival, ~drawn):
        if events is None:
            free[rows] = drawn[rows]
            continue
        ranked = np.round(np.log(tie[rows]) / chance[rows], DIGITS)
        order = np.argsort(np.where(alive[rows], -ranked, np.inf), kind="stable")
        most = min(rows.size - events, int(alive[rows].sum()))
        free[rows[order[: max(most, 0)]]] = True
    return free


def _progression_slots(
    latent: Floats,
    until: Times,
    points: Sequence[Point],
    pick: Floats,
    at_one_half: AtOneHalf,
) -> Floats:
    """Times of progression in one arm, in no order; of who is free of it, the end of follow-up.

    `until` has the end of each patient's survival or follow-up, and who progresses before it.
    For each who does not, a time beyond the end of follow-up is left out; the others are cut to
    what so many patients lived to see.
    """
    survival, seen = until
    left, free_until = latent.tolist(), np.sort(survival[~seen])[::-1].tolist()
    for end, chance in zip(free_until, pick.tolist(), strict=False):
        beyond = sum(time < end for time in left)
        left.pop(min(beyond + int(chance * (len(left) - beyond)), len(left) - 1))
    found = survival.copy()
    longest = np.sort(survival[seen])
    found[seen] = np.minimum(np.array(left), longest)
    for _ in range(3 if seen.any() else 0):
        found = through_points(Times(found, seen), points, float(survival.max()), at_one_half).time
        found[seen] = np.minimum(np.sort(found[seen]), longest)
    return found


def duration(
    fitted: FittedStudy, patients: Patients, progression: Times, rng: np.random.Generator
) -> Times:
    """Time from response to progression, of those with a response."""
    roles, n = fitted.study.roles, patients.n
    found, wait = Times(np.full(n, np.nan), np.zeros(n, bool)), FIRST_SEEN + LATER * rng.random(n)
    responders = patients.outcomes.get(roles.responders, np.full(n, ""))
    for arm, rows in _by_arm(patients):
        own = rows[responders[rows] == "yes"]
        until = progression.time[own]
        lasted = Times(until - np.minimum(wait[own], 0.8 * until), progression.event[own])
        printed = fitted.curves.get((roles.duration_of_response, arm))
        if printed is not None and own.size:
            end = float(lasted.time.max())
            lasted = through_points(lasted, printed.points, end, fitted.at_one_half)
        found.time[own], found.event[own] = np.minimum(lasted.time, until), lasted.event
    return found


def _near_effects(
    fitted: FittedStudy,
    outcome: str,
    patients: Patients,
    assign: Callable[[Floats], Times],
    rng: np.random.Generator,
) -> Times:
    """Times with hazard ratios near the printed ones: coefficients are moved by what is missing."""
    key, base = rng.standard_exponential(patients.n), np.zeros(patients.n)
    for (name, level), ratio in fitted.assumed.get(outcome, {}).items():
        if name in patients.outcomes:
            base = base + ratio * (patients.outcomes[name] == level)
    effects = fitted.effects.get(outcome, ())
    columns = [effect.moved.of(patients) for effect in effects]
    columns = [column - column.mean() for column in columns]
    target = np.array([effect.target for effect in effects])
    # more hazard at a level of the control arm lowers the ratio of the arms there
    sense = np.array([-1.0 if effect.subgroup else 1.0 for effect in effects])
    beta = np.where(sense > 0, target, 0.0)
    tried: list[tuple[float, Times]] = []
    for _ in range(ROUNDS if effects else 1):
        eta = base.copy()
        for coefficient, column in zip(beta.tolist(), columns, strict=True):
            eta = eta + coefficient * column
        times = assign(key * np.exp(-np.round(np.clip(eta, -12, 12), DIGITS)))
        missing = np.nan_to_num(target - estimates(patients, times, effects)) if effects else target
        tried.append((round(float(np.sum(missing**2)), 6), times))
        beta = np.clip(np.round(beta + sense * np.clip(0.8 * missing, -0.6, 0.6), 6), -4, 4)
    return min(tried, key=lambda one: one[0])[1]
