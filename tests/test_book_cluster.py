"""Chapters execute on the workers of a dask scheduler as they do on this machine."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from example_book import write_book
from livingreview_book.__main__ import executor_at, main
from livingreview_book.execute import execute_chapters

pytestmark = pytest.mark.book
SECONDS_TO_START = 60


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler with two workers, processes of their own on this machine."""
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    file = tmp_path / "scheduler.json"
    programs = [["dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]]
    programs += [["dask_worker", "--nthreads", "1", "--no-dashboard", "--name", n] for n in "ab"]
    running = []
    try:
        for module, *options in programs:
            command = [sys.executable, "-m", f"distributed.cli.{module}", *options]
            command += ["--scheduler-file", str(file)]
            running.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL))
        end = time.monotonic() + SECONDS_TO_START
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        yield json.loads(file.read_text("utf-8"))["address"]
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait()


def test_workers_give_the_outputs_of_this_machine(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = write_book(tmp_path / "book")
    monkeypatch.chdir(book.root)
    with executor_at(scheduler) as executor:
        remote = execute_chapters(Path(), executor=executor, report=lambda _line: None)
    assert book.execute() == remote
    assert book.ran == set()
    for path in (book.root / "_build" / ".executed").rglob("*.json"):
        path.unlink()
    local = book.execute()
    assert book.ran == {"chapters/a", "chapters/b"}
    assert [(e.outputs, e.reads) for e in local.values()] == [
        (e.outputs, e.reads) for e in remote.values()
    ]


def test_a_failure_on_a_worker_is_reported_here(
    tmp_path: Path, scheduler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = write_book(tmp_path / "book")
    book.edit("chapters/a.md", "study.numbers[4]", "study.numbers[999]")
    assert main(["--root", str(book.root), "execute", "--executor", scheduler]) == 1
    assert "IndexError: tuple index out of range" in capsys.readouterr().err


def test_without_dask_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    arguments = ["--root", str(tmp_path), "execute", "--executor", "tcp://127.0.0.1:1"]
    assert main(arguments) == 1
    assert "pip install -e '.[cluster]'" in capsys.readouterr().err
