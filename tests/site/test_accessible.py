"""axe-core finds nothing on any page, in both colour schemes, on a phone and on a desktop."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from finished_site import TOOLS, pages

WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
OPEN = "document.querySelectorAll('article details').forEach(one => { one.open = true; })"
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations', 'incomplete']});
  const short = kind => found[kind].map(rule => `${kind} ${rule.id} (${rule.impact}): ` +
    rule.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | ') +
    ` [${rule.nodes.length}]`);
  return [...short('violations'), ...short('incomplete')];
}"""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_has_a_fault_that_axe_knows(
    browser: Browser, server: str, site: Path, scheme: str, width: int
) -> None:
    axe = (TOOLS / "axe-core" / "axe.min.js").read_text("utf-8")
    found = []
    for name in pages(site):
        context = browser.new_context(
            viewport={"width": width, "height": 4000},  # nothing of the menus is out of sight
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = context.new_page()
        query = "?q=serplulimab" if name == "search.html" else ""
        page.goto(f"{server}/{name}{query}")
        page.evaluate(OPEN)
        page.wait_for_timeout(400)
        page.evaluate(axe)
        found += [f"{name}: {line}" for line in page.evaluate(RUN)]
        context.close()
    assert not found, "\n".join(found)
