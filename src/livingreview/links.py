"""Links between the ids of a study.yaml: each must lead to something that is declared."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from livingreview.problems import Problem
from livingreview.studies import ALL_ARMS, Outcome, Study

Link = tuple[str, str, Iterable[str]]  # the key, the id found there, the ids that are declared
BY_LEVEL = ("subset_of", "level_sum_of")


def check_links(path: Path, study: Study, problems: list[Problem]) -> None:
    """Add a problem for every link of populations, vocabulary and statements to an unknown id."""
    for where, found, declared in _links(study):
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
