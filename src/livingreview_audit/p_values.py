"""P-values that counts allow, by the test the paper says it used and by those it may have used.

The test that the paper names decides.  Where only another test gives the printed value, the
finding says which, and whether the choice moves the value across 0.05.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from livingreview_audit.contingency import TESTS, Table, has_variation, p_value
from livingreview_audit.finding import ALPHA, Finding, Verdict, check
from livingreview_audit.intervals import counts_that_print, roundings
from livingreview_audit.lookup import (
    Count,
    classified_within,
    compared,
    counts,
    group_sizes,
    mention,
    quantity_words,
    sizes,
)
from livingreview_record import Outcome, Printed, Quantity, Reported, Study

FINE_DECIMALS = 3  # from here on, one unit in the last decimal is taken for rounding
COUNTED_KINDS = frozenset({"categorical", "binary", "adverse-event"})
MOST_CANDIDATES = 64  # combinations of counts that rounded percentages may stand for
_CHI = ("Pearson's chi-squared", "chi-squared with Yates's correction")
_EXACT = ("Fisher's exact",)
_EXACT_VARIANTS = ("Fisher's exact, one side doubled", "Fisher's exact, mid-p")
_LIKELIHOOD = "likelihood-ratio chi-squared"
NAMED: dict[str, tuple[str, ...]] = {
    "chi2": _CHI,
    "fisher": _EXACT,
    "chi2-or-fisher": (*_CHI, *_EXACT),
    "": (*_CHI, *_EXACT, *_EXACT_VARIANTS, _LIKELIHOOD),
}
USUAL = (*_CHI, *_EXACT)  # tests that reports use without a word
VARIANTS: dict[str, tuple[str, ...]] = {
    "chi2": ("N-1 chi-squared", _LIKELIHOOD),
    "fisher": _EXACT_VARIANTS,
    "chi2-or-fisher": (*_EXACT_VARIANTS, "N-1 chi-squared", _LIKELIHOOD),
    "": (),
}
SAID = {
    "chi2": "the chi-squared test",
    "fisher": "Fisher's exact test",
    "chi2-or-fisher": "the chi-squared or Fisher's exact test",
    "": "no named test",
}


@dataclass(frozen=True)
class _Case:
    """A printed p-value and the tables of counts it may have come from, the likeliest first."""

    study: Study
    p: Printed
    tables: tuple[Table, ...]
    counts: tuple[Printed, ...]

    @property
    def method(self) -> str:
        return self.p.quantity.method

    def find(self, verdict: Verdict, recomputed: str, explanation: str) -> Finding:
        said = f"{quantity_words(self.study, self.p.quantity)}: {explanation}."
        numbers = (self.p, *self.counts)
        return Finding(numbers, f"p {self.p.value}", recomputed, verdict, said)


@check("Every p-value of counted patients, recomputed from the counts.")
def p_of_counts(study: Study) -> Iterator[Finding]:
    """A variant of the named test is taken for the paper's own convention only where no other
    p-value of the report contradicts it.
    """
    cases = [case for number in _tested(study) if (case := _case(study, number)) is not None]
    ruled_out: dict[tuple[str, str], frozenset[str]] = {}
    for case in cases:
        known = ruled_out.get(_unit(case), frozenset())
        ruled_out[_unit(case)] = known | _contradicted(case)
    for case in cases:
        yield _judge(case, ruled_out[_unit(case)])


def _unit(case: _Case) -> tuple[str, str]:
    """What is taken to use one variant of a test: a report, for one stated method."""
    return case.p.locator.report_id, case.method


def _contradicted(case: _Case) -> frozenset[str]:
    """Variants that do not give a p-value which the named test gives."""
    if not _match(case, NAMED[case.method], exact=True):
        return frozenset()
    variants = VARIANTS[case.method]
    return frozenset(name for name in variants if not _match(case, (name,), exact=True))


@check("P-values of one test on equal counts must be equal, whatever the test.")
def same_counts_same_p(study: Study) -> Iterator[Finding]:
    """Assumes that a report uses one test for one stated method; one unit in the last of three or
    more decimals is rounding.
    """
    first: dict[tuple[str, str, Table], _Case] = {}
    for number in _tested(study):
        case = _case(study, number)
        if case is None or len(case.tables) != 1 or number.number.exact is None:
            continue
        key = (number.quantity.comparison, case.method, case.tables[0])
        other = first.setdefault(key, case)
        if other is case or other.p.quantity == number.quantity:
            continue
        yield _same(case, other)


def _tested(study: Study) -> Iterator[Printed]:
    for number in study.numbers:
        quantity = number.quantity
        if quantity.statistic != "p" or quantity.method not in NAMED or quantity.adjustment:
            continue
        if study.vocabulary(quantity.outcome).kind in COUNTED_KINDS:
            yield number


def _case(study: Study, number: Printed) -> _Case | None:
    """The tables behind a p-value; None where the comparison is not one of two groups."""
    quantity = number.quantity
    alone = quantity.comparison in study.comparisons or not quantity.subgroup
    groups = compared(study, replace(quantity, statistic="n")) if alone else []
    outcome = study.vocabulary(quantity.outcome)
    if len(groups) != 2:
        return None
    if outcome.levels and outcome.kind == "categorical" and not quantity.category:
        return _by_levels(study, number, groups, outcome)
    return _by_sizes(study, number, groups, outcome)


def _by_levels(study: Study, p: Printed, groups: list[Quantity], outcome: Outcome) -> _Case:
    cells = {
        level: [_some(study, replace(group, category=level)) for group in groups]
        for level in outcome.levels
    }
    shown = {level: column for level, column in cells.items() if any(column)}
    if len(shown) == 1 and not outcome.exhaustive:
        return _Case(study, p, (), ())  # who is in none of the levels is not known
    if len(shown) == 1:
        one_level = replace(p.quantity, category=next(iter(shown)))
        return _by_sizes(study, replace(p, quantity=one_level), groups, outcome)
    options = [column[row] for row in (0, 1) for column in shown.values()]
    if not options or not all(options):
        return _Case(study, p, (), ())
    used = tuple(place for some in options for place in some[0].numbers)
    tables = tuple((v[: len(shown)], v[len(shown) :]) for v in _combinations(options))
    return _Case(study, p, tables, used)


def _by_sizes(study: Study, p: Printed, groups: list[Quantity], outcome: Outcome) -> _Case:
    groups = [replace(group, category=p.quantity.category) for group in groups]
    parts = [_some(study, group) for group in groups]
    wholes = [_wholes(study, group, outcome) for group in groups]
    if not all(parts) or not all(wholes):
        return _Case(study, p, (), ())
    tables = [
        ((a, n.value - a), (b, m.value - b))
        for n, m in zip(*wholes, strict=False)
        for a, b in _combinations(parts)
        if a <= n.value and b <= m.value
    ]
    firsts = [(part[0], whole[0]) for part, whole in zip(parts, wholes, strict=True)]
    used = [dict.fromkeys((*part.numbers, *whole.numbers)) for part, whole in firsts]
    return _Case(study, p, tuple(dict.fromkeys(tables)), (*used[0], *used[1]))


def _wholes(study: Study, group: Quantity, outcome: Outcome) -> list[Count]:
    """Sizes the group may have been tested with: as declared first, then the others."""
    found = [*sizes(study, group), *group_sizes(study, group)]
    if outcome.within:
        found += classified_within(study, group, outcome)
    return list({size.value: size for size in reversed(found) if size.value > 0}.values())[::-1]


def _some(study: Study, quantity: Quantity) -> list[Count]:
    """The printed count, or every count that the printed percentage may stand for."""
    printed = counts(study, quantity)
    if printed:
        return printed[:1]
    percent = mention(study, replace(quantity, statistic="percent"))
    whole = next(iter(sizes(study, quantity)), None)
    if percent is None or whole is None or percent.number.exact is None:
        return []
    fits = counts_that_print(percent.number, whole.value)
    if not fits:
        below = int(percent.number.value * whole.value / 100)
        fits = tuple(n for n in (below, below + 1) if n <= whole.value)
    return [Count(n, (percent,), str(n)) for n in fits]


def _combinations(options: list[list[Count]]) -> list[tuple[int, ...]]:
    chosen = itertools.product(*([one.value for one in some] for some in options))
    return list(itertools.islice(chosen, MOST_CANDIDATES))


def _judge(case: _Case, ruled_out: frozenset[str]) -> Finding:
    if not case.tables:
        missing = "a count of one of the groups is not printed"
        return case.find(Verdict.NOT_CHECKABLE, "", missing)
    if not any(has_variation(table) for table in case.tables):
        return _judge_constant(case)
    named = _match(case, NAMED[case.method], exact=True)
    if named:
        return case.find(Verdict.REPRODUCED, *_told(*named))
    left = tuple(name for name in VARIANTS[case.method] if name not in ruled_out)
    variant = _match(case, left, exact=True)
    if variant:
        return case.find(Verdict.ROUNDING, *_told(*variant))
    near = _match(case, NAMED[case.method], exact=False)
    if near:
        recomputed, said = _told(*near)
        how = f"{said}; one unit in the last printed decimal"
        return case.find(Verdict.ROUNDING, recomputed, how)
    return _judge_other(case)


def _judge_constant(case: _Case) -> Finding:
    told = f"{_shown(case.tables[0])} has no variation, so that no test is defined"
    verdict = Verdict.REPRODUCED if case.p.number.admits(1.0) else Verdict.DISCREPANT
    return case.find(verdict, "1", f"{told}; programs print 1")


def _judge_other(case: _Case) -> Finding:
    said = SAID[case.method]
    table = next(table for table in case.tables if has_variation(table))
    expected = {name: p_value(name, table) for name in NAMED[case.method]}
    own = {name: p for name, p in expected.items() if p is not None}
    if not own:
        missing = f"{_shown(table)} has too many possible tables for {said}"
        return case.find(Verdict.NOT_CHECKABLE, "", missing)
    values = ", ".join(f"{_p(p)} by {name}" for name, p in own.items())
    told = f"{_shown(table)} gives {values}; the paper names {said}"
    other = _match(case, tuple(TESTS), exact=True)
    if other:
        told += f"; {_p(other[1])} by {other[0]} prints like this"
        crosses = any((p < ALPHA) != (other[1] < ALPHA) for p in own.values())
        usual = other[0] in USUAL and not crosses
        verdict = Verdict.ROUNDING if usual else Verdict.IMPLAUSIBLE
    else:
        told += "; no usual test gives the printed value"
        box = case.p.number.rounding_interval
        crosses = any(p < ALPHA <= box[0] or box[1] < ALPHA <= p for p in own.values())
        verdict = Verdict.DISCREPANT
    told += "; the two are on different sides" if crosses else "; both are on one side"
    recomputed = " or ".join(dict.fromkeys(_p(p) for p in own.values()))
    return case.find(verdict, recomputed, f"{told} of {ALPHA}")


def _match(case: _Case, names: tuple[str, ...], *, exact: bool) -> tuple[str, float, Table] | None:
    """The first test, and table, whose p-value prints like the printed one."""
    for table in case.tables:
        for name in names:
            p = p_value(name, table)
            if p is not None and (_prints(case.p.number, p) if exact else _near(case.p.number, p)):
                return name, p, table
    return None


def _prints(printed: Reported, p: float) -> bool:
    if printed.relation != "=":
        return printed.admits(p)
    return printed.admits(p, slack=1e-12)


def _near(printed: Reported, p: float) -> bool:
    """Cut off, or one unit in the last of three or more decimals away from the rounded value."""
    ways = roundings(Fraction(p), printed.decimals)
    if printed.relation != "=" or printed.exact is None:
        return False
    off = abs(printed.exact - ways["half up"]).scaleb(printed.decimals)
    return ways["cut off"] == printed.exact or (printed.decimals >= FINE_DECIMALS and off <= 1)


def _told(name: str, p: float, table: Table) -> tuple[str, str]:
    return _p(p), f"{_shown(table)} gives {_p(p)} by {name}"


def _p(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else f"{p:.2g}"


def _shown(table: Table) -> str:
    if all(len(row) == len(("with", "without")) for row in table):
        return " against ".join(f"{row[0]} of {sum(row)}" for row in table)
    return " against ".join(f"{', '.join(map(str, row[:-1]))} and {row[-1]}" for row in table)


def _same(case: _Case, other: _Case) -> Finding:
    """The value further from the named test is the one judged."""
    table = case.tables[0]
    distance = [_distance(one, table) for one in (case, other)]
    judged, beside = (case, other) if distance[0] >= distance[1] else (other, case)
    boxes = [one.p.number.rounding_interval for one in (judged, beside)]
    equal = max(box[0] for box in boxes) < min(box[1] for box in boxes)
    label = quantity_words(judged.study, beside.p.quantity)
    told = f"p {judged.p.value} for {_shown(table)}, p {beside.p.value} for the same of {label}"
    verdict = Verdict.REPRODUCED if equal else Verdict.DISCREPANT
    if not equal and _match(judged, NAMED[judged.method], exact=False):
        verdict, told = Verdict.ROUNDING, f"{told}; one unit in the last printed decimal"
    numbers = replace(judged, counts=(beside.p, *judged.counts))
    return numbers.find(verdict, f"p {beside.p.value}", told)


def _distance(case: _Case, table: Table) -> float:
    values = (p_value(name, table) for name in NAMED[case.method])
    return min((abs(p - case.p.number.value) for p in values if p is not None), default=0.0)
