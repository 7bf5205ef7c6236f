"""Matching against the pairs of R's MatchIt, a brute force, and what balance must obey.

`tests/reference/matching.json` has MatchIt's pairs; `validation/matching/make_reference.R` renews
it.
"""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_cohort.matching import (
    caliper_width,
    match,
    propensity_score,
    standardised_difference,
)
from patient_level import REFERENCE, patients

MATCHIT = json.loads((REFERENCE / "matching.json").read_text("utf-8"))
COVARIATES = {
    "veteran": ("karno", "age", "diagtime", "small", "before"),
    "tied": ("small", "fit", "before"),
    "lung": ("age", "ph.ecog"),
    "lung tied": ("older", "limited"),
}


def columns(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Covariates and treatment of the patients of a set, as the R script defines them."""
    if name in ("veteran", "tied"):
        data: dict[str, Any] = patients("veteran")
        numbers = {one: data[one].astype(float) for one in ("karno", "age", "diagtime")}
        flags = {
            "small": data["celltype"] == "smallcell",
            "fit": numbers["karno"] >= 60,
            "before": data["prior"] == "10",
        }
        treated = data["trt"] == "2"
    else:
        data = patients("lung")
        data = {key: column[data["ph.ecog"] != "NA"] for key, column in data.items()}
        numbers = {one: data[one].astype(float) for one in ("age", "ph.ecog")}
        flags = {"older": numbers["age"] >= 65, "limited": numbers["ph.ecog"] >= 1}
        treated = data["sex"] == "2"
    every = {**numbers, **flags}
    return np.column_stack([every[one].astype(float) for one in COVARIATES[name]]), treated


@pytest.mark.parametrize("case", MATCHIT["scores"], ids=lambda case: case["set"])
def test_the_propensity_score_is_that_of_r(case: dict[str, Any]) -> None:
    x, treated = columns(case["set"])
    expected = np.column_stack([np.ones(len(x)), x]) @ case["coefficients"]
    assert propensity_score(x, treated, "logit") == pytest.approx(expected, abs=1e-9)
    probability = 1 / (1 + np.exp(-expected))
    assert propensity_score(x, treated) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize(
    "case",
    MATCHIT["cases"],
    ids=lambda c: "-".join(str(c[n]) for n in ("set", "scale", "caliper", "unit", "order")),
)
def test_every_pair_is_that_of_matchit(case: dict[str, Any]) -> None:
    x, treated = columns(case["set"])
    score = propensity_score(x, treated, case["scale"])
    width = caliper_width(score, case["caliper"], case["unit"])
    if case["caliper"] is not None:
        assert width == pytest.approx(case["raw_caliper"][0], rel=1e-9)
    pairs = match(score, treated, width=width, order=case["order"])
    found = dict(zip(pairs.treated.tolist(), pairs.controls.tolist(), strict=True))
    assert found == dict(zip(case["treated"], case["controls"], strict=True))


def test_the_reference_has_every_scale_caliper_and_order() -> None:
    kinds = {(c["set"], c["scale"], c["caliper"], c["unit"], c["order"]) for c in MATCHIT["cases"]}
    assert len(kinds) == len(MATCHIT["cases"]) == 4 * 2 * 4 * 4
    assert MATCHIT["source"]["version"] >= "4.7"


@given(st.integers(0, 10_000), st.sampled_from(["largest", "smallest", "data", "random"]))
def test_each_in_turn_takes_the_nearest_free_control(seed: int, order: Any) -> None:
    rng = np.random.default_rng(seed)
    score, treated = rng.random(30), rng.random(30) < 0.4
    pairs = match(score, treated, width=0.1, order=order, seed=seed)
    rows = np.flatnonzero(treated)
    turns = {
        "largest": rows[np.argsort(-score[rows])],
        "smallest": rows[np.argsort(score[rows])],
        "data": rows,
        "random": np.random.default_rng(seed).permutation(rows),
    }[order]
    free, expected = set(np.flatnonzero(~treated).tolist()), {}
    for row in turns.tolist():
        near = min(free, key=lambda one: abs(score[one] - score[row]), default=None)
        if near is not None and abs(score[near] - score[row]) <= 0.1:
            expected[row] = near
            free.remove(near)
    assert dict(zip(pairs.treated.tolist(), pairs.controls.tolist(), strict=True)) == expected


@given(st.integers(0, 10_000))
def test_the_closest_pair_of_all_comes_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    score, treated = rng.random(30), rng.random(30) < 0.4
    pairs = match(score, treated, width=0.1, order="closest")
    left, free = set(np.flatnonzero(treated).tolist()), set(np.flatnonzero(~treated).tolist())
    expected = {}
    while left and free:
        gap, row, near = min((abs(score[a] - score[b]), a, b) for a in left for b in free)
        if gap > 0.1:
            break
        expected[row] = near
        left.remove(row)
        free.remove(near)
    assert dict(zip(pairs.treated.tolist(), pairs.controls.tolist(), strict=True)) == expected


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ValueError, match=r"need an order of matching .* found 'best'"):
        match(np.ones(2), np.array([True, False]), order="best")  # type: ignore[arg-type]


def test_groups_that_a_covariate_tells_apart_have_no_score() -> None:
    treated = np.arange(20) < 8
    with pytest.raises(ValueError, match="without a finite estimate"):
        propensity_score(treated[:, None].astype(float), treated)


def test_a_covariate_that_is_constant_or_twice_changes_no_score() -> None:
    x, treated = columns("veteran")
    more = np.column_stack([x, x[:, 0], np.ones(len(x))])
    assert propensity_score(more, treated) == pytest.approx(propensity_score(x, treated), abs=1e-9)


def test_the_standardised_difference_of_two_levels_is_austins() -> None:
    """Austin 2009: difference of shares over the root of the mean of their variances."""
    first = np.arange(100) < 40
    values = np.where(np.concatenate([np.arange(40) < 10, np.arange(60) < 30]), "yes", "no")
    expected = 0.25 / np.sqrt((0.25 * 0.75 + 0.5 * 0.5) / 2)
    assert standardised_difference(values, first) == pytest.approx(expected)
    assert standardised_difference(values, ~first) == pytest.approx(expected)


def test_the_standardised_difference_of_numbers_is_in_standard_deviations() -> None:
    values, first = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), np.arange(6) < 3
    assert standardised_difference(values, first) == pytest.approx(3.0)
    assert standardised_difference(values * 100 + 7, first) == pytest.approx(3.0)


def test_equal_groups_do_not_differ_and_an_empty_one_is_no_group() -> None:
    values, first = np.array(["a", "b", "c", "a", "b", "c"]), np.arange(6) < 3
    assert standardised_difference(values, first) == 0.0
    assert standardised_difference(np.ones(6), first) == 0.0
    assert np.isnan(standardised_difference(values, np.zeros(6, dtype=bool)))
