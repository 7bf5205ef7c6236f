"""The registry of effect measures: on which scale each is analysed, and how it is shown.

Every estimate is stored and pooled on its analysis scale (`yi`), where its sampling
distribution is close to normal; only tables turn it back, with `to_display`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from livingreview_pool.checks import Floats, check_number

Transform = Callable[[Floats], Floats]


def _exponential(x: Floats) -> Floats:
    with np.errstate(over="ignore"):  # a ratio beyond all numbers is infinite
        return np.exp(x)


def _squared_sine(x: Floats) -> Floats:
    return np.square(np.sin(np.clip(x, 0.0, np.pi / 2)))


BACK: Mapping[str, Transform] = MappingProxyType(
    {
        "identity": lambda x: x,
        "log": _exponential,
        "logit": lambda x: 0.5 * (1.0 + np.tanh(0.5 * x)),
        "square root": lambda x: np.square(np.clip(x, 0.0, None)),
        "arcsine": _squared_sine,
        "double arcsine": _squared_sine,
    }
)


@dataclass(frozen=True, slots=True)
class Measure:
    """What an effect measure is: its names, its analysis scale and its limits.

    `null` is the value of no effect on the analysis scale (None for a single arm);
    `bounds` are the limits on the display scale; `compares` is True for two arms.
    """

    key: str
    label: str
    scale: str
    compares: bool
    bounds: tuple[float, float]
    null: float | None

    @property
    def is_log_ratio(self) -> bool:
        """Whether it is the logarithm of a ratio of two arms."""
        return self.compares and self.scale == "log"

    @property
    def is_in_percent(self) -> bool:
        """Return whether it is shown in percent: a proportion, or a difference of two."""
        return self.bounds[1] == 1.0

    def to_display(self, value: ArrayLike, *, n: float | None = None) -> Floats:
        """Turn values on the analysis scale into values to show, kept within `bounds`.

        `n` is used by the double arcsine alone: the sample size of the study, or the
        harmonic mean of the sample sizes for a pooled value.  Without it the limit for
        large samples is used.

        References: Miller 1978, *The American Statistician* 32:138.

        >>> float(measure("log_or").to_display(0.0))
        1.0
        """
        x = np.asarray(value, dtype=float)
        if self.scale == "double arcsine" and n is not None:
            return _inverse_double_arcsine(x, n)
        shown: Floats = np.clip(BACK[self.scale](x), *self.bounds)
        return shown


def double_arcsine(events: ArrayLike, n: ArrayLike) -> Floats:
    """Freeman-Tukey double arcsine of a proportion, on the scale of one arcsine.

    >>> round(float(double_arcsine(5, 10)), 6)
    0.785398
    """
    x, size = np.asarray(events, dtype=float), np.asarray(n, dtype=float)
    if ((x < 0) | (x > size)).any():
        msg = f"double_arcsine: need events from 0 to n, found {events!r} of {n!r}"
        raise ValueError(msg)
    lower = np.arcsin(np.sqrt(x / (size + 1)))
    mean: Floats = 0.5 * (lower + np.arcsin(np.sqrt((x + 1) / (size + 1))))
    return mean


def _inverse_double_arcsine(x: Floats, n: float) -> Floats:
    check_number("to_display", n, "a positive finite n", lambda size: 0 < size < np.inf)
    lowest, highest = double_arcsine(0, n), double_arcsine(n, n)
    inside = np.clip(x, lowest, highest)
    sine = np.sin(2 * inside)
    root = np.sqrt(np.clip(1 - (sine + (sine - 1 / sine) / n) ** 2, 0.0, 1.0))
    return np.clip(0.5 * (1 - np.sign(np.cos(2 * inside)) * root), 0.0, 1.0)


_POSITIVE = (0.0, float("inf"))
_ANY = (-float("inf"), float("inf"))
_UNIT = (0.0, 1.0)
_DIFFERENCE = (-1.0, 1.0)

_TWO_ARMS = (
    ("log_or", "Odds ratio", "log", _POSITIVE),
    ("log_rr", "Risk ratio", "log", _POSITIVE),
    ("rd", "Risk difference", "identity", _DIFFERENCE),
    ("peto", "Odds ratio (Peto)", "log", _POSITIVE),
    ("log_hr", "Hazard ratio", "log", _POSITIVE),
    ("log_rate_ratio", "Rate ratio", "log", _POSITIVE),
    ("md", "Mean difference", "identity", _ANY),
    ("smd", "Standardised mean difference", "identity", _ANY),
)
_ONE_ARM = (
    ("proportion", "Proportion", "identity", _UNIT),
    ("log_proportion", "Proportion", "log", _UNIT),
    ("logit_proportion", "Proportion", "logit", _UNIT),
    ("arcsine_proportion", "Proportion", "arcsine", _UNIT),
    ("double_arcsine_proportion", "Proportion", "double arcsine", _UNIT),
    ("rate", "Incidence rate", "identity", _POSITIVE),
    ("log_rate", "Incidence rate", "log", _POSITIVE),
    ("sqrt_rate", "Incidence rate", "square root", _POSITIVE),
)

MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        key: Measure(key, label, scale, compares, bounds, 0.0 if compares else None)
        for compares, group in ((True, _TWO_ARMS), (False, _ONE_ARM))
        for key, label, scale, bounds in group
    }
)


def measure(key: str) -> Measure:
    """Look up a measure by its key; an unknown key raises ValueError with the known ones.

    >>> measure("log_hr").label
    'Hazard ratio'
    """
    try:
        return MEASURES[key]
    except (KeyError, TypeError):
        msg = f"measure: need one of {', '.join(MEASURES)}, found {key!r}"
        raise ValueError(msg) from None
