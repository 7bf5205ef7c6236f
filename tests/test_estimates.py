import pytest

from example_review import ROWS, STUDY, write_review
from livingreview_plan.selection import select
from livingreview_record.load import load_review
from livingreview_record.rules import plan


def test_arms_enter_with_counts_totals_and_the_places_they_come_from(tmp_path):
    write_review(tmp_path)
    new, _ = select(load_review(tmp_path), "response").used
    assert (new.study_id, new.arm_id, new.group, new.events, new.total) == (
        *("example-2020", "new", "new-drug"),
        *(20, 40),
    )
    assert [source.value for source in new.sources] == ["20", "40"]


def test_a_count_that_is_not_printed_is_taken_from_a_percentage_that_only_it_can_give(tmp_path):
    write_review(tmp_path)
    _, old = select(load_review(tmp_path), "response").used
    assert (old.events, old.total) == (15, 50)
    assert old.notes == ("count not printed: 15 is the only count of 50 printed as 30.0 %",)


@pytest.mark.parametrize(("size", "percent", "count"), [("254", "54", 137), ("255", "80", 204)])
def test_of_several_counts_that_are_printed_as_one_percentage_the_nearest_is_taken_and_told(
    tmp_path, size, percent, count
):
    moved = {"30.0": percent, "50": size}
    rows = tuple(row | {"value": moved.get(row["value"], row["value"])} for row in ROWS)
    write_review(tmp_path, rows=rows)
    _, old = select(load_review(tmp_path), "response").used
    allowed = [n for n in range(int(size)) if round(100 * n / int(size)) == int(percent)]
    assert len(allowed) == 3
    assert old.events == count
    (note,) = old.notes
    assert f"each count from {allowed[0]} to {allowed[-1]} of {size} is printed as" in note
    assert f"{count} is taken, the nearest" in note


@pytest.mark.parametrize("percent", ["31.0", "31"])
def test_a_percentage_that_no_count_gives_leaves_the_arm_out(tmp_path, percent):
    rows = tuple(row | {"value": percent} if row["value"] == "30.0" else row for row in ROWS)
    write_review(tmp_path, rows=rows)
    assert [arm.arm_id for arm in select(load_review(tmp_path), "response").used] == ["new"]


def test_compared_arms_enter_as_experimental_and_control(tmp_path):
    write_review(tmp_path)
    (pair,) = select(load_review(tmp_path), "response-ratio").used
    assert (pair.experimental.arm_id, pair.control.arm_id) == ("new", "old")
    assert pair.cohorts == frozenset({"example-2020"})


def test_a_hazard_ratio_enters_with_its_interval(tmp_path):
    write_review(tmp_path)
    (ratio,) = select(load_review(tmp_path), "survival").used
    assert (ratio.estimate.value, ratio.spread.value) == ("0.70", "0.50-0.98")


def test_a_table_cell_is_preferred_to_a_mention_in_the_text(tmp_path):
    cell = ROWS[4] | {"section": "Table 3", "table": "Table 3", "row": "New", "column": "HR"}
    write_review(tmp_path, rows=(*ROWS, cell))
    (ratio,) = select(load_review(tmp_path), "survival").used
    assert ratio.estimate.locator.table == "Table 3"


def test_a_design_decides_which_patients_enter(tmp_path):
    write_review(tmp_path, study=STUDY.replace("line: second", "line: mixed"))
    selection = select(load_review(tmp_path), "survival")
    assert selection.used == ()
    reason = "It prints no unadjusted hazard ratio for overall survival in these arms and patients."
    assert selection.left_out[0].reason == reason


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("status: included", "status: awaiting-classification", "It awaits classification."),
        ("line: second", "line: third", "Its patients are not those that this synthesis is about"),
    ],
)
def test_a_study_left_out_says_why(tmp_path, old, new, reason):
    write_review(tmp_path, study=STUDY.replace(old, new))
    selection = select(load_review(tmp_path), "survival")
    assert selection.used == ()
    (left_out,) = selection.left_out
    assert left_out.reason.startswith(reason)


def test_patients_shared_with_another_report_are_part_of_the_cohorts(tmp_path):
    shared = "shares_patients: [{with: 10.1000/other, certainty: likely, why: same centre}]\n"
    write_review(tmp_path, study=STUDY + shared)
    (ratio,) = select(load_review(tmp_path), "survival").used
    assert ratio.cohorts == frozenset({"example-2020", "10.1000/other"})


def test_an_unplanned_synthesis_is_refused_with_the_planned_ones(tmp_path):
    write_review(tmp_path)
    with pytest.raises(ValueError, match="response, response-ratio, survival"):
        plan(load_review(tmp_path), "toxicity")
