"""Printed counts that no patients can have, with a proof."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_study import Paper, share
from livingreview_cohort.cells import cells_of
from livingreview_cohort.conflict import System, certificate, conflicts, examine
from livingreview_cohort.margins import Margin, counted
from livingreview_record import Population
from the_review import the_review

YES_NO = {"kind": "categorical", "levels": ["no", "yes"], "exhaustive": True}


def printed_values(conflict: object) -> list[str]:
    return [margin.printed.value for margin in conflict.margins]  # type: ignore[attr-defined]


def three_sets(both: int, **sizes: int) -> Paper:
    """One arm of 496, two characteristics, and how many have both."""
    made = Paper(arms=("only",), variables={"a": YES_NO, "b": YES_NO})
    made.sizes(496)
    for name, size in sizes.items():
        made.count(size, name, arm="only", category="yes")
    made.count(both, "b", arm="only", category="yes", subgroup="a=yes")
    return made


def test_an_overlap_that_two_counts_rule_out_is_one_conflict_of_four_numbers() -> None:
    (found,) = conflicts(three_sets(0, a=297, b=316).study)
    assert sorted(printed_values(found), key=int) == ["0", "297", "316", "496"]
    assert found.sum_of_bounds == -117  # 297 + 316 - 0 exceeds 496 by this


def test_the_least_possible_overlap_is_no_conflict() -> None:
    assert conflicts(three_sets(117, a=297, b=316).study) == ()


def test_a_certificate_proves_the_conflict_in_exact_fractions() -> None:
    system = System(cells_of(counted(three_sets(116, a=297, b=316).study)))
    (found,) = examine(system).conflicts
    bounds = [bound for bound in system.bounds if bound in (*found.margins, *found.rules)]
    proof = certificate(system, bounds)
    assert proof is not None
    multipliers, summed = proof
    assert all(isinstance(one, Fraction) and one >= 0 for one in multipliers)
    assert summed < 0


def test_a_set_that_can_hold_has_no_certificate() -> None:
    system = System(cells_of(counted(three_sets(150, a=297, b=316).study)))
    assert certificate(system, system.bounds) is None


def test_each_number_of_a_conflict_is_needed() -> None:
    system = System(cells_of(counted(three_sets(0, a=297, b=316).study)))
    (found,) = examine(system).conflicts
    bounds = [*found.margins, *found.rules]
    assert not system.can_hold(bounds)
    for left_out in bounds:
        assert system.can_hold([bound for bound in bounds if bound is not left_out])


def test_levels_that_do_not_add_up_may_have_missing_values_unless_all_have_one() -> None:
    for exhaustive, expected in ((False, 0), (True, 1)):
        made = Paper(variables={"a": {**YES_NO, "exhaustive": exhaustive}})
        made.sizes(24, 24)
        made.count(4, "a", category="no")
        made.count(18, "a", category="yes")
        assert len(conflicts(made.study)) == expected


def test_more_patients_than_the_arm_has_are_a_conflict_even_with_missing_values() -> None:
    made = Paper(variables={"a": {**YES_NO, "exhaustive": False}})
    made.sizes(24, 24)
    made.count(14, "a", category="no")
    made.count(18, "a", category="yes")
    (found,) = conflicts(made.study)
    assert sorted(printed_values(found), key=int) == ["14", "18", "24"]


@pytest.mark.parametrize("printed", ["12.5", "12.6", "12.4"])
def test_a_percentage_may_be_one_unit_off(printed: str) -> None:
    """3 of 24 is 12.5; a paper that rounds in its own way is not accused."""
    made = Paper()
    made.sizes(24, 24)
    made.count(3, "event")
    made.percent(printed, "event")
    assert conflicts(made.study) == ()


def test_a_percentage_of_another_count_is_a_conflict() -> None:
    made = Paper()
    made.sizes(24, 24)
    made.count(3, "event")
    made.percent("16.7", "event")
    (found,) = conflicts(made.study)
    assert sorted(printed_values(found)) == ["16.7", "24", "3"]


def test_grades_of_a_wider_grade_are_within_it() -> None:
    grades = {"kind": "adverse-event", "levels": ["grade3plus", "grade5"]}
    made = Paper(outcomes={"rash": grades})
    made.sizes(24, 24)
    made.count(2, "rash", category="grade3plus")
    made.count(3, "rash", category="grade5")
    (found,) = conflicts(made.study)
    assert sorted(printed_values(found)) == ["2", "3"]


def test_whole_patients_are_asked_for_where_parts_of_patients_would_do() -> None:
    """33 % of 2 patients can be had with parts of patients only."""
    made = Paper()
    made.sizes(2, 2)
    made.percent("33", "event")
    system = System(cells_of(counted(made.study)))
    assert system.can_hold(system.bounds)
    assert system.in_whole_patients(system.bounds) == "impossible"
    assert len(examine(system).conflicts) == 1


@given(
    st.integers(0, 2**32 - 1),
    st.integers(6, 40),
    st.sampled_from([0, 1, 2]),
)
def test_a_table_of_real_patients_is_never_a_conflict(seed: int, n: int, decimals: int) -> None:
    rng = np.random.default_rng(seed)
    arm = rng.random(n) < 0.5
    if arm.all() or not arm.any():
        return
    made = Paper(variables={"a": YES_NO, "b": {**YES_NO, "subset_of": {"yes": "a=yes"}}})
    a = rng.random(n) < 0.6
    b = a & (rng.random(n) < 0.5)
    made.sizes(int(arm.sum()), int((~arm).sum()))
    for name, rows in (("new", arm), ("old", ~arm)):
        size = int(rows.sum())
        for variable, has in (("a", a), ("b", b)):
            for level, chosen in (("yes", has), ("no", ~has)):
                part = int((chosen & rows).sum())
                made.count(part, variable, arm=name, category=level)
                made.percent(share(part, size, decimals), variable, arm=name, category=level)
    made.count(int((a & b).sum()), "b", arm="all", category="yes", subgroup="a=yes")
    assert conflicts(made.study) == ()


def possible_by_trial(sizes: tuple[int, int], printed: Sequence[tuple[str, str, int]]) -> bool:
    """Whether some patients fit, by trying every table of two arms by two characteristics."""
    kinds = list(product(("no", "yes"), repeat=2))
    tables = [
        [counts for counts in product(range(n + 1), repeat=4) if sum(counts) == n] for n in sizes
    ]
    wanted = {"new": tables[0], "old": tables[1]}
    place = {"a": 0, "b": 1}
    return all(
        any(
            all(
                sum(c for c, kind in zip(counts, kinds, strict=True) if kind[place[name]] == "yes")
                == value
                for arm_of, name, value in printed
                if arm_of == arm and name in place
            )
            and all(
                counts[kinds.index(("yes", "yes"))] == value
                for arm_of, name, value in printed
                if arm_of == arm and name == "both"
            )
            for counts in found
        )
        for arm, found in wanted.items()
    )


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.lists(
        st.tuples(
            st.sampled_from(["new", "old"]), st.sampled_from(["a", "b", "both"]), st.integers(0, 4)
        ),
        max_size=5,
    ),
)
def test_conflicts_are_those_that_trying_every_table_finds(
    sizes: tuple[int, int], printed: list[tuple[str, str, int]]
) -> None:
    made = Paper(variables={"a": YES_NO, "b": YES_NO})
    made.sizes(*sizes)
    for arm, name, value in printed:
        of = {"subgroup": "a=yes"} if name == "both" else {}
        made.count(value, "b" if name == "both" else name, arm=arm, category="yes", **of)
    found = examine(System(cells_of(counted(made.study))))
    assert bool(found.conflicts) != possible_by_trial(sizes, printed)


def test_the_studies_read_in_full_conflict_only_where_their_tables_were_read_again() -> None:
    """Each set was read again in its paper."""
    review = the_review()
    found = {
        name: [sorted({m.printed.quantity.outcome for m in one.margins}) for one in sets]
        for name in ("chen-2025", "gu-2026", "tian-2026", "zhang-2025")
        for sets in [conflicts(review.studies[name])]
    }
    assert found == {
        "chen-2025": [["line", "participants"]],
        "gu-2026": [["ecog", "kps"]],
        "tian-2026": [
            ["previous_pci", "previous_radiotherapy"],
            ["participants", "previous_pci"],
            ["brain_radiotherapy", "previous_radiotherapy"],
        ],
        "zhang-2025": [],
    }


def test_percentages_of_other_group_sizes_conflict_in_whole_patients_only() -> None:
    """28.30 % is 15 of 53 and nothing of 55; 16.28 % is 7 of 43 and nothing of 41."""
    made = Paper()
    made.sizes(55, 41)
    made.percent("28.30", "event", arm="new")
    made.percent("16.28", "event", arm="old")
    found = conflicts(made.study)
    assert [sorted(printed_values(one)) for one in found] == [["28.30", "55"], ["16.28", "41"]]
    assert all(one.multipliers == () for one in found)


def test_more_patients_may_have_been_enrolled_than_were_randomised() -> None:
    """A population around the whole has patients whom no other number is about."""
    made = Paper(populations={})
    made.sizes(242, 241)
    made.count(483, "participants", arm="all")
    made.count(660, "participants", arm="all", population="enrolled")
    study = made.study
    enrolled = {"enrolled": Population("enrolled", "Enrolled")}
    wider = {**enrolled, "whole": Population("whole", "All", "enrolled")}
    study = replace(study, populations={**study.populations, **wider})
    assert conflicts(study) == ()
    assert [n.value for n in counted(study).not_modelled] == ["660"]


def test_margins_keep_the_printed_number_that_they_come_from() -> None:
    made = three_sets(120, a=297, b=316)
    margins = counted(made.study).margins
    assert {margin.printed for margin in margins} == set(made.study.numbers)
    assert all(isinstance(margin, Margin) for margin in margins)
