import dataclasses
import io
import math
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text

from livingreview_display import drawing, lights
from livingreview_display.axes import HAZARD_RATIO, MONTHS, Axis, ends, fraction, log_ticks
from livingreview_display.forest import Forest, _series, forest
from livingreview_display.placing import (
    NARROW,
    POOLED,
    PREDICTION,
    STUDY,
    WIDE,
    narrow,
    rows_of,
    wide,
)

FORMS = pytest.mark.parametrize("headings", [None, {"label": "Study"}], ids=["phone", "desktop"])
SHEET = Path(__file__).parent.parent / "assets" / "book.css"


def make_rows(*rows: dict) -> pd.DataFrame:
    defaults = {"group": "", "label": "a", "estimate": 1.0, "lower": 0.5, "upper": 2.0}
    texts = {name: "" for name in ("text", "mark", "risk", "arms", "counts")}
    return pd.DataFrame([defaults | texts | {"weight": math.nan} | row for row in rows])


def many(k: int) -> pd.DataFrame:
    """As many studies as a large review has, each with all that a row can say."""
    return make_rows(
        *(
            {
                "group": f"Group {n // 20}",
                "label": f"Author {n} 2020 (abstract only) \N{DAGGER}",
                "mark": STUDY,
                "estimate": 0.5 + 0.01 * n,
                "lower": 0.3 + 0.01 * n,
                "upper": 0.9 + 0.01 * n,
                "text": f"{0.5 + 0.01 * n:.2f} ({0.3 + 0.01 * n:.2f} to {0.9 + 0.01 * n:.2f})",
                "weight": 100 / k,
                "risk": ("low", "serious", "critical")[n % 3],
                "arms": "A new treatment with a rather long name against the usual one",
                "counts": f"{n}/100 v {n}/90",
            }
            for n in range(k)
        )
    )


def layout_of(rows, headings):
    return narrow(rows) if headings is None else wide(rows, headings)


def drawn_points(figure) -> list[tuple[float, float]]:
    (axes,) = figure.axes
    points = [c for c in axes.collections if isinstance(c, PathCollection)]
    return [tuple(float(v) for v in offset) for c in points for offset in c.get_offsets()]


def drawn_words(figure) -> list[str]:
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


@FORMS
def test_every_estimate_is_drawn_where_its_row_says(headings):
    rows = make_rows({"estimate": 0.6}, {"label": "b", "estimate": 1.7})
    points = drawn_points(forest(rows, HAZARD_RATIO, headings))
    assert [x for x, _ in points] == pytest.approx([0.6, 1.7])
    assert [y for _, y in points] == pytest.approx([r.y for r in layout_of(rows, headings).rows])


@FORMS
def test_every_interval_is_drawn_from_bound_to_bound(headings):
    (axes,) = forest(make_rows({"lower": 0.4, "upper": 2.5}), HAZARD_RATIO, headings).axes
    assert (0.4, 2.5) in [tuple(line.get_xdata()) for line in axes.lines]


@FORMS
def test_the_result_of_each_row_stands_at_the_height_of_its_mark_or_just_above(headings):
    rows = many(30)
    layout = layout_of(rows, headings)
    heights = {one.text: one.y for one in layout.words}
    for row in layout.rows:
        above = row.y - heights[row.text]
        assert above == pytest.approx(0, abs=1e-9) if headings else 0 < above < 0.5


@FORMS
@pytest.mark.parametrize("k", [1, 60])
def test_no_word_leaves_the_figure_or_covers_another(headings, k):
    axis = dataclasses.replace(HAZARD_RATIO, favours=("fewer deaths with it", "fewer without"))
    figure = forest(many(k), axis, headings)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,) = figure.axes
    renderer = canvas.get_renderer()  # one for all: each of its own holds the whole picture
    boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text()]
    for box in boxes:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
        assert box.y1 <= figure.bbox.y1 + 1
    boxes = [box.padded(-2) for box in boxes]
    for place, box in enumerate(boxes):
        assert not [other for other in boxes[:place] if box.overlaps(other)]


