"""The published limits are those of the checks, and few honest trials pass them."""

import csv
from pathlib import Path

import numpy as np
import pytest

import audit_limits
from livingreview.tables import audit as tables
from the_review import audit_page, the_review

ROOT = Path(__file__).parent.parent
TOLERATED = 1 / 1000
FEWEST_TRIALS = 1000  # a trend is claimed in few


def stored() -> list[dict[str, str]]:
    with (ROOT / tables.LIMITS).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_stored_limits_are_those_of_the_checks() -> None:
    now = {key: f"{limit:.3g}" for key, limit in audit_limits.LIMITS.items()}
    then = {(row["check"], row["statistic"]): row["limit"] for row in stored()}
    assert then == now, "run: python validation/audit_limits.py"


def test_at_most_one_honest_trial_in_a_thousand_passes_a_limit() -> None:
    for row in stored():
        trials, beyond = int(row["trials"]), int(row["beyond"])
        assert trials >= FEWEST_TRIALS
        assert beyond <= TOLERATED * trials, row


def test_trials_are_as_the_studies_describe_them() -> None:
    designs = {design.sizes: design for design in audit_limits.designs(the_review())}
    left_out = [design.survived for design in designs.values() if design.survived]
    assert left_out == [2.0]
    assert all(d.cutoff > d.recruitment > 12 for d in designs.values())


@pytest.mark.slow
def test_a_sample_of_honest_trials_passes_no_limit_more_often() -> None:
    rng = np.random.default_rng(99)
    found = list(audit_limits.designs(the_review()))
    with np.errstate(all="ignore"):
        trials = [audit_limits.trial(rng, one) for one in found for _ in range(40)]
        cases = [audit_limits.statistics(rng, one) for one in trials]
    for key, limit in audit_limits.LIMITS.items():
        beyond = sum(case[key] > limit for case in cases if key in case)
        assert beyond <= 2, key  # of 160; more than two at one in a thousand: once in 1,500


def test_the_chapter_shows_each_limit_with_its_rate() -> None:
    frame = audit_page().limits().frame
    assert len(frame) == len(stored())
    assert all(float(rate) <= 1 for rate in frame["Per 1,000"])
