"""Mistyped numbers: how they are made, how often the audit notices, whether the rate is current."""

import csv
import random
from collections import Counter

import pytest

from audit_study import Paper
from livingreview.tables import audit as tables
from livingreview_record.studies import Review
from mistyped_numbers import COLUMNS, TARGET
from mistyping import (
    KINDS,
    Guard,
    Mistyped,
    mistyped,
    shifted_point,
    swapped,
    wrong_digit,
)
from planning import protocol
from the_review import audit_page, the_review

NOTICED_AT_LEAST = 0.80  # of changes to numbers that take part in a check
LONG = 200  # printed numbers; an abstract has some 20 to 60
SAMPLE = 60  # changes of one study that a test run tries again
SEED = 20


@pytest.fixture(scope="module")
def review() -> Review:
    return the_review()


@pytest.fixture(scope="module")
def stored() -> list[dict[str, str]]:
    with TARGET.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def small_paper() -> Paper:
    made = Paper()
    made.sizes(24, 24)
    made.count(16, "event")
    made.percent("66.7", "event")
    return made


def test_each_kind_of_slip_changes_the_text_in_one_place() -> None:
    assert wrong_digit("0.70", 1) == "0.90"
    assert swapped("12", 0) == "21"
    assert shifted_point("0.055", 0) == "00.55"
    assert swapped("55", 0) == ""
    assert wrong_digit("none", 0) == ""


def test_the_next_number_of_the_same_kind_is_the_neighbour() -> None:
    changes = {(c.number.line, c.kind): c.value for c in mistyped(small_paper().study)}
    assert changes[3, "neighbour"] == "16"  # the second arm's size, then the count of events
    assert (2, "neighbour") not in changes  # 24 again is no change


def test_a_change_that_leaves_the_value_is_no_slip() -> None:
    assert all(c.value != c.number.value for c in mistyped(small_paper().study))


def test_a_guard_notices_a_count_that_no_longer_gives_its_percentage() -> None:
    study = small_paper().study
    guard, count = Guard(study), study.numbers[2]
    assert guard.notices(Mistyped(count, "digit", "15"))
    assert not guard.notices(Mistyped(count, "digit", "16"))
    assert guard.checks_of(count) >= {"percent-of-count"}


def test_an_abstract_is_not_held_to_the_rate_of_a_paper() -> None:
    study = small_paper().study
    assert long_papers(Review(protocol(), {study.id: study})) == []


def test_a_number_that_nothing_checks_is_listed_and_never_noticed() -> None:
    made = small_paper()
    alone = made.add("125", arm_id="new", outcome="event", statistic="dose")
    guard = Guard(made.study)
    assert alone in guard.unchecked
    assert not guard.notices(Mistyped(alone, "digit", "126"))


@pytest.mark.slow
def test_the_stored_rate_is_of_all_slips_in_the_present_data(
    review: Review, stored: list[dict[str, str]]
) -> None:
    now = Counter[tuple[str, str]]()
    for study in review.studies.values():
        guard = Guard(study)
        for change in mistyped(study):
            now[study.id, change.kind] += bool(guard.checks_of(change.number))
    then = Counter[tuple[str, str]]()
    for row in stored:
        then[row["study_id"], row["kind"]] += int(row["tried"])
    assert then == +now, (
        "run .venv/bin/python validation/mistyped_numbers.py (CONTRIBUTING.md, Add a study, step 8)"
    )
    assert {row["kind"] for row in stored} == set(KINDS)
    assert tuple(stored[0]) == COLUMNS


def noticed_share(stored: list[dict[str, str]]) -> float:
    tried, noticed = (sum(int(row[name]) for row in stored) for name in ("tried", "noticed"))
    return noticed / tried


def test_four_in_five_slips_are_noticed_in_the_review(stored: list[dict[str, str]]) -> None:
    assert noticed_share(stored) >= NOTICED_AT_LEAST


def test_four_in_five_slips_are_noticed_in_every_paper_long_enough_to_repeat_itself(
    review: Review, stored: list[dict[str, str]]
) -> None:
    for study in long_papers(review):
        rows = [row for row in stored if row["study_id"] == study]
        assert noticed_share(rows) >= NOTICED_AT_LEAST, study


def long_papers(review: Review) -> list[str]:
    """Studies read as a whole paper: an abstract says little twice, and less of it is checked."""
    return [id_ for id_, study in review.studies.items() if len(study.numbers) >= LONG]


@pytest.mark.slow
def test_a_sample_of_slips_is_noticed_as_often_as_stored(review: Review) -> None:
    rng = random.Random(SEED)
    for study in (review.studies[id_] for id_ in long_papers(review)):
        guard = Guard(study)
        slips = [slip for slip in mistyped(study) if guard.checks_of(slip.number)]
        sample = rng.sample(slips, min(SAMPLE, len(slips)))
        if sample:
            noticed = sum(guard.notices(slip) for slip in sample) / len(sample)
            assert noticed >= NOTICED_AT_LEAST - 0.1, study.id  # three standard errors of a sample


@pytest.mark.slow
def test_the_chapter_lists_what_nothing_checks_and_shows_the_rate(review: Review) -> None:
    lines = audit_page().unchecked().frame
    assert set(lines.columns) >= {"Study", "As printed", "Where printed"}
    shown = audit_page().published()
    assert int(shown["audit.unchecked"]) == len(lines)
    assert int(shown["audit.mistyped.noticed"]) < int(shown["audit.mistyped.tried"])
    assert list(audit_page().mistyped().frame["Mistyped by"]) == list(tables.SLIPS.values())