@FORMS
def test_no_number_of_the_axis_is_cut(headings):
    for low in (0.55, 0.000001):
        figure = forest(make_rows({"lower": low, "label": "a"}), HAZARD_RATIO, headings)
        figure.canvas.draw()
        (axes,) = figure.axes
        for label in axes.get_xticklabels():
            box = label.get_window_extent()
            assert box.x0 >= -1
            assert box.x1 <= figure.bbox.x1 + 1


def test_no_heading_of_a_column_reaches_into_the_next():
    headings = {"label": "Study", "text": "Result", "weight": "Weight", "risk": "Risk of bias"}
    figure = forest(many(3), HAZARD_RATIO, headings)
    figure.canvas.draw()
    (axes,) = figure.axes
    boxes = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert boxes["Weight"].x1 + 5 < boxes["Risk of"].x0


def test_a_heading_far_longer_than_the_labels_goes_across_and_the_line_stops_for_it():
    group = "Overall survival, Inhibitor in the first line: p for interaction 0.12 (0.03 to 0.31)"
    rows = make_rows({"group": group, "label": "No"}, {"group": group, "label": "Yes"})
    layout = wide(rows, {})
    lines = [one for one in layout.words if one.bold]
    assert [one.text for one in lines] == [group]
    assert all(not top < lines[0].y < bottom for top, bottom in layout.open)
    assert all(any(top < row.y < bottom for top, bottom in layout.open) for row in layout.rows)


def test_the_forms_have_the_widths_of_a_phone_and_of_a_page():
    rows = many(3)
    assert forest(rows, HAZARD_RATIO).get_size_inches()[0] == NARROW
    assert forest(rows, HAZARD_RATIO, {}).get_size_inches()[0] == WIDE


def test_a_desktop_shows_arms_counts_and_weights_in_columns_under_their_headings():
    headings = {"label": "Study", "arms": "Compared", "counts": "Events", "weight": "Weight"}
    rows = make_rows({"arms": "New against old", "counts": "3/9 v 4/8", "weight": 100.0})
    words = drawn_words(forest(rows, HAZARD_RATIO, headings))
    assert {*headings.values(), "New against old", "3/9 v 4/8", "100.0%", "a"} <= set(words)
    assert not {"Compared", "New against old"} & set(drawn_words(forest(rows, HAZARD_RATIO)))


def test_columns_that_are_empty_take_no_room():
    bare, full = (wide(rows, {}) for rows in (make_rows({}), make_rows({"arms": "x" * 30})))
    assert bare.plot[1] - bare.plot[0] > full.plot[1] - full.plot[0] + 1


@FORMS
def test_an_open_interval_ends_in_an_arrow_at_the_edge(headings):
    (axes,) = forest(make_rows({"upper": math.nan}), MONTHS, headings).axes
    arrows = [line for line in axes.lines if line.get_marker() == 9]
    assert [list(line.get_xdata()) for line in arrows] == [[axes.get_xlim()[1]]]


@FORMS
def test_an_interval_far_wider_than_the_others_leaves_the_axis_as_an_arrow(headings):
    rows = make_rows(*({"label": n, "lower": 0.8, "upper": 1.25} for n in "abc"), {"upper": 900.0})
    (axes,) = forest(rows, HAZARD_RATIO, headings).axes
    low, high = axes.get_xlim()
    assert low < 0.5
    assert high < 20
    arrows = [line for line in axes.lines if line.get_marker() == 9]
    assert [list(line.get_xdata()) for line in arrows] == [[high]]


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_intervals_alike_are_never_cut_and_no_estimate_is_outside(scale):
    drawn = [(1.0, 0.5, 2.0), (4.0, 2.0, 8.0), (0.9, 0.5, 1.6), (30.0, 25.0, 36.0)]
    low, high = ends(Axis("x", scale, reference=1.0), drawn)
    assert low < min(row[1] for row in drawn)
    assert high > max(row[2] for row in drawn)


@FORMS
@pytest.mark.parametrize("axis", [MONTHS, HAZARD_RATIO])
@pytest.mark.parametrize("unreached", [math.nan, math.inf, 0.0])
def test_a_row_that_was_not_reached_is_shown_beside_the_others(headings, axis, unreached):
    missing = {"label": "b", "estimate": unreached, "lower": math.nan, "upper": math.nan}
    figure = forest(make_rows({"estimate": 1.3}, missing), axis, headings)
    assert any(x == pytest.approx(1.3) for x, _ in drawn_points(figure))
    assert {"a", "b"} <= set(drawn_words(figure))
    forest(make_rows(missing), axis, headings)


