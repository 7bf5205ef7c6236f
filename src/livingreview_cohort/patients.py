"""Patients of a study, one a row: arm, baseline variables, response, adverse events, times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livingreview_record import Roles, Study, level_of

Texts = NDArray[np.str_]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Source = Literal["synthetic", "patient-level"]


@dataclass(frozen=True, eq=False)
class TimeToEvent:
    """Months from the origin to the event or to censoring, and whether the event was seen.

    A patient to whom the outcome does not apply (a duration of response without a response) has a
    time that is not a number, and no event.  Raises `ValueError` for arrays of different lengths.
    """

    time: Floats
    event: Flags

    def __post_init__(self) -> None:
        if self.time.shape != self.event.shape or self.time.ndim != 1:
            msg = f"need a time and an event a patient, found {self.time.shape}, {self.event.shape}"
            raise ValueError(msg)
        _freeze(self.time, self.event)

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int_]) -> "TimeToEvent":
        """Those of the chosen patients, by a flag or a row number each."""
        return TimeToEvent(self.time[chosen], self.event[chosen])


@dataclass(frozen=True, eq=False)
class Patients:
    """A table of patients; each column is an array with one entry a patient, and cannot be changed.

    `arm` has ids of arms.  `variables` has, by the id of the variable in `study.yaml`, the ids of
    levels (`yes` and `no` for a binary one) or, for a continuous one, numbers in its unit; an empty
    text or not-a-number is not known or does not apply.  `outcomes` likewise has best response, by
    the id of its outcome, and may have binary outcomes and adverse events (`no`, a level, or
    `yes` for an event of no level that is listed).  `times` has overall and progression-free
    survival, and may have further times, by the id of their outcome.  `populations` says who is in
    a population that is printed beside the whole and that no outcome defines, such as a matched
    sample; a file of patients has none, as a pipeline matches anew.

    Raises `ValueError` for a column that does not have one entry a patient.
    """

    study_id: str
    source: Source
    arm: Texts
    variables: Mapping[str, Texts | Floats] = field(default_factory=dict)
    outcomes: Mapping[str, Texts] = field(default_factory=dict)
    times: Mapping[str, TimeToEvent] = field(default_factory=dict)
    populations: Mapping[str, Flags] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = {"arm": self.arm, **self.variables, **self.outcomes, **self.populations}
        columns |= {name: times.time for name, times in self.times.items()}
        wrong = {name: len(column) for name, column in columns.items() if len(column) != self.n}
        if wrong:
            msg = f"need {self.n} entries in each column, as in arm; found {wrong}"
            raise ValueError(msg)
        _freeze(*columns.values())

    @property
    def n(self) -> int:
        """The number of patients."""
        return int(self.arm.size)

    @property
    def is_synthetic(self) -> bool:
        """Whether no patient of the table is a real one."""
        return self.source == "synthetic"

    def column(self, name: str) -> Texts | Floats:
        """The variable or outcome of this id; `KeyError` where the table has none."""
        return self.variables[name] if name in self.variables else self.outcomes[name]

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.int_]) -> "Patients":
        """The chosen patients, by a flag each or by row numbers in the wanted order."""
        return Patients(
            self.study_id,
            self.source,
            self.arm[chosen],
            {name: column[chosen] for name, column in self.variables.items()},
            {name: column[chosen] for name, column in self.outcomes.items()},
            {name: times.of(chosen) for name, times in self.times.items()},
            {name: flags[chosen] for name, flags in self.populations.items()},
        )


def response_outcome(study: Study) -> str:
    """The outcome that classifies best response, by the review's roles; empty where none does."""
    named = level_of(study.roles.progressed).variable
    return named if named in study.outcomes else ""


def survival_outcomes(study: Study) -> tuple[str, ...]:
    """Overall and progression-free survival, as far as the study has them, in this order."""
    return tuple(one for one in survival_roles(study.roles) if one in study.outcomes)


def survival_roles(roles: Roles) -> tuple[str, str]:
    """The names of overall and progression-free survival in the review."""
    return roles.overall_survival, roles.progression_free_survival


def _freeze(*columns: NDArray[np.generic]) -> None:
    for column in columns:
        column.flags.writeable = False
