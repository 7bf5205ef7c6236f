"""What a chapter shows, as text that a reviewer can read line by line.

For each code cell the text of its outputs: tables as rows, figures as the rows they draw, published
numbers with their keys.
"""

import difflib
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

from livingreview_book.chapters import chapter_path, code_cells, read_notebook
from livingreview_book.published import key_and_text
from livingreview_book.remembered import Execution

HEADING = "##### cell "
ROW_ENDS = frozenset({"tr", "p", "div", "li", "br", "caption", "summary", "h2", "h3", "h4"})


def shown_by_chapter(root: Path, chapter: str, execution: Execution) -> str:
    """The whole reference text of one chapter."""
    cells = code_cells(read_notebook(chapter_path(root, chapter).read_text("utf-8")))
    return "".join(
        f"{HEADING}{number}: {cell.source.partition(chr(10))[0]}\n{shown_by_cell(outputs)}"
        for number, (cell, outputs) in enumerate(zip(cells, execution.outputs, strict=True))
    )


def split_cells(text: str) -> list[str]:
    r"""The reference text of each cell, without its heading.

    >>> split_cells("##### cell 0: a\nx\n##### cell 1: b\n")
    ['x\n', '']
    """
    sections = ("\n" + text).split("\n" + HEADING)[1:]
    bodies = [section.partition("\n")[2] for section in sections]
    return [body + "\n" if body and not body.endswith("\n") else body for body in bodies]


def shown_by_cell(outputs: Sequence[NotebookNode]) -> str:
    """The outputs of one cell as lines of text."""
    lines = [line.rstrip() for output in outputs for line in _lines(output)]
    return "".join(f"{line}\n" for line in lines)


def _lines(output: NotebookNode) -> list[str]:
    number = key_and_text(output)
    if number is not None:
        return [f"published {number[0]} = {number[1]}"]
    if output.output_type == "stream":
        return [f"{output.name}: {line}" for line in output.text.splitlines()]
    data = output.get("data", {})
    pictures = [mime for mime in data if mime.startswith("image/")]
    if pictures:
        return [f"figure ({', '.join(pictures)}) of", *data.get("text/plain", "").splitlines()]
    in_short = output.get("metadata", {}).get("text/html", {}).get("in_short", False)
    for mime in ("text/plain",) if in_short else ("text/markdown", "text/html", "text/plain"):
        if mime in data:
            text = "".join(data[mime])
            return text_of_html(text) if "html" in mime else text.splitlines()
    return [f"{output.output_type}: {', '.join(data)}"]


def text_of_html(html: str) -> list[str]:
    """A table as lines of cells, other markup as its text; a link keeps its address.

    >>> text_of_html("<table><tr><th>k</th><td><a href='#x'>2</a></td></tr></table>")
    ['k | 2 <#x>']
    """
    reader = _TextOfHtml()
    reader.feed(html)
    reader.close()
    text = "".join(reader.parts)
    lines = (" ".join(line.split()).strip(" |") for line in text.split("\n"))
    return [line for line in lines if line]


class _TextOfHtml(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.links: list[str] = []
        self.silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self.silent = True
        elif tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        elif tag in ROW_ENDS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self.silent = False
        elif tag == "a" and self.links and (link := self.links.pop()):
            self.parts.append(f" <{link}>")
        elif tag in ("td", "th"):
            self.parts.append(" | ")
        elif tag in ROW_ENDS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.parts.append(data.replace("\n", " "))


def difference(expected: str, found: str) -> list[str]:
    """The lines that differ, in the form of a unified diff without its header."""
    lines = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "expected", "found", lineterm="", n=1
    )
    return list(lines)[2:]
