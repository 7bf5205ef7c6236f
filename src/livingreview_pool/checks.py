"""Check what a caller gives; each ValueError names the argument, the place and the value."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]
Item = TypeVar("Item")
REAL = (int, float, np.integer, np.floating)
LARGEST = 1e25  # nothing measured is larger, and its powers are still numbers
MOST = 2**53  # above it not every whole number has a double


def is_number(value: object) -> TypeGuard[float]:
    """Whether the value is one real number; booleans and `timedelta64` are not numbers."""
    return isinstance(value, REAL) and not isinstance(value, bool | np.timedelta64)


def numbers(name: str, values: object, *, truth: bool = False) -> Floats:
    """Return what a caller gives as an array of floats.

    Text, dates and masked values raise ValueError; so do True and False, unless `truth`
    allows them (as 1 and 0).

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
    """Raise ValueError for the first value that is not valid, with its place."""
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


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    """Raise ValueError unless the value is one of the known ones."""
    if value not in known:
        msg = f"{name}: need one of {', '.join(known)}, found {value!r}"
        raise ValueError(msg)


def check_number(name: str, value: object, needed: str, valid: Callable[[float], bool]) -> None:
    """Raise ValueError unless the value is one real number for which `valid` holds."""
    if not (is_number(value) and valid(value)):
        msg = f"{name}: need {needed}, found {value!r}"
        raise ValueError(msg)


def check_within(name: str, value: object, low: float, high: float) -> None:
    """Raise ValueError unless the value is a number from low to high, both allowed."""
    check_number(name, value, f"a number from {low:g} to {high:g}", lambda x: low <= x <= high)


def check_share(name: str, value: object) -> None:
    """Raise ValueError unless the value is a number above 0 and below 1."""
    check_number(name, value, "a number between 0 and 1", lambda x: 0 < x < 1)


def check_positive(name: str, value: object, needed: str = "a positive number") -> None:
    """Raise ValueError unless the value is a positive number, at most `LARGEST`."""
    check_number(name, value, needed, lambda x: 0 < x <= LARGEST)


def check_whole(name: str, value: object, needed: str) -> None:
    """Raise ValueError unless the value is a whole number of at least 1."""
    check_number(name, value, needed, lambda x: 1 <= x < math.inf and x == int(x))


def check_tuple(name: str, values: object, size: int) -> tuple[float, ...]:
    """Return so many real numbers; raise ValueError if there are more, fewer or others."""
    found = tuple(values) if isinstance(values, Iterable) else ()
    if len(found) != size or not all(map(is_number, found)):
        msg = f"{name}: need {('no', 'one', 'two', 'three')[size]} numbers, found {values!r}"
        raise ValueError(msg)
    return found


def listed(name: str, values: Iterable[Item], k: int | None = None) -> list[Item]:
    """Return what a caller gives as a list; raise ValueError for text and for a wrong length k."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        msg = f"{name}: need a list, found {values!r}"
        raise ValueError(msg)
    entries = list(values)
    if k is not None and len(entries) != k:
        msg = f"{name}: need {k}, one per study, found {len(entries)}"
        raise ValueError(msg)
    return entries
