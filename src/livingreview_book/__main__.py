"""What `make` calls: execute the chapters, accept what they show, compare, start a study."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from livingreview_book.accepted import accept
from livingreview_book.compare import compare
from livingreview_book.execute import ChaptersFailedError, execute_chapters
from livingreview_book.locks import hold
from livingreview_book.serve import serve
from livingreview_record import DataProblemsError, check_spreadsheet, could_not
from livingreview_start import new_study


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m livingreview_book")
    parser.add_argument("--root", type=Path, default=Path())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    renew = commands.add_parser("accept", help="renew tests/expected and results.json")
    renew.add_argument(
        "--from-spreadsheet", action="store_true", help="accept values that a spreadsheet changed"
    )
    renew.set_defaults(run=_accept)
    execute = commands.add_parser("execute", help="execute what changed, and do not render it")
    execute.add_argument("--executor", metavar="ADDRESS", help="a dask scheduler: tcp://...")
    execute.set_defaults(run=_execute)
    difference = commands.add_parser("compare", help="what differs between two built books")
    difference.add_argument("old", type=Path, metavar="OLD", help="a folder of this project")
    difference.add_argument("new", type=Path, metavar="NEW", help="another one")
    difference.set_defaults(run=_compare)
    served = commands.add_parser("serve", help="show the book, and build it again on each change")
    served.add_argument("--port", type=int, default=8000)
    served.set_defaults(run=lambda options: serve(options.root, options.port))
    study = commands.add_parser("new-study", help="begin the files of a study")
    study.add_argument("study_id", metavar="ID", help="author and year: smith-2027")
    study.set_defaults(run=_new_study)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (ChaptersFailedError, DataProblemsError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(could_not(error), file=sys.stderr)
        return 1
    return 0


def _execute(options: argparse.Namespace) -> None:
    with hold(options.root), executor_at(options.executor) as executor:
        execute_chapters(options.root, executor=executor)


@contextmanager
def executor_at(address: str | None) -> Iterator[Executor | None]:
    """The executor of the dask scheduler at this address; nothing without an address.

    Its workers need this project under the same path and the same Python packages.
    """
    if not address:
        yield None
        return
    try:
        client_class = import_module("distributed").Client
    except ImportError:
        msg = f"EXECUTOR={address} needs dask: .venv/bin/python -m pip install -e '.[cluster]'"
        raise ValueError(msg) from None
    with client_class(address) as client:
        yield client.get_executor(pure=False)


def _compare(options: argparse.Namespace) -> None:
    print(compare(options.old, options.new), end="")


def _new_study(options: argparse.Namespace) -> None:
    print(*new_study(options.root, options.study_id), sep="\n")


def _accept(options: argparse.Namespace) -> None:
    if not options.from_spreadsheet:
        check_spreadsheet(options.root)
    with hold(options.root):
        changed = accept(options.root, execute_chapters(options.root))
    print(*changed, sep="\n")
    print(f"{len(changed)} changes accepted; read `git diff`, then commit")


if __name__ == "__main__":
    sys.exit(main())
