import codecs
import json
import re

import pytest

from example_review import REVIEW, ROWS, STUDY, full_row, write_review
from livingreview.cli import main
from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError
from livingreview_record.rows import COLUMNS


def problems_of(root):
    with pytest.raises(DataProblemsError) as caught:
        load_review(root)
    return [str(problem) for problem in caught.value.problems]


PERCENT = {"statistic": "percent", "unit": "%"}


def change_row(**cells):
    """The example's rows with the first one changed."""
    return ({**ROWS[0], **cells}, *ROWS[1:])


def test_a_sound_review_loads_with_every_row(tmp_path):
    write_review(tmp_path)
    review = load_review(tmp_path)
    assert [number.value for number in review.numbers()] == [row["value"] for row in ROWS]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"arm_id": "older"}, "row 2 column arm_id: need one of new, old, all, found 'older'"),
        ({"population": "some"}, "column population: need one of whole, matched, found 'some'"),
        ({"outcome": "osx"}, "column outcome: need one of participants, .*, found 'osx'"),
        ({"outcome": "sex", "category": "men"}, "column category: need one of male, female"),
        ({"subgroup": "sex=men"}, "column subgroup: need one of male, female, found 'men'"),
        ({"comparison": "sex:male/men"}, "column comparison: need one of male, female"),
        ({"statistic": "mode"}, "column statistic: need one of .*, found 'mode'"),
        ({"method": "anova"}, "column method: need one of .*, found 'anova'"),
        ({"report_id": "poster"}, "column report_id: need one of paper, found 'poster'"),
        ({"value": "4o"}, "column value: need a printed number such as .*, found '4o'"),
        ({"value": ""}, "column value: need the number as printed, found ''"),
        ({"value": "40.5"}, "column value: need a whole number of at least 0, found '40.5'"),
        (PERCENT | {"value": "140"}, "need a percentage from 0 to 100, found '140'"),
        (
            {"statistic": "p", "unit": "probability", "value": "1.2"},
            "need a probability from 0 to 1 .*, found '1.2'",
        ),
        ({"statistic": "median", "value": "4,5"}, "need a decimal point, found '4,5'"),
        ({"statistic": "range", "value": "9-3"}, "need the smaller bound first, found '9-3'"),
        ({"statistic": "range", "value": "9"}, "need a printed interval .*, found '9'"),
        ({"statistic": "date", "value": "soon"}, "need a number or date as printed, found 'soon'"),
        ({"section": "", "table": ""}, "column section: need the place where the number"),
        ({"row": ""}, "column row: need the row of Table 1"),
    ],
)
def test_a_faulty_cell_is_reported_with_row_column_need_and_advice(tmp_path, cells, message):
    write_review(tmp_path, rows=change_row(**cells))
    (problem,) = problems_of(tmp_path)
    assert re.search(message, problem), problem
    assert problem.endswith(".")


@pytest.mark.parametrize("value", ["140", "32,8"])
def test_an_unusual_value_passes_when_the_note_says_that_it_is_as_printed(tmp_path, value):
    cells = PERCENT | {"value": value, "note": f"odd; as printed: {value}; we looked twice"}
    write_review(tmp_path, rows=change_row(**cells))
    assert load_review(tmp_path).numbers()[0].value == value


def test_a_declared_value_may_hold_a_semicolon_itself(tmp_path):
    cells = {"statistic": "range", "value": "9; 3", "note": "as printed: 9; 3; bounds swapped"}
    write_review(tmp_path, rows=change_row(**cells))
    assert load_review(tmp_path).numbers()[0].value == "9; 3"


@pytest.mark.parametrize("note", ["as printed", "not as printed: 140", "as printed: 14"])
def test_a_note_lifts_a_rule_only_for_the_value_that_it_names(tmp_path, note):
    write_review(tmp_path, rows=change_row(**PERCENT, value="140", note=note))
    (problem,) = problems_of(tmp_path)
    assert "if the source has it so, write 'as printed: 140' in the note" in problem


def test_all_problems_of_all_files_are_reported_at_once(tmp_path):
    write_review(tmp_path, rows=change_row(arm_id="older", value="x"))
    (tmp_path / "data" / "studies" / "empty").mkdir()
    (tmp_path / "data" / "review.yaml").write_text("title: [", encoding="utf-8")
    found = "\n".join(problems_of(tmp_path))
    for part in ("review.yaml", "empty/study.yaml", "column arm_id", "column value"):
        assert part in found


