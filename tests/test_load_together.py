"""What only the files together show: a study again, rules that nothing can follow, dead names."""

import re
import shutil
from pathlib import Path

import pytest

from example_review import DICTIONARY, REVIEW, ROWS, STUDY, more_studies, write_review
from livingreview import load_review
from livingreview.cli import main
from livingreview_record.problems import DataProblemsError
from livingreview_results.page import SynthesisPage

MANY_ROWS = tuple(
    {
        **ROWS[0],
        "row": f"line {n}",
        "subgroup": "sex=male",
        "category": "",
        "timepoint": f"{n} days",
    }
    for n in range(2, 30)
)
SIDES = "experimental: {is_new: true}, control: {is_new: false}"
ADDRESSES = "[{name: A, compares: x with y, patients: adults, sources: ['%s']}]"


def problems_of(root: Path) -> list[str]:
    with pytest.raises(DataProblemsError) as caught:
        load_review(root)
    return [str(problem).removeprefix(f"{root}/") for problem in caught.value.problems]


def plan_with(root: Path, old: str, new: str) -> None:
    assert old in REVIEW
    (root / "data" / "review.yaml").write_text(REVIEW.replace(old, new), encoding="utf-8")


def copy_of(root: Path, other_study: str, *, rows=ROWS, study: str = STUDY) -> None:
    """The example with a second study of this text, and with the same table of numbers."""
    folder = write_review(root, rows=rows, study=study)
    other = folder.with_name("other-2021")
    shutil.copytree(folder, other)
    (other / "study.yaml").write_text(other_study, encoding="utf-8")


def test_a_folder_copied_under_another_id_is_a_study_twice(tmp_path: Path) -> None:
    copy_of(tmp_path, STUDY.replace("example-2020", "other-2021"))
    (problem,) = problems_of(tmp_path)
    assert problem.startswith("data/studies/other-2021/study.yaml label: need label of its own")
    assert "as in the study example-2020; remove the copy" in problem


def test_a_copy_with_another_label_is_known_by_its_numbers(tmp_path: Path) -> None:
    other = STUDY.replace("example-2020", "other-2021").replace("Example 2020", "Other 2021")
    copy_of(tmp_path, other, rows=(*ROWS, *MANY_ROWS))
    (problem,) = problems_of(tmp_path)
    assert "need printed numbers of its own, found all of them, as in the study exa" in problem


def test_two_studies_may_print_the_same_few_numbers(tmp_path: Path) -> None:
    assert len(more_studies(tmp_path, "other-2021").studies) == 2


def test_a_report_belongs_to_one_study(tmp_path: Path) -> None:
    doi = ("title: An example}", "title: An example, doi: 10.1000/x}")
    study = STUDY.replace(*doi)
    other = study.replace("example-2020", "other-2021").replace("Example 2020", "Other 2021")
    copy_of(tmp_path, other.replace("10.1000/x", "10.1000/X"), study=study)
    (problem,) = problems_of(tmp_path)
    assert (
        "reports: need DOI of its own, found '10.1000/x', as in the study example-2020" in problem
    )


def two_studies_of_one_paper(root: Path, first: str, second: str) -> None:
    """The example and another study whose reports have one DOI; each declares what it is given."""
    doi = ("title: An example}", "title: An example, doi: 10.1000/x%s}")
    study = STUDY.replace(doi[0], doi[1] % first)
    other = STUDY.replace(doi[0], doi[1] % second).replace("10.1000/x", "10.1000/X")
    other = other.replace("example-2020", "other-2021", 1).replace("Example 2020", "Other 2021")
    copy_of(root, other, study=study)


def also_in(study: str) -> str:
    return f", also_in: [{{study: {study}, why: it reports two trials}}]"


def test_one_paper_on_two_trials_is_entered_where_both_declare_it(tmp_path: Path) -> None:
    two_studies_of_one_paper(tmp_path, also_in("other-2021"), also_in("example-2020"))
    studies = load_review(tmp_path).studies
    assert [studies[id_].reports[0].other_studies for id_ in sorted(studies)] == [
        ("other-2021",),
        ("example-2020",),
    ]


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        (also_in("other-2021"), "", "other-2021/study.yaml reports.0: need also_in with example-"),
        ("", also_in("example-2020"), "example-2020/study.yaml reports.0: need also_in with other"),
    ],
)
def test_one_study_alone_cannot_declare_that_a_paper_is_of_two(
    tmp_path: Path, first: str, second: str, place: str
) -> None:
    two_studies_of_one_paper(tmp_path, first, second)
    (problem,) = problems_of(tmp_path)
    assert f"data/studies/{place}" in problem
    assert "found nothing; declare it with its reason here, or remove it there" in problem


