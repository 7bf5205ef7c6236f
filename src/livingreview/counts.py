"""From counts of events, or means, to estimates and sampling variances, study by study.

One small formula per measure; everything around it (checks, zero cells) is shared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingreview.arguments import LARGEST, MOST, is_number, numbers, refuse
from livingreview.measures import double_arcsine, measure

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")
TWO_ARM_COUNTS = ("events_experimental", "n_experimental", "events_control", "n_control")
TWO_ARM_TIMES = ("events_experimental", "time_experimental", "events_control", "time_control")
ONE_ARM_COUNTS = ("events", "n")
ONE_ARM_TIMES = ("events", "time")
TWO_ARM_MEANS = (
    *("mean_experimental", "sd_experimental", "n_experimental"),
    *("mean_control", "sd_control", "n_control"),
)


def _log_or(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    return np.log(a / b) - np.log(c / d), 1 / a + 1 / b + 1 / c + 1 / d


def _log_rr(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def _rd(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _peto(a: Floats, b: Floats, c: Floats, d: Floats) -> Pair:
    n1, n2, n = a + b, c + d, a + b + c + d
    information = (a + c) * (b + d) * (n1 / n) * (n2 / n) / (n - 1)
    return (a - (a + c) * n1 / n) / information, 1 / information


def _proportion(x: Floats, m: Floats) -> Pair:
    n = x + m
    return x / n, x * m / n**3


def _log_proportion(x: Floats, m: Floats) -> Pair:
    return np.log(x / (x + m)), 1 / x - 1 / (x + m)


def _logit_proportion(x: Floats, m: Floats) -> Pair:
    return np.log(x / m), 1 / x + 1 / m


def _arcsine_proportion(x: Floats, m: Floats) -> Pair:
    return np.arcsin(np.sqrt(x / (x + m))), 1 / (4 * (x + m))


def _double_arcsine_proportion(x: Floats, m: Floats) -> Pair:
    return double_arcsine(x, x + m), 1 / (4 * (x + m) + 2)


def _rate(x: Floats, t: Floats) -> Pair:
    return x / t, x / t**2


def _log_rate(x: Floats, t: Floats) -> Pair:
    return np.log(x / t), 1 / x


def _sqrt_rate(x: Floats, t: Floats) -> Pair:
    return np.sqrt(x / t), 1 / (4 * t)


def _log_rate_ratio(x1: Floats, t1: Floats, x2: Floats, t2: Floats) -> Pair:
    return np.log(x1 / t1) - np.log(x2 / t2), 1 / x1 + 1 / x2


def _md(m1: Floats, s1: Floats, n1: Floats, m2: Floats, s2: Floats, n2: Floats) -> Pair:
    return m1 - m2, s1**2 / n1 + s2**2 / n2


@dataclass(frozen=True, slots=True)
class _Recipe:
    """The arguments a measure needs, its formula, and what zero cells get by default."""

    needs: tuple[str, ...]
    formula: Callable[..., Pair]
    add: float = 0.5


RECIPES: Mapping[str, _Recipe] = {
    "log_or": _Recipe(TWO_ARM_COUNTS, _log_or),
    "log_rr": _Recipe(TWO_ARM_COUNTS, _log_rr),
    "rd": _Recipe(TWO_ARM_COUNTS, _rd),
    "peto": _Recipe(TWO_ARM_COUNTS, _peto),
    "log_rate_ratio": _Recipe(TWO_ARM_TIMES, _log_rate_ratio),
    "md": _Recipe(TWO_ARM_MEANS, _md, add=0.0),
    "proportion": _Recipe(ONE_ARM_COUNTS, _proportion),
    "log_proportion": _Recipe(ONE_ARM_COUNTS, _log_proportion),
    "logit_proportion": _Recipe(ONE_ARM_COUNTS, _logit_proportion),
    "arcsine_proportion": _Recipe(ONE_ARM_COUNTS, _arcsine_proportion, add=0.0),
    "double_arcsine_proportion": _Recipe(ONE_ARM_COUNTS, _double_arcsine_proportion, add=0.0),
    "rate": _Recipe(ONE_ARM_TIMES, _rate),
    "log_rate": _Recipe(ONE_ARM_TIMES, _log_rate),
    "sqrt_rate": _Recipe(ONE_ARM_TIMES, _sqrt_rate, add=0.0),
}


def effect_sizes(
    key: str,
    *,
    add: float | None = None,
    to: str = "only0",
    drop00: bool = False,
    **counts: ArrayLike,
) -> Pair:
    """Estimates `yi` and sampling variances `vi` of one measure for many studies at once.

    `to` says which studies get `add` in their cells when a cell is zero: "only0" those
    studies, "if0all" every study as soon as one has a zero, "all" every study always,
    "none" no study.  `add` is 0.5, and 0 for the measures that need no correction
    (arcsines, square roots).  `drop00` leaves out comparisons without, or with nothing
    but, events in both arms.  What cannot be estimated is NaN in both arrays, so that
    rows stay in step with the studies; pooling refuses NaN by name.

    References: Viechtbauer 2010, *Journal of Statistical Software* 36(3), `escalc`.

    >>> yi, vi = effect_sizes("logit_proportion", events=[5, 0], n=[10, 10])
    >>> yi.round(3).tolist(), vi.round(3).tolist()
    ([0.0, -3.045], [0.4, 2.095])
    """
    recipe = _recipe(key)
    if to not in ZERO_CELL_RULES:
        msg = f"to: need one of {', '.join(ZERO_CELL_RULES)}, found {to!r}"
        raise ValueError(msg)
    columns = _columns(key, recipe.needs, counts)
    cells, counted = _cells(recipe.needs, columns)
    added = recipe.add if add is None else add
    if not (is_number(added) and 0 <= added <= MOST):
        msg = f"add: need a number of at least 0, found {add!r}"
        raise ValueError(msg)
    if not isinstance(drop00, bool):
        msg = f"drop00: need True or False, found {drop00!r}"
        raise ValueError(msg)
    if drop00:
        cells = _without_double_zeros(recipe.needs, cells)
    cells = _corrected(cells, counted, added, to)
    with np.errstate(divide="ignore", invalid="ignore"):
        yi, vi = recipe.formula(*cells)
    unusable = ~(np.isfinite(yi) & np.isfinite(vi))
    return np.where(unusable, np.nan, yi), np.where(unusable, np.nan, vi)


def _recipe(key: str) -> _Recipe:
    known = measure(key)
    if known.key not in RECIPES:
        msg = f"measure: {key!r} has no formula from counts; need one of {', '.join(RECIPES)}"
        raise ValueError(msg)
    return RECIPES[known.key]


def _columns(key: str, needs: tuple[str, ...], counts: Mapping[str, ArrayLike]) -> list[Floats]:
    if set(counts) != set(needs):
        msg = (
            f"effect_sizes: {key} needs {', '.join(needs)}; found {', '.join(counts) or 'nothing'}"
        )
        raise ValueError(msg)
    return checked_counts(**{name: counts[name] for name in needs})


def checked_counts(**counts: ArrayLike) -> list[Floats]:
    """Check columns by their names: events, n, time, sd, mean, with the arm after it.

    An `n` column must follow the `events` column of its arm.

    >>> [column.tolist() for column in checked_counts(events=[1, 2], n=[5, 6])]
    [[1.0, 2.0], [5.0, 6.0]]
    """
    names = list(counts)
    columns = [np.atleast_1d(numbers(name, counts[name])) for name in names]
    if not columns[0].size:
        msg = f"{names[0]}: need at least one study, found k = 0"
        raise ValueError(msg)
    for name, column in zip(names, columns, strict=True):
        if column.shape != columns[0].shape or column.ndim != 1:
            msg = f"{name}: need {columns[0].size} values like {names[0]}, found {column.size}"
            raise ValueError(msg)
        _check_column(name, column)
    for place in range(1, len(names)):
        if _completes(names, place):
            _check_events(names[place - 1], columns[place - 1], columns[place])
    return columns


def _completes(names: Sequence[str], place: int) -> bool:
    """Whether this column is the n of the events just before it."""
    return names[place].startswith("n") and names[place - 1].startswith("events")


def _check_column(name: str, column: Floats) -> None:
    kind = name.split("_", maxsplit=1)[0]
    whole = column == np.round(column)
    allowed: dict[str, tuple[NDArray[np.bool_], str]] = {
        "events": ((column >= 0) & whole, "a whole number of at least 0"),
        "n": ((column >= 1) & whole, "a whole number of at least 1"),
        "time": (column > 0, "a positive number"),
        "sd": (column > 0, "a positive number"),
        "mean": (np.isfinite(column), "a finite number"),
    }
    valid, needed = allowed[kind]
    refuse(name, column, valid & np.isfinite(column), needed)
    most = MOST if kind in {"events", "n"} else LARGEST
    refuse(name, column, np.abs(column) <= most, f"at most {most:g}")


def _check_events(name: str, events: Floats, n: Floats) -> None:
    for place in np.flatnonzero(events > n):
        msg = f"{name}[{place}]: need at most n = {n[place]:g}, found {events[place]:g}"
        raise ValueError(msg)


def _cells(needs: tuple[str, ...], columns: list[Floats]) -> tuple[list[Floats], list[bool]]:
    """Turn events and n into events and non-events; say which columns are counts."""
    cells, counted = [], []
    for position, name in enumerate(needs):
        is_rest = _completes(needs, position)
        cells.append(columns[position] - columns[position - 1] if is_rest else columns[position])
        counted.append(is_rest or name.startswith("events"))
    return cells, counted


def _without_double_zeros(needs: tuple[str, ...], cells: list[Floats]) -> list[Floats]:
    if needs not in (TWO_ARM_COUNTS, TWO_ARM_TIMES):
        return cells
    empty = (cells[0] == 0) & (cells[2] == 0)
    if needs == TWO_ARM_COUNTS:
        empty |= (cells[1] == 0) & (cells[3] == 0)
    return [np.where(empty, np.nan, cell) for cell in cells]


def _corrected(cells: list[Floats], counted: list[bool], add: float, to: str) -> list[Floats]:
    size = cells[0].size
    zero = np.zeros(size, dtype=bool)
    for cell, is_count in zip(cells, counted, strict=True):
        zero |= (cell == 0) & is_count
    rules = {
        "only0": zero,
        "if0all": np.full(size, bool(zero.any())),
        "all": np.ones(size, dtype=bool),
        "none": np.zeros(size, dtype=bool),
    }
    increment = np.where(rules[to], add, 0.0)
    return [
        cell + increment if is_count else cell
        for cell, is_count in zip(cells, counted, strict=True)
    ]
