"""One quantity in several places, and words against numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_study import COMPARISON, ROUNDINGS, Paper, above_rounding
from livingreview_audit import Verdict
from livingreview_audit.intervals import printed_as

SIGNIFICANT = {"kind": "significance", "claim": "significant", "section": "Abstract"}
NOT_SIGNIFICANT = SIGNIFICANT | {"claim": "not-significant"}
ABOUT = {"comparison": COMPARISON, "population": "whole", "outcome": "event"}


@pytest.mark.parametrize(
    ("table", "text", "verdict"),
    [
        ("6", "six", Verdict.REPRODUCED),
        ("64.7", "65.7", Verdict.DISCREPANT),
        ("64.7", "65", Verdict.ROUNDING),
        ("64.7", "64", Verdict.DISCREPANT),
        ("0.610", "0.609", Verdict.DISCREPANT),
        ("0.610", "0.61", Verdict.REPRODUCED),
        ("0.0004", "<0.001", Verdict.REPRODUCED),
        ("0.273", ">0.05", Verdict.REPRODUCED),
        ("0.0363", "<0.01", Verdict.DISCREPANT),
    ],
)
def test_a_second_mention_agrees_or_not(table: str, text: str, verdict: Verdict) -> None:
    paper = Paper()
    paper.add(text, place="Abstract", outcome="event", statistic="p")
    paper.add(table, outcome="event", statistic="p")
    (finding,) = paper.findings("printed-twice")
    assert finding.verdict is verdict
    assert finding.numbers[0].value == text, "the table is the reference"


def test_two_p_values_that_the_counts_give_by_two_tests_are_implausible_only() -> None:
    paper = Paper()
    paper.sizes(24, 24)
    paper.count(9, "event")
    paper.count(2, "event", arm="old")
    paper.p("0.0363", "event", "fisher")
    paper.p("0.02", "event", "fisher", place="Results")
    (finding,) = paper.findings("printed-twice")
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "the counts give both, by two usual tests" in finding.explanation


def test_intervals_agree_bound_by_bound() -> None:
    for text, verdict in (
        ("7.09 to 19.31", Verdict.REPRODUCED),
        ("7.09-19.13", Verdict.DISCREPANT),
    ):
        paper = Paper()
        paper.add("7.09–19.31", outcome="event", statistic="ci95")
        paper.add(text, place="Abstract", outcome="event", statistic="ci95")
        assert paper.verdicts("printed-twice") == [verdict]


def test_three_weeks_are_21_days() -> None:
    for text, unit, verdict in (
        ("21", "days", Verdict.REPRODUCED),
        ("28", "days", Verdict.DISCREPANT),
        ("about 21", "days", Verdict.NOT_CHECKABLE),
    ):
        paper = Paper({"design": {"kind": "design"}})
        paper.add("three", outcome="design", statistic="duration", unit="weeks")
        paper.add(text, place="Methods", outcome="design", statistic="duration", unit=unit)
        assert paper.verdicts("printed-twice") == [verdict]


def test_dates_agree_in_any_order_of_words() -> None:
    for text, verdict in (
        ("1 January 2023", Verdict.REPRODUCED),
        ("1 June 2023", Verdict.DISCREPANT),
    ):
        paper = Paper({"design": {"kind": "design"}})
        paper.add("January 1, 2023", outcome="design", statistic="date")
        paper.add(text, place="Methods", outcome="design", statistic="date")
        assert paper.verdicts("printed-twice") == [verdict]


@given(st.fractions(0, 100), st.sampled_from(ROUNDINGS), st.integers(0, 3), st.integers(0, 3))
def test_one_value_in_two_precisions_is_never_accused(
    value, rounding: str, first: int, second: int
) -> None:
    paper = Paper()
    for place, decimals in (("Table 1", first), ("Abstract", second)):
        text = f"{printed_as(value, decimals, rounding):f}"
        paper.add(text, place=place, outcome="event", statistic="median")
    assert not above_rounding(paper.findings())


def test_an_estimate_outside_its_interval_is_impossible() -> None:
    for median, verdict in (("13.2", Verdict.REPRODUCED), ("31.2", Verdict.IMPOSSIBLE)):
        paper = Paper({"os": {"kind": "time-to-event"}})
        paper.add(median, arm_id="new", outcome="os", statistic="median")
        paper.add("7.09-19.31", arm_id="new", outcome="os", statistic="ci95")
        assert paper.verdicts("estimate-in-interval") == [verdict]


def test_an_upper_bound_that_was_not_reached_is_above_every_estimate() -> None:
    paper = Paper({"os": {"kind": "time-to-event"}})
    paper.add("13.2", arm_id="new", outcome="os", statistic="median")
    paper.add("7.2-NA", arm_id="new", outcome="os", statistic="ci95")
    assert paper.verdicts("estimate-in-interval") == [Verdict.REPRODUCED]


def test_a_reversed_interval_is_impossible() -> None:
    paper = Paper({"os": {"kind": "time-to-event"}})
    paper.add("19.31-7.09", arm_id="new", outcome="os", statistic="ci95")
    assert paper.verdicts("estimate-in-interval") == [Verdict.IMPOSSIBLE]


def test_an_estimate_of_zero_must_lie_in_its_interval_too() -> None:
    for interval, verdict in (("-0.2 to 0.4", Verdict.REPRODUCED), ("0.2-0.4", Verdict.IMPOSSIBLE)):
        paper = Paper({"age": {"kind": "continuous"}})
        paper.add("0.0", outcome="age", statistic="difference", comparison=COMPARISON)
        paper.add(interval, outcome="age", statistic="ci95", comparison=COMPARISON)
        assert paper.verdicts("estimate-in-interval") == [verdict]


def test_a_decimal_comma_is_named() -> None:
    paper = Paper()
    paper.percent("32,8", "event")
    (finding,) = paper.findings("decimal-comma")
    assert (finding.verdict, finding.recomputed) == (Verdict.ROUNDING, "32.8")


@pytest.mark.parametrize(
    ("statement", "p", "verdict"),
    [
        (SIGNIFICANT, "0.03", Verdict.REPRODUCED),
        (SIGNIFICANT, "<0.05", Verdict.REPRODUCED),
        (SIGNIFICANT, "0.050", Verdict.ROUNDING),
        (SIGNIFICANT, "0.06", Verdict.DISCREPANT),
        (NOT_SIGNIFICANT, "0.06", Verdict.REPRODUCED),
        (NOT_SIGNIFICANT, ">0.05", Verdict.REPRODUCED),
        (NOT_SIGNIFICANT, "0.048", Verdict.DISCREPANT),
        (SIGNIFICANT | {"claim": "trend"}, "0.07", Verdict.REPRODUCED),
        (SIGNIFICANT | {"claim": "trend"}, "0.136", Verdict.NOT_CHECKABLE),
        (SIGNIFICANT | {"claim": "trend"}, "0.410", Verdict.NOT_CHECKABLE),  # a real one may
        (SIGNIFICANT | {"claim": "trend"}, "0.964", Verdict.IMPLAUSIBLE),
    ],
)
def test_a_claim_is_held_against_its_p_value(
    statement: dict[str, str], p: str, verdict: Verdict
) -> None:
    paper = Paper(statements=(statement | ABOUT,))
    paper.p(p, "event")
    (finding,) = paper.findings("claims")
    assert finding.verdict is verdict
    assert "Abstract says" in finding.explanation


def test_a_claim_about_a_whole_is_held_against_each_kind_and_is_at_most_implausible() -> None:
    kinds = {"any": {"kind": "adverse-event"}}
    kinds |= {id_: {"kind": "adverse-event", "within": "any"} for id_ in ("rash", "fever", "pain")}
    statement = NOT_SIGNIFICANT | ABOUT | {"outcome": "any", "except": ["pain"]}
    paper = Paper(kinds, statements=(statement, statement | {"section": "Results"}))
    paper.p("0.048", "rash")
    paper.p("0.48", "fever")
    paper.p("0.01", "pain")
    rash, fever = paper.findings("claims")
    assert (rash.verdict, fever.verdict) == (Verdict.IMPLAUSIBLE, Verdict.REPRODUCED)
    assert "Abstract and Results say" in rash.explanation


@pytest.mark.parametrize(("category", "held"), [(None, ["0.20"]), ("grade3plus", ["0.01"])])
def test_a_claim_about_an_adverse_event_is_of_the_grade_it_names(
    category: str | None, held: list[str]
) -> None:
    """Without a grade it is of any grade: a small p of grade 3 or higher contradicts nothing."""
    levels = {"levels": ["grade1to2", "grade3plus"]}
    statement = NOT_SIGNIFICANT | ABOUT | {"outcome": "rash"}
    if category is not None:
        statement |= {"category": category}
    paper = Paper({"rash": {"kind": "adverse-event", **levels}}, statements=(statement,))
    paper.p("0.20", "rash")
    paper.p("0.01", "rash", category="grade3plus")
    found = paper.findings("claims")
    assert [one.numbers[0].value for one in found] == held
    assert above_rounding(found) == [] or category is not None


def test_a_claim_is_quoted_with_the_words_that_qualify_it_once_for_all_its_numbers() -> None:
    kinds = {"any": {"kind": "adverse-event"}}
    kinds |= {id_: {"kind": "adverse-event", "within": "any"} for id_ in ("rash", "fever")}
    statement = NOT_SIGNIFICANT | ABOUT | {"outcome": "any", "quote": "events were comparable"}
    statement |= {"qualifier": "except the skin", "qualified_in": "Discussion"}
    paper = Paper(kinds, statements=(statement,))
    paper.p("0.048", "rash")
    paper.p("0.001", "fever")
    (finding,) = paper.findings("claims")
    assert 'Abstract says "events were comparable"' in finding.explanation
    assert 'Discussion has "except the skin"' in finding.explanation
    assert "no significant difference" not in finding.explanation
    assert [number.value for number in finding.touched] == ["0.048", "0.001"]


def test_without_a_p_value_a_claim_is_held_against_the_interval() -> None:
    for interval, verdict in (("0.55-0.89", Verdict.REPRODUCED), ("0.55-1.20", Verdict.DISCREPANT)):
        paper = Paper({"os": {"kind": "time-to-event"}}, (SIGNIFICANT | ABOUT | {"outcome": "os"},))
        paper.add(interval, outcome="os", statistic="ci95", method="cox", comparison=COMPARISON)
        assert paper.verdicts("claims") == [verdict]


def model(table: str, **p_values: tuple[str, str | None]) -> Paper:
    """A table of covariates: p alone, and adjusted p where the covariate entered."""
    named = {id_: {"kind": "categorical"} for id_ in p_values}
    paper = Paper({"os": {"kind": "time-to-event"}, **named})
    for id_, (alone, adjusted) in p_values.items():
        for p, adjustment in ((alone, "unadjusted"), (adjusted, "adjusted")):
            if p is not None:
                paper.p(p, "os", "cox", comparison=id_, adjustment=adjustment, place=table)
    return paper


RULE = {"kind": "selection-rule", "section": "Methods", "table": "Table 4", "p_below": "0.10"}


def test_a_rule_of_selection_is_held_against_the_covariates() -> None:
    paper = model(
        "Table 4",
        liver=("0.01", "0.02"),
        bone=("0.40", None),
        lung=("0.09", None),
        brain=("0.736", "0.80"),
        border=("0.10", None),
    )
    paper.statements = (RULE,)
    verdicts = [finding.verdict for finding in paper.findings("selection-rules")]
    good, bad = Verdict.REPRODUCED, Verdict.DISCREPANT
    assert verdicts == [good, good, bad, bad, good]


def test_with_two_rules_a_covariate_may_follow_either() -> None:
    paper = model("Table 4", liver=("0.01", "0.02"), bone=("0.18", "0.2"), lung=("0.15", None))
    paper.statements = (RULE | {"p_below": "0.05"}, RULE | {"p_below": "0.20"})
    assert set(paper.verdicts("selection-rules")) == {Verdict.REPRODUCED}


def test_a_rule_for_some_covariates_and_a_stated_reason_are_told_together() -> None:
    paper = model("Table 4", liver=("0.01", "0.02"), drug=("0.736", "0.8"), dose=("0.18", "0.5"))
    only_dose = RULE | {"p_below": "0.20", "covariates": ["dose"], "section": "Results"}
    paper.statements = (RULE | {"p_below": "0.05"}, only_dose)
    verdicts = paper.verdicts("selection-rules")
    assert verdicts == [Verdict.REPRODUCED, Verdict.DISCREPANT, Verdict.REPRODUCED]
    reason = {"kind": "selection-reason", "section": "Results", "table": "Table 4"}
    reason |= {"covariates": ["drug", "dose"], "quote": "clinical relevance"}
    paper.statements = (*paper.statements, reason)
    told, liver = paper.findings("selection-rules")
    assert (told.verdict, liver.verdict) == (Verdict.IMPLAUSIBLE, Verdict.REPRODUCED)
    assert 'drug (p 0.736), dose (p 0.18), "clinical relevance"' in told.explanation


def test_a_covariate_may_enter_in_another_form() -> None:
    paper = model("Table 4", months=("0.01", "0.02"), group=("0.03", None))
    paper.statements = (RULE,)
    assert paper.verdicts("selection-rules")[1] is Verdict.DISCREPANT
    outcomes = dict(paper.outcomes)
    del outcomes["group"]
    paper.outcomes = outcomes
    paper.variables = {"group": {"kind": "categorical", "form_of": "months"}}
    assert paper.verdicts("selection-rules")[1] is Verdict.ROUNDING


def test_one_level_of_a_covariate_below_the_limit_lets_all_levels_enter() -> None:
    paper = model("Table 4", reason=("0.178", "0.120"))
    paper.p(
        "<0.001", "os", "cox", comparison="reason:b/a", adjustment="unadjusted", place="Table 4"
    )
    paper.statements = (RULE,)
    assert paper.verdicts("selection-rules") == [Verdict.REPRODUCED]


def test_covariates_named_in_the_text_need_adjusted_numbers() -> None:
    paper = model("Table 4", liver=("0.01", "0.02"), smoking=("0.28", None))
    named = {"kind": "model-covariates", "section": "Discussion", "tables": ["Table 4"]}
    paper.statements = (named | {"covariates": ["liver", "smoking"]},)
    assert paper.verdicts("named-covariates") == [Verdict.REPRODUCED, Verdict.DISCREPANT]


def test_a_list_of_events_is_held_against_the_table() -> None:
    kinds = {"any": {"kind": "adverse-event"}}
    levels = {"levels": ["grade3plus"]}
    for id_ in ("rash", "fever", "pain", "cough"):
        kinds[id_] = {"kind": "adverse-event", "within": "any", **levels}
    paper = Paper(kinds)
    for id_, count in (("rash", 2), ("fever", 0), ("pain", 3), ("cough", 0)):
        paper.count(count, id_, category="grade3plus")
    listed = {"kind": "list", "section": "Results", "table": "Table 1", "category": "grade3plus"}
    paper.statements = (listed | {"outcomes": ["rash", "cough"]},)
    good, bad = Verdict.REPRODUCED, Verdict.DISCREPANT
    assert paper.verdicts("listed-events") == [good, good, bad, bad]
    paper.statements = (paper.statements[0] | {"complete": False},)
    assert paper.verdicts("listed-events") == [good, good, Verdict.NOT_CHECKABLE, bad]


def test_tables_are_taken_in_the_order_in_which_the_text_names_them() -> None:
    tables = [f"Table {number}" for number in (9, 4, 7, 5, 8, 6)]
    paper = Paper({"os": {"kind": "time-to-event"}, "liver": {"kind": "categorical"}})
    for table in sorted(tables):
        paper.p("0.01", "os", "cox", comparison="liver", adjustment="unadjusted", place=table)
    named = {"kind": "model-covariates", "section": "Discussion", "covariates": ["liver"]}
    paper.statements = (named | {"tables": tables},)
    (finding,) = paper.findings("named-covariates")
    assert [number.locator.table for number in finding.numbers] == tables
    assert finding.touched == finding.numbers
