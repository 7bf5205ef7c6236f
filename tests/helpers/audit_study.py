"""A made-up study in memory, for tests of the audit: a vocabulary and printed cells."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP
from fractions import Fraction

from livingreview_audit import CHECKS, Finding, Verdict
from livingreview_audit.intervals import printed_as
from livingreview_record.load import written_out
from livingreview_record.quantities import Locator, Printed, Quantity
from livingreview_record.studies import (
    Arm,
    Comparison,
    Outcome,
    Population,
    Roles,
    Statement,
    Study,
)
from livingreview_record.typed import typed

ARMS = ("new", "old")
COMPARISON = "new-vs-old"
ROLES = Roles(
    overall_survival="os",
    progression_free_survival="pfs",
    responders="orr",
    progressed="response=pd",
    duration_of_response="dor",
    followup="followup",
    grades={
        "grade1to2": (),
        "grade3": ("grade3to4", "grade3plus"),
        "grade4": ("grade3to4", "grade3plus"),
        "grade3to4": ("grade3plus",),
        "grade5": ("grade3plus",),
        "grade3plus": (),
    },
    any_grade=("grade1to2", "grade3plus"),
)
ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN)


@dataclass
class Paper:
    """Cells as a paper prints them; `study` is what the audit sees."""

    outcomes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    statements: tuple[Mapping[str, object], ...] = ()
    arms: tuple[str, ...] = ARMS
    variables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    populations: Mapping[str, list[str]] = field(default_factory=dict)  # id: its members
    numbers: list[Printed] = field(default_factory=list)

    def add(self, value: object, *, place: str = "Table 1", **identity: str) -> Printed:
        """Print a value; `identity` names columns of the quantity, and `unit`."""
        unit = identity.pop("unit", "")
        line = len(self.numbers) + 2
        in_table = place.startswith("Table")
        table = (place, f"row {line}", "column") if in_table else ()
        number = Printed(
            study_id="made-up",
            line=line,
            locator=Locator("paper", place, *table),
            quantity=Quantity(**identity),
            unit=unit,
            value=str(value),
        )
        self.numbers.append(number)
        return number

    def count(self, value: int, outcome: str, *, arm: str = "new", **identity: str) -> Printed:
        return self.add(value, arm_id=arm, outcome=outcome, statistic="n", **identity)

    def percent(self, value: object, outcome: str, *, arm: str = "new", **identity: str) -> Printed:
        return self.add(value, arm_id=arm, outcome=outcome, statistic="percent", **identity)

    def p(self, value: str, outcome: str, method: str = "fisher", **identity: str) -> Printed:
        identity = {"comparison": COMPARISON, **identity}
        return self.add(value, outcome=outcome, statistic="p", method=method, **identity)

    def ratio(self, value: float, error: float, **identity: str) -> None:
        """Print a hazard ratio and its Wald interval in one cell."""
        ends = (f"{value * math.exp(z * error):.3f}" for z in (-1.96, 1.96))
        first = self.add(f"{value:.3f}", statistic="hr", **identity)
        interval = self.add("-".join(ends), statistic="ci95", **identity)
        self.numbers[-1] = replace(interval, locator=first.locator)

    def sizes(self, *values: int) -> None:
        for arm, value in zip(self.arms, values, strict=True):
            self.count(value, "participants", arm=arm)

    @property
    def study(self) -> Study:
        vocabulary = {
            "participants": {"kind": "count"},
            "event": {"kind": "binary"},
            **self.outcomes,
        }
        comparisons = (
            {COMPARISON: Comparison(COMPARISON, "New against old", *self.arms)}
            if len(self.arms) == 2
            else {}
        )
        return Study(
            id="made-up",
            label="Made up",
            status="included",
            population="adults",
            reports=(),
            design={},
            arms={arm: Arm(arm, arm.title(), "class") for arm in self.arms},
            comparisons=comparisons,
            populations={
                "whole": Population("whole", "All"),
                "matched": Population("matched", "Matched", "whole"),
                **{
                    id_: Population(id_, id_, "whole", tuple(members))
                    for id_, members in self.populations.items()
                },
            },
            outcomes={id_: _outcome(id_, entry) for id_, entry in vocabulary.items()},
            variables={id_: _outcome(id_, entry) for id_, entry in self.variables.items()},
            statements=tuple(statement(entry) for entry in self.statements),
            numbers=tuple(self.numbers),
            roles=ROLES,
        )

    def findings(self, *checks: str) -> list[Finding]:
        """Findings of these checks, or of all."""
        study = self.study
        return [finding for name in checks or CHECKS for finding in CHECKS[name](study)]

    def verdicts(self, *checks: str) -> list[Verdict]:
        return [finding.verdict for finding in self.findings(*checks)]


def statement(entry: Mapping[str, object]) -> Statement:
    """What a section says, from the keys of `study.yaml`."""
    return typed(Statement, entry)


def _outcome(id_: str, entry: Mapping[str, object]) -> Outcome:
    levels = entry.get("levels", {})
    named = levels if isinstance(levels, Mapping) else {level: level for level in levels}
    return typed(Outcome, written_out({"label": id_, **entry, "levels": named}), id=id_)


def share(part: int, size: int, decimals: int = 1, rounding: str = ROUND_HALF_UP) -> str:
    """A percentage as a careful paper prints it."""
    return str(printed_as(Fraction(100 * part, size), decimals, rounding))


def above_rounding(findings: Iterable[Finding]) -> list[str]:
    """What is wrong, or remarked on, for a test's message."""
    return [f"{f.check}: {f.explanation}" for f in findings if f.counts_against]


def cells(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Check and verdict of each finding."""
    for finding in findings:
        yield finding.check, str(finding.verdict)
