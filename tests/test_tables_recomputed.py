"""Every comparison of the audit is on its study's page once, below the table it is about."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from audit_study import Paper
from livingreview.tables.recomputed import recomputed
from livingreview_audit import audit
from livingreview_record.load import load_review

ROOT = Path(__file__).parents[1]
STUDIES = ("tian-2026", "chen-2025", "zhang-2025", "gu-2026")


@pytest.mark.parametrize("study_id", STUDIES)
def test_every_comparison_of_a_study_is_shown_once_with_its_arithmetic(study_id):
    study = load_review(ROOT, only=[study_id]).studies[study_id]
    findings = audit(study)
    shown = []
    for fold in recomputed(study, findings):
        table = BeautifulSoup(fold.html(), "html.parser").find("table")
        rows = (tuple(cell.text for cell in row.find_all("td")) for row in table.find_all("tr"))
        shown += [row for row in rows if len(row) > 1]
    assert len(shown) == len(findings)
    assert sorted(row[:2] for row in shown) == sorted((f.reported, f.recomputed) for f in findings)
    said = [row[2] for row in shown]
    assert all(any(f.explanation in text for text in said) for f in findings)


def made_up():
    """Two right percentages and a wrong one in Table 1, a right one in the abstract."""
    paper = Paper()
    paper.sizes(20, 30)
    for arm, place, value in (
        ("new", "Table 1", "25.0"),
        ("new", "Abstract", "25.0"),
        ("old", "Table 1", "43.3"),
    ):
        paper.count(5 if arm == "new" else 10, "event", arm=arm, place=place)
        paper.percent(value, "event", arm=arm, place=place)
    return recomputed(paper.study, paper.findings("percent-of-count", "inside-its-group"))


def test_a_fold_counts_numbers_comparisons_and_what_agrees():
    assert [repr(fold) for fold in made_up()] == [
        "Table 1: 4 numbers in 4 comparisons, 3 agree, 1 with a finding\n"
        "  percent of count: 1 reproduced and 1 discrepant\n"
        "  inside its group: 2 reproduced",
        "Abstract: 1 number in 1 comparison, 1 agree\n  percent of count: 1 reproduced",
    ]


def test_a_row_names_its_cell_and_what_does_not_agree():
    (details,) = BeautifulSoup(made_up()[0].html(), "html.parser").find_all("details")
    assert details.find("summary").text == made_up()[0].summary
    (wrong,) = (row for row in details.find_all("tr") if "Discrepant" in row.text)
    printed, calculated, how = (cell.text for cell in wrong.find_all("td"))
    assert (printed, calculated) == ("43.3%", "33.3%")
    assert how.startswith("Discrepant: ")
    assert how.endswith("(row 9; column)")


def test_the_reference_text_of_a_page_holds_the_counts_alone():
    made, stated = made_up()[0]._repr_html_()
    assert made.startswith("<details>")
    assert stated == {"in_short": True}
