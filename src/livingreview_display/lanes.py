"""Lanes under each other along one axis, in two forms: for a phone and for a desktop.

`lane` says what a row holds.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livingreview_display.axes import Axis, ends, fraction
from livingreview_display.drawing import (
    COLOURS,
    INK,
    LINE,
    QUIET,
    WITHOUT_FORMULAS,
    Drawing,
    style,
    text_width,
    wrapped,
)
from livingreview_display.lane import APART, GAP, Lane, beside, lanes_of, over, stack
from livingreview_display.markup import Html
from livingreview_display.placing import NARROW, WIDE, Written

LABEL, COUNTS, TEXT = 2.5, 0.75, 2.35  # inches: the columns of a desktop
PERCENTS, KEY = 0.55, 0.42  # inches: words right of a tall lane; the symbol of a key
MOST_IN_WORDS = 8  # lanes of a figure whose text alternative tells each


class Look(NamedTuple):
    """How a kind of mark is drawn: as a `point` of a shape, a `bar`, or a stepped `curve`."""

    colour: str = INK
    shape: str = ""
    kind: str = "point"


class Layout(NamedTuple):
    """Where everything stands in inches: lanes, words, and the ends of the axis."""

    lanes: tuple[Lane, ...]
    words: tuple[Written, ...]
    plot: tuple[float, float]
    ticks_at: tuple[float, float]  # numbers above the lanes, and below
    size: tuple[float, float]


@dataclass(frozen=True, repr=False)
class Lanes(Drawing):
    """Items under each other along one axis; plain text tells every mark.

    `looks` are the marks in the order of the key; `steps` the distances that ticks may have,
    `lines` upright lines by their words, `hollow` says what an empty symbol means, `extremes` how
    the least and the greatest are called, `headings` those of the columns of a desktop.
    """

    rows: pd.DataFrame
    looks: Mapping[str, Look]
    axis: Axis
    title: str
    steps: Sequence[int] = (1, 3, 6, 12, 24)
    lines: Mapping[str, float] = field(default_factory=dict)
    hollow: str = ""
    extremes: tuple[str, str] = ("the shortest", "the longest")
    headings: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def lanes(self) -> list[Lane]:
        """The lanes, not placed yet."""
        return lanes_of(self.rows)

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis: a little beyond what is drawn."""
        marks = self.rows.to_dict("records")
        drawn = [(one["at"], one["lower"], one["upper"]) for one in marks]
        bars = [(end, end, end) for one in drawn if math.isnan(one[0]) for end in one[1:]]
        return ends(self.axis, [*drawn, *bars, *((x, x, x) for x in self.lines.values())])

    def ticks(self, width: float) -> list[int]:
        """Return the numbers at the axis, as many as stand beside each other in these inches."""
        low, high = self.limits
        apart = text_width(f"{high:.0f}") + 0.2
        most = max(width / apart, 1.0)
        step = next((one for one in self.steps if (high - low) / one <= most), self.steps[-1])
        return list(range(math.ceil(low / step) * step, math.floor(high) + 1, step))

    def __repr__(self) -> str:
        """Every mark in plain text; of a curve those at the ticks."""
        lines = [" | ".join([self.title, self.axis.label, *self.lines])]
        ticks = self.ticks(NARROW)
        for lane in self.lanes:
            lines.append(" | ".join((lane.group, lane.label, lane.counts, lane.text)))
            for mark in lane.marks:
                if self.looks[mark["mark"]].kind != "curve" or mark["at"] in ticks:
                    lines.append(f"- {mark['mark']}: {_told(mark)}")
        return "\n".join(lines)

    def alternative(self) -> str:
        """Return what the figure shows in words: each lane, or of many the least and greatest."""
        lanes, lines = self.lanes, "".join(f" {words}." for words in self.lines)
        if len(lanes) <= MOST_IN_WORDS:
            told = "; ".join(f"{lane.label}: {lane.text}" for lane in lanes)
            return f"{self.title}. {told}.{lines}"
        known = sorted(
            (one for one in lanes if math.isfinite(one.first)), key=lambda one: one.first
        )
        told = ", ".join(
            f"{words} {lane.label} ({lane.text})"
            for words, lane in zip(self.extremes, (known[0], known[-1]), strict=True)
        )
        return (
            f"{self.title}. {len(lanes)} rows, {told}; the table beside the figure holds them "
            f"all.{lines}"
        )

    def caption(self) -> str:
        """Return the title, and what a reader must know."""
        return f"{self.title}. {self.note}".rstrip()

    def rows_shown(self) -> pd.DataFrame:
        """Return the marks."""
        return self.rows

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    def figure(self) -> Figure | None:
        """Return the lanes for a phone, each under its words."""
        return None if self.rows.empty else self._drawn(is_wide=False)

    def wide_figure(self) -> Figure | None:
        """Return the lanes for a desktop, between columns of words."""
        return None if self.rows.empty else self._drawn(is_wide=True)

    def place(self, *, is_wide: bool) -> Layout:
        """Return where everything stands."""
        lanes = self.lanes
        margin = PERCENTS if any(lane.is_tall for lane in lanes) else 0.14
        width = WIDE if is_wide else NARROW
        label, counts = (
            self._column(name, most) for name, most in (("label", LABEL), ("counts", COUNTS))
        )
        left = 0.03 + label + counts + 0.25 if is_wide else 0.17
        right = WIDE - 0.08 - TEXT - 0.1 - margin if is_wide else NARROW - margin
        columns = {
            "label": (0.03, label),
            "counts": (0.13 + label, counts),
            "text": (right + margin + 0.1, TEXT),
        }
        above = self._key_height(is_wide=is_wide) + GAP + LINE / 2
        words = [
            Written(columns[name][0], above, text, bold=True)
            for name, text in self.headings.items()
            if is_wide
        ]
        y, group, placed = above + LINE / 2, "", []
        for lane in lanes:
            if lane.group != group:
                lines = wrapped(lane.group, width - 0.1, bold=True)
                words += stack(lines, 0.03, y + GAP, bold=True)
                y, group = y + GAP + LINE * len(lines), lane.group
            y += GAP + (APART if lane.is_tall else 0.0)
            found, own, end = beside(lane, y, columns) if is_wide else over(lane, y)
            placed.append(found)
            words += own
            y = max(end, found.bottom + (1.4 * LINE if found.is_followed else 0.0))
        words.append(Written((left + right) / 2, y + GAP + 1.6 * LINE, self.axis.label, "center"))
        ticks_at, size = (above, y + GAP + LINE / 2), (width, y + GAP + 2.3 * LINE)
        return Layout(tuple(placed), tuple(words), (left, right), ticks_at, size)

    def _column(self, name: str, most: float) -> float:
        """How wide a column of a desktop needs to be, its heading included; at most this wide."""
        heading = text_width(self.headings.get(name, ""), bold=True)
        return min(most, max([heading, *(text_width(getattr(one, name)) for one in self.lanes)]))

    def _keys(self) -> list[tuple[str, str]]:
        """The marks that are drawn, the empty symbol and the lines, with their words."""
        drawn = set(self.rows["mark"])
        found = [(name, name) for name in self.looks if name in drawn]
        found += [("hollow", self.hollow)] if self.hollow and self.rows["hollow"].any() else []
        return found + [("line", words) for words in self.lines]

    def _key_places(self, *, is_wide: bool) -> Iterator[tuple[str, float, float, list[str]]]:
        """Each key with the place of its symbol and the lines of its words."""
        across, width = (3, WIDE / 3) if is_wide else (1, NARROW)
        y, keys = 0.05, self._keys()
        for start in range(0, len(keys), across):
            lines = [wrapped(words, width - KEY - 0.1) for _, words in keys[start : start + across]]
            for place, own in enumerate(lines):
                yield keys[start + place][0], place * width, y, own
            y += LINE * max(map(len, lines)) + 0.03

    def _key_height(self, *, is_wide: bool) -> float:
        return max(
            (y + LINE * len(own) for _, _, y, own in self._key_places(is_wide=is_wide)), default=0.0
        )

    @WITHOUT_FORMULAS
    def _drawn(self, *, is_wide: bool) -> Figure:
        plan, limits = self.place(is_wide=is_wide), self.limits
        (left, right), (width, total) = plan.plot, plan.size

        def x(value: float) -> float:
            share = fraction(self.axis, limits, min(max(value, limits[0]), limits[1]))
            return left + (right - left) * share

        figure = Figure(figsize=plan.size, facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(0.0, width), ylim=(total, 0.0))
        axes.set_axis_off()
        ticks = self.ticks(right - left)
        for lane in plan.lanes:
            self._draw_lane(axes, lane, x, ticks, plan)
        for tick in ticks:
            for y in plan.ticks_at:
                axes.text(x(tick), y, f"{tick}", ha="center", va="center_baseline", **style())
        for value in self.lines.values():
            for lane in plan.lanes:
                ys = [lane.top - 0.02, lane.bottom + 0.02]
                axes.plot([x(value)] * 2, ys, color=COLOURS[4], linewidth=1.4)
        for one in plan.words:
            look = style(bold=one.bold) | {"ha": one.side, "va": "center_baseline"}
            axes.text(one.x, one.y, one.text, **look)
        for name, start, y, lines in self._key_places(is_wide=is_wide):
            self._draw_key(axes, name, start + KEY / 2, y + LINE / 2)
            for one in stack(lines, start + KEY, y):
                axes.text(one.x, one.y, one.text, va="center_baseline", **style())
        return figure

    def _draw_lane(
        self, axes: Axes, lane: Lane, x: Any, ticks: Sequence[int], plan: Layout
    ) -> None:
        left, right = plan.plot
        for tick in ticks:
            axes.plot([x(tick)] * 2, [lane.top, lane.bottom], color=QUIET, linewidth=0.4, zorder=0)
        if lane.is_tall:
            for height in (0, 50, 100):
                y = lane.y(height)
                axes.plot([left, right], [y, y], color=QUIET, linewidth=0.4, zorder=0)
                words = style() | {"va": "center_baseline"}
                axes.text(right + 0.05, y, f"{height}%", **words)
        curves = [m for m in lane.marks if self.looks[m["mark"]].kind == "curve"]
        if curves:
            self._draw_curve(axes, lane, curves, x)
            _write_at_risk(axes, curves, x, ticks, (right + 0.05, lane.bottom + 0.9 * LINE))
        for mark in lane.marks:
            if self.looks[mark["mark"]].kind != "curve":
                self._draw_mark(axes, lane, mark, x, (left, right))

    def _draw_curve(
        self, axes: Axes, lane: Lane, marks: Sequence[Mapping[str, Any]], x: Any
    ) -> None:
        colour = self.looks[marks[0]["mark"]].colour
        months = [x(one["at"]) for one in marks]
        low, middle, high = (
            [lane.y(one[name]) for one in marks] for name in ("low", "height", "high")
        )
        look: dict[str, Any] = {"step": "post", "color": colour, "alpha": 0.2, "linewidth": 0}
        axes.fill_between(months, low, high, **look)
        axes.step(months, middle, where="post", color=colour, linewidth=1.0, linestyle=":")

    def _draw_mark(
        self,
        axes: Axes,
        lane: Lane,
        mark: Mapping[str, Any],
        x: Any,
        edges: tuple[float, float],
    ) -> None:
        look, y = self.looks[mark["mark"]], lane.y(mark["height"])
        lower, upper, at = mark["lower"], mark["upper"], mark["at"]
        if not (math.isnan(lower) or math.isnan(upper)):
            width = 5.0 if look.kind == "bar" else 1.6
            ends_at = [edges[0] if lower == -math.inf else x(lower)]
            ends_at += [edges[1] if upper == math.inf else x(upper)]
            axes.plot(ends_at, [y, y], color=look.colour, linewidth=width, solid_capstyle="butt")
        if upper > self.limits[1]:
            axes.plot([edges[1]], [y], marker=9, color=look.colour, markersize=6)
        if not math.isnan(mark["low"]):
            ys = [lane.y(mark["low"]), lane.y(mark["high"])]
            axes.plot([x(at)] * 2, ys, color=look.colour, linewidth=1.2)
        if math.isfinite(at) and look.shape:
            _symbol(axes, (x(at), y), look, hollow=bool(mark["hollow"]))

    def _draw_key(self, axes: Axes, name: str, x: float, y: float) -> None:
        ends_at = [x - 0.13, x + 0.13]
        if name == "line":
            middle = [y - 0.07, y + 0.07]
            axes.plot([x, x], middle, color=COLOURS[4], linewidth=1.4)
            return
        look = self.looks.get(name, Look(QUIET, "o"))
        if look.kind == "curve":
            axes.plot(ends_at, [y, y], color=look.colour, linewidth=1.0, linestyle=":")
        elif name != "hollow":
            width = 5.0 if look.kind == "bar" else 1.6
            axes.plot(ends_at, [y, y], color=look.colour, linewidth=width, solid_capstyle="butt")
        if look.shape:
            _symbol(axes, (x, y), look, hollow=name == "hollow")


