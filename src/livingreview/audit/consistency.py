"""Words against numbers: claims of significance, rules of selection, lists of events.

The words are data: a study's ``statements`` name the section, what is claimed and the identity
columns of the numbers that the claim is about.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from livingreview.audit.boxes import Box
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import quantity_words, table_first
from livingreview.audit.vocabulary import Statement, listed, stated
from livingreview.reported import Reported, ReportedInterval
from livingreview.studies import Printed, Quantity, Study

ALPHA = 0.05
TREND_BELOW = 0.10  # the largest p-value that is commonly called a trend
IDENTITY = ("arm_id", "population", "comparison", "adjustment", "method", "category", "timepoint")
CLAIMS = {
    "significant": "a significant difference",
    "not-significant": "no significant difference",
    "trend": "a trend",
    "benefit": "a benefit",
}
UNCERTAIN = {  # words that are not of significance itself, and what else they may mean
    "trend": "",
    "benefit": "; plausible only where another outcome, or no significance, is meant",
}


@dataclass(frozen=True)
class _Claim:
    """What sections say of a number; ``own`` where they speak of its own outcome."""

    kind: str
    own: bool
    sections: tuple[str, ...]


def claims(study: Study) -> Iterator[Finding]:
    """Claims of significance, or of none, against the p-values (or intervals) they are about.

    Sections that claim the same of one number share a finding.
    """
    claimed: dict[tuple[Printed, str, bool], list[str]] = {}
    for statement in stated(study, "significance", "balance"):
        claim = str(statement.get("claim", ""))
        if claim not in CLAIMS:
            continue
        numbers = _claimed(study, statement, "p")
        for number in numbers or _claimed(study, statement, "ci95"):
            own = statement.get("outcome") in (None, number.quantity.outcome)
            sections = claimed.setdefault((number, claim, own), [])
            sections.append(str(statement["section"]))
    for (number, claim, own), sections in claimed.items():
        yield _judge_claim(study, _Claim(claim, own, tuple(dict.fromkeys(sections))), number)


def selection_rules(study: Study) -> Iterator[Finding]:
    """A stated p-value for entering a multivariable model against the covariates that entered.

    Where a report states two rules for one table, a covariate may follow either.
    """
    tables: dict[str, list[Reported]] = {}
    for statement in stated(study, "selection-rule"):
        limit = Reported(str(statement["p_below"]))
        tables.setdefault(str(statement["table"]), []).append(limit)
    for table, limits in tables.items():
        entered, examined = _covariates(study, table)
        for key, p_values in examined.items():
            yield _judge_covariate(study, p_values, limits, key, entered)


def named_covariates(study: Study) -> Iterator[Finding]:
    """Covariates that the text says were adjusted for against the adjusted numbers of a table.

    Assumes that a model's table shows every covariate that it adjusts for.
    """
    for statement in stated(study, "model-covariates"):
        named = listed(statement.get("covariates"))
        for table in listed(statement.get("tables")):
            entered, examined = _covariates(study, table)
            for key, (p, *_) in examined.items():
                if key[-1] in named:
                    yield _judge_named(study, statement, table, p, entered=key in entered)


def listed_events(study: Study) -> Iterator[Finding]:
    """Outcomes that the text lists against those counted in the table it describes.

    Assumes that the list is complete: an event that is listed happened, one that is not did
    not.
    """
    for statement in stated(study, "list"):
        table, category = str(statement["table"]), str(statement.get("category", ""))
        named = listed(statement.get("outcomes"))
        for number in study.numbers:
            quantity = number.quantity
            here = number.locator.table == table and quantity.statistic == "n"
            single = study.vocabulary(quantity.outcome).within
            if here and single and quantity.category == category:
                yield _judge_listed(study, statement, number, quantity.outcome in named)


def _claimed(study: Study, statement: Statement, statistic: str) -> list[Printed]:
    """The printed numbers a statement is about, one for each quantity."""
    wanted = {name: str(statement[name]) for name in IDENTITY if name in statement}
    wanted["subgroup"] = str(statement.get("subgroup", ""))
    if "table" not in statement and not wanted.get("comparison"):
        return []
    outcome = str(statement.get("outcome", ""))
    found = [
        places
        for quantity, places in study.by_quantity.items()
        if quantity.statistic == statistic
        and (statistic == "p" or quantity.method == "cox")
        and all(getattr(quantity, name) == value for name, value in wanted.items())
    ]
    if outcome:
        own = [places for places in found if places[0].quantity.outcome == outcome]
        found = own or [places for places in found if _belongs(study, places[0], outcome)]
    left_out = set(listed(statement.get("except")))
    return [
        chosen
        for places in found
        if not left_out & {places[0].quantity.outcome, _variable(places[0].quantity)}
        and (chosen := _nearest(places, statement)) is not None
    ]


def _belongs(study: Study, number: Printed, outcome: str) -> bool:
    """Whether the number is about one kind of the outcome that the claim speaks of as a whole."""
    return study.vocabulary(number.quantity.outcome).within == outcome


def _nearest(places: Iterable[Printed], statement: Statement) -> Printed | None:
    """The mention in the statement's own section, else in the table it names, else the first."""
    ordered = table_first(places)
    if "table" in statement:
        ordered = [place for place in ordered if place.locator.table == statement["table"]]
    section = str(statement["section"])
    same = [place for place in ordered if place.locator.section.startswith(section)]
    return next(iter(same or ordered), None)


