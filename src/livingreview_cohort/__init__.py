"""Studies re-enacted: patients, real or synthetic, and the analyses that papers describe on them.

A table of `Patients` says in `source` whether its patients are real (`patient-level`) or
`synthetic`.  `draw_cohort` makes synthetic ones from the printed numbers of a study, and
`conflicts` says which of these no patients can satisfy together.  Nothing here can reach a
synthesis: no module that selects or pools results imports this package.
"""

# isort: off
# fmt: off
from livingreview_cohort.conflict import Conflict, conflicts
from livingreview_cohort.draw import draw, draw_cohort
from livingreview_cohort.fit import FittedStudy, fit_study
from livingreview_cohort.layout import read_patients, write_patients
from livingreview_cohort.patients import Patients, TimeToEvent

__all__ = [
    "Conflict", "FittedStudy", "Patients", "TimeToEvent", "conflicts", "draw", "draw_cohort",
    "fit_study", "read_patients", "write_patients",
]
