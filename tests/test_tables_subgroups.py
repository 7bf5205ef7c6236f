from dataclasses import replace

from audit_study import COMPARISON, Paper
from example_review import ROWS, write_review
from livingreview.tables.subgroups import interactions, subgroup_words
from livingreview_plan.analysis import carry_out
from livingreview_record import PatientsRule, plan
from livingreview_record.load import load_review


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
    rule = PatientsRule(population="whole", subgroup="sex=male")
    survival = plan(review, "survival")
    part = replace(survival, id="men", include=replace(survival.include, patients=(rule,)))
    both = replace(review.protocol, syntheses=(*review.protocol.syntheses, part))
    review = replace(review, protocol=both)
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
