"""The explorer in a browser: what it shows for 200 random choices is what the engine gives."""

import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from finished_site import ROOT, SITE
from livingreview_display import number
from livingreview_explorer import explored
from livingreview_pool import bayes_random_effects, common_effect, measure, random_effects
from livingreview_record import load_review

PAGE = "chapters/explorer.html"
STATES = 200


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    """The page from the folder, without a server or a network; no error may be said."""
    opened = browser.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.goto((SITE / PAGE).as_uri())
    yield opened
    assert faults == []
    opened.close()


def expected(question, chosen, model, interval, prior) -> str:
    """The text of one state, from the engine's functions for one data set."""
    effects = [question.result.effects[place] for place in chosen]
    if len(effects) == 1:
        values = (effects[0].yi, *effects[0].interval())
    elif model == "common":
        one = common_effect(effects)
        values = (one.mean, one.ci_lower, one.ci_upper)
    elif model == "bayes":
        posterior = bayes_random_effects(effects, scale=float(prior))
        values = (posterior.median, posterior.ci_lower, posterior.ci_upper)
    else:
        usual = interval if len(effects) > 2 else "z"
        one = random_effects(effects, tau2_estimator=model, interval=usual)
        values = (one.mean, one.ci_lower, one.ci_upper)
    key = question.result.measure
    factor, decimals, sign = (100, 1, "%") if key == "rd" else (1, 2, "")
    first, low, high = (
        number(factor * float(measure(key).to_display(value)), decimals) for value in values
    )
    return f"{first}{sign} ({low} to {high})"


def test_what_is_shown_for_random_choices_is_what_the_engine_gives(page: Page) -> None:
    questions = [one for one in explored(load_review(ROOT)) if one.ways]
    chance = random.Random(20261124)
    for _ in range(STATES):
        question = chance.choice(questions)
        chosen = chance.choice(list(question.ways))
        models = ["common", "reml", "pm", "dl", "ml", "he", "sj"]
        models += ["bayes"] if measure(question.result.measure).is_log_ratio else []
        model, interval = chance.choice(models), chance.choice(["z", "adhoc", "knha"])
        prior = chance.choice(["0.25", "0.5", "1"])
        ids = [question.result.effects[place].study for place in chosen]
        asked = {
            "q": f"{question.result.plan['id']}.{question.result.measure}",
            **{"s": ",".join(ids), "m": model, "i": interval, "p": prior},
        }
        page.evaluate("hash => { location.hash = hash; }", urlencode(asked))
        text = expected(question, chosen, model, interval, prior)
        said = page.locator(".explorer-said p").first
        said.filter(has_text=text).wait_for(timeout=3000)
        assert page.locator(".explorer-pooled").last.text_content() == text
        assert len(page.locator(".explorer-in").all()) == len(chosen)


def test_the_keyboard_alone_takes_a_study_out_and_the_address_keeps_it(page: Page) -> None:
    box = page.locator(".explorer-controls input[type=checkbox]").first
    box.focus()
    before = page.url
    page.keyboard.press("Space")
    assert page.url != before
    assert page.evaluate("document.activeElement.type") == "checkbox"
    assert len(page.locator(".explorer-out").all()) == 1
    page.reload()
    assert len(page.locator(".explorer-out").all()) == 1


def test_a_click_on_a_study_in_the_plot_takes_it_out_and_in(page: Page) -> None:
    row = page.locator(".explorer-in").first
    row.click()
    assert len(page.locator(".explorer-out").all()) == 1
    page.locator(".explorer-out").first.click()
    assert page.locator(".explorer-out").all() == []


def test_another_analysis_than_the_planned_one_says_so(page: Page) -> None:
    assert "not the planned analysis" not in page.locator(".explorer-said").inner_text()
    page.locator(".explorer-controls select").nth(1).select_option("sj")
    assert "not the planned analysis" in page.locator(".explorer-said").inner_text()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_control_is_wider_than_the_explorer(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    edge = page.locator(".explorer-controls").bounding_box()
    assert edge is not None
    boxes = [one.bounding_box() for one in page.locator(".explorer-controls select").all()]
    assert len(boxes) >= 3
    rights = [box["x"] + box["width"] for box in boxes if box is not None]
    assert max(rights) <= edge["x"] + edge["width"] + 1
