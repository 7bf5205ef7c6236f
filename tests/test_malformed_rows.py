"""Every way to mistype a row of reported.csv: a problem, or a reason why not.

Rows are tried column by column for every statistic, then by name, as reviewers of the loader found
them.  Whatever is accepted must also go through the rules of the syntheses and the audit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from example_review import REVIEW, ROWS, STUDY, full_row, write_review
from livingreview.tables import study as tables
from livingreview.tables.layouts import numbers_table
from livingreview.tables.sections import SECTIONS
from livingreview_plan.analysis import carry_out
from livingreview_record.kinds import FORMS
from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.quantities import DESIGN_STATISTICS, STATISTICS
from livingreview_record.rows import COLUMNS, check_sizes, check_together, printed_number
from livingreview_record.studies import Review, Study
from livingreview_results.audited import findings
from planning import protocol
from printed_survivals import every_printed_survival

VOCABULARY = STUDY.replace(
    "variables: {",
    "variables: {age: {label: Age, kind: continuous, unit: years},\n"
    "  given: {label: Time on treatment, kind: duration},\n  ",
).replace(
    "outcomes:",
    "outcomes:\n  design: {label: Design, kind: design}\n  falls: {label: Falls, kind: count}",
)
ARM = {"section": "Results", "arm_id": "new"}
AGE = ARM | {"outcome": "age", "unit": "years"}
OS = ARM | {"outcome": "os"}
COMPARED = {
    "section": "Results",
    "outcome": "os",
    "comparison": "new-vs-old",
    "adjustment": "unadjusted",
    "method": "cox",
}
PLAN = ARM | {"arm_id": "all", "outcome": "design", "category": "plan"}
SOUND: dict[str, Mapping[str, str]] = {
    "n": ARM | {"outcome": "sex", "category": "male", "unit": "patients", "value": "30"},
    "percent": ARM | {"outcome": "sex", "category": "male", "unit": "%", "value": "75.0"},
    "rate": OS | {"timepoint": "12 months", "unit": "%", "value": "40.1"},
    "mean": AGE | {"value": "60.9"},
    "sd": AGE | {"value": "8.4"},
    "minimum": AGE | {"value": "41"},
    "maximum": AGE | {"value": "79"},
    "range": AGE | {"value": "41-79"},
    "iqr": AGE | {"value": "55-68"},
    "median": OS | {"unit": "months", "value": "9.8"},
    "ci95": OS | {"unit": "months", "value": "7.2-12.4"},
    "ci90": OS | {"unit": "months", "value": "7.2-12.4"},
    "ci80": OS | {"unit": "months", "value": "7.2-12.4"},
    "hr": COMPARED | {"unit": "ratio", "value": "0.70"},
    "p": COMPARED | {"unit": "probability", "value": "0.031"},
    "difference": COMPARED | {"method": "", "adjustment": "", "unit": "months", "value": "2.6"},
    "level": ARM | {"outcome": "given", "unit": "%", "value": "95"},
    "date": PLAN | {"unit": "date", "value": "January 31, 2019"},
    "dose": PLAN | {"unit": "mg", "value": "125"},
    "threshold": PLAN | {"unit": "years", "value": "≥18"},
    "duration": PLAN | {"unit": "weeks", "value": "three"},
}
SOUND |= {
    "se": AGE | {"value": "0.9"},
    **{level: OS | {"unit": "months", "value": "7.9-11.4"} for level in ("ci90", "ci80")},
    "person-time": ARM | {"outcome": "falls", "unit": "person-years", "value": "120.5"},
    **{
        form.statistic: COMPARED | {"method": "", "unit": form.unit, "value": value}
        for forms in FORMS.values()
        for form in forms
        for value in ["0.70"]
        if form.statistic not in ("hr", "difference")
    },
}
SIZES = ROWS[:2]

# What a changed cell may also be, with the reason why no loader can know better.
WORDS = ("misspelt", "number", "spaced", "capitals", "other")
FREE = {
    **dict.fromkeys(
        ((column, kind) for column in ("section", "table", "row", "column") for kind in WORDS),
        "a label of the source, in any words",
    ),
    **dict.fromkeys((("note", kind) for kind in WORDS), "our own words"),
    ("category", "missing"): "all levels together may be counted",
    ("adjustment", "missing"): "a source may not say it; `check` says what it keeps out",
    ("method", "missing"): "a source may not name it",
    ("value", "number"): "7 is a number; whether it is the right one the audit may see",
}
FREE_DESIGN = {  # dates, doses, thresholds and durations: described, never computed with
    **dict.fromkeys((("unit", kind) for kind in WORDS), "whatever is measured"),
    **dict.fromkeys((("value", kind) for kind in WORDS), "free text with a number"),
    ("category", "misspelt"): "a name that only this row may have",
    ("category", "number"): "a name that only this row may have",
    ("category", "other"): "a name that only this row may have",
}
KINDS = ("missing", "misspelt", "number", "spaced", "capitals", "other")


def changed(text: str, kind: str) -> str:
    return {
        "missing": "",
        "misspelt": f"{text}q",
        "number": "7" if not text.isdecimal() else "7.5x",
        "spaced": f"{text}\xa0x",
        "capitals": text.upper() if text.upper() != text else f"{text}X",
        "other": "paper" if text != "paper" else "new",
    }[kind]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    root = tmp_path_factory.mktemp("sound")
    rows = tuple({"statistic": name, **cells} for name, cells in SOUND.items())
    write_review(root, study=VOCABULARY, rows=(*SIZES, *rows))
    return load_study("example-2020", root)


def problems_of(study: Study, *rows: Mapping[str, str]) -> list[Problem]:
    found: list[Problem] = []
    path = Path("reported.csv")
    numbers = tuple(
        printed_number(path, line, full_row(**row), study, found)
        for line, row in enumerate((*SIZES, *rows), 2)
    )
    check_together(path, numbers, found)
    if not found:
        check_sizes(path, numbers, found)
        downstream(replace(study, numbers=numbers))
    return found


def downstream(study: Study) -> None:
    """What is accepted goes through rules, syntheses, audit and tables without an exception."""
    review = Review(protocol(**yaml.safe_load(REVIEW)), {study.id: study})
    for synthesis in ("response", "response-ratio", "survival"):
        carry_out(review, synthesis)
    findings(review)
    for arm in every_printed_survival(study, subgroups=True):
        if not arm.contradictions and (arm.landmarks or arm.median):
            arm.reconstructed()
    for name in SECTIONS:
        numbers_table(study, name)
    for section, statistic in (("survival", "median"), ("survival", "rate"), ("subgroups", "hr")):
        tables.rows_to_draw(study, section, statistic)


def cases() -> Iterator[tuple[str, str, str]]:
    for statistic, cells in SOUND.items():
        row = full_row(statistic=statistic, **cells)
        for column in COLUMNS:
            for kind in KINDS:
                if changed(row[column], kind) != row[column]:
                    yield statistic, column, kind


def test_every_statistic_has_a_sound_row_that_is_accepted(study: Study) -> None:
    assert set(SOUND) == STATISTICS
    assert len(study.numbers) == len(SIZES) + len(SOUND)


@pytest.mark.parametrize("statistic", SOUND)
def test_no_changed_cell_is_accepted_in_silence(study: Study, statistic: str) -> None:
    free = FREE | (FREE_DESIGN if statistic in DESIGN_STATISTICS else {})
    accepted = []
    for _, column, kind in (case for case in cases() if case[0] == statistic):
        row = full_row(statistic=statistic, **SOUND[statistic])
        value = changed(row[column], kind)
        found = problems_of(study, row | {column: value})
        expected = f"reported.csv row 4 column {column}"
        if not found and (column, kind) not in free:
            accepted.append((column, kind, value))
        elif found and column not in ("table", "comparison", "statistic"):
            assert any(problem.where == expected for problem in found), (column, kind, found)
    assert accepted == [], accepted


HR, N = {"arm_id": ""} | SOUND["hr"], SOUND["n"]
NAMED: tuple[tuple[str, dict[str, str], str, str], ...] = (
    # statistic, the cells that are wrong, the column that is named, what the problem says
    *(("hr", {"value": value}, "value", "a hazard ratio above 0") for value in ("0", "-0.5")),
    ("hr", {"value": "700000"}, "value", "a hazard ratio of at most 1000"),
    ("hr", {"value": "1001"}, "value", "a hazard ratio of at most 1000"),
    ("hr", {"value": "7" * 400}, "value", "a number below 1,000,000,000"),
    *(("hr", {"value": value}, "value", "in digits") for value in ("no", "once", "two")),
    ("hr", {"value": "NA"}, "value", "remove the row: it holds no number"),
    ("hr", {"value": "٠.٧"}, "value", "type the digits 0 to 9"),
    ("n", {"value": "٣٠"}, "value", "type the digits 0 to 9"),
    ("date", {"value": "٢٠١٩"}, "value", "type the digits 0 to 9"),
    ("n", {"value": "<5"}, "value", "not_available in study.yaml"),
    ("n", {"value": "-3"}, "value", "a whole number of at least 0"),
    ("n", {"value": "999999999999"}, "value", "a number below 1,000,000,000"),
    ("n", {"value": "99999999"}, "value", "a count of at most 10,000,000"),
    ("n", {"value": "44260"}, "value", "a count near the study's size (50), not a date"),
    ("n", {"value": "NR"}, "value", "remove the row"),
    ("percent", {"value": "-3"}, "value", "a percentage from 0 to 100"),
    ("percent", {"value": ">100"}, "value", "a percentage from 0 to 100"),
    ("percent", {"value": "<0"}, "value", "a percentage from 0 to 100"),
    ("percent", {"value": "0.75"}, "value", "a percentage (53, not 0.53): one of the study"),
    ("rate", {"value": "0.401"}, "value", "a percentage (53, not 0.53): one of the study"),
    ("rate", {"value": "140"}, "value", "a percentage from 0 to 100"),
    ("rate", {"timepoint": ""}, "timepoint", "the time at which the rate is read"),
    *(
        ("p", {"value": value}, "value", "a probability from 0 to 1")
        for value in ("0", "1.2", ">1", "<0", "-0.1")
    ),
    ("p", {"value": "p = 0.82"}, "value", "type the number alone"),
    ("ci95", {"value": "-1-2"}, "value", "a time from 0 to 1800 months"),
    ("ci95", HR | {"value": "-1-2"}, "value", "a ratio's bounds"),
    ("ci95", HR | {"value": "0-0"}, "value", "a ratio's bounds"),
    ("ci95", HR | {"value": "NA-NA"}, "value", "an interval with at least one bound"),
    ("ci95", {"value": "NA-NA"}, "value", "an interval with at least one bound"),
    ("ci95", {"value": "12.4-7.2"}, "value", "the smaller bound first"),
    ("ci95", {"value": "5-Mar"}, "value", "a spreadsheet has made a date of it"),
    ("range", {"value": "2041-07-09"}, "value", "a spreadsheet has made a date of it"),
    ("mean", {"value": "6098"}, "value", "a time from 0 to 150 years"),
    ("mean", {"value": "-60"}, "value", "a time from 0 to 150 years"),
    ("mean", {"value": "60.9 ± 8.4"}, "value", "make two rows of it: statistic mean"),
    ("mean", {"value": "60.9 years"}, "value", "type the number alone; its unit goes"),
    ("sd", {"value": "-8.4"}, "value", "a standard deviation of at least 0"),
    ("median", {"value": "-3"}, "value", "a time from 0 to 1800 months"),
    ("median", {"value": "99999"}, "value", "a time from 0 to 1800 months"),
    ("median", {"value": "once"}, "value", "a number in digits"),
    ("median", {"unit": "furlongs"}, "unit", "one of days, weeks, months, years"),
    ("median", {"unit": "patients"}, "unit", "one of days, weeks, months, years"),
    ("mean", {"unit": "months"}, "unit", "one of years"),
    ("n", {"unit": "furlongs"}, "unit", "one of patients, "),
    ("percent", {"unit": "patients"}, "unit", "one of %"),
    ("hr", {"unit": "%"}, "unit", "one of ratio"),
    ("p", {"unit": "%"}, "unit", "one of probability"),
    ("percent", {"value": "52.9%"}, "value", "take the percent sign off"),
    ("n", {"value": "9/17"}, "value", "type the number before the stroke, as statistic n"),
    ("hr", {"value": "0.34 (0.15-0.77)"}, "value", "make two rows of it"),
    ("p", {"value": "1.23E-02"}, "value", "in powers of ten"),
    ("n", {"value": "#REF!"}, "value", "this is a spreadsheet's error"),
    ("n", {"value": "1:01"}, "value", "a spreadsheet has made a time of it"),
    ("threshold", {"value": "01:01:00 AM"}, "value", "that no spreadsheet has changed"),
    ("threshold", {"value": "#NAME?"}, "value", "this is a spreadsheet's error"),
    ("date", {"value": "01/31/19"}, "value", "that no spreadsheet has changed"),
    ("date", {"value": "43496"}, "value", "that no spreadsheet has changed"),
    *(
        ("rate", {"timepoint": time}, "timepoint", "a time such as 12 months")
        for time in (
            *("12", "12 moons", "-3 months", "months 12", "12\xa0months", "12  months"),
            *("0 months", "12 month", "1 months", "12 Months"),
        )
    ),
    ("n", {"subgroup": "sex=male&sex=female"}, "subgroup", "each variable once"),
    ("n", {"subgroup": "sex="}, "subgroup", "one of male, female"),
    ("n", {"subgroup": "sex"}, "subgroup", "one of male, female"),
    ("hr", ARM | {"comparison": "sex:male/male"}, "comparison", "two levels"),
    ("hr", ARM | {"comparison": "sex:"}, "comparison", "two levels"),
    ("hr", ARM | {"comparison": "sex:male"}, "comparison", "two levels"),
    ("hr", ARM | {"comparison": "sex:male/female/male"}, "comparison", "two levels"),
    ("hr", {"arm_id": "new"}, "arm_id", "nothing beside new-vs-old"),
    ("hr", {"arm_id": "all"}, "arm_id", "nothing beside new-vs-old"),
    ("hr", {"arm_id": "new", "comparison": ""}, "comparison", "what the hazard ratio compares"),
    ("n", {"method": "cox"}, "method", "no method for n"),
    ("n", {"outcome": "pfs"}, "outcome", "add it under outcomes or variables in study.yaml"),
    ("n", {"category": "men"}, "category", "add it under the levels of sex in study.yaml"),
    ("n", {"outcome": "participants", "category": "", "value": "0"}, "value", "at least one"),
)


@pytest.mark.parametrize(("statistic", "cells", "column", "words"), NAMED)
def test_what_reviewers_found_accepted_is_a_problem_with_its_column_and_the_way_to_mend_it(
    study: Study, statistic: str, cells: dict[str, str], column: str, words: str
) -> None:
    found = problems_of(study, {"statistic": statistic, **SOUND[statistic], **cells})
    named = [problem for problem in found if problem.where.endswith(f"row 4 column {column}")]
    assert any(words in str(problem) for problem in named), found


@pytest.mark.parametrize(
    ("statistic", "cells"),
    [
        ("n", {"value": "0"}),
        ("n", {"value": "1,234"}),
        ("n", {"value": "No"}),
        ("n", {"value": "44260", "note": "as printed: 44260"}),
        ("percent", {"value": "0.0"}),
        ("percent", {"value": "<1"}),
        ("percent", {"value": "0.75", "note": "of cycles; as printed: 0.75"}),
        ("p", {"value": "0.000"}),
        ("p", {"value": "<0.0001"}),
        ("p", {"value": ">0.999"}),
        ("median", {"value": "NR"}),
        ("median", {"value": ">24"}),
        ("ci95", {"value": "7.2-NA"}),
        ("ci95", HR | {"value": "0.00-1.20"}),
        ("rate", {"timepoint": "1 year"}),
        ("rate", {"timepoint": "4.5 months"}),
        ("threshold", {"value": "1:1", "unit": "ratio"}),
        ("date", {"value": "2019-01-31"}),
    ],
)
def test_what_papers_really_print_is_no_problem(
    study: Study, statistic: str, cells: dict[str, str]
) -> None:
    assert problems_of(study, {"statistic": statistic, **SOUND[statistic], **cells}) == []


def test_half_a_percent_of_a_thousand_patients_is_no_fraction(study: Study) -> None:
    size = dict(SIZES[0]) | {"arm_id": "all", "column": "All", "value": "1000"}
    small = {"statistic": "percent", **SOUND["percent"], "value": "0.5"}
    assert problems_of(study, size, small) == []
    (problem,) = problems_of(study, small)
    assert "one of the study's 50 is 2%" in str(problem)


SIZE_OF_ALL = {**SIZES[0], "arm_id": "all", "column": "All"}
CONTRADICTIONS = {
    "a level above its arm": [("n", {"value": "300"}), ("percent", {})],
    "an arm above the whole": [("n", SIZE_OF_ALL | {"category": "", "value": "30"})],
    "a response above its arm": [("n", {"outcome": "orr", "category": "", "value": "400"})],
    "an interval without its ratio": [
        ("hr", {"value": "0.90"}),
        ("ci95", HR | {"value": "0.10-0.20"}),
    ],
    "an interval of one value": [("hr", {}), ("ci95", HR | {"value": "0.70-0.70"})],
    "swapped bounds, declared": [
        ("hr", {}),
        ("ci95", HR | {"value": "0.98-0.50", "note": "as printed: 0.98-0.50"}),
    ],
    "a median of nothing": [("median", {"value": "0"}), ("ci95", {"value": "0-0.5"})],
    "a median not reached": [("median", {"value": "NR"}), ("ci95", {"value": "7.2-NA"})],
    "two rates at one time": [("rate", {}), ("rate", {"timepoint": "1 year", "value": "41.0"})],
    "a hundred and forty percent, declared": [
        ("percent", {"value": "140", "note": "as printed: 140"}),
        ("n", {}),
    ],
    "a probability above one, declared": [("p", {"value": "1.4", "note": "as printed: 1.4"})],
    "ten million patients": [("n", {"value": "9999999"}), ("percent", {})],
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_a_source_may_print_against_itself_is_left_to_the_audit_and_stops_nothing(
    study: Study, name: str
) -> None:
    rows = [{"statistic": s, **SOUND[s], **cells} for s, cells in CONTRADICTIONS[name]]
    assert problems_of(study, *rows) == []


def test_a_level_above_its_arm_is_a_finding_of_the_audit(study: Study) -> None:
    rows = [*SIZES, {"statistic": "n", **N, "value": "300"}]
    found: list[Problem] = []
    numbers = tuple(
        printed_number(Path("reported.csv"), line, full_row(**row), study, found)
        for line, row in enumerate(rows, 2)
    )
    audited = Review(
        protocol(**yaml.safe_load(REVIEW)), {study.id: replace(study, numbers=numbers)}
    )
    assert any(f.verdict.is_contradiction and f.reported == "300" for f in findings(audited))


@pytest.mark.parametrize("section", ["RESULTS", "Results\xa0"])
def test_rows_told_apart_by_capitals_or_spaces_alone_are_one_row(
    study: Study, section: str
) -> None:
    row = {"statistic": "n", **N}
    (problem,) = problems_of(study, row, row | {"section": section})
    assert "found the place and quantity of row 4" in str(problem)
    assert "in the columns section, table, row or column" in str(problem)


def test_rows_told_apart_by_a_no_break_space_within_words_are_one_row(study: Study) -> None:
    row = {"statistic": "n", **N, "section": "Side effects"}
    (problem,) = problems_of(study, row, row | {"section": "Side\xa0effects"})
    assert "found the place and quantity of row 4" in str(problem)


def test_a_review_with_many_mistyped_rows_lists_all_of_them_at_once(tmp_path: Path) -> None:
    rows = [{"statistic": name, **SOUND[name], **cells} for name, cells, _, _ in NAMED]
    write_review(tmp_path, study=VOCABULARY, rows=(*SIZES, *rows))
    with pytest.raises(DataProblemsError) as caught:
        load_review(tmp_path)
    lines = {problem.where.partition(" row ")[2].split()[0] for problem in caught.value.problems}
    by_size = {"a percentage (53", "a count near"}  # judged once every row is sound
    faulty = [i for i, case in enumerate(NAMED, 4) if not any(w in case[3] for w in by_size)]
    assert {str(line) for line in faulty} <= lines
