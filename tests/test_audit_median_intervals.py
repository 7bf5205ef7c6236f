"""Intervals of medians against the patients, and against the p-value of the comparison."""

import math

import numpy as np
import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import Finding, Verdict
from livingreview_cohort.curves import KaplanMeier

TIMES = {id_: {"kind": "time-to-event", "levels": ["event"]} for id_ in ("os", "pfs")}
WIDTH, AGAINST_P = "median-interval-width", "medians-against-p"


def medians(first: str, second: str, sizes: tuple[int, int] = (80, 80), outcome: str = "os"):  # type: ignore[no-untyped-def]
    made = Paper(TIMES)
    made.sizes(*sizes)
    for arm, shown in (("new", first), ("old", second)):
        median, _, interval = shown.partition(" ")
        where = {"arm_id": arm, "outcome": outcome, "unit": "months"}
        made.add(median, statistic="median", **where)
        made.add(interval, statistic="ci95", **where)
    return made


def only(made: Paper, check: str) -> Finding:
    (finding,) = made.findings(check)
    return finding


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("10.0 7.3-13.7", "10.0 7.3-13.7", Verdict.REPRODUCED),  # as exponential times give
        ("10.0 9.4-10.6", "10.0 7.3-13.7", Verdict.REPRODUCED),  # one alone may be narrow
        ("10.0 9.4-10.6", "10.0 9.3-10.7", Verdict.IMPLAUSIBLE),
    ],
)
def test_intervals_of_all_arms_as_narrow_as_few_trials_give(
    first: str, second: str, verdict: Verdict
) -> None:
    finding = only(medians(first, second), WIDTH)
    assert finding.verdict is verdict
    assert finding.numbers[0].quantity.statistic == "ci95"


def test_the_width_for_exponential_times_is_that_of_their_intervals() -> None:
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(400):
        curve = KaplanMeier(rng.exponential(10 / math.log(2), 80), np.ones(80, bool))
        low, up = curve.median_interval("log-log")
        ratios.append(math.log(up / low) / (2 * 1.96) * math.log(2) * math.sqrt(80))
    assert np.median(ratios) == pytest.approx(1.0, abs=0.06)  # its error is about 0.02


@pytest.mark.parametrize("outcome", ["pfs"])
def test_events_seen_at_visits_are_not_judged_by_their_width(outcome: str) -> None:
    made = medians("10.0 9.9-10.1", "10.0 9.9-10.1", outcome=outcome)
    assert made.findings(WIDTH, AGAINST_P) == []


def test_few_patients_and_open_intervals_are_not_judged_by_their_width() -> None:
    assert medians("10.0 9.9-10.1", "10.0 9.9-10.1", sizes=(80, 40)).findings(WIDTH) == []
    assert medians("10.0 9.9-NA", "10.0 9.9-10.1").findings(WIDTH) == []


@pytest.mark.parametrize(
    ("first", "second", "p", "verdict"),
    [
        ("10.0 7.3-13.7", "10.0 7.3-13.7", "0.904", Verdict.REPRODUCED),
        ("10.0 7.3-13.7", "10.0 7.3-13.7", "<0.001", Verdict.REPRODUCED),  # curves may part late
        ("20.0 17.1-23.4", "7.0 6.1-8.0", "0.904", Verdict.IMPLAUSIBLE),
        ("20.0 17.1-23.4", "7.0 6.1-8.0", "<0.001", Verdict.REPRODUCED),
        ("20.0 17.1-23.4", "7.0 6.1-8.0", "0.904 pfs", Verdict.REPRODUCED),
    ],
)
def test_the_z_of_the_medians_and_that_of_the_p_value(
    first: str, second: str, p: str, verdict: Verdict
) -> None:
    made = medians(first, second)
    value, _, outcome = p.partition(" ")
    where = {"comparison": COMPARISON, "adjustment": "unadjusted", "method": "log-rank"}
    made.add(value, outcome=outcome or "os", statistic="p", **where)
    found = made.verdicts(AGAINST_P)
    assert found == ([] if outcome else [verdict])
