"""What the text says was done, or holds, against the numbers that are printed.

Statements of three kinds: ``no-stratified-analysis`` (by ``variables``), ``consistency-claim`` (a
benefit in every level of ``variables``), ``shown-patients`` (a section that counts the patients
whose ``outcome`` it shows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import PARTICIPANTS, count, full_words, group_words
from livingreview.audit.vocabulary import Statement, listed, stated
from livingreview.studies import Outcome, Printed, Quantity, Study

ALPHA = 0.05


def analyses_not_done(study: Study) -> Iterator[Finding]:
    """Analyses that the text says were not stratified against results printed by stratum.

    Assumes that a comparison of arms within a level is an analysis stratified by it.
    """
    for statement in stated(study, "no-stratified-analysis"):
        for variable in (study.variables[id_] for id_ in listed(statement.get("variables"))):
            strata = tuple(
                number
                for number in study.numbers
                if number.quantity.statistic == "p"
                and number.quantity.comparison in study.comparisons
                and number.quantity.subgroup.partition("=")[0] == variable.id
            )
            if strata:
                yield _not_done(study, f"{variable.label}: {statement['section']}", strata)


def _not_done(study: Study, where: str, strata: tuple[Printed, ...]) -> Finding:
    first, quantity = strata[0], strata[0].quantity
    ratios = study.by_quantity.get(replace(quantity, statistic="hr", method="cox"), ())
    printed = f"p {first.value}"
    result = f"hazard ratio {ratios[0].value}, {printed}" if ratios else printed
    said = (
        f"{where} says that no analysis was stratified by it; "
        f"{first.locator} gives {result} for {full_words(study, quantity)}."
    )
    return Finding(strata, printed, "not done", Verdict.DISCREPANT, said)


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
    """The patients that a figure is said to show against those in whom its values are known.

    Assumes that a figure shows each patient once.
    """
    for statement in stated(study, "shown-patients"):
        outcome = study.vocabulary(str(statement["outcome"]))
        values = [n for n in study.numbers if n.quantity.outcome == outcome.id]
        shown = [
            n
            for n in study.find(outcome=PARTICIPANTS, statistic="n")
            if n.locator.section == statement["section"]
        ]
        if shown and values:
            yield from _shown(study, shown[0], values[0].quantity, outcome.label)


def _shown(study: Study, number: Printed, value: Quantity, label: str) -> Iterator[Finding]:
    group = Quantity(population=value.population, arm_id=value.arm_id)
    known = count(study, replace(group, outcome=PARTICIPANTS))
    if known is not None:
        fits = number.number.value == known.value
        verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
        said = (
            f"{label}: {number.locator} speaks of {number.value} patients; the values are of "
            f"{known.value} ({group_words(study, group)})."
        )
        yield Finding((number, *known.numbers), number.value, str(known.value), verdict, said)
