"""The chapters' own words: no typed statistic, no formula, one sentence a line."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from chapter_prose import prose_lines
from livingreview_book.chapters import chapter_names, chapter_path, code_cells, read_notebook

ROOT = Path(__file__).parent.parent
CHAPTERS = chapter_names(ROOT)
STUDIES = sorted(path.parent for path in ROOT.glob("data/studies/*/reported.csv"))

NAMES_WITH_NUMBERS = re.compile(
    r"CC[ -]BY[ -]4\.0|CC0[ -]1\.0|RECIST v?(ersion )?1\.1|CTCAE v?(ersion )?\d\.\d|Python 3\.\d+"
    r"|\d\d ?% (confidence|credible|prediction|interval\b|CI\b)|[Vv]ersion \d+(\.\d+)+"
)
STATISTICS = {
    "a decimal number": re.compile(r"\d[.,·]\d"),
    "a percentage": re.compile(r"\d\s?(%|per ?cent\b)", re.IGNORECASE),
    "a p-value": re.compile(r"\bp\s?[<>=≤≥]\s?\S", re.IGNORECASE),
    "an interval": re.compile(r"(\bCI\b|\binterval\b|\()[^.\n]{0,8}\d+\s?(-|–|to)\s?\d+", re.I),
}
TWO_SENTENCES = re.compile(r"(?<!\bvs)(?<!\bal)(?<!e\.g)(?<!i\.e)[a-z0-9)`][.!?]\)? +[A-Z]")


def typed_statistics(text: str) -> list[str]:
    problems = []
    for line, words in prose_lines(text):
        words = NAMES_WITH_NUMBERS.sub("", words)
        problems += [
            f"line {line}: {what} is typed: {words.strip()!r}; publish it in a code cell and "
            "insert it with {glue:text}`its.key`"
            for what, pattern in STATISTICS.items()
            if pattern.search(words)
        ]
    return problems


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_statistic_is_typed_in_a_chapter(chapter: str) -> None:
    assert typed_statistics(chapter_path(ROOT, chapter).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The median was 6.1 months.",
        "In all 30% responded.",
        "About 30 percent responded.",
        "It was significant (p = 0.03).",
        "It was significant (P<0.05).",
        "The response rate (95% CI 20-41) was high.",
        "(HR 0,70)",
        "The interval 12 to 30 is wide.",
        "```{note}\nIt has words.\n```\n\nIn all 30% responded.\n\n```{note}\nMore.\n```",
        "```{note}\n:class: tip\nIn all 30% responded.\n```",
    ],
)
def test_a_typed_statistic_is_found(sentence: str) -> None:
    assert typed_statistics(f"# A chapter\n\n{sentence}\n")


@pytest.mark.parametrize(
    "sentence",
    [
        "The trial began in 2021 and has 4 arms.",
        "The response was {glue:text}`synthesis.orr.0.5`.",
        "Pooled with a 95% confidence interval.",
        "See [the paper](https://doi.org/10.3389/fimmu.2025.1658017).",
        "The text is under CC BY 4.0; use `level=0.95`.",
        "```\nlog(0.5)\n```",
        "<!-- 30% -->",
    ],
)
def test_what_is_not_a_statistic_is_let_through(sentence: str) -> None:
    assert typed_statistics(f"# A chapter\n\n{sentence}\n") == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_one_sentence_a_line(chapter: str) -> None:
    text = chapter_path(ROOT, chapter).read_text("utf-8")
    found = [
        f"line {line}: {words.strip()}"
        for line, words in prose_lines(text)
        if TWO_SENTENCES.search(words) and not words.lstrip().startswith("|")
    ]
    assert found == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_calls_the_package_and_computes_nothing_itself(chapter: str) -> None:
    text = chapter_path(ROOT, chapter).read_text("utf-8")
    forbidden = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.BinOp)
    found = [
        f"{ast.unparse(node)}: move it into the package"
        for cell in code_cells(read_notebook(text))
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, forbidden)
    ]
    assert found == []


KINDS = ("study", "numbers", "abstract")  # of templates
SHOWN_BY_HAND = frozenset({"display", "get_ipython", "Html"})
PASTED_AS_MARKUP = re.compile(r"\{(glue(?!:text\})|eval|raw)[^}]*\}|\{\{")


@pytest.mark.parametrize("chapter", [*(f"chapters/_template-{kind}" for kind in KINDS), *CHAPTERS])
def test_a_chapter_shows_data_only_as_text(chapter: str) -> None:
    text = chapter_path(ROOT, chapter).read_text("utf-8")
    cells = [ast.parse(cell.source) for cell in code_cells(read_notebook(text))]
    nodes = [node for cell in cells for node in ast.walk(cell)]
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert not any(isinstance(node, ast.Import) for node in nodes)
    assert modules <= {"livingreview", "livingreview_pool"}  # front doors, no module behind them
    assert names & SHOWN_BY_HAND == set()
    assert PASTED_AS_MARKUP.findall(text) == []


HEADINGS = re.compile(r"^##+ .*$", re.MULTILINE)
LONGEST_STUDY = 175  # lines of a study's chapter


@pytest.mark.parametrize("chapter", [f"chapters/{path.name}" for path in STUDIES])
def test_a_study_has_the_sections_of_the_template_and_is_short(chapter: str) -> None:
    text = chapter_path(ROOT, chapter).read_text("utf-8")
    study = yaml.safe_load((ROOT / "data/studies" / Path(chapter).name / "study.yaml").read_text())
    in_full = any(report["level"] == "full-text" for report in study["reports"])
    name = "chapters/_template-study" if in_full else "chapters/_template-abstract"
    template = chapter_path(ROOT, name).read_text("utf-8")
    assert HEADINGS.findall(text) == HEADINGS.findall(template)
    assert text.count("page.") >= template.count("page.")
    assert len(text.splitlines()) <= LONGEST_STUDY


NUMBERS = sorted(path.stem for path in ROOT.glob("chapters/*-numbers.md") if path.stem[0] != "_")


@pytest.mark.parametrize("name", NUMBERS)
def test_a_page_of_numbers_is_that_of_the_template_below_its_study(name: str) -> None:
    template = (ROOT / "chapters" / "_template-numbers.md").read_text("utf-8")
    study = name.removesuffix("-numbers")
    data = ROOT / "data" / "studies" / study / "study.yaml"
    label = yaml.safe_load(data.read_text("utf-8"))["label"]
    expected = template.replace("STUDY-ID", study).replace("STUDY-LABEL", label)
    assert (ROOT / "chapters" / f"{name}.md").read_text("utf-8") == expected
    below = f"- file: chapters/{study}\n        sections:\n          - file: chapters/{name}\n"
    assert below in (ROOT / "_toc.yml").read_text("utf-8")


def test_each_study_that_leads_to_a_page_of_its_numbers_has_one() -> None:
    leading = [
        path.stem
        for path in sorted(ROOT.glob("chapters/[!_]*.md"))
        if "page.number_by_number()" in path.read_text("utf-8")
    ]
    assert [f"{name}-numbers" for name in leading] == NUMBERS
