"""Studies in calendar time: what is drawn is what the files say, and what is missing is said."""

from datetime import date

import pytest

from drawn_lanes import spans, symbols
from example_review import STUDY, more_studies, write_review
from livingreview import ProtocolPage
from livingreview.tables.timeline import (
    BEGUN,
    FOLLOWED,
    REPORT,
    UNKNOWN,
    as_year,
    days_in,
    timeline,
    timeline_table,
)
from livingreview_record import load_review
from the_review import ROOT, the_review

ENROLLED = "patients enrolled or treated"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("31 January 2019 to 1 May 2023", date(2019, 1, 31), date(2023, 5, 1)),
        ("January 2020 to February 2024", date(2020, 1, 1), date(2024, 2, 29)),
        ("diagnosed from 2018 to 9 September 2025", date(2018, 1, 1), date(2025, 9, 9)),
        ("2025-01-20", date(2025, 1, 20), date(2025, 1, 20)),
        ("29 January 2025 (prespecified interim analysis)", date(2025, 1, 29), date(2025, 1, 29)),
    ],
)
def test_days_months_and_years_are_read_from_their_first_to_their_last_day(text, first, last):
    found = days_in(text)
    assert (found[0][0], found[-1][1]) == (first, last)


@pytest.mark.parametrize("text", ["not stated", "", "abstract 8083", "mayor 12 of 150000"])
def test_other_words_are_no_date(text):
    assert days_in(text) == []


def test_a_year_goes_on_evenly_and_ends_where_the_next_begins():
    assert as_year(date(2023, 12, 31)) == pytest.approx(2024 - 1 / 365)
    assert as_year(date(2024, 7, 2)) == pytest.approx(2024.5)


def drawn(tmp_path, design: str, reports: str = "published: '2024-03-01'"):
    study = STUDY.replace("line: second}", f"line: second, {design}}}")
    study = study.replace("title: An example", f"title: An example, {reports}")
    return timeline(load_review(write_review(tmp_path, study=study).parents[2]))


@pytest.mark.parametrize("form", ["figure", "wide_figure"])
def test_bar_cut_off_and_report_stand_at_their_dates(tmp_path, form):
    lanes = drawn(tmp_path, "period: July 2019 to December 2021, follow_up_until: 1 July 2023")
    figure = getattr(lanes, form)()
    bar = (as_year(date(2019, 7, 1)), 2022.0)
    assert any(pair == pytest.approx(bar) for pair in spans(figure, 5.0))
    assert [x for x, _ in symbols(figure, "D")] == pytest.approx([as_year(date(2023, 7, 1))])
    assert [x for x, _ in symbols(figure, "o")] == pytest.approx([as_year(date(2024, 3, 1))])
    until = as_year(date(2026, 1, 31))
    assert any(pair == pytest.approx((until, until)) for pair in spans(figure, 1.4))


@pytest.mark.parametrize("form", ["figure", "wide_figure"])
def test_an_enrolment_without_a_last_day_is_a_symbol_and_no_bar(tmp_path, form):
    lanes = drawn(tmp_path, "period: from 31 May 2023 on (registry record)")
    figure = getattr(lanes, form)()
    assert [x for x, _ in symbols(figure, ">")] == pytest.approx([as_year(date(2023, 5, 31))])
    assert not spans(figure, 5.0)


def test_a_report_of_which_the_year_alone_is_known_spans_that_year(tmp_path):
    rows = drawn(tmp_path, "period: '2019'", "year: 2024").rows
    (row,) = rows[rows["mark"] == REPORT].to_dict("records")
    assert (row["lower"], row["at"], row["upper"]) == (2024, 2024.5, 2025)


def test_a_date_that_is_not_printed_is_said_and_the_study_still_shown(tmp_path):
    lanes = drawn(tmp_path, "follow_up_until: not stated", "doi: 10.1000/abc")
    assert lanes.lanes[0].text == f"period {UNKNOWN}; cut-off {UNKNOWN}"
    assert not any(lanes.rows["at"].notna())


def test_an_empty_symbol_is_a_report_not_read_in_full():
    rows = timeline(the_review()).rows
    shown = rows[rows["mark"] == REPORT]
    levels = {r.level for s in the_review().studies.values() for r in s.reports}
    assert {"full-text", "abstract"} <= levels
    full = {
        study.label
        for study in the_review().studies.values()
        if any(one.level == "full-text" for one in study.reports)
    }
    assert set(shown[~shown["hollow"]]["label"]) == full


def test_every_study_of_the_review_has_its_lane_and_every_printed_period_its_bar():
    review = the_review()
    lanes = {lane.label: lane for lane in timeline(review).lanes}
    assert lanes.keys() == {study.label for study in review.studies.values()}
    for study in review.studies.values():
        bar, *others = lanes[study.label].marks
        period, until = (study.design.get(key, "") for key in ("period", "follow_up_until"))
        has_date = any(letter.isdigit() for letter in str(period))
        is_bar = bar["mark"] == ENROLLED and bar["lower"] < bar["upper"]
        assert (is_bar or (bar["mark"] == BEGUN and bar["at"] > 2000)) == has_date, study.id
        assert (bar["mark"] == BEGUN) == (has_date and " to " not in period), study.id
        assert any(one["mark"] == FOLLOWED for one in others) == (
            any(letter.isdigit() for letter in str(until))
        )
        told = str(period).partition(" (")[0] if has_date else f"period {UNKNOWN}"
        assert lanes[study.label].text.startswith(f"{told}; "), study.id


def test_every_printed_period_and_end_of_follow_up_has_its_place():
    for study in the_review().studies.values():
        for key in ("period", "follow_up_until"):
            if any(letter.isdigit() for letter in str(study.design.get(key, ""))):
                assert study.design.get(f"{key}_place"), (study.id, key)
    table = timeline_table(the_review()).frame.set_index("Study")
    assert "(Abstract" in table.loc["S1929", "Patients enrolled or treated"]


def test_studies_stand_in_the_order_in_which_they_began():
    rows = timeline(the_review()).rows
    included = rows[(rows["mark"] == ENROLLED) & (rows["group"] == "Included")]
    begun = list(included["lower"].dropna())
    assert len(begun) > 8
    assert begun == sorted(begun)
    assert included["lower"].isna().iloc[len(begun) :].all()


def test_the_text_alternative_holds_dates_and_the_day_until_which_was_read():
    said = timeline(the_review()).alternative()
    assert f"{len(the_review().studies)} studies in calendar time" in said
    assert "the earliest Zhang Jian 2025 (January 2008 to January 2023" in said
    assert "documents read until" in said


def test_hostile_words_stay_words(tmp_path):
    bad = r"<script>x[]</script> $\frac{$ May 2020"
    review = more_studies(tmp_path, "other-2021")
    study = review.studies["other-2021"]
    study.design["period"] = bad
    figure = timeline(review).wide_figure()
    texts = [one for one in figure.axes[0].texts if "script" in one.get_text()]
    assert texts
    assert not any(one.get_parse_math() for one in texts)


def test_the_page_of_the_data_shows_the_figure_and_the_dates(capsys):
    ProtocolPage(ROOT).timeline()
    shown = capsys.readouterr().out
    assert "studies in calendar time" in shown
    assert "Dates of the studies, with their places" in shown
