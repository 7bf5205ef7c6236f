"""The explorer's results are the engine's, for every subset, way to pool and baseline."""

import json
import math
import random
from itertools import combinations
from pathlib import Path

import pytest

from example_review import more_studies
from livingreview_explorer import LARGEST, explored
from livingreview_explorer.explored import planned_ways, subsets
from livingreview_explorer.page import Explorer
from livingreview_pool import (
    absolute_effect,
    bayes_random_effects,
    common_effect,
    random_effects,
    synthesise,
)
from the_review import the_review

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def questions():
    return list(explored(the_review()))


def pooled_alone(effects, way):
    """One result as the engine gives it for one data set, not in a batch."""
    if way == "alone":
        (effect,) = effects
        return (effect.yi, *effect.interval())
    model, _, option = way.partition("-")
    if model == "common":
        one = common_effect(effects)
        return one.mean, one.ci_lower, one.ci_upper
    if model == "bayes":
        one = bayes_random_effects(effects, scale=float(option))
        return one.median, one.ci_lower, one.ci_upper
    one = random_effects(effects, tau2_estimator=model, interval=option)
    return one.mean, one.ci_lower, one.ci_upper


def test_two_hundred_random_choices_are_what_the_engine_gives_one_by_one(questions):
    every = [
        (question, chosen, way)
        for question in questions
        for chosen, ways in question.ways.items()
        for way in ways
    ]
    for question, chosen, way in random.Random(20261124).sample(every, min(200, len(every))):
        effects = [question.result.effects[place] for place in chosen]
        expected = pooled_alone(effects, way)
        assert tuple(question.ways[chosen][way]) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_planned_results_are_those_of_the_synthesis(questions):
    for question in (one for one in questions if one.ways):
        k = len(question.result.effects)
        main = synthesise(question.result.effects).main
        found = question.ways[tuple(range(k))][planned_ways(k)[min(k - 1, 1)]]
        assert found.mean == pytest.approx(main.mean)
        if k > 1:
            assert (found.lower, found.upper) == pytest.approx((main.ci_lower, main.ci_upper))


def test_what_the_plan_keeps_apart_is_not_pooled(questions):
    apart = [one for one in questions if not one.result.plan.pool]
    apart = [one for one in apart if len(one.result.effects) > 1]
    assert apart
    assert all(one.ways == {} and one.result.not_pooled for one in apart)


def test_every_subset_is_there_up_to_ten_studies_and_each_left_out_beyond():
    assert {len(one) for one in subsets(3)} == {1, 2, 3}
    assert len(list(subsets(LARGEST))) == 2**LARGEST - 1
    beyond = list(subsets(LARGEST + 1))
    assert len(beyond) == len(set(beyond)) == 1 + 2 * (LARGEST + 1)
    assert set(beyond) >= set(combinations(range(LARGEST + 1), LARGEST))


def test_people_among_a_thousand_are_the_engines_at_the_printed_risk(tmp_path):
    review = more_studies(tmp_path, "other-2021", "third-2022")
    (question,) = (one for one in explored(review) if one.result.plan.id == "response-ratio")
    baseline = question.baselines[0]
    assert baseline.risk == 15 / 50
    pooled = question.ways[(0, 1, 2)]["reml-adhoc"]
    found = question.absolute(baseline, pooled)
    expected = absolute_effect(
        "log_or", pooled.mean, (pooled.lower, pooled.upper), baseline_risk=0.3
    )
    assert found == expected
    (row,) = Explorer(review, (question,)).data()["questions"]
    shown = row["results"]["0.1.2"]["reml-adhoc"]
    assert shown["text"].startswith(f"{math.exp(pooled.mean):.2f} (")
    assert shown["absolute"][0][0] == "300"


def test_two_studies_have_no_interval_on_one_degree_of_freedom(tmp_path):
    review = more_studies(tmp_path, "other-2021")
    (question,) = (one for one in explored(review) if one.result.plan.id == "response-ratio")
    assert not any(way.endswith(("knha", "adhoc")) for way in question.ways[(0, 1)])


def test_the_data_of_the_page_are_json_and_stay_text(tmp_path):
    review = more_studies(tmp_path, "other-2021")
    page = Explorer(review, tuple(explored(review)))
    text = json.dumps(page.data(), allow_nan=False)
    assert json.loads(text) == page.data()
    html = str(page.html())
    assert html.startswith('<div class="explorer" data-explorer="{&quot;models')
    assert "<script" not in html
