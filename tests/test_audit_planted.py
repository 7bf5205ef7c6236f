"""Every check of the registry finds a planted contradiction, and passes its honest neighbour."""

import re
from dataclasses import replace
from functools import cache

import pytest

from audit_study import above_rounding
from livingreview_audit import CHECKS
from livingreview_record.studies import Study
from livingreview_record.terms import Terms
from paper_simulation import simulated_paper
from planted import INSTEAD, PAIRS, PLANTS

SEEDS = range(6)  # enough that each kind of contradiction can be planted in one of the papers
SILENT_WHERE_HONEST = {"decimal-comma", "analyses-not-done"}


@cache
def paper(seed: int) -> Study:
    return simulated_paper(seed)


@cache
def neighbours(check: str) -> tuple[Study, Study]:
    """An honest paper, and the same paper with a contradiction planted for this check."""
    if check in PAIRS:
        honest, planted = PAIRS[check]
        return honest.study, planted.study
    changed = ((paper(seed), PLANTS[check](paper(seed))) for seed in SEEDS)
    return next((honest, planted) for honest, planted in changed if planted is not None)


def test_every_check_of_the_registry_has_one_planted_contradiction() -> None:
    assert PLANTS.keys() | PAIRS.keys() == CHECKS.keys()
    assert not PLANTS.keys() & PAIRS.keys()


@pytest.mark.parametrize("check", CHECKS)
def test_a_planted_contradiction_is_found_and_its_honest_neighbour_passes(check: str) -> None:
    honest, planted = neighbours(check)
    assert above_rounding(CHECKS[check](honest)) == []
    found = list(CHECKS[check](planted))
    accused = {finding.verdict for finding in found if finding.verdict.is_contradiction}
    assert INSTEAD[check] in {f.verdict for f in found} if check in INSTEAD else accused
    assert not (check in INSTEAD and accused)


@pytest.mark.parametrize("check", PAIRS)
def test_the_two_papers_of_a_pair_differ_in_one_number(check: str) -> None:
    honest, planted = PAIRS[check]
    apart = [
        one for one, other in zip(honest.numbers, planted.numbers, strict=True) if one != other
    ]
    assert len(apart) == 1
    asked = list(CHECKS[check](honest.study))
    assert bool(asked) is (check not in SILENT_WHERE_HONEST)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_calls_those_who_take_part_as_the_review_does(check: str) -> None:
    words = Terms("child", "children")
    papers = (replace(paper, terms=words) for paper in neighbours(check))
    said = [finding.explanation for paper in papers for finding in CHECKS[check](paper)]
    for text in (*said, words.fill(CHECKS[check].asks)):
        assert not re.search(r"patient|[{}]", text, re.IGNORECASE)
