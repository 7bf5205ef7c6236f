"""The one door to HTML: whatever is not built here is text, and is shown as it was typed.

Text of data never passes through Markdown, so no tag, directive, role, formula or link in it is
ever read as one.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import final

ADDRESS = re.compile(r"https?://[^\s;,<>\"]*[^\s;,.)<>\"]|\b10\.\d{4,}/[^\s;,]*[^\s;,.)]")
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_TABLE = ("caption", "table", "tbody", "td", "th", "thead", "tr")
TAGS = frozenset(
    {"a", "details", "div", "em", "li", "p", "span", "strong", "summary", "ul", *_TABLE}
)
_LINK, _CELL = ("download", "href"), ("colspan", "data-label", "rowspan", "scope")
ATTRIBUTES = frozenset(
    {
        *("aria-label", "class", "data-explorer", "id", "lang", "role", "tabindex"),
        *_LINK,
        *_CELL,
    }
)
SCHEME = re.compile(r"(?i)(?!https?:)[^/?#]*:")  # of an address that a page must not open


class Html(str):
    """HTML that `element` or `linked` built; any other `str` is text."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str) -> Html:
    """An element around its content: `Html` stays as it is, any other text is escaped.

    An underscore before or inside an attribute's name stands for a hyphen or for nothing
    (`class_`, `aria_label`).  Raises `ValueError` for a tag, an attribute or an address that
    could run something or load something.

    >>> element("p", "a < b, ", element("strong", "R&D"), class_="note")
    '<p class="note">a &lt; b, <strong>R&amp;D</strong></p>'
    """
    named = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
    if tag not in TAGS or not named.keys() <= ATTRIBUTES or SCHEME.match(named.get("href", "")):
        msg = (
            f"need an element that shows text, found <{tag}> with {named}; "
            "see livingreview_display.markup"
        )
        raise ValueError(msg)
    head = "".join(f' {name}="{escape(value)}"' for name, value in named.items())
    return Html(f"<{tag}{head}>{joined(*content)}</{tag}>")


def joined(*content: str, between: str = "") -> Html:
    """Parts one after the other: `Html` stays as it is, any other text is escaped."""
    return Html(escape(between).join(map(_escaped, content)))


def linked(text: str) -> Html:
    """The text with its web addresses and DOIs as links.

    >>> linked("see 10.1000/abc.")
    'see <a href="https://doi.org/10.1000/abc">10.1000/abc</a>.'
    """
    return joined(*_with_links(text))


def _with_links(text: str) -> Iterator[str]:
    end = 0
    for match in ADDRESS.finditer(text):
        found = match.group()
        address = found if found.startswith("http") else f"https://doi.org/{found}"
        yield text[end : match.start()]
        yield element("a", found.partition("://")[2] or found, href=address)
        end = match.end()
    yield text[end:]


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else escape(str(text))


class Shown:
    """What a notebook shows on a page as HTML; `html` builds it, or says that there is none.

    With `in_short` the reference text of a chapter holds the plain text in place of the HTML's.
    """

    in_short: bool = False

    def html(self) -> Html | None:
        """The HTML to show; nothing where another form is shown."""
        raise NotImplementedError

    @final
    def _repr_html_(self) -> str | tuple[str, dict[str, bool]] | None:
        found = self.html()
        if found is not None and not isinstance(found, Html):
            msg = f"need HTML from livingreview_display.markup, found a {type(found).__name__}"
            raise TypeError(msg)
        if found is None:
            return None
        return (str(found), {"in_short": True}) if self.in_short else str(found)