@pytest.mark.parametrize("named", ["third-2022", "example-2020"])
def test_a_study_that_has_no_report_of_the_paper_cannot_be_declared(
    tmp_path: Path, named: str
) -> None:
    report = ("title: An example}", f"title: An example, doi: 10.1000/x{also_in(named)}}}")
    write_review(tmp_path, study=STUDY.replace(*report))
    (problem,) = problems_of(tmp_path)
    assert "reports.0.also_in: need another study of the review with a report of the same DOI" in (
        problem
    )
    assert repr(named) in problem


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{study: other-2021}", "reports.0.also_in.0: need the key 'why'"),
        ("{why: it reports two trials}", "reports.0.also_in.0: need the key 'study'"),
        ("{study: other-2021, why: ''}", "reports.0.also_in.0.why: need"),
        ("{study: other-2021, why: two, wy: two}", "reports.0.also_in.0: need"),
        ("other-2021", "reports.0.also_in.0: need"),
        ("", "reports.0.also_in: need"),
    ],
)
def test_the_other_study_of_a_paper_is_declared_with_its_reason(
    tmp_path: Path, entry: str, told: str
) -> None:
    two_studies_of_one_paper(tmp_path, f", also_in: [{entry}]", "")
    assert told in "\n".join(problems_of(tmp_path))


def test_a_name_is_described_once_in_the_dictionary(tmp_path: Path) -> None:
    write_review(tmp_path)
    row = DICTIONARY.splitlines()[1]
    (tmp_path / "data" / "dictionary.csv").write_text(f"{DICTIONARY}{row}\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path)
    assert problem == (
        "data/dictionary.csv row 4: need one row a name, found another of 'design.line' in "
        "data/studies/*/study.yaml, after row 2; remove one."
    )


def test_an_outcome_is_the_same_as_one_that_is_known(tmp_path: Path) -> None:
    write_review(
        tmp_path, study=STUDY.replace("kind: time-to-event", "kind: time-to-event, same_as: oss")
    )
    (problem,) = problems_of(tmp_path)
    assert "outcomes.os.same_as: need one of" in problem
    assert "found 'oss'; correct it, or declare it under outcomes in review.yaml" in problem


def test_a_synthesis_that_is_not_pooled_has_no_absolute_effect(tmp_path: Path) -> None:
    write_review(tmp_path)
    plan_with(tmp_path, "kind: two-arm,", "kind: two-arm, pool: false,")
    with (tmp_path / "data" / "review.yaml").open("a", encoding="utf-8") as file:
        file.write("absolute: [{synthesis: response-ratio, event: response}]\n")
    (problem,) = problems_of(tmp_path)
    assert "absolute.0.synthesis: need a synthesis that is pooled" in problem
    assert "'response-ratio', with pool: false" in problem


@pytest.mark.parametrize("source", ["the web", "www.example.org", "https://", "https://x y.org/"])
def test_a_source_of_a_trial_that_is_not_held_is_an_address(tmp_path: Path, source: str) -> None:
    write_review(tmp_path)
    with (tmp_path / "data" / "review.yaml").open("a", encoding="utf-8") as file:
        file.write(f"not_yet_held: {ADDRESSES % source}\n")
    (problem,) = problems_of(tmp_path)
    assert "not_yet_held.0.sources.0: need an address (https://...) or a DOI" in problem


@pytest.mark.parametrize("source", ["https://example.org/a?b=1#c", "http://x.org", "10.1000/x.y"])
def test_an_address_or_a_doi_is_a_source(tmp_path: Path, source: str) -> None:
    write_review(tmp_path)
    with (tmp_path / "data" / "review.yaml").open("a", encoding="utf-8") as file:
        file.write(f"not_yet_held: {ADDRESSES % source}\n")
    assert load_review(tmp_path).protocol.not_yet_held


def test_a_property_that_no_arm_has_is_a_problem(tmp_path: Path) -> None:
    write_review(tmp_path)
    plan_with(tmp_path, SIDES, "experimental: {label: Newer}, control: {label: Old}")
    problem = "\n".join(problems_of(tmp_path))
    assert (
        "(response-ratio).experimental.label: need a value that an arm has ('New', 'Old')"
        in problem
    )


def test_check_names_a_synthesis_whose_arms_no_study_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_review(tmp_path)
    plan_with(tmp_path, SIDES, SIDES.replace("true", "true, treatment_class: old-drug"))
    assert main(["--root", str(tmp_path), "check"]) == 0
    wanted = "response-ratio: no study enters: no arm of any study is what it takes as experimental"
    assert wanted in capsys.readouterr().out


def test_a_chapter_that_asks_for_what_no_study_enters_is_told_so(tmp_path: Path) -> None:
    write_review(tmp_path)
    none = "kind: proportion, arms: {is_new: true, treatment_class: old-drug}"
    plan_with(tmp_path, "kind: proportion", none)
    page = SynthesisPage(tmp_path)
    with pytest.raises(ValueError, match="response: need a study that enters this synthesis"):
        page.first("response")
    with pytest.raises(ValueError, match=re.escape("none, as no study enters it")):
        page.published()["response.logit_proportion.new-drug.example-2020.new"]
    with pytest.raises(ValueError, match=r"need a synthesis of data/review\.yaml"):
        page.first("responses")


def test_a_chapter_that_asks_for_a_measure_that_is_not_planned_is_told_which_are(
    tmp_path: Path,
) -> None:
    write_review(tmp_path)
    plan_with(tmp_path, "kind: two-arm,", "kind: two-arm, measures: [rd],")
    page = SynthesisPage(tmp_path)
    page.table("response-ratio", "rd")
    with pytest.raises(ValueError, match=re.escape("need a measure of this synthesis (rd)")):
        page.table("response-ratio", "log_rr")