def test_a_row_that_repeats_place_and_quantity_is_a_duplicate(tmp_path):
    write_review(tmp_path, rows=(*ROWS, ROWS[0]))
    (problem,) = problems_of(tmp_path)
    assert "row 8: need a new number, found the place and quantity of row 2" in problem


def test_a_study_folder_without_study_yaml_is_a_problem(tmp_path):
    folder = write_review(tmp_path)
    (folder / "study.yaml").unlink()
    (problem,) = problems_of(tmp_path)
    assert "study.yaml: need a file, found nothing" in problem


@pytest.mark.parametrize("name", ["study.yaml", "reported.csv"])
def test_an_empty_file_is_a_problem(tmp_path, name):
    folder = write_review(tmp_path)
    (folder / name).write_text("", encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert f"{name}: need content, found an empty file" in problem


def test_a_header_without_rows_is_a_problem(tmp_path):
    write_review(tmp_path, rows=())
    (problem,) = problems_of(tmp_path)
    assert "need at least one row, found a header only" in problem


def test_a_missing_an_unknown_and_a_repeated_column_are_named(tmp_path):
    folder = write_review(tmp_path)
    path = folder / "reported.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("unit,value", "valeu,note", 1), encoding="utf-8")
    found = "\n".join(problems_of(tmp_path))
    for part in ("missing 'unit', 'value'", "unknown 'valeu'", "repeated 'note'"):
        assert part in found


def test_semicolons_from_a_spreadsheet_are_refused_with_advice(tmp_path):
    path = write_review(tmp_path) / "reported.csv"
    text = path.read_text(encoding="utf-8").replace(",", ";").replace("0.70", "0,70")
    path.write_text(text, encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert "found semicolons; export the file again with commas" in problem


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda text: text.replace(",", "\t"),
            "need cells separated by commas, found tabs; export",
        ),
        (lambda text: "sep=,\n" + text, "found 'sep='; remove this line"),
        (lambda text: text.replace("value", "Value", 1), "need the column 'value', found 'Value'"),
        (lambda text: text.replace(",unit", ", unit", 1), "need the column 'unit', found ' unit'"),
    ],
)
def test_a_header_that_a_spreadsheet_has_changed_is_refused_with_the_way_to_mend_it(
    tmp_path, damage, message
):
    path = write_review(tmp_path) / "reported.csv"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert message in problem


def test_empty_lines_at_the_end_are_no_rows(tmp_path):
    path = write_review(tmp_path) / "reported.csv"
    plain = load_review(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + 2 * ("," * 17 + "\n"), encoding="utf-8")
    assert load_review(tmp_path) == plain


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    path = write_review(tmp_path) / "reported.csv"
    plain = load_review(tmp_path)
    path.write_bytes(codecs.BOM_UTF8 + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_review(tmp_path) == plain


def test_a_wrong_encoding_is_a_problem_with_its_position(tmp_path):
    path = write_review(tmp_path) / "reported.csv"
    path.write_bytes(path.read_bytes().replace(b"Abstract", "Résumé".encode("latin-1")))
    (problem,) = problems_of(tmp_path)
    assert "need UTF-8 text, found byte 0xe9" in problem


def test_a_row_with_a_cell_too_many_is_a_problem(tmp_path):
    path = write_review(tmp_path) / "reported.csv"
    path.write_text(path.read_text(encoding="utf-8") + "a,b\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert f"need {len(COLUMNS)} cells, found 2 cells" in problem


def test_broken_yaml_is_reported_with_its_line(tmp_path):
    write_review(tmp_path, study=STUDY + "arms: [\n")
    (problem,) = problems_of(tmp_path)
    assert "study.yaml line" in problem


def test_a_key_that_occurs_twice_is_not_dropped_silently(tmp_path):
    write_review(tmp_path, study=STUDY + "label: Again\n")
    (problem,) = problems_of(tmp_path)
    assert "need each key once, found the key 'label' twice; remove or rename one" in problem


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            "class: old-drug",
            "class: older",
            [r"arms\.old\.treatment_class: need one of new-drug, old-drug, found 'older'; declare"],
        ),
        (
            ", is_new: false",
            "",
            [r"arms\.old\.is_new: need true or false, by which .*, found nothing; write true or"],
        ),
        (
            "is_new: true",
            "is_new: yes",
            [r"arms\.new\.is_new: need true or false, .*, found 'yes'; correct it"],
        ),
        (
            "is_new: true",
            "is_knew: true",
            [
                r"arms\.new\.is_knew: need a key that is known \(.*, is_new\), found 'is_knew'; "
                r"correct it \(perhaps 'is_new'\), or describe it in data/dictionary\.csv: ",
            ],
        ),
    ],
)
def test_an_arm_that_the_review_cannot_sort_is_a_problem(tmp_path, old, new, messages):
    write_review(tmp_path, study=STUDY.replace(old, new))
    found = problems_of(tmp_path)
    assert len(found) == len(messages)
    for problem, message in zip(found, messages, strict=True):
        assert re.search(message, problem), problem


