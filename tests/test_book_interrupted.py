"""A build that is killed at any moment leaves nothing wrong behind."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from example_book import settle, write_book
from livingreview_book.chapters import chapter_path
from livingreview_book.published import collect, key_and_text
from livingreview_book.remembered import Remembered

KILLS = int(os.environ.get("KILLS", "6"))


@pytest.mark.book
def test_a_killed_build_is_never_remembered_wrongly(tmp_path: Path) -> None:
    book = write_book(tmp_path)
    moments = random.Random(20261121)
    ratio = "0.70"
    for kill in range(KILLS):
        new = f"0.7{(kill + 1) % 10}"
        book.edit("data/studies/example-2020/reported.csv", ratio, new)
        ratio = new
        settle()
        build = subprocess.Popen(
            [sys.executable, "-m", "livingreview_book", "execute"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moments.uniform(0.2, 3.2))
        os.killpg(build.pid, signal.SIGKILL)
        build.wait()
        text = chapter_path(tmp_path, "chapters/a").read_text("utf-8")
        remembered = Remembered(tmp_path).find(text)
        if remembered is not None:
            outputs = [output for cell in remembered.outputs for output in cell]
            assert ("a.ratio", ratio) in [key_and_text(output) for output in outputs]
    assert book.build().returncode == 0
    assert f'<span class="pasted-text">{ratio}</span>' in book.page("a")
    assert collect(book.execute())["a.ratio"] == ratio
