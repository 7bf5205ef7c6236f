"""The multiverse holds every reasonable combination once, and counts honestly."""

from collections import Counter

import numpy as np
import pytest

from livingreview_pool import (
    bayes_random_effects,
    common_effect,
    multiverse,
    prefer,
    random_effects,
)
from livingreview_pool.effects import Effect


def effects(values, adjustment="", variance=0.05):
    return [
        Effect(f"S{place}", value, variance, "log_hr", adjustment=adjustment)
        for place, value in enumerate(values)
    ]


ADJUSTED = effects([-0.4, -0.1, 0.2, -0.6], "multivariable")
UNADJUSTED = effects([-0.5, -0.3, 0.1, -0.9], "univariable")
SELECTIONS = {"adjusted": ADJUSTED, "unadjusted": UNADJUSTED}


@pytest.fixture(scope="module")
def every_way():
    return multiverse(SELECTIONS)


def test_every_combination_of_choices_is_there_once(every_way):
    result = every_way
    # the common effect, six estimators with three intervals, three priors
    per_set = 1 + 6 * 3 + 3
    assert len(result.universes) == 2 * (1 + 4) * per_set
    keys = Counter(
        (u.selection, u.left_out, u.tau2_estimator, u.interval) for u in result.universes
    )
    assert set(keys.values()) == {1}
    assert {u.left_out for u in result.universes} == {(), ("S0",), ("S1",), ("S2",), ("S3",)}


def test_a_universe_is_what_its_choices_give_by_name(every_way):
    for universe in every_way.universes:
        kept = [e for e in SELECTIONS[universe.selection] if e.name not in universe.left_out]
        if universe.tau2_estimator == "common":
            expected = common_effect(kept)
        elif universe.tau2_estimator == "bayes":
            scale = float(universe.interval.removeprefix("half-normal "))
            assert universe.synthesis == bayes_random_effects(kept, scale=scale)
            assert universe.mean == universe.synthesis.median
            continue
        else:
            expected = random_effects(
                kept, tau2_estimator=universe.tau2_estimator, interval=universe.interval
            )
        assert universe.synthesis.mean == expected.mean
        assert universe.synthesis.ci_upper == expected.ci_upper


def test_the_summary_spans_all_universes(every_way):
    result = every_way
    means = [u.mean for u in result.universes]
    assert (result.lowest_mean, result.highest_mean) == (min(means), max(means))
    below = sum(u.synthesis.ci_upper < 0 for u in result.universes)
    assert 0 < below < len(means)
    assert (result.below_null, result.above_null) == (below, 0)
    assert result.lowest_limit <= result.lowest_mean
    assert result.highest_limit >= result.highest_mean


def test_with_two_studies_knapp_hartung_must_be_named():
    pair = {"pair": ADJUSTED[:2]}
    default = multiverse(pair, inclusion="all", prior_scales=[])
    assert {u.interval for u in default.universes} == {"z"}
    named = multiverse(
        pair, inclusion="all", intervals=["knha"], tau2_estimators=["reml"], prior_scales=[]
    )
    assert [u.interval for u in named.universes] == ["knha"]


def test_ratios_are_pooled_by_bayes_with_a_narrow_a_usual_and_a_wide_prior():
    result = multiverse({"pair": ADJUSTED[:2]}, inclusion="all", tau2_estimators=["reml"])
    priors = [u for u in result.universes if u.tau2_estimator == "bayes"]
    assert [u.interval for u in priors] == [f"half-normal {s}" for s in ("0.25", "0.5", "1")]
    widths = [u.synthesis.ci_upper - u.synthesis.ci_lower for u in priors]
    assert widths == sorted(widths)
    assert result.highest_limit == max(u.synthesis.ci_upper for u in priors)


def test_differences_and_single_studies_have_no_bayesian_way():
    differences = [Effect(name, 0.1, 0.01, "rd") for name in "AB"]
    for selection in (differences, ADJUSTED[:1]):
        found = multiverse({"one": selection}, inclusion="all").universes
        assert all(u.tau2_estimator != "bayes" for u in found)


