"""A map of evidence: what was studied in rows, outcomes in columns, a bubble for each study."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livingreview_display.drawing import (
    INK,
    LINE,
    QUIET,
    WITHOUT_FORMULAS,
    Drawing,
    style,
    wrapped,
)
from livingreview_display.markup import Html
from livingreview_display.placing import NARROW, WIDE

SHADES = ("#ffffff", "#bcd7ee", "#7fb6dc", "#2a7ab9", "#08306b")  # the more certain, the darker
SHAPES = ("s", "o", "^", "D")
LARGEST, SMALLEST = 260.0, 24.0  # areas of bubbles in square points
APART, DEEP = 0.28, 0.3  # inches from bubble to bubble of a cell, and from line to line of them
PENDING, DASHED = 70.0, (0, (2.2, 1.6))  # area and edge of what has no result yet
LABELS, GAP, KEY = 2.0, 0.1, 0.22  # inches: row labels of a desktop; between rows; a line of a key


@dataclass(frozen=True, repr=False)
class BubbleMap(Drawing):
    """Bubbles of studies in a grid; plain text and words tell every cell.

    A line of `rows` is a study in one cell: `group`, `row`, `column`, `study`, `size` (not a
    number where unknown), `shade` (one of `shades`, from the least to the most) and `shape` (one
    of `shapes`).  `grid` names every row under its group, and `columns` every column, so that a
    cell without a study shows as a gap.  What stands in the column `pending`, if there is one, has
    no result yet and a dashed edge.
    """

    rows: pd.DataFrame
    grid: Sequence[tuple[str, str]]
    columns: Sequence[str]
    shades: Sequence[str]
    shapes: Sequence[str]
    title: str
    sized_by: str
    pending: str = ""

    def _cells(self) -> Mapping[tuple[str, str, str], list[Mapping[Any, Any]]]:
        cells: dict[tuple[str, str, str], list[Mapping[Any, Any]]] = {}
        for row in self.rows.to_dict("records"):
            cells.setdefault((row["group"], row["row"], row["column"]), []).append(row)
        return cells

    def __repr__(self) -> str:
        """Every row, and in each column its studies or a dash."""
        cells = self._cells()
        lines = [" | ".join([self.title, *self.columns])]
        for group, row in self.grid:
            told = (
                "; ".join(map(_told, cells.get((group, row, column), ()))) or "-"
                for column in self.columns
            )
            lines.append(" | ".join([f"{group}: {row}", *told]))
        return "\n".join(lines)

    def alternative(self) -> str:
        """Return the map in words: how many studies each row has, and where there is none."""
        cells = self._cells()
        told = []
        for group, row in self.grid:
            counts = {one: len(cells.get((group, row, one), ())) for one in self.columns}
            some = ", ".join(f"{one} {count}" for one, count in counts.items() if count)
            told.append(f"{group}, {row}: {some or 'no study'}")
        return f"{self.title}. Numbers of studies by outcome: {'; '.join(told)}."

    def caption(self) -> str:
        """Return what a bubble, a shade, a shape and a dash stand for."""
        return (
            f"{self.title}. A bubble is a study, larger with more {self.sized_by} (smallest where "
            "their number is not known); a fuller colour means more certain, the shape says the "
            "design, and a dash means that no study here reports the outcome."
            + (
                " A dashed bubble is a trial that we know of and hold no number of."
                * bool(self.pending)
            )
        )

    def rows_shown(self) -> pd.DataFrame:
        """Return the bubbles."""
        return self.rows

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    def figure(self) -> Figure | None:
        """Return the map for a phone: row labels above their bubbles, columns by number."""
        return self._drawn(NARROW, 0.0)

    def wide_figure(self) -> Figure | None:
        """Return the map for a desktop: row labels on the left, columns under their names."""
        return self._drawn(WIDE, LABELS)

    @WITHOUT_FORMULAS
    def _drawn(self, width: float, labels: float) -> Figure:
        step = (width - labels - 0.1) / len(self.columns)
        middles = [labels + step * (n + 0.5) for n in range(len(self.columns))]
        wide = labels > 0
        heads = [
            wrapped(column.replace("-", "- ") if wide else str(n), step - 0.1, bold=True)
            for n, column in enumerate(self.columns, 1)
        ]
        words: list[tuple[float, float, str, str, bool]] = [
            (x, LINE * (n + 0.5), text, "center", True)
            for x, lines in zip(middles, heads, strict=True)
            for n, text in enumerate(lines)
        ]
        y, group, placed = LINE * max(map(len, heads)) + GAP, "", {}
        for name, row in self.grid:
            if name != group:
                lines = wrapped(name, width - 0.1, bold=True)
                words += [
                    (0.03, y + LINE * (n + 0.5), t, "left", True) for n, t in enumerate(lines)
                ]
                y, group = y + LINE * len(lines), name
            lines = wrapped(row, labels - 0.2 if wide else width - 0.1)
            deep = DEEP * (self._most_lines(name, row, step) - 1)
            words += [(0.03, y + LINE * (n + 0.5), t, "left", False) for n, t in enumerate(lines)]
            height = max(LINE * len(lines), 0.3 + deep) if wide else LINE * len(lines) + 0.3 + deep
            placed[name, row] = y + (height / 2 if wide else height - 0.15 - deep / 2)
            y += height + GAP
        keys = [] if wide else [f"{n} {column}" for n, column in enumerate(self.columns, 1)]
        words += [(0.03, y + LINE * (n + 0.5), text, "left", False) for n, text in enumerate(keys)]
        y += LINE * len(keys) + GAP
        total = y + KEY * (len(self.shades) + len(self.shapes))
        figure = Figure(figsize=(width, total), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(0.0, width), ylim=(total, 0.0))
        axes.set_axis_off()
        for x, at, text, side, bold in words:
            axes.text(x, at, text, ha=side, va="center_baseline", **style(bold=bold))
        self._draw_cells(axes, dict(zip(self.columns, middles, strict=True)), placed, step)
        self._draw_key(axes, y)
        return figure

    def _draw_cells(
        self,
        axes: Axes,
        middles: Mapping[str, float],
        placed: Mapping[tuple[str, str], float],
        step: float,
    ) -> None:
        cells, known = self._cells(), self.rows["size"].dropna()
        most = float(known.max()) if len(known) else 1.0
        for (group, row), y in placed.items():
            for column, middle in middles.items():
                found = cells.get((group, row, column), [])
                if not found:
                    axes.plot([middle - 0.05, middle + 0.05], [y, y], color=QUIET, linewidth=1.2)
                lines = _in_lines(sorted(found, key=_size, reverse=True), step)
                for number, line in enumerate(lines):
                    for place, one in enumerate(line):
                        x = middle + APART * (place - (len(line) - 1) / 2)
                        at = x, y + DEEP * (number - (len(lines) - 1) / 2)
                        dashed = column == self.pending
                        area = PENDING if dashed else max(LARGEST * _size(one) / most, SMALLEST)
                        self._bubble(axes, at, area, one["shade"], one["shape"], dashed=dashed)

    def _most_lines(self, group: str, row: str, step: float) -> int:
        cells = self._cells()
        found = (cells.get((group, row, column), []) for column in self.columns)
        return max(1, *(len(_in_lines(one, step)) for one in found))

    def _bubble(
        self,
        axes: Axes,
        at: tuple[float, float],
        area: float,
        shade: str,
        shape: str,
        *,
        dashed: bool = False,
    ) -> None:
        look: dict[str, Any] = {
            "facecolor": SHADES[list(self.shades).index(shade)],
            "marker": SHAPES[list(self.shapes).index(shape)],
            "linestyle": DASHED if dashed else "-",
        }
        axes.scatter(*at, s=area, edgecolor=INK, linewidth=1.0, zorder=3, **look)

    def _draw_key(self, axes: Axes, y: float) -> None:
        shades = [(shade, self.shapes[-1], shade) for shade in self.shades]
        shapes = [(self.shades[0], shape, shape) for shape in self.shapes]
        for place, (shade, shape, words) in enumerate([*shades, *shapes]):
            at = y + KEY * (place + 0.5)
            self._bubble(axes, (0.13, at), 70.0, shade, shape)
            axes.text(0.3, at, words, va="center_baseline", **style())


def _in_lines(found: Sequence[Mapping[Any, Any]], step: float) -> list[Sequence[Mapping[Any, Any]]]:
    """Return the bubbles of a cell of this width in lines that fit into it."""
    most = max(1, int(step / APART))
    return [found[start : start + most] for start in range(0, len(found), most)]


def _size(row: Mapping[Any, Any]) -> float:
    return 0.0 if math.isnan(row["size"]) else float(row["size"])


def _told(row: Mapping[Any, Any]) -> str:
    size = "number not known" if math.isnan(row["size"]) else f"{row['size']:g}"
    return f"{row['study']} ({size}; {row['shape']}; {row['shade']})"
