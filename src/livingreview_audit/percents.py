"""Percentages against the counts and sizes they are of.

A percentage is `100 n / N`.  Where `n` is printed, it is recomputed; where it is not, some
whole `n` must give it (GRIM: Brown & Heathers 2017, *Social Psychological and Personality
Science* 8:363).  Which `N` it is of is declared by the vocabulary.  Before a percentage is called
discrepant, every usual way of printing one is tried: ties, cutting off (where the whole table cuts
off), shares of the row, a few patients not assessed, parts rounded so that they add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import counts_that_print, printed_as, roundings
from livingreview_audit.lookup import (
    Count,
    arm_counts,
    classified_within,
    complete,
    count,
    counts,
    level_counts,
    mention,
    quantity_words,
    sizes,
    sum_of_arms,
    total,
)
from livingreview_audit.vocabulary import ADVERSE_EVENT, partition_of
from livingreview_record import ALL_ARMS, Outcome, Printed, Quantity, Reported, Study

COUNTED_KINDS = frozenset({"categorical", "binary", "adverse-event", "count", "time-to-event"})
ASSESSED_SHARE = Fraction(4, 5)  # at most a fifth of the patients may silently be missing
MORE_THAN_ONE = 2
GRIM_SHARE = Fraction(19, 20)  # a twentieth, where no count is printed


@dataclass(frozen=True)
class _Case:
    """A printed percentage, its possible counts and its declared sizes."""

    study: Study
    percent: Printed
    outcome: Outcome
    numerators: tuple[Count, ...]
    denominators: tuple[Count, ...]
    cuts_off: bool = False  # the table, or the text, cuts off
    column: tuple[tuple[Printed, Count], ...] = ()  # adverse events of the same patients

    @property
    def places(self) -> tuple[Printed, ...]:
        used = (*self.numerators[:1], *self.denominators[:1])
        return (self.percent, *(number for part in used for number in part.numbers))

    def find(self, verdict: Verdict, recomputed: str, explanation: str) -> Finding:
        said = f"{quantity_words(self.study, self.percent.quantity)}: {explanation}."
        return Finding(self.places, f"{self.percent.value}%", recomputed, verdict, said)


@check("Every percentage whose count is printed, recomputed from the count and the group's size.")
def percent_of_count(study: Study) -> Iterator[Finding]:
    """Assumes the size that the vocabulary declares, and rounding to the printed decimals;
    conventions that papers use besides are named (see the module's docstring).
    """
    for case in _cases(study):
        if case.numerators and case.denominators:
            yield _judge(case)


@check("Every percentage whose count is not printed, held against the whole numbers of patients.")
def percent_without_count(study: Study) -> Iterator[Finding]:
    """Assumes that some whole number of patients gives it (GRIM); a twentieth may be missing."""
    unmet: dict[Quantity, list[tuple[_Case, Finding]]] = {}
    for case in _cases(study):
        if case.denominators and not case.numerators:
            found = _judge_alone(case)
            if found.verdict is Verdict.DISCREPANT:
                row = replace(case.percent.quantity, arm_id="")
                unmet.setdefault(row, []).append((case, found))
            else:
                yield found
        elif not case.numerators:
            missing = "neither its count nor the size of its group is printed"
            yield case.find(Verdict.NOT_CHECKABLE, "", missing)
    for row_cases in unmet.values():
        together = _interchanged([case for case, _ in row_cases])
        yield from [together] if together else [found for _, found in row_cases]


def shares(study: Study) -> list[Printed]:
    """Printed percentages that are shares of patients."""
    return [
        number
        for number in study.numbers
        if number.quantity.statistic == "percent"
        and number.number.exact is not None
        and study.vocabulary(number.quantity.outcome).kind in COUNTED_KINDS
    ]


def _cases(study: Study) -> Iterator[_Case]:
    cases = [_case(study, percent) for percent in shares(study)]
    rounding = {_unit(case.percent) for case in cases if _rounds_and_cannot_be_cut(case)}
    columns: dict[tuple[object, ...], list[tuple[Printed, Count]]] = {}
    for case in cases:
        if case.outcome.kind == ADVERSE_EVENT and case.numerators:
            columns.setdefault(_column(case), []).append((case.percent, case.numerators[0]))
    shared = {key: tuple(column) for key, column in columns.items()}
    for case in cases:
        column = shared.get(_column(case), ()) if case.outcome.kind == ADVERSE_EVENT else ()
        yield replace(case, cuts_off=_unit(case.percent) not in rounding, column=column)


def _column(case: _Case) -> tuple[object, ...]:
    """What adverse events of the same patients, in the same place, have in common."""
    quantity = case.percent.quantity
    size = case.denominators[0].value if case.denominators else None
    group = (quantity.arm_id, quantity.population, quantity.subgroup)
    return (*_unit(case.percent), *group, size)


def _case(study: Study, percent: Printed) -> _Case:
    together = sum_of_arms(study, percent.quantity)
    found = counts(study, percent.quantity) or ([together] if together else [])
    beside = [one for one in found if one.numbers[0].locator == percent.locator]
    outcome = study.vocabulary(percent.quantity.outcome)
    denominators = sizes(study, percent.quantity)
    if outcome.within and not outcome.denominator:
        denominators = denominators + classified_within(study, percent.quantity, outcome)
    fits = [size for size in denominators if size.value > 0]
    return _Case(study, percent, outcome, tuple(beside or found), tuple(fits))


def _unit(percent: Printed) -> tuple[str, str]:
    """What is taken to round in one way: a table, or all running text of a report."""
    return percent.locator.report_id, percent.locator.table


def _rounds_and_cannot_be_cut(case: _Case) -> bool:
    printed = case.percent.number
    ways = [
        roundings(part.percent_of(whole), printed.decimals)
        for part, whole in product(case.numerators, case.denominators)
    ]
    fits = any(way["half up"] == printed.exact for way in ways)
    return fits and all(way["cut off"] != printed.exact for way in ways)


def _judge(case: _Case) -> Finding:
    for size, part in product(case.denominators, case.numerators):
        way, recomputed = _way(case.percent, part, size), _share(case, part, size)
        if way in ("half up", "bound"):
            return case.find(Verdict.REPRODUCED, recomputed, _sum(part, size))
        if way == "half to even" or (way == "cut off" and case.cuts_off):
            return case.find(Verdict.ROUNDING, recomputed, f"{_sum(part, size)}, {way}")
    part, size = case.numerators[0], case.denominators[0]
    recomputed = _share(case, part, size)
    for convention in (_of_those_classified, _of_the_row, _few_not_assessed):
        found = convention(case, part, size)
        if found is not None:
            return case.find(found[0], recomputed, found[1])
    verdict = Verdict.IMPOSSIBLE if part.value > size.value else Verdict.DISCREPANT
    said = f"{_sum(part, size)}, which prints as {recomputed}, not {case.percent.value}%"
    forced = _adding_up(case, size) if _less_than_a_unit_off(case, part, size) else ""
    verdict = Verdict.ROUNDING if forced else verdict
    return case.find(verdict, recomputed, said + forced)


def _less_than_a_unit_off(case: _Case, part: Count, size: Count) -> bool:
    printed = case.percent.number
    off = abs(Fraction(printed.exact or 0) - part.percent_of(size))
    return off < Fraction(1, 10**printed.decimals)


def _way(percent: Printed, part: Count, size: Count) -> str:
    """Which way of rounding prints the share like this; empty when none does."""
    printed, share = percent.number, part.percent_of(size)
    if printed.relation != "=":
        return "bound" if printed.admits(float(share)) else ""
    ways = roundings(share, printed.decimals)
    return next((way for way, value in ways.items() if value == printed.exact), "")


def _rounds_to(percent: Printed, part: Count, size: Count) -> bool:
    """Whether the share rounds to the percentage, a tie in either direction."""
    return _way(percent, part, size) in ("half up", "half to even")


def _share(case: _Case, part: Count, size: Count) -> str:
    return f"{printed_as(part.percent_of(size), case.percent.number.decimals)}%"


def _sum(part: Count, size: Count) -> str:
    return f"{part.value} of {size.value} is {printed_as(part.percent_of(size), 3)}%"


def _of_those_classified(case: _Case, part: Count, size: Count) -> tuple[Verdict, str] | None:
    """Of the patients in any level, where the levels do not add up to the group."""
    if not (case.outcome.exhaustive and case.percent.quantity.category):
        return None
    levels = level_counts(case.study, case.percent.quantity, case.outcome)
    known = total(level for level in levels if level is not None)
    if known and known.value and _rounds_to(case.percent, part, known):
        said = f"{_sum(part, known)}, of those in any level, not of {size.value}"
        return Verdict.REPRODUCED, said
    return None


def _of_the_row(case: _Case, part: Count, _: Count) -> tuple[Verdict, str] | None:
    """Of the row: the share of all patients with the property who are in this arm."""
    study, quantity = case.study, case.percent.quantity
    if len(study.arms) < 2 or quantity.arm_id not in study.arms:
        return None
    known = complete(arm_counts(study, quantity))
    shown = complete(mention(study, replace(quantity, arm_id=arm)) for arm in study.arms)
    row = count(study, replace(quantity, arm_id=ALL_ARMS)) or total(known)
    if not (known and shown and row and row.value):
        return None
    if not all(_rounds_to(*cell, row) for cell in zip(shown, known, strict=True)):
        return None
    return Verdict.REPRODUCED, f"{_sum(part, row)}, a share of the row in every arm"


def _few_not_assessed(case: _Case, part: Count, size: Count) -> tuple[Verdict, str] | None:
    """Of slightly fewer patients, where nothing printed says that all were assessed."""
    if part.value > size.value or _all_classified(case, size):
        return None
    least = max(part.value, -int(-ASSESSED_SHARE * size.value // 1), 1)
    rows = ((case.percent, part), *case.column)  # one safety population for all events
    for assessed in range(size.value - 1, least - 1, -1):
        fewer = replace(size, value=assessed)
        if all(_rounds_to(*row, fewer) for row in rows):
            missing = f"if {size.value - assessed} of them were not assessed"
            return Verdict.ROUNDING, f"{_sum(part, size)}; {_sum(part, fewer)}, {missing}"
    return None


def _all_classified(case: _Case, size: Count) -> bool:
    """Whether the levels of the variable are printed and already add up to the group."""
    if not (case.outcome.exhaustive and case.percent.quantity.category):
        return False
    known = total(level_counts(case.study, case.percent.quantity, case.outcome))
    return known is not None and known.value == size.value


def _adding_up(case: _Case, size: Count) -> str:
    """In words, that the printed parts add up where the rounded ones do not; or nothing."""
    quantity, decimals = case.percent.quantity, case.percent.number.decimals
    categories, whole = partition_of(case.outcome, quantity.category)
    every = [replace(quantity, category=category) for category in categories]
    cells = [cell for cell in every if not _is_empty(case.study, cell)]
    shown = complete(_first_exact(case.study, cell) for cell in cells)
    counted = complete(count(case.study, cell) for cell in cells)
    hundred = Decimal(100) if whole is None else None
    aim = hundred or _first_exact(case.study, replace(quantity, category=whole or ""))
    rounded = sum(printed_as(one.percent_of(size), decimals) for one in counted)
    if not shown or not counted or sum(shown) != aim or rounded == aim:
        return ""
    parts = " + ".join(map(str, shown))
    return f"; so rounded that {parts} = {aim}, where the counts round to {rounded} in all"


def _is_empty(study: Study, cell: Quantity) -> bool:
    """Whether the cell has a printed count of none, or nothing at all is printed of it."""
    found, shown = count(study, cell), _first_exact(study, cell)
    return shown is None and (found is None or found.value == 0)


def _first_exact(study: Study, percent: Quantity) -> Decimal | None:
    place = mention(study, percent)
    return None if place is None else place.number.exact


def _judge_alone(case: _Case) -> Finding:
    printed = case.percent.number
    for size in case.denominators:
        fits = counts_that_print(printed, size.value)
        if fits:
            which = f"{fits[0]}" if len(fits) == 1 else f"{fits[0]} to {fits[-1]}"
            said = f"{which} of {size.value} prints like this"
            return case.find(Verdict.REPRODUCED, f"{which} of {size.value}", said)
    size = case.denominators[0]
    below = int(printed.value * size.value / 100)
    near = [Count(n, (), "") for n in (below, below + 1) if 0 <= n <= size.value]
    cut = [part for part in near if _way(case.percent, part, size) == "cut off"]
    if cut and case.cuts_off:
        recomputed = f"{cut[0].value} of {size.value}"
        return case.find(Verdict.ROUNDING, recomputed, f"{_sum(cut[0], size)}, cut off")
    return _judge_missing(case, size, [_sum(part, size) for part in near])


def _judge_missing(case: _Case, size: Count, near: list[str]) -> Finding:
    printed, verdict = case.percent.number, Verdict.DISCREPANT
    said = f"no whole number of {size.value} gives {printed.text}% ({', '.join(near)})"
    fewer = range(size.value - 1, size.value // 2, -1)
    allowed = next((n for n in fewer if counts_that_print(printed, n)), 0)
    if allowed >= GRIM_SHARE * size.value:
        verdict = Verdict.ROUNDING
        said += f"; {allowed} patients would allow it"
    return case.find(verdict, " or ".join(near), said)


def _interchanged(cases: list[_Case]) -> Finding | None:
    """The percentages of two arms that fit their sizes once their last digits are interchanged."""
    if len(cases) != MORE_THAN_ONE:
        return None
    texts = [case.percent.value for case in cases]
    turned = [text[:-1] + other[-1] for text, other in zip(texts, reversed(texts), strict=True)]
    sizes_ = [case.denominators[0].value for case in cases]
    fits = [counts_that_print(Reported(t), n) for t, n in zip(turned, sizes_, strict=True)]
    if not all(fits):
        return None
    told = [f"{found[0]} of {n} is {t}%" for t, n, found in zip(turned, sizes_, fits, strict=True)]
    said = (
        f"{' and '.join(f'{text}%' for text in texts)} are printed, and no whole number of "
        f"{' or '.join(map(str, sizes_))} gives them; {' and '.join(told)}, so that the last "
        "digits look interchanged"
    )
    first = cases[0].find(Verdict.DISCREPANT, " and ".join(f"{t}%" for t in turned), said)
    shown = " and ".join(f"{text}%" for text in texts)
    rest = cases[1].places
    return replace(
        first, numbers=(*first.numbers, *rest), reported=shown, touches=(cases[1].percent,)
    )
