"""Subgroups that together are everybody against the whole: ratios, precision, p-values."""

import pytest

from audit_study import COMPARISON, Paper
from livingreview_audit import Finding, Verdict

SURVIVAL = {"os": {"kind": "time-to-event", "levels": ["event"]}}
COX = {"outcome": "os", "comparison": COMPARISON, "adjustment": "unadjusted", "method": "cox"}
WOMEN, MEN = {"subgroup": "sex=f"}, {"subgroup": "sex=m"}


def paper(*levels: str, statements: tuple[dict[str, object], ...] = ()) -> Paper:
    sex = {"kind": "categorical", "levels": list(levels or ("f", "m")), "exhaustive": True}
    return Paper(SURVIVAL, statements, variables={"sex": sex})


def halves(whole: float, error: float = 0.20 / 2**0.5) -> Paper:
    """Two subgroups of equal size with ratios of 0.6 and 0.8 (together 0.693), and the whole."""
    made = paper()
    made.ratio(whole, error, **COX)
    made.ratio(0.6, 0.20, **COX, **WOMEN)
    made.ratio(0.8, 0.20, **COX, **MEN)
    return made


def only(made: Paper, check: str) -> Finding:
    (finding,) = made.findings(check)
    return finding


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [(0.693, Verdict.REPRODUCED), (0.95, Verdict.REPRODUCED), (1.5, Verdict.IMPLAUSIBLE)],
)
def test_the_whole_lies_about_the_weighted_mean_of_its_parts(
    whole: float, verdict: Verdict
) -> None:
    finding = only(halves(whole), "effect-of-subgroups")
    assert finding.verdict is verdict
    assert finding.recomputed == "0.69"  # the root of 0.6 x 0.8
    assert ("plausible only where" in finding.explanation) is verdict.is_contradiction


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (0.1414, Verdict.REPRODUCED),
        (0.12, Verdict.REPRODUCED),
        (0.09, Verdict.IMPLAUSIBLE),
        (0.19, Verdict.IMPLAUSIBLE),
    ],
)
def test_the_parts_have_the_information_of_the_whole(error: float, verdict: Verdict) -> None:
    assert only(halves(0.693, error), "precision-of-subgroups").verdict is verdict


def test_subgroups_that_are_not_everybody_are_not_compared() -> None:
    made = paper("f", "m", "x")
    for value, where in ((0.9, {}), (0.1, WOMEN), (0.1, MEN)):
        made.ratio(value, 0.2, **COX, **where)
    assert made.findings("effect-of-subgroups", "precision-of-subgroups") == []


@pytest.mark.parametrize(
    ("whole", "parts", "verdict"),
    [
        ("<0.001", (">0.05", ">0.05"), Verdict.REPRODUCED),  # no contradiction: they add up
        ("<0.0000001", (">0.05", ">0.05"), Verdict.IMPLAUSIBLE),
        ("<0.0000001", ("<0.001", ">0.05"), Verdict.REPRODUCED),  # nothing bounds the first
        ("0.904", ("0.001", "0.001"), Verdict.REPRODUCED),  # they may point both ways
    ],
)
def test_subgroups_without_significance_do_not_exclude_it_in_all(
    whole: str, parts: tuple[str, str], verdict: Verdict
) -> None:
    made = paper()
    made.add(whole, statistic="p", **COX)
    for p, where in zip(parts, (WOMEN, MEN), strict=True):
        made.add(p, statistic="p", **COX, **where)
    assert only(made, "p-of-subgroups").verdict is verdict


def test_a_claim_of_no_significance_stands_for_a_p_value_above_one_in_twenty() -> None:
    claim = {"section": "Results", "kind": "significance", "claim": "not-significant"}
    claim |= {name: COX[name] for name in ("outcome", "comparison", "adjustment")}
    made = paper(statements=({**claim, **WOMEN}, {**claim, **MEN}))
    made.add("<0.0000001", statistic="p", **COX)
    finding = only(made, "p-of-subgroups")
    assert finding.verdict is Verdict.IMPLAUSIBLE
    assert "called not significant" in finding.explanation
    assert "no less than p 0.0056" in finding.explanation  # z = 1.96 x root 2


def test_the_patients_outside_a_subgroup_are_estimated_without_a_verdict() -> None:
    # Whole 0.83 (0.68-1.00), subgroup 0.70 (0.52-0.94): by hand 0.94 (0.73-1.21), interaction 0.14.
    made = paper()
    made.ratio(0.8246, 0.0984, **COX)
    made.ratio(0.6992, 0.1510, **COX, **WOMEN)
    finding = only(made, "other-patients")
    assert finding.verdict is Verdict.NOT_CHECKABLE
    assert "about 0.93 (0.72 to 1.20)" in finding.explanation
    assert "about p 0.15" in finding.explanation


def test_where_the_other_level_is_printed_or_few_patients_are_left_nothing_is_estimated() -> None:
    both = halves(0.693)
    few = paper()
    few.ratio(0.68, 0.1790, **COX)
    few.ratio(0.69, 0.1850, **COX, **WOMEN)
    assert both.findings("other-patients") == few.findings("other-patients") == []
