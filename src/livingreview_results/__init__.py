"""Results of planned syntheses as they are shown: rows to draw, tables, texts by key, and a page.

`forest_rows` has the rows that plots and tables share; every number on a page comes from them.
`texts_by_key` gives each number of the results under a stable key.  `findings` is the audit with
what it touches among the planned syntheses.  `SynthesisPage` shows it all in a chapter.
"""

# isort: off
# fmt: off
from livingreview_results.audited import findings, touched
from livingreview_results.keys import texts_by_key
from livingreview_results.page import SynthesisPage, address_of
from livingreview_results.rows import (
    Model, Reading, certainty, forest_rows, read_first, study_limits,
)
from livingreview_results.sensitivity import (
    choice_table, multiverse_table, priors_table, sensitivity_table,
)
from livingreview_results.survival_time import (
    control_table, control_words, proportional_words, restricted_mean_table,
)
from livingreview_results.tables import (
    certainty_table, headline_table, heterogeneity_table, policy_notes, scale_words,
)
from livingreview_results.unused import left_out_table, left_out_words

__all__ = [
    "Model", "Reading", "SynthesisPage", "address_of", "certainty", "certainty_table",
    "choice_table", "control_table", "control_words", "findings", "forest_rows",
    "headline_table", "heterogeneity_table", "left_out_table", "left_out_words",
    "multiverse_table", "policy_notes", "priors_table", "proportional_words", "read_first",
    "restricted_mean_table", "scale_words", "sensitivity_table", "study_limits", "texts_by_key",
    "touched",
]
