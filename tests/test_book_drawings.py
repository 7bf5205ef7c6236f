"""What stands beside a drawing becomes its words on the page, and files that can be downloaded."""

import base64
import hashlib
import os
from pathlib import Path
from xml.etree import ElementTree

import nbformat.v4
import pytest

from livingreview_book import drawings
from livingreview_book.dress import with_captions


def file_of(output: nbformat.NotebookNode) -> str:
    """The name that MyST-NB gives to the file of a drawing: the hash of its lines."""
    lines = output["data"][drawings.SVG].splitlines()
    return f"{hashlib.sha256(os.linesep.join(lines).encode()).hexdigest()}.svg"


def drawing(svg: str, **beside: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output(
        "display_data", data={drawings.SVG: svg}, metadata={drawings.SVG: beside}
    )


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the file of a drawing that has everything beside it."""
    monkeypatch.setattr(drawings, "_known", {})
    svg = '<svg width="270pt" height="30pt"/>'
    beside = {
        "alt": "Survival. A: 1",
        "caption": "Survival <of all>. Squares are studies.",
        "wide": '<svg width="600pt" height="15pt"/>',
        "png": base64.b64encode(b"PNG").decode(),
        "csv": "label\nA\n",
    }
    output = nbformat.v4.new_output(
        "display_data",
        data={drawings.SVG: svg, "text/plain": "A | 1"},
        metadata={drawings.SVG: beside},
    )
    drawings.note([output, nbformat.v4.new_output("stream", text="x")])
    return file_of(output)


def test_the_files_beside_a_drawing_are_written_once_and_named_like_it(
    tmp_path: Path, name: str
) -> None:
    stem = Path(name).stem
    expected = {f"{stem}-wide.svg", f"{stem}.png", f"{stem}.csv"}
    assert drawings.write(tmp_path, [name, "unknown.svg"]) == expected
    assert {path.name for path in tmp_path.iterdir()} == expected
    assert (tmp_path / f"{stem}.png").read_bytes() == b"PNG"
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    drawings.write(tmp_path, [name])
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_a_desktop_gets_its_own_form_and_the_caption_offers_every_file(name: str) -> None:
    stem = Path(name).stem
    page = with_captions(f'<img alt="Survival. A: 1" src="i/{name}" />', "c/p", lambda _: (360, 40))
    assert f'srcset="i/{stem}-wide.svg" width="800" height="20" />' in page
    assert f'src="i/{name}" width="360" height="40" />' in page
    assert "Figure 1. Survival &lt;of all&gt;. Squares are studies. <a" in page
    assert f'href="i/{stem}-wide.svg" download="p-figure-1.svg">SVG' in page
    assert f'href="i/{stem}.png" download="p-figure-1.png">PNG' in page
    assert f'href="i/{stem}.csv" download="p-figure-1.csv">rows as CSV' in page


def test_a_drawing_that_brings_no_words_is_told_by_its_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawings, "_known", {})
    data = {drawings.SVG: "<svg/>", "text/plain": "Months\nA | 4.1"}
    output = nbformat.v4.new_output("display_data", data=data)
    drawings.note([output])
    assert drawings.beside(f"../{file_of(output)}") == {"alt": "Months; A | 4.1"}
    assert drawings.beside("photo.png") is None


def test_two_drawings_that_look_alike_keep_their_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "_known", {})
    first, second = (drawing("<svg/>\n", alt=f"Map. {name}") for name in "AB")
    again = drawing("<svg/>\n", alt="Map. A")
    drawings.note([first, second, again])
    assert drawings.beside(file_of(first)) == {"alt": "Map. A"}
    assert drawings.beside(file_of(second)) == {"alt": "Map. B"}
    assert file_of(again) == file_of(first)


def test_a_marked_drawing_is_still_a_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "_known", {})
    output = drawing('<svg xmlns="http://www.w3.org/2000/svg" width="3pt"/>', alt="--> </svg>")
    drawings.note([output])
    assert ElementTree.fromstring(output["data"][drawings.SVG]).get("width") == "3pt"
