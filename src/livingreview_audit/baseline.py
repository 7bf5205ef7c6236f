"""Baseline tables as a whole: are arms as different, and as alike, as their allocation makes them.

Carlisle 2017, *Anaesthesia* 72:944, takes all characteristics of randomised arms together; Bolland
et al. 2021, *Journal of Clinical Epidemiology* 136:180, count those that are printed alike.  Where
patients were not allocated at random nothing is expected of either, and the checks say so.  A
study says how in its design: `randomisation: simple`, or `stratified` where the allocation
itself makes arms alike.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.special import chdtr, chdtrc
from scipy.stats import hypergeom

from livingreview_audit.audited import Audited, Count, Numbers, every, numbers_of
from livingreview_audit.contingency import chi_squared, compact
from livingreview_audit.design import AFTER_START, MATCHED, characteristic
from livingreview_audit.finding import Finding, Verdict, check, first_true
from livingreview_record import Outcome, Quantity

# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
TOO_DIFFERENT, TOO_ALIKE, IDENTICAL = 1e-7, 1e-5, 1e-4
FEWEST_VARIABLES, FEWEST_PATIENTS = 5, 20
SIMPLE = "simple"


class _Variable(NamedTuple):
    """One characteristic in two arms: its chi-squared, and the chance of equal counts."""

    squares: float
    freedom: int
    equal: bool
    chance: float
    numbers: Numbers


class _Table(NamedTuple):
    """The baseline table of two arms in one population."""

    study: Audited
    wanted: Quantity
    variables: tuple[_Variable, ...]
    allocation: str

    @property
    def counted(self) -> str:
        return f"{len(self.variables)} characteristics"

    @property
    def refused(self) -> str:
        """Why nothing is expected of this table; empty where something is."""
        if not self.allocation:
            return "no allocation at random is recorded, so no distribution is expected"
        few = len(self.variables) < FEWEST_VARIABLES
        return f"{self.counted}, fewer than {FEWEST_VARIABLES}" if few else ""

    def find(self, said: str, verdict: Verdict, recomputed: str, reported: str) -> Finding:
        of = self.study.comparisons[self.wanted.comparison].label
        about = f"Baseline, {of} ({self.study.group_words(self.wanted)})"
        numbers = tuple(n for variable in self.variables for n in variable.numbers)
        return Finding.on(numbers, about, said, verdict, recomputed, reported=reported)


@check(
    "All baseline characteristics of two arms together, against what allocation at random gives."
)
def baseline_differences(study: Audited) -> Iterator[Finding]:
    """The sum of their chi-squared, with its degrees of freedom.  Randomised arms can be too alike
    and too different; stratified and matched ones only too different.  Not checkable where
    patients were not allocated at random, or for fewer than five characteristics.
    """
    for table in _tables(study):
        if table.refused:
            yield table.find(table.refused, Verdict.NOT_CHECKABLE, "", table.counted)
            continue
        squares = sum(variable.squares for variable in table.variables)
        freedom = sum(variable.freedom for variable in table.variables)
        shown = f"{squares:.1f} on {freedom} degrees of freedom"
        more = (
            ", more than allocation at random gives; plausible only where it was not concealed or "
            "kept, or where the characteristics largely overlap"
        )
        less = (
            ", less than allocation at random gives; plausible only where it was stratified or "
            "minimised by these characteristics, or where they largely overlap"
        )
        alike = table.allocation == SIMPLE and chdtr(freedom, squares) < TOO_ALIKE
        verdict, why = first_true(
            (chdtrc(freedom, squares) < TOO_DIFFERENT, Verdict.IMPLAUSIBLE, more),
            (alike, Verdict.IMPLAUSIBLE, less),
        )
        said = f"{table.counted} together differ by chi-squared {shown}{why}"
        yield table.find(said, verdict, f"about {freedom}", shown)


@check("How many baseline characteristics are counted alike in two randomised arms of equal size.")
def baseline_identical(study: Audited) -> Iterator[Finding]:
    """By the hypergeometric distribution of each.  Not checkable where patients were not allocated
    simply at random, where the arms differ in size, or for fewer than five characteristics.
    """
    for table in _tables(study):
        sizes = [study.group_size(arm) for arm in study.compared(table.wanted)]
        refused = table.refused
        if not refused and table.allocation != SIMPLE:
            refused = f"the arms are {table.allocation}, which makes them alike"
        if not refused and len({size.value for size in sizes if size}) != 1:
            refused = "the arms differ in size"
        if refused:
            yield table.find(refused, Verdict.NOT_CHECKABLE, "", table.counted)
            continue
        chances = [variable.chance for variable in table.variables]
        equal = sum(variable.equal for variable in table.variables)
        expected = f"{sum(chances):.1f}"
        more = (
            "; plausible only where allocation was stratified or minimised by them, or where they "
            "largely overlap"
        )
        unlikely = at_least(equal, chances) < IDENTICAL
        verdict, why = first_true((unlikely, Verdict.IMPLAUSIBLE, more))
        said = f"{equal} of {table.counted} are counted alike; {expected} expected{why}"
        yield table.find(said, verdict, expected, str(equal))


def at_least(number: int, chances: list[float]) -> float:
    """Chance that at least so many of independent events happen."""
    distribution = np.array([1.0])
    for chance in chances:
        distribution = np.convolve(distribution, [1 - chance, chance])
    return float(distribution[number:].sum())


def _tables(study: Audited) -> Iterator[_Table]:
    matched = {s.population or MATCHED for s in study.stated("matching")}
    for comparison in study.comparisons.values():
        for population in study.populations:
            wanted = Quantity(population=population, comparison=comparison.id)
            found = [_variable(study, wanted, one) for one in study.variables.values()]
            variables = tuple(one for one in found if one is not None)
            allocation = str(study.design.get("randomisation", ""))
            allocation = MATCHED if population in matched else allocation
            if variables:
                yield _Table(study, wanted, variables, allocation)


def _variable(study: Audited, wanted: Quantity, variable: Outcome) -> _Variable | None:
    """Return the characteristic in both arms; None where it is not of the start, or not printed."""
    if variable.measured == AFTER_START or variable.only_arm or variable.within:
        return None
    arms = study.compared(replace(wanted, outcome=variable.id))
    counts, printed = characteristic(study, arms, variable)
    sizes = every(study.group_size(arm) for arm in arms)
    if counts:
        return _counts(counts)
    if not printed or not sizes or min(size.value for size in sizes) < FEWEST_PATIENTS:
        return None
    means, spreads = ([n.number.value for n in pair] for pair in (printed[:2], printed[2:]))
    variance = sum(s**2 / size.value for s, size in zip(spreads, sizes, strict=True))
    apart = abs(means[0] - means[1]) / math.sqrt(variance) if variance > 0 else 0.0
    decimals = max(n.number.decimals for n in printed[:2])
    unit = 10.0**-decimals / math.sqrt(variance) if variance > 0 else 1.0
    chance = min(1.0, unit / math.sqrt(2 * math.pi))
    return _Variable(apart**2, 1, means[0] == means[1], chance, printed)


def _counts(counts: list[tuple[Count, ...]]) -> _Variable | None:
    first, second = (tuple(level.value for level in levels) for levels in counts)
    kept = compact((first, second))
    size, other = map(sum, kept)
    if min(size, other) < FEWEST_PATIENTS or len(kept[0]) < 2:
        return None
    everyone, with_first_level = size + other, kept[0][0] + kept[1][0]
    squares = chi_squared(kept) * (1 - 1 / everyone)
    half, odd = divmod(with_first_level, 2)
    chance = 0.0 if odd else float(hypergeom.pmf(half, everyone, with_first_level, size))
    numbers = numbers_of(level for levels in counts for level in levels)
    return _Variable(squares, len(kept[0]) - 1, first == second, chance, numbers)
