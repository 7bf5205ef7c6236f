"""Data are text: a book whose every free text is hostile shows each of them as it was typed."""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from data_dictionary import dictionary, keys_of
from example_book import HEADER, REPOSITORY, Book, settle
from livingreview_record.load import load_review
from livingreview_record.plain_yaml import read_yaml
from livingreview_record.problems import DataProblemsError

STUDIES = ("gu-2026", "nct04363255")  # one with results, one without
CHAPTERS = ("synthesis", "protocol", "data", "audit", *STUDIES)
MARK = "hostile"  # in every payload; never in an element or the name of an attribute
LINE = (
    "<img src=hostile onerror=hostile()><script>hostile()</script><iframe src=//hostile.example>"
    "<form action=//hostile.example><input></form><style>hostile</style></td>\" onclick='hostile'"
    r" {raw}`hostile` {glue}`hostile` {{hostile}} $\frac{hostile$ \(\href{javascript:hostile}{x}\)"
    " [a](javascript:hostile) ![i](hostile.png) **b** &lt;b&gt; <!-- hostile --> =hostile()| [^1]"
)
BLOCK = (
    f"{LINE}\n\n# hostile\n\n```{{code-cell}} ipython3\nhostile\n```\n\n:::{{raw}} html\n<b>\n:::\n"
    "| hostile |\n|---|\n\n- hostile\n\n$$\n\\hostile\n$$\n\n(hostile)=\n[^1]: hostile\n---\n+++\n"
)
# What names something else is no free text: an id, a status, a property that a rule asks for.
NAMES = re.compile(r"\bids?\b|[Aa]s in|key of|status of|true or false| or none$|^months$")
HEAD = """# Every synthesis, and a published text

```{code-cell} ipython3
from livingreview import load_review, publish
from livingreview_plan import carry_out
from livingreview_results import page as shows
from livingreview_results import sensitivity, tables

review = load_review("..")
answers = {p.id: carry_out(review, p.id) for p in review.protocol.syntheses}
for name, study in review.studies.items():
    publish(f"synthesis.{name}", study.label)
```

"""
CELL = "```{{code-cell}} ipython3\n{}\n```\n\n"


def free_texts(pattern: str) -> dict[str, bool]:
    """The paths of a kind of file that may hold free text, and whether as a list of texts."""
    rows = [row for row in dictionary() if row["file"] == pattern]
    names = [row["name"] for row in rows]
    return {
        row["name"]: row["values"].startswith("list")
        for row in rows
        if not NAMES.search(row["values"].replace("the key is its id", ""))
        and not row["name"].startswith("syntheses[].include")  # rules
        and not row["name"].endswith(".kind")  # by which code chooses
        and (not row["name"].startswith("statements[]") or row["name"].endswith(".what"))
        and not any(name.startswith((f"{row['name']}.", f"{row['name']}[")) for name in names)
    }


