"""A forest plot from top to bottom: what stands in each row, where, and in which lines.

All lengths are inches from the left end of the figure and from the top of its rows.
"""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from livingreview_display.drawing import LINE, text_width, wrapped

STUDY, POOLED = "study", "pooled"
PREDICTION = "prediction interval"
NEEDED = ("label", "estimate", "lower", "upper")
NARROW, WIDE = 3.75, 9.3  # inches: a phone, and the text of a page on a desktop
LIGHT = 0.2  # width of a judgement's symbol
MARK, GAP, BETWEEN = 0.2, 0.09, 0.15  # height of a mark; gaps of rows and of columns
CAPS = {  # the widest that a column of the wide form may be, in the order of columns
    "label": 2.6,
    "arms": 2.2,
    "counts": 1.4,
    "text": 2.2,
    "weight": 0.7,
    "risk": 0.62,
}
BEFORE = ("label", "arms", "counts")  # columns on the left of the plot; the others are right of it
HEADING = 2  # lines of a group that stand left of the plot
EDGE = 0.08  # room at the right end: other types than ours are a little wider
PLOT = 2.4  # the least width of the plot; columns are broken to make room for it, down to these
YIELDING = {"label": 1.3, "arms": 1.7, "counts": 0.8, "text": 1.3}


@dataclass(frozen=True)
class Placed:
    """One row of a forest plot and the height `y` at which its mark is drawn."""

    group: str
    label: str
    text: str
    mark: str
    estimate: float
    lower: float
    upper: float
    weight: float
    risk: str = ""
    arms: str = ""
    counts: str = ""
    y: float = math.nan


@dataclass(frozen=True)
class Written:
    """A line of words; `side` says which of its ends `x` is; with a `risk` also its symbol."""

    x: float
    y: float
    text: str
    side: str = "left"
    bold: bool = False
    risk: str = ""


@dataclass(frozen=True)
class Layout:
    """Where everything stands: rows, words, the ends of the axis, and what the axis crosses.

    `open` are the stretches from top to bottom in which no word stands; `rules` are lines across.
    """

    width: float
    height: float
    plot: tuple[float, float]
    rows: tuple[Placed, ...]
    words: tuple[Written, ...]
    open: tuple[tuple[float, float], ...]
    rules: tuple[float, ...] = ()


def rows_of(rows: pd.DataFrame) -> list[Placed]:
    """Return the rows without heights; `ValueError` without rows or a needed column."""
    missing = [name for name in NEEDED if name not in rows]
    if missing or rows.empty:
        found = f"no column {', '.join(missing)}" if missing else "no row"
        msg = f"need rows with {', '.join(NEEDED)} to draw, found {found}"
        raise ValueError(msg)
    return [
        Placed(
            group=_text(record, "group"),
            label=_text(record, "label"),
            text=_text(record, "text"),
            mark=_text(record, "mark"),
            estimate=float(record["estimate"]),
            lower=float(record["lower"]),
            upper=float(record["upper"]),
            weight=float(record.get("weight") or math.nan),
            risk=_text(record, "risk"),
            arms=_text(record, "arms"),
            counts=_text(record, "counts"),
        )
        for record in rows.to_dict("records")
    ]


def _text(record: Mapping[Hashable, Any], name: str) -> str:
    return str(record.get(name) or "")


def narrow(rows: pd.DataFrame) -> Layout:
    """Lay rows out for a phone: each label and result above its mark.

    Rows that follow each other with one group and label share the label; a share of several
    marks leaves its results to the table.
    """
    found = rows_of(rows)
    names = [(row.group, row.label) for row in found]
    left = LIGHT if any(row.risk for row in found) else 0.03
    right, plot = NARROW - 0.12, (LIGHT, NARROW - 0.12)  # the number of a tick needs room
    placed: list[Placed] = []
    words: list[Written] = []
    y, above = 0.0, ("", "")
    for row, name in zip(found, names, strict=True):
        if row.group != above[0]:
            y += GAP if placed or row.group else 0.0
            lines = wrapped(row.group, right, bold=True)
            words += _lines(lines, 0.03, y, bold=True)
            y += LINE * len(lines)
        if name != above:
            text = "" if names.count(name) > 1 else row.text
            y += GAP
            lines = wrapped(row.label, right - left - (text_width(text) + 0.12 if text else 0))
            words += _lines(lines, left, y)
            words += [Written(right, y + LINE / 2, text, "right")] if text else []
            words += [Written(left / 2, y + LINE / 2, "", risk=row.risk)] if row.risk else []
            y += LINE * len(lines)
        placed.append(replace(row, y=y + MARK / 2))
        y, above = y + MARK, name
    y += GAP
    starts = [row.y - MARK / 2 for row in placed]
    ends = [*(row.y + MARK / 2 for row in placed[:-1]), y]
    free = tuple(zip(starts, ends, strict=True))
    return Layout(NARROW, y, plot, tuple(placed), tuple(words), free)


