"""A small made-up log of a search, written beside the example review, for tests that need files."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from livingreview_search import Record
from livingreview_search.records import DECISION_COLUMNS, ITEM_COLUMNS, LOOK_COLUMNS, RECORD_COLUMNS

SOURCES = """
sources:
  given: {kind: supplied, label: Given to us, date: "2026-01-01", entries: 1}
  list: {kind: reference-list, label: References, date: "2026-01-02", entries: 4}
  index: {kind: database, label: An index, date: never, entries: 0, schedule: monthly, query: words}
people: {ann: A reader}
reasons:
  may-fit: {decision: seek, label: May fit}
  off-topic: {decision: exclude, label: Off the topic}
  fits: {decision: include, label: Fits}
  not-retrieved: {decision: awaiting, label: Not had}
  unclear: {decision: awaiting, label: Unclear}
living: {version: first, steps: [{step: search, when: monthly, who: Ann}]}
"""
RECORDS = (
    {"record_id": "g1", "source_id": "given", "title": "An example", "duplicate_group": "g1",
     "study_id": "example-2020", "report_id": "paper"},
    {"record_id": "r1", "source_id": "list", "title": "An example", "duplicate_group": "g1"},
    {"record_id": "r2", "source_id": "list", "title": "Another subject", "doi": "10.1/two"},
    {"record_id": "r3", "source_id": "list", "described": "no title is shown"},
    {"record_id": "r4", "source_id": "list", "title": "A sum", "authors": "Ost D, Lee A",
     "year": "2019", "printed": "Ost D, Lee A. A sum. J 2019."},
)  # fmt: skip
DECISIONS = (
    ("g1", "screening", "seek", "may-fit"),
    ("r2", "screening", "exclude", "off-topic"),
    ("r3", "screening", "seek", "may-fit"),
    ("r4", "screening", "seek", "may-fit"),
    ("g1", "eligibility", "include", "fits"),
    ("r3", "eligibility", "awaiting", "not-retrieved"),
    ("r4", "eligibility", "awaiting", "unclear"),
)


def decisions() -> list[dict[str, str]]:
    """The decisions of the example as rows."""
    return [
        dict(zip(DECISION_COLUMNS, (str(n), "2026-01-03", record, stage, "title", decision, reason,
                                    "because", "ann", ""), strict=True))
        for n, (record, stage, decision, reason) in enumerate(DECISIONS, 1)
    ]  # fmt: skip


def write_log(
    root: Path,
    *,
    records: Iterable[Mapping[str, str]] = RECORDS,
    decided: Iterable[Mapping[str, str]] | None = None,
    sources: str = SOURCES,
) -> Path:
    """Write the log below `root`; return its folder."""
    folder = root / "data" / "search"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sources.yaml").write_text(sources, "utf-8")
    for name, columns, rows in (
        ("records.csv", RECORD_COLUMNS, records),
        ("decisions.csv", DECISION_COLUMNS, decisions() if decided is None else decided),
        ("queries.csv", LOOK_COLUMNS, ()),
        ("prisma.csv", ITEM_COLUMNS, ({"item": "1", "asks": "a title", "met": "met"},)),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def texts(one: Record) -> dict[str, str]:
    """The filled cells of a record."""
    return {name: getattr(one, name) for name in RECORD_COLUMNS if getattr(one, name)}
