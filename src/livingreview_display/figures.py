"""Rows of estimates as matplotlib figures, drawn so that they stay legible on a phone.

Every function takes rows that `tables` built and draws them without computing anything, so that
a plot and a table cannot disagree.  A row is a line of a DataFrame with the columns `label`,
`estimate`, `lower` and `upper`; `group` (a heading above rows), `text` (printed at the
right), `mark` (a series, told apart by colour and shape) and `weight` (the size of the mark)
are optional, as is `risk` (the risk of bias of a study, in words).  A mark of `POOLED` is drawn
as a diamond over its interval, one of `PREDICTION` as a bar.
"""

import io
import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from livingreview_display.axes import Axis, ends, log_ticks
from livingreview_display.lights import RISK_WORDS, light
from livingreview_display.markup import Html, Shown, element
from livingreview_display.placing import (
    CHARACTERS,
    FAVOURS,
    GAP,
    LINE,
    MARK,
    POOLED,
    PREDICTION,
    STUDY,
    Placed,
    heading_lines,
    label_lines,
    place,
    rows_of,
)

WIDTH = 4.8  # inches; with this font size still legible when scaled to a phone
FONT_SIZE = 10.0
INK, QUIET = "#1f2328", "#8c959f"
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p")
LARGEST_MARK = 110.0  # area in square points of the mark with the greatest weight
MOST_IN_WORDS = 8  # rows of a figure whose text alternative tells each


@rc_context({"text.parse_math": False, "text.usetex": False})  # a dollar sign is a dollar sign
def forest(rows: pd.DataFrame, axis: Axis) -> Figure:
    """Estimates with their intervals, one below the other, each under its label and text.

    Rows that follow each other with the same group and label share one label.  Raises
    `ValueError` when there is nothing to draw or a needed column is missing.
    """
    placed = place(rows)
    series = _series(placed)
    explained = len(series) > 1 and any(row.label != row.mark for row in placed)
    height = placed[-1].y + MARK / 2 + GAP
    below = FAVOURS + 0.13 if axis.favours else 0.5
    lines = sum(_legend_text(mark).count("\n") + 1 for mark in series)
    total = height + below + 0.1 + 0.2 * lines * explained
    figure = Figure(figsize=(WIDTH, total), facecolor="white")
    axes = figure.add_axes((0.03, below / total, 0.94, height / total))
    axes.set_ylim(height, 0.0)
    _set_axis(axes, placed, axis)
    _draw_marks(axes, placed, series)
    _write_labels(axes, placed)
    if explained:
        _write_legend(axes, series, height)
    return figure


def _series(placed: Sequence[Placed]) -> Mapping[str, tuple[str, str]]:
    """Colour and shape of every mark, in order of appearance."""
    marks = list(dict.fromkeys(row.mark for row in placed if row.mark not in (POOLED, PREDICTION)))
    palette = sns.color_palette("colorblind", max(len(marks), 1)).as_hex()
    return {
        mark: (str(palette[number]), SHAPES[number % len(SHAPES)])
        for number, mark in enumerate(marks)
    }


