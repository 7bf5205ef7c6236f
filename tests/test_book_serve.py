"""While the book is written it is shown, built again on a change, and reloaded."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingreview_book import serve as module
from livingreview_book.serve import BUILT, EARLY, SITE, Book, serve, start


@pytest.fixture
def book(tmp_path: Path) -> Book:
    for name in ("chapters/a.md", f"{SITE}/index.html", f"{SITE}{EARLY}", "_build/other"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (tmp_path / "Makefile").write_text("book:\n\t@test ! -e broken\n", encoding="utf-8")
    book = Book(tmp_path)
    book.changed()
    return book


@pytest.fixture
def address(book: Book) -> Iterator[str]:
    server = start(book, 0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return str(answer.read().decode())


def test_what_changed_comes_and_goes_is_named_once(book: Book) -> None:
    assert book.changed() == []
    (book.root / "chapters" / "a.md").write_text("other text", encoding="utf-8")
    (book.root / "data").mkdir()
    (book.root / "data" / "b.csv").touch()
    (book.root / "data" / ".hidden").touch()
    (book.root / "_build" / "other").unlink()
    assert book.changed() == ["chapters/a.md", "data/b.csv"]
    (book.root / "data" / "b.csv").unlink()
    assert book.changed() == ["data/b.csv"]
    assert book.changed() == []


def test_a_page_learns_of_a_build_that_succeeded_and_of_no_other(book: Book, address: str) -> None:
    assert get(address) == "_build/html/index.html"
    assert get(f"{address}{EARLY}?v=1").startswith("_build/html/_static/first.js\n(() => {")
    before = get(address + BUILT)
    assert book.build()
    after = get(address + BUILT)
    assert after != before
    (book.root / "broken").touch()
    assert not book.build()
    assert get(address + BUILT) == after


def test_a_change_is_built_and_a_failed_build_does_not_end_the_watch(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = iter(["one", "", "two"])

    def look(_seconds: float) -> None:
        text = next(looks, None)
        if text is None:
            raise KeyboardInterrupt
        if text:
            (book.root / "chapters" / f"{text}.md").write_text(text, encoding="utf-8")
            (book.root / "broken").touch()

    monkeypatch.setattr(module.time, "sleep", look)
    serve(book.root, 0)
    said = capsys.readouterr().out
    assert said.count("changed: building") == 2
    assert "chapters/one.md changed" in said
    assert "chapters/two.md changed" in said


def test_a_book_that_cannot_be_built_is_not_served(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Makefile").write_text("book:\n\t@echo broken; exit 1\n", encoding="utf-8")
    serve(tmp_path, 0)
    said = capfd.readouterr().out
    assert "broken" in said
    assert "Serving" not in said
