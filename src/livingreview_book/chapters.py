"""Which chapters the book has, and each one's text as a notebook."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jupytext.myst import myst_to_notebook
from nbformat import NotebookNode


def chapter_names(root: Path) -> list[str]:
    """The chapters of `_toc.yml` in reading order, without their suffix: `chapters/index`."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    return [toc["root"], *_files(toc)]


def _files(entry: Any) -> Iterator[str]:
    if isinstance(entry, list):
        for item in entry:
            yield from _files(item)
    elif isinstance(entry, dict):
        if "file" in entry:
            yield entry["file"]
        for key in ("parts", "chapters", "sections"):
            yield from _files(entry.get(key))


def chapter_path(root: Path, name: str) -> Path:
    """Where a chapter's source stands."""
    return root / f"{name}.md"


def read_notebook(text: str) -> NotebookNode:
    r"""A chapter's source as a notebook without outputs, with the line on which each cell begins.

    >>> [cell.cell_type for cell in read_notebook("# A\n\n```{code-cell}\n1\n```\n").cells]
    ['markdown', 'code']
    """
    notebook: NotebookNode = myst_to_notebook(text, add_source_map=True)
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # nbformat's own ids are random
    return notebook


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that are executed, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
