"""Curves, tests between them and Cox models against R's survival package, and properties.

`tests/reference/patient_level.json` has what R gives; `validation/survival/make_patient_level.R`
renews it.
"""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import KaplanMeier, curve_test, reverse
from patient_level import REFERENCE, patients

R = json.loads((REFERENCE / "patient_level.json").read_text("utf-8"))
CLOSE = {"rel": 1e-6, "abs": 1e-9}
STYLES = ("plain", "log", "log-log", "arcsine")


def curve_of(case: dict[str, Any]) -> KaplanMeier:
    return KaplanMeier(np.array(case["time"]), np.array(case["event"]) == 1, "midpoint")


def known(values: list[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]


@pytest.fixture(scope="module")
def veteran() -> dict[str, np.ndarray]:
    found = patients("veteran")
    numbers = ("trt", "time", "status", "karno", "diagtime", "age", "prior")
    return {**found, **{name: found[name].astype(float) for name in numbers}}


@pytest.fixture(scope="module")
def lung() -> dict[str, np.ndarray]:
    found = patients("lung")
    asked = found["ph.ecog"] != "NA"
    names = ("time", "status", "sex", "age", "ph.ecog")
    return {name: found[name][asked].astype(float) for name in names}


def model_of(case: dict[str, Any], lung: Any, veteran: Any) -> Cox:
    if case["name"] == "lung":
        x = np.column_stack([lung[name] for name in ("sex", "age", "ph.ecog")])
        return Cox(lung["time"], lung["status"] == 2, x, case["ties"])
    small = np.array(veteran["celltype"] == "smallcell")
    if case["name"] == "smallcell":
        names = ("trt", "karno", "age", "diagtime", "prior")
        x = np.column_stack([veteran[name][small] for name in names])
        return Cox(veteran["time"][small], veteran["status"][small] == 1, x, case["ties"])
    x = np.column_stack([veteran["trt"], veteran["karno"]])
    return Cox(veteran["time"], veteran["status"] == 1, x, case["ties"], veteran["celltype"])


@pytest.mark.parametrize("case", R["curves"], ids=lambda case: case["name"])
def test_a_curve_and_the_median_of_follow_up_are_those_of_r(case: dict[str, Any]) -> None:
    curve = curve_of(case)
    assert [curve.rate(t) for t in case["times"]] == pytest.approx(case["rate"], **CLOSE)
    assert reverse(curve).median == pytest.approx(known(case["followup"])[0], nan_ok=True)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("case", R["curves"], ids=lambda case: case["name"])
def test_every_style_of_interval_is_that_of_r(case: dict[str, Any], style: Any) -> None:
    curve, band = curve_of(case), case["bands"][style]
    found = [curve.interval(t, style) for t in case["times"]]
    assert [low for low, _ in found] == pytest.approx(band["lower"], **CLOSE)
    assert [high for _, high in found] == pytest.approx(band["upper"], **CLOSE)
    assert curve.median == band["median"][0]
    expected = known(band["median_interval"])
    assert curve.median_interval(style) == pytest.approx(expected, nan_ok=True)


def test_a_curve_exactly_at_one_half_has_its_median_by_either_convention() -> None:
    time, event = np.array([1.0, 2, 3, 5, 8, 13]), np.array([1, 1, 1, 0, 1, 1]) == 1
    assert KaplanMeier(time, event, "midpoint").median == 5.5
    assert KaplanMeier(time, event, "first").median == 3.0


def test_a_half_that_floating_point_misses_is_still_a_half() -> None:
    """Of 54 patients, 27 die one by one: the product comes out as 0.5000000000000001."""
    curve = KaplanMeier(np.arange(1.0, 55.0), np.arange(54) < 27)
    assert curve.median == 27.0


def test_the_symmetrical_interval_has_the_median_in_its_middle() -> None:
    curve = curve_of(R["curves"][0])
    low, high = curve.median_interval("symmetric")
    assert (low + high) / 2 == pytest.approx(curve.median)
    plain = curve.median_interval("plain")
    assert high - low == pytest.approx(plain[1] - plain[0], rel=0.35)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(ValueError, match=r"need an interval style .* found 'wald'"):
        curve_of(R["curves"][0]).interval(100, "wald")  # type: ignore[arg-type]


def test_tests_between_curves_are_those_of_r(veteran: dict[str, np.ndarray]) -> None:
    time, died, arm = veteran["time"], veteran["status"] == 1, veteran["trt"]
    cells = veteran["celltype"]
    found = [
        curve_test(time, died, cells),
        curve_test(time, died, arm, strata=cells),
        curve_test(time, died, arm, weight="gehan-wilcoxon"),
    ]
    statistics = [case["statistic"][0] for case in R["tests"]]
    assert [one.statistic for one in found] == pytest.approx(statistics, **CLOSE)
    assert [one.degrees for one in found] == [3, 1, 1]


def test_groups_that_no_event_tells_apart_have_no_p() -> None:
    time = np.array([1.0, 2.0, 3.0])
    assert np.isnan(curve_test(time, np.zeros(3, dtype=bool), np.array([0, 0, 1])).p)
    assert np.isnan(curve_test(time, np.ones(3, dtype=bool), np.zeros(3)).p)
    assert np.isnan(curve_test(time[:0], np.ones(0, dtype=bool), np.zeros(0)).p)


def test_a_group_that_is_never_at_risk_of_an_event_does_not_count() -> None:
    time = np.array([1.0, 2.0, 3.0, 4.0, 0.5])
    event = np.array([True, True, True, True, False])
    two = curve_test(time[:4], event[:4], np.array([0, 1, 0, 1]))
    three = curve_test(time, event, np.array([1, 2, 1, 2, 0]))
    assert (three.statistic, three.degrees) == (pytest.approx(two.statistic), two.degrees)


@pytest.mark.parametrize("case", R["models"], ids=lambda case: f"{case['name']}-{case['ties']}")
def test_a_cox_model_is_that_of_r(case: dict[str, Any], lung: Any, veteran: Any) -> None:
    model = model_of(case, lung, veteran)
    assert model.converged
    assert model.beta == pytest.approx(case["beta"], **CLOSE)
    assert model.standard_error == pytest.approx(case["se"], **CLOSE)
    assert model.wald_p == pytest.approx(case["wald_p"], **CLOSE)
    whole = (model.likelihood_ratio_p, model.score_p)
    names = ("likelihood_ratio_p", "score_p")
    assert whole == pytest.approx([case[name][0] for name in names], **CLOSE)


@pytest.mark.parametrize(
    "case",
    [case for case in R["models"] if "zph" in case],
    ids=lambda case: f"{case['name']}-{case['ties']}",
)
def test_the_test_of_proportional_hazards_is_that_of_r(
    case: dict[str, Any], lung: Any, veteran: Any
) -> None:
    found = model_of(case, lung, veteran).proportional_hazards()
    assert found.statistic == pytest.approx(case["zph"], **CLOSE)


def test_a_level_without_an_event_has_no_finite_estimate() -> None:
    time, event = np.arange(1.0, 13.0), np.arange(12) % 2 == 0
    model = Cox(time, event, event.astype(float)[:, None])
    assert not model.converged
    assert np.isnan(model.standard_error).all()


def test_a_covariate_twice_has_no_estimate() -> None:
    x = np.tile(np.arange(6.0)[:, None], 2)
    assert not Cox(np.arange(1.0, 7.0), np.ones(6, dtype=bool), x).converged


def test_unknown_ties_are_refused() -> None:
    with pytest.raises(ValueError, match="need ties efron or breslow, found 'exact'"):
        Cox(np.ones(1), np.ones(1, dtype=bool), np.ones((1, 1)), "exact")  # type: ignore[arg-type]


@given(st.integers(0, 10_000), st.sampled_from(["efron", "breslow"]))
def test_the_unit_and_the_reference_of_a_covariate_do_not_matter(seed: int, ties: Any) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    time, event = np.ceil(rng.exponential(9, n)), rng.random(n) < 0.8
    x = rng.integers(0, 2, n).astype(float)
    if len({*x[event]}) < 2 or len({*x}) < 2:
        return
    first, turned = Cox(time, event, x[:, None], ties), Cox(time, event, 1 - x[:, None], ties)
    months = Cox(time, event, 100 * x[:, None], ties)
    if first.converged:
        assert turned.beta == pytest.approx(-first.beta, abs=1e-6)
        assert months.beta * 100 == pytest.approx(first.beta, abs=1e-6)
        assert months.wald_p == pytest.approx(first.wald_p, abs=1e-6)


@given(st.integers(0, 10_000))
def test_without_ties_the_score_test_is_the_log_rank_test(seed: int) -> None:
    rng = np.random.default_rng(seed)
    time, event, arm = rng.exponential(9, 30), rng.random(30) < 0.7, rng.integers(0, 2, 30)
    test = curve_test(time, event, arm)
    if test.degrees and len({*arm}) == 2:
        assert Cox(time, event, arm[:, None].astype(float)).score_p == pytest.approx(test.p)


@given(st.integers(0, 10_000))
def test_the_median_lies_within_its_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curve = KaplanMeier(rng.exponential(9, 30), rng.random(30) < 0.7)
    for style in STYLES:
        low, high = curve.median_interval(style)
        assert not low > curve.median
        assert not high < curve.median
