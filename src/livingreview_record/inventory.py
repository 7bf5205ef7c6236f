"""Which files `data/` holds: each is described, none is a link, and extractions are counted."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from livingreview_record.dictionary import Dictionary
from livingreview_record.files import read_rows
from livingreview_record.problems import Collector, Problem
from livingreview_record.times import is_day, is_over

WITHOUT_NUMBERS = frozenset({"ongoing", "excluded"})
OWN = (
    "data/dictionary.csv",
    "data/extraction.csv",
    "data/appraisal/*.csv",
    "data/appraisal/appraisal.yaml",
    "data/appraisal/findings.yaml",
    "data/review.yaml",
    "data/search/*.csv",
    "data/search/sources.yaml",
    "data/audit/mistyped.csv",
    "data/cohort/coverage.csv",
    "data/studies/*/pipeline.yaml",
    "data/studies/*/reported.csv",
    "data/studies/*/study.yaml",
    "data/LICENSE",
    "data/README.md",
)
EXTRACTION_COLUMNS = (
    "study_id",
    "rows_first",
    "rows_second",
    "values_in_conflict",
    "only_first",
    "only_second",
    "second",
    "settled",
)
LEADS_COLUMNS = ("study", "what", "patients", "value", "address", "read", "wanted")
INDIRECT_COLUMNS = ("question", "study", "patients", "what", "value", "address", "read")
COUNTED = EXTRACTION_COLUMNS[1:6]
WAYS = ("extracted again", "read again")  # of the second reading: without or with the first rows
COUNT = re.compile(r"0|[1-9][0-9]*")


def check_files(data: Path, declared: Dictionary, problems: list[Problem]) -> None:
    """Add a problem for every file below `data` that nothing describes, and for every link.

    Hidden files, such as those of editors and desktops, are no data and are passed over.
    """
    patterns = (*OWN, *sorted({row["file"] for row in declared.rows}))
    for folder, folders, files in os.walk(data):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(folder)
        for name in [*folders, *sorted(files)]:
            path = PurePosixPath("data", *(here / name).relative_to(data).parts)
            known = name in folders or any(path.match(pattern) for pattern in patterns)
            if (here / name).is_symlink() and name in folders and here != data / "studies":
                found = f"a symbolic link to {(here / name).readlink()}"
                do = "put the folder itself in its place"
                Collector(str(here / name), problems).need("", "a folder", found, do)
            if not known and not name.startswith("."):
                needed = "only files that belong to the data"
                do = "move it out of data/, or describe its columns in data/dictionary.csv"
                Collector(str(here / name), problems).need("", needed, "another file", do)


def check_extraction(
    path: Path, known: Iterable[str], rows_of: Mapping[str, int], problems: list[Problem]
) -> tuple[Mapping[str, str], ...]:
    """Return the rows on the second extraction; add a problem for every one that cannot be true.

    `known` are the studies, and the trials of `indirect.csv`; `rows_of` how many rows are there of
    each that could be read.  Rows that both extractions have count twice, and are still there.
    """
    seen: set[str] = set()
    collector = Collector(str(path), problems)
    rows = read_rows(path, EXTRACTION_COLUMNS, problems, may_be_empty=True)
    for line, cells in rows:
        place, id_ = f"row {line}", cells["study_id"].strip()
        collector.one_of(f"{place} column study_id", id_, known, "correct it, or add the study")
        if id_ in seen:
            collector.need(
                f"{place} column study_id", "one row a study", f"another of {id_}", "remove one"
            )
        seen.add(id_)
        wrong = [name for name in COUNTED if not COUNT.fullmatch(cells[name])]
        for name in wrong:
            collector.need(
                f"{place} column {name}", "a whole number", repr(cells[name]), "correct it"
            )
        collector.one_of(f"{place} column second", cells["second"], WAYS, "correct it")
        if not cells["settled"].strip():
            do = "say how the differences were settled, or that there were none"
            collector.need(f"{place} column settled", "words", "nothing", do)
        if not wrong and id_ in rows_of:
            _check_counts(collector, place, cells, rows_of[id_])
    return tuple(cells for _, cells in rows)


def _check_counts(collector: Collector, place: str, cells: Mapping[str, str], rows: int) -> None:
    first, second, conflicts, only_first, only_second = (int(cells[name]) for name in COUNTED)
    both = first - only_first
    if both != second - only_second or not 0 <= conflicts <= both:
        needed = (
            "rows less those of one extraction only to be the same for both, conflicts among them"
        )
        found = f"{first} - {only_first}, {second} - {only_second}, {conflicts} in conflict"
        collector.need(place, needed, found, "count again")
    elif rows < both:
        needed = f"at least the {both} rows that both extractions have, in the table of the study"
        collector.need(place, needed, str(rows), "look for rows that were lost")


def check_looked_up(
    path: Path,
    columns: tuple[str, ...],
    questions: Sequence[str] | None,
    problems: list[Problem],
) -> tuple[Mapping[str, str], ...]:
    """Return numbers that were looked up and that no synthesis takes; none without the file.

    A problem is added for each without its words, its address or its day, and for one that stands
    beside none of the `questions` of the review; these are None where its rules are not sound.
    """
    if not path.exists():
        return ()
    collector = Collector(str(path), problems)
    rows = read_rows(path, columns, problems, may_be_empty=True)
    for line, cells in rows:
        for name in columns:
            if not cells[name].strip():
                place = f"row {line} column {name}"
                collector.need(place, "an entry", "nothing", "fill it in, or remove the row")
        if "question" in cells and questions is not None:
            place, do = f"row {line} column question", "name a question of review.yaml"
            collector.one_of(place, cells["question"], questions, do)
        if not cells["address"].startswith(("https://", "http://")):
            place = f"row {line} column address"
            needed = "an address that begins with https:// or http://"
            collector.need(place, needed, repr(cells["address"]), "name the page that was read")
        if not (is_day(cells["read"]) and is_over(cells["read"])):
            place, needed = f"row {line} column read", "a day that is not in the future"
            collector.need(place, needed, repr(cells["read"]), "write it as 2026-03-31")
    return tuple(cells for _, cells in rows)
