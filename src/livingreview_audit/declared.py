"""What a report declares of its own methods, against the numbers that it prints.

Denominators: a variable with `denominator_declared: within` is said, in the place that
`declared_in` names, to be of the patients in `within` only.  Its percentages and the p-values of
its levels must then be of these patients too.  Models: statements of the kinds `selection-rule`,
`selection-reason` and `model-covariates` say which covariates enter.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from livingreview_audit.audited import Audited, Count, Numbers, every
from livingreview_audit.contingency import Table
from livingreview_audit.finding import Finding, Verdict, first_true, words
from livingreview_audit.intervals import ALPHA, Box, on_different_sides, printed_as, roundings
from livingreview_audit.p_values import NAMED, p_prints, p_values
from livingreview_audit.vocabulary import qualified, says
from livingreview_record import Outcome, Printed, Quantity, Reported, Statement, level_of

WITHIN = "within"
Cells = Sequence[tuple[Count, Count]]  # a part and its whole, in each group
Covariate = tuple[str, ...]


class _Share(NamedTuple):
    """A count with the size declared for it and the size of its whole group."""

    part: Count
    declared: Count
    group: Count

    @property
    def numbers(self) -> Numbers:
        return (*self.part.numbers, *self.declared.numbers)


class _Held(NamedTuple):
    """A number compared with the declared patients and with the whole group.

    `numbers` are those that it was recomputed from.
    """

    printed: Printed
    recomputed: str
    said: str
    declared: bool
    whole: bool
    numbers: Numbers


@words("Percentages and p-values of a variable that is said to be of some {participants} only.")
def declared_denominator(study: Audited) -> Iterator[Finding]:
    """One finding for all numbers of a variable that are of other patients.  Implausible where all
    of them are of the whole group: the declaration then names some patients and no denominator.
    """
    for outcome in (*study.variables.values(), *study.outcomes.values()):
        if outcome.denominator_declared == WITHIN:
            judged = [*_percentages(study, outcome), *_p_values(study, outcome)]
            apart = [one for one in judged if not one.declared]
            for held in (*([one] for one in judged if one.declared), apart):
                if held:
                    yield _tell(study, outcome, held)


def _tell(study: Audited, outcome: Outcome, held: list[_Held]) -> Finding:
    first, value = held[0], held[0].printed.value
    variable, level = level_of(outcome.within)
    found = study.find(outcome=variable, category=level, statistic="n", subgroup="")
    sizes = [number for number in found if number.locator.section == outcome.declared_in]
    around = study.quantity_words(Quantity().of_level(level_of(outcome.within)))
    shown = " and ".join(size.value for size in sizes)
    of_these = f"n={shown}" if sizes else "these {participants}"
    both = (
        "; the printed numbers are of the whole group, so that both hold if the declaration names "
        "these {participants} and is not the denominator"
    )
    verdict, why = first_true(
        (first.declared, Verdict.REPRODUCED, ""),
        (all(one.whole for one in held), Verdict.IMPLAUSIBLE, both),
        (True, Verdict.DISCREPANT, ""),
    )
    said = f"{outcome.declared_in or 'the report'} declares {of_these} ({around}); "
    said += "; ".join(one.said for one in held) + why
    judged = tuple(one.printed for one in held)
    numbers = dict.fromkeys((*judged, *(n for one in held for n in one.numbers), *sizes))
    shown = f"p {value}" if first.printed.quantity.statistic == "p" else f"{value}%"
    return Finding.on(
        numbers, outcome.label, said, verdict, first.recomputed, reported=shown, touches=judged[1:]
    )


def _percentages(study: Audited, outcome: Outcome) -> Iterator[_Held]:
    for number in study.find(statistic="percent", outcome=outcome.id):
        share, printed = _share(study, number.quantity), number.number
        if share is None or printed.exact is None:
            continue
        fits, whole = (
            printed.exact in roundings(share.part.percent_of(size), printed.decimals).values()
            for size in (share.declared, share.group)
        )
        percent = f"{printed_as(share.part.percent_of(share.declared), printed.decimals)}%"
        said = f"{share.part.of(share.declared)} is {percent}"
        said += "" if fits else f" (printed {number.value}%)"
        yield _Held(number, percent, said, fits, whole, share.numbers)


def _share(study: Audited, quantity: Quantity) -> _Share | None:
    part, group = study.count(quantity), study.group_size(quantity)
    declared = next(iter(study.classified_within(quantity)), None)
    if part is None or declared is None or group is None or not declared.value:
        return None
    return _Share(part, declared, group) if part.value <= declared.value else None


def _p_values(study: Audited, outcome: Outcome) -> Iterator[_Held]:
    for p in study.find(statistic="p", outcome=outcome.id):
        of_arms = p.quantity.comparison in study.comparisons and p.quantity.method in NAMED
        arms = study.compared(p.quantity) if of_arms and p.quantity.category else []
        shares = every(_share(study, arm) for arm in arms)
        if shares:
            yield _p_value(p, shares, outcome)


def _p_value(p: Printed, shares: tuple[_Share, ...], outcome: Outcome) -> _Held:
    of_declared = [(share.part, share.declared) for share in shares]
    of_group = [(share.part, share.group) for share in shares]
    declared = _by_test(p, of_declared)
    fits = any(p_prints(p.number, value) for value in declared.values())
    used = [name for name, v in _by_test(p, of_group).items() if p_prints(p.number, v)]
    values = ", ".join(f"{value:.4f} by {name}" for name, value in declared.items())
    about = outcome.levels.get(p.quantity.category, p.quantity.category)
    said = f"{about}: {_shown(of_declared)} gives {values}"
    if not fits:
        printed = Box(*p.number.rounding_interval)
        apart = [on_different_sides(printed, Box.at(value)) for value in declared.values()]
        sides = "different sides" if all(apart) else "either side" if any(apart) else "one side"
        said += f" (printed {p.value}, on {sides} of {ALPHA}"
        said += f"; {_shown(of_group)} gives it by {used[0]})" if used else ")"
    numbers = tuple(n for share in shares for n in share.numbers)
    recomputed = " or ".join(dict.fromkeys(f"{value:.4f}" for value in declared.values()))
    return _Held(p, recomputed, said, fits, bool(used), numbers)


def _by_test(p: Printed, cells: Cells) -> dict[str, float]:
    """The p-value by each test that the report may mean; none where a part exceeds its size."""
    (a, n), (b, m) = ((part.value, size.value) for part, size in cells)
    table: Table = ((a, n - a), (b, m - b))
    return p_values(table, p.quantity.method) if a <= n and b <= m else {}


def _shown(cells: Cells) -> str:
    return " against ".join(part.of(size) for part, size in cells)


@words("A stated p-value for entering a multivariable model against the covariates that entered.")
def selection_rules(study: Audited) -> Iterator[Finding]:
    """A rule with `covariates` holds for these only.  Covariates that entered for a stated reason
    of another kind (`selection-reason`) are told together, with the reason.
    """
    tables: dict[str, list[Statement]] = {}
    for statement in study.stated("selection-rule"):
        tables.setdefault(statement.table, []).append(statement)
    for table, rules in tables.items():
        entered, examined = _covariates(study, table)
        for reason in study.stated("selection-reason"):
            if reason.table == table:
                others = [key for key in examined if key[-1] in reason.covariates]
                yield _with_reason(study, rules[0], reason, [examined.pop(key) for key in others])
        for key, p_values_ in examined.items():
            ours = [rule for rule in rules if not rule.covariates or key[-1] in rule.covariates]
            limits = [Reported(rule.p_below).value for rule in ours]
            yield _by_rule(study, p_values_, limits, key, entered)


def _with_reason(
    study: Audited, rule: Statement, reason: Statement, others: list[list[Printed]]
) -> Finding:
    p_values_ = tuple(map(_smallest, others))
    shown = [f"{_covariate_words(study, p.quantity)} (p {p.value})" for p in p_values_]
    limit = f"p below {rule.p_below}"
    said = (
        f"{says([rule], limit)}; {reason.section} adds {', '.join(shown)}, "
        f'"{reason.quote}"; both hold if this is a second rule'
    )
    about = f"{study.quantity_words(p_values_[0].quantity)}, {rule.table}"
    printed = ", ".join(f"p {p.value}" for p in p_values_)
    rest, verdict = p_values_[1:], Verdict.IMPLAUSIBLE
    return Finding.on(p_values_, about, said, verdict, limit, reported=printed, touches=rest)


def _smallest(p_values_: list[Printed]) -> Printed:
    return min(p_values_, key=lambda p: p.number.value)


def _by_rule(
    study: Audited,
    p_values_: list[Printed],
    limits: list[float],
    key: Covariate,
    entered: set[Covariate],
) -> Finding:
    p = _smallest(p_values_)
    box, strict, loose = Box.of(p.number), min(limits), max(limits)
    rule = f"the rule is p below {loose:g}"
    if strict != loose:
        rule = f"the rules are p below {strict:g} and p below {loose:g}"
    variable = study.variables.get(key[-1])
    other = variable.form_of if variable else ""
    as_other = f"; it entered as {study.vocabulary(other).label}" if other else ""
    left_out = key not in entered and box.upper < strict
    verdict, why = first_true(
        (key in entered and box.lower >= loose, Verdict.DISCREPANT, ""),
        (left_out and other and (*key[:-1], other) in entered, Verdict.ROUNDING, as_other),
        (left_out, Verdict.DISCREPANT, ""),
    )
    beyond = box.lower >= (loose if key in entered else strict)
    expected = "left out" if beyond else "entered"
    about = f"{_covariate_words(study, p.quantity)} for {study.quantity_words(p.quantity)}"
    happened, shown = "entered" if key in entered else "left out", f"p {p.value}"
    said = f"{shown} alone, {happened}; {rule}{why}"
    return Finding.on(p_values_, about, said, verdict, expected, reported=shown)


@words("Covariates that the text says were adjusted for against the adjusted numbers of a table.")
def named_covariates(study: Audited) -> Iterator[Finding]:
    """Assumes that a model's table shows every covariate that it adjusts for.  Those that it does
    not show are told together.
    """
    for statement in study.stated("model-covariates"):
        missing: list[Printed] = []
        for table in statement.tables:
            entered, examined = _covariates(study, table)
            for key, (p, *_) in examined.items():
                if key[-1] in statement.covariates and key in entered:
                    yield _named(study, statement, [p], Verdict.REPRODUCED)
                elif key[-1] in statement.covariates:
                    missing.append(p)
        if missing:
            yield _named(study, statement, missing, Verdict.DISCREPANT)


def _named(
    study: Audited, statement: Statement, p_values_: list[Printed], verdict: Verdict
) -> Finding:
    names = dict.fromkeys(_covariate_words(study, p.quantity) for p in p_values_)
    tables = " and ".join(dict.fromkeys(p.locator.table for p in p_values_))
    shown = "an adjusted number" if verdict is Verdict.REPRODUCED else "no adjusted number"
    said = (
        f"{says([statement], 'that it was adjusted for')}; for {' and '.join(names)} {shown} is "
        f"in {tables}{qualified([statement])}."
    )
    numbers = tuple(p_values_)
    return Finding(numbers, "adjusted for", shown, verdict, said, numbers[1:])


def _covariates(
    study: Audited, table: str
) -> tuple[set[Covariate], dict[Covariate, list[Printed]]]:
    """Covariates of a table: those with an adjusted number, and unadjusted p-values of each."""
    entered: set[Covariate] = set()
    examined: dict[Covariate, list[Printed]] = {}
    for number in study.numbers:
        of = number.quantity
        key = (of.population, of.subgroup, of.outcome, of.contrast[0])
        if number.locator.table != table or not of.comparison:
            continue
        if of.adjustment == "adjusted":
            entered.add(key)
        elif of.adjustment == "unadjusted" and of.statistic == "p":
            examined.setdefault(key, []).append(number)
    return entered, examined


def _covariate_words(study: Audited, quantity: Quantity) -> str:
    of_arms = study.comparisons.get(quantity.comparison)
    return of_arms.label if of_arms else study.vocabulary(quantity.contrast[0]).label
