"""The questions of the review and the outcomes of their summaries of findings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from livingreview_record import (
    Collector,
    DataProblemsError,
    Problem,
    Review,
    read_yaml,
    shown,
)

MOST = 7  # outcomes of a summary of findings
OPTIONAL = ("event", "timepoint", "study", "baseline_study", "baseline_arm", "baseline_note")
ARMS = ("treated", "control")


@dataclass(frozen=True)
class Outcome:
    """One outcome of a summary: its synthesis, its words, and the baseline of absolute effects.

    `below` and `above` say what the treatment does where the estimate is below or above no
    difference; `event` and `timepoint` name what is counted among 1,000 people.
    `study` names the one study of the synthesis that answers, where its studies are not pooled.
    `baseline_study` and `baseline_arm` name a control arm whose risk is a baseline;
    `baseline_note` says what a reader must know of it.
    """

    synthesis: str
    outcome: str
    below: str
    above: str
    event: str = ""
    timepoint: str = ""
    study: str = ""
    baseline_study: str = ""
    baseline_arm: str = ""
    baseline_note: str = ""


@dataclass(frozen=True)
class Asked:
    """A question: its title, what is done (`subject`), against what, in whom, on which outcomes.

    `unreported` names outcomes that matter and of which no study gives a number.  `treated` and
    `control` say of both arms how they are treated, such as "with the drug".
    """

    id: str
    title: str
    subject: str
    against: str
    population: str
    outcomes: tuple[Outcome, ...]
    unreported: tuple[str, ...] = ()
    treated: str = ""
    control: str = ""


def load_questions(
    root: Path | str,
    syntheses: Iterable[str],
    file: str = "findings.yaml",
    *,
    review: Review | None = None,
) -> dict[str, Asked]:
    """The questions of a file in `root/data/appraisal`, by id.

    A question may have no outcome: no study gives a result on it.  With a review, baselines must
    be arms of its studies.  Raises `DataProblemsError`, which lists every problem.
    """
    path = Path(root) / "data" / "appraisal" / file
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
        without = ("id", "outcomes", "unreported")
        texts = _texts(collector, place, entry, Asked, without=without, optional=ARMS)
        rows = entry.get("outcomes", []) if isinstance(entry, dict) else []
        silent = entry.get("unreported", []) if isinstance(entry, dict) else []
        if (count := len(rows) + len(silent)) > MOST:
            needed = f"at most {MOST} outcomes"
            collector.need(f"{place}.outcomes", needed, str(count), "keep the most important")
        outcomes = []
        for number, row in enumerate(rows):
            where = f"{place}.outcomes.{number}"
            given = _texts(collector, where, row, Outcome, optional=OPTIONAL)
            if given and review is not None:
                _check_baseline(collector, where, given, review)
            if given and collector.one_of(f"{where}.synthesis", given["synthesis"], known):
                outcomes.append(Outcome(**given))
        _check_arms(collector, place, texts, outcomes)
        if texts:
            found[id_] = Asked(
                id=id_, outcomes=tuple(outcomes), unreported=tuple(map(str, silent)), **texts
            )
    if problems:
        raise DataProblemsError(problems)
    return found


def _check_arms(
    collector: Collector, place: str, texts: Mapping[str, str], outcomes: Iterable[Outcome]
) -> None:
    """Add a problem for an arm without words where events among people are to be told."""
    if texts and any(one.event for one in outcomes):
        for name in (name for name in ARMS if not texts.get(name)):
            words = "how this arm is treated, as events among people are told"
            collector.need(f"{place}.{name}", words, "nothing", "fill it in")


def _check_baseline(
    collector: Collector, place: str, given: Mapping[str, str], review: Review
) -> None:
    """Add a problem for a baseline that names no study of the review, or no arm of it."""
    study, arm = given.get("baseline_study"), given.get("baseline_arm")
    if (study or arm) and collector.one_of(f"{place}.baseline_study", study, review.studies):
        collector.one_of(f"{place}.baseline_arm", arm, review.studies[str(study)].arms)


def load_translation(
    root: Path | str, file: str, questions: Mapping[str, Asked]
) -> dict[str, Asked]:
    """The words of the questions in another language: the same questions and outcomes.

    Raises `DataProblemsError` where a question or an outcome is missing, too many, or elsewhere.
    """
    syntheses = [one.synthesis for asked in questions.values() for one in asked.outcomes]
    found = load_questions(root, syntheses, file)
    problems: list[Problem] = []
    collector = Collector(str(Path(root) / "data" / "appraisal" / file), problems)
    for place, needed, given in _differing(questions, found):
        order = f"those of findings.yaml in their order ({', '.join(needed)})"
        collector.need(place, order, ", ".join(given) or "none", "translate each, and no other")
    if problems:
        raise DataProblemsError(problems)
    return found


def _differing(
    questions: Mapping[str, Asked], found: Mapping[str, Asked]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Where a translation has other questions, other outcomes, or events that are not counted."""
    if [*questions] != [*found]:
        yield "questions", [*questions], [*found]
        return
    for id_, asked in questions.items():
        for what in ("synthesis", "event", "baseline_note"):
            pairs = [
                [one.synthesis for one in side.outcomes if getattr(one, what)]
                for side in (asked, found[id_])
            ]
            if pairs[0] != pairs[1]:
                yield f"questions.{id_}.outcomes ({what})", pairs[0], pairs[1]
        if len(asked.unreported) != len(found[id_].unreported):
            yield f"questions.{id_}.unreported", [*asked.unreported], [*found[id_].unreported]


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
