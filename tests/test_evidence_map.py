"""The map of the evidence: a bubble where a study reports an outcome, a dash where none does."""

import dataclasses
import math

import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from livingreview_certainty import FindingsPage
from livingreview_display import BubbleMap
from livingreview_display.bubbles import LARGEST
from livingreview_results.evidence_map import NOT_JUDGED, WITHOUT_NUMBERS, evidence_map
from livingreview_search import load_log
from the_review import ROOT


def make_map(*rows: dict) -> BubbleMap:
    default = {"group": "g", "row": "New", "column": "Survival", "study": "A", "size": 100.0}
    default |= {"shade": "low", "shape": "trial"}
    return BubbleMap(
        rows=pd.DataFrame([default | row for row in rows]),
        grid=(("g", "New"), ("g", "Old")),
        columns=("Survival", "Response"),
        shades=("not judged", "low", "high"),
        shapes=("trial", "cohort"),
        title="Map",
        sized_by="patients",
    )


def bubbles(figure):
    return [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]


@pytest.mark.parametrize("form", ["figure", "wide_figure"])
def test_a_bubble_has_the_area_of_its_patients_and_a_gap_is_a_dash(form):
    rows = ({"size": 200.0}, {"study": "B", "size": 50.0}, {"row": "Old", "size": math.nan})
    figure = getattr(make_map(*rows), form)()
    first, second, unknown, *key = bubbles(figure)
    assert first.get_sizes()[0] == pytest.approx(4 * second.get_sizes()[0])
    assert unknown.get_sizes()[0] < second.get_sizes()[0]
    assert len(key) == 5  # every shade and every shape
    assert len(figure.axes[0].lines) == 2  # no study of the response, in either row
    ys = {round(float(one.get_offsets()[0][1]), 6) for one in (first, second)}
    assert len(ys) == 1
    assert unknown.get_offsets()[0][1] > first.get_offsets()[0][1]


@pytest.mark.parametrize("form", ["figure", "wide_figure"])
def test_no_bubble_leaves_its_column_or_covers_another_however_many_a_cell_holds(form):
    rows = [{"study": name, "size": 100.0} for name in "ABCDEFGH"]
    figure = getattr(make_map(*rows, {"column": "Response"}, {"row": "Old"}), form)()
    *drawn, response, old = bubbles(figure)[:10]
    places = [tuple(float(v) for v in one.get_offsets()[0]) for one in drawn]
    half = math.sqrt(LARGEST) / 72 / 2  # inches
    for place, (x, y) in enumerate(places):
        assert x - half >= 0
        assert x + half < response.get_offsets()[0][0] - half
        assert y + half < old.get_offsets()[0][1]
        assert all(math.hypot(x - a, y - b) >= 2 * half for a, b in places[:place])


def test_no_name_of_a_column_touches_the_next(page):
    figure = evidence_map(page.review, page.results).wide_figure()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_ha() == "center"]
    assert len(boxes) > 8
    for place, box in enumerate(boxes):
        assert not any(
            box.padded(2).overlaps(other) for other in boxes[:place] if other.y0 == box.y0
        )


def test_a_trial_without_a_number_has_a_dashed_edge_and_the_caption_says_so():
    shown = make_map({}, {"column": "Response", "size": math.nan})
    assert "dashed" not in shown.caption()
    pending = dataclasses.replace(shown, pending="Response")
    first, second, *_ = bubbles(pending.figure())
    assert first.get_linestyle()[0][1] is None
    assert second.get_linestyle()[0][1] is not None
    assert "A dashed bubble is a trial that we know of" in pending.caption()


def test_shade_says_the_certainty_and_shape_the_design():
    rows = ({}, {"column": "Response", "shade": "high", "shape": "cohort"})
    first, second, *_ = bubbles(make_map(*rows).figure())
    assert first.get_facecolor()[0][:3].sum() > second.get_facecolor()[0][:3].sum()
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)


def test_words_tell_each_cell():
    shown = make_map({}, {"column": "Response", "size": math.nan})
    assert "g: New | A (100; trial; low) | A (number not known; trial; low)" in repr(shown)
    assert "g: Old | - | -" in repr(shown)
    assert "g, Old: no study" in shown.alternative()


@pytest.fixture(scope="module")
def page():
    return FindingsPage(ROOT)


def test_every_bubble_of_the_review_is_a_printed_number_of_that_arm_and_outcome(page):
    shown, review = evidence_map(page.review, page.results), page.review
    outcomes = {one.label: id_ for id_, one in review.protocol.outcomes.items()}
    classes = review.protocol.treatment_classes
    studies = {study.label: study for study in review.studies.values()}
    assert len(shown.rows) > 20
    for row in shown.rows[shown.rows["column"] != WITHOUT_NUMBERS].to_dict("records"):
        study = studies[row["study"]]
        arms = [a for a in study.arms.values() if classes[a.treatment_class] == row["row"]]
        pairs = [c.id for c in study.comparisons.values() for a in arms if c.experimental == a.id]
        assert any(
            number.quantity.outcome == outcomes[row["column"]]
            and (
                number.quantity.arm_id in {a.id for a in arms}
                or number.quantity.comparison in pairs
            )
            for number in study.numbers
        ), row
        assert study.status != "excluded"


def test_a_certainty_of_the_map_is_that_of_a_synthesis_that_uses_the_study(page):
    shown = evidence_map(page.review, page.results)
    judged = shown.rows[shown.rows["shade"] != NOT_JUDGED]
    assert not judged.empty
    for row in judged.to_dict("records"):
        levels = {
            f"{result.certainty} certainty"
            for group in page.results.values()
            for result in group
            if any(page.review.studies[e.study].label == row["study"] for e in result.effects)
        }
        assert row["shade"] in levels


def test_every_ongoing_trial_of_the_search_and_every_one_not_yet_held_is_on_the_map(page):
    asked = page.review.protocol.evidence_map.without_numbers
    standing = load_log(ROOT).standing("eligibility")
    ongoing = {id_ for id_, one in standing.items() if one.decision == "ongoing"}
    held = {trial.name for trial in page.review.protocol.not_yet_held}
    records = [one.record for one in asked if one.trial not in held]
    assert sorted(records) == sorted(ongoing)
    assert held <= {one.trial for one in asked}
    shown = evidence_map(page.review, page.results).rows
    drawn = shown[shown["column"] == WITHOUT_NUMBERS]
    assert sorted(drawn["study"]) == sorted(one.trial for one in asked)
    assert all(drawn["group"])
    assert not drawn["study"].isin([study.label for study in page.review.studies.values()]).any()
