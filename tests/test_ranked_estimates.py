"""Of each study a synthesis takes the first of its ranked kinds of estimate that is printed."""

import math

import pytest
import yaml

from example_review import REVIEW, ROWS, full_row, load_review, write_review, write_rows
from livingreview_plan.analysis import carry_out
from livingreview_plan.selection import select
from livingreview_results.rows import forest_rows

RATIO = {"section": "Results", "outcome": "os", "comparison": "new-vs-old", "unit": "ratio"}


def ratio(value: str, interval: str, level: str = "ci95", **cells: str) -> tuple[dict, dict]:
    own = RATIO | cells
    return own | {"statistic": "hr", "value": value}, own | {"statistic": level, "value": interval}


MATCHED = ratio("0.80", "0.60-1.07", population="matched", adjustment="unadjusted")
ADJUSTED = ratio("0.75", "0.55-1.02", adjustment="adjusted", method="cox")
UNSAID = ratio("0.72", "0.52-0.99")
RANKS = [
    {"population": "matched"},
    {"population": "whole", "adjustment": "adjusted"},
    {"population": "whole"},
    {"population": "whole", "adjustment": "not-stated"},
]
UNADJUSTED = ROWS[-2:]


@pytest.fixture
def chosen(tmp_path):
    def make(*rows):
        folder = write_review(tmp_path)
        review = yaml.safe_load(REVIEW)
        review["syntheses"][2]["include"]["patients"] = RANKS
        (tmp_path / "data" / "review.yaml").write_text(yaml.safe_dump(review), "utf-8")
        write_rows(folder, (*ROWS[:2], *rows))
        return select(load_review(tmp_path), "survival")

    return make


@pytest.mark.parametrize(
    ("rows", "taken", "behind"),
    [
        ((*UNADJUSTED, *ADJUSTED, *MATCHED), "0.80", ["0.75", "0.70"]),
        ((*UNADJUSTED, *ADJUSTED), "0.75", ["0.70"]),
        (UNADJUSTED, "0.70", []),
        (UNSAID, "0.72", []),
    ],
    ids=["matched first", "then adjusted", "then unadjusted", "then not said"],
)
def test_the_first_printed_kind_enters_and_the_others_stand_behind_it(chosen, rows, taken, behind):
    selection = chosen(*rows)
    assert [one.estimate.value for one in selection.used] == [taken]
    assert [one.estimate.value for one in selection.others] == behind


def test_without_a_rule_for_it_a_ratio_not_said_to_be_unadjusted_stays_out(tmp_path):
    folder = write_review(tmp_path)
    write_rows(folder, (*ROWS[:2], *UNSAID))
    selection = select(load_review(tmp_path), "survival")
    assert not selection.used
    assert "it is not said whether it is adjusted" in selection.left_out[0].reason


def test_an_interval_of_eighty_percent_enters_with_the_standard_error_it_implies(tmp_path):
    folder = write_review(tmp_path)
    rows = ratio("0.66", "0.50-0.86", "ci80", adjustment="unadjusted")
    write_rows(folder, (*ROWS[:2], *rows))
    (answer,) = carry_out(load_review(tmp_path), "survival")
    (effect,) = answer.effects
    width = math.log(0.86) - math.log(0.50)
    error = width / (2 * 1.2815515655446004)  # the 90th centile of the normal distribution
    assert math.sqrt(effect.vi) == pytest.approx(error, rel=1e-12)
    (row,) = forest_rows(answer).to_dict("records")
    assert row["estimate"] == pytest.approx(0.66)
    assert row["lower"] == pytest.approx(0.66 * math.exp(-1.959963984540054 * error), rel=1e-9)
    assert row["upper"] == pytest.approx(0.66 * math.exp(1.959963984540054 * error), rel=1e-9)
    assert any("interval of 80% (0.50-0.86)" in note for note in effect.notes)


def test_an_interval_of_ninety_five_percent_is_taken_before_others(tmp_path):
    folder = write_review(tmp_path)
    both = ratio("0.66", "0.50-0.86", "ci80", adjustment="unadjusted")
    usual = full_row(**(both[1] | {"statistic": "ci95", "value": "0.44-1.00"}))
    write_rows(folder, (*ROWS[:2], *both, usual))
    (one,) = select(load_review(tmp_path), "survival").used
    assert one.spread.value == "0.44-1.00"
    assert not [note for note in one.notes if "80%" in note]
