"""Factors that are measured after the start of the time they are held against.

A patient has such a factor only if it was seen before follow-up or life ended, so its groups are
formed by what happened later: immortal time (Suissa 2008, *American Journal of Epidemiology*
167:492).
"""

from collections.abc import Iterator

from livingreview.audit.finding import Finding, Verdict
from livingreview.studies import Outcome, Printed, Quantity, Study

AFTER_START = "after-start"
RESULTS = ("hr", "p", "median", "rate")


def measured_after_start(study: Study) -> Iterator[Finding]:
    """Each time to an event that is analysed by factors declared ``measured: after-start``.

    One finding for an outcome, whatever the number of factors, covariates and subgroups.
    """
    late = {
        variable.id
        for variable in study.variables.values()
        if (variable.details or {}).get("measured") == AFTER_START
    }
    for outcome in study.outcomes.values():
        if not late or outcome.kind != "time-to-event":
            continue
        used = [
            number
            for number in study.numbers
            if number.quantity.outcome == outcome.id
            and number.quantity.statistic in RESULTS
            and late & _factors(number.quantity)
        ]
        if used:
            yield _finding(study, outcome, late, used)


def _factors(quantity: Quantity) -> set[str]:
    """Variables by which the quantity compares or selects patients."""
    selected = {part.partition("=")[0] for part in quantity.subgroup.split("&")}
    return selected | {quantity.comparison.partition(":")[0]}


def _finding(study: Study, outcome: Outcome, late: set[str], used: list[Printed]) -> Finding:
    ordered = sorted(used, key=lambda number: RESULTS.index(number.quantity.statistic))
    named = dict.fromkeys(v for n in ordered for v in study.variables if v in _factors(n.quantity))
    labels = " and ".join(study.variables[v].label for v in named if v in late)
    places = dict.fromkeys(n.locator.table or n.locator.section for n in ordered)
    origin = (outcome.details or {}).get("origin", "the start")
    said = (
        f"{outcome.label}: {', '.join(places)} {'give' if len(places) > 1 else 'gives'} results by "
        f"{labels}, seen after time begins ({origin}); patients had to live, and be followed, long "
        "enough for it to be seen, so the groups depend on later survival; plausible only where "
        "this hardly matters."
    )
    first = ordered[0]
    return Finding(
        tuple(ordered),
        f"{first.quantity.statistic} {first.value}",
        "groups known at the start",
        Verdict.IMPLAUSIBLE,
        said,
    )
