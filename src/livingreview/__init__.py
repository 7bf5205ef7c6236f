"""The helper that chapters import; `__all__` is all that they need of it.

`StudyPage`, `SynthesisPage`, `AuditPage` and `ProtocolPage` show the sections of chapters.  Behind
them: which printed numbers a planned synthesis takes, the synthesis carried out, tables, figures,
and words for numbers.
"""

from livingreview.pages import ProtocolPage, StudyPage, SynthesisPage
from livingreview.publishing import publish, show
from livingreview.tables.audit import AuditPage
from livingreview.tables.choices import absolute_table, multiverse_table, priors_table
from livingreview.tables.context import (
    control_table,
    control_words,
    proportional_words,
    subgroup_words,
)
from livingreview.tables.protocol import evidence_size, not_yet_held, patients
from livingreview.tables.robustness import (
    certainty_table,
    headline_table,
    heterogeneity_table,
    left_out_table,
    sensitivity_table,
)
from livingreview.tables.survival_time import restricted_mean_table
from livingreview.tables.synthesis import policy_notes, scale_words
from livingreview.wording import Words, bullets, printed
from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.reported import Reported, ReportedInterval

__all__ = [
    "AuditPage",
    "DataProblemsError",
    "Problem",
    "ProtocolPage",
    "Reported",
    "ReportedInterval",
    "StudyPage",
    "SynthesisPage",
    "Words",
    "absolute_table",
    "bullets",
    "certainty_table",
    "control_table",
    "control_words",
    "evidence_size",
    "headline_table",
    "heterogeneity_table",
    "left_out_table",
    "load_review",
    "load_study",
    "multiverse_table",
    "not_yet_held",
    "patients",
    "policy_notes",
    "printed",
    "priors_table",
    "proportional_words",
    "publish",
    "restricted_mean_table",
    "scale_words",
    "sensitivity_table",
    "show",
    "subgroup_words",
]
