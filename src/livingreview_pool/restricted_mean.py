"""Restricted mean survival time: of printed numbers, of patients, and of two arms."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import exprel

from livingreview_pool.checks import check_number, normal_quantile
from livingreview_pool.guyot import kaplan_meier
from livingreview_pool.survival_curves import ReconstructedCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedMean:
    """Mean survival time up to a horizon, or the difference of two, with its bounds.

    `lower` and `upper` bound what every curve that prints like the source can give;
    `ci_lower` and `ci_upper` follow from the confidence envelope.  `value` is of the drawn
    curve, and NaN where the horizon lies beyond its end.
    """

    label: str
    horizon: float
    value: float
    lower: float
    upper: float
    ci_lower: float
    ci_upper: float
    level: float
    notes: tuple[str, ...]


def restricted_mean(curve: ReconstructedCurve, horizon: float) -> RestrictedMean:
    """Mean survival time up to a horizon: the area under the curve, and under its bounds.

    References: Royston & Parmar 2013, *BMC Med Res Methodol* 13:152.

    >>> from livingreview_pool import Landmark, reconstruct_curve
    >>> curve = reconstruct_curve([Landmark(12, 0.5)])
    >>> found = restricted_mean(curve, 12)
    >>> round(found.value, 3), found.lower, found.upper
    (8.656, 6.0, 12.0)
    """
    check_number("horizon", horizon, "a positive finite time", lambda x: 0 < x < math.inf)
    notes = curve.notes
    if horizon > curve.last:
        notes = (*notes, f"no estimate: the last printed point is {curve.last:g}; bounds only")
    return RestrictedMean(
        label=curve.label,
        horizon=horizon,
        value=_area(curve, horizon) if horizon <= curve.last else math.nan,
        lower=curve.lower.area(horizon),
        upper=curve.upper.area(horizon),
        ci_lower=curve.ci_lower.area(horizon),
        ci_upper=curve.ci_upper.area(horizon),
        level=curve.level,
        notes=notes,
    )


def restricted_mean_difference(
    experimental: ReconstructedCurve, control: ReconstructedCurve, horizon: float
) -> RestrictedMean:
    """Difference of two restricted means, experimental minus control, with its bounds.

    The bounds set the worst case of one arm against the best of the other.  From the
    confidence envelopes this is wider than a confidence interval of the difference.

    >>> from livingreview_pool import Landmark, reconstruct_curve
    >>> better, worse = (reconstruct_curve([Landmark(12, s)]) for s in (0.5, 0.25))
    >>> found = restricted_mean_difference(better, worse, 12)
    >>> found.lower, found.upper
    (-6.0, 9.0)
    """
    if experimental.level != control.level:
        msg = f"level: need one level, found {experimental.level} and {control.level}"
        raise ValueError(msg)
    first, second = restricted_mean(experimental, horizon), restricted_mean(control, horizon)
    return RestrictedMean(
        label=f"{first.label} minus {second.label}",
        horizon=horizon,
        value=first.value - second.value,
        lower=first.lower - second.upper,
        upper=first.upper - second.lower,
        ci_lower=first.ci_lower - second.ci_upper,
        ci_upper=first.ci_upper - second.ci_lower,
        level=first.level,
        notes=tuple(dict.fromkeys((*first.notes, *second.notes))),
    )


def restricted_mean_of_patients(
    time: ArrayLike, event: ArrayLike, horizon: float, *, label: str = "", level: float = 0.95
) -> RestrictedMean:
    """Mean survival time up to a horizon, of patients' times (`event` False where censored).

    It is the area under their Kaplan-Meier curve.  The interval is normal, with Greenwood's
    variance, and kept within 0 and the horizon; `lower` and `upper` equal `value`, as nothing
    about the curve is unknown.  Where the last patient is censored before the horizon the area
    is not known: `value`, `lower`, `upper` and the interval are NaN, and a note says so.

    References: Klein & Moeschberger 2003, *Survival Analysis*, 2nd ed., section 4.5.

    >>> found = restricted_mean_of_patients([1, 2, 2, 3], [True, True, False, False], 3)
    >>> found.value, round(found.ci_lower, 3), round(found.ci_upper, 3)
    (2.25, 1.437, 3.0)
    """
    check_number("horizon", horizon, "a positive finite time", lambda x: 0 < x < math.inf)
    z, curve = normal_quantile(level), kaplan_meier(time, event)
    last = float(np.max(np.asarray(time, dtype=float)))
    unknown = last < horizon and (not curve.survival or curve.survival[-1] > 0)
    edges = np.array([0.0, *(at for at in curve.times if at < horizon), horizon])
    areas = np.diff(edges) * np.array([1.0, *curve.survival])[: edges.size - 1]
    ahead = np.cumsum(areas[::-1])[::-1][1:]  # from each event on, to the horizon
    d, left = (np.array(column)[: ahead.size] for column in (curve.events, curve.at_risk))
    survivors = left - d  # none left: the area ahead is zero, and so is the term
    terms = np.where(survivors > 0, ahead**2 * d / (left * np.maximum(survivors, 1)), 0.0)
    value = math.nan if unknown else float(areas.sum())
    reach = z * float(np.sqrt(terms.sum()))
    note = f"no estimate: the last patient is censored at {last:g}, before the horizon"
    return RestrictedMean(
        label=label,
        horizon=horizon,
        value=value,
        lower=value,
        upper=value,
        ci_lower=float(np.maximum(value - reach, 0.0)),
        ci_upper=float(np.minimum(value + reach, horizon)),
        level=level,
        notes=(note,) if unknown else (),
    )


def _area(curve: ReconstructedCurve, horizon: float) -> float:
    """Exact area under the drawn curve from 0 to the horizon."""
    inside = [time for time in curve.times if time < horizon]
    times = np.array([*inside, horizon])
    survival = curve.at(times)
    start, end, width = survival[:-1], survival[1:], np.diff(times)
    straight = np.array(curve.survival)[1 : times.size] == 0  # down to zero: a straight line
    fall = np.log(np.where(straight, 1.0, start) / np.where(straight, 1.0, end))
    mean = np.where(straight, 0.5 * (start + end), start * exprel(-fall))
    return float(width @ mean)
