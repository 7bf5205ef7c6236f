"""Questions about the design, and the distance of every printed number."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from livingreview_cohort.choices import Pipeline, Question, load_pipeline
from livingreview_cohort.distance import Distance, agreement, distances
from livingreview_cohort.draw import draw
from livingreview_cohort.fit import FittedStudy
from livingreview_cohort.pipeline import run
from livingreview_cohort.reenact import fit_for, summarise
from livingreview_cohort.what_if import QUESTIONS, WhatIf, answers, caliper_readings
from livingreview_record import Review
from the_review import the_review

ROOT = Path(__file__).parents[1]
STUDIES = ("chen-2025", "gu-2026", "tian-2026", "zhang-2025")


@cache
def review() -> Review:
    return the_review()


@cache
def prepared(study_id: str) -> tuple[FittedStudy, Pipeline]:
    study = review().studies[study_id]
    pipeline = load_pipeline(study, review().dictionary, ROOT)
    return fit_for(study, pipeline), pipeline


@cache
def answered(study_id: str) -> tuple[WhatIf, ...]:
    return answers(*prepared(study_id))


def only(study_id: str, kind: str) -> WhatIf:
    (found,) = (one for one in answered(study_id) if one.kind == kind)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("study_id", STUDIES)
def test_each_question_has_its_answer(study_id: str) -> None:
    asked = [question.kind for question in prepared(study_id)[1].what_if]
    assert [answer.kind for answer in answered(study_id)] == asked
    assert asked


@pytest.mark.slow
def test_early_deaths_put_back_bring_the_ratio_up_and_only_in_one_arm_to_one() -> None:
    answer = only("gu-2026", "early-deaths")
    one_arm, both = answer.series
    assert list(one_arm.middle) == sorted(one_arm.middle)
    assert one_arm.middle[0] == pytest.approx(0.680, abs=0.02)  # as printed
    assert one_arm.middle[-1] > 1
    assert both.middle[-1] < 0.9
    assert "would arise" in answer.sentence


@pytest.mark.slow
def test_an_earlier_time_seems_to_protect_where_the_clock_includes_it() -> None:
    answer = only("gu-2026", "clock-origin")
    (series,) = answer.series
    after, inside, shorter = series.middle
    assert after == pytest.approx(1.0, abs=0.02)
    assert shorter < inside < after


@pytest.mark.slow
def test_readings_of_the_caliper_give_different_numbers_of_pairs() -> None:
    (series,) = only("zhang-2025", "caliper-readings").series
    assert series.middle[0] > series.middle[1]
    assert max(series.high) <= 200


@pytest.mark.slow
def test_chance_selects_about_as_often_as_independent_tests_would() -> None:
    (series,) = only("chen-2025", "chance-selection").series
    assert series.middle[0] == pytest.approx(100 * 0.95**13, abs=8)


@pytest.mark.slow
def test_a_small_p_needs_events_that_crowd_together() -> None:
    (series,) = only("tian-2026", "curve-p").series
    assert list(series.middle) == sorted(series.middle, reverse=True)
    assert series.middle[0] > 0.05
    assert series.middle[-1] < 0.0004


def test_a_question_about_matching_needs_matching() -> None:
    fitted, pipeline = prepared("tian-2026")
    with pytest.raises(ValueError, match="needs matching"):
        caliper_readings(fitted, pipeline, Question(kind="caliper-readings"))


def test_every_kind_of_question_that_a_file_may_ask_is_known() -> None:
    asked = {question.kind for one in STUDIES for question in prepared(one)[1].what_if}
    assert asked == set(QUESTIONS)


@cache
def measured(study_id: str) -> tuple[Distance, ...]:
    fitted, pipeline = prepared(study_id)
    runs = [run(draw(fitted, seed), pipeline, fitted.study) for seed in range(3)]
    return distances(fitted.study, summarise(fitted.study, "synthetic", runs))


@pytest.mark.parametrize("study_id", STUDIES)
def test_every_printed_number_has_a_distance_or_a_reason(study_id: str) -> None:
    found = measured(study_id)
    assert [one.printed for one in found] == list(review().studies[study_id].numbers)
    assert all((one.distance is None) == bool(one.reason) for one in found)


@pytest.mark.parametrize("study_id", STUDIES)
def test_printed_counts_are_at_no_distance(study_id: str) -> None:
    """Apart from those of a sample that the pipeline matches anew, and of groups within it."""
    for one in measured(study_id):
        quantity = one.printed.quantity
        if quantity.statistic == "n" and one.distance is not None and not quantity.subgroup:
            assert one.distance == 0 or "matched" in quantity.population, one.printed.where


@pytest.mark.parametrize("study_id", STUDIES)
def test_medians_of_the_arms_print_the_same(study_id: str) -> None:
    for one in measured(study_id):
        quantity = one.printed.quantity
        alone = (quantity.population, quantity.subgroup) == ("whole", "")
        is_arm = quantity.arm_id in review().studies[study_id].arms
        if (
            quantity.statistic == "median"
            and quantity.outcome in ("os", "pfs")
            and alone
            and is_arm
        ):
            assert one.distance is not None
            assert one.distance <= 1, one.printed.where


def test_agreement_counts_every_number_once() -> None:
    found = measured("tian-2026")
    rows = agreement(found)
    assert sum(row.numbers for row in rows) == len(found)
    assert all(row.same <= row.computed <= row.numbers for row in rows)
    assert np.isfinite([row.middle for row in rows if row.computed]).all()
