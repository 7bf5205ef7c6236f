"""What the audit says of one printed number: a fact about numbers, never about people."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from livingreview_audit.audited import Audited, Numbers
from livingreview_record import Printed, Study


class Verdict(StrEnum):
    """How a printed number stands to what follows from the other printed numbers."""

    REPRODUCED = "reproduced"  # what it should be
    ROUNDING = "rounding"  # what it should be under another convention; the explanation names it
    DISCREPANT = "discrepant"  # recomputable, and no convention gives it
    IMPOSSIBLE = "impossible"  # no data whatever can give it
    IMPLAUSIBLE = "implausible"  # needs an unusual reason; the explanation names it
    REMARK = "remark"  # of the design; no number is in conflict with another
    NOT_CHECKABLE = "not-checkable"  # the explanation says what is missing

    @property
    def is_contradiction(self) -> bool:
        """Whether the number is in conflict with others beyond rounding and conventions."""
        return self in (Verdict.DISCREPANT, Verdict.IMPOSSIBLE, Verdict.IMPLAUSIBLE)


class Kind(StrEnum):
    """What is compared with what; the three kinds are counted apart."""

    NUMBERS = "numbers"  # printed numbers against each other
    WORDS = "words"  # a claim of the text against printed numbers, or against another claim
    DESIGN = "design"  # how the study was done: a remark


class Severity(StrEnum):
    """What a contradiction or a remark touches; the first that applies."""

    CONCLUSION = "conclusion"  # a result, of arms, of an outcome that the review draws on
    SYNTHESIS = "synthesis"  # another number that enters a planned synthesis
    NEITHER = "neither"


@dataclass(frozen=True)
class Finding:
    """The verdict on one printed number (the first of `numbers`) and how it was reached.

    The other `numbers` are those it was recomputed from.  `reported` and `recomputed` are
    short texts to stand side by side; `explanation` is one plain sentence with the arithmetic.
    `touches` are further results that the finding bears on, such as the survival of patients
    who were selected by their survival.  The registry adds the name of the check and its kind.
    """

    numbers: Numbers
    reported: str
    recomputed: str
    verdict: Verdict
    explanation: str
    touches: Numbers = ()
    check: str = ""
    kind: Kind = Kind.NUMBERS
    severity: Severity = Severity.NEITHER

    @classmethod
    def on(
        cls,
        numbers: Iterable[Printed],
        about: str,
        said: str,
        verdict: Verdict,
        recomputed: str,
        *,
        reported: str = "",
        touches: Numbers = (),
    ) -> "Finding":
        """Return the finding on the first of `numbers`, in a sentence "about: said".

        What is `reported` is the first number as printed unless it is given.
        """
        judged = tuple(numbers)
        shown = reported or judged[0].value
        return cls(judged, shown, recomputed, verdict, f"{about}: {said}.", touches)

    def but(self, verdict: Verdict, clause: str) -> "Finding":
        """Return the same finding with another verdict and a clause added to its sentence."""
        said = f"{self.explanation.removesuffix('.')}{clause}."
        return replace(self, verdict=verdict, explanation=said)

    @property
    def counts_against(self) -> bool:
        """Whether it is a contradiction or a remark: something to show and to reckon with."""
        return self.verdict.is_contradiction or self.verdict is Verdict.REMARK

    @property
    def touched(self) -> Numbers:
        """The printed numbers it bears on: the one judged, unless a remark, and `touches`."""
        judged = self.numbers[:1] if self.verdict.is_contradiction else ()
        return (*judged, *self.touches) if self.counts_against else ()

    @property
    def study_id(self) -> str:
        """The study that prints the number judged."""
        return self.numbers[0].study_id

    @property
    def where(self) -> str:
        """Study and place of the number judged."""
        return self.numbers[0].where

    @property
    def locator(self) -> str:
        """Place of the number judged, without the study."""
        return str(self.numbers[0].locator)


WORST_FIRST = (
    Verdict.IMPOSSIBLE,
    Verdict.DISCREPANT,
    Verdict.IMPLAUSIBLE,
    Verdict.REMARK,
    Verdict.ROUNDING,
    Verdict.REPRODUCED,
    Verdict.NOT_CHECKABLE,
)


def unless(fits: object, otherwise: Verdict) -> Verdict:
    """Return that the number is reproduced if it fits, else the other verdict."""
    return Verdict.REPRODUCED if fits else otherwise


def first_true(*cases: tuple[object, Verdict, str]) -> tuple[Verdict, str]:
    """Return verdict and words of the first case whose condition holds; else that it agrees.

    >>> first_true((False, Verdict.IMPOSSIBLE, "; too many"), (True, Verdict.ROUNDING, "; cut off"))
    (<Verdict.ROUNDING: 'rounding'>, '; cut off')
    """
    held = ((verdict, words) for holds, verdict, words in cases if holds)
    return next(held, (Verdict.REPRODUCED, ""))


@dataclass(frozen=True)
class Fact:
    """Findings of one study and kind that are about the same printed number, or say the same.

    Counted once, whatever the number of places and of checks that notice it.
    """

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding with the worst verdict."""
        return min(self.findings, key=lambda one: WORST_FIRST.index(one.verdict))

    @property
    def severity(self) -> Severity:
        """What the finding with the worst verdict touches."""
        return self.first.severity

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the findings with something against the number say, each once, worst first."""
        ordered = sorted(self.findings, key=lambda one: WORST_FIRST.index(one.verdict))
        return tuple(dict.fromkeys(one.explanation for one in ordered if one.counts_against))

    @property
    def places(self) -> Numbers:
        """The numbers judged, wherever they are printed."""
        named: dict[Printed, None] = {}
        for one in self.findings:
            touches = one.touches if one.verdict.is_contradiction else ()
            named |= dict.fromkeys((*one.numbers[:1], *touches) if one.counts_against else ())
        return tuple(named)


def facts(findings: Iterable[Finding]) -> tuple[Fact, ...]:
    """The findings by fact, in the order of their first."""
    known: dict[object, list[Finding]] = {}
    for finding in findings:
        whose = (finding.study_id, finding.kind)
        judged = finding.numbers[0]
        keys = ((*whose, finding.explanation), (*whose, judged.quantity, judged.value))
        same = next((known[key] for key in keys if key in known), [])
        same.append(finding)
        for key in keys:
            known.setdefault(key, same)
    unique = {id(same): same for same in known.values()}
    return tuple(Fact(tuple(same)) for same in unique.values())


@dataclass(frozen=True, eq=False)
class Check:
    """One question to a study; calling it with a study gives its findings, with name and kind.

    `asks` is published: the audit chapter prints it beside the name.  In it and in sentences
    `{participants}` stands for what the review calls them.
    """

    name: str
    kind: Kind
    asks: str
    find: Callable[[Audited], Iterator[Finding]]

    def __call__(self, study: Study) -> Iterator[Finding]:
        """Every finding of this check on the study."""
        for finding in self.find(Audited.of(study)):
            said = study.terms.fill(finding.explanation)
            yield replace(finding, check=self.name, kind=self.kind, explanation=said)


REGISTERED: dict[str, Check] = {}
"""Every check by its name, filled where the checks are defined."""


def check(
    asks: str, *, kind: Kind = Kind.NUMBERS
) -> Callable[[Callable[[Audited], Iterator[Finding]]], Check]:
    """Register the function below as a check, named like it; `asks` is its published explanation.

    `words` and `design` register checks of the other two kinds.  Raise ValueError where another
    check has the name already.
    """

    def register(find: Callable[[Audited], Iterator[Finding]]) -> Check:
        name = find.__name__.replace("_", "-")
        if name in REGISTERED:
            msg = f"{find.__module__}: need a new name for a check, found {name!r} again; rename it"
            raise ValueError(msg)
        REGISTERED[name] = Check(name, kind, asks, find)
        return REGISTERED[name]

    return register


words = partial(check, kind=Kind.WORDS)
design = partial(check, kind=Kind.DESIGN)
