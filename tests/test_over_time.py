"""The synthesis as it grew: each row is the pooled result of the studies published until then."""

import math

import pytest

from livingreview_plan import carry_out
from livingreview_pool import random_effects
from livingreview_results import SynthesisPage
from livingreview_results.over_time import published_on, rows_over_time
from livingreview_results.page import forest_plot
from the_review import ROOT


@pytest.fixture(scope="module")
def page():
    return SynthesisPage(ROOT)


def test_each_row_is_the_pooled_result_of_the_studies_published_until_then(page):
    (result,) = page.first("os-ici-after-ici")
    rows = rows_over_time(page.review, result)
    dated = sorted(result.effects, key=lambda effect: published_on(page.review, effect))
    assert len(rows) == len(dated) > 2
    for place in range(2, len(dated) + 1):
        subset = [(one.yi, one.vi) for one in dated[:place]]
        again = random_effects(*map(list, zip(*subset, strict=True)))
        assert rows.iloc[place - 1]["estimate"] == pytest.approx(math.exp(again.mean))
    first, last = rows.iloc[0], rows.iloc[-1]
    assert first["estimate"] == pytest.approx(math.exp(dated[0].yi))
    main = result.pooled.main
    shown = (last["estimate"], last["lower"], last["upper"])
    assert shown == pytest.approx(
        tuple(math.exp(one) for one in (main.mean, main.ci_lower, main.ci_upper))
    )


def test_studies_enter_in_the_order_of_their_dates(page):
    for planned in ("os-ici-after-ici", "pfs-ici-after-ici"):
        (result, *_) = carry_out(page.review, planned)
        dates = list(rows_over_time(page.review, result)["arms"])
        assert dates == sorted(dates)
        assert all(dates)


def test_a_plot_says_in_full_words_what_each_side_means(page):
    (result,) = page.first("os-engager")
    better = page._better(result)
    axis = forest_plot(result, better=better).axis
    assert better == page.review.protocol.outcomes["os"].better
    assert axis.favours == tuple(f"{better} {side}" for side in result.plan.favours)
    assert forest_plot(result).axis.favours[0].startswith("better ")
