from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from example_review import ROWS, STUDY, write_review
from livingreview import load_study
from livingreview.tables import entries, protocol
from livingreview.tables import study as tables
from livingreview.tables.layouts import numbers_table
from livingreview.tables.sections import SECTIONS, numbers_in, section
from livingreview_display import Cited, Numbered, address_of, anchor, places, printed, publishing
from livingreview_display.table import LEVEL, WHERE, Table
from livingreview_record import INTERVAL_STATISTICS, Dictionary
from the_review import the_review

ROOT = Path(__file__).parents[1]
REVIEW = the_review()
STUDIES = [pytest.param(study, id=study.id) for study in REVIEW.studies.values()]
SIDE_BY_SIDE = ("flow", "characteristics", "response", "safety", "other")
every_study = pytest.mark.parametrize("study", STUDIES)


def texts(frame: pd.DataFrame) -> list[str]:
    return [str(text) for row in frame.itertuples(index=False) for text in row]


@pytest.fixture
def example(tmp_path):
    write_review(tmp_path)
    return load_study("example-2020", tmp_path)


@every_study
def test_every_printed_number_has_exactly_one_section(study):
    counted = sum(len(numbers_in(study, name)) for name in SECTIONS)
    assert counted == len(study.numbers)


@every_study
@pytest.mark.parametrize("name", SECTIONS)
def test_every_printed_number_is_shown_by_the_table_of_its_section(study, name):
    shown = " | ".join(texts(numbers_table(study, name)))
    missing = [
        number.where
        for quantity, places in study.by_quantity.items()
        if section(study, places[0]) == name
        for number in places
        if number.value not in shown and not any(other.value in shown for other in places)
    ]
    assert missing == []


def test_a_number_inserted_into_a_sentence_leads_to_its_place(example, monkeypatch):
    shown = []
    monkeypatch.setattr(publishing, "display", lambda *_, **options: shown.append(options))
    publishing.publish("example.n", printed(example, outcome="participants", arm_id="new"))
    publishing.publish("example.other", "3")
    number = next(n for n in example.find(outcome="participants", arm_id="new"))
    assert [one["metadata"].get("address") for one in shown] == [address_of(number), None]


@every_study
def test_every_printed_number_has_one_address_on_the_page_of_its_study(study):
    shown = [
        id_
        for name in SECTIONS
        for row in numbers_table(study, name).to_dict("records")
        for cell in row.values()
        if isinstance(cell, Numbered)
        for id_ in cell.ids
    ]
    assert len(shown) == len(set(shown))
    assert {address_of(number) for number in study.numbers} == {
        f"{study.id}.html#{id_}" for id_ in shown
    }


def test_the_address_of_a_number_stays_when_others_are_added(tmp_path):
    write_review(tmp_path, rows=ROWS[:4])
    before = {n.quantity: address_of(n) for n in load_study("example-2020", tmp_path).numbers}
    write_review(tmp_path, rows=ROWS)
    after = {n.quantity: address_of(n) for n in load_study("example-2020", tmp_path).numbers}
    assert len(after) > len(before)
    assert before.items() <= after.items()


def test_a_cell_of_printed_numbers_has_their_ids_and_its_place_leads_to_the_paper(example):
    reports = tuple(replace(report, doi="10.1000/abc") for report in example.reports)
    study = replace(example, reports=reports)
    page = Table(numbers_table(study, "contrasts"), "Contrasts").html()
    number = next(n for n in example.numbers if n.quantity.statistic == "hr")
    assert f'id="{anchor(number.quantity)}"' in page
    assert '<a href="https://doi.org/10.1000/abc">' in page


def test_elsewhere_a_place_leads_to_the_number_on_the_page_of_its_study(example):
    number = example.numbers[0]
    table = Table(pd.DataFrame([{"What": "x", WHERE: places([number])}]), "Places").html()
    assert f'<a href="{address_of(number)}">' in table


@every_study
@pytest.mark.parametrize("name", SECTIONS)
def test_every_row_says_where_its_numbers_are_printed(study, name):
    frame = numbers_table(study, name)
    assert all(frame[WHERE])


@every_study
def test_a_row_that_is_drawn_has_the_printed_estimate_and_interval(study):
    for name, statistic in (("survival", "median"), ("prognosis", "hr"), ("response", "percent")):
        rows = tables.rows_to_draw(study, name, statistic)
        for row in rows.itertuples():
            assert any(
                number.number.value == row.estimate
                for number in study.find(statistic=statistic)
                if number.quantity.statistic not in INTERVAL_STATISTICS
            )
            if row.lower == row.lower:
                assert row.lower <= row.estimate
                assert not row.upper < row.estimate  # not a number where it was not reached


