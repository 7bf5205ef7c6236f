"""The audit's findings as tables: counts, a line a fact, what nothing checks.

The three kinds of findings (numbers, words, design) are counted and shown apart.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import pandas as pd

from livingreview_audit import CHECKS, Fact, Finding, Kind, Severity, Verdict, facts
from livingreview_display import WHERE, Table, listed, number, percent, places, sentence
from livingreview_record import Printed, Review, Study, load_review
from livingreview_results import findings

VERDICT_WORDS = {
    Kind.NUMBERS: {
        Verdict.IMPOSSIBLE: "Impossible",
        Verdict.DISCREPANT: "Discrepant",
        Verdict.IMPLAUSIBLE: "Only under a condition",
        Verdict.ROUNDING: "Another convention or rounding",
        Verdict.REPRODUCED: "Reproduced",
        Verdict.NOT_CHECKABLE: "Not checkable",
    },
    Kind.WORDS: {
        Verdict.IMPOSSIBLE: "Cannot both hold",
        Verdict.DISCREPANT: "Do not agree",
        Verdict.IMPLAUSIBLE: "Agree under a condition",
        Verdict.ROUNDING: "Open by rounding",
        Verdict.REPRODUCED: "Agree",
        Verdict.NOT_CHECKABLE: "Not checkable",
    },
    Kind.DESIGN: {
        Verdict.REMARK: "Remark",
        Verdict.ROUNDING: "Open by rounding",
        Verdict.REPRODUCED: "Nothing to remark",
        Verdict.NOT_CHECKABLE: "Not checkable",
    },
}
KIND_WORDS = {
    Kind.NUMBERS: "Numbers against numbers",
    Kind.WORDS: "Words against numbers",
    Kind.DESIGN: "Remarks on the design",
}
SEVERITY_WORDS = {
    Severity.CONCLUSION: "a result",
    Severity.SYNTHESIS: "a number used here",
    Severity.NEITHER: "another number",
}
MISTYPED = Path("data") / "audit" / "mistyped.csv"
LIMITS = Path("data") / "audit" / "limits.csv"
SLIPS = {
    "digit": "a wrong digit",
    "swapped": "two digits swapped",
    "point": "the point shifted, or a zero too many",
    "neighbour": "the value of the next row",
}


class AuditPage:
    """The chapter of the audit: its tables, and its numbers by key.

    `root` is the folder that holds `data/`, seen from the chapter.
    """

    def __init__(self, root: Path | str = "..", review: Review | None = None) -> None:
        self.root = root
        self.review = load_review(root) if review is None else review

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit finds in every study, computed once."""
        return findings(self.review)

    def panel(self, study: Study) -> Table:
        """What the audit finds in one study, kind by kind: counts, then each fact in a sentence."""
        own = self.of_study(study)
        counted = [
            f"{KIND_WORDS[kind].lower()}: {summary(kind, own)}"
            for kind in Kind
            if any(finding.kind is kind for finding in own)
        ]
        return Table(
            pd.concat([_lines(kind, facts(own)) for kind in Kind]).fillna(""),
            f"What the audit finds in {study.label}. {sentence('; '.join(counted))}"
            if counted
            else f"What the audit finds in {study.label}: nothing to check",
            empty="No number of this study contradicts another, and there is no remark.",
        )

    def verdicts(self, kind: str) -> Table:
        """Facts of one kind (`numbers`, `words` or `design`) by their worst verdict."""
        chosen, lines = Kind(kind), []
        for study in self.review.studies.values():
            counts = _counts(chosen, self.of_study(study))
            if counts:
                line = {"Study": study.label}
                line |= {words: str(counts[v]) for v, words in VERDICT_WORDS[chosen].items()}
                lines.append(line)
        frame = pd.DataFrame(lines)
        used = [name for name in frame.columns if set(frame[name]) != {"0"}]
        return Table(frame[used], f"{KIND_WORDS[chosen]}, by verdict", empty="Nothing was asked.")

    def checks(self) -> Table:
        """Every check with what it asks, how often it was asked and what it found."""
        every, bad = Counter[str](), Counter[str]()
        for finding in self.findings:
            every[finding.check] += 1
            bad[finding.check] += finding.counts_against
        lines = [
            {
                "Kind": KIND_WORDS[check.kind],
                "Check": name.replace("-", " "),
                "What is asked": sentence(self.review.terms.fill(check.asks)),
                "Examined": str(every[name]),
                "With a finding": str(bad[name]),
            }
            for name, check in CHECKS.items()
            if every[name]
        ]
        return Table(
            pd.DataFrame(lines),
            "Checks, how often each was asked, and how often it found something",
        )

    def entries(self, kind: str, severity: str = "") -> Table:
        """Every contradiction or remark of one kind, and of one severity where it is named.

        The kinds are `numbers`, `words` and `design`; the severities `conclusion`,
        `synthesis` and `neither`.
        """
        chosen = Kind(kind)
        wanted = list(Severity) if not severity else [Severity(severity)]
        found = [fact for fact in facts(self.findings) if fact.severity in wanted]
        frame = _lines(chosen, found)
        if not frame.empty:
            ids = [fact.first.study_id for fact in _against(chosen, found)]
            frame.insert(1, "Study", [self.review.studies[id_].label for id_ in ids])
            frame = frame.drop(columns=["Kind", *(["Touches"] if severity else [])])
        touching = f" that touch {SEVERITY_WORDS[wanted[0]]}" if severity else ""
        return Table(frame, f"{KIND_WORDS[chosen]}{touching}", empty="There is none.")

    def tally(self, study_id: str, check: str) -> tuple[str, str]:
        """Return how many numbers of a study a check finds fault with, and how many it examined."""
        asked = facts(
            one for one in self.of_study(self.review.studies[study_id]) if one.check == check
        )
        return str(sum(fact.first.counts_against for fact in asked)), str(len(asked))

    def unchecked(self) -> Table:
        """Every printed number that takes part in no check."""
        lines = [
            {
                "Study": study.label,
                "What": study.vocabulary(number.quantity.outcome).label,
                "Kind": number.quantity.category.replace("-", " ") or number.quantity.statistic,
                "As printed": number.value,
                WHERE: places([number]),
            }
            for study in self.review.studies.values()
            for number in self._unchecked(study)
        ]
        return Table(pd.DataFrame(lines), "Printed numbers that nothing checks")

    def _unchecked(self, study: Study) -> Iterator[Printed]:
        checked = {
            number.line
            for finding in self.of_study(study)
            if finding.verdict is not Verdict.NOT_CHECKABLE
            for number in finding.numbers
        }
        yield from (number for number in study.numbers if number.line not in checked)

    def mistyped(self) -> Table:
        """How often a mistyped number is noticed, by study and by the way it is mistyped."""
        rows = _read(self.root, MISTYPED)
        lines = []
        for kind, words in SLIPS.items():
            line = {"Mistyped by": words}
            for study in dict.fromkeys(row["study_id"] for row in rows):
                line[study] = _rate(
                    [r for r in rows if (r["study_id"], r["kind"]) == (study, kind)]
                )
            line["All"] = _rate([row for row in rows if row["kind"] == kind])
            lines.append(line)
        return Table(
            pd.DataFrame(lines), "Changes that the audit alone notices, of all changes tried"
        )

    def limits(self) -> Table:
        """How often simulated honest trials pass the limit of a check that rests on chance."""
        lines = [
            {
                "Check": row["check"].replace("-", " "),
                "What is measured": row["statistic"],
                "Limit": row["limit"],
                "Honest trials": row["trials"],
                "Beyond the limit": row["beyond"],
                "Per 1,000": number(_per_thousand(row), 2),
            }
            for row in _read(self.root, LIMITS)
        ]
        return Table(pd.DataFrame(lines), "Limits, and how often honest trials pass them")

    def published(self) -> dict[str, str]:
        """The chapter's numbers by key, as texts."""
        found, rows = self.findings, _read(self.root, MISTYPED)
        largest = max(_per_thousand(row) for row in _read(self.root, LIMITS))
        silent = sum(len(list(self._unchecked(study))) for study in self.review.studies.values())
        tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
        shown = {
            "audit.printed": str(sum(len(study.numbers) for study in self.review.studies.values())),
            "audit.unchecked": str(silent),
            "audit.mistyped.tried": str(tried),
            "audit.mistyped.noticed": str(noticed),
            "audit.mistyped.rate": f"{number(100 * noticed / tried, 1)}%",
            "audit.limits.largest": f"{number(largest, 2)} in 1,000",
        }
        for kind in Kind:
            counts = _counts(kind, found)
            shown[f"audit.{kind}.judged"] = str(sum(counts.values()))
            shown |= {
                f"audit.{kind}.{verdict}": str(counts[verdict]) for verdict in VERDICT_WORDS[kind]
            }
            against = sum(n for verdict, n in counts.items() if verdict.is_contradiction)
            if kind is not Kind.DESIGN:
                shown[f"audit.{kind}.contradictions"] = str(against)
        return shown

    def of_study(self, study: Study) -> tuple[Finding, ...]:
        """What the audit finds in one study."""
        return tuple(finding for finding in self.findings if finding.study_id == study.id)


