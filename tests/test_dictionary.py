"""data/dictionary.csv describes every column and every key of the data, and nothing else."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DATA = ROOT / "data"
# Below these keys the data names its own ids, which the dictionary describes once, as *.
KEYED_BY_ID = {
    "arms",
    "categories",
    "comparisons",
    "level_sum_of",
    "levels",
    "outcomes",
    "populations",
    "subset_of",
    "sum_of",
    "treatment_classes",
    "variables",
}


def keys_of(content: object, path: str = "") -> Iterator[str]:
    """Every key of nested mappings: ``reports[].id``, ``arms.*.label``."""
    if isinstance(content, dict):
        by_id = path.rpartition(".")[2] in KEYED_BY_ID
        for key, value in content.items():
            name = f"{path}.{'*' if by_id else key}".removeprefix(".")
            yield name
            yield from keys_of(value, name)
    elif isinstance(content, list):
        for item in content:
            yield from keys_of(item, f"{path}[]")


def names_in(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return set(next(csv.reader([text.splitlines()[0]])))
    return set(keys_of(yaml.safe_load(text)))


def dictionary() -> list[dict[str, str]]:
    with (DATA / "dictionary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def patterns() -> list[str]:
    return sorted({row["file"] for row in dictionary()})


def described(pattern: str) -> set[str]:
    return {row["name"] for row in dictionary() if row["file"] == pattern}


def test_every_data_file_is_described_by_exactly_one_pattern():
    files = [path for path in DATA.rglob("*") if path.suffix in (".csv", ".yaml")]
    for path in files:
        fits = [pattern for pattern in patterns() if path in ROOT.glob(pattern)]
        assert len(fits) == 1, f"{path.relative_to(ROOT)} is described by {fits or 'no pattern'}"


@pytest.mark.parametrize("pattern", patterns())
def test_every_column_and_key_is_described(pattern):
    for path in sorted(ROOT.glob(pattern)):
        missing = sorted(names_in(path) - described(pattern))
        assert not missing, f"{path.relative_to(ROOT)}: add to data/dictionary.csv {missing}"


@pytest.mark.parametrize("pattern", patterns())
def test_nothing_is_described_that_does_not_exist(pattern):
    found = set().union(*(names_in(path) for path in ROOT.glob(pattern)))
    superfluous = sorted(described(pattern) - found)
    assert not superfluous, f"{pattern}: remove from data/dictionary.csv {superfluous}"


def test_every_description_says_something_once():
    rows = dictionary()
    assert all(row["meaning"].strip() for row in rows)
    assert len({(row["file"], row["name"]) for row in rows}) == len(rows)


def test_a_new_key_and_a_new_column_are_noticed(tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text("arms: {a: {label: A, colour: red}}\nreports: [{id: r}]\n", encoding="utf-8")
    assert names_in(study) == {
        "arms",
        "arms.*",
        "arms.*.label",
        "arms.*.colour",
        "reports",
        "reports[].id",
    }
    table = tmp_path / "reported.csv"
    table.write_text("value,colour\n1,red\n", encoding="utf-8")
    assert "colour" in names_in(table)
