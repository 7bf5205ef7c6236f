"""From a whole and one of its subgroups to the patients outside it, and the test of interaction."""

from dataclasses import dataclass

from livingreview_pool.effects import Effect
from livingreview_pool.result import wald


@dataclass(frozen=True, slots=True, kw_only=True)
class Complement:
    """What a whole and a subgroup imply for everybody else, on the analysis scale.

    `difference` is the subgroup less the rest, `difference_se` its standard error; `pval` is of the
    test of interaction.
    """

    mean: float
    ci_lower: float
    ci_upper: float
    difference: float
    difference_se: float
    difference_lower: float
    difference_upper: float
    pval: float


def complement(whole: Effect, subgroup: Effect, *, level: float = 0.95) -> Complement:
    """Effect in the patients outside a subgroup, and how far the subgroup differs from them.

    Assumes that the whole is the inverse-variance mean of the subgroup and the rest, as it is for
    a stratified analysis and nearly is for a hazard ratio of all patients.  Raises ValueError
    unless the subgroup is less precise than the whole.

    References: Altman & Bland 2003, *BMJ* 326:219, for the difference between two estimates.

    >>> found = complement(Effect("S", 0.0, 0.5, "log_hr"), Effect("S", 1.0, 1.0, "log_hr"))
    >>> found.mean, found.difference
    (-1.0, 2.0)
    """
    if whole.measure != subgroup.measure or not subgroup.vi > whole.vi:
        msg = (
            "complement: need a subgroup of the same measure and with a larger variance than the "
            f"whole, found {subgroup.measure} with {subgroup.vi!r} "
            f"and {whole.measure} with {whole.vi!r}"
        )
        raise ValueError(msg)
    weight = 1 / whole.vi - 1 / subgroup.vi
    mean = (whole.yi / whole.vi - subgroup.yi / subgroup.vi) / weight
    difference = subgroup.yi - mean
    rest = wald(mean, weight**-0.5, level)
    se = (subgroup.vi + 1 / weight) ** 0.5
    test = wald(difference, se, level)
    return Complement(
        mean=mean,
        ci_lower=rest.ci_lower,
        ci_upper=rest.ci_upper,
        difference=difference,
        difference_se=se,
        difference_lower=test.ci_lower,
        difference_upper=test.ci_upper,
        pval=test.pval,
    )
