"""Risk of bias and trustworthiness: tools as data, answers, judgements, agreement.

`load_tool` reads a tool that comes with the package: its domains, questions in our own words, and
the ways from answers to judgements that could be confirmed.  `load_appraisals` reads
`data/appraisal/` and raises `DataProblemsError`, which lists every problem with file and row.
`load_questions` reads what is summed up, `load_languages` the sentences that say it,
 `load_missing` which evidence is missing.
"""

# isort: off
# fmt: off
from livingreview_appraisal.agreement import Agreement, agreement, kappa
from livingreview_appraisal.appraisals import (
    Answer, Appraisal, Appraisals, Judged, Target, load_appraisals,
)
from livingreview_appraisal.checks import check_appraisal
from livingreview_appraisal.grade import (
    imprecision, inconsistency, largest_error, share_at_risk,
)
from livingreview_appraisal.languages import Language, load_languages, size_of, statement
from livingreview_appraisal.missing import STATES, Absent, MissingEvidence, load_missing
from livingreview_appraisal.questions import Asked, Outcome, load_questions, load_translation
from livingreview_appraisal.tools import ANSWERS, TOOLS, Domain, Question, Tool, judge, load_tool

__all__ = [
    "ANSWERS", "STATES", "TOOLS", "Absent", "Agreement", "Answer", "Appraisal", "Appraisals",
    "Asked", "Domain", "Judged", "Language", "MissingEvidence", "Outcome", "Question", "Target",
    "Tool", "agreement", "check_appraisal", "imprecision", "inconsistency", "judge", "kappa",
    "largest_error", "load_appraisals", "load_languages", "load_missing", "load_questions",
    "load_tool", "load_translation", "share_at_risk", "size_of", "statement",
]
