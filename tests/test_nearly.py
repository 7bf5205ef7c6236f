"""A printed number that nearly enters a synthesis is named, with the column that keeps it out."""

from dataclasses import replace
from pathlib import Path

import pytest

from example_review import ROWS, STUDY, write_review
from livingreview.cli import main
from livingreview_plan.analysis import carry_out
from livingreview_plan.kinds.printed import NO_METHOD
from livingreview_plan.selection import select
from livingreview_record.load import load_review

RATIO, INTERVAL = 4, 5  # positions in ROWS
SIZE_OLD, COUNT_NEW, PERCENT_OLD = 1, 2, 3


def rows_with(position: int | tuple[int, ...], **cells: str) -> tuple[dict[str, str], ...]:
    positions = (position,) if isinstance(position, int) else position
    return tuple(row | (cells if i in positions else {}) for i, row in enumerate(ROWS))


def rows_without(*positions: int) -> tuple[dict[str, str], ...]:
    return tuple(row for i, row in enumerate(ROWS) if i not in positions)


BOTH = (RATIO, INTERVAL)
NEAR = [
    ("survival", rows_with(BOTH, adjustment=""), "adjustment", "not said whether it is adjusted"),
    ("survival", rows_with(BOTH, method="log-rank"), "method", "only ratios of a Cox model"),
    ("survival", rows_with(BOTH, timepoint="12 months"), "timepoint", "one time (12 months)"),
    ("survival", rows_with(RATIO, value="<0.70"), "value", "it is printed as a limit"),
    ("survival", rows_with(INTERVAL, adjustment=""), "statistic", "no confidence interval"),
    ("survival", rows_without(INTERVAL), "statistic", "no confidence interval"),
    (
        "survival",
        rows_with(INTERVAL, value="0.50-NA"),
        "value",
        "not lie between two printed bounds above 0",
    ),
    (
        "survival",
        rows_with(INTERVAL, value="0.00-0.98"),
        "value",
        "not lie between two printed bounds above 0",
    ),
    (
        "survival",
        rows_with(INTERVAL, value="0.10-0.20"),
        "value",
        "not lie between two printed bounds",
    ),
    (
        "survival",
        rows_with(INTERVAL, value="0.70-0.70"),
        "value",
        "not lie between two printed bounds",
    ),
    ("response", rows_without(SIZE_OLD), "outcome", "number of patients of the arm is not"),
    ("response", rows_with(COUNT_NEW, timepoint="6 months"), "timepoint", "one time (6 months)"),
    ("response", rows_with(COUNT_NEW, value="41"), "value", "more than the arm's 40 patients"),
    ("response", rows_with(PERCENT_OLD, value="31.0"), "value", "fits no count of 50"),
    ("response-ratio", rows_with(PERCENT_OLD, value="31.0"), "value", "fits no count of 50"),
    ("response-ratio", rows_without(PERCENT_OLD), "arm_id", "no number is usable for Old"),
]


@pytest.mark.parametrize(("synthesis", "rows", "column", "words"), NEAR)
def test_what_keeps_a_near_number_out_is_said_with_its_column(
    tmp_path: Path, synthesis: str, rows: tuple[dict[str, str], ...], column: str, words: str
) -> None:
    write_review(tmp_path, rows=rows)
    (left,) = select(load_review(tmp_path), synthesis).left_out
    assert [miss.column for miss in left.nearly][:1] == [column]
    assert left.reason.startswith("Nearly: ")
    assert words in left.reason


def test_a_level_that_a_rule_wants_and_a_row_does_not_say_is_near(tmp_path: Path) -> None:
    study = STUDY.replace(
        "kind: binary, sum_of: {response: [pr]}", "kind: adverse-event, levels: {high: Grade 3}"
    )
    path = write_review(tmp_path, study=study).parents[1] / "review.yaml"
    text = path.read_text("utf-8").replace("outcome: orr,", "outcome: orr, category: high,", 1)
    path.write_text(text, "utf-8")
    (left,) = select(load_review(tmp_path), "response").left_out
    assert {miss.column for miss in left.nearly} == {"category"}
    assert "it is of no level, and Grade 3 is wanted" in left.reason