def test_a_characteristic_of_a_subgroup_is_not_drawn_among_results():
    study = REVIEW.studies["gomez-randulfe-2024"]
    ages = study.find(outcome="age", statistic="median")
    assert any(number.quantity.subgroup for number in ages)
    assert tables.rows_to_draw(study, "subgroups", "median").empty


def test_a_comparison_of_which_no_adjustment_is_printed_is_labelled_by_its_patients_alone():
    labels = tables.rows_to_draw(REVIEW.studies["dalian-2026"], "contrasts", "hr")
    assert list(labels["label"]) == ["All patients", "All patients"]


@every_study
def test_published_keys_name_the_study_and_their_texts_are_plain(study):
    texts_by_key = tables.published(study)
    assert all(key.startswith(f"{study.id}.") for key in texts_by_key)
    assert all(type(text) in (str, Cited) and text for text in texts_by_key.values())


def test_a_characteristic_of_each_arm_stands_in_its_column(example):
    frame = numbers_table(example, "response")
    row = frame[frame["Item"] == "Objective response"].iloc[0]
    new, old = (next(name for name in frame.columns if label in name) for label in ("New", "Old"))
    assert new.endswith("New (n = 40)")
    assert (row[new], row[old]) == ("20", "30.0%")
    assert row[WHERE] == "Table 2, ORR; Abstract"


def test_a_hazard_ratio_stands_with_its_interval(example):
    frame = numbers_table(example, "contrasts")
    assert list(frame["Hazard ratio"]) == ["0.70 (95% CI 0.50-0.98)"]
    (row,) = tables.rows_to_draw(example, "contrasts", "hr").itertuples()
    assert (row.estimate, row.lower, row.upper) == (0.7, 0.5, 0.98)


def test_changing_one_printed_number_changes_its_table_and_its_drawing(tmp_path, example):
    changed = tuple(row | {"value": "0.71"} if row["value"] == "0.70" else row for row in ROWS)
    write_review(tmp_path, rows=changed)
    after = load_study("example-2020", tmp_path)
    assert repr(Table(numbers_table(after, "contrasts"), "t")) != repr(
        Table(numbers_table(example, "contrasts"), "t")
    )
    assert tables.rows_to_draw(after, "contrasts", "hr")["estimate"][0] == 0.71


def test_a_difference_of_medians_stands_in_a_column_with_its_unit(tmp_path):
    difference = {
        "section": "Abstract", "outcome": "os", "comparison": "new-vs-old",
        "statistic": "difference", "unit": "months", "value": "1.3",
    }  # fmt: skip
    write_review(tmp_path, rows=(*ROWS, difference))
    frame = numbers_table(load_study("example-2020", tmp_path), "contrasts")
    assert "1.3" in list(frame["Difference, months"])


def test_an_arm_counts_its_participants_by_population(tmp_path):
    write_review(tmp_path)
    study = load_study("example-2020", tmp_path)
    frame = tables.arms(study, {"new-drug": "A new drug"})
    assert list(frame["Arm"]) == ["New", "Old"]
    assert list(frame["Participants"]) == ["All: 40", "All: 50"]
    assert list(frame["Class of treatment"]) == ["A new drug", "old-drug"]


def test_a_section_that_does_not_exist_is_refused(example):
    with pytest.raises(ValueError, match="need one of design"):
        numbers_in(example, "side-effects")


def test_a_note_of_the_extraction_is_shown_with_its_place(tmp_path):
    noted = tuple(row | {"note": "doubtful"} if row["value"] == "20" else row for row in ROWS)
    write_review(tmp_path, rows=noted)
    (row,) = tables.notes(load_study("example-2020", tmp_path)).itertuples(index=False)
    assert row[0].endswith(": 20")
    assert row[1:] == ("doubtful", "Table 2; ORR; New")


def test_html_escapes_what_a_source_prints():
    html = Table(pd.DataFrame([["<b>", "p <0.001"]], columns=["a", "b"]), "c & d")._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<caption>c &amp; d</caption>" in html
    assert "p\N{NO-BREAK SPACE}&lt;0.001" in html


def test_a_level_stands_under_its_item_and_columns_of_a_population_share_a_heading():
    frame = pd.DataFrame(
        [
            ["Sex", "Male", "1", "2", "Table 1, Sex > Male"],
            ["Sex", "Female", "3", "4", "Table 1, Sex > Female"],
        ],
        columns=["Item", LEVEL, "All: New", "All: Old", WHERE],
    )
    html = Table(frame, "t")._repr_html_()
    assert '<th scope="rowgroup">Sex</th>' in html
    assert '<th scope="row" class="level">Male</th>' in html
    assert '<th scope="colgroup" colspan="2">All</th>' in html
    assert "<summary>Table 1</summary>Table 1, Sex &gt; Male" in html
    assert LEVEL not in html


