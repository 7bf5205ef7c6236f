"""A spreadsheet that saves reported.csv is noticed: which cells it changed, and what to do."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from example_review import ROWS, write_review
from livingreview.cli import main
from livingreview_record import accepted
from livingreview_record.accepted import check_spreadsheet
from livingreview_record.problems import DataProblemsError
from livingreview_record.rows import COLUMNS

ROOT = Path(__file__).parent.parent


def remember(root: Path) -> None:
    accepted.accept_numbers(root)


def saved(folder: Path, change: Callable[[str], str]) -> int:
    """Rewrite every value of the table; how many changed."""
    path = folder / "reported.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = 0
    for row in rows:
        value = change(row["value"])
        changed += value != row["value"]
        row["value"] = value
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return changed


def as_number(text: str) -> str:
    """As a spreadsheet saves a cell that it takes for a number."""
    try:
        return f"{float(text):g}" if text.isascii() else text
    except ValueError:
        return text


def test_what_is_committed_is_as_accepted() -> None:
    assert accepted.spreadsheet_damage(ROOT) == []
    assert list(accepted.remarks_on_numbers(ROOT)) == []


def test_every_cell_of_the_review_whose_zeros_a_spreadsheet_drops_is_named(tmp_path: Path) -> None:
    total = 0
    for study in ("chen-2025", "gu-2026", "tian-2026", "zhang-2025"):
        folder = tmp_path / "data" / "studies" / study
        folder.mkdir(parents=True)
        source = ROOT / "data" / "studies" / study / "reported.csv"
        (folder / "reported.csv").write_bytes(source.read_bytes())
    remember(tmp_path)
    for folder in (tmp_path / "data" / "studies").iterdir():
        total += saved(folder, as_number)
    problems = accepted.spreadsheet_damage(tmp_path)
    assert len(problems) == total > 100
    assert all("reported.csv row " in problem.where for problem in problems)
    with pytest.raises(DataProblemsError, match="if the source has it so: make accept"):
        check_spreadsheet(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("60.10", "60.1"),
        ("6.0", "6"),
        ("0.273", "273"),
        ("3.210", "3210"),
        ("1,234", "1234"),
        ("0.0001", "1E-04"),
        ("1:1", "01:01:00 AM"),
        ("January 31, 2019", "01/31/19"),
        ("5-3", "5-Mar"),
        ("3/5", "2026-03-05"),
        ("12", "44260"),
        ("0.70", "#REF!"),
    ],
)
def test_what_a_spreadsheet_makes_of_a_value_is_known(old: str, new: str) -> None:
    assert accepted.by_spreadsheet(old, new)


@pytest.mark.parametrize(
    ("old", "new"), [("0.70", "0.71"), ("12", "21"), ("7.2-NA", "7.2-12.1"), ("2019", "March 2019")]
)
def test_a_correction_by_hand_is_not_taken_for_a_spreadsheets(old: str, new: str) -> None:
    assert not accepted.by_spreadsheet(old, new)


def test_check_names_the_cells_that_a_spreadsheet_changed_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_review(tmp_path)
    remember(tmp_path)
    assert main(["--root", str(tmp_path), "check"]) == 0
    assert saved(folder, as_number) == 2
    capsys.readouterr()
    assert main(["--root", str(tmp_path), "check"]) == 1
    shown = capsys.readouterr().err
    assert "reported.csv row 5 column value: need '30.0' as accepted, found '30'" in shown
    assert "reported.csv row 6 column value: need '0.70' as accepted, found '0.7'" in shown
    assert "take the file back as it was and open it as CONTRIBUTING.md says" in shown


def test_a_corrected_number_passes_check_with_a_remark_until_it_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_review(tmp_path)
    remember(tmp_path)
    saved(folder, lambda text: "0.71" if text == "0.70" else text)
    assert main(["--root", str(tmp_path), "check"]) == 0
    assert "row 6: 0.70 -> 0.71, not accepted yet (make accept)" in capsys.readouterr().out
    check_spreadsheet(tmp_path)
    remember(tmp_path)
    assert main(["--root", str(tmp_path), "check"]) == 0
    assert "not accepted yet" not in capsys.readouterr().out


def test_problems_of_rows_and_of_a_spreadsheet_are_told_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_review(tmp_path)
    remember(tmp_path)
    saved(folder, lambda text: "#REF!" if text == "40" else as_number(text))
    assert main(["--root", str(tmp_path), "check"]) == 1
    shown = capsys.readouterr().err
    assert "this is a spreadsheet's error" in shown
    assert "need '0.70' as accepted" in shown


def test_a_table_cut_at_its_end_is_a_problem(tmp_path: Path) -> None:
    rows = [{**ROWS[2], "row": f"row {i}"} for i in range(20)]
    write_review(tmp_path, rows=(*ROWS, *rows))
    remember(tmp_path)
    write_review(tmp_path, rows=(*ROWS, *rows[:10]))
    (problem,) = accepted.spreadsheet_damage(tmp_path)
    assert "need the 26 rows that were accepted, found 16" in str(problem)
    write_review(tmp_path, rows=(*ROWS, *rows[:18]))
    assert accepted.spreadsheet_damage(tmp_path) == []


def test_a_new_table_without_a_single_final_zero_is_remarked_on(tmp_path: Path) -> None:
    sound = {"section": "Results", "arm_id": "new", "outcome": "orr", "unit": "%"}
    rows = [
        {**sound, "statistic": "percent", "value": f"{i}.{1 + i % 9}", "section": f"Results {i}"}
        for i in range(80)
    ]
    write_review(tmp_path, rows=(*ROWS[:2], *rows))
    (remark,) = accepted.remarks_on_numbers(tmp_path)
    assert "example-2020: none of 80 numbers with decimals ends in 0" in remark
    write_review(tmp_path, rows=(*ROWS[:2], *rows, {**rows[0], "section": "X", "value": "5.0"}))
    assert list(accepted.remarks_on_numbers(tmp_path)) == []