def test_a_choice_named_twice_is_counted_once():
    once = multiverse(SELECTIONS, tau2_estimators=["reml"], intervals=["z"], prior_scales=[])
    names = {"tau2_estimators": ["reml", "reml"], "intervals": ["z", "z"]}
    assert multiverse(SELECTIONS, **names, prior_scales=[]) == once


def test_a_single_study_has_a_single_universe():
    (universe,) = multiverse({"one": ADJUSTED[:1]}).universes
    assert universe.synthesis.mean == -0.4


def test_subsets_are_all_sets_of_two_studies_or_more():
    result = multiverse(
        {"all": ADJUSTED}, tau2_estimators=["common"], inclusion="subsets", prior_scales=[]
    )
    assert Counter(u.synthesis.k for u in result.universes) == {4: 1, 3: 4, 2: 6}


def test_single_arms_have_no_null_to_exclude():
    arms = [Effect(f"S{i}", -2.0, 0.01, "logit_proportion") for i in range(3)]
    result = multiverse({"arms": arms})
    assert (result.below_null, result.above_null) == (0, 0)
    assert np.isfinite(result.lowest_mean)


def test_the_preferred_adjustment_is_taken_where_a_study_has_it():
    mixed = [*UNADJUSTED, *ADJUSTED[:2]]
    chosen = prefer(mixed, ["multivariable", "univariable"])
    assert [(e.study, e.adjustment) for e in chosen] == [
        ("S0", "multivariable"),
        ("S1", "multivariable"),
        ("S2", "univariable"),
        ("S3", "univariable"),
    ]
    assert [e.study for e in prefer(mixed, ["multivariable"])] == ["S0", "S1"]


def test_two_estimates_of_one_kind_and_text_for_a_list_are_refused():
    with pytest.raises(ValueError, match="need one estimate of S0 with adjustment 'univariable'"):
        prefer([UNADJUSTED[0], UNADJUSTED[0]], ["univariable"])
    with pytest.raises(ValueError, match="adjustments: need a list, found 'univariable'"):
        prefer(UNADJUSTED, "univariable")


def test_estimates_that_share_patients_are_refused_in_every_selection():
    with pytest.raises(ValueError, match=r"share patients \(S0\)"):
        multiverse({"mixed": [ADJUSTED[0], UNADJUSTED[0]]})


@pytest.mark.parametrize(
    ("selections", "options", "message"),
    [
        ({}, {}, "selections: need names with their effects, found {}"),
        (ADJUSTED, {}, r"selections: need names with their effects, found \[Effect"),
        ({"text": "abc"}, {}, r"selections\['text'\]: need a list, found 'abc'"),
        ({"number": [0.3]}, {}, r"effects\[0\]: need an Effect .*, found 0.3"),
        (
            {"ratios": ADJUSTED, "other": [Effect("S9", 0.1, 0.1, "md")]},
            {},
            "selections: need one measure, found log_hr, md",
        ),
        (SELECTIONS, {"tau2_estimators": []}, "tau2_estimators: need at least one, found none"),
        (SELECTIONS, {"tau2_estimators": "reml"}, "tau2_estimators: need a list, found 'reml'"),
        ({"empty": []}, {}, r"selections\['empty'\]: need at least one effect"),
        (SELECTIONS, {"inclusion": "none"}, "inclusion: need one of .* found 'none'"),
        (SELECTIONS, {"tau2_estimators": ["fe"]}, "tau2_estimators: need one of .* found 'fe'"),
        (SELECTIONS, {"intervals": ["hk"]}, "intervals: need one of .* found 'hk'"),
        ({"many": effects(np.zeros(13))}, {"inclusion": "subsets"}, "at most 12"),
    ],
)
def test_impossible_requests_are_refused_by_name(selections, options, message):
    with pytest.raises(ValueError, match=message):
        multiverse(selections, **options)
