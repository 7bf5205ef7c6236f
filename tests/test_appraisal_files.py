"""What the files on risk of bias must be, and what of the audit they carry."""

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from livingreview.cli import main
from livingreview_appraisal import check_appraisal, load_appraisals, load_tool, tables
from livingreview_appraisal.appraisals import ANSWER_COLUMNS, JUDGEMENT_COLUMNS, NOT_JUDGED
from livingreview_audit import CHECKS
from livingreview_record import DataProblemsError
from livingreview_results.page import SynthesisPage
from the_review import its_findings, the_review

ROOT = Path(__file__).parents[1]
HEAD = """
assessors: {ann: A reader, bob: Another}
results:
  one.os: {study: example-2020, tool: rob-2, label: Survival, applies: [{outcome: os}]}
  one.trust: {study: example-2020, tool: inspect-sr, label: The study}
statements: {roles: to be stated}
"""
GOOD = {"1.3": "N", "2.3": "N", "2.4": "NA", "2.5": "NA", "2.7": "NA", "3.2": "NA", "3.3": "NA",
        "3.4": "NA", "4.1": "N", "4.2": "N", "4.4": "NA", "4.5": "NA", "4.3": "N", "5.2": "N",
        "5.3": "N"}  # fmt: skip


def rows(assessor="ann", **changed):
    tool = load_tool("rob-2")
    given = {key: GOOD.get(key, "Y") for key in tool.questions} | changed
    found = [
        {"assessor": assessor, "date": "2026-01-01", "results": "one.os", "question": key,
         "answer": answer, "place": "Methods", "support": "words", "finding": ""}
        for key, answer in given.items()
    ]  # fmt: skip
    trust = {"1": "N", "2": "Y", "3": "N", "4": "N"}
    return found + [
        found[0] | {"results": "one.trust", "question": key, "answer": answer}
        for key, answer in trust.items()
    ]


def stated(assessor="ann", **cells):
    names = ("notices", "conduct", "text", "results")
    return [
        {"assessor": assessor, "date": "2026-01-01", "results": "one.trust", "domain": name,
         "judgement": "low", "why": "nothing found", "direction": ""} | cells
        for name in names
    ]  # fmt: skip


def write(root: Path, answers, judgements, head=HEAD) -> Path:
    folder = root / "data" / "appraisal"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "appraisal.yaml").write_text(head, "utf-8")
    (folder / "contacts.csv").write_text("date,study_id,asked_of,asked,answered\n", "utf-8")
    for name, columns, lines in (
        ("answers.csv", ANSWER_COLUMNS, answers),
        ("judgements.csv", JUDGEMENT_COLUMNS, judgements),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    return root


def problems(root: Path, answers, judgements, head=HEAD) -> str:
    write(root, answers, judgements, head)
    with pytest.raises(DataProblemsError) as caught:
        load_appraisals(root)
    return str(caught.value)


def test_the_example_is_judged_low_and_carried_to_its_outcome(tmp_path):
    found = load_appraisals(write(tmp_path, rows(), stated()))
    one = found.of_result("example-2020", outcome="os", population="whole")
    assert one is not None
    assert one.overall.judgement == "low"
    assert found.of_result("example-2020", outcome="response") is None
    assert found.of_result("other-2021", outcome="os") is None


def test_a_worse_answer_makes_the_whole_worse(tmp_path):
    found = load_appraisals(write(tmp_path, rows(**{"1.2": "N"}), stated()))
    assert found.standing()["one.os"].overall.judgement == "high"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"answer": "SN"}, r"row 2 column answer: need one of Y, PY, PN, N, NI, found 'SN'"),
        ({"question": "9.9"}, r"row 2 column question: need one of 1\.1"),
        ({"support": " "}, r"row 2 column support: need our own words, found nothing"),
        ({"place": ""}, r"row 2 column place: need where in the report, found nothing"),
        ({"results": "two.os"}, r"row 2 column results: need one of one\.os, one\.trust"),
        ({"assessor": "eve"}, r"row 2 column assessor: need one of ann, bob, settled"),
    ],
)
def test_an_answer_that_cannot_be_is_named(tmp_path, cells, told):
    first, *others = rows()
    assert re.search(told, problems(tmp_path, [first | cells, *others], stated()))


