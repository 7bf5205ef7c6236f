"""Reconstructed patients against the known patients of two public data sets.

The curves of R's `lung` (by sex) and `veteran` (by treatment) are read off as a hand would,
coarsely and rounded, and the reconstruction is held against what survival gives for the
true patients (tests/reference/survival.json).
"""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from livingreview_pool import restricted_mean_of_patients
from livingreview_pool.guyot import kaplan_meier, reconstruct_patients
from reference_cases import cases

CASES = {case["set"]: case for case in cases("survival")}
ARMS = {
    (name, place): arm for name, case in CASES.items() for place, arm in enumerate(case["arms"])
}
CURVE_GAP = 0.03  # Guyot et al. found at most 0.02 in curves of larger trials
EXACT = 1e-12


def test_the_reference_holds_both_arms_of_both_data_sets():
    assert sorted(ARMS) == [("lung", 0), ("lung", 1), ("veteran", 0), ("veteran", 1)]
    assert [ARMS[key]["n"] for key in sorted(ARMS)] == [138, 90, 69, 68]


def true_curve(arm, times):
    place = np.searchsorted(arm["time"], times, side="right")
    return np.append(1.0, arm["survival"])[place]


def digitised(arm, *, points=250, decimals=3):
    times = np.linspace(0, arm["time"][-1], points)
    return times, np.round(true_curve(arm, times), decimals)


def from_picture(arm, *, with_events=True, every=2):
    times, survival = digitised(arm)
    risk = [(t, n) for t, n in zip(arm["table_times"], arm["table_at_risk"], strict=True) if n]
    risk_times, at_risk = zip(*risk[::every], strict=True)
    events = arm["events"] if with_events else None
    return reconstruct_patients(times, survival, risk_times, at_risk, events=events)


def restricted_mean(time, event, horizon):
    return restricted_mean_of_patients(time, event, horizon).value


def exact_patients(arm):
    """The patients of a reference curve: deaths and censored at each of its times."""
    at_risk = np.array(arm["at_risk"])
    before = np.append(1.0, arm["survival"][:-1])
    dead = np.rint(at_risk * (1 - np.array(arm["survival"]) / np.where(before > 0, before, 1)))
    gone = at_risk - np.append(at_risk[1:], 0) - dead
    time = np.concatenate(
        [np.repeat(arm["time"], dead.astype(int)), np.repeat(arm["time"], gone.astype(int))]
    )
    return time, np.arange(time.size) < dead.sum()


def log_hazard_ratio(time, event, group):
    """Maximum of Cox's partial likelihood with Efron's ties, for one binary covariate."""

    def minus_log_likelihood(beta):
        weight, total = np.exp(beta * group), 0.0
        for t in np.unique(time[event]):
            dead = event & (time == t)
            at_risk, dying = weight[time >= t].sum(), weight[dead].sum()
            share = np.arange(dead.sum()) / dead.sum()
            total += beta * group[dead].sum() - np.log(at_risk - share * dying).sum()
        return -total

    return minimize_scalar(minus_log_likelihood, bracket=(-1, 1)).x


@pytest.mark.parametrize("key", sorted(ARMS))
def test_kaplan_meier_of_exact_patients_is_that_of_survival(key):
    arm = ARMS[key]
    time, event = exact_patients(arm)
    found = kaplan_meier(time, event)
    assert found.at(arm["time"]) == pytest.approx(arm["survival"], rel=EXACT, abs=EXACT)
    assert sum(found.events) == arm["events"]
    assert restricted_mean(time, event, arm["horizons"][1]) == pytest.approx(
        arm["restricted_mean"][1], rel=1e-10
    )


@pytest.mark.parametrize("key", sorted(ARMS))
def test_the_patients_have_the_curve_and_the_numbers_at_risk_that_were_read_off(key):
    arm = ARMS[key]
    found = from_picture(arm)
    assert found.n == arm["n"]
    assert found.largest_gap < CURVE_GAP
    assert np.abs(np.subtract(found.at_risk, found.printed_at_risk)).max() <= 1
    assert abs(found.events - arm["events"]) <= 2


