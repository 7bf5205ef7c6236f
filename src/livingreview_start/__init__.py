"""How a review, a study, or the studies of a table begin: their first files, from templates.

`new_review` writes the folder of an empty review that builds and passes `livingreview check`;
`new_study` the files of one study; `import_table` those of every study of a wide table, one row
each, as printed numbers with their place.  The templates know no topic.
"""

from livingreview_start.columns import Source
from livingreview_start.commands import add_commands
from livingreview_start.review_files import Start, new_review
from livingreview_start.study_files import new_study
from livingreview_start.wide_table import import_table

__all__ = ["Source", "Start", "add_commands", "import_table", "new_review", "new_study"]
