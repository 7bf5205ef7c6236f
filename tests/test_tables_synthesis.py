import math
from dataclasses import replace

import pytest

from example_review import STUDY, more_studies, two_studies, write_review
from livingreview_display import forest
from livingreview_display.axes import HAZARD_RATIO
from livingreview_display.placing import PREDICTION
from livingreview_plan.analysis import carry_out
from livingreview_plan.selection import LeftOut
from livingreview_record.certainty import Grade, Step
from livingreview_record.load import load_review
from livingreview_results.keys import texts_by_key
from livingreview_results.page import arms_plot, forest_plot
from livingreview_results.rows import FLAG, forest_rows, study_rows
from livingreview_results.sensitivity import sensitivity_table
from livingreview_results.tables import (
    arms_notes,
    arms_table,
    certainty_table,
    forest_table,
    headline_table,
    heterogeneity_table,
    notes,
    policy_notes,
    scale_words,
)
from livingreview_results.unused import left_out_table, left_out_words
from planning import replanned


@pytest.fixture
def review(tmp_path):
    """The example with a second study of the same numbers on other patients."""
    return two_studies(tmp_path)


@pytest.fixture
def answers(review):
    return {planned.id: carry_out(review, planned.id) for planned in review.protocol.syntheses}


def test_a_ratio_is_shown_as_it_is_printed_with_its_place(review):
    rows = forest_rows(carry_out(review, "survival")[0])
    study = rows.iloc[0]
    assert (study["label"], study["text"]) == ("Example 2020", "0.70 (0.50 to 0.98)")
    assert study["where"] == "Abstract"


def test_pooled_rows_follow_the_studies_and_are_on_the_scale_of_ratios(review):
    rows = forest_rows(carry_out(review, "survival")[0])
    assert list(rows["mark"]) == ["study"] * 2 + ["pooled"] * 5
    common = rows[rows["label"] == "Common effect"].iloc[0]
    assert common["estimate"] == pytest.approx(0.70)
    assert 0.50 < common["lower"] < common["upper"] < 0.98


def test_equal_studies_carry_equal_weights(review):
    weights = forest_rows(carry_out(review, "survival")[0])["weight"][:2]
    assert list(weights) == pytest.approx([50, 50])


def test_an_arm_is_shown_in_percent_with_its_exact_interval(review):
    rows = forest_rows(carry_out(review, "response")[0])
    assert rows.iloc[0]["text"] == "50.0% (33.8 to 66.2)"
    assert rows.iloc[0]["counts"] == "20/40"


def test_a_row_that_rests_on_a_number_with_a_finding_is_flagged(review):
    (result,) = carry_out(review, "survival")
    marked = {result.effects[1].sources[0]}
    labels = list(forest_rows(result, marked=marked)["label"])
    assert labels[:2] == ["Example 2020", f"Other 2021{FLAG}"]


def test_figure_and_table_show_the_same_rows(review):
    (result,) = carry_out(review, "survival")
    drawn = forest_plot(result).rows
    shown = forest_table(result).frame
    assert list(drawn["label"]) == list(shown["Study or model"])
    assert list(drawn["text"]) == list(shown["Hazard ratio (95% interval)"])


def test_arms_stand_under_their_groups(review):
    answers = carry_out(review, "response")
    assert list(arms_table(answers).frame["Treatment"].unique()) == ["A new drug", "An old drug"]
    assert list(arms_plot(answers).rows["group"].unique()) == ["A new drug", "An old drug"]


def test_every_number_of_an_answer_is_published_under_its_own_key(review):
    numbers = texts_by_key({"survival": carry_out(review, "survival")})
    assert numbers["survival.log_hr.example-2020"] == "0.70 (0.50 to 0.98)"
    assert numbers["survival.log_hr.studies"] == "2"
    assert numbers["survival.log_hr.i2"] == "0%"
    assert all(type(text) is str for text in numbers.values())


def test_every_bayesian_result_is_shown_with_its_prior_and_called_credible(review):
    labels = list(forest_table(carry_out(review, "survival")[0]).frame["Study or model"])
    assert labels[-3:] == [f"Bayesian, prior {s} (credible interval)" for s in ("0.25", "0.5", "1")]


