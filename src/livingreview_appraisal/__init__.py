"""Risk of bias and trustworthiness: tools as data, answers, judgements, agreement.

`load_tool` reads a tool that comes with the package: its domains, questions in our own words, and
the ways from answers to judgements that could be confirmed.  `load_appraisals` reads
`data/appraisal/` and raises `DataProblemsError`, which lists every problem with file and row.
"""

# isort: off
# fmt: off
from livingreview_appraisal.agreement import Agreement, agreement, kappa
from livingreview_appraisal.appraisals import (
    Answer, Appraisal, Appraisals, Judged, Target, load_appraisals,
)
from livingreview_appraisal.tools import ANSWERS, TOOLS, Domain, Question, Tool, judge, load_tool

__all__ = [
    "ANSWERS", "TOOLS", "Agreement", "Answer", "Appraisal", "Appraisals", "Domain", "Judged",
    "Question", "Target", "Tool", "agreement", "judge", "kappa", "load_appraisals", "load_tool",
]