def test_the_fraction_of_an_axis_is_where_matplotlib_draws_the_value():
    (axes,) = forest(make_rows({}), HAZARD_RATIO).axes
    inside = axes.transAxes.inverted().transform(axes.transData.transform((1.3, 0)))[0]
    assert fraction(HAZARD_RATIO, axes.get_xlim(), 1.3) == pytest.approx(inside)


def test_rows_of_one_label_share_it_and_their_text_is_left_to_the_table():
    rows = make_rows({"mark": "new", "text": "1.0"}, {"mark": "old", "text": "2.0"})
    assert [one.text for one in narrow(rows).words] == ["a"]
    assert len({row.y for row in narrow(rows).rows}) == 2
    assert [one.text for one in wide(rows, {}).words] == ["a", "1.0", "2.0"]


@FORMS
def test_a_group_is_headed_once_and_rows_go_down(headings):
    rows = make_rows({"group": "g"}, {"group": "g", "label": "b"}, {"group": "h", "label": "b"})
    layout = layout_of(rows, headings)
    assert [one.text for one in layout.words if one.bold and one.text in "gh"] == ["g", "h"]
    assert [row.y for row in layout.rows] == sorted(row.y for row in layout.rows)


@FORMS
def test_a_long_heading_is_broken_into_lines_that_fit(headings):
    group = "Immune checkpoint inhibitor, in nearly all patients with other drugs, after the first"
    group = f"{group}, and {group.lower()} and the second"
    lines = [o for o in layout_of(make_rows({"group": group}), headings).words if o.text != "a"]
    lines = [one.text for one in lines if one.text != "Study"]
    assert " ".join(lines) == group
    assert len(lines) > 1


def test_lines_are_broken_at_spaces_and_not_at_no_break_spaces():
    assert drawing.wrapped("one two\N{NO-BREAK SPACE}three", 0.4) == [
        "one",
        "two\N{NO-BREAK SPACE}three",
    ]
    assert drawing.wrapped("", 1.0) == []


@FORMS
def test_a_pooled_row_is_a_diamond_over_its_interval(headings):
    rows = make_rows({}, {"label": "all", "mark": POOLED, "lower": 0.8, "upper": 1.25})
    (axes,) = forest(rows, HAZARD_RATIO, headings).axes
    xs = axes.patches[0].get_xy()[:, 0]
    assert (min(xs), max(xs)) == (0.8, 1.25)


@FORMS
@pytest.mark.parametrize("weights", [(58.5, 41.5), (90.0, 10.0), (50.0, 50.0)])
def test_the_area_of_a_mark_is_in_proportion_to_its_weight(weights, headings):
    first, second = weights
    rows = make_rows({"weight": first}, {"label": "b", "weight": second})
    (axes,) = forest(rows, HAZARD_RATIO, headings).axes
    sizes = next(c for c in axes.collections if isinstance(c, PathCollection)).get_sizes()
    assert sizes[0] / sizes[1] == pytest.approx(first / second)


@FORMS
def test_the_line_of_no_difference_goes_through_no_words(headings):
    rows = make_rows({"text": "1.0"}, {"label": "b", "text": "2.0"}, {"group": "g", "label": "c"})
    figure = forest(rows, HAZARD_RATIO, headings)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    (axes,) = figure.axes
    renderer = canvas.get_renderer()
    lines = next(c for c in axes.collections if isinstance(c, LineCollection)).get_segments()
    for text in axes.texts:
        points = axes.transData.inverted().transform(text.get_window_extent(renderer).get_points())
        (left, right), (low, high) = (sorted(ends) for ends in zip(*points, strict=True))
        for segment in lines:
            top, bottom = sorted(y for _, y in segment)
            beside = left > 1.0 or right < 1.0
            assert beside or high <= top + 0.03 or low >= bottom - 0.03
    assert {x for segment in lines for x, _ in segment} == {1.0}


