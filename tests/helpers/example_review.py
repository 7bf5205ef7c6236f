"""A small made-up review, written to a folder, for tests that need files."""

import csv
import textwrap
from pathlib import Path

from livingreview_record.load import load_review
from livingreview_record.rows import COLUMNS
from livingreview_record.studies import Review

REVIEW = """
title: A review of a made-up question
documents_read_until: "2026-01-31"
searched: "2026-01-31"
question: {population: adults, intervention: new, comparison: old, outcomes: survival}
eligibility: {include: [trials], exclude: [case reports]}
outcomes: {orr: {label: Response, definition: partial or complete}}
treatment_classes: {new-drug: A new drug, old-drug: An old drug}
syntheses:
  - {id: response, title: Response, kind: proportion, outcome: orr,
     include: {status: [included], patients: [{population: whole}]}}
  - {id: response-ratio, title: Response ratio, kind: two-arm, outcome: orr,
     experimental: {is_new: true}, control: {is_new: false},
     include: {status: [included], patients: [{population: whole}]}}
  - {id: survival, title: Survival, kind: hazard-ratio, outcome: os, adjustment: unadjusted,
     experimental: {is_new: true}, control: {is_new: false},
     include: {status: [included], patients: [
       {design: {line: second}, population: whole},
       {design: {line: mixed}, population: whole, subgroup: sex=male}]}}
"""

STUDY = """
id: example-2020
label: Example 2020
status: included
reports: [{id: paper, kind: journal-article, level: full-text, title: An example}]
design: {type: retrospective cohort, line: second}
population: adults
arms:
  new: {label: New, treatment_class: new-drug, is_new: true}
  old: {label: Old, treatment_class: old-drug, is_new: false}
comparisons: {new-vs-old: {label: New against old, experimental: new, control: old}}
populations: {whole: {label: All}, matched: {label: Matched, within: whole}}
variables: {sex: {label: Sex, kind: categorical, levels: {male: Male, female: Female}}}
outcomes:
  participants: {label: Participants, kind: count}
  response: {label: Response, kind: categorical, levels: {pr: Partial, sd: Stable}}
  orr: {label: Objective response, kind: binary, sum_of: {response: [pr]}}
  os: {label: Overall survival, kind: time-to-event}
"""

ROWS = (
    {"table": "Table 1", "row": "header", "column": "New", "arm_id": "new",
     "outcome": "participants", "statistic": "n", "unit": "patients", "value": "40"},
    {"table": "Table 1", "row": "header", "column": "Old", "arm_id": "old",
     "outcome": "participants", "statistic": "n", "unit": "patients", "value": "50"},
    {"table": "Table 2", "row": "ORR", "column": "New", "arm_id": "new", "outcome": "orr",
     "statistic": "n", "unit": "patients", "value": "20"},
    {"section": "Abstract", "arm_id": "old", "outcome": "orr", "statistic": "percent",
     "unit": "%", "value": "30.0"},
    {"section": "Abstract", "outcome": "os", "comparison": "new-vs-old", "statistic": "hr",
     "adjustment": "unadjusted", "method": "cox", "unit": "ratio", "value": "0.70"},
    {"section": "Abstract", "outcome": "os", "comparison": "new-vs-old", "statistic": "ci95",
     "adjustment": "unadjusted", "method": "cox", "unit": "ratio", "value": "0.50-0.98"},
)  # fmt: skip


DICTIONARY = """file,name,meaning,values
data/studies/*/study.yaml,design.line,Line of treatment,"one of: second, third, mixed"
data/studies/*/study.yaml,arms.*.is_new,Whether the treatment is new,true or false
"""
EXTRACTION = (
    "study_id,rows_first,rows_second,values_in_conflict,only_first,only_second,second,settled\n"
)


def full_row(**cells: str) -> dict[str, str]:
    """A row of reported.csv with every column, the given cells filled."""
    blank = dict.fromkeys(COLUMNS, "")
    section = cells.get("table", "")
    return blank | {"report_id": "paper", "section": section, "population": "whole"} | cells


def write_review(
    root: Path, *, rows: tuple[dict[str, str], ...] = ROWS, study: str = STUDY
) -> Path:
    """Write the made-up review under `root` and return the folder of its study."""
    folder = root / "data" / "studies" / "example-2020"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "data" / "review.yaml").write_text(textwrap.dedent(REVIEW), encoding="utf-8")
    (folder / "study.yaml").write_text(textwrap.dedent(study), encoding="utf-8")
    (root / "data" / "dictionary.csv").write_text(DICTIONARY, encoding="utf-8")
    (root / "data" / "extraction.csv").write_text(EXTRACTION, encoding="utf-8")
    write_rows(folder, rows)
    return folder


def write_rows(folder: Path, rows: tuple[dict[str, str], ...]) -> None:
    """Write the printed numbers of a study to its folder."""
    with (folder / "reported.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(full_row(**row) for row in rows)


def more_studies(root: Path, *names: str, rows: tuple[dict[str, str], ...] = ROWS) -> Review:
    """The made-up review with further studies of the given ids, on patients of their own."""
    write_review(root)
    for name in names:
        folder = root / "data" / "studies" / name
        folder.mkdir()
        label = name.replace("-", " ").capitalize()
        text = STUDY.replace("example-2020", name).replace("Example 2020", label)
        (folder / "study.yaml").write_text(text, encoding="utf-8")
        write_rows(folder, rows)
    return load_review(root)


def two_studies(root: Path) -> Review:
    """The made-up review with a second study of the same numbers on other patients."""
    return more_studies(root, "other-2021")
