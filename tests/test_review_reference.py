"""This review's own syntheses against metafor, which read the printed numbers by itself."""

import json
from pathlib import Path

import pytest

from livingreview_plan.analysis import carry_out
from livingreview_record.load import load_review
from planning import replanned

ROOT = Path(__file__).parents[1]
STUDIES = ["dalian-2026", "gu-2026", "zhang-2025"]  # that validation/metafor/own_data.R reads
REFERENCE = json.loads((ROOT / "tests/reference/review.json").read_text("utf-8"))["cases"]
CLOSED_FORM = 1e-10  # relative; both sides are sums of a few terms
OPTIMUM = 1e-7  # absolute; metafor's REML stops at its tight threshold


@pytest.fixture(scope="module")
def answers():
    """Every comparison as if it were pooled, those that the plan keeps apart as well."""
    review = replanned(load_review(ROOT, only=STUDIES), pool=True)
    return {
        f"{plan.id}.{result.measure}": result
        for plan in review.protocol.syntheses
        if plan.kind != "proportion"
        for result in carry_out(review, plan.id)
    }


def test_every_synthesis_of_two_studies_has_a_reference(answers):
    pooled = {key for key, found in answers.items() if found.pooled and found.pooled.k > 1}
    assert pooled == set(REFERENCE)


@pytest.mark.parametrize("key", REFERENCE)
def test_effects_of_the_studies_agree_with_metafor(answers, key):
    effects, expected = answers[key].effects, REFERENCE[key]
    assert [effect.study for effect in effects] == expected["studies"]
    assert [effect.yi for effect in effects] == pytest.approx(expected["yi"], rel=CLOSED_FORM)
    assert [effect.vi for effect in effects] == pytest.approx(expected["vi"], rel=CLOSED_FORM)


@pytest.mark.parametrize("key", REFERENCE)
def test_pooled_results_agree_with_metafor(answers, key):
    pooled, expected = answers[key].pooled, REFERENCE[key]
    common, random = pooled.common, pooled.random
    found = [common.mean, common.ci_lower, common.ci_upper]
    assert found == pytest.approx(expected["common"], rel=CLOSED_FORM)
    found = [random.mean, random.ci_lower, random.ci_upper]
    assert found == pytest.approx(expected["random"], abs=OPTIMUM)
    assert random.tau2 == pytest.approx(expected["tau2"], abs=OPTIMUM)
    assert random.q == pytest.approx(expected["q"], rel=CLOSED_FORM)


@pytest.mark.parametrize("key", [key for key in REFERENCE if "exact" in REFERENCE[key]])
def test_counts_without_correction_agree_with_metafor(answers, key):
    exact = answers[key].exact
    found = [exact.mean, exact.ci_lower, exact.ci_upper]
    assert found == pytest.approx(REFERENCE[key]["exact"], rel=CLOSED_FORM)
