"""What pages call those who take part comes from the review, and the unit of its times too."""

import re

import pytest
import yaml

from example_review import ROWS, STUDY, write_review
from livingreview.study_page import SECTIONS, StudyPage
from livingreview.tables.protocol import ProtocolPage
from livingreview_display.markup import Shown
from livingreview_plan.analysis import carry_out
from livingreview_record.load import load_review
from livingreview_record.problems import DataProblemsError
from livingreview_results.page import SynthesisPage

WORDS = {"participant": "child", "participants": "children", "time_unit": "weeks"}
MEDIANS = (
    {"section": "Results", "arm_id": "new", "outcome": "os", "statistic": "median",
     "unit": "months", "value": "6.0"},
    {"section": "Results", "arm_id": "new", "outcome": "os", "statistic": "ci95",
     "unit": "months", "value": "4.0-9.0"},
    {"section": "Results", "arm_id": "old", "outcome": "os", "statistic": "median",
     "unit": "weeks", "value": "20"},
)  # fmt: skip


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A review that speaks of children and weeks, and what its pages show."""
    write_review(tmp_path, rows=(*ROWS, *MEDIANS), study=STUDY.replace("label: All}", "label: A}"))
    path = tmp_path / "data" / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8")) | {"words": WORDS}
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    found: list[Shown] = []
    own = ("study_page", "tables.entries", "tables.protocol")
    for module in ("livingreview_results.page", *(f"livingreview.{name}" for name in own)):
        monkeypatch.setattr(f"{module}.show", lambda *items: found.extend(filter(None, items)))
    return tmp_path, found


def test_a_review_of_children_speaks_of_no_patient(shown):
    root, found = shown
    page = StudyPage("example-2020", root)
    for section in SECTIONS:
        page.numbers(section)
    page.reports()
    page.patients()
    page.interactions()
    SynthesisPage(root).show("response")
    SynthesisPage(root).show("response-ratio")
    ProtocolPage(root).syntheses()
    text = "\n".join(map(repr, found))
    assert "Children with event / all" in text
    assert "Percent of children" in text
    assert not re.search("patient", text, re.IGNORECASE)


def test_what_is_left_out_and_what_nearly_enters_is_said_in_the_words_of_the_review(shown):
    root, _ = shown
    path = root / "data" / "studies" / "example-2020" / "reported.csv"
    path.write_text(path.read_text("utf-8").replace("percent,,%,30.0", "percent,,%,31.0"), "utf-8")
    (answer,) = carry_out(load_review(root), "response-ratio")
    assert "fits no count of 50 children" in answer.left_out[0].reason


def test_times_are_drawn_in_the_unit_of_the_review_and_shown_as_printed(shown):
    root, found = shown
    StudyPage("example-2020", root).numbers("survival")
    drawing, table = found
    assert drawing.axis.label == "Weeks"
    new, old = drawing.rows.to_dict("records")
    assert new["estimate"] == pytest.approx(6 * 365.25 / 84)
    assert new["lower"] == pytest.approx(4 * 365.25 / 84)
    assert old["estimate"] == 20
    assert {"Median, months", "Median, weeks"} <= {*table.frame.columns}


def test_a_unit_of_time_that_nobody_knows_is_a_problem(shown):
    root, _ = shown
    path = root / "data" / "review.yaml"
    path.write_text(
        path.read_text("utf-8").replace("time_unit: weeks", "time_unit: moons"), "utf-8"
    )
    with pytest.raises(DataProblemsError, match=r"words\.time_unit: need one of days, weeks, mont"):
        load_review(root)
