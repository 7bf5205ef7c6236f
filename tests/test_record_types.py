"""The types of the record against the schema: one says what a file may hold, the other reads it."""

from dataclasses import fields
from importlib import resources

import pytest
import yaml

from livingreview_record.studies import (
    Arm,
    Comparison,
    Outcome,
    Population,
    Report,
    SharedPatients,
    Statement,
    Study,
)

SCHEMA = yaml.safe_load(
    resources.files("livingreview_record").joinpath("schema/study.yaml").read_text("utf-8")
)
TOP = SCHEMA["properties"]
# Each type with the part of the schema that it reads; the ids of maps are their keys.
READS = {
    Study: (SCHEMA, {"numbers", "roles", "terms"}),
    Report: (TOP["reports"]["items"], set()),
    SharedPatients: (TOP["shares_patients"]["items"], set()),
    Statement: (TOP["statements"]["items"], set()),
    Arm: (TOP["arms"]["additionalProperties"], {"id"}),
    Comparison: (TOP["comparisons"]["additionalProperties"], {"id"}),
    Population: (TOP["populations"]["additionalProperties"], {"id"}),
    Outcome: (SCHEMA["$defs"]["vocabulary"]["additionalProperties"], {"id"}),
}
OTHER_NAME = {"with": "other", "categories": "levels"}


@pytest.mark.parametrize("kind", READS, ids=lambda kind: kind.__name__)
def test_a_type_has_a_field_for_every_key_of_its_schema_and_no_other(kind: type) -> None:
    part, own = READS[kind]
    keys = {OTHER_NAME.get(key, key) for key in part["properties"]}
    names = {field.name.rstrip("_") for field in fields(kind)}
    assert names - own - {"described"} == keys


@pytest.mark.parametrize("kind", READS, ids=lambda kind: kind.__name__)
def test_only_a_map_that_is_open_has_a_place_for_keys_of_the_reviews_own(kind: type) -> None:
    part, _ = READS[kind]
    is_open = "described" in {field.name for field in fields(kind)}
    assert is_open == part.get("open", False)
    assert is_open or part["additionalProperties"] is False
