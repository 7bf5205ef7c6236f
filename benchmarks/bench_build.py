"""Time the build beside stock Jupyter Book: the same chapters, the same command, in turns.

    python benchmarks/bench_build.py 15 100 500            a book of 15 studies, of 100, of 500
    python benchmarks/bench_build.py 15 100 500 --write    and put it into benchmarks/README.md
    python benchmarks/bench_build.py 500 --stock-up-to 500

Two cases: a cold build, and a build after one printed number changed.  "new number shown" says
whether the study's page and the page that pools all show it then; where they do not, the cold
build is what right pages cost.  Memory is the largest sum over all processes of the build
(proportional set size, sampled).  Stock takes about 6 s a study, so large books are left to ours.
"""

import argparse
import csv
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import psutil
from synthetic_book import reported, study_names, write_books

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- build: begin -->", "<!-- build: end -->"
PROGRAM = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--quiet"]
PACKAGES = ("jupyter-book", "sphinx", "myst-nb", "nbclient", "ipykernel", "pandas", "matplotlib")
SAMPLE_SECONDS = 0.5
NEW_NUMBER = "0.93"


class Row(NamedTuple):
    """One build: how long it took, its memory in MiB, and whether its pages are right."""

    studies: int
    case: str
    program: str
    seconds: float
    memory: float
    right: bool


def build(book: Path) -> tuple[float, float]:
    """Seconds and MiB of one build; an error stops the benchmark."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    started = time.perf_counter()
    with (book / "build.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(PROGRAM, cwd=book, env=environment, stdout=log, stderr=log)
        memory = [0.0]
        sampler = threading.Thread(target=_sample, args=(process, memory))
        sampler.start()
        process.wait()
    seconds = time.perf_counter() - started
    sampler.join()
    if process.returncode:
        raise RuntimeError(_end_of_log(book))
    return seconds, memory[0]


def _end_of_log(book: Path) -> str:
    return (book / "build.log").read_text("utf-8")[-3000:]


def _sample(process: subprocess.Popen[bytes], memory: list[float]) -> None:
    while process.poll() is None:
        total = 0
        try:
            root = psutil.Process(process.pid)
            members = [root, *root.children(recursive=True)]
        except psutil.Error:
            return
        for member in members:
            try:
                total += member.memory_full_info().pss
            except psutil.Error:
                continue  # it ended meanwhile
        memory[0] = max(memory[0], total / 2**20)
        time.sleep(SAMPLE_SECONDS)


def shows(book: Path, page: str, number: str) -> bool:
    """Whether the page's prose has the number."""
    text = (book / "_build" / "html" / "chapters" / f"{page}.html").read_text("utf-8")
    return f'pasted-text">{number}<' in text


def right(book: Path, studies: Sequence[str], changed: str) -> bool:
    """Whether the changed study's page and the one that pools all show what the data say now."""
    pooled = "; ".join(ratio_in(reported(book, study)) for study in studies)
    return shows(book, changed, ratio_in(reported(book, changed))) and shows(book, "index", pooled)


def measure(size: int, programs: Sequence[str]) -> list[Row]:
    """Both cases of one book size, the programs in turns."""
    rows = []
    studies = study_names(size)
    study = studies[size // 2]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        books = {k: v for k, v in write_books(Path(folder), size).items() if k in programs}
        for case in ("cold", "one number changed"):
            for program, book in books.items():
                if case != "cold":
                    change_ratio(reported(book, study), NEW_NUMBER)
                seconds, memory = build(book)
                shown = right(book, studies, study)
                if not shown and (case, program) != ("one number changed", "stock"):
                    raise RuntimeError(_end_of_log(book))
                rows.append(Row(size, case, program, seconds, memory, shown))
                sys.stderr.write(f"{rows[-1]}\n")
    return rows


def ratio_in(file: Path) -> str:
    """The printed hazard ratio."""
    with file.open(encoding="utf-8", newline="") as rows:
        [found] = [row["value"] for row in csv.DictReader(rows) if row["statistic"] == "hr"]
    return found


def change_ratio(file: Path, number: str) -> None:
    """Print another hazard ratio."""
    text = file.read_text("utf-8")
    file.write_text(text.replace(f",{ratio_in(file)},", f",{number},"), encoding="utf-8")
    if ratio_in(file) != number:
        msg = f"{file}: the hazard ratio was not changed"
        raise RuntimeError(msg)


def report(rows: Sequence[Row], stock_up_to: int) -> str:
    """The rows as a Markdown table with ratios and growth, then the machine."""
    ours = {(row.studies, row.case): row.seconds for row in rows if row.program == "ours"}
    lines = [
        "| studies | case | program | wall | times slower | memory | a study | new number shown |",
        "| ---: | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        ratio = row.seconds / ours[row.studies, row.case]
        lines.append(
            f"| {row.studies} | {row.case} | {row.program} | {row.seconds:.1f} s "
            f"| {'' if row.program == 'ours' else f'{ratio:.1f}'} | {row.memory:.0f} MiB "
            f"| {row.seconds / row.studies:.2f} s, {row.memory / row.studies:.1f} MiB "
            f"| {'yes' if row.right else 'no'} |"
        )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines += [
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} at the end.",
        f"Versions: {versions}.",
        f"One run each; stock was not run beyond {stock_up_to} studies.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure the sizes that the command line names; with --write renew the table in the README."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", type=int, nargs="+", help="how many studies a book has")
    parser.add_argument("--stock-up-to", type=int, default=100, help="stock's largest book")
    parser.add_argument("--write", action="store_true", help="renew benchmarks/README.md")
    options = parser.parse_args()
    rows: list[Row] = []
    for size in options.studies:
        rows += measure(size, ["ours", "stock"] if size <= options.stock_up_to else ["ours"])
    text = report(rows, options.stock_up_to)
    sys.stdout.write(text + "\n")
    if options.write:
        before, rest = README.read_text(encoding="utf-8").split(BEGIN)
        after = rest.split(END)[1]
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
