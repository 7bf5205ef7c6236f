"""Propensity scores, one-to-one matching of nearest neighbours, and the balance of covariates.

References: Rosenbaum & Rubin 1985, *American Statistician* 39:33; Austin 2011, *Pharmaceutical
Statistics* 10:150 (calipers); Yang & Dalton 2012, *SAS Global Forum* 335 (standardised difference
of several levels).
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from livingreview_cohort.curves import Flags, Floats, Labels

Order = Literal["largest", "smallest", "closest", "data", "random"]
Scale = Literal["probability", "logit"]
Unit = Literal["raw", "sd"]
Rows = NDArray[np.int_]
DIGITS = 12  # of a score: patients with the same covariates have the same score on any machine
ORDERS = ("largest", "smallest", "closest", "data", "random")


class Pairs(NamedTuple):
    """Row numbers of matched patients: each treated one with the control beside it."""

    treated: Rows
    controls: Rows


def propensity_score(covariates: Floats, treated: Flags, scale: Scale = "probability") -> Floats:
    """The score of each patient by logistic regression on the covariates (one column each).

    Raises `ValueError` where no finite estimate exists, as when covariates tell the groups apart.
    """
    x = np.column_stack([np.ones(treated.size), covariates])
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = special.expit(x @ beta)
        information = (x * (p * (1 - p))[:, None]).T @ x
        step = np.linalg.lstsq(information, x.T @ (treated - p), rcond=1e-10)[0]
        beta = beta + step
        if np.abs(x @ step).max() < 1e-10:
            score = x @ beta
            found: Floats = score if scale == "logit" else special.expit(score)
            return np.round(found, DIGITS)
    msg = (
        "need covariates that leave the groups some overlap, found a propensity score without a "
        "finite estimate; leave out the covariate that only one of the groups has"
    )
    raise ValueError(msg)


def caliper_width(score: Floats, caliper: float | None, unit: Unit) -> float:
    """The widest distance of a pair, in the score's own unit; endless where there is no caliper.

    In standard deviations it is those of the score among all patients.
    """
    if caliper is None:
        return np.inf
    return caliper * float(score.std(ddof=1)) if unit == "sd" else caliper


def match(
    score: Floats, treated: Flags, *, width: float = np.inf, order: Order = "largest", seed: int = 0
) -> Pairs:
    """Pairs of each treated patient with the nearest control that is free, without replacement.

    Treated patients choose from the largest score on, from the smallest, in the order of the data,
    in random order, or the closest pair of all first.  Of controls that are equally near the one
    that stands nearest in the order of scores is taken (ties in the order of the data), the lower
    one first.  A patient without a free control within `width` stays out.

    >>> match(np.array([0.5, 0.4, 0.45, 0.1]), np.array([True, True, False, False])).controls
    array([2, 3])
    """
    if order not in ORDERS:
        msg = f"need an order of matching ({', '.join(ORDERS)}), found {order!r}"
        raise ValueError(msg)
    line = _Line(score, treated, width)
    found = line.closest_first() if order == "closest" else line.in_turn(_turns(line, order, seed))
    pairs = np.array(sorted(found), dtype=int).reshape(-1, 2)
    return Pairs(pairs[:, 0], pairs[:, 1])


def _turns(line: "_Line", order: Order, seed: int) -> Rows:
    """The treated patients in the order in which they choose."""
    rows = np.flatnonzero(line.treated)
    if order == "random":
        return np.random.default_rng(seed).permutation(rows)
    if order == "data":
        return rows
    key = line.score[rows] if order == "smallest" else -line.score[rows]
    return rows[np.argsort(key, kind="stable")]


class _Line:
    """All patients in the order of their scores, with the places of the controls still free."""

    def __init__(self, score: Floats, treated: Flags, width: float) -> None:
        self.score, self.treated, self.width = score, treated, width
        self.rows = np.argsort(score, kind="stable")
        self.place = np.argsort(self.rows, kind="stable")
        self.free = np.flatnonzero(~treated[self.rows]).tolist()

    def nearest(self, row: int, before: int | None = None) -> tuple[float, int] | None:
        """Distance and place of the nearest free control; from the place of the one before on."""
        own = int(self.place[row])
        left, right = sorted((own, own if before is None else before))
        at = bisect_left(self.free, left)
        above = bisect_left(self.free, right, at)
        sides = [(left - p, 0, p) for p in self.free[max(at - 1, 0) : at]]
        sides += [(p - right, 1, p) for p in self.free[above : above + 1]]
        choices = [
            (abs(float(self.score[row] - self.score[self.rows[place]])), steps, side, place)
            for steps, side, place in sides
        ]
        distance, _, _, place = min(choices, default=(np.inf, 0, 0, 0))
        return (distance, place) if choices and distance <= self.width else None

    def take(self, place: int) -> int:
        """The control's row; it is no longer free."""
        del self.free[bisect_left(self.free, place)]
        return int(self.rows[place])

    def in_turn(self, turns: Rows) -> Iterator[tuple[int, int]]:
        for row in turns.tolist():
            choice = self.nearest(row)
            if choice is not None:
                yield row, self.take(choice[1])

    def closest_first(self) -> Iterator[tuple[int, int]]:
        """The closest pair first; who finds its control taken looks again, before its equals."""
        rows = np.flatnonzero(self.treated).tolist()
        waiting = [(*choice, row) for row in rows if (choice := self.nearest(row)) is not None]
        waiting.sort(key=lambda one: (-one[0], -one[2]))  # the next one is the last of the list
        while waiting:
            _, place, row = waiting.pop()
            if _has(self.free, place):
                yield row, self.take(place)
            elif (choice := self.nearest(row, place)) is not None:
                at = len(waiting)
                while at and waiting[at - 1][0] < choice[0]:
                    at -= 1
                waiting.insert(at, (*choice, row))


def _has(places: list[int], place: int) -> bool:
    at = bisect_left(places, place)
    return at < len(places) and places[at] == place


def standardised_difference(values: Labels, first: Flags) -> float:
    """How far two groups differ in a variable, in standard deviations, without a sign.

    Numbers by their means; levels by Yang and Dalton's distance of all shares, for two levels
    Austin's.  Not-a-number where a group is empty; zero where nothing varies and the groups agree.
    """
    one, other = values[first], values[~first]
    if not (one.size and other.size):
        return float("nan")
    if values.dtype.kind == "f":
        spread = (one.var(ddof=1) + other.var(ddof=1)) / 2 if min(one.size, other.size) > 1 else 0
        gap = abs(float(one.mean() - other.mean()))
        return gap / float(np.sqrt(spread)) if spread > 0 else (0.0 if gap == 0 else np.inf)
    levels = np.unique(values)[1:]
    shares = [np.array([(group == level).mean() for level in levels]) for group in (one, other)]
    covariance = sum(np.diag(share) - np.outer(share, share) for share in shares) / 2
    gap_of = shares[0] - shares[1]
    if np.allclose(gap_of, 0):
        return 0.0
    return float(np.sqrt(gap_of @ np.linalg.pinv(covariance) @ gap_of))
