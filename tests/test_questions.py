"""Questions, the share of the main population, and clocks: each rule, and ways to get it wrong."""

import copy
from pathlib import Path

import pytest
import yaml

from example_review import REVIEW, ROWS, STUDY, load_review, more_studies, write_review
from livingreview.tables.protocol import ProtocolPage
from livingreview_plan.selection import select
from livingreview_record import DataProblemsError, share_class, share_of
from livingreview_results import SynthesisPage
from livingreview_results.medians import arms_of_classes, medians_table

QUESTION = {
    "id": "again",
    "label": "The new drug again",
    **dict.fromkeys(("population", "intervention", "comparison", "outcomes", "closing"), "words"),
}
RULES = {
    "questions": [QUESTION, QUESTION | {"id": "first", "label": "The new drug first"}],
    "main_population": {
        **{"label": "are male", "design": "line", "all": "second", "none": "third"},
        **{"level": "sex=male", "at_least": 80},
    },
    "clocks": {"start": "start of treatment", "birth": "birth"},
}
TIMED = STUDY.replace("kind: time-to-event}", "kind: time-to-event, clock: start}")
MIXED = TIMED.replace("line: second", "line: mixed")
INDIRECT = {
    **{"question": "again", "study": "T1", "patients": "others", "what": "survival"},
    **{"value": "0.9", "address": "https://example.org/a", "read": "2026-01-05"},
}


def rules(**changes: object) -> dict:
    """The made-up review with questions, a main population and clocks, and its own changes."""
    review = yaml.safe_load(REVIEW)
    review["outcomes"]["os"] = {"label": "Survival", "definition": "time to death"}
    review |= copy.deepcopy(RULES) | changes
    for plan in review["syntheses"]:
        plan["question"] = "again"
    review["syntheses"][2] |= {
        "clocks": ["start"],
        "include": {
            "status": ["included"],
            "patients": [
                {"share": "enough", "population": "whole"},
                {"share": "less", "population": "whole", "subgroup": "sex=male"},
            ],
        },
    }
    return review


def share(percent: str) -> dict[str, str]:
    """A printed share of men among all patients."""
    return {
        **{
            "section": "Results",
            "arm_id": "all",
            "outcome": "sex",
            "category": "male",
            "statistic": "percent",
        },
        **{"unit": "%", "value": percent},
    }


@pytest.fixture
def written(tmp_path: Path):
    def write(review: dict, *, study: str = TIMED, rows: tuple = ROWS, beside: str = "") -> Path:
        write_review(tmp_path, study=study, rows=rows)
        (tmp_path / "data" / "review.yaml").write_text(yaml.safe_dump(review), "utf-8")
        if beside:
            (tmp_path / "data" / "indirect.csv").write_text(beside, encoding="utf-8")
            with (tmp_path / "data" / "dictionary.csv").open("a", encoding="utf-8") as file:
                file.writelines(f"data/indirect.csv,{name},The {name},\n" for name in INDIRECT)
        return tmp_path

    return write


