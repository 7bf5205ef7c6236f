"""The number of events that each row of a Cox table implies."""

import numpy as np
import pytest

from audit_study import Paper
from livingreview_audit import Verdict
from livingreview_audit.hazard_ratios import events_from
from livingreview_audit.intervals import Box
from livingreview_cohort.cox import Cox

CHECK = "events-implied"
NAMES = ("sex", "stage", "site")
LEVELS = {"kind": "categorical", "levels": ["a", "b"], "exhaustive": True}


def table(*errors: float, sizes: tuple[int, int] = (100, 100), events: int = 0) -> Paper:
    """A row for each standard error."""
    variables = {name: LEVELS for name in NAMES[: len(errors)]}
    made = Paper({"os": {"kind": "time-to-event", "levels": ["event"]}}, variables=variables)
    made.count(sum(sizes), "participants", arm="all")
    if events:
        made.count(events, "os", arm="all", category="event")
    where = {"arm_id": "all", "outcome": "os", "adjustment": "unadjusted", "method": "cox"}
    for name, error in zip(NAMES, errors, strict=False):
        for level, size in zip(("a", "b"), sizes, strict=True):
            made.count(size, name, arm="all", category=level)
        made.ratio(1.0, error, comparison=name, **where)
    return made


def test_the_events_of_a_model_follow_from_its_standard_error() -> None:
    rng = np.random.default_rng(2)
    group = np.arange(300) < 90
    time = rng.exponential(np.where(group, 1.0, 1.6))
    event = time < 1.5
    model = Cox(np.minimum(time, 1.5), event, group.astype(float)[:, None])
    error = Box.at(float(model.standard_error[0]))
    implied = events_from((90, 210), float(np.exp(model.beta[0])), error)
    assert implied.lower * 0.97 <= event.sum() <= implied.upper * 1.03


@pytest.mark.parametrize(
    ("error", "events", "verdict", "why"),
    [
        (0.16, 0, Verdict.REPRODUCED, ""),  # 156 events of 200 patients
        (0.10, 0, Verdict.IMPLAUSIBLE, "more than there are"),  # 400
        (0.16, 150, Verdict.REPRODUCED, ""),
        (0.16, 90, Verdict.IMPLAUSIBLE, "more than there are"),
        (0.30, 150, Verdict.IMPLAUSIBLE, "fewer than are printed"),  # 44
    ],
)
def test_implied_events_against_patients_and_printed_events(
    error: float, events: int, verdict: Verdict, why: str
) -> None:
    (finding,) = table(error, events=events).findings(CHECK)
    assert finding.verdict is verdict
    assert why in finding.explanation


def test_a_row_that_implies_other_events_than_its_table_is_named() -> None:
    found = table(0.16, 0.162, 0.26).findings(CHECK)
    assert [finding.verdict.is_contradiction for finding in found] == [False, False, True]
    assert "not the events of the other rows" in found[-1].explanation
    assert not any(f.verdict.is_contradiction for f in table(0.16, 0.26).findings(CHECK))


def test_rows_with_a_small_level_are_not_judged() -> None:
    assert table(0.16, sizes=(8, 192)).findings(CHECK) == []
