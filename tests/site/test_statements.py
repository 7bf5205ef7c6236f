"""A statement of the front page is followed by links alone, down to where numbers are printed."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup, Tag

from finished_site import SITE
from livingreview_certainty.page import FindingsPage
from livingreview_plan import quantity_of

ROOT = Path(__file__).parents[2]
CELLS = ["td", "th"]
RESULT = re.compile(r"\.html#synthesis-")
FRONT = SITE / "chapters" / "index.html"


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def follow(link: Tag, page: Path) -> tuple[Tag, Path]:
    """The element that a link of a page leads to, and its page."""
    address, _, id_ = str(link["href"]).partition("#")
    target = (page.parent / address).resolve() if address else page
    assert target.is_file(), f"{page.name}: {link['href']} leads to no page"
    found = parsed(target).find(id=unquote(id_))
    assert isinstance(found, Tag), f"{page.name}: {link['href']} leads to no place on its page"
    return found, target


def one(found: list[Tag], what: str) -> Tag:
    assert len(found) == 1, f"need one {what}, found {len(found)}"
    return found[0]


@cache
def front() -> FindingsPage:
    return FindingsPage(ROOT)


@pytest.mark.parametrize("key", sorted(front().statements()))
def test_a_statement_leads_to_certainty_synthesis_number_and_place(key):
    question, _, synthesis = key.partition(".")
    said = front().statements()[key]
    blocks = [block for block in parsed(FRONT).find_all(["p", "li"]) if said in text_of(block)]
    assert blocks, f"the front page does not say: {said}"
    wanted = re.compile(rf"#certainty-{re.escape(synthesis)}$")
    links = [link for block in blocks for link in block.find_all("a", href=wanted)]
    assert links, f"no link beside: {said}"
    certainty, page = follow(links[0], FRONT)
    found = next(f for f in front().found[question] if f.outcome.synthesis == synthesis)
    assert found.grade.level in certainty.get_text()
    result, page = follow(one(certainty.find_all("a", href=RESULT), "link to the result"), page)
    for effect in found.taken:
        study = front().review.studies[effect.study]
        rows = [row for row in result.find_all("tr") if study.label in text_of(row.find(CELLS))]
        row = one(rows, f"row of {study.label}")
        numbers = row.find_all("a", href=re.compile(rf"^{re.escape(study.id)}[a-z-]*\.html#n-"))
        assert numbers, f"{study.label}: no link to a printed number"
        cells = [follow(link, page)[0] for link in numbers]
        printed = [number for number in effect.sources if hasattr(number, "quantity")]
        texts = " ".join(map(text_of, cells))
        assert any(number.value in texts for number in printed), (texts, quantity_of(effect))
        for cell in cells:
            line = cell.find_parent("tr")
            assert line is not None
            assert line.find(class_="where"), f"{study.label}: no place beside {text_of(cell)}"


def text_of(element: Tag) -> str:
    return " ".join(element.get_text().split())
