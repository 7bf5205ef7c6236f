"""Figures have a number, a caption and a download; a row named like a page leads to it."""

from pathlib import Path

import pytest

from livingreview_book.dress import size_of, with_captions, with_links


def test_figures_are_numbered_and_only_the_first_loads_at_once() -> None:
    body = (
        '<p>a</p><img alt="One &amp; two. x" src="../_images/a.svg" /><img alt="B" src="b.svg" />'
    )
    found = with_captions(body, "chapters/p", lambda name: (8, 6) if name == "a.svg" else None)
    assert "<figcaption>Figure 1. One &amp; two. <a" in found
    assert "<figcaption>Figure 2. B. <a" in found
    assert found.count('loading="lazy"') == 1
    assert 'src="../_images/a.svg" width="8" height="6" />' in found
    assert 'download="p-figure-2.svg"' in found
    assert found.startswith("<p>a</p>")


def test_a_picture_that_is_no_drawing_stays() -> None:
    body = '<img alt="photo" src="a.png" />'
    assert with_captions(body, "p", lambda _: None) == body


def test_the_size_of_a_drawing_is_read_in_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text('<?xml?>\n<svg xmlns:x="y" width="345.6pt" height="30pt" viewBox="">')
    assert size_of(path) == (461, 40)
    path.write_text("<svg viewBox=''>")
    assert size_of(path) is None


@pytest.mark.parametrize("label", ["Roe\N{NO-BREAK SPACE}2020", "Roe 2020 (abstract only) †"])
def test_a_row_leads_to_the_page_of_its_name(label: str) -> None:
    found = with_links(f'<th scope="row">{label}</th>', {"Roe 2020": "roe.html"})
    assert found == f'<th scope="row"><a href="roe.html">{label}</a></th>'


@pytest.mark.parametrize(
    "cell",
    ['<th scope="row">Roe 2021</th>', "<td>Roe 2020</td>", '<th scope="row"><b>Roe 2020</b></th>'],
)
def test_other_cells_lead_nowhere(cell: str) -> None:
    assert with_links(cell, {"Roe 2020": "roe.html"}) == cell