def test_a_question_without_an_answer_and_one_with_two_are_named(tmp_path):
    told = problems(tmp_path, rows()[1:], stated())
    assert "need an answer of ann to each question on one.os, found none to 1.1" in told
    told = problems(tmp_path, [*rows(), rows()[0]], stated())
    assert "need one answer to 1.1 on one.os, found row 2 too" in told


def test_a_judgement_without_a_reason_is_named(tmp_path):
    told = problems(tmp_path, rows(), stated(why=""))
    assert "judgements.csv row 2 column why: need a reason, found nothing" in told


def test_where_no_rule_leads_a_judgement_must_be_stated(tmp_path):
    told = problems(tmp_path, rows(), stated()[:3])
    assert "need a stated judgement for ann's results on one.trust" in told


def test_a_stated_judgement_stands_beside_what_the_answers_give(tmp_path):
    own = stated()[0] | {"results": "one.os", "domain": "missing", "judgement": "some"}
    found = load_appraisals(write(tmp_path, rows(), [*stated(), own])).standing()["one.os"]
    assert (found.domains["missing"].judgement, found.domains["missing"].computed) == (
        "some",
        "low",
    )
    assert found.overall.judgement == "some"


def test_two_assessors_who_differ_need_a_settlement_and_their_agreement_is_told(tmp_path):
    answers = rows() + rows("bob", **{"1.2": "N"})
    judgements = stated() + stated("bob")
    told = problems(tmp_path, answers, judgements)
    assert "need rows of the assessor 'settled' on one.os, where the assessors differ" in told
    answers += [row for row in rows("settled", **{"1.2": "NI"}) if row["results"] == "one.os"]
    found = load_appraisals(write(tmp_path, answers, judgements))
    assert found.standing()["one.os"].overall.judgement == "some"
    table = tables.agreements(found)
    assert table.iloc[0].tolist()[:3] == ["ann, bob", "9", "8"]


def test_a_settlement_repeats_no_answer_that_all_gave_alike(tmp_path):
    answers = rows() + rows("bob", **{"1.2": "N"})
    judgements = stated() + stated("bob")
    settled = [row for row in rows("settled", **{"1.2": "NI"}) if row["results"] == "one.os"]
    told = problems(tmp_path, [*answers, settled[0]], judgements)
    assert "need an answer of settled to each question on one.os, found none to 1.2" in told
    (only,) = (row for row in settled if row["question"] == "1.2")
    found = load_appraisals(write(tmp_path, [*answers, only], judgements)).standing()["one.os"]
    assert found.assessor == "settled"
    assert found.answers["1.2"].answer == "NI"
    assert found.answers["1.1"].answer == rows()[0]["answer"]


def test_one_assessor_gives_no_agreement(tmp_path):
    assert tables.agreements(load_appraisals(write(tmp_path, rows(), stated()))).empty


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tool: rob-2", "tool: rob-3", r"results\.one\.os\.tool: need one of inspect-sr"),
        ("label: Survival", "name: Survival", r"results\.one\.os: need one of study, tool"),
        ("{outcome: os}", "{arm: new}", r"results\.one\.os\.applies: need one of outcome"),
        ("assessors: {ann: A reader, bob: Another}", "assessors: [ann]", r"assessors: need a map"),
    ],
)
def test_a_target_that_cannot_be_is_named(tmp_path, old, new, told):
    assert re.search(told, problems(tmp_path, rows(), stated(), HEAD.replace(old, new)))


# This review.


@pytest.fixture(scope="module")
def page():
    return SynthesisPage(ROOT)


