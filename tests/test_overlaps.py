"""Studies that may share patients: every pair with a hospital and a time in common says so."""

import math
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
HELD = [study for study in STUDIES.values() if study["status"] != "excluded"]
COHORTS = [study for study in HELD if "retrospective" in study["design"].get("type", "")]


def days(period: str) -> tuple[float, float] | None:
    """First and last day of a period such as `31 January 2019 to May 2023`, or `from May 2023 on`.

    A month is counted whole where no day of it is named, and of 31 days.
    """
    found = [
        (31 * (12 * int(year) + MONTHS.index(month)), int(day or 0))
        for day, month, year in re.findall(rf"(\d+ )?({'|'.join(MONTHS)}) (\d{{4}})", period)
    ]
    if not found:
        return None
    (first, begins), (last, ends) = min(found), max(found)
    return first + (begins or 1), math.inf if " on" in period else last + (ends or 31)


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the periods meet; one that is not known may."""
    first, second = days(one.get("period", "")), days(other.get("period", ""))
    return first is None or second is None or (first[0] <= second[1] and second[0] <= first[1])


def may_share(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a hospital is in both designs, or one that is not named may be of the other."""
    same = set(one.get("sites", ())) & set(other.get("sites", ()))
    unnamed = any(
        {"anywhere", *b.get("regions", ()), *b.get("sites_not_named_in", ())}
        & set(a.get("sites_not_named_in", ()))
        for a, b in ((one, other), (other, one))
    )
    return bool(same or unnamed) and overlap(one, other)


def undeclared(studies: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs that may share patients and do not say so; of two trials nothing is asked.

    A trial follows its own patients, so that one patient is in two trials only one after the other.
    """
    declared = {
        frozenset((study["id"], entry["with"]))
        for study in studies
        for entry in study.get("shares_patients") or ()
    }
    return [
        (one["id"], other["id"])
        for one, other in combinations(studies, 2)
        if "retrospective" in one["design"]["type"] + other["design"]["type"]
        and may_share(one["design"], other["design"])
        and frozenset((one["id"], other["id"])) not in declared
    ]


@pytest.mark.parametrize("study", HELD, ids=lambda study: study["id"])
def test_a_study_says_where_its_patients_were_treated(study):
    design = study["design"]
    assert design.get("sites") or design.get("sites_not_named_in")
    assert design.get("regions") or design["sites_not_named_in"]


def test_every_pair_of_studies_that_may_share_patients_is_declared():
    assert undeclared(HELD) == []


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, True),
        ({"sites": ["B"]}, False),
        ({"period": "May 2021 to June 2022"}, False),
        ({"period": "1 April 2021 to June 2022"}, True),
        ({"period": "not stated"}, True),
        ({"period": "from 30 April 2021 on"}, True),
        ({"period": "from 1 May 2021 on"}, False),
        ({"sites": [], "regions": ["R"], "sites_not_named_in": ["Q", "R"]}, True),
        ({"sites": [], "regions": ["S"], "sites_not_named_in": ["S"]}, False),
        ({"sites": [], "regions": [], "sites_not_named_in": ["R"]}, True),
        ({"sites": [], "sites_not_named_in": ["anywhere"]}, True),
        ({"type": "randomised trial"}, True),
    ],
)
def test_a_pair_shares_patients_only_with_a_place_and_a_time_in_common(changed, found):
    one = {"sites": ["A"], "regions": ["R"], "period": "January 2020 to April 2021"}
    one["type"] = "retrospective cohort"
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
