"""What was accepted last, and what has moved since: printed numbers, chapters, published numbers.

`tests/expected/numbers.txt` holds every printed number with its place, so that a changed one is
named even where no chapter shows it, and a spreadsheet's changes are noticed.
"""

from collections.abc import Mapping
from pathlib import Path

from livingreview_book import published
from livingreview_book.remembered import Execution
from livingreview_book.shown import difference, shown_by_chapter, split_cells
from livingreview_record import accept_numbers, numbers_moved, write_whole

FOLDER = Path("tests", "expected")


def accepted_path(root: Path, chapter: str) -> Path:
    """Return where the accepted text of a chapter stands."""
    return root / FOLDER / f"{chapter.removeprefix('chapters/').replace('/', '-')}.txt"


def accept(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """Renew everything that was accepted; what changed, a line for each change."""
    changed = [*moved(root, executions), *keys_moved(root, executions)]
    kept = {accept_numbers(root)}
    for chapter, execution in executions.items():
        if not execution.outputs:
            continue
        path = accepted_path(root, chapter)
        kept.add(path)
        write_whole(path, shown_by_chapter(root, chapter, execution))
    for path in set((root / FOLDER).glob("*.txt")) - kept:
        changed.append(f"{path.relative_to(root)}: removed, no chapter shows it")
        path.unlink()
    published.write(root, executions)
    return changed


def moved(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """Each printed number, chapter and published number that is not as accepted."""
    lines = [f"printed number {line}" for line in published.changes(*numbers_moved(root))]
    for chapter, execution in executions.items():
        path = accepted_path(root, chapter)
        old = path.read_text("utf-8") if path.exists() else ""
        new = shown_by_chapter(root, chapter, execution)
        if split_cells(old) != split_cells(new):  # a heading is code, not something shown
            lines.append("\n  ".join([f"chapter {chapter}", *difference(old, new)]))
    known = published.read(root)
    new_results = published.collect(executions, root)
    lines += [f"published number {line}" for line in published.changes(known, new_results)]
    return lines


def keys_moved(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """In plain words: which published keys are gone and which are new, and who cites one gone."""
    old, new = published.read(root), published.collect(executions, root)
    gone, fresh = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    lines = [f"published keys that are new: {', '.join(fresh)}"] if old and fresh else []
    if gone:
        lines.append(
            f"published keys that are gone: {', '.join(gone)}; say so in CHANGELOG.md, and rewrite "
            "each sentence that cites one"
        )
    for chapter in sorted((root / "chapters").glob("**/*.md")):
        for line, text in enumerate(chapter.read_text("utf-8").splitlines(), 1):
            cited = [key for key in gone if f"`{key}`" in text or f"<{key}>`" in text]
            lines += [f"  {chapter.relative_to(root)} line {line} cites {key}" for key in cited]
    return lines
