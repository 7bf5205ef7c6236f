"""Pages in a real browser: nothing is refused, nothing is asked elsewhere, keys are enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from finished_site import compressed, pages

FRONT = "chapters/index.html"
OWN_LIMIT, SHARED_LIMIT, ALL_LIMIT = 60_000, 170_000, 250_000  # bytes, compressed
OPEN = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
FOCUSED = """() => {
  const one = document.activeElement;
  const ring = getComputedStyle(one);
  return {
    tag: one.tagName,
    name: (one.innerText || one.getAttribute('aria-label') || one.title || '').trim(),
    visible: one.tagName === 'BODY' || one.getClientRects().length > 0,
    ring: ring.outlineStyle !== 'none' || ring.boxShadow !== 'none' ||
      ring.textDecorationLine !== 'none',
  };
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


def listen(page: Page, origin: str) -> list[str]:
    """What goes wrong on a page from now on: errors, refusals of the policy, foreign requests."""
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "requestfailed",
        lambda request: (
            None
            if request.failure == "net::ERR_ABORTED"  # another page was opened before it came
            else said.append(f"failed: {request.url} {request.failure}")
        ),
    )
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((origin, "data:"))
            else said.append(f"foreign: {request.url}")
        ),
    )
    return said


def walk(page: Page, origin: str, site: Path) -> list[str]:
    """Open every page, unfold everything, and gather what goes wrong."""
    said = listen(page, origin)
    found = []
    for name in pages(site):
        page.goto(f"{origin}/{name}" + ("?q=serplulimab" if name == "search.html" else ""))
        page.evaluate(OPEN)
        page.wait_for_timeout(150)
        found += [f"{name}: {line}" for line in said]
        said.clear()
    return found


def test_every_page_works_from_a_server_with_no_error_and_no_foreign_request(
    page: Page, server: str, site: Path
) -> None:
    assert walk(page, server, site) == []


def test_every_page_works_from_a_folder_with_no_error_and_no_foreign_request(
    page: Page, site: Path
) -> None:
    assert walk(page, site.as_uri(), site) == []


def test_the_policy_would_be_heard_if_something_broke_it(page: Page, server: str) -> None:
    said = listen(page, server)
    page.goto(f"{server}/{FRONT}")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.head.append(s); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in line for line in said)


@pytest.mark.parametrize("where", ["server", "folder"])
def test_the_search_finds_a_drug(page: Page, server: str, site: Path, where: str) -> None:
    origin = server if where == "server" else site.as_uri()
    page.goto(f"{origin}/search.html?q=serplulimab")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li a", has_text="Gu 2026").count() > 0


def test_formulas_are_typeset_where_there_are_some(page: Page, server: str) -> None:
    page.goto(f"{server}/chapters/methods.html")
    page.wait_for_selector("mjx-container")
    assert page.locator("mjx-container").count() == page.locator(".math").count()


def test_keys_alone_reach_the_text_open_a_fold_the_menu_and_the_search(
    page: Page, server: str
) -> None:
    page.goto(f"{server}/chapters/data.html")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to main content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")
    fold = page.locator("article details summary").first
    fold.focus()
    page.keyboard.press("Enter")
    assert fold.evaluate("one => one.parentElement.open")
    page.locator(".primary-toggle").focus()
    page.keyboard.press("Enter")
    assert page.locator("#pst-primary-sidebar-modal[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("#pst-primary-sidebar-modal[open]").count() == 0
    page.keyboard.press("Control+k")
    page.keyboard.type("serplulimab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")


def test_whatever_has_the_focus_is_seen_to_have_it(page: Page, server: str) -> None:
    page.goto(f"{server}/chapters/data.html")
    unseen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["tag"] == "BODY":
            break
        if not (focused["ring"] and focused["visible"]):
            unseen.append(focused)
    assert unseen == []


def test_the_chosen_colours_are_kept_on_the_next_page(page: Page, server: str) -> None:
    page.goto(f"{server}/{FRONT}")
    button = page.locator(".theme-switch-button")
    for _ in range(3):
        button.click()
        if page.evaluate("document.documentElement.dataset.mode") == "dark":
            break
    page.goto(f"{server}/chapters/data.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_no_page_scrolls_sideways(browser: Browser, server: str, site: Path) -> None:
    wide = []
    for width in (320, 390, 1440):
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        for name in pages(site):
            page.goto(f"{server}/{name}")
            over = page.evaluate("document.documentElement.scrollWidth") - width
            wide += [f"{name} at {width}: {over} px too wide"] if over > 0 else []
        context.close()
    assert wide == []


def test_no_page_is_heavier_than_the_bars(page: Page, server: str, site: Path) -> None:
    loaded: list[str] = []
    page.on("response", lambda response: loaded.append(response.url.split("?")[0]))
    heavy = []
    for name in pages(site):
        loaded.clear()
        page.goto(f"{server}/{name}")
        page.wait_for_load_state("networkidle")
        loaded += page.evaluate("[...document.images].map(one => one.src)")  # some wait to be near
        sizes = {url: len(compressed(site / url.removeprefix(f"{server}/"))) for url in set(loaded)}
        own = sizes.pop(f"{server}/{name}")
        figures = sum(size for url, size in sizes.items() if "/_images/" in url)
        shared = sum(sizes.values()) - figures
        bars = {"own": (own, OWN_LIMIT), "shared": (shared, SHARED_LIMIT)}
        bars["in all"] = (own + shared + figures, ALL_LIMIT)
        if "mathjax/" not in "".join(sizes):
            heavy += [
                f"{name} {what}: {n} > {limit}" for what, (n, limit) in bars.items() if n > limit
            ]
        print(f"{name}: own {own}, shared {shared}, figures {figures}")
    assert heavy == []
