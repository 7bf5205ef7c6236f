"""Read `data/appraisal/`: which results were judged with which tool, answers, judgements."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingreview_appraisal.tools import TOOLS, Tool, judge, load_tool
from livingreview_record import (
    Collector,
    DataProblemsError,
    Printed,
    Problem,
    Review,
    read_rows,
    read_yaml,
    shown,
)

NOT_JUDGED = "not judged yet"
ANSWER_COLUMNS = (
    "assessor",
    "date",
    "results",
    "question",
    "answer",
    "place",
    "support",
    "finding",
)
JUDGEMENT_COLUMNS = ("assessor", "date", "results", "domain", "judgement", "why", "direction")
CONTACT_COLUMNS = ("date", "study_id", "asked_of", "asked", "answered")
OVERALL, SETTLED = "overall", "settled"
IDENTITY = ("outcome", "population", "subgroup", "adjustment")


@dataclass(frozen=True)
class Target:
    """What is judged: a result of a study, or the study, with its tool.

    `applies` names the printed results that the judgement is carried to, each by some of the
    columns of `IDENTITY`; a column that is left out may have any value.
    """

    id: str
    study: str
    tool: str
    label: str
    applies: tuple[Mapping[str, str], ...] = ()

    def fits(self, **identity: str) -> bool:
        """Whether the judgement is carried to a printed result with this identity."""
        return any(
            all(identity.get(key, "") == value for key, value in rule.items())
            for rule in self.applies
        )


@dataclass(frozen=True)
class Answer:
    """An answer to a signalling question, its place in the report and our own words for it."""

    question: str
    answer: str
    place: str
    support: str
    finding: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Judged:
    """The judgement of a domain: what the answers give, what was stated instead, and why."""

    domain: str
    judgement: str
    computed: str | None
    why: str = ""
    direction: str = ""


@dataclass(frozen=True)
class Appraisal:
    """One assessor's answers and judgements on one target."""

    target: Target
    tool: Tool
    assessor: str
    answers: Mapping[str, Answer]
    domains: Mapping[str, Judged]
    overall: Judged


@dataclass(frozen=True)
class Appraisals:
    """Everything under `data/appraisal/`."""

    assessors: Mapping[str, str]
    targets: Mapping[str, Target]
    appraisals: tuple[Appraisal, ...]
    statements: Mapping[str, str]
    contacts: tuple[Mapping[str, str], ...]

    def standing(self) -> dict[str, Appraisal]:
        """The appraisal that stands of each target: the settled one, else the first."""
        found: dict[str, Appraisal] = {}
        for one in self.appraisals:
            if one.target.id not in found or one.assessor == SETTLED:
                found[one.target.id] = one
        return found

    def judgements(self, assessor: str) -> dict[tuple[str, str], str]:
        """Every judgement of an assessor by target and domain."""
        return {
            (one.target.id, domain): judged.judgement
            for one in self.appraisals
            if one.assessor == assessor
            for domain, judged in one.domains.items()
        }

    def of_result(self, study_id: str, **identity: str) -> Appraisal | None:
        """The appraisal that is carried to a printed result of a study, or nothing."""
        return next(
            (
                one
                for one in self.standing().values()
                if one.target.study == study_id and one.target.fits(**identity)
            ),
            None,
        )

    def risk_of(self, printed: Printed) -> str:
        """Return the judged risk of bias of the result that a number belongs to, in words."""
        quantity = printed.quantity
        one = self.of_result(
            printed.study_id,
            outcome=quantity.outcome,
            population=quantity.population,
            subgroup=quantity.subgroup,
            adjustment=quantity.adjustment,
        )
        return NOT_JUDGED if one is None else one.tool.judgements[one.overall.judgement]


