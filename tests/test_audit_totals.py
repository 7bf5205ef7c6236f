"""Sums, wholes, subsets and unions of counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_study import Paper, above_rounding
from livingreview_audit import Verdict

SEX = {"sex": {"kind": "categorical", "levels": ["f", "m"], "exhaustive": True}}
RASH = {"rash": {"kind": "adverse-event", "levels": ["grade1to2", "grade3plus", "grade3"]}}
RESPONSE = {
    "response": {"kind": "categorical", "levels": ["cr", "pr", "sd", "pd"], "exhaustive": True},
    "orr": {"kind": "binary", "sum_of": {"response": ["cr", "pr"]}},
    "dcr": {"kind": "binary", "sum_of": {"response": ["cr", "pr", "sd"]}},
}


def test_levels_that_add_up_are_reproduced() -> None:
    paper = Paper(SEX)
    paper.sizes(24, 24)
    paper.count(4, "sex", category="f")
    paper.count(20, "sex", category="m")
    (finding,) = paper.findings("levels-add-up")
    assert finding.verdict is Verdict.REPRODUCED
    assert [number.value for number in finding.numbers] == ["4", "20", "24"]


def test_patients_in_no_level_are_implausible_as_they_may_not_have_been_classified() -> None:
    paper = Paper(SEX)
    paper.sizes(24, 24)
    paper.count(4, "sex", category="f")
    paper.count(18, "sex", category="m")
    (finding,) = paper.findings("levels-add-up")
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert (
        "4 + 18 = 22, of 24 patients; 2 in no printed part; possible only if" in finding.explanation
    )


def test_levels_above_their_group_are_impossible() -> None:
    paper = Paper(SEX)
    paper.sizes(24, 24)
    paper.count(14, "sex", category="f")
    paper.count(18, "sex", category="m")
    assert paper.verdicts("levels-add-up") == [Verdict.IMPOSSIBLE]


def test_levels_of_a_variable_that_is_not_exhaustive_need_not_add_up() -> None:
    paper = Paper({"site": {"kind": "categorical", "levels": ["a", "b"]}})
    paper.sizes(24, 24)
    paper.count(14, "site", category="a")
    paper.count(18, "site", category="b")
    assert paper.verdicts("levels-add-up") == []


def test_levels_within_others_add_up_to_those() -> None:
    timing = {
        "kind": "categorical",
        "levels": ["before", "after"],
        "exhaustive": True,
        "within": "therapy=yes",
    }
    paper = Paper({"therapy": {"kind": "categorical", "levels": ["yes", "no"]}, "timing": timing})
    paper.sizes(60, 60)
    paper.count(26, "therapy", category="yes")
    paper.count(20, "timing", category="before")
    paper.count(6, "timing", category="after")
    assert paper.verdicts("levels-add-up") == [Verdict.REPRODUCED]
    paper.numbers.pop()
    paper.count(7, "timing", category="after")
    assert paper.verdicts("levels-add-up") == [Verdict.IMPOSSIBLE]


def test_a_size_printed_in_two_values_excuses_either() -> None:
    paper = Paper(SEX)
    paper.sizes(24, 24)
    paper.count(22, "participants", place="Abstract")
    paper.count(4, "sex", category="f")
    paper.count(18, "sex", category="m")
    assert paper.verdicts("levels-add-up") == [Verdict.REPRODUCED]
    assert Verdict.DISCREPANT in paper.verdicts("printed-twice")


def test_percentages_without_counts_must_add_up_to_100() -> None:
    for last, verdict in (("43.4", Verdict.REPRODUCED), ("44.4", Verdict.DISCREPANT)):
        paper = Paper(SEX)
        paper.percent("56.7", "sex", category="f")
        paper.percent(last, "sex", category="m")
        assert paper.verdicts("percentages-add-up") == [verdict]


def test_arms_add_up_to_all_patients() -> None:
    for whole, verdict in ((33, Verdict.REPRODUCED), (34, Verdict.DISCREPANT)):
        paper = Paper()
        paper.count(20, "event")
        paper.count(13, "event", arm="old")
        paper.count(whole, "event", arm="all")
        assert paper.verdicts("arms-add-up") == [verdict]


def test_subgroups_add_up_to_their_group() -> None:
    for last, verdict in ((13, Verdict.REPRODUCED), (15, Verdict.IMPOSSIBLE)):
        paper = Paper(SEX)
        paper.count(33, "event")
        paper.count(20, "event", subgroup="sex=f")
        paper.count(last, "event", subgroup="sex=m")
        assert paper.verdicts("subgroups-add-up") == [verdict]


def test_grades_add_up_to_any_grade() -> None:
    cases = ((38, Verdict.REPRODUCED), (37, Verdict.IMPLAUSIBLE), (39, Verdict.DISCREPANT))
    for whole, verdict in cases:
        paper = Paper(RASH)
        paper.count(29, "rash", category="grade1to2")
        paper.count(9, "rash", category="grade3plus")
        paper.count(whole, "rash")
        assert paper.verdicts("grades-add-up") == [verdict]


def test_a_response_rate_is_the_sum_of_its_categories() -> None:
    for rate, verdict in ((9, Verdict.REPRODUCED), (10, Verdict.DISCREPANT)):
        paper = Paper(RESPONSE)
        paper.sizes(24, 24)
        paper.add("no", arm_id="new", outcome="response", category="cr", statistic="n")
        paper.count(9, "response", category="pr")
        paper.count(rate, "orr")
        assert paper.verdicts("outcome-of-levels") == [verdict]


def test_a_response_rate_in_percent_is_held_against_the_counts() -> None:
    paper = Paper(RESPONSE)
    paper.sizes(24, 24)
    paper.count(0, "response", category="cr")
    paper.count(9, "response", category="pr")
    paper.percent("41.7", "orr")
    (finding,) = paper.findings("outcome-of-levels")
    assert finding.verdict is Verdict.DISCREPANT
    assert "10 (41.7% of 24)" not in finding.reported
    assert finding.recomputed == "10"


def test_an_outcome_lies_inside_one_of_more_levels() -> None:
    paper = Paper(RESPONSE)
    paper.count(12, "orr")
    paper.count(11, "dcr")
    assert paper.verdicts("inside-its-group", "inside-a-wider-count") == [Verdict.IMPOSSIBLE]


def test_severe_events_lie_inside_any_grade_and_events_inside_any_event() -> None:
    paper = Paper(RASH | {"any": {"kind": "adverse-event"}})
    paper.count(3, "rash")
    paper.count(4, "rash", category="grade3")
    assert paper.verdicts("inside-its-group", "inside-a-wider-count") == [Verdict.IMPOSSIBLE]
    paper = Paper({"rash": {"kind": "adverse-event", "within": "any"}, "any": RASH["rash"]})
    paper.count(30, "any")
    paper.count(31, "rash")
    assert paper.verdicts("inside-its-group", "inside-a-wider-count") == [Verdict.IMPOSSIBLE]


def test_a_matched_sample_lies_inside_all_patients() -> None:
    paper = Paper()
    paper.sizes(100, 100)
    paper.count(101, "participants", population="matched")
    assert paper.verdicts("inside-its-group", "inside-a-wider-count") == [Verdict.IMPOSSIBLE]


def test_a_subset_by_the_meaning_of_words_is_at_most_implausible() -> None:
    brain = {"kind": "categorical", "levels": ["yes"], "subset_of": {"yes": "therapy=yes"}}
    paper = Paper({"therapy": {"kind": "categorical", "levels": ["yes"]}, "brain": brain})
    paper.count(16, "therapy", category="yes")
    paper.count(19, "brain", category="yes")
    (finding,) = paper.findings("inside-its-group", "inside-a-wider-count")
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "possible only if" in finding.explanation


def test_a_subset_may_lie_inside_a_level_that_is_the_sum_of_other_levels() -> None:
    scale = {"kind": "categorical", "levels": ["s80", "s90", "s100"]}
    halves = {"kind": "categorical", "levels": ["high"]}
    halves["level_sum_of"] = {"high": ["scale=s90", "scale=s100"]}
    grade = {"kind": "categorical", "levels": ["zero"], "subset_of": {"zero": "halves=high"}}
    for zero, verdict in ((33, Verdict.REPRODUCED), (34, Verdict.IMPLAUSIBLE)):
        paper = Paper({"scale": scale, "halves": halves, "grade": grade})
        paper.count(34, "scale", category="s80")
        paper.count(32, "scale", category="s90")
        paper.count(1, "scale", category="s100")
        paper.count(zero, "grade", category="zero")
        (finding,) = paper.findings("inside-a-wider-count")
        assert finding.verdict is verdict
        assert f"{zero} is {'more than' if zero > 33 else 'within'} 32 + 1" in finding.explanation


def test_any_of_two_conditions_is_rarely_no_more_than_one_of_them() -> None:
    kinds = {"any": {"kind": "adverse-event", "includes": ["lung", "gland"]}}
    kinds |= {"lung": {"kind": "adverse-event"}, "gland": {"kind": "adverse-event"}}
    cases = ((28, Verdict.IMPLAUSIBLE), (40, Verdict.REPRODUCED), (27, Verdict.IMPLAUSIBLE))
    for whole, verdict in cases:
        paper = Paper(kinds)
        paper.sizes(160, 160)
        paper.count(whole, "any")
        paper.count(28, "lung")
        paper.count(13, "gland")
        assert paper.verdicts("union-of-parts") == [verdict]


def test_one_patient_with_both_conditions_is_no_wonder() -> None:
    kinds = {"any": {"kind": "adverse-event", "includes": ["lung", "gland"]}}
    paper = Paper(kinds | {"lung": {"kind": "adverse-event"}, "gland": {"kind": "adverse-event"}})
    paper.sizes(60, 60)
    paper.count(28, "any")
    paper.count(28, "lung")
    paper.count(1, "gland")
    assert paper.verdicts("union-of-parts") == [Verdict.REPRODUCED]


patients = st.lists(
    st.tuples(
        st.sampled_from(["new", "old"]),
        st.sampled_from(["f", "m"]),
        st.sampled_from(["cr", "pr", "sd", "pd"]),
        st.sampled_from(["", "grade1to2", "grade3plus"]),
    ),
    min_size=1,
    max_size=120,
)


@pytest.mark.slow
@given(patients)
def test_counts_of_real_patients_are_never_accused(people: list[tuple[str, ...]]) -> None:
    paper = Paper(SEX | RESPONSE | RASH)
    for arm in ("new", "old", "all"):
        of_arm = [person for person in people if arm in (person[0], "all")]
        paper.count(len(of_arm), "participants", arm=arm)
        for sex in ("f", "m"):
            of_sex = [person for person in of_arm if person[1] == sex]
            paper.count(len(of_sex), "sex", arm=arm, category=sex)
            responders = sum(person[2] in ("cr", "pr") for person in of_sex)
            paper.count(responders, "orr", arm=arm, subgroup=f"sex={sex}")
        for level in ("cr", "pr", "sd", "pd"):
            count = sum(person[2] == level for person in of_arm)
            paper.count(count, "response", arm=arm, category=level)
        paper.count(sum(person[2] in ("cr", "pr") for person in of_arm), "orr", arm=arm)
        paper.count(sum(person[2] != "pd" for person in of_arm), "dcr", arm=arm)
        for grade in ("grade1to2", "grade3plus"):
            paper.count(sum(p[3] == grade for p in of_arm), "rash", arm=arm, category=grade)
        paper.count(sum(bool(person[3]) for person in of_arm), "rash", arm=arm)
    assert not above_rounding(paper.findings())


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 50))
def test_a_level_too_high_is_always_noticed(low: int, high: int, excess: int) -> None:
    paper = Paper(SEX)
    paper.sizes(low + high, low + high)
    paper.count(low, "sex", category="f")
    paper.count(high + excess, "sex", category="m")
    assert Verdict.IMPOSSIBLE in paper.verdicts("levels-add-up")


def test_a_population_has_as_many_patients_as_its_members() -> None:
    for size, verdict in ((22, Verdict.REPRODUCED), (21, Verdict.IMPOSSIBLE)):
        paper = Paper(RESPONSE, populations={"responders": ["response=cr", "response=pr"]})
        paper.sizes(68, 68)
        paper.count(0, "response", category="cr")
        paper.count(22, "response", category="pr")
        paper.count(size, "participants", population="responders")
        assert paper.verdicts("members-add-up") == [verdict]
