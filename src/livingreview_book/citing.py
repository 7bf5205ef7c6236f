"""The book, a page and a version of it as others cite them: in words, as BibTeX, as RIS."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from livingreview_book.changes import releases

FILE = "CITATION.cff"
LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
LATEX |= {character: f"\\{character}" for character in "{}$&%#_"}


@dataclass(frozen=True)
class Work:
    """What is cited; `within` is the book's title where it is a page of it."""

    title: str
    authors: tuple[str, ...]
    version: str
    date: str  # of the last change, as 2026-11-24
    address: str = ""  # nothing where the site has none yet
    within: str = ""
    licence: str = ""
    released: str = ""


def book_of(root: Path, *, title: str, author: str, date: str, address: str) -> Work:
    """Return the book at `root` as its citation file describes it, or else by what is given."""
    path = root / FILE
    cited: dict[str, Any] = yaml.safe_load(path.read_text("utf-8")) if path.is_file() else {}
    names = tuple(_name(one) for one in cited.get("authors", [])) or (author,)
    licence = cited.get("license", "")
    return Work(
        title=str(cited.get("title", title)),
        authors=names,
        version=_version(root, str(cited.get("version", ""))),
        date=date,
        address=address,
        licence=", ".join(licence) if isinstance(licence, list) else str(licence),
        released=str(cited.get("date-released", "")),
    )


def page(book: Work, title: str, name: str, *, is_front: bool) -> Work:
    """Return the page of this book with this title and name; its front page stands for the book."""
    address = f"{book.address}{name}.html" if book.address else ""
    if is_front:
        return replace(book, address=address)
    return replace(book, title=title, within=book.title, address=address)


def _name(author: dict[str, str]) -> str:
    person = f"{author.get('family-names', '')}, {author.get('given-names', '')}".strip(", ")
    return author.get("name") or person


def _version(root: Path, version: str) -> str:
    """Return the version; it says so if the list of changes holds some that came after it."""
    first = next(iter(releases(root)), None)
    later = first is not None and first.date == "" and bool(first.lines)
    return f"{version} with later changes" if version and later else version


def in_words(work: Work) -> str:
    """Return the citation as a sentence.

    >>> in_words(Work("Results", ("A. Group",), "0.1.0", "2026-11-24", within="Book"))
    'A. Group. Results. In: Book. Version 0.1.0, 2026-11-24.'
    """
    parts = ["; ".join(work.authors), work.title]
    parts += [f"In: {work.within}"] if work.within else []
    parts.append(", ".join(filter(None, [work.version and f"Version {work.version}", work.date])))
    sentence = " ".join(f"{part.rstrip('.')}." for part in parts)
    return f"{sentence} {work.address}".strip()


def key(work: Work) -> str:
    """Return a short name that tells the works of one book apart.

    >>> key(Work("Gu 2026: results", ("The Group",), "1", "2026-11-24", within="The Book"))
    'group-2026-gu-2026-results'
    """
    words = re.sub(r"[^a-z0-9]+", " ", f"{work.authors[0]} {work.date[:4]} {work.title}".lower())
    return "-".join(word for word in words.split() if word not in ("a", "the", "of"))[:60].strip(
        "-"
    )


def bibtex(work: Work) -> str:
    """Return the work as an entry that BibTeX and biber read."""
    fields = {
        "author": " and ".join(f"{{{_latex(name)}}}" for name in work.authors),
        "title": f"{{{_latex(work.title)}}}",
        "booktitle": work.within and f"{{{_latex(work.within)}}}",
        "year": work.date[:4],
        "date": work.date,
        "version": _latex(work.version),
        "note": _latex(f"Version {work.version}" if work.version else ""),
        "url": work.address,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    kind = "incollection" if work.within else "misc"
    return "\n".join([f"@{kind}{{{key(work)},", *lines, "}", ""])


def _latex(text: str) -> str:
    return "".join(LATEX.get(character, character) for character in text)


def ris(work: Work) -> str:
    """Return the work in the format that reference managers import."""
    fields = [
        ("TY", "CHAP" if work.within else "BOOK"),
        *(("AU", name) for name in work.authors),
        ("TI", work.title),
        ("T2", work.within),
        ("ET", work.version),
        ("PY", work.date[:4]),
        ("DA", work.date.replace("-", "/")),
        ("UR", work.address),
    ]
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return "\n".join([*lines, "ER  - ", ""])
