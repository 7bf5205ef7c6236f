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
    """The sentences of each outcome, by question."""
    return {asked.id: outcomes for asked, outcomes in page.plain(language).questions}


def figures(sentences):
    """Every number of some sentences."""
    return Counter(re.findall(r"\d(?:[\d,.]*\d)?", sentences))


def test_both_languages_tell_the_same_outcomes_with_the_same_numbers(page):
    english, chinese = told(page, "en"), told(page, "zh")
    assert english.keys() == chinese.keys()
    for id_, outcomes in english.items():
        assert len(outcomes) == len(chinese[id_])
        for here, there in zip(outcomes, chinese[id_], strict=True):
            assert len(here) == len(there), (here, there)
            assert figures(" ".join(here)) == figures(" ".join(there)), (here, there)
    assert sum(sum(figures(" ".join(one)).values()) for o in english.values() for one in o) > 10


def test_both_languages_claim_the_certainty_that_is_judged_and_no_more(page):
    for language in LANGUAGES:
        spoken, said = page.languages[language], told(page, language)
        for id_, found in page.found.items():
            for one, sentences in zip(found, said[id_], strict=False):
                level = one.grade.level
                _, low, high = one.estimate
                claimed = level if low > 0 or high < 0 else "very low"
                assert spoken.level_of(sentences[0]) == claimed, sentences
                assert not re.search(SAYS[language][claimed][1], sentences[0]), sentences
                if level != "very low":
                    assert spoken.certainty[level] in sentences[0]
            rest = said[id_][len(found) :]
            assert len(rest) == len(page.questions[id_].unreported) + (not found)
            assert {spoken.level_of(one[0]) for one in rest} <= {"very low"}, rest
            assert {len(one) for one in rest} <= {1}


def test_the_chinese_text_is_marked_in_both_languages_as_awaiting_a_native_reader(page):
    for language in LANGUAGES:
        plain = page.plain(language)
        assert plain.language.checked == ""
        assert plain.notice == plain.language.awaiting
        assert plain.html().startswith(f'<div lang="{plain.language.code}"><p><strong>')
        assert plain.notice in plain.html()
    assert "awaits the check of a native reader" in page.plain("en").notice
    assert "有待中文母语者核对" in page.plain("zh").notice


def test_a_thousand_people_are_told_of_only_where_the_certainty_is_more_than_very_low(page):
    for id_, found in page.found.items():
        for one, sentences in zip(found, told(page, "en")[id_], strict=False):
            among = [text for text in sentences if text.startswith("Of 1,000 people")]
            assert bool(among) == (one.grade.level != "very low" and bool(one.absolute))


def test_a_named_baseline_is_the_control_arm_of_a_randomised_trial(page):
    named = [one for asked in page.questions.values() for one in asked.outcomes]
    named = [one for one in named if one.baseline_study]
    assert named
    for one in named:
        study = page.review.studies[one.baseline_study]
        assert study.design["type"].startswith("randomised")
        assert one.baseline_arm in {each.control for each in study.comparisons.values()}
