"""No progression as best response, against the time to progression."""

import numpy as np
import pytest

from audit_study import Paper
from livingreview_audit import Verdict
from livingreview_audit.survival import FIRST_ASSESSMENT, chance_of_none

CHECK = "early-progression"
LEVELS = ["cr", "pr", "sd", "pd"]
OUTCOMES = {
    "pfs": {"kind": "time-to-event"},
    "response": {"kind": "categorical", "levels": LEVELS, "exhaustive": True},
}


def paper(size: int, progressed: int, median: str) -> Paper:
    made = Paper(OUTCOMES)
    made.sizes(size, size)
    made.count(progressed, "response", category="pd")
    made.add(median, arm_id="new", outcome="pfs", statistic="median", unit="months")
    return made


def test_no_progression_among_many_with_a_short_median_is_implausible() -> None:
    (finding,) = paper(93, 0, "5.25").findings(CHECK)
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "0 of 93" in finding.explanation
    assert finding.numbers[0].value == "0"


def test_patients_who_were_left_out_are_named_as_a_reason() -> None:
    made = paper(93, 0, "5.25")
    quote = "patients without complete data were excluded"
    made.statements = ({"section": "Methods", "kind": "survival-exclusion", "quote": quote},)
    (finding,) = made.findings(CHECK)
    assert f'Methods says "{quote}"' in finding.explanation
    assert "chance" not in finding.explanation


@pytest.mark.parametrize(("size", "median"), [(10, "5.25"), (93, "24.0"), (30, "6.0")])
def test_no_progression_among_few_or_with_a_long_median_is_possible(size: int, median: str) -> None:
    assert paper(size, 0, median).verdicts(CHECK) == [Verdict.REPRODUCED]


def test_where_some_progressed_or_no_median_is_printed_nothing_is_said() -> None:
    assert paper(93, 1, "5.25").verdicts(CHECK) == []
    assert paper(93, 0, "NA").verdicts(CHECK) == []


def test_exponential_times_give_no_early_progression_far_less_often_than_is_allowed() -> None:
    rng = np.random.default_rng(20)
    times = rng.exponential(5.25 / np.log(2), size=(20_000, 20))
    observed = np.mean((times > FIRST_ASSESSMENT).all(axis=1))
    assert observed < chance_of_none(5.25, 20)
