"""Events in two arms pooled without corrections: Mantel-Haenszel and Peto.

Zero cells need no halves here.  Q alone is measured from the effects of the single
studies, which do; comparisons without events in both arms have no part in it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from livingreview_pool.checks import Floats, check_choice
from livingreview_pool.effect_sizes import effect_sizes
from livingreview_pool.inputs import Arm, Tables, read_tables
from livingreview_pool.result import Synthesis, normal_synthesis

Estimate = tuple[float, float, Floats]

ROUNDING = 1e-12  # a variance below this part of its terms is what rounding leaves of zero


def mantel_haenszel(
    experimental: Arm,
    control: Arm,
    *,
    measure: str = "log_or",
    studies: Sequence[str] = (),
    cohorts: Sequence[frozenset[str]] = (),
    level: float = 0.95,
) -> Synthesis:
    """Pool odds ratios, risk ratios or risk differences ("log_or", "log_rr", "rd").

    Each arm is (events, n), one value per study.  `cohorts` names the patients of each
    study, which must differ.  A comparison without events in both arms adds nothing to a
    ratio, and its size to a difference.

    References: Mantel & Haenszel 1959, *JNCI* 22:719; variances of Robins, Breslow &
    Greenland 1986, *Biometrics* 42:311 (odds ratio), Greenland & Robins 1985, *Biometrics*
    41:55 (risk ratio), Sato, Greenland & Robins 1989, *Biometrics* 45:1323 (difference).

    >>> round(mantel_haenszel(([10, 0], [20, 30]), ([5, 2], [20, 30])).mean, 6)
    0.510826
    """
    check_choice("measure", measure, tuple(_ESTIMATES))
    tables = read_tables(experimental, control, studies, cohorts)
    mean, se, weights = _ESTIMATES[measure](tables)
    heterogeneity = _heterogeneity(measure, tables, mean)
    return normal_synthesis(
        "Mantel-Haenszel", measure, tables.studies, (mean, se), heterogeneity, weights, level=level
    )


def peto(
    experimental: Arm,
    control: Arm,
    *,
    studies: Sequence[str] = (),
    cohorts: Sequence[frozenset[str]] = (),
    level: float = 0.95,
) -> Synthesis:
    """Pool log odds ratios by Peto's one step from no effect; for rare events, equal arms.

    References: Yusuf et al. 1985, *Prog Cardiovasc Dis* 27:335.

    >>> round(peto(([10, 0], [20, 30]), ([5, 2], [20, 30])).mean, 6)
    0.518068
    """
    tables = read_tables(experimental, control, studies, cohorts)
    n1, n2 = tables.a + tables.b, tables.c + tables.d
    n, events = n1 + n2, tables.a + tables.c
    information = events * (n - events) * (n1 / n) * (n2 / n) / (n - 1)
    total = float(information.sum())
    _need(total, "peto: no study has both events and survivors")
    excess = tables.a - events * n1 / n
    known = information > 0
    q = (excess[known] ** 2 / information[known]).sum() - excess.sum() ** 2 / information.sum()
    return normal_synthesis(
        "Peto",
        "peto",
        tables.studies,
        (float(excess.sum()) / total, total**-0.5),
        (max(0.0, float(q)), int(known.sum()) - 1),
        information,
        level=level,
    )


def _odds_ratio(tables: Tables) -> Estimate:
    a, b, c, d = tables.a, tables.b, tables.c, tables.d
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    total_r, total_s = float(r.sum()), float(s.sum())
    _need(
        min(total_r, total_s),
        "mantel_haenszel: an odds ratio needs, on each side, a study with events in that arm "
        "and survivors in the other",
    )
    variance = 0.5 * (
        (p @ r) / total_r**2 + (p @ s + q @ r) / (total_r * total_s) + (q @ s) / total_s**2
    )
    return float(np.log(total_r / total_s)), float(np.sqrt(variance)), s


def _risk_ratio(tables: Tables) -> Estimate:
    a, b, c, d = tables.a, tables.b, tables.c, tables.d
    n1, n2 = a + b, c + d
    n = n1 + n2
    r, s = float((a * n2 / n).sum()), float((c * n1 / n).sum())
    _need(min(r, s), "mantel_haenszel: a risk ratio needs events in both arms")
    variance = float(((n1 * a * d + n2 * c * b) / n**2).sum()) / (r * s)
    _need(variance, "mantel_haenszel: no study has both events and survivors")
    return float(np.log(r / s)), float(np.sqrt(variance)), c * n1 / n


def _risk_difference(tables: Tables) -> Estimate:
    a, c, n1, n2 = tables.a, tables.c, tables.a + tables.b, tables.c + tables.d
    n = n1 + n2
    weight = n1 * n2 / n
    mean = float((a * n2 / n - c * n1 / n).sum() / weight.sum())
    p = (c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + n1 * n2 * (n2 - n1) / (2 * n**2)).sum()
    q = (a * (n2 - c) / n + c * (n1 - a) / n).sum() / 2
    spread = float(mean * p + q)
    _need(spread - ROUNDING * float(q), "mantel_haenszel: no arm has both events and survivors")
    return mean, spread**0.5 / float(weight.sum()), weight


_ESTIMATES: Mapping[str, Callable[[Tables], Estimate]] = {
    "log_or": _odds_ratio,
    "log_rr": _risk_ratio,
    "rd": _risk_difference,
}


def _need(value: float, message: str) -> None:
    if not value > 0:
        raise ValueError(message)


def _heterogeneity(measure: str, tables: Tables, mean: float) -> tuple[float, int]:
    yi, vi = effect_sizes(
        measure,
        drop00=True,
        events_experimental=tables.a,
        n_experimental=tables.a + tables.b,
        events_control=tables.c,
        n_control=tables.c + tables.d,
    )
    known = np.isfinite(yi)
    if known.sum() < 2:
        return 0.0, 0
    return float((((yi - mean) ** 2)[known] / vi[known]).sum()), int(known.sum()) - 1
