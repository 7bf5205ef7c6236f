"""The list of changes as releases, and as an Atom feed that tells a reader of new ones."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

FILE = "CHANGELOG.md"
HEADING = re.compile(r"^## +(\S+?)(?:,? +(\S.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Release:
    """One section of the list: its name, the day of its release (nothing yet: ""), its lines."""

    name: str
    date: str
    lines: tuple[str, ...]


def releases(root: Path) -> list[Release]:
    r"""Return the sections of the list of changes, newest first; none where there is no list."""
    path = root / FILE
    return parse(path.read_text("utf-8")) if path.is_file() else []


def parse(text: str) -> list[Release]:
    r"""Return the sections of a list of changes.

    A release's heading holds its name and its day: `## 0.1.0, 21 November 2026`.  Raise
    `ValueError` for a day that is written otherwise.

    >>> parse("# Changes\n\n## 0.1.0, 21 November 2026\n\n- One.\n")
    [Release(name='0.1.0', date='2026-11-21', lines=('- One.',))]
    """
    found = list(HEADING.finditer(text))
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    return [
        Release(heading[1], _day(heading[2]), _lines(text[heading.end() : end]))
        for heading, end in zip(found, ends, strict=True)
    ]


def _day(text: str | None) -> str:
    return datetime.strptime(text, "%d %B %Y").date().isoformat() if text else ""


def _lines(section: str) -> tuple[str, ...]:
    return tuple(line for line in section.splitlines() if line.strip())


def atom(found: list[Release], *, title: str, author: str, date: str, address: str) -> str:
    """Return the feed: an entry for each release that says something, as plain text.

    `date` is that of the last change, which an unreleased section carries.  Without an address
    the feed names itself by its title, for a feed needs an identity.
    """
    identity = address or f"urn:book:{quote(title)}"
    entries = "".join(
        _entry(release, release.date or date, identity, address)
        for release in found
        if release.lines
    )
    link = f'<link rel="self" href={quoteattr(f"{address}feed.xml")}/>' if address else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<title>{escape(title)}</title><id>{escape(identity)}</id>{link}\n"
        f"<updated>{date}T00:00:00Z</updated><author><name>{escape(author)}</name></author>\n"
        f"{entries}</feed>\n"
    )


def _entry(release: Release, date: str, identity: str, address: str) -> str:
    joint = "" if identity.endswith("/") else ":"
    href = f"{address}chapters/changes.html" if address else "chapters/changes.html"
    text = "\n".join(line.lstrip("# ") for line in release.lines)
    return (
        f"<entry><title>{escape(release.name)}</title>"
        f"<id>{escape(f'{identity}{joint}changes/{quote(release.name)}')}</id>"
        f"<link href={quoteattr(href)}/><updated>{date}T00:00:00Z</updated>\n"
        f'<content type="text">{escape(text)}</content></entry>\n'
    )
