"""Certainty: steps and reasons, what a rule computes, and statements no stronger than it."""

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from example_review import write_review
from livingreview_appraisal import (
    Appraisals,
    MissingEvidence,
    imprecision,
    inconsistency,
    largest_error,
    load_questions,
    share_at_risk,
)
from livingreview_appraisal.grade import APPRECIABLE
from livingreview_certainty import grade as tables
from livingreview_certainty import summary
from livingreview_certainty.page import FindingsPage
from livingreview_plan import PlannedResult
from livingreview_pool import measure as find_measure
from livingreview_record import DOWN, UP, DataProblemsError, Grade, load_review
from livingreview_record.certainty import GRADE_COLUMNS, check_certainty

ROOT = Path(__file__).parents[1]
NAMES = ("start", *DOWN, *UP)
STRONG = {  # words that a level may not use
    "very low": r"\b(may|likely|lead)\b",
    "low": r"\b(likely|does)\b",
    "moderate": r"\b(does)\b",
    "high": r"$^",
}


def rows(**steps):
    return [
        {"syntheses": "one two", "domain": name, "steps": str(steps.get(name.replace("-", "_"), 0)),
         "reason": "words", "differs": ""} | ({"steps": "high"} if name == "start" else {})
        for name in NAMES
    ]  # fmt: skip


def write(root: Path, lines) -> Path:
    folder = root / "data" / "appraisal"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "grade.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, GRADE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return root


def load_grades(root, ids):
    problems = []
    found = check_certainty(root / "data" / "appraisal" / "grade.csv", ids, problems)
    if problems:
        raise DataProblemsError(problems)
    return found


def test_a_review_whose_certainty_cannot_be_is_not_loaded_and_the_row_is_named(tmp_path):
    write_review(tmp_path)
    lines = [row | {"syntheses": "survival"} for row in rows()]
    add_descriptions(tmp_path)
    assert load_review(write(tmp_path, lines)).certainty["survival"].level == "high"
    write(tmp_path, [lines[0], lines[1] | {"reason": ""}, *lines[2:]])
    with pytest.raises(DataProblemsError, match=r"grade\.csv row 3 column reason: need a reason"):
        load_review(tmp_path)


def add_descriptions(root):
    path = root / "data" / "dictionary.csv"
    said = "".join(f"data/appraisal/grade.csv,{name},words,words\n" for name in GRADE_COLUMNS)
    path.write_text(path.read_text("utf-8") + said, "utf-8")


def test_steps_lead_down_from_the_start_and_never_below_the_lowest_level(tmp_path):
    found = load_grades(write(tmp_path, rows(imprecision=-1, indirectness=-1)), ["one", "two"])
    assert found["one"].level == found["two"].level == "low"
    found = load_grades(write(tmp_path, rows(risk_of_bias=-3, imprecision=-2)), ["one", "two"])
    assert found["one"].level == "very low"


@pytest.mark.parametrize(
    ("number", "cells", "told"),
    [
        (1, {"reason": " "}, r"row 3 column reason: need a reason, found nothing"),
        (1, {"domain": "luck"}, r"row 3 column domain: need one of start, risk-of-bias"),
        (2, {"steps": "-3"}, r"row 4 column steps: need one of 0, -1, -2, found '-3'"),
        (2, {"steps": "1"}, r"row 4 column steps: need one of 0, -1, -2, found '1'"),
        (6, {"steps": "-1"}, r"row 8 column steps: need one of 0, 1, 2, found '-1'"),
        (0, {"steps": "middle"}, r"row 2 column steps: need one of low, high"),
        (1, {"syntheses": "three"}, r"row 3 column syntheses: need one of one, two"),
    ],
)
def test_a_step_that_cannot_be_is_named(tmp_path, number, cells, told):
    lines = [row | (cells if n == number else {}) for n, row in enumerate(rows())]
    with pytest.raises(DataProblemsError) as caught:
        load_grades(write(tmp_path, lines), ["one", "two"])
    assert re.search(told, str(caught.value))


