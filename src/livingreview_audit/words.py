"""What the text says was done, or holds, against the numbers that are printed.

Statements of three kinds: `no-stratified-analysis` (by `variables`), `consistency-claim` (a
benefit in every level of `variables`), `shown-patients` (a section that counts the patients
whose `outcome` it shows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from livingreview_audit.finding import ALPHA, Finding, Kind, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import PARTICIPANTS, count, full_words, group_words
from livingreview_audit.vocabulary import qualified, says, stated
from livingreview_record import Outcome, Printed, Quantity, Statement, Study


@check(
    "Analyses that the text says were not stratified against results printed by stratum.",
    kind=Kind.WORDS,
)
def analyses_not_done(study: Study) -> Iterator[Finding]:
    """Assumes that a comparison of arms within a level is an analysis stratified by it."""
    for statement in stated(study, "no-stratified-analysis"):
        for variable in (study.variables[id_] for id_ in statement.variables):
            strata = tuple(
                number
                for number in study.numbers
                if number.quantity.statistic == "p"
                and number.quantity.comparison in study.comparisons
                and variable.id in [stratum.variable for stratum in number.quantity.strata[:1]]
            )
            if strata:
                yield _not_done(study, statement, variable, strata)


def _not_done(
    study: Study, statement: Statement, variable: Outcome, strata: tuple[Printed, ...]
) -> Finding:
    first, quantity = strata[0], strata[0].quantity
    ratios = study.by_quantity.get(replace(quantity, statistic="hr", method="cox"), ())
    printed = f"p {first.value}"
    result = f"hazard ratio {ratios[0].value}, {printed}" if ratios else printed
    said = (
        f"{variable.label}: {says([statement], 'that no analysis was stratified by it')}; "
        f"{first.locator} gives {result} for {full_words(study, quantity)}"
        f"{qualified([statement])}."
    )
    return Finding(strata, printed, "not done", Verdict.DISCREPANT, said)


@check(
    "A benefit said to hold in every level of some variables against the levels' p-values.",
    kind=Kind.WORDS,
)
def benefit_in_every_level(study: Study) -> Iterator[Finding]:
    """Implausible, not discrepant, where a level has none below 0.05.

    Too few patients do this too.
    """
    for statement in stated(study, "consistency-claim"):
        about = {
            name: str(getattr(statement, name)) for name in ("comparison", "population", "outcome")
        }
        printed = {
            f"{variable.label}, {variable.levels[level]}": study.find(
                statistic="p", subgroup=f"{variable.id}={level}", **about
            )
            for variable in (study.variables[id_] for id_ in statement.variables)
            for level in variable.levels
        }
        if any(printed.values()):
            yield _in_every_level(study, statement, printed)


def _in_every_level(
    study: Study, statement: Statement, printed: Mapping[str, tuple[Printed, ...]]
) -> Finding:
    outcome = study.vocabulary(statement.outcome).label
    below = {level for level, found in printed.items() if any(_is_below(p) for p in found)}
    told = [
        f"{level}: {' and '.join(f'p {p.value}' for p in found) or 'none printed'}"
        for level, found in printed.items()
    ]
    said = f"{outcome}: {says([statement], 'that the benefit holds in every group')}; "
    said += f"the p-values are {'; '.join(told)}"
    if len(below) < len(printed):
        said += "; both hold if a benefit without significance is meant as well"
        said += qualified([statement])
    numbers = tuple(number for found in printed.values() for number in found)
    return Finding(
        numbers,
        "a benefit in every group",
        f"p below {ALPHA} in {len(below)} of {len(printed)}",
        Verdict.IMPLAUSIBLE if len(below) < len(printed) else Verdict.REPRODUCED,
        f"{said}.",
        numbers[1:],
    )


def _is_below(p: Printed) -> bool:
    return Box.of(p.number).upper <= ALPHA and p.number.relation != ">"


@check(
    "The patients that a figure is said to show against those in whom its values are known.",
    kind=Kind.WORDS,
)
def patients_shown(study: Study) -> Iterator[Finding]:
    """Assumes that a figure shows each patient once."""
    for statement in stated(study, "shown-patients"):
        outcome = study.vocabulary(statement.outcome)
        values = [n for n in study.numbers if n.quantity.outcome == outcome.id]
        shown = [
            n
            for n in study.find(outcome=PARTICIPANTS, statistic="n")
            if n.locator.section == statement.section
        ]
        if shown and values:
            yield from _shown(study, statement, shown[0], values[0].quantity)


def _shown(
    study: Study, statement: Statement, number: Printed, value: Quantity
) -> Iterator[Finding]:
    group = Quantity(population=value.population, arm_id=value.arm_id)
    known = count(study, replace(group, outcome=PARTICIPANTS))
    if known is not None:
        fits = number.number.value == known.value
        verdict = Verdict.REPRODUCED if fits else Verdict.IMPLAUSIBLE
        said = f"{study.vocabulary(value.outcome).label}: "
        said += says([statement], f"that it shows {number.value} patients")
        said += f"; the values are of {known.value} ({group_words(study, group)})"
        said += "" if fits else "; both hold if the words name the group and not the values shown"
        numbers = (number, *known.numbers)
        yield Finding(numbers, number.value, str(known.value), verdict, f"{said}.")
