"""The section of a chapter that re-enacts a study: its lines, figures, and its watermark."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from livingreview_cohort import load_pipeline, page, tables
from livingreview_cohort.figures import Curve, MarkedForest, SurvivalCurves
from livingreview_cohort.lean import lean
from livingreview_cohort.page import (
    HEAD,
    WATERMARK,
    ReenactmentPage,
    SingleArmPage,
)
from livingreview_cohort.reenact import Reenacted, Reenactment
from livingreview_cohort.rows import lines, text
from livingreview_display import MONTHS, Shown, Table, Words
from livingreview_record import Dictionary, Locator, Printed, Quantity, Study, load_study

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def tian() -> Study:
    return load_study("tian-2026", ROOT)


def reenacted(quantity: Quantity, values: tuple[float, ...], **more: object) -> Reenacted:
    given: dict[str, object] = {
        **{"printed": None, "low": values, "high": values, "mean": values[0]},
        **{"tables": 5, "patients": 24, "agreement": None},
    }
    return Reenacted(quantity=quantity, values=values, **(given | more))  # type: ignore[arg-type]


def printed(quantity: Quantity, value: str) -> Printed:
    return Printed("tian-2026", 2, Locator("paper", "Results"), quantity, "months", value)


MEDIAN = Quantity("annab", outcome="pfs", statistic="median")
INTERVAL = replace(MEDIAN, statistic="ci95")


def lines_of(study: Study, *rows: Reenacted) -> list[page.Line]:
    return lines(study, Reenactment(study.id, "synthetic", 5, rows), rows)


def test_an_interval_stands_with_its_estimate(tian: Study) -> None:
    estimate = reenacted(MEDIAN, (6.04,), low=(5.5,), high=(7.0,), printed=printed(MEDIAN, "6.0"))
    (line,) = lines_of(tian, estimate, reenacted(INTERVAL, (5.2, np.inf)))
    assert (line.printed, line.again) == ("6.0", "6.0 (5.20–not reached)")
    assert line.spread == "5.5 to 7.0"
    assert line.what == "Progression-free survival (Nab-paclitaxel plus anlotinib)"


def test_an_interval_alone_is_a_line_of_its_own(tian: Study) -> None:
    (line,) = lines_of(tian, reenacted(INTERVAL, (5.2, 7.1)))
    assert (line.kind, line.again) == ("95% interval", "5.20–7.10")


@pytest.mark.parametrize(
    ("estimate", "interval", "lies"),
    [
        ("within", "within", "within"),
        ("near", "within", "near"),
        ("within", "outside", "interval outside"),
        ("outside", "outside", "outside"),
    ],
)
def test_an_interval_of_another_width_is_told_apart_from_the_estimate(
    tian: Study, estimate: str, interval: str, lies: str
) -> None:
    rows = (
        reenacted(MEDIAN, (6.0,), printed=printed(MEDIAN, "6.0"), agreement=estimate),
        reenacted(INTERVAL, (5.0, 7.0), printed=printed(INTERVAL, "5.9-6.1"), agreement=interval),
    )
    (line,) = lines_of(tian, *rows)
    assert line.lies == lies
    assert line.is_outside == ("outside" in lies)


def test_numbers_have_the_decimals_of_the_print() -> None:
    assert text((0.6129,), 3) == "0.613"
    assert text((12.0, 30.04), 1) == "12.0–30.0"
    assert text((0.0,), 0) == "0"


# everything that the section shows


@pytest.fixture(scope="module")
def shown() -> dict[str, list[Shown]]:
    found: dict[str, list[Shown]] = {}
    for study_id in ("tian-2026", "zhang-2025"):
        items: list[Shown] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page, "show", lambda *some, into=items: into.extend(filter(None, some)))
            ReenactmentPage(study_id, ROOT, draws=3).show()
        found[study_id] = items
    return found


@pytest.mark.parametrize("study_id", ["tian-2026", "zhang-2025"])
def test_plain_words_come_first_and_say_that_nobody_is_real(
    shown: dict[str, list[Shown]], study_id: str
) -> None:
    first = shown[study_id][0]
    assert isinstance(first, Words)
    assert repr(first) == HEAD.format(draws=3)
    assert "Nobody in this section is real" in repr(first)
    assert "no number of this section enters a synthesis" in repr(first)


@pytest.mark.parametrize("study_id", ["tian-2026", "zhang-2025"])
def test_every_figure_and_table_carries_the_watermark(
    shown: dict[str, list[Shown]], study_id: str
) -> None:
    of_print = ("How the study was analysed",)
    rests_on_patients = [
        item
        for item in shown[study_id]
        if not isinstance(item, Words)
        and not (isinstance(item, Table) and item.caption in of_print)
    ]
    assert len(rests_on_patients) >= 5
    for item in rests_on_patients:
        if isinstance(item, Table):
            assert WATERMARK in item.caption
            continue
        assert isinstance(item, MarkedForest | SurvivalCurves)
        figure = item.figure()
        assert figure is not None
        assert WATERMARK in repr(item)
        assert WATERMARK in item.alternative().lower()
        assert WATERMARK in [one.get_text() for one in figure.texts]


def test_a_matched_study_shows_its_balance_and_its_interactions(
    shown: dict[str, list[Shown]],
) -> None:
    forests = [item for item in shown["zhang-2025"] if isinstance(item, MarkedForest)]
    told = "\n".join(map(repr, forests))
    assert tables.BEFORE in told
    assert tables.AFTER in told
    assert "p for interaction" in told
    assert not [item for item in shown["tian-2026"] if isinstance(item, MarkedForest)]


def test_a_print_outside_stands_beside_the_audit_of_the_same_number(
    shown: dict[str, list[Shown]],
) -> None:
    (table,) = (
        item
        for item in shown["tian-2026"]
        if isinstance(item, Table) and item.caption.startswith("Prints outside")
    )
    said = dict(zip(table.frame["Result"], table.frame.iloc[:, -1], strict=True))
    (words,) = (words for result, words in said.items() if "Previous radiotherapy" in result)
    assert "Fisher's exact" in words


def test_plain_words_on_what_to_lean_on_come_last(shown: dict[str, list[Shown]]) -> None:
    for study_id, items in shown.items():
        head, told = items[-2:]
        assert repr(head) == "In plain words, what to lean on:"
        assert "Agreement is no confirmation" in repr(told)
        assert ("This study awaits classification" in repr(told)) == (study_id == "tian-2026")
    assert "printed counts can hold together, in part by our reading" in repr(
        shown["tian-2026"][-1]
    )
    assert "tests of interaction" in repr(shown["zhang-2025"][-1])
    assert "of matched patients, our reading of the matching" in repr(shown["zhang-2025"][-1])


def test_an_interval_that_is_too_narrow_is_told_and_a_wide_one_is_not(tian: Study) -> None:
    ratio = Quantity(
        outcome="pfs",
        comparison="annab-vs-nap",
        adjustment="adjusted",
        statistic="hr",
        method="cox",
    )
    bounds = replace(ratio, statistic="ci95")
    pipeline = load_pipeline(tian, Dictionary(is_whole=False), ROOT)

    def told(interval: str) -> str:
        rows = (
            reenacted(ratio, (0.6,), printed=printed(ratio, "0.60"), agreement="within"),
            reenacted(bounds, (0.4, 0.9), printed=printed(bounds, interval), agreement="outside"),
        )
        found = Reenactment(tian.id, "synthetic", 5, rows)
        return " ".join(lean(tian, pipeline, found, lines(tian, found, rows)))

    assert "narrower than nearly all sets" in told("0.58-0.62")
    assert "narrower than nearly all sets" not in told("0.10-3.60")


def test_a_study_without_a_pipeline_shows_nothing(tmp_path: Path) -> None:
    items: list[Shown] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "show", lambda *some: items.extend(filter(None, some)))
        ReenactmentPage("imforte", ROOT).show()
    assert items == []


def test_a_trial_without_results_shows_its_assumptions_before_what_follows() -> None:
    items: list[Shown] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "show", lambda *some: items.extend(filter(None, some)))
        SingleArmPage("nct04363255", ROOT).show()
    words, assumptions, table, forest, told = items
    assert "nothing here is one" in repr(words)
    assert isinstance(assumptions, Table)
    assert "all of them ours" in assumptions.caption
    assert isinstance(table, Table)
    assert len(table.frame) == 9
    assert isinstance(forest, MarkedForest)
    assert "would claim more than 5 months" in repr(told)


# curves


def a_curve(**changes: object) -> Curve:
    months = np.arange(0.0, 24.5, 0.5)
    middle = np.exp(-months / 10)
    given: dict[str, object] = {
        **{"label": "New", "months": months, "middle": middle, "low": middle * 0.9},
        **{"high": middle, "at_risk": np.floor(40 * middle), "printed": ((7.0, 50.0),)},
    }
    return Curve(**(given | changes))  # type: ignore[arg-type]


def test_printed_medians_and_rates_are_drawn_where_they_are_printed() -> None:
    curve = a_curve(printed=((7.0, 50.0), (12.0, 31.5)))
    figure = SurvivalCurves((curve,), "Survival", WATERMARK).figure()
    dots = [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]
    assert [tuple(point) for one in dots for point in one.get_offsets()] == [
        (7.0, 50.0),
        (12.0, 31.5),
    ]


def test_numbers_at_risk_stand_under_the_ticks() -> None:
    curves = SurvivalCurves((a_curve(),), "Survival")
    assert curves.ticks == [0, 3, 6, 9, 12, 15, 18, 21, 24]
    drawn = [one.get_text() for one in curves.figure().axes[0].texts]
    assert drawn[:4] == ["Patients at risk", "New", "40", "29"]
    assert f"New | month 6 | 55% (49-55) | at risk {np.floor(40 * np.exp(-0.6)):.0f}" in repr(
        curves
    )


def test_a_printed_rate_beyond_the_last_patient_is_still_drawn() -> None:
    curve = a_curve(at_risk=np.zeros(49), printed=((18.0, 20.0),))
    assert SurvivalCurves((curve,), "Survival").last == pytest.approx(19.8)


def test_a_marked_forest_tells_its_watermark_first() -> None:
    frame = tables.single_arm_rows([])
    forest = MarkedForest(frame, MONTHS, "Months", watermark="simulated")
    assert forest.figure() is None
    assert repr(forest).startswith("simulated\n")


def test_results_stand_under_their_outcome_which_no_row_repeats(tian: Study) -> None:
    quantities = (replace(MEDIAN, outcome="os"), MEDIAN, replace(MEDIAN, timepoint="6 months"))
    found = lines_of(tian, *(reenacted(one, (6.0,)) for one in quantities))
    frame = tables.by_outcome(tian, found)
    told = {(line.estimate.quantity.outcome, line.again) for line in found}
    assert len(frame) == len(found) == 3
    assert {one for one, _ in told} == {"os", "pfs"}
    assert list(frame["Result"]).count(tian.outcomes["pfs"].label) == 2
    assert not any(tian.outcomes[one].label in words for one, _ in told for words in frame["Level"])
    arm = tian.arms["annab"].label
    assert {arm, f"{arm}, at 6 months"} <= set(frame["Level"])


def test_the_caption_of_curves_names_the_outcome_and_that_nobody_is_real() -> None:
    said = SurvivalCurves((a_curve(),), "Survival: range over the sets", WATERMARK).caption()
    assert said.startswith(f"Survival, re-enacted on {WATERMARK}. Lines are")