@FORMS
def test_each_judged_study_has_its_symbol_and_every_symbol_its_words(headings):
    rows = make_rows({"risk": "low"}, {"label": "b", "risk": "serious"}, {"label": "c"})
    words = drawn_words(forest(rows, HAZARD_RATIO, headings))
    for risk in ("low", "serious"):
        assert words.count(lights.light(risk)[0]) == 2  # beside the study, and in the key
        assert words.count(f"risk of bias: {risk}") == 1


@pytest.mark.parametrize("low", [0.05, 0.3, 0.55, 0.7, 0.87])
@pytest.mark.parametrize("high", [1.12, 1.4, 2.2, 7.0, 60.0])
def test_a_ratio_axis_has_ticks_enough_to_read_it_by(low, high):
    ticks = log_ticks(low, high)
    assert 4 <= len(ticks) <= 12
    assert 1.0 in ticks
    assert all(low <= tick <= high for tick in ticks)


def test_series_differ_in_colour_and_in_shape():
    series = _series(rows_of(make_rows({"mark": "x"}, {"mark": "y"})))
    colours, shapes = zip(*series.values(), strict=True)
    assert len(set(colours)) == 2
    assert len(set(shapes)) == 2


@FORMS
def test_words_of_both_sides_stand_below_the_axis(headings):
    axis = dataclasses.replace(HAZARD_RATIO, favours=("new", "old"))
    words = [
        one.replace("\N{NO-BREAK SPACE}", " ")
        for one in drawn_words(forest(make_rows({}), axis, headings))
    ]
    assert {"← new", "old →"} <= set(words)


def test_the_reference_is_always_inside_the_axis():
    (axes,) = forest(make_rows({"estimate": 4.0, "lower": 3.0, "upper": 5.0}), HAZARD_RATIO).axes
    low, high = axes.get_xlim()
    assert low < 1.0 < high


def test_a_drawing_and_its_downloads_have_the_same_bytes_twice_and_no_date():
    figure = Forest(make_rows({"mark": "x"}, {"label": "b", "mark": "y"}), MONTHS)
    first, second = figure._repr_svg_(), figure._repr_svg_()
    assert first == second
    assert first[1].keys() == {"alt", "caption", "wide", "png", "csv"}
    assert "<dc:date>" not in first[0]


def test_words_of_a_drawing_stay_words_in_the_type_of_the_page():
    svg = drawing.to_svg(forest(make_rows({"label": "Roe 2020"}), MONTHS))
    assert ">Roe 2020<" in svg
    assert "system-ui, sans-serif" in svg
    assert "DejaVu" not in svg


def test_the_rows_of_a_figure_can_be_downloaded_and_hold_no_formula():
    rows = make_rows({"label": '=HYPERLINK("x")', "estimate": 0.25, "lower": -1.0})
    (found,) = pd.read_csv(io.StringIO(Forest(rows, MONTHS)._repr_svg_()[1]["csv"])).to_dict(
        "records"
    )
    assert (found["estimate"], found["lower"]) == (0.25, -1.0)
    assert found["label"] == '\'=HYPERLINK("x")'


def test_plain_text_holds_every_drawn_number():
    text = repr(Forest(make_rows({"estimate": 0.123, "lower": 0.1}), MONTHS))
    assert "0.123 [0.1, 2]" in text


def test_nothing_to_draw_is_said_and_not_drawn():
    empty = Forest(make_rows({}).iloc[:0], MONTHS)
    assert empty._repr_svg_() is None
    assert repr(empty) == empty.empty
    assert empty._repr_html_() == f"<p>{empty.empty}</p>"
    assert Forest(make_rows({}), MONTHS)._repr_svg_()[0].startswith("<?xml")


def test_rows_without_a_needed_column_are_refused():
    with pytest.raises(ValueError, match="no column upper"):
        forest(make_rows({}).drop(columns="upper"), MONTHS)
    with pytest.raises(ValueError, match="found no row"):
        forest(make_rows({}).iloc[:0], MONTHS)


