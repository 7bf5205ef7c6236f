"""What the text says against the numbers that are printed.

The words are data: a study's `statements` name the section, what is claimed and the identity
columns of the numbers that the claim is about.  Kinds: `significance` and `balance` (claims about
p-values), `list` (events in words), `no-stratified-analysis` (by `variables`), `consistency-claim`
(a benefit in every level of `variables`), `shown-patients` (a section that counts the patients
whose `outcome` it shows).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from livingreview_audit.audited import PARTICIPANTS, Audited, Numbers, by_subgroup
from livingreview_audit.finding import Finding, Verdict, first_true, words
from livingreview_audit.intervals import ALPHA, Box
from livingreview_audit.vocabulary import qualified, says
from livingreview_record import (
    Printed,
    Quantity,
    Reported,
    ReportedInterval,
    Statement,
    table_first,
)

IMAGE = "Figure"  # read from an image's description: the text's own mention comes first
TREND_BELOW = 0.10  # a p-value that is commonly called a trend; no limit is agreed
NO_TREND = 0.95  # set by validation/audit_limits.py: at most one real trend in 1,000 is above
IDENTITY = ("arm_id", "population", "comparison", "adjustment", "method", "category", "timepoint")
CLAIMS = {
    "significant": "a significant difference",
    "not-significant": "no significant difference",
    "trend": "a trend",
    "benefit": "a benefit",
}
UNCERTAIN = {  # words that are not of significance itself, and what else they may mean
    "trend": "; the difference is smaller than its own standard error",
    "benefit": "; plausible only where another outcome, or no significance, is meant",
}
OF_THE_WHOLE = "; the claim may be about the whole and not about each kind"


class _Claim(NamedTuple):
    """What sections say of some numbers; `own` where they speak of the numbers' own outcome."""

    kind: str
    own: bool
    statements: list[Statement]
    numbers: list[Printed]


@words("Claims of significance, or of none, against the p-values (or intervals) they are about.")
def claims(study: Audited) -> Iterator[Finding]:
    """Sections that claim the same of one number share a finding, and so do numbers that one claim
    does not fit.
    """
    claimed: dict[tuple[Printed, str, bool], list[Statement]] = {}
    for statement in study.stated("significance", "balance"):
        if statement.claim in CLAIMS:
            numbers = _claimed(study, statement, "p")
            for number in numbers or _claimed(study, statement, "ci95"):
                own = statement.outcome in ("", number.quantity.outcome)
                claimed.setdefault((number, statement.claim, own), []).append(statement)
    together: dict[tuple[object, ...], _Claim] = {}
    for (number, kind, own), statements in claimed.items():
        unmet = _verdict(kind, number, own=own)[0].is_contradiction
        alike = tuple((one.section, one.outcome) for one in statements)
        key = (kind, own, number.quantity.statistic, *alike) if unmet else (number, kind, own)
        together.setdefault(key, _Claim(kind, own, statements, [])).numbers.append(number)
    yield from (_judge(study, claim) for claim in together.values())


def _claimed(study: Audited, statement: Statement, statistic: str) -> list[Printed]:
    """The printed numbers a statement is about, one for each quantity."""
    wanted = {name: value for name in IDENTITY if (value := getattr(statement, name)) is not None}
    wanted["subgroup"] = statement.subgroup
    if not statement.table and not wanted.get("comparison"):
        return []
    found = [
        (quantity, places)
        for quantity, places in study.by_quantity.items()
        if quantity.statistic == statistic
        and (statistic == "p" or quantity.method == "cox")
        and all(getattr(quantity, name) == value for name, value in wanted.items())
    ]
    if statement.outcome:
        own = [pair for pair in found if pair[0].outcome == statement.outcome]
        # else of the kinds of the outcome that the claim speaks of as a whole
        found = own or [
            pair for pair in found if study.vocabulary(pair[0].outcome).within == statement.outcome
        ]
    any_grade = statement.outcome and statement.category is None
    return [
        chosen
        for quantity, places in found
        if not {*statement.except_} & {quantity.outcome, quantity.contrast[0]}
        and not (any_grade and quantity.category and study.is_adverse_event(quantity))
        and (chosen := _nearest(places, statement)) is not None
    ]


