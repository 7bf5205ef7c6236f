"""Two built books side by side: which numbers, pages and files differ, as Markdown for a reader.

A page is compared by the text that it shows, a sentence or a table row a line, so that one changed
number is one changed line; a figure stands there with its file's size and hash.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from livingreview_book import published
from livingreview_book.shown import difference

SITE = Path("_build", "html")
LIMIT = 40_000  # characters of differences; a pull request's description holds 65,536 in all
FENCE = "~" * 6  # longer than any fence that a page shows
BLOCKS = [
    "br",
    "dd",
    "div",
    "dt",
    "figcaption",
    "h1",
    "h2",
    "h3",
    "h4",
    "li",
    "p",
    "pre",
    "summary",
]

Part = tuple[str, str]  # a title and what stands below it, or nothing


def compare(old: Path, new: Path) -> str:
    """How the book built in the folder `new` differs from the one in `old`, as Markdown.

    Each is a folder of this project after `make book`.  Raises `ValueError` for one that is
    not built.
    """
    before, after = _site(old), _site(new)
    every = before.keys() | after.keys()
    differing = sorted(name for name in every if _content(before, name) != _content(after, name))
    pages = {name: _difference(before, after, name) for name in differing if _is_page(name)}
    same_text = [name for name, lines in pages.items() if not lines]
    others = Counter(name.partition("/")[0] for name in differing if not _is_page(name))
    shown = [name for name, lines in pages.items() if lines and name in before]
    shown.sort(key=lambda name: (name not in after, sum(map(len, pages[name]))))  # short ones first
    parts = [
        (
            f"{len(every) - len(differing)} of {len(every)} files of the site are the same bytes.",
            "",
        ),
        *_numbers(old, new),
        (f"Pages that read otherwise: {len(pages) - len(same_text)}.", ""),
        *(_page(after, name, pages[name]) for name in shown),
        *_list("New pages, which are read as they are:", [n for n in pages if n not in before]),
        *_list("Pages with the same text in other markup:", same_text),
        *_list("Other files that differ:", [f"{place}: {n}" for place, n in others.items()]),
    ]
    return "\n\n".join(_within_limit(parts)) + "\n"


def _site(root: Path) -> dict[str, Path]:
    """Every file of a finished site, by its address."""
    site = root / SITE
    if not (site / "index.html").is_file():
        msg = f"{site}: need a built book, found no index.html; run `make book` in {root}"
        raise ValueError(msg)
    paths = (path for path in site.rglob("*") if path.is_file())
    return {path.relative_to(site).as_posix(): path for path in paths}


def _content(site: dict[str, Path], name: str) -> bytes | None:
    return site[name].read_bytes() if name in site else None


def _is_page(name: str) -> bool:
    return name.endswith(".html") and not name.startswith("_")


def _numbers(old: Path, new: Path) -> list[Part]:
    before, after = (json.loads((root / published.FILE).read_text("utf-8")) for root in (old, new))
    moved = published.changes(before, after)
    if not moved:
        return [(f"No published number moved, of {len(after)}.", "")]
    return _list(f"Published numbers that moved: {len(moved)}.", moved)


def _difference(before: dict[str, Path], after: dict[str, Path], page: str) -> list[str]:
    old, new = (
        "\n".join(page_text(site[page])) if page in site else "" for site in (before, after)
    )
    return difference(old, new)


def _page(after: dict[str, Path], page: str, lines: list[str]) -> Part:
    fate = "" if page in after else " (gone)"
    changed = sum(line.startswith(("-", "+")) for line in lines)
    return f"### {page}{fate}: {changed} lines", "\n".join([f"{FENCE}diff", *lines, FENCE])


def page_text(path: Path) -> list[str]:
    """The lines that a page of the site shows, without its menus."""
    soup = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    main = soup.find("article") or soup
    for mark in main(class_="headerlink"):
        mark.decompose()
    for picture in main("img"):
        picture.replace_with(f"\n{_figure(picture, path.parent)}\n")
    for block in main(BLOCKS):
        block.insert_before("\n")
        block.append("\n")
    for row in main("tr"):
        cells = (" ".join(cell.get_text().split()) for cell in row(["td", "th"]))
        row.replace_with("\n" + " | ".join(cells) + "\n")
    lines = (" ".join(line.split()) for line in main.get_text().splitlines())
    return [line for line in lines if line]


def _figure(picture: Tag, folder: Path) -> str:
    content = (folder / str(picture["src"])).read_bytes()
    mark = f"{len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()[:12]}"
    return f"[figure of {mark}: {picture.get('alt', '')}]"


def _list(title: str, items: Sequence[str]) -> list[Part]:
    return [(title, "\n".join(f"- {item}" for item in items))] if items else []


def _within_limit(parts: Iterable[Part]) -> Iterator[str]:
    room = LIMIT
    for title, body in parts:
        yield title
        if len(body) > room:
            body = _beginning(body, room)
        if body:
            yield body
            room -= len(body)


def _beginning(body: str, room: int) -> str:
    """As many whole lines as there is room for, and how many are left out."""
    lines = body.splitlines()
    end = [FENCE] if lines[-1] == FENCE else []
    begun = body[: max(room, 0)].splitlines()[:-1]
    left_out = len(lines) - len(begun) - len(end)
    return "\n".join(
        [*begun, *(end if begun else []), "", f"{left_out} more lines, too long to show."]
    )