def mappings(content: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping of a YAML file with its path in the dictionary."""
    if isinstance(content, list):
        for value in content:
            yield from mappings(value, f"{path}[]")
    elif isinstance(content, dict):
        yield path, content
        for key, value in content.items():
            (name, *_) = keys_of({key: 0}, path)
            yield from mappings(value, name)


class Hostile:
    """A copy of the repository's data whose free texts are hostile, and what was typed where."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.typed: dict[str, str] = {}

    def replace_all(self) -> None:
        """Put a payload into every text that the loader takes: in one line, then in a block."""
        for name in STUDIES:
            self._replace(name, f"data/studies/{name}/study.yaml", "data/studies/*/study.yaml")
        self._replace(STUDIES[0], "data/review.yaml", "data/review.yaml")
        for name in STUDIES:
            if (path := self.root / "data" / "studies" / name / "reported.csv").exists():
                self._replace_columns(name, path)

    def _replace(self, study: str, file: str, pattern: str) -> None:
        free = free_texts(pattern)
        taken = self._taken(study, self.root / file, free, LINE)
        self._taken(study, self.root / file, taken, BLOCK)

    def _taken(
        self, study: str, path: Path, free: dict[str, bool], payload: str
    ) -> dict[str, bool]:
        """The paths that take the payload, written to the file; where some do not, halves are."""
        before = path.read_text("utf-8")
        typed = self._write_yaml(path, free, payload)
        if self._loads(study):
            self.typed |= typed
            return free
        path.write_text(before, "utf-8")
        if len(free) < 2:
            return {}
        items = list(free.items())
        halves = (dict(items[: len(items) // 2]), dict(items[len(items) // 2 :]))
        first, second = (self._taken(study, path, half, payload) for half in halves)
        return first | second

    def _write_yaml(self, path: Path, free: dict[str, bool], payload: str) -> dict[str, str]:
        content = read_yaml(path, [])
        typed: dict[str, str] = {}
        added: set[str] = set()  # a text that is missing is added once
        for above, mapping in list(mappings(content)):
            own = path.parent.name
            for name in (name for name in free if name.rpartition(".")[0] == above):
                key = name.rpartition(".")[2]
                for one in list(mapping) if key == "*" else [key]:
                    place = f"place {len(typed)} {own} {name}:"
                    text = f"{place} {payload}"
                    old = mapping.get(one, [""] if free[name] else "")
                    if (one in mapping or name not in added) and not isinstance(old, dict):
                        typed[place] = text
                        mapping[one] = text
                        if isinstance(old, list):  # each item once
                            more = (f"{n} {text}" for n in range(2, len(old) + 1))
                            mapping[one] = [text, *more]
                    added.add(name)
        text = yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        path.write_text(text, "utf-8")
        return typed

    def _loads(self, study: str) -> bool:
        try:
            load_review(self.root, only=[study])
        except DataProblemsError:
            return False
        return True

    def _replace_columns(self, study: str, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for column in rows[0]:
            if not any(row[column] for row in rows):
                continue
            place = f"place {study} {column}:"
            for payload in (BLOCK, LINE):
                hostile = [
                    {**row, column: row[column] and f"{row[column]} {place} {payload}"}
                    for row in rows
                ]
                self._write(path, hostile)
                if self._loads(study):
                    self.typed[place] = f"{place} {payload}"
                    rows = hostile
                    break
                self._write(path, rows)

    def _write(self, path: Path, rows: list[dict[str, str]]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def write_chapters(book: Book) -> None:
    plans = yaml.safe_load((REPOSITORY / "data" / "review.yaml").read_text("utf-8"))["syntheses"]
    (book.root / "chapters").mkdir()
    for name in CHAPTERS[1:]:
        shutil.copy(REPOSITORY / "chapters" / f"{name}.md", book.root / "chapters")
    cells = [
        cell
        for plan in plans
        for cell in (
            f'shows.arms_plot(answers["{plan["id"]}"]) if answers["{plan["id"]}"] else None'
            if plan["kind"] == "proportion"
            else f'shows.forest_plot(answers["{plan["id"]}"][0])',
            f'tables.notes(answers["{plan["id"]}"][0]) if answers["{plan["id"]}"] else None',
        )
    ]
    cells += ["tables.certainty_table(review)", "sensitivity.multiverse_table(review)"]
    glued = "".join(f"A label is {{glue:text}}`synthesis.{name}`.\n" for name in STUDIES)
    text = HEADER + HEAD + glued + "\n" + "".join(CELL.format(cell) for cell in cells)
    (book.root / "chapters" / "synthesis.md").write_text(text, encoding="utf-8")
    linked = {
        name
        for path in (book.root / "chapters").glob("*.md")
        for name in re.findall(r"\]\(([\w-]+)\.md\)", path.read_text("utf-8"))
    }
    others = sorted(linked - set(CHAPTERS))  # a page to link to, for chapters that are not here
    for name in others:
        (book.root / "chapters" / f"{name}.md").write_text(f"# Of {name}\n", encoding="utf-8")
    files = "".join(f"  - file: chapters/{name}\n" for name in [*CHAPTERS[1:], *others])
    toc = f"format: jb-book\nroot: chapters/synthesis\nchapters:\n{files}"
    (book.root / "_toc.yml").write_text(toc, encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, dict[str, str]]:
    """The repository's own chapters over hostile data, built as ``make book`` builds them."""
    root = tmp_path_factory.mktemp("hostile")
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")
    for name in ("data", "assets", "src"):
        shutil.copytree(REPOSITORY / name, root / name, ignore=hidden)
    for name in ("_config.yml", "requirements.lock"):
        shutil.copy(REPOSITORY / name, root)
    (root / "CHANGELOG.md").write_text(
        f"# Changes\n\n## Unreleased\n\n- {LINE}\n", encoding="utf-8"
    )
    citation = {"title": LINE, "authors": [{"name": LINE}], "version": LINE}
    (root / "CITATION.cff").write_text(yaml.safe_dump(citation), encoding="utf-8")
    hostile = Hostile(root)
    hostile.replace_all()
    book = Book(root)
    write_chapters(book)
    settle()
    done = book.build()
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return book, hostile.typed


def plain(text: str) -> str:
    return "".join(text.casefold().split())


def pages(book: Book) -> Iterator[tuple[str, BeautifulSoup]]:
    for path in sorted((book.root / "_build" / "html").rglob("*.html")):
        yield path.stem, BeautifulSoup(path.read_text("utf-8"), "html.parser")


def is_description(one: Tag) -> bool:
    """Whether an element holds a page's description as JSON, and nothing that could end it."""
    text = one.get_text()
    is_json = one.get("type") == "application/ld+json"
    return is_json and "<" not in text and isinstance(json.loads(text), dict)


@pytest.mark.book
def test_every_free_text_was_tried(book: tuple[Book, dict[str, str]]) -> None:
    tried = {place.rstrip(":").rpartition(" ")[2] for place in book[1]}
    shown = {"label", "status_reason", "population", "limits", "authors_conclude",
             "reports[].title", "reports[].not_confirmed", "shares_patients[].why",
             "arms.*.label", "arms.*.regimen", "outcomes.*.label", "outcomes.*.note",
             "variables.*.levels.*", "eligibility.include", "eligibility.awaiting",
             "treatment_classes.*", "syntheses[].title"}  # fmt: skip
    assert shown <= tried
    assert {"section", "table", "row", "note"} <= tried


@pytest.mark.book
def test_no_element_and_no_attribute_comes_from_data(book: tuple[Book, dict[str, str]]) -> None:
    found = []
    for name, page in pages(book[0]):
        for one in page.find_all(True):
            assert isinstance(one, Tag)
            live = {key for key in one.attrs if key.startswith("on") or MARK in key}
            if MARK in one.name or one.name in ("iframe", "object", "embed", "base"):
                live.add(one.name)
            for key in ("src", "href", "action", "style", "class", "id"):
                value = str(one.get(key, ""))
                if MARK in value and not re.match(r"https://doi\.org/", value):
                    live.add(f"{key}={value}")
            if one.name in ("script", "style") and MARK in one.get_text():
                live |= set() if is_description(one) else {one.name}
            found += [f"{name}: <{one.name}> {what}" for what in sorted(live)]
        forms = [form.get("action") for form in page.find_all("form")]
        assert set(forms) <= {"../search.html", "search.html", "#"}, name
    assert found == []


@pytest.mark.book
def test_no_text_of_data_is_typeset_as_a_formula(book: tuple[Book, dict[str, str]]) -> None:
    for name, page in pages(book[0]):
        for text in page.find_all(string=re.compile(MARK)):
            classes = [set(above.get("class") or []) for above in text.parents]
            nearest = next((c for c in classes if c & {"math", "mathjax_ignore"}), {"head"})
            assert "math" not in nearest, f"{name}: {text[:200]}"
            assert nearest == {"head"} or "mathjax_ignore" in nearest


@pytest.mark.book
def test_every_text_that_a_page_shows_is_there_as_it_was_typed(
    book: tuple[Book, dict[str, str]],
) -> None:
    all_text = {
        name: plain(page.article.get_text()) for name, page in pages(book[0]) if page.article
    }
    for page in all_text:
        assert all_text[page], page
    missing, seen = [], set[str]()
    for place, typed in book[1].items():
        for name, text in all_text.items():
            if plain(place) in text:
                seen.add(place.rpartition(" ")[2])
                if plain(typed) not in text:
                    missing.append(f"{name}: {place}")
    assert missing == []
    assert len(seen) > 40


@pytest.mark.book
def test_drawings_and_downloads_hold_text_only(book: tuple[Book, dict[str, str]]) -> None:
    html = book[0].root / "_build" / "html"
    drawings = sorted(html.rglob("_images/*.svg"))
    assert drawings
    for drawing in drawings:
        for one in ElementTree.parse(drawing).iter():
            name = str(one.tag).rpartition("}")[2]
            assert name not in ("script", "foreignObject", "a", "image", "iframe", "form"), drawing
            assert not [key for key in one.attrib if key.startswith("on")], drawing
    numbers = json.loads((html / "downloads" / "numbers.json").read_text("utf-8"))
    with (html / "downloads" / "numbers.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == numbers
    assert all(cell[:1] not in ("=", "@", "\t", "\r") for row in numbers for cell in row.values())
    index = (html / "searchindex.js").read_text("utf-8")
    json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))


@pytest.mark.book
def test_the_feed_and_the_citations_hold_text_only(book: tuple[Book, dict[str, str]]) -> None:
    html = book[0].root / "_build" / "html"
    feed = ElementTree.parse(html / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    assert [one.text for one in feed.iter(f"{atom}content")] == [f"- {LINE}"]
    assert feed.findtext(f"{atom}title") == LINE
    elements = ("feed", "title", "id", "updated", "author", "name", "entry", "link", "content")
    assert {str(one.tag) for one in feed.iter()} <= {f"{atom}{name}" for name in elements}
    for path in html.glob("cite/**/*.ris"):
        assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in path.read_text().splitlines())
    for path in html.glob("cite/**/*.bib"):
        entry = re.sub(r"\\[{}]", "", path.read_text())
        assert entry.count("{") == entry.count("}")
