"""Rows of estimates as a forest plot, in two forms: for a phone and for a desktop.

Every function takes rows that `tables` built and draws them without computing anything, so that
a plot and a table cannot disagree.  A row is a line of a DataFrame with the columns `label`,
`estimate`, `lower` and `upper`; `group` (a heading above rows), `text` (the result in words),
`mark` (a series, told apart by colour and shape), `weight` (percent; the area of the mark),
`arms` and `counts` (what was compared, and what was counted; for a desktop) and `risk` (the risk
of bias of a study, in words) are optional.  A mark of `POOLED` is drawn as a diamond over its
interval, one of `PREDICTION` as a bar.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import blended_transform_factory

from livingreview_display.axes import Axis, ends, fraction, log_ticks
from livingreview_display.drawing import (
    COLOURS,
    FONT_SIZE,
    INK,
    LINE,
    QUIET,
    SHAPES,
    WITHOUT_FORMULAS,
    Drawing,
    style,
    wrapped,
)
from livingreview_display.lights import RISK_WORDS, light
from livingreview_display.markup import NO_BREAK_SPACE, Html, element
from livingreview_display.placing import (
    LIGHT,
    MARK,
    POOLED,
    PREDICTION,
    STUDY,
    Layout,
    Placed,
    Written,
    narrow,
    rows_of,
    wide,
)

LARGEST_MARK = 130.0  # area in square points of the mark with the greatest weight
MOST_IN_WORDS = 8  # rows of a figure whose text alternative tells each
TICKS_HEIGHT = 0.3  # inches below the axis that its ticks and their numbers take
ASIDE = 2.3  # inches that the words of one side of a desktop's plot may take


@WITHOUT_FORMULAS
def forest(rows: pd.DataFrame, axis: Axis, headings: Mapping[str, str] | None = None) -> Figure:
    """Draw estimates with their intervals, one below the other.

    With `headings` (of columns, by their names) in columns for a desktop, else for a phone, each
    under its label and result.  Raises `ValueError` when there is nothing to draw or a needed
    column is missing.
    """
    is_wide = headings is not None
    layout = narrow(rows) if headings is None else wide(rows, headings)
    limits = ends(axis, ((row.estimate, row.lower, row.upper) for row in layout.rows))
    series = _series(layout.rows)
    legend = _legend(series, layout)
    below = [*layout.words, *_below(layout, axis, limits, is_wide=is_wide)]
    head = sum(LINE for _ in legend)
    foot = max(max(one.y for one in below) + LINE, layout.height + TICKS_HEIGHT)
    total = head + foot
    figure = Figure(figsize=(layout.width, total), facecolor="white")
    left, right = layout.plot
    axes = figure.add_axes(
        (
            left / layout.width,
            (foot - layout.height) / total,
            (right - left) / layout.width,
            layout.height / total,
        )
    )
    axes.set_ylim(layout.height, 0.0)
    _set_axis(axes, layout, axis, limits)
    _draw_marks(axes, layout.rows, series)
    _write(figure, axes, [*below, *(words for _, words in legend)])
    _draw_keys(figure, axes, legend, series)
    for y in layout.rules:
        inches = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
        line = Line2D([0.03, layout.width - 0.03], [y, y], color=QUIET, linewidth=0.8)
        line.set(transform=inches, clip_on=False)
        axes.add_line(line)
    return figure


def _series(placed: Sequence[Placed]) -> Mapping[str, tuple[str, str]]:
    """Colour and shape of every mark, in order of appearance."""
    marks = dict.fromkeys(row.mark for row in placed if row.mark not in (POOLED, PREDICTION))
    return {
        mark: (COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)])
        for number, mark in enumerate(marks)
    }


def _legend(series: Mapping[str, tuple[str, str]], layout: Layout) -> list[tuple[str, Written]]:
    """The series in lines above the rows, where several are not told by their labels."""
    if len(series) < 2 or not any(row.label != row.mark for row in layout.rows):
        return []
    lines = [
        (mark if not number else "", text)
        for mark in series
        for number, text in enumerate(wrapped(mark, layout.width - 0.5))
    ]
    top = -LINE * (len(lines) - 0.4)
    return [
        (mark, Written(0.4, top + LINE * number, text)) for number, (mark, text) in enumerate(lines)
    ]


def _below(
    layout: Layout, axis: Axis, limits: tuple[float, float], *, is_wide: bool
) -> list[Written]:
    """What is written below the axis: its words, what each side means, the symbols of risks."""
    (left, right), y = layout.plot, layout.height + TICKS_HEIGHT
    words: list[Written] = []

    def add(lines: Sequence[str], x: float, side: str) -> float:
        words.extend(
            Written(x, y + LINE * (number + 0.5), text, side) for number, text in enumerate(lines)
        )
        return LINE * len(lines)

    y += add(wrapped(axis.label, right - left), (left + right) / 2, "center")
    if axis.favours is not None and axis.reference is not None:
        y += 0.04
        at = left + (right - left) * fraction(axis, limits, axis.reference)
        reach = ASIDE if is_wide else (layout.width - 0.3) / 2
        places = (at - 0.12, at + 0.12) if is_wide else (0.03, layout.width - 0.05)
        sides = ("right", "left") if is_wide else ("left", "right")
        arrow = NO_BREAK_SPACE.join
        said = (arrow(("←", axis.favours[0])), arrow((axis.favours[1], "→")))
        y += max(
            add(wrapped(text, reach), x, side)
            for text, x, side in zip(said, places, sides, strict=True)
        )
    y = layout.height + 0.1 if is_wide else y + 0.06
    for risk in dict.fromkeys(row.risk for row in layout.rows if row.risk):
        words.append(Written(LIGHT / 2, y + LINE / 2, "", risk=risk))
        y += add([RISK_WORDS.format(risk)], LIGHT, "left") + 0.02
    return words


def _set_axis(axes: Axes, layout: Layout, axis: Axis, limits: tuple[float, float]) -> None:
    axes.set_xscale(axis.scale)
    axes.set_xlim(*limits)
    if axis.scale == "log":
        most = int((layout.plot[1] - layout.plot[0]) / 0.38)
        axes.xaxis.set_major_locator(FixedLocator(log_ticks(*limits, most=most)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks([])
    sns.despine(ax=axes, left=True)
    axes.spines["bottom"].set_color(INK)
    axes.tick_params(axis="x", colors=INK, labelsize=FONT_SIZE)
    if axis.reference is not None:  # the line of no difference, through no word
        tops, bottoms = zip(*layout.open, strict=True)
        axes.vlines([axis.reference] * len(tops), tops, bottoms, color=QUIET, lw=1, zorder=0)


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
    axes.set(xlabel="", ylabel="")


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
    _draw_arrows(axes, row, colour)


def _draw_arrows(axes: Axes, row: Placed, colour: str) -> None:
    low, high = axes.get_xlim()
    for bound, end, shape in ((row.lower, low, 8), (row.upper, high, 9)):
        if not low <= bound <= high:
            axes.plot([end], [row.y], marker=shape, color=colour, markersize=6, clip_on=False)


def _draw_diamond(axes: Axes, row: Placed) -> None:
    half = 0.4 * MARK
    x = [row.lower, row.estimate, row.upper, row.estimate]
    axes.fill(x, [row.y, row.y - half, row.y, row.y + half], color=INK, zorder=3)
    _draw_arrows(axes, row, INK)


def _write(figure: Figure, axes: Axes, words: Sequence[Written]) -> None:
    """Write each line where it stands, in inches, and the symbol of each judgement."""
    inches = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
    for one in words:
        look = style(bold=one.bold) | {"va": "center_baseline", "transform": inches}
        if one.risk:
            symbol, colour = light(one.risk)
            frame = {"boxstyle": "square,pad=0.12", "facecolor": colour, "edgecolor": QUIET}
            axes.text(one.x, one.y, symbol, **look | {"ha": "center", "bbox": frame})
        else:
            axes.text(one.x, one.y, one.text, ha=one.side, **look)


def _draw_keys(
    figure: Figure,
    axes: Axes,
    legend: Sequence[tuple[str, Written]],
    series: Mapping[str, tuple[str, str]],
) -> None:
    """The colour and shape of each series beside its words above the rows."""
    inches = blended_transform_factory(figure.dpi_scale_trans, axes.transData)
    for mark, words in legend:
        if mark:
            colour, shape = series[mark]
            key = Line2D([0.08, 0.2, 0.32], [words.y] * 3, color=colour, linewidth=1.6)
            key.set(marker=shape, markevery=[1], markersize=6, transform=inches, clip_on=False)
            axes.add_line(key)


def _place(row: Mapping[Hashable, Any]) -> str:
    """Return where a row stands in words: its group, label and series, where they differ."""
    group, label, mark = (str(row.get(name, "")) for name in ("group", "label", "mark"))
    told = mark in (STUDY, POOLED, PREDICTION) or label.endswith(mark.lower())
    return ", ".join(dict.fromkeys(part for part in (group, label, "" if told else mark) if part))


def _result(row: Mapping[Hashable, Any]) -> str:
    risk = f" ({RISK_WORDS.format(row['risk'])})" if row.get("risk") else ""
    return str(row.get("text") or format(row["estimate"], "g")) + risk


@dataclass(frozen=True, repr=False)
class Forest(Drawing):
    """Rows drawn as a forest plot; a notebook shows the drawing, plain text shows the rows.

    Without rows it says so instead of failing.  `title` is told to readers who cannot see it;
    `headings` are those of the columns of the wide form, by their names; `note` ends the caption,
    and `lines` says in it what the lines are.
    """

    rows: pd.DataFrame
    axis: Axis
    title: str = ""
    empty: str = "Nothing to draw: no number of this kind is printed."
    headings: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    lines: str = "lines are 95% intervals"

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

    def wide_figure(self) -> Figure | None:
        """Return the rows in columns."""
        return None if self.rows.empty else forest(self.rows, self.axis, self.headings)

    def rows_shown(self) -> pd.DataFrame:
        """Return the rows."""
        return self.rows

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

    def caption(self) -> str:
        """Return what is drawn, and what each kind of mark means."""
        rows = rows_of(self.rows)
        marks = {row.mark for row in rows}
        limits = ends(self.axis, ((row.estimate, row.lower, row.upper) for row in rows))
        weighted = any(not math.isnan(row.weight) for row in rows)
        within = [limits[0] <= b <= limits[1] for row in rows for b in (row.lower, row.upper)]
        some = any(not math.isnan(bound) for row in rows for bound in (row.lower, row.upper))
        parts = {
            "squares are studies, larger with more weight": STUDY in marks and weighted,
            "squares are studies": STUDY in marks and not weighted,
            self.lines: some,
            "diamonds are pooled results": POOLED in marks,
            "the bar is the prediction interval": PREDICTION in marks,
            "an arrow means that the interval goes on, or has no limit": some and not all(within),
        }
        seen = "; ".join(part for part, is_there in parts.items() if is_there)
        sentences = (self.title or self.axis.label, f"{seen[:1].upper()}{seen[1:]}", self.note)
        return ". ".join(one.rstrip(".") for one in sentences if one) + "."

    def html(self) -> Html | None:
        """A sentence where there is nothing to draw."""
        return element("p", self.empty) if self.rows.empty else None
