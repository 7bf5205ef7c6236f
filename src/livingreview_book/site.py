"""A Sphinx extension that makes the finished site light, safe, described and citable.

Pages come from the templates under `theme/`: one style sheet, only the scripts that a page needs,
no inline script, and a content security policy that allows nothing else.  Beside them are written
the style sheet, the citations, the feed, the map of the site, and what stands at its root.
"""

import hashlib
import os
import re
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from docutils.nodes import document, math, math_block, paragraph
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.jinja2glue import SphinxFileSystemLoader

from livingreview_book import beside, citing, describing, dress, stylesheet, words
from livingreview_book.changes import releases
from livingreview_book.citing import Work
from livingreview_book.progress import Progress
from livingreview_book.words import Term
from livingreview_record import write_whole

THEME = Path(__file__).parent / "theme"
ADDRESS = "BOOK_ADDRESS"  # the environment's word for where the site will stand
BEFORE_LAST = 950  # priority of event handlers: after the theme's, before the build is called whole
DESCRIPTION_LENGTH = 160  # characters
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri {base}; form-action 'self'"
)
FOLD_NAME = ' aria-label="Toggle hidden content"'  # MyST-NB's
MATHJAX = "_static/mathjax/tex-chtml.js"
EVERYWHERE = (
    "_static/documentation_options.js",
    "_static/doctools.js",
    "_static/sphinx_highlight.js",
    "_static/scripts/sphinx-book-theme.js",
    "_static/scripts/pydata-sphinx-theme.js",
    "_static/book.js",
)
THEMES_OWN = ("styles/theme.css", "styles/pydata-sphinx-theme.css")  # its template loads them
SEARCH = ("_static/language_data.js", "_static/searchtools.js", "searchindex.js")
WHERE_NAMED = (  # scripts that a page needs if its body says so
    ('class="highlight', ("_static/clipboard.min.js", "_static/copybutton.js")),
    ("dropdown", ("_static/togglebutton.js",)),
    ("sd-tab-set", ("_static/design-tabs.js",)),
    ("data-explorer", ("_static/explorer.js",)),
)


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx."""
    progress = Progress()
    app.connect("source-read", lambda _app, page, _text: progress.step("reading", page))
    app.connect("html-page-context", lambda _app, page, *_: progress.step("writing", page))
    app.connect("builder-inited", _use_templates)
    app.connect("doctree-read", _note_terms)
    app.connect("env-purge-doc", lambda _app, env, name: _terms(env).pop(name, None))
    app.connect("env-updated", _look_again)
    app.connect("html-collect-pages", _not_found)
    app.connect("html-page-context", _complete, priority=BEFORE_LAST)
    app.connect("build-finished", _finish, priority=BEFORE_LAST)
    return {"version": "1", "env_version": 1, "parallel_read_safe": True}


def _use_templates(app: Sphinx) -> None:
    """Put our templates before the theme's; in the configuration their path would change bytes."""
    if app.builder.format == "html":
        templates = app.builder.templates
        templates.loaders.insert(0, SphinxFileSystemLoader(str(THEME)))
        templates.templatepathlen += 1


def date_of_build() -> str:
    """Return the day by which the site is dated, that of the last commit."""
    moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    return moment.date().isoformat()


def address_of(app: Sphinx) -> str:
    """Return where the site will stand, with a slash at its end; nothing where nobody said."""
    said = app.config.html_baseurl or os.environ.get(ADDRESS, "")
    if said and not re.match(r"https?://[^/]", said):
        msg = f"{ADDRESS}={said}: need the address of the site, such as https://example.org/review/"
        raise ExtensionError(msg)
    return f"{said.rstrip('/')}/" if said else ""


def _book(app: Sphinx) -> Work:
    return citing.book_of(
        Path(app.confdir),
        title=app.config.html_title,
        author=app.config.author,
        date=date_of_build(),
        address=address_of(app),
    )


def _look(app: Sphinx) -> str:
    """Return the mark of everything from which pages get their look, for their links to it."""
    mark = hashlib.sha256(version("sphinx-book-theme").encode())
    folders = [Path(app.confdir, name) for name in app.config.html_static_path]
    for path in sorted(path for folder in (THEME, *folders) for path in folder.rglob("*")):
        if path.is_file():
            mark.update(path.name.encode() + path.read_bytes())
    return mark.hexdigest()[:8]


def _look_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return every page, if what all of them carry is other than in the last build."""
    now = repr(
        (_look(app), _book(app), bool(releases(Path(app.confdir))), sorted(_terms(env).items()))
    )
    before, env.book_look = vars(env).get("book_look"), now  # type: ignore[attr-defined]
    return [] if before == now else sorted(env.found_docs)


def _terms(env: BuildEnvironment) -> dict[str, dict[str, Term]]:
    """Return the terms of each page that has a glossary, kept with Sphinx's own memory."""
    terms: dict[str, dict[str, Term]] = vars(env).setdefault("book_terms", {})
    return terms


def _note_terms(app: Sphinx, doctree: document) -> None:
    if found := words.terms_of(app.env.docname, doctree):
        _terms(app.env)[app.env.docname] = found