def _set_axis(axes: Axes, placed: Sequence[Placed], axis: Axis) -> None:
    axes.set_xscale(axis.scale)
    drawn = (value for row in placed for value in (row.estimate, row.lower, row.upper))
    low, high = ends(axis, drawn)
    axes.set_xlim(low, high)
    if axis.scale == "log":
        axes.xaxis.set_major_locator(FixedLocator(log_ticks(low, high)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks([])
    sns.despine(ax=axes, left=True)
    axes.tick_params(axis="x", colors=INK, labelsize=FONT_SIZE - 1)
    axes.set_xlabel(axis.label, fontsize=FONT_SIZE, color=INK)
    if axis.reference is not None:
        _draw_reference(axes, placed, axis.reference)
    if axis.favours is not None:
        words = (f"← {axis.favours[0]}", f"{axis.favours[1]} →")
        for x, side in enumerate(("left", "right")):
            y = -FAVOURS / axes.get_ylim()[0]
            style: dict[str, Any] = {
                "ha": side,
                "va": "center",
                "fontsize": FONT_SIZE - 1,
                "color": INK,
            }
            axes.text(x, y, words[x], transform=axes.transAxes, **style)


def _draw_reference(axes: Axes, placed: Sequence[Placed], reference: float) -> None:
    """The line of no difference, beside every mark and through no word."""
    starts = [row.y - MARK / 2 for row in placed]
    ends = [*(row.y + MARK / 2 for row in placed[:-1]), axes.get_ylim()[0]]
    axes.vlines([reference] * len(placed), starts, ends, color=QUIET, linewidth=1, zorder=0)


def _draw_marks(
    axes: Axes, placed: Sequence[Placed], series: Mapping[str, tuple[str, str]]
) -> None:
    for row in placed:
        if row.mark == POOLED:
            _draw_diamond(axes, row)
        else:
            _draw_interval(axes, row, series.get(row.mark, (INK, ""))[0])
    points = [row for row in placed if row.mark not in (POOLED, PREDICTION)]
    if not points:
        return
    weights = [row.weight for row in points]
    weighted = not any(math.isnan(weight) for weight in weights)
    sns.scatterplot(
        x=[row.estimate for row in points],
        y=[row.y for row in points],
        hue=[row.mark for row in points],
        style=[row.mark for row in points],
        palette={mark: colour for mark, (colour, _) in series.items()},
        markers={mark: shape for mark, (_, shape) in series.items()},
        legend=False,
        edgecolor="white",
        linewidth=0.6,
        zorder=3,
        clip_on=False,
        ax=axes,
        **(
            {"size": weights, "size_norm": (0, max(weights)), "sizes": (0, LARGEST_MARK)}
            if weighted
            else {"s": 48}
        ),
    )


def _draw_interval(axes: Axes, row: Placed, colour: str) -> None:
    """The interval as a line; an open or cut end is an arrow at the edge of the axis."""
    low, high = axes.get_xlim()
    if math.isnan(row.lower) and math.isnan(row.upper):
        axes.plot([low, high], [row.y] * 2, color=QUIET, linewidth=0.4, zorder=0)  # leads the eye
        return
    start = low if math.isnan(row.lower) else max(row.lower, low)
    stop = high if math.isnan(row.upper) else min(row.upper, high)
    width = 5.0 if row.mark == PREDICTION else 1.6
    axes.plot([start, stop], [row.y] * 2, color=colour, linewidth=width, solid_capstyle="butt")
    for bound, end, shape in ((row.lower, low, 8), (row.upper, high, 9)):
        if not low <= bound <= high:
            axes.plot([end], [row.y], marker=shape, color=colour, markersize=6, clip_on=False)


def _draw_diamond(axes: Axes, row: Placed) -> None:
    half = 0.4 * MARK
    x = [row.lower, row.estimate, row.upper, row.estimate]
    axes.fill(x, [row.y, row.y - half, row.y, row.y + half], color=INK, zorder=3)


def _write_labels(axes: Axes, placed: Sequence[Placed]) -> None:
    for row in placed:
        if row.risk and not math.isnan(row.label_y):
            symbol, colour = light(row.risk)
            frame = {"boxstyle": "square,pad=0.1", "facecolor": colour, "edgecolor": QUIET}
            at = (-0.01, row.label_y + LINE / 2)
            look: dict[str, Any] = {"fontsize": FONT_SIZE - 2, "color": INK, "bbox": frame}
            look |= {"ha": "right", "va": "center", "transform": axes.get_yaxis_transform()}
            axes.text(*at, symbol, **look)
        words = (
            (0.0, row.heading_y, heading_lines(row.group), "left"),
            (0.0, row.label_y, label_lines(row), "left"),
            (1.0, row.label_y, row.text, "right"),
        )
        for x, y, text, side in words:
            if text and not math.isnan(y):
                weight = "bold" if y == row.heading_y else "normal"
                style: dict[str, Any] = {
                    "ha": side,
                    "va": "top",
                    "fontsize": FONT_SIZE,
                    "fontweight": weight,
                }
                axes.text(x, y, text, color=INK, transform=axes.get_yaxis_transform(), **style)


def _legend_text(mark: str) -> str:
    return textwrap.fill(mark, CHARACTERS - 8)


def _write_legend(axes: Axes, series: Mapping[str, tuple[str, str]], height: float) -> None:
    handles = [
        Line2D([], [], color=colour, marker=shape, linewidth=1.6, markersize=6, label=words)
        for mark, (colour, shape) in series.items()
        for words in [_legend_text(mark)]
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0 + 0.02 / height),
        frameon=False,
        fontsize=FONT_SIZE - 1,
        borderaxespad=0.0,
    )


def to_svg(figure: Figure) -> str:
    """The figure as SVG text whose bytes depend on nothing but what is drawn."""
    target = io.StringIO()
    metadata = {"Date": None, "Creator": None}
    with rc_context({"svg.hashsalt": "livingreview", "svg.fonttype": "path"}):
        figure.savefig(target, format="svg", metadata=metadata)
    return target.getvalue()


def _place(row: Mapping[Hashable, Any]) -> str:
    """Return where a row stands in words: its group, label and series, where they differ."""
    group, label, mark = (str(row.get(name, "")) for name in ("group", "label", "mark"))
    told = mark in (STUDY, POOLED, PREDICTION) or label.endswith(mark.lower())
    return ", ".join(dict.fromkeys(part for part in (group, label, "" if told else mark) if part))


def _result(row: Mapping[Hashable, Any]) -> str:
    risk = f" ({RISK_WORDS.format(row['risk'])})" if row.get("risk") else ""
    return str(row.get("text") or format(row["estimate"], "g")) + risk


class Drawing(Shown):
    """A figure on a page: a notebook shows it as SVG, with what it shows in words beside it."""

    def figure(self) -> Figure | None:
        """Return the figure; nothing where another form is shown."""
        raise NotImplementedError

    def alternative(self) -> str:
        """Return what the figure shows in words, for readers who cannot see it."""
        raise NotImplementedError

    def _repr_svg_(self) -> tuple[str, dict[str, str]] | None:
        """Return the drawing, and its text alternative as the output's metadata."""
        figure = self.figure()
        return None if figure is None else (to_svg(figure), {"alt": self.alternative()})


@dataclass(frozen=True, repr=False)
class Forest(Drawing):
    """Rows drawn as a forest plot; a notebook shows the drawing, plain text shows the rows.

    Without rows it says so instead of failing.  `title` is told to readers who cannot see it.
    """

    rows: pd.DataFrame
    axis: Axis
    title: str = ""
    empty: str = "Nothing to draw: no number of this kind is printed."

    def __repr__(self) -> str:
        """Every drawn number in plain text, one row a line."""
        if self.rows.empty:
            return self.empty
        lines = [
            f"{row.group} | {row.label} | {row.mark} | "
            f"{row.estimate:.6g} [{row.lower:.6g}, {row.upper:.6g}]"
            + (f" | {RISK_WORDS.format(row.risk)}" if row.risk else "")
            for row in rows_of(self.rows)
        ]
        return "\n".join([self.axis.label, *lines])

    def figure(self) -> Figure | None:
        """Return the forest plot of the rows."""
        return None if self.rows.empty else forest(self.rows, self.axis)

    def alternative(self) -> str:
        """Return what the figure shows in words: each row, or of many the lowest and the highest.

        A row without a text of its own is told by its estimate.
        """
        what = f"{self.title}. {self.axis.label}" if self.title else self.axis.label
        rows = sorted(self.rows.to_dict("records"), key=lambda row: float(row["estimate"]))
        if len(rows) <= MOST_IN_WORDS:
            told = (f"{_place(row)}: {_result(row)}" for row in self.rows.to_dict("records"))
            return f"{what}. {'; '.join(told)}."
        return (
            f"{what}. {len(rows)} results, the lowest {_result(rows[0])}, the highest "
            f"{_result(rows[-1])}; the table beside the figure holds them all."
        )

    def html(self) -> Html | None:
        """A sentence where there is nothing to draw."""
        return element("p", self.empty) if self.rows.empty else None
