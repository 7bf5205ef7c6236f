"""The audit's findings as tables: counts by verdict, a sentence a finding, what nothing checks."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from livingreview import prose
from livingreview.analysis import findings
from livingreview.audit import CHECKS, Finding, Severity, Verdict
from livingreview.studies import Printed, Review, Study
from livingreview.tables.html import Table
from livingreview.tables.study import WHERE

VERDICT_WORDS = {
    Verdict.IMPOSSIBLE: "Impossible",
    Verdict.DISCREPANT: "Discrepant",
    Verdict.IMPLAUSIBLE: "Implausible",
    Verdict.REMARK: "Remark",
    Verdict.ROUNDING: "Another convention or rounding",
    Verdict.REPRODUCED: "Reproduced",
    Verdict.NOT_CHECKABLE: "Not checkable",
}
SEVERITY_WORDS = {
    Severity.CONCLUSION: "a result",
    Severity.SYNTHESIS: "a number used here",
    Severity.NEITHER: "neither",
}
WORST = (Verdict.IMPOSSIBLE, Verdict.DISCREPANT, Verdict.IMPLAUSIBLE, Verdict.REMARK)
MISTYPED = Path("data") / "audit" / "mistyped.csv"
KIND_WORDS = {
    "digit": "a wrong digit",
    "swapped": "two digits swapped",
    "point": "the point shifted, or a zero too many",
    "neighbour": "the value of the next row",
}


def panel(review: Review, study: Study) -> Table:
    """What the audit finds in one study: counts in the caption, then each finding in a sentence."""
    own = _of_study(review, study)
    return Table(
        _sentences(own, with_study=False),
        f"What the audit finds in {study.label}: {summary(own)}",
        empty="No number of this study contradicts another.",
    )


def summary(found: Iterable[Finding]) -> str:
    """Counts by verdict in words."""
    counts = Counter(finding.verdict for finding in found)
    parts = [
        f"{counts[verdict]} {words.lower()}"
        for verdict, words in VERDICT_WORDS.items()
        if counts[verdict]
    ]
    return prose.listed(parts) or "nothing to check"


def verdicts(review: Review) -> Table:
    """Counts by verdict, a line a study."""
    lines = []
    for study in review.studies.values():
        if study.numbers:
            counts = Counter(finding.verdict for finding in _of_study(review, study))
            line = {"Study": study.label, "Printed numbers": str(len(study.numbers))}
            line |= {words: str(counts[verdict]) for verdict, words in VERDICT_WORDS.items()}
            lines.append(line)
    return Table(pd.DataFrame(lines), "Findings by verdict")


def checks(review: Review) -> Table:
    """Every check with what it asks, how often it was asked and what it found."""
    every, bad = Counter[str](), Counter[str]()
    for finding in _all(review):
        every[finding.check] += 1
        bad[finding.check] += finding.verdict.is_contradiction
    lines = [
        {
            "Check": name.replace("-", " "),
            "What is asked": prose.sentence(_first_line(name)),
            "Examined": str(every[name]),
            "In conflict": str(bad[name]),
        }
        for name in CHECKS
        if every[name]
    ]
    return Table(pd.DataFrame(lines), "Checks, how often each applied, and how often it failed")


def _first_line(name: str) -> str:
    return " ".join((CHECKS[name].__doc__ or name).split("\n\n")[0].split())


def contradictions(review: Review, severity: str) -> Table:
    """Every contradiction of this severity (``conclusion``, ``synthesis`` or ``neither``)."""
    chosen = [one for one in _all(review) if one.severity is Severity(severity)]
    words = SEVERITY_WORDS[Severity(severity)]
    return Table(
        _sentences(chosen, with_study=True, review=review),
        f"Contradictions that touch {words}" if words != "neither" else "Other contradictions",
        empty="There is none.",
    )


def _sentences(
    found: Iterable[Finding], *, with_study: bool, review: Review | None = None
) -> pd.DataFrame:
    """One line for each sentence, with every place it is about; the worst verdicts first."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        if finding.counts_against:
            grouped.setdefault((finding.study_id, finding.explanation), []).append(finding)
    ordered = sorted(grouped.values(), key=lambda same: WORST.index(same[0].verdict))
    lines = []
    for same in ordered:
        first = same[0]
        line = {"Verdict": VERDICT_WORDS[first.verdict]}
        if with_study and review is not None:
            line["Study"] = review.studies[first.study_id].label
        line["What the numbers say"] = first.explanation
        line["Touches"] = SEVERITY_WORDS[first.severity]
        line[WHERE] = prose.places(finding.numbers[0] for finding in same)
        lines.append(line)
    return pd.DataFrame(lines)


def unchecked(review: Review) -> Table:
    """Every printed number that takes part in no check."""
    lines = [
        {
            "Study": study.label,
            "What": study.vocabulary(number.quantity.outcome).label,
            "Kind": number.quantity.category.replace("-", " ") or number.quantity.statistic,
            "As printed": number.value,
            WHERE: prose.places([number]),
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
    rows = _mistyped(root)
    lines = []
    for kind, words in KIND_WORDS.items():
        line = {"Mistyped by": words}
        for study in dict.fromkeys(row["study_id"] for row in rows):
            line[study] = _rate([r for r in rows if (r["study_id"], r["kind"]) == (study, kind)])
        line["All"] = _rate([row for row in rows if row["kind"] == kind])
        lines.append(line)
    return Table(pd.DataFrame(lines), "Changes that the audit alone notices, of all changes tried")


def _rate(rows: Sequence[dict[str, str]]) -> str:
    tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
    return f"{noticed} of {tried} ({prose.percent(100 * noticed / tried)})" if tried else ""


def _mistyped(root: Path | str) -> list[dict[str, str]]:
    with (Path(root) / MISTYPED).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(review: Review, root: Path | str = ".") -> dict[str, str]:
    """The chapter's numbers by key, as texts."""
    found, rows = _all(review), _mistyped(root)
    counts = Counter(finding.verdict for finding in found)
    numbers = sum(len(study.numbers) for study in review.studies.values())
    silent = sum(len(list(_unchecked(review, study))) for study in review.studies.values())
    tried, noticed = (sum(int(row[name]) for row in rows) for name in ("tried", "noticed"))
    return {
        "audit.findings": str(len(found)),
        "audit.numbers": str(numbers),
        "audit.unchecked": str(silent),
        "audit.contradictions": str(sum(one.verdict.is_contradiction for one in found)),
        **{f"audit.{verdict}": str(counts[verdict]) for verdict in Verdict},
        "audit.mistyped.tried": str(tried),
        "audit.mistyped.noticed": str(noticed),
        "audit.mistyped.rate": f"{prose.number(100 * noticed / tried, 1)}%",
    }


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
