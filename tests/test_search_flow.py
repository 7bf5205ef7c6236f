"""The flow of records: what a box holds, that it adds up, and how it is drawn."""

from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from example_review import write_review
from example_search import write_log
from livingreview import SearchPage
from livingreview_display import flowchart
from livingreview_record import DataProblemsError, load_review
from livingreview_search import flow, load_log
from livingreview_search import tables as search
from the_review import the_review

ROOT = Path(__file__).parents[1]


@pytest.fixture
def example(tmp_path):
    write_review(tmp_path)
    write_log(tmp_path)
    return load_log(tmp_path), load_review(tmp_path)


def ids(box):
    return [one.record_id for one in box.records]


def test_each_record_is_in_the_boxes_that_its_decisions_put_it_in(example):
    counted = flow(*example)
    assert {name: ids(box) for name, box in counted.boxes.items()} == {
        "identified": ["g1", "r1", "r2", "r3", "r4"],
        "duplicates": ["r1"],
        "screened": ["g1", "r2", "r3", "r4"],
        "screened-out": ["r2"],
        "sought": ["g1", "r3", "r4"],
        "not-retrieved": ["r3"],
        "assessed": ["g1", "r4"],
        "excluded": [],
        "awaiting": ["r4"],
        "ongoing": [],
        "included": ["g1"],
    }
    assert counted.included_studies == 1


@pytest.mark.parametrize(
    ("stage", "record", "box"),
    [
        ("screening", "r2", "Records screened"),
        ("eligibility", "r3", "Reports not retrieved: awaiting"),
    ],
)
def test_a_box_that_does_not_equal_its_records_is_named(example, stage, record, box):
    log, review = example
    kept = [d for d in log.decisions if (d.stage, d.record_id) != (stage, record)]
    with pytest.raises(DataProblemsError, match=f"flow box '{box}': need"):
        flow(replace(log, decisions=tuple(kept)), review)


def test_a_source_with_another_number_of_entries_is_named_by_the_first_box(example):
    log, review = example
    sources = dict(log.sources, list=replace(log.sources["list"], entries=5))
    with pytest.raises(DataProblemsError, match=r"flow box 'Records identified': need 6 records"):
        flow(replace(log, sources=sources), review)


def test_the_boxes_of_this_review_add_up_by_hand():
    """Written out without the code that counts: from the rows of the two files."""
    log = load_log(ROOT)
    counted = flow(log, the_review())
    last = {(one.record_id, one.stage): one for one in log.decisions}
    unique = {one.duplicate_group or one.record_id for one in log.records.values()}
    assert counted["screened"].count == len(unique)
    assert counted["identified"].count - counted["duplicates"].count == len(unique)
    ends = ("screened-out", "not-retrieved", "excluded", "awaiting", "ongoing", "included")
    leaves = [name for end in ends for name in ids(counted[end])]
    assert sorted(leaves) == sorted(unique)
    for name in ids(counted["included"]):
        assert last[name, "eligibility"].decision == "include"


def test_every_ongoing_trial_of_the_log_stands_in_a_table_with_its_page(capsys):
    page = SearchPage(ROOT)
    page.ongoing()
    shown = " ".join(capsys.readouterr().out.split())
    assert page.counted["ongoing"].records
    for one in page.counted["ongoing"].records:
        assert one.short in shown
        assert not one.address or one.address.removeprefix("https://").split("/")[0] in shown


def test_every_box_is_drawn_with_its_count_and_told_in_words(example):
    chart = search.flowchart(example[0], flow(*example))
    drawn = "\n".join(text.get_text() for text in chart.figure().axes[0].texts)
    plain = drawn.replace("\n  ", " ").replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "searched: never",
        "Records identified: 5",
        "Duplicate records removed: 1",
        "Records screened: 4",
        "Records excluded: 1",
        "- Off the topic: 1",
        "Reports sought: 3",
        "of 1 studies",
    ):
        assert words in plain
        assert words in chart.alternative().replace("\N{NO-BREAK SPACE}", " ")
    assert chart.html() is None


@pytest.mark.parametrize("form", ["figure", "wide_figure"])
def test_no_two_boxes_overlap_and_no_line_leaves_its_box(example, form):
    figure = getattr(search.flowchart(example[0], flow(*example)), form)()
    (axes,) = figure.axes
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [patch.get_window_extent(renderer) for patch in axes.patches if patch.get_width()]
    for text in axes.texts:
        if text.get_text():
            words = text.get_window_extent(renderer)
            assert any(
                box.x0 <= words.x0 and words.x1 <= box.x1 and box.y0 <= words.y0 <= box.y1
                for box in boxes
            ), text.get_text()
    for number, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:number])


def test_nothing_to_draw_is_refused():
    with pytest.raises(ValueError, match="need at least one step to draw, found none"):
        flowchart.draw((), 3.75)


def test_each_box_opens_to_its_records_with_the_reason_for_the_decision(example):
    shown = search.Opened(flow(*example), example[0]).html()
    assert shown.count("<details") == 11
    assert "r2: Another subject. 10.1/two. Read: title. Because." in shown.replace(
        '<a href="https://doi.org/10.1/two">10.1/two</a>', "10.1/two"
    )