def _symbol(axes: Axes, at: tuple[float, float], look: Look, *, hollow: bool) -> None:
    x, y = at
    face = "white" if hollow else look.colour
    axes.plot(
        *([x], [y]),
        marker=look.shape,
        markersize=6.5,
        markerfacecolor=face,
        markeredgecolor=look.colour if hollow else "white",
        markeredgewidth=1.5 if hollow else 0.6,
        linestyle="none",
        zorder=3,
    )


def _write_at_risk(
    axes: Axes,
    marks: Sequence[Mapping[str, Any]],
    x: Any,
    ticks: Sequence[int],
    end: tuple[float, float],
) -> None:
    """The numbers that the curve still follows at the ticks, under it."""
    look = style() | {"va": "center_baseline"}
    axes.text(*end, "at risk", **look)
    followed = {one["at"]: one["at_risk"] for one in marks}
    for tick in (one for one in ticks if one in followed):
        axes.text(x(tick), end[1], f"{followed[tick]:.0f}", ha="center", **look)


def _told(mark: Mapping[str, Any]) -> str:
    """Where a mark stands, with its ends, and its height with its own."""
    told = [f"{mark['at']:g} [{mark['lower']:g}, {mark['upper']:g}]"]
    if not math.isnan(mark["height"]):
        told.append(f"at {mark['height']:g}% [{mark['low']:g}, {mark['high']:g}]")
    if not math.isnan(mark["at_risk"]):
        told.append(f"{mark['at_risk']:g} at risk")
    return ", ".join([*told, *(["hollow"] if mark["hollow"] else [])])
