"""The command line: parse, call, print; no statistics.

Exit status 0 when the question was answered, 1 when our own data is wrong, 2 for a wrong call.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livingreview_audit import Finding

from livingreview_record import (
    SIDES,
    DataProblemsError,
    PlannedSynthesis,
    Problem,
    Review,
    fits,
    load_review,
    read_text,
    remarks_on_numbers,
    spreadsheet_damage,
    write_whole,
)
from livingreview_search import (
    SearchLog,
    flow,
    load_log,
    propose,
    read_ris,
    read_table,
    to_ris,
    to_table,
)
from livingreview_start import add_commands

Row = Mapping[str, object]
SYNTHETIC = (
    "synthetic patients, {tables} sets of them: nobody in them is real, and nothing here enters a "
    "synthesis"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except DataProblemsError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="livingreview", description=__doc__.partition("\n")[0])
    parser.add_argument("--root", type=Path, default=Path(), help="folder that holds data/")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="validate every file under data/")
    check.add_argument("--study", help="say of each synthesis which rows of this study enter it")
    check.set_defaults(run=_check)
    reported = commands.add_parser("reported", help="list every extracted number with its place")
    _add_listing(reported)
    reported.set_defaults(run=_reported)
    audit = commands.add_parser("audit", help="recompute every printed number that others imply")
    _add_listing(audit)
    audit.set_defaults(run=_audit)
    reenact = commands.add_parser(
        "reenact", help="run a study's own analyses on synthetic patients, or on those of a file"
    )
    reenact.add_argument("study")
    reenact.add_argument("--patients", type=Path, help="a file of patients, in the layout")
    reenact.add_argument("--draws", type=_whole, help="synthetic cohorts to draw (100)")
    reenact.add_argument("--seed", type=int, default=1, help="of the first one (1)")
    reenact.add_argument("--jobs", type=_whole, default=1, help="processes that compute (1)")
    reenact.add_argument("--format", choices=("table", "json", "csv"), default="table")
    reenact.set_defaults(run=_reenact)
    records = commands.add_parser("records", help="list the records of the search")
    records.add_argument("--source", help="only this source")
    records.add_argument("--format", choices=("csv", "ris"), default="csv")
    records.set_defaults(run=_records)
    found = commands.add_parser("import-records", help="add the records of a RIS or CSV file")
    found.add_argument("file", type=Path)
    found.add_argument("--source", required=True, help="id of the source that was searched")
    found.set_defaults(run=_import_records)
    add_commands(commands)
    return parser


def _add_listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--study", help="only this study")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")


def _check(options: argparse.Namespace) -> None:
    from livingreview_appraisal import check_appraisal
    from livingreview_cohort import check_pipelines

    problems = list(spreadsheet_damage(options.root))
    try:
        review = load_review(options.root)
    except DataProblemsError as error:
        raise DataProblemsError([*error.problems, *problems]) from None
    problems += check_pipelines(review, options.root)
    problems += check_appraisal(options.root, review)
    if problems:
        raise DataProblemsError(problems)
    if options.study is not None:
        _print_table(entering(review, _known(options.study, review.studies)))
        return
    if (options.root / "data" / "search").exists():
        counted = flow(load_log(options.root), review).boxes
        print(", ".join(f"{box.label.lower()}: {box.count}" for box in counted.values()))
    studies, numbers = len(review.studies), len(review.numbers())
    print(f"{studies} studies, {numbers} printed numbers, no problem found")
    _print_entering(review)
    for remark in remarks_on_numbers(options.root):
        print(remark)


def _print_entering(review: Review) -> None:
    """Print how many syntheses each study enters, where one nearly does, and which none enters."""
    idle = {planned.id: planned for planned in review.protocol.syntheses}
    for study_id in review.studies:
        rows = entering(review, study_id)
        for row in rows:
            if row["enters"]:
                idle.pop(row["synthesis"], None)
        used = sum(bool(row["enters"]) for row in rows)
        print(f"{study_id}: enters {used} of {len(rows)} planned syntheses")
        for row in rows:
            if row["nearly enters"]:
                print(f"  nearly enters {row['synthesis']}: {row['nearly enters']}")
    for planned in idle.values():
        print(f"{planned.id}: no study enters{_why_nothing(review, planned)}")
    print("In detail: livingreview check --study ID")


def _why_nothing(review: Review, planned: PlannedSynthesis) -> str:
    """Which side of the plan no arm of any study fits; empty where each side has one."""
    arms = [arm for study in review.studies.values() for arm in study.arms.values()]
    sides = {"arms": planned.arms, **dict(zip(SIDES, planned.sides, strict=True))}
    bare = [name for name, side in sides.items() if not any(fits(arm, side) for arm in arms)]
    return f": no arm of any study is what it takes as {' or as '.join(bare)}" if bare else ""


def entering(review: Review, study_id: str) -> list[dict[str, str]]:
    """For each planned synthesis the rows of a study that enter it, nearly enter it, or why not."""
    from livingreview_plan import select  # with it comes the engine, which others need not

    lines = []
    for planned in review.protocol.syntheses:
        selection = select(review, planned.id)
        sources = [s for used in selection.used if used.study_id == study_id for s in used.sources]
        left = [one for one in selection.left_out if one.study_id == study_id]
        near = [
            f"row {miss.number.line}, column {miss.column}: {miss}"
            for one in left
            for miss in one.nearly
        ]
        numbers = ", ".join(str(line) for line in sorted({source.line for source in sources}))
        lines.append(
            {
                "synthesis": planned.id,
                "enters": f"rows {numbers}" if numbers else "",
                "nearly enters": "; ".join(near),
                "why not": "; ".join(one.reason for one in left if not one.nearly),
            }
        )
    return lines


def _reported(options: argparse.Namespace) -> None:
    review = load_review(options.root)
    wanted = None if options.study is None else [_known(options.study, review.studies)]
    _print_rows([number.row for number in review.numbers(wanted)], options.format)


def _audit(options: argparse.Namespace) -> None:
    from livingreview_results import findings  # with it comes the audit, which others need not

    review = load_review(options.root)
    wanted = list(review.studies) if options.study is None else [options.study]
    known = {_known(study_id, review.studies) for study_id in wanted}
    rows = [audit_row(finding) for finding in findings(review) if finding.study_id in known]
    _print_rows(rows, options.format)


def _reenact(options: argparse.Namespace) -> None:
    from livingreview_cohort import (
        DRAWS,
        flat,
        load_pipeline,
        read_patients,
        reenact,
        reenact_patients,
    )

    if options.patients and options.draws:
        print("livingreview: give --patients or --draws, not both", file=sys.stderr)
        raise SystemExit(2)
    review = load_review(options.root, only=[options.study])
    study = review.studies[options.study]
    if not study.numbers:
        print(f"livingreview: {study.id} prints no result to re-enact", file=sys.stderr)
        raise SystemExit(2)
    pipeline = load_pipeline(study, review.dictionary, options.root)
    if options.patients:
        patients = read_patients(options.patients, study)
        found = reenact_patients(patients, pipeline, study, seed=options.seed)
    else:
        with ProcessPoolExecutor(options.jobs) if options.jobs > 1 else nullcontext() as pool:
            draws = options.draws or DRAWS
            found = reenact(study, pipeline, draws=draws, seed=options.seed, executor=pool)
    if found.is_synthetic:
        print(SYNTHETIC.format(tables=found.tables), file=sys.stderr)
    _print_rows(flat(found), options.format)


def _whole(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        msg = f"need a whole number of at least 1, found {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _records(options: argparse.Namespace) -> None:
    log = load_log(options.root)
    wanted = log.sources if options.source is None else [_source(options.source, log)]
    records = [one for one in log.records.values() if one.source_id in wanted]
    print((to_ris if options.format == "ris" else to_table)(records), end="")


def _import_records(options: argparse.Namespace) -> None:
    log = load_log(options.root, decided=False)
    source = _source(options.source, log)
    problems: list[Problem] = []
    text = read_text(options.file, problems)
    if problems:
        raise DataProblemsError(problems)
    read = read_table if options.file.suffix.lower() == ".csv" else read_ris
    found = read(text, str(options.file))
    after = propose(log.records.values(), found, source)
    write_whole(options.root / "data" / "search" / "records.csv", to_table(after))
    doubled = sum(not one.is_kept for one in after[len(log.records) :])
    entries = sum(one.source_id == source for one in after)
    print(
        f"{len(found)} records added to data/search/records.csv, {doubled} of them proposed as "
        f"duplicates; now write the day and {entries} entries "
        "into sources.yaml, and decide on each new record in decisions.csv"
    )


def _source(source_id: str, log: SearchLog) -> str:
    if source_id not in log.sources:
        known = ", ".join(log.sources)
        print(f"livingreview: no source {source_id!r}; the log has {known}", file=sys.stderr)
        raise SystemExit(2)
    return source_id


def audit_row(finding: "Finding") -> dict[str, object]:
    """One check of one printed number as a flat row."""
    return {
        "study": finding.study_id,
        "locator": finding.locator,
        "check": finding.check,
        "reported": finding.reported,
        "recomputed": finding.recomputed,
        "kind": str(finding.kind),
        "verdict": str(finding.verdict),
        "severity": str(finding.severity),
        "explanation": finding.explanation,
    }


def _known(study_id: str, studies: Iterable[str]) -> str:
    if study_id not in studies:
        known = ", ".join(studies)
        print(f"livingreview: no study {study_id!r}; the review has {known}", file=sys.stderr)
        raise SystemExit(2)
    return study_id


def _print_rows(rows: Sequence[Row], style: str) -> None:
    if style == "json":
        json.dump(rows, sys.stdout, ensure_ascii=False, indent=1)
        print()
    elif not rows:
        print("nothing to list", file=sys.stderr)
    elif style == "csv":
        writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print_table(rows)


def _print_table(rows: Sequence[Row]) -> None:
    names = [name for name in rows[0] if any(row[name] != "" for row in rows)]
    widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in names}
    for row in [dict(zip(names, names, strict=True)), *rows]:
        print("  ".join(f"{row[name]!s:{widths[name]}}" for name in names).rstrip())


if __name__ == "__main__":
    raise SystemExit(main())
