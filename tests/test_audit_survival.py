"""Medians, rates, intervals, parts and follow-up against each other: what fires, what is silent."""

from datetime import date

import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import Finding, Kind, Verdict
from livingreview_audit.followup import as_date

TIME = {"kind": "time-to-event", "levels": ["event"]}
SEX = {"kind": "categorical", "levels": ["men", "women"], "exhaustive": True}
REPRODUCED, ROUNDING = Verdict.REPRODUCED, Verdict.ROUNDING
IMPOSSIBLE, IMPLAUSIBLE, DISCREPANT = Verdict.IMPOSSIBLE, Verdict.IMPLAUSIBLE, Verdict.DISCREPANT


def paper(**followup: object) -> Paper:
    made = Paper(
        {
            "os": TIME,
            "pfs": TIME,
            "dor": TIME,
            "sex": SEX,
            "followup": {"kind": "duration", **followup},
            "orr": {"kind": "binary", "sum_of": {"response": ["cr", "pr"]}},
            "response": {"kind": "categorical", "levels": ["cr", "pr"]},
            "design": {"kind": "design"},
        }
    )
    made.sizes(200, 296)
    return made


def median(made: Paper, value: str, interval: str = "", outcome: str = "os", **where: str) -> None:
    where = {"arm_id": "new", "outcome": outcome, "unit": "months", **where}
    made.add(value, statistic="median", **where)
    if interval:
        made.add(interval, statistic="ci95", **where)


def rate(made: Paper, value: str, at: int, interval: str = "", **where: str) -> None:
    where = {"arm_id": "new", "outcome": "os", "unit": "%", "timepoint": f"{at} months", **where}
    made.add(value, statistic="rate", **where)
    if interval:
        made.add(interval, statistic="ci95", **where)


def only(made: Paper, check: str) -> Finding:
    (finding,) = made.findings(check)
    return finding


@pytest.mark.parametrize(
    ("shown", "at", "verdict"),
    [
        ("54.6", 6, IMPOSSIBLE),  # after the median of 4.46
        ("38.8", 6, REPRODUCED),
        ("50.0", 6, REPRODUCED),
        ("48.0", 3, IMPOSSIBLE),  # before it
        ("61.0", 3, REPRODUCED),
    ],
)
def test_rates_lie_on_the_right_side_of_one_half(shown: str, at: int, verdict: Verdict) -> None:
    made = paper()
    median(made, "4.46")
    rate(made, shown, at)
    assert only(made, "rate-against-median").verdict is verdict


def test_a_rate_at_the_median_itself_may_be_on_either_side() -> None:
    made = paper()
    median(made, "12.1")
    rate(made, "49.5", 12)
    assert only(made, "rate-against-median").verdict is REPRODUCED


def test_a_curve_that_rises_is_impossible_and_a_flat_one_is_not() -> None:
    made = paper()
    rate(made, "27.6", 24)
    rate(made, "27.6", 30)
    rate(made, "28.0", 36)
    assert made.verdicts("rates-fall") == [REPRODUCED, IMPOSSIBLE]


def test_progression_free_survival_is_not_longer_than_survival() -> None:
    made = paper()
    median(made, "7.9")
    median(made, "8.4", outcome="pfs")
    assert only(made, "progression-before-death").verdict is ROUNDING  # censoring may do this
    longer = paper()
    median(longer, "7.9")
    median(longer, "12.4", outcome="pfs")
    assert only(longer, "progression-before-death").verdict is IMPOSSIBLE


def test_fewer_progressions_or_deaths_than_deaths_are_implausible() -> None:
    made = paper()
    for outcome, events in (("os", 44), ("pfs", 39)):
        median(made, "5.0", outcome=outcome)
        made.count(events, outcome, category="event")
    assert made.verdicts("progression-before-death") == [REPRODUCED, IMPLAUSIBLE]


@pytest.mark.parametrize(
    ("interval", "kind"),
    [  # survival package: lung, 365 days, in a group of 228
        ("33.9-47.9", "plain"),
        ("34.5-48.6", "log"),
        ("33.9-47.8", "log-log"),
    ],
)
def test_the_interval_of_a_rate_is_named(interval: str, kind: str) -> None:
    made = Paper({"os": TIME})
    made.sizes(228, 1)
    rate(made, "40.9", 12, interval)
    finding = only(made, "rate-interval")
    assert finding.verdict is REPRODUCED
    assert kind in finding.explanation or finding.recomputed == "plain"  # two fit within rounding


def test_an_interval_of_a_rate_that_is_no_usual_one_is_discrepant() -> None:
    made = paper()
    rate(made, "40.9", 12, "30.0-44.9")
    assert only(made, "rate-interval").verdict is DISCREPANT


