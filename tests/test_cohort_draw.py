"""Synthetic patients against the numbers that they are drawn from."""

import math
from functools import cache

import numpy as np
import pytest

from audit_study import Paper
from livingreview_cohort.counts import fit_counts, missed
from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import KaplanMeier
from livingreview_cohort.draw import draw, draw_cohort
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.layout import patients_as_csv
from livingreview_cohort.patients import Patients
from livingreview_record import Study
from the_review import the_review

SEEDS = range(3)
CURVES = ("os", "pfs")


@cache
def studies() -> dict[str, Study]:
    return {id_: one for id_, one in the_review().studies.items() if one.arms}


@cache
def fitted(study_id: str) -> FittedStudy:
    return fit_study(studies()[study_id])


NAMES = sorted(studies())
TIMED = ("chen-2025", "gu-2026", "tian-2026", "zhang-2025")  # with medians of each arm


def paper(**numbers: str) -> Paper:
    """Two arms of 40 with medians of survival, and whatever else is given."""
    made = Paper(
        outcomes={
            "os": {"kind": "time-to-event"},
            "pfs": {"kind": "time-to-event"},
            "followup": {"kind": "duration"},
            "response": {
                "kind": "categorical",
                "levels": ["cr", "pr", "sd", "pd"],
                "exhaustive": True,
            },
            "design": {"kind": "design"},
        },
        variables={
            "sex": {"kind": "categorical", "levels": ["male", "female"], "exhaustive": True}
        },
    )
    made.sizes(40, 40)
    for arm, median in (("new", numbers.get("new", "12.0")), ("old", numbers.get("old", "8.0"))):
        made.add(median, arm_id=arm, outcome="os", statistic="median", unit="months")
    for arm, males in (("new", 25), ("old", 22)):
        made.count(males, "sex", arm=arm, category="male")
        made.count(40 - males, "sex", arm=arm, category="female")
    return made


@pytest.mark.parametrize("study_id", NAMES)
def test_every_printed_count_that_others_do_not_contradict_is_met_exactly(study_id: str) -> None:
    fitted_counts = fit_counts(studies()[study_id])
    left_out = {getattr(bound, "printed", None) for bound in fitted_counts.left_out}
    assert set(missed(fitted_counts)) <= left_out
    assert study_id not in TIMED or missed(fitted_counts) == {}


@pytest.mark.parametrize("study_id", NAMES)
def test_a_drawn_table_has_the_printed_counts_of_each_arm(study_id: str) -> None:
    study, patients = studies()[study_id], draw(fitted(study_id), 1)
    for number in study.numbers:
        quantity = number.quantity
        is_count = quantity.statistic == "n" and quantity.category and not quantity.subgroup
        if (
            not is_count
            or quantity.population != "whole"
            or quantity.outcome not in study.variables
        ):
            continue
        own = (
            patients.arm == quantity.arm_id if quantity.arm_id in study.arms else patients.arm != ""
        )
        found = (patients.column(quantity.outcome)[own] == quantity.category).sum()
        assert found == number.number.value, number.where


@pytest.mark.parametrize("study_id", TIMED)
@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_progresses_after_death_or_is_followed_beyond_the_end(
    study_id: str, seed: int
) -> None:
    model = fitted(study_id)
    patients = draw(model, seed)
    survival, progression = (patients.times[one] for one in CURVES)
    assert (progression.time <= survival.time + 1e-9).all()
    assert not (survival.event & ~progression.event & (progression.time < survival.time)).any()
    for arm, window in model.follow_up.items():
        assert survival.time[patients.arm == arm].max() <= window.longest + 1e-6


@pytest.mark.parametrize("study_id", TIMED)
@pytest.mark.parametrize("seed", SEEDS)
def test_medians_of_survival_are_the_printed_ones(study_id: str, seed: int) -> None:
    model = fitted(study_id)
    patients = draw(model, seed)
    for (outcome, arm), printed in model.curves.items():
        if outcome not in CURVES:
            continue
        own = patients.times[outcome].of(patients.arm == arm)
        for point in printed.points:
            if point.share == 0.5:
                assert KaplanMeier(own.time, own.event).median == pytest.approx(
                    point.time, abs=1e-6
                )


