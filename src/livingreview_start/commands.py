"""The commands that begin a review: `new` writes its folder, `import` the studies of a table."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livingreview_record import Collector, DataProblemsError, Problem, could_not
from livingreview_start.columns import Source
from livingreview_start.review_files import Start, new_review
from livingreview_start.wide_table import import_table

AFTER_NEW = """{folder} holds a new review. What to do next:
  say in data/review.yaml what is to be said, then: livingreview --root {folder} check
  begin a study, in the folder:                     make new-study ID=smith-2027
  or take the studies of a table:                   livingreview --root {folder} import TABLE.csv"""


def add_commands(commands: Any) -> None:
    """Add both commands to the parser of the command line."""
    new = commands.add_parser("new", help="begin a review in an empty folder")
    new.add_argument("folder", type=Path, metavar="FOLDER")
    new.add_argument("--title", required=True, help="title of the review")
    new.add_argument("--outcome", default="Outcome", help="what is counted or measured")
    new.add_argument("--experimental", default="Treatment", help="the treatment asked about")
    new.add_argument("--control", default="Comparison", help="what it is compared with")
    new.add_argument("--kind", default="two-arm", help="two-arm, means, rates or estimate")
    new.add_argument("--measure", action="append", default=[], help="such as log_rr")
    new.add_argument("--participants", default="participants", help="word for those who take part")
    new.add_argument("--participant", default="participant", help="word for one of them")
    new.add_argument(
        "--moderator", action="append", default=[], metavar="KEY=WORDS",
        help="a property of studies, as a number, that may explain differences",
    )  # fmt: skip
    new.add_argument(
        "--secondary", action="store_true",
        help="numbers that others printed about a study may enter",
    )  # fmt: skip
    new.set_defaults(run=_new)
    table = commands.add_parser("import", help="begin a study for each row of a wide table (CSV)")
    table.add_argument("table", type=Path, metavar="TABLE")
    table.add_argument("--synthesis", default="", help="which one it is for; else the first")
    table.add_argument(
        "--columns", nargs="*", default=[], metavar="OURS=THEIRS", help="names of columns"
    )
    table.add_argument("--ignore", nargs="*", default=[], metavar="COLUMN", help="leave these out")
    table.add_argument(
        "--level", default="secondary", choices=("full-text", "abstract", "secondary"),
        help="how the reports were read from which the numbers come",
    )  # fmt: skip
    table.add_argument("--address", default="", help="where the table is, unless it is your own")
    table.add_argument("--read", default="", metavar="DAY", help="when it was read; else today")
    table.add_argument("--unit", default="", help="unit of means, differences or person-time")
    table.add_argument("--statistic", default="", help="form of estimates, such as rr or log-rr")
    table.set_defaults(run=_import)


def _new(options: argparse.Namespace) -> None:
    try:
        start = Start(
            title=options.title,
            outcome=options.outcome,
            experimental=options.experimental,
            control=options.control,
            kind=options.kind,
            measures=tuple(options.measure),
            participants=(options.participant, options.participants),
            moderators=_pairs("--moderator", options.moderator),
            secondary=options.secondary,
        )
        new_review(options.folder, start)
    except (ValueError, OSError) as error:
        raise _problem("livingreview new", error) from None
    print(AFTER_NEW.format(folder=options.folder))


def _import(options: argparse.Namespace) -> None:
    try:
        source = Source(
            level=options.level,
            address=options.address,
            read=options.read or datetime.now(UTC).date().isoformat(),
            columns=_pairs("--columns", options.columns),
            ignore=tuple(options.ignore),
            synthesis=options.synthesis,
            unit=options.unit,
            statistic=options.statistic,
        )
        written = import_table(options.root, options.table, source)
    except (ValueError, OSError) as error:
        raise _problem("livingreview import", error) from None
    studies = [path.parent.name for path in written if path.name == "study.yaml"]
    print(f"{len(studies)} studies begun: {', '.join(studies)}")
    print(f"Look at them, then: livingreview --root {options.root} check")


def _pairs(option: str, texts: list[str]) -> dict[str, str]:
    parts = [text.partition("=") for text in texts]
    for text, (key, sign, words) in zip(texts, parts, strict=True):
        if not (key and sign and words):
            msg = f"{option} {text!r}: need a name, an equals sign and words, such as year=Year"
            raise ValueError(msg)
    return {key: words for key, _, words in parts}


def _problem(command: str, error: Exception) -> DataProblemsError:
    """What was wrong with the call, said as our problems are said."""
    text = could_not(error) if isinstance(error, OSError) and error.strerror else str(error)
    needed, _, found = text.partition(", found ")
    where, colon, needed = needed.partition(": need ") if ": need " in needed else ("", "", needed)
    problems: list[Problem] = []
    call = Collector(command, problems)
    if colon:
        call.need(where, needed, found or "another", "correct the command, then run it again")
    else:
        call.need("", "what it can do", text, "mend that, then run it again")
    return DataProblemsError(problems)
