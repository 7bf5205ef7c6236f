"""The common style sheet keeps every rule that a page or a script can use, and no other."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview_book.stylesheet import names_in_page, names_in_script, rules, sheet, used

NAMES = st.sampled_from(["a", "b-1", "c_d", "e"])


def kept(text: str, *names: str) -> str:
    return "".join(used(rules(text), set(names)).split())


def test_a_rule_is_kept_for_those_of_its_selectors_that_are_used() -> None:
    assert kept(".a, p .b, #c {x: y}", "b", "c") == "p.b,#c{x:y}"
    assert kept(".a.b {x: y}", "a") == ""
    assert kept("p, html[data-x='.y'] {x: y}") == "p,html[data-x='.y']{x:y}"


def test_what_is_named_inside_brackets_does_not_remove_a_rule() -> None:
    assert kept("p:not(.a, :is(.b, .c)) {x: y}") == "p:not(.a,:is(.b,.c)){x:y}"


def test_groups_keep_the_rules_that_are_used_and_vanish_without_any() -> None:
    text = "@media print {.a {x: y} @supports (x: y) {.b {x: y}}} @media screen {.c {x: y}}"
    assert kept(text, "b") == "@mediaprint{@supports(x:y){.b{x:y}}}"


def test_keyframes_stay_and_typefaces_go() -> None:
    text = "@keyframes k {from {x: y} to {x: z}} @font-face {font-family: F; src: url(f.woff)}"
    assert kept(text) == "@keyframesk{from{x:y}to{x:z}}"


def test_braces_and_semicolons_in_texts_and_addresses_end_nothing() -> None:
    text = """.a::after {content: "};{"; background: url(data:x;y,{z})} /* .c {} */ .b {x: y}"""
    assert kept(text, "a", "b") == (
        """.a::after{content:"};{";background:url(data:x;y,{z})}.b{x:y}"""
    )


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=6), st.sets(NAMES))
def test_exactly_the_rules_are_kept_all_of_whose_names_are_there(
    selectors: list[list[str]], names: set[str]
) -> None:
    text = "".join(f".{' .'.join(one)} {{n: {i}}}" for i, one in enumerate(selectors))
    expected = [i for i, one in enumerate(selectors) if set(one) <= names]
    assert [rule.body for rule in rules(used(rules(text), names))] == [f"n: {i}" for i in expected]


def test_names_are_read_from_markup_and_scripts() -> None:
    assert names_in_page("""<p class="a b-1" id='c'>class="d" e</p>""") == {"a", "b-1", "c", "d"}
    assert {"show", "sd-tab"} <= names_in_script("x.classList.add('show', `sd-tab`)")


def test_imports_and_addresses_are_seen_from_the_common_folder(tmp_path: Path) -> None:
    (tmp_path / "styles" / "more").mkdir(parents=True)
    (tmp_path / "styles" / "one.css").write_text(
        "@import '../base.css'; .a {b: url(more/c.png) url('data:d') url(\"/e.png\")}"
    )
    (tmp_path / "base.css").write_text(".base {b: url(file.png)}")
    text = sheet(tmp_path / "styles" / "one.css", "styles/one.css")
    assert text.index(".base") < text.index(".a")
    for address in (
        'url("file.png")',
        'url("styles/more/c.png")',
        "url('data:d')",
        'url("/e.png")',
    ):
        assert address in text


@pytest.mark.parametrize("text", [".a {x: y", ".a {x: y}} .b {x: y}", "@media print {.a {x: y}"])
def test_a_brace_without_its_other_stops_the_build(text: str) -> None:
    with pytest.raises(ValueError, match="found them unpaired near"):
        list(rules(text))