def test_a_missing_domain_and_a_doubled_one_are_named(tmp_path):
    write(tmp_path, [row for row in rows() if row["domain"] != "indirectness"])
    with pytest.raises(DataProblemsError, match=r"a row for each domain of one, .*indirectness"):
        load_grades(tmp_path, ["one", "two"])
    write(tmp_path, [*rows(), rows()[0]])
    with pytest.raises(DataProblemsError, match=r"row 11 column domain: need one row on start"):
        load_grades(tmp_path, ["one", "two"])


def test_the_optimal_information_size_is_that_of_schoenfelds_formula():
    """379 deaths find a hazard ratio of 0.75 with 80% power, two-sided 5% (Schoenfeld 1983)."""
    assert 4 / largest_error() ** 2 == pytest.approx(379.4, abs=0.1)


@pytest.mark.parametrize(
    ("lower", "upper", "error", "steps"),
    [
        (0.5, 0.7, 0.08, 0),
        (0.5, 0.99, 0.08, 0),
        (0.5, 1.01, 0.08, -1),
        (0.5, 0.7, 0.11, -1),
        (0.74, 1.34, 0.08, -2),
        (0.76, 1.34, 0.08, -1),
        (1.1, 1.9, 0.08, 0),
    ],
)
def test_imprecision_follows_the_interval_and_the_size(lower, upper, error, steps):
    assert imprecision(math.log(lower), math.log(upper), error) == steps


@given(st.floats(-2, 2), st.floats(0.01, 1.5), st.floats(0.01, 0.3))
def test_imprecision_is_the_same_the_other_way_round_and_grows_with_the_interval(middle, half, se):
    low, high = middle - half, middle + half
    assert imprecision(low, high, se) == imprecision(-high, -low, se)
    assert imprecision(low - 0.5, high + 0.5, se) <= imprecision(low, high, se)


def test_inconsistency_needs_two_studies():
    assert inconsistency([(0, 1)], 90) == 0
    assert inconsistency([(0, 1), (0.5, 2)], 49.9) == 0
    assert inconsistency([(0, 1), (0.5, 2)], 50) == -1
    assert share_at_risk([1, 1, 2], [True, False, True]) == pytest.approx(75)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("questions: [one]", r"questions: need a mapping of ids to questions, found a list"),
        ("questions: {q: {title: T}}", r"questions\.q\.subject: need a text, found nothing"),
        (
            "questions: {q: {title: T, subject: s, against: a, population: p, outcomes: ["
            "{synthesis: three, outcome: o, below: b, above: a}]}}",
            r"outcomes\.0\.synthesis: need one of one, two, found 'three'",
        ),
        (
            "questions: {q: {title: T, subject: s, against: a, population: p, outcomes: ["
            + ", ".join(8 * ["{}"])
            + "]}}",
            r"questions\.q\.outcomes: need at most 7 outcomes, found 8",
        ),
        ("questions: {q: {titel: T}}", r"questions\.q: need one of title, .*perhaps 'title'"),
    ],
)
def test_a_question_that_cannot_be_is_named(tmp_path, text, told):
    folder = tmp_path / "data" / "appraisal"
    folder.mkdir(parents=True)
    (folder / "findings.yaml").write_text(text, "utf-8")
    with pytest.raises(DataProblemsError) as caught:
        load_questions(tmp_path, ["one", "two"])
    assert re.search(told, str(caught.value))


# This review.


@pytest.fixture(scope="module")
def page():
    return FindingsPage(ROOT)


def unexplained(
    results: Mapping[str, Sequence[PlannedResult]],
    grades: Mapping[str, Grade],
    appraisals: Appraisals,
    missing: Mapping[str, MissingEvidence],
) -> list[str]:
    """Each synthesis and domain whose step differs from the computed one without a reason."""
    return [
        f"{id_}: {name} is {grades[id_].steps[name].steps}, computed {steps}"
        for id_, found in results.items()
        if id_ in grades and found
        for name, steps in tables.computed(found[0], appraisals, missing).steps.items()
        if grades[id_].steps[name].steps != steps and not grades[id_].steps[name].differs
    ]


def without_judgement(
    results: Mapping[str, Sequence[PlannedResult]], grades: Iterable[str]
) -> list[str]:
    """Each synthesis that compares treatments or pools several studies and has no judgement."""
    return [
        id_
        for id_, found in results.items()
        if id_ not in set(grades)
        and any(
            one.effects
            and (
                find_measure(one.measure).compares or (one.pooled is not None and one.pooled.k > 1)
            )
            for one in found
        )
    ]


