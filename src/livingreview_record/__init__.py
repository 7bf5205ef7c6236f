"""What papers print: each number as text, with its place.

A review is a folder of YAML and CSV files.  `load_review` reads and validates them all and
raises `DataProblemsError`, which lists every problem with file, place and the way to mend it.
A `Study` holds its reports, arms, outcomes and printed numbers; each is a `Printed`, whose
`Quantity` says which number it is, and whose value is a `Reported` or a `ReportedInterval`.
"""

# ruff: noqa: RUF022
# isort: off
# fmt: off
from livingreview_record.accepted import (
    accept_numbers, check_spreadsheet, numbers_moved, remarks_on_numbers, spreadsheet_damage,
)
from livingreview_record.archive import write_downloads
from livingreview_record.certainty import DOWN, LEVELS, START, UP, Grade, Step
from livingreview_record.dictionary import Dictionary
from livingreview_record.files import could_not, csv_text, read_rows, read_text, write_whole
from livingreview_record.kinds import (
    FORM_OF, FORMS, KINDS, MEASURED, SIDES, TIMED, Kind, PrintedForm,
)
from livingreview_record.links import arm_flags
from livingreview_record.load import (
    load_dictionary, load_protocol, load_review, load_study,
)
from livingreview_record.plain_yaml import read_yaml
from livingreview_record.problems import Collector, DataProblemsError, Problem, shown
from livingreview_record.protocol import (
    Characteristic, MapDesign, MapPopulation, PatientsRule, PlannedAbsolute, PlannedMultiverse,
    PlannedNetwork, PlannedSynthesis, Protocol, ReviewOutcome, Roles, StudyRule,
)
from livingreview_record.reported import NUMBER_WORDS, Reported, ReportedInterval
from livingreview_record.rows import COLUMNS
from livingreview_record.rules import (
    NOT_STATED, Place, comparisons_of, fits, has_design, nothing_printed, outcomes_for,
    outcomes_of, places_of,
    plan, share_class, share_of,
)
from livingreview_record.shapes import check_shape
from livingreview_record.quantities import (
    ALL_ARMS, DESIGN_STATISTICS, ESTIMATES, INTERVAL_LEVELS, INTERVAL_STATISTICS, Level,
    Locator, Printed, Quantity, contrast_of, level_of, levels_of, table_first,
)
from livingreview_record.studies import (
    Arm, Comparison, Outcome, Population, Report, Review, SharedPatients, Statement,
    Study, mention, patients,
)
from livingreview_record.terms import Terms
from livingreview_record.times import DAYS_A_MONTH, is_day, is_over, is_time, months, months_in
from livingreview_record.typed import Rule

__all__ = [
    # a review, read and validated
    "load_review", "load_study", "load_protocol", "load_dictionary", "DataProblemsError", "Problem",
    # what a study is
    "Review", "Study", "Report", "SharedPatients", "Arm", "Comparison", "Population", "Outcome",
    "Statement", "Roles", "Terms", "Dictionary",
    # what its protocol says
    "Protocol", "PlannedSynthesis", "PatientsRule", "PlannedAbsolute", "PlannedMultiverse",
    "PlannedNetwork", "ReviewOutcome", "StudyRule", "Characteristic", "MapPopulation", "MapDesign",
    "Rule",
    # one printed number: its place, which it is, its text
    "Printed", "Locator", "Quantity", "Level", "Reported", "ReportedInterval", "ALL_ARMS",
    "INTERVAL_LEVELS", "INTERVAL_STATISTICS", "DESIGN_STATISTICS", "NUMBER_WORDS", "mention",
    "patients", "table_first",
    "level_of", "levels_of", "contrast_of", "is_time", "months", "months_in",
    "DAYS_A_MONTH", "is_day", "is_over",
    # the rules of a planned synthesis
    "KINDS", "Kind", "MEASURED", "SIDES", "TIMED", "ESTIMATES", "FORMS", "FORM_OF", "PrintedForm",
    "plan", "NOT_STATED", "Place", "places_of", "outcomes_of", "outcomes_for", "comparisons_of",
    "fits", "has_design", "nothing_printed", "share_class", "share_of",
    "arm_flags",
    # the certainty of the evidence
    "Grade", "Step", "LEVELS", "START", "DOWN", "UP",
    # files: read, begun, accepted, offered
    "read_text", "read_rows", "read_yaml", "check_shape", "shown", "Collector", "COLUMNS",
    "write_whole", "csv_text", "could_not", "accept_numbers", "numbers_moved",
    "remarks_on_numbers", "spreadsheet_damage", "check_spreadsheet", "write_downloads",
]
