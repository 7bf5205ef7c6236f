"""Printed medians and rates of arms on one axis of months: which rows, and whose."""

import csv
import math
from pathlib import Path

import pytest

from example_review import ROWS, STUDY, write_review
from livingreview import ReenactmentPage, SynthesisPage, reenacted_curves
from livingreview_cohort import tables
from livingreview_record import load_review
from livingreview_results.medians import (
    CONTROL,
    EXPERIMENTAL,
    LOOKS,
    RATE,
    SEVERAL,
    SINGLE,
    arms_compared,
    arms_of_classes,
    medians_plot,
    medians_table,
)
from the_review import ROOT, the_review

MEDIAN = {"section": "Abstract", "arm_id": "new", "outcome": "os", "unit": "months"}
MEDIAN |= {"statistic": "median", "value": "8.0"}
RATE_ROW = MEDIAN | {"unit": "%", "statistic": "rate", "timepoint": "1 year", "value": "40.4"}
OUTCOME = """outcomes:
  os: {label: Overall survival, definition: time to death}
"""


def plotted(tmp_path: Path, *rows: dict, study: str = STUDY, **wanted: list[str]):
    root = write_review(tmp_path, study=study, rows=(*ROWS, *rows)).parents[2]
    path = root / "data" / "review.yaml"
    text = path.read_text("utf-8").replace("outcomes: {orr:", f"outcomes: {{os: {OS}, orr:")
    path.write_text(text, "utf-8")
    review = load_review(root)
    arms = arms_of_classes(review, "os", wanted.get("classes", []))
    arms += arms_compared(review, "os", wanted.get("syntheses", []))
    return medians_plot(review, "os", arms), medians_table(review, "os", arms)


OS = "{label: Survival, definition: time to death}"


def test_a_median_and_a_rate_are_drawn_where_they_are_printed(tmp_path):
    limits = MEDIAN | {"statistic": "ci95", "value": "6.1-NA"}
    share = RATE_ROW | {"statistic": "ci95", "value": "20.3-59.8"}
    plot, table = plotted(tmp_path, MEDIAN, limits, RATE_ROW, share, classes=["new-drug"])
    median, rate = plot.rows.to_dict("records")
    assert (median["mark"], median["at"], median["lower"], median["upper"]) == (
        *(SEVERAL, 8.0, 6.1),
        math.inf,
    )
    assert (rate["mark"], rate["at"], rate["height"]) == (RATE, 12.0, 40.4)
    assert (rate["low"], rate["high"]) == (20.3, 59.8)
    (line,) = table.frame.to_dict("records")
    told = "8.0 (95% CI 6.1-NA) months; 40.4% (95% CI 20.3-59.8) at 1 year"
    assert line["Median, and rates"] == median["text"] == told
    assert line["Where printed"] == "Abstract"


@pytest.mark.parametrize("value", ["NR", ">24"])
def test_a_median_that_was_not_reached_goes_on(tmp_path, value):
    limits = MEDIAN | {"statistic": "ci95", "value": "6.1-NA"}
    plot, _ = plotted(tmp_path, MEDIAN | {"value": value}, limits, classes=["new-drug"])
    (row,) = plot.rows.to_dict("records")
    assert (row["at"], row["lower"], row["upper"]) == (math.inf, 6.1, math.inf)
    assert row["text"].startswith(value)


def test_years_are_drawn_in_months_and_said_as_printed(tmp_path):
    plot, _ = plotted(tmp_path, MEDIAN | {"unit": "years", "value": "1.5"}, classes=["new-drug"])
    (row,) = plot.rows.to_dict("records")
    assert (row["at"], row["text"]) == (18.0, "1.5 years")


def test_both_arms_of_a_planned_comparison_have_their_role(tmp_path):
    rows = MEDIAN, MEDIAN | {"arm_id": "old", "value": "6.0"}
    plot, _ = plotted(tmp_path, *rows, syntheses=["survival"])
    assert list(plot.rows["mark"]) == [EXPERIMENTAL, CONTROL]
    assert list(plot.rows["at"]) == [8.0, 6.0]


def test_the_only_arm_of_a_study_is_marked_as_one(tmp_path):
    old = "  old: {label: Old, treatment_class: old-drug, is_new: false}\n"
    alone = "\n".join(line for line in STUDY.replace(old, "").splitlines() if "new-vs" not in line)
    rows = [row for row in ROWS if row.get("arm_id") == "new"]
    root = write_review(tmp_path, study=alone, rows=(*rows, MEDIAN)).parents[2]
    (one,) = arms_of_classes(load_review(root), "os", ["new-drug"])
    assert one.role == SINGLE