def _nearest(places: Iterable[Printed], statement: Statement) -> Printed | None:
    """The mention in the statement's own section, else in the table it names, else the first."""
    ordered = sorted(table_first(places), key=lambda place: place.locator.section.startswith(IMAGE))
    if statement.table:
        ordered = [place for place in ordered if place.locator.table == statement.table]
    same = [place for place in ordered if place.locator.section.startswith(statement.section)]
    return next(iter(same or ordered), None)


def _judge(study: Audited, claim: _Claim) -> Finding:
    numbers = claim.numbers
    verdict, reason = _verdict(claim.kind, numbers[0], own=claim.own)
    name = "p" if numbers[0].quantity.statistic == "p" else "interval"
    named = study.quantity_words if len(numbers) == 1 or not claim.own else study.full_words
    told = ", ".join(f"{named(one.quantity)}: {name} {one.value}" for one in numbers)
    said = f"{told}, {reason}; {says(claim.statements, CLAIMS[claim.kind])}"
    if verdict.is_contradiction:
        said += UNCERTAIN.get(claim.kind, "" if claim.own else OF_THE_WHOLE)
        said += qualified(claim.statements)
    shown, rest = ", ".join(f"{name} {one.value}" for one in numbers), tuple(numbers[1:])
    return Finding(tuple(numbers), shown, CLAIMS[claim.kind], verdict, f"{said}.", rest)


def _verdict(kind: str, number: Printed, *, own: bool) -> tuple[Verdict, str]:
    """Return the verdict on the claim, and where the number lies, in words."""
    if number.quantity.statistic == "p":
        below, reason = _is_below(number.number, TREND_BELOW if kind == "trend" else ALPHA)
    else:
        below, reason = _excludes_one(number.interval)
    holds = below is not (kind == "not-significant")
    no_limit = kind == "trend" and not holds and Box.of(number.number).lower < NO_TREND
    verdict, why = first_true(
        (below is None, Verdict.ROUNDING, ""),
        (holds, Verdict.REPRODUCED, ""),
        (no_limit, Verdict.NOT_CHECKABLE, ", and no limit for a trend is agreed"),
        (kind in UNCERTAIN or not own, Verdict.IMPLAUSIBLE, ""),
        (True, Verdict.DISCREPANT, ""),
    )
    return verdict, reason + why


def _is_below(p: Reported, limit: float) -> tuple[bool | None, str]:
    """Return whether a p-value is below a limit, None if rounding leaves it open; also in words."""
    box = Box.of(p)
    if box.lower >= limit:
        return False, f"at or above {limit:g}"
    if box.upper < limit or (p.relation == "<" and box.upper <= limit):
        return True, f"below {limit:g}"
    return None, f"which may lie on either side of {limit:g}"


def _excludes_one(interval: ReportedInterval) -> tuple[bool | None, str]:
    """Return whether a ratio's 95% interval excludes 1, None if it touches 1; also in words."""
    lower, upper = Box.of(interval.lower), Box.of(interval.upper)
    if lower.lower > 1 or upper.upper < 1:
        return True, "which excludes 1"
    inside = lower.upper < 1 < upper.lower
    return (False, "which includes 1") if inside else (None, "which touches 1")


@words("Outcomes that the text lists against those counted in the table it describes.")
def listed_events(study: Audited) -> Iterator[Finding]:
    """Assumes that the list is complete, unless `complete` is false: an event that is listed
    happened, one that is not did not.
    """
    for statement in study.stated("list"):
        for number in study.numbers:
            quantity = number.quantity
            here = number.locator.table == statement.table and quantity.statistic == "n"
            single = study.vocabulary(quantity.outcome).within
            if not (here and single and quantity.category == (statement.category or "")):
                continue
            happened, named = number.number.value > 0, quantity.outcome in statement.outcomes
            missing = happened and not named
            may_be_open = ", and does not say that its list is complete"
            verdict, why = first_true(
                (happened == named, Verdict.REPRODUCED, ""),
                (missing and not statement.complete, Verdict.NOT_CHECKABLE, may_be_open),
                (True, Verdict.DISCREPANT, ""),
            )
            lists = "lists it" if named else "does not list it"
            said = f"{number.value} in the table; {statement.section} {lists}{why}"
            yield Finding.on((number,), study.quantity_words(quantity), said, verdict, lists)