def test_a_rate_outside_its_interval_is_impossible() -> None:
    made = paper()
    rate(made, "40.9", 12, "42.0-50.0")
    assert only(made, "rate-interval").verdict is IMPOSSIBLE


def test_an_interval_narrower_than_binomial_is_impossible() -> None:
    made = paper()
    rate(made, "40.0", 12, "38.0-42.0")  # 200 patients: at least 33.2 to 46.8
    finding = only(made, "rate-interval")
    assert finding.verdict is IMPOSSIBLE
    assert "200 patients" in finding.explanation


def test_too_few_events_for_the_interval_of_a_rate_are_impossible() -> None:
    made = paper()
    made.count(10, "os", category="event")
    rate(made, "27.6", 24, "20.3-35.4")  # standard error 0.16 on the log-log scale; 10 deaths 0.32
    assert only(made, "events-against-rates").verdict is IMPOSSIBLE
    enough = paper()
    enough.count(160, "os", category="event")
    rate(enough, "27.6", 24, "20.3-35.4")
    assert only(enough, "events-against-rates").verdict is REPRODUCED


def symmetrical(made: Paper, count: int) -> None:
    for position in range(count):
        median(
            made,
            f"{position + 5}.0",
            f"{position + 3}.00-{position + 7}.00",
            population=f"p{position}",
        )


def test_a_median_off_the_centre_is_discrepant_only_among_symmetrical_intervals() -> None:
    alone, among = paper(), paper()
    for made in (alone, among):
        median(made, "13.2", "8.26-28.14")
    assert only(alone, "median-interval").verdict is REPRODUCED
    symmetrical(among, 9)
    assert among.verdicts("median-interval").count(DISCREPANT) == 1


def test_a_median_outside_its_interval_is_impossible() -> None:
    made = paper()
    median(made, "13.2", "14.0-18.0")
    assert only(made, "median-interval").verdict is IMPOSSIBLE


def test_an_interval_cut_off_at_zero_or_open_above_is_accepted() -> None:
    made = paper()
    median(made, "7.8", "0.00-17.91")
    median(made, "8.89", "7.2-NA", population="matched")
    assert set(made.verdicts("median-interval")) == {REPRODUCED}


def split(made: Paper, whole: str, men: str, women: str) -> None:
    made.count(125, "sex", category="men")
    made.count(75, "sex", category="women")
    rate(made, whole, 6)
    rate(made, men, 6, subgroup="sex=men")
    rate(made, women, 6, subgroup="sex=women")


@pytest.mark.parametrize(
    ("whole", "men", "women", "verdict"),
    [
        ("34.1", "38.8", "26.3", REPRODUCED),
        ("34.1", "37.0", "25.0", ROUNDING),
        ("34.1", "54.6", "27.2", IMPLAUSIBLE),  # 44.3 on average
        ("34.1", "54.6", "47.2", IMPLAUSIBLE),  # outside both; heavy censoring could do it
    ],
)
def test_the_whole_lies_among_its_parts(whole: str, men: str, women: str, verdict: Verdict) -> None:
    made = paper()
    split(made, whole, men, women)
    assert only(made, "whole-between-parts").verdict is verdict


def test_parts_that_miss_patients_are_not_averaged() -> None:
    made = paper()
    made.count(125, "sex", category="men")
    made.count(60, "sex", category="women")
    rate(made, "34.1", 6)
    rate(made, "54.6", 6, subgroup="sex=men")
    rate(made, "27.2", 6, subgroup="sex=women")
    assert made.findings("whole-between-parts") == []


def test_a_median_of_the_whole_outside_its_arms_is_implausible() -> None:
    made = paper()
    median(made, "3.12", arm_id="all")
    median(made, "4.13")
    median(made, "2.70", arm_id="old")
    assert only(made, "whole-between-parts").verdict is REPRODUCED
    other = paper()
    median(other, "6.12", arm_id="all")
    median(other, "4.13")
    median(other, "2.70", arm_id="old")
    assert only(other, "whole-between-parts").verdict is IMPLAUSIBLE


def test_equal_curves_are_implausible_only_where_chance_hardly_gives_them() -> None:
    rare, common = paper(), paper()
    for made, shift in ((rare, "8.213-16.187"), (common, "12.15-12.25")):
        for level in ("men", "women"):
            median(made, "12.2", shift, subgroup=f"sex={level}")
    assert only(rare, "same-curve-twice").verdict is IMPLAUSIBLE
    assert only(common, "same-curve-twice").verdict is ROUNDING


