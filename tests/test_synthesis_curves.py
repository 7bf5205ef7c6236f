"""Reconstructed curves against true curves of known patients, direct sums and algebra."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from livingreview_pool import (
    Landmark,
    Median,
    contradictions,
    reconstruct_curve,
    restricted_mean,
    restricted_mean_difference,
)
from livingreview_pool.guyot import kaplan_meier
from livingreview_pool.proportions import wilson_interval
from reference_cases import cases

ARMS = {(case["set"], arm["level"]): arm for case in cases("survival") for arm in case["arms"]}
EXACT = 1e-9


def printed(value, decimals):
    """A value as printed, with the rounding interval."""
    shown, half = round(value, decimals), 0.5 * 10.0**-decimals
    return shown, shown - half, shown + half


def landmark(time, survival, ci=(math.nan, math.nan)):
    """A survival printed in percent with one decimal."""
    shown, lower, upper = printed(100 * survival, 1)
    return Landmark(time, shown / 100, max(lower / 100, 0.0), min(upper / 100, 1.0), *ci)


def from_reference(arm, places):
    points = [
        landmark(
            arm["table_times"][place],
            arm["table_survival"][place],
            (arm["table_lower"][place], arm["table_upper"][place]),
        )
        for place in places
    ]
    median, lower, upper = printed(arm["median"], 1)
    return points, Median(median, lower, upper, arm["median_lower"], arm["median_upper"])


def true_curve(arm, times):
    return np.append(1.0, arm["survival"])[np.searchsorted(arm["time"], times, side="right")]


def true_restricted_mean(arm, horizon):
    knots = [0.0, *(t for t in arm["time"] if t < horizon), horizon]
    return float(np.diff(knots) @ true_curve(arm, knots[:-1]))


@pytest.mark.parametrize("key", sorted(ARMS))
@pytest.mark.parametrize("places", [(1,), (2, 4), (1, 2, 3, 4, 5, 6, 7)])
def test_the_true_curve_lies_within_the_envelope(key, places):
    arm = ARMS[key]
    curve = reconstruct_curve(*from_reference(arm, places))
    times = np.array(arm["time"])
    times = np.concatenate([times, np.nextafter(times, 0)])
    assert (curve.lower.at(times) <= true_curve(arm, times)).all()
    assert (true_curve(arm, times) <= curve.upper.at(times)).all()


@pytest.mark.parametrize("key", sorted(ARMS))
def test_the_true_restricted_mean_lies_within_its_bounds_and_near_the_drawn_curve(key):
    arm = ARMS[key]
    curve = reconstruct_curve(*from_reference(arm, (1, 2, 3, 4, 5, 6, 7)))
    for horizon, expected in zip(arm["horizons"], arm["restricted_mean"], strict=True):
        assert true_restricted_mean(arm, horizon) == pytest.approx(expected, rel=EXACT)
        found = restricted_mean(curve, min(horizon, curve.last))
        expected = true_restricted_mean(arm, min(horizon, curve.last))
        assert found.lower <= expected <= found.upper
        assert found.ci_lower <= found.lower
        assert found.upper <= found.ci_upper
        assert found.value == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("name", ["lung", "veteran"])
def test_the_true_difference_of_restricted_means_lies_within_its_bounds(name):
    control, experimental = ARMS[name, 1], ARMS[name, 2]
    curves = [reconstruct_curve(*from_reference(arm, (1, 3, 5))) for arm in (experimental, control)]
    for place, horizon in enumerate(control["horizons"]):
        truth = experimental["restricted_mean"][place] - control["restricted_mean"][place]
        found = restricted_mean_difference(*curves, horizon)
        assert found.ci_lower <= found.lower <= truth <= found.upper <= found.ci_upper


PATIENTS = st.lists(st.tuples(st.floats(0.1, 50), st.booleans()), min_size=2, max_size=30)
TIMES = st.lists(st.floats(0.5, 55), min_size=1, max_size=5, unique=True)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(PATIENTS, TIMES, st.booleans())
def test_numbers_printed_from_patients_never_contradict_each_other_and_bound_their_curve(
    patients, times, with_median
):
    time, event = (np.array(column) for column in zip(*patients, strict=True))
    truth = kaplan_meier(time, event)
    reached = [t for t, s in zip(truth.times, truth.survival, strict=True) if s <= 0.5]
    median = None
    if with_median and reached and round(reached[0], 1) > 0:
        median = Median(*printed(reached[0], 1))
    points = [landmark(t, float(truth.at(t))) for t in times]
    assert contradictions(points, median) == ()
    curve = reconstruct_curve(points, median, n=len(patients))
    grid = np.unique([*np.linspace(0, 60, 301), *time, *times, *np.nextafter(time, 0)])
    inside, tiny = truth.at(grid), 1e-12
    assert (curve.lower.at(grid) <= inside + tiny).all()
    assert (inside <= curve.upper.at(grid) + tiny).all()
    shown = grid[grid <= curve.last]
    drawn = curve.at(shown)
    assert (np.diff(drawn) <= tiny).all()
    assert (curve.lower.at(shown) <= drawn + tiny).all()
    assert (drawn <= curve.upper.at(shown) + tiny).all()
    assert (curve.ci_lower.at(grid) <= curve.lower.at(grid) + tiny).all()
    assert (curve.upper.at(grid) <= curve.ci_upper.at(grid) + tiny).all()
    assert np.isnan(curve.at(grid[grid > curve.last])).all()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(PATIENTS, TIMES, st.floats(1, 60))
def test_areas_are_those_of_numerical_integration(patients, times, horizon):
    time, event = (np.array(column) for column in zip(*patients, strict=True))
    truth = kaplan_meier(time, event)
    curve = reconstruct_curve([landmark(t, float(truth.at(t))) for t in times])
    found = restricted_mean(curve, horizon)
    for bound, area in ((curve.lower, found.lower), (curve.upper, found.upper)):
        middle = np.unique([0.0, horizon, *(t for t in bound.times if t < horizon)])
        direct = sum((b - a) * float(bound.at(0.5 * (a + b))) for a, b in pairwise(middle))
        assert area == pytest.approx(direct, rel=EXACT)
    if horizon > curve.last:
        assert math.isnan(found.value)
        assert any("bounds only" in note for note in found.notes)
    else:
        knots = [t for t in curve.times if t < horizon] + [horizon]
        direct = sum(quad(lambda t: curve.at(t).item(), a, b)[0] for a, b in pairwise(knots))
        assert found.value == pytest.approx(direct, rel=1e-6)
        assert found.lower - EXACT <= found.value <= found.upper + EXACT


@settings(deadline=None)
@given(PATIENTS, TIMES, st.floats(1, 60))
def test_swapping_the_arms_flips_the_difference_and_its_bounds(patients, times, horizon):
    time, event = (np.array(column) for column in zip(*patients, strict=True))
    truth = kaplan_meier(time, event)
    one = reconstruct_curve([landmark(t, float(truth.at(t))) for t in times])
    other = reconstruct_curve([], Median(5.0, 4.95, 5.05, 3.0, 9.0))
    there = restricted_mean_difference(one, other, horizon)
    back = restricted_mean_difference(other, one, horizon)
    assert (there.lower, there.upper) == (-back.upper, -back.lower)
    assert (there.ci_lower, there.ci_upper) == (-back.ci_upper, -back.ci_lower)


def test_constant_hazard_between_the_points_is_exact_for_an_exponential_curve():
    rate = 0.07
    points = [Landmark(t, math.exp(-rate * t)) for t in (3.0, 10.0, 24.0)]
    curve = reconstruct_curve(points, Median(math.log(2) / rate))
    times = np.linspace(0, 24, 97)
    assert curve.at(times) == pytest.approx(np.exp(-rate * times), rel=1e-12)
    assert restricted_mean(curve, 24).value == pytest.approx((1 - math.exp(-rate * 24)) / rate)


def test_order_of_the_landmarks_is_irrelevant():
    points = [Landmark(6, 0.6), Landmark(12, 0.35), Landmark(24, 0.1)]
    assert reconstruct_curve(points) == reconstruct_curve(points[::-1])


def test_a_median_alone_bounds_both_sides_and_ends_the_curve():
    curve = reconstruct_curve([], Median(8.0, 7.95, 8.05, 6.0, math.inf))
    assert curve.lower.at([7.9, 8.1]).tolist() == [0.5, 0.0]
    assert curve.upper.at([7.9, 8.1]).tolist() == [1.0, 0.5]
    assert curve.ci_lower.at([5.9, 6.1]).tolist() == [0.5, 0.0]
    assert curve.ci_upper.at([7.9, 1e9]).tolist() == [1.0, 1.0]
    assert curve.last == 8.0
    found = restricted_mean(curve, 12)
    assert math.isnan(found.value)
    assert found.lower == pytest.approx(0.5 * 7.95)
    assert found.upper == pytest.approx(8.05 + 0.5 * (12 - 8.05))


def test_the_envelope_at_an_unknown_time_is_unknown():
    curve = reconstruct_curve([Landmark(10, 0.5)])
    assert np.isnan(curve.lower.at([math.nan, 5])).tolist() == [True, False]
    assert np.isnan(curve.upper.at(math.nan))


def test_a_horizon_before_the_first_point_is_answered_from_the_curve_to_it():
    curve = reconstruct_curve([Landmark(12, 0.25)])
    found = restricted_mean(curve, 6)
    assert found.value == pytest.approx(6 * (1 - 0.5) / math.log(2))
    assert (found.lower, found.upper) == (1.5, 6.0)


def test_a_survival_of_zero_ends_in_a_straight_line():
    curve = reconstruct_curve([Landmark(10, 0.5), Landmark(20, 0.0)])
    assert curve.at([15, 20]).tolist() == pytest.approx([0.25, 0.0])
    assert restricted_mean(curve, 20).value == pytest.approx(0.5 * 10 / math.log(2) + 2.5)


def test_a_median_at_the_time_of_a_landmark_below_a_half_is_a_drop_there():
    curve = reconstruct_curve([Landmark(6, 0.3)], Median(6.0))
    assert curve.at(6).item() == pytest.approx(0.3)
    assert curve.at(5.9).item() >= 0.5
    assert curve.lower.at([5.9, 6.0]).tolist() == [0.5, 0.3]


def test_a_median_and_a_landmark_that_clash_only_by_rounding_are_reconciled():
    curve = reconstruct_curve([Landmark(6.02, 0.501, 0.5005, 0.5015)], Median(6.0, 5.95, 6.05))
    drawn = curve.at(np.linspace(0, 6.02, 200))
    assert (np.diff(drawn) <= 0).all()
    assert drawn[-1] == pytest.approx(0.5, abs=0.0016)


@pytest.mark.parametrize(
    ("points", "median", "words"),
    [
        ([Landmark(12, 0.6)], Median(8.0, 7.95, 8.05), ["60% at 12", "median 8"]),
        ([Landmark(6, 0.4, 0.395, 0.405)], Median(8.0), ["40% at 6", "median 8"]),
        ([Landmark(6, 0.3), Landmark(12, 0.4)], None, ["30% at 6", "40% at 12"]),
        ([Landmark(12, 0.3), Landmark(12, 0.4)], None, ["30% at 12", "40% at 12"]),
    ],
)
def test_printed_numbers_that_no_curve_can_have_are_named(points, median, words):
    listed = contradictions(points, median)
    assert len(listed) == 1
    assert all(word in listed[0] for word in words)
    with pytest.raises(ValueError, match="no falling curve has these numbers") as raised:
        reconstruct_curve(points, median, label="arm A")
    assert all(word in str(raised.value) for word in [*words, "arm A"])


def test_a_contradiction_within_rounding_is_none():
    assert contradictions([Landmark(8.0, 0.5, 0.4995, 0.5005)], Median(8.0, 7.95, 8.05)) == ()
    assert contradictions([Landmark(8.1, 0.501, 0.5005, 0.5015)], Median(8.0, 7.95, 8.05)) != ()


def test_landmarks_without_interval_get_that_of_the_patients_and_say_so():
    bare = Landmark(12, 0.378, 0.3775, 0.3785)
    known = reconstruct_curve([bare], n=200)
    assert known.ci_lower.at(12) == pytest.approx(wilson_interval(0.3775, 200)[0])
    assert known.ci_upper.at(12) == pytest.approx(wilson_interval(0.3785, 200)[1])
    assert any("37.8% at 12" in note and "200 patients" in note for note in known.notes)
    unknown = reconstruct_curve([bare])
    assert unknown.ci_upper.at([0, 12, 99]).tolist() == [1, 1, 1]
    assert unknown.ci_lower.at([1, 12]).tolist() == [0, 0]
    assert any("without confidence limits: 37.8% at 12" in note for note in unknown.notes)
    assert any("nothing is printed of chance" in note for note in unknown.notes)


@given(st.floats(0, 1), st.integers(1, 1000), st.floats(0.5, 0.999))
def test_wilson_limits_solve_the_score_equation(proportion, n, level):
    z = norm.ppf(0.5 + level / 2)
    for limit in wilson_interval(proportion, n, level):
        score = n * (proportion - limit) ** 2 - z**2 * limit * (1 - limit)
        assert score == pytest.approx(0, abs=1e-9 * max(n, 10))


def test_every_reconstruction_says_that_it_is_one():
    notes = reconstruct_curve([Landmark(12, 0.4)]).notes
    assert notes[0].startswith("reconstructed from printed numbers")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Landmark(0, 0.5), r"landmark: need a positive finite time, found 0"),
        (lambda: Landmark(-3, 0.5), r"landmark: need a positive finite time, found -3"),
        (lambda: Landmark(12, "38%"), r"landmark: need numbers, found '38%'"),
        (lambda: Median("8"), r"median: need numbers, found '8'"),
        (lambda: Median(8, ci_lower=None), r"median: need numbers, found None"),
        (lambda: Landmark(12, 38.0), r"need lower <= value <= upper within 0 and 1"),
        (lambda: Landmark(12, math.nan), r"need lower <= value <= upper"),
        (lambda: Landmark(12, 0.4, 0.41, 0.45), r"40% at 12: need lower <= value <= upper"),
        (lambda: Landmark(12, 0.4, ci_lower=0.5, ci_upper=0.6), r"need ci_lower <= value"),
        (lambda: Landmark(12, 0.4, ci_lower=0.3), r"need ci_lower <= value <= ci_upper"),
        (lambda: Median(math.inf), r"median: need a positive finite time, found inf"),
        (lambda: Median(8, ci_lower=9, ci_upper=10), r"median 8: need ci_lower <= value"),
        (lambda: wilson_interval(0.5, 0), r"n: need a whole number of patients, .* found 0"),
        (lambda: wilson_interval(0.5, 2.5), r"n: need a whole number of patients, .* found 2\.5"),
        (lambda: wilson_interval(1.2, 9), r"proportion: need a number from 0 to 1, found 1\.2"),
        (lambda: wilson_interval(math.nan, 9), r"proportion: need a number from 0 to 1, found nan"),
        (
            lambda: reconstruct_curve([], Median(8), n=math.inf),
            r"n: need a whole number of patients, at least 1, found inf",
        ),
        (lambda: reconstruct_curve([0.5]), r"landmarks\[0\]: need a Landmark, found 0\.5"),
        (lambda: reconstruct_curve(Landmark(1, 0.5)), r"landmarks: need a list, found Landmark"),
        (lambda: reconstruct_curve([], 8.0), r"median: need a Median or None, found 8\.0"),
        (lambda: reconstruct_curve([Landmark(1, 0.5)]).at("x"), r"times: need a number, found 'x'"),
        (
            lambda: restricted_mean(reconstruct_curve([Landmark(1, 0.5)]), "12"),
            r"horizon: need a positive finite time, found '12'",
        ),
        (lambda: reconstruct_curve(), r"need at least one landmark or a median"),
        (lambda: reconstruct_curve([Landmark(1, 0.5)], level=95), r"level: need a number between"),
        (lambda: restricted_mean(reconstruct_curve([Landmark(1, 0.5)]), 0), r"horizon: need a pos"),
        (
            lambda: restricted_mean_difference(
                reconstruct_curve([Landmark(1, 0.5)]),
                reconstruct_curve([Landmark(1, 0.5)], level=0.9),
                1,
            ),
            r"level: need one level, found 0\.95 and 0\.9",
        ),
    ],
)
def test_what_cannot_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