@words("Analyses that the text says were not stratified against results printed by stratum.")
def analyses_not_done(study: Audited) -> Iterator[Finding]:
    """Assumes that a comparison of arms within a level is an analysis stratified by it."""
    for statement in study.stated("no-stratified-analysis"):
        for variable in (study.variables[id_] for id_ in statement.variables):
            strata = [
                p
                for p in study.find(statistic="p")
                if p.quantity.comparison in study.comparisons
                and variable.id in [stratum.variable for stratum in p.quantity.strata[:1]]
            ]
            for p in strata[:1]:
                ratio = replace(p.quantity, statistic="hr", method="cox")
                ratios, printed = study.by_quantity.get(ratio, ()), f"p {p.value}"
                result = f"hazard ratio {ratios[0].value}, {printed}" if ratios else printed
                said = (
                    f"{says([statement], 'that no analysis was stratified by it')}; {p.locator} "
                    f"gives {result} for {study.full_words(p.quantity)}{qualified([statement])}"
                )
                verdict, about = Verdict.DISCREPANT, variable.label
                yield Finding.on(strata, about, said, verdict, "not done", reported=printed)


@words("A benefit said to hold in every level of some variables against the levels' p-values.")
def benefit_in_every_level(study: Audited) -> Iterator[Finding]:
    """Implausible, not discrepant, where a level has none below 0.05.

    Too few patients do this too.
    """
    for statement in study.stated("consistency-claim"):
        names = ("comparison", "population", "outcome")
        about = {name: str(getattr(statement, name)) for name in names}
        printed: dict[str, Numbers] = {}
        for variable in (study.variables[id_] for id_ in statement.variables):
            groups = by_subgroup(Quantity(), variable)
            for label, group in zip(variable.levels.values(), groups, strict=True):
                found = study.find(statistic="p", subgroup=group.subgroup, **about)
                printed[f"{variable.label}, {label}"] = found
        numbers = tuple(number for found in printed.values() for number in found)
        if not numbers:
            continue
        below = sum(
            any(Box.of(p.number).upper <= ALPHA and p.number.relation != ">" for p in found)
            for found in printed.values()
        )
        told = "; ".join(
            f"{level}: {' and '.join(f'p {p.value}' for p in found) or 'none printed'}"
            for level, found in printed.items()
        )
        meant = "; both hold if a benefit without significance is meant as well"
        some = (below < len(printed), Verdict.IMPLAUSIBLE, meant + qualified([statement]))
        verdict, why = first_true(some)
        said = f"{says([statement], 'that the benefit holds in every group')}; "
        said += f"the p-values are {told}{why}"
        text = f"{study.vocabulary(statement.outcome).label}: {said}."
        shown = f"p below {ALPHA} in {below} of {len(printed)}"
        yield Finding(numbers, "a benefit in every group", shown, verdict, text, numbers[1:])


@words(
    "The {participants} that a figure is said to show against those in whom its values are known."
)
def patients_shown(study: Audited) -> Iterator[Finding]:
    """Assumes that a figure shows each patient once."""
    for statement in study.stated("shown-patients"):
        outcome = study.vocabulary(statement.outcome)
        values = [n for n in study.numbers if n.quantity.outcome == outcome.id]
        sizes = study.find(outcome=PARTICIPANTS, statistic="n")
        shown = [n for n in sizes if n.locator.section == statement.section]
        for number, value in zip(shown[:1], values[:1], strict=False):
            group = Quantity(value.quantity.arm_id, value.quantity.population)
            known = study.count(replace(group, outcome=PARTICIPANTS))
            if known is None:
                continue
            differ = number.number.value != known.value
            meant = "; both hold if the words name the group and not the values shown"
            verdict, why = first_true((differ, Verdict.IMPLAUSIBLE, meant))
            said = says([statement], f"that it shows {number.value} {{participants}}")
            said += f"; the values are of {known.value} ({study.group_words(group)}){why}"
            numbers = (number, *known.numbers)
            yield Finding.on(numbers, outcome.label, said, verdict, str(known.value))
