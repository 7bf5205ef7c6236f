import pytest

from example_review import ROWS, more_studies, write_review
from livingreview_plan.analysis import carry_out
from livingreview_record.load import load_review
from livingreview_results.survival_time import control_table, control_words, proportional_words


def median(arm, value):
    return {
        **{"section": "Abstract", "arm_id": arm, "outcome": "os", "statistic": "median"},
        **{"unit": "months", "value": value},
    }


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
