"""Factors measured after the start of follow-up: what fires, what stays silent."""

import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import Verdict

CHECK = "measured-after-start"
OS = {"kind": "time-to-event", "origin": "start of treatment"}
SIDE = {"kind": "categorical", "levels": ["no", "yes"], "exhaustive": True}


def paper(**later: object) -> Paper:
    return Paper({"os": OS, "pfs": OS}, variables={"spread": {**SIDE, **later}, "sex": SIDE})


def test_a_covariate_seen_after_the_start_is_remarked_on_once_for_each_outcome() -> None:
    made = paper(measured="after-start")
    for outcome in ("os", "pfs"):
        where = {"outcome": outcome, "comparison": "spread:yes/no", "method": "cox"}
        made.add("0.03", statistic="p", **where)
        made.add("1.40", statistic="hr", **where)
    first, second = made.findings(CHECK)
    assert {first.verdict, second.verdict} == {Verdict.REMARK}
    assert first.reported == "hr 1.40"
    assert "start of treatment" in first.explanation
    assert {number.value for number in first.touched} == {"0.03", "1.40"}


def test_a_subgroup_seen_after_the_start_is_remarked_on() -> None:
    made = paper(measured="after-start")
    where = {"subgroup": "sex=no&spread=yes", "comparison": COMPARISON}
    made.add("0.02", outcome="os", statistic="p", **where)
    assert made.verdicts(CHECK) == [Verdict.REMARK]


@pytest.mark.parametrize("measured", [{}, {"measured": "before-start"}])
def test_a_factor_known_at_the_start_raises_nothing(measured: dict[str, str]) -> None:
    made = paper(**measured)
    made.add("1.40", outcome="os", statistic="hr", comparison="spread:yes/no", method="cox")
    assert made.verdicts(CHECK) == []


def test_counting_what_is_seen_later_raises_nothing() -> None:
    made = paper(measured="after-start")
    made.sizes(30, 30)
    made.count(12, "spread", category="yes")
    made.p("0.500", "spread", category="yes")
    made.add("1.40", outcome="os", statistic="hr", comparison="sex:yes/no", method="cox")
    assert made.verdicts(CHECK) == []
