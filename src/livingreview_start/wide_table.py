"""The studies of a wide table, one row each: all of them, or a list of what is wrong with it."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from livingreview_record import (
    SIDES,
    Collector,
    DataProblemsError,
    Dictionary,
    PlannedSynthesis,
    Problem,
    Protocol,
    Reported,
    load_dictionary,
    load_protocol,
    read_text,
    write_whole,
)
from livingreview_start.columns import (
    METAFOR,
    OUTCOME_KIND,
    STUDY,
    WHOLE_NUMBERS,
    YEAR,
    Row,
    Source,
    columns_of,
)
from livingreview_start.row_files import Writer
from livingreview_start.study_files import CHAPTER_TEMPLATE, chapter_text, with_chapters
from livingreview_start.texts import as_markdown, slug


def import_table(root: Path, table: Path, source: Source) -> list[Path]:
    """Write a folder and a chapter for each study of the table; return what was written.

    Raises `DataProblemsError`, which lists every problem of the table at once; then nothing is
    written.
    """
    plan, protocol = _plan(root, source)
    names: dict[str, str] = {}
    problems: list[Problem] = []
    rows = _read(table, plan, load_dictionary(root), source, problems, names)
    _check_rows(Collector(str(table), problems), root, rows, plan)
    for path in (root / CHAPTER_TEMPLATE, root / "_toc.yml"):
        if not path.exists():
            Collector(str(path), problems).need(
                "", "this file of the book", "nothing", "restore it"
            )
    if problems:
        raise DataProblemsError(problems)
    texts: dict[Path, str] = {}
    writer = Writer(table.name, plan, protocol, source, names)
    for row in rows:
        folder = root / "data" / "studies" / row.id
        texts[folder / "study.yaml"] = writer.study(row)
        texts[folder / "reported.csv"] = writer.reported(row)
        chapter = chapter_text(root / CHAPTER_TEMPLATE, row.id, as_markdown(row.label))
        texts[root / "chapters" / f"{row.id}.md"] = chapter
    texts[root / "_toc.yml"] = with_chapters(root, [row.id for row in rows])
    _write(root, texts, rows)
    return list(texts)


def _write(root: Path, texts: Mapping[Path, str], rows: Sequence[Row]) -> None:
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text)
    except OSError:  # some of the studies would stop the next attempt
        for row in rows:
            (root / "chapters" / f"{row.id}.md").unlink(missing_ok=True)
            shutil.rmtree(root / "data" / "studies" / row.id, ignore_errors=True)
        raise


def _plan(root: Path, source: Source) -> tuple[PlannedSynthesis, Protocol]:
    """Return the synthesis that the table is for, and the review's protocol."""
    protocol = load_protocol(root)
    plans = {plan.id: plan for plan in protocol.syntheses}
    chosen = source.synthesis or next(iter(plans))
    if chosen not in plans:
        msg = f"synthesis: need one of {', '.join(plans)}, found {chosen!r}"
        raise ValueError(msg)
    kind = plans[chosen].kind
    if kind not in OUTCOME_KIND:
        msg = f"synthesis {chosen}: need one of kind {', '.join(OUTCOME_KIND)}, found {kind}"
        raise ValueError(msg)
    return plans[chosen], protocol


def _read(
    table: Path,
    plan: PlannedSynthesis,
    dictionary: Dictionary,
    source: Source,
    problems: list[Problem],
    names: dict[str, str],
) -> list[Row]:
    """Read the table, with each column by our name; `names` gets their names in the file."""
    text = read_text(table, problems)
    lines = list(csv.reader(io.StringIO(text, newline=""), strict=True)) if text else []
    if not lines:
        return []
    collector, header = Collector(str(table), problems), [name.strip() for name in lines[0]]
    known = {**METAFOR, **{theirs: ours for ours, theirs in source.columns.items()}}
    ours = [known.get(name, name) for name in header]
    names.update(zip(ours, header, strict=True))
    _check_columns(collector, header, ours, plan, dictionary, source)
    rows = []
    for line, cells in enumerate(lines[1:], 2):
        if len(cells) != len(header):
            collector.need(f"row {line}", f"{len(header)} cells", str(len(cells)), "correct it")
            continue
        by_name = {name: cell.strip() for name, cell in zip(ours, cells, strict=True)}
        label = by_name.get(STUDY, "")
        year = by_name.get(YEAR, "")
        label = f"{label} {year}" if year and year not in label else label
        rows.append(Row(line, label, slug(label), by_name))
    return rows


def _check_columns(
    collector: Collector,
    header: Sequence[str],
    ours: Sequence[str],
    plan: PlannedSynthesis,
    dictionary: Dictionary,
    source: Source,
) -> None:
    needed, possible = columns_of(plan.kind)
    own = dictionary.below("study", "design")
    for name in (STUDY, *needed):
        if name not in ours:
            do = f"add it, or say which one it is: --columns {name}=..."
            collector.need("row 1", f"a column {name}", ", ".join(header), do)
    for name, theirs in zip(ours, header, strict=True):
        if name not in (STUDY, YEAR, *possible, *own, *source.ignore):
            key = f"data/studies/*/study.yaml, design.{slug(theirs, '_')}"
            do = f"describe it in data/dictionary.csv ({key}), or leave it out: --ignore {theirs}"
            known = ", ".join((STUDY, YEAR, *possible, *own))
            collector.need("row 1", f"columns that are known ({known})", repr(theirs), do)
        if ours.count(name) > 1 and ours.index(name) == header.index(theirs):
            collector.need("row 1", f"one column {name}", f"{ours.count(name)}", "leave one out")


def _check_rows(
    collector: Collector, root: Path, rows: Sequence[Row], plan: PlannedSynthesis
) -> None:
    first: dict[str, int] = {}
    for row in rows:
        place = f"row {row.line}"
        if not row.id:
            collector.need(f"{place} column {STUDY}", "the study's name", "nothing", "name it")
        elif (known := first.setdefault(row.id, row.line)) != row.line:
            found = f"{row.label!r} as in row {known}"
            collector.need(place, "a name of its own for each study", found, "tell them apart")
        if row.id and (root / "data" / "studies" / row.id).exists():
            do = "remove the folder or the row, or name the study otherwise"
            collector.need(place, "a study that is new", f"a folder {row.id}", do)
        _check_cells(collector, row, plan)


def _check_cells(collector: Collector, row: Row, plan: PlannedSynthesis) -> None:
    _, possible = columns_of(plan.kind)
    for name in (*possible, *plan.moderators):
        text, place = row.cells.get(name, ""), f"row {row.line} column {name}"
        if not text:
            continue
        try:
            number = Reported(text)
        except ValueError:
            collector.need(place, "a number", repr(text), "correct it, or leave the cell empty")
            continue
        is_count = name.endswith(tuple(f"_{what}" for what in WHOLE_NUMBERS))
        if is_count and (number.decimals or number.relation != "=" or number.value < 0):
            collector.need(place, "a whole number of at least 0", repr(text), "correct it")
    for side in SIDES:
        events, size = (row.cells.get(f"{side}_{what}", "") for what in ("events", "n"))
        if events.isdecimal() and size.isdecimal() and int(events) > int(size):
            place = f"row {row.line} column {side}_events"
            collector.need(place, f"at most the {size} of {side}_n", events, "correct one of them")
