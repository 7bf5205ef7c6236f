"""What every pooling function accepts: effects, or arrays of yi and vi; checked once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from livingreview.counts import checked_counts
from livingreview.effects import Effect, check_disjoint, check_poolable

Floats = NDArray[np.float64]
Estimates: TypeAlias = "Sequence[Effect] | ArrayLike | Inputs"
Arm: TypeAlias = tuple[ArrayLike, ArrayLike]
Item = TypeVar("Item")
REAL = (int, float, np.integer, np.floating)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Checked estimates, their variances, and what is known about them."""

    yi: Floats
    vi: Floats
    measure: str = ""
    studies: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """Number of estimates."""
        return int(self.yi.shape[-1])


def read_inputs(yi: Estimates, vi: ArrayLike | None = None) -> Inputs:
    """Check effects (vi omitted) or two arrays of equal length; ValueError names the place."""
    if vi is None:
        return yi if isinstance(yi, Inputs) else _from_effects(yi)
    y, v = checked_arrays(yi, vi, ndim=1)
    return Inputs(y, v, studies=_numbered(y.size))


@lru_cache(maxsize=64)
def _numbered(k: int) -> tuple[str, ...]:
    return tuple(f"study {place}" for place in range(1, k + 1))


def checked_arrays(yi: Estimates, vi: ArrayLike, *, ndim: int) -> tuple[Floats, Floats]:
    """Finite estimates and positive finite variances of one shape, with k of at least 1."""
    y, v = numbers("yi", yi), numbers("vi", vi)
    if y.ndim != ndim or y.shape != v.shape:
        needed = "two arrays" if ndim == 1 else "two arrays of shape (data sets, k)"
        msg = f"yi and vi: need {needed} of equal length, found shapes {y.shape} and {v.shape}"
        raise ValueError(msg)
    if not y.size:
        msg = "yi: need at least one estimate, found k = 0"
        raise ValueError(msg)
    refuse("yi", y, np.isfinite(y), "a finite estimate")
    refuse("vi", v, (v > 0) & (v < np.inf), "a positive finite variance")
    return y, v


@dataclass(frozen=True, slots=True)
class Tables:
    """Checked counts of two arms: events a and c, non-events b and d, one per study."""

    a: Floats
    b: Floats
    c: Floats
    d: Floats
    studies: tuple[str, ...]


def read_tables(
    experimental: Arm, control: Arm, studies: Sequence[str], cohorts: Sequence[frozenset[str]]
) -> Tables:
    """Check the counts of two arms, each given as (events, n), and that patients are distinct."""
    a, n1, c, n2 = checked_counts(
        events_experimental=experimental[0],
        n_experimental=experimental[1],
        events_control=control[0],
        n_control=control[1],
    )
    return Tables(a, n1 - a, c, n2 - c, named_studies(a.size, studies, cohorts))


def named_studies(
    k: int, studies: Sequence[str], cohorts: Sequence[frozenset[str]]
) -> tuple[str, ...]:
    """Names of k studies, numbered if none are given; their cohorts must be disjoint."""
    if not k:
        msg = "events: need at least one study, found k = 0"
        raise ValueError(msg)
    names = listed("studies", tuple(studies) or _numbered(k), k)
    patients = listed("cohorts", tuple(cohorts) or [frozenset({name}) for name in names], k)
    check_disjoint(list(zip(names, patients, strict=True)))
    return tuple(names)


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


def normal_quantile(level: float) -> float:
    """Half-width of a normal interval in standard errors; level must lie between 0 and 1."""
    if not (is_number(level) and 0 < level < 1):
        msg = f"level: need a number between 0 and 1, found {level!r}"
        raise ValueError(msg)
    return float(ndtri(0.5 + 0.5 * level))


def t_quantile(df: float, level: float) -> float:
    """Half-width of a t interval in standard errors; normal for infinite df."""
    return normal_quantile(level) if df == np.inf else float(stdtrit(df, 0.5 + 0.5 * level))


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


def numbers(name: str, values: object) -> Floats:
    """Turn what a caller gives into an array; ValueError names the first that is no number."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        listed = values if isinstance(values, Iterable) and not isinstance(values, str) else ()
        wrong = ((f"[{i}]", value) for i, value in enumerate(listed) if not is_number(value))
        place, found = next(wrong, ("", values))
        advice = "; pass effects without vi" if isinstance(found, Effect) else ""
        msg = f"{name}{place}: need a number, found {found!r}{advice}"
        raise ValueError(msg) from None


def is_number(value: object) -> bool:
    """Whether a caller gave one real number."""
    return isinstance(value, REAL)


def refuse(name: str, values: Floats, valid: NDArray[np.bool_], needed: str) -> None:
    """Refuse values of which one is not valid, by its place."""
    if np.logical_and.reduce(valid, axis=None):
        return
    place = tuple(int(axis) for axis in np.argwhere(~valid)[0])
    shown = ", ".join(map(str, place))
    msg = f"{name}[{shown}]: need {needed}, found {values[place]:g}"
    raise ValueError(msg)


def _from_effects(effects: Estimates) -> Inputs:
    listed = list(effects) if isinstance(effects, Sequence) else []
    if not listed:
        msg = "effects: need at least one Effect, or both yi and vi; found k = 0"
        raise ValueError(msg)
    for place, effect in enumerate(listed):
        if not isinstance(effect, Effect):
            msg = f"effects[{place}]: need an Effect (or give vi too), found {effect!r}"
            raise ValueError(msg)
    known = [effect for effect in listed if isinstance(effect, Effect)]
    check_poolable(known)
    return Inputs(
        np.array([effect.yi for effect in known]),
        np.array([effect.vi for effect in known]),
        known[0].measure,
        tuple(effect.name for effect in known),
        tuple(_mixtures(known)),
    )


def _mixtures(effects: list[Effect]) -> list[str]:
    notes = []
    for aspect in ("adjustment", "population"):
        values = dict.fromkeys(getattr(effect, aspect) for effect in effects)
        if len(values) > 1:
            shown = ", ".join(value or "not stated" for value in values)
            notes.append(f"estimates of different {aspect} are pooled: {shown}")
    for effect in effects:
        notes += [f"{effect.name}: {note}" for note in effect.notes]
    return notes
