import dataclasses
import math

import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.text import Text

from livingreview_display import figures
from livingreview_display.axes import HAZARD_RATIO, MONTHS, PERCENT, Axis, log_ticks
from livingreview_display.placing import POOLED, place


def make_rows(*rows: dict) -> pd.DataFrame:
    defaults = {"group": "", "label": "a", "estimate": 1.0, "lower": 0.5, "upper": 2.0}
    return pd.DataFrame([defaults | row for row in rows])


def drawn_points(figure) -> list[tuple[float, float]]:
    (axes,) = figure.axes
    points = [c for c in axes.collections if isinstance(c, PathCollection)]
    return [tuple(float(v) for v in offset) for c in points for offset in c.get_offsets()]


def drawn_words(figure) -> list[str]:
    (axes,) = figure.axes
    return [text.get_text() for text in axes.texts]


def test_every_estimate_is_drawn_where_its_row_says():
    rows = make_rows({"estimate": 0.6}, {"label": "b", "estimate": 1.7})
    figure = figures.forest(rows, HAZARD_RATIO)
    assert [x for x, _ in drawn_points(figure)] == pytest.approx([0.6, 1.7])
    assert [y for _, y in drawn_points(figure)] == pytest.approx([row.y for row in place(rows)])


def test_every_interval_is_drawn_from_bound_to_bound():
    (axes,) = figures.forest(make_rows({"lower": 0.4, "upper": 2.5}), HAZARD_RATIO).axes
    ends = [tuple(line.get_xdata()) for line in axes.lines]
    assert (0.4, 2.5) in ends


def test_an_open_interval_ends_in_an_arrow_at_the_edge():
    (axes,) = figures.forest(make_rows({"upper": math.nan}), MONTHS).axes
    edge = axes.get_xlim()[1]
    arrows = [line for line in axes.lines if line.get_marker() == 9]
    assert [list(line.get_xdata()) for line in arrows] == [[edge]]


def test_rows_of_one_label_share_it_and_their_text_is_left_to_the_table():
    rows = make_rows({"mark": "new", "text": "1.0"}, {"mark": "old", "text": "2.0"})
    words = drawn_words(figures.forest(rows, MONTHS))
    assert words == ["a"]
    assert len({row.y for row in place(rows)}) == 2


def test_a_group_is_headed_once_and_rows_go_down():
    rows = make_rows({"group": "g"}, {"group": "g", "label": "b"}, {"group": "h", "label": "b"})
    placed = place(rows)
    assert [not math.isnan(row.heading_y) for row in placed] == [True, False, True]
    assert all(not math.isnan(row.label_y) for row in placed)
    assert [row.y for row in placed] == sorted(row.y for row in placed)


def test_a_long_heading_is_broken_into_lines_that_fit_and_touch_no_label():
    group = "Immune checkpoint inhibitor, in nearly all patients with other drugs, after the first"
    figure = figures.forest(make_rows({"group": group, "label": "b"}), PERCENT)
    figure.canvas.draw()
    heading, label = figure.axes[0].texts[:2]
    assert heading.get_text().split() == group.split()
    assert heading.get_window_extent().x1 <= figure.bbox.x1
    assert not heading.get_window_extent().overlaps(label.get_window_extent())


def test_a_pooled_row_is_a_diamond_over_its_interval():
    rows = make_rows({}, {"label": "all", "mark": POOLED, "lower": 0.8, "upper": 1.25})
    (axes,) = figures.forest(rows, HAZARD_RATIO).axes
    (diamond,) = axes.patches
    xs = diamond.get_xy()[:, 0]
    assert (min(xs), max(xs)) == (0.8, 1.25)


@pytest.mark.parametrize("weights", [(58.5, 41.5), (90.0, 10.0), (50.0, 50.0)])
def test_the_area_of_a_mark_is_in_proportion_to_its_weight(weights):
    first, second = weights
    rows = make_rows({"weight": first}, {"label": "b", "weight": second})
    (axes,) = figures.forest(rows, HAZARD_RATIO).axes
    sizes = next(c for c in axes.collections if isinstance(c, PathCollection)).get_sizes()
    assert sizes[0] / sizes[1] == pytest.approx(first / second)


