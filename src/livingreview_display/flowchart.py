"""Boxes of words under each other, joined by arrows, some with a box beside them."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from livingreview_display.drawing import INK, QUIET, WITHOUT_FORMULAS, Drawing
from livingreview_display.markup import Html
from livingreview_display.placing import NARROW

DESKTOP, LEFT, BETWEEN = 7.0, 0.41, 0.22  # inches: the whole; boxes on the left, a share; gaps
FONT, LINE, PAD = 8.5, 0.152, 0.09  # size in points; height of a line and margin in inches
PER_INCH = 15.4  # characters of this font


@dataclass(frozen=True)
class Step:
    """One box and the box beside it, each as lines of words; nothing beside it where empty."""

    main: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Flowchart(Drawing):
    """Steps drawn from top to bottom; plain text shows the same words."""

    steps: tuple[Step, ...]
    title: str

    def __repr__(self) -> str:
        """Every box in plain text, one line each, the box beside it indented."""
        lines = [self.title]
        for step in self.steps:
            lines.append("; ".join(step.main))
            lines += ["  -> " + "; ".join(step.beside)] if step.beside else []
        return "\n".join(lines)

    def figure(self) -> Figure:
        """Return the boxes in the width of a phone."""
        return draw(self.steps, NARROW)

    def wide_figure(self) -> Figure:
        """Return the boxes in the width of a desktop."""
        return draw(self.steps, DESKTOP)

    def alternative(self) -> str:
        """Return the boxes in words, from top to bottom."""
        told = (
            "; ".join(step.main)
            + (f" (beside it: {'; '.join(step.beside)})" if step.beside else "")
            for step in self.steps
        )
        return f"{self.title}. {'. '.join(told)}."

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None


@WITHOUT_FORMULAS
def draw(steps: Sequence[Step], width: float) -> Figure:
    """Draw the steps, as many inches wide; raise `ValueError` when there is none."""
    if not steps:
        raise ValueError("need at least one step to draw, found none")
    left = LEFT * width
    right = width - left - BETWEEN
    placed = []
    y = 0.05
    for step in steps:
        main, beside = _wrapped(step.main, left), _wrapped(step.beside, right)
        height = max(_height(main), _height(beside))
        placed.append((y + height / 2, main, beside))
        y += height + BETWEEN
    total = y - BETWEEN + 0.05
    figure = Figure(figsize=(width, total), facecolor="white")
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, width)
    axes.set_ylim(total, 0.0)
    axes.set_axis_off()
    above = 0.0
    for middle, main, beside in placed:
        top, bottom = middle - _height(main) / 2, middle + _height(main) / 2
        _box(axes, (0.03, middle), left - 0.03, main)
        if beside:
            _box(axes, (left + BETWEEN, middle), right - 0.03, beside)
            _arrow(axes, (left, middle), (left + BETWEEN, middle))
        if above:
            _arrow(axes, (left / 2, above), (left / 2, top))
        above = bottom
    return figure


def _wrapped(lines: Sequence[str], width: float) -> list[str]:
    most = int((width - 2 * PAD) * PER_INCH)
    return [part for line in lines for part in textwrap.wrap(line, most, subsequent_indent="  ")]


def _height(lines: Sequence[str]) -> float:
    return LINE * len(lines) + 2 * PAD if lines else 0.0


def _box(axes: Axes, at: tuple[float, float], width: float, lines: Sequence[str]) -> None:
    """A box with these lines, its left edge and its middle at a point."""
    left, middle = at
    height = _height(lines)
    corner = (left, middle - height / 2)
    axes.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=INK, linewidth=0.9))
    style: dict[str, Any] = {"fontsize": FONT, "color": INK, "linespacing": 1.28}
    axes.text(left + PAD, middle, "\n".join(lines), ha="left", va="center", **style)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": QUIET, "linewidth": 1.2}
    axes.annotate("", xy=end, xytext=start, arrowprops=style)
