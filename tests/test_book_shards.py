"""Several machines execute a part of the chapters each."""

from pathlib import Path

import pytest

from example_book import write_book
from livingreview_book.__main__ import main
from livingreview_book.chapters import shard

NAMES = [f"chapter-{number}" for number in range(13)]


@pytest.mark.parametrize("count", [1, 2, 5, 13, 20])
def test_shards_are_the_whole_book_each_chapter_once_and_of_even_length(count: int) -> None:
    shards = [shard(NAMES, number, count) for number in range(1, count + 1)]
    assert sorted(name for names in shards for name in names) == sorted(NAMES)
    lengths = [len(names) for names in shards]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "-1/2", "1/0", ""])
def test_an_impossible_shard_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["execute", f"--shard={text}"])
    assert f"as in 2/5; found {text!r}" in capsys.readouterr().err


@pytest.mark.book
def test_each_shard_reports_its_own_failures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = write_book(tmp_path)
    for name in ("a", "b"):
        book.edit(f"chapters/{name}.md", "study.numbers[4]", "study.numbers[999]")
    for number, name in (("1", "a"), ("2", "b")):
        assert main(["--root", str(book.root), "execute", "--shard", f"{number}/2"]) == 1
        report = capsys.readouterr().err
        assert report.count("failed in this cell") == 1
        assert f"chapters/{name}.md failed in this cell" in report
