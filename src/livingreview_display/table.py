"""A table as a page shows it: HTML whose bytes depend on nothing but the table."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import pandas as pd

from livingreview_display.addresses import Numbered, Places
from livingreview_display.markup import NO_BREAK_SPACE, Html, Shown, element, joined, linked

WHERE, LEVEL = "Where printed", "Level"  # columns that a page draws in their own way
ONE_LINE = 14  # characters of a cell that are never broken
LONG = 24  # more characters than this want a wide cell
NARROWEST = 6  # characters that the narrowest column takes, with the space around it
PHONE = 41  # characters that stand beside each other on a phone


@dataclass(frozen=True, repr=False)
class Table(Shown):
    """A DataFrame of texts with its caption; a notebook shows it as a table that can scroll.

    As plain text it is the same table in columns, so that a change of one number is one changed
    line.  A first cell that repeats the one above is kept for screen readers and not drawn; a level
    stands indented under its item, or beside it when it is the only one.  Where a row is too wide
    for a phone, each cell carries the name of its column, so that a style sheet can stack them.
    With `fold` the page shows a line with the caption, which unfolds to the table.  `anchor` is
    the id by which other pages lead here; a page gives it to one table only.
    """

    frame: pd.DataFrame
    caption: str
    empty: str = "The paper reports none."
    fold: bool = False
    anchor: str = ""

    @classmethod
    def unless_empty(cls, frame: pd.DataFrame, caption: str) -> "Table | None":
        """Return the table, or None where it has no row: then its section has nothing to show."""
        return None if frame.empty else cls(frame, caption)

    def __repr__(self) -> str:
        """The caption and the table in plain text."""
        if self.frame.empty:
            return f"{self.caption}\n{self.empty}"
        texts = [[str(cell) for cell in row] for row in self.frame.itertuples(index=False)]
        lines = [" | ".join(row).rstrip() for row in [list(self.frame.columns), *texts]]
        return "\n".join([self.caption, *lines])

    def html(self) -> Html:
        """The table in a frame that scrolls; a sentence in place of an empty one."""
        shown = self._framed()
        return element("div", shown, id=self.anchor) if self.anchor else shown

    def _framed(self) -> Html:
        if self.frame.empty:
            return element("p", self.empty)
        kind = "dataframe printed stacks" if self._stacks else "dataframe printed"
        if not self.fold:
            return scrolling(self.caption, self._head(), self._body(), kind)
        table = scrolling(self.caption, self._head(), self._body(), kind, captioned=False)
        rows = f"{self.caption} ({len(self.frame)} rows)"
        return element("details", element("summary", rows), "\n", table, class_="fold")

    def _head(self) -> Html:
        """One line of column names, or two where neighbours share the words before a colon."""
        parts = [str(name).rpartition(": ") for name in self._shown_columns()]
        runs = [(start, len(list(run))) for start, run in groupby(part[0] for part in parts)]
        if not any(start and length > 1 for start, length in runs):
            return element("tr", *(element("th", "".join(part), scope="col") for part in parts))
        upper, lower, position = [], [], 0
        for start, length in runs:
            run, position = parts[position : position + length], position + length
            if start:
                upper.append(element("th", start, scope="colgroup", colspan=str(length)))
                lower += [element("th", part[2], scope="col") for part in run]
            else:
                upper += [element("th", part[2], scope="col", rowspan="2") for part in run]
        return joined(element("tr", *upper), element("tr", *lower), between="\n")

    def _shown_columns(self) -> list[str]:
        """The columns that are drawn: a level stands indented under its item."""
        return [str(name) for name in self.frame.columns if name != LEVEL]

    @cached_property
    def _stacks(self) -> bool:
        """Whether a row is too wide for a phone, when cells and headings are broken into lines."""
        width = 0
        for name in self._shown_columns():
            longest_cell = self.frame[name].astype(str).str.len().max()
            longest_word = max(map(len, name.split()), default=0)
            width += max(min(longest_cell, LONG), longest_word, NARROWEST)
        return width > PHONE

    def _body(self) -> Html:
        lines: list[Html] = []
        above = ""
        rows_of = Counter(str(first) for first in self.frame[self._shown_columns()[0]])
        for record in self.frame.to_dict("records"):
            first, *rest = [_cell(record[name]) for name in self._shown_columns()]
            level = str(record.get(LEVEL, ""))
            if level and rows_of[first] == 1:
                first, level = f"{first}: {level}", ""
            if level and first != above:
                heading = element("th", _shown(first), scope="rowgroup")
                lines.append(element("tr", heading, *(element("td") for _ in rest)))
            lines.append(self._row(first, rest, level, repeated=first == above))
            above = first
        return joined(*lines, between="\n")

    def _row(self, first: str, rest: list[str], level: str, *, repeated: bool) -> Html:
        if level:
            cells = [element("th", _shown(level), scope="row", class_="level")]
        elif repeated:
            unseen = element("span", first, class_="visually-hidden")
            cells = [element("th", unseen, scope="row")]
        else:
            cells = [element("th", _shown(first), scope="row")]
        for name, text in zip(self._shown_columns()[1:], rest, strict=True):
            kind = "where" if name == WHERE else "long" if len(text) > LONG else ""
            named = {"class": kind} if kind else {}
            if self._stacks and text:
                named["data-label"] = name
            own, *others = (text.ids if isinstance(text, Numbered) else ()) or ("",)
            if own:
                named["id"] = own
            further = (element("span", id=one) for one in others)
            shown = _places(text) if name == WHERE else _shown(text)
            cells.append(element("td", *further, shown, **named))
        return element("tr", *cells)


def _places(text: str) -> Html:
    """Places by table or heading, which unfold to the full places."""
    parts = re.split(r"; (?=[A-Z])", text)
    short = "; ".join(dict.fromkeys(re.split(r"[:,]", part)[0] for part in parts))
    full = text.html() if isinstance(text, Places) else joined(text)
    return full if short == text else element("details", element("summary", short), full)


def _cell(content: object) -> str:
    return content if isinstance(content, str) else str(content)


def _shown(text: str) -> Html:
    """The text of a cell: short ones stay on one line, addresses are links."""
    if isinstance(text, Places):
        return text.html()
    if isinstance(text, Html):
        return text
    if len(text) <= ONE_LINE:
        return joined(text.replace(" ", NO_BREAK_SPACE))
    return linked(text)


def scrolling(caption: str, head: Html, body: Html, kind: str, *, captioned: bool = True) -> Html:
    """A table of these rows in a frame that scrolls; `kind` are its classes.

    The frame is named by the caption; `captioned` says whether the page shows it.
    """
    table = element(
        "table",
        *(("\n", element("caption", caption)) if captioned else ()),
        *("\n", element("thead", "\n", head, "\n")),
        *("\n", element("tbody", "\n", body, "\n"), "\n"),
        class_=kind,
    )
    frame = {"class": "table-scroll", "role": "region", "tabindex": "0"}
    return element("div", "\n", table, "\n", **frame, aria_label=caption)
