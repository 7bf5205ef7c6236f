"""Leave-one-out, cumulative, influence, Egger and trim-and-fill against pinned results."""

from itertools import product

import numpy as np
import pytest

from livingreview_pool import (
    common_effect,
    cumulative,
    egger_test,
    influence,
    leave_one_out,
    random_effects,
    trim_and_fill,
)
from livingreview_pool.effects import Effect
from reference_cases import CLOSED, SOLVED, assert_close, cases, data_sets

SETS = ("bcg", "hackshaw", "nielweise", "pritz", "debruin", "yusuf")
DATA = data_sets()
PINNED = {(case["set"], case["interval"]): case for case in cases("diagnostics")}
ASYMMETRY = {case["set"]: case for case in cases("asymmetry")}
INFLUENCE = {
    "rstudent": "residual",
    "dffits": "dffits",
    "cook": "cook",
    "cov_ratio": "cov_ratio",
    "tau2_deleted": "tau2_without",
    "q_deleted": "q_without",
    "hat": "hat",
}
DIFFERENCES = 1e-6  # the shift of a mean by one study loses digits to cancellation


def test_the_pinned_grid_is_the_full_grid():
    assert set(PINNED) == set(product(SETS, ("z", "knha")))
    assert set(ASYMMETRY) == set(SETS)
    for case in ASYMMETRY.values():
        variants = {(f["model"], f["estimator"], f["side"]) for f in case["trim_and_fill"]}
        assert variants == set(product(("common", "random"), ("L0", "R0"), ("left", "right")))


@pytest.mark.parametrize(("name", "interval"), sorted(PINNED))
def test_leaving_out_each_study_gives_the_pinned_results(name, interval):
    expected = PINNED[name, interval]["leave_one_out"]
    fits = leave_one_out(*DATA[name], interval=interval)
    assert len(fits) == len(DATA[name][0])
    for field, values in expected.items():
        assert_close([getattr(fit, field) for fit in fits], values, SOLVED, f"{name} {field}")


@pytest.mark.parametrize(("name", "interval"), sorted(PINNED))
def test_the_influence_of_each_study_is_as_pinned(name, interval):
    expected = PINNED[name, interval]["influence"]
    rows = influence(*DATA[name], interval=interval)
    for theirs, ours in INFLUENCE.items():
        found = np.array([getattr(row, ours) for row in rows])
        np.testing.assert_allclose(
            found, expected[theirs], rtol=DIFFERENCES, atol=1e-9, err_msg=f"{name} {ours}"
        )


@pytest.mark.parametrize("name", SETS)
def test_cumulating_gives_the_pinned_results(name):
    expected = PINNED[name, "z"]["cumulative"]
    k = len(DATA[name][0])
    fits = cumulative(*DATA[name], order=range(k), interval="z")
    assert [fit.k for fit in fits] == list(range(1, k + 1))
    for field, values in expected.items():
        assert len(values) == k
        assert_close([getattr(fit, field) for fit in fits], values, SOLVED, f"{name} {field}")


def test_cumulating_goes_by_the_order_and_keeps_ties():
    effects = [Effect(f"S{i}", 0.1 * i, 0.1, "md") for i in range(4)]
    fits = cumulative(effects, order=["2024-05", "2019-01", "2021-07", "2019-01"])
    assert [fit.studies[-1] for fit in fits] == ["S1", "S3", "S2", "S0"]


def test_leaving_out_keeps_names_and_the_policy():
    effects = [Effect(f"S{i}", 0.1 * i, 0.1, "md") for i in range(3)]
    fits = leave_one_out(effects)
    assert [fit.studies for fit in fits] == [("S1", "S2"), ("S0", "S2"), ("S0", "S1")]
    assert {fit.interval for fit in fits} == {"z"}


def test_studies_without_names_keep_their_numbers():
    arrays = ([0.0, 3.0, 6.0], [1.0] * 3)
    assert [fit.studies for fit in leave_one_out(*arrays)] == [
        ("study 2", "study 3"),
        ("study 1", "study 3"),
        ("study 1", "study 2"),
    ]
    assert cumulative(*arrays, order=[3, 1, 2])[1].studies == ("study 2", "study 3")


@pytest.mark.parametrize("interval", ["z", "knha"])
def test_influence_depends_on_differences_between_studies_alone(interval):
    yi, vi = np.array([-96, 256, 0, 352, 1280, -640]) / 1024, [0.1, 0.2, 0.15, 0.3, 0.1, 0.4]
    assert influence(yi + 2.0**20, vi, interval=interval) == influence(yi, vi, interval=interval)


def test_a_study_beside_equal_ones_is_infinitely_far_by_knapp_hartung():
    rows = influence([0.5, 0.5, 0.5, 2.0], [0.1, 0.2, 0.3, 0.4], interval="knha")
    assert [row.residual for row in rows][-1] == np.inf
    assert [row.influential for row in rows][-1]
    equal = influence([0.5] * 4, [0.1, 0.2, 0.3, 0.4], interval="knha")
    assert np.isnan([row.dffits for row in equal]).all()
    assert not any(row.influential for row in equal)


@pytest.mark.parametrize("name", SETS)
def test_eggers_tests_give_the_pinned_results(name):
    expected = ASYMMETRY[name]
    weighted = egger_test(*DATA[name])
    mixed = egger_test(*DATA[name], model="mixed")
    for result, key, tolerance in ((weighted, "classical", CLOSED * 10), (mixed, "mixed", SOLVED)):
        for field in ("statistic", "pval", "limit"):
            assert_close(
                getattr(result, field), expected[key][field], tolerance, f"{name} {key} {field}"
            )
    assert weighted.df == expected["classical"]["df"]


