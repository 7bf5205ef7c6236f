"""The answer to a what-if question as a figure: lines with their ranges, or points side by side."""

from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livingreview_cohort.answer import Series, WhatIf
from livingreview_cohort.figures import COLOURS, DASHES, FONT_SIZE, WIDTH, watermarked
from livingreview_display import INK, QUIET, Drawing, Html

HEIGHT = 3.2


@dataclass(frozen=True, repr=False)
class WhatIfFigure(Drawing):
    """The simulated values over the choice that is asked about, with what the paper prints."""

    answer: WhatIf
    watermark: str = ""

    def __repr__(self) -> str:
        """The title, the watermark, and every simulated value with its range."""
        lines = [self.answer.title, self.watermark, f"{self.answer.x_label} | {self._y_label}"]
        for series in self.answer.series:
            lines += [f"{series.label} | {place}: {value}" for place, value in self._told(series)]
        return "\n".join(line for line in lines if line)

    @property
    def _y_label(self) -> str:
        printed = "" if self.answer.printed is None else f"; {self.answer.printed_label}"
        return f"{self.answer.y_label}{printed}"

    def _told(self, series: Series) -> list[tuple[str, str]]:
        places = self.answer.ticks or tuple(f"{x:g}" for x in series.x)
        values = zip(series.middle, series.low, series.high, strict=True)
        told = (f"{middle:.3g} ({low:.3g} to {high:.3g})" for middle, low, high in values)
        return list(zip(places, told, strict=True))

    def alternative(self) -> str:
        """Return the simulated values in words."""
        told = "; ".join(
            f"{series.label}: {', '.join(f'{value} at {place}' for place, value in values)}"
            for series in self.answer.series
            for values in [self._told(series)]
        )
        return f"{self.answer.title}. {self.watermark.capitalize()}. {self._y_label}. {told}."

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    @rc_context({"text.parse_math": False, "text.usetex": False})
    def figure(self) -> Figure:
        """Return the lines, or for named places the points, with the printed number."""
        named = bool(self.answer.ticks)
        below = 0.9 if named else 0.55
        figure = Figure(figsize=(WIDTH, HEIGHT + below), facecolor="white")
        total = HEIGHT + below
        axes = figure.add_axes((0.14, below / total, 0.83, (HEIGHT - 0.35) / total))
        for number, series in enumerate(self.answer.series):
            draw = _points if named else _line
            draw(axes, series, number)
        self._label(axes)
        return watermarked(figure, self.watermark)

    def _label(self, axes: Axes) -> None:
        answer = self.answer
        small: dict[str, Any] = {"fontsize": FONT_SIZE, "color": INK}
        axes.set_title(answer.title, loc="left", fontsize=FONT_SIZE + 1, fontweight="bold")
        axes.set_xlabel(answer.x_label, **small)
        axes.set_ylabel(answer.y_label, **small)
        axes.tick_params(colors=INK, labelsize=FONT_SIZE)
        if answer.log:
            axes.set_yscale("log")
        if answer.ticks:
            places = range(len(answer.ticks))
            axes.set_xticks(list(places), [tick.replace(" ", "\n") for tick in answer.ticks])
            axes.set_xlim(-0.5, len(answer.ticks) - 0.5)
        if answer.printed is not None:
            axes.axhline(answer.printed, color=INK, linewidth=1, linestyle=":", zorder=1)
            place = axes.get_yaxis_transform()
            words: dict[str, Any] = {"transform": place, "ha": "right", "va": "bottom", **small}
            axes.text(1.0, answer.printed, answer.printed_label, **words)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if len(answer.series) > 1:
            axes.legend(frameon=False, fontsize=FONT_SIZE - 1)


def _line(axes: Axes, series: Series, number: int) -> None:
    colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
    axes.fill_between(series.x, series.low, series.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(series.x, series.middle, color=colour, linestyle=dashes, label=series.label)


def _points(axes: Axes, series: Series, number: int) -> None:
    colour = COLOURS[number % len(COLOURS)]
    axes.vlines(series.x, series.low, series.high, color=colour, linewidth=2)
    axes.scatter(series.x, series.middle, color=colour, edgecolor=QUIET, zorder=3)
