"""The files of a study from its row of a wide table: every number with file, row and column."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from livingreview_record import (
    COLUMNS,
    FORMS,
    SIDES,
    PlannedSynthesis,
    Protocol,
    Reported,
    csv_text,
)
from livingreview_start.columns import (
    ARM_COLUMNS,
    OUTCOME_KIND,
    REPORT,
    STUDY,
    YEAR,
    Row,
    Source,
    columns_of,
)


@dataclass(frozen=True)
class Writer:
    """Writes the files of a study from its row."""

    file: str
    plan: PlannedSynthesis
    protocol: Protocol
    source: Source
    names: Mapping[str, str]

    def study(self, row: Row) -> str:
        """The study's `study.yaml`."""
        kind = self.plan.kind
        outcome = {"label": self._outcome_label(), "kind": OUTCOME_KIND[kind]}
        if OUTCOME_KIND[kind] == "continuous" and self.source.unit:
            outcome["unit"] = self.source.unit
        content = {
            "id": row.id,
            "label": row.label,
            "status": "included",
            "status_reason": f"It is a row of the table {self.file}.",
            "reports": [self._report(row)],
            "design": {"type": "not said in the table", **self._design(row)},
            "population": "Not said in the table.",
            "arms": dict(zip(SIDES, map(self._arm, SIDES), strict=True)),
            "comparisons": {
                "experimental-vs-control": {
                    "label": " against ".join(self._arm(side)["label"] for side in SIDES),
                    "experimental": "experimental",
                    "control": "control",
                }
            },
            "populations": {"whole": {"label": f"All {self._words('participants')}"}},
            "outcomes": {
                "participants": {"label": "Participants", "kind": "count"},
                self.plan.outcome: outcome,
            },
        }
        return _as_yaml(content)

    def _words(self, name: str) -> str:
        return str(getattr(self.protocol.words, name))

    def _outcome_label(self) -> str:
        return self.protocol.outcome_label(self.plan.outcome) or self.plan.outcome

    def _report(self, row: Row) -> dict[str, Any]:
        report = {
            "id": REPORT,
            "kind": "data-set",
            "level": self.source.level,
            "title": f"Row {row.line} of the table {self.file}",
            "text": "The row of the table, and nothing else.",
        }
        if row.cells.get(YEAR, "").isdecimal():
            report["year"] = int(row.cells[YEAR])  # type: ignore[assignment]
        if self.source.address:
            where = {"address": self.source.address, "what": "the table"}
            report |= {"sources": [where], "read": self.source.read}  # type: ignore[dict-item]
        return report

    def _design(self, row: Row) -> dict[str, Any]:
        """The cells of keys of the design; the values of moderators as numbers."""
        _, numbers = columns_of(self.plan.kind)
        left_out = {STUDY, YEAR, *numbers, *self.source.ignore}
        found: dict[str, Any] = {}
        for name, text in row.cells.items():
            if name in left_out or not text:
                continue
            is_number = name in self.plan.moderators
            found[name] = _number(text) if is_number else text
        return found

    def _arm(self, side: str) -> dict[str, Any]:
        rule = dict(getattr(self.plan, side))
        classes = list(self.protocol.treatment_classes)
        usual = classes[min(SIDES.index(side), len(classes) - 1)]
        class_ = rule.pop("treatment_class", usual)
        label = self.protocol.treatment_classes[class_]
        return {"label": label, "treatment_class": class_, **rule}

    def reported(self, row: Row) -> str:
        """The study's `reported.csv`."""
        rows = self._numbers(row)
        return csv_text(COLUMNS, ([cells.get(name, "") for name in COLUMNS] for cells in rows))

    def _numbers(self, row: Row) -> Iterator[dict[str, str]]:
        if self.plan.kind == "estimate":
            yield from self._estimate(row)
            return
        for side in SIDES:
            yield from self._size(row, side)
            for what, statistic, unit in (
                ("events", "n", "events" if self.plan.kind == "rates" else "participants"),
                ("mean", "mean", self.source.unit),
                ("sd", "sd", self.source.unit),
                ("person_time", "person-time", self.source.unit or "person-years"),
            ):
                name = f"{side}_{what}"
                if what in ARM_COLUMNS[self.plan.kind] and row.cells.get(name):
                    named = {"arm_id": side, "statistic": statistic, "unit": unit}
                    yield self._cell(row, name, {"outcome": self.plan.outcome, **named})

    def _size(self, row: Row, side: str) -> Iterator[dict[str, str]]:
        """The number of an arm: as printed, or the sum of those with and without the event."""
        named = {"outcome": "participants", "arm_id": side}
        named |= {"statistic": "n", "unit": "participants"}
        if row.cells.get(f"{side}_n"):
            yield self._cell(row, f"{side}_n", named)
            return
        columns = [f"{side}_{what}" for what in ("events", "no_event")]
        if all(row.cells.get(name) for name in columns):
            total = sum(int(row.cells[name]) for name in columns)
            both = " and ".join(self.names[name] for name in columns)
            found = self._cell(row, columns[1], {**named, "value": str(total)})
            yield {**found, "column": both, "note": f"the sum of the columns {both}"}

    def _estimate(self, row: Row) -> Iterator[dict[str, str]]:
        forms = {form.statistic: form for form in FORMS[self.plan.measures[0]]}
        usual = list(forms)[-1]  # the logarithm of a ratio, as tables of yi have it
        form = forms[self.source.statistic or usual]
        named = {"outcome": self.plan.outcome, "comparison": "experimental-vs-control"}
        named["unit"] = form.unit or self.source.unit
        if row.cells.get("estimate"):
            yield self._cell(row, "estimate", {**named, "statistic": form.statistic})
        if row.cells.get("se"):
            yield self._cell(row, "se", {**named, "statistic": "se"})
        bounds = [row.cells.get(name, "") for name in ("ci_lower", "ci_upper")]
        if all(bounds):
            value = " to ".join(bounds)
            found = self._cell(row, "ci_lower", {**named, "statistic": "ci95", "value": value})
            both = f"{self.names['ci_lower']} and {self.names['ci_upper']}"
            yield {**found, "column": both}

    def _cell(self, row: Row, name: str, named: Mapping[str, str]) -> dict[str, str]:
        place = {"report_id": REPORT, "section": self.file, "table": self.file}
        place |= {"row": f"row {row.line}, {row.label}", "column": self.names[name]}
        return {**place, "population": "whole", "value": row.cells[name], **named}


def _number(text: str) -> float | int:
    value = Reported(text).value
    return int(value) if value == int(value) else value


def _as_yaml(content: Mapping[str, Any], indent: str = "") -> str:
    """Return the content as YAML whose texts stand in quotation marks, one key a line."""
    lines = []
    for key, value in content.items():
        if isinstance(value, Mapping):
            lines.append(f"{indent}{key}:\n{_as_yaml(value, indent + '  ')}")
        else:
            lines.append(f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)
