"""A forked kernel is an ordinary kernel that need not import: same outputs, same rules."""

import json
import os
import sys
from pathlib import Path

import pytest

from example_book import HEADER, REPOSITORY, Book, write_book
from livingreview_book.chapters import chapter_path
from livingreview_book.execute import Failure, execute_chapter
from livingreview_book.provisioner import SWITCH, ForkServer, can_fork
from livingreview_book.remembered import Execution

pytestmark = [
    pytest.mark.book,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]
SURROUNDINGS = """
import locale, os, signal, sys, threading, time
its_own = {"BOOK_READS", "BOOK_FORK", "HOME", "IPYTHONDIR", "JPY_PARENT_PID", "TMPDIR"}
print({name: value for name, value in sorted(os.environ.items()) if name not in its_own})
print(sys.path, sys.flags, sys.argv[:2], os.getcwd(), time.tzname, locale.getlocale())
print(hash("a"), threading.main_thread().name, signal.getsignal(signal.SIGCHLD))
print(os.getpgid(0) == os.getsid(0) == os.getpid())
print(os.environ["JPY_PARENT_PID"] == str(os.getppid()))
"""


def run(root: Path, name: str, *, fork: bool) -> Execution | Failure:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, "1" if fork else "0")
        return execute_chapter(root, name, chapter_path(root, name).read_text("utf-8"))


def run_cell(book: Book, cell: str, *, fork: bool = True) -> str:
    text = f"{HEADER}# A\n\n```{{code-cell}} ipython3\n{cell}\n```\n"
    chapter_path(book.root, "chapters/a").write_text(text, "utf-8")
    done = run(book.root, "chapters/a", fork=fork)
    assert isinstance(done, Execution), str(done)
    return "".join(output.text for output in done.outputs[0])


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return write_book(tmp_path_factory.mktemp("book"))


@pytest.mark.parametrize("chapter", ["chapters/gu-2026", "chapters/data"])
def test_outputs_and_reads_are_those_of_an_ordinary_kernel(chapter: str) -> None:
    forked, ordinary = (run(REPOSITORY, chapter, fork=fork) for fork in (True, False))
    assert isinstance(forked, Execution)
    assert isinstance(ordinary, Execution)
    assert json.dumps(forked.outputs) == json.dumps(ordinary.outputs)
    assert ordinary.reads.items() <= forked.reads.items()
    imported = {"chapters/matplotlibrc"}  # looked for when the stack is imported
    assert forked.reads.keys() - ordinary.reads.keys() <= imported


def test_the_surroundings_are_those_of_an_ordinary_kernel(book: Book) -> None:
    assert run_cell(book, SURROUNDINGS) == run_cell(book, SURROUNDINGS, fork=False)


def test_kernels_share_one_process_that_forks_unless_it_is_switched_off(book: Book) -> None:
    parent = "import os; print(os.getppid())"
    server = int(run_cell(book, parent))
    assert server != os.getpid()
    assert int(run_cell(book, parent)) == server
    assert int(run_cell(book, parent, fork=False)) == os.getpid()


def test_kernels_do_not_share_their_random_numbers(book: Book) -> None:
    cell = "import random, numpy; print(random.random(), numpy.random.random())"
    first, second = (run_cell(book, cell).split() for _ in range(2))
    assert set(first).isdisjoint(second)


def test_a_kernel_that_dies_is_a_failure(book: Book) -> None:
    text = f"{HEADER}# A\n\n```{{code-cell}} ipython3\nimport os; os._exit(1)\n```\n"
    chapter_path(book.root, "chapters/b").write_text(text, "utf-8")
    done = run(book.root, "chapters/b", fork=True)
    assert isinstance(done, Failure)
    assert "DeadKernelError" in done.traceback


def test_the_server_and_its_kernels_end_when_nobody_holds_them(book: Book) -> None:
    environment = {**os.environ, "BOOK_ROOT": str(book.root)}
    server = ForkServer(str(book.root), environment)
    process = server.process
    del server
    assert process.wait(timeout=10) == 0


def test_only_the_kernel_of_a_chapter_is_forked() -> None:
    assert not can_fork({})
    assert not can_fork({"BOOK_ROOT": ".", "BOOK_READS": "x", SWITCH: "0"})


def test_an_edited_package_is_the_one_that_runs(book: Book) -> None:
    cell = "import livingreview_book; print(livingreview_book.__doc__.split()[0])"
    assert run_cell(book, cell) == "Build\n"
    book.edit("src/livingreview_book/__init__.py", '"""Build', '"""Make')
    assert run_cell(book, cell) == "Make\n"


def test_a_package_that_cannot_be_imported_is_reported_by_the_chapter(tmp_path: Path) -> None:
    book = write_book(tmp_path)
    book.edit("src/livingreview_record/load.py", '"""Files to', 'this is no Python """Files to')
    done = run(book.root, "chapters/a", fork=True)
    assert isinstance(done, Failure)
    assert "SyntaxError" in done.traceback
    assert "load_study" in done.cell
