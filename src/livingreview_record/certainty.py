"""Certainty of the evidence by GRADE: where each synthesis starts, and steps with reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from livingreview_record.files import read_rows
from livingreview_record.problems import Collector, Problem

GRADE_COLUMNS = ("syntheses", "domain", "steps", "reason", "differs")
DOWN: dict[str, str] = {
    "risk-of-bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication-bias": "Reporting bias",
}
UP: dict[str, str] = {
    "large-effect": "Large effect",
    "dose-response": "Dose and response",
    "opposing-confounding": "Confounding the other way",
}
START = "start"
STARTS: Mapping[str, int] = {"low": 1, "high": 3}
LEVELS = ("very low", "low", "moderate", "high")


@dataclass(frozen=True)
class Step:
    """One domain of a judgement: steps down (negative) or up, why, and why not as computed."""

    domain: str
    steps: int
    reason: str
    differs: str = ""


@dataclass(frozen=True)
class Grade:
    """The certainty of one synthesis: where it starts, and its steps by domain."""

    synthesis: str
    start: str
    why_start: str
    steps: Mapping[str, Step]

    @property
    def level(self) -> str:
        """The certainty after all steps, never below the lowest or above the highest level.

        >>> step = Step("imprecision", -1, "few patients")
        >>> Grade("s", "high", "randomised", {"imprecision": step}).level
        'moderate'
        """
        place = STARTS[self.start] + sum(step.steps for step in self.steps.values())
        return LEVELS[min(max(place, 0), len(LEVELS) - 1)]

    @property
    def reasons(self) -> list[str]:
        """Where it starts and each domain that moves the level, with why.

        >>> step = Step("imprecision", -1, "few patients")
        >>> Grade("s", "high", "randomised", {"imprecision": step}).reasons
        ['starts high: randomised', 'imprecision, 1 down: few patients']
        """
        moved = [step for step in self.steps.values() if step.steps]
        return [
            f"starts {self.start}: {self.why_start}",
            *(
                f"{(DOWN | UP)[one.domain].lower()}, {abs(one.steps)} "
                f"{'down' if one.steps < 0 else 'up'}: {one.reason}"
                for one in moved
            ),
        ]


def check_certainty(
    path: Path, syntheses: Iterable[str], problems: list[Problem]
) -> dict[str, Grade]:
    """Return the judgements of a file such as `data/appraisal/grade.csv`, by synthesis.

    Each synthesis that is judged has a start and every domain; a row may hold for several.  Adds
    a problem, with its row, for everything that cannot be.  Without the file nothing is judged.
    """
    if not path.exists():
        return {}
    known = tuple(syntheses)
    found: dict[str, dict[str, tuple[int, dict[str, str]]]] = {}
    for line, cells in read_rows(path, GRADE_COLUMNS, problems):
        collector = Collector(f"{path} row {line}", problems)
        sound = _check_row(collector, cells)
        for id_ in cells["syntheses"].split():
            if not collector.one_of("column syntheses", id_, known) or not sound:
                continue
            rows = found.setdefault(id_, {})
            if cells["domain"] in rows:
                needed = f"one row on {cells['domain']} of {id_}"
                other = f"row {rows[cells['domain']][0]} too"
                collector.need("column domain", needed, other, "remove one of the two")
            rows[cells["domain"]] = line, cells
    whole = {}
    for id_, rows in found.items():
        if missing := [name for name in (START, *DOWN, *UP) if name not in rows]:
            needed = f"a row for each domain of {id_}"
            do = "add it; 0 steps need a reason too"
            Collector(str(path), problems).need("", needed, f"none on {', '.join(missing)}", do)
        else:
            whole[id_] = _grade(id_, {key: row for key, (_, row) in rows.items()})
    return whole


def _check_row(collector: Collector, cells: Mapping[str, str]) -> bool:
    """Whether the domain of a row takes its steps; adds a problem for each cell that cannot be."""
    domain, steps = cells["domain"], cells["steps"]
    if not collector.one_of("column domain", domain, (START, *DOWN, *UP)):
        return False
    down = ("0", "-1", "-2", "-3") if domain == "risk-of-bias" else ("0", "-1", "-2")
    allowed = tuple(STARTS) if domain == START else down if domain in DOWN else ("0", "1", "2")
    if not cells["reason"].strip():
        collector.need("column reason", "a reason", "nothing", "say in a few words why")
    return collector.one_of("column steps", steps, allowed, "write a step that the domain allows")


def _grade(id_: str, rows: Mapping[str, Mapping[str, str]]) -> Grade:
    steps = {
        name: Step(name, int(rows[name]["steps"]), rows[name]["reason"], rows[name]["differs"])
        for name in (*DOWN, *UP)
    }
    return Grade(id_, rows[START]["steps"], rows[START]["reason"], steps)
