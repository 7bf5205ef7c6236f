import math
from dataclasses import replace

import pytest

from example_review import ROWS, STUDY, more_studies, two_studies, write_review
from livingreview_plan import analysis
from livingreview_plan.analysis import (
    APART,
    COMPLETE_ARM,
    FEW_ARMS,
    UNINFORMATIVE,
    carry_out,
    used_numbers,
)
from livingreview_record.load import load_review
from livingreview_record.terms import Terms
from livingreview_results import tables
from planning import replanned


def example(tmp_path, **changes):
    write_review(tmp_path, **changes)
    return load_review(tmp_path)


def test_single_arms_give_one_answer_a_group_of_treatments(tmp_path):
    answers = carry_out(example(tmp_path), "response")
    assert [(result.group, result.pooled.k) for result in answers] == [
        ("new-drug", 1),
        ("old-drug", 1),
    ]
    assert answers[0].effects[0].yi == pytest.approx(math.log(20 / 20))


def test_two_arms_give_the_measure_from_the_printed_counts(tmp_path):
    (result,) = carry_out(example(tmp_path), "response-ratio")
    assert result.measure == "log_or"
    assert result.pooled.main.mean == pytest.approx(math.log((20 / 20) / (15 / 35)))


def test_a_printed_hazard_ratio_gives_its_logarithm_and_the_variance_of_its_interval(tmp_path):
    (result,) = carry_out(example(tmp_path), "survival")
    (effect,) = result.effects
    assert effect.yi == pytest.approx(math.log(0.70))
    assert effect.standard_error == pytest.approx(math.log(0.98 / 0.50) / (2 * 1.959963984540054))


def test_every_effect_knows_the_printed_numbers_it_rests_on(tmp_path):
    review = example(tmp_path)
    assert {number.value for number in used_numbers(review)} == {row["value"] for row in ROWS}


@pytest.mark.parametrize("values", [{}, {"20": "40", "30.0": "100.0"}])  # then no ratio
def test_used_numbers_are_the_sources_of_the_effects_of_every_answer(tmp_path, values):
    rows = tuple(row | {"value": values.get(row["value"], row["value"])} for row in ROWS)
    review = example(tmp_path, rows=rows)
    for planned in review.protocol.syntheses:
        alone = replace(review, protocol=replace(review.protocol, syntheses=(planned,)))
        effects = [effect for result in carry_out(alone, planned.id) for effect in result.effects]
        assert used_numbers(alone) == {source for effect in effects for source in effect.sources}


def test_leaving_out_a_number_leaves_out_the_estimates_that_rest_on_it(tmp_path):
    review = example(tmp_path)
    interval = review.numbers()[-1]
    (result,) = carry_out(review, "survival", without=[interval])
    assert result.effects == ()
    assert result.pooled is None


def test_arms_in_which_every_patient_responds_give_no_ratio(tmp_path):
    values = {"20": "40", "30.0": "100.0"}
    rows = tuple(row | {"value": values.get(row["value"], row["value"])} for row in ROWS)
    (result,) = carry_out(example(tmp_path, rows=rows), "response-ratio")
    assert result.effects == ()
    assert result.left_out[-1].reason == Terms().fill(UNINFORMATIVE)


def test_two_estimates_that_share_patients_are_never_pooled(tmp_path):
    write_review(tmp_path)
    second = tmp_path / "data" / "studies" / "other-2021"
    first = tmp_path / "data" / "studies" / "example-2020"
    second.mkdir()
    shared = "shares_patients: [{with: example-2020, certainty: established, why: same patients}]\n"
    text = (
        STUDY.replace("example-2020", "other-2021").replace("Example 2020", "Other 2021") + shared
    )
    (second / "study.yaml").write_text(text, encoding="utf-8")
    (second / "reported.csv").write_bytes((first / "reported.csv").read_bytes())
    (result,) = carry_out(load_review(tmp_path), "survival")
    assert (len(result.effects), result.pooled, result.exact) == (2, None, None)
    assert "share patients" in result.not_pooled


def test_what_counts_cannot_give_is_said_and_stops_nothing(tmp_path):
    rows = tuple(row | {"value": {"20": "40"}.get(row["value"], row["value"])} for row in ROWS)
    review = more_studies(tmp_path, "other-2021", "third-2022", rows=rows)
    studies = {name: one for name, one in review.studies.items() if name != "example-2020"}
    (result,) = carry_out(replace(review, studies=studies), "response-ratio")
    assert (result.pooled.k, result.exact) == (2, None)
    assert "a study with events in that arm and survivors in the other" in result.no_exact
    assert result.no_exact in str(tables.notes(result))


def test_arms_of_none_and_of_all_that_have_no_mean_are_shown_and_not_pooled(tmp_path, monkeypatch):
    def no_fit(*_, **__):
        raise ArithmeticError("no mean settled")

    monkeypatch.setattr(analysis, "binomial_normal", no_fit)
    for result in carry_out(more_studies(tmp_path, "other-2021", "third-2022"), "response"):
        assert (len(result.effects), result.pooled, result.exact) == (3, None, None)
        assert "no mean settled" in result.not_pooled


def test_studies_that_the_plan_keeps_apart_are_not_pooled(tmp_path):
    review = two_studies(tmp_path)
    for name in ("survival", "response-ratio"):
        (apart,) = carry_out(replanned(review, pool=False), name)
        assert (len(apart.effects), apart.pooled, apart.exact) == (2, None, None)
        assert apart.not_pooled == APART
        (noted,) = carry_out(replanned(review, pool=False, note="counted differently"), name)
        assert noted.not_pooled == "counted differently"
        (pooled,) = carry_out(review, name)
        assert (pooled.pooled.k, pooled.not_pooled) == (2, "")


def test_single_arms_are_pooled_from_three_studies_on(tmp_path):
    for names, reason in ((["other-2021"], FEW_ARMS), (["other-2021", "third-2022"], "")):
        review = more_studies(tmp_path / str(len(names)), *names)
        for result in carry_out(review, "response"):
            assert result.not_pooled == reason
            assert (result.exact is None) == bool(reason)


def test_arms_in_which_every_patient_responds_are_never_pooled(tmp_path):
    rows = tuple(row | {"value": {"20": "40"}.get(row["value"], row["value"])} for row in ROWS)
    review = more_studies(tmp_path, "other-2021", "third-2022", rows=rows)
    full, partial = carry_out(review, "response")
    assert (full.not_pooled, full.pooled, full.exact) == (
        *(Terms().fill(COMPLETE_ARM), None, None),
    )
    assert partial.pooled.k == 3


def test_an_adverse_event_says_which_events_it_is_counted_among(tmp_path):
    study = STUDY.replace(
        "  orr: {label: Objective response, kind: binary, sum_of: {response: [pr]}}",
        "  trae: {label: Any treatment-related event, kind: adverse-event}\n"
        "  orr: {label: Rash, kind: adverse-event, within: trae}",
    )
    review = example(tmp_path, study=study)
    among = "(counted among: any treatment-related event)"
    assert carry_out(review, "response")[0].effects[0].name == f"Example 2020: New {among}"
    assert carry_out(review, "response-ratio")[0].effects[0].name == f"Example 2020 {among}"
