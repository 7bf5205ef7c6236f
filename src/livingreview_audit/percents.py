"""Percentages against the counts and sizes they are of.

A percentage is `100 n / N`.  Where `n` is printed, it is recomputed; where it is not, some
whole `n` must give it (GRIM: Brown & Heathers 2017, *Social Psychological and Personality
Science* 8:363).  Which `N` it is of is declared by the vocabulary.  Before a percentage is called
discrepant, every usual way of printing one is tried: ties, cutting off (where the whole table cuts
off), shares of the row, a few patients not assessed, parts rounded so that they add up.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from livingreview_audit.audited import SHARES, Audited, Count, Numbers, every, numbers_of, total
from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import counts_that_print, printed_as, roundings
from livingreview_audit.vocabulary import partition_of
from livingreview_record import ALL_ARMS, Outcome, Printed, Quantity, Reported

COUNTED_KINDS = SHARES | {"count", "time-to-event"}
ASSESSED_SHARE = Fraction(4, 5)  # at most a fifth of the patients may silently be missing
GRIM_SHARE = Fraction(19, 20)  # a twentieth, where no count is printed
Judged = tuple[str, Verdict, str]  # what is said, the verdict, and what the counts give
Convention = tuple[Verdict, str] | None  # a way of printing that gives the percentage, in words


class _Case(NamedTuple):
    """A printed percentage, its possible counts and its declared sizes."""

    study: Audited
    percent: Printed
    parts: tuple[Count, ...]
    wholes: tuple[Count, ...]
    cuts_off: bool = False  # the table, or the text, cuts off
    column: tuple[tuple[Printed, Count], ...] = ()  # adverse events of the same patients

    @property
    def outcome(self) -> Outcome:
        return self.study.vocabulary(self.percent.quantity.outcome)

    @property
    def is_event(self) -> bool:
        return self.study.is_adverse_event(self.percent.quantity)

    @property
    def unit(self) -> tuple[str, str]:
        """What is taken to round in one way: a table, or all running text of a report."""
        return self.percent.locator.report_id, self.percent.locator.table

    @property
    def events_column(self) -> tuple[object, ...]:
        """What adverse events of the same patients, in the same place, have in common."""
        quantity = self.percent.quantity
        size = self.wholes[0].value if self.wholes else None
        return (*self.unit, quantity.arm_id, quantity.population, quantity.subgroup, size)

    @property
    def levels(self) -> list[Count | None]:
        """The count of each level, where every patient is in one; empty for other percentages."""
        quantity = self.percent.quantity
        if not (self.outcome.exhaustive and quantity.category):
            return []
        return self.study.counted(self.study.by_level(quantity))

    @property
    def places(self) -> Numbers:
        return (self.percent, *numbers_of((*self.parts[:1], *self.wholes[:1])))

    def find(self, said: str, verdict: Verdict, recomputed: str) -> Finding:
        about, shown = self.study.quantity_words(self.percent.quantity), f"{self.percent.value}%"
        return Finding.on(self.places, about, said, verdict, recomputed, reported=shown)


@check("Every percentage whose count is printed, recomputed from the count and the group's size.")
def percent_of_count(study: Audited) -> Iterator[Finding]:
    """Assumes the size that the vocabulary declares, and rounding to the printed decimals;
    conventions that papers use besides are named (see the module's docstring).
    """
    for case in _cases(study):
        if case.parts and case.wholes:
            yield case.find(*_judge(case))


@check(
    "Every percentage whose count is not printed, held against the whole numbers of {participants}."
)
def percent_without_count(study: Audited) -> Iterator[Finding]:
    """Assumes that some whole number of patients gives it (GRIM); a twentieth may be missing."""
    unmet: dict[Quantity, list[tuple[_Case, Finding]]] = {}
    for case in (case for case in _cases(study) if not case.parts):
        found = case.find(*_judge_alone(case))
        if found.verdict is Verdict.DISCREPANT:
            row = replace(case.percent.quantity, arm_id="")
            unmet.setdefault(row, []).append((case, found))
        else:
            yield found
    for row_cases in unmet.values():
        together = _interchanged([case for case, _ in row_cases]) if len(row_cases) == 2 else None
        yield from [together] if together else [found for _, found in row_cases]


def _cases(study: Audited) -> Iterator[_Case]:
    """Every printed percentage that is a share of patients."""
    cases = [
        _case(study, percent)
        for percent in study.find(statistic="percent")
        if percent.number.exact is not None
        and study.vocabulary(percent.quantity.outcome).kind in COUNTED_KINDS
    ]
    rounding = {case.unit for case in cases if _rounds_and_cannot_be_cut(case)}
    columns: dict[tuple[object, ...], list[tuple[Printed, Count]]] = {}
    for case in cases:
        if case.is_event and case.parts:
            columns.setdefault(case.events_column, []).append((case.percent, case.parts[0]))
    for case in cases:
        column = columns.get(case.events_column, ()) if case.is_event else ()
        yield case._replace(cuts_off=case.unit not in rounding, column=tuple(column))


def _case(study: Audited, percent: Printed) -> _Case:
    together, outcome = study.sum_of_arms(percent.quantity), percent.quantity.outcome
    found = study.counts(percent.quantity) or ([together] if together else [])
    beside = [one for one in found if one.numbers[0].locator == percent.locator]
    wholes, declared = study.sizes(percent.quantity), study.vocabulary(outcome)
    if declared.within and not declared.denominator:
        wholes = wholes + study.classified_within(percent.quantity)
    fits = [size for size in wholes if size.value > 0]
    return _Case(study, percent, tuple(beside or found), tuple(fits))


def _rounds_and_cannot_be_cut(case: _Case) -> bool:
    printed = case.percent.number
    ways = [
        roundings(part.percent_of(whole), printed.decimals)
        for part, whole in product(case.parts, case.wholes)
    ]
    fits = any(way["half up"] == printed.exact for way in ways)
    return fits and all(way["cut off"] != printed.exact for way in ways)


def _judge(case: _Case) -> Judged:
    """Judge a percentage with its count."""
    for size, part in product(case.wholes, case.parts):
        way, recomputed = _way(case.percent, part, size), _share(case, part, size)
        if way in ("half up", "bound"):
            return _sum(part, size), Verdict.REPRODUCED, recomputed
        if way == "half to even" or (way == "cut off" and case.cuts_off):
            return f"{_sum(part, size)}, {way}", Verdict.ROUNDING, recomputed
    part, size = case.parts[0], case.wholes[0]
    recomputed, printed = _share(case, part, size), case.percent.number
    for convention in (_of_those_classified, _of_the_row, _few_not_assessed):
        found = convention(case, part, size)
        if found is not None:
            return found[1], found[0], recomputed
    verdict = Verdict.IMPOSSIBLE if part.value > size.value else Verdict.DISCREPANT
    said = f"{_sum(part, size)}, which prints as {recomputed}, not {case.percent.value}%"
    off = abs(Fraction(printed.exact or 0) - part.percent_of(size))
    forced = _adding_up(case, size) if off < Fraction(1, 10**printed.decimals) else ""
    return said + forced, Verdict.ROUNDING if forced else verdict, recomputed


def _way(percent: Printed, part: Count, size: Count) -> str:
    """Return the way of rounding that prints the share like this; empty where no way does."""
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
    return f"{part.of(size)} is {printed_as(part.percent_of(size), 3)}%"


def _of_those_classified(case: _Case, part: Count, size: Count) -> Convention:
    """Take the patients in any level as the whole, where the levels do not add up to the group."""
    known = total(level for level in case.levels if level is not None)
    if known and known.value and _rounds_to(case.percent, part, known):
        said = f"{_sum(part, known)}, of those in any level, not of {size.value}"
        return Verdict.REPRODUCED, said
    return None


def _of_the_row(case: _Case, part: Count, _: Count) -> Convention:
    """Take the row as the whole: the share of all with the property who are in this arm."""
    study, quantity = case.study, case.percent.quantity
    if len(study.arms) < 2 or quantity.arm_id not in study.arms:
        return None
    arms = study.by_arm(quantity)
    known, shown = every(study.counted(arms)), study.mentions(arms)
    row = study.count(replace(quantity, arm_id=ALL_ARMS)) or total(known)
    if not (known and shown and row and row.value):
        return None
    if not all(_rounds_to(*cell, row) for cell in zip(shown, known, strict=True)):
        return None
    return Verdict.REPRODUCED, f"{_sum(part, row)}, a share of the row in every arm"


def _few_not_assessed(case: _Case, part: Count, size: Count) -> Convention:
    """Take slightly fewer patients, where nothing printed says that all were assessed."""
    classified = total(case.levels)
    if part.value > size.value or (classified and classified.value == size.value):
        return None
    least = max(part.value, -int(-ASSESSED_SHARE * size.value // 1), 1)
    rows = ((case.percent, part), *case.column)  # one safety population for all events
    for assessed in range(size.value - 1, least - 1, -1):
        fewer = size._replace(value=assessed)
        if all(_rounds_to(*row, fewer) for row in rows):
            missing = f"if {size.value - assessed} of them were not assessed"
            return Verdict.ROUNDING, f"{_sum(part, size)}; {_sum(part, fewer)}, {missing}"
    return None


def _adding_up(case: _Case, size: Count) -> str:
    """Return that the printed parts add up where the rounded ones do not; empty otherwise."""
    study, quantity = case.study, case.percent.quantity
    categories, whole = partition_of(study, quantity)
    shown, known = [], []
    for cell in (replace(quantity, category=category) for category in categories):
        percent, part = _exact(study, cell), study.count(cell)
        if percent is None and (part is None or part.value == 0):
            continue  # a level without patients, of which nothing else is printed
        if percent is None or part is None:
            return ""
        shown.append(percent)
        known.append(part)
    whole_percent = _exact(study, replace(quantity, category=whole or ""))
    aim = Decimal(100) if whole is None else whole_percent
    rounded = sum(printed_as(one.percent_of(size), case.percent.number.decimals) for one in known)
    if not known or sum(shown) != aim or rounded == aim:
        return ""
    parts = " + ".join(map(str, shown))
    return f"; so rounded that {parts} = {aim}, where the counts round to {rounded} in all"


def _exact(study: Audited, percent: Quantity) -> Decimal | None:
    place = study.mention(percent)
    return None if place is None else place.number.exact


def _judge_alone(case: _Case) -> Judged:
    """Judge a percentage without its count."""
    if not case.wholes:
        missing = "neither its count nor the size of its group is printed"
        return missing, Verdict.NOT_CHECKABLE, ""
    printed, size = case.percent.number, case.wholes[0]
    for whole in case.wholes:
        fits = counts_that_print(printed, whole.value)
        if fits:
            which = f"{fits[0]}" if len(fits) == 1 else f"{fits[0]} to {fits[-1]}"
            of = f"{which} of {whole.value}"
            return f"{of} prints like this", Verdict.REPRODUCED, of
    below = int(printed.value * size.value / 100)
    near = [Count(n, (), "") for n in (below, below + 1) if 0 <= n <= size.value]
    cut = [part for part in near if _way(case.percent, part, size) == "cut off"]
    if cut and case.cuts_off:
        return f"{_sum(cut[0], size)}, cut off", Verdict.ROUNDING, cut[0].of(size)
    sums = [_sum(part, size) for part in near]
    said = f"no whole number of {size.value} gives {printed.text}% ({', '.join(sums)})"
    fewer = range(size.value - 1, size.value // 2, -1)
    allowed = next((n for n in fewer if counts_that_print(printed, n)), 0)
    if allowed >= GRIM_SHARE * size.value:
        said = f"{said}; {allowed} {{participants}} would allow it"
        return said, Verdict.ROUNDING, " or ".join(sums)
    return said, Verdict.DISCREPANT, " or ".join(sums)


def _interchanged(cases: list[_Case]) -> Finding | None:
    """The percentages of two arms that fit their sizes once their last digits are interchanged."""
    texts = [case.percent.value for case in cases]
    turned = [text[:-1] + other[-1] for text, other in zip(texts, reversed(texts), strict=True)]
    sizes_ = [case.wholes[0].value for case in cases]
    fits = [counts_that_print(Reported(t), n) for t, n in zip(turned, sizes_, strict=True)]
    if not all(fits):
        return None
    told = [f"{found[0]} of {n} is {t}%" for t, n, found in zip(turned, sizes_, fits, strict=True)]
    shown = " and ".join(f"{text}%" for text in texts)
    said = (
        f"{shown} are printed, and no whole number of {' or '.join(map(str, sizes_))} gives them; "
        f"{' and '.join(told)}, which would print like this with their last digits interchanged"
    )
    first = cases[0].find(said, Verdict.DISCREPANT, " and ".join(f"{t}%" for t in turned))
    numbers, touches = (*first.numbers, *cases[1].places), (cases[1].percent,)
    return replace(first, numbers=numbers, reported=shown, touches=touches)
