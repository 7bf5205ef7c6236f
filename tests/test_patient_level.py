"""The simulated papers' survival methods against R's survival package.

Reference values: R 4.2.2, survival 3.5-3, `survfit` (conf.type plain, log, log-log), `survdiff` and
`coxph` (Efron) on its data sets lung and veteran.
"""

import numpy as np
import pytest
from scipy.stats import chi2

from patient_level import Cox, KaplanMeier, log_rank, patients

PRINTED = 5e-4  # R printed three decimals


@pytest.fixture(scope="module")
def lung() -> dict[str, np.ndarray]:
    return patients("lung")


@pytest.fixture(scope="module")
def curve(lung: dict[str, np.ndarray]) -> KaplanMeier:
    return KaplanMeier(lung["time"].astype(float), lung["status"] == "2")


@pytest.mark.parametrize(
    ("method", "rate", "median"),
    [
        ("plain", (0.339, 0.479), (284, 361)),
        ("log", (0.345, 0.486), (285, 363)),
        ("log-log", (0.339, 0.478), (284, 361)),
    ],
)
def test_curve_and_intervals_are_those_of_r(
    curve: KaplanMeier, method: str, rate: tuple[float, float], median: tuple[float, float]
) -> None:
    assert curve.rate(365) == pytest.approx(0.409, abs=PRINTED)
    assert curve.interval(365, method) == pytest.approx(rate, abs=PRINTED)
    assert curve.median == 310
    assert curve.median_interval(method) == median


def test_log_rank_is_that_of_r(lung: dict[str, np.ndarray]) -> None:
    veteran = patients("veteran")
    cells = np.unique(veteran["celltype"], return_inverse=True)[1]
    p = log_rank(veteran["time"].astype(float), veteran["status"] == "1", cells)
    assert chi2.isf(p, 3) == pytest.approx(25.4037, abs=1e-4)


def test_cox_model_is_that_of_r(lung: dict[str, np.ndarray]) -> None:
    known = lung["ph.ecog"] != "NA"
    x = np.column_stack([lung[c][known].astype(float) for c in ("sex", "age", "ph.ecog")])
    model = Cox(lung["time"][known].astype(float), lung["status"][known] == "2", x)
    assert model.beta == pytest.approx([-0.55261240, 0.01106676, 0.46372848], abs=1e-7)
    assert model.standard_error == pytest.approx([0.167739054, 0.009267411, 0.113577266], abs=1e-8)
    assert model.wald_p == pytest.approx([9.860514e-04, 2.324157e-01, 4.447067e-05], rel=1e-4)
