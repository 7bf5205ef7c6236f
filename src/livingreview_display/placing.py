"""The rows of a forest plot from top to bottom: what stands in each, and at which height."""

import math
import textwrap
from dataclasses import dataclass, replace

import pandas as pd

from livingreview_display.lights import RISK_WORDS

STUDY, POOLED = "study", "pooled"
PREDICTION = "prediction interval"
CHARACTERS = 58  # of the font that fit into the width
BOLD_CHARACTERS = 48
NEEDED = ("label", "estimate", "lower", "upper")
HEADING, LINE, MARK, GAP, FAVOURS = 0.34, 0.19, 0.2, 0.1, 0.62  # heights in inches


@dataclass(frozen=True)
class Placed:
    """One row with the heights of its heading, label and mark, in inches from the top.

    `heading_y` and `label_y` are not a number where the row has no heading or label of its own.
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


def place(rows: pd.DataFrame) -> tuple[Placed, ...]:
    """The rows from top to bottom with the heights at which they are drawn."""
    placed: list[Placed] = []
    y, above = 0.0, Placed("", "", "", "", math.nan, math.nan, math.nan, math.nan)
    for row in rows_of(rows):
        heading_y = label_y = math.nan
        if row.group != above.group:
            more = LINE * heading_lines(row.group).count("\n")
            y += HEADING + more if row.group else GAP
            heading_y = y - LINE - more if row.group else math.nan
        if (row.group, row.label) != (above.group, above.label):
            label_y = y + GAP
            y += GAP + LINE * (label_lines(row).count("\n") + 1)
        placed.append(replace(row, heading_y=heading_y, label_y=label_y, y=y + MARK / 2))
        y, above = y + MARK, row
    return tuple(placed)


def rows_of(rows: pd.DataFrame) -> list[Placed]:
    """Return the rows without heights; `ValueError` without rows or a needed column.

    Rows with one group and label are told by their marks, and have no text of their own.
    """
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


def label_lines(row: Placed) -> str:
    """Return the label of a row, with its risk of bias, broken beside its text."""
    words = f"{row.label} ({RISK_WORDS.format(row.risk)})" if row.risk else row.label
    return textwrap.fill(words, max(16, CHARACTERS - len(row.text) - 2))


def heading_lines(group: str) -> str:
    """Return the heading of a group, broken into lines."""
    return textwrap.fill(group, BOLD_CHARACTERS)
