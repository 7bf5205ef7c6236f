"""A table as a page shows it: HTML whose bytes depend on nothing but the table."""

import re
from dataclasses import dataclass
from html import escape

import pandas as pd

from livingreview.tables.study import WHERE

ADDRESS = re.compile(r"https?://[^\s;,]+[^\s;,.)]|\b10\.\d{4,}/[^\s;,]+[^\s;,.)]")


@dataclass(frozen=True, repr=False)
class Table:
    """A DataFrame of texts with its caption; a notebook shows it as a table that can scroll.

    As plain text it is the same table in columns, so that a change of one number is one changed
    line.  A first cell that repeats the one above is kept for screen readers and not drawn.
    """

    frame: pd.DataFrame
    caption: str
    empty: str = "Nothing of this kind is printed."

    def __repr__(self) -> str:
        """The caption and the table in plain text."""
        if self.frame.empty:
            return f"{self.caption}\n{self.empty}"
        texts = [[str(cell) for cell in row] for row in self.frame.itertuples(index=False)]
        lines = [" | ".join(row).rstrip() for row in [list(self.frame.columns), *texts]]
        return "\n".join([self.caption, *lines])

    def _repr_html_(self) -> str:
        if self.frame.empty:
            return f"<p>{escape(self.empty)}</p>"
        head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in self.frame.columns)
        rows = [[str(cell) for cell in row] for row in self.frame.itertuples(index=False)]
        before = [[""], *rows[:-1]]
        body = "\n".join(
            self._row(row, repeated=row[0] == above[0])
            for row, above in zip(rows, before, strict=True)
        )
        caption = escape(self.caption)
        return (
            f'<div class="table-scroll" role="region" tabindex="0" aria-label="{caption}">\n'
            f'<table class="dataframe printed">\n<caption>{caption}</caption>\n'
            f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
        )

    def _row(self, row: list[str], *, repeated: bool) -> str:
        first = f'<span class="visually-hidden">{escape(row[0])}</span>'
        cells = [f'<th scope="row">{first if repeated else escape(row[0])}</th>']
        for name, text in zip(self.frame.columns[1:], row[1:], strict=True):
            kind = ' class="where"' if name == WHERE else ""
            cells.append(f"<td{kind}>{_linked(escape(text))}</td>")
        return f"<tr>{''.join(cells)}</tr>"


def _linked(text: str) -> str:
    """The escaped text with web addresses and DOIs as links."""

    def link(match: re.Match[str]) -> str:
        shown = match.group()
        address = shown if shown.startswith("http") else f"https://doi.org/{shown}"
        return f'<a href="{address}">{shown}</a>'

    return ADDRESS.sub(link, text)
