"""Studies re-enacted: patients, real or synthetic, and the analyses that papers describe on them.

A table of `Patients` says in `source` whether its patients are real (`patient-level`) or
`synthetic`.  `draw_cohort` makes synthetic ones from the printed numbers of a study, and
`conflicts` says which of these no patients can satisfy together.  Nothing here can reach a
synthesis: no module that selects or pools results imports this package.
"""

# ruff: noqa: RUF022
# isort: off
# fmt: off
from livingreview_cohort.choices import (
    Choice, Pipeline, check_pipelines, load_pipeline, load_single_arm,
)
from livingreview_cohort.conflict import Conflict, conflicts
from livingreview_cohort.draw import draw, draw_cohort
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.layout import read_patients, write_patients
from livingreview_cohort.listing import flat, written
from livingreview_cohort.patients import Patients, TimeToEvent
from livingreview_cohort.pipeline import Result, run
from livingreview_cohort.reenact import (
    DRAWS, SEED, Reenacted, Reenactment, reenact, reenact_patients,
)

__all__ = [
    # patients, real or synthetic
    "Patients", "TimeToEvent", "read_patients", "write_patients", "FittedStudy", "fit_study",
    "draw", "draw_cohort", "Conflict", "conflicts",
    # the analyses that a paper describes, on them
    "Choice", "Pipeline", "check_pipelines", "load_pipeline", "load_single_arm", "Result", "run",
    "DRAWS", "SEED", "Reenacted", "Reenactment", "reenact", "reenact_patients",
    "flat", "written",
]
