"""One covariate in several Cox models: over two outcomes, and over one- and many-variable models.

These are remarks: a ratio may change its side of 1, or much of its size, from one model to another
when covariates are confounded with each other, or when the outcomes differ.  The limits are those
of the house (a factor of five, intervals that part); `audit_limits` says how often honest trials
reach them.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from livingreview_audit.finding import Finding, Kind, Verdict, check
from livingreview_audit.hazard_ratios import SHIFT, SHIFT_ERRORS
from livingreview_audit.ratios import Ratio, groups_of, own_ratios
from livingreview_record import Quantity, Study

FACTOR = 5.0
FACTOR_ERRORS, SIDE_ERRORS = 2.0, 4.0  # of the larger of the two; both rest on the same patients


@check("One covariate's hazard ratios for two outcomes of the same patients.", kind=Kind.DESIGN)
def covariate_over_outcomes(study: Study) -> Iterator[Finding]:
    """A remark where both intervals exclude 1 on opposite sides, or where two groups differ by a
    factor of five and the intervals have nothing in common.
    """
    families: dict[Quantity, dict[str, Ratio]] = {}
    for quantity, ratio in own_ratios(study).items():
        family = replace(quantity, outcome="", timepoint="")
        families.setdefault(family, {}).setdefault(quantity.outcome, ratio)
    for outcomes in families.values():
        for first, second in combinations(outcomes.values(), 2):
            yield _outcomes(study, first, second)


def _outcomes(study: Study, first: Ratio, second: Ratio) -> Finding:
    label = study.vocabulary(second.quantity.outcome).label
    said = f"{first.shown}, and for {label} {second.shown}"
    why = _opposite(first, second)
    if not why and _factor(first, second) >= FACTOR and _apart(first, second):
        contrast = groups_of(study, first.quantity) is not None
        why = f"a factor of {_factor(first, second):.1f}" if contrast else ""
    if why:
        said += (
            f"; {why}, which may arise from few events or from a covariate that acts on one "
            "outcome only"
        )
    return _remark(first, second, said, remarkable=bool(why))


@check("One covariate's hazard ratio alone and in the multivariable model.", kind=Kind.DESIGN)
def covariate_over_models(study: Study) -> Iterator[Finding]:
    """A remark where it moves by a factor of five and two standard errors, or to the other side of
    1 by four; where it moves beyond what `adjusted-against-unadjusted` allows, that check has it.
    """
    known = own_ratios(study)
    for quantity, adjusted in known.items():
        raw = known.get(replace(quantity, adjustment="unadjusted"))
        if quantity.adjustment == "adjusted" and raw is not None:
            yield _models(adjusted, raw)


def _models(adjusted: Ratio, raw: Ratio) -> Finding:
    said = f"{raw.shown} alone, and {adjusted.shown} in the multivariable model"
    shift = math.log(_factor(adjusted, raw))
    errors = max(one.standard_error.upper for one in (adjusted, raw))
    sides = (adjusted.estimate.number.value - 1) * (raw.estimate.number.value - 1) < 0
    large = _factor(adjusted, raw) >= FACTOR and shift > FACTOR_ERRORS * errors
    elsewhere = shift > SHIFT and shift > SHIFT_ERRORS * errors
    remarkable = (large or (sides and shift > SIDE_ERRORS * errors)) and not elsewhere
    if remarkable:
        what = (
            f"a factor of {_factor(adjusted, raw):.1f}{', to the other side of 1' if sides else ''}"
        )
        said += f"; {what}, which may arise from confounding between covariates or few events"
    return _remark(adjusted, raw, said, remarkable=remarkable)


def _opposite(first: Ratio, second: Ratio) -> str:
    """Whether both intervals exclude 1, on opposite sides."""
    for below, above in ((first, second), (second, first)):
        if below.log_upper.upper < 0 < above.log_lower.lower:
            return "on opposite sides of 1"
    return ""


def _factor(first: Ratio, second: Ratio) -> float:
    values = [one.estimate.number.value for one in (first, second)]
    return max(values) / min(values)


def _apart(first: Ratio, second: Ratio) -> bool:
    pairs = ((first, second), (second, first))
    return any(one.log_upper.upper < other.log_lower.lower for one, other in pairs)


def _remark(judged: Ratio, other: Ratio, said: str, *, remarkable: bool) -> Finding:
    verdict = Verdict.REMARK if remarkable else Verdict.REPRODUCED
    numbers = (judged.estimate, judged.interval, other.estimate, other.interval)
    shown, expected = judged.estimate.value, other.estimate.value
    return judged.find(verdict, expected, said, numbers=numbers, reported=shown)