def table(*rows: dict[str, str]) -> str:
    lines = [",".join(INDIRECT), *(",".join(row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


def used(root: Path) -> list[str]:
    return [one.sources[0].quantity.subgroup for one in select(load_review(root), "survival").used]


MALE = tuple(row | {"subgroup": "sex=male"} for row in ROWS[-2:])


@pytest.mark.parametrize(
    ("study", "printed", "known"),
    [
        (TIMED, "12.0", 100),  # the design says it of all
        (MIXED.replace("line: mixed", "line: third"), "12.0", 0),  # and of none
        (MIXED, "80.0", 80),
        (MIXED, "79.9", 79.9),
        (MIXED, "", None),
    ],
    ids=["all", "none", "just enough", "just too few", "not printed"],
)
def test_the_share_is_that_of_the_design_else_the_printed_one(written, study, printed, known):
    rows = (*ROWS, share(printed)) if printed else ROWS
    review = load_review(written(rules(), study=study, rows=rows))
    own = review.studies["example-2020"]
    assert share_of(review, own) == known
    assert share_class(review, own) == ("enough" if known is not None and known >= 80 else "less")


@pytest.mark.parametrize(
    ("printed", "taken"), [("80.0", [""]), ("79.9", ["sex=male"])], ids=["whole", "part"]
)
def test_a_study_enters_whole_from_the_share_on_and_else_only_its_part(written, printed, taken):
    rows = (*ROWS, *MALE, share(printed))
    assert used(written(rules(), study=MIXED, rows=rows)) == taken


def test_a_study_below_the_share_that_prints_no_such_part_is_left_out(written):
    review = load_review(written(rules(), study=MIXED, rows=(*ROWS, share("79.9"))))
    selection = select(review, "survival")
    assert not selection.used
    assert selection.left_out[0].reason


def test_a_time_with_another_origin_stays_out_and_the_reason_names_the_origin(written):
    study = TIMED.replace("clock: start", "clock: birth")
    selection = select(load_review(written(rules(), study=study)), "survival")
    assert not selection.used
    assert selection.left_out[0].reason == "Its time is counted from another origin: birth."


def test_a_study_of_other_treatments_is_left_out_for_them_before_its_origin_of_time(written):
    study = TIMED.replace("clock: start", "clock: birth").replace(
        "new-drug, is_new: true", "new-drug, is_new: false"
    )
    selection = select(load_review(written(rules(), study=study)), "survival")
    assert [one.reason for one in selection.left_out] == ["It does not compare these treatments."]


def test_of_two_times_of_one_outcome_only_that_of_the_named_origin_enters(written):
    second = "  os: {label: Overall survival, kind: time-to-event, clock: start}\n"
    late = (
        second.replace("os:", "late:")
        .replace("start}", "birth, same_as: os}")
        .replace("Overall", "Late")
    )
    assert second in TIMED
    rows = (*ROWS, *(row | {"outcome": "late", "value": "0.60"} for row in ROWS[-2:-1]))
    rows = (*rows, ROWS[-1] | {"outcome": "late", "value": "0.40-0.90"})
    root = written(rules(), study=TIMED.replace(second, second + late), rows=rows)
    (one,) = select(load_review(root), "survival").used
    assert one.sources[0].quantity.outcome == "os"


def test_a_page_of_a_question_carries_out_its_syntheses_only(written):
    review = rules()
    review["syntheses"][0]["question"] = "first"
    root = written(review)
    assert list(SynthesisPage(root, question="first").results) == ["response"]
    assert list(SynthesisPage(root, question="again").results) == ["response-ratio", "survival"]


def test_medians_stand_beside_their_origin_and_their_share(written):
    row = {"section": "Abstract", "arm_id": "new", "outcome": "os", "statistic": "median"}
    rows = (*ROWS, share("81.5"), row | {"unit": "months", "value": "12.0"})
    review = load_review(written(rules(), study=MIXED, rows=rows))
    arms = arms_of_classes(review, "os", ["new-drug"])
    (line,) = medians_table(review, "os", arms).frame.to_dict("records")
    assert line["Median, and rates"] == "12.0 months"
    assert line["Patients"] == "40"
    assert line["Counted from"] == "start of treatment"
    assert line["Share who are male"] == "81.5%"
    assert arms_of_classes(review, "os", ["old-drug"]) == []


def test_indirect_trials_are_shown_beside_their_own_question_only(written, capsys):
    root = written(rules(), beside=table(INDIRECT))
    page = ProtocolPage(root)
    page.indirect("again")
    assert "0.9" in capsys.readouterr().out
    page.indirect("first")
    assert "0.9" not in capsys.readouterr().out


@pytest.mark.parametrize(("rows", "said"), [(1, ""), (2, "need at least the 2 rows")])
def test_a_trial_beside_a_question_can_be_extracted_a_second_time(written, rows, said):
    root = written(rules(), beside=table(INDIRECT))
    with (root / "data" / "extraction.csv").open("a", encoding="utf-8") as file:
        file.write(f"T1,{rows},{rows},0,0,0,extracted again,No difference.\n")
    if said:
        with pytest.raises(DataProblemsError, match=rf"extraction\.csv row 2: {said}"):
            load_review(root)
    else:
        assert load_review(root).extraction[-1]["study_id"] == "T1"


def test_every_trial_beside_a_question_of_the_review_was_extracted_a_second_time():
    review = load_review(Path(__file__).parents[1])
    again = {one["study_id"] for one in review.extraction}
    assert {one["study"] for one in review.indirect} <= again


def _questions_twice(review: dict) -> None:
    review["questions"][1]["id"] = "again"


def _no_closing(review: dict) -> None:
    del review["questions"][0]["closing"]


def _no_question(review: dict) -> None:
    del review["syntheses"][1]["question"]


def _unknown_question(review: dict) -> None:
    review["syntheses"][1]["question"] = "agian"


def _undeclared_questions(review: dict) -> None:
    del review["questions"]


def _unknown_clock(review: dict) -> None:
    review["syntheses"][2]["clocks"] = ["strat"]


def _no_main_population(review: dict) -> None:
    del review["main_population"]


def _unknown_all(review: dict) -> None:
    review["main_population"]["all"] = "secnd"


def _unknown_level(review: dict) -> None:
    review["main_population"]["level"] = "sex=mael"


def _unknown_variable(review: dict) -> None:
    review["main_population"]["level"] = "sxe=male"


def _share_above_all(review: dict) -> None:
    review["main_population"]["at_least"] = 101


def _unknown_share(review: dict) -> None:
    review["syntheses"][2]["include"]["patients"][0]["share"] = "most"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_questions_twice, r"questions: need each id once, found again at 0 and 1"),
        (_no_closing, r"questions\.0: need the key 'closing'"),
        (_no_question, r"syntheses\.1 \(response-ratio\)\.question: need one of again, first"),
        (_unknown_question, r"found 'agian'; .*\(perhaps 'again'\)"),
        (_undeclared_questions, r"question: need one of the declared ids \(there are none\)"),
        (_unknown_clock, r"clocks: need one of birth, start, found 'strat'"),
        (_no_main_population, r"include\.patients: need main_population in review\.yaml"),
        (_unknown_all, r"main_population\.all: need one of second, third, mixed, found 'secnd'"),
        (_unknown_level, r"main_population\.level: need one of female, male, found 'mael'"),
        (_unknown_variable, r"main_population\.level: need one of .*sex, found 'sxe'"),
        (_share_above_all, r"main_population\.at_least"),
        (_unknown_share, r"patients\.0\.share: need one of"),
    ],
)
def test_rules_that_cannot_be_followed_are_problems_with_their_place(written, spoil, said):
    review = rules()
    spoil(review)
    with pytest.raises(DataProblemsError, match=said):
        load_review(written(review))


