"""A chapter runs again exactly when something it depends on changed, and its page says so."""

import os
import py_compile
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from example_book import Book, write_book
from livingreview_book.compare import compare
from livingreview_book.execute import ChaptersFailedError
from livingreview_book.published import collect
from livingreview_book.remembered import FOLDER, installed_packages

pytestmark = pytest.mark.book
A, B, NONE = {"chapters/a"}, {"chapters/a", "chapters/b"}, set[str]()
REPORTED = "data/studies/example-2020/reported.csv"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    made = write_book(tmp_path_factory.mktemp("a book"))  # its path has a space
    made.execute()
    assert made.ran == B
    return made


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("place")


@pytest.fixture
def fresh(place: Path) -> Book:
    return write_book(place)


def change_number(book: Book) -> None:
    book.edit(REPORTED, "0.70", "0.71")


def revert_number(book: Book) -> None:
    book.edit(REPORTED, "0.71", "0.70")


def add_study(book: Book) -> None:
    (book.root / "data" / "studies" / "third-2022").mkdir()


def add_file_beside_the_study(book: Book) -> None:
    (book.root / "data" / "studies" / "example-2020" / "more.csv").write_text("x", "utf-8")


def change_code(book: Book) -> None:
    book.edit("chapters/a.md", "str(len(study.numbers))", "str(len(study.numbers) - 0)")


def change_prose(book: Book) -> None:
    book.edit("chapters/a.md", "The study has", "This study has")


def change_tag(book: Book) -> None:
    book.edit("chapters/a.md", "ipython3\nfrom", "ipython3\n:tags: [hide-input]\n\nfrom")


def touch_everything(book: Book) -> None:
    for path in book.root.rglob("*"):
        if "_build" not in path.parts:
            os.utime(path)


def change_package(book: Book) -> None:
    book.edit("src/livingreview_record/load.py", '"""Files to', '"""The files to')


def change_lock(book: Book) -> None:
    book.edit("requirements.lock", "numpy==", "numpy ==")


def delete_outputs(book: Book) -> None:
    for path in (book.root / FOLDER).rglob("*.json"):
        path.unlink()


def damage_outputs(book: Book) -> None:
    for path in (book.root / FOLDER).rglob("*.json"):
        path.write_text(path.read_text("utf-8")[:100], "utf-8")


def falsify_outputs(book: Book) -> None:
    for path in (book.root / FOLDER).rglob("*.json"):
        path.write_text(path.read_text("utf-8").replace("0.70", "0.79"), "utf-8")


def replace_outputs(book: Book) -> None:
    for path in (book.root / FOLDER).rglob("*.json"):
        path.write_text("null\n{}\n", "utf-8")


def add_file_to_the_package(book: Book) -> None:
    (book.root / "src" / "livingreview" / "table.csv").write_text("x", "utf-8")


def add(path: str, text: str = "new") -> Callable[[Book], None]:
    def write(book: Book) -> None:
        (book.root / path).write_text(text, "utf-8")

    return write


