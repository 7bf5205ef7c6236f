"""Links of a study.yaml, to its own ids and to the review's: each must lead to one declared."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from livingreview.problems import Problem
from livingreview.studies import ALL_ARMS, Outcome, Study

Link = tuple[str, str, Iterable[str]]  # the key, the id found there, the ids that are declared
BY_LEVEL = ("subset_of", "level_sum_of")


def check_links(path: Path, study: Study, problems: list[Problem]) -> None:
    """Add a problem for every link of populations, vocabulary and statements to an unknown id."""
    _check(path, _links(study), problems)


def check_arms(
    path: Path, study: Study, protocol: Mapping[str, Any], problems: list[Problem]
) -> None:
    """Add a problem for every arm without a class or flag of the review, or with an unknown one."""
    arms = study.arms.values()
    classes = protocol["treatment_classes"]
    links = ((f"arms.{arm.id}.treatment_class", arm.treatment_class, classes) for arm in arms)
    _check(path, links, problems)
    asked = arm_flags(protocol)
    for arm in arms:
        flags = {key for key, value in arm.details.items() if isinstance(value, bool)}
        for flag in (flag for flag in asked if flag not in flags):
            value = arm.details.get(flag)
            needed = "true or false, by which review.yaml's syntheses choose arms"
            found = "nothing" if value is None else repr(value)
            advice = "write true or false, without quotes"
            problems.append(Problem(f"{path} arms.{arm.id}.{flag}", needed, found, advice))
        for flag in sorted(flags.difference(asked)):
            needed = f"only flags that review.yaml's syntheses ask for ({', '.join(asked)})"
            advice = "correct its name, or say it in words"
            problems.append(Problem(f"{path} arms.{arm.id}", needed, repr(flag), advice))


def arm_flags(protocol: Mapping[str, Any]) -> tuple[str, ...]:
    """What the review's syntheses ask of an arm with true or false.

    >>> arm_flags({"syntheses": [{"experimental": {"is_new": True}, "control": {"is_new": False}}]})
    ('is_new',)
    """
    asked = (
        item
        for plan in protocol["syntheses"]
        for rule in ("arms", "experimental", "control")
        for item in plan.get(rule, {}).items()
    )
    return tuple(dict.fromkeys(key for key, value in asked if isinstance(value, bool)))


def _check(path: Path, links: Iterable[Link], problems: list[Problem]) -> None:
    for where, found, declared in links:
        known = list(declared)
        if found not in known:
            needed = f"one of {', '.join(known) or 'the declared ids (there are none)'}"
            advice = "declare or correct it"
            problems.append(Problem(f"{path} {where}", needed, repr(found), advice))


def _links(study: Study) -> Iterator[Link]:
    for id_, entry in study.details.get("populations", {}).items():
        for member in entry.get("members", ()):
            yield from _to_level(study, f"populations.{id_}.members", member)
    for id_, variable in study.variables.items():
        yield from _of_entry(study, f"variables.{id_}", variable)
    for id_, outcome in study.outcomes.items():
        yield from _of_entry(study, f"outcomes.{id_}", outcome)
    for position, statement in enumerate(study.statements):
        yield from _of_statement(study, f"statements.{position}", statement)


def _of_entry(study: Study, where: str, entry: Outcome) -> Iterator[Link]:
    details = entry.details or {}
    if entry.within or "within" in (entry.denominator, details.get("denominator_declared")):
        yield from _to_level(study, f"{where}.within", entry.within)
    for other in details.get("includes", ()):
        yield f"{where}.includes", other, study.outcomes
    if "form_of" in details:
        yield f"{where}.form_of", details["form_of"], study.variables
    if "only_arm" in details:
        yield f"{where}.only_arm", details["only_arm"], study.arms
    for key in BY_LEVEL:
        links = details.get(key, {})
        for level, targets in links.items() if isinstance(links, Mapping) else [("", links)]:
            if level:
                yield f"{where}.{key}", level, entry.levels
            for target in [targets] if isinstance(targets, str) else targets:
                yield from _to_level(study, f"{where}.{key}", target)


def _to_level(study: Study, where: str, link: str) -> Iterator[Link]:
    """``variable`` or ``variable=level``: both must be declared."""
    vocabulary = {**study.variables, **study.outcomes}
    of, _, level = link.partition("=")
    yield where, of, vocabulary
    if level and of in vocabulary:
        yield where, level, vocabulary[of].levels


def _of_statement(study: Study, where: str, statement: Mapping[str, object]) -> Iterator[Link]:
    declared: dict[str, Iterable[str]] = {
        "arm_id": [*study.arms, ALL_ARMS],
        "population": study.populations,
        "outcome": {**study.variables, **study.outcomes},
    }
    for key, known in declared.items():
        if key in statement:
            yield f"{where}.{key}", str(statement[key]), known
    for key in ("variables", "covariates"):
        listed = statement.get(key, ())
        for one in listed if isinstance(listed, list | tuple) else ():
            yield f"{where}.{key}", str(one), study.variables
