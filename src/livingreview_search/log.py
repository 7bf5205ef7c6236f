"""Read `data/search/`: every problem is gathered, then raised once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livingreview_record import (
    Collector,
    DataProblemsError,
    Problem,
    is_day,
    read_rows,
    read_yaml,
    shown,
)
from livingreview_search.checks import check_decisions, check_entries, check_records
from livingreview_search.records import (
    DECISION_COLUMNS,
    ITEM_COLUMNS,
    LOOK_COLUMNS,
    MET,
    NEVER,
    RECORD_COLUMNS,
    SOURCE_KINDS,
    STAGES,
    Decision,
    Item,
    Look,
    Reason,
    Record,
    SearchLog,
    Source,
)


def load_log(root: Path | str = ".", *, decided: bool = True) -> SearchLog:
    """The log of the search under `root/data/search`.

    Where `decided` is False, records that were imported may still await their decisions and the
    count of their source.  Raises `DataProblemsError`, which lists every problem of every file.
    """
    folder = Path(root) / "data" / "search"
    problems: list[Problem] = []
    log = _read(folder, problems)
    sound = not problems
    if sound:
        check_records(Collector(str(folder / "records.csv"), problems), log)
    if sound and decided:
        check_decisions(Collector(str(folder / "decisions.csv"), problems), log)
        check_entries(Collector(str(folder / "sources.yaml"), problems), log)
    if problems:
        raise DataProblemsError(problems)
    return log


def _read(folder: Path, problems: list[Problem]) -> SearchLog:
    content = read_yaml(folder / "sources.yaml", problems)
    collector = Collector(str(folder / "sources.yaml"), problems)
    for key in ("sources", "people", "reasons", "living"):
        if content and not isinstance(content.get(key), dict):
            do = "write each entry as a name, a colon and a value"
            collector.need(key, "a mapping of names to entries", shown(content.get(key)), do)
            content[key] = {}
    sources = _entries(Source, content.get("sources", {}), "sources", collector)
    for id_, source in sources.items():
        collector.one_of(f"sources.{id_}.kind", source.kind, SOURCE_KINDS)
        if source.date != NEVER and not is_day(source.date):
            needed, do = "a day such as 2026-03-31, or never", "correct it"
            collector.need(f"sources.{id_}.date", needed, repr(source.date), do)
    reasons = _entries(Reason, content.get("reasons", {}), "reasons", collector)
    words = {word for words in STAGES.values() for word in words}
    for id_, reason in reasons.items():
        collector.one_of(f"reasons.{id_}.decision", reason.decision, sorted(words))
    records = _records(folder / "records.csv", problems)
    return SearchLog(
        sources,
        content.get("people", {}),
        reasons,
        content.get("living", {}),
        records,
        _decisions(folder / "decisions.csv", problems),
        _looks(folder / "queries.csv", sources, problems),
        _items(folder / "prisma.csv", problems),
    )


def _entries(kind: Any, entries: Mapping[str, Any], name: str, collector: Collector) -> Any:
    """Entries by their id as values of a type; a problem for each key that does not fit."""
    found = {}
    fields = {field: one for field, one in kind.__dataclass_fields__.items() if field != "id"}
    needed = {"label", "date", "kind", "entries", "decision"} & fields.keys()
    for id_, entry in entries.items():
        place = f"{name}.{id_}"
        if not isinstance(entry, dict):
            collector.need(place, "a mapping", shown(entry), "write its keys below it")
            continue
        known = [collector.one_of(place, key, fields, "correct the key") for key in entry]
        missing = sorted(needed - entry.keys())
        for key in missing:
            collector.need(place, f"the key {key!r}", "nothing", "add it")
        wrong = [key for key, one in entry.items() if type(one) is not _type(key)]
        for key in wrong if all(known) else ():
            do = "put it in quotes, or write a count without quotes"
            collector.need(f"{place}.{key}", _type(key).__name__, shown(entry[key]), do)
        if all(known) and not missing and not wrong:
            found[id_] = kind(id=id_, **entry)
    return found


def _type(key: str) -> type:
    return int if key == "entries" else str


def _records(path: Path, problems: list[Problem]) -> dict[str, Record]:
    records: dict[str, Record] = {}
    for line, cells in read_rows(path, RECORD_COLUMNS, problems):
        one = Record(**{name: text.strip() for name, text in cells.items()}, line=line)
        if not one.record_id or one.record_id in records:
            row, found = Collector(f"{path} row {line}", problems), shown(one.record_id or None)
            row.need("column record_id", "an id of its own", found, "give it another one")
        records[one.record_id] = one
    return records


def _decisions(path: Path, problems: list[Problem]) -> tuple[Decision, ...]:
    decisions: list[Decision] = []
    for line, cells in read_rows(path, DECISION_COLUMNS, problems):
        texts = {name: text.strip() for name, text in cells.items()}
        number = texts.pop("number")
        if number != str(len(decisions) + 1):
            do = "add new rows at the end, remove none"
            row = Collector(f"{path} row {line}", problems)
            row.cell("number", str(len(decisions) + 1), number, do)
        decisions.append(Decision(number=len(decisions) + 1, **texts, line=line))
    return tuple(decisions)


def _looks(path: Path, sources: Mapping[str, Source], problems: list[Problem]) -> tuple[Look, ...]:
    looks = []
    for line, cells in read_rows(path, LOOK_COLUMNS, problems, may_be_empty=True):
        collector = Collector(f"{path} row {line}", problems)
        collector.one_of("column source_id", cells["source_id"], sources)
        if not cells["query"].strip():
            collector.need("column query", "the text of the query", "nothing", "fill it in")
        looks.append(Look(**cells))
    return tuple(looks)


def _items(path: Path, problems: list[Problem]) -> tuple[Item, ...]:
    items = []
    for line, cells in read_rows(path, ITEM_COLUMNS, problems):
        collector = Collector(f"{path} row {line}", problems)
        collector.one_of("column met", cells["met"], MET)
        if cells["met"] != MET[0] and not cells["note"].strip():
            collector.need("column note", "what is missing", "nothing", "say it in a few words")
        items.append(Item(**cells))
    return tuple(items)
