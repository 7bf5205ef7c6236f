"""Lanes on one axis: what is drawn stands where its row says, by the numbers at the axis."""

import dataclasses
import io
import math

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from drawn_lanes import scale, spans, symbols
from livingreview_display import INK, LANE_COLUMNS, MONTHS, Axis, Lanes, Look
from livingreview_display.placing import NARROW, WIDE

FORMS = pytest.mark.parametrize("form", ["figure", "wide_figure"])
LOOKS = {"median": Look("#0173b2", "s"), "rate": Look(INK, "d")}
LOOKS |= {"curve": Look("#7a3e9d", kind="curve"), "span": Look("#008560", kind="bar")}


def make(*rows: dict, **changes: object) -> Lanes:
    words = {"group": "", "label": "Roe 2020", "counts": "40", "text": "8 months", "where": ""}
    none = dict.fromkeys(LANE_COLUMNS[5:11], math.nan) | {"at_risk": math.nan, "hollow": False}
    frame = pd.DataFrame([{**words, "mark": "median", **none, **row} for row in rows])
    lanes = Lanes(frame[LANE_COLUMNS], LOOKS, MONTHS, "Survival", headings={"label": "Study"})
    return dataclasses.replace(lanes, **changes)


@FORMS
def test_a_symbol_stands_at_its_value_and_its_line_goes_from_end_to_end(form):
    rows = ({"at": 8.2, "lower": 6.1, "upper": 12.7}, {"label": "Doe 2021", "at": 3.0})
    figure = getattr(make(*rows), form)()
    assert [x for x, _ in symbols(figure, "s")] == pytest.approx([8.2, 3.0])
    heights = [y for _, y in symbols(figure, "s")]
    assert heights == sorted(heights)
    assert any(pair == pytest.approx((6.1, 12.7)) for pair in spans(figure, 1.6))


@FORMS
def test_the_marks_of_one_lane_stand_at_their_heights_in_percent(form):
    rates = ({"mark": "rate", "at": at, "height": h} for at, h in ((6, 80.0), (12, 20.0)))
    figure = getattr(make({"at": 9.0}, *rates), form)()
    ((_, middle),) = symbols(figure, "s")
    (high, low) = symbols(figure, "d")
    assert [high[0], low[0]] == pytest.approx([6, 12])
    bottom, top = (y_of(figure, words) for words in ("0%", "100%"))
    shares = [100 * (bottom - y) / (bottom - top) for y in (middle, high[1], low[1])]
    assert shares == pytest.approx([50, 80, 20])


def y_of(figure, words: str) -> float:
    return next(t.get_position()[1] for t in figure.axes[0].texts if t.get_text() == words)


@FORMS
@pytest.mark.parametrize("row", [{"at": math.inf, "lower": 9.0}, {"at": 8.0, "lower": 6.0}])
def test_what_was_not_reached_is_an_arrow_at_the_end_of_the_axis(form, row):
    figure = getattr(make({**row, "upper": math.inf}, {"label": "b", "at": 12.0}), form)()
    (arrow,) = symbols(figure, 9)
    assert arrow[0] > 12
    assert any(pair == pytest.approx((row["lower"], arrow[0])) for pair in spans(figure, 1.6))
    assert len(symbols(figure, "s")) == (1 if math.isinf(row["at"]) else 2)


@FORMS
def test_a_curve_has_its_points_and_under_it_how_many_are_at_risk(form):
    points = [{"at": float(m), "height": 100.0 - 5 * m, "at_risk": 40.0 - m} for m in range(19)]
    points = [{**one, "mark": "curve", "low": 1.0, "high": 99.0} for one in points]
    figure = getattr(make(*points), form)()
    zero, unit = scale(figure)
    (line,) = (one for one in figure.axes[0].lines if one.get_drawstyle() == "steps-post")
    assert [(x - zero) / unit for x in line.get_xdata()] == pytest.approx([*range(19)])
    row = y_of(figure, "at risk")
    beside = [t for t in figure.axes[0].texts if t.get_position()[1] == row]
    written = {(t.get_position()[0] - zero) / unit: t.get_text() for t in beside}
    shown = {round(at): text for at, text in written.items() if text.isdigit()}
    assert len(shown) >= 4
    assert all(text == str(40 - at) for at, text in shown.items())


@FORMS
def test_an_empty_symbol_is_white_inside_and_explained(form):
    lanes = make({"at": 4.0, "hollow": True}, {"label": "b", "at": 5.0}, hollow="not sure")
    figure = getattr(lanes, form)()
    drawn = [one for one in figure.axes[0].lines if one.get_marker() == "s"]
    assert sorted(one.get_markerfacecolor() == "white" for one in drawn) == [False, False, True]
    assert "not sure" in [t.get_text() for t in figure.axes[0].texts]
    assert not make({"at": 5.0}, hollow="not sure")._keys()[1:]


