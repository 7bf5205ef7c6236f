"""What the text says was done, or holds, against the numbers that are printed.

Statements of three kinds: ``no-stratified-analysis`` (by ``variables``), ``consistency-claim`` (a
benefit in every level of ``variables``), ``shown-patients`` (a section that counts the patients
whose ``outcome`` it shows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import PARTICIPANTS, count, group_words, quantity_words
from livingreview.audit.vocabulary import Statement, listed, stated
from livingreview.studies import Outcome, Printed, Quantity, Study

ALPHA = 0.05


def analyses_not_done(study: Study) -> Iterator[Finding]:
    """Analyses that the text says were not stratified against results printed by stratum."""
    for statement in stated(study, "no-stratified-analysis"):
        variables = listed(statement.get("variables"))
        for variable in (study.variables[id_] for id_ in variables):
            strata = [
                number
                for number in study.numbers
                if number.quantity.statistic == "p"
                and number.quantity.comparison in study.comparisons
                and number.quantity.subgroup.partition("=")[0] == variable.id
            ]
            if strata:
                yield _not_done(study, statement, variable, tuple(strata))


def _not_done(
    study: Study, statement: Statement, variable: Outcome, strata: tuple[Printed, ...]
) -> Finding:
    first = strata[0]
    quantity = first.quantity
    ratios = study.by_quantity.get(replace(quantity, statistic="hr", method="cox"), ())
    result = f"hazard ratio {ratios[0].value}, p {first.value}" if ratios else f"p {first.value}"
    said = (
        f"{variable.label}: {statement['section']} says that no analysis was stratified by it; "
        f"{first.locator} gives {result} for "
        f"{quantity_words(study, quantity)} ({group_words(study, quantity)})."
    )
    return Finding(strata, f"p {first.value}", "not done", Verdict.DISCREPANT, said)


def benefit_in_every_level(study: Study) -> Iterator[Finding]:
    """A benefit said to hold in every level of a variable against the levels' p-values.

    Implausible, not discrepant, where a level has none below 0.05: too few patients do this too.
    """
    for statement in stated(study, "consistency-claim"):
        about = {name: str(statement[name]) for name in ("comparison", "population", "outcome")}
        for variable in (study.variables[id_] for id_ in listed(statement.get("variables"))):
            printed = {
                level: study.find(statistic="p", subgroup=f"{variable.id}={level}", **about)
                for level in variable.levels
            }
            if any(printed.values()):
                yield _in_every_level(study, statement, variable, printed)


def _in_every_level(
    study: Study,
    statement: Statement,
    variable: Outcome,
    printed: Mapping[str, tuple[Printed, ...]],
) -> Finding:
    outcome = study.vocabulary(str(statement["outcome"])).label
    below = {level for level, found in printed.items() if any(map(_is_below, found))}
    told = [
        f"{variable.levels[level]} {' and '.join(p.value for p in found) or 'not printed'}"
        for level, found in printed.items()
    ]
    said = (
        f"{variable.label}: {statement['section']} says that the benefit ({outcome}) holds in "
        f"every group; p is: {', '.join(told)}"
    )
    others = [variable.levels[level] for level in printed if level not in below]
    if others:
        said += f"; plausible only if a benefit without significance is meant for {others[0]}"
        said += "".join(f" and {other}" for other in others[1:])
    numbers = tuple(number for found in printed.values() for number in found)
    return Finding(
        numbers,
        "a benefit in every group",
        f"p below {ALPHA} in {len(below)} of {len(printed)}",
        Verdict.IMPLAUSIBLE if others else Verdict.REPRODUCED,
        f"{said}.",
    )


def _is_below(p: Printed) -> bool:
    return Box.of(p.number).upper <= ALPHA and p.number.relation != ">"


def patients_shown(study: Study) -> Iterator[Finding]:
    """The patients that a figure is said to show against those in whom its values are known."""
    for statement in stated(study, "shown-patients"):
        outcome = study.vocabulary(str(statement["outcome"]))
        values = [n for n in study.numbers if n.quantity.outcome == outcome.id]
        shown = [
            n
            for n in study.find(outcome=PARTICIPANTS, statistic="n")
            if n.locator.section == statement["section"]
        ]
        for number in shown[:1] if values else ():
            yield from _shown(study, number, values[0], outcome)


def _shown(study: Study, number: Printed, value: Printed, outcome: Outcome) -> Iterator[Finding]:
    group = Quantity(population=value.quantity.population, arm_id=value.quantity.arm_id)
    known = count(study, replace(group, outcome=PARTICIPANTS, statistic="n"))
    if known is None:
        return
    fits = number.number.value == known.value
    said = (
        f"{outcome.label}: {number.locator} speaks of {number.value} patients; the values are of "
        f"{known.value} ({group_words(study, group)})."
    )
    yield Finding(
        (number, *known.numbers),
        number.value,
        str(known.value),
        Verdict.REPRODUCED if fits else Verdict.DISCREPANT,
        said,
    )