@pytest.mark.parametrize("with_events", [True, False])
@pytest.mark.parametrize("key", sorted(ARMS))
def test_the_true_curve_median_and_restricted_mean_come_back(key, *, with_events):
    arm = ARMS[key]
    found = from_picture(arm, with_events=with_events)
    curve = kaplan_meier(found.time, found.event)
    early = np.array(arm["time"])[np.array(arm["at_risk"]) >= 10]
    pixel = arm["time"][-1] / 249
    gaps = [np.abs(curve.at(early + shift) - true_curve(arm, early)) for shift in (0.0, pixel)]
    assert np.minimum(*gaps).max() < CURVE_GAP
    median = next(t for t, s in zip(curve.times, curve.survival, strict=True) if s <= 0.5)
    assert median == pytest.approx(arm["median"], abs=2 * pixel)
    for horizon, expected in zip(arm["horizons"], arm["restricted_mean"], strict=True):
        value = restricted_mean(found.time, found.event, horizon)
        # an event is read off at the next point: up to one pixel late
        assert value == pytest.approx(expected, abs=pixel + 0.01 * expected), horizon


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_hazard_ratio_of_the_true_patients_comes_back(name):
    arms = [from_picture(ARMS[name, place]) for place in (0, 1)]
    time = np.concatenate([arm.time for arm in arms])
    event = np.concatenate([arm.event for arm in arms])
    group = np.repeat([0.0, 1.0], [arm.n for arm in arms])
    found = log_hazard_ratio(time, event, group)
    case = CASES[name]
    assert abs(found - case["log_hr"]) < 0.2 * case["log_hr_se"]


def test_an_uncensored_curve_gives_back_every_patient():
    true = np.array([3.0, 5.0, 8.0, 13.0, 21.0])
    found = reconstruct_patients(true, [0.8, 0.6, 0.4, 0.2, 0.0], [0, 6], [5, 3])
    assert found.time == tuple(true)
    assert all(found.event)
    assert found.largest_gap < EXACT
    assert found.at_risk == (5, 3)


def test_without_a_total_of_events_the_guess_is_said():
    arm = ARMS["lung", 0]
    guess = "no total of events: censoring after the last number at risk is a guess"
    assert guess in from_picture(arm, with_events=False).notes
    assert guess not in from_picture(arm).notes


def test_a_total_of_events_changes_only_the_last_interval():
    arm = ARMS["lung", 0]
    with_total, without = from_picture(arm, every=3), from_picture(arm, with_events=False, every=3)
    last = with_total.risk_times[-1]
    early = [t for t in with_total.time if t < last]
    assert early == [t for t in without.time if t < last]


def test_numbers_at_risk_that_the_curve_cannot_have_are_noted():
    found = reconstruct_patients([5, 10, 15], [0.5, 0.5, 0.4], [0, 6], [20, 18])
    assert "at risk at 6: 10 reconstructed, 18 printed" in found.notes


def test_rises_of_a_shaky_hand_are_levelled_and_order_is_irrelevant():
    times, survival = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.9, 0.91, 0.7, 0.705])
    level = reconstruct_patients(times, [0.9, 0.9, 0.7, 0.7], [0], [10], events=3)
    assert reconstruct_patients(times, survival, [0], [10], events=3) == level
    order = [2, 0, 3, 1]
    assert reconstruct_patients(times[order], survival[order], [0], [10], events=3) == level


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=3, max_size=40),
    st.lists(st.integers(2, 50), min_size=0, max_size=4, unique=True),
)
def test_an_exactly_read_curve_is_followed_and_no_patient_is_lost(patients, inner):
    time = np.array([t for t, _ in patients], dtype=float)
    event = np.array([died for _, died in patients])
    assume(event.any())
    curve = kaplan_meier(time, event)
    risk_times = [0.0, *sorted(map(float, inner))]
    at_risk = [int((time >= t).sum()) for t in risk_times]
    read = np.unique(np.append(time, 61.0))
    found = reconstruct_patients(read, curve.at(read), risk_times, at_risk)
    assert found.n == time.size
    assert found.at_risk[0] == time.size
    gap = np.abs(kaplan_meier(found.time, found.event).at(read) - curve.at(read)).max()
    assert found.largest_gap == pytest.approx(gap, abs=EXACT)
    assert list(found.time) == sorted(found.time)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=40))
def test_without_censoring_an_exact_reading_gives_back_the_patients(times):
    time = np.sort(np.array(times, dtype=float))
    curve = kaplan_meier(time, np.ones(time.size, dtype=bool))
    found = reconstruct_patients(curve.times, curve.survival, [0], [time.size], events=time.size)
    assert found.time == tuple(time)
    assert all(found.event)


