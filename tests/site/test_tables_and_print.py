"""Long tables sort and filter, an address opens what it names, and paper shows everything."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def column(table: Locator, place: int) -> list[str]:
    return [
        re.sub(r"\s+", " ", text).strip()
        for text in table.locator(f"tbody tr:visible > :nth-child({place})").all_text_contents()
    ]


def open_audit(page: Page, server: str, caption: str) -> Locator:
    page.goto(f"{server}/chapters/audit.html")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    return page.locator(f'.table-scroll[aria-label^="{caption}"] table')


def test_a_column_sorts_up_down_and_back_and_says_so(page: Page, server: str) -> None:
    table = open_audit(page, server, "Checks, how often")
    before = column(table, 1)
    head = table.locator("thead th").first
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(table, 1) == sorted(before, key=str.casefold)
    assert column(table, 1) != before
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert column(table, 1) == sorted(before, key=str.casefold, reverse=True)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(table, 1) == before


def test_a_column_of_numbers_sorts_by_their_size(page: Page, server: str) -> None:
    table = open_audit(page, server, "Checks, how often")
    for place in range(2, 6):
        heads = table.locator("thead th")
        if place > heads.count():
            break
        heads.nth(place - 1).locator("button").click()
        found = [re.match(r"[\d,]+", text) for text in column(table, place)]
        numbers = [int(match[0].replace(",", "")) for match in found if match]
        if len(numbers) > 15:
            assert numbers == sorted(numbers)
            return
    pytest.fail("the table has no column of numbers")


def test_the_filter_shows_the_rows_with_every_word_and_counts_them(page: Page, server: str) -> None:
    table = open_audit(page, server, "Checks, how often")
    rows = table.locator("tbody tr")
    texts = [text.casefold() for text in rows.all_text_contents()]
    tools = page.locator('.table-tools:has(+ .table-scroll[aria-label^="Checks, how often"])')
    tools.locator("input").fill("median interval")
    expected = [text for text in texts if "median" in text and "interval" in text]
    assert 0 < len(expected) < len(texts)
    assert rows.locator("visible=true").count() == len(expected)
    assert tools.locator("[role=status]").text_content() == (
        f"{len(expected)} of {len(texts)} rows"
    )
    tools.locator("input").fill("")
    assert table.locator("tbody tr:visible").count() == len(texts)


def test_the_head_of_a_long_table_stays_in_sight(page: Page, server: str) -> None:
    table = open_audit(page, server, "Checks, how often")
    page.wait_for_timeout(500)
    table.locator("tbody tr").nth(30).scroll_into_view_if_needed()
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(200)
    box = table.locator("thead th").first.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 120


def test_a_folded_table_is_measured_when_it_is_unfolded(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{server}/chapters/gu-2026.html")
    page.wait_for_timeout(600)
    inside = page.locator("details:not([open]) .table-scroll")
    assert inside.count() > 5
    assert page.locator("details:not([open]) .table-scroll.fits").count() == 0
    first = inside.first.element_handle()
    assert first is not None
    first.evaluate("one => { one.closest('details').open = true; }")
    page.wait_for_timeout(600)
    assert first.evaluate("one => one.classList.contains('fits') !== one.hasAttribute('tabindex')")


def test_paper_shows_every_fold_light_and_no_menu(page: Page, server: str, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{server}/chapters/data.html")
    page.evaluate(
        "addEventListener('beforeprint', () => { window.told = {"
        "open: [...document.querySelectorAll('details')].every(one => one.open),"
        "theme: document.documentElement.dataset.theme}; })"
    )
    page.pdf(path=tmp_path / "page.pdf", format="A4")
    assert page.evaluate("window.told") == {"open": True, "theme": "light"}
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(media="print")
    for name in (".bd-sidebar-primary", ".bd-header-article", ".prev-next-footer"):
        assert not page.locator(name).is_visible(), name


@pytest.mark.parametrize("where", ["server", "folder"])
def test_a_place_in_the_synthesis_leads_to_the_number_shown_in_its_open_fold(
    page: Page, server: str, site: Path, where: str
) -> None:
    origin = server if where == "server" else site.as_uri()
    page.goto(f"{origin}/chapters/kq1.html")
    place = page.locator('td.where a[href*="#n-"]').first
    place.evaluate("a => a.closest('details')?.setAttribute('open', '')")
    target = (place.get_attribute("href") or "").partition("#")[2]
    place.click()
    cell = page.locator(f'[id="{target}"]')
    cell.wait_for(state="attached")
    row = page.locator("tr.addressed")
    assert row.evaluate("(one, id) => Boolean(one.querySelector(`[id='${id}']`))", target)
    assert row.is_visible()
    box = row.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= 900


def test_an_address_opens_the_fold_that_holds_its_number(page: Page, server: str) -> None:
    page.goto(f"{server}/chapters/gu-2026.html")
    folded = page.locator("details:not([open]) td[id^='n-']").first
    name = folded.get_attribute("id")
    assert not folded.is_visible()
    page.goto(f"{server}/chapters/gu-2026.html#{name}")
    page.wait_for_selector("tr.addressed")
    assert page.locator(f'[id="{name}"]').is_visible()


def test_beside_the_place_of_a_number_stand_the_paper_and_the_number_s_own_address(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/chapters/gu-2026.html")
    row = page.locator("tr:has(td[id^='n-os.']):has(td.where details)").first
    name = row.locator("td[id]").first.get_attribute("id")
    row.evaluate("r => { for (let d = r.closest('details'); d; d = null) d.open = true; }")
    row.locator("td.where summary").click()
    row.locator(f'.addresses a[href="#{name}"]').wait_for()
    assert row.locator('td.where a[href^="https://doi.org/"]').count() > 0


def test_every_address_of_a_number_that_a_page_links_to_exists(site: Path) -> None:
    texts = {path.name: path.read_text("utf-8") for path in (site / "chapters").glob("*.html")}
    ids = {name: set(re.findall(r' id="([^"]+)"', text)) for name, text in texts.items()}
    linked = {
        link
        for name, text in texts.items()
        for link in re.findall(r'href="([\w-]+\.html)#(n-[^"]+)"', text)
    }
    assert len(linked) > 100
    assert [link for link in sorted(linked) if link[1] not in ids.get(link[0], set())] == []


def test_a_number_in_a_sentence_leads_to_its_row_and_the_row_to_the_paper(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/chapters/gu-2026.html")
    number = page.locator("p a.number").first
    said = (number.text_content() or "").strip()
    number.click()
    row = page.locator("tr.addressed")
    row.wait_for()
    assert said in (row.text_content() or "")
    row.locator("td.where summary").click()
    assert row.locator('td.where a[href^="https://doi.org/"]').first.is_visible()


def test_a_term_is_explained_below_its_paragraph_and_leads_on_to_the_glossary(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/chapters/gu-2026.html")
    term = page.locator("p a.term").first
    term.focus()
    page.keyboard.press("Enter")
    note = page.locator(".explained")
    assert (term.get_attribute("title") or "?") in (note.text_content() or "")
    page.keyboard.press("Enter")
    assert note.count() == 0
    page.keyboard.press("Enter")
    note.locator("a").click()
    page.wait_for_url("**/glossary.html#term-*")
