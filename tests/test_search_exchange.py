"""Records to and from RIS and CSV."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_search import texts, write_log
from livingreview.cli import main
from livingreview_record import DataProblemsError
from livingreview_search import load_log, propose, read_ris, read_table, to_ris, to_table
from livingreview_search.records import record

ROOT = Path(__file__).parents[1]
EMBASE = """\N{ZERO WIDTH NO-BREAK SPACE}1.
TY  - JOUR
ID  - 2006713348
T1  - Outcome Measures After
 a Long Title
A1  - Fanning E.
A1  - Lee A.
Y1  - 2020//
JF  - A Journal
VL  - 8
IS  - 9
SP  -
DO  - http://dx.doi.org/10.1177/2325
ER  -

Link to the text: ...

2.
TY  - JOUR
TI  - Second
ER  -
"""


def test_a_file_with_counters_wrapped_lines_and_empty_tags_is_read():
    """An empty tag (`SP  -`) is no part of the line before it."""
    first, second = read_ris(EMBASE)
    assert texts(first) == {
        "authors": "Fanning E.; Lee A.",
        "year": "2020",
        "title": "Outcome Measures After a Long Title",
        "journal": "A Journal",
        "volume_pages": "8(9)",
        "doi": "http://dx.doi.org/10.1177/2325",
        "other_id": "2006713348",
    }
    assert second.title == "Second"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TI  - No beginning\nER  - \n", r"x\.ris line 1: need the line TY before it, found the"),
        ("TY  - JOUR\nTI  - A\n", r"x\.ris line 1: need the line ER .*, found the end of the"),
        ("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  -\n", r"line 1: .* found another TY"),
        ("TY  - JOUR\nAU  - A\nER  -\n", r"x\.ris line 1: need a title \(TI or T1\), found none"),
        ("hello", r"x\.ris line 1: need records, each from a line TY to a line ER, found none"),
    ],
)
def test_a_file_that_is_no_ris_is_refused_with_its_line(text, told):
    with pytest.raises(DataProblemsError, match=told):
        read_ris(text, "x.ris")


LETTERS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@given(LETTERS, LETTERS, st.lists(LETTERS, min_size=1, max_size=3, unique=True))
def test_what_is_written_as_ris_is_read_again(title, journal, names):
    one = record("a.1", title=title, journal=journal, authors=", ".join(names), year="2020")
    (back,) = read_ris(to_ris([one]))
    assert (back.title, back.journal, back.year) == (title, journal, "2020")
    assert back.authors.split("; ") == [name for name in names if name != "et al"]


def test_every_record_of_this_review_survives_both_formats():
    records = list(load_log(ROOT).records.values())
    back = read_ris(to_ris(records))
    assert [one.title for one in back] == [one.title or f"[{one.described}]" for one in records]
    again = read_table(to_table(records))
    assert [texts(one) for one in again] == [texts(one) for one in records]


def test_a_table_without_titles_is_refused():
    with pytest.raises(DataProblemsError, match=r"x\.csv row 1: need a column title"):
        read_table("PMID,Authors\n1,Lee A\n", "x.csv")
    with pytest.raises(DataProblemsError, match=r"x\.csv row 3: need a title, found none"):
        read_table("PMID,Title\n1,A\n2,\n", "x.csv")


def test_a_found_record_joins_the_group_of_its_report_by_doi_or_by_title_and_year():
    known = [
        record("a.1", source_id="a", doi="10.1/x", duplicate_group="a.1"),
        record("a.2", source_id="a", doi="10.1/X", duplicate_group="a.1"),
        record("b.1", source_id="b", title="A Title!", year="2020"),
    ]
    found = [
        record("", doi="https://doi.org/10.1/X"),
        record("", title="a title", year="2020"),
        record("", title="a title", year="2021"),
    ]
    after = {one.record_id: one.duplicate_group for one in propose(known, found, "b")}
    assert after == {
        "a.1": "a.1",
        "a.2": "a.1",
        "b.1": "b.1",
        "b.2": "a.1",
        "b.3": "b.1",
        "b.4": "",
    }


def test_a_file_is_imported_as_one_step_and_says_what_is_still_to_be_done(tmp_path, capsys):
    folder = write_log(tmp_path)
    found = tmp_path / "found.ris"
    found.write_text("TY  - JOUR\nTI  - Another\nDO  - 10.1/TWO\nER  -\n", "utf-8")
    assert main(["--root", str(tmp_path), "import-records", str(found), "--source", "index"]) == 0
    assert "1 records added" in capsys.readouterr().out
    rows = read_table((folder / "records.csv").read_text("utf-8"))
    assert [one.record_id for one in rows][-1] == "index.1"
    assert {one.record_id for one in rows if one.duplicate_group == "r2"} == {"r2", "index.1"}
    assert main(["--root", str(tmp_path), "records"]) == 1  # entries are still to be written
    assert "sources.index.entries: need 1" in capsys.readouterr().err


def test_a_second_file_is_imported_before_the_records_of_the_first_are_decided_on(tmp_path, capsys):
    folder = write_log(tmp_path)
    for name, source in (("one", "index"), ("two", "index"), ("three", "list")):
        found = tmp_path / f"{name}.ris"
        found.write_text(f"TY  - JOUR\nTI  - A trial called {name}\nER  -\n", "utf-8")
        call = ["--root", str(tmp_path), "import-records", str(found), "--source", source]
        assert main(call) == 0
    assert "now write the day and 2 entries" in capsys.readouterr().out
    rows = read_table((folder / "records.csv").read_text("utf-8"))
    assert [one.title for one in rows][-3:] == [
        f"A trial called {n}" for n in ("one", "two", "three")
    ]


def test_a_broken_file_imports_nothing(tmp_path, capsys):
    folder = write_log(tmp_path)
    before = (folder / "records.csv").read_bytes()
    found = tmp_path / "found.ris"
    found.write_text("TY  - JOUR\nTI  - Another\n", "utf-8")
    assert main(["--root", str(tmp_path), "import-records", str(found), "--source", "index"]) == 1
    assert "found.ris line 1: need the line ER" in capsys.readouterr().err
    assert (folder / "records.csv").read_bytes() == before


def test_a_source_that_does_not_exist_is_a_wrong_call(tmp_path, capsys):
    write_log(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["--root", str(tmp_path), "records", "--source", "medline"])
    assert "no source 'medline'; the log has given, list, index" in capsys.readouterr().err
