"""Denominators that a report declares, in a table's note or a heading, against those it used.

A variable with ``denominator_declared: within`` is said, in the place that ``declared_in`` names,
to be of the patients in ``within`` only.  Its percentages and the p-values of its levels must then
be of these patients too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from livingreview.audit.boxes import printed_as, roundings
from livingreview.audit.contingency import Table, p_value
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import (
    Count,
    classified_within,
    compared,
    complete,
    count,
    group_size,
    quantity_words,
)
from livingreview.audit.tests import ALPHA, NAMED
from livingreview.studies import Outcome, Printed, Quantity, Study

WITHIN = "within"


@dataclass(frozen=True)
class _Share:
    """A count with the size declared for it and the size of its whole group."""

    part: Count
    declared: Count
    group: Count


def declared_denominator(study: Study) -> Iterator[Finding]:
    """Percentages and p-values of a variable that is said to be of some patients only.

    One finding for all percentages of a variable together, one for each p-value.
    """
    for outcome in (*study.variables.values(), *study.outcomes.values()):
        if (outcome.details or {}).get("denominator_declared") != WITHIN:
            continue
        yield from _percentages(study, outcome)
        for number in study.numbers:
            quantity = number.quantity
            ours = (quantity.statistic, quantity.outcome) == ("p", outcome.id)
            if ours and quantity.category and quantity.comparison in study.comparisons:
                yield from _p_value(study, outcome, number)


def _percentages(study: Study, outcome: Outcome) -> Iterator[Finding]:
    printed = {
        number: share
        for number in study.numbers
        if (number.quantity.statistic, number.quantity.outcome) == ("percent", outcome.id)
        and number.number.exact is not None
        and (share := _share(study, outcome, number.quantity)) is not None
    }
    if not printed:
        return
    apart = {n: share for n, share in printed.items() if not _is_of(n, share.part, share.declared)}
    shown = apart or printed
    told = [f"{s.part.value} of {s.declared.value} is {_percent(n, s)}%" for n, s in shown.items()]
    said = f"{outcome.label}: {_declaration(study, outcome)}; {', '.join(told)}"
    if apart:
        said += f"; printed are {', '.join(f'{number.value}%' for number in apart)}"
    if apart and all(_is_of(number, share.part, share.group) for number, share in apart.items()):
        groups = dict.fromkeys(str(share.group.value) for share in apart.values())
        said += f", shares of {', '.join(groups)}"
    first, share = next(iter(shown.items()))
    numbers, recomputed = (*shown, *_declared(study, outcome)), f"{_percent(first, share)}%"
    verdict = Verdict.DISCREPANT if apart else Verdict.REPRODUCED
    yield Finding(numbers, f"{first.value}%", recomputed, verdict, f"{said}.")


def _share(study: Study, outcome: Outcome, quantity: Quantity) -> _Share | None:
    part, group = count(study, quantity), group_size(study, quantity)
    declared = next(iter(classified_within(study, quantity, outcome)), None)
    if part is None or declared is None or group is None or not declared.value:
        return None
    return _Share(part, declared, group) if part.value <= declared.value else None


def _is_of(percent: Printed, part: Count, size: Count) -> bool:
    ways = roundings(part.percent_of(size), percent.number.decimals)
    return percent.number.exact in ways.values()


def _percent(percent: Printed, share: _Share) -> str:
    exact = share.part.percent_of(share.declared)
    return str(printed_as(exact, percent.number.decimals))


def _declared(study: Study, outcome: Outcome) -> tuple[Printed, ...]:
    """The printed size that the declaration gives, where it gives one."""
    section = (outcome.details or {}).get("declared_in")
    variable, _, level = outcome.within.partition("=")
    found = study.find(outcome=variable, category=level, statistic="n", subgroup="")
    return tuple(number for number in found if number.locator.section == section)


def _declaration(study: Study, outcome: Outcome) -> str:
    place = (outcome.details or {}).get("declared_in", "the report")
    variable, _, level = outcome.within.partition("=")
    around = quantity_words(study, Quantity(outcome=variable, category=level))
    sizes = " and ".join(number.value for number in _declared(study, outcome))
    return f"{place} declares {'n=' + sizes if sizes else 'these patients'} ({around})"


def _p_value(study: Study, outcome: Outcome, p: Printed) -> Iterator[Finding]:
    known = complete(_share(study, outcome, arm) for arm in compared(study, p.quantity))
    if not known or p.quantity.method not in NAMED:
        return
    declared = _by_test(p, [(share.part, share.declared) for share in known])
    whole = _by_test(p, [(share.part, share.group) for share in known])
    values = ", ".join(f"{value:.4f} by {name}" for name, value in declared.items())
    said = f"{quantity_words(study, p.quantity)}: {_declaration(study, outcome)}; "
    said += f"{_table([(s.part, s.declared) for s in known])} gives {values}"
    fits = _printing(p, declared)
    if not fits:
        said += f"; printed is {p.value}"
        used = _printing(p, whole)
        if used:
            said += f", which {_table([(s.part, s.group) for s in known])} gives by {used}"
        said += f"; the two are on {_sides(p, declared)} of {ALPHA}"
    counted = [n for s in known for n in (*s.part.numbers, *s.declared.numbers)]
    numbers = (p, *counted, *_declared(study, outcome))
    recomputed = " or ".join(dict.fromkeys(f"{value:.4f}" for value in declared.values()))
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    yield Finding(numbers, f"p {p.value}", recomputed, verdict, f"{said}.")


def _by_test(p: Printed, cells: list[tuple[Count, Count]]) -> dict[str, float]:
    """The p-value by each test that the report may mean; none where a part exceeds its size."""
    (a, n), (b, m) = ((part.value, size.value) for part, size in cells)
    if a > n or b > m:
        return {}
    table: Table = ((a, n - a), (b, m - b))
    found = {name: p_value(name, table) for name in NAMED[p.quantity.method]}
    return {name: value for name, value in found.items() if value is not None}


def _printing(p: Printed, values: dict[str, float]) -> str:
    """The first test whose p-value prints like ``p``; empty when none does."""
    return next((name for name, v in values.items() if p.number.admits(v, slack=1e-12)), "")


def _table(cells: list[tuple[Count, Count]]) -> str:
    return " against ".join(f"{part.value} of {size.value}" for part, size in cells)


def _sides(p: Printed, values: dict[str, float]) -> str:
    low, up = p.number.rounding_interval
    apart = [v < ALPHA <= low or up < ALPHA <= v for v in values.values()]
    return "different sides" if all(apart) else "one side" if not any(apart) else "either side"
