"""The section of questions about the design: what it shows, and that it never claims too much."""

from pathlib import Path

import pytest

from livingreview_cohort import design_page
from livingreview_cohort.answer import Series, WhatIf
from livingreview_cohort.design_page import WATERMARK, DesignPage, coverage_table
from livingreview_cohort.design_tables import rows_of

ROOT = Path(__file__).parents[1]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    things: list[object] = []
    monkeypatch.setattr(design_page, "show", lambda *more: things.extend(more))
    return things


def answer(**more: object) -> WhatIf:
    line = Series("drawn", (0.0, 5.0), (0.7, 0.8), (0.6, 0.7), (0.8, 0.9))
    given: dict[str, object] = {
        "kind": "early-deaths",
        "title": "Early deaths",
        "sentence": "These numbers would arise if two had died.",
        "assumed": ("times spread evenly",),
        "x_label": "Left out",
        "y_label": "Hazard ratio",
        "series": (line,),
        "each": "left out:",
    }
    return WhatIf(**(given | more))  # type: ignore[arg-type]


def test_a_row_of_a_figure_has_the_numbers_of_its_line() -> None:
    frame = rows_of(answer())
    assert frame["label"].tolist() == ["left out: 0", "left out: 5"]
    assert frame[["estimate", "lower", "upper"]].to_numpy().tolist() == [
        [0.7, 0.6, 0.8],
        [0.8, 0.7, 0.9],
    ]
    assert frame["text"].tolist() == ["0.70 (0.60 to 0.80)", "0.80 (0.70 to 0.90)"]


def test_a_tiny_number_is_not_shown_as_nothing() -> None:
    line = Series("drawn", (1.0,), (0.00001,), (0.000001,), (0.2,))
    assert rows_of(answer(series=(line,), digits=4))["text"].tolist() == [
        "<0.0001 (<0.0001 to 0.2000)"
    ]


def test_every_figure_and_table_of_an_answer_says_that_patients_are_synthetic(
    shown: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = Series("counted", (0.0, 1.0), (50.0, 37.0), (50.0, 37.0), (50.0, 37.0))
    for found in (answer(), answer(series=(flat,))):
        monkeypatch.setattr(design_page, "answers", lambda *_, found=found: (found,))
        DesignPage("tian-2026", ROOT).what_if()
    drawn = [thing for thing in shown if type(thing).__name__ in ("MarkedForest", "Table")]
    assert len(drawn) == 2
    assert all(WATERMARK in repr(thing) for thing in drawn)
    assert "Nobody in this section is real" in repr(shown[0])


def test_numbers_that_cannot_hold_together_stand_with_what_is_taken_for_granted(
    shown: list[object],
) -> None:
    DesignPage("tian-2026", ROOT).impossible()
    words, table = map(repr, shown)
    assert "nor whether one is wrong" in words
    assert "every patient has one level of" in table
    assert "Table 1" in table


def test_a_study_whose_counts_can_hold_together_says_so(shown: list[object]) -> None:
    DesignPage("zhang-2025", ROOT).impossible()
    (words,) = map(repr, shown)
    assert "can hold together for one group of patients" in words


def test_distances_show_every_kind_and_why_some_have_none(
    shown: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(design_page, "DRAWS", 2)
    DesignPage("chen-2025", ROOT).distances()
    text = "\n".join(map(repr, shown))
    assert "Counts | 118 | 116 | 116 | 0.0" in text
    assert "describes the design, not patients" in text
    assert "Every printed number and its distance" in text


def test_a_study_without_a_pipeline_shows_nothing(shown: list[object]) -> None:
    DesignPage("imforte", ROOT).show()
    assert shown == []


def test_the_table_of_coverage_has_each_share_beside_what_was_promised() -> None:
    frame = coverage_table(ROOT).frame
    assert set(frame["Promised"]) == {"90%"}
    assert len(frame) == 13