@pytest.mark.parametrize(
    ("study", "found"),
    [(STUDY, "nothing"), (TIMED.replace("clock: start", "clock: strat"), "'strat'")],
    ids=["missing", "unknown"],
)
def test_a_time_that_a_synthesis_takes_says_from_when_it_is_counted(written, study, found):
    with pytest.raises(
        DataProblemsError,
        match=rf"study\.yaml outcomes\.os\.clock: need one of birth, start, found {found}",
    ):
        load_review(written(rules(), study=study))


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("question", "agian", r"row 2 column question: need one of again, first, found 'agian'"),
        ("value", "", r"row 2 column value: need an entry, found nothing"),
        ("address", "a journal", r"row 2 column address: need an address"),
        ("read", "2999-01-01", r"row 2 column read: need a day that is not in the future"),
    ],
)
def test_an_indirect_trial_without_question_number_page_or_day_is_a_problem(
    written, cell, value, said
):
    with pytest.raises(DataProblemsError, match=rf"indirect\.csv {said}"):
        load_review(written(rules(), beside=table(INDIRECT | {cell: value})))


def test_a_review_without_questions_clocks_and_shares_stays_as_it_was(tmp_path):
    review = more_studies(tmp_path, "other-2021")
    assert share_of(review, review.studies["other-2021"]) is None
    assert len(select(review, "survival").used) == 2
