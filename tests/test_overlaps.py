"""Studies that may share patients: every pair with a hospital and a time in common says so."""

import re
from calendar import month_name
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from livingreview import ProtocolPage

ROOT = Path(__file__).parents[1]
MONTHS = list(month_name)[1:]
STUDIES: dict[str, dict[str, Any]] = {
    path.parent.name: yaml.safe_load(path.read_text("utf-8"))
    for path in sorted((ROOT / "data" / "studies").glob("*/study.yaml"))
}
COHORTS = [  # a trial follows its own patients, who gave their consent to it
    study for study in STUDIES.values() if "retrospective" in study["design"].get("type", "")
]


def months(period: str) -> tuple[int, int] | None:
    """First and last month of a period such as `31 January 2019 to 1 May 2023`, counted on."""
    found = [
        12 * int(year) + MONTHS.index(month)
        for month, year in re.findall(rf"({'|'.join(MONTHS)}) (\d{{4}})", period)
    ]
    return (min(found), max(found)) if found else None


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the periods meet; one that is not known may."""
    first, second = months(one.get("period", "")), months(other.get("period", ""))
    return first is None or second is None or (first[0] <= second[1] and second[0] <= first[1])


def may_share(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a hospital is in both designs, or one that is not named may be of the other."""
    same = set(one.get("sites", ())) & set(other.get("sites", ()))
    unnamed = any(
        a.get("sites_not_named_in", "nowhere") in ("anywhere", *b.get("regions", ()))
        for a, b in ((one, other), (other, one))
    )
    return bool(same or unnamed) and overlap(one, other)


def undeclared(cohorts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    declared = {
        frozenset((study["id"], entry["with"]))
        for study in cohorts
        for entry in study.get("shares_patients") or ()
    }
    return [
        (one["id"], other["id"])
        for one, other in combinations(cohorts, 2)
        if may_share(one["design"], other["design"])
        and frozenset((one["id"], other["id"])) not in declared
    ]


@pytest.mark.parametrize("study", COHORTS, ids=lambda study: study["id"])
def test_a_retrospective_study_says_where_its_patients_were_treated(study):
    design = study["design"]
    assert design.get("sites") or design.get("sites_not_named_in")
    assert design.get("regions") or design.get("sites_not_named_in") == "anywhere"


def test_every_pair_of_studies_that_may_share_patients_is_declared():
    assert undeclared(COHORTS) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, True),
        ({"sites": ["B"]}, False),
        ({"period": "May 2021 to June 2022"}, False),
        ({"period": "1 April 2021 to June 2022"}, True),
        ({"period": "not stated"}, True),
        ({"sites": [], "regions": ["R"], "sites_not_named_in": "R"}, True),
        ({"sites": [], "regions": ["S"], "sites_not_named_in": "S"}, False),
        ({"sites": [], "sites_not_named_in": "anywhere"}, True),
    ],
)
def test_a_pair_shares_patients_only_with_a_place_and_a_time_in_common(changed, found):
    one = {"sites": ["A"], "regions": ["R"], "period": "January 2020 to April 2021"}
    pair = [{"id": "one", "design": one}, {"id": "two", "design": {**one, **changed}}]
    assert undeclared(pair) == ([("one", "two")] if found else [])
    pair[1]["shares_patients"] = [{"with": "one"}]
    assert undeclared(pair) == []


def test_every_declared_pair_is_shown_with_its_reason(capsys):
    ProtocolPage(ROOT).overlaps()
    shown = " ".join(capsys.readouterr().out.split())
    for study in STUDIES.values():
        for entry in study.get("shares_patients") or ():
            other = STUDIES.get(entry["with"], {}).get("label", entry["with"])
            assert f"{study['label']} | {other} | {entry['certainty']}" in shown
            assert " ".join(entry["why"].split()) in shown
