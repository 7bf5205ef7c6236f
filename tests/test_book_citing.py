"""The book, its pages and its version can be cited, whatever their titles hold."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_book import citing
from livingreview_book.citing import Work

ROOT = Path(__file__).parents[1]
BOOK = Work("A Review", ("The Group",), "0.1.0", "2026-11-24", address="https://example.org/")


def test_the_book_is_cited_as_its_citation_file_says() -> None:
    book = citing.book_of(ROOT, title="other", author="other", date="2026-11-24", address="")
    cited = (ROOT / citing.FILE).read_text("utf-8")
    assert f'title: "{book.title}"' in cited
    assert all(f"- name: {name}" in cited for name in book.authors)
    assert re.search(rf"^version: {re.escape(book.version.split()[0])}$", cited, re.MULTILINE)


def test_a_book_without_a_citation_file_is_cited_by_its_title_and_author(tmp_path: Path) -> None:
    book = citing.book_of(tmp_path, title="T", author="A", date="2026-01-02", address="")
    assert citing.in_words(book) == "A. T. 2026-01-02."


@pytest.mark.parametrize(
    ("lines", "said"), [("- One more.\n", "0.1.0 with later changes"), ("", "0.1.0")]
)
def test_a_version_says_whether_changes_came_after_it(
    tmp_path: Path, lines: str, said: str
) -> None:
    (tmp_path / citing.FILE).write_text("title: T\nversion: 0.1.0\n", encoding="utf-8")
    changes = f"# Changes\n\n## Unreleased\n\n{lines}\n## 0.1.0, 21 November 2026\n\n- One.\n"
    (tmp_path / "CHANGELOG.md").write_text(changes, encoding="utf-8")
    book = citing.book_of(tmp_path, title="T", author="A", date="2026-01-02", address="")
    assert book.version == said


def test_a_page_is_cited_as_a_part_of_the_book_and_the_front_page_as_the_book() -> None:
    page = citing.page(BOOK, "Results", "chapters/results", is_front=False)
    assert citing.in_words(page) == (
        "The Group. Results. In: A Review. Version 0.1.0, 2026-11-24. "
        "https://example.org/chapters/results.html"
    )
    front = citing.page(BOOK, "Welcome", "chapters/index", is_front=True)
    assert (front.title, front.within) == ("A Review", "")


def test_entries_hold_what_a_reference_manager_asks_for() -> None:
    page = citing.page(BOOK, "Results", "chapters/results", is_front=False)
    bibtex, ris = citing.bibtex(page), citing.ris(page).splitlines()
    assert bibtex.startswith("@incollection{group-2026-results,\n")
    for line in ("author = {{The Group}}", "booktitle = {{A Review}}", "year = {2026}"):
        assert line in bibtex
    assert ris[0] == "TY  - CHAP"
    assert ris[-1] == "ER  - "
    assert {"AU  - The Group", "T2  - A Review", "ET  - 0.1.0", "DA  - 2026/11/24"} <= set(ris)


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1))
def test_no_title_breaks_an_entry(title: str) -> None:
    work = citing.page(BOOK, title, "chapters/x", is_front=False)
    entry = re.sub(r"\\[{}\\$&%#_]", "", citing.bibtex(work))
    depth = 0
    for character in entry:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in citing.ris(work).splitlines())
    assert re.match(r"@incollection\{[a-z0-9-]+,\n", citing.bibtex(work))