def test_eggers_test_of_effects_on_one_line_says_that_it_tests_nothing():
    vi = np.linspace(0.1, 0.6, 12)
    for yi in (np.full(12, 0.7), 0.2 + 0.5 * np.sqrt(vi)):
        assert "the effects lie on one line" in " ".join(egger_test(yi, vi).notes)
        assert "the effects lie on one line" not in " ".join(
            egger_test(yi, vi, model="mixed").notes
        )
    assert np.isnan(egger_test([0.7] * 12, vi).pval)


@pytest.mark.parametrize("name", SETS)
def test_trim_and_fill_gives_the_pinned_results(name):
    filled_somewhere = 0
    for case in ASYMMETRY[name]["trim_and_fill"]:
        result = trim_and_fill(
            *DATA[name],
            side=case["side"],
            estimator=case["estimator"].lower(),
            model=case["model"],
        )
        assert result.filled == case["k0"]
        filled_somewhere += result.filled
        for field in ("mean", "se", "tau2"):
            assert_close(getattr(result.adjusted, field), case[field], SOLVED, f"{name} {case}")
        assert result.adjusted.k == result.observed.k + result.filled
    assert filled_somewhere or name == "pritz"


def test_trim_and_fill_chooses_the_side_opposite_to_the_asymmetry():
    yi, vi = DATA["hackshaw"]
    assert trim_and_fill(yi, vi).side == "left"
    assert trim_and_fill(-yi, vi).side == "right"
    assert trim_and_fill(yi, vi).filled == trim_and_fill(-yi, vi).filled


@pytest.mark.parametrize("method", [egger_test, trim_and_fill])
def test_methods_for_asymmetry_are_refused_below_ten_studies_with_the_reason(method):
    yi, vi = DATA["bcg"]
    with pytest.raises(ValueError, match=r"need at least 10 studies, found 9; .*chance"):
        method(yi[:9], vi[:9])
    method(yi[:10], vi[:10])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda yi, vi: leave_one_out(yi[:1], vi[:1]), "yi: need at least 2 studies, found 1"),
        (lambda yi, vi: influence(yi[:2], vi[:2]), "yi: need at least 3 studies, found 2"),
        (lambda yi, vi: cumulative(yi, vi, order=[1]), "order: need 13, one per study, found 1"),
        (lambda yi, vi: cumulative(yi, vi, order=[None] * 13), "order: need values that sort"),
        (lambda yi, vi: egger_test(yi, vi, model="rank"), "model: need one of .* found 'rank'"),
        (lambda yi, vi: trim_and_fill(yi, vi, model="fe"), "model: need one of .* found 'fe'"),
        (lambda yi, vi: trim_and_fill(yi, vi, estimator="q0"), "estimator: .* found 'q0'"),
        (lambda yi, vi: trim_and_fill(yi, vi, side="top"), "side: need one of .* found 'top'"),
        (lambda yi, vi: egger_test(yi, np.ones(13)), "vi: egger_test needs variances that differ"),
    ],
)
def test_bad_requests_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call(*DATA["bcg"])


def test_the_observed_result_stands_beside_the_filled_one():
    yi, vi = DATA["bcg"]
    assert trim_and_fill(yi, vi, model="common").observed.mean == common_effect(yi, vi).mean
    assert trim_and_fill(yi, vi).observed.mean == random_effects(yi, vi, interval="z").mean


def test_filled_studies_are_named_and_keep_the_measure():
    yi = [-0.3, -0.2, -0.1, 0.05, 0.12, 0.21, 0.33, 1.0, 1.4, 2.1]
    vi = [0.05] * 7 + [0.3, 0.4, 0.9]
    effects = [Effect(f"S{i}", *pair, "md") for i, pair in enumerate(zip(yi, vi, strict=True))]
    found = trim_and_fill(effects, side="left")
    assert found.adjusted.studies[9:] == ("S9", "filled 1", "filled 2", "filled 3")
    assert (found.observed.measure, found.adjusted.measure) == ("md", "md")


def test_equal_effects_leave_nothing_to_fill_in():
    variances = np.linspace(0.1, 0.6, 12)
    for estimator in ("l0", "r0"):
        assert trim_and_fill([0.7] * 12, variances, estimator=estimator, side="left").filled == 0


def test_the_side_to_fill_is_chosen_with_the_model_of_the_fit():
    yi = [0.076, -1.427, -0.135, -0.77, -1.423, 0.258, -0.569, -1.03, -1.043, 0.268]
    vi = [0.33, 0.24, 0.696, 0.325, 0.333, 0.319, 0.026, 0.109, 0.186, 0.104]
    found = trim_and_fill(yi, vi, model="common")
    assert (found.side, found.filled) == ("right", 1)  # as metafor's trimfill of an FE fit
    assert trim_and_fill(yi, vi).side == "left"


@pytest.mark.parametrize("method", [egger_test, trim_and_fill])
def test_equal_variances_show_no_asymmetry_and_are_named(method):
    with pytest.raises(ValueError, match=r"vi: \w+ needs variances that differ, found 0.1"):
        method([0.1 * place for place in range(10)], [0.1] * 10)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ([2, float("nan"), 1], "order: need values that sort, found nan at 1"),
        ([2, "a", 1], r"order: need values that sort, found \[2, 'a', 1\]"),
        (np.ones((3, 2)), "order: need values that sort, found"),
        ("abc", "order: need a list, found 'abc'"),
    ],
)
def test_an_order_that_does_not_sort_is_refused(order, message):
    with pytest.raises(ValueError, match=message):
        cumulative([0.0, 1.0, 2.0], [1.0] * 3, order=order)
