"""What a data file may hold: text that a reader can see, and no formula."""

import pytest

from example_review import ROWS, STUDY, write_review
from livingreview_record.load import load_review
from livingreview_record.problems import DataProblemsError


def problems_of(root):
    with pytest.raises(DataProblemsError) as caught:
        load_review(root)
    return [str(problem) for problem in caught.value.problems]


def with_note(note):
    """The example's rows with a note on the first one."""
    return ({**ROWS[0], "note": note}, *ROWS[1:])


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u202e", "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("\u200b", "U+200B (ZERO WIDTH SPACE)"),
        ("\N{SOFT HYPHEN}", "U+00AD (SOFT HYPHEN)"),
        ("\ufeff", "U+FEFF (ZERO WIDTH NO-BREAK SPACE)"),
        ("\x00", "U+0000 (a control or private character)"),
        ("\x1b", "U+001B (a control or private character)"),
        ("\u2028", "U+2028 (LINE SEPARATOR)"),
        ("\u3164", "U+3164 (HANGUL FILLER)"),
        ("\ufe0f", "U+FE0F (VARIATION SELECTOR-16)"),
    ],
)
@pytest.mark.parametrize("file", ["study.yaml", "reported.csv", "../../review.yaml"])
def test_a_character_that_nobody_can_see_is_a_problem_with_its_place(
    tmp_path, file, character, name
):
    path = write_review(tmp_path) / file
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] += f" {character}{character}"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    problem, *others = problems_of(tmp_path)
    place = f"{file.rpartition('/')[2]} line 3: need characters that a reader can see"
    assert f"{place}, found {name} at character {len(lines[2]) - 1}; remove it" in problem
    assert not any("can see" in other for other in others)
    assert not any(character in text for text in (problem, *others))


def test_an_escape_that_stands_for_an_invisible_character_is_a_problem(tmp_path):
    write_review(tmp_path, study=STUDY.replace("label: Example 2020", 'label: "a\\u202eb"'))
    (problem,) = problems_of(tmp_path)
    assert (
        "study.yaml line 3, column 8: need text that a reader can see, found an escape that nobody"
        in problem
    )
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE) at character 2" in problem


FORMULAS = (
    "=1+1",
    "@SUM(A1)",
    "+A1",
    "-2+cmd|' /C calc'!A0",
    "\tx",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "+HYPERLINK()",
    "-1+SUM(1)",
)


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_cell_that_a_spreadsheet_would_run_is_a_problem(tmp_path, cell):
    write_review(tmp_path, rows=with_note(cell))
    (problem,) = problems_of(tmp_path)
    assert "row 2 column note: need text that no spreadsheet takes for a formula" in problem


@pytest.mark.parametrize("cell", ["-11.97", "+3.2%", "-", "+", "-0.5 to +0.5", "a = b", "-.5"])
def test_a_sign_before_a_number_or_alone_is_no_formula(tmp_path, cell):
    write_review(tmp_path, rows=with_note(cell))
    assert load_review(tmp_path).numbers()[0].note == cell