def test_follow_up_that_ends_at_death_is_not_longer_than_survival() -> None:
    made = paper(ends_at=["death", "last contact"])
    median(made, "7.9")
    median(made, "19.7", outcome="followup")
    assert only(made, "followup-against-survival").verdict is IMPLAUSIBLE
    assert "reverse Kaplan-Meier" in only(made, "followup-against-survival").explanation
    reverse = paper()
    median(reverse, "7.9")
    median(reverse, "19.7", outcome="followup")
    assert only(reverse, "followup-against-survival").verdict is Verdict.NOT_CHECKABLE


def test_of_two_descriptions_of_follow_up_only_what_both_say_limits_it() -> None:
    made = paper()
    median(made, "5.6", outcome="pfs")
    median(made, "13.2")
    median(made, "12.5", outcome="followup")
    to_death: dict[str, object] = {"section": "Methods", "kind": "follow-up"}
    to_death |= {"ends_at": ["death"], "quote": "followed monthly until death"}
    to_either = {**to_death, "ends_at": ["progression", "death"], "quote": "until progression"}
    made.statements = (to_either,)
    assert set(made.verdicts("followup-against-survival")) == {IMPLAUSIBLE, REPRODUCED}
    made.statements = (to_death, to_either)
    assert made.verdicts("followup-against-survival") == [REPRODUCED]
    finding = only(made, "followup-described-twice")
    assert (finding.verdict, finding.kind) == (IMPLAUSIBLE, Kind.WORDS)
    assert '"followed monthly until death"' in finding.explanation
    assert '"until progression"' in finding.explanation
    made.statements = (to_death, to_death)
    assert only(made, "followup-described-twice").verdict is REPRODUCED


def test_a_rate_beyond_the_longest_follow_up_is_impossible() -> None:
    made = paper()
    made.add("1.1-31.5", arm_id="new", outcome="followup", statistic="range", unit="months")
    rate(made, "27.6", 30)
    rate(made, "20.0", 36)
    assert made.verdicts("within-followup") == [REPRODUCED, IMPOSSIBLE]


def test_follow_up_fits_between_the_dates_and_over_the_arms() -> None:
    made = paper()
    for category, day in (
        ("enrolment-start", "September 2018"),
        ("data-cutoff", "January 20, 2025"),
    ):
        made.add(day, arm_id="all", outcome="design", category=category, statistic="date")
    for arm, span in (("all", "5.4-34.6"), ("new", "7.4-34.4"), ("old", "5.4-34.6")):
        made.add(span, arm_id=arm, outcome="followup", statistic="range", unit="months")
    assert set(made.verdicts("followup-ranges")) == {REPRODUCED}
    made.add("3.0-99.0", arm_id="new", population="matched", outcome="followup", statistic="range")
    assert made.verdicts("followup-ranges").count(IMPOSSIBLE) == 1


def test_duration_of_response_is_of_the_responders() -> None:
    for size, verdict in ((22, REPRODUCED), (24, DISCREPANT)):
        made = paper()
        made.count(0, "response", category="cr")
        made.count(22, "response", category="pr")
        made.count(size, "participants", population="matched")
        median(made, "6.8", outcome="dor", population="matched")
        assert only(made, "response-time-of-responders").verdict is verdict


def small_arms() -> Paper:
    made = Paper({"os": TIME, "pfs": TIME})
    made.sizes(24, 24)
    return made


def compare(made: Paper, outcome: str, medians: tuple[str, str], p: str) -> None:
    for arm, value in zip(("new", "old"), medians, strict=True):
        median(made, value, outcome=outcome, arm_id=arm)
    where = {"outcome": outcome, "comparison": COMPARISON, "adjustment": "unadjusted"}
    made.add(p, statistic="p", method="log-rank", **where)


def test_tiny_p_values_with_near_medians_and_few_patients_are_implausible() -> None:
    made = small_arms()
    compare(made, "pfs", ("6.0", "4.7"), "0.0004")
    assert made.verdicts("p-against-medians") == [REPRODUCED]  # one outcome may be chance
    compare(made, "os", ("10.0", "7.3"), "<0.0001")
    assert set(made.verdicts("p-against-medians")) == {IMPLAUSIBLE}


def test_the_same_medians_with_an_ordinary_p_value_stay_silent() -> None:
    made = small_arms()
    compare(made, "pfs", ("6.0", "4.7"), "0.04")
    compare(made, "os", ("10.0", "7.3"), "0.02")
    assert set(made.verdicts("p-against-medians")) == {REPRODUCED}


def test_dates_are_read() -> None:
    assert as_date("31 January 2019") == date(2019, 1, 31)
