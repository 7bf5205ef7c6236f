"""Build the committed book with several Pythons, each from the lock, and compare every byte.

    python benchmarks/compare_pythons.py python3.11 python3.13

Each Python gets a copy of the last commit in a path of its own and runs ``make book`` there, with
another locale and time zone.  Prints each file that differs from the first Python's, with the
first line that differs; the exit status is 1 if a published number does.  Takes minutes.
"""

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
SURROUNDINGS = (("C.UTF-8", "UTC"), ("C", "Asia/Tokyo"), ("POSIX", "America/Lima"))


def build(python: str, folder: Path, surroundings: tuple[str, str]) -> dict[str, bytes]:
    """The finished site and the published numbers, by path."""
    command = ["git", "-C", str(REPOSITORY), "archive", "HEAD"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    locale, zone = surroundings
    environment = {**os.environ, "LC_ALL": locale, "TZ": zone}
    subprocess.run(
        ["make", "book", f"PYTHON={python}"], cwd=folder, env=environment, check=True, stdout=2
    )
    site = folder / "_build" / "html"
    paths = [path for path in site.rglob("*") if path.is_file()] + [folder / "results.json"]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(paths)}


def first_difference(one: bytes, other: bytes) -> str:
    """The first line that differs, from both files."""
    pairs = zip(one.splitlines(), other.splitlines(), strict=False)
    for number, (left, right) in enumerate(pairs, 1):
        if left != right:
            at = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), 0)
            window = slice(max(at - 30, 0), at + 50)
            return f"line {number}: {left[window]!r} and {right[window]!r}"
    return "one is longer"


def main() -> int:
    """Compare the Pythons of the command line with the first of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="+", help="an interpreter: python3.11, or its path")
    pythons = parser.parse_args().python
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        trees = [
            build(python, Path(folder, f"copy {number}"), SURROUNDINGS[number % 3])
            for number, python in enumerate(pythons)
        ]
    first, status = trees[0], 0
    for python, tree in zip(pythons[1:], trees[1:], strict=True):
        differing = [
            name for name in first.keys() | tree.keys() if first.get(name) != tree.get(name)
        ]
        print(f"{python}: {len(differing)} of {len(first)} files differ from {pythons[0]}")
        for name in sorted(differing):
            if name not in first or name not in tree:
                print(f"  {name}: only with one of the two")
            else:
                print(f"  {name}: {first_difference(first[name], tree[name])}")
        status |= "results.json" in differing
    return status


if __name__ == "__main__":
    sys.exit(main())
