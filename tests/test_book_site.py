"""The finished site: strict, self-contained and described."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from livingreview_book.chapters import chapter_names

ROOT = Path(__file__).parent.parent
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
PAGES = [f"{name}.html" for name in chapter_names(ROOT)]


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module")
def site() -> Path:
    """The book as `jupyter-book build` makes it, every warning an error."""
    command = ["build", ".", "--quiet", "-n", "-W", "--keep-going"]
    program = Path(sys.executable).with_name("jupyter-book")
    done = subprocess.run([program, *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "_build" / "html"


def pages(site: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), path.read_text("utf-8")


@pytest.mark.book
def test_every_chapter_has_its_page(site: Path) -> None:
    assert [page for page in PAGES if not (site / page).is_file()] == []


@pytest.mark.book
def test_no_page_asks_another_host(site: Path) -> None:
    foreign = [
        f"{name}: {tag} {attributes[LOADED[tag]]}"
        for name, page in pages(site)
        for tag, attributes in Elements(page).found
        if tag in LOADED and re.match(r"(https?:)?//", attributes.get(LOADED[tag], ""))
        and attributes.get("rel") not in ("canonical", "author")
    ]  # fmt: skip
    in_style = [
        f"{path.relative_to(site)}: {match}"
        for path in site.rglob("*.css")
        for match in re.findall(r"url\(\s*['\"]?(?:https?:)?//[^)]*", path.read_text("utf-8"))
    ]
    known = [name for name, page in pages(site) if re.search(r"unpkg\.com|jsdelivr\.net", page)]
    assert (foreign, in_style, known) == ([], [], [])


@pytest.mark.book
def test_every_figure_says_in_words_what_it_shows(site: Path) -> None:
    silent = [
        f"{name}: {attributes}"
        for name, page in pages(site)
        for tag, attributes in Elements(page).found
        if tag == "img"
        and (len(attributes.get("alt", "")) < 15 or "_images/" in attributes.get("alt", ""))
    ]
    assert silent == []


@pytest.mark.book
def test_each_figure_of_a_page_has_a_text_of_its_own(site: Path) -> None:
    for name, page in pages(site):
        found = [attributes for tag, attributes in Elements(page).found if tag == "img"]
        drawn = {image["src"]: image["alt"] for image in found if image["src"].endswith(".svg")}
        assert len(set(drawn.values())) == len(drawn), name


@pytest.mark.book
def test_every_page_has_a_language_a_title_and_a_description(site: Path) -> None:
    for page in PAGES:
        found = Elements((site / page).read_text("utf-8")).found
        assert ("html", "en") in {(tag, a.get("lang")) for tag, a in found}, page
        descriptions = [a["content"] for tag, a in found if a.get("name") == "description"]
        assert len(descriptions) == 1, page
        assert len(descriptions[0]) > 20, page


@pytest.mark.book
def test_no_value_leaks_unformatted(site: Path) -> None:
    leak = re.compile(r"np\.float64\(|np\.int64\(|Timestamp\(|&lt;[\w.]+ object at 0x")
    assert [name for name, page in pages(site) if leak.search(page)] == []
    empty = re.compile(r'<span class="pasted-text">\s*</span>')
    assert [name for name, page in pages(site) if empty.search(page)] == []


@pytest.mark.book
def test_the_faults_of_the_theme_are_mended(site: Path) -> None:
    page = (site / PAGES[0]).read_text("utf-8")
    assert "2023" not in re.findall(r"Copyright[^<]*", page)
    assert "thebe" not in page
    assert page.count('class="search-button-field') <= 1
    assert re.search(r'class="[^"]*navbar-persistent--container', page) is None


@pytest.mark.book
def test_no_page_holds_a_script_or_a_style_and_its_policy_allows_none(site: Path) -> None:
    for name, page in pages(site):
        if name == "index.html":
            continue  # it only sends on
        soup = BeautifulSoup(page, "html.parser")
        inline = [one for one in soup("script") if not one.get("src")]
        assert {one.get("type") for one in inline} <= {"application/ld+json"}, name
        assert soup("style") == [], name
        assert [one for one in soup(True) if any(a.startswith("on") for a in one.attrs)] == [], name
        [policy] = soup("meta", {"http-equiv": "Content-Security-Policy"})
        rules = dict(rule.strip().split(" ", 1) for rule in policy["content"].split(";"))
        assert rules["default-src"] == "'none'", name
        assert rules["script-src"] == "'self'", name
        assert "'unsafe-eval'" not in policy["content"], name
        has_formulas = soup.find(class_="math") is not None
        assert ("'unsafe-inline'" in rules["style-src"]) == has_formulas, name
        assert ("mathjax" in page.split("</head>")[0].replace("MathJax", "")) == has_formulas, name


@pytest.mark.book
def test_every_icon_is_drawn_by_our_own_sheet(site: Path) -> None:
    sheet = (site / "_static" / "site.css").read_text("utf-8")
    icons = {icon for _, page in pages(site) for icon in re.findall(r"fa-solid (fa-[a-z-]+)", page)}
    assert icons
    assert [icon for icon in icons if f".{icon}{{--icon:" not in sheet.replace("\n  ", "")] == []
    assert not list(site.rglob("*fontawesome*")) + list(site.rglob("*.ttf"))


@pytest.mark.book
def test_every_file_that_a_page_names_is_there(site: Path) -> None:
    missing = set()
    for name, page in pages(site):
        for tag, attributes in Elements(page).found:
            for key in ("href", "src"):
                address = attributes.get(key, "").partition("#")[0].partition("?")[0]
                if address and not re.match(r"[a-z]+:", address) and tag != "base":
                    target = (site / name).parent / address
                    if not target.exists():
                        missing.add(f"{name}: {address}")
    assert missing == set()


@pytest.mark.book
def test_every_page_can_be_cited_and_the_citations_of_no_two_are_alike(site: Path) -> None:
    entries = {name: (site / "cite" / f"{name[:-5]}.bib").read_text("utf-8") for name in PAGES}
    keys = [entry.partition(",")[0] for entry in entries.values()]
    assert len(set(keys)) == len(keys)
    for name in PAGES:
        assert f'href="../cite/{name[:-5]}.bib"' in (site / name).read_text("utf-8")


@pytest.mark.book
def test_the_first_name_of_a_page_is_its_own_title(site: Path) -> None:
    titles = [re.findall(r"<title>(.*?)</title>", page)[0] for _, page in pages(site)]
    assert "Beyond First Line" in titles
    assert not [title for title in titles if title == "Beyond First Line &#8212; Beyond First Line"]
