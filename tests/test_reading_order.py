"""A study's page gives its message first, then results; places and reports come after them."""

import re
from pathlib import Path

import pytest

CHAPTERS = Path(__file__).parents[1] / "chapters"
NUMBERS = "-numbers"  # ends the name of a page below a study's
STUDIES = sorted(
    path
    for path in CHAPTERS.glob("*.md")
    if "StudyPage(" in path.read_text("utf-8") and not path.stem.endswith(NUMBERS)
)
LINES = 160
RESULTS = {"Survival", "Response", "Side effects", "What the abstract prints"}
PLACES = {
    "Which reports it rests on",
    "How it was done",
    "Notes on single numbers",
    "What could not be confirmed",
    "What is not available",
}


def sections(path: Path) -> list[str]:
    return re.findall(r"(?m)^## (.+)$", path.read_text("utf-8"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_message_comes_first_and_the_places_after_the_results(path: Path) -> None:
    found = sections(path)
    assert found[0] == "In brief"
    assert "What the numbers support" in found[:2] or not RESULTS & set(found)
    last_result = max((found.index(name) for name in RESULTS & set(found)), default=0)
    assert min(found.index(name) for name in PLACES & set(found)) > last_result


def test_every_study_page_is_looked_at() -> None:
    assert {"gu-2026", "_template-study", "_template-abstract"} <= {path.stem for path in STUDIES}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_s_chapter_is_its_prose_and_one_short_call_a_section(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", sorted(CHAPTERS.glob("*.md")), ids=lambda path: path.stem)
def test_no_table_is_hidden_behind_a_line_that_does_not_say_what_it_is(path: Path) -> None:
    assert not re.search(r"hide-(output|input|cell)", path.read_text("utf-8"))


def test_the_chapter_on_all_studies_begins_with_the_answers() -> None:
    assert sections(CHAPTERS / "synthesis.md")[0] == "The answers"