def test_the_line_of_no_difference_goes_through_no_words():
    rows = make_rows({"text": "1.0"}, {"label": "b", "text": "2.0"}, {"group": "g", "label": "c"})
    figure = figures.forest(rows, HAZARD_RATIO)
    figure.canvas.draw()
    (axes,) = figure.axes
    lines = next(c for c in axes.collections if isinstance(c, LineCollection)).get_segments()
    words = [text.get_window_extent() for text in axes.texts]
    boxes = [axes.transData.inverted().transform(word.get_points()) for word in words]
    for segment in lines:
        top, bottom = sorted(y for _, y in segment)
        for box in boxes:
            low, high = sorted(y for _, y in box)
            assert high <= top + 0.02 or low >= bottom - 0.02
    assert {x for segment in lines for x, _ in segment} == {1.0}


@pytest.mark.parametrize("low", [0.05, 0.3, 0.55, 0.7, 0.87])
@pytest.mark.parametrize("high", [1.12, 1.4, 2.2, 7.0, 60.0])
def test_a_ratio_axis_has_ticks_enough_to_read_it_by(low, high):
    ticks = log_ticks(low, high)
    assert 4 <= len(ticks) <= 12
    assert 1.0 in ticks
    assert all(low <= tick <= high for tick in ticks)


def test_series_differ_in_colour_and_in_shape():
    series = figures._series(place(make_rows({"mark": "x"}, {"mark": "y"})))
    colours, shapes = zip(*series.values(), strict=True)
    assert len(set(colours)) == 2
    assert len(set(shapes)) == 2


def test_words_of_both_sides_stand_below_the_axis():
    axis = dataclasses.replace(HAZARD_RATIO, favours=("new", "old"))
    words = drawn_words(figures.forest(make_rows({}), axis))
    assert {"← new", "old →"} <= set(words)


def test_the_reference_is_always_inside_the_axis():
    (axes,) = figures.forest(
        make_rows({"estimate": 4.0, "lower": 3.0, "upper": 5.0}), HAZARD_RATIO
    ).axes
    low, high = axes.get_xlim()
    assert low < 1.0 < high


def test_a_drawing_has_the_same_bytes_twice_and_no_date():
    rows = make_rows({"mark": "x"}, {"label": "b", "mark": "y"})
    first, second = (figures.to_svg(figures.forest(rows, MONTHS)) for _ in range(2))
    assert first == second
    assert "<dc:date>" not in first


def test_plain_text_holds_every_drawn_number():
    text = repr(figures.Forest(make_rows({"estimate": 0.123, "lower": 0.1}), MONTHS))
    assert "0.123 [0.1, 2]" in text


def test_nothing_to_draw_is_said_and_not_drawn():
    empty = figures.Forest(make_rows({}).iloc[:0], MONTHS)
    assert empty._repr_svg_() is None
    assert repr(empty) == empty.empty
    assert empty._repr_html_() == f"<p>{empty.empty}</p>"
    assert figures.Forest(make_rows({}), MONTHS)._repr_svg_()[0].startswith("<?xml")


def test_rows_without_a_needed_column_are_refused():
    with pytest.raises(ValueError, match="no column upper"):
        figures.forest(make_rows({}).drop(columns="upper"), MONTHS)
    with pytest.raises(ValueError, match="found no row"):
        figures.forest(make_rows({}).iloc[:0], MONTHS)


def test_text_of_data_is_never_read_as_a_formula():
    bad = r"$\frac{$ a_b^c $x$"
    row = {"group": bad, "label": bad, "mark": bad, "text": bad}
    row |= {"estimate": 1.0, "lower": 0.5, "upper": 2.0}
    rows = pd.DataFrame([row, {**row, "label": "b", "mark": "_b"}])
    axis = Axis(bad, scale="log", reference=1.0, favours=(bad, bad))
    figure = figures.forest(rows, axis)
    assert figures.to_svg(figure).startswith("<?xml")
    texts = [text for text in figure.findobj(Text) if bad[:4] in text.get_text()]
    assert len(texts) >= 6
    assert not any(text.get_parse_math() for text in texts)


def test_the_text_alternative_tells_each_row_of_a_small_figure():
    rows = make_rows({"text": "1.0 (0.5 to 2.0)"}, {"group": "g", "label": "b", "mark": "m"})
    said = figures.Forest(rows.fillna(""), MONTHS, "Survival").alternative()
    assert said == "Survival. Months. a: 1.0 (0.5 to 2.0); g, b, m: 1."


def test_the_text_alternative_of_a_large_figure_tells_how_many_and_between_what():
    rows = make_rows(*({"label": str(n), "estimate": n, "text": f"{n} months"} for n in range(40)))
    figure = figures.Forest(rows, MONTHS)
    assert "40 results, the lowest 0 months, the highest 39 months" in figure.alternative()
    assert figure._repr_svg_()[1] == {"alt": figure.alternative()}
