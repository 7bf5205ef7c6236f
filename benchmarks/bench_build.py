"""Time the build beside stock Jupyter Book: the same chapters, the same command, in turns.

    python benchmarks/bench_build.py 15          a book of 15 studies (and one that pools them)
    python benchmarks/bench_build.py 15 100      two books; stock takes minutes at 100
    python benchmarks/bench_build.py --only ours 500

Two cases: a cold build, and a build after one printed number changed.  "new number" says whether
the page shows it then; where it does not, the cold build is what a right page costs.  Memory is
the largest sum over all processes of the build (proportional set size, sampled).
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
    return f'pasted-text">{number}' in text


def measure(studies: int, programs: Sequence[str]) -> list[Row]:
    """Both cases of one book size, the programs in turns."""
    rows = []
    study = study_names(studies)[studies // 2]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        books = {k: v for k, v in write_books(Path(folder), studies).items() if k in programs}
        for case in ("cold", "one number changed"):
            for program, book in books.items():
                if case != "cold":
                    change_ratio(reported(book, study), NEW_NUMBER)
                seconds, memory = build(book)
                right = shows(book, study, ratio_in(reported(book, study)))
                if case == "cold" and not right:
                    raise RuntimeError(_end_of_log(book))
                rows.append(Row(studies, case, program, seconds, memory, right))
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


def report(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table with ratios, then the machine."""
    ours = {(row.studies, row.case): row.seconds for row in rows if row.program == "ours"}
    lines = [
        "| studies | case | program | wall | times slower | memory | new number shown |",
        "| ---: | --- | --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        base = ours.get((row.studies, row.case))
        ratio = f"{row.seconds / base:.1f}" if base and row.program != "ours" else ""
        lines.append(
            f"| {row.studies} | {row.case} | {row.program} | {row.seconds:.1f} s | {ratio} "
            f"| {row.memory:.0f} MiB | {'yes' if row.right else 'no'} |"
        )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines += [
        "",
        f"Machine: {platform.machine()}, {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} at the end.",
        f"Versions: {versions}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure the sizes that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("studies", type=int, nargs="+", help="how many studies a book has")
    parser.add_argument("--only", choices=["ours", "stock"], help="time one program alone")
    options = parser.parse_args()
    programs = [options.only] if options.only else ["ours", "stock"]
    rows = [row for studies in options.studies for row in measure(studies, programs)]
    sys.stdout.write(report(rows) + "\n")


if __name__ == "__main__":
    main()
