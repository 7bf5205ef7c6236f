"""A page explains each term of the glossary where it uses it first, and nowhere else."""

from itertools import pairwise
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from docutils.nodes import definition_list
from sphinx.addnodes import glossary

from livingreview_book.words import Term, explained, terms_of

ROOT = Path(__file__).parents[1]
TERMS = {
    "survival": Term("words", "term-survival", "How long."),
    "overall survival": Term("words", "term-overall", 'Until "death".'),
    "CI": Term("words", "term-CI", "Confidence interval."),
}
ADDRESSES = {"words": "../words.html"}


def page(body: str) -> str:
    return explained(body, TERMS, ADDRESSES)


def test_the_first_mention_alone_is_explained_and_the_longest_term_is_meant() -> None:
    found = page("<p>Overall survival, overall survival.</p><ul><li>Survivals</li></ul>")
    link = '<a class="term" href="../words.html#term-{}" title="{}">{}</a>'
    first = link.format("overall", "Until &quot;death&quot;.", "Overall survival")
    second = link.format("survival", "How long.", "Survivals")
    assert found == f"<p>{first}, overall survival.</p><ul><li>{second}</li></ul>"


@pytest.mark.parametrize(
    "body",
    [
        "<h2>Survival</h2>",
        '<p><a href="x">survival</a></p>',
        "<details><summary>survival</summary></details>",
        "<table><tr><td><p>survival</p></td></tr></table>",
        "<p><code>survival CI</code></p>",
        '<p><span class="math notranslate">\\text{survival}</span></p>',
        "<div>survival</div>",
        "<p>survivalist, pre-survival</p>",
        '<p><img alt="survival" src="a.svg" /></p>',
        "<p>ci</p>",
    ],
)
def test_headings_links_tables_and_other_words_stay_as_they_are(body: str) -> None:
    assert page(body) == body


def test_an_abbreviation_says_in_a_table_too_what_it_stands_for() -> None:
    body = "<table><tr><td>1 (95% CI 0-2)</td><td>CI</td></tr></table>"
    said = '<abbr title="Confidence interval.">CI</abbr>'
    assert page(body) == f"<table><tr><td>1 (95% {said} 0-2)</td><td>CI</td></tr></table>"


def test_what_stands_around_a_formula_is_explained() -> None:
    found = page('<p><span class="math">x</span> survival</p>')
    assert 'class="term"' in found


def test_a_book_without_a_glossary_has_its_pages_as_they_are() -> None:
    assert explained("<p>survival</p>", {}, {}) == "<p>survival</p>"


def test_a_term_carries_the_first_sentence_of_its_entry() -> None:
    source = "One word\n  It means this, e.g. that.  And more.\n"
    doctree = publish_doctree(source)
    (entries,) = doctree.findall(definition_list)
    for term in entries.findall(lambda node: node.tagname == "term"):
        term["ids"] = ["term-1"]
    entries.replace_self(glossary("", *[entries.deepcopy()]))
    found = terms_of("words", doctree)
    assert found == {"One word": Term("words", "term-1", "It means this, e.g. that.")}


def test_every_entry_of_our_glossary_begins_with_a_short_sentence() -> None:
    text = (ROOT / "chapters" / "glossary.md").read_text("utf-8")
    lines = text.splitlines()
    entries = [
        (term, said)
        for term, said in pairwise(lines)
        if said.startswith("  ") and not term.startswith((" ", "```"))
    ]
    assert len(entries) > 80
    for term, said in entries:
        assert said.strip().endswith("."), term
        assert len(said) < 180, term