@pytest.mark.parametrize("study_id", ["gu-2026", "zhang-2025"])
@pytest.mark.parametrize("outcome", CURVES)
def test_the_hazard_ratio_of_the_arms_is_near_the_printed_one(study_id: str, outcome: str) -> None:
    model = fitted(study_id)
    target = model.arms[outcome].log_ratio
    assert target is not None
    for seed in SEEDS:
        patients = draw(model, seed)
        times, own = patients.times[outcome], patients.arm == model.arms[outcome].experimental
        found = Cox(times.time, times.event, own.astype(float)[:, None]).beta[0]
        assert found == pytest.approx(target, abs=0.03)


def test_the_printed_numbers_of_events_are_met() -> None:
    patients = draw(fitted("chen-2025"), 3)
    assert patients.times["os"].event.sum() == 44
    assert patients.times["pfs"].event.sum() == 49


@pytest.mark.parametrize("study_id", TIMED)
def test_a_seed_gives_the_same_bytes_and_another_seed_other_patients(study_id: str) -> None:
    once, again, other = (
        patients_as_csv(draw_cohort(studies()[study_id], seed)) for seed in (7, 7, 8)
    )
    assert once == again
    assert once != other


def test_drawn_patients_say_that_they_are_synthetic() -> None:
    assert draw(fitted("tian-2026"), 0).is_synthetic


def test_values_that_two_printed_counts_leave_open_are_not_known() -> None:
    """22 of the 24 patients of an arm have a printed level."""
    patients = draw(fitted("tian-2026"), 0)
    own = patients.variables["previous_pci"][patients.arm == "annab"]
    assert sorted(np.unique(own, return_counts=True)[1].tolist()) == [2, 4, 18]


def test_a_percentage_without_a_count_gives_the_only_count_that_prints_like_it() -> None:
    patients = draw(fitted("tian-2026"), 0)
    own = patients.outcomes["response"][patients.arm == "nap"]
    assert (own == "pr").sum() == 2  # 8.3 % of 24


def test_a_percentage_that_several_counts_fit_gives_one_of_these() -> None:
    made = Paper(outcomes={}, variables={})
    made.sizes(300, 300)
    made.percent("33", "event", arm="new")
    fitted_counts = fit_counts(made.study)
    _, counts = fitted_counts.table("event")
    assert 98 <= counts[0, 1] <= 100


def test_a_percentage_that_is_cut_off_instead_of_rounded_gives_its_count() -> None:
    """45 of 67 is 67.16 %: a paper that prints 67.1 means 45 patients."""
    made = Paper()
    made.sizes(67, 93)
    made.percent("67.1", "event", arm="new")
    _, counts = fit_counts(made.study).table("event")
    assert counts[0, 1] == 45


def test_margins_that_cannot_hold_together_leave_out_the_least_certain_and_say_so() -> None:
    made = Paper(
        variables={"sex": {"kind": "categorical", "levels": ["m", "f"], "exhaustive": True}}
    )
    made.sizes(20, 20)
    made.count(15, "sex", category="m")
    made.count(9, "sex", category="f")
    found = fit_counts(made.study)
    assert [getattr(bound, "words", "") or bound.printed.value for bound in found.left_out] == ["9"]


def test_age_follows_the_printed_mean_spread_and_groups() -> None:
    patients = draw(fitted("gu-2026"), 2)
    age = patients.variables["age"]
    own = age[patients.arm == "serplulimab"]
    assert own.mean() == pytest.approx(60.10, abs=1e-6)
    assert own.std(ddof=1) == pytest.approx(8.65, abs=1e-6)
    older = patients.variables["age_group"] == "over_65"
    assert (age[older] > 65).all()
    assert (age[~older] <= 65).all()


