"""The rows of `data/dictionary.csv`, and the keys of a file as it names them."""

import csv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "data"
# Below these keys the data names its own ids, which the dictionary describes once, as *.
KEYED_BY_ID = {
    "arms",
    "assessors",
    "categories",
    "clocks",
    "comparisons",
    "grades",
    "level_sum_of",
    "levels",
    "networks.compare",
    "networks.components",
    "outcomes",
    "people",
    "populations",
    "questions",
    "reasons",
    "results",
    "sources",
    "references.value",
    "subset_of",
    "sum_of",
    "treatment_classes",
    "variables",
}


def keys_of(content: object, path: str = "") -> Iterator[str]:
    """Every key of nested mappings: `reports[].id`, `arms.*.label`."""
    if isinstance(content, dict):
        by_id = path.rpartition(".")[2] in KEYED_BY_ID or path in KEYED_BY_ID
        for key, value in content.items():
            name = f"{path}.{'*' if by_id else key}".removeprefix(".")
            yield name
            yield from keys_of(value, name)
    elif isinstance(content, list):
        for item in content:
            yield from keys_of(item, f"{path}[]")


def dictionary() -> list[dict[str, str]]:
    with (DATA / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
