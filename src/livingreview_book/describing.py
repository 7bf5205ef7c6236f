"""What a page says about itself to search engines, reference managers and previews of links."""

import json
from html import escape

from livingreview_book.citing import Work

Tag = tuple[str, str, str]  # the attribute that names it, its name, its content


def tags(work: Work, description: str, *, language: str) -> str:
    """Return the elements that describe a page: meta elements, its address, and JSON-LD."""
    found: list[Tag] = [
        ("name", "description", description),
        ("property", "og:type", "article" if work.within else "website"),
        ("property", "og:site_name", work.within or work.title),
        ("property", "og:title", work.title),
        ("property", "og:description", description),
        ("property", "og:url", work.address),
        ("name", "twitter:card", "summary"),
        ("name", "citation_title", work.title),
        *(("name", "citation_author", name) for name in work.authors),
        ("name", "citation_inbook_title", work.within),
        ("name", "citation_publication_date", work.date.replace("-", "/")),
        ("name", "citation_language", language),
        ("name", "citation_public_url", work.address),
    ]
    lines = [
        f'<meta {kind}="{name}" content="{escape(content)}" />'
        for kind, name, content in found
        if content
    ]
    if work.address:
        lines.append(f'<link rel="canonical" href="{escape(work.address)}" />')
    return "\n".join([*lines, _json_ld(work, description, language)])


def _json_ld(work: Work, description: str, language: str) -> str:
    """Return the page in schema.org's terms; no `<` in it, so that no text can end the element."""
    book = {
        "@type": "Book",
        "name": work.within or work.title,
        "author": [{"@type": "Organization", "name": name} for name in work.authors],
        "version": work.version,
        "datePublished": work.released,
        "dateModified": work.date,
        "license": work.licence,
    }
    known = {name: value for name, value in book.items() if value}
    page = {"@type": "Chapter", "name": work.title, "isPartOf": known} if work.within else known
    seen = {"description": description, "inLanguage": language}
    seen |= {"url": work.address} if work.address else {}
    text = json.dumps({"@context": "https://schema.org", **page, **seen}, ensure_ascii=False)
    text = text.replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'
