"""One lane of a figure: its marks, its words, and where it stands between them.

A row is one mark of a lane; rows that follow each other with one `group` and `label` share it, and
`counts` and `text` are the lane's words.  `mark` names how it looks; `at` is where its symbol
stands, `lower` and `upper` are the ends of its line (infinite where it goes on).  `height`, with
the ends `low` and `high`, places it between the bottom and the top of a tall lane, in percent; a
mark without one stands in the middle.  `hollow` leaves the symbol empty; `at_risk` is how many a
curve still follows.  What is not a number is not drawn.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pandas as pd

from livingreview_display.drawing import LINE, wrapped
from livingreview_display.placing import NARROW, Written

COLUMNS = [
    *("group", "label", "counts", "text", "mark", "at", "lower", "upper", "height", "low", "high"),
    *("hollow", "at_risk", "where"),
]
LOW, TALL, GAP = 0.2, 0.62, 0.1  # inches: heights of lanes, and between them
APART = 0.1  # inches more above a tall lane, for the words beside its ends


@dataclass(frozen=True)
class Lane:
    """A lane with its marks, and where it stands: inches from the top of the figure."""

    group: str
    label: str
    counts: str
    text: str
    marks: tuple[Mapping[str, Any], ...]
    top: float = math.nan
    bottom: float = math.nan

    @property
    def is_tall(self) -> bool:
        """Whether a mark has a height."""
        return any(not math.isnan(mark["height"]) for mark in self.marks)

    @property
    def is_followed(self) -> bool:
        """Whether it has a curve that says how many are at risk."""
        return any(not math.isnan(mark["at_risk"]) for mark in self.marks)

    @property
    def height(self) -> float:
        """How high it is, in inches."""
        return TALL if self.is_tall else LOW

    def at(self, top: float) -> "Lane":
        """Return the lane from this height on."""
        return replace(self, top=top, bottom=top + self.height)

    @property
    def first(self) -> float:
        """Where its first mark stands or begins."""
        mark = self.marks[0]
        return float(mark["lower"] if math.isnan(mark["at"]) else mark["at"])

    def y(self, height: float) -> float:
        """Return where a height in percent is, in inches; in the middle where it is no number."""
        share = 0.5 if math.isnan(height) else height / 100
        return self.bottom - (self.bottom - self.top) * share


def lanes_of(rows: pd.DataFrame) -> list[Lane]:
    """Return the lanes of the rows, not placed yet."""
    marks: list[Mapping[str, Any]] = [*rows.to_dict("records")]  # type: ignore[list-item]
    found = []
    for _, run in groupby(marks, lambda one: (one["group"], one["label"])):
        first, *more = run
        group, label, counts, text = (str(first[name]) for name in COLUMNS[:4])
        found.append(Lane(group, label, counts, text, (first, *more)))
    return found


Placed = tuple[Lane, list[Written], float]  # a lane, its words, and where the next may begin


def beside(lane: Lane, y: float, columns: Mapping[str, tuple[float, float]]) -> Placed:
    """A lane between the columns of its words, each in the middle of the height."""
    cells = {name: wrapped(getattr(lane, name), width) for name, (_, width) in columns.items()}
    full = max(lane.height, LINE * max(map(len, cells.values())))
    words = [
        one
        for name, lines in cells.items()
        for one in stack(lines, columns[name][0], y + (full - LINE * len(lines)) / 2)
    ]
    return lane.at(y + (full - lane.height) / 2), words, y + full


def over(lane: Lane, y: float) -> Placed:
    """A lane below its words."""
    head = f"{lane.label} ({lane.counts})" if lane.counts else lane.label
    lines = [*wrapped(head, NARROW - 0.1), *wrapped(lane.text, NARROW - 0.2)]
    placed = lane.at(y + LINE * len(lines) + 0.03)
    return placed, stack(lines, 0.03, y), placed.bottom


def stack(lines: Sequence[str], x: float, top: float, *, bold: bool = False) -> list[Written]:
    """Lines of words under each other, from a height on."""
    return [Written(x, top + LINE * (n + 0.5), one, bold=bold) for n, one in enumerate(lines)]
