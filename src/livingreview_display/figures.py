"""Rows of estimates as matplotlib figures, drawn so that they stay legible on a phone.

Every function takes rows that ``tables`` built and draws them without computing anything, so that
a plot and a table cannot disagree.  A row is a line of a DataFrame with the columns ``label``,
``estimate``, ``lower`` and ``upper``; ``group`` (a heading above rows), ``text`` (printed at the
right), ``mark`` (a series, told apart by colour and shape) and ``weight`` (the size of the mark)
are optional, as is ``risk`` (the risk of bias of a study, in words).  A mark of ``POOLED`` is drawn
as a diamond over its interval, one of ``PREDICTION`` as a bar.
"""

import io
import math
import textwrap
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from livingreview_display.lights import RISK_WORDS, light
from livingreview_display.markup import Html, Shown, element

STUDY, POOLED = "study", "pooled"
PREDICTION = "prediction interval"
WIDTH = 4.8  # inches; with this font size still legible when scaled to a phone
FONT_SIZE = 10.0
CHARACTERS = 58  # of the font that fit into the width
BOLD_CHARACTERS = 48
HEADING, LINE, MARK, GAP, FAVOURS = 0.34, 0.19, 0.2, 0.1, 0.62  # heights in inches
INK, QUIET = "#1f2328", "#8c959f"
SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p")
LOG_STEPS = (  # of one power of ten, the coarsest first
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5),
)
FEWEST_TICKS = 4  # a reader needs these to read the ends of an interval
LARGEST_MARK = 110.0  # area in square points of the mark with the greatest weight
MOST_IN_WORDS = 8  # rows of a figure whose text alternative tells each
NEEDED = ("label", "estimate", "lower", "upper")


@dataclass(frozen=True)
class Axis:
    """What the horizontal axis shows: its words, its scale, the line of no difference.

    ``favours`` are the words left and right of the reference line; a limit that is not a number
    is chosen from what is drawn.
    """

    label: str
    scale: str = "linear"
    reference: float | None = None
    favours: tuple[str, str] | None = None
    limits: tuple[float, float] = (math.nan, math.nan)


HAZARD_RATIO = Axis("Hazard ratio (log scale)", scale="log", reference=1.0)
MONTHS = Axis("Months", limits=(0.0, math.nan))
PERCENT = Axis("Percent of patients", limits=(0.0, 100.0))


@dataclass(frozen=True)
class Placed:
    """One row with the heights of its heading, label and mark, in inches from the top.

    ``heading_y`` and ``label_y`` are not a number where the row has no heading or label of its own.
    """

    group: str
    label: str
    text: str
    mark: str
    estimate: float
    lower: float
    upper: float
    weight: float
    heading_y: float = math.nan
    label_y: float = math.nan
    y: float = math.nan
    risk: str = ""


@rc_context({"text.parse_math": False, "text.usetex": False})  # a dollar sign is a dollar sign
def forest(rows: pd.DataFrame, axis: Axis) -> Figure:
    """Estimates with their intervals, one below the other, each under its label and text.

    Rows that follow each other with the same group and label share one label.  Raises
    ``ValueError`` when there is nothing to draw or a needed column is missing.
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


def place(rows: pd.DataFrame) -> tuple[Placed, ...]:
    """The rows from top to bottom with the heights at which they are drawn."""
    placed: list[Placed] = []
    y, above = 0.0, Placed("", "", "", "", math.nan, math.nan, math.nan, math.nan)
    for row in _rows(rows):
        heading_y = label_y = math.nan
        if row.group != above.group:
            more = LINE * _heading(row.group).count("\n")
            y += HEADING + more if row.group else GAP
            heading_y = y - LINE - more if row.group else math.nan
        if (row.group, row.label) != (above.group, above.label):
            label_y = y + GAP
            y += GAP + LINE * (_wrapped(row).count("\n") + 1)
        placed.append(replace(row, heading_y=heading_y, label_y=label_y, y=y + MARK / 2))
        y, above = y + MARK, row
    return tuple(placed)


def _rows(rows: pd.DataFrame) -> list[Placed]:
    missing = [name for name in NEEDED if name not in rows]
    if missing or rows.empty:
        found = f"no column {', '.join(missing)}" if missing else "no row"
        msg = f"need rows with {', '.join(NEEDED)} to draw, found {found}"
        raise ValueError(msg)
    records = rows.to_dict("records")
    lines = [(record.get("group", ""), record["label"]) for record in records]
    return [
        Placed(
            group=str(record.get("group", "")),
            label=str(record["label"]),
            text="" if lines.count(line) > 1 else str(record.get("text", "")),
            mark=str(record.get("mark", "")),
            estimate=float(record["estimate"]),
            lower=float(record["lower"]),
            upper=float(record["upper"]),
            weight=float(record.get("weight") or math.nan),
            risk=str(record.get("risk") or ""),
        )
        for record, line in zip(records, lines, strict=True)
    ]


def _wrapped(row: Placed) -> str:
    words = f"{row.label} ({RISK_WORDS.format(row.risk)})" if row.risk else row.label
    return textwrap.fill(words, max(16, CHARACTERS - len(row.text) - 2))


def _heading(group: str) -> str:
    return textwrap.fill(group, BOLD_CHARACTERS)


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
    low, high = _limits(placed, axis)
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


def log_ticks(low: float, high: float) -> list[float]:
    """Return the ticks of a logarithmic axis: the roundest numbers that are enough to read it by.

    >>> log_ticks(0.2, 6), log_ticks(0.62, 1.3)
    ([0.2, 0.5, 1.0, 2.0, 5.0], [0.7, 0.8, 0.9, 1.0, 1.2])
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks: list[float] = []
    for steps in LOG_STEPS:
        every = (round(step * 10.0**power, 9) for power in powers for step in steps)
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    return ticks


def _draw_reference(axes: Axes, placed: Sequence[Placed], reference: float) -> None:
    """The line of no difference, beside every mark and through no word."""
    starts = [row.y - MARK / 2 for row in placed]
    ends = [*(row.y + MARK / 2 for row in placed[:-1]), axes.get_ylim()[0]]
    axes.vlines([reference] * len(placed), starts, ends, color=QUIET, linewidth=1, zorder=0)


def _limits(placed: Sequence[Placed], axis: Axis) -> tuple[float, float]:
    """Ends of the axis: those asked for, or a little beyond what is drawn."""
    drawn = [value for row in placed for value in (row.estimate, row.lower, row.upper)]
    drawn += [] if axis.reference is None else [axis.reference]
    finite = [value for value in drawn if math.isfinite(value)]
    low, high = min(finite), max(finite)
    if axis.scale == "log":
        low, high = min(low / 1.15, 0.9), max(high * 1.15, 1.1)
    else:
        pad = 0.05 * (high - low or 1.0)
        low, high = low - pad, high + pad
    asked_low, asked_high = axis.limits
    return (
        low if math.isnan(asked_low) else asked_low,
        high if math.isnan(asked_high) else asked_high,
    )


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
            (0.0, row.heading_y, _heading(row.group), "left"),
            (0.0, row.label_y, _wrapped(row), "left"),
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
            for row in _rows(self.rows)
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
