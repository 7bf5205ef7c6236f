import math
from dataclasses import replace

import pytest

from example_review import ROWS, write_review
from livingreview_certainty.absolute import absolute_table
from livingreview_record.certainty import Grade
from livingreview_record.load import load_review
from livingreview_results import read_first
from planning import planning, replanned
from the_review import carried_out, the_review

RATE = {
    **{"section": "Abstract", "arm_id": "old", "outcome": "os", "timepoint": "12 months"},
    **{"statistic": "rate", "unit": "%", "value": "50.0"},
}


@pytest.fixture
def review(tmp_path):
    write_review(tmp_path, rows=(*ROWS, RATE))
    return load_review(tmp_path)


def test_a_hazard_ratio_becomes_deaths_among_1000_at_the_printed_survival_of_the_control(review):
    entry = {"synthesis": "survival", "timepoint": "12 months", "event": "deaths within a year"}
    (row,) = absolute_table(planning(review, absolute=[entry])).frame.to_dict("records")
    assert row["Without, of 1,000"] == "500 (Example 2020: Old)"
    assert row["With, of 1,000"] == f"{1000 * (1 - 0.5**0.70):.0f}"
    assert row["Where printed"] == "Abstract"


def test_a_ratio_of_counts_takes_its_baseline_from_the_control_arm(review):
    entry = {"synthesis": "response-ratio", "event": "responses"}
    (row,) = absolute_table(planning(review, absolute=[entry])).frame.to_dict("records")
    assert (row["Without, of 1,000"], row["With, of 1,000"]) == ("300 (Example 2020: Old)", "500")


def test_without_a_printed_baseline_there_is_no_absolute_effect(review):
    entry = {"synthesis": "survival", "timepoint": "24 months", "event": "deaths"}
    table = absolute_table(planning(review, absolute=[entry]))
    assert "No control arm prints a baseline." in repr(table)


def test_a_number_needed_to_treat_is_given_only_where_the_interval_excludes_no_difference(review):
    entry = {"synthesis": "survival", "timepoint": "12 months", "event": "deaths"}
    plans = planning(
        review, absolute=[entry, {"synthesis": "response-ratio", "event": "responses"}]
    )
    deaths, responses = absolute_table(plans).frame.to_dict("records")
    difference = 500 - 1000 * (1 - 0.5**0.70)
    assert deaths["Number needed to treat"].startswith(f"{math.ceil(1000 / difference)} (")
    assert deaths["Number needed to treat"].endswith("for one fewer")
    assert responses["Difference (95% interval)"] == "200 (−4 to 404)"
    assert responses["Number needed to treat"] == "not given: the interval includes no difference"


def test_beside_an_absolute_effect_stand_its_certainty_and_what_the_arms_print(tmp_path):
    treated = {**RATE, "arm_id": "new", "value": "62.5"}
    write_review(tmp_path, rows=(*ROWS, RATE, treated))
    judged = {"survival": Grade("survival", "low", "chosen", {})}
    entry = {"synthesis": "survival", "timepoint": "12 months", "event": "deaths"}
    plans = replace(planning(load_review(tmp_path), absolute=[entry]), certainty=judged)
    (row,) = absolute_table(plans).frame.to_dict("records")
    assert row["Certainty"] == "low"
    assert row["Effect"] == "Survival: 0.70 (0.50 to 0.98)"
    assert row["Difference between these arms as printed"] == "−125"


def test_without_the_rate_of_the_other_arm_no_difference_is_printed(review):
    entry = {"synthesis": "survival", "timepoint": "12 months", "event": "deaths"}
    (row,) = absolute_table(planning(review, absolute=[entry])).frame.to_dict("records")
    assert row["Difference between these arms as printed"] == "not printed"
    assert row["Certainty"] == "not judged"


def test_where_measures_of_the_same_counts_disagree_no_number_needed_to_treat_is_given():
    entries = [{"synthesis": name, "event": name} for name in ("orr-ici", "orr-ici-matched")]
    judged = planning(the_review(), absolute=entries)
    assert {*absolute_table(judged).frame["Number needed to treat"]} == {
        "not given: the certainty is very low"
    }
    rows = absolute_table(replace(judged, certainty={})).frame
    needed = rows.groupby("Event")["Number needed to treat"].agg(list)
    assert all("by another measure of the same counts" in text for text in needed["orr-ici"])
    assert all(text.endswith("for one more") for text in needed["orr-ici-matched"])


def test_where_another_model_or_prior_reaches_no_difference_no_number_needed_is_given():
    entry = {"synthesis": "orr-ici", "event": "responses"}
    first = carried_out("orr-ici")[0].pooled
    assert first.bayes.ci_lower > 0 > first.by_prior[1.0].ci_lower
    unjudged = replace(planning(the_review(), absolute=[entry]), certainty={})
    rows = absolute_table(replanned(unjudged, measures=("log_or",))).frame
    assert set(rows["Number needed to treat"]) == {
        "not given: by another model or prior the interval includes no difference"
    }


def test_from_three_studies_on_random_effects_are_read_first_and_of_two_the_middle_prior():
    (three, *_), (two, *_) = carried_out("os-ici-after-ici"), carried_out("pfs-ici-after-ici")
    first, other = read_first(three), read_first(two)
    assert (three.pooled.k, two.pooled.k) == (3, 2)
    assert (first.lower, first.upper) == (
        three.pooled.random.ci_lower,
        three.pooled.random.ci_upper,
    )
    assert first.text(three).endswith("; Random effects (REML), modified Knapp-Hartung interval")
    assert (other.lower, other.upper) == (two.pooled.bayes.ci_lower, two.pooled.bayes.ci_upper)
    assert other.text(two).endswith("; Bayesian, prior 0.5 (credible interval)")


def test_the_events_of_a_single_study_follow_from_its_interval_as_printed():
    entry = {"synthesis": "pfs-ici-matched", "timepoint": "6 months", "event": "deaths"}
    (row,) = absolute_table(planning(the_review(), absolute=[entry])).frame.to_dict("records")
    (result,) = carried_out("pfs-ici-matched")
    printed = result.estimates[0].spread.interval
    without, with_low, with_high = (
        802,
        *(1000 * (1 - 0.198**bound.value) for bound in (printed.lower, printed.upper)),
    )
    assert row["Without, of 1,000"].startswith(f"{without} (")
    low, high = with_low - without, with_high - without
    assert row["Difference (95% interval)"].endswith(f"(−{-low:.0f} to −{-high:.0f})")


def test_an_interval_made_symmetric_would_give_other_events_than_the_printed_one():
    (result,) = carried_out("os-engager")
    assert read_first(result).lower == math.log(result.estimates[0].spread.interval.lower.value)
    assert read_first(result).lower != result.effects[0].interval()[0]