def test_every_result_that_compares_or_pools_has_a_judgement(page):
    assert without_judgement(page.results, page.grades) == []
    some = {id_: one for id_, one in page.grades.items() if id_ != "os-ici"}
    assert without_judgement(page.results, some) == ["os-ici"]


def test_a_step_that_differs_from_the_rule_says_why(page):
    assert unexplained(page.results, page.grades, page.appraisals, page.missing) == []
    one = page.grades["os-engager"]
    silent = {**one.steps, "imprecision": replace(one.steps["imprecision"], differs="")}
    grades = {**page.grades, "os-engager": replace(one, steps=silent)}
    found = unexplained(page.results, grades, page.appraisals, page.missing)
    assert found == ["os-engager: imprecision is 0, computed -1"]


def test_the_certainty_is_held_once_and_every_page_shows_it(page):
    assert not hasattr(page.review.protocol, "certainty")
    for id_, found in page.results.items():
        told = page.grades[id_].level if id_ in page.grades else ""
        assert {result.certainty for result in found} <= {told}


def test_each_statement_on_the_front_page_is_made_from_its_result(page):
    text = (ROOT / "chapters" / "index.md").read_text("utf-8")
    for key, said in page.statements().items():
        assert text.count(f"{{glue:text}}`index.statement.{key}`") >= 1, key
        level = page.grades[key.partition(".")[2]].level
        assert not re.search(STRONG[level], said)


def test_the_front_page_claims_no_effect_in_words_of_its_own():
    text = (ROOT / "chapters" / "index.md").read_text("utf-8")
    plain = text.partition("## In plain words")[2].partition("## In numbers")[0]
    claims = re.compile(
        r"\b(improves?|prolongs?|reduces?|works|effective|proven|lived longer|helped)\b", re.I
    )
    found = [
        line for line in plain.splitlines() if claims.search(line) and not line.endswith("?**")
    ]
    assert found == []


def test_the_summary_tells_what_is_printed_and_the_certainty_beside_it(page, capsys):
    page.summary("kq5")
    shown = capsys.readouterr().out
    assert (
        "0.73 (0.57 to 0.95) | deaths within 12 months: not computed: no control arm prints"
        in shown
    )
    assert "| 483 (1) |" in shown
    opened = tables.Certainty(page.results, page.grades, page.appraisals, page.missing)
    assert "Share of the weight at high risk: 100%." in repr(opened)
    assert opened.html().count("<details") == len(page.grades)


def test_events_in_a_summary_are_of_the_result_beside_them_which_names_its_model(page):
    (three, two, *_) = page.found["kq1"]
    shown = repr(
        summary.summary(page.review, page.questions["kq1"], [three, two], page.languages["en"])
    )
    assert "; Random effects (REML), modified Knapp-Hartung interval |" in shown
    assert "; Bayesian, prior 0.5 (credible interval) |" in shown
    random = three.result.pooled.random
    assert three.estimate == (random.mean, random.ci_lower, random.ci_upper)
    for baseline, effect in three.absolute:
        highest = 1000 * (1 - (1 - baseline.risk) ** math.exp(random.ci_upper))
        assert effect.experimental_upper == pytest.approx(highest)


def test_the_certainty_in_a_summary_leads_to_its_reasons_and_these_to_the_result(page):
    found = page.found["kq5"]
    shown = summary.summary(page.review, page.questions["kq5"], found, page.languages["en"])
    reasons = tables.Certainty(page.results, page.grades, page.appraisals, page.missing).html()
    for one in found:
        id_ = one.outcome.synthesis
        assert f'<a href="findings.html#certainty-{id_}">{one.grade.level}</a>' in shown.html()
        (opened,) = re.findall(rf'<details [^>]*id="certainty-{id_}">.*?</details>', reasons, re.S)
        assert re.search(rf'href="[a-z0-9]+\.html#synthesis-{id_}"', opened)


def test_the_protocol_states_the_threshold_that_the_rule_uses(page):
    words = " ".join(page.review.protocol.analysis["certainty"].split())
    assert f"a ratio of {APPRECIABLE} or its inverse" in words
