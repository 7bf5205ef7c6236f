"""Contrasts between treatments, checked, and turned into rows that are independent of each other.

A study of p treatments gives p - 1 independent contrasts with its first one.  With V their
sampling covariance and G that of the heterogeneity for tau2 of 1 (1 on the diagonal, 1/2 beside
it), the rows of one study have the covariance V + tau2 G.  With G = LL' and the eigenvectors U
of L^-1 V L^-T, the rows U'L^-1 y have the variances d + tau2, with d the eigenvalues: after this
turn every model of a network is a meta-regression without intercept, for every tau2 at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[str, str]
CLOSES = 0.1  # standard errors by which a loop of one study may miss zero, by rounding
SINGULAR = 1e-12  # of the largest eigenvalue


class NotConnectedError(ValueError):
    """The treatments fall into `parts` that no study joins, so that no estimate joins them."""

    def __init__(self, parts: Sequence[tuple[str, ...]]) -> None:
        self.parts = tuple(parts)
        shown = "; ".join(f"({', '.join(part)})" for part in parts)
        super().__init__(
            f"treatments: need a network that connects, found {len(parts)} parts that no study "
            f"compares with each other: {shown}; estimate each part by itself"
        )


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Independent rows of all studies: `y`, variances `d` without tau2, and the design `x`.

    `x` has a column for each treatment; the sum of each row is 0.  `study` has the place of each
    row's study in `studies`, and `designs` the treatments that each study compares.
    """

    treatments: tuple[str, ...]
    studies: tuple[str, ...]
    designs: tuple[tuple[str, ...], ...]
    pairs: Mapping[Pair, Mapping[str, tuple[float, float]]]
    y: Floats
    d: Floats
    x: Floats
    study: NDArray[np.int_]


def read_contrasts(
    study: Iterable[str],
    treatment1: Iterable[str],
    treatment2: Iterable[str],
    yi: ArrayLike,
    vi: ArrayLike,
) -> Contrasts:
    """Check contrasts, each `treatment1` minus `treatment2`, and make their rows independent.

    A study of p treatments needs all p (p - 1) / 2 contrasts: its covariance follows from their
    variances.  ValueError names every study that lacks one, repeats one, or whose contrasts no
    p arms can have.
    """
    names, first, second = list(study), list(treatment1), list(treatment2)
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if not (len(names) == len(first) == len(second) == y.size == v.size) or y.ndim != 1:
        msg = "contrasts: need study, treatments, yi and vi of equal length"
        raise ValueError(msg)
    if not (y.size and np.isfinite(y).all() and (v > 0).all() and np.isfinite(v).all()):
        msg = "contrasts: need at least one, with finite yi and positive finite vi"
        raise ValueError(msg)
    own: dict[str, dict[Pair, tuple[float, float]]] = {name: {} for name in names}
    problems = []
    for name, a, b, *value in zip(names, first, second, y.tolist(), v.tolist(), strict=True):
        pair, sign = ((a, b), 1.0) if a < b else ((b, a), -1.0)
        if a == b or pair in own[name]:
            problems.append(f"{name}: need two treatments, each pair once, found {a} and {b}")
        else:
            own[name][pair] = (sign * value[0], value[1])
    problems += [wrong for name, pairs in own.items() if (wrong := _wrong(name, pairs))]
    if problems:
        raise ValueError("; ".join(problems))
    return _independent(own)


def connected_parts(pairs: Iterable[Pair]) -> list[tuple[str, ...]]:
    """Return the sets of treatments that studies join, largest first.

    >>> connected_parts([("a", "b"), ("c", "d"), ("b", "e")])
    [('a', 'b', 'e'), ('c', 'd')]
    """
    parts: list[set[str]] = []
    for pair in pairs:
        touched = [part for part in parts if part & set(pair)]
        parts = [part for part in parts if part not in touched]
        parts.append(set(pair).union(*touched))
    return sorted((tuple(sorted(part)) for part in parts), key=lambda part: (-len(part), part))


def _wrong(name: str, pairs: Mapping[Pair, tuple[float, float]]) -> str:
    """Say what keeps these contrasts from being those of one study; empty where nothing does."""
    treatments = sorted({one for pair in pairs for one in pair})
    lacking = [" and ".join(pair) for pair in combinations(treatments, 2) if pair not in pairs]
    if lacking:
        return f"{name}: need a contrast of each pair of its treatments, found none of {lacking}"
    if not pairs:
        return ""
    _, covariance = _block(treatments, pairs)
    spread = np.linalg.eigvalsh(covariance)
    if spread[0] <= SINGULAR * spread[-1]:
        return f"{name}: need variances that {len(treatments)} arms can have, found none such"
    for a, b, c in combinations(treatments, 3):
        missed = pairs[a, b][0] + pairs[b, c][0] - pairs[a, c][0]
        if abs(missed) > CLOSES * min(pairs[pair][1] for pair in ((a, b), (b, c), (a, c))) ** 0.5:
            return f"{name}: need contrasts that add up, found {missed:g} around {a}, {b}, {c}"
    return ""


def _block(
    treatments: Sequence[str], pairs: Mapping[Pair, tuple[float, float]]
) -> tuple[Floats, Floats]:
    """Return the effects of a study's treatments, and the covariance of its contrasts.

    The effects are from their mean, by least squares of all contrasts; where rounding keeps these
    from adding up, each counts alike.  The covariance is that of the contrasts with the first one.
    """
    size = len(treatments)
    effects, variances = np.zeros(size), np.zeros((size, size))
    for (i, one), (j, other) in combinations(enumerate(treatments), 2):
        value, variances[i, j] = pairs[one, other]
        variances[j, i] = variances[i, j]
        effects[i] += value / size
        effects[j] -= value / size
    v, between = variances[0, 1:], variances[1:, 1:]
    return effects, (v[:, None] + v - between) / 2


def _independent(own: Mapping[str, Mapping[Pair, tuple[float, float]]]) -> Contrasts:
    """Turn each study's rows so that they are independent for every tau2."""
    treatments = sorted({one for pairs in own.values() for pair in pairs for one in pair})
    column = {one: place for place, one in enumerate(treatments)}
    designs, rows, joined = [], [], dict[Pair, dict[str, tuple[float, float]]]()
    for place, (name, pairs) in enumerate(own.items()):
        members = sorted({one for pair in pairs for one in pair})
        effects, covariance = _block(members, pairs)
        y = effects[0] - effects[1:]
        root = np.linalg.inv(np.linalg.cholesky((np.eye(y.size) + 1) / 2))
        d, turn = np.linalg.eigh(root @ covariance @ root.T)
        x = np.zeros((y.size, len(treatments)))
        x[:, column[members[0]]] = 1
        x[range(y.size), [column[one] for one in members[1:]]] = -1
        turned = turn.T @ root
        rows.append((turned @ y, d, turned @ x, np.full(y.size, place)))
        designs.append(tuple(members))
        for (one, effect), (other, less) in combinations(zip(members, effects, strict=True), 2):
            value = float(effect - less), pairs[one, other][1]
            joined.setdefault((one, other), {})[name] = value
    y, d, x, study = (np.concatenate(part) for part in zip(*rows, strict=True))
    return Contrasts(
        tuple(treatments), tuple(own), tuple(designs), dict(sorted(joined.items())), y, d, x, study
    )
