"""Public data sets of real patients, as text, column by column."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

REFERENCE = Path(__file__).parents[1] / "reference"


def patients(name: str) -> dict[str, NDArray[np.str_]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}
