"""The types of the record against the schema: one says what a file may hold, the other reads it."""

from dataclasses import MISSING, fields
from importlib import resources
from typing import Any

import pytest
import yaml

from livingreview_record import protocol
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
from livingreview_record.terms import Terms

SCHEMA, REVIEW = (
    yaml.safe_load(
        resources.files("livingreview_record").joinpath(f"schema/{name}.yaml").read_text("utf-8")
    )
    for name in ("study", "review")
)
TOP, PLANNED = SCHEMA["properties"], REVIEW["properties"]


def items(of: dict[str, Any], key: str) -> dict[str, Any]:
    """What the schema says of each entry of a list."""
    found: dict[str, Any] = of["properties"][key]["items"]
    return found


NETWORK = items(PLANNED["networks"], "of")
LOOKED_FOR = items(PLANNED["effect_modifiers"], "characteristics")
INCLUDE = items(REVIEW, "syntheses")["properties"]["include"]
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
    protocol.Protocol: (REVIEW, set()),
    protocol.Question: (items(REVIEW, "questions"), set()),
    protocol.MainPopulation: (PLANNED["main_population"], set()),
    protocol.NotYetHeld: (items(REVIEW, "not_yet_held"), set()),
    protocol.ProtocolDecision: (items(REVIEW, "decisions"), set()),
    protocol.ReviewOutcome: (PLANNED["outcomes"]["additionalProperties"], {"id"}),
    protocol.Doubted: (items(REVIEW, "not_relied_upon"), set()),
    protocol.StudyRule: (PLANNED["effect_modifiers"]["properties"]["include"], set()),
    protocol.EffectModifiers: (PLANNED["effect_modifiers"], set()),
    protocol.Characteristic: (LOOKED_FOR, set()),
    protocol.Remark: (items(LOOKED_FOR, "remarks"), set()),
    protocol.EvidenceMap: (PLANNED["evidence_map"], set()),
    protocol.MapPopulation: (items(PLANNED["evidence_map"], "populations"), set()),
    protocol.MapDesign: (items(PLANNED["evidence_map"], "designs"), set()),
    protocol.MapTrial: (items(PLANNED["evidence_map"], "without_numbers"), set()),
    protocol.Roles: (PLANNED["roles"], set()),
    Terms: (PLANNED["words"], set()),
    protocol.PlannedMultiverse: (items(REVIEW, "multiverses"), set()),
    protocol.SetAside: (items(items(REVIEW, "multiverses"), "set_aside"), set()),
    protocol.Networks: (PLANNED["networks"], set()),
    protocol.PlannedNetwork: (NETWORK, set()),
    protocol.Transitivity: (NETWORK["properties"]["transitivity"], set()),
    protocol.NetworkCertainty: (NETWORK["properties"]["certainty"], set()),
    protocol.PlannedRestrictedMean: (items(REVIEW, "restricted_means"), set()),
    protocol.PlannedAbsolute: (items(REVIEW, "absolute"), set()),
    protocol.PlannedSynthesis: (items(REVIEW, "syntheses"), set()),
    protocol.Include: (INCLUDE, set()),
    protocol.PatientsRule: (items(INCLUDE, "patients"), set()),
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


def test_every_type_of_the_protocol_is_held_against_its_schema() -> None:
    named = vars(protocol).values()
    own = {one for one in named if getattr(one, "__module__", "") == protocol.__name__}
    assert own <= READS.keys()


@pytest.mark.parametrize("kind", READS, ids=lambda kind: kind.__name__)
def test_a_key_that_may_be_left_out_has_a_value_that_stands_for_it(kind: type) -> None:
    part, own = READS[kind]
    asked = {OTHER_NAME.get(key, key) for key in part.get("required", ())}
    without = {
        one.name.rstrip("_")
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    }
    assert without - own <= asked
