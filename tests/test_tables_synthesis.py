import pytest

from example_review import STUDY, write_review
from livingreview.analysis import answer
from livingreview.load import load_review
from livingreview.show import arms_plot, forest_plot
from livingreview.tables.robustness import (
    certainty_table,
    headline_table,
    heterogeneity_table,
    left_out_table,
    sensitivity_table,
)
from livingreview.tables.synthesis import FLAG, arms_table, forest_rows, forest_table, published


@pytest.fixture
def review(tmp_path):
    """The example with a second study of the same numbers on other patients."""
    write_review(tmp_path)
    first = tmp_path / "data" / "studies" / "example-2020"
    second = tmp_path / "data" / "studies" / "other-2021"
    second.mkdir()
    text = STUDY.replace("example-2020", "other-2021").replace("Example 2020", "Other 2021")
    (second / "study.yaml").write_text(text, encoding="utf-8")
    (second / "reported.csv").write_bytes((first / "reported.csv").read_bytes())
    return load_review(tmp_path)


@pytest.fixture
def answers(review):
    return {
        planned["id"]: answer(review, planned["id"]) for planned in review.protocol["syntheses"]
    }


def test_a_ratio_is_shown_as_it_is_printed_with_its_place(review):
    rows = forest_rows(answer(review, "survival")[0])
    study = rows.iloc[0]
    assert (study["label"], study["text"]) == ("Example 2020", "0.70 (0.50 to 0.98)")
    assert study["where"] == "Abstract"


def test_pooled_rows_follow_the_studies_and_are_on_the_scale_of_ratios(review):
    rows = forest_rows(answer(review, "survival")[0])
    assert list(rows["mark"]) == ["study"] * 2 + ["pooled"] * 3
    common = rows[rows["label"] == "Common effect"].iloc[0]
    assert common["estimate"] == pytest.approx(0.70)
    assert 0.50 < common["lower"] < common["upper"] < 0.98


def test_equal_studies_carry_equal_weights(review):
    weights = forest_rows(answer(review, "survival")[0])["weight"][:2]
    assert list(weights) == pytest.approx([50, 50])


def test_an_arm_is_shown_in_percent_with_its_exact_interval(review):
    rows = forest_rows(answer(review, "response")[0])
    assert rows.iloc[0]["text"] == "50.0% (33.8 to 66.2)"
    assert rows.iloc[0]["counts"] == "20/40"


def test_a_row_that_rests_on_a_number_with_a_finding_is_flagged(review):
    (result,) = answer(review, "survival")
    marked = {result.effects[1].sources[0]}
    labels = list(forest_rows(result, marked=marked)["label"])
    assert labels[:2] == ["Example 2020", f"Other 2021{FLAG}"]


def test_figure_and_table_show_the_same_rows(review):
    (result,) = answer(review, "survival")
    drawn = forest_plot(result).rows
    shown = forest_table(result).frame
    assert list(drawn["label"]) == list(shown["Study or model"])
    assert list(drawn["text"]) == list(shown["Hazard ratio (95% interval)"])


def test_arms_stand_under_their_groups(review):
    answers = answer(review, "response")
    assert list(arms_table(answers).frame["Treatment"].unique()) == ["A new drug", "An old drug"]
    assert list(arms_plot(answers).rows["group"].unique()) == ["A new drug", "An old drug"]


def test_every_number_of_an_answer_is_published_under_its_own_key(review):
    numbers = published({"survival": answer(review, "survival")})
    assert numbers["survival.log_hr.example-2020"] == "0.70 (0.50 to 0.98)"
    assert numbers["survival.log_hr.studies"] == "2"
    assert numbers["survival.log_hr.i2"] == "0%"
    assert all(type(text) is str for text in numbers.values())


def test_the_sensitivity_table_shows_the_result_with_and_without_a_number(review, answers):
    marked = frozenset({answers["survival"][0].effects[0].sources[0]})
    (row,) = sensitivity_table(review, answers, marked).frame.to_dict("records")
    assert row["Without"] == "0.70 (0.50 to 0.98)"
    assert row["What is left out"] == "Example 2020"


def test_the_headline_names_every_study_and_every_way_to_pool(review):
    (row,) = headline_table(answer(review, "survival")).frame.to_dict("records")
    assert row["Study by study"] == (
        "Example 2020: 0.70 (0.50 to 0.98); Other 2021: 0.70 (0.50 to 0.98)"
    )
    assert row["Together"].startswith("Common effect: 0.70")


def test_the_headline_of_one_study_says_so(tmp_path):
    write_review(tmp_path)
    (row,) = headline_table(answer(load_review(tmp_path), "survival")).frame.to_dict("records")
    assert row["Together"] == "one study"


def test_without_findings_the_sensitivity_table_says_so(review, answers):
    assert "No number used in a synthesis carries a finding." in repr(
        sensitivity_table(review, answers, frozenset())
    )


def test_heterogeneity_has_a_row_for_each_answer_with_two_studies(review):
    answers = [*answer(review, "survival"), *answer(review, "response")]
    assert len(heterogeneity_table(answers).frame) == 3


def test_studies_left_out_are_listed_once_with_the_reason(tmp_path):
    write_review(
        tmp_path, study=STUDY.replace("status: included", "status: awaiting-classification")
    )
    answers = answer(load_review(tmp_path), "survival")
    (row,) = left_out_table(answers * 2).frame.to_dict("records")
    assert row["Why it is not used"] == "It awaits classification."


def test_a_review_without_judgements_of_certainty_says_so(review):
    assert "has not been judged" in repr(certainty_table(review))