def test_every_finding_that_a_judgement_names_is_one_of_the_audit():

    found = {(one.study_id, one.check) for one in its_findings() if one.counts_against}
    named = {
        (one.target.study, finding)
        for one in load_appraisals(ROOT).standing().values()
        for answer in one.answers.values()
        for finding in answer.finding
    }
    assert {finding for _, finding in named} <= set(CHECKS)
    assert named <= found


def test_every_remark_on_the_design_of_a_judged_study_enters_a_judgement():
    from livingreview_audit import Kind

    standing = load_appraisals(ROOT).standing().values()
    judged = {one.target.study for one in standing if one.target.tool != "inspect-sr"}
    named = {
        (one.target.study, finding)
        for one in standing
        for answer in one.answers.values()
        for finding in answer.finding
    }
    remarks = {
        (one.study_id, one.check)
        for one in its_findings()
        if one.kind is Kind.DESIGN and one.counts_against and one.study_id in judged
    }
    assert remarks <= named


def test_the_risk_of_bias_stands_beside_each_study_of_a_plot(page, capsys):
    page.plot("os-ici-after-ici")
    shown = capsys.readouterr().out
    effects = page.results["os-ici-after-ici"][0].effects
    judged = [page.appraisals.risk_of(effect.sources[0]) for effect in effects]
    assert judged
    assert shown.count("risk of bias: ") == len(judged)
    for words in judged:
        assert f"risk of bias: {words}" in shown


def test_the_rows_that_a_figure_draws_carry_the_judgement_of_their_own_number(page):
    from livingreview_display import STUDY
    from livingreview_results.compared import with_studies
    from livingreview_results.page import arms_plot

    for results in page.results.values():
        if not results:
            continue
        bare = arms_plot(results, marked=frozenset())
        plot = with_studies(bare, results, page.review.studies, page.appraisals)
        drawn = plot.rows[plot.rows["mark"] == STUDY]["risk"].tolist()
        effects = [effect for result in results for effect in result.effects]
        judged = [page.appraisals.risk_of(effect.sources[0]) for effect in effects]
        assert drawn == judged


def test_no_study_stands_in_a_synthesis_without_a_judgement_of_bias(page):
    assert unjudged(page, page.appraisals) == []
    others = [one for one in page.appraisals.appraisals if one.target.study != "chen-2025"]
    fewer = replace(page.appraisals, appraisals=tuple(others))
    assert {study for _, study in unjudged(page, fewer)} == {"chen-2025"}


def unjudged(page, appraisals):
    """Each synthesis and study of it whose result has no judgement."""
    return sorted(
        {
            (id_, effect.study)
            for id_, results in page.results.items()
            for result in results
            for effect in result.effects
            if appraisals.risk_of(effect.sources[0]) == NOT_JUDGED
        }
    )


def test_every_study_is_judged_for_trust_and_by_a_tool_that_fits_its_design():
    tools = {}
    for one in load_appraisals(ROOT).standing().values():
        tools.setdefault(one.target.study, set()).add(one.tool.id)
    for study in the_review().studies.values():
        if study.status not in ("included", "awaiting-classification"):
            assert study.id not in tools
            continue
        trust, *others = sorted(tools.get(study.id, {""}))
        assert trust == "inspect-sr", study.id
        randomised = study.design["type"].startswith("randomised")
        fits = "rob-2" if randomised else "robins-i-v2" if study.comparisons else "jbi-case-series"
        assert others == [fits], study.id


def test_a_direction_is_told_where_it_is_known_and_a_stated_judgement_says_what_was_computed():
    review = the_review()
    shown = tables.lights(load_appraisals(ROOT, review), review, "robins-i-v2").html()
    assert "Direction: Towards platinum given again." in shown
    assert "the answers give" not in shown  # every stated judgement is the computed one, or alone


