"""A pytest plugin: nbval runs the chapters' Markdown against `tests/expected`.

Each chapter gets a fresh kernel, started as the build starts it, and shares nothing with the
remembered executions: this is the second, independent run of every number.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell, IPyNbFile

from livingreview_book import accepted, execute, shown
from livingreview_book.chapters import chapter_names, code_cells, read_notebook


class Chapter(IPyNbFile):
    """A chapter read through jupytext; nbval starts its kernel and runs its cells."""

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each code cell."""
        self.nb = read_notebook(self.path.read_text("utf-8"))
        root = self.config.rootpath
        name = self.path.relative_to(root).with_suffix("").as_posix()
        reference = accepted.accepted_path(root, name)
        texts = shown.split_cells(reference.read_text("utf-8")) if reference.exists() else []
        for number, cell in enumerate(code_cells(self.nb)):
            cell.execution_count = 1  # nbval compares only cells that were executed
            options = {"check": True, "skip": False, "check_exception": False}
            item = ChapterCell.from_parent(
                self, name=f"cell {number}", cell_num=number, cell=cell, options=options
            )
            item.expected = texts[number] if number < len(texts) else ""
            item.add_marker("book")
            yield item

    def setup(self) -> None:
        """Start the kernel exactly as the build does."""
        scratch = self.config.rootpath / "_build" / ".kernels"
        scratch.mkdir(parents=True, exist_ok=True)
        log = scratch / f"{self.path.stem}-{os.getpid()}.reads"
        environment = execute.kernel_environment(self.config.rootpath, log, str(scratch))
        environment["JUPYTER_PATH"] = str(execute.KERNELS.parent)
        # The connection file too is the kernel's own, wherever this process puts its files.
        with (
            patch.dict(os.environ, environment, clear=True),
            patch.object(tempfile, "tempdir", str(scratch)),
        ):
            super().setup()


class ChapterCell(IPyNbCell):
    """One cell: what it shows, as text, must be what was accepted."""

    expected = ""

    def compare_outputs(
        self, test: list[NotebookNode], ref: object, skip_compare: object = None
    ) -> bool:
        """Whether the cell shows what was accepted; the lines that differ, if not."""
        found = shown.shown_by_cell(test)
        self.comparison_traceback = [
            *shown.difference(self.expected, found),
            "",
            "If the change is right: make accept, then read and commit the diff.",
        ]
        return found == self.expected


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Chapter | None:
    """The chapters of the table of contents, and no other Markdown."""
    if file_path.suffix != ".md" or parent.config.rootpath not in file_path.parents:
        return None
    name = file_path.relative_to(parent.config.rootpath).with_suffix("").as_posix()
    if name not in chapter_names(parent.config.rootpath):
        return None
    chapter: Chapter = Chapter.from_parent(parent, path=file_path)
    return chapter
