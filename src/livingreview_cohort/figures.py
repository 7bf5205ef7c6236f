"""Survival curves as a figure: the range over tables of patients, printed numbers as marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livingreview_cohort.curves import Floats
from livingreview_display import COLOURS, INK, QUIET, WITHOUT_FORMULAS, Drawing, Forest, Html

WIDTH, HEIGHT, LINE = 4.8, 2.9, 0.19  # inches: the figure, its curves, a line of numbers at risk
FONT_SIZE = 9.0
DASHES = ("-", (0, (5, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)))
TICKS = (3, 6, 12, 24)  # months between ticks; the smallest that leaves at most eight


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve over months, its range, numbers at risk, and printed points (month, percent)."""

    label: str
    months: Floats
    middle: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    printed: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, repr=False)
class SurvivalCurves(Drawing):
    """Curves of arms with their ranges over tables of patients; plain text tells them at ticks.

    `title` names the outcome; `watermark` is drawn across the figure and told in words.
    """

    curves: tuple[Curve, ...]
    title: str
    watermark: str = ""

    @property
    def ticks(self) -> list[int]:
        """The months at which the axis is labelled and numbers at risk stand."""
        last = self.last
        step = next((one for one in TICKS if last / one <= 8), TICKS[-1])
        return list(range(0, int(last) + 1, step))

    @property
    def last(self) -> float:
        """The month at which the figure ends: nobody is at risk beyond it, or nothing printed."""
        ends = [one.months[one.at_risk >= 1].max(initial=1.0) for one in self.curves]
        marks = [month for one in self.curves for month, _ in one.printed]
        return float(max(*ends, *(1.1 * month for month in marks), 1.0))

    def __repr__(self) -> str:
        """The curves at the ticks, with their ranges and numbers at risk."""
        lines = [self.title, *([self.watermark] if self.watermark else [])]
        for curve in self.curves:
            for month in self.ticks:
                at = int(np.searchsorted(curve.months, month, side="right")) - 1
                shares = (100 * float(one[at]) for one in (curve.middle, curve.low, curve.high))
                middle, low, high = (f"{share:.0f}" for share in shares)
                lines.append(
                    f"{curve.label} | month {month} | {middle}% ({low}-{high}) | "
                    f"at risk {curve.at_risk[at]:.0f}"
                )
        return "\n".join(lines)

    def alternative(self) -> str:
        """Return the curves in words: each at its printed points and at the ticks."""
        told = []
        for curve in self.curves:
            shares = (
                f"{100 * float(curve.middle[np.searchsorted(curve.months, month)]):.0f}% at {month}"
                for month in self.ticks[1:]
                if month <= curve.months[-1]
            )
            told.append(f"{curve.label}: {', '.join(shares)} months")
        mark = f" {self.watermark.capitalize()}." if self.watermark else ""
        return f"{self.title}.{mark} {'; '.join(told)}."

    def caption(self) -> str:
        """Return the outcome, on whom it was re-enacted, and what is drawn."""
        outcome = self.title.partition(":")[0]
        on = f", re-enacted on {self.watermark}" if self.watermark else ""
        return (
            f"{outcome}{on}. Lines are the middle of the sets and bands their range; dots are "
            "printed medians and rates; below stand the numbers at risk."
        )

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    @WITHOUT_FORMULAS
    def figure(self) -> Figure:
        """Return the curves above their numbers at risk."""
        below = 0.5 + LINE * (2 * len(self.curves) + 1)
        total = HEIGHT + below + 0.35
        figure = Figure(figsize=(WIDTH, total), facecolor="white")
        axes = figure.add_axes((0.11, below / total, 0.86, HEIGHT / total))
        _set_axes(axes, self.last, self.ticks)
        heading = self.title.partition(":")[0]
        axes.set_title(heading, loc="left", fontsize=FONT_SIZE + 1, fontweight="bold", color=INK)
        for number, curve in enumerate(self.curves):
            _draw(axes, curve, COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)])
        axes.legend(loc="upper right", frameon=False, fontsize=FONT_SIZE)
        _write_at_risk(axes, self.curves, self.ticks)
        return watermarked(figure, self.watermark)


def _set_axes(axes: Axes, last: float, ticks: Sequence[int]) -> None:
    axes.set_xlim(0, last)
    axes.set_ylim(0, 102)
    axes.set_xticks(list(ticks))
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.axhline(50, color=QUIET, linewidth=0.6, zorder=0)
    axes.set_xlabel("Months", fontsize=FONT_SIZE, color=INK)
    axes.set_ylabel("Percent without the event", fontsize=FONT_SIZE, color=INK)
    axes.tick_params(colors=INK, labelsize=FONT_SIZE)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw(axes: Axes, curve: Curve, colour: str, dashes: object) -> None:
    low, high = 100 * curve.low, 100 * curve.high
    axes.fill_between(curve.months, low, high, step="post", color=colour, alpha=0.2, linewidth=0)
    axes.step(
        *(curve.months, 100 * curve.middle),
        where="post",
        color=colour,
        linestyle=dashes,
        linewidth=1.6,
        label=curve.label,
    )
    if curve.printed:
        months, shares = zip(*curve.printed, strict=True)
        axes.scatter(months, shares, color=colour, edgecolor="black", s=34, zorder=4)


def _write_at_risk(axes: Axes, curves: Sequence[Curve], ticks: Sequence[int]) -> None:
    """One line of numbers for each curve, under its name."""
    y = -0.52 / HEIGHT
    style: dict[str, Any] = {"fontsize": FONT_SIZE, "color": INK, "va": "top", "clip_on": False}
    axes.text(-0.02, y, "Patients at risk", transform=axes.transAxes, fontweight="bold", **style)
    for curve in curves:
        y -= LINE / HEIGHT
        axes.text(-0.02, y, curve.label, transform=axes.transAxes, **style)
        y -= LINE / HEIGHT
        for tick in ticks:
            at = int(np.searchsorted(curve.months, tick, side="right")) - 1
            place = axes.get_xaxis_transform()
            axes.text(tick, y, f"{curve.at_risk[at]:.0f}", transform=place, ha="center", **style)


RANGES = "lines are ranges over the synthetic patients"  # in captions
MIDDLE = "lines are the middle of the 95% intervals"


@dataclass(frozen=True, repr=False)
class MarkedForest(Forest):
    """A forest plot with a watermark across it, which plain text and words tell first."""

    watermark: str = ""

    def __repr__(self) -> str:
        """The watermark, and every drawn number."""
        return f"{self.watermark}\n{super().__repr__()}"

    @WITHOUT_FORMULAS
    def figure(self) -> Figure | None:
        """Return the forest plot with the watermark."""
        figure = super().figure()
        return watermarked(figure, self.watermark) if figure else None

    @WITHOUT_FORMULAS
    def wide_figure(self) -> Figure | None:
        """Return the form for a desktop with the watermark."""
        figure = super().wide_figure()
        return watermarked(figure, self.watermark) if figure else None

    def alternative(self) -> str:
        """Return the watermark, and the forest plot in words."""
        return f"{self.watermark.capitalize()}. {super().alternative()}"


def watermarked(figure: Figure, watermark: str) -> Figure:
    """Return the figure with the watermark across it, once for every three inches of height."""
    times = max(1, round(figure.get_size_inches()[1] / 3))
    for number in range(times):
        y = 1 - (number + 0.5) / times
        style: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 20, "zorder": 10}
        figure.text(0.55, y, watermark, color=QUIET, fontsize=16, alpha=0.35, **style)
    return figure
