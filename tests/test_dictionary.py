"""data/dictionary.csv describes every column and every key of the data, and nothing else."""

import csv
from pathlib import Path

import pytest
import yaml

from data_dictionary import DATA, ROOT, dictionary, keys_of


def names_in(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        return set(next(csv.reader([text.splitlines()[0]])))
    return set(keys_of(yaml.safe_load(text)))


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
