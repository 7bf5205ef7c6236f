import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_record.reported import Reported, ReportedInterval


@pytest.mark.parametrize(
    ("text", "value", "decimals", "relation"),
    [
        ("0.70", 0.70, 2, "="),
        ("0.7", 0.7, 1, "="),
        ("<0.001", 0.001, 3, "<"),
        (">0.999", 0.999, 3, ">"),
        ("≥3", 3, 0, ">="),
        ("32,8", 32.8, 1, "="),
        ("4,352", 4352, 0, "="),
        ("–11.97", -11.97, 2, "="),
        ("nine", 9, 0, "="),
        ("Twenty-two", 22, 0, "="),
        ("no", 0, 0, "="),
    ],
)
def test_a_printed_number_keeps_its_value_decimals_and_relation(text, value, decimals, relation):
    number = Reported(text)
    assert (number.value, number.decimals, number.relation) == (value, decimals, relation)
    assert number.text == text


def test_trailing_zeros_narrow_what_a_number_may_stand_for():
    assert Reported("0.7").admits(0.74)
    assert not Reported("0.70").admits(0.74)


@pytest.mark.parametrize("value", [0.695, 0.705])
def test_both_ties_are_admitted_since_half_up_and_half_even_are_both_in_use(value):
    assert Reported("0.70").admits(value)


def test_a_number_can_go_to_another_process():
    number = Reported("<0.70")
    assert (number.value, number.relation) == (0.7, "<")  # what is cached goes with it
    assert pickle.loads(pickle.dumps(number)) == number


def test_a_value_not_reached_is_not_a_number_and_admits_everything():
    assert math.isnan(Reported("NA").value)
    assert Reported("NA").admits(1e9)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "2-Jan", "5%", "12 (3)", "--", "ten-thousand"]
)
def test_text_that_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="need a printed number"):
        Reported(text)


@given(st.integers(-10_000, 10_000), st.integers(0, 4))
def test_every_value_that_rounds_to_a_printed_number_is_admitted(digits, decimals):
    value = digits / 10**decimals
    printed = Reported(f"{value:.{decimals}f}")
    assert printed.admits(value)
    assert printed.decimals == decimals


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("21–77", "21", "77"),
        ("0.478-0.966", "0.478", "0.966"),
        ("7.2-NA", "7.2", "NA"),
        ("3.63 to 4.63", "3.63", "4.63"),
        ("-1.5--0.3", "-1.5", "-0.3"),
        ("0.5, 0.9", "0.5", "0.9"),
    ],
)
def test_an_interval_is_two_printed_numbers_in_one_text(text, lower, upper):
    interval = ReportedInterval(text)
    assert (interval.lower.text, interval.upper.text) == (lower, upper)


@pytest.mark.parametrize("text", ["0.70", "0.4-", "0.4-0.5-0.6", "a-b", ""])
def test_text_that_is_no_interval_is_refused(text):
    with pytest.raises(ValueError, match="need a printed interval"):
        ReportedInterval(text)
