"""Whole numbers of patients in each cell: every printed count met, nothing else assumed.

Expected counts are fitted by iterative proportional fitting (Deming & Stephan 1940, *Annals of
Mathematical Statistics* 11:427), which among all tables with the printed margins gives the one of
greatest entropy, so that no link is made up that the paper does not print.  An integer programme
then rounds them so that each printed count is met (controlled rounding; Cox 1987, *JASA* 82:520).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from livingreview_cohort.cells import Cells, Table, cells_of
from livingreview_cohort.conflict import Bound, Possible, System, examine
from livingreview_cohort.margins import UNKNOWN, Counted, Margin, Rule, counted
from livingreview_record import Printed, Study

Floats = NDArray[np.float64]
SWEEPS, CLOSE = 200, 1e-9
FEW = 1e-3  # how often a value is not known, against each level, where that is free


@dataclass(frozen=True)
class FittedCounts:
    """Patients in each cell; `left_out` are bounds not met, as others contradict them."""

    cells: Cells
    count: NDArray[np.int_]
    left_out: tuple[Bound, ...]

    def table(self, name: str) -> tuple[Table, NDArray[np.int_]]:
        """The table of a factor by those before it, with its counts in its shape."""
        table = next(one for one in self.cells.tables if one.names[-1] == name)
        return table, self.count[table.start : table.start + table.size].reshape(table.shape)


def fit_counts(study: Study) -> FittedCounts:
    """Fit and round the counts of a study.

    Raises `ValueError` where no whole numbers of patients meet the printed counts, or none were
    found in time.
    """
    strict, wide = (without_repeats(counted(study, slack=slack)) for slack in (0, 1))
    system = System(cells_of(strict))
    possible = examine(system)
    aside = {bound.printed for bound in possible.left_out if isinstance(bound, Margin)}
    if aside:  # a percentage that is rounded in an unusual way is better than none
        wider = {margin.printed: margin for margin in wide.margins if margin.printed in aside}
        margins = tuple(wider.get(margin.printed, margin) for margin in strict.margins)
        system = System(cells_of(replace(strict, margins=margins)))
        possible = examine(system)
    if possible.decision != "possible":
        msg = f"{study.id}: need printed counts that whole patients can meet, found none in time"
        raise ValueError(msg)
    return _rounded(system, possible)


def without_repeats(found: Counted) -> Counted:
    """The same without percentages whose count is printed as well."""
    have = {margin.kind for margin in found.margins if margin.whole is None}
    margins = tuple(m for m in found.margins if m.whole is None or m.kind not in have)
    return replace(found, margins=margins)


def _rounded(system: System, possible: Possible) -> FittedCounts:
    cells = system.cells
    bounds = [bound for bound in system.bounds if bound not in possible.left_out]
    expected = np.round(_expected(cells, bounds), 6)
    n = cells.size
    matrix, right = system.matrix(bounds)
    near = sparse.hstack([sparse.eye_array(n), -sparse.eye_array(n)])
    far = sparse.hstack([-sparse.eye_array(n), -sparse.eye_array(n)])
    wide = sparse.hstack([matrix, sparse.csr_array((right.size, n))])
    agree = sparse.hstack([system.agreement, sparse.csr_array((system.agreement.shape[0], n))])
    tie_break = 1 + np.arange(n) / (8 * n)
    found = optimize.milp(
        np.concatenate([np.zeros(n), tie_break]),
        integrality=np.concatenate([np.ones(n), np.zeros(n)]),
        constraints=[
            optimize.LinearConstraint(near, ub=expected),
            optimize.LinearConstraint(far, ub=-expected),
            optimize.LinearConstraint(wide, ub=right + 1e-7),
            optimize.LinearConstraint(agree, 0, 0),
        ],
        options={"time_limit": 20.0},
    )
    if found.x is None:
        msg = "need whole numbers of patients near the expected ones; none were found in time"
        raise ValueError(msg)
    count = np.round(found.x[:n]).astype(np.int_)
    return FittedCounts(cells, count, possible.left_out)


def _expected(cells: Cells, bounds: Sequence[Bound]) -> Floats:
    """Expected counts, table by table; each keeps what the tables before it have fixed."""
    expected = np.zeros(cells.size)
    margins = [bound for bound in bounds if isinstance(bound, Margin)]
    rules = [bound for bound in bounds if isinstance(bound, Rule)]
    for table in cells.tables:
        own = [m for m in margins if cells.table_of(m.kind) is table]
        seed = _seed(table, own, [r for r in rules if _touches(table, r)])
        totals = _totals(cells, table, expected) if table.parent >= 0 else None
        limits = [(table.cells_of(m.kind), *_limits(cells, m, expected)) for m in own]
        expected[table.start : table.start + table.size] = _fit(seed, totals, limits)
    return expected


def _touches(table: Table, rule: Rule) -> bool:
    return {literal.factor for literal in rule.forbidden} <= set(table.names)


def _seed(table: Table, margins: Sequence[Margin], rules: Sequence[Rule]) -> Floats:
    """Equal weights for all values that are not forbidden; not known where nothing is printed."""
    seed = np.ones(table.shape)
    if UNKNOWN in table.values[-1]:
        place = table.values[-1].index(UNKNOWN)
        printed = np.zeros(table.shape, bool)
        for margin in margins:
            around = tuple(one for one in margin.kind if one.factor != table.names[-1])
            printed |= table.cells_of(around).reshape(table.shape)
        made_up = not margins and bool(rules)
        seed[..., place] = np.where(printed.any(axis=-1) | made_up, FEW, 1.0)
        levels = np.arange(table.shape[-1]) != place
        seed[..., levels] *= np.where(printed.any(axis=-1) | made_up, 1.0, CLOSE)[..., None]
    flat = seed.ravel()
    for rule in rules:
        flat[table.cells_of(rule.forbidden)] *= CLOSE
    return flat


def _totals(cells: Cells, table: Table, expected: Floats) -> Floats:
    """What the tables before have fixed: patients with each combination of the other factors."""
    parent = cells.tables[table.parent]
    block = expected[parent.start : parent.start + parent.size].reshape(parent.shape)
    dropped = tuple(i for i, name in enumerate(parent.names) if name not in table.names[:-1])
    kept = [name for name in parent.names if name in table.names[:-1]]
    summed = block.sum(axis=dropped)
    return np.transpose(summed, [kept.index(name) for name in table.names[:-1]]).ravel()


def _limits(cells: Cells, margin: Margin, expected: Floats) -> tuple[float, float]:
    """Least and greatest count; of a percentage, by the expected size of what it is of."""
    if margin.whole is None:
        return float(margin.lower), float(margin.upper)
    places, _ = cells.row_of(margin.whole)
    size = float(expected[places].sum())
    return float(margin.lower) * size, float(margin.upper) * size


def _fit(
    seed: Floats, totals: Floats | None, limits: Sequence[tuple[NDArray[np.bool_], float, float]]
) -> Floats:
    """Scale to each limit in turn until nothing changes."""
    found = seed.copy()
    for _ in range(SWEEPS):
        before = found.copy()
        if totals is not None:
            rows = found.reshape(totals.size, -1)
            summed = rows.sum(axis=1)
            factor = np.divide(totals, summed, out=np.zeros_like(totals), where=summed > 0)
            found = (rows * factor[:, None]).ravel()
        for chosen, lower, upper in limits:
            now = float(found[chosen].sum())
            wanted = min(max(now, lower), upper)
            if now > 0:
                found[chosen] *= wanted / now
        if np.abs(found - before).max() < 1e-7:
            break
    return found


def missed(fitted: FittedCounts) -> Mapping[Printed, int]:
    """Printed counts that the cells do not meet, with the count that they have."""
    found = {}
    for margin in fitted.cells.counted.margins:
        places, _ = fitted.cells.row_of(margin.kind)
        count = int(fitted.count[places].sum())
        if margin.whole is None and count != margin.lower:
            found[margin.printed] = count
    return found
