"""What papers print: each number as text, with its place.

A review is a folder of YAML and CSV files.  `load_review` reads and validates them all and
raises `DataProblemsError`, which lists every problem with file, place and the way to mend it.
A `Study` holds its reports, arms, outcomes and printed numbers; each is a `Printed`, whose
`Quantity` says which number it is, and whose value is a `Reported` or a `ReportedInterval`.
"""

# isort: off
# fmt: off
from livingreview_record.load import load_protocol, load_review, load_study
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.reported import Reported, ReportedInterval
from livingreview_record.studies import (
    Arm, Comparison, Locator, Outcome, Population, Printed, Quantity, Report, Review,
    SharedPatients, Statement, Study,
)

__all__ = [
    "Arm", "Comparison", "DataProblemsError", "Locator", "Outcome", "Population", "Printed",
    "Problem", "Quantity", "Report", "Reported", "ReportedInterval", "Review", "SharedPatients",
    "Statement", "Study", "load_protocol", "load_review", "load_study",
]
