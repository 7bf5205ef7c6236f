import numpy as np
import pytest

from example_review import full_row, write_review
from livingreview import load_study
from livingreview_display import wording
from livingreview_record.quantities import Printed
from livingreview_record.rows import printed_number


@pytest.fixture
def study(tmp_path):
    write_review(tmp_path)
    return load_study("example-2020", tmp_path)


@pytest.fixture
def make(study):
    def make_number(line: int = 1, **cells: str) -> Printed:
        problems: list = []
        defaults = {"section": "Abstract", "arm_id": "new", "outcome": "os", "unit": "months"}
        row = full_row(**(defaults | cells))
        number = printed_number("reported.csv", line, row, study, problems)
        assert not problems
        return number

    return make_number


@pytest.mark.parametrize(
    "value", [0.125, np.float64(0.125), np.float32(0.125), np.array(0.125), np.array([0.125])[0]]
)
def test_library_scalars_never_leak_into_text(value):
    text = wording.number(value, 3)
    assert type(text) is str
    assert text == "0.125"


def test_a_negative_number_has_a_true_minus_and_zero_has_no_sign():
    assert wording.number(-1.5, 1) == "\N{MINUS SIGN}1.5"
    assert wording.number(-0.001, 1) == "0.0"


def test_what_cannot_be_estimated_is_said_in_words():
    assert wording.number(float("nan")) == "not estimable"
    assert wording.number(float("-inf")) == "\N{MINUS SIGN}∞"


def test_a_p_value_is_never_zero_and_the_boundary_is_printed():
    assert wording.p_value(0.0) == "<0.001"
    assert wording.p_value(np.float64(0.00099)) == "<0.001"
    assert wording.p_value(0.001) == "0.001"


def test_one_value_in_two_spellings_is_shown_once(make):
    places = [
        make(statistic="median", value="six"),
        make(2, statistic="median", value="6", section="Results"),
    ]
    assert wording.as_printed(places) == "six"


def test_two_values_for_one_quantity_are_both_shown_and_the_table_comes_first(make):
    text = make(1, statistic="median", value="6.1")
    cell = make(
        9, statistic="median", value="6.0", section="Table 2", table="Table 2", row="a", column="b"
    )
    assert wording.as_printed([text, cell]) == "6.0; also printed 6.1"


def test_trailing_zeros_are_kept_as_printed(make):
    assert wording.as_printed([make(statistic="median", value="0.70")]) == "0.70"


def test_a_bound_adds_nothing_to_the_value_that_it_admits_and_contradicts_any_other(make):
    cells = {"statistic": "p", "unit": "probability", "method": "log-rank"}
    exact, fits, clashes = (
        make(line, value=value, **cells)
        for line, value in enumerate(("0.273", ">0.05", "<0.05"), 1)
    )
    assert wording.as_printed([exact, fits]) == "0.273"
    assert wording.as_printed([exact, clashes]) == "0.273; also printed <0.05"


def test_count_percent_and_interval_share_a_cell(make):
    cells = {"outcome": "orr"}
    numbers = [
        make(3, statistic="ci95", unit="%", value="21.5-44.8", **cells),
        make(1, statistic="n", unit="patients", value="22", **cells),
        make(2, statistic="percent", unit="%", value="32.4", **cells),
    ]
    assert wording.cell(numbers) == "22 (32.4%; 95% CI 21.5-44.8)"


def test_places_are_named_once_with_tables_first(make):
    numbers = [
        make(1, statistic="median", value="6"),
        make(2, statistic="ci95", value="5-7"),
        make(3, statistic="n", unit="patients", value="6", section="T", table="Table 1", row="r",
             column="c"),
    ]  # fmt: skip
    assert wording.places(numbers) == "Table 1, r; Abstract"


def test_a_printed_quantity_comes_with_its_printed_interval(study):
    assert wording.printed(study, outcome="os", statistic="hr") == "0.70 (95% CI 0.50-0.98)"


def test_an_ambiguous_or_absent_quantity_is_refused(study):
    with pytest.raises(ValueError, match="one printed quantity"):
        wording.printed(study, outcome="participants", statistic="n")
    with pytest.raises(ValueError, match="found none"):
        wording.printed(study, outcome="os", statistic="median")


def test_a_text_and_a_list_are_shown_as_they_were_typed():
    assert wording.Words("*a* <b>\n\n$x$")._repr_html_() == "<p>*a* &lt;b&gt;</p>\n<p>$x$</p>"
    words = wording.Words(wording.bullets(["one `x`", "10.1000/x"]))
    assert repr(words) == "- One `x`.\n- 10.1000/x."
    link = '<a href="https://doi.org/10.1000/x">10.1000/x</a>'
    assert words._repr_html_() == f"<ul><li>One `x`.</li><li>{link}.</li></ul>"


def test_a_sentence_that_begins_with_an_address_keeps_it():
    assert wording.sentence("https://a.example is down") == "https://a.example is down."


def test_an_empty_list_says_so():
    assert wording.bullets([], empty="None.") == "None."
