"""Absolute effects against published examples, direct formulas and algebra."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_pool import common_effect
from livingreview_pool.absolute import (
    RISK,
    absolute_effect,
    absolute_effects,
    number_needed,
    risk_with_treatment,
)
from livingreview_pool.effects import Effect

ROUNDING = 1e-9  # double precision over a few operations, on a scale of 1,000
RISKS = st.floats(0.01, 0.99)
LOG_RATIOS = st.floats(-3, 3)


def spread(measure, effect, baseline, half=0.2):
    return absolute_effect(
        measure, effect, (effect - half, effect + half), baseline_risk=baseline, time="12 months"
    )


@given(LOG_RATIOS, RISKS)
def test_an_odds_ratio_is_the_ratio_of_the_odds_it_leads_to(effect, baseline):
    risk = risk_with_treatment("log_or", effect, baseline)
    odds_ratio = (risk / (1 - risk)) / (baseline / (1 - baseline))
    assert odds_ratio == pytest.approx(math.exp(effect), rel=1e-9)


@given(LOG_RATIOS, RISKS)
def test_a_hazard_ratio_raises_the_survival_to_its_power(effect, baseline):
    survival = 1 - risk_with_treatment("log_hr", effect, baseline)
    assert survival == pytest.approx((1 - baseline) ** math.exp(effect), abs=1e-12)


@given(st.floats(-3, 0), RISKS)
def test_a_risk_ratio_is_the_ratio_of_the_risks_it_leads_to(effect, baseline):
    risk = risk_with_treatment("log_rr", effect, baseline)
    assert risk / baseline == pytest.approx(math.exp(effect), rel=1e-12)


@given(st.sampled_from(sorted(RISK)), RISKS)
def test_no_effect_leaves_the_risk_as_it_is(measure, baseline):
    found = spread(measure, 0.0, baseline)
    assert found.experimental == pytest.approx(1000 * baseline, rel=1e-12)
    assert found.crosses_no_effect


@given(st.sampled_from(sorted(RISK)), st.floats(-1.5, 1.5), RISKS)
def test_limits_keep_their_order_and_stay_within_a_thousand(measure, effect, baseline):
    found = spread(measure, effect, baseline)
    limits = (found.experimental_lower, found.experimental, found.experimental_upper)
    assert limits == tuple(sorted(limits))
    assert limits[0] >= 0
    assert limits[2] <= 1000
    assert found.difference == pytest.approx(found.experimental - found.control, abs=ROUNDING)


@given(st.sampled_from(["log_or", "log_rr", "log_hr"]), st.floats(-1, 1))
def test_at_a_small_baseline_risk_all_ratios_agree(measure, effect):
    risk = risk_with_treatment(measure, effect, 1e-7)
    assert risk / 1e-7 == pytest.approx(math.exp(effect), rel=1e-5)


def test_the_example_of_the_cochrane_handbook_is_reproduced():
    # Handbook 5.1, 12.5.4.3: OR 0.73 at a risk of 0.3 is 62 fewer per 1000, NNT 17 (rounded up).
    found = spread("log_or", math.log(0.73), 0.3)
    assert round(found.difference) == -62
    assert math.ceil(found.number_needed.value) == 17
    assert found.number_needed.direction == "fewer"


@pytest.mark.parametrize(("baseline", "with_treatment"), [(0.8, 600), (0.2, 150)])
def test_a_risk_ratio_of_three_quarters_does_what_the_handbook_says(baseline, with_treatment):
    # Handbook 5.1, 11.5.5: 80% to 60%, and 20% to 15%.
    found = spread("log_rr", math.log(0.75), baseline)
    assert found.experimental == pytest.approx(with_treatment, abs=ROUNDING)


def test_number_needed_at_a_time_is_one_over_the_difference_of_the_survivals():
    # Altman & Andersen 1999: NNT = 1 / (Sc ** h - Sc).
    found = spread("log_hr", math.log(0.72), 1 - 0.33)
    assert found.number_needed.value == pytest.approx(1 / (0.33**0.72 - 0.33), rel=1e-12)
    assert found.number_needed.direction == "fewer"


def test_an_interval_across_no_effect_has_numbers_needed_in_both_directions():
    found = absolute_effect("rd", -0.10, (-0.25, 0.05), baseline_risk=0.4)
    fewer, more = found.number_needed_limits
    assert found.crosses_no_effect
    assert (round(fewer.value, 9), fewer.direction) == (4.0, "fewer")
    assert (round(more.value, 9), more.direction) == (20.0, "more")


def test_equal_risks_need_infinitely_many():
    assert number_needed(0.0).value == math.inf
    assert number_needed(0.0).direction == "none"


def test_a_risk_above_one_is_held_there_and_said():
    found = absolute_effect("log_rr", math.log(2), (0.0, math.log(4)), baseline_risk=0.6)
    assert found.experimental == 1000
    assert any("held at its limit" in note for note in found.notes)
    within = absolute_effect("log_rr", 0.0, (-0.1, 0.1), baseline_risk=0.6)
    assert not any("held at its limit" in note for note in within.notes)


@pytest.mark.parametrize("measure", ["log_or", "log_hr", "log_rr"])
@pytest.mark.parametrize("baseline", [0.0, 1.0])
def test_certain_events_and_impossible_ones_stay_so(measure, baseline):
    risk = risk_with_treatment(measure, -0.0, baseline)
    assert risk == baseline


def test_a_synthesis_gives_one_result_for_each_baseline_risk():
    pooled = common_effect([Effect("A", -0.4, 0.04, "log_hr"), Effect("B", -0.2, 0.09, "log_hr")])
    low, high = absolute_effects(pooled, (0.3, 0.7), time="6 months")
    assert (low.baseline_risk, high.baseline_risk) == (0.3, 0.7)
    assert low.experimental_upper == pytest.approx(
        1000 * (1 - 0.7 ** math.exp(pooled.ci_upper)), abs=ROUNDING
    )
    assert low.time == "6 months"
    assert low.level == pooled.level


@pytest.mark.parametrize(
    ("measure", "changed", "message"),
    [
        ("md", {}, r"measure: need one of .*log_or.* found 'md'"),
        ("rd", {"baseline_risk": 50}, "baseline_risk: need a number from 0 to 1, found 50"),
        ("rd", {"baseline_risk": "0.3"}, "baseline_risk: need a number from 0 to 1, found '0.3'"),
        ("rd", {"baseline_risk": math.nan}, "baseline_risk: need a number from 0 to 1, found nan"),
        ("rd", {"effect": "-0.1"}, "effect: need a number from -700 to 700, found '-0.1'"),
        ("rd", {"ci": (0.0, 0.2)}, r"ci: need two limits around the effect, found -0\.1 and"),
        ("rd", {"ci": (-0.2, math.nan)}, "ci: need two limits around the effect"),
        ("rd", {"ci": (-0.2, -0.1, 0)}, "ci: need two limits around the effect"),
        ("rd", {"ci": 0.2}, "ci: need two limits around the effect"),
        ("rd", {"ci": ("low", 0)}, r"ci\[0\]: need a number, found 'low'"),
        ("rd", {"ci": (-math.inf, 0.2)}, "effect: need a number from -700 to 700, found -inf"),
        ("log_rr", {"ci": (-0.2, 800)}, "effect: need a number from -700 to 700, found 800"),
        ("log_rr", {"level": "0.95"}, "level: need a number between 0 and 1, found '0.95'"),
        ("log_hr", {}, "time: need the time of the baseline risk, such as '12 months', found ''"),
        ("log_hr", {"time": 12}, "time: need the time of the baseline risk, .* found 12"),
    ],
)
def test_what_cannot_be_answered_is_refused(measure, changed, message):
    arguments = {"effect": -0.1, "ci": (-0.2, 0.0), "baseline_risk": 0.5} | changed
    with pytest.raises(ValueError, match=message):
        absolute_effect(measure, **arguments)


@pytest.mark.parametrize("difference", [math.nan, math.inf, "5", 1001])
def test_a_difference_that_a_thousand_people_cannot_have_is_refused(difference):
    with pytest.raises(ValueError, match="difference: need a number from -1000 to 1000, found"):
        number_needed(difference)


def test_baseline_risks_are_a_list():
    pooled = common_effect([Effect("A", -0.4, 0.04, "log_rr")])
    with pytest.raises(ValueError, match=r"baseline_risks: need a list, found 0\.3"):
        absolute_effects(pooled, 0.3)