def test_a_judgement_opens_to_its_answers_and_tells_colour_and_symbol_apart():
    review = the_review()
    shown = tables.lights(load_appraisals(ROOT, review), review, "robins-i-v2").html()
    assert shown.count('class="light serious"') > 10
    assert 'class="light serious">\N{MINUS SIGN} serious</span>' in shown
    assert "Finding of the audit: survival-exclusion" in shown
    none = tables.lights(load_appraisals(ROOT, review), review, "rob-2")
    assert ("none so far" in none.html()) == (not none.appraisals)


@pytest.mark.parametrize("tool", ["inspect-sr", "jbi-case-series", "rob-2", "robins-i-v2"])
def test_every_judgement_of_a_table_opens_to_what_it_rests_on(tool):
    review = the_review()
    shown = tables.lights(load_appraisals(ROOT, review), review, tool).html()
    cells = re.findall(r"<td.*?</td>", shown, re.DOTALL)
    assert len(cells) > 20
    for cell in cells:
        assert re.search(r"<summary>.*</summary>.*<li>\w", cell, re.DOTALL), cell


def test_an_overall_judgement_names_the_domains_that_it_comes_from(tmp_path):
    review = SimpleNamespace(studies={"example-2020": SimpleNamespace(label="Example")})
    for changed, said in (({"1.2": "N"}, "The worst of the domains: Randomisation."),
                          ({}, "All domains are judged so.")):  # fmt: skip
        found = load_appraisals(write(tmp_path, rows(**changed), stated()))
        assert f"<li>{said}</li>" in tables.lights(found, review, "rob-2").html()


def test_no_included_study_has_serious_concerns_about_trust():
    review = the_review()
    trust = [
        one for one in load_appraisals(ROOT).standing().values() if one.tool.id == "inspect-sr"
    ]
    doubted = {one.target.study for one in trust if one.overall.judgement == "high"}
    assert doubted
    assert all(review.studies[study].status != "included" for study in doubted)


def test_where_a_report_is_silent_the_answer_is_no_information():
    """By the guidance of RoB 2 and ROBINS-I, for each question that can be answered so."""
    silent = re.compile(r"not (in|printed in) |no sign |.*by what the abstract says")
    shown = [
        f"{one.target.id} {number}: {answer.answer}"
        for one in load_appraisals(ROOT).standing().values()
        for number, answer in one.answers.items()
        if silent.match(answer.support) and "NI" in one.tool.questions[number].answers
        if answer.answer != "NI"
    ]
    assert shown == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("answers.csv", "treatment is the only variable, or counts are compared", " ",
         r"answers\.csv row 2 column support: need our own words, found nothing"),
        ("missing.csv", ",unrelated,", ",lost,", r"missing\.csv row 2 column state: need one of"),
        ("languages.yaml", "很可能{change}", "可能{change}",
         r"zh\.effect\.moderate: need a verb of moderate certainty"),
        ("findings.zh.yaml", "  kq2:", "  kq9:", r"findings\.zh\.yaml questions: need those"),
        ("findings.yaml", "baseline_arm: chemotherapy", "baseline_arm: placebo",
         r"baseline_arm: need one of tarlatamab, chemotherapy, found 'placebo'"),
    ],
)  # fmt: skip
def test_a_fault_of_each_file_is_named(tmp_path, file, old, new, told):
    spoil(tmp_path, file, old, new)
    (problem,) = check_appraisal(tmp_path, the_review())
    assert re.search(told, str(problem))


def test_the_check_of_the_data_reads_what_is_judged(tmp_path, capsys):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    spoil(tmp_path, "answers.csv", "treatment is the only variable, or counts are compared", " ")
    assert main(["--root", str(tmp_path), "check"]) == 1
    assert "answers.csv row 2 column support: need our own words" in capsys.readouterr().err


def spoil(root, file, old, new):
    shutil.copytree(ROOT / "data" / "appraisal", root / "data" / "appraisal", dirs_exist_ok=True)
    path = root / "data" / "appraisal" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
