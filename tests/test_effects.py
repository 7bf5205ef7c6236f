"""Routes from printed numbers to effects, and counts to estimates, against pinned results."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from livingreview_pool import common_effect, random_effects
from livingreview_pool.effect_sizes import RECIPES, effect_sizes
from livingreview_pool.effects import (
    Effect,
    check_poolable,
    generic_effect,
    log_hazard_ratio_from_ci,
    log_hazard_ratio_from_events,
    log_hazard_ratio_from_medians,
    log_hazard_ratio_from_p,
    log_hazard_ratio_from_p_and_events,
    log_ratio_from_ci,
    one_arm_effect,
    two_arm_effect,
)
from livingreview_pool.measures import MEASURES, measure
from reference_cases import CLOSED, cases, numbers

CASES = cases("effect_sizes")
TWO_ARMS = {"OR": "log_or", "RR": "log_rr", "RD": "rd", "PETO": "peto"}
PROPORTIONS = {
    "PR": "proportion",
    "PLN": "log_proportion",
    "PLO": "logit_proportion",
    "PAS": "arcsine_proportion",
    "PFT": "double_arcsine_proportion",
}
RATES = {"IR": "rate", "IRLN": "log_rate", "IRS": "sqrt_rate"}
RULES = ("only0", "all", "if0all", "none")
OURS = {
    **{
        key: {
            **{"a": "events_experimental", "n1": "n_experimental"},
            **{"c": "events_control", "n2": "n_control"},
        }
        for key in TWO_ARMS
    },
    **{key: {"x": "events", "n": "n"} for key in PROPORTIONS},
    **{key: {"x": "events", "t": "time"} for key in RATES},
    "IRR": {
        "x1": "events_experimental",
        "t1": "time_experimental",
        "x2": "events_control",
        "t2": "time_control",
    },
    **{
        key: {
            **{"m1": "mean_experimental", "sd1": "sd_experimental", "n1": "n_experimental"},
            **{"m2": "mean_control", "sd2": "sd_control", "n2": "n_control"},
        }
        for key in ("MD", "SMD")
    },
}
KEYS = {
    **{**TWO_ARMS, **PROPORTIONS, **RATES},
    **{"IRR": "log_rate_ratio", "MD": "md", "SMD": "smd"},
}


def test_the_pinned_grid_is_the_full_grid():
    both = {(m, to, drop) for m, to, drop in product([*TWO_ARMS, "IRR"], RULES, (False, True))}
    single = {(m, to, False) for m, to in product([*PROPORTIONS, *RATES], RULES)}
    pinned = [(case["measure"], case["to"], case["drop00"]) for case in CASES]
    assert len(pinned) == len(set(pinned))
    others = {(name, "none", False) for name in ("MD", "SMD", "back")}
    assert set(pinned) == both | single | others
    assert set(KEYS.values()) == set(RECIPES)
    assert set(RECIPES) == set(MEASURES) - {"log_hr"}


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["measure"] != "back"], ids=lambda case: case["call"]
)
def test_effect_sizes_give_the_pinned_result(case):
    counts = {OURS[case["measure"]][name]: column for name, column in case["data"].items()}
    yi, vi = effect_sizes(KEYS[case["measure"]], to=case["to"], drop00=case["drop00"], **counts)
    expected_yi, expected_vi = numbers(case["yi"]), numbers(case["vi"])
    assert np.isfinite(expected_yi).any()
    both = np.isfinite(expected_yi) & np.isfinite(expected_vi)
    np.testing.assert_array_equal(np.isfinite(yi), both)
    np.testing.assert_allclose(yi[both], expected_yi[both], rtol=CLOSED, atol=1e-14)
    np.testing.assert_allclose(vi[both], expected_vi[both], rtol=CLOSED, atol=1e-14)


def test_the_double_arcsine_turns_back_as_pinned():
    (case,) = [c for c in CASES if c["measure"] == "back"]
    entry = measure("double_arcsine_proportion")
    shown = [
        float(entry.to_display(y, n=n))
        for y, n in zip(case["data"]["yi"], case["data"]["n"], strict=True)
    ]
    np.testing.assert_allclose(shown, case["yi"], rtol=1e-7, atol=1e-7)


counts_2x2 = st.tuples(*[st.integers(0, 60)] * 4).filter(
    lambda cells: 0 not in (cells[0] + cells[1], cells[2] + cells[3])
)
informative_2x2 = counts_2x2.filter(
    lambda cells: 0 not in (cells[0] + cells[2], cells[1] + cells[3])
)


@given(counts_2x2, st.sampled_from(sorted(TWO_ARMS.values())))
def test_swapping_the_arms_flips_the_sign_and_keeps_the_variance(cells, key):
    a, b, c, d = cells
    arms = {"events_experimental": a, "n_experimental": a + b}
    others = {"events_control": c, "n_control": c + d}
    swapped = {
        **{"events_experimental": c, "n_experimental": c + d},
        **{"events_control": a, "n_control": a + b},
    }
    yi, vi = effect_sizes(key, **arms, **others)
    turned_yi, turned_vi = effect_sizes(key, **swapped)
    np.testing.assert_allclose(turned_yi, -yi, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(turned_vi, vi, rtol=1e-12)


@given(informative_2x2)
def test_counting_survivors_instead_of_deaths_flips_the_odds_ratio(cells):
    a, b, c, d = cells
    deaths = two_arm_effect("S", (a, a + b), (c, c + d), "log_or")
    survivors = two_arm_effect("S", (b, a + b), (d, c + d), "log_or")
    assert survivors.yi == pytest.approx(-deaths.yi, abs=1e-12)
    assert survivors.vi == pytest.approx(deaths.vi, rel=1e-12)


@given(
    st.floats(0.01, 100),
    st.floats(0.01, 3),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999]),
)
def test_interval_to_effect_to_interval_round_trips(ratio, standard_error, level):
    half = norm.ppf(0.5 + level / 2) * standard_error
    lower, upper = ratio * np.exp(-half), ratio * np.exp(half)
    effect = log_hazard_ratio_from_ci("S", ratio, lower, upper, level=level)
    assert effect.standard_error == pytest.approx(standard_error, rel=1e-10)
    np.testing.assert_allclose(np.exp(effect.interval(level)), [lower, upper], rtol=1e-10)


@given(st.floats(0.05, 0.95), st.floats(0.001, 0.9))
def test_p_value_to_effect_to_p_value_round_trips(ratio, p_value):
    effect = log_hazard_ratio_from_p("S", ratio, p_value)
    assert 2 * norm.sf(abs(effect.yi) / effect.standard_error) == pytest.approx(p_value, rel=1e-9)


def test_events_alone_give_the_variance_of_four_over_events_with_equal_arms():
    assert log_hazard_ratio_from_events("S", 0.8, 100).vi == pytest.approx(0.04, rel=1e-15)
    uneven = log_hazard_ratio_from_events("S", 0.8, 100, share=0.25)
    assert uneven.vi == pytest.approx(1 / (100 * 0.25 * 0.75), rel=1e-15)


def test_a_p_value_takes_its_direction_from_the_caller():
    for favours, sign in (("experimental", -1), ("control", 1)):
        effect = log_hazard_ratio_from_p_and_events("S", 0.02, 120, favours=favours)
        assert np.sign(effect.yi) == sign
        assert abs(effect.yi) / effect.standard_error == pytest.approx(norm.isf(0.01), rel=1e-12)


def test_an_effect_from_medians_is_marked_as_approximate():
    effect = log_hazard_ratio_from_medians("S", (12.0, 9.0), (40, 45))
    assert effect.yi == pytest.approx(np.log(9 / 12))
    assert effect.vi == pytest.approx(1 / 40 + 1 / 45)
    assert any("approximate" in note for note in effect.notes)


def test_every_route_names_itself_and_its_assumption():
    effects = [
        log_hazard_ratio_from_ci("S", 0.7, 0.5, 0.98),
        log_ratio_from_ci("S", 0.7, (0.5, 0.98), "log_or"),
        log_hazard_ratio_from_p("S", 0.7, 0.03),
        log_hazard_ratio_from_p_and_events("S", 0.03, 80, favours="control"),
        log_hazard_ratio_from_events("S", 0.7, 80),
        log_hazard_ratio_from_medians("S", (12.0, 9.0), (40, 45)),
        two_arm_effect("S", (3, 10), (4, 12), "rd"),
        one_arm_effect("S", 3, 10),
        one_arm_effect("S", 3, 10.5, "log_rate"),
        two_arm_effect("S", (3, 10.5), (4, 9.5), "log_rate_ratio"),
        two_arm_effect("S", (5.0, 2.0, 10), (4.0, 2.0, 12), "md"),
        generic_effect("S", 0.3, 0.1, "md"),
    ]
    assert all(effect.route and effect.assumption for effect in effects)


def test_a_comparison_without_events_has_a_risk_difference_but_no_ratio():
    assert two_arm_effect("S", (0, 10), (0, 12), "rd").vi > 0
    for key in ("log_or", "log_rr", "peto"):
        with pytest.raises(ValueError, match=rf"events \(S\): these counts give no {key}"):
            two_arm_effect("S", (0, 10), (0, 12), key)


def test_a_zero_cell_is_noted_where_a_half_was_added():
    assert two_arm_effect("S", (0, 10), (4, 12), "log_or").notes
    assert one_arm_effect("S", 10, 10).notes
    assert one_arm_effect("S", 0, 10.5, "log_rate").notes
    assert not one_arm_effect("S", 10, 10, "double_arcsine_proportion").notes
    assert not one_arm_effect("S", 0, 10.5, "sqrt_rate").notes
    assert not two_arm_effect("S", (1, 10), (4, 12), "log_or").notes


def test_pooling_estimates_that_share_patients_names_both_and_the_cohort():
    whole = Effect("A", 0.1, 0.1, "log_hr", label="whole", cohorts=frozenset({"a-all"}))
    matched = Effect("B", 0.2, 0.1, "log_hr", label="matched", cohorts=frozenset({"b", "a-all"}))
    message = r"A / whole and B / matched share patients \(a-all\)"
    for pool in (common_effect, random_effects, check_poolable):
        with pytest.raises(ValueError, match=message):
            pool([whole, matched])


def test_two_estimates_of_one_study_share_its_patients_unless_cohorts_say_otherwise():
    first = Effect("A", 0.1, 0.1, "log_hr", population="younger")
    second = Effect("A", 0.2, 0.1, "log_hr", population="older")
    with pytest.raises(ValueError, match=r"A / younger and A / older share patients \(A\)"):
        common_effect([first, second])
    parts = [replace(first, cohorts=frozenset({"a1"})), replace(second, cohorts=frozenset({"a2"}))]
    assert common_effect(parts).k == 2


def test_effects_of_different_measures_are_not_pooled():
    effects = [Effect("A", 0.1, 0.1, "log_hr"), Effect("B", 0.1, 0.1, "log_or")]
    with pytest.raises(ValueError, match=r"need one measure, found log_hr \(A\) and log_or \(B\)"):
        common_effect(effects)


@pytest.mark.parametrize(
    ("yi", "vi", "key", "message"),
    [
        (np.nan, 1, "log_or", "yi: need a finite estimate for S, found nan"),
        (0.1, 0, "log_or", "vi: need a positive finite variance for S, found 0"),
        (0.1, -1, "log_or", "vi: need a positive finite variance for S, found -1"),
        (0.1, np.inf, "log_or", "vi: need a positive finite variance for S, found inf"),
        (0.1, 1, "or", "measure: need one of"),
        ("x", 1, "log_or", "yi: need a finite estimate for S, found 'x'"),
        (0.1, True, "log_or", "vi: need a positive finite variance for S, found True"),
    ],
)
def test_an_impossible_effect_is_refused(yi, vi, key, message):
    with pytest.raises(ValueError, match=message):
        Effect("S", yi, vi, key)


@pytest.mark.parametrize(
    ("cohorts", "message"),
    [
        ("young", r"cohorts: need a set of names, found the text 'young'; write \{'young'\}"),
        ({1, 2}, r"cohorts: need a set of names, found \{1, 2\}"),
        (3, "cohorts: need a set of names, found 3"),
    ],
)
def test_cohorts_are_a_set_of_names(cohorts, message):
    with pytest.raises(ValueError, match=message):
        Effect("S", 0.1, 1, "md", cohorts=cohorts)


def test_an_effect_belongs_to_a_study_with_a_name():
    with pytest.raises(ValueError, match=r"study: need a name, found \['S'\]"):
        Effect(["S"], 0.1, 1, "md")


def test_only_effects_are_checked_for_pooling():
    with pytest.raises(ValueError, match=r"effects\[1\]: need an Effect .*, found 3"):
        check_poolable([Effect("S", 0.1, 1, "md"), 3])


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"events": [], "n": []}, "events: need at least one study, found k = 0"),
        ({"events": ["1"], "n": [5]}, r"events\[0\]: need a number, found '1'"),
        ({"events": [1], "n": [1e20]}, r"n\[0\]: need at most 9.0072e\+15, found 1e\+20"),
        (
            {"events": np.ma.array([1, 2], mask=[0, 1]), "n": [5, 5]},
            "events: need numbers, found masked values",
        ),
        ({"events": [1, -1], "n": [5, 5]}, r"events\[1\]: need a whole number .* found -1"),
        ({"events": [1, 2.5], "n": [5, 5]}, r"events\[1\]: need a whole number .* found 2.5"),
        ({"events": [1, 6], "n": [5, 5]}, r"events\[1\]: need at most n = 5, found 6"),
        ({"events": [np.nan], "n": [5]}, r"events\[0\]: need a whole number .* found nan"),
        ({"events": [0], "n": [0]}, r"n\[0\]: need a whole number of at least 1, found 0"),
        ({"events": [1, 2], "n": [5]}, "n: need 2 values like events, found 1"),
        ({"events": [1]}, "proportion needs events, n; found events"),
        ({}, "proportion needs events, n; found nothing"),
    ],
)
def test_impossible_counts_are_refused_by_argument_place_and_value(counts, message):
    with pytest.raises(ValueError, match=message):
        effect_sizes("proportion", **counts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "some"}, "to: need one of only0, all, if0all, none, found 'some'"),
        ({"add": -1}, "add: need a number of at least 0, found -1"),
        ({"add": "a"}, "add: need a number of at least 0, found 'a'"),
        ({"drop00": "no"}, "drop00: need True or False, found 'no'"),
    ],
)
def test_unknown_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        effect_sizes("proportion", events=[1], n=[5], **options)


def test_rates_and_means_refuse_times_and_deviations_that_are_not_positive():
    with pytest.raises(ValueError, match=r"time\[0\]: need a positive number, found 0"):
        effect_sizes("rate", events=[1], time=[0])
    means = {name: [5.0] for name in OURS["MD"].values()}
    with pytest.raises(ValueError, match=r"sd_control\[0\]: need a positive number, found -1"):
        effect_sizes("md", **{**means, "sd_control": [-1.0]})
    with pytest.raises(ValueError, match=r"mean_control\[0\]: need a finite number, found inf"):
        effect_sizes("md", **{**means, "mean_control": [np.inf]})


def test_a_hazard_ratio_has_no_route_from_counts():
    with pytest.raises(ValueError, match="'log_hr' has no formula from counts"):
        effect_sizes("log_hr", events=[1], n=[5])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: log_hazard_ratio_from_ci("S", 0.7, 0.8, 0.9), r"ci \(S\): need 0 < ci_lower"),
        (lambda: log_hazard_ratio_from_ci("S", 0.7, 0, 0.9), "found 0, 0.7, 0.9"),
        (lambda: log_hazard_ratio_from_ci("S", 0.7, 0.5, np.nan), "found 0.5, 0.7, nan"),
        (lambda: log_hazard_ratio_from_ci("S", 0.7, 0.5, 0.9, level=95), "level: need a number"),
        (lambda: log_hazard_ratio_from_ci("S", 0.7, 0.5, 0.9, level="a"), "level: .* found 'a'"),
        (lambda: log_hazard_ratio_from_ci("S", "x", 0.5, 0.9), "found 0.5, x, 0.9"),
        (lambda: log_ratio_from_ci("S", 0.7, 0.5, "log_or"), r"ci \(S\): need two numbers, .* 0.5"),
        (lambda: log_hazard_ratio_from_p("S", 0.7, "p"), r"p_value \(S\): need .* found 'p'"),
        (lambda: two_arm_effect("S", 3, (2, 6), "rd"), r"experimental \(S\): need two numbers"),
        (lambda: one_arm_effect("S", [1], 6), r"events, n \(S\): need two numbers"),
        (lambda: one_arm_effect("S", 1, None, "rate"), r"events, time \(S\): need two numbers"),
        (lambda: two_arm_effect("S", (5, 2), (4, 2, 9), "md"), r"experimental \(S\): need three"),
        (lambda: two_arm_effect("S", (1, 2), (1, 2), "rate"), "need one for 2 arm.* found 'rate'"),
        (lambda: one_arm_effect("S", 1, 2, "log_or"), "need one for 1 arm.* found 'log_or'"),
        (lambda: generic_effect("S", 0.3, 0, "md"), r"standard_error \(S\): need a positive"),
        (lambda: log_ratio_from_ci("S", 0.7, (0.5, 0.9), "rd"), "need a ratio, found 'rd'"),
        (lambda: log_hazard_ratio_from_p("S", 0.7, 1.2), r"p_value \(S\): need .* found 1.2"),
        (lambda: log_hazard_ratio_from_p("S", 1, 0.2), "a ratio of 1 has no standard error"),
        (lambda: log_hazard_ratio_from_p("S", -1, 0.2), r"hazard_ratio \(S\): need a positive"),
        (
            lambda: log_hazard_ratio_from_p_and_events("S", 0.1, 50, favours="us"),
            r"favours \(S\): need 'experimental' or 'control', found 'us'",
        ),
        (lambda: log_hazard_ratio_from_events("S", 0.7, 0), r"events \(S\): need a positive"),
        (lambda: log_hazard_ratio_from_events("S", 0.7, 9, share=1), r"share \(S\): need a number"),
        (lambda: log_hazard_ratio_from_medians("S", (0, 9), (4, 5)), r"medians \(S\): need a pos"),
        (lambda: log_hazard_ratio_from_medians("S", (8, 9), (4, 0)), r"events \(S\): need a pos"),
        (
            lambda: two_arm_effect("S", (0, 5), (0, 6), "peto"),
            r"events \(S\): these counts give no",
        ),
    ],
)
def test_a_route_refuses_what_it_cannot_use(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "case", [c for c in CASES if c["measure"] in {"MD", "IRR"} and c["to"] in {"only0", "none"}]
)
def test_means_and_rates_of_two_arms_give_the_pinned_effect_study_by_study(case):
    columns = [case["data"][name] for name in OURS[case["measure"]]]
    half = len(columns) // 2
    expected = zip(numbers(case["yi"]), numbers(case["vi"]), strict=True)
    for row, (yi, vi) in zip(zip(*columns, strict=True), expected, strict=True):
        if 0 not in row:
            effect = two_arm_effect("S", row[:half], row[half:], KEYS[case["measure"]])
            assert (effect.yi, effect.vi) == pytest.approx((yi, vi), rel=CLOSED)
