"""The flow of records by PRISMA 2020, counted from the log; a box that does not add up stops it.

Each box has two counts that are reached in two ways: by arithmetic from the boxes before it, and as
the records that the log puts there.

References: Page MJ et al. 2021, *BMJ* 372:n71 (the statement and its flow diagram).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livingreview_record import Collector, DataProblemsError, Problem, Review
from livingreview_search.checks import check_studies
from livingreview_search.records import NOT_RETRIEVED, Decision, Record, SearchLog


@dataclass(frozen=True)
class Box:
    """One box of the flow: its words, its records, and these by part (a source or a reason)."""

    id: str
    label: str
    records: tuple[Record, ...]
    parts: Mapping[str, tuple[Record, ...]]

    @property
    def count(self) -> int:
        """The number of its records."""
        return len(self.records)


@dataclass(frozen=True)
class Flow:
    """The boxes by their id, and how many studies and reports the review includes."""

    boxes: Mapping[str, Box]
    included_studies: int

    def __getitem__(self, name: str) -> Box:
        """Return the box of this id."""
        return self.boxes[name]


def flow(log: SearchLog, review: Review) -> Flow:
    """Count the boxes of the flow.

    Raises `DataProblemsError` that names each box that does not equal its records, and each
    report of the review's studies that the log does not know or judges otherwise.
    """
    screening, eligibility = log.standing("screening"), log.standing("eligibility")
    records = log.records
    kept = [one for one in records.values() if one.is_kept]
    boxes = {
        "identified": _box("identified", "Records identified", records.values(), _by_source(log)),
        "duplicates": _box(
            "duplicates",
            "Duplicate records removed",
            [one for one in records.values() if not one.is_kept],
            _by_source(log),
        ),
        "screened": _decided("screened", "Records screened", screening, log),
        "screened-out": _decided("screened-out", "Records excluded", screening, log, "exclude"),
        "sought": _decided("sought", "Reports sought", screening, log, "seek"),
        "not-retrieved": _decided(
            "not-retrieved",
            "Reports not retrieved: awaiting",
            {key: one for key, one in eligibility.items() if one.reason == NOT_RETRIEVED},
            log,
        ),
        "assessed": _decided(
            "assessed",
            "Reports assessed by what could be read of them",
            {key: one for key, one in eligibility.items() if one.reason != NOT_RETRIEVED},
            log,
        ),
    }
    judged = {key: one for key, one in eligibility.items() if one.reason != NOT_RETRIEVED}
    for id_, label, word in (
        ("excluded", "Reports excluded", "exclude"),
        ("awaiting", "Reports awaiting classification", "awaiting"),
        ("ongoing", "Reports of ongoing trials", "ongoing"),
        ("included", "Reports of included studies", "include"),
    ):
        boxes[id_] = _decided(id_, label, judged, log, word)
    studies = [one for one in review.studies.values() if one.status == "included"]
    problems = [*_uneven(boxes, log, len(kept)), *check_studies(log, review)]
    if problems:
        raise DataProblemsError(problems)
    return Flow(boxes, len(studies))


def _box(id_: str, label: str, records: Iterable[Record], part: Mapping[str, str]) -> Box:
    found = tuple(records)
    names = Counter(part[one.record_id] for one in found)
    parts = {
        name: tuple(one for one in found if part[one.record_id] == name)
        for name, _ in names.most_common()
    }
    return Box(id_, label, found, parts)


def _by_source(log: SearchLog) -> dict[str, str]:
    return {one.record_id: log.sources[one.source_id].label for one in log.records.values()}


def _decided(
    id_: str, label: str, decisions: Mapping[str, Decision], log: SearchLog, word: str = ""
) -> Box:
    """The records with this decision, or with any, by the reason for it."""
    found = {key: one for key, one in decisions.items() if word in ("", one.decision)}
    reasons = {key: log.reasons[one.reason].label for key, one in found.items()}
    ordered = [one for one in log.records.values() if one.record_id in found]
    return _box(id_, label, ordered, reasons)


def _uneven(boxes: Mapping[str, Box], log: SearchLog, kept: int) -> list[Problem]:
    """A problem for each box whose records are not as many as the boxes before it leave."""
    counts = {name: box.count for name, box in boxes.items()}
    groups = Counter(one.duplicate_group for one in log.records.values() if one.duplicate_group)
    rules = {
        "identified": (sum(one.entries for one in log.sources.values()), "entries of all sources"),
        "duplicates": (
            sum(size - 1 for size in groups.values()),
            "groups of duplicates, less one each",
        ),
        "screened": (counts["identified"] - counts["duplicates"], "identified less duplicates"),
        "screened-out": (counts["screened"] - counts["sought"], "screened less sought"),
        "not-retrieved": (counts["sought"] - counts["assessed"], "sought less assessed"),
        "assessed": (
            sum(counts[name] for name in ("excluded", "awaiting", "ongoing", "included")),
            "excluded, awaiting, ongoing and included",
        ),
    }
    problems: list[Problem] = []
    for name, (expected, words) in rules.items():
        if expected != counts[name]:
            Collector("flow", problems).need(
                f"box {boxes[name].label!r}",
                f"{expected} records ({words})",
                f"{counts[name]} with a decision that puts them there",
                "look in data/search/decisions.csv for records without a decision at this stage",
            )
    return problems