@FORMS
def test_a_bar_and_an_upright_line_stand_at_their_ends(form):
    axis, lines = Axis("Year"), {"read until": 2026.5}
    lanes = make({"mark": "span", "lower": 2019.2, "upper": 2023.9}, axis=axis, lines=lines)
    figure = getattr(dataclasses.replace(lanes, steps=(1, 2, 5)), form)()
    assert any(pair == pytest.approx((2019.2, 2023.9)) for pair in spans(figure, 5.0))
    assert any(pair == pytest.approx((2026.5, 2026.5)) for pair in spans(figure, 1.4))


MANY = [
    {
        "group": f"A group with rather a long name {n // 4}",
        "label": f"Author {n} 2020 (abstract only): a treatment with a long name, matched people",
        **{"text": f"{n} (95% CI 1.00 to 20.00) months; 34.4% at 12 months", "at": float(n)},
        **{"lower": 1.0, "upper": 20.0, "height": math.nan if n % 3 else 40.0, "low": math.nan},
    }
    for n in range(1, 15)
]


@FORMS
@pytest.mark.parametrize("rows", [MANY[:1], MANY])
def test_no_word_leaves_the_figure_or_covers_another(form, rows):
    risk = {"mark": "curve", "height": 50.0, "low": 40.0, "high": 60.0, "at_risk": 222.0}
    each = [[row, *({**row, **risk, "at": float(at)} for at in range(25))] for row in rows[:3]]
    figure = getattr(make(*(one for own in each for one in own), *rows[3:]), form)()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.axes[0].texts if t.get_text()]
    for box in boxes:
        assert min(box.x0, box.y0) >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
    boxes = [box.padded(-2) for box in boxes]
    for place, box in enumerate(boxes):
        assert not [other for other in boxes[:place] if box.overlaps(other)]


def test_the_forms_have_the_widths_of_a_phone_and_of_a_page():
    lanes = make(*MANY)
    assert lanes.figure().get_size_inches()[0] == NARROW
    assert lanes.wide_figure().get_size_inches()[0] == WIDE


def test_the_text_alternative_tells_each_lane_of_a_few_and_of_many_the_ends():
    few = make({"at": 8.0}, {"label": "b", "text": "9 months"}, lines={"Until May": 5.0})
    assert few.alternative() == "Survival. Roe 2020: 8 months; b: 9 months. Until May."
    rows = ({"label": f"s{n}", "at": float(n), "text": f"{n} months"} for n in range(1, 12))
    said = make(*rows, {"label": "z", "at": math.inf, "text": "not reached"}).alternative()
    assert "12 rows, the shortest s1 (1 months), the longest s11 (11 months)" in said


def test_plain_text_holds_every_mark_and_of_a_curve_those_at_the_ticks():
    curve = ({"mark": "curve", "at": n / 2, "height": 50.0, "at_risk": 9.0} for n in range(13))
    text = repr(make({"at": 8.25, "lower": 6.0, "upper": math.inf}, *curve))
    assert "- median: 8.25 [6, inf]" in text
    assert "9 at risk" in text
    assert "- curve: 0.5" not in text


def test_a_figure_has_the_same_bytes_twice_and_offers_its_rows_without_formulas():
    lanes = make({"label": '=HYPERLINK("x")', "at": 3.0, "text": "+1"}, {"label": "b", "at": 4.0})
    first, second = lanes._repr_svg_(), lanes._repr_svg_()
    assert first == second
    assert first[1].keys() == {"alt", "caption", "wide", "png", "csv"}
    found = pd.read_csv(io.StringIO(first[1]["csv"]))
    assert (found["label"][0], found["text"][0], found["at"][0]) == (
        '\'=HYPERLINK("x")',
        "'+1",
        3.0,
    )


def test_text_of_data_is_never_read_as_a_formula():
    bad = r"$\frac{$ a_b^c $x$"
    lanes = make(
        {"group": bad, "label": bad, "text": bad, "counts": bad, "at": 3.0, "hollow": True},
        **{"hollow": bad, "lines": {bad: 2.0}, "headings": {"label": bad}, "axis": Axis(bad)},
    )
    figure = lanes.wide_figure()
    texts = [text for text in figure.findobj(Text) if bad[:4] in text.get_text()]
    assert len(texts) >= 7
    assert not any(text.get_parse_math() for text in texts)
    assert lanes._repr_svg_()[0].startswith("<?xml")


def test_nothing_to_draw_is_not_drawn():
    lanes = make({"at": 1.0})
    empty = dataclasses.replace(lanes, rows=lanes.rows.iloc[:0])
    assert empty._repr_svg_() is None
