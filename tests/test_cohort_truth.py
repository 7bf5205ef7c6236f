"""Real patients in the range of a re-enactment of the paper that they would give."""

import csv

import pytest

from cohort_truth import COLUMNS, EXPECTED, covered
from truth_of_draws import PAPERS, TARGET


def rows() -> list[dict[str, str]]:
    with TARGET.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_a_few_papers_cover_their_real_patients_as_often_as_the_draws_promise() -> None:
    found = [one for seed in range(3) for one in covered(seed)]
    share = sum(one.covered for one in found) / len(found)
    assert share >= EXPECTED - 0.1


def test_the_published_coverage_is_as_promised_for_what_full_papers_print_and_imply() -> None:
    """Over all 200 papers; a kind may be below by 10 of 100, the sum may not."""
    full = [row for row in rows() if row["paper"] == "full"]
    shares = {
        (row["statistic"], row["printed"]): int(row["covered"]) / int(row["values"]) for row in full
    }
    assert min(shares.values()) >= EXPECTED - 0.1, shares
    whole = sum(int(row["covered"]) for row in full) / sum(int(row["values"]) for row in full)
    assert whole >= EXPECTED


def test_the_published_coverage_rests_on_all_papers() -> None:
    assert tuple(rows()[0]) == COLUMNS
    hazard_ratios = [row for row in rows() if row["statistic"] == "hr" and row["paper"] == "full"]
    assert sum(int(row["values"]) for row in hazard_ratios) >= 2 * PAPERS * 0.9
