"""What the log of the search must be: every fault is named with its file, row and column."""

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from example_review import STUDY, write_review
from example_search import RECORDS, SOURCES, decisions, write_log
from livingreview_record import DataProblemsError, load_review
from livingreview_search import check_studies, flow, load_log
from the_review import the_review

ROOT = Path(__file__).parents[1]


def changed(rows, place, /, **cells):
    """The rows with cells of one of them changed; it is counted from 0."""
    return [dict(row) | (cells if n == place else {}) for n, row in enumerate(rows)]


def problems(tmp_path, **given) -> str:
    write_log(tmp_path, **given)
    with pytest.raises(DataProblemsError) as caught:
        load_log(tmp_path)
    return str(caught.value)


def test_the_example_has_no_problem(tmp_path):
    write_log(tmp_path)
    log = load_log(tmp_path)
    assert len(log.records) == 5
    assert [one.record_id for one in log.of_report(log.records["r1"])] == ["g1", "r1"]
    assert log.searched() == []


def test_a_missing_folder_names_each_file_that_is_needed(tmp_path):
    with pytest.raises(DataProblemsError, match=r"(?s)sources\.yaml.*records\.csv.*decisions\.csv"):
        load_log(tmp_path)


@pytest.mark.parametrize(
    ("number", "cells", "told"),
    [
        (
            0,
            {"decision": "keep"},
            r"row 2 column decision: need one of seek, exclude, found 'keep'",
        ),
        (1, {"decision": "exlude"}, r"row 3 column decision: .*perhaps 'exclude'"),
        (4, {"decision": "seek"}, r"row 6 column decision: need one of include, exclude"),
        (1, {"reason": ""}, r"row 3 column reason: need one of .*; give a reason"),
        (1, {"why": " "}, r"row 3 column why: need a reason in words, found nothing"),
        (1, {"reason": "may-fit"}, r"row 3 column reason: need a reason to exclude"),
        (1, {"record_id": "r9"}, r"row 3 column record_id: need one of .*, found 'r9'"),
        (1, {"record_id": "r1"}, r"row 3 column record_id: need g1, found 'r1'; decide on g1"),
        (1, {"decided_by": "bob"}, r"row 3 column decided_by: need one of ann"),
        (1, {"read": "cover"}, r"row 3 column read: need one of title, citing text"),
        (1, {"date": "3 May"}, r"row 3 column date: need a day such as 2026-03-31"),
        (1, {"date": "2025-12-31"}, r"row 3 column date: need 2026-01-03 or later"),
        (1, {"number": "7"}, r"row 3 column number: need 2, found '7'; add new rows at the end"),
        (1, {"supersedes": "1"}, r"row 3 column supersedes: need nothing: it is the first"),
    ],
)
def test_a_decision_that_cannot_be_is_named(tmp_path, number, cells, told):
    assert re.search(told, problems(tmp_path, decided=changed(decisions(), number, **cells)))


def test_a_later_decision_says_which_one_it_replaces(tmp_path):
    rows = decisions()
    again = rows[6] | {"number": "8", "decision": "include", "reason": "fits"}
    told = problems(tmp_path, decided=[*rows, again])
    assert "row 9 column supersedes: need 7, the decision that stood before" in told
    write_log(tmp_path, decided=[*rows, again | {"supersedes": "7"}])
    assert load_log(tmp_path).standing("eligibility")["r4"].decision == "include"


@pytest.mark.parametrize(
    ("number", "cells", "told"),
    [
        (2, {"record_id": "r1"}, r"row 4 column record_id: need an id of its own"),
        (2, {"source_id": "pile"}, r"row 4 \(record r2\) column source_id: need one of given"),
        (2, {"title": ""}, r"row 4 \(record r2\): need a title, or what it is in our words"),
        (4, {"year": "2018"}, r"row 6 \(record r4\): need words of the printed reference in col"),
        (2, {"study_id": "x"}, r"row 4 \(record r2\): need study_id and report_id, or neither"),
        (2, {"duplicate_group": "r8"}, r"rows 4 column duplicate_group: need the record 'r8'"),
        (4, {"doi": "10.1/two", "printed": ""}, r"row 6 column duplicate_group: need the .* of r2"),
    ],
)
def test_a_record_that_cannot_be_is_named(tmp_path, number, cells, told):
    assert re.search(told, problems(tmp_path, records=changed(RECORDS, number, **cells)))


def test_a_group_of_duplicates_that_spans_two_studies_is_named(tmp_path):
    rows = changed(RECORDS, 1, study_id="other-2021", report_id="paper")
    told = problems(tmp_path, records=rows)
    assert "records.csv rows 2, 3 column duplicate_group" in told
    assert "found a group that spans the studies example-2020 and other-2021" in told


def one_paper_on_two_studies(root: Path, *, declared: bool) -> None:
    """The example and a second study, with a record each of the one paper on both.

    Without the declarations the entries show no DOI, so that the records alone say it.
    """
    also = "doi: 10.1000/x, also_in: [{study: %s, why: it reports two trials}]"

    def text(other: str) -> str:
        return STUDY.replace(
            "title: An", f"{also % other if declared else 'year: 2020'}, title: An"
        )

    folder = write_review(root, study=text("other-2021"))
    other = text("example-2020").replace("id: example-2020", "id: other-2021", 1)
    shutil.copytree(folder, folder.with_name("other-2021"))
    (folder.with_name("other-2021") / "study.yaml").write_text(
        other.replace("Example 2020", "Other 2021"), "utf-8"
    )
    linked = changed(RECORDS, 1, study_id="other-2021", report_id="paper", doi="10.1000/x")
    write_log(root, records=changed(linked, 0, doi="10.1000/x"))


