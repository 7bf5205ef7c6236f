"""Means and standard deviations against the ends of their scale and against their range."""

import pytest

from audit_study import Paper
from livingreview_audit import Verdict

SCALE, EXTREMES = "spread-on-scale", "spread-of-extremes"


def paper(mean: str, sd: str = "", size: int = 4, **details: object) -> Paper:
    made = Paper({"design": {"kind": "design"}, "score": {"kind": "continuous", **details}})
    made.sizes(size, size)
    made.add(mean, arm_id="new", outcome="score", statistic="mean")
    if sd:
        made.add(sd, arm_id="new", outcome="score", statistic="sd")
    return made


@pytest.mark.parametrize(
    ("mean", "sd", "details", "verdict"),
    [
        ("2.5", "2.89", {"minimum": 0, "maximum": 5}, Verdict.REPRODUCED),  # 0, 0, 5, 5
        ("2.5", "2.99", {"minimum": 0, "maximum": 5}, Verdict.IMPOSSIBLE),
        ("5.2", "", {"minimum": 0, "maximum": 5}, Verdict.IMPOSSIBLE),
        ("1.0", "2.00", {"minimum": 0}, Verdict.REPRODUCED),  # 0, 0, 0, 4
        ("1.0", "2.20", {"minimum": 0}, Verdict.IMPOSSIBLE),
        ("-12.0", "", {"unit": "% change"}, Verdict.REPRODUCED),
        ("-101.0", "", {"unit": "% change"}, Verdict.IMPOSSIBLE),
    ],
)
def test_a_mean_and_its_deviation_on_a_bounded_scale(
    mean: str, sd: str, details: dict[str, object], verdict: Verdict
) -> None:
    assert paper(mean, sd, **details).verdicts(SCALE) == [verdict]


@pytest.mark.parametrize(
    ("limits", "verdict"), [("≥18", Verdict.REPRODUCED), ("18-75", Verdict.IMPOSSIBLE)]
)
def test_the_limits_of_eligibility_are_a_scale(limits: str, verdict: Verdict) -> None:
    made = paper("60.0", "30.0", size=50)
    where = {"outcome": "design", "category": "eligibility-score", "statistic": "threshold"}
    made.add(limits, arm_id="all", **where)
    assert made.verdicts(SCALE) == [verdict]  # at most 25.4 from 18 to 75


def test_without_an_end_there_is_nothing_to_ask() -> None:
    assert paper("60.0", "30.0").findings(SCALE) == []


@pytest.mark.parametrize(
    ("sd", "verdict"), [("8.0", Verdict.REPRODUCED), ("2.0", Verdict.IMPOSSIBLE)]
)
def test_a_range_demands_a_spread(sd: str, verdict: Verdict) -> None:
    made = paper("60.0", sd, size=50)
    made.add("40-80", arm_id="new", outcome="score", statistic="range")
    (finding,) = made.findings(EXTREMES)
    assert finding.verdict is verdict
    assert finding.recomputed == "from 3.90"  # sqrt(2 x 19.5² / 50), the range rounded inwards
