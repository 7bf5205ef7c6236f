"""The registry of measures and the way back to the display scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from livingreview_pool.measures import MEASURES, double_arcsine, measure


def test_every_measure_is_registered_under_its_own_key():
    assert {key: entry.key for key, entry in MEASURES.items()} == {key: key for key in MEASURES}
    assert {"log_or", "log_rr", "rd", "peto", "log_hr", "md"} <= set(MEASURES)


def test_only_measures_that_compare_two_arms_have_a_value_of_no_effect():
    for entry in MEASURES.values():
        assert (entry.null is None) == (not entry.compares)


@pytest.mark.parametrize("key", MEASURES)
def test_display_values_stay_within_the_bounds_and_keep_the_order(key):
    entry = measure(key)
    values = np.linspace(-6, 6, 101)
    shown = entry.to_display(values)
    assert shown.min() >= entry.bounds[0]
    assert shown.max() <= entry.bounds[1]
    assert np.all(np.diff(shown) >= 0)


def test_log_ratios_are_shown_as_ratios_and_logits_as_proportions():
    assert measure("log_hr").to_display(np.log(0.7)) == pytest.approx(0.7, rel=1e-15)
    values = np.linspace(-700, 700, 29)
    np.testing.assert_allclose(
        measure("logit_proportion").to_display(values), expit(values), rtol=1e-15, atol=1e-16
    )


def test_a_log_ratio_beyond_all_numbers_is_shown_as_infinite():
    assert measure("log_or").to_display([-1e200, 1e200]).tolist() == [0.0, np.inf]


@given(st.integers(1, 5000), st.data())
def test_the_double_arcsine_of_a_study_turns_back_into_its_proportion(n, data):
    events = data.draw(st.integers(0, n))
    shown = measure("double_arcsine_proportion").to_display(double_arcsine(events, n), n=n)
    assert shown == pytest.approx(events / n, abs=1e-7)


def test_the_double_arcsine_without_n_uses_the_limit_for_large_samples():
    assert measure("double_arcsine_proportion").to_display(np.pi / 4) == pytest.approx(0.5)


@pytest.mark.parametrize("events", [-1, 11, [3, 12]])
def test_the_double_arcsine_of_more_or_fewer_events_than_can_be_is_refused(events):
    with pytest.raises(ValueError, match="double_arcsine: need events from 0 to n, found"):
        double_arcsine(events, 10)


@pytest.mark.parametrize("n", [0, -3, float("nan"), float("inf"), "10"])
def test_a_sample_size_that_is_not_positive_is_refused(n):
    with pytest.raises(ValueError, match="to_display: need a positive finite n, found"):
        measure("double_arcsine_proportion").to_display(0.5, n=n)


@pytest.mark.parametrize("key", ["hr", "", None, ["log_or"]])
def test_an_unknown_measure_is_refused_with_the_known_ones(key):
    with pytest.raises(ValueError, match="measure: need one of log_or, log_rr"):
        measure(key)
