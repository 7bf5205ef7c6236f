"""Hazard ratios against their intervals, p-values, events: what fires, what stays silent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_study import COMPARISON, Paper, above_rounding
from livingreview_audit import Finding, Verdict
from livingreview_audit.intervals import Box
from livingreview_audit.ratios import p_box
from livingreview_cohort.cox import Cox
from patient_level import patients

OS = {"kind": "time-to-event", "levels": ["event"]}
SIDE = {"kind": "categorical", "levels": ["a", "b"], "exhaustive": True}
SYMMETRY, P, WIDTH = "interval-symmetry", "p-of-ratio", "interval-width"
SHIFT = "adjusted-against-unadjusted"


def paper(ratio: str, interval: str, p: str = "", **identity: str) -> Paper:
    made = Paper({"os": OS, "side": SIDE})
    made.sizes(34, 34)
    print_ratio(made, ratio, interval, p, **identity)
    return made


def print_ratio(made: Paper, ratio: str, interval: str, p: str = "", **identity: str) -> None:
    where = {"outcome": "os", "comparison": COMPARISON, "adjustment": "unadjusted", **identity}
    method = where.pop("p_method", "cox")
    made.add(ratio, statistic="hr", method="cox", place="Abstract", **where)
    made.add(interval, statistic="ci95", method="cox", place="Abstract", **where)
    if p:
        made.add(p, statistic="p", method=method, place="Abstract", **where)


def only(made: Paper, check: str) -> Finding:
    (finding,) = made.findings(check)
    return finding


@pytest.mark.parametrize(
    ("ratio", "interval", "p"),
    [  # real papers: a log-rank p, a Wald p, a wide interval
        ("0.62", "0.51–0.75", "<0.001"),
        ("0.83", "0.68–1.00", "0.055"),
        ("24.237", "8.987-65.360", "<0.001"),
    ],
)
def test_a_wald_interval_and_its_p_value_are_reproduced(ratio: str, interval: str, p: str) -> None:
    made = paper(ratio, interval, p)
    assert made.verdicts(SYMMETRY, P) == [Verdict.REPRODUCED, Verdict.REPRODUCED]


@given(
    st.floats(-1.5, 1.5),
    st.floats(0.1, 0.8),
    st.sampled_from([2, 3]),
    st.sampled_from(["<0.001", "p"]),
)
def test_a_ratio_that_is_only_rounded_is_never_accused(
    beta: float, se: float, decimals: int, small: str
) -> None:
    low, middle, up = (f"{np.exp(beta + z * se):.{decimals}f}" for z in (-1.959964, 0, 1.959964))
    p = p_box(Box.at(abs(beta) / se)).lower
    made = paper(middle, f"{low}-{up}", small if p < 0.001 and small != "p" else f"{p:.3f}")
    assert above_rounding(made.findings(SYMMETRY, P)) == []


def test_an_interval_that_no_wald_test_gives_is_discrepant() -> None:
    finding = only(paper("0.91", "0.72-1.25"), SYMMETRY)
    assert finding.verdict is Verdict.DISCREPANT
    assert "0.949" in finding.explanation  # the root of 0.72 x 1.25


def test_a_ratio_outside_its_interval_is_impossible() -> None:
    assert only(paper("0.60", "0.70-0.90"), SYMMETRY).verdict is Verdict.IMPOSSIBLE


def test_a_profile_likelihood_interval_is_excused_where_the_events_allow_its_width() -> None:
    # Poisson mean of 10 events: profile-likelihood interval 5.13 to 17.2 (deviance 3.84)
    wide = paper("0.50", "0.257-0.861")
    assert only(wide, SYMMETRY).verdict is Verdict.ROUNDING
    narrow = paper("0.60", "0.37-0.90")
    narrow.count(22, "os", category="event")
    narrow.count(10, "os", category="event", arm="old")
    assert only(narrow, SYMMETRY).verdict is Verdict.DISCREPANT


def test_a_p_value_far_from_every_test_is_discrepant_and_says_which_side_of_005() -> None:
    finding = only(paper("0.60", "0.40-0.90", "0.213"), P)
    assert finding.verdict is Verdict.DISCREPANT
    assert "different sides" in finding.explanation
    assert finding.numbers[0].value == "0.213"


def test_a_log_rank_p_near_the_walds_is_another_convention() -> None:
    finding = only(paper("0.652", "0.478-0.890", "0.006", p_method="log-rank"), P)
    assert finding.verdict is Verdict.ROUNDING
    assert "log-rank" in finding.explanation


def test_a_bound_as_p_value_is_judged_as_a_bound() -> None:
    assert only(paper("0.60", "0.40-0.90", ">0.05"), P).verdict is Verdict.DISCREPANT
    assert only(paper("0.60", "0.40-0.90", "<0.05"), P).verdict is Verdict.REPRODUCED


def test_an_interval_narrower_than_two_over_the_root_of_the_patients_is_impossible() -> None:
    finding = only(paper("0.80", "0.70-0.914"), WIDTH)  # standard error 0.07; 2 / sqrt(68) = 0.243
    assert finding.verdict is Verdict.IMPOSSIBLE
    assert "0.243" in finding.explanation


def test_a_range_of_p_that_straddles_nearly_everything_is_not_checkable() -> None:
    for interval, verdict in (
        ("0.37-0.90", Verdict.NOT_CHECKABLE),  # not symmetrical: 0.009 to 0.051
        ("0.40-0.90", Verdict.REPRODUCED),
    ):
        made = Paper({"os": OS})
        print_ratio(made, "0.60", interval)
        where = {"outcome": "os", "comparison": COMPARISON, "adjustment": "unadjusted"}
        made.add("0.031" if verdict is Verdict.NOT_CHECKABLE else "0.014", statistic="p", **where)
        assert made.verdicts("p-of-ratio") == [verdict]


def test_a_large_shift_within_large_errors_is_no_reassurance() -> None:
    made = Paper({"os": OS})
    print_ratio(made, "24.2", "3.0-195.0", adjustment="unadjusted")
    print_ratio(made, "4.3", "0.5-37.0", adjustment="adjusted")
    assert made.verdicts("adjusted-against-unadjusted") == [Verdict.NOT_CHECKABLE]


def test_the_smaller_group_limits_the_events_it_can_have() -> None:
    made = Paper({"os": OS, "side": SIDE})
    made.sizes(68, 68)
    made.count(15, "side", category="a")
    made.count(53, "side", category="b")
    made.count(44, "os", category="event")
    print_ratio(made, "0.60", "0.33-1.09", comparison="side:a/b", arm_id="new")  # 0.305 < 0.318
    impossible = only(made, WIDTH)
    assert impossible.verdict is Verdict.IMPOSSIBLE
    assert "0.60 (0.33-1.09)" in impossible.explanation
    assert "unpenalised Cox model gives a model-based one" in impossible.explanation
    assert "two groups as tabulated" in impossible.explanation
    uncoded = Paper({"os": OS, "side": SIDE}, numbers=made.numbers[:-2])
    print_ratio(uncoded, "0.60", "0.33-1.09", comparison="side", arm_id="new")
    assert only(uncoded, WIDTH).verdict is Verdict.IMPLAUSIBLE
    assert "a coding in 3 or more steps could give it" in only(uncoded, WIDTH).explanation
    wide = Paper({"os": OS, "side": SIDE}, numbers=made.numbers[:-2])
    print_ratio(wide, "0.60", "0.30-1.20", comparison="side", arm_id="new")
    assert only(wide, WIDTH).verdict is Verdict.REPRODUCED


def test_a_continuous_covariate_has_no_least_width() -> None:
    made = Paper({"os": OS, "age": {"kind": "continuous"}})
    made.sizes(34, 34)
    print_ratio(made, "1.003", "0.983-1.023", comparison="age", arm_id="new")
    assert made.findings(WIDTH) == []


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_no_cox_model_of_real_patients_has_a_standard_error_below_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = patients("veteran")
    rows = rng.choice(137, int(rng.integers(30, 137)), replace=False)
    time, event = data["time"][rows].astype(float), data["status"][rows] == "1"
    first = rng.random(rows.size) < rng.uniform(0.1, 0.9)
    events = [int(event[first == group].sum()) for group in (True, False)]
    if min(events) < 2:
        return
    age = data["age"][rows].astype(float)
    model = Cox(time, event, np.column_stack([first, age]).astype(float))
    assert model.standard_error[0] >= np.sqrt(1 / events[0] + 1 / events[1])


def test_an_adjustment_that_moves_a_ratio_fourfold_is_implausible() -> None:
    made = paper("0.680", "0.478-0.966")
    print_ratio(made, "0.158", "0.096-0.261", adjustment="adjusted")
    finding = only(made, SHIFT)
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "4.3" in finding.explanation


def test_an_ordinary_adjustment_stays_silent() -> None:
    made = paper("0.601", "0.426-0.848")
    print_ratio(made, "0.572", "0.395-0.828", adjustment="adjusted")
    assert only(made, SHIFT).verdict is Verdict.REPRODUCED


def test_an_open_interval_is_left_alone() -> None:
    assert paper("0.5", "0.2-NA").findings(SYMMETRY, P, WIDTH) == []


SUMMED = {"kind": "categorical", "levels": ["no", "yes"], "exhaustive": True}
PATTERN = {"kind": "categorical", "levels": ["alone", "third", "both"], "only_arm": "new"}
LINK = {"level_sum_of": {"no": ["pattern=alone", "pattern=third"]}}


def level_from_others(interval: str, printed: tuple[str, ...] = ("alone", "third")) -> Paper:
    """Chemotherapy by yes against no, where only 4 + 8 of one arm had none."""
    made = Paper({"os": OS}, variables={"chemo": {**SUMMED, **LINK}, "pattern": PATTERN})
    made.sizes(67, 93)
    for level, value in (("alone", 4), ("third", 8)):
        if level in printed:
            made.count(value, "pattern", category=level)
    print_ratio(made, "1.101", interval, arm_id="all", comparison="chemo:yes/no")
    return made


def test_a_level_that_is_the_sum_of_others_bounds_the_width_of_an_interval() -> None:
    finding = only(level_from_others("0.661-1.835"), WIDTH)
    assert finding.verdict is Verdict.IMPOSSIBLE
    assert "12 in one of the groups compared" in finding.explanation
    assert "0.300" in finding.explanation
    assert {"4", "8"} <= {number.value for number in finding.numbers}


def test_an_interval_that_the_sum_of_other_levels_allows_is_reproduced() -> None:
    assert only(level_from_others("0.604-2.007"), WIDTH).verdict is Verdict.REPRODUCED


def test_a_sum_with_a_part_that_is_not_printed_bounds_nothing() -> None:
    made = level_from_others("0.661-1.835", printed=("alone",))
    assert only(made, WIDTH).verdict is Verdict.REPRODUCED
