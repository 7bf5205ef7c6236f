"""What ``make`` calls: execute the chapters, accept what they show, start a study."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from livingreview_book import results
from livingreview_book.execute import ChaptersFailedError, execute_chapters
from livingreview_book.expected import FOLDER, difference, expected_path, shown_by_chapter
from livingreview_book.new_study import new_study


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m livingreview_book")
    parser.add_argument("--root", type=Path, default=Path())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    accept = commands.add_parser("accept", help="renew tests/expected and results.json")
    accept.set_defaults(run=_accept)
    execute = commands.add_parser("execute", help="execute what changed, and do not render it")
    execute.set_defaults(run=_execute)
    study = commands.add_parser("new-study", help="begin the files of a study")
    study.add_argument("study_id", metavar="ID", help="author and year: smith-2027")
    study.set_defaults(run=_new_study)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ChaptersFailedError, ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _execute(options: argparse.Namespace) -> None:
    execute_chapters(options.root)


def _new_study(options: argparse.Namespace) -> None:
    print(*new_study(options.root, options.study_id), sep="\n")


def _accept(options: argparse.Namespace) -> None:
    root = options.root
    executions = execute_chapters(root)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    kept = set()
    moved = 0
    for chapter, execution in executions.items():
        path = expected_path(root, chapter)
        kept.add(path)
        found = shown_by_chapter(root, chapter, execution)
        old = path.read_text("utf-8") if path.exists() else ""
        if path.exists() and old == found:
            continue
        moved += 1
        print(f"{chapter}:", *difference(old, found), sep="\n  ")
        path.write_text(found, encoding="utf-8", newline="\n")
    for path in set((root / FOLDER).glob("*.txt")) - kept:
        print(f"removed {path}: no chapter shows it")
        path.unlink()
    for line in results.write(root, executions):
        print(f"results.json: {line}")
    print(f"{moved} of {len(executions)} chapters show something else; read `git diff` and commit")


if __name__ == "__main__":
    sys.exit(main())