def test_the_records_of_one_paper_on_two_studies_are_one_group_where_both_declare_it(tmp_path):
    one_paper_on_two_studies(tmp_path, declared=True)
    log = load_log(tmp_path)
    assert check_studies(log, load_review(tmp_path)) == []
    assert log.records["r1"].is_kept is False


def test_the_records_of_one_paper_on_two_studies_need_the_declaration_of_both(tmp_path):
    one_paper_on_two_studies(tmp_path, declared=False)
    told = list(map(str, check_studies(load_log(tmp_path), load_review(tmp_path))))
    assert len(told) == 2
    assert "row 2 column duplicate_group: need a report that declares the other study" in told[0]
    assert "(other-2021), found nothing; declare it under also_in" in told[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("entries: 4", "entries: 5", r"sources\.list\.entries: need 4, the records of this"),
        ("kind: supplied", "kind: found", r"sources\.given\.kind: need one of supplied"),
        ('"2026-01-02"', "soon", r"sources\.list\.date: need a day such as"),
        ("schedule: monthly", "plan: monthly", r"sources\.index: need one of .*found 'plan'"),
        ("decision: seek", "decision: look", r"reasons\.may-fit\.decision: need one of"),
        ("entries: 4", "entries: few", r"sources\.list\.entries: need int, found 'few'"),
        ("people: {ann: A reader}", "people: [ann]", r"people: need a mapping of names"),
    ],
)
def test_a_source_that_cannot_be_is_named(tmp_path, old, new, told):
    assert re.search(told, problems(tmp_path, sources=SOURCES.replace(old, new)))


def test_each_record_is_decided_on_at_each_stage_that_it_reaches(tmp_path):
    rows = [row for row in decisions() if (row["record_id"], row["stage"]) != ("r4", "eligibility")]
    told = problems(tmp_path, decided=rows)
    assert "need a decision on r4 (records.csv row 6) at stage eligibility, found none" in told


def test_a_report_of_a_study_without_a_record_is_named(tmp_path):
    write_review(tmp_path)
    write_log(tmp_path, records=changed(RECORDS, 0, study_id="", report_id=""))
    (problem,) = check_studies(load_log(tmp_path), load_review(tmp_path))
    assert "a record of report 'paper' of study 'example-2020'" in str(problem)


def test_a_decision_that_is_not_the_status_of_the_study_is_named(tmp_path):
    write_review(tmp_path)
    rows = changed(decisions(), 4, decision="awaiting", reason="unclear")
    write_log(tmp_path, decided=rows)
    with pytest.raises(DataProblemsError, match=r"row 6 \(record g1\): need .*'included'"):
        flow(load_log(tmp_path), load_review(tmp_path))


def test_the_log_of_this_review_says_that_no_database_was_searched():
    log = load_log(ROOT)
    assert log.searched() == []
    assert the_review().protocol.searched == "never"
    queries = {one.id for one in log.sources.values() if one.query}
    assert {"pubmed", "europe-pmc", "central", "clinicaltrials-gov"} <= queries


def test_every_printed_reference_is_a_record_in_the_order_of_its_list():
    log = load_log(ROOT)
    lists = [one for one in log.sources.values() if one.kind == "reference-list"]
    assert sum(one.entries for one in lists) == 117
    for source in lists:
        found = [one for one in log.records.values() if one.source_id == source.id]
        places = [f"reference {number}" for number in range(1, source.entries + 1)]
        assert [one.place for one in found] == places
        assert all(one.printed and one.authors and one.title and one.year for one in found)


def test_decisions_that_stand_in_the_last_commit_are_still_there():
    """Rows are only added; what git holds is the beginning of what there is now."""
    name = "data/search/decisions.csv"
    git = ["git", "-C", str(ROOT), "show", f"HEAD:{name}"]
    held = subprocess.run(git, capture_output=True, text=True, check=False)
    if held.returncode:
        pytest.skip("no commit holds the decisions yet")
    before = list(csv.reader(held.stdout.splitlines()))
    now = list(csv.reader((ROOT / name).read_text("utf-8").splitlines()))
    assert now[: len(before)] == before


def test_the_checklist_has_every_item_of_prisma_and_leads_to_chapters_that_exist():
    items = load_log(ROOT).checklist
    parts = {10: "ab", 13: "abcdef", 16: "ab", 20: "abcd", 23: "abcd", 24: "abc"}
    wanted = [f"{n}{part}" for n in range(1, 28) for part in parts.get(n, ("",))]
    assert [one.item for one in items] == wanted
    for one in items:
        assert (ROOT / "chapters" / f"{one.chapter}.md").exists(), one


def test_the_checklist_leads_to_the_judgement_of_missing_evidence_where_there_is_one():
    items = {one.item: one for one in load_log(ROOT).checklist}
    assert (ROOT / "data" / "appraisal" / "missing_answers.csv").exists()
    assert {(items[number].chapter, items[number].met) for number in ("14", "21")} == {
        ("appraisal", "met")
    }


def test_an_item_that_is_not_met_says_what_is_missing(tmp_path):
    folder = write_log(tmp_path)
    (folder / "prisma.csv").write_text("item,asks,chapter,met,note\n1,a title,index,no,\n", "utf-8")
    with pytest.raises(DataProblemsError, match=r"(?s)row 2 column met: .*column note: need what"):
        load_log(tmp_path)
