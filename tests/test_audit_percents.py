"""Percentages against counts: what fires, what stays silent."""

from hypothesis import given
from hypothesis import strategies as st

from audit_study import ROUNDINGS, Paper, above_rounding, share
from livingreview_audit import Verdict

OF_COUNT, ALONE = "percent-of-count", "percent-without-count"


def test_a_percentage_that_follows_from_its_count_is_reproduced() -> None:
    paper = Paper()
    paper.sizes(24, 24)
    paper.count(16, "event")
    paper.percent("66.7", "event")
    (finding,) = paper.findings(OF_COUNT)
    assert finding.verdict is Verdict.REPRODUCED
    assert finding.numbers[0].value == "66.7"
    assert "16 of 24" in finding.explanation


def test_a_percentage_that_no_way_of_printing_gives_is_discrepant() -> None:
    paper = Paper({"line": {"kind": "categorical", "levels": ["one", "two"], "exhaustive": True}})
    paper.sizes(68, 68)
    paper.count(24, "line", category="one")
    paper.count(44, "line", category="two")
    paper.percent("65.7", "line", category="two")
    (finding,) = paper.findings(OF_COUNT)
    assert (finding.verdict, finding.recomputed) == (Verdict.DISCREPANT, "64.7%")


def test_more_patients_than_the_group_has_are_impossible() -> None:
    paper = Paper()
    paper.sizes(20, 20)
    paper.count(30, "event")
    paper.percent("66.7", "event")
    assert paper.verdicts(OF_COUNT) == [Verdict.IMPOSSIBLE]


def test_ties_rounded_to_even_are_named_as_rounding() -> None:
    paper = Paper()
    paper.sizes(160, 160)
    paper.count(58, "event")
    paper.percent("36.2", "event")
    (finding,) = paper.findings(OF_COUNT)
    assert finding.verdict is Verdict.ROUNDING
    assert "half to even" in finding.explanation


def test_cutting_off_counts_as_rounding_only_where_the_whole_table_cuts_off() -> None:
    paper = Paper()
    paper.sizes(162, 162)
    paper.count(72, "event")  # 44.444: rounded and cut off alike
    paper.percent("44.4", "event")
    paper.count(29, "event", arm="old")  # 17.901: cut off
    paper.percent("17.9", "event", arm="old")
    paper.count(50, "event", category="", population="matched")
    paper.count(90, "participants", population="matched")
    paper.percent("55.5", "event", population="matched")  # 55.556, cut off
    assert paper.verdicts(OF_COUNT)[-1] is Verdict.ROUNDING
    paper.count(60, "event", arm="old", population="matched")
    paper.count(90, "participants", arm="old", population="matched")
    paper.percent("66.7", "event", arm="old", population="matched")  # rounded, so not cut off
    assert paper.verdicts(OF_COUNT)[2] is Verdict.DISCREPANT


def test_a_level_rounded_so_that_the_parts_add_up_is_rounding_and_said_to_do_so() -> None:
    paper = Paper({"drug": {"kind": "categorical", "levels": list("abcd"), "exhaustive": True}})
    paper.sizes(68, 68)
    for level, part, text in (("a", 25, "36.8"), ("b", 17, "25.0"), ("c", 15, "22.1")):
        paper.count(part, "drug", category=level)
        paper.percent(text, "drug", category=level)
    paper.count(11, "drug", category="d")
    paper.percent("16.1", "drug", category="d")
    finding = paper.findings(OF_COUNT)[-1]
    assert (finding.verdict, finding.recomputed) == (Verdict.ROUNDING, "16.2%")
    assert "36.8 + 25.0 + 22.1 + 16.1 = 100, where the counts round to 100.1" in finding.explanation


def test_a_level_that_is_printed_nowhere_does_not_keep_the_parts_from_adding_up() -> None:
    paper = Paper({"best": {"kind": "categorical", "levels": list("abcd"), "exhaustive": True}})
    paper.sizes(162, 162)
    paper.count(0, "best", category="a")
    for level, part, text in (("b", 13, "8.0"), ("c", 71, "43.8"), ("d", 78, "48.2")):
        paper.count(part, "best", category=level)
        paper.percent(text, "best", category=level)
    finding = paper.findings(OF_COUNT)[-1]
    assert finding.verdict is Verdict.ROUNDING
    assert "8.0 + 43.8 + 48.2 = 100" in finding.explanation


