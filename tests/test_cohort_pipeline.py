"""A pipeline on real patients gives what R gives, under the identity that a paper prints it by.

The patients are those of R's `veteran`; `tests/reference/patient_level.json` has what R prints of
them (`validation/survival/make_patient_level.R`).  Its days stand for months here.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livingreview_cohort.choices import (
    Exclusion,
    Matching,
    Model,
    Pipeline,
    load_pipeline,
    load_single_arm,
)
from livingreview_cohort.patients import Patients, TimeToEvent
from livingreview_cohort.pipeline import Result, run
from livingreview_cohort.reenact import reenact_patients, summarise
from livingreview_record import (
    Arm,
    Comparison,
    DataProblemsError,
    Dictionary,
    Locator,
    Outcome,
    Population,
    Printed,
    Quantity,
    Roles,
    Study,
    load_review,
)
from patient_level import REFERENCE, patients

ROOT = Path(__file__).parent.parent
R = json.loads((REFERENCE / "patient_level.json").read_text("utf-8"))["paper"]
CLOSE = {"rel": 1e-6, "abs": 1e-9}
CELLS = ("squamous", "adeno", "large", "smallcell")

DEATH = Quantity(outcome="death")
ARMS = replace(DEATH, comparison="new-vs-old", adjustment="unadjusted")


def three(quantity: Quantity) -> list[Quantity]:
    method = replace(quantity, method="cox")
    return [replace(method, statistic=name) for name in ("hr", "ci95", "p")]


ADJUSTED = [
    replace(ARMS, adjustment="adjusted"),
    *(
        replace(DEATH, arm_id="all", comparison=name, adjustment="adjusted")
        for name in ("karno", *(f"cells:{cell}/squamous" for cell in CELLS[1:]))
    ),
]
PRINTED = [
    *(
        replace(DEATH, arm_id=arm, timepoint=at, statistic=statistic)
        for arm in ("old", "new")
        for at, statistic in (
            *(("", "median"), ("", "ci95")),
            *(("100 months", "rate"), ("100 months", "ci95")),
        )
    ),
    replace(ARMS, statistic="p", method="log-rank"),
    *three(ARMS),
    *three(replace(ARMS, subgroup="cells=smallcell")),
    *(one for quantity in ADJUSTED for one in three(quantity)),
    Quantity("old", outcome="participants", statistic="n"),
    Quantity("new", outcome="cells", category="adeno", statistic="n"),
    Quantity("new", outcome="cells", category="adeno", statistic="percent"),
    Quantity("new", outcome="death", category="event", statistic="n"),
    Quantity("all", outcome="age", statistic="mean"),
    Quantity(outcome="before", comparison="new-vs-old", statistic="p", method="chi2"),
    Quantity(outcome="age", comparison="new-vs-old", statistic="p", method="t-test"),
    replace(ARMS, adjustment="", statistic="difference"),
    Quantity("new", outcome="rash", statistic="n"),
    Quantity("new", "others", outcome="death", statistic="median"),
]


@pytest.fixture(scope="module")
def study() -> Study:
    arms = {id_: Arm(id_, id_, "x") for id_ in ("old", "new")}
    variables = {
        "karno": Outcome("karno", "Karnofsky", "continuous"),
        "age": Outcome("age", "Age", "continuous"),
        "cells": Outcome("cells", "Cells", "categorical", {cell: cell for cell in CELLS}),
        "before": Outcome("before", "Treated before", "binary"),
    }
    outcomes = {
        "participants": Outcome("participants", "Patients", "count"),
        "death": Outcome("death", "Survival", "time-to-event", {"event": "Died"}),
        "rash": Outcome("rash", "Rash", "adverse-event"),
    }
    place = Locator("paper", "Results")
    numbers = tuple(
        Printed(
            "veteran", line, place, quantity, "", "1-2" if quantity.statistic == "ci95" else "1"
        )
        for line, quantity in enumerate(PRINTED)
    )
    comparison = Comparison("new-vs-old", "New against old", "new", "old")
    populations = {
        "whole": Population("whole", "All"),
        "matched": Population("matched", "Matched", "whole"),
        "others": Population("others", "Of another report", "whole"),
    }
    parts = ((), {}, arms, {comparison.id: comparison}, populations, outcomes, variables)
    found = Study("veteran", "Veteran", "included", "People", *parts, numbers=numbers)
    return replace(found, roles=Roles("death"))


@pytest.fixture(scope="module")
def table() -> Patients:
    data = patients("veteran")
    return Patients(
        "veteran",
        "patient-level",
        np.where(data["trt"] == "2", "new", "old"),
        {
            "karno": data["karno"].astype(float),
            "age": data["age"].astype(float),
            "cells": data["celltype"],
            "before": np.where(data["prior"] == "10", "yes", "no"),
        },
        {},
        {"death": TimeToEvent(data["time"].astype(float), data["status"] == "1")},
    )


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(
        curve_test="log-rank",
        ties="efron",
        cox_p="wald",
        screening_p="cox",
        rate_interval="log",
        median_interval="log",
        median_at_one_half="midpoint",
        followup="reverse-kaplan-meier",
        share_interval="clopper-pearson",
        count_test="pearson",
        number_test="t-test",
        references={"cells": "squamous"},
        models=(
            Model(
                outcomes=("death",),
                candidates=("karno", "cells", "age", "new-vs-old"),
                p_below=0.05,
                forced=("new-vs-old",),
            ),
        ),
        matching=Matching(
            population="matched",
            covariates=("karno", "age", "before"),
            caliper=0.2,
            unit="sd",
            scale="logit",
            order="largest",
        ),
        exclusions=(),
        choices=(),
    )


@pytest.fixture(scope="module")
def found(study: Study, table: Patients, pipeline: Pipeline) -> dict[Quantity, tuple[float, ...]]:
    return {result.quantity: result.values for result in run(table, pipeline, study)}


@pytest.mark.parametrize(("arm", "name"), [("old", "standard"), ("new", "test")])
def test_medians_and_rates_of_an_arm_are_those_of_r(found: Any, arm: str, name: str) -> None:
    here = replace(DEATH, arm_id=arm)
    at = replace(here, timepoint="100 months")
    expected = R[name]
    assert found[replace(here, statistic="median")] == (expected["median"][0],)
    assert found[replace(here, statistic="ci95")] == tuple(expected["median_interval"])
    percent = [100 * value for value in expected["rate_interval"]]
    assert found[replace(at, statistic="rate")] == pytest.approx((100 * expected["rate"][0],))
    assert found[replace(at, statistic="ci95")] == pytest.approx(percent, **CLOSE)


def assert_ratio(found: Any, quantity: Quantity, expected: dict[str, Any], at: int = 0) -> None:
    hr, interval, p = (found[one] for one in three(quantity))
    assert hr == pytest.approx((expected["hr"][at],), **CLOSE)
    assert interval == pytest.approx((expected["lower"][at], expected["upper"][at]), **CLOSE)
    assert p == pytest.approx((expected["p"][at],), **CLOSE)


def test_the_arms_compared_are_those_of_r(found: Any) -> None:
    assert found[replace(ARMS, statistic="p", method="log-rank")] == pytest.approx(
        R["log_rank_p"], **CLOSE
    )
    assert_ratio(found, ARMS, R["trt"])
    assert_ratio(found, replace(ARMS, subgroup="cells=smallcell"), R["trt_smallcell"])


def test_a_printed_model_is_fitted_with_all_covariates_that_are_printed_with_it(
    found: Any,
) -> None:
    for at, quantity in enumerate(ADJUSTED):
        assert_ratio(found, quantity, R["adjusted"], at)


def test_the_kind_of_p_of_one_covariate_is_the_pipelines_choice(
    study: Study, table: Patients, pipeline: Pipeline
) -> None:
    other = run(table, replace(pipeline, cox_p="likelihood-ratio"), study)
    by_quantity = {result.quantity: result.values for result in other}
    assert by_quantity[three(ARMS)[2]] == pytest.approx(R["trt_likelihood_ratio_p"], **CLOSE)


def test_every_level_of_a_subgroup_and_its_interaction_come_with_the_printed_one(
    found: Any,
) -> None:
    whole = replace(ARMS, method="cox", statistic="hr")
    assert all(replace(whole, subgroup=f"cells={cell}") in found for cell in CELLS)
    interaction = replace(whole, statistic="p", method="interaction", category="cells")
    assert found[interaction] == pytest.approx(R["interaction_p"], **CLOSE)


def test_counts_shares_and_means_are_those_of_the_table(found: Any, table: Patients) -> None:
    new = table.arm == "new"
    adeno = int((new & (table.column("cells") == "adeno")).sum())
    assert found[Quantity("old", outcome="participants", statistic="n")] == (69.0,)
    assert found[Quantity("new", outcome="cells", category="adeno", statistic="n")] == (adeno,)
    share = found[Quantity("new", outcome="cells", category="adeno", statistic="percent")]
    assert share == pytest.approx((100 * adeno / new.sum(),))
    died = found[Quantity("new", outcome="death", category="event", statistic="n")]
    assert died == (float(table.times["death"].event[new].sum()),)
    mean = found[Quantity("all", outcome="age", statistic="mean")]
    assert mean == pytest.approx((table.column("age").astype(float).mean(),))


def test_the_difference_of_medians_is_that_of_the_arms(found: Any) -> None:
    difference = found[replace(ARMS, adjustment="", statistic="difference")]
    assert difference == (52.5 - 103,)


def test_what_the_table_does_not_hold_is_left_out(found: Any) -> None:
    assert Quantity("new", outcome="rash", statistic="n") not in found


def test_a_population_of_whose_patients_nothing_is_known_is_left_out(found: Any) -> None:
    assert Quantity("new", "others", outcome="death", statistic="median") not in found


def test_the_rule_lets_in_what_is_below_its_threshold_or_forced(found: Any) -> None:
    chosen = {
        name: found[Quantity(outcome="death", comparison=name, method="selected")]
        for name in ("karno", "cells", "age", "new-vs-old")
    }
    assert chosen == {"karno": (1,), "cells": (1,), "age": (0,), "new-vs-old": (1,)}


def test_matching_makes_the_arms_more_alike_in_what_it_matches_on(found: Any) -> None:
    def gap(population: str, name: str) -> float:
        return found[
            Quantity(
                population=population,
                outcome=name,
                comparison="new-vs-old",
                statistic="difference",
                method="standardised",
            )
        ][0]

    names = ("karno", "age", "before")
    worst = {one: max(gap(one, name) for name in names) for one in ("whole", "matched")}
    assert worst["matched"] < worst["whole"]


def test_early_deaths_are_left_out_where_the_pipeline_says_so(
    study: Study, table: Patients, pipeline: Pipeline
) -> None:
    without = replace(pipeline, exclusions=(Exclusion(outcome="death", before_months=30),))
    count = Quantity("old", outcome="participants", statistic="n")
    by_quantity = {one.quantity: one.values for one in run(table, without, study)}
    early = table.times["death"].event & (table.times["death"].time < 30)
    assert by_quantity[count] == (69 - int((early & (table.arm == "old")).sum()),)


def test_a_model_without_a_finite_estimate_gives_no_number(
    study: Study, table: Patients, pipeline: Pipeline
) -> None:
    death = table.times["death"]
    odd = replace(
        table, times={"death": TimeToEvent(death.time, death.event & (table.arm == "old"))}
    )
    by_quantity = {one.quantity: one.values for one in run(odd, pipeline, study)}
    assert np.isnan(by_quantity[three(ARMS)[1]]).all()


# beside the print


def with_value(study: Study, quantity: Quantity, value: str) -> Study:
    numbers = [
        replace(number, value=value) if number.quantity == quantity else number
        for number in study.numbers
    ]
    return replace(study, numbers=tuple(numbers))


@pytest.mark.parametrize(
    ("value", "agreement"),
    [("103", "within"), ("103.4", "near"), ("95", "near"), ("90", "outside"), (">100", "within")],
)
def test_one_table_is_held_against_the_rounding_of_what_is_printed(
    study: Study, table: Patients, pipeline: Pipeline, value: str, agreement: str
) -> None:
    median = Quantity("old", outcome="death", statistic="median")
    row = reenact_patients(table, pipeline, with_value(study, median, value)).find(median)
    assert row is not None
    assert (row.values, row.low, row.high, row.tables) == ((103.0,), (103.0,), (103.0,), 1)
    assert row.printed is not None
    assert row.agreement == agreement


def test_the_range_over_tables_leaves_out_the_outermost(study: Study) -> None:
    median = Quantity("old", outcome="death", statistic="median")
    runs = [[Result(median, (float(value),))] for value in range(1, 202)]
    printed = with_value(study, median, "7")
    row = summarise(printed, "synthetic", runs).find(median)
    assert row is not None
    assert (row.values, row.low, row.high) == ((101.0,), (6.0,), (196.0,))


def test_a_median_that_is_not_reached_is_endless_and_one_without_estimate_is_left_out(
    study: Study,
) -> None:
    interval = Quantity("old", outcome="death", statistic="ci95")
    values = [(3.0, 8.0), (4.0, np.inf), (5.0, np.inf), (np.nan, np.nan)]
    runs = [[Result(interval, value)] for value in values]
    row = summarise(with_value(study, interval, "4-NA"), "synthetic", runs).find(interval)
    assert row is not None
    assert (row.values, row.high, row.tables) == ((4.0, np.inf), (5.0, np.inf), 3)
    assert row.agreement == "within"


def test_the_result_of_nothing_is_no_verdict(study: Study) -> None:
    median = Quantity("old", outcome="death", statistic="median")
    row = summarise(study, "synthetic", [[Result(median, (np.nan,))]]).find(median)
    assert row is not None
    assert (row.tables, row.agreement) == (0, None)


# the choices


@pytest.mark.parametrize("study_id", ["tian-2026", "chen-2025", "zhang-2025", "gu-2026"])
def test_every_choice_of_a_study_is_printed_or_assumed(study_id: str) -> None:
    review = load_review(ROOT, only=[study_id])
    pipeline = load_pipeline(review.studies[study_id], review.dictionary, ROOT)
    assert pipeline.choices
    assert all(bool(choice.printed) != bool(choice.assumed) for choice in pipeline.choices)


def test_a_study_without_results_says_what_to_try() -> None:
    review = load_review(ROOT, only=["nct04363255"])
    single, choices = load_single_arm(review.studies["nct04363255"], review.dictionary, ROOT)
    assert single.sizes == (20, 40, 80)
    assert all(choice.assumed for choice in choices)


def faults(folder: Path, study: Study, text: str) -> list[str]:
    path = folder / "data" / "studies" / "veteran" / "pipeline.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    with pytest.raises(DataProblemsError) as caught:
        load_pipeline(study, Dictionary(is_whole=False), folder)
    return [str(problem).removeprefix(f"{path} ") for problem in caught.value.problems]


def test_an_unknown_test_or_key_is_named_with_its_place(tmp_path: Path, study: Study) -> None:
    text = (
        "software: {value: R, printed: Methods}\ncurve_test: {value: logrank, printed: Methods}\n"
    )
    found = faults(tmp_path, study, text + "tie: {value: efron, printed: Methods}\n")
    assert any("curve_test.value: need one of log-rank, gehan-wilcoxon" in one for one in found)
    assert any("'tie'" in one and "perhaps 'ties'" in one for one in found)


def test_a_choice_without_a_ground_or_with_two_and_a_missing_one_are_named(
    tmp_path: Path, study: Study
) -> None:
    text = "software: {value: R}\ncurve_test: {value: log-rank, printed: Methods, assumed: usual}\n"
    found = faults(tmp_path, study, text)
    assert any(one.startswith("software: need either printed") for one in found)
    assert any(one.startswith("curve_test: need either") and "found both" in one for one in found)
    assert any(one.startswith("ties: need this choice, found nothing") for one in found)


def test_an_id_that_the_study_does_not_have_is_named(tmp_path: Path, study: Study) -> None:
    text = (
        "software: {value: R, printed: Methods}\n"
        "references: {value: {cell: adeno, cells: small}, assumed: ours}\n"
        "models:\n- outcomes: [dead]\n  arm: newer\n"
        "  candidates: {value: [karno, weight], printed: Table 2}\n"
        "  p_below: {value: 0.05, printed: Methods}\n  forced: {value: [], printed: Methods}\n"
    )
    found = faults(tmp_path, study, text)
    for words in ("'cell'", "'small'", "'dead'", "'newer'", "'weight'"):
        assert any(words in one for one in found), words
