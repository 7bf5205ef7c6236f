"""Nothing changes unnoticed: a moved number is named, and so are the chapters that moved."""

from pathlib import Path

import pytest

from example_book import Book, write_book
from livingreview_book.accepted import (
    FOLDER,
    accept,
    accepted_path,
    keys_moved,
    moved,
)
from livingreview_book.chapters import chapter_names, chapter_path, code_cells, read_notebook
from livingreview_book.execute import execute_chapters
from livingreview_book.published import changes
from livingreview_book.shown import split_cells
from livingreview_record import numbers_moved
from livingreview_record.accepted import FILE

ROOT = Path(__file__).parent.parent
NEXT = "if this is right: make accept, then read and commit the diff"


def test_every_printed_number_is_as_accepted() -> None:
    assert changes(*numbers_moved(ROOT)) == [], NEXT


@pytest.mark.book
def test_numbers_chapters_and_results_are_as_accepted() -> None:
    found = moved(ROOT, execute_chapters(ROOT))
    assert found == [], "\n".join([*found, NEXT])


def test_every_chapter_has_its_expected_outputs_and_no_more() -> None:
    cells = {
        accepted_path(ROOT, name): code_cells(read_notebook(path.read_text("utf-8")))
        for name in chapter_names(ROOT)
        if (path := chapter_path(ROOT, name))
    }
    expected = {path.name for path in cells if cells[path]} | {FILE.name}
    assert {path.name for path in (ROOT / FOLDER).iterdir()} == expected, "run: make accept"
    for path in cells:
        texts = split_cells(path.read_text("utf-8")) if cells[path] else []
        assert len(texts) == len(cells[path]), f"{path.name}: run make accept"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    made = write_book(tmp_path_factory.mktemp("book"))
    accept(made.root, made.execute())
    assert moved(made.root, made.execute()) == []
    return made


@pytest.mark.book
def test_a_changed_number_is_named_with_the_chapter_that_moved(book: Book) -> None:
    book.edit("data/studies/other-2021/reported.csv", "0.70", "0.71")
    number, chapter, result = moved(book.root, book.execute())
    assert number.startswith("printed number other-2021 | paper > Abstract | ")
    assert number.endswith(": 0.70 -> 0.71")
    assert chapter.startswith("chapter chapters/b\n")
    assert "  -published b.ratio = 0.70\n  +published b.ratio = 0.71" in chapter
    assert result == "published number b.ratio: 0.70 -> 0.71"


@pytest.mark.book
def test_a_changed_number_that_no_chapter_shows_is_named_too(book: Book) -> None:
    book.edit("data/studies/example-2020/reported.csv", "0.50-0.98", "0.50-0.99")
    [number] = [line for line in moved(book.root, book.execute()) if "example-2020" in line]
    assert number.endswith(": 0.50-0.98 -> 0.50-0.99")


@pytest.mark.book
def test_what_was_accepted_has_not_moved(book: Book) -> None:
    (book.root / FOLDER / "no-chapter.txt").write_text("", "utf-8")
    assert accept(book.root, book.execute())
    assert moved(book.root, book.execute()) == []
    assert not (book.root / FOLDER / "no-chapter.txt").exists()


@pytest.mark.book
def test_keys_that_vanish_or_appear_are_said_with_the_sentences_that_cite_them(
    tmp_path: Path,
) -> None:
    made = write_book(tmp_path)
    accept(made.root, made.execute())
    text = (made.root / "chapters" / "b.md").read_text("utf-8")
    (made.root / "chapters" / "b.md").write_text(text.replace('"b.ratio"', '"b.hazard"'), "utf-8")
    (made.root / "chapters" / "note.md").write_text("See {glue:text}`b.ratio`.\n", "utf-8")
    lines = keys_moved(made.root, made.execute())
    assert lines[0] == "published keys that are new: b.hazard"
    assert lines[1].startswith("published keys that are gone: b.ratio; say so in CHANGELOG.md")
    assert "  chapters/note.md line 1 cites b.ratio" in lines
