"""How a study was analysed, as `pipeline.yaml` says: each choice printed or assumed, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from livingreview_cohort.cox import Ties
from livingreview_cohort.curves import AtOneHalf, IntervalStyle, MedianStyle, Weight
from livingreview_cohort.matching import Order, Scale, Unit
from livingreview_record import (
    Collector,
    DataProblemsError,
    Dictionary,
    Problem,
    Review,
    Study,
    check_shape,
    read_yaml,
)

TREND = "trend"  # one step a level, in the order of study.yaml


class Choice(NamedTuple):
    """One choice: its key as the dictionary names it, its value, and what it rests on.

    `printed` is the place that prints it; where none does, `assumed` is our reason.
    """

    key: str
    value: Any
    printed: str
    assumed: str


@dataclass(frozen=True, kw_only=True)
class Model:
    """A Cox model whose covariates were chosen by their p-values, or forced in."""

    outcomes: tuple[str, ...]
    arm: str = ""
    candidates: tuple[str, ...]
    p_below: float
    forced: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Matching:
    """One-to-one matching on a propensity score; see `matching`."""

    population: str
    covariates: tuple[str, ...]
    caliper: float
    unit: Unit
    scale: Scale
    order: Order


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """Patients left out because an event came before a time, in months."""

    outcome: str
    before_months: float


@dataclass(frozen=True, kw_only=True)
class SingleArm:
    """What to try for one arm of a study without results; times in months."""

    outcome: str
    sizes: tuple[int, ...]
    medians: tuple[float, ...]
    historical_median: float
    recruitment_months: float
    followup_months: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about the design; see `what_if` for the kinds and what each needs."""

    kind: str
    outcome: str = ""
    covariate: str = ""
    months: float = 0.0
    most: int = 0


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The analyses of one study; `choices` has every choice again with what it rests on."""

    curve_test: Weight
    ties: Ties
    cox_p: str
    screening_p: str
    rate_interval: IntervalStyle
    median_interval: MedianStyle
    median_at_one_half: AtOneHalf
    followup: str
    share_interval: str
    count_test: str
    number_test: str
    references: Mapping[str, str]
    models: tuple[Model, ...]
    matching: Matching | None
    exclusions: tuple[Exclusion, ...]
    what_if: tuple[Question, ...] = ()
    choices: tuple[Choice, ...]


PARTS = ("software", "references", "models", "matching", "exclusions", "what_if", "single_arm")
ANALYSES = tuple(one.name for one in fields(Pipeline) if one.name not in (*PARTS, "choices"))


def has_pipeline(study: Study, root: Path | str = ".") -> bool:
    """Whether a file under `root/data` says how the study was analysed."""
    return _path(study, root).exists()


def _path(study: Study, root: Path | str) -> Path:
    return Path(root) / "data" / "studies" / study.id / "pipeline.yaml"


def load_pipeline(study: Study, dictionary: Dictionary, root: Path | str = ".") -> Pipeline:
    """The analyses of the study, from its `pipeline.yaml` under `root/data`.

    Raises `DataProblemsError`, which lists every problem of the file.
    """
    content, choices = _load(study, dictionary, root, needed=ANALYSES)
    values = {name: content[name]["value"] for name in ANALYSES}
    matching = _values(content["matching"]) if "matching" in content else None
    return Pipeline(
        **values,
        references=content.get("references", {"value": {}})["value"],
        models=tuple(Model(**_values(one)) for one in content.get("models", ())),
        matching=None if matching is None else Matching(**matching),
        exclusions=tuple(Exclusion(**_values(one)) for one in content.get("exclusions", ())),
        what_if=tuple(Question(**_values(one)) for one in content.get("what_if", ())),
        choices=choices,
    )


def check_pipelines(review: Review, root: Path | str = ".") -> list[Problem]:
    """Return every problem of every `pipeline.yaml` of the review."""
    problems: list[Problem] = []
    for study in review.studies.values():
        if has_pipeline(study, root):
            needed = ANALYSES if study.numbers else ("single_arm",)
            try:
                _load(study, review.dictionary, root, needed)
            except DataProblemsError as error:
                problems += error.problems
    return problems


def load_single_arm(
    study: Study, dictionary: Dictionary, root: Path | str = "."
) -> tuple[SingleArm, tuple[Choice, ...]]:
    """What to try for one arm of a study without results, and every choice.

    Raises `DataProblemsError`, which lists every problem of the file.
    """
    content, choices = _load(study, dictionary, root, needed=("single_arm",))
    return SingleArm(**_values(content["single_arm"])), choices


def _values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the choices below a key; lists as tuples."""
    found = {
        name: choice["value"] if isinstance(choice, dict) else choice
        for name, choice in entry.items()
    }
    return {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}