def test_arms_are_not_held_against_a_faulty_review(tmp_path):
    path = write_review(tmp_path, study=STUDY.replace("class: new-drug", "class: newer")).parents[1]
    review = (path / "review.yaml").read_text(encoding="utf-8")
    text = review.replace("treatment_classes:", "treatment_class:")
    (path / "review.yaml").write_text(text, encoding="utf-8")
    missing, misspelt = problems_of(tmp_path)
    assert "found 'treatment_class'; correct or remove it (perhaps 'treatment_classes')" in misspelt
    assert "need the key 'treatment_classes', found nothing; add it" in missing


def test_plain_words_such_as_no_stay_words_in_yaml(tmp_path):
    study = STUDY.replace("{male: Male, female: Female}", "{no: No, yes: Yes, off: Off}")
    write_review(tmp_path, study=study)
    levels = load_study("example-2020", tmp_path).variables["sex"].levels
    assert levels == {"no": "No", "yes": "Yes", "off": "Off"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "control: old}}",
            "control: olde}}",
            "comparisons.new-vs-old.control: need one of new, old",
        ),
        ("within: whole", "within: hole", "populations.matched.within: need one of whole, matched"),
        ("[pr]", "[cr]", "outcomes.orr.sum_of.response: need one of pr, sd, found 'cr'"),
        ("status: included", "status: unsure", "study.yaml status"),
        ("kind: time-to-event", "kind: survival", "outcomes.os.kind"),
        ("id: example-2020", "id: example-2021", "need 'example-2020', found 'example-2021'"),
        (
            "variables: {sex",
            "variables: {orr",
            "orr: need one meaning for an id, found an outcome and a variable",
        ),
    ],
)
def test_a_faulty_study_yaml_names_the_key(tmp_path, old, new, message):
    rows = tuple(row for row in ROWS if "sex" not in row)
    write_review(tmp_path, study=STUDY.replace(old, new), rows=rows)
    assert message in "\n".join(problems_of(tmp_path))


LINKED = STUDY.replace(
    "variables: {sex:",
    "variables: {form: {label: F, kind: binary, form_of: sex, only_arm: new}, sex:",
)
SEX_LEVELS = "levels: {male: Male, female: Female}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "within: whole}}",
            "within: whole, members: [response=cr]}}",
            "members: need one of pr, sd",
        ),
        (
            "within: whole}}",
            "within: whole, members: [resp]}}",
            "populations.matched.members: need",
        ),
        (
            "form_of: sex",
            "form_of: orr",
            "variables.form.form_of: need one of form, sex, found 'orr'",
        ),
        ("only_arm: new", "only_arm: newer", "variables.form.only_arm: need one of new, old"),
        (SEX_LEVELS, SEX_LEVELS + ", within: orrr", "variables.sex.within: need one of"),
        (SEX_LEVELS, SEX_LEVELS + ", within: response=cr", "sex.within: need one of pr, sd"),
        (SEX_LEVELS, SEX_LEVELS + ", denominator_declared: within", "sex.within: need one of"),
        (
            SEX_LEVELS,
            SEX_LEVELS + ", subset_of: {male: response=cr}",
            "sex.subset_of: need one of pr",
        ),
        (SEX_LEVELS, SEX_LEVELS + ", subset_of: {man: response=pr}", "need one of male, female"),
        (SEX_LEVELS, SEX_LEVELS + ", subset_of: none=pr", "variables.sex.subset_of: need one of"),
        (SEX_LEVELS, SEX_LEVELS + ", level_sum_of: {male: [sex=man]}", "found 'man'; declare or"),
        (SEX_LEVELS, SEX_LEVELS + ", level_sum_of: {man: [sex=male]}", "found 'man'; declare or"),
        (
            "kind: time-to-event",
            "kind: time-to-event, includes: [sex]",
            "outcomes.os.includes: need one of",
        ),
        (
            "outcomes:",
            "statements: [{section: A, kind: significance, outcome: oss}]\noutcomes:",
            "found 'oss'",
        ),
        (
            "outcomes:",
            "statements: [{section: A, kind: significance, arm_id: c}]\noutcomes:",
            "found 'c'",
        ),
        (
            "outcomes:",
            "statements: [{section: A, kind: significance, variables: [os]}]\noutcomes:",
            "found 'os'",
        ),
    ],
)
def test_a_link_to_nothing_declared_names_the_key_and_what_may_stand_there(
    tmp_path, old, new, message
):
    write_review(tmp_path, study=LINKED.replace(old, new))
    (problem,) = problems_of(tmp_path)
    assert "study.yaml" in problem
    assert message in problem
    assert "declare or correct it" in problem


