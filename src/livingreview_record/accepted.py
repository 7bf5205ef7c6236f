"""Printed values as they were accepted last, and which of them a spreadsheet may have changed.

`make accept` writes every value with its place to `tests/expected/numbers.txt`.  A spreadsheet
that saves a table of numbers drops zeros after the point and turns some texts into dates and times;
held against that file, each such cell can be named.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livingreview_record.files import read_rows, write_whole
from livingreview_record.problems import Collector, DataProblemsError, Problem
from livingreview_record.reported import Reported
from livingreview_record.rows import COLUMNS, LOCATOR_COLUMNS, QUANTITY_COLUMNS
from livingreview_record.values import hint, looks_like_a_date

FILE = Path("tests", "expected", "numbers.txt")
MOST_BY_HAND = 5  # cells, or rows, that a person changes at once without noticing
ENOUGH = 60  # numbers with decimals of which some end in 0 (none by chance: 0.9 ** 60 = 0.002)
RESTORE = (
    "if a spreadsheet saved the file, take the file back as it was and open it as CONTRIBUTING.md "
    "says; if the source has it so: make accept"
)


@dataclass(frozen=True)
class Value:
    """A value now: its file and row, and its text."""

    where: str
    text: str


def current(root: Path) -> dict[str, Value]:
    """Place and identity of every printed number under `root/data`, with its value.

    Rows are taken as they stand, faulty or not; what cannot be read at all is left out.
    """
    found: dict[str, Value] = {}
    for path in sorted((root / "data" / "studies").glob("*/reported.csv")):
        for line, cells in read_rows(path, COLUMNS, []):
            place, identity = (
                [cells[name].strip() for name in names if cells[name].strip()]
                for names in (LOCATOR_COLUMNS, QUANTITY_COLUMNS)
            )
            name = f"{path.parent.name} | {' > '.join(place)} | {' '.join(identity)}"
            found[name] = Value(f"{path} row {line}", cells["value"].strip())
    return found


def accepted(root: Path) -> dict[str, str]:
    """Place and identity of every number that was accepted last, with its value then."""
    path = root / FILE
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return {name: value for name, _, value in (line.rpartition(" = ") for line in lines)}


def accept_numbers(root: Path) -> Path:
    """Write every printed number with its place to the file that remembers them; its path."""
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(f"{name} = {now.text}\n" for name, now in current(root).items()))
    return path


def numbers_moved(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return every printed number by its place and identity: as accepted last, and now."""
    return accepted(root), {name: value.text for name, value in current(root).items()}


def check_spreadsheet(root: Path) -> None:
    """Raise `DataProblemsError` if a spreadsheet seems to have saved a study's numbers."""
    if len(problems := spreadsheet_damage(root)) > MOST_BY_HAND:
        raise DataProblemsError(problems)


def spreadsheet_damage(root: Path) -> list[Problem]:
    """Return a problem for each value and table that looks as if a spreadsheet had saved it."""
    before, now = accepted(root), current(root)
    problems: list[Problem] = []
    for name, old in before.items():
        if name in now and (new := now[name].text) != old and by_spreadsheet(old, new):
            Collector(now[name].where, problems).cell("value", f"{old!r} as accepted", new, RESTORE)
    then, today = (Counter(name.partition(" | ")[0] for name in names) for names in (before, now))
    for study, count in then.items():
        if 0 < today[study] < count - MOST_BY_HAND:
            file = Collector(str(root / "data" / "studies" / study / "reported.csv"), problems)
            file.need("", f"the {count} rows that were accepted", f"{today[study]}", RESTORE)
    return problems


def by_spreadsheet(old: str, new: str) -> bool:
    """Whether a spreadsheet may have made the new text of the old one.

    >>> by_spreadsheet("60.10", "60.1"), by_spreadsheet("0.273", "273"), by_spreadsheet("5", "6")
    (True, True, False)
    """
    if looks_like_a_date(new) or "spreadsheet" in hint(new):
        return True
    try:
        same = Reported(old).exact == Reported(new).exact
    except ValueError:
        return False
    return same or ("." in old and old.replace(".", "").lstrip("0") == new)


def remarks_on_numbers(root: Path) -> Iterator[str]:
    """Yield what is worth a look but no problem: values not accepted yet, tables without zeros."""
    before, now = accepted(root), current(root)
    for name, old in before.items():
        if name in now and now[name].text != old:
            yield f"{now[name].where}: {old} -> {now[name].text}, not accepted yet (make accept)"
    for study in sorted({name.partition(" | ")[0] for name in now}):
        texts = [v.text for name, v in now.items() if name.startswith(f"{study} | ")]
        decimal = [text for text in texts if "." in text and text.replace(".", "").isdecimal()]
        if len(decimal) >= ENOUGH and not any(text.endswith("0") for text in decimal):
            yield (
                f"{study}: none of {len(decimal)} numbers with decimals ends in 0; if a "
                "spreadsheet saved the file, compare each of them with the source"
            )
