"""Missing evidence: which studies give no result, and the judgement that the answers lead to."""

import csv
import re
from itertools import product
from pathlib import Path

import pytest

from livingreview_appraisal import judge, load_missing, load_tool, tables
from livingreview_appraisal.missing import ABSENT_COLUMNS, ANSWERED_COLUMNS
from livingreview_plan import select
from livingreview_record import DataProblemsError
from the_review import the_review

ROOT = Path(__file__).parents[1]
YES, NO = ("Y", "PY"), ("N", "PN", "NA")
OUT_OF_PLACE = re.compile(
    r"patients are not those|does not compare these treatments|awaits classification"
    r"|excluded from the review|counted from another origin"
)


def flow(a):
    """The way of the tool written out again: first what is known, then what is seen."""
    if a["4.2"] in YES:
        return "high"
    grave = a["4.2"] == "NI" or a["4.4"] in (*YES, "NI") or a["4.6"] in YES
    seen = a["4.7"] in YES
    if "Y" not in (a["4.1"], a["4.3"], a["4.5"]) or not (grave or seen):
        return "low"
    return "high" if (grave and seen) or a["4.8"] in YES else "some"


def asked(a):
    """Whether only what the tool asks for is answered."""
    for before, key in (("4.1", "4.2"), ("4.3", "4.4"), ("4.5", "4.6")):
        if (a[before] == "Y") == (a[key] == "NA"):
            return False
    some = "Y" in (a["4.1"], a["4.3"], a["4.5"])
    last = (
        a["4.2"] in (*YES, "NI") or a["4.4"] in (*YES, "NI") or a["4.6"] in YES or a["4.7"] in YES
    )
    return (some or a["4.7"] == "NA") and (last or a["4.8"] in NO)


def test_every_way_through_the_questions_gives_what_the_flow_gives():
    tool = load_tool("rob-me")
    domain = tool.domains["synthesis"]
    keys = list(domain.questions)
    seen = set()
    for answers in product(*(domain.questions[key].answers for key in keys)):
        given = dict(zip(keys, answers, strict=True))
        if asked(given):
            assert judge(tool, domain, given) == flow(given), given
            seen.add(flow(given))
    assert seen == {"low", "some", "high"}


def absent(**cells):
    row = {"assessor": "ann", "date": "2026-01-01", "syntheses": "one two", "study_id": "s-2020",
           "state": "unclear", "place": "Abstract", "why": "not named"}  # fmt: skip
    return row | cells


def answers(*left_out, **changed):
    said = {"3.1": "N", "3.2": "PY", "3.3": "Y", "4.4": "PN", "4.7": "NA", "4.8": "N"} | changed
    return [
        {"assessor": "ann", "date": "2026-01-01", "question": key, "answer": answer,
         "support": "words", "syntheses": "all" if key.startswith("3") else "one two"}
        for key, answer in said.items() if key not in left_out
    ]  # fmt: skip


def write(root, rows, given):
    folder = root / "data" / "appraisal"
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, lines in (
        ("missing.csv", ABSENT_COLUMNS, rows),
        ("missing_answers.csv", ANSWERED_COLUMNS, given),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)


def load(root, rows, given):
    write(root, rows, given)
    return load_missing(root, ["one", "two"], ["s-2020", "t-2021"])


def test_a_study_that_may_have_a_result_and_hardly_matters_leaves_the_risk_low(tmp_path):
    found = load(tmp_path, [absent()], answers())
    assert {id_: one.judgement for id_, one in found.items()} == {"one": "low", "two": "low"}
    assert found["one"].answers["4.3"][0] == "Y"
    assert found["one"].answers["4.1"][0] == found["one"].answers["4.5"][0] == "N"


