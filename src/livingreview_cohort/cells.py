"""Kinds of patients as cells of small tables that agree where they overlap.

The full table of all factors would have billions of cells.  Printed numbers and rules link few
factors at a time, so it is enough to count patients in one table for each factor, crossed with the
arm, the populations and the factors that it is linked to.  Tables that agree on what they share
come from one full table (Lauritzen & Spiegelhalter 1988, *Journal of the Royal Statistical Society
B* 50:157); whole numbers included, because a full table is made by filling one factor at a time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.margins import Counted, Kind

MOST_CELLS = 50_000
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """A table of one factor by those before it; the factor is the last of `names`."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    start: int  # place of its first cell among all cells
    parent: int  # the table that has all factors but the last; -1 where there is none

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each factor has."""
        return tuple(map(len, self.values))

    @property
    def size(self) -> int:
        """How many cells it has."""
        return prod(self.shape)

    def cells_of(self, kind: Kind) -> Flags:
        """Which cells hold patients of the kind; a factor that is not of the table is left open."""
        chosen = np.ones(self.shape, bool)
        for literal in kind:
            if literal.factor in self.names:
                axis = self.names.index(literal.factor)
                has = np.array([value in literal.values for value in self.values[axis]])
                chosen &= has.reshape([-1 if i == axis else 1 for i in range(len(self.names))])
        return chosen.ravel()


@dataclass(frozen=True)
class Cells:
    """All tables of a study, in an order in which each follows its parent."""

    counted: Counted
    tables: tuple[Table, ...]

    @property
    def size(self) -> int:
        """How many cells there are in all tables."""
        return sum(table.size for table in self.tables)

    def table_of(self, kind: Kind) -> Table:
        """The first table that has every factor of the kind."""
        needed = {literal.factor for literal in kind}
        return next(table for table in self.tables if needed <= set(table.names))

    def row_of(self, kind: Kind) -> tuple[NDArray[np.int_], Table]:
        """The places of the cells that hold patients of the kind, and their table."""
        table = self.table_of(kind)
        return table.start + np.flatnonzero(table.cells_of(kind)), table

    @cached_property
    def agreements(self) -> list[tuple[NDArray[np.int_], NDArray[np.int_]]]:
        """Cells of a table, and cells of its parent, that hold the same patients."""
        found = []
        for table in self.tables[1:]:
            parent = self.tables[table.parent]
            shared = table.names[:-1]
            own = _group_codes(table, shared)
            theirs = _group_codes(parent, shared)
            found += [
                (table.start + np.flatnonzero(own == g), parent.start + np.flatnonzero(theirs == g))
                for g in range(int(own.max()) + 1)
            ]
        return found


def _group_codes(table: Table, shared: tuple[str, ...]) -> NDArray[np.int_]:
    """For each cell, which combination of the shared factors it has."""
    code = np.zeros(table.shape, dtype=np.int_)
    for name in shared:
        axis = table.names.index(name)
        length = table.shape[axis]
        own = np.arange(length).reshape([-1 if i == axis else 1 for i in range(len(table.names))])
        code = code * length + own
    return code.ravel()


def cells_of(counted: Counted) -> Cells:
    """The tables of a study.

    Raises `ValueError` where printed numbers cross so many factors that a table is too large.
    """
    near = _neighbours(counted)
    order = list(counted.strata) + _order(counted, near)
    tables, start = list[Table](), 0
    for place, name in enumerate(order):
        before = [*order[:place]]
        first = before if name in counted.strata else _before(counted, near, name, before)
        names = (*first, name)
        values = tuple(counted.factors[one].values for one in names)
        parent = next((i for i, t in enumerate(tables) if set(first) <= set(t.names)), -1)
        table = Table(names, values, start, parent)
        if table.size > MOST_CELLS:
            msg = f"need fewer printed numbers that cross {', '.join(names)}: {table.size} cells"
            raise ValueError(msg)
        tables.append(table)
        start += table.size
    return Cells(counted, tuple(tables))


def _neighbours(counted: Counted) -> dict[str, set[str]]:
    """The factors, strata left out, that a printed number or rule names together."""
    near: dict[str, set[str]] = {n: set() for n in counted.factors if n not in counted.strata}
    kinds: Iterable[Kind] = (
        *(margin.kind for margin in counted.margins),
        *(margin.whole for margin in counted.margins if margin.whole),
        *(rule.forbidden for rule in counted.rules),
    )
    for kind in kinds:
        names = [literal.factor for literal in kind if literal.factor in near]
        for name in names:
            near[name] |= set(names) - {name}
    return near


def _order(counted: Counted, near: Mapping[str, set[str]]) -> list[str]:
    """An order in which few factors stand before each: the least linked is taken out first.

    `near` is completed by the links that taking a factor out makes.
    """
    left = {name: set(others) for name, others in near.items()}
    taken: list[str] = []
    while left:
        name = min(reversed(left), key=lambda one: len(left[one]))
        others = left.pop(name)
        for other in others:
            left[other] |= others - {other}
            left[other].discard(name)
            near[other].update(others - {other})
        taken.append(name)
    return taken[::-1]


def _before(
    counted: Counted, near: Mapping[str, set[str]], name: str, before: list[str]
) -> list[str]:
    return [one for one in before if one in counted.strata or one in near[name]]
