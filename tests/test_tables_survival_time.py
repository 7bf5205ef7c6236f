import pytest

from example_review import ROWS, STUDY, write_review
from livingreview_plan import carry_out
from livingreview_record.load import load_review
from livingreview_results.survival_time import NO_CURVES, control_table, restricted_mean_table
from planning import planning
from the_review import the_review

PLAN = {"outcome": "os", "horizon": 12, "status": ["included"]}


def rate(arm, months, value):
    return {
        **{"section": "Abstract", "arm_id": arm, "outcome": "os", "statistic": "rate"},
        **{"timepoint": f"{months} months", "unit": "%", "value": value},
    }


def median(arm, value):
    return {
        **{"section": "Abstract", "arm_id": arm, "outcome": "os", "statistic": "median"},
        **{"unit": "months", "value": value},
    }


def table(tmp_path, *rows):
    write_review(tmp_path, rows=(*ROWS, *rows))
    review = load_review(tmp_path)
    return restricted_mean_table(planning(review, restricted_means=[PLAN]))


def test_the_mean_lies_between_what_the_printed_rates_allow(tmp_path):
    found = table(tmp_path, rate("new", 12, "50.0"), rate("old", 12, "25.0"))
    (row,) = found.frame.to_dict("records")
    assert row["Experimental arm (bounds)"].endswith("(6.0 to 12.0)")
    assert row["Control arm (bounds)"].endswith("(3.0 to 12.0)")
    assert row["Difference (bounds)"].endswith("(−6.0 to 9.0)")


def test_contradictory_numbers_give_no_curve_and_are_named(tmp_path):
    found = table(tmp_path, rate("new", 12, "60.0"), median("new", "8.0"), rate("old", 12, "25.0"))
    (row,) = found.frame.to_dict("records")
    assert row["Experimental arm (bounds)"] == "no curve"
    assert row["Difference (bounds)"].startswith("the printed numbers contradict each other")


@pytest.mark.parametrize("value", ["NR", ">24", "0"])
def test_a_median_from_which_no_curve_follows_gives_none_and_says_so(tmp_path, value):
    found = table(tmp_path, median("new", value), rate("old", 12, "25.0"))
    (row,) = found.frame.to_dict("records")
    assert row["Experimental arm (bounds)"] == "no curve"
    assert row["Difference (bounds)"].startswith("no rate, and no median that was reached")


@pytest.mark.parametrize("rows", [(), (rate("new", 12, "50.0"),)])
def test_without_survival_of_both_arms_there_is_no_row(tmp_path, rows):
    assert NO_CURVES in repr(table(tmp_path, *rows))


def test_a_study_that_awaits_classification_is_marked(tmp_path):
    rows = (*ROWS, rate("new", 12, "50.0"), rate("old", 12, "25.0"))
    write_review(
        tmp_path,
        rows=rows,
        study=STUDY.replace("status: included", "status: awaiting-classification"),
    )
    review = load_review(tmp_path)
    plan = {**PLAN, "status": ["included", "awaiting-classification"]}
    found = restricted_mean_table(planning(review, restricted_means=[plan]))
    (row,) = found.frame.to_dict("records")
    assert row["Study"] == "Example 2020 (awaiting classification)"


def test_a_control_arm_without_a_median_of_the_very_patients_shows_those_of_alike_patients():
    """Zhang 2025 prints a ratio of a subgroup, and medians of these patients in a second report."""
    review = the_review()
    rows = control_table(review, carry_out(review, "os-ici-after-ici")[0]).frame
    zhang = rows[rows["Study"] == "Zhang 2025"]
    medians = {str(cell).partition(" ")[0] for cell in zhang["Median, months (95% interval)"]}
    assert medians == {"7.90", "8.95"}
    assert zhang["Control arm"].str.contains("second report").all()
    assert {"Dalian 2026", "Gu 2026"} < {*rows["Study"]}
