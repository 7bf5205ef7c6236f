"""Entries of the YAML files as tables, with headings from `data/dictionary.csv`.

A key's meaning in the dictionary is its heading on the page, so a new key needs no code.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from livingreview_display import Table, day, sentence, show
from livingreview_record import Dictionary, Review, Study

OWN_PLACE = frozenset({"id", "kind", "not_confirmed", "described"})  # beside a report's table
STUDY = frozenset({"study", "study_id"})  # keys whose value is the id of a study
DEFINED = {  # what defines an outcome, and how a page heads it
    "origin": "Counted from",
    "event": "Event",
    "censoring": "Ends without an event at",
    "definition": "Definition",
    "criteria": "Criteria",
}
LEVELS: Mapping[str, str] = {
    "full-text": "the full text",
    "abstract": "the abstract only, or parts of it",
    "registry-record": "the registry record only",
    "secondary": "only what others write about it",
}


class EntriesPage:
    """A chapter that shows entries of one YAML file, which `schema` names: `study` or `review`."""

    schema: str
    review: Review

    def _entry(self, key: str) -> Any:
        """Return what the file says under a key; None where it says nothing."""
        raise NotImplementedError

    def entries(self, key: str, caption: str) -> None:
        """Show the entries below a key of the file as a table."""
        place = f"{self.schema}:{key}"
        found = entries(self._entry(key) or {}, self.review.dictionary, place)
        show(Table.unless_empty(found, caption))

    def records(self, key: str, caption: str) -> None:
        """Show a list of entries of the file as a table, one line each, studies by name."""
        place = f"{self.schema}:{key}"
        named = [by_name(one, self.review) for one in self._entry(key) or []]
        found = records(named, self.review.dictionary, place)
        show(Table.unless_empty(found, caption))


def by_name(record: Mapping[str, Any], review: Review) -> dict[str, Any]:
    """The record with a study under the name that pages call it by."""
    studies = review.studies
    return {
        key: studies[value].label if key in STUDY and value in studies else value
        for key, value in record.items()
    }


def entries(content: Mapping[str, Any], dictionary: Dictionary, place: str) -> pd.DataFrame:
    """A mapping as a table of what each key means and what it says.

    `place` is `file:path` of the mapping, such as `study:design` or `review:question`.  Nested
    mappings and lists of mappings are left to tables of their own.
    """
    lines = [
        [_heading(dictionary, place, key), _text(value)]
        for key, value in content.items()
        if value not in ("", []) and not _holds_mappings(value)
    ]
    return pd.DataFrame(lines, columns=["Item", "Entry"])


def records(
    content: Sequence[Mapping[str, Any]], dictionary: Dictionary, place: str
) -> pd.DataFrame:
    """A list of mappings as a table with a line each, and a column for each key that occurs."""
    keys = list(dict.fromkeys(key for record in content for key in record))
    lines = [[_text(record.get(key, "")) for key in keys] for record in content]
    frame = pd.DataFrame(lines, columns=[_heading(dictionary, f"{place}[]", key) for key in keys])
    if "kind" in keys:
        kind = frame.columns[keys.index("kind")]
        frame[kind] = frame[kind].str.replace("-", " ")
    return frame


def _heading(dictionary: Dictionary, place: str, key: str) -> str:
    file, _, path = place.partition(":")
    return dictionary.heading(file, f"{path}.{key}".removeprefix("."))


def _holds_mappings(value: Any) -> bool:
    parts = value if isinstance(value, list | tuple) else [value]
    return any(isinstance(part, Mapping) for part in parts)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(map(_text, value))
    return day(str(value).strip())


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
    tables = []
    for report in study.reports:
        content = {**vars(report), **report.described}
        content["also_in"] = [f"{one['study']}: {one['why']}" for one in report.also_in]
        shown = {key: value for key, value in content.items() if value and key not in OWN_PLACE}
        tables.append(entries(shown, dictionary, "study:reports[]"))
        tables[-1].insert(0, "Report", report.kind.replace("-", " ").capitalize())
    return pd.concat(tables, ignore_index=True)


def level_of_reading(study: Study) -> str:
    """How much of the study's reports was read, and when, as a sentence."""
    read = [
        f"{report.kind.replace('-', ' ')}: {LEVELS[report.level]}"
        + (f" ({day(report.read)})" if report.read else "")
        for report in study.reports
    ]
    return sentence(f"What was read of it: {'; '.join(read)}")


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
    lines = []
    for outcome in study.outcomes.values():
        texts = [getattr(outcome, key) for key in DEFINED]
        if any(texts):
            lines.append([outcome.label, *texts])
    frame = pd.DataFrame(lines, columns=["Outcome", *DEFINED.values()])
    return frame.drop(columns=[name for name in DEFINED.values() if not frame[name].any()])


def notes(study: Study) -> list[str]:
    """What a reader must know about single outcomes and characteristics, as sentences."""
    vocabulary = [*study.variables.values(), *study.outcomes.values()]
    return [f"{entry.label}: {entry.note}" for entry in vocabulary if entry.note]


def shared_patients(study: Study) -> list[str]:
    """Other reports with the same patients, those of one reason together, with that reason."""
    others: dict[tuple[str, str, str], list[str]] = {}
    for shared in study.shares_patients:
        others.setdefault((shared.certainty, shared.why, shared.source), []).append(shared.other)
    return [
        f"{', '.join(names)} ({certainty}): {why}" + (f" Seen at {source}." if source else "")
        for (certainty, why, source), names in others.items()
    ]
