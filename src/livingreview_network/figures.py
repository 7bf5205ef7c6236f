"""The geometry of a network: classes on a circle, joined where studies compare them."""

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from livingreview_display import INK, QUIET, Drawing, Html, number
from livingreview_network.contrasts import Pair

WIDTH, RING, LINE, FONT = 4.8, 3.0, 0.17, 8.5  # inches: all, the ring, a line; points
CHARACTERS = 62
SMALLEST, LARGEST = 180.0, 900.0  # areas of nodes in square points


@dataclass(frozen=True, repr=False)
class Geometry(Drawing):
    """Nodes with their words and patients; pairs with how many of their studies give an estimate.

    A node's area grows with its patients, a line's width with its studies; a line is broken where
    no study of the pair gives an estimate.  `counted` says of whom the nodes count.
    """

    title: str
    nodes: Mapping[str, tuple[str, int, bool]]
    pairs: Mapping[Pair, tuple[int, int]]
    counted: str

    def __repr__(self) -> str:
        """Every node and every line in plain text."""
        return "\n".join([self.title, *self._nodes(), *self._lines()])

    def alternative(self) -> str:
        """Return the nodes and the lines in words."""
        return f"{self.title}. {'; '.join(self._nodes())}. {'; '.join(self._lines())}."

    def html(self) -> Html | None:
        """Nothing: the drawing is shown."""
        return None

    def _nodes(self) -> list[str]:
        return [
            f"{place} {label}: {'' if complete else 'at least ' if patients else 'no number of '}"
            f"{number(patients, 0) + ' ' if patients else ''}{self.counted}"
            for place, (label, patients, complete) in enumerate(self.nodes.values(), 1)
        ]

    def _lines(self) -> list[str]:
        place = {key: at for at, key in enumerate(self.nodes, 1)}
        return [
            f"{place[first]} and {place[second]}: {used} of {every} "
            f"{'study gives' if every == 1 else 'studies give'} an estimate"
            for (first, second), (used, every) in self.pairs.items()
        ]

    @rc_context({"text.parse_math": False, "text.usetex": False})
    def figure(self) -> Figure:
        """Draw the ring, and the words of its nodes below it."""
        words = [line for one in self._nodes() for line in textwrap.wrap(one, CHARACTERS)]
        total = RING + LINE * (len(words) + 2)
        figure = Figure(figsize=(WIDTH, total), facecolor="white")
        axes = figure.add_axes(
            ((WIDTH - RING) / 2 / WIDTH, 1 - RING / total, RING / WIDTH, RING / total)
        )
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
        most = max((patients for _, patients, _ in self.nodes.values()), default=0) or 1
        for place, (key, (_, patients, _)) in enumerate(self.nodes.items(), 1):
            area = max(SMALLEST, LARGEST * patients / most)
            axes.scatter(*at[key], s=area, color="white", edgecolor=INK, linewidth=1.4, zorder=2)
            axes.text(*at[key], str(place), ha="center", va="center", fontsize=FONT + 1, color=INK)
        told = "Lines: as wide as the number of studies with an estimate; broken: none has one."
        for line, text in enumerate([*words, *textwrap.wrap(told, CHARACTERS)]):
            y = 1 - (RING + LINE * (line + 0.6)) / total
            figure.text(0.02, y, text, ha="left", va="center", fontsize=FONT, color=INK)
        return figure
