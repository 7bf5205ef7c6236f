"""Two built books are compared page by page, in text that a reviewer can read."""

import json
import shutil
from pathlib import Path

import pytest

from livingreview_book.__main__ import main
from livingreview_book.compare import FENCE, LIMIT, SITE, compare, page_text

FIGURE = '<img alt="Forest plot" src="../_images/f.svg"/>'
PAGE = f"""<html><head><title>Menu</title></head><body><nav>Chapters</nav>
<article><h1>Response<a class="headerlink" href="#r">#</a></h1>
<p>Half of them
responded: <em>30%</em> of 40.
Nobody knows why.</p>
<table><tr><th>Study</th><th>Ratio</th></tr><tr><td>New
</td><td><a href="#n">0.70</a></td></tr></table>
{FIGURE}<script>let hidden = 1</script></article></body></html>"""
TEXT = [
    "Response",
    "Half of them",
    "responded: 30% of 40.",
    "Nobody knows why.",
    "Study | Ratio",
    "New | 0.70",
    "[figure of 6 bytes, sha256 d4dc56669143: Forest plot]",
]


@pytest.fixture
def books(tmp_path: Path) -> tuple[Path, Path]:
    """A built book of two pages, a figure and a style, and a second one like it."""
    old, new = tmp_path / "old", tmp_path / "new"
    files = {
        "index.html": "<p>Go on</p>",
        "chapters/a.html": PAGE,
        "chapters/b.html": PAGE.replace("Response", "Survival"),
        "_images/f.svg": "<svg/>",
        "_static/style.css": "p {}",
        "_static/inner.html": "<p>no page</p>",
        "searchindex.js": "[]",
    }
    for name, text in files.items():
        path = old / SITE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (old / "results.json").write_text(json.dumps({"a.ratio": "0.70", "b.n": "40"}), "utf-8")
    shutil.copytree(old, new)
    return old, new


def edit(book: Path, name: str, old: str, new: str) -> None:
    path = book / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_page_is_its_sentences_rows_and_figures_without_menus(books: tuple[Path, Path]) -> None:
    assert page_text(books[0] / SITE / "chapters" / "a.html") == TEXT


def test_equal_books_differ_in_nothing(books: tuple[Path, Path]) -> None:
    assert compare(*books) == (
        "7 of 7 files of the site are the same bytes.\n\n"
        "No published number moved, of 2.\n\n"
        "Pages that read otherwise: 0.\n"
    )


def test_one_changed_number_is_one_changed_line(books: tuple[Path, Path]) -> None:
    edit(books[1], f"{SITE}/chapters/a.html", "0.70", "0.71")
    edit(books[1], "results.json", "0.70", "0.71")
    found = compare(*books)
    assert found.startswith("6 of 7 files of the site are the same bytes.\n")
    assert "Published numbers that moved: 1.\n\n- a.ratio: 0.70 -> 0.71\n" in found
    assert "Pages that read otherwise: 1.\n" in found
    assert f"{FENCE}diff\n@@ -5,3 +5,3 @@\n {TEXT[4]}\n-New | 0.70\n+New | 0.71\n" in found
    assert [line for line in found.splitlines() if line.startswith("+")] == ["+New | 0.71"]


def test_a_figure_that_is_drawn_otherwise_is_seen_on_its_pages(books: tuple[Path, Path]) -> None:
    edit(books[1], f"{SITE}/_images/f.svg", "<svg/>", "<svg></svg>")
    edit(books[1], f"{SITE}/chapters/a.html", "<em>", "<em >")  # its bytes, not its text
    found = compare(*books)
    assert "-[figure of 6 bytes, sha256 d4dc56669143: Forest plot]\n+[figure of 11 bytes" in found
    assert found.endswith("Other files that differ:\n\n- _images: 1\n")


def test_other_files_are_counted_not_shown(books: tuple[Path, Path]) -> None:
    edit(books[1], f"{SITE}/_static/style.css", "p", "h1")
    edit(books[1], f"{SITE}/_static/inner.html", "no", "still no")
    edit(books[1], f"{SITE}/searchindex.js", "[]", "[1]")
    (books[1] / SITE / "objects.inv").touch()
    found = compare(*books)
    assert found.startswith("4 of 8 files of the site are the same bytes.\n")
    assert found.endswith(
        "Pages that read otherwise: 0.\n\n"
        "Other files that differ:\n\n- _static: 2\n- objects.inv: 1\n- searchindex.js: 1\n"
    )


def test_other_markup_around_the_same_text_is_told_apart(books: tuple[Path, Path]) -> None:
    edit(books[1], f"{SITE}/chapters/b.html", "<em>30%</em>", "<b>30%</b>")
    found = compare(*books)
    assert "Pages that read otherwise: 0.\n" in found
    assert "Pages with the same text in other markup:\n\n- chapters/b.html\n" in found


def test_a_removed_page_is_shown_whole_and_a_new_one_by_its_name(books: tuple[Path, Path]) -> None:
    (books[1] / SITE / "chapters" / "b.html").rename(books[1] / SITE / "chapters" / "c.html")
    found = compare(*books)
    assert f"### chapters/b.html (gone): {len(TEXT)} lines\n" in found
    assert "New pages, which are read as they are:\n\n- chapters/c.html\n" in found
    assert "-Survival\n" in found
    assert "+Survival\n" not in found


def test_the_text_fits_into_the_description_of_a_pull_request(books: tuple[Path, Path]) -> None:
    edit(books[1], f"{SITE}/chapters/a.html", "Nobody", "word " * LIMIT)
    edit(books[1], f"{SITE}/chapters/b.html", "Nobody", "Somebody")
    found = compare(*books)
    assert f"-Nobody knows why.\n{FENCE}\n\n2 more lines, too long to show.\n" in found
    assert "+Somebody knows why.\n" in found
    assert len(found) < 65_536


def test_a_new_page_takes_no_room_from_one_that_changed(books: tuple[Path, Path]) -> None:
    added = PAGE.replace("Nobody", "word " * LIMIT)
    (books[1] / SITE / "chapters" / "aa.html").write_text(added, "utf-8")
    edit(books[1], f"{SITE}/chapters/b.html", "Nobody", "Somebody")
    assert "+Somebody knows why.\n" in compare(*books)


def test_of_a_page_that_is_too_long_the_beginning_is_shown(books: tuple[Path, Path]) -> None:
    longer = "".join(f"<p>This is the longer sentence {number}.</p>" for number in range(2000))
    edit(books[1], f"{SITE}/chapters/b.html", "Nobody", longer)
    found = compare(*books)
    assert "+This is the longer sentence 9.\n" in found
    assert " more lines, too long to show.\n" in found
    assert len(found) < 65_536


def test_the_command_prints_the_comparison(
    books: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *map(str, books)]) == 0
    assert capsys.readouterr().out == compare(*books)


def test_a_folder_without_a_built_book_is_refused(books: tuple[Path, Path]) -> None:
    (books[1] / SITE / "index.html").unlink()
    with pytest.raises(ValueError, match=r"need a built book, found no index\.html; run `make bo"):
        compare(*books)
