"""Files to a validated review: every problem is gathered, then raised once.

The files' shapes are in ``schema/`` (JSON Schema) and, column by column, in the review's own
``data/dictionary.csv``.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from livingreview.files import read_rows, read_yaml
from livingreview.links import check_arms, check_links
from livingreview.problems import DataProblemsError, Problem
from livingreview.rows import COLUMNS, check_sizes, check_together, printed_number
from livingreview.studies import (
    Arm,
    Comparison,
    Outcome,
    Population,
    Report,
    Review,
    SharedPatients,
    Study,
)

WITHOUT_NUMBERS = frozenset({"ongoing", "excluded"})


def load_review(root: Path | str = ".", *, only: Iterable[str] | None = None) -> Review:
    """The review under ``root/data``, with every study or with those named in ``only``.

    Files of other studies are then not read, so that a change of theirs changes nothing here.
    Raises ``DataProblemsError``, which lists every problem of every file.
    """
    data = Path(root) / "data"
    problems: list[Problem] = []
    protocol = _load_protocol(data / "review.yaml", problems)
    sound = not problems
    names = None if only is None else frozenset(only)
    folders = sorted(
        path
        for path in (data / "studies").glob("*")
        if path.is_dir() and (names is None or path.name in names)
    )
    for name in sorted((names or frozenset()) - {folder.name for folder in folders}):
        problems.append(Problem(str(data / "studies" / name), "a folder", "none", "add the study"))
    if not folders:
        problems.append(Problem(str(data / "studies"), "a folder a study", "none", "add a study"))
    studies = {folder.name: _load_study(folder, problems) for folder in folders}
    for id_, study in studies.items():
        if study is not None and sound:
            check_arms(data / "studies" / id_ / "study.yaml", study, protocol, problems)
    if problems:
        raise DataProblemsError(problems)
    return Review(protocol, {id_: study for id_, study in studies.items() if study is not None})


def load_protocol(root: Path | str = ".") -> Mapping[str, Any]:
    """The question and rules of the review under ``root/data``, without its studies.

    Raises ``DataProblemsError``, which lists every problem of ``review.yaml``.
    """
    problems: list[Problem] = []
    protocol = _load_protocol(Path(root) / "data" / "review.yaml", problems)
    if problems:
        raise DataProblemsError(problems)
    return protocol


def load_study(study_id: str, root: Path | str = ".") -> Study:
    """One study of the review under ``root/data``.

    Raises ``DataProblemsError``, which lists every problem of the study's files.
    """
    problems: list[Problem] = []
    study = _load_study(Path(root) / "data" / "studies" / study_id, problems)
    if problems or study is None:
        raise DataProblemsError(problems)
    return study


def _load_protocol(path: Path, problems: list[Problem]) -> dict[str, Any]:
    protocol = read_yaml(path, problems)
    _check_shape(path, "review", protocol, problems)
    return protocol


def _load_study(folder: Path, problems: list[Problem]) -> Study | None:
    known = len(problems)
    path = folder / "study.yaml"
    content = read_yaml(path, problems)
    _check_shape(path, "study", content, problems)
    if len(problems) > known:
        return None
    if content["id"] != folder.name:
        advice = "make the id and the folder's name equal"
        problems.append(Problem(f"{path} id", repr(folder.name), repr(content["id"]), advice))
    study = _study(content)
    _check_references(path, study, problems)
    check_links(path, study, problems)
    return _with_numbers(folder / "reported.csv", study, problems)


def _check_shape(
    path: Path, schema: str, content: Mapping[str, Any], problems: list[Problem]
) -> None:
    if not content:
        return
    errors = _validator(schema).iter_errors(content)
    for error in sorted(errors, key=lambda error: list(map(str, error.absolute_path))):
        where = f"{path} {'.'.join(map(str, error.absolute_path))}".strip()
        needed = f"what {schema}.yaml's schema asks for ({error.validator})"
        problems.append(Problem(where, needed, error.message, "mend or add it"))


@cache
def _validator(schema: str) -> Draft202012Validator:
    text = resources.files("livingreview").joinpath(f"schema/{schema}.yaml").read_text("utf-8")
    return Draft202012Validator(yaml.safe_load(text))


def _study(content: Mapping[str, Any]) -> Study:
    arms = {
        id_: Arm(id_, arm["label"], arm["treatment_class"], arm)
        for id_, arm in content.get("arms", {}).items()
    }
    populations = {
        id_: Population(id_, entry["label"], entry.get("within", ""))
        for id_, entry in content.get("populations", {"whole": {"label": "All patients"}}).items()
    }
    return Study(
        id=content["id"],
        label=content["label"],
        status=content["status"],
        status_reason=content.get("status_reason", ""),
        population=content["population"],
        reports=tuple(
            Report(entry["id"], entry["kind"], entry["title"], entry)
            for entry in content["reports"]
        ),
        shares_patients=tuple(
            SharedPatients(e["with"], e["certainty"], e["why"], str(e.get("source", "")))
            for e in content.get("shares_patients", [])
        ),
        design=content["design"],
        arms=arms,
        comparisons={
            id_: Comparison(id_, entry["label"], entry["experimental"], entry["control"])
            for id_, entry in content.get("comparisons", {}).items()
        },
        populations=populations,
        outcomes=_vocabulary(content.get("outcomes", {})),
        variables=_vocabulary(content.get("variables", {})),
        statements=tuple(content.get("statements", [])),
        numbers=(),
        details=content,
    )


def _vocabulary(entries: Mapping[str, Any]) -> dict[str, Outcome]:
    return {
        id_: Outcome(
            id=id_,
            label=entry["label"],
            kind=entry["kind"],
            levels=entry.get("levels", {}) | entry.get("categories", {}),
            exhaustive=entry.get("exhaustive", False),
            within=entry.get("within", ""),
            denominator=entry.get("denominator", "arm"),
            sum_of={of: tuple(levels) for of, levels in entry.get("sum_of", {}).items()} or None,
            details=entry,
        )
        for id_, entry in entries.items()
    }


def _check_references(path: Path, study: Study, problems: list[Problem]) -> None:
    def need(where: str, found: str, known: Mapping[str, object]) -> None:
        if found not in known:
            needed = f"one of {', '.join(known) or 'the declared ids (there are none)'}"
            advice = "declare or correct it"
            problems.append(Problem(f"{path} {where}", needed, repr(found), advice))

    for id_, comparison in study.comparisons.items():
        need(f"comparisons.{id_}.experimental", comparison.experimental, study.arms)
        need(f"comparisons.{id_}.control", comparison.control, study.arms)
    for id_, population in study.populations.items():
        if population.within:
            need(f"populations.{id_}.within", population.within, study.populations)
    for id_, outcome in study.outcomes.items():
        for of, levels in (outcome.sum_of or {}).items():
            need(f"outcomes.{id_}.sum_of", of, study.outcomes)
            for level in levels if of in study.outcomes else ():
                need(f"outcomes.{id_}.sum_of.{of}", level, study.outcomes[of].levels)
    for id_ in sorted(study.outcomes.keys() & study.variables.keys()):
        advice = "rename one of them"
        problems.append(Problem(f"{path} {id_}", "one meaning for an id", "two", advice))


def _with_numbers(path: Path, study: Study, problems: list[Problem]) -> Study:
    if study.status in WITHOUT_NUMBERS:
        if path.exists():
            advice = "change the status in study.yaml or remove the file"
            found = f"a file, with status {study.status!r}"
            problems.append(Problem(str(path), "no reported.csv", found, advice))
        return study
    known = len(problems)
    rows = read_rows(path, COLUMNS, problems)
    numbers = tuple(printed_number(path, line, cells, study, problems) for line, cells in rows)
    check_together(path, numbers, problems)
    if len(problems) == known:
        check_sizes(path, numbers, problems)
    return Study(**{**vars(study), "numbers": numbers})
