"""The table of outcomes shown study by study, against the rows of `reported.csv`, and by hand."""

import csv
from pathlib import Path

import pytest
import yaml

from example_review import ROWS, write_review
from livingreview import printed_outcomes
from livingreview_record import load_review
from livingreview_record.problems import DataProblemsError
from planning import planning
from the_review import the_review

ROOT = Path(__file__).parents[1]
NAMES = ("Example 2020", "not printed")


def shown(root, printed_as, *rows):
    review = load_review(write_review(root, rows=(*ROWS, *rows)).parents[2])
    outcome = {"label": "Asked", "definition": "d", "printed_as": printed_as}
    return printed_outcomes(planning(review, outcomes={"asked": outcome})).frame


def test_a_study_that_prints_nothing_is_named_as_such(tmp_path):
    assert shown(tmp_path, []).to_numpy().tolist() == [[*NAMES, ""]]


def rows_of(study: str, names: list[str]) -> list[dict[str, str]]:
    """The rows of the arms whose outcome, or outcome and level, is among the names."""
    path = ROOT / "data" / "studies" / study / "reported.csv"
    rows = csv.DictReader(path.read_text("utf-8").splitlines()) if path.exists() else ()
    return [
        row
        for row in rows
        if "=".join(filter(None, (row["outcome"], row["category"]))) in names
        and not row["subgroup"]
        and not row["comparison"]
    ]


def test_every_printed_number_stands_in_its_column_and_not_printed_where_none_is():
    """The rows are read from the files themselves."""
    review = the_review()
    lines = printed_outcomes(review).frame.to_dict("records")
    outcomes = yaml.safe_load((ROOT / "data" / "review.yaml").read_text("utf-8"))["outcomes"]
    asked = {one["label"]: one["printed_as"] for one in outcomes.values() if "printed_as" in one}
    found = 0
    for study in review.studies.values():
        cells = [line for line in lines if study.label in line["Study"]]
        if study.status in ("excluded", "ongoing"):
            assert not cells
            continue
        (line,) = cells
        for label, names in asked.items():
            rows = rows_of(study.id, names)
            assert (line[label] == "not printed") == (not rows), (study.id, label)
            assert all(row["value"].casefold() in line[label].casefold() for row in rows)
            found += len(rows)
    assert found >= 10


@pytest.mark.parametrize("name", ["ox", "response=gone"])
def test_what_no_study_declares_is_a_problem(tmp_path, name):
    path = write_review(tmp_path).parents[1] / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    first = next(iter(content["outcomes"].values()))
    first["printed_as"] = [name]
    path.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(DataProblemsError, match=r"printed_as\.0: need "):
        load_review(tmp_path)
