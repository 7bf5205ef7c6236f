"""The review's own `data/dictionary.csv`: what each column and key means, and its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

FILES = {
    "review": "data/review.yaml",
    "study": "data/studies/*/study.yaml",
    "pipeline": "data/studies/*/pipeline.yaml",
}
DICTIONARY_COLUMNS = ("file", "name", "meaning", "values")
CLOSED_VALUES = "one of: "
TRUTH_VALUES = "true or false"


@dataclass(frozen=True)
class Dictionary:
    """Every column and key of the data, described, in the order of the file.

    `rows` have the columns of `data/dictionary.csv`.  Where the file could not be read `is_whole`
    is False: then any key counts as described.
    """

    rows: tuple[Mapping[str, str], ...] = ()
    is_whole: bool = True

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        return {(row["file"], row["name"]): row for row in self.rows}

    def meaning(self, schema: str, name: str) -> str:
        """Return what a key of `study` or `review` means; empty for a key that is not described."""
        return self._by_name.get((FILES.get(schema, schema), name), {"meaning": ""})["meaning"]

    def heading(self, schema: str, name: str) -> str:
        """Return the meaning of a column or key, else the last part of its name in words."""
        return self.meaning(schema, name) or name.rpartition(".")[2].replace("_", " ").capitalize()

    def values(self, schema: str, name: str) -> list[Any] | None:
        """Return the values that a key may take: None if not described, empty for any value."""
        row = self._by_name.get((FILES[schema], name))
        if row is None:
            return None if self.is_whole else []
        words = row["values"]
        if words == TRUTH_VALUES:
            return [True, False]
        is_closed = words.startswith(CLOSED_VALUES)
        return words.removeprefix(CLOSED_VALUES).split(", ") if is_closed else []

    def of_file(self, file: str) -> list[Mapping[str, str]]:
        """Return the rows that describe one file, or files by their pattern."""
        return [row for row in self.rows if row["file"] == file]

    def below(self, schema: str, parent: str) -> list[str]:
        """Return the keys described directly below a map."""
        names = (row["name"] for row in self.of_file(FILES[schema]))
        keys = [name.removeprefix(f"{parent}.") for name in names if name.startswith(f"{parent}.")]
        return [key for key in keys if "." not in key and "[" not in key and key != "*"]
