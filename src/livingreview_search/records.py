"""What the log of the search is made of: sources, records, decisions, look-ups."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NEVER = "never"
SOURCE_KINDS = {  # of a source, with the words of a page
    "supplied": "given to us",
    "reference-list": "printed list of references",
    "named-in-text": "named in a text that prints no list of references",
    "look-up": "look-ups in stored copies",
    "database": "database",
    "register": "register of trials",
    "citation-index": "index of citations",
}
STAGES = {  # with the decisions that a stage may end in
    "screening": ("seek", "exclude"),
    "eligibility": ("include", "exclude", "awaiting", "ongoing"),
}
READ = (
    "title",
    "citing text",
    "abstract",
    "registry record",
    "secondary page",
    "full text",
)
NOT_RETRIEVED = "not-retrieved"  # the reason of a report that was sought and not had


@dataclass(frozen=True)
class Source:
    """A place where records were looked for, or are to be looked for; `date` may be `never`."""

    id: str
    kind: str
    label: str
    date: str
    entries: int
    note: str = ""
    query: str = ""
    schedule: str = ""


@dataclass(frozen=True)
class Reason:
    """A reason for a decision: the decision that it goes with, and its words."""

    id: str
    decision: str
    label: str


@dataclass(frozen=True)
class Record:
    """One record as its source shows it: texts as printed, empty where nothing is shown.

    `printed` is the whole reference as printed, `described` our own words where no title was seen.
    `duplicate_group` is the id of the record that is kept of several of one report.  `study_id` and
    `report_id` name the report under `data/studies/` that the record is of.
    """

    record_id: str
    source_id: str
    place: str
    printed: str
    authors: str
    year: str
    title: str
    journal: str
    volume_pages: str
    doi: str
    other_id: str
    address: str
    described: str
    duplicate_group: str
    study_id: str
    report_id: str
    line: int = field(default=0, kw_only=True)

    @property
    def is_kept(self) -> bool:
        """Whether it is the only record of its report, or the one that is kept."""
        return self.duplicate_group in ("", self.record_id)

    @property
    def first_author(self) -> str:
        """The first author as printed; empty where none is shown.

        >>> record("r", authors="Petty WJ and Paz-Ares L").first_author
        'Petty WJ'
        """
        between = r"; " if ";" in self.authors else r", | and "
        return re.split(between, self.authors, maxsplit=1)[0]

    @property
    def short(self) -> str:
        """The record in one line: author, year, title or our words, journal, place.

        >>> record("r", authors="Horn L, Mansfield AS", year="2018", title="A trial").short
        'Horn L et al. 2018. A trial.'
        """
        several = " et al." if self.authors != self.first_author else ""
        head = " ".join(part for part in (self.first_author + several, self.year) if part)
        what = self.title or self.described
        parts = (head, what, self.journal, self.doi or self.other_id)
        return " ".join(f"{part.rstrip('. ')}." for part in parts if part)


def record(record_id: str, **texts: str) -> Record:
    """Return a record with these texts, and every other one empty."""
    texts["record_id"] = record_id
    return Record(*(texts.get(name, "") for name in RECORD_COLUMNS))


RECORD_COLUMNS = tuple(name for name in Record.__dataclass_fields__ if name != "line")


@dataclass(frozen=True)
class Decision:
    """What was decided on a record at a stage, when, by whom, on what grounds."""

    number: int
    date: str
    record_id: str
    stage: str
    read: str
    decision: str
    reason: str
    why: str
    decided_by: str
    supersedes: str
    line: int = 0


DECISION_COLUMNS = tuple(name for name in Decision.__dataclass_fields__ if name != "line")


@dataclass(frozen=True)
class Look:
    """One query that was made, and what was noted of its results."""

    number: str
    date: str
    source_id: str
    query: str
    noted: str


LOOK_COLUMNS = tuple(Look.__dataclass_fields__)
MET = ("met", "partly", "not met")


@dataclass(frozen=True)
class Item:
    """One item of the PRISMA checklist: what it asks for, in which chapter, whether it is met."""

    item: str
    asks: str
    chapter: str
    met: str
    note: str


ITEM_COLUMNS = tuple(Item.__dataclass_fields__)


def same_doi(doi: str) -> str:
    """A DOI in the form in which two can be compared.

    >>> same_doi("https://doi.org/10.1000/ABC.")
    '10.1000/abc'
    """
    return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", doi.strip().lower()).rstrip(".")


def same_title(title: str) -> str:
    """A title in the form in which two can be compared: letters and digits, without accents.

    >>> same_title("Two-Arm  Übung: a trial.")
    'twoarmubungatrial'
    """
    plain = unicodedata.normalize("NFKD", title.casefold())
    return "".join(one for one in plain if one.isalnum())


@dataclass(frozen=True)
class SearchLog:
    """Everything under `data/search/`: where records came from and what was decided on each.

    `living` says how the search is kept alive: texts, and `steps` as a list of mappings.
    """

    sources: Mapping[str, Source]
    people: Mapping[str, str]
    reasons: Mapping[str, Reason]
    living: Mapping[str, Any]
    records: Mapping[str, Record]
    decisions: tuple[Decision, ...]
    looks: tuple[Look, ...]
    checklist: tuple[Item, ...] = ()

    def standing(self, stage: str) -> dict[str, Decision]:
        """The decision that stands on each record at a stage: the last one."""
        return {one.record_id: one for one in self.decisions if one.stage == stage}

    def searched(self) -> list[Source]:
        """The databases, registers and indexes that were searched, with their day."""
        looked = ("database", "register", "citation-index")
        return [one for one in self.sources.values() if one.kind in looked and one.date != NEVER]

    def of_report(self, record: Record) -> list[Record]:
        """Every record of the same report, the kept one first."""
        group = record.duplicate_group or record.record_id
        same = [one for one in self.records.values() if one.duplicate_group == group]
        return sorted(same, key=lambda one: not one.is_kept) or [record]