def test_an_only_level_stands_beside_its_item():
    frame = pd.DataFrame([["Fatigue", "Any grade", "1"]], columns=["Item", LEVEL, "New"])
    assert '<th scope="row">Fatigue: Any grade</th>' in Table(frame, "t")._repr_html_()


def test_a_repeated_first_cell_is_kept_for_screen_readers_only():
    html = Table(pd.DataFrame([["x", "1"], ["x", "2"]], columns=["a", "b"]), "t")._repr_html_()
    assert html.count('<th scope="row">x</th>') == 1
    assert html.count('<span class="visually-hidden">x</span>') == 1


def test_cells_of_a_row_too_wide_for_a_phone_carry_the_name_of_their_column():
    row = ["Overall survival of all", "0.69 (0.55 to 0.87)", "Table 3", ""]
    columns = ["Outcome", "New: Hazard ratio", WHERE, "Note"]
    html = Table(pd.DataFrame([row], columns=columns), "t")._repr_html_()
    assert '<table class="dataframe printed stacks">' in html
    assert '<td data-label="New: Hazard ratio">0.69 (0.55 to 0.87)</td>' in html
    assert f'<td class="where" data-label="{WHERE}">Table 3</td><td></td></tr>' in html
    narrow = Table(pd.DataFrame([["Age", "61"]], columns=["Item", "New"]), "t")._repr_html_()
    assert "stacks" not in narrow
    assert "data-label" not in narrow


def test_an_empty_table_says_so():
    empty = Table(pd.DataFrame([], columns=["a"]), "t", empty="Nothing.")
    assert empty._repr_html_() == "<p>Nothing.</p>"
    assert repr(empty) == "t\nNothing."


def test_doi_and_address_are_links():
    html = Table(pd.DataFrame([["a", "10.1000/some.thing"]], columns=["a", "b"]), "t")._repr_html_()
    assert '<a href="https://doi.org/10.1000/some.thing">10.1000/some.thing</a>' in html


def test_entries_are_headed_by_their_meaning():
    dictionary = REVIEW.dictionary
    frame = entries.entries({"country": "X", "notes": {"a": 1}, "period": ""}, dictionary,
                            "study:design")  # fmt: skip
    assert frame.to_dict("records") == [{"Item": "Country", "Entry": "X"}]


def test_a_key_that_the_dictionary_leaves_out_is_headed_by_its_own_words():
    dictionary = Dictionary()
    frame = entries.entries({"follow_up_until": "2026"}, dictionary, "study:design")
    assert frame.to_dict("records") == [{"Item": "Follow up until", "Entry": "2026"}]


def test_shared_patients_name_the_other_report_and_the_certainty(tmp_path):
    shared = "shares_patients: [{with: 10.1000/x, certainty: likely, why: same hospital.}]\n"
    write_review(tmp_path, study=STUDY + shared)
    (line,) = entries.shared_patients(load_study("example-2020", tmp_path))
    assert line == "10.1000/x (likely): same hospital."
    again = shared.replace("]", ", {with: 10.1000/y, certainty: likely, why: same hospital.}]")
    write_review(tmp_path, study=STUDY + again)
    (line,) = entries.shared_patients(load_study("example-2020", tmp_path))
    assert line == "10.1000/x, 10.1000/y (likely): same hospital."


def test_the_protocol_names_every_planned_synthesis_and_every_study(capsys):
    assert len(protocol.syntheses(REVIEW)) == len(REVIEW.protocol.syntheses)
    page = protocol.ProtocolPage(ROOT)
    told = []
    show_studies = partial(page.studies, "Studies")
    for show in (show_studies, page.reasons, page.treatment_classes, page.outcomes):
        show()
        told.append(capsys.readouterr().out.splitlines())
    studies, reasons, classes, outcomes = told
    assert [row.split(" | ")[0] for row in studies[2:]] == [
        s.label for s in REVIEW.studies.values()
    ]
    assert len(reasons) == len(REVIEW.studies)
    assert len(classes) - 2 == len(REVIEW.protocol.treatment_classes)
    assert len(outcomes) - 2 == len(REVIEW.protocol.outcomes)


def test_a_table_of_short_numbers_under_long_headings_is_stacked_on_a_phone_too():
    long = ["Impossible", "Discrepant", "Implausible", "Convention", "Reproduced"]
    wide = Table(pd.DataFrame([{name: "1" for name in long}]), "Findings")
    narrow = Table(pd.DataFrame([{"Arm": "1", "n": "2", "%": "3"}]), "Sizes")
    assert "stacks" in wide._repr_html_()
    assert "stacks" not in narrow._repr_html_()
