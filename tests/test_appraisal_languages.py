"""The plain summary in two languages: same numbers, same certainty, nothing stronger than it."""

import copy
import math
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from livingreview_appraisal import (
    load_languages,
    load_questions,
    load_translation,
    size_of,
    statement,
)
from livingreview_certainty.page import FindingsPage
from livingreview_record import LEVELS, DataProblemsError

ROOT = Path(__file__).parents[1]
LANGUAGES = ("en", "zh")
# What a sentence of a level must say, and what would be more than it allows.
SAYS = {
    "en": {
        "very low": (
            r"^We do not know whether .* very uncertain\.$",
            r"\b(may|might|likely|will)\b",
        ),
        "low": (r"\bmay\b", r"\b(likely|probably|will|does|proven)\b"),
        "moderate": (r"\bis likely to\b", r"\b(may|will|does|proven)\b"),
        "high": (r"\bwill\b", r"\b(may|likely|proven)\b"),
    },
    "zh": {
        "very low": (r"^我们不知道.*是否影响.*非常不确定。$", r"可能|将会|肯定|一定会|必然|证明"),
        "low": (r"(?<!很)可能", r"很可能|将会|肯定|一定会|必然|证明"),
        "moderate": (r"很可能", r"(?<!很)可能|将会|肯定|一定会|必然|证明"),
        "high": (r"将会", r"可能|肯定|一定会|必然|证明"),
    },
}
WORDS = {
    "en": {"subject": "taking it", "outcome": "deaths", "below": "prevent deaths", "above": "kill"},
    "zh": {"subject": "服用此药", "outcome": "死亡", "below": "减少死亡", "above": "增加死亡"},
}


@pytest.fixture(scope="module")
def languages():
    return load_languages(ROOT)


@pytest.fixture(scope="module")
def page():
    return FindingsPage(ROOT)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("ratio", [0.4, 0.7, 0.9, 1.1, 2.5])
def test_a_sentence_says_no_more_than_its_certainty(languages, language, level, ratio):
    centre = math.log(ratio)
    sure = (centre, centre - 0.05, centre + 0.05)
    said = statement(languages[language], level, sure, WORDS[language])
    must, never = SAYS[language][level]
    assert re.search(must, said), said
    assert not re.search(never, said), said
    assert languages[language].level_of(said) == level
    open_ = statement(languages[language], level, (centre, -1.5, 1.5), WORDS[language])
    assert languages[language].level_of(open_) == "very low", open_
    change = WORDS[language]["below" if ratio < 1 else "above"]
    assert (change in said) == (level != "very low")
    assert change not in open_


def test_a_large_and_a_small_effect_are_called_so_and_others_are_not_sized(languages):
    assert [size_of(math.log(r)) for r in (0.5, 0.51, 0.75, 0.76, 1.32, 1.34, 2.0)] == [
        *("large", "appreciable", "appreciable", "small", "small", "appreciable", "large")
    ]
    for language in LANGUAGES:
        sizes = languages[language].sizes
        estimate = (-1, -1.2, -0.8)
        said = statement(languages[language], "low", estimate, WORDS[language], ratio=-1)
        assert sizes["large"] in said
        plain = statement(languages[language], "low", estimate, WORDS[language])
        assert sizes["large"] not in plain


def test_frequent_events_are_called_much_fewer_by_the_ratio_of_their_risks_not_of_their_odds(page):
    (severe,) = (
        one for one in page.found["kq3"] if one.outcome.synthesis == "ae-grade3plus-engager"
    )
    odds, risks = (math.exp(value) for value in (severe.estimate[0], severe.ratio))
    assert odds == pytest.approx(137 / 117 / (204 / 51))
    assert risks == pytest.approx(137 / 254 / (204 / 255))
    assert odds < 0.5 < risks
    assert "large" not in page.statements()["kq3.ae-grade3plus-engager"]
    assert "by a large amount" in page.statements()["kq5.trae-grade3to4-maintenance"]


def broken(tmp_path, change):
    content = yaml.safe_load((ROOT / "data" / "appraisal" / "languages.yaml").read_text("utf-8"))
    content = copy.deepcopy(content)
    change(content)
    folder = tmp_path / "data" / "appraisal"
    folder.mkdir(parents=True)
    (folder / "languages.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(DataProblemsError) as caught:
        load_languages(tmp_path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda c: c["zh"]["effect"].update(low=c["zh"]["effect"]["moderate"]),
            r"zh\.effect\.low: need a verb of low certainty, .* found one of moderate",
        ),
        (
            lambda c: c["en"]["effect"].update(moderate=c["en"]["effect"]["high"]),
            r"en\.effect\.moderate: need a verb of moderate certainty.*found one of high",
        ),
        (
            lambda c: c["en"].update(unclear="{subject} may change {outcome} ({certainty})."),
            r"en\.unclear: need none, found one of low certainty",
        ),
        (
            lambda c: c["zh"].update(rests="研究数：{studies}。"),
            r"zh\.rests: need each of \{studies\}, \{people\} once, found \{studies\}",
        ),
        (lambda c: c["zh"].pop("nothing"), r"zh\.nothing: need a text, found nothing"),
        (lambda c: c["zh"]["sizes"].pop("large"), r"zh\.sizes: need an entry for each of large"),
        (lambda c: c["en"].update(wrods=1), r"en: need one of name, code"),
    ],
)
def test_a_template_that_cannot_be_is_named(tmp_path, change, told):
    assert re.search(told, broken(tmp_path, change))


