"""Words against numbers: claims of significance, rules of selection, lists of events.

The words are data: a study's `statements` name the section, what is claimed and the identity
columns of the numbers that the claim is about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from livingreview_audit.finding import ALPHA, Finding, Kind, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import full_words, quantity_words, table_first
from livingreview_audit.vocabulary import qualified, says, stated
from livingreview_record import Printed, Quantity, Reported, ReportedInterval, Statement, Study

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
Covariate = tuple[str, ...]
OF_THE_WHOLE = "; the claim may be about the whole and not about each kind"


@dataclass(frozen=True)
class _Claim:
    """What sections say of a number; `own` where they speak of its own outcome."""

    kind: str
    own: bool
    statements: tuple[Statement, ...]


@check(
    "Claims of significance, or of none, against the p-values (or intervals) they are about.",
    kind=Kind.WORDS,
)
def claims(study: Study) -> Iterator[Finding]:
    """Sections that claim the same of one number share a finding, and so do numbers that one claim
    does not fit.
    """
    claimed: dict[tuple[Printed, str, bool], list[Statement]] = {}
    for statement in stated(study, "significance", "balance"):
        claim = statement.claim
        if claim not in CLAIMS:
            continue
        numbers = _claimed(study, statement, "p")
        for number in numbers or _claimed(study, statement, "ci95"):
            own = statement.outcome in ("", number.quantity.outcome)
            claimed.setdefault((number, claim, own), []).append(statement)
    together: dict[tuple[object, ...], tuple[_Claim, list[Printed]]] = {}
    for (number, kind, own), statements in claimed.items():
        unmet = _verdict(kind, number, own=own)[0].is_contradiction
        alike = tuple((one.section, one.outcome) for one in statements)
        key = (kind, own, number.quantity.statistic, *alike) if unmet else (number, kind, own)
        made = _Claim(kind, own, tuple(statements))
        together.setdefault(key, (made, []))[1].append(number)
    for made, same in together.values():
        yield _judge_claim(study, made, same)


@check(
    "A stated p-value for entering a multivariable model against the covariates that entered.",
    kind=Kind.WORDS,
)
def selection_rules(study: Study) -> Iterator[Finding]:
    """A rule with `covariates` holds for these only.  Covariates that entered for a stated reason
    of another kind (`selection-reason`) are told together, with the reason.
    """
    tables: dict[str, list[Statement]] = {}
    for statement in stated(study, "selection-rule"):
        tables.setdefault(statement.table, []).append(statement)
    for table, rules in tables.items():
        entered, examined = _covariates(study, table)
        for reason in stated(study, "selection-reason"):
            if reason.table == table:
                covariates = reason.covariates
                others = {key: examined.pop(key) for key in [*examined] if key[-1] in covariates}
                yield _with_reason(study, rules[0], reason, others)
        for key, p_values in examined.items():
            limits = [Reported(r.p_below) for r in rules if _holds_for(r, key[-1])]
            yield _judge_covariate(study, p_values, limits, key, entered)


def _holds_for(rule: Statement, variable: str) -> bool:
    return not rule.covariates or variable in rule.covariates


def _with_reason(
    study: Study, rule: Statement, reason: Statement, others: Mapping[Covariate, list[Printed]]
) -> Finding:
    p_values = [min(found, key=lambda p: p.number.value) for found in others.values()]
    shown = [f"{_covariate_words(study, p.quantity)} (p {p.value})" for p in p_values]
    limit = f"p below {rule.p_below}"
    said = (
        f"{quantity_words(study, p_values[0].quantity)}, {rule.table}: {says([rule], limit)}; "
        f"{reason.section} adds {', '.join(shown)}, "
        f'"{reason.quote}"; both hold if this is a second rule.'
    )
    numbers, printed = tuple(p_values), ", ".join(f"p {p.value}" for p in p_values)
    return Finding(numbers, printed, limit, Verdict.IMPLAUSIBLE, said, numbers[1:])


@check(
    "Covariates that the text says were adjusted for against the adjusted numbers of a table.",
    kind=Kind.WORDS,
)
def named_covariates(study: Study) -> Iterator[Finding]:
    """Assumes that a model's table shows every covariate that it adjusts for.  Those that it does
    not show are told together.
    """
    for statement in stated(study, "model-covariates"):
        named, missing = statement.covariates, list[Printed]()
        for table in statement.tables:
            entered, examined = _covariates(study, table)
            for key, (p, *_) in examined.items():
                if key[-1] in named and key in entered:
                    yield _judge_named(study, statement, [p], Verdict.REPRODUCED)
                elif key[-1] in named:
                    missing.append(p)
        if missing:
            yield _judge_named(study, statement, missing, Verdict.DISCREPANT)


@check(
    "Outcomes that the text lists against those counted in the table it describes.", kind=Kind.WORDS
)
def listed_events(study: Study) -> Iterator[Finding]:
    """Assumes that the list is complete, unless `complete` is false: an event that is listed
    happened, one that is not did not.
    """
    for statement in stated(study, "list"):
        table, category = statement.table, statement.category or ""
        for number in study.numbers:
            quantity = number.quantity
            here = number.locator.table == table and quantity.statistic == "n"
            single = study.vocabulary(quantity.outcome).within
            if here and single and quantity.category == category:
                yield _judge_listed(
                    study, statement, number, quantity.outcome in statement.outcomes
                )


def _claimed(study: Study, statement: Statement, statistic: str) -> list[Printed]:
    """The printed numbers a statement is about, one for each quantity."""
    wanted = {name: value for name in IDENTITY if (value := getattr(statement, name)) is not None}
    wanted["subgroup"] = statement.subgroup
    if not statement.table and not wanted.get("comparison"):
        return []
    outcome = statement.outcome
    found = [
        places
        for quantity, places in study.by_quantity.items()
        if quantity.statistic == statistic
        and (statistic == "p" or quantity.method == "cox")
        and all(getattr(quantity, name) == value for name, value in wanted.items())
    ]
    if outcome:
        own = [places for places in found if places[0].quantity.outcome == outcome]
        # else of the kinds of the outcome that the claim speaks of as a whole
        found = own or [
            places
            for places in found
            if study.vocabulary(places[0].quantity.outcome).within == outcome
        ]
    left_out = set(statement.except_)
    return [
        chosen
        for places in found
        if not left_out & {places[0].quantity.outcome, _variable(places[0].quantity)}
        and (chosen := _nearest(places, statement)) is not None
    ]


def _nearest(places: Iterable[Printed], statement: Statement) -> Printed | None:
    """The mention in the statement's own section, else in the table it names, else the first."""
    ordered = sorted(table_first(places), key=lambda place: place.locator.section.startswith(IMAGE))
    if statement.table:
        ordered = [place for place in ordered if place.locator.table == statement.table]
    same = [place for place in ordered if place.locator.section.startswith(statement.section)]
    return next(iter(same or ordered), None)


