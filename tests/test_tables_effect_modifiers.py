"""The tables of effect modifiers against the rows of `reported.csv`, and by hand."""

import csv
import re
from pathlib import Path

import pytest
import yaml

from example_review import ROWS, STUDY, write_review
from livingreview import effect_modifiers
from livingreview_record import load_review
from livingreview_record.problems import DataProblemsError
from planning import planning
from the_review import the_review

ROOT = Path(__file__).parents[1]
RULE = {
    "include": {"status": ["included"], "design": {"line": "second"}},
    "characteristics": [{"label": "Sex of the patient", "variables": ["sex"]}],
}
SAID = {"study": "example-2020", "section": "Abstract", "about": "effect", "text": "larger in men"}
MEN = tuple({**row, "subgroup": "sex=male"} for row in ROWS[-2:])
SHARE = {"table": "Table 1", "row": "Male", "column": "New", "arm_id": "new", "outcome": "sex",
         "category": "male", "statistic": "n", "unit": "patients", "value": "24"}  # fmt: skip
BETWEEN = {"section": "Results", "arm_id": "all", "outcome": "os", "comparison": "sex:male/female",
           "adjustment": "adjusted", "statistic": "hr", "method": "cox", "unit": "ratio",
           "value": "1.30"}  # fmt: skip
BALANCE = {"table": "Table 1", "row": "Male", "column": "P", "outcome": "sex",
           "comparison": "new-vs-old", "statistic": "p", "unit": "probability",
           "value": "0.9"}  # fmt: skip


def tables(root, *rows, rule=RULE):
    review = load_review(write_review(root, rows=(*ROWS, *rows)).parents[2])
    return effect_modifiers(planning(review, effect_modifiers=rule))


def test_share_effect_and_outcome_stand_in_columns_of_their_own(tmp_path):
    effects, table = tables(tmp_path, SHARE, *MEN, BETWEEN, BALANCE)
    assert effects.frame.to_numpy().tolist() == [
        ["Sex of the patient", "Example 2020", "Sex: Male",
         "Overall survival, New against old, unadjusted, Hazard ratio: 0.70 (95% CI 0.50-0.98)",
         "Table 1, Male; Abstract"],
    ]  # fmt: skip
    assert all('href="example-2020.html#' in str(one.html()) for one in (effects, table))
    assert table.caption == "Sex of the patient: 1 of 1 studies print something"
    assert [list(line) for line in table.frame.itertuples(index=False)] == [
        ["Example 2020", "Sex: Male", "New: 24",
         "Overall survival, New against old, unadjusted, Hazard ratio: 0.70 (95% CI 0.50-0.98)",
         "not printed", "Table 1, Male; Abstract"],
        ["Example 2020", "Sex: Male against Female", "not printed", "not printed",
         "Overall survival, All arms, adjusted, Hazard ratio: 1.30", "Results"],
    ]  # fmt: skip


def test_a_study_that_prints_nothing_of_it_is_named_as_such(tmp_path):
    effects, table = tables(tmp_path)
    assert effects.frame.empty
    assert table.frame.to_numpy().tolist() == [["Example 2020", "not printed", "", "", "", ""]]


def test_words_without_a_number_stand_in_the_column_that_they_are_about(tmp_path):
    rule = {**RULE, "characteristics": [{**RULE["characteristics"][0], "remarks": [SAID]}]}
    _, table = tables(tmp_path, rule=rule)
    (line,) = table.frame.to_numpy().tolist()
    assert line == ["Example 2020", "In words only", "", "Larger in men.", "", "Abstract"]


def test_a_study_of_another_design_is_not_asked(tmp_path):
    rule = {**RULE, "include": {"status": ["included"], "design": {"line": "third"}}}
    _, table = tables(tmp_path, *MEN, rule=rule)
    assert table.frame.empty


def rows_of(study: str) -> list[dict[str, str]]:
    path = ROOT / "data" / "studies" / study / "reported.csv"
    text = path.read_text("utf-8") if path.exists() else ""
    return list(csv.DictReader(text.splitlines()))


