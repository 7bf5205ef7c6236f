"""A table as a page shows it: HTML whose bytes depend on nothing but the table."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import groupby

import pandas as pd

from livingreview.prose import ADDRESS
from livingreview.tables.study import LEVEL, WHERE

EMPTY = "<td></td>"
ONE_LINE = 14  # characters of a cell that are never broken
LONG = 24  # more characters than this want a wide cell
PHONE = 44  # characters that stand beside each other on a phone


@dataclass(frozen=True, repr=False)
class Table:
    """A DataFrame of texts with its caption; a notebook shows it as a table that can scroll.

    As plain text it is the same table in columns, so that a change of one number is one changed
    line.  A first cell that repeats the one above is kept for screen readers and not drawn; a level
    stands indented under its item, or beside it when it is the only one.  Where a row is too wide
    for a phone, each cell carries the name of its column, so that a style sheet can stack them.
    """

    frame: pd.DataFrame
    caption: str
    empty: str = "The paper reports none."

    def __repr__(self) -> str:
        """The caption and the table in plain text."""
        if self.frame.empty:
            return f"{self.caption}\n{self.empty}"
        texts = [[str(cell) for cell in row] for row in self.frame.itertuples(index=False)]
        lines = [" | ".join(row).rstrip() for row in [list(self.frame.columns), *texts]]
        return "\n".join([self.caption, *lines])

    def _repr_markdown_(self) -> str | None:
        return self.empty if self.frame.empty else None

    def _repr_html_(self) -> str | None:
        if self.frame.empty:
            return None
        caption = escape(self.caption)
        kind = "dataframe printed stacks" if self._stacks else "dataframe printed"
        return (
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="{caption}">\n'
            f'<table class="{kind}">\n<caption>{caption}</caption>\n'
            f"<thead>\n{self._head()}\n</thead>\n<tbody>\n{self._body()}\n</tbody>\n"
            "</table>\n</div>"
        )

    def _head(self) -> str:
        """One line of column names, or two where neighbours share the words before a colon."""
        parts = [str(name).rpartition(": ") for name in self._shown_columns()]
        runs = [(start, len(list(run))) for start, run in groupby(part[0] for part in parts)]
        if not any(start and length > 1 for start, length in runs):
            cells = "".join(f'<th scope="col">{escape("".join(part))}</th>' for part in parts)
            return f"<tr>{cells}</tr>"
        upper, lower, position = "", "", 0
        for start, length in runs:
            run, position = parts[position : position + length], position + length
            if start:
                upper += f'<th scope="colgroup" colspan="{length}">{escape(start)}</th>'
                lower += "".join(f'<th scope="col">{escape(part[2])}</th>' for part in run)
            else:
                for part in run:
                    upper += f'<th scope="col" rowspan="2">{escape(part[2])}</th>'
        return f"<tr>{upper}</tr>\n<tr>{lower}</tr>"

    def _shown_columns(self) -> list[str]:
        """The columns that are drawn: a level stands indented under its item."""
        return [str(name) for name in self.frame.columns if name != LEVEL]

    @cached_property
    def _stacks(self) -> bool:
        """Whether a row is too wide for a phone, when each long cell is broken into lines."""
        shown = self.frame[self._shown_columns()].astype(str)
        widest = (shown[name].str.len().max() for name in shown.columns)
        return sum(min(width, LONG) for width in widest) > PHONE

    def _body(self) -> str:
        lines: list[str] = []
        above = ""
        rows_of = Counter(str(first) for first in self.frame[self._shown_columns()[0]])
        for record in self.frame.to_dict("records"):
            first, *rest = [str(record[name]) for name in self._shown_columns()]
            level = str(record.get(LEVEL, ""))
            if level and rows_of[first] == 1:
                first, level = f"{first}: {level}", ""
            if level and first != above:
                lines.append(
                    f'<tr><th scope="rowgroup">{_shown(first)}</th>{EMPTY * len(rest)}</tr>'
                )
            lines.append(self._row(first, rest, level, repeated=first == above))
            above = first
        return "\n".join(lines)

    def _row(self, first: str, rest: list[str], level: str, *, repeated: bool) -> str:
        if level:
            cells = [f'<th scope="row" class="level">{_shown(level)}</th>']
        elif repeated:
            cells = [f'<th scope="row"><span class="visually-hidden">{escape(first)}</span></th>']
        else:
            cells = [f'<th scope="row">{_shown(first)}</th>']
        for name, text in zip(self._shown_columns()[1:], rest, strict=True):
            label = f' data-label="{escape(name)}"' if self._stacks and text else ""
            if name == WHERE:
                cells.append(f'<td class="where"{label}>{_places(text)}</td>')
            else:
                kind = ' class="long"' if len(text) > LONG else ""
                cells.append(f"<td{kind}{label}>{_shown(text)}</td>")
        return f"<tr>{''.join(cells)}</tr>"


def _places(text: str) -> str:
    """Places by table or heading, which unfold to the full places."""
    parts = re.split(r"; (?=[A-Z])", text)
    short = "; ".join(dict.fromkeys(re.split(r"[:,]", part)[0] for part in parts))
    if short == text:
        return escape(text)
    return f"<details><summary>{escape(short)}</summary>{escape(text)}</details>"


def _shown(text: str) -> str:
    """The text of a cell: short ones stay on one line, addresses are links."""
    if len(text) <= ONE_LINE:
        return escape(text).replace(" ", "&nbsp;")
    return _linked(escape(text))


def _linked(text: str) -> str:
    """The escaped text with web addresses and DOIs as links."""

    def link(match: re.Match[str]) -> str:
        found = match.group()
        address = found if found.startswith("http") else f"https://doi.org/{found}"
        return f'<a href="{address}">{found.partition("://")[2] or found}</a>'

    return ADDRESS.sub(link, text)