def load_appraisals(root: Path | str = ".", review: Review | None = None) -> Appraisals:
    """The appraisals under `root/data/appraisal`; with a review their studies must be in it.

    Raises `DataProblemsError`, which lists every problem of every file.
    """
    folder = Path(root) / "data" / "appraisal"
    problems: list[Problem] = []
    content = read_yaml(folder / "appraisal.yaml", problems)
    collector = Collector(str(folder / "appraisal.yaml"), problems)
    parts = {key: content.get(key) for key in ("assessors", "results", "statements")}
    for key, part in parts.items() if content else ():
        if not isinstance(part, dict):
            do = "write each entry as a name, a colon and a value"
            collector.need(key, "a mapping of names to entries", shown(part), do)
    if problems:
        raise DataProblemsError(problems)
    targets = _targets(content["results"], collector, review)
    if problems:
        raise DataProblemsError(problems)
    reader = _Reader(folder, content["assessors"], targets, problems)
    answers, stated = reader.answers(), reader.stated()
    contacts = read_rows(folder / "contacts.csv", CONTACT_COLUMNS, problems, may_be_empty=True)
    appraisals = () if problems else tuple(_appraisals(targets, answers, stated, reader))
    _check_settled(appraisals, reader)
    if problems:
        raise DataProblemsError(problems)
    rows = tuple(cells for _, cells in contacts)
    return Appraisals(content["assessors"], targets, appraisals, content["statements"], rows)


def _targets(
    entries: Mapping[str, Any], collector: Collector, review: Review | None
) -> dict[str, Target]:
    targets = {}
    for id_, entry in entries.items():
        place = f"results.{id_}"
        keys = ("study", "tool", "label", "applies")
        known = isinstance(entry, dict) and all(
            [collector.one_of(place, key, keys, "correct the key") for key in entry]
        )
        if not known or any(not isinstance(entry.get(key), str) for key in keys[:3]):
            do = "write the three keys as texts below it"
            collector.need(place, "study, tool and label", shown(entry), do)
            continue
        collector.one_of(f"{place}.tool", entry["tool"], TOOLS)
        if review is not None:
            collector.one_of(f"{place}.study", entry["study"], review.studies)
        rules = tuple(entry.get("applies", ()))
        for key in (key for rule in rules for key in rule):
            collector.one_of(f"{place}.applies", key, IDENTITY, "correct the key")
        targets[id_] = Target(id_, entry["study"], entry["tool"], entry["label"], rules)
    return targets


_Key = tuple[str, str]  # assessor, id of a target


@dataclass(frozen=True)
class _Reader:
    """The rows of answers and of stated judgements, each once for every target it names."""

    folder: Path
    assessors: Mapping[str, str]
    targets: Mapping[str, Target]
    problems: list[Problem]

    def _rows(
        self, name: str, columns: tuple[str, ...]
    ) -> Iterator[tuple[int, Collector, str, dict[str, str]]]:
        path = self.folder / name
        for line, cells in read_rows(path, columns, self.problems):
            collector = Collector(f"{path} row {line}", self.problems)
            collector.one_of("column assessor", cells["assessor"], (*self.assessors, SETTLED))
            for id_ in cells["results"].split():
                if collector.one_of("column results", id_, self.targets):
                    yield line, collector, id_, cells

    def answers(self) -> dict[_Key, dict[str, Answer]]:
        """The answers of each assessor to each target, by question."""
        found: dict[_Key, dict[str, Answer]] = {}
        for line, collector, id_, cells in self._rows("answers.csv", ANSWER_COLUMNS):
            tool = load_tool(self.targets[id_].tool)
            number, answer = cells["question"], cells["answer"]
            if not collector.one_of("column question", number, tool.questions):
                continue
            collector.one_of("column answer", answer, tool.questions[number].answers)
            for name in ("place", "support") if answer != "NA" else ("support",):
                if not cells[name].strip():
                    what = {"place": "where in the report", "support": "our own words"}[name]
                    collector.need(f"column {name}", what, "nothing", "fill it in")
            known = found.setdefault((cells["assessor"], id_), {})
            if number in known:
                needed, do = f"one answer to {number} on {id_}", "remove one of the two"
                collector.need("column question", needed, f"row {known[number].line} too", do)
            findings = tuple(cells["finding"].split())
            known[number] = Answer(number, answer, cells["place"], cells["support"], findings, line)
        return found

    def stated(self) -> dict[_Key, dict[str, tuple[int, dict[str, str]]]]:
        """The stated judgements of each assessor on each target, by domain, with their rows."""
        found: dict[_Key, dict[str, tuple[int, dict[str, str]]]] = {}
        for line, collector, id_, cells in self._rows("judgements.csv", JUDGEMENT_COLUMNS):
            tool = load_tool(self.targets[id_].tool)
            collector.one_of("column domain", cells["domain"], (*tool.domains, OVERALL))
            collector.one_of("column judgement", cells["judgement"], tool.judgements)
            if not cells["why"].strip():
                collector.need("column why", "a reason", "nothing", "say in a few words why")
            found.setdefault((cells["assessor"], id_), {})[cells["domain"]] = (line, cells)
        return found


