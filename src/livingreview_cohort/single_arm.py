"""What one arm without a comparison can show of a median, by trials simulated under assumptions.

Times to the event are exponential; patients come at an even pace, and those without the event at
the analysis are censored then.
"""

from dataclasses import dataclass

import numpy as np

from livingreview_cohort.choices import SingleArm
from livingreview_cohort.curves import KaplanMeier, MedianStyle

TRIALS, SEED = 1000, 1
STYLE: MedianStyle = "log-log"


@dataclass(frozen=True)
class SimulatedArm:
    """All trials of one size and one true median; times in months.

    `median`, `lower` and `upper` are the middle of the estimates and of the bounds of their 95%
    intervals (endless where not reached), `events` the middle number of events.  `claims` is the
    share of trials whose interval lies wholly above the historical median: they would claim that
    the treatment prolongs the time.
    """

    size: int
    true_median: float
    events: float
    median: float
    lower: float
    upper: float
    claims: float


def simulate(assumed: SingleArm, *, trials: int = TRIALS, seed: int = SEED) -> list[SimulatedArm]:
    """Simulate every size with every true median; the same result each time for a seed.

    Raises `ValueError` for less than one trial.
    """
    if trials < 1:
        msg = f"need at least one trial, found {trials}"
        raise ValueError(msg)
    rng = np.random.Generator(np.random.PCG64(seed))
    return [
        _simulate(assumed, size, median, trials, rng)
        for median in assumed.medians
        for size in assumed.sizes
    ]


def _simulate(
    assumed: SingleArm, size: int, true_median: float, trials: int, rng: np.random.Generator
) -> SimulatedArm:
    time = rng.exponential(true_median / np.log(2), (trials, size))
    since = assumed.followup_months + rng.uniform(0, assumed.recruitment_months, (trials, size))
    seen, event = np.minimum(time, since), time <= since
    found = np.array([_trial(*one) for one in zip(seen, event, strict=True)])
    median, lower, upper = np.median(np.where(np.isnan(found), np.inf, found), axis=0)
    claims = float((found[:, 1] > assumed.historical_median).mean())
    events = float(np.median(event.sum(axis=1)))
    return SimulatedArm(
        size, true_median, events, float(median), float(lower), float(upper), claims
    )


def _trial(time: np.ndarray, event: np.ndarray) -> tuple[float, float, float]:
    curve = KaplanMeier(time, event)
    return (curve.median, *curve.median_interval(STYLE))