def test_a_percentage_a_unit_off_is_discrepant_though_the_parts_add_up() -> None:
    paper = Paper({"sex": {"kind": "categorical", "levels": ["f", "m"], "exhaustive": True}})
    paper.sizes(68, 68)
    for level, part, text in (("f", 24, "34.3"), ("m", 44, "65.7")):  # 64.706
        paper.count(part, "sex", category=level)
        paper.percent(text, "sex", category=level)
    assert Verdict.DISCREPANT in paper.verdicts(OF_COUNT)


def test_levels_that_are_rounded_pass_though_they_do_not_add_up_to_100() -> None:
    paper = Paper({"drug": {"kind": "categorical", "levels": list("abcd"), "exhaustive": True}})
    paper.sizes(68, 68)
    rows = (("a", 25, "36.8"), ("b", 17, "25.0"), ("c", 15, "22.1"), ("d", 11, "16.2"))
    for level, part, text in rows:
        paper.count(part, "drug", category=level)
        paper.percent(text, "drug", category=level)
    assert set(paper.verdicts(OF_COUNT)) == {Verdict.REPRODUCED}


def test_a_grade_that_is_the_difference_of_printed_shares_is_rounding() -> None:
    grades = {"levels": ["grade1to2", "grade3plus"], "kind": "adverse-event"}
    paper = Paper({"rash": grades})
    paper.sizes(68, 68)
    for category, part, text in (("", 38, "55.9"), ("grade1to2", 29, "42.6")):
        paper.count(part, "rash", category=category)
        paper.percent(text, "rash", category=category)
    paper.count(9, "rash", category="grade3plus")
    paper.percent("13.3", "rash", category="grade3plus")  # 13.235
    finding = paper.findings(OF_COUNT)[-1]
    assert finding.verdict is Verdict.ROUNDING
    assert "42.6 + 13.3 = 55.9" in finding.explanation


def test_percentages_of_the_classified_are_reproduced_where_levels_leave_some_out() -> None:
    paper = Paper({"sex": {"kind": "categorical", "levels": ["f", "m"], "exhaustive": True}})
    paper.sizes(24, 24)
    paper.count(4, "sex", category="f")
    paper.count(18, "sex", category="m")
    paper.percent("81.8", "sex", category="m")
    assert paper.verdicts(OF_COUNT) == [Verdict.REPRODUCED]


def test_percentages_of_the_row_are_reproduced_where_every_arm_prints_them() -> None:
    paper = Paper()
    paper.sizes(50, 70)
    paper.count(10, "event")
    paper.count(30, "event", arm="old")
    paper.percent("25.0", "event")
    paper.percent("75.0", "event", arm="old")
    assert paper.verdicts(OF_COUNT) == [Verdict.REPRODUCED, Verdict.REPRODUCED]


def test_a_few_patients_who_were_not_assessed_may_explain_a_percentage() -> None:
    paper = Paper()
    paper.sizes(24, 24)
    paper.count(16, "event")
    paper.percent("69.6", "event")
    (finding,) = paper.findings(OF_COUNT)
    assert finding.verdict is Verdict.ROUNDING
    assert "16 of 23" in finding.explanation


def test_adverse_events_of_the_same_patients_have_one_size() -> None:
    paper = Paper({id_: {"kind": "adverse-event"} for id_ in ("rash", "fever")})
    paper.sizes(24, 24)
    paper.count(16, "rash")
    paper.percent("69.6", "rash")  # 16 of 23
    paper.count(5, "fever")
    paper.percent("21.7", "fever")  # 5 of 23
    assert set(paper.verdicts(OF_COUNT)) == {Verdict.ROUNDING}
    paper.numbers.pop()
    paper.percent("20.8", "fever")  # 5 of 24
    assert paper.verdicts(OF_COUNT) == [Verdict.DISCREPANT, Verdict.REPRODUCED]


def test_a_share_of_all_patients_rests_on_the_counts_of_the_arms() -> None:
    for text, verdict in (("20.8", Verdict.REPRODUCED), ("90.8", Verdict.DISCREPANT)):
        paper = Paper()
        paper.sizes(200, 296)
        paper.count(47, "event")
        paper.count(56, "event", arm="old")
        paper.percent(text, "event", arm="all", place="Results")
        assert paper.verdicts(OF_COUNT) == [verdict]


def test_a_share_within_others_is_of_those_where_the_vocabulary_says_so() -> None:
    paper = Paper({"timing": {"kind": "binary", "within": "event", "denominator": "within"}})
    paper.sizes(60, 60)
    paper.count(33, "event")
    paper.count(9, "timing")
    paper.percent("27.3", "timing")
    assert paper.verdicts(OF_COUNT) == [Verdict.REPRODUCED]


