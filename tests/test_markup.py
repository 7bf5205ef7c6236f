"""The one door to HTML: what is not built there is text."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from livingreview_display.markup import Html, Shown, element, joined, linked

HOSTILE = "<img src=x onerror=alert(1)>\"'>&lt;</p></td></table><script>1</script>"


def test_text_is_escaped_and_markup_is_not_escaped_again():
    inner = element("em", "R&D")
    assert element("p", "<b> ", inner) == "<p>&lt;b&gt; <em>R&amp;D</em></p>"
    assert joined("a<", inner, between="&") == "a&lt;&amp;<em>R&amp;D</em>"


@pytest.mark.parametrize("make", [str, lambda html: html + "", lambda html: f"{html}"])
def test_markup_that_was_put_together_elsewhere_is_text_again(make):
    assert element("p", make(element("em", "x"))) == "<p>&lt;em&gt;x&lt;/em&gt;</p>"


@given(st.text() | st.just(HOSTILE))
@example("\t")
@example(" \n ")
def test_any_text_comes_back_as_it_was_and_makes_no_element(text):
    made = element("td", linked(text), data_label=text)
    # The parser would make one blank of a text of blanks alone.
    page = BeautifulSoup(made, "html.parser", preserve_whitespace_tags={"td"})
    (cell, *others) = page.find_all(True)
    assert (cell.get_text(), cell["data-label"]) == (text, text) or "\r" in text or "\0" in text
    assert {other.name for other in others} <= {"a"}


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("script", {}),
        ("img", {}),
        ("p", {"onclick": "x"}),
        ("p", {"style": "x"}),
        ("a", {"href": "javascript:alert(1)"}),
        ("a", {"href": " JavaScript:alert(1)"}),
        ("a", {"href": "data:text/html,x"}),
    ],
)
def test_what_could_run_or_load_something_is_refused(tag, attributes):
    with pytest.raises(ValueError, match="need an element that shows text, found <"):
        element(tag, "x", **attributes)


def test_addresses_become_links_without_their_punctuation():
    text = "see https://a.example/b?c=1&d=2, or 10.1000/x.1."
    assert linked(text) == (
        'see <a href="https://a.example/b?c=1&amp;d=2">a.example/b?c=1&amp;d=2</a>, '
        'or <a href="https://doi.org/10.1000/x.1">10.1000/x.1</a>.'
    )


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "data:text/html,x", "//a.example", "a@b.c"]
)
def test_no_other_address_becomes_a_link(text):
    assert linked(text) == text


def test_a_link_ends_before_a_quotation_mark_or_a_tag():
    made = linked('https://a.example/"onmouseover="x <https://b.example>')
    links = BeautifulSoup(made, "html.parser").find_all("a")
    assert [link.attrs for link in links] == [
        {"href": "https://a.example/"},
        {"href": "https://b.example"},
    ]


def test_a_page_shows_only_html_that_was_built_here():
    class Careless(Shown):
        def html(self):
            return "<b>x</b>"

    with pytest.raises(TypeError, match=r"need HTML from livingreview_display.markup, found a str"):
        Careless()._repr_html_()
    assert isinstance(element("p"), Html)