def test_a_translation_with_another_outcome_is_named(tmp_path):
    questions = load_questions(ROOT, [s for s in synthesis_ids()])
    text = (ROOT / "data" / "appraisal" / "findings.zh.yaml").read_text("utf-8")
    folder = tmp_path / "data" / "appraisal"
    folder.mkdir(parents=True)
    content = yaml.safe_load(text)
    first = next(id_ for id_, one in content["questions"].items() if len(one["outcomes"]) > 1)
    del content["questions"][first]["outcomes"][1]
    (folder / "zh.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(DataProblemsError, match=rf"{first}\.outcomes \(synthesis\): need"):
        load_translation(tmp_path, "zh.yaml", questions)
    del content["questions"][first]
    (folder / "zh.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(DataProblemsError, match=r"questions: need those of findings.yaml"):
        load_translation(tmp_path, "zh.yaml", questions)


def synthesis_ids():
    review = yaml.safe_load((ROOT / "data" / "review.yaml").read_text("utf-8"))
    return [one["id"] for one in review["syntheses"]]


# This review.


def told(page, language):
    """What is said of each question."""
    return {asked.id: said for asked, said in page.plain(language).questions}


def figures(sentences):
    """Every number of some sentences."""
    return Counter(re.findall(r"\d(?:[\d,.]*\d)?", sentences))


def test_both_languages_tell_the_same_outcomes_with_the_same_numbers(page):
    english, chinese = told(page, "en"), told(page, "zh")
    assert english.keys() == chinese.keys()
    for id_, said in english.items():
        for here, there in zip(said, chinese[id_], strict=True):
            assert figures(here.text) == figures(there.text), (here, there)
            assert [to for _, to in here.links] == [to for _, to in there.links]
    assert sum(sum(figures(one.text).values()) for said in english.values() for one in said) > 10


def test_both_languages_claim_the_certainty_that_is_judged_and_no_more(page):
    for language in LANGUAGES:
        spoken, every = page.languages[language], told(page, language)
        for id_, found in page.found.items():
            known = [one for one in found if one.is_known]
            for one, said in zip(known, every[id_], strict=False):
                first = re.match(r".*?[.。](?=\s|\w|$)", said.text).group()
                claimed = one.grade.level if one.is_one_sided else "very low"
                assert spoken.level_of(first) == claimed, said
                assert not re.search(SAYS[language][claimed][1], first), said
                assert spoken.certainty[one.grade.level] in first
            rest = every[id_][len(known) :]
            assert {spoken.level_of(one.text) for one in rest} <= {"very low"}, rest
            unsure, open_ = len(found) > len(known), bool(page.questions[id_].unreported)
            assert len(rest) == unsure + open_ + (not found)


def test_each_outcome_of_a_sentence_leads_to_its_own_ground(page):
    """Outcomes that share a sentence keep a link each, on the words of that outcome."""
    for language in LANGUAGES:
        for id_, said in told(page, language).items():
            wanted = [one.outcome.synthesis for one in page.found[id_]]
            linked = [link for one in said for link in one.links]
            known = [one.outcome.synthesis for one in page.found[id_] if one.is_known]
            assert [to.partition("#certainty-")[2] for _, to in linked] == [
                *known,
                *(one for one in wanted if one not in known),
            ]
            html = "".join(one.html() for one in said)
            for words, to in linked:
                assert f'<a href="{to}">{words}</a>' in html
    (unknown,) = (one for one in told(page, "en")["kq1"] if one.links)
    assert len(unknown.links) == 4
    assert unknown.text.count("We do not know") == 1
    assert "how long people live (studies: 3; people: 467), how long" in unknown.text


def test_the_chinese_text_is_marked_in_both_languages_as_awaiting_a_native_reader(page):
    for language in LANGUAGES:
        plain = page.plain(language)
        assert plain.language.checked == ""
        assert plain.notice == plain.language.awaiting
        assert plain.html().startswith(f'<div lang="{plain.language.code}"><p><strong>')
        assert plain.notice in plain.html()
    assert "awaits the check of a native reader" in page.plain("en").notice
    assert "有待中文母语者核对" in page.plain("zh").notice


def test_a_thousand_people_are_told_of_only_where_an_effect_is_and_as_far_as_it_is_sure(page):
    for id_, found in page.found.items():
        known = [one for one in found if one.is_known]
        for one, said in zip(known, told(page, "en")[id_], strict=False):
            assert ("among 1,000 people" in said.text) == (bool(one.absolute) and one.is_one_sided)
            if "among 1,000 people" in said.text:
                assert " If so, the number of " in said.text
        for said in told(page, "en")[id_][len(known) :]:
            assert "1,000" not in said.text


def test_a_risk_from_the_median_of_another_trial_is_told_to_be_so(page):
    (grown,) = (
        one for one in told(page, "en")["kq5"] if "1,000" in one.text and "S1929" in one.text
    )
    assert "S1929 (another trial, of people whose tumours have a certain marker)" in grown.text
    assert "by 2.4 months (the median), as if the risk stayed the same over time." in grown.text
    risk = 1000 * (1 - 2 ** (-6 / 2.4))
    assert f"about {risk:.0f} with immunotherapy alone" in grown.text
    assert f"about {1000 * (1 - (1 - risk / 1000) ** 0.54):.0f} with lurbinectedin" in grown.text


def test_the_own_control_arm_of_the_one_study_that_answers_comes_before_a_named_one(page):
    for found in page.found.values():
        for one in found:
            first = [baseline.study for baseline, _ in one.absolute[:1]]
            own = {baseline.study for baseline, _ in one.absolute} & {one.outcome.study}
            if own:
                assert {*first} == own
    (lived,) = (one for one in page.found["kq1"] if one.outcome.synthesis == "os-ici-after-ici")
    risks = [baseline.risk for baseline, _ in lived.absolute]
    assert [one.study for one, _ in lived.absolute] == ["dellphi-304", "gu-2026", "zhang-2025"]
    assert risks[1] < risks[0] < risks[2]


def test_a_question_that_tells_of_events_must_say_how_its_arms_are_treated(tmp_path):
    content = yaml.safe_load((ROOT / "data" / "appraisal" / "findings.yaml").read_text("utf-8"))
    del content["questions"]["kq3"]["control"]
    folder = tmp_path / "data" / "appraisal"
    folder.mkdir(parents=True)
    (folder / "findings.yaml").write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(DataProblemsError, match=r"questions\.kq3\.control: need how this arm is"):
        load_questions(tmp_path, synthesis_ids())


# What pages show, from the texts that are compared at each build.
PAGES = ("plain", "findings", "synthesis", "index", "kq1", "kq2", "kq3", "kq4", "kq5")


def claims(page):
    """The phrase of each effect, with the level of certainty that may be claimed of it."""
    for asked in page.questions.values():
        for one in page.found[asked.id]:
            level = one.grade.level if one.is_one_sided else "very low"
            for phrase in (one.outcome.below, one.outcome.above):
                yield f"{asked.subject} ", phrase, level


@pytest.mark.parametrize("name", PAGES)
def test_no_page_says_of_an_effect_more_than_its_certainty(page, name):
    """Each sentence with the subject of a question and an effect on one of its outcomes."""
    text = (ROOT / "tests" / "expected" / f"{name}.txt").read_text("utf-8")
    english, seen = page.languages["en"], 0
    for line in re.split(r"(?<=[.|])\s+|\n", text):
        for subject, phrase, level in claims(page):
            if subject.lower() in line.lower() and phrase in line:
                seen += 1
                assert level != "very low", line
                assert english.level_of(line) == level, line
                assert english.certainty[level] in line, line
    assert seen or name in ("kq1", "kq2", "kq4"), name


@pytest.mark.parametrize("name", PAGES[:3] + PAGES[4:])
def test_a_page_of_answers_claims_no_effect_in_words_of_its_own(name):
    prose = re.sub(
        r"```.*?```", "", (ROOT / "chapters" / f"{name}.md").read_text("utf-8"), flags=re.S
    )
    strong = r"\b(improves?|prolongs?|reduces?|works|effective|proven|lived longer|helped|better)\b"
    assert re.findall(strong, prose, re.I) == []


def test_an_answer_on_the_front_page_that_tells_a_gain_tells_a_harm_beside_it(page):
    """Each answer at the top that says that people may live longer also speaks of side effects."""
    text = (ROOT / "chapters" / "index.md").read_text("utf-8").partition("## In plain words")[0]
    answers = re.findall(r"^- \*\*\[.*?(?=^- |^```|\Z)", text, re.M | re.S)
    told_ = [re.findall(r"index\.statement\.(\S+?)`", one) for one in answers]
    statements = page.statements()
    gains = [keys for keys in told_ if any("live longer" in statements[key] for key in keys)]
    assert len(gains) == 2
    for keys in gains:
        assert any("side effects" in statements[key] for key in keys), keys


def test_a_named_baseline_is_the_control_arm_of_a_randomised_trial(page):
    named = [one for asked in page.questions.values() for one in asked.outcomes]
    named = [one for one in named if one.baseline_study]
    assert named
    for one in named:
        study = page.review.studies[one.baseline_study]
        assert study.design["type"].startswith("randomised")
        assert one.baseline_arm in {each.control for each in study.comparisons.values()}
