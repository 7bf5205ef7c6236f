from dataclasses import replace

import pytest

from example_review import ROWS, write_review
from livingreview.load import load_review
from livingreview.tables.choices import absolute_table, multiverse_table, priors_table

RATE = {
    **{"section": "Abstract", "arm_id": "old", "outcome": "os", "timepoint": "12 months"},
    **{"statistic": "rate", "unit": "%", "value": "50.0"},
}


@pytest.fixture
def review(tmp_path):
    write_review(tmp_path, rows=(*ROWS, RATE))
    return load_review(tmp_path)


def planning(review, **plans):
    return replace(review, protocol={**review.protocol, **plans})


def test_a_hazard_ratio_becomes_deaths_among_1000_at_the_printed_survival_of_the_control(review):
    entry = {"synthesis": "survival", "timepoint": "12 months", "event": "deaths within a year"}
    (row,) = absolute_table(planning(review, absolute=[entry])).frame.to_dict("records")
    assert row["Without, of 1,000"] == "500 (example-2020)"
    assert row["With, of 1,000"] == f"{1000 * (1 - 0.5**0.70):.0f}"
    assert row["Where printed"] == "Abstract"


def test_a_ratio_of_counts_takes_its_baseline_from_the_control_arm(review):
    entry = {"synthesis": "response-ratio", "event": "responses"}
    (row,) = absolute_table(planning(review, absolute=[entry])).frame.to_dict("records")
    assert (row["Without, of 1,000"], row["With, of 1,000"]) == ("300 (example-2020)", "500")


def test_without_a_printed_baseline_there_is_no_absolute_effect(review):
    entry = {"synthesis": "survival", "timepoint": "24 months", "event": "deaths"}
    table = absolute_table(planning(review, absolute=[entry]))
    assert "No control arm prints a baseline." in repr(table)


def test_the_multiverse_of_one_study_is_that_study(review):
    entry = {"title": "Survival", "syntheses": ["survival"]}
    (row,) = multiverse_table(planning(review, multiverses=[entry])).frame.to_dict("records")
    assert row["Ways to pool"] == "1"
    assert row["Pooled results"] == "0.70 to 0.70"
    assert row["Intervals wholly below no difference"] == "1 of 1"


def test_a_review_that_plans_no_multiverse_says_so(review):
    assert "No question has more than one way to pool." in repr(multiverse_table(review))


def test_each_prior_is_shown_with_the_factors_that_it_allows():
    narrow, usual, wide = priors_table().frame.to_dict("records")
    assert (narrow["Scale"], usual["Scale"], wide["Scale"]) == ("0.25", "0.5", "1")
    assert usual["Half of the prior: factor up to"] == "1.9"  # exp(1.96 * 0.5 * 0.674)
    assert usual["95% of the prior: factor up to"] == "6.8"  # exp(1.96 * 0.5 * 1.96)
