"""Printed numbers that no group of patients can satisfy together.

Counts of patients are unknowns; printed numbers and the rules of the vocabulary are linear bounds
on them.  Where the bounds contradict each other, an elastic linear programme finds numbers that
take part, QuickXplain (Junker 2004, *AAAI* 19:167) leaves out what is not needed, and multipliers
(Farkas 1902) prove in exact fractions that the rest cannot hold.  Each conflict is irreducible:
without any one of its numbers the others can hold; it need not be the smallest one.

Percentages may be off by one unit of their last digit, so that no way of rounding makes a conflict.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any
from typing import Literal as Choice

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from livingreview_cohort.cells import Cells, cells_of
from livingreview_cohort.margins import PARTICIPANTS, Kind, Margin, Rule, counted
from livingreview_record import Study

Bound = Margin | Rule
Row = tuple[Mapping[int, Fraction], Fraction]  # sum of coefficient times cell <= bound
TINY = 1e-7
SECONDS = 10.0
Decision = Choice["possible", "impossible", "not decided"]


@dataclass(frozen=True)
class Conflict:
    """Printed numbers, and rules of the vocabulary, that cannot all hold for one set of patients.

    `multipliers` prove it: the bounds, each multiplied by its own and added up, say that 0 is at
    most `sum_of_bounds`, which is negative.  They are empty where only whole numbers of patients
    make the contradiction.
    """

    margins: tuple[Margin, ...]
    rules: tuple[Rule, ...]
    multipliers: tuple[Fraction, ...] = ()
    sum_of_bounds: Fraction = Fraction(0)


@dataclass(frozen=True)
class Possible:
    """Whether patients can exist whom all the printed counts describe.

    `left_out` has, for each conflict, the bound that was set aside to find the next; without these
    the others can hold together (`decision` says whether in whole patients).
    """

    conflicts: tuple[Conflict, ...]
    left_out: tuple[Bound, ...]
    decision: Decision


@dataclass(frozen=True)
class System:
    """The bounds of a study as inequalities on its cells."""

    cells: Cells

    @cached_property
    def bounds(self) -> tuple[Bound, ...]:
        """Every margin and rule, those that are set aside last first."""
        found = self.cells.counted
        return tuple(sorted((*found.margins, *found.rules), key=_trust, reverse=True))

    @cached_property
    def rows(self) -> Mapping[Bound, tuple[Row, ...]]:
        """The inequalities of each bound."""
        return {bound: tuple(self._rows_of(bound)) for bound in self.bounds}

    def _rows_of(self, bound: Bound) -> list[Row]:
        if isinstance(bound, Rule):
            return [(self._sum(bound.forbidden, Fraction(1)), Fraction(0))]
        own = self._sum(bound.kind, Fraction(1))
        if bound.whole is None:
            down = {cell: -value for cell, value in own.items()}
            return [(own, bound.upper), (down, -bound.lower)]
        least = _plus(own, self._sum(bound.whole, -bound.lower), Fraction(-1))
        most = _plus(own, self._sum(bound.whole, -bound.upper), Fraction(1))
        return [(most, Fraction(0)), (least, Fraction(0))]

    def _sum(self, kind: Kind, value: Fraction) -> dict[int, Fraction]:
        places, _ = self.cells.row_of(kind)
        return dict.fromkeys(places.tolist(), value)

    @cached_property
    def agreement(self) -> sparse.csr_array:
        """The rows that say that tables agree where they overlap; each equals 0."""
        rows, columns, values = [], [], []
        for row, (own, theirs) in enumerate(self.cells.agreements):
            columns += [*own.tolist(), *theirs.tolist()]
            values += [1.0] * own.size + [-1.0] * theirs.size
            rows += [row] * (own.size + theirs.size)
        shape = (len(self.cells.agreements), self.cells.size)
        return sparse.csr_array((values, (rows, columns)), shape=shape)

    def matrix(self, bounds: Sequence[Bound]) -> tuple[sparse.csr_array, NDArray[np.float64]]:
        """Coefficients and right sides of the inequalities of some bounds."""
        found = [row for bound in bounds for row in self.rows[bound]]
        places = [
            (i, cell, float(v)) for i, (row, _) in enumerate(found) for cell, v in row.items()
        ]
        rows, columns, values = zip(*places, strict=True) if places else ((), (), ())
        shape = (len(found), self.cells.size)
        matrix = sparse.csr_array((values, (rows, columns)), shape=shape)
        return matrix, np.array([float(bound) for _, bound in found])

    def can_hold(self, bounds: Sequence[Bound]) -> bool:
        """Whether the bounds can hold together, in parts of patients."""
        return not self.taking_part(bounds)

    def in_whole_patients(self, bounds: Sequence[Bound], seconds: float = SECONDS) -> Decision:
        """Whether the bounds can hold together in whole patients, if that is found in time."""
        if not bounds:
            return "possible"
        matrix, right = self.matrix(bounds)
        found = optimize.milp(
            np.zeros(self.cells.size),
            integrality=np.ones(self.cells.size, dtype=np.int_),
            constraints=[
                optimize.LinearConstraint(matrix, ub=right + TINY),
                optimize.LinearConstraint(self.agreement, 0, 0),
            ],
            options={"time_limit": seconds},
        )
        decisions: dict[int, Decision] = {0: "possible", 2: "impossible"}
        return decisions.get(found.status, "not decided")

    def taking_part(self, bounds: Sequence[Bound]) -> list[Bound]:
        """Bounds that contradict each other; none where all can hold, in parts of patients."""
        if not bounds:
            return []
        matrix, right = self.matrix(bounds)
        slack = -sparse.eye_array(right.size)
        cost = np.concatenate([np.zeros(self.cells.size), np.ones(right.size)])
        own = self.agreement
        equal = sparse.hstack([own, sparse.csr_array((own.shape[0], right.size))])
        found = _least(cost, sparse.hstack([matrix, slack]), right, equal)
        if found.fun < TINY:
            return []
        used = np.abs(found.ineqlin.marginals) > TINY
        owner = [bound for bound in bounds for _ in self.rows[bound]]
        return list(dict.fromkeys(b for b, is_used in zip(owner, used, strict=True) if is_used))


def _least(
    cost: Any, upper: Any, right: Any, equal: Any = None
) -> Any:  # scipy has no types for it
    """The linear programme that costs least, over numbers from 0 on."""
    zeros = None if equal is None else np.zeros(equal.shape[0])
    return optimize.linprog(cost, upper, right, equal, zeros, method="highs")


def _plus(
    one: Mapping[int, Fraction], other: Mapping[int, Fraction], sign: Fraction
) -> dict[int, Fraction]:
    total = {cell: sign * value for cell, value in one.items()}
    for cell, value in other.items():
        total[cell] = total.get(cell, Fraction(0)) + sign * value
    return total


def _is_size(bound: Bound) -> bool:
    """Whether it is the size of a group, which readers see at once."""
    return isinstance(bound, Margin) and bound.printed.quantity.outcome == PARTICIPANTS


def _trust(bound: Bound) -> int:
    """How late a bound is set aside: words about words first, sizes of groups last."""
    if isinstance(bound, Rule):
        return 0 if bound.declared else 3
    quantity, in_table = bound.printed.quantity, bool(bound.printed.locator.table)
    if quantity.outcome == PARTICIPANTS:
        return 6
    if quantity.statistic == "percent":
        return 2 if in_table else 1
    return 5 if in_table else 4


def conflicts(study: Study) -> tuple[Conflict, ...]:
    """Every conflict that is found by setting aside one bound of each in turn."""
    return examine(System(cells_of(counted(study, slack=1)))).conflicts


def examine(system: System, seconds: float = SECONDS) -> Possible:
    """Find conflicts until the bounds that are left can hold, in whole patients where decided."""
    active, found, aside = list(system.bounds), list[Conflict](), list[Bound]()

    def set_aside(least: list[Bound]) -> None:
        found.append(_conflict(system, least))
        aside.append(least[-1])  # the order of trust is kept, so that this is the weakest
        active.remove(least[-1])

    while part := set(system.taking_part(active)):
        near = [bound for bound in active if bound in part or _is_size(bound)]
        set_aside(irreducible(system.can_hold, near))
    while (decision := system.in_whole_patients(active, seconds)) == "impossible":
        set_aside(irreducible(lambda some: system.in_whole_patients(some) != "impossible", active))
    return Possible(tuple(found), tuple(aside), decision)


def irreducible(
    can_hold: Callable[[Sequence[Bound]], bool], bounds: Sequence[Bound]
) -> list[Bound]:
    """Return bounds that cannot hold together, of which none can be left out (QuickXplain)."""

    def explain(given: list[Bound], added: bool, left: list[Bound]) -> list[Bound]:
        if added and not can_hold(given):
            return []
        if len(left) == 1:
            return left
        half = len(left) // 2
        second = explain([*given, *left[:half]], True, left[half:])
        first = explain([*given, *second], bool(second), left[:half])
        return [*first, *second]

    chosen = explain([], False, list(bounds))
    return [bound for bound in bounds if bound in chosen]


def _conflict(system: System, least: Sequence[Bound]) -> Conflict:
    margins = tuple(bound for bound in least if isinstance(bound, Margin))
    rules = tuple(bound for bound in least if isinstance(bound, Rule))
    proof = certificate(system, least)
    return Conflict(margins, rules, *proof) if proof else Conflict(margins, rules)


def certificate(
    system: System, bounds: Sequence[Bound]
) -> tuple[tuple[Fraction, ...], Fraction] | None:
    """Multipliers of the inequalities that prove the contradiction, checked in exact fractions.

    Added up with them, the bounds say that a sum of counts, none of them with a negative
    coefficient, is less than 0.
    """
    matrix, right = system.matrix(bounds)
    equal = system.agreement
    whole = sparse.hstack([matrix.T, equal.T, -equal.T]).tocsr()
    bound = sparse.csr_array(np.concatenate([right, np.zeros(2 * equal.shape[0])])[None])
    limits = np.concatenate([np.zeros(whole.shape[0]), [-1.0]])
    found = _least(np.ones(whole.shape[1]), sparse.vstack([-whole, bound]), limits)
    if found.status != 0:
        return None
    scale = min(value for value in found.x if value > TINY)
    exact = [Fraction(float(value / scale)).limit_denominator(1000) for value in found.x]
    return _checked(system, bounds, exact, right.size)


def _checked(
    system: System, bounds: Sequence[Bound], exact: Sequence[Fraction], n: int
) -> tuple[tuple[Fraction, ...], Fraction] | None:
    """The multipliers and the sum of the bounds, where exact arithmetic says that they prove it."""
    rows = [row for bound in bounds for row in system.rows[bound]]
    total: dict[int, Fraction] = {}
    for (row, _), factor in zip(rows, exact[:n], strict=True):
        for cell, value in row.items():
            total[cell] = total.get(cell, Fraction(0)) + factor * value
    pairs = system.cells.agreements
    for (own, theirs), up, down in zip(
        pairs, exact[n : n + len(pairs)], exact[n + len(pairs) :], strict=True
    ):
        for cells, sign in ((own, up - down), (theirs, down - up)):
            for cell in cells.tolist() if sign else ():
                total[cell] = total.get(cell, Fraction(0)) + sign
    summed = sum((f * bound for (_, bound), f in zip(rows, exact[:n], strict=True)), Fraction(0))
    proved = summed < 0 and all(value >= 0 for value in total.values())
    return (tuple(exact[:n]), summed) if proved else None
