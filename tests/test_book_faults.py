"""A build that was killed, cut short or not alone leaves nothing that the next cannot heal."""

import importlib
import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from example_book import Book, book_with_a_figure, files, settle, write_book
from livingreview_book.execute import BookKernelManager, execute_chapters
from livingreview_book.kernel import STACK
from livingreview_book.locks import HELD, hold, scratch

SITE = Path("_build", "html")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, dict[str, bytes]]:
    """A built book with a figure, and its site as it is from nothing."""
    book = book_with_a_figure(tmp_path_factory.mktemp("built"))
    built_well(book)
    return book, files(book)


def built_well(book: Book) -> str:
    settle()
    done = book.build()
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.book
def test_whatever_file_of_a_build_is_cut_the_next_build_makes_the_same_site(
    built: tuple[Book, dict[str, bytes]],
) -> None:
    book, site = built
    shuffled = random.Random(20261124)
    named = [SITE / ".buildinfo", SITE / "searchindex.js", SITE / "index.html"]
    memory = Path("_build", ".doctrees")
    named += [memory / "environment.pickle", memory / "chapters" / "b.doctree"]
    paths = [path for path in (book.root / "_build").rglob("*") if path.is_file()]
    for group in (named, *([path] for path in named), shuffled.sample(paths, 40)):
        for path in group:
            content = (book.root / path).read_bytes()
            (book.root / path).write_bytes(content[: len(content) // 3])
        built_well(book)
        assert files(book) == site


@pytest.mark.book
def test_a_changed_build_is_the_same_bytes_as_one_from_nothing_and_keeps_nothing_unused(
    built: tuple[Book, dict[str, bytes]], tmp_path: Path
) -> None:
    book, site = built
    changes = [
        ("chapters/b.md", "[4.1, 5.2, 6.3]", "[4.1, 5.2, 6.4]"),  # another figure
        ("chapters/a.md", "The study has", "This singular study has"),  # another word
        ("chapters/b.md", "# B", "# Another title"),  # in the menu of every page
        ("_toc.yml", "chapters:\n  - file: chapters/b\n", ""),  # no page any more
    ]
    for path, old, new in changes:
        book.edit(path, old, new)
        built_well(book)
        fresh = shutil.copytree(book.root, tmp_path / "fresh")
        shutil.rmtree(fresh / SITE)
        shutil.rmtree(fresh / "_build" / ".doctrees")
        shutil.rmtree(fresh / "_build" / "jupyter_execute", ignore_errors=True)
        built_well(Book(fresh))
        changed, clean = (files(one) for one in (book, Book(fresh)))
        shutil.rmtree(fresh)
        assert {n for n in changed.keys() | clean if changed.get(n) != clean.get(n)} == set()
    for path, old, new in reversed(changes):
        book.edit(path, new, old) if new else (book.root / path).write_text(
            (book.root / path).read_text("utf-8") + old, "utf-8"
        )
    built_well(book)
    assert files(book) == site


@pytest.mark.book
def test_a_disk_without_room_stops_the_build_and_the_next_one_heals(
    built: tuple[Book, dict[str, bytes]], tmp_path: Path
) -> None:
    book, site = built
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        small = Book(Path(shutil.copytree(book.root, place / "book")))
        ballast = place / "ballast"
        for room in (0, 2_000, 200_000, 2_000_000, 5_000_000):
            shutil.rmtree(small.root / SITE, ignore_errors=True)
            free = shutil.disk_usage(place).free
            with ballast.open("wb") as file:
                file.write(bytes(max(free - room, 0)))
            done = small.build()
            ballast.unlink()
            assert done.returncode != 0 or files(small) == site
            built_well(small)
            assert files(small) == site
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.book
def test_of_two_builds_at_once_the_second_waits_and_the_site_is_that_of_one(
    built: tuple[Book, dict[str, bytes]],
) -> None:
    book, site = built
    shutil.rmtree(book.root / "_build")
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-n", "-W"]
    both = [
        subprocess.Popen([*command, "--quiet"], cwd=book.root, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = "".join(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said.count("another build of this folder is under way; waiting") == 1
    assert said.count("executing") == 1
    assert files(book) == site
    built_well(book)  # nothing is left to do
    assert files(book) == site


def test_a_killed_build_holds_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from livingreview_book.locks import hold;"
        "held = hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    said: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with hold(tmp_path, said.append):
        assert said == []


def test_a_folder_that_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "book-left"
    left.mkdir()
    (left / HELD).touch()
    with scratch() as first, scratch() as second:
        assert not left.exists()
        assert first.exists()
        assert second.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", STACK)
def test_what_is_imported_before_a_fork_is_there(name: str) -> None:
    importlib.import_module(name)  # a kernel would import what is missing once more, unseen


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_the_process_that_forks_ends_with_a_build_that_is_killed_during_its_imports(
    tmp_path: Path,
) -> None:
    (tmp_path / "endless.py").write_text(
        "import time\nprint('importing', flush=True)\ntime.sleep(60)\n", "utf-8"
    )
    code = "from livingreview_book import kernel as k; k.STACK = ('endless',); k.fork_kernels()"
    control, theirs = socket.socketpair()
    server = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=theirs.fileno(),
        stdout=subprocess.PIPE,
        env={**os.environ, "BOOK_ROOT": str(tmp_path), "PYTHONPATH": str(tmp_path)},
        text=True,
    )
    theirs.close()
    assert server.stdout
    with server.stdout:
        assert server.stdout.readline() == "importing\n"
        control.close()  # as the system does for a process that is killed
        assert server.wait(timeout=20) == 0


@pytest.mark.book
def test_a_temporary_folder_with_a_long_path_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = write_book(tmp_path / "book")
    long = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 5)
    long.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(long))
    assert set(execute_chapters(book.root)) == {"chapters/a", "chapters/b"}


def test_a_kernel_opens_a_network_port_only_where_a_socket_has_no_place() -> None:
    transport = "tcp" if sys.platform == "win32" else "ipc"
    assert BookKernelManager(connection_file="/tmp/book-a/kernel.json").transport == transport
    assert BookKernelManager(connection_file=f"/tmp/{'a' * 90}/kernel.json").transport == "tcp"


@pytest.mark.book
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    book = write_book(tmp_path)
    (tmp_path / "_build" / ".lock").mkdir(parents=True)  # also root cannot write it
    done = book.build()
    assert done.returncode != 0
    assert ".lock: Is a directory; mend that, then run the same command again" in done.stderr
