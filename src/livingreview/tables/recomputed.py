"""What the audit calculates in a study, comparison by comparison, folded by table of the report."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from livingreview.tables.audit import VERDICT_WORDS
from livingreview_audit import CHECKS, Finding, Kind, Verdict
from livingreview_display import Html, Shown, address_of, element, joined, listed, sentence
from livingreview_record import Locator, Printed, Study, Terms

HEADINGS = ("Printed", "Calculated", "How, and in which row and column")


@dataclass(frozen=True, repr=False)
class Recomputed(Shown):
    """Every comparison on the numbers of one table or part of the text, below one line to unfold.

    Each has what is printed, what follows from other printed numbers, the arithmetic or the test,
    and the place of the number compared.  As plain text it is counted by check.  `recorded` are
    the study's numbers by the line of its file: a check may see one as another quantity.
    """

    place: str
    findings: tuple[Finding, ...]
    recorded: Mapping[int, Printed]
    terms: Terms
    in_short = True

    @property
    def summary(self) -> str:
        """How many numbers were compared, in how many comparisons, and how many agree."""
        judged = [
            one
            for one in self.findings
            if one.kind is not Kind.DESIGN and one.verdict is not Verdict.NOT_CHECKABLE
        ]
        if not judged:
            return f"{self.place}: no comparison"
        numbers = {one.numbers[0].line for one in judged}
        against = {one.numbers[0].line for one in judged if one.verdict.is_contradiction}
        agree = f"{len(numbers) - len(against)} agree"
        ends = [agree, f"{len(against)} with a finding"] if against else [agree]
        return (
            f"{self.place}: {_many(len(numbers), 'number')} in "
            f"{_many(len(judged), 'comparison')}, {', '.join(ends)}"
        )

    def __repr__(self) -> str:
        """The line to unfold, and for each check how many comparisons came out how."""
        lines = [self.summary]
        for check, found in self._by_check():
            counts = Counter(_verdict(one).lower() for one in found)
            lines.append(f"  {check}: {listed(f'{n} {words}' for words, n in counts.items())}")
        return "\n".join(lines)

    def html(self) -> Html:
        """One table of all comparisons, check by check, that unfolds."""
        rows = [element("tr", *(element("th", name, scope="col") for name in HEADINGS))]
        for check, found in self._by_check():
            asked = f"{sentence(check)} {sentence(self.terms.fill(CHECKS[found[0].check].asks))}"
            group = element("th", asked, colspan="2", scope="rowgroup")
            rows.append(element("tr", group, element("td")))
            rows += map(self._row, found)
        table = element("table", joined(*rows, between="\n"), class_="dataframe printed")
        frame = {"class": "table-scroll", "role": "region", "tabindex": "0"}
        inside = element("div", table, **frame, aria_label=self.place)
        return element("details", element("summary", self.summary), inside)

    def _row(self, finding: Finding) -> Html:
        number = self.recorded[finding.numbers[0].line]
        cell = "; ".join(filter(None, (number.locator.row, number.locator.column)))
        said = finding.explanation
        if finding.verdict is not Verdict.REPRODUCED:
            said = f"{_verdict(finding)}: {said}"
        printed = element("a", finding.reported, href=address_of(number))
        how = f"{said} ({cell or number.locator.section})"
        return element("tr", *(element("td", text) for text in (printed, finding.recomputed, how)))

    def _by_check(self) -> Iterator[tuple[str, tuple[Finding, ...]]]:
        """The findings by check, in the order of the checks; the name of each in words."""
        for name, found in groupby(self.findings, key=lambda one: one.check):
            yield name.replace("-", " "), tuple(found)


def recomputed(study: Study, findings: Iterable[Finding]) -> list[Recomputed]:
    """Return the study's findings by the place of the number compared, in the report's order."""
    places: dict[str, list[Finding]] = {_fold(number.locator): [] for number in study.numbers}
    for finding in findings:
        places[_fold(finding.numbers[0].locator)].append(finding)
    recorded = {number.line: number for number in study.numbers}
    return [
        Recomputed(place, tuple(found), recorded, study.terms)
        for place, found in places.items()
        if found
    ]


def _fold(locator: Locator) -> str:
    """The table, or the part of the text without its heading and paragraph."""
    return locator.table or re.split(r"[:,]", locator.section)[0]


def _verdict(finding: Finding) -> str:
    return VERDICT_WORDS[finding.kind][finding.verdict]


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
