from dataclasses import replace

import pytest

from example_review import ROWS, two_studies, write_review
from livingreview_plan.selection import plan
from livingreview_record.load import load_review
from livingreview_results.sensitivity import multiverse_table, priors_table
from planning import planning

RATE = {
    **{"section": "Abstract", "arm_id": "old", "outcome": "os", "timepoint": "12 months"},
    **{"statistic": "rate", "unit": "%", "value": "50.0"},
}

SURVIVAL = {"title": "Survival", "measure": "log_hr", "syntheses": ["survival"]}


@pytest.fixture
def review(tmp_path):
    write_review(tmp_path, rows=(*ROWS, RATE))
    return load_review(tmp_path)


def test_the_multiverse_of_one_study_is_that_study(review):
    (row,) = multiverse_table(planning(review, multiverses=[SURVIVAL])).frame.to_dict("records")
    assert row["Way to pool"] == "One estimate alone"
    assert row["Results"] == "0.70"
    assert row["Intervals that exclude no difference"] == "all"


def test_the_multiverse_tells_the_ways_to_pool_apart_and_counts_none(tmp_path):
    review = two_studies(tmp_path)
    rows = multiverse_table(planning(review, multiverses=[SURVIVAL])).frame
    assert list(rows["Way to pool"]) == [
        "Common effect",
        "Random effects, every estimator",
        "Bayesian, prior 0.25",
        "Bayesian, prior 0.5",
        "Bayesian, prior 1",
        "One estimate alone",
    ]
    answers = dict(zip(rows["Way to pool"], rows.iloc[:, -1], strict=True))
    assert answers["Common effect"] == "all"
    assert answers["Bayesian, prior 1"] == "none"
    assert " of " not in repr(multiverse_table(planning(review, multiverses=[SURVIVAL])))


def test_the_multiverse_says_of_which_measure_it_is(review):
    entry = {"title": "Response", "measure": "log_or", "syntheses": ["response-ratio"]}
    (row,) = multiverse_table(planning(review, multiverses=[entry])).frame.to_dict("records")
    assert row["Question"] == "Response: odds ratio"
    none = {**entry, "measure": "log_rr"}
    assert multiverse_table(planning(review, multiverses=[none])).frame.empty


def test_an_estimate_that_is_set_aside_is_shown_with_the_reason_and_enters_no_range(review):
    second = replace(plan(review, "survival"), id="other", title="Adjusted survival")
    entry = {**SURVIVAL, "set_aside": [{"synthesis": "other", "reason": "far too small"}]}
    both = replace(review.protocol, syntheses=(*review.protocol.syntheses, second))
    review = planning(replace(review, protocol=both), multiverses=[entry])
    rows = multiverse_table(review).frame
    counted, aside = rows.to_dict("records")
    assert counted["Results"] == "0.70"
    assert aside["Way to pool"] == "Set aside: Example 2020, Adjusted survival"
    assert aside["Results"] == "0.70 (0.50 to 0.98), not counted"
    assert aside["Intervals that exclude no difference"] == "far too small"


def test_a_review_that_plans_no_multiverse_says_so(review):
    assert "No question has more than one way to pool." in repr(multiverse_table(review))


def test_each_prior_is_shown_with_the_factors_that_it_allows():
    narrow, usual, wide = priors_table().frame.to_dict("records")
    assert (narrow["Scale"], usual["Scale"], wide["Scale"]) == ("0.25", "0.5", "1")
    assert usual["Half of the prior: factor up to"] == "1.9"  # exp(1.96 * 0.5 * 0.674)
    assert usual["95% of the prior: factor up to"] == "6.8"  # exp(1.96 * 0.5 * 1.96)
