"""What every page gets beyond its chapter: figures with captions, rows that lead to their page."""

import re
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from livingreview_book import drawings
from livingreview_book.drawings import Beside

FIGURE = re.compile(r'<img alt="([^"]*)" src="([^"]*/)?([^"/]+\.svg)" />')
ROW = re.compile(r'(<th scope="row">)([^<]{3,80})(</th>)')
MORE = re.compile(r" (?:†|\([^()]*\))$")  # what a label says beside a name
SIZE = re.compile(r'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS = 4 / 3  # in a point
DESKTOP = "screen and (min-width: 1200px), screen and (min-width: 800px) and (max-width: 991px)"
Size = tuple[int, int]


def size_of(path: Path) -> Size | None:
    """Return width and height of a drawing in pixels; nothing where it does not say them."""
    with path.open(encoding="utf-8") as file:
        return size_in(file.read(2000))


def size_in(svg: str) -> Size | None:
    """Return width and height of a drawing in pixels, from its beginning."""
    found = SIZE.search(svg, 0, 2000)
    return (round(float(found[1]) * PIXELS), round(float(found[2]) * PIXELS)) if found else None


def with_captions(
    body: str,
    page: str,
    size: Callable[[str], Size | None],
    beside: Callable[[str], Beside | None] = drawings.beside,
) -> str:
    """Return a page's body with each drawing as a numbered figure that can be downloaded.

    `size` says how large a drawing is, so that its room is kept free, and all but the first load
    when they come near; `beside` what stands beside it: its caption (else the first sentence of
    its text alternative), its form for a desktop, and further downloads.

    >>> image = '<img alt="A plot. Rows." src="i/a.svg" />'
    >>> print(with_captions(image, "p", lambda _: (4, 3), lambda _: None))
    <figure class="drawing"><img alt="A plot. Rows." src="i/a.svg" width="4" height="3" />
    <figcaption>Figure 1. A plot. <a href="i/a.svg" download="p-figure-1.svg">SVG</a></figcaption>
    </figure>
    """
    count, stem = 0, page.rpartition("/")[2]

    def framed(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        alternative, folder, name = found[1], found[2] or "", found[3]
        known = beside(name) or {}
        address = f"{folder}{name.removesuffix('.svg')}"
        lazy = ' loading="lazy"' if count > 1 else ""
        drawing = f'<img alt="{alternative}" src="{address}.svg"{_room(size(name))}{lazy} />'
        if "wide" in known:
            room = _room(size_in(known["wide"]))
            wide = f'<source media="{DESKTOP}" srcset="{address}{drawings.WIDE}"{room} />'
            drawing = f"<picture>{wide}{drawing}</picture>"
        links = [
            f'<a href="{address}{end}" download="{stem}-figure-{count}.{end[-3:]}">{words}</a>'
            for end, words, is_there in (
                (drawings.WIDE if "wide" in known else ".svg", "SVG", True),
                (".png", "PNG", "png" in known),
                (".csv", "rows as CSV", "csv" in known),
            )
            if is_there
        ]
        said = escape(known.get("caption", "")) or alternative.partition(". ")[0]
        caption = f"Figure {count}. {said.rstrip('.')}. {', '.join(links)}"
        return f'<figure class="drawing">{drawing}\n<figcaption>{caption}</figcaption>\n</figure>'

    return FIGURE.sub(framed, body)


def _room(size: Size | None) -> str:
    return ' width="{}" height="{}"'.format(*size) if size else ""


def with_links(body: str, addresses: Mapping[str, str]) -> str:
    """Return a page's body in which a row named like a page leads to it.

    A page is named by its title up to the first colon.

    >>> with_links('<th scope="row">Roe 2020 †</th>', {"Roe 2020": "roe.html"})
    '<th scope="row"><a href="roe.html">Roe 2020 †</a></th>'
    """

    def linked(found: re.Match[str]) -> str:
        name = found[2].replace("\N{NO-BREAK SPACE}", " ").strip()
        while name not in addresses and MORE.search(name):
            name = MORE.sub("", name)
        if name not in addresses:
            return found[0]
        return f'{found[1]}<a href="{addresses[name]}">{found[2]}</a>{found[3]}'

    return ROW.sub(linked, body)
