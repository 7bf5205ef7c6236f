"""Interval arithmetic on printed numbers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_audit.intervals import Box, counts_that_print, image, printed_as, roundings
from livingreview_record.reported import Reported

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=5000)


@given(fractions, st.integers(0, 4))
def test_a_value_is_in_the_box_of_every_way_of_rounding_it(value: Fraction, decimals: int) -> None:
    for way, printed in roundings(value, decimals).items():
        if way == "cut off":
            continue
        text = f"{abs(printed):f}"
        lower, upper = Reported(text).rounding_box
        assert Fraction(lower) <= abs(value) <= Fraction(upper)


@given(fractions, st.integers(0, 4))
def test_half_up_and_half_to_even_differ_only_at_ties(value: Fraction, decimals: int) -> None:
    ways = roundings(value, decimals)
    is_tie = (value * 10**decimals * 2) % 2 == 1
    assert ways["half up"] == ways["half to even"] or is_tie


@given(fractions, st.integers(0, 4))
def test_cutting_off_moves_towards_zero_by_less_than_a_unit(value: Fraction, decimals: int) -> None:
    cut = Fraction(printed_as(value, decimals, "ROUND_DOWN"))
    assert abs(cut) <= abs(value) < abs(cut) + Fraction(1, 10**decimals)


def test_python_and_printed_as_agree_on_decimal_ties() -> None:
    for text in ("0.125", "0.135", "2.5", "3.5"):
        exact = Decimal(text)
        places = -int(exact.as_tuple().exponent) - 1
        quantum = Decimal(1).scaleb(-places)
        for rounding in ("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_DOWN"):
            assert printed_as(Fraction(exact), places, rounding) == exact.quantize(
                quantum, rounding
            )


@given(st.integers(1, 400), st.data(), st.integers(0, 2))
def test_the_true_count_is_among_the_counts_that_print(size: int, data, decimals: int) -> None:
    part = data.draw(st.integers(0, size))
    for rounding in ("ROUND_HALF_UP", "ROUND_HALF_EVEN"):
        text = f"{printed_as(Fraction(100 * part, size), decimals, rounding):f}"
        assert part in counts_that_print(Reported(text), size)


def test_grim_keeps_70_apart_from_70_point_0() -> None:
    assert counts_that_print(Reported("70"), 27) == (19,)
    assert counts_that_print(Reported("70.0"), 27) == ()


@pytest.mark.parametrize(
    ("text", "value", "inside"), [("<0.001", 0.0005, True), (">5", 4.9, False)]
)
def test_a_bound_is_a_box_with_one_end(text: str, value: float, inside: bool) -> None:
    assert Box.of(Reported(text)).contains(value) is inside


def test_the_image_of_a_monotone_function_is_that_of_its_corners() -> None:
    assert image(lambda a, b: a - b, Box(1, 2), Box(3, 5)) == Box(-4, -1)


def test_boxes_can_be_cut_and_joined() -> None:
    assert Box(-1, 2).within(0, 1) == Box(0, 1)
    assert Box(0, 1).hull(Box(3, 4)) == Box(0, 4)
