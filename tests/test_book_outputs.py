"""A chapter's outputs are remembered whole or not at all, however slowly they arrive."""

import time
from pathlib import Path
from typing import Any

import pytest
from nbclient import NotebookClient

from example_book import write_book
from livingreview_book import execute
from livingreview_book.execute import Failure, execute_chapter
from livingreview_book.published import collect

NUMBERS = 100
CELL = f"""
```{{code-cell}} ipython3
from livingreview import publish

for number in range({NUMBERS}):
    publish(f"a.number.{{number}}", str(number))
```
"""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs are taken in as on a busy machine: more slowly than the kernel sends them."""
    take_in = NotebookClient.process_message

    def take_in_slowly(*arguments: Any) -> Any:
        time.sleep(0.06)
        return take_in(*arguments)

    monkeypatch.setattr(NotebookClient, "process_message", take_in_slowly)


@pytest.mark.book
@pytest.mark.usefixtures("slow")
def test_outputs_that_arrive_late_are_kept(tmp_path: Path) -> None:
    book = write_book(tmp_path)
    outcome = execute_chapter(book.root, "chapters/a", CELL)
    assert not isinstance(outcome, Failure), str(outcome)
    assert len(collect({"chapters/a": outcome})) == NUMBERS


@pytest.mark.book
@pytest.mark.usefixtures("slow")
def test_outputs_that_never_arrive_are_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "SECONDS_A_CELL", 2)
    book = write_book(tmp_path)
    outcome = execute_chapter(book.root, "chapters/a", CELL)
    assert isinstance(outcome, Failure)
    assert "CellTimeoutError" in outcome.traceback
