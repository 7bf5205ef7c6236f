"""What a caller may give as numbers; each error names the argument, the place and the value."""

import math
from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Item = TypeVar("Item")
REAL = (int, float, np.integer, np.floating)
LARGEST = 1e25  # nothing measured is larger, and its powers are still numbers
MOST = 2**53  # above it not every whole number has a double


def is_number(value: object) -> bool:
    """Whether a caller gave one real number; True, False and lengths of time are none."""
    return isinstance(value, REAL) and not isinstance(value, bool | np.timedelta64)


def numbers(name: str, values: object, *, truth: bool = False) -> Floats:
    """Turn what a caller gives into an array; text, dates and masked values are no numbers.

    With `truth` True and False are 1 and 0; without, they are no numbers either.

    >>> numbers("yi", [1, 2]).tolist()
    [1.0, 2.0]
    """
    rows = values if isinstance(values, list | tuple) else [values]
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        msg = f"{name}: need numbers, found masked values in {values!r}; leave those studies out"
        raise ValueError(msg)
    try:
        array = np.asarray(values)
        kinds = "iufb" if truth else "iuf"
        if array.dtype.kind in kinds or (
            array.dtype.kind == "O" and all(map(is_number, array.flat))
        ):
            return array.astype(float, copy=False)
    except (ValueError, OverflowError):  # rows of different lengths, or an integer too large
        pass
    listed = values if isinstance(values, Iterable) and not isinstance(values, str) else ()
    wrong = ((f"[{i}]", value) for i, value in enumerate(listed) if not is_number(value))
    at, found = next(wrong, ("", values))
    msg = f"{name}{at}: need a number, found {found!r}"
    raise ValueError(msg)


def refuse(name: str, values: Floats, valid: NDArray[np.bool_], needed: str) -> None:
    """Refuse values of which one is not valid, by its place."""
    if np.logical_and.reduce(valid, axis=None):
        return
    place = np.argwhere(~valid)[0].tolist()
    msg = f"{name}{place}: need {needed}, found {values[tuple(place)]:g}"
    raise ValueError(msg)


def normal_quantile(level: float) -> float:
    """Half-width of a normal interval in standard errors; level must lie between 0 and 1."""
    half = float(ndtri(0.5 + 0.5 * level)) if is_number(level) else math.nan
    if not 0 < half < math.inf:
        msg = f"level: need a number between 0 and 1, found {level!r}"
        raise ValueError(msg)
    return half


def t_quantile(df: float, level: float) -> float:
    """Half-width of a t interval in standard errors; normal for infinite df."""
    return normal_quantile(level) if df == np.inf else float(stdtrit(df, 0.5 + 0.5 * level))


def check_choice(argument: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that is not among the known ones."""
    if value not in known:
        msg = f"{argument}: need one of {', '.join(known)}, found {value!r}"
        raise ValueError(msg)


def check_within(argument: str, value: float, low: float, high: float) -> None:
    """Refuse what is no number from low to high."""
    if not (is_number(value) and low <= value <= high):
        msg = f"{argument}: need a number from {low:g} to {high:g}, found {value!r}"
        raise ValueError(msg)


def listed(name: str, values: Iterable[Item], k: int | None = None) -> list[Item]:
    """Turn what a caller gives into a list, of k entries where k is known; text is no list."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        msg = f"{name}: need a list, found {values!r}"
        raise ValueError(msg)
    entries = list(values)
    if k is not None and len(entries) != k:
        msg = f"{name}: need {k}, one per study, found {len(entries)}"
        raise ValueError(msg)
    return entries
