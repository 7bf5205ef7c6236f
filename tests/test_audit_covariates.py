"""One covariate over two outcomes, and alone against the multivariable model: remarks."""

import pytest

from audit_study import Paper
from livingreview_audit import Kind, Verdict

TIMES = {id_: {"kind": "time-to-event", "levels": ["event"]} for id_ in ("os", "pfs")}
SEX = {"sex": {"kind": "categorical", "levels": ["f", "m"], "exhaustive": True}}
AGE = {"age": {"kind": "continuous", "unit": "years"}}
COX = {"arm_id": "all", "method": "cox"}
Fit = tuple[float, float]


def paper() -> Paper:
    made = Paper(TIMES, variables={**SEX, **AGE})
    for level, patients in (("f", 60), ("m", 40)):
        made.count(patients, "sex", arm="all", category=level)
    made.count(100, "participants", arm="all")
    return made


@pytest.mark.parametrize(
    ("os", "pfs", "comparison", "said"),
    [
        ((2.1, 0.2), (1.9, 0.2), "sex", ""),
        ((24.0, 0.5), (3.2, 0.46), "sex", "a factor of 7.5"),
        ((24.0, 0.9), (3.2, 0.9), "sex", ""),  # the intervals have much in common
        ((1.9, 0.2), (0.5, 0.2), "sex", "on opposite sides of 1"),
        ((1.3, 0.2), (0.8, 0.2), "sex", ""),  # neither interval excludes 1
        ((6.0, 0.1), (1.1, 0.1), "age", ""),  # a factor depends on the unit of a measurement
    ],
)
def test_one_covariate_over_two_outcomes(os: Fit, pfs: Fit, comparison: str, said: str) -> None:
    made = paper()
    for outcome, fit in (("os", os), ("pfs", pfs)):
        where = {"comparison": comparison, "adjustment": "unadjusted", **COX}
        made.ratio(*fit, outcome=outcome, **where)
    (finding,) = made.findings("covariate-over-outcomes")
    assert finding.verdict is (Verdict.REMARK if said else Verdict.REPRODUCED)
    assert said in finding.explanation
    assert finding.kind is Kind.DESIGN
    assert ("may arise from" in finding.explanation) is bool(said)


@pytest.mark.parametrize(
    ("alone", "model", "said"),
    [
        ((1.8, 0.2), (1.5, 0.25), ""),
        ((24.0, 0.5), (4.3, 0.57), "a factor of 5.6"),
        ((0.5, 0.5), (2.3, 0.53), ""),  # to the other side, by less than four standard errors
        ((0.6, 0.1), (1.5, 0.2), "a factor of 2.5, to the other side of 1"),
        ((0.7, 0.2), (0.15, 0.25), ""),  # adjusted-against-unadjusted has it
    ],
)
def test_one_covariate_alone_and_in_the_model(alone: Fit, model: Fit, said: str) -> None:
    made = paper()
    for adjustment, fit in (("unadjusted", alone), ("adjusted", model)):
        made.ratio(*fit, outcome="os", comparison="sex", adjustment=adjustment, **COX)
    (finding,) = made.findings("covariate-over-models")
    assert finding.verdict is (Verdict.REMARK if said else Verdict.REPRODUCED)
    assert said in finding.explanation
