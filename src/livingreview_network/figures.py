"""The geometry of a network: classes on a circle, joined where studies compare them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from livingreview_display import INK, QUIET, WITHOUT_FORMULAS, Drawing, Html, wrapped
from livingreview_network.contrasts import Pair

SIDE, HEAD, FONT = 3.4, 0.18, 10.0  # inches of the ring and of a line of its title; points
SMALLEST, LARGEST = 180.0, 900.0  # areas of nodes in square points


@dataclass(frozen=True, repr=False)
class Geometry(Drawing):
    """Nodes with their words and size; pairs with how many of how many studies give an estimate.

    A size is in words and as a number.  A node's area grows with it, and a
    line's width with the studies; a line is broken where no study of the pair gives an estimate.
    """

    title: str
    nodes: Mapping[str, tuple[str, str, int]]
    pairs: Mapping[Pair, tuple[int, int]]

    def __repr__(self) -> str:
        """Every node and every line in plain text."""
        return "\n".join([self.title, *self._nodes(), *self._lines()])

    def alternative(self) -> str:
        """Return the nodes and the lines in words."""
        return f"{self.title}. {'; '.join(self._nodes())}. {'; '.join(self._lines())}."

    def caption(self) -> str:
        """Return the title, and what circles, their numbers and lines stand for."""
        return (
            f"{self.title}. A circle is a class of treatment, larger the more had it, with its "
            "number in the table below. A line joins classes that a study compares, thicker the "
            "more studies give an estimate; where none does it is broken."
        )

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    def _nodes(self) -> list[str]:
        named = enumerate(self.nodes.values(), 1)
        return [f"{place} {label}: {size}" for place, (label, size, _) in named]

    def _lines(self) -> list[str]:
        place = {key: at for at, key in enumerate(self.nodes, 1)}
        return [
            f"{place[first]} and {place[second]}: {used} of {every} "
            f"{'study gives' if every == 1 else 'studies give'} an estimate"
            for (first, second), (used, every) in self.pairs.items()
        ]

    @WITHOUT_FORMULAS
    def figure(self) -> Figure:
        """Draw the ring of numbered nodes, and the lines between them, under the title."""
        title = wrapped(self.title, SIDE - 0.5)  # it is written a little larger
        total = SIDE + HEAD * len(title)
        figure = Figure(figsize=(SIDE, total), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, SIDE / total))
        for place, line in enumerate(title):
            y = 1 - (HEAD * place + 0.04) / total
            figure.text(0.02, y, line, ha="left", va="top", fontsize=FONT, color=INK)
        axes.set_xlim(-1.3, 1.3)
        axes.set_ylim(-1.3, 1.3)
        axes.set_axis_off()
        turn = 2 * math.pi / max(len(self.nodes), 1)
        at = {key: (math.sin(turn * n), math.cos(turn * n)) for n, key in enumerate(self.nodes)}
        for (first, second), (used, _) in self.pairs.items():
            (x1, y1), (x2, y2) = at[first], at[second]
            solid: dict[str, Any] = {"color": INK, "linewidth": 1.2 + 1.4 * used}
            broken: dict[str, Any] = {"color": QUIET, "linewidth": 1.2, "linestyle": (0, (3, 3))}
            axes.plot([x1, x2], [y1, y2], zorder=1, **(solid if used else broken))
        most = max((patients for _, _, patients in self.nodes.values()), default=0) or 1
        for place, (key, (_, _, patients)) in enumerate(self.nodes.items(), 1):
            area = max(SMALLEST, LARGEST * patients / most)
            axes.scatter(*at[key], s=area, color="white", edgecolor=INK, linewidth=1.4, zorder=2)
            axes.text(*at[key], str(place), ha="center", va="center", fontsize=FONT + 1, color=INK)
        return figure