def _load(
    study: Study, dictionary: Dictionary, root: Path | str, needed: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[Choice, ...]]:
    path, problems = _path(study, root), list[Problem]()
    content = read_yaml(path, problems)
    check_shape(path, "pipeline", content, dictionary, problems)
    if not problems:
        _check(Collector(str(path), problems), content, study, needed)
    if problems:
        raise DataProblemsError(problems)
    return content, tuple(_choices(content))


def _choices(content: Any, key: str = "") -> Iterator[Choice]:
    if isinstance(content, list):
        for item in content:
            yield from _choices(item, f"{key}[]")
    elif isinstance(content, dict) and "value" in content:
        yield Choice(key, content["value"], content.get("printed", ""), content.get("assumed", ""))
    elif isinstance(content, dict):
        for name, item in content.items():
            yield from _choices(item, f"{key}.{name}".removeprefix("."))


def _check(
    file: Collector, content: Mapping[str, Any], study: Study, needed: tuple[str, ...]
) -> None:
    """Add a problem for a choice that is missing or without a ground, and for an unknown id."""
    for name in needed:
        if name not in content:
            file.need(name, "this choice", "nothing", "add it, with value and printed or assumed")
    for choice in _choices(content):
        if bool(choice.printed) == bool(choice.assumed):
            found = "both" if choice.printed else "neither"
            asked = "either printed (the place) or assumed (the reason)"
            file.need(choice.key, asked, found, "keep the one that holds")
    for place, names, known in _named(content, study):
        for name in names:
            file.one_of(place, name, known, "correct it, or declare it in study.yaml")


def _named(
    content: Mapping[str, Any], study: Study
) -> Iterator[tuple[str, Iterable[str], Iterable[str]]]:
    """Every place that names something of the study: what it names, and what could be named."""
    for number, model in enumerate(content.get("models", ()), 1):
        place, covariates = f"models[{number}]", (*study.variables, *study.comparisons)
        yield f"{place}.outcomes", model["outcomes"], study.outcomes
        yield f"{place}.arm", [model["arm"]] if "arm" in model else [], study.arms
        yield f"{place}.candidates", model["candidates"]["value"], covariates
        yield f"{place}.forced", model["forced"]["value"], covariates
    if "matching" in content:
        matching = _values(content["matching"])
        yield "matching.covariates", matching["covariates"], study.variables
        yield "matching.population", [matching["population"]], study.populations
    for exclusion in content.get("exclusions", ()):
        yield "exclusions.outcome", [exclusion["outcome"]["value"]], study.outcomes
    for number, question in enumerate(content.get("what_if", ()), 1):
        place, asked = f"what_if[{number}]", _values(question)
        yield f"{place}.outcome", [asked["outcome"]] if "outcome" in asked else [], study.outcomes
        yield (
            f"{place}.covariate",
            [asked["covariate"]] if "covariate" in asked else [],
            study.variables,
        )
    references = content.get("references", {"value": {}})["value"]
    yield "references", references, study.variables
    for name, level in references.items():
        if name in study.variables:
            yield f"references.{name}", [level], (*study.variables[name].levels, TREND)
