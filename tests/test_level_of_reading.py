"""How much of a report was read: data of every report, and what may rest on it."""

import pytest

from example_review import ROWS, STUDY, load_review, write_review, write_rows
from livingreview.cli import main
from livingreview_plan.analysis import carry_out
from livingreview_plan.selection import select
from livingreview_record import DataProblemsError

REPORT = "reports: [{id: paper, kind: journal-article, level: full-text, title: An example}]"
READ = "{id: paper, kind: journal-article, level: LEVEL, title: An example, read: '2026-01-05', "
READ += "sources: [{address: 'https://example.org/a', what: the page}]}"


def of_level(level: str) -> str:
    """The made-up study with its one report read at a level."""
    assert REPORT in STUDY
    return STUDY.replace(REPORT, f"reports: [{READ.replace('LEVEL', level)}]")


def test_a_report_without_a_level_is_a_problem_that_says_what_is_missing(tmp_path):
    write_review(tmp_path, study=STUDY.replace("level: full-text, ", ""))
    with pytest.raises(DataProblemsError, match=r"reports\.0: need the key 'level'"):
        load_review(tmp_path)


def test_a_level_that_is_no_level_is_a_problem_that_lists_them(tmp_path):
    write_review(tmp_path, study=of_level("summary"))
    with pytest.raises(DataProblemsError, match="one of full-text, abstract, registry-record, sec"):
        load_review(tmp_path)


@pytest.mark.parametrize("missing", ["sources", "read"])
@pytest.mark.parametrize("level", ["abstract", "registry-record", "secondary"])
def test_what_was_not_read_in_full_has_an_address_and_a_day(tmp_path, level, missing):
    sources = ", sources: [{address: 'https://example.org/a', what: the page}]"
    named = {"sources": sources, "read": ", read: '2026-01-05'"}[missing]
    study = of_level(level)
    assert named in study
    write_review(tmp_path, study=study.replace(named, ""))
    with pytest.raises(DataProblemsError, match=f"need the key '{missing}'"):
        load_review(tmp_path)


def test_every_number_carries_the_level_of_its_report(tmp_path, capsys):
    write_review(tmp_path, study=of_level("abstract"))
    assert {number.level for number in load_review(tmp_path).numbers()} == {"abstract"}
    assert main(["--root", str(tmp_path), "reported", "--format", "csv"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.endswith(",level")
    assert all(row.endswith(",abstract") for row in rows)


@pytest.mark.parametrize(
    ("level", "mark"),
    [
        ("full-text", "Example 2020"),
        ("abstract", "Example 2020 (abstract only)"),
        ("registry-record", "Example 2020 (registry record only)"),
    ],
)
def test_what_rests_on_an_abstract_is_marked_in_the_synthesis(tmp_path, level, mark):
    write_review(tmp_path, study=STUDY if level == "full-text" else of_level(level))
    (answer,) = carry_out(load_review(tmp_path), "survival")
    assert [effect.name for effect in answer.effects] == [mark]


def test_a_number_of_a_secondary_page_in_a_synthesis_is_an_error_with_file_and_row(
    tmp_path, capsys
):
    write_review(tmp_path, study=of_level("secondary"))
    review = load_review(tmp_path)
    with pytest.raises(DataProblemsError) as raised:
        select(review, "survival")
    first, second = raised.value.problems
    assert first.where == "data/studies/example-2020/reported.csv row 6"
    assert second.where.endswith("row 7")
    assert "for the synthesis survival" in str(first)
    assert "level is secondary; confirm it in the report itself" in str(first)
    assert main(["--root", str(tmp_path), "check"]) == 1
    assert "reported.csv row" in capsys.readouterr().err


def test_numbers_of_a_secondary_page_that_no_synthesis_takes_stay_data(tmp_path):
    folder = write_review(tmp_path, study=of_level("secondary"))
    write_rows(folder, ROWS[:1])
    review = load_review(tmp_path)
    assert not select(review, "survival").used
    assert [number.level for number in review.numbers()] == ["secondary"]


LEADS = "study,what,patients,value,address,read,wanted\n"
DICTIONARY = "data/leads.csv,study,Study,\n"  # one line is enough for the file to be known


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,os,all,0.6,https://a.example,2026-01-05,", r"row 2 column wanted: need an entry"),
        ("a,os,all,0.6,a.example,2026-01-05,paper", r"row 2 column address: need an address"),
        ("a,os,all,0.6,https://a.example,soon,paper", r"row 2 column read: need a day"),
        ("a,os,all,0.6,https://a.example,2999-01-05,paper", r"row 2 column read: need a day"),
    ],
)
def test_a_lead_without_words_address_or_day_is_a_problem(tmp_path, row, message):
    write_review(tmp_path)
    dictionary = tmp_path / "data" / "dictionary.csv"
    dictionary.write_text(dictionary.read_text("utf-8") + DICTIONARY, "utf-8")
    (tmp_path / "data" / "leads.csv").write_text(f"{LEADS}{row}\n", "utf-8")
    with pytest.raises(DataProblemsError, match=message):
        load_review(tmp_path)
    sound = "a,os,all,0.6,https://a.example,2026-01-05,paper"
    (tmp_path / "data" / "leads.csv").write_text(f"{LEADS}{sound}\n", "utf-8")
    assert load_review(tmp_path).studies