def test_every_kind_of_mark_has_a_look_of_its_own():
    looks = [(one.colour, one.shape, one.kind) for one in LOOKS.values()]
    assert len(set(looks)) == len({(shape, kind) for _, shape, kind in looks}) == len(looks)


def test_what_was_read_as_an_abstract_only_says_so(tmp_path):
    source = 'read: "2026-01-05", sources: [{address: "https://example.org/a", what: abstract}]'
    study = STUDY.replace("level: full-text", f"level: abstract, {source}")
    plot, table = plotted(tmp_path, MEDIAN, study=study, classes=["new-drug"])
    assert plot.rows["label"][0] == "Example 2020 (abstract only): New"
    assert table.frame["Study"][0] == "Example 2020 (abstract only)"


FIGURES = [
    *(("os", [], ["os-ici-after-ici", "os-ici"]), ("pfs", [], ["pfs-ici-after-ici", "pfs-ici"])),
    *(("os", [], ["os-engager"]), ("pfs", [], ["pfs-maintenance"])),
    *((one, ["chemotherapy-platinum", "chemotherapy-amrubicin"], []) for one in ("os", "pfs")),
]


@pytest.mark.parametrize(("outcome", "classes", "syntheses"), FIGURES)
def test_every_mark_of_the_review_is_a_row_of_its_files(outcome, classes, syntheses):
    review = the_review()
    arms = arms_of_classes(review, outcome, classes) + arms_compared(review, outcome, syntheses)
    plot = medians_plot(review, outcome, arms)
    assert len(plot.rows) >= 2
    labels = {study.label: study.id for study in review.studies.values()}
    for row in plot.rows.to_dict("records"):
        named = row["label"].partition(":")[0].partition(" (")[0]
        path = ROOT / "data" / "studies" / labels[named] / "reported.csv"
        printed = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        value = f"{row['height']:g}" if row["mark"] == RATE else f"{row['at']:g}"
        kind = "rate" if row["mark"] == RATE else "median"
        assert any(
            one["statistic"] == kind
            and one["outcome"] == outcome
            and float(one["value"]) == float(value)
            for one in printed
            if one["statistic"] == kind
        ), row


def test_doubtful_origins_of_time_stand_last_and_apart_and_their_symbols_are_empty():
    review, clocks = the_review(), the_review().protocol.clocks
    plot = medians_plot(review, "os", arms_compared(review, "os", ["os-ici"]))
    groups = list(dict.fromkeys(plot.rows["group"]))
    assert groups[0].endswith(clocks["treatment-start"])
    assert groups[-1].endswith(clocks["doubtful"])
    hollow = plot.rows.groupby("group")["hollow"].agg(["all", "any"])
    assert not hollow.loc[groups[0], "any"]
    assert hollow.loc[groups[1:], "all"].all()


def test_the_text_alternative_holds_the_numbers_of_the_review(capsys):
    plot = medians_plot(the_review(), "os", arms_compared(the_review(), "os", ["os-engager"]))
    assert "what 2 arms of 1 study print" in plot.alternative()
    assert "Chemotherapy: 8.3 (95% CI 7.0 to 10.2) months" in plot.alternative()
    assert "Nothing is pooled or compared here." in plot.caption()


@pytest.fixture(scope="module")
def curves():
    return reenacted_curves("chen-2025", root=ROOT)


def test_a_curve_beside_the_print_is_that_of_the_page_of_its_study(curves):
    page = ReenactmentPage("chen-2025", ROOT)
    (expected,) = tables.curves(page.study, page.reenactment, "os")
    own = curves[curves["outcome"] == "os"]
    last = len(own)
    assert last > 20
    assert list(own["at"]) == list(expected.months[:last])
    assert list(own["height"]) == pytest.approx(list(100 * expected.middle[:last]))
    assert list(own["at_risk"]) == list(expected.at_risk[:last])
    assert expected.at_risk[last] < 1


def test_a_re_enacted_curve_is_drawn_in_the_lane_of_its_arm_alone_and_said_to_be_none(curves):
    arms = arms_of_classes(the_review(), "os", ["ici-antiangiogenic"])
    plot = medians_plot(the_review(), "os", arms, curves)
    drawn = plot.rows[plot.rows["mark"].str.startswith("re-enacted")]
    assert set(drawn["label"]) == {"Chen 2025: Anlotinib plus immune checkpoint inhibitor"}
    assert "Dotted curves were not printed" in plot.caption()
    assert "Dotted" not in medians_plot(the_review(), "os", arms).caption()


def test_a_page_shows_the_figure_and_its_rows(capsys):
    SynthesisPage(ROOT, question="kq3").on_months("os", syntheses=("os-engager",))
    shown = capsys.readouterr().out
    assert "Overall survival: what 2 arms of 1 study print" in shown
    assert "Overall survival: printed medians and rates, arm by arm" in shown
