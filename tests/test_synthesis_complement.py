"""Whole and subgroup give back the rest they were made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_pool import common_effect, complement
from livingreview_pool.effects import Effect, log_hazard_ratio_from_ci

VALUES = st.floats(-2, 2)
VARIANCES = st.floats(0.01, 1)


@given(VALUES, VARIANCES, VALUES, VARIANCES)
def test_pooling_subgroup_and_complement_gives_the_whole_back(y1, v1, y2, v2):
    parts = [Effect("in", y1, v1, "log_hr"), Effect("out", y2, v2, "log_hr")]
    pooled = common_effect(parts)
    found = complement(Effect("S", pooled.mean, pooled.se**2, "log_hr"), parts[0])
    assert found.mean == pytest.approx(y2, abs=1e-6)
    assert found.difference == pytest.approx(y1 - y2, abs=1e-6)
    assert (found.ci_upper - found.ci_lower) / 3.919928 == pytest.approx(v2**0.5, rel=1e-5)


def test_a_published_test_of_interaction_is_reproduced():
    """Altman & Bland 2003: risk ratios 0.67 (0.46 to 0.98) and 0.88 (0.71 to 1.08).

    They print a difference of -0.2726 with standard error 0.2206 on the log scale.  The whole is
    made from the two groups, so that the complement of the first is the second.
    """
    first, second = (
        log_hazard_ratio_from_ci(*ratio)
        for ratio in (("S", 0.67, 0.46, 0.98), ("T", 0.88, 0.71, 1.08))
    )
    whole = common_effect([first, second])
    found = complement(Effect("S", whole.mean, whole.se**2, "log_hr"), first)
    assert found.difference == pytest.approx(-0.2726, abs=5e-5)
    assert found.difference_se == pytest.approx(0.2206, abs=1.5e-4)
    standard_error = (found.difference_upper - found.difference_lower) / 3.919928
    assert standard_error == pytest.approx(found.difference_se, rel=1e-6)
    assert found.pval == pytest.approx(0.22, abs=5e-3)


def test_a_subgroup_as_precise_as_the_whole_leaves_nobody_outside():
    whole = log_hazard_ratio_from_ci("S", 0.8, 0.6, 1.1)
    with pytest.raises(ValueError, match="need a subgroup of the same measure and with a larger"):
        complement(whole, whole)
    with pytest.raises(ValueError, match=r"found log_rr with 1\.0"):
        complement(whole, Effect("S", 0.1, 1.0, "log_rr"))
