"""Pinned results of the reference software, with the record of what produced them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[1] / "reference"
CLOSED = 1e-10  # closed forms: rounding of double precision over a few dozen operations
SOLVED = 1e-8  # tau2 and what follows from it: the tight setting of the reference solver


def reference(name: str) -> dict[str, Any]:
    """Read one pinned file; its source record must say what made it."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    source = content["source"]
    for needed in ("package", "version", "r", "script", "control"):
        if not source.get(needed):
            msg = f"{name}.json: the source record lacks {needed}"
            raise ValueError(msg)
    return content


def cases(name: str) -> list[dict[str, Any]]:
    """Cases of one pinned file."""
    listed: list[dict[str, Any]] = reference(name)["cases"]
    return listed


def numbers(values: list[float | None]) -> np.ndarray:
    """Turn a list with null for missing values into an array with NaN."""
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def data_sets() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Estimates and variances of each public data set."""
    return {
        case["set"]: (numbers(case["data"]["yi"]), numbers(case["data"]["vi"]))
        for case in cases("univariate")
        if "data" in case
    }


def assert_close(found: object, expected: object, tolerance: float, what: str) -> None:
    """Fail unless both are finite and equal to the tolerance; NaN is never equal."""
    found_array, expected_array = np.asarray(found, float), np.asarray(expected, float)
    assert found_array.shape == expected_array.shape, what
    assert np.isfinite(expected_array).all(), f"{what}: nothing to compare with"
    np.testing.assert_allclose(
        found_array, expected_array, rtol=tolerance, atol=tolerance * 1e-6, err_msg=what
    )