def test_text_of_data_is_never_read_as_a_formula():
    bad = r"$\frac{$ a_b^c $x$"
    row = {"group": bad, "label": bad, "mark": bad, "text": bad}
    row |= {"estimate": 1.0, "lower": 0.5, "upper": 2.0}
    rows = pd.DataFrame([row, {**row, "label": "b", "mark": "_b"}])
    axis = Axis(bad, scale="log", reference=1.0, favours=(bad, bad))
    figure = forest(rows, axis)
    assert drawing.to_svg(figure).startswith("<?xml")
    texts = [text for text in figure.findobj(Text) if bad[:4] in text.get_text()]
    assert len(texts) >= 6
    assert not any(text.get_parse_math() for text in texts)


def test_the_text_alternative_tells_each_row_of_a_small_figure():
    rows = make_rows({"text": "1.0 (0.5 to 2.0)"}, {"group": "g", "label": "b", "mark": "m"})
    said = Forest(rows, MONTHS, "Survival").alternative()
    assert said == "Survival. Months. a: 1.0 (0.5 to 2.0); g, b, m: 1."


def test_the_text_alternative_of_a_large_figure_tells_how_many_and_between_what():
    rows = make_rows(*({"label": str(n), "estimate": n, "text": f"{n} months"} for n in range(40)))
    figure = Forest(rows, MONTHS)
    assert "40 results, the lowest 0 months, the highest 39 months" in figure.alternative()
    assert figure._repr_svg_()[1]["alt"] == figure.alternative()


def test_the_caption_says_what_each_kind_of_mark_is_and_nothing_that_is_not_there():
    study = {"mark": STUDY, "weight": 50.0}
    rows = make_rows(study, {"label": "b", "mark": POOLED}, {"label": "c", "mark": PREDICTION})
    said = Forest(rows, HAZARD_RATIO, "Survival", note="† is doubted").caption()
    for words in (
        "Survival. Squares are studies, larger",
        "diamonds",
        "prediction",
        "† is doubted.",
    ):
        assert words in said
    bare = make_rows({"lower": math.nan, "upper": math.nan})
    assert Forest(bare, MONTHS, "Survival").caption() == "Survival."


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance by WCAG 2.2."""
    parts = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))


def in_the_dark(colour: tuple[float, ...]) -> tuple[float, ...]:
    """The colour after the filter of the style sheet: inverted, its hue turned by half (CSS)."""
    red, green, blue = (1 - part for part in colour)
    rows = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))
    turned = (r * red + g * green + b * blue for r, g, b in rows)
    return tuple(min(max(part, 0.0), 1.0) for part in turned)


def test_colours_keep_their_contrast_with_the_page_in_the_light_and_in_the_dark():
    assert "filter: invert(1) hue-rotate(180deg)" in SHEET.read_text("utf-8")
    white, dark = rgb("#ffffff"), rgb("#14181e")
    marks = {*drawing.COLOURS, drawing.QUIET, drawing.INK}
    for colour in map(rgb, marks):
        assert contrast(colour, white) >= 3
        assert contrast(in_the_dark(colour), dark) >= 3
    for paper in (white, *(rgb(colour) for _, colour in lights.LIGHTS.values())):
        ink = rgb(drawing.INK)
        assert contrast(ink, paper) >= 4.5
        assert contrast(in_the_dark(ink), in_the_dark(paper)) >= 4.5
    assert in_the_dark(white) == pytest.approx((0, 0, 0))  # so that no box shows in the dark


def seen(colour: tuple[float, ...], matrix: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    return tuple(sum(m * c for m, c in zip(row, colour, strict=True)) for row in matrix)


# Viénot, Brettel & Mollon 1999, Color Research and Application 24:243, on linear RGB.
WITHOUT_RED = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
WITHOUT_GREEN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))


@pytest.mark.parametrize("matrix", [WITHOUT_RED, WITHOUT_GREEN])
def test_the_first_series_are_told_apart_by_colour_blind_readers(matrix):
    linear = [tuple(part**2.2 for part in rgb(colour)) for colour in drawing.COLOURS[:3]]
    found = [tuple(max(p, 0.0) ** (1 / 2.2) for p in seen(colour, matrix)) for colour in linear]
    for place, one in enumerate(found):
        for other in found[:place]:
            assert math.dist(one, other) > 0.15
