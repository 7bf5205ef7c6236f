"""A file is written whole or not at all, whatever the system refuses."""

import errno
import os
from pathlib import Path

import pytest

from livingreview_book import published
from livingreview_book.__main__ import main
from livingreview_record import Dictionary
from livingreview_record.files import write_whole
from livingreview_start import study_files
from planning import protocol


def no_room(*_arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    write_whole(path, b"new")
    assert path.read_text("utf-8") == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_content_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    monkeypatch.setattr(os, "replace", no_room)
    with pytest.raises(OSError, match=r"cannot be written \(No space left on device\), and is as"):
        write_whole(path, "new")
    assert path.read_text("utf-8") == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_read_only_file_is_named_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # what a user who is not root is told
    with pytest.raises(PermissionError, match=r"a\.txt"):
        write_whole(path, "new")
    assert path.read_text("utf-8") == "old"


def test_a_study_whose_files_find_no_room_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "studies").mkdir(parents=True)
    (tmp_path / "data" / "review.yaml").write_text("{}", "utf-8")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "_template-study.md").write_text("# STUDY-LABEL", "utf-8")
    (tmp_path / "_toc.yml").write_text("root: chapters/a\n", "utf-8")
    monkeypatch.setattr(study_files, "load_protocol", lambda _root: protocol())
    monkeypatch.setattr(study_files, "arm_flags", lambda _protocol: set())
    monkeypatch.setattr(study_files, "load_dictionary", lambda _root: Dictionary())
    whole = study_files.write_whole

    def all_but_the_contents(path: Path, text: str) -> None:
        if path.name == "_toc.yml":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        whole(path, text)

    monkeypatch.setattr(study_files, "write_whole", all_but_the_contents)
    assert main(["--root", str(tmp_path), "new-study", "smith-2027"]) == 1
    assert "_toc.yml: No space left on device; mend that, then run" in capsys.readouterr().err
    assert not (tmp_path / "data" / "studies" / "smith-2027").exists()
    assert not (tmp_path / "chapters" / "smith-2027.md").exists()


def test_damaged_results_are_made_again(tmp_path: Path) -> None:
    (tmp_path / published.FILE).write_text('{"a": "0.7', "utf-8")
    published.write(tmp_path, {})
    assert (tmp_path / published.FILE).read_text("utf-8") == "{}\n"
