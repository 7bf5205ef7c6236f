"""Beside each study of a plot stand the arms it compares, their counts, and its risk of bias."""

import pytest

from example_review import two_studies
from livingreview_display import POOLED, STUDY
from livingreview_plan.analysis import carry_out
from livingreview_results.compared import with_studies
from livingreview_results.page import arms_plot, forest_plot


@pytest.fixture
def review(tmp_path):
    return two_studies(tmp_path)


class Serious:
    """Judges every result alike."""

    def risk_of(self, number):
        return "serious"


def test_a_ratio_is_beside_its_comparison_and_the_patients_of_both_arms(review):
    (result,) = carry_out(review, "survival")
    rows = with_studies(forest_plot(result), [result], review.studies, Serious()).rows
    study = review.studies["example-2020"]
    comparison = study.comparisons[result.effects[0].sources[0].quantity.comparison]
    first = rows.iloc[0]
    assert first["arms"] == comparison.label
    sizes = [
        study.find(arm_id=arm, outcome="participants", population="whole", statistic="n")
        for arm in (comparison.experimental, comparison.control)
    ]
    expected = " v ".join(found[0].value for found in sizes) if all(sizes) else ""
    assert first["counts"] == expected
    assert set(rows.loc[rows["mark"] == STUDY, "risk"]) == {"serious"}
    assert set(rows.loc[rows["mark"] == POOLED, ["arms", "counts", "risk"]].to_numpy().flat) == {""}


def test_an_arm_is_beside_its_own_words_and_counts(review):
    results = carry_out(review, "response")
    plot = with_studies(arms_plot(results), results, review.studies, None)
    first = plot.rows.iloc[0]
    arm = results[0].estimates[0].arm_id
    assert first["arms"] == review.studies["example-2020"].arms[arm].label
    assert first["counts"] == "20/40"
    assert first["risk"] == ""
    assert plot.headings["arms"] == "Treatment"


def test_the_dagger_is_explained_where_it_stands_and_nowhere_else(review):
    (result,) = carry_out(review, "survival")
    marked = {result.effects[0].sources[0]}
    for noted in (set(), marked):
        plot = with_studies(forest_plot(result, marked=noted), [result], review.studies, None)
        assert plot.note.startswith("†") == bool(noted)
