"""What the study's vocabulary implies about counts: parts of a whole, and subsets.

Everything here is read from `study.yaml` and the roles of `review.yaml`; no check knows an outcome
by name, apart from the one that every study shares (`participants`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from livingreview_audit.audited import Audited
from livingreview_record import Outcome, Quantity, Statement, level_of


def partition_of(study: Audited, quantity: Quantity) -> tuple[tuple[str, ...], str | None]:
    """The categories that share patients with no other and add up, the quantity's among them.

    The second value is the category they add up to, or None where they add up to everyone who is
    classified.  Empty where the vocabulary implies no such sum.
    """
    levels, grades = study.vocabulary(quantity.outcome).levels, study.roles.any_grade
    if quantity.category in levels and study.vocabulary(quantity.outcome).exhaustive:
        return tuple(levels), None
    graded = study.is_adverse_event(quantity) and set(grades) <= set(levels)
    return (grades, "") if graded and quantity.category in grades else ((), None)


def says(statements: Iterable[Statement], otherwise: str) -> str:
    """What the sections say, in their own words where `quote` records them, else `otherwise`.

    Sections with the same words share them.
    """
    sections: dict[str, list[str]] = {}
    for statement in statements:
        words = f'"{statement.quote}"' if statement.quote else otherwise
        known = sections.setdefault(words, [])
        if statement.section not in known:
            known.append(statement.section)
    told = (
        f"{' and '.join(where)} {'says' if len(where) == 1 else 'say'} {words}"
        for words, where in sections.items()
    )
    return "; ".join(told)


def qualified(statements: Iterable[Statement]) -> str:
    """The words that qualify what was said, with their place, to end a sentence; or nothing."""
    told = dict.fromkeys(
        f'; {statement.qualified_in} has "{statement.qualifier}"'
        for statement in statements
        if statement.qualifier
    )
    return "".join(told)


def supersets(study: Audited, quantity: Quantity) -> Iterator[tuple[Quantity, bool]]:
    """Quantities whose patients include those of `quantity`, as the vocabulary declares.

    The flag is True where this holds by definition, False where it holds by the usual meaning of
    the words only (`subset_of`).
    """
    outcome = study.vocabulary(quantity.outcome)
    if study.is_adverse_event(quantity):
        wider = study.roles.grades.get(quantity.category)
        for grade in () if wider is None else (*wider, ""):
            yield replace(quantity, category=grade), True
    around = level_of(outcome.within)
    if around.level:
        yield quantity.of_level(around), True
    elif around.variable and {quantity.category} <= {"", *study.vocabulary(around.variable).levels}:
        worse = study.roles.any_grade[1:]  # a patient with another event may have one of these
        low = quantity.category in study.roles.any_grade and quantity.category not in worse
        grade = "" if low else quantity.category
        yield replace(quantity, outcome=around.variable, category=grade), True
    population = study.populations.get(quantity.population)
    if population is not None and population.within:
        yield replace(quantity, population=population.within), True
    for wider_outcome in study.outcomes.values() if outcome.sum_of else ():
        if _levels_within(outcome, wider_outcome):
            yield replace(quantity, outcome=wider_outcome.id), True
    if meant := outcome.subset_of.get(quantity.category):
        yield quantity.of_level(level_of(meant)), False


def _levels_within(narrow: Outcome, wide: Outcome) -> bool:
    """Whether both are sums of levels of the same outcome, the first of fewer."""
    same = narrow.sum_of.keys() == wide.sum_of.keys()
    return same and all(set(part) < set(wide.sum_of[of]) for of, part in narrow.sum_of.items())