def test_the_keys_of_two_studies_stay_when_a_third_enters_and_a_prediction_joins(tmp_path):
    two, three = (
        {
            key.removeprefix("survival.")
            for key in texts_by_key(
                {"survival": carry_out(more_studies(tmp_path / end, *names), "survival")}
            )
        }
        for end, names in (("two", ["other-2021"]), ("three", ["other-2021", "third-2022"]))
    )
    assert {"log_hr.bayes-narrow", "log_hr.bayes", "log_hr.bayes-wide"} <= two
    assert three - two == {"log_hr.third-2022", "log_hr.prediction"}
    assert two <= three


def test_from_three_studies_on_the_prediction_interval_is_shown_drawn_and_published(tmp_path):
    review = more_studies(tmp_path, "other-2021", "third-2022")
    (result,) = carry_out(review, "survival")
    main = result.pooled.main
    text = f"{math.exp(main.pi_lower):.2f} to {math.exp(main.pi_upper):.2f}"
    rows = forest_table(result).frame.set_index("Study or model").iloc[:, 0]
    assert rows["Prediction interval"] == text
    assert texts_by_key({"survival": [result]})["survival.log_hr.prediction"] == text
    drawn = forest_plot(result).rows
    (bar,) = drawn[drawn["mark"] == PREDICTION].to_dict("records")
    assert (bar["lower"], bar["upper"]) == pytest.approx(
        (math.exp(main.pi_lower), math.exp(main.pi_upper))
    )
    widths = [
        line.get_linewidth()
        for line in forest.forest(drawn, HAZARD_RATIO).axes[0].lines
        if list(line.get_xdata()) == [bar["lower"], bar["upper"]]
    ]
    assert widths == [5.0]  # a bar, not the thin line of a study


def test_two_studies_have_no_prediction_interval(review):
    (result,) = carry_out(review, "survival")
    assert "prediction interval" not in set(forest_rows(result)["mark"])
    assert "survival.log_hr.prediction" not in texts_by_key({"survival": [result]})


def test_the_certainty_stands_above_each_comparison(review):
    assert (
        "Certainty of the evidence: not judged"
        in forest_table(carry_out(review, "survival")[0]).caption
    )
    steps = {"imprecision": Step("imprecision", -1, "made up")}
    again = replace(review, certainty={"survival": Grade("survival", "low", "chosen", steps)})
    (result,) = carry_out(again, "survival")
    assert forest_table(result).caption == "Survival. Certainty of the evidence: very low"
    assert headline_table([result]).frame["Certainty"][0] == "very low"
    (row,) = certainty_table(again).frame.to_dict("records")
    assert row["Why"] == "starts low: chosen; imprecision, 1 down: made up"


def test_a_result_of_one_study_needs_no_note(tmp_path):
    write_review(tmp_path)
    assert notes(carry_out(load_review(tmp_path), "survival")[0]) is None


def test_the_rule_for_each_number_of_studies_is_said_once(review, answers):
    words = repr(policy_notes([one for group in answers.values() for one in group]))
    assert words.count("Two studies") == 1
    assert notes(answers["survival"][0]) is None


def test_a_note_of_the_plan_and_of_a_count_stand_with_their_synthesis(review):
    (result,) = carry_out(replanned(review, note="read with care"), "response-ratio")
    first, second, *_ = repr(notes(result)).splitlines()
    assert first == "- Read with care."
    assert second == (
        "- Example 2020: count not printed: 15 is the only count of 50 printed as 30.0 %."
    )


def test_each_ratio_of_the_same_counts_says_whether_it_includes_no_difference(review):
    again = replanned(review, measures=("log_or", "log_rr", "rd"))
    odds, risk = repr(scale_words(carry_out(again, "response-ratio"))).splitlines()
    assert odds.startswith("- Odds ratio (primary measure): 2.33 (1.00 to 5.46)")
    assert odds.endswith("whose interval reaches across no difference.")
    assert risk.startswith("- Risk ratio: 1.67 (")


def test_single_arms_of_two_studies_stand_side_by_side_with_the_reason(review, answers):
    assert set(forest_rows(answers["response"][0])["mark"]) == {"study"}
    assert repr(arms_notes(answers["response"])) == (
        "- A new drug; An old drug: single arms are not pooled below 3 studies."
    )
    keys = texts_by_key({"response": answers["response"]})
    assert not any(key.endswith((".exact", ".tau2")) for key in keys)


