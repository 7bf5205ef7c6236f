"""Times in one unit: every module that orders or compares times asks the same one."""

import pytest

from audit_study import Paper
from livingreview.tables.layouts import numbers_table
from livingreview_audit.curves import by_time, curves, in_months
from livingreview_record.times import IN_MONTHS, is_time, months, months_in

OS = {"os": {"kind": "time-to-event", "levels": ["event"]}}


def test_a_year_is_twelve_months_and_365_days_and_a_quarter() -> None:
    assert months("1 year") == months("12 months") == 12
    assert months("365.25 days") == pytest.approx(12)
    assert months("7 days") == pytest.approx(months("1 week"))


@pytest.mark.parametrize("text", ["12", "12 moons", "months 12", "one cycle", "12\xa0months", ""])
def test_what_is_no_time_is_refused_and_never_read_as_months(text: str) -> None:
    with pytest.raises(ValueError, match="need a time such as '12 months', found"):
        months(text)


def test_an_unknown_unit_is_refused_with_those_that_are_known() -> None:
    assert not is_time("cycles")
    with pytest.raises(ValueError, match=r"need a unit of time \(days, weeks, months, years\)"):
        months_in("cycles")


@pytest.mark.parametrize("unit", [*IN_MONTHS, *(unit[:-1] for unit in IN_MONTHS)])
def test_the_audit_reads_a_median_in_any_unit_in_singular_and_plural(unit: str) -> None:
    made = Paper(OS)
    median = made.add("30", arm_id="new", outcome="os", statistic="median", unit=unit)
    box = in_months(median)
    assert box.lower < months(f"30 {unit}") < box.upper
    assert box.upper - box.lower == pytest.approx(months_in(unit))


def test_the_audit_draws_no_curve_from_what_is_no_time() -> None:
    made = Paper({"given": {"kind": "duration"}})
    for statistic, value in (("median", "4"), ("ci95", "3-5")):
        made.add(value, arm_id="new", outcome="given", statistic=statistic, unit="cycles")
    assert curves(made.study) == {}


def test_rates_at_the_same_time_in_two_units_stand_together() -> None:
    made = Paper(OS)
    for timepoint, value in (("2 years", "10"), ("1 year", "40"), ("12 months", "41")):
        place = {"arm_id": "new", "outcome": "os", "statistic": "rate"}
        made.add(value, timepoint=timepoint, unit="%", **place)
    (curve,) = curves(made.study).values()
    found = [(at, [place.value for place in places]) for at, places in by_time(curve)]
    assert found == [(12, ["40", "41"]), (24, ["10"])]


def test_columns_of_rates_stand_in_the_order_of_time_whatever_their_unit() -> None:
    made = Paper(OS)
    for timepoint in ("2 years", "6 weeks", "12 months"):
        place = {"arm_id": "new", "outcome": "os", "statistic": "rate", "population": "whole"}
        made.add("40.1", timepoint=timepoint, unit="%", **place)
    columns = list(numbers_table(made.study, "survival").columns)
    assert [name for name in columns if name[0].isdigit()] == ["6 weeks", "12 months", "2 years"]


def test_a_longest_follow_up_in_weeks_is_compared_in_months() -> None:
    made = Paper({**OS, "followup": {"kind": "duration"}})
    arm = {"arm_id": "new", "statistic": "range"}
    made.add("1-40", outcome="followup", unit="weeks", **arm)
    made.add("10.0", arm_id="new", outcome="os", statistic="median", unit="months")
    assert [str(verdict) for verdict in made.verdicts("within-followup")] == ["impossible"]
