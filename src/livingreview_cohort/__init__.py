"""Studies re-enacted: patients, real or synthetic, and the analyses that papers describe on them.

A table of `Patients` says in `source` whether its patients are real (`patient-level`) or
`synthetic`.  Nothing here can reach a synthesis: no module that selects or pools results imports
this package.
"""

# isort: off
# fmt: off
from livingreview_cohort.layout import read_patients, write_patients
from livingreview_cohort.patients import Patients, TimeToEvent

__all__ = ["Patients", "TimeToEvent", "read_patients", "write_patients"]