def wide(rows: pd.DataFrame, headings: Mapping[str, str]) -> Layout:
    """Lay rows out for a desktop: columns on both sides of the plot, under their headings."""
    found = rows_of(rows)
    table = [_cells(row, above) for row, above in zip(found, [None, *found], strict=False)]
    widths = {
        name: cap if name == "risk" else min(cap, max(text_width(cells[name]) for cells in table))
        for name, cap in CAPS.items()
        if any(cells[name] for cells in table)
    }
    for name in widths:  # no word of a heading reaches into the next column
        words_of = headings.get(name, "").split()
        widths[name] = max([widths[name], *(text_width(word, bold=True) for word in words_of)])
    places, plot = _columns(widths)
    heads = {name: wrapped(headings.get(name, ""), widths[name], bold=True) for name in widths}
    y = LINE * max(map(len, heads.values()))
    words = [
        line
        for name, lines in heads.items()
        for line in _lines(lines, places[name], y - LINE * len(lines), bold=True)
    ]
    rules = [y + 0.04] if words else []
    y += 0.08
    placed: list[Placed] = []
    group, free = "", [rules[0] if rules else 0.0]
    for row, cells in zip(found, table, strict=True):
        if row.group != group:
            y += GAP if placed and row.group else 0.0
            lines = wrapped(row.group, plot[0] - BETWEEN, bold=True)
            if len(lines) > HEADING:  # too many: it goes across, and the plot stops for it
                lines = wrapped(row.group, WIDE - 0.1, bold=True)
                free += [y, y + LINE * len(lines)]
            words += _lines(lines, 0.03, y, bold=True)
            y, group = y + LINE * len(lines), row.group
        lines_of = {name: wrapped(cells[name], widths[name]) for name in widths if name != "risk"}
        height = LINE * max(1, *map(len, lines_of.values())) + GAP
        for name, lines in lines_of.items():
            words += _lines(lines, places[name], y + (height - LINE * len(lines)) / 2)
        if row.risk:
            words.append(Written(places["risk"] + 0.15, y + height / 2, "", risk=row.risk))
        placed.append(replace(row, y=y + height / 2))
        y += height
    stretches = tuple(zip(free[::2], [*free[1::2], y], strict=True))
    return Layout(WIDE, y, plot, tuple(placed), tuple(words), stretches, tuple(rules))


def _cells(row: Placed, above: Placed | None) -> dict[str, str]:
    """The words of a row by column; a label that repeats the one above is not written again."""
    again = above is not None and (row.group, row.label) == (above.group, above.label)
    return {
        "label": "" if again else row.label,
        "arms": row.arms,
        "counts": row.counts,
        "text": row.text,
        "weight": "" if math.isnan(row.weight) else f"{row.weight:.1f}%",
        "risk": row.risk,
    }


def _columns(widths: dict[str, float]) -> tuple[dict[str, float], tuple[float, float]]:
    """The left end of each column, and the ends of the plot between them.

    Columns give way, in `widths` itself, where the plot would be too narrow.
    """
    lack = PLOT - (WIDE - sum(width + BETWEEN for width in widths.values()))
    for name, least in YIELDING.items():
        given = min(max(lack, 0.0), max(widths.get(name, 0.0) - least, 0.0))
        if given:
            widths[name], lack = widths[name] - given, lack - given
    places, x = {}, 0.03
    for name in (name for name in CAPS if name in widths and name in BEFORE):
        places[name], x = x, x + widths[name] + BETWEEN
    left = x + 0.1
    right = (
        WIDE - EDGE - sum(width + BETWEEN for name, width in widths.items() if name not in BEFORE)
    )
    x = right + BETWEEN
    for name in (name for name in CAPS if name in widths and name not in BEFORE):
        places[name], x = x, x + widths[name] + BETWEEN
    return places, (left, right - 0.05)


def _lines(lines: Sequence[str], x: float, top: float, *, bold: bool = False) -> Iterator[Written]:
    """Lines under each other from a height on; a line stands at its middle."""
    for number, text in enumerate(lines):
        yield Written(x, top + LINE * (number + 0.5), text, bold=bold)