def _judge_claim(study: Study, claim: _Claim, number: Printed) -> Finding:
    if number.quantity.statistic == "p":
        value, (holds, reason) = f"p {number.value}", _holds(claim.kind, number.number)
    else:
        value = f"interval {number.value}"
        holds, reason = _holds_by_interval(claim.kind, number.interval)
    verdict = Verdict.REPRODUCED if holds else Verdict.DISCREPANT
    if holds is None:
        verdict = Verdict.ROUNDING
    elif not holds and (claim.kind in UNCERTAIN or not claim.own):
        verdict = Verdict.IMPLAUSIBLE
        whole = "; the claim may be about the whole and not about each kind"
        reason += UNCERTAIN.get(claim.kind, whole)
    label = quantity_words(study, number.quantity)
    where = f"{' and '.join(claim.sections)} {'says' if len(claim.sections) == 1 else 'say'}"
    said = f"{label}: {where} {CLAIMS[claim.kind]}; {value} is printed, {reason}."
    return Finding((number,), value, CLAIMS[claim.kind], verdict, said)


def _holds(kind: str, p: Reported) -> tuple[bool | None, str]:
    """Whether the claim holds for a p-value, None where rounding leaves it open, and why."""
    box, limit = Box.of(p), TREND_BELOW if kind == "trend" else ALPHA
    above = box.lower >= limit
    below = box.upper < limit or (p.relation == "<" and box.upper <= limit)
    if not above and not below:
        return None, f"which may lie on either side of {limit:g}"
    wanted = above if kind == "not-significant" else below
    return wanted, f"{'at or above' if above else 'below'} {limit:g}"


def _holds_by_interval(kind: str, interval: ReportedInterval) -> tuple[bool | None, str]:
    """The same for a ratio, from whether its 95% interval includes 1."""
    lower, upper = Box.of(interval.lower), Box.of(interval.upper)
    excludes = lower.lower > 1 or upper.upper < 1
    if not excludes and not lower.upper < 1 < upper.lower:
        return None, "which touches 1"
    wanted = not excludes if kind == "not-significant" else excludes
    return wanted, f"which {'excludes' if excludes else 'includes'} 1"


Covariate = tuple[str, ...]


def _covariates(study: Study, table: str) -> tuple[set[Covariate], dict[Covariate, list[Printed]]]:
    """Covariates of a table: those with an adjusted number, and unadjusted p-values of each."""
    entered: set[Covariate] = set()
    examined: dict[Covariate, list[Printed]] = {}
    for number in study.numbers:
        quantity = number.quantity
        if number.locator.table != table or not quantity.comparison:
            continue
        key = (quantity.population, quantity.subgroup, quantity.outcome, _variable(quantity))
        if quantity.adjustment == "adjusted":
            entered.add(key)
        elif quantity.adjustment == "unadjusted" and quantity.statistic == "p":
            examined.setdefault(key, []).append(number)
    return entered, examined


def _variable(quantity: Quantity) -> str:
    return quantity.comparison.partition(":")[0]


def _judge_covariate(
    study: Study,
    p_values: list[Printed],
    limits: list[Reported],
    key: Covariate,
    entered: set[Covariate],
) -> Finding:
    p = min(p_values, key=lambda number: number.number.value)
    box, values = Box.of(p.number), [limit.value for limit in limits]
    strict, loose = min(values), max(values)
    label = f"{_covariate_words(study, p.quantity)} for {quantity_words(study, p.quantity)}"
    said = f"{label}: p {p.value} alone, {'entered' if key in entered else 'left out'}"
    rule = f"the rule is p below {loose:g}"
    if strict != loose:
        rule = f"the rules are p below {strict:g} and p below {loose:g}"
    verdict, expected = Verdict.REPRODUCED, "entered" if box.lower < strict else "left out"
    if key in entered and box.lower >= loose:
        verdict = Verdict.DISCREPANT
    elif key in entered:
        expected = "entered"
    elif box.upper < strict:
        verdict, rule = _left_out(study, key, entered, rule)
    return Finding(tuple(p_values), f"p {p.value}", expected, verdict, f"{said}; {rule}.")


def _left_out(
    study: Study, key: Covariate, entered: set[Covariate], rule: str
) -> tuple[Verdict, str]:
    """Left out against the rule, unless the same characteristic entered in another form."""
    variable = study.variables.get(key[-1])
    other = str((variable.details or {}).get("form_of", "")) if variable else ""
    if other and (*key[:-1], other) in entered:
        return Verdict.ROUNDING, f"{rule}; it entered as {study.vocabulary(other).label}"
    return Verdict.DISCREPANT, rule


def _covariate_words(study: Study, quantity: Quantity) -> str:
    of_arms = study.comparisons.get(quantity.comparison)
    return of_arms.label if of_arms else study.vocabulary(_variable(quantity)).label


def _judge_named(
    study: Study, statement: Statement, table: str, p: Printed, *, entered: bool
) -> Finding:
    label = _covariate_words(study, p.quantity)
    verdict = Verdict.REPRODUCED if entered else Verdict.DISCREPANT
    shown = "an adjusted number" if entered else "no adjusted number"
    said = f"{label}: {statement['section']} says it was adjusted for; {table} has {shown} for it."
    return Finding((p,), "adjusted for", shown, verdict, said)


def _judge_listed(study: Study, statement: Statement, number: Printed, named: bool) -> Finding:
    happened = number.number.value > 0
    verdict = Verdict.REPRODUCED if happened == named else Verdict.DISCREPANT
    words = "lists it" if named else "does not list it"
    where = f"{number.value} in the table; {statement['section']} {words}"
    said = f"{quantity_words(study, number.quantity)}: {where}."
    return Finding((number,), number.value, words, verdict, said)
