"""P-values that counts allow, by the test the paper says it used and by those it may have used.

The test that the paper names decides.  Where only another test gives the printed value, the
finding says which, and whether the choice moves the value across 0.05.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, product
from typing import NamedTuple

from livingreview_audit.audited import SHARES, Audited, Count, Numbers, numbers_of
from livingreview_audit.contingency import TESTS, Table, has_variation, p_value
from livingreview_audit.finding import Finding, Verdict, check, first_true, unless
from livingreview_audit.intervals import (
    ALPHA,
    Box,
    counts_that_print,
    on_different_sides,
    roundings,
)
from livingreview_record import Outcome, Printed, Quantity, Reported

FINE_DECIMALS = 3  # from here on, one unit in the last decimal is taken for rounding
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


class _Case(NamedTuple):
    """A printed p-value and the tables of counts it may have come from, the likeliest first."""

    study: Audited
    p: Printed
    tables: tuple[Table, ...] = ()
    counts: Numbers = ()

    @property
    def method(self) -> str:
        return self.p.quantity.method

    @property
    def unit(self) -> tuple[str, str]:
        """What is taken to use one variant of a test: a report, for one stated method."""
        return self.p.locator.report_id, self.method

    def find(self, said: str, verdict: Verdict, recomputed: str) -> Finding:
        about, shown = self.study.quantity_words(self.p.quantity), f"p {self.p.value}"
        numbers = (self.p, *self.counts)
        return Finding.on(numbers, about, said, verdict, recomputed, reported=shown)

    def match(self, names: Iterable[str], *, near: bool = False) -> tuple[str, str, float]:
        """The first test and table that give what prints (or nearly prints) like the p-value.

        Returns the test, what is said of it, and its p-value; empty words where there is none.
        """
        prints = _nearly_prints if near else p_prints
        for table, name in product(self.tables, names):
            p = p_value(name, table)
            if p is not None and prints(self.p.number, p):
                return name, f"{_shown(table)} gives {_text(p)} by {name}", p
        return "", "", 1.0


@check("Every p-value of counted {participants}, recomputed from the counts.")
def p_of_counts(study: Audited) -> Iterator[Finding]:
    """A variant of the named test is taken for the paper's own convention only where no other
    p-value of the report contradicts it.
    """
    cases = list(_cases(study))
    ruled_out: set[tuple[str, str, str]] = set()
    for case in cases:
        if case.match(NAMED[case.method])[0]:
            variants = VARIANTS[case.method]
            ruled_out |= {(*case.unit, name) for name in variants if not case.match((name,))[0]}
    for case in cases:
        left = [name for name in VARIANTS[case.method] if (*case.unit, name) not in ruled_out]
        yield _judge(case, left)


def _judge(case: _Case, variants: list[str]) -> Finding:
    if not case.tables:
        missing = "a count of one of the groups is not printed, and no percentage gives it"
        return case.find(missing, Verdict.NOT_CHECKABLE, "")
    if not any(has_variation(table) for table in case.tables):
        told = f"{_shown(case.tables[0])} has no variation, so that no test is defined"
        verdict = unless(case.p.number.admits(1.0), Verdict.DISCREPANT)
        return case.find(f"{told}; programs print 1", verdict, "1")
    for names, verdict in ((NAMED[case.method], Verdict.REPRODUCED), (variants, Verdict.ROUNDING)):
        by, said, p = case.match(names)
        if by:
            return case.find(said, verdict, _text(p))
    by, said, p = case.match(NAMED[case.method], near=True)
    if by:
        told = f"{said}; one unit in the last printed decimal"
        return case.find(told, Verdict.ROUNDING, _text(p))
    return _judge_other(case)


def _judge_other(case: _Case) -> Finding:
    """A p-value that no test gives which the paper may mean."""
    said = SAID[case.method]
    table = next(table for table in case.tables if has_variation(table))
    own = p_values(table, case.method)
    if not own:
        missing = f"{_shown(table)} has too many possible tables for {said}"
        return case.find(missing, Verdict.NOT_CHECKABLE, "")
    values = ", ".join(f"{_text(p)} by {name}" for name, p in own.items())
    by, _, p = case.match(TESTS)
    held = Box.at(p) if by else Box(*case.p.number.rounding_interval)
    crosses = any(on_different_sides(held, Box.at(value)) for value in own.values())
    prints = f"; {_text(p)} by {by} prints like this"
    verdict, why = first_true(
        (by in USUAL and not crosses, Verdict.ROUNDING, prints),
        (by, Verdict.IMPLAUSIBLE, prints),
        (True, Verdict.DISCREPANT, "; no usual test gives the printed value"),
    )
    sides = "; the two are on different sides" if crosses else "; both are on one side"
    recomputed = " or ".join(dict.fromkeys(map(_text, own.values())))
    told = f"{_shown(table)} gives {values}; the paper names {said}{why}{sides} of {ALPHA}"
    return case.find(told, verdict, recomputed)


def p_values(table: Table, method: str) -> dict[str, float]:
    """The p-value by each test that a report may mean by the method it names."""
    found = {name: p_value(name, table) for name in NAMED[method]}
    return {name: p for name, p in found.items() if p is not None}


@check("P-values of one test on equal counts must be equal, whatever the test.")
def same_counts_same_p(study: Audited) -> Iterator[Finding]:
    """Assumes that a report uses one test for one stated method; one unit in the last of three or
    more decimals is rounding.  The value further from the named test is the one judged.
    """
    first: dict[tuple[str, str, Table], _Case] = {}
    printed = {number.line: number.quantity for number in study.numbers}
    for case in _cases(study):
        if len(case.tables) != 1 or case.p.number.exact is None:
            continue
        (table,) = case.tables
        other = first.setdefault((case.p.quantity.comparison, case.method, table), case)
        if other is case or other.p.quantity == printed[case.p.line]:
            continue
        judged, beside = sorted((case, other), key=_distance, reverse=True)
        boxes = [one.p.number.rounding_interval for one in (judged, beside)]
        equal = max(box[0] for box in boxes) < min(box[1] for box in boxes)
        near = not equal and judged.match(NAMED[judged.method], near=True)[0]
        verdict, why = first_true(
            (equal, Verdict.REPRODUCED, ""),
            (near, Verdict.ROUNDING, "; one unit in the last printed decimal"),
            (True, Verdict.DISCREPANT, ""),
        )
        label, shown = study.quantity_words(beside.p.quantity), f"p {beside.p.value}"
        told = f"p {judged.p.value} for {_shown(table)}, {shown} for the same of {label}{why}"
        used = judged._replace(counts=(beside.p, *judged.counts))
        yield used.find(told, verdict, shown)


def _distance(case: _Case) -> float:
    values = p_values(case.tables[0], case.method).values()
    return min((abs(p - case.p.number.value) for p in values), default=0.0)


def _cases(study: Audited) -> Iterator[_Case]:
    """Each p-value of counted patients, with the tables behind it, where two groups are compared.

    Without tables where a count of one of the groups is not known.
    """
    for p in study.find(statistic="p", adjustment=""):
        quantity, outcome = p.quantity, study.vocabulary(p.quantity.outcome)
        alone = quantity.comparison in study.comparisons or not quantity.subgroup
        groups = study.compared(replace(quantity, statistic="n")) if alone else []
        counted = outcome.kind in SHARES and quantity.method in NAMED
        if not counted or len(groups) != 2:
            continue
        if outcome.levels and outcome.kind == "categorical" and not quantity.category:
            yield _by_levels(study, p, groups, outcome)
        else:
            yield _by_sizes(study, p, groups, outcome)


def _by_levels(study: Audited, p: Printed, groups: list[Quantity], outcome: Outcome) -> _Case:
    cells = {
        level: [_some(study, replace(group, category=level)) for group in groups]
        for level in outcome.levels
    }
    shown = {level: column for level, column in cells.items() if any(column)}
    if len(shown) == 1 and outcome.exhaustive:  # else who is in none of the levels is not known
        one_level = replace(p.quantity, category=next(iter(shown)))
        return _by_sizes(study, replace(p, quantity=one_level), groups, outcome)
    options = [column[row] for row in (0, 1) for column in shown.values()]
    if len(shown) < 2 or not all(options):
        return _Case(study, p)
    used = numbers_of(some[0] for some in options)
    tables = tuple((v[: len(shown)], v[len(shown) :]) for v in _combinations(options))
    return _Case(study, p, tables, used)


def _by_sizes(study: Audited, p: Printed, groups: list[Quantity], outcome: Outcome) -> _Case:
    groups = [replace(group, category=p.quantity.category) for group in groups]
    parts = [_some(study, group) for group in groups]
    wholes = [_wholes(study, group, outcome) for group in groups]
    if not all(parts) or not all(wholes):
        return _Case(study, p)
    tables = [
        ((a, n.value - a), (b, m.value - b))
        for n, m in zip(*wholes, strict=False)
        for a, b in _combinations(parts)
        if a <= n.value and b <= m.value
    ]
    firsts = [(part[0], whole[0]) for part, whole in zip(parts, wholes, strict=True)]
    used = [n for pair in firsts for n in dict.fromkeys(numbers_of(pair))]
    return _Case(study, p, tuple(dict.fromkeys(tables)), tuple(used))


def _wholes(study: Audited, group: Quantity, outcome: Outcome) -> list[Count]:
    """Sizes the group may have been tested with: as declared first, then the others."""
    found = [*study.sizes(group), *study.group_sizes(group)]
    found += study.classified_within(group) if outcome.within else []
    distinct = {size.value: size for size in reversed(found)}  # the later place of two
    return [size for size in reversed(distinct.values()) if size.value > 0]


def _some(study: Audited, quantity: Quantity) -> list[Count]:
    """The printed count, or every count that the printed percentage may stand for.

    Nothing where it stands for none: a count near it would be ours, and not the report's.
    """
    printed = study.counts(quantity)
    percent = None if printed else study.mention(replace(quantity, statistic="percent"))
    whole = None if percent is None else next(iter(study.sizes(quantity)), None)
    if percent is None or whole is None or percent.number.exact is None:
        return printed[:1]
    fits = counts_that_print(percent.number, whole.value)
    return [Count(n, (percent,), str(n)) for n in fits]


def _combinations(options: list[list[Count]]) -> list[tuple[int, ...]]:
    chosen = product(*([one.value for one in some] for some in options))
    return list(islice(chosen, MOST_CANDIDATES))


def p_prints(printed: Reported, p: float) -> bool:
    """Whether a p-value prints like this."""
    return printed.admits(p, slack=1e-12) if printed.relation == "=" else printed.admits(p)


def _nearly_prints(printed: Reported, p: float) -> bool:
    """Cut off, or one unit in the last of three or more decimals away from the rounded value."""
    ways = roundings(Fraction(p), printed.decimals)
    if printed.relation != "=" or printed.exact is None:
        return False
    off = abs(printed.exact - ways["half up"]).scaleb(printed.decimals)
    return ways["cut off"] == printed.exact or (printed.decimals >= FINE_DECIMALS and off <= 1)


def _text(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else f"{p:.2g}"


def _shown(table: Table) -> str:
    if len(table[0]) == len(("with", "without")):
        return " against ".join(f"{row[0]} of {sum(row)}" for row in table)
    return " against ".join(f"{', '.join(map(str, row[:-1]))} and {row[-1]}" for row in table)