def is_of(row: dict[str, str], variables: list[str]) -> bool:
    """Whether a row is of a level, a contrast, or the share of one of the variables."""
    levels = [part.partition("=")[0] for part in row["subgroup"].split("&")]
    contrast = row["comparison"].partition(":")[0]
    is_share = row["outcome"] in variables and row["population"] == "whole"
    return (
        any(level in variables for level in levels)
        or contrast in variables
        or (is_share and not row["comparison"])
    )


def asked() -> list[tuple[str, str]]:
    """Id and label of the studies that the rule of the review asks."""
    studies = [
        yaml.safe_load(path.read_text("utf-8"))
        for path in sorted((ROOT / "data" / "studies").glob("*/study.yaml"))
    ]
    rule = yaml.safe_load((ROOT / "data" / "review.yaml").read_text("utf-8"))["effect_modifiers"][
        "include"
    ]
    return [
        (study["id"], study["label"])
        for study in studies
        if study["status"] in rule["status"]
        and all(study["design"].get(key) == value for key, value in rule["design"].items())
    ]


def test_every_printed_number_of_a_modifier_appears_and_not_printed_stands_where_none_is():
    """The rows are read from the files themselves; a bound that a printed value meets may go."""
    protocol = yaml.safe_load((ROOT / "data" / "review.yaml").read_text("utf-8"))
    _, *shown = effect_modifiers(the_review())
    characteristics = protocol["effect_modifiers"]["characteristics"]
    found = 0
    for one, table in zip(characteristics, shown, strict=True):
        lines = table.frame.to_numpy().tolist()
        silent = [
            name for line in lines if line[1] == "not printed" for name in line[0].split("; ")
        ]
        for study, label in asked():
            rows = [row for row in rows_of(study) if is_of(row, one["variables"])]
            said = [remark for remark in one.get("remarks", ()) if remark["study"] == study]
            assert (label in silent) == (not rows and not said), (one["label"], label)
            text = " ".join(cell for line in lines if line[0] == label for cell in line[2:5])
            for row in rows:
                found += 1
                same = [other["value"] for other in rows if _identity(other) == _identity(row)]
                assert any(value in text for value in same), (one["label"], study, row)
    assert found > 200


def _identity(row: dict[str, str]) -> tuple[str, ...]:
    places = ("report_id", "section", "table", "row", "column", "value", "note", "unit")
    return tuple(value for key, value in row.items() if key not in places)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"variables": ["sexe"]}, "characteristics.0.variables: need one of sex"),
        ({"variables": ["sex"], "remarks": [{**SAID, "study": "other"}]},
         "characteristics.0.remarks.0.study: need one of example-2020"),
        ({"variables": ["sex"], "remarks": [{**SAID, "about": "all"}]},
         "remarks.0.about: need one of patients, effect, outcome"),
    ],
)  # fmt: skip
def test_a_modifier_that_names_nothing_of_the_studies_is_a_problem(tmp_path, wrong, message):
    write_review(tmp_path, study=STUDY)
    path = tmp_path / "data" / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    rule = {"include": {"status": ["included"]}, "characteristics": [{"label": "Sex", **wrong}]}
    path.write_text(yaml.safe_dump({**content, "effect_modifiers": rule}), "utf-8")
    with pytest.raises(DataProblemsError, match=re.escape(message)):
        load_review(tmp_path)


def test_one_variable_is_one_characteristic(tmp_path):
    write_review(tmp_path)
    path = tmp_path / "data" / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    twice = [{"label": name, "variables": ["sex"]} for name in ("Sex", "Gender")]
    rule = {"include": {"status": ["included"]}, "characteristics": twice}
    path.write_text(yaml.safe_dump({**content, "effect_modifiers": rule}), "utf-8")
    with pytest.raises(DataProblemsError, match=r"effect_modifiers.characteristics: "):
        load_review(tmp_path)
