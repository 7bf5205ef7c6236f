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
  // Behind the text of a plot axe sees an image, and it does not judge a single character, such
  // as the number of a tick; the test below measures the contrast of every text of the plot.
  const unjudged = ['imgNode', 'shortTextContent'];
  const read = (rule, node) => rule.id === 'color-contrast' &&
    node.any.every(check => unjudged.includes(check.data?.messageKey)) &&
    document.querySelector(node.target[0])?.closest('svg.explorer-plot');
  for (const rule of found.incomplete) rule.nodes = rule.nodes.filter(node => !read(rule, node));
  found.incomplete = found.incomplete.filter(rule => rule.nodes.length);
  const short = kind => found[kind].map(rule => `${kind} ${rule.id} (${rule.impact}): ` +
    rule.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 120)).join(' | ') +
    ` [${rule.nodes.length}]`);
  return [...short('violations'), ...short('incomplete')];
}"""


LEAST_CONTRAST = """() => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
      .map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return Math.min(...[...document.querySelectorAll('svg.explorer-plot text')].map(one => {
    const both = [light(getComputedStyle(one).fill), light(behind(one.closest('svg')))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  }));
}"""


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_text_of_the_explorer_s_plot_stands_out(
    browser: Browser, server: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server}/chapters/explorer.html")
    page.wait_for_selector("svg.explorer-plot text")
    assert 4.5 <= page.evaluate(LEAST_CONTRAST) <= 21
    context.close()


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
