"""Subgroups that together are everybody, against the whole: ratios, their precision, p-values.

With one hazard ratio in each level of a variable, the ratio stratified by it is about their mean,
weighted by 1 / se², and its precision about the sum of theirs.  The unstratified ratio of all
patients differs from it by chance, and by confounding where the levels differ in survival and in
how often the arms have them.  `audit_limits` holds how far honest trials differ.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from scipy.special import ndtr, ndtri

from livingreview_audit.finding import ALPHA, Finding, Verdict, check
from livingreview_audit.hazard_ratios import p_box
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import complete, mention, subgroup_words
from livingreview_audit.ratios import Z95, Ratio, comparison_words, own_ratios
from livingreview_audit.vocabulary import stated
from livingreview_record import Outcome, Printed, Quantity, Study, levels_of

# Set by validation/audit_limits.py; beyond each lies at most one honest trial in a thousand.
EFFECT_AWAY = 4.0  # whole against the weighted mean of its parts, in the whole's standard errors
PRECISION_LEAST, PRECISION_MOST = 0.5, 1.15  # sum of the parts' 1 / se² as a share of the whole's
Z_BEYOND = 2.5  # the whole's z beyond the root of the sum of the parts' z²
FEWEST_OUTSIDE = 20  # events
P_METHODS = ("cox", "log-rank", "")
CLAIMED = ("subgroup", "outcome", "comparison", "adjustment")


@dataclass(frozen=True)
class _Split:
    """The ratio of all patients, and those of all levels of one variable."""

    whole: Ratio
    parts: tuple[Ratio, ...]
    of: str

    @property
    def numbers(self) -> tuple[Printed, ...]:
        every = (self.whole, *self.parts)
        return tuple(number for one in every for number in (one.estimate, one.interval))

    @property
    def shown(self) -> str:
        return " and ".join(part.shown for part in self.parts)

    @property
    def weights(self) -> list[Box]:
        return [_weight(part) for part in self.parts]


def _weight(ratio: Ratio) -> Box:
    error = ratio.standard_error
    return Box(error.upper**-2, max(error.lower, 1e-6) ** -2)


@check("A hazard ratio of all patients against those of subgroups that together are everybody.")
def effect_of_subgroups(study: Study) -> Iterator[Finding]:
    """Weighted by 1 / se² the logarithms of the subgroups' ratios have about the whole's as their
    mean.  Implausible farther away than honest trials are.
    """
    for split in _splits(study):
        mean = _mean(split)
        own, error = split.whole.log_estimate, split.whole.standard_error.upper
        away = own.gap(mean) / error
        middle = math.exp((mean.lower + mean.upper) / 2)
        said = (
            f"by {split.of} {split.shown}, weighted by their precision {middle:.2f}; "
            f"{split.whole.shown} is printed for all"
        )
        verdict = Verdict.REPRODUCED
        if away > EFFECT_AWAY:
            verdict = Verdict.IMPLAUSIBLE
            said += (
                f", {away:.1f} standard errors away; plausible only where the levels differ much "
                "in survival and in how often the groups compared have them, or where the ratios "
                "are not of the same patients or model"
            )
        yield split.whole.find(verdict, f"{middle:.2f}", said, numbers=split.numbers)


def _mean(split: _Split) -> Box:
    """The weighted mean of the logarithms, over what the printed numbers may stand for."""
    weights = [(box.lower + box.upper) / 2 for box in split.weights]
    ends = [
        sum(w * end for w, end in zip(weights, sides, strict=True)) / sum(weights)
        for sides in (
            [part.log_estimate.lower for part in split.parts],
            [part.log_estimate.upper for part in split.parts],
        )
    ]
    return Box(*ends)


@check("The intervals of subgroups that together are everybody against the interval of all.")
def precision_of_subgroups(study: Study) -> Iterator[Finding]:
    """The sum of the subgroups' 1 / se² is about the whole's.  Implausible farther from it than
    in honest trials.
    """
    for split in _splits(study):
        own, weights = _weight(split.whole), split.weights
        share = Box(
            sum(box.lower for box in weights) / own.upper,
            sum(box.upper for box in weights) / own.lower,
        )
        middle = math.sqrt(share.lower * share.upper)
        implied = 1 / math.sqrt(sum((box.lower + box.upper) / 2 for box in weights))
        said = (
            f"the intervals by {split.of}, {split.shown}, together mean a standard error of "
            f"{implied:.3f}; {split.whole.shown} for all means {_middle(split.whole):.3f}"
        )
        verdict = Verdict.REPRODUCED
        if share.upper < PRECISION_LEAST or share.lower > PRECISION_MOST:
            verdict = Verdict.IMPLAUSIBLE
            said += (
                f", so the parts have {middle:.2f} of the information of the whole; plausible only "
                "where they are not the same patients, events or model"
            )
        yield split.whole.find(
            verdict, f"standard error {implied:.3f}", said, numbers=split.numbers
        )


def _middle(ratio: Ratio) -> float:
    return (ratio.standard_error.lower + ratio.standard_error.upper) / 2


def _splits(study: Study) -> Iterator[_Split]:
    known = own_ratios(study)
    splits = _splits_of(study, (_analysis(quantity) for quantity in known))
    for quantity, whole in known.items():
        for variable in () if quantity.subgroup else splits.get(_analysis(quantity)[1:], ()):
            parts = complete(known.get(part) for part in _levels(quantity, variable))
            if parts:
                yield _Split(whole, parts, variable.label)


def _analysis(quantity: Quantity) -> tuple[str, ...]:
    return tuple(str(getattr(quantity, name)) for name in CLAIMED)


def _splits_of(
    study: Study, analyses: Iterable[tuple[str, ...]]
) -> dict[tuple[str, ...], list[Outcome]]:
    """By outcome, comparison and adjustment, the variables by whose levels they are analysed.

    Only those whose levels together are everybody.
    """
    found: dict[tuple[str, ...], list[Outcome]] = {}
    for subgroup, *analysis in analyses:
        strata = levels_of(subgroup)
        variable = study.variables.get(strata[0].variable) if len(strata) == 1 else None
        if variable is None or not variable.exhaustive or variable.within:
            continue
        known = found.setdefault(tuple(analysis), [])
        if variable not in known and len(variable.levels) > 1:
            known.append(variable)
    return found


def _levels(quantity: Quantity, variable: Outcome) -> list[Quantity]:
    return [replace(quantity, subgroup=f"{variable.id}={level}") for level in variable.levels]


@check("A p-value of all patients against those of subgroups that together are everybody.")
def p_of_subgroups(study: Study) -> Iterator[Finding]:
    """Whatever their weights, subgroups with z1, z2, ... combine to at most the root of the sum of
    their squares.  A p-value above 0.05, or a claim of no significance, in every subgroup does
    not exclude a small one in all.  Implausible farther beyond than in honest trials.
    """
    claims = {
        tuple(getattr(statement, name) or "" for name in CLAIMED)
        for statement in stated(study, "significance")
        if statement.claim == "not-significant"
    }
    tested = [
        quantity
        for quantity in study.by_quantity
        if quantity.statistic == "p" and quantity.adjustment and quantity.comparison
    ]
    splits = _splits_of(study, (*(_analysis(quantity) for quantity in tested), *sorted(claims)))
    for quantity in tested:
        whole = None if quantity.subgroup else mention(study, quantity)
        for variable in splits.get(_analysis(quantity)[1:], ()) if whole is not None else ():
            parts = complete(_part_p(study, part, claims) for part in _levels(quantity, variable))
            if whole is not None and parts:
                yield _p(study, whole, parts, variable)


@dataclass(frozen=True)
class _PartP:
    """The p-value of a subgroup: printed, or claimed to be above 0.05."""

    box: Box
    words: str
    numbers: tuple[Printed, ...]


def _part_p(study: Study, wanted: Quantity, claims: set[tuple[str, ...]]) -> _PartP | None:
    for method in dict.fromkeys((wanted.method, *P_METHODS)):
        printed = mention(study, replace(wanted, method=method))
        if printed is not None:
            box = Box.of(printed.number).within(1e-300, 1.0)
            return _PartP(box, _words(printed), (printed,))
    claimed = _analysis(wanted) in claims
    return _PartP(Box(ALPHA, 1.0), "called not significant", ()) if claimed else None


def _p(study: Study, whole: Printed, parts: tuple[_PartP, ...], variable: Outcome) -> Finding:
    least = -float(ndtri(Box.of(whole.number).within(1e-300, 1.0).upper / 2))
    most = math.sqrt(sum(float(ndtri(part.box.lower / 2)) ** 2 for part in parts))
    smallest = 2 * float(ndtr(-most))
    shown = " and ".join(part.words for part in parts)
    label = study.vocabulary(whole.quantity.outcome).label
    said = (
        f"{label}, {comparison_words(study, whole.quantity)}: by {variable.label} {shown}, which "
        f"combine to no less than p {smallest:.2g}; {_words(whole)} is printed for all"
    )
    verdict = Verdict.REPRODUCED
    if least > most + Z_BEYOND:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; plausible only where the levels differ much in survival and in how often the groups "
            "compared have them, or where the p-values are not of the same patients or test"
        )
    numbers = (whole, *(number for part in parts for number in part.numbers))
    return Finding(numbers, _words(whole), f"p from {smallest:.2g}", verdict, f"{said}.")


def _words(p: Printed) -> str:
    return f"p {p.value}" if p.number.relation != "=" else f"p = {p.value}"


@check("What the ratio of all and that of one subgroup imply for the patients outside it.")
def other_patients(study: Study) -> Iterator[Finding]:
    """No verdict: where a paper prints the ratio of one level only, that of the others follows from
    the whole's by the weights 1 / se², roughly, and with it a test of interaction.
    """
    known = own_ratios(study)
    for quantity, part in known.items():
        whole = known.get(replace(quantity, subgroup=""))
        if quantity.stratum is None or whole is None:
            continue
        variable, level = quantity.stratum
        others = [o for o in study.vocabulary(variable).levels if o != level]
        if not any(replace(quantity, subgroup=f"{variable}={o}") in known for o in others):
            rest = _rest(whole, part)
            if rest is not None:
                yield _others(study, whole, part, rest)


def _rest(whole: Ratio, part: Ratio) -> tuple[float, float] | None:
    """Log ratio and standard error of the patients outside the part; None where few are left."""
    own, inside = _middle(whole) ** -2, _middle(part) ** -2
    if own - inside < FEWEST_OUTSIDE / 4:  # 1 / se² of two equal groups is a quarter of the events
        return None
    effects = [math.log(one.estimate.number.value) for one in (whole, part)]
    return (own * effects[0] - inside * effects[1]) / (own - inside), (own - inside) ** -0.5


def _others(study: Study, whole: Ratio, part: Ratio, rest: tuple[float, float]) -> Finding:
    log, error = rest
    shown = " to ".join(f"{math.exp(log + z * error):.2f}" for z in (-Z95, Z95))
    apart = math.log(part.estimate.number.value) - log
    z = abs(apart) / math.hypot(error, _middle(part))
    p = p_box(Box.at(z)).lower
    outside = f"outside {subgroup_words(study, part.quantity.strata[0])}"
    said = (
        f"{part.shown} is printed for this subgroup and {whole.shown} for all; none is printed "
        f"{outside}, where these imply about {math.exp(log):.2f} ({shown}); a test of interaction "
        f"would give about p {p:.2g}"
    )
    numbers = (part.estimate, part.interval, whole.estimate, whole.interval)
    return part.find(Verdict.NOT_CHECKABLE, f"{math.exp(log):.2f}", said, numbers=numbers)
