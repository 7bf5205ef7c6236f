"""Build the committed book with several Pythons, each from the lock, and compare the results.

    .venv/bin/python benchmarks/compare_pythons.py python3.11 python3.12 python3.13

Each Python gets a copy of the last commit in a path of its own and runs ``make book`` there, with
another locale and time zone.  Prints how each site differs from the first Python's; the exit
status is 1 if a published number does.  Takes minutes.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from livingreview_book import published
from livingreview_book.compare import compare

REPOSITORY = Path(__file__).parent.parent
SURROUNDINGS = (("C.UTF-8", "UTC"), ("C", "Asia/Tokyo"), ("POSIX", "America/Lima"))


def build(python: str, folder: Path, surroundings: tuple[str, str]) -> None:
    """Make the book of the last commit in this new folder."""
    command = ["git", "-C", str(REPOSITORY), "archive", "HEAD"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    locale, zone = surroundings
    environment = {**os.environ, "LC_ALL": locale, "TZ": zone}
    subprocess.run(
        ["make", "book", f"PYTHON={python}"], cwd=folder, env=environment, check=True, stdout=2
    )


def main() -> int:
    """Compare the Pythons of the command line with the first of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="+", help="an interpreter: python3.11, or its path")
    pythons = parser.parse_args().python
    with tempfile.TemporaryDirectory(prefix="compare-") as temporary:
        folders = [Path(temporary, f"copy {number}") for number in range(len(pythons))]
        for number, (python, folder) in enumerate(zip(pythons, folders, strict=True)):
            build(python, folder, SURROUNDINGS[number % len(SURROUNDINGS)])
        for python, folder in zip(pythons[1:], folders[1:], strict=True):
            print(f"## {python} beside {pythons[0]}\n\n{compare(folders[0], folder)}")
        numbers = {(folder / published.FILE).read_bytes() for folder in folders}
    return int(len(numbers) > 1)


if __name__ == "__main__":
    sys.exit(main())
