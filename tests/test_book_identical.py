"""The finished site is the same bytes wherever and on however many machines it is built."""

import shutil
from pathlib import Path

import pytest

from example_book import book_with_a_figure, files
from livingreview_book.__main__ import main
from livingreview_book.executions import FOLDER


@pytest.mark.book
def test_one_machine_and_the_merged_shards_of_two_make_the_same_site(
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
    merged = book_with_a_figure(tmp_path / "an other path")
    for number in ("1", "2"):  # one chapter after the other, in folders of their own
        machine = book_with_a_figure(tmp_path / f"machine {number}")
        assert main(["--root", str(machine.root), "execute", "--shard", f"{number}/2"]) == 0
        shutil.copytree(machine.root / FOLDER, merged.root / FOLDER, dirs_exist_ok=True)
    done = merged.build()
    assert done.returncode == 0, done.stderr
    assert "executing" not in done.stdout

    assert any(name.endswith(".svg") for name in files(one))
    assert files(one) == files(merged)
