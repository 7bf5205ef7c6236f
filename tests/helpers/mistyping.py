"""Numbers as a person mistypes them, and whether the audit notices.

The audit is also the guard on our own extraction: every printed number is changed in four ways, and
a change is noticed when a check finds a contradiction that was not there before.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from livingreview_audit import CHECKS
from livingreview_audit.finding import Check, Finding, Verdict
from livingreview_record.quantities import DESIGN_STATISTICS, INTERVAL_STATISTICS, Printed
from livingreview_record.studies import Study

DIGIT, SWAPPED, POINT, NEIGHBOUR = KINDS = ("digit", "swapped", "point", "neighbour")
_DIGITS = re.compile(r"\d")
_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
ALWAYS = frozenset({"possible-value"})
Key = tuple[str, Verdict, tuple[int, ...]]


@dataclass(frozen=True)
class Mistyped:
    """One number with another value in its place."""

    number: Printed
    kind: str
    value: str


def mistyped(study: Study) -> Iterator[Mistyped]:
    """Each number with a wrong digit, two digits swapped, the point shifted, the next row's value.

    Which digits follows from the row, so that the same data gives the same changes.  Changes that
    leave the value, or give no number, are left out.
    """
    following = _following(study.numbers)
    for number in study.numbers:
        changes = {
            DIGIT: wrong_digit(number.value, number.line),
            SWAPPED: swapped(number.value, number.line),
            POINT: shifted_point(number.value, number.line),
            NEIGHBOUR: following.get(number, ""),
        }
        for kind, value in changes.items():
            if value and value != number.value and _is_number(number, value):
                yield Mistyped(number, kind, value)


def _following(numbers: Sequence[Printed]) -> dict[Printed, str]:
    """The value of the next number of the same report, statistic and unit."""
    found: dict[Printed, str] = {}
    last: dict[tuple[str, str, str], Printed] = {}
    for number in numbers:
        kind = (number.locator.report_id, number.quantity.statistic, number.unit)
        if kind in last:
            found[last[kind]] = number.value
        last[kind] = number
    return found


def wrong_digit(text: str, salt: int) -> str:
    """One digit replaced by another; empty where there is none.

    >>> wrong_digit("64.7", 0), wrong_digit("64.7", 2)
    ('74.7', '64.0')
    """
    places = [match.start() for match in _DIGITS.finditer(text)]
    if not places:
        return ""
    place = places[salt % len(places)]
    digit = str((int(text[place]) + 1 + salt % 9) % 10)
    return text[:place] + digit + text[place + 1 :]


def swapped(text: str, salt: int) -> str:
    """Two neighbouring digits that differ, swapped; empty where there are none.

    >>> swapped("64.7", 0), swapped("0.55", 0)
    ('46.7', '5.05')
    """
    digits = [match.start() for match in _DIGITS.finditer(text)]
    pairs = [
        (a, b) for a, b in pairwise(digits) if text[a] != text[b] and text[a + 1 : b] in ("", ".")
    ]
    if not pairs:
        return ""
    a, b = pairs[salt % len(pairs)]
    return text[:a] + text[b] + text[a + 1 : b] + text[a] + text[b + 1 :]


def shifted_point(text: str, salt: int) -> str:
    """The point of one number one place to the right; a whole number times ten.

    >>> shifted_point("64.7", 0), shifted_point("24", 0), shifted_point("0.37-0.90", 1)
    ('647', '240', '0.37-09.0')
    """
    found = list(_NUMBERS.finditer(text))
    if not found:
        return ""
    match = found[salt % len(found)]
    whole, _, part = match[0].partition(".")
    moved = f"{whole}{part[:1]}.{part[1:]}".rstrip(".") if part else f"{whole}0"
    return text[: match.start()] + moved + text[match.end() :]


def _is_number(number: Printed, value: str) -> bool:
    changed = replace(number, value=value)
    try:
        if number.quantity.statistic in INTERVAL_STATISTICS:
            return changed.interval.lower.value != number.interval.lower.value or (
                changed.interval.upper.value != number.interval.upper.value
            )
        if number.quantity.statistic in DESIGN_STATISTICS:
            return True
        return changed.number.value != number.number.value
    except ValueError:
        return False


class Guard:
    """The audit of one study, ready to be asked of changed numbers.

    Only checks in which a number takes part are asked again when it changes, and the one that
    speaks of numbers no data can give.
    """

    def __init__(self, study: Study, checks: Mapping[str, Check] = CHECKS) -> None:
        self._study = study
        self._checks = checks
        self._before: set[Key] = set()
        self._asked: dict[int, set[str]] = defaultdict(set)
        for name, check in checks.items():
            for finding in check(study):
                self._before.add(_key(finding))
                if finding.verdict is not Verdict.NOT_CHECKABLE:
                    for number in finding.numbers:
                        self._asked[number.line].add(name)

    def checks_of(self, number: Printed) -> frozenset[str]:
        """Names of the checks in which the number takes part."""
        return frozenset(self._asked.get(number.line, ()))

    @property
    def unchecked(self) -> tuple[Printed, ...]:
        """Numbers that take part in no check."""
        return tuple(n for n in self._study.numbers if n.line not in self._asked)

    def notices(self, change: Mistyped) -> bool:
        """Whether some check finds a new contradiction."""
        names = self.checks_of(change.number)
        if not names:
            return False
        changed = replace(change.number, value=change.value)
        numbers = tuple(
            changed if number is change.number else number for number in self._study.numbers
        )
        study = replace(self._study, numbers=numbers)
        return any(
            finding.verdict.is_contradiction and _key(finding) not in self._before
            for name in sorted(names | ALWAYS & self._checks.keys())
            for finding in self._checks[name](study)
        )


def _key(finding: Finding) -> Key:
    return finding.check, finding.verdict, tuple(number.line for number in finding.numbers)
