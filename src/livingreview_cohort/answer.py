"""An answer to a what-if question: a sentence, the lines of a figure, and what was assumed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingreview_cohort.effects import univariable
from livingreview_record import Printed, Quantity, Study, mention

Floats = NDArray[np.float64]
DRAWS = 24  # synthetic studies that each question is asked of
LOW, HIGH = 0.025, 0.975


@dataclass(frozen=True)
class Series:
    """A line of a figure: at each x the median over simulations, and the range of 95 % of them."""

    label: str
    x: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class WhatIf:
    """The answer to one question: a sentence, a figure, and what was assumed.

    `printed` is the number that the paper prints on the scale of y; None where it prints none.
    `ticks` names the places on x where these are no numbers, else `each` stands before them.  `log`
    asks for a logarithmic y, and `digits` for so many decimals.
    """

    kind: str
    title: str
    sentence: str
    assumed: tuple[str, ...]
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    printed: float | None = None
    printed_label: str = ""
    ticks: tuple[str, ...] = ()
    each: str = ""
    log: bool = False
    digits: int = 2


def series_of(label: str, x: Iterable[float], values: Floats) -> Series:
    """A line from simulations (rows) at each x (columns)."""
    low, middle, high = np.nanquantile(values, (LOW, 0.5, HIGH), axis=0)
    columns = (tuple(float(v) for v in one) for one in (np.array(list(x)), middle, low, high))
    return Series(label, *columns)


def pair_of(study: Study) -> tuple[str, str]:
    """The arms of the study's first comparison."""
    comparison = next(iter(study.comparisons.values()))
    return comparison.experimental, comparison.control


def ratio_of(time: Floats, event: NDArray[np.bool_], column: Floats) -> float:
    """The hazard ratio of one unit of a column."""
    return float(np.exp(univariable(time, event, column[:, None], steps=8)[0]))


def printed_number(study: Study, quantity: Quantity) -> Printed | None:
    """The printed number of a quantity, by whatever method."""
    found = [q for q in study.by_quantity if replace(q, method="") == quantity]
    return mention(study, found[0]) if found else None
