"""Sections of a chapter in which nothing is shown: they are left out of its page.

A cell that had something to show and found nothing says so in its output (`show` of the helper).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from livingreview_book.published import key_and_text

HEADING = re.compile(r"(#{1,6})\s")
FENCE = re.compile(r"\s*(`{3,}|~{3,}|:{3,})")
LABEL = re.compile(r"\([\w.-]+\)=\s*")


@dataclass(frozen=True)
class _Part:
    """A line of prose, or a code cell (without a line); `level` is that of a heading, else 0."""

    cell: int
    line: int = -1
    level: int = 0
    shows: str = ""  # of a code cell: `something`, `nothing` where it found none, or empty


def without_empty_sections(notebook: NotebookNode) -> None:
    """Blank the headings and the prose of sections in which every cell found nothing to show.

    The title of a chapter stays, and so do the numbers of the lines.
    """
    parts = list(_parts(notebook.cells))
    for start, part in enumerate(parts):
        if part.level > 1:
            end = next(
                (n for n in range(start + 1, len(parts)) if 0 < parts[n].level <= part.level),
                len(parts),
            )
            shown = {one.shows for one in parts[start:end]}
            if "nothing" in shown and "something" not in shown:
                first = start - 1 if _is_label(notebook.cells, parts[start - 1]) else start
                last = end - 1 if _is_label(notebook.cells, parts[end - 1]) else end
                _blank(notebook.cells, parts[first:last])
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if not _is_nothing(one)]


def _parts(cells: Sequence[NotebookNode]) -> list[_Part]:
    parts = []
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            parts.append(_Part(number, shows=_shows(cell.outputs)))
            continue
        fence = ""
        for line, text in enumerate(cell.source.split("\n")):
            heading = None if fence else HEADING.match(text)
            parts.append(_Part(number, line, len(heading[1]) if heading else 0))
            if found := FENCE.match(text):
                if not fence:
                    fence = found[1]
                elif found[1].startswith(fence):
                    fence = ""
    return parts


def _shows(outputs: Sequence[NotebookNode]) -> str:
    shown = [one for one in outputs if key_and_text(one) is None]
    if not shown:
        return ""
    return "nothing" if all(map(_is_nothing, shown)) else "something"


def _is_nothing(output: NotebookNode) -> bool:
    return bool(output.get("metadata", {}).get("shows") == "nothing")


def _is_label(cells: Sequence[NotebookNode], part: _Part) -> bool:
    """Whether the part is the target that belongs to the heading after it."""
    if part.line < 0:
        return False
    return LABEL.fullmatch(cells[part.cell].source.split("\n")[part.line]) is not None


def _blank(cells: Sequence[NotebookNode], parts: Sequence[_Part]) -> None:
    for part in parts:
        if part.line >= 0:
            lines = cells[part.cell].source.split("\n")
            lines[part.line] = ""
            cells[part.cell].source = "\n".join(lines)