def summary(kind: Kind, found: Iterable[Finding]) -> str:
    """Counts of one kind by verdict in words: each fact once, by its worst verdict."""
    counts = _counts(kind, found)
    return listed(
        f"{counts[verdict]} {words.lower()}"
        for verdict, words in VERDICT_WORDS[kind].items()
        if counts[verdict]
    )


def _counts(kind: Kind, found: Iterable[Finding]) -> Counter[Verdict]:
    return Counter(fact.first.verdict for fact in facts(one for one in found if one.kind is kind))


def _against(kind: Kind, found: Iterable[Fact]) -> list[Fact]:
    """Facts of this kind with something against a number, the worst verdicts first."""
    chosen = [one for one in found if one.first.kind is kind and one.first.counts_against]
    order = list(VERDICT_WORDS[kind])
    return sorted(chosen, key=lambda fact: order.index(fact.first.verdict))


def _lines(kind: Kind, found: Iterable[Fact]) -> pd.DataFrame:
    """One line for each fact, with every place it is about; a remark has no verdict."""
    lines = []
    for fact in _against(kind, found):
        line = {"Kind": KIND_WORDS[kind]}
        if kind is not Kind.DESIGN:
            line["Verdict"] = VERDICT_WORDS[kind][fact.first.verdict]
        line["What is printed"] = " ".join(fact.sentences)
        line["Touches"] = SEVERITY_WORDS[fact.severity]
        line[WHERE] = places(fact.places)
        lines.append(line)
    return pd.DataFrame(lines)


def _rate(rows: Sequence[dict[str, str]]) -> str:
    tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
    return f"{noticed} of {tried} ({percent(100 * noticed / tried)})" if tried else ""


def _read(root: Path | str, name: Path) -> list[dict[str, str]]:
    with (Path(root) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _per_thousand(row: dict[str, str]) -> float:
    return 1000 * int(row["beyond"]) / int(row["trials"])
