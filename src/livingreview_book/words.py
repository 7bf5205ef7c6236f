"""Terms of the glossary, explained where a page first uses them.

A page's first mention of a term leads to its entry and carries the entry's first sentence; an
abbreviation carries what it stands for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape
from typing import NamedTuple

from docutils import nodes
from sphinx.addnodes import glossary

TOKEN = re.compile(r"(<[^>]+>)")
NAME = re.compile(r"<(/?)([a-z][a-z0-9]*)")
FIRST_SENTENCE = re.compile(r".*?[.!?](?=\s+[A-Z]|$)", re.DOTALL)
PROSE = frozenset({"p", "li"})
QUIET = frozenset(
    {"a", "abbr", "button", "code", "figcaption", "h1", "h2", "h3", "h4", "pre", "script", "svg"}
)
OF_A_TERM = QUIET | {"summary", "table"}  # a link there would be in the way
FORMULA = '<span class="math'


class Term(NamedTuple):
    """A word of the glossary: the page and the id of its entry, and the entry's first sentence."""

    page: str
    id: str
    says: str


def terms_of(page: str, doctree: nodes.document) -> dict[str, Term]:
    """Return the terms of the glossaries of a page."""
    found = {}
    for item in (
        i for g in doctree.findall(glossary) for i in g.findall(nodes.definition_list_item)
    ):
        said = " ".join(one.astext() for one in item.findall(nodes.definition)).split()
        text = " ".join(said)
        first = FIRST_SENTENCE.match(text)
        for term in item.findall(nodes.term):
            found[term.astext()] = Term(page, term["ids"][0], first[0] if first else text)
    return found


def is_abbreviation(word: str) -> bool:
    """Whether a term is written in capitals.

    >>> is_abbreviation("GRADE"), is_abbreviation("PD-L1"), is_abbreviation("Grade")
    (True, True, False)
    """
    return len(re.findall("[A-Z]", word)) > 1 and " " not in word


def explained(body: str, terms: Mapping[str, Term], addresses: Mapping[str, str]) -> str:
    """Return a page's body with the first mention of each term explained.

    `addresses` has the address of each page with a glossary, seen from this one.

    >>> terms = {"odds ratio": Term("g", "term-odds", "One ratio."), "OR": Term("g", "t", "Odds.")}
    >>> print(explained("<p>Odds ratios (OR)</p>", terms, {"g": "g.html"}))
    <p><a class="term" href="g.html#term-odds" title="One ratio.">Odds ratios</a> \
(<abbr title="Odds.">OR</abbr>)</p>
    """
    if not terms:
        return body
    words = {word if is_abbreviation(word) else word.lower(): one for word, one in terms.items()}
    pattern = _pattern(words)
    left = dict(words)

    def marked(found: re.Match[str], *, links: bool) -> str:
        text = found[0]
        word = text if text in left else _singular(text, left)
        if word is None or not (links or is_abbreviation(word)):
            return text
        page, id_, says = left.pop(word)
        title = escape(says)
        if is_abbreviation(word):
            return f'<abbr title="{title}">{text}</abbr>'
        return f'<a class="term" href="{addresses[page]}#{id_}" title="{title}">{text}</a>'

    parts = []
    for part, may_link, may_expand in _texts(body):
        if may_link or may_expand:
            part = pattern.sub(partial(marked, links=may_link), part)
        parts.append(part)
    return "".join(parts)


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """What finds a term, the longest first, in singular or plural; ordinary ones in any case."""
    ordered = sorted(words, key=len, reverse=True)
    parts = [
        f"{re.escape(word)}s?" if is_abbreviation(word) else f"(?i:{re.escape(word)}(?:s|es)?)"
        for word in ordered
    ]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])")


def _singular(text: str, words: Mapping[str, Term]) -> str | None:
    lower = text.lower()
    forms = (lower, lower.removesuffix("s"), lower.removesuffix("es"), text.removesuffix("s"))
    return next((form for form in forms if form in words), None)


def _texts(body: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield tags and texts, each text with whether it may hold links, and abbreviations."""
    depth: dict[str, int] = {}
    formula = False
    for part in TOKEN.split(body):
        tag = NAME.match(part)
        if tag:
            formula = part.startswith(FORMULA) or (formula and part != "</span>")
            if not part.endswith("/>"):
                depth[tag[2]] = depth.get(tag[2], 0) + (-1 if tag[1] else 1)
            yield part, False, False
            continue
        within = {name for name, count in depth.items() if count > 0}
        if formula or not part.strip():
            yield part, False, False
        else:
            yield part, bool(within & PROSE) and not within & OF_A_TERM, not within & QUIET
