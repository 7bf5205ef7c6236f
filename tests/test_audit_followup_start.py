"""The shortest follow-up against survival: a question, never an accusation."""

import pytest

from audit_study import Paper
from livingreview_audit import Kind, Verdict

CHECK = "shortest-followup"
SURVIVAL = {"os": {"kind": "time-to-event"}}


def paper(start: str, ends: list[str] | None, *statements: dict[str, object]) -> Paper:
    followup = {"kind": "duration", **({"ends_at": ends} if ends is not None else {})}
    made = Paper({**SURVIVAL, "followup": followup}, statements)
    made.sizes(67, 67)
    made.add("15.56", arm_id="new", outcome="os", statistic="median", unit="months")
    where = {"arm_id": "new", "outcome": "followup", "statistic": "range", "unit": "months"}
    made.add(f"{start}-34.40", **where)
    return made


@pytest.mark.parametrize(
    ("start", "ends", "verdict"),
    [
        ("7.45", None, [Verdict.REMARK]),
        ("1.10", None, [Verdict.REPRODUCED]),
        ("7.45", ["death", "last contact"], [Verdict.REMARK]),
        ("7.45", ["data cut-off"], []),  # nothing to ask: it does not end at death
    ],
)
def test_a_late_start_of_follow_up_is_asked_about(
    start: str, ends: list[str] | None, verdict: list[Verdict]
) -> None:
    assert paper(start, ends).verdicts(CHECK) == verdict


def test_the_question_names_its_condition_and_what_would_answer_it() -> None:
    (finding,) = paper("7.45", None).findings(CHECK)
    assert finding.kind is Kind.DESIGN
    assert finding.touched == ()
    for words in ("if it ends at death", "How was follow-up measured?", "does not say how"):
        assert words in finding.explanation
    assert "chance" not in finding.explanation
    assert "about 19 deaths are expected at a constant rate and 10" in finding.explanation


def test_months_that_patients_had_to_live_are_not_held_against_the_paper() -> None:
    left_out = {"section": "Methods", "kind": "survival-exclusion", "months": "6"}
    assert paper("7.45", None, left_out).verdicts(CHECK) == [Verdict.REPRODUCED]
