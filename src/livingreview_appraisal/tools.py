"""Tools for risk of bias as data: domains, questions, and the ways from answers to a judgement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from livingreview_record import DataProblemsError, Problem, read_yaml

FOLDER = Path(str(resources.files("livingreview_appraisal") / "tools"))
OF_SYNTHESES = ("rob-me",)
TOOLS = tuple(  # of a result, or of a study
    name for name in sorted(path.stem for path in FOLDER.glob("*.yaml")) if name not in OF_SYNTHESES
)
ANSWERS: Mapping[str, str] = {
    "Y": "yes",
    "PY": "probably yes",
    "PN": "probably no",
    "N": "no",
    "NI": "no information",
    "NA": "not asked",
    "WN": "no, and it hardly matters",
    "SN": "no, and it matters",
    "WY": "yes, and it hardly matters",
    "SY": "yes, and it matters",
    "U": "unclear",
}


@dataclass(frozen=True)
class Question:
    """A signalling question in our own words, and the answers that it may have."""

    id: str
    asks: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A judgement that holds where every question has one of these answers.

    With `least` above 0 it holds where at least so many of the questions in `of` have one of the
    answers in `counted`.
    """

    judgement: str
    when: Mapping[str, tuple[str, ...]]
    of: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    least: int = 0

    def holds(self, answers: Mapping[str, str]) -> bool:
        """Whether the answers are those of the rule."""
        if self.least:
            return sum(answers.get(name) in self.counted for name in self.of) >= self.least
        return all(answers.get(name) in allowed for name, allowed in self.when.items())


@dataclass(frozen=True)
class Domain:
    """A domain of a tool; the first rule of each part that holds gives its judgement.

    The judgement of the domain is the worst of its parts; where that is `serious` and
    `where_serious` has rules, these decide.  Without parts nothing is computed.
    """

    id: str
    label: str
    questions: Mapping[str, Question]
    parts: tuple[tuple[Rule, ...], ...] = ()
    where_serious: tuple[Rule, ...] = ()
    decides_at_once: bool = False
    note: str = ""


@dataclass(frozen=True)
class Tool:
    """A tool: what it judges, by which source, its judgements from the best to the worst."""

    id: str
    label: str
    unit: str
    source: str
    judgements: Mapping[str, str]
    domains: Mapping[str, Domain]

    @property
    def questions(self) -> dict[str, Question]:
        """Every question of the tool by its number."""
        return {
            key: one for domain in self.domains.values() for key, one in domain.questions.items()
        }

    def worst(self, judgements: Iterable[str]) -> str:
        """The worst of some judgements.

        >>> load_tool("rob-2").worst(["low", "high", "some"])
        'high'
        """
        order = list(self.judgements)
        return max(judgements, key=order.index)


def judge(tool: Tool, domain: Domain, answers: Mapping[str, str]) -> str | None:
    """The judgement that the answers give; nothing where no confirmed way leads from them.

    >>> tool = load_tool("rob-2")
    >>> judge(tool, tool.domains["missing"], {"3.1": "PN", "3.2": "N", "3.3": "NI", "3.4": "N"})
    'some'
    """
    found = [_first(rules, answers) for rules in domain.parts]
    if not found or None in found:
        return None
    worst = tool.worst(one for one in found if one is not None)
    if worst == "serious" and domain.where_serious:
        return _first(domain.where_serious, answers)
    return worst


def _first(rules: Sequence[Rule], answers: Mapping[str, str]) -> str | None:
    return next((rule.judgement for rule in rules if rule.holds(answers)), None)


@cache
def load_tool(name: str) -> Tool:
    """A tool that comes with the package; `ValueError` for any other name."""
    if name not in (*TOOLS, *OF_SYNTHESES):
        msg = f"need one of the tools {', '.join((*TOOLS, *OF_SYNTHESES))}, found {name!r}"
        raise ValueError(msg)
    problems: list[Problem] = []
    content = read_yaml(FOLDER / f"{name}.yaml", problems)
    if problems:
        raise DataProblemsError(problems)
    domains = {id_: _domain(id_, entry) for id_, entry in content["domains"].items()}
    texts = {key: content[key] for key in ("id", "label", "unit", "source")}
    return Tool(**texts, judgements=content["judgements"], domains=domains)


def _domain(id_: str, entry: Mapping[str, Any]) -> Domain:
    questions = {
        key: Question(key, one["asks"], tuple(one["answers"]))
        for key, one in entry["questions"].items()
    }
    parts = entry.get("parts", [entry["rules"]] if "rules" in entry else [])
    return Domain(
        id_,
        entry["label"],
        questions,
        tuple(tuple(_rule(rule) for rule in part) for part in parts),
        tuple(_rule(rule) for rule in entry.get("where_serious", ())),
        entry.get("decides_at_once", False),
        entry.get("note", ""),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    when = {key: tuple(allowed) for key, allowed in entry.get("when", {}).items()}
    count = entry.get("count", {"of": (), "answers": (), "least": 0})
    return Rule(
        entry["judgement"], when, tuple(count["of"]), tuple(count["answers"]), count["least"]
    )