def test_a_declared_denominator_is_kept_to() -> None:
    paper = Paper({"timing": {"kind": "binary", "within": "event", "denominator": "arm"}})
    paper.sizes(60, 60)
    paper.count(33, "event")
    paper.count(9, "timing")
    paper.percent("27.3", "timing")
    assert paper.verdicts(OF_COUNT) == [Verdict.DISCREPANT]


def test_percentages_of_two_arms_that_fit_with_last_digits_interchanged_are_one_finding() -> None:
    paper = Paper()
    paper.sizes(67, 93)
    paper.count(20, "event", population="matched", place="Abstract")
    paper.count(30, "participants", population="matched", place="Abstract")
    paper.percent("66.7", "event", population="matched", place="Abstract")  # does not cut off
    paper.percent("67.1", "event", place="Abstract")
    paper.percent("73.2", "event", arm="old", place="Abstract")
    (finding,) = paper.findings(ALONE)
    assert (finding.verdict, finding.reported) == (Verdict.DISCREPANT, "67.1% and 73.2%")
    assert "45 of 67 is 67.2% and 68 of 93 is 73.1%" in finding.explanation
    assert "would print like this with their last digits interchanged" in finding.explanation
    assert [number.value for number in finding.touched] == ["67.1", "73.2"]


def test_a_percentage_that_no_count_gives_is_discrepant_and_no_smaller_group_is_hinted_at() -> None:
    paper = Paper()
    paper.sizes(67, 93)
    paper.count(20, "event", population="matched", place="Abstract")
    paper.count(30, "participants", population="matched", place="Abstract")
    paper.percent("66.7", "event", population="matched", place="Abstract")  # does not cut off
    paper.percent("73.2", "event", arm="old", place="Abstract")
    (finding,) = paper.findings(ALONE)
    assert finding.verdict is Verdict.DISCREPANT
    assert "68 of 93 is 73.118%" in finding.explanation
    assert "82" not in finding.explanation


def test_a_percentage_of_an_unknown_group_is_not_checkable() -> None:
    paper = Paper()
    paper.percent("67.1", "event")
    assert paper.verdicts(ALONE) == [Verdict.NOT_CHECKABLE]


def test_a_bound_is_held_against_the_share() -> None:
    paper = Paper()
    paper.sizes(500, 500)
    paper.count(2, "event")
    paper.percent("<1", "event")
    paper.count(9, "event", arm="old")
    paper.percent("<1", "event", arm="old")
    assert paper.verdicts(OF_COUNT) == [Verdict.REPRODUCED, Verdict.DISCREPANT]


@given(st.integers(1, 600), st.data(), st.integers(0, 2), st.sampled_from(ROUNDINGS), st.booleans())
def test_a_rounded_share_is_never_accused(
    size: int, data, decimals: int, rounding: str, with_count: bool
) -> None:
    paper = Paper()
    paper.sizes(size, size)
    part = data.draw(st.integers(0, size))
    if with_count:
        paper.count(part, "event")
    paper.percent(share(part, size, decimals, rounding), "event")
    assert not above_rounding(paper.findings())


@given(st.integers(5, 400), st.data(), st.sampled_from(ROUNDINGS))
def test_a_table_that_cuts_off_is_never_accused(size: int, data, rounding: str) -> None:
    paper = Paper()
    paper.sizes(size, size)
    for arm in paper.arms:
        part = data.draw(st.integers(0, size))
        paper.count(part, "event", arm=arm)
        paper.percent(share(part, size, 1, "ROUND_DOWN"), "event", arm=arm)
    assert not above_rounding(paper.findings())


@given(st.integers(20, 300), st.data())
def test_shares_of_those_assessed_are_never_accused(size: int, data) -> None:
    paper = Paper()
    paper.sizes(size, size)
    assessed = data.draw(st.integers(-int(-0.8 * size // 1), size))
    part = data.draw(st.integers(0, assessed))
    paper.count(part, "event")
    paper.percent(share(part, assessed), "event")
    assert not above_rounding(paper.findings())


@given(st.integers(4, 300), st.data())
def test_a_share_of_half_the_count_is_always_noticed(size: int, data) -> None:
    part = data.draw(st.integers(max(1, size // 8), size // 2))
    paper = Paper()
    paper.sizes(size, size)
    paper.count(2 * part, "event")
    paper.percent(share(part, size), "event")
    assert above_rounding(paper.findings(OF_COUNT))
