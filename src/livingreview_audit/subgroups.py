"""Subgroups that together are everybody, against the whole: ratios, their precision, p-values.

With one hazard ratio in each level of a variable, the ratio stratified by it is about their mean,
weighted by 1 / se², and its precision about the sum of theirs.  The unstratified ratio of all
patients differs from it by chance, and by confounding where the levels differ in survival and in
how often the arms have them.  `audit_limits` holds how far honest trials differ.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from livingreview_audit.audited import Audited, Numbers, by_subgroup, every
from livingreview_audit.finding import Finding, Verdict, check, first_true
from livingreview_audit.intervals import ALPHA, Box, added
from livingreview_audit.ratios import P_METHODS, Z95, Ratio, own_ratios, p_box, p_words, z_box
from livingreview_record import Outcome, Printed, Quantity, levels_of

# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
EFFECT_AWAY = 4.0  # whole against the weighted mean of its parts, in the whole's standard errors
PRECISION_LEAST, PRECISION_MOST = 0.5, 1.15  # sum of the parts' 1 / se² as a share of the whole's
Z_BEYOND = 2.5  # the whole's z beyond the root of the sum of the parts' z²
FEWEST_OUTSIDE = 20  # events
ONLY_WHERE = (
    "; plausible only where the levels differ much in survival and in how often the groups "
    "compared have them, or where the"
)
NOT_THE_SAME = "are not of the same {participants}"
CLAIMED = ("subgroup", "outcome", "comparison", "adjustment")


class _Split(NamedTuple):
    """The ratio of all patients, and those of all levels of one variable."""

    whole: Ratio
    parts: tuple[Ratio, ...]
    of: str

    @property
    def numbers(self) -> Numbers:
        return _numbers(self.whole, *self.parts)

    @property
    def shown(self) -> str:
        return " and ".join(part.shown for part in self.parts)

    @property
    def weights(self) -> list[Box]:
        return [_weight(part) for part in self.parts]


def _numbers(*ratios: Ratio) -> Numbers:
    return tuple(number for one in ratios for number in (one.estimate, one.interval))


def _weight(ratio: Ratio) -> Box:
    error = ratio.standard_error
    return Box(error.upper**-2, max(error.lower, 1e-6) ** -2)


@check(
    "A hazard ratio of all {participants} against those of subgroups that together are everybody."
)
def effect_of_subgroups(study: Audited) -> Iterator[Finding]:
    """Weighted by 1 / se² the logarithms of the subgroups' ratios have about the whole's as their
    mean.  Implausible farther away than honest trials are.
    """
    for split in _splits(study):
        weights = [(box.lower + box.upper) / 2 for box in split.weights]
        mean = added((part.log_estimate for part in split.parts), weights).over(sum(weights))
        away = split.whole.log_estimate.gap(mean) / split.whole.standard_error.upper
        middle = f"{math.exp((mean.lower + mean.upper) / 2):.2f}"
        far = f", {away:.1f} standard errors away{ONLY_WHERE} ratios {NOT_THE_SAME} or model"
        verdict, why = first_true((away > EFFECT_AWAY, Verdict.IMPLAUSIBLE, far))
        said = (
            f"by {split.of} {split.shown}, weighted by their precision {middle}; "
            f"{split.whole.shown} is printed for all{why}"
        )
        yield split.whole.find(split.numbers, said, verdict, middle)


@check("The intervals of subgroups that together are everybody against the interval of all.")
def precision_of_subgroups(study: Audited) -> Iterator[Finding]:
    """The sum of the subgroups' 1 / se² is about the whole's.  Implausible farther from it than
    in honest trials.
    """
    for split in _splits(study):
        own, weights = _weight(split.whole), added(split.weights)
        share = Box(weights.lower / own.upper, weights.upper / own.lower)
        middle = math.sqrt(share.lower * share.upper)
        implied = 1 / math.sqrt(sum((box.lower + box.upper) / 2 for box in split.weights))
        error = f"standard error {implied:.3f}"
        far = (
            f", so the parts have {middle:.2f} of the information of the whole; plausible only "
            "where they are not the same {participants}, events or model"
        )
        apart = share.upper < PRECISION_LEAST or share.lower > PRECISION_MOST
        verdict, why = first_true((apart, Verdict.IMPLAUSIBLE, far))
        said = (
            f"the intervals by {split.of}, {split.shown}, together mean a standard error of "
            f"{implied:.3f}; {split.whole.shown} for all means {_middle(split.whole):.3f}{why}"
        )
        yield split.whole.find(split.numbers, said, verdict, error)


def _middle(ratio: Ratio) -> float:
    return (ratio.standard_error.lower + ratio.standard_error.upper) / 2


def _splits(study: Audited) -> Iterator[_Split]:
    known = own_ratios(study)
    variables = _splitting(study, {quantity.subgroup for quantity in known})
    for quantity, whole in known.items():
        for variable in () if quantity.subgroup else variables:
            parts = every(known.get(part) for part in by_subgroup(quantity, variable))
            if parts:
                yield _Split(whole, parts, variable.label)


def _splitting(study: Audited, subgroups: Iterable[str]) -> list[Outcome]:
    """The variables that make these subgroups, and whose levels together are everybody."""
    made = {level.variable for subgroup in subgroups for level in levels_of(subgroup)}
    return [
        variable
        for variable in study.variables.values()
        if variable.id in made and variable.exhaustive and not variable.within
        if len(variable.levels) > 1
    ]


@check("A p-value of all {participants} against those of subgroups that together are everybody.")
def p_of_subgroups(study: Audited) -> Iterator[Finding]:
    """Whatever their weights, subgroups with z1, z2, ... combine to at most the root of the sum of
    their squares.  A p-value above 0.05, or a claim of no significance, in every subgroup does
    not exclude a small one in all.  Implausible farther beyond than in honest trials.
    """
    claims = {
        tuple(getattr(statement, name) or "" for name in CLAIMED)
        for statement in study.stated("significance")
        if statement.claim == "not-significant"
    }
    subgroups = {quantity.subgroup for quantity in study.by_quantity}
    variables = _splitting(study, subgroups.union(subgroup for subgroup, *_ in claims))
    for quantity in study.by_quantity:
        tested = quantity.statistic == "p" and quantity.adjustment and quantity.comparison
        for variable in variables if tested and not quantity.subgroup else ():
            levels = by_subgroup(quantity, variable)
            parts = every(_part_p(study, level, claims) for level in levels)
            whole = study.mention(quantity)
            if whole is not None and parts:
                yield _p(study, whole, parts, variable)


class _PartP(NamedTuple):
    """The p-value of a subgroup: printed, or claimed to be above 0.05."""

    z: Box
    words: str
    numbers: Numbers


def _part_p(study: Audited, wanted: Quantity, claims: set[tuple[str, ...]]) -> _PartP | None:
    for method in dict.fromkeys((wanted.method, *P_METHODS)):
        printed = study.mention(replace(wanted, method=method))
        if printed is not None:
            return _PartP(z_box(Box.of(printed.number)), p_words(printed), (printed,))
    claimed = tuple(str(getattr(wanted, name)) for name in CLAIMED) in claims
    return _PartP(z_box(Box(ALPHA, 1.0)), "called not significant", ()) if claimed else None


def _p(study: Audited, whole: Printed, parts: tuple[_PartP, ...], variable: Outcome) -> Finding:
    least = z_box(Box.of(whole.number)).lower
    most = math.sqrt(sum(part.z.upper**2 for part in parts))
    from_p = f"{p_box(Box.at(most)).lower:.2g}"
    far = f"{ONLY_WHERE} p-values {NOT_THE_SAME} or test"
    verdict, why = first_true((least > most + Z_BEYOND, Verdict.IMPLAUSIBLE, far))
    said = (
        f"by {variable.label} {' and '.join(part.words for part in parts)}, which combine to no "
        f"less than p {from_p}; {p_words(whole)} is printed for all{why}"
    )
    numbers = (whole, *(number for part in parts for number in part.numbers))
    about, shown = study.compared_words(whole.quantity), p_words(whole)
    return Finding.on(numbers, about, said, verdict, f"p from {from_p}", reported=shown)


@check("What the ratio of all and that of one subgroup imply for the {participants} outside it.")
def other_patients(study: Audited) -> Iterator[Finding]:
    """No verdict: where a paper prints the ratio of one level only, that of the others follows from
    the whole's by the weights 1 / se², roughly, and with it a test of interaction.
    """
    known = own_ratios(study)
    for quantity, part in known.items():
        whole = known.get(replace(quantity, subgroup=""))
        if quantity.stratum is None or whole is None:
            continue
        levels = by_subgroup(quantity, study.vocabulary(quantity.stratum.variable))
        alone = not any(level in known for level in levels if level != quantity)
        own, inside = _middle(whole) ** -2, _middle(part) ** -2
        # 1 / se² of two equal groups is a quarter of the events
        if alone and own - inside >= FEWEST_OUTSIDE / 4:
            effects = [math.log(one.value) for one in (whole, part)]
            log = (own * effects[0] - inside * effects[1]) / (own - inside)
            error = (own - inside) ** -0.5
            shown = " to ".join(f"{math.exp(log + z * error):.2f}" for z in (-Z95, Z95))
            z = abs(effects[1] - log) / math.hypot(error, _middle(part))
            said = (
                f"{part.shown} is printed for this subgroup and {whole.shown} for all; none is "
                f"printed outside {study.subgroup_words(quantity.stratum)}, where these imply "
                f"about {math.exp(log):.2f} ({shown}); a test of interaction would give about p "
                f"{p_box(Box.at(z)).lower:.2g}"
            )
            implied, numbers = f"{math.exp(log):.2f}", _numbers(part, whole)
            yield part.find(numbers, said, Verdict.NOT_CHECKABLE, implied)
