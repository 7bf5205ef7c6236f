"""Entries of the YAML files as tables, with headings from ``data/dictionary.csv``.

A key's meaning in the dictionary is its heading on the page, so a new key needs no code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from livingreview.wording import sentence
from livingreview_record import Dictionary, Review, Study

_OWN_PLACE = frozenset(
    {"id", "kind", "not_confirmed", "described"}
)  # of a report: shown beside the table
EXTRACTION = "data/extraction.csv"


def columns_of(dictionary: Dictionary, file: str) -> pd.DataFrame:
    """Return the columns or keys of one file, with what they mean and what values they take."""
    lines = [[row["name"], row["meaning"], row["values"]] for row in dictionary.of_file(file)]
    return pd.DataFrame(lines, columns=["Name", "Meaning", "Values"])


def extraction(review: Review) -> pd.DataFrame:
    """Return how far the separate extractions agreed, as the review says."""
    frame = pd.DataFrame(list(review.extraction))
    return frame.rename(columns=lambda name: named(review.dictionary, EXTRACTION, name))


def entries(content: Mapping[str, Any], dictionary: Dictionary, place: str) -> pd.DataFrame:
    """A mapping as a table of what each key means and what it says.

    ``place`` is ``file:path`` of the mapping, such as ``study:design`` or ``review:question``.
    Nested mappings and lists of mappings are left to tables of their own.
    """
    lines = [
        [_meaning(dictionary, place, key), _text(value)]
        for key, value in content.items()
        if _is_plain(value) and value not in ("", [])
    ]
    return pd.DataFrame(lines, columns=["Item", "Entry"])


def records(
    content: Sequence[Mapping[str, Any]], dictionary: Dictionary, place: str
) -> pd.DataFrame:
    """A list of mappings as a table with a line each, and a column for each key that occurs."""
    keys = list(dict.fromkeys(key for record in content for key in record))
    names = [_meaning(dictionary, f"{place}[]", key) for key in keys]
    lines = [
        [
            _text(record.get(key, "")).replace("-", " ")
            if key == "kind"
            else _text(record.get(key, ""))
            for key in keys
        ]
        for record in content
    ]
    return pd.DataFrame(lines, columns=names)


def named(dictionary: Dictionary, file: str, name: str) -> str:
    """Return the meaning of a column or key; its own words when it is not described."""
    return dictionary.meaning(file, name) or name.rpartition(".")[2].replace("_", " ").capitalize()


def _meaning(dictionary: Dictionary, place: str, key: str) -> str:
    file, _, path = place.partition(":")
    return named(dictionary, file, f"{path}.{key}".removeprefix("."))


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return False
    return not (
        isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value)
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(_text(item) for item in value)
    return str(value).strip()


def design(study: Study, dictionary: Dictionary) -> pd.DataFrame:
    """How the study was done; outcomes are named instead of their ids."""
    named = {
        key: [study.vocabulary(item).label if item in study.outcomes else item for item in value]
        if isinstance(value, list | tuple)
        else value
        for key, value in study.design.items()
    }
    return entries(named, dictionary, "study:design")


def reports(study: Study, dictionary: Dictionary) -> pd.DataFrame:
    """The study's reports: what each is, where it was published, and what of it was read."""
    shown = [
        {k: v for k, v in {**vars(report), **report.described}.items() if v and k not in _OWN_PLACE}
        for report in study.reports
    ]
    tables = [entries(content, dictionary, "study:reports[]") for content in shown]
    for report, table in zip(study.reports, tables, strict=True):
        table.insert(0, "Report", f"{report.kind.replace('-', ' ').capitalize()}")
    return pd.concat(tables, ignore_index=True)


def not_confirmed(study: Study) -> list[str]:
    """What could not be confirmed about the reports, as sentences that name the report."""
    several = len(study.reports) > 1
    return [
        f"{report.kind.replace('-', ' ').capitalize()}: {item}" if several else sentence(item)
        for report in study.reports
        for item in report.not_confirmed
    ]


def definitions(study: Study) -> pd.DataFrame:
    """How the study defines its outcomes: where time starts, what the event is, which criteria."""
    names = {
        "origin": "Counted from",
        "event": "Event",
        "censoring": "Ends without an event at",
        "definition": "Definition",
        "criteria": "Criteria",
    }
    lines = [
        [outcome.label, *(getattr(outcome, key) for key in names)]
        for outcome in study.outcomes.values()
        if any(getattr(outcome, key) for key in names)
    ]
    frame = pd.DataFrame(lines, columns=["Outcome", *names.values()])
    return frame.drop(columns=[name for name in names.values() if not frame[name].any()])


def notes(study: Study) -> list[str]:
    """What a reader must know about single outcomes and characteristics, as sentences."""
    vocabulary = [*study.variables.values(), *study.outcomes.values()]
    return [f"{entry.label}: {entry.note}" for entry in vocabulary if entry.note]


def shared_patients(study: Study) -> list[str]:
    """Other reports with the same patients, each with what speaks for it."""
    return [
        f"{shared.other} ({shared.certainty}): {shared.why}"
        + (f" Seen at {shared.source}." if shared.source else "")
        for shared in study.shares_patients
    ]
