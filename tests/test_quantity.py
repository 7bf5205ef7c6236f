"""How quantities, subgroups and comparisons are written and read."""

import pytest

from livingreview_record.quantities import Level, Quantity, contrast_of, level_of, levels_of


@pytest.mark.parametrize("text", ["sex=male", "sex", ""])
def test_a_level_is_written_as_it_is_read(text: str) -> None:
    assert str(level_of(text)) == text


def test_an_empty_part_of_a_subgroup_stays_to_be_refused() -> None:
    assert levels_of("sex=male&") == (Level("sex", "male"), Level("", ""))
    assert levels_of("") == ()


def test_a_contrast_without_levels_is_told_from_one_whose_levels_are_missing() -> None:
    assert contrast_of("sex") == ("sex", ())
    assert contrast_of("sex:") == ("sex", ("",))
    assert contrast_of("sex:male/female") == ("sex", ("male", "female"))


def test_a_stratum_is_the_one_level_that_selects_the_patients() -> None:
    assert Quantity(subgroup="sex=male").stratum == Level("sex", "male")
    assert Quantity(subgroup="sex=male&age=old").stratum is None
    assert Quantity().stratum is None


def test_a_quantity_of_a_level_counts_that_level_in_the_same_patients() -> None:
    asked = Quantity(arm_id="new", outcome="os", statistic="n").of_level(level_of("sex=male"))
    assert asked == Quantity(arm_id="new", outcome="sex", category="male", statistic="n")
