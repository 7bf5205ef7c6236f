"""How much a random-effects result owes to single studies, or to the order in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from livingreview_pool.checks import listed
from livingreview_pool.inputs import Estimates, read_inputs
from livingreview_pool.result import Synthesis
from livingreview_pool.univariate import random_effects, random_effects_batch

MEDIAN_CHI_SQUARE = 0.454936423119572  # of one degree of freedom: the bound of Cook's distance


@dataclass(frozen=True, slots=True)
class Influence:
    """What one study does to the result.

    `residual` is the studentised deleted residual; `dffits` and `cook` measure the shift of
    the mean without the study; `hat` is its weight as a share; `influential` follows
    Viechtbauer and Cheung's bounds.  If the other studies agree exactly, their Knapp-Hartung
    variance is 0: measures are then infinite, or NaN where this study agrees with them.
    """

    study: str
    residual: float
    dffits: float
    cook: float
    cov_ratio: float
    tau2_without: float
    q_without: float
    hat: float
    influential: bool


def leave_one_out(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
) -> tuple[Synthesis, ...]:
    """Random effects without each study in turn; the i-th result leaves out the i-th study.

    Arguments as for `random_effects`.  Raise ValueError for fewer than two studies.

    >>> [round(fit.mean, 9) for fit in leave_one_out([0.0, 3.0, 6.0], [1.0, 1.0, 1.0])]
    [4.5, 3.0, 1.5]
    """
    inputs = read_inputs(yi, vi)
    _check_at_least(inputs.k, 2)
    pool = partial(random_effects, tau2_estimator=tau2_estimator, interval=interval, level=level)
    return tuple(pool(inputs.take(kept)) for kept in _without_each(inputs.k))


def cumulative(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    order: Sequence[object],
    tau2_estimator: str = "reml",
    interval: str | None = None,
    level: float = 0.95,
) -> tuple[Synthesis, ...]:
    """Random effects of the first study, the first two, and so on, in the order of `order`.

    `order` has one value per study that sorts, such as the date of publication; studies
    of the same date enter in the order given.  Other arguments as for `random_effects`.

    >>> [fit.k for fit in cumulative([0.0, 3.0, 6.0], [1.0] * 3, order=[2021, 2019, 2024])]
    [1, 2, 3]
    """
    inputs = read_inputs(yi, vi)
    places = _in_order(listed("order", order, inputs.k))
    pool = partial(random_effects, tau2_estimator=tau2_estimator, interval=interval, level=level)
    return tuple(pool(inputs.take(places[:first])) for first in range(1, inputs.k + 1))


def influence(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
) -> tuple[Influence, ...]:
    """Measure the influence of each study on a random-effects result.

    Arguments as for `random_effects`.  Raise ValueError for fewer than three studies.

    References: Viechtbauer & Cheung 2010, *Research Synthesis Methods* 1:112.

    >>> [study.influential for study in influence([0.0, 0.1, 0.2, 5.0], [0.1] * 4)]
    [False, False, False, True]
    """
    inputs = read_inputs(yi, vi)
    _check_at_least(inputs.k, 3)
    k, v = inputs.k, inputs.vi
    y = inputs.yi - inputs.yi[0]  # differences between studies: no digits go to an offset
    full = random_effects(y, v, tau2_estimator=tau2_estimator, interval=interval)
    kept = np.array(_without_each(k))
    rest = random_effects_batch(
        y[kept], v[kept], tau2_estimator=tau2_estimator, interval=full.interval
    )
    total = v + rest.tau2[:, None]
    variance_factor = rest.se**2 * (1 / np.take_along_axis(total, kept, axis=1)).sum(axis=1)
    own = np.diagonal(total)
    hat = np.array(full.weights) / 100
    shift_of_mean = full.mean - rest.mean
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = (y - rest.mean) / np.sqrt(variance_factor * own + rest.se**2)
        dffits = shift_of_mean / np.sqrt(variance_factor * hat * own)
        cook = (shift_of_mean / full.se) ** 2
        shift = shift_of_mean / np.sqrt(variance_factor / (1 / total).sum(axis=1))
        cov_ratio = (rest.se / full.se) ** 2
    influential = (
        (abs(dffits) > 3 * (1 / (k - 1)) ** 0.5)
        | (cook > MEDIAN_CHI_SQUARE)
        | (hat > 3 / k)
        | (abs(shift) > 1)
    )
    columns = (residual, dffits, cook, cov_ratio, rest.tau2, rest.q, hat, influential)
    rows = zip(inputs.studies, *(column.tolist() for column in columns), strict=True)
    return tuple(Influence(*row) for row in rows)


def _check_at_least(k: int, smallest: int) -> None:
    if k < smallest:
        msg = f"yi: need at least {smallest} studies, found {k}"
        raise ValueError(msg)


def _without_each(k: int) -> list[list[int]]:
    return [[place for place in range(k) if place != left] for left in range(k)]


def _in_order(dates: list[Any]) -> list[int]:
    """Places of the dates from the first to the last; equal ones in the order given."""
    places = range(len(dates))
    try:
        wrong = [f"{dates[place]!r} at {place}" for place in places if dates[place] != dates[place]]
        ordered = sorted(places, key=dates.__getitem__)
    except (TypeError, ValueError):
        wrong = [repr(dates)]
    if wrong:
        msg = f"order: need values that sort, found {wrong[0]}"
        raise ValueError(msg)
    return ordered
