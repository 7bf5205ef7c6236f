"""Denominators that a report declares, in a table's note or a heading, against those it used.

A variable with `denominator_declared: within` is said, in the place that `declared_in` names,
to be of the patients in `within` only.  Its percentages and the p-values of its levels must then
be of these patients too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from livingreview_audit.contingency import Table, p_value
from livingreview_audit.finding import ALPHA, Finding, Kind, Verdict, check
from livingreview_audit.intervals import printed_as, roundings
from livingreview_audit.lookup import (
    Count,
    classified_within,
    compared,
    complete,
    count,
    group_size,
    quantity_words,
)
from livingreview_audit.p_values import NAMED
from livingreview_record import Outcome, Printed, Quantity, Study, level_of

WITHIN = "within"


@dataclass(frozen=True)
class _Share:
    """A count with the size declared for it and the size of its whole group."""

    part: Count
    declared: Count
    group: Count


@check(
    "Percentages and p-values of a variable that is said to be of some patients only.",
    kind=Kind.WORDS,
)
def declared_denominator(study: Study) -> Iterator[Finding]:
    """One finding for all numbers of a variable that are of other patients.  Implausible where all
    of them are of the whole group: the declaration then names some patients and no denominator.
    """
    for outcome in (*study.variables.values(), *study.outcomes.values()):
        if outcome.denominator_declared == WITHIN:
            judged = [*_percentages(study, outcome), *_p_values(study, outcome)]
            fits = [one for one in judged if one.declared]
            apart = [one for one in judged if not one.declared]
            yield from (_tell(study, outcome, [one]) for one in fits)
            if apart:
                yield _tell(study, outcome, apart)


@dataclass(frozen=True)
class _Held:
    """A number held against the declared patients and against the whole group.

    `numbers` are those that it was recomputed from.
    """

    printed: Printed
    recomputed: str
    said: str
    declared: bool
    whole: bool
    numbers: tuple[Printed, ...]


def _tell(study: Study, outcome: Outcome, held: list[_Held]) -> Finding:
    first = held[0]
    said = f"{outcome.label}: {_declaration(study, outcome)}; "
    said += "; ".join(one.said for one in held)
    verdict = Verdict.REPRODUCED if first.declared else Verdict.DISCREPANT
    if not first.declared and all(one.whole for one in held):
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; the printed numbers are of the whole group, so that both hold if the declaration "
        )
        said += "names these patients and is not the denominator"
    numbers = (*(one.printed for one in held), *(n for one in held for n in one.numbers))
    unique = tuple(dict.fromkeys((*numbers, *_declared(study, outcome))))
    rest, value = tuple(one.printed for one in held[1:]), first.printed.value
    shown = f"p {value}" if first.printed.quantity.statistic == "p" else f"{value}%"
    return Finding(unique, shown, first.recomputed, verdict, f"{said}.", rest)


def _percentages(study: Study, outcome: Outcome) -> Iterator[_Held]:
    for number in study.numbers:
        ours = (number.quantity.statistic, number.quantity.outcome) == ("percent", outcome.id)
        if not ours or number.number.exact is None:
            continue
        share = _share(study, outcome, number.quantity)
        if share is not None:
            part, fits = share.part, _is_of(number, share.part, share.declared)
            of = f"{part.value} of {share.declared.value}"
            said = f"{of} is {_percent(number, share)}%"
            said += "" if fits else f" (printed {number.value}%)"
            counted = (*part.numbers, *share.declared.numbers)
            whole = _is_of(number, part, share.group)
            yield _Held(number, f"{_percent(number, share)}%", said, fits, whole, counted)


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
    section = outcome.declared_in
    variable, level = level_of(outcome.within)
    found = study.find(outcome=variable, category=level, statistic="n", subgroup="")
    return tuple(number for number in found if number.locator.section == section)


def _declaration(study: Study, outcome: Outcome) -> str:
    place = outcome.declared_in or "the report"
    around = quantity_words(study, Quantity().of_level(level_of(outcome.within)))
    sizes = " and ".join(number.value for number in _declared(study, outcome))
    return f"{place} declares {'n=' + sizes if sizes else 'these patients'} ({around})"


def _p_values(study: Study, outcome: Outcome) -> Iterator[_Held]:
    for p in study.numbers:
        quantity = p.quantity
        ours = (quantity.statistic, quantity.outcome) == ("p", outcome.id) and quantity.category
        if not ours or quantity.comparison not in study.comparisons or quantity.method not in NAMED:
            continue
        known = complete(_share(study, outcome, arm) for arm in compared(study, quantity))
        if known:
            yield _p_value(study, p, known)


def _p_value(study: Study, p: Printed, known: tuple[_Share, ...]) -> _Held:
    declared = _by_test(p, [(share.part, share.declared) for share in known])
    used = _printing(p, _by_test(p, [(share.part, share.group) for share in known]))
    fits = bool(_printing(p, declared))
    values = ", ".join(f"{value:.4f} by {name}" for name, value in declared.items())
    said = f"{_table([(s.part, s.declared) for s in known])} gives {values}"
    if not fits:
        said += f" (printed {p.value}, on {_sides(p, declared)} of {ALPHA}"
        if used:
            said += f"; {_table([(s.part, s.group) for s in known])} gives it by {used}"
        said += ")"
    counted = tuple(n for s in known for n in (*s.part.numbers, *s.declared.numbers))
    recomputed = " or ".join(dict.fromkeys(f"{value:.4f}" for value in declared.values()))
    declared_levels = study.vocabulary(p.quantity.outcome).levels
    about = declared_levels.get(p.quantity.category, p.quantity.category)
    return _Held(p, recomputed, f"{about}: {said}", fits, bool(used), counted)


def _by_test(p: Printed, cells: list[tuple[Count, Count]]) -> dict[str, float]:
    """The p-value by each test that the report may mean; none where a part exceeds its size."""
    (a, n), (b, m) = ((part.value, size.value) for part, size in cells)
    if a > n or b > m:
        return {}
    table: Table = ((a, n - a), (b, m - b))
    found = {name: p_value(name, table) for name in NAMED[p.quantity.method]}
    return {name: value for name, value in found.items() if value is not None}


def _printing(p: Printed, values: dict[str, float]) -> str:
    """The first test whose p-value prints like `p`; empty when none does."""
    return next((name for name, v in values.items() if p.number.admits(v, slack=1e-12)), "")


def _table(cells: list[tuple[Count, Count]]) -> str:
    return " against ".join(f"{part.value} of {size.value}" for part, size in cells)


def _sides(p: Printed, values: dict[str, float]) -> str:
    low, up = p.number.rounding_interval
    apart = [v < ALPHA <= low or up < ALPHA <= v for v in values.values()]
    return "different sides" if all(apart) else "one side" if not any(apart) else "either side"
