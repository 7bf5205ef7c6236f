"""What the review says of itself in words, held against its data and its results."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from livingreview_appraisal import imprecision, inconsistency, load_missing
from livingreview_audit import CHECKS
from livingreview_display import POOLED, wording
from livingreview_pool.policy import PRIOR_SCALES
from livingreview_record.reported import Reported
from livingreview_record.studies import patients
from livingreview_results.rows import forest_rows
from the_review import carried_out, the_review

ROOT = Path(__file__).parents[1]
REVIEW = the_review()
COMPARISONS = [planned.id for planned in REVIEW.protocol.syntheses if planned.kind != "proportion"]
GRADES = REVIEW.certainty
INCLUDED = [study for study in REVIEW.studies.values() if study.status == "included"]
AGAIN = ("zhang-2025", "gu-2026", "chen-2025")  # named as such on the front page
RANDOMISED = ("dellphi-304", "imforte", "s1929", "fuyang-117")
ABSTRACTS = (  # named as read as abstracts only, of no randomised trial
    *("dalian-2026", "li-l-2022", "wang-c-2026", "three-centre-489", "guo-y-2025"),
    *("zhang-jian-2025", "pons-tostivint-2024", "tropics-03", "gomez-randulfe-2024", "aurora-2025"),
    *("topgan-2021-01", "kushiro-2022", "morinaga-2025", "flatiron-8083"),
)
JUDGE = (
    "data/appraisal/grade.csv: judge {} again (CONTRIBUTING, Add a study, step 9), "
    "with reasons that hold for the studies that are in it now"
)
READ = (
    "chapters/index.md says in words what held before this change: read its sentences again "
    "(CONTRIBUTING, Add a study, step 9) and mend the one on {}; then this test"
)


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_comparison_with_a_result_has_one_judgement_of_its_certainty():
    with_result = [
        name for name in COMPARISONS if any(answer.effects for answer in carried_out(name))
    ]
    differing = sorted({*GRADES} ^ {*with_result})
    assert not differing, JUDGE.format(differing)


@pytest.mark.parametrize("synthesis", COMPARISONS)
def test_imprecision_is_named_where_the_interval_includes_no_difference(synthesis):
    imprecise = any(
        bounds[0] <= 0 <= bounds[1]
        for answer in carried_out(synthesis)
        if answer.measure.startswith("log_")
        for bounds in _intervals(answer)
    )
    step = GRADES[synthesis].steps["imprecision"]
    assert step.steps < 0 or step.differs or not imprecise, JUDGE.format(synthesis)


def _intervals(answer):
    """The interval that is read first, or those of the studies where nothing is pooled."""
    if answer.pooled is None:
        return [effect.interval() for effect in answer.effects]
    shown = answer.pooled.bayes or answer.pooled.main
    return [(shown.ci_lower, shown.ci_upper)]


def strangers(grades) -> list[str]:
    """Studies that the reasons of a certainty name, and that neither enter nor are missing."""
    missing = load_missing(ROOT, grades, REVIEW.studies)
    found = []
    for name, grade in grades.items():
        known = {one.study for answer in carried_out(name) for one in answer.effects}
        known |= {one.study for one in missing[name].absent}
        said = " ".join([grade.why_start, *(step.reason for step in grade.steps.values())])
        said += " ".join(step.differs for step in grade.steps.values())
        named = {one.id for one in REVIEW.studies.values() if one.label in said}
        found += [f"{name}: {one}" for one in sorted(named - known)]
    return found


def test_a_reason_names_no_study_that_neither_enters_nor_is_missing():
    assert strangers(GRADES) == []
    borrowed = replace(GRADES["pfs-ici-adjusted"], why_start="as DeLLphi-304 was allocated")
    assert strangers(GRADES | {"pfs-ici-adjusted": borrowed}) == ["pfs-ici-adjusted: dellphi-304"]


@pytest.mark.parametrize("synthesis", COMPARISONS)
def test_the_reason_for_imprecision_is_the_ground_that_holds(synthesis):
    """Of one pooled result: the interval of the middle prior, or the one study, and its size."""
    answer = carried_out(synthesis)[0]
    if answer.pooled is None:
        return
    model = answer.pooled.bayes or answer.pooled.main
    ground = {
        -2: "holds an appreciable benefit and an appreciable harm",
        -1: "the interval includes no difference"
        if model.ci_lower <= 0 <= model.ci_upper
        else "fewer events than the optimal information size",
        0: "",
    }
    step = GRADES[synthesis].steps["imprecision"]
    by_rule = imprecision(model.ci_lower, model.ci_upper, answer.pooled.main.se)
    assert step.differs or (step.steps == by_rule and ground[by_rule] in step.reason)
    assert ", or " not in step.reason, "say which of the two holds"


@pytest.mark.parametrize("synthesis", COMPARISONS)
def test_no_inconsistency_is_blamed_on_studies_that_agree(synthesis):
    """A step down needs much heterogeneity, or two intervals of one measure that do not meet."""
    if synthesis not in GRADES or not GRADES[synthesis].steps["inconsistency"].steps:
        return
    seen = [
        inconsistency(
            [one.interval() for one in answer.effects],
            answer.pooled.main.i2 if answer.pooled else 0,
        )
        for answer in carried_out(synthesis)
    ]
    assert min(seen) < 0


def test_every_included_study_and_every_class_of_treatment_has_its_place_in_a_question():
    """A study is named, in each chapter whose tables hold it too; its medians are drawn in one."""
    names = [one.id for one in REVIEW.protocol.questions]
    pages = [text(f"chapters/{name}.md") for name in names]
    every = "\n".join(pages)
    unnamed = [study.id for study in INCLUDED if f"({study.id}.md)" not in every]
    assert unnamed == []
    for name, page in zip(names, pages, strict=True):
        in_tables = set(re.findall(r"<([a-z0-9-]+)\.html#", text(f"tests/expected/{name}.txt")))
        assert not {one for one in in_tables if f"({one}.md)" not in page}, name
    shown = {
        one for page in pages if "on_months(" in page for one in re.findall(r'"([a-z0-9-]+)"', page)
    }
    classes = {
        arm.treatment_class
        for study in INCLUDED
        if study.design["setting"] == "relapse"
        for arm in study.arms.values()
        if any(
            study.find(arm_id=arm.id, outcome=name, statistic="median") for name in ("os", "pfs")
        )
    }
    assert classes - shown == {"dll3-engager"}  # of one study, whose result stands in its chapter


def test_every_pooled_result_that_is_shown_has_a_judgement():
    for planned in REVIEW.protocol.syntheses:
        for answer in carried_out(planned.id):
            if (forest_rows(answer)["mark"] == POOLED).any():
                assert planned.id in GRADES, JUDGE.format(planned.id)


def test_medians_of_the_control_arms_stand_before_each_pooled_hazard_ratio():
    for path in sorted((ROOT / "chapters").glob("kq*.md")):
        chapter = path.read_text("utf-8")
        for shown in re.finditer(r'page\.show\("([\w-]+)"', chapter):
            (first, *_) = carried_out(shown[1])
            pooled = (forest_rows(first)["mark"] == POOLED).any()
            if not pooled or first.measure != "log_hr":
                continue
            before = chapter[: shown.start()].rstrip().removesuffix("```{code-cell} ipython3")
            cell = before.rpartition("```{code-cell}")[2]
            assert f'page.first("{shown[1]}")' in cell, f"{path.name}: {shown[1]}"
            assert "control_table(" in cell, f"{path.name}: {shown[1]}"


def test_confounding_is_counted_once_and_the_start_goes_by_the_design():
    for synthesis, grade in GRADES.items():
        used = {e.study for a in carried_out(synthesis) for e in a.effects}
        randomised = {REVIEW.studies[one].design["type"].startswith("randomised") for one in used}
        assert grade.start == ("high" if randomised == {True} else "low"), synthesis
        again = re.compile("physician|were chosen|fitter", re.IGNORECASE)
        assert not any(again.search(one.reason) for one in grade.steps.values()), synthesis


def test_left_out_early_deaths_are_named_wherever_that_study_is_used():
    for synthesis, grade in GRADES.items():
        answers = carried_out(synthesis)
        uses = any(effect.study == "gu-2026" for answer in answers for effect in answer.effects)
        named = "early deaths are left out" in grade.steps["risk-of-bias"].reason
        assert named == uses, JUDGE.format(synthesis)


def test_patients_with_and_without_earlier_treatment_are_all_patients():
    published = json.loads(text("results.json"))
    size = {name: int(published[f"index.evidence.{name}"]) for name in ("had", "never-had")}
    again = sum(patients(REVIEW.studies[study]) for study in AGAIN)
    message = (
        f"chapters/index.md: {size} do not add up to the {again} patients of the studies of "
        "immunotherapy again; its first cell counts the earlier treatment of each: add the new one"
    )
    assert sum(size.values()) == again, message
    named = {*AGAIN, *RANDOMISED, *ABSTRACTS}
    assert {one.id for one in INCLUDED} == named, READ.format("studies")
    every = sum(patients(REVIEW.studies[study]) for study in named)
    assert int(published["index.evidence.included.patients"]) == every


def test_no_page_speaks_of_a_search_before_one_was_made():
    assert REVIEW.protocol.searched == "never"
    for path in ("chapters/index.md", "data/review.yaml", "README.md"):
        words = " ".join(text(path).split())
        assert "database has been searched yet" in words, path
        for claim in ("was looked for", "was known on", "were searched", "systematic search"):
            assert claim not in words, path


def test_the_front_page_names_the_trials_that_are_not_held_yet():
    index = text("chapters/index.md")
    for trial in REVIEW.protocol.not_yet_held:
        assert f"index.not-yet-held.{trial.name.lower()}" in index


def test_figures_in_the_words_of_the_review_are_those_of_its_data_and_its_methods():
    words = " ".join(text("data/review.yaml").split())
    scales = ", ".join(f"{scale:g}" for scale in PRIOR_SCALES[:-1]) + f" and {PRIOR_SCALES[-1]:g}"
    assert f"of scales {scales}" in words
    (rule,) = (
        rule for rule in REVIEW.studies["gu-2026"].statements if rule.kind == "survival-exclusion"
    )
    assert rule.months == "2"
    assert "deaths within two months of the start" in text("data/appraisal/judgements.csv")


def printed(study: str, **quantity: str) -> Reported:
    return Reported(wording.printed(REVIEW.studies[study], interval=False, **quantity).rstrip("%"))


def test_what_the_front_page_says_in_words_is_what_the_studies_print():
    again = [REVIEW.studies[study] for study in AGAIN]
    assert {study.design["country"] for study in again} == {"China"}, READ.format("countries")
    kinds = {study.design["type"].partition(" ")[0].partition("-")[0] for study in again}
    assert kinds == {"retrospective"}, READ.format("designs")
    for trial in map(REVIEW.studies.__getitem__, RANDOMISED):
        assert trial.design["type"].startswith("randomised")
        assert {report.level for report in trial.reports} == {"abstract"}
    for abstract in map(REVIEW.studies.__getitem__, ABSTRACTS):
        assert {report.level for report in abstract.reports} == {"abstract"}
        assert not abstract.design["type"].startswith("randomised")
    for trial in ("imforte", "s1929"):
        assert REVIEW.studies[trial].design["prior_ici"] == "all"
    assert REVIEW.studies["dellphi-304"].design["prior_ici"] == "not stated"
    quality = [study.id for study in INCLUDED if "quality_of_life" in study.outcomes]
    assert quality == [], READ.format("quality of life")
    levels = {id_: grade.level for id_, grade in GRADES.items()}
    assert levels.pop("os-engager") == "low", READ.format("certainty")
    assert levels.pop("os-maintenance") == "low"
    assert levels.pop("pfs-maintenance") == "moderate"
    assert levels.pop("ae-grade3plus-engager") == "low"
    assert levels.pop("trae-grade3to4-maintenance") == "moderate"
    assert {*levels.values()} == {"very low"}, READ.format("certainty")
    zhang = REVIEW.studies["zhang-2025"]
    assert patients(zhang, "first_line_ici", "no") > patients(zhang) / 2  # "most people"
    earlier = {"comparison": "ici-vs-non-ici", "subgroup": "first_line_ici=yes"}
    (interval,) = zhang.find(outcome="os", statistic="ci95", **earlier)
    assert interval.interval.upper.value < 1  # "deaths came at a lower rate"
    response = {"outcome": "orr", "statistic": "percent"}
    for study, with_it, without in (
        ("gu-2026", "serplulimab", "chemotherapy"),
        ("zhang-2025", "ici", "non-ici"),
    ):  # "happened to more people"
        shares = [printed(study, arm_id=arm, **response).value for arm in (with_it, without)]
        assert shares[0] > shares[1]
    chance = {"comparison": "serplulimab-vs-chemotherapy", "outcome": "orr", "statistic": "p"}
    assert printed("gu-2026", **chance).value > 0.05  # "chance alone could explain it"


def test_a_checkpoint_inhibitor_was_nearly_always_given_with_other_drugs():
    for study, arm, pattern in (
        ("gu-2026", "serplulimab", "serplulimab_pattern"),
        ("zhang-2025", "ici", "ici_pattern"),
    ):
        alone = printed(study, outcome=pattern, category="alone", arm_id=arm, statistic="percent")
        assert alone.value < 10


def test_a_check_is_described_to_readers_without_the_marks_of_code():
    descriptions = [check.__doc__ or "" for check in CHECKS.values()]
    shown = [text.split("\n\n")[0] for text in descriptions]
    assert all(shown)
    assert not [text for text in shown if "`" in text or "_" in text]


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "chapters").glob("*.md")))
def test_no_page_says_of_the_authors_more_than_what_is_recorded(page):
    words = text(f"chapters/{page}").lower()
    assert "not asked" not in words
    assert "has been asked" not in words
