"""A first-time reader gets from the answer to the place in the paper, by links alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

FRONT = "chapters/index.html"
MOST = 6  # clicks


@pytest.fixture(params=[390, 1440])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    yield context.new_page()
    context.close()


def test_from_the_first_answer_to_the_place_in_the_paper_in_six_clicks(
    page: Page, server: str
) -> None:
    clicks = 0
    page.goto(f"{server}/{FRONT}")
    answer = page.locator("article li").first
    box = answer.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 900, "the first answer stands in the first screen"
    assert "certain" in answer.inner_text()  # how sure it is
    answer.locator('a[href*="-20"]').first.click()  # the study that says so
    clicks += 1
    page.wait_for_url("**/*-20*.html")
    for name in ("limits", "what-the-audit-of-the-printed-numbers-finds"):  # what is doubtful
        assert page.locator(f"section#{name} :is(li, td)").count() > 0
    page.locator("section#what-the-numbers-support a.number").first.click()
    clicks += 1
    row = page.locator("tr.addressed")
    row.wait_for()
    fold = row.locator("td.where summary")
    if fold.count():
        fold.click()
        clicks += 1
    paper = row.locator('td.where a[href^="https://doi.org/"]').first
    assert paper.is_visible()  # where in the paper the number stands, and the paper
    assert clicks + 1 <= MOST


def test_each_answer_leads_to_its_certainty_and_from_there_by_the_result_to_a_number(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/{FRONT}")
    page.locator('article li a[href*="#certainty-"]').first.click()
    page.wait_for_url("**/findings.html#certainty-*")
    fold = page.locator("details:target, details:has(:target)").first
    assert fold.get_attribute("open") is not None
    fold.locator('a[href*=".html#synthesis-"]').first.click()
    page.wait_for_url("**/*.html#synthesis-*")
    result = page.locator(f"[id='{page.url.partition('#')[2]}']")
    row = result.locator("tr:has(td.where a)").first
    if row.locator("td.where summary").count():
        row.locator("td.where summary").click()
    number = row.locator('a[href*="#n-"]').first
    target = (number.get_attribute("href") or "").partition("#")[2]
    number.click()
    page.locator(f"tr.addressed:has([id='{target}'])").wait_for()