def _judge_claim(study: Study, claim: _Claim, numbers: list[Printed]) -> Finding:
    verdict, reason = _verdict(claim.kind, numbers[0], own=claim.own)
    name = "p" if numbers[0].quantity.statistic == "p" else "interval"
    values = [f"{name} {number.value}" for number in numbers]
    words = quantity_words if len(numbers) == 1 or not claim.own else full_words
    told = ", ".join(
        f"{words(study, number.quantity)}: {value}"
        for number, value in zip(numbers, values, strict=True)
    )
    said = f"{told}, {reason}; {says(claim.statements, CLAIMS[claim.kind])}"
    if verdict.is_contradiction:
        said += UNCERTAIN.get(claim.kind, "" if claim.own else OF_THE_WHOLE)
        said += qualified(claim.statements)
    shown, rest = ", ".join(values), tuple(numbers[1:])
    return Finding(tuple(numbers), shown, CLAIMS[claim.kind], verdict, f"{said}.", rest)


def _verdict(kind: str, number: Printed, *, own: bool) -> tuple[Verdict, str]:
    """Whether the number bears the claim out, and how it lies."""
    if number.quantity.statistic == "p":
        holds, reason = _holds(kind, number.number)
    else:
        holds, reason = _holds_by_interval(kind, number.interval)
    if holds is None:
        return Verdict.ROUNDING, reason
    if holds:
        return Verdict.REPRODUCED, reason
    if kind == "trend" and Box.of(number.number).lower < NO_TREND:
        return Verdict.NOT_CHECKABLE, f"{reason}, and no limit for a trend is agreed"
    mild = kind in UNCERTAIN or not own
    return Verdict.IMPLAUSIBLE if mild else Verdict.DISCREPANT, reason


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
    return quantity.contrast[0]


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
    other = variable.form_of if variable else ""
    if other and (*key[:-1], other) in entered:
        return Verdict.ROUNDING, f"{rule}; it entered as {study.vocabulary(other).label}"
    return Verdict.DISCREPANT, rule


def _covariate_words(study: Study, quantity: Quantity) -> str:
    of_arms = study.comparisons.get(quantity.comparison)
    return of_arms.label if of_arms else study.vocabulary(_variable(quantity)).label


def _judge_named(
    study: Study, statement: Statement, p_values: list[Printed], verdict: Verdict
) -> Finding:
    names = dict.fromkeys(_covariate_words(study, p.quantity) for p in p_values)
    tables = " and ".join(dict.fromkeys(p.locator.table for p in p_values))
    shown = "an adjusted number" if verdict is Verdict.REPRODUCED else "no adjusted number"
    said = (
        f"{says([statement], 'that it was adjusted for')}; for {' and '.join(names)} {shown} is "
        f"in {tables}{qualified([statement])}."
    )
    numbers = tuple(p_values)
    return Finding(numbers, "adjusted for", shown, verdict, said, numbers[1:])


def _judge_listed(study: Study, statement: Statement, number: Printed, named: bool) -> Finding:
    happened = number.number.value > 0
    open_list = happened and not named and not statement.complete
    fits = happened == named
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    words = "lists it" if named else "does not list it"
    where = f"{number.value} in the table; {statement.section} {words}"
    if open_list:
        verdict, where = (
            Verdict.NOT_CHECKABLE,
            f"{where}, and does not say that its list is complete",
        )
    said = f"{quantity_words(study, number.quantity)}: {where}."
    return Finding((number,), number.value, words, verdict, said)