def change_helper(book: Book) -> None:
    book.edit("chapters/helper.py", "1", "2345")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_number, A),
        (revert_number, NONE),
        (add_study, NONE),
        (add_file_beside_the_study, A),
        (change_code, A),
        (change_prose, NONE),
        (change_tag, NONE),
        (touch_everything, NONE),
        (change_package, B),
        (change_lock, B),
        (delete_outputs, B),
        (damage_outputs, B),
        (falsify_outputs, B),
        (replace_outputs, B),
        (add_file_to_the_package, B),
    ],
)
def test_the_chapters_that_run_are_those_whose_inputs_changed(
    book: Book, change: Callable[[Book], None], expected: set[str]
) -> None:
    change(book)
    executions = book.execute()
    assert book.ran == expected
    ratio = "0.71" if "0.71" in (book.root / REPORTED).read_text("utf-8") else "0.70"
    assert collect(executions)["a.ratio"] == ratio
    book.execute()
    assert book.ran == NONE


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('open("../data/review.yaml")', "data/review.yaml: chapters read data through"),
        (f'__import__("pandas").read_csv("../{REPORTED}")', "chapters read data through"),
        ('__import__("os").listdir("../data/studies")', "data/studies: chapters read data through"),
        ('__import__("subprocess").run(["true"])', "a chapter starts no other program"),
        ('open("../.git/HEAD")', ".git/HEAD: a chapter reads nothing in _build or .git"),
        ('open("../_build/old.txt")', "_build/old.txt: a chapter reads nothing in _build"),
        ('open("../../outside.csv")', "outside.csv: a chapter reads only the project's own files"),
        ('__import__("os").listdir("../..")', "a chapter reads only the project's own files"),
        ('open("link.csv")', "data/review.yaml: chapters read data through"),
        ('__import__("sqlite3").connect("a.db")', "a.db: a chapter reads no database"),
        (
            '__import__("multiprocessing").get_context("spawn").Process(target=print).start()',
            "a chapter starts no other program",
        ),
        ('__import__("os").environ["SOMEBODYS_OWN"]', "KeyError: 'SOMEBODYS_OWN'"),
        ('open("new.txt", "w")', "chapters/new.txt: a chapter writes no file"),
        (
            '__import__("socket").create_connection(("192.0.2.1", 80), timeout=1)',
            "a chapter asks no other host",
        ),
    ],
)
def test_an_input_that_the_build_cannot_see_is_an_error(
    fresh: Book, line: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMEBODYS_OWN", "1")
    (fresh.root / "chapters" / "link.csv").symlink_to("../data/review.yaml")
    (fresh.root / "_toc.yml").write_text("format: jb-book\nroot: chapters/a\n", "utf-8")
    fresh.edit("chapters/a.md", 'study = load_study("example-2020", "..")', line)
    with pytest.raises(ChaptersFailedError, match=message):
        fresh.execute()


def ask(question: str) -> str:
    return f'publish("a.answer", "{{}}".format({question}))'


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ('__import__("os").listdir(".")', add("chapters/new.txt")),
        ('[*__import__("pathlib").Path("..").glob("*.txt")]', add("new.txt")),
        ('[*__import__("os").walk("../more")]', add("more/below/new.txt")),
        ('__import__("os.path").path.exists("new.txt")', add("chapters/new.txt")),
        ('__import__("pathlib").Path("new.txt").is_file()', add("chapters/new.txt")),
        ('__import__("os").access("new.txt", 4)', add("chapters/new.txt")),
        ('__import__("os").stat("matplotlibrc").st_size', add("chapters/matplotlibrc", "# longer")),
        ('open("link.txt").read()', add("more/linked.txt", "otherwise")),
        ('(__import__("sys").path.append("."), __import__("helper").ANSWER)', change_helper),
    ],
)
def test_what_a_chapter_asks_the_file_system_makes_it_run_again(
    fresh: Book, question: str, change: Callable[[Book], None]
) -> None:
    (fresh.root / "_toc.yml").write_text("format: jb-book\nroot: chapters/a\n", "utf-8")
    (fresh.root / "more" / "below").mkdir(parents=True)
    (fresh.root / "more" / "linked.txt").write_text("text", "utf-8")
    (fresh.root / "chapters" / "link.txt").symlink_to("../more/linked.txt")
    (fresh.root / "chapters" / "matplotlibrc").write_text("# short", "utf-8")
    (fresh.root / "chapters" / "helper.py").write_text("ANSWER = 1\n", "utf-8")
    py_compile.compile(str(fresh.root / "chapters" / "helper.py"), doraise=True)
    fresh.edit("chapters/a.md", 'study = load_study("example-2020", "..")', ask(question) + "\n")
    fresh.edit("chapters/a.md", 'publish("a.numbers", str(len(study.numbers)))\n', "")
    fresh.edit("chapters/a.md", 'publish("a.ratio", study.numbers[4].value)\n', "")
    before = collect(fresh.execute())
    fresh.execute()
    assert fresh.ran == NONE
    change(fresh)
    after = collect(fresh.execute())
    assert fresh.ran == A
    assert before["a.answer"] != after["a.answer"]


def test_every_failing_chapter_is_reported_with_its_cell_and_traceback(fresh: Book) -> None:
    for name in ("a", "b"):
        fresh.edit(f"chapters/{name}.md", "study.numbers[4]", "study.numbers[999]")
    with pytest.raises(ChaptersFailedError) as caught:
        fresh.execute()
    report = str(caught.value)
    for name in ("a", "b"):
        assert f"chapters/{name}.md failed in this cell" in report
    assert report.count("IndexError: tuple index out of range") == 2
    assert report.count("numbers[999].value") >= 2