def test_a_result_left_out_for_what_it_was_makes_the_risk_high_where_it_matters(tmp_path):
    rows = [absent(), absent(syntheses="two", study_id="t-2021", state="selected")]
    given = [*answers(), answers()[-1] | {"syntheses": "two", "question": "4.2", "answer": "PY"}]
    found = load(tmp_path, rows, given)
    assert (found["one"].judgement, found["two"].judgement) == ("low", "high")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"state": "lost"}, r"missing\.csv row 2 column state: need one of unrelated, unclear"),
        ({"study_id": "u-1"}, r"row 2 column study_id: need one of s-2020, t-2021, found 'u-1'"),
        ({"why": " "}, r"row 2 column why: need a reason, found nothing"),
        ({"place": ""}, r"row 2 column place: need where in the report, found nothing"),
        ({"syntheses": "three"}, r"row 2 column syntheses: need one of one, two, found 'three'"),
    ],
)
def test_a_row_on_a_study_that_cannot_be_is_named(tmp_path, cells, told):
    with pytest.raises(DataProblemsError) as caught:
        load(tmp_path, [absent(**cells)], answers())
    assert re.search(told, str(caught.value))


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"support": ""}, r"missing_answers\.csv row 5 column support: need our own words"),
        ({"answer": "U"}, r"row 5 column answer: need one of Y, PY, PN, N, NI, NA, found 'U'"),
        ({"question": "4.1"}, r"row 5 column question: need one of 4\.2, 4\.4, 4\.6, 4\.7, 4\.8"),
        ({"question": "4.7"}, r"row 6 column question: need one answer to 4\.7 on one"),
        ({"syntheses": "three"}, r"row 5 column syntheses: need one of all, one, two"),
    ],
)
def test_an_answer_that_cannot_be_is_named(tmp_path, cells, told):
    given = [row | (cells if n == 3 else {}) for n, row in enumerate(answers())]
    with pytest.raises(DataProblemsError) as caught:
        load(tmp_path, [absent()], given)
    assert re.search(told, str(caught.value))


def test_a_question_that_is_asked_and_not_answered_is_named(tmp_path):
    with pytest.raises(DataProblemsError, match=r"need answers on one, found none to 4\.4, 4\.8"):
        load(tmp_path, [absent()], answers("4.4", "4.8"))
    with pytest.raises(DataProblemsError, match=r"need answers on one, found none to 3\.1;"):
        load(tmp_path, [absent()], answers("3.1"))


def test_two_rows_on_one_study_are_named(tmp_path):
    with pytest.raises(DataProblemsError, match=r"row 3 column study_id: need one row on s-2020"):
        load(tmp_path, [absent(), absent(state="unrelated")], answers())


# This review.


def found_here():
    review = the_review()
    ids = [one.id for one in review.protocol.syntheses]
    return load_missing(ROOT, ids, review.studies), review.certainty


def test_every_synthesis_whose_certainty_is_judged_is_judged_for_missing_evidence():
    missing, grades = found_here()
    assert missing.keys() == grades.keys()


def test_every_study_that_compares_the_treatments_without_a_usable_number_is_named():
    review, (missing, _) = the_review(), found_here()
    matched = {one for one in missing if one.endswith("-matched")}  # no other study matched
    for plan in review.protocol.syntheses:
        if not plan.kind_rules.compares or plan.id in matched:
            continue
        chosen = select(review, plan.id)
        gives = {one.study_id for one in chosen.used}
        left = {
            one.study_id
            for one in chosen.left_out
            if not OUT_OF_PLACE.search(one.reason) and one.study_id not in gives
        }
        named = {one.study for one in missing[plan.id].absent}
        assert left <= named, plan.id
        assert not named & gives, plan.id


def test_the_page_tells_of_each_synthesis_who_is_missing_and_why():
    review, (missing, _) = the_review(), found_here()
    shown = tables.Missing(missing, review)
    assert shown.html().count("<details") == len(missing)
    assert "? Wang C 2026: not clear whether it has such a result." in repr(shown)
    assert "3.1 Could only studies enter that were registered before they began? No." in repr(shown)