def _appraisals(
    targets: Mapping[str, Target],
    answers: Mapping[_Key, Mapping[str, Answer]],
    stated: Mapping[_Key, Mapping[str, tuple[int, dict[str, str]]]],
    reader: _Reader,
) -> Iterator[Appraisal]:
    collector = Collector(str(reader.folder / "answers.csv"), reader.problems)
    for id_ in sorted(set(targets) - {target for _, target in answers}):
        collector.need("", f"answers on {id_}", "none", "add them, or remove it from results")
    for assessor, id_ in sorted(answers.keys() | stated.keys()):
        target = targets[id_]
        tool = load_tool(target.tool)
        agreed = _agreed(id_, answers) if assessor == SETTLED else {}
        given = {**agreed, **answers.get((assessor, id_), {})}
        own = stated.get((assessor, id_), {})
        if missing := sorted(tool.questions.keys() - given.keys()):
            needed = f"an answer of {assessor} to each question on {id_}"
            do = "add rows; what is not asked is NA"
            collector.need("", needed, f"none to {', '.join(missing)}", do)
            continue
        domains = {
            name: _judged(tool, name, given, own, f"{assessor}'s {name} on {id_}", reader)
            for name in tool.domains
        }
        yield Appraisal(target, tool, assessor, given, domains, _overall(tool, domains, own))


def _agreed(id_: str, answers: Mapping[_Key, Mapping[str, Answer]]) -> dict[str, Answer]:
    """The answers on a target that all assessors gave alike: a settlement need not repeat them."""
    made = [one for key, one in answers.items() if key[1] == id_ and key[0] != SETTLED]
    return {
        number: answer
        for number, answer in (made[0].items() if len(made) > 1 else ())
        if all(number in one and one[number].answer == answer.answer for one in made)
    }


def _judged(
    tool: Tool,
    name: str,
    answers: Mapping[str, Answer],
    own: Mapping[str, tuple[int, dict[str, str]]],
    words: str,
    reader: _Reader,
) -> Judged:
    computed = judge(tool, tool.domains[name], {key: one.answer for key, one in answers.items()})
    if name in own:
        cells = own[name][1]
        return Judged(name, cells["judgement"], computed, cells["why"], cells["direction"])
    if computed is None:
        collector = Collector(str(reader.folder / "judgements.csv"), reader.problems)
        needed = f"a stated judgement for {words}: no confirmed rule leads from its answers"
        collector.need("", needed, "none", "add a row with the judgement and its reason")
        return Judged(name, next(iter(tool.judgements)), None)
    return Judged(name, computed, computed)


def _overall(
    tool: Tool,
    domains: Mapping[str, Judged],
    own: Mapping[str, tuple[int, dict[str, str]]],
) -> Judged:
    """The worst of the domains, or what was stated instead with its reason."""
    worst = tool.worst(one.judgement for one in domains.values())
    if OVERALL in own:
        cells = own[OVERALL][1]
        return Judged(OVERALL, cells["judgement"], worst, cells["why"], cells["direction"])
    return Judged(OVERALL, worst, worst)


def _check_settled(appraisals: tuple[Appraisal, ...], reader: _Reader) -> None:
    """Add a problem where two assessors differ and nobody has settled it."""
    by_target: dict[str, dict[str, Appraisal]] = {}
    for one in appraisals:
        by_target.setdefault(one.target.id, {})[one.assessor] = one
    collector = Collector(str(reader.folder / "judgements.csv"), reader.problems)
    for id_, found in by_target.items():
        made = {
            tuple(judged.judgement for judged in one.domains.values()) for one in found.values()
        }
        if len(made) > 1 and SETTLED not in found:
            needed = f"rows of the assessor {SETTLED!r} on {id_}, where the assessors differ"
            collector.need("", needed, "none", "settle it, and say how in column why")