def test_the_sensitivity_table_leaves_out_each_study_and_flags_those_in_question(review, answers):
    marked = frozenset({answers["survival"][0].effects[0].sources[0]})
    table = sensitivity_table(review, answers, marked).frame
    rows = table[table["Synthesis"] == "Survival"].to_dict("records")
    assert [row["Left out"] for row in rows] == ["nothing", f"Example 2020{FLAG}", "Other 2021"]
    assert rows[0]["Result"].startswith(
        "Random effects (REML): 0.70 (0.55 to 0.89); Bayesian, prior"
    )
    assert rows[1]["Result"] == "Other 2021 alone: 0.70 (0.50 to 0.98)"


def test_the_sensitivity_table_leaves_out_everything_in_question_at_once(review, answers):
    marked = frozenset(effect.sources[0] for effect in answers["survival"][0].effects)
    table = sensitivity_table(review, answers, marked).frame
    row = table[table["Left out"] == "every number that a finding touches"].to_dict("records")
    assert [one["Result"] for one in row] == ["no study is left"]


def test_the_headline_names_every_study_and_every_way_to_pool(review):
    (row,) = headline_table(carry_out(review, "survival")).frame.to_dict("records")
    assert row["Study by study"] == (
        "Example 2020: 0.70 (0.50 to 0.98); Other 2021: 0.70 (0.50 to 0.98)"
    )
    assert row["Common effect"] == row["Random effects (REML)"] == "0.70 (0.55 to 0.89)"
    assert row["Bayesian, prior 0.5 (credible interval)"].startswith("0.70 (0.")
    assert "Not pooled" not in row


def test_the_headline_of_one_study_says_so(tmp_path):
    write_review(tmp_path)
    (row,) = headline_table(carry_out(load_review(tmp_path), "survival")).frame.to_dict("records")
    assert row["Not pooled"] == "one study"


def test_without_findings_and_second_studies_the_sensitivity_table_says_so(tmp_path):
    write_review(tmp_path)
    review = load_review(tmp_path)
    answers = {"survival": carry_out(review, "survival")}
    assert "No comparison has a number in question or a second study." in repr(
        sensitivity_table(review, answers, frozenset())
    )


def test_limits_of_the_heterogeneity_are_shown_from_three_studies_on(tmp_path):
    for names, has_limits in ((["other-2021"], False), (["other-2021", "third-2022"], True)):
        review = more_studies(tmp_path / str(len(names)), *names)
        answers = [*carry_out(review, "survival"), *carry_out(review, "response")]
        rows = heterogeneity_table(answers).frame
        assert len(rows) == (3 if has_limits else 1)  # arms are pooled from three on as well
        assert ("95% interval" in rows["tau²"][0]) == has_limits
        assert "not estimable" not in rows["tau²"].to_list()


def test_a_study_that_is_not_used_has_the_letter_of_its_reason(tmp_path):
    write_review(
        tmp_path, study=STUDY.replace("status: included", "status: awaiting-classification")
    )
    answers = carry_out(load_review(tmp_path), "survival")
    (row,) = left_out_table(answers * 2).frame.to_dict("records")
    assert row["Example 2020"] == "A"
    assert "A: It awaits classification." in repr(left_out_words(answers * 2))


def test_after_the_last_letter_reasons_go_on_with_two(answers):
    (one,) = answers["survival"]
    reasons = [f"Reason {number}." for number in range(28)]
    result = replace(one, estimates=(), left_out=tuple(LeftOut("s", "S", text) for text in reasons))
    said = repr(left_out_words([result]))
    assert all(f"{letter}: Reason" in said for letter in ("A", "Z", "AA", "AB"))
    (cell,) = left_out_table([result]).frame["S"]
    assert cell.endswith("Y, Z, AA, AB")


def test_a_study_that_enters_is_used(review):
    answers = [*carry_out(review, "survival"), *carry_out(review, "response")]
    frame = left_out_table(answers).frame
    assert set(frame["Example 2020"]) == {"used"}
    assert len(frame) == 2


def test_a_review_without_judgements_of_certainty_says_so(review):
    assert "has not been judged" in repr(certainty_table(review))


def test_the_rows_of_studies_alone_hold_every_study_and_nothing_pooled(answers):
    results = [answers["survival"][0], answers["response"][0]]
    rows = study_rows(results)
    each = [row for one in results for row in forest_rows(one)["text"][: len(one.effects)]]
    assert rows["text"].to_list() == each
    assert set(rows["mark"]) == {"study"}
    assert rows["group"].nunique() == 2
    assert "weight" not in rows