def _not_found(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page that a server shows for an address that does not exist."""
    front = app.builder.get_target_uri(app.config.root_doc)
    body = (
        "<h1>There is no such page</h1><p>It may have been renamed or removed. "
        f'Please begin at the <a href="{front}">front page</a>, or search.</p>'
    )
    yield "404", {"title": "There is no such page", "body": body}, "page.html"


def _complete(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: document | None
) -> None:
    """Give a page its scripts, its policy, its description and its citation."""
    book, root = _book(app), Path(app.confdir)
    formulas = _has_formulas(doctree)
    lost = page == "404"  # shown at any depth, so that its links need the site's address
    context["title"] = context.get("title") or "Search"  # the one page that has no title
    title = app.env.titles[page].astext() if page in app.env.titles else context["title"]
    work = citing.page(book, title, page, is_front=page == app.config.root_doc)
    if "body" in context:
        context["body"] = _dressed(app, page, context["body"])
    context |= {
        "mark": _look(app),
        "metatags": "",
        "pageurl": None,
        "page_scripts": _scripts(page, context.get("body", ""), formulas=formulas),
        "policy": POLICY.format(
            styles=" 'unsafe-inline'" if formulas else "", base="'self'" if lost else "'none'"
        ),
        "base": book.address if lost else "",
        "description_tags": describing.tags(
            work, _description(doctree, app.config.html_title), language=app.config.language
        ),
        "feed": bool(releases(root)),
        "cff": (root / citing.FILE).is_file(),
        "citation": citing.in_words(work) if page in app.env.found_docs else "",
        "cite_name": page,
    }


def _dressed(app: Sphinx, page: str, body: str) -> str:
    """Return a page's body with captions and links, and folds named by the text that they show."""
    builder, env = app.builder, app.env
    sources = {name: Path(app.srcdir, source) for source, name in builder.images.items()}
    named = {env.titles[name].astext().partition(": "): name for name in sorted(env.found_docs)}
    addresses = {
        title: builder.get_relative_uri(page, name)
        for (title, colon, _), name in named.items()
        if colon and name != page and page in env.found_docs
    }
    body = dress.with_captions(
        body, page, lambda name: dress.size_of(sources[name]) if name in sources else None
    )
    body = dress.with_links(body.replace(FOLD_NAME, ""), addresses)
    glossaries = _terms(env)
    if page in glossaries or page not in env.found_docs:
        return body
    known = {word: term for found in glossaries.values() for word, term in found.items()}
    return words.explained(
        body, known, {name: builder.get_relative_uri(page, name) for name in glossaries}
    )


def _has_formulas(doctree: document | None) -> bool:
    found = doctree.findall(lambda node: isinstance(node, math | math_block)) if doctree else ()
    return any(True for _ in found)


def _scripts(page: str, body: str, *, formulas: bool) -> list[str]:
    named = (names for mark, names in WHERE_NAMED if mark in body)
    return [
        *EVERYWHERE,
        *(name for names in named for name in names),
        *(SEARCH if page == "search" else ()),
        *((MATHJAX,) if formulas else ()),
    ]


def _description(doctree: document | None, otherwise: str) -> str:
    """Return what a search engine shows below the title: the page's first paragraph."""
    paragraphs = doctree.findall(paragraph) if doctree else ()
    text = next((node.astext() for node in paragraphs), otherwise)
    return textwrap.shorten(text, DESCRIPTION_LENGTH, placeholder=" …")


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    site, root, book = Path(app.outdir), Path(app.confdir), _book(app)
    pages = {
        path.relative_to(site).as_posix(): path.read_text("utf-8")
        for path in sorted(site.rglob("*.html"))
        if path.relative_to(site).parts[0] != "_static"
    }
    _write_sheet(app, site, pages)
    titles = {name: app.env.titles[name].astext() for name in sorted(app.env.found_docs)}
    files = beside.files(root, book, titles, front=app.config.root_doc)
    for path in (site / "feed.xml", site / "sitemap.xml", *(site / "cite").rglob("*.*")):
        if path.relative_to(site).as_posix() not in files:
            path.unlink(missing_ok=True)  # of an earlier build
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(site / name, text)


def _write_sheet(app: Sphinx, site: Path, pages: dict[str, str]) -> None:
    """Write the common style sheet; remove from `_static` what no page, script or sheet names."""
    static = site / "_static"
    linked = {name for page in pages.values() for name in re.findall(r"_static/([^\"?#]+)", page)}
    scripts = "\n".join(
        (static / name).read_text("utf-8") for name in sorted(linked) if name.endswith(".js")
    )
    names = stylesheet.names_in_script(scripts)
    for page in pages.values():
        names |= stylesheet.names_in_page(page)
    shared = getattr(app.builder, "globalcontext", None)  # what all pages that were written share
    if shared is not None:  # else no page was written, and the sheet is as it was
        asked = (sheet.filename.removeprefix("_static/") for sheet in shared["css_files"])
        text = "".join(
            stylesheet.used(stylesheet.rules(stylesheet.sheet(static / name, name)), names)
            for name in (*THEMES_OWN, *asked)
        )
        write_whole(static / "site.css", text)
    text = (static / "site.css").read_text("utf-8")
    for path in sorted(static.rglob("*"), reverse=True):
        place = path.relative_to(static).as_posix()
        if path.is_dir():
            path.rmdir() if not any(path.iterdir()) else None
        elif not (
            place in linked
            or place == "site.css"
            or f'url("{place}")' in text
            or (place.startswith("mathjax/") and MATHJAX.removeprefix("_static/") in linked)
        ):
            path.unlink()
