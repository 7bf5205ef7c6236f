"""How much a random-effects result owes to single studies, or to the order in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingreview.effects import Effect
from livingreview.synthesis.inputs import Estimates, Inputs, read_inputs
from livingreview.synthesis.result import Synthesis, SynthesisBatch
from livingreview.synthesis.univariate import random_effects, random_effects_batch

Floats = NDArray[np.float64]

MEDIAN_CHI_SQUARE = 0.454936423119572  # of one degree of freedom: the bound of Cook's distance


@dataclass(frozen=True, slots=True)
class Influence:
    """What one study does to the result.

    `residual` is the studentised deleted residual; `dffits` and `cook` measure the shift of
    the mean without the study; `hat` is its weight as a share; `influential` follows
    Viechtbauer and Cheung's bounds.
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

    >>> [round(fit.mean, 9) for fit in leave_one_out([0.0, 3.0, 6.0], [1.0, 1.0, 1.0])]
    [4.5, 3.0, 1.5]
    """
    inputs = _at_least(read_inputs(yi, vi), 2)
    results = []
    for kept in _without_each(inputs.k):
        results.append(
            random_effects(
                *_subset(yi, vi, kept),
                tau2_estimator=tau2_estimator,
                interval=interval,
                level=level,
            )
        )
    return tuple(results)


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
    of the same date enter in the order given.

    >>> [fit.k for fit in cumulative([0.0, 3.0, 6.0], [1.0] * 3, order=[2021, 2019, 2024])]
    [1, 2, 3]
    """
    inputs = read_inputs(yi, vi)
    if len(order) != inputs.k:
        msg = f"order: need {inputs.k} values, one per study, found {len(order)}"
        raise ValueError(msg)
    unordered = [place for place, value in enumerate(order) if value != value]
    if unordered:
        msg = f"order: need values that sort, found {order[unordered[0]]!r} at {unordered[0]}"
        raise ValueError(msg)
    try:
        places = sorted(range(inputs.k), key=lambda place: order[place])  # type: ignore[arg-type,return-value]
    except TypeError:
        msg = f"order: need values that sort, found {list(order)!r}"
        raise ValueError(msg) from None
    return tuple(
        random_effects(
            *_subset(yi, vi, places[: last + 1]),
            tau2_estimator=tau2_estimator,
            interval=interval,
            level=level,
        )
        for last in range(inputs.k)
    )


def influence(
    yi: Estimates,
    vi: ArrayLike | None = None,
    *,
    tau2_estimator: str = "reml",
    interval: str | None = None,
) -> tuple[Influence, ...]:
    """Measure the influence of each study on a random-effects result; needs three studies.

    References: Viechtbauer & Cheung 2010, *Research Synthesis Methods* 1:112.

    >>> [study.influential for study in influence([0.0, 0.1, 0.2, 5.0], [0.1] * 4)]
    [False, False, False, True]
    """
    inputs = _at_least(read_inputs(yi, vi), 3)
    full = random_effects(inputs.yi, inputs.vi, tau2_estimator=tau2_estimator, interval=interval)
    kept = np.array(_without_each(inputs.k))
    rest = random_effects_batch(
        inputs.yi[kept], inputs.vi[kept], tau2_estimator=tau2_estimator, interval=full.interval
    )
    hat = np.array(full.weights) / 100
    widening = _widening(rest, inputs, kept)
    moved = full.mean - rest.mean
    residual = (inputs.yi - rest.mean) / np.sqrt(widening * (inputs.vi + rest.tau2) + rest.se**2)
    dffits = moved / np.sqrt(widening * hat * (rest.tau2 + inputs.vi))
    cook = (moved / full.se) ** 2
    shift = moved / np.sqrt(widening / (1 / (inputs.vi + rest.tau2[:, None])).sum(axis=1))
    marked = (
        (abs(dffits) > 3 * (1 / (inputs.k - 1)) ** 0.5)
        | (cook > MEDIAN_CHI_SQUARE)
        | (hat > 3 / inputs.k)
        | (abs(shift) > 1)
    )
    return tuple(
        Influence(
            study=study,
            residual=float(residual[place]),
            dffits=float(dffits[place]),
            cook=float(cook[place]),
            cov_ratio=float((rest.se[place] / full.se) ** 2),
            tau2_without=float(rest.tau2[place]),
            q_without=float(rest.q[place]),
            hat=float(hat[place]),
            influential=bool(marked[place]),
        )
        for place, study in enumerate(inputs.studies)
    )


def _widening(rest: SynthesisBatch, inputs: Inputs, kept: NDArray[np.intp]) -> Floats:
    """Knapp-Hartung factor of each fit without one study; 1 for the normal interval."""
    information = (1 / (inputs.vi[kept] + rest.tau2[:, None])).sum(axis=1)
    factor: Floats = rest.se**2 * information
    return factor


def _at_least(inputs: Inputs, smallest: int) -> Inputs:
    if inputs.k < smallest:
        msg = f"yi: need at least {smallest} studies, found {inputs.k}"
        raise ValueError(msg)
    return inputs


def _without_each(k: int) -> list[list[int]]:
    return [[place for place in range(k) if place != left] for left in range(k)]


def _subset(
    yi: Estimates, vi: ArrayLike | None, places: Sequence[int]
) -> tuple[Estimates, ArrayLike | None]:
    """Choose studies, as effects or as arrays, whichever came in (already checked)."""
    if vi is None:
        effects = list(cast(Sequence[Effect], yi))
        return [effects[place] for place in places], None
    return np.asarray(yi)[list(places)], np.asarray(vi)[list(places)]
