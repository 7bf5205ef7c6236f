"""The list of changes as releases, and as a feed that readers' programs can take."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from livingreview_book.changes import Release, atom, parse, releases

ROOT = Path(__file__).parents[1]
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "- <script>x()</script> & ]]> \"quoted\" 'single' {raw}`html`"


def test_every_release_of_our_list_is_found_with_its_day() -> None:
    found = releases(ROOT)
    headings = [
        line
        for line in (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
        if line[:3] == "## "
    ]
    assert len(found) == len(headings)
    assert [bool(one.date) for one in found] == [one.name != "Unreleased" for one in found]
    assert ("0.1.0", "2026-11-21") in {(one.name, one.date) for one in found}


def test_a_book_without_a_list_has_no_releases(tmp_path: Path) -> None:
    assert releases(tmp_path) == []


def test_a_day_that_is_no_day_is_named() -> None:
    with pytest.raises(ValueError, match="21 Novembre 2026"):
        parse("## 0.1.0, 21 Novembre 2026\n")


def feed(address: str) -> ElementTree.Element:
    found = [
        Release("Unreleased", "", (HOSTILE,)),
        Release("0.2.0", "2027-01-02", ("### Software", "- One.")),
        Release("0.1.1", "2026-12-02", ()),
    ]
    text = atom(found, title="A & <b>", author="<i>", date="2027-02-03", address=address)
    return ElementTree.fromstring(text)


@pytest.mark.parametrize("address", ["", "https://example.org/review/"])
def test_the_feed_has_an_entry_for_each_release_that_says_something(address: str) -> None:
    root = feed(address)
    entries = root.findall(f"{ATOM}entry")
    assert [one.findtext(f"{ATOM}title") for one in entries] == ["Unreleased", "0.2.0"]
    assert [one.findtext(f"{ATOM}updated", "")[:10] for one in entries] == [
        "2027-02-03", "2027-01-02",
    ]  # fmt: skip
    identities = [one.findtext(f"{ATOM}id") for one in (root, *entries)]
    assert len(set(identities)) == 3
    assert all(one and one.startswith(address or "urn:") for one in identities)


def test_what_a_change_says_is_text_in_the_feed() -> None:
    first = feed("").findall(f"{ATOM}entry")[0].find(f"{ATOM}content")
    assert first is not None
    assert (first.text, first.get("type"), len(first)) == (HOSTILE, "text", 0)