@pytest.mark.parametrize("study_id", ["chen-2025", "zhang-2025"])
def test_age_follows_the_printed_median_range_and_groups(study_id: str) -> None:
    study, patients = studies()[study_id], draw(fitted(study_id), 2)
    age = patients.variables["age"]
    (median,) = {float(n.value) for n in study.find(outcome="age", statistic="median")}
    (low, high), *_ = (
        (n.interval.lower.value, n.interval.upper.value)
        for n in study.find(outcome="age", statistic="range")
    )
    assert (np.median(age), age.min(), age.max()) == (median, low, high)
    groups = patients.variables["age_group"]
    ordered = sorted((age[groups == level].max(), level) for level in np.unique(groups))
    assert age[groups == ordered[1][1]].min() > ordered[0][0]


def test_who_is_in_a_matched_sample_is_drawn_with_its_printed_table() -> None:
    patients = draw(fitted("zhang-2025"), 4)
    matched = patients.populations["matched"]
    own = matched & (patients.arm == "ici")
    assert own.sum() == 162
    assert (patients.variables["sex"][own] == "male").sum() == 130


def test_nobody_is_put_into_a_population_of_which_no_characteristic_is_printed() -> None:
    assert list(draw(fitted("zhang-2025"), 4).populations) == ["matched"]


def test_a_median_beyond_follow_up_is_refused_with_its_place() -> None:
    made = paper(new="40.0")
    made.add("2-30", arm_id="all", outcome="followup", statistic="range", unit="months")
    with pytest.raises(
        ValueError, match=r"Table 1; row .*within follow-up.*30\.0 months, found 40"
    ):
        fit_study(made.study)


def test_rates_that_rise_are_refused_with_both_places() -> None:
    made = paper()
    for at, rate in (("6 months", "40.0"), ("24 months", "60.0")):
        made.add(rate, arm_id="new", outcome="os", statistic="rate", timepoint=at, unit="%")
    with pytest.raises(ValueError, match="need a curve that does not rise"):
        fit_study(made.study)


def test_a_study_without_arms_is_refused() -> None:
    with pytest.raises(ValueError, match="found a study without arms"):
        draw_cohort(the_review().studies["nct04363255"], 0)


def test_a_study_that_prints_no_times_has_patients_without_times() -> None:
    made = Paper()
    made.sizes(12, 10)
    made.count(5, "event")
    patients = draw_cohort(made.study, 0)
    assert (patients.n, dict(patients.times)) == (22, {})


def test_a_study_that_prints_hazard_ratios_alone_has_patients_without_times() -> None:
    assert dict(draw(fitted("imforte"), 0).times) == {}


def test_draws_differ_where_nothing_is_printed() -> None:
    """Which men respond is not printed, so it varies."""
    model = fitted("chen-2025")

    def responding_men(patients: Patients) -> int:
        return int(
            ((patients.variables["sex"] == "male") & (patients.outcomes["orr"] == "yes")).sum()
        )

    assert len({responding_men(draw(model, seed)) for seed in range(8)}) > 2


def test_a_hazard_ratio_from_p_has_the_sign_of_the_medians() -> None:
    effect = fitted("tian-2026").arms["os"]
    assert effect.log_ratio is None
    assert effect.target(40, 0.5) < 0
    assert effect.target(40, 0.5) == pytest.approx(-3.8906 / math.sqrt(10), abs=1e-3)


def test_the_median_may_be_read_at_the_middle_of_a_level_stretch() -> None:
    """Half of 24 patients is a whole number, so that packages differ in the median."""
    model = fit_study(studies()["tian-2026"], at_one_half="midpoint")
    for seed in SEEDS:
        patients = draw(model, seed)
        for (outcome, arm), printed in model.curves.items():
            own = patients.times[outcome].of(patients.arm == arm)
            found = KaplanMeier(own.time, own.event, "midpoint").median
            assert found == pytest.approx(printed.points[0].time, abs=1e-6)


def test_nobody_dies_before_the_time_at_which_patients_were_left_out() -> None:
    model = fit_study(studies()["gu-2026"], earliest=2.0)
    for seed in SEEDS:
        survival = draw(model, seed).times["os"]
        assert survival.time[survival.event].min() >= 2.0
