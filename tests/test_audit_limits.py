"""The published limits are those of the checks, and few honest trials pass them."""

import csv
import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from livingreview.tables import audit as tables
from livingreview_record.load import load_review

ROOT = Path(__file__).parent.parent
TOLERATED = 1 / 1000
FEWEST_TRIALS = 1000  # a trend is claimed in few


@cache
def simulation() -> ModuleType:
    path = ROOT / "validation" / "audit_limits.py"
    spec = importlib.util.spec_from_file_location("audit_limits", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stored() -> list[dict[str, str]]:
    with (ROOT / tables.LIMITS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_stored_limits_are_those_of_the_checks() -> None:
    now = {key: f"{limit:.3g}" for key, limit in simulation().LIMITS.items()}
    then = {(row["check"], row["statistic"]): row["limit"] for row in stored()}
    assert then == now, "run: python validation/audit_limits.py"


def test_at_most_one_honest_trial_in_a_thousand_passes_a_limit() -> None:
    for row in stored():
        trials, beyond = int(row["trials"]), int(row["beyond"])
        assert trials >= FEWEST_TRIALS
        assert beyond <= TOLERATED * trials, row


def test_trials_are_as_the_studies_describe_them() -> None:
    designs = {design.sizes: design for design in simulation().designs(load_review(ROOT))}
    left_out = [design.survived for design in designs.values() if design.survived]
    assert left_out == [2.0]
    assert all(d.cutoff > d.recruitment > 12 for d in designs.values())


@pytest.mark.slow
def test_a_sample_of_honest_trials_passes_no_limit_more_often() -> None:
    made, rng = simulation(), np.random.default_rng(99)
    found = list(made.designs(load_review(ROOT)))
    with np.errstate(all="ignore"):
        cases = [made.statistics(rng, made.trial(rng, one)) for one in found for _ in range(40)]
    for key, limit in made.LIMITS.items():
        beyond = sum(case[key] > limit for case in cases if key in case)
        assert beyond <= 2, key  # of 160; more than two at one in a thousand: once in 1,500


def test_the_chapter_shows_each_limit_with_its_rate() -> None:
    frame = tables.limits(ROOT).frame
    assert len(frame) == len(stored())
    assert all(float(rate) <= 1 for rate in frame["Per 1,000"])
