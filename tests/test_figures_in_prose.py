"""No figure stands in a sentence unless it is computed, held against data, or listed with a reason.

A figure is written in digits or in words: 42.5%, "one in three", "a factor of four", "half".  In a
chapter, numbers that a cell publishes are inserted by their keys and are not looked at here.  What
a study's own files say in digits must be printed by that study.  Everything else is listed in
``figures_in_prose.csv``: the words, the file they stand in, and why they are right there.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from chapter_prose import prose_lines
from the_review import the_review

ROOT = Path(__file__).parents[1]
REVIEW = the_review()
LISTED = Path(__file__).with_name("figures_in_prose.csv")
# methods.md: conventions of statistics and references, no result.  The others show files of ours.
NO_RESULTS = {
    "methods",
    "glossary",
    "contributing",
    "changes",
    "_template-study",
    "_template-abstract",
}
NO_PROSE = {  # keys of YAML files whose texts are names, titles, places and addresses
    *("authors", "title", "short_title", "journal", "venue", "report", "registration", "sponsor"),
    *(
        "name",
        "doi",
        "issn",
        "source",
        "sources",
        "address",
        "identifier_source",
        "with",
        "id",
        "phase",
    ),
    *(
        "level_sum_of",
        "subset_of",
        "section",
        "place",
        "table",
        "label",
        "levels",
        "submitted",
        "accepted",
        "published",
    ),
    *(
        "line",
        "synthesis",
        "syntheses",
        "timepoint",
        "event",
        "date",
        "documents_read_until",
        "end_date_seen",
        "identifiers",
    ),
    *("outcome", "subgroup", "category", "comparison", "kind", "unit", "value", "months"),
    *("grades", "any_grade"),
    *("qualified_in", "read", "volume", "treatment_class", "trial", "record"),
    *("period_place", "follow_up_until_place"),
}
WORDS = [
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "dozen",
    "twice",
    "thrice",
    "doubled?",
    "doubles",
    "tripled?",
    "triples",
    "half",
    "halved?",
    "halves",
    "quarters?",
    "second",
    "thirds?",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "majority",
]
ONE_OF = "study|trial|hospital|patient|report|paper|day|week|month|year|third|half|quarter"
FIGURE = re.compile(
    rf"\d[\d.,·]*\d|\d|\b(?:{'|'.join(WORDS)})\b|\bone[-\s](?:{ONE_OF})\b"
    rf"|\bone\s(?:in|out\sof)\s(?:{'|'.join(WORDS)}|\d+)\b",
    re.IGNORECASE,
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
CALLED = "|".join(  # studies and their ids, the longest first
    re.escape(name)
    for name in sorted(
        {name for one in REVIEW.studies.values() for name in (one.label, one.id)}, key=len
    )[::-1]
)
NAMES = re.compile(  # words with a figure in them that state no quantity
    rf"""
    (?:{CALLED}) | \b([Ff]irst|[Ss]econd|third)[-\s]lines?\b | \b(in|of)\sthe\ssecond\sline\b
    | \bgrades?\s(\d|three)(\s(or|to)\s(\d|four))?\b | \bphase\s[1-4]\b
    | \bRECIST(\sversion)?\s1\.1 | \bCTCAE(\sversion)?\s5\.0
    | \b[A-Z]{{2,}}\d+\b | \b[A-Z][a-z]+\s20\d\d\b | https?://\S+ | \b10\.\d{{4,}}/\S+
    | \bPD-\(?L?\)?1\b
    | \bCC0\b | \bCC\sBY\s4\.0 | 95%\s(interval|CI) | \bR\s\d[.\d]* | \bS(PSS|tata\w*)\s\d[.\d]*
    | \b(\d{{1,2}}\s)?({MONTHS})\s\d{{4}}\b | \b(DeLLphi|Table|Figure|section|paragraph)[-\s]\d\w*
    | \bsecond\s(report|progression|half)\b | \bfirst\shalf\b
    | \bin\sthe\ssecond\sor\sa\slater\sline\b
    | \b[Hh]alf\s(of\sthe\s(patients|people)\s)?were\s(alive|free)\b  # what a median is
    """,
    re.VERBOSE,
)
SPELLED = {word: str(position) for position, word in enumerate(WORDS[:11], 2)}


class Sentence(NamedTuple):
    """A sentence, the file it stands in, and the study whose file that is."""

    file: str
    text: str
    study: str


class Allowed(NamedTuple):
    """Words with a figure that may stand in a file, and why."""

    file: str
    words: str
    reason: str


def sentences_of(file: str, text: str) -> Iterator[Sentence]:
    """The sentences of a chapter or of the texts of a YAML file."""
    path = Path(file)
    if path.suffix == ".md":
        study = path.stem if path.stem in REVIEW.studies else ""
        yield from (
            Sentence(file, " ".join(words.split()), study) for _, words in prose_lines(text)
        )
        return
    study = path.parent.name if path.name == "study.yaml" else ""
    for words in _texts(yaml.safe_load(text)):
        yield from (Sentence(file, part, study) for part in re.split(r"(?<=[.;])\s+", words))


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in NO_PROSE:
                yield from _texts(value)
    elif isinstance(content, list):
        for item in content:
            yield from _texts(item)
    elif isinstance(content, str):
        yield " ".join(content.split())


@cache
def printed_by(study: str) -> frozenset[str]:
    """Every figure in the values that a study prints."""
    numbers = REVIEW.studies[study].numbers if study in REVIEW.studies else ()
    found = (figure for number in numbers for figure in FIGURE.findall(number.value))
    return frozenset(SPELLED.get(figure.lower(), figure) for figure in found)


def figures(sentence: Sentence, allowed: list[Allowed]) -> list[str]:
    """The figures of a sentence that are neither printed by its study nor listed."""
    words = sentence.text
    for entry in allowed:
        if entry.file in ("*", sentence.file):
            words = words.replace(entry.words, "")
    found = FIGURE.findall(NAMES.sub("", words))
    printed = printed_by(sentence.study)
    return [figure for figure in found if SPELLED.get(figure.lower(), figure) not in printed]


def listed() -> list[Allowed]:
    with LISTED.open(encoding="utf-8", newline="") as file:
        return [Allowed(**row) for row in csv.DictReader(file)]


def gathered() -> list[Sentence]:
    chapters = [
        path for path in sorted((ROOT / "chapters").glob("*.md")) if path.stem not in NO_RESULTS
    ]
    files = [*chapters, ROOT / "data/review.yaml", *sorted(ROOT.glob("data/studies/*/study.yaml"))]
    return [
        sentence
        for path in files
        for sentence in sentences_of(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]


def test_every_figure_in_a_sentence_is_computed_or_printed_or_listed_with_its_reason():
    allowed = listed()
    missing = [
        f"{sentence.file}: {', '.join(found)} in {sentence.text!r}"
        for sentence in gathered()
        if (found := figures(sentence, allowed))
    ]
    advice = "publish the figure from the data and insert it by its key, or list its words in "
    assert not missing, f"{advice}{LISTED.name}:\n" + "\n".join(dict.fromkeys(missing))


def test_every_listed_figure_still_stands_where_it_is_listed():
    texts = gathered()
    for entry in listed():
        assert FIGURE.search(NAMES.sub("", entry.words)), f"no figure in {entry.words!r}"
        assert entry.reason.strip(), f"{entry.words!r}: say why"
        stands = [s for s in texts if entry.file in ("*", s.file) and entry.words in s.text]
        assert stands, f"{entry.file}: {entry.words!r} no longer stands there; remove it"


@pytest.mark.parametrize(
    "sentence",
    [
        "About one in three responded.",
        "The arms differ by a factor of four.",
        "In 42.5% of the patients it shrank.",
        "Half of the tumours shrank.",
        "Two studies agree.",
        "The risk doubled.",
        "The second of the studies is larger.",
        "It rests on one study.",
    ],
)
@pytest.mark.parametrize("file", ["chapters/index.md", "data/review.yaml"])
def test_a_typed_figure_is_found_in_digits_and_in_words(file, sentence):
    text = f"# A title\n\n{sentence}\n" if file.endswith(".md") else f"limits: ['{sentence}']"
    (found,) = [s for s in sentences_of(file, text) if s.text.endswith(sentence)]
    assert figures(found, [])


@pytest.mark.parametrize(
    "sentence",
    [
        "A response was seen in {glue:text}`index.orr` of them.",
        "Patients had second-line treatment (RECIST 1.1), see [Gu 2026](gu-2026.md).",
        "Half were alive after {glue:text}`gu-2026.os.median.serplulimab` months.",
        "The 95% interval is wide.",
    ],
)
def test_an_inserted_number_and_a_name_are_no_typed_figure(sentence):
    found = sentences_of("chapters/index.md", f"# A title\n\n{sentence}\n")
    assert [figure for s in found for figure in figures(s, [])] == []


def test_a_figure_that_the_study_prints_may_stand_in_its_own_texts_only():
    assert figures(Sentence("", "a caliper of 0.02", "zhang-2025"), []) == []
    assert figures(Sentence("", "a caliper of 0.03", "zhang-2025"), []) == ["0.03"]
    assert figures(Sentence("", "a caliper of 0.02", ""), []) == ["0.02"]
