"""A site that knows where it will stand says so; one that does not claims no address."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from example_book import Book, write_book

ADDRESS = "https://example.org/a-review/"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return write_book(tmp_path_factory.mktemp("address"))


def site(book: Book) -> Path:
    return book.root / "_build" / "html"


@pytest.mark.book
def test_an_address_stands_on_every_page_and_in_the_map_and_can_be_taken_back(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOK_ADDRESS", ADDRESS.rstrip("/"))
    done = book.build()
    assert done.returncode == 0, done.stderr
    found = ElementTree.parse(site(book) / "sitemap.xml").iter()
    places = [one.text for one in found if one.tag.endswith("}loc")]
    assert places == [f"{ADDRESS}chapters/{name}.html" for name in "ab"]
    for name in "ab":
        assert f'rel="canonical" href="{ADDRESS}chapters/{name}.html"' in book.page(name)
        assert f'property="og:url" content="{ADDRESS}chapters/{name}.html"' in book.page(name)
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (site(book) / "robots.txt").read_text()
    assert f'<base href="{ADDRESS}" />' in (site(book) / "404.html").read_text()

    monkeypatch.delenv("BOOK_ADDRESS")
    done = book.build()
    assert done.returncode == 0, done.stderr
    assert "example.org" not in book.page("a") + book.page("b")
    assert "<base" not in (site(book) / "404.html").read_text()
    assert not (site(book) / "sitemap.xml").exists()


@pytest.mark.book
def test_an_address_that_is_none_stops_the_build(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOK_ADDRESS", "example.org")
    done = book.build()
    assert done.returncode != 0
    assert "BOOK_ADDRESS=example.org: need the address of the site" in done.stderr