def test_clicks_just_outside_the_axes_are_moved_onto_them():
    inside = reconstruct_patients([0, 1, 2, 30], [1, 0.75, 0.5, 0], [0], [4])
    assert reconstruct_patients([-0.5, 1, 2, 30], [1.002, 0.75, 0.5, -0.01], [0], [4]) == inside


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [0.9], [0], [5]), r"times and survival: need two arrays of equal length"),
        (([1, -2], [0.9, 0.8], [0], [5]), r"times\[1\]: need a finite time from 0 on, found -2"),
        (([1, 2], [0.9, 1.03], [0], [5]), r"survival\[1\]: need a survival .*, found 1\.03"),
        (([-0.5, 20], [1, 0.8], [0], [5]), r"times\[0\]: need a finite time from 0 on"),
        (([1, 2], [0.9, 80], [0], [5]), r"survival\[1\]: need a survival from 0 to 1, found 80"),
        (([], [], [0], [5]), r"times and survival: need two arrays .*, found \(0,\) and \(0,\)"),
        (([1], [0.9], [0], ["five"]), r"at_risk\[0\]: need a number, found 'five'"),
        ((["x"], [0.9], [0], [5]), r"times\[0\]: need a number, found 'x'"),
        (([1], [0.9], [1], [5]), r"risk_times: need rising times from 0 on, found \[1\.0\]"),
        (([1], [0.9], [0, 2], [5]), r"risk_times and at_risk: need two arrays of equal length"),
        (([1], [0.9], [0, 2, 2], [5, 4, 4]), r"risk_times: need rising times from 0 on"),
        (([1], [0.9], [0, float("nan")], [5, 4]), r"risk_times\[1\]: need a finite time .* nan"),
        (([1], [0.9], [0, 2], [5, 6]), r"at_risk: need numbers that never rise"),
        (([1], [0.9], [0], [0]), r"at_risk: need numbers that never rise, from at least 1 on"),
        (([1], [0.9], [0], [5.5]), r"at_risk\[0\]: need a whole number from 0 to .* found 5\.5"),
        (([1], [0.9], [0], [float("nan")]), r"at_risk\[0\]: need a whole number .* found nan"),
        (([1], [0.9], [0], [float("inf")]), r"at_risk\[0\]: need a whole number .* found inf"),
        (([1], [0.9], [0], [1e18]), r"at_risk\[0\]: need a whole number .* found 1e\+18"),
    ],
)
def test_unusable_readings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        reconstruct_patients(*arguments)


@pytest.mark.parametrize("events", [6, -1, 2.5, "3", float("nan"), [3]])
def test_a_total_of_events_that_the_patients_cannot_have_is_refused(events):
    with pytest.raises(ValueError, match=r"events: need 0 to 5 \(the patients .* found"):
        reconstruct_patients([1], [0.9], [0], [5], events=events)


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([1.0, 2.0], [True], "time and event: need two arrays of equal length"),
        ([], [], "time and event: need two arrays of equal length"),
        ([1.0, -2.0], [True, True], r"time\[1\]: need a finite time from 0 on, found -2"),
        ([np.nan, 2.0], [True, True], r"time\[0\]: need a finite time from 0 on, found nan"),
        ([1.0, 2.0], [0, 2], r"event\[1\]: need True or False, found 2"),
        ([1.0, 2.0], [np.nan, 1], r"event\[0\]: need True or False, found nan"),
        ([1.0, 2.0], ["dead", "alive"], r"event\[0\]: need a number, found 'dead'"),
    ],
)
def test_patients_without_a_time_or_an_event_are_refused(time, event, message):
    with pytest.raises(ValueError, match=message):
        kaplan_meier(time, event)


def test_readings_at_the_same_time_count_once_by_the_lowest():
    twice = reconstruct_patients([1, 1, 2, 2], [0.5, 0.6, 0.4, 0.3], [0], [10])
    assert twice == reconstruct_patients([1, 2], [0.5, 0.3], [0], [10])


def test_nobody_left_at_risk_ends_the_events():
    found = reconstruct_patients([1, 2, 3], [0.5, 0.5, 0.2], [0, 2], [10, 0])
    assert max(found.time) <= 2
    assert found.at_risk == (10, 0)


def test_without_censoring_the_restricted_mean_of_patients_is_the_mean_of_their_cut_times():
    time = np.array([1.0, 2, 2, 3, 5, 8, 13, 21])
    found = restricted_mean_of_patients(time, np.full(time.size, True), 10)
    cut = np.minimum(time, 10)
    assert found.value == pytest.approx(cut.mean(), rel=1e-12)
    reach = 1.959963984540054 * cut.std() / np.sqrt(time.size)
    assert found.ci_upper - found.value == pytest.approx(reach, rel=1e-12)


@pytest.mark.parametrize("key", sorted(ARMS))
def test_the_restricted_mean_of_patients_is_near_the_jackknife_s_spread(key):
    arm = ARMS[key]
    time, event = exact_patients(arm)
    horizon = arm["horizons"][1]
    found = restricted_mean_of_patients(time, event, horizon)
    left_out = [
        restricted_mean(np.delete(time, i), np.delete(event, i), horizon) for i in range(time.size)
    ]
    jackknife = math.sqrt((time.size - 1) * np.var(left_out))
    assert found.ci_upper - found.value == pytest.approx(1.959963984540054 * jackknife, rel=0.05)


def test_the_restricted_mean_of_patients_beyond_the_last_one_censored_is_not_given():
    found = restricted_mean_of_patients([1, 2, 3], [True, True, False], 4)
    assert math.isnan(found.value)
    assert math.isnan(found.ci_lower)
    assert found.notes == ("no estimate: the last patient is censored at 3, before the horizon",)