def test_a_plain_build_shows_the_new_number_and_repeats_its_warnings(
    fresh: Book, tmp_path: Path
) -> None:
    fresh.execute()
    assert fresh.build().returncode == 0
    before = shutil.copytree(fresh.root, tmp_path / "before")
    change_number(fresh)
    done = fresh.build()
    assert done.returncode == 0, done.stderr
    numbers, pages = compare(before, fresh.root).split("Pages that read otherwise: 1.")
    assert numbers.endswith("Published numbers that moved: 1.\n\n- a.ratio: 0.70 -> 0.71\n\n")
    assert [line for line in pages.splitlines() if line.startswith(("-", "+"))] == [
        "-The study has 6 numbers and a ratio of 0.70.",
        "+The study has 6 numbers and a ratio of 0.71.",
        "- searchindex.js: 1",
    ]
    fresh.edit("chapters/b.md", "`b.ratio`", "`b.missing`")
    for _ in range(2):
        done = fresh.build()
        assert done.returncode == 1
        assert "No key 'b.missing' found" in done.stderr


def test_no_page_is_trusted_for_its_time_or_after_a_killed_build(fresh: Book) -> None:
    fresh.execute()
    text = fresh.root / "chapters" / "b.md"
    shutil.copy2(text, fresh.root / "kept")
    fresh.edit("chapters/b.md", "# B", "# Wrong title")
    assert fresh.build().returncode == 0
    shutil.copy2(fresh.root / "kept", text)  # with its old time
    assert fresh.build().returncode == 0
    assert "Wrong title" not in fresh.page("b")
    change_number(fresh)
    memory = fresh.root / "_build" / ".doctrees" / "environment.pickle"
    known = memory.stat().st_mtime_ns
    build = subprocess.Popen(
        [Path(sys.executable).with_name("jupyter-book"), "build", ".", "--quiet"],
        cwd=fresh.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while build.poll() is None and memory.stat().st_mtime_ns == known:
        time.sleep(0.002)
    time.sleep(0.02)  # Sphinx remembers the new number now, and goes on to write the page
    os.killpg(build.pid, signal.SIGKILL)
    build.wait()
    assert fresh.build().returncode == 0
    assert '<span class="pasted-text">0.71</span>' in fresh.page("a")


def test_two_numbers_under_one_key_stop_the_build(fresh: Book) -> None:
    fresh.edit("chapters/b.md", '"b.ratio"', '"a.ratio"')
    fresh.edit("chapters/b.md", "`b.ratio`", "`a.ratio`")
    fresh.execute()
    done = fresh.build()
    assert done.returncode == 1
    assert "a.ratio is published twice, in chapters/a and chapters/b" in done.stderr


@pytest.mark.parametrize(
    "name", ["livingreview_record/load.py", "livingreview_record/schema/study.yaml"]
)
def test_an_edited_package_is_noticed_where_it_is_installed_beside_the_book(
    fresh: Book, tmp_path: Path, name: str
) -> None:
    site = (fresh.root / "src").rename(tmp_path / "site")

    def execute() -> str:
        return subprocess.run(
            [sys.executable, "-m", "livingreview_book", "execute"],
            cwd=fresh.root,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert "executing 2 of 2 chapters" in execute()
    assert execute() == ""
    with (site / name).open("a", encoding="utf-8") as file:
        file.write("\n# edited\n")
    assert "executing 2 of 2 chapters" in execute()


def test_another_build_of_a_package_of_the_same_version_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "other-1.0.dist-info" / "RECORD"
    record.parent.mkdir()
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))

    def installed_with(*lines: str) -> list[str]:
        record.write_text("\n".join(lines), "utf-8")
        os.utime(record, ns=(0, len(lines[0]) + hash(lines) % 10**9))
        return installed_packages()

    first = installed_with("other/a.py,sha256=aaa,3", "../../bin/other,sha256=xxx,9")
    assert first == installed_with("other/a.py,sha256=aaa,3", "../../bin/other,sha256=yyy,9")
    assert first != installed_with("other/a.py,sha256=bbb,3", "../../bin/other,sha256=xxx,9")
