"""What stands beside the pages: citations, the feed, the map of the site, its root."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from livingreview_book import citing
from livingreview_book.changes import atom, releases
from livingreview_book.citing import Work


def files(root: Path, book: Work, titles: Mapping[str, str], *, front: str) -> dict[str, str]:
    """Return each file's text by its address; `titles` has those of the pages by their names."""
    written = {"robots.txt": _robots(book)}
    if front != "index":
        written["index.html"] = _redirect(book.title, f"{front}.html")
    if book.address:
        written["sitemap.xml"] = _sitemap(book.address, sorted(titles))
    if found := releases(root):
        written["feed.xml"] = atom(
            found, title=book.title, author=book.authors[0], date=book.date, address=book.address
        )
    if (root / citing.FILE).is_file():
        written["cite/CITATION.cff"] = (root / citing.FILE).read_text("utf-8")
    works = {"book": book}
    works |= {
        name: citing.page(book, title, name, is_front=name == front)
        for name, title in titles.items()
    }
    for name, work in works.items():
        written[f"cite/{name}.bib"] = citing.bibtex(work)
        written[f"cite/{name}.ris"] = citing.ris(work)
    return written


def _robots(book: Work) -> str:
    place = f"Sitemap: {book.address}sitemap.xml\n" if book.address else ""
    return f"User-agent: *\nAllow: /\n{place}"


def _sitemap(address: str, names: list[str]) -> str:
    places = "".join(f"<url><loc>{escape(address)}{name}.html</loc></url>\n" for name in names)
    kind = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{kind}">\n{places}</urlset>\n'


def _redirect(title: str, target: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8" />'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1" />'
        f'<meta http-equiv="Refresh" content="0; url={target}" />'
        f'<link rel="canonical" href="{target}" /></head>'
        f'<body><h1>{escape(title)}</h1><p><a href="{target}">Go to the review</a></p>'
        "</body></html>\n"
    )
