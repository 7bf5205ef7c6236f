"""The finished site is the same bytes wherever it is built, and wherever it was executed."""

import shutil
from pathlib import Path

import pytest

from example_book import book_with_a_figure, files
from livingreview_book.__main__ import main
from livingreview_book.remembered import FOLDER


@pytest.mark.book
def test_a_book_executed_elsewhere_makes_the_same_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    one = book_with_a_figure(tmp_path / "one")
    done = one.build()  # both chapters at once
    assert done.returncode == 0, done.stderr
    assert "executing 2 of 2 chapters" in done.stdout

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C")
    other = book_with_a_figure(tmp_path / "an other path")
    machine = book_with_a_figure(tmp_path / "machine")
    assert main(["--root", str(machine.root), "execute"]) == 0
    shutil.copytree(machine.root / FOLDER, other.root / FOLDER)
    done = other.build()
    assert done.returncode == 0, done.stderr
    assert "executing" not in done.stdout

    assert any(name.endswith(".svg") for name in files(one))
    assert files(one) == files(other)
