import pytest

from audit_study import COMPARISON, Paper
from example_review import ROWS, more_studies, write_review
from livingreview.analysis import carry_out
from livingreview.tables.context import (
    control_table,
    control_words,
    interactions,
    proportional_words,
    subgroup_words,
)
from livingreview_record.load import load_review


def median(arm, value):
    return {
        **{"section": "Abstract", "arm_id": arm, "outcome": "os", "statistic": "median"},
        **{"unit": "months", "value": value},
    }


SHORTER = (*ROWS, median("new", "9"), median("old", "4.0"))
MEDIANS = (*ROWS, median("new", "12.0"), median("old", "8.0"))


def test_medians_of_control_arms_stand_side_by_side_before_anything_is_pooled(tmp_path):
    review = more_studies(
        tmp_path, "other-2021", rows=(*ROWS, median("new", "9"), median("old", "4.0"))
    )
    (result,) = carry_out(review, "survival")
    assert control_words(review, result) is None  # one study prints medians
    assert list(control_table(review, result).frame["Study"]) == ["Other 2021"]


def test_the_spread_of_the_control_arms_is_said_with_its_factor(tmp_path):
    review = more_studies(
        tmp_path, "other-2021", rows=(*ROWS, median("new", "9"), median("old", "4.0"))
    )
    first = load_review(write_review(tmp_path / "one", rows=MEDIANS).parents[2])
    studies = {**review.studies, "example-2020": first.studies["example-2020"]}
    both = type(review)(review.protocol, studies)
    words = repr(control_words(both, carry_out(both, "survival")[0]))
    assert "run from 4.0 months (Other 2021) to 8.0 (Example 2020), a factor of 2.00" in words


def test_the_ratio_of_the_medians_stands_beside_that_of_constant_hazards(tmp_path):
    review = load_review(write_review(tmp_path, rows=MEDIANS).parents[2])
    words = repr(proportional_words(review, carry_out(review, "survival")))
    assert "medians are 12.0 and 8.0 months, a ratio of 1.50" in words
    assert "a hazard ratio of 0.70 gives a ratio of 1.43" in words  # 1 / 0.70


@pytest.mark.parametrize("rows", [ROWS, MEDIANS[:-1]])
def test_without_both_medians_nothing_is_compared(tmp_path, rows):
    review = load_review(write_review(tmp_path, rows=rows).parents[2])
    assert "No study prints both medians." in repr(
        proportional_words(review, carry_out(review, "survival"))
    )


def test_a_subgroup_and_its_whole_give_the_rest_and_the_test_of_interaction(tmp_path):
    """Whole 0.83 (0.68 to 1.00) and subgroup 0.70 (0.52 to 0.94), computed by hand elsewhere."""
    male = [
        {
            **row,
            "subgroup": "sex=male",
            "value": {"0.70": "0.70", "0.50-0.98": "0.52-0.94"}[row["value"]],
        }
        for row in ROWS[-2:]
    ]
    whole = [
        {**row, "value": {"0.70": "0.83", "0.50-0.98": "0.68-1.00"}[row["value"]]}
        for row in ROWS[-2:]
    ]
    review = load_review(write_review(tmp_path, rows=(*ROWS[:-2], *whole, *male)).parents[2])
    plans = {one["id"]: one for one in review.protocol["syntheses"]}
    part = {
        **plans["survival"],
        "id": "men",
        "include": {
            "status": ["included"],
            "patients": [{"population": "whole", "subgroup": "sex=male"}],
        },
    }
    protocol = {**review.protocol, "syntheses": [*plans.values(), part]}
    review = type(review)(protocol, review.studies)
    (men,), (everybody,) = carry_out(review, "men"), carry_out(review, "survival")
    assert repr(subgroup_words(review, men, everybody)) == (
        "- Example 2020: all patients 0.83 (0.68 to 1.00), the subgroup 0.70 (0.52 to 0.94); "
        "together they imply 0.94 (0.73 to 1.21) for the patients outside the subgroup. The "
        "subgroup differs from them by a factor of 0.74 (0.50 to 1.10), p for interaction 0.137."
    )
    assert "No estimate here is of a subgroup." in repr(
        subgroup_words(review, everybody, everybody)
    )


def paper_with(*ratios):
    paper = Paper(variables={"sex": {"kind": "categorical", "levels": ["male", "female"]}})
    for value, interval, subgroup in ratios:
        of = {"outcome": "event", "comparison": COMPARISON, "subgroup": subgroup, "method": "cox"}
        paper.add(value, statistic="hr", **of)
        paper.add(interval, statistic="ci95", **of)
    return interactions(paper.study)


def test_each_ratio_of_a_subgroup_stands_beside_the_rest_and_the_test_of_interaction():
    """The same ratios as above; the difference of the logs and its standard error by hand.

    1 / SE² is 103.3 in all and 43.8 in men, so 59.5 outside: SE of the difference is the root of
    1 / 43.8 + 1 / 59.5.
    """
    frame = paper_with(("0.83", "0.68-1.00", ""), ("0.70", "0.52-0.94", "sex=male"))
    (line,) = frame.to_dict("records")
    assert line["All patients"] == "0.83 (95% CI 0.68-1.00)"
    assert line["The other patients, implied"] == "0.94 (0.73 to 1.21)"
    assert line["Subgroup over others: test of interaction"] == (
        "0.74 (0.50 to 1.10), p 0.137; the logs differ by −0.296, SE 0.199"
    )


def test_too_little_outside_a_subgroup_gives_no_result_for_the_others():
    frame = paper_with(("0.83", "0.68-1.00", ""), ("0.82", "0.677-1.000", "sex=male"))
    (line,) = frame.to_dict("records")
    assert "fewer than about 20 events" in line["The other patients, implied"]
    assert line["Subgroup over others: test of interaction"] == ""


def test_a_subgroup_without_a_whole_is_not_held_against_anything():
    assert paper_with(("0.70", "0.52-0.94", "sex=male")).empty
