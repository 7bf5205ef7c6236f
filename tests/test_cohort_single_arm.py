"""One arm without a comparison: what chance and a wrong historical value do to its claim."""

import numpy as np
import pytest

from livingreview_cohort.choices import SingleArm
from livingreview_cohort.single_arm import SimulatedArm, simulate


def assumed(**changes: object) -> SingleArm:
    values: dict[str, object] = {
        "outcome": "time to growth",
        "sizes": (20, 80),
        "medians": (5.0, 6.0, 10.0),
        "historical_median": 5.0,
        "recruitment_months": 24.0,
        "followup_months": 12.0,
    }
    return SingleArm(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> dict[tuple[int, float], SimulatedArm]:
    return {(one.size, one.true_median): one for one in simulate(assumed(), trials=2000)}


def test_a_treatment_that_does_nothing_is_claimed_as_often_as_the_level_says(found) -> None:
    """2.5% by construction; 2,000 trials know it to 0.7 points at two standard errors."""
    assert found[80, 5.0].claims == pytest.approx(0.025, abs=0.012)


def test_fitter_patients_alone_make_false_claims_and_more_of_them_in_a_larger_trial(found) -> None:
    assert found[20, 5.0].claims < found[20, 6.0].claims < found[80, 6.0].claims


def test_a_larger_arm_has_the_narrower_interval_about_the_true_median(found) -> None:
    for median in (5.0, 6.0, 10.0):
        small, large = found[20, median], found[80, median]
        assert large.upper - large.lower < small.upper - small.lower
        assert large.lower < median < large.upper
        assert large.median == pytest.approx(median, rel=0.05)


def test_the_width_is_that_of_the_exponential_law(found) -> None:
    """The variance of a median of exponential times is 1 / (events * log 2 ** 2), about."""
    one = found[80, 5.0]
    half = 1.96 * 5.0 / (np.log(2) * np.sqrt(one.events))
    assert (one.upper - one.lower) / 2 == pytest.approx(half, rel=0.25)


def test_the_same_seed_gives_the_same_trials_and_another_does_not() -> None:
    first, again = simulate(assumed(), trials=50), simulate(assumed(), trials=50)
    assert first == again
    assert simulate(assumed(), trials=50, seed=2) != first


def test_a_short_follow_up_leaves_the_upper_bound_open() -> None:
    (one,) = simulate(
        assumed(sizes=(20,), medians=(30.0,), followup_months=3.0, recruitment_months=3.0),
        trials=50,
    )
    assert np.isinf(one.median)
    assert np.isinf(one.upper)


def test_no_trial_is_refused() -> None:
    with pytest.raises(ValueError, match="need at least one trial, found 0"):
        simulate(assumed(), trials=0)
