"""Treatments made of components whose effects add up: what each component contributes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from livingreview_network.contrasts import Floats, read_contrasts
from livingreview_network.synthesis import Contrast, QPart, contrast, least_squares, q_part
from livingreview_pool import residual_tau2

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentSynthesis:
    """Effects of components, assuming that they add up without interaction.

    `components` are against the same treatment without the component; `not_identified` says of
    each other component why no contrast of these studies tells it alone.  `additivity` is
    Cochran's Q of the model: heterogeneity, inconsistency and departure from additivity.
    """

    components: Mapping[str, Contrast]
    not_identified: Mapping[str, str]
    tau2: float
    tau2_estimator: str
    additivity: QPart


def component_synthesis(
    study: Iterable[str],
    treatment1: Iterable[str],
    treatment2: Iterable[str],
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    made_of: Mapping[str, Iterable[str]],
    tau2_estimator: str = "dl",
    level: float = 0.95,
) -> ComponentSynthesis:
    """Estimate an additive model of components; the network need not connect.

    `made_of` names the components of each treatment, none for one without any.  ValueError for a
    treatment that it lacks; other arguments as for `network_synthesis`.

    References: Rücker, Petropoulou & Schwarzer 2020, *Biometrical Journal* 62:808.

    >>> rows = ("12", "AB", "BC", [1.0, 2.0], [0.5, 0.5])
    >>> fit = component_synthesis(*rows, made_of={"A": "xy", "B": "x", "C": ""})
    >>> [round(fit.components[name].mean, 12) for name in "xy"]
    [2.0, 1.0]
    """
    rows = read_contrasts(study, treatment1, treatment2, yi, vi)
    lacking = [one for one in rows.treatments if one not in made_of]
    if lacking:
        msg = f"made_of: need the components of each treatment, found none for {', '.join(lacking)}"
        raise ValueError(msg)
    parts = {one: set(made_of[one]) for one in rows.treatments}
    names = sorted(set().union(*parts.values()))
    x = rows.x @ np.array(
        [[float(name in parts[one]) for name in names] for one in rows.treatments]
    )
    _, size, turned = np.linalg.svd(x)
    seen = turned[: int(np.sum(size > ROUNDING * size.max(initial=1.0)))]
    hidden = np.eye(len(names)) - seen.T @ seen  # what no contrast tells
    tau2 = residual_tau2(rows.y, rows.d, x @ seen.T, tau2_estimator)
    beta, covariance = least_squares(rows.y, rows.d + tau2, x)
    why = {name: _why_not(hidden[place], place, names) for place, name in enumerate(names)}
    return ComponentSynthesis(
        components={
            name: contrast((name, ""), beta[place], covariance[place, place], level)
            for place, name in enumerate(names)
            if not why[name]
        },
        not_identified={name: reason for name, reason in why.items() if reason},
        tau2=tau2,
        tau2_estimator=tau2_estimator,
        additivity=q_part(rows.y, rows.d, x, "additive model"),
    )


def _why_not(hidden: Floats, place: int, names: list[str]) -> str:
    """Say with which components an effect is confounded; empty where it is identified."""
    if hidden[place] < ROUNDING:
        return ""
    others = [other for at, other in enumerate(names) if at != place and abs(hidden[at]) > ROUNDING]
    if not others:
        return "both sides of every comparison hold it, or neither does"
    return f"no comparison tells its effect apart from that of {' and '.join(others)}"
