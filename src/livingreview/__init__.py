"""The helper that chapters import; `__all__` is all that they need of it.

`StudyPage` and `SynthesisPage` show the sections of a chapter.  Behind them: which printed numbers
a planned synthesis takes, the synthesis carried out, tables, figures, and words for numbers.
"""

from livingreview.pages import StudyPage, SynthesisPage
from livingreview.publishing import publish, show
from livingreview.tables.choices import absolute_table, multiverse_table, priors_table
from livingreview.tables.context import (
    control_table,
    control_words,
    proportional_words,
    subgroup_words,
)
from livingreview.tables.robustness import (
    certainty_table,
    headline_table,
    heterogeneity_table,
    left_out_table,
    sensitivity_table,
)
from livingreview.tables.synthesis import policy_notes, scale_words
from livingreview.wording import printed
from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.reported import Reported, ReportedInterval

__all__ = [
    "DataProblemsError",
    "Problem",
    "Reported",
    "ReportedInterval",
    "StudyPage",
    "SynthesisPage",
    "absolute_table",
    "certainty_table",
    "control_table",
    "control_words",
    "headline_table",
    "heterogeneity_table",
    "left_out_table",
    "load_review",
    "load_study",
    "multiverse_table",
    "policy_notes",
    "printed",
    "priors_table",
    "proportional_words",
    "publish",
    "scale_words",
    "sensitivity_table",
    "show",
    "subgroup_words",
]
