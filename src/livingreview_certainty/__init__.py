"""What the results mean and how sure they are: absolute effects, certainty, summaries of findings.

`absolute_table` shows events among 1,000 people.  `FindingsPage` shows for each question the
summary of findings, the statements made from results and their certainty, and the certainty of
each synthesis by domain beside what a rule computes.
"""

from livingreview_certainty.absolute import absolute_table
from livingreview_certainty.page import FindingsPage

__all__ = ["FindingsPage", "absolute_table"]
