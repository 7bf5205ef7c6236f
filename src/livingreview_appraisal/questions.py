"""The questions of the review and the outcomes of their summaries of findings."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from livingreview_record import Collector, DataProblemsError, Problem, read_yaml, shown

MOST = 7  # outcomes of a summary of findings


@dataclass(frozen=True)
class Outcome:
    """One outcome of a summary: its synthesis, its words, and the baseline of absolute effects.

    `below` and `above` say what the treatment does where the estimate is below or above no
    difference; `event` and `timepoint` name what is counted among 1,000 people.
    `study` names the one study of the synthesis that answers, where its studies are not pooled.
    """

    synthesis: str
    outcome: str
    below: str
    above: str
    event: str = ""
    timepoint: str = ""
    study: str = ""


@dataclass(frozen=True)
class Asked:
    """A question: its title, what is done (`subject`), against what, in whom, on which outcomes."""

    id: str
    title: str
    subject: str
    against: str
    population: str
    outcomes: tuple[Outcome, ...]


def load_questions(root: Path | str, syntheses: Iterable[str]) -> dict[str, Asked]:
    """The questions of ``root/data/appraisal/findings.yaml``, by id.

    Raises ``DataProblemsError``, which lists every problem.
    """
    path = Path(root) / "data" / "appraisal" / "findings.yaml"
    problems: list[Problem] = []
    content = read_yaml(path, problems)
    collector = Collector(str(path), problems)
    entries = content.get("questions")
    if content and not isinstance(entries, dict):
        collector.need("questions", "a mapping of ids to questions", shown(entries), "write them")
    known = tuple(syntheses)
    found = {}
    for id_, entry in (entries if isinstance(entries, dict) else {}).items():
        place = f"questions.{id_}"
        texts = _texts(collector, place, entry, Asked, without=("id", "outcomes"))
        rows = entry.get("outcomes", []) if isinstance(entry, dict) else []
        if not 1 <= len(rows) <= MOST:
            needed = f"1 to {MOST} outcomes"
            collector.need(f"{place}.outcomes", needed, str(len(rows)), "keep the most important")
        outcomes = []
        for number, row in enumerate(rows):
            where = f"{place}.outcomes.{number}"
            given = _texts(collector, where, row, Outcome, optional=("event", "timepoint", "study"))
            if given and collector.one_of(f"{where}.synthesis", given["synthesis"], known):
                outcomes.append(Outcome(**given))
        if texts:
            found[id_] = Asked(id=id_, outcomes=tuple(outcomes), **texts)
    if problems:
        raise DataProblemsError(problems)
    return found


def _texts(
    collector: Collector,
    place: str,
    entry: object,
    kind: Any,
    *,
    without: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
) -> dict[str, str]:
    """The texts of an entry by the fields of a type; empty, with problems, where one is wrong."""
    names = [field.name for field in fields(kind) if field.name not in without]
    if not isinstance(entry, dict):
        collector.need(place, "a mapping", shown(entry), "write its keys below it")
        return {}
    known = [collector.one_of(place, key, (*names, *without), "correct the key") for key in entry]
    missing = [name for name in names if name not in optional and not entry.get(name)]
    for name in missing:
        collector.need(f"{place}.{name}", "a text", shown(entry.get(name)), "fill it in")
    wrong = [name for name in names if not isinstance(entry.get(name, ""), str)]
    for name in wrong:
        collector.need(f"{place}.{name}", "a text", shown(entry[name]), "put it in quotes")
    if missing or wrong or not all(known):
        return {}
    return {name: entry[name] for name in names if name in entry}
