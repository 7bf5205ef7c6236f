"""What every pooling function accepts: effects, or arrays of yi and vi; checked once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from livingreview_pool.checks import LARGEST, Floats, listed, numbers, refuse
from livingreview_pool.effect_sizes import COUNTS, TWO_ARMS, read_columns
from livingreview_pool.effects import Effect, check_cohorts, check_disjoint, check_poolable

Estimates: TypeAlias = "Sequence[Effect] | ArrayLike | Inputs"
Arm: TypeAlias = tuple[ArrayLike, ArrayLike]
LARGEST_RATIO = 1e10  # of two variances: beyond it sums of weights lose the smaller ones


@dataclass(frozen=True, slots=True)
class Inputs:
    """Checked estimates and variances of k studies, and the effects they were read from, if any."""

    yi: Floats
    vi: Floats
    studies: tuple[str, ...]
    measure: str = ""
    effects: tuple[Effect, ...] = ()

    @property
    def k(self) -> int:
        """Number of estimates."""
        return self.yi.size

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the effects, after one where their adjustments or populations differ."""
        notes = []
        for aspect in ("adjustment", "population"):
            values = dict.fromkeys(getattr(effect, aspect) for effect in self.effects)
            if len(values) > 1:
                shown = ", ".join(value or "not stated" for value in values)
                notes.append(f"estimates of different {aspect} are pooled: {shown}")
        for effect in self.effects:
            notes += [f"{effect.name}: {note}" for note in effect.notes]
        return tuple(notes)

    def take(self, places: Sequence[int]) -> "Inputs":
        """Return the estimates at these places, in this order, without checking them again."""
        chosen = list(places)
        return Inputs(
            self.yi[chosen],
            self.vi[chosen],
            tuple(self.studies[place] for place in chosen),
            self.measure,
            tuple(self.effects[place] for place in chosen) if self.effects else (),
        )


def read_inputs(yi: Estimates, vi: ArrayLike | None = None) -> Inputs:
    """Check effects (vi omitted) or two arrays of equal length, unless they are checked already.

    Raise ValueError, with the place, for a value that is neither an effect nor a number, for
    effects of different measures, and for effects that share patients.
    """
    if isinstance(yi, Inputs):
        return yi
    if vi is not None:
        y, v = checked_arrays(yi, vi, ndim=1)
        return Inputs(y, v, _numbered(y.size))
    given: list[object] = list(yi) if isinstance(yi, Iterable) else []
    if not given:
        msg = "effects: need at least one Effect, or both yi and vi; found k = 0"
        raise ValueError(msg)
    effects = check_poolable(given)
    y = np.array([effect.yi for effect in effects], dtype=float)
    v = np.array([effect.vi for effect in effects], dtype=float)
    check_range(y, v)
    names = tuple(effect.name for effect in effects)
    return Inputs(y, v, names, effects[0].measure, effects)


@lru_cache(maxsize=64)
def _numbered(k: int) -> tuple[str, ...]:
    return tuple(f"study {place}" for place in range(1, k + 1))


def checked_arrays(yi: Estimates, vi: ArrayLike, *, ndim: int) -> tuple[Floats, Floats]:
    """Finite estimates and positive finite variances of one shape, with k of at least 1."""
    if isinstance(yi, Sequence) and any(isinstance(value, Effect) for value in yi):
        msg = "yi: need numbers beside vi, found effects; pass effects without vi"
        raise ValueError(msg)
    y, v = numbers("yi", yi), numbers("vi", vi)
    if y.ndim != ndim or y.shape != v.shape:
        needed = "two arrays" if ndim == 1 else "two arrays of shape (data sets, k)"
        msg = f"yi and vi: need {needed} of equal length, found shapes {y.shape} and {v.shape}"
        raise ValueError(msg)
    if not y.size:
        msg = "yi: need at least one estimate, found k = 0"
        raise ValueError(msg)
    check_range(y, v)
    return y, v


def check_range(y: Floats, v: Floats) -> None:
    """Raise ValueError for estimates and variances so large or small that powers overflow."""
    least, most, reach = LARGEST**-2, LARGEST**2, np.maximum.reduce(np.abs(y), axis=None)
    smallest, largest = np.minimum.reduce(v, axis=None), np.maximum.reduce(v, axis=None)
    within = reach <= LARGEST and least <= smallest <= largest <= most
    if within and largest <= smallest * LARGEST_RATIO:
        return
    refuse("yi", y, np.isfinite(y), "a finite estimate")
    refuse("vi", v, (v > 0) & (v < np.inf), "a positive finite variance")
    refuse("yi", y, np.abs(y) <= LARGEST, f"an estimate within {LARGEST:g}; change the unit")
    allowed = f"a variance from {least:g} to {most:g}; change the unit"
    refuse("vi", v, (v >= least) & (v <= most), allowed)
    lowest = np.minimum.reduce(v, axis=-1, keepdims=True)
    allowed = f"at most {LARGEST_RATIO:g} times the smallest variance; check the units"
    refuse("vi", v, v <= lowest * LARGEST_RATIO, allowed)


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
    arms = listed("experimental", experimental), listed("control", control)
    if [len(arm) for arm in arms] != [2, 2]:
        msg = (
            f"experimental and control: need (events, n) each, found {experimental!r}, {control!r}"
        )
        raise ValueError(msg)
    values = (column for arm in arms for column in arm)
    (a, n1), (c, n2) = read_columns(COUNTS, TWO_ARMS, list(values))
    return Tables(a, n1 - a, c, n2 - c, named_studies(a.size, studies, cohorts))


def named_studies(
    k: int, studies: Sequence[str], cohorts: Sequence[frozenset[str]]
) -> tuple[str, ...]:
    """Names of k studies, numbered if none are given; their cohorts must be disjoint."""
    names = listed("studies", listed("studies", studies) or _numbered(k), k)
    for place, name in enumerate(names):
        if not isinstance(name, str):
            msg = f"studies[{place}]: need a name, found {name!r}"
            raise ValueError(msg)
    patients = listed("cohorts", listed("cohorts", cohorts) or [{name} for name in names], k)
    for place, cohort in enumerate(patients):
        check_cohorts(f"cohorts[{place}]", cohort)
    check_disjoint([(name, frozenset(of)) for name, of in zip(names, patients, strict=True)])
    return tuple(names)