def test_a_sum_of_levels_of_which_one_is_not_printed_is_near(tmp_path: Path) -> None:
    study = STUDY.replace("[pr]", "[pr, sd]")
    part = {"category": "pr", "outcome": "response"}
    write_review(tmp_path, study=study, rows=rows_with(COUNT_NEW, **part))
    (left,) = select(load_review(tmp_path), "response").left_out
    assert "but the number with Stable is not printed" in left.reason


@pytest.mark.parametrize("synthesis", ["survival", "response-ratio"])
def test_arms_the_other_way_round_are_near(tmp_path: Path, synthesis: str) -> None:
    write_review(tmp_path)  # turned after loading: where no other rule wants it so, it is refused
    review = load_review(tmp_path)
    study = review.studies["example-2020"]
    (comparison,) = study.comparisons.values()
    turned = replace(comparison, experimental=comparison.control, control=comparison.experimental)
    study = replace(study, comparisons={comparison.id: turned})
    (left,) = select(replace(review, studies={study.id: study}), synthesis).left_out
    assert [miss.column for miss in left.nearly] == ["comparison"]
    assert "the arms of 'New against old' stand the other way round" in left.reason


@pytest.mark.parametrize("positions", [BOTH, RATIO, INTERVAL])
def test_a_hazard_ratio_of_no_named_model_enters_and_says_so_where_it_names_none(
    tmp_path: Path, positions: int | tuple[int, ...]
) -> None:
    write_review(tmp_path, rows=rows_with(positions, method=""))
    (result,) = carry_out(load_review(tmp_path), "survival")
    (effect,) = result.effects
    assert [source.value for source in effect.sources] == ["0.70", "0.50-0.98"]
    assert (NO_METHOD in effect.notes) == (positions != INTERVAL)


def test_a_ratio_of_a_named_model_is_taken_before_one_of_none(tmp_path: Path) -> None:
    table = {"table": "Table 3", "section": "Table 3", "row": "OS", "column": "HR", "method": ""}
    other = [ROWS[RATIO] | table | {"value": "0.80"}, ROWS[INTERVAL] | table]
    write_review(tmp_path, rows=(*ROWS, *other))
    (ratio,) = select(load_review(tmp_path), "survival").used
    assert (ratio.estimate.value, ratio.notes) == ("0.70", ())


def test_a_ratio_of_the_other_adjustment_is_another_estimate_and_not_near(tmp_path: Path) -> None:
    write_review(tmp_path, rows=rows_with(BOTH, adjustment="adjusted"))
    (left,) = select(load_review(tmp_path), "survival").left_out
    assert left.nearly == ()
    assert left.reason == "It prints no unadjusted hazard ratio for overall survival in these " + (
        "arms and patients."
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("status: included", "status: awaiting-classification", "It awaits classification."),
        ("line: second", "line: third", "Its patients are not those that this synthesis is about"),
        ("old-drug, is_new: false", "old-drug, is_new: true", "It does not compare these treat"),
        (
            "comparisons: {new-vs-old: {label: New against old, experimental: new, control: old}}",
            "comparisons: {}",
            "No comparison of its arms is declared",
        ),
    ],
)
def test_reasons_are_sentences_without_ids(tmp_path: Path, old: str, new: str, reason: str) -> None:
    rows = ROWS[:4] if "comparisons" in old else ROWS
    write_review(tmp_path, study=STUDY.replace(old, new), rows=rows)
    (left,) = select(load_review(tmp_path), "survival").left_out
    assert left.reason.startswith(reason)
    assert "'" not in left.reason
    assert "_" not in left.reason


def test_check_says_per_study_what_enters_and_what_nearly_enters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_review(tmp_path, rows=rows_with(BOTH, adjustment=""))
    assert main(["--root", str(tmp_path), "check"]) == 0
    shown = capsys.readouterr().out
    assert "example-2020: enters 2 of 3 planned syntheses" in shown
    assert "nearly enters survival: row 6, column adjustment: a hazard ratio of 0.70 is" in shown


def test_check_of_a_study_says_of_every_synthesis_which_rows_enter_or_why_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_review(tmp_path, study=STUDY.replace("line: second", "line: third"))
    assert main(["--root", str(tmp_path), "check", "--study", "example-2020"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("synthesis", "response", "response-ratio", "survival"),
    ]
    assert "rows 2, 3, 4, 5" in lines[1]
    assert "Its patients are not those" in lines[3]
