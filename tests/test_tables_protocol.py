from dataclasses import replace

import pytest

from example_review import write_review
from livingreview.tables.protocol import ProtocolPage, evidence_size, not_yet_held, syntheses
from livingreview_record import patients
from livingreview_record.load import load_review
from the_review import ROOT, the_review


@pytest.fixture
def review(tmp_path):
    write_review(tmp_path)
    return load_review(tmp_path)


def test_the_size_of_the_evidence_counts_each_study_once(review):
    sizes = evidence_size(review)
    assert sizes == {
        "studies": "1",
        "numbers": "6",
        "included.studies": "1",
        "included.patients": "90",
        "date": "31 January 2026",
    }


def test_patients_with_a_characteristic_are_added_over_the_arms_unless_printed_for_all():
    whole = load_review(ROOT, only=["zhang-2025"]).studies["zhang-2025"]
    assert patients(whole) == 496
    assert patients(whole, "first_line_ici", "no") == 81 + 204
    assert patients(whole, "first_line_ici", "yes") == 119 + 92
    assert patients(whole, "first_line_ici", "no", population="matched") == 81 + 80


def test_a_trial_that_is_not_held_yet_is_named_with_what_it_compares(review):
    assert not_yet_held(review) == {}
    trials = not_yet_held(the_review())
    assert trials["DURABLE"].startswith("DURABLE (NCT04985851) compares anlotinib added to")


def test_the_protocol_says_which_studies_are_not_pooled(review):
    plans = review.protocol.syntheses
    apart = tuple(replace(plan, pool=plan.id != "survival") for plan in plans)
    found = syntheses(replace(review, protocol=replace(review.protocol, syntheses=apart)))
    kinds = dict(zip(found["Synthesis"], found["From"], strict=True))
    assert kinds["Survival"] == "Printed hazard ratios, side by side, not pooled"
    assert kinds["Response"] == "Proportions of single arms"


def test_who_enters_a_synthesis_is_said_in_words_and_not_in_the_names_of_the_data():
    whole = the_review()
    told = dict(syntheses(whole)[["Synthesis", "Patients"]].itertuples(index=False))
    titles = {plan.id: plan.title for plan in whole.protocol.syntheses}
    assert "Immune checkpoint inhibitor in the first line: Yes" in told[titles["os-ici-after-ici"]]
    assert not [text for text in told.values() if "_" in text or "=" in text]


def test_tables_of_the_data_and_of_the_protocol_call_a_study_by_its_name(capsys):
    page = ProtocolPage(ROOT)
    studies = page.review.studies
    page.extraction()
    page.leads()
    page.records("not_relied_upon", "Not relied upon")
    firsts = [line.partition(" | ")[0] for line in capsys.readouterr().out.splitlines()]
    assert not {*firsts} & {*studies}
    extracted = (row["study_id"] for row in page.review.extraction)
    named = {studies[id_].label for id_ in extracted if id_ in studies}
    assert len(named) > 10
    assert named <= {*firsts}
