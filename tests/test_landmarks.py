"""Printed survival of the made-up study, and of every study of this review."""

import math

import pytest

from example_review import ROWS, write_review
from livingreview_plan.printed_curves import printed_survival
from livingreview_pool import Landmark, Median, restricted_mean
from livingreview_record.load import load_review
from printed_survivals import every_printed_survival
from the_review import the_review

MEDIAN = {"section": "Results", "arm_id": "new", "outcome": "os", "unit": "months"}
RATE = MEDIAN | {"unit": "%", "statistic": "rate", "timepoint": "12 months", "value": "40.4"}


def median(value, **cells):
    return MEDIAN | {"statistic": "median", "value": value} | cells


def interval(of, value):
    return of | {"statistic": "ci95", "value": value}


def survival_of(tmp_path, *rows, **identity):
    write_review(tmp_path, rows=(*ROWS, *rows))
    study = load_review(tmp_path).studies["example-2020"]
    return printed_survival(study, identity.pop("arm_id", "new"), "os", **identity)


def test_a_rate_and_a_median_come_with_their_rounding_and_their_intervals(tmp_path):
    found = survival_of(
        tmp_path, RATE, interval(RATE, "20.3–59.8"), median("8.0"), interval(median(""), "6.1-NA")
    )
    (landmark,) = found.landmarks
    assert landmark.time == 12
    assert [landmark.lower, landmark.survival, landmark.upper] == pytest.approx(
        [0.4035, 0.404, 0.4045]
    )
    assert [landmark.ci_lower, landmark.ci_upper] == pytest.approx([0.2025, 0.5985])
    assert found.median == Median(8.0, 7.95, 8.05, 6.05, math.inf)
    assert found.n == 40
    assert [source.value for source in found.sources] == [
        "40.4",
        "20.3–59.8",
        "8.0",
        "6.1-NA",
        "40",
    ]
    assert found.label == "Example 2020: New"
    assert found.contradictions == ()
    assert found.reconstructed().at(12).item() == pytest.approx(0.404)


def test_landmarks_are_ordered_by_time_and_years_are_twelve_months(tmp_path):
    later = RATE | {"timepoint": "2 years", "value": "9.5"}
    found = survival_of(tmp_path, later, RATE)
    assert [landmark.time for landmark in found.landmarks] == [12, 24]


def test_a_table_comes_before_the_text_and_the_other_value_is_noted(tmp_path):
    table = {"table": "Table 2", "row": "OS", "column": "New", "section": "Table 2"}
    found = survival_of(tmp_path, median("8.1"), median("8.0", **table))
    assert found.median.time == 8.0
    assert "Results prints 8.1 where Table 2; OS; New prints 8.0" in found.notes


def test_an_interval_that_does_not_contain_its_value_is_set_aside_with_a_note(tmp_path):
    found = survival_of(tmp_path, RATE, interval(RATE, "41.0-59.8"))
    assert math.isnan(found.landmarks[0].ci_lower)
    assert "41.0-59.8 is not used: it does not contain 40.4" in found.notes


@pytest.mark.parametrize("text", ["NR", ">24"])
def test_a_median_not_reached_is_noted_and_no_point(tmp_path, text):
    found = survival_of(tmp_path, RATE, median(text))
    assert found.median is None
    assert any(f"median printed as {text}" in note for note in found.notes)


def test_a_contradiction_of_the_source_is_listed_and_leaves_no_curve(tmp_path):
    found = survival_of(tmp_path, RATE | {"value": "60.0"}, median("8.0"))
    assert len(found.contradictions) == 1
    with pytest.raises(ValueError, match=r"Example 2020: New.*60% at 12"):
        found.reconstructed()


def test_remarks_on_rows_and_notes_of_the_source_reach_the_curve(tmp_path):
    found = survival_of(tmp_path, RATE | {"note": "one number for two times"})
    assert "one number for two times" in found.reconstructed().notes


def test_subgroups_and_populations_are_kept_apart(tmp_path):
    rows = (
        median("8.0"),
        median("9.0", subgroup="sex=male"),
        median("7.0", population="matched"),
    )
    write_review(tmp_path, rows=(*ROWS, *rows))
    study = load_review(tmp_path).studies["example-2020"]
    males = printed_survival(study, "new", "os", subgroup="sex=male")
    assert (males.median.time, males.label) == (9.0, "Example 2020: New, sex=male")
    assert males.n is None
    matched = printed_survival(study, "new", "os", population="matched")
    assert (matched.median.time, matched.label) == (7.0, "Example 2020: New, Matched")
    assert [found.median.time for found in every_printed_survival(study)] == [8.0, 7.0]
    everything = every_printed_survival(study, subgroups=True)
    assert {found.median.time for found in everything} == {7.0, 8.0, 9.0}


def test_nothing_printed_is_none(tmp_path):
    assert survival_of(tmp_path, median("8.0"), arm_id="old") is None


def test_an_unknown_arm_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"example-2020: need an arm \(new, old\), found 'neu'"):
        survival_of(tmp_path, RATE, arm_id="neu")


def test_every_printed_survival_of_the_review_has_a_curve_or_names_its_contradiction():
    review = the_review()
    found = [
        printed
        for study in review.studies.values()
        for printed in every_printed_survival(study, subgroups=True)
    ]
    assert found
    for printed in found:
        if printed.contradictions:
            with pytest.raises(ValueError, match="no falling curve"):
                printed.reconstructed()
            continue
        if not (printed.landmarks or printed.median):  # a median that was not reached, alone
            with pytest.raises(ValueError, match="need at least one landmark or a median"):
                printed.reconstructed()
            continue
        curve = printed.reconstructed()
        mean = restricted_mean(curve, curve.last)
        assert mean.ci_lower <= mean.lower <= mean.value <= mean.upper <= mean.ci_upper
        assert all(isinstance(landmark, Landmark) for landmark in printed.landmarks)
        assert printed.sources
