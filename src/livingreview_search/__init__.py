"""The search on the record: where records came from, what was decided on each, and the flow.

`load_log` reads `data/search/` and raises `DataProblemsError`, which lists every problem with
file, row and the way to mend it.  `flow` counts the boxes of the PRISMA 2020 flow from the log
and names each box that does not equal its records.  `read_ris`, `read_table`, `to_ris` and
`to_table` exchange records with reference managers and databases.
"""

# isort: off
# fmt: off
from livingreview_search.exchange import propose, read_ris, read_table, to_ris, to_table
from livingreview_search.boxes import Box, Flow, flow
from livingreview_search.checks import check_studies
from livingreview_search.log import load_log
from livingreview_search.records import (
    NEVER, SOURCE_KINDS, Decision, Item, Look, Reason, Record, SearchLog, Source,
)

__all__ = [
    "NEVER", "SOURCE_KINDS", "Box", "Decision", "Flow", "Item", "Look", "Reason", "Record",
    "SearchLog", "Source", "check_studies", "flow", "load_log", "propose", "read_ris", "read_table",
    "to_ris", "to_table",
]