def test_links_to_what_is_declared_are_no_problem(tmp_path):
    links = ", within: response=pr, subset_of: {male: response=pr}, level_sum_of: {male: [orr]}"
    study = LINKED.replace(SEX_LEVELS, SEX_LEVELS + links)
    study = study.replace("kind: time-to-event", "kind: time-to-event, includes: [orr]")
    statement = (
        "{section: A, kind: significance, outcome: os, arm_id: all, population: whole, "
        "variables: [sex]}"
    )
    write_review(
        tmp_path, study=study.replace("outcomes:", f"statements: [{statement}]\noutcomes:")
    )
    assert load_study("example-2020", tmp_path).variables["form"].form_of == "sex"


def test_an_ongoing_study_has_no_numbers_and_may_not_get_any(tmp_path):
    study = STUDY.replace("status: included", "status: ongoing")
    folder = write_review(tmp_path, study=study)
    (problem,) = problems_of(tmp_path)
    assert "need no reported.csv, found a file, with status 'ongoing'" in problem
    (folder / "reported.csv").unlink()
    assert load_review(tmp_path).numbers() == ()


def test_the_command_line_prints_problems_without_a_traceback_and_exits_with_1(tmp_path, capsys):
    write_review(tmp_path, rows=change_row(arm_id="older"))
    assert main(["--root", str(tmp_path), "check"]) == 1
    captured = capsys.readouterr()
    assert "column arm_id" in captured.err
    assert "Traceback" not in captured.err


def test_the_command_line_lists_every_printed_number_as_json(tmp_path, capsys):
    write_review(tmp_path)
    assert main(["--root", str(tmp_path), "reported", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["value"] for row in rows] == [row["value"] for row in ROWS]
    assert rows[0] == {"study_id": "example-2020", "level": "full-text"} | full_row(**ROWS[0])


def test_a_review_of_named_studies_reads_no_file_of_others(tmp_path):
    write_review(tmp_path)
    (tmp_path / "data" / "studies" / "broken").mkdir()
    assert list(load_review(tmp_path, only=["example-2020"]).studies) == ["example-2020"]


def test_a_named_study_that_does_not_exist_is_a_problem(tmp_path):
    write_review(tmp_path)
    with pytest.raises(DataProblemsError, match="nowhere-2020: need a folder, found none"):
        load_review(tmp_path, only=["nowhere-2020"])


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ("{overall_survival: death}", "roles.overall_survival: need one of .*, found 'death'"),
        ("{progressed: response=worse}", "roles.progressed: need one of pr, sd, found 'worse'"),
        ("{survival: os}", "survival"),
        ("{grades: {mild: [mildest]}}", "roles.grades.mild: need one of mild, found 'mildest'"),
        (
            "{grades: {mild: []}, any_grade: [bad]}",
            "roles.any_grade: need one of mild, found 'bad'",
        ),
    ],
)
def test_a_role_names_an_outcome_that_is_declared(tmp_path, roles, message):
    write_review(tmp_path)
    (tmp_path / "data" / "review.yaml").write_text(f"{REVIEW}roles: {roles}\n")
    assert any(re.search(message, problem) for problem in problems_of(tmp_path))


def test_a_study_of_the_review_knows_the_roles(tmp_path):
    write_review(tmp_path)
    grades = "grades: {mild: [], worst: [bad], bad: []}, any_grade: [mild, bad]"
    text = f"{REVIEW}roles: {{overall_survival: os, {grades}}}\n"
    (tmp_path / "data" / "review.yaml").write_text(text)
    for only in (None, ["example-2020"]):
        study = load_review(tmp_path, only=only).studies["example-2020"]
        assert study.roles.overall_survival == "os"
        assert study.roles.responders == ""
        assert study.roles.grades == {"mild": (), "worst": ("bad",), "bad": ()}
        assert study.roles.any_grade == ("mild", "bad")
