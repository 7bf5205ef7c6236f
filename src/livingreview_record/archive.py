"""Everything a reader can download: the numbers as CSV, the data as they are, one zip of all.

The bytes depend on the data alone: entries are sorted, stored uncompressed and carry a fixed date.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from livingreview_record.files import csv_text, read_text, write_whole
from livingreview_record.load import load_review
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.rows import COLUMNS
from livingreview_record.studies import Review

FIXED_DATE = (1980, 1, 1, 0, 0, 0)
EXTRA = ("results.json", "CITATION.cff", "CHANGELOG.md")


def downloads(root: Path | str = ".") -> Mapping[str, bytes]:
    """The files to offer by name, made from the review under `root`.

    `numbers.csv` and `numbers.json` hold every printed number of every study; `data.zip`
    holds the table, every file under `data/` that is not hidden, the licence of the data with
    them, and, where they exist, the published results, the citation and the changes.  Raises
    `DataProblemsError` for data that cannot be used.
    """
    base = Path(root)
    review = load_review(base)
    files = {"numbers.csv": numbers_csv(review), "numbers.json": numbers_json(review)}
    names = [
        path.relative_to(base).as_posix()
        for path in sorted(base.glob("data/**/*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(base).parts)
    ]
    names += [name for name in EXTRA if (base / name).is_file()]
    zipped = {"numbers.csv": files["numbers.csv"]}
    problems: list[Problem] = []
    for name in names:
        zipped[name] = read_text(base / name, problems).encode()
    if problems:
        raise DataProblemsError(problems)
    files["dictionary.csv"] = zipped["data/dictionary.csv"]
    files["data.zip"] = zip_of(zipped)
    return files


def numbers_csv(review: Review) -> bytes:
    """Every printed number of every study: its id, the columns of its file, its level."""
    rows = (number.row.values() for number in review.numbers())
    return csv_text(["study_id", *COLUMNS, "level"], rows).encode()


def numbers_json(review: Review) -> bytes:
    """Return every printed number of every study as a JSON list of objects."""
    return (
        json.dumps([n.row for n in review.numbers()], ensure_ascii=False, indent=1) + "\n"
    ).encode()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip archive whose bytes depend on names and contents alone.

    >>> zip_of({"b": b"2", "a": b"1"}) == zip_of({"a": b"1", "b": b"2"})
    True
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, FIXED_DATE)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return target.getvalue()


def write_downloads(root: Path | str, target: Path) -> list[Path]:
    """Write the files to offer into `target`; their paths."""
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in downloads(root).items():
        paths.append(target / name)
        write_whole(paths[-1], content)
    return paths
