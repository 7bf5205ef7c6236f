"""The audit's findings as tables: counts, a line a fact, what nothing checks.

The three kinds of findings (numbers, words, design) are counted and shown apart.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from livingreview import wording
from livingreview.analysis import findings
from livingreview.tables.study import WHERE
from livingreview.tables.table import Table
from livingreview_audit import CHECKS, Fact, Finding, Kind, Severity, Verdict, facts
from livingreview_record.studies import Printed, Review, Study

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


def panel(review: Review, study: Study) -> Table:
    """What the audit finds in one study, kind by kind: counts, then each fact in a sentence."""
    own = _of_study(review, study)
    counted = [
        f"{KIND_WORDS[kind].lower()}: {summary(kind, own)}"
        for kind in Kind
        if any(finding.kind is kind for finding in own)
    ]
    return Table(
        pd.concat([_lines(kind, facts(own)) for kind in Kind]).fillna(""),
        f"What the audit finds in {study.label}. {wording.sentence('; '.join(counted))}"
        if counted
        else f"What the audit finds in {study.label}: nothing to check",
        empty="No number of this study contradicts another, and there is no remark.",
    )


def summary(kind: Kind, found: Iterable[Finding]) -> str:
    """Counts of one kind by verdict in words: each fact once, by its worst verdict."""
    counts = _counts(kind, found)
    return wording.listed(
        f"{counts[verdict]} {words.lower()}"
        for verdict, words in VERDICT_WORDS[kind].items()
        if counts[verdict]
    )


def _counts(kind: Kind, found: Iterable[Finding]) -> Counter[Verdict]:
    return Counter(fact.first.verdict for fact in facts(one for one in found if one.kind is kind))


def verdicts(review: Review, kind: str) -> Table:
    """Facts of one kind (``numbers``, ``words`` or ``design``) by their worst verdict."""
    chosen, lines = Kind(kind), []
    for study in review.studies.values():
        counts = _counts(chosen, _of_study(review, study))
        if counts:
            line = {"Study": study.label}
            line |= {words: str(counts[v]) for v, words in VERDICT_WORDS[chosen].items()}
            lines.append(line)
    frame = pd.DataFrame(lines)
    used = [name for name in frame.columns if set(frame[name]) != {"0"}]
    return Table(frame[used], f"{KIND_WORDS[chosen]}, by verdict", empty="Nothing was asked.")


def checks(review: Review) -> Table:
    """Every check with what it asks, how often it was asked and what it found."""
    every, bad = Counter[str](), Counter[str]()
    for finding in _all(review):
        every[finding.check] += 1
        bad[finding.check] += finding.counts_against
    lines = [
        {
            "Kind": KIND_WORDS[check.kind],
            "Check": name.replace("-", " "),
            "What is asked": wording.sentence(check.asks),
            "Examined": str(every[name]),
            "With a finding": str(bad[name]),
        }
        for name, check in CHECKS.items()
        if every[name]
    ]
    return Table(
        pd.DataFrame(lines), "Checks, how often each was asked, and how often it found something"
    )


def entries(review: Review, kind: str, severity: str = "") -> Table:
    """Every contradiction or remark of one kind, and of one severity where it is named.

    The kinds are ``numbers``, ``words`` and ``design``; the severities ``conclusion``,
    ``synthesis`` and ``neither``.
    """
    chosen = Kind(kind)
    wanted = list(Severity) if not severity else [Severity(severity)]
    found = [fact for fact in facts(_all(review)) if fact.severity in wanted]
    frame = _lines(chosen, found)
    if not frame.empty:
        ids = [fact.first.study_id for fact in _against(chosen, found)]
        frame.insert(1, "Study", [review.studies[id_].label for id_ in ids])
        frame = frame.drop(columns=["Kind", *(["Touches"] if severity else [])])
    touching = f" that touch {SEVERITY_WORDS[wanted[0]]}" if severity else ""
    return Table(frame, f"{KIND_WORDS[chosen]}{touching}", empty="There is none.")


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
        line[WHERE] = wording.places(fact.places)
        lines.append(line)
    return pd.DataFrame(lines)


def tally(review: Review, study_id: str, check: str) -> tuple[str, str]:
    """How many numbers of a study one check finds something against, and how many it was asked."""
    asked = facts(one for one in _of_study(review, review.studies[study_id]) if one.check == check)
    return str(sum(fact.first.counts_against for fact in asked)), str(len(asked))


def unchecked(review: Review) -> Table:
    """Every printed number that takes part in no check."""
    lines = [
        {
            "Study": study.label,
            "What": study.vocabulary(number.quantity.outcome).label,
            "Kind": number.quantity.category.replace("-", " ") or number.quantity.statistic,
            "As printed": number.value,
            WHERE: wording.places([number]),
        }
        for study in review.studies.values()
        for number in _unchecked(review, study)
    ]
    return Table(pd.DataFrame(lines), "Printed numbers that nothing checks")


def _unchecked(review: Review, study: Study) -> Iterator[Printed]:
    checked = {
        number.line
        for finding in _of_study(review, study)
        if finding.verdict is not Verdict.NOT_CHECKABLE
        for number in finding.numbers
    }
    yield from (number for number in study.numbers if number.line not in checked)


def mistyped(root: Path | str = ".") -> Table:
    """How often a mistyped number is noticed, by study and by the way it is mistyped."""
    rows = _read(root, MISTYPED)
    lines = []
    for kind, words in SLIPS.items():
        line = {"Mistyped by": words}
        for study in dict.fromkeys(row["study_id"] for row in rows):
            line[study] = _rate([r for r in rows if (r["study_id"], r["kind"]) == (study, kind)])
        line["All"] = _rate([row for row in rows if row["kind"] == kind])
        lines.append(line)
    return Table(pd.DataFrame(lines), "Changes that the audit alone notices, of all changes tried")


def _rate(rows: Sequence[dict[str, str]]) -> str:
    tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
    return f"{noticed} of {tried} ({wording.percent(100 * noticed / tried)})" if tried else ""


def _read(root: Path | str, name: Path) -> list[dict[str, str]]:
    with (Path(root) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def limits(root: Path | str = ".") -> Table:
    """How often simulated honest trials pass the limit of a check that rests on chance."""
    lines = [
        {
            "Check": row["check"].replace("-", " "),
            "What is measured": row["statistic"],
            "Limit": row["limit"],
            "Honest trials": row["trials"],
            "Beyond the limit": row["beyond"],
            "Per 1,000": wording.number(_per_thousand(row), 2),
        }
        for row in _read(root, LIMITS)
    ]
    return Table(pd.DataFrame(lines), "Limits, and how often honest trials pass them")


def _per_thousand(row: dict[str, str]) -> float:
    return 1000 * int(row["beyond"]) / int(row["trials"])


def published(review: Review, root: Path | str = ".") -> dict[str, str]:
    """The chapter's numbers by key, as texts."""
    found, rows = _all(review), _read(root, MISTYPED)
    largest = max(_per_thousand(row) for row in _read(root, LIMITS))
    silent = sum(len(list(_unchecked(review, study))) for study in review.studies.values())
    tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
    shown = {
        "audit.printed": str(sum(len(study.numbers) for study in review.studies.values())),
        "audit.unchecked": str(silent),
        "audit.mistyped.tried": str(tried),
        "audit.mistyped.noticed": str(noticed),
        "audit.mistyped.rate": f"{wording.number(100 * noticed / tried, 1)}%",
        "audit.limits.largest": f"{wording.number(largest, 2)} in 1,000",
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


def _of_study(review: Review, study: Study) -> tuple[Finding, ...]:
    return tuple(finding for finding in _all(review) if finding.study_id == study.id)


def _all(review: Review) -> tuple[Finding, ...]:
    return _findings(_Same(review))


class _Same:
    """A review that is equal to itself only, so that its audit is done once."""

    def __init__(self, review: Review) -> None:
        self.review = review

    def __hash__(self) -> int:
        return id(self.review)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.review is other.review


@lru_cache(maxsize=1)
def _findings(same: _Same) -> tuple[Finding, ...]:
    return findings(same.review)
