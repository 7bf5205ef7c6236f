"""What was accepted last, and what has moved since: printed numbers, chapters, published numbers.

``tests/expected/numbers.txt`` holds every printed number with its place, so that a changed one is
named even where no chapter shows it.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from livingreview.files import write_whole
from livingreview.load import load_review
from livingreview.studies import Printed
from livingreview_book import results
from livingreview_book.executions import Execution
from livingreview_book.expected import (
    FOLDER,
    difference,
    expected_path,
    shown_by_chapter,
    split_cells,
)

NUMBERS = FOLDER / "numbers.txt"


def accept(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """Renew everything that was accepted; what changed, a line for each change."""
    changed = moved(root, executions)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    write_whole(
        root / NUMBERS, "".join(f"{key} = {text}\n" for key, text in _numbers(root).items())
    )
    kept = {root / NUMBERS}
    for chapter, execution in executions.items():
        if not execution.outputs:
            continue
        path = expected_path(root, chapter)
        kept.add(path)
        write_whole(path, shown_by_chapter(root, chapter, execution))
    for path in set((root / FOLDER).glob("*.txt")) - kept:
        changed.append(f"{path.relative_to(root)}: removed, no chapter shows it")
        path.unlink()
    results.write(root, executions)
    return changed


def moved(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """Each printed number, chapter and published number that is not as accepted."""
    lines = [f"printed number {line}" for line in numbers_moved(root)]
    for chapter, execution in executions.items():
        path = expected_path(root, chapter)
        old = path.read_text("utf-8") if path.exists() else ""
        new = shown_by_chapter(root, chapter, execution)
        if split_cells(old) != split_cells(new):  # a heading is code, not something shown
            lines.append("\n  ".join([f"chapter {chapter}", *difference(old, new)]))
    known = results.read(root)
    new_results = results.collect(executions)
    lines += [f"published number {line}" for line in results.changes(known, new_results)]
    return lines


def numbers_moved(root: Path) -> list[str]:
    """Each printed number in ``data/`` that is not as accepted: its place, and both texts."""
    path = root / NUMBERS
    text = path.read_text("utf-8") if path.exists() else ""
    old = {key: value for key, _, value in (line.rpartition(" = ") for line in text.splitlines())}
    return results.changes(old, _numbers(root))


def _numbers(root: Path) -> dict[str, str]:
    """Place and identity of every printed number, with its text; in the order of the files."""
    return {_name(number): number.value for number in load_review(root).numbers()}


def _name(number: Printed) -> str:
    place = [str(part) for part in asdict(number.locator).values() if part]
    identity = [str(part) for part in asdict(number.quantity).values() if part]
    return f"{number.study_id} | {' > '.join(place)} | {' '.join(identity)}"
